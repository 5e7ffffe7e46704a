"""Folders of images, a folder for each class, in any format that Pillow reads."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from udl_pt._support.exceptions import DataError
from udl_pt._support.files import printable

__all__ = ["Images", "folders_in", "read_image_folder"]

PARTS = ("train", "test")
GREY = ("1", "L")  # Pillow's modes of pixels that are black, white or grey
DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")  # of 16 bits
Images = tuple[np.ndarray, list[str]]  # bytes of shape (N, rows, columns[, 3]), and the classes' names


def folders_in(place: Path) -> list[Path]:
    """Return the folders in a folder, by their names, without hidden ones."""
    return sorted(entry for entry in _entries(place) if entry.is_dir())


def _entries(place: Path) -> list[Path]:
    return [entry for entry in place.iterdir() if not entry.name.startswith(".")]


def read_image_folder(place: Path, resize: tuple[int, int] | None) -> tuple[Images, Images | None]:
    """Read the images of a folder for each class, or of the two folders train and test of such folders.

    Parameters
    ----------
    place : pathlib.Path
        The folder.
    resize : tuple of int, optional
        Rows and columns of the images. By default all must have the same.

    Returns
    -------
    training, test : Images
        Bytes, by class and by name. Without a folder ``test``, the second is None. If no image has a colour,
        the bytes have the shape (N, rows, columns).

    Raises
    ------
    DataError
        For an empty folder, files that are no images, and images of different sizes.
    """
    folders = folders_in(place)
    if {folder.name for folder in folders} == set(PARTS) and all(map(folders_in, folders)):
        parts = [_read_classes(place / part, resize) for part in PARTS]
    else:
        parts = [_read_classes(place, resize)]
    shapes = {part[0].shape[1:3] for part in parts}
    if len(shapes) > 1:
        train, test = (" x ".join(map(str, part[0].shape[1:3])) for part in parts)
        raise DataError(
            f"{printable(place)}: images in train have {train} pixels, in test {test}: pass resize=(rows, "
            "columns)"
        )
    if all((X[..., :1] == X).all() for X, _ in parts):
        parts = [(X[..., 0], names) for X, names in parts]
    return parts[0], parts[1] if len(parts) > 1 else None


def _read_classes(place: Path, resize: tuple[int, int] | None) -> Images:
    images: list[np.ndarray] = []
    names: list[str] = []
    first: Path | None = None
    for folder in folders_in(place):
        files = sorted(_entries(folder))
        if not files:
            raise DataError(f"{printable(folder)} is empty, expected images: remove it, or fill it")
        for file in files:
            image = _read_image(file, resize)
            first = first or file
            if images and image.shape != images[0].shape:
                sizes = [" x ".join(map(str, shape[:2])) for shape in (images[0].shape, image.shape)]
                raise DataError(
                    f"{printable(first)} has {sizes[0]} pixels, but {printable(file)} {sizes[1]}: pass "
                    "resize=(rows, columns)"
                )
            images.append(image)
            names.append(printable(folder.name))
    return np.array(images), names


def _read_image(file: Path, resize: tuple[int, int] | None) -> np.ndarray:
    """Read an image as bytes of three colours; what is transparent is white."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    shown = printable(file)
    if not file.is_file():
        raise DataError(f"{shown} is no file, expected images alone in the folder of a class: remove it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as opened:
                image = ImageOps.exif_transpose(opened)
                if image.mode in DEEP:
                    image = _of_bytes(image, shown)
                elif image.mode in GREY or not (image.has_transparency_data or image.mode == "F"):
                    image = image.convert("RGB")
                elif image.mode == "F":
                    raise DataError(f"{shown} has pixels of floats, expected bytes: save it as PNG")
                else:
                    paper = Image.new("RGBA", image.size, "white")
                    image = Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")
                if resize is not None:
                    image = image.resize((resize[1], resize[0]), Image.Resampling.BILINEAR)
                return np.asarray(image)
    except UnidentifiedImageError as error:
        raise DataError(f"{shown} is no image that Pillow reads: remove it, or convert it") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DataError(f"{shown} has too many pixels ({printable(error)}): make it smaller") from error
    except DataError:
        raise
    except Exception as error:  # each of Pillow's formats raises its own
        raise DataError(f"{shown} is a damaged image ({printable(error)}): replace it") from error


def _of_bytes(image: Any, shown: str) -> Any:
    """Return an image of 16 bits as one of 8."""
    from PIL import Image

    pixels = np.asarray(image).astype(np.int64)
    if pixels.min() < 0 or pixels.max() > 65535:
        raise DataError(f"{shown} has pixels of more than 16 bits, expected bytes: save it as PNG")
    return Image.fromarray(np.rint(pixels / 257).astype(np.uint8)).convert("RGB")
