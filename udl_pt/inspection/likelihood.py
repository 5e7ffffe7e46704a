"""Partition function and log-likelihood of restricted Boltzmann machines, in nats.

``log P(v) = -F(v) - log Z``. The free energy F is easy to compute; the partition function Z is a sum over all
states. `log_partition` enumerates the states of small RBMs. For others, annealed importance sampling
estimates Z. The expected logarithm of the estimate is too small in `ais` and too large in `reverse_ais`. So
the two bracket the truth. The pseudo-likelihood needs no Z.
"""

import copy
from collections.abc import Callable
from typing import Any, overload

import numpy as np
import pytensor.tensor as pt
from numpy.typing import ArrayLike
from pytensor.graph.basic import Variable

from udl_pt._support.arguments import check_count, check_is, check_number
from udl_pt._support.arrays import check_matrix, column_moments
from udl_pt._support.exceptions import NotFittedError
from udl_pt.backends import Function
from udl_pt.inspection._annealing import Estimate, anneal, estimate, inverse_temperatures
from udl_pt.models.rbm import RBM
from udl_pt.symbolic.array_function import in_chunks
from udl_pt.symbolic.loops import loop
from udl_pt.symbolic.variables import Symbolic, SymbolicLike, check_variable

__all__ = [
    "Estimate",
    "ais",
    "log_likelihood",
    "log_partition",
    "pseudo_likelihood",
    "reverse_ais",
    "stochastic_pseudo_likelihood",
]

LARGEST = 25  # units that are enumerated
STATES = 2**12  # states a call
SOFTPLUS = 4e-9  # seconds a softplus in float64, seen on one core; for the message that refuses


def log_partition(rbm: RBM) -> float:
    """Compute ``log Z`` exactly, by a sum over all states of the smaller layer.

    For Gaussian visible units the sum is over the hidden layer.

    Parameters
    ----------
    rbm : RBM
        An RBM with at most 25 units in that layer.

    Returns
    -------
    float
        ``log Z``, in nats, computed in float64.

    Raises
    ------
    ValueError
        For more units, with the time that the sum would take; for parameters that are missing or not finite.
    TypeError
        For another model.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.inspection.likelihood import log_partition
    >>> rbm = RBM.createFromArrays(np.zeros((2, 1)), c=[0.0], b=[0.0, 0.0])  # 8 states, all alike: Z = 8
    >>> round(float(np.exp(log_partition(rbm))), 3)
    8.0
    """
    _check_finite(rbm)
    over_visible = rbm.units.unit_interval and rbm.n_features < rbm.M
    n, other = (rbm.n_features, rbm.M) if over_visible else (rbm.M, rbm.n_features)
    if n > LARGEST:
        hours = 2.0**n * other * SOFTPLUS / 3600
        raise ValueError(
            f"the smaller layer has {n} units, at most {LARGEST} are enumerated: {2.0**n:.2g} states would "
            f"take about {hours:.2g} hours. Estimate log Z with ais(rbm) and reverse_ais(rbm, samples)"
        )
    term = rbm.compiled("log_partition", _compile_over_visible if over_visible else _compile_over_hidden)
    parts = []
    for start in range(0, 2**n, STATES):
        numbers = np.arange(start, min(start + STATES, 2**n))
        parts.append(float(term(((numbers[:, None] >> np.arange(n)) & 1).astype(float))))
    return float(np.logaddexp.reduce(parts))


def _wide(rbm: Any) -> Any:
    """Return an RBM with the same parameters that computes in float64."""
    if rbm.dtype == "float64":
        return rbm
    wide = copy.copy(rbm)
    wide.dtype = "float64"
    # expressions, where a model's own attributes must be shared variables
    vars(wide).update({name: getattr(rbm, name).astype("float64") for name in rbm.names})
    return wide


def _compile_over_visible(rbm: Any, backend: str) -> Function:
    states = pt.dmatrix("states")
    return Function([states], _log_sum_exp(-_wide(rbm).free_energy(states)), backend=backend)


def _compile_over_hidden(rbm: Any, backend: str) -> Function:
    """Compile the sum over h of ``sum_v exp(-E(v, h))``: ``exp(c'h)`` times a product over visible units."""
    states, wide = pt.dmatrix("states"), _wide(rbm)
    log_p = states.dot(wide.c) + wide.units.log_normaliser(wide.visible_input(states), wide.b, wide.z)
    return Function([states], _log_sum_exp(log_p), backend=backend)


