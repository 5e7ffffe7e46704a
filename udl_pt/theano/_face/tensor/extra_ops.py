"""``theano.tensor.extra_ops``."""

from typing import TYPE_CHECKING, Any

import pytensor.tensor as pt
from pytensor.tensor import extra_ops as pe

from udl_pt.theano._face.tensor._creation import as_tensor_variable
from udl_pt.theano._face.tensor._shapes import squeeze
from udl_pt.theano._names import fallback

_PLACES = (
    "pytensor.tensor.extra_ops",
    "pytensor.tensor.sort",
    "pytensor.tensor.basic",
    "pytensor.tensor.math",
)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)


class CumOp:
    """``CumOp(axis, mode)(x)``: cumulative sums ("add") or products ("mul")."""

    def __init__(self, axis: int | None = None, mode: str = "add") -> None:
        if mode not in ("add", "mul"):
            raise ValueError(f'mode must be "add" or "mul", not {mode!r}')
        self.axis, self.mode = axis, mode

    def __call__(self, x: Any) -> Any:
        """Return the sums or products; of the flattened tensor where the axis is None."""
        return (pt.cumsum if self.mode == "add" else pt.cumprod)(x, axis=self.axis)


class CumsumOp(CumOp):
    """``CumsumOp(axis)(x)``: cumulative sums."""

    def __init__(self, axis: int | None = None) -> None:
        super().__init__(axis, "add")


class CumprodOp(CumOp):
    """``CumprodOp(axis)(x)``: cumulative products."""

    def __init__(self, axis: int | None = None) -> None:
        super().__init__(axis, "mul")


class DiffOp:
    """``DiffOp(n, axis)(x)``: the n-th difference along an axis."""

    def __init__(self, n: int = 1, axis: int = -1) -> None:
        self.n, self.axis = n, axis

    def __call__(self, x: Any) -> Any:
        """Return the difference."""
        return pt.diff(x, n=self.n, axis=self.axis)


class RepeatOp:
    """``RepeatOp(axis)(x, repeats)``: each element repeated."""

    def __init__(self, axis: int | None = None) -> None:
        self.axis = axis

    def __call__(self, x: Any, repeats: Any) -> Any:
        """Return the longer tensor."""
        return repeat(x, repeats, axis=self.axis)


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Repeat the elements of a tensor, along an axis or flattened."""
    repeats = as_tensor_variable(repeats)
    if repeats.ndim == 1 and repeats.dtype not in pt.type.integer_dtypes:
        raise TypeError(f"repeats has dtype {repeats.dtype}: pass integers")
    return pt.repeat(x, repeats, axis=axis)


def unravel_index(indices: Any, dims: Any, order: str = "C", ndim: int | None = None) -> Any:
    """Return the indices, one tensor an axis, of positions in the flattened tensor.

    `ndim` is the number of axes, where `dims` is a vector whose length isn't known. As in Theano, `order` has
    no effect: the last axis varies fastest.
    """
    if order not in ("C", "F"):
        raise ValueError(f"order must be 'C' or 'F', not {order!r}")
    dims = as_tensor_variable(dims)
    if ndim is not None and dims.ndim == 1:
        length = dims.type.shape[0]
        if length is None:
            dims = pt.specify_shape(dims, (ndim,))
        elif length != ndim:
            raise ValueError(f"dims has {length} entries, and ndim={ndim}")
    return pt.unravel_index(indices, dims)


class Unique(pe.Unique):
    """``Unique(return_index, return_inverse, return_counts, axis)(x)``: what differs, sorted."""

    def __init__(
        self,
        return_index: bool = False,
        return_inverse: bool = False,
        return_counts: bool = False,
        axis: int | None = None,
    ) -> None:
        super().__init__(return_index, return_inverse, return_counts)
        self.axis = axis

    def make_node(self, x: Any) -> Any:
        """Return the node of PyTensor's Op, whose axis counts from the left."""
        x, axis = as_tensor_variable(x), self.axis
        if axis is not None:
            if not -x.ndim <= axis < x.ndim:
                raise RuntimeError(f"axis {axis} doesn't exist: the tensor has {x.ndim} axes")
            axis %= x.ndim
        return pe.Unique(self.return_index, self.return_inverse, self.return_counts, axis).make_node(x)


_SERVED = """
    Bartlett CpuContiguous CumOp CumprodOp CumsumOp DiffOp FillDiagonal FillDiagonalOffset
    RavelMultiIndex RepeatOp SearchsortedOp Unique UnravelIndex bartlett bincount compress
    cpu_contiguous cumprod cumsum diff fill_diagonal fill_diagonal_offset ravel_multi_index repeat
    searchsorted squeeze to_one_hot unravel_index
"""
__all__ = _SERVED.split()
