"""Arguments of pooling that Theano has renamed: ``ds``, ``st`` and ``padding``."""

import warnings
from collections.abc import Sequence
from typing import Any

__all__ = ["renamed"]


def renamed(
    ws: Any, stride: Any, pad: Any, ds: Any, st: Any, padding: Any, no_pad: Sequence[Any], stacklevel: int = 3
) -> tuple[Any, Any, Any]:
    """Return ``ws``, ``stride`` and ``pad``, from their earlier names too; warn of these, and refuse both."""
    if ds is None and ws is None:
        raise ValueError("You must provide a tuple value for the window size.")
    old = (
        ("ws", ws, "ds", ds, None),
        ("stride", stride, "st", st, None),
        ("pad", pad, "padding", padding, no_pad),
    )
    result = []
    for name, value, earlier, given, empty in old:
        if given is None:
            result.append(value)
            continue
        if value is not None and not (empty and value in empty):
            raise ValueError(
                f"You can't provide a tuple value to both '{name}' and '{earlier}'. "
                f"Please provide a value only to '{name}'."
            )
        message = f"DEPRECATION: the '{earlier}' parameter is going to disappear: use '{name}'."
        warnings.warn(message, stacklevel=stacklevel)
        result.append(given)
    return result[0], result[1], result[2]
