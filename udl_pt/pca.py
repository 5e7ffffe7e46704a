"""Chapter 1: principal components analysis, ``Z = (X - m)Q`` with the eigenvectors of X's covariance as Q."""

from typing import Any

import numpy as np
import scipy.linalg
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt.backend import get_backend, shared
from udl_pt.calling import Callables, symbolic_or_array
from udl_pt.fitting import one_fit_at_a_time, open_to_fit
from udl_pt.validation import (
    check_count,
    check_form,
    check_matrix,
    check_switch,
    check_values,
)

__all__ = ["PCA"]

ROWS = 8192  # rows at a time in products and differences


class PCA(Callables):
    """Principal components analysis by the covariance's eigenvectors (chapter 1).

    Parameters
    ----------
    n_components : int, optional
        K, the columns of Z that are kept; all ``min(N, D)`` where not given.
    whiten : bool
        Divide each column of Z by its standard deviation, so that all have variance 1.

    Attributes
    ----------
    components_ : ndarray of shape (K, D)
        The first eigenvectors, one a row: the transpose of the book's Q. In each, the first entry of
        the largest magnitude is positive, so that signs don't depend on the machine.
    explained_variance_ : ndarray of shape (K,)
        Their eigenvalues, the variances of Z's columns, descending. As in the book the covariance divides by
        N (scikit-learn's divides by N - 1).
    explained_variance_ratio_ : ndarray of shape (K,)
        The same as shares of X's whole variance.
    mean_ : ndarray of shape (D,)
        m, the mean of each column.
    n_samples_ : int
        N.
    params : list of SharedVariable
        Q of shape (D, K) and m, as `forward` uses them.
    """

    names = ("Q", "m")
    Q: SharedVariable
    m: SharedVariable

    def __init__(self, n_components: int | None = None, *, whiten: bool = False) -> None:
        self.n_components = None if n_components is None else check_count(n_components, "n_components")
        self.whiten = check_switch(whiten, "whiten")

    @one_fit_at_a_time
    def fit(self, X: Any, *, backend: str | None = None) -> "PCA":
        """Find the directions in which `X` varies most.

        Parameters
        ----------
        X : array_like of shape (N, D)
            At least two rows, not all the same. float32 gives float32, all else float64. Where N is at
            least D, at most 8,192 rows at a time are copied.
        backend : {"numba", "c", "jax"}, optional
            What `forward` compiles for; see `udl_pt.set_backend`.

        Returns
        -------
        PCA
            Itself.

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed.
        RuntimeError
            While another thread fits it.
        """
        backend = get_backend(backend)
        dtype = "float32" if getattr(X, "dtype", None) == np.float32 else "float64"
        X = check_form(X)
        N, D = X.shape
        K = min(N, D) if self.n_components is None else self.n_components
        if N < 2:
            raise ValueError("X has 1 row, and its covariance needs at least 2")
        if min(N, D) < K:
            raise ValueError(
                f"n_components is {K}, but {N} rows of {D} features have at most {min(N, D)} components"
            )
        with np.errstate(over="ignore", invalid="ignore"):
            mean = _mean(X, dtype)
            if not np.isfinite(mean).all():
                check_values(X, dtype=dtype)  # names what is not finite
            found = _of_rows(X, K, dtype) if N < D else _of_covariance(X, mean, K, dtype)
            mean, variances, vectors, total = found
            resolution = float(np.finfo(dtype).eps) * float((mean**2).sum())
        if not np.isfinite(total):
            raise ValueError(f"X has values up to {abs(X).max():g}, whose squares are too large: scale it")
        if total <= resolution and (X[0] == X).all():
            raise ValueError("all rows of X are the same, they have no variance: expected data that vary")
        if total == 0:
            raise ValueError(f"X varies so little that its variance is 0 in {dtype}: scale it")
        rank = int((variances > variances[0] * min(N, D) * np.finfo(dtype).eps).sum())
        if self.whiten and rank < K:
            raise ValueError(
                f"whiten is True, but only {rank} of {K} components have any variance: n_components={rank}"
            )
        size = abs(vectors)
        first = (size > (1 - 1e-6) * size.max(axis=1, keepdims=True)).argmax(axis=1)
        vectors *= np.sign(vectors[np.arange(K), first])[:, None]

        self.backend, self.dtype, self.n_features, self.n_samples_ = backend, dtype, D, N
        self.mean_, self.components_ = mean.astype(dtype), vectors.astype(dtype)
        self.explained_variance_ = variances.astype(dtype)
        self.explained_variance_ratio_ = (variances / total).astype(dtype)
        scale = np.sqrt(variances) if self.whiten else np.ones(K)
        self.Q = shared(np.ascontiguousarray((vectors / scale[:, None]).T, dtype), "Q")
        self.m = shared(self.mean_.copy(), "m")
        return self

    @symbolic_or_array
    def forward(self, X: Any) -> Any:
        """Give ``Z = (X - m)Q``; whitened, each column of Z divided by its standard deviation.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)

        Returns
        -------
        Variable or numpy.ndarray of shape (N, K)
            A graph where `X` is a PyTensor variable, else an array.
        """
        return (X - self.m).dot(self.Q)

    def transform(self, X: Any) -> Any:
        """Return the same as `forward`: an array, or a graph of a variable."""
        return self.forward(X)

    @one_fit_at_a_time
    def fit_transform(self, X: Any, *, backend: str | None = None) -> np.ndarray:
        """Fit to `X` and transform it."""
        with open_to_fit(self):
            self.fit(X, backend=backend)
        return np.asarray(self.transform(X))

    def inverse_transform(self, Z: Any) -> np.ndarray:
        """Give ``X_hat = ZQ' + m``: what the kept components say of X.

        Parameters
        ----------
        Z : array_like of shape (N, K)

        Returns
        -------
        numpy.ndarray of shape (N, D)
        """
        self._check_fitted("inverse_transform")
        Z = check_matrix(Z, "Z", dtype=self.dtype, n_features=len(self.components_))
        if self.whiten:
            Z = Z * np.sqrt(self.explained_variance_)
        rebuilt: np.ndarray = np.asarray(Z, self.dtype) @ self.components_ + self.mean_
        return rebuilt

    def reconstruction_error(self, X: Any) -> float:
        """Give ``J = ||X - X_hat||^2 / N``, the mean squared distance of a row from its reconstruction.

        On the data of `fit` it is the sum of the eigenvalues that were dropped.

        Parameters
        ----------
        X : array_like of shape (N, D)

        Returns
        -------
        float
            In the data's units, squared.
        """
        self._check_fitted("reconstruction_error")
        X = check_matrix(X, dtype=self.dtype, n_features=self.n_features)
        error = 0.0
        for start in range(0, len(X), ROWS):
            rows = X[start : start + ROWS] - self.mean_
            error += float(((rows - rows @ self.components_.T @ self.components_) ** 2).sum(dtype=np.float64))
        return error / len(X)


