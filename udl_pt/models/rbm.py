"""Chapter 4: the restricted Boltzmann machine, trained by contrastive divergence.

``P(v, h) = exp(-E(v, h)) / Z`` with ``E(v, h) = -b'v - c'h - v'Wh``. The cost of a step is
``mean(F(v0)) - mean(F(v1))`` with the free energy F and a sample v1 that is held constant. Its gradient is
contrastive divergence.
"""

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any, Self, overload

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
from udl_pt._support.arrays import column_moments, warn_unless_standardised
from udl_pt._support.classes import is_as_written, remember_methods
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt.backends import get_backend
from udl_pt.models._attributes import Attributes
from udl_pt.models._layer import Layer
from udl_pt.models._rbm.contrastive_divergence import PENALTIES, Sampler, contrastive_step
from udl_pt.models._rbm.gibbs import gibbs_chain, run_chain
from udl_pt.models._rbm.units import VISIBLE_UNITS, VisibleUnits, bernoulli
from udl_pt.symbolic.calling import symbolic_or_array
from udl_pt.symbolic.chance import generators_restored_on_error
from udl_pt.symbolic.costs import Penalty, check_penalty
from udl_pt.symbolic.steps import checked_rates
from udl_pt.symbolic.updates import Updates
from udl_pt.symbolic.variables import Symbolic, SymbolicLike, check_variable
from udl_pt.symbolic.weights import init_weights
from udl_pt.training._resumable import resumable
from udl_pt.training.held_out import Arrays
from udl_pt.training.loop import show_costs
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates, check_rate
from udl_pt.training.run import Run

__all__ = ["RBM"]


