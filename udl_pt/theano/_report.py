"""What a script used, and the seconds that it compiled and ran."""

import contextlib
import time
from collections.abc import Iterator

__all__ = ["Report", "report"]


class Report:
    """Counts what happens while a script runs.

    Attributes
    ----------
    compiled : float
        Seconds of compiling: building functions, and their first calls.
    ran : float
        Seconds of later calls.
    functions : int
        Functions that were built.
    refused : list of str
        Errors of JAX: each of a function that other code computes.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Set all to zero."""
        self.compiled = self.ran = 0.0
        self.functions = 0
        self.refused: list[str] = []

    @contextlib.contextmanager
    def compiling(self, *, again: bool = False) -> Iterator[None]:
        """Count the seconds of compiling a function; `again` where it has been counted before."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.compiled += time.perf_counter() - start
            self.functions += not again

    def count(self, seconds: float, *, is_compiled: bool) -> None:
        """Count the seconds of a call; on Numba and JAX the first one compiles."""
        if is_compiled:
            self.ran += seconds
        else:
            self.compiled += seconds


report = Report()
