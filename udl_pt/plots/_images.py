"""Pictures of images: digits, filters, features, reconstructions.

Each function takes images as rows of D pixels. They are squares, or have the `image_shape` that is passed:
``(rows, columns)``, or ``(rows, columns, 3)`` for colours.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from udl_pt._support.images import image_shape_of

__all__ = [
    "plot_adversarial",
    "plot_completions",
    "plot_fantasies",
    "plot_features",
    "plot_filters",
    "plot_images",
    "plot_reconstructions",
]


def plot_images(
    rows: Mapping[str, np.ndarray],
    labels: Sequence[str],
    title: str = "",
    image_shape: Sequence[int] | None = None,
    cmap: str = "gray_r",
) -> Figure:
    """Plot rows of images, each row with its name.

    Parameters
    ----------
    rows : mapping of str to ndarray of shape (len(labels), D)
        Images by the row's name, with pixels from 0 to 1. Missing pixels (NaN) are blue.
    labels : sequence of str
        Text above each column.
    title : str
        Title of the figure.
    image_shape : sequence of int, optional
        Shape of an image; by default a square.
    cmap : str
        Colours of pixels from 0 to 1. ``"gray_r"`` goes from white to black, as ink on paper, ``"gray"`` from
        black to white.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        When the pixels are not those of a square or of `image_shape`.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.plots import plot_images
    >>> X = np.array([[0.0, 1.0, 0.0, 1.0], [1.0, 1.0, 0.0, 0.0]])  # two images of 2 x 2 pixels
    >>> figure = plot_images({"original": X, "negative": 1 - X}, labels=["1", "7"])
    >>> [axes.images[0].get_array().tolist() for axes in figure.axes[:2]]
    [[[0.0, 1.0], [0.0, 1.0]], [[1.0, 1.0], [0.0, 0.0]]]
    >>> figure.axes[0].get_title(), figure.axes[2].get_ylabel()
    ('1', 'negative')
    """
    n = len(labels)
    shape = image_shape_of(next(iter(rows.values())).shape[1], image_shape)
    height = 0.05 + 0.85 * min(max(shape[0] / shape[1], 1), 3)
    size = max(0.85 * n + 0.9, 0.1 * len(title)), height * len(rows) + 0.5
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots(len(rows), n, squeeze=False)
    for row, (name, images) in enumerate(rows.items()):
        for column in range(n):
            axes[row, column].set_facecolor("#A6CBE3")
            axes[row, column].imshow(_shown(images[column].reshape(shape)), cmap=cmap, vmin=0, vmax=1)
            axes[row, column].set(xticks=[], yticks=[])
            if row == 0:
                axes[row, column].set_title(labels[column], fontsize=9)
        axes[row, 0].set_ylabel(name)
    return figure


def plot_reconstructions(
    X: np.ndarray,
    X_hat: np.ndarray,
    labels: Sequence[str],
    title: str = "",
    image_shape: Sequence[int] | None = None,
    cmap: str = "gray_r",
) -> Figure:
    """Plot images (top) and their reconstructions by a model (below).

    Parameters
    ----------
    X, X_hat : ndarray of shape (n, D)
        Images and reconstructions, with pixels in [0, 1].
    labels : sequence of str
        Text above each image.
    title : str
        Title of the figure.
    image_shape, cmap
        Shape of an image and colours of pixels, as in `plot_images`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        When the pixels are not those of a square or of `image_shape`.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import AutoEncoder
    >>> from udl_pt.plots import plot_reconstructions
    >>> ae = AutoEncoder.createFromArrays(np.zeros((4, 2)), np.zeros(2), np.zeros(4))
    >>> X = np.eye(4)
    >>> figure = plot_reconstructions(X, ae.forward_output(X), labels=["0", "1", "2", "3"])
    >>> figure.axes[4].get_ylabel(), figure.axes[4].images[0].get_array().tolist()
    ('reconstructed', [[0.5, 0.5], [0.5, 0.5]])
    """
    return plot_images({"original": X, "reconstructed": X_hat}, labels, title, image_shape, cmap)


def plot_completions(
    X: np.ndarray,
    missing: np.ndarray,
    completed: np.ndarray,
    labels: Sequence[str],
    title: str = "",
    image_shape: Sequence[int] | None = None,
    cmap: str = "gray_r",
) -> Figure:
    """Plot images (top), the pixels passed to a model, and the images that it completed (below).

    Parameters
    ----------
    X, completed : ndarray of shape (n, D)
        Images and completions, with pixels in [0, 1].
    missing : ndarray of bool of shape (n, D) or (D,)
        True for pixels that were not passed to the model. They are blue in the middle row.
    labels : sequence of str
        Text above each image.
    title : str
        Title of the figure.
    image_shape, cmap
        Shape of an image and colours of pixels, as in `plot_images`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        When the pixels are not those of a square or of `image_shape`.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.plots import plot_completions
    >>> X, missing = np.array([[0.0, 1.0, 0.0, 1.0]]), np.array([False, False, True, True])
    >>> figure = plot_completions(X, missing, completed=np.array([[0.0, 1.0, 0.25, 0.75]]), labels=["1"])
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['original', 'given', 'completed']
    >>> figure.axes[1].images[0].get_array().tolist()  # None: a missing pixel
    [[0.0, 1.0], [None, None]]
    """
    given = np.where(missing, np.nan, X)
    rows = {"original": X, "given": given, "completed": completed}
    return plot_images(rows, labels, title, image_shape, cmap)


def plot_fantasies(
    pictures: np.ndarray,
    steps: Sequence[int],
    title: str = "",
    image_shape: Sequence[int] | None = None,
    cmap: str = "gray_r",
) -> Figure:
    """Plot the states of Gibbs chains as images: a row for each chain, a column for each recorded step.

    Parameters
    ----------
    pictures : ndarray of shape (len(steps), n_chains, D)
        Means of the visible units in [0, 1], as `udl_pt.models.sampling.fantasies` returns them.
    steps : sequence of int
        Numbers of Gibbs steps, written above the columns.
    title : str
        Title of the figure.
    image_shape, cmap
        Shape of an image and colours of pixels, as in `plot_images`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        When the pixels are not those of a square or of `image_shape`.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.models.sampling import fantasies
    >>> from udl_pt.plots import plot_fantasies
    >>> rbm = RBM.createFromArrays(np.zeros((4, 2)), np.zeros(2), np.zeros(4))
    >>> figure = plot_fantasies(fantasies(rbm, 3, steps=(1, 10)), steps=(1, 10))
    >>> [axes.get_title() for axes in figure.axes[:2]], len(figure.axes)
    (['1', '10'], 6)
    """
    chains = {f"{n}": pictures[:, n - 1] for n in range(1, pictures.shape[1] + 1)}
    figure = plot_images(chains, [f"{step:,}" for step in steps], title, image_shape, cmap)
    figure.supylabel("chain")
    return figure


def plot_filters(
    W: np.ndarray,
    n: int = 100,
    title: str = "",
    cmap: str = "RdBu",
    image_shape: Sequence[int] | None = None,
) -> Figure:
    """Plot the weights of the first `n` hidden units as images.

    Parameters
    ----------
    W : ndarray of shape (D, M)
        Weights, one column for each unit. Each column is divided by its largest absolute weight.
    n : int
        Number of units to plot; at most all M are.
    title : str
        Title of the figure.
    cmap : str
        Colours from the most negative to the most positive weight. ``"RdBu"`` is red for negative weights,
        white for zero and blue for positive weights. ``"gray"`` is the book's. Weights of coloured pixels are
        colours themselves, and gray is zero.
    image_shape : sequence of int, optional
        Shape of an image; by default a square.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        When the pixels are not those of a square or of `image_shape`.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.plots import plot_filters
    >>> W = np.array([[1.0, 0.0], [2.0, 0.0], [-4.0, 3.0], [0.0, 0.0]])  # 2 x 2 pixels, two units
    >>> figure = plot_filters(W)
    >>> figure.axes[0].images[0].get_array()[1:3].tolist()  # None: a line between images
    [[None, 0.25, 0.5, None, 0.0, 0.0, None], [None, -1.0, 0.0, None, 1.0, 0.0, None]]
    """
    n, (height, width, *colours) = min(n, W.shape[1]), image_shape_of(W.shape[0], image_shape)
    columns = int(np.ceil(np.sqrt(n)))
    rows = int(np.ceil(n / columns))
    grid = np.full((rows * (height + 1) + 1, columns * (width + 1) + 1, *colours), np.nan)
    for unit in range(n):
        row, column = divmod(unit, columns)
        top, left = 1 + (height + 1) * row, 1 + (width + 1) * column
        image = W[:, unit].reshape(height, width, *colours)
        grid[top : top + height, left : left + width] = image / max(abs(image).max(), np.finfo(float).tiny)
    figure = Figure(figsize=(7, 5.8 * grid.shape[0] / grid.shape[1] + 0.3), layout="constrained")
    axes = figure.add_subplot()
    axes.set_facecolor("#888888")
    drawn = _shown((grid + 1) / 2) if colours else grid
    picture = axes.imshow(drawn, cmap=cmap, vmin=-1, vmax=1, interpolation="nearest")
    axes.set(title=title, xticks=[], yticks=[])
    if colours:
        axes.set_facecolor("white")
        axes.set_xlabel("weight of red, green and blue / the unit's largest; gray: 0")
    else:
        figure.colorbar(picture, ax=axes, shrink=0.6, label="weight / the unit's largest")
    return figure


def plot_features(
    layers: Mapping[str, tuple[np.ndarray, np.ndarray]],
    title: str = "",
    image_shape: Sequence[int] | None = None,
) -> Figure:
    """Plot the preferred inputs of hidden units, one panel for each layer.

    Each row is a unit. It begins with a synthesised input; images from the data follow.

    Parameters
    ----------
    layers : mapping of str to (ndarray of shape (n, D), ndarray of shape (n, k, D))
        By the layer's name: for each of n units an input in [0, 1] that activates it, and k images that
        activate it.
    title : str
        Title of the figure.
    image_shape : sequence of int, optional
        Shape of an image; by default a square.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        When the pixels are not those of a square or of `image_shape`.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.plots import plot_features
    >>> made, found = np.eye(4)[:2], np.zeros((2, 3, 4))  # two units, three images for each
    >>> figure = plot_features({"hidden layer 1": (made, found)})
    >>> print(figure.axes[0].get_title())
    hidden layer 1
    synthesised | from the data
    """
    rows, columns = max(images.shape[:2] for _, images in layers.values())
    height, width, *colours = image_shape_of(next(iter(layers.values()))[1].shape[2], image_shape)
    size = max(3.4 * len(layers), 0.1 * len(title)), 3.4 * rows * height / (columns + 1.2) / width + 0.8
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(title)
    for panel, (name, (features, images)) in zip(
        figure.subplots(1, len(layers), squeeze=False)[0], layers.items(), strict=True
    ):
        n, k, _ = images.shape
        grid = np.full((n * (height + 2), (k + 1) * (width + 2) + 6, *colours), np.nan)
        for row in range(n):
            for column, image in enumerate([features[row], *images[row]]):
                left = column * (width + 2) + 6 * (column > 0)
                grid[row * (height + 2) :, left:][:height, :width] = image.reshape(height, width, *colours)
        panel.imshow(_shown(grid), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        panel.set(title=f"{name}\nsynthesised | from the data", xticks=[], yticks=[])
        panel.set_frame_on(False)
    return figure


def plot_adversarial(
    X: np.ndarray,
    changed: np.ndarray,
    before: Sequence[str],
    after: Sequence[str],
    magnified: float,
    title: str = "",
    image_shape: Sequence[int] | None = None,
    cmap: str = "gray_r",
) -> Figure:
    """Plot images (top), their perturbations, and the perturbed images (below), with a network's predictions.

    Parameters
    ----------
    X, changed : ndarray of shape (n, D)
        Images before and after the attack, with pixels in [0, 1].
    before, after : sequence of str
        Predictions of the network, written above the images and below the perturbed ones.
    magnified : float
        Factor by which the perturbation is magnified. A change of ``1 / magnified`` is drawn as a pixel of 1,
        none is gray.
    title : str
        Title of the figure.
    image_shape, cmap
        Shape of an image and colours of pixels, as in `plot_images`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        When the pixels are not those of a square or of `image_shape`.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.plots import plot_adversarial
    >>> X, changed = np.array([[0.0, 1.0, 0.0, 1.0]]), np.array([[0.125, 1.0, 0.0, 0.875]])
    >>> figure = plot_adversarial(X, changed, before=["1 (99%)"], after=["7 (80%)"], magnified=8)
    >>> figure.axes[1].images[0].get_array().tolist()
    [[1.0, 0.5], [0.5, 0.0]]
    >>> figure.axes[0].get_title(), figure.axes[2].get_xlabel()
    ('1 (99%)', '7 (80%)')
    """
    change = np.clip(0.5 + magnified * (changed - X) / 2, 0, 1)
    rows = {"original": X, f"change, × {magnified:g}": change, "tricked": changed}
    figure = plot_images(rows, before, title, image_shape, cmap)
    figure.set_figheight(figure.get_figheight() + 0.35)
    for axes, text in zip(figure.axes[-len(after) :], after, strict=True):
        axes.set_xlabel(text, fontsize=9)
    return figure


def _shown(image: np.ndarray) -> np.ndarray:
    """Return an image as matplotlib draws it: with colours, pixels that are NaN are transparent."""
    if image.ndim == 2:
        return image
    missing = np.isnan(image).any(axis=2, keepdims=True)
    return np.concatenate([np.clip(np.where(missing, 0, image), 0, 1), ~missing], axis=2)
