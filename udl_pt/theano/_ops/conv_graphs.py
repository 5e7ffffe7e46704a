"""Functions that build convolutions: Theano's, from ``theano.tensor.nnet.abstract_conv``."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorConstant, TensorVariable

from udl_pt.theano._ops.conv import (
    AbstractConv2d,
    AbstractConv2d_gradInputs,
    AbstractConv2d_gradWeights,
    AbstractConv3d,
    AbstractConv3d_gradInputs,
    AbstractConv3d_gradWeights,
)
from udl_pt.theano._ops.conv_shapes import get_conv_output_shape

__all__ = [
    "causal_conv1d",
    "conv2d",
    "conv2d_grad_wrt_inputs",
    "conv2d_grad_wrt_weights",
    "conv3d",
    "conv3d_grad_wrt_inputs",
    "conv3d_grad_wrt_weights",
    "separable_conv2d",
    "separable_conv3d",
]


def conv2d(
    input: Any,
    filters: Any,
    input_shape: Any = None,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
) -> Any:
    """Return the convolution of images (samples, channels, rows, columns) with filters.

    Parameters
    ----------
    input : 4-D tensor
    filters : 4-D tensor, shape (filters, channels, rows, columns)
        Unshared ones have six dimensions: filters, output rows, output columns, channels, rows, columns.
    input_shape, filter_shape : sequence of int or None, optional
        The result's shape is inferred from them.
    border_mode : {"valid", "full", "half"}, int, or tuple of ints or of pairs of ints
        Zeros around the images.
    subsample : pair of ints
        The step from one position of the filters to the next.
    filter_flip : bool
        Flip the filters (a convolution) or not (a correlation).
    filter_dilation : pair of ints
        The step from one item of a filter to the next.
    num_groups : int
        The number of groups into which channels and filters are divided.
    unshared : bool
        Other filters for each position.
    """
    options = (input_shape, filter_shape, border_mode, subsample, filter_flip, filter_dilation, num_groups)
    return AbstractConv2d(*options, unshared)(pt.as_tensor_variable(input), pt.as_tensor_variable(filters))


def conv3d(
    input: Any,
    filters: Any,
    input_shape: Any = None,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1, 1),
    num_groups: int = 1,
) -> Any:
    """Return the convolution of images of five dimensions with filters; see `conv2d`."""
    options = (input_shape, filter_shape, border_mode, subsample, filter_flip, filter_dilation, num_groups)
    return AbstractConv3d(*options)(pt.as_tensor_variable(input), pt.as_tensor_variable(filters))


def _fixed(name: str, shape: Sequence[Any], last: int, *, none: bool = True) -> list[int | None]:
    """Return a shape with None for its symbolic lengths, which may be among the last ones only."""
    result = list(shape)
    for i, length in enumerate(shape):
        symbolic = i >= len(shape) - last
        kinds: Any = (TensorConstant, int, np.integer) + ((TensorVariable,) if symbolic else (type(None),))
        if not isinstance(length, kinds):
            allowed = "a symbolic variable or a constant" if symbolic else "a constant or None"
            raise ValueError(f"{name}[{i}] must be {allowed}, and is {length!r}")
        if symbolic and isinstance(length, TensorVariable) and not isinstance(length, TensorConstant):
            result[i] = None
    return result


def _by_inputs(
    op: Any, last: int, output_grad: Any, filters: Any, input_shape: Any, filter_shape: Any, rest: Any
) -> Any:
    imshp = _fixed("input_shape", input_shape, last)
    if filter_shape is not None:
        dimensions = 2 + last * (2 if rest.get("unshared") else 1)
        if len(filter_shape) != dimensions:
            raise ValueError(
                f"the length of filter_shape was {len(filter_shape)}, but we expected {dimensions}"
            )
        _fixed("filter_shape", filter_shape, 0)
    node = op(imshp=imshp, kshp=filter_shape, **rest)
    return node(pt.as_tensor_variable(filters), pt.as_tensor_variable(output_grad), list(input_shape[-last:]))


def _by_weights(
    op: Any, last: int, input: Any, output_grad: Any, filter_shape: Any, input_shape: Any, rest: Any
) -> Any:
    kshp = _fixed("filter_shape", filter_shape, last)
    if input_shape is not None:
        _fixed("input_shape", input_shape, 0)
    node = op(imshp=input_shape, kshp=kshp, **rest)
    return node(pt.as_tensor_variable(input), pt.as_tensor_variable(output_grad), list(filter_shape[-last:]))


def conv2d_grad_wrt_inputs(
    output_grad: Any,
    filters: Any,
    input_shape: Any,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
) -> Any:
    """Return the gradient of `conv2d` with regard to images of `input_shape`, for its output's gradient."""
    rest = {
        "border_mode": border_mode,
        "subsample": subsample,
        "filter_flip": filter_flip,
        "filter_dilation": filter_dilation,
        "num_groups": num_groups,
        "unshared": unshared,
    }
    return _by_inputs(AbstractConv2d_gradInputs, 2, output_grad, filters, input_shape, filter_shape, rest)


