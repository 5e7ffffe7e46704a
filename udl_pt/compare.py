"""The same training in every way there is: seconds, memory, and how far the results are apart.

Each way is a process (`udl_pt.compare_worker`, `udl_pt.theano_worker`), so that the time to import, the
compile cache and the memory are its own. All make the same draws; blocks of steps take turns, so that a
machine whose speed drifts treats all alike.
"""

import contextlib
import importlib.util
import pickle
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from udl_pt.autoencoder import AutoEncoder
from udl_pt.backend import BACKENDS, float_dtype, get_backend
from udl_pt.compare_processes import Process, check_theano
from udl_pt.compare_worker import CLASSES, TWINS, prepared, way_of
from udl_pt.datasets import load_mnist_subset
from udl_pt.dnn import DNN
from udl_pt.rbm import RBM
from udl_pt.validation import check_count, check_epochs, check_labels, check_matrix, check_option

__all__ = ["KINDS", "Comparison", "Way", "compare"]

KINDS: dict[str, dict[str, Any]] = {
    "autoencoder": {"sizes": [1000], "fit": {"learning_rate": 0.05, "mu": 0.9}},
    "rbm": {"sizes": [1000], "fit": {"learning_rate": 0.1, "mu": 0.0, "k": 1}},
    "dnn": {"sizes": [1000, 750, 500], "fit": {"learning_rate": 0.01, "mu": 0.9}},
}
BLOCK, REST = 20, 0.1  # steps of a way before the next one's turn, seconds between
MARKS = (1, 2, 5)  # times powers of ten: steps after which parameters are compared


@dataclass
class Way:
    """What one way took.

    Attributes
    ----------
    name : str
        A backend, an eager twin (``"numpy"``, ``"torch"``), or ``"theano"``.
    seconds_to_import : float
        From the process's start until the library was there.
    cold, warm : float
        Seconds from the process's start to the first step's end, with an empty compile cache and with a full
        one. What lies between the import and that is to build the model, to draw its weights, and to compile.
    ms : list of float
        Milliseconds of each step after the first.
    peak_memory : int
        Bytes.
    differences : dict of int to float
        By how much any parameter is apart from the reference's, after so many steps.
    """

    name: str
    seconds_to_import: float
    cold: float
    warm: float
    ms: list[float] = field(default_factory=list)
    peak_memory: int = 0
    differences: dict[int, float] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """Milliseconds of a step."""
        return float(np.median(self.ms))

    def pays_after(self, other: "Way", *, cold: bool) -> float:
        """Give the number of steps from which on this way is done before another; infinite if it never is."""
        ahead = (other.cold if cold else other.warm) - (self.cold if cold else self.warm)
        gain = (other.median - self.median) / 1e3
        return max(1.0, 1 - ahead / gain) if gain > 0 else np.inf


@dataclass
class Comparison:
    """What `compare` measured.

    Attributes
    ----------
    model : str
        The model, its sizes and dtype.
    steps : int
    reference : str
        The way that differences are counted from.
    ways : list of Way
    left_out : dict of str to str
        Ways that could not take part, and why.
    """

    model: str
    steps: int
    reference: str
    ways: list[Way]
    left_out: dict[str, str]

    @property
    def baseline(self) -> Way | None:
        """The eager way that compiling has to pay against: NumPy, else the first twin there is."""
        twins = [way for way in self.ways if way.name in TWINS]
        return twins[0] if twins else None

    def as_dict(self) -> dict[str, Any]:
        """Give everything as what JSON can hold."""
        facts = asdict(self)
        for way, seen in zip(facts["ways"], self.ways, strict=True):
            way["ms_median"] = seen.median
            way["ms_quartiles"] = list(np.percentile(seen.ms, [25, 75]))
            for state in ("cold", "warm"):
                way[f"seconds_to_compile_{state}"] = way[state] - way["seconds_to_import"]
                if self.baseline is not None and seen is not self.baseline:
                    steps = seen.pays_after(self.baseline, cold=state == "cold")
                    way[f"pays_after_{state}"] = round(steps) if np.isfinite(steps) else None
        return facts


