"""``theano.tensor.fourier``: the complex Fourier transform along one axis."""

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply, Constant
from pytensor.graph.op import Op

from udl_pt.theano._face.tensor._creation import as_tensor_variable

__all__ = ["Fourier", "fft"]


class Fourier(Op):
    """``fft(a, n, axis)``: the transform of `a`, cropped to length `n` or padded with zeros.

    `n` is the axis' length where it is None, `axis` the last one. For gradients of real numbers, use
    `theano.tensor.fft.rfft`.
    """

    __props__ = ()

    def make_node(self, a: Any, n: Any, axis: Any) -> Apply:
        """Return the node; a TypeError for a scalar, or an axis that doesn't exist."""
        a = as_tensor_variable(a)
        if a.ndim < 1:
            raise TypeError(f"Fourier takes a vector or more, and {a} is a scalar")
        axis = _integer("axis", a.ndim - 1 if axis is None else axis, 0, a.ndim - 1)
        n = _integer("n", a.shape[axis] if n is None else n, 1, np.inf)
        number = axis.data.item() if isinstance(axis, Constant) else None
        kept = [1 if on and i != number else None for i, on in enumerate(a.broadcastable)]
        return Apply(self, [a, n, axis], [pt.TensorType("complex128", shape=kept)()])

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        """Compute the transform."""
        a, n, axis = inputs
        output_storage[0][0] = np.fft.fft(a, n=int(n), axis=int(axis)).astype("complex128", copy=False)

    def infer_shape(self, *args: Any) -> Any:
        """Return the input's shape, with `n` for the axis."""
        node, shapes = args[-2:]  # PyTensor before 3.3 passes the graph first
        _, n, axis = node.inputs
        return [[pt.switch(pt.eq(axis, i), n, length) for i, length in enumerate(shapes[0])]]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        """Return that `a` alone has a gradient."""
        return [[True], [False], [False]]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> Any:
        """Return the gradient by `a`: the same transform, as its matrix is symmetric."""
        (a, n, axis), (gz,) = inputs, cotangents
        if not isinstance(axis, Constant):
            raise NotImplementedError("the gradient of Fourier needs a constant axis")
        kept = (slice(None),) * int(axis.data) + (slice(None, pt.minimum(n, a.shape[axis])),)
        padded = pt.zeros(tuple(a.shape), dtype="complex128")
        gradient = pt.set_subtensor(padded[kept], self(gz, n, axis)[kept])
        if "complex" not in a.dtype:
            gradient = pt.real(gradient).astype(a.dtype)
        return [gradient, disconnected_type(), disconnected_type()]


def _integer(name: str, value: Any, low: float, high: float) -> Any:
    value = as_tensor_variable(value)
    if value.dtype not in pt.type.integer_dtypes or value.ndim != 0:
        raise TypeError(f"{name} must be an integer, and is of type {value.type}")
    if isinstance(value, Constant) and not low <= value.data <= high:
        raise TypeError(f"{name} must be from {low} to {high}, not {value.data}")
    return value


fft = Fourier()
