"""Chapter 6: how to trick a neural network.

"In what direction should I change X, such that it results in the maximum change in J?" Along dJ/dX. Every
attack here is a line or two on a graph. Arrays are checked and passed through it in chunks. For PyTensor
variables the result is a graph to build on; `smallest_change` and random starts take only arrays. Changed
images stay in [0, 1]. An array of images may have the shape (N, rows, columns) or (N, rows, columns, 3)
instead of (N, D). Then the result has it too.

A model is a `udl_pt.DNN`, or any function of a matrix variable (N, D) that returns the classes' logits, a
variable of shape (N, K). Attacks compile such a function anew in each call, unless it is wrapped in a
`udl_pt.inspection._classifiers.LogitsFunction`.

J is the negative log-likelihood of an image's label. With a `target`, an attack reduces J of the target
instead of raising J of the label. Where a network is so sure that a probability rounds to one, J's gradient
is zero and shows no direction. So attacks follow the gradient of the logarithm of the odds against the label:
J is its softplus, and grows with it.

Each function raises ValueError or TypeError for bad input: images outside [0, 1], unknown labels, negative
sizes. A target equal to the label is refused too. The values of variables aren't checked.
"""

from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import pytensor.tensor as pt
from numpy.typing import ArrayLike
from pytensor.graph.basic import Variable

from udl_pt._support.arguments import check_count, check_number, check_option
from udl_pt._support.arrays import check_matrix
from udl_pt._support.images import as_rows, shaped_as
from udl_pt.inspection._classifiers import Gradient, check_attack, check_each, check_images, run_attack
from udl_pt.symbolic.chance import HostGenerator, as_generator
from udl_pt.symbolic.costs import categorical_cross_entropy
from udl_pt.symbolic.expressions import clip_to_unit_interval, normalise_rows
from udl_pt.symbolic.loops import loop
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
    """Return dJ/dX, the direction in which each image's cost grows fastest (chapter 6).

    J is the negative log-likelihood of the image's label, in nats.

    Parameters
    ----------
    model : DNN or callable
        A trained `udl_pt.DNN`, or a function of a matrix variable (N, D) that returns the classes' logits, a
        variable of shape (N, K).
    X : Variable or array_like of shape (N, D)
        Images, in [0, 1].
    Y : Variable or array_like of int of shape (N,)
        Their labels.
    target : int or array_like of int of shape (N,), optional
        Label to aim at, for all images or for each. J is then minus the target's negative log-likelihood.

    Returns
    -------
    Variable or numpy.ndarray of shape (N, D)
        Each image's own gradient; the gradient of the batch's mean cost is an N-th of it. A graph where `X`
        is a PyTensor variable, else an array.

    Raises
    ------
    ValueError, TypeError
        For images outside [0, 1], unknown labels, and a target that is the label. The values of variables
        aren't checked.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.inspection.attacks import input_gradient
    >>> def logits(X):  # a classifier of two pixels: the brighter one wins
    ...     return X
    >>> X = np.array([[0.5, 0.5]])  # both classes have probability 1/2
    >>> input_gradient(logits, X, [0]).round(3).tolist()  # less of pixel 0, more of pixel 1
    [[-0.5, 0.5]]
    """

    def graph(gradient: Gradient, X: Symbolic, labels: Symbolic) -> Symbolic:
        return gradient(X, labels)

    return run_attack("input_gradient", graph, model, X, Y, target, cost=categorical_cross_entropy)


