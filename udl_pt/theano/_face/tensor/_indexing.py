"""Indexing, where Theano's name, signature or meaning isn't PyTensor's."""

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor import subtensor as ps

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
]

AdvancedBooleanSubtensor = AdvancedSubtensor = ps.AdvancedSubtensor
AdvancedBooleanIncSubtensor = AdvancedIncSubtensor = ps.AdvancedIncSubtensor
# PyTensor 3.3 has one Op for all kinds of indices
AdvancedSubtensor1 = getattr(ps, "AdvancedSubtensor1", ps.AdvancedSubtensor)
AdvancedIncSubtensor1 = getattr(ps, "AdvancedIncSubtensor1", ps.AdvancedIncSubtensor)
Subtensor, IncSubtensor = ps.Subtensor, ps.IncSubtensor


def advanced_subtensor(x: Any, *indices: Any) -> Any:
    """Return ``x[indices]``."""
    return x[indices]


def advanced_inc_subtensor(x: Any, y: Any, *indices: Any) -> Any:
    """Return `x` with `y` added at these indices."""
    return pt.inc_subtensor(x[indices], y)


def advanced_set_subtensor(x: Any, y: Any, *indices: Any) -> Any:
    """Return `x` with `y` at these indices."""
    return pt.set_subtensor(x[indices], y)


advanced_subtensor1 = advanced_boolean_subtensor = advanced_subtensor
advanced_inc_subtensor1 = advanced_boolean_inc_subtensor = advanced_inc_subtensor
advanced_set_subtensor1 = advanced_boolean_set_subtensor = advanced_set_subtensor
