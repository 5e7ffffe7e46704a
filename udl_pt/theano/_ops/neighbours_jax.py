"""Neighbourhoods of pixels for PyTensor's JAX linker."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from pytensor.graph.basic import Constant
from pytensor.link.jax.dispatch import jax_funcify

from udl_pt.theano._ops.neighbours import Images2Neibs, Images2NeibsGrad

__all__: list[str] = []


def _places(op: Any, node: Any) -> Callable[[Any], Any]:
    """Return a function that finds the rows and the columns of neighbourhoods; JAX needs numbers for it."""
    values = node.inputs[-2:]
    if not all(isinstance(value, Constant) for value in values):
        raise NotImplementedError("JAX needs neib_shape and neib_step as numbers: pass ints")

    def places(x: Any) -> Any:
        rows, columns = op.positions(x.shape, *(value.data for value in values))
        index = rows[:, None, :, None], columns[None, :, None, :]
        return index, (index[0] >= 0) & (index[1] >= 0)

    return places


@jax_funcify.register(Images2Neibs)  # type: ignore[untyped-decorator]
def _funcify_neibs(op: Any, node: Any, **kwargs: Any) -> Callable[..., Any]:
    places = _places(op, node)

    def images2neibs(x: Any, *rest: Any) -> Any:
        (rows, columns), inside = places(x)
        z = jnp.where(inside, x[:, :, rows, columns], 0)
        return z.reshape((-1, rows.shape[2] * columns.shape[3]))

    return images2neibs


@jax_funcify.register(Images2NeibsGrad)  # type: ignore[untyped-decorator]
def _funcify_neibs_grad(op: Any, node: Any, **kwargs: Any) -> Callable[..., Any]:
    places = _places(op, node)

    def images2neibs_grad(x: Any, gz: Any, *rest: Any) -> Any:
        (rows, columns), inside = places(x)
        gz = jnp.where(inside, gz.reshape((*x.shape[:2], *inside.shape)), 0)
        return jnp.zeros_like(x).at[:, :, rows, columns].add(gz)

    return images2neibs_grad