@overload
def gradient_step(
    model: Any, X: SymbolicLike, Y: SymbolicLike | ArrayLike, size: Any, *, target: Any = ...
) -> Symbolic: ...
@overload
def gradient_step(model: Any, X: ArrayLike, Y: ArrayLike, size: Any, *, target: Any = ...) -> np.ndarray: ...
def gradient_step(model: Any, X: Any, Y: Any, size: Any, *, target: Any = None) -> Any:
    """Change each image by a step of Euclidean length `size` along its cost's gradient (chapter 6).

    The cost is the negative log-likelihood of the image's label. The result is clipped to [0, 1].

    Parameters
    ----------
    model : DNN or callable
        A trained `udl_pt.DNN`, or a function of a matrix variable (N, D) that returns the classes' logits, a
        variable of shape (N, K).
    X : Variable or array_like of shape (N, D)
        Images, in [0, 1].
    Y : Variable or array_like of int of shape (N,)
        Their labels.
    size : float or array_like of shape (N,)
        Length of the step, for all images or for each.
    target : int or array_like of int of shape (N,), optional
        Label to aim at, for all images or for each: the attack reduces its cost.

    Returns
    -------
    Variable or numpy.ndarray of shape (N, D)
        The changed images, in [0, 1]: a graph where `X` is a PyTensor variable, else an array.

    Raises
    ------
    ValueError, TypeError
        For images outside [0, 1], unknown labels, a target that is the label, and sizes below 0 or above
        the root of D. The values of variables aren't checked.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.inspection.attacks import gradient_step
    >>> def logits(X):  # a classifier of two pixels: the brighter one wins
    ...     return X
    >>> X = np.array([[0.75, 0.5]])
    >>> changed = gradient_step(logits, X, [0], size=0.5)
    >>> changed.round(3).tolist(), float(np.linalg.norm(changed - X).round(3))
    ([[0.396, 0.854]], 0.5)
    """

    def graph(gradient: Gradient, X: Symbolic, labels: Symbolic, size: Symbolic) -> Symbolic:
        return clip_to_unit_interval(X + size * normalise_rows(gradient(X, labels)))

    return run_attack("gradient_step", graph, model, X, Y, target, size=size)


