"""How an epoch's seconds grow with the rows, the units, the columns, the batch and the threads.

    python benchmarks/growth.py [--seconds 200] [--backend numba] [--threads 1 2] [--quick] [--json FILE]

Trains, in float32 on random data, an auto-encoder and an RBM (CD-1), with ``monitor=None``. Of the N rows, M
hidden units, D columns and the batch one changes; the others are 10,000, 1,000, 784 and 100. Every size gets
the same time, but at least a few steps. The seconds are the median of a step in `fit`, from batch to batch,
times the steps of an epoch. So gathering the rows counts, and the shuffle at the start of an epoch doesn't.
"exponent" is fitted by least squares to the logarithms: seconds ~ size^exponent.

GFLOP/s are the operations of the step's five matrix products, over the seconds of the whole step. Where they
are low, moving memory takes the time, and not arithmetic. Each number of threads is a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import machine
import numpy as np
import records
from children import with_threads
from problems import AE, CD, Problem
from rich.console import Console
from rich.table import Table

from udl_pt import RBM, AutoEncoder
from udl_pt.backends import BACKENDS

BASE = {"N": 10_000, "M": 1000, "D": 784, "batch": 100}
SERIES = {
    "N": (1_000, 3_000, 10_000, 30_000, 60_000),
    "M": (100, 300, 1000, 2000, 4000),
    "D": (100, 300, 784, 1500, 3000),
    "batch": (20, 50, 100, 200, 500, 1000, 2000),
}
QUICK = {"N": (1_000, 2_000), "M": (100, 200), "D": (100, 200), "batch": (50, 100)}
MODELS = {AE: AutoEncoder, CD: RBM}
SKIPPED, FEWEST = 3, 5  # steps that warm up, steps that are timed


class Clock:
    """A callback that keeps the times of steps, until the seconds are over."""

    def __init__(self, seconds):
        self.end, self.stamps = time.perf_counter() + seconds, []

    def __call__(self, progress):
        """Do nothing at the end of an epoch."""

    def on_batch(self, progress):
        self.stamps.append(time.perf_counter())
        progress.stop = len(self.stamps) > SKIPPED + FEWEST and self.stamps[-1] > self.end


def epoch(kind, sizes, seconds, backend):
    """Return the seconds of an epoch, and the GFLOP/s of a step's products."""
    N, M, D, batch = (sizes[name] for name in BASE)
    X = np.random.default_rng(0).random((N, D), "float32")
    model, clock = MODELS[kind](M, random_state=0, dtype="float32"), Clock(seconds)
    options = {"epochs": 1_000_000, "batch_sz": batch, "monitor": None, "backend": backend}
    model.fit(X, learning_rate=0.01, callbacks=[clock], **options)
    step = float(np.median(np.diff(clock.stamps)[SKIPPED:]))
    return step * (N // batch), Problem(kind, batch=batch, D=D, hidden=(M,)).products()[1] / step / 1e9


def measure(series, seconds, backend):
    """Return a list of series; the time is shared equally by all sizes."""
    share, found = seconds / (len(MODELS) * sum(map(len, series.values()))), []
    for kind in MODELS:
        for name, sizes in series.items():
            took, rates = zip(*(epoch(kind, BASE | {name: s}, share, backend) for s in sizes), strict=True)
            exponent = float(np.polyfit(np.log(sizes), np.log(took), 1)[0])
            row = {"model": kind, "grows": name, "exponent": exponent, "sizes": sizes}
            found.append(row | {"seconds": took, "gflops": rates})
    return found


def child(threads, *task):
    """Measure in a process with that number of threads."""
    command = [sys.executable, "-W", "ignore", __file__, "--child", json.dumps(task)]
    environment = with_threads(threads) if threads else None
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{threads or 'all'} threads:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=200, help="in all, without compiling")
    parser.add_argument("--backend", default="numba", choices=BACKENDS)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--quick", action="store_true", help="two sizes of each, a few seconds")
    records.add_json(parser)
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(*options.child)))
        return
    series, seconds = (QUICK, 4) if options.quick else (SERIES, options.seconds)
    counts = [n for n in options.threads if n <= (os.cpu_count() or 1)]
    results, columns = [], ("model", "threads", "grows", "exponent", "seconds", "GFLOP/s")
    table = Table(*columns, title=f"others: {', '.join(f'{name} {size:,}' for name, size in BASE.items())}")
    for threads in counts:
        for row in child(threads, series, seconds / len(counts), options.backend):
            results.append({"threads": threads} | row)
            each = list(zip(row["sizes"], row["seconds"], row["gflops"], strict=True))
            said = [", ".join(f"{size:,}: {s:.2f}" for size, s, _ in each)]
            said += [", ".join(f"{size:,}: {rate:.0f}" for size, _, rate in each)]
            table.add_row(row["model"], str(threads), row["grows"], f"{row['exponent']:.2f}", *said)
        records.write(options.json, table, {"base": BASE, "series": results})
    Console().print(table)
    print(machine.describe())


if __name__ == "__main__":
    main()
