"""Chains of draws in a user's graphs: the random states that they start from, and how these advance."""

import itertools
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pytensor.graph.basic import Apply
from pytensor.graph.traversal import ancestors
from pytensor.scan.op import Scan
from pytensor.tensor.random.op import RandomVariable
from pytensor.tensor.random.type import random_generator_type
from pytensor.tensor.random.variable import RandomGeneratorSharedVariable

from udl_pt.symbolic.variables import Symbolic

__all__ = ["Chain", "Chains", "State", "advanced", "chains_of", "new_state"]


MISSING = (  # PyTensor's message is "Undeclared input: ..."
    "the updates of draws in a pytensor.scan, which would be the same in each call. Pass those that scan "
    "returned: pytensor.function(inputs, outputs, updates=updates). Or draw before the scan, and pass it the "
    "draws as a sequence"
)


class State(RandomGeneratorSharedVariable):  # type: ignore[misc]
    """A generator in a graph, which `pytensor.function` updates with `default_update`.

    Attributes
    ----------
    chains : Chains or None
        The chains of all streams on its generator.
    is_taken : bool
        Whether a scan has taken its draws into its loop, so that only the scan's updates advance it.
    """

    chains: "Chains | None" = None
    is_taken = False

    @property
    def default_update(self) -> Any:
        """The state after the last draw of its chain."""
        return self._default_update

    @default_update.setter
    def default_update(self, state: Any) -> None:
        """Set the update, without the warning of PyTensor's setter.

        PyTensor sets None once a scan has taken the draws. A function without the scan's updates then lacks
        an input, whose name says what to do.
        """
        self.is_taken = state is None
        self._default_update = random_generator_type(name=MISSING) if self.is_taken else state


@dataclass(frozen=True, eq=False)
class Chain:
    """Draws that follow each other: their sizes depend on `roots`, and they are made in the same `scan`."""

    roots: frozenset[Symbolic]
    scan: list[Symbolic] | None
    state: State


class Chains:
    """The chains of all streams on one generator."""

    def __init__(self) -> None:
        self.has_first = False
        self.numbers = itertools.count()


def new_state(chains: Chains, generator: Any, container: Any = None) -> State:
    """Return the state at the start of a chain: a generator, or one that a container of PyTensor's holds."""
    strict = True if container is None else None
    state = State(random_generator_type, generator, strict, container=container, name="random state")
    state.chains = chains
    return state


# by a generator's lock, which lives as long as its bits do: these can't be referred to weakly
_chains: "weakref.WeakKeyDictionary[Any, Chains]" = weakref.WeakKeyDictionary()


def chains_of(generator: np.random.Generator) -> Chains:
    """Return the chains of all streams on a generator."""
    return _chains.setdefault(generator.bit_generator.lock, Chains())


def advanced(outputs: Sequence[Symbolic], chains: Chains) -> list[tuple[State, Symbolic]]:
    """Return the updates of the random states of `chains` whose draws `outputs` depend on.

    Raises
    ------
    ValueError
        If a draw was made in a scan that isn't in the graph, or two draws start from the same state.
    """
    variables = list(ancestors(outputs))
    after: dict[Any, set[Any]] = {}
    for node in {v.owner for v in variables if v.owner is not None}:
        for before, state in _transitions(node):
            after.setdefault(before, set()).add(state)
            if isinstance(before, State) and before.is_taken and not isinstance(node.op, Scan):
                raise ValueError(
                    "outputs hold a draw that was made in a pytensor.scan: return it from the function of "
                    "the scan"
                )
    return [
        (v, _end(v, after)) for v in variables if isinstance(v, State) and v.chains is chains and v in after
    ]


def _end(state: Any, after: dict[Any, set[Any]]) -> Any:
    while state in after:
        if len(after[state]) > 1:
            raise ValueError(
                "outputs hold two draws of the same random numbers, one of them in a copy of the other's "
                "graph: draw anew for the second graph, or compile a function for each"
            )
        (state,) = after[state]
    return state


def _transitions(node: Apply) -> Iterator[tuple[Any, Any]]:
    """Yield the random states that a node advances, each with the state after it."""
    if isinstance(node.op, RandomVariable):
        yield node.op.rng_param(node), node.outputs[0]
    elif isinstance(node.op, Scan):
        befores = node.op.outer_untraced_sit_sot(node.inputs)
        yield from zip(befores, node.op.outer_untraced_sit_sot_outs(node.outputs), strict=True)
