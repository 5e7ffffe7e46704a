"""Theano's `RandomStreams` on PyTensor: uniform, normal and Bernoulli draws in a graph.

A stream wraps one NumPy generator. The library's own functions draw from it on the host and pass the draws
in. So a seed draws the same numbers on every backend, and a run continues where it stopped. In a user's
`pytensor.function` a draw is an ordinary random variable, which draws anew at each call::

    streams = RandomStreams(0)
    kept = X * streams.binomial(X.shape, p=0.7)
    f = pytensor.function([X], kept)

Draws whose sizes depend on the same inputs form a chain: each continues the state of the one before.

- The first chain draws from the stream's own generator, as the library's functions do. Neither repeats the
  other's numbers.
- Each further chain has a generator derived from the stream's state.
- So has each chain of a second stream on the same NumPy generator.

PyTensor's mode decides whether a user's function advances the generator that was passed. The default mode and
those of Numba and C do. FAST_COMPILE draws from a copy, which ``streams.generator`` then returns. The JAX
mode copies states: two functions on the same inputs draw the same.

A chain's update depends on the inputs that it was built of. So replace these in a function with ``givens``.
After `clone_replace`, or for an input in the middle of a graph, pass the updates of the function's outputs::

    f = pytensor.function([Y], copied, updates=streams.updates(copied))

Draws within the function of a `pytensor.scan` differ from step to step. A function of them needs scan's
updates, and is refused without::

    steps, updates = pytensor.scan(lambda x: x * streams.binomial(x.shape), X)
    f = pytensor.function([X], steps, updates=updates)

PyTensor doesn't differentiate such a scan. For gradients, draw before it, and pass the draws as a sequence.

A Bernoulli draw is ``uniform < p`` everywhere (PyTensor's own draws other bits on each backend).
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Variable
from pytensor.graph.traversal import ancestors, explicit_graph_inputs
from pytensor.tensor.random.type import RandomType

from udl_pt._support.arguments import check_number, is_scalar
from udl_pt._support.messages import shown
from udl_pt.backends._internals import bit_generator, scan_context
from udl_pt.symbolic._chains import Chain, Chains, State, advanced, chains_of, new_state
from udl_pt.symbolic.chance import derived
from udl_pt.symbolic.variables import Symbolic

__all__ = [
    "RandomStreams",
    "has_repeated_draws",
    "in_dtype",
]

_numbers = itertools.count()
Sample = Callable[[np.random.Generator, Sequence[tuple[int, ...]]], list[np.ndarray]]
_ON_HOST = {"uniform": "random", "normal": "standard_normal"}  # methods of NumPy's generators


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
    stream: "RandomStreams"
    sample: "Sample"


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
    _chains: Chains

    def __init__(self, seed: Any = None, dtype: str | None = None) -> None:
        self.dtype = dtype
        self._chain: Chain | None = None
        self.n_derived = 0  # generators derived for its chains
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
        self._chains = chains_of(seed)
        self._container = new_state(self._chains, seed).container

    @property
    def generator(self) -> np.random.Generator:
        """The generator that the stream draws from; a function in FAST_COMPILE mode replaces it by a copy."""
        return self._container.value

    def __getstate__(self) -> dict[str, Any]:
        """Return the generator and the dtype; earlier draws belong to graphs elsewhere."""
        return {"generator": self.generator, "dtype": self.dtype}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Start a new chain of draws on the generator."""
        self.__init__(**{"seed": state["generator"], "dtype": state["dtype"]})  # type: ignore[misc]

    @property
    def has_drawn(self) -> bool:
        """Whether a stream on this generator, other than the library's own, has drawn."""
        return self._chains.has_first

    def skip_derived(self, n: int) -> None:
        """Skip `n` derived generators, as if a graph of this stream had used them.

        A function that needs no graph calls this. So later graphs draw the same numbers with and without it.

        Parameters
        ----------
        n : int
            The number of generators.

        Examples
        --------
        >>> import pytensor
        >>> from udl_pt import RandomStreams
        >>> def second_draw(skipped):
        ...     streams = RandomStreams(RandomStreams(0))
        ...     if skipped:
        ...         streams.skip_derived(1)
        ...     else:
        ...         streams.uniform((3,))
        ...     return pytensor.function([], RandomStreams(streams).uniform((2,)))().tolist()
        >>> second_draw(skipped=True) == second_draw(skipped=False)
        True
        """
        for _ in range(n):
            next(self._chains.numbers)

    def updates(self, outputs: Any = None) -> list[tuple[Any, Symbolic]]:
        """Return the updates with which a function of `outputs` draws new numbers in each call.

        Draws advance by themselves in each `pytensor.function`, so most functions need none. These do: a
        function of a copied graph (`clone_replace`), or of an input in the middle of a graph. With a
        `pytensor.scan`, these updates may replace those that scan returns.

        Later draws begin a chain of their own.

        Parameters
        ----------
        outputs : Variable or sequence of Variable, optional
            All outputs of the function.

        Returns
        -------
        list of (SharedVariable, Variable)
            The random states of this stream's draws, and their new values. Without `outputs` the list is
            empty: Theano's scripts add it to their updates, and may keep doing so.

        Raises
        ------
        TypeError
            If `outputs` are no variables.
        ValueError
            If a draw was made in a scan that isn't in the graph, or if two draws start from the same state.

        Examples
        --------
        >>> import numpy as np, pytensor
        >>> import pytensor.tensor as pt
        >>> from pytensor.graph.replace import clone_replace
        >>> from udl_pt import RandomStreams
        >>> streams, x, y = RandomStreams(0), pt.dvector("x"), pt.dvector("y")
        >>> copied = clone_replace(x + streams.uniform(x.shape), {x: y})
        >>> f = pytensor.function([y], copied, updates=streams.updates(copied))
        >>> generator = np.random.default_rng(0)
        >>> [np.array_equal(f(np.zeros(2)), generator.random(2)) for call in range(2)]
        [True, True]
        >>> RandomStreams(0).updates()
        []
        """
        if outputs is None:
            return []
        variables = [outputs] if isinstance(outputs, Variable) else outputs
        if not (isinstance(variables, list | tuple) and all(isinstance(v, Variable) for v in variables)):
            raise TypeError(f"outputs is {shown(outputs)}, expected a variable or a list of variables")
        updates = advanced(variables, self._chains)
        self._chain = None
        return updates

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
        shapes = [[pt.as_tensor_variable(s) for s in (steps, *shape)] for _, shape in draws]
        variables = [self._variable(kind, shape, dtype) for kind, shape in zip(kinds, shapes, strict=True)]
        return self._tagged(variables, shapes, partial(_sample_steps, kinds, dtype))

    def _draw(self, size: Any, dtype: str | None, kind: str) -> Any:
        shape = [pt.as_tensor_variable(s) for s in size]
        draw = self._variable(kind, shape, dtype or self.dtype)
        return self._tagged([draw], [shape], partial(_sample_once, kind, draw.dtype))[0]

    def _tagged(
        self, variables: list[Any], shapes: Sequence[Sequence[Symbolic]], sample: Sample
    ) -> list[Any]:
        """Tag each variable with its draw, for `udl_pt.backends.Function`."""
        draw = _Draw(next(_numbers), variables, shapes, self, sample)
        for variable in variables:
            variable.tag.draw = draw
        return variables

    def _variable(self, kind: str, shape: Sequence[Symbolic], dtype: str | None) -> Any:
        """PyTensor's own random variable, for functions that the library doesn't compile."""
        roots = frozenset(explicit_graph_inputs(shape))
        scan = scan_context()
        if self._chain is None and not self._chains.has_first:
            self._chains.has_first = not self._follows  # the library's graphs are of streams that follow
            self._chain = Chain(roots, scan, new_state(self._chains, None, self._container))
        elif self._chain is None or self._chain.roots != roots or self._chain.scan is not scan:
            generator = derived(self.generator, next(self._chains.numbers))
            self.n_derived += 1
            self._chain = Chain(roots, scan, new_state(self._chains, generator))
        state = self._chain.state
        state.default_update, draw = getattr(state.default_update or state, kind)(size=shape)
        return draw if dtype is None else draw.astype(dtype)


