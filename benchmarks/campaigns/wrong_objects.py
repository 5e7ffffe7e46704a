"""Files of all models that are well-formed and wrong: each value and each array of a right file changed."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from campaigns.right_models import file_of
from campaigns.wrong_models import ANYTHING
from udl_pt import DBN, DNN, PCA, RBM, TSNE, AutoEncoder, DeepAutoEncoder, Ladder
from udl_pt.symbolic.corruption import masking

__all__ = ["changed", "models", "use"]

Case = tuple[str, Callable[[], bytes]]
REFERENCES = [{"object": 0}, {"object": 10**6}, {"array": "no"}, {"function": "eval"}, {"elemwise": "load"}]
VALUES = [
    *ANYTHING,
    *REFERENCES,
    {"missing": "f"},
    {"float": "nan"},
    {"tuple": [1]},
    {"global generator": None},
]


def models() -> list[Any]:
    """Fit one small model of each class."""
    rs = np.random.RandomState(0)
    X, Y = rs.rand(12, 4), np.arange(12) % 3
    fast: dict[str, Any] = {"batch_sz": 6}
    pretrained = {"batch_sz": 6, "pretrain_options": fast}
    tsne = TSNE(perplexity=2, max_iter=50, random_state=0)
    tsne.fit_transform(X)
    return [
        PCA(2).fit(X),
        AutoEncoder(3, corruption=masking(0.3), rng=rs, random_state=0).fit(X, **fast),
        RBM(3, rng=np.random.default_rng(0), random_state=0).fit(X, persistent=True, **fast),
        DBN([3, 2], RBM, random_state=0).fit(X, pretrain_options=fast),
        DNN([3], random_state=0).fit(X, Y, X, Y, frozen_layers=[0], **pretrained),
        DeepAutoEncoder([3, 2], random_state=0).fit(X, **pretrained),
        Ladder([3], random_state=0).fit(X, Y, X, Y, **fast),
        tsne,
    ]


def use(model: Any, path: Path) -> None:
    """Do with a loaded model what a user does; a file that loads must allow it."""
    repr(model)
    model.save(path)
    for name in ("forward_hidden", "forward", "encode", "predict", "free_energy"):
        if hasattr(model, name):
            getattr(model, name)(np.full((2, model.n_features), 0.5))


def changed(path: Path, seed: int) -> Iterator[Case]:
    """Change a right file in one place at a time, in random order, for ever."""
    rng = np.random.default_rng(seed)
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    facts, tensors = json.loads(header["__metadata__"]["facts"]), load_file(path)
    places = list(_places(facts))
    names = sorted(tensors)
    while True:
        if rng.random() < 0.7:
            place, value = places[rng.integers(len(places))], VALUES[rng.integers(len(VALUES))]
            yield f"{'.'.join(map(str, place))} is {value!r}"[:200], _with_fact(tensors, facts, place, value)
        else:
            name, kind = names[rng.integers(len(names))], int(rng.integers(7))
            yield f"{name}, change {kind}", _with_tensor(tensors, facts, name, kind)


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List the places of all values within a value."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, within in entries:
        yield (*place, key)
        yield from _places(within, (*place, key))


def _with_fact(tensors: Any, facts: Any, place: tuple[Any, ...], value: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        own: Any = copy.deepcopy(facts)
        within = own
        for key in place[:-1]:
            within = within[key]
        within[place[-1]] = value
        return file_of(tensors, own)

    return make


def _with_tensor(tensors: Any, facts: Any, name: str, kind: int) -> Callable[[], bytes]:
    array = tensors[name]
    changes: list[Callable[[], Any]] = [
        lambda: None,
        lambda: np.where(np.arange(array.size).reshape(array.shape) == 0, np.nan, array),
        lambda: array.astype("float32" if array.dtype == "float64" else "float64"),
        lambda: array[:-1] if array.ndim else np.zeros(2, array.dtype),
        lambda: np.concatenate([array, array]) if array.ndim else np.zeros((1, 1), array.dtype),
        lambda: array[None],
        lambda: array.astype("int64"),
    ]

    def make() -> bytes:
        new = changes[kind]()
        own = {n: a for n, a in tensors.items() if n != name or new is not None}
        return file_of(own | ({} if new is None else {name: new}), facts)

    return make
