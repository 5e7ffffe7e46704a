"""The arguments of a fit as short texts, by which a checkpoint is compared with the fit that resumes it."""

import contextlib
import functools
import hashlib
import inspect
from collections.abc import Iterable, Mapping
from types import CodeType
from typing import Any

import numpy as np

from udl_pt._support.representation import ATTRIBUTES, GENERATORS
from udl_pt._support.rows import Rows, rows_unread
from udl_pt.training.batches import Feed

__all__ = ["described", "described_feed", "described_model", "described_options"]

DIGITS = 12  # of a digest
ROWS = 1000  # read at a time


def described(value: Any) -> str:
    """Describe an argument: equal values have equal descriptions, also in another process.

    Arrays, rows of a source, and the code of functions are described by their digests.
    """
    if value is None or isinstance(value, bool | int | float | str | bytes | np.generic):
        return repr(value.item() if isinstance(value, np.generic) else value)
    with contextlib.suppress(TypeError, ValueError):  # which the fit raises, with the argument's name
        if (rows := rows_unread(value)) is not None:
            return _described_array(rows)
    if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
        return _described_array(np.asanyarray(value))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{described(k)}: {described(v)}" for k, v in value.items()) + "}"
    if isinstance(value, functools.partial):
        return f"partial({described(value.func)}, {described(value.args)}, {described(value.keywords)})"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(described, value))) + "}"
    if isinstance(value, list | tuple | range):
        if len(value) > 20 and (array := _numeric(value)) is not None:
            return _described_array(array)
        return "[" + ", ".join(map(described, value)) + "]"
    if inspect.isclass(value):
        return f"{value.__module__}.{value.__qualname__}"
    code = getattr(value, "__code__", None)
    if isinstance(code, CodeType):
        return f"{value.__module__}.{value.__qualname__} ({_digest(_parts_of(value, code))})"
    return f"{type(value).__module__}.{type(value).__qualname__}"


def described_feed(feed: Feed) -> str:
    """Describe data that come batch by batch.

    Raises
    ------
    ValueError
        When a second reading returns other rows: a resumed training could not read those that are left.
    """
    first, second = _digest_of_feed(feed), _digest_of_feed(feed)
    if first != second:
        raise ValueError(
            "X returns other rows, or another order, at a second reading, so no checkpoint can resume it: "
            "return the same rows each time and shuffle with udl_pt.Batches(…, buffer=…), or omit Checkpoint "
            "and resume"
        )
    return f"batches of {feed.dtype} of shape {feed.shape}, buffer {feed.batches.buffer} ({first})"


def described_model(model: Any) -> str:
    """Describe a model: its class, the arguments of its constructor, and the kinds of its generators."""
    kind = type(model)
    try:
        names = [*inspect.signature(kind).parameters]
    except ValueError:
        names = []
    options = {
        name: described(getattr(model, ATTRIBUTES.get(name, name)))
        for name in names
        if name not in GENERATORS and hasattr(model, ATTRIBUTES.get(name, name))
    }
    chance = getattr(model, "_chance", None)
    if chance is not None:
        seeds = {"random_state": (chance._seed, chance.own), "rng": (chance._rng, chance._rng)}
        options |= {
            name: repr(seed) if seed is None or isinstance(seed, int) else type(source).__name__
            for name, (seed, source) in seeds.items()
            if source is not None
        }
    return f"{described(kind)}({', '.join(f'{name}={value}' for name, value in options.items())})"


def described_options(callback: Any) -> str:
    """Describe a callback: a function, or a class with those arguments of its constructor that it keeps."""
    if inspect.ismethod(callback):
        return f"{described_options(callback.__self__)}.{callback.__name__}"
    if hasattr(callback, "__code__") or isinstance(callback, functools.partial):
        return described(callback)
    try:
        names = [*inspect.signature(type(callback)).parameters]
    except ValueError:  # of a builtin that doesn't tell
        names = []
    own = [
        f"{name}={described(vars(callback)[name])}"
        for name in names
        if name in getattr(callback, "__dict__", ())
    ]
    return f"{described(type(callback))}({', '.join(own)})"


def _described_array(array: np.ndarray | Rows) -> str:
    if array.dtype == object:
        return f"{array.shape} objects"
    parts = (np.ascontiguousarray(array[i : i + ROWS]).data for i in range(0, len(array), ROWS))
    digest = _digest(parts) if isinstance(array, Rows) or array.ndim else repr(array.item())
    return f"{array.dtype} of shape {array.shape} ({digest})"


def _digest_of_feed(feed: Feed) -> str:
    digests = [hashlib.sha256(), hashlib.sha256()]  # of rows, and of labels where they are read
    for parts in feed.parts():
        for digest, part in zip(digests, parts, strict=False):
            digest.update(np.ascontiguousarray(part).data)
    return _digest(digest.digest() for digest in digests)


def _digest(parts: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:DIGITS]


def _parts_of(function: Any, code: CodeType) -> Iterable[bytes]:
    """Yield what a function does: its code, its defaults, and the values that it closes over."""
    yield code.co_code
    yield repr(code.co_names).encode()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts_of(None, constant)
        else:
            yield repr(constant).encode()
    if function is not None:
        cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
        values = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).items(), *cells]
        for value in values:
            yield (described(value) if value is not function else "itself").encode()


def _is_filled(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def _numeric(value: Any) -> np.ndarray | None:
    try:
        array = np.asarray(value)
    except ValueError:  # of rows of several lengths
        return None
    return array if array.dtype.kind in "biuf" else None