def compare(
    model: Any = "autoencoder",
    backends: Sequence[str] | None = None,
    twins: Sequence[str] | None = None,
    steps: int = 200,
    *,
    theano: str | None = None,
    sizes: Sequence[int] | None = None,
    data: tuple[Any, Any] | None = None,
    batch_sz: int = 100,
    dtype: Any = None,
    seed: int = 0,
    fit: Mapping[str, Any] | None = None,
    say: Callable[[str], Any] = lambda text: None,
) -> Comparison:
    """Train one model in several ways, side by side.

    Parameters
    ----------
    model : {"autoencoder", "rbm", "dnn"}, AutoEncoder, RBM or DNN
        What to train; of a model its sizes, dtype, units and corruption, not its parameters. A network is
        not pretrained.
    backends : sequence of {"numba", "c", "jax"}, optional
        The symbolic ways; all that work here where not given.
    twins : sequence of {"numpy", "torch"}, optional
        The eager ways; all that are installed where not given.
    steps : int
        How many steps each takes, at least 2.
    theano : path-like, optional
        A Python interpreter that has the original Theano, to take part.
    sizes : sequence of int, optional
        Hidden units, where `model` is a name; the book's, [1000] and [1000, 750, 500], where not given.
    data : (array_like of shape (N, D), array_like of int of shape (N,)), optional
        Images and labels; the embedded MNIST images where not given.
    batch_sz : int
        Rows a step.
    dtype : {"float32", "float64"}, optional
        float32 where neither this nor a model is given.
    seed : int
        Of weights, shuffles and draws.
    fit : mapping, optional
        Further arguments of ``fit``, such as ``{"k": 3}``.
    say : callable
        Called with a line about what is going on.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError, TypeError
        For bad input, before anything is started.
    RuntimeError
        When one of the processes fails; with what it said last.
    """
    kind, own_sizes, own_dtype, options = _described(model)
    steps, dtype = check_count(steps, "steps", at_least=2), float_dtype(dtype or own_dtype or "float32")
    if data is None:
        embedded = load_mnist_subset()
        data = embedded.X, embedded.Y
    X = check_matrix(data[0], dtype=dtype, unit_interval=True)
    Y = check_labels(data[1], "Y", n_samples=len(X))
    check_epochs(1, batch_sz, len(X))
    ways, left_out = _ways(backends, twins)
    task: dict[str, Any] = {
        "kind": kind,
        "sizes": list(sizes or own_sizes),
        "dtype": dtype,
        "seed": seed,
        "fit": {"batch_sz": batch_sz, **KINDS[kind]["fit"], **(fit or {})},
        "steps": steps,
        "checkpoints": _checkpoints(steps),
    }
    if theano is not None:
        check_theano(theano)
        if options or set(task["fit"]) > {"batch_sz", *KINDS[kind]["fit"]}:
            raise ValueError(f"theano is {theano}, but only the book's own models are written in Theano")
        ways.append("theano")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        np.savez(place / "data.npz", X=np.asarray(X, dtype), Y=Y)
        (place / "options.pkl").write_bytes(pickle.dumps(options))
        task |= {"data": str(place / "data.npz"), "options": str(place / "options.pkl")}
        # what the first way would refuse is refused here, before anything is started
        trial, arrays, arguments = prepared(way_of(ways[-1] if ways[-1] in TWINS else ways[0]), task)
        trial.fit(*arrays, **arguments, epochs=0)
        results = _run(ways, task, place, say, theano)
        reference = next(name for name in ("theano", "numpy", results[0].name) if name in ways)
        for way in results:
            way.differences = {
                step: _apart(place / f"{way.name}-{step}.npz", place / f"{reference}-{step}.npz")
                for step in task["checkpoints"]
            }
    title = f"{CLASSES[kind]}({', '.join(map(str, task['sizes']))}), {dtype}"
    return Comparison(title, steps, reference, results, left_out)


