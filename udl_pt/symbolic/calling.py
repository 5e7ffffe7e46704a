"""The rule for calling: symbolic in, symbolic out; arrays in, arrays out.

A model defines a method once, as a graph, and decorates it with `symbolic_or_array`. Given a PyTensor
variable the method returns a variable. Given an array it is compiled once, and called as an `ArrayFunction`.
"""

import contextlib
import copy
import functools
import inspect
import operator
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable

from udl_pt._support.parameters import Parameters
from udl_pt.backends import float_dtype, get_backend
from udl_pt.symbolic.array_function import ArrayFunction
from udl_pt.symbolic.random import RandomStreams
from udl_pt.symbolic.variables import check_variable

__all__ = ["SymbolicModel", "invalidate_functions", "symbolic_or_array"]

_latest_change = object()  # another object after each change of an attribute of any model
_this_thread = threading.local()


def invalidate_functions() -> None:
    """Mark all compiled functions of models as possibly outdated.

    Each builds its graph again before its next call, and is compiled again if the graph has changed. Setting
    a model's attribute calls this by itself. A change inside an array or a dict does not.

    Examples
    --------
    >>> from udl_pt.symbolic.calling import SymbolicModel, invalidate_functions, symbolic_or_array
    >>> class Scale(SymbolicModel):
    ...     dtype, n_features, options = "float64", 1, {"factor": 2.0}
    ...     @symbolic_or_array
    ...     def forward(self, X):
    ...         return self.options["factor"] * X
    >>> scale = Scale()
    >>> scale.forward([[1.0]]).tolist()
    [[2.0]]
    >>> scale.options["factor"] = 3.0
    >>> scale.forward([[1.0]]).tolist()  # the change is not seen
    [[2.0]]
    >>> invalidate_functions()
    >>> scale.forward([[1.0]]).tolist()
    [[3.0]]
    """
    global _latest_change
    if not getattr(_this_thread, "builds", False):
        _latest_change = object()


@contextlib.contextmanager
def _building() -> Iterator[None]:
    """Mark this thread as building a graph; the attributes that it sets then belong to copies."""
    before, _this_thread.builds = getattr(_this_thread, "builds", False), True
    try:
        yield
    finally:
        _this_thread.builds = before


def _parts(model: Any) -> list[Any]:
    """List the model, its layers, and theirs."""
    parts = [model] if hasattr(model, "__dict__") else []
    return parts + [part for layer in getattr(model, "hidden_layers", ()) for part in _parts(layer)]


def _attributes(part: Any) -> dict[str, Any]:
    """Copy the attributes that a graph may depend on: not the records of `fit`, which grow meanwhile."""
    attributes = vars(part).copy()  # another thread may set attributes meanwhile
    return {n: v for n, v in attributes.items() if n != "_compiled" and not n.endswith(("costs", "errors"))}


def _held(model: Any) -> list[Any]:
    """List everything that a graph of the model may depend on."""
    return [entry for part in _parts(model) for pair in _attributes(part).items() for entry in pair]


def _are_same(some: Sequence[Any], others: Sequence[Any]) -> bool:
    return len(some) == len(others) and all(map(operator.is_, some, others))


class _UntrackedState:
    """Entries of lists, and attributes of layers of other kinds: nothing tells of their changes."""

    def __init__(self, model: Any) -> None:
        parts = _parts(model)
        self._lists = [v for part in parts for v in _attributes(part).values() if type(v) is list]
        self._others = [vars(part) for part in parts if not isinstance(part, SymbolicModel)]
        self._entries = self._listed()

    def _listed(self) -> list[Any]:
        entries = [entry for values in self._lists for entry in values]
        return entries + [value for attributes in self._others for value in attributes.copy().values()]

    def is_same(self) -> bool:
        """Return whether none of it has changed."""
        return _are_same(self._entries, self._listed())


class _Compiled(NamedTuple):
    """A compiled function, and the state when its graph was built."""

    function: Any
    change: object
    unnoted: _UntrackedState


