"""The numbers behind a figure, as columns: the page saves them as a CSV file.

A column is a list of texts, or an array of shape (N,). An array of shape (N, k) is k numbered columns. So are
images as integers from 0 to 255, with each image's range.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

__all__ = ["Columns", "of_confusion", "of_features", "of_images", "of_points", "of_units"]

Columns = Mapping[str, Sequence[str] | np.ndarray | Mapping[str, np.ndarray]]

SHOWN_UNITS = 100  # that `plot_filters` draws


def of_images(rows: Mapping[str, np.ndarray], labels: Sequence[str]) -> Columns:
    """Return the columns of rows of images, each with the same labels; of `plot_images`.

    Parameters
    ----------
    rows : mapping of str to ndarray of shape (len(labels), D)
        Images by the row's name.
    labels : sequence of str
        Labels of the images.

    Returns
    -------
    mapping
    """
    return {
        "row": [name for name in rows for _ in labels],
        "label": [*labels] * len(rows),
        "pixel": _stepped(rows.values()),
    }


def of_units(W: np.ndarray, units: np.ndarray | None = None) -> Columns:
    """Return the columns of the weights of the first 100 units; of `plot_filters`.

    Parameters
    ----------
    W : ndarray of shape (D, M)
        Weights, one column for each unit.
    units : ndarray of int of shape (M,), optional
        Indices of the units; by default they are in order.

    Returns
    -------
    mapping
    """
    units = np.arange(W.shape[1]) if units is None else units
    return {"unit": _counted(units[:SHOWN_UNITS]), "pixel": _stepped([W.T[:SHOWN_UNITS]])}


def of_features(layers: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Columns:
    """Return the columns of synthesised inputs and of images that drive the same units; of `plot_features`.

    Parameters
    ----------
    layers : mapping of str to (ndarray of shape (n, D), ndarray of shape (n, k, D))
        Inputs and images by the layer's name.

    Returns
    -------
    mapping
    """
    names, rows, images, pixels = [], [], [], []
    for name, (made, found) in layers.items():
        n, k, D = found.shape
        names += [name] * (n * (k + 1))
        rows.append(np.repeat(np.arange(n), k + 1))
        images += ["synthesised", *(f"from the data, {i}" for i in range(1, k + 1))] * n
        pixels.append(np.concatenate([made[:, None], found], axis=1).reshape(-1, D))
    return {"layer": names, "row": _counted(np.concatenate(rows)), "image": images, "pixel": _stepped(pixels)}


def of_points(toys: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Columns:
    """Return the columns of data, of their embeddings and of labels; of `plot_toy_data`.

    Parameters
    ----------
    toys : mapping of str to tuple of ndarray
        By name: the data of shape (N, 2) or (N, 3), the embedding of shape (N, 2), and N integer labels.

    Returns
    -------
    mapping
    """
    data, maps, labels = zip(*toys.values(), strict=True)
    width = max(X.shape[1] for X in data)
    X = [np.pad(X, ((0, 0), (0, width - X.shape[1])), constant_values=np.nan) for X in data]
    return {
        "data": [name for name, (X, *_) in toys.items() for _ in X],
        "label": np.concatenate(labels).astype(np.int32),
        "x": np.concatenate(X).astype(np.float32),
        "map": np.concatenate(maps).astype(np.float32),
    }


def of_confusion(matrix: np.ndarray, names: Sequence[str], noun: str) -> Columns:
    """Return the columns of a confusion matrix, a row for each pair of classes; of `plot_confusion`.

    Parameters
    ----------
    matrix : ndarray of int of shape (K, K)
        ``matrix[i, j]`` samples of class i were predicted as class j.
    names : sequence of str
        Names of the classes.
    noun : str
        The word for a class.

    Returns
    -------
    mapping
    """
    return {
        f"true {noun}": [name for name in names for _ in names],
        f"predicted {noun}": [*names] * len(names),
        "count": matrix.ravel().astype(np.int32),
    }


def _counted(indices: np.ndarray) -> np.ndarray:
    return indices.astype(np.int32) + np.int32(1)


def _stepped(images: Iterable[np.ndarray]) -> dict[str, np.ndarray]:
    """Return images in 255 steps from their least to their largest value, so that the page stays small."""
    X = np.concatenate([*images]).astype(float)
    low, high = X.min(axis=1), X.max(axis=1)
    width = np.where(high > low, high - low, 1)
    steps = np.rint(255 * (X - low[:, None]) / width[:, None]).astype(np.uint8)
    return {"steps": steps, "low": low.astype(np.float32), "high": high.astype(np.float32)}
