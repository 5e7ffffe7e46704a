"""How wrong predictions are."""

from typing import Any

import numpy as np

__all__ = ["error_rate"]


def error_rate(p: Any, t: Any) -> float:
    """Share of the predictions that differ from the targets (the book's ``np.mean(p != t)``).

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
    ValueError
        When the shapes differ or there is nothing to compare.
    """
    p, t = np.asarray(p), np.asarray(t)
    if p.shape != t.shape or p.size == 0:
        raise ValueError(f"predictions have shape {p.shape}, targets {t.shape}: expected the same, not empty")
    return float(np.mean(p != t))
