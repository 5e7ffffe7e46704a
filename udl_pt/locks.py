"""Locks of shared variables and of compiling, and what becomes of them when a process forks.

A child of a fork has one thread, but inherits locks that other threads of its parent held; nobody would
release them there. So a process finishes compiling before it forks, and all locks are free in the child.
JAX's own threads and locks can't be mended: a child that was forked after JAX had started must not use it.
"""

import contextlib
import itertools
import os
import sys
import threading
import weakref
from collections.abc import Iterable, Iterator
from types import TracebackType

from pytensor.graph.basic import Variable

__all__ = ["NumberedLock", "compile_lock", "held", "lock_of", "locked", "refuse_forked_jax"]

_numbers = itertools.count()
_all_locks: "weakref.WeakSet[NumberedLock]" = weakref.WeakSet()
_of_variables: "weakref.WeakKeyDictionary[Variable, NumberedLock]" = weakref.WeakKeyDictionary()
_forked_after_jax = False


class NumberedLock:
    """A lock with a place in one order, so that no two threads wait for each other."""

    def __init__(self) -> None:
        self.number = next(_numbers)
        self.free()
        _all_locks.add(self)

    def free(self) -> None:
        """Start with a lock that no thread holds."""
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        """Wait until no other thread holds it."""
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release it."""
        self._lock.release()


compile_lock = NumberedLock()  # held while a function is compiled


def lock_of(variable: Variable) -> NumberedLock:
    """Return the one lock of a shared variable."""
    with compile_lock:
        return _of_variables.setdefault(variable, NumberedLock())


@contextlib.contextmanager
def held(locks: Iterable[NumberedLock]) -> Iterator[None]:
    """Hold several locks, taken in their order."""
    with contextlib.ExitStack() as stack:
        for lock in sorted(locks, key=lambda lock: lock.number):
            stack.enter_context(lock)
        yield


@contextlib.contextmanager
def locked(variables: Iterable[Variable]) -> Iterator[None]:
    """Keep other threads' functions from reading and changing these shared variables meanwhile.

    So what is read, or set, of several variables belongs together.
    """
    with held({lock_of(variable) for variable in variables}):
        yield


def refuse_forked_jax() -> None:
    """Raise a RuntimeError in a process that was forked after JAX had started, where JAX would hang."""
    if _forked_after_jax:
        raise RuntimeError(
            "backend is 'jax', but JAX was started before this process was forked and would hang: start the "
            "process with multiprocessing.get_context('spawn'), or use backend 'numba' or 'c'"
        )


def _in_child() -> None:
    global _forked_after_jax
    for lock in _all_locks:
        lock.free()
    bridge = sys.modules.get("jax._src.xla_bridge")
    _forked_after_jax = _forked_after_jax or bool(getattr(bridge, "_backends", False))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=compile_lock.__enter__,
        after_in_parent=lambda: compile_lock.__exit__(None, None, None),
        after_in_child=_in_child,
    )
