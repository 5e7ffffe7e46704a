"""One training step against its matrix products alone, against PyTorch and against JAX.

    python benchmarks/step.py [--rounds 8] [--dtype float32 float64]

The step is the book's: batches of 100 of 784 pixels; one auto-encoder of 1,000 hidden units, and the
fine-tuning of [1000, 750, 500] with ten classes; momentum, costs from logits. What is timed of udl_pt is
what `fit` calls for each batch, with its check that the step is finite. "products alone" are the same
step's matrix products by ``numpy.dot`` with ``out=``, and nothing else. PyTorch and JAX take part where they
are installed; JAX is waited for.

NumPy and SciPy bring a BLAS each, whose idle threads spin for a while, so contestants run in blocks, each
after a rest and with calls to warm up, and take turns in another order each round. The table gives medians,
quartiles and the ratio to the products alone of the same run.
"""

import argparse
import time
from itertools import pairwise

import numpy as np
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_info

from udl_pt import DNN, AutoEncoder
from udl_pt.backend import BACKENDS, get_backend
from udl_pt.graph import cross_entropy

B, D, SIZES, K = 100, 784, [1000, 750, 500], 10
REST, WARM, TIMED = 0.2, 5, 20  # seconds, calls, calls
RATE, MU = 0.01, 0.9


def products_alone(kind, dtype):
    """Do the step's products: forward, weights' gradients, and deltas back to all layers but the input."""
    rs = np.random.RandomState(0)
    widths = [D, SIZES[0]] if kind == "auto-encoder" else [D, *SIZES, K]
    pairs = list(pairwise(widths))
    A = [rs.rand(B, w).astype(dtype) for w in widths]
    W = [rs.randn(m, n).astype(dtype) for m, n in pairs]
    todo = [(A[i], W[i]) for i in range(len(W))] + [(A[i].T, A[i + 1]) for i in range(len(W))]
    if kind == "auto-encoder":
        todo += [(A[1], W[0].T), (A[0], W[0]), (A[0].T, A[1])]
    else:
        todo += [(A[i + 1], W[i].T) for i in range(1, len(W))]
    todo = [(x, y, np.empty((x.shape[0], y.shape[1]), dtype)) for x, y in todo]

    def step():
        for x, y, out in todo:
            np.dot(x, y, out=out)

    return step


def data(dtype):
    rs = np.random.RandomState(0)
    return rs.rand(B, D).astype(dtype), (np.arange(B) % K).astype("int32")


def udl_pt_step(kind, dtype, backend):
    X, Y = data(dtype)
    if kind == "auto-encoder":
        ae = AutoEncoder(SIZES[0], random_state=0, dtype=dtype).fit(X, epochs=0, backend=backend)
        compiled, batch = ae._step(cross_entropy), (X,)
    else:
        dnn = DNN(SIZES, random_state=0, dtype=dtype).fit(X, Y, X, Y, False, epochs=0, backend=backend)
        compiled, batch = dnn._step(K, len(dnn.params), False), (X, Y)
    scalars = [np.asarray(v, dtype) for v in (RATE, MU, 1 / B)]
    return lambda: compiled(*batch, *scalars)


def torch_step(kind, dtype):
    import torch
    from torch.nn import functional as F

    X, Y = (torch.from_numpy(a) for a in data(dtype))
    Y = Y.long()
    rs = np.random.RandomState(0)
    widths = [D, SIZES[0]] if kind == "auto-encoder" else [D, *SIZES, K]
    params = []
    for m, n in pairwise(widths):
        params += [torch.from_numpy((rs.randn(m, n) / 40).astype(dtype)), torch.zeros(n, dtype=X.dtype)]
    if kind == "auto-encoder":
        params.append(torch.zeros(D, dtype=X.dtype))
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

    return step


def jax_step(kind, dtype):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    X, Y = data(dtype)
    rs = np.random.RandomState(0)
    widths = [D, SIZES[0]] if kind == "auto-encoder" else [D, *SIZES, K]
    params = []
    for m, n in pairwise(widths):
        params += [jnp.asarray((rs.randn(m, n) / 40).astype(dtype)), jnp.zeros(n, dtype)]
    if kind == "auto-encoder":
        params.append(jnp.zeros(D, dtype))
    state = [params, [jnp.zeros_like(p) for p in params]]

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

    def step():
        state[:] = update(*state, X, Y, rate, mu)
        jax.block_until_ready(state)

    return step


def contestants(kind, dtype):
    """All that can run here; the products first."""
    steps = {"products alone": products_alone(kind, dtype)}
    for backend in BACKENDS:
        try:
            get_backend(backend)
        except ValueError as error:
            print(error)
            continue
        steps[f"udl_pt, {backend}"] = udl_pt_step(kind, dtype, backend)
    for name, make in (("PyTorch, eager", torch_step), ("JAX, jitted", jax_step)):
        try:
            steps[name] = make(kind, dtype)
        except ImportError:
            print(f"{name}: not installed")
    return steps


def measure(steps, rounds):
    """Milliseconds a call of each, interleaved in blocks."""
    names = list(steps)
    times = {name: [] for name in names}
    for step in steps.values():
        step()
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            time.sleep(REST)
            for _ in range(WARM):
                steps[name]()
            for _ in range(TIMED):
                start = time.perf_counter()
                steps[name]()
                times[name].append(1e3 * (time.perf_counter() - start))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--dtype", nargs="+", default=["float32", "float64"])
    options = parser.parse_args()
    console = Console()
    for kind in ("auto-encoder", "fine-tuning"):
        for dtype in options.dtype:
            times = measure(contestants(kind, dtype), options.rounds)
            table = Table("way", "ms (median)", "quartiles", "ratio", title=f"{kind}, {dtype}")
            alone = np.median(times["products alone"])
            for name, ms in times.items():
                low, middle, high = np.percentile(ms, [25, 50, 75])
                table.add_row(name, f"{middle:.2f}", f"{low:.2f} ... {high:.2f}", f"{middle / alone:.2f}")
            console.print(table)
    pools = {(p["internal_api"], p.get("version"), p["num_threads"]) for p in threadpool_info()}
    console.print(
        "thread pools:", ", ".join(f"{a} {v or ''}: {n} threads" for a, v, n in sorted(pools, key=str))
    )


if __name__ == "__main__":
    main()
