"""The subject of `udl_pt.compare`: a model, the arguments of its ``fit``, and the ways that can train it."""

import inspect
import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import numpy as np

from udl_pt import eager
from udl_pt._support.arguments import check_counts, check_option
from udl_pt._support.messages import shown
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.models.dnn import DNN
from udl_pt.models.rbm import RBM

__all__ = ["KINDS", "Subject", "fit_arguments", "pickled", "subject"]

KINDS: dict[str, dict[str, Any]] = {
    "autoencoder": {"sizes": [1000], "fit": {"learning_rate": 0.05, "mu": 0.9}},
    "rbm": {"sizes": [1000], "fit": {"learning_rate": 0.1, "mu": 0.0, "k": 1}},
    "dnn": {"sizes": [1000, 750, 500], "fit": {"learning_rate": 0.01, "mu": 0.9}},
}
CLASSES = {"autoencoder": AutoEncoder, "rbm": RBM, "dnn": DNN}
NEEDED = {"batch_sz", "epochs", "monitor", "callbacks", "backend"}  # arguments of ``fit`` that are set here
SET_HERE = NEEDED | {"show_fig", "pretrain", "pretrain_epochs", "pretrain_options", "keep_layers", "augment"}
SET_HERE |= {"pretrain_on_disk", "validation"}
SIMPLE = (bool, int, float, str, type(None))


@dataclass
class Subject:
    """The model that is compared.

    Attributes
    ----------
    kind : {"autoencoder", "rbm", "dnn"}
        The model's kind; a derived class has that of its base.
    name : str
        Name of the class.
    sizes : list of int
        Hidden units of each layer.
    dtype : str or None
        None where the caller may choose.
    options : dict
        Further arguments of the constructor, of models and of twins.
    model : AutoEncoder, RBM, DNN or None
        The model of which symbolic ways train a copy, where the attributes above can't describe it.
    no_twin : str
        Reason why only symbolic ways can train it; empty where all can.
    """

    kind: str
    name: str
    sizes: list[int]
    dtype: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    model: Any = None
    no_twin: str = ""


def subject(model: Any, sizes: Any = None) -> Subject:
    """Check the model that is compared, and return its description.

    Parameters
    ----------
    model : {"autoencoder", "rbm", "dnn"}, AutoEncoder, RBM or DNN
        The model, or the name of its kind.
    sizes : sequence of int, optional
        Hidden units of each layer, if `model` is a name.

    Returns
    -------
    Subject

    Raises
    ------
    TypeError, ValueError
        For other models, and for one that can't be sent to another process.
    """
    if isinstance(model, str):
        check_option(model, "model", list(KINDS))
        hidden = check_counts(KINDS[model]["sizes"] if sizes is None else sizes, "sizes")
        name = CLASSES[model].__name__
        if model != "dnn" and len(hidden) != 1:
            raise ValueError(f"sizes is {hidden}, but {name} has one layer: expected one number")
        return Subject(model, name, hidden)
    kind = next((kind for kind, cls in CLASSES.items() if isinstance(model, cls)), None)
    if kind is None:
        raise TypeError(
            f"model is {model!r}, expected 'autoencoder', 'rbm', 'dnn', or an AutoEncoder, an RBM or a DNN, "
            "also of a class derived from these"
        )
    if sizes is not None:
        raise ValueError(f"sizes is {shown(sizes)}, but the model {model!r} has its own: omit sizes")
    own = [layer.M for layer in model.hidden_layers] if kind == "dnn" else [model.M]
    found = Subject(kind, type(model).__name__, own, model.dtype, no_twin=_no_twin(model))
    if found.no_twin:
        pickled(model, "model", "define its classes and functions in a module")
        found.model = model
    elif kind == "autoencoder":
        pickled(model.corruption, "corruption", "make it a function of a module")
        plain = {"hidden": "sigmoid", "output": "sigmoid", "corruption": None}
        options = {name: getattr(model, name) for name in plain}
        found.options = {name: value for name, value in options.items() if value != plain[name]}
    return found


