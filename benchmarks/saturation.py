"""How long an epoch takes before and after units saturate, where gradients become smaller than 1.2e-38.

    python benchmarks/saturation.py [--epochs 12] [--rounds 3] [--json FILE]

An auto-encoder 4096 - 100 is trained on 400 rows of random numbers in float32, with the book's rates and one
BLAS thread. Its units saturate within five epochs. The table has the milliseconds of the second epoch and of
the last one; each is the least of all rounds. "not flushed" is without `flushing_subnormals`, as PyTorch
computes by default.
"""

import argparse
import time
from unittest import mock

import machine
import numpy as np
import records
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from udl_pt import AutoEncoder, eager
from udl_pt.eager import torch


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    records.add_json(parser)
    options = parser.parse_args()
    X = np.random.default_rng(0).random((400, 4096), "float32")
    made = {"random_state": 0, "dtype": "float32"}

    def fit(model, **how):
        ends = [time.perf_counter()]

        def clock(progress):
            ends.append(time.perf_counter())

        model.fit(X, epochs=options.epochs, monitor=None, callbacks=[clock], **how)
        return np.diff(ends)[[1, -1]]

    def unflushed(model, **how):
        with mock.patch("udl_pt.training.loop.flushing_subnormals", lambda function: function):
            return fit(model, **how)

    ways = {
        "numba": lambda: fit(AutoEncoder(100, **made), backend="numba"),
        "numba, not flushed": lambda: unflushed(AutoEncoder(100, **made), backend="numba"),
        "c": lambda: fit(AutoEncoder(100, **made), backend="c"),
        "jax": lambda: fit(AutoEncoder(100, **made), backend="jax"),
        "NumPy": lambda: fit(eager.AutoEncoder(100, **made)),
        "PyTorch, not flushed": lambda: unflushed(torch.AutoEncoder(100, **made)),
    }
    with threadpool_limits(1):
        times = {way: [] for way in ways}
        for _ in range(options.rounds):
            for way, measured in ways.items():
                times[way].append(measured())
    results = {way: np.min(found, axis=0).tolist() for way, found in times.items()}
    table = Table("way", "epoch 2, ms", f"epoch {options.epochs}, ms")
    for way, (first, last) in results.items():
        table.add_row(way, f"{1e3 * first:.0f}", f"{1e3 * last:.0f}")
    Console().print(table)
    print(machine.describe())
    said = "auto-encoder 4096 - 100 on 400 rows, float32, one BLAS thread"
    records.write(options.json, table, results, conditions=said)


if __name__ == "__main__":
    main()
