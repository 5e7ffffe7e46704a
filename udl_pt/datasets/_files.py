"""IDX files, and the CSV of Kaggle's MNIST, read strictly.

A file's name and header are claims. No more bytes are read than the header announces, and they are read in
blocks. So a damaged or forged file takes no more memory than a real one.
"""

import contextlib
import hashlib
import io
import itertools
import math
import re
import reprlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from udl_pt._support.exceptions import DataError
from udl_pt._support.files import printable

__all__ = ["COLUMNS", "PACKED_AT_MOST", "csv_rows", "is_packed", "opened", "read_csv", "read_idx"]

IMAGE_MAGIC, LABEL_MAGIC = 2051, 2049
BLOCK = 2**16  # bytes read at a time
PACKED_AT_MOST = 1032  # bytes that gzip can pack into one
COLUMNS = ["label", *(f"pixel{i}" for i in range(784))]
ROWS = 1000  # of a CSV, read at a time
LONGEST = 10_000  # characters of a row; the header has 6,950
UNPACKED = 2**28  # bytes of a packed CSV; Kaggle's has 77 million
CHARACTERS = re.compile(r"[-+0-9, \t]*")
CELL = re.compile(r"[ \t]*[-+]?0*[0-9]{1,18}[ \t]*")


class _Unpacked(io.RawIOBase):
    """The content of a gzip file; no more is unpacked than is read."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._waiting = b""
        self._member: Any = zlib.decompressobj(wbits=31)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Unpack at least a byte, or reach the end."""
        while True:
            if self._member.eof:
                self._waiting = self._member.unused_data or self._packed.read(BLOCK)
                if not self._waiting:
                    return 0
                self._member = zlib.decompressobj(wbits=31)
            self._waiting = self._waiting or self._packed.read(BLOCK)
            if not self._waiting:
                raise EOFError("it was cut off")
            block = self._member.decompress(self._waiting, len(buffer))
            self._waiting = self._member.unconsumed_tail
            if block:
                buffer[: len(block)] = block
                return len(block)


def is_packed(file: Path) -> bool:
    """Whether a file's name is that of a gzip file."""
    return file.suffix.lower() == ".gz"


@contextlib.contextmanager
def opened(file: Path) -> Iterator[io.BufferedReader]:
    """Open a file, plain or gzipped by its name, to read its content."""
    with file.open("rb") as stream:
        if not is_packed(file):
            yield stream
            return
        try:
            yield io.BufferedReader(_Unpacked(stream), BLOCK)
        except (EOFError, zlib.error) as error:
            shown = printable(file)
            raise DataError(f"{shown} is not a complete gzip file ({error}): download it again") from error


def read_idx(file: Path, name: str, sha256: str | None = None, *, any_size: bool = False) -> np.ndarray:
    """Read an IDX file, plain or gzipped.

    Parameters
    ----------
    file : pathlib.Path
        The file.
    name : str
        MNIST's own name of it, which tells whether it holds images or labels.
    sha256 : str, optional
        The digest that its unpacked content must have.
    any_size : bool
        Whether images of any size and labels above 9 are allowed.

    Returns
    -------
    numpy.ndarray of uint8 of shape (N, 784) or (N,)
        With `any_size`, images have the shape (N, rows, columns).

    Raises
    ------
    DataError
        For any other content.
    """
    images = "images" in name
    kind, magic, length = ("images", IMAGE_MAGIC, 16) if images else ("labels", LABEL_MAGIC, 8)
    shown = printable(file)
    with opened(file) as stream:
        header = stream.read(length)
        if len(header) < length:
            raise DataError(f"{shown} has {len(header)} bytes, too few for the header of IDX {kind}")
        found, *sizes = np.frombuffer(header, ">u4").tolist()
        if found != magic:
            others = {IMAGE_MAGIC: " (that is a file of images)", LABEL_MAGIC: " (that is a file of labels)"}
            raise DataError(
                f"{shown} has magic number {found}{others.get(found, '')}, expected {magic}, IDX {kind}"
            )
        if images and not any_size and sizes[1:] != [28, 28]:
            raise DataError(f"{shown} has images of {sizes[1]} x {sizes[2]} pixels, expected 28 x 28")
        if 0 in sizes:
            announced_shape = " x ".join(map(str, sizes))
            what = "pixels" if images else kind
            raise DataError(f"{shown} is empty: its header announces {announced_shape} {what}")
        announced, size = math.prod(sizes), file.stat().st_size
        least, most = (0, PACKED_AT_MOST * size) if is_packed(file) else (size - length,) * 2
        if least <= announced <= most:
            content = _at_most(stream, announced + 1)
            least = most = len(content)
    expected = f"expected {announced} for {sizes[0]} {kind}: download it again"
    if least > announced:
        raise DataError(f"{shown} has trailing bytes: at least {least} bytes of data, {expected}")
    if most < announced:
        raise DataError(f"{shown} was cut off: at most {most} bytes of data, {expected}")
    if sha256 is not None and hashlib.sha256(header + content).hexdigest() != sha256:
        raise DataError(f"{shown} is not the published {name}")
    array = np.frombuffer(content, np.uint8)
    if not images and not any_size and array.max() > 9:
        raise DataError(f"{shown} has the label {array.max()}, expected digits 0 to 9")
    if not images:
        return array
    return array.reshape(sizes) if any_size else array.reshape(-1, 784)


