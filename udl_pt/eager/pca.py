"""Chapter 1 in NumPy: principal components analysis, ``Z = (X - m)Q``; the twin of `udl_pt.PCA`."""

from typing import Any

import numpy as np

from udl_pt._support.arguments import check_count, check_switch
from udl_pt._support.arrays import check_matrix
from udl_pt._support.fitting import allowing_fit, one_fit_at_a_time
from udl_pt._support.parameters import Parameters
from udl_pt._support.precision import centre, check_error, check_result, check_total, check_whitening
from udl_pt._support.refusals import check_components
from udl_pt.eager._beyond import check_beyond

__all__ = ["PCA"]


class PCA(Parameters):
    """Principal components analysis in NumPy by the covariance's eigenvectors (chapter 1).

    This is the twin of `udl_pt.PCA`. It computes the book's formulas on the whole of X at once, in float64,
    with a D x D matrix. The results have X's dtype. Whitening divides by small numbers, so it takes them from
    singular values.

    Parameters
    ----------
    n_components : int, optional
        K, the number of components to keep; all ``min(N, D)`` by default.
    whiten : bool
        Divide each column of Z by its standard deviation, so that all have variance 1.

    Attributes
    ----------
    components_ : numpy.ndarray of shape (K, D)
        The first K eigenvectors of the covariance, as rows. In each, the first entry of the largest magnitude
        is positive.
    explained_variance_ : numpy.ndarray of shape (K,)
        Their eigenvalues, the variances of Z's columns, descending. The covariance divides by N.
    explained_variance_ratio_ : numpy.ndarray of shape (K,)
        The eigenvalues as shares of X's total variance.
    mean_ : numpy.ndarray of shape (D,)
        Mean of each column of X.
    n_samples_, n_features : int
        N and D.
    Q : numpy.ndarray of shape (D, K)
        The components as columns; when whitening, divided by their standard deviations.
    m : numpy.ndarray of shape (D,)
        The mean that `forward` subtracts.
    params : list of numpy.ndarray
        Q and m.

    Examples
    --------
    >>> from udl_pt.eager import PCA
    >>> pca = PCA(1).fit([[0, 0], [6, 8]])  # all variance is along (0.6, 0.8)
    >>> pca.components_.round(3).tolist(), pca.explained_variance_.round(3).tolist()
    ([[0.6, 0.8]], [25.0])
    """

    names = ("Q", "m")

    def __init__(self, n_components: int | None = None, *, whiten: bool = False) -> None:
        self.n_components, self.whiten = n_components, whiten

    @one_fit_at_a_time
    def fit(self, X: Any, y: Any = None, **beyond: Any) -> "PCA":
        """Find the directions in which `X` varies most: ``C = (X - m)'(X - m) / N`` and ``CQ = QE``.

        Parameters
        ----------
        X : array_like of shape (N, D)
            At least two rows, not all the same. float32 stays float32; any other dtype becomes float64.
        y : None
            Not used.
        **beyond
            The argument `backend` of `udl_pt.PCA.fit`, at its default None.

        Returns
        -------
        PCA
            Itself.

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed. For variances that the dtype cannot hold. When
            whitening, for components that vary by no more than rounding.
        RuntimeError
            While another thread fits it.

        Examples
        --------
        >>> from udl_pt.eager import PCA
        >>> pca = PCA().fit([[0, 0], [4, 0], [0, 2], [4, 2]])
        >>> pca.explained_variance_.round(3).tolist(), pca.explained_variance_ratio_.round(3).tolist()
        ([4.0, 1.0], [0.8, 0.2])
        """
        check_beyond("PCA.fit", beyond, {"backend": None})
        check_switch(self.whiten, "whiten")
        dtype = "float32" if getattr(X, "dtype", None) == np.float32 else "float64"
        X = check_matrix(X, dtype=dtype).astype(np.float64)
        N, D = X.shape
        K = min(N, D) if self.n_components is None else check_count(self.n_components, "n_components")
        check_components(K, N, D)

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
        """Compute the principal components of each row, ``Z = (X - m)Q``.

        When whitening, each column of Z is divided by its standard deviation.

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

        Examples
        --------
        >>> from udl_pt.eager import PCA
        >>> X = [[0, 0], [6, 8]]  # 5 to either side of the mean
        >>> PCA(1).fit(X).forward(X).round(3).tolist()
        [[-5.0], [5.0]]
        >>> PCA(1, whiten=True).fit(X).forward(X).round(3).tolist()
        [[-1.0], [1.0]]
        """
        self._check_fitted("forward")
        X = check_matrix(X, dtype=self.dtype, n_features=self.n_features).astype(self.dtype)
        with np.errstate(over="ignore", invalid="ignore"):  # refused below
            Z: np.ndarray = (X - self.m) @ self.Q  # (N, K)
        return check_result(Z, X, "X")

    def transform(self, X: Any) -> np.ndarray:
        """Compute the principal components of each row; the same as `forward`, by scikit-learn's name.

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

        Examples
        --------
        >>> from udl_pt.eager import PCA
        >>> pca = PCA(1).fit([[0, 0], [6, 8]])
        >>> pca.transform([[9, 12]]).round(3).tolist()  # 10 from the mean, (3, 4)
        [[10.0]]
        """
        return self.forward(X)

    @one_fit_at_a_time
    def fit_transform(self, X: Any, y: Any = None, **beyond: Any) -> np.ndarray:
        """Fit to `X` and return its principal components.

        Parameters
        ----------
        X : array_like of shape (N, D)
            At least two rows, not all the same. float32 stays float32; any other dtype becomes float64.
        y : None
            Not used.
        **beyond
            The argument `backend` of `udl_pt.PCA.fit_transform`, at its default None.

        Returns
        -------
        numpy.ndarray of shape (N, K)

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed.
        RuntimeError
            While another thread fits it.

        Examples
        --------
        >>> from udl_pt.eager import PCA
        >>> PCA(1).fit_transform([[0, 0], [6, 8]]).round(3).tolist()
        [[-5.0], [5.0]]
        """
        with allowing_fit(self):
            self.fit(X, **beyond)
        return self.transform(X)

    def inverse_transform(self, Z: Any) -> np.ndarray:
        """Reconstruct rows from their components, ``X_hat = ZQ' + m``; whitening is undone.

        Parameters
        ----------
        Z : array_like of shape (N, K)
            Components, as `forward` returns them.

        Returns
        -------
        numpy.ndarray of shape (N, D)

        Raises
        ------
        ValueError, TypeError
            For bad input, before `fit`, and for values so large that the result overflows.

        Examples
        --------
        >>> from udl_pt.eager import PCA
        >>> pca = PCA(1).fit([[0, 0], [6, 8]])
        >>> pca.inverse_transform([[5], [10]]).round(3).tolist()
        [[6.0, 8.0], [9.0, 12.0]]
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
            In the data's units, squared. On the data of `fit` it is the sum of the eigenvalues that were
            dropped.

        Raises
        ------
        ValueError, TypeError
            For bad input, and before `fit`.

        Examples
        --------
        >>> from udl_pt.eager import PCA
        >>> X = [[0, 0], [4, 0], [0, 2], [4, 2]]  # variances 4 and 1
        >>> round(PCA(1).fit(X).reconstruction_error(X), 3)
        1.0
        """
        self._check_fitted("reconstruction_error")
        X = check_matrix(X, dtype=self.dtype, n_features=self.n_features).astype(self.dtype)
        with np.errstate(over="ignore", invalid="ignore"):  # refused below
            X_hat = (X - self.m) @ self.components_.T @ self.components_ + self.m  # (N, D)
            error = float(((X - X_hat).astype(np.float64) ** 2).sum()) / len(X)
        return check_error(error, X)


def _sign(vector: np.ndarray) -> float:
    """Return the sign of the first entry that is the largest up to rounding."""
    size = abs(vector)  # (D,)
    largest = size > (1 - 1e-6) * size.max()  # (D,)
    return float(np.sign(vector[largest][0]))
