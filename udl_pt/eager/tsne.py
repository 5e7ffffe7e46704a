"""Chapter 2 in NumPy: symmetric SNE and t-SNE, the twins of `udl_pt.SymmetricSNE` and `udl_pt.TSNE`.

The formulas are those of van der Maaten and Hinton, Visualizing Data using t-SNE, JMLR 9 (2008). They work on
matrices of all N x N pairs; gradients are derived by hand. For a point and itself, p and q are 0.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_dtype
from udl_pt._support.classes import own_constructor
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt.eager._beyond import FIT, check_beyond
from udl_pt.eager.pca import PCA
from udl_pt.models._sne.affinities import check_embedding
from udl_pt.models._sne.loop import Embedding, GaussianEmbedding, StudentEmbedding
from udl_pt.training.progress import Progress

__all__ = ["TSNE", "SymmetricSNE", "sne_cost", "sne_gradient", "tsne_cost", "tsne_gradient"]


def sne_cost(P: Any, Y: Any) -> Any:
    """Return symmetric SNE's cost, ``C = KL(P || Q) = sum_ij p_ij log(p_ij / q_ij)`` (equation 2; chapter 2).

    Here ``q_ij = exp(-||yi - yj||^2) / sum[k != m] exp(-||yk - ym||^2)`` (equation 3), without a half.

    Parameters
    ----------
    P : array_like of shape (N, N)
        Joint probabilities: symmetric, zeros on the diagonal, sum 1.
    Y : array_like of shape (N, C)
        The embedding; points may coincide. float32 stays float32; any other dtype becomes float64.

    Returns
    -------
    numpy.floating
        In nats.

    Raises
    ------
    ValueError, TypeError
        For a P that isn't a matrix of joint probabilities, and for shapes that don't match. For squared
        distances too large for Y's dtype.

    Examples
    --------
    >>> from udl_pt.eager import sne_cost
    >>> P = [[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]]  # points 0 and 1 are neighbours
    >>> Y = [[0], [0], [1]]
    >>> round(float(sne_cost(P, Y)), 3)  # log(1 + 2 / e)
    0.551
    """
    P, Y = check_embedding(P, Y)
    return Y.dtype.type(_divergence(P, _log_q_of_sne(Y)))


def tsne_cost(P: Any, Y: Any) -> Any:
    """Return t-SNE's cost, ``C = KL(P || Q) = sum_ij p_ij log(p_ij / q_ij)`` (equation 2; chapter 2).

    Here ``q_ij = (1 + ||yi - yj||^2)^-1 / sum[k != m] (1 + ||yk - ym||^2)^-1`` (equation 4).

    Parameters
    ----------
    P : array_like of shape (N, N)
        Joint probabilities: symmetric, zeros on the diagonal, sum 1.
    Y : array_like of shape (N, C)
        The embedding; points may coincide. float32 stays float32; any other dtype becomes float64.

    Returns
    -------
    numpy.floating
        In nats.

    Raises
    ------
    ValueError, TypeError
        For a P that isn't a matrix of joint probabilities, and for shapes that don't match. For squared
        distances too large for Y's dtype.

    Examples
    --------
    >>> from udl_pt.eager import tsne_cost
    >>> P = [[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]]  # points 0 and 1 are neighbours
    >>> Y = [[0], [0], [1]]
    >>> round(float(tsne_cost(P, Y)), 3)  # log 2: the neighbours' p is 1/2 and q is 1/4
    0.693
    """
    P, Y = check_embedding(P, Y)
    return Y.dtype.type(_divergence(P, _log_q_of_tsne(Y)))


def sne_gradient(P: Any, Y: Any) -> np.ndarray:
    """Return the gradient of symmetric SNE's cost, ``dC/dyi = 4 sum_j (p_ij - q_ij)(yi - yj)``.

    The formula is that of section 3.1, with
    ``q_ij = exp(-||yi - yj||^2) / sum[k != m] exp(-||yk - ym||^2)``.

    Parameters
    ----------
    P : array_like of shape (N, N)
        Joint probabilities: symmetric, zeros on the diagonal, sum 1.
    Y : array_like of shape (N, C)
        The embedding; points may coincide. float32 stays float32; any other dtype becomes float64.

    Returns
    -------
    numpy.ndarray of shape (N, C)

    Raises
    ------
    ValueError, TypeError
        For a P that isn't a matrix of joint probabilities, and for shapes that don't match. For squared
        distances too large for Y's dtype.

    Examples
    --------
    >>> from udl_pt.eager import sne_gradient
    >>> P = [[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]]  # points 0 and 1 are neighbours
    >>> Y = [[0], [0], [1]]
    >>> sne_gradient(P, Y).round(3).tolist()  # a step against it moves point 2 away
    [[0.424], [0.424], [-0.848]]
    """
    return _gradient_of_sne(*check_embedding(P, Y))


def tsne_gradient(P: Any, Y: Any) -> np.ndarray:
    """Return the gradient of t-SNE's cost (equation 5).

    It is ``dC/dyi = 4 sum_j (p_ij - q_ij)(yi - yj)(1 + ||yi - yj||^2)^-1``, with
    ``q_ij = (1 + ||yi - yj||^2)^-1 / sum[k != m] (1 + ||yk - ym||^2)^-1``.

    Parameters
    ----------
    P : array_like of shape (N, N)
        Joint probabilities: symmetric, zeros on the diagonal, sum 1.
    Y : array_like of shape (N, C)
        The embedding; points may coincide. float32 stays float32; any other dtype becomes float64.

    Returns
    -------
    numpy.ndarray of shape (N, C)

    Raises
    ------
    ValueError, TypeError
        For a P that isn't a matrix of joint probabilities, and for shapes that don't match. For squared
        distances too large for Y's dtype.

    Examples
    --------
    >>> from udl_pt.eager import tsne_gradient
    >>> P = [[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]]  # points 0 and 1 are neighbours
    >>> Y = [[0], [0], [1]]
    >>> tsne_gradient(P, Y).round(3).tolist()  # a step against it moves point 2 away
    [[0.25], [0.25], [-0.5]]
    """
    return _gradient_of_tsne(*check_embedding(P, Y))


def _differences(Y: np.ndarray) -> np.ndarray:
    """Return ``yi - yj`` for all pairs."""
    differences: np.ndarray = Y[:, None, :] - Y[None, :, :]  # (N, N, C)
    return differences


def _squared_distances(Y: np.ndarray) -> np.ndarray:
    """Return ``||yi - yj||^2`` for all pairs."""
    distances: np.ndarray = (_differences(Y) ** 2).sum(axis=2)  # (N, N)
    return distances


def _log_q_of_sne(Y: np.ndarray) -> np.ndarray:
    """Return ``log q_ij`` of symmetric SNE (equation 3; chapter 2).

    ``w_ij = exp(-||yi - yj||^2)``, and ``q_ij = w_ij / sum[k != m] w_km``.

    Parameters
    ----------
    Y : numpy.ndarray of shape (N, C)
        The embedding.

    Returns
    -------
    numpy.ndarray of shape (N, N)
        Minus infinity on the diagonal.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.eager import SymmetricSNE
    >>> np.exp(SymmetricSNE.log_q(np.array([[0.0], [0.0], [1.0]]))).round(3).tolist()
    [[0.0, 0.288, 0.106], [0.288, 0.0, 0.106], [0.106, 0.106, 0.0]]
    """
    return _log_shares(-_squared_distances(Y))  # (N, N)


def _log_q_of_tsne(Y: np.ndarray) -> np.ndarray:
    """Return ``log q_ij`` of t-SNE (equation 4; chapter 2).

    ``w_ij = (1 + ||yi - yj||^2)^-1``, and ``q_ij = w_ij / sum[k != m] w_km``.

    Parameters
    ----------
    Y : numpy.ndarray of shape (N, C)
        The embedding.

    Returns
    -------
    numpy.ndarray of shape (N, N)
        Minus infinity on the diagonal.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.eager import TSNE
    >>> np.exp(TSNE.log_q(np.array([[0.0], [0.0], [1.0]]))).round(3).tolist()
    [[0.0, 0.25, 0.125], [0.25, 0.0, 0.125], [0.125, 0.125, 0.0]]
    """
    return _log_shares(-np.log1p(_squared_distances(Y)))  # (N, N)


def _log_shares(log_w: np.ndarray) -> np.ndarray:
    """Return ``log(w_ij / sum[k != m] w_km)``; for points far from each other w itself would be 0."""
    np.fill_diagonal(log_w, -np.inf)  # k != m
    log_w = log_w - log_w.max()  # (N, N), the largest w is 1
    log_shares: np.ndarray = log_w - np.log(np.exp(log_w).sum())  # (N, N)
    return log_shares


def _divergence(P: np.ndarray, log_Q: np.ndarray) -> float:
    """Return ``KL(P || Q) = sum_ij p_ij (log p_ij - log q_ij)``, where 0 log 0 is 0."""
    some = P > 0  # (N, N)
    return float((P[some] * (np.log(P[some]) - log_Q[some])).sum(dtype=np.float64))


def _gradient_of_sne(P: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Return symmetric SNE's gradient ``dC/dyi = 4 sum_j (p_ij - q_ij)(yi - yj)`` (section 3.1).

    Parameters
    ----------
    P : numpy.ndarray of shape (N, N)
        Joint probabilities.
    Y : numpy.ndarray of shape (N, C)
        The embedding.

    Returns
    -------
    numpy.ndarray of shape (N, C)

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.eager import SymmetricSNE
    >>> P = np.array([[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]])  # points 0 and 1 are neighbours
    >>> SymmetricSNE.dC_dY(P, np.array([[0.0], [0.0], [1.0]])).round(3).tolist()
    [[0.424], [0.424], [-0.848]]
    """
    Q = np.exp(_log_q_of_sne(Y))  # (N, N)
    forces = (P - Q)[:, :, None] * _differences(Y)  # (N, N, C)
    gradient: np.ndarray = 4 * forces.sum(axis=1)  # (N, C)
    return gradient


