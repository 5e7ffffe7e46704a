"""Write a report's files together, as valid JSON, and make their names safe to show."""

import contextlib
import json
import math
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from udl_pt._support.interrupts import uninterruptible

try:
    import fcntl
except ImportError:  # Windows, where what a kill left stays
    fcntl = None  # type: ignore[assignment]

__all__ = ["as_json", "folder_if_filled", "printable", "write_files"]

UNFINISHED = re.compile(r"\.udl_pt-files-[0-9a-f]{16}\.part")  # folders in which files wait for their place


def printable(text: Any) -> str:
    r"""Escape control characters, which a terminal would obey, and characters that UTF-8 can't encode.

    Parameters
    ----------
    text : object
        A file's name, or anything else that came from outside.

    Returns
    -------
    str
        Control characters and bytes that are not UTF-8 as ``\x1b`` or ``\udcff``; the rest unchanged.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def as_json(facts: Mapping[Any, Any], indent: int | None) -> bytes:
    """Return facts as valid JSON, in ASCII.

    Parameters
    ----------
    facts : mapping
        Of str or int to mappings, lists, strings, numbers of Python or NumPy, arrays, booleans and None.
        NaN and infinity become null.
    indent : int or None
        Spaces per level; None writes one line.

    Raises
    ------
    TypeError
        For anything else; the message names its place.
    ValueError
        For two keys of a mapping that are the same text in JSON, such as 1 and ``"1"``.
    """
    return (json.dumps(_plain(facts, ""), indent=indent, allow_nan=False) + "\n").encode("ascii")


def _plain(value: Any, place: str) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, np.longdouble):  # which `tolist` leaves as it is
        value = float(value)
    if isinstance(value, Mapping):
        keys = [key.item() if isinstance(key, np.generic) else key for key in value]
        if strange := [key for key in keys if not isinstance(key, str | int)]:
            raise TypeError(f"{place or 'results'} has the key {strange[0]!r}, expected a string or an int")
        _check_different(keys, place or "results")
        return {
            key: _plain(item, f"{place}[{key!r}]") for key, item in zip(keys, value.values(), strict=True)
        }
    if isinstance(value, list | tuple):
        return [_plain(item, f"{place}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(
        f"{place or 'results'} is {value!r}, which JSON can't hold: expected a number, a string, a boolean, "
        "None, or a list or mapping of these"
    )


def _check_different(keys: list[Any], place: str) -> None:
    """Raise where JSON would write two keys alike, and its readers would see one of their values."""
    written: dict[str, Any] = {}
    for key in keys:
        text = key if isinstance(key, str) else json.dumps(key)
        if text in written:
            raise ValueError(
                f"{place} has the keys {written[text]!r} and {key!r}, which are both {text!r} in JSON: "
                "rename one"
            )
        written[text] = key


@contextlib.contextmanager
def folder_if_filled(folder: Path) -> Iterator[None]:
    """Create a folder with its parents; at the end, remove those that were created and are still empty."""
    made = [place for place in (folder, *folder.absolute().parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for place in made:
            with contextlib.suppress(OSError):
                place.rmdir()


@uninterruptible
def write_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files into a folder: all of them, or none where an error is raised.

    They are written into a new folder inside it, then moved into place in their order. If anything fails, the
    folder is as it was before; an interrupt waits until all are written. A link under one of the names is
    replaced and never followed. A file that is replaced keeps its mode.

    Parameters
    ----------
    folder : pathlib.Path
        Made with its parents where it isn't there.
    contents : mapping of str to bytes
        By file name. Other files of the folder stay.

    Raises
    ------
    OSError
        When a file can't be written or a name belongs to a folder.

    Notes
    -----
    No process can undo anything once it is killed (SIGKILL, loss of power). Then each file is the old or the
    new one, whole, but some may be old and others new. The next call removes the folder that was left inside.
    """
    with folder_if_filled(folder), _folder_aside(folder) as aside:
        new, old = aside / "new", aside / "old"
        new.mkdir()
        old.mkdir()
        for name, content in contents.items():
            with (new / name).open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if os.path.lexists(folder / name):
                shutil.copy2(folder / name, old / name, follow_symlinks=False)
                if not (folder / name).is_symlink():
                    shutil.copymode(folder / name, new / name)
        try:
            for name in contents:
                os.replace(new / name, folder / name)
        except BaseException:
            for name in contents:
                if os.path.lexists(old / name):
                    os.replace(old / name, folder / name)
                else:
                    (folder / name).unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def _folder_aside(folder: Path) -> Iterator[Path]:
    """Create a folder inside another, and remove it at the end. Its lock shows that its writer lives."""
    _remove_leftovers(folder)
    aside, lock = _locked_folder(folder)
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _locked_folder(folder: Path) -> tuple[Path, int | None]:
    """Create a folder, and return it with the file descriptor that holds its lock, where there are locks."""
    while True:
        made = folder / f".udl_pt-files-{secrets.token_hex(8)}.part"
        made.mkdir(0o700)
        if fcntl is None:
            return made, None
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(made, os.O_RDONLY)
            with contextlib.suppress(OSError):  # a file system without locks: no leftover is removed there
                fcntl.flock(lock, fcntl.LOCK_EX)
            if made.exists():
                return made, lock
            os.close(lock)
        # another writer took it for a leftover before it was locked


def _remove_leftovers(folder: Path) -> None:
    """Remove the folders of writers that were killed."""
    places: list[Path] = []
    with contextlib.suppress(OSError):  # such as that of a folder which may be written, and not listed
        places = [place for place in folder.iterdir() if fcntl and UNFINISHED.fullmatch(place.name)]
    for place in places:
        with contextlib.suppress(OSError):  # such as that of a lock whose writer lives
            lock = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(place, ignore_errors=True)
            finally:
                os.close(lock)
