"""Chapter 2 in NumPy: symmetric SNE and t-SNE, the twins of `udl_pt.SymmetricSNE` and `udl_pt.TSNE`.

Each formula is that of van der Maaten and Hinton (Visualizing Data using t-SNE, JMLR 9 (2008)), on matrices
of all N x N pairs, with the gradient written by hand. Of a point and itself, p and q are 0.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from udl_pt import memory
from udl_pt.affinities import check_spread, fill_gaussian, fill_joint, points
from udl_pt.eager.beyond import check_beyond
from udl_pt.eager.pca import PCA
from udl_pt.random import as_generator
from udl_pt.training import Progress, notify
from udl_pt.validation import (
    DivergenceError,
    check_callbacks,
    check_count,
    check_dtype,
    check_matrix,
    check_number,
    check_option,
)

__all__ = ["TSNE", "SymmetricSNE", "sne_cost", "sne_gradient", "tsne_cost", "tsne_gradient"]

RECORDED = 50  # iterations from one record of the cost to the next


def sne_cost(P: Any, Y: Any) -> Any:
    """Give symmetric SNE's cost, ``C = KL(P || Q) = sum_ij p_ij log(p_ij / q_ij)`` (equation 2; chapter 2).

    With ``q_ij = exp(-||yi - yj||^2) / sum[k != m] exp(-||yk - ym||^2)`` (equation 3), without a half.

    Parameters
    ----------
    P : array_like of shape (N, N)
        Joint probabilities: symmetric, zeros on the diagonal, sum 1.
    Y : array_like of shape (N, C)
        The embedding; points may coincide. float32 gives float32, all else float64.

    Returns
    -------
    numpy.floating
        In nats.

    Raises
    ------
    ValueError, TypeError
        For arrays that are no such probabilities, or don't fit together.
    """
    P, Y = _checked(P, Y)
    return Y.dtype.type(_divergence(P, _log_q_of_sne(Y)))


def tsne_cost(P: Any, Y: Any) -> Any:
    """Give t-SNE's cost, ``C = KL(P || Q) = sum_ij p_ij log(p_ij / q_ij)`` (equation 2; chapter 2).

    With ``q_ij = (1 + ||yi - yj||^2)^-1 / sum[k != m] (1 + ||yk - ym||^2)^-1`` (equation 4). Parameters,
    results and errors are those of `sne_cost`.
    """
    P, Y = _checked(P, Y)
    return Y.dtype.type(_divergence(P, _log_q_of_tsne(Y)))


def sne_gradient(P: Any, Y: Any) -> np.ndarray:
    """Give the gradient of `sne_cost`, ``dC/dyi = 4 sum_j (p_ij - q_ij)(yi - yj)`` (section 3.1).

    Parameters and errors are those of `sne_cost`.

    Returns
    -------
    numpy.ndarray of shape (N, C)
    """
    return _gradient_of_sne(*_checked(P, Y))


def tsne_gradient(P: Any, Y: Any) -> np.ndarray:
    """Give the gradient of `tsne_cost` (equation 5).

    It is ``dC/dyi = 4 sum_j (p_ij - q_ij)(yi - yj)(1 + ||yi - yj||^2)^-1``. Parameters and errors are those
    of `sne_cost`.

    Returns
    -------
    numpy.ndarray of shape (N, C)
    """
    return _gradient_of_tsne(*_checked(P, Y))


def _differences(Y: np.ndarray) -> np.ndarray:
    """``yi - yj``."""
    differences: np.ndarray = Y[:, None, :] - Y[None, :, :]  # (N, N, C)
    return differences


def _squared_distances(Y: np.ndarray) -> np.ndarray:
    """``||yi - yj||^2``."""
    distances: np.ndarray = (_differences(Y) ** 2).sum(axis=2)  # (N, N)
    return distances


def _log_q_of_sne(Y: np.ndarray) -> np.ndarray:
    """``log q_ij``, with ``w_ij = exp(-||yi - yj||^2)`` and ``q_ij = w_ij / sum[k != m] w_km``."""
    return _log_shares(-_squared_distances(Y))  # (N, N)


def _log_q_of_tsne(Y: np.ndarray) -> np.ndarray:
    """``log q_ij``, with ``w_ij = (1 + ||yi - yj||^2)^-1`` and ``q_ij = w_ij / sum[k != m] w_km``."""
    return _log_shares(-np.log1p(_squared_distances(Y)))  # (N, N)


def _log_shares(log_w: np.ndarray) -> np.ndarray:
    """``log(w_ij / sum[k != m] w_km)``; of points that are far from each other, w itself would be 0."""
    np.fill_diagonal(log_w, -np.inf)  # k != m
    log_w = log_w - log_w.max()  # (N, N), the largest w is 1
    log_shares: np.ndarray = log_w - np.log(np.exp(log_w).sum())  # (N, N)
    return log_shares


def _divergence(P: np.ndarray, log_Q: np.ndarray) -> float:
    """``KL(P || Q) = sum_ij p_ij (log p_ij - log q_ij)``, where 0 log 0 is 0."""
    some = P > 0  # (N, N)
    return float((P[some] * (np.log(P[some]) - log_Q[some])).sum(dtype=np.float64))


def _gradient_of_sne(P: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """``dC/dyi = 4 sum_j (p_ij - q_ij)(yi - yj)``."""
    Q = np.exp(_log_q_of_sne(Y))  # (N, N)
    forces = (P - Q)[:, :, None] * _differences(Y)  # (N, N, C)
    gradient: np.ndarray = 4 * forces.sum(axis=1)  # (N, C)
    return gradient


def _gradient_of_tsne(P: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """``dC/dyi = 4 sum_j (p_ij - q_ij)(yi - yj)(1 + ||yi - yj||^2)^-1``."""
    Q = np.exp(_log_q_of_tsne(Y))  # (N, N)
    W = 1 / (1 + _squared_distances(Y))  # (N, N)
    forces = ((P - Q) * W)[:, :, None] * _differences(Y)  # (N, N, C)
    gradient: np.ndarray = 4 * forces.sum(axis=1)  # (N, C)
    return gradient


def _checked(P: Any, Y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Hand back joint probabilities and an embedding that fit together, both in the embedding's dtype."""
    dtype = "float32" if getattr(Y, "dtype", None) == np.float32 else "float64"
    Y = check_matrix(Y, "Y", dtype=dtype)
    N, rounding = len(Y), 1e-5 if getattr(P, "dtype", None) == np.float32 else 1e-8
    P = check_matrix(P, "P", dtype="float64").astype(np.float64)
    if P.shape != (N, N):
        raise ValueError(f"P has shape {P.shape}, expected ({N}, {N}), as Y has {N} rows")
    smallest, total = P.min(), P.sum()
    if smallest < 0 or not np.isclose(total, 1, rtol=0, atol=rounding):
        raise ValueError(
            f"P has a smallest value of {smallest:g} and the sum {total:.9g}, expected probabilities of "
            "sum 1: joint_probabilities(X) makes such a P"
        )
    if not np.allclose(P, P.T, rtol=0, atol=rounding * P.max()):
        i, j = np.argwhere(abs(P - P.T) > rounding * P.max())[0]
        raise ValueError(
            f"P is not symmetric: P[{i}, {j}] is {P[i, j]:g}, P[{j}, {i}] is {P[j, i]:g}; take (P + P.T) / 2"
        )
    if np.trace(P) > 0:
        raise ValueError("P has values on its diagonal, but no point is its own neighbour: expected zeros")
    return P.astype(dtype), Y.astype(dtype)


