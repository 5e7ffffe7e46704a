"""Chapter 3's greedy pretraining, eager: each layer learns to reconstruct the values of the one below."""

from collections.abc import Mapping, Sequence
from typing import Any

from udl_pt._support.arguments import check_count, check_options, check_sizes, per_layer
from udl_pt._support.arrays import check_values
from udl_pt._support.fitting import allowing_fit
from udl_pt._support.messages import codes_outside_unit_interval, shown
from udl_pt._support.refusals import check_layer_dtype
from udl_pt._support.rollback import incomplete_in_pretraining, layers_restored_on_error, naming_layer
from udl_pt.eager._layer import Layer, Twin
from udl_pt.eager.autoencoder import AutoEncoder
from udl_pt.symbolic.chance import generators_restored_on_error
from udl_pt.training.run import Run

__all__ = ["Stack"]


class Stack(Twin):
    """Layers, each on top of the one before: the base of `udl_pt.eager.DNN` and `udl_pt.eager.DBN`.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Number of hidden units of each layer, from the input on.
    UnsupervisedModel : callable or sequence of callable, optional
        Creates a layer from its size: `udl_pt.eager.AutoEncoder` (the default), `udl_pt.eager.RBM`, or a
        `functools.partial` of one with further arguments. One for all layers, or one for each.
    corruption : callable or None, or a sequence of them
        Corrupts each layer's input in pretraining: ``corruption(X, stream)``, as for
        `udl_pt.eager.AutoEncoder`. One for all layers, or one for each.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles for all layers. An int restarts at each fit; None is NumPy's global
        legacy generator.
    dtype : {"float64", "float32"}, optional
        Dtype of the parameters, float64 by default.
    """

    Model: type[Layer] = AutoEncoder
    _complete = False

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
        sizes, chance = check_sizes(hidden_layer_sizes), self._chance.own
        models = per_layer(
            self.Model if UnsupervisedModel is None else UnsupervisedModel, "UnsupervisedModel", len(sizes)
        )
        noises = per_layer(corruption, "corruption", len(sizes))
        self.hidden_layers: list[Any] = []
        for M, model, noise in zip(sizes, models, noises, strict=True):
            given = {"random_state": chance, "dtype": dtype and self.dtype, "corruption": noise}
            options = {name: value for name, value in given.items() if value is not None}
            try:
                layer = model(M, **options) if callable(model) else model
            except TypeError as error:
                raise TypeError(f"UnsupervisedModel {shown(model)}, called with {M}: {error}") from error
            # NumPy's layers draw arrays, PyTorch's draw tensors
            if not (isinstance(layer, Layer) and layer.Streams is self.Model.Streams):
                raise TypeError(
                    f"UnsupervisedModel {shown(model)} makes a layer of type {type(layer)}, expected a layer "
                    f"class of the same module, such as {self.Model.__module__}.{self.Model.__name__}"
                )
            check_layer_dtype(len(self.hidden_layers) + 1, layer.dtype, self.dtype)
            self.hidden_layers.append(layer)
        self._chance.shared_with(self.hidden_layers)

    @property
    def title(self) -> str:
        """The network's name in progress reports and error messages."""
        return f"{type(self).__name__}({[layer.M for layer in self.hidden_layers]})"

    def _check_pretraining(self, epochs: Any, options: Any) -> tuple[list[int], Sequence[Mapping[str, Any]]]:
        """Check the arguments of pretraining, one for each layer, before anything changes."""
        layers = self.hidden_layers
        each = per_layer(epochs, "pretrain_epochs", len(layers))
        own = check_options(options, len(layers))
        each = [check_count(n, "pretrain_epochs", at_least=0) for n in each]
        self._check_units(each, own)
        return each, own

    def _pretrain(
        self,
        run: Run,
        epochs: Sequence[int],
        options: Sequence[Mapping[str, Any]],
    ) -> None:
        """Fit each layer to the hidden values of the one below; without epochs, only draw its weights.

        The values of a test set must be in the first layer's range. Bad input leaves
        all layers as they were. After a divergence or an interrupt the network has no parameters: some of its
        layers are new.
        """
        layers, H = self.hidden_layers, run.data[0]
        streams = [layer.rng.generator for layer in layers if layer.rng is not None]
        generators = [self._generator, *(layer._generator for layer in layers), *streams]
        with (
            incomplete_in_pretraining(self),
            generators_restored_on_error(generators),
            layers_restored_on_error(layers),
        ):
            self._chance.restart()
            for number, (layer, n, own) in enumerate(zip(layers, epochs, options, strict=True), start=1):
                given = {"epochs": n, "monitor": run.monitor, "callbacks": run.callbacks, **own}
                with naming_layer(number, len(layers)), allowing_fit(layer):
                    layer.fit(H, **given)
                if number == 1 and run.test:
                    check_values(run.test[0], "Xtest", dtype="float64", unit_interval=layer.unit_interval)
                if layer is not layers[-1]:
                    H = layer.forward_hidden(H)
        self.n_features, self.unit_interval = run.data[0].shape[1], layers[0].unit_interval

    def _check_units(self, epochs: Sequence[int], options: Sequence[Any]) -> None:
        """Raise where a layer accepts only probabilities, and the one below returns other values."""
        pairs = zip(self.hidden_layers, self.hidden_layers[1:], epochs[1:], options[1:], strict=False)
        for number, (below, layer, n, own) in enumerate(pairs, start=2):
            trains = own.get("epochs", n) != 0
            if trains and layer.takes_probabilities(**own) and below.hidden_unit_interval is False:
                raise codes_outside_unit_interval(number, len(epochs))

    def _activations(self, X: Any) -> list[Any]:
        """Return ``Z_0 = X`` and ``Z_l = s(Z_(l-1) W_l + b_l)``, the values of all layers, input first."""
        Z = [X]
        for layer in self.hidden_layers:
            Z.append(layer._encode(Z[-1]))  # (n, M_l)
        return Z
