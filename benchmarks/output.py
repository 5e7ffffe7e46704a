"""The file that a benchmark writes its numbers to: tried before hours of work, and replaced as a whole."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from udl_pt._support.files import as_json
from udl_pt._support.storage import replace_file

__all__ = ["json_file", "write_json"]


def json_file(name: str) -> Path:
    """Return the path of a file that can be written; for the ``type`` of an argument of argparse."""
    path = Path(name)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{name} is a folder, expected a file")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{name} can't be written: {error.strerror}") from None
    return path


def write_json(path: Path | None, facts: Any) -> None:
    """Replace the file by these facts; do nothing where there is no path."""
    if path is not None:
        replace_file(path, as_json(facts, indent=1))
