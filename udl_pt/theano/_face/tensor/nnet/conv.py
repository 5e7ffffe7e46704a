"""``theano.tensor.nnet.conv``: the earlier interface to convolution in two dimensions."""

from udl_pt.theano._ops.conv_old import ConvOp, conv2d
from udl_pt.theano._ops.conv_shapes import get_conv_output_shape, get_conv_shape_1axis

__all__ = ["ConvOp", "conv2d", "get_conv_output_shape", "get_conv_shape_1axis", "imported_scipy_signal"]

imported_scipy_signal = True
