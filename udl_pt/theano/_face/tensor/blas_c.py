"""``theano.tensor.blas_c``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import existing, fallback, public_names

# since PyTensor 3.3 `blas` is a package with all of it
_PLACES = existing("pytensor.tensor.blas_c", "pytensor.tensor.blas")

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)

__all__ = public_names(globals(), _PLACES)
