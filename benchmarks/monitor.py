"""The share of an epoch that the default monitoring costs.

    python benchmarks/monitor.py [--rows 60000 5000] [--rounds 5] [--backend numba] [--json FILE]

Trains, in float32, an auto-encoder 784 - 1000 and the fine-tuning of [1000, 750, 500] on random data, with
``monitor="epoch"`` and with ``monitor=None``, in turns. Test rows are a sixth of the rows as in MNIST (10,000
of 60,000), a fifth of 5,000. Each run's first epoch compiles and isn't counted.

"difference" is that of the two epochs' medians; on a busy machine it is as noisy as an epoch.
"after the last batch" is the time from an epoch's last batch to its end, less the same without monitoring,
as a share of the whole epoch: the monitoring itself, and the number to go by.
"""

import argparse
import time

import machine
import numpy as np
import records
from rich.console import Console
from rich.table import Table

from udl_pt import DNN, AutoEncoder
from udl_pt.backends import BACKENDS


def one_epoch(fit, **options):
    """Return the seconds of a second epoch, and those of them after its last batch."""
    batches, epochs = {}, []

    def clock(progress):
        epochs.append(time.perf_counter())

    clock.on_batch = lambda progress: batches.update({progress.epoch: time.perf_counter()})
    fit(learning_rate=0.001, epochs=2, callbacks=[clock], **options)
    return epochs[1] - epochs[0], epochs[1] - batches[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[60_000, 5_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--backend", default="numba", choices=BACKENDS)
    records.add_json(parser)
    options = parser.parse_args()
    results = []
    columns = (
        *("model", "rows", "test rows", "epoch with, s", "epoch without, s"),
        *("difference", "after the last batch"),
    )
    table = Table(*columns, title=f"one epoch on {options.backend}")
    for rows in options.rows:
        test_rows = rows // (6 if rows >= 60_000 else 5)
        rs = np.random.RandomState(0)
        X, Y = rs.random_sample((rows, 784)).astype("float32"), np.arange(rows) % 10
        Xtest, Ytest = rs.random_sample((test_rows, 784)).astype("float32"), np.arange(test_rows) % 10
        ae = AutoEncoder(1000, random_state=0, dtype="float32")
        dnn = DNN([1000, 750, 500], random_state=0, dtype="float32")
        fits = {
            "auto-encoder": lambda ae=ae, X=X, **o: ae.fit(X, **o),
            "fine-tuning": lambda dnn=dnn, data=(X, Y, Xtest, Ytest), **o: dnn.fit(*data, False, **o),
        }
        for name, fit in fits.items():
            runs = {"epoch": [], None: []}
            for turn in range(options.rounds):
                for monitor in list(runs)[:: 1 if turn % 2 == 0 else -1]:
                    runs[monitor].append(one_epoch(fit, monitor=monitor, backend=options.backend))
            each = [(run[1] - bare[1]) / run[0] for run, bare in zip(*runs.values(), strict=True)]
            (with_it, tail), (without, bare_tail) = (np.median(runs[m], axis=0) for m in ("epoch", None))
            counts = f"{rows:,}", f"{test_rows:,}" if name == "fine-tuning" else ""
            shares = (with_it - without) / with_it, (tail - bare_tail) / with_it
            table.add_row(name, *counts, f"{with_it:.2f}", f"{without:.2f}", *(f"{s:.1%}" for s in shares))
            row = {"model": name, "rows": rows, "measured": shares[0], "after_batches": shares[1]}
            results.append(row | {"after_batches_of_rounds": each})
    Console().print(table)
    print(machine.describe())
    records.write(options.json, table, results)


if __name__ == "__main__":
    main()
