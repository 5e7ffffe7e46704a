"""Values that are wrong for nearly every argument, and the few that some arguments take."""

import datetime
import fractions
import io
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytensor.tensor as pt
import scipy.sparse

import udl_pt

__all__ = ["ACCEPTED", "KINDS", "VALUES", "kind_of"]


class Loader:
    """Something that yields batches and has a length, as PyTorch's DataLoader."""

    def __iter__(self) -> Iterator[Any]:
        """Yield two batches."""
        return iter([np.ones((2, 6)), np.ones((2, 6))])

    def __len__(self) -> int:
        """Count the batches."""
        return 2


class Unspeakable:
    """An object without a repr."""

    def __repr__(self) -> str:
        """Fail."""
        raise RuntimeError("no repr")


def _torch_with_gradient() -> Any:
    try:
        import torch
    except ImportError:
        return np.ones((2, 3, 4), np.float32)
    return torch.ones((2, 3, 4), requires_grad=True)


def _filled(value: float) -> np.ndarray:
    X = np.full((40, 6), 0.5)
    X[3, 2] = value
    return X


VALUES: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "False": lambda: False,
    "numpy True": lambda: np.True_,
    "text": lambda: "much",
    "empty text": lambda: "",
    "digits": lambda: "3",
    "long text": lambda: "x" * 100_000,
    "bytes": lambda: b"much",
    "bytearray": lambda: bytearray(b"12"),
    "memoryview": lambda: memoryview(b"abc"),
    "nan": lambda: float("nan"),
    "float32 nan": lambda: np.float32("nan"),
    "inf": lambda: 1e400,
    "-inf": lambda: -1e400,
    "-1": lambda: -1,
    "0": lambda: 0,
    "-0.5": lambda: -0.5,
    "1.5": lambda: 1.5,
    "1.0000001": lambda: 1.0000001,
    "10**20": lambda: 10**20,
    "10**5000": lambda: 10**5000,
    "complex": lambda: 1 + 2j,
    "fraction": lambda: fractions.Fraction(1, 3),
    "decimal nan": lambda: Decimal("NaN"),
    "[]": lambda: [],
    "()": lambda: (),
    "ragged": lambda: [[1.0], [1.0, 2.0]],
    "texts": lambda: ["a", "b"],
    "Nones": lambda: [None, None],
    "{}": lambda: {},
    "dict": lambda: {"a": 1},
    "set()": lambda: set(),
    "set": lambda: {1, 2},
    "generator": lambda: (number for number in (1.5, 2.5)),
    "iterator": lambda: iter([0.5]),
    "range": lambda: range(3),
    "slice": lambda: slice(3),
    "function": lambda: lambda: None,
    "class": lambda: int,
    "module": lambda: np,
    "object": object,
    "without repr": Unspeakable,
    "exception": lambda: ValueError("x"),
    "Ellipsis": lambda: ...,
    "NotImplemented": lambda: NotImplemented,
    "timedelta": lambda: datetime.timedelta(days=1),
    "file": lambda: io.StringIO("1,2\n3,4\n"),
    "path": lambda: Path("nowhere"),
    "loader": Loader,
    "model": lambda: udl_pt.AutoEncoder(3, random_state=0),
    "vector variable": lambda: pt.dvector("v"),
    "integer variable": lambda: pt.iscalar("i"),
    "tensor with gradient": _torch_with_gradient,
    "array 1.5": lambda: np.array(1.5),
    "array text": lambda: np.array("a"),
    "array of nothing": lambda: np.zeros(0),
    "vector": lambda: np.ones(3),
    "cube": lambda: np.ones((2, 3, 4)),
    "no rows": lambda: np.ones((0, 6)),
    "objects": lambda: np.array([[None, 1.0]] * 3),
    "array of texts": lambda: np.array([["a", "b"]] * 3),
    "complex array": lambda: np.ones((40, 6), complex),
    "dates": lambda: np.full((40, 6), np.datetime64("2026-01-01")),
    "structured": lambda: np.zeros(3, [("a", float), ("b", int)]),
    "with NaN": lambda: _filled(np.nan),
    "with inf": lambda: _filled(np.inf),
    "masked": lambda: np.ma.masked_less(_filled(0.0), 0.1),
    "sparse": lambda: scipy.sparse.csr_matrix(_filled(0.0)),
    "frame of texts": lambda: pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
}

