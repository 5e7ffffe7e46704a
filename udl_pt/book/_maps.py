"""Measurements of chapter 2: maps of data and of toy data, and the time of an iteration."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from udl_pt.book._shared import Settings
from udl_pt.datasets import donut, gaussian_clouds, xor_clouds
from udl_pt.models.pca import PCA
from udl_pt.models.tsne import TSNE, SymmetricSNE
from udl_pt.training.progress import Progress

__all__ = [
    "Frames",
    "Map",
    "Maps",
    "ToyMap",
    "map_data",
    "map_toys",
    "one_neighbour_error",
    "time_iterations",
]

PERPLEXITIES = (2, 10, 30, 100, 300)
USUAL = 30
FRAMES = 30  # of an embedding's iterations
SIZES = (250, 500, 1000)  # points for the time of an iteration
TOYS = {"donut": donut, "XOR clouds": xor_clouds, "eight clouds in space": gaussian_clouds}


@dataclass
class Map:
    """An embedding in the plane, and its measurements.

    Attributes
    ----------
    Y : ndarray of shape (N, 2)
        The embedded points.
    seconds : float
        Time of the embedding.
    one_neighbour_error : float or None
        Share of points whose nearest neighbour in the plane has another label; None without labels.
    trustworthiness : float
        Between 0 and 1, by `sklearn.manifold.trustworthiness` with 5 neighbours: 1 if all neighbours in the
        plane are neighbours in the data.
    cost : float or None
        Kullback-Leibler divergence in nats; None for PCA, which has none.
    costs : sequence of float
        The divergence during the iterations.
    frames : dict of int to ndarray of shape (N, 2)
        The points during the iterations, by the iteration's number; empty for PCA.
    """

    Y: np.ndarray
    seconds: float
    one_neighbour_error: float | None
    trustworthiness: float
    cost: float | None = None
    costs: Sequence[float] = ()
    frames: dict[int, np.ndarray] = field(default_factory=dict)


class Frames:
    """A callback that keeps an embedding's points at 30 iterations: the first, the last, and some between.

    Attributes
    ----------
    points : dict of int to ndarray of shape (N, 2)
        The points by the iteration's number.
    """

    def __init__(self) -> None:
        self.points: dict[int, np.ndarray] = {}

    def on_start(self, progress: Progress) -> None:
        """Forget the points of another fit."""
        self.points = {}

    def __call__(self, progress: Progress) -> None:
        """Keep the points of some iterations."""
        every = -(-progress.epochs // (FRAMES - 2))
        if progress.epoch in (1, progress.epochs) or progress.epoch % every == 0:
            self.points[progress.epoch] = progress.model.embedding_.astype(np.float32)


@dataclass
class Maps:
    """The same rows, embedded by several methods.

    Attributes
    ----------
    labels : ndarray of int of shape (N,), or None
        Their labels, if there are some.
    pca, sne : Map
        By PCA, and by symmetric SNE at the usual perplexity.
    tsnes : dict of int to Map
        By t-SNE, for each perplexity.
    usual : TSNE
        The model of t-SNE at the usual perplexity.
    """

    labels: np.ndarray | None
    pca: Map
    sne: Map
    tsnes: dict[int, Map]
    usual: TSNE

    @property
    def tsne(self) -> Map:
        """The map by t-SNE at the usual perplexity."""
        return self.tsnes[int(self.usual.perplexity)]

    def by_name(self) -> dict[str, Map]:
        """Return all maps by the names of their methods."""
        return {
            "PCA": self.pca,
            "symmetric SNE": self.sne,
            **{f"t-SNE {p}": m for p, m in self.tsnes.items()},
        }


@dataclass
class ToyMap:
    """Toy data and their embedding by t-SNE.

    Attributes
    ----------
    X : ndarray of shape (N, D)
        The data.
    labels : ndarray of int of shape (N,)
        Their labels.
    Y : ndarray of shape (N, 2)
        The embedded points.
    one_neighbour_error : float
        Share of points whose nearest neighbour in the plane has another label.
    """

    X: np.ndarray
    labels: np.ndarray
    Y: np.ndarray
    one_neighbour_error: float


def map_data(X: np.ndarray, labels: np.ndarray | None, settings: Settings, what: str = "digits") -> Maps:
    """Embed rows by PCA, by symmetric SNE, and by t-SNE at several perplexities.

    Parameters
    ----------
    X : ndarray of shape (N, D)
        Images, or rows of a table.
    labels : ndarray of int of shape (N,), or None
        Their labels; no method reads them.
    settings : Settings
        Backend, dtype, seed and callbacks.
    what : str
        The word for the rows.

    Returns
    -------
    Maps
    """
    N = len(X)
    perplexities = [p for p in PERPLEXITIES if p < N] or [2]
    usual = max(p for p in perplexities if p <= min(USUAL, max(2, N // 4)))
    tsnes = {p: TSNE(perplexity=p, **settings.made()) for p in perplexities}
    sne = SymmetricSNE(perplexity=usual, **settings.made())
    return Maps(
        labels,
        pca=_measured(X, labels, lambda: PCA(2).fit_transform(X, backend=settings.backend)),
        sne=_map_by(sne, "symmetric SNE", X, labels, settings, what),
        tsnes={p: _map_by(m, f"t-SNE, perplexity {p}", X, labels, settings, what) for p, m in tsnes.items()},
        usual=tsnes[usual],
    )


def _map_by(
    model: SymmetricSNE | TSNE,
    name: str,
    X: np.ndarray,
    labels: np.ndarray | None,
    settings: Settings,
    what: str,
) -> Map:
    N = len(X)
    settings.say(
        f"{name}, {N:,} {what} ({model.memory(N) / 1e6:.0f} MB of pairs), iterations: {model.max_iter}"
    )
    frames = Frames()
    found = _measured(X, labels, lambda: model.fit_transform(X, **settings.fitting(frames)))
    found.cost, found.costs, found.frames = model.kl_divergence_, model.costs, frames.points
    return found


def _measured(X: np.ndarray, labels: np.ndarray | None, embed: Callable[[], np.ndarray]) -> Map:
    start = time.perf_counter()
    Y = embed()
    seconds = time.perf_counter() - start
    error = None if labels is None else one_neighbour_error(Y, labels)
    return Map(Y, seconds, error, float(trustworthiness(X, Y, n_neighbors=5)))


def one_neighbour_error(Y: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of points whose nearest neighbour has another label.

    Parameters
    ----------
    Y : ndarray of shape (N, d)
        The points.
    labels : ndarray of shape (N,)
        Their labels.

    Returns
    -------
    float
    """
    nearest = NearestNeighbors(n_neighbors=1).fit(Y).kneighbors(return_distance=False)[:, 0]
    return float(np.mean(labels[nearest] != labels))


