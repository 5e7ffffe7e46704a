"""``theano.tensor.signal.downsample``: pooling under its names of Theano 0.6 to 0.8."""

from typing import Any

from udl_pt.theano._ops.pool import AveragePoolGrad, DownsampleFactorMaxGradGrad, MaxPoolGrad, Pool, PoolGrad
from udl_pt.theano._ops.pool_graphs import max_pool_2d_same_size, pool_2d

__all__ = [
    "AveragePoolGrad",
    "DownsampleFactorMax",
    "DownsampleFactorMaxGradGrad",
    "MaxPoolGrad",
    "Pool",
    "PoolGrad",
    "max_pool_2d",
    "max_pool_2d_same_size",
]


def max_pool_2d(
    input: Any,
    ds: Any,
    ignore_border: bool | None = None,
    st: Any = None,
    padding: Any = (0, 0),
    mode: str = "max",
) -> Any:
    """Return what each window over the last two axes contains: its maximum, sum or mean.

    Parameters
    ----------
    input : tensor of two or more dimensions
    ds : pair of ints
        The windows' rows and columns.
    ignore_border : bool
        Leave out windows that go beyond the images. None, the default, means False.
    st : pair of ints, optional
        The step from one window to the next; without it the windows don't overlap.
    padding : pair of ints
        Zeros above and below, left and right.
    mode : {"max", "sum", "average_inc_pad", "average_exc_pad"}
    """
    return pool_2d(input, ds, bool(ignore_border), st, padding, mode)


class DownsampleFactorMax:
    """Pooling with fixed windows: call it with the images.

    Parameters
    ----------
    ds, ignore_border, st, padding, mode
        As for `max_pool_2d`.
    """

    def __init__(
        self,
        ds: Any,
        ignore_border: bool = False,
        st: Any = None,
        padding: Any = (0, 0),
        mode: str = "max",
    ) -> None:
        self.ds, self.ignore_border, self.mode = tuple(ds), ignore_border, mode
        self.st = self.ds if st is None else tuple(st)
        self.padding = tuple(padding)
        self._op = Pool(ignore_border, mode)

    def __call__(self, x: Any) -> Any:
        """Return the pooled images."""
        return self._op(x, self.ds, self.st, self.padding)

    @staticmethod
    def out_shape(
        imgshape: Any, ds: Any, ignore_border: bool = False, st: Any = None, padding: Any = (0, 0)
    ) -> list[Any]:
        """Return the shape of what pooling makes of images of `imgshape`, as a list."""
        return Pool.out_shape(imgshape, ds, ignore_border, st, padding)
