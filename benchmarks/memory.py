"""Peak memory of the training of a pretrained network, with hidden values in memory and on disk.

    python benchmarks/memory.py [--model DNN] [--rows 15000 30000 60000] [--json FILE]

Trains [500, 300, 100] in float32 on random data of 784 columns, each time in a process of its own, which has
compiled everything on few rows before. Memory is the anonymous memory of that process: pages of files, which
the system can drop, don't count. The parent reads it every 2 ms. "peak" is the most above the memory just
before `fit`, which holds the data. For Linux.
"""

import argparse
import subprocess
import sys
import time

import machine
import numpy as np
import psutil
import records
from rich.console import Console
from rich.table import Table

import udl_pt

MODELS = ("DNN", "DBN", "DeepAutoEncoder")
WAYS = {"in memory": False, "on disk": True}
FEW = 2000  # rows that compile all
MB = 1e6


def fit(model, X, on_disk):
    """Train the network for an epoch of each stage, and measure costs on 1,000 rows."""
    network = getattr(udl_pt, model)([500, 300, 100], random_state=0, dtype="float32")
    Y = np.arange(len(X)) % 10
    data = (X, Y, X[:1000], Y[:1000]) if model == "DNN" else (X,)
    network.fit(*data, pretrain_on_disk=on_disk)


def train(model, rows, on_disk):
    """Compile on few rows, wait for the parent, then train on all."""
    X = np.random.default_rng(0).random((rows, 784), "float32")
    fit(model, X[:FEW], on_disk)
    print("ready", flush=True)
    sys.stdin.readline()
    fit(model, X, on_disk)


def anonymous(process):
    info = process.memory_info()
    return info.rss - info.shared


def peak(model, rows, way):
    """Return the peak of a new process above its memory before `fit`, and the seconds that `fit` took."""
    command = [sys.executable, "-W", "ignore", __file__, "--train", model, str(rows), way]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        if child.stdout.readline() != "ready\n":
            raise SystemExit(f"{model}, {rows} rows, {way}: the process failed")
        process, seen, start = psutil.Process(child.pid), [], time.perf_counter()
        before = anonymous(process)
        child.stdin.close()
        while child.poll() is None:
            seen.append(anonymous(process))
            time.sleep(0.002)
    if child.returncode != 0:
        raise SystemExit(f"{model}, {rows} rows, {way}: the process failed")
    return max(seen) - before, time.perf_counter() - start


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", nargs="+", default=["DNN"], choices=MODELS)
    parser.add_argument("--rows", type=int, nargs="+", default=[15_000, 30_000, 60_000])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS), help=argparse.SUPPRESS)
    records.add_json(parser)
    parser.add_argument("--train", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.train:
        model, rows, way = options.train
        return train(model, int(rows), WAYS[way])
    table = Table("model", "rows", "data, MB", "hidden values", "peak above data, MB", "s", title="float32")
    results = []
    for model in options.model:
        for rows in options.rows:
            for way in options.ways:
                extra, seconds = peak(model, rows, way)
                data = 4 * 784 * rows / MB
                table.add_row(model, f"{rows:,}", f"{data:.0f}", way, f"{extra / MB:.0f}", f"{seconds:.1f}")
                facts = {"data_mb": data, "peak_mb": extra / MB, "seconds": seconds}
                results.append({"model": model, "rows": rows, "hidden_values": way} | facts)
    Console().print(table)
    print(machine.describe())
    records.write(options.json, table, results)


if __name__ == "__main__":
    main()
