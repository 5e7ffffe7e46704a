"""Expressions that several models share."""

import numpy as np
import pytensor.tensor as pt

from udl_pt.symbolic.variables import Symbolic

__all__ = ["columns", "in_box", "of_length_one", "rectified"]


def rectified(A: Symbolic) -> Symbolic:
    """Return ``max(0, a)``, element by element.

    Its slope at 0 is 0, as PyTensor gives ties to the first. (The gradient of ``pt.switch(a > 0, a, 0)`` is
    of floatX, and would turn a float32 network's into float64.)
    """
    return pt.maximum(0, A)


def columns(X: Symbolic) -> Symbolic:
    """Return for each entry of a matrix the number of its column, without a range, which JAX can't make."""
    return pt.cumsum(pt.ones_like(X, dtype="int32"), axis=1) - 1


def of_length_one(X: Symbolic) -> Symbolic:
    """Scale each row of a matrix to the Euclidean length one; zero stays zero."""
    largest = pt.maximum(abs(X).max(axis=1, keepdims=True), np.asarray(np.finfo(X.dtype).tiny, X.dtype))
    # Squares of small numbers would be zero; without the cut a rewrite would divide by the largest's square.
    X = pt.clip(X / largest, np.asarray(-1, X.dtype), np.asarray(1, X.dtype))
    squares = (X * X).sum(axis=1, keepdims=True, acc_dtype=X.dtype)
    return X / pt.sqrt(pt.maximum(squares, np.asarray(1, X.dtype)))


def in_box(X: Symbolic) -> Symbolic:
    """Bring each value to the nearest one in [0, 1]."""
    return pt.clip(X, np.asarray(0, X.dtype), np.asarray(1, X.dtype))
