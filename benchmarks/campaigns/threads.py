"""Eight threads that train, predict, draw, save and load, on models of their own and on shared ones.

A try is one call. On models of their own, all numbers must be those of the same calls made alone, bit for
bit (on C to `TOLERANCE`). On a shared model a prediction must be that of a state after a whole number of
steps, a second fit must be refused and disturb nothing, a file must hold such a state, and each draw must be
used once. A thread in which no call ends for `PATIENCE` seconds counts as a failure and is left behind.
"""

import copy
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from campaigns import Campaign
from udl_pt import DBN, DNN, RBM, AutoEncoder, RandomStreams
from udl_pt.backends import BACKENDS

THREADS = 8
PATIENCE = 600.0  # seconds; compiling takes up to a minute, and one thread compiles at a time
X = np.random.default_rng(0).random((40, 6))
Y = np.arange(40) % 3
LOOP: dict[str, Any] = {"epochs": 3, "batch_sz": 10}
LAYERS: dict[str, Any] = {"pretrain_epochs": 2, "pretrain_options": {"batch_sz": 10}}
LONG = 60  # epochs of a training that others watch
CALLS = 40  # predictions of a model in a round
# PyTensor orders the terms of a sum anew when it compiles for C, threads or not: the last bit may differ
TOLERANCE = {"numba": 0.0, "c": 1e-12, "jax": 0.0}

Outcome = str | None
Call = Callable[[], Outcome]


def in_threads(rounds: list[list[Call]]) -> Iterator[Outcome]:
    """Make the calls of each list one after the other, each list in a thread, all at the same time.

    Yields what each call returned, and a sentence for one that raised, and where threads hang.
    """
    outcomes: list[Outcome] = []
    last = [time.monotonic()]

    def work(calls: list[Call]) -> None:
        for call in calls:
            try:
                outcome = call()
            except Exception as error:
                outcome = f"a call raised {type(error).__name__}: {error}"
            outcomes.append(outcome)
            last[0] = time.monotonic()

    threads = [threading.Thread(target=work, args=(calls,), daemon=True) for calls in rounds]
    for thread in threads:
        thread.start()
    while alive := [thread for thread in threads if thread.is_alive()]:
        alive[0].join(0.05)
        if time.monotonic() - last[0] > PATIENCE:
            outcomes.append(f"{len(alive)} of {len(threads)} threads hang")
            break
    yield from list(outcomes)


def rounds_of(tries: int, make: Callable[[int], list[list[Call]]]) -> Iterator[Outcome]:
    """Run rounds, which `make` makes by their number, until there were so many tries, or one hangs."""
    made = number = 0
    while made < tries:
        for outcome in in_threads(make(number)):
            yield outcome
            made += 1
            if outcome is not None and outcome.endswith("hang"):
                return
        number += 1


@contextmanager
def one_blas_thread() -> Iterator[Path]:
    """Use one BLAS thread, which adds up in one order; yield a folder for files."""
    with tempfile.TemporaryDirectory() as name, threadpool_limits(1):
        yield Path(name)


def arrays_of(model: Any) -> list[np.ndarray]:
    return [np.array(p.get_value()) for p in model.params]


def flat(arrays: list[Any]) -> np.ndarray:
    return np.concatenate([np.ravel(array) for array in arrays]).astype(float)


def same(some: list[Any], others: list[Any], backend: str) -> bool:
    a, b = flat(some), flat(others)
    return a.shape == b.shape and bool((abs(a - b) <= TOLERANCE[backend]).all())


def is_one_of(found: np.ndarray, known: list[np.ndarray], backend: str) -> bool:
    return bool((abs(np.array(known) - found).max(axis=1) <= TOLERANCE[backend]).any())


# models of their own


def moved() -> Iterator[np.ndarray]:
    """Yield other data for each call, of one shape, since JAX compiles for each shape."""
    for n in range(1, CALLS):
        yield np.roll(X, n)


