"""``theano.sandbox.gpuarray.dnn``."""

from udl_pt.theano._face.gpuarray.dnn import dnn_available, dnn_present, version
from udl_pt.theano._gpu import no_gpu

__all__ = ["dnn_available", "dnn_present", "version"]

__getattr__ = no_gpu("theano.sandbox.gpuarray.dnn")
