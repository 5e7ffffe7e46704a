"""Chapter 3: greedy, layer-wise pretraining; each layer learns to reconstruct what the one below gives.

`Stack` is what a network of such layers is: with labels (`DNN`), without (`DBN`), there and back
(`DeepAutoEncoder`).
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from pytensor.graph.basic import Variable

from udl_pt.autoencoder import AutoEncoder
from udl_pt.backend import float_dtype, get_backend
from udl_pt.calling import Callables
from udl_pt.fitting import open_to_fit
from udl_pt.graph import Corruption
from udl_pt.layer import Layer
from udl_pt.random import Chance, WithChance, unmoved_by_bad_input
from udl_pt.training import MONITORS, Progress
from udl_pt.validation import (
    DivergenceError,
    check_callbacks,
    check_count,
    check_option,
    check_options,
    check_sizes,
    check_switches,
    check_values,
    codes_that_are_no_probabilities,
    one_a_layer,
    shown,
)

__all__ = ["Stack", "make_layers", "pretrain_layers"]

METHODS = ("fit", "forward_hidden", "hidden_op")
ATTRIBUTES = ("M", "forward_params", "forward_dparams")


def make_layers(
    hidden_layer_sizes: Sequence[int], UnsupervisedModel: Any, *, corruption: Any = None, **options: Any
) -> list[Any]:
    """Make one unfitted model a layer.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Hidden units of each layer, from the input on.
    UnsupervisedModel : callable or sequence of callable
        Called with a size: a class, or a `functools.partial` of one that fixes further arguments; the same
        for all layers, or one a layer.
    corruption : callable or None, or a sequence of them
        See `AutoEncoder`: the same for all layers, or one a layer; None leaves a layer as `UnsupervisedModel`
        makes it.
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
    models = one_a_layer(UnsupervisedModel, "UnsupervisedModel", len(sizes))
    corruptions = one_a_layer(corruption, "corruption", len(sizes))
    layers = []
    for M, model, own in zip(sizes, models, corruptions, strict=True):
        if not callable(model):
            raise TypeError(
                f"UnsupervisedModel is {shown(model)}, expected a class such as AutoEncoder, or a "
                "functools.partial of one, which makes a layer from its size"
            )
        given = {name: v for name, v in {**options, "corruption": own}.items() if v is not None}
        if refused := _not_taken(model, given):
            raise TypeError(
                f"UnsupervisedModel {shown(model)} takes no {', '.join(refused)}: leave that away, or let "
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


def _not_taken(function: Callable[..., Any], names: Mapping[str, Any]) -> list[str]:
    """Which of the names `function` doesn't take as arguments."""
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:  # of a builtin that doesn't tell
        return []
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return []
    return sorted(set(names) - set(parameters))


def pretrain_layers(
    layers: Sequence[Any],
    X: np.ndarray,
    *,
    epochs: Sequence[int],
    options: Sequence[Mapping[str, Any]],
    keep: bool,
    others: Mapping[str, np.ndarray] | None = None,
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
    options : sequence of mappings
        Further arguments of each layer's ``fit``.
    keep : bool
        Leave layers that have parameters as they are.
    others : mapping of str to ndarray, optional
        By name, what will be passed through the layers besides: its values must be such as the first layer
        takes.
    **defaults
        Arguments of ``fit`` passed on where they aren't None or empty and the layer takes them.

    Raises
    ------
    DivergenceError
        When a layer's step isn't finite; its parameters are those before that step.
    ValueError, TypeError
        For bad input; all layers are what they were.
    """
    given = {name: value for name, value in defaults.items() if value is not None and value != ()}
    before = [dict(vars(layer)) for layer in layers]
    current_input = X
    for number, (layer, n_epochs, own) in enumerate(zip(layers, epochs, options, strict=True), start=1):
        where = f"layer {number} of {len(layers)}"
        prefix = f"{where} (see pretrain_options): "
        try:
            if not (keep and hasattr(layer, "forward_params")):
                taken = {n: v for n, v in given.items() if n not in _not_taken(layer.fit, given)}
                with open_to_fit(layer):
                    layer.fit(current_input, **{"epochs": n_epochs, **taken, **own})
            elif isinstance(layer, Callables):
                check_values(current_input, dtype="float64", unit_interval=layer.unit_interval)
                layer.backend = given.get("backend", layer.backend)
            missing = [name for name in ATTRIBUTES if not hasattr(layer, name)]
            if missing:
                raise TypeError(
                    f"after fit {type(layer).__name__} has no {', '.join(missing)}, which a layer needs"
                )
            if layer is not layers[-1]:
                current_input = layer.hidden_op(current_input)
            if number == 1:
                prefix, probabilities = "", getattr(layer, "unit_interval", False)
                for name, array in (others or {}).items():
                    check_values(array, name, dtype="float64", unit_interval=probabilities)
        except DivergenceError as error:
            raise DivergenceError(f"{where}: {error}") from error
        except Exception as error:
            for other, attributes in zip(layers, before, strict=True):
                vars(other).update(attributes)
                for name in vars(other).keys() - attributes.keys():
                    del vars(other)[name]
            if type(error) in (ValueError, TypeError):
                raise type(error)(f"{prefix}{error}") from error
            raise


def _takes_probabilities(layer: Any, epochs: int, options: Mapping[str, Any], *, keep: bool) -> bool:
    """Whether a layer is known to take values in [0, 1] only: in its training, or since, if it is kept."""
    if keep and hasattr(layer, "forward_params"):
        return bool(getattr(layer, "unit_interval", False))
    epochs = options.get("epochs", epochs)
    trains = isinstance(epochs, int | np.integer) and epochs > 0  # what is no number `fit` refuses
    return trains and isinstance(layer, Layer) and layer.takes_probabilities(**options)


def _generators(layer: Any) -> list[Any]:
    """Give what the library's own layers draw from: weights and shuffles, and the stream's."""
    stream = getattr(layer, "rng", None)
    found = (getattr(layer, "_generator", None), getattr(stream, "generator", None))
    return [generator for generator in found if generator is not None]


def pass_up(layers: Sequence[Any], X: Variable) -> Variable:
    """Give what the last of some layers makes of a matrix of rows; symbolic, (N, D) to (N, M)."""
    for layer in layers:
        X = layer.forward_hidden(X)
    return X


class Stack(WithChance, Callables):
    """Layers, each on top of the one before: the base of `DNN`, `DBN` and `DeepAutoEncoder`.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Hidden units of each layer, from the input on, such as the book's ``[1000, 750, 500]``.
    UnsupervisedModel : callable or sequence of callable
        Makes a layer from its size: `AutoEncoder`, `RBM`, or a `functools.partial` with further arguments;
        the same for all layers, or one a layer.
    corruption : callable or None, or a sequence of them
        Of the layers in pretraining, see `AutoEncoder`: the same for all, or one a layer.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles for all layers. An int starts each fit anew; None is NumPy's global
        legacy generator.
    dtype : {"float64", "float32"}, optional
        PyTensor's floatX where not given.
    """

    _complete = False

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int],
        UnsupervisedModel: Callable[..., Any] | Sequence[Callable[..., Any]] = AutoEncoder,
        *,
        corruption: Corruption | Sequence[Corruption | None] | None = None,
        random_state: Any = None,
        dtype: Any = None,
    ) -> None:
        self.dtype = float_dtype(dtype)
        self._chance = Chance(random_state)
        self.hidden_layers = make_layers(
            hidden_layer_sizes,
            UnsupervisedModel,
            corruption=corruption,
            random_state=self._chance.own,
            dtype=None if dtype is None else self.dtype,
        )
        self._chance.shared_with(self.hidden_layers)
        for number, layer in enumerate(self.hidden_layers, start=1):
            if getattr(layer, "dtype", self.dtype) != self.dtype:
                raise ValueError(
                    f"dtype of layer {number} is {layer.dtype}, and the network's {self.dtype}: give the "
                    "network the dtype, and it hands it on"
                )

    @property
    def unit_interval(self) -> bool:  # type: ignore[override]
        """Whether arrays are read as probabilities, as the first layer reads them."""
        return bool(getattr(self.hidden_layers[0], "unit_interval", False))

    @property
    def title(self) -> str:
        """What progress and errors call it."""
        return f"{type(self).__name__}({[layer.M for layer in self.hidden_layers]})"

    def _pretraining(
        self,
        X: np.ndarray,
        pretrain_epochs: Any,
        pretrain_options: Any,
        *,
        pretrain: bool = True,
        keep_layers: bool,
        monitor: str | None,
        backend: str | None,
        callbacks: Any,
    ) -> tuple[Callable[..., None], tuple[Callable[[Progress], Any], ...]]:
        """Check the arguments that all networks' ``fit`` have in common, before anything is changed.

        Returns
        -------
        callable
            Trains the layers on the rows that it is given, or draws their weights where `pretrain` is False;
            `others` that it may get are what will be passed through the layers besides, by name. Bad input
            changes no layer, and so nothing. But when a layer diverges, or somebody interrupts, some layers
            are new, and the network's other parameters don't belong to them: it is left without any, as it
            is while its layers are trained.
        tuple of callable
            The callbacks.
        """
        check_option(monitor, "monitor", MONITORS)
        check_switches(keep_layers=keep_layers)
        backend, callbacks, layers = get_backend(backend), check_callbacks(callbacks), self.hidden_layers
        each = one_a_layer(pretrain_epochs, "pretrain_epochs", len(layers))
        epochs = [check_count(n, "pretrain_epochs", at_least=0) if pretrain else 0 for n in each]
        options = self._check_options(pretrain_options if pretrain else None)
        if keep_layers:
            self._check_kept(X)
        probabilities = self._check_units(epochs, options, keep=keep_layers)

        def run(rows: np.ndarray, others: Mapping[str, np.ndarray] | None = None) -> None:
            if probabilities:
                for name, array in {"X": rows, **(others or {})}.items():
                    check_values(array, name, dtype="float64", unit_interval=True)
            self._in_pretraining = True
            complete, self._complete = self._complete, False  # until all parameters belong together
            try:
                with unmoved_by_bad_input(g for layer in layers for g in _generators(layer)):
                    pretrain_layers(
                        layers,
                        rows,
                        epochs=epochs,
                        options=options,
                        keep=keep_layers,
                        others=others,
                        backend=backend,
                        monitor=monitor,
                        callbacks=callbacks,
                    )
            except Exception as error:
                if not isinstance(error, DivergenceError):  # all layers are what they were
                    self._complete = complete
                raise
            finally:
                self._in_pretraining = False
            self.backend = backend
            self.n_features = X.shape[1]

        return run, callbacks

    def _check_options(self, options: Any) -> list[Mapping[str, Any]]:
        each = check_options(options, len(self.hidden_layers))
        for number, (layer, own) in enumerate(zip(self.hidden_layers, each, strict=True), start=1):
            if refused := _not_taken(layer.fit, own):
                raise TypeError(
                    f"layer {number} of {len(each)} (see pretrain_options): {type(layer).__name__}.fit "
                    f"takes no {', '.join(refused)}, but {', '.join(inspect.signature(layer.fit).parameters)}"
                )
        return each

    def _check_kept(self, X: np.ndarray) -> None:
        """Raise unless the layers that have parameters fit to the others and to the data."""
        expected = X.shape[1]
        for number, layer in enumerate(self.hidden_layers, start=1):
            if hasattr(layer, "forward_params"):
                if isinstance(layer, Layer):
                    W = layer.forward_params[0].get_value(borrow=True)
                    found = f"{W.dtype} weights of shape {W.shape}"
                    fits = W.shape == (expected, layer.M) and W.dtype == self.dtype
                else:
                    found, fits = self._try_kept(layer, X[:1] if number == 1 else expected)
                if not fits:
                    raise ValueError(
                        f"keep_layers is True, but layer {number} has {found}, "
                        f"expected {self.dtype} and ({expected}, {layer.M}): train it anew, or give layers "
                        "that belong together"
                    )
            expected = layer.M

    def _try_kept(self, layer: Any, rows: np.ndarray | int) -> tuple[str, bool]:
        """Call a layer of another kind with a row, or with one of so many values; describe what it gives."""
        if isinstance(rows, int):
            rows = np.full((1, rows), 0.5)  # what layers of any kind may give
        dtypes = {str(p.dtype) for p in layer.forward_params if p.dtype in ("float32", "float64")}
        if dtypes - {self.dtype}:
            return f"{', '.join(sorted(dtypes))} parameters", False
        try:
            seen = np.shape(layer.hidden_op(rows.astype(self.dtype)))
        except Exception as error:  # whatever it is, it is the layer's
            return f"a hidden_op that fails on an array of shape {rows.shape} ({error})", False
        return f"a hidden_op that makes shape {seen} of {rows.shape}", seen == (1, layer.M)

    def _check_units(
        self, epochs: Sequence[int], options: Sequence[Mapping[str, Any]], *, keep: bool
    ) -> bool:
        """Raise where a layer is known to take probabilities, and the one below gives other numbers.

        Returns
        -------
        bool
            Whether the first layer is known to take probabilities.
        """
        takes = []
        for number, layer in enumerate(self.hidden_layers, start=1):
            try:
                takes.append(_takes_probabilities(layer, epochs[number - 1], options[number - 1], keep=keep))
            except ValueError as error:
                raise ValueError(
                    f"layer {number} of {len(epochs)} (see pretrain_options): {error}"
                ) from error
        for number, (below, taken) in enumerate(zip(self.hidden_layers, takes[1:], strict=False), start=1):
            if taken and isinstance(below, Layer) and below.hidden_unit_interval is False:
                raise codes_that_are_no_probabilities(number + 1, len(epochs))
        return takes[0]

    def _up(self, X: Variable) -> Variable:
        """Pass rows up through all layers, as a graph."""
        self._check_settled("forward")
        return pass_up(self.hidden_layers, X)

    def _forward_names(self) -> list[str]:
        """Give the names of the layers' forward parameters for messages."""
        return [
            f"{p.name} of layer {number}"
            for number, layer in enumerate(self.hidden_layers, start=1)
            for p in layer.forward_params
        ]
