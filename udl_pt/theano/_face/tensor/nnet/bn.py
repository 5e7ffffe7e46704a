"""``theano.tensor.nnet.bn``: batch normalisation."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pytensor.tensor as pt
from pytensor import config
from pytensor.gradient import zero_grad

from udl_pt.theano._face.tensor._creation import as_tensor_variable
from udl_pt.theano._face.tensor._shapes import addbroadcast
from udl_pt.theano._names import fallback

if not TYPE_CHECKING:
    __getattr__ = fallback(
        __name__,
        (),
        dict.fromkeys(
            [
                "AbstractBatchNormInference",
                "AbstractBatchNormTrain",
                "AbstractBatchNormTrainGrad",
                "BNComposite",
            ],
            "batch normalisation is a graph here: call batch_normalization_train or batch_normalization_test",
        ),
    )

__all__ = ["batch_normalization", "batch_normalization_test", "batch_normalization_train"]


def batch_normalization(
    inputs: Any, gamma: Any, beta: Any, mean: Any, std: Any, mode: str = "low_mem"
) -> Any:
    """Return (inputs - mean) / std * gamma + beta, with the arguments broadcast as they are.

    Parameters
    ----------
    inputs, gamma, beta, mean, std : variables
    mode : str
        "low_mem" or "high_mem"; the latter multiplies by gamma / std.
    """
    if mode == "low_mem":
        return (inputs - mean) / std * gamma + beta
    if mode == "high_mem":
        return (inputs - mean) * (gamma / std) + beta
    raise ValueError(f'mode must be "low_mem" or "high_mem", not {mode!r}')


def _split_axes(axes: Any, ndim: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the axes over which statistics are taken, and the others."""
    if isinstance(axes, str) and axes == "per-activation":
        axes = (0,)
    elif isinstance(axes, str) and axes == "spatial":
        axes = (0, *range(2, ndim))
    elif isinstance(axes, tuple | list | np.ndarray):
        axes = tuple(sorted(int(a) for a in axes))
    else:
        raise ValueError(f'axes must be "per-activation", "spatial" or a tuple of integers, not {axes!r}')
    if not axes:
        raise ValueError("axes is empty: pass at least one axis")
    if min(axes) < 0 or max(axes) >= ndim:
        raise ValueError(f"axes must be from 0 to {ndim - 1}, and are {axes}")
    return axes, tuple(i for i in range(ndim) if i not in axes)


def _prepare(inputs: Any, axes: Any, epsilon: float, **parameters: Any) -> tuple[Any, ...]:
    """Return axes, whether the parameters lack them, epsilon, and the variables ready to broadcast."""
    ndim = inputs.ndim
    axes, kept = _split_axes(axes, ndim)
    short = parameters["gamma"].ndim != ndim
    wanted = len(kept) if short else ndim
    for name, value in parameters.items():
        if value.ndim != wanted:
            raise ValueError(
                f"{name} has {value.ndim} axes, not {wanted}: gamma, beta and statistics need as many axes "
                "as the inputs, or one for each axis that isn't normalised"
            )
    epsilon = np.asarray(epsilon, dtype=config.floatX)[()]
    if epsilon < 1e-5:
        raise ValueError(f"epsilon must be at least 1e-5, and is {epsilon}")
    values = [as_tensor_variable(value) for value in (inputs, *parameters.values())]
    dtype = pt.basic.ps.upcast(*(value.dtype for value in values))
    pattern = [kept.index(i) if i in kept else "x" for i in range(ndim)]
    ready = [values[0].astype(dtype)]
    for value in values[1:]:
        value = value.dimshuffle(pattern) if short else addbroadcast(value, *axes)
        ready.append(value.astype(dtype))
    return axes, kept, short, pt.constant(epsilon).astype(dtype), ready


def batch_normalization_train(
    inputs: Any,
    gamma: Any,
    beta: Any,
    axes: Any = "per-activation",
    epsilon: float = 1e-4,
    running_average_factor: Any = 0.1,
    running_mean: Any = None,
    running_var: Any = None,
) -> tuple[Any, ...]:
    """Normalise a batch by its own mean and variance.

    Parameters
    ----------
    inputs : variable
    gamma, beta : variables
        Scale and shift: one axis for each axis that isn't normalised, or as many axes as the inputs.
    axes : str or tuple of int
        "per-activation" for axis 0, "spatial" for all axes but the channels'.
    epsilon : float
        Added to the variance; at least 1e-5.
    running_average_factor : float
        The weight of this batch in the running averages.
    running_mean, running_var : variables, optional
        Running averages; both or neither.

    Returns
    -------
    tuple
        The output, the batch's mean, 1 / sqrt(variance + epsilon), and with running averages their new values
        (the variance without bias).
    """
    if (running_mean is None) != (running_var is None):
        raise ValueError("pass both running_mean and running_var, or neither")
    parameters = {"gamma": gamma, "beta": beta}
    if running_mean is not None:
        parameters |= {"running_mean": running_mean, "running_var": running_var}
    axes, kept, short, eps, (x, scale, shift, *running) = _prepare(inputs, axes, epsilon, **parameters)
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    invstd = 1 / pt.sqrt(var + eps)
    statistics = [zero_grad(mean), zero_grad(invstd)]  # as in Theano, which differentiates the output alone
    if running:
        factor = as_tensor_variable(running_average_factor).astype(x.dtype)
        count = (pt.prod(x.shape) / pt.prod(scale.shape)).astype(x.dtype)
        for old, new in zip(running, (mean, var * (count / (count - 1))), strict=True):
            statistics.append(old * (1 - factor) + zero_grad(new) * factor)
    if short:
        statistics = [value.dimshuffle(kept) for value in statistics]
    return ((x - mean) * (scale * invstd) + shift, *statistics)


def batch_normalization_test(
    inputs: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    axes: Any = "per-activation",
    epsilon: float = 1e-4,
) -> Any:
    """Normalise a batch by a mean and a variance; the parameters as of `batch_normalization_train`."""
    parameters = {"gamma": gamma, "beta": beta, "mean": mean, "var": var}
    _, _, _, eps, (x, scale, shift, mean, var) = _prepare(inputs, axes, epsilon, **parameters)
    return (x - mean) * (scale / pt.sqrt(var + eps)) + shift
