"""Elementwise operations in Python, of whole arrays at once.

PyTensor calls a Python function for each element where NumPy has no function of the same name, and for sums
and products of three operands. Quick code would take seconds for an array that C code takes milliseconds for.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pytensor.scalar import basic as scalar
from pytensor.scalar import math

__all__ = ["whole_arrays"]

_REPEATED = tuple(
    type(op)
    for op in (scalar.add, scalar.mul, scalar.and_, scalar.or_, scalar.xor, scalar.maximum, scalar.minimum)
)


def whole_arrays(op: scalar.ScalarOp, inputs: Sequence[Any], dtype: str) -> Any:
    """Return the result of an operation for whole arrays; None where it must be called for each element.

    The result has this dtype and memory of its own.
    """
    if isinstance(op, _REPEATED) and len(inputs) > 2:
        repeated = getattr(np, op.nfunc_spec[0])
        with np.errstate(all="ignore"):
            return np.asarray(functools.reduce(repeated, (np.asarray(value, dtype) for value in inputs)))
    function = _FUNCTIONS.get(type(op))
    if function is None and np.asarray(inputs[0]).dtype.kind == "f":
        function = _OF_FLOATS.get(type(op))
    if function is None:
        return None
    with np.errstate(all="ignore"):
        return np.array(function(*map(np.asarray, inputs)), dtype)  # a copy: it may be an input's view


def _clip(x: Any, low: Any, high: Any) -> Any:
    return np.where(x < low, low, np.where(x > high, high, x))


def _second(x: Any, y: Any) -> Any:
    return np.broadcast_arrays(x, y)[1]


def _round(x: Any) -> Any:
    half = np.asarray(0.5, x.dtype if x.dtype.kind == "f" else None)
    return np.where(x > 0, np.floor(x + half), np.ceil(x - half))


def _softplus(x: Any) -> Any:
    exp = np.exp(x)
    return np.select([x < -37.0, x < 18.0, x < 33.3], [exp, np.log1p(exp), x + np.exp(-x)], x)


def _log1mexp(x: Any) -> Any:
    return np.where(x < np.log(0.5), np.log1p(-np.exp(x)), np.log(-np.expm1(x)))


def _same(x: Any) -> Any:
    return x


_FUNCTIONS: dict[type, Callable[..., Any]] = {
    scalar.Cast: _same,
    scalar.Identity: _same,
    scalar.Second: _second,
    scalar.Clip: _clip,
    scalar.RoundHalfAwayFromZero: _round,
}
_OF_FLOATS: dict[type, Callable[[Any], Any]] = {math.Softplus: _softplus, math.Log1mexp: _log1mexp}