def _described(model: Any) -> tuple[str, list[int], str | None, dict[str, Any]]:
    """Give a model's kind, sizes, dtype, and further arguments of its constructor."""
    if isinstance(model, str):
        check_option(model, "model", list(KINDS))
        return model, KINDS[model]["sizes"], None, {}
    if type(model) is AutoEncoder:
        options = {"hidden": model.hidden, "output": model.output, "corruption": model.corruption}
        plain = {"hidden": "sigmoid", "output": "sigmoid", "corruption": None}
        return "autoencoder", [model.M], model.dtype, options if options != plain else {}
    if type(model) is RBM and model.visible == "bernoulli":
        return "rbm", [model.M], model.dtype, {}
    if type(model) is DNN and all(layer.hidden_unit_interval for layer in model.hidden_layers):
        return "dnn", [layer.M for layer in model.hidden_layers], model.dtype, {}
    raise TypeError(
        f"model is {model!r}, expected 'autoencoder', 'rbm', 'dnn', or an AutoEncoder, an RBM with Bernoulli "
        "units or a DNN with sigmoid units: others have no eager twin"
    )


def _ways(backends: Any, twins: Any) -> tuple[list[str], dict[str, str]]:
    """Name all ways that take part, and say of those that can't why; asked for by name, that is an error."""
    ways: list[str] = []
    left_out: dict[str, str] = {}
    for name in BACKENDS if backends is None else backends:
        try:
            ways.append(get_backend(name))
        except ValueError as error:
            if backends is not None:
                raise
            left_out[name] = str(error)
    for name in TWINS if twins is None else twins:
        check_option(name, "twins", list(TWINS))
        if name == "torch" and importlib.util.find_spec("torch") is None:
            left_out[name] = "twin 'torch' needs PyTorch, which is not installed: pip install 'udl_pt[torch]'"
            if twins is not None:
                raise ValueError(left_out[name])
        else:
            ways.append(name)
    if not ways:
        raise ValueError("backends and twins are empty: expected at least one way to train")
    return list(dict.fromkeys(ways)), left_out


def _checkpoints(steps: int) -> list[int]:
    marks = {mark * 10**power for mark in MARKS for power in range(len(str(steps)))}
    return sorted({mark for mark in marks if mark < steps} | {steps})


def _apart(one: Path, other: Path) -> float:
    with np.load(one) as a, np.load(other) as b:
        return max(float(abs(a[name] - b[name]).max()) for name in b.files)


def _run(
    names: Sequence[str], task: dict[str, Any], place: Path, say: Callable[[str], Any], theano: Any
) -> list[Way]:
    """Start every way twice, first with an empty compile cache; then let them take turns."""
    ways, workers = [], []
    with contextlib.ExitStack() as stack:
        for name in names:
            say(f"{name}: with an empty compile cache")
            own = task | {"prefix": str(place / name)}
            with Process(name, own | {"steps": 1, "checkpoints": []}, place, theano) as worker:
                cold = worker.hear("first")
                worker.hear("done")
            say(f"{name}: with a full one")
            worker = stack.enter_context(Process(name, own, place, theano))
            imported, warm = worker.hear("imported"), worker.hear("first")
            ways.append(Way(name, imported["seconds"], cold["seconds"], warm["seconds"]))
            workers.append(worker)
        pairs, left = list(zip(ways, workers, strict=True)), task["steps"] - 1
        while left > 0:
            say(f"{left} steps to go")
            n = min(BLOCK, left)
            for way, worker in pairs:
                time.sleep(REST)  # until the other's BLAS threads are at rest
                worker.tell(n)
                way.ms += worker.hear("block")["ms"]
            pairs, left = pairs[1:] + pairs[:1], left - n
        for way, worker in pairs:
            way.peak_memory = worker.hear("done")["peak_memory"]
    return ways
