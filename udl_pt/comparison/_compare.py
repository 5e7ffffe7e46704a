"""The same training on each backend and with each eager twin: seconds, memory and differences of the results.

Each way of training runs in a process of its own (`udl_pt.comparison._worker`,
`udl_pt.comparison._theano_worker`), with its own import time, compile cache and memory. All ways make the
same draws. Blocks of steps take turns, so that changes of the machine's speed affect all ways alike.
"""

import contextlib
import importlib.util
import inspect
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from udl_pt import eager
from udl_pt._support.arguments import check_count, check_epochs, check_names
from udl_pt._support.arrays import check_matrix
from udl_pt._support.interrupts import uninterrupted
from udl_pt._support.labels import check_labels
from udl_pt._support.messages import shown
from udl_pt.backends import BACKENDS, float_dtype
from udl_pt.backends._choice import installed_backend
from udl_pt.comparison._models import KINDS, fit_arguments, pickled, subject
from udl_pt.comparison._processes import Process, check_theano
from udl_pt.comparison._worker import CLASSES, TWINS, prepared, way_of
from udl_pt.datasets import load_mnist_subset
from udl_pt.training.progress import Progress

__all__ = ["Comparison", "Way", "compare"]

BLOCK, REST = 20, 0.1  # steps of a way before the next one's turn, seconds between
MARKS = (1, 2, 5)  # times powers of ten: steps after which parameters are compared


@dataclass
class Way:
    """The measurements of one way of training: a backend, an eager twin, or the original Theano.

    Attributes
    ----------
    name : str
        ``"numba"``, ``"c"`` or ``"jax"``; ``"numpy"`` or ``"torch"``; or ``"theano"``.
    import_cold, import_warm : float
        Seconds from the start of the process to the end of the import, in the cold and in the warm run.
    cold, warm : float
        Seconds from the start of the process to the end of the first step. The compile cache is empty in the
        cold run and full in the warm run; JAX keeps none.
    ms : list of float
        Milliseconds of each step after the first.
    peak_memory : int
        Largest memory use of the process, in bytes.
    differences : dict of int to float
        By number of steps: the largest absolute difference of a parameter from the reference's.

    Examples
    --------
    >>> from udl_pt.comparison import Way
    >>> way = Way("numpy", import_cold=2.0, import_warm=1.0, cold=2.5, warm=1.25, ms=[2.0, 3.0, 4.0])
    >>> way.median, way.quartiles
    (3.0, (2.5, 3.5))
    """

    name: str
    import_cold: float
    import_warm: float
    cold: float
    warm: float
    ms: list[float] = field(default_factory=list)
    peak_memory: int = 0
    differences: dict[int, float] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """Median of a step's milliseconds."""
        return float(np.median(self.ms))

    def compile_seconds(self, *, cold: bool) -> float:
        """Return the seconds from the end of the import to the end of the first step.

        In this time the model is built, its weights are drawn, and its step is compiled and run once.

        Parameters
        ----------
        cold : bool
            True for the run with an empty compile cache, False for the run with a full one.

        Returns
        -------
        float

        Examples
        --------
        >>> from udl_pt.comparison import Way
        >>> way = Way("numba", import_cold=2.0, import_warm=1.0, cold=12.0, warm=1.5)
        >>> way.compile_seconds(cold=True), way.compile_seconds(cold=False)
        (10.0, 0.5)
        """
        return self.cold - self.import_cold if cold else self.warm - self.import_warm

    @property
    def quartiles(self) -> tuple[float, float]:
        """Lower and upper quartile of a step's milliseconds."""
        low, high = np.percentile(self.ms, [25, 75])
        return float(low), float(high)

    def break_even_steps(self, other: "Way", *, cold: bool) -> float:
        """Return the number of steps from which on this way of training stays ahead of another.

        The time of n steps is the time to the end of the first step, plus n - 1 times the median of a step.

        Parameters
        ----------
        other : Way
            The way of training to compare with.
        cold : bool
            True for the runs with an empty compile cache, False for the runs with a full one.

        Returns
        -------
        float
            At least 1. Infinity if a step of this way takes longer than one of the other, or as long after a
            first step that ends later.

        Examples
        --------
        >>> from udl_pt.comparison import Way
        >>> numpy = Way("numpy", import_cold=1.0, import_warm=1.0, cold=1.5, warm=1.5, ms=[3.0])
        >>> jax = Way("jax", import_cold=2.0, import_warm=2.0, cold=3.5, warm=2.5, ms=[1.0])
        >>> jax.break_even_steps(numpy, cold=True)  # 2 s later after the first step, then 2 ms faster in each
        1001.0
        >>> numpy.break_even_steps(jax, cold=True)
        inf
        """
        ahead = (other.cold if cold else other.warm) - (self.cold if cold else self.warm)
        gain = (other.median - self.median) / 1e3
        if gain > 0:
            return max(1.0, 1 - ahead / gain)
        return 1.0 if gain == 0 and ahead >= 0 else np.inf


