"""Arguments of a network's fine-tuning: dropout, frozen layers, moved images, augmentation."""

import contextlib
import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytensor
from pytensor.gradient import disconnected_grad

from udl_pt._support.arguments import check_counts, check_number, list_of_callables
from udl_pt._support.arrays import check_values
from udl_pt._support.exceptions import NotFittedError
from udl_pt._support.messages import shown
from udl_pt.symbolic.costs import Penalty, check_penalty
from udl_pt.symbolic.expressions import normalise_rows
from udl_pt.symbolic.random import RandomStreams
from udl_pt.symbolic.variables import Symbolic
from udl_pt.training.feed import Feed
from udl_pt.training.run import Run

__all__ = ["FineTuning", "ModelAugmentation", "adversarial_cost", "with_dropout"]


@dataclass(frozen=True)
class FineTuning:
    """The arguments of a network's fine-tuning that no other training has.

    Attributes
    ----------
    dropout : (float, float)
        Probabilities that a pixel and that a hidden unit is dropped.
    max_norm : float or None
        Largest length of a unit's vector of incoming weights.
    frozen : frozenset of int
        Indices of the layers that aren't trained.
    penalty, optimiser : callable or None
        As the arguments of ``fit``.
    augment : callable or None
        Returns a batch of images with all augmentations.
    """

    dropout: tuple[float, float] = (0.0, 0.0)
    max_norm: float | None = None
    frozen: frozenset[int] = frozenset()
    penalty: Penalty | None = None
    optimiser: Callable[..., Any] | None = None
    augment: Callable[[np.ndarray], np.ndarray] | None = None

    @classmethod
    def checked(
        cls,
        model: Any,
        run: Run,
        *,
        dropout: Any,
        max_norm: Any,
        frozen_layers: Any,
        penalty: Any,
        optimiser: Callable[..., Any] | None,
        augment: Any,
    ) -> "FineTuning":
        """Check the arguments of these names of `model.fit`."""
        X = run.data[0]
        check_penalty(penalty, lambda: model._probe_of(X.shape[1], run.n_classes), run.dtype)
        return cls(
            check_dropout(dropout),
            check_max_norm(max_norm, run.dtype),
            check_frozen(frozen_layers, len(model.hidden_layers)),
            penalty,
            optimiser,
            check_augment(augment, X, run.batch_sz, model),
        )


@dataclass(frozen=True)
class ModelAugmentation:
    """An augmentation that reads the parameters of a network, such as the one in training.

    `DNN.fit` tries an augmentation on a batch before it trains. It does not try one that needs the network in
    training, which has no parameters yet. Images must then be in [0, 1]. A network that is not in training
    must be fitted before.

    Parameters
    ----------
    model : DNN
        The network.
    change : callable
        ``change(X, generator, model)`` returns the changed images. X is a batch, an array of shape (N, D) and
        of the network's dtype. The result has the same shape and range. `generator` is the source of draws, a
        `numpy.random.Generator` or a `numpy.random.RandomState`.

    Examples
    --------
    Make images darker where the network is sure of their class:

    >>> import numpy as np
    >>> from udl_pt import DNN
    >>> from udl_pt.inspection.augmentation import ModelAugmentation
    >>> def darker(X, generator, model):
    ...     return X * (1 - model.forward(X).max(axis=1, keepdims=True))
    >>> X, Y = np.tile(np.eye(2), (6, 1)), np.tile([0, 1], 6)
    >>> dnn = DNN([2], random_state=0)
    >>> augment = [ModelAugmentation(dnn, darker)]
    >>> dnn = dnn.fit(X, Y, X, Y, pretrain=False, epochs=2, batch_sz=4, augment=augment)
    >>> changed = augment[0](X, np.random.default_rng(0))
    >>> changed.shape, bool((changed <= X / 2).all())  # of two classes, the likelier one has at least 1/2
    ((12, 2), True)
    """

    model: Any
    change: Callable[[np.ndarray, Any, Any], np.ndarray]

    def __call__(self, X: np.ndarray, generator: Any) -> np.ndarray:
        """Change a batch of images, of shape (n, D)."""
        return self.change(X, generator, self.model)


def check_dropout(dropout: Any) -> tuple[float, float]:
    """Return the probabilities that a pixel and that a hidden unit is omitted."""
    try:
        pixels, units = (
            check_number(p, "dropout") for p in ((0.0, dropout) if np.ndim(dropout) == 0 else dropout)
        )
    except (TypeError, ValueError):
        raise TypeError(
            f"dropout is {shown(dropout)}, expected the probability of a hidden unit, or a pair, that of a "
            "pixel and that of a hidden unit"
        ) from None
    if not (0 <= pixels < 1 and 0 <= units < 1):
        raise ValueError(f"dropout is {shown(dropout)}, expected probabilities from 0 to below 1")
    return pixels, units


def check_frozen(frozen: Any, n_layers: int) -> frozenset[int]:
    """Return the indices of the layers that aren't trained."""
    indices = check_counts(frozen, "frozen_layers", at_least=0)
    if indices and max(indices) >= n_layers:
        raise ValueError(
            f"frozen_layers is {shown(frozen)}, but there are {n_layers} layers: expected indices of "
            f"hidden_layers, 0 to {n_layers - 1}"
        )
    return frozenset(indices)


