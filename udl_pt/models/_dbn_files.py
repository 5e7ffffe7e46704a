"""Files of deep belief networks of earlier formats: their settings ("facts"), their arrays, and their checks.

An array's name is the layer's number, from 1, and the parameter's name: ``1.W``, and ``1.dW`` for the
velocity. Generators, compiled functions, the backend and a layer's corruption, which is code, aren't stored.
"""

import reprlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from udl_pt._support.storage import Forms
from udl_pt.models._rbm.units import VISIBLE_UNITS
from udl_pt.models.autoencoder import UNITS, AutoEncoder
from udl_pt.models.rbm import RBM
from udl_pt.symbolic.random import RandomStreams

__all__ = ["FORMATS", "check", "restored_layers"]

WITHOUT_VELOCITIES = "udl_pt DBN 1"
# For each format, the settings that its layers lack, and their defaults
MISSING: dict[str, dict[str, Any]] = {
    "udl_pt DBN 3": {},
    "udl_pt DBN 2": {"n_valid_costs": 0},
    WITHOUT_VELOCITIES: {"id": None, "n_costs": 0, "n_valid_costs": 0, "n_chains": 0},
}
FORMATS = tuple(MISSING)
RECORDS = ("costs", "valid_costs")
TRUTH = (False, True)
DTYPES = ("float32", "float64")
# For each model, its own settings and the values that they may have
CHOICES: dict[str, dict[str, tuple[Any, ...]]] = {
    "AutoEncoder": {"unit_interval": TRUTH, "hidden": tuple(UNITS), "output": tuple(UNITS)},
    "RBM": {"unit_interval": TRUTH, "visible": tuple(VISIBLE_UNITS), "learn_variance": TRUTH},
}


def restored_layers(arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> list[Any]:
    """Return the layers of a file, with streams of draws that are seeded afresh.

    Parameters
    ----------
    arrays : mapping of str to ndarray
    facts : mapping
        What `check` has accepted.

    Returns
    -------
    list of AutoEncoder or RBM
    """
    layers = []
    for number, own in enumerate(_layers(facts), start=1):
        start = f"{number}."
        held = {name.removeprefix(start): a for name, a in arrays.items() if name.startswith(start)}
        layers.append(_restored(own, held, facts["dtype"]))
    return layers


def _restored(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray], dtype: str) -> Any:
    layer: Any
    if facts["model"] == "RBM":
        layer = RBM(
            facts["M"],
            facts["id"],
            visible=facts["visible"],
            learn_variance=facts["learn_variance"],
            rng=RandomStreams(),
            dtype=dtype,
        )
        layer.chains = arrays.get("chains")
    else:
        layer = AutoEncoder(
            facts["M"], facts["id"], hidden=facts["hidden"], output=facts["output"], dtype=dtype
        )
    layer._set_params(**{name: arrays[name] for name in _params(facts)})
    for name in _params(facts):
        if f"d{name}" in arrays:
            getattr(layer, f"d{name}").set_value(arrays[f"d{name}"], borrow=True)
    for name in RECORDS:
        setattr(layer, name, arrays[name].tolist() if name in arrays else [])
    layer.unit_interval = facts["unit_interval"]
    return layer


