"""Wrong arguments: every public function, constructor and method, every argument, some seventy values.

All other arguments are valid. A try goes well when a ValueError or TypeError (or an OSError for a path) names
the argument, what came, and what is expected or what to do; when nothing warns or prints; and when the model
and all generators are what they were. A value that an argument takes (`wrong_values.ACCEPTED`) is no try.
"""

import contextlib
import functools
import importlib
import inspect
import io
import itertools
import os
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable

import udl_pt
from campaigns import Campaign
from campaigns.wrong_values import ACCEPTED, VALUES, kind_of
from udl_pt import eager

__all__ = ["CAMPAIGNS", "Target", "complaint", "targets", "tries_of"]

MODULES = (
    "udl_pt",
    "udl_pt.callbacks",
    "udl_pt.inspection.attacks",
    "udl_pt.inspection.augmentation",
    "udl_pt.inspection.features",
    "udl_pt.inspection.likelihood",
    "udl_pt.models.sampling",
    "udl_pt.datasets",
    "udl_pt.models._sne.affinities",
    "udl_pt.models._sne.objective",
    "udl_pt.eager",
)
CORRUPTIONS = ("gaussian", "masking", "salt_and_pepper")
LEFT_OUT = {
    "Comparison": "a result",
    "Outcome": "a result",
    "Estimate": "a result",
    "Dataset": "a result",
    "RandomStreams": "its methods take symbolic shapes and numbers, which PyTensor checks",
    "compare": "it starts processes; test_comparison.py has its wrong arguments",
    **dict.fromkeys(
        ("adam_updates", "momentum_updates", "nesterov_updates", "rmsprop_updates", "sgd_updates"),
        "takes graphs, which PyTensor checks",
    ),
    "parameter_array": "a helper of callbacks",
    "ModelAugmentation": "a pair, which fit checks",
    "TensorBoard": "needs another package",
}
METHODS_LEFT_OUT = {  # what takes variables only, or is called by the library
    *("array_function", "compiled", "kernel", "takes_probabilities", "memory", "dC_dY", "log_q", "beside"),
    *(
        "hidden_logits",
        "hidden_mean",
        "visible_input",
        "visible_mean",
    ),
    "load",  # files have campaigns of their own
    *("on_check", "on_start", "on_resume", "on_batch", "on_end", "on_error", "updates", "as_dict"),
}
OF_AFFINITIES = ("joint_probabilities", "gaussian_probabilities")
OF_NEIGHBOURS = ("sne_cost", "tsne_cost", "sne_gradient", "tsne_gradient")
OF_DATASETS = (*("getKaggleMNIST", "load_data", "load_mnist", "donut", "gaussian_clouds", "xor_clouds"),)

_generator = np.random.RandomState(0)
X = _generator.rand(40, 6)
Y = np.arange(40) % 4
_UNITS = (X > 0.5).astype(float)
FAST = {"batch_sz": 10}
P = udl_pt.joint_probabilities(X, 5.0)
_DATA = {"X": X, "Y": Y, "Xtest": X, "Ytest": Y, "V": X, "H": X[:, :3], "Z": X[:, :3], "W": X, "P": P}


@dataclass(frozen=True)
class Target:
    """A function to call, and what is valid.

    Attributes
    ----------
    name : str
        Such as ``"RBM.fit"``; twins' with ``eager.`` before it.
    function : callable
        Already bound.
    valid : mapping of str to object
        Arguments without which it can't be called, or which make it fast.
    names : tuple of str
        Its arguments.
    optional : frozenset of str
        Those that are None where they aren't given.
    model : object
        Whose method it is, or None.
    """

    name: str
    function: Callable[..., Any]
    valid: Mapping[str, Any]
    names: tuple[str, ...]
    optional: frozenset[str]
    model: Any = None