def check_max_norm(max_norm: Any, dtype: str) -> float | None:
    """Return the largest length of a unit's incoming weights, where there is one."""
    if max_norm is None:
        return None
    limits = np.finfo(dtype)
    return check_number(max_norm, "max_norm", at_least=float(limits.tiny), at_most=float(limits.max))


class _DroppedLayer:
    """A layer whose hidden units are dropped at random, for a graph; otherwise it is the layer."""

    def __init__(self, layer: Any, drop: Callable[[Symbolic, int], Symbolic]) -> None:
        self._layer, self._drop = layer, drop

    def __getattr__(self, name: str) -> Any:
        """Return the layer's attribute."""
        if name.startswith("__"):  # which copying asks of a copy that has no layer yet
            raise AttributeError(name)
        return getattr(self._layer, name)

    def forward_hidden(self, H: Symbolic) -> Symbolic:
        """Return the layer's hidden values with dropout, a graph: (N, D) to (N, M)."""
        return self._drop(self._layer.forward_hidden(H), self._layer.M)


def with_dropout(
    model: Any, rows: Symbolic, stream: RandomStreams, pixels: float, units: float
) -> Callable[[Symbolic], Symbolic]:
    """Return the network's `logits` with dropout of pixels and hidden units.

    Parameters
    ----------
    model : DNN
        The network. A subclass's own `logits` are those of layers with dropout.
    rows : scalar Variable
        The number of images, of a variable whose shape is known without computing it.
    stream : RandomStreams
        Source of the masks; each call draws new ones.
    pixels, units : float
        Probabilities that a pixel and that a hidden unit is dropped; 0 draws nothing.

    Returns
    -------
    callable
        Turns images, (N, D), into logits, (N, K).
    """

    def drop(H: Symbolic, width: int, p: float) -> Symbolic:
        if p == 0:
            return H
        return H * stream.binomial((rows, width), p=1 - p) / np.asarray(1 - p, H.dtype)

    dropped = copy.copy(model)
    dropped.hidden_layers = [_DroppedLayer(layer, partial(drop, p=units)) for layer in model.hidden_layers]
    return lambda X: dropped.logits(drop(X, model.n_features, pixels))


def adversarial_cost(cost_of: Callable[[Symbolic], Symbolic], X: Symbolic, size: Symbolic) -> Symbolic:
    """Return the mean of the cost of images and of that of the same images, moved along its gradient.

    Goodfellow, Shlens and Szegedy, ICLR 2015; Miyato et al., ICLR 2016, for the length.

    Parameters
    ----------
    cost_of : callable
        Turns images, a matrix (N, D), into their scalar cost.
    X : Variable, matrix
        The images; the cost is differentiated with respect to them.
    size : scalar Variable
        How far each image is moved (Euclidean length). One with gradient zero isn't moved.

    Returns
    -------
    scalar Variable
        The mean of both costs, whose gradient takes the moved images as constant.
    """
    half = np.asarray(0.5, X.dtype)
    cost = half * cost_of(X)  # halved before its gradient is taken: so that the step needs the same deltas
    moved = disconnected_grad(X + size * normalise_rows(pytensor.grad(cost, X)))
    return cost + half * cost_of(moved)


def check_augment(
    augment: Any, X: Any, batch_sz: int, model: Any
) -> Callable[[np.ndarray], np.ndarray] | None:
    """Return one function that applies the augmentations and checks their results; try them on a batch.

    A `ModelAugmentation` of the model itself is not tried, since the model has no parameters yet. It needs
    images in [0, 1].
    """
    functions = list_of_callables(augment)
    if functions is None:
        raise TypeError(f"augment is {shown(augment)}, expected a list of functions such as [shift(2)]")
    if not functions:
        return None

    def augmented(X: np.ndarray, functions: Sequence[Any], generator: Any) -> np.ndarray:
        low, high, shape = min(0, X.min()), max(1, X.max()), X.shape
        for function in functions:
            X = np.asarray(function(X, generator))
            what = f"augmentation {shown(getattr(function, 'func', function))}"
            if X.shape != shape:
                raise ValueError(f"{what} returns shape {X.shape}, expected that of the batch, {shape}")
            if X.dtype.kind not in "biuf":
                raise TypeError(f"{what} returns dtype {X.dtype}, expected real numbers")
            if not (X.min() >= low and X.max() <= high):
                raise ValueError(
                    f"{what} returns values from {X.min()!s} to {X.max()!s}, expected {low!s} to {high!s} as "
                    "before: numpy.clip them?"
                )
        return X

    networks = [f.model for f in functions if isinstance(f, ModelAugmentation)]
    if any(network is model for network in networks):
        check_values(X, dtype=model.dtype, unit_interval=True)
    if any(network is not model and not hasattr(network, "params") for network in networks):
        raise NotFittedError(
            "augment contains adversarial() of another network that has no parameters yet: fit that network "
            "first"
        )
    ready = [f for f in functions if not (isinstance(f, ModelAugmentation) and f.model is model)]
    batch = X.first(batch_sz) if isinstance(X, Feed) else X[:batch_sz]
    batch, generator = np.array(batch, model.dtype, order="C"), copy.deepcopy(model._generator)
    try:
        with contextlib.suppress(NotFittedError):  # of a function that calls the model in a way of its own
            augmented(batch, ready, generator)
    except TypeError as error:
        raise TypeError(
            f"augment is {shown(augment)}, expected functions augment(X, generator) that return the changed "
            f"batch; called with these arguments, one raised: {error}"
        ) from error
    return partial(augmented, functions=functions, generator=model._generator)
