"""Shapes of convolutions: of the output, of the images, of the filters; with numbers or symbolic."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.raise_op import Assert
from pytensor.tensor.basic import get_scalar_constant_value
from pytensor.tensor.exceptions import NotScalarConstantError

__all__ = [
    "assert_conv_shape",
    "assert_shape",
    "border_mode_to_pad",
    "check_conv_gradinputs_shape",
    "get_conv_gradinputs_shape",
    "get_conv_gradinputs_shape_1axis",
    "get_conv_gradweights_shape",
    "get_conv_gradweights_shape_1axis",
    "get_conv_output_shape",
    "get_conv_shape_1axis",
]


def _zeros(border_mode: Any, span: Any) -> tuple[Any, Any]:
    """Return the zeros before and after one axis, for filters that span so many pixels."""
    if border_mode in ("half", "full", "valid"):
        zeros = span // 2 if border_mode == "half" else span - 1 if border_mode == "full" else 0
        return zeros, zeros
    before, after = border_mode if isinstance(border_mode, tuple) else (border_mode, border_mode)
    if before < 0 or after < 0:
        raise ValueError(f"border_mode must be >= 0, and is {border_mode}")
    return before, after


def _axes(border_mode: Any, count: int) -> tuple[Any, ...]:
    return border_mode if isinstance(border_mode, tuple) else (border_mode,) * count


def _unknown(*values: Any) -> bool:
    return any(value is None for value in values)


def get_conv_shape_1axis(
    image_shape: Any, kernel_shape: Any, border_mode: Any, subsample: Any, dilation: Any = 1
) -> Any:
    """Return the output's length on one axis; None where something isn't known."""
    if _unknown(image_shape, kernel_shape, border_mode, subsample, dilation):
        return None
    span = (kernel_shape - 1) * dilation + 1
    before, after = _zeros(border_mode, span)
    length = image_shape - span
    for zeros in before, after:
        if not (isinstance(zeros, int | np.integer) and zeros == 0):  # keeps a symbolic shape small
            length = length + zeros
    if not (isinstance(subsample, int | np.integer) and subsample == 1):
        length = length // subsample
    return length + 1


def get_conv_output_shape(
    image_shape: Sequence[Any],
    kernel_shape: Sequence[Any],
    border_mode: Any,
    subsample: Sequence[Any],
    filter_dilation: Sequence[Any] | None = None,
) -> tuple[Any, ...]:
    """Return the shape of a convolution: samples, filters, and one length for each axis.

    Parameters
    ----------
    image_shape : sequence of int, None or scalar
        Samples, channels, and the lengths.
    kernel_shape : sequence of int, None or scalar
        Filters, channels, and the lengths. Unshared filters have the output's lengths before the channels.
    border_mode, subsample, filter_dilation
        As in ``theano.tensor.nnet.conv2d``.
    """
    axes = len(image_shape) - 2
    lengths = zip(
        image_shape[2:],
        kernel_shape[-axes:],
        _axes(border_mode, axes),
        subsample,
        np.ones(axes, int) if filter_dilation is None else filter_dilation,
        strict=True,
    )
    return (image_shape[0], kernel_shape[0], *(get_conv_shape_1axis(*axis) for axis in lengths))


def get_conv_gradweights_shape_1axis(
    image_shape: Any, top_shape: Any, border_mode: Any, subsample: Any, dilation: Any
) -> Any:
    """Return the filters' length on one axis; None where it isn't known or not unique."""
    if _unknown(image_shape, top_shape, border_mode, subsample, dilation):
        return None
    if subsample != 1 or border_mode == "half":
        return None
    if border_mode == "full":
        span = top_shape - image_shape
    else:
        before, after = _zeros(border_mode, 0)
        span = image_shape + before + after - top_shape
    return span // dilation + 1


def get_conv_gradweights_shape(
    image_shape: Sequence[Any],
    top_shape: Sequence[Any],
    border_mode: Any,
    subsample: Sequence[Any],
    filter_dilation: Sequence[Any] | None = None,
    num_groups: int = 1,
    unshared: bool = False,
) -> tuple[Any, ...]:
    """Return the filters' shape as far as the images' and the output's tell it.

    The first item is the output's channels, divided by the groups; the next is the images' channels.
    """
    axes = len(subsample)
    filters = top_shape[1] // num_groups if num_groups > 1 else top_shape[1]
    lengths = tuple(
        get_conv_gradweights_shape_1axis(*axis)
        for axis in zip(
            image_shape[2:],
            top_shape[2:],
            _axes(border_mode, axes),
            subsample,
            filter_dilation or (1,) * axes,
            strict=True,
        )
    )
    regions = tuple(top_shape[2:]) if unshared else ()
    return (filters, *regions, image_shape[1], *lengths)


def get_conv_gradinputs_shape_1axis(
    kernel_shape: Any, top_shape: Any, border_mode: Any, subsample: Any, dilation: Any
) -> Any:
    """Return the images' length on one axis; None where it isn't known or not unique."""
    if _unknown(kernel_shape, top_shape, border_mode, subsample, dilation) or subsample != 1:
        return None
    span = (kernel_shape - 1) * dilation + 1
    before, after = _zeros(border_mode, span)
    return top_shape + span - 1 - before - after


def get_conv_gradinputs_shape(
    kernel_shape: Sequence[Any],
    top_shape: Sequence[Any],
    border_mode: Any,
    subsample: Sequence[Any],
    filter_dilation: Sequence[Any] | None = None,
    num_groups: int = 1,
) -> tuple[Any, ...]:
    """Return the images' shape as far as the filters' and the output's tell it."""
    axes = len(top_shape) - 2
    channels = kernel_shape[1] * num_groups if num_groups > 1 else kernel_shape[1]
    lengths = zip(
        kernel_shape[-axes:],
        top_shape[2:],
        _axes(border_mode, axes),
        subsample,
        filter_dilation or (1,) * axes,
        strict=True,
    )
    return (top_shape[0], channels, *(get_conv_gradinputs_shape_1axis(*axis) for axis in lengths))


