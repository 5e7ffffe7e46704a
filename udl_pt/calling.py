"""The rule for calling: symbolic in, symbolic out; arrays in, arrays out.

A model writes a method once, as a graph, and decorates it with `symbolic_or_array`. Given a PyTensor
variable the method returns a variable. Given an array it is compiled once, and called on chunks of rows, so
that a whole data set can pass without its hidden layers taking memory all at once.
"""

import copy
import functools
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Variable

from udl_pt.backend import Function, get_backend
from udl_pt.random import RandomStreams
from udl_pt.validation import NotFittedError, check_matrix

__all__ = ["ArrayFunction", "Callables", "in_chunks", "symbolic_or_array"]

CHUNK = 1000  # rows


class Model(Protocol):
    """What calling needs to know of a model."""

    dtype: str
    n_features: int


def in_chunks(X: np.ndarray, dtype: str) -> Any:
    """Yield `X` in C-ordered chunks of rows, cast to `dtype`."""
    for start in range(0, len(X), CHUNK):
        yield np.ascontiguousarray(X[start : start + CHUNK], dtype)


class ArrayFunction:
    """A model's symbolic method as a function of arrays; compiles at the first call.

    Parameters
    ----------
    graph : callable
        Takes a matrix variable, returns a variable with one row (or entry) a sample.
    dtype : str
        The model's dtype.
    n_features : int
        The number of columns that `graph` expects.
    unit_interval : bool
        Whether it reads its input as probabilities.
    backend : str
        See `udl_pt.backend.get_backend`.
    name : str
        The method's name.
    """

    def __init__(
        self,
        graph: Callable[[Variable], Variable],
        *,
        dtype: str,
        n_features: int,
        unit_interval: bool,
        backend: str,
        name: str,
    ) -> None:
        x = pt.matrix("X", dtype=dtype)
        self.dtype, self.n_features, self.unit_interval = dtype, n_features, unit_interval
        self._function = Function([x], graph(x), backend=backend, name=name)

    def __call__(self, X: Any) -> np.ndarray:
        """Compute the method for an array.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        numpy.ndarray of shape (n_samples, …)
        """
        X = check_matrix(X, dtype=self.dtype, n_features=self.n_features, unit_interval=self.unit_interval)
        results = None
        start = 0
        for chunk in in_chunks(X, self.dtype):
            rows = self._function(chunk)
            if results is None:
                results = np.empty((len(X), *rows.shape[1:]), rows.dtype)
            results[start : start + len(rows)] = rows
            start += len(rows)
        assert results is not None  # check_matrix refused an empty X
        return results


class Callables:
    """Keeps a model's compiled functions, one a backend, for as long as its parameters are the same."""

    backend: str | None = None
    unit_interval = False  # whether the model reads arrays as probabilities

    @property
    def hidden_unit_interval(self) -> bool:
        """Whether hidden units' values are in [0, 1]."""
        return True

    def __getstate__(self) -> dict[str, Any]:
        """Leave compiled functions, which hold locks, out of copies and pickles."""
        return {name: value for name, value in self.__dict__.items() if name != "_compiled"}

    def compiled(self, name: str, make: Callable[[Any, str], Any]) -> Any:
        """Hand back what ``make(model, backend)`` made of this model the first time.

        The model that `make` gets shares this one's parameters and its generator of draws, but has a
        stream of its own, so draws in the user's graphs and in the library's don't depend on each other.
        """
        model: Any = self
        if not hasattr(model, "params"):
            raise NotFittedError(
                f"this {type(self).__name__} has no parameters yet: "
                f"call fit or createFromArrays before {name}"
            )
        backend, rng = get_backend(model.backend), getattr(model, "rng", None)
        made_for = [rng, *model.params]
        kept = model.__dict__.setdefault("_compiled", {})
        if (name, backend) in kept:
            function, known = kept[name, backend]
            if len(known) == len(made_for) and all(a is b for a, b in zip(known, made_for, strict=True)):
                return function
        twin = copy.copy(model)
        if rng is not None:
            twin.rng = RandomStreams(rng)
        function = make(twin, backend)
        kept[name, backend] = function, made_for
        return function

    def array_function(self, method: str) -> ArrayFunction:
        """Hand back the compiled form of a method that is decorated with `symbolic_or_array`."""

        def make(model: Any, backend: str) -> ArrayFunction:
            takes_hidden = getattr(type(model), method).takes_hidden
            return ArrayFunction(
                getattr(model, method),
                dtype=model.dtype,
                n_features=model.M if takes_hidden else model.n_features,
                unit_interval=model.hidden_unit_interval if takes_hidden else model.unit_interval,
                backend=backend,
                name=f"{type(self).__name__}.{method}",
            )

        return self.compiled(method, make)  # type: ignore[no-any-return]


def symbolic_or_array(method: Callable[[Any, Any], Any], *, takes_hidden: bool = False) -> Any:
    """Let a method that turns a matrix variable into a graph also take arrays and return arrays.

    Parameters
    ----------
    method : callable
        Takes the model and a variable of shape (N, D), returns a variable with N rows or entries.
    takes_hidden : bool
        Whether the variable is one of hidden units instead, of shape (N, M).
    """

    @functools.wraps(method)
    def call(self: Any, X: Any) -> Any:
        if isinstance(X, Variable):
            return method(self, X)
        return self.array_function(method.__name__)(X)

    call.takes_hidden = takes_hidden  # type: ignore[attr-defined]
    return call
