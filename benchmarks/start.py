"""Seconds from the start of the process to the first results, with a cold and a warm compile cache.

    python benchmarks/start.py [--backend numba c jax] [--rounds 1] [--json FILE]

Runs the book's network, [1000, 750, 500], with pretraining (one epoch), fine-tuning (one epoch) and the
default monitoring, then `predict`, on 1,000 rows in fresh processes: with an empty compile cache ("cold"),
then again with what that run left ("warm"; JAX keeps no cache). The clock is the parent's, from just before
the start of the process. "import" is the interpreter's start and ``import udl_pt``; "first step" that
of the first auto-encoder; the last column has the result of `predict`, the last function that compiles.
With more rounds, medians.
"""

import argparse
import subprocess
import sys
import tempfile
import time

import numpy as np
import records
from children import with_cache
from rich.console import Console
from rich.table import Table

from udl_pt.backends import BACKENDS, get_backend

COLUMNS = ("import", "first", "last")
PROGRAM = """
import os, sys, time
start = float(os.environ["UDL_PT_START"])
import udl_pt
imported = time.time() - start
import numpy as np
rs = np.random.RandomState(0)
X, Y = rs.rand(1000, 784).astype("float32"), np.arange(1000) % 10
steps = []
class Clock:
    def on_batch(self, progress):
        steps.append(time.time() - start)
    def __call__(self, progress):
        pass
dnn = udl_pt.DNN([1000, 750, 500], random_state=0, dtype="float32")
dnn.fit(X, Y, X, Y, learning_rate=0.01, backend=sys.argv[1], callbacks=[Clock()])
dnn.predict(X)
print(imported, steps[0], time.time() - start)
"""


def run(backend, cache):
    """Seconds to import, first and last in a new process."""
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, backend]
    environment = with_cache(cache) | {"UDL_PT_START": str(time.time())}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"backend {backend}:\n{done.stderr}")
    return [float(word) for word in done.stdout.split()[-3:]]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", nargs="+", default=BACKENDS, choices=BACKENDS)
    parser.add_argument("--rounds", type=int, default=1)
    records.add_json(parser)
    options = parser.parse_args(arguments)
    columns = "import, s", "first step, s", "last function's first result, s"
    table = Table("backend", "compile cache", *columns, title="seconds from the process's start")
    results = []
    for backend in options.backend:
        try:
            get_backend(backend)
        except ValueError as error:
            print(error)
            continue
        seen = {"cold": [], "warm": []}
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory() as cache:
                for state, runs in seen.items():
                    print(f"{backend}, {state} ...", file=sys.stderr)
                    runs.append(run(backend, cache))
        for state, runs in seen.items():
            seconds = [float(s) for s in np.median(runs, axis=0)]
            table.add_row(backend, state, *(f"{s:.1f}" for s in seconds))
            row = {"backend": backend, "cache": state} | dict(zip(COLUMNS, seconds, strict=True))
            results.append(row | {"runs": dict(zip(COLUMNS, zip(*runs, strict=True), strict=True))})
    Console().print(table)
    records.write(options.json, table, results)


if __name__ == "__main__":
    main()
