"""Find ``theano`` and its modules in `udl_pt.theano._face`."""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import warnings
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from udl_pt.theano._config import apply_environment, kept_settings
from udl_pt.theano._patches import apply

__all__ = ["install", "uninstall"]

NAME, FACE = "theano", "udl_pt.theano._face"


def is_theano(name: str) -> bool:
    """Return whether a module's name is ``theano`` or begins with it."""
    return name == NAME or name.startswith(f"{NAME}.")


class _Loader(importlib.abc.Loader):
    """Loads the module of ours that serves a module of Theano's; it is one module with two names."""

    def __init__(self, real: str) -> None:
        self.real = real

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the module of ours."""
        module = importlib.import_module(self.real)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Keep the module's own specification; its code has run. Importing theano reads its settings."""
        module.__spec__ = self._spec
        if self.real == FACE:
            _undo.append(apply_environment())


class _Finder(importlib.abc.MetaPathFinder):
    """Finds Theano's modules, before any other finder."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the specification of a module of Theano's; None for other modules."""
        if not is_theano(fullname):
            return None
        real = FACE + fullname.removeprefix(NAME)
        found = importlib.util.find_spec(real)
        if found is None:
            raise ModuleNotFoundError(
                f"udl_pt.theano has no module {fullname!r}: docs/theano.md says what to do if a script stops",
                name=fullname,
            )
        is_package = found.submodule_search_locations is not None
        return importlib.machinery.ModuleSpec(fullname, _Loader(real), is_package=is_package)


# PyTensor warns of what Theano asked for
# PyTensor's advice on its newer names, which no script of Theano's can follow
_QUIET = tuple(
    (message, category)
    for message in (
        r"Setting default_update is deprecated",
        r"pytensor\.\S+ is deprecated",
        r"The `broadcastable` keyword is deprecated",
        r"The `mode` argument of `scan` is deprecated",
        r"(batched_dot|batched_tensordot|extract_constant|sgn|lop_overrides|rop_overrides) is deprecated",
    )
    for category in (DeprecationWarning, FutureWarning)
)
_finder = _Finder()
_undo: list[Callable[[], None]] = []


def install() -> None:
    """Make ``import theano`` import this package's modules, in this process.

    Raises
    ------
    ImportError
        If the original Theano has been imported before.

    Examples
    --------
    >>> import udl_pt.theano
    >>> udl_pt.theano.install()
    >>> import theano
    >>> import theano.tensor as T
    >>> x = T.vector("x")
    >>> theano.function([x], T.nnet.softmax(x))([0.0, 0.0]).tolist()  # a row, as Theano returns
    [[0.5, 0.5]]
    >>> udl_pt.theano.uninstall()
    """
    present = sys.modules.get(NAME)
    if present is not None and present.__name__ != FACE:
        raise ImportError(
            f"the original Theano is imported already, from {present.__file__}: "
            "call udl_pt.theano.install() before the first import of theano"
        )
    if _finder in sys.meta_path:
        return
    sys.meta_path.insert(0, _finder)
    _undo.extend([kept_settings(), apply()])
    for message, category in _QUIET:
        warnings.filterwarnings("ignore", message, category)


def uninstall() -> None:
    """Undo `install`: ``import theano`` finds what else has this name, or nothing.

    Examples
    --------
    >>> import udl_pt.theano
    >>> udl_pt.theano.install()
    >>> udl_pt.theano.uninstall()
    >>> import theano
    Traceback (most recent call last):
    ModuleNotFoundError: No module named 'theano'
    """
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for name in [name for name in sys.modules if is_theano(name)]:
        del sys.modules[name]
    filters: list[Any] = warnings.filters  # type: ignore[assignment]
    for quiet in [f for f in filters if f[1] is not None and (f[1].pattern, f[2]) in _QUIET]:
        filters.remove(quiet)
    while _undo:
        _undo.pop()()
