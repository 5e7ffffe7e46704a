"""Forget that axes of a tensor have length 1, as ``theano.tensor.unbroadcast`` does."""

from collections.abc import Iterable
from typing import Any

from pytensor.compile.ops import TypeCastingOp
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.tensor.basic import as_tensor_variable
from pytensor.tensor.shape import specify_broadcastable
from pytensor.tensor.type import DenseTensorType

__all__ = ["Unbroadcast"]


class Unbroadcast(TypeCastingOp):  # type: ignore[misc]  # PyTensor has no types here
    """Return its input, with axes whose length the type no longer states.

    Parameters
    ----------
    axes : iterable of int
        The axes, not negative.
    """

    __props__ = ("axes",)
    c_code_and_version = {  # noqa: RUF012  (as in the base class)
        DenseTensorType: ("Py_XDECREF(%(oname)s); %(oname)s = %(iname)s; Py_XINCREF(%(oname)s);", 1)
    }

    def __init__(self, axes: Iterable[int]) -> None:
        self.axes = tuple(sorted(axes))

    def make_node(self, x: Any) -> Apply:
        """Return the node: the output's type has no length on these axes."""
        x = as_tensor_variable(x)
        shape = [None if i in self.axes else length for i, length in enumerate(x.type.shape)]
        return Apply(self, [x], [x.type.clone(shape=shape)()])

    def infer_shape(self, *args: Any) -> list[Any]:
        """Return the input's shape."""
        _node, shapes = args[-2:]  # PyTensor before 3.3 passes the graph first
        return shapes

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Return the output's gradient, with the input's type."""
        ones = [i for i in self.axes if inputs[0].type.shape[i] == 1]
        return [specify_broadcastable(cotangents[0], *ones)]

    def pushforward(self, inputs: Any, outputs: Any, tangents: Any) -> list[Any]:
        """Return the input's tangent, with the output's type."""
        if isinstance(tangents[0].type, DisconnectedType):
            return [disconnected_type()]
        return [self(tangents[0])]
