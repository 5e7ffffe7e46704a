"""The shape of images, whose pixels are the columns of a matrix."""

import math
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_counts
from udl_pt._support.messages import shown

__all__ = ["ImageShape", "as_rows", "check_image_shape", "image_shape_of", "shaped_as"]

ImageShape = tuple[int, ...]
EXPECTED = "expected (rows, columns), or (rows, columns, 3) for colours"


def check_image_shape(image_shape: Any, n_features: int | None = None) -> ImageShape:
    """Return the shape of an image as a tuple: (rows, columns), or (rows, columns, 3) for colours.

    Parameters
    ----------
    image_shape : sequence of int
        The shape.
    n_features : int, optional
        The number of values of an image, which must be those of the shape.

    Raises
    ------
    TypeError, ValueError
        For another kind of shape, and for a number of values that doesn't fit.
    """
    try:
        sizes = tuple(check_counts(image_shape, "image_shape"))
    except (TypeError, ValueError) as error:
        kind = ValueError if isinstance(error, ValueError) else TypeError
        raise kind(f"image_shape is {shown(image_shape)}, {EXPECTED}") from None
    if len(sizes) not in (2, 3) or sizes[2:] not in ((), (3,)):
        raise ValueError(f"image_shape is {shown(image_shape)}, {EXPECTED}")
    if n_features is not None and math.prod(sizes) != n_features:
        product = " * ".join(map(str, sizes))
        raise ValueError(
            f"image_shape is {sizes}, which has {product} = {math.prod(sizes)} values, but a row has "
            f"{n_features}"
        )
    return sizes


def image_shape_of(n_features: int, image_shape: Any = None) -> ImageShape:
    """Return the shape of images of `n_features` values: `image_shape`, or a square.

    Raises
    ------
    TypeError, ValueError
        As `check_image_shape`; also without a shape, if the number is no square.
    """
    if image_shape is not None:
        return check_image_shape(image_shape, n_features)
    side = math.isqrt(n_features)
    if side * side != n_features:
        raise ValueError(
            f"a row has {n_features} values, expected the pixels of a square image, such as 28 * 28 = 784: "
            "pass image_shape=(rows, columns), or (rows, columns, 3) for colours"
        )
    return side, side


def as_rows(X: Any) -> Any:
    """Return an array of images, (N, rows, columns) or (N, rows, columns, 3), as rows; all else unchanged."""
    if isinstance(X, np.ndarray) and (X.ndim == 3 or (X.ndim == 4 and X.shape[3] == 3)):
        return X.reshape(len(X), math.prod(X.shape[1:]))
    return X


def shaped_as(rows: np.ndarray, X: Any) -> np.ndarray:
    """Return rows in the shape of the images that they were made of by `as_rows`."""
    return rows.reshape(X.shape) if isinstance(X, np.ndarray) else rows
