"""Functions that build poolings: Theano's, from ``theano.tensor.signal.pool``."""

import warnings
from typing import Any

import pytensor.tensor as pt

from udl_pt.theano._ops.pool import MaxPoolGrad, Pool
from udl_pt.theano._ops.pool_names import renamed

__all__ = ["max_pool_2d_same_size", "pool_2d", "pool_3d"]


def max_pool_2d_same_size(input: Any, patch_size: Any) -> Any:
    """Return 4-D images with zeros in place of all items but the maximum of each patch.

    Parameters
    ----------
    input : 4-D tensor
    patch_size : pair of ints
        Rows and columns of the patches, which don't overlap.
    """
    return MaxPoolGrad(True)(input, *([Pool(True)(input, patch_size)] * 2), patch_size)


def _pool(axes: int, input: Any, windows: tuple[Any, ...], ignore_border: bool | None, mode: str) -> Any:
    input = pt.as_tensor_variable(input)
    if input.ndim < axes:
        raise NotImplementedError(f"pool_{axes}d requires a dimension >= {axes}, and input has {input.ndim}")
    if ignore_border is None:
        warnings.warn(
            f"pool_{axes}d() will have the parameter ignore_border default value changed to True (currently "
            "False). Pass ignore_border, for the same result with all versions of Theano.",
            stacklevel=3,
        )
        ignore_border = False
    return Pool(ignore_border, ndim=axes, mode=mode)(input, *windows)


def pool_2d(
    input: Any,
    ws: Any = None,
    ignore_border: bool | None = None,
    stride: Any = None,
    pad: Any = (0, 0),
    mode: str = "max",
    ds: Any = None,
    st: Any = None,
    padding: Any = None,
) -> Any:
    """Return what each window over the last two axes contains: its maximum, sum or mean.

    Parameters
    ----------
    input : tensor of two or more dimensions
    ws : pair of ints, or vector of them
        The windows' rows and columns.
    ignore_border : bool
        Leave out windows that go beyond the images. None warns and means False.
    stride : pair of ints, or vector of them, optional
        The step from one window to the next; without it the windows don't overlap.
    pad : pair of ints, or vector of them
        Zeros above and below, left and right.
    mode : {"max", "sum", "average_inc_pad", "average_exc_pad"}
    ds, st, padding
        Earlier names of `ws`, `stride` and `pad`.
    """
    windows = renamed(ws, stride, pad, ds, st, padding, (None, (0, 0)))
    return _pool(2, input, windows, ignore_border, mode)


def pool_3d(
    input: Any,
    ws: Any = None,
    ignore_border: bool | None = None,
    stride: Any = None,
    pad: Any = (0, 0, 0),
    mode: str = "max",
    ds: Any = None,
    st: Any = None,
    padding: Any = None,
) -> Any:
    """Return what each window over the last three axes contains; see `pool_2d`."""
    windows = renamed(ws, stride, pad, ds, st, padding, (None, (0, 0, 0)))
    return _pool(3, input, windows, ignore_border, mode)
