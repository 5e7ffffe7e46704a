"""Signals at any moment of a fit, for `campaigns.interrupts`.

A process beside this one sends the signal, so that it may arrive between any two instructions. Half of the
tries aim at the steps: the sender waits for the end of a batch chosen by chance. The others may hit what
comes before, such as compiling.
"""

import contextlib
import functools
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from udl_pt import DBN, DNN, RBM, TSNE, AutoEncoder, DeepAutoEncoder, eager
from udl_pt.backends._programs import clear_programs
from udl_pt.symbolic.corruption import masking

__all__ = ["CASES", "Case", "interrupts"]

X = np.random.RandomState(0).rand(40, 6)
Y = np.arange(40) % 3
BATCH = 4
PATIENCE = 60  # seconds that a call may take at most
SENDER = """
import os, sys, time
number, delay, waits = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3] == "True"
if not waits or sys.stdin.readline():
    time.sleep(delay)
    os.kill(os.getppid(), number)
"""


class Terminated(BaseException):
    """What our handler of SIGTERM raises."""


@dataclass(frozen=True)
class Case:
    """A model and its training.

    Attributes
    ----------
    make : callable
        ``make(random_state, rng)`` makes the model.
    fit : callable
        ``fit(model, callbacks, backend)`` trains it.
    use : callable
        ``use(model)`` computes something from its parameters.
    backends : tuple of str
        Those that it is tried on.
    """

    make: Callable[[Any, Any], Any]
    fit: Callable[[Any, list[Any], str], Any]
    use: Callable[[Any], Any]
    backends: tuple[str, ...] = ("numba", "jax", "c")


def _stack(model: Any, callbacks: list[Any], backend: str) -> None:
    options = {"backend": backend, "monitor": None, "callbacks": callbacks}
    model.fit(X, pretrain_epochs=5, pretrain_options={"batch_sz": BATCH, "learning_rate": 0.1}, **options)


def _network(model: Any, callbacks: list[Any], backend: str) -> None:
    options = {"backend": backend} if isinstance(model, DNN) else {}
    pretraining = {"pretrain_epochs": 3, "pretrain_options": {"batch_sz": BATCH, "learning_rate": 0.1}}
    given = {"epochs": 10, "batch_sz": BATCH, "mu": 0.9, "callbacks": callbacks}
    model.fit(X, Y, X, Y, **pretraining, **given, **options)


def _unrolled(model: Any, callbacks: list[Any], backend: str) -> None:
    options = {"backend": backend, "monitor": None, "callbacks": callbacks, "batch_sz": BATCH}
    pretraining = {"pretrain_epochs": 2, "pretrain_options": {"batch_sz": BATCH, "learning_rate": 0.1}}
    model.fit(X, epochs=10, **pretraining, **options)


def _layer(model: Any, callbacks: list[Any], backend: str, **options: Any) -> None:
    if type(model).__module__.startswith("udl_pt.eager"):
        options = {name: value for name, value in options.items() if name != "weight_decay"}
    else:
        options["backend"] = backend
    model.fit(X, learning_rate=0.1, mu=0.9, epochs=20, batch_sz=BATCH, callbacks=callbacks, **options)


CASES = {
    "AutoEncoder": Case(
        lambda seed, rng: AutoEncoder(4, corruption=masking(0.3), random_state=seed, rng=rng),
        _layer,
        lambda model: model.forward_hidden(X),
    ),
    "RBM": Case(
        lambda seed, rng: RBM(4, random_state=seed, rng=rng),
        functools.partial(_layer, persistent=True, weight_decay=0.01),
        lambda model: model.free_energy(X),
    ),
    "DNN": Case(
        lambda seed, rng: DNN([4, 3], random_state=seed, rng=rng), _network, lambda model: model.predict(X)
    ),
    "DBN": Case(
        lambda seed, rng: DBN([4, 3], functools.partial(RBM, rng=rng), random_state=seed),
        _stack,
        lambda model: model.forward(X),
    ),
    "DeepAutoEncoder": Case(
        lambda seed, rng: DeepAutoEncoder([4, 2], random_state=seed),
        _unrolled,
        lambda model: model.forward(X),
    ),
    "TSNE": Case(
        lambda seed, rng: TSNE(perplexity=5, max_iter=200, init="random", random_state=seed),
        lambda model, callbacks, backend: model.fit_transform(X, callbacks=callbacks, backend=backend),
        lambda model: model.embedding_,
    ),
    "eager AutoEncoder": Case(
        lambda seed, rng: eager.AutoEncoder(4, corruption=masking(0.3), random_state=seed, rng=rng),
        _layer,
        lambda model: model.forward_hidden(X),
        ("numpy",),
    ),
    "eager DNN": Case(
        lambda seed, rng: eager.DNN([4, 3], random_state=seed),
        _network,
        lambda model: model.predict(X),
        ("numpy",),
    ),
}


def interrupts(number: int, tries: int, seed: int) -> Iterator[str | None]:
    """Send a signal at random moments of fits.

    Parameters
    ----------
    number : int
        ``signal.SIGINT`` or ``signal.SIGTERM``.
    tries, seed : int
        How many, and of which moments.

    Yields
    ------
    str or None
        What was wrong after the signal.
    """
    chosen = [(name, backend) for name, case in CASES.items() for backend in case.backends]
    chance = np.random.default_rng([seed, number])
    with _terminating():
        for n in range(tries):
            name, backend = chosen[n % len(chosen)]
            undisturbed = _undisturbed(name, backend)
            try:
                wrong = _tried(name, backend, undisturbed, number, chance)
            except Exception as error:
                wrong = f"{type(error).__name__}: {error}"
            yield wrong and f"{name} on {backend}, {signal.Signals(number).name}: {wrong}"


