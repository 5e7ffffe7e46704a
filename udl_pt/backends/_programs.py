"""Compile a graph once, and call it with the shared variables of any model.

In a program, stand-ins take the places of a graph's shared variables. A call puts the variables' values
there, and takes the updated ones back. So functions of equal graphs share one program: a second fit compiles
nothing, and no compiled code keeps the weights of a model alive.
"""

from collections.abc import Hashable, Sequence
from typing import Any

import pytensor
from pytensor.compile.mode import Mode

from udl_pt.backends._graphs import Graph
from udl_pt.backends._internals import drop_jax_shapes, source_without_file
from udl_pt.backends._locks import compile_lock

__all__ = ["Copy", "Program", "clear_programs", "kept_programs", "look_up_again", "program_of", "settings"]

KEPT = 128  # programs; the one that was looked up longest ago goes first
JAX_SHAPES = 8  # for which JAX's code is kept: full batches and last ones, of four sizes of models
# of PyTensor; another value may compile other code
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

    def __call__(
        self, variables: Sequence[list[Any]], arguments: Sequence[Any], *, placed: bool = False
    ) -> list[Any]:
        """Compute the outputs and apply the updates.

        Parameters
        ----------
        variables : sequence of list
            The storage of each shared variable, in the order of the graph's.
        arguments : sequence of array
            The inputs.
        placed : bool
            Whether the arguments are JAX's arrays, on its devices.

        Returns
        -------
        list of array
            The outputs.
        """
        values = self._values
        for own, variable in zip(values, variables, strict=True):
            own[0] = variable[0]
        self.function.trust_input = placed  # else PyTensor turns arguments into NumPy's
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
        What must be equal, besides the graph, for two programs to be equal.

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

    def call(
        self,
        copy: Copy,
        variables: Sequence[list[Any]],
        arguments: Sequence[Any],
        *,
        placed: bool = False,
    ) -> list[Any]:
        """Call a copy, and take it back in any case."""
        try:
            return copy(variables, arguments, placed=placed)
        finally:
            self.release(copy)

    def take_for_new_shapes(self) -> Copy | None:
        """Return a copy as `take` does; JAX's code for many earlier shapes is dropped before."""
        copy = self.take()
        if copy is not None:
            drop_jax_shapes(copy.function, JAX_SHAPES)
        return copy

    def compile(self, mode: Mode, name: str) -> Copy:
        """Compile another copy."""
        graph = self.graph.with_stand_ins()
        with source_without_file():
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
        What must be equal besides the graph, such as the backend.

    Returns
    -------
    Program
        That of an equal graph, if there is one, else a new one.
    """
    if not graph.may_be_kept():
        return Program(graph, None)
    full = key, settings(), graph.signature()
    for program in reversed(_programs):
        if program.key == full and graph.equals(program.graph):
            _programs.remove(program)
            _programs.append(program)
            return program
    program = Program(graph, full)
    _programs.append(program)
    del _programs[:-KEPT]
    return program


def settings() -> Hashable:
    """Return PyTensor's settings that may change the compiled code."""
    return tuple(getattr(pytensor.config, name) for name in SETTINGS)


def kept_programs() -> list[Program]:
    """Return the programs that functions of equal graphs share."""
    return list(_programs)


def look_up_again(program: Program) -> bool:
    """Mark a program as the last one looked up; return False if it is no longer kept."""
    with compile_lock.lock:
        if program not in _programs:
            return False
        _programs.remove(program)
        _programs.append(program)
        return True


def clear_programs() -> None:
    """Clear the cache of programs, so that new functions compile their graphs again."""
    with compile_lock.lock:
        _programs.clear()
