"""Compile a graph once, and call it with the shared variables of any model.

In a program, stand-ins take the places of a graph's shared variables. A call puts the variables' values
there, and takes the updated ones back. So functions of equal graphs share one program: a second fit compiles
nothing, and no compiled code keeps the weights of a model alive.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pytensor
from pytensor.compile.mode import Mode
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant, Variable, equal_computations
from pytensor.graph.op import HasInnerGraph, Op
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors
from pytensor.link.basic import Container
from pytensor.tensor.sharedvar import TensorSharedVariable

from udl_pt.backends._locks import compile_lock

__all__ = ["Copy", "Graph", "Program", "forget_programs", "program_of"]

KEPT = 128  # programs; the one that was looked up longest ago goes first
LARGEST = 2**20  # bytes of constants; a program with more ends with its function
SETTINGS = (
    "floatX",
    "optimizer",
    "optimizer_excluding",
    "optimizer_including",
    "optimizer_requiring",
    "numba__fastmath",
    "profile",
    "cxx",
    "gcc__cxxflags",
)

_programs: list["Program"] = []
Updates = Sequence[tuple[SharedVariable, Variable]]


class Graph:
    """Inputs, outputs and updates, and the shared variables in an order that equal graphs have in common.

    Parameters
    ----------
    inputs, outputs : sequence of Variable
        The arguments and results of a call.
    updates : sequence of (SharedVariable, Variable)
        New values of shared variables.
    """

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable], updates: Updates) -> None:
        self.inputs, self.outputs, self.updates = list(inputs), list(outputs), list(updates)
        self.expressions = [*outputs, *(new for _, new in updates)]
        leaves = [p for p, _ in updates]
        self._ops: list[Op] = []
        self._constants: list[Constant] = []
        for variable in ancestors(self.expressions):
            if variable.owner is not None:
                self._ops.append(variable.owner.op)
            elif isinstance(variable, SharedVariable):
                leaves.append(variable)
            elif isinstance(variable, Constant):
                self._constants.append(variable)
        every = dict.fromkeys(leaves)
        # Others, such as states of PyTensor's own random variables, have updates that may depend on inputs.
        self._may_change = all(type(v) is TensorSharedVariable and v.default_update is None for v in every)
        self.shared = list(every) if self._may_change else []

    def may_be_kept(self) -> bool:
        """Whether an equal graph can be recognised, and a program of this one keeps nothing large alive."""
        inner = list(_constants_within(self._ops))
        return (
            self._may_change
            and all(
                _has_props(op) or isinstance(op, HasInnerGraph) for op in self._ops
            )  # else a new op each time
            and not any(np.ndim(c.data) for c in inner)  # an array there may change before another copy
            and sum(np.asarray(c.data).nbytes for c in [*self._constants, *inner]) <= LARGEST
        )

    def signature(self) -> Hashable:
        """Return what equal graphs have in common, the bits of their constants and of ops' numbers too.

        PyTensor takes 0.0 and -0.0 for equal, and an array for equal to itself after a change.
        """
        types = tuple(v.type for v in [*self.inputs, *self.shared])
        updated = tuple(self.shared.index(p) for p, _ in self.updates)
        constants = tuple(map(_bits, [*self._constants, *_constants_within(self._ops)]))
        ops = tuple((type(op), _numbers(op)) for op in self._ops)
        return len(self.outputs), types, updated, constants, ops

    def equals(self, other: "Graph") -> bool:
        """Whether both compute the same, where their signatures are equal."""
        return bool(
            equal_computations(
                self.expressions,
                other.expressions,
                in_xs=[*self.inputs, *self.shared],
                in_ys=[*other.inputs, *other.shared],
            )
        )

    def with_stand_ins(self) -> "Graph":
        """Return the same graph of other inputs and shared variables, which have no values.

        A graph of other shared variables than tensors is returned as it is.
        """
        if not self._may_change:
            return self
        inputs = {v: v.type(name=v.name) for v in self.inputs}  # a variable in two graphs would equal itself
        new = inputs | {v: _stand_in(v) for v in self.shared}
        new |= {c: type(c)(c.type, c.data.copy()) for c in self._constants if isinstance(c.data, np.ndarray)}
        expressions = clone_replace(self.expressions, replace=new)
        n = len(self.outputs)
        updates = [
            (new.get(p, p), value) for (p, _), value in zip(self.updates, expressions[n:], strict=True)
        ]
        return Graph(list(inputs.values()), expressions[:n], updates)


def _stand_in(variable: SharedVariable) -> SharedVariable:
    kind: Any = type(variable)
    container = Container(variable.type, [None])
    return kind(variable.type, value=None, strict=None, container=container, name=variable.name)


def _constants_within(ops: Iterable[Op]) -> Iterator[Constant]:
    """Yield the constants of ops' inner graphs, such as those of a loop."""
    for op in ops:
        if isinstance(op, HasInnerGraph):
            variables = list(ancestors(op.inner_outputs))
            yield from (v for v in variables if isinstance(v, Constant))
            yield from _constants_within(v.owner.op for v in variables if v.owner is not None)


