"""``theano.scalar.basic_scipy``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = ("udl_pt.theano._face.scalar._special", "pytensor.scalar.math")

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)

__all__ = public_names(globals(), _PLACES)
