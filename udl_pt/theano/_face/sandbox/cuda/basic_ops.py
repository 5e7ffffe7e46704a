"""``theano.sandbox.cuda.basic_ops``: on the CPU, all arrays are where they are needed."""

import pytensor.tensor as pt

from udl_pt.theano._gpu import no_gpu

__all__ = ["as_cuda_ndarray_variable", "gpu_contiguous", "gpu_from_host", "host_from_gpu"]

__getattr__ = no_gpu("theano.sandbox.cuda.basic_ops")


def gpu_contiguous(x):
    """Return the variable itself."""
    return pt.as_tensor_variable(x)


gpu_from_host = host_from_gpu = as_cuda_ndarray_variable = gpu_contiguous
