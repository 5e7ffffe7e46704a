"""Shapes and broadcast patterns, where Theano's signature or meaning isn't PyTensor's."""

import builtins
import warnings
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.raise_op import CheckAndRaise
from pytensor.tensor.elemwise import DimShuffle
from pytensor.tensor.shape import Reshape as _Reshape
from pytensor.tensor.shape import SpecifyShape as _SpecifyShape

from udl_pt.theano._ops.unbroadcast import Unbroadcast

__all__ = [
    "Flatten",
    "Join",
    "Rebroadcast",
    "Reshape",
    "Served",
    "SpecifyShape",
    "Tile",
    "addbroadcast",
    "flatten",
    "horizontal_stack",
    "is_flat",
    "makeKeepDims",
    "patternbroadcast",
    "shape_padaxis",
    "specify_shape",
    "split",
    "squeeze",
    "stack",
    "tile",
    "transpose",
    "unbroadcast",
    "vertical_stack",
]


class Served(type):
    """The metaclass of a class whose call makes PyTensor's Op, which is then an instance of it."""

    serves: Any

    def __instancecheck__(cls, instance: Any) -> bool:
        """Return whether this is PyTensor's Op."""
        return isinstance(instance, cls.serves)


def stack(*tensors: Any, **kwargs: Any) -> Any:
    """Stack along a new axis: ``stack([a, b], axis)``, and ``stack(a, b)`` as Theano 0.6 wrote it."""
    if not tensors and not kwargs:
        raise ValueError("stack() got nothing to stack: pass a list of tensors")
    if not kwargs and not isinstance(tensors[0], list | tuple):
        warnings.warn(
            "stack(a, b) is deprecated: write stack([a, b], axis=0)", DeprecationWarning, stacklevel=2
        )
        parts, axis = tensors, 0
    elif "tensors" in kwargs:
        parts, axis = kwargs["tensors"], kwargs.get("axis", 0)
    else:
        parts, axis = tensors[0], tensors[1] if len(tensors) == 2 else kwargs.get("axis", 0)
    if len(parts) == 0:
        raise ValueError("stack got an empty list: pass at least one tensor")
    if all(np.ndim(part) == 0 for part in map(pt.as_tensor_variable, parts)):
        return pt.stack([pt.as_tensor_variable(part) for part in parts])  # Theano ignores the axis of scalars
    return pt.join(axis, *[shape_padaxis(part, axis) for part in parts])


def horizontal_stack(*args: Any) -> Any:
    """Join matrices side by side."""
    assert len(args) >= 2, "horizontal_stack takes two matrices or more"
    assert all(arg.type.ndim == 2 for arg in args), "horizontal_stack takes matrices"
    return pt.join(1, *args)


def vertical_stack(*args: Any) -> Any:
    """Join matrices one below the other."""
    assert len(args) >= 2, "vertical_stack takes two matrices or more"
    assert all(arg.type.ndim == 2 for arg in args), "vertical_stack takes matrices"
    return pt.join(0, *args)


def shape_padaxis(t: Any, axis: int) -> Any:
    """Insert an axis of length 1; an axis out of range is an IndexError."""
    t = pt.as_tensor_variable(t)
    if not -t.ndim - 1 <= axis <= t.ndim:
        raise IndexError(f"axis {axis} is out of range for a new axis of {t.ndim} dimensions")
    return pt.shape_padaxis(t, axis)


def _one_ndim(ndim: int | None, outdim: int | None) -> int:
    if ndim is not None and outdim is not None:
        raise ValueError(f"got ndim={ndim} and outdim={outdim}, which mean the same: pass ndim alone")
    found = ndim if outdim is None else outdim
    return 1 if found is None else found


def flatten(x: Any, ndim: int | None = None, outdim: int | None = None) -> Any:
    """Keep the first ``ndim - 1`` axes and flatten the others into one; ``outdim`` is its old name."""
    return pt.flatten(x, _one_ndim(ndim, outdim))


