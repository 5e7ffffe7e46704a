"""Draws from rows of probabilities with given uniform numbers, compiled by Numba."""

import numba
import numpy as np

__all__ = ["choose", "count"]


@numba.njit(cache=True)
def count(pvals, unis, n, out):  # type: ignore[no-untyped-def]
    """Add the counts of `n` draws for each row of `pvals` to `out`; sums are computed in float64."""
    rows, outcomes = pvals.shape
    for draw in range(n):
        for row in range(rows):
            u = np.float64(unis[draw * rows + row])
            total = 0.0
            for k in range(outcomes):
                total += pvals[row, k]
                if total > u:
                    out[row, k] += 1
                    break


@numba.njit(cache=True)
def choose(pvals, unis, n, replace, out):  # type: ignore[no-untyped-def]
    """Write the outcomes of `n` draws for each row of `pvals` into `out`.

    Parameters
    ----------
    pvals : array (rows, outcomes)
        Probabilities; without replacement they change in place.
    unis : array (n * rows,)
        Uniform numbers: those of all rows' first draws, then those of the second draws, and so on.
    n : int
        Number of draws for each row.
    replace : bool
        Whether an outcome may be drawn again.
    out : array (rows, n)
        The outcomes; it stays as it is where the probabilities don't add up to the uniform number.
    """
    rows, outcomes = pvals.shape
    rest = np.empty(1, dtype=pvals.dtype)  # rounds as the probabilities are stored
    for draw in range(n):
        for row in range(rows):
            u = np.float64(unis[draw * rows + row])
            total = 0.0
            for k in range(outcomes):
                total += pvals[row, k]
                if total > u:
                    out[row, draw] = k
                    if draw < n - 1 and not replace:
                        rest[0] = total - pvals[row, k]
                        pvals[row, k] = 0
                        for j in range(k, outcomes):
                            rest[0] += pvals[row, j]
                        for j in range(outcomes):
                            pvals[row, j] /= rest[0]
                    break