def _log_sum_exp(x: Symbolic) -> Symbolic:
    highest = x.max()
    return highest + pt.log(pt.exp(x - highest).sum())


def log_likelihood(rbm: RBM, X: Any, log_Z: float | None = None) -> np.ndarray:
    """Compute the log-likelihood ``log P(x) = -F(x) - log Z`` of each row.

    Parameters
    ----------
    rbm : RBM
        A trained RBM.
    X : array_like of shape (N, D)
        Visible units; zeros and ones for Bernoulli units.
    log_Z : float, optional
        Logarithm of the partition function, such as ``ais(rbm).log_Z``. By default `log_partition` computes
        it.

    Returns
    -------
    numpy.ndarray of float64 of shape (N,)
        In nats.

    Raises
    ------
    ValueError, TypeError
        For bad input, and for an RBM without parameters. Without `log_Z` also for an RBM whose smaller
        layer has more than 25 units.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.inspection.likelihood import log_likelihood
    >>> rbm = RBM.createFromArrays(np.zeros((2, 1)), c=[0.0], b=[0.0, 0.0])  # 8 states, all alike: Z = 8
    >>> np.exp(log_likelihood(rbm, [[0, 0], [0, 1]])).round(3).tolist()  # P of one of 4 images
    [0.25, 0.25]
    """
    X = _check_data(rbm, X)
    log_Z = log_partition(rbm) if log_Z is None else check_number(log_Z, "log_Z")

    def make(model: Any, backend: str) -> Function:
        V = pt.dmatrix("V")
        return Function([V], -_wide(model).free_energy(V), backend=backend)

    minus_F = rbm.compiled("log_likelihood", make)
    return np.concatenate([minus_F(chunk) for chunk in in_chunks(X, "float64")]) - log_Z


def ais(rbm: RBM, X: Any = None, *, n_chains: int = 100, n_betas: int = 10_000) -> Estimate:
    """Estimate ``log Z`` by annealed importance sampling (Salakhutdinov and Murray, ICML 2008).

    Chains start at independent visible units and pass through RBMs whose coupling grows with an
    inverse temperature from 0 to 1. The logarithm of the estimate is too small in expectation.

    Parameters
    ----------
    rbm : RBM
        A trained RBM; its stream makes the draws.
    X : array_like of shape (N, D), optional
        Data whose means set the first RBM's visible biases (base rates), for Bernoulli units. The
        better they fit, the fewer chains and temperatures are needed. By default the biases are the model's.
    n_chains : int
        Number of chains, at least 2.
    n_betas : int
        Number of inverse temperatures after 0, at least 3. As in the paper, a 29th of them lead to 0.5, eight
        29ths from there to 0.9, and twenty 29ths to 1.

    Returns
    -------
    Estimate
        ``log Z`` (nats) with its standard error, an interval, and the chains' weights.

    Raises
    ------
    ValueError, TypeError
        For bad input, and for parameters that are missing or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.inspection.likelihood import ais, log_partition
    >>> rbm = RBM.createFromArrays(np.ones((2, 1)), c=[0.0], b=[0.0, 0.0])
    >>> round(ais(rbm, n_betas=1000).log_Z, 1), round(log_partition(rbm), 1)
    (2.9, 2.9)
    """
    n_chains = check_count(n_chains, "n_chains", at_least=2)
    betas = inverse_temperatures(n_betas)
    base = _base(rbm, X)
    noise = getattr(rbm.rng.generator, {"uniform": "random", "normal": "standard_normal"}[rbm.units.noise])
    start = rbm.compiled("ais start", _compile_start)(
        noise((n_chains, rbm.n_features)).astype(rbm.dtype), base
    )
    return estimate(anneal(rbm, start, base, betas), _log_Z_of_base(rbm, base), sign=1)


