"""Warnings that point to the user's own line."""

import inspect
import os
import warnings
from pathlib import Path

__all__ = ["warn_user"]

PACKAGE = str(Path(__file__).parents[1]) + os.sep


def warn_user(message: str) -> None:
    """Warn at the line that called the package, however deep the call is in here."""
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)
