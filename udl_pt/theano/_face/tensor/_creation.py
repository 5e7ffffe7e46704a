"""Constants, types and conversions, where Theano's signature or meaning isn't PyTensor's."""

import builtins
from typing import Any

import numpy as np
import pytensor.scalar as ps
import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Variable
from pytensor.tensor.exceptions import NotScalarConstantError

from udl_pt.theano._face.tensor._shapes import stack

__all__ = [
    "AllocDiag",
    "AsTensorError",
    "Default",
    "EmptyConstantError",
    "ExtractDiag",
    "ShapeError",
    "Tri",
    "alloc_validate_shape",
    "arange",
    "as_tensor",
    "as_tensor_variable",
    "check_and_normalize_axes",
    "col",
    "constant",
    "constructor",
    "default",
    "diag",
    "get_scalar_constant_value",
    "identity_like",
    "matrix",
    "numpy_scalar",
    "row",
    "scalar",
    "setdefault",
    "tensor",
    "tensor3",
    "tensor4",
    "tensor5",
    "tensor6",
    "tensor7",
    "vector",
]


class AsTensorError(TypeError):
    """`as_tensor_variable` can't convert its argument."""


class EmptyConstantError(NotScalarConstantError):
    """`get_scalar_constant_value` got a constant without elements."""


class ShapeError(Exception):
    """A shape can't be computed."""


def constant(x: Any, name: str | None = None, ndim: int | None = None, dtype: Any = None) -> Any:
    """Return a constant tensor; a number gets the smallest dtype that holds it, as in Theano."""
    if isinstance(x, Variable):
        raise TypeError(f"{x} is a variable: constant() takes numbers and arrays")
    try:
        value = np.asarray(ps.convert(x, dtype=dtype))
        if value.dtype.kind in "OSU":
            raise TypeError(f"its dtype is {value.dtype}")
    except (TypeError, ValueError) as error:
        raise TypeError(f"constant() can't convert {x!r} to a tensor: {error}") from error
    if ndim is not None and value.ndim > ndim:
        raise ValueError(f"constant() got {value.ndim} axes, more than ndim={ndim}")
    if ndim is not None and value.ndim < ndim:
        raise TypeError(f"constant() got {value.ndim} axes, fewer than ndim={ndim}: reshape the array first")
    return pt.constant(value, name=name)


constant_cache: dict[Any, Any] = {}


def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Any:
    """Return `x` as a tensor variable.

    Parameters
    ----------
    x : variable, Apply, number, array, list or tuple
        A list may hold variables.
    name : str, optional
        The name of a constant.
    ndim : int, optional
        Broadcastable axes are added, or dropped, on the left.

    Raises
    ------
    AsTensorError
        If `x` can't be converted, or is True or False.
    """
    if isinstance(x, builtins.bool):
        raise AsTensorError(
            f"can't convert {x} to a tensor: np.array({x}) can be; == between variables is T.eq"
        )
    if isinstance(x, list | tuple) and builtins.any(isinstance(part, Variable) for part in x):
        try:
            return stack(x)
        except (TypeError, ValueError):
            raise AsTensorError(f"can't convert {x} to a tensor") from None
    if isinstance(x, Apply):
        x = _default_output(x)
    if isinstance(x, Variable) or hasattr(x, "_as_TensorVariable"):
        try:
            x = pt.as_tensor_variable(x)
        except TypeError as error:
            raise AsTensorError(f"can't convert {x} to a tensor: {error}") from error
        return x if ndim is None else _with_ndim(x, ndim)
    try:
        return constant(x, name=name, ndim=ndim)
    except TypeError as error:
        raise AsTensorError(f"can't convert {x!r} to a tensor") from error


as_tensor = _as_tensor_variable = as_tensor_variable


def _default_output(node: Apply) -> Any:
    number = node.op.default_output
    if number is None and len(node.outputs) == 1:
        number = 0
    if not isinstance(number, int) or not 0 <= number < len(node.outputs):
        raise AttributeError(
            f"{node.op} has {len(node.outputs)} outputs, and {number} is the default: pass one"
        )
    return node.outputs[number]


def _with_ndim(x: Any, ndim: int) -> Any:
    if x.ndim < ndim:
        return pt.shape_padleft(x, n_ones=ndim - x.ndim)
    if x.ndim > ndim:
        kept = [i for i in range(x.ndim) if not x.broadcastable[i]]
        x = x.dimshuffle(list(range(kept[0] if kept else x.ndim, x.ndim)))
        if x.ndim > ndim:
            raise ValueError(f"{x} has {x.ndim} axes that can't be dropped; ndim={ndim}")
    return x


def get_scalar_constant_value(
    orig_v: Any, elemwise: bool = True, only_process_constants: bool = False, max_recur: int = 10
) -> Any:
    """Return the constant that a variable always has; NotScalarConstantError if there is none."""
    if isinstance(orig_v, np.ndarray | np.generic | float | int):
        return numpy_scalar(np.asarray(orig_v)).copy()
    return pt.basic.get_underlying_scalar_constant_value(
        orig_v, elemwise=elemwise, only_process_constants=only_process_constants, max_recur=max_recur
    )


def numpy_scalar(data: Any) -> Any:
    """Return an array of one number; an error for another array."""
    if np.size(data) == 0:
        raise EmptyConstantError()
    if np.size(data) > 1:
        raise NotScalarConstantError(f"{data} holds more than one number")
    return data


