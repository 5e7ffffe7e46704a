"""Numba's code for MRG31k3p."""

from typing import Any

import numpy as np
from numba.np.unsafe.ndarray import to_fixed_tuple
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_and_cache_key

from udl_pt.theano._ops.mrg import conversion, mrg_uniform
from udl_pt.theano._ops.mrg_kernel import M1, fill

__all__ = ["numba_funcify_mrg_uniform"]


@register_funcify_and_cache_key(mrg_uniform)
def numba_funcify_mrg_uniform(op: mrg_uniform, node: Any, **kwargs: Any) -> tuple[Any, str]:
    """Return a function of the streams and the size."""
    dtype = op.output_type.dtype
    if dtype == "float16":
        raise NotImplementedError("Numba has no float16: draw float32 numbers, or use mode='CVM'")
    ndim, inplace = op.output_type.ndim, op.inplace
    mask, offset, norm = conversion(dtype)
    numbers_dtype = np.dtype(dtype)

    @numba_njit
    def uniform(rstate: Any, size: Any) -> Any:
        if size.shape[0] != ndim:
            raise ValueError("mrg_uniform: size has another length than the sample has dimensions")
        n = 1
        for length in size:
            n *= length
        if n > M1:
            raise ValueError("one draw has at most 2**31 - 1 numbers")
        states = rstate if inplace else rstate.copy()
        numbers = np.empty(n, dtype=numbers_dtype)
        fill(states, numbers, mask, offset, norm)
        return states, numbers.reshape(to_fixed_tuple(size, ndim))

    return uniform, f"udl_pt mrg_uniform 1 {dtype} {ndim} {inplace}"
