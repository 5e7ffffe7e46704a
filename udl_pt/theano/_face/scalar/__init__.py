"""``theano.scalar``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "udl_pt.theano._face.scalar._types",
    "udl_pt.theano._face.scalar._special",
    "pytensor.scalar",
    "pytensor.scalar.basic",
    "pytensor.scalar.math",
)
_RENAMED = {
    "Scalar": "pytensor.scalar.basic:ScalarType",
    "Inv": "pytensor.scalar.basic:Reciprocal",
    "inv": "pytensor.scalar.basic:reciprocal",
    "abs_": "pytensor.scalar.basic:abs",
    "sgn": "pytensor.scalar.basic:sign",
    "Sgn": "pytensor.scalar.basic:Sign",
    "neg": "pytensor.scalar.basic:neg",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


__all__ = public_names(globals(), _PLACES)
