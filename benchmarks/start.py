"""Seconds from the start of the process to the first results, with a cold and a warm compile cache.

    python benchmarks/start.py

Runs the book's network, pretrained, on 1,000 rows in fresh processes: with an empty compile cache, then
again with what the first run left. "first" is the first training step of the first auto-encoder, "last" the
first result of the last function that `fit` and `predict` compile.
"""

import os
import subprocess
import sys
import tempfile
import time

from rich.console import Console
from rich.table import Table

from udl_pt.backend import BACKENDS

PROGRAM = """
import os, time
start = float(os.environ["START"])
import numpy as np
from udl_pt import DNN
imported = time.time() - start
rs = np.random.RandomState(0)
X, Y = rs.rand(1000, 784).astype("float32"), np.arange(1000) % 10
seen = []
class Clock:
    def on_batch(self, progress):
        seen.append(time.time() - start)
    def __call__(self, progress):
        pass
dnn = DNN([1000, 750, 500], dtype="float32").fit(X, Y, X, Y, backend={!r}, callbacks=[Clock()])
dnn.predict(X)
print(imported, seen[0], time.time() - start)
"""


def run(backend, cache):
    environment = os.environ | {"PYTENSOR_FLAGS": f"base_compiledir={cache}", "START": str(time.time())}
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM.format(backend)]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return [float(word) for word in output.split()]


def main():
    table = Table("backend", "cache", "import", "first", "last", title="seconds from the process's start")
    for backend in BACKENDS:
        with tempfile.TemporaryDirectory() as cache:
            for state in ("cold", "warm"):
                table.add_row(backend, state, *(f"{seconds:.1f}" for seconds in run(backend, cache)))
    Console().print(table)


if __name__ == "__main__":
    main()
