"""Pieces of graphs that several models are built from: weights, stable costs, corruption, loops.

Costs are built from logits (the pre-activations ``a``), never from probabilities: ``log(1 - sigmoid(a))``
is minus infinity from a = 37 on (17 in float32), its stable form is not.

A corruption is a function of a batch's variable and a `RandomStreams` that returns the corrupted batch. One
of your own takes two lines::

    def tenfold(X, stream):
        return X * stream.uniform(X.shape, 0.0, 10.0, dtype=X.dtype)
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.graph.basic import Variable

from udl_pt.random import RandomStreams, as_generator, has_stuck_draws
from udl_pt.validation import (
    check_counts,
    check_dtype,
    check_number,
    check_option,
    shown,
)

__all__ = [
    "COSTS",
    "Corruption",
    "categorical_cross_entropy",
    "check_corruption",
    "check_cost",
    "check_gives_matrix",
    "columns",
    "cross_entropy",
    "gaussian",
    "in_box",
    "init_weights",
    "lead",
    "loop",
    "masking",
    "of_length_one",
    "reconstruction_cost",
    "rectified",
    "salt_and_pepper",
    "squared_error",
]

Corruption = Callable[[Variable, RandomStreams], Variable]
COSTS = ("cross_entropy", "squared_error")


def init_weights(shape: Sequence[int], random_state: Any = None, dtype: str = "float64") -> np.ndarray:
    """Draw initial weights: standard normal, divided by the root of the sum of the dimensions.

    Parameters
    ----------
    shape : sequence of int
        Shape of the weights, ``(n_in, n_out)``.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        None is NumPy's global legacy generator, as in the book.
    dtype : {"float64", "float32"}
        The draw is made in float64 and then cast, so a seed gives the same weights in both.

    Returns
    -------
    numpy.ndarray of shape `shape`

    Notes
    -----
    The book's ``np.random.randn(*shape) / np.sqrt(sum(shape))``.
    """
    if not (shape := check_counts(shape, "shape")):
        raise ValueError("shape is empty, expected a list of integers such as (784, 500)")
    dtype = check_dtype(dtype)
    draw = np.asarray(as_generator(random_state).standard_normal(tuple(shape)))
    return np.asarray(draw / np.sqrt(sum(shape)), dtype)


def rectified(A: Variable) -> Variable:
    """Give ``max(0, a)``, element by element.

    Its slope at 0 is 0, as PyTensor gives ties to the first. (The gradient of ``pt.switch(a > 0, a, 0)`` is
    of floatX, and would turn a float32 network's into float64.)
    """
    return pt.maximum(0, A)


def cross_entropy(target: Variable, logits: Variable) -> Variable:
    """Cross-entropy of Bernoulli targets with ``sigmoid(logits)``, element by element, in nats.

    ``softplus(a) - t * a``, which is ``-(t log s(a) + (1 - t) log(1 - s(a)))`` for every `a`.
    """
    return pt.softplus(logits) - target * logits


def squared_error(target: Variable, output: Variable) -> Variable:
    """Squared difference of targets and outputs, element by element."""
    return (target - output) ** 2


def reconstruction_cost(
    name: str, mean: Callable[[Variable], Variable]
) -> Callable[[Variable, Variable], Variable]:
    """Make the function of X and of what the units that rebuild it get, element by element.

    Parameters
    ----------
    name : {"cross_entropy", "squared_error"}
        See `COSTS`.
    mean : callable
        What these units make of what they get; the cross-entropy is for sigmoids, and takes their logits.
    """
    if name == "cross_entropy":
        return cross_entropy
    return lambda X, A: squared_error(X, mean(A))


def check_cost(name: str, sigmoid: bool) -> None:
    """Raise unless there is such a cost, and the units that rebuild X are sigmoids where it needs them."""
    check_option(name, "cost", COSTS)
    if name == "cross_entropy" and not sigmoid:
        raise ValueError(
            "cost is 'cross_entropy', but the output units give no probabilities: cost='squared_error', or "
            "sigmoid output units"
        )


def categorical_cross_entropy(labels: Variable, logits: Variable, n_classes: int | None = None) -> Variable:
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


def lead(labels: Variable, logits: Variable, n_classes: int | None = None) -> Variable:
    """Give the logarithm of the odds against each label; the negative log-likelihood is its softplus.

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


def _own(labels: Variable, logits: Variable, n_classes: int | None) -> Variable:
    """Say of each logit whether it is its row's label's."""
    classes = np.arange(n_classes, dtype="int32") if n_classes else columns(logits)
    return pt.eq(labels.dimshuffle(0, "x"), classes)


def columns(X: Variable) -> Variable:
    """Give each entry of a matrix its column's number, without a range of a shape, which JAX can't make."""
    return pt.cumsum(pt.ones_like(X, dtype="int32"), axis=1) - 1


def of_length_one(X: Variable) -> Variable:
    """Scale each row of a matrix to the Euclidean length one; zero stays zero."""
    largest = pt.maximum(abs(X).max(axis=1, keepdims=True), np.asarray(np.finfo(X.dtype).tiny, X.dtype))
    # Squares of small numbers would be zero; without the cut a rewrite would divide by the largest's square.
    X = pt.clip(X / largest, np.asarray(-1, X.dtype), np.asarray(1, X.dtype))
    squares = (X * X).sum(axis=1, keepdims=True, acc_dtype=X.dtype)
    return X / pt.sqrt(pt.maximum(squares, np.asarray(1, X.dtype)))


def in_box(X: Variable) -> Variable:
    """Bring each value to the nearest one in [0, 1]."""
    return pt.clip(X, np.asarray(0, X.dtype), np.asarray(1, X.dtype))


def loop(
    step: Callable[..., Any],
    sequences: Sequence[Variable],
    states: Sequence[Variable],
    k: Any = None,
    constants: Sequence[Variable] = (),
) -> list[Variable]:
    """Carry out a step for each entry of the sequences, and give the states after the last.

    Parameters
    ----------
    step : callable
        ``step(*entries, *states, *constants)`` gives the next states.
    sequences : sequence of Variable
        Draws and the like, all of the same length.
    states : sequence of Variable
        Where to start.
    k : int, optional
        The sequences' length, where it is known: a single step is written out, not looped.
    constants : sequence of Variable
        The same in every step.
    """
    if isinstance(k, int) and k == 1:
        results = step(*(s[0] for s in sequences), *states, *constants)
        return list(results) if isinstance(results, tuple) else [results]

    # As the loop's own sequences, these would be cut to a common length: to views of no layout Numba knows.
    def numbered(number: Variable, *variables: Variable) -> list[Variable]:
        now, rest = variables[: len(states)], variables[len(states) :]
        results = step(*(s[number] for s in rest[: len(sequences)]), *now, *rest[len(sequences) :])
        return [number + 1, *(results if isinstance(results, tuple) else [results])]

    _, *outputs = pytensor.scan(
        numbered,
        outputs_info=[pt.zeros((), dtype="int64"), *states],
        non_sequences=[*sequences, *constants],
        n_steps=sequences[0].shape[0],
        return_list=True,
        return_updates=False,
    )
    return [output[-1] for output in outputs]


def check_gives_matrix(function: Any, name: str, expected: str, *arguments: Any) -> Variable:
    """Hand back the matrix variable that a call of `function` gives; else raise what was `expected`."""
    try:
        seen = function(*arguments)
        error = f"it returns {shown(seen)}"
    except Exception as cause:  # whatever it is, it is the function's
        seen, error = None, f"called so, it says: {cause}"
    if not isinstance(seen, Variable) or getattr(seen.type, "ndim", None) != 2:
        raise TypeError(f"{name} is {shown(function)}, expected {expected}; {error}")
    return seen


def check_corruption(corruption: Any, dtype: str) -> None:
    """Raise unless `corruption` turns a matrix variable and a stream into a matrix variable."""
    corrupted = check_gives_matrix(
        corruption,
        "corruption",
        "a function of a matrix variable and a RandomStreams that returns it corrupted, such as masking(0.3)",
        pt.matrix("X", dtype=dtype),
        RandomStreams(0, dtype),
    )
    if has_stuck_draws(corrupted):
        raise TypeError(
            f"corruption is {shown(corruption)}, whose draws would be the same for each batch: no one "
            "advances their random state; draw from the stream that it is given, such as "
            "stream.uniform(X.shape)"
        )


def masking(p: float) -> Corruption:
    """Make a corruption that sets each value to zero with probability `p`: the book's bitmask (chapter 3).

    Parameters
    ----------
    p : float
        From 0 to 1; "maybe something like 30%, but researchers have found that up to 50% still provides
        good results".
    """
    return partial(_masking, kept=1 - check_number(p, "p", at_least=0, at_most=1))


def gaussian(sd: float) -> Corruption:
    """Make a corruption that adds normal noise of standard deviation `sd`, in the data's units."""
    return partial(_gaussian, sd=check_number(sd, "sd", at_least=0))


def salt_and_pepper(p: float) -> Corruption:
    """Make a corruption that sets values with probability `p` to 0 or 1, both alike (Vincent et al. 2010)."""
    return partial(_salt_and_pepper, p=check_number(p, "p", at_least=0, at_most=1))


def _masking(X: Variable, stream: RandomStreams, kept: float) -> Variable:
    return X * stream.binomial(X.shape, p=kept, dtype=X.dtype)


def _gaussian(X: Variable, stream: RandomStreams, sd: float) -> Variable:
    return X + stream.normal(X.shape, std=sd, dtype=X.dtype)


def _salt_and_pepper(X: Variable, stream: RandomStreams, p: float) -> Variable:
    u = stream.uniform(X.shape, dtype=X.dtype)
    return X * (u >= p / 2) * (u < 1 - p / 2) + (u >= 1 - p / 2)
