"""Theano's `RandomStreams` on what PyTensor keeps: uniform, normal and Bernoulli draws in a graph.

A stream wraps one generator of NumPy's. The library's own functions draw from it on the host and pass
the draws in, so a seed gives the same numbers on every backend and a run goes on where it stopped. In a
`pytensor.function` of one's own a draw is an ordinary random variable, which draws anew at each call::

    streams = RandomStreams(0)
    kept = X * streams.binomial(X.shape, p=0.7)
    f = pytensor.function([X], kept)

Draws whose sizes depend on the same inputs form a chain: one follows the other. The first chain draws from
the stream's own generator, as the library's functions do, and neither repeats the other's numbers. Each
further chain has a generator derived from the stream's state. So has each chain of a second stream on the
same generator of NumPy's. A function of one's own draws from a copy: the generator that was passed doesn't
advance, and ``streams.generator`` is the copy. (Functions in PyTensor's JAX mode copy states: two of them on
the same inputs draw the same.) A chain's update depends on the inputs that it was built of. So let a function
replace these with ``givens``, not with `clone_replace`, and build a graph of samples on an input of its own.
Draws within the function of a `pytensor.scan` differ from step to step, and from call to call if scan's
updates are passed on::

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
    "has_stuck_draws",
    "in_dtype",
    "unmoved_by_bad_input",
]

HostGenerator = np.random.Generator | np.random.RandomState
_numbers = itertools.count()
_ON_HOST = {"uniform": "random", "normal": "standard_normal"}  # methods of NumPy's generators


def as_generator(random_state: Any = None) -> HostGenerator:
    """Resolve the source of chance for weights and shuffles.

    Parameters
    ----------
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        None is NumPy's global legacy generator, in the book's order of draws; an int is a legacy
        generator of that seed, so 0 gives what ``np.random.seed(0)`` gives.

    Raises
    ------
    TypeError, ValueError
        For anything else, and for a seed outside 0 ... 2**32 - 1.
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

    What was an int starts each fit anew, as in scikit-learn. NumPy's global generator is looked up when it is
    used, so that a copy of the model follows it, too. Other generators are used as they are, and advance.

    Parameters
    ----------
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        See `as_generator`.
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
        """Set the generator back to the start of its seed, if it has one."""
        if self._seed is not None:
            _set_state(self.generator, _state(as_generator(self._seed)))

    def shared_with(self, layers: Iterable[Any]) -> None:
        """Have layers that draw from the same generator derive their streams anew, where this does."""
        for layer in layers:
            chance = getattr(layer, "_chance", None)
            if isinstance(chance, Chance) and chance.own is self.own:
                chance._derives = self._derives

    def first_stream(self, rng: Any, make: Any) -> Any:
        """Return the stream that a model has before its first fit.

        Parameters
        ----------
        rng : None, int, RandomStreams, numpy.random.Generator or numpy.random.RandomState
            The model's argument; None derives the stream from `random_state` in each or in the first fit.
        make : callable
            Makes a stream of such a source: `RandomStreams` or its twin.
        """
        self._rng, self._make = rng, make
        return rng if rng is None or type(rng) is make else make(rng)

    def next_stream(self, stream: Any) -> Any:
        """Return the stream for a fit whose weights are drawn; `stream` is that of the fit before, if any."""
        if isinstance(self._rng, int | np.integer):
            return self._make(self._rng)
        if stream is None or (self._rng is None and self._derives):
            return self._make(RandomStreams.beside(self.own))
        return stream


class WithChance:
    """The base of all that draws weights or shuffles."""

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
    """Make a generator of another's present state and a number, without drawing from it."""
    state = pickle.dumps(_state(generator) if number is None else (_state(generator), number))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(state).digest(), "big"))


@contextlib.contextmanager
def unmoved_by_bad_input(generators: Iterable[HostGenerator]) -> Iterator[None]:
    """Put generators back where they were when an error ends what is done with them; not after divergence."""
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
    """Return a number, or an array of them, in `dtype`; raise where a number is too large for that."""
    if is_scalar(number):
        largest = float(np.finfo(dtype).max)
        number = check_number(number, name, at_least=-largest, at_most=largest)
    return np.asarray(number, dtype)


@dataclass(frozen=True, eq=False)
class _Draw:
    """How the host makes a draw; `number` keeps the order in which the streams handed them out."""

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
        None seeds afresh, without touching NumPy's global generator; an int seeds NumPy's default
        generator. The library's functions draw from a generator itself, which advances; a
        `pytensor.function` of one's own draws from a copy of it.
    dtype : {"float64", "float32"}, optional
        Of the draws that aren't told another; PyTensor's floatX where not given.
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
        """The generator that the stream draws from; functions of one's own may put another in its place."""
        return self._container.value

    @classmethod
    def beside(cls, generator: HostGenerator | None) -> "RandomStreams":
        """Derive a stream from `generator`'s present state, without drawing from it; None seeds afresh."""
        if generator is None:
            return cls()
        return cls(_derived(generator))

    def __getstate__(self) -> dict[str, Any]:
        """Keep the generator; draws handed out so far belong to graphs elsewhere."""
        return {"generator": self.generator, "dtype": self.dtype}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Start a new chain of draws on the generator."""
        self.__init__(**{"seed": state["generator"], "dtype": state["dtype"]})  # type: ignore[misc]

    def updates(self) -> list[tuple[Any, Symbolic]]:
        """Return an empty list: draws advance by themselves in each `pytensor.function`.

        Theano's scripts add this list to their updates, and may go on doing so.
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
        """
        draw = self._draw(size, dtype, "uniform")
        if (low, high) == (0.0, 1.0):
            return draw
        return draw * in_dtype(high - low, "high - low", draw.dtype) + in_dtype(low, "low", draw.dtype)

    def normal(self, size: Any, avg: float = 0.0, std: float = 1.0, dtype: str | None = None) -> Symbolic:
        """Draw from the normal distribution of mean `avg` and standard deviation `std`."""
        draw = self._draw(size, dtype, "normal")
        if (avg, std) == (0.0, 1.0):
            return draw
        return draw * in_dtype(std, "std", draw.dtype) + in_dtype(avg, "avg", draw.dtype)

    def binomial(self, size: Any, n: int = 1, p: Any = 0.5, dtype: str | None = None) -> Symbolic:
        """Draw ones with probability `p`, else zeros: ``uniform < p``; only ``n=1``, as in the book."""
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
            What one step draws, in this order: ``"uniform"`` or ``"normal"``, and the shape.
        dtype : str
            ``"float32"`` or ``"float64"``.

        Returns
        -------
        list of Variable
            For each entry of `draws` those of all steps, of shape ``(steps, *shape)``.
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
    """Whether `variable` depends on a random state that no `RandomStreams` and no default update advances.

    A function that the library compiles would draw the same each time.
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
