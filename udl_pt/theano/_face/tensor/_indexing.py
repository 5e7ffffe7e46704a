"""Indexing, where Theano's name, signature or meaning isn't PyTensor's."""

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor import subtensor as ps

from udl_pt.theano._face.tensor._creation import as_tensor_variable
from udl_pt.theano._face.tensor._shapes import addbroadcast

__all__ = [
    "AdvancedBooleanIncSubtensor",
    "AdvancedBooleanSubtensor",
    "AdvancedIncSubtensor",
    "AdvancedIncSubtensor1",
    "AdvancedSubtensor",
    "AdvancedSubtensor1",
    "IncSubtensor",
    "Subtensor",
    "advanced_boolean_inc_subtensor",
    "advanced_boolean_set_subtensor",
    "advanced_boolean_subtensor",
    "advanced_inc_subtensor",
    "advanced_inc_subtensor1",
    "advanced_set_subtensor",
    "advanced_set_subtensor1",
    "advanced_subtensor",
    "advanced_subtensor1",
    "inc_subtensor",
    "set_subtensor",
]

AdvancedBooleanSubtensor = AdvancedSubtensor = ps.AdvancedSubtensor
AdvancedBooleanIncSubtensor = AdvancedIncSubtensor = ps.AdvancedIncSubtensor
# PyTensor 3.3 has one Op for all kinds of indices
AdvancedSubtensor1 = getattr(ps, "AdvancedSubtensor1", ps.AdvancedSubtensor)
AdvancedIncSubtensor1 = getattr(ps, "AdvancedIncSubtensor1", ps.AdvancedIncSubtensor)
Subtensor, IncSubtensor = ps.Subtensor, ps.IncSubtensor


def inc_subtensor(
    x: Any,
    y: Any,
    inplace: bool = False,
    set_instead_of_inc: bool = False,
    tolerate_inplace_aliasing: bool = False,
) -> Any:
    """Return the tensor of which `x` is a part, with `y` added to this part.

    An axis of `y` must have length 1 where that of `x` is broadcastable: a ValueError at run time else.
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    offset = x.ndim - y.ndim
    if offset >= 0:
        y = addbroadcast(y, *(i for i in range(y.ndim) if x.broadcastable[i + offset]))
    return pt.inc_subtensor(x, y, inplace, set_instead_of_inc, tolerate_inplace_aliasing)


def set_subtensor(x: Any, y: Any, inplace: bool = False, tolerate_inplace_aliasing: bool = False) -> Any:
    """Return the tensor of which `x` is a part, with `y` in place of this part."""
    return inc_subtensor(x, y, inplace, True, tolerate_inplace_aliasing)


def advanced_subtensor(x: Any, *indices: Any) -> Any:
    """Return ``x[indices]``."""
    return x[indices]


def advanced_inc_subtensor(x: Any, y: Any, *indices: Any) -> Any:
    """Return `x` with `y` added at these indices."""
    return inc_subtensor(x[indices], y)


def advanced_set_subtensor(x: Any, y: Any, *indices: Any) -> Any:
    """Return `x` with `y` at these indices."""
    return set_subtensor(x[indices], y)


advanced_subtensor1 = advanced_boolean_subtensor = advanced_subtensor
advanced_inc_subtensor1 = advanced_boolean_inc_subtensor = advanced_inc_subtensor
advanced_set_subtensor1 = advanced_boolean_set_subtensor = advanced_set_subtensor
