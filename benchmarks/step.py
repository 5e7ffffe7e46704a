"""One training step against its matrix products alone, against PyTorch, JAX, scikit-learn and NumPy.

    python benchmarks/step.py [--kind auto-encoder denoising fine-tuning rbm "persistent rbm"] [--rounds 8]
                              [--dtype float32 float64] [--batch 100] [--threads N] [--quick] [--json FILE]

The steps are those of `problems.py`, with momentum (the RBMs without, as in the book), costs from logits, and
their draws. All get the same batch and first weights; "apart" is the first layer's largest difference from
the first backend's after three steps (where there are draws, only udl_pt's backends make the same). "products
alone" are the step's matrix products by ``numpy.dot`` with ``out=``. "udl_pt" is what `fit` calls for each
batch, checks included; "in fit" the time from batch to batch in `fit`'s loop, which gathers the rows from
20,000. The NumPy twin is timed in its `fit`, too. `peers.py` has the other libraries' steps; those that are
not installed, or can't compile, don't take part.

"ratio" is to the products alone. With ``--threads 1`` the program starts again with one core and one BLAS
thread. Unless it has to be quick, or ``--step-alone`` is given, the seconds from the process's start to the
first results follow (`start.py`).

NumPy and SciPy bring a BLAS each, whose idle threads spin for a while, so candidates run in blocks, each
after a rest and with calls to warm up, and take turns in another order each round.
"""

import argparse
import os
import sys
import time
from dataclasses import replace
from functools import partial
from itertools import product

import machine
import numpy as np
import records
import start
from children import THREADS, with_threads
from peers import PEERS, twin
from problems import DEEP, DENOISING, KINDS, MASKED, MU, PCD, RATE, RBMS, K, Problem
from rich.console import Console
from rich.table import Table

from udl_pt import DNN, RBM, AutoEncoder
from udl_pt.backends import BACKENDS
from udl_pt.models._rbm.contrastive_divergence import Sampler, contrastive_step
from udl_pt.symbolic.corruption import masking
from udl_pt.symbolic.costs import cross_entropy
from udl_pt.training.held_out import HeldOut
from udl_pt.training.loop import train
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

N = 20_000
REST, WARM, TIMED = 0.2, 5, 20  # seconds, calls, calls
ALONE = "products alone"
COLUMNS = ("way", "median ms", "quartiles", "ratio", "apart")


class Laps:
    """A callback that keeps the times of some steps and one more, and then stops the training."""

    def __init__(self, count):
        self.count, self.stamps = count, []

    def __call__(self, progress):
        """Do nothing at the end of an epoch."""

    def on_batch(self, progress):
        self.stamps.append(time.perf_counter())
        progress.stop = len(self.stamps) > self.count


