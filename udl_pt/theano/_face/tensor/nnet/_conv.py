"""Convolutions that ``theano.tensor.nnet`` itself has."""

import warnings
from typing import Any

from udl_pt.theano._ops.conv_graphs import (
    conv2d as abstract_conv2d,
)
from udl_pt.theano._ops.conv_graphs import conv2d_grad_wrt_inputs, conv3d, separable_conv2d
from udl_pt.theano._ops.conv_old import ConvOp

__all__ = [
    "ConvOp",
    "abstract_conv2d",
    "conv2d",
    "conv2d_grad_wrt_inputs",
    "conv2d_transpose",
    "conv3d",
    "separable_conv2d",
]


def conv2d(
    input: Any,
    filters: Any,
    input_shape: Any = None,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: bool = True,
    image_shape: Any = None,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
    **kwargs: Any,
) -> Any:
    """Return the convolution of images with filters.

    Parameters
    ----------
    input, filters, input_shape, filter_shape, border_mode, subsample
        As in ``theano.tensor.nnet.abstract_conv.conv2d``.
    filter_flip, filter_dilation, num_groups, unshared
        As in ``theano.tensor.nnet.abstract_conv.conv2d``.
    image_shape
        The earlier name of `input_shape`.
    **kwargs
        Keywords of earlier versions: they are ignored, with a warning.
    """
    if "imshp_logical" in kwargs or "kshp_logical" in kwargs:
        raise ValueError(
            "conv2d doesn't support the keywords 'imshp_logical' and 'kshp_logical'. For upsampling use "
            "conv2d_grad_wrt_inputs or abstract_conv.bilinear_upsampling"
        )
    if kwargs:
        warnings.warn(f"conv2d ignores its deprecated keywords {', '.join(kwargs)}.", stacklevel=2)
    if image_shape is not None:
        warnings.warn(
            "The `image_shape` keyword argument to `tensor.nnet.conv2d` is deprecated, "
            "it has been renamed to `input_shape`.",
            stacklevel=2,
        )
        if input_shape is not None:
            raise ValueError("input_shape and image_shape should not be provided at the same time.")
        input_shape = image_shape
    options = (
        input_shape,
        filter_shape,
        border_mode,
        subsample,
        filter_flip,
        filter_dilation,
        num_groups,
        unshared,
    )
    return abstract_conv2d(input, filters, *options)


def conv2d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    input_dilation: Any = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
) -> Any:
    """Return a transposed convolution: what is, with these options, the gradient of `conv2d`'s images.

    Parameters
    ----------
    input : 4-D tensor
    filters : 4-D tensor, shape (input channels, output channels, rows, columns)
    output_shape : sequence of four
        The last two may be scalar variables.
    input_dilation : pair of ints
        The `subsample` of `conv2d`.
    filter_shape, border_mode, filter_flip, filter_dilation, num_groups, unshared
        As in `conv2d`.
    """
    options = filter_shape, border_mode, input_dilation, filter_flip, filter_dilation, num_groups, unshared
    return conv2d_grad_wrt_inputs(input, filters, output_shape, *options)
