"""``theano.sandbox.cuda``: its probes say that there is no GPU."""

from udl_pt.theano._gpu import no_gpu

__all__ = ["cuda_available", "cuda_enabled", "device_properties", "use"]

cuda_available = cuda_enabled = False
__getattr__ = no_gpu("theano.sandbox.cuda")


def device_properties(device):
    """Raise an error: there is no device."""
    raise RuntimeError(f"theano.sandbox.cuda: there is no GPU back-end, so no device {device}")


def use(device, *args, **kwargs):
    """Raise an error for a GPU; do nothing for the CPU."""
    if device != "cpu":
        raise RuntimeError(f"theano.sandbox.cuda.use({device!r}): there is no GPU back-end, use 'cpu'")
