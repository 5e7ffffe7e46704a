"""``theano.sandbox.rng_mrg``: random numbers from many streams of the generator MRG31k3p."""

import warnings
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import shared
from pytensor.gradient import undefined_grad
from pytensor.graph.basic import Variable
from pytensor.scalar import upcast

from udl_pt.theano._face.tensor.shared_randomstreams import update_by_default
from udl_pt.theano._ops import mrg
from udl_pt.theano._ops.mrg import (
    M1,
    M2,
    MASK2,
    MASK12,
    MASK13,
    MULT2,
    NORM,
    A1p72,
    A1p134,
    A2p72,
    A2p134,
    DotModulo,
    ff_2p72,
    ff_2p134,
    matVecModM,
    mrg_random_make_inplace,
    mrg_uniform,
    mrg_uniform_base,
    multMatVect,
)
from udl_pt.theano._ops.multinomial import ChoiceFromUniform, MultinomialFromUniform

__all__ = [
    "M1",
    "M2",
    "MASK2",
    "MASK12",
    "MASK13",
    "MULT2",
    "NORM",
    "A1p72",
    "A1p134",
    "A2p72",
    "A2p134",
    "DotModulo",
    "MRG_RandomStreams",
    "ff_2p72",
    "ff_2p134",
    "guess_n_streams",
    "matVecModM",
    "mrg_random_make_inplace",
    "mrg_uniform",
    "mrg_uniform_base",
    "multMatVect",
]

_MOST_STREAMS = 60 * 256


