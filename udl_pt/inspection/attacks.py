"""Chapter 6: how to trick a neural network.

"In what direction should I change X, such that it results in the maximum change in J?" Along dJ/dX. Every
attack here is a line or two on a graph: of arrays, which are checked and passed through it in chunks, or of
PyTensor variables, to build on (but for `smallest_change` and random starts, which are for arrays). What an
attack returns is in [0, 1].

A model is a `udl_pt.DNN`, or any function of a matrix variable (N, D) that returns the classes' logits, a
variable of shape (N, K). What is compiled for a plain function is not kept from call to call, unless it is
made a `udl_pt.inspection._classifiers.LogitsFunction`.

J is the negative log-likelihood of an image's label. With a `target`, an attack makes J of the target small
instead of J of the label large. Where a network is so sure that a probability rounds to one, J's gradient is
zero and tells no direction. So attacks follow the gradient of the logarithm of the odds against the label: J
is its softplus, and grows with it.

Images outside [0, 1], labels or targets that the model doesn't know, a target that is the label, and sizes
below 0 are a ValueError or a TypeError; the values of variables aren't looked at.
"""

from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import pytensor.tensor as pt
from numpy.typing import ArrayLike
from pytensor.graph.basic import Variable

from udl_pt._support.arguments import check_count, check_number, check_option
from udl_pt._support.arrays import check_matrix
from udl_pt.inspection._classifiers import Gradient, carried_out, check_attack, check_each, check_images
from udl_pt.symbolic.costs import categorical_cross_entropy
from udl_pt.symbolic.expressions import in_box, of_length_one
from udl_pt.symbolic.loops import loop
from udl_pt.symbolic.random import HostGenerator, as_generator
from udl_pt.symbolic.variables import Symbolic, SymbolicLike

__all__ = [
    "Outcome",
    "fast_gradient_sign",
    "gradient_step",
    "input_gradient",
    "outcome",
    "projected_gradient",
    "random_noise",
    "smallest_change",
]

NORMS = ("linf", "l2")


@overload
def input_gradient(
    model: Any, X: SymbolicLike, Y: SymbolicLike | ArrayLike, *, target: Any = ...
) -> Symbolic: ...
@overload
def input_gradient(model: Any, X: ArrayLike, Y: ArrayLike, *, target: Any = ...) -> np.ndarray: ...
def input_gradient(model: Any, X: Any, Y: Any, *, target: Any = None) -> Any:
    """Return dJ/dX: for each image the direction in which its cost grows fastest.

    Parameters
    ----------
    model : DNN or callable
        See the module.
    X : Variable or array_like of shape (N, D)
        Images.
    Y : Variable or array_like of int of shape (N,)
        Their labels.
    target : int or array_like of int of shape (N,), optional
        What the images shall be taken for; J is then minus the target's negative log-likelihood.

    Returns
    -------
    Variable or numpy.ndarray of shape (N, D)
        Each image's own gradient; that of the batch's mean cost is an N-th of it. A graph where `X` is a
        PyTensor variable, else an array.

    Raises
    ------
    ValueError, TypeError
        For bad input.
    """

    def graph(gradient: Gradient, X: Symbolic, labels: Symbolic) -> Symbolic:
        return gradient(X, labels)

    return carried_out("input_gradient", graph, model, X, Y, target, cost=categorical_cross_entropy)


@overload
def gradient_step(
    model: Any, X: SymbolicLike, Y: SymbolicLike | ArrayLike, size: Any, *, target: Any = ...
) -> Symbolic: ...
@overload
def gradient_step(model: Any, X: ArrayLike, Y: ArrayLike, size: Any, *, target: Any = ...) -> np.ndarray: ...
def gradient_step(model: Any, X: Any, Y: Any, size: Any, *, target: Any = None) -> Any:
    """Go a step of length `size` (Euclidean) along the gradient.

    Parameters
    ----------
    model, X, Y, target
        As of `input_gradient`.
    size : float or array_like of shape (N,)
        The length, of all steps or of each.

    Returns
    -------
    Variable or numpy.ndarray of shape (N, D)
        The changed images, as a graph where `X` is a PyTensor variable, else as an array.
    """

    def graph(gradient: Gradient, X: Symbolic, labels: Symbolic, size: Symbolic) -> Symbolic:
        return in_box(X + size * of_length_one(gradient(X, labels)))

    return carried_out("gradient_step", graph, model, X, Y, target, size=size)


@overload
def fast_gradient_sign(
    model: Any, X: SymbolicLike, Y: SymbolicLike | ArrayLike, epsilon: Any, *, target: Any = ...
) -> Symbolic: ...
@overload
def fast_gradient_sign(
    model: Any, X: ArrayLike, Y: ArrayLike, epsilon: Any, *, target: Any = ...
) -> np.ndarray: ...
def fast_gradient_sign(model: Any, X: Any, Y: Any, epsilon: Any, *, target: Any = None) -> Any:
    """Change every pixel by `epsilon`, up or down as the gradient says (Goodfellow et al. 2014).

    Parameters
    ----------
    model, X, Y, target
        As of `input_gradient`.
    epsilon : float or array_like of shape (N,)
        By how much, of all images or of each.

    Returns
    -------
    Variable or numpy.ndarray of shape (N, D)
        The changed images, as a graph where `X` is a PyTensor variable, else as an array.
    """

    def graph(gradient: Gradient, X: Symbolic, labels: Symbolic, epsilon: Symbolic) -> Symbolic:
        return in_box(X + epsilon * pt.sign(gradient(X, labels)))

    return carried_out("fast_gradient_sign", graph, model, X, Y, target, epsilon=epsilon)


