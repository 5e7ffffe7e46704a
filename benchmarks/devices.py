"""What several devices would bring: bytes that a step moves, and its time by a model.

    python benchmarks/devices.py [--rounds 20] [--json FILE]

The model: a step of B rows takes a + b B seconds on one device, and a + b B / n + r on n. The devices add up
gradients of G bytes in a ring: r = 2 (n - 1) (l + G / (n w)). The constants a and b are fitted to steps of 25
to 800 rows on JAX, l and w to sums over two devices that share this machine's processor. So the table says
what n such processors would do with such a connection. It is a model, and no measurement.
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

from udl_pt import DNN, RBM, AutoEncoder

ROWS = 25, 100, 400, 800
NUMBERS = 1, 1_000, 100_000, 1_000_000, 4_000_000  # of the arrays that are summed, in float32
DEVICES = 2, 8, 64
D = 784

SUMS = """
import sys, time
import jax, numpy as np
from functools import partial
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P

mesh = Mesh(np.array(jax.devices()), ("rows",))
total = jax.jit(lambda x: x.sum(axis=0), out_shardings=NamedSharding(mesh, P()))
for n in map(int, sys.argv[2:]):
    x = jax.device_put(np.ones((2, n), "float32"), NamedSharding(mesh, P("rows")))
    total(x).block_until_ready()
    seconds = []
    for _ in range(int(sys.argv[1])):
        start = time.perf_counter()
        total(x).block_until_ready()
        seconds.append(time.perf_counter() - start)
    print(n, np.median(seconds))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    records.add_json(parser)
    options = parser.parse_args()
    latency, width = of_sums(options.rounds)
    X, Y = np.random.default_rng(0).random((1_600, D), "float32"), np.arange(1_600) % 10
    made, how = {"random_state": 0, "dtype": "float32"}, {"monitor": None, "backend": "jax"}
    fits = {
        "auto-encoder 784 - 1000": lambda **o: AutoEncoder(1000, **made).fit(X, **how, **o),
        "RBM 784 - 500, CD-1": lambda **o: RBM(500, **made).fit(X, **how, **o),
        "DNN [1000, 750, 500]": lambda **o: DNN([1000, 750, 500], **made).fit(
            X, Y, X, Y, pretrain=False, **how, **o
        ),
    }
    sent = f"MB that a device sends, n = {', '.join(map(str, DEVICES))}"
    table = Table("model", "rows", "MB of gradients", sent, *(f"{n} devices" for n in DEVICES))
    results = {"latency": latency, "bytes_a_second": width, "models": {}}
    for name, fit in fits.items():
        a, b, size = of_steps(fit, options.rounds)
        row = {"seconds": a, "seconds_a_row": b, "bytes": size, "speed_up": {}}
        for batch in (100, 6_400):
            alone = a + b * batch
            speed_ups = {
                n: alone / (a + b * batch / n + 2 * (n - 1) * (latency + size / (n * width))) for n in DEVICES
            }
            row["speed_up"][batch] = speed_ups
            moved = ", ".join(f"{2 * (n - 1) / n * size / 1e6:.1f}" for n in DEVICES)
            faster = [f"{value:.2f}" for value in speed_ups.values()]
            table.add_row(name, f"{batch:,}", f"{size / 1e6:.1f}", moved, *faster)
        results["models"][name] = row
    Console().print(table)
    print(f"a sum over two devices takes {1e6 * latency:.0f} µs and moves {width / 1e9:.2f} GB/s")
    print(machine.describe())
    records.write(options.json, table, results)


def of_sums(rounds):
    """Return the seconds of a small sum over two devices, and the bytes a second of large ones."""
    environment = os.environ | {
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        "JAX_PLATFORMS": "cpu",
    }
    command = [sys.executable, "-c", SUMS, str(rounds), *map(str, NUMBERS)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    n, seconds = np.array([line.split() for line in printed.splitlines()], float).T
    least = seconds[0]  # 2 (n - 1) l for two devices
    width = np.median(
        4 * n[-2:] / (seconds[-2:] - least)
    )  # each sends 2 (n - 1) / n of its bytes: all of them
    return least / 2, width


def of_steps(fit, rounds):
    """Return a and b of a model's steps, and the bytes of its gradients."""
    seconds = []
    for batch in ROWS:
        ends = []

        class Clock:
            def on_batch(self, progress, ends=ends):
                ends.append(time.perf_counter())

        epochs = -(-rounds // (1_600 // batch)) + 1
        model = fit(batch_sz=batch, epochs=epochs, learning_rate=0.001, callbacks=[Clock()])
        seconds.append(np.median(np.diff(ends)))
    b, a = np.polyfit(ROWS, seconds, 1)
    return max(a, 0.0), b, sum(p.get_value(borrow=True).nbytes for p in model.params)


if __name__ == "__main__":
    main()
