"""Chapter 3: greedy, layer-wise pretraining; each layer learns to reconstruct what the one below gives."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from udl_pt.validation import DivergenceError

__all__ = ["make_layers", "pretrain_layers"]

METHODS = ("fit", "forward_hidden", "hidden_op")
ATTRIBUTES = ("M", "forward_params", "forward_dparams")


def make_layers(
    hidden_layer_sizes: Sequence[int], UnsupervisedModel: Callable[..., Any], **options: Any
) -> list[Any]:
    """Make one unfitted model a layer.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Hidden units of each layer, from the input on.
    UnsupervisedModel : callable
        Called with a size: a class, or a `functools.partial` of one that fixes further arguments.
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
    given = {name: value for name, value in options.items() if value is not None}
    layers = [UnsupervisedModel(M, **given) for M in sizes]
    missing = [
        name for name in METHODS if not hasattr(type(layers[0]), name) and not hasattr(layers[0], name)
    ]
    if missing:
        raise TypeError(
            f"UnsupervisedModel {UnsupervisedModel!r} has no {', '.join(missing)}: "
            f"a layer needs {', '.join(METHODS)}, and after fit {', '.join(ATTRIBUTES)}"
        )
    return layers


def pretrain_layers(
    layers: Sequence[Any],
    X: np.ndarray,
    *,
    epochs: int,
    options: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    **defaults: Any,
) -> None:
    """Fit each layer to the hidden values of the one below; with no epochs, only draw their weights.

    Parameters
    ----------
    layers : sequence of models
        See `make_layers`.
    X : ndarray of shape (N, D)
        The first layer's data.
    epochs : int
        Epochs for each layer.
    options : mapping or sequence of mappings, optional
        Further arguments of the layers' ``fit``: the same for all, or one mapping a layer.
    **defaults
        Arguments of ``fit`` passed on where they aren't None or empty, such as the backend.
    """
    given = {name: value for name, value in defaults.items() if value is not None and value != ()}
    each = options if isinstance(options, Sequence) else [options or {}] * len(layers)
    if len(each) != len(layers):
        raise ValueError(f"pretrain_options has {len(each)} entries, expected {len(layers)}, one a layer")
    current_input = X
    for number, (layer, own) in enumerate(zip(layers, each, strict=True), start=1):
        try:
            layer.fit(current_input, **{"epochs": epochs, **given, **own})
        except DivergenceError as error:
            raise DivergenceError(f"layer {number} of {len(layers)}: {error}") from error
        if layer is not layers[-1]:
            current_input = layer.hidden_op(current_input)
