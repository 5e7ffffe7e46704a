"""How good a restricted Boltzmann machine really is: partition function and log-likelihood of data.

``log P(v) = -F(v) - log Z``. The free energy F is easy; the partition function Z is a sum over all states.
Small machines are enumerated (`log_partition`); for the others annealed importance sampling estimates Z, from
below in expectation of its logarithm (`ais`) and from above (`reverse_ais`), so that the truth is bracketed.
The pseudo-likelihood needs no Z. All in nats.
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
from udl_pt.symbolic.calling import in_chunks
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
    """Sum over all states of the smaller layer (of the hidden one for Gaussian units).

    Parameters
    ----------
    rbm : RBM
        With at most 25 units in that layer.

    Returns
    -------
    float
        ``log Z``, in nats, computed in float64.

    Raises
    ------
    ValueError
        For more units; the message says what the sum would cost.
    """
    _check_finite(rbm)
    over_visible = rbm.units.unit_interval and rbm.n_features < rbm.M
    n, other = (rbm.n_features, rbm.M) if over_visible else (rbm.M, rbm.n_features)
    if n > LARGEST:
        hours = 2.0**n * other * SOFTPLUS / 3600
        raise ValueError(
            f"the smaller layer has {n} units, at most {LARGEST} are enumerated: {2.0**n:.2g} states would "
            f"take about {hours:.2g} hours; estimate log Z with ais(rbm) and reverse_ais(rbm, samples)"
        )
    term = rbm.compiled("log_partition", _compile_over_visible if over_visible else _compile_over_hidden)
    parts = []
    for start in range(0, 2**n, STATES):
        numbers = np.arange(start, min(start + STATES, 2**n))
        parts.append(float(term(((numbers[:, None] >> np.arange(n)) & 1).astype(float))))
    return float(np.logaddexp.reduce(parts))


def _wide(rbm: Any) -> Any:
    """Make a machine that computes the same in float64, on the same parameters."""
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
    """``sum_v exp(-E(v, h))`` is ``exp(c'h)`` times a product over the visible units."""
    states, wide = pt.dmatrix("states"), _wide(rbm)
    log_p = states.dot(wide.c) + wide.units.log_normaliser(wide.visible_input(states), wide.b, wide.z)
    return Function([states], _log_sum_exp(log_p), backend=backend)


def _log_sum_exp(x: Symbolic) -> Symbolic:
    highest = x.max()
    return highest + pt.log(pt.exp(x - highest).sum())


def log_likelihood(rbm: RBM, X: Any, log_Z: float | None = None) -> np.ndarray:
    """``log P(x) = -F(x) - log Z`` of each row.

    Parameters
    ----------
    rbm : RBM
    X : array_like of shape (N, D)
        Zeros and ones for Bernoulli units.
    log_Z : float, optional
        Such as ``ais(rbm).log_Z``; `log_partition` where not given.

    Returns
    -------
    numpy.ndarray of float64 of shape (N,)
        In nats.
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

    Chains start at independent visible units and pass through machines whose coupling grows with an
    inverse temperature from 0 to 1. The logarithm of the estimate is too small in expectation.

    Parameters
    ----------
    rbm : RBM
        Its stream makes the draws.
    X : array_like of shape (N, D), optional
        Data whose means the first machine's biases are made from (base rates), for Bernoulli units; the
        better they fit the fewer chains and temperatures are needed. The model's own biases where not given.
    n_chains : int
        Chains, at least 2.
    n_betas : int
        Inverse temperatures after 0: as in the paper half of the way in a 29th of them, from 0.5 to 0.9 in
        8, the last tenth in 20.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        For a model with NaN, and for data that don't fit.
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
    """Estimate ``log Z`` by annealing from the model to the independent units, the way of `ais` back.

    With exact samples of the model to start from, the logarithm of the estimate is too large in expectation
    (Burda, Grosse and Salakhutdinov, AISTATS 2015), so that it and `ais` bracket the truth.

    Parameters
    ----------
    rbm : RBM
    samples : array_like of shape (n_chains, D)
        Samples of the model, such as those of persistent chains run on for long.
    X, n_betas
        As of `ais`.

    Returns
    -------
    Estimate
    """
    betas = inverse_temperatures(n_betas)
    base = _base(rbm, X)
    samples = _check_data(rbm, samples, "samples")
    check_count(len(samples), "the number of samples", at_least=2)
    start = np.ascontiguousarray(samples, rbm.dtype)
    return estimate(anneal(rbm, start, base, betas[::-1]), _log_Z_of_base(rbm, base), sign=-1)


def _base(rbm: RBM, X: Any) -> np.ndarray:
    """Biases of the first machine: the data's base rates, or the model's own."""
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
    """``sum_i log P(x_i | all others)`` of each row; needs no partition function. Bernoulli units only.

    Parameters
    ----------
    rbm : RBM
    X : Variable or array_like of shape (N, D)
        Zeros and ones.

    Returns
    -------
    Variable or numpy.ndarray of shape (N,)
        In nats.
    """
    return _pseudo(rbm, X, "pseudo_likelihood", _pseudo_of_all)


@overload
def stochastic_pseudo_likelihood(rbm: RBM, X: SymbolicLike) -> Symbolic: ...
@overload
def stochastic_pseudo_likelihood(rbm: RBM, X: ArrayLike) -> np.ndarray: ...
def stochastic_pseudo_likelihood(rbm: RBM, X: Any) -> Any:
    """Estimate `pseudo_likelihood`, without bias, from one random unit a row: D times its term.

    Parameters
    ----------
    rbm : RBM
        Its stream chooses the units.
    X : Variable or array_like of shape (N, D)
        Zeros and ones.

    Returns
    -------
    Variable or numpy.ndarray of shape (N,)
        In nats.
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
    """Flip one unit after the other: ``log P(v_i | others) = -softplus(F(v) - F(v with v_i flipped))``."""
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
    """Return `X` if the visible units can have its values; a likelihood is of zeros and ones, not greys."""
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
                f"{p.name} has {bad.sum()} values that are NaN or infinite: such a model has no likelihood, "
                "train it again with a smaller learning_rate"
            )
