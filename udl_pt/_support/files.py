"""Files of a report: written whole or not at all, as JSON that is valid, under names that can be shown."""

import contextlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from udl_pt._support.interrupts import whole

__all__ = ["as_json", "folder_if_filled", "printable", "write_files"]


def printable(text: Any) -> str:
    r"""Escape what a terminal would obey and what UTF-8 can't hold.

    Parameters
    ----------
    text : object
        A file's name, or anything else that came from outside.

    Returns
    -------
    str
        Control characters and bytes that are no UTF-8 as ``\x1b`` or ``\udcff``; the rest unchanged.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def as_json(facts: Mapping[Any, Any], indent: int) -> bytes:
    """Return facts as valid JSON, in ASCII.

    Parameters
    ----------
    facts : mapping
        Of str or int to mappings, lists, strings, numbers of Python or NumPy, arrays, booleans and None.
        NaN and infinity become null.
    indent : int
        Spaces a level.

    Raises
    ------
    TypeError
        For anything else; the message names its place.
    """
    return (json.dumps(_plain(facts, ""), indent=indent, allow_nan=False) + "\n").encode("ascii")


def _plain(value: Any, place: str) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        keys = [key.item() if isinstance(key, np.generic) else key for key in value]
        if strange := [key for key in keys if not isinstance(key, str | int)]:
            raise TypeError(f"{place or 'results'} has the key {strange[0]!r}, expected a string or an int")
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


@contextlib.contextmanager
def folder_if_filled(folder: Path) -> Iterator[None]:
    """Make a folder with its parents; at the end, remove those that were made and are still empty."""
    made = [place for place in (folder, *folder.absolute().parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for place in made:
            with contextlib.suppress(OSError):
                place.rmdir()


@whole
def write_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files into a folder: all of them, or none.

    They are written into a new folder inside it, then moved into place in the order given. If anything fails,
    the folder is as it was before; an interrupt waits until all are written. A link under one of the names is
    replaced and never followed.

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
    """
    with (
        folder_if_filled(folder),
        tempfile.TemporaryDirectory(prefix=".new-", dir=folder, ignore_cleanup_errors=True) as aside,
    ):
        new, old = Path(aside, "new"), Path(aside, "old")
        new.mkdir()
        old.mkdir()
        for name, content in contents.items():
            with (new / name).open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if os.path.lexists(folder / name):
                shutil.copy2(folder / name, old / name, follow_symlinks=False)
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
