"""Convolutions of arrays, on the axes that `conv_kernels` has."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from udl_pt.theano._ops import conv_kernels
from udl_pt.theano._ops.conv_shapes import border_mode_to_pad

__all__ = ["by_filters", "by_images", "forward", "numbers"]

kernels: Any = conv_kernels  # without annotations
_NAMED = {"half": kernels.HALF, "full": kernels.FULL}


def _three(steps: Sequence[Any]) -> tuple[int, ...]:
    return (1,) * (3 - len(steps)) + tuple(int(n) for n in steps)


def numbers(op: Any) -> tuple[Any, ...]:
    """Return what the kernels need to know of an Op: pads, stride, dilation, groups, flip."""
    if op.border_mode in _NAMED:
        pads = (_NAMED[op.border_mode],) * (2 * op.convdim)
    else:
        pads = tuple(
            n for pair in border_mode_to_pad(op.border_mode, op.convdim, (1,) * op.convdim) for n in pair
        )
    pads = (0,) * (6 - len(pads)) + pads
    if op.convdim == 2:  # a depth of 1 needs no zeros
        pads = (0, 0, *pads[2:])
    return pads, _three(op.subsample), _three(op.filter_dilation), op.num_groups, op.filter_flip


def _images(x: Any) -> Any:
    x = np.ascontiguousarray(x)
    return x if x.ndim == 5 else x[:, :, None]


def _filters(op: Any, w: Any) -> tuple[Any, tuple[int, ...]]:
    w, k = np.ascontiguousarray(w), _three(w.shape[-op.convdim :])
    regions = int(np.prod(w.shape[1 : 1 + op.convdim])) if op.unshared else 1
    return w.reshape((w.shape[0], regions, w.shape[-op.convdim - 1] * int(np.prod(k)))), k


def forward(op: Any, x: Any, w: Any) -> Any:
    """Return the convolution of images with filters."""
    filters, k = _filters(op, w)
    if op.unshared and w.shape[1:3] != (out := _regions(op, x.shape[2:], k)):
        raise ValueError(f"unshared filters have regions {w.shape[1:3]}, and the output has {out}")
    y = kernels.convolve(_images(x), filters, k, *numbers(op))
    return y.reshape((*y.shape[:2], *y.shape[-op.convdim :]))


def _regions(op: Any, size: Sequence[int], k: tuple[int, ...]) -> tuple[int, ...]:
    pads, stride, dilation, *_ = numbers(op)
    pad = kernels._padding(pads, k, dilation)
    return tuple(int(n) for n in kernels._output(_three(size), k, pad, stride, dilation)[-op.convdim :])


def _lengths(op: Any, shape: Any) -> tuple[int, ...]:
    return _three(shape.tolist() if shape.ndim == 1 else shape.shape[-op.convdim :])


def by_images(op: Any, w: Any, top: Any, shape: Any) -> Any:
    """Return a convolution's gradient with regard to the images."""
    filters, k = _filters(op, w)
    x = kernels.gradient_of_images(filters, _images(top), _lengths(op, shape), k, *numbers(op))
    return x.reshape((*x.shape[:2], *x.shape[-op.convdim :]))


def by_filters(op: Any, x: Any, top: Any, shape: Any) -> Any:
    """Return a convolution's gradient with regard to the filters."""
    k = _lengths(op, shape)
    w = kernels.gradient_of_filters(_images(x), _images(top), k, *numbers(op), op.unshared)
    regions = top.shape[2:] if op.unshared else ()
    return w.reshape((top.shape[1], *regions, x.shape[1] // op.num_groups, *k[-op.convdim :]))
