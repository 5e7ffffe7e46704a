"""Annealed importance sampling of a restricted Boltzmann machine, as one compiled loop.

Chains pass through RBMs whose coupling grows with an inverse temperature from 0 to 1, or falls. Each
chain gathers a weight on the way. The mean weight estimates a ratio of partition functions (Neal 2001;
Salakhutdinov and Murray, ICML 2008). `udl_pt.inspection.likelihood` has the estimates that use it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytensor.tensor as pt

from udl_pt._support.arguments import check_count
from udl_pt.backends import Function
from udl_pt.models._rbm.gibbs import blocks, gibbs_draws
from udl_pt.models._rbm.units import bernoulli
from udl_pt.symbolic.loops import loop
from udl_pt.symbolic.random import RandomStreams
from udl_pt.symbolic.variables import Symbolic

__all__ = ["Estimate", "anneal", "annealed_steps", "estimate", "inverse_temperatures"]


@dataclass(frozen=True)
class Estimate:
    """Estimate of ``log Z`` by annealed importance sampling.

    Attributes
    ----------
    log_Z : float
        The estimate, in nats.
    standard_error : float
        Standard error of `log_Z`, from the spread of the chains' weights (to first order).
    low, high : float
        ``log(Z - 3 s)`` and ``log(Z + 3 s)`` with the standard error s of Z, as in Salakhutdinov and
        Murray (2008). `low` is minus infinity where ``3 s`` is at least Z. The reverse estimate is one of
        1 / Z, whose interval it inverts: there `high` may be infinite.
    log_weights : numpy.ndarray of shape (n_chains,)
        Logarithms of the chains' weights. The logarithm of the mean weight is ``log Z - log Z_base``; for the
        reverse estimate it is minus that.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.inspection.likelihood import ais
    >>> rbm = RBM.createFromArrays(np.zeros((2, 1)), c=[0.0], b=[0.0, 0.0])  # 8 states, all alike: Z = 8
    >>> found = ais(rbm, n_chains=10, n_betas=100)
    >>> round(float(np.exp(found.log_Z)), 3), round(found.standard_error, 3), found.log_weights.shape
    (8.0, 0.0, (10,))
    """

    log_Z: float
    standard_error: float
    low: float
    high: float
    log_weights: np.ndarray


def inverse_temperatures(n: Any) -> np.ndarray:
    """Return ``n + 1`` inverse temperatures from 0 to 1.

    A 29th of the steps leads to 0.5, eight 29ths from there to 0.9, and the other twenty to 1.
    """
    n = check_count(n, "n_betas", at_least=3)
    betas: np.ndarray = np.interp(np.arange(n + 1) / n, [0, 1 / 29, 9 / 29, 1], [0, 0.5, 0.9, 1])
    return betas


def anneal(rbm: Any, V: np.ndarray, base: np.ndarray, betas: np.ndarray) -> np.ndarray:
    """Pass chains through the inverse temperatures `betas`, and return the logarithms of their weights."""
    steps = rbm.compiled("ais", _compile_steps)
    done, total = 0, np.zeros(len(V))
    for k in blocks(len(betas) - 1, len(V) * (rbm.M + rbm.n_features)):
        V, part = steps(V, base, betas[done : done + k + 1].astype(rbm.dtype))
        done, total = done + k, total + part
    return total


def _compile_steps(rbm: Any, backend: str) -> Function:
    V, base = pt.matrix("V", dtype=rbm.dtype), pt.vector("base", dtype=rbm.dtype)
    betas = pt.vector("betas", dtype=rbm.dtype)
    return Function([V, base, betas], annealed_steps(rbm, V, base, betas, rbm.rng), backend=backend)


def annealed_steps(
    rbm: Any, V: Symbolic, base: Symbolic, betas: Symbolic, stream: RandomStreams
) -> tuple[Symbolic, Symbolic]:
    """Pass chains through RBMs with inverse temperatures `betas`, as a graph.

    The RBM of inverse temperature t has ``p(v) = exp(-E_t(v)) prod_j (1 + exp(t A_j))`` with ``A = vW + c``.
    Its visible biases go from `base` to the model's. At each step a chain's weight grows by the ratio of the
    next RBM's probability to the present one's. Then the chain makes a Gibbs step of the next RBM.

    Parameters
    ----------
    rbm : RBM
    V : Variable of shape (n_chains, D)
        Visible units, from the first RBM.
    base : Variable of shape (D,)
        Visible biases at inverse temperature 0.
    betas : Variable of shape (k + 1,)
        Inverse temperatures, ascending or descending.
    stream : RandomStreams
        Source of the draws.

    Returns
    -------
    V : Variable of shape (n_chains, D)
        The visible units after `k` steps.
    log_weights : Variable of float64 of shape (n_chains,)
        Logarithms of the weights.
    """
    shift = rbm.units.scaled(rbm.b - base, rbm.z)  # zero for Gaussian units

    def step(
        for_h: Symbolic,
        for_v: Symbolic,
        before: Symbolic,
        after: Symbolic,
        V: Symbolic,
        total: Symbolic,
        *_: Any,
    ) -> tuple[Symbolic, Symbolic]:
        A = rbm.hidden_logits(V)
        gain = (pt.softplus(after * A) - pt.softplus(before * A)).sum(axis=1, dtype="float64")
        gain += ((after - before) * V.dot(shift)).astype("float64")
        H = bernoulli(for_h, after * A)
        a = after * rbm.visible_input(H) + (1 - after) * base
        return rbm.units.draw(for_v, a, rbm.z), total + gain

    draws = gibbs_draws(rbm, betas.shape[0] - 1, V.shape[0], stream)
    total = pt.zeros((V.shape[0],), dtype="float64")
    V, total = loop(step, [*draws, betas[:-1], betas[1:]], [V, total], constants=[base])
    return V, total


def estimate(log_weights: np.ndarray, log_Z_of_base: float, sign: int) -> Estimate:
    """Compute an estimate from chains' weights; `sign` is 1 for chains that end at the model, else -1."""
    n, highest = len(log_weights), log_weights.max()
    weights = np.exp(log_weights - highest)
    mean, error = weights.mean(), weights.std(ddof=1) / np.sqrt(n)
    middle = log_Z_of_base + sign * (np.log(mean) + highest)
    with np.errstate(divide="ignore"):
        ends = [sign * float(np.log(max(1 + 3 * s * error / mean, 0))) + middle for s in (-1, 1)]
    return Estimate(float(middle), float(error / mean), min(ends), max(ends), log_weights)
