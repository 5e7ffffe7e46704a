"""Describe values in error messages, and choose the advice that fits."""

import io
import math
import os
import reprlib
from collections.abc import Mapping, Sequence, Set
from types import ModuleType
from typing import Any

import numpy as np

__all__ = [
    "advice_for_no_array",
    "advice_for_numbers",
    "codes_outside_unit_interval",
    "no_probabilities",
    "plain",
    "shown",
]

LONGEST = 80  # characters
SMALL = 4  # entries of an array whose values are shown
ROUNDING = 1e-3  # how far rounding may take values out of [0, 1]

_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = LONGEST


def shown(value: Any) -> str:
    """Describe a value on one line: its repr, shortened; for large arrays and frames shape and dtype."""
    kind = type(value)
    shape = getattr(value, "shape", None)
    if not (isinstance(shape, tuple) and all(isinstance(n, int | np.integer) for n in shape)):
        shape = ()
    if not isinstance(value, type) and math.prod(shape) > SMALL:
        dtype = getattr(value, "dtype", None)
        what = "an array" if isinstance(value, np.ndarray) else f"a {kind.__name__}"
        return f"{what} of shape {tuple(shape)}" + ("" if dtype is None else f" and dtype {dtype}")
    try:
        text = " ".join(_short.repr(value).split())
    except Exception:  # whatever it is, it is the value's; int has a limit of digits, too
        return f"an object of type {kind.__name__}"
    if kind.__module__ == "builtins" or isinstance(value, np.ndarray) or kind.__name__ in text:
        return text
    return f"{text} (of type {kind.__name__})"


def plain(number: float) -> str:
    """Write a number in as few digits as tell it from all others."""
    number = float(number)
    text = f"{number:g}"
    return text if float(text) == number or number != number else repr(number)


def advice_for_no_array(value: Any, name: str) -> str | None:
    """Return advice on how to make an array of a value that isn't one; None where NumPy can convert it."""
    if value is None:
        return "pass the data"
    if isinstance(value, str | bytes | os.PathLike | io.IOBase):
        return f"read the file first, such as numpy.load({name}) or numpy.loadtxt({name}, delimiter=',')"
    if type(value).__module__.startswith("pytensor"):
        return f"compute the variable's value first, with {name}.eval(…), or call what takes variables"
    if isinstance(value, Mapping):
        return f"put its columns side by side, numpy.column_stack(list({name}.values()))"
    if isinstance(value, Set):
        return "a set has no order: make a list of its rows"
    if isinstance(value, type | ModuleType):
        return "pass data, not a class or a module"
    known = ("__array__", "__array_interface__", "__array_struct__", "__dlpack__", "__dataframe__")
    if any(hasattr(value, way) for way in known) or isinstance(value, Sequence | memoryview | bytearray):
        return None
    if hasattr(value, "__next__"):
        return (
            f"collect its rows first, numpy.stack(list({name})), or batches, numpy.concatenate(list({name}))"
        )
    if hasattr(value, "__iter__") or hasattr(value, "__getitem__"):
        return f"join its batches first, numpy.concatenate([numpy.asarray(batch) for batch in {name}])"
    if callable(value):
        return "call the function, and pass what it returns"
    if isinstance(value, int | float | complex | np.generic) or hasattr(value, "__float__"):
        return None  # the message on the number of dimensions, or on the dtype, fits better
    return "pass an array, a data frame or a list of rows"


def advice_for_numbers(array: np.ndarray, value: Any, name: str) -> str:
    """Return how to make real numbers of `array`, which was made of `value`."""
    if array.dtype.kind == "c":
        return f"take their real part, {name}.real, or their size, abs({name})"
    if array.dtype.names is not None:
        return f"join its fields, numpy.lib.recfunctions.structured_to_unstructured({name})"
    if array.dtype.kind in "mM":
        return f"turn times into numbers, such as ({name} - {name}.min()) / numpy.timedelta64(1, 'D')"
    if hasattr(value, "select_dtypes"):
        return f"leave columns of text out, {name}.select_dtypes('number'), or encode them"
    if isinstance(value, np.ndarray) and array.dtype.kind in "OSUT":
        return f"convert it with {name}.astype(float)"
    return f"replace the entries that are not numbers, then call numpy.asarray({name}, dtype=float)"


def no_probabilities(name: str, low: float, high: float, dtype: Any) -> str:
    """Return the message that values from `low` to `high` are not probabilities, and what to do about it."""
    close = low >= -ROUNDING and high <= 1 + ROUNDING  # six digits would not show the difference
    low_text, high_text = (plain(x) if close else f"{x:g}" for x in (low, high))
    return (
        f"{name} has values from {low_text} to {high_text}, but the model reads them as probabilities and "
        f"expects [0, 1]: {_advice_for_probabilities(name, low, high, dtype)}"
    )


def _advice_for_probabilities(name: str, low: float, high: float, dtype: Any) -> str:
    if low >= -ROUNDING and high <= 1 + ROUNDING:
        return "if these are rounding errors, clip them with numpy.clip(…, 0, 1)"
    if name == "H":
        return "pass codes such as forward_hidden returns"
    if low < 0:
        return (
            "for standardised data use squared errors and linear units, AutoEncoder(…, output='linear') "
            "with fit(…, cost='squared_error'), or udl_pt.RBM(…, visible='gaussian'); else rescale them"
        )
    if dtype == np.uint8 or (dtype != np.uint16 and 100 < high <= 255):
        return "divide by 255?"
    if dtype == np.uint16 or 4095 < high <= 65535:
        return "divide by 65535, if these are pixels of 16 bits?"
    if 16 < high <= 100:
        return "divide by 100, if these are percentages, or by 255, if they are pixels?"
    return "divide by the largest value that there can be?"


def codes_outside_unit_interval(number: int, n_layers: int) -> ValueError:
    """Return the error that a layer expects probabilities, but the one below returns other values."""
    return ValueError(
        f"layer {number} of {n_layers} (see pretrain_options) expects values in [0, 1], but layer "
        f"{number - 1} returns others. Set its cost='squared_error' and its output units to the kind of "
        f"layer {number - 1}. If those values are in [0, 1], define hidden_unit_interval of their class as "
        "True"
    )
