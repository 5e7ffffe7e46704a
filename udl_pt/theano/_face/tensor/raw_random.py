"""``theano.tensor.raw_random``: draws from a variable whose value is a `numpy.random.RandomState`."""

import sys
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.scalar import upcast
from pytensor.tensor.basic import get_vector_length
from pytensor.tensor.type import TensorType, integer_dtypes

from udl_pt.theano import _face as theano
from udl_pt.theano._face import tensor
from udl_pt.theano._ops.random_draws import (
    choice_helper,
    multinomial_helper,
    permutation_helper,
    random_integers_helper,
)
from udl_pt.theano._ops.random_state import (
    RandomFunction,
    RandomStateType,
    random_make_inplace,
    random_state_type,
)

__all__ = [
    "RandomFunction",
    "RandomStateType",
    "RandomStreamsBase",
    "binomial",
    "choice",
    "choice_helper",
    "multinomial",
    "multinomial_helper",
    "normal",
    "np",
    "permutation",
    "permutation_helper",
    "poisson",
    "random_integers",
    "random_integers_helper",
    "random_make_inplace",
    "random_state_type",
    "tensor",
    "theano",
    "uniform",
]

_PROB = (
    "DEPRECATION WARNING: the parameter prob of binomial is called p, as in NumPy. Theano served both names."
)


def _sample_type(dtype: str, bcast: Any) -> TensorType:
    """Return a tensor type from a broadcast pattern."""
    return TensorType(dtype=dtype, shape=tuple(1 if b else None for b in bcast))


def _borrowed_length(i: int, ndim: int, args: tuple[Any, ...]) -> tuple[Any, bool]:
    """Return the length in the i-th dimension that -1 stands for, and whether it broadcasts."""
    reach = [arg for arg in args if i >= ndim - arg.ndim]
    if not reach:
        raise ValueError(f"size has -1 in dimension {i}, but no parameter of the distribution has that dimension")
    for arg in reach:
        k = i + arg.ndim - ndim
        if not arg.type.broadcastable[k]:
            return arg.shape[k], False
    return 1, True


def _entries(shape: Any, ndim: int, args: tuple[Any, ...]) -> tuple[list[Any], list[bool]]:
    """Return a size's entries with each -1 replaced, and the broadcast pattern."""
    lengths, bcast = [], []
    for i, length in enumerate(shape):
        if hasattr(length, "type"):
            broadcasts = False
        elif length == -1:
            length, broadcasts = _borrowed_length(i, ndim, args)
        elif length < 0:
            raise ValueError(f"a size can't be negative, except for -1: got {length} in {shape}")
        else:
            broadcasts = length == 1
        lengths.append(length)
        bcast.append(broadcasts)
    return lengths, bcast


def _infer_ndim_bcast(ndim: int | None, shape: Any, *args: Any) -> tuple[int, Any, tuple[bool, ...]]:
    """Return the number of dimensions, the size as a vector, and the broadcast pattern.

    Parameters
    ----------
    ndim : int or None
        The number of dimensions, where `shape` leaves it open.
    shape : tuple, list, vector of integers, or None
        The size. -1 stands for the length of a parameter; None for the common shape of the parameters.
    *args : Variable
        The distribution's parameters.
    """
    most = max((arg.ndim for arg in args), default=0)
    if shape is None:
        if not args:
            raise TypeError("this distribution's parameters don't determine a shape: pass size=")
        shape, ndim = (-1,) * most, most
    if isinstance(shape, tuple | list):
        if ndim is not None and ndim != len(shape):
            raise ValueError(f"ndim is {ndim}, but the size {shape} has {len(shape)} entries")
        ndim = len(shape)
        lengths, bcast = _entries(shape, ndim, args)
        if any(hasattr(length, "type") for length in lengths):
            vector = pt.stack([pt.as_tensor_variable(length) for length in lengths])
        else:
            vector = pt.constant([int(length) for length in lengths], dtype="int64", ndim=1)
    else:
        vector = pt.as_tensor_variable(shape)
        if vector.ndim == 1:
            ndim = get_vector_length(vector) if ndim is None else ndim
            bcast = [False] * ndim
    if vector.ndim != 1:
        raise TypeError(f"size must be a vector or a list of numbers, got {vector.type}")
    if vector.dtype not in integer_dtypes:
        raise TypeError(f"size must hold integers, got {vector.dtype}")
    if most > ndim:
        raise ValueError(f"size has {ndim} entries, but a parameter of the distribution has {most} dimensions")
    return ndim, pt.cast(vector, "int64"), tuple(bcast)


