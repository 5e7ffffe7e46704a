"""``theano.gradient``."""

from typing import TYPE_CHECKING

from pytensor import gradient as _gradient
from pytensor.gradient import DisconnectedType, NullTypeGradError
from pytensor.tensor import second, zeros_like

from udl_pt.theano._names import fallback, public_names

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

    As in Theano, the graph reads all that `f` reads, so a function may have it as inputs. The product is 0
    where `f` doesn't depend on `wrt`: `disconnected_outputs` concerns an `f` that isn't computed at all. An
    operation whose derivative is undefined is a ValueError.
    """
    several = isinstance(f, list | tuple)
    outputs = list(f) if several else [f]
    leaves = [out for out in outputs if out.owner is None]
    if leaves:  # it may raise, or warn
        _gradient.pushforward(leaves, wrt, eval_points, disconnected_outputs, return_disconnected)
    try:
        products = _gradient.pushforward(outputs, wrt, eval_points, "ignore", "disconnected")
    except NullTypeGradError as error:
        raise ValueError(f"Rop needs a derivative that isn't defined: {error}") from error
    found = []
    for out, product in zip(outputs, products, strict=True):
        if not isinstance(product.type, DisconnectedType):
            found.append(second(out, product))
        elif out.owner is not None or return_disconnected == "zero":
            found.append(zeros_like(out))
        else:
            found.append(None if return_disconnected == "none" else product)
    return type(f)(found) if several else found[0]


def Lop(f, wrt, eval_points, consider_constant=None, disconnected_inputs="raise"):
    """Return the Jacobian's product with `eval_points`, from the left."""
    return _gradient.pullback(f, wrt, eval_points, consider_constant, disconnected_inputs)


def format_as(use_list, use_tuple, outputs):
    """Return outputs as a list, as a tuple or as the one output."""
    if use_list or use_tuple:
        return list(outputs) if use_list else tuple(outputs)
    if isinstance(outputs, list | tuple):
        (outputs,) = outputs
    return outputs


__all__ = public_names(globals(), _PLACES)
