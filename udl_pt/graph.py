"""Pieces of graphs that several models are built from: weights and stable costs.

Costs are built from logits (the pre-activations ``a``), never from probabilities: ``log(1 - sigmoid(a))``
is minus infinity from a = 37 on (17 in float32), its stable form is not.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Variable

from udl_pt.random import as_generator

__all__ = ["categorical_cross_entropy", "cross_entropy", "init_weights", "squared_error"]


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
    draw = np.asarray(as_generator(random_state).standard_normal(tuple(shape)))
    return np.asarray(draw / np.sqrt(sum(shape)), dtype)


def cross_entropy(target: Variable, logits: Variable) -> Variable:
    """Cross-entropy of Bernoulli targets with ``sigmoid(logits)``, element by element, in nats.

    ``softplus(a) - t * a``, which is ``-(t log s(a) + (1 - t) log(1 - s(a)))`` for every `a`.
    """
    return pt.softplus(logits) - target * logits


def squared_error(target: Variable, logits: Variable) -> Variable:
    """Squared difference of the targets and ``sigmoid(logits)``, element by element."""
    return (target - pt.sigmoid(logits)) ** 2


def categorical_cross_entropy(labels: Variable, logits: Variable, n_classes: int) -> Variable:
    """Negative log-likelihood of integer labels under ``softmax(logits)``, one value a row, in nats.

    Parameters
    ----------
    labels : Variable, vector of int
        Labels 0 to ``n_classes - 1``, shape (n_samples,).
    logits : Variable, matrix
        Shape (n_samples, n_classes).
    n_classes : int
        Known when the graph is built: JAX needs static shapes.
    """
    hot = pt.eq(labels.dimshuffle(0, "x"), np.arange(n_classes, dtype="int32"))
    return -(hot.astype(logits.dtype) * pt.special.log_softmax(logits, axis=-1)).sum(axis=-1)
