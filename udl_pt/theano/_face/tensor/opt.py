"""``theano.tensor.opt``: rewrites, as far as scripts name them."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.tensor.rewriting.basic",
    "pytensor.tensor.rewriting.shape",
    "pytensor.tensor.rewriting.elemwise",
    "pytensor.tensor.rewriting.math",
    "pytensor.tensor.basic",
    "pytensor.raise_op",
)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)

__all__ = public_names(globals(), _PLACES)
