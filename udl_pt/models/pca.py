"""Chapter 1: principal components analysis, ``Z = (X - m)Q`` with the eigenvectors of X's covariance as Q."""

from functools import partial
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike
from pytensor.graph.basic import Variable

from udl_pt._support.arguments import check_count, check_switch
from udl_pt._support.arrays import check_form, check_matrix, check_values
from udl_pt._support.fitting import allowing_fit, one_fit_at_a_time
from udl_pt._support.precision import Centre, centre, check_error, check_result, check_total, check_whitening
from udl_pt._support.refusals import check_components
from udl_pt.backends import get_backend, shared
from udl_pt.models._attributes import Attributes
from udl_pt.models._saved import Saved
from udl_pt.models._scikit import Kept, Scikit, as_numbers
from udl_pt.symbolic.calling import SymbolicModel, symbolic_or_array
from udl_pt.symbolic.variables import Symbolic, SymbolicLike

__all__ = ["PCA"]

ROWS = 8192  # rows at a time in products and differences


class PCA(Scikit, SymbolicModel, Saved):
    """Principal components analysis by the covariance's eigenvectors (chapter 1).

    It is an estimator of scikit-learn. So the constructor keeps its arguments, and ``fit`` checks them.

    Parameters
    ----------
    n_components : int, optional
        K, the number of columns of Z to keep. The default is all, ``min(N, D)``.
    whiten : bool
        Whether to divide each column of Z by its standard deviation, so that all have variance 1.

    Attributes
    ----------
    components_ : ndarray of shape (K, D)
        The first eigenvectors, one per row: the transpose of the book's Q. In each, the first entry of the
        largest magnitude is positive. So signs do not depend on the computer.
    explained_variance_ : ndarray of shape (K,)
        Their eigenvalues, the variances of Z's columns, descending. As in the book the covariance divides by
        N (scikit-learn's divides by N - 1).
    explained_variance_ratio_ : ndarray of shape (K,)
        The same as shares of X's total variance.
    mean_ : ndarray of shape (D,)
        m, the mean of each column.
    n_samples_ : int
        N.
    params : list of SharedVariable
        Q of shape (D, K) and m, as `forward` uses them. When whitening, Q is divided by the standard
        deviations.

    Examples
    --------
    >>> from udl_pt import PCA
    >>> X = [[0, 0], [3, 4], [6, 8]]
    >>> pca = PCA(1).fit(X)
    >>> pca.components_.round(3).tolist()
    [[0.6, 0.8]]
    >>> pca.transform(X).round(3).tolist()
    [[-5.0], [0.0], [5.0]]
    >>> pca.explained_variance_ratio_.round(3).tolist()
    [1.0]
    """

    names = ("Q", "m")
    kept = ("Q", "m", "backend", "dtype", "n_features")
    not_saved = (*Saved.not_saved, "feature_names_in_")
    Q, m, dtype, n_features = Kept(), Kept(), Kept(), Kept()
    backend = Kept(None)

    def __init__(self, n_components: int | None = None, *, whiten: bool = False) -> None:
        self.n_components, self.whiten = n_components, whiten

    def _check_arguments(self) -> None:
        if self.n_components is not None:
            check_count(self.n_components, "n_components")
        check_switch(self.whiten, "whiten")

    def _has(self, name: str) -> bool:
        return f"_{name}" in vars(self)

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)

    def _check_attributes(self, own: Attributes) -> None:
        own.dtype()
        own.options(PCA)
        own.backend()
        D, K = (
            own.count("n_features"),
            len(own.take("components_", lambda a: isinstance(a, np.ndarray) and a.ndim == 2, "a matrix")),
        )
        own.count("n_samples_")
        shapes = {"components_": (K, D), "mean_": (D,)}
        for name in ("explained_variance_", "explained_variance_ratio_"):
            shapes[name] = (K,)
        for name, shape in shapes.items():
            own.array(name, shape)
        own.parameters({"Q": (D, K), "m": (D,)}, velocities=False)
        self._check_features_in(own, D)

    @one_fit_at_a_time
    def fit(self, X: Any, y: Any = None, *, backend: str | None = None) -> "PCA":
        """Find the directions in which `X` varies most.

        Parameters
        ----------
        X : array_like of shape (N, D)
            At least two rows, not all the same. float32 stays float32; any other dtype becomes float64. Where
            N is at least D, at most 8,192 rows at a time are copied.
        y : None
            Not used. Pipelines pass it.
        backend : {"numba", "c", "jax"}, optional
            Backend of `forward`. The default is the choice of `udl_pt.set_backend`.

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
        >>> from udl_pt import PCA
        >>> pca = PCA().fit([[6, 8], [-6, -8], [4, -3], [-4, 3]])
        >>> pca.components_.round(3).tolist()
        [[0.6, 0.8], [0.8, -0.6]]
        >>> pca.explained_variance_.round(3).tolist()
        [50.0, 12.5]
        """
        self._check_arguments()
        backend, table = get_backend(backend), X
        dtype = "float32" if getattr(X, "dtype", None) == np.float32 else "float64"
        X = check_form(as_numbers(X))
        N, D = X.shape
        K = min(N, D) if self.n_components is None else check_count(self.n_components, "n_components")
        check_components(K, N, D)
        found = _of_rows(X, K, dtype, self.whiten) if N < D else _of_covariance(X, K, dtype, self.whiten)
        mean, vectors, total = found.mean, found.vectors, float(found.squares.sum())
        check_total(X, total, found.variances[0], found.k, dtype)
        if self.whiten:
            check_whitening(found.variances, vectors, found.squares, mean, N, found.k, dtype)
        variances = np.ldexp(found.variances, 2 * found.k)
        size = abs(vectors)
        first = (size > (1 - 1e-6) * size.max(axis=1, keepdims=True)).argmax(axis=1)
        vectors *= np.sign(vectors[np.arange(K), first])[:, None]

        self.backend, self.dtype, self.n_features, self.n_samples_ = backend, dtype, D, N
        self.mean_, self.components_ = mean.astype(dtype), vectors.astype(dtype)
        self.explained_variance_ = variances.astype(dtype)
        self.explained_variance_ratio_ = (found.variances / total).astype(dtype)
        scale = np.sqrt(variances) if self.whiten else np.ones(K)
        Q = shared(np.ascontiguousarray((vectors / scale[:, None]).T, dtype), "Q")
        self._replace(_Q=Q, _m=shared(self.mean_.copy(), "m"), _compiled={})
        self._keep_features(table)
        return self

    @overload
    def forward(self, X: SymbolicLike) -> Symbolic: ...
    @overload
    def forward(self, X: ArrayLike) -> np.ndarray: ...
    @partial(symbolic_or_array, finite=True)
    def forward(self, X: Any) -> Any:
        """Return the principal components ``Z = (X - m)Q`` of data.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)
            Data.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, K)
            Components of each row. Whitened, each is divided by its standard deviation. A graph if `X` is a
            PyTensor variable, otherwise an array.

        Raises
        ------
        ValueError, TypeError
            For bad input, and for arrays of values so large that the result overflows.

        Examples
        --------
        The rows lie on a line through the origin, at the distances 0, 5 and 10:

        >>> from udl_pt import PCA
        >>> X = [[0, 0], [3, 4], [6, 8]]
        >>> PCA(1).fit(X).forward(X).round(3).tolist()
        [[-5.0], [0.0], [5.0]]
        """
        return (X - self.m).dot(self.Q)

    @overload
    def transform(self, X: SymbolicLike) -> Symbolic: ...
    @overload
    def transform(self, X: ArrayLike) -> np.ndarray: ...
    def transform(self, X: Any) -> Any:
        """Return the principal components ``Z = (X - m)Q`` of data, as `forward` does.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)
            Data.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, K)
            Components of each row. Whitened, each is divided by its standard deviation. A graph if `X` is a
            PyTensor variable, otherwise an array.

        Raises
        ------
        ValueError, TypeError
            For bad input, and for arrays of values so large that the result overflows.

        Examples
        --------
        The rows lie on a line through the origin, at the distances 0, 5 and 10:

        >>> from udl_pt import PCA
        >>> X = [[0, 0], [3, 4], [6, 8]]
        >>> PCA(1).fit(X).transform(X).round(3).tolist()
        [[-5.0], [0.0], [5.0]]
        """
        if isinstance(X, Variable):
            return self.forward(X)
        self._check_fitted("transform")
        rows = check_form(as_numbers(X))
        self._check_features(X)
        return self.forward(rows)

    @one_fit_at_a_time
    def fit_transform(self, X: Any, y: Any = None, *, backend: str | None = None) -> np.ndarray:
        """Fit to `X` and return its principal components, as `fit` and `transform` do.

        Parameters
        ----------
        X : array_like of shape (N, D)
            At least two rows, not all the same. float32 stays float32; any other dtype becomes float64. Where
            N is at least D, at most 8,192 rows at a time are copied.
        y : None
            Not used. Pipelines pass it.
        backend : {"numba", "c", "jax"}, optional
            Backend of `forward`. The default is the choice of `udl_pt.set_backend`.

        Returns
        -------
        numpy.ndarray of shape (N, K)
            Components of each row. Whitened, each is divided by its standard deviation.

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed. For variances that the dtype cannot hold. When
            whitening, for components that vary by no more than rounding.
        RuntimeError
            While another thread fits it.

        Examples
        --------
        >>> from udl_pt import PCA
        >>> PCA(1, whiten=True).fit_transform([[-3, -4], [3, 4]]).round(3).tolist()
        [[-1.0], [1.0]]
        """
        with allowing_fit(self):
            self.fit(X, backend=backend)
        return np.asarray(self.forward(as_numbers(X)))

    def inverse_transform(self, Z: Any) -> np.ndarray:
        """Return the data that belong to components, ``X_hat = ZQ' + m``.

        Parameters
        ----------
        Z : array_like of shape (N, K)
            Components, as `transform` returns them. Whitened ones are multiplied by their standard deviations
            first.

        Returns
        -------
        numpy.ndarray of shape (N, D)
            Data without what the dropped components hold.

        Raises
        ------
        ValueError, TypeError
            For bad input, and for values so large that the result overflows.

        Examples
        --------
        >>> from udl_pt import PCA
        >>> pca = PCA(1).fit([[0, 0], [3, 4], [6, 8]])
        >>> pca.inverse_transform([[0], [5]]).round(3).tolist()
        [[3.0, 4.0], [6.0, 8.0]]
        """
        self._check_fitted("inverse_transform")
        Z = check_matrix(Z, "Z", dtype=self.dtype, n_features=len(self.components_))
        with np.errstate(over="ignore", invalid="ignore"):  # refused below
            scaled = Z * np.sqrt(self.explained_variance_) if self.whiten else Z
            rebuilt: np.ndarray = np.asarray(scaled, self.dtype) @ self.components_ + self.mean_
        return check_result(rebuilt, Z, "Z")

    def reconstruction_error(self, X: Any) -> float:
        """Return ``J = ||X - X_hat||^2 / N``, the mean squared distance of a row from its reconstruction.

        On the data of `fit` it is the sum of the eigenvalues that were dropped.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Data.

        Returns
        -------
        float
            In the data's units, squared.

        Raises
        ------
        ValueError, TypeError
            For bad input, and for squared distances above float64's range.

        Examples
        --------
        The second component is dropped, with its variance ``(1 + 1) / 4``:

        >>> from udl_pt import PCA
        >>> X = [[-2, 0], [2, 0], [0, 1], [0, -1]]
        >>> round(PCA(1).fit(X).reconstruction_error(X), 3)
        0.5
        """
        self._check_fitted("reconstruction_error")
        X = check_matrix(X, dtype=self.dtype, n_features=self.n_features)
        error = 0.0
        with np.errstate(over="ignore", invalid="ignore"):  # refused below
            for start in range(0, len(X), ROWS):
                rows = X[start : start + ROWS] - self.mean_
                rest = rows - rows @ self.components_.T @ self.components_
                error += float((rest.astype(float) ** 2).sum()) / len(X)
        return check_error(error, X)


