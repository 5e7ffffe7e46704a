"""``theano.scan_module.scan_utils``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.scan.utils",
    "pytensor.graph.replace",
    "pytensor.compile.rebuild",
)
_RENAMED = {
    "clone": "udl_pt.theano._face.scan_module:clone",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


DEPRECATED_ARG = object()

__all__ = public_names(globals(), _PLACES)