@functools.cache
def fitted(kind: str) -> Any:
    """Return a small model after its fit."""
    side, _, name = kind.rpartition(".")
    module = eager if side else udl_pt
    if name in ("AutoEncoder", "RBM"):
        return getattr(module, name)(3, random_state=0).fit(X, **FAST)
    if name == "DNN":
        return module.DNN([3], random_state=0).fit(X, Y, X, Y, pretrain_options=FAST, **FAST)
    if name == "DBN":
        return module.DBN([3], module.RBM, random_state=0).fit(X, pretrain_options=FAST)
    if name == "DeepAutoEncoder":
        return udl_pt.DeepAutoEncoder([4, 3], random_state=0).fit(X, pretrain_options=FAST, **FAST)
    if name == "Ladder":
        return udl_pt.Ladder([3], random_state=0).fit(X, Y, X, Y, **FAST)
    if name == "PCA":
        return module.PCA(3).fit(X)
    if name in ("TSNE", "SymmetricSNE"):
        embedding = getattr(module, name)(perplexity=5, max_iter=2, random_state=0)
        embedding.fit_transform(X)
        return embedding
    raise KeyError(f"{kind} is unknown: add a fitted one")


def targets() -> list[Target]:
    """Walk the public names."""
    found: dict[str, Target] = {}
    seen = set()
    for module in MODULES:
        here = importlib.import_module(module)
        wanted = {
            "udl_pt.datasets": OF_DATASETS,
            "udl_pt.models._sne.affinities": OF_AFFINITIES,
            "udl_pt.models._sne.objective": OF_NEIGHBOURS,
        }.get(module, here.__all__)
        for name in wanted:
            thing = getattr(here, name)
            if name in LEFT_OUT or not callable(thing) or _is_error(thing) or id(thing) in seen:
                continue
            seen.add(id(thing))
            label = f"eager.{name}" if module == "udl_pt.eager" else name
            found[label] = _target(label, thing)
            if inspect.isclass(thing) and module in ("udl_pt", "udl_pt.eager"):
                found |= {t.name: t for t in _methods(label, thing)}
    for name in CORRUPTIONS:
        found[name] = _target(name, getattr(importlib.import_module("udl_pt.symbolic.corruption"), name))
    return list(found.values())


def _is_error(thing: Any) -> bool:
    return inspect.isclass(thing) and issubclass(thing, Exception)


def _methods(label: str, kind: type) -> Iterator[Target]:
    model = fitted(label)
    for name in sorted(dir(kind)):
        method = inspect.getattr_static(kind, name, None)
        method = getattr(method, "__func__", method)
        left_out = name in METHODS_LEFT_OUT or (name == "transform" and "SNE" in label)  # there is none
        if not (left_out or name.startswith("_")) and inspect.isfunction(method):
            yield _target(f"{label}.{name}", getattr(model, name), model)


def _target(label: str, function: Callable[..., Any], model: Any = None) -> Target:
    parameters = {
        n: p
        for n, p in inspect.signature(function).parameters.items()
        if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    }
    own = _own_arguments(label)
    needed = [n for n, p in parameters.items() if p.default is p.empty]
    valid = {n: own[n] if n in own else _valid(n) for n in [*needed, *own] if n in parameters}
    optional = frozenset(n for n, p in parameters.items() if p.default is None)
    return Target(label, function, valid, tuple(parameters), optional, model)


def _valid(name: str) -> Any:
    if name in ("model", "rbm", "UnsupervisedModel"):
        return fitted("DNN" if name == "model" else "RBM")
    more = {
        "M": 3,
        "hidden_layer_sizes": [3],
        "shape": (2, 3),
        "noise": 0.3,
        "k": 1,
        "epsilon": 0.1,
        "size": 0.1,
    }
    more |= {"bh": np.zeros(6), "c": np.zeros(6), "bo": np.zeros(40), "b": np.zeros(40), "changed": X}
    more |= {"samples": _UNITS, "start": 3, "layer": 0, "missing": X > 0.7, "p": Y, "t": Y, "name": "mu"}
    more |= {"last": 0.5, "sd": 0.1, "degrees": 10, "pixels": 1, "path": "nowhere", "choice": "fixed"}
    return (_DATA | more)[name]


