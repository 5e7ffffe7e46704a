"""``theano.tensor.nnet``."""
