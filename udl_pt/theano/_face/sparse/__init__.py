"""``theano.sparse``."""

from typing import TYPE_CHECKING

from pytensor.sparse.type import SparseTensorType

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
    "MulSD": "pytensor.sparse.math:SparseDenseMultiply|MultiplySparseDense",
    "MulSS": "pytensor.sparse.math:SparseSparseMultiply|MultiplySparseSparse",
    "MulSV": "pytensor.sparse.math:SparseDenseVectorMultiply|MultiplySparseDenseVector",
    "Neg": "udl_pt.theano._face.sparse._classes:Neg",
    "SparseType": "pytensor.sparse.type:SparseTensorType",
    "SquareDiagonal": "udl_pt.theano._face.sparse._classes:SquareDiagonal",
    "sgn": "pytensor.sparse.math:sign",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)

enable_sparse = True  # whether SciPy is installed
all_dtypes = {*SparseTensorType.dtype_specs_map}

__all__ = public_names(globals(), _PLACES)