@overload
def projected_gradient(
    model: Any,
    X: SymbolicLike,
    Y: SymbolicLike | ArrayLike,
    epsilon: Any,
    *,
    norm: str = ...,
    steps: int = ...,
    rel_step: float | None = ...,
    target: Any = ...,
    random_state: None = ...,
) -> Symbolic: ...
@overload
def projected_gradient(
    model: Any,
    X: ArrayLike,
    Y: ArrayLike,
    epsilon: Any,
    *,
    norm: str = ...,
    steps: int = ...,
    rel_step: float | None = ...,
    target: Any = ...,
    random_state: Any = ...,
) -> np.ndarray: ...
def projected_gradient(
    model: Any,
    X: Any,
    Y: Any,
    epsilon: Any,
    *,
    norm: str = "linf",
    steps: int = 40,
    rel_step: float | None = None,
    target: Any = None,
    random_state: Any = None,
) -> Any:
    """Go many small steps, each brought back into a ball around the image (Madry et al. 2018).

    Parameters
    ----------
    model, X, Y, target
        As of `input_gradient`.
    epsilon : float or array_like of shape (N,)
        The ball's radius, of all images or of each.
    norm : {"linf", "l2"}
        What it is measured in: the largest change of a pixel, or the Euclidean length of the change.
    steps : int
        Their number.
    rel_step : float, optional
        The size of a step as a share of `epsilon`. ``2.5 / steps`` where not given, so that a start
        anywhere in the ball can reach all of it.
    random_state : int, numpy.random.Generator or numpy.random.RandomState, optional
        Start at random points of the balls (arrays only); at the images where not given.

    Returns
    -------
    Variable or numpy.ndarray of shape (N, D)
        The changed images, as a graph where `X` is a PyTensor variable, else as an array.
    """
    check_option(norm, "norm", NORMS)
    steps = check_count(steps, "steps")
    share = 2.5 / steps if rel_step is None else check_number(rel_step, "rel_step", at_least=0)
    start = None
    if random_state is not None:
        if isinstance(X, Variable):
            raise TypeError(
                "random_state is for arrays of images, but X is a variable: start at X, or add noise to it"
            )
        model, X, Y, target = check_attack(model, X, Y, target)
        radius = check_each(epsilon, "epsilon", X)
        start = _in_ball_at_random(X, radius, norm, as_generator(random_state))

    def graph(
        gradient: Gradient, X: Symbolic, labels: Symbolic, epsilon: Symbolic, start: Symbolic | None = None
    ) -> Symbolic:
        def step(rate: Symbolic, Z: Symbolic, X: Symbolic, labels: Symbolic, epsilon: Symbolic) -> Symbolic:
            up = gradient(Z, labels)
            up = pt.sign(up) if norm == "linf" else of_length_one(up)
            return in_box(X + _in_ball(Z + rate * epsilon * up - X, epsilon, norm))

        rates = pt.as_tensor(np.full(steps, share, X.dtype))
        return loop(step, [rates], [X if start is None else start], constants=[X, labels, epsilon])[0]

    name = f"projected_gradient {norm} {steps} {share} {start is None}"
    return carried_out(name, graph, model, X, Y, target, epsilon=epsilon, start=start)


