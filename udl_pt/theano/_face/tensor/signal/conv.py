"""``theano.tensor.signal.conv``: convolution of one image, or a stack, with one filter, or several."""

from typing import Any

import pytensor.tensor as pt

from udl_pt.theano._ops.conv_old import ConvOp

__all__ = ["conv2d"]


def conv2d(
    input: Any,
    filters: Any,
    image_shape: Any = None,
    filter_shape: Any = None,
    border_mode: str = "valid",
    subsample: Any = (1, 1),
    **kargs: Any,
) -> Any:
    """Return the convolution of images with filters: of each with each.

    Parameters
    ----------
    input : tensor, shape (images, rows, columns) or (rows, columns)
    filters : tensor, shape (filters, rows, columns) or (rows, columns)
    image_shape, filter_shape : tuple of two or three ints, optional
        They are checked when the function runs, if both are there.
    border_mode : {"valid", "full"}
    subsample : pair of ints
    **kargs
        For ``theano.tensor.nnet.conv.ConvOp``.

    Returns
    -------
    tensor
        Of shape (images, filters, rows, columns), without the axes that neither of the arguments has.
    """
    input, filters = pt.as_tensor_variable(input), pt.as_tensor_variable(filters)
    assert input.ndim in (2, 3), f"input has {input.ndim} dimensions, and 2 or 3 are expected"
    assert filters.ndim in (2, 3), f"filters has {filters.ndim} dimensions, and 2 or 3 are expected"
    shapes: dict[str, Any] = {}
    if filter_shape and image_shape:
        shapes["bsize"] = image_shape[0] if input.ndim == 3 else 1
        shapes["nkern"] = filter_shape[0] if filters.ndim == 3 else 1
        shapes["imshp"], shapes["kshp"] = (1, *image_shape[-2:]), filter_shape[-2:]
    images, kernels = (
        x.dimshuffle(0, "x", 1, 2) if x.ndim == 3 else x.dimshuffle("x", "x", 0, 1) for x in (input, filters)
    )
    op = ConvOp(output_mode=border_mode, dx=subsample[0], dy=subsample[1], **shapes, **kargs)
    output = op(images, kernels)
    if filters.ndim == 2:
        output = output[:, 0]
    return output[0] if input.ndim == 2 else output
