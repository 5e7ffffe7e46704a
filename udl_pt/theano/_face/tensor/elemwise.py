"""``theano.tensor.elemwise``."""

from typing import TYPE_CHECKING
from typing import Any as _Any

from pytensor.tensor import elemwise as pe

from udl_pt.theano._face.tensor._shapes import Served
from udl_pt.theano._names import fallback

_PLACES = ("pytensor.tensor.elemwise", "pytensor.tensor.math", "pytensor.tensor.basic")
_MISSING = {"DimShufflePrinter": "theano.printing.pprint prints dimshuffles without it"}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, _MISSING)

_SERVED = """
    All Any CAReduce CAReduceDtype DimShuffle Elemwise Prod Sum
"""
__all__ = _SERVED.split()


class DimShuffle(metaclass=Served):
    """``DimShuffle(input_broadcastable, new_order, inplace)``: PyTensor's Op."""

    serves = pe.DimShuffle

    def __new__(cls, input_broadcastable: _Any, new_order: _Any, inplace: bool = True) -> _Any:
        """Return PyTensor's Op; a ValueError if an axis that isn't broadcastable would be dropped."""
        new_order = tuple(new_order)
        for i, broadcastable in enumerate(input_broadcastable):
            if i not in new_order and not broadcastable:
                raise ValueError(f"the pattern {new_order} drops axis {i}, which isn't broadcastable")
        return pe.DimShuffle(input_ndim=len(input_broadcastable), new_order=new_order)


class CAReduce(metaclass=Served):
    """``CAReduce(scalar_op, axis)``: PyTensor's reduction by a commutative and associative scalar Op."""

    serves = pe.CAReduce

    def __new__(cls, scalar_op: _Any, axis: _Any = None) -> _Any:
        """Return PyTensor's Op."""
        return pe.CAReduce(scalar_op, axis=_axes(axis))


class CAReduceDtype(metaclass=Served):
    """``CAReduceDtype(scalar_op, axis, dtype, acc_dtype)``: `CAReduce` with dtypes."""

    serves = pe.CAReduce

    def __new__(cls, scalar_op: _Any, axis: _Any = None, dtype: _Any = None, acc_dtype: _Any = None) -> _Any:
        """Return PyTensor's Op."""
        return pe.CAReduce(
            scalar_op, axis=_axes(axis), dtype=dtype, acc_dtype=acc_dtype, upcast_discrete_output=True
        )


def _axes(axis: _Any) -> _Any:
    return axis if axis is None or isinstance(axis, int) else tuple(axis)