def _constant(value: Any) -> int | None:
    try:
        return int(get_scalar_constant_value(value))
    except NotScalarConstantError:
        return None


def check_conv_gradinputs_shape(
    image_shape: Sequence[Any],
    kernel_shape: Sequence[Any],
    output_shape: Sequence[Any],
    border_mode: Any,
    subsample: Sequence[Any],
    filter_dilation: Sequence[Any] | None = None,
) -> bool:
    """Return False if images and filters of these shapes don't make an output of this shape."""
    sizes = {len(image_shape), len(kernel_shape), len(output_shape), len(subsample) + 2}
    if filter_dilation is not None:
        sizes.add(len(filter_dilation) + 2)
    if len(sizes) > 1:
        return False
    computed = get_conv_output_shape(image_shape, kernel_shape, border_mode, subsample, filter_dilation)
    for pair in zip(output_shape, computed, strict=True):
        if not _unknown(*pair):
            one, other = map(_constant, pair)
            if not _unknown(one, other) and one != other:
                return False
    return True


def assert_conv_shape(shape: Sequence[Any]) -> tuple[Any, ...]:
    """Raise a ValueError for a constant length that no convolution has; add a check to symbolic ones."""
    checked = []
    for i, length in enumerate(shape):
        least, known = (0 if i < 2 else 1), _constant(length)
        sign = "<" if i < 2 else "<="
        if known is None:
            check = Assert(f"The convolution would produce an invalid shape (dim[{i}] {sign} 0).")
            checked.append(check(length, pt.ge(length, least)))
        elif known < least:
            raise ValueError(f"The convolution would produce an invalid shape (dim[{i}]: {known} {sign} 0).")
        else:
            checked.append(length)
    return tuple(checked)


def assert_shape(x: Any, expected_shape: Sequence[Any] | None, msg: str = "Unexpected shape.") -> Any:
    """Return `x`, with a check of its shape where ``theano.config.conv.assert_shape`` is set."""
    from udl_pt.theano._config import config

    if expected_shape is None or not getattr(getattr(config, "conv", None), "assert_shape", False):
        return x
    checks = [pt.eq(x.shape[i], length) for i, length in enumerate(expected_shape) if length is not None]
    return Assert(msg)(x, *checks) if checks else x


def border_mode_to_pad(mode: Any, convdim: int, kshp: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return the zeros before and after each axis."""
    if isinstance(mode, tuple):
        if len(mode) != convdim:
            raise ValueError(f"invalid border_mode {mode} which must be a tuple of length {convdim}")
        for part in mode:
            pair = part if isinstance(part, tuple) else (part, part)
            if not all(isinstance(zeros, int) and zeros >= 0 for zeros in pair):
                raise ValueError(
                    f"invalid border mode {mode}: it can only contain integers or pairs of integers"
                )
            if len(pair) != 2:
                raise NotImplementedError(f"asymmetric padding not implemented for {len(pair)}d")
        return tuple(part if isinstance(part, tuple) else (part, part) for part in mode)
    if mode not in ("valid", "full", "half"):
        raise ValueError(f'invalid border_mode {mode}, which must be "valid", "full", "half" or a tuple')
    return tuple(_zeros(mode, kshp[i]) for i in range(convdim))
