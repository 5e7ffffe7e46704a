"""Make the draws of a function's next call while a device computes the present one.

The draws come from a copy of the generator. The next call takes them only if the generator is still where it
was, and moves it to where they end. So the numbers, and the generator's state between calls, are the same.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["Ahead"]


class Ahead:
    """Draws for the next call of a function.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.backends._ahead import Ahead
    >>> generator, ahead = np.random.default_rng(0), Ahead()
    >>> ahead.prepare(generator, [2], lambda source: [source.random(2)])
    >>> (drawn,) = ahead.take(generator, [2])
    >>> np.array_equal(drawn, np.random.default_rng(0).random(2)), ahead.take(generator, [2])
    (True, None)
    """

    def __init__(self) -> None:
        self._source: np.random.Generator | None = None
        self._arrays: list[Any] | None = None

    def prepare(
        self,
        generator: np.random.Generator,
        sizes: Sequence[int],
        draw: Callable[[np.random.Generator], list[Any]],
    ) -> None:
        """Make draws from a copy of a generator, which stays where it is.

        Parameters
        ----------
        generator : numpy.random.Generator
            Source of the draws. If it is a Mersenne Twister, none are made: copying its state takes too long.
        sizes : sequence of int
            All lengths of the draws' axes.
        draw : callable
            Makes the draws from a generator.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.backends._ahead import Ahead
        >>> generator = np.random.default_rng(0)
        >>> Ahead().prepare(generator, [2], lambda source: [source.random(2)])
        >>> bool(generator.random() == np.random.default_rng(0).random())
        True
        """
        bits = generator.bit_generator
        if isinstance(bits, np.random.MT19937):
            return
        if self._source is None or type(self._source.bit_generator) is not type(bits):
            self._source = np.random.Generator(type(bits)())
        self._generator, self._sizes = generator, list(sizes)
        self._before = self._source.bit_generator.state = bits.state
        self._arrays = draw(self._source)
        self._after = self._source.bit_generator.state

    def take(self, generator: np.random.Generator, sizes: Sequence[int]) -> list[Any] | None:
        """Return the draws, and move the generator past them; None where they are others than asked for.

        Parameters
        ----------
        generator : numpy.random.Generator
            Source of the draws of this call.
        sizes : sequence of int
            All lengths of the draws' axes in this call.

        Returns
        -------
        list of array, or None

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.backends._ahead import Ahead
        >>> Ahead().take(np.random.default_rng(0), [2]) is None
        True
        """
        arrays, self._arrays = self._arrays, None
        if arrays is None or generator is not self._generator or list(sizes) != self._sizes:
            return None
        bits = generator.bit_generator
        with bits.lock:  # another thread may draw
            if not _are_equal(bits.state, self._before):
                return None
            bits.state = self._after
        return arrays


def _are_equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_are_equal(value, b[key]) for key, value in a.items())
    return bool(np.array_equal(a, b))