def tensor(*args: Any, **kwargs: Any) -> Any:
    """Return a variable: ``tensor(dtype, broadcastable, name=...)``."""
    name = kwargs.pop("name", None)
    kwargs.pop("sparse_grad", None)
    return pt.TensorType(*args, **kwargs)(name=name)


def _variables(kind: str) -> Any:
    def make(name: str | None = None, dtype: Any = None) -> Any:
        return getattr(pt, kind)(name, dtype=dtype)

    make.__name__, make.__doc__ = kind, f"Return a {kind} variable: a dtype of None is floatX."
    return make


scalar, vector, matrix, row, col, tensor3, tensor4, tensor5, tensor6, tensor7 = map(
    _variables,
    ["scalar", "vector", "matrix", "row", "col", "tensor3", "tensor4", "tensor5", "tensor6", "tensor7"],
)


def constructor(f: Any) -> Any:
    """Return the function itself: Theano marks with it the functions that make variables."""
    return f


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    """Return a range of numbers."""
    for limit in (start, stop, step):
        if np.ndim(limit) > 0 or getattr(limit, "ndim", 0) > 0:
            raise AssertionError(f"arange takes numbers, and {limit} has {limit.ndim} axes")
    return pt.arange(start, stop, step, dtype=dtype)


def identity_like(x: Any) -> Any:
    """Return the identity matrix of a matrix' shape and dtype."""
    if x.ndim < 2:
        raise IndexError(f"identity_like takes a matrix, and {x} has {x.ndim} axes")
    return pt.eye(x.shape[0], x.shape[1], k=0, dtype=x.dtype)


def diag(v: Any, k: int = 0) -> Any:
    """Return a vector's diagonal matrix, or a tensor's diagonal."""
    v = as_tensor_variable(v)
    if v.ndim == 1:
        return pt.diag(v, k=k)
    if v.ndim >= 2:
        return pt.diagonal(v, offset=k)
    raise ValueError(f"diag takes a vector or more, and {v} is a scalar")


class ExtractDiag:
    """``ExtractDiag(offset, axis1, axis2, view)(x)``: the diagonal of a tensor."""

    def __init__(self, offset: int = 0, axis1: int = 0, axis2: int = 1, view: bool = False) -> None:
        self.offset, self.axis1, self.axis2 = offset, axis1, axis2

    def __call__(self, x: Any) -> Any:
        """Return the diagonal."""
        x = as_tensor_variable(x)
        if x.ndim < 2:
            raise ValueError(f"ExtractDiag takes a matrix or more, and {x} has {x.ndim} axes")
        return pt.diagonal(x, self.offset, self.axis1, self.axis2)


class AllocDiag:
    """``AllocDiag(offset, axis1, axis2)(x)``: a tensor with `x` on a diagonal."""

    def __init__(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> None:
        self.offset, self.axis1, self.axis2 = offset, axis1, axis2

    def __call__(self, diag: Any) -> Any:
        """Return the tensor, which has an axis more."""
        return pt.basic.alloc_diag(diag, self.offset, self.axis1, self.axis2)


class Tri:
    """``Tri(dtype)(N, M, k)``: ones at and below a diagonal."""

    def __init__(self, dtype: Any = None) -> None:
        self.dtype = dtype

    def __call__(self, N: Any, M: Any, k: Any) -> Any:
        """Return the matrix."""
        return pt.tri(N, M, k, dtype=self.dtype)


class Default:
    """``default(x, value)``: `x`, or `value` where `x` is None."""

    def __call__(self, x: Any, default: Any) -> Any:
        """Return `x`: only a generic variable can hold None, and then nothing serves it."""
        return as_tensor_variable(default if x is None else x)


default = setdefault = Default()


def check_and_normalize_axes(x: Any, axis: Any) -> list[int]:
    """Return the axes as a sorted list without negative numbers; empty for None."""
    x = as_tensor_variable(x)
    if axis is None:
        return []
    if isinstance(axis, Variable):
        if not hasattr(axis, "data"):
            raise TypeError(f"the axis {axis} is symbolic: pass an integer or a tuple of integers")
        axis = axis.data
        if axis is None:
            return []
    elif not isinstance(axis, int | np.integer | tuple | list | np.ndarray):
        raise TypeError(f"the axis must be an integer or a tuple of integers, not {axis!r}")
    axes = [int(a) for a in np.atleast_1d(np.asarray(axis, dtype="int64"))]
    for a in axes:
        if not -x.ndim <= a < x.ndim:
            raise ValueError(f"axis {a} doesn't exist: the tensor has {x.ndim} axes")
    return sorted({a % x.ndim for a in axes})


def alloc_validate_shape(shape: Any) -> tuple[list[Any], list[bool]]:
    """Return a shape's entries as variables, and which of them are the constant 1."""
    entries = [as_tensor_variable(s) for s in shape]
    for entry in entries:
        if entry.dtype not in pt.type.integer_dtypes or entry.ndim != 0:
            raise TypeError(f"a shape needs integers, and {entry} is of type {entry.type}")
    ones = [pt.basic.get_underlying_scalar_constant_value(s, raise_not_constant=False) for s in entries]
    return entries, [builtins.bool(not isinstance(one, Variable) and one == 1) for one in ones]
