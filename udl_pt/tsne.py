"""Chapter 2: symmetric SNE and t-SNE, which move points in the plane until neighbours are neighbours there.

Gradient descent with momentum, gains and early exaggeration as in van der Maaten and Hinton (Visualizing Data
using t-SNE, JMLR 9 (2008), section 3.4). The gradient is a compiled graph (`udl_pt.neighbours`).
"""

import importlib
import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from udl_pt import memory
from udl_pt.affinities import check_spread, fill_gaussian, fill_joint, points
from udl_pt.backend import float_dtype, get_backend
from udl_pt.descent import Analytic, Autodiff
from udl_pt.neighbours import Kernel, gaussian, student
from udl_pt.pca import PCA
from udl_pt.random import as_generator
from udl_pt.training import Progress, notify
from udl_pt.validation import (
    DivergenceError,
    check_callbacks,
    check_count,
    check_number,
    check_option,
)

__all__ = ["TSNE", "SymmetricSNE"]

logger = logging.getLogger(__name__)

RECORDED = 50  # iterations from one record of the cost to the next
LARGE = 10_000  # points from which "auto" is "fft"
MATRICES = {"analytic": 1.5, "autodiff": 9.0}  # of N x N, at the peak: 1.5 on JAX, 1.15 on Numba; 8.8, 7.2


