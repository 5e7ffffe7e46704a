"""The share of a training's time that checkpoints cost at their default, one each 600 seconds.

    python benchmarks/checkpoints.py [--rounds 9] [--backend numba] [--json FILE]

Trains an auto-encoder 784 - 1000 and the fine-tuning of [1000, 750, 500] on 5,000 rows of random data in
float32, and embeds 1,000 points by t-SNE. A checkpoint after each epoch measures the seconds of one. "share
of the time" is these seconds over 600. "looking" is the time that the loop takes to see that none is due,
as a share of a step. It is measured alone, since an epoch varies by more.
"""

import argparse
import os
import tempfile
import time

import machine
import numpy as np
import records
from rich.console import Console
from rich.table import Table

from udl_pt import DNN, TSNE, AutoEncoder
from udl_pt.backends import BACKENDS
from udl_pt.callbacks import Checkpoint

EVERY = 600
CHECKS = 100_000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--backend", default="numba", choices=BACKENDS)
    records.add_json(parser)
    options = parser.parse_args()
    rs = np.random.RandomState(0)
    X, Y = rs.random_sample((5_000, 784)).astype("float32"), np.arange(5_000) % 10
    made = {"random_state": 0, "dtype": "float32"}
    rounds = {"epochs": options.rounds, "learning_rate": 0.001}
    fits = {
        "auto-encoder": lambda **o: AutoEncoder(1000, **made).fit(X, **rounds, **o),
        "fine-tuning": lambda **o: DNN([1000, 750, 500], **made).fit(
            X, Y, X, Y, pretrain=False, **rounds, **o
        ),
        "t-SNE": lambda **o: TSNE(max_iter=options.rounds, **made).fit_transform(X[:1_000], **o),
    }
    results = []
    columns = "step, ms", "checkpoint, s", "MB", "share of the time", "looking, share of a step"
    table = Table("training", *columns, title=options.backend)
    for name, fit in fits.items():
        row = {"training": name, **measured(fit, options.backend)}
        shown = f"{1e3 * row['step']:.1f}", f"{row['seconds']:.3f}", f"{row['bytes'] / 1e6:.1f}"
        table.add_row(name, *shown, f"{row['share']:.3%}", f"{row['each_batch']:.3%}")
        results.append(row)
    Console().print(table)
    print(machine.describe())
    records.write(options.json, table, results)


def measured(fit, backend):
    """Return the seconds of a step and of a checkpoint, and the shares of both costs."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "fit.ckpt")
        saving = Checkpoint(path, every_epochs=1)
        step = np.median(first_steps(fit, backend))
        seconds = np.median(first_steps(fit, backend, saving)) - step
        size = os.path.getsize(path)
    start = time.perf_counter()
    for _ in range(CHECKS):
        saving._is_due("batch")
    each = (time.perf_counter() - start) / CHECKS / step
    return {"step": step, "seconds": seconds, "bytes": size, "share": seconds / EVERY, "each_batch": each}


def first_steps(fit, backend, *callbacks):
    """Return the seconds from the end of each epoch to the end of the next one's first batch."""
    ends, found = [], []

    def clock(progress):
        ends.append(time.perf_counter())

    def after_batch(progress):
        if progress.batch == 1 and ends:
            found.append(time.perf_counter() - ends[-1])

    clock.on_batch = after_batch
    fit(backend=backend, callbacks=[clock, *callbacks])
    return found


if __name__ == "__main__":
    main()
