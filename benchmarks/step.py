"""One training step against its matrix products alone, against PyTorch and against JAX.

    python benchmarks/step.py [--rounds 8] [--dtype float32 float64] [--quick] [--json FILE]

The step is the book's: batches of 100 of 784 pixels; one auto-encoder of 1,000 hidden units, and the
fine-tuning of [1000, 750, 500] with ten classes; momentum, costs from logits. All contestants get the same
batch and the same weights to start with, and the last column shows that they do the same arithmetic: how far
their first layer is from the first contestant's after three steps.

- "products alone": the step's matrix products by ``numpy.dot`` with ``out=``, and nothing else.
- "udl_pt, numba" and so on: what ``fit`` calls for each batch, with its checks of the arguments and of the
  step being finite.
- "with fit's loop": the time from one batch to the next in ``fit``'s own loop, gathering of rows from a set
  of 20,000 included.
- PyTorch eager, and JAX jitted and waited for, where they are installed.

NumPy and SciPy bring a BLAS each, whose idle threads spin for a while, so contestants run in blocks, each
after a rest and with calls to warm up, and take turns in another order each round. The table gives medians,
quartiles, and ratios to the products alone: of the medians, and the quartiles of each round's own.
"""

import argparse
import json
import os
import time
from itertools import pairwise

import numpy as np
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_info

from udl_pt import DNN, AutoEncoder
from udl_pt.backend import BACKENDS, get_backend
from udl_pt.graph import cross_entropy
from udl_pt.training import train

B, D, SIZES, K, N = 100, 784, [1000, 750, 500], 10, 20_000
REST, WARM, TIMED = 0.2, 5, 20  # seconds, calls, calls
RATE, MU = 0.01, 0.9
KINDS = ("auto-encoder", "fine-tuning")


def problem(kind, dtype):
    """Give batch, labels and the parameters [W, b, W, b, ...]; the auto-encoder's are [W, bh, bo]."""
    rs = np.random.RandomState(0)
    X, Y = rs.rand(B, D).astype(dtype), (np.arange(B) % K).astype("int32")
    params = []
    for m, n in pairwise([D, SIZES[0]] if kind == "auto-encoder" else [D, *SIZES, K]):
        params += [(rs.randn(m, n) / np.sqrt(m + n)).astype(dtype), np.zeros(n, dtype)]
    return X, Y, params if kind == "fine-tuning" else [*params, np.zeros(D, dtype)]


def products_alone(kind, dtype):
    """Do the step's products: forward, weights' gradients, and deltas back to all layers but the input."""
    X, _, params = problem(kind, dtype)
    A, W = [X], [p for p in params if p.ndim == 2]
    for weights in W:
        A.append(1 / (1 + np.exp(-A[-1] @ weights)))
    todo = [(A[i], W[i]) for i in range(len(W))] + [(A[i].T, A[i + 1]) for i in range(len(W))]
    if kind == "auto-encoder":
        todo += [(A[1], W[0].T), (A[0], W[0]), (A[0].T, A[1])]
    else:
        todo += [(A[i + 1], W[i].T) for i in range(1, len(W))]
    todo = [(x, y, np.empty((x.shape[0], y.shape[1]), dtype)) for x, y in todo]

    def step():
        for x, y, out in todo:
            np.dot(x, y, out=out)

    return step, None


def udl_pt_step(kind, dtype, backend):
    X, Y, start = problem(kind, dtype)
    if kind == "auto-encoder":
        model = AutoEncoder(SIZES[0], random_state=0, dtype=dtype).fit(X, epochs=0, backend=backend)
        compiled, batch, params = model._step(cross_entropy), [X], model.params
    else:
        model = DNN(SIZES, random_state=0, dtype=dtype).fit(X, Y, X, Y, False, epochs=0, backend=backend)
        compiled, batch = model._step(K, len(model.params), False), [X, Y]
        params = model.params[2:] + model.params[:2]  # the logistic layer last
    for p, value in zip(params, start, strict=True):
        p.set_value(value)
    scalars = [np.asarray(v, dtype) for v in (RATE, MU, 1 / B)]
    return compiled, batch, scalars, lambda: np.asarray(params[0].get_value())


