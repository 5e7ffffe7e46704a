"""Chapter 3: greedy, layer-wise pretraining; each layer learns to reconstruct what the one below gives.

`Stack` is what a network of such layers is, with labels (`DNN`) or without (`DBN`).
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable

from udl_pt.backend import float_dtype
from udl_pt.calling import Callables
from udl_pt.random import as_generator
from udl_pt.training import Progress
from udl_pt.validation import DivergenceError, check_count

__all__ = ["Stack", "check_pretrain_epochs", "check_pretrain_options", "make_layers", "pretrain_layers"]

METHODS = ("fit", "forward_hidden", "hidden_op")
ATTRIBUTES = ("M", "forward_params", "forward_dparams")

Options = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


def make_layers(
    hidden_layer_sizes: Sequence[int],
    UnsupervisedModel: Callable[..., Any],
    *,
    corruption: Any = None,
    **options: Any,
) -> list[Any]:
    """Make one unfitted model a layer.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Hidden units of each layer, from the input on.
    UnsupervisedModel : callable
        Called with a size: a class, or a `functools.partial` of one that fixes further arguments.
    corruption : callable or sequence of callable or None, optional
        See `AutoEncoder`: the same for all layers, or one a layer.
    **options
        Passed on where they aren't None.

    Raises
    ------
    TypeError, ValueError
        For no layers, sizes below 1, or models without `METHODS`.
    """
    try:
        sizes = list(hidden_layer_sizes)
    except TypeError:
        raise TypeError(
            f"hidden_layer_sizes is {hidden_layer_sizes!r}, expected a list such as [1000, 500]"
        ) from None
    if not sizes:
        raise ValueError("hidden_layer_sizes is empty, expected at least one layer, such as [500]")
    if not callable(UnsupervisedModel):
        raise TypeError(
            f"UnsupervisedModel is {UnsupervisedModel!r}, expected what makes a layer from its size: a class "
            "such as AutoEncoder, or a functools.partial of one"
        )
    given = {name: value for name, value in options.items() if value is not None}
    own = [{} if c is None else {"corruption": c} for c in one_a_layer(corruption, "corruption", len(sizes))]
    names = given | {name: value for each in own for name, value in each.items()}
    refused = sorted(set(names) - _accepted(UnsupervisedModel, names))
    if refused:
        raise TypeError(
            f"UnsupervisedModel {UnsupervisedModel!r} takes no {', '.join(refused)}: leave that away, or let "
            "its constructor take it"
        )
    layers = [UnsupervisedModel(M, **given, **each) for M, each in zip(sizes, own, strict=True)]
    missing = [name for name in METHODS if not _has_method(layers[0], name)]
    if missing:
        raise TypeError(
            f"UnsupervisedModel {UnsupervisedModel!r} has no {', '.join(missing)}: "
            f"a layer needs {', '.join(METHODS)}, and after fit {', '.join(ATTRIBUTES)}"
        )
    return layers


def _has_method(layer: Any, name: str) -> bool:
    """Whether there is such a method, or a property, which may not have a value before `fit`."""
    found = inspect.getattr_static(layer, name, None)
    return callable(found) or isinstance(found, property | staticmethod | classmethod)


def _accepted(function: Callable[..., Any], names: Mapping[str, Any]) -> set[str]:
    """Which of the names `function` takes as arguments."""
    parameters = inspect.signature(function).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return set(names)
    return set(names) & set(parameters)


def one_a_layer(value: Any, name: str, n_layers: int) -> list[Any]:
    """Hand back one entry a layer: those of a sequence, or the same for all."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return [value] * n_layers
    if len(value) != n_layers:
        raise ValueError(f"{name} has {len(value)} entries, expected {n_layers}, one a layer")
    return list(value)


def check_pretrain_options(options: Any, n_layers: int) -> list[Mapping[str, Any]]:
    """Hand back one mapping a layer."""
    each = one_a_layer({} if options is None else options, "pretrain_options", n_layers)
    if not all(isinstance(own, Mapping) and all(isinstance(name, str) for name in own) for own in each):
        raise TypeError(
            f"pretrain_options is {options!r}, expected a dict of arguments for the layers' fit, such as "
            "{'epochs': 3}, or a list of them, one a layer"
        )
    return each


def check_pretrain_epochs(epochs: Any, n_layers: int) -> list[int]:
    """Hand back one number a layer."""
    each = one_a_layer(epochs, "pretrain_epochs", n_layers)
    return [check_count(n, "pretrain_epochs", at_least=0) for n in each]