def life(kind: str, seed: int, backend: str, folder: Path) -> Iterator[list[Any]]:
    """Yield what each call on a model gives, from its training to a file and back."""
    how = {"backend": backend}
    if kind == "AutoEncoder":
        ae = AutoEncoder(4, random_state=seed)
        yield [*arrays_of(ae.fit(X, **LOOP, **how)), np.array(ae.costs)]
        for rows in moved():
            yield [ae.forward_hidden(rows), ae.forward_output(rows)]
    elif kind == "RBM":
        rbm = RBM(4, random_state=seed)
        yield [*arrays_of(rbm.fit(X, **LOOP, **how)), np.array(rbm.costs)]
        for rows in moved():
            yield [rbm.sample_h_given_v(rows), rbm.free_energy(rows)]
    elif kind == "DNN":
        dnn = DNN([4, 3], random_state=seed)
        yield [*arrays_of(dnn.fit(X, Y, X, Y, **LOOP, **LAYERS, **how)), np.array(dnn.errors)]
        for rows in moved():
            yield [dnn.forward(rows), dnn.predict(rows)]
    else:
        dbn = DBN([4, 3], RBM, random_state=seed)
        yield arrays_of(dbn.fit(X, **LAYERS, **how))
        file = folder / f"{seed} in thread {threading.get_ident()}.st"
        for _ in range(1, CALLS):
            dbn.save(file)
            yield arrays_of(DBN.load(file))
        dbn = DBN.load(file)
        dbn.backend = backend
        yield [dbn.forward(X)]


KINDS = ("AutoEncoder", "RBM", "DNN", "DBN")


def on_their_own(backend: str, tries: int, seed: int) -> Iterator[Outcome]:
    """Do the same in all threads, on models of their own, as was done alone before."""
    with one_blas_thread() as folder:
        alone = {(kind, s): list(life(kind, s, backend, folder)) for kind in KINDS for s in (seed, seed + 1)}

        def check(running: Iterator[list[Any]], expected: list[Any], what: str) -> Outcome:
            return (
                None if same(next(running), expected, backend) else f"{what} gives other numbers than alone"
            )

        def make(number: int) -> list[list[Call]]:
            rounds: list[list[Call]] = []
            for thread in range(THREADS):
                kind, s = KINDS[(number + thread) % len(KINDS)], seed + thread % 2
                running = life(kind, s, backend, folder)
                what = f"call {{}} on a {kind} with {backend}"
                rounds.append(
                    [partial(check, running, e, what.format(i)) for i, e in enumerate(alone[kind, s])]
                )
            return rounds

        yield from rounds_of(tries, make)


# a network that one thread trains


def layers_of(model: Any) -> np.ndarray:
    return flat([p for layer in model.hidden_layers for p in arrays_of(layer)])


@dataclass
class States:
    """A callback that keeps what a network predicts and its layers' parameters, first and after each step."""

    model: Any
    backend: str
    predictions: list[np.ndarray] = field(default_factory=list)
    layers: list[np.ndarray] = field(default_factory=list)

    def look(self) -> None:
        self.predictions.append(self.model.forward(X).ravel())
        self.layers.append(layers_of(self.model))

    def on_start(self, progress: Any) -> None:
        if progress.model is self.model:
            self.look()

    on_batch = on_start

    def __call__(self, progress: Any) -> None:
        """Do nothing after an epoch."""


class Gate:
    """A callback that tells when a network's training begins, and holds its end until all have passed."""

    def __init__(self, model: Any, others: int) -> None:
        self.model, self.others = model, others
        self.began, self.fine_tunes = threading.Event(), threading.Event()
        self.done = threading.Semaphore(0)

    def on_start(self, progress: Any) -> None:
        self.began.set()
        if progress.model is self.model:
            self.fine_tunes.set()

    def __call__(self, progress: Any) -> None:
        if progress.model is self.model and progress.epoch == progress.epochs:
            for _ in range(self.others):
                self.done.acquire(timeout=PATIENCE)


def predicts(dnn: DNN, states: States) -> Outcome:
    try:
        found = dnn.forward(X).ravel()
    except ValueError as error:
        return None if "is being fitted" in str(error) else f"a prediction raised {error}"
    whole = is_one_of(found, states.predictions, states.backend)
    return None if whole else "a prediction is of no whole number of steps"


def waits(event: threading.Event) -> Outcome:
    return None if event.wait(PATIENCE) else "a training didn't begin"


def is_refused(fit: Callable[[], Any], gate: Gate) -> Outcome:
    gate.began.wait(PATIENCE)
    try:
        fit()
    except RuntimeError as error:
        return None if "in another thread" in str(error) else f"a second fit raised {error}"
    return "a second fit was not refused"


