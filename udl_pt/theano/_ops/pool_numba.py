"""Pooling and its derivatives for PyTensor's Numba linker."""

# Numba compiles these functions from their types at the call; annotations would say nothing.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import numpy as np
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from udl_pt.theano._ops import pool_kernels as kernels
from udl_pt.theano._ops._compiled import kernel
from udl_pt.theano._ops.pool import AveragePoolGrad, DownsampleFactorMaxGradGrad, MaxPoolGrad, Pool

CACHE_VERSION = 1


@kernel
def _axes(shape, ws, stride, pad, ignore_border, padded):
    """Return the windows on three axes, and how many there are on each."""
    ndim = ws.size
    if stride.size != ndim or pad.size != ndim or shape.size < ndim:
        raise ValueError(
            "ws, stride and pad must have one item for each axis", ws.size, stride.size, pad.size
        )
    counts = np.ones(3, np.int64)
    axes = [np.array([[0], [1], [1]]) for _ in range(3)]
    for i in range(ndim):
        at, size = 3 - ndim + i, shape[shape.size - ndim + i]
        width, step, zeros = np.int64(ws[i]), np.int64(stride[i]), np.int64(pad[i])
        if width < 1 or step < 1 or zeros < 0:
            raise ValueError("ws and stride must be positive, and pad not negative", width, step, zeros)
        if zeros > 0 and not ignore_border:
            raise ValueError("padding must be zero when ignore border is False", zeros)
        length = size + 2 * zeros
        if ignore_border:
            counts[at] = max((length - width) // step + 1, 0)
        elif step >= width:
            counts[at] = (length - 1) // step + 1
        else:
            counts[at] = max(0, (length - 1 - width + step) // step) + 1
        axes[at] = kernels.windows(size, counts[at], width, step, zeros, padded)
    return axes[0], axes[1], axes[2], counts


@kernel
def _lengths(shape, ndim):
    """Return four lengths for an array's: all but the last `ndim` axes become one."""
    result = np.ones(4, np.int64)
    for i in range(shape.size):
        result[max(0, 4 - shape.size + i) if i >= shape.size - ndim else 0] *= shape[i]
    return result[0], result[1], result[2], result[3]


def _tools(op, node):
    ndim, ignore_border, padded = op.ndim, op.ignore_border, op.mode == "average_inc_pad"
    kept = node.inputs[0].type.ndim - ndim

    @numba_njit
    def windows(x, ws, stride, pad):
        return _axes(np.array(x.shape), ws, stride, pad, ignore_border, padded)

    @numba_njit
    def four(x):
        return np.ascontiguousarray(x).reshape(_lengths(np.array(x.shape), ndim))

    if ndim == 1:

        @numba_njit
        def pooled(x, counts):
            return np.empty((*x.shape[:kept], counts[2]), x.dtype)
    elif ndim == 2:

        @numba_njit
        def pooled(x, counts):
            return np.empty((*x.shape[:kept], counts[1], counts[2]), x.dtype)
    else:

        @numba_njit
        def pooled(x, counts):
            return np.empty((*x.shape[:kept], counts[0], counts[1], counts[2]), x.dtype)

    return windows, four, pooled


@numba_njit
def _same(array, like):
    if array.shape != like.shape:
        raise ValueError("pooling: an array hasn't the shape that is expected", array.shape, like.shape)


def _version(node):
    return CACHE_VERSION + 10 * node.inputs[0].type.ndim


@register_funcify_default_op_cache_key(Pool)
def _funcify_pool(op, node, **kwargs):
    windows, four, pooled = _tools(op, node)
    mean = op.mode.startswith("average")

    if op.mode == "max":

        @numba_njit
        def pool(x, ws, stride, pad):
            a, b, c, counts = windows(x, ws, stride, pad)
            z = pooled(x, counts)
            kernels.maximum(four(x), four(z), a, b, c)
            return z
    else:

        @numba_njit
        def pool(x, ws, stride, pad):
            a, b, c, counts = windows(x, ws, stride, pad)
            z = pooled(x, counts)
            kernels.sum_windows(four(x), four(z), a, b, c, mean)
            return z

    return pool, _version(node)


@register_funcify_default_op_cache_key(MaxPoolGrad)
def _funcify_max_grad(op, node, **kwargs):
    windows, four, pooled = _tools(op, node)

    @numba_njit
    def max_pool_grad(x, z, gz, ws, stride, pad):
        a, b, c, counts = windows(x, ws, stride, pad)
        like = pooled(x, counts)
        _same(z, like)
        _same(gz, like)
        gx = np.zeros(x.shape, x.dtype)
        kernels.to_maximum(four(gx), four(x), four(z), four(gz), a, b, c)
        return gx

    return max_pool_grad, _version(node)


@register_funcify_default_op_cache_key(DownsampleFactorMaxGradGrad)
def _funcify_max_grad_grad(op, node, **kwargs):
    windows, four, pooled = _tools(op, node)

    @numba_njit
    def max_pool_grad_grad(x, z, ggx, ws, stride, pad):
        a, b, c, counts = windows(x, ws, stride, pad)
        y = pooled(x, counts)
        _same(z, y)
        _same(ggx, x)
        kernels.at_maximum(four(y), four(x), four(z), four(ggx), a, b, c)
        return y

    return max_pool_grad_grad, _version(node)


@register_funcify_default_op_cache_key(AveragePoolGrad)
def _funcify_average_grad(op, node, **kwargs):
    windows, four, pooled = _tools(op, node)
    mean = op.mode.startswith("average")

    @numba_njit
    def average_pool_grad(x, gz, ws, stride, pad):
        a, b, c, counts = windows(x, ws, stride, pad)
        _same(gz, pooled(x, counts))
        gx = np.zeros(x.shape, x.dtype)
        kernels.add_to_windows(four(gx), four(gz), a, b, c, mean)
        return gx

    return average_pool_grad, _version(node)
