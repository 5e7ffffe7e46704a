"""Checks of numbers, switches, options and lists: arguments that aren't data.

A number is an int, a float, a fraction, a `decimal.Decimal`, a NumPy scalar or a zero-dimensional array. True
and False are not numbers. Every error names the argument, the value received and the values expected.
"""

import decimal
import numbers
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any

import numpy as np

from udl_pt._support.messages import plain, shown

__all__ = [
    "check_callbacks",
    "check_count",
    "check_counts",
    "check_dtype",
    "check_epochs",
    "check_is",
    "check_names",
    "check_number",
    "check_option",
    "check_options",
    "check_sizes",
    "check_switch",
    "check_switches",
    "is_scalar",
    "list_of_callables",
    "per_layer",
]

LARGEST = 2**31 - 1  # of a count: no array has so many rows, and no loop so many steps


def check_count(value: Any, name: str, *, at_least: int = 1, at_most: int = LARGEST) -> int:
    """Return `value` as an int between two limits."""
    try:
        if isinstance(value, bool) or "bool" in str(getattr(value, "dtype", "")):
            raise TypeError("True and False are not numbers")
        count = operator.index(value)
    except Exception:  # such as a tensor's own
        raise TypeError(f"{name} is {shown(value)}, expected an integer of at least {at_least}") from None
    if count < at_least:
        raise ValueError(f"{name} is {shown(count)}, expected at least {at_least}")
    if count > at_most:
        raise ValueError(f"{name} is {shown(count)}, expected at most {at_most}")
    return count


def check_number(
    value: Any,
    name: str,
    *,
    at_least: float = -np.inf,
    at_most: float = np.inf,
    above: float = -np.inf,
    below: float = np.inf,
) -> float:
    """Return `value` as a finite float between limits; `above` and `below` are limits it may not reach."""
    limits = [
        f"{word} {plain(limit)}" for word, limit in (("above", above), ("below", below)) if np.isfinite(limit)
    ]
    if at_most == np.finfo(float).max:
        at_most = np.inf  # a limit that all finite numbers keep needs no words
    if np.isfinite(at_least) and np.isfinite(at_most):
        limits.insert(0, f"from {plain(at_least)} to {plain(at_most)}")
    elif np.isfinite(at_least):
        limits.insert(0, f"of at least {plain(at_least)}")
    elif np.isfinite(at_most):
        limits.append(f"of at most {plain(at_most)}")
    expected = " ".join(["expected a finite number", " and ".join(limits)]).rstrip()
    number = _as_float(value)
    if number is None:
        raise TypeError(f"{name} is {shown(value)}, {expected}")
    if not (np.isfinite(number) and at_least <= number <= at_most and above < number < below):
        text = plain(number) if isinstance(value, float | np.floating) else shown(value)
        raise ValueError(f"{name} is {text}, {expected}")
    return number


def is_scalar(value: Any) -> bool:
    """Whether a value is a single number, also as an array or a tensor of no dimension."""
    if isinstance(value, numbers.Real | decimal.Decimal):
        return True
    shape = getattr(value, "shape", None)
    return isinstance(shape, tuple) and len(shape) == 0 and hasattr(value, "dtype")


def _as_float(value: Any) -> float | None:
    """Return a real number as a float, infinite if it is too large; None for any other value."""
    if isinstance(value, bool | np.bool_) or not is_scalar(value):
        return None
    no_dimension = not isinstance(value, numbers.Real | decimal.Decimal)
    try:
        if no_dimension and getattr(value, "requires_grad", False):
            value = value.detach()
        if no_dimension and np.asarray(value).dtype.kind not in "iuf":
            return None
        return float(value)
    except OverflowError:
        return np.inf
    except Exception:  # such as that of a variable, or of a Decimal that is NaN
        return None


def check_counts(values: Any, name: str, *, at_least: int = 1) -> list[int]:
    """Return a list of integers of at least `at_least`."""
    expected = f"expected a list of integers such as ({at_least}, 10, 100)"
    listed = _as_list(values, name, expected)
    for number in listed:
        try:
            check_count(number, "one", at_least=at_least)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name} is {shown(values)}, {expected}; {error}") from None
    return [check_count(number, name, at_least=at_least) for number in listed]


def check_names(values: Any, name: str, options: Sequence[str]) -> list[str]:
    """Return a list of some of `options`, unchanged."""
    expected = f"expected a list of some of {', '.join(map(repr, options))}"
    listed = _as_list(values, name, expected)
    if not all(isinstance(value, str) and value in options for value in listed):
        raise ValueError(f"{name} is {shown(listed)}, {expected}")
    return listed


def _as_list(values: Any, name: str, expected: str) -> list[Any]:
    """Return the entries of a sequence that may hold numbers, as a list."""
    try:
        if isinstance(values, str | bytes | bytearray | memoryview | Mapping | Set):
            raise TypeError("these have no order or hold no numbers")
        if getattr(values, "ndim", 1) != 1:
            raise TypeError("a matrix is not a list, even without rows")
        return list(values)
    except Exception:  # whatever it is, it is the value's
        raise TypeError(f"{name} is {shown(values)}, {expected}") from None


