"""A graph that can be compared with others, and taken apart from the shared variables of a model."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant, Variable, equal_computations
from pytensor.graph.op import HasInnerGraph, Op
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors
from pytensor.link.basic import Container
from pytensor.tensor.sharedvar import TensorSharedVariable

from udl_pt.backends._shared import FixedShape

__all__ = ["Graph", "is_replaceable"]

LARGEST = 2**20  # bytes of all constants


class Graph:
    """Inputs, outputs and updates, and the shared variables in an order that equal graphs have in common.

    Parameters
    ----------
    inputs, outputs : sequence of Variable
        The arguments and results of a call.
    updates : sequence of (SharedVariable, Variable)
        New values of shared variables.

    Attributes
    ----------
    shared : list of SharedVariable
        The shared variables that stand-ins can replace: all or none. They can replace tensors without
        updates of their own. Others, such as states of PyTensor's random variables, have updates that may
        depend on inputs.
    """

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        updates: Sequence[tuple[SharedVariable, Variable]],
    ) -> None:
        self.inputs, self.outputs, self.updates = list(inputs), list(outputs), list(updates)
        self._expressions = [*outputs, *(new for _, new in updates)]
        leaves = [p for p, _ in updates]
        self._ops: list[Op] = []
        self._constants: list[Constant] = []
        for variable in ancestors(self._expressions, blockers=self.inputs):
            if variable.owner is not None:
                self._ops.append(variable.owner.op)
            elif isinstance(variable, SharedVariable):
                leaves.append(variable)
            elif isinstance(variable, Constant):
                self._constants.append(variable)
        self._inner_constants = list(_constants_within(self._ops))
        every = dict.fromkeys(leaves)
        self._replaceable = all(map(is_replaceable, every))
        self.shared = list(every) if self._replaceable else []

    def may_be_kept(self) -> bool:
        """Return whether an equal graph can be recognised, and this one keeps nothing large alive."""
        constants = [*self._constants, *self._inner_constants]
        return (
            self._replaceable
            and all(_is_recognised(op) for op in self._ops)
            and not any(np.ndim(c.data) for c in self._inner_constants)  # no copy protects them from changes
            and sum(np.asarray(c.data).nbytes for c in constants) <= LARGEST
        )

    def signature(self) -> Hashable:
        """Return what equal graphs have in common, the bits of their constants and of ops' numbers too.

        PyTensor takes 0.0 and -0.0 for equal, and an array for equal to itself after a change.
        """
        types = tuple(v.type for v in [*self.inputs, *self.shared])
        updated = tuple(self.shared.index(p) for p, _ in self.updates)
        constants = tuple(map(_bits, [*self._constants, *self._inner_constants]))
        ops = tuple((type(op), _numbers(op)) for op in self._ops)
        return len(self.inputs), len(self.outputs), types, updated, constants, ops

    def equals(self, other: "Graph") -> bool:
        """Return whether both compute the same, if their signatures are equal."""
        return bool(
            equal_computations(
                self._expressions,
                other._expressions,
                in_xs=[*self.inputs, *self.shared],
                in_ys=[*other.inputs, *other.shared],
            )
        )

    def with_stand_ins(self) -> "Graph":
        """Return the same graph of other inputs, shared variables without values, and copies of constants.

        Where stand-ins can't replace the shared variables, it is this graph.
        """
        if not self._replaceable:
            return self
        inputs = {v: v.type(name=v.name) for v in self.inputs}  # a variable in two graphs would equal itself
        new = inputs | {v: _stand_in(v) for v in self.shared}
        new |= {c: type(c)(c.type, c.data.copy()) for c in self._constants if isinstance(c.data, np.ndarray)}
        expressions = clone_replace(self._expressions, replace=new)
        n = len(self.outputs)
        variables = [new[p] for p, _ in self.updates]
        updates = list(zip(variables, expressions[n:], strict=True))
        return Graph(list(inputs.values()), expressions[:n], updates)


def is_replaceable(variable: SharedVariable) -> bool:
    """Return whether a stand-in can replace a shared variable: a tensor without an update of its own."""
    return type(variable) in (TensorSharedVariable, FixedShape) and variable.default_update is None


def _stand_in(variable: TensorSharedVariable) -> TensorSharedVariable:
    container = Container(variable.type, [None])
    return TensorSharedVariable(
        variable.type, value=None, strict=None, container=container, name=variable.name
    )


def _constants_within(ops: Iterable[Op]) -> Iterator[Constant]:
    """Yield the constants of ops' inner graphs, such as those of a loop."""
    for op in ops:
        if isinstance(op, HasInnerGraph):
            variables = list(ancestors(op.inner_outputs))
            yield from (v for v in variables if isinstance(v, Constant))
            yield from _constants_within(v.owner.op for v in variables if v.owner is not None)


def _props(op: Op) -> Sequence[str] | None:
    """Return the names of the attributes by which PyTensor compares ops; None if it compares otherwise."""
    names: Sequence[str] | None = getattr(op, "__props__", None)
    return names


def _is_recognised(op: Op) -> bool:
    """Return whether an op that is created again is equal; ops of a user's function may be equal to none."""
    return _props(op) is not None or isinstance(op, HasInnerGraph)


def _numbers(op: Op) -> tuple[str, ...]:
    values = (getattr(op, name, None) for name in _props(op) or ())
    return tuple(repr(value) for value in values if isinstance(value, float))


def _bits(constant: Constant) -> Hashable:
    data: Any = constant.data
    return (data.shape, data.tobytes()) if isinstance(data, np.ndarray | np.generic) else repr(data)
