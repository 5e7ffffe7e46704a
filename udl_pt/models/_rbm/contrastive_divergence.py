"""Contrastive divergence and its variants: the compiled training step of a restricted Boltzmann machine.

All of them reduce ``mean(F(v0)) - mean(F(v1))`` (chapter 4). F is the free energy, v0 the data, and v1 a
sample of the model that is held constant. They differ in the source of v1. CD-k takes a few Gibbs steps from
the data. Persistent CD has chains that continue from step to step. Tempering has such chains at several
temperatures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.arguments import check_count
from udl_pt._support.refusals import check_chains
from udl_pt.backends import shared
from udl_pt.models._rbm.gibbs import SampledModel, gibbs_chain, persistent_chain, tempered_chain
from udl_pt.symbolic.costs import Penalty, with_penalty
from udl_pt.symbolic.random import RandomStreams
from udl_pt.symbolic.steps import make_step
from udl_pt.symbolic.updates import Updates, UpdateStep
from udl_pt.symbolic.variables import Symbolic

__all__ = ["Sampler", "contrastive_step"]

PENALTIES = ("weight_decay", "sparsity_target", "sparsity_cost")  # rates of a step besides its optimiser's
CENTRING_RATE = 0.01  # of the sliding mean of the hidden units


@dataclass(frozen=True)
class Sampler:
    """Source of a step's sample of the model.

    Attributes
    ----------
    k : int
        Gibbs steps for each step of training.
    n_chains : int
        Persistent chains; 0 where chains start at the data.
    n_temperatures : int
        Inverse temperatures of each persistent chain, evenly spaced from 1 to 0. With 1, only the model's
        own.
    """

    k: int
    n_chains: int
    n_temperatures: int

    @classmethod
    def checked(
        cls, k: Any, persistent: bool, n_chains: Any, n_temperatures: Any, batch_sz: int, visible: str
    ) -> "Sampler":
        """Check a model's arguments of these names; the default of `n_chains` is `batch_sz`."""
        k, T = check_count(k, "k"), check_count(n_temperatures, "n_temperatures")
        n_chains = check_chains(n_chains, batch_sz, persistent=persistent)
        if T > 1 and not persistent:
            raise ValueError(
                f"n_temperatures is {T}, but only persistent chains have them: pass persistent=True"
            )
        if T > 1 and visible != "bernoulli":
            raise ValueError(
                f"n_temperatures is {T}, but {visible} units have one only: pass n_temperatures=1"
            )
        return cls(k, (n_chains or batch_sz) if persistent else 0, T)

    def chains(
        self, M: int, stream: RandomStreams, dtype: str, before: np.ndarray | None = None
    ) -> SharedVariable | None:
        """Create persistent chains, whose hidden units are 0 or 1 with probability 1/2.

        Where there were as many chains `before`, without temperatures, these continue.
        """
        if not self.n_chains:
            return None
        if before is not None and self.n_temperatures == 1 and before.shape == (self.n_chains, M):
            states = before.copy()
        else:
            states = (stream.generator.random((self.n_temperatures * self.n_chains, M)) < 0.5).astype(dtype)
        chains = shared(states, "chains")
        chains.tag.of_batch = True
        return chains

    def sample(
        self, model: SampledModel, v0: Symbolic, n: Any, chains: SharedVariable | None, stream: RandomStreams
    ) -> tuple[Symbolic, Symbolic | None]:
        """Return v1, and the new state of the persistent chains; `n` is the number of rows of v0."""
        if chains is None:
            return gibbs_chain(model, v0, self.k, stream, n), None
        if self.n_temperatures == 1:
            return persistent_chain(model, chains, self.k, stream, self.n_chains)
        betas = np.linspace(1, 0, self.n_temperatures)
        return tempered_chain(model, chains, betas, self.k, stream, self.n_chains)


