"""Chapter 2 in NumPy: symmetric SNE and t-SNE, the twins of `udl_pt.SymmetricSNE` and `udl_pt.TSNE`.

Each formula is that of van der Maaten and Hinton (Visualizing Data using t-SNE, JMLR 9 (2008)), on matrices
of all N x N pairs, with the gradient written by hand. Of a point and itself, p and q are 0.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_dtype
from udl_pt._support.classes import own_constructor
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt.eager._beyond import check_beyond
from udl_pt.eager.pca import PCA
from udl_pt.models._sne.affinities import check_embedding
from udl_pt.models._sne.loop import Embedding, GaussianEmbedding, StudentEmbedding
from udl_pt.training.progress import Progress

__all__ = ["TSNE", "SymmetricSNE", "sne_cost", "sne_gradient", "tsne_cost", "tsne_gradient"]


def sne_cost(P: Any, Y: Any) -> Any:
    """Return symmetric SNE's cost, ``C = KL(P || Q) = sum_ij p_ij log(p_ij / q_ij)`` (equation 2; chapter 2).

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
        For arrays that are no such probabilities, or don't fit together; for squared distances that are
        too large for Y's dtype.
    """
    P, Y = check_embedding(P, Y)
    return Y.dtype.type(_divergence(P, _log_q_of_sne(Y)))


def tsne_cost(P: Any, Y: Any) -> Any:
    """Return t-SNE's cost, ``C = KL(P || Q) = sum_ij p_ij log(p_ij / q_ij)`` (equation 2; chapter 2).

    With ``q_ij = (1 + ||yi - yj||^2)^-1 / sum[k != m] (1 + ||yk - ym||^2)^-1`` (equation 4). Parameters,
    results and errors are those of `sne_cost`.
    """
    P, Y = check_embedding(P, Y)
    return Y.dtype.type(_divergence(P, _log_q_of_tsne(Y)))


def sne_gradient(P: Any, Y: Any) -> np.ndarray:
    """Return the gradient of `sne_cost`, ``dC/dyi = 4 sum_j (p_ij - q_ij)(yi - yj)`` (section 3.1).

    Parameters and errors are those of `sne_cost`.

    Returns
    -------
    numpy.ndarray of shape (N, C)
    """
    return _gradient_of_sne(*check_embedding(P, Y))


def tsne_gradient(P: Any, Y: Any) -> np.ndarray:
    """Return the gradient of `tsne_cost` (equation 5).

    It is ``dC/dyi = 4 sum_j (p_ij - q_ij)(yi - yj)(1 + ||yi - yj||^2)^-1``. Parameters and errors are those
    of `sne_cost`.

    Returns
    -------
    numpy.ndarray of shape (N, C)
    """
    return _gradient_of_tsne(*check_embedding(P, Y))


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


class Pairs:
    """Cost and gradient of an embedding on matrices of all pairs.

    Parameters
    ----------
    P : ndarray of shape (N, N)
        Joint probabilities.
    log_q, gradient : callable
        The formulas above.
    """

    def __init__(
        self,
        P: np.ndarray,
        log_q: Callable[[np.ndarray], np.ndarray],
        gradient: Callable[[np.ndarray, np.ndarray], np.ndarray],
    ) -> None:
        self._P, self._log_q, self._gradient = P, log_q, gradient

    def gradient(self, Y: np.ndarray, exaggeration: float) -> np.ndarray:
        """Return ``dC/dY`` of shape (N, C), with P multiplied by `exaggeration`."""
        return self._gradient(exaggeration * self._P, Y)

    def cost(self, Y: np.ndarray) -> float:
        """Return ``KL(P || Q)``, in nats."""
        return _divergence(self._P, self._log_q(Y))


class _OnPairs(Embedding):
    """What SNE and t-SNE share beyond the loop: matrices of all pairs, and the steps of section 3.4."""

    gradients, methods = ("analytic",), ("auto", "exact")
    log_q: Callable[[np.ndarray], np.ndarray]
    dC_dY: Callable[[np.ndarray, np.ndarray], np.ndarray]

    @one_fit_at_a_time
    def fit_transform(
        self, X: Any, *, callbacks: Sequence[Callable[[Progress], Any]] = (), **beyond: Any
    ) -> np.ndarray:
        """Embed the rows of `X`, as `udl_pt.TSNE.fit_transform`.

        Parameters
        ----------
        X : array_like of shape (N, D)
            At least four points, not all the same.
        callbacks : sequence of callable
            Each gets a `udl_pt.training.progress.Progress` after every iteration, which counts as an epoch
            there.
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
        RuntimeError
            While another thread fits it, and in a callback of its own.
        MemoryError
            When matrices of N x N need more memory than there is.
        DivergenceError
            When a step or its cost isn't finite; `embedding_` is that before it.
        """
        check_beyond(f"{type(self).__name__}.fit_transform", beyond, {"backend": None})
        callbacks = self._callbacks(callbacks)
        return self._exact(self._points(X), lambda P: Pairs(P, self.log_q, self.dC_dY), callbacks)

    def memory(self, N: int) -> int:
        """Return how many bytes `N` points need, in matrices of N x N; differences take one a dimension."""
        matrices = 5 + 2 * self.n_components  # at the peak, in the gradient
        return matrices * N * N * np.dtype(self.dtype).itemsize

    @staticmethod
    def _dtype(dtype: Any) -> str:
        return check_dtype("float64" if dtype is None else dtype)

    def _components(self, X: np.ndarray) -> np.ndarray:
        return PCA(self.n_components).fit_transform(X)  # (N, C)

    @staticmethod
    def _moved(
        Y: np.ndarray, v: np.ndarray, gains: np.ndarray, gradient: np.ndarray, rate: float, momentum: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """``v <- alpha v - eta g dC/dY`` and ``Y <- Y + v`` (algorithm 1), with gains g (Jacobs 1988)."""
        g = np.where(v * gradient < 0, gains + 0.2, gains * 0.8)  # more where a step goes on downhill
        g = np.maximum(g, 0.01)  # (N, C)
        v = momentum * v - rate * g * gradient  # (N, C)
        return Y + v, v, g

    def _way_out(self) -> str:
        return f"embed a sample of the points, or use udl_pt.{type(self).__name__}, which needs less"


@own_constructor
class SymmetricSNE(_OnPairs, GaussianEmbedding):
    """Symmetric stochastic neighbour embedding (chapter 2): Gaussian neighbourhoods on both sides.

    The twin of `udl_pt.SymmetricSNE`: its parameters and attributes, with the analytic gradient alone, and
    float64 where no dtype is given.
    """

    log_q = staticmethod(_log_q_of_sne)
    dC_dY = staticmethod(_gradient_of_sne)


@own_constructor
class TSNE(_OnPairs, StudentEmbedding):
    """t-distributed stochastic neighbour embedding (chapter 2; van der Maaten and Hinton 2008).

    The twin of `udl_pt.TSNE`: its parameters and attributes, with the analytic gradient and all pairs alone
    (`method` "auto" or "exact"), and float64 where no dtype is given.
    """

    log_q = staticmethod(_log_q_of_tsne)
    dC_dY = staticmethod(_gradient_of_tsne)
