"""The book's models on the original Theano, to time and to check the port against it.

This file is a script that is never imported. Theano's last release, 1.0.5, needs an older Python and NumPy
than the rest of the library (Python 3.7 and NumPy 1.19 will do). So another process starts
``PYTHON _theano_worker.py`` with such a Python and talks to it in lines. This file keeps to that Python's
syntax, and imports only its standard library, NumPy and Theano.

The models are the book's listings, with weights, shuffles and draws in the order of `udl_pt`, so that both
take the same steps. The seed's generator draws the weights, from the input on, and then shuffles the rows
before each epoch. The next seed's generator draws the uniforms of the Gibbs chains. Nothing is pretrained.

Notes
-----
The parent sets in the environment when it started the process (``UDL_PT_START``, its ``time.time()``) and
how Theano is configured (``THEANO_FLAGS``). Its first line is the task, in JSON:

``kind``
    ``"autoencoder"``, ``"rbm"`` or ``"dnn"``.
``sizes``
    Hidden units of each layer; one layer unless it is a dnn.
``dtype``, ``seed``
    Of all arrays, ``"float64"`` or ``"float32"``; of the generators.
``data``
    An npz file with X, of shape (N, D), and Y, the N labels.
``fit``
    ``learning_rate``, ``mu``, ``batch_sz``, and for the rbm ``k``, Gibbs steps (default 1).
``steps``, ``checkpoints``, ``prefix``
    Number of steps; those, counted from 1, after which ``prefix-<step>.npz`` gets the parameters.

When standard input ends, the process ends, since its parent has ended.

The answers are lines of JSON. ``imported`` and ``first`` have the seconds from the start until the libraries
were imported and the first step was done. Then each line with a number asks for so many steps. ``block``
answers with the milliseconds from step to step, which include gathering the rows and the draws. After the
last step, or an empty line, ``done`` has the largest memory use of the process in bytes.
"""

from __future__ import annotations

import functools
import json
import os
import queue
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

# Python looks beside a script first, where `random` is this library's own: last, then.
sys.path.sort(key=lambda path: os.path.realpath(path) == os.path.dirname(os.path.realpath(__file__)))

import numpy as np
import theano  # type: ignore[import-not-found]
import theano.tensor as T  # type: ignore[import-not-found]


def main() -> None:
    """Run the task of the first line, as many steps at a time as each further line says."""
    start = float(os.environ["UDL_PT_START"])
    tell("imported", seconds=time.time() - start)

    task = json.loads(lines_in().get())
    with np.load(task["data"]) as data:
        X, Y = data["X"], data["Y"].astype("int32")
    rng = np.random.RandomState(task["seed"])
    params, step = MODELS[task["kind"]](task, X, Y, rng)
    batches = shuffled_batches(len(X), task["fit"]["batch_sz"], rng)

    step(next(batches))
    tell("first", seconds=time.time() - start)
    done = 1
    save_if_wanted(task, done, params)
    while done < task["steps"]:
        line = lines_in().get().strip()
        if not line:
            break
        ms = []
        before = time.perf_counter()
        for _ in range(min(int(line), task["steps"] - done)):
            step(next(batches))
            after = time.perf_counter()
            ms.append(1e3 * (after - before))
            done += 1
            before = time.perf_counter() if save_if_wanted(task, done, params) else after
        tell("block", ms=ms)
    tell("done", peak_memory=peak_memory())