class _Embedding:
    """What SNE and t-SNE share: the start, and the descent of section 3.4."""

    _log_q: Callable[[np.ndarray], np.ndarray]
    _gradient: Callable[[np.ndarray, np.ndarray], np.ndarray]
    embedding_: np.ndarray
    kl_divergence_: float

    def __init__(
        self,
        n_components: int,
        *,
        perplexity: float,
        learning_rate: float | str,
        max_iter: int,
        gradient: str,
        early_exaggeration: float,
        exaggeration_iter: int,
        init: str,
        random_state: Any,
        dtype: Any,
    ) -> None:
        self.n_components = check_count(n_components, "n_components")
        self.perplexity = check_number(perplexity, "perplexity")
        if learning_rate != "auto":
            learning_rate = check_number(learning_rate, "learning_rate", at_least=0)
        self.learning_rate = learning_rate
        self.max_iter = check_count(max_iter, "max_iter", at_least=0)
        if gradient != "analytic":
            raise ValueError(
                f"gradient is {gradient!r}, expected 'analytic': NumPy derives nothing; "
                f"udl_pt.{type(self).__name__} has gradient='autodiff'"
            )
        self.gradient = gradient
        self.early_exaggeration = check_number(early_exaggeration, "early_exaggeration", at_least=1)
        self.exaggeration_iter = check_count(exaggeration_iter, "exaggeration_iter", at_least=0)
        check_option(init, "init", ("pca", "random"))
        self.init = init
        self.dtype = check_dtype("float64" if dtype is None else dtype)
        self._generator = as_generator(random_state)
        self.costs: list[float] = []

    def fit_transform(
        self, X: Any, *, callbacks: Sequence[Callable[[Progress], Any]] = (), **beyond: Any
    ) -> np.ndarray:
        """Embed the rows of `X`.

        Parameters
        ----------
        X : array_like of shape (N, D)
            At least four points, not all the same.
        callbacks : sequence of callable
            Each gets a `udl_pt.training.Progress` after every iteration, which counts as an epoch there.
        **beyond
            There is no backend here: only the default is taken.

        Returns
        -------
        numpy.ndarray of shape (N, n_components)
            `embedding_`, in the order of the rows.

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed.
        MemoryError
            When matrices of N x N need more memory than there is.
        DivergenceError
            When a step isn't finite; `embedding_` is that before it.
        """
        check_beyond(f"{type(self).__name__}.fit_transform", beyond, {"backend": None})
        callbacks = check_callbacks(callbacks)
        notify(callbacks, "on_check", self, ("learning_rate",), ())
        X = self._points(X)  # (N, D), around the mean
        needed, there = self.memory(len(X)), memory.available()
        if needed > there:
            raise MemoryError(
                f"matrices of all pairs of {len(X)} points need {needed / 1e9:.1f} GB, and {there / 1e9:.1f} "
                f"GB are there: embed a sample of the points, or use udl_pt.{type(self).__name__}, which "
                "needs less"
            )
        Y = self._start(X)  # (N, C)
        P = self._probabilities(X)  # (N, N)
        rate = self._auto(P) if isinstance(self.learning_rate, str) else self.learning_rate
        self._descend(P, Y, rate, callbacks)
        return self.embedding_

    def transform(self, X: Any) -> np.ndarray:
        """Say why there is no such thing.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError(
            f"{type(self).__name__} moves the points it was given and learns no function, so there is "
            "nothing to put new points into: embed old and new ones together with fit_transform, or use PCA, "
            "which has a transform"
        )

    def memory(self, N: int) -> int:
        """Say how many bytes `N` points need, in matrices of N x N; differences take one a dimension."""
        matrices = 5 + 2 * self.n_components  # at the peak, in the gradient
        return matrices * N * N * np.dtype(self.dtype).itemsize

    def _points(self, X: Any) -> np.ndarray:
        return points(X, self.perplexity)

    def _start(self, X: np.ndarray) -> np.ndarray:
        """Start from a tiny cloud: noise, or the data's first components."""
        if self.init == "random":
            noise = self._generator.standard_normal((len(X), self.n_components))  # (N, C)
            return (1e-4 * noise).astype(self.dtype)
        if self.n_components > min(X.shape):
            raise ValueError(
                f"n_components is {self.n_components}, but {len(X)} rows of {X.shape[1]} features don't "
                "have so many principal components to start from: init='random'"
            )
        Z = PCA(self.n_components).fit_transform(X)  # (N, C)
        Y: np.ndarray = 1e-4 * Z / Z[:, 0].std()  # (N, C)
        return Y.astype(self.dtype)

    def _probabilities(self, X: np.ndarray) -> np.ndarray:
        """``p_ij = (p_(j | i) + p_(i | j)) / 2N``, each point's s by the perplexity (section 3.1)."""
        P = np.empty((len(X), len(X)), self.dtype)
        fill_joint(P, X, self.perplexity)
        return P

    def _auto(self, P: np.ndarray) -> float:
        raise NotImplementedError

    def _descend(
        self, P: np.ndarray, Y: np.ndarray, rate: float, callbacks: Sequence[Callable[[Progress], Any]]
    ) -> None:
        """``v <- alpha v - eta g dC/dY`` and ``Y <- Y + v`` (algorithm 1), with gains g (Jacobs 1988)."""
        self.embedding_, self.costs = Y, []
        vars(self).pop("kl_divergence_", None)  # that of another embedding
        progress = Progress(
            stage=f"{type(self).__name__}({self.n_components})",
            epochs=self.max_iter,
            n_batches=1,
            batch=1,
            hyper={"learning_rate": rate},
            model=self,
        )
        notify(callbacks, "on_start", progress)
        v, g = np.zeros_like(Y), np.ones_like(Y)  # (N, C) each
        for t in range(1, self.max_iter + 1):
            early = t <= self.exaggeration_iter
            alpha = 0.5 if early else 0.8
            exaggeration = self.early_exaggeration if early else 1.0
            if t == self.exaggeration_iter + 1:  # another cost from here on
                v, g = np.zeros_like(Y), np.ones_like(Y)
            eta = float(progress.hyper["learning_rate"])
            with np.errstate(all="ignore"):  # what isn't finite is refused below
                dY = self._gradient(exaggeration * P, Y)  # (N, C)
                g = np.where(v * dY < 0, g + 0.2, g * 0.8)  # more where a step goes on downhill
                g = np.maximum(g, 0.01)
                v = alpha * v - eta * g * dY
                Y = Y + v
            if not np.isfinite(Y).all():
                raise DivergenceError(
                    f"{progress.stage}: the step is not finite in iteration {t} (learning_rate {eta:g}); "
                    "embedding_ is that before this step: use a smaller learning_rate"
                )
            self.embedding_, progress.epoch = Y, t
            if t % RECORDED == 0 or t == self.max_iter:
                progress.cost = _divergence(P, self._log_q(Y))
                self.costs.append(progress.cost)
            notify(callbacks, "on_batch", progress)
            for callback in callbacks:
                callback(progress)
            if progress.stop:
                break
        notify(callbacks, "on_end", progress)
        self.kl_divergence_ = _divergence(P, self._log_q(Y))


