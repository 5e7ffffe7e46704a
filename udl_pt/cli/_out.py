"""The folder that a command writes to."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from udl_pt._support.files import folder_if_filled

__all__ = ["check_out"]


def check_out(name: str, files: Sequence[str]) -> None:
    """Refuse a folder where `files` can't be written, before minutes of training instead of after.

    It writes a file, since permissions don't tell everything. A folder created for that is removed again, in
    case of other bad input.
    """
    if not name:
        raise ValueError("--out is '', expected a folder")
    out = Path(name)
    there = next(place for place in (out, *out.absolute().parents) if place.exists())
    if not there.is_dir():
        raise NotADirectoryError(f"--out {out}: {there} is a file, expected a folder, or a new name")
    try:
        with folder_if_filled(out), tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise type(error)(
            f"--out {out} can't be made or written to ({error.strerror}), choose another folder"
        ) from error
    for file in files:
        if (out / file).is_dir() and not (out / file).is_symlink():
            raise IsADirectoryError(f"--out {out}: {file} there is a folder, expected a file: move it away")