def _mean(X: np.ndarray, dtype: str) -> np.ndarray:
    """Return each column's mean; NaN and infinity in X show there, which saves a pass over X.

    In float32, 128 rows are summed in float32, which takes a quarter of the time. That is exact to a unit in
    the last place. Where the means are large beside the variation, it is not enough.
    """
    total = np.zeros(X.shape[1])
    for start in range(0, len(X), 128):
        rows = np.asarray(X[start : start + 128], dtype)
        total += np.ones(len(rows), dtype) @ rows
    return total / len(X)


class Moments(NamedTuple):
    """Eigenvectors and variances of data that were centred and scaled by ``2**-k``."""

    mean: np.ndarray  # (D,), not scaled
    variances: np.ndarray  # (K,), descending
    vectors: np.ndarray  # (K, D)
    squares: np.ndarray  # (D,), the columns' variances
    k: int


def _of_covariance(X: np.ndarray, K: int, dtype: str, whiten: bool) -> Moments:
    """Find eigenvalues and eigenvectors of ``C = (X - m)'(X - m) / N``."""
    D, limits, k = X.shape[1], np.finfo(dtype), 0
    with np.errstate(over="ignore", invalid="ignore"):
        mean = _mean(X, dtype)
        if not np.isfinite(mean).all():
            check_values(X, dtype=dtype)  # names what is not finite
        C = _second_moments(X, None, dtype) - np.outer(mean, mean)
        total = np.trace(C)
        # Digits are lost where the means are large beside the variation, and where squares leave the range.
        precise = mean @ mean <= 10 * total and limits.tiny / limits.eps**2 <= total < np.inf
    if not precise:
        around = centre(X)
        mean, k, C = around.mean, around.k, _second_moments(X, around, dtype)
    if D // 8 > K:
        import scipy.linalg  # here: importing it takes a fifth of a second

        values, vectors = scipy.linalg.eigh(C, subset_by_index=[D - K, D - 1])
    else:  # LAPACK finds all eigenvectors faster than a large part of them
        values, vectors = np.linalg.eigh(C)
    if whiten and values[-K] < np.sqrt(limits.eps) * values[-1]:
        return _of_triangle(X, K)  # a product has lost half of the digits that whitening divides by
    variances = np.maximum(values[::-1][:K], 0)
    return Moments(mean, variances, np.ascontiguousarray(vectors.T[::-1][:K]), np.diag(C), k)


