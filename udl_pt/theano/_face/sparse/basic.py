"""``theano.sparse.basic``."""

from typing import TYPE_CHECKING

from udl_pt.theano._face.sparse import _RENAMED, all_dtypes
from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.sparse",
    "pytensor.sparse.basic",
    "pytensor.sparse.math",
    "pytensor.sparse.type",
    "pytensor.sparse.sharedvar",
    "pytensor.sparse.linalg",
    "pytensor.sparse.variable",
)


if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


__all__ = public_names(globals(), _PLACES)
