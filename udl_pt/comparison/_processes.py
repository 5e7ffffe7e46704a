"""The processes in which `udl_pt.compare` trains, one for each way, and the lines exchanged with them."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

__all__ = ["Process", "check_theano"]

NUMPYS_BLAS = """
import glob, os, numpy
for path in glob.glob(os.path.join(os.path.dirname(numpy.__file__), "..", "numpy.libs", "libopenblas*.so")):
    folder, name = os.path.split(os.path.abspath(path))
    print("-L" + folder, "-l" + name[3:-3])
"""


def check_theano(python: Any) -> None:
    """Raise a ValueError unless `python` is an interpreter that can import Theano.

    Parameters
    ----------
    python : path-like
    """
    command = [str(python), "-c", "import theano; print('theano', theano.__version__)"]
    try:
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
    except OSError as error:
        raise ValueError(
            f"theano is {python}, which doesn't start ({error}): pass the path of a Python"
        ) from None
    if ended.returncode != 0 or not ended.stdout.startswith("theano "):
        said = (ended.stderr.strip() or "it says nothing").splitlines()[-1]
        raise ValueError(
            f"theano is {python}, where `import theano` fails ({said}): install theano==1.0.5 there; Python "
            "3.7 with numpy 1.19 will do"
        )


class Process:
    """A process that trains a model, as many steps at a time as it is told.

    Parameters
    ----------
    name : str
        The way of training: a backend, an eager twin, or ``"theano"``.
    task : dict
        The task, sent to the process in JSON: the model's kind and sizes, dtype, seed, data file, arguments
        of ``fit``, steps and checkpoints. The worker modules document the entries.
    place : Path
        Folder of its compile cache. A later process of the same name finds the cache full.
    theano : path-like or None
        The Python interpreter of ``"theano"``.
    """

    def __init__(self, name: str, task: dict[str, Any], place: Path, theano: Any) -> None:
        self._name, self._errors = name, tempfile.TemporaryFile("w+")  # noqa: SIM115
        cache, environment = place / f"cache-{name}", dict(os.environ)
        if name == "theano":
            command = [str(theano), str(Path(__file__).with_name("_theano_worker.py"))]
            environment["THEANO_FLAGS"] = _theano_flags(theano, task["dtype"], cache)
        else:
            command = [sys.executable, "-P", "-c", "from udl_pt.comparison._worker import main; main()", name]
            paths = [str(Path(__file__).parents[2]), environment.get("PYTHONPATH", "")]  # this copy of udl_pt
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
            flags = environment.get("PYTENSOR_FLAGS", "").split(",")
            flags = [flag for flag in flags if flag and not flag.strip().startswith("compiledir")]
            environment["PYTENSOR_FLAGS"] = ",".join([*flags, f"base_compiledir={cache}"])
            environment.pop("JAX_COMPILATION_CACHE_DIR", None)
        environment["TMPDIR"] = str(place)  # what it leaves goes with the folder, also when it is killed
        self._process = subprocess.Popen(
            command,
            env=environment | {"UDL_PT_START": str(time.time())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self.tell(json.dumps(task))

    def __enter__(self) -> "Process":
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def tell(self, line: object) -> None:
        """Send a line to the process."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended: `hear` says so
            print(line, file=self._process.stdin, flush=True)

    def hear(self, event: str) -> dict[str, Any]:
        """Wait for the process's message on an event, and return it.

        Raises
        ------
        RuntimeError
            When the process ends instead, with the last lines that it wrote.
        """
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said: dict[str, Any] = json.loads(line)
            if said["event"] == event:
                return said
        self._process.wait()
        self._errors.seek(0)
        raise RuntimeError(
            f"{self._name} ended with status {self._process.returncode}, and said last:\n"
            + self._errors.read()[-2000:].strip()
        )


def _theano_flags(python: Any, dtype: str, cache: Path) -> str:
    """Return flags for the original Theano: dtype, compile cache and, if found, the BLAS of its NumPy."""
    found = subprocess.run([str(python), "-c", NUMPYS_BLAS], capture_output=True, text=True, check=False)
    blas = found.stdout.strip()
    flags = [os.environ.get("THEANO_FLAGS", ""), f"floatX={dtype}", f"base_compiledir={cache}"]
    return ",".join(filter(None, [f"blas.ldflags={blas}" if blas else "", *flags]))
