"""The arguments of a fit as short texts, by which a checkpoint is compared with the fit that resumes it."""

import functools
import hashlib
import inspect
from collections.abc import Iterable, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import Any

import numpy as np
from pytensor.graph.basic import Variable
from pytensor.graph.op import Op

from udl_pt._support.representation import ATTRIBUTES, GENERATORS
from udl_pt._support.rows import Rows, rows_unread
from udl_pt.training._snapshot import attributes_of
from udl_pt.training.feed import Feed

__all__ = ["described", "described_feed", "described_model", "described_options"]

CALLED = (FunctionType, BuiltinFunctionType, MethodType, functools.partial, type)
DIGITS = 12  # of a digest
ROWS = 1000  # read at a time


def described(value: Any, within: tuple[Any, ...] = ()) -> str:
    """Describe an argument: equal values have equal descriptions, also in another process.

    Arrays, rows of a source, and the code of functions are described by their digests. Generators are
    described by their class alone.

    Parameters
    ----------
    value : object
    within : tuple of object
        The functions and objects that the value is part of.
    """
    if value is None or isinstance(value, bool | int | float | str | bytes | np.generic):
        return repr(value.item() if isinstance(value, np.generic) else value)
    try:
        rows = rows_unread(value)
    except (TypeError, ValueError):  # the fit raises it, with the argument's name
        return f"a {type(value).__name__}"
    if rows is not None:
        return _described_array(rows)
    if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
        return _described_array(np.asanyarray(value))
    each = functools.partial(described, within=within)
    if isinstance(value, Mapping):
        return "{" + ", ".join(sorted(f"{each(k)}: {each(v)}" for k, v in value.items())) + "}"
    if isinstance(value, functools.partial):
        return f"partial({each(value.func)}, {each(value.args)}, {each(value.keywords)})"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(each, value))) + "}"
    if isinstance(value, list | tuple | range):
        if len(value) > 20 and (array := _numeric(value)) is not None:
            return _described_array(array)
        if any(value is one for one in within):
            return "itself"
        return "[" + ", ".join(described(v, (*within, value)) for v in value) + "]"
    if inspect.isclass(value):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, Op):
        return f"{type(value).__qualname__} {value}"
    if isinstance(value, np.random.Generator | np.random.RandomState):
        return f"a {type(value).__name__}"
    if any(value is one for one in within):
        return "itself"
    within = (*within, value)
    if inspect.ismethod(value):
        return f"{described(value.__self__, within)}.{value.__name__}"
    code = getattr(value, "__code__", None)
    if isinstance(code, CodeType):
        return f"{value.__module__}.{value.__qualname__} ({_digest(_parts_of(value, code, within))})"
    return described_options(value, within)


def described_feed(feed: Feed) -> str:
    """Describe data that come batch by batch.

    Raises
    ------
    ValueError
        When a second reading returns other rows: a resumed training could not read those that are left.
    """
    first, second = _digest_of_feed(feed), _digest_of_feed(feed)
    if first != second:
        raise ValueError(
            "X returns other rows, or another order, at a second reading, so no checkpoint can resume it: "
            "return the same rows each time and shuffle with udl_pt.Batches(…, buffer=…), or omit Checkpoint "
            "and resume"
        )
    return f"batches of {feed.dtype} of shape {feed.shape}, buffer {feed.batches.buffer} ({first})"


def described_model(model: Any, *, generators: bool = True) -> str:
    """Describe a model: its class, the arguments of its constructors, and the kinds of its generators."""
    options = {
        name: described(getattr(model, ATTRIBUTES.get(name, name)))
        for name in _arguments(type(model))
        if name not in GENERATORS and hasattr(model, ATTRIBUTES.get(name, name))
    }
    chance = getattr(model, "_chance", None)
    if chance is not None and generators:
        options["random_state"] = described(chance.source)
        options["rng"] = described(chance._rng)
    return f"{described(type(model))}({', '.join(f'{name}={value}' for name, value in options.items())})"


def described_options(value: Any, within: tuple[Any, ...] = ()) -> str:
    """Describe a callback or another object: its class, and the arguments of its constructor that it keeps.

    If it keeps some of them under other names, all attributes are described.
    """
    if isinstance(value, CALLED) or hasattr(value, "__code__"):
        return described(value, within)
    attributes, names = attributes_of(value), _arguments(type(value))
    kept = {n: n if n in attributes else f"_{n}" for n in names}
    if all(name in attributes for name in kept.values()):
        attributes = {name: attributes[own] for name, own in kept.items()}
    models = {name for name, v in attributes.items() if hasattr(v, "_chance") or isinstance(v, Variable)}
    own = [f"{name}={described(v, (*within, value))}" for name, v in attributes.items() if name not in models]
    return f"{described(type(value))}({', '.join(own)})"


def _arguments(kind: type) -> list[str]:
    """Return the names of the arguments that a class and its bases take."""
    names: dict[str, None] = {}
    for base in kind.__mro__:
        constructor = vars(base).get("__init__")
        if isinstance(constructor, FunctionType):
            parameters = [*inspect.signature(constructor).parameters.values()][1:]
            names |= {p.name: None for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    return list(names)


def _described_array(array: np.ndarray | Rows) -> str:
    if isinstance(array, np.ndarray) and array.ndim == 0:
        return described(array.item())
    if array.dtype == object:
        digest = _digest(described(value).encode() for value in np.asarray(array).flat)
        return f"objects of shape {array.shape} ({digest})"
    parts = (np.ascontiguousarray(array[i : i + ROWS]).data for i in range(0, len(array), ROWS))
    return f"{array.dtype} of shape {array.shape} ({_digest(parts)})"


def _digest_of_feed(feed: Feed) -> str:
    digests = [hashlib.sha256(), hashlib.sha256()]  # of rows, and of labels where they are read
    for parts in feed.parts():
        for digest, part in zip(digests, parts, strict=False):
            digest.update(np.ascontiguousarray(part).data)
    return _digest(digest.digest() for digest in digests)


def _digest(parts: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:DIGITS]


def _parts_of(function: Any, code: CodeType, within: tuple[Any, ...]) -> Iterable[bytes]:
    """Yield what a function does: its code, its defaults, and the values that it closes over."""
    yield code.co_code
    yield repr(code.co_names).encode()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts_of(None, constant, within)
        else:
            yield described(constant).encode()
    if function is not None:
        cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
        values = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).items(), *cells]
        for value in values:
            yield described(value, within).encode()


def _is_filled(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def _numeric(value: Any) -> np.ndarray | None:
    try:
        array = np.asarray(value)
    except ValueError:  # of rows of several lengths
        return None
    return array if array.dtype.kind in "biuf" else None
