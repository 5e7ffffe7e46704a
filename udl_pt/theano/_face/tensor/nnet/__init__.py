"""``theano.tensor.nnet``."""

from typing import TYPE_CHECKING

from udl_pt.theano._face.tensor.nnet._public import MISSING, NAMES, PLACES, RENAMED
from udl_pt.theano._imported import exported
from udl_pt.theano._names import fallback

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, PLACES, MISSING, RENAMED)

__all__ = [
    *NAMES,
    "batch_normalization",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    *exported("theano.tensor.nnet"),
]