def _params(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of a layer's parameters, in the order of its ``params``."""
    if facts["model"] == "AutoEncoder":
        return "W", "bh", "bo"
    return ("W", "c", "b", "z") if facts["learn_variance"] else ("W", "c", "b")


def check(facts: Mapping[str, Any], forms: Forms) -> None:
    """Raise ValueError unless the settings are complete and the arrays match them."""
    layers, known = _layers(facts), 0
    first = forms.get("1.W", ("", ()))[1]
    D = first[0] if first else 1  # below, another than two dimensions is an error
    for number, own in enumerate(layers, start=1):
        for name, form in _forms(own, D, facts).items():
            name, known = f"{number}.{name}", known + 1
            if name not in forms:
                raise ValueError(f"array {name!r} is missing")
            if forms[name] != form:
                found, expected = (f"{dtype} of shape {shape}" for dtype, shape in (forms[name], form))
                raise ValueError(f"array {name!r} is {found}, expected {expected}")
        D = own["M"]
    if known < len(forms):
        expected_names = {
            f"{number}.{name}" for number, own in enumerate(layers, start=1) for name in _forms(own, 1, facts)
        }
        raise ValueError(f"array {min(set(forms) - expected_names)!r} belongs to no layer")


def _forms(layer: Mapping[str, Any], D: int, facts: Mapping[str, Any]) -> Forms:
    """Return dtype and shape of the arrays of a layer with `D` visible units."""
    M, dtype = layer["M"], facts["dtype"]
    W, hidden, *visible = _params(layer)
    shapes: dict[str, tuple[int, ...]] = {W: (D, M), hidden: (M,)} | dict.fromkeys(visible, (D,))
    if facts["format"] != WITHOUT_VELOCITIES:
        shapes |= {f"d{name}": shape for name, shape in shapes.items()}
    forms = {name: (dtype, shape) for name, shape in shapes.items()}
    for name in RECORDS:
        if n := layer[f"n_{name}"]:
            forms[name] = "float64", (n,)
    if layer["n_chains"]:
        forms["chains"] = dtype, (layer["n_chains"], M)
    return forms


def _layers(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the layers' settings, with defaults for those that files of an earlier format lack.

    Raises
    ------
    ValueError
        When one is missing, unknown, or has a value that it can't have.
    """
    _check_choice("format", facts, FORMATS)
    _check_names("", facts, {"format", "dtype", "layers"})
    _check_choice("dtype", facts, DTYPES)
    layers = facts["layers"]
    if not (isinstance(layers, list) and layers and all(isinstance(layer, dict) for layer in layers)):
        raise ValueError(
            f"the setting layers is {reprlib.repr(layers)}, expected a list of at least one object"
        )
    return [
        _layer(f" of layer {number}", own, MISSING[facts["format"]])
        for number, own in enumerate(layers, start=1)
    ]


def _layer(where: str, facts: dict[str, Any], missing: Mapping[str, Any]) -> dict[str, Any]:
    _check_choice("model", facts, tuple(CHOICES), where)
    choices = CHOICES[facts["model"]]
    counts = {"M": 1, "n_costs": 0, "n_valid_costs": 0, "n_chains": 0}
    _check_names(where, facts, {"model", "id", *counts, *choices} - set(missing))
    facts = {**missing, **facts}
    for name, options in choices.items():
        _check_choice(name, facts, options, where)
    for name, least in counts.items():
        if type(facts[name]) is not int or facts[name] < least:
            raise ValueError(
                f"the setting {name}{where} is {reprlib.repr(facts[name])}, expected at least {least}"
            )
    if not isinstance(facts["id"], str | int | None):
        raise ValueError(
            f"the setting id{where} is {reprlib.repr(facts['id'])}, expected text, a number or null"
        )
    if facts.get("visible") != "gaussian" and facts.get("learn_variance"):
        raise ValueError(f"the setting learn_variance{where} is true, but its units have no variance")
    if facts.get("visible") == "gaussian" and facts["unit_interval"]:
        raise ValueError(f"the setting unit_interval{where} is true, but its units are not probabilities")
    if facts["model"] == "AutoEncoder" and facts["n_chains"]:
        raise ValueError(f"the setting n_chains{where} is {facts['n_chains']}, but an AutoEncoder has none")
    return facts


def _check_names(where: str, facts: Mapping[str, Any], expected: set[str]) -> None:
    if missing := sorted(expected - set(facts)):
        raise ValueError(f"the setting {missing[0]}{where} is missing")
    if unknown := sorted(set(facts) - expected):
        raise ValueError(f"the setting {reprlib.repr(unknown[0])}{where} is unknown")


def _check_choice(name: str, facts: Mapping[str, Any], options: tuple[Any, ...], where: str = "") -> None:
    value = facts.get(name)
    if not any(type(value) is type(option) and value == option for option in options):
        shown, listed = reprlib.repr(value), ", ".join(map(repr, options))
        raise ValueError(f"the setting {name}{where} is {shown}, expected one of {listed}")