@contextlib.contextmanager
def _terminating() -> Iterator[None]:
    """Raise at SIGTERM, as the command line does."""

    def end(number: int, frame: Any) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@dataclass
class _Run:
    """What a fit without signals came to."""

    seconds: float
    batches: int
    states: dict[bytes, int]  # each model's state, and after how many batches
    last: bytes
    used: Any


@functools.cache
def _undisturbed(name: str, backend: str) -> _Run:
    case = CASES[name]
    seconds = 0.0
    for _ in range(2):  # the second finds files of compiled code
        clear_programs()
        watch = _Watch()
        model = case.make(np.random.RandomState(1), np.random.default_rng(2))
        watch.model = model
        start = time.perf_counter()
        case.fit(model, [watch], backend)
        seconds = time.perf_counter() - start
    last = _state(model)
    watch.states.setdefault(last, watch.batches)
    watch.states.setdefault(_state(case.make(np.random.RandomState(1), np.random.default_rng(2))), -1)
    return _Run(seconds, watch.batches, watch.states, last, case.use(model))


class _Watch:
    """A callback that counts batches, keeps all states, and tells the sender when its batch has come."""

    def __init__(self, sender: Any = None, at: int = -1) -> None:
        self.model: Any = None
        self.batches, self.states = 0, dict[bytes, int]()
        self._sender, self._at = sender, at

    def __call__(self, progress: Any) -> None:
        """Nothing happens after an epoch."""

    def on_start(self, progress: Any) -> None:
        if self._sender is None:
            self.states.setdefault(_state(self.model), self.batches)

    def on_batch(self, progress: Any) -> None:
        self.batches += 1
        if self._sender is None:
            self.states.setdefault(_state(self.model), self.batches)
        elif self.batches == self._at:
            self._sender.stdin.write(b"\n")
            self._sender.stdin.flush()


def _state(model: Any) -> bytes:
    """Return all that a step changes: parameters and velocities, of the layers first."""
    parts: list[bytes] = []
    for part in [*getattr(model, "hidden_layers", ()), model]:
        for name in ("params", "dparams") if hasattr(part, "params") else ():
            values = [
                v if isinstance(v, np.ndarray) else np.asarray(v.get_value()) for v in getattr(part, name, ())
            ]
            parts += [name.encode(), *(value.tobytes() for value in values)]
        for name in ("embedding_",):
            if hasattr(part, name):
                parts.append(getattr(part, name).tobytes())
        parts.append(b"|")
    return b"".join(parts)


def _tried(name: str, backend: str, undisturbed: _Run, number: int, chance: Any) -> str | None:
    case, aimed = CASES[name], chance.random() < 0.5
    at = int(chance.integers(1, undisturbed.batches)) if aimed else -1
    delay = chance.random() * (2e-4 if aimed else 1.05 * undisturbed.seconds)
    weights, draws = np.random.RandomState(1), np.random.default_rng(2)
    starts = weights.get_state(), draws.bit_generator.state
    model = case.make(weights, draws)
    if not aimed:
        clear_programs()
    command = [sys.executable, "-I", "-S", "-c", SENDER, str(int(number)), str(delay), str(aimed)]
    hit, ignored = False, list[Any]()
    hook, sys.unraisablehook = sys.unraisablehook, ignored.append
    sender = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        case.fit(model, [_Watch(sender, at)], backend)
        sender.wait()
        time.sleep(0.01)
    except (KeyboardInterrupt, Terminated):
        hit = True
    finally:
        assert sender.stdin is not None
        sender.stdin.close()
        sender.wait()
        sys.unraisablehook = hook
    if not (hit or ignored):  # Python ignores what a handler raises within a `__del__`
        return "the signal raised nothing"
    if _state(model) not in undisturbed.states:
        return "half a step" if aimed else "a state that no whole number of batches leads to"
    if fault := _used_elsewhere(case, model):
        return fault
    weights.set_state(starts[0])
    draws.bit_generator.state = starts[1]
    case.fit(model, [], backend)
    if _state(model) != undisturbed.last:
        return "another fit gives another result"
    if not np.array_equal(case.use(model), undisturbed.used):
        return "after another fit the model computes something else"
    return None


def _used_elsewhere(case: Case, model: Any) -> str | None:
    """Use the model in another thread, which hangs where a lock is still held."""
    said: list[str | None] = []

    def use() -> None:
        try:
            case.use(model)
            said.append(None)
        except AttributeError as error:  # NotFittedError is one, too
            said.append(None if not hasattr(model, "params") else str(error))
        except Exception as error:
            said.append(f"{type(error).__name__} in another thread: {error}")

    thread = threading.Thread(target=use, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if said:
        return said[0]
    stack = traceback.extract_stack(sys._current_frames()[thread.ident or 0])
    return f"another thread waits, in {' < '.join(f'{f.name}:{f.lineno}' for f in stack[:-20:-1])}"
