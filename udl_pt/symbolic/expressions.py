"""Expressions that several models share."""

import numpy as np
import pytensor.tensor as pt

from udl_pt.symbolic.variables import Symbolic

__all__ = ["clip_to_unit_interval", "columns", "normalise_rows", "rectified"]


def rectified(A: Symbolic) -> Symbolic:
    """Return ``max(0, a)``, element by element.

    Its slope at 0 is 0, since PyTensor assigns ties to the first argument. The gradient of
    ``pt.switch(a > 0, a, 0)`` is of floatX instead, and would turn a float32 network's into float64.

    Parameters
    ----------
    A : Variable
        Pre-activations, of any shape.

    Returns
    -------
    Variable
        Of the same shape and dtype.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.expressions import rectified
    >>> rectified(pt.as_tensor(np.array([-2.0, 0.0, 3.0]))).eval().tolist()
    [0.0, 0.0, 3.0]
    """
    return pt.maximum(0, A)


def columns(X: Symbolic) -> Symbolic:
    """Return the column index of each entry of a matrix, without a range, which JAX can't compile.

    Parameters
    ----------
    X : Variable of shape (N, D)

    Returns
    -------
    Variable of int32 of shape (N, D)

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.expressions import columns
    >>> X = pt.matrix("X", dtype="float64")
    >>> columns(X).eval({X: np.zeros((2, 3))}).tolist()
    [[0, 1, 2], [0, 1, 2]]
    """
    return pt.cumsum(pt.ones_like(X, dtype="int32"), axis=1) - 1


def normalise_rows(X: Symbolic) -> Symbolic:
    """Scale each row of a matrix to the Euclidean length one; zero stays zero.

    Parameters
    ----------
    X : Variable of shape (N, D)

    Returns
    -------
    Variable of shape (N, D)

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.expressions import normalise_rows
    >>> normalise_rows(pt.as_tensor(np.array([[3.0, 4.0], [0.0, 0.0]]))).eval().round(3).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    largest = pt.maximum(abs(X).max(axis=1, keepdims=True), np.asarray(np.finfo(X.dtype).tiny, X.dtype))
    # Squares of small numbers would be zero; without the cut a rewrite would divide by the largest's square.
    X = pt.clip(X / largest, np.asarray(-1, X.dtype), np.asarray(1, X.dtype))
    squares = (X * X).sum(axis=1, keepdims=True, acc_dtype=X.dtype)
    return X / pt.sqrt(pt.maximum(squares, np.asarray(1, X.dtype)))


def clip_to_unit_interval(X: Symbolic) -> Symbolic:
    """Clip each value to the interval [0, 1].

    Parameters
    ----------
    X : Variable
        Values, of any shape.

    Returns
    -------
    Variable
        Of the same shape.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.expressions import clip_to_unit_interval
    >>> clip_to_unit_interval(pt.as_tensor(np.array([-0.5, 0.25, 2.0]))).eval().tolist()
    [0.0, 0.25, 1.0]
    """
    return pt.clip(X, np.asarray(0, X.dtype), np.asarray(1, X.dtype))
