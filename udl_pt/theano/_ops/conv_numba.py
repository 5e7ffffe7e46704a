"""Convolutions and their gradients for PyTensor's Numba linker."""

# Numba compiles these functions from their types at the call; annotations would say nothing.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import numpy as np
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from udl_pt.theano._ops import conv_kernels
from udl_pt.theano._ops._compiled import kernel
from udl_pt.theano._ops.conv import AbstractConv, AbstractConv_gradInputs, AbstractConv_gradWeights
from udl_pt.theano._ops.conv_arrays import numbers

CACHE_VERSION = 1

_convolve = kernel(conv_kernels.convolve)
_gradient_of_images = kernel(conv_kernels.gradient_of_images)
_gradient_of_filters = kernel(conv_kernels.gradient_of_filters)


@numba_njit
def _images_2d(x):
    n, c, rows, columns = x.shape
    return np.ascontiguousarray(x).reshape((n, c, 1, rows, columns))


@numba_njit
def _images_3d(x):
    return np.ascontiguousarray(x)


@numba_njit
def _filters_2d(w):
    n, c, rows, columns = w.shape
    return np.ascontiguousarray(w).reshape((n, 1, c * rows * columns)), (1, rows, columns)


@numba_njit
def _filters_3d(w):
    n, c, depth, rows, columns = w.shape
    return np.ascontiguousarray(w).reshape((n, 1, c * depth * rows * columns)), (depth, rows, columns)


@numba_njit
def _filters_unshared(w):
    n, a, b, c, rows, columns = w.shape
    return np.ascontiguousarray(w).reshape((n, a * b, c * rows * columns)), (1, rows, columns)


@numba_njit
def _result_2d(y):
    return y.reshape((y.shape[0], y.shape[1], y.shape[3], y.shape[4]))


@numba_njit
def _result_3d(y):
    return y


def _parts(op):
    images, result = (_images_2d, _result_2d) if op.convdim == 2 else (_images_3d, _result_3d)
    return (
        images,
        _filters_unshared if op.unshared else _filters_2d if op.convdim == 2 else _filters_3d,
        result,
    )


def _lengths(op, node):
    """Return a function that reads three lengths from a vector, or from the shape of an array."""
    vector = node.inputs[2].type.ndim == 1
    if op.convdim == 2:
        if vector:
            return numba_njit(lambda shape: (1, np.int64(shape[0]), np.int64(shape[1])))
        return numba_njit(lambda like: (1, like.shape[like.ndim - 2], like.shape[like.ndim - 1]))
    if vector:
        return numba_njit(lambda shape: (np.int64(shape[0]), np.int64(shape[1]), np.int64(shape[2])))
    return numba_njit(lambda like: (like.shape[2], like.shape[3], like.shape[4]))


def _checked(op):
    """Return a function that compares shapes with those that were given, for `ConvOp`."""
    if not getattr(op, "checks_shapes", False):
        return numba_njit(lambda x, w: None)
    images, filters = (tuple(-1 if n is None else n for n in shape) for shape in (op.imshp, op.kshp))

    @numba_njit
    def check(x, w):
        for i in range(4):
            if images[i] not in (-1, x.shape[i]):
                raise ValueError(
                    "The hardcoded shape of the images isn't the run time shape", images, x.shape
                )
            if filters[i] not in (-1, w.shape[i]):
                raise ValueError(
                    "The hardcoded shape of the filters isn't the run time shape", filters, w.shape
                )

    return check


@register_funcify_default_op_cache_key(AbstractConv)
def _funcify_conv(op, node, **kwargs):
    images, filters, result = _parts(op)
    pads, stride, dilation, groups, flip = numbers(op)
    check = _checked(op)

    @numba_njit
    def convolution(x, w):
        check(x, w)
        matrix, k = filters(w)
        return result(_convolve(images(x), matrix, k, pads, stride, dilation, groups, flip))

    return convolution, CACHE_VERSION


@register_funcify_default_op_cache_key(AbstractConv_gradInputs)
def _funcify_images(op, node, **kwargs):
    images, filters, result = _parts(op)
    pads, stride, dilation, groups, flip = numbers(op)
    lengths = _lengths(op, node)

    @numba_njit
    def gradient_of_images(w, top, shape):
        matrix, k = filters(w)
        size = lengths(shape)
        x = _gradient_of_images(matrix, images(top), size, k, pads, stride, dilation, groups, flip)
        return result(x)

    return gradient_of_images, CACHE_VERSION + 10 * node.inputs[2].type.ndim


@register_funcify_default_op_cache_key(AbstractConv_gradWeights)
def _funcify_filters(op, node, **kwargs):
    images, _, _ = _parts(op)
    pads, stride, dilation, groups, flip = numbers(op)
    lengths, unshared = _lengths(op, node), op.unshared

    if op.unshared:

        @numba_njit
        def reshaped(w, x, top, k):
            return w.reshape((top.shape[1], top.shape[2], top.shape[3], x.shape[1] // groups, k[1], k[2]))
    elif op.convdim == 2:

        @numba_njit
        def reshaped(w, x, top, k):
            return w.reshape((top.shape[1], x.shape[1] // groups, k[1], k[2]))
    else:

        @numba_njit
        def reshaped(w, x, top, k):
            return w.reshape((top.shape[1], x.shape[1] // groups, k[0], k[1], k[2]))

    @numba_njit
    def gradient_of_filters(x, top, shape):
        k = lengths(shape)
        w = _gradient_of_filters(images(x), images(top), k, pads, stride, dilation, groups, flip, unshared)
        return reshaped(w, x, top, k)

    return gradient_of_filters, CACHE_VERSION + 10 * node.inputs[2].type.ndim
