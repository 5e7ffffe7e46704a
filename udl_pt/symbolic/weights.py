"""Initial weights."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_counts, check_dtype
from udl_pt.symbolic.chance import as_generator

__all__ = ["init_weights"]


def init_weights(shape: Sequence[int], random_state: Any = None, dtype: str = "float64") -> np.ndarray:
    """Draw initial weights: standard normal, divided by the root of the sum of the dimensions.

    Parameters
    ----------
    shape : sequence of int
        Shape of the weights, ``(n_in, n_out)``.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of the draw. None is NumPy's global legacy generator, as in the book.
    dtype : {"float64", "float32"}
        The weights are drawn in float64 and then cast, so a seed draws the same weights in both.

    Returns
    -------
    numpy.ndarray of shape `shape`

    Raises
    ------
    TypeError, ValueError
        If `shape` is not a list of positive integers, or is empty, or another argument is bad.

    Notes
    -----
    The book's ``np.random.randn(*shape) / np.sqrt(sum(shape))``.

    Examples
    --------
    >>> from udl_pt import init_weights
    >>> init_weights((2, 2), random_state=0).round(3).tolist()
    [[0.882, 0.2], [0.489, 1.12]]
    """
    if not (shape := check_counts(shape, "shape")):
        raise ValueError("shape is empty, expected a list of integers such as (784, 500)")
    dtype = check_dtype(dtype)
    draw = np.asarray(as_generator(random_state).standard_normal(tuple(shape)))
    return np.asarray(draw / np.sqrt(sum(shape)), dtype)