def _own_arguments(label: str) -> dict[str, Any]:
    """Arguments of a function that differ from what is valid elsewhere, or make it fast."""
    *_, kind, method = ["", *label.split(".")]
    name = label.removeprefix("eager.")
    if method == "load_state_dict":
        return {"state": fitted(label.removesuffix(f".{method}")).state_dict()}
    if method == "fit" and kind in ("AutoEncoder", "RBM", "Ladder"):
        return dict(FAST)
    if method == "fit" and kind in ("DNN", "DeepAutoEncoder"):
        return FAST | {"pretrain_options": FAST}
    if method == "fit" and kind == "DBN":
        return {"pretrain_options": FAST}
    own: dict[str, dict[str, Any]] = {
        "EarlyStopping": {"model": fitted("DNN")},
        "DeepAutoEncoder": {"hidden_layer_sizes": [4, 3]},
        "UpdateSizes": {"model": fitted("DNN")},
        "set_backend": {"name": "jax"},
        "joint_probabilities": {"perplexity": 5.0},
        "DBN.generate": {"start": 3, "steps": [1]},
        "fantasies": {"start": 3, "steps": [1]},
        "DBN.fit_to_input": {"epochs": 1},
        "first_layer_features": {"model": fitted("DNN")},
        "reverse_ais": {"n_betas": 3},
        "ais": {"n_betas": 3, "n_chains": 3},
        "complete": {"steps": 2},
        "maximize": {"steps": 1},
        "log_likelihood": {"X": _UNITS},
        "pseudo_likelihood": {"X": _UNITS},
        "stochastic_pseudo_likelihood": {"X": _UNITS},
        "LinearSchedule": {"name": "mu"},
    }
    if label.startswith("eager.") and method in ("input_gradient", "fast_gradient_sign"):
        return {"model": fitted("eager.DNN")}
    if "sne_" in name:
        return {"Y": X[:, :2]}
    return own.get(name, {})


def tries_of(target: Target) -> list[tuple[Target, str, str]]:
    """Return the target with each argument and each value that it doesn't take."""
    found = []
    for name in target.names:
        kind = kind_of(target.name.removeprefix("eager."), name)
        accepted = set(ACCEPTED.get(kind, set())) | ({"None"} if name in target.optional else set())
        accepted |= TAKEN.get((target.name.removeprefix("eager."), name), set())
        accepted |= TAKEN.get((target.name, name), set())
        found += [(target, name, value) for value in VALUES if value not in accepted]
    return found


_NONE = {"None"}
TAKEN: dict[tuple[str, str], set[str]] = {
    ("set_backend", "name"): _NONE,
    ("complete", "X"): {"with NaN", "with inf"},  # where values are missing
    ("DeepAutoEncoder", "corruption"): {"Nones"},  # one a layer
    ("EarlyStopping", "model"): {"model"},  # but its record is not
    ("eager.fast_gradient_sign", "epsilon"): {"10**20"},
    ("first_layer_features", "model"): {"model"},  # has a message on `fit` of its own
    ("maximize", "model"): {"model"},
    ("strongest_images", "model"): {"model"},
}
for _of in ("AutoEncoder", "RBM", "DNN", "DBN", "DeepAutoEncoder", "Ladder"):
    TAKEN[f"{_of}.fit", "monitor"] = _NONE
    TAKEN[f"{_of}.fit", "X"] = {"loader"}  # but it has too few rows


