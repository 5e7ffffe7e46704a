"""Arguments of the symbolic models that the eager twins lack: accepted only at their defaults."""

from collections.abc import Mapping
from typing import Any

from udl_pt._support.messages import shown

__all__ = ["FIT", "check_beyond"]

# what the fit of a trained twin lacks
FIT = {"backend": None, "warm_start": False, "resume": None, "verbose": False}


def check_beyond(method: str, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Raise unless each argument that the twin lacks has its default value.

    Parameters
    ----------
    method : str
        Name of the method for the messages, such as ``"RBM.fit"``.
    given : mapping of str to object
        The arguments that the twin has no parameter for.
    defaults : mapping of str to object
        The further arguments of `udl_pt`'s method, and their defaults.

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
                f"{name} is {shown(value)}, which the eager {method} does not support: omit it, or use "
                f"udl_pt.{method}"
            )
