"""Convolution as of Theano 0.6: ``ConvOp``, whose given shapes are checked when it runs."""

import warnings
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.tensor.basic import get_scalar_constant_value
from pytensor.tensor.exceptions import NotScalarConstantError

from udl_pt.theano._ops._lazy import import_when_compiled
from udl_pt.theano._ops.conv import AbstractConv2d
from udl_pt.theano._ops.conv_shapes import get_conv_output_shape, get_conv_shape_1axis

__all__ = ["ConvOp", "conv2d"]


class ConvOp(AbstractConv2d):
    """Convolution in two dimensions, of Theano 0.6.

    Parameters
    ----------
    imshp : tuple of int, optional
        The images' channels (1 without), rows and columns.
    kshp : pair of ints, optional
        The filters' rows and columns.
    nkern, bsize : int, optional
        The number of filters and of samples.
    dx, dy : int
        The step between positions, in rows and columns.
    output_mode : {"valid", "full"}
    **options
        What chose among versions of Theano's code is ignored.
    """

    checks_shapes = True

    def __init__(
        self,
        imshp: Any = None,
        kshp: Any = None,
        nkern: int | None = None,
        bsize: int | None = None,
        dx: int = 1,
        dy: int = 1,
        output_mode: str = "valid",
        unroll_batch: Any = None,
        unroll_kern: Any = None,
        unroll_patch: Any = None,
        imshp_logical: Any = None,
        kshp_logical: Any = None,
        kshp_logical_top_aligned: bool = True,
        verbose: Any = 0,
        version: Any = -1,
        direction_hint: Any = "forward",
        openmp: Any = None,
    ) -> None:
        if imshp_logical is not None or kshp_logical is not None:
            raise NotImplementedError(
                "ConvOp: imshp_logical and kshp_logical aren't served; use subsample or dilation"
            )
        if output_mode not in ("valid", "full"):
            raise Exception(f"Mode {output_mode} not implemented")
        imshp = (None, None, None) if imshp is None else tuple(imshp)
        kshp = (None, None) if kshp is None else tuple(kshp)
        imshp = (1, *imshp) if len(imshp) == 2 else imshp
        if len(imshp) != 3:
            raise ValueError(f"len(imshp) must be 2 or 3, got {len(imshp)}")
        if len(kshp) != 2:
            raise ValueError(f"len(kshp) must be 2, got {len(kshp)}")
        for name, step in ("dx", dx), ("dy", dy):
            if step is not None and int(step) != step:
                raise TypeError(f"ConvOp.__init__ param {name} must be an int", step)
        shapes = (bsize, *imshp), (nkern, None, *kshp)
        if (unroll_batch or unroll_kern) and None in (*shapes[0], nkern, *kshp):
            raise Exception("In ConvOp, when using unroll_batch and unroll_nkern, all shape are needed")
        steps = (1 if dx is None else int(dx), 1 if dy is None else int(dy))
        super().__init__(*shapes, border_mode=output_mode, subsample=steps)
        self.outshp = get_conv_output_shape(*shapes, output_mode, steps)[2:]
        if any(n is not None and n <= 0 for n in self.outshp):
            raise Exception(
                f"Bad size for the output shape: the filters {kshp} must fit inside the images {imshp}"
            )

    @staticmethod
    def getOutputShape(inshp: Any, kshp: Any, stride: Any = (1, 1), mode: str = "valid") -> tuple[Any, ...]:
        """Return the output's rows and columns."""
        warnings.warn("`getOutputShape` is deprecated, use `get_conv_output_shape` instead.", stacklevel=2)
        return tuple(get_conv_shape_1axis(i, k, mode, d) for i, k, d in zip(inshp, kshp, stride, strict=True))

    def make_node(self, inputs: Any, kerns: Any) -> Apply:
        """Return the node for images and filters, of one dtype."""
        inputs, kerns = pt.as_tensor_variable(inputs), pt.as_tensor_variable(kerns)
        if inputs.ndim != 4:
            raise TypeError(f"ConvOp (make_node) requires input be a 4D tensor; received {inputs.ndim} dims")
        if kerns.ndim != 4:
            raise TypeError(f"make_node requires 4D tensor of kernels; received {kerns.ndim} dims")
        if inputs.dtype != kerns.dtype:
            raise NotImplementedError(
                f"The image and the kernel must have the same type: {inputs.dtype} and {kerns.dtype}"
            )
        node = super().make_node(inputs, kerns)
        ones = [1 if n == 1 else None for n in self.outshp]
        static = (*node.outputs[0].type.shape[:2], *ones)
        return Apply(self, node.inputs, [node.outputs[0].type.clone(shape=static)()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Compute the convolution, after a look at the shapes."""
        for name, given, array in zip(("images", "filters"), (self.imshp, self.kshp), inputs, strict=True):
            for axis, (n, length) in enumerate(zip(given, array.shape, strict=True)):
                if n is not None and n != length:
                    message = (
                        f"The hardcoded shape of the {name} ({n} on axis {axis}) isn't the run time shape"
                    )
                    raise ValueError(f"{message} ({length})")
        super().perform(node, inputs, outputs)


def _constant(name: str, shape: Any) -> list[int | None] | None:
    if shape is None:
        return None
    result: list[int | None] = []
    for length in shape:
        if length is None:
            result.append(None)
            continue
        try:
            value = get_scalar_constant_value(pt.as_tensor_variable(length))
        except NotScalarConstantError:
            raise NotScalarConstantError(
                f"The convolution needs constant shape information. We got {length} for the {name} parameter"
            ) from None
        assert np.issubdtype(np.asarray(value).dtype, np.integer), f"{name} must be integers, and is {shape}"
        result.append(int(value))
    return result


def conv2d(
    input: Any,
    filters: Any,
    image_shape: Any = None,
    filter_shape: Any = None,
    border_mode: str = "valid",
    subsample: Any = (1, 1),
    **kargs: Any,
) -> Any:
    """Return the convolution of images (samples, channels, rows, columns) with filters, as of Theano 0.6.

    Parameters
    ----------
    input, filters : 4-D tensors of one dtype
    image_shape, filter_shape : sequence of int or None, optional
        They are checked when the function runs.
    border_mode : {"valid", "full"}
    subsample : pair of ints
    **kargs
        For `ConvOp`.
    """
    warnings.warn(
        "theano.tensor.nnet.conv.conv2d is deprecated. Use theano.tensor.nnet.conv2d instead.", stacklevel=2
    )
    images, kernels = _constant("image_shape", image_shape), _constant("filter_shape", filter_shape)
    if images and kernels and None not in (images[1], kernels[1]):
        assert images[1] == kernels[1], f"images have {images[1]} channels, and filters {kernels[1]}"
    op = ConvOp(
        imshp=images and images[1:],
        kshp=kernels and kernels[2:],
        nkern=kernels[0] if kernels else None,
        bsize=images[0] if images else None,
        dx=subsample[0],
        dy=subsample[1],
        output_mode=border_mode,
        **kargs,
    )
    return op(input, filters)


import_when_compiled([ConvOp], numba="conv_numba", jax="conv_jax")
