"""PyTensor's cache of C modules, which loads a module only if its files are as they were written.

A flipped bit in a compiled module ends the process when it is loaded, so it must be found before. Each
module has a folder of its own; after compiling, the file ``udl_pt.sha256`` there lists the digests of the
others. A folder whose digests differ is removed, and its module compiled again. A folder without digests
(made by PyTensor alone, or by a process that was killed) can't be judged: it is neither loaded nor removed.
All of that happens under PyTensor's compile lock, so no other process is writing meanwhile.
"""

import contextlib
import hashlib
import importlib
import os
import secrets
import shutil
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytensor
from pytensor.compile.compilelock import lock_ctx
from pytensor.link.c.cmodule import ModuleCache

from udl_pt.backends._internals import C_EXTENSIONS, module_cache, replace_module_cache

__all__ = ["forget_modules", "load_extensions", "use_sealed_modules"]

SEAL = "udl_pt.sha256"


def _digests(folder: Path) -> str:
    """List the digests of the files in `folder`, in the format of ``sha256sum``."""
    files = sorted(entry.name for entry in os.scandir(folder) if entry.is_file() and entry.name != SEAL)
    return "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in files)


def _is_sealed(folder: Path) -> bool:
    return (folder / SEAL).is_file()


def _is_intact(folder: Path) -> bool:
    """Whether the files in `folder` are the ones that were sealed."""
    with contextlib.suppress(OSError):
        return (folder / SEAL).read_bytes() == _digests(folder).encode()
    return False


def _seal(folder: Path) -> None:
    aside = folder.parent / f"{folder.name}.{secrets.token_hex(16)}"
    try:
        aside.write_text(_digests(folder))
        aside.replace(folder / SEAL)
    finally:
        aside.unlink(missing_ok=True)


@contextlib.contextmanager
def _without_bytecode(*folders: Path) -> Iterator[None]:
    """Import from `folders` by their sources: bytecode has no digest."""
    for folder in folders:
        shutil.rmtree(folder / "__pycache__", ignore_errors=True)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


class SealedModules(ModuleCache):  # type: ignore[misc]
    """PyTensor's modules, without those whose files have changed."""

    def refresh(self, *arguments: Any, **keywords: Any) -> list[str]:
        """Look for modules of other processes, as PyTensor does, after checking their files."""
        with lock_ctx(), warnings.catch_warnings():
            # Another process found a damaged module, or cleared the cache: what is loaded stays loaded.
            warnings.filterwarnings("ignore", message=".*(can no longer be read|gone from the file system)")
            names = os.listdir(self.dirname) if os.path.isdir(self.dirname) else []
            for name in names:
                folder = Path(self.dirname, name)
                key = str(folder / "key.pkl")
                if key in self.loaded_key_pkl or not os.path.exists(key) or _is_intact(folder):
                    continue
                if _is_sealed(folder):
                    shutil.rmtree(folder, ignore_errors=True)
                self.loaded_key_pkl.add(key)  # PyTensor passes over these
            return list(super().refresh(*arguments, **keywords))

    def module_from_key(self, key: Any, lnk: Any) -> ModuleType:
        """Return a module, compiled and sealed if there is none, or sealed again if it has a new key."""
        with lock_ctx():
            is_known = key in self.entry_from_key
            module: ModuleType = super().module_from_key(key, lnk)
            if not is_known:
                _seal(Path(str(module.__file__)).parent)
        return module

    def _get_module(self, name: str) -> ModuleType:
        folders = [] if name in self.module_from_name else [Path(name).parent]
        with _without_bytecode(*folders):
            module: ModuleType = super()._get_module(name)
        return module


def use_sealed_modules() -> None:
    """Put `SealedModules` in the place of PyTensor's cache of modules."""
    if not isinstance(module_cache(), SealedModules):
        replace_module_cache(SealedModules(pytensor.config.compiledir))


def forget_modules() -> None:
    """Forget which modules the folder has; a new list is made at the next compilation."""
    replace_module_cache(None)


def load_extensions() -> None:
    """Load the modules of PyTensor's C linker itself; modules that were changed are compiled again."""
    missing = [name for name in C_EXTENSIONS if name not in sys.modules]
    if not missing or not pytensor.config.cxx:
        return
    folders = [Path(pytensor.config.compiledir, name) for name in missing]
    with lock_ctx(), _without_bytecode(*folders):
        for folder in folders:
            if not _is_intact(folder):
                shutil.rmtree(folder, ignore_errors=True)
        for name in C_EXTENSIONS.values():
            importlib.import_module(name)
        for folder in folders:
            if not _is_sealed(folder):
                _seal(folder)
