"""Classifiers as attacks use them: logits, dJ/dX, and calls of a graph with arrays of images."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.graph.basic import Variable

from udl_pt._support.arguments import check_number, is_scalar
from udl_pt._support.arrays import as_array, check_matrix
from udl_pt._support.images import as_rows, shaped_as
from udl_pt._support.labels import check_labels
from udl_pt._support.messages import shown
from udl_pt.backends import Function, float_dtype
from udl_pt.symbolic.array_function import CHUNK
from udl_pt.symbolic.calling import SymbolicModel, symbolic_or_array
from udl_pt.symbolic.costs import log_odds_against
from udl_pt.symbolic.variables import Symbolic, check_returns_matrix, check_variable

__all__ = [
    "Gradient",
    "LogitsFunction",
    "check_attack",
    "check_attacked",
    "check_each",
    "check_images",
    "gradient_of",
    "run_attack",
]

Gradient = Callable[[Symbolic, Symbolic], Symbolic]  # of images and labels: dJ/dX
Cost = Callable[[Symbolic, Symbolic], Symbolic]  # of labels and logits, one number per row


class LogitsFunction(SymbolicModel):
    """A plain function from images to logits, as a model that attacks accept in place of a `udl_pt.DNN`.

    It keeps the functions that attacks compile for it.

    Parameters
    ----------
    function : callable
        Turns a matrix variable (N, D) into the logits, a variable of shape (N, K).
    dtype : {"float64", "float32"}
        Dtype of the images.
    n_features : int
        D.

    Raises
    ------
    TypeError
        When the function returns no matrix variable.
    """

    unit_interval = True
    logits: Callable[[Symbolic], Symbolic]

    def __init__(self, function: Callable[[Symbolic], Symbolic], dtype: str, n_features: int) -> None:
        check_returns_matrix(
            function,
            "model",
            "a DNN, or a function of a matrix variable (N, D) that returns logits, a matrix variable (N, K)",
            pt.matrix("X", dtype=dtype),
        )
        # attacks make one of these a call: it changes no other model
        vars(self).update(logits=function, dtype=dtype, n_features=n_features)

    @symbolic_or_array
    def forward(self, X: Any) -> Any:
        """Compute class probabilities, the softmax of the logits; symbolic or array, (N, D) to (N, K)."""
        return pt.special.softmax(self.logits(X), axis=-1)


def gradient_of(model: Any, targeted: bool, cost: Cost) -> Gradient:
    """Return a function of images and labels that returns the cost's gradient, minus that with targets."""
    logits = getattr(model, "logits", model)

    def gradient(X: Symbolic, labels: Symbolic) -> Symbolic:
        J = cost(labels, logits(X)).sum()
        return pytensor.grad(-J if targeted else J, X, disconnected_inputs="ignore")

    return gradient


def run_attack(
    name: str,
    graph: Callable[..., Symbolic],
    model: Any,
    X: Any,
    Y: Any,
    target: Any,
    *,
    cost: Cost = log_odds_against,
    start: np.ndarray | None = None,
    **given: Any,
) -> Any:
    """Build an attack's graph for a variable, or compute it for an array.

    Parameters
    ----------
    name : str
        Name of the attack and of everything that its graph depends on. The model keeps the compiled function
        under this name.
    graph : callable
        ``graph(gradient, X, labels, **given)`` with a `Gradient` and variables, and ``start`` where it is
        given. The labels are the targets where there are some.
    model : DNN or callable
        A trained network, or a function of a matrix variable that returns logits.
    X : Variable or array_like of shape (N, D)
        Images.
    Y : Variable or array_like of int of shape (N,)
        Their labels.
    target : int or array_like of int of shape (N,), optional
        Labels that the attack aims at.
    cost : callable
        Cost to differentiate.
    start : ndarray of shape (N, D), optional
        Images to start from, for arrays only.
    **given
        A number for all images or for each; a column in the graph.

    Returns
    -------
    Variable or numpy.ndarray
        Of the shape of `X`.
    """
    targeted = target is not None
    if isinstance(X, Variable):
        check_attacked(model, X)
        labels = pt.as_tensor(target if targeted else Y)
        if labels.ndim == 0:
            labels = pt.alloc(labels, X.shape[0])
        numbers = {n: _column(value, n, X.dtype) for n, value in given.items()}
        return graph(gradient_of(model, targeted, cost), X, labels, **numbers)

    images = X
    model, X, Y, target = check_attack(model, X, Y, target)
    rows = {n: check_each(value, n, X)[:, None] for n, value in given.items()}
    if start is not None:
        rows["start"] = start

    def make(model: Any, backend: str) -> Function:
        x, labels = pt.matrix("X", dtype=X.dtype), pt.ivector("labels")
        more = {n: pt.tensor(n, shape=(None, None if n == "start" else 1), dtype=X.dtype) for n in rows}
        changed = graph(gradient_of(model, targeted, cost), x, labels, **more)
        return Function([x, labels, *more.values()], changed, backend=backend, name=name)

    function = model.compiled(f"{name} {targeted}", make)
    labels = target if targeted else Y
    results = np.empty_like(X)
    for first in range(0, len(X), CHUNK):
        part = slice(first, first + CHUNK)
        results[part] = function(X[part], labels[part], *(v[part] for v in rows.values()))
    return shaped_as(results, images)


