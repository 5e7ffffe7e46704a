"""Note which of Theano's names a script takes, and how each is served."""

import functools
import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

from udl_pt.theano._finder import NAME, is_theano
from udl_pt.theano._runner._report import Report
from udl_pt.theano._runner._seeds import next_seed, seeded

__all__ = ["watch"]

_MISSING = object()


def watch(name: str, value: Any, used: Report) -> Any:
    """Note one of Theano's names, and return what the script gets for it."""
    if not is_theano(name) or name.rpartition(".")[2].startswith("__"):
        return value
    if not _is_pytensors(name, value):
        used.different[name] = used.different.get(name, 0) + 1
    if name in ("theano.function", "theano.compile.function", "theano.compile.pfunc.pfunc"):
        return _timed(value, used)
    if name.endswith(".RandomStreams") and isinstance(value, type) and _seeds_wanted():
        return _seeded(value)
    return value


@functools.cache
def _seeded(cls: type) -> type:
    return seeded(cls)


def _seeds_wanted() -> bool:
    return next_seed() is not None


def _is_pytensors(name: str, value: Any) -> bool:
    """Return whether PyTensor has the same object under the same name."""
    module, _, attribute = ("pytensor" + name.removeprefix(NAME)).rpartition(".")
    try:
        found = importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
    return found and getattr(importlib.import_module(module), attribute, _MISSING) is value


def _timed(function: Callable[..., Any], used: Report) -> Callable[..., Any]:
    """Count the seconds that a function takes as those of a compiler."""
    if not callable(function) or isinstance(function, type):
        return function

    @functools.wraps(function)
    def compile_function(*arguments: Any, **options: Any) -> Any:
        used.compiling.start()
        try:
            return function(*arguments, **options)
        finally:
            used.compiling.stop()

    return compile_function
