"""One compiled training step of any optimiser. It changes all parameters and states, or none.

An optimiser is a function ``optimiser(cost, params, **rates) -> updates``; see `udl_pt.symbolic.updates`. Its
first argument is a cost or a list of gradients, and `gradients_of` turns both into gradients. A step, and so
``fit``, passes the gradients.
"""

import functools
import inspect
import numbers
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable

from udl_pt._support.messages import shown
from udl_pt.backends import Devices, Function, Kind
from udl_pt.symbolic.variables import Symbolic

__all__ = ["CostGraph", "UpdateStep", "Updates", "apply_if_finite", "gradients_of", "rates_of"]

Updates = list[tuple[SharedVariable, Symbolic]]
CostGraph = Callable[[], tuple[Symbolic | Sequence[Symbolic], Updates]]


def gradients_of(
    cost: Symbolic | Sequence[Symbolic],
    params: Sequence[SharedVariable],
    consider_constant: Iterable[Symbolic] | None = None,
) -> list[Symbolic]:
    """Return the gradients of a cost, or the list of gradients that was passed instead of a cost.

    Parameters
    ----------
    cost : Variable or sequence of Variable
        The scalar cost J, or its gradients, one for each parameter.
    params : sequence of SharedVariable
        The parameters.
    consider_constant : iterable of Variable, optional
        Variables that the gradient does not pass through, such as the sample of a Gibbs chain.

    Returns
    -------
    list of Variable
        dJ/dp for each parameter p, of its shape.

    Examples
    --------
    >>> import pytensor
    >>> from udl_pt.symbolic.updates import gradients_of
    >>> p = pytensor.shared(3.0)
    >>> (gradient,) = gradients_of(p**2, [p])
    >>> float(gradient.eval())
    6.0
    """
    if isinstance(cost, Variable):
        return list(pytensor.grad(cost, list(params), consider_constant=consider_constant))
    return list(cost)


def rates_of(optimiser: Callable[..., Any]) -> dict[str, float]:
    """Return the rates of an optimiser, by name, with their defaults.

    A rate is a parameter of the function, after `cost` and `params`, whose default is a number. Other
    defaults, such as None or True, belong to options, and a step leaves them as they are.

    Parameters
    ----------
    optimiser : callable
        Such as `udl_pt.adam_updates`, or a `functools.partial` of it with other defaults.

    Returns
    -------
    dict of str to float
        In the order of the signature.

    Raises
    ------
    TypeError
        If `optimiser` is not callable, or a parameter after the first two has no default.

    Notes
    -----
    The signature is the only declaration. A separate list of names could contradict it, and
    `functools.partial` would lose it.

    Examples
    --------
    >>> from functools import partial
    >>> from udl_pt import momentum_updates
    >>> from udl_pt.symbolic.updates import rates_of
    >>> rates_of(momentum_updates)
    {'learning_rate': 0.01, 'mu': 0.99}
    >>> rates_of(partial(momentum_updates, mu=0.5))
    {'learning_rate': 0.01, 'mu': 0.5}
    """
    if not callable(optimiser):
        raise TypeError(f"optimiser is {shown(optimiser)}, expected a function such as udl_pt.adam_updates")
    try:
        parameters = list(inspect.signature(optimiser).parameters.values())
    except ValueError as error:  # of a builtin
        raise TypeError(
            f"optimiser is {shown(optimiser)}, whose signature can't be read: pass a Python function, such "
            "as udl_pt.adam_updates"
        ) from error
    rates = {}
    for parameter in parameters[2:]:
        default = parameter.default
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if default is parameter.empty:
            raise TypeError(
                f"the parameter {parameter.name!r} of {_name(optimiser)} has no default: "
                "each parameter after cost and params needs one, a number if it is a rate"
            )
        if isinstance(default, numbers.Real) and not isinstance(default, bool):
            rates[parameter.name] = float(default)
    return rates


def apply_if_finite(
    updates: Updates,
    params: Sequence[SharedVariable],
    max_norm: float | None = None,
    unguarded: Collection[SharedVariable] = (),
) -> tuple[Symbolic, Updates]:
    """Return updates that keep all old values if a new one is not finite.

    Parameters
    ----------
    updates : list of (SharedVariable, Variable)
        The updates of an optimiser.
    params : sequence of SharedVariable
        The parameters among the updated variables. The others are the optimiser's state.
    max_norm : float, optional
        The largest length of a matrix's column, the weights into a unit. Longer columns are shortened after
        the step.
    unguarded : collection of SharedVariable
        State variables that are updated in any case. They are not inspected.

    Returns
    -------
    sums : Variable, vector
        For each parameter the sum of its step's absolute values; last, the sum of these and of those of the
        state. If the last is not finite, no guarded variable changes.
    updates : list of (SharedVariable, Variable)
        The same updates with the guard.

    Notes
    -----
    A sum is finite unless an element isn't, or the sum is about as large as the dtype allows.

    Examples
    --------
    >>> import numpy as np, pytensor
    >>> from udl_pt.symbolic._step import apply_if_finite
    >>> from udl_pt import sgd_updates
    >>> p = pytensor.shared(1.0)
    >>> _, updates = apply_if_finite(sgd_updates(p * np.nan, [p]), [p])
    >>> pytensor.function([], [], updates=updates)()
    []
    >>> float(p.get_value())
    1.0
    """
    new = dict(updates)
    sums = [_absolute_sum(new[p] - p) for p in params]
    state = [v for v in new if v not in {*params, *unguarded} and v.type.dtype.startswith("float")]
    terms = [*sums, *(_absolute_sum(new[v]) for v in state)]
    total = pt.add(*terms) if len(terms) > 1 else terms[0]
    finite = pt.lt(total, np.array(np.inf, total.dtype))
    if max_norm is not None:
        updates = [
            (v, _shorten_columns(x, max_norm) if v in params and x.ndim == 2 else x) for v, x in updates
        ]
    return pt.stack([*sums, total]), [
        (v, x if v in unguarded else pt.switch(finite, x, v)) for v, x in updates
    ]