def check_is(value: Any, name: str, kinds: type | tuple[type, ...], expected: str) -> None:
    """Raise unless `value` is an instance of one of the classes, such as a model."""
    if not isinstance(value, kinds):
        raise TypeError(f"{name} is {shown(value)}, expected {expected}")


def check_switch(value: Any, name: str) -> bool:
    """Return `value` as a bool: True or False, or 1 or 0."""
    if isinstance(value, bool | np.bool_) or (isinstance(value, int | np.integer) and value in (0, 1)):
        return bool(value)
    raise TypeError(f"{name} is {shown(value)}, expected True or False")


def check_switches(**values: Any) -> None:
    """Raise unless all values are switches: True or False, or 1 or 0."""
    for name, value in values.items():
        check_switch(value, name)


def check_option(value: Any, name: str, options: Sequence[Any]) -> None:
    """Raise unless `value` is one of `options`, which are text or None."""
    if (value is None or isinstance(value, str)) and value in options:
        return
    raise ValueError(f"{name} is {shown(value)}, expected one of {', '.join(map(repr, options))}")


# methods that a callback may have
MOMENTS = ("on_check", "on_start", "on_resume", "on_batch", "on_end", "on_error")


def check_callbacks(callbacks: Any) -> tuple[Any, ...]:
    """Return the entries of a list (or the like): callables, or objects with methods named in `MOMENTS`."""

    def is_callback(entry: Any) -> bool:
        return callable(entry) or any(callable(getattr(entry, moment, None)) for moment in MOMENTS)

    checked = list_of(callbacks, is_callback)
    if checked is None:
        raise TypeError(
            f"callbacks is {shown(callbacks)}, expected a list of callables, such as [print], or of objects "
            f"that have a method {', '.join(MOMENTS)}"
        )
    return checked


def list_of_callables(value: Any) -> tuple[Any, ...] | None:
    """Return the callables of a list (or the like); None where it isn't one, or something isn't callable."""
    return list_of(value, callable)


def list_of(value: Any, is_one: Callable[[Any], bool]) -> tuple[Any, ...] | None:
    """Return the entries of a list (or the like); None where it isn't one, or an entry isn't right."""
    no_list = isinstance(value, str | bytes | bytearray | Mapping | np.ndarray)
    if no_list or not isinstance(value, Iterable):
        return None
    checked = []
    try:
        for function in value:
            if not is_one(function):
                return None
            checked.append(function)
    except Exception:  # such as that of an object that only claims to be iterable
        return None
    return tuple(checked)


def check_epochs(epochs: Any, batch_sz: Any, n_samples: int, what: str = "training") -> tuple[int, int]:
    """Return both as ints; raise if a batch is larger than the data (the listing then trains on nothing)."""
    epochs = check_count(epochs, "epochs", at_least=0)
    batch_sz = check_count(batch_sz, "batch_sz")
    if epochs and n_samples < batch_sz:
        raise ValueError(
            f"batch_sz is {batch_sz}, but there are only {n_samples} samples: {what} would see no batch at "
            f"all; choose a batch_sz of at most {n_samples}"
        )
    return epochs, batch_sz


def check_dtype(dtype: Any) -> str:
    """Return the name of `dtype`, ``"float32"`` or ``"float64"``."""
    try:
        if not isinstance(dtype, str | type | np.dtype):
            raise TypeError("NumPy would read None as float64, a list as fields, an array as its own dtype")
        name = str(np.dtype(dtype).name)
    except Exception:  # NumPy has several
        name = shown(dtype)
    if name not in ("float32", "float64"):
        raise ValueError(f"dtype is {name}, expected 'float32' or 'float64'")
    return name


def check_sizes(hidden_layer_sizes: Any) -> list[Any]:
    """Return a list of at least one size."""
    sizes = _as_list(hidden_layer_sizes, "hidden_layer_sizes", "expected a list such as [1000, 500]")
    for M in sizes:
        try:
            check_count(M, "M")
        except (ValueError, TypeError) as error:
            raise type(error)(f"hidden_layer_sizes is {shown(sizes)}, and {error}") from None
    if not sizes:
        raise ValueError("hidden_layer_sizes is empty, expected at least one layer, such as [500]")
    return sizes


def per_layer(value: Any, name: str, n_layers: int) -> list[Any]:
    """Return one entry per layer: those of a list (or the like), or the same for all."""
    is_list = isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview)
    if not (is_list or (isinstance(value, np.ndarray) and value.ndim == 1)):
        return [value] * n_layers
    if len(value) != n_layers:
        raise ValueError(f"{name} has {len(value)} entries, expected {n_layers}, one per layer")
    return list(value)


def check_options(options: Any, n_layers: int) -> list[Mapping[str, Any]]:
    """Return a mapping of arguments for each layer's ``fit``: those of a list, or the same for all."""
    each = per_layer({} if options is None else options, "pretrain_options", n_layers)
    if not all(isinstance(own, Mapping) and all(isinstance(name, str) for name in own) for own in each):
        raise TypeError(
            f"pretrain_options is {shown(options)}, expected a dict of arguments for the layers' fit, such "
            "as {'epochs': 3}, or a list of them, one per layer"
        )
    return each
