"""``theano.tensor.io``: names whose use is an error that says what to do."""

from typing import TYPE_CHECKING

from udl_pt.theano._face.tensor._public import MISSING
from udl_pt.theano._names import fallback

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, (), MISSING)

mpi_enabled = False

__all__ = ["mpi_enabled"]
