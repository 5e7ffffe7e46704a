"""``theano.tensor``."""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from udl_pt.theano._face.tensor import basic, nlinalg
from udl_pt.theano._face.tensor._math import var
from udl_pt.theano._face.tensor._public import MISSING, NAMES, PLACES, RENAMED
from udl_pt.theano._face.tensor.sort import sort
from udl_pt.theano._imported import exported
from udl_pt.theano._names import fallback

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, PLACES, MISSING, RENAMED)


class _Package(ModuleType):
    """A package whose functions ``sort`` and ``var`` stay when the modules of these names are imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in ("sort", "var") and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __reduce__(self) -> Any:
        """Pickle the package by its name, as any module that cloudpickle finds among a function's globals."""
        return importlib.import_module, (self.__name__,)


sys.modules[__name__].__class__ = _Package

__all__ = [*NAMES, *exported("theano.tensor")]
