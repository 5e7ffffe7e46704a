"""``theano.tensor.nnet.neighbours``: neighbourhoods of pixels as rows of a matrix, and back."""

from udl_pt.theano._ops.neighbours import Images2Neibs, images2neibs, neibs2images

__all__ = ["Images2Neibs", "images2neibs", "neibs2images"]