class _Embedding:
    """What SNE and t-SNE share."""

    kernel: Kernel
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
        check_option(gradient, "gradient", ("analytic", "autodiff"))
        self.gradient = gradient
        self.early_exaggeration = check_number(early_exaggeration, "early_exaggeration", at_least=1)
        self.exaggeration_iter = check_count(exaggeration_iter, "exaggeration_iter", at_least=0)
        check_option(init, "init", ("pca", "random"))
        self.init = init
        self.dtype = float_dtype(dtype)
        self._generator = as_generator(random_state)
        self.costs: list[float] = []

    def fit_transform(
        self, X: Any, *, backend: str | None = None, callbacks: Sequence[Callable[[Progress], Any]] = ()
    ) -> np.ndarray:
        """Embed the rows of `X`.

        Parameters
        ----------
        X : array_like of shape (N, D)
            At least four points, not all the same.
        backend : {"numba", "c", "jax"}, optional
            See `udl_pt.set_backend`.
        callbacks : sequence of callable
            Each gets a `udl_pt.training.Progress` after every iteration, which counts as an epoch there.

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
        backend = get_backend(backend)
        return self._exact(self._points(X), backend, self._callbacks(callbacks))

    def _callbacks(self, callbacks: Any) -> Sequence[Callable[[Progress], Any]]:
        checked = check_callbacks(callbacks)
        notify(checked, "on_check", self, ("learning_rate",), ())
        return checked

    def transform(self, X: Any) -> np.ndarray:
        """Say why there is no such thing.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no transform: it moves the points it was given, and learns no "
            "function that new points could be put into. Embed old and new points together with "
            "fit_transform, or use PCA, which has a transform"
        )

    def memory(self, N: int) -> int:
        """Say how many bytes the exact method needs for `N` points, in matrices of N x N."""
        return int(N * N * np.dtype(self.dtype).itemsize * MATRICES[self.gradient])

    def _exact(
        self, X: np.ndarray, backend: str, callbacks: Sequence[Callable[[Progress], Any]]
    ) -> np.ndarray:
        N = len(X)
        needed, there = self.memory(N), memory.available()
        logger.info("%s of %d points needs %.2f GB of memory", type(self).__name__, N, needed / 1e9)
        if needed > there:
            raise MemoryError(
                f"the exact method needs {needed / 1e9:.1f} GB for {N} points, and {there / 1e9:.1f} GB are "
                f"there: {self._way_out()}"
            )
        Y = self._start(X).astype(self.dtype)
        P = np.empty((N, N), self.dtype)
        self._fill(P, X)
        rate = self._rate(P)
        way = Autodiff if self.gradient == "autodiff" else Analytic
        descent = way(self.kernel, P, self.n_components, backend)
        self._descend(descent, Y, rate, callbacks)
        return self.embedding_

    def _points(self, X: Any) -> np.ndarray:
        return points(X, self.perplexity)

    def _way_out(self) -> str:
        return "embed a sample of the points, or use dtype='float32', which needs half"

    def _fill(self, P: np.ndarray, X: np.ndarray) -> None:
        fill_joint(P, X, self.perplexity)

    def _start(self, X: np.ndarray) -> np.ndarray:
        """Start from a tiny cloud: the data's first components, or noise."""
        if self.init == "random":
            return 1e-4 * self._generator.standard_normal((len(X), self.n_components))
        if self.n_components > min(X.shape):
            raise ValueError(
                f"n_components is {self.n_components}, but {len(X)} rows of {X.shape[1]} features don't "
                "have so many principal components to start from: init='random'"
            )
        Z = X @ PCA(self.n_components).fit(X).components_.T
        Y: np.ndarray = 1e-4 * Z / Z[:, 0].std()
        return Y

    def _rate(self, P: np.ndarray) -> float:
        """Give the step size; "auto" is one that the attracting forces allow."""
        return self._auto(P) if isinstance(self.learning_rate, str) else self.learning_rate

    def _auto(self, P: np.ndarray) -> float:
        """By a Gaussian the forces grow with the distance, with up to 8 times the sum of a row of P."""
        return 1 / (8 * self.early_exaggeration * float(P.sum(axis=1, dtype=float).max()))

    def _descend(
        self,
        descent: Analytic | Autodiff,
        Y: np.ndarray,
        rate: float,
        callbacks: Sequence[Callable[[Progress], Any]],
    ) -> None:
        self.__dict__.pop("kl_divergence_", None)  # until the end, it would be another embedding's
        self.costs, self.embedding_ = [], Y
        velocity, gains = np.zeros_like(Y), np.ones_like(Y)
        progress = Progress(
            f"{type(self).__name__}({self.n_components})",
            epochs=self.max_iter,
            n_batches=1,
            batch=1,
            hyper={"learning_rate": rate},
            model=self,
        )
        notify(callbacks, "on_start", progress)
        for iteration in range(1, self.max_iter + 1):
            early = iteration <= self.exaggeration_iter
            if iteration == self.exaggeration_iter + 1:  # another cost: what was learned of the old is void
                velocity, gains = np.zeros_like(Y), np.ones_like(Y)
            rate = progress.hyper["learning_rate"]
            with np.errstate(all="ignore"):  # what isn't finite is refused below
                gradient = descent.gradient(Y, self.early_exaggeration if early else 1.0)
                gains = np.maximum(np.where(velocity * gradient < 0, gains + 0.2, gains * 0.8), 0.01)
                velocity = ((0.5 if early else 0.8) * velocity - rate * gains * gradient).astype(self.dtype)
                moved = Y + velocity
            if not np.isfinite(moved).all():
                raise DivergenceError(
                    f"{progress.stage}: the step is not finite in iteration {iteration} (learning_rate "
                    f"{rate:g}); embedding_ is that before this step: use a smaller learning_rate"
                )
            self.embedding_ = Y = moved
            progress.epoch = iteration
            if iteration % RECORDED == 0 or iteration == self.max_iter:
                self.costs.append(descent.cost(Y))
                progress.cost = self.costs[-1]
            notify(callbacks, "on_batch", progress)
            for callback in callbacks:
                callback(progress)
            if progress.stop:
                break
        notify(callbacks, "on_end", progress)
        self.kl_divergence_ = descent.cost(Y)


