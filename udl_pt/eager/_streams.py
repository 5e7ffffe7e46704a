"""Draws on the host: the numbers of `udl_pt.symbolic.random.RandomStreams`, in the same order, as arrays."""

from typing import Any

import numpy as np

from udl_pt.symbolic.random import RandomStreams, in_dtype

__all__ = ["Streams"]


class Streams:
    """A stream of draws from one generator, with the methods that corruptions call.

    Parameters
    ----------
    seed : None, int, numpy.random.Generator, numpy.random.RandomState, RandomStreams or Streams
        Source of the draws. A generator is used itself, and advances.
    dtype : {"float64", "float32"}
        Dtype of a draw where the call names none. Draws are made in float64 and then cast.
    """

    generator: np.random.Generator

    def __init__(self, seed: Any = None, dtype: Any = "float64") -> None:
        self.generator = RandomStreams(seed.generator if isinstance(seed, Streams) else seed).generator
        self.dtype = dtype

    def uniform(self, size: Any, low: float = 0.0, high: float = 1.0, dtype: Any = None) -> Any:
        """Draw from the uniform distribution on [low, high)."""
        draw = self._array(self.generator.random(tuple(size)), dtype)
        if (low, high) == (0.0, 1.0):
            return draw
        return draw * self._number(high - low, "high - low", draw) + self._number(low, "low", draw)

    def normal(self, size: Any, avg: float = 0.0, std: float = 1.0, dtype: Any = None) -> Any:
        """Draw from the normal distribution of mean `avg` and standard deviation `std`."""
        draw = self._array(self.generator.standard_normal(tuple(size)), dtype)
        with np.errstate(over="ignore"):  # a step of what becomes infinite is refused
            return draw * self._number(std, "std", draw) + self._number(avg, "avg", draw)

    def binomial(self, size: Any, n: int = 1, p: Any = 0.5, dtype: Any = None) -> Any:
        """Draw ones with probability `p`, else zeros, by ``uniform < p``; only ``n=1``, as in the book."""
        if n != 1:
            raise ValueError(f"n is {n}, expected 1: add up Bernoulli draws for more")
        draw = self.uniform(size, dtype=dtype)
        return self._cast(draw < p, draw.dtype)

    def _number(self, number: Any, name: str, draw: Any) -> float:
        return float(in_dtype(number, name, str(draw.dtype).removeprefix("torch.")))

    def _array(self, values: np.ndarray, dtype: Any) -> Any:
        return self._cast(values, self.dtype if dtype is None else dtype)

    def _cast(self, values: Any, dtype: Any) -> Any:
        return values.astype(dtype, copy=False)
