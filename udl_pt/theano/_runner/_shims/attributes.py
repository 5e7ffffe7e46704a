"""Attributes that objects have lost since, such as ``DataFrame.as_matrix``; `attribute` looks them up.

A method can't be served by a proxy of its module, and the class itself must stay as libraries see it. The
script's own code therefore asks `attribute` for each of these names. An object that has the attribute keeps
it.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from udl_pt.theano._runner._report import note

__all__ = ["CALLS", "REMOVED", "attribute"]


def _class(module: str, *names: str) -> tuple[type, ...]:
    """Return classes of a module, if it has been imported; otherwise no object can be of them."""
    found = sys.modules.get(module)
    classes = (getattr(found, name, None) for name in names) if found is not None else ()
    return tuple(one for one in classes if isinstance(one, type))


def _frame(owner: Any) -> bool:
    return isinstance(owner, _class("pandas", "DataFrame", "Series"))


def _array(owner: Any) -> bool:
    return isinstance(owner, (np.ndarray, np.generic))


class _Ix:
    """``DataFrame.ix``: labels where the index has them, positions otherwise."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def _where(self, key: Any) -> tuple[Any, Any]:
        axes = self.frame.axes
        keys = key if isinstance(key, tuple) else (key,)
        labels = tuple(self._label(part, axes[axis]) for axis, part in enumerate(keys))
        return self.frame.loc, labels if len(labels) > 1 else labels[0]

    @staticmethod
    def _label(part: Any, axis: Any) -> Any:
        """Return the labels that a part of a key means."""
        is_integer = axis.dtype.kind in "iu"
        if isinstance(part, slice):
            bounds = [bound for bound in (part.start, part.stop) if bound is not None]
            by_position = not is_integer and all(isinstance(bound, (int, np.integer)) for bound in bounds)
            return axis[part] if by_position else part
        if isinstance(part, (int, np.integer)) and not isinstance(part, bool):
            return part if is_integer or part in axis else axis[part]
        if isinstance(part, (list, np.ndarray)) and not is_integer:
            values = np.asarray(part)
            if values.dtype.kind in "iu":
                return axis[values]
        return part

    def __getitem__(self, key: Any) -> Any:
        locator, labels = self._where(key)
        return locator[labels]

    def __setitem__(self, key: Any, value: Any) -> None:
        locator, labels = self._where(key)
        locator[labels] = value


def _append(frame: Any, other: Any, ignore_index: bool = False, **options: Any) -> Any:
    import pandas

    if isinstance(other, dict):
        other = pandas.DataFrame([other])
    elif isinstance(other, pandas.Series) and isinstance(frame, pandas.DataFrame):
        other = other.to_frame().T
    others = list(other) if isinstance(other, (list, tuple)) else [other]
    return pandas.concat([frame, *others], ignore_index=ignore_index)


def _sort_frame(frame: Any, columns: Any = None, ascending: Any = True, axis: int = 0, **options: Any) -> Any:
    if columns is None:
        return frame.sort_index(ascending=ascending, axis=axis)
    return frame.sort_values(columns, ascending=ascending, axis=axis)


def _fillna(frame: Any, value: Any = None, method: str | None = None, **options: Any) -> Any:
    if method is None:
        return frame.fillna(value, **options)
    return frame.ffill(**options) if method in ("ffill", "pad") else frame.bfill(**options)


def _values(frame: Any) -> Any:
    """Return the values as an array that can be written to, which they were before pandas 3."""
    values = frame.values
    return values.copy() if isinstance(values, np.ndarray) and not values.flags.writeable else values


def _get_value(frame: Any, *where: Any, takeable: bool = False) -> Any:
    return (frame.iat if takeable else frame.at)[where if len(where) > 1 else where[0]]


def _set_value(frame: Any, *arguments: Any) -> Any:
    frame.at[arguments[:-1] if len(arguments) > 2 else arguments[0]] = arguments[-1]
    return frame


def _show(figure: Any) -> None:
    from udl_pt.theano._runner._figures import write

    write(figure)


def _hold(owner: Any, b: Any = None) -> None:
    """Do nothing: an axes keeps what was drawn, which was the default."""


def _figure(owner: Any) -> bool:
    return isinstance(owner, _class("matplotlib.figure", "Figure")) and _writes_figures()


def _image(owner: Any) -> bool:
    return isinstance(owner, _class("PIL.Image", "Image")) and _writes_figures()


