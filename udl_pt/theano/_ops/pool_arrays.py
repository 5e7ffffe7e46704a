"""Pooling of arrays, on the axes that `pool_kernels` has."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from udl_pt.theano._ops import pool_kernels as kernels
from udl_pt.theano._ops.pool_names import window_counts

__all__ = ["run"]


def _check(op: Any, ws: Any, stride: Any, pad: Any) -> None:
    for name, value in ("ws", ws), ("stride", stride), ("pad", pad):
        if len(value) != op.ndim:
            raise ValueError(f"{name} must be a vector of size {op.ndim}, and is {value.tolist()}")
        if min(value) < (0 if name == "pad" else 1):
            raise ValueError(f"{name} must be positive, and is {value.tolist()}")
    if max(pad) > 0 and not op.ignore_border:
        raise ValueError(f"padding must be zero when ignore border is False, and is {pad.tolist()}")


def _four(op: Any, x: Any) -> Any:
    x = np.ascontiguousarray(x)
    whole = x.shape[x.ndim - op.ndim :]
    return x.reshape((int(np.prod(x.shape[: x.ndim - op.ndim])), *(1,) * (3 - op.ndim), *whole))


def run(op: Any, arrays: Sequence[Any], ws: Any, stride: Any, pad: Any) -> Any:
    """Return what an Op of `pool` computes."""
    _check(op, ws, stride, pad)
    x = arrays[0]
    size = x.shape[x.ndim - op.ndim :]
    counts = window_counts(x.shape, ws.tolist(), stride.tolist(), pad.tolist(), op.ndim, op.ignore_border)
    axes = [np.array([[0], [1], [1]])] * (3 - op.ndim)
    padded = op.mode == "average_inc_pad"
    axes += [
        kernels.windows(*map(int, axis), padded) for axis in zip(size, counts, ws, stride, pad, strict=True)
    ]
    shapes = {"x": x.shape, "z": (*x.shape[: x.ndim - op.ndim], *counts)}
    for array, kind in zip(arrays, op.shapes, strict=False):
        if array.shape != shapes[kind]:
            raise ValueError(f"pooling: an array has shape {array.shape}, and {shapes[kind]} is expected")
    result = np.zeros(shapes[op.shapes[-1]], x.dtype)
    first, *others = (_four(op, array) for array in arrays)
    flat, mean = _four(op, result), op.mode.startswith("average")
    match op.mode, op.shapes:
        case "max", "xz":
            kernels.maximum(first, flat, *axes)
        case "max", "xzzx":
            kernels.to_maximum(flat, first, *others, *axes)
        case "max", "xzxz":
            kernels.at_maximum(flat, first, *others, *axes)
        case _, "xz":
            kernels.sum_windows(first, flat, *axes, mean)
        case _, "xzx":
            kernels.add_to_windows(flat, *others, *axes, mean)
    return result
