"""Damage to the cache of compiled code, folders that can't hold one, and processes that share one.

The first campaign damages one file of a full cache and computes: the numbers must be the right ones, bit
for bit, without a word, now and once more. Its children fork from a process that has imported everything
and compiled nothing, which saves them seconds. Folders on a full or read-only disk need Linux and
``unshare``; without it they aren't tried.
"""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from campaigns import Campaign

__all__ = ["CAMPAIGNS", "DAMAGES", "FOLDERS", "compute", "damaged", "folders", "serve", "shared"]

SECONDS = 300  # a child that takes longer hangs
COLD = "import sys; from campaigns.caches import compute; print(compute(sys.argv[1], small=True))"


def compute(backend: str, *, small: bool = False) -> str:
    """Train an auto-encoder and an RBM, or only encode if `small`; return all bits of what results."""
    import numpy as np

    from udl_pt import RBM, AutoEncoder

    X = np.random.RandomState(0).rand(20, 6)
    if small:
        layer = AutoEncoder.createFromArrays(X[:6, :3], X[6, :3], X[7])
        layer.backend = backend
        return layer.forward_hidden(X).tobytes().hex()
    keywords = {"epochs": 1, "batch_sz": 10, "monitor": None, "backend": backend}
    auto_encoder = AutoEncoder(3, random_state=0).fit(X, **keywords)
    rbm = RBM(2, random_state=0).fit(X, k=2, **keywords)
    return " ".join(layer.W.get_value().tobytes().hex() for layer in (auto_encoder, rbm))


def serve(prelude: str = "", small: bool = False) -> None:
    """Fork a child for each backend named on a line of the standard input; write its status and output."""
    import udl_pt.backends._numba.blas
    import udl_pt.backends._numba.steps
    import udl_pt.backends._numba.sums  # noqa: F401

    exec(prelude)
    for line in sys.stdin:
        with tempfile.TemporaryFile() as file:
            if not (child := os.fork()):
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
                print(compute(line.strip(), small=small))
                sys.exit(0)  # as any program ends, its handlers included
            status = _waited_for(child)
            file.seek(0)
            output = file.read().decode(errors="replace")
        print(json.dumps([status, output]), flush=True)


def _waited_for(child: int) -> int | None:
    start = time.monotonic()
    while time.monotonic() < start + SECONDS:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _environment(cache: Path) -> dict[str, str]:
    flags = ",".join(filter(None, [os.environ.get("PYTENSOR_FLAGS"), f"base_compiledir={cache}"]))
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    one = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return {**os.environ, **one, "PYTENSOR_FLAGS": flags, "PYTHONPATH": path}


@contextlib.contextmanager
def _server(cache: Path, prelude: str, small: bool) -> Iterator[Callable[[str], tuple[int | None, str]]]:
    """Run `serve`; yields the function that makes it fork a child for a backend."""
    code = f"import warnings; from campaigns.caches import serve; {QUIET}; serve({prelude!r}, {small})"
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        env=_environment(cache),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def ask(backend: str) -> tuple[int | None, str]:
            print(backend, file=process.stdin, flush=True)
            status, output = json.loads(process.stdout.readline())
            return status, output.strip()

        yield ask
        process.stdin.close()


QUIET = "warnings.filterwarnings('ignore', \".*found no BLAS\")"  # the machine's, and no fault


def _cut(content: bytes, rng: random.Random) -> bytes:
    return content[: len(content) // 2]


def _emptied(content: bytes, rng: random.Random) -> bytes:
    return b""


def _garbage(content: bytes, rng: random.Random) -> bytes:
    return rng.randbytes(len(content) or 100)


def _flipped(content: bytes, rng: random.Random) -> bytes:
    if not content:
        return b"\x01"
    place = rng.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << rng.randrange(8)]) + content[place + 1 :]


def _deleted(content: bytes, rng: random.Random) -> None:
    return None


DAMAGES: dict[str, Callable[[bytes, random.Random], bytes | None]] = {
    "cut in half": _cut,
    "emptied": _emptied,
    "filled with garbage": _garbage,
    "deleted": _deleted,
    **{f"{place} bit flipped": _flipped for place in ("a", "another", "a third")},
}


def damaged(
    backend: str, tries: int, seed: int, *, prelude: str = "", small: bool = False, suffix: str = ""
) -> Iterator[str | None]:
    """Damage files of a full cache, one a try.

    Parameters
    ----------
    backend : {"c", "numba"}
        Whose cache.
    tries, seed : int
        How many of the pairs of file and damage, in random order: all files in one way, then in the next.
    prelude : str
        Code that the server runs first.
    small : bool
        Compute with one small function.
    suffix : str
        Only files whose names end so.
    """
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        cache, whole = Path(folder, "cache"), Path(folder, "whole")
        with _server(cache, prelude, small) as ask:
            status, right = ask(backend)
            if status != 0:
                yield f"{backend}, empty cache: status {status}, {right[-300:]}"
                return
            cache.rename(whole)
            files = sorted(f.relative_to(whole) for f in whole.rglob(f"*{suffix}") if f.is_file())
            pairs = [
                (file, name)
                for name in rng.sample([*DAMAGES], len(DAMAGES))
                for file in rng.sample(files, len(files))
            ]
            for file, name in pairs[:tries]:
                shutil.rmtree(cache, ignore_errors=True)
                shutil.copytree(whole, cache)
                content = DAMAGES[name]((cache / file).read_bytes(), rng)
                (cache / file).unlink()
                if content is not None:
                    (cache / file).write_bytes(content)
                answers = ask(backend), ask(backend)
                wrong = [answer for answer in answers if answer != (0, right)]
                yield f"{backend}, {file} {name}: {_said(wrong[0])}" if wrong else None


