"""Chapter 4's restricted Boltzmann machine, eager: contrastive divergence by the book's formulas."""

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from scipy.special import expit as s

from udl_pt._support.arguments import check_count, check_switches
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt._support.refusals import check_chains
from udl_pt.eager._beyond import FIT, check_beyond
from udl_pt.eager._layer import Array, Layer, softplus
from udl_pt.training.loop import show_costs
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

__all__ = ["RBM"]

UNITS = {"visible": "bernoulli", "learn_variance": False}
BEYOND = FIT | {
    "devices": None,
    "n_temperatures": 1,
    "weight_decay": 0.0,
    "sparsity_target": None,
    "sparsity_cost": 0.1,
    "centring": False,
    "visible_bias": "zeros",
    "binarize": False,
    "penalty": None,
    "optimiser": None,
}


class RBM(Layer):
    """Restricted Boltzmann machine with Bernoulli units in NumPy, the twin of `udl_pt.RBM` (chapter 4).

    ``P(v, h) = exp(-E(v, h)) / Z`` with the energy ``E(v, h) = -b'v - c'h - v'Wh``. Draws and numbers are
    those of the symbolic class.

    Parameters
    ----------
    M : int
        Number of hidden units.
    an_id : hashable, optional
        A name of your own, kept as ``id``.
    rng : None, int, RandomStreams, numpy.random.Generator or numpy.random.RandomState
        Source of the draws of units. An int restarts at each fit. None derives the draws from `random_state`
        where that is given; otherwise they are seeded afresh.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles. An int restarts at each fit; None is NumPy's global legacy generator.
    dtype : {"float64", "float32"}, optional
        Dtype of the parameters, float64 by default.
    **beyond
        Arguments of `udl_pt.RBM` without a twin (`visible`, `learn_variance`), at their defaults.

    Attributes
    ----------
    W : numpy.ndarray of shape (D, M)
        Weights.
    c, b : numpy.ndarray of shape (M,) and (D,)
        Biases of the hidden and of the visible units.
    dW, dc, db : numpy.ndarray
        Velocities for a network's fine-tuning, zero after `fit`.
    params, dparams : list of numpy.ndarray
        ``[W, c, b]``, and their velocities.
    forward_params, forward_dparams : list of numpy.ndarray
        ``[W, c]``, which a deep network trains further, and their velocities.
    chains : numpy.ndarray of shape (n_chains, M) or None
        Hidden units of the persistent chains after training.
    costs : list of float
        Costs that `fit` recorded: the cross-entropy of a row and its reconstruction, in nats.
    valid_costs : list of float
        Costs of the validation set, where there is one.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.eager import RBM
    >>> X = np.tile(np.eye(2), (6, 1))
    >>> rbm = RBM(1, random_state=0).fit(X, learning_rate=0.5, epochs=50, batch_sz=4)
    >>> rbm.forward_output(np.eye(2)).round(1).tolist()  # close to the identity
    [[0.8, 0.2], [0.2, 0.8]]
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
        """Return whether ``fit`` is known to accept only values in [0, 1].

        Parameters
        ----------
        **options
            Arguments for ``fit``; they don't matter here.

        Returns
        -------
        bool
            False for a subclass with a ``fit`` of its own.

        Examples
        --------
        >>> from udl_pt.eager import RBM
        >>> RBM(2).takes_probabilities()
        True
        """
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
        """Draw new weights and train them by contrastive divergence.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Data in [0, 1].
        learning_rate, mu : float
            Step size and momentum.
        epochs, batch_sz : int
            Passes over the data, and rows per step. Each epoch drops the rest of ``N / batch_sz``.
        show_fig : bool
            Show the curve of the costs at the end.
        k : int
            Gibbs steps for each step of training (CD-k).
        persistent : bool
            Continue the chains from step to step instead of starting at the data (Tieleman, ICML 2008).
        n_chains : int, optional
            Number of persistent chains, `batch_sz` by default.
        validation : float or array_like of shape (N_valid, D), optional
            Validation rows for `valid_costs` and `udl_pt.callbacks.EarlyStopping`. A float is the share of
            `X` to draw and hold out.
        monitor : {"epoch", "batch", None}
            When to record the cost. ``"batch"``: after every batch, over all rows. ``"epoch"``: once an
            epoch, over a random thirtieth of the rows but at least 250. None: never. All validation rows are
            measured.
        callbacks : sequence of callable
            Each receives a `udl_pt.training.progress.Progress` after every epoch.
        **beyond
            Arguments of `udl_pt.RBM.fit` without a twin, such as `weight_decay`, at their defaults.

        Returns
        -------
        RBM
            Itself.

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed.
        RuntimeError
            While another thread fits it, and in a callback of its own ``fit``.
        DivergenceError
            When a step isn't finite; the parameters are those before it.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.eager import RBM
        >>> X = np.tile(np.eye(2), (6, 1))
        >>> rbm = RBM(1, random_state=0).fit(X, batch_sz=4, epochs=3, persistent=True, n_chains=5)
        >>> len(rbm.costs), rbm.chains.shape
        (3, (5, 1))
        """
        check_beyond("RBM.fit", beyond, BEYOND)
        check_switches(show_fig=show_fig, persistent=persistent)
        k = check_count(k, "k")
        n_chains = check_chains(n_chains, batch_sz, persistent=persistent)
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
        """Draw uniform numbers for a Gibbs step of `n` chains, for the hidden and then the visible units."""
        return self.rng.uniform((n, self.M)), self.rng.uniform((n, self.n_features))

    def _chain(self, p: Array, k: int) -> Array:
        """Draw hidden and then visible units `k` times, starting with ``p = P(h = 1 | v)``."""
        for step in range(k):
            for_h, for_v = self._uniforms(len(p))
            V = self._draw(for_v, self._decode(self._draw(for_h, p)))  # (N, D)
            if step < k - 1:
                p = self._encode(V)  # (N, M)
        return V

    def _persistent_chain(self) -> Array:
        """Continue the chains from their hidden units: draw visible and then hidden units `k` times."""
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
        """Return the free energy ``F(v) = -b'v - sum_j log(1 + exp(c_j + v'W_j))`` of each row.

        It determines the probability of the visible units, ``P(v) = exp(-F(v)) / Z``.

        Parameters
        ----------
        V : array_like of shape (N, D)
            Visible units.

        Returns
        -------
        numpy.ndarray of shape (N,)
            In nats.

        Raises
        ------
        ValueError, TypeError
            For bad input, and before `fit`.

        Examples
        --------
        >>> from udl_pt.eager import RBM
        >>> rbm = RBM.createFromArrays([[1.0], [1.0]], c=[0.0], b=[0.0, 0.0])
        >>> rbm.free_energy([[0, 0], [1, 1]]).round(3).tolist()  # -log(1 + exp(0)), -log(1 + exp(2))
        [-0.693, -2.127]
        """
        return self._called(self._free_energy, V, name="V")

    def sample_h_given_v(self, V: Any) -> Any:
        """Draw the hidden units given the visible ones, by ``uniform < P(h = 1 | v)``.

        Parameters
        ----------
        V : array_like of shape (N, D)
            Visible units.

        Returns
        -------
        numpy.ndarray of shape (N, M)
            Zeros and ones.

        Raises
        ------
        ValueError, TypeError
            For bad input, and before `fit`.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.eager import RBM
        >>> rbm = RBM.createFromArrays(np.eye(2) * 100, c=[-50.0, -50.0], b=[-50.0, -50.0])
        >>> rbm.sample_h_given_v([[1, 0]]).tolist()  # P(h = 1 | v) rounds to 1 and to 0
        [[1.0, 0.0]]
        """
        return self._called(
            lambda V: self._draw(self.rng.uniform((len(V), self.M)), self._encode(V)), V, name="V"
        )

    def sample_v_given_h(self, H: Any) -> Any:
        """Draw the visible units given the hidden ones, by ``uniform < P(v = 1 | h)``.

        Parameters
        ----------
        H : array_like of shape (N, M)
            Hidden units.

        Returns
        -------
        numpy.ndarray of shape (N, D)
            Zeros and ones.

        Raises
        ------
        ValueError, TypeError
            For bad input, and before `fit`.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.eager import RBM
        >>> rbm = RBM.createFromArrays(np.eye(2) * 100, c=[-50.0, -50.0], b=[-50.0, -50.0])
        >>> rbm.sample_v_given_h([[1, 0], [0, 1]]).tolist()  # P(v = 1 | h) rounds to 1 and to 0
        [[1.0, 0.0], [0.0, 1.0]]
        """
        return self._called(
            lambda H: self._draw(self.rng.uniform((len(H), self.n_features)), self._decode(H)),
            H,
            takes_hidden=True,
            name="H",
        )

    def gibbs(self, V: Any, k: int = 1) -> Any:
        """Run `k` Gibbs steps; each draws hidden units given visible ones, then visible given hidden.

        Parameters
        ----------
        V : array_like of shape (N, D)
            Visible units at the start of the chains.
        k : int
            Number of steps.

        Returns
        -------
        numpy.ndarray of shape (N, D)
            Visible units after the last step, zeros and ones.

        Raises
        ------
        ValueError, TypeError
            For bad input, and before `fit`.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.eager import RBM
        >>> rbm = RBM.createFromArrays(np.zeros((2, 1)), c=[0.0], b=[50.0, -50.0])
        >>> rbm.gibbs([[0, 1]], k=3).tolist()  # biases switch the first unit on and the second off
        [[1.0, 0.0]]
        """
        k = check_count(k, "k")
        return self._called(lambda V: self._chain(self._encode(V), k), V, name="V")

    @classmethod
    def createFromArrays(
        cls, W: Any, c: Any, b: Any, an_id: Any = None, *, z: Any = None, **options: Any
    ) -> Self:
        """Create an RBM from given parameters, which it copies.

        Parameters
        ----------
        W : array_like of shape (D, M)
            Weights.
        c : array_like of shape (M,)
            Biases of the hidden units.
        b : array_like of shape (D,)
            Biases of the visible units.
        an_id : hashable, optional
            A name of your own, kept as ``id``.
        z : None
            Only `udl_pt.RBM` learns variances.
        **options
            Arguments of the constructor, such as ``random_state=0``. Without a `dtype`, float32 stays
            float32, and any other dtype becomes float64.

        Returns
        -------
        RBM
            A model of the class whose method this is.

        Raises
        ------
        ValueError, TypeError
            For bad input.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.eager import RBM
        >>> rbm = RBM.createFromArrays(np.eye(2), c=np.zeros(2), b=np.zeros(2))
        >>> rbm.forward_hidden([[0, 1]]).round(3).tolist()  # P(h = 1 | v), the sigmoid of 0 and 1
        [[0.5, 0.731]]
        """
        check_beyond("RBM.createFromArrays", {"z": z}, {"z": None})
        return cls._from_arrays(W, c, b, an_id, options)