class SymmetricSNE(_Embedding):
    """Symmetric stochastic neighbour embedding (chapter 2): Gaussian neighbourhoods on both sides.

    Parameters
    ----------
    n_components : int
        C, the dimensions of the embedding.
    s : float, optional
        The book's s, shared by all points, in the data's units. Where not given, each point has its own, by
        `perplexity`, as in t-SNE.
    perplexity, max_iter, gradient, exaggeration_iter, init, random_state, dtype
        As of `TSNE`.
    learning_rate : float or "auto"
        Step size; "auto" is what the attracting forces allow: an eighth of the inverse of P's largest row
        sum, by the exaggeration.
    early_exaggeration : float
        As of `TSNE`. By a Gaussian, exaggeration draws all points into one, so there is none where not given.

    Attributes
    ----------
    embedding_, kl_divergence_, costs
        As of `TSNE`.
    """

    _log_q = staticmethod(_log_q_of_sne)
    _gradient = staticmethod(_gradient_of_sne)

    def __init__(
        self,
        n_components: int = 2,
        *,
        s: float | None = None,
        perplexity: float = 30.0,
        learning_rate: float | str = "auto",
        max_iter: int = 1000,
        gradient: str = "analytic",
        early_exaggeration: float = 1.0,
        exaggeration_iter: int = 250,
        init: str = "pca",
        random_state: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            n_components,
            perplexity=perplexity,
            learning_rate=learning_rate,
            max_iter=max_iter,
            gradient=gradient,
            early_exaggeration=early_exaggeration,
            exaggeration_iter=exaggeration_iter,
            init=init,
            random_state=random_state,
            dtype=dtype,
        )
        self.s = None if s is None else check_spread(s)

    def _points(self, X: Any) -> np.ndarray:
        return super()._points(X) if self.s is None else points(X)

    def _probabilities(self, X: np.ndarray) -> np.ndarray:
        """``p_ij = exp(-||xi - xj||^2 / 2s^2) / sum[k != m] exp(-||xk - xm||^2 / 2s^2)`` where s is given."""
        if self.s is None:
            return super()._probabilities(X)
        P = np.empty((len(X), len(X)), self.dtype)
        fill_gaussian(P, X, self.s)
        return P

    def _auto(self, P: np.ndarray) -> float:
        largest = P.sum(axis=1, dtype=np.float64).max()
        return float(1 / (8 * self.early_exaggeration * largest))