def tiled(problem, arrays):
    return tuple(np.concatenate([a] * (N // problem.batch)) for a in arrays)


def udl_pt_step(backend, problem):
    """Return one step, the first layer's weights, and the times of some steps in `fit`'s loop."""
    X, Y, first = problem.arrays()
    kind, dtype, B = problem.kind, problem.dtype, problem.batch
    made = {"random_state": 0, "dtype": dtype}
    if kind in RBMS:
        model = RBM(problem.sizes[0], rng=0, **made).fit(X, epochs=0, backend=backend)
        sampler = Sampler(1, B if kind == PCD else 0, 1)
        options = {"binarize": False, "centre": None, "backend": backend, "name": "step"}
        chains = sampler.chains(model.M, model.rng, dtype)
        compiled = contrastive_step(model, sampler, chains, batch_sz=B, **options)
        batch, params = [X], model.params
    elif kind == DEEP:
        model = DNN(problem.sizes, **made).fit(X, Y, X, Y, False, epochs=0, backend=backend)
        compiled, batch = model._step(K, 1 / B), [X, Y]
        params = model.params[2:] + model.params[:2]  # the logistic layer last
    else:
        corruption = masking(MASKED) if kind == DENOISING else None
        model = AutoEncoder(problem.sizes[0], corruption=corruption, rng=0, **made)
        model.fit(X, epochs=0, backend=backend)
        compiled, batch, params = model._step(cross_entropy, 1 / B), [X], model.params
    for p, value in zip(params, first, strict=True):
        p.set_value(value)
    mu = 0 if kind in RBMS else MU
    arguments = [*batch, *(np.asarray(v, dtype) for v in (RATE, mu))]
    rates = Rates(dtype, learning_rate=RATE, mu=mu)
    options = {"epochs": 1, "batch_sz": B, "monitor": None, "callbacks": (), "dtype": dtype}
    once = Run(tiled(problem, batch), HeldOut(), rates, **options)

    def in_fit(count):
        laps = Laps(count)
        run = replace(once, epochs=2 + count * B // N, callbacks=(laps,))
        train(compiled, run, generator=np.random, stage="", measure=dict)
        return np.diff(laps.stamps)

    return lambda: compiled(*arguments), params[0].get_value, in_fit


def twin_in_fit(problem, count):
    model, data, options = twin(problem)
    laps, epochs = Laps(count), 2 + count * problem.batch // N
    more = {"epochs": epochs, "batch_sz": problem.batch, "monitor": None, "callbacks": [laps]}
    model.fit(*(tiled(problem, [a])[0] if isinstance(a, np.ndarray) else a for a in data), **options, **more)
    return np.diff(laps.stamps)


def each_call(step, count):
    stamps = [time.perf_counter()]
    for _ in range(count):
        step()
        stamps.append(time.perf_counter())
    return np.diff(stamps)


def candidates(problem):
    """Return what times `count` calls of each that can run here, and how far their results are apart."""
    makers = {f"udl_pt, {backend}": partial(udl_pt_step, backend) for backend in BACKENDS} | PEERS
    blocks, first_layers = {ALONE: partial(each_call, problem.products()[0])}, {}
    for name, make in makers.items():
        try:
            step, first_layer, *in_fit = make(problem)
            each_call(step, 3)
        except Exception as error:  # a compiler's error can be of any class
            said = f"{type(error).__name__}: {error}".strip().splitlines()[0]
            print(f"{name} doesn't take part in {problem.kind}: {said}")
            continue
        first_layers[name], blocks[name] = np.array(first_layer()), partial(each_call, step)
        if in_fit:
            blocks[f"{name}, in fit"] = in_fit[0]
    blocks["NumPy twin, in fit"] = partial(twin_in_fit, problem)
    first, *_ = first_layers.values()
    return blocks, {name: f"{np.abs(w - first).max():.0e}" for name, w in first_layers.items()}


def measure(problem, rounds):
    """Print the table of a problem, and return it with its rows."""
    blocks, apart = candidates(problem)
    times = {name: [] for name in blocks}
    for turn in range(rounds):
        for name in np.roll(list(blocks), -turn):
            time.sleep(REST)
            times[name].append(1e3 * blocks[name](WARM + TIMED)[WARM:])
    title = f"{problem.kind}, {problem.dtype}, batch of {problem.batch}"
    table, rows = Table(*COLUMNS, title=title), []
    alone = np.median(times[ALONE], axis=1)
    for name, ms in times.items():
        low, middle, high = np.percentile(ms, [25, 50, 75])
        ratios = np.median(ms, axis=1) / alone  # of each round
        ratio = middle / np.median(times[ALONE])
        spread = f"{low:.2f}...{high:.2f}"
        table.add_row(name, f"{middle:.2f}", spread, f"{ratio:.2f}", apart.get(name, ""))
        row = {"kind": problem.kind, "dtype": problem.dtype, "batch": problem.batch, "way": name}
        rows.append(row | {"ms": middle, "quartiles": [low, high], "ratio": ratio, "ratios": list(ratios)})
    Console().print(table)
    return table, rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--dtype", nargs="+", default=["float32", "float64"], choices=["float32", "float64"])
    parser.add_argument("--batch", type=int, nargs="+", default=[100], help="rows")
    parser.add_argument("--threads", type=int, help="as many cores and BLAS threads; default: all")
    parser.add_argument("--step-alone", action="store_true", help="without start.py")
    parser.add_argument("--quick", action="store_true", help="two rounds of float32")
    records.add_json(parser)
    options = parser.parse_args()
    if options.threads and os.environ.get(THREADS[0]) != str(options.threads):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
        os.execve(sys.executable, [sys.executable, *sys.argv], with_threads(options.threads))
    rounds, dtypes = (2, ["float32"]) if options.quick else (options.rounds, options.dtype)
    results, whole = [], Table("model", "dtype", "batch", *COLUMNS, title="a training step")
    for kind, dtype, batch in product(options.kind, dtypes, options.batch):
        table, rows = measure(Problem(kind, dtype, batch), rounds)
        results += rows
        for row in records.as_columns(table)[1]:
            whole.add_row(kind, dtype, str(batch), *row)
        records.write(options.json, whole, {"threads": machine.pools(), "results": results})
    print(f"{machine.describe()}; JAX has a thread of its own for each core; {machine.jax_devices()}")
    if not (options.quick or options.step_alone):
        start.main([])


if __name__ == "__main__":
    main()
