"""``theano.misc.may_share_memory``."""

from typing import Any

import numpy as np
import scipy.sparse

__all__ = ["may_share_memory"]


def _arrays(value: Any) -> list[Any] | None:
    """Return the arrays that hold a value; None for a value of another kind."""
    if isinstance(value, np.ndarray):
        return [value]
    if scipy.sparse.issparse(value):
        return [value.data, value.indices, value.indptr]
    return None


def may_share_memory(a: Any, b: Any, raise_other_type: bool = True) -> bool:
    """Return whether two arrays, or sparse matrices, may share memory."""
    mine, others = _arrays(a), _arrays(b)
    if mine is None or others is None:
        if raise_other_type:
            raise TypeError(f"may_share_memory takes arrays and sparse matrices, not {type(a)} and {type(b)}")
        return False
    return any(np.may_share_memory(one, other) for one in mine for other in others)
