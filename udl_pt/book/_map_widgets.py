"""Maps of the report's page: points that show their images, and t-SNE's iterations."""

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from udl_pt.book._widgets import Drawn, Widget
from udl_pt.book._words import words_of
from udl_pt.datasets import Dataset

__all__ = ["map_widget", "sprite"]

COLUMNS = 40  # images in a row of the sprite
GREYS = 15  # steps from black to white: small files, and enough to tell an image
STEPS = 65_535  # of a coordinate


def map_widget(
    picture: Drawn,
    maps: Mapping[str, np.ndarray | Mapping[int, np.ndarray]],
    X: np.ndarray,
    labels: np.ndarray | None,
    names: list[str],
    data: Dataset,
) -> Widget:
    """Return maps of the same rows, in place of a picture.

    Parameters
    ----------
    picture : Picture
        Shown without JavaScript.
    maps : mapping of str to ndarray of shape (N, 2), or to such by iterations
        Maps by their names.
    X : ndarray of shape (N, D)
        The rows.
    labels : ndarray of int of shape (N,), or None
        Their labels.
    names : list of str
        The labels' names.
    data : Dataset
        Form and words of the rows.

    Returns
    -------
    Widget
    """
    shown: dict[str, Any] = {"maps": [_frames(name, found) for name, found in maps.items()]}
    shown["noun"] = words_of(data).item
    if labels is not None:
        shown |= {"labels": labels.astype(np.int32), "names": names}
    if data.image_shape is not None:
        shown |= {"sprite": sprite(X, data), "columns": COLUMNS, "size": list(data.image_shape[:2])}
    return Widget(picture.name, "maps", shown, picture)


def _frames(name: str, found: np.ndarray | Mapping[int, np.ndarray]) -> dict[str, Any]:
    """Return a map's frames as integers, with each frame's centre and half its width."""
    frames = found if isinstance(found, Mapping) else {0: found}
    points, views = [], []
    for Y in frames.values():
        low, high = Y.min(axis=0).astype(float), Y.max(axis=0).astype(float)
        centre, half = (low + high) / 2, max(float((high - low).max()) / 2, 1e-12)
        points.append(np.rint((np.clip((Y - centre) / half, -1, 1) + 1) / 2 * STEPS).astype(np.uint16))
        views.append([*centre, half])
    return {
        "name": name,
        "iterations": np.array(list(frames), np.int32),
        "points": np.array(points),
        "views": np.array(views),
    }


def sprite(X: np.ndarray, data: Dataset) -> str:
    """Return images side by side, 40 in a row, as the address of a PNG file inside the page.

    Parameters
    ----------
    X : ndarray of shape (N, D)
        Images with values in [0, 1].
    data : Dataset
        Their form.

    Returns
    -------
    str
    """
    assert data.image_shape is not None
    height, width, *channels = data.image_shape
    rows = -(-len(X) // COLUMNS)
    images = np.zeros((rows * COLUMNS, height, width, *channels))
    images[: len(X)] = X.reshape(len(X), *data.image_shape)
    wall = images.reshape(rows, COLUMNS, height, width, *channels).swapaxes(1, 2)
    wall = np.clip(wall.reshape(rows * height, COLUMNS * width, *channels), 0, 1)
    grey = 1 - wall if data.ink else wall
    buffer = io.BytesIO()
    Image.fromarray((np.rint(GREYS * grey) * (255 / GREYS)).astype(np.uint8)).save(
        buffer, "PNG", optimize=True
    )
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
