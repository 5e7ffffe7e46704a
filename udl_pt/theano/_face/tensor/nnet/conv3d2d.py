"""``theano.tensor.nnet.conv3d2d``: convolution of films, with time as the second axis."""

from typing import Any

import pytensor.tensor as pt

from udl_pt.theano._ops.conv_graphs import conv3d as convolve

__all__ = ["conv3d"]

_MODES = ("valid", "full", "half")


def _moved(shape: Any) -> Any:
    return None if shape is None else tuple(shape[i] for i in (0, 2, 1, 3, 4))


def conv3d(
    signals: Any,
    filters: Any,
    signals_shape: Any = None,
    filters_shape: Any = None,
    border_mode: Any = "valid",
) -> Any:
    """Return the convolution of films with filters.

    Parameters
    ----------
    signals : 5-D tensor, shape (samples, times, channels, rows, columns)
    filters : 5-D tensor, shape (filters, times, channels, rows, columns)
    signals_shape, filters_shape : sequence of five, optional
    border_mode : {"valid", "full", "half"}, or a tuple of three of these for time, rows and columns

    Returns
    -------
    tensor, shape (samples, times, filters, rows, columns)
    """
    signals, filters = pt.as_tensor_variable(signals), pt.as_tensor_variable(filters)
    modes = border_mode if isinstance(border_mode, tuple) else (border_mode,) * 3
    if len(modes) != 3 or any(mode not in _MODES for mode in modes):
        raise ValueError(
            f"invalid border mode {border_mode}: it is one of {_MODES}, or a tuple of three of them"
        )
    if len(set(modes)) > 1:
        raise NotImplementedError(f"conv3d2d: one border mode for all axes is served, and not {border_mode}")
    films, kernels = (x.dimshuffle(0, 2, 1, 3, 4) for x in (signals, filters))
    y = convolve(films, kernels, _moved(signals_shape), _moved(filters_shape), modes[0])
    return y.dimshuffle(0, 2, 1, 3, 4)
