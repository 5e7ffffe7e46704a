"""What the arguments of a network's fine-tuning mean: dropout, moved images, augmentation."""

import contextlib
import copy
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytensor
from pytensor.gradient import disconnected_grad
from pytensor.graph.basic import Variable

from udl_pt.graph import of_length_one
from udl_pt.random import RandomStreams
from udl_pt.validation import NotFittedError, check_matrix, check_number

__all__ = ["check_augment", "check_dropout", "thinned", "with_moved_images"]


def check_dropout(dropout: Any) -> tuple[float, float]:
    """Hand back the probabilities that a pixel and that a hidden unit is left out."""
    try:
        pixels, units = (
            check_number(p, "dropout") for p in ((0.0, dropout) if np.ndim(dropout) == 0 else dropout)
        )
    except (TypeError, ValueError):
        raise TypeError(
            f"dropout is {dropout!r}, expected the probability of a hidden unit, or a pair, that of a pixel "
            "and that of a hidden unit"
        ) from None
    if not (0 <= pixels < 1 and 0 <= units < 1):
        raise ValueError(f"dropout is {dropout!r}, expected probabilities from 0 to below 1")
    return pixels, units


def thinned(H: Variable, shape: Sequence[Any], p: float, stream: RandomStreams) -> Variable:
    """Leave each value of `H` out with probability `p`, and scale up what remains (dropout).

    Parameters
    ----------
    H : Variable, matrix
        Pixels or hidden units.
    shape : (int or scalar Variable, int)
        Its shape, known without computing it.
    p : float
        From 0 to below 1; 0 draws nothing.
    stream : RandomStreams
        Source of the mask.

    Returns
    -------
    Variable, matrix
        Of the same shape and dtype.
    """
    if p == 0:
        return H
    return H * stream.binomial(shape, p=1 - p) / np.asarray(1 - p, H.dtype)


def with_moved_images(cost_of: Callable[[Variable], Variable], X: Variable, size: Variable) -> Variable:
    """Give the mean of the cost of images and of that of the same images, moved along its gradient.

    Goodfellow, Shlens and Szegedy, ICLR 2015; Miyato et al., ICLR 2016, for the length.

    Parameters
    ----------
    cost_of : callable
        Turns images, a matrix (N, D), into their scalar cost.
    X : Variable, matrix
        The images, which the cost's gradient is taken by.
    size : scalar Variable
        How far each is moved (Euclidean length); one without a gradient stays where it is.

    Returns
    -------
    scalar Variable
        The mean of both costs, whose gradient takes the moved images as constant.
    """
    half = np.asarray(0.5, X.dtype)
    cost = half * cost_of(X)  # halved before its gradient is taken: so that the step needs the same deltas
    moved = disconnected_grad(X + size * of_length_one(pytensor.grad(cost, X)))
    return cost + half * cost_of(moved)


def check_augment(
    augment: Any, X: np.ndarray, batch_sz: int, model: Any
) -> Callable[[np.ndarray], np.ndarray] | None:
    """Make one function of the augmentations, which looks at what each returns; try them on a batch.

    Those that need the model aren't tried: `udl_pt.augmentation.adversarial` of it, which needs images in
    [0, 1], and what finds it without parameters.
    """
    functions = tuple(augment) if isinstance(augment, Iterable) else (None,)
    if not all(callable(function) for function in functions):
        raise TypeError(f"augment is {augment!r}, expected a list of functions such as [shift(2)]")

    def augmented(X: np.ndarray, functions: Sequence[Any], generator: Any) -> np.ndarray:
        low, high, shape = min(0, X.min()), max(1, X.max()), X.shape
        for function in functions:
            X = np.asarray(function(X, generator))
            what = f"augmentation {getattr(function, 'func', function)!r}"
            if X.shape != shape:
                raise ValueError(f"{what} returns shape {X.shape}, expected that of the batch, {shape}")
            if not (X.min() >= low and X.max() <= high):
                raise ValueError(
                    f"{what} returns values from {X.min()!s} to {X.max()!s}, expected {low!s} to {high!s} as "
                    "before: numpy.clip them?"
                )
        return X

    tricked = [getattr(f, "keywords", {}).get("model") for f in functions]
    if any(one is model for one in tricked):
        check_matrix(X, dtype=model.dtype, unit_interval=True)
    if any(one is not None and one is not model and not hasattr(one, "params") for one in tricked):
        raise NotFittedError(
            "augment tricks another network, which has no parameters yet: call its fit before"
        )
    ready = [f for f, one in zip(functions, tricked, strict=True) if one is not model]
    with contextlib.suppress(NotFittedError):
        augmented(np.array(X[:batch_sz], model.dtype, order="C"), ready, copy.deepcopy(model._generator))
    return partial(augmented, functions=functions, generator=model._generator) if functions else None
