"""Chapter 2: the common part of all embeddings: the start, and the loop of the descent.

Like `udl_pt.training.loop` for the other models, it contains no formula. `udl_pt.models.tsne` computes cost
and gradient, the first components, and the step that follows from a gradient. So does its eager twin,
`udl_pt.eager.tsne`.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from udl_pt._support import memory
from udl_pt._support.arguments import check_callbacks, check_option
from udl_pt._support.arrays import check_form
from udl_pt._support.exceptions import DivergenceError
from udl_pt.models._sne.affinities import Points, check_spread, fill_gaussian, fill_joint, points
from udl_pt.models._sne.arguments import Arguments
from udl_pt.models._sne.distances import points_by_metric
from udl_pt.training._resuming import Training, entered
from udl_pt.training.progress import Progress, notify, notifying
from udl_pt.training.rates import Rates

__all__ = ["RECORDED", "Embedding", "GaussianEmbedding", "Objective", "StudentEmbedding"]

logger = logging.getLogger(__name__)

RECORDED = 50  # iterations from one record of the cost to the next


class Objective(Protocol):
    """The cost and gradient that are descended, for one P."""

    def gradient(self, Y: np.ndarray, exaggeration: float) -> np.ndarray:
        """Return the cost's gradient by `Y`, both of shape (N, C), with P multiplied by `exaggeration`."""

    def cost(self, Y: np.ndarray) -> float:
        """Return the Kullback-Leibler divergence, in nats."""


class NoTransformError(NotImplementedError, AttributeError):
    """Raised where an embedding is asked for its `transform`."""


