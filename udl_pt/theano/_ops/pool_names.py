"""Arguments of pooling that Theano has renamed: ``ds``, ``st`` and ``padding``."""

import warnings
from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Variable

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


def window_counts(
    shape: Sequence[Any], ws: Any, stride: Any, pad: Any, ndim: int, ignore_border: bool
) -> list[Any]:
    """Return how many windows there are on each axis; of numbers or symbolic."""
    result = []
    for i in range(ndim):
        length, width, step = shape[len(shape) - ndim + i], ws[i], stride[i]
        length = length + 2 * pad[i]
        symbolic = any(isinstance(n, Variable) for n in (length, width, step))
        switch = pt.switch if symbolic else lambda condition, yes, no: yes if condition else no
        least = pt.maximum if symbolic else max
        if ignore_border:
            n = least((length - width) // step + 1, 0)
        else:
            n = switch(
                step >= width, (length - 1) // step + 1, least(0, (length - 1 - width + step) // step) + 1
            )
        result.append(n if symbolic else int(n))
    return result
