"""Models of trials: their classes, and which arguments their constructors and ``fit`` take."""

import inspect
from collections.abc import Mapping
from typing import Any

from udl_pt._support.messages import shown
from udl_pt.sweeps._values import imported, is_reference, resolved

__all__ = ["check_names", "fit_names", "fit_options", "model_class", "new_model"]

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
    found = imported(name) if is_reference(name) else None
    if not (inspect.isclass(found) and hasattr(found, "fit")):
        raise ValueError(
            f"model is {shown(name)}, expected one of {', '.join(MODELS)}, or 'module:name' of a class that "
            "has a fit"
        )
    return found


def constructor_names(kind: Any) -> tuple[str, ...]:
    """Return the names of the arguments of a model's constructor."""
    return _arguments(kind, "__init__")


def fit_names(kind: Any) -> tuple[str, ...]:
    """Return the names of the arguments of a model's ``fit``."""
    return _arguments(kind, "fit")


def _arguments(kind: Any, method: str) -> tuple[str, ...]:
    """Return the names of a method's arguments. ``**kwargs`` stands for those of the base's method."""
    names: list[str] = []
    for base in kind.__mro__[:-1]:  # without `object`
        if method in vars(base):
            parameters = [*inspect.signature(vars(base)[method]).parameters.values()]
            names += [p.name for p in parameters[1:] if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
            if not any(p.kind is p.VAR_KEYWORD for p in parameters):
                break
    return tuple(dict.fromkeys(names))


def check_names(kind: Any, options: Mapping[str, Any], place: str) -> None:
    """Raise an error for an option that neither the constructor nor ``fit`` takes, or that a sweep sets."""
    known = {*constructor_names(kind), *fit_names(kind)}
    for name in options:
        if name in OWN:
            raise ValueError(f"{name} in {place}: a sweep takes it from {OWN[name]}, so remove it")
        if name not in known:
            usable = ", ".join(sorted(known - set(OWN)))
            raise ValueError(f"{name} in {place} is no argument of {kind.__name__}, expected one of {usable}")


def new_model(kind: Any, options: Mapping[str, Any], seed: int) -> Any:
    """Return an untrained model."""
    names = constructor_names(kind)
    return kind(**_taken(names, options), **({"random_state": seed} if "random_state" in names else {}))


def fit_options(kind: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``fit`` among the options."""
    return _taken(fit_names(kind), options)


def _taken(names: tuple[str, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: resolved(options[name]) for name in names if name in options}
