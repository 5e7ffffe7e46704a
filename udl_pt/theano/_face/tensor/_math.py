"""Arithmetic and reductions, where Theano's name, signature or meaning isn't PyTensor's."""

import functools
import math
from collections.abc import Callable
from typing import Any

import pytensor.tensor as pt

from udl_pt.theano._face.tensor._creation import as_tensor_variable, check_and_normalize_axes
from udl_pt.theano._face.tensor._shapes import stack
from udl_pt.theano._ops.unbroadcast import Unbroadcast

__all__ = [
    "Dot",
    "MaxAndArgmax",
    "Mean",
    "Nonzero",
    "PermuteRowElements",
    "_dot",
    "abs_",
    "argmax",
    "argmin",
    "batched_dot",
    "batched_tensordot",
    "chi2sf",
    "choose",
    "conj",
    "div_proxy",
    "dot",
    "inv",
    "largest",
    "max",
    "max_and_argmax",
    "mean",
    "min",
    "neq",
    "permute_row_elements",
    "ptp",
    "smallest",
    "std",
    "tensordot",
    "var",
]

abs_, inv, neq, conj = pt.abs, pt.reciprocal, pt.neq, pt.math._conj


def _axes(x: Any, axis: Any) -> tuple[int, ...] | None:
    """Return the axes as numbers from the left, each once; None for all."""
    return tuple(check_and_normalize_axes(x, axis)) or None


def _reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return PyTensor's reduction with Theano's axes: lists, and each axis once."""

    @functools.wraps(function)
    def reduction(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        x = as_tensor_variable(x)
        return function(x, _axes(x, axis), keepdims=keepdims)

    return reduction


max, min, argmax, argmin = map(_reduction, (pt.max, pt.min, pt.argmax, pt.argmin))


def max_and_argmax(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the maximum along axes, and where it is."""
    return [max(a, axis, keepdims), argmax(a, axis, keepdims)]


def largest(*args: Any) -> Any:
    """Return the largest of the arguments, element by element."""
    if len(args) == 2:
        return pt.switch(pt.gt(*args), *args)
    return max(stack(args), axis=0)


def smallest(*args: Any) -> Any:
    """Return the smallest of the arguments, element by element."""
    if len(args) == 2:
        return pt.switch(pt.lt(*args), *args)
    return min(stack(args), axis=0)


def chi2sf(x: Any, k: Any) -> Any:
    """Return the probability that a chi-squared variable of `k` degrees exceeds `x`."""
    return pt.gammaincc(as_tensor_variable(k) / 2, as_tensor_variable(x) / 2)


def ptp(a: Any, axis: Any = None) -> Any:
    """Return the maximum less the minimum."""
    a = as_tensor_variable(a)
    return max(a, axis) - min(a, axis)


def mean(
    input: Any,
    axis: Any = None,
    dtype: Any = None,
    op: bool = False,
    keepdims: bool = False,
    acc_dtype: Any = None,
) -> Any:
    """Return the mean; `op` is accepted, and the graph is a sum and a division either way."""
    if op:
        return Mean(axis)(input)
    return pt.mean(input, axis=axis, dtype=dtype, keepdims=keepdims, acc_dtype=acc_dtype)


class Mean:
    """``Mean(axis)(x)``: the mean as Theano's class."""

    def __init__(self, axis: Any = None) -> None:
        self.axis = axis

    def __call__(self, x: Any) -> Any:
        """Return the mean, in floatX's dtype for integers."""
        return pt.mean(x, axis=self.axis)


class MaxAndArgmax:
    """``MaxAndArgmax(axes)(x)``: the maximum and where it is."""

    def __init__(self, axis: Any) -> None:
        self.axis = tuple(axis)

    def __call__(self, x: Any) -> Any:
        """Return the two tensors."""
        return max_and_argmax(x, self.axis)


def div_proxy(x: Any, y: Any) -> Any:
    """Return the integer quotient of integers, and the true one of other numbers: Python 2's division."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    discrete = x.dtype in pt.type.discrete_dtypes and y.dtype in pt.type.discrete_dtypes
    return pt.int_div(x, y) if discrete else pt.true_div(x, y)


def _checked_at_the_call(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a product of two tensors whose shapes the call checks, known ones too."""

    @functools.wraps(function)
    def product(a: Any, b: Any, *options: Any, **more: Any) -> Any:
        try:
            return function(a, b, *options, **more)
        except ValueError:
            a, b = (Unbroadcast(range(v.ndim))(v) for v in map(as_tensor_variable, (a, b)))
            return function(a, b, *options, **more)

    return product


dot, tensordot = _checked_at_the_call(pt.dot), _checked_at_the_call(pt.tensordot)