def reverse_ais(rbm: RBM, samples: Any, X: Any = None, *, n_betas: int = 10_000) -> Estimate:
    """Estimate ``log Z`` by reverse annealed importance sampling, from the model to independent units.

    With exact samples of the model to start from, the logarithm of the estimate is too large in expectation
    (Burda, Grosse and Salakhutdinov, AISTATS 2015). So it and `ais` bracket the truth.

    Parameters
    ----------
    rbm : RBM
        A trained RBM; its stream makes the draws.
    samples : array_like of shape (n_chains, D)
        Samples of the model, at least 2, such as the end of long Gibbs chains.
    X : array_like of shape (N, D), optional
        Data whose means set the last RBM's visible biases (base rates), for Bernoulli units. By default
        the biases are the model's.
    n_betas : int
        Number of inverse temperatures after 0, at least 3, spaced as in `ais`.

    Returns
    -------
    Estimate
        ``log Z`` (nats) with its standard error, an interval, and the chains' weights.

    Raises
    ------
    ValueError, TypeError
        For bad input, and for parameters that are missing or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.inspection.likelihood import log_partition, reverse_ais
    >>> rbm = RBM.createFromArrays(np.ones((2, 1)), c=[0.0], b=[0.0, 0.0])
    >>> samples = rbm.gibbs(np.zeros((100, 2)), k=100)
    >>> round(reverse_ais(rbm, samples, n_betas=1000).log_Z, 1), round(log_partition(rbm), 1)
    (2.9, 2.9)
    """
    betas = inverse_temperatures(n_betas)
    base = _base(rbm, X)
    samples = _check_data(rbm, samples, "samples")
    check_count(len(samples), "the number of samples", at_least=2)
    start = np.ascontiguousarray(samples, rbm.dtype)
    return estimate(anneal(rbm, start, base, betas[::-1]), _log_Z_of_base(rbm, base), sign=-1)


def _base(rbm: RBM, X: Any) -> np.ndarray:
    """Return the visible biases of the first RBM: the data's base rates, or the model's own."""
    _check_finite(rbm)
    if X is None or not rbm.units.unit_interval:
        return np.array(rbm.b.get_value())
    X = check_matrix(X, dtype=rbm.dtype, n_features=rbm.n_features, unit_interval=True)
    return np.asarray(rbm.units.bias(column_moments(X)[0], len(X)), rbm.dtype)


def _log_Z_of_base(rbm: RBM, base: np.ndarray) -> float:
    def make(model: Any, backend: str) -> Function:
        b = pt.dvector("b")
        return Function([b], model.units.log_normaliser(b[None, :], b, _wide(model).z)[0], backend=backend)

    return float(rbm.compiled("base", make)(base.astype(float))) + rbm.M * float(np.log(2))


def _compile_start(rbm: Any, backend: str) -> Function:
    noise, base = pt.matrix("noise", dtype=rbm.dtype), pt.vector("base", dtype=rbm.dtype)
    return Function([noise, base], rbm.units.draw(noise, base + pt.zeros_like(noise), rbm.z), backend=backend)


@overload
def pseudo_likelihood(rbm: RBM, X: SymbolicLike) -> Symbolic: ...
@overload
def pseudo_likelihood(rbm: RBM, X: ArrayLike) -> np.ndarray: ...
def pseudo_likelihood(rbm: RBM, X: Any) -> Any:
    """Compute the log pseudo-likelihood ``sum_i log P(x_i | all others)`` of each row.

    It needs no partition function.

    Parameters
    ----------
    rbm : RBM
        A trained RBM with Bernoulli units.
    X : Variable or array_like of shape (N, D)
        Visible units, zeros and ones.

    Returns
    -------
    Variable or numpy.ndarray of shape (N,)
        In nats; a graph where `X` is a PyTensor variable, else an array.

    Raises
    ------
    ValueError, TypeError
        For bad input, Gaussian units, and an RBM without parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.inspection.likelihood import pseudo_likelihood
    >>> rbm = RBM.createFromArrays(np.zeros((2, 1)), c=[0.0], b=[0.0, 0.0])  # 8 states, all alike: Z = 8
    >>> pseudo_likelihood(rbm, [[0, 1]]).round(3).tolist()  # log(1/2) + log(1/2)
    [-1.386]
    """
    return _pseudo(rbm, X, "pseudo_likelihood", _pseudo_of_all)


