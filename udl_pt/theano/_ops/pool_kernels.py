"""Pooling of images over windows, and its derivatives.

Arrays have four dimensions here: image, depth, row, column; an image of fewer dimensions has lengths of 1.
For each of the last three axes `windows` finds where windows begin and end, and how many items they count.
"""

# Numba compiles these functions from their types at the call; annotations would say nothing.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import numpy as np

from udl_pt.theano._ops._compiled import kernel

__all__ = ["add_to_windows", "at_maximum", "maximum", "sum_windows", "to_maximum", "windows"]


@kernel
def windows(size, count, width, stride, pad, padded):
    """Return the first, the end and the divisor of each window on one axis, in the image's coordinates."""
    result = np.empty((3, count), np.int64)
    for j in range(count):
        first, end = j * stride - pad, j * stride - pad + width
        result[0, j] = max(first, 0)
        result[1, j] = max(min(end, size), result[0, j])
        result[2, j] = min(end, size + pad) - first if padded else result[1, j] - result[0, j]
        if result[1, j] == result[0, j]:
            raise ValueError("a window contains nothing but padding (window, zeros)", width, pad)
    return result


@kernel
def maximum(x, z, a, b, c):
    """Write each window's maximum into `z`."""
    for n in range(x.shape[0]):
        for i in range(z.shape[1]):
            for j in range(z.shape[2]):
                for k in range(z.shape[3]):
                    best = x[n, a[0, i], b[0, j], c[0, k]]
                    for ia in range(a[0, i], a[1, i]):
                        for ib in range(b[0, j], b[1, j]):
                            line = x[n, ia, ib]
                            for ic in range(c[0, k], c[1, k]):
                                item = line[np.uint64(ic)]
                                if item > best:
                                    best = item
                    z[n, i, j, k] = best


@kernel
def sum_windows(x, z, a, b, c, mean):
    """Write each window's sum, or its mean, into `z`."""
    for n in range(x.shape[0]):
        for i in range(z.shape[1]):
            for j in range(z.shape[2]):
                for k in range(z.shape[3]):
                    total = x.dtype.type(0)
                    for ia in range(a[0, i], a[1, i]):
                        for ib in range(b[0, j], b[1, j]):
                            line = x[n, ia, ib]
                            for ic in range(c[0, k], c[1, k]):
                                total += line[np.uint64(ic)]
                    if mean:
                        z[n, i, j, k] = x.dtype.type(total / (a[2, i] * b[2, j] * c[2, k]))
                    else:
                        z[n, i, j, k] = total


@kernel
def add_to_windows(gx, gz, a, b, c, mean):
    """Add a gradient to all items of its window: the gradient of `sum_windows`."""
    for n in range(gx.shape[0]):
        for i in range(gz.shape[1]):
            for j in range(gz.shape[2]):
                for k in range(gz.shape[3]):
                    part = gz[n, i, j, k]
                    if mean:
                        part = gx.dtype.type(part / (a[2, i] * b[2, j] * c[2, k]))
                    for ia in range(a[0, i], a[1, i]):
                        for ib in range(b[0, j], b[1, j]):
                            line = gx[n, ia, ib]
                            for ic in range(c[0, k], c[1, k]):
                                line[np.uint64(ic)] += part


@kernel
def to_maximum(gx, x, z, gz, a, b, c):
    """Add a gradient to each item that equals its window's maximum: the gradient of `maximum`."""
    for n in range(x.shape[0]):
        for i in range(z.shape[1]):
            for j in range(z.shape[2]):
                for k in range(z.shape[3]):
                    best, part = z[n, i, j, k], gz[n, i, j, k]
                    for ia in range(a[0, i], a[1, i]):
                        for ib in range(b[0, j], b[1, j]):
                            line, to = x[n, ia, ib], gx[n, ia, ib]
                            for ic in range(c[0, k], c[1, k]):
                                if line[np.uint64(ic)] == best:
                                    to[np.uint64(ic)] += part


@kernel
def at_maximum(y, x, z, ggx, a, b, c):
    """Write into `y` the sum of `ggx` where `x` equals its window's maximum: the adjoint of `to_maximum`."""
    for n in range(x.shape[0]):
        for i in range(z.shape[1]):
            for j in range(z.shape[2]):
                for k in range(z.shape[3]):
                    best, total = z[n, i, j, k], ggx.dtype.type(0)
                    for ia in range(a[0, i], a[1, i]):
                        for ib in range(b[0, j], b[1, j]):
                            line, of = x[n, ia, ib], ggx[n, ia, ib]
                            for ic in range(c[0, k], c[1, k]):
                                if line[np.uint64(ic)] == best:
                                    total += of[np.uint64(ic)]
                    y[n, i, j, k] = total
