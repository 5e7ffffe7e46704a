"""One training step against its matrix products alone, against PyTorch, JAX and scikit-learn.

    python benchmarks/step.py [--kind auto-encoder fine-tuning rbm] [--rounds 8] [--dtype float32 float64]
                              [--quick] [--json FILE]

The step is the book's, with momentum and costs from logits: batches of 100 of 784 pixels, an auto-encoder of
1,000 hidden units, the fine-tuning of [1000, 750, 500] with ten classes, and CD-1 of an RBM of 1,000 hidden
units, draws included, without momentum as in the book. All get the same batch and first weights; "apart" is
the first layer's largest difference from the first backend's after three steps (of CD-1 only udl_pt's
backends make the same draws). "products alone" are the step's matrix products by ``numpy.dot`` with ``out=``.
"udl_pt" is what `fit` calls for each batch, checks included; "in fit" the time from batch to batch in `fit`'s
loop, which gathers the rows from 20,000. PyTorch (eager) and JAX (jitted, waited for) take part where they
are installed; both get CD-1 written out, which is faster than differentiating the free energy. scikit-learn's
is `BernoulliRBM.partial_fit`.

Unless it has to be quick, the seconds from the process's start to the first results follow (`start.py`).

NumPy and SciPy bring a BLAS each, whose idle threads spin for a while, so candidates run in blocks, each
after a rest and with calls to warm up, and take turns in another order each round.
"""

import argparse
import time
from dataclasses import replace
from functools import partial
from itertools import accumulate, pairwise, product

import machine
import numpy as np
import start
from output import json_file, write_json
from rich.console import Console
from rich.table import Table

from udl_pt import DNN, RBM, AutoEncoder
from udl_pt.backends import BACKENDS
from udl_pt.models._rbm.contrastive_divergence import Sampler, contrastive_step
from udl_pt.symbolic.costs import cross_entropy
from udl_pt.training.held_out import HeldOut
from udl_pt.training.loop import train
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

B, D, SIZES, K, N = 100, 784, [1000, 750, 500], 10, 20_000
REST, WARM, TIMED = 0.2, 5, 20  # seconds, calls, calls
RATE, MU = 0.01, 0.9
AE, DEEP, CD = KINDS = ("auto-encoder", "fine-tuning", "rbm")


def problem(kind, dtype):
    """Return batch, labels and first parameters: [W, b, W, b, ...]; of one layer [W, hidden, visible]."""
    rs = np.random.RandomState(0)
    X, Y, params = rs.rand(B, D).astype(dtype), (np.arange(B) % K).astype("int32"), []
    for m, n in pairwise([D, *SIZES, K] if kind == DEEP else [D, SIZES[0]]):
        params += [(rs.randn(m, n) / np.sqrt(m + n)).astype(dtype), np.zeros(n, dtype)]
    return X, Y, params if kind == DEEP else [*params, np.zeros(D, dtype)]


def logits(kind, params, H, affine, sigmoid):
    params = [*params[:2], params[0].T, params[2]] if kind == AE else params
    for i in range(0, len(params) - 2, 2):
        H = sigmoid(affine(params[i + 1], H, params[i]))
    return affine(params[-1], H, params[-2])


def products_alone(kind, dtype):
    """Do the step's products: forward, weights' gradients, and deltas back to all layers but the input."""
    X, _, params = problem(kind, dtype)
    W = [p for p in params if p.ndim == 2]
    A = list(accumulate(W, lambda H, w: 1 / (1 + np.exp(-H @ w)), initial=X))
    # what comes down from the hidden units, what goes up again, and the second gradient of the weights
    back = [(A[1], W[0].T), (A[0], W[0]), (A[0].T, A[1])] if kind != DEEP else []
    back += [(A[i].T, A[i + 1]) for i in range(len(W))] + [(A[i + 1], W[i].T) for i in range(1, len(W))]
    todo = [(x, y, np.empty((len(x), y.shape[1]), dtype)) for x, y in [*zip(A, W, strict=False), *back]]
    return lambda: [np.dot(x, y, out=out) for x, y, out in todo]