def _at_most(stream: io.BufferedReader, count: int) -> bytearray:
    """Read up to `count` bytes; memory grows with the bytes in the file, not with those announced."""
    content = bytearray()
    while block := stream.read(min(BLOCK, count - len(content))):
        content += block
    return content


def read_csv(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read Kaggle's table of labels and pixels, plain or gzipped.

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
        For another header, another number of columns, values that are not labels or pixels, or a gzip file
        that unpacks to more than 268 MB.
    """
    shown = printable(file)
    labels, pixels, done = [], [], 0
    with opened(file) as stream:
        text = io.TextIOWrapper(stream, encoding="ascii", errors="replace")
        rows = csv_rows(text, shown, UNPACKED if is_packed(file) else math.inf)
        header = next(rows, "").strip(" \t").split(",")
        if header != COLUMNS:
            ends = " to ".join(map(reprlib.repr, (header[0], header[-1])))
            raise DataError(
                f"{shown} has a header of {len(header)} columns from {ends}, "
                "expected label,pixel0,…,pixel783 (785 columns)"
            )
        while block := list(itertools.islice(rows, ROWS)):
            table = _table(block, done, shown)
            for name, values, highest in (("label", table[:, :1], 9), ("pixel", table[:, 1:], 255)):
                bad = np.argwhere((values < 0) | (values > highest))
                if len(bad):
                    row, column = bad[0]
                    raise DataError(
                        f"{shown} has the {name} {values[row, column]} in row {done + row + 1}, "
                        f"expected 0 to {highest}"
                    )
            labels.append(table[:, 0].copy())
            pixels.append(table[:, 1:].astype(np.uint8))
            done += len(block)
    if not done:
        raise DataError(f"{shown} has a header but no rows")
    return np.concatenate(labels), np.concatenate(pixels)


def csv_rows(
    text: io.TextIOWrapper, shown: str, most: float, longest: int = LONGEST, expected: str = "785 numbers"
) -> Iterator[str]:
    """Yield a CSV's rows, the header first; empty rows may occur only at the end."""
    read, empty = 0, None
    for n in itertools.count():
        row, place = text.readline(longest + 1), f"row {n}" if n else "its header"
        read += len(row)
        if read > most:
            raise DataError(f"{shown} unpacks to more than {most} bytes: unpack it and pass the plain CSV")
        if not row:
            return
        if len(row) > longest:
            raise DataError(f"{shown} has more than {longest} characters in {place}, expected {expected}")
        blank = not row.strip(" \t\n")
        if empty is not None and (not blank or n - empty > ROWS):
            raise DataError(f"{shown} has nothing in row {empty}, expected numbers: delete it")
        if not blank:
            yield row.rstrip("\n")
        elif empty is None:
            empty = n


def _table(rows: list[str], before: int, shown: str) -> np.ndarray:
    """Convert some rows, with `before` rows above them; where NumPy can't, find out why."""
    if all(map(CHARACTERS.fullmatch, rows)):
        with contextlib.suppress(ValueError):
            table = np.loadtxt(rows, np.int64, delimiter=",", ndmin=2, comments=None)
            if table.shape[1] == len(COLUMNS):
                return table
    numbers = []
    for n, row in enumerate(rows, before + 1):
        cells = row.split(",")
        for name, cell in zip(COLUMNS, cells, strict=False):
            if not CELL.fullmatch(cell):
                raise DataError(
                    f"{shown} is not a table of integers: in row {n}, {name} is {reprlib.repr(cell)}"
                )
        if len(cells) != len(COLUMNS):
            raise DataError(f"{shown} has {len(cells)} columns in row {n}, expected {len(COLUMNS)}")
        numbers.append([int(cell) for cell in cells])
    return np.array(numbers, np.int64)
