"""``theano.compile.ops``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.compile.ops",
    "pytensor.tensor.shape",
    "pytensor.compile",
)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)

expandable_types = ()

__all__ = public_names(globals(), _PLACES)