def _floats(method: str, state: Any, size: Any, ndim: Any, dtype: Any, *args: Any) -> Any:
    """Draw from a distribution of real numbers; the dtype is at least as precise as floatX."""
    args = tuple(map(pt.as_tensor_variable, args))
    if dtype is None:
        dtype = upcast(pytensor.config.floatX, *(arg.dtype for arg in args))
    ndim, size, bcast = _infer_ndim_bcast(ndim, size, *args)
    return RandomFunction(method, _sample_type(dtype, bcast))(state, size, *args)


def uniform(
    random_state: Any,
    size: Any = None,
    low: Any = 0.0,
    high: Any = 1.0,
    ndim: int | None = None,
    dtype: str | None = None,
) -> Any:
    """Draw from the uniform distribution between `low` and `high`; returns the next state and the sample."""
    return _floats("uniform", random_state, size, ndim, dtype, low, high)


def normal(
    random_state: Any,
    size: Any = None,
    avg: Any = 0.0,
    std: Any = 1.0,
    ndim: int | None = None,
    dtype: str | None = None,
) -> Any:
    """Draw from the normal distribution; returns the next state and the sample."""
    return _floats("normal", random_state, size, ndim, dtype, avg, std)


def binomial(
    random_state: Any,
    size: Any = None,
    n: Any = 1,
    p: Any = 0.5,
    ndim: int | None = None,
    dtype: str = "int64",
    prob: Any = None,
) -> Any:
    """Draw the number of successes in `n` trials; returns the next state and the sample."""
    if prob is not None:
        p = prob
        print(_PROB, file=sys.stderr)  # noqa: T201
    n, p = pt.as_tensor_variable(n), pt.as_tensor_variable(p)
    ndim, size, _ = _infer_ndim_bcast(ndim, size, n, p)
    return RandomFunction("binomial", _sample_type(dtype, (False,) * ndim))(random_state, size, n, p)


def random_integers(
    random_state: Any,
    size: Any = None,
    low: Any = 0,
    high: Any = 1,
    ndim: int | None = None,
    dtype: str = "int64",
) -> Any:
    """Draw integers from `low` to `high`, both included; returns the next state and the sample."""
    low, high = pt.as_tensor_variable(low), pt.as_tensor_variable(high)
    ndim, size, bcast = _infer_ndim_bcast(ndim, size, low, high)
    return RandomFunction(random_integers_helper, _sample_type(dtype, bcast))(random_state, size, low, high)


def choice(
    random_state: Any,
    size: Any = None,
    a: Any = 2,
    replace: Any = True,
    p: Any = None,
    ndim: int | None = None,
    dtype: str = "int64",
) -> Any:
    """Draw values from the vector `a`, or from 0 to a - 1; returns the next state and the sample.

    Unlike Theano, this accepts an array `p`.
    """
    a = pt.as_tensor_variable(a)
    if isinstance(replace, bool):
        replace = pt.constant(replace, dtype="int8")
    else:
        replace = pt.as_tensor_variable(replace)
    if not hasattr(p, "ndim"):  # None and 0 stand for equal probabilities too
        p = p or []
    p = pt.as_tensor_variable(p)
    ndim, size, bcast = _infer_ndim_bcast(ndim, size)
    return RandomFunction(choice_helper, _sample_type(dtype, bcast))(random_state, size, a, replace, p)


def poisson(
    random_state: Any, size: Any = None, lam: Any = 1.0, ndim: int | None = None, dtype: str = "int64"
) -> Any:
    """Draw from the Poisson distribution with the mean `lam`; returns the next state and the sample."""
    lam = pt.as_tensor_variable(lam)
    ndim, size, bcast = _infer_ndim_bcast(ndim, size)
    return RandomFunction("poisson", _sample_type(dtype, bcast))(random_state, size, lam)


def permutation(
    random_state: Any, size: Any = None, n: Any = 1, ndim: int | None = None, dtype: str = "int64"
) -> Any:
    """Draw permutations of 0 to n - 1, of shape size + (n,); returns the next state and the sample."""
    bcast: tuple[bool, ...]
    if size is None or (isinstance(size, tuple) and not size):
        if ndim not in (None, 1):
            raise TypeError(f"without a size there is one permutation, a vector; got ndim={ndim}")
        size, bcast = (), ()
    else:
        ndim, size, bcast = _infer_ndim_bcast(ndim, size)
    op = RandomFunction(permutation_helper, _sample_type(dtype, (*bcast, False)), ndim_added=1)
    return op(random_state, size, n)


