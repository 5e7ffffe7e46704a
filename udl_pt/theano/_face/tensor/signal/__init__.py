"""``theano.tensor.signal``: pooling, and convolution of single images."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, ())
