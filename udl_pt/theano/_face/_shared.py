"""``theano.shared``."""

import numpy as np
import pytensor
from pytensor.compile.sharedvalue import shared_constructor

__all__ = ["shared", "shared_constructor"]


def shared(value, name=None, strict=False, allow_downcast=None, **kwargs):
    """Return a shared variable; its value may also be a RandomState of NumPy's."""
    kwargs.pop("target", None)  # of GPUs
    if isinstance(value, np.random.RandomState):
        from udl_pt.theano._face.tensor.shared_randomstreams import random_state_shared

        return random_state_shared(value, name=name, borrow=kwargs.get("borrow", False))
    return pytensor.shared(value, name=name, strict=strict, allow_downcast=allow_downcast, **kwargs)
