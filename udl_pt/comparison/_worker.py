"""One way of training a model, in a process of its own, as `udl_pt.compare` measures it.

A process calls `main` with a backend (``numba``, ``c``, ``jax``) or an eager twin (``numpy``, ``torch``) as
its argument. It exchanges the lines that `udl_pt.comparison._theano_worker` describes. Its task has more
entries. ``options`` and ``model`` are pickle files. One holds further arguments of the model's constructor,
the other a model that is trained itself, or None. ``path`` lists folders where its class may be found. Steps
are those of the models' own ``fit``, timed from batch to batch, with JAX waited for.
"""

import functools
import importlib
import json
import os
import pickle
import queue
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

import numpy as np

from udl_pt._support.memory import peak
from udl_pt.backends import BACKENDS, get_backend
from udl_pt.models.rbm import RBM
from udl_pt.symbolic.chance import Chance, WithChance
from udl_pt.symbolic.random import RandomStreams
from udl_pt.training.parameters import parameter_array
from udl_pt.training.progress import Progress

__all__ = ["CLASSES", "TWINS", "main", "prepared", "way_of"]

TWINS = {"numpy": "udl_pt.eager", "torch": "udl_pt.eager.torch"}
CLASSES = {"autoencoder": "AutoEncoder", "rbm": "RBM", "dnn": "DNN"}


def main() -> None:
    """Run the task of the first line, as many steps at a time as each further line says."""
    way, start = sys.argv[1], float(os.environ["UDL_PT_START"])
    lines_out()
    module = way_of(way)
    tell("imported", seconds=time.time() - start)

    task = json.loads(next(lines_in()))
    training = TrainingOnDemand(task, start)
    model, data, fit = prepared(module, task)
    if way in BACKENDS:
        fit["backend"] = way
    fit["epochs"] = -(-task["steps"] // (len(data[0]) // fit["batch_sz"]))
    model.fit(*data, **fit, monitor=None, callbacks=[training])
    tell("done", peak_memory=peak())


def way_of(name: str) -> ModuleType:
    """Import the module whose classes train that way, and the backend's library.

    Parameters
    ----------
    name : {"numba", "c", "jax", "numpy", "torch"}
        A backend or an eager twin.

    Returns
    -------
    module
        `udl_pt`, `udl_pt.eager` or `udl_pt.eager.torch`.
    """
    if name in BACKENDS:
        get_backend(name)
    if name == "numba":
        importlib.import_module(name)  # which the first compilation would else
    return importlib.import_module(TWINS.get(name, "udl_pt"))


def prepared(module: ModuleType, task: dict[str, Any]) -> tuple[Any, list[np.ndarray], dict[str, Any]]:
    """Create or load a model, and return it with the data and the arguments of its ``fit``.

    Parameters
    ----------
    module : module
        The module of the model's class.
    task : dict
        The task that the parent process sent.

    Returns
    -------
    model : AutoEncoder, RBM or DNN
    arrays : list of ndarray
        Images; for a network images and labels, twice, to train on and to test on.
    fit : dict
        Arguments of ``fit``.
    """
    kind, seed = task["kind"], task["seed"]
    sys.path += [entry for entry in task["path"] if entry not in sys.path]  # last: they shadow nothing
    options = {"random_state": seed, "dtype": task["dtype"]}
    options |= pickle.loads(Path(task["options"]).read_bytes())
    if kind == "rbm":
        options["rng"] = np.random.RandomState(seed + 1)
    model = pickle.loads(Path(task["model"]).read_bytes())
    with np.load(task["data"]) as arrays:
        X, Y = arrays["X"], arrays["Y"]
    fit = dict(task["fit"])
    if model is None:
        sizes = [task["sizes"]] if kind == "dnn" else task["sizes"]
        model = getattr(module, CLASSES[kind])(*sizes, **options)
    else:
        restart(model, seed)
    return (model, [X, Y, X, Y], fit | {"pretrain": False}) if kind == "dnn" else (model, [X], fit)


def restart(model: Any, seed: int) -> None:
    """Seed a model and its layers as ``random_state=seed`` would; an RBM's draws with ``seed + 1``."""
    layers = [layer for layer in getattr(model, "hidden_layers", ()) if isinstance(layer, WithChance)]
    model._chance = chance = Chance(seed)
    for layer in layers:
        layer._chance = Chance(chance.own)
        layer._make_stream(None, RandomStreams)
    model._make_stream(np.random.RandomState(seed + 1) if isinstance(model, RBM) else None, RandomStreams)
    chance.shared_with(layers)


class TrainingOnDemand:
    """A callback that continues training as the lines on standard input say."""

    def __init__(self, task: dict[str, Any], start: float) -> None:
        self._task, self._start = task, start
        self._lines = lines_in()
        self._done, self._left = 0, 1  # the task itself asks for the first step
        self._before, self._ms = 0.0, list[float]()

    def __call__(self, progress: Progress) -> None:
        """Do nothing after an epoch."""

    def on_batch(self, progress: Progress) -> None:
        """Measure the time of a step; at the end of a block, wait for the next."""
        values = [parameter_array(p) for p in progress.model.params]  # JAX may still be at work until then
        now = time.perf_counter()
        if self._done == 0:
            tell("first", seconds=time.time() - self._start)
        else:
            self._ms.append(1e3 * (now - self._before))
        self._done += 1
        self._left -= 1
        if self._done in self._task["checkpoints"]:
            names = named(self._task["kind"], len(values))
            arrays: dict[str, Any] = dict(zip(names, values, strict=True))
            np.savez(f"{self._task['prefix']}-{self._done}.npz", **arrays)
        last = self._done == self._task["steps"]
        if self._left == 0 or last:
            if self._ms:
                tell("block", ms=self._ms)
            self._ms = []
            self._left = 0 if last else int(next(self._lines).strip() or 0)
            progress.stop = self._left == 0
        self._before = time.perf_counter()


def named(kind: str, n: int) -> list[str]:
    """Return the names of a model's parameters: those of the Theano worker, or numbers for other models."""
    if kind == "dnn":
        names = ["W", "b"] + [f"hidden_{p}{i}" for i in range((n - 2) // 2) for p in "Wb"]
    else:
        names = ["W", "bh", "bo"] if kind == "autoencoder" else ["W", "c", "b"]
    return names if len(names) == n else [f"p{i}" for i in range(n)]


def tell(event: str, **what: Any) -> None:
    """Write one line to the parent process."""
    print(json.dumps({**what, "event": event}), file=lines_out(), flush=True)


@functools.cache
def lines_in() -> Iterator[bytes]:
    """Yield the parent's lines; once the parent has ended, end this process, whatever it is doing."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        # unbuffered: the lock of a buffer that this thread waits in would disturb Python's exit
        with open(0, "rb", buffering=0, closefd=False) as source:
            for line in source:
                lines.put(line)
        os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    return iter(lines.get, None)


@functools.cache
def lines_out() -> TextIO:
    """Return the original standard output, for our lines; redirect other output to standard error."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return out
