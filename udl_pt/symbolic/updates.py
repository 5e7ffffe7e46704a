"""Optimisers: plain functions from a cost and parameters to updates.

The result goes to ``pytensor.function(…, updates=…)``::

    updates = momentum_updates(cost, ae.params, learning_rate=0.1, mu=0.9)
    train = pytensor.function([x], cost, updates=updates)

Every optimiser takes the cost, or the list of its gradients. Rates may be numbers or scalar variables. They
are cast to each parameter's dtype, so float32 parameters stay float32 whatever floatX is. State, such as
velocities and step counters, is in shared variables that the function creates. In the updates they follow the
parameters.

A user's optimiser has the same form, and `UpdateStep` compiles it too.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.arguments import is_scalar
from udl_pt.symbolic._step import Updates, UpdateStep, gradients_of, rates_of
from udl_pt.symbolic.random import in_dtype
from udl_pt.symbolic.variables import Symbolic

__all__ = [
    "UpdateStep",
    "Updates",
    "adam_updates",
    "gradients_of",
    "momentum_updates",
    "nesterov_updates",
    "rates_of",
    "rmsprop_updates",
    "sgd_updates",
]


def sgd_updates(
    cost: Symbolic | Sequence[Symbolic],
    params: Sequence[SharedVariable],
    learning_rate: Any = 0.01,
    *,
    consider_constant: Iterable[Symbolic] | None = None,
) -> Updates:
    """Return the updates of gradient descent: ``p <- p - learning_rate * dJ/dp``.

    Parameters
    ----------
    cost : Variable or sequence of Variable
        The scalar J to minimise, or its gradients, one for each parameter.
    params : sequence of SharedVariable
        The parameters p.
    learning_rate : float or scalar Variable
        Step size.
    consider_constant : iterable of Variable, optional
        Variables that the gradient does not pass through, such as the sample of a Gibbs chain.

    Returns
    -------
    list of (SharedVariable, Variable)
        The new values of the parameters.

    Examples
    --------
    >>> import pytensor
    >>> from udl_pt import sgd_updates
    >>> p = pytensor.shared(3.0)
    >>> step = pytensor.function([], [], updates=sgd_updates(p**2, [p], learning_rate=0.25))
    >>> _ = step()
    >>> float(p.get_value())
    1.5
    """
    gradients = gradients_of(cost, params, consider_constant)
    return [
        (p, p - _like(learning_rate, p, "learning_rate") * g) for p, g in zip(params, gradients, strict=True)
    ]


def momentum_updates(
    cost: Symbolic | Sequence[Symbolic],
    params: Sequence[SharedVariable],
    learning_rate: Any = 0.01,
    mu: Any = 0.99,
    dparams: Sequence[SharedVariable] | None = None,
    *,
    consider_constant: Iterable[Symbolic] | None = None,
) -> Updates:
    """Return the updates of gradient descent with momentum, as in the book.

    With g = dJ/dp::

        v <- mu v - learning_rate g
        p <- p + v

    Parameters
    ----------
    cost : Variable or sequence of Variable
        The scalar J to minimise, or its gradients, one for each parameter.
    params : sequence of SharedVariable
        The parameters p.
    learning_rate : float or scalar Variable
        Step size.
    mu : float or scalar Variable
        The fraction of the velocity that is kept.
    dparams : sequence of SharedVariable, optional
        The velocities v, of the parameters' shapes. By default new ones, at zero.
    consider_constant : iterable of Variable, optional
        Variables that the gradient does not pass through, such as the sample of a Gibbs chain.

    Returns
    -------
    list of (SharedVariable, Variable)
        The new values of the parameters, then of the velocities. Both use the gradient at the old parameters.

    Examples
    --------
    >>> import pytensor
    >>> from udl_pt import momentum_updates
    >>> p = pytensor.shared(3.0)
    >>> step = pytensor.function([], [], updates=momentum_updates(p**2, [p], learning_rate=0.25, mu=0.5))
    >>> _ = step(), step()
    >>> float(p.get_value())
    0.0
    """
    if dparams is None:
        dparams = _zeros_like(params)
    gradients = gradients_of(cost, params, consider_constant)
    velocities = [
        _like(mu, p, "mu") * dp - _like(learning_rate, p, "learning_rate") * g
        for p, dp, g in zip(params, dparams, gradients, strict=True)
    ]
    return [(p, p + v) for p, v in zip(params, velocities, strict=True)] + list(
        zip(dparams, velocities, strict=True)
    )


def nesterov_updates(
    cost: Symbolic | Sequence[Symbolic],
    params: Sequence[SharedVariable],
    learning_rate: Any = 0.01,
    mu: Any = 0.99,
    *,
    consider_constant: Iterable[Symbolic] | None = None,
) -> Updates:
    """Return the updates of gradient descent with Nesterov's momentum.

    With g = dJ/dp at the parameters::

        v <- mu v - learning_rate g
        p <- p + mu v - learning_rate g

    Parameters
    ----------
    cost : Variable or sequence of Variable
        The scalar J to minimise, or its gradients, one for each parameter.
    params : sequence of SharedVariable
        The parameters p.
    learning_rate : float or scalar Variable
        Step size.
    mu : float or scalar Variable
        The fraction of the velocity that is kept; the default is that of `momentum_updates`.
    consider_constant : iterable of Variable, optional
        Variables that the gradient does not pass through, such as the sample of a Gibbs chain.

    Returns
    -------
    list of (SharedVariable, Variable)
        The new values of the parameters, then of the velocities v, which start at zero.

    Notes
    -----
    Nesterov's method computes the gradient where the momentum alone would lead. Here, as in [2]_, that point
    itself is stored as the parameters, so their gradient is the one that is needed.

    References
    ----------
    .. [1] I. Sutskever, J. Martens, G. Dahl and G. Hinton, "On the importance of initialization and momentum
       in deep learning", ICML 2013, equations 3 and 4.
    .. [2] Y. Bengio, N. Boulanger-Lewandowski and R. Pascanu, "Advances in optimizing recurrent networks",
       ICASSP 2013, "Simplified Nesterov momentum".

    Examples
    --------
    >>> import pytensor
    >>> from udl_pt import nesterov_updates
    >>> p = pytensor.shared(3.0)
    >>> step = pytensor.function([], [], updates=nesterov_updates(p**2, [p], learning_rate=0.25, mu=0.5))
    >>> _ = step()
    >>> float(p.get_value())
    0.75
    """
    velocities = _zeros_like(params)
    gradients = gradients_of(cost, params, consider_constant)
    new_params, new_velocities = [], []
    for p, v, g in zip(params, velocities, gradients, strict=True):
        descent = _like(learning_rate, p, "learning_rate") * g
        new_v = _like(mu, p, "mu") * v - descent
        new_params.append((p, p + (_like(mu, p, "mu") * new_v - descent)))
        new_velocities.append((v, new_v))
    return new_params + new_velocities


def rmsprop_updates(
    cost: Symbolic | Sequence[Symbolic],
    params: Sequence[SharedVariable],
    learning_rate: Any = 0.001,
    rho: Any = 0.9,
    epsilon: Any = 1e-8,
    *,
    consider_constant: Iterable[Symbolic] | None = None,
) -> Updates:
    """Return the updates of RMSprop, which divides each gradient by a running root of its mean square.

    With g = dJ/dp::

        s <- rho s + (1 - rho) g^2
        p <- p - learning_rate g / (sqrt(s) + epsilon)

    Parameters
    ----------
    cost : Variable or sequence of Variable
        The scalar J to minimise, or its gradients, one for each parameter.
    params : sequence of SharedVariable
        The parameters p.
    learning_rate : float or scalar Variable
        Step size.
    rho : float or scalar Variable
        The decay of the mean square, below 1.
    epsilon : float or scalar Variable
        Keeps the step of a zero gradient at zero. The source has none.
    consider_constant : iterable of Variable, optional
        Variables that the gradient does not pass through, such as the sample of a Gibbs chain.

    Returns
    -------
    list of (SharedVariable, Variable)
        The new values of the parameters, then of the mean squares s, which start at zero.

    References
    ----------
    .. [1] T. Tieleman and G. Hinton, "Lecture 6.5 - rmsprop", COURSERA: Neural Networks for Machine Learning,
       2012.

    Examples
    --------
    >>> import pytensor
    >>> from udl_pt import rmsprop_updates
    >>> p = pytensor.shared(3.0)
    >>> step = pytensor.function([], [], updates=rmsprop_updates(p**2, [p], learning_rate=0.5, rho=0.75))
    >>> _ = step()
    >>> round(float(p.get_value()), 6)
    2.0
    """
    squares = _zeros_like(params)
    gradients = gradients_of(cost, params, consider_constant)
    new_params, new_squares = [], []
    for p, s, g in zip(params, squares, gradients, strict=True):
        rho_p = _like(rho, p, "rho")
        new_s = rho_p * s + (1 - rho_p) * g**2
        new_params.append(
            (
                p,
                p
                - _like(learning_rate, p, "learning_rate")
                * g
                / (pt.sqrt(new_s) + _like(epsilon, p, "epsilon")),
            )
        )
        new_squares.append((s, new_s))
    return new_params + new_squares


def adam_updates(
    cost: Symbolic | Sequence[Symbolic],
    params: Sequence[SharedVariable],
    learning_rate: Any = 0.001,
    beta1: Any = 0.9,
    beta2: Any = 0.999,
    epsilon: Any = 1e-8,
    *,
    consider_constant: Iterable[Symbolic] | None = None,
) -> Updates:
    """Return the updates of Adam: steps from running means of the gradient and of its square.

    Both means are corrected for their bias towards zero.

    With g = dJ/dp::

        t <- t + 1
        m <- beta1 m + (1 - beta1) g
        v <- beta2 v + (1 - beta2) g^2
        p <- p - learning_rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)

    Parameters
    ----------
    cost : Variable or sequence of Variable
        The scalar J to minimise, or its gradients, one for each parameter.
    params : sequence of SharedVariable
        The parameters p.
    learning_rate : float or scalar Variable
        Step size; about the largest change of a parameter in one step.
    beta1, beta2 : float or scalar Variable
        The decays of the two means, at least 0 and below 1.
    epsilon : float or scalar Variable
        Keeps the step of a zero gradient at zero.
    consider_constant : iterable of Variable, optional
        Variables that the gradient does not pass through, such as the sample of a Gibbs chain.

    Returns
    -------
    list of (SharedVariable, Variable)
        The new values of the parameters, then of the state: the means m, the mean squares v, the step counter
        t. All of the state starts at zero.

    References
    ----------
    .. [1] D. P. Kingma and J. Ba, "Adam: A method for stochastic optimization", ICLR 2015, algorithm 1.

    Examples
    --------
    >>> import pytensor
    >>> from udl_pt import adam_updates
    >>> p = pytensor.shared(3.0)
    >>> step = pytensor.function([], [], updates=adam_updates(p**2, [p], learning_rate=0.5))
    >>> _ = step()
    >>> round(float(p.get_value()), 6)
    2.5
    """
    means, squares = _zeros_like(params), _zeros_like(params)
    t = pytensor.shared(np.zeros((), params[0].dtype), name="t")
    new_t = t + 1
    gradients = gradients_of(cost, params, consider_constant)
    new_params, new_means, new_squares = [], [], []
    for p, m, v, g in zip(params, means, squares, gradients, strict=True):
        b1, b2 = _like(beta1, p, "beta1"), _like(beta2, p, "beta2")
        new_m = b1 * m + (1 - b1) * g
        new_v = b2 * v + (1 - b2) * g**2
        m_hat = new_m / _one_minus_power(b1, new_t)
        v_hat = new_v / _one_minus_power(b2, new_t)
        new_params.append(
            (
                p,
                p
                - _like(learning_rate, p, "learning_rate")
                * m_hat
                / (pt.sqrt(v_hat) + _like(epsilon, p, "epsilon")),
            )
        )
        new_means.append((m, new_m))
        new_squares.append((v, new_v))
    return [*new_params, *new_means, *new_squares, (t, new_t)]


def _like(number: Any, p: SharedVariable, name: str) -> Symbolic:
    if is_scalar(number):  # of a large Python float, PyTensor tries float32, which warns
        number = in_dtype(number, name, p.dtype)
    return pt.cast(pt.as_tensor_variable(number), p.dtype)


def _zeros_like(params: Sequence[SharedVariable]) -> list[SharedVariable]:
    """Create a shared variable of zeros for each parameter, of its type."""
    return [
        pytensor.shared(np.zeros(p.get_value(borrow=True).shape, p.dtype), shape=p.type.shape) for p in params
    ]


def _one_minus_power(beta: Symbolic, t: Symbolic) -> Symbolic:
    """Return ``1 - beta**t``; in float32 this form keeps the digits that the difference loses for small t."""
    return -pt.expm1(pt.cast(t, beta.dtype) * pt.log(beta))
