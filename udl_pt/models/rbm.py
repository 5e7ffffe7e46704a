"""Chapter 4: the restricted Boltzmann machine, trained by contrastive divergence.

``P(v, h) = exp(-E(v, h)) / Z`` with ``E(v, h) = -b'v - c'h - v'Wh``. The cost of a step is
``mean(F(v0)) - mean(F(v1))`` with the free energy F and a sample v1 that is held constant: its gradient
is contrastive divergence.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, overload

import numpy as np
import pytensor.tensor as pt
from numpy.typing import ArrayLike
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable

from udl_pt._support.arguments import (
    check_count,
    check_option,
    check_switch,
    check_switches,
)
from udl_pt._support.arrays import check_weights, column_moments, warn_unless_standardised
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt.backends import get_backend
from udl_pt.models._layer import Layer
from udl_pt.models._rbm.contrastive_divergence import PENALTIES, Sampler, contrastive_step
from udl_pt.models._rbm.gibbs import gibbs_chain, run_chain
from udl_pt.models._rbm.visible_units import VISIBLE_UNITS, bernoulli
from udl_pt.symbolic.calling import symbolic_or_array
from udl_pt.symbolic.costs import Penalty, check_penalty
from udl_pt.symbolic.random import RandomStreams, unmoved_by_bad_input
from udl_pt.symbolic.steps import checked_rates
from udl_pt.symbolic.updates import Updates
from udl_pt.symbolic.variables import Symbolic, SymbolicLike, check_variable
from udl_pt.symbolic.weights import init_weights
from udl_pt.training.held_out import Arrays
from udl_pt.training.loop import show_costs
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates, check_rate
from udl_pt.training.run import Run

__all__ = ["RBM"]


class RBM(Layer):
    """A restricted Boltzmann machine with Bernoulli hidden units (chapter 4).

    Parameters
    ----------
    M : int
        Number of hidden units.
    an_id : hashable, optional
        A name of the reader's own.
    visible : {"bernoulli", "gaussian"}
        What the visible units are; see `udl_pt.models._rbm.visible_units`. Gaussian units have variance 1.
    learn_variance : bool
        Whether Gaussian units learn their variances, ``exp(z)``.
    rng : None, int, RandomStreams, numpy.random.Generator or numpy.random.RandomState
        The stream of all draws of units. An int starts each fit anew; None derives the stream from
        `random_state` where that is given, else seeds it afresh.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles. An int starts each fit anew, as in scikit-learn; None is NumPy's
        global legacy generator, in the book's order.
    dtype : {"float64", "float32"}, optional
        PyTensor's floatX where not given.

    Attributes
    ----------
    W : SharedVariable of shape (D, M)
        Weights.
    c, b : SharedVariable of shape (M,) and (D,)
        Biases of the hidden and of the visible units.
    z : SharedVariable of shape (D,) or None
        Logarithms of the variances, where they are learned.
    params, forward_params : list of SharedVariable
        ``[W, c, b]`` (and z), and the part that a deep network goes on with.
    dW, dc, db, dparams, forward_dparams : SharedVariable and lists of them
        Velocities for a network's fine-tuning: zero, as in the listing.
    chains : numpy.ndarray of shape (n_chains, M) or None
        Hidden units of the persistent chains, as training left them; of tempered ones those at the model's
        own temperature. ``rbm.sample_v_given_h(rbm.chains)`` shows them.
    costs, valid_costs : list of float
        What ``fit`` recorded, and the same of the validation set, where there is one.
    """

    c: SharedVariable
    b: SharedVariable
    z: SharedVariable | None = None
    learn_variance = False

    def __init__(
        self,
        M: int,
        an_id: Any = None,
        *,
        visible: str = "bernoulli",
        learn_variance: bool = False,
        rng: Any = None,
        random_state: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(M, an_id, rng=rng, random_state=random_state, dtype=dtype)
        check_option(visible, "visible", list(VISIBLE_UNITS))
        learn_variance = check_switch(learn_variance, "learn_variance")
        if learn_variance and visible != "gaussian":
            raise ValueError(
                f"learn_variance is True, but {visible} units have no variance: say visible='gaussian'"
            )
        self.visible, self.learn_variance = visible, learn_variance
        self.units = VISIBLE_UNITS[visible]
        self.unit_interval = self.units.unit_interval
        self.chains: np.ndarray | None = None

    @property
    def names(self) -> tuple[str, ...]:  # type: ignore[override]
        """The attributes that hold its parameters."""
        return ("W", "c", "b", "z") if self.learn_variance else ("W", "c", "b")

    @overload
    def free_energy(self, V: SymbolicLike) -> Symbolic: ...
    @overload
    def free_energy(self, V: ArrayLike) -> np.ndarray: ...
    @symbolic_or_array
    def free_energy(self, V: Any) -> Any:
        """Return ``F(v) = -b'v - sum_j log(1 + exp(c_j + v'W_j))``; then ``P(v) = exp(-F(v)) / Z``.

        Parameters
        ----------
        V : Variable or array_like of shape (N, D)

        Returns
        -------
        Variable or numpy.ndarray of shape (N,)
            In nats; a graph where `V` is a PyTensor variable, else an array.
        """
        return self.units.energy(V, self.b, self.z) - pt.softplus(self.hidden_logits(V)).sum(axis=1)

    def hidden_logits(self, V: Symbolic) -> Symbolic:
        """Return ``log P(h = 1 | v) / P(h = 0 | v) = VW + c``, symbolic, of shape (N, M)."""
        return self.units.scaled(V, self.z).dot(self.W) + self.c

    def visible_input(self, H: Symbolic) -> Symbolic:
        """Return what the hidden units send down, ``HW' + b``, symbolic, of shape (N, D)."""
        return H.dot(self.W.T) + self.b

    def visible_mean(self, A: Symbolic) -> Symbolic:
        """Return the visible units' means: ``P(v = 1 | h)``, the sigmoid; of Gaussian units `A` itself."""
        return self.units.mean(A)

    @overload
    def sample_h_given_v(self, V: SymbolicLike) -> Symbolic: ...
    @overload
    def sample_h_given_v(self, V: ArrayLike) -> np.ndarray: ...
    @symbolic_or_array
    def sample_h_given_v(self, V: Any) -> Any:
        """Draw the hidden units: ``uniform < P(h = 1 | v)``.

        Parameters
        ----------
        V : Variable or array_like of shape (N, D)

        Returns
        -------
        Variable or numpy.ndarray of shape (N, M)
            Zeros and ones; a graph where `V` is a PyTensor variable, which draws anew at each call of a
            `pytensor.function`, else an array.
        """
        a = self.hidden_logits(V)
        return bernoulli(self.rng.uniform(a.shape, dtype=self.dtype), a)

    @overload
    def sample_v_given_h(self, H: SymbolicLike) -> Symbolic: ...
    @overload
    def sample_v_given_h(self, H: ArrayLike) -> np.ndarray: ...
    @partial(symbolic_or_array, takes_hidden=True)
    def sample_v_given_h(self, H: Any) -> Any:
        """Draw the visible units: ``uniform < P(v = 1 | h)``; Gaussian ones around ``HW' + b``.

        Parameters
        ----------
        H : Variable or array_like of shape (N, M)

        Returns
        -------
        Variable or numpy.ndarray of shape (N, D)
            A graph where `H` is a PyTensor variable (see `sample_h_given_v`), else an array.
        """
        a = self.visible_input(H)
        return self.units.draw(getattr(self.rng, self.units.noise)(a.shape, dtype=self.dtype), a, self.z)

    @overload
    def gibbs(self, V: SymbolicLike, k: int = ...) -> Symbolic: ...
    @overload
    def gibbs(self, V: ArrayLike, k: int = ...) -> np.ndarray: ...
    def gibbs(self, V: Any, k: int = 1) -> Any:
        """Carry out `k` Gibbs steps: hidden units given the visible ones, and these given those.

        Parameters
        ----------
        V : Variable or array_like of shape (N, D)
            Where the chains start.
        k : int
            Steps; one compiled loop.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, D)
            A graph where `V` is a PyTensor variable (see `sample_h_given_v`), else an array.
        """
        k = check_count(k, "k")
        if not isinstance(V, Variable):
            return run_chain(self, V, k)
        self._check_fitted("gibbs")
        check_variable(V, "V", n_features=self.n_features)
        return gibbs_chain(self, V, k, self.rng)

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
        n_temperatures: int = 1,
        weight_decay: float = 0.0,
        sparsity_target: float | None = None,
        sparsity_cost: float = 0.1,
        centring: bool = False,
        visible_bias: str = "zeros",
        binarize: bool = False,
        penalty: Penalty | None = None,
        optimiser: Callable[..., Updates] | None = None,
        validation: Any = None,
        monitor: str | None = "epoch",
        backend: str | None = None,
        callbacks: Sequence[Callable[[Progress], Any]] = (),
    ) -> "RBM":
        """Draw new weights and train them by contrastive divergence.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Data, in [0, 1] for Bernoulli units, standardised for Gaussian ones.
        learning_rate, mu : float
            Step size and momentum. For Gaussian units the cost is divided by the root of D, since its
            curvature grows with D, and a rate should suit data of any width.
        epochs, batch_sz : int
            Passes over the data, and rows a step; the rest of ``N / batch_sz`` is dropped.
        show_fig : bool
            Show the costs' curve at the end.
        k : int
            Gibbs steps for each step of training (CD-k).
        persistent : bool
            Let the chains go on from step to step instead of starting at the data (Tieleman, ICML 2008).
        n_chains : int, optional
            Persistent chains; as many as a batch has rows where not given.
        n_temperatures : int
            With more than 1, parallel tempering: for each persistent chain so many, at inverse temperatures
            evenly spaced from 1 to 0, that change places (Desjardins et al., AISTATS 2010). Bernoulli units.
        weight_decay : float
            Weight of half the squared weights in the cost.
        sparsity_target : float, optional
            Mean activation that each hidden unit is drawn to (Lee, Ekanadham and Ng, NIPS 2007).
        sparsity_cost : float
            Weight of the squared distance from it, summed over the hidden units.
        centring : bool
            Take the gradient with visible and hidden units less their means (Melchior, Fischer and
            Wiskott, JMLR 2016): the same model, learned faster.
        visible_bias : {"zeros", "data"}
            Where visible biases start: at zero as in the book, or where the data's means put them.
        binarize : bool
            Draw each batch's binary images anew, with the values of `X` as probabilities.
        penalty : callable, optional
            ``penalty(model, V)`` returns a scalar that is added to the cost of a batch V, both symbolic.
        optimiser : callable, optional
            Another optimiser than the book's momentum, such as `udl_pt.adam_updates`, with rates of its own:
            ``functools.partial(adam_updates, learning_rate=0.01)``. Then leave `learning_rate` and `mu` out.
        validation : float or array_like of shape (N_valid, D), optional
            Rows to choose by, for `valid_costs` and for `udl_pt.callbacks.EarlyStopping`; or the share of
            `X` that is drawn and held out for that, which copies the rest.
        monitor : {"epoch", "batch", None}
            ``"batch"`` records the book's cost, the cross-entropy of X and its reconstruction (for Gaussian
            units the squared error), over the whole set after every batch; ``"epoch"`` once an epoch, over
            a thirtieth of the rows by chance, but at least 250, the same in all epochs; None records
            nothing. Of a validation set all rows are measured.
        backend : {"numba", "c", "jax"}, optional
            See `udl_pt.set_backend`.
        callbacks : sequence of callable
            Each gets a `udl_pt.training.progress.Progress` after every epoch; see
            `udl_pt.training.callbacks`.

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
        """
        check_option(visible_bias, "visible_bias", ("zeros", "data"))
        check_switches(show_fig=show_fig, persistent=persistent, centring=centring, binarize=binarize)
        if binarize and not self.units.unit_interval:
            raise ValueError(f"binarize is True, but {self.visible} units aren't binary: omit it")
        check_rate(sparsity_cost, "sparsity_cost", self.dtype)
        sparsity = {"sparsity_target": sparsity_target, "sparsity_cost": sparsity_cost}
        run = Run.checked(
            X,
            dtype=self.dtype,
            rates=Rates(
                self.dtype,
                **checked_rates(optimiser, RBM.fit, self.dtype, learning_rate=learning_rate, mu=mu),
                unless_zero={"weight_decay": weight_decay},
                **(sparsity if sparsity_target is not None else {}),
            ),
            epochs=epochs,
            batch_sz=batch_sz,
            validation=validation,
            monitor=monitor,
            callbacks=callbacks,
            unit_interval=self.units.unit_interval,
            backend=get_backend(backend),
        )
        D = run.data[0].shape[1]
        check_penalty(penalty, lambda: self._probe(D), self.dtype)
        sampler = Sampler.checked(k, persistent, n_chains, n_temperatures, run.batch_sz, self.visible)
        run.announce(self)
        with unmoved_by_bad_input([self._generator]):
            self._chance.restart()
            run, valid = run.split(self._generator)
            mean = self._means(run, needed=centring or visible_bias == "data")
        N = len(run.data[0])
        W = init_weights((D, self.M), self._generator, self.dtype)
        biases = self._zeros(D)
        if visible_bias == "data" and mean is not None:
            biases["b"] = self.units.bias(mean, N).astype(self.dtype)
        self.chains = None
        self._begin(run, W, biases)
        if run.epochs > 0:
            self._contrast(run, valid, sampler, binarize, mean if centring else None, penalty, optimiser)
        if show_fig:
            show_costs(self.costs, self.title)
        return self

    def takes_probabilities(self, **options: Any) -> bool:
        """Whether ``fit`` is known to take values in [0, 1] only."""
        return type(self).fit is RBM.fit and self.units.unit_interval

    def _means(self, run: Run, *, needed: bool) -> np.ndarray | None:
        """Compute the columns' means where needed; warn of Gaussian data that isn't standardised."""
        gaussian = not self.units.unit_interval
        if not (needed or gaussian):
            return None
        mean, variance = column_moments(run.data[0])
        if gaussian and run.epochs > 0:
            warn_unless_standardised(mean, variance)
        return mean

    def _contrast(
        self,
        run: Run,
        valid: Arrays | None,
        sampler: Sampler,
        binarize: bool,
        centre: np.ndarray | None,
        penalty: Penalty | None,
        optimiser: Callable[..., Updates] | None,
    ) -> None:
        """Train by contrastive divergence; what the chains were at its end is kept."""
        chains = sampler.chains(self.M, self.rng, self.dtype)
        step = contrastive_step(
            self,
            sampler,
            chains,
            [name for name in run.rates if name in PENALTIES],
            batch_sz=run.batch_sz,
            binarize=binarize,
            centre=centre,
            penalty=penalty,
            optimiser=optimiser,
            backend=self.backend,
            name=f"{self.title} train_op",
        )
        try:
            self._train(step, run, valid, self.units.cost)
        finally:
            if chains is not None:
                self.chains = chains.get_value()[: sampler.n_chains]

    @property
    def output_unit_interval(self) -> bool | None:
        """Whether what it rebuilds is in [0, 1]; see `udl_pt.models._layer.Layer`."""
        return self._in_unit_interval("output", known=self.units.unit_interval)

    def _zeros(self, D: int) -> dict[str, np.ndarray]:
        zeros = {"c": np.zeros(self.M, self.dtype), "b": np.zeros(D, self.dtype)}
        return zeros | ({"z": np.zeros(D, self.dtype)} if self.learn_variance else {})

    @staticmethod
    def createFromArrays(W: Any, c: Any, b: Any, an_id: Any = None) -> "RBM":
        """Make a machine with Bernoulli units from given parameters (the listing made an AutoEncoder).

        Parameters
        ----------
        W : array_like of shape (D, M)
        c : array_like of shape (M,)
        b : array_like of shape (D,)
        an_id : hashable, optional

        Returns
        -------
        RBM
            Of `W`'s dtype where that is float32 or float64; it owns copies of the arrays.

        Raises
        ------
        ValueError
            When the shapes don't fit together or a value isn't finite.
        """
        W, (c, b) = check_weights(W, c=(c, 1), b=(b, 0))
        rbm = RBM(W.shape[1], an_id, rng=RandomStreams(), dtype=W.dtype)
        rbm._set_params(W=W, c=c, b=b)
        return rbm
