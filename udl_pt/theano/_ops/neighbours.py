"""Neighbourhoods of pixels as rows of a matrix, and back."""

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

from udl_pt.theano._ops._lazy import import_when_compiled

__all__ = ["Images2Neibs", "images2neibs", "neibs2images"]

MODES = ("valid", "half", "full", "wrap_centered", "ignore_borders")


def _arguments(neib_shape: Any, neib_step: Any) -> list[Any]:
    neib_shape = pt.as_tensor_variable(neib_shape)
    neib_step = neib_shape if neib_step is None else pt.as_tensor_variable(neib_step)
    for name, value in ("neib_shape", neib_shape), ("neib_step", neib_step):
        assert value.ndim == 1, f"{name} must be a vector, and has {value.ndim} dimensions"
    return [neib_shape, neib_step]


class Images2Neibs(Op):  # type: ignore[misc]
    """Make a row of each neighbourhood of pixels.

    Parameters
    ----------
    mode : {"valid", "half", "full", "wrap_centered", "ignore_borders"}
    """

    __props__ = ("mode",)

    def __init__(self, mode: str = "valid") -> None:
        if mode not in MODES:
            raise NotImplementedError(f"Images2Neibs has the modes {', '.join(MODES)}, and not {mode!r}")
        self.mode = mode

    def make_node(self, ten4: Any, neib_shape: Any, neib_step: Any = None) -> Apply:
        """Return the node for images, the neighbourhoods' shape, and the steps between them."""
        ten4 = pt.as_tensor_variable(ten4)
        assert ten4.ndim == 4, f"ten4 must have four dimensions, and has {ten4.ndim}"
        return Apply(self, [ten4, *_arguments(neib_shape, neib_step)], [pt.matrix(dtype=ten4.dtype)])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Copy the neighbourhoods."""
        from udl_pt.theano._ops.neighbours_kernels import copy_neighbours

        x, shape, step = inputs
        outputs[0][0] = copy_neighbours(np.ascontiguousarray(x), *self.positions(x.shape, shape, step))

    def positions(self, images: Any, shape: Any, step: Any) -> tuple[Any, Any]:
        """Return which rows and which columns the items of neighbourhoods are."""
        from udl_pt.theano._ops.neighbours_kernels import positions

        assert len(shape) == 2, f"neib_shape must have two items, and is {shape}"
        assert len(step) == 2, f"neib_step must have two items, and is {step}"
        rows, columns = (positions(images[i + 2], int(shape[i]), int(step[i]), self.mode) for i in range(2))
        return rows, columns

    def infer_shape(self, *args: Any) -> list[Any]:
        """Return the matrix's shape."""
        node, shapes = args[-2:]  # PyTensor before 3.3 passes the graph first
        images, (_, shape, step) = shapes[0], node.inputs
        total = images[0] * images[1]
        for i in range(2):
            length, width = images[i + 2], shape[i]
            room = {
                "wrap_centered": length - 1,
                "half": length - width % 2,
                "full": length + width - 2,
            }.get(self.mode, length - width)
            total = total * (room // step[i] + 1)
        return [(total, shape[0] * shape[1])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return that shape and step take no part in gradients."""
        return [[True], [False], [False]]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Return the gradient with regard to the images."""
        gx = Images2NeibsGrad(self.mode)(inputs[0], cotangents[0], *inputs[1:])
        return [gx, disconnected_type(), disconnected_type()]


class Images2NeibsGrad(Images2Neibs):
    """The gradient of `Images2Neibs` with regard to the images."""

    def make_node(  # type: ignore[override]
        self, x: Any, gz: Any, neib_shape: Any, neib_step: Any = None
    ) -> Apply:
        """Return the node for images, whose shape counts, and the gradient of the matrix."""
        return Apply(self, [x, pt.as_tensor_variable(gz), *_arguments(neib_shape, neib_step)], [x.type()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Add the neighbourhoods up."""
        from udl_pt.theano._ops.neighbours_kernels import add_neighbours

        x, gz, shape, step = inputs
        outputs[0][0] = gx = np.zeros(x.shape, x.dtype)
        add_neighbours(gx, np.ascontiguousarray(gz), *self.positions(x.shape, shape, step))

    def infer_shape(self, *args: Any) -> list[Any]:
        """Return the images' shape."""
        _node, shapes = args[-2:]  # PyTensor before 3.3 passes the graph first
        return [shapes[0]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return that only the matrix's gradient takes part in gradients."""
        return [[False], [True], [False], [False]]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Return the gradient with regard to the matrix's gradient."""
        ggz = Images2Neibs(self.mode)(cotangents[0], *inputs[2:])
        return [disconnected_type(), ggz, disconnected_type(), disconnected_type()]


def images2neibs(ten4: Any, neib_shape: Any, neib_step: Any = None, mode: str = "valid") -> Any:
    """Return a matrix with a row for each neighbourhood of each image.

    Parameters
    ----------
    ten4 : 4-D tensor
        Of the images the last two axes are rows and columns.
    neib_shape : pair of ints, or vector of them
        The neighbourhoods' rows and columns.
    neib_step : pair of ints, or vector of them, optional
        The step from one neighbourhood to the next; without it they don't overlap.
    mode : {"valid", "half", "full", "wrap_centered", "ignore_borders"}
        The images must be covered without a rest: as they are; with zeros around, half or all of a
        neighbourhood; or with their other border around. The last mode ignores a rest.
    """
    return Images2Neibs(mode)(ten4, neib_shape, neib_step)


def neibs2images(neibs: Any, neib_shape: Any, original_shape: Any, mode: str = "valid") -> Any:
    """Return the images whose `images2neibs`, without overlap, is this matrix.

    Parameters
    ----------
    neibs : matrix
    neib_shape : pair of ints
    original_shape : sequence of four ints, or vector of them
    mode : {"valid", "ignore_borders"}
    """
    if mode not in ("valid", "ignore_borders"):
        raise NotImplementedError(
            f"neibs2images has the modes 'valid' and 'ignore_borders', and not {mode!r}"
        )
    neibs, neib_shape = pt.as_tensor_variable(neibs), pt.as_tensor_variable(neib_shape)
    shape = pt.as_tensor_variable(original_shape)
    whole = [shape[i + 2] // neib_shape[i] for i in range(2)]
    parts = neibs.reshape((shape[0], shape[1], *whole, neib_shape[0], neib_shape[1])).dimshuffle(
        0, 1, 2, 4, 3, 5
    )
    if mode == "valid":
        return parts.reshape(shape, ndim=4)
    images = parts.reshape((shape[0], shape[1], whole[0] * neib_shape[0], whole[1] * neib_shape[1]))
    for axis in 2, 3:
        border = [images.shape[i] for i in range(4)]
        border[axis] = shape[axis] - images.shape[axis]
        images = pt.concatenate([images, pt.zeros(border, dtype=pytensor.config.floatX)], axis=axis)
    return images


import_when_compiled([Images2Neibs, Images2NeibsGrad], numba="neighbours_numba", jax="neighbours_jax")
