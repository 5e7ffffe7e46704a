"""The one place that knows modes, linkers, floatX, threads and forks.

A model builds graphs; `function` turns one into something that takes and returns NumPy arrays, on the
backend asked for: ``"numba"`` (the default), ``"c"`` or ``"jax"``. Nothing compiles before the first
call, one function compiles at a time, and a compiled function holds the locks of the shared variables
it reads and writes while it runs, so models can be used from several threads. A process waits for a
compilation before it forks, and its child starts with free locks.
"""

import contextlib
import itertools
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
import pytensor
from pytensor.compile.mode import Mode, get_mode
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable, equal_computations
from pytensor.graph.replace import clone_replace
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from pytensor.graph.traversal import ancestors
from pytensor.tensor.math import Sum

from udl_pt.compile_cache import mend_cache, prepare_cache, recover_from_interrupt
from udl_pt.interrupts import interruptible
from udl_pt.locks import NumberedLock, call_holding, compile_lock, lock_of, refuse_forked_jax
from udl_pt.loop_rewriting import inside_loops
from udl_pt.validation import check_dtype, shown

__all__ = ["BACKENDS", "Function", "float_dtype", "get_backend", "set_backend", "shared", "to_numpy"]

R = TypeVar("R")
BACKENDS = ("numba", "c", "jax")
ENVIRONMENT = "UDL_PT_BACKEND"
# places in the order of PyTensor's rewrites
AFTER_SPECIALIZE, BEFORE_FUSION, AFTER_FUSION, IN_PLACE = 2.1, 48.9, 49.2, 50.3

_chosen: str | None = None
_warned_about_blas = False


def set_backend(name: str | None) -> None:
    """Set the backend for all models that aren't told another one.

    Parameters
    ----------
    name : {"numba", "c", "jax"} or None
        None goes back to the environment's ``UDL_PT_BACKEND``, else ``"numba"``.

    Raises
    ------
    ValueError
        For any other name.
    RuntimeError
        For ``"jax"`` in a process that was forked after JAX had started.
    """
    global _chosen
    _chosen = None if name is None else get_backend(name)


def get_backend(name: str | None = None) -> str:
    """Resolve `name`: itself, else what `set_backend` set, else the environment's, else ``"numba"``."""
    source = "backend"
    if name is None:
        name = _chosen
    if name is None:
        name, source = os.environ.get(ENVIRONMENT) or "numba", f"the environment's {ENVIRONMENT}"
    if not isinstance(name, str) or name not in BACKENDS:
        raise ValueError(f"{source} is {shown(name)}, expected one of {', '.join(map(repr, BACKENDS))}")
    if name == "jax":
        try:
            with contextlib.nullcontext() if "jax" in sys.modules else _global_generator_kept():
                import jax  # noqa: F401
        except ImportError as error:
            raise ValueError(
                "backend is 'jax', but JAX is not installed: pip install 'udl_pt[jax]', or use 'numba'"
            ) from error
        refuse_forked_jax()
    return name


def float_dtype(dtype: Any = None) -> str:
    """Resolve `dtype`: ``"float32"`` or ``"float64"``; None is PyTensor's floatX, as in Theano."""
    return str(pytensor.config.floatX) if dtype is None else check_dtype(dtype)


def shared(value: np.ndarray, name: str) -> SharedVariable:
    """Make a shared variable of `value`'s own dtype that owns `value`."""
    return pytensor.shared(value, name=name, borrow=True)


def to_numpy(variables: Iterable[SharedVariable]) -> None:
    """Turn the shared variables' values back into writable NumPy arrays (JAX leaves its own there)."""
    for variable in variables:
        value = variable.get_value(borrow=True, return_internal_type=True)
        if not isinstance(value, np.ndarray):
            variable.set_value(np.array(value), borrow=True)


class Draw(Protocol):
    """What a random draw's variable carries as ``tag.draw``; see `udl_pt.random`."""

    number: int
    variables: Sequence[Variable]
    shapes: Sequence[Sequence[Variable]]

    def sample(self, shapes: Sequence[tuple[int, ...]], /) -> list[np.ndarray]:
        """Draw from the host's generator, an array for each of the variables."""