class SymbolicModel(Parameters):
    """The base of all symbolic models: keeps their compiled functions, one for each method and backend.

    A function builds its graph again before its next call if an attribute of any model has been set. It does
    so too after a change of an entry of the model's lists. It is compiled again if the graph has changed. So
    a model may reach others in any way: as an attribute, or in a closure. A change inside an array, a dict or
    the like can't be seen: assign a new one.

    Examples
    --------
    >>> import numpy as np, pytensor
    >>> from udl_pt.symbolic.calling import SymbolicModel, symbolic_or_array
    >>> class Shift(SymbolicModel):
    ...     names, dtype, n_features = ("b",), "float64", 2
    ...     def __init__(self, b):
    ...         self.b = pytensor.shared(b, name="b")
    ...     @symbolic_or_array
    ...     def forward(self, X):
    ...         return X + self.b
    >>> shift = Shift(np.array([1.0, -1.0]))
    >>> shift.forward([[0.0, 0.0]]).tolist()
    [[1.0, -1.0]]
    """

    backend: str | None = None
    unit_interval = False  # whether the model reads arrays as probabilities

    @property
    def default_dtype(self) -> str:  # type: ignore[override]
        """PyTensor's floatX, the dtype where none is given."""
        return float_dtype()

    @property
    def hidden_unit_interval(self) -> bool | None:
        """Whether hidden units' values are in [0, 1]; None where that isn't known."""
        return True

    def __getstate__(self) -> dict[str, Any]:
        """Omit compiled functions, which hold locks, from copies and pickles."""
        return {name: value for name, value in self.__dict__.copy().items() if name != "_compiled"}

    def __init_subclass__(cls, **options: Any) -> None:
        """Decorate methods that override those of `symbolic_or_array`, so that they follow its rule too.

        Raises
        ------
        TypeError
            For such a method that can't be called with ``(self, X)``.
        """
        super().__init_subclass__(**options)
        for name in dir(cls):
            method = inspect.getattr_static(cls, name)
            if not inspect.isfunction(method) or hasattr(method, "takes_hidden"):
                continue
            overridden = (vars(base).get(name) for base in cls.__mro__[1:])
            rule = next((m for m in overridden if hasattr(m, "takes_hidden")), None)
            if rule is not None:
                try:
                    inspect.signature(method).bind(cls, "X")
                except TypeError as error:
                    raise TypeError(
                        f"{cls.__name__}.{name} takes {inspect.signature(method)}, expected (self, X) as the "
                        "method that it overrides"
                    ) from error
                own = {"takes_hidden": rule.takes_hidden, "finite": rule.finite}
                setattr(cls, name, symbolic_or_array(method, name=name, **own))

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a parameter or velocity must be a shared variable of the model's dtype."""
        if self._is_parameter(name):
            self._check_settable(name, f"model.{name}.set_value(array)")
            before = getattr(self, name) if self._has(name) else value
            if not isinstance(value, SharedVariable):
                raise TypeError(
                    f"{name} of {type(self).__name__} is set to {type(value)}, expected a shared variable: "
                    f"model.{name}.set_value(array) changes its values, model.{name} = other.{name} shares it"
                )
            dtype, ndim = getattr(value.type, "dtype", None), getattr(value.type, "ndim", None)
            if (dtype, ndim) != (self.dtype, before.type.ndim):
                raise TypeError(
                    f"{name} of {type(self).__name__} is set to a shared variable of type {value.type}, "
                    f"expected dtype {self.dtype} and {before.type.ndim} dimensions"
                )
            shape, expected = (v.get_value(borrow=True).shape for v in (value, before))
            if shape != expected:
                raise ValueError(
                    f"{name} of {type(self).__name__} is set to a shared variable of shape {shape}, expected "
                    f"{expected}: fit sets all parameters for data of another shape"
                )
        super().__setattr__(name, value)
        invalidate_functions()

    def __delattr__(self, name: str) -> None:
        """Delete an attribute."""
        super().__delattr__(name)
        invalidate_functions()

    def _replace(self, **attributes: Any) -> None:
        """Set attributes at once, parameters of other shapes too: other threads see all old or all new."""
        vars(self).update(attributes)
        invalidate_functions()

    def compiled(self, name: str, make: Callable[[Any, str], Any]) -> Any:
        """Return a compiled function of this model, built by ``make(model, backend)``.

        It is built once, and again after a change of any model. The model that `make` gets shares this one's
        parameters and its generator of draws, but has a stream of its own. So draws in the user's graphs and
        in the library's don't depend on each other.

        Parameters
        ----------
        name : str
            The function's name: one function is kept for each name and backend.
        make : callable
            Returns the `ArrayFunction` or `udl_pt.backends.Function`.

        Returns
        -------
        ArrayFunction or udl_pt.backends.Function

        Raises
        ------
        NotFittedError
            If the model has no parameters yet.

        Examples
        --------
        >>> import numpy as np
        >>> import pytensor.tensor as pt
        >>> from udl_pt import RBM
        >>> from udl_pt.backends import Function
        >>> rbm = RBM.createFromArrays(np.eye(2), np.zeros(2), np.zeros(2))
        >>> def make(model, backend):
        ...     X = pt.matrix("X", dtype=model.dtype)
        ...     return Function([X], model.forward_hidden(X).sum(), backend=backend, name="total")
        >>> float(rbm.compiled("total", make)(np.zeros((3, 2))))
        3.0
        >>> rbm.compiled("total", make) is rbm.compiled("total", make)
        True
        """
        model: Any = self
        while True:
            self._check_fitted(name)
            backend, change = get_backend(model.backend), _latest_change
            kept = model.__dict__.setdefault("_compiled", {})
            known = kept.get((name, backend))
            if known is not None and known.change is change and known.unnoted.is_same():
                return known.function
            held, unnoted = _held(model), _UntrackedState(model)
            with _building():
                twin = copy.copy(model)
                if (rng := getattr(model, "rng", None)) is not None:
                    twin.rng = RandomStreams(rng)
                latest = make(twin, backend)
            if _are_same(held, _held(model)):  # else another thread began a fit, and some parameters are new
                break
        kept[name, backend] = _Compiled(latest, change, unnoted)
        return latest

    def array_function(self, method: str, function: Callable[..., Any] | None = None) -> ArrayFunction:
        """Return the compiled form of a method that is decorated with `symbolic_or_array`.

        Parameters
        ----------
        method : str
            The method's name.
        function : callable, optional
            A base class's method of this name, for ``super()`` in a class that overrides it.

        Returns
        -------
        ArrayFunction

        Raises
        ------
        NotFittedError
            If the model has no parameters yet.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> rbm = RBM.createFromArrays(np.eye(2), np.zeros(2), np.zeros(2))
        >>> encode = rbm.array_function("forward_hidden")
        >>> encode([[0.0, 0.0]]).tolist()
        [[0.5, 0.5]]
        """
        own = function or getattr(type(self), method)

        def make(model: Any, backend: str) -> ArrayFunction:
            takes_hidden = getattr(own, "takes_hidden", False)
            return ArrayFunction(
                getattr(model, method) if function is None else functools.partial(function, model),
                dtype=model.dtype,
                n_features=model.M if takes_hidden else model.n_features,
                unit_interval=bool(model.hidden_unit_interval if takes_hidden else model.unit_interval),
                backend=backend,
                name=f"{type(self).__name__}.{method}",
                argument=getattr(own, "argument", "X"),
                finite=getattr(own, "finite", False),
            )

        return self.compiled(method if function is None else function.__qualname__, make)


