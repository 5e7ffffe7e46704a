"""Compile a graph and call it with arrays.

A model builds graphs; `Function` turns one into a function of NumPy arrays, on the backend asked for:
``"numba"`` (the default), ``"c"`` or ``"jax"``. Nothing compiles before the first call. One function compiles
at a time. A compiled function holds the locks of the shared variables that it reads and writes, so several
threads may use a model. A process waits for a compilation before it forks, and its child starts with free
locks.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import numpy as np
from pytensor.compile.mode import Mode
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable
from pytensor.graph.replace import clone_replace
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from pytensor.graph.traversal import ancestors

from udl_pt._support.interrupts import interruptible
from udl_pt.backends._ahead import Ahead
from udl_pt.backends._blas import blas_linked
from udl_pt.backends._cache import mend_cache, prepare_cache, recover_from_interrupt
from udl_pt.backends._choice import get_backend
from udl_pt.backends._devices import Devices, put
from udl_pt.backends._graphs import Graph
from udl_pt.backends._locks import NumberedLock, call_holding, compile_lock, lock_of
from udl_pt.backends._modes import make_mode, wide_jax
from udl_pt.backends._programs import Program, program_of
from udl_pt.backends._shared import to_numpy
from udl_pt.backends._templates import Kind, Sample, Stream, Template, find_template, keep_template

__all__ = ["Draw", "Function", "R"]

R = TypeVar("R")


class Draw(Protocol):
    """A random draw, which its variable carries as ``tag.draw``; see `udl_pt.symbolic.random`."""

    number: int
    variables: Sequence[Variable]
    shapes: Sequence[Sequence[Variable]]
    stream: Stream
    sample: Sample


class Function:
    """A graph that is compiled at its first call and then takes and returns NumPy arrays.

    Parameters
    ----------
    inputs : sequence of Variable
        The arguments. A call must pass arrays of exactly their dtypes.
    outputs : Variable or sequence of Variable
        One result, or the list of results.
    updates : iterable of (SharedVariable, Variable)
        New values of shared variables.
    backend : {"numba", "c", "jax"}, optional
        Backend that compiles the graph. The default is the choice of `udl_pt.set_backend`.
    name : str
        Name of the function in messages, and of compiled code that it is the first to need.
    compiled : bool
        False for a graph that is seldom computed: NumPy runs one operation after the other, whatever the
        backend.

    Attributes
    ----------
    updated : list of SharedVariable
        The shared variables that a call updates.
    devices : Devices or None
        The devices of JAX that share the rows of the arguments and draws; None for JAX's first.
    draws_ahead : bool
        Whether a call on JAX makes the draws of the next one while the device computes.

    Notes
    -----
    The host makes the draws of each `RandomStreams` in the graph, in the order in which the streams created
    them, and passes them in. So the numbers are the same on every backend.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt.backends import Function, shared
    >>> x, total = pt.dvector("x"), shared(np.zeros(2), "total")
    >>> add = Function([x], x.sum(), updates=[(total, total + x)])
    >>> float(add(np.array([1.0, 2.0])))
    3.0
    >>> total.get_value().tolist()
    [1.0, 2.0]
    """

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Variable | Sequence[Variable],
        updates: Iterable[tuple[SharedVariable, Variable]] = (),
        *,
        backend: str | None = None,
        name: str = "function",
        compiled: bool = True,
    ) -> None:
        single = isinstance(outputs, Variable)
        expressions = [outputs] if isinstance(outputs, Variable) else list(outputs)
        pairs = list(updates)
        everything = list(ancestors([*expressions, *(new for _, new in pairs)]))
        variables = [v for v in everything if isinstance(v, SharedVariable)] + [p for p, _ in pairs]
        draws = self._draws_of(everything)
        stand_ins = {v: v.type() for draw in draws for v in draw.variables}
        replaced = [*expressions, *(new for _, new in pairs)]
        if stand_ins:
            replaced = clone_replace(replaced, replace=stand_ins)
        updated = [p for p, _ in pairs]
        self._set(get_backend(backend), name, compiled, single, variables, updated)
        self._draws.extend((d.stream, d.sample, [len(shape) for shape in d.shapes]) for d in draws)
        self._sizes = [*inputs], [size for d in draws for shape in d.shapes for size in shape]
        news = replaced[len(expressions) :]
        self._graph = (
            [*inputs, *stand_ins.values()],
            replaced[: len(expressions)],
            list(zip(updated, news, strict=True)),
        )

    def _set(
        self,
        backend: str,
        name: str,
        compiled: bool,
        single: bool,
        variables: Iterable[SharedVariable],
        updated: list[SharedVariable],
    ) -> None:
        """Set what a function has with a graph of its own, and with a template."""
        self.backend, self.name, self._is_compiled, self._single = backend, name, compiled, single
        self.updated = updated
        locks = {NumberedLock(), *map(lock_of, variables)}
        self._locks = sorted(locks, key=lambda lock: lock.number)
        self._program: Program | None = None
        self._known: Program | None = None  # that of the template, before the first call
        self._shared: list[SharedVariable] = []  # those of the program's graph, in its order
        self._draws: list[tuple[Stream, Sample, Sequence[int]]] = []
        self._shapes: Function | None = None
        self._kind: Kind | None = None
        self.devices: Devices | None = None
        self.draws_ahead = False
        self._ahead = Ahead()

    @classmethod
    def of_kind(
        cls,
        kind: Kind | None,
        build: Callable[[], tuple[Sequence[Variable], Any, Iterable[tuple[SharedVariable, Variable]]]],
        *,
        backend: str | None = None,
        name: str = "function",
    ) -> "Function":
        """Return a function whose graph is built only if no function of its kind has been called before.

        Parameters
        ----------
        kind : Kind or None
            The kind of the graph; None for one that is built in any case.
        build : callable
            Takes nothing, returns inputs, outputs and updates.
        backend, name
            As those of the class.

        Returns
        -------
        Function

        Examples
        --------
        >>> import numpy as np
        >>> import pytensor.tensor as pt
        >>> from udl_pt.backends import Function, Kind, shared
        >>> def adder(total):
        ...     def build():
        ...         print("built")
        ...         x = pt.dvector("x")
        ...         return [x], x.sum(), [(total, total + x)]
        ...     return Function.of_kind(Kind("adder", (total,)), build)
        >>> for size in (2, 3):
        ...     print(adder(shared(np.zeros(size), "total"))(np.ones(size)))
        built
        2.0
        3.0
        """
        backend = get_backend(backend)
        if kind is not None and kind.stream is not None:  # which generators a graph derives depends on it
            kind = replace(kind, key=(kind.key, kind.stream.has_drawn))
        template = None if kind is None else find_template(kind, backend)
        if kind is None or template is None:
            function = cls(*build(), backend=backend, name=name)
            function._kind = kind
            return function
        if kind.stream is not None:
            kind.stream.skip_derived(template.n_derived)
        return cls._from(template, kind, backend, name, compiled=True)

    @classmethod
    def _from(cls, template: Template, kind: Kind, backend: str, name: str, *, compiled: bool) -> "Function":
        function = cls.__new__(cls)
        shared, updated = ([kind.variables[i] for i in p] for p in (template.shared, template.updated))
        function._set(backend, name, compiled, template.single, [*shared, *updated], updated)
        function._known, function._shared = template.program, shared
        function._draws.extend((kind.stream, sample, dims) for sample, dims in template.draws)
        if template.shapes is not None:
            function._shapes = _Shapes._from(template.shapes, kind, backend, f"{name} shapes", compiled=False)
        return function

    def _template(self, kind: Kind) -> Template | None:
        """Return the template of this function; None where it has something that isn't of its kind."""
        places = {v: i for i, v in enumerate(kind.variables)}
        program, shapes = self._program, None if self._shapes is None else self._shapes._template(kind)
        if (
            program is None
            or program.key is None  # it is of this graph alone
            or any(v not in places for v in [*self._shared, *self.updated])
            or any(stream is not kind.stream for stream, _, _ in self._draws)
            or (self._shapes is not None and shapes is None)
        ):
            return None
        return Template(
            program,
            [places[v] for v in self._shared],
            [places[v] for v in self.updated],
            self._single,
            [(sample, dims) for _, sample, dims in self._draws],
            shapes,
            0 if kind.stream is None else kind.stream.n_derived,
        )

    def __call__(self, *arguments: np.ndarray) -> Any:
        """Compute the outputs and apply the updates."""
        results = self.call_locked(self._computed, arguments)
        arrays = [r if isinstance(r, np.ndarray) else np.array(r) for r in results]  # JAX's are read-only
        return arrays[0] if self._single else arrays

    def call_locked(self, function: Callable[..., R], /, *args: Any) -> R:
        """Call a function while no other thread changes the shared variables that this one reads.

        Parameters
        ----------
        function : callable
            The function to call.
        *args
            Its arguments.

        Returns
        -------
        object
            The result of `function`.

        Examples
        --------
        Read two variables at one moment, also while another thread calls ``step``:

        >>> import numpy as np
        >>> from udl_pt.backends import Function, shared
        >>> a, b = shared(np.zeros(1), "a"), shared(np.zeros(1), "b")
        >>> step = Function([], [], [(a, a + 1), (b, b - 1)])
        >>> _ = step()
        >>> step.call_locked(lambda: (a.get_value().tolist(), b.get_value().tolist()))
        ([1.0], [-1.0])
        """
        return call_holding(self._locks, function, *args)

    def _computed(self, arguments: Sequence[np.ndarray]) -> list[Any]:
        # NumPy computes some operations of C's, and would warn of what no other backend warns of
        by_numpy = self.backend == "c" or not self._is_compiled
        with wide_jax(self.backend), np.errstate(all="ignore") if by_numpy else contextlib.nullcontext():
            results = self._run([*arguments, *self._sampled(arguments)])
            if self._draws and self.draws_ahead and self.backend == "jax":
                self._draw_ahead()
            return results

    def operations(self) -> list[Any]:
        """Return the nodes of the graph in their order, as PyTensor rewrote it for the backend.

        Returns
        -------
        list of Apply
            The nodes.

        Raises
        ------
        RuntimeError
            Before the first call, which compiles it.

        Examples
        --------
        >>> import numpy as np
        >>> import pytensor.tensor as pt
        >>> from udl_pt.backends import Function
        >>> x = pt.dvector("x")
        >>> f = Function([x], 2 * x + 1)
        >>> f(np.ones(2)).tolist()
        [3.0, 3.0]
        >>> len(f.operations())  # one loop for product and sum
        1
        """
        if self._compiled is None:
            raise RuntimeError(f"{self.name} is compiled when it is first called: call it before")
        return list(self._compiled.maker.fgraph.toposort())

    @property
    def streams(self) -> list[Stream]:
        """The sources of the draws."""
        return [stream for stream, _, _ in self._draws]

    def settle(self) -> None:
        """Turn the values of the shared variables into NumPy arrays (JAX stores its own).

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.backends import Function, shared
        >>> n = shared(np.zeros(2), "n")
        >>> f = Function([], [], [(n, n + 1)], backend="jax")
        >>> _ = f()
        >>> f.settle()
        >>> type(n.get_value(borrow=True)).__name__
        'ndarray'
        """
        self._ahead = Ahead()
        to_numpy(dict.fromkeys([*self._shared, *self.updated]))  # in the same order on each host

    @property
    def _compiled(self) -> Any:
        """The function that PyTensor compiled; None before the first call."""
        return None if self._program is None else self._program.function

    def _draws_of(self, variables: Iterable[Variable]) -> list[Draw]:
        """Return the draws that the host makes, in the order in which they were created."""
        draws = {v.tag.draw.number: v.tag.draw for v in variables if hasattr(v.tag, "draw")}
        return [draws[number] for number in sorted(draws)]

    def _sampled(self, arguments: Sequence[np.ndarray]) -> list[np.ndarray]:
        if not self._draws:
            return []
        if self._shapes is None:
            name = f"{self.name} shapes"
            self._shapes = _Shapes(*self._sizes, backend=self.backend, name=name, compiled=False)
        self._drawn = sizes = list(map(int, self._shapes._run(list(arguments))))  # whose locks are held
        arrays = self._ahead.take(self.streams[0].generator, sizes)
        return self._draw(sizes) if arrays is None else arrays

    def _draw(self, sizes: Sequence[int], source: np.random.Generator | None = None) -> list[np.ndarray]:
        """Make all draws, from their streams' generators or from one source."""
        left = iter(sizes)
        return [
            array
            for stream, sample, dims in self._draws
            for array in sample(source or stream.generator, [tuple(itertools.islice(left, n)) for n in dims])
        ]

    def _draw_ahead(self) -> None:
        """Make the draws of the next call, as large as the last ones; only if they have one generator."""
        generators = {id(stream.generator): stream.generator for stream in self.streams}
        if len(generators) == 1:
            (generator,), sizes = generators.values(), self._drawn
            put_all = put if self.devices is None else self.devices.spread
            self._ahead.prepare(generator, sizes, lambda source: put_all(self._draw(sizes, source)))

    def _run(self, arguments: list[np.ndarray]) -> list[Any]:
        if self._program is not None and (copy := self._program.take()) is not None:
            arguments, placed = self._placed(self._shared, arguments)
            return self._program.call(copy, self._values, arguments, placed=placed)
        # Numba and JAX compile at the first call, so building and first call are one thing here.
        with compile_lock.lock, blas_linked(self.backend):
            try:
                if self._is_compiled and self.backend != "jax":
                    return self._first_with_cache(arguments)
                return self._first(arguments)
            except BaseException as error:
                if not isinstance(error, Exception):
                    recover_from_interrupt()
                raise

    def _placed(self, variables: Sequence[SharedVariable], arguments: list[Any]) -> tuple[list[Any], bool]:
        """Put the variables' values and the arguments on the devices; return the arguments, and whether."""
        if self.devices is None:
            return arguments, bool(self._draws) and not isinstance(arguments[-1], np.ndarray)
        for variable in variables:
            self.devices.place(variable)
        return self.devices.spread(arguments), True

    def _first_with_cache(self, arguments: list[np.ndarray]) -> list[Any]:
        prepare_cache(self.backend)
        for _ in range(2):  # another folder, and an empty one
            try:
                return self._first(arguments)
            except Exception as error:
                if not mend_cache(self.backend, error):
                    raise
            prepare_cache(self.backend)
        return self._first(arguments)

    def _first(self, arguments: list[np.ndarray]) -> list[Any]:
        """Compile and call, which may take a minute; an interrupt leaves shared variables as they were."""
        before = [(p, p.get_value()) for p in self.updated]
        try:
            with interruptible():
                program, variables = self._program or self._known, self._shared
                if program is None:
                    graph = Graph(*self._graph)
                    program = program_of(graph, (self.backend, self._is_compiled, type(self)))
                    variables = graph.shared
                values = [v.container.storage for v in variables]
                arguments, placed = self._placed(variables, arguments)
                if (copy := program.take_for_new_shapes()) is not None:
                    results = program.call(copy, values, arguments, placed=placed)
                else:  # kept only if its first call, which may compile, is without an error
                    copy = program.compile(self._mode(), self.name)
                    results = copy(values, arguments, placed=placed)
                    program.release(copy)
        except BaseException:
            for p, value in before:
                p.set_value(value, borrow=True)
            raise
        self._program, self._shared, self._values = program, variables, values
        if self._kind is not None and (template := self._template(self._kind)) is not None:
            keep_template(self._kind, self.backend, template)
            self._kind = None
        return results

    def _mode(self) -> Mode:
        return make_mode(self.backend) if self._is_compiled else Mode("py", None)


class _Shapes(Function):
    """The shapes of a function's draws, by NumPy; rewritten to compute no draw and no large array."""

    def _draws_of(self, variables: Iterable[Variable]) -> list[Draw]:
        return []

    def _mode(self) -> Mode:
        return Mode("py", RewriteDatabaseQuery(include=["fast_compile", "py_only"]))  # no compiler
