"""``theano.tensor.nnet.nnet``: activations and costs, in Theano's shapes."""

from typing import TYPE_CHECKING

from udl_pt.theano._face.tensor.nnet._public import MISSING, NAMES, PLACES
from udl_pt.theano._names import fallback

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, PLACES, MISSING)

__all__ = list(NAMES)
