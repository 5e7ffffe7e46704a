"""Pictures of costs, errors, embeddings, variances and updates."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

__all__ = [
    "COLOURS",
    "MARKERS",
    "learning_curve",
    "open_grid",
    "plot_confusion",
    "plot_costs",
    "plot_embeddings",
    "plot_errors",
    "plot_repeated_runs",
    "plot_robustness",
    "plot_toy_data",
    "plot_updates",
    "plot_variance",
    "show_costs",
]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")  # told apart with any colour vision
RECORDS = ("costs", "errors", "valid_costs", "valid_errors")
MARKERS = ("o", "s", "^", "D")
MANY_CLASSES = 20
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
    """Plot costs against the epoch or the batch, one curve for each name.

    Parameters
    ----------
    curves : mapping of str to sequence of float
        Costs by the curve's name. The first cost is plotted at x = 1.
    title, ylabel, xlabel : str
        Title and axis labels of the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from udl_pt.plots import plot_costs
    >>> figure = plot_costs({"pretrained": [1.2, 0.5, 0.3], "plain": [2.3, 2.0, 1.1]}, "Test cost")
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['pretrained', 'plain']
    >>> [int(epoch) for epoch in figure.axes[0].lines[0].get_xdata()]
    [1, 2, 3]
    >>> figure.savefig("costs.png")
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    _draw(axes, curves)
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return figure


