"""Chapter 4's restricted Boltzmann machine, eager: contrastive divergence by the book's formulas."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.special import expit as s

from udl_pt._support.arguments import check_count, check_switches
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt.eager._beyond import check_beyond
from udl_pt.eager._layer import Array, Layer, softplus
from udl_pt.training.loop import show_costs
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

__all__ = ["RBM"]

UNITS = {"visible": "bernoulli", "learn_variance": False}
BEYOND = {
    "n_temperatures": 1,
    "weight_decay": 0.0,
    "sparsity_target": None,
    "sparsity_cost": 0.1,
    "centring": False,
    "visible_bias": "zeros",
    "binarize": False,
    "penalty": None,
    "optimiser": None,
    "backend": None,
}


class RBM(Layer):
    """The twin of `udl_pt.RBM` with Bernoulli units: the same arguments, attributes, draws and numbers.

    Parameters
    ----------
    M, an_id, rng, random_state
        As of `udl_pt.RBM`.
    dtype : {"float64", "float32"}, optional
        float64 where not given.

    Attributes
    ----------
    W, c, b : ndarray
        Weights of shape (D, M), biases of the hidden units (M,) and of the visible ones (D,).
    dW, dc, db, params, dparams, forward_params, forward_dparams, chains, costs, valid_costs
        As of `udl_pt.RBM`.
    """

    names = ("W", "c", "b")
    unit_interval = True
    c: Array
    b: Array

    def __init__(
        self,
        M: int,
        an_id: Any = None,
        *,
        rng: Any = None,
        random_state: Any = None,
        dtype: Any = None,
        **beyond: Any,
    ) -> None:
        check_beyond("RBM", beyond, UNITS)
        super().__init__(M, an_id, rng=rng, random_state=random_state, dtype=dtype)
        self.chains: Any = None

    def takes_probabilities(self, **options: Any) -> bool:
        """Whether ``fit`` is known to take values in [0, 1] only."""
        return type(self).fit is RBM.fit

    @one_fit_at_a_time
    def fit(
        self,
        X: Any,
        learning_rate: float = 0.1,
        epochs: int = 1,
        batch_sz: int = 100,
        show_fig: bool = False,
        *,
        mu: float = 0.0,
        k: int = 1,
        persistent: bool = False,
        n_chains: int | None = None,
        validation: Any = None,
        monitor: str | None = "epoch",
        callbacks: Sequence[Callable[[Progress], Any]] = (),
        **beyond: Any,
    ) -> "RBM":
        """Draw new weights and train them by contrastive divergence, as `udl_pt.RBM.fit`.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Data in [0, 1].
        learning_rate, epochs, batch_sz, show_fig, mu, k, persistent, n_chains
            As there.
        validation, monitor, callbacks
            As there.
        **beyond
            What it takes besides has no twin: only the defaults are taken.

        Returns
        -------
        RBM
            Itself.

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed.
        DivergenceError
            When a step isn't finite; the parameters are those before it.
        """
        check_beyond("RBM.fit", beyond, BEYOND)
        check_switches(show_fig=show_fig, persistent=persistent)
        k = check_count(k, "k")
        if n_chains is not None and check_count(n_chains, "n_chains") != batch_sz and not persistent:
            raise ValueError(
                f"n_chains is {n_chains}, but chains that start at a batch's {batch_sz} rows are as many: "
                "omit n_chains, or say persistent=True"
            )
        run = Run.checked(
            X,
            dtype=self.dtype,
            rates=Rates(self.dtype, learning_rate=learning_rate, mu=mu),
            epochs=epochs,
            batch_sz=batch_sz,
            validation=validation,
            monitor=monitor,
            callbacks=callbacks,
            unit_interval=True,
        )
        run, valid = self._start(run)
        self.k, self.chains = k, None
        if persistent and run.epochs > 0:
            noise = self.rng.generator.random((n_chains or run.batch_sz, self.M)) < 0.5
            self.chains = self._param(noise.astype(self.dtype))
        velocities = [self._param(np.zeros_like(p)) for p in self.params]  # fine-tuning starts at zero
        self._train(run, valid, velocities, 1 / run.batch_sz)
        if show_fig:
            show_costs(self.costs, self.title)
        return self

    def _encode(self, V: Array) -> Array:
        """Return ``P(h = 1 | v) = s(VW + c)``."""
        return s(V @ self.W + self.c)  # (N, M)

    def _slope(self, H: Array) -> Any:
        """Return ``s'(A) = H (1 - H)``, for a network's backpropagation."""
        return H * (1 - H)

    def _visible_input(self, H: Array) -> Array:
        """Return ``A = HW' + b``."""
        return H @ self.W.T + self.b  # (N, D)

    def _decode(self, H: Array) -> Array:
        """Return ``P(v = 1 | h) = s(HW' + b)``."""
        return s(self._visible_input(H))

    def _draw(self, u: Array, p: Array) -> Array:
        """Return ones where ``u < p``, else zeros."""
        return (u < p).astype(self.dtype)

    def _uniforms(self, n: int) -> tuple[Array, Array]:
        """Draw what a Gibbs step of `n` chains needs: for the hidden units, then for the visible ones."""
        return self.rng.uniform((n, self.M)), self.rng.uniform((n, self.n_features))

    def _chain(self, p: Array, k: int) -> Array:
        """Draw `k` times the hidden units, then the visible ones, at first by ``p = P(h = 1 | v)``."""
        for step in range(k):
            for_h, for_v = self._uniforms(len(p))
            V = self._draw(for_v, self._decode(self._draw(for_h, p)))  # (N, D)
            if step < k - 1:
                p = self._encode(V)  # (N, M)
        return V

    def _persistent_chain(self) -> Array:
        """Go on with the chains, which rest at hidden units: `k` times the visible units, then the hidden."""
        for _ in range(self.k):
            for_h, for_v = self._uniforms(len(self.chains))
            V = self._draw(for_v, self._decode(self.chains))  # (n_chains, D)
            self.chains = self._draw(for_h, self._encode(V))  # (n_chains, M)
        return V

    def _free_energy(self, V: Array) -> Array:
        """Return ``F(v) = -b'v - sum_j log(1 + exp(c_j + v'W_j))``."""
        return -V @ self.b - softplus(V @ self.W + self.c).sum(axis=1)  # (N,)

    def _cost(self, X: Array) -> Array:
        """Return the cross-entropy of `X` and its reconstruction, ``sum[log(1 + exp a) - x a]``."""
        A = self._visible_input(self._encode(X))
        return (softplus(A) - X * A).sum()

    def _gradients(self, v0: Array, scale: float) -> list[Array]:
        """Return the gradients of ``J = mean F(v0) - mean F(v1)`` by W, c and b, of a batch of n rows.

        ``dF/dW = -v p'``, ``dF/dc = -p`` and ``dF/db = -v`` with ``p = P(h = 1 | v)``; the sample v1 is held
        constant. So each gradient is the sample's mean less the data's.
        """
        p0 = self._encode(v0)  # (n, M)
        v1 = self._chain(p0, self.k) if self.chains is None else self._persistent_chain()  # (n, D)
        p1 = self._encode(v1) / len(v1)  # (n, M)
        p0 *= scale
        return [
            v1.T @ p1 - v0.T @ p0,
            p1.sum(axis=0) - p0.sum(axis=0),
            v1.mean(axis=0) - scale * v0.sum(axis=0),
        ]

    def free_energy(self, V: Any) -> Any:
        """Return ``F(v)`` in nats, of shape (N,)."""
        return self._called(self._free_energy, V, name="V")

    def sample_h_given_v(self, V: Any) -> Any:
        """Draw the hidden units, of shape (N, M)."""
        return self._called(
            lambda V: self._draw(self.rng.uniform((len(V), self.M)), self._encode(V)), V, name="V"
        )

    def sample_v_given_h(self, H: Any) -> Any:
        """Draw the visible units, of shape (N, D)."""
        return self._called(
            lambda H: self._draw(self.rng.uniform((len(H), self.n_features)), self._decode(H)),
            H,
            takes_hidden=True,
            name="H",
        )

    def gibbs(self, V: Any, k: int = 1) -> Any:
        """Carry out `k` Gibbs steps, of shape (N, D)."""
        k = check_count(k, "k")
        return self._called(lambda V: self._chain(self._encode(V), k), V, name="V")

    @classmethod
    def createFromArrays(cls, W: Any, c: Any, b: Any, an_id: Any = None) -> "RBM":
        """Make a machine that owns copies of parameters, of shape (D, M), (M,) and (D,)."""
        rbm: RBM = cls._from_arrays(W, c, b, an_id)
        return rbm