def pretrain_layers(
    layers: Sequence[Any],
    X: np.ndarray,
    *,
    epochs: Sequence[int],
    options: Options = None,
    keep: bool = False,
    **defaults: Any,
) -> None:
    """Fit each layer to the hidden values of the one below; with no epochs, only draw its weights.

    Parameters
    ----------
    layers : sequence of models
        See `make_layers`.
    X : ndarray of shape (N, D)
        The first layer's data.
    epochs : sequence of int
        Epochs of each layer.
    options : mapping or sequence of mappings, optional
        Further arguments of the layers' ``fit``: the same for all, or one mapping a layer.
    keep : bool
        Leave layers that have parameters as they are.
    **defaults
        Arguments of ``fit`` passed on where they aren't None or empty and the layer takes them.

    Raises
    ------
    DivergenceError
        When a layer's step isn't finite; its parameters are those before that step.
    ValueError, TypeError
        For bad input; all layers are what they were.
    """
    each = check_pretrain_options(options, len(layers))
    given = {name: value for name, value in defaults.items() if value is not None and value != ()}
    kept = [keep and hasattr(layer, "forward_params") for layer in layers]
    before = [dict(vars(layer)) for layer in layers]
    current_input = X
    for number, (layer, n_epochs, own) in enumerate(zip(layers, epochs, each, strict=True), start=1):
        where = f"layer {number} of {len(layers)}"
        try:
            if not kept[number - 1]:
                accepted = _accepted(layer.fit, given)
                layer.fit(current_input, **{"epochs": n_epochs, **{n: given[n] for n in accepted}, **own})
            missing = [name for name in ATTRIBUTES if not hasattr(layer, name)]
            if missing:
                raise TypeError(
                    f"after fit {type(layer).__name__} has no {', '.join(missing)}, which a layer needs"
                )
            if layer is not layers[-1]:
                current_input = layer.hidden_op(current_input)
        except DivergenceError as error:
            raise DivergenceError(f"{where}: {error}") from error
        except Exception as error:
            for other, attributes in zip(layers, before, strict=True):
                vars(other).clear()
                vars(other).update(attributes)
            if type(error) in (ValueError, TypeError):
                raise type(error)(f"{where} (see pretrain_options): {error}") from error
            raise


def _check_kept(layers: Sequence[Any], n_features: int, dtype: str) -> None:
    """Raise unless the layers that have parameters fit to the others and to the data."""
    expected = n_features
    for number, layer in enumerate(layers, start=1):
        if hasattr(layer, "forward_params"):
            W = layer.forward_params[0].get_value(borrow=True)
            if W.shape != (expected, layer.M) or W.dtype != dtype:
                raise ValueError(
                    f"keep_layers is True, but layer {number} has {W.dtype} weights of shape {W.shape}, "
                    f"expected {dtype} and ({expected}, {layer.M}): train it anew, or give layers that "
                    "belong together"
                )
        expected = layer.M


class Stack(Callables):
    """The base of `DNN` and `DBN`, which document the parameters: layers, each on top of the one before."""

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int],
        UnsupervisedModel: Callable[..., Any],
        *,
        corruption: Any,
        random_state: Any,
        dtype: Any,
    ) -> None:
        self.dtype = float_dtype(dtype)
        self._generator = as_generator(random_state)
        self.hidden_layers = make_layers(
            hidden_layer_sizes,
            UnsupervisedModel,
            corruption=corruption,
            random_state=None if random_state is None else self._generator,
            dtype=None if dtype is None else self.dtype,
        )

    @property
    def title(self) -> str:
        """What progress and errors call it."""
        return f"{type(self).__name__}({[layer.M for layer in self.hidden_layers]})"

    def _pretrain(
        self,
        X: np.ndarray,
        epochs: Sequence[int],
        options: Options,
        backend: str,
        *,
        keep: bool,
        monitor: str | None,
        callbacks: Sequence[Callable[[Progress], Any]],
    ) -> None:
        """Train the layers, or with no epochs draw their weights; all but `options` has been checked.

        Bad input changes no layer, and so nothing. But when a layer diverges, or somebody interrupts, some
        layers are new, and the network's other parameters don't belong to them: it is left without any.
        """
        if keep:
            _check_kept(self.hidden_layers, X.shape[1], self.dtype)
        try:
            pretrain_layers(
                self.hidden_layers,
                X,
                epochs=epochs,
                options=options,
                keep=keep,
                backend=backend,
                monitor=monitor,
                callbacks=tuple(callbacks),
            )
        except (DivergenceError, KeyboardInterrupt):
            self.__dict__.pop("params", None)
            raise
        self.backend = backend
        self._look_at_first_layer(X.shape[1])

    def _look_at_first_layer(self, n_features: int) -> None:
        self.n_features = n_features
        self.unit_interval = getattr(self.hidden_layers[0], "unit_interval", False)

    def _forward_params(self) -> list[SharedVariable]:
        return [p for layer in self.hidden_layers for p in layer.forward_params]

    def _up(self, X: Variable) -> Variable:
        """Pass rows up through all layers, as a graph."""
        for layer in self.hidden_layers:
            X = layer.forward_hidden(X)
        return X
