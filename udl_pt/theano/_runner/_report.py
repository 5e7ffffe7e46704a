"""What a run of a script used: names served differently, names missing, shims, seconds and figures."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["Report", "current", "note", "recording"]


class Stopwatch:
    """Measures the time in which at least one of several nested tasks runs."""

    def __init__(self) -> None:
        self.seconds, self._depth, self._start = 0.0, 0, 0.0

    def start(self) -> None:
        """Begin a task; a nested one doesn't count twice."""
        if self._depth == 0:
            self._start = time.perf_counter()
        self._depth += 1

    def stop(self) -> None:
        """End a task."""
        self._depth -= 1
        if self._depth == 0:
            self.seconds += time.perf_counter() - self._start


class Report:
    """Collects what a script used, while it runs."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.different: dict[str, int] = {}
        self.missing: dict[str, str] = {}
        self.shims: dict[str, int] = {}
        self.figures: list[str] = []
        self.compiling = Stopwatch()
        self.outcome = "running"
        self._start = time.perf_counter()
        self.total = 0.0

    def finish(self, outcome: str) -> None:
        """Keep how the script ended, and the seconds that it took."""
        self.outcome = outcome
        self.total = time.perf_counter() - self._start

    def as_dict(self) -> dict[str, Any]:
        """Return what is written to a file."""
        compiling = min(self.compiling.seconds, self.total)
        return {
            "script": self.script,
            "outcome": self.outcome,
            "served differently from PyTensor": dict(sorted(self.different.items())),
            "missing": dict(sorted(self.missing.items())),
            "shims": dict(sorted(self.shims.items())),
            "figures": self.figures,
            "seconds": {
                "compiling": round(compiling, 3),
                "running": round(self.total - compiling, 3),
                "total": round(self.total, 3),
            },
        }

    def write(self, path: str | Path) -> None:
        """Write the report as JSON."""
        Path(path).write_text(json.dumps(self.as_dict(), indent=2) + "\n", encoding="utf-8")


_running: list[Report] = []


@contextmanager
def recording(report: Report) -> Iterator[None]:
    """Let `note` and the compilers' timers write to a report."""
    _running.append(report)
    try:
        with _numba_timer(report.compiling):
            yield
    finally:
        _running.remove(report)


def current() -> Report | None:
    """Return the report of the script that runs, if one does."""
    return _running[-1] if _running else None


def note(shim: str) -> None:
    """Count one use of a shim."""
    report = current()
    if report is not None:
        report.shims[shim] = report.shims.get(shim, 0) + 1


@contextmanager
def _numba_timer(watch: Stopwatch) -> Iterator[None]:
    """Count the seconds in which Numba compiles, which is at a function's first call."""
    from numba.core import event

    class Listener(event.Listener):  # type: ignore[misc]
        def on_start(self, event: Any) -> None:
            watch.start()

        def on_end(self, event: Any) -> None:
            watch.stop()

    listener = Listener()
    event.register("numba:compile", listener)
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)
