"""Names that a module of Theano's has, and that PyTensor serves under the same name."""

import importlib
import importlib.util
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from udl_pt.theano._finder import FACE, NAME
from udl_pt.theano._imported import IMPORTED, exported, imported

__all__ = ["existing", "fallback", "public_names"]

_MISSING = object()


def existing(*modules: str) -> tuple[str, ...]:
    """Return those of PyTensor's modules that the installed version has."""
    return tuple(module for module in modules if importlib.util.find_spec(module))


def _found(module: ModuleType, names: Sequence[str]) -> Any:
    """Return what a module has under the first of these names that it has.

    Raises
    ------
    AttributeError
        When it has none.
    """
    return getattr(module, next((name for name in names if hasattr(module, name)), names[-1]))


def fallback(
    module: str,
    places: Iterable[str],
    missing: Mapping[str, str] | None = None,
    renamed: Mapping[str, str] | None = None,
) -> Callable[[str], Any]:
    """Return a module's ``__getattr__``: it returns a submodule, or what PyTensor has under the same name.

    Parameters
    ----------
    module : str
        The module's ``__name__``.
    places : iterable of str
        PyTensor's modules, in the order in which they are searched.
    missing : mapping of str, optional
        For names that nothing serves: the reason, and what to use instead.
    renamed : mapping of str, optional
        Where PyTensor has a name's object under another name: ``module:name``, or ``module:old|new`` for a
        name that PyTensor changed.

    Returns
    -------
    callable
        Takes a name. Raises an AttributeError that says why there is nothing of this name.
    """
    places, missing, renamed = tuple(places), missing or {}, renamed or {}
    theanos = NAME + module.removeprefix(FACE)
    own = IMPORTED.keys() & exported(theanos)

    def get(name: str) -> Any:
        if name in renamed:
            place, _, new = renamed[name].partition(":")
            return _found(importlib.import_module(place), new.split("|"))
        if not name.startswith("__"):
            if is_module(f"{module}.{name}"):
                return importlib.import_module(f"{module}.{name}")
            if name in own:
                return imported(name)
            for place in places if name not in missing else ():
                with warnings.catch_warnings():
                    for moved in (FutureWarning, DeprecationWarning):  # names that moved within PyTensor
                        warnings.simplefilter("ignore", moved)
                    found = getattr(importlib.import_module(place), name, _MISSING)
                if found is not _MISSING:
                    return found
        if name in IMPORTED and name not in missing:
            return imported(name)
        reason = missing.get(name, "neither udl_pt.theano nor PyTensor has it")
        raise AttributeError(f"{theanos}.{name} isn't served: {reason}", name=name)

    return get


def is_module(name: str) -> bool:
    """Return whether there is a module of this name, in a package."""
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # the parent is no package
        return False


def public_names(own: Mapping[str, Any], places: Iterable[str]) -> list[str]:
    """Return what ``from module import *`` imports: a module's own names, and PyTensor's."""
    names = {name for name, value in own.items() if not isinstance(value, ModuleType)}
    names.update(own.get("_RENAMED", ()), exported(NAME + own["__name__"].removeprefix(FACE)))
    for place in places:
        found = importlib.import_module(place)
        names.update(getattr(found, "__all__", vars(found)))
    return sorted(name for name in names if not name.startswith("_"))
