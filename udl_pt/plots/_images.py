"""Pictures of images: digits, filters, features, reconstructions."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

__all__ = [
    "plot_completions",
    "plot_fantasies",
    "plot_features",
    "plot_filters",
    "plot_images",
    "plot_reconstructions",
    "plot_tricks",
]


def plot_images(rows: Mapping[str, np.ndarray], labels: Sequence[str], title: str = "") -> Figure:
    """Draw named rows of images.

    Parameters
    ----------
    rows : mapping of str to ndarray of shape (len(labels), side**2)
        Images in [0, 1], one row of them a name; NaN is coloured.
    labels : sequence of str
        Written above the columns.
    title : str
        Text of the figure.
    """
    n = len(labels)
    figure = Figure(figsize=(0.85 * n + 0.9, 0.9 * len(rows) + 0.5), layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots(len(rows), n, squeeze=False)
    for row, (name, images) in enumerate(rows.items()):
        side = _side(images.shape[1])
        for column in range(n):
            axes[row, column].set_facecolor("#A6CBE3")
            axes[row, column].imshow(images[column].reshape(side, side), cmap="gray_r", vmin=0, vmax=1)
            axes[row, column].set(xticks=[], yticks=[])
            if row == 0:
                axes[row, column].set_title(labels[column], fontsize=9)
        axes[row, 0].set_ylabel(name)
    return figure


def plot_reconstructions(X: np.ndarray, X_hat: np.ndarray, labels: Sequence[str], title: str = "") -> Figure:
    """Show images (top) over what a model makes of them (below).

    Parameters
    ----------
    X, X_hat : ndarray of shape (n, side**2)
        Originals and reconstructions in [0, 1].
    labels : sequence of str
        Written above the originals.
    title : str
        Text of the figure.
    """
    return plot_images({"original": X, "rebuilt": X_hat}, labels, title)


def plot_completions(
    X: np.ndarray, missing: np.ndarray, completed: np.ndarray, labels: Sequence[str], title: str = ""
) -> Figure:
    """Show images (top), what of them a model was given, and how it completed them (below).

    Parameters
    ----------
    X, completed : ndarray of shape (n, side**2)
        Originals and completions in [0, 1].
    missing : ndarray of bool of shape (n, side**2) or (side**2,)
        Which pixels were not given; shown in a colour.
    labels : sequence of str
        Written above the originals.
    title : str
        Text of the figure.
    """
    given = np.where(missing, np.nan, X)
    return plot_images({"original": X, "given": given, "completed": completed}, labels, title)


def plot_fantasies(pictures: np.ndarray, steps: Sequence[int], title: str = "") -> Figure:
    """Show where Gibbs chains went: a row is a chain, a column a step.

    Parameters
    ----------
    pictures : ndarray of shape (len(steps), n_chains, side**2)
        What `udl_pt.models.sampling.fantasies` gives.
    steps : sequence of int
        Written above the columns.
    title : str
        Text of the figure.
    """
    chains = {f"{n}": pictures[:, n - 1] for n in range(1, pictures.shape[1] + 1)}
    figure = plot_images(chains, [f"{step:,}" for step in steps], title)
    figure.supylabel("chain")
    return figure


def plot_filters(W: np.ndarray, n: int = 100, title: str = "", cmap: str = "RdBu") -> Figure:
    """Show the first `n` units' weights as images.

    Parameters
    ----------
    W : ndarray of shape (side**2, M)
        One column a unit; each is scaled by its own largest weight.
    n : int
        How many to show.
    title : str
        Text of the figure.
    cmap : str
        Colours from the most negative to the most positive weight: ``"RdBu"`` shows in blue what pulls a
        unit up, in red what pulls it down, and zero in white; ``"gray"`` is the book's.
    """
    n, side = min(n, W.shape[1]), _side(W.shape[0])
    columns = int(np.ceil(np.sqrt(n)))
    rows = int(np.ceil(n / columns))
    grid = np.full((rows * (side + 1) + 1, columns * (side + 1) + 1), np.nan)
    for unit in range(n):
        top, left = (1 + (side + 1) * place for place in divmod(unit, columns))
        image = W[:, unit].reshape(side, side)
        grid[top : top + side, left : left + side] = image / max(abs(image).max(), np.finfo(float).tiny)
    figure = Figure(figsize=(7, 5.8 * rows / columns + 0.3), layout="constrained")
    axes = figure.add_subplot()
    axes.set_facecolor("#888888")
    picture = axes.imshow(grid, cmap=cmap, vmin=-1, vmax=1, interpolation="nearest")
    axes.set(title=title, xticks=[], yticks=[])
    figure.colorbar(picture, ax=axes, shrink=0.6, label="weight / the unit's largest")
    return figure


def plot_features(layers: Mapping[str, tuple[np.ndarray, np.ndarray]], title: str = "") -> Figure:
    """Show what units of each layer look for: a row a unit, first the made-up input, then real images.

    Parameters
    ----------
    layers : mapping of str to (ndarray of shape (n, side**2), ndarray of shape (n, k, side**2))
        By the layer's name, inputs in [0, 1] that drive its units, and images that do.
    title : str
        Text of the figure.
    """
    rows, columns = max(images.shape[:2] for _, images in layers.values())
    size = 3.4 * len(layers), 3.4 * rows / (columns + 1.2) + 0.8
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(title)
    for panel, (name, (features, images)) in zip(
        figure.subplots(1, len(layers), squeeze=False)[0], layers.items(), strict=True
    ):
        n, k, pixels = images.shape
        side = _side(pixels)
        grid = np.full((n * (side + 2), (k + 1) * (side + 2) + 6), np.nan)
        for row in range(n):
            for column, image in enumerate([features[row], *images[row]]):
                left = column * (side + 2) + 6 * (column > 0)
                grid[row * (side + 2) :, left:][:side, :side] = image.reshape(side, side)
        panel.imshow(grid, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        panel.set(title=f"{name}\nmade up | found", xticks=[], yticks=[])
        panel.set_frame_on(False)
    return figure


def plot_tricks(
    X: np.ndarray,
    changed: np.ndarray,
    before: Sequence[str],
    after: Sequence[str],
    magnified: float,
    title: str = "",
) -> Figure:
    """Show images, what was added to them, and what came of it, with what a network saw.

    Parameters
    ----------
    X, changed : ndarray of shape (n, side**2)
        Images before and after, in [0, 1].
    before, after : sequence of str
        What the network saw; written above and below.
    magnified : float
        How many times the change is shown as large as it is; no change is the middle gray.
    title : str
        Text of the figure.
    """
    change = np.clip(0.5 + magnified * (changed - X) / 2, 0, 1)
    rows = {"original": X, f"change, × {magnified:g}": change, "tricked": changed}
    figure = plot_images(rows, before, title)
    figure.set_figheight(figure.get_figheight() + 0.35)
    for axes, text in zip(figure.axes[-len(after) :], after, strict=True):
        axes.set_xlabel(text, fontsize=9)
    return figure


def _side(pixels: int) -> int:
    side = int(np.rint(np.sqrt(pixels)))
    if side * side != pixels:
        raise ValueError(f"a row has {pixels} values, expected the pixels of a square image")
    return side
