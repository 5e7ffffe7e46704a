"""Chapter 2: symmetric SNE and t-SNE of images and of toy data, and the chapter's statements on them."""

from typing import Any

import numpy as np

from udl_pt.book._columns import of_points
from udl_pt.book._map_widgets import map_widget
from udl_pt.book._maps import Maps, ToyMap, map_data, map_toys, time_iterations
from udl_pt.book._shared import Settings, percent
from udl_pt.book._widgets import curves
from udl_pt.book._words import Words, for_matplotlib, names_of, words_of
from udl_pt.book.report import Picture, Section
from udl_pt.datasets import Dataset
from udl_pt.models._sne.loop import RECORDED
from udl_pt.plots import plot_costs, plot_embeddings, plot_toy_data

__all__ = ["section"]

POINTS = 1000  # rows that are embedded


def section(data: Dataset, settings: Settings) -> Section:
    """Embed the data by PCA, symmetric SNE and t-SNE at several perplexities, then toy data by t-SNE.

    Parameters
    ----------
    data : Dataset
        Training images; the first 1,000 are embedded.
    settings : Settings
        Backend, dtype, seed and callbacks.

    Returns
    -------
    Section

    Examples
    --------
    >>> from udl_pt.book import Settings, chapter2
    >>> from udl_pt.datasets import load_mnist_subset
    >>> data = load_mnist_subset()
    >>> settings = Settings(dtype="float64", seed=1)
    >>> section = chapter2.section(data, settings)  # doctest: +SKIP
    >>> [picture.name for picture in section.pictures]  # doctest: +SKIP
    ['crowding', 'perplexity', 'costs', 'toys']
    """
    w = words_of(data)
    X, labels = data.X[:POINTS], (data.Y[:POINTS] if len(data.Y) else None)
    names = names_of(data, range(len(data.label_names)))
    maps = map_data(X, labels, settings, f"{w.item}s")
    milliseconds = time_iterations(X, settings)
    toys = map_toys(settings)
    return Section(
        title="Chapter 2: t-SNE",
        sentences=_sentences(X, maps, milliseconds, w),
        table=_table(maps, w),
        pictures=[
            map_widget(
                _crowding(maps, names, w),
                {
                    "t-SNE": maps.tsne.frames,
                    "symmetric SNE": maps.sne.frames,
                    "PCA": maps.pca.Y,
                },
                X,
                labels,
                names,
                data,
            ),
            map_widget(
                _perplexity(maps, names),
                {f"perplexity {p}": m.frames for p, m in maps.tsnes.items()},
                X,
                labels,
                names,
                data,
            ),
            curves(_costs(maps)),
            _toys(toys),
        ],
        results=_results(maps, milliseconds),
    )


def _sentences(X: np.ndarray, maps: Maps, milliseconds: dict[int, float], w: Words) -> list[str]:
    sentences = [
        f"{len(X):,} {w.item}s move in the plane. In the end, those that are near each other among "
        f"the {X.shape[1]} {w.feature}s should be near each other there. Probabilities p(i, j) and "
        "q(i, j) describe the neighbours, and the points follow the gradient of their divergence. "
        "No label is seen.",
        "Symmetric SNE measures nearness by a Gaussian on both sides. In the plane, t-SNE uses Student's "
        "t-distribution, which falls off more slowly. So moderately distant points can move farther apart, "
        "and gaps form.",
        "There is no transform: the points themselves are moved, and no function is learned for new ones "
        "(calling it raises an error). An iteration computes all pairs, O(N²): it took "
        f"{', '.join(f'{ms:.2f} ms at {n}' for n, ms in milliseconds.items())} points.",
    ]
    if maps.labels is not None:
        errors = [_percent(m.one_neighbour_error) for m in (maps.tsne, maps.sne, maps.pca)]
        sentences.append(
            f"The nearest neighbour in the plane is {w.another} for {errors[0]} of the points by t-SNE, "
            f"{errors[1]} by symmetric SNE, {errors[2]} by PCA."
        )
    return sentences


