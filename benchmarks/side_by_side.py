"""A training step where other programs use the cores: with all BLAS threads, with one, and with "auto".

    python benchmarks/side_by_side.py [--seconds 20] [--json FILE]

Trains an auto-encoder of 784 x 1,000 in float32 on Numba in batches of 100, in a process of its own for each
training. All processes compile first and then start together. A number is the mean milliseconds of a step,
of all trainings of that row. "all BLAS threads" leaves each BLAS its default number; "one thread" sets
``OPENBLAS_NUM_THREADS=1``; "auto" is `udl_pt.set_threads`. The last column is "auto" over the better of the
other two. A busy loop is a process that only counts.
"""

import argparse
import os
import subprocess
import sys
import time

import machine
import numpy as np
import records
from rich.console import Console
from rich.table import Table

from udl_pt import AutoEncoder

ROWS = {"alone": (1, 0), "two trainings": (2, 0), "four trainings": (4, 0), "beside a busy loop": (1, 1)}
WAYS = {
    "all": {"UDL_PT_THREADS": "fixed"},
    "one": {"UDL_PT_THREADS": "fixed", "OPENBLAS_NUM_THREADS": "1"},
    "auto": {"UDL_PT_THREADS": "auto"},
}


class Stopwatch:
    """A callback that stops the training after some seconds, and keeps the time of each step's end."""

    def __init__(self, seconds):
        self.seconds, self.stamps = seconds, []

    def __call__(self, progress):
        """Do nothing at the end of an epoch."""

    def on_batch(self, progress):
        """Note the time."""
        self.stamps.append(time.perf_counter())
        progress.stop = self.stamps[-1] - self.stamps[0] > self.seconds


def train(seconds):
    """Compile, wait for the parent, train, and print the mean milliseconds of a step."""
    X = np.random.default_rng(0).random((20_000, 784), "float32")
    ae, watch = AutoEncoder(1000, dtype="float32", random_state=0), Stopwatch(seconds)
    ae.fit(X[:300], monitor=None, backend="numba")
    print("ready", flush=True)
    sys.stdin.readline()
    ae.fit(X, epochs=1_000_000, monitor=None, backend="numba", callbacks=[watch])
    print(1e3 * np.diff(watch.stamps).mean())


def measure(trainings, busy_loops, way, seconds):
    """Return the mean milliseconds of a step of all trainings."""
    free = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, __file__, "--train", str(seconds)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy_loops)]
    try:
        children = [subprocess.Popen(command, env=free | WAYS[way], **pipes) for _ in range(trainings)]
        for child in children:
            child.stdout.readline()
        for child in children:
            child.stdin.close()
        return np.mean([float(child.stdout.read()) for child in children])
    finally:
        for loop in loops:
            loop.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="of each training")
    records.add_json(parser)
    parser.add_argument("--train", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train:
        return train(options.train)
    columns = "all BLAS threads, ms", "one thread, ms", "`auto`, ms", "`auto` / the better"
    table = Table("trainings", *columns, title="a step")
    results = {}
    for name, (trainings, busy_loops) in ROWS.items():
        ms = {way: measure(trainings, busy_loops, way, options.seconds) for way in WAYS}
        ratio = ms["auto"] / min(ms["all"], ms["one"])
        table.add_row(name, *(f"{value:.1f}" for value in ms.values()), f"{ratio:.2f}")
        results[name] = ms | {"ratio": ratio}
        records.write(options.json, table, results)
    Console().print(table)
    print(machine.describe())


if __name__ == "__main__":
    main()
