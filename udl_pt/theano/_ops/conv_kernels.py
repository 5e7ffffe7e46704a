"""Convolution of stacks of images, and its two gradients, as matrix products of patches.

Images have five dimensions here: sample, channel, depth, row, column; an image of two dimensions has depth 1.
Filters have three: filter, position, and all that one output value is summed over (channel, depth, row,
column). Shared filters have one position, others one for each position of the output.

The patches of a few samples at a time are copied into a matrix, whose product with the filters is one call of
BLAS. `convolve`, `gradient_of_images` and `gradient_of_filters` run in Python as well as in Numba; what they
call is compiled in both cases.
"""

# Numba compiles these functions from their types at the call; annotations would say nothing.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import numpy as np

from udl_pt.theano._ops._compiled import kernel

__all__ = ["FULL", "HALF", "convolve", "gradient_of_filters", "gradient_of_images"]

HALF, FULL = -1, -2  # in place of a number of zeros to pad with
_ITEMS = 1 << 17  # of the matrix of patches: it stays in the processor's cache


@kernel
def _padding(pads, k, dilation):
    """Return the zeros before and after the image, on each axis."""
    spans = ((k[0] - 1) * dilation[0] + 1, (k[1] - 1) * dilation[1] + 1, (k[2] - 1) * dilation[2] + 1)
    result = np.empty(6, np.int64)
    for i in range(6):
        span = spans[i // 2]
        result[i] = span // 2 if pads[i] == HALF else span - 1 if pads[i] == FULL else pads[i]
    return result


@kernel
def _output(size, k, pad, stride, dilation):
    """Return the output's shape for an image's; below 1 where the filters don't fit."""
    result = np.empty(3, np.int64)
    for i in range(3):
        room = size[i] + pad[2 * i] + pad[2 * i + 1] - ((k[i] - 1) * dilation[i] + 1)
        result[i] = room // stride[i] + 1
    return result


@kernel
def _within(offset, stride, size, count):
    """Return the first and the end of the j below `count` for which j * stride + offset is in an image."""
    first = (-offset + stride - 1) // stride if offset < 0 else 0
    end = (size - 1 - offset) // stride + 1 if offset < size else 0
    first, end = min(first, count), min(end, count)
    return first, max(first, end)


@kernel
def _offset(i, k, dilation, pad, flip):
    return (k - 1 - i if flip else i) * dilation - pad


@kernel
def _at(i):
    """Return an index that Numba doesn't compare with 0; else it can't use the processor's vectors."""
    return np.uint64(i)


@kernel
def _patches(x, start, n, col, size, k, out, pad, stride, dilation, flip):
    """Copy the patches of `n` samples into `col`: group, item of a patch, sample, position."""
    depth, rows, columns = size
    for g in range(x.shape[1]):
        for r in range(col.shape[1]):
            rest, kc = divmod(r, k[2])
            rest, kb = divmod(rest, k[1])
            c, ka = divmod(rest, k[0])
            a0 = _offset(ka, k[0], dilation[0], pad[0], flip)
            b0 = _offset(kb, k[1], dilation[1], pad[2], flip)
            c0 = _offset(kc, k[2], dilation[2], pad[4], flip)
            first, end = _within(c0, stride[2], columns, out[2])
            for i in range(n):
                line, image = col[g, r, i], x[start + i, g, c]
                for q in range(out[0] * out[1]):
                    a, b = q // out[1] * stride[0] + a0, q % out[1] * stride[1] + b0
                    to, of = q * out[2], (a * rows + b) * columns + c0
                    if a < 0 or a >= depth or b < 0 or b >= rows:
                        for j in range(out[2]):
                            line[_at(to + j)] = 0
                        continue
                    for j in range(first):
                        line[_at(to + j)] = 0
                    for j in range(end, out[2]):
                        line[_at(to + j)] = 0
                    if stride[2] == 1:
                        for j in range(first, end):
                            line[_at(to + j)] = image[_at(of + j)]
                    else:
                        for j in range(first, end):
                            line[_at(to + j)] = image[_at(of + j * stride[2])]


@kernel
def _add_patches(x, start, n, col, size, k, out, pad, stride, dilation, flip):
    """Add to `n` samples what `_patches` would have copied from them."""
    depth, rows, columns = size
    for g in range(x.shape[1]):
        for r in range(col.shape[1]):
            rest, kc = divmod(r, k[2])
            rest, kb = divmod(rest, k[1])
            c, ka = divmod(rest, k[0])
            a0 = _offset(ka, k[0], dilation[0], pad[0], flip)
            b0 = _offset(kb, k[1], dilation[1], pad[2], flip)
            c0 = _offset(kc, k[2], dilation[2], pad[4], flip)
            first, end = _within(c0, stride[2], columns, out[2])
            for i in range(n):
                line, image = col[g, r, i], x[start + i, g, c]
                for q in range(out[0] * out[1]):
                    a, b = q // out[1] * stride[0] + a0, q % out[1] * stride[1] + b0
                    of, to = q * out[2], (a * rows + b) * columns + c0
                    if a < 0 or a >= depth or b < 0 or b >= rows:
                        continue
                    if stride[2] == 1:
                        for j in range(first, end):
                            image[_at(to + j)] += line[_at(of + j)]
                    else:
                        for j in range(first, end):
                            image[_at(to + j * stride[2])] += line[_at(of + j)]


@kernel
def _swap(a, b, start, n, back):
    """Copy samples between sample, group, filter, position and group, filter, sample, position."""
    for g in range(b.shape[0]):
        for f in range(b.shape[1]):
            for i in range(n):
                whole, part = a[start + i, g, f], b[g, f, i]
                if back:
                    for p in range(whole.size):
                        whole[p] = part[p]
                else:
                    for p in range(whole.size):
                        part[p] = whole[p]


@kernel
def _unshared_output(w, col, result, n):
    """Do for filters of each position what a matrix product does for shared ones."""
    for f in range(w.shape[0]):
        for i in range(n):
            line = result[f, i]
            line[:] = 0
            for r in range(w.shape[2]):
                for p in range(line.size):
                    line[p] += w[f, p, r] * col[r, i, p]


@kernel
def _unshared_patches(w, top, col, n):
    for r in range(w.shape[2]):
        for i in range(n):
            line = col[r, i]
            line[:] = 0
            for f in range(w.shape[0]):
                for p in range(line.size):
                    line[p] += w[f, p, r] * top[f, i, p]


@kernel
def _unshared_filters(w, top, col, n):
    for f in range(w.shape[0]):
        for p in range(w.shape[1]):
            for r in range(w.shape[2]):
                for i in range(n):
                    w[f, p, r] += top[f, i, p] * col[r, i, p]


@kernel
def _check_filters(channels, w, k, groups, positions):
    """Raise an error if filters don't fit to images of so many channels."""
    filters, of = w.shape[0], w.shape[2] // max(k[0] * k[1] * k[2], 1)
    if channels != of * groups:
        raise ValueError(
            "images' channels differ from the filters' (images, filters, groups)", channels, of, groups
        )
    if filters % groups != 0:
        raise ValueError("the number of filters isn't a multiple of the number of groups", filters, groups)
    if w.shape[1] not in (1, positions):
        raise ValueError("unshared filters: regions (filters', output's)", w.shape[1], positions)


@kernel
def _check_output(out, size, k):
    if min(out[0], out[1], out[2]) <= 0:
        raise ValueError("the filters are larger than the padded images (images, filters)", size, k)


@kernel
def _check_top(top, samples, out):
    if top.shape[0] != samples or top.shape[2] != out[0] or top.shape[3] != out[1] or top.shape[4] != out[2]:
        raise ValueError(
            "the gradient's shape isn't the convolution's (gradient, expected)",
            (top.shape[0], top.shape[2], top.shape[3], top.shape[4]),
            (samples, out[0], out[1], out[2]),
        )


@kernel
def _at_once(samples, items):
    return min(samples, max(1, _ITEMS // max(items, 1)))


def convolve(x, w, k, pads, stride, dilation, groups, flip):
    """Return the convolution of images with filters (with `flip`), or their correlation.

    Parameters
    ----------
    x : array, shape (samples, channels, depth, rows, columns)
    w : array, shape (filters, positions, channels / groups * k[0] * k[1] * k[2])
    k, stride, dilation : tuples of three ints
        The filters' shape, the step between positions, the step between a filter's items.
    pads : tuple of six ints
        Zeros before and after each axis, or `HALF`, or `FULL`.
    groups : int
    flip : bool

    Returns
    -------
    array, shape (samples, filters, depth, rows, columns)
    """
    samples, channels = x.shape[:2]
    size = x.shape[2:]
    pad = _padding(pads, k, dilation)
    out = _output(size, k, pad, stride, dilation)
    _check_output(out, size, k)
    filters, parts, length, positions = w.shape[0], w.shape[1], w.shape[2], out[0] * out[1] * out[2]
    _check_filters(channels, w, k, groups, positions)
    each = filters // groups
    y = np.empty((samples, groups, each, positions), x.dtype)
    if filters * samples > 0:
        images = x.reshape((samples, groups, channels // groups, size[0] * size[1] * size[2]))
        weights = w.reshape((groups, each, parts, length))
        n = _at_once(samples, groups * length * positions)
        for start in range(0, samples, n):
            m = min(n, samples - start)
            col = np.empty((groups, length, m, positions), x.dtype)
            result = np.empty((groups, each, m, positions), x.dtype)
            _patches(images, start, m, col, size, k, out, pad, stride, dilation, flip)
            for g in range(groups):
                if parts == 1:
                    matrix = col[g].reshape((length, m * positions))
                    np.dot(
                        weights[g].reshape((each, length)), matrix, result[g].reshape((each, m * positions))
                    )
                else:
                    _unshared_output(weights[g], col[g], result[g], m)
            _swap(y, result, start, m, True)
    return y.reshape((samples, filters, out[0], out[1], out[2]))


def gradient_of_images(w, top, size, k, pads, stride, dilation, groups, flip):
    """Return the gradient with regard to the images, of this size, for the gradient `top` of the output."""
    samples, filters = top.shape[:2]
    pad = _padding(pads, k, dilation)
    out = _output(size, k, pad, stride, dilation)
    _check_top(top, samples, out)
    parts, length, positions = w.shape[1], w.shape[2], out[0] * out[1] * out[2]
    channels = length // max(k[0] * k[1] * k[2], 1) * groups
    _check_filters(channels, w, k, groups, positions)
    if w.shape[0] != filters:
        raise ValueError("the gradient's channels differ from the number of filters", filters, w.shape[0])
    each = filters // groups
    x = np.zeros((samples, groups, channels // groups, size[0] * size[1] * size[2]), top.dtype)
    if filters * samples * length > 0:
        tops = top.reshape((samples, groups, each, positions))
        weights = w.reshape((groups, each, parts, length))
        n = _at_once(samples, groups * length * positions)
        for start in range(0, samples, n):
            m = min(n, samples - start)
            col = np.empty((groups, length, m, positions), top.dtype)
            part = np.empty((groups, each, m, positions), top.dtype)
            _swap(tops, part, start, m, False)
            for g in range(groups):
                if parts == 1:
                    matrix = part[g].reshape((each, m * positions))
                    np.dot(
                        weights[g].reshape((each, length)).T, matrix, col[g].reshape((length, m * positions))
                    )
                else:
                    _unshared_patches(weights[g], part[g], col[g], m)
            _add_patches(x, start, m, col, size, k, out, pad, stride, dilation, flip)
    return x.reshape((samples, channels, size[0], size[1], size[2]))


def gradient_of_filters(x, top, k, pads, stride, dilation, groups, flip, unshared):
    """Return the gradient with regard to the filters, of shape `k`, for the gradient `top` of the output."""
    samples, channels = x.shape[:2]
    size, filters = x.shape[2:], top.shape[1]
    pad = _padding(pads, k, dilation)
    out = _output(size, k, pad, stride, dilation)
    _check_top(top, samples, out)
    positions = out[0] * out[1] * out[2]
    length, each, parts = (
        channels // groups * k[0] * k[1] * k[2],
        filters // groups,
        positions if unshared else 1,
    )
    if filters % groups != 0 or channels % groups != 0:
        raise ValueError("channels and filters aren't multiples of the groups", channels, filters, groups)
    w = np.zeros((groups, each, parts, length), x.dtype)
    if filters * samples * length > 0:
        tops = top.reshape((samples, groups, each, positions))
        images = x.reshape((samples, groups, channels // groups, size[0] * size[1] * size[2]))
        n = _at_once(samples, groups * length * positions)
        product = np.empty((each, length), x.dtype)
        for start in range(0, samples, n):
            m = min(n, samples - start)
            col = np.empty((groups, length, m, positions), x.dtype)
            part = np.empty((groups, each, m, positions), x.dtype)
            _patches(images, start, m, col, size, k, out, pad, stride, dilation, flip)
            _swap(tops, part, start, m, False)
            for g in range(groups):
                if unshared:
                    _unshared_filters(w[g], part[g], col[g], m)
                else:
                    matrix = col[g].reshape((length, m * positions))
                    np.dot(part[g].reshape((each, m * positions)), matrix.T, product)
                    sums = w[g].reshape((each, length))
                    sums += product
    return w.reshape((filters, parts, length))
