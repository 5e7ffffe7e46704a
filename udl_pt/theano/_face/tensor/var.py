"""``theano.tensor.var``: the classes of variables."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.tensor.variable", "udl_pt.theano._face.tensor._creation")

_MISSING = dict.fromkeys(
    ["equal_slices"],
    "it is an internal of Theano's, and no PyTensor graph needs it",
)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, _MISSING)

__all__ = public_names(globals(), _PLACES)
