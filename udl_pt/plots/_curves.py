"""Pictures of costs, errors, embeddings, variances and updates."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

__all__ = [
    "COLOURS",
    "MARKERS",
    "open_grid",
    "plot_confusion",
    "plot_costs",
    "plot_embeddings",
    "plot_errors",
    "plot_robustness",
    "plot_spread",
    "plot_toys",
    "plot_updates",
    "plot_variance",
    "show_costs",
]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")  # told apart with any colour vision
MARKERS = ("o", "s", "^", "D")
DIGIT_COLOURS = (
    *("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd"),
    *("#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"),
)


def plot_costs(
    curves: Mapping[str, Sequence[float] | np.ndarray],
    title: str = "",
    ylabel: str = "cost",
    xlabel: str = "epoch",
) -> Figure:
    """Draw curves of costs against the epoch (or the batch).

    Parameters
    ----------
    curves : mapping of str to sequence of float
        One curve a name, its first value at 1.
    title, ylabel, xlabel : str
        Texts of the figure.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    styles = zip(cycle(COLOURS), cycle(MARKERS), strict=False)
    for (name, values), (colour, marker) in zip(curves.items(), styles, strict=False):
        every = max(1, len(values) // 20)
        axes.plot(
            range(1, len(values) + 1), values, color=colour, marker=marker, markevery=every, ms=4, label=name
        )
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    open_grid(axes)
    axes.legend(frameon=False)
    return figure


def plot_errors(
    curves: Mapping[str, Sequence[float]], title: str = "", xlabel: str = "epoch of fine-tuning"
) -> Figure:
    """Draw test error rates against the epoch, in percent, the last of each written out.

    Parameters
    ----------
    curves : mapping of str to sequence of float
        One curve a name, rates between 0 and 1, the first at 1.
    title, xlabel : str
        Texts of the figure.

    Notes
    -----
    The scale is logarithmic, unless an error of zero is reached.
    """
    percent = {name: 100 * np.asarray(errors) for name, errors in curves.items()}
    figure = plot_costs(percent, title, "test error (%)", xlabel)
    axes = figure.axes[0]
    if min(values.min() for values in percent.values()) > 0:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_yticks([tick for tick in (1, 2, 5, 10, 20, 50, 100) if _reached(tick, percent)])
        axes.minorticks_off()
    highest = max(values[-1] for values in percent.values())
    for line, values in zip(axes.lines, percent.values(), strict=True):
        place = (6, 4 if values[-1] == highest else -9)  # apart where two curves end together
        axes.annotate(
            f"{values[-1]:.1f}%",
            (len(values), values[-1]),
            place,
            textcoords="offset points",
            color=line.get_color(),
        )
    return figure


def open_grid(axes: Any) -> None:
    """Return axes a faint grid, and leave the frame open above and on the right."""
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _reached(tick: float, percent: Mapping[str, np.ndarray]) -> bool:
    values = np.concatenate(list(percent.values()))
    return bool(0.5 * values.min() <= tick <= 1.2 * values.max())


def plot_confusion(matrix: np.ndarray, title: str = "") -> Figure:
    """Show a confusion matrix with its counts; colour marks the mistakes only.

    Parameters
    ----------
    matrix : ndarray of int of shape (K, K)
        ``matrix[i, j]`` samples of class i were taken for j.
    title : str
        Text of the figure.
    """
    K = len(matrix)
    mistakes = matrix * (1 - np.eye(K, dtype=int))
    figure = Figure(figsize=(5.6, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(mistakes, cmap="Oranges", vmin=0, vmax=max(1, mistakes.max()))
    for i in range(K):
        for j in range(K):
            right = i == j
            dark = not right and mistakes[i, j] > 0.6 * mistakes.max()
            shade = "#0072B2" if right else "white" if dark else "black" if matrix[i, j] else "#BBBBBB"
            weight = "bold" if right else "normal"
            axes.text(
                j, i, str(matrix[i, j]), ha="center", va="center", color=shade, weight=weight, fontsize=9
            )
    axes.set(title=title, xlabel="predicted digit", ylabel="true digit", xticks=range(K), yticks=range(K))
    return figure


def plot_embeddings(maps: Mapping[str, np.ndarray], labels: np.ndarray, title: str = "") -> Figure:
    """Draw points in the plane, coloured by their labels, side by side.

    Parameters
    ----------
    maps : mapping of str to ndarray of shape (N, 2)
        A panel a name.
    labels : ndarray of int of shape (N,)
        Up to ten classes; each is also written where the median of its points is.
    title : str
        Text of the figure.
    """
    columns = min(3, len(maps))
    rows = -(-len(maps) // columns)
    side = 7 if columns == 1 else 4
    figure = Figure(figsize=(side * columns, 0.95 * side * rows + 0.4), layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, (name, Y) in zip(panels, maps.items(), strict=False):
        panel.set_title(name, fontsize=10)
        _points(panel, Y, labels)
        for label in np.unique(labels):
            x, y = np.median(Y[labels == label], axis=0)
            colour = DIGIT_COLOURS[label % len(DIGIT_COLOURS)]
            box = {"boxstyle": "circle,pad=0.2", "facecolor": "white", "edgecolor": colour, "alpha": 0.85}
            panel.text(x, y, str(label), ha="center", va="center", fontsize=9, weight="bold", bbox=box)
    for panel in panels[len(maps) :]:
        panel.set_axis_off()
    return figure


def plot_toys(toys: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], title: str = "") -> Figure:
    """Draw data of two or three dimensions (top) over their embeddings in the plane (below).

    Parameters
    ----------
    toys : mapping of str to tuple of ndarray
        For each name the data of shape (N, 2) or (N, 3), the embedding of shape (N, 2), and the labels.
    title : str
        Text of the figure.
    """
    figure = Figure(figsize=(3.6 * len(toys), 7.2), layout="constrained")
    figure.suptitle(title)
    for column, (name, (X, Y, labels)) in enumerate(toys.items(), start=1):
        in_space = {"projection": "3d"} if X.shape[1] == 3 else {}
        above = figure.add_subplot(2, len(toys), column, **in_space)
        above.set_title(name)
        _points(above, X, labels)
        _points(figure.add_subplot(2, len(toys), len(toys) + column), Y, labels)
    return figure


def _points(panel: Any, Y: np.ndarray, labels: np.ndarray) -> None:
    colours = [DIGIT_COLOURS[label % len(DIGIT_COLOURS)] for label in labels]
    panel.scatter(*Y.T, c=colours, s=6, alpha=0.8, linewidths=0)
    if Y.shape[1] == 2:
        panel.set_aspect("equal", adjustable="datalim")
        panel.set(xticks=[], yticks=[])
    else:
        panel.set(xticklabels=[], yticklabels=[], zticklabels=[])


def plot_variance(ratio: np.ndarray, mark: float = 0.95, title: str = "") -> Figure:
    """Draw each principal component's share of the variance (top), and the shares added up (below).

    Parameters
    ----------
    ratio : ndarray of shape (K,)
        Shares, descending.
    mark : float
        The cumulative share that is marked.
    title : str
        Text of the figure.
    """
    figure = Figure(figsize=(7, 5.5), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    numbers, cumulative = np.arange(1, len(ratio) + 1), 100 * np.cumsum(ratio)
    above.plot(numbers, 100 * ratio, color=COLOURS[0])
    above.set(title=title, ylabel="share (%)", yscale="log")
    above.set_ylim(bottom=max(100 * ratio.max() * 1e-4, 1e-12))
    below.plot(numbers, cumulative, color=COLOURS[0])
    below.set(xlabel="components", ylabel="added up (%)", ylim=(0, 103))
    needed = int(np.searchsorted(cumulative, 100 * mark)) + 1
    if needed <= len(ratio):
        below.plot([needed, needed, 0], [0, 100 * mark, 100 * mark], color=COLOURS[1], linestyle="--", lw=1)
        below.annotate(
            f"{100 * mark:g}% by {needed}", (needed, 100 * mark), (8, -14), textcoords="offset points"
        )
    for axes in (above, below):
        open_grid(axes)
    return figure


def plot_robustness(
    epsilons: Sequence[float], errors: Mapping[str, Mapping[str, Sequence[float]]], title: str = ""
) -> Figure:
    """Draw error rates against the size of the change, in percent: a colour a network, a line an attack.

    Parameters
    ----------
    epsilons : sequence of float
        The largest change of a pixel.
    errors : mapping of str to mapping of str to sequence of float
        By network, then by attack.
    title : str
        Text of the figure.
    """
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for (network, attacks), colour in zip(errors.items(), cycle(COLOURS)):
        for (attack, rates), style in zip(attacks.items(), cycle(("-", "--", ":"))):
            percent = 100 * np.asarray(rates)
            axes.plot(epsilons, percent, style, color=colour, marker=".", label=f"{network}, {attack}")
    axes.set(title=title, xlabel="largest change of a pixel", ylabel="error (%)", ylim=(0, 102))
    open_grid(axes)
    axes.legend(fontsize=8)
    return figure


def show_costs(costs: Sequence[float], title: str) -> None:
    """Show a curve of costs in a window, as the listings do at the end."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots()
    axes.plot(costs)
    axes.set(title=title, xlabel="recorded step", ylabel="cost")
    plt.show()
    plt.close(figure)


def plot_spread(
    values: Mapping[str, Mapping[float, Sequence[float]]], title: str = "", xlabel: str = ""
) -> Figure:
    """Draw error rates of several runs each, in percent: a curve through the means, a point a run.

    Parameters
    ----------
    values : mapping of str to mapping of float to sequence of float
        For each curve the rates of all runs at each place on the horizontal axis.
    title, xlabel : str
        Texts of the figure; both scales are logarithmic.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    styles = zip(cycle(COLOURS), cycle(MARKERS), strict=False)
    for (name, runs), (colour, marker) in zip(values.items(), styles, strict=False):
        percent = {x: 100 * np.asarray(rates) for x, rates in runs.items()}
        means = [rates.mean() for rates in percent.values()]
        axes.plot(list(percent), means, color=colour, marker=marker, ms=5, label=name)
        for x, rates in percent.items():
            axes.plot([x] * len(rates), rates, "_", color=colour, ms=12, alpha=0.6)
    axes.set(title=title, xlabel=xlabel, ylabel="test error (%)", xscale="log", yscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,g}")
    axes.set_xticks(sorted({x for runs in values.values() for x in runs}))
    axes.set_yticks([1, 2, 5, 10, 20, 50, 100])
    axes.minorticks_off()
    open_grid(axes)
    axes.legend(frameon=False)
    return figure


def plot_updates(looks: Mapping[str, np.ndarray], layers: Sequence[str], title: str = "") -> Figure:
    """Draw how far steps moved the weights of each layer, a panel for each network, on one logarithmic scale.

    Parameters
    ----------
    looks : mapping of str to ndarray of shape (n_looks, n_layers)
        What `udl_pt.callbacks.UpdateSizes` kept, by the network's name.
    layers : sequence of str
        The layers' names.
    title : str
        Text of the figure.
    """
    figure = Figure(figsize=(3.6 * len(looks) + 1.6, 3.8), layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(1, len(looks), sharey=True, squeeze=False)[0]
    colours = colormaps["viridis"](np.linspace(0, 0.9, len(layers)))  # from the pixels up
    for panel, (name, sizes) in zip(panels, looks.items(), strict=True):
        for values, layer, colour in zip(sizes.T, layers, colours, strict=True):
            panel.plot(range(1, len(values) + 1), values, color=colour, lw=1, label=layer)
        panel.set(title=name, xlabel="step of fine-tuning", yscale="log")
        open_grid(panel)
    panels[0].set_ylabel("mean size of a weight's update")
    from_the_top = panels[0].lines[::-1]
    figure.legend(handles=from_the_top, loc="outside right center", frameon=False, fontsize=8)
    return figure
