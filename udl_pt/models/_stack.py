"""The stack of layers that a deep network is: how they are created, checked and pretrained.

It is the base of the classifier (`DNN`), of the belief network (`DBN`), and of the deep auto-encoder
(`DeepAutoEncoder`).
"""

import copy
import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.arguments import (
    check_count,
    check_options,
    check_switches,
    per_layer,
)
from udl_pt._support.arrays import check_values
from udl_pt._support.messages import codes_outside_unit_interval
from udl_pt._support.on_disk import check_room
from udl_pt._support.refusals import check_layer_dtype
from udl_pt._support.rollback import incomplete_in_pretraining
from udl_pt.backends import float_dtype
from udl_pt.models._attributes import Attributes
from udl_pt.models._layer import Layer
from udl_pt.models._pretraining import (
    Pretraining,
    generators_of,
    make_layers,
    not_taken,
    pass_up,
    pretrain_layers,
    takes_probabilities,
)
from udl_pt.models._saved import Saved
from udl_pt.models._weights import Weights
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.symbolic.calling import SymbolicModel
from udl_pt.symbolic.chance import Chance, WithChance, generators_restored_on_error
from udl_pt.symbolic.corruption import Corruption
from udl_pt.symbolic.variables import Symbolic
from udl_pt.training.held_out import Arrays
from udl_pt.training.run import Run

__all__ = ["Stack", "check_classes"]


def check_classes(layers: Sequence[Any], that: str) -> None:
    """Raise a TypeError unless all layers are of `AutoEncoder`, `RBM` or a subclass; `that` says why."""
    for number, layer in enumerate(layers, start=1):
        if not isinstance(layer, Layer):
            raise TypeError(
                f"layer {number} is of type {type(layer).__name__}, expected AutoEncoder or RBM, or a class "
                f"derived from one, {that}"
            )


