"""Keep rows in a temporary file instead of in memory."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

__all__ = ["check_room", "write_rows"]


def check_room(n_bytes: int) -> None:
    """Raise unless a temporary file of this size can be written.

    Raises
    ------
    OSError
        The message names the folder, and how to choose another.
    """
    with _naming_the_folder(), tempfile.TemporaryFile():
        if shutil.disk_usage(tempfile.gettempdir()).free < n_bytes:
            raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)} for {n_bytes:,} bytes")


def write_rows(chunks: Iterable[np.ndarray]) -> np.ndarray:
    """Write rows to a temporary file, and return them as an array that reads the file.

    The file has no name (on Windows, no other program can open it). The system deletes it when the array is
    gone, also if the process is killed.

    Parameters
    ----------
    chunks : iterable of ndarray of shape (n, M)
        The rows, at least one. Only one chunk at a time is in memory.

    Returns
    -------
    numpy.ndarray of shape (N, M)
        A read-only memory map, of the first chunk's dtype.

    Raises
    ------
    OSError
        When the file can't be written. The message names the folder, and how to choose another.
    """
    dtype: Any = None
    with ExitStack() as stack:
        with _naming_the_folder():  # without a buffer, which would be written once more after an error
            file = stack.enter_context(tempfile.TemporaryFile(buffering=0))
        for chunk in chunks:
            dtype = chunk.dtype if dtype is None else dtype
            left = np.ascontiguousarray(chunk, dtype).reshape(-1).view(np.uint8).data
            with _naming_the_folder():
                while left:  # a disk that is nearly full takes a part
                    left = left[file.write(left) :]
        with _naming_the_folder():
            return np.asarray(np.memmap(file, dtype, "r")).reshape(-1, chunk.shape[1])


@contextmanager
def _naming_the_folder() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        folder = tempfile.tempdir or "any usual folder"  # None until Python has found one
        raise OSError(
            error.errno,
            f"can't write a temporary file in {folder} ({error.strerror}): set the environment variable "
            "TMPDIR to a folder with room before Python starts, or omit pretrain_on_disk",
        ) from error
