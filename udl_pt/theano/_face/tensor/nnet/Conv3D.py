"""``theano.tensor.nnet.Conv3D``: convolution with channels last, of Theano 0.3 to 0.8."""

from typing import Any

import pytensor.tensor as pt

from udl_pt.theano._ops.conv import AbstractConv3d

__all__ = ["Conv3D", "conv3D"]


class Conv3D:
    """Correlation of images with filters, plus a bias: call it with them."""

    def __call__(self, V: Any, W: Any, b: Any, d: Any) -> Any:
        """Return the correlation.

        Parameters
        ----------
        V : 5-D tensor, shape (samples, rows, columns, times, channels)
        W : 5-D tensor, shape (filters, rows, columns, times, channels)
        b : vector, one for each filter
        d : sequence of three ints
            The steps between positions.
        """
        images, filters = (pt.as_tensor_variable(x).dimshuffle(0, 4, 1, 2, 3) for x in (V, W))
        steps = tuple(int(n) for n in pt.as_tensor_variable(d).eval())
        op = AbstractConv3d(subsample=steps, filter_flip=False)
        return op(images, filters).dimshuffle(0, 2, 3, 4, 1) + b


conv3D = Conv3D()
