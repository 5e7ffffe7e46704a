"""JAX's code for MRG31k3p."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from pytensor.graph.basic import Constant
from pytensor.link.jax.dispatch.basic import jax_funcify

from udl_pt.theano._ops.mrg import M1, M2, conversion, mrg_uniform

__all__ = ["concrete", "jax_funcify_mrg_uniform"]


def concrete(node: Any, size: Any) -> tuple[int, ...]:
    """Return the size of a draw as numbers, which JAX needs when it compiles.

    Raises
    ------
    NotImplementedError
        If the size depends on values.
    """
    given = node.inputs[1]
    try:
        return tuple(int(length) for length in (given.data if isinstance(given, Constant) else size))
    except jax.errors.ConcretizationTypeError as error:
        raise NotImplementedError(
            f"JAX draws random numbers of constant sizes, and of an array's shape, but not of size {given}: "
            "use numbers as the size, or the backend numba or c"
        ) from error


def reduced(value: Any, modulus: np.int32) -> Any:
    """Return a sum of two residues as a residue; integers of 32 bits wrap."""
    return jnp.where((value < 0) | (value >= modulus), value - modulus, value)


def step(states: Any) -> tuple[Any, Any]:
    """Return the next states, and an integer of 31 bits from each."""
    x11, x12, x13, x21, x22, x23 = (states[:, i] for i in range(6))
    m1, m2 = np.int32(M1), np.int32(M2)
    y = ((x12 & 511) << 22) + (x12 >> 9) + ((x13 & 16777215) << 7) + (x13 >> 24)
    y = reduced(reduced(y, m1) + x13, m1)
    z = reduced(((x21 & 65535) << 15) + 21069 * (x21 >> 16), m2)
    w = reduced(((x23 & 65535) << 15) + 21069 * (x23 >> 16), m2)
    z = reduced(reduced(w + x23, m2) + z, m2)
    return jnp.stack([y, x11, x12, z, x21, x22], axis=1), jnp.where(y <= z, y - z + m1, y - z)


@jax_funcify.register(mrg_uniform)  # type: ignore[untyped-decorator]
def jax_funcify_mrg_uniform(op: mrg_uniform, node: Any, **kwargs: Any) -> Callable[..., Any]:
    """Return a function of the streams and the size."""
    dtype = op.output_type.dtype
    mask, offset, norm = conversion(dtype)

    def uniform(rstate: Any, size: Any) -> tuple[Any, Any]:
        shape = concrete(node, size)
        n, states = int(np.prod(shape)), jnp.asarray(rstate)
        rounds, rest = divmod(n, states.shape[0])
        states, whole = jax.lax.scan(lambda s, _: step(s), states, length=rounds)
        head, last = step(states[:rest])
        numbers = jnp.concatenate([whole.ravel(), last])
        if mask != -1:
            numbers = (numbers & mask) + offset
        sample = numbers.astype("float32" if dtype == "float16" else dtype) * norm
        return jnp.concatenate([head, states[rest:]]), sample.astype(dtype).reshape(shape)

    return uniform