class Function:
    """A graph that is compiled at its first call and then takes and returns NumPy arrays.

    Parameters
    ----------
    inputs : sequence of Variable
        The arguments; a call must pass arrays of exactly their dtypes.
    outputs : Variable or sequence of Variable
        One result, or the list of results.
    updates : iterable of (SharedVariable, Variable)
        New values of shared variables.
    backend : {"numba", "c", "jax"}, optional
        See `get_backend`.
    name : str
        What tracebacks and profiles call it.
    compiled : bool
        False for what runs seldom: NumPy carries out one operation after the other, whatever the backend.

    Notes
    -----
    Draws of a `RandomStreams` in the graph are made on the host, in the order in which the streams handed
    them out, and passed in: the same numbers on every backend.
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
        self.backend = get_backend(backend)
        self._is_compiled = compiled
        self.name = name
        self._single = isinstance(outputs, Variable)
        expressions = [outputs] if isinstance(outputs, Variable) else list(outputs)
        pairs = list(updates)
        everything = list(ancestors([*expressions, *(new for _, new in pairs)]))
        variables = [v for v in everything if isinstance(v, SharedVariable)] + [p for p, _ in pairs]
        draws = {v.tag.draw.number: v.tag.draw for v in everything if hasattr(v.tag, "draw")}
        self._inputs = list(inputs)
        self._draws: list[Draw] = [draws[number] for number in sorted(draws)]
        stand_ins = {v: v.type() for draw in self._draws for v in draw.variables}
        replaced = clone_replace([*expressions, *(new for _, new in pairs)], replace=stand_ins)
        self._graph_inputs = [*inputs, *stand_ins.values()]
        self._outputs = replaced[: len(expressions)]
        self._updates = [(p, new) for (p, _), new in zip(pairs, replaced[len(expressions) :], strict=True)]
        locks = {NumberedLock(), *map(lock_of, variables)}
        self._locks = sorted(locks, key=lambda lock: lock.number)
        self._compiled: Any = None
        self._shapes: Any = None

    def __call__(self, *arguments: np.ndarray) -> Any:
        """Compute the outputs and carry out the updates."""
        results = self.call_locked(self._computed, arguments)
        arrays = [r if isinstance(r, np.ndarray) else np.array(r) for r in results]  # JAX's are read-only
        return arrays[0] if self._single else arrays

    def call_locked(self, function: Callable[..., R], /, *args: Any) -> R:
        """Call a function during which no other thread changes the variables that this one reads."""
        return call_holding(self._locks, function, *args)

    def take_over(self, other: "Function") -> None:
        """Use what `other` has compiled, where it computes the same from the same shared variables."""
        ours, theirs = ([*f._outputs, *(new for _, new in f._updates)] for f in (self, other))
        kinds = [(f.backend, f._is_compiled, f._single, [p for p, _ in f._updates]) for f in (self, other)]
        if (
            kinds[0] == kinds[1]
            and len(ours) == len(theirs)
            and equal_computations(ours, theirs, in_xs=self._graph_inputs, in_ys=other._graph_inputs)
        ):
            self._compiled = other._compiled

    def _computed(self, arguments: Sequence[np.ndarray]) -> list[Any]:
        # NumPy computes some operations of C's, and would warn of what no other backend warns of
        by_numpy = self.backend == "c" or not self._is_compiled
        with _wide_jax(self.backend), np.errstate(all="ignore") if by_numpy else contextlib.nullcontext():
            return self._run([*arguments, *self._sampled(arguments)])

    def operations(self) -> list[Any]:
        """Give the nodes of the graph as PyTensor rewrote it for the backend, in their order.

        Raises
        ------
        RuntimeError
            Before the first call, which compiles it.
        """
        if self._compiled is None:
            raise RuntimeError(f"{self.name} is compiled when it is first called: call it before")
        return list(self._compiled.maker.fgraph.toposort())

    def _sampled(self, arguments: Sequence[np.ndarray]) -> list[np.ndarray]:
        if not self._draws:
            return []
        if self._shapes is None:
            flat = [size for draw in self._draws for shape in draw.shapes for size in shape]
            self._shapes = pytensor.function(
                self._inputs,
                flat,
                mode=Mode("py", RewriteDatabaseQuery(include=["fast_compile", "py_only"])),  # no compiler
                on_unused_input="ignore",
                name=f"{self.name} shapes",
            )
        sizes = map(int, self._shapes(*arguments))
        return [
            array
            for draw in self._draws
            for array in draw.sample([tuple(itertools.islice(sizes, len(shape))) for shape in draw.shapes])
        ]

    def _run(self, arguments: list[np.ndarray]) -> list[Any]:
        if self._compiled is not None:
            return list(self._compiled(*arguments))
        # Numba and JAX compile at the first call, so building and first call are one thing here.
        with compile_lock.lock, _quiet_about_blas(self.backend):
            if not self._is_compiled or self.backend == "jax":
                return self._first(arguments)
            try:
                prepare_cache(self.backend)
                for _ in range(2):  # another folder, and an empty one
                    try:
                        return self._first(arguments)
                    except Exception as error:
                        if not mend_cache(self.backend, error):
                            raise
                    prepare_cache(self.backend)
                return self._first(arguments)
            except BaseException as error:
                if not isinstance(error, Exception):
                    recover_from_interrupt()
                raise

    def _first(self, arguments: list[np.ndarray]) -> list[Any]:
        """Compile and call, which may take a minute; an interrupt leaves shared variables as they were."""
        before = [(p, p.get_value()) for p, _ in self._updates]
        try:
            with interruptible():
                compiled = pytensor.function(
                    self._graph_inputs,
                    self._outputs,
                    updates=self._updates,
                    mode=_mode(self.backend) if self._is_compiled else Mode("py", None),
                    on_unused_input="ignore",  # an input may matter only for the shape of a draw
                    name=self.name,
                )
                results = list(compiled(*arguments))
        except BaseException:
            for p, value in before:
                p.set_value(value, borrow=True)
            raise
        self._compiled = compiled
        return results


def _mode(backend: str) -> Mode | str:
    if backend == "numba":
        from udl_pt.numba_blas import BlasNumbaLinker
        from udl_pt.numba_elemwise import one_a_loop, vectorise
        from udl_pt.numba_steps import by_blas, in_place
        from udl_pt.numba_sums import sum_along_rows

        mode = Mode(BlasNumbaLinker(), RewriteDatabaseQuery(include=["fast_run", "numba"]))
        return mode.register(
            (vectorise, BEFORE_FUSION),
            (by_blas, BEFORE_FUSION),
            (one_a_loop, AFTER_FUSION),
            (sum_along_rows, AFTER_FUSION + 0.1),  # of loops that have been taken apart
            (in_place, IN_PLACE),
        )
    if backend == "jax":
        sums = node_rewriter([Sum])(_sum_in_its_own_dtype)
        sums = dfs_rewriter(sums, inside_loops(dfs_rewriter(sums), _has_wider_sum))
        return get_mode("JAX").register((sums, AFTER_SPECIALIZE))
    return "CVM"


def _has_wider_sum(node: Any) -> bool:
    return isinstance(node.op, Sum) and node.op.acc_dtype != node.outputs[0].type.dtype


def _sum_in_its_own_dtype(fgraph: Any, node: Any) -> list[Variable] | None:
    """Let a sum of float32 accumulate in float32: in float64, PyTensor's JAX sum returns float64."""
    if not _has_wider_sum(node):
        return None
    dtype = node.outputs[0].type.dtype
    return [Sum(axis=node.op.axis, dtype=dtype, acc_dtype=dtype)(node.inputs[0])]


