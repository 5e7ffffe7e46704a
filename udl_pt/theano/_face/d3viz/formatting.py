"""``theano.d3viz.formatting``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.d3viz.formatting",)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)

__all__ = public_names(globals(), _PLACES)
