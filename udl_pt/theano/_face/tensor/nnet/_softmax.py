"""Softmax and the costs built on it: row by row, a vector as a matrix of one row."""

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.raise_op import CheckAndRaise
from pytensor.tensor import special

from udl_pt.theano._face.tensor._creation import as_tensor_variable
from udl_pt.theano._face.tensor._shapes import Served

__all__ = [
    "CrossentropyCategorical1Hot",
    "CrossentropySoftmaxArgmax1HotWithBias",
    "LogSoftmax",
    "Softmax",
    "SoftmaxWithBias",
    "categorical_crossentropy",
    "checked_floats",
    "crossentropy_categorical_1hot",
    "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias",
    "logsoftmax",
    "logsoftmax_op",
    "softmax",
    "softmax_graph",
    "softmax_op",
    "softmax_with_bias",
    "within_bounds",
]


def within_bounds(y: Any, count: Any) -> Any:
    """Return class numbers, with a check when they are used: one that is not of `count` is a ValueError."""
    valid = pt.all(pt.ge(y, 0) & pt.lt(y, count))
    return CheckAndRaise(ValueError, "y_i value out of bounds")(y, valid)


def checked_floats(x: Any, name: str, *ndims: int) -> Any:
    """Return a tensor of floats of one of some numbers of axes."""
    x = as_tensor_variable(x)
    if x.ndim not in ndims or x.dtype not in pt.type.float_dtypes:
        wanted = " or ".join(f"{n}-d" for n in ndims)
        raise ValueError(f"{name} must be a {wanted} tensor of floats, and is of type {x.type}")
    return x


def softmax(c: Any) -> Any:
    """Return the softmax of each row; a vector is a matrix of one row, as in Theano.

    Raises
    ------
    ValueError
        If `c` has more than two axes or holds integers.
    """
    x = checked_floats(c, "the argument of softmax", 1, 2)
    return special.softmax(pt.shape_padleft(x) if x.ndim == 1 else x, axis=-1)


def logsoftmax(c: Any) -> Any:
    """Return the logarithm of the softmax of each row."""
    x = checked_floats(c, "the argument of logsoftmax", 1, 2)
    return special.log_softmax(pt.shape_padleft(x) if x.ndim == 1 else x, axis=-1)


def softmax_graph(c: Any) -> Any:
    """Return the softmax along the last axis as exponentials and their sum, which can overflow."""
    return pt.exp(c) / pt.exp(c).sum(axis=-1, keepdims=True)


class Softmax(metaclass=Served):
    """``Softmax()(x)``: `softmax` as Theano's class."""

    serves = special.Softmax

    def __call__(self, x: Any) -> Any:
        """Return the softmax of each row."""
        return softmax(x)


class LogSoftmax(metaclass=Served):
    """``LogSoftmax()(x)``: `logsoftmax` as Theano's class."""

    serves = special.LogSoftmax

    def __call__(self, x: Any) -> Any:
        """Return the logarithm of the softmax of each row."""
        return logsoftmax(x)


class SoftmaxWithBias:
    """``SoftmaxWithBias()(x, b)``: the softmax of each row of x + b."""

    def __call__(self, x: Any, b: Any) -> Any:
        """Return the softmax."""
        return softmax(checked_floats(x, "x", 2) + checked_floats(b, "b", 1))


def _is_softmax_of_rows(p: Any) -> bool:
    op = getattr(p.owner, "op", None)
    return isinstance(op, special.Softmax) and np.atleast_1d(op.axis).tolist() in ([1], [-1])


class CrossentropyCategorical1Hot:
    """``CrossentropyCategorical1Hot()(coding_dist, y)``: minus the logarithm of row i's element ``y[i]``."""

    def __call__(self, coding_dist: Any, true_one_of_n: Any) -> Any:
        """Return the vector of costs."""
        p, y = as_tensor_variable(coding_dist), as_tensor_variable(true_one_of_n)
        if p.ndim != 2:
            raise TypeError(f"coding_dist must be a matrix, and has {p.ndim} axes")
        if y.ndim != 1 or y.dtype not in ("int32", "int64"):
            raise TypeError(f"true_one_of_n must be an ivector or an lvector, not of type {y.type}")
        rows = pt.arange(p.shape[0])
        if _is_softmax_of_rows(p):
            return -logsoftmax(p.owner.inputs[0])[rows, within_bounds(y, p.shape[1])]
        return -pt.log(p[rows, y])  # not log(p)[...], whose gradient is NaN where another class has p = 0


class CrossentropySoftmaxArgmax1HotWithBias:
    """``CrossentropySoftmaxArgmax1HotWithBias()(x, b, y)``: costs, softmax, argmax of each row of x + b."""

    def __call__(self, x: Any, b: Any, y_idx: Any) -> Any:
        """Return the list of the three."""
        logits = checked_floats(x, "x", 2) + checked_floats(b, "b", 1)
        y = as_tensor_variable(y_idx)
        if y.ndim != 1 or y.dtype not in pt.type.discrete_dtypes:
            raise ValueError(f"y_idx must be a vector of integers, and is of type {y.type}")
        costs = -logsoftmax(logits)[pt.arange(logits.shape[0]), within_bounds(y, logits.shape[1])]
        return [costs, softmax(logits), pt.argmax(logits, axis=1).astype(y.dtype)]


softmax_op, logsoftmax_op, softmax_with_bias = Softmax(), LogSoftmax(), SoftmaxWithBias()
crossentropy_categorical_1hot = CrossentropyCategorical1Hot()
crossentropy_softmax_argmax_1hot_with_bias = CrossentropySoftmaxArgmax1HotWithBias()


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Any:
    """Return the cross-entropy of each row.

    Parameters
    ----------
    coding_dist : variable
        Probabilities, one row an example.
    true_dist : variable
        The wanted probabilities in the same shape, or a vector of class numbers.

    Raises
    ------
    TypeError
        If the numbers of axes don't match.
    """
    if true_dist.ndim == coding_dist.ndim:
        return -pt.sum(true_dist * pt.log(coding_dist), axis=coding_dist.ndim - 1)
    if true_dist.ndim == coding_dist.ndim - 1:
        return crossentropy_categorical_1hot(coding_dist, true_dist)
    raise TypeError(
        f"coding_dist has {coding_dist.ndim} axes and true_dist {true_dist.ndim}: pass the same or one less"
    )


def crossentropy_softmax_1hot_with_bias(x: Any, b: Any, y_idx: Any, **kwargs: Any) -> Any:
    """Return costs and softmax of each row of x + b."""
    return crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx, **kwargs)[:2]


def crossentropy_softmax_1hot(x: Any, y_idx: Any, **kwargs: Any) -> Any:
    """Return costs and softmax of each row of x."""
    return crossentropy_softmax_1hot_with_bias(x, pt.zeros_like(x[0, :]), y_idx, **kwargs)


def crossentropy_softmax_max_and_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any, **kwargs: Any) -> Any:
    """Return costs, softmax, its maximum and argmax of each row of x + b."""
    costs, probabilities = crossentropy_softmax_1hot_with_bias(x, b, y_idx, **kwargs)
    return (costs, probabilities, *pt.max_and_argmax(probabilities, axis=-1))


def crossentropy_softmax_max_and_argmax_1hot(x: Any, y_idx: Any, **kwargs: Any) -> Any:
    """Return costs, softmax, its maximum and argmax of each row of x."""
    return crossentropy_softmax_max_and_argmax_1hot_with_bias(x, pt.zeros_like(x[0, :]), y_idx, **kwargs)