def _has_props(op: Op) -> bool:
    return getattr(op, "__props__", None) is not None


def _bits(constant: Constant) -> Hashable:
    data = constant.data
    return (data.shape, data.tobytes()) if isinstance(data, np.ndarray | np.generic) else repr(data)


def _numbers(op: Op) -> tuple[str, ...]:
    names = getattr(op, "__props__", None) or ()
    return tuple(repr(v) for v in (getattr(op, name, None) for name in names) if isinstance(v, float))


class Copy:
    """A compiled copy of a program's code, for one thread at a time.

    Parameters
    ----------
    graph : Graph
        The graph of stand-ins, which are this copy's own.
    function : callable
        The compiled function.
    """

    def __init__(self, graph: Graph, function: Any) -> None:
        self.function = function
        self._values = [v.container.storage for v in graph.shared]
        updated = {p for p, _ in graph.updates}
        self._updated = [i for i, v in enumerate(graph.shared) if v in updated]

    def __call__(self, variables: Sequence[list[Any]], arguments: Sequence[Any]) -> list[Any]:
        """Compute the outputs and apply the updates.

        Parameters
        ----------
        variables : sequence of list
            The storage of each shared variable, in the order of the graph's.
        arguments : sequence of array
            The inputs.

        Returns
        -------
        list of array
            The outputs.
        """
        values = self._values
        for own, variable in zip(values, variables, strict=True):
            own[0] = variable[0]
        try:
            return list(self.function(*arguments))
        except SystemError as error:
            if (interrupt := _interrupt_behind(error)) is not None:
                raise interrupt from None
            raise
        finally:
            for i in self._updated:
                variables[i][0] = values[i][0]
            for own in values:
                own[0] = None


def _interrupt_behind(error: BaseException | None) -> BaseException | None:
    """Return the interrupt that caused a SystemError; None where another error did.

    Where a signal's handler raises within Numba's C code, Python raises SystemError: "returned a result with
    an exception set". PyTensor may raise another SystemError in its place.
    """
    while isinstance(error, SystemError):
        if error.__cause__ is not None and not isinstance(error.__cause__, Exception):
            return error.__cause__
        error = error.__cause__ or error.__context__
    return None


class Program:
    """The compiled copies of a graph: as many as threads have called it at the same time.

    Parameters
    ----------
    graph : Graph
        The graph, of stand-ins.
    key : hashable
        What equal programs have in common besides the graph.

    Attributes
    ----------
    function : callable or None
        The compiled function of a copy; None before there is one.
    """

    def __init__(self, graph: Graph, key: Hashable) -> None:
        self.graph, self.key = graph.with_stand_ins(), key
        self._free: list[Copy] = []
        self.function: Any = None

    def take(self) -> Copy | None:
        """Return a copy that no thread uses; None where there is none."""
        try:
            return self._free.pop()
        except IndexError:
            return None

    def release(self, copy: Copy) -> None:
        """Take a copy back, for any thread."""
        self.function = copy.function
        self._free.append(copy)

    def call(self, copy: Copy, variables: Sequence[list[Any]], arguments: Sequence[Any]) -> list[Any]:
        """Call a copy, and take it back in any case."""
        try:
            return copy(variables, arguments)
        finally:
            self.release(copy)

    def compile(self, mode: Mode, name: str) -> Copy:
        """Compile another copy."""
        graph = self.graph.with_stand_ins()
        function = pytensor.function(
            graph.inputs,
            graph.outputs,
            updates=graph.updates,
            mode=mode,
            on_unused_input="ignore",  # an input may matter only for the shape of a draw
            name=name,
        )
        return Copy(graph, function)


def program_of(graph: Graph, key: Hashable) -> Program:
    """Return the program of a graph; the caller holds the lock of compiling.

    Parameters
    ----------
    graph : Graph
        The graph.
    key : hashable
        What programs must have in common besides the graph, such as the backend.

    Returns
    -------
    Program
        That of an equal graph, if there is one, else a new one.
    """
    if not graph.may_be_kept():
        return Program(graph, None)
    settings = tuple(getattr(pytensor.config, name) for name in SETTINGS)
    full = key, settings, graph.signature()
    for program in reversed(_programs):
        if program.key == full and graph.equals(program.graph):
            _programs.remove(program)
            _programs.append(program)
            return program
    program = Program(graph, full)
    _programs.append(program)
    del _programs[:-KEPT]
    return program


def forget_programs() -> None:
    """Compile each graph again that a function calls for the first time from now on."""
    with compile_lock.lock:
        _programs.clear()
