"""Convolutions of images in two and three dimensions, and their gradients: Theano's ``AbstractConv…``.

Each of the three Ops is linear in its two arguments, and its gradients are the other two: so derivatives of
every order follow.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.scalar import upcast
from pytensor.tensor.basic import get_scalar_constant_value
from pytensor.tensor.exceptions import NotScalarConstantError
from pytensor.tensor.type import TensorType

from udl_pt.theano._ops._lazy import import_when_compiled
from udl_pt.theano._ops.conv_shapes import assert_shape, get_conv_output_shape

__all__ = [
    "AbstractConv",
    "AbstractConv2d",
    "AbstractConv2d_gradInputs",
    "AbstractConv2d_gradWeights",
    "AbstractConv3d",
    "AbstractConv3d_gradInputs",
    "AbstractConv3d_gradWeights",
    "AbstractConv_gradInputs",
    "AbstractConv_gradWeights",
    "BaseAbstractConv",
]


def _constants(name: str, shape: Sequence[Any] | None, length: int) -> tuple[int | None, ...]:
    if not shape:
        return (None,) * length
    try:
        return tuple(None if n is None else int(get_scalar_constant_value(n)) for n in shape)
    except NotScalarConstantError:
        raise ValueError(f"{name} should be None or a tuple of constant int values, and is {shape}") from None


def _checked_border(mode: Any, axes: int) -> Any:
    """Return a border mode in the form in which Ops are compared."""
    if isinstance(mode, int | np.integer):
        if mode < 0:
            raise ValueError(f"invalid border_mode {mode}, which must be a non-negative integer")
        mode = (int(mode),) * axes
    if not isinstance(mode, tuple):
        if mode not in ("valid", "full", "half"):
            raise ValueError(
                f'invalid border_mode {mode}, which must be either "valid", "full", "half", an integer or a '
                f"tuple of length {axes}"
            )
        return mode
    if len(mode) != axes:
        raise ValueError(f"invalid border_mode {mode}, which must be a tuple of length {axes}")
    parts: list[Any] = []
    for part in mode:
        pair = part if isinstance(part, tuple) else (part, part)
        if len(pair) != 2 or not all(isinstance(n, int | np.integer) and n >= 0 for n in pair):
            raise ValueError(
                f"invalid border mode {mode}. The tuple can only contain integers or pairs of integers"
            )
        if isinstance(part, tuple) and axes != 2:
            raise NotImplementedError(f"Asymmetric padding not implemented for {axes}D")
        pair = tuple(int(n) for n in pair)
        parts.append(pair[0] if pair[0] == pair[1] else pair)
    return "valid" if not any(parts) else tuple(parts)


def _like(result: Any, original: Variable) -> Any:
    """Return a gradient that has length 1 wherever the variable has."""
    pairs = zip(result.type.broadcastable, original.type.broadcastable, strict=True)
    return pt.specify_broadcastable(result, *(i for i, (has, needs) in enumerate(pairs) if needs and not has))


class BaseAbstractConv(Op):  # type: ignore[misc]
    """What convolutions and their gradients have in common.

    Parameters
    ----------
    convdim : {2, 3}
    imshp, kshp : sequence of int or None, optional
        The images' and the filters' shape. The shape of the result is inferred from them.
    border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared
        As in ``theano.tensor.nnet.conv2d``.
    """

    __props__ = (
        "convdim",
        "border_mode",
        "subsample",
        "filter_flip",
        "imshp",
        "kshp",
        "filter_dilation",
        "num_groups",
        "unshared",
    )

    def __init__(
        self,
        convdim: int,
        imshp: Sequence[Any] | None = None,
        kshp: Sequence[Any] | None = None,
        border_mode: Any = "valid",
        subsample: Sequence[int] | None = None,
        filter_flip: bool = True,
        filter_dilation: Sequence[int] | None = None,
        num_groups: int = 1,
        unshared: bool = False,
    ) -> None:
        if convdim not in (2, 3):
            raise ValueError(f"convolution dimension {convdim} is not supported, only 2 and 3")
        if unshared and convdim != 2:
            raise NotImplementedError(f"Unshared convolution not implemented for {convdim}D")
        self.convdim = convdim
        self.border_mode = _checked_border(border_mode, convdim)
        self.imshp = _constants("imshp", imshp, 2 + convdim)
        self.kshp = _constants("kshp", kshp, 2 + convdim * (2 if unshared else 1))
        self.filter_flip = bool(filter_flip)
        subsample = (1,) * convdim if subsample is None else subsample
        filter_dilation = (1,) * convdim if filter_dilation is None else filter_dilation
        for name, steps in ("subsample", subsample), ("filter_dilation", filter_dilation):
            if len(steps) != convdim:
                raise ValueError(f"{name} must have {convdim} elements, and is {steps}")
            if min(steps) < 1:
                raise ValueError(f"{name} must be positive, and is {steps}")
        self.subsample = tuple(int(n) for n in subsample)
        self.filter_dilation = tuple(int(n) for n in filter_dilation)
        if num_groups < 1:
            raise ValueError(f"num_groups must have value greater than zero, and is {num_groups}")
        self.num_groups = int(num_groups)
        self.unshared = bool(unshared)

    def _relative(self, which: int) -> "BaseAbstractConv":
        """Return the convolution (0), or its gradient with regard to the images (1) or the filters (2)."""
        return _RELATIVES[self.convdim][which](
            imshp=self.imshp,
            kshp=self.kshp,
            border_mode=self.border_mode,
            subsample=self.subsample,
            filter_flip=self.filter_flip,
            filter_dilation=self.filter_dilation,
            num_groups=self.num_groups,
            **({"unshared": True} if self.unshared else {}),
        )

    def _images(self, name: str, x: Any) -> Any:
        x = pt.as_tensor_variable(x)
        if x.type.ndim != 2 + self.convdim:
            raise TypeError(f"{name} must be {2 + self.convdim}D tensor, and has {x.type.ndim} dimensions")
        return x

    def _filters(self, w: Any) -> Any:
        w = pt.as_tensor_variable(w)
        ndim, kind = (
            2 + self.convdim * (2 if self.unshared else 1),
            " for unshared convolution" * self.unshared,
        )
        if w.type.ndim != ndim:
            raise TypeError(f"kern must be {ndim}D tensor{kind}, and has {w.type.ndim} dimensions")
        return w

    def _floats(self, *arrays: Any) -> list[Any]:
        """Return arrays of one dtype, which BLAS knows."""
        dtype = upcast(*(a.dtype for a in arrays))
        if dtype not in ("float32", "float64"):
            raise TypeError(f"a convolution takes float32 or float64, and its arrays are {dtype}: use T.cast")
        return [a if a.dtype == dtype else pt.cast(a, dtype) for a in arrays]

    def _shape(self, shape: Any) -> Any:
        """Return the lengths of a gradient: a vector of them, or the array of whose shape it is."""
        shape = pt.as_tensor_variable(shape)
        if shape.type.ndim == 1 and shape.dtype not in pt.type.int_dtypes + pt.type.uint_dtypes:
            shape = pt.cast(shape, "int64")
        return shape

    def _known(self, given: Sequence[int | None], found: Sequence[Any]) -> list[Any]:
        return [
            there if n is None else pt.constant(n, dtype="int64")
            for n, there in zip(given, found, strict=True)
        ]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return that the shape, where there is one, takes no part in gradients."""
        return [[True], [True], [False]][: len(node.inputs)]