def _gradient_of_tsne(P: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Return t-SNE's gradient ``dC/dyi = 4 sum_j (p_ij - q_ij)(yi - yj)(1 + ||yi - yj||^2)^-1`` (equation 5).

    Parameters
    ----------
    P : numpy.ndarray of shape (N, N)
        Joint probabilities.
    Y : numpy.ndarray of shape (N, C)
        The embedding.

    Returns
    -------
    numpy.ndarray of shape (N, C)

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.eager import TSNE
    >>> P = np.array([[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]])  # points 0 and 1 are neighbours
    >>> TSNE.dC_dY(P, np.array([[0.0], [0.0], [1.0]])).round(3).tolist()
    [[0.25], [0.25], [-0.5]]
    """
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
    log_q : callable
        ``log_q(Y)`` returns ``log q_ij``.
    gradient : callable
        ``gradient(P, Y)`` returns dC/dY.
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
    """The base of SNE and t-SNE: matrices of all pairs, and the steps of section 3.4."""

    gradients, methods = ("analytic",), ("auto", "exact")
    log_q: Callable[[np.ndarray], np.ndarray]
    dC_dY: Callable[[np.ndarray, np.ndarray], np.ndarray]

    @one_fit_at_a_time
    def fit_transform(
        self, X: Any, y: Any = None, *, callbacks: Sequence[Callable[[Progress], Any]] = (), **beyond: Any
    ) -> np.ndarray:
        """Embed the rows of `X`, by gradient descent on all pairs of points.

        Parameters
        ----------
        X : array_like of shape (N, D)
            At least four points, not all the same. With the metric "precomputed", their distances.
        y : None
            Not used.
        callbacks : sequence of callable
            Each receives a `udl_pt.training.progress.Progress` after every iteration, which counts as an
            epoch there.
        **beyond
            The argument `backend` of `udl_pt.TSNE.fit_transform`, at its default None.

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

        Examples
        --------
        >>> from udl_pt.eager import SymmetricSNE
        >>> X = [[0, 0], [0, 1], [9, 9], [9, 8]]  # two pairs of neighbours
        >>> Y = SymmetricSNE(1, s=1.0, max_iter=300).fit_transform(X)
        >>> Y.round(1).tolist()
        [[-2.0], [-2.0], [2.0], [2.0]]
        """
        check_beyond(f"{type(self).__name__}.fit_transform", beyond, FIT)
        self._check_arguments()
        callbacks = self._callbacks(callbacks)
        return self._exact(self._points(X), lambda P: Pairs(P, self.log_q, self.dC_dY), callbacks)

    def memory(self, N: int) -> int:
        """Return how many bytes `N` points need at the peak, in matrices of N x N.

        There are five matrices, and two for each dimension of the embedding.

        Parameters
        ----------
        N : int
            Number of points.

        Returns
        -------
        int

        Examples
        --------
        >>> from udl_pt.eager import TSNE
        >>> TSNE(2).memory(1000)  # 9 matrices of 1000 x 1000 numbers of 8 bytes
        72000000
        """
        matrices = 5 + 2 * self.n_components + (self.metric != "euclidean")  # at the peak, in the gradient
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
        """Return Y, v and the gains after a step: ``v <- alpha v - eta g dC/dY`` and ``Y <- Y + v``.

        The step is that of algorithm 1, with gains g (Jacobs 1988).
        """
        g = np.where(v * gradient < 0, gains + 0.2, gains * 0.8)  # more where a step goes on downhill
        g = np.maximum(g, 0.01)  # (N, C)
        v = momentum * v - rate * g * gradient  # (N, C)
        return Y + v, v, g

    def _way_out(self) -> str:
        return f"embed a sample of the points, or use udl_pt.{type(self).__name__}, which needs less"


@own_constructor
class SymmetricSNE(_OnPairs, GaussianEmbedding):
    """Symmetric stochastic neighbour embedding in NumPy, the twin of `udl_pt.SymmetricSNE` (chapter 2).

    Neighbourhoods are Gaussian on both sides, among the data and in the embedding.

    Parameters
    ----------
    n_components : int
        Number of dimensions of the embedding.
    s : float, optional
        The book's s, one for all points, in the data's units. By default each point has its own, found by
        `perplexity`, as in t-SNE.
    perplexity : float
        Effective number of neighbours of a point, used without `s`; see `udl_pt.joint_probabilities`.
    learning_rate : float or "auto"
        Step size. "auto" is ``1 / (8 * early_exaggeration * r)`` with r the largest row sum of P.
    max_iter : int
        Number of iterations.
    gradient : {"analytic"}
        The closed form of the gradient, the only choice here.
    early_exaggeration : float
        Factor of P in the first iterations. The default 1 has no effect: with a Gaussian, exaggeration
        draws all points into one.
    exaggeration_iter : int
        Number of these first iterations. The momentum is 0.5 in them, and 0.8 after.
    init : {"pca", "random"}
        Where points start: at the first principal components, or at noise, both scaled down to 1e-4.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of the noise. An int restarts at each fit; None is NumPy's global legacy generator.
    dtype : {"float64", "float32"}, optional
        Dtype of the embedding, float64 by default.

    Attributes
    ----------
    embedding_ : numpy.ndarray of shape (N, n_components)
        The points after the last iteration.
    kl_divergence_ : float
        Their cost, in nats.
    costs : list of float
        The cost every 50 iterations, without exaggeration.

    Examples
    --------
    >>> from udl_pt.eager import SymmetricSNE
    >>> X = [[0, 0], [0, 1], [9, 9], [9, 8]]  # two pairs of neighbours
    >>> sne = SymmetricSNE(1, s=1.0, max_iter=300)
    >>> sne.fit_transform(X).round(1).tolist()
    [[-2.0], [-2.0], [2.0], [2.0]]
    """

    log_q = staticmethod(_log_q_of_sne)
    dC_dY = staticmethod(_gradient_of_sne)


@own_constructor
class TSNE(_OnPairs, StudentEmbedding):
    """t-distributed stochastic neighbour embedding in NumPy, the twin of `udl_pt.TSNE` (chapter 2).

    Neighbourhoods are Gaussian among the data, and of Student's t in the embedding.

    Parameters
    ----------
    n_components : int
        Number of dimensions of the embedding.
    perplexity : float
        Effective number of neighbours of a point; see `udl_pt.joint_probabilities`.
    learning_rate : float or "auto"
        Step size. "auto" is ``N / early_exaggeration / 4``, but at least 50.
    max_iter : int
        Number of iterations.
    gradient : {"analytic"}
        The closed form of the gradient, the only choice here.
    early_exaggeration : float
        Factor of P in the first iterations, so that clusters form and separate.
    exaggeration_iter : int
        Number of these first iterations. The momentum is 0.5 in them, and 0.8 after.
    init : {"pca", "random"}
        Where points start: at the first principal components, or at noise, both scaled down to 1e-4.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of the noise. An int restarts at each fit; None is NumPy's global legacy generator.
    dtype : {"float64", "float32"}, optional
        Dtype of the embedding, float64 by default.
    method : {"auto", "exact"}
        Both work on all pairs of points.

    Attributes
    ----------
    embedding_ : numpy.ndarray of shape (N, n_components)
        The points after the last iteration.
    kl_divergence_ : float
        Their cost, in nats.
    costs : list of float
        The cost every 50 iterations, without exaggeration.

    References
    ----------
    van der Maaten and Hinton, Visualizing Data using t-SNE, JMLR 9 (2008).

    Examples
    --------
    >>> from udl_pt.eager import TSNE
    >>> X = [[0, 0], [0, 1], [9, 9], [9, 8]]  # two pairs of neighbours
    >>> tsne = TSNE(1, perplexity=1.5, learning_rate=1.0, early_exaggeration=1.0, max_iter=300)
    >>> tsne.fit_transform(X).round(1).tolist()
    [[-2.3], [-2.0], [2.3], [2.0]]
    """

    log_q = staticmethod(_log_q_of_tsne)
    dC_dY = staticmethod(_gradient_of_tsne)
