"""Numba's files of compiled code, each of which ends with its own digest.

Numba unpickles and runs what it finds in PyTensor's folder. A flipped bit there ends the process or changes
results. A file is therefore loaded only if the digest at its end is right; otherwise it counts as missing,
and the function is compiled again. Unpickling ignores bytes after the end, so PyTensor without this package
reads these files, too. Files that it wrote itself have no digest and are compiled again.

An index lists all versions of a function. Processes that share the folder extend it in turns, so that none
drops what another has added.
"""

import contextlib
import hashlib
import io
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba  # noqa: F401  whole before its parts, which may be there if an import was interrupted
from numba.core.caching import IndexDataCacheFile

from udl_pt.backends._internals import numba_folder, replace_numba_cache_file

try:
    import fcntl
except ImportError:  # on Windows, where an entry may get lost, and its function is compiled again
    fcntl = None  # type: ignore[assignment]

__all__ = ["use_sealed_files"]

MARK = b"udl_pt sha256 "
TRIES = 200  # to get the lock, in a second
_report: Callable[[Path, OSError], None]


def _sealed(content: bytes) -> bytes:
    return content + MARK + hashlib.sha256(content).digest()


def _is_intact(path: str) -> bool:
    try:
        whole = Path(path).read_bytes()
    except OSError:
        return False
    return whole == _sealed(whole[: -len(_sealed(b""))])


class SealedCacheFile(IndexDataCacheFile):  # type: ignore[misc]
    """The index and the data of one function; other folders than PyTensor's are left to Numba."""

    def __init__(self, cache_path: Any, filename_base: str, source_stamp: Any) -> None:
        super().__init__(cache_path, filename_base, source_stamp)
        self._is_ours = Path(cache_path) == numba_folder()

    def save(self, key: Any, data: Any) -> None:
        """Write a function; where that fails, it runs all the same and is compiled again next time."""
        if not self._is_ours:
            super().save(key, data)
            return
        try:
            with _locked(Path(self._cache_path)):
                super().save(key, data)
        except OSError as error:
            _report(Path(self._cache_path), error)

    def _data_name(self, number: int) -> str:
        # A name of its own, so that an index can never name the file of another index's function.
        name = str(super()._data_name(number))
        return f"{name.removesuffix('.nbc')}.{secrets.token_hex(4)}.nbc" if self._is_ours else name

    def _load_index(self) -> Any:
        return super()._load_index() if not self._is_ours or _is_intact(self._index_path) else {}

    def _load_data(self, name: str) -> Any:
        path = self._data_path(name)
        if self._is_ours and not _is_intact(path):
            raise FileNotFoundError(path)  # which Numba takes as a reason to compile
        return super()._load_data(name)

    @contextlib.contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[Any]:
        content = io.BytesIO()
        yield content
        whole = content.getvalue()
        with super()._open_for_write(filepath) as file:
            file.write(_sealed(whole) if self._is_ours else whole)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Wait until no other process writes to a folder, and keep others waiting.

    It waits a second at most, and then goes on: a process may have been stopped as it wrote. All that can get
    lost is an entry, whose function is compiled again.
    """
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        for _ in range(TRIES if fcntl is not None else 0):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(1 / TRIES)
            except OSError:  # a file system without locks
                break
        yield
    finally:
        os.close(lock)


def use_sealed_files(report: Callable[[Path, OSError], None]) -> None:
    """Set `SealedCacheFile` as the class through which Numba reads and writes PyTensor's folder.

    Parameters
    ----------
    report : callable
        Called with the folder and the error when a file can't be written.
    """
    global _report
    _report = report
    replace_numba_cache_file(SealedCacheFile)
    os.makedirs(numba_folder(), exist_ok=True)  # somebody may have removed it since
