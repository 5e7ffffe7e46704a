"""Compiled training steps: the book's momentum, or any optimiser."""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytensor
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.messages import shown
from udl_pt.symbolic._step import CostGraph, Updates, UpdateStep, rates_of
from udl_pt.symbolic.updates import momentum_updates
from udl_pt.symbolic.variables import Symbolic

__all__ = ["MomentumStep", "checked_rates", "make_step"]


class MomentumStep(UpdateStep):
    """One compiled step of gradient descent with momentum, for `udl_pt.training.loop.train`.

    A call takes a batch and the `rates`, runs `momentum_updates`, and returns a vector of bool: whether each
    parameter's step was finite. If one wasn't, no parameter changes, and the velocities become zero.

    Parameters
    ----------
    cost : Variable, sequence of Variable, or callable
        The scalar cost, or its gradients, one for each parameter; or a function that returns them, see
        `UpdateStep`.
    inputs : sequence of Variable
        The variables of a batch.
    params, dparams : sequence of SharedVariable
        Parameters and velocities.
    **options
        Further arguments of `UpdateStep`:

        - `scalars`: further scalars in the cost, such as a weight decay, whose names are names of rates;
        - `constants`: a mapping of scalars to values that are the same in every step;
        - `dtype`, `backend`: those of the model;
        - `name`: the compiled function's name in tracebacks;
        - `names`: the parameters' names in errors;
        - `max_norm`: the largest length of a matrix's column;
        - `kind`: the kind of the step's graph.

    Attributes
    ----------
    names : list of str
        Names of the parameters, for messages.
    rates : list of str
        Names of the rates that a call takes after the batch: ``"learning_rate"``, ``"mu"`` and the names of
        `scalars`.

    Examples
    --------
    >>> import numpy as np, pytensor
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.steps import MomentumStep
    >>> x = pt.vector("x", dtype="float64")
    >>> p, v = pytensor.shared(np.ones(2), name="p"), pytensor.shared(np.zeros(2), name="v")
    >>> step = MomentumStep((p * x).sum(), [x], [p], [v], dtype="float64", backend="jax", name="step")
    >>> step.rates
    ['learning_rate', 'mu']
    >>> step(np.array([1.0, 2.0]), np.asarray(0.5), np.asarray(0.9)).tolist()
    [True]
    >>> p.get_value().tolist()
    [0.5, 0.0]
    """

    def __init__(
        self,
        cost: Symbolic | Sequence[Symbolic] | CostGraph,
        inputs: Sequence[Symbolic],
        params: Sequence[SharedVariable],
        dparams: Sequence[SharedVariable],
        **options: Any,
    ) -> None:
        optimiser = functools.partial(momentum_updates, dparams=dparams)
        super().__init__(optimiser, cost, inputs, params, reset=dparams, **options)


def make_step(
    optimiser: Callable[..., Updates] | None,
    cost: Symbolic | Sequence[Symbolic] | CostGraph,
    inputs: Sequence[Symbolic],
    params: Sequence[SharedVariable],
    dparams: Sequence[SharedVariable],
    **options: Any,
) -> UpdateStep:
    """Compile a step of an optimiser, or of the book's momentum where `optimiser` is None.

    Parameters
    ----------
    optimiser : callable or None
        ``optimiser(gradients, params, **rates) -> updates``, such as `udl_pt.adam_updates`.
    cost : Variable, sequence of Variable, or callable
        The scalar cost, or its gradients, one for each parameter; or a function that returns them, see
        `UpdateStep`.
    inputs : sequence of Variable
        The variables of a batch.
    params, dparams : sequence of SharedVariable
        Parameters, and velocities for the book's momentum.
    **options
        Further arguments of `UpdateStep` or `MomentumStep`, such as `dtype`, `backend` and `name`.

    Returns
    -------
    UpdateStep
        For the book's momentum a `MomentumStep`.

    Examples
    --------
    >>> import numpy as np, pytensor
    >>> import pytensor.tensor as pt
    >>> from udl_pt import adam_updates
    >>> from udl_pt.symbolic.steps import make_step
    >>> x = pt.vector("x", dtype="float64")
    >>> p, v = pytensor.shared(np.ones(2), name="p"), pytensor.shared(np.zeros(2), name="v")
    >>> options = {"dtype": "float64", "backend": "jax", "name": "step"}
    >>> make_step(None, (p * x).sum(), [x], [p], [v], **options).rates
    ['learning_rate', 'mu']
    >>> make_step(adam_updates, (p * x).sum(), [x], [p], [v], **options).rates
    ['learning_rate', 'beta1', 'beta2', 'epsilon']
    """
    if optimiser is None:
        return MomentumStep(cost, inputs, params, dparams, **options)
    return UpdateStep(optimiser, cost, inputs, params, **options)


def checked_rates(
    optimiser: Callable[..., Updates] | None, fit: Callable[..., Any], dtype: str, **rates: Any
) -> dict[str, Any]:
    """Return the rates of a training by name: those of ``fit``, or those of an optimiser.

    Parameters
    ----------
    optimiser : callable or None
        ``optimiser(gradients, params, **rates) -> updates``; None is the book's momentum.
    fit : callable
        The method, whose signature has the rates' defaults.
    dtype : {"float64", "float32"}
        The model's dtype, for a trial of the optimiser on a parameter of one entry.
    **rates
        The values that ``fit`` got.

    Returns
    -------
    dict of str to float
        The values of ``fit``, or the optimiser's defaults.

    Raises
    ------
    ValueError
        If a rate of ``fit`` is set although there is an optimiser, which has its own. Also if the optimiser
        returns no update of a parameter.
    TypeError
        If the optimiser is not callable, has a parameter without a default, fails, or changes a dtype.

    Examples
    --------
    >>> from functools import partial
    >>> from udl_pt import AutoEncoder, sgd_updates
    >>> from udl_pt.symbolic.steps import checked_rates
    >>> checked_rates(None, AutoEncoder.fit, "float64", learning_rate=0.5, mu=0.9)
    {'learning_rate': 0.5, 'mu': 0.9}
    >>> optimiser = partial(sgd_updates, learning_rate=0.1)
    >>> checked_rates(optimiser, AutoEncoder.fit, "float64", learning_rate=0.5, mu=0.99)
    {'learning_rate': 0.1}
    """
    if optimiser is None:
        return rates
    own = rates_of(optimiser)
    parameters = inspect.signature(fit).parameters
    for name, value in rates.items():
        if value is not parameters[name].default and value != parameters[name].default:
            raise ValueError(
                f"{name} is {shown(value)}, but the optimiser has its own rates ({', '.join(own)}): set them "
                "there, as in functools.partial(adam_updates, learning_rate=0.01)"
            )
    p = pytensor.shared(np.zeros((1, 1), dtype), name="p")
    UpdateStep(optimiser, [p.zeros_like()], [], [p], dtype=dtype, backend="numba", name="trial")
    return own