@dataclass
class Comparison:
    """The measurements of all ways of training, as `compare` returns them.

    Attributes
    ----------
    model : str
        The model, its sizes and dtype.
    steps : int
        Number of training steps of each way.
    reference : str
        Name of the way whose parameters the others are compared with.
    ways : list of Way
        Measurements of each way.
    left_out : dict of str to str
        Reasons by name for the ways that could not take part.

    Examples
    --------
    >>> from udl_pt.comparison import Comparison, Way
    >>> numpy = Way("numpy", import_cold=1.0, import_warm=1.0, cold=1.5, warm=1.5, ms=[3.0])
    >>> jax = Way("jax", import_cold=2.0, import_warm=2.0, cold=3.5, warm=2.5, ms=[1.0])
    >>> comparison = Comparison("RBM(100), float32", 2, "numpy", [jax, numpy], left_out={})
    >>> comparison.baseline.name
    'numpy'
    >>> jax.break_even_steps(comparison.baseline, cold=False)
    501.0
    """

    model: str
    steps: int
    reference: str
    ways: list[Way]
    left_out: dict[str, str]

    @property
    def baseline(self) -> Way | None:
        """The eager way that the others are compared with: NumPy, else the first twin; None without twins."""
        twins = {way.name: way for way in self.ways if way.name in TWINS}
        return twins.get("numpy", next(iter(twins.values()), None))

    def as_dict(self) -> dict[str, Any]:
        """Return all measurements as dicts, lists, strings and numbers, for JSON.

        Returns
        -------
        dict
            The attributes, and for each way also ``ms_median``, ``ms_quartiles``, ``compile_cold`` and
            ``compile_warm`` (seconds). All but the baseline also have ``break_even_steps_cold`` and
            ``break_even_steps_warm``. These are the numbers of steps from which on the way stays ahead of the
            baseline, rounded up; None if it never does.

        Examples
        --------
        >>> import json
        >>> from udl_pt.comparison import Comparison, Way
        >>> numpy = Way("numpy", import_cold=1.0, import_warm=1.0, cold=1.5, warm=1.5, ms=[3.0])
        >>> jax = Way("jax", import_cold=2.0, import_warm=2.0, cold=3.5, warm=2.5, ms=[1.0])
        >>> facts = Comparison("RBM(100), float32", 2, "numpy", [jax, numpy], left_out={}).as_dict()
        >>> facts["ways"][0]["ms_median"], facts["ways"][0]["break_even_steps_cold"]
        (1.0, 1001)
        >>> text = json.dumps(facts)
        """
        facts = asdict(self)
        for way, seen in zip(facts["ways"], self.ways, strict=True):
            way["ms_median"] = seen.median
            way["ms_quartiles"] = list(seen.quartiles)
            for state in ("cold", "warm"):
                way[f"compile_{state}"] = seen.compile_seconds(cold=state == "cold")
                if self.baseline is not None and seen is not self.baseline:
                    steps = seen.break_even_steps(self.baseline, cold=state == "cold")
                    way[f"break_even_steps_{state}"] = math.ceil(steps) if np.isfinite(steps) else None
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
    """Train one model on each backend and with each eager twin, and measure seconds, memory and differences.

    Each way of training has processes of its own: one with an empty compile cache, one with a full cache. All
    ways start from the same weights and make the same draws.

    Parameters
    ----------
    model : {"autoencoder", "rbm", "dnn"}, AutoEncoder, RBM or DNN
        The model to train. A given model sets sizes, dtype, units and corruption; its parameters are drawn
        anew. A network is not pretrained.
    backends : sequence of {"numba", "c", "jax"}, optional
        The symbolic ways. Default: all that work here.
    twins : sequence of {"numpy", "torch"}, optional
        The eager ways. Default: all that are installed.
    steps : int
        Number of training steps of each way, at least 2.
    theano : path-like, optional
        A Python interpreter with the original Theano, which then takes part too. It knows only sigmoid units
        without corruption, and of ``fit`` only ``learning_rate``, ``mu``, ``batch_sz``, and an RBM's ``k``.
    sizes : sequence of int, optional
        Hidden units of each layer, if `model` is a name. Default: the book's, [1000], or [1000, 750, 500] for
        ``"dnn"``.
    data : (array_like of shape (N, D), array_like of int of shape (N,)), optional
        Images and labels. Default: the embedded MNIST images.
    batch_sz : int
        Number of rows of a batch.
    dtype : {"float32", "float64"}, optional
        Default: the model's own, or float32 if `model` is a name.
    seed : int
        Seed of weights, shuffles and draws, at most 2**32 - 2.
    fit : mapping, optional
        Further arguments of ``fit``, such as ``{"k": 3}``. Defaults: ``learning_rate`` 0.05 and ``mu`` 0.9
        for ``"autoencoder"``; 0.1, 0 and ``k`` 1 for ``"rbm"``; 0.01 and 0.9 for ``"dnn"``.
    say : callable
        Called with a line of text on each stage of the measurement, for example `print`.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError, TypeError
        For invalid input, before any way starts to train.
    RuntimeError
        When a process fails, with the last lines that it wrote.

    Notes
    -----
    The model's class may be derived from `AutoEncoder`, `RBM` or `DNN`, and a network may have layers of such
    classes. Other processes must be able to import these classes: define them in a module. Only symbolic
    ways train such a model. The same holds for all units and arguments of ``fit`` that the eager twins lack.
    The result's `left_out` then has the reason; if `twins` names a twin, it is a ValueError.

    Examples
    --------
    >>> from udl_pt import compare
    >>> comparison = compare("rbm", ["jax"], ["numpy"], steps=20, sizes=[50])  # doctest: +SKIP
    >>> [way.name for way in comparison.ways], comparison.reference  # doctest: +SKIP
    (['jax', 'numpy'], 'numpy')
    >>> compare("rbm", steps=1)
    Traceback (most recent call last):
        ...
    ValueError: steps is 1, expected at least 2
    """
    found = subject(model, sizes)
    steps, dtype = check_count(steps, "steps", at_least=2), float_dtype(dtype or found.dtype or "float32")
    if found.model is not None and dtype != found.dtype:
        raise ValueError(f"dtype is {dtype}, but the model is of {found.dtype}: omit dtype")
    if check_count(seed, "seed", at_least=0) > 2**32 - 2:
        raise ValueError(f"seed is {seed}, expected at most 2**32 - 2")
    if not callable(say):
        raise TypeError(f"say is {shown(say)}, expected a function that takes a line of text, such as print")
    data = load_mnist_subset()[:2] if data is None else data
    if not (isinstance(data, tuple | list) and len(data) == 2):
        raise TypeError(f"data is {shown(data)}, expected (X, Y): images of shape (N, D), and their labels")
    X = check_matrix(data[0], dtype=dtype)
    Y = check_labels(data[1], "Y", n_samples=len(X))
    _, batch_sz = check_epochs(1, batch_sz, len(X))
    arguments = fit_arguments(found, {} if fit is None else fit)
    ways, left_out = _ways(backends, twins, found.no_twin)
    task: dict[str, Any] = {
        "kind": found.kind,
        "sizes": found.sizes,
        "dtype": dtype,
        "seed": int(seed),
        "fit": {"batch_sz": batch_sz, **arguments},
        "steps": steps,
        "checkpoints": _checkpoints(steps),
    }
    if theano is not None:
        check_theano(theano)
        if more := set(found.options) | set(task["fit"]) - {"batch_sz", *KINDS[found.kind]["fit"]}:
            raise ValueError(
                f"theano is {theano}, but the original takes no {', '.join(sorted(more))}: omit theano or "
                f"{', '.join(sorted(more))}"
            )
        if found.no_twin:
            raise ValueError(f"theano is {theano}, but it can't train this model: {found.no_twin}")
        ways.append("theano")
    with _cleaned_up() as stack:
        place = Path(uninterrupted(lambda: stack.enter_context(tempfile.TemporaryDirectory())))
        np.savez(place / "data.npz", X=np.asarray(X, dtype), Y=Y)
        task |= {"data": str(place / "data.npz"), "path": [os.path.abspath(entry) for entry in sys.path]}
        for name in ("options", "model"):
            (place / name).write_bytes(pickled(getattr(found, name), name, "define it in a module"))
            task[name] = str(place / name)
        _try(task, found.model is not None, eager_too=not {*TWINS}.isdisjoint(ways))
        results = _run(ways, task, place, say, theano)
        reference = next(name for name in ("theano", "numpy", results[0].name) if name in ways)
        for way in results:
            way.differences = {
                step: _apart(place / f"{way.name}-{step}.npz", place / f"{reference}-{step}.npz")
                for step in task["checkpoints"]
            }
    title = f"{found.name}({', '.join(map(str, found.sizes))}), {dtype}"
    return Comparison(title, steps, reference, results, left_out)


