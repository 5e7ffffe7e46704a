"""``theano.tensor.xlogx``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.tensor.xlogx",)

_MISSING = dict.fromkeys(
    ["XlogX", "XlogY0", "scalar_xlogx", "scalar_xlogy0"],
    "PyTensor builds it from a switch and a logarithm: call xlogx or xlogy0",
)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, _MISSING)

__all__ = public_names(globals(), _PLACES)
