"""``theano.misc.safe_asarray``."""

import numpy as np

__all__ = ["_asarray"]


def _asarray(a, dtype, order=None):
    """Return an array of exactly this dtype; "floatX" stands for the setting."""
    if str(dtype) == "floatX":
        from udl_pt.theano._config import config

        dtype = config.floatX
    return np.asarray(a, dtype=np.dtype(dtype), order=order)