class UpdateStep:
    """One compiled step of an optimiser, for `udl_pt.training.loop.train`.

    A call takes a batch and the `rates`, updates the parameters, and returns a vector of bool: whether each
    parameter's step was finite. If a step or a new state isn't finite, no parameter and no state changes.

    Parameters
    ----------
    optimiser : callable
        ``optimiser(gradients, params, **rates) -> updates``, such as `udl_pt.adam_updates`. Each parameter
        after the first two has a default; those whose default is a number are rates.
    cost : Variable, sequence of Variable, or callable
        The scalar cost, or its gradients, one for each parameter. A callable takes nothing and returns a
        pair: one of these, and updates of further shared variables without the guard, such as persistent
        Gibbs chains.
    inputs : sequence of Variable
        The variables of a batch.
    params : sequence of SharedVariable
        The parameters.
    scalars : sequence of Variable
        Further scalars in the cost, such as a weight decay. Their names are names of rates.
    constants : mapping of Variable to float, optional
        Scalars that are the same in every step, such as one over the batch's rows. As inputs they need no
        new compilation for another value.
    dtype : {"float64", "float32"}
        The dtype of the rates and constants, which is the model's.
    backend : {"numba", "c", "jax"}
        The backend that compiles the step.
    name : str
        The compiled function's name in tracebacks.
    names : sequence of str, optional
        The parameters' names in errors; by default those of the variables.
    max_norm : float, optional
        The largest length of a matrix's column, the weights into a unit. Longer columns are shortened after
        the step.
    reset : sequence of SharedVariable
        State variables of the optimiser that become zero, instead of unchanged, if a step isn't finite. They
        need no guard in the graph.
    kind : udl_pt.backends.Kind, optional
        The kind of the step's graph, for the book's momentum. The callables `cost` and `optimiser` are called
        only for the first step of a kind.

    Attributes
    ----------
    names : list of str
        Names of the parameters, for messages.
    rates : list of str
        Names of the rates that a call takes after the batch: the optimiser's rates, then those of `scalars`.
    optimiser_state : list of SharedVariable
        The state that the optimiser updates besides the parameters, such as velocities.

    Raises
    ------
    TypeError
        If the optimiser is not callable or has a parameter without a default, or the dtype of a new value
        isn't that of its variable.
    ValueError
        If a parameter has no update, or two rates have the same name.

    Examples
    --------
    A user's optimiser, which moves each parameter by the sign of its gradient:

    >>> import numpy as np, pytensor
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.updates import UpdateStep
    >>> def sign_updates(gradients, params, learning_rate=0.1):
    ...     return [(p, p - learning_rate * pt.sign(g)) for p, g in zip(params, gradients)]
    >>> x = pt.vector("x", dtype="float64")
    >>> p = pytensor.shared(np.array([3.0, -2.0]), name="p")
    >>> cost = ((p - x) ** 2).sum()
    >>> step = UpdateStep(sign_updates, cost, [x], [p], dtype="float64", backend="jax", name="signs")
    >>> step.rates
    ['learning_rate']
    >>> step(np.zeros(2), np.asarray(0.5)).tolist()
    [True]
    >>> p.get_value().tolist()
    [2.5, -1.5]
    """

    def __init__(
        self,
        optimiser: Callable[..., Any],
        cost: Symbolic | Sequence[Symbolic] | CostGraph,
        inputs: Sequence[Symbolic],
        params: Sequence[SharedVariable],
        *,
        scalars: Sequence[Symbolic] = (),
        constants: Mapping[Symbolic, float] | None = None,
        dtype: str,
        backend: str,
        name: str,
        names: Sequence[str] | None = None,
        max_norm: float | None = None,
        reset: Sequence[SharedVariable] = (),
        kind: Kind | None = None,
    ) -> None:
        rates = {rate: pt.scalar(rate, dtype=dtype) for rate in rates_of(optimiser)}
        for scalar in scalars:
            if scalar.name in rates:
                raise ValueError(
                    f"the cost and {_name(optimiser)} both have a rate {scalar.name!r}: rename one of them"
                )
        inputs = [*inputs, *rates.values(), *scalars]
        self.names = list(names or (str(p.name) for p in params))
        self.rates = [*rates, *(str(scalar.name) for scalar in scalars)]
        self.optimiser_state = self._reset = list(reset)
        constants = constants or {}
        self._constants = [np.asarray(value, dtype) for value in constants.values()]

        def build() -> tuple[list[Symbolic], Symbolic, Updates]:
            value, state = cost() if callable(cost) else (cost, [])
            gradients = gradients_of(value, params)
            try:
                updates = [(variable, value) for variable, value in optimiser(gradients, params, **rates)]
            except Exception as error:  # whatever it is, it is the optimiser's
                raise TypeError(
                    f"optimiser is {shown(optimiser)}, expected a function of gradients and parameters that "
                    f"returns a list of updates; called with these arguments, it raised: {error}"
                ) from error
            _check_updates(updates, dict(zip(params, self.names, strict=True)), _name(optimiser))
            self.optimiser_state = [v for v, _ in updates if v not in params]
            sums, updates = apply_if_finite(updates, params, max_norm, reset)
            return [*inputs, *constants], sums, [*updates, *state]

        self.function = Function.of_kind(kind, build, backend=backend, name=name)
        self.function.draws_ahead = True

    @property
    def variables(self) -> list[SharedVariable]:
        """The shared variables that a call updates."""
        return self.function.updated

    @property
    def streams(self) -> list[Any]:
        """The streams that a call draws from."""
        return self.function.streams

    def __call__(self, *arguments: np.ndarray) -> np.ndarray:
        """Run one step on a batch and the rates; return for each parameter whether its step was finite."""
        *each, total = np.isfinite(self.function(*arguments, *self._constants))
        if not total:
            for variable in self._reset:
                variable.set_value(np.zeros_like(variable.get_value(borrow=True)))
        # where only the total overflows, no step was taken either
        return np.array(each) & (total or not all(each))

    def settle(self) -> None:
        """Turn the values of all shared variables into NumPy arrays (JAX stores its own).

        Examples
        --------
        >>> import numpy as np, pytensor
        >>> import pytensor.tensor as pt
        >>> from udl_pt import sgd_updates
        >>> from udl_pt.symbolic.updates import UpdateStep
        >>> x, p = pt.vector("x", dtype="float64"), pytensor.shared(np.ones(2), name="p")
        >>> cost = (p * x).sum()
        >>> step = UpdateStep(sgd_updates, cost, [x], [p], dtype="float64", backend="jax", name="step")
        >>> _ = step(np.ones(2), np.asarray(0.5))
        >>> step.settle()
        >>> p.get_value(borrow=True).tolist(), type(p.get_value(borrow=True)).__name__
        ([0.5, 0.5], 'ndarray')
        """
        self.function.settle()

    def spread(self, devices: Devices) -> None:
        """Divide the rows of batches among several devices of JAX from now on.

        Parameters
        ----------
        devices : udl_pt.backends.Devices
            The devices.

        Examples
        --------
        >>> import numpy as np, pytensor
        >>> import pytensor.tensor as pt
        >>> from udl_pt import sgd_updates
        >>> from udl_pt.backends import Devices
        >>> from udl_pt.symbolic.updates import UpdateStep
        >>> x, p = pt.vector("x", dtype="float64"), pytensor.shared(np.ones(2), name="p")
        >>> cost = (p * x).sum()
        >>> step = UpdateStep(sgd_updates, cost, [x], [p], dtype="float64", backend="jax", name="step")
        >>> step.spread(Devices.checked(1, "jax", batch_sz=2))
        >>> step(np.ones(2), np.asarray(0.5)).tolist()
        [True]
        """
        self.function.devices = devices


