"""Corruption of inputs, for denoising auto-encoders.

A corruption is a function of a batch's variable and a `RandomStreams` that returns the corrupted batch.
Writing one takes two lines::

    def tenfold(X, stream):
        return X * stream.uniform(X.shape, 0.0, 10.0, dtype=X.dtype)
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytensor.tensor as pt

from udl_pt._support.arguments import check_number
from udl_pt._support.messages import shown
from udl_pt.backends import Function
from udl_pt.symbolic.random import RandomStreams, has_repeated_draws
from udl_pt.symbolic.variables import Symbolic, check_returns_matrix

__all__ = ["Corruption", "check_corrupted", "check_corruption", "gaussian", "masking", "salt_and_pepper"]

Corruption = Callable[[Symbolic, RandomStreams], Symbolic]


def check_corruption(corruption: Any, dtype: str) -> None:
    """Raise unless `corruption` turns a matrix variable and a stream into a matrix variable.

    Parameters
    ----------
    corruption : callable
        ``corruption(X, stream)``, which is called once with a variable and a `RandomStreams`.
    dtype : {"float64", "float32"}
        The dtype of the variable.

    Raises
    ------
    TypeError
        If the call fails, if it doesn't return a matrix, or if its draws would be the same for each batch.

    Examples
    --------
    >>> from udl_pt.symbolic.corruption import check_corruption, masking
    >>> check_corruption(masking(0.3), "float64")
    >>> check_corruption(lambda X, stream: X.sum(), "float64")
    Traceback (most recent call last):
        ...
    TypeError: corruption is ..., expected a function of a matrix variable and a RandomStreams ...
    """
    corrupted = check_returns_matrix(
        corruption,
        "corruption",
        "a function of a matrix variable and a RandomStreams that returns the corrupted matrix, such as "
        "masking(0.3)",
        pt.matrix("X", dtype=dtype),
        RandomStreams(0, dtype),
    )
    if has_repeated_draws(corrupted):
        raise TypeError(
            f"corruption is {shown(corruption)}, which draws the same numbers for each batch, since its "
            "random state is never advanced. Draw from its argument stream, such as stream.uniform(X.shape)"
        )


def check_corrupted(corruption: Corruption, D: int, dtype: str) -> None:
    """Raise unless `corruption` keeps the shape of a batch of `D` columns; it is called with two rows.

    Parameters
    ----------
    corruption : callable
        ``corruption(X, stream)`` returns the corrupted batch.
    D : int
        The number of columns.
    dtype : {"float64", "float32"}
        The dtype of the batch.

    Raises
    ------
    ValueError
        If the result has another shape.

    Examples
    --------
    >>> from udl_pt.symbolic.corruption import check_corrupted, masking
    >>> check_corrupted(masking(0.3), 4, "float64")
    >>> check_corrupted(lambda X, stream: X[:, :3], 4, "float64")
    Traceback (most recent call last):
        ...
    ValueError: corruption is ..., which turns a batch of shape (2, 4) into (2, 3): return one ...
    """
    X = pt.matrix("X", dtype=dtype)
    rows = np.full((2, D), 0.5, dtype)
    shape = np.shape(Function([X], corruption(X, RandomStreams(0, dtype)), compiled=False)(rows))
    if shape != rows.shape:
        raise ValueError(
            f"corruption is {shown(corruption)}, which turns a batch of shape {rows.shape} into {shape}: "
            "return one of the same shape"
        )


def masking(p: float) -> Corruption:
    """Return a corruption that sets each value to zero with probability `p`: the book's bitmask (chapter 3).

    Parameters
    ----------
    p : float
        From 0 to 1; "maybe something like 30%, but researchers have found that up to 50% still provides
        good results".

    Returns
    -------
    callable
        ``corruption(X, stream)``, for `AutoEncoder(M, corruption=...)`.

    Raises
    ------
    TypeError, ValueError
        If `p` is not a number from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt import RandomStreams
    >>> from udl_pt.symbolic.corruption import masking
    >>> X = pt.as_tensor(np.ones((100, 100)))
    >>> corrupted = masking(0.3)(X, RandomStreams(0)).eval()
    >>> np.unique(corrupted).tolist(), round(float(corrupted.mean()), 1)
    ([0.0, 1.0], 0.7)
    """
    return partial(_masking, kept=1 - check_number(p, "p", at_least=0, at_most=1))


def gaussian(sd: float) -> Corruption:
    """Return a corruption that adds normal noise.

    Parameters
    ----------
    sd : float
        Standard deviation of the noise, at least 0, in the data's units.

    Returns
    -------
    callable
        ``corruption(X, stream)``, for `AutoEncoder(M, corruption=...)`.

    Raises
    ------
    TypeError, ValueError
        If `sd` is not a number of at least 0.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt import RandomStreams
    >>> from udl_pt.symbolic.corruption import gaussian
    >>> X = pt.as_tensor(np.zeros((100, 100)))
    >>> corrupted = gaussian(0.2)(X, RandomStreams(0)).eval()
    >>> round(float(corrupted.std()), 1)
    0.2
    """
    return partial(_gaussian, sd=check_number(sd, "sd", at_least=0))


def salt_and_pepper(p: float) -> Corruption:
    """Return a corruption that sets values to 0 or 1, each with probability ``p / 2`` (Vincent et al. 2010).

    Parameters
    ----------
    p : float
        The probability that a value is replaced, from 0 to 1.

    Returns
    -------
    callable
        ``corruption(X, stream)``, for `AutoEncoder(M, corruption=...)`.

    Raises
    ------
    TypeError, ValueError
        If `p` is not a number from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt import RandomStreams
    >>> from udl_pt.symbolic.corruption import salt_and_pepper
    >>> X = pt.as_tensor(np.full((100, 100), 0.5))
    >>> corrupted = salt_and_pepper(0.4)(X, RandomStreams(0)).eval()
    >>> [round(float((corrupted == value).mean()), 1) for value in (0.0, 0.5, 1.0)]
    [0.2, 0.6, 0.2]
    """
    return partial(_salt_and_pepper, p=check_number(p, "p", at_least=0, at_most=1))


def _masking(X: Symbolic, stream: RandomStreams, kept: float) -> Symbolic:
    return X * stream.binomial(X.shape, p=kept, dtype=X.dtype)


def _gaussian(X: Symbolic, stream: RandomStreams, sd: float) -> Symbolic:
    return X + stream.normal(X.shape, std=sd, dtype=X.dtype)


def _salt_and_pepper(X: Symbolic, stream: RandomStreams, p: float) -> Symbolic:
    u = stream.uniform(X.shape, dtype=X.dtype)
    return X * (u >= p / 2) * (u < 1 - p / 2) + (u >= 1 - p / 2)