@overload
def stochastic_pseudo_likelihood(rbm: RBM, X: SymbolicLike) -> Symbolic: ...
@overload
def stochastic_pseudo_likelihood(rbm: RBM, X: ArrayLike) -> np.ndarray: ...
def stochastic_pseudo_likelihood(rbm: RBM, X: Any) -> Any:
    """Estimate the log pseudo-likelihood of each row, without bias, from one random unit.

    The estimate is ``D log P(x_i | all others)`` with a unit i drawn for each row.

    Parameters
    ----------
    rbm : RBM
        A trained RBM with Bernoulli units; its stream draws the units i.
    X : Variable or array_like of shape (N, D)
        Visible units, zeros and ones.

    Returns
    -------
    Variable or numpy.ndarray of shape (N,)
        In nats; a graph where `X` is a PyTensor variable, else an array.

    Raises
    ------
    ValueError, TypeError
        For bad input, Gaussian units, and an RBM without parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.inspection.likelihood import stochastic_pseudo_likelihood
    >>> rbm = RBM.createFromArrays(np.zeros((2, 1)), c=[0.0], b=[0.0, 0.0])  # 8 states, all alike: Z = 8
    >>> stochastic_pseudo_likelihood(rbm, [[0, 1]]).round(3).tolist()  # 2 log(1/2), whichever the unit
    [-1.386]
    """
    return _pseudo(rbm, X, "stochastic_pseudo_likelihood", _pseudo_of_one)


def _pseudo(rbm: RBM, X: Any, name: str, graph: Callable[[Any, Symbolic], Symbolic]) -> Any:
    check_is(rbm, "rbm", RBM, "an RBM")
    if not rbm.units.unit_interval:
        raise ValueError(f"{name} is of Bernoulli units, and the visible units are {rbm.visible}")
    if isinstance(X, Variable):
        rbm._check_fitted(name)
        check_variable(X, n_features=rbm.n_features)
        return graph(rbm, X)
    X = _check_data(rbm, X)

    def make(model: Any, backend: str) -> Function:
        V = pt.matrix("V", dtype=model.dtype)
        return Function([V], graph(model, V), backend=backend, name=name)

    of_chunk = rbm.compiled(name, make)
    return np.concatenate([of_chunk(chunk) for chunk in in_chunks(X, rbm.dtype)])


def _pseudo_of_all(rbm: Any, V: Symbolic) -> Symbolic:
    """Sum ``log P(v_i | others) = -softplus(F(v) - F(v with v_i flipped))`` over the units."""
    A = rbm.hidden_logits(V)
    present = pt.softplus(A).sum(axis=1)

    def unit(
        v: Symbolic, w: Symbolic, b: Symbolic, total: Symbolic, A: Symbolic, present: Symbolic
    ) -> Symbolic:
        turn: Any = 1 - 2 * v
        flipped = pt.softplus(A + turn[:, None] * w).sum(axis=1)
        return total - pt.softplus(turn * b + flipped - present)

    return loop(unit, [V.T, rbm.W, rbm.b], [pt.zeros_like(present)], constants=[A, present])[0]


def _pseudo_of_one(rbm: Any, V: Symbolic) -> Symbolic:
    D = rbm.n_features
    u = rbm.rng.uniform((V.shape[0],), dtype="float64")
    one = pt.eq(pt.floor(u * D).astype("int64")[:, None], np.arange(D)).astype(V.dtype)
    flipped = V + one * (1 - 2 * V)
    return -D * pt.softplus(rbm.free_energy(V) - rbm.free_energy(flipped))


def _check_data(rbm: RBM, X: Any, name: str = "X") -> np.ndarray:
    """Return `X` if the visible units can have its values: for Bernoulli units zeros and ones, not greys."""
    check_is(rbm, "rbm", RBM, "an RBM")
    if not hasattr(rbm, "params"):
        raise NotFittedError("this RBM has no parameters yet: call fit or createFromArrays before")
    data = check_matrix(
        X, name, dtype=rbm.dtype, n_features=rbm.n_features, unit_interval=rbm.units.unit_interval
    )
    if rbm.units.unit_interval:
        bad = np.argwhere((data != 0) & (data != 1))
        if len(bad):
            row, column = bad[0]
            raise ValueError(
                f"{name}[{row}, {column}] is {data[row, column]:g}, but the units are binary, the likelihood"
                f" is of zeros and ones: threshold, {name} > 0.5, or draw, rng.random({name}.shape) < {name}"
            )
    return data


def _check_finite(rbm: RBM) -> None:
    check_is(rbm, "rbm", RBM, "an RBM")
    if not hasattr(rbm, "params"):
        raise NotFittedError("this RBM has no parameters yet: call fit or createFromArrays before")
    for p in rbm.params:
        bad = ~np.isfinite(p.get_value(borrow=True))
        if bad.any():
            raise ValueError(
                f"{p.name} has {bad.sum()} values that are NaN or infinite, so the model has no likelihood: "
                "train it again with a smaller learning_rate"
            )