def conv3d_grad_wrt_inputs(
    output_grad: Any,
    filters: Any,
    input_shape: Any,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1, 1),
    num_groups: int = 1,
) -> Any:
    """Return the gradient of `conv3d` with regard to images of `input_shape`, for its output's gradient."""
    rest = {
        "border_mode": border_mode,
        "subsample": subsample,
        "filter_flip": filter_flip,
        "filter_dilation": filter_dilation,
        "num_groups": num_groups,
    }
    return _by_inputs(AbstractConv3d_gradInputs, 3, output_grad, filters, input_shape, filter_shape, rest)


def conv2d_grad_wrt_weights(
    input: Any,
    output_grad: Any,
    filter_shape: Any,
    input_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
) -> Any:
    """Return the gradient of `conv2d` with regard to filters of `filter_shape`, for its output's gradient."""
    rest = {
        "border_mode": border_mode,
        "subsample": subsample,
        "filter_flip": filter_flip,
        "filter_dilation": filter_dilation,
        "num_groups": num_groups,
        "unshared": unshared,
    }
    return _by_weights(AbstractConv2d_gradWeights, 2, input, output_grad, filter_shape, input_shape, rest)


def conv3d_grad_wrt_weights(
    input: Any,
    output_grad: Any,
    filter_shape: Any,
    input_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1, 1),
    num_groups: int = 1,
) -> Any:
    """Return the gradient of `conv3d` with regard to filters of `filter_shape`, for its output's gradient."""
    rest = {
        "border_mode": border_mode,
        "subsample": subsample,
        "filter_flip": filter_flip,
        "filter_dilation": filter_dilation,
        "num_groups": num_groups,
    }
    return _by_weights(AbstractConv3d_gradWeights, 3, input, output_grad, filter_shape, input_shape, rest)


def _separable(
    conv: Any, op: Any, axes: int, images: Any, depthwise: Any, pointwise: Any, shapes: Any
) -> Any:
    input_shape, depthwise_shape, pointwise_shape = shapes
    between = None
    if input_shape is not None and depthwise_shape is not None:
        options = op.border_mode, op.subsample, op.filter_dilation
        between = get_conv_output_shape(input_shape, depthwise_shape, *options)
    result = op(pt.as_tensor_variable(images), pt.as_tensor_variable(depthwise))
    rest = {"border_mode": "valid", "subsample": (1,) * axes, "filter_flip": op.filter_flip}
    return conv(result, pointwise, between, pointwise_shape, **rest)


def separable_conv2d(
    input: Any,
    depthwise_filters: Any,
    pointwise_filters: Any,
    num_channels: int,
    input_shape: Any = None,
    depthwise_filter_shape: Any = None,
    pointwise_filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1),
) -> Any:
    """Return a convolution of each channel by itself, followed by one of 1 x 1 that mixes the channels."""
    shapes = input_shape, depthwise_filter_shape, pointwise_filter_shape
    op = AbstractConv2d(*shapes[:2], border_mode, subsample, filter_flip, filter_dilation, num_channels)
    return _separable(conv2d, op, 2, input, depthwise_filters, pointwise_filters, shapes)


def separable_conv3d(
    input: Any,
    depthwise_filters: Any,
    pointwise_filters: Any,
    num_channels: int,
    input_shape: Any = None,
    depthwise_filter_shape: Any = None,
    pointwise_filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1, 1),
) -> Any:
    """Return a convolution of each channel by itself, followed by one that mixes the channels."""
    shapes = input_shape, depthwise_filter_shape, pointwise_filter_shape
    op = AbstractConv3d(*shapes[:2], border_mode, subsample, filter_flip, filter_dilation, num_channels)
    return _separable(conv3d, op, 3, input, depthwise_filters, pointwise_filters, shapes)


def causal_conv1d(
    input: Any,
    filters: Any,
    filter_shape: Any,
    input_shape: Any = None,
    subsample: int = 1,
    filter_flip: bool = True,
    filter_dilation: int = 1,
    num_groups: int = 1,
    unshared: bool = False,
) -> Any:
    """Return a convolution over time, whose output at a time depends on earlier inputs and this one only.

    Parameters
    ----------
    input : 3-D tensor, shape (samples, channels, times)
    filters : 3-D tensor, shape (filters, channels, times)
    filter_shape : sequence of three; the last is needed
    """
    input, filters = pt.as_tensor_variable(input), pt.as_tensor_variable(filters)
    if input.ndim != 3:
        raise ValueError(f"Input should be 3D for causal convolution, and has {input.ndim} dimensions")
    if filters.ndim != 3:
        raise ValueError(f"Filters should be 3D for causal convolution, and have {filters.ndim} dimensions")
    before = filter_dilation * (filter_shape[2] - 1)
    result = conv2d(
        input.dimshuffle(0, 1, 2, "x"),
        filters.dimshuffle(0, 1, 2, "x"),
        None if input_shape is None else (*input_shape, 1),
        (*filter_shape, 1),
        border_mode=((before, 0), 0),
        subsample=(subsample, 1),
        filter_flip=filter_flip,
        filter_dilation=(filter_dilation, 1),
        num_groups=num_groups,
        unshared=unshared,
    )
    return result[:, :, :, 0]