def smallest_change(
    model: Any,
    X: Any,
    Y: Any,
    *,
    norm: str = "linf",
    steps: int = 40,
    rounds: int = 12,
    target: Any = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Find for each image the smallest change that fools, by bisection of the radius of `projected_gradient`.

    Parameters
    ----------
    model, X, Y, target
        As of `input_gradient`; arrays only.
    norm, steps
        As of `projected_gradient`.
    rounds : int
        How many radii are tried, each half of the one before until an image is tricked, and then halfway to
        the largest below that did not. The first is 1, or the root of D for ``"l2"``.

    Returns
    -------
    changed : numpy.ndarray of shape (N, D)
        The changed images; an image is left as it is where it is taken for something else already, and
        where nothing is found.
    size : numpy.ndarray of shape (N,)
        The size of the change that was found, never below the smallest that there is; infinite where none
        was.
    """
    check_option(norm, "norm", NORMS)
    rounds = check_count(rounds, "rounds")
    model, X, Y, target = check_attack(model, X, Y, target)
    low = np.zeros(len(X), X.dtype)
    radius = high = np.full(len(X), 1 if norm == "linf" else np.sqrt(X.shape[1]), X.dtype)

    def fooled(Z: np.ndarray) -> np.ndarray:
        seen = model.forward(Z).argmax(axis=1)
        return np.asarray(seen != Y if target is None else seen == target)

    best, before = X.copy(), fooled(X)
    found = before
    for _ in range(rounds):
        changed = projected_gradient(model, X, Y, radius, norm=norm, steps=steps, target=target)
        fools = fooled(changed) & ~before
        low = np.where(found & ~fools, radius, low)
        best[fools], found = changed[fools], found | fools
        high = np.where(found & ~fools, high, radius)
        radius = np.where(found, (low + high) / 2, radius / 2)
    return best, np.where(found, _size(best - X, norm), np.inf)


def random_noise(X: Any, epsilon: Any, *, norm: str = "linf", random_state: Any = 0) -> np.ndarray:
    """Change images at random by as much as an attack does: the control of the chapter's point.

    Parameters
    ----------
    X : array_like of shape (N, D)
        Images.
    epsilon : float or array_like of shape (N,)
        Each pixel goes up or down by so much (``"linf"``), or the change has this Euclidean length
        (``"l2"``), before what leaves [0, 1] is cut.
    norm : {"linf", "l2"}
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of the noise.

    Returns
    -------
    numpy.ndarray of shape (N, D)
    """
    check_option(norm, "norm", NORMS)
    X = check_images(X)
    noise = np.asarray(as_generator(random_state).standard_normal(X.shape))
    noise = np.sign(noise) if norm == "linf" else noise / _size(noise, "l2")[:, None]
    changed = np.clip(X + check_each(epsilon, "epsilon", X)[:, None] * noise, 0, 1)
    return np.asarray(changed, X.dtype)


@dataclass
class Outcome:
    """What came of an attack.

    Attributes
    ----------
    success_rate : float
        Of the images that were seen right, the share that isn't any more, 0 where none was; with a target,
        of all images the share that is taken for it.
    error_before, error_after : float
        Error rates.
    confidence_before, confidence_after : float
        The probability that the network gave to the class that it saw, in the mean.
    seen_before, seen_after : numpy.ndarray of int of shape (N,)
        The classes that it saw.
    linf, l2 : float
        The largest change of a pixel and the Euclidean length of the change, in the mean over the images.
    """

    success_rate: float
    error_before: float
    error_after: float
    confidence_before: float
    confidence_after: float
    seen_before: np.ndarray
    seen_after: np.ndarray
    linf: float
    l2: float


def outcome(model: Any, X: Any, Y: Any, changed: Any, *, target: Any = None) -> Outcome:
    """Compare what the network sees before and after images were changed.

    Parameters
    ----------
    model, X, Y, target
        As of `input_gradient`; arrays only.
    changed : array_like of shape (N, D)
        The changed images.
    """
    model, X, Y, target = check_attack(model, X, Y, target)
    changed = check_matrix(changed, "changed", dtype=X.dtype, n_features=X.shape[1], unit_interval=True)
    if len(changed) != len(X):
        raise ValueError(f"changed has {len(changed)} images, expected those of X, {len(X)}")
    before, after = model.forward(X), model.forward(changed)
    seen_before, seen_after = before.argmax(axis=1), after.argmax(axis=1)
    right = seen_before == Y
    if target is not None:
        success = float(np.mean(seen_after == target))
    else:
        success = float(np.mean(seen_after[right] != Y[right])) if right.any() else 0.0
    return Outcome(
        success_rate=success,
        error_before=float(np.mean(~right)),
        error_after=float(np.mean(seen_after != Y)),
        confidence_before=float(before.max(axis=1).mean()),
        confidence_after=float(after.max(axis=1).mean()),
        seen_before=seen_before,
        seen_after=seen_after,
        linf=float(_size(changed - X, "linf").mean()),
        l2=float(_size(changed - X, "l2").mean()),
    )


def _in_ball(change: Symbolic, epsilon: Symbolic, norm: str) -> Symbolic:
    """Bring changes back to the nearest point of the ball."""
    if norm == "linf":
        return pt.clip(change, -epsilon, epsilon)
    length = pt.sqrt((change * change).sum(axis=1, keepdims=True, acc_dtype=change.dtype))
    tiny = np.asarray(np.finfo(change.dtype).tiny, change.dtype)  # where both are zero
    return change * (epsilon / pt.maximum(length, pt.maximum(epsilon, tiny)))


def _in_ball_at_random(X: np.ndarray, radius: np.ndarray, norm: str, generator: HostGenerator) -> np.ndarray:
    """Draw a point of each image's ball, and of the box, before what leaves the box is cut."""
    if norm == "linf":
        noise = np.asarray(generator.uniform(-1, 1, X.shape))
    else:
        noise = np.asarray(generator.standard_normal(X.shape))
        noise *= (generator.uniform(0, 1, len(X)) ** (1 / X.shape[1]) / _size(noise, "l2"))[:, None]
    return np.asarray(np.clip(X + radius[:, None] * noise, 0, 1), X.dtype)


def _size(change: np.ndarray, norm: str) -> np.ndarray:
    return np.asarray(abs(change).max(axis=1) if norm == "linf" else np.linalg.norm(change, axis=1))
