"""Copy the neighbourhoods of pixels, and add them up again."""

# Numba compiles these functions from their types at the call; annotations would say nothing.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import numpy as np

from udl_pt.theano._ops._compiled import kernel

__all__ = ["add_neighbours", "copy_neighbours", "positions"]

_ERROR = "images2neibs: neighbourhoods and steps don't fit to the images (neighbourhood, step, image)"


@kernel
def positions(length, width, step, mode):
    """Return which pixel each item of each neighbourhood is, on one axis; -1 for one outside of the image."""
    if step <= 0 or width <= 0:
        raise ValueError("images2neibs: neighbourhoods and steps must be positive", width, step)
    before, room = 0, length - width
    if mode == "wrap_centered":
        if width % 2 != 1 or length < width:
            raise TypeError(
                "images2neibs: wrap_centered needs odd neighbourhoods within the image", width, length
            )
        before, room = width // 2, length - 1
    elif mode == "half":
        before, room = width // 2, length - width % 2
    elif mode == "full":
        before, room = width - 1, length + width - 2
    exact = mode == "valid" or mode == "half" or mode == "full"
    if exact and (length < width or room % step != 0):
        raise TypeError(_ERROR, width, step, length)
    count = room // step + 1 if room >= 0 else 0
    result = np.empty((count, width), np.int64)
    for i in range(count):
        for j in range(width):
            pixel = i * step + j - before
            if mode == "wrap_centered":
                pixel = pixel % length
            result[i, j] = pixel if 0 <= pixel < length else -1
    return result


@kernel
def copy_neighbours(x, rows, columns):
    """Return a row for each neighbourhood of each image, and in it the neighbourhood's pixels."""
    shape = (x.shape[0], x.shape[1], rows.shape[0], columns.shape[0], rows.shape[1], columns.shape[1])
    z = np.empty(shape, x.dtype)
    for n in range(shape[0]):
        for s in range(shape[1]):
            for a in range(shape[2]):
                for b in range(shape[3]):
                    for i in range(shape[4]):
                        row = rows[a, i]
                        for j in range(shape[5]):
                            column = columns[b, j]
                            z[n, s, a, b, i, j] = x[n, s, row, column] if row >= 0 and column >= 0 else 0
    return z.reshape((shape[0] * shape[1] * shape[2] * shape[3], shape[4] * shape[5]))


@kernel
def add_neighbours(x, z, rows, columns):
    """Add to images what `copy_neighbours` would have copied from them."""
    if z.shape[0] != x.shape[0] * x.shape[1] * rows.shape[0] * columns.shape[0]:
        raise ValueError("images2neibs: the gradient has other neighbourhoods", z.shape)
    for n in range(x.shape[0]):
        for s in range(x.shape[1]):
            for a in range(rows.shape[0]):
                for b in range(columns.shape[0]):
                    r = b + columns.shape[0] * (a + rows.shape[0] * (s + x.shape[1] * n))
                    for i in range(rows.shape[1]):
                        row = rows[a, i]
                        for j in range(columns.shape[1]):
                            column = columns[b, j]
                            if row >= 0 and column >= 0:
                                x[n, s, row, column] += z[r, i * columns.shape[1] + j]
