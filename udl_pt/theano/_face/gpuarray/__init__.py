"""``theano.gpuarray``: its probes say that there is no GPU."""

from udl_pt.theano._gpu import no_gpu

__all__ = ["pygpu_activated", "type_support"]

pygpu_activated = False
__getattr__ = no_gpu("theano.gpuarray")


def type_support(*args, **kwargs):
    """Return whether GPUs are in use."""
    return False
