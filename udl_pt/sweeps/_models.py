"""Models of trials: their classes, and which arguments their constructors and ``fit`` take."""

import inspect
from collections.abc import Mapping
from typing import Any

from udl_pt._support.messages import shown
from udl_pt.sweeps._values import imported, is_reference, resolved

__all__ = ["arguments_of", "check_names", "fit_names", "fit_options", "model_class", "new_model"]

MODELS = {
    "AutoEncoder": "autoencoder",
    "RBM": "rbm",
    "DBN": "dbn",
    "DNN": "dnn",
    "DeepAutoEncoder": "deep_autoencoder",
    "Ladder": "ladder",
    "PCA": "pca",
    "TSNE": "tsne",
    "SymmetricSNE": "tsne",
}
OWN = {  # arguments that a sweep sets, and where their values come from
    "X": "[data]",
    "Y": "[data]",
    "Xtest": "[data], whose test set a sweep doesn't read",
    "Ytest": "[data], whose test set a sweep doesn't read",
    "n_classes": "the labels",
    "random_state": "seeds",
    "rng": "seeds",
    "callbacks": "patience",
    "resume": "the sweep",
    "verbose": "the sweep",
    "show_fig": "the sweep",
}


def model_class(name: Any) -> Any:
    """Return the class of a model's name, or of a reference ``"module:name"``."""
    if isinstance(name, str) and name in MODELS:
        return imported(f"udl_pt.models.{MODELS[name]}:{name}")
    if not is_reference(name):
        raise ValueError(
            f"model is {shown(name)}, expected one of {', '.join(MODELS)}, or 'module:name' of a class"
        )
    return imported(name)


def arguments_of(function: Any) -> tuple[str, ...]:
    """Return the names of the arguments of a function or a class."""
    return tuple(inspect.signature(function).parameters)


def fit_names(kind: Any) -> tuple[str, ...]:
    """Return the names of the arguments of a model's ``fit``."""
    return arguments_of(kind.fit)


def check_names(kind: Any, options: Mapping[str, Any], place: str) -> None:
    """Raise an error for an option that neither the constructor nor ``fit`` takes, or that a sweep sets."""
    known = {*arguments_of(kind), *fit_names(kind)} - {"self"}
    for name in options:
        if name in OWN:
            raise ValueError(f"{name} in {place}: a sweep takes it from {OWN[name]}, so remove it")
        if name not in known:
            usable = ", ".join(sorted(known - set(OWN)))
            raise ValueError(f"{name} in {place} is no argument of {kind.__name__}, expected one of {usable}")


def new_model(kind: Any, options: Mapping[str, Any], seed: int) -> Any:
    """Return an untrained model."""
    return kind(**_taken(arguments_of(kind), options), random_state=seed)


def fit_options(kind: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``fit`` among the options."""
    return _taken(fit_names(kind), options)


def _taken(names: tuple[str, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: resolved(options[name]) for name in names if name in options}