def udl_pt_step(backend, kind, dtype):
    X, Y, start = problem(kind, dtype)
    if kind == AE:
        model = AutoEncoder(SIZES[0], random_state=0, dtype=dtype).fit(X, epochs=0, backend=backend)
        compiled, batch, params = model._step(cross_entropy, 1 / B), [X], model.params
    elif kind == CD:
        model = RBM(SIZES[0], rng=0, random_state=0, dtype=dtype).fit(X, epochs=0, backend=backend)
        options = {"binarize": False, "centre": None, "backend": backend, "name": "cd1"}
        compiled = contrastive_step(model, Sampler(1, 0, 1), None, batch_sz=B, **options)
        batch, params = [X], model.params
    else:
        model = DNN(SIZES, random_state=0, dtype=dtype).fit(X, Y, X, Y, False, epochs=0, backend=backend)
        compiled, batch = model._step(K, 1 / B), [X, Y]
        params = model.params[2:] + model.params[:2]  # the logistic layer last
    for p, value in zip(params, start, strict=True):
        p.set_value(value)
    mu = 0 if kind == CD else MU
    arguments = [*batch, *(np.asarray(v, dtype) for v in (RATE, mu))]
    data = tuple(np.concatenate([a] * (N // B)) for a in batch)
    rates = Rates(dtype, learning_rate=RATE, mu=mu)
    once = Run(data, HeldOut(), rates, epochs=1, batch_sz=B, monitor=None, callbacks=(), dtype=dtype)

    def in_fit(count):
        stamps = []

        def clock(progress):
            stamps.append(time.perf_counter())
            progress.stop = len(stamps) > count

        clock.on_batch = clock
        train(compiled, replace(once, callbacks=(clock,)), generator=np.random, stage="", measure=dict)
        return np.diff(stamps[: count + 1])  # the last is the epoch's

    return lambda: compiled(*arguments), params[0].get_value, in_fit


def torch_step(kind, dtype):
    import torch
    from torch.nn import functional as F

    X, Y, start = problem(kind, dtype)
    if kind == CD:
        v0, (W, c, b) = torch.from_numpy(X), map(torch.from_numpy, start)

        def cd1():
            p0 = torch.sigmoid(torch.addmm(c, v0, W))
            v1 = torch.bernoulli(torch.sigmoid(torch.addmm(b, torch.bernoulli(p0), W.T)))
            p1 = torch.sigmoid(torch.addmm(c, v1, W))
            W.addmm_(v0.T, p0, alpha=RATE / B).addmm_(v1.T, p1, alpha=-RATE / B)
            c.add_((p0 - p1).sum(0), alpha=RATE / B)
            b.add_((v0 - v1).sum(0), alpha=RATE / B)

        return cd1, W.numpy
    X, Y, params = torch.from_numpy(X), torch.from_numpy(Y).long(), [torch.from_numpy(p) for p in start]
    optimiser = torch.optim.SGD([p.requires_grad_() for p in params], lr=RATE, momentum=MU)
    cost, target = (F.binary_cross_entropy_with_logits, X) if kind == AE else (F.cross_entropy, Y)

    def step():
        optimiser.zero_grad()
        a = logits(kind, params, X, torch.addmm, torch.sigmoid)
        (cost(a, target, reduction="sum") / B).backward()
        optimiser.step()

    return step, lambda: params[0].detach().numpy()


def jax_step(kind, dtype):
    import jax

    X, Y, start = problem(kind, dtype)

    def cost(params, X, Y):
        a = logits(kind, params, X, lambda b, x, W: x @ W + b, jax.nn.sigmoid)
        if kind == AE:
            return (jax.nn.softplus(a) - X * a).sum() / B
        return -(jax.nn.log_softmax(a) * jax.nn.one_hot(Y, K, dtype=dtype)).sum() / B

    @jax.jit
    def update(params, velocities, X, Y):
        gradients = jax.grad(cost)(params, X, Y)
        velocities = [MU * v - RATE * g for v, g in zip(velocities, gradients, strict=True)]
        return [p + v for p, v in zip(params, velocities, strict=True)], velocities

    @jax.jit
    def cd1(params, key, v0, _):
        (W, c, b), (key, for_h, for_v) = params, jax.random.split(key, 3)
        p0 = jax.nn.sigmoid(v0 @ W + c)
        h = (jax.random.uniform(for_h, p0.shape, dtype) < p0).astype(dtype)
        v1 = (jax.random.uniform(for_v, v0.shape, dtype) < jax.nn.sigmoid(h @ W.T + b)).astype(dtype)
        p1 = jax.nn.sigmoid(v1 @ W + c)
        gradients = [v0.T @ p0 - v1.T @ p1, (p0 - p1).sum(0), (v0 - v1).sum(0)]
        return [p + RATE / B * g for p, g in zip(params, gradients, strict=True)], key

    state = [start, jax.random.PRNGKey(0) if kind == CD else [np.zeros_like(p) for p in start]]
    jitted = cd1 if kind == CD else update

    def step():
        with jax.enable_x64(dtype == "float64"):
            state[:] = jax.block_until_ready(jitted(*state, X, Y))

    return step, lambda: state[0][0]


def sklearn_step(kind, dtype):
    from sklearn.neural_network import BernoulliRBM

    if kind != CD:
        raise ValueError("it has no such model")
    X, _, (W, c, b) = problem(kind, dtype)
    rbm = BernoulliRBM(SIZES[0], learning_rate=RATE, random_state=0)
    rbm.partial_fit(X)
    rbm.components_, rbm.intercept_hidden_, rbm.intercept_visible_ = np.asarray(W.T, order="F"), c, b
    return lambda: rbm.partial_fit(X), lambda: rbm.components_.T


def each_call(step, count):
    stamps = [time.perf_counter()]
    for _ in range(count):
        step()
        stamps.append(time.perf_counter())
    return np.diff(stamps)


def candidates(kind, dtype):
    """Return what times `count` calls of each that can run here, and how far their results are apart."""
    makers = {f"udl_pt, {backend}": partial(udl_pt_step, backend) for backend in BACKENDS}
    makers |= {"PyTorch": torch_step, "JAX": jax_step, "scikit-learn": sklearn_step}
    blocks, first_layers = {"products alone": partial(each_call, products_alone(kind, dtype))}, {}
    for name, make in makers.items():
        try:
            step, first_layer, *in_fit = make(kind, dtype)
        except (ImportError, ValueError) as error:
            print(f"{name} doesn't take part in {kind}: {error}")
            continue
        each_call(step, 3)
        first_layers[name], blocks[name] = np.array(first_layer()), partial(each_call, step)
        if in_fit:
            blocks[f"{name}, in fit"] = in_fit[0]
    first, *_ = first_layers.values()
    return blocks, {name: f"{np.abs(w - first).max():.0e}" for name, w in first_layers.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--dtype", nargs="+", default=["float32", "float64"], choices=["float32", "float64"])
    parser.add_argument("--quick", action="store_true", help="two rounds of float32")
    parser.add_argument("--json", metavar="FILE", type=json_file, help="write the numbers here, too")
    options = parser.parse_args()
    rounds, dtypes = (2, ["float32"]) if options.quick else (options.rounds, options.dtype)
    results = []
    for kind, dtype in product(options.kind, dtypes):
        table = Table("way", "median ms", "quartiles", "ratio", "apart", title=f"{kind}, {dtype}")
        blocks, apart = candidates(kind, dtype)
        times = {name: [] for name in blocks}
        for turn in range(rounds):
            for name in np.roll(list(blocks), -turn):
                time.sleep(REST)
                times[name].extend(1e3 * blocks[name](WARM + TIMED)[WARM:])
        for name, ms in times.items():
            low, middle, high = np.percentile(ms, [25, 50, 75])
            ratio = middle / np.median(times["products alone"])
            spread = f"{low:.2f}...{high:.2f}"
            table.add_row(name, f"{middle:.2f}", spread, f"{ratio:.2f}", apart.get(name, ""))
            results.append([kind, dtype, name, low, middle, high, ratio])
        Console().print(table)
    print(f"{machine.describe()}; JAX has a thread of its own for each core")
    if not options.quick:
        start.main([])
    # results: step, dtype, way, quartile, median, quartile, ratio
    write_json(options.json, {"threads": machine.pools(), "results": results})


if __name__ == "__main__":
    main()
