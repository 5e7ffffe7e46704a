"""Arguments of the symbolic models that have no eager twin: taken as they are by default, else refused."""

from collections.abc import Mapping
from typing import Any

from udl_pt._support.messages import shown

__all__ = ["check_beyond"]


def check_beyond(method: str, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Raise unless each argument beyond the twins' is what it is by default.

    Parameters
    ----------
    method : str
        Whose arguments, such as ``"RBM.fit"``.
    given : mapping of str to object
        What came.
    defaults : mapping of str to object
        What `udl_pt`'s method takes besides, and its defaults.

    Raises
    ------
    TypeError
        For an argument that the symbolic method doesn't take either.
    ValueError
        For another value than the default.
    """
    for name, value in given.items():
        if name not in defaults:
            raise TypeError(f"{method} takes no argument {name!r}")
        plain = isinstance(value, bool | int | float | str | tuple | list | None)
        if not (plain and (value == defaults[name] or not (value or defaults[name]))):
            raise ValueError(
                f"{name} is {shown(value)}, but the eager {method} has no twin of that: omit it, or "
                f"use udl_pt.{method}"
            )
