"""Arrays in NumPy's files, .npz and .npy, without pickles."""

import math
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np

from udl_pt._support.exceptions import DataError
from udl_pt._support.files import printable
from udl_pt.datasets._files import PACKED_AT_MOST

__all__ = ["ARRAYS", "read_npy", "read_npz"]

ARRAYS = ("X", "Y", "Xtest", "Ytest")
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_npy(file: Path) -> np.ndarray:
    """Read the array of an .npy file.

    Raises
    ------
    DataError
        For a damaged file, and for Python objects, which are pickled.
    """
    with file.open("rb") as stream:
        return _array(stream, file.stat().st_size, printable(file))


def read_npz(file: Path) -> dict[str, np.ndarray]:
    """Read the arrays X, Y, Xtest and Ytest of an .npz file; all but X may be missing.

    Raises
    ------
    DataError
        For a damaged file, a file without X, arrays of other names, and Python objects, which are pickled.
    """
    shown = printable(file)
    try:
        with zipfile.ZipFile(file) as packed:
            members = {info.filename.removesuffix(".npy"): info for info in packed.infolist()}
            there = ", ".join(map(printable, members)) or "nothing"
            if "X" not in members:
                raise DataError(f"{shown} has {there}, expected the arrays X, and Y, Xtest, Ytest if any")
            unknown = [printable(name) for name in members if name not in ARRAYS]
            if unknown:
                raise DataError(f"{shown} has the array {unknown[0]}, expected X, Y, Xtest and Ytest alone")
            arrays = {}
            for name, info in members.items():
                if info.file_size > PACKED_AT_MOST * max(info.compress_size, 1):
                    raise DataError(f"{shown}: {name} announces {info.file_size} bytes, more than are packed")
                with packed.open(info) as stream:
                    arrays[name] = _array(stream, info.file_size, f"{shown}: {name}")
            return arrays
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise DataError(f"{shown} is not a complete .npz file ({printable(error)}): save it again") from error


def _array(stream: IO[bytes], size: int, shown: str) -> np.ndarray:
    """Read an array whose header and values take `size` bytes."""
    try:
        version = np.lib.format.read_magic(stream)
        if version not in HEADERS:
            raise ValueError(f"version {version}")
        shape, fortran, dtype = HEADERS[version](stream, max_header_size=10_000)
    except Exception as error:  # a header is Python's text: NumPy raises what its parser does
        raise DataError(f"{shown} is no array that numpy.save wrote ({printable(error)})") from error
    if dtype.hasobject:
        raise DataError(
            f"{shown} holds Python objects, which would be unpickled: save numbers, or labels as text "
            "(numpy.asarray(…, dtype=str))"
        )
    if dtype.kind not in "biufUS" or not dtype.itemsize:
        raise DataError(f"{shown} has dtype {dtype}, expected numbers, or labels as text")
    count, header = math.prod(shape), stream.tell()
    if min(shape, default=0) < 0 or count * dtype.itemsize != size - header:
        raise DataError(
            f"{shown} has {size - header} bytes of data, expected {count * dtype.itemsize} for the shape "
            f"{shape}"
        )
    content = stream.read(count * dtype.itemsize)
    if len(content) != count * dtype.itemsize:
        raise DataError(f"{shown} was cut off")
    array: Any = np.frombuffer(content, dtype)
    return array.reshape(shape, order="F" if fortran else "C")
