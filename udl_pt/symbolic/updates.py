"""Optimisers: plain functions from a cost and parameters to updates.

What they return goes to ``pytensor.function(…, updates=…)``::

    updates = momentum_updates(cost, ae.params, learning_rate=0.1, mu=0.9)
    train = pytensor.function([x], cost, updates=updates)

Learning rate and momentum may be numbers or scalar variables; they are cast to each parameter's dtype,
so float32 parameters stay float32 whatever floatX is.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable

from udl_pt._support.arguments import is_scalar
from udl_pt.backends import Function, to_numpy
from udl_pt.symbolic.random import in_dtype

__all__ = ["MomentumStep", "Updates", "all_or_nothing", "momentum_updates", "sgd_updates"]

Updates = list[tuple[SharedVariable, Variable]]


def sgd_updates(
    cost: Variable,
    params: Sequence[SharedVariable],
    learning_rate: Any = 0.01,
    *,
    consider_constant: Iterable[Variable] | None = None,
) -> Updates:
    """Gradient descent: ``p <- p - learning_rate * dJ/dp``.

    Parameters
    ----------
    cost : Variable
        The scalar J to make small.
    params : sequence of SharedVariable
        What to change.
    learning_rate : float or scalar Variable
        Step size.
    consider_constant : iterable of Variable, optional
        Variables that the gradient doesn't go through, such as a Gibbs chain's sample.
    """
    gradients = pytensor.grad(cost, list(params), consider_constant=consider_constant)
    return [
        (p, p - _like(learning_rate, p, "learning_rate") * g) for p, g in zip(params, gradients, strict=True)
    ]


def momentum_updates(
    cost: Variable | Sequence[Variable],
    params: Sequence[SharedVariable],
    learning_rate: Any = 0.01,
    mu: Any = 0.99,
    dparams: Sequence[SharedVariable] | None = None,
    *,
    consider_constant: Iterable[Variable] | None = None,
) -> Updates:
    """Gradient descent with momentum, as in the book: ``v <- mu v - learning_rate dJ/dp``, ``p <- p + v``.

    Parameters
    ----------
    cost : Variable or sequence of Variable
        The scalar J to make small, or its gradients, one a parameter.
    params : sequence of SharedVariable
        What to change.
    learning_rate : float or scalar Variable
        Step size.
    mu : float or scalar Variable
        The share of the velocity that is kept.
    dparams : sequence of SharedVariable, optional
        The velocities v, of the parameters' shapes; made anew, at zero, where not given.
    consider_constant : iterable of Variable, optional
        Variables that the gradient doesn't go through, such as a Gibbs chain's sample.

    Returns
    -------
    list of (SharedVariable, Variable)
        The parameters' new values, then the velocities'; both take the gradient at the old parameters.
    """
    if dparams is None:
        dparams = [pytensor.shared(np.zeros_like(p.get_value(borrow=True))) for p in params]
    if isinstance(cost, Variable):
        cost = pytensor.grad(cost, list(params), consider_constant=consider_constant)
    velocities = [
        _like(mu, p, "mu") * dp - _like(learning_rate, p, "learning_rate") * g
        for p, dp, g in zip(params, dparams, cost, strict=True)
    ]
    return [(p, p + v) for p, v in zip(params, velocities, strict=True)] + list(
        zip(dparams, velocities, strict=True)
    )


def all_or_nothing(
    updates: Updates, params: Sequence[SharedVariable], max_norm: float | None = None
) -> tuple[Variable, Updates]:
    """Keep all parameters as they are in a step that isn't finite.

    Parameters
    ----------
    updates : list of (SharedVariable, Variable)
        What `momentum_updates` returned.
    params : sequence of SharedVariable
        The parameters among them.
    max_norm : float, optional
        The largest length of a matrix's column, what comes in to a unit; longer ones are cut after the step.

    Returns
    -------
    sums : Variable, vector
        The sum of each parameter's step, without signs, and of these; one that isn't finite tells of a step
        that isn't.
    updates : list of (SharedVariable, Variable)
        The same, but parameters move only if all steps are finite.

    Notes
    -----
    A sum over a step is finite unless an element isn't, or the step is about as large as the dtype allows.
    """
    new = dict(updates)
    steps = [new[p] - p for p in params]
    sums = [abs(step).sum(acc_dtype=step.dtype) for step in steps]
    total = pt.add(*sums) if len(sums) > 1 else sums[0]
    fine = pt.lt(total, np.array(np.inf, total.dtype))
    if max_norm is not None:
        updates = [(v, _cut(x, max_norm) if v in set(params) and x.ndim == 2 else x) for v, x in updates]
    return pt.stack([*sums, total]), [
        (v, pt.switch(fine, value, v) if v in set(params) else value) for v, value in updates
    ]


def _cut(W: Variable, max_norm: float) -> Variable:
    length = pt.sqrt((W * W).sum(axis=0, acc_dtype=W.dtype))
    largest = np.asarray(max_norm, W.dtype)
    return W * (largest / pt.maximum(length, largest))


class MomentumStep:
    """One compiled step of gradient descent with momentum, for `udl_pt.training.loop.train`.

    Called with a batch and the `rates`, it carries out `momentum_updates` and returns a vector of bool:
    whether each parameter's step was finite. If one wasn't, all parameters are what they were, and the
    velocities are zero.

    Parameters
    ----------
    cost : Variable or sequence of Variable
        The scalar to make small, or its gradients.
    inputs : sequence of Variable
        The batch's variables.
    params, dparams : sequence of SharedVariable
        Parameters and velocities.
    scalars : sequence of Variable
        Further scalars that the cost depends on; their names are those of rates.
    constants : mapping of Variable to float, optional
        Scalars that are the same in every step, such as one over the batch's rows. As numbers in the graph
        they would have to be compiled in.
    dtype, backend, name : str
        As the model's.
    names : sequence of str, optional
        What errors call the parameters, where their own names don't say enough.
    state : list of (SharedVariable, Variable)
        New values of further shared variables, such as Gibbs chains that go on from step to step.
    max_norm : float, optional
        See `all_or_nothing`.

    Attributes
    ----------
    names, rates : list of str
        As of `udl_pt.training.loop.Step`: ``"learning_rate"``, ``"mu"`` and the names of `scalars`.
    """

    def __init__(
        self,
        cost: Variable | Sequence[Variable],
        inputs: Sequence[Variable],
        params: Sequence[SharedVariable],
        dparams: Sequence[SharedVariable],
        *,
        scalars: Sequence[Variable] = (),
        constants: Mapping[Variable, float] | None = None,
        dtype: str,
        backend: str,
        name: str,
        names: Sequence[str] | None = None,
        state: Updates | None = None,
        max_norm: float | None = None,
    ) -> None:
        self.names = list(names or (str(p.name) for p in params))
        self._dparams = list(dparams)
        state = state or []
        self._shared = [*params, *dparams, *(variable for variable, _ in state)]
        learning_rate, mu = pt.scalar("learning_rate", dtype=dtype), pt.scalar("mu", dtype=dtype)
        rates, constants = [learning_rate, mu, *scalars], constants or {}
        self.rates = [str(rate.name) for rate in rates]
        self._constants = [np.asarray(value, dtype) for value in constants.values()]
        updates = momentum_updates(cost, params, learning_rate, mu, dparams)
        sums, updates = all_or_nothing(updates, params, max_norm)
        self.function = Function(
            [*inputs, *rates, *constants], sums, [*updates, *state], backend=backend, name=name
        )

    def __call__(self, *arguments: np.ndarray) -> np.ndarray:
        """Carry out one step."""
        *each, total = np.isfinite(self.function(*arguments, *self._constants))
        if not total:
            for dp in self._dparams:
                dp.set_value(np.zeros_like(dp.get_value(borrow=True)))
        # where only the total overflows, no step was taken either
        return np.array(each) & (total or not all(each))

    def settle(self) -> None:
        """Leave NumPy arrays in all shared variables."""
        to_numpy(self._shared)


def _like(number: Any, p: SharedVariable, name: str) -> Variable:
    if is_scalar(number):  # of a large Python float, PyTensor tries float32, which warns
        number = in_dtype(number, name, p.dtype)
    return pt.cast(pt.as_tensor_variable(number), p.dtype)
