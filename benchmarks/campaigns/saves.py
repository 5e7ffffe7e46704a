"""Saves that are killed, that meet a full disk, or that meet each other; reports whose writers are killed.

Afterwards each file is the old or the new one, whole, and once somebody saves again nothing else is left.
What saves is a process of its own, a fork of one that has imported the library (this module as a program).
"""

import contextlib
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from campaigns import Campaign
from campaigns.right_models import AUTO_ENCODER, content, file_of
from udl_pt import DBN
from udl_pt._support.exceptions import DataError
from udl_pt._support.files import write_files

NAME = "model.st"
DONE, REFUSED, WRONG = 0, 3, 4  # exit statuses
SAVE = "campaigns.saves:save"  # what saves, for the processes
REPORT = "campaigns.saves:report"  # what writes reports
OWN = "notes.txt"  # a user's own file, in the folder of the reports
REPORTS = [
    {name: digit * 200_000 for name in ("results.json", f"chapter{which}.png", "index.html")}
    for which, digit in enumerate((b"0", b"1"))
]


def model(which: int, width: int) -> DBN:
    """Make one of two networks that differ in each weight; their files have the same size."""
    layers = [(100, AUTO_ENCODER | {"M": width})]
    tensors, facts = content(np.random.RandomState(which), "float64", layers)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        path.write_bytes(file_of(tensors, facts))
        return DBN.load(path)


def save(dbn: DBN, path: str) -> None:
    """Save as a user does."""
    dbn.save(path)


def report(folder: str, contents: dict[str, bytes]) -> None:
    """Write a report as the library does."""
    write_files(Path(folder), contents)


def which_is_there(path: Path, models: list[DBN]) -> int | None:
    """Return the number of the network that a file holds whole; None where it holds neither."""
    try:
        W = DBN.load(path).hidden_layers[0].W.get_value()
    except (DataError, OSError):
        return None
    return next(
        (n for n, dbn in enumerate(models) if np.array_equal(dbn.hidden_layers[0].W.get_value(), W)), None
    )


class Processes:
    """Starts jobs, functions of this module, in forks of one process that holds both networks."""

    def __init__(self, width: int, write: str | None = None) -> None:
        # by its name: as a file it would put campaigns/ in front, whose numbers.py isn't Python's own
        command = [sys.executable, "-m", "campaigns.saves", write or SAVE, str(width)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def _ask(self, *question: Any) -> int:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(question) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def start(self, job: Callable[..., int], *arguments: Any) -> int:
        """Start a job; return its process's number."""
        return self._ask("start", job.__name__, *arguments)

    def wait(self, process: int) -> int:
        """Return a job's exit status, or less than 0 where a signal ended it."""
        return self._ask("wait", process)

    def __enter__(self) -> "Processes":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()
        if self._server.stdout is not None:
            self._server.stdout.close()


def keep_saving(models: list[DBN], write: Callable[[DBN, str], None], path: str) -> int:
    """Save both networks in turn until somebody kills the process."""
    while True:
        for dbn in models:
            write(dbn, path)


def keep_reporting(models: list[DBN], write: Callable[[str, dict[str, bytes]], None], folder: str) -> int:
    """Write both reports in turn until somebody kills the process."""
    while True:
        for contents in REPORTS:
            write(folder, contents)


def save_once(models: list[DBN], write: Callable[[DBN, str], None], path: str, limit: int | None) -> int:
    """Save the second network, where no file may have more than `limit` bytes unless that is None."""
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        write(models[1], path)
    except OSError as error:
        return REFUSED if path in str(error) else WRONG
    return DONE


def save_often(
    models: list[DBN], write: Callable[[DBN, str], None], path: str, which: int, times: int
) -> int:
    """Save one network some times."""
    for _ in range(times):
        write(models[which], path)
    return DONE


def save_in_threads(models: list[DBN], write: Callable[[DBN, str], None], path: str, times: int) -> int:
    """Save both networks some times, each from a thread of its own."""
    states: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: states.append(save_often(models, write, path, n, times)))
        for n in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return DONE if states == [DONE, DONE] else WRONG


def serve(write_name: str, width: int) -> None:
    """Fork a job for each line that asks for one, and tell how it ended to each that asks for that."""
    module, _, name = write_name.partition(":")
    write = getattr(importlib.import_module(module), name)
    models = [model(which, width) for which in range(2)]
    for line in sys.stdin:
        what, *arguments = json.loads(line)
        if what == "start":
            process = os.fork()
            if not process:
                status = WRONG
                try:
                    job, *rest = arguments
                    status = globals()[job](models, write, *rest)
                finally:
                    os._exit(status)
            answer = process
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(arguments[0], 0)[1])
        print(answer, flush=True)


def others(folder: Path) -> list[str]:
    """List what is in a folder besides the model."""
    return sorted({entry.name for entry in folder.iterdir()} - {NAME})


def killed(tries: int, seed: int) -> Iterator[str | None]:
    """Kill a process that saves, at a random moment."""
    rng, width = np.random.default_rng(seed), 200
    models = [model(which, width) for which in range(2)]
    with Processes(width) as processes, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / NAME
        models[0].save(path)
        took = typical_seconds(processes, path)
        for number in range(tries):
            if first := not number % 10:
                path.unlink()
            process = processes.start(keep_saving, str(path))
            try:
                time.sleep(rng.uniform(0, 3 * took))
            finally:
                os.kill(process, signal.SIGKILL)
            status, left = processes.wait(process), others(folder)
            if status != -signal.SIGKILL:
                yield f"kill {number}: the save ended by itself, with status {status}"
            elif which_is_there(path, models) is None and not (first and not path.exists()):
                yield f"kill {number}: the file is neither the old nor the new one"
            else:
                models[number % 2].save(path)
                found = others(folder)
                yield (
                    f"kill {number}: {found} is there after the next save (before: {left})" if found else None
                )


