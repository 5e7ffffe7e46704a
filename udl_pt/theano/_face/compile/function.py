"""``theano.compile.function``."""

from typing import TYPE_CHECKING

from udl_pt.theano._function import Function, In, Param, function, function_dump
from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.compile.io",
    "pytensor.compile.maker",
)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)


__all__ = public_names(globals(), _PLACES)