def _writes_figures() -> bool:
    figures = sys.modules.get("udl_pt.theano._runner._figures")
    return figures is not None and figures.folder() is not None


def _axes(owner: Any) -> bool:
    return isinstance(owner, _class("matplotlib.axes", "Axes"))


def _always(owner: Any) -> bool:
    return True


def _itemset(array: Any, *arguments: Any) -> None:
    if len(arguments) == 1:
        array[...] = np.asarray(arguments[0]).reshape(array.shape)
    elif isinstance(arguments[0], tuple):
        array[arguments[0]] = arguments[1]
    else:
        array.flat[arguments[0]] = arguments[1]


# By name: which objects lack it, and what serves it, as a function of the object.
_SHIMS: dict[str, list[tuple[Callable[[Any], bool], Callable[[Any], Any]]]] = {
    "as_matrix": [(_frame, lambda f: lambda columns=None: (f if columns is None else f[columns]).to_numpy())],
    "ix": [(_frame, _Ix)],
    "append": [(_frame, lambda f: lambda other, **options: _append(f, other, **options))],
    "iteritems": [(_frame, lambda f: f.items)],
    "applymap": [(_frame, lambda f: f.map)],
    "sort": [(_frame, lambda f: lambda *a, **k: _sort_frame(f, *a, **k))],
    "order": [(_frame, lambda f: f.sort_values)],
    "get_value": [(_frame, lambda f: lambda *a, **k: _get_value(f, *a, **k))],
    "set_value": [(_frame, lambda f: lambda *a: _set_value(f, *a))],
    "get_values": [(_frame, lambda f: f.to_numpy)],
    "get_feature_names": [(_always, lambda o: lambda: list(o.get_feature_names_out()))],
    "tostring": [(_array, lambda a: a.tobytes), (_image, lambda i: i.tobytes)],
    "itemset": [(_array, lambda a: lambda *arguments: _itemset(a, *arguments))],
    "newbyteorder": [(_array, lambda a: lambda order="S": a.view(a.dtype.newbyteorder(order)))],
    "ptp": [(_array, lambda a: lambda *arguments, **options: np.ptp(a, *arguments, **options))],
    "set_axis_bgcolor": [(_axes, lambda a: a.set_facecolor)],
    "get_axis_bgcolor": [(_axes, lambda a: a.get_facecolor)],
    "hold": [(_always, lambda a: lambda b=None: _hold(a, b))],
    "set_window_title": [(_always, lambda canvas: canvas.manager.set_window_title)],
    "isAlive": [(_always, lambda thread: thread.is_alive)],
    "getchildren": [(_always, lambda element: lambda: list(element))],
    "getiterator": [(_always, lambda element: element.iter)],
    "grid_scores_": [(_always, lambda search: _grid_scores(search))],
}
# Objects that have the attribute, and that mean something else by it today.
_CHANGED: dict[str, list[tuple[Callable[[Any], bool], Callable[[Any], Any]]]] = {
    "values": [(_frame, _values)],
    "fillna": [(_frame, lambda f: lambda *a, **k: _fillna(f, *a, **k))],
    "show": [(_figure, lambda f: lambda *a, **k: _show(f)), (_image, lambda i: lambda *a, **k: _show(i))],
}
REMOVED = frozenset([*_SHIMS, *_CHANGED])


def _grid_scores(search: Any) -> list[tuple[Any, float, np.ndarray]]:
    results = search.cv_results_
    splits = [results[f"split{i}_test_score"] for i in range(search.n_splits_)]
    return list(zip(results["params"], results["mean_test_score"], np.transpose(splits), strict=True))


def attribute(owner: Any, name: str) -> Any:
    """Return an attribute, or what serves it where the object's class has lost it."""
    for applies, serve in _CHANGED.get(name, ()):
        if applies(owner):
            return serve(owner)
    try:
        return getattr(owner, name)
    except AttributeError:
        for applies, serve in _SHIMS.get(name, ()):
            if applies(owner):
                try:
                    found = serve(owner)
                except AttributeError:
                    continue
                note(f"{type(owner).__name__}.{name}")
                return found
        raise


def _number(convert: Any, value: Any) -> Any:
    """Convert an array of one element too, as NumPy did before 2.4."""
    if isinstance(value, np.ndarray) and value.ndim > 0 and value.size == 1 and convert in (float, int):
        return convert(value.reshape(())[()])
    return convert(value)


CALLS: dict[str, Callable[[Any, Any], Any]] = {"float": _number, "int": _number}
