"""Annealed importance sampling against the matrix products that it consists of.

    python benchmarks/annealing.py [--temperatures 2000] [--chains 100] [--hidden 500] [--rounds 5]
                                   [--dtype float32] [--backend numba] [--json FILE]

Estimates the partition function of an RBM with random weights and 784 visible units by `ais`. Each
temperature takes two matrix products: of the chains' visible units with the weights, and of their hidden
units with the weights' transpose. "products alone" computes them by ``numpy.dot`` with ``out=``. Both take
turns; the first call of each, which compiles, isn't counted.

The cost is linear in the number of temperatures: the chains make the same step at each of them, and what
comes before the first and after the last takes less than a step. So the seconds for 10,000 temperatures
follow from fewer. ``--temperatures 10000`` measures them.
"""

import argparse
import time

import machine
import numpy as np
import records
from rich.console import Console
from rich.table import Table

from udl_pt import RBM, set_backend
from udl_pt.backends import BACKENDS
from udl_pt.inspection.likelihood import ais

D, PAPERS = 784, 10_000  # visible units; temperatures as in the paper's long runs
REST = 0.2  # seconds in which idle BLAS threads stop to spin


def measure(dtype, hidden, chains, temperatures, rounds):
    """Return for each round the seconds of annealing, and those of its products."""
    rs = np.random.RandomState(0)
    W = (0.05 * rs.randn(D, hidden)).astype(dtype)
    rbm = RBM.createFromArrays(W, np.zeros(hidden, dtype), np.zeros(D, dtype))
    V, H = ((rs.rand(chains, n) < 0.5).astype(dtype) for n in (D, hidden))
    for_h, for_v = np.empty((chains, hidden), dtype), np.empty((chains, D), dtype)

    def annealing(n):
        ais(rbm, n_chains=chains, n_betas=n)

    def products(n):
        for _ in range(n):
            np.dot(V, W, out=for_h)
            np.dot(H, W.T, out=for_v)

    ways = {annealing: [], products: []}
    for turn in range(rounds + 1):
        for way in list(ways)[:: 1 if turn % 2 else -1]:
            time.sleep(REST)
            way(20)
            start = time.perf_counter()
            way(temperatures)
            ways[way].append(time.perf_counter() - start)
    return np.array(list(ways.values())).T[1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--temperatures", type=int, default=2000)
    parser.add_argument("--chains", type=int, default=100)
    parser.add_argument("--hidden", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dtype", nargs="+", default=["float32"], choices=["float32", "float64"])
    parser.add_argument("--backend", default="numba", choices=BACKENDS)
    records.add_json(parser)
    options = parser.parse_args()
    set_backend(options.backend)
    title = f"{options.chains} chains, {options.hidden} hidden units, {options.backend}"
    columns = ("dtype", "ms a temperature", "products alone", "ratio", "rounds", f"s for {PAPERS:,}")
    table, results = Table(*columns, title=title), []
    for dtype in options.dtype:
        n = options.temperatures
        seconds = measure(dtype, options.hidden, options.chains, n, options.rounds)
        whole, alone = np.median(seconds, axis=0)
        ratios = seconds[:, 0] / seconds[:, 1]
        of_rounds = f"{ratios.min():.2f}...{ratios.max():.2f}"
        ms = (f"{1e3 * s / n:.2f}" for s in (whole, alone))
        table.add_row(dtype, *ms, f"{whole / alone:.2f}", of_rounds, f"{PAPERS * whole / n:.1f}")
        row = {"dtype": dtype, "temperatures": n, "seconds": whole, "products_seconds": alone}
        results.append(row | {"ratio": whole / alone, "ratios": list(ratios)})
    Console().print(table)
    print(machine.describe())
    records.write(options.json, table, results)


if __name__ == "__main__":
    main()