def _percent(rate: float | None) -> str:
    return "–" if rate is None else percent(rate)


def _table(maps: Maps, w: Words) -> list[list[str]]:
    rows = [["method", "KL (nats)", f"nearest neighbour {w.another}", "trustworthiness", "seconds"]]
    for name, m in maps.by_name().items():
        method = name.replace("t-SNE ", "t-SNE, perplexity ")
        cost = "–" if m.cost is None else f"{m.cost:.3f}"
        error = _percent(m.one_neighbour_error)
        rows.append([method, cost, error, f"{m.trustworthiness:.3f}", f"{m.seconds:.1f}"])
    return rows


def _crowding(maps: Maps, names: list[str], w: Words) -> Picture:
    said = (
        "The crowding problem: the plane has no room for a point's many moderately distant neighbours. By "
        "symmetric SNE, clusters touch where that room is missing. t-SNE moves them apart."
    )
    if w.are_digits:
        said = (
            "The crowding problem: by symmetric SNE the digits' regions touch. The plane has no room for a "
            "point's many moderately distant neighbours. By t-SNE there are gaps around the clusters."
        )
    return Picture(
        "crowding",
        plot_embeddings(
            {"PCA": maps.pca.Y, "symmetric SNE": maps.sne.Y, "t-SNE": maps.tsne.Y},
            maps.labels,
            f"The same {w.item}s by three methods",
            for_matplotlib(names),
        ),
        said,
    )


def _perplexity(maps: Maps, names: list[str]) -> Picture:
    return Picture(
        "perplexity",
        plot_embeddings(
            {f"perplexity {p}": m.Y for p, m in maps.tsnes.items()},
            maps.labels,
            "t-SNE by perplexity",
            for_matplotlib(names),
        ),
        "Perplexity is the effective number of a point's neighbours. With few, clusters fall to pieces. "
        "With many, distances over the whole data decide, and clusters grow together. Sizes of clusters and "
        "distances between them mean little at any perplexity.",
    )


def _costs(maps: Maps) -> Picture:
    return Picture(
        "costs",
        plot_costs(
            {"symmetric SNE": maps.sne.costs, "t-SNE": maps.tsne.costs},
            "The minimised cost",
            "KL(P || Q) (nats)",
            f"iteration / {RECORDED}",
        ),
        f"The divergence, every {RECORDED} iterations. In the first {maps.usual.exaggeration_iter} t-SNE "
        f"multiplies p with {maps.usual.early_exaggeration:g}, so that clusters form; then its cost falls.",
    )


def _toys(maps: dict[str, ToyMap]) -> Picture:
    errors = [f"{_percent(m.one_neighbour_error)} ({name})" for name, m in maps.items()]
    toys = {name: (m.X, m.Y, m.labels) for name, m in maps.items()}
    return Picture(
        "toys",
        plot_toy_data(toys, "Toy data (top) and what t-SNE makes of them (below)"),
        "No line separates the two rings of the donut or the pairs of XOR clouds. The map of t-SNE has gaps "
        "between separate groups, and the eight clouds lie side by side. A ring may be cut open. A cloud's "
        f"size and place mean little. Nearest neighbours of another colour: {', '.join(errors)}.",
        of_points(toys),
    )


def _results(maps: Maps, milliseconds: dict[int, float]) -> dict[str, Any]:
    return {
        "points": len(maps.pca.Y),
        "maps": {
            name: {
                "one_neighbour_error": m.one_neighbour_error,
                "trustworthiness": m.trustworthiness,
                "kl_divergence": m.cost,
                "seconds": round(m.seconds, 2),
            }
            for name, m in maps.by_name().items()
        },
        "milliseconds_an_iteration": {str(n): ms for n, ms in milliseconds.items()},
    }
