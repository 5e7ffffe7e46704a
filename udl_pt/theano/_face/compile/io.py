"""``theano.compile.io``."""

from typing import TYPE_CHECKING

from udl_pt.theano._function import In
from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.compile.io",)
_RENAMED = {
    "Out": "pytensor.compile.io:SymbolicOutput",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


__all__ = public_names(globals(), _PLACES)
