"""The randomness of models: NumPy generators, their seeds and states, and what each fit draws from."""

import contextlib
import hashlib
import pickle
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from udl_pt._support.exceptions import DivergenceError
from udl_pt._support.messages import shown
from udl_pt.backends._internals import global_generator

__all__ = ["Chance", "HostGenerator", "WithChance", "as_generator", "derived", "generators_restored_on_error"]

HostGenerator = np.random.Generator | np.random.RandomState


def as_generator(random_state: Any = None) -> HostGenerator:
    """Return the NumPy generator for a `random_state`, the source of weights and shuffles.

    Parameters
    ----------
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        None is NumPy's global legacy generator, in the book's order of draws. An int is the seed of a new
        legacy generator, so 0 draws the same as after ``np.random.seed(0)``. A generator is returned as it
        is.

    Returns
    -------
    numpy.random.Generator or numpy.random.RandomState

    Raises
    ------
    TypeError, ValueError
        For anything else, and for a seed outside 0 ... 2**32 - 1.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.symbolic.chance import as_generator
    >>> as_generator(0).standard_normal(2).round(3).tolist()
    [1.764, 0.4]
    >>> generator = np.random.default_rng(0)
    >>> as_generator(generator) is generator
    True
    """
    if random_state is None:
        return global_generator()
    if isinstance(random_state, np.random.Generator | np.random.RandomState):
        return random_state
    if isinstance(random_state, int | np.integer) and not isinstance(random_state, bool):
        if not 0 <= random_state < 2**32:
            raise ValueError(f"random_state is {shown(random_state)}, expected a seed from 0 to 2**32 - 1")
        return np.random.RandomState(int(random_state))
    raise TypeError(
        f"random_state is {shown(random_state)}, expected None, an int, a numpy.random.Generator or a "
        "RandomState"
    )


class Chance:
    """The randomness of a model: the generator of its weights and shuffles, and its stream of draws.

    An int starts each fit with the same seed, as in scikit-learn. NumPy's global generator is looked up when
    it is used, so a copy of the model uses it too. Other generators are used as they are, and advance.

    Parameters
    ----------
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        None is NumPy's global legacy generator; an int is a seed.

    Attributes
    ----------
    own : numpy.random.Generator, numpy.random.RandomState or None
        The generator of weights and shuffles; None for the global one.

    Raises
    ------
    TypeError, ValueError
        For another `random_state`, and for a seed outside 0 ... 2**32 - 1.

    Examples
    --------
    >>> from udl_pt.symbolic.chance import Chance
    >>> chance = Chance(0)
    >>> chance.generator.standard_normal(2).round(3).tolist()
    [1.764, 0.4]
    >>> chance.restart()
    >>> chance.generator.standard_normal(2).round(3).tolist()
    [1.764, 0.4]
    """

    def __init__(self, random_state: Any) -> None:
        self.own = None if random_state is None else as_generator(random_state)  # None: the global one
        self._seed = None if random_state is self.own else random_state
        self._derives = self._seed is not None  # whether each fit derives a stream anew
        self._rng: Any = None
        self._make: Any = None

    @property
    def source(self) -> Any:
        """The `random_state` that it was made of."""
        return self.own if self._seed is None else self._seed

    @property
    def generator(self) -> HostGenerator:
        """The generator of weights and shuffles."""
        return as_generator(self.own)

    def restart(self) -> None:
        """Reset the generator to the start of its seed, if it has one.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.symbolic.chance import Chance
        >>> chance = Chance(5)
        >>> first = chance.generator.random_sample()
        >>> chance.restart()
        >>> chance.generator.random_sample() == first
        True
        >>> chance = Chance(np.random.RandomState(5))  # a generator has no seed to restart from
        >>> first = chance.generator.random_sample()
        >>> chance.restart()
        >>> chance.generator.random_sample() == first
        False
        """
        if self._seed is not None:
            _set_state(self.generator, _state(as_generator(self._seed)))

    def shared_with(self, layers: Iterable[Any]) -> None:
        """Set the layers of a network to derive their streams anew in each fit, where this does.

        Only layers that draw from the same generator are set.

        Parameters
        ----------
        layers : iterable of models
            Layers of the network whose randomness this is.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> from udl_pt.symbolic.chance import Chance
        >>> network = Chance(0)
        >>> layer = RBM(2, random_state=network.own)
        >>> stream = layer.fit(np.eye(4), epochs=0).rng
        >>> layer.fit(np.eye(4), epochs=0).rng is stream
        True
        >>> network.shared_with([layer])
        >>> layer.fit(np.eye(4), epochs=0).rng is stream
        False
        """
        for layer in layers:
            chance = getattr(layer, "_chance", None)
            if isinstance(chance, Chance) and chance.own is self.own:
                chance._derives = self._derives

    def first_stream(self, rng: Any, make: Any) -> Any:
        """Return the stream that a model has before its first fit.

        Parameters
        ----------
        rng : None, int, RandomStreams, numpy.random.Generator or numpy.random.RandomState
            The model's argument. With None the stream is derived from `random_state` in the first fit, or in
            each fit if that is a seed.
        make : callable
            Creates a stream from such a source: `RandomStreams` or its twin.

        Returns
        -------
        RandomStreams or None
            None where `rng` is None.

        Examples
        --------
        >>> from udl_pt import RandomStreams
        >>> from udl_pt.symbolic.chance import Chance
        >>> type(Chance(0).first_stream(5, RandomStreams)).__name__
        'RandomStreams'
        >>> Chance(0).first_stream(None, RandomStreams) is None
        True
        """
        self._rng, self._make = rng, make
        return rng if rng is None or type(rng) is make else make(rng)

    def next_stream(self, stream: Any) -> Any:
        """Return the stream for a fit that draws new weights.

        Parameters
        ----------
        stream : RandomStreams or None
            The stream of the fit before, if any.

        Returns
        -------
        RandomStreams
            Where `rng` was an int, a new stream of that seed. Where `rng` was None and `random_state` is a
            seed, or there was no stream yet, one derived from the generator's state. NumPy's global generator
            derives none; the stream is then seeded afresh. In all other cases `stream` itself.

        Examples
        --------
        >>> from udl_pt import RandomStreams
        >>> from udl_pt.symbolic.chance import Chance
        >>> chance = Chance(0)
        >>> stream = chance.first_stream(5, RandomStreams)
        >>> draws = [chance.next_stream(stream).generator.random() for fit in range(2)]
        >>> draws[0] == draws[1]
        True
        """
        if isinstance(self._rng, int | np.integer):
            return self._make(self._rng)
        if stream is None or (self._rng is None and self._derives):
            return self._make(None if self.own is None else derived(self.own))
        return stream