class Stack(WithChance, SymbolicModel, Saved, Weights):
    """Layers, each on top of the one before: the base of `DNN`, `DBN` and `DeepAutoEncoder`.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Number of hidden units of each layer, from the input on, such as the book's ``[1000, 750, 500]``.
    UnsupervisedModel : callable or sequence of callable
        Creates a layer from its size: `AutoEncoder`, `RBM`, or a `functools.partial` of one with further
        arguments. It is the same for all layers, or a sequence has one for each layer.
    corruption : callable or None, or a sequence of them
        ``corruption(X, stream)`` returns the corrupted batch that a layer encodes in pretraining, such as
        ``udl_pt.symbolic.corruption.masking(0.3)``. It is the same for all layers, or a sequence has one for
        each layer.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles of all layers. An int restarts the draws in each fit. None is NumPy's
        global legacy generator.
    dtype : {"float64", "float32"}, optional
        Dtype of parameters and results. The default is PyTensor's floatX.
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
            check_layer_dtype(number, getattr(layer, "dtype", self.dtype), self.dtype)

    @property
    def unit_interval(self) -> bool:  # type: ignore[override]
        """Whether arrays are read as probabilities, as the first layer reads them."""
        return bool(getattr(self.hidden_layers[0], "unit_interval", False))

    @property
    def title(self) -> str:
        """Name of the network in progress and errors."""
        return f"{type(self).__name__}({[layer.M for layer in self.hidden_layers]})"

    def _check_attributes(self, own: Attributes) -> None:
        own.dtype()
        own.chance()
        own.backend()
        own.one_of("_complete", (True,))
        D = own.count("n_features")
        for number, layer in enumerate(own.layers("hidden_layers", Layer), start=1):
            if (layer.n_features, layer.dtype) != (D, self.dtype):
                raise ValueError(
                    f"layer {number} of {type(self).__name__} has {layer.n_features} visible units and dtype "
                    f"{layer.dtype}, expected {D} and {self.dtype}"
                )
            D = layer.M

    def _check_fitted(self, before: str) -> None:
        super()._check_fitted(before)
        if before == "save":
            check_classes(self.hidden_layers, "which a file can hold")

    def _weights(self) -> dict[str, SharedVariable]:
        own = {name: getattr(self, name) for name in self.names}
        for prefix, layer in self._named_layers():
            own |= {prefix + name: p for name, p in layer._weights().items()}
        return own

    def _begin_weights(self, arrays: Mapping[str, np.ndarray]) -> None:
        for prefix, layer in self._named_layers():
            layer._begin_weights(
                {name.removeprefix(prefix): a for name, a in arrays.items() if name.startswith(prefix)}
            )
        self.n_features = self.hidden_layers[0].n_features
        self._complete = True

    def _named_layers(self) -> list[tuple[str, Layer]]:
        """List the layers, and what the names of their parameters begin with."""
        check_classes(self.hidden_layers, "whose parameters have names")
        return [(f"hidden_layers.{i}.", layer) for i, layer in enumerate(self.hidden_layers)]

    def _probe(self, D: int) -> "Stack | None":
        """Return a copy with zeros for the layers' parameters; None for layers of another kind."""
        probe, layers = copy.copy(self), []
        for layer in self.hidden_layers:
            if not isinstance(layer, Layer):
                return None
            layers.append(layer._probe(D))
            D = layer.M
        probe.hidden_layers, probe._complete = layers, True
        probe.n_features = layers[0].n_features
        return probe

    def _check_pretraining(
        self,
        run: Run,
        pretrain_epochs: Any,
        pretrain_options: Any,
        *,
        pretrain: bool = True,
        keep_layers: bool,
        pretrain_on_disk: bool,
        warm: bool = False,
    ) -> Pretraining:
        """Check the arguments of pretraining, before anything changes."""
        check_switches(pretrain=pretrain, keep_layers=keep_layers, pretrain_on_disk=pretrain_on_disk)
        each = per_layer(pretrain_epochs, "pretrain_epochs", len(self.hidden_layers))
        epochs = [check_count(n, "pretrain_epochs", at_least=0) if pretrain else 0 for n in each]
        options = self._check_options(pretrain_options if pretrain else None)
        if keep_layers or warm:
            self._check_kept(run.data[0], "warm_start" if warm else "keep_layers")
            keep_layers = True
        probabilities = self._check_units(epochs, options, keep=keep_layers)
        if pretrain_on_disk:
            check_room(self._bytes_of_inputs(len(run.data[0]) - run.held_out.n_drawn))
        return Pretraining(epochs, options, bool(keep_layers), probabilities, bool(pretrain_on_disk))

    def _bytes_of_inputs(self, N: int) -> int:
        """Return the bytes of the largest two successive inputs above the first layer, for N rows."""
        widths = [0, *(getattr(layer, "M", 0) for layer in self.hidden_layers[:-1])]  # others set it in fit
        return N * np.dtype(self.dtype).itemsize * max(map(sum, itertools.pairwise(widths)), default=0)

    def _pretrain(self, run: Run, plan: Pretraining, *, warm: bool = False) -> tuple[Run, Arrays | None]:
        """Hold out the validation set, and train the layers on the other rows.

        Bad input changes nothing. When a layer diverges, or the user interrupts, some layers are new, and the
        network's other parameters don't belong to them. The network then has no parameters, as while its
        layers are trained.

        Parameters
        ----------
        run : Run
            The network's training.
        plan : Pretraining
            The arguments of pretraining.
        warm : bool
            Whether the generator goes on, instead of starting at its seed.

        Returns
        -------
        run : Run
            The training on the rows that are left.
        valid : tuple of ndarray or None
            The validation set.
        """
        with generators_restored_on_error([self._generator]):
            if not warm:
                self._chance.restart()
            held_out, (run, valid) = run.held_out, run.split(self._generator)
            measured = {"Xtest": run.test[0]} if run.test else {}
            if valid is not None:
                given = "validation" if len(valid) == 1 else "validation[0]"
                measured["X (held out)" if held_out.n_drawn else given] = valid[0]
            if plan.probabilities:
                for name, array in {"X": run.data[0], **measured}.items():
                    check_values(array, name, dtype="float64", unit_interval=True)
            self._train_layers(run, plan, measured)
        return run, valid

    def _train_layers(self, run: Run, plan: Pretraining, others: Mapping[str, Any]) -> None:
        layers = self.hidden_layers
        generators = (g for layer in layers for g in generators_of(layer))
        with incomplete_in_pretraining(self), generators_restored_on_error(generators):
            pretrain_layers(layers, run, plan, others)
        self.backend = str(run.backend)
        self.n_features = run.data[0].shape[1]

    def _check_options(self, options: Any) -> list[Mapping[str, Any]]:
        each = check_options(options, len(self.hidden_layers))
        for number, (layer, own) in enumerate(zip(self.hidden_layers, each, strict=True), start=1):
            if refused := not_taken(layer.fit, own):
                raise TypeError(
                    f"layer {number} of {len(each)} (see pretrain_options): {type(layer).__name__}.fit "
                    f"takes no {', '.join(refused)}; its arguments are "
                    f"{', '.join(inspect.signature(layer.fit).parameters)}"
                )
        return each

    def _check_kept(self, X: Any, argument: str) -> None:
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
                        f"{argument} is True, but layer {number} has {found}, "
                        f"expected {self.dtype} and ({expected}, {layer.M}): train it again, or pass layers "
                        "whose shapes match"
                    )
            expected = layer.M

    def _try_kept(self, layer: Any, rows: np.ndarray | int) -> tuple[str, bool]:
        """Call a layer of another kind with a row, or with that many values; describe what it returns."""
        if isinstance(rows, int):
            rows = np.full((1, rows), 0.5)  # what layers of any kind may return
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
        """Raise where a layer is known to take probabilities, but the one below returns other numbers.

        Returns
        -------
        bool
            Whether the first layer is known to take probabilities.
        """
        takes = []
        for number, layer in enumerate(self.hidden_layers, start=1):
            try:
                takes.append(takes_probabilities(layer, epochs[number - 1], options[number - 1], keep=keep))
            except ValueError as error:
                raise ValueError(
                    f"layer {number} of {len(epochs)} (see pretrain_options): {error}"
                ) from error
        for number, (below, taken) in enumerate(zip(self.hidden_layers, takes[1:], strict=False), start=1):
            if taken and isinstance(below, Layer) and below.hidden_unit_interval is False:
                raise codes_outside_unit_interval(number + 1, len(epochs))
        return takes[0]

    def _up(self, X: Symbolic) -> Symbolic:
        """Pass rows up through all layers, as a graph."""
        self._check_settled("forward")
        return pass_up(self.hidden_layers, X)

    def _forward_names(self) -> list[str]:
        """Return the names of the layers' forward parameters for messages."""
        return [
            f"{p.name} of layer {number}"
            for number, layer in enumerate(self.hidden_layers, start=1)
            for p in layer.forward_params
        ]
