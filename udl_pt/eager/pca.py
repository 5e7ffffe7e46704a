"""Chapter 1 in NumPy: principal components analysis, ``Z = (X - m)Q``; the twin of `udl_pt.PCA`."""

from typing import Any

import numpy as np

from udl_pt._support.arguments import check_count, check_switch
from udl_pt._support.arrays import check_matrix
from udl_pt._support.fitting import one_fit_at_a_time, open_to_fit
from udl_pt._support.parameters import Parameters
from udl_pt._support.precision import centre, check_error, check_result, check_total, check_whitening
from udl_pt.eager._beyond import check_beyond

__all__ = ["PCA"]


class PCA(Parameters):
    """Principal components analysis by the covariance's eigenvectors (chapter 1).

    It is the book's formulas on the whole of X at once, always in float64, with a matrix of D x D; what is
    kept has X's dtype. Whitening divides by small numbers, so it takes them from singular values.

    Parameters
    ----------
    n_components : int, optional
        K, the columns of Z that are kept; all ``min(N, D)`` where not given.
    whiten : bool
        Divide each column of Z by its standard deviation, so that all have variance 1.

    Attributes
    ----------
    components_, explained_variance_, explained_variance_ratio_, mean_, n_samples_, n_features
        As of `udl_pt.PCA`.
    Q : ndarray of shape (D, K)
        What `forward` multiplies with: the components as columns, whitened by their standard deviations.
    m : ndarray of shape (D,)
        What `forward` subtracts.
    params : list of ndarray
        Q and m.
    """

    names = ("Q", "m")

    def __init__(self, n_components: int | None = None, *, whiten: bool = False) -> None:
        self.n_components = None if n_components is None else check_count(n_components, "n_components")
        self.whiten = check_switch(whiten, "whiten")

    @one_fit_at_a_time
    def fit(self, X: Any, **beyond: Any) -> "PCA":
        """Find the directions in which `X` varies most: ``C = (X - m)'(X - m) / N`` and ``CQ = QE``.

        Parameters
        ----------
        X : array_like of shape (N, D)
            At least two rows, not all the same. float32 gives float32, all else float64.
        **beyond
            There is no backend here: only the default is taken.

        Returns
        -------
        PCA
            Itself.

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed.
        """
        check_beyond("PCA.fit", beyond, {"backend": None})
        dtype = "float32" if getattr(X, "dtype", None) == np.float32 else "float64"
        X = check_matrix(X, dtype=dtype).astype(np.float64)
        N, D = X.shape
        K = min(N, D) if self.n_components is None else self.n_components
        if N < 2:
            raise ValueError("X has 1 row, and its covariance needs at least 2")
        if min(N, D) < K:
            raise ValueError(
                f"n_components is {K}, but {N} rows of {D} features have at most {min(N, D)} components"
            )

        around = centre(X)  # the means, and a power of two by which no product leaves the range
        m, k = around.mean, around.k  # (D,)
        centred = around.scaled(X)  # (N, D), (X - m) / 2**k
        C = centred.T @ centred / N  # (D, D)
        total = np.trace(C)
        if self.whiten:  # by small variances, of which C has lost half the digits: from singular values
            _, s, V = np.linalg.svd(np.linalg.qr(centred, mode="r"))
            variances, vectors = s**2 / N, V.T  # (min(N, D),) descending, (D, D) with a vector a column
        else:
            variances, vectors = np.linalg.eigh(C)  # (D,) ascending, (D, D)
            variances, vectors = np.maximum(variances[::-1], 0), vectors[:, ::-1]  # below 0 by rounding
        variances, vectors = variances[:K], vectors[:, :K]  # (K,), (D, K)
        check_total(X, total, variances[0], k, dtype)
        if self.whiten:
            check_whitening(variances, vectors.T, np.diag(C), m, N, k, dtype)
        ratio = variances / total  # (K,)
        variances = np.ldexp(variances, 2 * k)  # (K,)
        for j in range(K):
            vectors[:, j] *= _sign(vectors[:, j])
        Q = vectors / np.sqrt(variances) if self.whiten else vectors  # (D, K)

        self.dtype, self.n_samples_, self.n_features = dtype, N, D
        self.mean_ = m.astype(dtype)
        self.components_ = vectors.T.astype(dtype)
        self.explained_variance_ = variances.astype(dtype)
        self.explained_variance_ratio_ = ratio.astype(dtype)
        self.Q, self.m = Q.astype(dtype), m.astype(dtype)
        return self

    def forward(self, X: Any) -> np.ndarray:
        """Return ``Z = (X - m)Q``; whitened, each column of Z divided by its standard deviation.

        Parameters
        ----------
        X : array_like of shape (N, D)

        Returns
        -------
        numpy.ndarray of shape (N, K)

        Raises
        ------
        ValueError, TypeError
            For bad input, before `fit`, and for values so large that the result overflows.
        """
        self._check_fitted("forward")
        X = check_matrix(X, dtype=self.dtype, n_features=self.n_features).astype(self.dtype)
        with np.errstate(over="ignore", invalid="ignore"):  # refused below
            Z: np.ndarray = (X - self.m) @ self.Q  # (N, K)
        return check_result(Z, X, "X")

    def transform(self, X: Any) -> np.ndarray:
        """Do the same as `forward`."""
        return self.forward(X)

    @one_fit_at_a_time
    def fit_transform(self, X: Any, **beyond: Any) -> np.ndarray:
        """Fit to `X` and transform it."""
        with open_to_fit(self):
            self.fit(X, **beyond)
        return self.transform(X)

    def inverse_transform(self, Z: Any) -> np.ndarray:
        """Return ``X_hat = ZQ' + m``: what the kept components say of X.

        Parameters
        ----------
        Z : array_like of shape (N, K)

        Returns
        -------
        numpy.ndarray of shape (N, D)

        Raises
        ------
        ValueError, TypeError
            For bad input, before `fit`, and for values so large that the result overflows.
        """
        self._check_fitted("inverse_transform")
        Z = check_matrix(Z, "Z", dtype=self.dtype, n_features=len(self.components_)).astype(self.dtype)
        with np.errstate(over="ignore", invalid="ignore"):  # refused below
            scaled = Z * np.sqrt(self.explained_variance_) if self.whiten else Z  # (N, K)
            X_hat: np.ndarray = scaled @ self.components_ + self.mean_  # (N, D)
        return check_result(X_hat, Z, "Z")

    def reconstruction_error(self, X: Any) -> float:
        """Return ``J = ||X - X_hat||^2 / N``, the mean squared distance of a row from its reconstruction.

        Parameters
        ----------
        X : array_like of shape (N, D)

        Returns
        -------
        float
            In the data's units, squared; on the data of `fit` the sum of the eigenvalues that were dropped.

        Raises
        ------
        ValueError, TypeError
            For bad input, and before `fit`.
        """
        self._check_fitted("reconstruction_error")
        X = check_matrix(X, dtype=self.dtype, n_features=self.n_features).astype(self.dtype)
        with np.errstate(over="ignore", invalid="ignore"):  # refused below
            X_hat = (X - self.m) @ self.components_.T @ self.components_ + self.m  # (N, D)
            error = float(((X - X_hat).astype(np.float64) ** 2).sum()) / len(X)
        return check_error(error, X)


def _sign(vector: np.ndarray) -> float:
    """Return the sign of the first of those entries that are the largest but for rounding."""
    size = abs(vector)  # (D,)
    largest = size > (1 - 1e-6) * size.max()  # (D,)
    return float(np.sign(vector[largest][0]))