def symbolic_or_array(
    method: Callable[..., Any],
    *,
    takes_hidden: bool = False,
    name: str | None = None,
    finite: bool = False,
) -> Any:
    """Decorate a method of a matrix variable so that it takes arrays as well, and returns arrays for them.

    A subclass may override the method without decorating it again.

    Parameters
    ----------
    method : callable
        Takes the model and a variable of shape (N, D), returns a variable with N rows or entries.
    takes_hidden : bool
        Whether the variable is one of hidden units instead, of shape (N, M).
    name : str, optional
        The attribute of the class that holds the method, where that isn't the method's own name.
    finite : bool
        Whether a result of arrays that isn't finite is an error.

    Returns
    -------
    callable
        The method for variables and arrays.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.calling import SymbolicModel, symbolic_or_array
    >>> class Doubler(SymbolicModel):
    ...     dtype, n_features = "float64", 2
    ...     @symbolic_or_array
    ...     def forward(self, X):
    ...         return X + X
    >>> doubler = Doubler()
    >>> doubler.forward([[1.0, 2.0]]).tolist()
    [[2.0, 4.0]]
    >>> doubler.forward(pt.matrix("X")).ndim  # a variable
    2
    """
    own_name, signature = name or method.__name__, inspect.signature(method)
    argument = ([*signature.parameters, "X"])[1]

    @functools.wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        if named or len(arguments) != 2:
            bound = signature.bind(*arguments, **named)
            arguments, named = bound.args, bound.kwargs
        self, X, *more = arguments
        if isinstance(X, Variable):
            self._check_fitted(own_name)
            n_features = self.M if takes_hidden else self.n_features
            check_variable(X, argument, n_features=n_features)
            return method(self, X, *more, **named)
        if more or named:
            raise TypeError(
                f"{own_name} of an array takes no further arguments, received {[*more, *named]}: make them "
                "attributes of the model, or call it with a variable"
            )
        overridden = getattr(type(self), own_name, call) is not call  # a call by super()
        return self.array_function(own_name, call if overridden else None)(X)

    call.takes_hidden, call.finite = takes_hidden, finite  # type: ignore[attr-defined]
    call.argument = argument  # type: ignore[attr-defined]
    return call
