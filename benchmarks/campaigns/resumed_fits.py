"""Fits that are killed at a random moment, again and again, and resumed from their checkpoints.

The finished model has the same bits as one that nothing stopped. Each fit is a process of its own, a fork of
one that has compiled the model's functions (this module as a program). JAX has threads, which a fork loses;
so each of its processes compiles for itself.
"""

import hashlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from campaigns import Campaign
from campaigns.interrupted_fits import _state
from campaigns.model_files import damage
from udl_pt import DNN, RBM, TSNE, AutoEncoder
from udl_pt._support.exceptions import DataError
from udl_pt._support.storage import replace_file
from udl_pt.callbacks import Checkpoint, EarlyStopping, LinearDecay
from udl_pt.symbolic.corruption import masking

X = np.random.RandomState(0).rand(200, 20)
Y = np.arange(200) % 3
SIGNALS = signal.SIGKILL, signal.SIGTERM, signal.SIGINT
BACKENDS = "numba", "c", "jax"
DONE, STOPPED = 0, 3
KILLS = 3  # of one fit at most, before it may finish
FIT = "campaigns.resumed_fits:fitted"  # what fits, for the processes


def auto_encoder(callbacks: list[Any], **options: Any) -> Any:
    """Train a denoising auto-encoder with a validation set."""
    ae = AutoEncoder(10, random_state=np.random.default_rng(1), corruption=masking(0.3))
    stopping = EarlyStopping(ae, patience=9, watch="valid_costs")
    return ae.fit(
        X, epochs=10, batch_sz=10, validation=0.2, callbacks=[stopping, LinearDecay(), *callbacks], **options
    )


def machine(callbacks: list[Any], **options: Any) -> Any:
    """Train an RBM whose chains persist."""
    rbm = RBM(10, random_state=1, rng=2)
    return rbm.fit(X, epochs=10, batch_sz=10, mu=0.5, persistent=True, callbacks=callbacks, **options)


def network(callbacks: list[Any], **options: Any) -> Any:
    """Pretrain and fine-tune a network with dropout."""
    dnn = DNN([10, 8], random_state=1)
    pretraining = {"pretrain_epochs": 4, "pretrain_options": {"batch_sz": 10}}
    return dnn.fit(
        X, Y, X, Y, epochs=6, batch_sz=10, dropout=0.2, callbacks=callbacks, **pretraining, **options
    )


def embedding(callbacks: list[Any], **options: Any) -> Any:
    """Embed by t-SNE."""
    tsne = TSNE(perplexity=5, max_iter=200, exaggeration_iter=100, init="random", random_state=1)
    tsne.fit_transform(X, callbacks=callbacks, **options)
    return tsne


def digest(model: Any) -> str:
    """Return a digest of a model's parameters, records, chains and generators, and of the global one."""
    whole = hashlib.sha256(_state(model))
    for part in [model, *getattr(model, "hidden_layers", ())]:
        records = {
            name: v for name, v in vars(part).items() if name.endswith(("costs", "errors", "divergence_"))
        }
        whole.update(repr(records).encode())
        if (chains := getattr(part, "chains", None)) is not None:
            whole.update(chains.tobytes())
        if (stream := getattr(part, "rng", None)) is not None:
            whole.update(repr(stream.generator.bit_generator.state).encode())
        whole.update(repr(_numbers(part._generator)).encode())
    whole.update(repr(np.random.get_state()[1:]).encode())
    return whole.hexdigest()


def _numbers(generator: Any) -> Any:
    if isinstance(generator, np.random.RandomState):
        return generator.get_state()[1].tolist(), generator.get_state()[2]
    return generator.bit_generator.state


