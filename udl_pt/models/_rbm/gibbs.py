"""Gibbs chains of a restricted Boltzmann machine as graphs: any number of steps is one loop, compiled once.

A step draws all hidden units given the visible ones, and all visible units given the hidden ones (chapter 4,
"Contrastive Divergence"). Chains start from visible units. Those that continue from one training step to the
next stop at hidden units. This saves a matrix product per step.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import pytensor.tensor as pt
from pytensor.scalar import upcast

from udl_pt._support.arrays import check_matrix
from udl_pt.backends import Function
from udl_pt.models._rbm.units import VisibleUnits, bernoulli
from udl_pt.symbolic.loops import loop
from udl_pt.symbolic.random import RandomStreams
from udl_pt.symbolic.variables import Symbolic

__all__ = [
    "SampledModel",
    "blocks",
    "clamped_chain",
    "gibbs_chain",
    "gibbs_draws",
    "persistent_chain",
    "run_chain",
    "tempered_chain",
]

BLOCK = 2**26  # bytes


class SampledModel(Protocol):
    """Attributes and methods of a model that a chain uses."""

    M: int
    n_features: int
    dtype: str
    W: Any
    c: Any
    b: Any
    z: Any

    @property
    def units(self) -> VisibleUnits:
        """The formulas of the visible units."""

    def hidden_logits(self, V: Symbolic) -> Symbolic:
        """Return ``log P(h = 1 | v) / P(h = 0 | v)``, of shape (N, M)."""

    def visible_input(self, H: Symbolic) -> Symbolic:
        """Return the visible units' input, ``HW' + b``, of shape (N, D)."""


def gibbs_chain(model: SampledModel, V: Symbolic, k: Any, stream: RandomStreams, n: Any = None) -> Symbolic:
    """Draw `k` times the hidden units, then the visible ones.

    Parameters
    ----------
    model : SampledModel
        The restricted Boltzmann machine.
    V : Variable of shape (N, D)
        Where the chains start, one per row.
    k : int or scalar variable
        Steps, at least 1.
    stream : RandomStreams
        Source of the draws: in each step those of the hidden, then those of the visible units.
    n : scalar variable, optional
        The number of rows. Pass it where `V` is itself a draw. Then no draw's size depends on another draw.

    Returns
    -------
    Variable of shape (N, D)
        The visible units after `k` steps.
    """

    def step(for_h: Symbolic, for_v: Symbolic, V: Symbolic, *shared: Symbolic) -> Symbolic:
        H = bernoulli(for_h, model.hidden_logits(V))
        return model.units.draw(for_v, model.visible_input(H), model.z)

    draws = gibbs_draws(model, k, V.shape[0] if n is None else n, stream)
    return loop(step, draws, [_start(model, V)], k)[0]


def persistent_chain(
    model: SampledModel, H: Symbolic, k: int, stream: RandomStreams, n_chains: int
) -> tuple[Symbolic, Symbolic]:
    """Continue chains that stopped at hidden units: draw `k` times the visible units, then the hidden ones.

    Parameters
    ----------
    model : SampledModel
        The restricted Boltzmann machine.
    H : Variable of shape (n_chains, M)
        Hidden units of the chains.
    k : int
        Steps, at least 1.
    stream : RandomStreams
        Source of the draws.
    n_chains : int
        Their number.

    Returns
    -------
    V, H : Variable of shape (n_chains, D) and (n_chains, M)
        Visible and hidden units of the last step.
    """

    def step(for_h: Symbolic, for_v: Symbolic, H: Symbolic) -> tuple[Symbolic, Symbolic]:
        V = model.units.draw(for_v, model.visible_input(H), model.z)
        return V, bernoulli(for_h, model.hidden_logits(V))

    draws = gibbs_draws(model, k, n_chains, stream)
    if k > 1:
        H = loop(lambda h, v, H, *shared: step(h, v, H)[1], [d[:-1] for d in draws], [H], k - 1)[0]
    for_h, for_v = (d[-1] for d in draws)
    return step(for_h, for_v, H)


def tempered_chain(
    model: SampledModel, H: Symbolic, betas: np.ndarray, k: int, stream: RandomStreams, n_chains: int
) -> tuple[Symbolic, Symbolic]:
    """Run parallel tempering: chains at inverse temperatures that exchange states (Desjardins et al. 2010).

    A step is a Gibbs step of every chain under ``exp(-beta E)``, then an exchange between neighbouring
    temperatures i and j. Even pairs come first, then odd ones. The probability of an exchange is
    ``min(1, exp((beta_i - beta_j) (E_i - E_j)))``. Bernoulli units only.

    Parameters
    ----------
    model : SampledModel
        The restricted Boltzmann machine.
    H : Variable of shape (len(betas) * n_chains, M)
        Hidden units of the chains, those of the first temperature first.
    betas : ndarray
        Inverse temperatures. The first is 1, the model's own.
    k : int
        Steps, at least 1.
    stream : RandomStreams
        Source of the draws.
    n_chains : int
        Chains per temperature.

    Returns
    -------
    V : Variable of shape (n_chains, D)
        The visible units at the first temperature.
    H : Variable of shape (len(betas) * n_chains, M)
        The hidden units of all chains.
    """
    T = len(betas)
    beta = np.repeat(betas, n_chains)[:, None].astype(model.dtype)

    def step(for_h: Symbolic, for_v: Symbolic, for_swaps: Symbolic, H: Symbolic) -> tuple[Symbolic, Symbolic]:
        V = bernoulli(for_v, beta * model.visible_input(H))
        logits = model.hidden_logits(V)
        H = bernoulli(for_h, beta * logits)
        E = (model.units.energy(V, model.b, model.z) - (H * logits).sum(axis=1)).reshape((T, n_chains))
        place = np.arange(T)[:, None] * np.ones((1, n_chains), int)
        for first in (0, 1):
            partner = _partners(T, first)
            gap = (betas - betas[partner])[:, None].astype(model.dtype)
            u = for_swaps[first][np.minimum(np.arange(T), partner)]  # one number for both of a pair
            exchanged = pt.lt(u, pt.exp(pt.minimum(gap * (E - E[partner]), np.asarray(0, model.dtype))))
            E = pt.switch(exchanged, E[partner], E)
            place = pt.switch(exchanged, pt.as_tensor(place)[partner], place)
        rows = (place * n_chains + np.arange(n_chains)).ravel()
        return V[rows], H[rows]

    draws = gibbs_draws(model, k, T * n_chains, stream, [("uniform", (2, T, n_chains))])
    if k > 1:
        H = loop(lambda h, v, s, H, *shared: step(h, v, s, H)[1], [d[:-1] for d in draws], [H], k - 1)[0]
    for_h, for_v, for_swaps = (d[-1] for d in draws)
    V, H = step(for_h, for_v, for_swaps, H)
    return V[:n_chains], H


def _partners(T: int, first: int) -> np.ndarray:
    """Return for each temperature the one with which it exchanges, itself where it has none."""
    partner = np.arange(T)
    for i in range(first, T - 1, 2):
        partner[i], partner[i + 1] = i + 1, i
    return partner


def clamped_chain(
    model: SampledModel, V: Symbolic, missing: Symbolic, k: Any, stream: RandomStreams
) -> tuple[Symbolic, Symbolic]:
    """Draw the hidden units and the missing visible units in turn; the known ones stay as they are.

    Parameters
    ----------
    model : SampledModel
        The restricted Boltzmann machine.
    V : Variable of shape (N, D)
        Known values, and the start of the missing ones.
    missing : Variable of shape (N, D)
        1 where a value is missing, else 0.
    k : int or scalar variable
        Steps, at least 1.
    stream : RandomStreams
        Source of the draws.

    Returns
    -------
    V, total : Variable of shape (N, D)
        The last sample, and the sum over all steps of the missing units' means given the hidden ones.
    """

    def step(
        for_h: Symbolic, for_v: Symbolic, V: Symbolic, total: Symbolic, missing: Symbolic, *shared: Symbolic
    ) -> tuple[Symbolic, Symbolic]:
        H = bernoulli(for_h, model.hidden_logits(V))
        a = model.visible_input(H)
        drawn = model.units.draw(for_v, a, model.z)
        return pt.switch(missing, drawn, V), total + model.units.mean(a)

    V = _start(model, V)
    V, total = loop(step, gibbs_draws(model, k, V.shape[0], stream), [V, pt.zeros_like(V)], k, [missing])
    return V, total


def _start(model: SampledModel, V: Symbolic) -> Symbolic:
    """Cast the start of chains to the dtype that a step returns: a loop needs one dtype in all steps."""
    return pt.cast(V, upcast(V.dtype, model.dtype))


def run_chain(model: Any, V: Any, k: int) -> np.ndarray:
    """Run `k` steps of `gibbs_chain` on an array."""

    def make(model: Any, backend: str) -> Function:
        V, steps = pt.matrix("V", dtype=model.dtype), pt.lscalar("steps")
        return Function([V, steps], gibbs_chain(model, V, steps, model.rng), backend=backend, name="gibbs")

    chain = model.compiled("gibbs", make)
    V = check_matrix(
        V, "V", dtype=model.dtype, n_features=model.n_features, unit_interval=model.units.unit_interval
    )
    state: np.ndarray = np.ascontiguousarray(V, model.dtype)
    for steps in blocks(k, len(V) * (model.M + model.n_features)):
        state = chain(state, np.asarray(steps))
    return state


def blocks(k: int, draws: int) -> Iterator[int]:
    """Cut `k` steps of so many draws into calls of a compiled loop whose draws take 64 MB at most."""
    largest = max(1, BLOCK // (8 * draws))
    for start in range(0, k, largest):
        yield min(largest, k - start)


def gibbs_draws(
    model: SampledModel, k: Any, n: Any, stream: RandomStreams, more: Sequence[tuple[str, Any]] = ()
) -> list[Symbolic]:
    """Return the draws of `k` steps of `n` chains: in each for the hidden, then the visible units."""
    D, M = model.W.shape  # symbolic, so that the graph is the same for models of all sizes
    each = [("uniform", (n, M)), (model.units.noise, (n, D)), *more]
    return stream.loop_draws(k, each, model.dtype)
