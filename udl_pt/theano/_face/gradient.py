"""``theano.gradient``."""

from typing import TYPE_CHECKING

from pytensor import gradient as _gradient
from pytensor.graph.traversal import ancestors
from pytensor.tensor import second

from udl_pt.theano._mode import backend_of, compiling, mode_of
from udl_pt.theano._names import fallback, public_names
from udl_pt.theano._old_ops import defines_r_op

_PLACES = (
    "pytensor.gradient",
    "pytensor.graph.null_type",
)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)


def consider_constant(x):
    """Return a variable whose gradient is 0."""
    return zero_grad(x)


consider_constant_ = consider_constant


def zero_grad(x):
    """Return a variable whose gradient is 0."""
    return _gradient.zero_grad(x)


def Rop(f, wrt, eval_points, disconnected_outputs="raise", return_disconnected="zero"):
    """Return the Jacobian's product with `eval_points`, from the right.

    As in Theano, the graph reads all that `f` reads, so a function may have it as inputs. PyTensor derives
    the product from gradients. Where an operation of the script has an ``R_op``, all operations' are used.
    """
    outputs = f if isinstance(f, list | tuple) else [f]
    has_own = any(v.owner is not None and defines_r_op(v.owner.op) for v in ancestors(outputs))
    found = _gradient.pushforward(
        f, wrt, eval_points, disconnected_outputs, return_disconnected, use_op_pushforward=has_own
    )
    if isinstance(f, list | tuple):
        return type(f)(map(second, f, found))
    return second(f, found)


def Lop(f, wrt, eval_points, consider_constant=None, disconnected_inputs="raise"):
    """Return the Jacobian's product with `eval_points`, from the left."""
    return _gradient.pullback(f, wrt, eval_points, consider_constant, disconnected_inputs)


def verify_grad(
    fun,
    pt,
    n_tests=2,
    rng=None,
    eps=None,
    out_type=None,
    abs_tol=None,
    rel_tol=None,
    mode=None,
    cast_to_output_type=False,
    no_debug_ref=True,
):
    """Raise an error where a gradient differs from the one of finite differences."""
    chosen = mode_of(mode)
    with compiling(backend_of(chosen)):
        _gradient.verify_grad(
            fun, pt, n_tests, rng, eps, out_type, abs_tol, rel_tol, chosen, cast_to_output_type, no_debug_ref
        )


def format_as(use_list, use_tuple, outputs):
    """Return outputs as a list, as a tuple or as the one output."""
    if use_list or use_tuple:
        return list(outputs) if use_list else tuple(outputs)
    if isinstance(outputs, list | tuple):
        (outputs,) = outputs
    return outputs


__all__ = public_names(globals(), _PLACES)