class TSNE(_Embedding):
    """t-distributed stochastic neighbour embedding (chapter 2; van der Maaten and Hinton 2008).

    Parameters
    ----------
    n_components : int
        C, the dimensions of the embedding.
    perplexity : float
        How many neighbours a point has, in effect; see `udl_pt.joint_probabilities`.
    learning_rate : float or "auto"
        Step size; "auto" is ``N / early_exaggeration / 4``, but at least 50.
    max_iter : int
        Iterations.
    gradient : {"analytic"}
        The closed form; there is no other here.
    early_exaggeration : float
        What p is multiplied with in the first iterations.
    exaggeration_iter : int
        Their number; the momentum is 0.5 then and 0.8 after.
    init : {"pca", "random"}
        Where points start: at the first principal components, or at noise, both scaled down to 1e-4.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of the noise. None is NumPy's global legacy generator.
    dtype : {"float64", "float32"}, optional
        float64 where not given: NumPy has no floatX.
    method : {"auto", "exact"}
        Both work on all pairs, whatever their number.

    Attributes
    ----------
    embedding_ : ndarray of shape (N, C)
        Where the points ended.
    kl_divergence_ : float
        The cost there, in nats.
    costs : list of float
        The cost every 50 iterations and after the last, without exaggeration.
    """

    _log_q = staticmethod(_log_q_of_tsne)
    _gradient = staticmethod(_gradient_of_tsne)

    def __init__(
        self,
        n_components: int = 2,
        *,
        perplexity: float = 30.0,
        learning_rate: float | str = "auto",
        max_iter: int = 1000,
        gradient: str = "analytic",
        early_exaggeration: float = 12.0,
        exaggeration_iter: int = 250,
        init: str = "pca",
        random_state: Any = None,
        dtype: Any = None,
        method: str = "auto",
    ) -> None:
        super().__init__(
            n_components,
            perplexity=perplexity,
            learning_rate=learning_rate,
            max_iter=max_iter,
            gradient=gradient,
            early_exaggeration=early_exaggeration,
            exaggeration_iter=exaggeration_iter,
            init=init,
            random_state=random_state,
            dtype=dtype,
        )
        if method == "fft":
            raise ValueError(
                "method is 'fft', which openTSNE carries out: use udl_pt.TSNE(method='fft'), or "
                "method='exact' here"
            )
        check_option(method, "method", ("auto", "exact"))
        self.method = method

    def _auto(self, P: np.ndarray) -> float:
        return max(len(P) / self.early_exaggeration / 4, 50.0)
