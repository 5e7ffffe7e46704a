"""Chapter 3: the auto-encoder with tied weights, ``X -> Z = s(XW + bh) -> X_hat = s(ZW' + bo)``."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.arguments import check_count, check_option, check_switches
from udl_pt._support.arrays import check_weights
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt._support.messages import shown
from udl_pt.backends import get_backend
from udl_pt.models._layer import Layer
from udl_pt.symbolic.corruption import Corruption, check_corrupted, check_corruption
from udl_pt.symbolic.costs import Cost, Penalty, check_cost, check_penalty, reconstruction_cost, with_penalty
from udl_pt.symbolic.expressions import rectified
from udl_pt.symbolic.random import RandomStreams
from udl_pt.symbolic.steps import checked_rates, step_of
from udl_pt.symbolic.updates import Updates, UpdateStep
from udl_pt.symbolic.variables import Symbolic, check_gives_matrix
from udl_pt.symbolic.weights import init_weights
from udl_pt.training.loop import show_costs
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

__all__ = ["AutoEncoder"]

UNITS = {"sigmoid": pt.sigmoid, "linear": lambda A: A, "relu": rectified}
Activation = Callable[[Symbolic], Symbolic]
COST_SCALES = ("dataset", "batch", "element")


def check_activation(activation: Any, name: str, dtype: str) -> None:
    """Raise unless an activation is one of `UNITS`, or a function of a matrix variable that returns one."""
    if not callable(activation):
        check_option(activation, name, list(UNITS))
        return
    A = pt.matrix("A", dtype=dtype)
    values = check_gives_matrix(activation, name, "a function of a matrix variable that returns one", A)
    if values.type.dtype != dtype:
        raise TypeError(
            f"{name} is {shown(activation)}, which turns {dtype} into {values.type.dtype}: cast its numbers, "
            "such as numpy.asarray(0.1, A.dtype)"
        )


class AutoEncoder(Layer):
    """One auto-encoder with tied weights (chapter 3).

    Parameters
    ----------
    M : int
        Number of hidden units.
    an_id : hashable, optional
        A name of the reader's own; the listing uses ``self.id`` and never sets it.
    corruption : callable, optional
        ``corruption(X, stream)`` turns a batch's variable and a `RandomStreams` into the corrupted batch that
        is encoded in training (denoising auto-encoder); the clean batch remains the target, and nothing else
        is corrupted. `udl_pt.symbolic.corruption` has `masking`, `gaussian` and `salt_and_pepper`.
    hidden, output : {"sigmoid", "linear", "relu"} or callable
        The activation of the units, by name or as a function of a matrix variable such as ``pt.tanh``. "relu"
        are rectified units, ``max(a, 0)`` (Glorot, Bordes and Bengio, AISTATS
        2011). With both linear, the squared error and data of mean zero it finds the subspace of the first M
        principal components.
    rng : None, int, RandomStreams, numpy.random.Generator or numpy.random.RandomState
        The stream of the corruption's draws. An int starts each fit anew; None derives the stream from
        `random_state` where that is given, else seeds it afresh.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles. An int starts each fit anew, as in scikit-learn; None is NumPy's
        global legacy generator, in the book's order.
    dtype : {"float64", "float32"}, optional
        PyTensor's floatX where not given.

    Attributes
    ----------
    W : SharedVariable of shape (D, M)
        Weights, with velocity `dW`.
    bh, bo : SharedVariable of shape (M,) and (D,)
        Biases of the hidden units and of the output, with velocities `dbh` and `dbo`.
    params, dparams, forward_params, forward_dparams : list of SharedVariable
        ``[W, bh, bo]``, their velocities, and of both the part that a deep network goes on with.
    costs : list of float
        What ``fit`` recorded: the cost of rows rebuilt from themselves, not from their `corruption`.
    valid_costs : list of float
        The same of the validation set, where there is one.
    """

    names = ("W", "bh", "bo")
    bh: SharedVariable
    bo: SharedVariable

    def __init__(
        self,
        M: int,
        an_id: Any = None,
        *,
        corruption: Corruption | None = None,
        hidden: str | Activation = "sigmoid",
        output: str | Activation = "sigmoid",
        rng: Any = None,
        random_state: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(M, an_id, rng=rng, random_state=random_state, dtype=dtype)
        if corruption is not None:
            check_corruption(corruption, self.dtype)
        check_activation(hidden, "hidden", self.dtype)
        check_activation(output, "output", self.dtype)
        self.corruption, self.hidden, self.output = corruption, hidden, output

    def hidden_logits(self, V: Symbolic) -> Symbolic:
        """Return ``XW + bh``, symbolic, of shape (N, M)."""
        return V.dot(self.W) + self.bh

    def hidden_mean(self, A: Symbolic) -> Symbolic:
        """Return ``Z``, what `hidden` says; symbolic."""
        return UNITS[self.hidden](A) if isinstance(self.hidden, str) else self.hidden(A)

    def visible_input(self, H: Symbolic) -> Symbolic:
        """Return ``ZW' + bo``, symbolic, of shape (N, D)."""
        return H.dot(self.W.T) + self.bo

    def visible_mean(self, A: Symbolic) -> Symbolic:
        """Return ``X_hat``, what `output` says; symbolic."""
        return UNITS[self.output](A) if isinstance(self.output, str) else self.output(A)

    @one_fit_at_a_time
    def fit(
        self,
        X: Any,
        learning_rate: float = 0.5,
        mu: float = 0.99,
        epochs: int = 1,
        batch_sz: int = 100,
        show_fig: bool = False,
        *,
        cost: str | Cost = "cross_entropy",
        cost_scale: str = "dataset",
        penalty: Penalty | None = None,
        optimiser: Callable[..., Updates] | None = None,
        validation: Any = None,
        monitor: str | None = "epoch",
        backend: str | None = None,
        callbacks: Sequence[Callable[[Progress], Any]] = (),
    ) -> "AutoEncoder":
        """Draw new weights and train them to reconstruct `X`.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows to reconstruct, in [0, 1] under the cross-entropy. Never copied as a whole.
        learning_rate, mu : float
            Step size and momentum. The listing divides the cost of a batch by all N, so under
            ``cost_scale="dataset"`` a step grows as N shrinks.
        epochs, batch_sz : int
            Passes over the data, and rows a step; the rest of ``N / batch_sz`` is dropped.
        show_fig : bool
            Show the costs' curve at the end.
        cost : {"cross_entropy", "squared_error"} or callable
            The cost of an entry, summed over a row; the cross-entropy is for sigmoid outputs. A callable
            takes the matrices X and X_hat, symbolic, and returns one: ``lambda X, X_hat: abs(X - X_hat)``.
        cost_scale : {"dataset", "batch", "element"}
            What the batch's sum is divided by: N, its rows, or its rows times D.
        penalty : callable, optional
            ``penalty(model, X)`` returns a scalar that is added to the cost of a batch X, both symbolic, such
            as ``lambda ae, X: 0.01 * abs(ae.forward_hidden(X)).sum()``. `costs` are without it.
        optimiser : callable, optional
            Another optimiser than the book's momentum, such as `udl_pt.adam_updates`, with rates of its own:
            ``functools.partial(adam_updates, learning_rate=0.01)``. Then leave `learning_rate` and `mu` out.
        validation : float or array_like of shape (N_valid, D), optional
            Rows to choose by, for `valid_costs` and for `udl_pt.callbacks.EarlyStopping`; or the share of
            `X` that is drawn and held out for that, which copies the rest.
        monitor : {"epoch", "batch", None}
            ``"batch"`` records the cost over the whole set after every batch, as in the book (slow);
            ``"epoch"`` one cost an epoch, over a thirtieth of the rows by chance, but at least 250, the same
            in all epochs; None records nothing. Of a validation set all rows are measured.
        backend : {"numba", "c", "jax"}, optional
            See `udl_pt.set_backend`.
        callbacks : sequence of callable
            Each gets a `udl_pt.training.progress.Progress` after every epoch.

        Returns
        -------
        AutoEncoder
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
        check_switches(show_fig=show_fig)
        # without training, as under a network that isn't pretrained, nothing is read as a probability
        trains = check_count(epochs, "epochs", at_least=0) > 0
        check_cost(cost, self._allows_cross_entropy() or not trains, self.dtype)
        check_option(cost_scale, "cost_scale", COST_SCALES)
        rates = checked_rates(optimiser, AutoEncoder.fit, self.dtype, learning_rate=learning_rate, mu=mu)
        run = Run.checked(
            X,
            dtype=self.dtype,
            rates=Rates(self.dtype, **rates),
            epochs=epochs,
            batch_sz=batch_sz,
            validation=validation,
            monitor=monitor,
            callbacks=callbacks,
            unit_interval=isinstance(cost, str) and cost == "cross_entropy",
            backend=get_backend(backend),
        )
        D = run.data[0].shape[1]
        check_penalty(penalty, lambda: self._probe(D), self.dtype)
        if self.corruption is not None and trains:
            check_corrupted(self.corruption, D, self.dtype)
        run.announce(self)
        self._chance.restart()
        run, valid = run.split(self._generator)
        N = len(run.data[0])
        self._begin(run, init_weights((D, self.M), self._generator, self.dtype), self._zeros(D))
        if trains:
            entry_cost = reconstruction_cost(cost, self.visible_mean)
            scale = 1 / {"dataset": N, "batch": run.batch_sz, "element": run.batch_sz * D}[cost_scale]
            divisor = D if cost_scale == "element" else 1
            step = self._step(entry_cost, scale, penalty, optimiser)
            self._train(step, run, valid, entry_cost, divisor)
        if show_fig:
            show_costs(self.costs, self.title)
        return self

    @property
    def hidden_unit_interval(self) -> bool | None:
        """Whether the hidden units' values are in [0, 1]; see `udl_pt.models._layer.Layer`."""
        return self._in_unit_interval(
            "hidden", known=None if callable(self.hidden) else self.hidden == "sigmoid"
        )

    @property
    def output_unit_interval(self) -> bool | None:
        """Whether what it rebuilds is in [0, 1]; see `udl_pt.models._layer.Layer`."""
        return self._in_unit_interval(
            "output", known=None if callable(self.output) else self.output == "sigmoid"
        )

    def _allows_cross_entropy(self) -> bool:
        """Whether the cross-entropy, which takes the logits of sigmoids, fits the output units."""
        return not callable(self.output) and self.output_unit_interval is not False

    def takes_probabilities(self, cost: Any = "cross_entropy", **options: Any) -> bool:
        """Whether ``fit`` with these options is known to take values in [0, 1] only."""
        if type(self).fit is not AutoEncoder.fit:
            return False
        check_cost(cost, self._allows_cross_entropy(), self.dtype)
        return isinstance(cost, str) and cost == "cross_entropy"

    def _zeros(self, D: int) -> dict[str, np.ndarray]:
        return {"bh": np.zeros(self.M, self.dtype), "bo": np.zeros(D, self.dtype)}

    def _step(
        self,
        entry_cost: Callable[[Symbolic, Symbolic], Symbolic],
        scale: float,
        penalty: Penalty | None = None,
        optimiser: Callable[..., Updates] | None = None,
    ) -> UpdateStep:
        X_in = pt.matrix("X_in", dtype=self.dtype)
        factor = pt.scalar("scale", dtype=self.dtype)
        corrupted = X_in
        if self.corruption is not None:
            corrupted = pt.cast(self.corruption(X_in, RandomStreams(self.rng, self.dtype)), self.dtype)
        cost = entry_cost(X_in, self.visible_input(self.forward_hidden(corrupted))).sum() * factor
        return step_of(
            optimiser,
            with_penalty(cost, penalty, self, X_in),
            [X_in],
            self.params,
            self.dparams,
            constants={factor: scale},
            dtype=self.dtype,
            backend=get_backend(self.backend),
            name=f"{self.title} train_op",
        )

    @staticmethod
    def createFromArrays(W: Any, bh: Any, bo: Any, an_id: Any = None) -> "AutoEncoder":
        """Make an auto-encoder from given parameters.

        Parameters
        ----------
        W : array_like of shape (D, M)
        bh : array_like of shape (M,)
        bo : array_like of shape (D,)
        an_id : hashable, optional

        Returns
        -------
        AutoEncoder
            Of `W`'s dtype where that is float32 or float64; it owns copies of the arrays.

        Raises
        ------
        ValueError
            When the shapes don't fit together or a value isn't finite.
        """
        W, (bh, bo) = check_weights(W, bh=(bh, 1), bo=(bo, 0))
        ae = AutoEncoder(W.shape[1], an_id, dtype=W.dtype)
        ae._set_params(W=W, bh=bh, bo=bo)
        return ae
