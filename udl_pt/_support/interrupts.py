"""Delay signals, so that Ctrl-C doesn't stop a step of training halfway.

Python runs a signal's handler between any two of its instructions in the main thread, and most handlers
raise. `uninterrupted` calls a function that must not be interrupted: a handler that is due meanwhile runs
right after it.
"""

import contextlib
import functools
import os
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any, ParamSpec, TypeVar

__all__ = [
    "Ended",
    "bracketed",
    "deferring_signals",
    "ending_by_signals",
    "interruptible",
    "uninterrupted",
    "uninterruptible",
]

P = ParamSpec("P")
R = TypeVar("R")
SIGNALS = tuple(signal.valid_signals())
ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
DEFAULT = signal.SIG_DFL, signal.default_int_handler
AGAIN = 0.05  # seconds until a signal is sent once more

_active: "list[_Gate]" = []  # of the main thread, the innermost last


class _Gate:
    """A stand-in for the handlers that are written in Python; while it is closed, they wait."""

    def __init__(self) -> None:
        self.closed = True
        self._handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self._replaced: list[int] = []
        self._waiting: dict[int, FrameType | None] = {}

    def install(self) -> None:
        for number in SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler):
                self._handlers[number] = handler
                self._replaced.append(number)
                signal.signal(number, self._arrived)
        _active.append(self)

    def remove(self, undo: Sequence[Callable[[], Any]]) -> None:
        if self in _active:
            _active.remove(self)
        try:
            try:
                for function in undo:
                    function()
            finally:
                self._restore()
        finally:
            self._deliver()

    def _restore(self) -> None:
        try:
            while self._replaced:
                number = self._replaced[-1]
                if signal.getsignal(number) == self._arrived:  # else someone has set another one since
                    signal.signal(number, self._handlers[number])
                self._replaced.pop()
        finally:
            if self._replaced:  # a handler that is back already has raised
                self._restore()

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        if self.closed:
            self._waiting[number] = frame
        else:
            self._handlers[number](number, frame)

    def _deliver(self) -> None:
        while self._waiting:
            number = next(iter(self._waiting))
            self._handlers[number](number, self._waiting.pop(number))

    def open(self) -> None:
        self.closed = False
        self._deliver()

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        closed = self.closed
        try:
            self.open()
            yield
        finally:
            self.closed = closed


def deferring_signals(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function in which many calls of `uninterrupted` follow each other.

    The handlers of signals are replaced once for all these calls. Only handlers written in Python are, and
    only in the main thread, where Python runs them. A handler that is set meanwhile doesn't wait.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return bracketed(_nothing, functools.partial(function, *args, **kwargs), _nothing)

    return call


def bracketed(before: Callable[[], Any], function: Callable[[], R], after: Callable[[], Any]) -> R:
    """Call a function between two others that are not interrupted, as within `deferring_signals`.

    Parameters
    ----------
    before, after : callable
        The function called first, and the one that undoes it, also after an error. If `before` raises,
        `after` isn't called.
    function : callable
        The function called between them.

    Returns
    -------
    object
        What `function` returns.
    """
    if not _in_main_thread():
        before()
        try:
            return function()
        finally:
            after()
    gate, undo = _Gate(), []
    try:
        gate.install()
        before()
        undo.append(after)
        gate.open()
        return function()
    finally:
        gate.closed = True  # here, since a handler may run, and raise, where any function begins
        gate.remove(undo)


def uninterrupted(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function that must not be interrupted.

    Parameters
    ----------
    function : callable
        The function to call. In another thread than the main one it is simply called, since no handler runs
        there.
    *args, **kwargs
        Its arguments.

    Returns
    -------
    object
        What it returns.

    Raises
    ------
    BaseException
        What the function raises; else what a handler raises that waited, such as KeyboardInterrupt.
    """
    if not _in_main_thread():
        return function(*args, **kwargs)
    if not _active:
        return deferring_signals(uninterrupted)(function, *args, **kwargs)
    gate = _active[-1]
    if gate.closed:
        return function(*args, **kwargs)
    gate.closed = True
    try:
        return function(*args, **kwargs)
    finally:
        gate.open()


def uninterruptible(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function that must not be interrupted; see `uninterrupted`."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return uninterrupted(function, *args, **kwargs)

    return call


def interruptible() -> contextlib.AbstractContextManager[None]:
    """Return a context within `uninterrupted` in which handlers run at once: for work that can be undone."""
    return _active[-1].opened() if _active and _in_main_thread() else contextlib.nullcontext()


class Ended(KeyboardInterrupt):
    """Raised by a signal that ends the process, so that everything is cleaned up before.

    Attributes
    ----------
    number : int
        The signal's.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def ending_by_signals() -> Iterator[None]:
    """Raise `Ended` for Ctrl-C, SIGTERM and SIGHUP in a context.

    If the exception is lost, the signal is sent again: Python ignores one in a `__del__`, and C code may
    clear one. A signal that is ignored, such as SIGHUP under nohup, or that has another handler, is left
    alone. In other threads than the main one nothing changes.
    """
    if not _in_main_thread():
        yield
        return
    raised: list[weakref.ref[Ended]] = []
    timers: list[threading.Timer] = []

    def end(number: int, frame: FrameType | None) -> None:
        raise watched(Ended(number))  # in no variable here: its traceback would keep it

    def watched(error: Ended) -> Ended:
        raised.append(weakref.ref(error, functools.partial(send_again, error.number)))
        return error

    def send_again(number: int, lost: "weakref.ref[Ended]") -> None:
        timers.append(threading.Timer(AGAIN, os.kill, (os.getpid(), number)))
        timers[-1].start()

    def quiet(ignored: Any) -> None:
        if not isinstance(ignored.exc_value, Ended):
            hook(ignored)

    before = {number: signal.getsignal(number) for number in ENDING}
    ours = [number for number, handler in before.items() if handler in DEFAULT]
    hook = sys.unraisablehook
    try:
        sys.unraisablehook = quiet
        for number in ours:
            signal.signal(number, end)
        yield
    finally:
        raised.clear()
        for timer in timers:
            timer.cancel()
        sys.unraisablehook = hook
        for number in ours:
            signal.signal(number, before[number])


def _nothing() -> None:
    pass


def _in_main_thread() -> bool:
    return threading.get_ident() == threading.main_thread().ident
