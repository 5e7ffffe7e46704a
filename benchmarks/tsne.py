"""Exact t-SNE against scikit-learn's, and full MNIST by interpolation.

    UDL_PT_DATA=FOLDER python benchmarks/tsne.py [--points 2000] [--rounds 3] [--json FILE] [--gradients]
                                                  [--cold] [--full PICTURE]

Embeds the first digits of the training images with perplexity 30, from the first principal components, by
`TSNE(method="exact")` in float32 and float64 and by scikit-learn's ``method="exact"``, with the same 1,000
iterations, and compares seconds, the final divergence (computed anew in float64 for all), 1-nearest-neighbour
error and trustworthiness. "ms an iteration" comes from runs of 300 and 400 iterations, in turns.

``--gradients`` times one gradient by the closed form and by automatic differentiation. ``--cold`` times a
process that embeds 200 points with an empty compile cache, and again with the cache full.
``--full PICTURE`` embeds all 60,000 training images by `TSNE(method="fft")` and draws them.
"""

import argparse
import subprocess
import sys
import tempfile
import time

import machine
import numpy as np
import records
from children import with_cache
from rich.console import Console
from rich.table import Table
from sklearn.manifold import TSNE as ReferenceTSNE
from sklearn.manifold import trustworthiness

from udl_pt import TSNE, joint_probabilities, load_mnist, tsne_cost
from udl_pt._support import memory
from udl_pt.book._maps import one_neighbour_error
from udl_pt.plots import plot_embeddings


def ours(dtype, iterations):
    return TSNE(perplexity=30, method="exact", dtype=dtype, max_iter=iterations)


def theirs(iterations):
    # neither of its early stops, so that all make the same number of iterations
    stops = {"n_iter_without_progress": iterations, "min_grad_norm": 0.0}
    return ReferenceTSNE(
        perplexity=30, method="exact", init="pca", max_iter=iterations, random_state=0, **stops
    )


WAYS = {
    "udl_pt, float32": lambda n: ours("float32", n),
    "udl_pt, float64": lambda n: ours("float64", n),
    "scikit-learn, exact": theirs,
}


def timed(make, X):
    start = time.perf_counter()
    Y = make.fit_transform(X)
    return time.perf_counter() - start, np.asarray(Y, float)


def compare(N, rounds):
    data = load_mnist()
    X, labels = data.X[:N], data.Y[:N]
    for name in list(WAYS)[:2]:
        WAYS[name](1).fit_transform(X[:100])
    differences = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, make in WAYS.items():
            few, many = (timed(make(n), X)[0] for n in (300, 400))
            differences[name].append(10 * (many - few))
    P = joint_probabilities(X, 30)
    columns = (
        "way",
        "ms an iteration",
        "times as fast",
        "seconds in all",
        "KL",
        "1-NN error",
        "trustworthiness",
    )
    table = Table(*columns, title=f"t-SNE of {N:,} digits, 1,000 iterations")
    median = {name: float(np.median(values)) for name, values in differences.items()}
    for name, make in WAYS.items():
        seconds, Y = timed(make(1000), X)
        table.add_row(
            name,
            f"{median[name]:.2f}",
            f"{median['scikit-learn, exact'] / median[name]:.1f}",
            f"{seconds:.1f}",
            f"{float(tsne_cost(P, Y)):.4f}",
            f"{one_neighbour_error(Y, labels):.2%}",
            f"{trustworthiness(X, Y, n_neighbors=5):.4f}",
        )
    Console().print(table)
    print(machine.describe())
    return table, {name: {"ms": differences[name], "median": median[name]} for name in WAYS}


def gradients(N):
    """Time both gradients for `N` points."""
    X = load_mnist().X[:N]
    columns = "ms an iteration", "first run, s", "memory, matrices of N x N"
    table = Table("gradient", "dtype", *columns, title=f"{N:,} points")
    for gradient in ("analytic", "autodiff"):
        for dtype in ("float32", "float64"):
            stamps = [time.perf_counter()]
            tsne = TSNE(perplexity=30, method="exact", gradient=gradient, dtype=dtype, max_iter=40)
            first = timed(TSNE(perplexity=5, gradient=gradient, dtype=dtype, max_iter=1), X[:50])[0]
            tsne.fit_transform(X, callbacks=[lambda _, s=stamps: s.append(time.perf_counter())])
            matrices = tsne.memory(N) / (N**2 * np.dtype(dtype).itemsize)
            milliseconds = 1e3 * np.median(np.diff(stamps[1:]))
            table.add_row(gradient, dtype, f"{milliseconds:.2f}", f"{first:.1f}", f"{matrices:.1f}")
    Console().print(table)
    print(machine.describe())
    return table


def cold():
    """Time a whole process with an empty compile cache, and with a full one."""
    code = (
        "from udl_pt import TSNE, load_mnist_subset\n"
        "TSNE(perplexity=30, max_iter=50).fit_transform(load_mnist_subset().X[:200])"
    )
    table = Table("compile cache", "seconds", title="from the process's start to its end")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("empty", "full"):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, env=with_cache(folder))
            table.add_row(name, f"{time.perf_counter() - start:.1f}")
    Console().print(table)
    return table


def full(picture):
    data = load_mnist()
    X = data.X.astype("float32")
    seconds, Y = timed(TSNE(perplexity=30, method="fft", dtype="float32", random_state=0), X)
    peak = memory.peak() / 1e9
    table = Table("images", "seconds", "peak memory, GB", "data, GB", "1-NN error in the plane")
    sizes = f"{len(X):,}", f"{seconds:.0f}", f"{peak:.2f}", f"{X.nbytes / 1e9:.2f}"
    table.add_row(*sizes, f"{one_neighbour_error(Y, data.Y):.2%}")
    Console().print(table)
    plot_embeddings({"": Y}, data.Y, f"t-SNE of {len(X):,} digits").savefig(picture, dpi=100)
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    records.add_json(parser)
    parser.add_argument("--gradients", action="store_true")
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--full", metavar="PICTURE")
    options = parser.parse_args()
    if options.full:
        measured = [full(options.full)]
    elif options.cold:
        measured = [cold()]
    elif options.gradients:
        measured = [gradients(options.points)]
    else:
        measured = compare(options.points, options.rounds)
    records.write(options.json, *measured)


if __name__ == "__main__":
    main()
