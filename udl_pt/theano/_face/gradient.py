"""``theano.gradient``."""

from typing import TYPE_CHECKING

from pytensor import gradient as _gradient
from pytensor.gradient import DisconnectedType, NullTypeGradError
from pytensor.graph.basic import Variable
from pytensor.graph.traversal import ancestors, toposort
from pytensor.tensor import as_tensor_variable, second, zeros_like
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.math import Argmax, Dot
from pytensor.tensor.shape import Shape, Shape_i

from udl_pt.theano._mode import backend_of, compiling, mode_of
from udl_pt.theano._names import fallback, public_names
from udl_pt.theano._old_ops import defines_r_op, is_r_op

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


def grad(
    cost,
    wrt,
    consider_constant=None,
    disconnected_inputs="raise",
    add_names=True,
    known_grads=None,
    return_disconnected="zero",
    null_gradients="raise",
):
    """Return the gradient of a cost by one variable, or by each of several."""
    for variable in wrt if isinstance(wrt, list | tuple) else [wrt]:
        if not isinstance(variable, Variable):
            raise TypeError(f"grad needs a variable to differentiate by, got {variable!r}")
    return _gradient.grad(
        cost,
        wrt,
        consider_constant,
        disconnected_inputs,
        add_names,
        known_grads,
        return_disconnected,
        null_gradients,
    )


def Rop(f, wrt, eval_points, disconnected_outputs="raise", return_disconnected="zero"):
    """Return the Jacobian's product with `eval_points`, from the right.

    As in Theano, the graph reads all that `f` reads, so a function may have it as inputs. The product is 0
    where `f` doesn't depend on `wrt`: `disconnected_outputs` concerns an `f` that is an input, or that is
    a shape, a place, or a result of these alone. An undefined derivative is a ValueError. PyTensor derives
    the product from gradients. Where an operation of the script has an ``R_op``, all operations' are used.
    """
    several = isinstance(f, list | tuple)
    outputs = [as_tensor_variable(out) for out in f] if several else [as_tensor_variable(f)]
    without = _without_product(outputs)
    has_own = any(v.owner is not None and defines_r_op(v.owner.op) for v in ancestors(outputs))
    strict = [out for out in outputs if out.owner is None or out in without]
    try:
        if strict:  # it may raise, or warn
            _gradient.pushforward(
                strict, wrt, eval_points, disconnected_outputs, return_disconnected, has_own
            )
        products = _gradient.pushforward(outputs, wrt, eval_points, "ignore", "disconnected", has_own)
    except NullTypeGradError as error:
        raise ValueError(f"Rop needs a derivative that isn't defined: {error}") from error
    found = []
    for out, product in zip(outputs, products, strict=True):
        if not isinstance(product.type, DisconnectedType):
            found.append(second(out, product))
        elif out not in strict or return_disconnected == "zero":
            found.append(zeros_like(out))
        else:
            found.append(None if return_disconnected == "none" else product)
    return type(f)(found) if several else found[0]


def _without_product(outputs):
    """Return which variables have no product with a Jacobian: shapes, places, and what reads them alone."""
    found = set()
    for node in toposort(outputs):
        missing = [variable in found for variable in node.inputs]
        if isinstance(node.op, Argmax | Shape | Shape_i):
            ends = True
        elif is_r_op(node.op):
            ends = all(product is None for product in node.op.R_op(node.inputs, node.inputs))
        elif isinstance(node.op, Elemwise | Dot):  # the other inputs have one
            ends = bool(missing) and all(missing)
        else:
            ends = any(missing)
        if ends:
            found.update(node.outputs)
    return found


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
    if backend_of(chosen) == "jax":  # PyTensor compiles here, which JAX may refuse
        chosen = mode_of("FAST_COMPILE")
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
