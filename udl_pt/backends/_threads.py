"""Choose how many threads BLAS has for the steps of a training, by the time that they take.

BLAS divides a matrix product among threads that wait for each other. Where other processes use the cores,
this takes several times as long as a product in one thread. Which is faster can only be measured. But the
number of threads also changes how BLAS rounds. So ``"auto"`` is a choice that the user makes.
"""

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any, TypeVar

from udl_pt._support.interrupts import uninterrupted
from udl_pt._support.messages import shown

try:
    import resource
except ImportError:  # on Windows
    resource = None  # type: ignore[assignment]

__all__ = ["faster_threads", "get_threads", "set_threads"]

R = TypeVar("R")

ENVIRONMENT = "UDL_PT_THREADS"
# variables by which users set the threads of a BLAS
OF_USERS = (
    "OPENBLAS_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
)
MOST_OF_A_BLAS = 64  # threads that the wheels' OpenBLAS is built for
STEPS = 3  # of a trial, and before the first
BETTER, WORSE = 0.9, 1.5  # times as long as usual
FIRST_WAIT, LONGEST_WAIT = 0.5, 20.0  # seconds between two trials; each that changes nothing triples it

_chosen: str | None = None
_one_at_a_time = threading.Lock()  # the number of threads is the process's
_current: "Threads | None" = None  # of the training that holds the lock
_was_alone = True  # at the end of the last training


def set_threads(choice: str | None) -> None:
    """Set who chooses the number of BLAS threads in training.

    Parameters
    ----------
    choice : {"fixed", "auto"} or None
        With ``"fixed"``, BLAS keeps the threads that it has: by default one for each core. With ``"auto"``,
        training measures its steps, and uses one thread while that is faster. It is faster where other
        processes use the cores. None returns to the environment's ``UDL_PT_THREADS``, or to ``"fixed"`` where
        that is not set.

    Raises
    ------
    ValueError
        For any other choice.

    Notes
    -----
    With ``"auto"``, results of the same seed may differ in rounding: BLAS rounds by the number of threads.

    ``"auto"`` has no effect on JAX and on PyTorch, which have threads of their own. It has none either where
    the user has set the threads, by a variable such as ``OMP_NUM_THREADS`` or by `threadpoolctl`. A BLAS with
    fewer threads than logical cores, such as MKL with hyper-threading, counts as set by the user. Don't enter
    or leave `threadpoolctl.threadpool_limits` in another thread meanwhile.

    Examples
    --------
    >>> from udl_pt import set_threads
    >>> set_threads("auto")
    >>> set_threads(None)  # the default again
    """
    global _chosen
    _chosen = None if choice is None else _checked(choice, "choice")


def get_threads() -> str:
    """Return who chooses the number of BLAS threads in training.

    Returns
    -------
    {"fixed", "auto"}

    Raises
    ------
    ValueError
        For another value of the environment's ``UDL_PT_THREADS``.

    Examples
    --------
    >>> from udl_pt.backends import get_threads
    >>> get_threads() in ("fixed", "auto")
    True
    """
    if _chosen is not None:
        return _chosen
    return _checked(os.environ.get(ENVIRONMENT) or "fixed", f"the environment's {ENVIRONMENT}")


def _checked(choice: Any, source: str) -> str:
    if not isinstance(choice, str) or choice not in ("fixed", "auto"):
        raise ValueError(f"{source} is {shown(choice)}, expected 'fixed' or 'auto'")
    return choice


@contextlib.contextmanager
def faster_threads(step: Callable[..., R], backend: str | None) -> Iterator[Callable[..., R]]:
    """Run the steps of a training with the faster number of BLAS threads, where the user asked for that.

    Parameters
    ----------
    step : callable
        The step.
    backend : {"numba", "c", "jax"} or None
        The training's backend; None for an eager twin.

    Yields
    ------
    callable
        What to call in place of `step`. At the end BLAS has as many threads as before.

    Examples
    --------
    >>> from udl_pt.backends import faster_threads
    >>> with faster_threads(lambda x: x + 1, "numba") as step:
    ...     step(1)
    2
    """
    global _current
    libraries = _free_libraries() if get_threads() == "auto" and backend != "jax" else []
    if not libraries or not _one_at_a_time.acquire(blocking=False):
        yield step
        return
    try:
        _current = Threads(libraries, alone=_was_alone)
        yield _current.timed(step)
    finally:
        uninterrupted(_end)