class AbstractConv(BaseAbstractConv):
    """Convolution: of images with filters."""

    def make_node(self, img: Any, kern: Any) -> Apply:
        """Return the node for images and filters."""
        img, kern = self._images("img", img), self._filters(kern)
        dtype = img.dtype
        img, kern = self._floats(img, kern)
        if img.dtype != dtype:
            raise TypeError(
                f"the filters are {kern.dtype}, and the images {dtype}: use T.cast on one of them"
            )
        of = "AbstractConv shape mismatch: shape of"
        img = assert_shape(img, self.imshp, f"{of} image does not match given imshp.")
        kern = assert_shape(kern, self.kshp, f"{of} filters does not match given kshp.")
        ones = [1 if x.type.broadcastable[0] else None for x in (img, kern)]
        return Apply(self, [img, kern], [TensorType(dtype, shape=(*ones, *(None,) * self.convdim))()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Compute the convolution."""
        from udl_pt.theano._ops.conv_arrays import forward

        outputs[0][0] = forward(self, *inputs)

    def infer_shape(self, *args: Any) -> list[Any]:
        """Return the shape, from the given shapes where they were given."""
        _node, shapes = args[-2:]  # PyTensor before 3.3 passes the graph first
        images, filters = self._known(self.imshp, shapes[0]), self._known(self.kshp, shapes[1])
        return [
            get_conv_output_shape(images, filters, self.border_mode, self.subsample, self.filter_dilation)
        ]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Return the gradients with regard to images and filters."""
        img, kern = inputs
        (top,) = cotangents
        by_images = self._relative(1).make_node(kern, top, img, add_assert_shape=False)
        by_filters = self._relative(2).make_node(img, top, kern, add_assert_shape=False)
        return [by_images.outputs[0], by_filters.outputs[0]]


class AbstractConv_gradInputs(BaseAbstractConv):
    """Gradient of a convolution with regard to the images."""

    def make_node(self, kern: Any, topgrad: Any, shape: Any, add_assert_shape: bool = True) -> Apply:
        """Return the node for filters, the output's gradient, and the images' lengths, or the images."""
        kern, topgrad = self._floats(self._filters(kern), self._images("topgrad", topgrad))
        if add_assert_shape:
            message = "AbstractConv_gradInputs shape mismatch: shape of filters does not match given kshp."
            kern = assert_shape(kern, self.kshp, message)
        shape = self._shape(shape)
        if shape.type.ndim > 1:
            static = shape.type.shape
        else:
            ones = (
                topgrad.type.broadcastable[0],
                kern.type.broadcastable[-self.convdim - 1] and self.num_groups == 1,
            )
            static = (*(1 if one else None for one in ones), *(None,) * self.convdim)
        return Apply(self, [kern, topgrad, shape], [TensorType(kern.dtype, shape=static)()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Compute the gradient."""
        from udl_pt.theano._ops.conv_arrays import by_images

        outputs[0][0] = by_images(self, *inputs)

    def infer_shape(self, *args: Any) -> list[Any]:
        """Return the images' shape."""
        node, shapes = args[-2:]  # PyTensor before 3.3 passes the graph first
        if node.inputs[2].type.ndim > 1:
            return [shapes[2]]
        lengths = [node.inputs[2][i] for i in range(self.convdim)]
        channels = shapes[0][-self.convdim - 1] * self.num_groups
        return [self._known(self.imshp, [shapes[1][0], channels, *lengths])]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Return the gradients with regard to the filters and to the output's gradient."""
        kern, top, _ = inputs
        (bottom,) = cotangents
        by_filters = self._relative(2).make_node(bottom, top, kern, add_assert_shape=False)
        by_top = self._relative(0)(bottom, kern)
        return [by_filters.outputs[0], _like(by_top, top), disconnected_type()]


class AbstractConv_gradWeights(BaseAbstractConv):
    """Gradient of a convolution with regard to the filters."""

    def make_node(self, img: Any, topgrad: Any, shape: Any, add_assert_shape: bool = True) -> Apply:
        """Return the node for images, the output's gradient, and the filters' lengths, or the filters."""
        img, topgrad = self._floats(self._images("img", img), self._images("topgrad", topgrad))
        if add_assert_shape:
            message = "AbstractConv_gradWeights shape mismatch: shape of image does not match given imshp."
            img = assert_shape(img, self.imshp, message)
        shape = self._shape(shape)
        if shape.type.ndim > 1:
            static = shape.type.shape
        else:
            filters, channels = (1 if x.type.broadcastable[1] else None for x in (topgrad, img))
            unknown = (None,) * self.convdim
            static = (filters, *(unknown if self.unshared else ()), channels, *unknown)
        return Apply(self, [img, topgrad, shape], [TensorType(img.dtype, shape=static)()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Compute the gradient."""
        from udl_pt.theano._ops.conv_arrays import by_filters

        outputs[0][0] = by_filters(self, *inputs)

    def infer_shape(self, *args: Any) -> list[Any]:
        """Return the filters' shape."""
        node, shapes = args[-2:]  # PyTensor before 3.3 passes the graph first
        images, top, like = shapes
        if node.inputs[2].type.ndim > 1:
            return [like]
        regions = top[2:] if self.unshared else ()
        lengths = [node.inputs[2][i] for i in range(self.convdim)]
        return [self._known(self.kshp, [top[1], *regions, images[1] // self.num_groups, *lengths])]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Return the gradients with regard to the images and to the output's gradient."""
        img, top, _ = inputs
        (weights,) = cotangents
        by_images = self._relative(1).make_node(weights, top, img, add_assert_shape=False)
        by_top = self._relative(0)(img, weights)
        return [by_images.outputs[0], _like(by_top, top), disconnected_type()]


class _In2d:
    def __init__(
        self,
        imshp: Any = None,
        kshp: Any = None,
        border_mode: Any = "valid",
        subsample: Any = (1, 1),
        filter_flip: bool = True,
        filter_dilation: Any = (1, 1),
        num_groups: int = 1,
        unshared: bool = False,
    ) -> None:
        options = (imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared)
        super().__init__(2, *options)  # type: ignore[call-arg]


class _In3d:
    def __init__(
        self,
        imshp: Any = None,
        kshp: Any = None,
        border_mode: Any = "valid",
        subsample: Any = (1, 1, 1),
        filter_flip: bool = True,
        filter_dilation: Any = (1, 1, 1),
        num_groups: int = 1,
    ) -> None:
        options = (imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups)
        super().__init__(3, *options)  # type: ignore[call-arg]


class AbstractConv2d(_In2d, AbstractConv):
    """Convolution in two dimensions."""


class AbstractConv2d_gradInputs(_In2d, AbstractConv_gradInputs):
    """Gradient of a convolution in two dimensions with regard to the images."""


class AbstractConv2d_gradWeights(_In2d, AbstractConv_gradWeights):
    """Gradient of a convolution in two dimensions with regard to the filters."""


class AbstractConv3d(_In3d, AbstractConv):
    """Convolution in three dimensions."""


class AbstractConv3d_gradInputs(_In3d, AbstractConv_gradInputs):
    """Gradient of a convolution in three dimensions with regard to the images."""


class AbstractConv3d_gradWeights(_In3d, AbstractConv_gradWeights):
    """Gradient of a convolution in three dimensions with regard to the filters."""


_RELATIVES: dict[int, tuple[Any, ...]] = {
    2: (AbstractConv2d, AbstractConv2d_gradInputs, AbstractConv2d_gradWeights),
    3: (AbstractConv3d, AbstractConv3d_gradInputs, AbstractConv3d_gradWeights),
}
import_when_compiled([op for ops in _RELATIVES.values() for op in ops], numba="conv_numba", jax="conv_jax")
