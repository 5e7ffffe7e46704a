"""Costs as graphs, computed from logits.

A logit is a pre-activation ``a``. From a probability, ``log(1 - sigmoid(a))`` is minus infinity for every
a above 37 (17 in float32). From the logit, the cost is exact.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.arguments import check_option
from udl_pt._support.messages import shown
from udl_pt._support.refusals import no_cross_entropy
from udl_pt.symbolic.expressions import columns
from udl_pt.symbolic.variables import Symbolic, check_returns_matrix

__all__ = [
    "COSTS",
    "Cost",
    "Penalty",
    "categorical_cross_entropy",
    "check_cost",
    "check_penalty",
    "class_numbers",
    "cross_entropy",
    "log_odds_against",
    "reconstruction_cost",
    "squared_error",
    "weighted_mean",
    "with_penalty",
]

COSTS = ("cross_entropy", "squared_error")
Cost = Callable[[Symbolic, Symbolic], Symbolic]
Penalty = Callable[[Any, Symbolic], Symbolic]


def cross_entropy(target: Symbolic, logits: Symbolic) -> Symbolic:
    """Return the cross-entropy of Bernoulli targets with ``sigmoid(logits)``, element by element, in nats.

    It is ``softplus(a) - t * a``, which equals ``-(t log s(a) + (1 - t) log(1 - s(a)))`` for every `a`.

    Parameters
    ----------
    target : Variable
        Targets t from 0 to 1.
    logits : Variable
        Pre-activations a, of the same shape.

    Returns
    -------
    Variable
        Of the same shape.

    Examples
    --------
    Two equal chances cost log 2. A certain and wrong prediction costs its logit:

    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.costs import cross_entropy
    >>> target, logits = pt.as_tensor(np.array([1.0, 0.0])), pt.as_tensor(np.array([0.0, 1000.0]))
    >>> cross_entropy(target, logits).eval().round(3).tolist()
    [0.693, 1000.0]
    """
    return pt.softplus(logits) - target * logits


def squared_error(target: Symbolic, output: Symbolic) -> Symbolic:
    """Return the squared difference of targets and outputs, element by element.

    Parameters
    ----------
    target, output : Variable
        Targets and outputs, of the same shape.

    Returns
    -------
    Variable
        Of the same shape.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.costs import squared_error
    >>> target, output = pt.as_tensor(np.array([1.0, 0.0])), pt.as_tensor(np.array([0.5, 2.0]))
    >>> squared_error(target, output).eval().tolist()
    [0.25, 4.0]
    """
    return (target - output) ** 2


def check_penalty(penalty: Any, probe: Callable[[], Any], dtype: str) -> None:
    """Raise unless a penalty is None or returns a scalar.

    Parameters
    ----------
    penalty : callable or None
        ``penalty(model, X)`` returns a scalar of the cost's dtype, both arguments symbolic.
    probe : callable
        Returns a copy of the model to try the penalty on, or None where there can't be one yet.
    dtype : {"float64", "float32"}
        The model's dtype.

    Raises
    ------
    TypeError
        If `penalty` is neither None nor a function, if it fails, or if it doesn't return a scalar.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.symbolic.costs import check_penalty
    >>> rbm = RBM.createFromArrays(np.eye(2), np.zeros(2), np.zeros(2))
    >>> check_penalty(lambda model, X: (model.W**2).sum(), lambda: rbm, "float64")
    >>> check_penalty(lambda model, X: model.W**2, lambda: rbm, "float64")
    Traceback (most recent call last):
        ...
    TypeError: penalty ... returns Matrix(float64, ...), expected a scalar of dtype float64: sum it, ...
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

    Parameters
    ----------
    cost : Variable
        The scalar cost.
    penalty : callable or None
        ``penalty(model, X)`` returns a scalar of the cost's dtype.
    model : object
        The model, the penalty's first argument.
    X : Variable of shape (N, D)
        The batch, the penalty's second argument.

    Returns
    -------
    Variable
        A scalar.

    Raises
    ------
    TypeError
        If the penalty fails, or doesn't return a scalar variable of the cost's dtype.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt import RBM
    >>> from udl_pt.symbolic.costs import with_penalty
    >>> rbm = RBM.createFromArrays(np.eye(2), np.zeros(2), np.zeros(2))
    >>> X = pt.as_tensor(np.array([[1.0, 2.0]]))
    >>> float(with_penalty(X.sum(), lambda model, X: 0.5 * (model.W**2).sum(), rbm, X).eval())
    4.0
    """
    if penalty is None:
        return cost
    try:
        added = penalty(model, X)
    except Exception as error:  # whatever it is, it is the penalty's
        raise TypeError(
            f"penalty is {shown(penalty)}, expected penalty(model, X) that returns a scalar; called with "
            f"these arguments, it raised: {error}"
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
    """Return a function that computes the cost of a reconstruction of X, element by element.

    The function takes X and the pre-activations of the output units.

    Parameters
    ----------
    cost : {"cross_entropy", "squared_error"} or callable
        A callable takes X and the reconstructed X, and returns a matrix.
    mean : callable
        The output units' activation, a function of their pre-activations. The cross-entropy takes the
        pre-activations as the logits of sigmoid units instead.

    Returns
    -------
    callable
        ``function(X, A)`` returns a variable of the shape of X.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.costs import reconstruction_cost
    >>> X, A = pt.as_tensor(np.array([[1.0, 0.0]])), pt.as_tensor(np.zeros((1, 2)))
    >>> reconstruction_cost("squared_error", pt.sigmoid)(X, A).eval().tolist()
    [[0.25, 0.25]]
    """
    if callable(cost):
        return lambda X, A: cost(X, mean(A))
    if cost == "cross_entropy":
        return cross_entropy
    return lambda X, A: squared_error(X, mean(A))


def check_cost(cost: Any, sigmoid: bool, dtype: str) -> None:
    """Raise unless the cost exists, and the output units are sigmoids where it needs them.

    Parameters
    ----------
    cost : {"cross_entropy", "squared_error"} or callable
        A callable takes X and the reconstructed X, and returns a matrix.
    sigmoid : bool
        Whether the units that reconstruct X are sigmoids.
    dtype : {"float64", "float32"}
        The model's dtype, for a trial of a callable.

    Raises
    ------
    TypeError
        If a callable doesn't return a matrix variable.
    ValueError
        If there is no cost of this name, or it needs sigmoid units.

    Examples
    --------
    >>> from udl_pt.symbolic.costs import check_cost
    >>> check_cost("squared_error", sigmoid=False, dtype="float64")
    >>> check_cost("cross_entropy", sigmoid=False, dtype="float64")
    Traceback (most recent call last):
        ...
    ValueError: cost is 'cross_entropy', but the output units are not probabilities: pass cost='squared...
    """
    if callable(cost):
        X, X_hat = (pt.matrix(name, dtype=dtype) for name in ("X", "X_hat"))
        check_returns_matrix(
            cost, "cost", "a function of two matrix variables that returns a matrix variable", X, X_hat
        )
        return
    check_option(cost, "cost", COSTS)
    name = cost
    if name == "cross_entropy" and not sigmoid:
        raise no_cross_entropy()


def class_numbers(n_classes: int) -> SharedVariable:
    """Return the numbers of the classes as a shared variable.

    They are no constant, since graphs with different constants are compiled one by one.

    Parameters
    ----------
    n_classes : int
        The number of classes.

    Returns
    -------
    SharedVariable, vector
        0 to ``n_classes - 1``.

    Examples
    --------
    >>> from udl_pt.symbolic.costs import class_numbers
    >>> class_numbers(3).get_value().tolist()
    [0, 1, 2]
    """
    return pytensor.shared(np.arange(n_classes, dtype="int32"))


def categorical_cross_entropy(
    labels: Symbolic, logits: Symbolic, n_classes: int | SharedVariable | None = None
) -> Symbolic:
    """Return the negative log-likelihood of labels under ``softmax(logits)``, one value per row, in nats.

    Parameters
    ----------
    labels : Variable, vector of int
        Labels 0 to ``n_classes - 1``, shape (n_samples,).
    logits : Variable, matrix
        Shape (n_samples, n_classes).
    n_classes : int or SharedVariable, optional
        The number of classes, where it is known when the graph is built, or the variable that `class_numbers`
        returns of it; else the graph counts the logits.

    Returns
    -------
    Variable, vector
        Shape (n_samples,).

    Examples
    --------
    Two equal chances cost log 2. A certain and wrong prediction costs the difference of the logits:

    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.costs import categorical_cross_entropy
    >>> labels, logits = pt.as_tensor(np.array([0, 1])), pt.as_tensor(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    >>> categorical_cross_entropy(labels, logits, 2).eval().round(3).tolist()
    [0.693, 1000.0]
    """
    hot = _one_hot(labels, logits, n_classes).astype(logits.dtype)
    return -(hot * pt.special.log_softmax(logits, axis=-1)).sum(axis=-1)


def log_odds_against(
    labels: Symbolic, logits: Symbolic, n_classes: int | SharedVariable | None = None
) -> Symbolic:
    """Return the logarithm of the odds against each label.

    Its softplus is the negative log-likelihood of the label, and both have gradients of the same direction.
    But where the label's probability rounds to one, the likelihood's gradient first becomes inaccurate, then
    zero.

    Parameters
    ----------
    labels : Variable, vector of int
        Labels 0 to ``n_classes - 1``, shape (n_samples,).
    logits : Variable, matrix
        Shape (n_samples, n_classes).
    n_classes : int or SharedVariable, optional
        The number of classes, where it is known when the graph is built, or the variable that `class_numbers`
        returns of it; else the graph counts the logits.

    Returns
    -------
    Variable, vector
        Shape (n_samples,).

    Examples
    --------
    Equal chances, and a label that is nearly certain:

    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.costs import log_odds_against
    >>> labels, logits = pt.as_tensor(np.array([0, 0])), pt.as_tensor(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    >>> log_odds_against(labels, logits, 2).eval().tolist()
    [0.0, -1000.0]
    """
    own = _one_hot(labels, logits, n_classes)
    others = pt.switch(own, np.asarray(np.finfo(logits.dtype).min / 2, logits.dtype), logits)
    largest = pytensor.gradient.disconnected_grad(others.max(axis=1, keepdims=True))
    odds = pt.log(pt.exp(others - largest).sum(axis=1)) + largest[:, 0]
    return odds - pt.switch(own, logits, np.asarray(0, logits.dtype)).sum(axis=1)


def weighted_mean(values: Symbolic, weights: Symbolic) -> Symbolic:
    """Return the weighted mean of some values, and 0 where all weights are 0.

    Parameters
    ----------
    values, weights : Variable, vector
        Values, and weights of at least 0, of the same shape.

    Returns
    -------
    Variable
        A scalar.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.costs import weighted_mean
    >>> values = pt.as_tensor(np.array([1.0, 5.0]))
    >>> [float(weighted_mean(values, pt.as_tensor(np.array(w))).eval()) for w in ([3.0, 1.0], [0.0, 0.0])]
    [2.0, 0.0]
    """
    smallest = np.asarray(np.finfo(weights.dtype).tiny, weights.dtype)
    return (values * (weights / pt.maximum(weights.sum(), smallest))).sum()


def _one_hot(labels: Symbolic, logits: Symbolic, n_classes: int | SharedVariable | None) -> Symbolic:
    """Return for each logit whether it belongs to its row's label."""
    classes = n_classes
    if not isinstance(classes, SharedVariable):
        classes = class_numbers(classes) if classes else columns(logits)
    return pt.eq(labels.dimshuffle(0, "x"), classes)