def fit_loop(compiled, batch, dtype):
    """Give a function that times `count` batches in the loop of ``fit``, each from the one before it."""
    data = [np.concatenate([a] * (N // B)) for a in batch]
    hyper = {"learning_rate": RATE, "mu": MU, "scale": 1 / B}

    def block(count):
        stamps = []

        class Clock:
            def on_batch(self, progress):
                stamps.append(time.perf_counter())
                progress.stop = len(stamps) > count

            def __call__(self, progress):
                pass

        options = {"dtype": dtype, "stage": "", "measure": float, "monitor": None, "callbacks": [Clock()]}
        generator = np.random.RandomState(0)
        train(compiled, data, epochs=1, batch_sz=B, generator=generator, hyper=hyper, **options)
        return np.diff(stamps)

    return block


def torch_step(kind, dtype):
    import torch
    from torch.nn import functional as F

    X, Y, start = problem(kind, dtype)
    X, Y, params = torch.from_numpy(X), torch.from_numpy(Y).long(), [torch.from_numpy(p) for p in start]
    for p in params:
        p.requires_grad_()
    optimiser = torch.optim.SGD(params, lr=RATE, momentum=MU)

    def step():
        optimiser.zero_grad()
        H = X
        if kind == "auto-encoder":
            W, bh, bo = params
            H = torch.sigmoid(torch.addmm(bh, X, W))
            cost = F.binary_cross_entropy_with_logits(torch.addmm(bo, H, W.T), X, reduction="sum") / B
        else:
            for i in range(0, len(params) - 2, 2):
                H = torch.sigmoid(torch.addmm(params[i + 1], H, params[i]))
            cost = F.cross_entropy(torch.addmm(params[-1], H, params[-2]), Y)
        cost.backward()
        optimiser.step()

    return step, lambda: params[0].detach().numpy()


def jax_step(kind, dtype):
    import jax
    import jax.numpy as jnp

    X, Y, start = problem(kind, dtype)

    def cost(params, X, Y):
        if kind == "auto-encoder":
            W, bh, bo = params
            a = jax.nn.sigmoid(X @ W + bh) @ W.T + bo
            return (jax.nn.softplus(a) - X * a).sum() / B
        H = X
        for i in range(0, len(params) - 2, 2):
            H = jax.nn.sigmoid(H @ params[i] + params[i + 1])
        return -jnp.take_along_axis(jax.nn.log_softmax(H @ params[-2] + params[-1]), Y[:, None], 1).mean()

    @jax.jit
    def update(params, velocities, X, Y, rate, mu):
        gradients = jax.grad(cost)(params, X, Y)
        velocities = [mu * v - rate * g for v, g in zip(velocities, gradients, strict=True)]
        return [p + v for p, v in zip(params, velocities, strict=True)], velocities

    rate, mu = np.asarray(RATE, dtype), np.asarray(MU, dtype)
    state = [start, [np.zeros_like(p) for p in start]]

    def step():
        with jax.enable_x64(dtype == "float64"):
            state[:] = update(*state, X, Y, rate, mu)
        jax.block_until_ready(state)

    return step, lambda: np.asarray(state[0][0])


def each_call(step):
    """Give a function that times `count` calls."""

    def block(count):
        times = np.empty(count)
        for i in range(count):
            start = time.perf_counter()
            step()
            times[i] = time.perf_counter() - start
        return times

    return block


def contestants(kind, dtype):
    """Compile all that can run here, the products first; each comes as its block and its distance."""
    blocks = {"products alone": each_call(products_alone(kind, dtype)[0])}
    weights = {}

    def enter(name, step, first_layer):
        for _ in range(3):
            step()
        weights[name], blocks[name] = np.array(first_layer()), each_call(step)

    for backend in BACKENDS:
        try:
            get_backend(backend)
        except ValueError as error:
            print(error)
            continue
        compiled, batch, scalars, first_layer = udl_pt_step(kind, dtype, backend)
        enter(f"udl_pt, {backend}", lambda f=compiled, a=(*batch, *scalars): f(*a), first_layer)
        blocks[f"udl_pt, {backend}, with fit's loop"] = fit_loop(compiled, batch, dtype)
    for name, make in (("PyTorch, eager", torch_step), ("JAX, jitted", jax_step)):
        try:
            enter(name, *make(kind, dtype))
        except ImportError:
            print(f"{name}: not installed")
    reference = next(iter(weights.values()))
    return blocks, {name: float(np.abs(w - reference).max()) for name, w in weights.items()}


def measure(blocks, rounds):
    """Milliseconds a call, one row a round, of each; interleaved in blocks."""
    names, times = list(blocks), {name: [] for name in blocks}
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            time.sleep(REST)
            times[name].append(1e3 * blocks[name](WARM + TIMED)[WARM:])
    return {name: np.array(rows) for name, rows in times.items()}


def threads():
    """List each library's threads; XLA's own pool, which can't be asked, has one a core."""
    pools = {(p["internal_api"], os.path.basename(p["filepath"]), p["num_threads"]) for p in threadpool_info()}
    return [f"{os.cpu_count()} cores", *(f"{a} ({b}): {n} threads" for a, b, n in sorted(pools))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--dtype", nargs="+", default=["float32", "float64"], choices=["float32", "float64"])
    parser.add_argument("--quick", action="store_true", help="two rounds of float32")
    parser.add_argument("--json", metavar="FILE", help="write the table's numbers here, too")
    options = parser.parse_args()
    rounds, dtypes = (2, ["float32"]) if options.quick else (options.rounds, options.dtype)
    console, results = Console(), []
    columns = ("way", "ms (median)", "quartiles", "ratio", "in each round", "distance")
    for kind, dtype in ((kind, dtype) for kind in KINDS for dtype in dtypes):
        table = Table(*columns, title=f"{kind}, {dtype}")
        blocks, distance = contestants(kind, dtype)
        times = measure(blocks, rounds)
        alone = times["products alone"]
        for name, ms in times.items():
            low, middle, high = np.percentile(ms, [25, 50, 75])
            ratio = middle / np.median(alone)
            a, b = np.percentile(np.median(ms, axis=1) / np.median(alone, axis=1), [25, 75])
            apart = f"{distance[name]:.0e}" if name in distance else ""
            spread = f"{low:.2f} ... {high:.2f}"
            table.add_row(name, f"{middle:.2f}", spread, f"{ratio:.2f}", f"{a:.2f} ... {b:.2f}", apart)
            row = {"step": kind, "dtype": dtype, "way": name, "ms": middle, "quartiles": [low, high]}
            results.append(row | {"ratio": ratio, "ratio_quartiles": [a, b]})
        console.print(table)
    console.print("\n".join(threads()))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"threads": threads(), "rounds": rounds, "results": results}, file, indent=1)


if __name__ == "__main__":
    main()
