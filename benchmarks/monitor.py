"""The share of an epoch that the default monitoring costs.

    python benchmarks/monitor.py [--rounds 5] [--rows 60000]

Trains one epoch with ``monitor="epoch"`` and one with ``monitor=None``, in turns, in float32 on the default
backend: an auto-encoder 784 - 1000, and the fine-tuning of [1000, 750, 500] with a sixth as many test rows.
"""

import argparse
import time

import numpy as np

from udl_pt import DNN, AutoEncoder


def seconds(make, **options):
    """Seconds of the second epoch, from the end of the first to its own: all is compiled by then."""
    ends = []
    make(epochs=2, callbacks=[lambda progress: ends.append(time.perf_counter())], **options)
    return ends[1] - ends[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=60_000)
    options = parser.parse_args()
    rs = np.random.RandomState(0)
    X = rs.rand(options.rows, 784).astype("float32")
    Y = np.arange(options.rows) % 10
    n = options.rows // 6
    ae, dnn = AutoEncoder(1000, dtype="float32"), DNN([1000, 750, 500], dtype="float32")
    runs = {
        "auto-encoder": lambda **o: ae.fit(X, learning_rate=0.01, **o),
        "fine-tuning": lambda **o: dnn.fit(X, Y, X[:n], Y[:n], pretrain=False, **o),
    }
    for name, make in runs.items():
        times = {monitor: [] for monitor in ("epoch", None)}
        for _ in range(options.rounds):
            for monitor in times:
                times[monitor].append(seconds(make, monitor=monitor))
        with_it, without = (np.median(times[m]) for m in times)
        share = 100 * (with_it - without) / with_it
        print(f"{name}: {with_it:.2f} s an epoch, {without:.2f} s without monitoring: {share:.1f}%")


if __name__ == "__main__":
    main()
