"""``theano.configdefaults``."""

import struct
from typing import TYPE_CHECKING

from udl_pt.theano._config import config
from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.configdefaults",
    "pytensor.configparser",
)


def local_bitwidth():
    """Return the bits of a pointer."""
    return 8 * struct.calcsize("P")


def python_int_bitwidth():
    """Return the bits of a C long."""
    return 8 * struct.calcsize("l")


if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)


__all__ = public_names(globals(), _PLACES)