def autoencoder(task: Any, X: Any, Y: Any, rng: Any) -> tuple[list[Any], Callable[[Any], Any]]:
    """Build chapter 3's auto-encoder: ``X -> Z = s(XW + bh) -> X_hat = s(ZW' + bo)``.

    The cost is the cross-entropy, computed from logits and divided by all N.

    Parameters
    ----------
    task : dict
        The task in the first line of the parent.
    X, Y : ndarray of shape (N, D) and (N,)
        Data and labels; the labels are not used.
    rng : numpy.random.RandomState
        Source of the weights.

    Returns
    -------
    params : list of SharedVariable
    step : callable
        Trains on the rows of these numbers.
    """
    dtype, (N, D), (M,) = task["dtype"], X.shape, task["sizes"]
    W = weights("W", (D, M), rng, dtype)
    bh = zeros("bh", M, dtype)
    bo = zeros("bo", D, dtype)
    params = [W, bh, bo]

    X_in = T.matrix("X_in", dtype)  # (B, D)
    Z = T.nnet.sigmoid(X_in.dot(W) + bh)  # (B, M)
    a = Z.dot(W.T) + bo  # (B, D), X_hat's logits
    # -X log s(a) - (1 - X) log(1 - s(a)), for every a
    cost = (T.nnet.softplus(a) - X_in * a).sum() / np.asarray(N, dtype)
    train_op = theano.function([X_in], updates=momentum_updates(cost, params, task))

    return params, lambda rows: train_op(np.asarray(X[rows], dtype))


def rbm(task: Any, X: Any, Y: Any, rng: Any) -> tuple[list[Any], Callable[[Any], Any]]:
    """Build chapter 4's RBM with the cost ``mean(F(v0)) - mean(F(v1))``, v1 drawn from v0 in k Gibbs steps.

    Parameters
    ----------
    task : dict
        The task in the first line of the parent.
    X, Y : ndarray of shape (N, D) and (N,)
        Data and labels; the labels are not used.
    rng : numpy.random.RandomState
        Source of the weights.

    Returns
    -------
    params : list of SharedVariable
    step : callable
        Trains on the rows of these numbers.
    """
    dtype, (_, D), (M,) = task["dtype"], X.shape, task["sizes"]
    B, k = task["fit"]["batch_sz"], task["fit"].get("k", 1)
    W = weights("W", (D, M), rng, dtype)
    c = zeros("c", M, dtype)
    b = zeros("b", D, dtype)
    params = [W, c, b]

    def free_energy(V: Any) -> Any:
        return -V.dot(b) - T.sum(T.nnet.softplus(V.dot(W) + c), axis=1)  # (B,)

    X_in = T.matrix("X_in", dtype)  # (B, D)
    for_h = T.tensor3("for_h", dtype)  # (k, B, M), uniform
    for_v = T.tensor3("for_v", dtype)  # (k, B, D), uniform
    V = X_in
    for i in range(k):
        H = T.cast(for_h[i] < T.nnet.sigmoid(V.dot(W) + c), dtype)  # (B, M)
        V = T.cast(for_v[i] < T.nnet.sigmoid(H.dot(W.T) + b), dtype)  # (B, D)
    cost = T.mean(free_energy(X_in)) - T.mean(free_energy(V))
    train_op = theano.function(
        [X_in, for_h, for_v], updates=momentum_updates(cost, params, task, constant=[V])
    )

    draws = np.random.RandomState(task["seed"] + 1)
    h, v = np.empty((k, B, M), dtype), np.empty((k, B, D), dtype)

    def step(rows: Any) -> None:
        for i in range(k):
            h[i] = draws.random_sample((B, M))
            v[i] = draws.random_sample((B, D))
        train_op(np.asarray(X[rows], dtype), h, v)

    return params, step


def dnn(task: Any, X: Any, Y: Any, rng: Any) -> tuple[list[Any], Callable[[Any], Any]]:
    """Build chapter 3's network: sigmoid layers, a softmax on top, and the cost ``-mean(log pY[targets])``.

    Parameters
    ----------
    task : dict
        The task in the first line of the parent.
    X, Y : ndarray of shape (N, D) and (N,)
        Data and labels.
    rng : numpy.random.RandomState
        Source of the weights.

    Returns
    -------
    params : list of SharedVariable
    step : callable
        Trains on the rows of these numbers.
    """
    dtype, n_in, K = task["dtype"], X.shape[1], len(set(Y.tolist()))
    X_in = T.matrix("X_in", dtype)  # (B, D)
    targets = T.ivector("targets")  # (B,)
    hidden_params = []
    Z = X_in
    for i, M in enumerate(task["sizes"]):
        hidden_W = weights(f"hidden_W{i}", (n_in, M), rng, dtype)
        hidden_b = zeros(f"hidden_b{i}", M, dtype)
        Z = T.nnet.sigmoid(Z.dot(hidden_W) + hidden_b)  # (B, M)
        hidden_params += [hidden_W, hidden_b]
        n_in = M
    W = weights("W", (n_in, K), rng, dtype)
    b = zeros("b", K, dtype)
    params = [W, b, *hidden_params]

    pY = T.nnet.softmax(Z.dot(W) + b)  # (B, K)
    cost = -T.mean(T.log(pY)[T.arange(targets.shape[0]), targets])
    train_op = theano.function([X_in, targets], updates=momentum_updates(cost, params, task))

    return params, lambda rows: train_op(np.asarray(X[rows], dtype), Y[rows])