class WithChance:
    """The base of all models that draw weights or shuffles.

    Attributes
    ----------
    rng : RandomStreams
        The model's stream of draws. One that the user sets is kept in the next fit.

    Examples
    --------
    A seed starts each fit anew:

    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.symbolic.chance import WithChance
    >>> rbm = RBM(2, random_state=0)
    >>> isinstance(rbm, WithChance)
    True
    >>> first, second = (rbm.fit(np.eye(4), epochs=0).W.get_value() for fit in range(2))
    >>> np.array_equal(first, second)
    True
    """

    _chance: Chance
    _made_rng: Any = None  # the latest stream that the model has made itself
    rng: Any

    def _make_stream(self, rng: Any, make: Any) -> None:
        self.rng = self._made_rng = self._chance.first_stream(rng, make)

    def _start_stream(self) -> None:
        """Set the stream for a fit whose weights are drawn; one that the user has set is kept."""
        if self.rng is None or self.rng is self._made_rng:
            self.rng = self._made_rng = self._chance.next_stream(self.rng)

    @property
    def _generator(self) -> HostGenerator:
        return self._chance.generator


def _state(generator: HostGenerator) -> Any:
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return generator.bit_generator.state


def _set_state(generator: HostGenerator, state: Any) -> None:
    if isinstance(generator, np.random.RandomState):
        generator.set_state(state)
    else:
        generator.bit_generator.state = state


def derived(generator: HostGenerator, number: int | None = None) -> np.random.Generator:
    """Return a generator seeded with another's present state, without drawing from that.

    Parameters
    ----------
    generator : numpy.random.Generator or numpy.random.RandomState
        The other generator.
    number : int, optional
        Another number derives another generator of the same state.

    Returns
    -------
    numpy.random.Generator

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.symbolic.chance import derived
    >>> generator = np.random.default_rng(0)
    >>> derived(generator).random() == derived(generator).random()
    True
    >>> generator.random() == np.random.default_rng(0).random()  # it has not advanced
    True
    """
    state = pickle.dumps(_state(generator) if number is None else (_state(generator), number))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(state).digest(), "big"))


@contextlib.contextmanager
def generators_restored_on_error(generators: Iterable[HostGenerator]) -> Iterator[None]:
    """Restore the states of generators when an error ends the block, unless it is a `DivergenceError`.

    Parameters
    ----------
    generators : iterable of numpy.random.Generator or numpy.random.RandomState
        The generators that the block may draw from.

    Returns
    -------
    context manager

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.symbolic.chance import generators_restored_on_error
    >>> generator = np.random.default_rng(0)
    >>> try:
    ...     with generators_restored_on_error([generator]):
    ...         _ = generator.random()
    ...         raise ValueError("bad input")
    ... except ValueError:
    ...     pass
    >>> generator.random() == np.random.default_rng(0).random()
    True
    """
    before = [(generator, _state(generator)) for generator in generators]
    try:
        yield
    except DivergenceError:
        raise
    except Exception:
        for generator, state in before:
            _set_state(generator, state)
        raise