class Embedding(Arguments):
    """Base of all embeddings; a subclass writes the methods that raise NotImplementedError here.

    Attributes
    ----------
    rates : tuple of str
        Names of the rates that a callback may change.
    """

    rates: tuple[str, ...] = ("learning_rate",)
    kl_divergence_: float

    @property
    def transform(self) -> Any:
        """An error, since an embedding has no transform: so scikit-learn sees that there is none.

        Raises
        ------
        NotImplementedError, AttributeError
            Always.
        """
        raise NoTransformError(
            f"{type(self).__name__} has no transform: it moves the points themselves, and learns no function "
            "for new points. Embed old and new points together with fit_transform, or use PCA, which has a "
            "transform"
        )

    def memory(self, N: int) -> int:
        """Return how many bytes `N` points need, in matrices of N x N."""
        raise NotImplementedError

    def _components(self, X: np.ndarray) -> np.ndarray:
        """Return the data's first components, of shape (N, C)."""
        raise NotImplementedError

    @staticmethod
    def _moved(
        Y: np.ndarray, v: np.ndarray, gains: np.ndarray, gradient: np.ndarray, rate: float, momentum: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Take a step against the gradient, and return the new places, velocities and gains."""
        raise NotImplementedError

    def _way_out(self) -> str:
        """Return what to do where memory is too small."""
        raise NotImplementedError

    def _auto(self, P: np.ndarray) -> float:
        """Return the step size that "auto" stands for."""
        raise NotImplementedError

    def _points(self, X: Any) -> Points:
        perplexity = None if self._settings.s is not None else self._settings.perplexity
        if isinstance(self.metric, str) and self.metric == "euclidean":
            return points(X, perplexity)
        self._check_memory(len(check_form(X)))
        return points_by_metric(X, perplexity, self.metric, self.metric_params, type(self).__name__)

    def _fill(self, P: np.ndarray, found: Points) -> None:
        if self._settings.s is None:
            fill_joint(P, found, self._settings.perplexity)
        else:
            fill_gaussian(P, found, self._settings.s)

    def _callbacks(self, callbacks: Any) -> Sequence[Callable[[Progress], Any]]:
        checked = check_callbacks(callbacks)
        notify(checked, "on_check", self, self.rates, ())
        return checked

    def _exact(
        self,
        found: Points,
        objective_of: Callable[[np.ndarray], Objective],
        callbacks: Sequence[Callable[[Progress], Any]],
        *,
        warm: bool = False,
    ) -> np.ndarray:
        """Embed the result of `_points`, from the present embedding if `warm`.

        `objective_of` returns the objective for P.
        """
        N = len(found.X)
        self._check_memory(N)
        Y = np.array(self.embedding_ if warm else self._start(found.X), self.dtype)
        P = np.empty((N, N), self.dtype)
        self._fill(P, found)
        rate = self._settings.learning_rate
        if isinstance(rate, str):
            rate = self._auto(P)
        self._descend(objective_of(P), Y, rate, callbacks, warm)
        return self.embedding_

    def _check_memory(self, N: int) -> None:
        """Raise MemoryError unless N points have room."""
        needed, there = self.memory(N), memory.available()
        logger.info("%s of %d points needs %.2f GB of memory", type(self).__name__, N, needed / 1e9)
        if needed > there:
            raise MemoryError(
                f"the exact method needs {needed / 1e9:.1f} GB for {N} points, but only {there / 1e9:.1f} GB "
                f"are free: {self._way_out()}"
            )

    def _start(self, X: np.ndarray) -> np.ndarray:
        """Start from a tiny cloud: the data's first components, or noise."""
        self._chance.restart()
        if self.init == "random":
            return 1e-4 * self._generator.standard_normal((len(X), self._settings.n_components))
        if self._settings.n_components > min(X.shape):
            raise ValueError(
                f"n_components is {self._settings.n_components}, but {len(X)} rows of {X.shape[1]} features "
                "don't have so many principal components to start from: pass init='random'"
            )
        Z = self._components(X)
        Y: np.ndarray = 1e-4 * Z / Z[:, 0].std()
        return Y

    def _descend(
        self,
        objective: Objective,
        Y: np.ndarray,
        rate: float,
        callbacks: Sequence[Callable[[Progress], Any]],
        warm: bool,
    ) -> None:
        self.__dict__.pop("kl_divergence_", None)  # until the end, it would be another embedding's
        self.costs, self.embedding_ = (self.costs if warm else []), Y
        progress = Progress(
            f"{type(self).__name__}({self._settings.n_components})",
            epochs=self._settings.max_iter,
            n_batches=1,
            batch=1,
            hyper=Rates(self.dtype, learning_rate=rate),
            model=self,
        )
        with entered(self, None, progress, callbacks) as training:
            if training.is_over:
                return
            with notifying(callbacks, progress):
                n_early = 0 if warm else self._settings.exaggeration_iter
                self._iterate(objective, progress, callbacks, training, n_early)
            with np.errstate(all="ignore"):  # what isn't finite is refused
                cost = objective.cost(self.embedding_)
            self._check_finite(self.embedding_, cost, progress, progress.epoch)
            self.kl_divergence_ = cost

    def _iterate(
        self,
        objective: Objective,
        progress: Progress,
        callbacks: Sequence[Callable[[Progress], Any]],
        training: Training,
        n_early: int,
    ) -> None:
        start = training.resume()
        Y, settings = self.embedding_, self._settings
        velocity, gains = (start["velocity"], start["gains"]) if start else _still(Y)
        for iteration in range(progress.epoch + 1, settings.max_iter + 1):
            if progress.stop:
                break
            early = iteration <= n_early
            if iteration == n_early + 1:  # another cost: what was learned of the old is void
                velocity, gains = _still(Y)
            rate = progress.hyper["learning_rate"]
            with np.errstate(all="ignore"):  # what isn't finite is refused below
                gradient = objective.gradient(Y, settings.early_exaggeration if early else 1.0)
                moved, velocity, gains = self._moved(
                    Y, velocity, gains, gradient, rate, 0.5 if early else 0.8
                )
                recorded = iteration % RECORDED == 0 or iteration == settings.max_iter
                cost = objective.cost(moved) if recorded else 0.0
            self._check_finite(moved, cost, progress, iteration)
            self.embedding_ = Y = moved
            progress.advance(epoch=iteration)
            if recorded:
                self.costs.append(cost)
                progress.advance(cost=cost)
            notify(callbacks, "on_batch", progress)
            for callback in filter(callable, callbacks):
                callback(progress)
            training.after("epoch", velocity=velocity, gains=gains)

    @staticmethod
    def _check_finite(Y: np.ndarray, cost: float, progress: Progress, iteration: int) -> None:
        """Raise unless the places `Y` after a step and their cost are finite."""
        if not (np.isfinite(Y).all() and np.isfinite(cost)):
            what = "cost" if np.isfinite(Y).all() else "step"
            before = "; embedding_ is that before this step" if iteration > progress.epoch else ""
            raise DivergenceError(
                f"{progress.stage}: the {what} is not finite in iteration {iteration} (learning_rate "
                f"{progress.hyper['learning_rate']:g}){before}: use a smaller learning_rate"
            )


def _still(Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the velocities and gains of points at rest."""
    return np.zeros_like(Y), np.ones_like(Y)


class GaussianEmbedding(Embedding):
    """Arguments, P and step size of symmetric SNE."""

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
        metric: str | Callable[..., Any] = "euclidean",
        metric_params: Any = None,
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
            metric=metric,
            metric_params=metric_params,
        )
        self.s = s

    def _spread(self) -> float | None:
        return None if self.s is None else check_spread(self.s)

    def _auto(self, P: np.ndarray) -> float:
        """By a Gaussian the forces grow with the distance, with up to 8 times the sum of a row of P."""
        return 1 / (8 * self._settings.early_exaggeration * float(P.sum(axis=1, dtype=float).max()))


class StudentEmbedding(Embedding):
    """Arguments and step size of t-SNE."""

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
        metric: str | Callable[..., Any] = "euclidean",
        metric_params: Any = None,
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
            metric=metric,
            metric_params=metric_params,
        )
        self.method = method

    def _check_arguments(self) -> None:
        check_option(self.method, "method", self.methods)
        super()._check_arguments()

    def _auto(self, P: np.ndarray) -> float:
        return max(len(P) / self._settings.early_exaggeration / 4, 50.0)