def contrastive_step(
    model: Any,
    sampler: Sampler,
    chains: SharedVariable | None,
    penalties: Sequence[str] = (),
    *,
    batch_sz: int,
    binarize: bool,
    centre: np.ndarray | None,
    penalty: Penalty | None = None,
    optimiser: Callable[..., Updates] | None = None,
    backend: str,
    name: str,
) -> UpdateStep:
    """Build one compiled step of training.

    Parameters
    ----------
    model : RBM
        The RBM to train. Its stream makes the draws.
    sampler : Sampler
        Source of v1.
    chains : SharedVariable or None
        The persistent chains' state, which the step advances.
    penalties : sequence of str
        The step's further rates: ``"weight_decay"``, or ``"sparsity_target"`` and ``"sparsity_cost"``.
    batch_sz : int
        Rows of a batch.
    binarize : bool
        Draw v0 with the batch's values as probabilities.
    centre : ndarray of shape (D,), optional
        Means of the visible units, where the gradient is to be centred.
    penalty : callable, optional
        ``penalty(model, V)`` returns a scalar that is added to the cost of a batch V, both symbolic.
    optimiser : callable, optional
        Replacement for the book's momentum.
    backend : {"numba", "c", "jax"}
        Backend that compiles the step.
    name : str
        Name of the compiled function in tracebacks.

    Returns
    -------
    UpdateStep
        The step.
    """
    stream = RandomStreams(model.rng, model.dtype)
    X_in, scale = pt.matrix("X_in", dtype=model.dtype), pt.scalar("scale", dtype=model.dtype)
    scalars = {name: pt.scalar(name, dtype=model.dtype) for name in penalties}
    velocities = [shared(np.zeros_like(p.get_value(borrow=True)), f"d{p.name}") for p in model.params]
    # Gaussian units: divided by the root of D, see RBM.fit
    share = np.asarray(1 if model.units.unit_interval else 1 / np.sqrt(model.n_features), model.dtype)

    def graph() -> tuple[list[Symbolic], Updates]:
        v0 = stream.binomial(X_in.shape, p=X_in, dtype=model.dtype) if binarize else X_in
        v1, moved = sampler.sample(model, v0, X_in.shape[0], chains, stream)
        state = [] if chains is None or moved is None else [(chains, moved)]

        scale0 = share * scale
        scale1 = scale0 if chains is None else share * np.asarray(1 / sampler.n_chains, model.dtype)
        cost = scale0 * model.free_energy(v0).sum() - scale1 * model.free_energy(v1).sum()
        gradients = pytensor.grad(cost, model.params, consider_constant=[v0, v1])
        q = model.forward_hidden(v0).sum(axis=0) * scale  # mean activation of each hidden unit
        if centre is not None:
            hidden_mean = shared(np.full(model.M, 0.5, model.dtype), "hidden_mean")
            means = np.asarray(centre, model.dtype), hidden_mean
            gradients[:3] = centred_gradient(model, (v0, v1), (scale0, scale1), means)
            rate = np.asarray(CENTRING_RATE, model.dtype)
            state.append((hidden_mean, hidden_mean + rate * (q - hidden_mean)))
        costs = []
        if "weight_decay" in scalars:
            costs.append(scalars["weight_decay"] * (model.W**2).sum() / np.asarray(2, model.dtype))
        if "sparsity_target" in scalars:
            costs.append(scalars["sparsity_cost"] * ((q - scalars["sparsity_target"]) ** 2).sum())
        if penalty is not None:
            costs.append(with_penalty(pt.zeros((), model.dtype), penalty, model, v0))
        for added in costs:
            more = pytensor.grad(added, model.params, disconnected_inputs="ignore", consider_constant=[v0])
            gradients = [g + m for g, m in zip(gradients, more, strict=True)]
        return gradients, state

    options = ("train_op", sampler, tuple(scalars), binarize, float(share), penalty, optimiser)
    own = [*velocities, *([] if chains is None else [chains])]
    return make_step(
        optimiser,
        graph,
        [X_in],
        model.params,
        velocities,
        scalars=list(scalars.values()),
        constants={scale: 1 / batch_sz},
        dtype=model.dtype,
        backend=backend,
        name=name,
        # the means of centring are constants of the data
        kind=model._kind(*options, more=own, stream=stream) if centre is None else None,
    )


def centred_gradient(
    model: Any,
    samples: tuple[Symbolic, Symbolic],
    scales: tuple[Symbolic, Symbolic],
    means: tuple[Any, Symbolic],
) -> list[Symbolic]:
    """Return the gradient of the RBM whose units are centred at their means.

    Its energy is ``-(v - m)'W(h - l) - b'(v - m) - c'(h - l)``: the same distributions in other coordinates
    (Melchior, Fischer and Wiskott, JMLR 2016). The data are stacked on the sample. Let x and y be the centred
    visible and hidden units. The gradient of W is then one product. A correction of the biases' gradients
    turns them into those of the uncentred RBM.

    Parameters
    ----------
    model : RBM
    samples : tuple of Variable
        v0 and v1, of shape (N, D) and (n_chains, D).
    scales : tuple of Variable
        Weights of a row of v0 and of one of v1 in the cost.
    means : tuple of (ndarray, Variable)
        m, of shape (D,), and l, of shape (M,).

    Returns
    -------
    list of Variable
        Gradients of W, c and b.
    """
    (v0, v1), (scale0, scale1), (m, hidden_mean) = samples, scales, means
    x0, x1 = (model.units.scaled(v - m, model.z) for v in (v0, v1))
    y0 = scale0 * (hidden_mean - model.forward_hidden(v0))
    y1 = scale1 * (model.forward_hidden(v1) - hidden_mean)
    x, y = pt.join(0, x0, x1), pt.join(0, y0, y1)
    dc = y.sum(axis=0) - x.dot(m).dot(y)
    db = scale1 * x1.sum(axis=0) - scale0 * x0.sum(axis=0) - y.dot(hidden_mean).dot(x)
    return [x.T.dot(y), dc, db]
