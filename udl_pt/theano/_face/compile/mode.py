"""``theano.compile.mode``."""

from typing import TYPE_CHECKING

from udl_pt.theano._mode import mode_of
from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.compile.mode",
    "pytensor.link.vm",
    "pytensor.link.c.basic",
    "pytensor.link.basic",
)


def get_mode(orig_string):
    """Return the mode of a name."""
    return mode_of(orig_string)


def get_default_mode():
    """Return the mode in which functions are compiled."""
    return mode_of(None)


_fallback = fallback(__name__, _PLACES)

if not TYPE_CHECKING:

    def __getattr__(name):
        """Return one of Theano's two modes, made when it is asked for, or what PyTensor has."""
        return mode_of(name) if name in ("FAST_COMPILE", "FAST_RUN") else _fallback(name)


__all__ = public_names(globals(), _PLACES)
