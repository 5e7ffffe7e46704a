"""``theano.sandbox.linalg``: what became ``theano.tensor.nlinalg`` and ``slinalg``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback

_PLACES = ("udl_pt.theano._face.tensor.nlinalg", "udl_pt.theano._face.tensor.slinalg")
_MISSING = dict.fromkeys(
    [
        "Hint",
        "HintsFeature",
        "HintsOptimizer",
        "hints",
        "is_hint_node",
        "is_positive",
        "is_psd",
        "is_symmetric",
        "psd",
        "spectral_radius_bound",
    ],
    "it was a hint to Theano's optimiser: leave it out, or write the matrix itself",
)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, _MISSING)

__all__: list[str] = []