def _end() -> None:
    """End what `faster_threads` has begun."""
    global _current, _was_alone
    if _current is not None:
        _was_alone = _current.alone
        _current.restore()
    _current = None
    _one_at_a_time.release()


def _in_child() -> None:
    """Restore the threads in a forked process, where no training goes on."""
    global _one_at_a_time, _current
    if _current is not None:
        _current.restore()
    _one_at_a_time, _current = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


def _free_libraries() -> list[Any]:
    """Return the BLAS libraries with a thread for each core; none where a variable of the user sets them."""
    if any(name in os.environ for name in OF_USERS):
        return []
    from threadpoolctl import ThreadpoolController

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    as_built = min(cores, MOST_OF_A_BLAS)
    return [library for library in libraries if library.num_threads >= max(as_built, 2)]


def involuntary_switches() -> int:
    """Return how often the system has interrupted a thread of this process; 0 where it doesn't tell."""
    return 0 if resource is None else resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


class Threads:
    """All threads or one, whichever takes less time.

    Parameters
    ----------
    libraries : list
        The BLAS libraries, as `threadpoolctl` has them.
    alone : bool
        Whether to start with all threads.
    clock : callable
        Returns the time in seconds.
    switches : callable
        Returns how often the system has interrupted a thread of this process for another process.

    Attributes
    ----------
    alone : bool
        Whether the process has the cores for itself, as far as its steps tell. Then BLAS has all threads.
    """

    def __init__(
        self,
        libraries: list[Any],
        *,
        alone: bool,
        clock: Callable[[], float] = time.perf_counter,
        switches: Callable[[], int] = involuntary_switches,
    ) -> None:
        self.alone = alone
        self._all = [(library, library.num_threads) for library in libraries]
        self._clock, self._switches, self._switches_before = clock, switches, 0
        self._times: deque[float] = deque(maxlen=3 * STEPS)
        self._usual = float("inf")
        self._trial: list[float] | None = None
        self._wait, self._next = FIRST_WAIT, clock()
        self._set_all(alone)

    def timed(self, step: Callable[..., R]) -> Callable[..., R]:
        """Return a function that calls the step and records its time."""

        def timed(*args: Any) -> R:
            start = self._clock()
            try:
                return step(*args)
            finally:
                self.record(self._clock() - start)

        return timed

    def restore(self) -> None:
        """Set the old numbers of threads, except where the user has set another one meanwhile."""
        self._drop_set_elsewhere()
        self._set_all(True)

    def record(self, seconds: float) -> None:
        """Take the time of a step, and choose the number of threads of the next."""
        self._drop_set_elsewhere()
        if not self._all:
            return
        if self._trial is None:
            self._times.append(seconds)
            if len(self._times) >= STEPS and (self._clock() >= self._next or self._takes_longer()):
                self._trial, self._switches_before = [], self._switches()
                self._set_all(not self.alone)
        else:
            self._trial.append(seconds)
            usual = median(self._times)
            if seconds > WORSE * usual or len(self._trial) == STEPS:
                self._decide(median(self._trial), usual)

    def _takes_longer(self) -> bool:
        return len(self._times) == self._times.maxlen and median(self._times) > WORSE * self._usual

    def _decide(self, seconds: float, usual: float) -> None:
        # all threads may be faster because they slow another training down
        disturbed = self._are_all and self._switches() - self._switches_before > 1
        if seconds < BETTER * usual and not disturbed:
            self.alone = self._are_all
            self._times.clear()
            self._usual, self._wait = seconds, FIRST_WAIT
        else:
            self._set_all(self.alone)
            self._usual, self._wait = usual, min(3 * self._wait, LONGEST_WAIT)
        self._trial, self._next = None, self._clock() + self._wait

    def _set_all(self, all_threads: bool) -> None:
        self._are_all = all_threads
        for library, n in self._all:
            library.set_num_threads(n if all_threads else 1)

    def _drop_set_elsewhere(self) -> None:
        """Leave libraries alone whose number of threads the user has set meanwhile."""
        self._all = [(lib, n) for lib, n in self._all if lib.num_threads == (n if self._are_all else 1)]
