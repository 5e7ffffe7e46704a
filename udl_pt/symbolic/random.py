"""Theano's `RandomStreams` on PyTensor: uniform, normal and Bernoulli draws in a graph.

A stream wraps one generator of NumPy's. The library's own functions draw from it on the host and pass the
draws in. So a seed gives the same numbers on every backend, and a run continues where it stopped. In a user's
`pytensor.function` a draw is an ordinary random variable, which draws anew at each call::

    streams = RandomStreams(0)
    kept = X * streams.binomial(X.shape, p=0.7)
    f = pytensor.function([X], kept)

Draws whose sizes depend on the same inputs form a chain: each continues the state of the one before.

- The first chain draws from the stream's own generator, as the library's functions do. Neither repeats the
  other's numbers.
- Each further chain has a generator derived from the stream's state.
- So has each chain of a second stream on the same generator of NumPy's.

PyTensor's mode decides whether a user's function advances the generator that was passed. The default mode and
those of Numba and C do. FAST_COMPILE draws from a copy, which ``streams.generator`` then returns. The JAX
mode copies states: two functions on the same inputs draw the same.

A chain's update depends on the inputs that it was built of. So replace these in a function with ``givens``,
not with `clone_replace`, and build a graph of samples on an input of its own.

Draws within the function of a `pytensor.scan` differ from step to step. They differ from call to call if
scan's updates are passed on::

    steps, updates = pytensor.scan(lambda x: x * streams.binomial(x.shape), X)
    f = pytensor.function([X], steps, updates=updates)

A Bernoulli draw is ``uniform < p`` everywhere (PyTensor's own gives other bits on each backend).
"""

import contextlib
import hashlib
import itertools
import pickle
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Variable
from pytensor.graph.traversal import ancestors, explicit_graph_inputs
from pytensor.tensor.random.type import RandomType, random_generator_type
from pytensor.tensor.random.variable import RandomGeneratorSharedVariable

from udl_pt._support.arguments import check_number, is_scalar
from udl_pt._support.exceptions import DivergenceError
from udl_pt._support.messages import shown
from udl_pt.backends._internals import bit_generator, global_generator, scan_context
from udl_pt.symbolic.variables import Symbolic

__all__ = [
    "Chance",
    "HostGenerator",
    "RandomStreams",
    "WithChance",
    "as_generator",
    "generators_restored_on_error",
    "has_stuck_draws",
    "in_dtype",
]

HostGenerator = np.random.Generator | np.random.RandomState
_numbers = itertools.count()
_ON_HOST = {"uniform": "random", "normal": "standard_normal"}  # methods of NumPy's generators


def as_generator(random_state: Any = None) -> HostGenerator:
    """Return the generator of NumPy's for a `random_state`, the source of weights and shuffles.

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
    >>> from udl_pt.symbolic.random import as_generator
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
    >>> from udl_pt.symbolic.random import Chance
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
    def generator(self) -> HostGenerator:
        """The generator of weights and shuffles."""
        return as_generator(self.own)

    def restart(self) -> None:
        """Reset the generator to the start of its seed, if it has one.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.symbolic.random import Chance
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
        >>> from udl_pt.symbolic.random import Chance
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
        >>> from udl_pt.symbolic.random import Chance
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
        >>> from udl_pt.symbolic.random import Chance
        >>> chance = Chance(0)
        >>> stream = chance.first_stream(5, RandomStreams)
        >>> draws = [chance.next_stream(stream).generator.random() for fit in range(2)]
        >>> draws[0] == draws[1]
        True
        """
        if isinstance(self._rng, int | np.integer):
            return self._make(self._rng)
        if stream is None or (self._rng is None and self._derives):
            return self._make(RandomStreams.beside(self.own))
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
    >>> from udl_pt.symbolic.random import WithChance
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


def _derived(generator: HostGenerator, number: int | None = None) -> np.random.Generator:
    """Return a generator seeded with another's present state and a number, without drawing from it."""
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
    >>> from udl_pt.symbolic.random import generators_restored_on_error
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


def in_dtype(number: Any, name: str, dtype: Any) -> np.ndarray:
    """Convert a number, or an array of numbers, to `dtype`; raise where a number is too large for that.

    Parameters
    ----------
    number : float or array_like
        The number. The entries of an array are not checked.
    name : str
        Its name in messages.
    dtype : {"float64", "float32"}
        The dtype.

    Returns
    -------
    numpy.ndarray

    Raises
    ------
    TypeError, ValueError
        If a single number isn't finite and real, or is too large.

    Examples
    --------
    >>> from udl_pt.symbolic.random import in_dtype
    >>> str(in_dtype(0.5, "std", "float32").dtype)
    'float32'
    >>> in_dtype(1e39, "std", "float32")
    Traceback (most recent call last):
        ...
    ValueError: std is 1e+39, expected a finite number from -3.4...e+38 to 3.4...e+38
    """
    if is_scalar(number):
        largest = float(np.finfo(dtype).max)
        number = check_number(number, name, at_least=-largest, at_most=largest)
    return np.asarray(number, dtype)


