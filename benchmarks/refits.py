"""Later fits in one process: the milliseconds before they train, and the memory that they leave.

    python benchmarks/refits.py [--backend numba c jax] [--rounds 3] [--fits 200] [--seconds 90] [--quick]
                                [--json FILE]

The first table: milliseconds from the call of `fit` to the end of its first step, on 200 rows of 30 columns.
"first" is the first fit of its kind in a process, with a full compile cache; "later" the median of seven
more, each of a new model of another size. A round is a new process; the table has the medians of the rounds.

The second table: the resident set of one process, in MB. "different sizes" fits an auto-encoder, an RBM and a
network of other sizes each time. "one size" does so with the same sizes. "backends" calls `set_backend` and
fits, on Numba and C in turns. "compare" calls `udl_pt.compare` with the NumPy twin for two steps; it starts
two processes, so there are a tenth as many calls. "growth" is from the tenth call to the last. "alive" counts
the models, all collected, of which a weight matrix is still in memory. A row ends early after so many
seconds ("calls" says how far it came).
"""

import argparse
import gc
import json
import subprocess
import sys
import time
import weakref

import machine
import numpy as np
import psutil
import records
from rich.console import Console
from rich.table import Table

import udl_pt
from udl_pt import DNN, RBM, AutoEncoder
from udl_pt.backends import BACKENDS, get_backend

KINDS = ("auto-encoder", "rbm", "network")
LATER = 7
SKIPPED, MARK = 10, 60  # calls after which growth counts, and after which memory is noted, too
DIFFERENT, SAME, SWITCHES, COMPARE = WAYS = ("different sizes", "one size", "backends", "compare")
X, Y = np.random.RandomState(0).rand(200, 60), np.arange(200) % 3


class FirstStep:
    """A callback that keeps the time of the first step's end."""

    end = None

    def __call__(self, progress):
        """Do nothing at the end of an epoch."""

    def on_batch(self, progress):
        self.end = self.end or time.perf_counter()


def fit(kind, M, D, **options):
    """Fit a new model of M hidden units to D columns, and return it."""
    if kind == "network":
        data = (X[:, :D], Y, X[:50, :D], Y[:50])
        return DNN([M, M], random_state=0).fit(*data, pretrain=False, **options)
    model = {"auto-encoder": AutoEncoder, "rbm": RBM}[kind]
    return model(M, random_state=0).fit(X[:, :D], **options)


def milliseconds(backend):
    """Return for each kind those of the first fit, and of each later one."""
    seen = {}
    for kind in KINDS:
        seen[kind] = []
        for M in range(5, 6 + LATER):
            watch, start = FirstStep(), time.perf_counter()
            fit(kind, M, 30, backend=backend, callbacks=[watch])
            seen[kind].append(1e3 * (watch.end - start))
    return seen


def call(way, backend, i):
    """Make a call of this kind, and return weak references to the models' weights."""
    if way == COMPARE:
        udl_pt.compare("rbm", [], ["numpy"], steps=2, sizes=[5 + i], data=(X, Y), batch_sz=50)
        return []
    options = {"backend": backend}
    if way == SWITCHES:
        udl_pt.set_backend(("c", "numba")[i % 2])
        options = {}
    M, D = (5, 20) if way == SAME else (5 + i % 37, 20 + i % 31)
    models = [fit(kind, M, D, **options) for kind in (KINDS[:1] if way == SWITCHES else KINDS)]
    layers = [m.hidden_layers[0] if hasattr(m, "hidden_layers") else m for m in models]
    return [(weakref.ref(layer.W), weakref.ref(layer.W.container.storage[0])) for layer in layers]


def growth(way, backend, calls, seconds):
    """Return MB after some of the calls, how many there were, and how many models' weights are alive."""
    process, end, mb, weights = psutil.Process(), time.perf_counter() + seconds, {}, []
    for done in range(1, calls + 1):
        weights += call(way, backend, done)
        late = time.perf_counter() > end
        if done in (SKIPPED, MARK, calls) or late:
            gc.collect()
            mb[done] = process.memory_info().rss / 1e6
        if late:
            break
    alive = sum(any(ref() is not None for ref in refs) for refs in weights)
    return {"mb": mb, "calls": done, "alive": alive}


def child(*task):
    """Run a task in a new process, and return its result."""
    command = [sys.executable, "-W", "ignore", __file__, "--child", json.dumps(task)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{task}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def works(backend):
    try:
        get_backend(backend)
    except ValueError as error:
        print(error)
        return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", nargs="+", default=BACKENDS, choices=BACKENDS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fits", type=int, default=200, help="calls that may leave memory")
    parser.add_argument("--seconds", type=float, default=90, help="at most, of each row of memory")
    parser.add_argument("--quick", action="store_true", help="one round, 30 calls, 15 seconds")
    records.add_json(parser)
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        task, *arguments = options.child
        print(json.dumps({"milliseconds": milliseconds, "growth": growth}[task](*arguments)))
        return
    rounds, fits, seconds = options.rounds, options.fits, options.seconds
    if options.quick:
        rounds, fits, seconds = 1, 30, 15
    backends, results = list(filter(works, options.backend)), {"milliseconds": [], "memory": []}
    table = Table(
        "backend", "model", "first fit, ms", "later", "quartiles", title="ms to the first step's end"
    )
    for backend in backends:
        child("milliseconds", backend)  # fills the compile cache
        seen = [child("milliseconds", backend) for _ in range(rounds)]
        for kind in KINDS:
            first = float(np.median([ms[kind][0] for ms in seen]))
            low, later, high = np.percentile([ms[kind][1:] for ms in seen], [25, 50, 75])
            table.add_row(backend, kind, f"{first:.0f}", f"{later:.1f}", f"{low:.1f}...{high:.1f}")
            row = {"backend": backend, "model": kind, "first": first}
            results["milliseconds"].append(row | {"later": later, "quartiles": [low, high]})
    Console().print(table)
    table = Table("calls of", "backend", "calls", "MB after", "growth, MB", "alive", title="resident set")
    tasks = [(way, backend, fits) for way in (DIFFERENT, SAME) for backend in backends]
    tasks += [(SWITCHES, None, fits)] if {"numba", "c"} <= set(backends) else []
    for way, backend, calls in [*tasks, (COMPARE, None, max(SKIPPED + 2, fits // 10))]:
        found = child("growth", way, backend, calls, seconds)
        mb = {int(done): value for done, value in found["mb"].items()}
        grown = mb[found["calls"]] - mb[SKIPPED] if SKIPPED in mb else None
        said = ", ".join(f"{done}: {value:.0f}" for done, value in mb.items())
        shown = "" if grown is None else f"{grown:.1f}"
        table.add_row(way, backend or "", str(found["calls"]), said, shown, str(found["alive"]))
        results["memory"].append({"way": way, "backend": backend, "growth_mb": grown} | found)
        records.write(options.json, table, results)
    Console().print(table)
    print(machine.describe())


if __name__ == "__main__":
    main()