MODELS = {"autoencoder": autoencoder, "rbm": rbm, "dnn": dnn}


def momentum_updates(cost: Any, params: list[Any], task: Any, constant: list[Any] | None = None) -> list[Any]:
    """Return the updates ``v <- mu v - learning_rate dJ/dp``, ``p <- p + v``; no velocities where mu is 0."""
    learning_rate = T.constant(task["fit"]["learning_rate"], dtype=task["dtype"])
    mu = T.constant(task["fit"]["mu"], dtype=task["dtype"])
    updates = []
    for p in params:
        change = -learning_rate * T.grad(cost, p, consider_constant=constant)
        if task["fit"]["mu"] > 0:
            v = zeros(f"d{p.name}", p.get_value().shape, task["dtype"])
            change = mu * v + change
            updates.append((v, change))
        updates.append((p, p + change))
    return updates


def weights(name: str, shape: tuple[int, int], rng: Any, dtype: str) -> Any:
    """Draw initial weights: standard normal, divided by the root of the sum of the dimensions."""
    return theano.shared(np.asarray(rng.randn(*shape) / np.sqrt(sum(shape)), dtype), name)


def zeros(name: str, shape: int | tuple[int, ...], dtype: str) -> Any:
    """Create biases or velocities of zeros."""
    return theano.shared(np.zeros(shape, dtype), name)


def shuffled_batches(N: int, batch_sz: int, rng: Any) -> Iterator[Any]:
    """Yield the rows of each batch, epoch after epoch, in the order of `udl_pt.training.loop.train`."""
    order = np.arange(N)
    while True:
        shuffled = np.arange(N)
        rng.shuffle(shuffled)
        order = order[shuffled]
        for j in range(N // batch_sz):
            yield order[j * batch_sz : (j + 1) * batch_sz]


def save_if_wanted(task: Any, step: int, params: list[Any]) -> bool:
    """Save the parameters if the task has a checkpoint at this step, and return whether it has."""
    if step not in task["checkpoints"]:
        return False
    np.savez(f"{task['prefix']}-{step}.npz", **{p.name: p.get_value() for p in params})
    return True


def peak_memory() -> int:
    """Return the largest memory use of this process so far, in bytes."""
    if sys.platform == "linux":
        # there getrusage begins at the parent's own peak
        with open("/proc/self/status") as status:
            return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def tell(event: str, **what: Any) -> None:
    """Write one line to the parent process."""
    print(json.dumps(dict(what, event=event)), file=lines_out(), flush=True)


@functools.lru_cache(maxsize=None)  # noqa: UP033 (as 3.7 has it)
def lines_in() -> Any:
    """Return a queue of the parent's lines; end this process, whatever it is doing, once the parent ends."""
    lines: Any = queue.Queue()

    def read() -> None:
        # unbuffered: the lock of a buffer that this thread waits in would disturb Python's exit
        with open(0, "rb", buffering=0, closefd=False) as source:
            for line in source:
                lines.put(line)
        os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    return lines


@functools.lru_cache(maxsize=None)  # noqa: UP033 (as 3.7 has it)
def lines_out() -> Any:
    """Return the original standard output, for our lines; redirect other output to standard error."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return out


if __name__ == "__main__":
    main()
