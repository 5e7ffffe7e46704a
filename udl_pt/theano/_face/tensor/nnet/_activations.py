"""Activations and binary costs."""

from typing import Any

import pytensor.scalar as ps
import pytensor.tensor as pt

from udl_pt.theano._face.tensor._creation import as_tensor_variable
from udl_pt.theano._face.tensor._math import batched_dot

__all__ = [
    "Prepend_scalar_constant_to_each_row",
    "Prepend_scalar_to_each_row",
    "binary_crossentropy",
    "confusion_matrix",
    "elu",
    "h_softmax",
    "hard_sigmoid",
    "prepend_0_to_each_row",
    "prepend_1_to_each_row",
    "prepend_scalar_to_each_row",
    "relu",
    "selu",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softplus",
    "softsign",
    "ultra_fast_sigmoid",
]

sigmoid, softplus = pt.sigmoid, pt.softplus


def relu(x: Any, alpha: Any = 0) -> Any:
    """Return x where it is positive, alpha x elsewhere; the gradient at 0 is (1 + alpha) / 2."""
    if isinstance(alpha, int | float) and alpha == 0:
        return 0.5 * (x + abs(x))
    alpha = as_tensor_variable(alpha)
    return 0.5 * (1 + alpha) * x + 0.5 * (1 - alpha) * abs(x)


def elu(x: Any, alpha: Any = 1) -> Any:
    """Return x where it is positive, alpha (exp(x) - 1) elsewhere."""
    return pt.switch(x > 0, x, alpha * pt.expm1(x))


def selu(x: Any) -> Any:
    """Return the scaled exponential linear unit (Klambauer and others, 2017)."""
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def softsign(x: Any) -> Any:
    """Return x / (1 + abs(x))."""
    return x / (1.0 + abs(x))


def hard_sigmoid(x: Any) -> Any:
    """Return 0.2 x + 0.5, clipped to [0, 1], in the dtype that sigmoid has."""
    dtype = ps.upgrade_to_float(ps.ScalarType(x.dtype))[0].dtype
    return pt.clip(x * pt.constant(0.2, dtype=dtype) + pt.constant(0.5, dtype=dtype), 0, 1)


def ultra_fast_sigmoid(x: Any) -> Any:
    """Return a piecewise approximation of sigmoid, at most 0.02 off."""
    x = as_tensor_variable(x)
    if x.dtype not in pt.type.float_dtypes:
        x = x.astype(ps.upgrade_to_float(ps.ScalarType(x.dtype))[0].dtype)
    half = 0.5 * abs(x)
    line = 0.935409070603099 + 0.0458812946797165 * (half - 1.7)
    curve = pt.switch(half < 1.7, 1.5 * half / (1 + half), pt.switch(half < 3, line, 0.99505475368673))
    return (0.5 * (pt.switch(x >= 0, curve, -curve) + 1.0)).astype(x.dtype)


def binary_crossentropy(output: Any, target: Any) -> Any:
    """Return the cross-entropy of a probability; of a sigmoid it is computed from the logit."""
    return -(target * pt.log(output) + (1.0 - target) * pt.log(1.0 - output))


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Any:
    """Return the cross-entropy of a logit; its gradient is sigmoid(output) - target."""
    output, target = as_tensor_variable(output), as_tensor_variable(target)
    positive = pt.softplus(-output) + output * (1 - target)
    return pt.switch(output > 0, positive, pt.softplus(output) - output * target)


class Prepend_scalar_to_each_row:
    """``Prepend_scalar_to_each_row()(value, matrix)``: the matrix with a first column of this value."""

    def __call__(self, val: Any, mat: Any) -> Any:
        """Return the wider matrix."""
        mat = as_tensor_variable(mat)
        if mat.ndim != 2:
            raise TypeError(f"a matrix is needed, and {mat} has {mat.ndim} axes")
        column = pt.alloc(as_tensor_variable(val).astype(mat.dtype), mat.shape[0], 1)
        return pt.join(1, column, mat)


class Prepend_scalar_constant_to_each_row(Prepend_scalar_to_each_row):
    """``Prepend_scalar_constant_to_each_row(value)(matrix)``."""

    def __init__(self, val: Any = 0) -> None:
        self.val = val

    def __call__(self, mat: Any) -> Any:  # type: ignore[override]
        """Return the wider matrix."""
        return super().__call__(self.val, mat)


prepend_scalar_to_each_row = Prepend_scalar_to_each_row()
prepend_0_to_each_row = Prepend_scalar_constant_to_each_row(0.0)
prepend_1_to_each_row = Prepend_scalar_constant_to_each_row(1.0)


def h_softmax(
    x: Any,
    batch_size: Any,
    n_outputs: Any,
    n_classes: Any,
    n_outputs_per_class: Any,
    W1: Any,
    b1: Any,
    W2: Any,
    b2: Any,
    target: Any = None,
) -> Any:
    """Return a two-level softmax: first a class, then an output in the class.

    Parameters
    ----------
    x : matrix, batch_size x inputs
    batch_size, n_outputs, n_classes, n_outputs_per_class : int
    W1, b1 : inputs x n_classes, n_classes
    W2, b2 : n_classes x inputs x n_outputs_per_class, n_classes x n_outputs_per_class
    target : vector of output numbers, optional
        With it, only these outputs' probabilities are computed.

    Returns
    -------
    matrix, batch_size x n_outputs; vector, batch_size, if there is a target
    """
    from udl_pt.theano._face.tensor.nnet._softmax import softmax

    classes = softmax(pt.dot(x, W1) + b1)
    if target is None:
        logits = pt.tensordot(x, W2, (1, 1)) + b2
        outputs = softmax(logits.reshape((-1, n_outputs_per_class))).reshape((batch_size, n_classes, -1))
        return (classes.dimshuffle(0, 1, "x") * outputs).reshape((batch_size, -1))[:, :n_outputs]
    target = target.flatten()
    chosen, within, rows = target // n_outputs_per_class, target % n_outputs_per_class, pt.arange(batch_size)
    outputs = softmax(batched_dot(x, W2[chosen]) + b2[chosen])
    return classes[rows, chosen] * outputs[rows, within]


def confusion_matrix(actual: Any, pred: Any) -> list[Any]:
    """Return how often each class was predicted for each actual one, and the classes in their order."""
    for name, vector in (("actual", actual), ("pred", pred)):
        if vector.ndim != 1:
            raise ValueError(f"{name} must be a vector, and has {vector.ndim} axes")
    order = pt.extra_ops.Unique()(pt.join(0, actual, pred))
    actual, pred = (pt.eq(v.dimshuffle(0, "x"), order).astype("int64") for v in (actual, pred))
    return [pt.dot(actual.T, pred), order]