def _mean(X: np.ndarray, dtype: str) -> np.ndarray:
    """Give each column's mean; what isn't finite in X shows there, and needs no pass of its own.

    In float32, 128 rows are summed in float32, which takes a quarter of the time. That is good to a unit in
    the last place, but not good enough where the means are large beside what varies.
    """
    total = np.zeros(X.shape[1])
    for start in range(0, len(X), 128):
        rows = np.asarray(X[start : start + 128], dtype)
        total += np.ones(len(rows), dtype) @ rows
    return total / len(X)


Moments = tuple[np.ndarray, np.ndarray, np.ndarray, float]


def _of_covariance(X: np.ndarray, mean: np.ndarray, K: int, dtype: str) -> Moments:
    """Give means, eigenvalues and eigenvectors (rows) of ``C = (X - m)'(X - m) / N``, and C's trace."""
    D = X.shape[1]
    C = _second_moments(X, None, dtype) - np.outer(mean, mean)
    if not mean @ mean <= 10 * np.trace(C) < np.inf:
        # digits were lost: the means are large beside what varies
        mean = X.mean(axis=0, dtype=np.float64)
        C = _second_moments(X, mean, dtype)
    if not np.isfinite(C).all():
        return mean, np.zeros(K), np.zeros((K, D)), np.inf
    if D // 8 > K:
        values, vectors = scipy.linalg.eigh(C, subset_by_index=[D - K, D - 1])
    else:  # LAPACK finds all eigenvectors faster than a large part of them
        values, vectors = np.linalg.eigh(C)
    kept = np.maximum(values[::-1][:K], 0), np.ascontiguousarray(vectors.T[::-1][:K])
    return mean, *kept, float(np.trace(C))


def _second_moments(X: np.ndarray, centre: np.ndarray | None, dtype: str) -> np.ndarray:
    """Give ``(X - centre)'(X - centre) / N``; without a centre X is read where it lies."""
    C = np.zeros((X.shape[1], X.shape[1]))
    for start in range(0, len(X), ROWS):
        rows = np.asarray(X[start : start + ROWS], dtype)
        if centre is not None:
            rows = (rows - centre).astype(dtype)
        C += rows.T @ rows
    return C / len(X)


def _of_rows(X: np.ndarray, K: int, dtype: str) -> Moments:
    """Give the same by singular values, for fewer rows than features: no matrix of D x D is made."""
    mean = X.mean(axis=0, dtype=np.float64)
    centred = (X - mean).astype(dtype)
    if not np.isfinite(centred).all():
        return mean, np.zeros(K), np.zeros((K, X.shape[1])), np.inf
    _, singular, vectors = scipy.linalg.svd(centred, full_matrices=False, overwrite_a=True)
    variances = singular**2 / len(X)
    return mean, variances[:K], vectors[:K], float(variances.sum())