def saves_whole(dbn: DBN, file: Path, states: States) -> Outcome:
    dbn.save(file)
    whole = is_one_of(layers_of(DBN.load(file)), states.layers, states.backend)
    return None if whole else "a file holds no state after a whole number of steps"


def shared(backend: str, tries: int, seed: int) -> Iterator[Outcome]:
    """Train a network in one thread, while others predict, save its layers and try to fit it."""
    fit: dict[str, Any] = {"batch_sz": 10, "learning_rate": 0.3, "mu": 0.5, "backend": backend}
    with one_blas_thread() as folder:
        start = DNN([4, 3], random_state=np.random.default_rng(seed))
        start.fit(X, Y, X, Y, **fit, **LAYERS)
        known = {}
        for keep in (True, False):  # with layers that are trained anew predictions are refused meanwhile
            dnn = copy.deepcopy(start)
            states = States(dnn, backend)
            states.look()
            options = {**fit, **LAYERS, "epochs": LONG, "keep_layers": keep}
            dnn.fit(X, Y, X, Y, **options, callbacks=[states])
            known[keep] = options, states, arrays_of(dnn)

        def trains(dnn: DNN, gate: Gate, keep: bool) -> Outcome:
            options, _, end = known[keep]
            dnn.fit(X, Y, X, Y, **options, callbacks=[gate])
            return None if same(arrays_of(dnn), end, backend) else "a training was disturbed by other threads"

        def passes(gate: Gate) -> Outcome:
            gate.done.release()
            return None

        def make(number: int) -> list[list[Call]]:
            keep = number % 2 == 0
            dnn, states = copy.deepcopy(start), known[keep][1]
            gate = Gate(dnn, THREADS - 1)
            half: list[Call] = [partial(predicts, dnn, states)] * (CALLS // 2)
            looks = [*half, partial(waits, gate.fine_tunes), *half]
            others = [list(looks) for _ in range(THREADS - 3)]
            again = partial(dnn.fit, X, Y, X, Y, **fit, **LAYERS)
            layer = partial(dnn.hidden_layers[0].fit, X, **LOOP, backend=backend)
            others.append([partial(is_refused, f, gate) for f in (again, layer) * 5])
            if keep:
                dbn = DBN([4, 3], random_state=0)
                dbn.hidden_layers = dnn.hidden_layers
                dbn.fit(X, 0, keep_layers=True, backend=backend)
                saves: list[Call] = [partial(saves_whole, dbn, folder / "shared.st", states)] * 10
                others.append([partial(waits, gate.fine_tunes), *saves])
            else:
                others.append(looks)
            return [
                [partial(trains, dnn, gate, keep)],
                *([*calls, partial(passes, gate)] for calls in others),
            ]

        yield from rounds_of(tries, make)


# a stream of draws


def draws(backend: str, tries: int, seed: int) -> Iterator[Outcome]:
    """Draw from one machine in all threads. Each draw must be used once."""
    D, blocks = X.shape[1], THREADS * CALLS
    lock = threading.Lock()

    def draws_new(sample: Callable[[Any], np.ndarray], left: Counter[bytes]) -> Outcome:
        drawn = sample(X)
        if not set(np.unique(drawn)) <= {0, 1}:
            return "a unit is neither on nor off"
        with lock:
            found = (drawn == 1).tobytes()
            left[found] -= 1
            return None if left[found] == 0 else "a draw was used twice, or in part"

    def make(number: int) -> list[list[Call]]:
        rbm = RBM.createFromArrays(np.zeros((D, D)), np.zeros(D), np.zeros(D))
        rbm.backend, rbm.rng = backend, RandomStreams(seed + number)
        uniforms = np.random.default_rng(seed + number).random((blocks, *X.shape))
        left = Counter(block.tobytes() for block in uniforms < 0.5)
        samples = (rbm.sample_h_given_v, rbm.sample_v_given_h)
        calls: list[list[Call]] = [
            [partial(draws_new, samples[(thread + i) % 2], left) for i in range(CALLS)]
            for thread in range(THREADS)
        ]
        return calls

    yield from rounds_of(tries, make)


CAMPAIGNS = [
    Campaign(f"8 threads on {backend}: {what}", tries, partial(run, backend))
    for backend in BACKENDS
    for what, tries, run in (
        ("models of their own", 15_000, on_their_own),
        ("a network that one of them trains", 12_000, shared),
        ("one stream of draws", 7_000, draws),
    )
]
