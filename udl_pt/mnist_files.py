"""The two forms in which MNIST comes, IDX files and Kaggle's CSV, read strictly."""

import gzip
import operator
import zlib
from pathlib import Path

import numpy as np

from udl_pt.validation import DataError

__all__ = ["read_csv", "read_idx"]

IMAGE_MAGIC, LABEL_MAGIC = 2051, 2049


def read_idx(file: Path, name: str) -> np.ndarray:
    """Read an IDX file, plain or gzipped.

    Parameters
    ----------
    file : pathlib.Path
        The file.
    name : str
        MNIST's own name of it, which says whether it holds images or labels.

    Returns
    -------
    numpy.ndarray of uint8 of shape (N, 784) or (N,)

    Raises
    ------
    DataError
        For whatever isn't exactly that.
    """
    content = file.read_bytes()
    if file.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{file} is no whole gzip file ({error}): download it again") from error
    images = "images" in name
    kind, magic, header = ("images", IMAGE_MAGIC, 16) if images else ("labels", LABEL_MAGIC, 8)
    if len(content) < header:
        raise DataError(f"{file} has {len(content)} bytes, too few for the header of IDX {kind}")
    found, *sizes = np.frombuffer(content[:header], ">u4").tolist()
    if found != magic:
        others = {IMAGE_MAGIC: " (that is a file of images)", LABEL_MAGIC: " (that is a file of labels)"}
        raise DataError(
            f"{file} has magic number {found}{others.get(found, '')}, expected {magic}, IDX {kind}"
        )
    if images and sizes[1:] != [28, 28]:
        raise DataError(f"{file} has images of {sizes[1]} x {sizes[2]} pixels, expected 28 x 28")
    expected, got = int(np.prod(sizes)), len(content) - header
    if got != expected or got == 0:
        state = "is empty" if got == 0 else "was cut off" if got < expected else "has trailing bytes"
        raise DataError(
            f"{file} {state}: {got} bytes of data, expected {expected} for {sizes[0]} {kind}: "
            "download it again"
        )
    array = np.frombuffer(content, np.uint8, offset=header)
    if not images and array.max() > 9:
        raise DataError(f"{file} has the label {array.max()}, expected digits 0 to 9")
    return array.reshape(-1, 784) if images else array


def read_csv(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read Kaggle's table of labels and pixels.

    Parameters
    ----------
    file : pathlib.Path
        The file.

    Returns
    -------
    numpy.ndarray of int64 of shape (N,), numpy.ndarray of uint8 of shape (N, 784)

    Raises
    ------
    DataError
        For another header, another number of columns, or values that are no labels or pixels.
    """
    with file.open(encoding="ascii", errors="replace") as stream:
        header = stream.readline().strip().split(",")
        if header != ["label", *(f"pixel{i}" for i in range(784))]:
            raise DataError(
                f"{file} has a header of {len(header)} columns from {header[0]!r} to {header[-1]!r}, "
                "expected label,pixel0,…,pixel783 (785 columns)"
            )
        lines = stream.read().rstrip().split("\n")
    if lines == [""]:
        raise DataError(f"{file} has a header but no rows")
    if "" in lines:  # loadtxt would skip it
        raise DataError(
            f"{file} has nothing in row {lines.index('') + 1}, expected a row an image: delete it"
        )
    rest = iter(lines)
    try:
        table = np.loadtxt(rest, delimiter=",", dtype=np.int64, ndmin=2, comments=None)
    except ValueError as error:
        row, what = len(lines) - operator.length_hint(rest), str(error).partition(" at row")[0]
        raise DataError(f"{file} is not a table of integers: in row {row}, {what}") from error
    if table.shape[1] != 785:
        raise DataError(f"{file} has rows of {table.shape[1]} columns, expected 785")
    for name, values, highest in (("label", table[:, :1], 9), ("pixel", table[:, 1:], 255)):
        bad = np.argwhere((values < 0) | (values > highest))
        if len(bad):
            row, column = bad[0]
            raise DataError(
                f"{file} has the {name} {values[row, column]} in row {row + 1}, expected 0 to {highest}"
            )
    return table[:, 0], table[:, 1:].astype(np.uint8)
