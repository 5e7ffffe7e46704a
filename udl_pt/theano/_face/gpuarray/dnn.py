"""``theano.gpuarray.dnn``: its probes say that there is no cuDNN."""

from udl_pt.theano._gpu import no_gpu

__all__ = ["dnn_available", "dnn_present"]

__getattr__ = no_gpu("theano.gpuarray.dnn")


def dnn_available(context_name=None):
    """Return whether cuDNN is in use."""
    return False


dnn_available.msg = "there is no GPU back-end"


def dnn_present():
    """Return whether cuDNN is installed."""
    return False


dnn_present.avail = False
dnn_present.msg = dnn_available.msg


def version(raises=True):
    """Return the version of cuDNN, which no function uses: -1; or raise an error."""
    if raises:
        raise RuntimeError("theano.gpuarray.dnn.version: there is no cuDNN, since there is no GPU back-end")
    return -1