def has_repeated_draws(variable: Symbolic) -> bool:
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
    >>> from udl_pt.symbolic.random import has_repeated_draws
    >>> has_repeated_draws(RandomStreams(0).normal((2,)))
    False
    >>> _, draw = pytensor.shared(np.random.default_rng(0)).normal(size=(2,))
    >>> has_repeated_draws(draw)
    True
    """
    ours = {v for v in ancestors([variable]) if hasattr(v.tag, "draw")}
    return any(
        v.owner is None
        and isinstance(v.type, RandomType)
        and (getattr(v, "default_update", None) is None or (isinstance(v, State) and v.is_taken))
        for v in ancestors([variable], blockers=ours)
    )


def _sample_once(
    kind: str, dtype: str, generator: np.random.Generator, shapes: Sequence[tuple[int, ...]]
) -> list[np.ndarray]:
    return [getattr(generator, _ON_HOST[kind])(shapes[0]).astype(dtype, copy=False)]


def _sample_steps(
    kinds: Sequence[str], dtype: str, generator: np.random.Generator, shapes: Sequence[tuple[int, ...]]
) -> list[np.ndarray]:
    arrays = [np.empty(shape, dtype) for shape in shapes]
    methods = [getattr(generator, _ON_HOST[kind]) for kind in kinds]
    drawn = [np.empty(shape[1:]) for shape in shapes]
    for step in range(shapes[0][0]):
        for array, method, draw in zip(arrays, methods, drawn, strict=True):
            method(out=draw)
            array[step] = draw
    return arrays
