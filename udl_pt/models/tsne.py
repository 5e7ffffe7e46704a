"""Chapter 2: symmetric SNE and t-SNE, which embed data so that neighbours stay neighbours.

Gradient descent with momentum, gains and early exaggeration as in van der Maaten and Hinton (Visualizing Data
using t-SNE, JMLR 9 (2008), section 3.4). The gradient is a compiled graph (`udl_pt.models._sne.objective`).
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_number
from udl_pt._support.classes import own_constructor
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt.backends import get_backend
from udl_pt.models._scikit import as_numbers
from udl_pt.models._sne.loop import GaussianEmbedding, StudentEmbedding
from udl_pt.models._sne.objective import gaussian, student
from udl_pt.models._sne.on_graphs import OnGraphs
from udl_pt.training._resumable import resumable
from udl_pt.training.progress import Progress

__all__ = ["TSNE", "SymmetricSNE"]

LARGE = 10_000  # points from which "auto" is "fft"
LARGEST = 1e100  # of openTSNE's numbers: it squares its steps, and crashes where these aren't finite


@own_constructor
class SymmetricSNE(OnGraphs, GaussianEmbedding):
    """Symmetric stochastic neighbour embedding (chapter 2): Gaussian neighbourhoods on both sides.

    Parameters
    ----------
    n_components : int
        Dimensions of the embedding.
    s : float, optional
        The book's s, shared by all points, in the data's units. The default is one for each point, by
        `perplexity`, as in t-SNE, so that the two can be compared.
    perplexity : float
        Effective number of neighbours of a point, above 0 and below N; see `udl_pt.joint_probabilities`. It
        has no effect if `s` is given.
    learning_rate : float or "auto"
        Step size. "auto" is the limit that the attracting forces set: ``1 / (8 * early_exaggeration * r)``,
        where r is the largest sum of a row of P.
    max_iter : int
        Number of iterations.
    gradient : {"analytic", "autodiff"}
        How to compute the gradient: in closed form, by blocks of rows, or as PyTensor's derivative of the
        cost.
    early_exaggeration : float
        Factor of p in the first iterations. The default 1 means no exaggeration, which here would draw all
        points into one.
    exaggeration_iter : int
        Number of these iterations. The momentum is 0.5 in them and 0.8 after.
    init : {"pca", "random"}
        Start of the points: the first principal components, or noise, both scaled down to 1e-4.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of the noise. An int restarts the draws in each fit. None is NumPy's global legacy generator.
    dtype : {"float64", "float32"}, optional
        Dtype of the embedding. The default is PyTensor's floatX.
    metric : str or callable
        Distance of two points: one of `sklearn.metrics.pairwise_distances`, a function of two rows, or
        "precomputed", where `X` has the distances. Neighbourhoods come from squared distances.
    metric_params : dict, optional
        Further arguments of the metric.

    Attributes
    ----------
    embedding_ : ndarray of shape (N, n_components)
        Final coordinates of the points.
    kl_divergence_ : float
        The cost there, in nats.
    costs : list of float
        The cost every 50 iterations and at the end, without exaggeration.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import SymmetricSNE
    >>> X = np.repeat([[0.0, 0.0], [10.0, 10.0]], 3, axis=0) + np.arange(6)[:, None] / 10
    >>> sne = SymmetricSNE(n_components=1, perplexity=2, max_iter=100)
    >>> sne.fit_transform(X).shape
    (6, 1)
    >>> len(sne.costs)
    2
    """

    kernel = staticmethod(gaussian)


@own_constructor
class TSNE(OnGraphs, StudentEmbedding):
    """t-distributed stochastic neighbour embedding (chapter 2; van der Maaten and Hinton 2008).

    Parameters
    ----------
    n_components : int
        Dimensions of the embedding.
    perplexity : float
        Effective number of neighbours of a point, above 0 and below N; see `udl_pt.joint_probabilities`.
    learning_rate : float or "auto"
        Step size. "auto" is ``N / early_exaggeration / 4``, but at least 50 (as scikit-learn's).
    max_iter : int
        Number of iterations.
    gradient : {"analytic", "autodiff"}
        How to compute the gradient: in closed form, by blocks of rows, or as PyTensor's derivative of the
        cost.
    early_exaggeration : float
        Factor of p in the first iterations, so that clusters form and separate.
    exaggeration_iter : int
        Number of these iterations. The momentum is 0.5 in them and 0.8 after.
    init : {"pca", "random"}
        Start of the points: the first principal components, or noise, both scaled down to 1e-4.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of the noise. An int restarts the draws in each fit. None is NumPy's global legacy generator.
    dtype : {"float64", "float32"}, optional
        Dtype of the embedding. The default is PyTensor's floatX.
    method : {"auto", "exact", "fft"}
        "exact" computes all pairs. "fft" interpolates (FIt-SNE) by openTSNE, an optional package. "auto" is
        "exact" below 10,000 points, and "fft" from there.
    metric : str or callable
        Distance of two points: one of `sklearn.metrics.pairwise_distances`, a function of two rows, or
        "precomputed", where `X` has the distances. Neighbourhoods come from squared distances.
    metric_params : dict, optional
        Further arguments of the metric.

    Attributes
    ----------
    embedding_ : ndarray of shape (N, n_components)
        Final coordinates of the points.
    kl_divergence_ : float
        The cost there, in nats. With "fft" it is that of openTSNE's sparse P.
    costs : list of float
        The cost every 50 iterations and at the end, without exaggeration ("exact" only).

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import TSNE
    >>> X = np.repeat([[0.0, 0.0], [10.0, 10.0]], 3, axis=0) + np.arange(6)[:, None] / 10
    >>> tsne = TSNE(n_components=1, perplexity=2, max_iter=100)
    >>> tsne.fit_transform(X).shape
    (6, 1)
    >>> len(tsne.costs)
    2
    """

    kernel = staticmethod(student)

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
            an epoch there. `udl_pt.callbacks` has some. With "fft" there are no callbacks.
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
            For bad input, before anything is changed. With "fft" also for callbacks, for the gradient
            "autodiff", for more than two dimensions, and where openTSNE is not installed.
        RuntimeError
            While another thread fits it, and in a callback of its own.
        MemoryError
            When matrices of N x N need more memory than there is.
        DivergenceError
            When a step or its cost is not finite. `embedding_` is the one before it.

        Examples
        --------
        >>> from udl_pt import TSNE
        >>> X = [[0, 0], [0, 1], [1, 0], [10, 10], [10, 11], [11, 10]]
        >>> y = TSNE(1, perplexity=2, learning_rate=1, max_iter=100).fit_transform(X)[:, 0]
        >>> (y > y.mean()).tolist()  # the two groups stay apart
        [False, False, False, True, True, True]
        """
        self._check_arguments()
        backend = get_backend(backend)
        callbacks = self._callbacks(callbacks)
        table, settings = X, self._settings
        found = self._points(as_numbers(X))
        X, warm = found.X, self._goes_on(warm_start, found)
        if self.method == "exact" or (self.method == "auto" and len(X) < LARGE):
            self._exact(found, self._objective_of(backend), callbacks, warm=warm)
            self._keep_features(table)
            return self.embedding_
        if settings.n_components > 2 or self.gradient != "analytic" or callbacks or found.squares is not None:
            raise ValueError(
                f"method is {self.method!r}, and {len(X)} points go through openTSNE, which takes one or two "
                "dimensions, Euclidean distances, and neither callbacks nor gradient='autodiff': omit these, "
                "or use method='exact'"
            )
        for name in ("learning_rate", "early_exaggeration"):
            if (value := getattr(settings, name)) != "auto":
                check_number(value, name, at_most=LARGEST)
        try:
            opentsne = importlib.import_module("openTSNE")
        except ImportError as error:
            raise ValueError(
                f"method is {self.method!r}, and {len(X)} points go through openTSNE, not installed here: "
                "pip install 'udl_pt[tsne]', embed a sample, or use method='exact'. That takes "
                f"{self.memory(len(X)) / 1e9:.1f} GB, and its time grows with the square of the points"
            ) from error
        rate, n_early = settings.learning_rate, 0 if warm else settings.exaggeration_iter
        run = opentsne.TSNE(
            n_components=settings.n_components,
            perplexity=settings.perplexity,
            # its gradient lacks the factor 4
            learning_rate="auto" if isinstance(rate, str) else 4 * rate,
            early_exaggeration=settings.early_exaggeration,
            early_exaggeration_iter=min(n_early, settings.max_iter),
            n_iter=max(settings.max_iter - n_early, 0),
            initial_momentum=0.5,
            initialization=self.embedding_.astype(float) if warm else self._start(X),
            negative_gradient_method="fft",
            n_jobs=-1,
            random_state=int.from_bytes(self._generator.bytes(3), "big"),
        ).fit(X)
        self.costs, self.kl_divergence_ = (self.costs if warm else []), float(run.kl_divergence)
        self.embedding_ = np.array(run, self.dtype)
        self._keep_features(table)
        return self.embedding_

    def _way_out(self) -> str:
        return "use method='fft' (pip install 'udl_pt[tsne]'), or embed a sample of the points"