# Which of the values an argument of a kind takes: they are no tries.
ACCEPTED: dict[str, set[str]] = {
    "data": set(),
    "count": set(),
    "count from 0": {"0"},
    "number": {"0", "1.5", "1.0000001", "10**20", "fraction", "array 1.5"},
    "any number": {"0", "-1", "-0.5", "1.5", "1.0000001", "10**20", "fraction", "array 1.5"},
    "above 0": {"1.5", "1.0000001", "10**20", "fraction", "array 1.5"},
    "from 1": {"1.5", "1.0000001", "10**20", "array 1.5"},
    "stream": {"None", "0", "10**20", "10**5000"},
    "share not all": {"fraction"},
    "model": {"model"},
    "name": {"text", "empty text", "digits", "long text"},  # fit knows which there are
    "share": {"0", "fraction"},
    "numbers": {"0", "1.5", "1.0000001", "fraction", "array 1.5"},
    "switch": {"True", "False", "numpy True", "0"},
    "option": set(),
    "record": {"function", "class"},
    "chance": {"0", "None"},
    "dtype": set(),
    "callbacks": {"[]", "()", "set()"},
    "functions": {"[]", "()", "set()"},
    "function": set(),
    "indices": {"[]", "()", "set()", "array of nothing"},
    "counts from 0": {"0"},
    "options": {"{}"},
    "sizes": set(),
    "steps": set(),
    "path": {"text", "digits", "empty text", "long text", "bytes", "path"},  # refused, but for what is there
    "layer": {"0", "-1"},
    "units": {"0", "range"},
    "seed": {"0"},
    "anything": set(VALUES),
}

_BY_NAME = {
    "data": "X Xtest V H Z W changed samples P start missing p t",
    "labels": "Y Ytest target",
    "vector": "bh bo c b z",
    "count": "M batch_sz k n_chains n_temperatures n_components steps rounds n_betas n N patience every keep "
    "devices every_epochs every_batches",
    "count from 0": "epochs max_iter exaggeration_iter pixels",
    "number": "learning_rate reg weight_decay sparsity_cost noise denoising adversarial l2 tol rel_step last "
    "every_seconds",
    "share": "mu sparsity_target decay share",
    "above 0": "s perplexity max_norm",
    "switch": "show_fig pretrain keep_layers pretrain_on_disk train_head_only persistent centring binarize "
    "learn_variance whiten warm_start verbose append",
    "option": "hidden output visible visible_bias cost cost_scale monitor backend gradient init method norm "
    "objective constraint choice",
    "record": "watch",
    "chance": "random_state",
    "stream": "rng seed",
    "dtype": "dtype",
    "share not all": "validation",
    "callbacks": "callbacks",
    "functions": "augment",
    "function": "optimiser penalty",
    "counts from 0": "pretrain_epochs",
    "indices": "frozen_layers",
    "options": "pretrain_options",
    "sizes": "hidden_layer_sizes shape image_shape resize",
    "path": "path resume",
    "numbers": "epsilon size",
    "layer": "layer",
    "units": "units",
    "any model": "model rbm UnsupervisedModel corruption",
    "anything": "an_id",
}
KINDS = {name: kind for kind, names in _BY_NAME.items() for name in names.split()}


def kind_of(target: str, name: str) -> str:
    """Return the kind of a function's argument."""
    return _OWN.get((target, name)) or KINDS.get(name) or "unknown"


_OWN = {
    ("LinearSchedule", "epochs"): "number",
    ("LinearSchedule", "first"): "number",
    ("LinearSchedule", "name"): "name",
    ("load_data", "label"): "name",
    ("set_backend", "name"): "option",
    ("TSNE", "early_exaggeration"): "from 1",
    ("SymmetricSNE", "early_exaggeration"): "from 1",
    ("EarlyStopping", "model"): "any model",
    ("LinearDecay", "model"): "model",
    ("LinearSchedule", "model"): "model",
    ("ParameterAverage", "model"): "model",
    ("UpdateSizes", "model"): "any model",
    ("DNN.fit", "dropout"): "share",
    ("flip", "p"): "share",
    ("zeros", "p"): "share",
    ("noise", "sd"): "number",
    ("rotate", "degrees"): "number",
    ("adversarial", "epsilon"): "share",
    ("masking", "p"): "share",
    ("salt_and_pepper", "p"): "share",
    ("gaussian", "sd"): "number",
    ("log_likelihood", "log_Z"): "any number",
    ("RBM.gibbs", "V"): "data",
    ("DBN.fit_to_input", "k"): "count from 0",
    ("DBN.generate", "steps"): "steps",
    ("fantasies", "steps"): "steps",
    ("DBN.generate", "start"): "data",
    ("init_weights", "shape"): "sizes",
}
