"""``theano.gof.vm``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.link.vm",)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed={"VM_Linker": "pytensor.link.vm:VMLinker"})

__all__ = public_names(globals(), _PLACES)