def _wide_jax(backend: str) -> contextlib.AbstractContextManager[Any]:
    """Let JAX keep float64 and int64 as they are, whatever floatX says, for the time of a call."""
    if backend != "jax":
        return contextlib.nullcontext()
    refuse_forked_jax()
    import jax

    context: contextlib.AbstractContextManager[Any] = jax.enable_x64(True)
    return context


_SLOW_C = (
    "backend 'c' found no BLAS to link: its steps take 2 to 4 times as long. Use 'numba', or "
    "install one (Debian: libopenblas-dev) and set PYTENSOR_FLAGS=blas__ldflags=-lopenblas"
)
_NO_C = (
    "backend 'c' found no C++ compiler and runs in Python, many times slower: use 'numba', or install one "
    "(Debian: g++)"
)


@contextlib.contextmanager
def _quiet_about_blas(backend: str) -> Iterator[None]:
    """Keep PyTensor's own word about a missing BLAS back; say it once, and only where it matters."""
    global _warned_about_blas
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*BLAS.*", category=UserWarning)
        links_blas = backend != "c" or bool(pytensor.config.blas__ldflags)
    if not links_blas and not _warned_about_blas:
        _warned_about_blas = True
        warnings.warn(_SLOW_C if compiler_of_c() else _NO_C, stacklevel=5)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*BLAS.*", category=UserWarning)
        # about shapes that fit, which JAX checks itself when it traces a function
        warnings.filterwarnings("ignore", message="Skipping Assert.*JAX tracing", category=UserWarning)
        logger = logging.getLogger("pytensor.tensor.blas")
        level = logger.level
        logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.setLevel(level)


@contextlib.contextmanager
def _global_generator_kept() -> Iterator[None]:
    """Keep NumPy's global generator where it is: importing JAX draws from it, and the book's order counts.

    Only around the import, since what other threads draw meanwhile will be drawn again.
    """
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)


def blas_of_c() -> str:
    """Name what the C backend links for matrix products; empty where there is none."""
    with _quiet_about_blas("numba"):
        return str(pytensor.config.blas__ldflags)


def blas_of_numba() -> str:
    """Name whose BLAS the Numba backend calls: ``"NumPy"`` or ``"SciPy"``."""
    prepare_cache("numba")
    from udl_pt.numba_blas import BLAS_OWNER

    return str(BLAS_OWNER)


def compiler_of_c() -> str:
    """Name the C++ compiler of the C backend; empty where there is none, and PyTensor runs in Python."""
    return str(pytensor.config.cxx)
