"""``theano.gof.fg``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.graph.fg",
    "pytensor.graph.utils",
)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)

__all__ = public_names(globals(), _PLACES)
