"""Chapter 2: the neighbours of each data point, as the probabilities p(i, j) of SNE and t-SNE."""

from typing import Any, NamedTuple

import numpy as np

from udl_pt._support.arguments import check_number
from udl_pt._support.arrays import check_matrix
from udl_pt._support.precision import centre

__all__ = [
    "Points",
    "check_embedding",
    "check_points",
    "check_probabilities",
    "fill_gaussian",
    "fill_joint",
    "gaussian_probabilities",
    "joint_probabilities",
    "points",
]

TOLERANCE = 1e-10  # of the logarithm of the perplexity, in nats
ATTEMPTS = 500
VANISHING = 800.0  # exp(-VANISHING) is 0
TOO_NEAR = 1e-138  # of the largest difference: its square has no digits to compare
ALIKE = 1e-14  # squared distances that differ by less, relatively, differ by rounding
TINY, HUGE = float(np.finfo(float).tiny), float(np.finfo(float).max)
ENTRIES = 2**19  # distances at a time: 4 MB
PAIRS = 2**10  # differences of points at a time


def joint_probabilities(X: Any, perplexity: float = 30.0) -> np.ndarray:
    """Return t-SNE's joint probabilities p(i, j), in which each point has an s of its own.

    ``p(j | i) = exp(-||xi - xj||^2 / (2 si^2)) / sum[k != i] exp(-||xi - xk||^2 / (2 si^2))`` with the si for
    which ``p(. | i)`` has the given perplexity. The result is ``p(i, j) = (p(i | j) + p(j | i)) / 2N``. The
    data's scale does not matter: a power of two changes no bit of P.

    Parameters
    ----------
    X : array_like of shape (N, D)
        At least four points, not all the same.
    perplexity : float
        Effective number of neighbours of a point: e to the power of the entropy of ``p(. | i)``. Above 0 and
        below N. It is met to a relative 1e-10, unless that is impossible. A point with more duplicates than
        the perplexity has them alone as neighbours, all alike.

    Returns
    -------
    numpy.ndarray of float64 of shape (N, N)
        Symmetric, of sum 1, with zeros on the diagonal.

    Raises
    ------
    ValueError, TypeError
        For bad input.

    References
    ----------
    van der Maaten and Hinton, Visualizing Data using t-SNE, JMLR 9 (2008), section 2.

    Examples
    --------
    With perplexity 1, each point has one neighbour, its nearest:

    >>> from udl_pt import joint_probabilities
    >>> joint_probabilities([[0], [1], [10], [11]], perplexity=1).round(3).tolist()
    [[0.0, 0.25, 0.0, 0.0], [0.25, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.25], [0.0, 0.0, 0.25, 0.0]]
    """
    perplexity = check_number(perplexity, "perplexity", above=0)
    found = points(X, perplexity)
    P = np.empty((len(found.X), len(found.X)))
    fill_joint(P, found, perplexity)
    return P


def gaussian_probabilities(X: Any, s: float = 1.0) -> np.ndarray:
    """Return symmetric SNE's joint probabilities p(i, j) of the book, in which all points share one s.

    ``p(i, j) = exp(-||xi - xj||^2 / (2 s^2)) / sum[k != m] exp(-||xm - xk||^2 / (2 s^2))``.

    Parameters
    ----------
    X : array_like of shape (N, D)
        At least four points, not all the same.
    s : float
        Width of the neighbourhoods, in the data's units.

    Returns
    -------
    numpy.ndarray of float64 of shape (N, N)
        Symmetric, of sum 1, with zeros on the diagonal.

    Raises
    ------
    ValueError, TypeError
        For bad input.
    """
    found = points(X)
    s = check_spread(s)
    P = np.empty((len(found.X), len(found.X)))
    fill_gaussian(P, found, s)
    return P


class Points(NamedTuple):
    """Data in the form from which P is computed.

    Attributes
    ----------
    X : ndarray of float64 of shape (N, D)
        The data less their means, times ``2**-k``, in [-1, 1]. Squares are in range, and no digit is lost.
    raw : ndarray of float64 of shape (N, D)
        The data as they came. Differences of near points have all their digits only here.
    k : int
        Exponent of the scale, see `udl_pt._support.precision.Centre`.
    squares : ndarray of float64 of shape (N, N), optional
        Squares of distances times ``2**-k`` that another metric has computed.
    """

    X: np.ndarray
    raw: np.ndarray
    k: int
    squares: np.ndarray | None = None


