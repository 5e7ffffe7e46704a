"""``theano.tensor.fourier``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback

_PLACES = ()
_MISSING = dict.fromkeys(
    ["Fourier", "fft"],
    "call theano.tensor.fft.rfft, which has a gradient",
)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, _MISSING)

__all__: list[str] = []