def multinomial(
    random_state: Any,
    size: Any = None,
    n: Any = 1,
    pvals: Any = (0.5, 0.5),
    ndim: int | None = None,
    dtype: str = "int64",
) -> Any:
    """Draw counts of `n` experiments, of shape size + (number of outcomes,).

    Parameters
    ----------
    random_state : Variable
        The generator.
    size : sequence, vector of integers, or None
        The shape without the outcomes. -1 stands for the length of `pvals`; None for the shape of the rest of it.
    n : integers
        Numbers of experiments.
    pvals : tensor
        Probabilities of the outcomes, in its last dimension.
    ndim : int, optional
        The number of entries of `size`, where it leaves that open.
    dtype : str
        The sample's dtype.

    Returns
    -------
    list of Variable
        The next state, and the sample.
    """
    n, pvals = pt.as_tensor_variable(n), pt.as_tensor_variable(pvals)
    ndim, size, bcast = _infer_ndim_bcast(ndim, size, n, pvals.T[0].T)
    outtype = _sample_type(dtype, (*bcast, pvals.type.broadcastable[-1]))
    return RandomFunction(multinomial_helper, outtype, ndim_added=1)(random_state, size, n, pvals)


class RandomStreamsBase:
    """The draws of a stream of generators: each makes a generator of its own with the method ``gen``."""

    gen: Any

    def binomial(
        self,
        size: Any = None,
        n: Any = 1,
        p: Any = 0.5,
        ndim: int | None = None,
        dtype: str = "int64",
        prob: Any = None,
    ) -> Any:
        """Draw the number of successes in `n` trials."""
        if prob is not None:
            p = prob
            print(_PROB, file=sys.stderr)  # noqa: T201
        return self.gen(binomial, size, n, p, ndim=ndim, dtype=dtype)

    def uniform(
        self,
        size: Any = None,
        low: Any = 0.0,
        high: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
    ) -> Any:
        """Draw from the uniform distribution between `low` and `high`."""
        return self.gen(uniform, size, low, high, ndim=ndim, dtype=dtype)

    def normal(
        self, size: Any = None, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None, dtype: str | None = None
    ) -> Any:
        """Draw from the normal distribution."""
        return self.gen(normal, size, avg, std, ndim=ndim, dtype=dtype)

    def random_integers(
        self, size: Any = None, low: Any = 0, high: Any = 1, ndim: int | None = None, dtype: str = "int64"
    ) -> Any:
        """Draw integers from `low` to `high`, both included."""
        return self.gen(random_integers, size, low, high, ndim=ndim, dtype=dtype)

    def choice(
        self,
        size: Any = None,
        a: Any = 2,
        replace: Any = True,
        p: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
    ) -> Any:
        """Draw values from the vector `a`, or from 0 to a - 1."""
        return self.gen(choice, size, a, replace, p, ndim=ndim, dtype=dtype)

    def poisson(
        self, size: Any = None, lam: Any = None, ndim: int | None = None, dtype: str = "int64"
    ) -> Any:
        """Draw from the Poisson distribution with the mean `lam`."""
        return self.gen(poisson, size, lam, ndim=ndim, dtype=dtype)

    def permutation(
        self, size: Any = None, n: Any = 1, ndim: int | None = None, dtype: str = "int64"
    ) -> Any:
        """Draw permutations of 0 to n - 1, of shape size + (n,)."""
        return self.gen(permutation, size, n, ndim=ndim, dtype=dtype)

    def multinomial(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = (0.5, 0.5),
        ndim: int | None = None,
        dtype: str = "int64",
    ) -> Any:
        """Draw counts of `n` experiments, of shape size + (number of outcomes,)."""
        return self.gen(multinomial, size, n, pvals, ndim=ndim, dtype=dtype)

    def shuffle_row_elements(self, input: Any) -> Any:
        """Return `input` with each row (its last dimension) shuffled; its attribute ``permutation`` says how."""
        perm = self.permutation(size=input.shape[:-1], n=input.shape[-1], ndim=input.ndim - 1)
        shuffled = pt.take_along_axis(input, perm, axis=-1)
        shuffled.permutation = perm
        return shuffled
