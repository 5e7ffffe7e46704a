"""``theano.version``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = ()

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)


version = "1.0.5"
full_version = short_version = version

__all__ = public_names(globals(), _PLACES)
