"""Values of a plan: numbers and texts as TOML has them, and names of Python objects."""

import importlib
import re
import sys
from collections.abc import Mapping
from typing import Any

from udl_pt._support.messages import shown

__all__ = ["add_folder", "imported", "is_reference", "resolved"]

REFERENCE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def is_reference(value: Any) -> bool:
    """Return whether a value is a text such as ``"udl_pt:adam_updates"``."""
    return isinstance(value, str) and REFERENCE.fullmatch(value) is not None


def add_folder(folder: str) -> None:
    """Make the modules of a folder importable, after all others."""
    if folder not in sys.path:
        sys.path.append(folder)


def imported(reference: str) -> Any:
    """Return the object of a reference ``"module:name"``.

    Raises
    ------
    ValueError
        When there is no such module, or no such name in it.
    """
    module, _, name = reference.partition(":")
    try:
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"{reference!r} can't be imported ({error}): expected 'module:name', of an installed module or "
            "one beside the plan's file"
        ) from error
    return found


def resolved(value: Any) -> Any:
    """Return a value with its references imported, and its tables with ``call`` called.

    Raises
    ------
    ValueError
        For a reference that can't be imported, and a call that fails.
    """
    if is_reference(value):
        return imported(value)
    if isinstance(value, list):
        return [resolved(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    arguments = {name: resolved(item) for name, item in value.items()}
    if "call" not in value:
        return arguments
    function = arguments.pop("call")
    if not callable(function):
        raise ValueError(f"call is {shown(value['call'])}, expected 'module:name' of a function or a class")
    try:
        return function(**arguments)
    except (TypeError, ValueError, OSError) as error:
        raise ValueError(f"the call of {value['call']} fails: {error}") from error
