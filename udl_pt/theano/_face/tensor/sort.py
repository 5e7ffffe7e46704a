"""``theano.tensor.sort``."""

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Constant, Variable
from pytensor.raise_op import CheckAndRaise
from pytensor.tensor.sort import ArgSortOp as _ArgSortOp
from pytensor.tensor.sort import SortOp as _SortOp

from udl_pt.theano._face.tensor._creation import as_tensor_variable
from udl_pt.theano._face.tensor._shapes import Served
from udl_pt.theano._names import fallback

_PLACES = ("pytensor.tensor.sort",)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)

_SERVED = """
    ArgSortOp SortOp TopKOp argsort argtopk sort topk topk_and_argtopk
"""
__all__ = _SERVED.split()


def sort(a: Any, axis: Any = -1, kind: Any = "quicksort", order: None = None) -> Any:
    """Return a sorted copy; of the flattened tensor where the axis is None."""
    return _along(pt.sort, a, axis, kind)


def argsort(a: Any, axis: Any = -1, kind: Any = "quicksort", order: None = None) -> Any:
    """Return the indices that sort a tensor."""
    return _along(pt.argsort, a, axis, kind)


def _along(function: Any, a: Any, axis: Any, kind: Any) -> Any:
    """Apply a function along an axis, which may be a variable."""
    a = as_tensor_variable(a)
    if isinstance(axis, Constant):
        axis = None if axis.data is None else int(axis.data)
    if not isinstance(axis, Variable):
        return function(a, axis=axis, kind=kind)
    is_axis = [pt.or_(pt.eq(axis, i), pt.eq(axis, i - a.ndim)) for i in range(a.ndim)]
    result = function(a, axis=0, kind=kind)
    for i in range(1, a.ndim):
        result = pt.switch(is_axis[i], function(a, axis=i, kind=kind), result)
    check = CheckAndRaise(ValueError, f"the axis to sort doesn't exist: the tensor has {a.ndim} axes")
    return check(result, pt.any(pt.stack(is_axis)))


class SortOp(metaclass=Served):
    """``SortOp(kind, order)``: PyTensor's Op, without an order of fields. Since 3.3 it has an axis."""

    serves = _SortOp

    def __new__(cls, kind: Any, order: Any = None) -> Any:
        """Return PyTensor's Op, or since 3.3 its function `sort`."""
        return partial(pt.sort, kind=kind) if "axis" in _SortOp.__props__ else _SortOp(kind)


class ArgSortOp(metaclass=Served):
    """``ArgSortOp(kind, order)``: PyTensor's Op, without an order of fields. Since 3.3 it has an axis."""

    serves = _ArgSortOp

    def __new__(cls, kind: Any, order: Any = None) -> Any:
        """Return PyTensor's Op, or since 3.3 its function `argsort`."""
        return partial(pt.argsort, kind=kind) if "axis" in _ArgSortOp.__props__ else _ArgSortOp(kind)


class TopKOp:
    """``TopKOp(axis, sorted, idx_dtype, ...)(x, kth)``: the k largest elements and where they are."""

    def __init__(
        self,
        axis: int = -1,
        sorted: bool = True,
        idx_dtype: str = "int64",
        return_values: bool = True,
        return_indices: bool = True,
    ) -> None:
        if not isinstance(axis, int):
            raise TypeError(f"axis must be an integer, not {axis!r}")
        if idx_dtype not in pt.type.integer_dtypes:
            raise TypeError(f"idx_dtype must be an integer dtype, not {idx_dtype!r}")
        if not (return_indices or return_values):
            raise ValueError(
                "neither values nor indices are asked for: set one of return_values, return_indices"
            )
        self.axis, self.idx_dtype = axis, idx_dtype
        self.return_values, self.return_indices = return_values, return_indices

    def __call__(self, x: Any, kth: Any) -> Any:
        """Return values and indices, in descending order (ascending where `kth` is negative)."""
        x, kth = as_tensor_variable(x), as_tensor_variable(kth)
        if not -x.ndim <= self.axis < x.ndim:
            raise IndexError(f"axis {self.axis} doesn't exist: the tensor has {x.ndim} axes")
        if kth.ndim != 0:
            raise ValueError(f"kth must be a single integer, and has {kth.ndim} axes")
        number = pt.basic.get_underlying_scalar_constant_value(kth, raise_not_constant=False)
        if isinstance(number, int | np.generic | np.ndarray) and int(number) == 0:
            raise ValueError(
                "kth is 0: pass a positive number for the largest, a negative one for the smallest"
            )
        axis = self.axis % x.ndim
        falling = pt.invert(x) if x.dtype in pt.type.discrete_dtypes else -x  # -x would overflow
        order = pt.argsort(pt.switch(kth > 0, falling, x), axis=axis, stable=True)
        index = (slice(None),) * axis + (slice(None, pt.abs(kth)),)
        indices = order[index]
        grid = [
            pt.arange(x.shape[i]).dimshuffle(*(0 if j == i else "x" for j in range(x.ndim)))
            for i in range(x.ndim)
        ]
        grid[axis] = indices
        found = [x[tuple(grid)]] if self.return_values else []
        found += [indices.astype(self.idx_dtype)] if self.return_indices else []
        return found if len(found) > 1 else found[0]


def _top(x: Any, axis: int | None) -> tuple[Any, int]:
    return (pt.flatten(x), 0) if axis is None else (x, axis)


def topk(x: Any, kth: Any, axis: Any = -1, sorted: bool = True, idx_dtype: str = "int64") -> Any:
    """Return the `kth` largest elements along an axis, in descending order; the smallest if negative."""
    x, axis = _top(x, axis)
    return TopKOp(axis, sorted, idx_dtype, return_indices=False)(x, kth)


def argtopk(x: Any, kth: Any, axis: Any = -1, sorted: bool = True, idx_dtype: str = "int64") -> Any:
    """Return where the `kth` largest elements along an axis are."""
    x, axis = _top(x, axis)
    return TopKOp(axis, sorted, idx_dtype, return_values=False)(x, kth)


def topk_and_argtopk(x: Any, kth: Any, axis: Any = -1, sorted: bool = True, idx_dtype: str = "int64") -> Any:
    """Return the `kth` largest elements along an axis, and where they are."""
    x, axis = _top(x, axis)
    return TopKOp(axis, sorted, idx_dtype)(x, kth)
