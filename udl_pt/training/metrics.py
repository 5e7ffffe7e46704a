"""Measures of a classifier's predictions."""

from typing import Any

import numpy as np

from udl_pt._support.arrays import as_array
from udl_pt._support.messages import shown

__all__ = ["error_rate"]


def error_rate(p: Any, t: Any) -> float:
    """Return the share of predictions that differ from the targets (the book's ``np.mean(p != t)``).

    Parameters
    ----------
    p : array_like of shape (n_samples,)
        Predicted labels.
    t : array_like of shape (n_samples,)
        True labels.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    TypeError
        If one of them is not a vector of labels.
    ValueError
        If the shapes differ or there is nothing to compare.

    Examples
    --------
    >>> from udl_pt import error_rate
    >>> error_rate([0, 1, 1, 2], [0, 1, 2, 2])
    0.25
    """
    p, t = (_as_labels(value, name) for value, name in ((p, "p"), (t, "t")))
    if p.shape != t.shape or p.size == 0:
        raise ValueError(
            f"predictions p have shape {p.shape}, targets t {t.shape}: expected the same, not empty"
        )
    return float(np.mean(p != t))


def _as_labels(value: Any, name: str) -> np.ndarray:
    array = as_array(value, name, "labels", "pass one label per sample")
    if array.ndim == 0 or array.dtype.kind not in "biufSU":
        raise TypeError(f"{name} is {shown(value)}, expected a vector of labels")
    return array
