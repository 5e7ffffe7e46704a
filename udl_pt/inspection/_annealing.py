"""Annealed importance sampling of a restricted Boltzmann machine, as one compiled loop.

Chains pass through machines whose coupling grows with an inverse temperature from 0 to 1, or falls, and weigh
themselves on the way; the mean of the weights is a ratio of partition functions (Neal 2001; Salakhutdinov and
Murray, ICML 2008). `udl_pt.inspection.likelihood` says what is estimated by it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytensor.tensor as pt

from udl_pt._support.arguments import check_count
from udl_pt.backends import Function
from udl_pt.models._rbm.gibbs import blocks, gibbs_draws
from udl_pt.models._rbm.visible_units import bernoulli
from udl_pt.symbolic.loops import loop
from udl_pt.symbolic.random import RandomStreams
from udl_pt.symbolic.variables import Symbolic

__all__ = ["Estimate", "anneal", "annealed_steps", "estimate", "inverse_temperatures"]


@dataclass(frozen=True)
class Estimate:
    """An estimate of ``log Z`` by annealed importance sampling.

    Attributes
    ----------
    log_Z : float
        The estimate, in nats.
    standard_error : float
        Of `log_Z`, from the spread of the chains' weights (to first order).
    low, high : float
        ``log(Z - 3 s)`` and ``log(Z + 3 s)`` with the standard error s of Z, as in Salakhutdinov and
        Murray (2008); `low` is minus infinity where ``3 s`` is more than Z.
    log_weights : ndarray of shape (n_chains,)
        Logarithms of the weights; their mean's logarithm is ``log Z - log Z_base`` (with the other sign
        for the reverse estimate).
    """

    log_Z: float
    standard_error: float
    low: float
    high: float
    log_weights: np.ndarray


def inverse_temperatures(n: Any) -> np.ndarray:
    """Go from 0 to 1 in `n` steps: half of the way in a 29th of them, to 0.9 in 8 more, the rest in 20."""
    n = check_count(n, "n_betas", at_least=3)
    betas: np.ndarray = np.interp(np.arange(n + 1) / n, [0, 1 / 29, 9 / 29, 1], [0, 0.5, 0.9, 1])
    return betas


def anneal(rbm: Any, V: np.ndarray, base: np.ndarray, betas: np.ndarray) -> np.ndarray:
    """Carry chains along `betas`; give the logarithms of their weights."""
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
    """Pass chains through machines with inverse temperatures `betas`, as a graph.

    The machine of inverse temperature t has ``p(v) = exp(-E_t(v)) prod_j (1 + exp(t A_j))`` with
    ``A = vW + c``, and its visible biases go from `base` to the model's. At each step a chain's
    weight grows by the ratio of the next machine's probability to the present one's, then the chain makes
    a Gibbs step of the next machine.

    Parameters
    ----------
    rbm : RBM
    V : Variable of shape (n_chains, D)
        Visible units, from the first machine.
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
    """Turn the chains' weights into an estimate; `sign` is 1 for chains that end at the model, -1 back."""
    n, highest = len(log_weights), log_weights.max()
    weights = np.exp(log_weights - highest)
    mean, error = weights.mean(), weights.std(ddof=1) / np.sqrt(n)
    middle = log_Z_of_base + sign * (np.log(mean) + highest)
    with np.errstate(divide="ignore"):
        ends = [sign * float(np.log(max(1 + 3 * s * error / mean, 0))) + middle for s in (-1, 1)]
    return Estimate(float(middle), float(error / mean), min(ends), max(ends), log_weights)
