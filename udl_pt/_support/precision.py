"""What floating-point numbers resolve: the scale of products, and what differs by rounding alone.

Products of very large or very small numbers overflow or vanish. Multiplied by a power of two first, the same
numbers lose no digit, and their products are in range. Both sides' PCA and P of chapter 2 do that.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["Centre", "centre", "check_error", "check_result", "check_total", "check_whitening"]

ROWS = 8192  # rows at a time


@dataclass(frozen=True)
class Centre:
    """The columns' means, and the power of two that brings what varies into [-1, 1].

    Attributes
    ----------
    own : ndarray of int of shape (D,)
        Each column's own power, so that sums don't overflow: ``X * 2**-own`` is in [-1, 1].
    shift : ndarray of float64 of shape (D,)
        The means of ``X * 2**-own``.
    k : int
        The power for all columns together; 0 where all rows are the same.
    """

    own: np.ndarray
    shift: np.ndarray
    k: int

    @property
    def mean(self) -> np.ndarray:
        """The columns' means, float64, of shape (D,)."""
        means: np.ndarray = np.ldexp(self.shift, self.own)
        return means

    def scaled(self, rows: np.ndarray) -> np.ndarray:
        """Return ``(rows - mean) * 2**-k`` in float64; exactly 0 in a column that is constant."""
        scaled: np.ndarray = np.ldexp(self._around_mean(rows), self.own - self.k)
        return scaled

    def _around_mean(self, rows: np.ndarray) -> np.ndarray:
        around: np.ndarray = np.ldexp(rows.astype(float), -self.own) - self.shift
        return around


def centre(X: np.ndarray) -> Centre:
    """Find the means and the scale of `X`, finite numbers of shape (N, D)."""
    N, D = X.shape
    blocks = [X[start : start + ROWS] for start in range(0, N, ROWS)]
    own = _exponent(np.maximum(abs(X.max(axis=0).astype(float)), abs(X.min(axis=0).astype(float))))
    shift, largest = np.zeros(D), np.zeros(D)
    for _ in range(2):  # a mean is rounded; what that leaves, the second pass finds
        found = Centre(own, shift, 0)
        shift = shift + sum(found._around_mean(rows).sum(axis=0) for rows in blocks) / N
    found = Centre(own, shift, 0)
    for rows in blocks:
        largest = np.maximum(largest, abs(found._around_mean(rows)).max(axis=0))
    sizes = (own + _exponent(largest))[largest > 0]
    return Centre(own, shift, int(sizes.max()) if len(sizes) else 0)


def _exponent(largest: np.ndarray) -> np.ndarray:
    """Return the k for which ``largest * 2**-k`` is in [1/2, 1); 0 for 0."""
    exponents: np.ndarray = np.frexp(largest)[1]
    return exponents


def check_total(X: np.ndarray, total: float, largest: float, k: int, dtype: str) -> None:
    """Raise unless the variances of `X` can be represented in `dtype`.

    Parameters
    ----------
    X : ndarray of shape (N, D)
        The data, for the message.
    total, largest : float
        The sum of all variances and that of the first component, of data that were scaled by ``2**-k``.
    k : int
        See `Centre`.
    dtype : str
        The dtype in which the model keeps them.

    Raises
    ------
    ValueError
        For variances above the largest or below the smallest normal number.
    """
    limits = np.finfo(dtype)
    with np.errstate(over="ignore", under="ignore"):
        total, largest = np.ldexp(total, 2 * k), np.ldexp(largest, 2 * k)
    if total == 0 and (X[0] == X).all():
        raise ValueError("all rows of X are the same, they have no variance: expected data that vary")
    if not total <= limits.max:
        raise ValueError(f"X has values up to {abs(X).max():g}, whose squares are too large: scale it")
    if largest < limits.tiny:
        raise ValueError(
            f"X varies so little that its variance, {largest:g}, is too small for {dtype}: scale it"
        )


def check_whitening(
    variances: np.ndarray,
    vectors: np.ndarray,
    squares: np.ndarray,
    mean: np.ndarray,
    N: int,
    k: int,
    dtype: str,
) -> None:
    """Raise where a component varies by no more than rounding: divided by that, noise has variance 1.

    Two roundings count. A value in `dtype` has an error of half a unit in its last place, which is large
    where the column's mean is large. A component mixes the columns' errors as it mixes the columns. And
    singular values in float64 are known to about ``max(N, D)`` units of the largest.

    Parameters
    ----------
    variances : ndarray of shape (K,)
        Of the components, descending, computed from singular values where they are small.
    vectors : ndarray of shape (K, D)
        The components.
    squares : ndarray of shape (D,)
        The columns' variances.
    mean : ndarray of shape (D,)
        The columns' means.
    N : int
        Rows of the data.
    k : int
        All but the means are of data that were scaled by ``2**-k``; see `Centre`.
    dtype : str
        The data's dtype.

    Raises
    ------
    ValueError
        It names how many components do vary.
    """
    K, D = vectors.shape
    # a column that doesn't vary has no part in what does, however large it is
    means = np.ldexp(np.where(squares > 0, mean, 0), -k)
    of_values = min(N, D) * float(np.finfo(dtype).eps) ** 2 * (vectors**2 @ (squares + means**2))
    of_svd = (max(N, D) * np.finfo(float).eps) ** 2 * variances[0]
    rank = int((variances > of_values + of_svd).sum())
    if rank < K:
        way_out = f"n_components={rank}" if rank else "subtract the columns' means before rounding X"
        raise ValueError(f"whiten is True, but only {rank} of {K} components have any variance: {way_out}")
    smallest = float(np.ldexp(variances[-1], 2 * k))
    if smallest < np.finfo(dtype).tiny:
        raise ValueError(
            f"whiten is True, but component {K} has a variance of {smallest:g}, too small for {dtype}: "
            "scale X"
        )


def check_result(result: np.ndarray, X: np.ndarray, name: str) -> np.ndarray:
    """Return a result computed from finite numbers `X`; raise unless it is finite.

    Raises
    ------
    ValueError
        For numbers so large that a product or a sum of them overflows.
    """
    if not np.isfinite(result).all():
        raise ValueError(
            f"{name} has values up to {abs(X).max():g}, too large for a result in {result.dtype}: scale it"
        )
    return result


def check_error(error: float, X: np.ndarray) -> float:
    """Return the mean squared distance `error` of `X` from its reconstruction; raise unless it is finite.

    Raises
    ------
    ValueError
        For data so far from the fitted ones that the squares overflow.
    """
    if not np.isfinite(error):
        raise ValueError(
            f"X has values up to {abs(X).max():g}, too far from the fitted components for squared distances: "
            "expected data like those of fit"
        )
    return error