def complaint(target: Target, name: str, value_name: str) -> str | None:
    """Call a target with a wrong value of one argument; return what is wrong with how it is refused."""
    value = VALUES[value_name]()
    where = f"{target.name}({name}={value_name})"
    before, printed = _state(target.model), io.StringIO()
    error: BaseException | None = None
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                target.function(**{**target.valid, name: value})
        except Exception as raised:  # that is what is looked at
            error = raised
    if error is None:
        return f"{where}: accepted"
    text = str(error)
    if not _is_expected(error, kind_of(target.name.removeprefix("eager."), name)):
        return f"{where}: {type(error).__name__}: {text[:200]}"
    called = "backend" if target.name == "set_backend" else {"seed": "rng"}.get(name, name)
    if not re.search(rf"(?<!\w){re.escape(called)}(?!\w)", text):
        return f"{where}: doesn't name the argument: {text[:200]}"
    if not any(part and part in text for part in _parts(VALUES[value_name]())):
        return f"{where}: doesn't show the value: {text[:200]}"
    if "expected" not in text and ": " not in text:
        return f"{where}: no way out: {text[:200]}"
    if len(text) > LONGEST:
        return f"{where}: a message of {len(text)} characters: {text[:100]}"
    if warned:
        return f"{where}: warns: {warned[0].message}"
    if printed.getvalue():
        return f"{where}: prints {printed.getvalue()[:100]!r}"
    if _state(target.model) != before:
        return f"{where}: the model or a generator is another afterwards"
    return None


LONGEST = 700  # characters of a message


def _is_expected(error: Exception, kind: str) -> bool:
    own = type(error).__module__.partition(".")[0]
    if kind == "path" and isinstance(error, OSError):
        return True
    return isinstance(error, ValueError | TypeError) and own in ("builtins", "udl_pt")


def _parts(value: Any) -> list[str]:
    """Return what shows a value in a message: one of these must be in it."""
    parts = [type(value).__name__, str(getattr(value, "dtype", "")).removeprefix("torch.")]
    with contextlib.suppress(Exception):
        parts.append(repr(value)[:12])
    with contextlib.suppress(TypeError):
        parts.append(f"has {len(value)} ")
    with contextlib.suppress(Exception):
        for entry in itertools.islice(value, 3):
            parts += [repr(entry)[:12], str(entry)[:12]]
    if isinstance(value, list | tuple | range | set) or hasattr(value, "__next__"):
        parts.append("is empty")
    shape = getattr(value, "shape", None)
    if isinstance(value, bytearray | memoryview | range | list | tuple):
        shape = np.shape(np.array(value, object))
    if isinstance(shape, tuple):
        parts.append(str(tuple(shape)))
        parts += ["is empty", f"{len(shape)} dimension", "is nan", "is inf", "masked", "sparse"]
        parts += [f"has {n} " for n in shape]
    return parts


def _state(model: Any) -> Any:
    """Describe what may not change: a model, its layers, and NumPy's global generator."""
    parts = [] if model is None else [model, *getattr(model, "hidden_layers", ())]
    if hasattr(model, "dnn"):
        parts += [model.dnn, *model.dnn.hidden_layers]
    held = [{n: _held(v) for n, v in vars(part).items() if n != "_compiled"} for part in parts]
    return held, _held(np.random.mtrand._rand)


def _held(value: Any) -> Any:
    if isinstance(value, np.random.RandomState):
        return str(value.get_state(legacy=False)["state"]["pos"]), value.get_state()[1].tobytes()
    if isinstance(value, np.random.Generator):
        return str(value.bit_generator.state)
    if hasattr(value, "generator"):
        return _held(value.generator)
    if isinstance(value, SharedVariable):
        return id(value), np.asarray(value.get_value(borrow=True)).tobytes()
    if isinstance(value, np.ndarray):
        return id(value), value.tobytes()
    if isinstance(value, list | tuple):
        return [_held(entry) for entry in value]
    return value if isinstance(value, int | float | str | None) else id(value)


def run(tries: int, seed: int) -> Iterator[str | None]:
    """Draw from all pairs of an argument and a value, without replacement as long as there are any."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _run(tries, seed, folder)


def _run(tries: int, seed: int, folder: str) -> Iterator[str | None]:
    udl_pt.set_backend("jax")
    before = os.getcwd()
    try:
        os.chdir(folder)  # where a name that is taken for a file's does no harm
        every = [one for target in targets() for one in tries_of(target)]
        order = np.random.default_rng(seed).permutation(len(every))
        for number in range(tries):
            yield complaint(*every[order[number % len(every)]])
    finally:
        os.chdir(before)
        udl_pt.set_backend(None)


CAMPAIGNS = [Campaign("wrong arguments are refused in words, and nothing changes", 32_000, run)]