@overload
def fast_gradient_sign(
    model: Any, X: SymbolicLike, Y: SymbolicLike | ArrayLike, epsilon: Any, *, target: Any = ...
) -> Symbolic: ...
@overload
def fast_gradient_sign(
    model: Any, X: ArrayLike, Y: ArrayLike, epsilon: Any, *, target: Any = ...
) -> np.ndarray: ...
def fast_gradient_sign(model: Any, X: Any, Y: Any, epsilon: Any, *, target: Any = None) -> Any:
    """Compute ``X + epsilon sign(dJ/dX)``, clipped to [0, 1]: the fast gradient sign method (chapter 6).

    J is the negative log-likelihood of the image's label.

    Parameters
    ----------
    model : DNN or callable
        A trained `udl_pt.DNN`, or a function of a matrix variable (N, D) that returns the classes' logits, a
        variable of shape (N, K).
    X : Variable or array_like of shape (N, D)
        Images, in [0, 1].
    Y : Variable or array_like of int of shape (N,)
        Their labels.
    epsilon : float or array_like of shape (N,)
        Change of each pixel, for all images or for each.
    target : int or array_like of int of shape (N,), optional
        Label to aim at, for all images or for each: the attack reduces its cost.

    Returns
    -------
    Variable or numpy.ndarray of shape (N, D)
        The changed images, in [0, 1]: a graph where `X` is a PyTensor variable, else an array.

    Raises
    ------
    ValueError, TypeError
        For images outside [0, 1], unknown labels, a target that is the label, and sizes below 0 or above
        the root of D. The values of variables aren't checked.

    References
    ----------
    Goodfellow, Shlens and Szegedy, Explaining and Harnessing Adversarial Examples, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.inspection.attacks import fast_gradient_sign
    >>> def logits(X):  # a classifier of two pixels: the brighter one wins
    ...     return X
    >>> X = np.array([[0.75, 0.5]])
    >>> fast_gradient_sign(logits, X, [0], epsilon=0.25).tolist()
    [[0.5, 0.75]]
    """

    def graph(gradient: Gradient, X: Symbolic, labels: Symbolic, epsilon: Symbolic) -> Symbolic:
        return clip_to_unit_interval(X + epsilon * pt.sign(gradient(X, labels)))

    return run_attack("fast_gradient_sign", graph, model, X, Y, target, epsilon=epsilon)


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
    """Change images by projected gradient ascent: many small steps within a ball around each image.

    Each step follows the gradient of the label's cost, its sign for ``"linf"``. Then the image is brought
    back to the nearest point of the ball, and clipped to [0, 1].

    Parameters
    ----------
    model : DNN or callable
        A trained `udl_pt.DNN`, or a function of a matrix variable (N, D) that returns the classes' logits, a
        variable of shape (N, K).
    X : Variable or array_like of shape (N, D)
        Images, in [0, 1].
    Y : Variable or array_like of int of shape (N,)
        Their labels.
    epsilon : float or array_like of shape (N,)
        Radius of the ball, for all images or for each.
    norm : {"linf", "l2"}
        Measure of the radius: the largest change of a pixel, or the Euclidean length of the change.
    steps : int
        Number of steps.
    rel_step : float, optional
        Size of a step as a share of `epsilon`. The default ``2.5 / steps`` can reach all of the ball from
        any start in it.
    target : int or array_like of int of shape (N,), optional
        Label to aim at, for all images or for each: the attack reduces its cost.
    random_state : int, numpy.random.Generator or numpy.random.RandomState, optional
        Source of random starts in the balls (arrays only). By default the images are the starts.

    Returns
    -------
    Variable or numpy.ndarray of shape (N, D)
        The changed images, in [0, 1]: a graph where `X` is a PyTensor variable, else an array.

    Raises
    ------
    ValueError, TypeError
        For images outside [0, 1], unknown labels, a target that is the label, and sizes below 0 or above
        the root of D. The values of variables aren't checked.

    References
    ----------
    Madry et al., Towards Deep Learning Models Resistant to Adversarial Attacks, 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.inspection.attacks import projected_gradient
    >>> def logits(X):  # a classifier of two pixels: the brighter one wins
    ...     return X
    >>> X = np.array([[0.75, 0.5]])
    >>> projected_gradient(logits, X, [0], epsilon=0.25).round(3).tolist()
    [[0.5, 0.75]]
    >>> projected_gradient(logits, X, [0], epsilon=0.25, norm="l2").round(3).tolist()
    [[0.573, 0.677]]
    """
    check_option(norm, "norm", NORMS)
    steps = check_count(steps, "steps")
    share = 2.5 / steps if rel_step is None else check_number(rel_step, "rel_step", at_least=0)
    start, images = None, X
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
            up = pt.sign(up) if norm == "linf" else normalise_rows(up)
            return clip_to_unit_interval(X + _in_ball(Z + rate * epsilon * up - X, epsilon, norm))

        rates = pt.as_tensor(np.full(steps, share, X.dtype))
        return loop(step, [rates], [X if start is None else start], constants=[X, labels, epsilon])[0]

    name = f"projected_gradient {norm} {steps} {share} {start is None}"
    changed = run_attack(name, graph, model, X, Y, target, epsilon=epsilon, start=start)
    return shaped_as(changed, images)


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
    """Find for each image the smallest change that fools the model, by bisection of an attack's radius.

    The attack is `projected_gradient`. The first radius is 1, or the root of D for ``"l2"``; it is halved
    until the attack succeeds. Each later radius lies halfway between the smallest that succeeded and the
    largest below it that did not, or 0.

    Parameters
    ----------
    model : DNN or callable
        A trained `udl_pt.DNN`, or a function of a matrix variable (N, D) that returns the classes' logits, a
        variable of shape (N, K).
    X : array_like of shape (N, D)
        Images, in [0, 1].
    Y : array_like of int of shape (N,)
        Their labels.
    norm : {"linf", "l2"}
        Measure of a change: the largest change of a pixel, or the Euclidean length.
    steps : int
        Number of steps of each attack.
    rounds : int
        Number of radii to try.
    target : int or array_like of int of shape (N,), optional
        Label to aim at, for all images or for each. An image is then fooled when it is classified as this.

    Returns
    -------
    changed : numpy.ndarray of shape (N, D)
        The changed images. An image stays as it is where it fools the model already, and where no change was
        found.
    size : numpy.ndarray of shape (N,)
        Size of the change that was found, an upper bound of the smallest. Infinite where none was found.

    Raises
    ------
    ValueError, TypeError
        For images outside [0, 1], unknown labels, and a target that is the label.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.inspection.attacks import smallest_change
    >>> def logits(X):  # a classifier of two pixels: the brighter one wins
    ...     return X
    >>> X = np.array([[0.75, 0.25], [0.5, 0.375]])
    >>> changed, size = smallest_change(logits, X, [0, 0])
    >>> size.round(2).tolist()  # half the pixels' difference
    [0.25, 0.06]
    """
    check_option(norm, "norm", NORMS)
    rounds, images = check_count(rounds, "rounds"), X
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
    return shaped_as(best, images), np.where(found, _size(best - X, norm), np.inf)