class SymmetricSNE(_Embedding):
    """Symmetric stochastic neighbour embedding (chapter 2): Gaussian neighbourhoods on both sides.

    Parameters
    ----------
    n_components : int
        Dimensions of the embedding.
    s : float, optional
        The book's s, shared by all points, in the data's units. Where not given, each point has its own, by
        `perplexity`, as in t-SNE, so that the two can be compared.
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

    kernel = staticmethod(gaussian)

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
        return points(X) if self.s is not None else super()._points(X)

    def _fill(self, P: np.ndarray, X: np.ndarray) -> None:
        if self.s is None:
            super()._fill(P, X)
        else:
            fill_gaussian(P, X, self.s)


class TSNE(_Embedding):
    """t-distributed stochastic neighbour embedding (chapter 2; van der Maaten and Hinton 2008).

    Parameters
    ----------
    n_components : int
        Dimensions of the embedding.
    perplexity : float
        How many neighbours a point has, in effect; see `udl_pt.joint_probabilities`.
    learning_rate : float or "auto"
        Step size; "auto" is ``N / early_exaggeration / 4``, but at least 50 (as scikit-learn's).
    max_iter : int
        Iterations.
    gradient : {"analytic", "autodiff"}
        The closed form as a graph that goes through blocks of rows, or what PyTensor makes of the cost.
    early_exaggeration : float
        What p is multiplied with in the first iterations, so that clusters form and find their places.
    exaggeration_iter : int
        Their number; the momentum is 0.5 then and 0.8 after.
    init : {"pca", "random"}
        Where points start: at the first principal components, or at noise, both scaled down to 1e-4.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of the noise. None is NumPy's global legacy generator.
    dtype : {"float64", "float32"}, optional
        PyTensor's floatX where not given.
    method : {"auto", "exact", "fft"}
        "exact" works on all pairs; "fft" interpolates (FIt-SNE) by openTSNE, an optional package; "auto" is
        "exact" below 10,000 points.

    Attributes
    ----------
    embedding_ : ndarray of shape (N, n_components)
        Where the points ended.
    kl_divergence_ : float
        The cost there, in nats; by "fft" that of openTSNE's sparse P.
    costs : list of float
        The cost every 50 iterations, without exaggeration ("exact" only).
    """

    kernel = staticmethod(student)

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
        check_option(method, "method", ("auto", "exact", "fft"))
        self.method = method

    def fit_transform(
        self, X: Any, *, backend: str | None = None, callbacks: Sequence[Callable[[Progress], Any]] = ()
    ) -> np.ndarray:
        """Embed the rows of `X`; see `SymmetricSNE.fit_transform`.

        By "fft" there are no callbacks and no gradient of one's own, and one or two dimensions.
        """
        backend = get_backend(backend)
        callbacks = self._callbacks(callbacks)
        X = self._points(X)
        if self.method == "exact" or (self.method == "auto" and len(X) < LARGE):
            return self._exact(X, backend, callbacks)
        if self.n_components > 2 or self.gradient != "analytic" or callbacks:
            raise ValueError(
                f"method is {self.method!r}, and {len(X)} points go through openTSNE, which takes one or two "
                "dimensions, and neither callbacks nor gradient='autodiff': leave these away, or use "
                "method='exact'"
            )
        try:
            opentsne = importlib.import_module("openTSNE")
        except ImportError as error:
            raise ValueError(
                f"method is {self.method!r}, and {len(X)} points go through openTSNE, not installed here: "
                "pip install 'udl_pt[tsne]', or embed a sample, or use method='exact', which takes "
                f"{self.memory(len(X)) / 1e9:.1f} GB and a time that grows with the square"
            ) from error
        run = opentsne.TSNE(
            n_components=self.n_components,
            perplexity=self.perplexity,
            # its gradient lacks the factor 4
            learning_rate="auto" if isinstance(self.learning_rate, str) else 4 * self.learning_rate,
            early_exaggeration=self.early_exaggeration,
            early_exaggeration_iter=min(self.exaggeration_iter, self.max_iter),
            n_iter=max(self.max_iter - self.exaggeration_iter, 0),
            initial_momentum=0.5,
            initialization=self._start(X),
            negative_gradient_method="fft",
            n_jobs=-1,
            random_state=int.from_bytes(self._generator.bytes(3), "big"),
        ).fit(X)
        self.costs, self.kl_divergence_ = [], float(run.kl_divergence)
        self.embedding_ = np.array(run, self.dtype)
        return self.embedding_

    def _auto(self, P: np.ndarray) -> float:
        return max(len(P) / self.early_exaggeration / 4, 50.0)

    def _way_out(self) -> str:
        return "use method='fft' (pip install 'udl_pt[tsne]'), or embed a sample of the points"
