"""Chapter 2: symmetric SNE and t-SNE of digits and of toy data, and what the chapter says of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from udl_pt.book._programs import Settings, percent
from udl_pt.book.report import Picture, Section
from udl_pt.datasets import Dataset, donut, gaussian_clouds, xor_clouds
from udl_pt.models._sne.loop import RECORDED
from udl_pt.models.pca import PCA
from udl_pt.models.tsne import TSNE, SymmetricSNE
from udl_pt.plots import plot_costs, plot_embeddings, plot_toys
from udl_pt.training.progress import Progress

__all__ = ["one_neighbour_error", "section"]

POINTS = 1000  # digits that are embedded
PERPLEXITIES = (2, 10, 30, 100, 300)
USUAL = 30
SIZES = (250, 500, 1000)  # points for the time of an iteration
TOYS = {"donut": donut, "XOR clouds": xor_clouds, "eight clouds in space": gaussian_clouds}


@dataclass
class Map:
    """An embedding, and what was measured of it."""

    Y: np.ndarray
    seconds: float
    one_neighbour_error: float
    trustworthiness: float
    cost: float | None = None


def section(data: Dataset, settings: Settings) -> Section:
    """Embed digits by PCA, symmetric SNE and t-SNE, at several perplexities; then toy data.

    Parameters
    ----------
    data : Dataset
        Training images; the first 1,000 are embedded.
    settings : Settings
        Backend, dtype and seed.

    Returns
    -------
    Section
    """
    X, labels = data.X[:POINTS], data.Y[:POINTS]
    N = len(X)
    options: dict[str, Any] = {"random_state": settings.seed, "dtype": settings.dtype}
    sne = SymmetricSNE(perplexity=_usual(N), **options)
    tsnes = {p: TSNE(perplexity=p, **options) for p in PERPLEXITIES if p < N} or {2: TSNE(perplexity=2)}
    maps = {"PCA": _measured(X, labels, lambda X: PCA(2).fit_transform(X, backend=settings.backend))}
    for name, model in {"symmetric SNE": sne, **{f"t-SNE {p}": m for p, m in tsnes.items()}}.items():
        said = name.replace("t-SNE ", "t-SNE, perplexity ")
        settings.say(
            f"{said}, {N:,} digits ({model.memory(N) / 1e6:.0f} MB of pairs), iterations: {model.max_iter}"
        )
        maps[name] = _measured(X, labels, lambda X, model=model: _fitted(model, X, settings))
        maps[name].cost = model.kl_divergence_
    tsne = tsnes[_usual(N)]
    of_tsne = maps[f"t-SNE {_usual(N)}"]
    milliseconds = _iterations(X, settings, options)
    return Section(
        title="Chapter 2: t-SNE",
        sentences=[
            f"{N:,} digits move in the plane until those that are near each other among the 784 pixels are "
            "near each other there: neighbours are said as probabilities p(i, j) and q(i, j), and the points "
            "follow the gradient of the divergence of one from the other. No label is seen.",
            "Symmetric SNE measures nearness by a Gaussian on both sides, t-SNE in the plane by Student's "
            "t-distribution, which falls off more slowly: what is moderately far can go farther, and gaps "
            "form.",
            "There is no transform: the points themselves are moved, and no function is learned that could "
            f"place a new one (calling it says so). An iteration looks at all pairs, O(N²): it took "
            f"{', '.join(f'{ms:.2f} ms at {n}' for n, ms in milliseconds.items())} points.",
            "The nearest neighbour in the plane is another digit for "
            f"{percent(of_tsne.one_neighbour_error)} of the points by t-SNE, "
            f"{percent(maps['symmetric SNE'].one_neighbour_error)} by symmetric SNE, "
            f"{percent(maps['PCA'].one_neighbour_error)} by PCA.",
        ],
        table=_rows(maps),
        pictures=[
            Picture(
                "crowding",
                plot_embeddings(
                    {"PCA": maps["PCA"].Y, "symmetric SNE": sne.embedding_, "t-SNE": tsne.embedding_},
                    labels,
                    "The same digits by three methods",
                ),
                "The crowding problem: by symmetric SNE the digits' regions touch, since a point's many "
                "moderately far neighbours do not find room in the plane; by t-SNE there are gaps around "
                "the clusters.",
            ),
            Picture(
                "perplexity",
                plot_embeddings(
                    {f"perplexity {p}": m.embedding_ for p, m in tsnes.items()}, labels, "t-SNE by perplexity"
                ),
                "How many neighbours a point has, in effect: with few, clusters fall to pieces; with many, "
                "what is near and what is far in the large decides, and clusters grow together. Sizes of "
                "clusters and distances between them mean little at any.",
            ),
            Picture(
                "costs",
                plot_costs(
                    {"symmetric SNE": sne.costs, "t-SNE": tsne.costs},
                    "What is made small",
                    "KL(P || Q) (nats)",
                    f"iteration / {RECORDED}",
                ),
                f"The divergence, every {RECORDED} iterations. In the first {tsne.exaggeration_iter} t-SNE "
                f"multiplies p with {tsne.early_exaggeration:g}, so that clusters form; then its cost falls.",
            ),
            _toys(settings, options),
        ],
        results={
            "points": N,
            "maps": {
                name: {
                    "one_neighbour_error": m.one_neighbour_error,
                    "trustworthiness": m.trustworthiness,
                    "kl_divergence": m.cost,
                    "seconds": round(m.seconds, 2),
                }
                for name, m in maps.items()
            },
            "milliseconds_an_iteration": milliseconds,
        },
    )


def _usual(N: int) -> int:
    return max(p for p in PERPLEXITIES if p <= min(USUAL, max(2, N // 4)))


def _fitted(model: SymmetricSNE | TSNE, X: np.ndarray, settings: Settings) -> np.ndarray:
    return model.fit_transform(X, backend=settings.backend, callbacks=settings.callbacks)


def _measured(X: np.ndarray, labels: np.ndarray, embed: Any) -> Map:
    start = time.perf_counter()
    Y = embed(X)
    seconds = time.perf_counter() - start
    return Map(Y, seconds, one_neighbour_error(Y, labels), float(trustworthiness(X, Y, n_neighbors=5)))


def one_neighbour_error(Y: np.ndarray, labels: np.ndarray) -> float:
    """Give the share of points whose nearest neighbour has another label."""
    nearest = NearestNeighbors(n_neighbors=1).fit(Y).kneighbors(return_distance=False)[:, 0]
    return float(np.mean(labels[nearest] != labels))


def _rows(maps: dict[str, Map]) -> list[list[str]]:
    rows = [["method", "KL (nats)", "nearest neighbour another digit", "trustworthiness", "seconds"]]
    for name, m in maps.items():
        cost = "–" if m.cost is None else f"{m.cost:.3f}"
        said = name.replace("t-SNE ", "t-SNE, perplexity ")
        error = percent(m.one_neighbour_error)
        rows.append([said, cost, error, f"{m.trustworthiness:.3f}", f"{m.seconds:.1f}"])
    return rows


def _iterations(X: np.ndarray, settings: Settings, options: dict[str, Any]) -> dict[int, float]:
    """Time an iteration for growing numbers of points, in milliseconds (the median of 48)."""
    found = {}
    for n in (n for n in SIZES if n <= len(X)):
        stamps: list[float] = []
        TSNE(perplexity=2, max_iter=49, **options).fit_transform(
            X[:n], backend=settings.backend, callbacks=[_clock(stamps)]
        )
        found[n] = round(1e3 * float(np.median(np.diff(stamps))), 2)
    return found


def _clock(stamps: list[float]) -> Callable[[Progress], None]:
    return lambda progress: stamps.append(time.perf_counter())


def _toys(settings: Settings, options: dict[str, Any]) -> Picture:
    toys, errors = {}, []
    for name, make in TOYS.items():
        X, labels = make(400, settings.seed)
        settings.say(f"t-SNE, {name}")
        Y = TSNE(perplexity=USUAL, **options).fit_transform(X, backend=settings.backend)
        toys[name] = (X, Y, labels)
        errors.append(f"{percent(one_neighbour_error(Y, labels))} ({name})")
    return Picture(
        "toys",
        plot_toys(toys, "Toy data (top) and what t-SNE makes of them (below)"),
        "No line parts the two rings of the donut or the pairs of XOR clouds. t-SNE draws gaps between what "
        "is apart, and lays eight clouds of space out in the plane; a ring it may cut open, and a cloud's "
        "size and place say little. "
        f"Nearest neighbours of another colour: {', '.join(errors)}.",
    )
