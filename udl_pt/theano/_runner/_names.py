"""Note which of Theano's names a script takes, and how each is served."""

import functools
import importlib
import importlib.util
from typing import Any

from udl_pt.theano._finder import NAME, is_theano
from udl_pt.theano._runner._report import Report
from udl_pt.theano._runner._seeds import seeded, seeds_wanted

__all__ = ["watch"]

_MISSING = object()


def watch(name: str, value: Any, used: Report) -> Any:
    """Note one of Theano's names, and return what the script gets for it."""
    if not is_theano(name) or name.rpartition(".")[2].startswith("__"):
        return value
    if not _is_pytensors(name, value):
        used.different[name] = used.different.get(name, 0) + 1
    if name.endswith(".RandomStreams") and isinstance(value, type) and seeds_wanted():
        return _seeded(value)
    return value


@functools.cache
def _seeded(cls: type) -> type:
    return seeded(cls)


def _is_pytensors(name: str, value: Any) -> bool:
    """Return whether PyTensor has the same object under the same name."""
    module, _, attribute = ("pytensor" + name.removeprefix(NAME)).rpartition(".")
    try:
        found = importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
    return found and getattr(importlib.import_module(module), attribute, _MISSING) is value