def fitted(case: str, backend: str, path: str, result: str) -> int:
    """Fit, from the checkpoint if there is one, and write the digest of the model."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    np.random.seed(1)
    saving = Checkpoint(path, every_batches=3)
    model = globals()[case]([saving], backend=backend, resume=path)
    replace_file(result, digest(model).encode())
    return DONE


def serve(fit_name: str, case: str, backend: str) -> None:
    """Fork a fit for each line that asks for one, and tell how it ended to each that asks for that."""
    module, _, name = fit_name.partition(":")
    fit = getattr(importlib.import_module(module), name)
    if backend != "jax":
        globals()[case]([], backend=backend)
    for line in sys.stdin:
        what, *arguments = json.loads(line)
        if what == "start":
            process = os.fork()
            if not process:
                status = STOPPED
                try:
                    status = fit(case, backend, *arguments)
                except KeyboardInterrupt:
                    pass
                finally:
                    os._exit(status)
            answer = process
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(arguments[0], 0)[1])
        print(answer, flush=True)


class Fits:
    """Fits of one kind, in processes of their own."""

    def __init__(self, case: str, backend: str, folder: Path) -> None:
        command = [sys.executable, "-m", "campaigns.resumed_fits", FIT, case, backend]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.folder = folder
        start = time.perf_counter()
        self.right = self.finish("right")
        self.seconds = time.perf_counter() - start
        if backend != "jax":  # it has waited for the server's own fit
            start = time.perf_counter()
            self.finish("again")
            self.seconds = time.perf_counter() - start

    def _ask(self, *question: Any) -> int:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(question) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def _start(self, name: str) -> int:
        return self._ask("start", str(self.folder / name), str(self.folder / f"{name}.digest"))

    def kill(self, name: str, number: int, delay: float) -> int:
        """Start or resume a fit, and send it a signal after a delay; return its status."""
        process = self._start(name)
        time.sleep(delay)
        os.kill(process, number)
        return self._ask("wait", process)

    def finish(self, name: str) -> str:
        """Start or resume a fit; return the digest of its model, or how it ended without one."""
        status = self._ask("wait", self._start(name))
        result = self.folder / f"{name}.digest"
        return result.read_text() if status == DONE else f"status {status}"

    def close(self) -> None:
        """End the process."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()
        if self._server.stdout is not None:
            self._server.stdout.close()


def killed(case: str, tries: int, seed: int) -> Iterator[str | None]:
    """Kill fits of a kind at random moments; a try is a kill."""
    chance = np.random.default_rng([seed, len(case)])
    for place, backend in enumerate(BACKENDS):
        share = tries // len(BACKENDS) + (place < tries % len(BACKENDS))
        if share == 0:
            continue
        with tempfile.TemporaryDirectory() as folder:
            fits = Fits(case, backend, Path(folder))
            try:
                yield from _killed(fits, f"{case} on {backend}", share, chance)
            finally:
                fits.close()


def _killed(fits: Fits, what: str, tries: int, chance: Any) -> Iterator[str | None]:
    done, number = 0, 0
    while done < tries:
        number += 1
        name, kills = f"fit {number}", 0
        for _ in range(int(chance.integers(1, min(KILLS, tries - done) + 1))):
            signalled = SIGNALS[int(chance.integers(3))]
            status = fits.kill(name, signalled, chance.uniform(0, fits.seconds))
            if status == DONE:
                break
            kills += 1
            if status not in (-signalled, STOPPED):
                yield f"{what}, {name}: status {status} after {signalled.name}"
        found = fits.finish(name)
        wrong = None if found == fits.right else f"{what}, {name}, {kills} kills: {found}, not {fits.right}"
        done += kills
        yield from [wrong] * min(kills, 1) + [None] * (kills - 1)


def damaged(tries: int, seed: int) -> Iterator[str | None]:
    """Resume from damaged checkpoints: refused, or with an older one beside them the right model."""
    rng = np.random.default_rng(seed)
    few = {"epochs": 2, "batch_sz": 100, "monitor": None, "backend": "jax"}

    def fit(path: Path) -> str:
        ae = AutoEncoder(3, random_state=1)
        return digest(ae.fit(X, callbacks=[Checkpoint(path, every_batches=1, keep=1)], resume=path, **few))

    with tempfile.TemporaryDirectory() as folder:
        path, older = Path(folder) / "fit.ckpt", Path(folder) / "fit.ckpt.1"
        right = fit(path)
        files = [path.read_bytes()]
        for number in range(tries):
            what, content = damage(files, 0, rng)
            path.write_bytes(content)
            older.unlink(missing_ok=True)
            if beside := number % 2 == 1:
                older.write_bytes(files[0])
            try:
                with warnings.catch_warnings(record=True):
                    warnings.simplefilter("always")
                    wrong = None if fit(path) == right else "another model"
            except DataError as error:
                wrong = f"refused beside an older one: {error}" if beside else None
            except Exception as error:
                wrong = f"{type(error).__name__}: {error}"
            yield wrong and f"try {number}, {what}: {wrong}"[:300]


def campaign(name: str, case: Callable[..., Any]) -> Campaign:
    """Return the row of a kind of fit."""
    return Campaign(f"fits of {name} killed and resumed", 300, partial(killed, case.__name__))


CAMPAIGNS = [
    campaign("an auto-encoder", auto_encoder),
    campaign("an RBM with persistent chains", machine),
    campaign("a DNN", network),
    campaign("t-SNE", embedding),
    Campaign("checkpoints with bits flipped, cut, appended to, spliced", 10_000, damaged),
]

if __name__ == "__main__":
    serve(*sys.argv[1:])
