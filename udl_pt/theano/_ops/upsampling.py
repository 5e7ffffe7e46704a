"""Bilinear upsampling: fixed convolutions that make images larger."""

from math import gcd
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt

from udl_pt.theano._ops.conv_graphs import conv2d, conv2d_grad_wrt_inputs

__all__ = ["bilinear_kernel_1D", "bilinear_kernel_2D", "bilinear_upsampling", "frac_bilinear_upsampling"]


def bilinear_kernel_1D(ratio: Any, normalize: bool = True) -> Any:
    """Return the vector 1, 2, …, ratio, …, 2, 1; divided by the ratio with `normalize`."""
    floatX = pytensor.config.floatX
    rising = pt.arange(1, ratio + 1, dtype=floatX)
    kernel = pt.concatenate([rising, rising[-2::-1]])
    return kernel / pt.cast(ratio, floatX) if normalize else kernel


def bilinear_kernel_2D(ratio: Any, normalize: bool = True) -> Any:
    """Return the outer product of `bilinear_kernel_1D` for rows and for columns."""
    rows, columns = ratio if isinstance(ratio, tuple) else (ratio, ratio)
    down = bilinear_kernel_1D(rows, normalize).dimshuffle(0, "x")
    return bilinear_kernel_1D(columns, normalize).dimshuffle("x", 0) * down


def _with_borders(images: Any) -> Any:
    """Return images with each border row and column repeated once."""
    images = pt.concatenate([images[:, :, :1], images, images[:, :, -1:]], axis=2)
    return pt.concatenate([images[:, :, :, :1], images, images[:, :, :, -1:]], axis=3)


def frac_bilinear_upsampling(input: Any, frac_ratio: Any) -> Any:
    """Return images made larger by a ratio (numerator, denominator), or by two, for rows and columns."""
    if not isinstance(frac_ratio, tuple):
        raise ValueError(f"frac_ratio must be a tuple, and is {frac_ratio!r}")
    pairs = frac_ratio if isinstance(frac_ratio[0], tuple) else (frac_ratio, frac_ratio)
    reduced = [(int(p) // gcd(int(p), int(q)), int(q) // gcd(int(p), int(q))) for p, q in pairs]
    ratio, subsample = zip(*reduced, strict=True)
    row, col = input.shape[2], input.shape[3]
    borders = _with_borders(input.reshape((-1, 1, row, col)))
    floatX = pytensor.config.floatX
    kern = bilinear_kernel_2D(ratio)[np.newaxis, np.newaxis].astype(floatX)
    # The kernel takes the images' part here, with enough zeros around; the images are the filters, far apart.
    total = [2 * n * r - r + 1 for n, r in ((row, ratio[0]), (col, ratio[1]))]
    before = [n // 2 for n in total]
    shape = [kern.shape[2] + total[0], kern.shape[3] + total[1]]
    wide = pt.zeros((1, 1, *shape), dtype=floatX)
    inside = tuple(slice(b, b + kern.shape[i]) for b, i in zip(before, (2, 3), strict=True))
    wide = pt.set_subtensor(wide[(slice(None), slice(None), *inside)], kern)
    up = conv2d(wide, borders, border_mode="valid", filter_dilation=ratio, subsample=subsample)
    return up.reshape((input.shape[0], input.shape[1], up.shape[2], up.shape[3]))


def bilinear_upsampling(
    input: Any,
    ratio: Any = None,
    frac_ratio: Any = None,
    batch_size: Any = None,
    num_input_channels: Any = None,
    use_1D_kernel: bool = True,
) -> Any:
    """Return images made larger by bilinear interpolation.

    Parameters
    ----------
    input : 4-D tensor
    ratio : int
        By how many times rows and columns become more.
    frac_ratio : pair of ints, or two of them
        Instead of `ratio`: a fraction, for rows and columns.
    batch_size, num_input_channels : int, optional
    use_1D_kernel : bool
        Rows first, then columns; the result is the same.
    """
    if ratio and frac_ratio:
        raise ValueError(f"can't use ratio ({ratio}) and frac_ratio ({frac_ratio}) together")
    if not (ratio or frac_ratio):
        raise ValueError("No ratio (or frac_ratio) provided")
    if frac_ratio:
        if use_1D_kernel:
            raise ValueError("fractional ratios need use_1D_kernel=False")
        return frac_bilinear_upsampling(input, frac_ratio)
    count = None if batch_size is None or num_input_channels is None else batch_size * num_input_channels
    row, col = input.shape[2], input.shape[3]
    images = _with_borders(input.reshape((-1, 1, row, col)))
    pad = 2 * ratio - (ratio - 1) // 2 - 1
    if use_1D_kernel:
        kern = bilinear_kernel_1D(ratio)
        wide = conv2d_grad_wrt_inputs(
            images,
            kern[np.newaxis, np.newaxis, :, np.newaxis],
            (count, 1, row * ratio, col + 2),
            filter_shape=(1, 1, None, 1),
            border_mode=(pad, 0),
            subsample=(ratio, 1),
        )
        up = conv2d_grad_wrt_inputs(
            wide,
            kern[np.newaxis, np.newaxis, np.newaxis, :],
            (count, 1, row * ratio, col * ratio),
            filter_shape=(1, 1, 1, None),
            border_mode=(0, pad),
            subsample=(1, ratio),
        )
    else:
        up = conv2d_grad_wrt_inputs(
            images,
            bilinear_kernel_2D(ratio)[np.newaxis, np.newaxis],
            (count, 1, row * ratio, col * ratio),
            filter_shape=(1, 1, None, None),
            border_mode=(pad, pad),
            subsample=(ratio, ratio),
        )
    return up.reshape((input.shape[0], input.shape[1], row * ratio, col * ratio))
