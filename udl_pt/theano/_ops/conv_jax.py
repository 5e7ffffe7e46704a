"""Convolutions and their gradients for PyTensor's JAX linker."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from pytensor.graph.basic import Constant
from pytensor.link.jax.dispatch import jax_funcify

from udl_pt.theano._ops.conv import AbstractConv, AbstractConv_gradInputs, AbstractConv_gradWeights
from udl_pt.theano._ops.conv_shapes import (
    border_mode_to_pad,
    get_conv_gradinputs_shape,
    get_conv_gradweights_shape,
)

__all__: list[str] = []


def _convolution(op: Any) -> Callable[[Any, Any], Any]:
    """Return the convolution as a function of images and filters."""
    axes = tuple(range(-op.convdim, 0))

    def convolve(x: Any, w: Any) -> Any:
        spans = [(n - 1) * d + 1 for n, d in zip(w.shape[-op.convdim :], op.filter_dilation, strict=True)]
        pads = border_mode_to_pad(op.border_mode, op.convdim, spans)
        if op.filter_flip:
            w = jnp.flip(w, axes)
        options = {"window_strides": op.subsample, "padding": pads, "rhs_dilation": op.filter_dilation}
        if op.unshared:
            return _unshared(x, w, op.num_groups, options)
        return lax.conv_general_dilated(x, w, feature_group_count=op.num_groups, **options)

    return convolve


def _unshared(x: Any, w: Any, groups: int, options: Any) -> Any:
    filters, rows, columns, channels, *k = w.shape
    patches = lax.conv_general_dilated_patches(x, filter_shape=k, **options)
    patches = patches.reshape((x.shape[0], groups, channels, *k, rows, columns))
    w = w.reshape((groups, filters // groups, rows, columns, channels, *k))
    y = jnp.einsum("ngcabij,gfijcab->ngfij", patches, w, precision=lax.Precision.HIGHEST)
    return y.reshape((x.shape[0], filters, rows, columns))


@jax_funcify.register(AbstractConv)  # type: ignore[untyped-decorator]
def _funcify_conv(op: Any, **kwargs: Any) -> Callable[..., Any]:
    return _convolution(op)


def _lengths(op: Any, node: Any, given: Any, shape: Any, inferred: Callable[[], Any]) -> tuple[int, ...]:
    """Return the lengths of a gradient, which JAX needs as numbers."""
    if shape.ndim > 1:
        return tuple(shape.shape[-op.convdim :])
    if isinstance(node.inputs[2], Constant):
        return tuple(int(n) for n in node.inputs[2].data)
    if isinstance(shape, np.ndarray):  # computed from other lengths
        return tuple(int(n) for n in shape)
    found = given[-op.convdim :]
    if None in found:
        found = inferred()[-op.convdim :]
    if None in found:
        raise NotImplementedError(
            "JAX needs the shape of a convolution's gradient as numbers: pass input_shape and filter_shape"
        )
    return tuple(found)


@jax_funcify.register(AbstractConv_gradInputs)  # type: ignore[untyped-decorator]
def _funcify_images(op: Any, node: Any, **kwargs: Any) -> Callable[..., Any]:
    convolve = _convolution(op)

    def gradient_of_images(w: Any, top: Any, shape: Any) -> Any:
        options = op.border_mode, op.subsample, op.filter_dilation
        size = _lengths(
            op, node, op.imshp, shape, lambda: get_conv_gradinputs_shape(w.shape, top.shape, *options)
        )
        x = jnp.zeros((top.shape[0], w.shape[-op.convdim - 1] * op.num_groups, *size), top.dtype)
        return jax.vjp(lambda x: convolve(x, w), x)[1](top)[0]

    return gradient_of_images


@jax_funcify.register(AbstractConv_gradWeights)  # type: ignore[untyped-decorator]
def _funcify_filters(op: Any, node: Any, **kwargs: Any) -> Callable[..., Any]:
    convolve = _convolution(op)

    def gradient_of_filters(x: Any, top: Any, shape: Any) -> Any:
        options = op.border_mode, op.subsample, op.filter_dilation
        k = _lengths(
            op, node, op.kshp, shape, lambda: get_conv_gradweights_shape(x.shape, top.shape, *options)
        )
        regions = top.shape[2:] if op.unshared else ()
        w = jnp.zeros((top.shape[1], *regions, x.shape[1] // op.num_groups, *k), x.dtype)
        return jax.vjp(lambda w: convolve(x, w), w)[1](top)[0]

    return gradient_of_filters