def _draw(axes: Axes, curves: Mapping[str, Sequence[float] | np.ndarray]) -> None:
    """Draw curves over the numbers from 1 on."""
    styles = zip(cycle(COLOURS), cycle(MARKERS), strict=False)
    for (name, values), (colour, marker) in zip(curves.items(), styles, strict=False):
        every = max(1, len(values) // 20)
        axes.plot(
            range(1, len(values) + 1), values, color=colour, marker=marker, markevery=every, ms=4, label=name
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    open_grid(axes)
    axes.legend(frameon=False)


def learning_curve(model: Any, title: str = "") -> Figure:
    """Plot what a model recorded in its last ``fit``: costs, and error rates where it has some.

    Parameters
    ----------
    model : model with `costs`
        A fitted model.
    title : str
        Title of the figure; by default the model's name.

    Returns
    -------
    matplotlib.figure.Figure
        Costs, and beside them the error rates in percent.

    Raises
    ------
    ValueError
        When the model has recorded nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import AutoEncoder
    >>> from udl_pt.plots import learning_curve
    >>> ae = AutoEncoder(2, random_state=0)
    >>> figure = learning_curve(ae.fit(np.eye(8), epochs=3, batch_sz=2, validation=0.25))
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['training', 'validation']
    """
    records = {name: np.asarray(vars(model).get(name, ())) for name in RECORDS}
    if not any(map(len, records.values())):
        raise ValueError(
            f"this {type(model).__name__} has recorded no costs: call fit with epochs, and monitor='epoch'"
        )
    kinds = [kind for kind in ("costs", "errors") if len(records[kind]) or len(records[f"valid_{kind}"])]
    figure = Figure(figsize=(6 * len(kinds), 4), layout="constrained")
    first = "test" if "errors" in vars(model) else "training"
    for place, kind in enumerate(kinds, start=1):
        axes = figure.add_subplot(1, len(kinds), place)
        scale = 100 if kind == "errors" else 1
        curves = {first: scale * records[kind], "validation": scale * records[f"valid_{kind}"]}
        _draw(axes, {name: values for name, values in curves.items() if len(values)})
        axes.set(xlabel="recorded costs", ylabel="error rate (%)" if kind == "errors" else "cost")
    figure.suptitle(title or getattr(model, "title", type(model).__name__))
    return figure


def plot_errors(
    curves: Mapping[str, Sequence[float]], title: str = "", xlabel: str = "epoch of fine-tuning"
) -> Figure:
    """Plot test error rates in percent against the epoch, and annotate each curve with its last rate.

    Parameters
    ----------
    curves : mapping of str to sequence of float
        Error rates between 0 and 1, by the curve's name. The first rate is plotted at x = 1.
    title, xlabel : str
        Title and horizontal axis label of the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Notes
    -----
    The vertical scale is logarithmic, or linear if one of the rates is zero.

    Examples
    --------
    >>> from udl_pt.plots import plot_errors
    >>> figure = plot_errors({"pretrained": [0.4, 0.05], "plain": [0.9, 0.2]})
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['5.0%', '20.0%']
    >>> figure.axes[0].get_yscale()
    'log'
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
    """Draw a faint grid in axes, and hide the frame's top and right sides.

    Parameters
    ----------
    axes : matplotlib.axes.Axes

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from udl_pt.plots import open_grid
    >>> axes = Figure().add_subplot()
    >>> open_grid(axes)
    >>> {side: spine.get_visible() for side, spine in axes.spines.items()}
    {'left': True, 'right': False, 'bottom': True, 'top': False}
    """
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _reached(tick: float, percent: Mapping[str, np.ndarray]) -> bool:
    values = np.concatenate(list(percent.values()))
    return bool(0.5 * values.min() <= tick <= 1.2 * values.max())


def plot_confusion(
    matrix: np.ndarray, title: str = "", names: Sequence[str] | None = None, noun: str = "digit"
) -> Figure:
    """Plot a confusion matrix with its counts; only the mistakes colour their cells.

    Parameters
    ----------
    matrix : ndarray of int of shape (K, K)
        ``matrix[i, j]`` samples of class i were predicted as class j.
    title : str
        Title of the figure.
    names : sequence of str, optional
        Names of the classes; their numbers by default.
    noun : str
        The word for a class on the axes.

    Returns
    -------
    matplotlib.figure.Figure
        With more than 20 classes, zeros are left out.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.plots import plot_confusion
    >>> figure = plot_confusion(np.array([[9, 1], [0, 10]]), "One 0 was taken for a 1")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['9', '1', '0', '10']
    >>> figure.axes[0].images[0].get_array().tolist()
    [[0, 1], [0, 0]]
    """
    K = len(matrix)
    mistakes = matrix * (1 - np.eye(K, dtype=int))
    many = K > MANY_CLASSES
    named = list(map(str, range(K) if names is None else names))
    longest = max(map(len, named))
    side = (4.7 + 0.09 * longest) if not many else 0.24 * K + 0.09 * longest
    figure = Figure(figsize=(side + 0.8, side + 0.2), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(mistakes, cmap="Oranges", vmin=0, vmax=max(1, mistakes.max()))
    for i in range(K):
        for j in range(K):
            if many and not matrix[i, j]:
                continue
            right = i == j
            dark = not right and mistakes[i, j] > 0.6 * mistakes.max()
            shade = "#0072B2" if right else "white" if dark else "black" if matrix[i, j] else "#BBBBBB"
            weight = "bold" if right else "normal"
            axes.text(
                j, i, str(matrix[i, j]), ha="center", va="center", color=shade, weight=weight, fontsize=9
            )
    axes.set(title=title, xlabel=f"predicted {noun}", ylabel=f"true {noun}")
    axes.set_xticks(range(K), named, rotation=90 if longest > 2 else 0)
    axes.set_yticks(range(K), named)
    return figure


def plot_embeddings(
    embeddings: Mapping[str, np.ndarray],
    labels: np.ndarray | None,
    title: str = "",
    names: Sequence[str] | None = None,
) -> Figure:
    """Plot points in the plane, coloured by their labels, in one panel for each embedding.

    Parameters
    ----------
    embeddings : mapping of str to ndarray of shape (N, 2)
        Embedded points by the panel's name.
    labels : ndarray of int of shape (N,), or None
        Labels of the points; ten have colours of their own. Each is also written at the median of its points.
        Without labels, all points have one colour.
    title : str
        Title of the figure.
    names : sequence of str, optional
        The labels' names; their numbers by default.

    Returns
    -------
    matplotlib.figure.Figure
        Up to three panels stand in a row.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.plots import plot_embeddings
    >>> Z = np.array([[0.0, 0.0], [0.0, 2.0], [5.0, 0.0], [5.0, 2.0]])
    >>> figure = plot_embeddings({"PCA": Z}, labels=np.array([0, 0, 1, 1]))
    >>> [(text.get_text(), *map(float, text.get_position())) for text in figure.axes[0].texts]
    [('0', 0.0, 1.0), ('1', 5.0, 1.0)]
    """
    columns = min(3, len(embeddings))
    rows = -(-len(embeddings) // columns)
    side = 7 if columns == 1 else 4
    figure = Figure(figsize=(side * columns, 0.95 * side * rows + 0.4), layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, (name, Y) in zip(panels, embeddings.items(), strict=False):
        panel.set_title(name, fontsize=10)
        _points(panel, Y, np.zeros(len(Y), int) if labels is None else labels)
        for label in () if labels is None else np.unique(labels):
            x, y = np.median(Y[labels == label], axis=0)
            text = str(label) if names is None else names[label]
            colour = DIGIT_COLOURS[label % len(DIGIT_COLOURS)]
            style = "circle,pad=0.2" if len(text) < 3 else "round,pad=0.2"
            box = {"boxstyle": style, "facecolor": "white", "edgecolor": colour, "alpha": 0.85}
            panel.text(x, y, text, ha="center", va="center", fontsize=9, weight="bold", bbox=box)
    for panel in panels[len(embeddings) :]:
        panel.set_axis_off()
    return figure


def plot_toy_data(toys: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], title: str = "") -> Figure:
    """Plot data of two or three dimensions (top) and their embeddings in the plane (below).

    Parameters
    ----------
    toys : mapping of str to tuple of ndarray
        By name: the data of shape (N, 2) or (N, 3), the embedding of shape (N, 2), and N integer labels.
    title : str
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from udl_pt.datasets import gaussian_clouds
    >>> from udl_pt.plots import plot_toy_data
    >>> X, labels = gaussian_clouds(40, random_state=0)
    >>> figure = plot_toy_data({"eight clouds": (X, X[:, :2], labels)})
    >>> [axes.name for axes in figure.axes]
    ['3d', 'rectilinear']
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


def plot_variance(ratio: np.ndarray, threshold: float = 0.95, title: str = "") -> Figure:
    """Plot the share of the variance of each principal component (top), and the cumulative shares (below).

    Parameters
    ----------
    ratio : ndarray of shape (K,)
        Shares between 0 and 1, in descending order.
    threshold : float
        Cumulative share, between 0 and 1, that is marked in the figure.
    title : str
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import PCA
    >>> from udl_pt.plots import plot_variance
    >>> pca = PCA().fit(np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]]))
    >>> pca.explained_variance_ratio_.round(3).tolist()
    [0.8, 0.2]
    >>> figure = plot_variance(pca.explained_variance_ratio_, threshold=0.75)
    >>> figure.axes[1].texts[0].get_text()
    '75% by 1'
    """
    figure = Figure(figsize=(7, 5.5), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    numbers, cumulative = np.arange(1, len(ratio) + 1), 100 * np.cumsum(ratio)
    above.plot(numbers, 100 * ratio, color=COLOURS[0])
    above.set(title=title, ylabel="share (%)", yscale="log")
    above.set_ylim(bottom=max(100 * ratio.max() * 1e-4, 1e-12))
    below.plot(numbers, cumulative, color=COLOURS[0])
    below.set(xlabel="components", ylabel="added up (%)", ylim=(0, 103))
    percent = 100 * threshold
    needed = int(np.searchsorted(cumulative, percent)) + 1
    if needed <= len(ratio):
        below.plot([needed, needed, 0], [0, percent, percent], color=COLOURS[1], linestyle="--", lw=1)
        below.annotate(f"{percent:g}% by {needed}", (needed, percent), (8, -14), textcoords="offset points")
    for axes in (above, below):
        open_grid(axes)
    return figure


def plot_robustness(
    epsilons: Sequence[float], errors: Mapping[str, Mapping[str, Sequence[float]]], title: str = ""
) -> Figure:
    """Plot error rates under attack in percent against the size of the perturbation.

    Each network has a colour, and each attack a line style.

    Parameters
    ----------
    epsilons : sequence of float
        Largest changes of a pixel, on the horizontal axis.
    errors : mapping of str to mapping of str to sequence of float
        By network, then by attack: one error rate between 0 and 1 for each of `epsilons`.
    title : str
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from udl_pt.plots import plot_robustness
    >>> errors = {"plain": {"gradient sign": [0.05, 0.75], "random noise": [0.05, 0.0625]}}
    >>> axes = plot_robustness([0.0, 0.1], errors).axes[0]
    >>> {line.get_label(): line.get_ydata().tolist() for line in axes.lines}
    {'plain, gradient sign': [5.0, 75.0], 'plain, random noise': [5.0, 6.25]}
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
    """Show a curve of costs in a window, as the book's listings do at their end.

    Parameters
    ----------
    costs : sequence of float
        Costs of the recorded steps.
    title : str
        Title of the figure.

    Examples
    --------
    >>> from udl_pt.plots import plot_costs, show_costs
    >>> costs = [3.0, 2.0, 1.5]
    >>> show_costs(costs, "An auto-encoder")  # doctest: +SKIP
    >>> plot_costs({"An auto-encoder": costs}).savefig("costs.png")  # a file instead of a window
    """
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots()
    axes.plot(costs)
    axes.set(title=title, xlabel="recorded step", ylabel="cost")
    plt.show()
    plt.close(figure)


def plot_repeated_runs(
    values: Mapping[str, Mapping[float, Sequence[float]]], title: str = "", xlabel: str = ""
) -> Figure:
    """Plot error rates of repeated runs in percent: a curve through the means, and a dash for each run.

    Parameters
    ----------
    values : mapping of str to mapping of float to sequence of float
        By the curve's name, then by the place on the horizontal axis: the error rates of all runs, above 0.
    title, xlabel : str
        Title and horizontal axis label of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        Both scales are logarithmic.

    Examples
    --------
    >>> from udl_pt.plots import plot_repeated_runs
    >>> rates = {"ladder": {100: [0.25, 0.5], 1000: [0.125, 0.125]}}
    >>> axes = plot_repeated_runs(rates, xlabel="labelled images").axes[0]
    >>> axes.lines[0].get_xdata().tolist(), [float(mean) for mean in axes.lines[0].get_ydata()]
    ([100, 1000], [37.5, 12.5])
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


def plot_updates(updates: Mapping[str, np.ndarray], layers: Sequence[str], title: str = "") -> Figure:
    """Plot the mean size of each layer's weight updates against the step, in one panel for each network.

    Parameters
    ----------
    updates : mapping of str to ndarray of shape (n_looks, n_layers)
        Mean absolute updates by the network's name: the array of ``udl_pt.callbacks.UpdateSizes(dnn).sizes``.
    layers : sequence of str
        Names of the layers, from the input up.
    title : str
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        All panels share one logarithmic scale.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.plots import plot_updates
    >>> sizes = np.array([[0.001, 0.01], [0.002, 0.02], [0.003, 0.03]])  # three steps, two layers
    >>> figure = plot_updates({"not pretrained": sizes}, ["layer 1", "logistic layer"])
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['logistic layer', 'layer 1']
    """
    figure = Figure(figsize=(3.6 * len(updates) + 1.6, 3.8), layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(1, len(updates), sharey=True, squeeze=False)[0]
    colours = colormaps["viridis"](np.linspace(0, 0.9, len(layers)))  # from the pixels up
    for panel, (name, sizes) in zip(panels, updates.items(), strict=True):
        for values, layer, colour in zip(sizes.T, layers, colours, strict=True):
            panel.plot(range(1, len(values) + 1), values, color=colour, lw=1, label=layer)
        panel.set(title=name, xlabel="step of fine-tuning", yscale="log")
        open_grid(panel)
    panels[0].set_ylabel("mean size of a weight's update")
    from_the_top = panels[0].lines[::-1]
    figure.legend(handles=from_the_top, loc="outside right center", frameon=False, fontsize=8)
    return figure
