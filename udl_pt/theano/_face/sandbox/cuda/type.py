"""``theano.sandbox.cuda.type``."""

from udl_pt.theano._gpu import no_gpu

__getattr__ = no_gpu("theano.sandbox.cuda.type")
