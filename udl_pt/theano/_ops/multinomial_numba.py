"""Numba's code for draws from rows of probabilities with given uniform numbers."""

from typing import Any

import numpy as np
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_and_cache_key

from udl_pt.theano._ops.multinomial import ChoiceFromUniform, MultinomialFromUniform
from udl_pt.theano._ops.multinomial_kernel import choose, count

__all__ = ["numba_funcify_choice", "numba_funcify_multinomial"]


@register_funcify_and_cache_key(MultinomialFromUniform)
def numba_funcify_multinomial(op: MultinomialFromUniform, node: Any, **kwargs: Any) -> tuple[Any, str]:
    """Return a function that counts."""
    dtype = np.dtype(node.outputs[0].dtype)

    @numba_njit
    def multinomial(pvals: Any, unis: Any, n: Any) -> Any:
        if unis.shape[0] != pvals.shape[0] * n:
            raise ValueError("unis.shape[0] != pvals.shape[0] * n")
        out = np.zeros(pvals.shape, dtype=dtype)
        count(pvals, unis, n, out)
        return out

    return multinomial, f"udl_pt MultinomialFromUniform 1 {dtype}"


@register_funcify_and_cache_key(ChoiceFromUniform)
def numba_funcify_choice(op: ChoiceFromUniform, node: Any, **kwargs: Any) -> tuple[Any, str]:
    """Return a function that draws."""
    dtype, replace = np.dtype(node.outputs[0].dtype), bool(op.replace)

    @numba_njit
    def choice(pvals: Any, unis: Any, n: Any) -> Any:
        if n > pvals.shape[1]:
            raise ValueError(
                "Cannot sample without replacement n samples bigger than the size of the distribution"
            )
        if unis.shape[0] != pvals.shape[0] * n:
            raise ValueError("unis.shape[0] != pvals.shape[0] * n")
        out = np.full((pvals.shape[0], n), -1, dtype=dtype)
        choose(pvals.copy(), unis, n, replace, out)
        return out

    return choice, f"udl_pt ChoiceFromUniform 1 {dtype} {replace}"
