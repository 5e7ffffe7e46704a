"""``theano.sparse``."""

from typing import TYPE_CHECKING

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
_RENAMED = {
    "SparseType": "pytensor.sparse.type:SparseTensorType",
    "sgn": "pytensor.sparse.math:sign",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)

enable_sparse = True  # whether SciPy is installed

__all__ = public_names(globals(), _PLACES)
