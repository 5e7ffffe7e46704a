"""PCA of full MNIST against scikit-learn's, with its fastest exact solver, in one run.

    UDL_PT_DATA=FOLDER python benchmarks/pca.py [--rounds 5] [--components 50] [--json FILE]

The two take turns. Memory is the peak of a process of its own for each, above what it holds before `fit`, in
multiples of the data.
"""

import argparse
import subprocess
import sys
import threading
import time

import machine
import numpy as np
import psutil
import records
from rich.console import Console
from rich.table import Table
from sklearn.decomposition import PCA as ReferencePCA

from udl_pt import PCA, load_mnist

WAYS = {
    "udl_pt": lambda K: PCA(K),
    "scikit-learn, covariance_eigh": lambda K: ReferencePCA(K, svd_solver="covariance_eigh"),
}


def peak(name, dtype, K):
    """Fit once in this process, watched by a thread: peak memory above the start, by the data's."""
    X = load_mnist().X.astype(dtype)
    process, seen, done = psutil.Process(), [], threading.Event()

    def watch():
        while not done.is_set():
            seen.append(process.memory_info().rss)
            time.sleep(0.002)

    before = process.memory_info().rss
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        WAYS[name](K).fit(X)
    finally:
        done.set()
        thread.join()
    print((max(seen) - before + X.nbytes) / X.nbytes)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--components", type=int, default=None)
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    records.add_json(parser)
    options = parser.parse_args()
    if options.peak:
        return peak(*options.peak, options.components)
    table = Table(
        "way", "dtype", "seconds (median)", "ratio", "peak memory / data", title="PCA of 60,000 x 784"
    )
    for dtype in ("float64", "float32"):
        X = load_mnist().X.astype(dtype)
        seconds = {name: [] for name in WAYS}
        for turn in range(options.rounds):
            for name in list(WAYS)[:: 1 if turn % 2 else -1]:
                start = time.perf_counter()
                WAYS[name](options.components).fit(X)
                seconds[name].append(time.perf_counter() - start)
        medians = {name: np.median(values) for name, values in seconds.items()}
        for name, median in medians.items():
            K = [] if options.components is None else ["--components", str(options.components)]
            command = [sys.executable, __file__, "--peak", name, dtype, *K]
            memory = float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
            table.add_row(name, dtype, f"{median:.2f}", f"{median / medians['udl_pt']:.2f}", f"{memory:.2f}")
    Console().print(table)
    records.write(options.json, table)
    print(machine.describe())


if __name__ == "__main__":
    main()
