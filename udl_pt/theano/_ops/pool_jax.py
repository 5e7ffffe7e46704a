"""Pooling and its derivatives for PyTensor's JAX linker."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np
from pytensor.graph.basic import Constant
from pytensor.link.jax.dispatch import jax_funcify

from udl_pt.theano._ops.pool import AveragePoolGrad, DownsampleFactorMaxGradGrad, MaxPoolGrad, Pool
from udl_pt.theano._ops.pool_names import window_counts

__all__: list[str] = []


class _Windows:
    """The windows of one Op: JAX needs them as numbers."""

    def __init__(self, op: Any, node: Any) -> None:
        values = node.inputs[op.arrays :]
        if not all(isinstance(value, Constant) for value in values):
            raise NotImplementedError(
                "JAX needs the windows of pooling as numbers: pass ws, stride and pad as ints"
            )
        self.op = op
        self.ws, self.stride, self.pad = (tuple(int(n) for n in value.data) for value in values)

    def outside(self, x: Any, fill: Any) -> Any:
        """Return images with as much around them as the windows cover."""
        widths = [(0, 0)] * (x.ndim - self.op.ndim)
        for size, count, w, s, p in zip(*self.sizes(x), self.ws, self.stride, self.pad, strict=True):
            widths.append((p, max(p, (count - 1) * s + w - size - p)))
        return jnp.pad(x, widths, constant_values=fill)

    def sizes(self, x: Any) -> tuple[Any, Any]:
        """Return the lengths of images and the numbers of windows."""
        counts = window_counts(x.shape, self.ws, self.stride, self.pad, self.op.ndim, self.op.ignore_border)
        return x.shape[x.ndim - self.op.ndim :], counts

    def items(self, x: Any) -> Iterator[Any]:
        """Return an index for each item of the windows: where it is in all of them."""
        counts = self.sizes(x)[1]
        for offset in itertools.product(*map(range, self.ws)):
            ends = zip(offset, counts, self.stride, strict=True)
            yield (..., *(slice(o, o + (n - 1) * s + 1 if n else o, s) for o, n, s in ends))

    def inside(self, x: Any, padded: Any) -> Any:
        """Return the images without what `outside` has put around them."""
        ends = zip(self.pad, self.sizes(x)[0], strict=True)
        return padded[(..., *(slice(p, p + n) for p, n in ends))]

    def divisor(self, x: Any) -> Any:
        """Return how many items each window counts."""
        if self.op.mode == "sum":
            return 1
        if self.op.mode == "average_inc_pad" and self.op.ignore_border:
            return np.prod(self.ws)
        ones = self.outside(jnp.ones(x.shape[x.ndim - self.op.ndim :], x.dtype), 0)
        return sum(ones[item] for item in self.items(x))


def _lowest(dtype: Any) -> Any:
    return -jnp.inf if jnp.issubdtype(dtype, jnp.floating) else np.iinfo(dtype).min


@jax_funcify.register(Pool)  # type: ignore[untyped-decorator]
def _funcify_pool(op: Any, node: Any, **kwargs: Any) -> Callable[..., Any]:
    windows = _Windows(op, node)

    def pool(x: Any, *rest: Any) -> Any:
        if op.mode == "max":
            padded = windows.outside(x, _lowest(x.dtype))
            first, *others = (padded[item] for item in windows.items(x))
            for other in others:
                first = jnp.where(other > first, other, first)
            return first
        padded = windows.outside(x, 0)
        total = sum(padded[item] for item in windows.items(x))
        if jnp.issubdtype(x.dtype, jnp.integer) and op.mode != "sum":
            return (total / windows.divisor(x)).astype(x.dtype)
        return total / windows.divisor(x) if op.mode != "sum" else total

    return pool


@jax_funcify.register(MaxPoolGrad)  # type: ignore[untyped-decorator]
def _funcify_max_grad(op: Any, node: Any, **kwargs: Any) -> Callable[..., Any]:
    windows = _Windows(op, node)

    def max_pool_grad(x: Any, z: Any, gz: Any, *rest: Any) -> Any:
        padded = windows.outside(x, _lowest(x.dtype))
        gx = jnp.zeros_like(padded)
        for item in windows.items(x):
            gx = gx.at[item].add(jnp.where(padded[item] == z, gz, 0))
        return windows.inside(x, gx)

    return max_pool_grad


@jax_funcify.register(DownsampleFactorMaxGradGrad)  # type: ignore[untyped-decorator]
def _funcify_max_grad_grad(op: Any, node: Any, **kwargs: Any) -> Callable[..., Any]:
    windows = _Windows(op, node)

    def max_pool_grad_grad(x: Any, z: Any, ggx: Any, *rest: Any) -> Any:
        padded, of = windows.outside(x, _lowest(x.dtype)), windows.outside(ggx, 0)
        return sum(jnp.where(padded[item] == z, of[item], 0) for item in windows.items(x))

    return max_pool_grad_grad


@jax_funcify.register(AveragePoolGrad)  # type: ignore[untyped-decorator]
def _funcify_average_grad(op: Any, node: Any, **kwargs: Any) -> Callable[..., Any]:
    windows = _Windows(op, node)

    def average_pool_grad(x: Any, gz: Any, *rest: Any) -> Any:
        gx, part = jnp.zeros_like(windows.outside(x, 0)), gz / windows.divisor(x)
        for item in windows.items(x):
            gx = gx.at[item].add(part)
        return windows.inside(x, gx)

    return average_pool_grad