def _no_twin(model: Any) -> str:
    """Return why the eager twins can't train a model; an empty string where they can."""
    if type(model) not in CLASSES.values():
        return (
            f"{type(model).__name__} is not one of the library's classes, and the eager twins have only those"
        )
    if isinstance(model, RBM) and model.visible != "bernoulli":
        return f"the eager RBM has no {model.visible} units"
    for layer in getattr(model, "hidden_layers", ()):
        if type(layer) not in (AutoEncoder, RBM):
            name = type(layer).__name__
            return f"a layer is of the class {name}, and the eager twins have only the library's classes"
        if getattr(layer, "hidden", "sigmoid") != "sigmoid":
            return f"a layer has {layer.hidden} units, and the networks of the eager twins have sigmoid units"
        if getattr(layer, "visible", "bernoulli") != "bernoulli":
            return f"a layer has {layer.visible} visible units, and the eager RBM has only Bernoulli units"
    return ""


class _Pickler(pickle.Pickler):
    """A pickler that refuses the running script's classes and functions: other processes lack them."""

    def persistent_id(self, value: Any) -> None:
        if isinstance(value, type | FunctionType) and value.__module__ == "__main__":
            raise pickle.PicklingError(f"{value.__qualname__} is defined in the script that runs")


def pickled(value: Any, name: str, way_out: str) -> bytes:
    """Pickle an object that is sent to another process.

    Parameters
    ----------
    value : object
        The object to send.
    name, way_out : str
        The object's name in an error, and the advice there.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        When another process couldn't load it.
    """
    file = io.BytesIO()
    try:
        _Pickler(file).dump(value)
    except Exception as error:  # whatever pickle, or a class's own way to be pickled, may raise
        raise ValueError(
            f"{name} is {value!r}, which other processes can't import ({error}): {way_out}"
        ) from None
    return file.getvalue()


def fit_arguments(found: Subject, fit: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``fit`` as values for JSON: the defaults of `KINDS`, then the caller's.

    If the eager twins lack one of these arguments, `Subject.no_twin` is set.

    Parameters
    ----------
    found : Subject
        The model that is compared.
    fit : mapping of str to bool, int, float, str or None
        The caller's arguments of ``fit``.

    Returns
    -------
    dict

    Raises
    ------
    TypeError, ValueError
        For arguments that can't be set here, and for a ``fit`` that can't be compared.
    """
    if not (isinstance(fit, Mapping) and all(isinstance(name, str) for name in fit)):
        raise TypeError(f"fit is {shown(fit)}, expected a dict of arguments of fit, such as {{'k': 3}}")
    if own := sorted({*fit} & SET_HERE):
        raise ValueError(f"fit has {', '.join(own)}, which compare sets itself or leaves as it is")
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in fit.items()}
    if strange := [name for name, value in plain.items() if not isinstance(value, SIMPLE)]:
        raise TypeError(f"fit has {strange[0]}={plain[strange[0]]!r}, expected a number, a string or None")
    defaults = KINDS[found.kind]["fit"]
    owner: Any = found.model or CLASSES[found.kind]
    parameters = inspect.signature(owner.fit).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        if missing := sorted(NEEDED - set(parameters)):
            raise TypeError(f"{found.name}.fit takes no {', '.join(missing)}, which compare needs to set")
        if unknown := sorted(set(plain) - set(parameters)):
            raise TypeError(f"{found.name}.fit takes no argument {unknown[0]!r}")
        defaults = {name: value for name, value in defaults.items() if name in parameters}
    if found.model is None:
        known = inspect.signature(getattr(eager, found.name).fit).parameters
        beyond = [name for name in plain if name not in known and plain[name] != parameters[name].default]
        found.no_twin = f"the eager {found.name}.fit has no {', '.join(sorted(beyond))}" if beyond else ""
    return {**defaults, **plain}