@contextlib.contextmanager
def _cleaned_up() -> Iterator[contextlib.ExitStack]:
    """Open a stack of contexts that are all closed, whatever signals arrive meanwhile."""
    stack = contextlib.ExitStack()
    try:
        yield stack
    finally:
        uninterrupted(stack.close)


def _try(task: dict[str, Any], own: bool, *, eager_too: bool) -> None:
    """Take one step here, without a compiler, so that bad input is refused before anything starts.

    The arguments of symbolic models alone are checked as far as possible without a step.
    """
    known = inspect.signature(getattr(eager, CLASSES[task["kind"]]).fit).parameters
    by_twin = eager_too or (not own and set(task["fit"]) <= set(known))
    model, arrays, arguments = prepared(way_of("numpy" if by_twin else "c"), task)
    if not by_twin:
        arguments["backend"] = "numba"  # the default may be JAX, which must not be used in a fork
    model.fit(*arrays, **arguments, epochs=int(by_twin), monitor=None, callbacks=[_OneStep()])


class _OneStep:
    """A callback that ends training after its first step."""

    def __call__(self, progress: Progress) -> None:
        """Do nothing after an epoch."""

    def on_batch(self, progress: Progress) -> None:
        """Stop."""
        progress.stop = True


def _ways(backends: Any, twins: Any, no_twin: str) -> tuple[list[str], dict[str, str]]:
    """Return the names of all ways that take part, and why others can't; raise for one asked for by name."""
    ways: list[str] = []
    left_out: dict[str, str] = {}
    for name in BACKENDS if backends is None else check_names(backends, "backends", BACKENDS):
        try:
            ways.append(installed_backend(name))
        except ValueError as error:
            if backends is not None:
                raise
            left_out[name] = str(error)
    for name in TWINS if twins is None else check_names(twins, "twins", list(TWINS)):
        if no_twin:
            left_out[name] = f"twin {name!r} can't train this model: {no_twin}"
        elif name == "torch" and importlib.util.find_spec("torch") is None:
            left_out[name] = "twin 'torch' needs PyTorch, which is not installed: pip install 'udl_pt[torch]'"
        else:
            ways.append(name)
            continue
        if twins is not None:
            raise ValueError(left_out[name])
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

    def started(stack: contextlib.ExitStack, name: str, **more: Any) -> Process:
        own = task | {"prefix": str(place / name), **more}
        return uninterrupted(lambda: stack.enter_context(Process(name, own, place, theano)))

    with _cleaned_up() as stack:
        for name in names:
            say(f"{name}: with an empty compile cache")
            with _cleaned_up() as alone:
                worker = started(alone, name, steps=1, checkpoints=[])
                import_cold, cold = worker.hear("imported"), worker.hear("first")
                worker.hear("done")
            say(f"{name}: with a full one")
            worker = started(stack, name)
            import_warm, warm = worker.hear("imported"), worker.hear("first")
            ways.append(Way(name, *(said["seconds"] for said in (import_cold, import_warm, cold, warm))))
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