def time_iterations(X: np.ndarray, settings: Settings) -> dict[int, float]:
    """Measure the milliseconds of a t-SNE iteration (the median of 48), for growing numbers of points.

    Parameters
    ----------
    X : ndarray of shape (N, D)
        Points; the first 250, 500 and 1000 are embedded, if there are so many. All are if there are fewer.
    settings : Settings
        Backend, dtype and seed.

    Returns
    -------
    dict of int to float
        Milliseconds by the number of points.
    """
    found = {}
    for n in [n for n in SIZES if n <= len(X)] or [len(X)]:
        stamps: list[float] = []
        TSNE(perplexity=2, max_iter=49, **settings.made()).fit_transform(
            X[:n], backend=settings.backend, callbacks=[_clock(stamps)]
        )
        found[n] = round(1e3 * float(np.median(np.diff(stamps))), 2)
    return found


def _clock(stamps: list[float]) -> Callable[[Progress], None]:
    return lambda progress: stamps.append(time.perf_counter())


def map_toys(settings: Settings) -> dict[str, ToyMap]:
    """Embed three toy data sets of 400 points by t-SNE at perplexity 30.

    Parameters
    ----------
    settings : Settings
        Backend, dtype and seed.

    Returns
    -------
    dict of str to ToyMap
        Embeddings by the name of the data.
    """
    maps = {}
    for name, make in TOYS.items():
        X, labels = make(400, settings.seed)
        settings.say(f"t-SNE, {name}")
        Y = TSNE(perplexity=USUAL, **settings.made()).fit_transform(X, backend=settings.backend)
        maps[name] = ToyMap(X, labels, Y, one_neighbour_error(Y, labels))
    return maps
