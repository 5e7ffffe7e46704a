"""``theano.tensor.basic``: `theano.tensor` itself, whose names these are."""

from typing import TYPE_CHECKING

from udl_pt.theano._face.tensor._public import MISSING, NAMES, PLACES, RENAMED
from udl_pt.theano._imported import exported
from udl_pt.theano._names import fallback

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, PLACES, MISSING, RENAMED)

_MODULES = {"blas_c", "blas_headers", "nlinalg", "nnet", "opt"}  # of the package
__all__ = [name for name in NAMES if name not in _MODULES]
__all__ += exported("theano.tensor.basic")
