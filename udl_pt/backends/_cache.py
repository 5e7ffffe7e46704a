"""Where compiled code is kept: a folder that can be written, and files that are as they were written.

PyTensor keeps what it compiled in one folder, for Numba and for C. If that folder can't be created or
written, or its disk is full, this process warns once and uses a temporary folder. That one starts with the
code that is compiled already. Damaged files are compiled again; see `udl_pt.backends._sealed_modules` and
`udl_pt.backends._numba.cache`.
"""

import atexit
import contextlib
import errno
import os
import pickle
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import pytensor
from pytensor.compile import compilelock

from udl_pt._support.warn import warn_user
from udl_pt.backends._internals import (
    forget_numba_registries,
    modules_folder,
    reads_compile_cache,
    release_locks,
    replace_setting,
    set_numba_folder,
)
from udl_pt.backends._sealed_modules import forget_modules, load_extensions, use_sealed_modules

__all__ = [
    "cache_folders",
    "clear_cache",
    "mend_cache",
    "prepare_cache",
    "recover_from_interrupt",
    "why_temporary",
]

PROBE = 1 << 20  # bytes that must fit into the folder
NO_SPACE = os.strerror(errno.ENOSPC)
WAY_OUT = "set PYTENSOR_FLAGS=base_compiledir=FOLDER to a folder that can be written and has space"

_settled: set[str] = set()  # backends whose folder has been tried
_why_temporary = ""
_warned = False


def cache_folders() -> list[Path]:
    """List the folders where PyTensor keeps what it compiled (Numba's, and C's)."""
    return [_folder_of("numba"), _folder_of("c")]


def _folder_of(backend: str) -> Path:
    if backend == "numba":
        return Path(pytensor.config.base_compiledir) / "numba"
    return Path(pytensor.config.compiledir)


def why_temporary() -> str:
    """Return why the configured folder isn't used; empty where it is."""
    return _why_temporary


def prepare_cache(backend: str) -> None:
    """Prepare the cache so that `backend` can read and write it; quick after the first time.

    Raises
    ------
    OSError
        Where neither the configured folder nor a temporary one can be written.
    """
    if backend not in _settled:
        if error := _why_unwritable(backend):
            _move(error)
        _settled.add(backend)
    if backend == "numba":
        from udl_pt.backends._numba.cache import use_sealed_files
        from udl_pt.backends._numba.libraries import use_lazy_libraries

        use_lazy_libraries()
        use_sealed_files(lambda folder, error: _warn(f"{folder} can't be written ({_short(error)})"))
    elif pytensor.config.cxx:
        load_extensions()
        use_sealed_modules()


def mend_cache(backend: str, error: BaseException) -> bool:
    """Return whether the cause of `error` has been mended, so that it is worth compiling again.

    Raises
    ------
    OSError
        Where no folder has space for compiled code.
    """
    is_full = os.strerror(errno.ENOSPC) in str(error)
    cause = _why_unwritable(backend) or (
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) if is_full else None
    )
    if cause:
        _move(cause)
        return True
    if _comes_from_cache(error):
        clear_cache()
        return True
    return False


def clear_cache() -> None:
    """Empty the compile cache; everything in it can be compiled again."""
    for folder in cache_folders():
        for entry in folder.glob("*") if folder.is_dir() else ():
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name != ".lock":  # other processes may hold it
                entry.unlink(missing_ok=True)
    forget_modules()


def recover_from_interrupt() -> None:
    """Repair locks and Numba's tables after an interrupt."""
    release_locks()
    with contextlib.suppress(OSError, ValueError):
        compilelock.force_unlock(pytensor.config.compiledir)
    if "udl_pt.backends._numba.cache" in sys.modules:  # otherwise Numba has compiled nothing
        forget_numba_registries()


def _why_unwritable(backend: str) -> Exception | None:
    try:
        folder = _folder_of(backend)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(PROBE))
    except (OSError, ValueError) as error:  # ValueError: PyTensor's own, as it reads its configuration
        return error
    return None


def _move(error: Exception) -> None:
    """Use a temporary folder from now on, with what the configured one holds."""
    global _why_temporary
    base = Path(pytensor.config.base_compiledir)
    if _why_temporary:
        raise OSError(
            errno.ENOSPC,
            f"compiled code can't be kept in the temporary folder {base} ({_short(error)}): {WAY_OUT}",
        ) from error
    try:
        temporary = Path(tempfile.mkdtemp(prefix="udl_pt-compiled-"))
    except OSError as other:
        raise OSError(
            other.errno,
            f"compiled code can be kept neither in {base} ({_short(error)}) nor in a temporary folder "
            f"({_short(other)}): {WAY_OUT}",
        ) from other
    atexit.register(_remove, temporary, os.getpid())
    modules = modules_folder()
    replace_setting("base_compiledir", temporary)
    replace_setting("compiledir", temporary / modules.name)
    for source, target in ((base / "numba", _folder_of("numba")), (modules, _folder_of("c"))):
        with contextlib.suppress(OSError):  # without them everything is compiled anew
            _take_along(source, target)
    set_numba_folder(_folder_of("numba"))
    forget_modules()
    _why_temporary = f"{base} can't be written ({_short(error)})"
    _warn(_why_temporary)


def _take_along(source: Path, target: Path) -> None:
    """Fill `target` with copies of small files, which may change, and links to compiled ones."""
    for root, _, names in os.walk(source):
        folder = target / Path(root).relative_to(source)
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            if name.endswith((".so", ".nbc")):
                (folder / name).symlink_to(Path(root, name))
            else:
                shutil.copyfile(Path(root, name), folder / name)


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # and no forked child
        shutil.rmtree(folder, ignore_errors=True)


def _warn(reason: str) -> None:
    global _warned
    if not _warned:
        _warned = True
        warn_user(f"{reason}, so code compiled now is lost when this process ends: {WAY_OUT}")


def _short(error: Any) -> str:
    return str(getattr(error, "strerror", None) or error).splitlines()[0]


def _comes_from_cache(error: BaseException) -> bool:
    """Whether `error` arose while a file of the compile cache was read."""
    frames = traceback.extract_tb(error.__traceback__)
    return isinstance(error, pickle.UnpicklingError | EOFError) or any(
        reads_compile_cache(frame.filename, frame.name) for frame in frames
    )
