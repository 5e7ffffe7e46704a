"""Chapter 2: what SNE and t-SNE with compiled gradients share: fits, scikit-learn's contract, files."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np

from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt.backends import float_dtype, get_backend
from udl_pt.models._attributes import Attributes
from udl_pt.models._saved import Saved
from udl_pt.models._scikit import Kept, Scikit, UnfittedError, as_numbers
from udl_pt.models._sne.affinities import Points
from udl_pt.models._sne.gradients import Analytic, Autodiff
from udl_pt.models._sne.loop import Embedding, Objective
from udl_pt.models._sne.objective import Kernel
from udl_pt.models._warm_start import goes_on
from udl_pt.models.pca import PCA
from udl_pt.training._resumable import resumable
from udl_pt.training.progress import Progress

__all__ = ["OnGraphs"]

MATRICES = {"analytic": 1.5, "autodiff": 9.0}  # of N x N, at the peak: 1.5 on JAX, 1.15 on Numba; 8.8, 7.2


class OnGraphs(Scikit, Embedding, Saved):
    """Base of SNE and t-SNE, whose gradient is a graph. They are estimators of scikit-learn."""

    kernel: Kernel
    kept = ("costs",)
    not_saved = (*Saved.not_saved, "feature_names_in_", "_settings", "random_state")
    costs: Any = Kept()
    embedding_: np.ndarray

    @property
    def _n_features_out(self) -> int:
        return int(self.embedding_.shape[1])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = tags.input_tags.positive_only = self._takes_distances
        return tags

    def _more_tags(self) -> dict[str, Any]:  # before scikit-learn 1.6
        return {"pairwise": self._takes_distances, "requires_positive_X": self._takes_distances}

    @property
    def _takes_distances(self) -> bool:
        return isinstance(self.metric, str) and self.metric == "precomputed"

    def _saved_attributes(self) -> dict[str, Any]:
        return super()._saved_attributes() | {"dtype": self.dtype}

    def _restore(self, attributes: Mapping[str, Any]) -> None:
        chance = attributes.get("_chance")
        added = {"metric": "euclidean", "metric_params": None}  # of files before there were others
        super()._restore({**added, "random_state": getattr(chance, "source", None), **attributes})

    def _check_attributes(self, own: Attributes) -> None:
        own.options(next(cls for cls in type(self).__mro__ if cls.__module__.startswith("udl_pt.")))
        own.chance()
        own.records("costs")
        own.take("kl_divergence_", lambda v: type(v) is float, "a float", optional=True)
        N = len(own.take("embedding_", lambda Y: isinstance(Y, np.ndarray) and Y.ndim == 2, "a matrix"))
        own.array("embedding_", (N, self.n_components))
        self._check_features_in(own)

    def _check_fitted(self, before: str) -> None:
        if not self.is_fitted:
            raise UnfittedError(
                f"this {type(self).__name__} has no embedding yet: call fit_transform before {before}"
            )

    @one_fit_at_a_time
    @resumable
    def fit_transform(
        self,
        X: Any,
        y: Any = None,
        *,
        backend: str | None = None,
        callbacks: Sequence[Callable[[Progress], Any]] = (),
        warm_start: bool = False,
        resume: Any = None,
        verbose: bool = False,
    ) -> np.ndarray:
        """Embed the rows of `X` by gradient descent.

        Parameters
        ----------
        X : array_like of shape (N, D)
            At least four points, not all the same. With the metric "precomputed", their distances.
        y : None
            Not used. Pipelines pass it.
        backend : {"numba", "c", "jax"}, optional
            Backend of the gradient. The default is the choice of `udl_pt.set_backend`.
        callbacks : sequence of callable
            Each is called with a `udl_pt.training.progress.Progress` after every iteration, which counts as
            an epoch there. `udl_pt.callbacks` has some.
        warm_start : bool
            Whether the points move on from `embedding_`, where there is one, for further `max_iter`
            iterations without exaggeration.
        resume : path-like, optional
            A file of `udl_pt.callbacks.Checkpoint`, from which this fit goes on. Where there is none, it
            starts anew.
        verbose : bool
            Whether to show progress, as `udl_pt.callbacks.ProgressBar` does.

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
            When a step or its cost is not finite. `embedding_` is the one before it.

        Examples
        --------
        >>> from udl_pt import SymmetricSNE
        >>> X = [[0, 0], [0, 1], [1, 0], [10, 10], [10, 11], [11, 10]]
        >>> sne = SymmetricSNE(1, perplexity=2, max_iter=100)
        >>> y = sne.fit_transform(X)[:, 0]
        >>> (y > y.mean()).tolist()  # the two groups stay apart
        [False, False, False, True, True, True]
        """
        self._check_arguments()
        backend = get_backend(backend)
        callbacks, found = self._callbacks(callbacks), self._points(as_numbers(X))
        warm = self._goes_on(warm_start, found)
        self._exact(found, self._objective_of(backend), callbacks, warm=warm)
        self._keep_features(X)
        return self.embedding_

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        backend: str | None = None,
        callbacks: Sequence[Callable[[Progress], Any]] = (),
        warm_start: bool = False,
        resume: Any = None,
        verbose: bool = False,
    ) -> Self:
        """Embed the rows of `X`, as `fit_transform` does.

        Parameters
        ----------
        X : array_like of shape (N, D)
            At least four points, not all the same. With the metric "precomputed", their distances.
        y : None
            Not used. Pipelines pass it.
        backend, callbacks, warm_start, resume, verbose
            Arguments of `fit_transform`.

        Returns
        -------
        estimator
            Itself.

        Examples
        --------
        >>> from udl_pt import TSNE
        >>> X = [[0, 0], [0, 1], [1, 0], [10, 10], [10, 11], [11, 10]]
        >>> TSNE(1, perplexity=2, max_iter=50).fit(X)
        <TSNE(n_components=1, perplexity=2, max_iter=50), fitted>
        """
        self.fit_transform(
            X, backend=backend, callbacks=callbacks, warm_start=warm_start, resume=resume, verbose=verbose
        )
        return self

    def memory(self, N: int) -> int:
        """Return how many bytes of memory the exact method needs for N points.

        Parameters
        ----------
        N : int
            Number of points.

        Returns
        -------
        int
            Bytes at the peak, in matrices of N x N.

        Examples
        --------
        >>> from udl_pt import TSNE
        >>> TSNE(dtype="float64").memory(1000)  # one and a half matrices
        12000000
        >>> TSNE(dtype="float32").memory(1000)
        6000000
        """
        of_metric = 0 if isinstance(self.metric, str) and self.metric == "euclidean" else 2 * N * N * 8
        return int(N * N * np.dtype(self.dtype).itemsize * MATRICES[self.gradient]) + of_metric

    def _goes_on(self, warm_start: Any, found: Points) -> bool:
        points = {"points": (len(self.embedding_), len(found.X))} if self.is_fitted else {}
        warm = goes_on(self, warm_start, **points)
        if warm and self.embedding_.shape[1] != self._settings.n_components:
            raise ValueError(
                f"warm_start is True, and embedding_ has {self.embedding_.shape[1]} dimensions, but "
                f"n_components is {self._settings.n_components}: set it back, or pass warm_start=False"
            )
        return warm

    def _objective_of(self, backend: str) -> Callable[[np.ndarray], Objective]:
        way = Autodiff if self.gradient == "autodiff" else Analytic
        return lambda P: way(self.kernel, P, self.n_components, backend)

    @staticmethod
    def _dtype(dtype: Any) -> str:
        return float_dtype(dtype)

    def _components(self, X: np.ndarray) -> np.ndarray:
        Z: np.ndarray = X @ PCA(self.n_components).fit(X).components_.T
        return Z

    @staticmethod
    def _moved(
        Y: np.ndarray, v: np.ndarray, gains: np.ndarray, gradient: np.ndarray, rate: float, momentum: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        gains = np.maximum(np.where(v * gradient < 0, gains + 0.2, gains * 0.8), 0.01)
        v = (momentum * v - rate * gains * gradient).astype(Y.dtype)
        return Y + v, v, gains

    def _way_out(self) -> str:
        return "embed a sample of the points, or use dtype='float32', which needs half"