@dataclass(frozen=True, eq=False)
class _Draw:
    """A draw on the host; `number` keeps the order in which the streams returned the draws."""

    number: int
    variables: Sequence[Symbolic]
    shapes: Sequence[Sequence[Symbolic]]
    sample: Callable[[Sequence[tuple[int, ...]]], list[np.ndarray]]


class _State(RandomGeneratorSharedVariable):  # type: ignore[misc]
    """A generator in a graph, which `pytensor.function` updates with `default_update`."""

    default_update: Any = None  # a plain attribute, in place of a property that warns when it is set


@dataclass(frozen=True, eq=False)
class _Chain:
    """Draws that follow each other: their sizes depend on `roots`, and they are made in the same `scan`."""

    roots: frozenset[Symbolic]
    scan: list[Symbolic] | None
    state: _State


class _Chains:
    """The chains of all streams on one generator."""

    def __init__(self) -> None:
        self.has_first = False
        self.numbers = itertools.count()


# by a generator's lock, which lives as long as its bits do: these can't be referred to weakly
_chains: "weakref.WeakKeyDictionary[Any, _Chains]" = weakref.WeakKeyDictionary()


class RandomStreams:
    """A stream of symbolic draws from one generator.

    Parameters
    ----------
    seed : None, int, numpy.random.Generator, numpy.random.RandomState or RandomStreams
        None seeds afresh, without touching NumPy's global generator. An int seeds NumPy's default generator.
        The library's functions draw from a generator itself, which advances. A user's `pytensor.function`
        advances it too, but in PyTensor's modes FAST_COMPILE and JAX, which draw from copies. Another stream
        shares its generator.
    dtype : {"float64", "float32"}, optional
        Default dtype of the draws; PyTensor's floatX where not given.

    Raises
    ------
    TypeError, ValueError
        For another `seed`, or a negative one.

    Examples
    --------
    The numbers are NumPy's, and each call draws new ones:

    >>> import numpy as np, pytensor
    >>> from udl_pt import RandomStreams
    >>> streams = RandomStreams(0)
    >>> draw = pytensor.function([], streams.uniform((2, 3)))
    >>> generator = np.random.default_rng(0)
    >>> np.allclose(draw(), generator.random((2, 3))), np.allclose(draw(), generator.random((2, 3)))
    (True, True)
    """

    _container: Any  # of the generator; streams of one stream share it
    _chains: _Chains

    def __init__(self, seed: Any = None, dtype: str | None = None) -> None:
        self.dtype = dtype
        self._chain: _Chain | None = None
        self._follows = isinstance(seed, RandomStreams)
        if isinstance(seed, RandomStreams):
            self._container, self._chains = seed._container, seed._chains
            return
        if seed is None or (isinstance(seed, int | np.integer) and not isinstance(seed, bool)):
            if seed is not None and seed < 0:
                raise ValueError(f"rng is {shown(seed)}, expected a seed of at least 0")
            seed = np.random.default_rng(seed)
        if isinstance(seed, np.random.RandomState):
            # Both read the same bits in the same way: Generator.random is then RandomState.random_sample.
            seed = np.random.Generator(bit_generator(seed))
        if not isinstance(seed, np.random.Generator):
            raise TypeError(
                f"rng is {shown(seed)}, expected None, an int, a RandomStreams, a numpy.random.Generator "
                "or a RandomState"
            )
        self._container: Any = _State(random_generator_type, seed, strict=True).container
        self._chains = _chains.setdefault(seed.bit_generator.lock, _Chains())

    @property
    def generator(self) -> np.random.Generator:
        """The generator that the stream draws from; a function in FAST_COMPILE mode replaces it by a copy."""
        return self._container.value

    @classmethod
    def beside(cls, generator: HostGenerator | None) -> "RandomStreams":
        """Derive a stream from the present state of `generator`, without drawing from it.

        Parameters
        ----------
        generator : numpy.random.Generator, numpy.random.RandomState or None
            None seeds the stream afresh.

        Returns
        -------
        RandomStreams

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import RandomStreams
        >>> generator = np.random.default_rng(0)
        >>> stream, same = RandomStreams.beside(generator), RandomStreams.beside(generator)
        >>> stream.generator.random() == same.generator.random()
        True
        >>> generator.random() == np.random.default_rng(0).random()  # it has not advanced
        True
        """
        if generator is None:
            return cls()
        return cls(_derived(generator))

    def __getstate__(self) -> dict[str, Any]:
        """Return the generator and the dtype; earlier draws belong to graphs elsewhere."""
        return {"generator": self.generator, "dtype": self.dtype}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Start a new chain of draws on the generator."""
        self.__init__(**{"seed": state["generator"], "dtype": state["dtype"]})  # type: ignore[misc]

    def updates(self) -> list[tuple[Any, Symbolic]]:
        """Return an empty list: draws advance by themselves in each `pytensor.function`.

        Theano's scripts add this list to their updates, and may keep doing so.

        Returns
        -------
        list

        Examples
        --------
        >>> from udl_pt import RandomStreams
        >>> RandomStreams(0).updates()
        []
        """
        return []

    def uniform(self, size: Any, low: float = 0.0, high: float = 1.0, dtype: str | None = None) -> Symbolic:
        """Draw from the uniform distribution on [low, high).

        Parameters
        ----------
        size : sequence of int or of scalar variables, or a symbolic shape
            The draw's shape; its length must be known.
        low, high : float
            The interval's ends.
        dtype : str, optional
            ``"float32"`` or ``"float64"``; the stream's own where not given.

        Returns
        -------
        Variable of shape `size`

        Examples
        --------
        >>> import pytensor
        >>> from udl_pt import RandomStreams
        >>> draw = pytensor.function([], RandomStreams(0).uniform((1000,), 2.0, 3.0))()
        >>> draw.shape, bool(2 <= draw.min() and draw.max() < 3)
        ((1000,), True)
        """
        draw = self._draw(size, dtype, "uniform")
        if (low, high) == (0.0, 1.0):
            return draw
        return draw * in_dtype(high - low, "high - low", draw.dtype) + in_dtype(low, "low", draw.dtype)

    def normal(self, size: Any, avg: float = 0.0, std: float = 1.0, dtype: str | None = None) -> Symbolic:
        """Draw from the normal distribution of mean `avg` and standard deviation `std`.

        Parameters
        ----------
        size : sequence of int or of scalar variables, or a symbolic shape
            The draw's shape; its length must be known.
        avg, std : float
            Mean and standard deviation.
        dtype : str, optional
            ``"float32"`` or ``"float64"``; the stream's own where not given.

        Returns
        -------
        Variable of shape `size`

        Examples
        --------
        >>> import pytensor
        >>> from udl_pt import RandomStreams
        >>> draw = pytensor.function([], RandomStreams(0).normal((10000,), avg=5.0, std=0.2))()
        >>> round(float(draw.mean()), 1), round(float(draw.std()), 1)
        (5.0, 0.2)
        """
        draw = self._draw(size, dtype, "normal")
        if (avg, std) == (0.0, 1.0):
            return draw
        return draw * in_dtype(std, "std", draw.dtype) + in_dtype(avg, "avg", draw.dtype)

    def binomial(self, size: Any, n: int = 1, p: Any = 0.5, dtype: str | None = None) -> Symbolic:
        """Draw ones with probability `p`, else zeros: ``uniform < p``.

        Parameters
        ----------
        size : sequence of int or of scalar variables, or a symbolic shape
            The draw's shape; its length must be known.
        n : int
            The number of trials; only 1, as in the book.
        p : float, array or Variable
            The probability of a one, of a shape that broadcasts to `size`.
        dtype : str, optional
            ``"float32"`` or ``"float64"``; the stream's own where not given.

        Returns
        -------
        Variable of shape `size`

        Raises
        ------
        ValueError
            If `n` is not 1.

        Examples
        --------
        >>> import pytensor
        >>> import pytensor.tensor as pt
        >>> from udl_pt import RandomStreams
        >>> X = pt.matrix("X", dtype="float64")
        >>> sample = pytensor.function([X], RandomStreams(0).binomial(X.shape, p=X))
        >>> sample([[0.0, 1.0], [1.0, 0.0]]).tolist()
        [[0.0, 1.0], [1.0, 0.0]]
        """
        if n != 1:
            raise ValueError(f"n is {n}, expected 1: add up Bernoulli draws for more")
        draw = self._draw(size, dtype, "uniform")
        probability = p if isinstance(p, Variable) else np.asarray(p, draw.dtype)
        return pt.lt(draw, probability).astype(draw.dtype)

    def loop_draws(
        self, steps: Any, draws: Sequence[tuple[str, Sequence[Any]]], dtype: str
    ) -> list[Symbolic]:
        """Draw for the steps of a loop, in step order.

        Parameters
        ----------
        steps : int or scalar variable
            The number of steps.
        draws : sequence of (str, sequence of int or of scalar variables)
            The draws of one step, in this order: ``"uniform"`` or ``"normal"``, and the shape.
        dtype : str
            ``"float32"`` or ``"float64"``.

        Returns
        -------
        list of Variable
            For each entry of `draws` the draws of all steps, of shape ``(steps, *shape)``.

        Examples
        --------
        >>> import pytensor
        >>> from udl_pt import RandomStreams
        >>> u, z = RandomStreams(0).loop_draws(3, [("uniform", (5, 2)), ("normal", (5, 4))], "float64")
        >>> [draw.shape for draw in pytensor.function([], [u, z])()]
        [(3, 5, 2), (3, 5, 4)]
        """
        kinds = [kind for kind, _ in draws]

        def sample(shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
            arrays = [np.empty(shape, dtype) for shape in shapes]
            methods = [getattr(self.generator, _ON_HOST[kind]) for kind in kinds]
            drawn = [np.empty(shape[1:]) for shape in shapes]
            for step in range(shapes[0][0]):
                for array, method, draw in zip(arrays, methods, drawn, strict=True):
                    method(out=draw)
                    array[step] = draw
            return arrays

        shapes = [[pt.as_tensor_variable(s) for s in (steps, *shape)] for _, shape in draws]
        pairs = zip(kinds, shapes, strict=True)
        return _tagged([self._variable(kind, shape, dtype) for kind, shape in pairs], shapes, sample)

    def _draw(self, size: Any, dtype: str | None, kind: str) -> Any:
        shape = [pt.as_tensor_variable(s) for s in size]
        draw = self._variable(kind, shape, dtype or self.dtype)

        def sample(shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
            method = getattr(self.generator, _ON_HOST[kind])
            return [method(shapes[0]).astype(draw.dtype, copy=False)]

        return _tagged([draw], [shape], sample)[0]

    def _variable(self, kind: str, shape: Sequence[Symbolic], dtype: str | None) -> Any:
        """PyTensor's own random variable, for functions that the library doesn't compile."""
        roots = frozenset(explicit_graph_inputs(shape))
        scan = scan_context()
        if self._chain is None and not self._chains.has_first:
            self._chains.has_first = not self._follows  # the library's graphs are of streams that follow
            own = _State(random_generator_type, None, None, container=self._container, name="random state")
            self._chain = _Chain(roots, scan, own)
        elif self._chain is None or self._chain.roots != roots or self._chain.scan is not scan:
            generator = _derived(self.generator, next(self._chains.numbers))
            self._chain = _Chain(roots, scan, _State(random_generator_type, generator, True))
        state = self._chain.state
        state.default_update, draw = getattr(state.default_update or state, kind)(size=shape)
        return draw if dtype is None else draw.astype(dtype)


def has_stuck_draws(variable: Symbolic) -> bool:
    """Return whether `variable` has draws that would be the same at each call of a compiled function.

    They are so if they depend on a random state that no `RandomStreams` and no default update advances.

    Parameters
    ----------
    variable : Variable
        The result of a graph.

    Returns
    -------
    bool

    Examples
    --------
    >>> import numpy as np, pytensor
    >>> from udl_pt import RandomStreams
    >>> from udl_pt.symbolic.random import has_stuck_draws
    >>> has_stuck_draws(RandomStreams(0).normal((2,)))
    False
    >>> _, draw = pytensor.shared(np.random.default_rng(0)).normal(size=(2,))
    >>> has_stuck_draws(draw)
    True
    """
    ours = {v for v in ancestors([variable]) if hasattr(v.tag, "draw")}
    return any(
        v.owner is None and isinstance(v.type, RandomType) and getattr(v, "default_update", None) is None
        for v in ancestors([variable], blockers=ours)
    )


def _tagged(
    variables: list[Any],
    shapes: Sequence[Sequence[Symbolic]],
    sample: Callable[[Sequence[tuple[int, ...]]], list[np.ndarray]],
) -> list[Any]:
    """Tag each variable with its draw, for `udl_pt.backends.Function`."""
    draw = _Draw(next(_numbers), variables, shapes, sample)
    for variable in variables:
        variable.tag.draw = draw
    return variables
