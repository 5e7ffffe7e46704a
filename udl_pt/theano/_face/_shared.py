"""``theano.shared``."""

from typing import Any

import numpy as np
import pytensor
from pytensor.compile.sharedvalue import shared_constructor

__all__ = ["shared", "shared_constructor"]


def shared(
    value: Any, name: Any = None, strict: bool = False, allow_downcast: Any = None, **kwargs: Any
) -> Any:
    """Return a shared variable; its value may also be a RandomState of NumPy's."""
    kwargs.pop("target", None)  # of GPUs
    if isinstance(value, np.random.RandomState):
        from udl_pt.theano._ops.random_state import random_state_shared

        return random_state_shared(value, name=name, borrow=kwargs.get("borrow", False))
    return pytensor.shared(value, name=name, strict=strict, allow_downcast=allow_downcast, **kwargs)
