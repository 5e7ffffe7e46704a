"""``theano.sandbox.softsign``: where Theano had it before ``theano.tensor.nnet``."""

from udl_pt.theano._face.tensor.nnet._activations import softsign

__all__ = ["softsign"]