def _said(answer: tuple[int | None, str]) -> str:
    status, output = answer
    if status is None:
        return f"hangs for {SECONDS} s"
    return f"status {status}, {output[-300:]}"


# how to start a program ("$@") whose cache "$1" is of that kind; "$2" is a full cache or an empty folder
MOUNTED = ["unshare", "-rm", "sh", "-c"]
FOLDERS = {
    "missing": ["sh", "-c", 'rm -rf "$1" && shift 2 && exec "$@"'],
    "a file": ["sh", "-c", 'rm -rf "$1" && echo > "$1" && shift 2 && exec "$@"'],
    "on a read-only disk": [
        *MOUNTED,
        'cp -r "$2/." "$1" && mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && '
        'shift 2 && exec "$@"',
    ],
    "on a full disk": [
        *MOUNTED,
        'mount -t tmpfs -o size=64m tmpfs "$1" && cp -r "$2/." "$1" && '
        'cat /dev/zero > "$1/filler" 2> /dev/null; shift 2 && exec "$@"',
    ],
}


def folders(tries: int, seed: int, prelude: str = "") -> Iterator[str | None]:
    """Start with a cache whose folder is of one of the kinds `FOLDERS`, empty or full, on Numba and C."""
    can_mount = (
        shutil.which("unshare")
        and not subprocess.run(
            [*MOUNTED, "mount -t tmpfs tmpfs /mnt"], capture_output=True, check=False
        ).returncode
    )
    kinds = [kind for kind, command in FOLDERS.items() if can_mount or command[0] != MOUNTED[0]]
    cases = [(kind, backend, full) for full in (True, False) for kind in kinds for backend in ("c", "numba")]
    cases = [case for case in cases if case[0].startswith("on") or not case[2]]
    with tempfile.TemporaryDirectory() as folder:
        empty, full = Path(folder, "empty"), Path(folder, "full")
        empty.mkdir()
        right = {}
        for kind, backend, is_full in cases[:tries]:
            if backend not in right:
                right[backend] = _run([], full, backend, prelude)
            cache = Path(folder, "cache")
            if cache.is_dir():
                shutil.rmtree(cache)
            cache.unlink(missing_ok=True)
            cache.mkdir()
            start = [*FOLDERS[kind], "sh", str(cache), str(full if is_full else empty)]
            status, output, errors = _run(start, cache, backend, prelude)
            warned = len(re.findall(f"{re.escape(str(cache))} can't be written.*base_compiledir=", errors))
            case = f"{backend}, {'full' if is_full else 'empty'} cache {kind}"
            if (status, output) != right[backend][:2]:
                yield f"{case}: status {status}, {output[-100:]} {errors[-300:]}"
            elif warned != (kind != "missing") or (
                warned and (str(cache) not in errors or "base_compiledir=" not in errors)
            ):
                yield f"{case}: {warned} warnings, {errors[-300:]}"
            else:
                yield None


def _run(start: list[str], cache: Path, backend: str, prelude: str) -> tuple[int | None, str, str]:
    command = [*start, sys.executable, "-c", f"import warnings; {QUIET}\n{prelude}\n{COLD}", backend]
    try:
        done = subprocess.run(
            command, env=_environment(cache), capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return None, "", f"hangs for {SECONDS} s"
    return done.returncode, done.stdout, done.stderr


def shared(tries: int, seed: int, processes: int = 4) -> Iterator[str | None]:
    """Start processes at once that share an empty cache."""
    for number in range(tries):
        backend = ("c", "numba")[number % 2]
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", f"import warnings; {QUIET}\n{COLD}", backend]
            started = [
                subprocess.Popen(
                    command,
                    env=_environment(Path(folder)),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
                for _ in range(processes)
            ]
            try:
                answers = [(process.communicate(timeout=SECONDS), process.returncode) for process in started]
                wrong = [a for a in answers if a[1] or a[0][1] or a[0] != answers[0][0]]
                yield f"{backend}, {processes} processes: {wrong[0]}" if wrong else None
            except subprocess.TimeoutExpired:
                yield f"{backend}, {processes} processes: one hangs for {SECONDS} s"
            finally:
                for process in started:
                    process.kill()
                    process.wait()


CAMPAIGNS = [
    Campaign("compile cache of C, one file damaged", 250, partial(damaged, "c")),
    Campaign("compile cache of Numba, one file damaged", 250, partial(damaged, "numba")),
    Campaign("compile cache missing, a file, read-only, full", 12, folders),
    Campaign(
        "compile cache shared by four processes that start at once",
        4,
        lambda tries, seed: shared(tries, seed),
    ),
]
