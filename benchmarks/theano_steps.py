"""Time training steps of Theano scripts: with `udl_pt.theano`, in PyTensor, and with the original Theano.

``python benchmarks/theano_steps.py [PYTHON] [--rounds N]``: with the path of a Python that has Theano it runs
there too. All use one BLAS thread. Each library runs in processes of its own, in turns. The table has the
median of the rounds in milliseconds; a ratio above 1 means that `udl_pt.theano` on C is faster.
``--json FILE`` writes the table (`records.py`).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

SECONDS = 0.6


def logistic(theano, T, streams, np):
    """Return a step of a logistic regression, 600 samples of 784 inputs."""
    rng = np.random.RandomState(0)
    data = theano.shared(rng.rand(6000, 784).astype(theano.config.floatX))
    labels = T.cast(theano.shared(rng.randint(10, size=6000).astype(theano.config.floatX)), "int32")
    W, b = (theano.shared(np.zeros(s, theano.config.floatX)) for s in ((784, 10), (10,)))
    i, x, y = T.lscalar(), T.matrix(), T.ivector()
    scores = T.dot(x, W) + b
    p = T.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
    rows = slice(i * 600, (i + 1) * 600)
    return [i], cost, [W, b], {x: data[rows], y: labels[rows]}


def perceptron(theano, T, streams, np):
    """Return a step of a network 784-500-10 with tanh and weight decay, 20 samples."""
    rng = np.random.RandomState(0)
    data = theano.shared(rng.rand(2000, 784).astype(theano.config.floatX))
    labels = T.cast(theano.shared(rng.randint(10, size=2000).astype(theano.config.floatX)), "int32")
    shapes = (784, 500), (500,), (500, 10), (10,)
    W, b, V, c = (theano.shared((0.05 * rng.randn(*s)).astype(theano.config.floatX)) for s in shapes)
    i, x, y = T.lscalar(), T.matrix(), T.ivector()
    scores = T.dot(T.tanh(T.dot(x, W) + b), V) + c
    scores -= scores.max(axis=1, keepdims=True)
    logs = scores - T.log(T.exp(scores).sum(axis=1, keepdims=True))
    cost = -T.mean(logs[T.arange(y.shape[0]), y]) + 0.0001 * ((W**2).sum() + (V**2).sum())
    rows = slice(i * 20, (i + 1) * 20)
    return [i], cost, [W, b, V, c], {x: data[rows], y: labels[rows]}


def denoising(theano, T, streams, np):
    """Return a step of a denoising auto-encoder 784-500, 20 samples, tied weights."""
    rng = np.random.RandomState(0)
    data = theano.shared(rng.rand(2000, 784).astype(theano.config.floatX))
    shapes = (784, 500), (500,), (784,)
    W, b, c = (theano.shared((0.05 * rng.randn(*s)).astype(theano.config.floatX)) for s in shapes)
    i, x = T.lscalar(), T.matrix()
    kept = T.cast(streams.uniform(size=(20, 784)) < 0.7, theano.config.floatX)
    z = T.nnet.sigmoid(T.dot(x * kept, W) + b) if hasattr(T, "nnet") else T.sigmoid(T.dot(x * kept, W) + b)
    scores = T.dot(z, W.T) + c
    out = T.nnet.sigmoid(scores) if hasattr(T, "nnet") else T.sigmoid(scores)
    cost = T.mean(-T.sum(x * T.log(out) + (1 - x) * T.log(1 - out), axis=1))
    return [i], cost, [W, b, c], {x: data[i * 20 : (i + 1) * 20]}


def recurrent(theano, T, streams, np):
    """Return a step of a recurrent network, 100 times, 10 samples, 64 hidden units."""
    rng = np.random.RandomState(0)
    shapes = (32, 64), (64, 64), (64, 8)
    U, W, V = (theano.shared((0.1 * rng.randn(*s)).astype(theano.config.floatX)) for s in shapes)
    data = theano.shared(rng.rand(100, 10, 32).astype(theano.config.floatX))
    start = T.zeros((10, 64), theano.config.floatX)
    scan = {"return_updates": False} if theano.__name__ == "pytensor" else {}
    h = theano.scan(
        lambda x, h: T.tanh(T.dot(x, U) + T.dot(h, W)), sequences=data, outputs_info=start, **scan
    )
    h = h if scan else h[0]
    return [], T.mean((T.dot(h, V) - 1) ** 2), [U, W, V], {}


def lenet(theano, T, streams, np):
    """Return a step of two layers of LeNet on 50 images."""
    if theano.__name__ == "pytensor":
        return None  # it has no convolution
    from theano.tensor.nnet import conv2d
    from theano.tensor.signal.pool import pool_2d

    rng = np.random.RandomState(0)
    data = theano.shared(rng.rand(50, 1, 28, 28).astype(theano.config.floatX))
    shapes = (20, 1, 5, 5), (50, 20, 5, 5), (800, 10)
    U, V, W = (theano.shared((0.1 * rng.randn(*s)).astype(theano.config.floatX)) for s in shapes)
    h = T.tanh(pool_2d(conv2d(data, U), ws=(2, 2), ignore_border=True))
    h = T.tanh(pool_2d(conv2d(h, V), ws=(2, 2), ignore_border=True))
    return [], T.mean((T.dot(h.flatten(2), W) - 1) ** 2), [U, V, W], {}


MODELS = {
    logistic: "logistic regression, 600 samples",
    perceptron: "network 784-500-10, 20 samples",
    denoising: "denoising auto-encoder 784-500, 20 samples",
    recurrent: "recurrent network, 100 times",
    lenet: "two layers of LeNet, 50 images",
}


def measure(library, mode):
    """Return seconds of a step of each model."""
    import numpy as np

    if library == "udl_pt":
        import udl_pt.theano

        udl_pt.theano.install()
    if library == "pytensor":
        import pytensor as theano
        import pytensor.tensor as T
        from pytensor.tensor.random.utils import RandomStream as RandomStreams
    else:
        import theano
        import theano.tensor as T
        from theano.tensor.shared_randomstreams import RandomStreams

    found = {}
    for model in MODELS:
        graph = model(theano, T, RandomStreams(1), np)
        if graph is None:
            continue
        inputs, cost, parameters, givens = graph
        rate = np.asarray(0.01, theano.config.floatX)
        updates = [(p, p - rate * g) for p, g in zip(parameters, T.grad(cost, parameters))]  # noqa: B905
        step = theano.function(inputs, cost, updates=updates, givens=givens, mode=mode)
        args = [0] * len(inputs)
        end = time.time() + 3 * SECONDS
        while time.time() < end:  # `udl_pt.theano` replaces quick code by fast code meanwhile
            step(*args)
        times, end = [], time.time() + SECONDS
        while time.time() < end:
            start = time.perf_counter()
            step(*args)
            times.append(time.perf_counter() - start)
        found[model.__name__] = sorted(times)[len(times) // 2]
    return found


def main():
    """Print the table."""
    worker = os.environ.get("UDL_PT_BENCHMARK_WORKER")
    if worker:
        library, mode = worker.split()
        print(json.dumps(measure(library, None if mode == "default" else mode)))
        return
    import records  # the interpreter that has Theano lacks these
    from rich.console import Console
    from rich.table import Table

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", nargs="?", help="path of a Python that has Theano")
    parser.add_argument("--rounds", type=int, default=3)
    records.add_json(parser)
    args = parser.parse_args()
    contenders = {
        "here, C": (sys.executable, "udl_pt CVM"),
        "here, Numba": (sys.executable, "udl_pt NUMBA"),
        "PyTensor, CVM": (sys.executable, "pytensor CVM"),
        "PyTensor, NUMBA": (sys.executable, "pytensor NUMBA"),
    }
    if args.python:
        contenders["Theano"] = (args.python, "theano default")
    table = Table("step", "dtype", *contenders, title="A training step of Theano scripts")
    for dtype in "float32", "float64":
        rounds = {name: [] for name in contenders}
        for _ in range(args.rounds):
            for name, (python, worker) in contenders.items():
                flags = f"{os.environ.get('THEANO_FLAGS', '')},floatX={dtype}".lstrip(",")
                env = {**os.environ, "UDL_PT_BENCHMARK_WORKER": worker, "OPENBLAS_NUM_THREADS": "1"}
                env.update(THEANO_FLAGS=flags)
                env["PYTENSOR_FLAGS"] = f"{env.get('PYTENSOR_FLAGS', '')},floatX={dtype}".lstrip(",")
                run = subprocess.run([python, __file__], env=env, capture_output=True, text=True, check=True)
                rounds[name].append(json.loads(run.stdout.splitlines()[-1]))
        for model, description in MODELS.items():
            cells = []
            ours = statistics.median(r[model.__name__] for r in rounds["here, C"])
            for name in contenders:
                seconds = [r[model.__name__] for r in rounds[name] if model.__name__ in r]
                median = statistics.median(seconds) if seconds else None
                cells.append(f"{1e3 * median:.2f} ({median / ours:.2f})" if seconds else "-")
            table.add_row(description, dtype, *cells)
    Console().print(table)
    conditions = "milliseconds, in brackets divided by those of the first column; one BLAS thread"
    records.write(args.json, table, conditions=conditions)


if __name__ == "__main__":
    main()
