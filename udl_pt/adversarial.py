"""Chapter 6: how to trick a neural network.

"In what direction should I change X, such that it results in the maximum change in J?" Along dJ/dX. Every
attack here is a line or two on a graph: of arrays, which are checked and passed through it in chunks, or of
PyTensor variables, to build on. What an attack returns is in [0, 1].

A model is a `udl_pt.DNN`, or any function of a matrix variable (N, D) that returns the classes' logits, a
variable of shape (N, K). J is the negative log-likelihood of an image's label. With a `target`, an attack
makes J of the target small instead of J of the label large.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.graph.basic import Variable

from udl_pt.backend import Function, float_dtype, get_backend
from udl_pt.calling import CHUNK, Callables
from udl_pt.graph import loop, of_length_one
from udl_pt.random import HostGenerator, as_generator
from udl_pt.validation import check_count, check_labels, check_matrix, check_number, check_option

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
Gradient = Callable[[Variable, Variable], Variable]  # of images and labels: dJ/dX


def input_gradient(model: Any, X: Any, Y: Any, *, target: Any = None) -> Any:
    """Give dJ/dX: for each image the direction in which its cost grows fastest.

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

    def graph(gradient: Gradient, X: Variable, labels: Variable) -> Variable:
        return gradient(X, labels)

    return _carried_out("input_gradient", graph, model, X, Y, target)


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

    def graph(gradient: Gradient, X: Variable, labels: Variable, size: Variable) -> Variable:
        return _in_box(X + size * of_length_one(gradient(X, labels)))

    return _carried_out("gradient_step", graph, model, X, Y, target, size=size)


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

    def graph(gradient: Gradient, X: Variable, labels: Variable, epsilon: Variable) -> Variable:
        return _in_box(X + epsilon * pt.sign(gradient(X, labels)))

    return _carried_out("fast_gradient_sign", graph, model, X, Y, target, epsilon=epsilon)


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
    start = {}
    if random_state is not None:
        X = _images(model, X)
        radius = _a_row(epsilon, "epsilon", X)
        start["start"] = _in_ball_at_random(X, radius, norm, as_generator(random_state))

    def graph(
        gradient: Gradient, X: Variable, labels: Variable, epsilon: Variable, start: Variable | None = None
    ) -> Variable:
        def step(rate: Variable, Z: Variable, X: Variable, labels: Variable, epsilon: Variable) -> Variable:
            up = gradient(Z, labels)
            up = pt.sign(up) if norm == "linf" else of_length_one(up)
            return _in_box(X + _in_ball(Z + rate * epsilon * up - X, epsilon, norm))

        rates = pt.as_tensor(np.full(steps, share, X.dtype))
        return loop(step, [rates], [X if start is None else start], constants=[X, labels, epsilon])[0]

    name = f"projected_gradient {norm} {steps} {share} {len(start)}"
    return _carried_out(name, graph, model, X, Y, target, epsilon=epsilon, **start)


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
        How often each interval is halved; the first is from 0 to 1, or to the root of D for ``"l2"``.

    Returns
    -------
    changed : numpy.ndarray of shape (N, D)
        The changed images; an image is left as it is where it is taken for something else already, and
        where nothing is found.
    size : numpy.ndarray of shape (N,)
        The size of the change that was found; infinite where none was.
    """
    check_option(norm, "norm", NORMS)
    X, Y, target = _check_images(model, X, Y, target)
    low = np.zeros(len(X), X.dtype)
    high = np.full(len(X), 1 if norm == "linf" else np.sqrt(X.shape[1]), X.dtype)

    def fooled(Z: np.ndarray) -> np.ndarray:
        seen = _probabilities(model, Z).argmax(axis=1)
        return np.asarray(seen != Y if target is None else seen == target)

    best, before = X.copy(), fooled(X)
    found = before
    radius = high
    for _ in range(check_count(rounds, "rounds") + 1):
        changed = projected_gradient(model, X, Y, radius, norm=norm, steps=steps, target=target)
        fools = fooled(changed) & ~before
        best[fools], found = changed[fools], found | fools
        high, low = np.where(fools, radius, high), np.where(fools, low, radius)
        radius = (low + high) / 2
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
    X = _images(None, X)
    noise = np.asarray(as_generator(random_state).standard_normal(X.shape))
    noise = np.sign(noise) if norm == "linf" else noise / _size(noise, "l2")[:, None]
    changed = np.clip(X + _a_row(epsilon, "epsilon", X)[:, None] * noise, 0, 1)
    return np.asarray(changed, X.dtype)


@dataclass
class Outcome:
    """What came of an attack.

    Attributes
    ----------
    success_rate : float
        Of the images that were seen right, the share that isn't any more; with a target, of all images the
        share that is taken for it.
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
    X, Y, target = _check_images(model, X, Y, target)
    changed = check_matrix(changed, "changed", dtype=X.dtype, n_features=X.shape[1], unit_interval=True)
    if len(changed) != len(X):
        raise ValueError(f"changed has {len(changed)} images, expected those of X, {len(X)}")
    before, after = _probabilities(model, X), _probabilities(model, changed)
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


def _in_box(X: Variable) -> Variable:
    return pt.clip(X, np.asarray(0, X.dtype), np.asarray(1, X.dtype))


def _in_ball(change: Variable, epsilon: Variable, norm: str) -> Variable:
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