@remember_methods
class RBM(Layer):
    """A restricted Boltzmann machine with Bernoulli hidden units (chapter 4).

    Parameters
    ----------
    M : int
        Number of hidden units.
    an_id : hashable, optional
        A name of your own, kept as ``id``. Progress and errors show it.
    visible : {"bernoulli", "gaussian"}
        Kind of the visible units. Bernoulli units are 0 or 1, and data in between are read as probabilities.
        Gaussian units are real numbers with normal noise (Cho, Ilin and Raiko, ICANN 2011).
    learn_variance : bool
        Whether Gaussian units learn their variances, ``exp(z)``. Otherwise the variances are 1.
    rng : None, int, RandomStreams, numpy.random.Generator or numpy.random.RandomState
        Stream of all draws of units. An int restarts the stream in each fit. None derives the stream from
        `random_state` where that is given, and otherwise seeds it afresh.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles. An int restarts the draws in each fit, as in scikit-learn. None is
        NumPy's global legacy generator, in the book's order.
    dtype : {"float64", "float32"}, optional
        Dtype of parameters and results. The default is PyTensor's floatX.

    Attributes
    ----------
    W : SharedVariable of shape (D, M)
        Weights.
    c, b : SharedVariable of shape (M,) and (D,)
        Biases of the hidden and of the visible units.
    z : SharedVariable of shape (D,) or None
        Logarithms of the variances, where they are learned.
    params, forward_params : list of SharedVariable
        ``[W, c, b]`` (and z), and ``[W, c]``, the part that a deep network uses.
    dW, dc, db, dparams, forward_dparams : SharedVariable and lists of them
        Velocities for a network's fine-tuning: zero, as in the listing.
    chains : numpy.ndarray of shape (n_chains, M) or None
        Hidden units of the persistent chains at the end of training. With parallel tempering, only the chains
        at the model's own temperature. ``rbm.sample_v_given_h(rbm.chains)`` draws images from them.
    costs, valid_costs : list of float
        Costs that ``fit`` recorded, and the same for the validation set, if there is one.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> X = np.repeat(np.eye(4), 10, axis=0)
    >>> rbm = RBM(2, random_state=0).fit(X, epochs=2, batch_sz=10)
    >>> rbm
    <RBM(2), fitted to 4 features>
    >>> rbm.W.get_value().shape
    (4, 2)
    >>> rbm.forward_hidden(X).shape
    (40, 2)
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
                f"learn_variance is True, but {visible} units have no variance: pass visible='gaussian'"
            )
        self.visible, self.learn_variance = visible, learn_variance
        self.unit_interval = self.units.unit_interval
        self.chains: np.ndarray | None = None

    @property
    def units(self) -> VisibleUnits:
        """The formulas of the visible units; a model may be given others, which a file can't hold."""
        return vars(self).get("_units", VISIBLE_UNITS[self.visible])

    @units.setter
    def units(self, units: VisibleUnits) -> None:
        self._units = units

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
        """Return the free energy ``F(v) = -b'v - sum_j log(1 + exp(c_j + v'W_j))``.

        It is the formula of Bernoulli units. For Gaussian units half the squared distance from b, in units of
        the variance, replaces ``-b'v``. The probability is ``P(v) = exp(-F(v)) / Z``.

        Parameters
        ----------
        V : Variable or array_like of shape (N, D)
            Visible units.

        Returns
        -------
        Variable or numpy.ndarray of shape (N,)
            Free energy of each row, in nats. A graph if `V` is a PyTensor variable, otherwise an array.

        Examples
        --------
        With ``W = 0`` and ``c = 0`` the sum is ``2 log 2 = 1.386``:

        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> rbm = RBM.createFromArrays(np.zeros((3, 2)), c=[0, 0], b=[1, 0, 0])
        >>> rbm.free_energy([[0, 0, 0], [1, 0, 0]]).round(3).tolist()
        [-1.386, -2.386]
        """
        return self.units.energy(V, self.b, self.z) - pt.softplus(self.hidden_logits(V)).sum(axis=1)

    def hidden_logits(self, V: Symbolic) -> Symbolic:
        """Return the hidden units' logits, ``log P(h = 1 | v) / P(h = 0 | v) = VW + c``.

        Parameters
        ----------
        V : Variable of shape (N, D)
            Visible units. Gaussian ones are divided by their variances first.

        Returns
        -------
        Variable of shape (N, M)
            A graph. `forward_hidden` takes arrays, and returns the sigmoid of this.

        Examples
        --------
        >>> import numpy as np
        >>> import pytensor.tensor as pt
        >>> from udl_pt import RBM
        >>> rbm = RBM.createFromArrays(np.eye(2), c=[0, 5], b=[0, 0])
        >>> V = pt.dmatrix("V")
        >>> rbm.hidden_logits(V).eval({V: np.array([[1.0, 0.0], [1.0, 1.0]])}).tolist()
        [[1.0, 5.0], [1.0, 6.0]]
        """
        return self.units.scaled(V, self.z).dot(self.W) + self.c

    def hidden_mean(self, A: Symbolic) -> Symbolic:
        """Return the hidden units' means given their logits: ``P(h = 1 | v) = sigmoid(VW + c)``.

        Parameters
        ----------
        A : Variable of shape (N, M)
            Logits, as `hidden_logits` returns them.

        Returns
        -------
        Variable of shape (N, M)
            A graph: the sigmoid of `A`.

        Examples
        --------
        >>> import numpy as np
        >>> import pytensor.tensor as pt
        >>> from udl_pt import RBM
        >>> A = pt.dmatrix("A")
        >>> RBM(2).hidden_mean(A).eval({A: np.array([[0.0, 100.0]])}).tolist()
        [[0.5, 1.0]]
        """
        return pt.sigmoid(A)

    def visible_input(self, H: Symbolic) -> Symbolic:
        """Return the input that the visible units get from the hidden units, ``HW' + b``.

        Parameters
        ----------
        H : Variable of shape (N, M)
            Hidden units.

        Returns
        -------
        Variable of shape (N, D)
            A graph: of Bernoulli units the logits, of Gaussian units the means.

        Examples
        --------
        >>> import numpy as np
        >>> import pytensor.tensor as pt
        >>> from udl_pt import RBM
        >>> rbm = RBM.createFromArrays([[1, 2], [3, 4]], c=[0, 0], b=[0, 10])
        >>> H = pt.dmatrix("H")
        >>> rbm.visible_input(H).eval({H: np.array([[1.0, 0.0]])}).tolist()
        [[1.0, 13.0]]
        """
        return H.dot(self.W.T) + self.b

    def visible_mean(self, A: Symbolic) -> Symbolic:
        """Return the visible units' means given their input ``A = HW' + b``.

        Parameters
        ----------
        A : Variable of shape (N, D)
            Input from the hidden units, as `visible_input` returns it.

        Returns
        -------
        Variable of shape (N, D)
            A graph: of Bernoulli units ``P(v = 1 | h)``, the sigmoid of `A`; of Gaussian units `A` itself.

        Examples
        --------
        >>> import numpy as np
        >>> import pytensor.tensor as pt
        >>> from udl_pt import RBM
        >>> A = pt.dmatrix("A")
        >>> RBM(2).visible_mean(A).eval({A: np.array([[0.0, 100.0]])}).tolist()
        [[0.5, 1.0]]
        >>> RBM(2, visible="gaussian").visible_mean(A).eval({A: np.array([[0.0, 100.0]])}).tolist()
        [[0.0, 100.0]]
        """
        return self.units.mean(A)

    @overload
    def sample_h_given_v(self, V: SymbolicLike) -> Symbolic: ...
    @overload
    def sample_h_given_v(self, V: ArrayLike) -> np.ndarray: ...
    @symbolic_or_array
    def sample_h_given_v(self, V: Any) -> Any:
        """Draw the hidden units given the visible ones: ``uniform < P(h = 1 | v)``.

        `fit` and the chains do not call this method: they draw from `hidden_logits`. A subclass changes their
        draws by overriding that one.

        Parameters
        ----------
        V : Variable or array_like of shape (N, D)
            Visible units.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, M)
            Zeros and ones. A graph if `V` is a PyTensor variable, otherwise an array. A graph draws anew in
            each call of a `pytensor.function`. Gradients take it as a constant.

        Examples
        --------
        A logit of 100 sets a hidden unit to 1, a logit of -100 to 0:

        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> rbm = RBM.createFromArrays(200 * np.eye(2), c=[-100, -100], b=[0, 0])
        >>> rbm.sample_h_given_v([[1, 0], [0, 1]]).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        """
        a = self.hidden_logits(V)
        return bernoulli(self.rng.uniform(a.shape, dtype=self.dtype), a)

    @overload
    def sample_v_given_h(self, H: SymbolicLike) -> Symbolic: ...
    @overload
    def sample_v_given_h(self, H: ArrayLike) -> np.ndarray: ...
    @partial(symbolic_or_array, takes_hidden=True)
    def sample_v_given_h(self, H: Any) -> Any:
        """Draw the visible units given the hidden ones.

        Bernoulli units are ``uniform < P(v = 1 | h)``. Gaussian units are normal around ``HW' + b``.

        `fit` and the chains do not call this method: they draw from `visible_input`. A subclass changes their
        draws by overriding that one.

        Parameters
        ----------
        H : Variable or array_like of shape (N, M)
            Hidden units.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, D)
            Visible units. A graph if `H` is a PyTensor variable, otherwise an array. A graph draws anew in
            each call of a `pytensor.function`. Gradients take it as a constant.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> rbm = RBM.createFromArrays(200 * np.eye(2), c=[0, 0], b=[-100, 100])
        >>> rbm.sample_v_given_h([[1, 0], [0, 0]]).tolist()
        [[1.0, 1.0], [0.0, 1.0]]
        """
        a = self.visible_input(H)
        return self.units.draw(getattr(self.rng, self.units.noise)(a.shape, dtype=self.dtype), a, self.z)

    @overload
    def gibbs(self, V: SymbolicLike, k: int = ...) -> Symbolic: ...
    @overload
    def gibbs(self, V: ArrayLike, k: int = ...) -> np.ndarray: ...
    def gibbs(self, V: Any, k: int = 1) -> Any:
        """Run `k` Gibbs steps: draw hidden units given visible ones, then visible given hidden ones.

        Parameters
        ----------
        V : Variable or array_like of shape (N, D)
            Visible units from which the chains start, one chain per row.
        k : int
            Number of steps, run in one compiled loop.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, D)
            Visible units after `k` steps. A graph if `V` is a PyTensor variable, otherwise an array. A graph
            draws anew in each call of a `pytensor.function`. Gradients take it as a constant.

        Examples
        --------
        Strong weights tie each hidden unit to one visible unit, so that a chain stays where it starts:

        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> rbm = RBM.createFromArrays(200 * np.eye(2), c=[-100, -100], b=[-100, -100])
        >>> rbm.gibbs([[1, 0], [0, 1]], k=10).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        """
        k = check_count(k, "k")
        if not isinstance(V, Variable):
            return run_chain(self, V, k)
        self._check_fitted("gibbs")
        check_variable(V, "V", n_features=self.n_features)
        return gibbs_chain(self, V, k, self.rng)

    @one_fit_at_a_time
    @resumable
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
        devices: Any = None,
        callbacks: Sequence[Callable[[Progress], Any]] = (),
        warm_start: bool = False,
        resume: Any = None,
        verbose: bool = False,
    ) -> "RBM":
        """Draw new weights and train them by contrastive divergence.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Data, in [0, 1] for Bernoulli units, standardised for Gaussian ones. For files, tables and batches
            see ``docs/large_data.md``.
        learning_rate, mu : float
            Step size and momentum. For Gaussian units the cost is divided by the root of D, so that one
            learning rate suits any D: its curvature grows with D.
        epochs, batch_sz : int
            Passes over the data, and rows per step. The rest of ``N / batch_sz`` is dropped.
        show_fig : bool
            Show the curve of the costs at the end.
        k : int
            Gibbs steps for each step of training (CD-k).
        persistent : bool
            Whether the chains continue from step to step instead of starting at the data (Tieleman, ICML
            2008).
        n_chains : int, optional
            Number of persistent chains. The default is `batch_sz`.
        n_temperatures : int
            With more than 1, parallel tempering (Desjardins et al., AISTATS 2010), for Bernoulli units. Each
            persistent chain has this many copies, at inverse temperatures evenly spaced from 1 to 0. The
            copies exchange their states.
        weight_decay : float
            Weight of half the squared weights in the cost.
        sparsity_target : float, optional
            Target of each hidden unit's mean activation (Lee, Ekanadham and Ng, NIPS 2007).
        sparsity_cost : float
            Weight of the squared distance from that target, summed over the hidden units.
        centring : bool
            Whether visible and hidden units are centred at their means in the gradient (Melchior, Fischer and
            Wiskott, JMLR 2016). The model is the same, and learns faster.
        visible_bias : {"zeros", "data"}
            Start of the visible biases: zero as in the book, or the values at which the units' means equal
            the data's.
        binarize : bool
            Whether each batch's binary images are drawn anew, with the values of `X` as probabilities.
        penalty : callable, optional
            ``penalty(model, V)`` returns a scalar that is added to the cost of a batch V. Both are symbolic.
        optimiser : callable, optional
            Replacement for the book's momentum, such as `udl_pt.adam_updates`. It brings its own rates:
            ``functools.partial(adam_updates, learning_rate=0.01)``. Then omit `learning_rate` and `mu`.
        validation : float or array_like of shape (N_valid, D), optional
            Validation set: `valid_costs` are measured on it, and `udl_pt.callbacks.EarlyStopping` reads them.
            A float is the share of `X` that is drawn and held out for that, which copies the rest.
        monitor : {"epoch", "batch", None}
            When to record the book's cost, the cross-entropy of X and its reconstruction (for Gaussian units
            the squared error). ``"batch"`` measures the whole set after every batch. ``"epoch"`` measures a
            random thirtieth of the rows once an epoch, but at least 250, the same in all epochs. None records
            nothing. Of a validation set all rows are measured.
        backend : {"numba", "c", "jax"}, optional
            Backend of the training. The default is the choice of `udl_pt.set_backend`.
        devices : int or sequence of jax.Device, optional
            How many of JAX's devices, or which ones, share the rows of each batch; see ``docs/devices.md``.
        callbacks : sequence of callable
            Each is called with a `udl_pt.training.progress.Progress` after every epoch. `udl_pt.callbacks`
            has some.
        warm_start : bool
            Whether training goes on from the present parameters, where there are some, instead of new ones.
            The persistent chains, records and generators go on, too.
        resume : path-like, optional
            A file of `udl_pt.callbacks.Checkpoint`, from which this fit goes on. Where there is none, it
            starts anew.
        verbose : bool
            Whether to show progress, as `udl_pt.callbacks.ProgressBar` does.

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
            When a step is not finite: the parameters are those before it. Also when a recorded cost is not
            finite.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> X = np.repeat(np.eye(4), 10, axis=0)
        >>> rbm = RBM(4, random_state=0).fit(X, learning_rate=0.5, epochs=30, batch_sz=10)
        >>> len(rbm.costs)
        30
        >>> rbm.costs[-1] < rbm.costs[0]
        True
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
            devices=devices,
        )
        D = run.data[0].shape[1]
        warm = self._goes_on(warm_start, validation, D)
        check_penalty(penalty, lambda: self._probe(D), self.dtype)
        sampler = Sampler.checked(k, persistent, n_chains, n_temperatures, run.batch_sz, self.visible)
        run.announce(self)
        with generators_restored_on_error([self._generator]):
            if not warm:
                self._chance.restart()
            run, valid = run.split(self._generator)
            mean = self._means(run, needed=centring or visible_bias == "data")
        N = len(run.data[0])
        if warm:
            self._go_on(run)
        else:
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
        """Return whether ``fit`` is known to accept only values in [0, 1].

        Parameters
        ----------
        **options
            Arguments of ``fit`` besides the data. Here none matters.

        Returns
        -------
        bool
            True for Bernoulli units. False for Gaussian units, and for a subclass with its own ``fit``.

        Examples
        --------
        >>> from udl_pt import RBM
        >>> RBM(2).takes_probabilities()
        True
        >>> RBM(2, visible="gaussian").takes_probabilities()
        False
        """
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
        """Train by contrastive divergence, and keep the final state of the chains."""
        chains = sampler.chains(self.M, self.rng, self.dtype, self.chains)
        self.chains = None
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
            self._train(step, run, valid, self.units.cost, kind=self._kind("cost_op"))
        finally:
            if chains is not None:
                self.chains = chains.get_value()[: sampler.n_chains]

    @property
    def hidden_unit_interval(self) -> bool | None:
        """Whether the hidden units' values are in [0, 1]; None where that is not known."""
        return self._in_unit_interval("hidden", known=True)

    @property
    def output_unit_interval(self) -> bool | None:
        """Whether its reconstructions are in [0, 1]; None where that is not known."""
        return self._in_unit_interval("output", known=self.units.unit_interval)

    def _facts(self) -> tuple[Hashable, ...] | None:
        own = self.units is VISIBLE_UNITS.get(self.visible) and is_as_written(self.units)
        return (self.visible, self.z is None) if own else None

    def _check_attributes(self, own: Attributes) -> None:
        own.options(RBM)
        own.take("_units", lambda units: False, "no units of one's own in a file", optional=True)
        super()._check_attributes(own)
        if self.unit_interval and not self.units.unit_interval:
            raise ValueError("unit_interval of RBM is True, but Gaussian units are no probabilities")
        own.take("chains", self._are_chains, f"None or an array of {self.dtype} and shape (n, {self.M})")

    def _are_chains(self, chains: Any) -> bool:
        if not isinstance(chains, np.ndarray):
            return chains is None
        return (
            chains.dtype == self.dtype and chains.ndim == 2 and chains.shape[1] == self.M and len(chains) > 0
        )

    def _zeros(self, D: int) -> dict[str, np.ndarray]:
        zeros = {"c": np.zeros(self.M, self.dtype), "b": np.zeros(D, self.dtype)}
        return zeros | ({"z": np.zeros(D, self.dtype)} if self.learn_variance else {})

    @classmethod
    def createFromArrays(
        cls, W: Any, c: Any, b: Any, an_id: Any = None, *, z: Any = None, **options: Any
    ) -> Self:
        """Build an RBM from given parameters.

        The listing's method of this name builds an AutoEncoder.

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
        z : array_like of shape (D,), optional
            Logarithms of the variances, for ``learn_variance=True``; zeros by default.
        **options
            Arguments of the constructor, such as ``visible="gaussian"``. Without a `dtype`, the model has
            `W`'s where that is float32 or float64, else float64.

        Returns
        -------
        RBM
            A model of the class whose method this is. It owns copies of the arrays.

        Raises
        ------
        ValueError, TypeError
            When the shapes do not fit together, a value is not a finite number, or an option is bad.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> rbm = RBM.createFromArrays(W=np.eye(2), c=[0, 0], b=[1, -1])
        >>> rbm.forward_hidden([[1, 0]]).round(3).tolist()
        [[0.731, 0.5]]
        >>> rbm.backward([[0, 0]]).round(3).tolist()
        [[0.731, 0.269]]
        >>> gaussian = RBM.createFromArrays(np.eye(2), c=[0, 0], b=[1, -1], visible="gaussian")
        >>> gaussian.backward([[0, 1]]).tolist()
        [[1.0, 0.0]]
        """
        variances = {} if z is None else {"z": (z, 0)}
        return cls._from_arrays(W, an_id, {"c": (c, 1), "b": (b, 0), **variances}, options)
