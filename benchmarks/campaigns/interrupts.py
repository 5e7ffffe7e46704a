"""Ctrl-C and SIGTERM at random moments of fits, of ``udl-pt reproduce`` and of ``udl-pt compare``.

After each of them: no half step, no lock that is still held, no temporary file, no process, no page that is
written by half. Fits are in `campaigns.interrupted_fits`.
"""

import atexit
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from campaigns import Campaign, interrupted_fits

__all__ = ["CAMPAIGNS", "commands"]

PATIENCE = 60.0  # seconds until a signal must have ended a command
LINGERING = 5.0  # seconds until its processes must be gone
SHOWN = 3000  # characters of standard error
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143}
PROGRAM = """
from matplotlib.figure import Figure
from udl_pt import AutoEncoder
from udl_pt.book import CHAPTERS
from udl_pt.book.report import Picture, Section
from udl_pt.cli import run

def chapter(data, settings):
    options = {"epochs": settings.epochs, "backend": settings.backend, "callbacks": settings.callbacks}
    AutoEncoder(settings.sizes[0], random_state=0).fit(data.X, batch_sz=20, **options)
    return Section("Ours", ["Done."], pictures=[Picture("empty", Figure(figsize=(1, 1)), "Empty.")])

CHAPTERS["3"] = chapter  # the book's own takes half a minute
run()
"""
COMMANDS: dict[str, list[str]] = {
    "reproduce": ["reproduce", "3", "--sizes", "8", "--backend", "jax", "--epochs", "3"],
    "compare": ["compare", "rbm", "--sizes", "4", "--steps", "30", "--backends", "jax", "--twins"],
}
PAGES = {"reproduce": ("index.html", "</html>\n"), "compare": ("comparison.json", "}\n")}
OLD = "an old page"


def commands(name: str, number: int, tries: int, seed: int) -> Iterator[str | None]:
    """Send a signal to commands at random moments, from their first line of output to after their end.

    Parameters
    ----------
    name : {"reproduce", "compare"}
    number : int
        ``signal.SIGINT`` or ``signal.SIGTERM``.
    tries, seed : int
        How many, and of which moments.

    Yields
    ------
    str or None
        What was wrong after the signal.
    """
    chance = np.random.default_rng([seed, number])
    cache, seconds = _undisturbed(name)
    with tempfile.TemporaryDirectory() as folder:
        for n in range(tries):
            place = Path(folder, f"try {n}")
            page, end = PAGES[name]
            (place / "out").mkdir(parents=True)
            (place / "out" / page).write_text(OLD)
            delay = 1.05 * seconds * chance.random()
            status, errors, _, left = _ended(name, place, cache, number, delay)
            wrong = _wrong(place, status, errors, number, page, end) or left
            yield wrong and f"{name}, {signal.Signals(number).name} after {delay:.2f} s: {wrong}"


@functools.cache
def _undisturbed(name: str) -> tuple[Path, float]:
    """Run a command twice: return its compile cache, and the seconds that it takes when that is full."""
    kept = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    for n in range(2):
        status, errors, seconds, _ = _ended(name, kept / str(n), kept / "cache")
        assert status == 0, errors
    return kept / "cache", seconds


def _ended(
    name: str, place: Path, cache: Path, number: int | None = None, delay: float = 0.0
) -> tuple[int, str, float, str | None]:
    """Run a command until it ends, or until a signal ends it that comes after its first line.

    Returns
    -------
    int, str, float, str or None
        Its status, what it wrote to standard error, its seconds since the first line, and a complaint if any
        of its processes is left.
    """
    temporary = place / "temporary"
    temporary.mkdir(parents=True)
    flags = ",".join(filter(None, [os.environ.get("PYTENSOR_FLAGS", ""), f"base_compiledir={cache}"]))
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *COMMANDS[name], "--out", str(place / "out")],
        env={
            **os.environ,
            "TMPDIR": str(temporary),
            "PYTENSOR_FLAGS": flags,
            "MPLBACKEND": "Agg",
            "PYTHONFAULTHANDLER": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a group of its own, for its children
    )
    assert process.stdout is not None
    with process:
        process.stdout.readline()
        start = time.perf_counter()
        try:
            if number is not None:
                time.sleep(delay)
                process.send_signal(number)
            _, errors = process.communicate(timeout=PATIENCE if number else None)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGABRT)  # Python's fault handler writes the threads' stacks
            _, errors = process.communicate()
            left = f"it was still running {PATIENCE:.0f} s later: {errors[-SHOWN:]!r}"
            return 0, "", PATIENCE, left
    seconds = time.perf_counter() - start
    return process.returncode, errors, seconds, _left(process.pid)


def _left(group: int) -> str | None:
    """Return a complaint if processes of a group are left, and end them."""
    end = time.monotonic() + LINGERING
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return None
        time.sleep(0.02)
    os.killpg(group, signal.SIGKILL)
    return f"a process was left {LINGERING:.0f} s later"


def _wrong(place: Path, status: int, errors: str, number: int, page: str, end: str) -> str | None:
    # the signal may come when the command is done: then Python ends as if it were not handled
    if status not in (0, STATUS[number], -number):
        return f"status {status}, and {errors.strip()[-SHOWN:]!r}"
    if left := sorted(str(path.name) for path in (place / "temporary").rglob("*")):
        return f"temporary files are left: {', '.join(left[:3])}"
    out = place / "out"
    found = (out / page).read_text(encoding="utf-8") if (out / page).exists() else ""
    if found == OLD:
        beside = [path.name for path in out.iterdir() if path.name != page]
        return f"the page is old, and beside it {beside[0]} is new" if beside else None
    if not found.endswith(end):
        return f"{page} is written by half: it ends in {found[-20:]!r}"
    hidden = [path.name for path in out.iterdir() if path.name.startswith(".")]
    return f"{hidden[0]} is left beside the page" if hidden else None


def _of_fits(number: int) -> Callable[[int, int], Iterator[str | None]]:
    return functools.partial(interrupted_fits.interrupts, number)


def _of_commands(name: str, number: int) -> Callable[[int, int], Iterator[str | None]]:
    return functools.partial(commands, name, number)


CAMPAIGNS = [
    Campaign("Ctrl-C in fits", 200, _of_fits(signal.SIGINT)),
    Campaign("SIGTERM in fits", 200, _of_fits(signal.SIGTERM)),
    Campaign("Ctrl-C in udl-pt reproduce", 60, _of_commands("reproduce", signal.SIGINT)),
    Campaign("SIGTERM in udl-pt reproduce", 60, _of_commands("reproduce", signal.SIGTERM)),
    Campaign("Ctrl-C in udl-pt compare", 40, _of_commands("compare", signal.SIGINT)),
    Campaign("SIGTERM in udl-pt compare", 40, _of_commands("compare", signal.SIGTERM)),
]