def guess_n_streams(size: Any, warn: bool = False) -> int:
    """Return the number of streams for a draw, which its numbers depend on.

    Parameters
    ----------
    size : sequence of int, or Variable
        The draw's shape.
    warn : bool
        Warn where the size is symbolic, and the number of streams therefore the largest, 15360.
    """
    # NumPy's integers count as symbolic, as in Theano on Python 3
    if isinstance(size, tuple | list) and all(isinstance(length, int) for length in size):
        n = int(np.prod(size, dtype=object))
        return min(n // 6 if n > 6 else n, _MOST_STREAMS)
    if warn:
        warnings.warn(
            f"MRG_RandomStreams Can't determine #streams from size ({size}), guessing 60*256", stacklevel=3
        )
    return _MOST_STREAMS


def _check_size(size: Any) -> Any:
    """Return a size as a vector, or raise a ValueError."""
    if isinstance(size, Variable):
        if size.ndim > 1:
            raise ValueError("a symbolic size must be a number or a vector", size)
        return pt.stack([size]) if size.ndim == 0 else size
    if isinstance(size, np.integer | int):
        return pt.constant([int(size)], ndim=1)
    if not isinstance(size, tuple | list):
        raise ValueError("size must be an integer, a tuple, a list, or a symbolic vector", size)
    for length in size:
        if isinstance(length, Variable):
            if length.ndim != 0:
                raise ValueError("a symbolic entry of a size must be a number", size, length)
        elif not isinstance(length, np.integer | int):
            raise ValueError("a size's entries must be integers or symbolic", size, length)
        elif length <= 0:
            raise ValueError("a size's entries must be positive", size, length)
    return pt.as_tensor_variable(size, ndim=1)


class MRG_RandomStreams:
    """Random numbers with the arguments of `numpy.random`; each draw of the graph has streams of its own.

    Parameters
    ----------
    seed : int or sequence of six int
        The first three must be below M1 = 2147483647, the last three below M2 = 2147462579, and neither
        three may all be 0. A single number stands for six equal ones.

    Attributes
    ----------
    state_updates : list of tuple
        For each draw its streams, what they are after a call, the size, and the number of streams asked for.
    default_instance_seed
        The seed.
    rstate : array of int32, (6,)
        The first stream of the next draw.
    """

    def __init__(self, seed: Any = 12345) -> None:
        self.state_updates: list[tuple[Any, Any, Any, Any]] = []
        self.default_instance_seed = seed
        self.set_rstate(seed)

    def updates(self) -> list[tuple[Any, Any, Any, Any]]:
        """Return the updates of all draws' streams, with their sizes and numbers of streams."""
        return list(self.state_updates)

    def set_rstate(self, seed: Any) -> None:
        """Set the first stream of the next draw; see the class for `seed`."""
        if isinstance(seed, int | np.integer):
            if seed == 0:
                raise ValueError("seed should not be 0", seed)
            if seed >= M2:
                raise ValueError(f"seed should be less than {M2}", seed)
            seed = [int(seed)] * 6
        elif len(seed) != 6:
            raise TypeError(f"seed should be 1 integer or 6 integers, got {seed!r}")
        for name, half, modulus in (("first", seed[:3], M1), ("last", seed[3:], M2)):
            if all(x == 0 for x in half):
                raise ValueError(f"The {name} 3 values of seed should not be all 0", seed)
            if any(x >= modulus for x in half):
                raise ValueError(f"The {name} 3 values of seed should be less than {modulus}", seed)
        self.rstate = np.asarray(seed, dtype="int32")

    def seed(self, seed: Any = None) -> None:
        """Seed the streams of all draws anew; without `seed`, with that of the constructor."""
        self.set_rstate(self.default_instance_seed if seed is None else seed)
        for state, new, size, nstreams in self.state_updates:
            n = self.n_streams(size) if nstreams is None else nstreams
            states = self.get_substream_rstates(n, new.owner.outputs[1].dtype)
            assert states.shape == state.get_value(borrow=True).shape
            state.set_value(states, borrow=True)

    def inc_rstate(self) -> None:
        """Move on to the next draw's first stream, 2**134 numbers later."""
        self.rstate = ff_2p134(self.rstate)

    def get_substream_rstates(self, n_streams: int, dtype: str, inc_rstate: bool = True) -> np.ndarray:
        """Return the streams of a draw, 2**72 numbers apart.

        Parameters
        ----------
        n_streams : int
            Number of streams.
        dtype : str
            The draw's dtype; without effect.
        inc_rstate : bool
            Move on to the next draw's first stream.

        Returns
        -------
        array of int32, (n_streams, 6)
            The streams' states.
        """
        assert isinstance(dtype, str)
        assert 0 < n_streams < 2**72
        states = mrg.streams_from(self.rstate, int(n_streams))
        if inc_rstate:
            self.inc_rstate()
        return states

    def n_streams(self, size: Any) -> int:
        """Return the number of streams for a draw of a size."""
        return guess_n_streams(size)

    def pretty_return(self, node_rstate: Any, new_rstate: Any, sample: Any, size: Any, nstreams: Any) -> Any:
        """Return the sample, after its streams and their update are noted."""
        sample.rstate = node_rstate
        sample.update = (node_rstate, new_rstate)
        self.state_updates.append((node_rstate, new_rstate, size, nstreams))
        update_by_default(node_rstate, new_rstate)
        return sample

    def uniform(
        self,
        size: Any,
        low: Any = 0.0,
        high: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Draw from the uniform distribution between `low` and `high`.

        Parameters
        ----------
        size : tuple of int or Variable, or vector of integers
            The sample's shape.
        low, high : number or tensor
            The bounds, neither of which is drawn.
        ndim : int, optional
            The number of entries of `size`, where it leaves that open.
        dtype : str, optional
            By default that of the bounds, and at least as precise as floatX.
        nstreams : int, optional
            Number of streams; by default `guess_n_streams` of the size.
        **kwargs
            ``target`` only, which has no effect: there is one device.
        """
        low, high = pt.as_tensor_variable(low), pt.as_tensor_variable(high)
        if dtype is None:
            dtype = upcast(pytensor.config.floatX, low.dtype, high.dtype)
        low, high = undefined_grad(pt.cast(low, dtype)), undefined_grad(pt.cast(high, dtype))
        if isinstance(size, tuple):
            assert all(isinstance(length, np.integer | int | Variable) for length in size), (
                f"size must be a tuple of int or a symbolic vector, got {size}"
            )
            if any(not isinstance(length, Variable) and length <= 0 for length in size):
                raise ValueError("The specified size contains a dimension with value <= 0", size)
        elif not (isinstance(size, Variable) and size.ndim == 1):
            raise TypeError(
                f"size must be a tuple of int or a symbolic vector, got {size} of type {type(size)}"
            )
        kwargs.pop("target", None)
        if kwargs:
            raise TypeError(f"uniform() got unexpected keyword arguments {list(kwargs)}")
        n = self.n_streams(size) if nstreams is None else nstreams
        rstate = shared(self.get_substream_rstates(n, dtype), borrow=True)
        new_rstate, sample = mrg_uniform.new(rstate, ndim, dtype, size)
        u = self.pretty_return(rstate, new_rstate, sample, size=size, nstreams=nstreams)
        rstate.tag.is_rng = True
        result = u * (high - low) + low
        if u.type.broadcastable != result.type.broadcastable:
            raise NotImplementedError(
                f"low and high broadcast the size {size}: increase the size to match the broadcasting pattern "
                "of low and high"
            )
        assert result.dtype == dtype
        return result

    def binomial(
        self,
        size: Any = None,
        n: Any = 1,
        p: Any = 0.5,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Draw 1 with the probability `p`, or 0; `n` must be 1, and `ndim` has no effect, as in Theano."""
        if n != 1:
            raise NotImplementedError(f"MRG_RandomStreams.binomial with n > 1, got {n}")
        p = undefined_grad(pt.as_tensor_variable(p))
        return pt.cast(self.uniform(size=size, nstreams=nstreams, **kwargs) < p, dtype)

    def multinomial(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Draw counts of `n` experiments, for each row of probabilities.

        Parameters
        ----------
        size, ndim : None
            They are refused; the probabilities' shape is the sample's.
        n : int
            Number of experiments.
        pvals : matrix
            Probabilities. Nothing checks that they are positive and add up to one.
        dtype : str
            The sample's dtype.
        nstreams, **kwargs
            See `uniform`.
        """
        if pvals is None:
            raise TypeError("You have to specify pvals")
        pvals = undefined_grad(pt.as_tensor_variable(pvals))
        for name, value in (("size", size), ("ndim", ndim)):
            if value is not None:
                raise ValueError(f"MRG_RandomStreams.multinomial does not use the {name} argument, got {value}")
        if pvals.ndim != 2:
            raise NotImplementedError(
                f"MRG_RandomStreams.multinomial only implemented for pvals.ndim = 2, got {pvals.ndim}"
            )
        size = pvals[:, 0].shape * n
        unis = self.uniform(size=size, ndim=1, nstreams=nstreams, **kwargs)
        return MultinomialFromUniform(dtype)(pvals, unis, pt.as_tensor_variable(n))

    def choice(
        self,
        size: Any = 1,
        a: Any = None,
        replace: bool = True,
        p: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Draw outcomes without replacement, for each row of probabilities.

        Parameters
        ----------
        size : integer
            Number of outcomes for each row.
        a, ndim : None
            They are refused: outcomes are columns of `p`.
        replace : bool
            It must be False.
        p : matrix
            Probabilities. Nothing checks that they are positive and add up to one.
        dtype : str
            The sample's dtype.
        nstreams, **kwargs
            See `uniform`.
        """
        if replace:
            raise NotImplementedError(
                "MRG_RandomStreams.choice only works without replacement for now: pass replace=False"
            )
        if a is not None:
            raise TypeError(f"a has to be None in MRG_RandomStreams.choice, got {a}: p's columns are drawn")
        if p is None:
            raise TypeError("p has to be specified in MRG_RandomStreams.choice")
        p = undefined_grad(pt.as_tensor_variable(p))
        if ndim is not None:
            raise ValueError(f"MRG_RandomStreams.choice does not use the ndim argument, got {ndim}")
        if p.ndim != 2:
            raise NotImplementedError(
                f"MRG_RandomStreams.choice is only implemented for p.ndim = 2, got {p.ndim}"
            )
        unis = self.uniform(size=p[:, 0].shape * size, ndim=1, nstreams=nstreams, **kwargs)
        return ChoiceFromUniform(odtype=dtype)(p, unis, pt.as_tensor_variable(size))

    def multinomial_wo_replacement(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Draw `n` outcomes without replacement: the former name of `choice`."""
        warnings.warn(
            "MRG_RandomStreams.multinomial_wo_replacement() is deprecated: use MRG_RandomStreams.choice()",
            stacklevel=2,
        )
        assert size is None, f"multinomial_wo_replacement has no size, got {size}: pass n="
        return self.choice(n, None, False, pvals, ndim, dtype, nstreams, **kwargs)

    def normal(
        self,
        size: Any,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        nstreams: int | None = None,
        truncate: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Draw from the normal distribution, by the method of Box and Muller.

        Parameters
        ----------
        size : int, sequence of int or Variable, or vector of integers
            The sample's shape.
        avg, std : number or tensor
            Mean and standard deviation.
        ndim : int, optional
            The number of entries of `size`, where it leaves that open.
        dtype : str, optional
            By default that of `avg` and `std`, and at least as precise as floatX.
        nstreams, **kwargs
            See `uniform`.
        truncate : bool
            Draw anew, once, what is further than two standard deviations from the mean.
        """
        size = _check_size(size)
        avg, std = undefined_grad(pt.as_tensor_variable(avg)), undefined_grad(pt.as_tensor_variable(std))
        if dtype is None:
            dtype = upcast(pytensor.config.floatX, avg.dtype, std.dtype)
        avg, std = pt.cast(avg, dtype), pt.cast(std, dtype)

        n = pt.prod(size, dtype="int64")
        even = n + n % 2
        # the size is symbolic in Theano too, wherefore each draw has 15360 streams
        u = self.uniform((even,), ndim=1, dtype=dtype, nstreams=nstreams, **kwargs)
        first, second = u[: even // 2], u[even // 2 :]
        r = pt.sqrt(-2.0 * pt.log(first))
        theta = np.array(2.0 * np.pi, dtype=dtype) * second
        halves = r * pt.cos(theta), r * pt.sin(theta)
        if truncate:
            halves = self._truncated(halves, (pt.cos(theta), pt.sin(theta)), dtype, nstreams, **kwargs)
        samples = pt.join(0, *halves)[:n].reshape(size, ndim=ndim)
        return samples * std + avg

    def _truncated(self, halves: Any, directions: Any, dtype: Any, nstreams: Any, **kwargs: Any) -> list[Any]:
        """Return normal numbers with those beyond -2 and 2 drawn anew, and moved to the end of each half."""
        outside = [(z < -2.0) | (z > 2.0) for z in halves]
        where = [pt.nonzero(out)[0] for out in outside]
        n = where[0].size + where[1].size
        lower = pt.constant(1.0 / np.e**2, dtype=dtype)
        u = self.uniform((n,), low=lower, high=1.0, ndim=1, dtype=dtype, nstreams=nstreams, **kwargs)
        r = pt.sqrt(-2.0 * pt.log(u))
        parts = r[: where[0].size], r[where[0].size :]
        pieces = []
        for z, out, at, direction, part in zip(halves, outside, where, directions, parts, strict=True):
            pieces += [z[pt.nonzero(~out)], part * direction[at]]
        return pieces

    def truncated_normal(
        self,
        size: Any,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Draw from a normal distribution truncated at two of its deviations; `std` is the sample's deviation."""
        std = std / pt.constant(0.87962566103423978)  # the deviation of scipy.stats.truncnorm(-2, 2)
        return self.normal(size, avg, std, ndim, dtype, nstreams, truncate=True, **kwargs)