def typical_seconds(processes: Processes, path: Path) -> float:
    """Measure how long a save takes in a process."""
    start = time.perf_counter()
    processes.wait(processes.start(save_often, str(path), 0, 3))
    return (time.perf_counter() - start) / 3


def killed_reports(tries: int, seed: int) -> Iterator[str | None]:
    """Kill a process that writes reports, at a random moment."""
    rng = np.random.default_rng(seed)
    with Processes(1, REPORT) as processes, tempfile.TemporaryDirectory() as name:
        folder, expected = Path(name), {OWN, *REPORTS[0], *REPORTS[1]}
        (folder / OWN).write_bytes(b"mine")
        start = time.perf_counter()
        for contents in REPORTS:
            write_files(folder, contents)
        took = time.perf_counter() - start
        for number in range(tries):
            process = processes.start(keep_reporting, name)
            try:
                time.sleep(rng.uniform(0, 3 * took))
            finally:
                os.kill(process, signal.SIGKILL)
            status, left = processes.wait(process), sorted(set(os.listdir(folder)) - expected)
            present = {entry: (folder / entry).read_bytes() for entry in expected}
            wrong = [
                entry
                for entry, content in present.items()
                if content not in [b"mine" if entry == OWN else own.get(entry) for own in REPORTS]
            ]
            if status != -signal.SIGKILL:
                yield f"kill {number}: the writer ended by itself, with status {status}"
            elif wrong:
                yield f"kill {number}: {wrong} are neither the old nor the new ones"
            else:
                write_files(folder, REPORTS[number % 2])
                found = sorted(set(os.listdir(folder)) - expected)
                yield (
                    f"kill {number}: {found} is there after the next report (before: {left})"
                    if found
                    else None
                )


@contextlib.contextmanager
def small_disk(size: int) -> Iterator[Path | None]:
    """Mount a file system of so many bytes; None where that isn't permitted."""
    with tempfile.TemporaryDirectory() as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "udl_pt", name]
        try:
            done = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        except OSError:
            done = False
        try:
            yield Path(name) if done else None
        finally:
            if done:
                subprocess.run(["umount", name], check=True)


def full(tries: int, seed: int) -> Iterator[str | None]:
    """Save where a file can't grow any more: half of the tries on a full disk, where one can be mounted."""
    rng, width = np.random.default_rng(seed), 50
    models = [model(which, width) for which in range(2)]
    with (
        Processes(width) as processes,
        tempfile.TemporaryDirectory() as name,
    ):
        models[0].save(Path(name) / NAME)
        size = (Path(name) / NAME).stat().st_size
        page = resource.getpagesize()
        with small_disk((3 * size // page + 2) * page) as disk:
            for number in range(tries):
                on_disk = disk is not None and number % 2 == 0
                folder = disk if on_disk and disk is not None else Path(name)
                path, limit = folder / NAME, int(rng.integers(size))
                models[0].save(path)
                if on_disk:
                    fill(folder / "other", limit)
                status = processes.wait(processes.start(save_once, str(path), None if on_disk else limit))
                (folder / "other").unlink(missing_ok=True)
                what = f"try {number}, room for {limit} of {size} bytes"
                if status != REFUSED:
                    yield f"{what}: no OSError with the path, but status {status}"
                elif which_is_there(path, models) != 0:
                    yield f"{what}: the old file isn't there any more"
                else:
                    yield f"{what}: {others(folder)} was left behind" if others(folder) else None


def fill(path: Path, room: int) -> None:
    """Fill a disk but for so many bytes; whole pages remain free."""
    free = os.statvfs(path.parent).f_bavail * os.statvfs(path.parent).f_frsize
    path.write_bytes(bytes(max(free - room, 0)))


def together(tries: int, seed: int) -> Iterator[str | None]:
    """Save two networks to one path at once, from two processes or, every third time, two threads."""
    rng, width = np.random.default_rng(seed), 50
    models = [model(which, width) for which in range(2)]
    with Processes(width) as processes, tempfile.TemporaryDirectory() as name:
        path = Path(name) / NAME
        for number in range(tries):
            times = int(rng.integers(1, 6))
            if number % 3:
                running = [processes.start(save_often, str(path), which, times) for which in range(2)]
            else:
                running = [processes.start(save_in_threads, str(path), times)]
            states = [processes.wait(process) for process in running]
            if any(states):
                yield f"try {number}: a save failed, the processes' statuses are {states}"
            elif which_is_there(path, models) is None:
                yield f"try {number}: the file is neither network"
            else:
                yield f"try {number}: {others(path.parent)} was left behind" if others(path.parent) else None


CAMPAIGNS = [
    Campaign("saves killed at a random moment", 500, killed),
    Campaign("writers of reports killed at a random moment", 500, killed_reports),
    Campaign("saves on a full disk", 200, full),
    Campaign("two writers of one file", 200, together),
]

if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