def fill_joint(P: np.ndarray, found: Points, perplexity: float) -> None:
    """Write `joint_probabilities` of `points` into `P`."""
    N = len(P)
    # one neighbour has perplexity 1, all the others, alike, N - 1: neither less nor more can be
    entropy = float(np.log(np.clip(perplexity, 1, N - 1)))
    for rows in _blocks(N):
        P[rows] = _conditional(_distances(found, rows), entropy) / (2 * N)
    _symmetrise(P)


def fill_gaussian(P: np.ndarray, found: Points, s: float) -> None:
    """Write `gaussian_probabilities` of `points` into `P`."""
    nearest = min(float(_distances(found, rows).min()) for rows in _blocks(len(P)))
    with np.errstate(over="ignore"):  # of a tiny s, only the nearest pairs have a share; of a huge one, all
        s = float(np.clip(np.ldexp(s, -found.k), TINY, HUGE))
        for rows in _blocks(len(P)):
            P[rows] = np.exp((nearest - _distances(found, rows)) / s / s / 2)
    _symmetrise(P)  # where products differ in the last place
    P /= P.sum(dtype=float)


def check_spread(s: Any) -> float:
    """Return the book's s as a float above 0."""
    spread = check_number(s, "s")
    if spread <= 0:
        raise ValueError(f"s is {spread:g}, expected above 0, such as the distance between neighbours")
    return spread


def points(X: Any, perplexity: Any = None) -> Points:
    """Check data and, where given, their perplexity; scale the data and subtract their means."""
    array = check_points(X, perplexity)
    if (array == array[0]).all():
        raise ValueError("all rows of X are the same, none is nearer than another: expected data that vary")
    around = centre(array)
    return Points(around.scaled(array), array.astype(float, copy=False), around.k)


def check_points(X: Any, perplexity: Any = None) -> np.ndarray:
    """Return data of at least four points, after a check of their perplexity, where that is given."""
    array = check_matrix(X, dtype="float64")
    if len(array) < 4:
        raise ValueError(f"X has {len(array)} rows, expected at least 4 points (n_samples={len(array)})")
    number = 1.0 if perplexity is None else check_number(perplexity, "perplexity")
    if not 0 < number < len(array):
        raise ValueError(
            f"perplexity is {number:g}, expected above 0 and below the number of points, {len(array)}: "
            "5 to 50 is usual"
        )
    return array