def _check_updates(updates: Updates, names: Mapping[SharedVariable, str], optimiser: str) -> None:
    """Raise if a parameter has no update, or the dtype of a new value isn't that of its variable."""
    updated = dict(updates)
    for p, name in names.items():
        if p not in updated:
            raise ValueError(
                f"{optimiser} returned no update of {name}: return a pair (p, new value) for each parameter"
            )
    for v, value in updates:
        if not isinstance(value, Variable):
            raise TypeError(f"{optimiser} returned {shown(value)} for {names.get(v, v)}, expected a variable")
        if value.type.dtype != v.type.dtype:
            raise TypeError(
                f"{optimiser} returned {value.type.dtype} for {names.get(v, v)}, which is {v.type.dtype}: "
                "cast the numbers in its formula, such as numpy.asarray(0.9, p.dtype)"
            )


def _absolute_sum(x: Symbolic) -> Symbolic:
    return abs(x).sum(acc_dtype=x.dtype)


def _shorten_columns(W: Symbolic, max_norm: float) -> Symbolic:
    length = pt.sqrt((W * W).sum(axis=0, acc_dtype=W.dtype))
    largest = np.asarray(max_norm, W.dtype)
    return W * (largest / pt.maximum(length, largest))


def _name(optimiser: Any) -> str:
    function = optimiser.func if isinstance(optimiser, functools.partial) else optimiser
    return str(getattr(function, "__name__", repr(function)))
