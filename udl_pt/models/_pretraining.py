"""Chapter 3: greedy, layer-wise pretraining; each layer learns to reconstruct the output of the one below."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_sizes, per_layer
from udl_pt._support.arrays import check_form, check_values
from udl_pt._support.fitting import allowing_fit
from udl_pt._support.messages import shown
from udl_pt._support.on_disk import write_rows
from udl_pt._support.rollback import layers_restored_on_error, naming_layer
from udl_pt.models._layer import Layer
from udl_pt.symbolic.array_function import in_chunks, join_chunks
from udl_pt.symbolic.calling import SymbolicModel
from udl_pt.symbolic.variables import Symbolic
from udl_pt.training.run import Run

__all__ = [
    "Pretraining",
    "generators_of",
    "make_layers",
    "not_taken",
    "pass_up",
    "pretrain_layers",
    "takes_probabilities",
]

METHODS = ("fit", "forward_hidden", "hidden_op")
ATTRIBUTES = ("M", "forward_params", "forward_dparams")


def make_layers(
    hidden_layer_sizes: Sequence[int], UnsupervisedModel: Any, *, corruption: Any = None, **options: Any
) -> list[Any]:
    """Create one unfitted model for each layer.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Hidden units of each layer, from the input on.
    UnsupervisedModel : callable or sequence of callable
        Called with a size: a class, or a `functools.partial` of one that fixes further arguments. It is the
        same for all layers, or a sequence has one for each layer.
    corruption : callable or None, or a sequence of them
        Corruption of a layer's batches in training, the same for all layers, or one for each layer. With None
        a layer has the corruption that `UnsupervisedModel` sets.
    **options
        Passed on where they aren't None.

    Returns
    -------
    list of models

    Raises
    ------
    TypeError, ValueError
        For no layers, sizes below 1, or models without `METHODS`.
    """
    sizes = check_sizes(hidden_layer_sizes)
    models = per_layer(UnsupervisedModel, "UnsupervisedModel", len(sizes))
    corruptions = per_layer(corruption, "corruption", len(sizes))
    layers = []
    for M, model, own in zip(sizes, models, corruptions, strict=True):
        if not callable(model):
            raise TypeError(
                f"UnsupervisedModel is {shown(model)}, expected a class such as AutoEncoder, or a "
                "functools.partial of one, which makes a layer from its size"
            )
        given = {name: v for name, v in {**options, "corruption": own}.items() if v is not None}
        if refused := not_taken(model, given):
            raise TypeError(
                f"UnsupervisedModel {shown(model)} takes no {', '.join(refused)}: omit that, or let "
                "its constructor take it"
            )
        try:
            layers.append(model(M, **given))
        except TypeError as error:
            raise TypeError(f"UnsupervisedModel {shown(model)}, called with {M}: {error}") from error
        if missing := [name for name in METHODS if not _has_method(layers[-1], name)]:
            raise TypeError(
                f"UnsupervisedModel {shown(model)} has no {', '.join(missing)}: "
                f"a layer needs {', '.join(METHODS)}, and after fit {', '.join(ATTRIBUTES)}"
            )
    return layers


def _has_method(layer: Any, name: str) -> bool:
    """Whether there is such a method, or a property, which may not have a value before `fit`."""
    found = inspect.getattr_static(layer, name, None)
    return callable(found) or isinstance(found, property | staticmethod | classmethod)


def not_taken(function: Callable[..., Any], names: Mapping[str, Any]) -> list[str]:
    """Return those of the names that `function` does not take as arguments."""
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:  # of a builtin that doesn't tell
        return []
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return []
    return sorted(set(names) - set(parameters))


@dataclass(frozen=True)
class Pretraining:
    """The checked arguments of pretraining.

    Attributes
    ----------
    epochs : list of int
        Epochs of each layer.
    options : list of mappings
        Further arguments of each layer's ``fit``.
    keep : bool
        Whether layers that have parameters stay as they are.
    probabilities : bool
        Whether the first layer is known to take values in [0, 1] only.
    on_disk : bool
        Whether the inputs of the layers above the first are kept in temporary files.
    """

    epochs: Sequence[int]
    options: Sequence[Mapping[str, Any]]
    keep: bool
    probabilities: bool
    on_disk: bool


def pretrain_layers(layers: Sequence[Any], run: Run, plan: Pretraining, others: Mapping[str, Any]) -> None:
    """Fit each layer to the hidden values of the one below; with no epochs, only draw its weights.

    Parameters
    ----------
    layers : sequence of models
        One for each layer, from the input on, as `make_layers` returns them.
    run : Run
        The first layer's data; the layers' ``fit`` gets its backend, devices, monitor and callbacks, where it
        takes them.
    plan : Pretraining
        Arguments of each layer's ``fit``.
    others : mapping of str to (ndarray or Rows)
        Further arrays that later pass through the layers, by name. Their values must be in the first layer's
        range.

    Raises
    ------
    DivergenceError
        When a layer's step isn't finite; its parameters are those before that step.
    ValueError, TypeError
        For bad input; all layers are what they were.
    OSError
        When a temporary file can't be written; all layers are what they were.
    """
    defaults: dict[str, Any] = {
        "backend": run.backend,
        "monitor": run.monitor,
        "callbacks": run.callbacks,
        "devices": None if run.devices is None else run.devices.devices,
    }
    given = {name: value for name, value in defaults.items() if value is not None and value != ()}
    current_input = run.data[0]
    with layers_restored_on_error(layers):
        for number, (layer, n_epochs, own) in enumerate(
            zip(layers, plan.epochs, plan.options, strict=True), start=1
        ):
            with naming_layer(number, len(layers)):
                if not (plan.keep and hasattr(layer, "forward_params")):
                    taken = {n: v for n, v in given.items() if n not in not_taken(layer.fit, given)}
                    X = current_input if _reads_rows(layer) else np.asarray(current_input)
                    with allowing_fit(layer):
                        layer.fit(X, **{"epochs": n_epochs, **taken, **own})
                elif isinstance(layer, SymbolicModel):
                    check_values(current_input, dtype="float64", unit_interval=layer.unit_interval)
                    layer.backend = given.get("backend", layer.backend)
                missing = [name for name in ATTRIBUTES if not hasattr(layer, name)]
                if missing:
                    raise TypeError(
                        f"after fit {type(layer).__name__} has no {', '.join(missing)}, which a layer needs"
                    )
                if layer is not layers[-1]:
                    current_input = _hidden_values(layer, current_input, on_disk=plan.on_disk)
            if number == 1:
                probabilities = getattr(layer, "unit_interval", False)
                for name, array in others.items():
                    check_values(array, name, dtype="float64", unit_interval=probabilities)


def _reads_rows(layer: Any) -> bool:
    """Whether the fit of a layer is the library's, which takes `Rows`; others get an array."""
    return str(getattr(layer.fit, "__module__", "")).startswith("udl_pt.")


