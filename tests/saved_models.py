"""Small models of all kinds, as they are saved and loaded, and all that an object holds."""

import functools

import numpy as np
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt import (
    DBN,
    DNN,
    PCA,
    RBM,
    TSNE,
    AutoEncoder,
    DeepAutoEncoder,
    Ladder,
    SymmetricSNE,
)
from udl_pt.symbolic.chance import Chance
from udl_pt.symbolic.corruption import gaussian, masking, salt_and_pepper
from udl_pt.symbolic.random import RandomStreams

X = np.random.default_rng(0).random((40, 4))
Y = np.arange(40) % 3
NORMAL = np.random.default_rng(1).normal(size=(40, 4))
STANDARD = (NORMAL - NORMAL.mean(axis=0)) / NORMAL.std(axis=0)
LABELLED = (X, Y, X, Y)
FAST = {"batch_sz": 10}
PRETRAINED = {"batch_sz": 10, "pretrain_options": FAST}


class Halved(RBM):
    """A user's machine, with attributes of its own."""

    def __init__(self, M, share=0.5, **options):
        super().__init__(M, **options)
        self.share, self.notes = np.float32(share), {"by": ["me", (1, None)], 3: np.arange(3), "rate": np.inf}

    def hidden_logits(self, V):
        """Halve them."""
        return super().hidden_logits(V) * np.asarray(self.share, self.dtype)


def noise(A, stream, share=0.5):
    """A user's corruption."""
    return A * share


def auto_encoder(**options):
    return AutoEncoder(3, **{"random_state": 0, **options})


MODELS = {
    "pca": lambda: PCA().fit(X),
    "whitened": lambda: PCA(2, whiten=True).fit(X.astype("float32")),
    "auto-encoder": lambda: auto_encoder().fit(X, **FAST),
    "float32": lambda: auto_encoder(dtype="float32").fit(X, **FAST),
    "linear": lambda: auto_encoder(output="linear").fit(NORMAL, cost="squared_error", **FAST),
    "denoising": lambda: auto_encoder(corruption=masking(0.3)).fit(X, **FAST),
    "noisy": lambda: auto_encoder(corruption=gaussian(0.3), rng=5).fit(X, **FAST),
    "peppered": lambda: auto_encoder(
        corruption=salt_and_pepper(0.3), rng=np.random.RandomState(3), random_state=np.random.default_rng(4)
    ).fit(X, **FAST),
    "tanh": lambda: auto_encoder(hidden=pt.tanh, an_id=("first", 1)).fit(X, epochs=2, **FAST),
    "validated": lambda: auto_encoder().fit(X, validation=0.25, **FAST),
    "from arrays": lambda: AutoEncoder.createFromArrays(np.eye(4)[:, :2], [0, 1], [1, 2, 3, 4]),
    "rbm": lambda: RBM(3, random_state=0).fit(X, **FAST),
    "persistent": lambda: RBM(3, random_state=np.random.RandomState(2), rng=7).fit(
        X, persistent=True, **FAST
    ),
    "gaussian": lambda: RBM(3, visible="gaussian", learn_variance=True, random_state=0).fit(STANDARD, **FAST),
    "subclass": lambda: Halved(3, 0.25, random_state=0).fit(X, **FAST),
    "dbn": lambda: DBN([3, 2], RBM, random_state=0).fit(X, pretrain_options=FAST),
    "dnn": lambda: DNN([3, 2], random_state=0, rng=5).fit(*LABELLED, dropout=0.2, **PRETRAINED),
    "frozen": lambda: DNN([3, 2], Halved, random_state=0).fit(*LABELLED, frozen_layers=[0], **PRETRAINED),
    "validated dnn": lambda: DNN([3], random_state=0).fit(*LABELLED, validation=0.25, **PRETRAINED),
    "deep": lambda: DeepAutoEncoder([3, 2], random_state=0, dtype="float32").fit(X, **PRETRAINED),
    "ladder": lambda: Ladder([3], random_state=0).fit(*LABELLED, **FAST),
    "wide": lambda: PCA(3).fit(np.random.default_rng(2).normal(size=(4, 6))[:, :4]),
    "tsne": lambda: embedded(TSNE(perplexity=5, max_iter=60, init="random", random_state=0)),
    "sne": lambda: embedded(
        SymmetricSNE(1, s=0.5, random_state=1, max_iter=60, learning_rate=0.1, dtype="float32")
    ),
}


def embedded(model):
    model.fit_transform(X)
    return model


def held(value, seen=None):
    """List all that an object holds, in order; an object met again is its number."""
    seen = {} if seen is None else seen
    if isinstance(value, (str, bool, int, float, type(None), np.generic)):
        return [(type(value).__name__, repr(value))]
    if isinstance(value, np.ndarray):
        return [(value.dtype.name, value.shape, value.flags.c_contiguous, value.tobytes())]
    if isinstance(value, (tuple, frozenset)):
        return [(type(value).__name__, len(value)), *(entry for v in value for entry in held(v, seen))]
    if id(value) in seen:
        return [("again", seen[id(value)][0])]
    seen[id(value)] = len(seen), value
    if isinstance(value, list):
        return [("list", len(value)), *(entry for v in value for entry in held(v, seen))]
    if isinstance(value, dict):
        return [entry for key, v in value.items() for entry in [("key", repr(key)), *held(v, seen)]]
    if isinstance(value, SharedVariable):
        return [("shared", value.name, value.type.shape), *held(value.get_value(), seen)]
    if isinstance(value, RandomStreams):
        return [("stream", value.dtype), *held(value.generator, seen)]
    if isinstance(value, np.random.Generator):
        return held(value.bit_generator, seen)
    if isinstance(value, np.random.BitGenerator):
        return held(value.state, seen)
    if isinstance(value, np.random.RandomState):
        return [*held(value._bit_generator, seen), *held(value.get_state(legacy=False), seen)]
    if isinstance(value, functools.partial):
        return [("partial", value.func.__name__, value.args, repr(value.keywords))]
    if callable(value):
        return [("function", getattr(value, "__name__", repr(value)))]
    if isinstance(value, Chance) or hasattr(value, "save"):
        left_out = getattr(value, "not_saved", ())
        attributes = {name: getattr(value, name) for name in vars(value) if name not in left_out}
        return [(type(value).__name__, len(attributes)), *held(dict(sorted(attributes.items())), seen)]
    raise AssertionError(f"what is {value!r}?")