class Dot:
    """``Dot()(x, y)``: the product of vectors and matrices as Theano's class."""

    def __call__(self, x: Any, y: Any) -> Any:
        """Return the product; a TypeError for more than two axes, or none."""
        for part in (x, y):
            if as_tensor_variable(part).ndim not in (1, 2):
                raise TypeError(f"Dot takes vectors and matrices, and {part} has {part.ndim} axes")
        return dot(x, y)


_dot = Dot()


class PermuteRowElements:
    """``PermuteRowElements()(x, y, inverse)``: `permute_row_elements` as Theano's class."""

    def __call__(self, x: Any, y: Any, inverse: Any) -> Any:
        """Return the permuted rows."""
        return permute_row_elements(x, y, inverse)


class Nonzero:
    """``Nonzero()(x)``: the indices of the elements that aren't 0, a row an axis."""

    def __call__(self, x: Any) -> Any:
        """Return the matrix of indices."""
        return pt.nonzero(x, return_matrix=True)


def choose(a: Any, choices: Any, out: None = None, mode: str = "raise") -> Any:
    """Return ``choices[a[i]][i]`` for each i."""
    assert out is None
    return pt.choose(a, choices, mode=mode)


def permute_row_elements(x: Any, y: Any, inverse: Any = 0) -> Any:
    """Permute each row of `x` by the row of `y`, or backward."""
    return pt.basic.permute_row_elements(x, y, bool(inverse))


def var(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    """Return the variance along axes. Of several, each length less `ddof` is a divisor, as in Theano."""
    x = as_tensor_variable(input)
    if not ddof or isinstance(ddof, bool):
        return pt.var(x, axis, ddof, keepdims=keepdims, corrected=corrected)
    axes = tuple(range(x.ndim)) if axis is None else check_and_normalize_axes(x, axis)
    centred = x - x.mean(axes, keepdims=True)
    result = pt.sum(centred**2, axes, keepdims=keepdims)
    if corrected:
        result = result - pt.sum(centred, axes, keepdims=keepdims) ** 2 / math.prod(x.shape[i] for i in axes)
    for i in axes:
        result = result / (x.shape[i] - ddof)
    result.name = "var"
    return result


def std(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    """Return the standard deviation along axes, the root of `var`."""
    result = pt.sqrt(var(input, axis, ddof, keepdims, corrected))
    result.name = "std"
    return result


def batched_tensordot(x: Any, y: Any, axes: Any = 2) -> Any:
    """Return the tensor product of each pair of samples; the axes count from the whole tensor."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    if isinstance(axes, int):
        axes = range(x.ndim - axes, x.ndim), range(1, axes + 1)
    of_x, of_y = ([of] if isinstance(of, int) else list(of) for of in axes)
    if len(of_x) != len(of_y) or not all(0 < i < t.ndim for t, of in ((x, of_x), (y, of_y)) for i in of):
        raise ValueError(
            f"the axes {of_x} and {of_y} can't be summed: the tensors have {x.ndim} and {y.ndim} axes, the "
            "first of which is that of the samples"
        )
    rest_x, rest_y = ([i for i in range(1, t.ndim) if i not in of] for t, of in ((x, of_x), (y, of_y)))
    n, of_a, of_b = x.shape[0], [x.shape[i] for i in rest_x], [y.shape[i] for i in rest_y]
    summed = math.prod(x.shape[i] for i in of_x)
    left = x.dimshuffle(0, *rest_x, *of_x).reshape((n, math.prod(of_a), summed))
    right = y.dimshuffle(0, *of_y, *rest_y).reshape((n, summed, math.prod(of_b)))
    return batched_dot(left, right).reshape((n, *of_a, *of_b))


def batched_dot(a: Any, b: Any) -> Any:
    """Return the product of each pair ``a[i]`` and ``b[i]``."""
    if hasattr(pt, "batched_dot"):  # not in PyTensor 3.3
        return pt.batched_dot(a, b)
    left, right = as_tensor_variable(a), as_tensor_variable(b)
    if not (1 <= left.ndim <= 3 and 1 <= right.ndim <= 3):
        raise TypeError(f"batched_dot takes one to three axes, got {left.ndim} and {right.ndim}")
    if left.ndim == 1 or right.ndim == 1:
        extra = (1,) * abs(left.ndim - right.ndim)
        short, long = (left, right) if left.ndim == 1 else (right, left)
        return short.reshape((short.shape[0], *extra)) * long
    product = pt.matmul(
        left[:, None] if left.ndim == 2 else left, right[..., None] if right.ndim == 2 else right
    )
    drop = [axis for axis, operand in ((1, left), (2, right)) if operand.ndim == 2]
    return product.squeeze(axis=tuple(drop)) if drop else product
