"""What a run of a script used: names served differently, names missing, shims, seconds and figures."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from udl_pt.theano._report import report

__all__ = ["Report", "current", "note", "recording"]


class Report:
    """Collects what a script used, while it runs."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.different: dict[str, int] = {}
        self.missing: dict[str, str] = {}
        self.shims: dict[str, int] = {}
        self.figures: list[str] = []
        self.outcome = "running"
        self._start = time.perf_counter()
        self.total = 0.0

    def finish(self, outcome: str) -> None:
        """Keep how the script ended, and the seconds that it took."""
        self.outcome = outcome
        self.total = time.perf_counter() - self._start

    def as_dict(self) -> dict[str, Any]:
        """Return what is written to a file."""
        return {
            "script": self.script,
            "outcome": self.outcome,
            "served differently from PyTensor": dict(sorted(self.different.items())),
            "missing": dict(sorted(self.missing.items())),
            "shims": dict(sorted(self.shims.items())),
            "figures": self.figures,
            "functions": report.functions,
            "not computed by JAX": report.refused,
            "seconds": {
                "compiling": round(report.compiled, 3),
                "running the functions": round(report.ran, 3),
                "total": round(self.total, 3),
            },
        }

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the report as JSON."""
        Path(path).write_text(json.dumps(self.as_dict(), indent=2) + "\n", encoding="utf-8")


_running: list[Report] = []


@contextmanager
def recording(used: Report) -> Iterator[None]:
    """Write notes to a report, and count the functions that are compiled from now on."""
    _running.append(used)
    report.reset()
    try:
        yield
    finally:
        _running.remove(used)


def current() -> Report | None:
    """Return the report of the script that runs, if one does."""
    return _running[-1] if _running else None


def note(shim: str) -> None:
    """Count one use of a shim."""
    used = current()
    if used is not None:
        used.shims[shim] = used.shims.get(shim, 0) + 1
