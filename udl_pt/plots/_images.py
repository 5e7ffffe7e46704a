"""Pictures of images: digits, filters, features, reconstructions."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

__all__ = [
    "plot_adversarial",
    "plot_completions",
    "plot_fantasies",
    "plot_features",
    "plot_filters",
    "plot_images",
    "plot_reconstructions",
]


def plot_images(rows: Mapping[str, np.ndarray], labels: Sequence[str], title: str = "") -> Figure:
    """Plot rows of images, each row with its name.

    Parameters
    ----------
    rows : mapping of str to ndarray of shape (len(labels), side**2)
        Images by the row's name, with pixels from 0 (white) to 1 (black). Missing pixels (NaN) are blue.
    labels : sequence of str
        Text above each column.
    title : str
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        When the number of pixels is not a square.

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
    """Plot images (top) and their reconstructions by a model (below).

    Parameters
    ----------
    X, X_hat : ndarray of shape (n, side**2)
        Images and reconstructions, with pixels in [0, 1].
    labels : sequence of str
        Text above each image.
    title : str
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        When the number of pixels is not a square.

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
    return plot_images({"original": X, "reconstructed": X_hat}, labels, title)


def plot_completions(
    X: np.ndarray, missing: np.ndarray, completed: np.ndarray, labels: Sequence[str], title: str = ""
) -> Figure:
    """Plot images (top), the pixels passed to a model, and the images that it completed (below).

    Parameters
    ----------
    X, completed : ndarray of shape (n, side**2)
        Images and completions, with pixels in [0, 1].
    missing : ndarray of bool of shape (n, side**2) or (side**2,)
        True for pixels that were not passed to the model. They are blue in the middle row.
    labels : sequence of str
        Text above each image.
    title : str
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        When the number of pixels is not a square.

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
    return plot_images({"original": X, "given": given, "completed": completed}, labels, title)


def plot_fantasies(pictures: np.ndarray, steps: Sequence[int], title: str = "") -> Figure:
    """Plot the states of Gibbs chains as images: a row for each chain, a column for each recorded step.

    Parameters
    ----------
    pictures : ndarray of shape (len(steps), n_chains, side**2)
        Means of the visible units in [0, 1], as `udl_pt.models.sampling.fantasies` returns them.
    steps : sequence of int
        Numbers of Gibbs steps, written above the columns.
    title : str
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        When the number of pixels is not a square.

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
    figure = plot_images(chains, [f"{step:,}" for step in steps], title)
    figure.supylabel("chain")
    return figure


def plot_filters(W: np.ndarray, n: int = 100, title: str = "", cmap: str = "RdBu") -> Figure:
    """Plot the weights of the first `n` hidden units as images.

    Parameters
    ----------
    W : ndarray of shape (side**2, M)
        Weights, one column for each unit. Each column is divided by its largest absolute weight.
    n : int
        Number of units to plot; at most all M are.
    title : str
        Title of the figure.
    cmap : str
        Colours from the most negative to the most positive weight. ``"RdBu"`` is red for negative weights,
        white for zero and blue for positive weights. ``"gray"`` is the book's.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        When the number of pixels is not a square.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.plots import plot_filters
    >>> W = np.array([[1.0, 0.0], [2.0, 0.0], [-4.0, 3.0], [0.0, 0.0]])  # 2 x 2 pixels, two units
    >>> figure = plot_filters(W)
    >>> figure.axes[0].images[0].get_array()[1:3].tolist()  # None: a line between images
    [[None, 0.25, 0.5, None, 0.0, 0.0, None], [None, -1.0, 0.0, None, 1.0, 0.0, None]]
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
    """Plot the preferred inputs of hidden units, one panel for each layer.

    Each row is a unit. It begins with a synthesised input; images from the data follow.

    Parameters
    ----------
    layers : mapping of str to (ndarray of shape (n, side**2), ndarray of shape (n, k, side**2))
        By the layer's name: for each of n units an input in [0, 1] that activates it, and k images that
        activate it.
    title : str
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        When the number of pixels is not a square.

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
) -> Figure:
    """Plot images (top), their perturbations, and the perturbed images (below), with a network's predictions.

    Parameters
    ----------
    X, changed : ndarray of shape (n, side**2)
        Images before and after the attack, with pixels in [0, 1].
    before, after : sequence of str
        Predictions of the network, written above the images and below the perturbed ones.
    magnified : float
        Factor by which the perturbation is magnified. A change of ``1 / magnified`` is black, none is gray.
    title : str
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        When the number of pixels is not a square.

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
