"""Damaged files of models, and files that are well-formed and wrong.

A file may be refused with `DataError`, or load with the values that were saved. Anything else is a failure:
other values, other errors, more than a second of the processor's time, more than 100 MB of memory.
"""

import contextlib
import os
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from campaigns import Campaign
from campaigns.right_models import contents, file_of
from campaigns.wrong_models import cases
from campaigns.wrong_objects import changed, models, use
from udl_pt import DBN, load
from udl_pt._support.exceptions import DataError

SECONDS, BYTES = 1.0, 100e6  # that one file may take


def values(dbn: DBN) -> list[Any]:
    """List all that a file holds of a network."""
    found: list[Any] = [dbn.dtype, dbn.n_features, dbn.unit_interval]
    for layer in dbn.hidden_layers:
        names = ("M", "id", "dtype", "n_features", "unit_interval", "costs", "valid_costs")
        kinds = ("hidden", "output", "visible", "learn_variance")
        found += [type(layer).__name__, *(getattr(layer, name, None) for name in (*names, *kinds))]
        arrays = [p.get_value() for p in (*layer.params, *layer.dparams)]
        chains = getattr(layer, "chains", None)
        for array in [*arrays, *([] if chains is None else [chains])]:
            found.append((array.dtype.name, array.shape, array.tobytes()))
    return found


def attempt(
    path: Path, content: bytes, what: str, saved: list[list[Any]], size: int | None = None
) -> str | None:
    """Load a file; return None where it was refused, or holds what was saved, else what went wrong."""
    path.write_bytes(content)
    if size is not None:
        os.truncate(path, size)
    tracemalloc.reset_peak()
    before, start = tracemalloc.get_traced_memory()[0], time.process_time()
    try:
        loaded = values(DBN.load(path))
    except DataError:
        loaded = None
    except Exception as error:
        return f"{what}: {type(error).__name__}: {error}"[:300]
    seconds, taken = time.process_time() - start, tracemalloc.get_traced_memory()[1] - before
    if loaded is not None and loaded not in saved:
        return f"{what}: loaded with other values than were saved"
    if seconds > SECONDS or taken > BYTES:
        return f"{what}: took {seconds:.1f} s and {taken / 1e6:.0f} MB"
    return None


def damaged(tries: int, seed: int) -> Iterator[str | None]:
    """Flip bits in files, cut them, append to them, splice them."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder, traced():
        path = Path(folder) / "model.st"
        files, saved = [], []
        for content in contents():
            path.write_bytes(file_of(*content))
            dbn = DBN.load(path)
            dbn.save(path)
            files.append(path.read_bytes())
            saved.append(values(dbn))
        for number in range(tries):
            which = int(rng.integers(len(files)))
            what, content = damage(files, which, rng)
            yield attempt(path, content, f"try {number}, {what}", [saved[which]])


@contextlib.contextmanager
def traced() -> Iterator[None]:
    """Trace memory, unless somebody does already."""
    own = not tracemalloc.is_tracing()
    if own:
        tracemalloc.start()
    try:
        yield
    finally:
        if own:
            tracemalloc.stop()


def damage(files: list[bytes], which: int, rng: np.random.Generator) -> tuple[str, bytes]:
    """Damage a file in one of a dozen ways; half of the places are in its header."""
    content = bytearray(files[which])
    header = 8 + int.from_bytes(content[:8], "little")

    def place() -> int:
        return int(rng.integers(header if rng.random() < 0.5 else len(content)))

    kind = int(rng.integers(9))
    if kind == 0:
        bits = [(place(), int(rng.integers(8))) for _ in range(rng.integers(1, 5))]
        for at, bit in bits:
            content[at] ^= 1 << bit
        return f"bits flipped at {bits}", bytes(content)
    if kind == 1:
        at = place()
        return f"cut at {at}", bytes(content[:at])
    if kind == 2:
        more = rng.bytes(int(rng.integers(1, 100)))
        return f"{len(more)} bytes appended", bytes(content) + more
    if kind == 3:
        other = files[int(rng.integers(len(files)))]
        at, to = place(), int(rng.integers(len(other)))
        if at == to and other is files[which]:
            to -= 1
        return f"spliced: the file to {at}, then another from {to}", bytes(content[:at]) + other[to:]
    if kind == 4:
        at, n = place(), int(rng.integers(1, 50))
        return f"{n} bytes removed at {at}", bytes(content[:at] + content[at + n :])
    if kind == 5:
        at, more = place(), rng.bytes(int(rng.integers(1, 50)))
        return f"{len(more)} bytes put in at {at}", bytes(content[:at]) + more + bytes(content[at:])
    if kind == 6:
        at, byte = place(), int(rng.choice(list(b'0123456789{}[]",:-eE.tfn\\ \x00\xff')))
        content[at] = byte
        return f"byte {byte} written to {at}", bytes(content)
    if kind == 7:
        content[:8] = (2 ** int(rng.integers(64)) + int(rng.integers(3)) - 1).to_bytes(8, "little")
        return f"a header of {int.from_bytes(content[:8], 'little')} bytes announced", bytes(content)
    at, to, n = place(), place(), int(rng.integers(1, 50))
    part = content[at : at + n]
    content[to : to + len(part)] = part
    return f"{len(part)} bytes copied from {at} to {to}", bytes(content)


def by_hand(tries: int, seed: int) -> Iterator[str | None]:
    """Write well-formed files, with a right digest, of what no model can be."""
    with tempfile.TemporaryDirectory() as folder, traced():
        path = Path(folder) / "model.st"
        for content in contents():
            path.write_bytes(file_of(*content))
            DBN.load(path)  # what is right must load, else the rest would show nothing
        wrong = cases()
        for i in np.random.default_rng(seed).permutation(len(wrong))[:tries]:
            what, make, size = wrong[i]
            yield attempt(path, make(), what, [], size)


def of_all_models(tries: int, seed: int) -> Iterator[str | None]:
    """Change values and arrays in files of each class; what loads must be usable."""
    with tempfile.TemporaryDirectory() as folder, traced():
        path, again = Path(folder) / "model.st", Path(folder) / "again.st"
        right = models()
        for number, model in enumerate(right):
            model.save(path)
            use(load(path), again)
            share = range(number, tries, len(right))
            for (what, make), _ in zip(changed(path, seed + number), share, strict=False):
                yield usable(path, make(), f"{type(model).__name__}: {what}", again)


def usable(path: Path, content: bytes, what: str, again: Path) -> str | None:
    """Load a file; return None where it was refused, or can be used, else what went wrong."""
    path.write_bytes(content)
    start = time.process_time()
    try:
        model = load(path)
        seconds = time.process_time() - start
        use(model, again)
    except DataError:
        return None
    except Exception as error:
        if "is not in its file" in str(error):
            return None  # a function that the user must pass
        return f"{what}: {type(error).__name__}: {error}"[:300]
    return f"{what}: took {seconds:.1f} s" if seconds > SECONDS else None


CAMPAIGNS = [
    Campaign("model files with bits flipped, cut, appended to, spliced", 100_000, damaged),
    Campaign("model files made by hand, well-formed and wrong", len(cases()), by_hand),
    Campaign("files of all models with one value or array changed", 20_000, of_all_models),
]