def is_flat(var: Any, ndim: int | None = None, outdim: int | None = None) -> bool:
    """Return whether a variable has this many axes; ``outdim`` is the old name of ``ndim``."""
    return bool(var.ndim == _one_ndim(ndim, outdim))


def tile(x: Any, reps: Any, ndim: int | None = None) -> Any:
    """Repeat `x` as `reps` states; `ndim` is needed where `reps` is a symbolic vector."""
    x = pt.as_tensor_variable(x)
    if ndim is not None and ndim < x.ndim:
        raise ValueError(f"ndim={ndim} is less than the {x.ndim} axes of x: pass {x.ndim} or more")
    if not isinstance(reps, list | tuple):
        reps = pt.as_tensor_variable(reps)
        if reps.dtype not in pt.type.discrete_dtypes:
            raise ValueError(f"reps has dtype {reps.dtype}: pass integers")
        if reps.ndim > 1:
            raise ValueError(f"reps has {reps.ndim} axes: pass an integer or a vector")
        if reps.ndim == 0:
            reps = [reps]
        elif ndim is None:
            raise ValueError("reps is a symbolic vector, whose length isn't known: pass ndim")
        else:
            number = reps.shape[0]
            reps = pt.join(0, pt.ones(pt.maximum(ndim - number, 0), dtype=reps.dtype), reps)
            fits = CheckAndRaise(AssertionError, f"the length of reps must not exceed ndim={ndim}")
            return fits(pt.tile(x, [reps[i] for i in range(ndim)]), pt.le(number, ndim))
    elif ndim is not None and len(reps) > ndim:
        raise ValueError(f"reps has {len(reps)} entries, more than ndim={ndim}")
    missing = (ndim or 0) - len(reps)
    return pt.tile(x, [1] * missing + list(reps))


def squeeze(x: Any) -> Any:
    """Drop the axes of length 1 that the type states."""
    return pt.squeeze(x)


def split(x: Any, splits_size: Any, n_splits: int, axis: Any = 0) -> Any:
    """Split a tensor along an axis into `n_splits` parts of these lengths."""
    return pt.split(x, splits_size, n_splits=n_splits, axis=axis)


def makeKeepDims(x: Any, y: Any, axis: Any) -> Any:
    """Put the axes that a reduction of `x` dropped back into its result `y`, with length 1."""
    x, y = pt.as_tensor_variable(x), pt.as_tensor_variable(y)
    axes = range(x.ndim) if axis is None else [int(a) for a in np.atleast_1d(axis)]
    dropped, kept = {a % x.ndim for a in axes}, iter(range(x.ndim))
    return y.dimshuffle(["x" if j in dropped else next(kept) for j in range(x.ndim)])


def transpose(x: Any, axes: Any = None) -> Any:
    """Return the tensor with its axes in another order, reversed by default; then it is named ``x.T``."""
    x = pt.as_tensor_variable(x)
    if axes is not None:
        return x.dimshuffle([axis % x.ndim for axis in axes])
    order = tuple(range(x.ndim))[::-1]
    found = DimShuffle(input_ndim=x.ndim, new_order=order)(x)
    found.name = f"{x.name}.T" if x.name else None
    return found


class SpecifyShape(metaclass=Served):
    """``SpecifyShape()(x, shape)``: `specify_shape` as Theano's class."""

    serves = _SpecifyShape

    def __call__(self, x: Any, shape: Any) -> Any:
        """Return the tensor with its shape."""
        return specify_shape(x, shape)