def check_embedding(P: Any, Y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return joint probabilities of shape (N, N) and an embedding of shape (N, C), both in Y's dtype.

    Raises
    ------
    ValueError, TypeError
        For other arrays, and for points whose squared distances are too large for the dtype.
    """
    dtype = "float32" if getattr(Y, "dtype", None) == np.float32 else "float64"
    array = check_matrix(Y, "Y", dtype=dtype)
    P = check_probabilities(P, len(array))
    with np.errstate(over="ignore"):  # refused below
        apart = array.max(axis=0).astype(float) - array.min(axis=0).astype(float)
        longest = float((apart**2).sum())
    if longest > float(np.finfo(dtype).max):
        raise ValueError(
            f"Y has points that are up to {apart.max():g} apart in a column, whose squared distances are too "
            f"large for {dtype}: scale it"
        )
    return np.ascontiguousarray(P, dtype), np.ascontiguousarray(array, dtype)


def check_probabilities(P: Any, N: int) -> np.ndarray:
    """Return `P` where it is a matrix of joint probabilities of `N` points."""
    array = check_matrix(P, "P", dtype="float64")
    if array.shape != (N, N):
        raise ValueError(f"P has shape {array.shape}, expected ({N}, {N}), as Y has {N} rows")
    total, eps = float(array.sum(dtype=float)), 1e-5 if array.dtype == np.float32 else 1e-8
    if array.min() < 0 or abs(total - 1) > eps:
        raise ValueError(
            f"P has a smallest value of {array.min():g} and the sum {total:.9g}, expected probabilities of "
            "sum 1: joint_probabilities(X) makes such a P"
        )
    apart = abs(array - array.T)
    if apart.max() > eps * array.max():
        i, j = np.unravel_index(apart.argmax(), array.shape)
        raise ValueError(
            f"P is not symmetric: P[{i}, {j}] is {array[i, j]:g}, P[{j}, {i}] is {array[j, i]:g}; take "
            "(P + P.T) / 2"
        )
    if array.diagonal().any():
        raise ValueError("P has values on its diagonal, but no point is its own neighbour: expected zeros")
    return array


def _blocks(N: int) -> list[slice]:
    size = max(1, ENTRIES // N)
    return [slice(start, min(start + size, N)) for start in range(0, N, size)]


def _distances(found: Points, rows: slice) -> np.ndarray:
    """Return the squared distances of some points to all; infinite to themselves."""
    if found.squares is not None:
        given: np.ndarray = found.squares[rows].copy()
        given[np.arange(len(given)), np.arange(rows.start, rows.stop)] = np.inf
        return given
    X, raw = found.X, found.raw
    squares = (X * X).sum(axis=1)
    d: np.ndarray = squares[rows, None] + squares - 2 * X[rows] @ X.T
    # of points that are much nearer to each other than to the origin, that has lost its digits
    near, other = np.nonzero(d < 1e-6 * (squares[rows, None] + squares))
    for start in range(0, len(near), PAIRS):
        i, j = near[start : start + PAIRS], other[start : start + PAIRS]
        apart = raw[rows.start + i] - raw[j]
        d[i, j] = (np.ldexp(apart, -found.k) ** 2).sum(axis=1)
        if ((d[i, j] < TOO_NEAR**2) & apart.any(axis=1)).any():
            raise ValueError(
                f"X has points that differ by less than {TOO_NEAR:g} of its range, too little for their "
                "squared distance: drop outliers, or scale the columns"
            )
    d[np.arange(len(d)), np.arange(rows.start, rows.stop)] = np.inf
    return d


def _conditional(d: np.ndarray, entropy: float) -> np.ndarray:
    """Return p(j | i) for each row of squared distances, with the ``beta = 1 / (2 s^2)`` of that entropy.

    Beta is found by bisection. Newton's step replaces it where it lands inside the bracket. The entropy's
    derivative by the logarithm of beta is ``-beta^2 var(d)``.
    """
    nearest = d.min(axis=1, keepdims=True)
    d = d - nearest
    d[d < ALIKE * nearest] = 0
    n = len(d)
    low, high = np.full(n, -np.inf), np.full(n, np.inf)
    mean = np.where(np.isinf(d), 0, d).mean(axis=1)
    log_beta = -np.log(np.where(mean > 0, mean, 1))
    second = np.where(d > 0, d, np.inf).min(axis=1)  # infinite where all are as far as the nearest
    P = np.empty_like(d)
    todo = np.arange(n)
    for _ in range(ATTEMPTS):
        beta = np.exp(log_beta[todo])
        x = np.minimum(beta[:, None] * d[todo], VANISHING)
        p = np.exp(-x)
        total = p.sum(axis=1)
        p /= total[:, None]
        mean = (p * x).sum(axis=1)
        too_wide = np.log(total) + mean - entropy
        P[todo] = p
        low[todo] = np.where(too_wide > 0, log_beta[todo], low[todo])
        high[todo] = np.where(too_wide > 0, high[todo], log_beta[todo])
        spread = (p * (x - mean[:, None]) ** 2).sum(axis=1)
        left = abs(too_wide) > TOLERANCE
        # where those as far as the nearest are all that is left, it can't be narrower
        left &= (too_wide < 0) | (beta * second[todo] < VANISHING)
        todo, too_wide, spread = todo[left], too_wide[left], spread[left]
        if not len(todo):
            break
        with np.errstate(divide="ignore", over="ignore"):
            step = log_beta[todo] + np.clip(too_wide / spread, -2, 2)
        middle = np.where(np.isinf(low[todo]), high[todo] - 1, (low[todo] + high[todo]) / 2)
        middle = np.where(np.isinf(high[todo]), low[todo] + 1, middle)
        log_beta[todo] = np.where((low[todo] < step) & (step < high[todo]), step, middle)
    return P


def _symmetrise(P: np.ndarray) -> None:
    """Add P' to P in place, block by block, so that no second matrix is needed."""
    size = 1024
    for i in range(0, len(P), size):
        for j in range(0, i + size, size):
            above, below = P[j : j + size, i : i + size], P[i : i + size, j : j + size]
            both = above + below.T
            above[:], below[:] = both, both.T
