"""``theano.sandbox.gpuarray``: its probes say that there is no GPU."""

from udl_pt.theano._face.gpuarray import pygpu_activated
from udl_pt.theano._gpu import no_gpu

__all__ = ["pygpu_activated"]

__getattr__ = no_gpu("theano.sandbox.gpuarray")