def random_noise(X: Any, epsilon: Any, *, norm: str = "linf", random_state: Any = 0) -> np.ndarray:
    """Change images at random by as much as an attack does, as a control (chapter 6).

    Parameters
    ----------
    X : array_like of shape (N, D)
        Images, in [0, 1].
    epsilon : float or array_like of shape (N,)
        Change of each pixel, up or down (``"linf"``), or Euclidean length of the change (``"l2"``). One for
        all images, or one for each. The result is then clipped to [0, 1].
    norm : {"linf", "l2"}
        Measure of `epsilon`.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of the noise. None is NumPy's global legacy generator.

    Returns
    -------
    numpy.ndarray of shape (N, D)

    Raises
    ------
    ValueError, TypeError
        For images outside [0, 1], and for an `epsilon` below 0 or above the root of D.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.inspection.attacks import random_noise
    >>> X = np.full((1, 4), 0.5)
    >>> changed = random_noise(X, 0.25)
    >>> abs(changed - X).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    check_option(norm, "norm", NORMS)
    images, X = X, check_images(X)
    noise = np.asarray(as_generator(random_state).standard_normal(X.shape))
    noise = np.sign(noise) if norm == "linf" else noise / _size(noise, "l2")[:, None]
    changed = np.clip(X + check_each(epsilon, "epsilon", X)[:, None] * noise, 0, 1)
    return shaped_as(np.asarray(changed, X.dtype), images)


@dataclass
class Outcome:
    """Result of an attack, as `outcome` measures it.

    Attributes
    ----------
    success_rate : float
        Without a target: the share of correctly classified images that the attack made wrong, 0 where there
        are none. With a target: the share of all images that are now classified as the target.
    error_before, error_after : float
        Error rates.
    confidence_before, confidence_after : float
        Mean probability of the predicted class.
    seen_before, seen_after : numpy.ndarray of int of shape (N,)
        The predicted classes.
    linf, l2 : float
        Largest change of a pixel, and Euclidean length of the change, as means over the images.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.inspection.attacks import outcome
    >>> def logits(X):  # a classifier of two pixels: the brighter one wins
    ...     return X
    >>> found = outcome(logits, np.array([[0.75, 0.25]]), [0], [[0.25, 0.75]])
    >>> found.seen_before.tolist(), found.seen_after.tolist(), found.linf
    ([0], [1], 0.5)
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
    """Compare a classifier's predictions for images and for the same images changed.

    Parameters
    ----------
    model : DNN or callable
        A trained `udl_pt.DNN`, or a function of a matrix variable (N, D) that returns the classes' logits, a
        variable of shape (N, K).
    X : array_like of shape (N, D)
        Images, in [0, 1].
    Y : array_like of int of shape (N,)
        Their labels.
    changed : array_like of shape (N, D)
        The changed images, in [0, 1].
    target : int or array_like of int of shape (N,), optional
        Label that the attack aimed at, for all images or for each.

    Returns
    -------
    Outcome
        Success rate, error rates, confidences, predictions, and sizes of the change.

    Raises
    ------
    ValueError, TypeError
        For images outside [0, 1], shapes that don't match, unknown labels, and a target that is the label.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.inspection.attacks import fast_gradient_sign, outcome
    >>> def logits(X):  # a classifier of two pixels: the brighter one wins
    ...     return X
    >>> X, Y = np.array([[0.75, 0.5], [0.0, 1.0]]), [0, 1]
    >>> found = outcome(logits, X, Y, fast_gradient_sign(logits, X, Y, epsilon=0.25))
    >>> found.error_before, found.error_after, found.success_rate  # the first image fools it
    (0.0, 0.5, 0.5)
    """
    model, X, Y, target = check_attack(model, X, Y, target)
    D = X.shape[1]
    changed = check_matrix(as_rows(changed), "changed", dtype=X.dtype, n_features=D, unit_interval=True)
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
    """Project changes onto the ball: return the nearest point in it."""
    if norm == "linf":
        return pt.clip(change, -epsilon, epsilon)
    length = pt.sqrt((change * change).sum(axis=1, keepdims=True, acc_dtype=change.dtype))
    tiny = np.asarray(np.finfo(change.dtype).tiny, change.dtype)  # where both are zero
    return change * (epsilon / pt.maximum(length, pt.maximum(epsilon, tiny)))


def _in_ball_at_random(X: np.ndarray, radius: np.ndarray, norm: str, generator: HostGenerator) -> np.ndarray:
    """Draw a point of each image's ball, and clip it to [0, 1]."""
    if norm == "linf":
        noise = np.asarray(generator.uniform(-1, 1, X.shape))
    else:
        noise = np.asarray(generator.standard_normal(X.shape))
        noise *= (generator.uniform(0, 1, len(X)) ** (1 / X.shape[1]) / _size(noise, "l2"))[:, None]
    return np.asarray(np.clip(X + radius[:, None] * noise, 0, 1), X.dtype)


def _size(change: np.ndarray, norm: str) -> np.ndarray:
    return np.asarray(abs(change).max(axis=1) if norm == "linf" else np.linalg.norm(change, axis=1))