def _column(value: Any, name: str, dtype: str) -> Symbolic:
    """Turn a number, or one for each row, into a factor of a matrix; values of variables aren't checked."""
    if not isinstance(value, Variable):
        value = _numbers(value, name)
    value = pt.as_tensor(value).astype(dtype)
    return value.dimshuffle(0, "x") if value.ndim == 1 else value


def check_each(value: Any, name: str, X: np.ndarray) -> np.ndarray:
    """Return a number for each image, in the images' dtype; raise unless all are at least 0."""
    each = _numbers(value, name)
    if each.ndim == 1 and len(each) != len(X):
        raise ValueError(
            f"{name} has shape {each.shape}, expected a number or one for each of {len(X)} images"
        )
    diagonal = X.shape[1] ** 0.5
    if (each > diagonal).any():
        raise ValueError(
            f"{name} is {shown(value)}, expected at most {diagonal:g}: no two images in [0, 1] are farther "
            "apart"
        )
    return np.full(len(X), each, X.dtype)


def _numbers(value: Any, name: str) -> np.ndarray:
    """Return a number, or a vector of them, all at least 0."""
    expected = "a number, or one for each image"
    if is_scalar(value):
        return np.asarray(check_number(value, name, at_least=0))
    array = as_array(value, name, expected, "they must be numbers")
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} is {shown(value)}, expected {expected}")
    if array.ndim > 1:
        raise ValueError(f"{name} has shape {array.shape}, expected a number or one for each image")
    if not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError(f"{name} is {shown(value)}, expected finite numbers of at least 0")
    return array.astype(float)


def check_attacked(model: Any, X: Symbolic) -> None:
    """Raise unless X is a matrix variable, and the model has parameters or is a function of such."""
    if isinstance(model, SymbolicModel):
        model._check_fitted("attacks")
    check_variable(X, n_features=getattr(model, "n_features", None))
    if not hasattr(model, "logits"):
        LogitsFunction(model, X.dtype, 0)


def check_images(X: Any, model: Any = None) -> np.ndarray:
    """Return images in [0, 1] as rows in the model's dtype, else in their own if it is a float dtype."""
    own = str(getattr(X, "dtype", ""))
    dtype = own if own in ("float32", "float64") else float_dtype()
    if isinstance(model, SymbolicModel):
        dtype = model.dtype
    D = getattr(model, "n_features", None)
    X = check_matrix(as_rows(X), dtype=dtype, n_features=D, unit_interval=True)
    return np.ascontiguousarray(X, dtype)


def check_attack(
    model: Any, X: Any, Y: Any, target: Any
) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray | None]:
    """Return a model with logits and a forward pass, and images, labels and targets that fit to it.

    Raises
    ------
    ValueError, TypeError
        When they don't fit, or a target is its image's label.
    """
    X = check_images(X, model)
    if isinstance(model, type) or not hasattr(model, "logits"):
        model = LogitsFunction(model, str(X.dtype), X.shape[1])
    K = model.forward(X[:1]).shape[1]
    Y = check_labels(Y, "Y", n_samples=len(X), n_classes=K)
    if target is None:
        return model, X, Y, None
    one = isinstance(target, int | np.integer) and not isinstance(target, bool)
    wanted = np.full(len(X), target) if one else target
    wanted = check_labels(wanted, "target", n_samples=len(X), n_classes=K)
    if (wanted == Y).any():
        where = int(np.flatnonzero(wanted == Y)[0])
        raise ValueError(
            f"target of image {where} is {wanted[where]}, which is its label: leave such images out, or "
            "choose another target"
        )
    return model, X, Y, wanted
