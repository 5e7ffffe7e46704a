"""Locks of shared variables and of compiling, and what becomes of them when a process forks.

A child of a fork has one thread, but inherits locks that other threads of its parent held; nobody would
release them there. So a process finishes compiling before it forks, and all locks are free in the child.
JAX's own threads and locks can't be mended: a child that was forked after JAX had started must not use it.
"""

import itertools
import operator
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from pytensor.graph.basic import Variable

from udl_pt.backends._internals import jax_has_started, keep_in_thread

__all__ = [
    "NumberedLock",
    "call_holding",
    "call_locked",
    "compile_lock",
    "lock_of",
    "read_together",
    "refuse_forked_jax",
]

R = TypeVar("R")

_numbers = itertools.count()
_all_locks: "weakref.WeakSet[NumberedLock]" = weakref.WeakSet()
_of_variables: "weakref.WeakKeyDictionary[Variable, NumberedLock]" = weakref.WeakKeyDictionary()
_forked_after_jax = False

for _setting in "cxx", "optdb__max_use_ratio":  # PyTensor changes both while an expression is built
    keep_in_thread(_setting)


class NumberedLock:
    """A lock with a place in one order, so that no two threads wait for each other.

    Use it as ``with numbered.lock:``. An interrupt cannot come between acquiring a lock and recording it.
    Within an ``__enter__`` written in Python it could.
    """

    def __init__(self) -> None:
        self.number = next(_numbers)
        self.free()
        _all_locks.add(self)

    def free(self) -> None:
        """Start with a lock that no thread holds."""
        self.lock = threading.RLock()


compile_lock = NumberedLock()  # held while a function is compiled


def lock_of(variable: Variable) -> NumberedLock:
    """Return the one lock of a shared variable."""
    with compile_lock.lock:
        return _of_variables.setdefault(variable, NumberedLock())


def call_holding(locks: Sequence[NumberedLock], function: Callable[..., R], /, *args: Any) -> R:
    """Call a function while holding locks, which are acquired in the order passed: that of their numbers.

    An interrupt cannot come between acquiring a lock and recording it. In one context manager of several
    locks it could.
    """
    if not locks:
        return function(*args)
    with locks[0].lock:
        return call_holding(locks[1:], function, *args)


def call_locked(variables: Iterable[Variable], function: Callable[..., R], /, *args: Any) -> R:
    """Call a function while no other thread's functions read or change these shared variables.

    So what it reads, or sets, of several variables belongs together.
    """
    locks = {lock_of(variable) for variable in variables}
    return call_holding(sorted(locks, key=lambda lock: lock.number), function, *args)


def read_together(held: Callable[[], Sequence[Any]], read: Callable[[], R]) -> R:
    """Read values that belong together, although another thread may begin or end a fit meanwhile.

    A fit replaces shared variables, and no lock of the old ones stops it. So the reading is repeated until
    the objects before it and after it are the same.

    Parameters
    ----------
    held : callable
        Lists the objects that `read` looks at, shared variables among them. It raises an error while these
        don't belong together.
    read : callable
        Reads the values, and changes nothing. It is called with the variables' locks held.

    Returns
    -------
    object
        The result of `read`.
    """
    while True:
        before = held()
        result = call_locked([value for value in before if isinstance(value, Variable)], read)
        after = held()
        if len(before) == len(after) and all(map(operator.is_, before, after)):
            return result


def refuse_forked_jax() -> None:
    """Raise a RuntimeError in a process that was forked after JAX had started, where JAX would hang."""
    if _forked_after_jax:
        raise RuntimeError(
            "backend is 'jax', but JAX was started before this process was forked and would hang: start the "
            "process with multiprocessing.get_context('spawn'), or use 'numba' or 'c'"
        )


def _in_child() -> None:
    global _forked_after_jax
    for lock in _all_locks:
        lock.free()
    _forked_after_jax = _forked_after_jax or jax_has_started()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: compile_lock.lock.acquire(),
        after_in_parent=lambda: compile_lock.lock.release(),
        after_in_child=_in_child,
    )