def _hidden_values(layer: Any, X: Any, *, on_disk: bool) -> np.ndarray:
    """Compute the hidden values of all rows, the input of the next layer: (N, D) to (N, M)."""
    chunks = _chunks_of_hidden_values(layer, X)
    return write_rows(chunks) if on_disk else join_chunks(chunks, len(X))


def _chunks_of_hidden_values(layer: Any, X: Any) -> Iterator[np.ndarray]:
    hidden_op, what = layer.hidden_op, f"what hidden_op of {type(layer).__name__} returns"
    for chunk in in_chunks(X, str(X.dtype)):
        H = check_form(hidden_op(chunk), what)
        if H.shape != (len(chunk), layer.M):
            raise ValueError(
                f"{what} has shape {H.shape} for {len(chunk)} rows, expected ({len(chunk)}, {layer.M})"
            )
        yield H


def takes_probabilities(layer: Any, epochs: int, options: Mapping[str, Any], *, keep: bool) -> bool:
    """Return whether a layer is known to take values in [0, 1] only: in training, or since, if it is kept."""
    if keep and hasattr(layer, "forward_params"):
        return bool(getattr(layer, "unit_interval", False))
    epochs = options.get("epochs", epochs)
    trains = isinstance(epochs, int | np.integer) and epochs > 0  # else `fit` refuses it
    return trains and isinstance(layer, Layer) and layer.takes_probabilities(**options)


def generators_of(layer: Any) -> list[Any]:
    """Return the generators of one of the library's layers: of weights and shuffles, and of its stream."""
    stream = getattr(layer, "rng", None)
    found = (getattr(layer, "_generator", None), getattr(stream, "generator", None))
    return [generator for generator in found if generator is not None]


def pass_up(layers: Sequence[Any], X: Symbolic) -> Symbolic:
    """Pass rows up through some layers, and return the last one's values; a graph, (N, D) to (N, M)."""
    for layer in layers:
        X = layer.forward_hidden(X)
    return X
