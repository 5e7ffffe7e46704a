"""JAX's code for draws from a `numpy.random.RandomState`: it calls NumPy, so the numbers are NumPy's."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from pytensor.graph.basic import Constant
from pytensor.link.jax.dispatch.basic import jax_funcify

from udl_pt.theano._ops.mrg_jax import concrete
from udl_pt.theano._ops.random_draws import multinomial_helper, permutation_helper
from udl_pt.theano._ops.random_state import RandomFunction

__all__ = ["jax_funcify_random_function"]


class _Traced:
    """A generator's state as JAX's arrays."""

    def __init__(self, leaves: tuple[Any, ...]) -> None:
        self.leaves = leaves


def leaves_of(state: np.random.RandomState) -> tuple[Any, ...]:
    """Return a generator's state as arrays of 32 bits, which JAX keeps in either precision."""
    _, keys, position, has_gauss, gauss = state.get_state()
    return keys, np.int32(position), np.int32(has_gauss), np.array([gauss]).view("uint32")


def state_of(leaves: Any) -> np.random.RandomState:
    """Return the generator of these arrays."""
    keys, position, has_gauss, gauss = (np.asarray(leaf) for leaf in leaves)
    state = np.random.RandomState(0)
    number = float(np.ascontiguousarray(gauss).view("float64")[0])
    state.set_state(("MT19937", keys, int(position), int(has_gauss), number))
    return state


def rebuilt(_: None, leaves: Any) -> Any:
    """Return a generator, or while JAX compiles what stands for it."""
    leaves = tuple(leaves)
    known = all(isinstance(x, jax.Array | np.ndarray) and not isinstance(x, jax.core.Tracer) for x in leaves)
    return state_of(leaves) if known else _Traced(leaves)


jax.tree_util.register_pytree_node(np.random.RandomState, lambda s: (leaves_of(s), None), rebuilt)
jax.tree_util.register_pytree_node(_Traced, lambda s: (s.leaves, None), rebuilt)


def added(op: RandomFunction, node: Any, args: Any) -> tuple[int, ...]:
    """Return the lengths that a draw adds to its size."""
    if op.ndim_added == 0:
        return ()
    if op.fn is multinomial_helper:
        return (args[1].shape[-1],)
    if op.fn is permutation_helper and isinstance(node.inputs[2], Constant):
        return (int(node.inputs[2].data),)
    raise NotImplementedError(
        f"JAX needs the shape of what {op} draws in advance: use a constant n, or the backend numba or c"
    )


@jax_funcify.register(RandomFunction)  # type: ignore[untyped-decorator]
def jax_funcify_random_function(op: RandomFunction, node: Any, **kwargs: Any) -> Callable[..., Any]:
    """Return a function of the generator, the size and the distribution's parameters."""
    dtype = jax.dtypes.canonicalize_dtype(op.outtype.dtype)

    def random_function(state: Any, size: Any, *args: Any) -> tuple[Any, Any]:
        shape = concrete(node, size)
        leaves = state.leaves if isinstance(state, _Traced) else leaves_of(state)

        def draw(leaves: Any, *args: Any) -> tuple[Any, Any]:
            after, sample = op.draw(state_of(leaves), shape, [np.asarray(arg) for arg in args])
            return leaves_of(after), sample.astype(dtype)

        struct: Any = jax.ShapeDtypeStruct
        result = struct((*shape, *added(op, node, args)), dtype)
        states = tuple(struct(np.shape(x), x.dtype) for x in leaves)
        after, sample = jax.pure_callback(draw, (states, result), leaves, *args)
        return _Traced(tuple(after)), sample

    return random_function
