"""The code of a function: quick to compile at first, and fast once it has run for a while."""

import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from pytensor.compile.mode import Mode
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from pytensor.graph.traversal import ancestors
from pytensor.link.vm import VMLinker
from pytensor.scan.op import Scan

from udl_pt.backends import to_numpy
from udl_pt.backends._modes import wide_jax
from udl_pt.backends._rewrites import with_rewrites
from udl_pt.theano._mode import backend_of, compiling, mode_instead
from udl_pt.theano._old_ops import no_perform
from udl_pt.theano._report import report

try:
    from pytensor.conditional.op import IfElse
except ImportError:  # before 3.3
    from pytensor.ifelse import IfElse

__all__ = ["Code", "has_loop"]

PATIENCE = 1.0  # seconds of calls that quick code gets


def quick_mode() -> Mode:
    """Return a mode with the usual rewrites, whose operations run in Python: nothing is compiled."""
    rewrites = RewriteDatabaseQuery(include=["fast_run", "py_only"], exclude=["cxx_only", "fusion"])
    return with_rewrites(Mode(VMLinker(use_cloop=False, c_thunks=False), rewrites))


def has_loop(expressions: Iterable[Variable]) -> bool:
    """Return whether a graph has a loop, whose steps would be slow in Python."""
    return any(v.owner is not None and isinstance(v.owner.op, Scan) for v in ancestors(list(expressions)))


class Code:
    """A compiled graph.

    Parameters
    ----------
    build : callable
        Takes a mode, returns PyTensor's function.
    mode : Mode
        The mode of fast code.
    starts_quick : bool
        Whether the first calls run quick code. After `PATIENCE` seconds of calls it is replaced.

    Attributes
    ----------
    function : callable
        PyTensor's function.
    build : callable
        As above.
    """

    def __init__(self, build: Callable[[Mode], Any], mode: Mode, *, starts_quick: bool = False) -> None:
        self.build, self._mode, self._is_quick = build, mode, starts_quick
        self._backend = backend_of(mode)
        self._instead: Code | None = None
        self._has_run, self._seconds = self._backend == "c", 0.0  # Numba and JAX compile at the first call
        with compiling(self._backend), report.compiling():
            self.function = build(quick_mode() if starts_quick else mode)
        if starts_quick and any(map(_lacks_python, self.function.maker.fgraph.apply_nodes)):
            self.make_fast()

    def make_fast(self) -> None:
        """Replace quick code by fast code."""
        if not self._is_quick:
            return
        with compiling(self._backend), report.compiling(again=True):
            fast = self.build(self._mode)
        fast.trust_input, fast.name = self.function.trust_input, self.function.name
        self.function, self._is_quick = fast, False

    def __call__(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Return what the function returns, as NumPy's arrays."""
        if self._is_quick:
            if self._seconds < PATIENCE:
                return self._timed(args, kwargs)
            self.make_fast()
        if self._has_run:
            return self._timed(args, kwargs)
        with compiling(self._backend):
            results = self._timed(args, kwargs)
        self._has_run = True
        return results

    def _timed(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        start = time.perf_counter()
        try:
            return self._computed(args, kwargs)
        finally:
            seconds = time.perf_counter() - start
            self._seconds += seconds
            report.count(seconds, is_compiled=self._has_run or self._is_quick)

    def _computed(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if self._backend != "jax":
            return self.function(*args, **kwargs)
        context = wide_jax("jax")
        try:
            with context:
                results = self.function(*args, **kwargs)
        except Exception as error:
            return self._computed_instead(error, args, kwargs)
        to_numpy(self.function.get_shared())
        return list(map(_as_array, results)) if isinstance(results, list) else _as_array(results)

    def _computed_instead(self, error: Exception, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Return what other code computes where JAX raised an error, and keep that code.

        JAX can't compile graphs whose sizes depend on values. If the arguments are wrong, the other code
        raises the error that the script expects.
        """
        if self._instead is None:
            variables = self.function.maker.fgraph.variables
            self._instead = Code(self.build, mode_instead(), starts_quick=not has_loop(variables))
            self._instead.function.trust_input = self.function.trust_input
            self._instead.function.name = self.function.name
        results = self._instead(args, kwargs)
        reason = f"{type(error).__name__}: {error}".split("\n", 1)[0]
        report.refused.append(reason)
        vars(self).update(vars(self._instead))
        name = f"the function {self.function.name}" if self.function.name else "a function"
        message = f"JAX refused {name}, which runs on {self._backend.capitalize()} now: {reason}"
        warnings.warn(message, stacklevel=6)  # where the script calls it
        return results


def _lacks_python(node: Apply) -> bool:
    """Return whether an operation has C code alone. An `IfElse` has other code of its own."""
    perform = type(node.op).perform
    is_missing = perform is no_perform or perform.__qualname__.startswith("_NoPython")  # PyTensor's own bases
    return is_missing and not isinstance(node.op, IfElse)


def _as_array(value: Any) -> Any:
    return value if value is None else np.asarray(value)