def _second_moments(X: np.ndarray, around: Centre | None, dtype: str) -> np.ndarray:
    """Compute ``X'X / N`` of scaled rows; without a centre X is read in place."""
    C = np.zeros((X.shape[1], X.shape[1]))
    for start in range(0, len(X), ROWS):
        rows = X[start : start + ROWS]
        rows = np.asarray(rows if around is None else around.scaled(rows), dtype)
        C += rows.T @ rows
    return C / len(X)


def _of_triangle(X: np.ndarray, K: int) -> Moments:
    """Find the moments from singular values of R, where ``X - m = QR``: block after block, in float64."""
    around = centre(X)
    R: np.ndarray = np.empty((0, X.shape[1]))
    for start in range(0, len(X), ROWS):
        rows = np.concatenate([R, around.scaled(X[start : start + ROWS])])
        R = np.asarray(np.linalg.qr(rows, mode="r"))
    return _of_singular_values(R, around, len(X), K)


def _of_rows(X: np.ndarray, K: int, dtype: str, whiten: bool) -> Moments:
    """Find the moments for fewer rows than features, without a D x D matrix."""
    check_values(X, dtype=dtype)
    around = centre(X)
    return _of_singular_values(
        np.asarray(around.scaled(X), "float64" if whiten else dtype), around, len(X), K
    )


def _of_singular_values(X: np.ndarray, around: Centre, N: int, K: int) -> Moments:
    import scipy.linalg

    _, singular, vectors = scipy.linalg.svd(X, full_matrices=False)
    squares = (X.astype(float) ** 2).sum(axis=0) / N
    return Moments(around.mean, singular[:K].astype(float) ** 2 / N, vectors[:K], squares, around.k)
