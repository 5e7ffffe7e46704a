"""Gradients of softmax and of its costs, which Theano has as Ops: graphs here."""

from typing import Any

import pytensor.tensor as pt

from udl_pt.theano._face.tensor._creation import as_tensor_variable
from udl_pt.theano._face.tensor.nnet._softmax import checked_floats, within_bounds

__all__ = [
    "CrossentropyCategorical1HotGrad",
    "CrossentropySoftmax1HotWithBiasDx",
    "SoftmaxGrad",
    "crossentropy_categorical_1hot_grad",
    "crossentropy_softmax_1hot_with_bias_dx",
    "softmax_grad",
]


class SoftmaxGrad:
    """``SoftmaxGrad()(dy, sm)``: a cost's gradient by the logits, from that by their softmax `sm`."""

    def __call__(self, dy: Any, sm: Any) -> Any:
        """Return the gradient, a matrix."""
        dy, sm = checked_floats(dy, "dy", 1, 2), as_tensor_variable(sm)
        dy, sm = (pt.shape_padleft(x) if x.ndim == 1 else x for x in (dy, sm))
        weighted = dy * sm
        return weighted - weighted.sum(axis=1, keepdims=True) * sm


class CrossentropySoftmax1HotWithBiasDx:
    """``CrossentropySoftmax1HotWithBiasDx()(dy, sm, y)``: the gradient by the logits of softmax and cost.

    Row i is ``dy[i] * sm[i]``, less ``dy[i]`` at class ``y[i]``.
    """

    def __call__(self, dy: Any, sm: Any, y_idx: Any) -> Any:
        """Return the gradient, a matrix; a negative class is a ValueError when it is computed."""
        dy, sm, y = checked_floats(dy, "dy", 0, 1), checked_floats(sm, "sm", 2), as_tensor_variable(y_idx)
        if y.ndim != 1 or y.dtype not in pt.type.discrete_dtypes:
            raise ValueError(f"y_idx must be a vector of integers, and is of type {y.type}")
        rows, y = pt.arange(sm.shape[0]), within_bounds(y, sm.shape[1])
        column = dy.dimshuffle(0, "x") if dy.ndim else dy
        return pt.inc_subtensor((column * sm)[rows, y], -dy).astype(sm.dtype)


class CrossentropyCategorical1HotGrad:
    """``CrossentropyCategorical1HotGrad()(g, p, y)``: ``-g[i] / p[i, y[i]]`` at class ``y[i]``, else 0."""

    def __call__(self, g_y: Any, coding_dist: Any, true_one_of_n: Any) -> Any:
        """Return the gradient, a matrix."""
        rows = pt.arange(g_y.shape[0])
        zeros = pt.zeros_like(coding_dist)
        value = (-g_y / coding_dist[rows, true_one_of_n]).astype(zeros.dtype)
        return pt.set_subtensor(zeros[rows, true_one_of_n], value)


softmax_grad = SoftmaxGrad()
crossentropy_softmax_1hot_with_bias_dx = CrossentropySoftmax1HotWithBiasDx()
crossentropy_categorical_1hot_grad = CrossentropyCategorical1HotGrad()
