"""What attacks need of a classifier: logits, dJ/dX, and a way to carry out a graph on arrays of images."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.graph.basic import Variable

from udl_pt.backend import Function, float_dtype
from udl_pt.calling import CHUNK, Callables, symbolic_or_array
from udl_pt.graph import categorical_cross_entropy
from udl_pt.validation import check_labels, check_matrix

__all__ = [
    "Gradient",
    "LogitsFunction",
    "carried_out",
    "check_attack",
    "check_each",
    "check_images",
    "gradient_of",
]

Gradient = Callable[[Variable, Variable], Variable]  # of images and labels: dJ/dX


class LogitsFunction(Callables):
    """A plain function from images to logits, with what attacks need of a `udl_pt.DNN`.

    Parameters
    ----------
    function : callable
        Turns a matrix variable (N, D) into a variable of shape (N, K).
    dtype : {"float64", "float32"}
        That of the images.
    n_features : int
        D.
    """

    unit_interval = True

    def __init__(self, function: Callable[[Variable], Variable], dtype: str, n_features: int) -> None:
        self.logits, self.dtype, self.n_features = function, dtype, n_features
        self.params: list[Any] = []  # whatever the function holds is shared with the compiled graph

    @symbolic_or_array
    def forward(self, X: Any) -> Any:
        """Class probabilities: the softmax of the logits; symbolic or array, (N, D) to (N, K)."""
        return pt.special.softmax(self.logits(X), axis=-1)


def gradient_of(model: Any, targeted: bool) -> Gradient:
    """Make the function that gives dJ/dX of rows and their labels, or with targets minus that."""
    logits = getattr(model, "logits", model)

    def gradient(X: Variable, labels: Variable) -> Variable:
        J = categorical_cross_entropy(labels, logits(X)).sum()
        return pytensor.grad(-J if targeted else J, X)

    return gradient


def carried_out(
    name: str, graph: Callable[..., Variable], model: Any, X: Any, Y: Any, target: Any, **given: Any
) -> Any:
    """Build an attack's graph for a variable, or carry it out for an array.

    Parameters
    ----------
    name : str
        Of the attack and all that its graph depends on; what is compiled for a model is kept by it.
    graph : callable
        ``graph(gradient, X, labels, **given)`` with a `Gradient` and variables; the labels are the targets
        where there are some.
    model, X, Y, target
        As of `udl_pt.adversarial.input_gradient`.
    **given
        A number for all images or for each, a column in the graph; or an array of the images' shape.

    Returns
    -------
    Variable or numpy.ndarray of shape (N, D)
    """
    targeted = target is not None
    if isinstance(X, Variable):
        labels = pt.as_tensor(target if targeted else Y)
        if labels.ndim == 0:
            labels = pt.alloc(labels, X.shape[0])
        columns = {n: _column(value, X.dtype) for n, value in given.items()}
        return graph(gradient_of(model, targeted), X, labels, **columns)

    model, X, Y, target = check_attack(model, X, Y, target)
    rows = {n: v if np.ndim(v) == 2 else check_each(v, n, X)[:, None] for n, v in given.items()}

    def make(model: Any, backend: str) -> Function:
        x, labels = pt.matrix("X", dtype=X.dtype), pt.ivector("labels")
        widths = {n: None if v.shape == X.shape else 1 for n, v in rows.items()}
        more = {n: pt.tensor(n, shape=(None, width), dtype=X.dtype) for n, width in widths.items()}
        changed = graph(gradient_of(model, targeted), x, labels, **more)
        return Function([x, labels, *more.values()], changed, backend=backend, name=name)

    function = model.compiled(f"{name} {targeted}", make)
    labels = target if targeted else Y
    results = np.empty_like(X)
    for start in range(0, len(X), CHUNK):
        part = slice(start, start + CHUNK)
        results[part] = function(X[part], labels[part], *(v[part] for v in rows.values()))
    return results


def _column(value: Any, dtype: str) -> Variable:
    """Make numbers a row into something that a matrix can be multiplied with."""
    value = pt.as_tensor(value).astype(dtype)
    return value.dimshuffle(0, "x") if value.ndim == 1 else value


def check_each(value: Any, name: str, X: np.ndarray) -> np.ndarray:
    """Hand back a number for each image, in the images' dtype; raise unless all are at least 0."""
    numbers = np.asarray(value, float)
    if numbers.ndim > 1 or (numbers.ndim == 1 and len(numbers) != len(X)):
        raise ValueError(
            f"{name} has shape {numbers.shape}, expected a number or one for each of {len(X)} images"
        )
    if not (np.isfinite(numbers) & (numbers >= 0)).all():
        raise ValueError(f"{name} is {value}, expected finite numbers of at least 0")
    return np.full(len(X), numbers, X.dtype)


def check_images(X: Any, model: Any = None) -> np.ndarray:
    """Hand back images in [0, 1] in the model's dtype, else in their own where it is a float's."""
    own = str(getattr(X, "dtype", ""))
    dtype = getattr(model, "dtype", own if own in ("float32", "float64") else float_dtype())
    D = getattr(model, "n_features", None)
    return np.ascontiguousarray(check_matrix(X, dtype=dtype, n_features=D, unit_interval=True), dtype)


def check_attack(
    model: Any, X: Any, Y: Any, target: Any
) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray | None]:
    """Hand back a model with logits and a forward pass, and images, labels and targets that fit to it.

    Raises
    ------
    ValueError, TypeError
        When they don't fit, or a target is its image's label.
    """
    X = check_images(X, model)
    if not hasattr(model, "logits"):
        if not callable(model):
            raise TypeError(
                f"model is {model!r}, expected a DNN or a function of a matrix variable that returns logits"
            )
        model = LogitsFunction(model, str(X.dtype), X.shape[1])
    K = model.forward(X[:1]).shape[1]
    Y = check_labels(Y, "Y", n_samples=len(X), n_classes=K)
    if target is None:
        return model, X, Y, None
    wanted = np.full(len(X), target) if np.ndim(target) == 0 else target
    wanted = check_labels(wanted, "target", n_samples=len(X), n_classes=K)
    if (wanted == Y).any():
        where = int(np.flatnonzero(wanted == Y)[0])
        raise ValueError(
            f"target of image {where} is {wanted[where]}, which is its label: leave such images out, or "
            "choose another target"
        )
    return model, X, Y, wanted
