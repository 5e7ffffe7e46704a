"""Chapter 3's greedy pretraining, eager: each layer learns to reconstruct what the one below gives."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from udl_pt.eager.autoencoder import AutoEncoder
from udl_pt.eager.layer import Layer, Twin
from udl_pt.training import Progress
from udl_pt.validation import DivergenceError, check_count

__all__ = ["Stack"]


class Stack(Twin):
    """Layers, each on top of the one before: the base of `udl_pt.eager.DNN` and `udl_pt.eager.DBN`.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Hidden units of each layer, from the input on.
    UnsupervisedModel : callable or sequence of callable
        Makes a layer from its size: `udl_pt.eager.AutoEncoder`, `udl_pt.eager.RBM`, or a
        `functools.partial` with further arguments; the same for all layers, or one a layer.
    corruption : callable or None, or a sequence of them
        Of the layers in pretraining, see `udl_pt.eager.AutoEncoder`.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles for all layers. None is NumPy's global legacy generator.
    dtype : {"float64", "float32"}, optional
        float64 where not given.
    """

    Model: type[Layer] = AutoEncoder

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int],
        UnsupervisedModel: Any = None,
        *,
        corruption: Any = None,
        random_state: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(random_state=random_state, dtype=dtype)
        if not len(hidden_layer_sizes):
            raise ValueError("hidden_layer_sizes is empty, expected at least one layer, such as [500]")
        chance = None if random_state is None else self._generator
        models = self._one_a_layer(UnsupervisedModel or self.Model, "UnsupervisedModel", hidden_layer_sizes)
        noises = self._one_a_layer(corruption, "corruption", hidden_layer_sizes)
        self.hidden_layers: list[Any] = []
        for M, model, noise in zip(hidden_layer_sizes, models, noises, strict=True):
            options = {} if noise is None else {"corruption": noise}
            layer = model(M, random_state=chance, dtype=self.dtype, **options)
            if not isinstance(layer, Layer):
                raise TypeError(
                    f"UnsupervisedModel makes a layer of type {type(layer)}, expected an eager one, such as "
                    "udl_pt.eager.AutoEncoder"
                )
            self.hidden_layers.append(layer)

    @property
    def title(self) -> str:
        """What progress and errors call it."""
        return f"{type(self).__name__}({[layer.M for layer in self.hidden_layers]})"

    def _one_a_layer(self, value: Any, name: str, layers: Sequence[Any]) -> list[Any]:
        """Hand back one entry a layer: those of a list, or the same for all."""
        if not isinstance(value, Sequence | np.ndarray):
            return [value] * len(layers)
        if len(value) != len(layers):
            raise ValueError(f"{name} has {len(value)} entries, expected {len(layers)}, one a layer")
        return list(value)

    def _pretrain(
        self,
        X: np.ndarray,
        epochs: int | Sequence[int],
        options: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None,
        monitor: str | None,
        callbacks: Sequence[Callable[[Progress], Any]],
    ) -> None:
        """Fit each layer to the hidden values of the one below; without epochs, only draw its weights."""
        each = self._one_a_layer(epochs, "pretrain_epochs", self.hidden_layers)
        own = self._one_a_layer(options or {}, "pretrain_options", self.hidden_layers)
        each = [check_count(n, "pretrain_epochs", at_least=0) for n in each]
        H = X
        for number, (layer, n, more) in enumerate(zip(self.hidden_layers, each, own, strict=True), start=1):
            try:
                layer.fit(H, **{"epochs": n, "monitor": monitor, "callbacks": callbacks, **more})
            except DivergenceError as error:
                raise DivergenceError(f"layer {number} of {len(each)}: {error}") from error
            H = layer.forward_hidden(H)
        self.n_features, self.unit_interval = X.shape[1], self.hidden_layers[0].unit_interval

    def _forward_params(self) -> list[Any]:
        return [p for layer in self.hidden_layers for p in layer.forward_params]

    def _activations(self, X: Any) -> list[Any]:
        """Give ``Z_0 = X`` and ``Z_l = s(Z_(l-1) W_l + b_l)``, the values of all layers, input first."""
        Z = [X]
        for layer in self.hidden_layers:
            Z.append(layer._encode(Z[-1]))  # (n, M_l)
        return Z
