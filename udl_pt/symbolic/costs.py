"""Costs as graphs, computed from logits.

A logit is a pre-activation ``a``. From a probability, ``log(1 - sigmoid(a))`` is minus infinity for every
a above 37 (17 in float32). From the logit, the cost is exact.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt

from udl_pt._support.arguments import check_option
from udl_pt._support.messages import shown
from udl_pt.symbolic.expressions import columns
from udl_pt.symbolic.variables import Symbolic, check_gives_matrix

__all__ = [
    "COSTS",
    "Cost",
    "Penalty",
    "categorical_cross_entropy",
    "check_cost",
    "check_penalty",
    "cross_entropy",
    "lead",
    "reconstruction_cost",
    "squared_error",
    "with_penalty",
]

COSTS = ("cross_entropy", "squared_error")
Cost = Callable[[Symbolic, Symbolic], Symbolic]
Penalty = Callable[[Any, Symbolic], Symbolic]


def cross_entropy(target: Symbolic, logits: Symbolic) -> Symbolic:
    """Cross-entropy of Bernoulli targets with ``sigmoid(logits)``, element by element, in nats.

    ``softplus(a) - t * a``, which is ``-(t log s(a) + (1 - t) log(1 - s(a)))`` for every `a`.
    """
    return pt.softplus(logits) - target * logits


def squared_error(target: Symbolic, output: Symbolic) -> Symbolic:
    """Squared difference of targets and outputs, element by element."""
    return (target - output) ** 2


def check_penalty(penalty: Any, probe: Callable[[], Any], dtype: str) -> None:
    """Raise unless a penalty is None or returns a scalar.

    Parameters
    ----------
    penalty : object
        See `with_penalty`.
    probe : callable
        Returns a copy of the model to try the penalty on, or None where there can't be one yet.
    dtype : {"float64", "float32"}
        The model's.
    """
    if callable(penalty):
        if (model := probe()) is not None:
            with_penalty(pt.zeros((), dtype), penalty, model, pt.matrix("X", dtype=dtype))
    elif penalty is not None:
        raise TypeError(
            f"penalty is {shown(penalty)}, expected a function penalty(model, X) that returns a scalar"
        )


def with_penalty(cost: Symbolic, penalty: Penalty | None, model: Any, X: Symbolic) -> Symbolic:
    """Return a scalar cost plus the penalty of a batch, where there is one.

    Raises
    ------
    TypeError
        Unless the penalty returns a scalar variable of the cost's dtype.
    """
    if penalty is None:
        return cost
    try:
        added = penalty(model, X)
    except Exception as error:  # whatever it is, it is the penalty's
        raise TypeError(
            f"penalty is {shown(penalty)}, expected penalty(model, X) that returns a scalar; called so, it "
            f"says: {error}"
        ) from error
    type_of = getattr(added, "type", None)
    if getattr(type_of, "ndim", None) != 0 or getattr(type_of, "dtype", None) != cost.type.dtype:
        raise TypeError(
            f"penalty {shown(penalty)} returns {type_of or shown(added)}, expected a scalar of dtype "
            f"{cost.type.dtype}: sum it, and cast its numbers, such as numpy.asarray(0.1, X.dtype)"
        )
    return cost + added


def reconstruction_cost(
    cost: str | Cost, mean: Callable[[Symbolic], Symbolic]
) -> Callable[[Symbolic, Symbolic], Symbolic]:
    """Make the function of X and of what the units that rebuild it get, element by element.

    Parameters
    ----------
    cost : {"cross_entropy", "squared_error"} or callable
        A callable takes X and the rebuilt X, and returns a matrix.
    mean : callable
        What these units make of what they get; the cross-entropy is for sigmoids, and takes their logits.
    """
    if callable(cost):
        return lambda X, A: cost(X, mean(A))
    if cost == "cross_entropy":
        return cross_entropy
    return lambda X, A: squared_error(X, mean(A))


def check_cost(cost: Any, sigmoid: bool, dtype: str) -> None:
    """Raise unless there is such a cost, and the units that rebuild X are sigmoids where it needs them."""
    if callable(cost):
        X, X_hat = (pt.matrix(name, dtype=dtype) for name in ("X", "X_hat"))
        check_gives_matrix(cost, "cost", "a function of two matrix variables that returns one", X, X_hat)
        return
    check_option(cost, "cost", COSTS)
    name = cost
    if name == "cross_entropy" and not sigmoid:
        raise ValueError(
            "cost is 'cross_entropy', but the output units give no probabilities: cost='squared_error', or "
            "sigmoid output units"
        )


def categorical_cross_entropy(labels: Symbolic, logits: Symbolic, n_classes: int | None = None) -> Symbolic:
    """Negative log-likelihood of integer labels under ``softmax(logits)``, one value a row, in nats.

    Parameters
    ----------
    labels : Variable, vector of int
        Labels 0 to ``n_classes - 1``, shape (n_samples,).
    logits : Variable, matrix
        Shape (n_samples, n_classes).
    n_classes : int, optional
        K, where it is known when the graph is built; else the graph counts the logits.
    """
    hot = _own(labels, logits, n_classes).astype(logits.dtype)
    return -(hot * pt.special.log_softmax(logits, axis=-1)).sum(axis=-1)


def lead(labels: Symbolic, logits: Symbolic, n_classes: int | None = None) -> Symbolic:
    """Return the logarithm of the odds against each label; the negative log-likelihood is its softplus.

    Both have gradients of one direction; but that of the likelihood is lost where the label's probability
    rounds to one: first its direction, then its length.

    Parameters
    ----------
    labels, logits, n_classes
        As of `categorical_cross_entropy`.

    Returns
    -------
    Variable, vector
        One value a row.
    """
    own = _own(labels, logits, n_classes)
    others = pt.switch(own, np.asarray(np.finfo(logits.dtype).min / 2, logits.dtype), logits)
    largest = pytensor.gradient.disconnected_grad(others.max(axis=1, keepdims=True))
    odds = pt.log(pt.exp(others - largest).sum(axis=1)) + largest[:, 0]
    return odds - pt.switch(own, logits, np.asarray(0, logits.dtype)).sum(axis=1)


def _own(labels: Symbolic, logits: Symbolic, n_classes: int | None) -> Symbolic:
    """Return for each logit whether it is its row's label's."""
    classes = np.arange(n_classes, dtype="int32") if n_classes else columns(logits)
    return pt.eq(labels.dimshuffle(0, "x"), classes)
