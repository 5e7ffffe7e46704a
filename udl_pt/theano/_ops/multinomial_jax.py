"""JAX's code for draws from rows of probabilities with given uniform numbers."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from pytensor.link.jax.dispatch.basic import jax_funcify

from udl_pt.theano._ops.multinomial import ChoiceFromUniform, MultinomialFromUniform

__all__ = ["jax_funcify_choice", "jax_funcify_multinomial"]


def outcomes(pvals: Any, unis: Any) -> tuple[Any, Any]:
    """Return the outcome of each row, and whether there is one."""
    beyond = jnp.cumsum(pvals, axis=-1) > unis[..., None]
    return jnp.argmax(beyond, axis=-1), beyond.any(axis=-1)


@jax_funcify.register(MultinomialFromUniform)  # type: ignore[untyped-decorator]
def jax_funcify_multinomial(op: MultinomialFromUniform, node: Any, **kwargs: Any) -> Callable[..., Any]:
    """Return a function that counts; the number of uniform numbers determines that of draws."""
    dtype = node.outputs[0].dtype

    def multinomial(pvals: Any, unis: Any, n: Any) -> Any:
        drawn, exists = outcomes(pvals[None], unis.reshape(-1, pvals.shape[0]))
        hits = (drawn[..., None] == jnp.arange(pvals.shape[1])) & exists[..., None]
        return hits.sum(axis=0).astype(dtype)

    return multinomial


@jax_funcify.register(ChoiceFromUniform)  # type: ignore[untyped-decorator]
def jax_funcify_choice(op: ChoiceFromUniform, node: Any, **kwargs: Any) -> Callable[..., Any]:
    """Return a function that draws; the number of uniform numbers determines that of draws."""
    dtype = node.outputs[0].dtype

    def choice(pvals: Any, unis: Any, n: Any) -> Any:
        columns = []
        for u in unis.reshape(-1, pvals.shape[0]):
            drawn, exists = outcomes(pvals, u)
            columns.append(jnp.where(exists, drawn, -1))
            if not op.replace:
                taken = (drawn[:, None] == jnp.arange(pvals.shape[1])) & exists[:, None]
                left = jnp.where(taken, 0, pvals)
                pvals = jnp.where(exists[:, None], left / left.sum(axis=1, keepdims=True), pvals)
        return jnp.stack(columns, axis=1).astype(dtype)

    return choice
