"""Pooling over the last axes: maximum, sum and means, with derivatives of every order."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.tensor.type import TensorType, discrete_dtypes

from udl_pt.theano._ops._lazy import import_when_compiled
from udl_pt.theano._ops.pool_names import renamed, window_counts

__all__ = ["AveragePoolGrad", "DownsampleFactorMaxGradGrad", "MaxPoolGrad", "Pool", "PoolGrad"]

MODES = ("max", "sum", "average_inc_pad", "average_exc_pad")


class _Windows(Op):  # type: ignore[misc]
    """What Ops over windows have in common: their arguments after the arrays are `ws`, `stride` and `pad`."""

    __props__: tuple[str, ...] = ("ignore_border", "mode", "ndim")
    shapes = "xz"  # of the arrays and of the result: like the images (x) or the pooled images (z)

    def __init__(
        self, ignore_border: bool = False, mode: str = "max", ndim: int = 2, openmp: Any = None
    ) -> None:
        if mode == "max_deterministic":
            mode = "max"
        if mode not in MODES:
            raise ValueError(f"Pool mode parameter only support {', '.join(map(repr, MODES))}. Got {mode}")
        if not 1 <= ndim <= 3:
            raise NotImplementedError(f"pooling is over one, two or three axes, and ndim is {ndim}")
        self.ignore_border, self.mode, self.ndim = bool(ignore_border), mode, ndim

    def _parameters(self, ws: Any, stride: Any, pad: Any) -> list[Any]:
        stride = ws if stride is None else stride
        pad = (0,) * self.ndim if pad is None else pad
        if isinstance(pad, tuple | list):
            if max(pad) != 0 and not self.ignore_border:
                raise NotImplementedError(f"padding works only with ignore_border=True, and pad is {pad}")
            if isinstance(ws, tuple | list) and any(p >= w for p, w in zip(pad, ws, strict=False)):
                raise NotImplementedError(
                    f"padding must be smaller than the window: pad is {pad}, and ws {ws}"
                )
        result = [pt.as_tensor_variable(value) for value in (ws, stride, pad)]
        for name, value in zip(("Pool downsample", "Stride", "Padding"), result, strict=True):
            assert value.ndim == 1, f"{name} parameters must be a vector: {value} has {value.ndim} dimensions"
            if value.dtype not in discrete_dtypes:
                raise TypeError(f"{name} parameters must be ints, and are {value.dtype}.")
        return result

    def _node(self, arrays: Sequence[Any], parameters: Sequence[Any], static: Any) -> Apply:
        arrays = [pt.as_tensor_variable(x) for x in arrays]
        if arrays[0].type.ndim < self.ndim or any(x.type.ndim != arrays[0].type.ndim for x in arrays):
            dimensions = [x.type.ndim for x in arrays]
            raise TypeError(f"pooling over {self.ndim} axes: the arrays have {dimensions} dimensions")
        out = TensorType(arrays[0].dtype, shape=static(arrays))()
        return Apply(self, [*arrays, *self._parameters(*parameters)], [out])

    def _pooled(self, arrays: Sequence[Any]) -> tuple[Any, ...]:
        kept = [1 if one else None for one in arrays[0].type.broadcastable[: -self.ndim]]
        return (*kept, *(None,) * self.ndim)

    def _like(self, op: Any) -> Any:
        return op(ignore_border=self.ignore_border, ndim=self.ndim)

    @property
    def arrays(self) -> int:
        """The number of arrays among the inputs."""
        return len(self.shapes) - 1

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return that the windows take no part in gradients."""
        return [[i < self.arrays] for i in range(len(node.inputs))]

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Compute the result."""
        from udl_pt.theano._ops.pool_arrays import run

        outputs[0][0] = run(self, inputs[: self.arrays], *inputs[self.arrays :])

    @staticmethod
    def out_shape(
        imgshape: Sequence[Any],
        ws: Any = None,
        ignore_border: bool = False,
        stride: Any = None,
        pad: Any = None,
        ndim: int | None = 2,
        ds: Any = None,
        st: Any = None,
        padding: Any = None,
    ) -> list[Any]:
        """Return the shape of what pooling makes of images of `imgshape`, as a list.

        Parameters
        ----------
        imgshape : sequence of int or scalar
        ws, stride, pad, ignore_border, ndim
            As for `Pool`.
        ds, st, padding
            Earlier names of `ws`, `stride`, `pad`.
        """
        ws, stride, pad = renamed(ws, stride, pad, ds, st, padding, (None,))
        ndim = 2 if ndim is None else ndim
        assert ndim > 0
        if len(imgshape) < ndim:
            raise TypeError(f"imgshape must have at least {ndim} dimensions, and is {imgshape}")
        stride = ws if stride is None else stride
        pad = (0,) * ndim if pad is None else pad
        lengths = window_counts(imgshape, ws, stride, pad, ndim, ignore_border)
        return [*imgshape[:-ndim], *(np.int64(n) if isinstance(n, int) else n for n in lengths)]


class Pool(_Windows):
    """Pooling over the last axes.

    Parameters
    ----------
    ignore_border : bool
        Leave out windows that go beyond the image.
    mode : {"max", "sum", "average_inc_pad", "average_exc_pad"}
    ndim : int
        The number of axes.
    """

    def make_node(self, x: Any, ws: Any, stride: Any = None, pad: Any = None) -> Apply:
        """Return the node for images, windows, steps (None: the windows) and zeros around the images."""
        return self._node([x], (ws, stride, pad), self._pooled)

    def infer_shape(self, *args: Any) -> list[Any]:
        """Return the pooled images' shape."""
        node, shapes = args[-2:]  # PyTensor before 3.3 passes the graph first
        _, ws, stride, pad = node.inputs
        return [self.out_shape(shapes[0], ws, self.ignore_border, stride, pad, self.ndim)]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Return the gradient with regard to the images."""
        x, *windows = inputs
        if self.mode == "max":
            gx = self._like(MaxPoolGrad)(x, outputs[0], cotangents[0], *windows)
        else:
            gx = AveragePoolGrad(self.ignore_border, self.mode, self.ndim)(x, cotangents[0], *windows)
        return [gx, *(disconnected_type() for _ in windows)]


class PoolGrad(_Windows):
    """A gradient of pooling: of the images' shape."""

    def _same(self, arrays: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(arrays[0].type.shape)

    def infer_shape(self, *args: Any) -> list[Any]:
        """Return the images' shape."""
        _node, shapes = args[-2:]  # PyTensor before 3.3 passes the graph first
        return [shapes[0]]


class MaxPoolGrad(PoolGrad):
    """Gradient of max pooling: each item that equals its window's maximum takes the whole of it."""

    shapes = "xzzx"

    def __init__(self, ignore_border: bool, ndim: int = 2, openmp: Any = None) -> None:
        super().__init__(ignore_border, "max", ndim)

    def make_node(self, x: Any, maxout: Any, gz: Any, ws: Any, stride: Any = None, pad: Any = None) -> Apply:
        """Return the node for images, their maxima and the maxima's gradient."""
        return self._node([x, maxout, gz], (ws, stride, pad), self._same)

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Return the gradients; it is linear in the maxima's gradient, and elsewhere constant."""
        x, maxout, _, *windows = inputs
        ggz = self._like(DownsampleFactorMaxGradGrad)(x, maxout, cotangents[0], *windows)
        return [pt.zeros_like(x), pt.zeros_like(maxout), ggz, *(disconnected_type() for _ in windows)]


class DownsampleFactorMaxGradGrad(_Windows):
    """Sum over the items that equal their window's maximum: the adjoint of `MaxPoolGrad`."""

    shapes = "xzxz"

    def __init__(self, ignore_border: bool, mode: str = "max", ndim: int = 2, openmp: Any = None) -> None:
        assert mode == "max"
        super().__init__(ignore_border, mode, ndim)

    def make_node(self, x: Any, maxout: Any, gz: Any, ws: Any, stride: Any = None, pad: Any = None) -> Apply:
        """Return the node for images, their maxima and an array like the images."""
        return self._node([x, maxout, gz], (ws, stride, pad), lambda arrays: arrays[1].type.shape)

    def infer_shape(self, *args: Any) -> list[Any]:
        """Return the maxima's shape."""
        _node, shapes = args[-2:]  # PyTensor before 3.3 passes the graph first
        return [shapes[1]]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Return the gradients; it is linear in the array like the images."""
        x, maxout, _, *windows = inputs
        gz = self._like(MaxPoolGrad)(x, maxout, cotangents[0], *windows)
        return [pt.zeros_like(x), pt.zeros_like(maxout), gz, *(disconnected_type() for _ in windows)]


class AveragePoolGrad(PoolGrad):
    """Gradient of pooling by sums and means."""

    shapes = "xzx"

    def __init__(self, ignore_border: bool, mode: str = "average_inc_pad", ndim: int = 2) -> None:
        assert mode in MODES[1:]
        super().__init__(ignore_border, mode, ndim)

    def make_node(
        self, x: Any, gz: Any, ws: Any, stride: Any = None, pad: Any = None, dummy: Any = None
    ) -> Apply:
        """Return the node for images (their shape counts) and the pooled images' gradient."""
        return self._node([x, gz], (ws, stride, pad), self._same)

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Return the gradients; it is linear in the pooled images' gradient."""
        x, _, *windows = inputs
        gz = Pool(self.ignore_border, self.mode, self.ndim)(cotangents[0], *windows)
        return [pt.zeros_like(x), gz, *(disconnected_type() for _ in windows)]


OPS = [Pool, MaxPoolGrad, AveragePoolGrad, DownsampleFactorMaxGradGrad]
import_when_compiled(OPS, numba="pool_numba", jax="pool_jax")