def specify_shape(x: Any, shape: Any) -> Any:
    """Return `x`, of which the shape is known; an AssertionError at run time if it is another.

    Parameters
    ----------
    x : tensor_like
    shape : sequence of int or scalar variable, or vector variable
        One length for each axis: an AssertionError for another number of them.
    """
    x = pt.as_tensor_variable(x)
    if isinstance(shape, list | tuple | np.ndarray):
        assert len(shape) == x.ndim, f"the tensor has {x.ndim} axes, and the shape {len(shape)} lengths"
        return pt.specify_shape(x, list(shape))
    shape = pt.as_tensor_variable(shape)
    if shape.ndim == 0:
        return pt.specify_shape(x, [shape])
    if shape.type.shape[0] is None:
        message = f"the tensor has {x.ndim} axes, and the shape another number of lengths"
        shape = CheckAndRaise(AssertionError, message)(shape, pt.eq(shape.shape[0], x.ndim))
    else:
        assert shape.type.shape[0] == x.ndim, f"the tensor has {x.ndim} axes, not {shape.type.shape[0]}"
    return pt.specify_shape(x, [shape[i] for i in range(x.ndim)])


class Rebroadcast:
    """Change which axes of a tensor are broadcastable: ``Rebroadcast((0, True), (1, False))(x)``."""

    def __init__(self, *axis: tuple[int, bool]) -> None:
        self.axis = dict(sorted(axis))
        for number, broadcastable in self.axis.items():
            if not isinstance(number, int | np.integer) or not isinstance(broadcastable, bool | np.bool_):
                raise TypeError(f"Rebroadcast needs pairs of an integer and a bool, not {axis!r}")

    def __call__(self, x: Any) -> Any:
        """Return `x` with the pattern changed; a ValueError at run time if a length isn't 1."""
        x = pt.as_tensor_variable(x)
        if self.axis and builtins.max(self.axis) >= x.ndim:
            raise ValueError(f"axis {builtins.max(self.axis)} doesn't exist: the tensor has {x.ndim} axes")
        for i in [i for i, on in self.axis.items() if on and x.type.shape[i] != 1]:
            is_one = CheckAndRaise(ValueError, f"addbroadcast: the length of axis {i} must be 1")
            x = pt.specify_broadcastable(is_one(x, pt.eq(x.shape[i], 1)), i)
        off = [i for i, on in self.axis.items() if not on and x.type.shape[i] == 1]
        return Unbroadcast(off)(x) if off else x


def addbroadcast(x: Any, *axes: int) -> Any:
    """Make these axes broadcastable; a ValueError at run time if their length isn't 1."""
    return Rebroadcast(*[(axis, True) for axis in axes])(x)


def unbroadcast(x: Any, *axes: int) -> Any:
    """Make these axes not broadcastable."""
    return Rebroadcast(*[(axis, False) for axis in axes])(x)


def patternbroadcast(x: Any, broadcastable: Any) -> Any:
    """Set the whole broadcast pattern of a tensor."""
    return Rebroadcast(*[(i, bool(on)) for i, on in enumerate(broadcastable)])(x)


class Flatten:
    """``Flatten(outdim)(x)``: `flatten` as Theano's class."""

    def __init__(self, outdim: int = 1) -> None:
        self.outdim = int(outdim)

    def __call__(self, x: Any) -> Any:
        """Return the flattened tensor."""
        return flatten(x, self.outdim)


class Tile:
    """``Tile(ndim)(x, reps)``: `tile` as Theano's class."""

    def __init__(self, ndim: int) -> None:
        self.ndim = ndim

    def __call__(self, x: Any, reps: Any) -> Any:
        """Return the repeated tensor."""
        return tile(x, reps, self.ndim)


class Reshape(metaclass=Served):
    """``Reshape(ndim, name)``: PyTensor's Op, which has no name."""

    serves = _Reshape

    def __new__(cls, ndim: int, name: str | None = None) -> Any:
        """Return PyTensor's Op."""
        return _Reshape(ndim)


class Join(metaclass=Served):
    """``Join(view)``: PyTensor's Op; Theano's `view` is a hint to its optimiser."""

    serves = pt.basic.Join

    def __new__(cls, view: int = -1) -> Any:
        """Return PyTensor's Op; since PyTensor 3.3, whose Op has an axis, the function that makes it."""
        return pt.join if "axis" in getattr(pt.basic.Join, "__props__", ()) else pt.basic.Join()