def _logits(model: Any, X: Variable) -> Variable:
    return model.logits(X) if hasattr(model, "logits") else model(X)


def _gradient(model: Any, targeted: bool) -> Gradient:
    """Make the function that gives dJ/dX of rows, or with targets minus that."""

    def gradient(X: Variable, labels: Variable) -> Variable:
        logits = _logits(model, X)
        classes = pt.cumsum(pt.ones_like(logits), axis=1) - np.asarray(1, logits.dtype)  # however many
        hot = pt.eq(labels.dimshuffle(0, "x").astype(logits.dtype), classes).astype(logits.dtype)
        likelihood = (hot * pt.special.log_softmax(logits, axis=-1)).sum()
        return pytensor.grad(likelihood if targeted else -likelihood, X)

    return gradient


def _carried_out(name: str, graph: Any, model: Any, X: Any, Y: Any, target: Any, **given: Any) -> Any:
    """Build an attack's graph for a variable, or carry it out for an array.

    `graph` takes the gradient, X, the labels (or targets) and what is `given`: numbers a row, columns in the
    graph, or arrays of the images' shape.
    """
    targeted = target is not None
    if isinstance(X, Variable):
        labels = pt.as_tensor(target if targeted else Y)
        if labels.ndim == 0:
            labels = pt.alloc(labels, X.shape[0])
        columns = {n: _column(value, X.dtype) for n, value in given.items()}
        return graph(_gradient(model, targeted), X, labels, **columns)

    X, Y, target = _check_images(model, X, Y, target)
    rows = {n: v if np.ndim(v) == 2 else _a_row(v, n, X)[:, None].astype(X.dtype) for n, v in given.items()}

    def make(model: Any, backend: str) -> Function:
        x, labels = pt.matrix("X", dtype=X.dtype), pt.ivector("labels")
        widths = {n: None if v.shape[1] > 1 else 1 for n, v in rows.items()}
        more = {n: pt.tensor(n, shape=(None, width), dtype=X.dtype) for n, width in widths.items()}
        changed = graph(_gradient(model, targeted), x, labels, **more)
        return Function([x, labels, *more.values()], changed, backend=backend, name=name)

    function = _compiled(model, f"{name} {targeted}", make)
    labels = Y if target is None else target
    results = np.empty_like(X)
    for start in range(0, len(X), CHUNK):
        part = slice(start, start + CHUNK)
        results[part] = function(X[part], labels[part], *(v[part] for v in rows.values()))
    return results


def _compiled(model: Any, name: str, make: Callable[[Any, str], Any]) -> Any:
    """Hand back what was compiled for a model before; of a plain function nothing is kept."""
    if isinstance(model, Callables):
        return model.compiled(name, make)
    return make(model, get_backend())


def _probabilities(model: Any, X: np.ndarray) -> np.ndarray:
    def make(model: Any, backend: str) -> Function:
        x = pt.matrix("X", dtype=X.dtype)
        return Function(
            [x], pt.special.softmax(_logits(model, x), axis=-1), backend=backend, name="probabilities"
        )

    function = _compiled(model, "probabilities", make)
    return np.concatenate([function(X[start : start + CHUNK]) for start in range(0, len(X), CHUNK)])


def _column(value: Any, dtype: str) -> Variable:
    """Make numbers a row into something that a matrix can be multiplied with."""
    value = pt.as_tensor(value).astype(dtype)
    return value.dimshuffle(0, "x") if value.ndim == 1 else value


def _a_row(value: Any, name: str, X: np.ndarray) -> np.ndarray:
    """Hand back a number for each image, all at least 0."""
    numbers = np.asarray(value, float)
    if numbers.ndim > 1 or (numbers.ndim == 1 and len(numbers) != len(X)):
        raise ValueError(
            f"{name} has shape {numbers.shape}, expected a number or one for each of {len(X)} images"
        )
    if not (np.isfinite(numbers) & (numbers >= 0)).all():
        raise ValueError(f"{name} is {value}, expected finite numbers of at least 0")
    return np.broadcast_to(numbers, len(X))


def _images(model: Any, X: Any) -> np.ndarray:
    """Hand back images in the model's dtype, else in their own where it is a float's."""
    own = str(getattr(X, "dtype", ""))
    dtype = getattr(model, "dtype", own if own in ("float32", "float64") else float_dtype())
    D = getattr(model, "n_features", None)
    return np.ascontiguousarray(check_matrix(X, dtype=dtype, n_features=D, unit_interval=True), dtype)


def _check_images(
    model: Any, X: Any, Y: Any, target: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Hand back images, labels and targets as arrays that fit to each other and to the model."""
    if not callable(model) and not hasattr(model, "logits"):
        raise TypeError(
            f"model is {model!r}, expected a DNN or a function of a matrix variable that returns logits"
        )
    X = _images(model, X)
    K = _probabilities(model, X[:1]).shape[1]
    Y = check_labels(Y, "Y", n_samples=len(X), n_classes=K)
    if target is None:
        return X, Y, None
    wanted = np.full(len(X), target) if np.ndim(target) == 0 else target
    wanted = check_labels(wanted, "target", n_samples=len(X), n_classes=K)
    if (wanted == Y).any():
        where = int(np.flatnonzero(wanted == Y)[0])
        raise ValueError(
            f"target of image {where} is {wanted[where]}, which is its label: leave such images out, or "
            "choose another target"
        )
    return X, Y, wanted
