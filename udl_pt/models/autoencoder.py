"""Chapter 3: the auto-encoder with tied weights, ``X -> Z = s(XW + bh) -> X_hat = s(ZW' + bo)``."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any, Self

import numpy as np
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.arguments import check_count, check_option, check_switches
from udl_pt._support.classes import remember_methods
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt._support.messages import shown
from udl_pt.backends import Kind, get_backend
from udl_pt.models._attributes import Attributes
from udl_pt.models._layer import Layer
from udl_pt.symbolic._encoding import CODE, MissingFunction
from udl_pt.symbolic.corruption import Corruption, check_corrupted, check_corruption
from udl_pt.symbolic.costs import Cost, Penalty, check_cost, check_penalty, reconstruction_cost, with_penalty
from udl_pt.symbolic.expressions import rectified
from udl_pt.symbolic.random import RandomStreams
from udl_pt.symbolic.steps import checked_rates, make_step
from udl_pt.symbolic.updates import Updates, UpdateStep
from udl_pt.symbolic.variables import Symbolic, check_returns_matrix
from udl_pt.symbolic.weights import init_weights
from udl_pt.training._resumable import resumable
from udl_pt.training.loop import show_costs
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

__all__ = ["AutoEncoder"]

UNITS = {"sigmoid": pt.sigmoid, "linear": lambda A: A, "relu": rectified}
Activation = Callable[[Symbolic], Symbolic]
COST_SCALES = ("dataset", "batch", "element")


def check_activation(activation: Any, name: str, dtype: str) -> None:
    """Raise unless an activation is one of `UNITS`, or a function from a matrix variable to another."""
    if not callable(activation):
        check_option(activation, name, list(UNITS))
        return
    A = pt.matrix("A", dtype=dtype)
    values = check_returns_matrix(
        activation, name, "a function of a matrix variable that returns a matrix variable", A
    )
    if values.type.dtype != dtype:
        raise TypeError(
            f"{name} is {shown(activation)}, which turns {dtype} into {values.type.dtype}: cast its numbers, "
            "such as numpy.asarray(0.1, A.dtype)"
        )


@remember_methods
class AutoEncoder(Layer):
    """An auto-encoder with tied weights (chapter 3).

    Parameters
    ----------
    M : int
        Number of hidden units.
    an_id : hashable, optional
        A name of your own, kept as ``id``. The listing uses ``self.id`` and never sets it.
    corruption : callable, optional
        ``corruption(X, stream)`` takes a batch's variable and a `RandomStreams`, and returns the corrupted
        batch that is encoded in training (denoising auto-encoder). The clean batch remains the target.
        Nothing else is corrupted. `udl_pt.symbolic.corruption` has `masking`, `gaussian` and
        `salt_and_pepper`.
    hidden, output : {"sigmoid", "linear", "relu"} or callable
        Activation of the hidden units and of the output, by name or as a function of a matrix variable such
        as ``pt.tanh``. The name "relu" stands for rectified units, ``max(a, 0)`` (Glorot, Bordes and Bengio,
        AISTATS 2011). With both linear, the squared error, and data of mean zero, training finds the subspace
        of the first M principal components.
    rng : None, int, RandomStreams, numpy.random.Generator or numpy.random.RandomState
        Stream of the corruption's draws. An int restarts the stream in each fit. None derives the stream from
        `random_state` where that is given, and otherwise seeds it afresh.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles. An int restarts the draws in each fit, as in scikit-learn. None is
        NumPy's global legacy generator, in the book's order.
    dtype : {"float64", "float32"}, optional
        Dtype of parameters and results. The default is PyTensor's floatX.

    Attributes
    ----------
    W : SharedVariable of shape (D, M)
        Weights, with velocity `dW`.
    bh, bo : SharedVariable of shape (M,) and (D,)
        Biases of the hidden units and of the output, with velocities `dbh` and `dbo`.
    params, dparams : list of SharedVariable
        ``[W, bh, bo]``, and their velocities.
    forward_params, forward_dparams : list of SharedVariable
        ``[W, bh]``, the part that a deep network uses, and their velocities.
    costs : list of float
        Costs that ``fit`` recorded. They compare rows with their own reconstructions, not with those of their
        `corruption`.
    valid_costs : list of float
        The same for the validation set, if there is one.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import AutoEncoder
    >>> X = np.repeat(np.eye(4), 10, axis=0)
    >>> ae = AutoEncoder(2, random_state=0).fit(X, epochs=2, batch_sz=10)
    >>> ae
    <AutoEncoder(2), fitted to 4 features>
    >>> ae.forward_hidden(X).shape
    (40, 2)
    >>> ae.forward_output(X).shape
    (40, 4)
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
        """Return the hidden units' logits, ``XW + bh``.

        Parameters
        ----------
        V : Variable of shape (N, D)
            Data, X.

        Returns
        -------
        Variable of shape (N, M)
            A graph. `forward_hidden` takes arrays, and returns the activation of this.

        Examples
        --------
        >>> import numpy as np
        >>> import pytensor.tensor as pt
        >>> from udl_pt import AutoEncoder
        >>> ae = AutoEncoder.createFromArrays(np.eye(2), bh=[0, 5], bo=[0, 0])
        >>> X = pt.dmatrix("X")
        >>> ae.hidden_logits(X).eval({X: np.array([[1.0, 0.0], [1.0, 1.0]])}).tolist()
        [[1.0, 5.0], [1.0, 6.0]]
        """
        return V.dot(self.W) + self.bh

    def hidden_mean(self, A: Symbolic) -> Symbolic:
        """Return the hidden values ``Z``: the activation `hidden` of the logits.

        Parameters
        ----------
        A : Variable of shape (N, M)
            Logits, as `hidden_logits` returns them.

        Returns
        -------
        Variable of shape (N, M)
            A graph.

        Examples
        --------
        >>> import numpy as np
        >>> import pytensor.tensor as pt
        >>> from udl_pt import AutoEncoder
        >>> A = pt.dmatrix("A")
        >>> AutoEncoder(2, hidden="relu").hidden_mean(A).eval({A: np.array([[-1.0, 2.0]])}).tolist()
        [[0.0, 2.0]]
        """
        return UNITS[self.hidden](A) if isinstance(self.hidden, str) else self.hidden(A)

    def visible_input(self, H: Symbolic) -> Symbolic:
        """Return the input of the output units, ``ZW' + bo``.

        Parameters
        ----------
        H : Variable of shape (N, M)
            Hidden values, Z.

        Returns
        -------
        Variable of shape (N, D)
            A graph.

        Examples
        --------
        >>> import numpy as np
        >>> import pytensor.tensor as pt
        >>> from udl_pt import AutoEncoder
        >>> ae = AutoEncoder.createFromArrays([[1, 2], [3, 4]], bh=[0, 0], bo=[0, 10])
        >>> Z = pt.dmatrix("Z")
        >>> ae.visible_input(Z).eval({Z: np.array([[1.0, 0.0]])}).tolist()
        [[1.0, 13.0]]
        """
        return H.dot(self.W.T) + self.bo

    def visible_mean(self, A: Symbolic) -> Symbolic:
        """Return the reconstruction ``X_hat``: the activation `output` of the output units' input.

        Parameters
        ----------
        A : Variable of shape (N, D)
            Input of the output units, as `visible_input` returns it.

        Returns
        -------
        Variable of shape (N, D)
            A graph.

        Examples
        --------
        >>> import numpy as np
        >>> import pytensor.tensor as pt
        >>> from udl_pt import AutoEncoder
        >>> A = pt.dmatrix("A")
        >>> AutoEncoder(2).visible_mean(A).eval({A: np.array([[0.0, 100.0]])}).tolist()
        [[0.5, 1.0]]
        """
        return UNITS[self.output](A) if isinstance(self.output, str) else self.output(A)

    @one_fit_at_a_time
    @resumable
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
        devices: Any = None,
        callbacks: Sequence[Callable[[Progress], Any]] = (),
        warm_start: bool = False,
        resume: Any = None,
        verbose: bool = False,
    ) -> "AutoEncoder":
        """Draw new weights and train them to reconstruct `X`.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows to reconstruct, in [0, 1] under the cross-entropy. They are never copied as a whole, unless a
            share is held out for validation. For files, tables and batches see ``docs/large_data.md``.
        learning_rate, mu : float
            Step size and momentum. The listing divides the cost of a batch by all N. So a step grows as N
            shrinks, under ``cost_scale="dataset"``.
        epochs, batch_sz : int
            Passes over the data, and rows per step. The rest of ``N / batch_sz`` is dropped.
        show_fig : bool
            Show the curve of the costs at the end.
        cost : {"cross_entropy", "squared_error"} or callable
            Cost of an entry, summed over a row. The cross-entropy is for sigmoid outputs. A callable takes
            the symbolic matrices X and X_hat and returns a matrix: ``lambda X, X_hat: abs(X - X_hat)``.
        cost_scale : {"dataset", "batch", "element"}
            Divisor of the batch's sum: N, the rows of the batch, or these rows times D.
        penalty : callable, optional
            ``penalty(model, X)`` returns a scalar that is added to the cost of a batch X. Both are symbolic:
            ``lambda ae, X: 0.01 * abs(ae.forward_hidden(X)).sum()``. `costs` do not include it.
        optimiser : callable, optional
            Replacement for the book's momentum, such as `udl_pt.adam_updates`. It brings its own rates:
            ``functools.partial(adam_updates, learning_rate=0.01)``. Then omit `learning_rate` and `mu`.
        validation : float or array_like of shape (N_valid, D), optional
            Validation set: `valid_costs` are measured on it, and `udl_pt.callbacks.EarlyStopping` reads them.
            A float is the share of `X` that is drawn and held out for that, which copies the rest.
        monitor : {"epoch", "batch", None}
            When to record the cost. ``"batch"`` measures the whole set after every batch, as in the book
            (slow). ``"epoch"`` measures a random thirtieth of the rows once an epoch, but at least 250, the
            same in all epochs. None records nothing. Of a validation set all rows are measured.
        backend : {"numba", "c", "jax"}, optional
            Backend of the training. The default is the choice of `udl_pt.set_backend`.
        devices : int or sequence of jax.Device, optional
            How many of JAX's devices, or which ones, share the rows of each batch; see ``docs/devices.md``.
        callbacks : sequence of callable
            Each is called with a `udl_pt.training.progress.Progress` after every epoch. `udl_pt.callbacks`
            has some.
        warm_start : bool
            Whether training goes on from the present parameters, where there are some, instead of new ones.
            The velocities, records and generators go on, too.
        resume : path-like, optional
            A file of `udl_pt.callbacks.Checkpoint`, from which this fit goes on. Where there is none, it
            starts anew.
        verbose : bool
            Whether to show progress, as `udl_pt.callbacks.ProgressBar` does.

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
            When a step is not finite: the parameters are those before it. Also when a recorded cost is not
            finite.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import AutoEncoder
        >>> X = np.repeat(np.eye(4), 10, axis=0)
        >>> ae = AutoEncoder(4, random_state=0).fit(X, mu=0.9, epochs=100, batch_sz=10)
        >>> ae.costs[-1] < ae.costs[0]
        True
        >>> ae.forward_output(np.eye(4)).argmax(axis=1).tolist()
        [0, 1, 2, 3]
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
            devices=devices,
        )
        D = run.data[0].shape[1]
        warm = self._goes_on(warm_start, validation, D)
        check_penalty(penalty, lambda: self._probe(D), self.dtype)
        if self.corruption is not None and trains:
            check_corrupted(self.corruption, D, self.dtype)
        run.announce(self)
        if not warm:
            self._chance.restart()
        run, valid = run.split(self._generator)
        N = len(run.data[0])
        if warm:
            self._go_on(run)
        else:
            self._begin(run, init_weights((D, self.M), self._generator, self.dtype), self._zeros(D))
        if trains:
            entry_cost = reconstruction_cost(cost, self.visible_mean)
            scale = 1 / {"dataset": N, "batch": run.batch_sz, "element": run.batch_sz * D}[cost_scale]
            divisor = D if cost_scale == "element" else 1
            kind = self._kind("train_op", cost, penalty, optimiser)
            step = self._step(entry_cost, scale, penalty, optimiser, kind)
            self._train(step, run, valid, entry_cost, divisor, self._kind("cost_op", cost))
        if show_fig:
            show_costs(self.costs, self.title)
        return self

    @property
    def hidden_unit_interval(self) -> bool | None:
        """Whether the hidden units' values are in [0, 1]; None where that is not known."""
        return self._in_unit_interval(
            "hidden", known=None if callable(self.hidden) else self.hidden == "sigmoid"
        )

    @property
    def output_unit_interval(self) -> bool | None:
        """Whether its reconstructions are in [0, 1]; None where that is not known."""
        return self._in_unit_interval(
            "output", known=None if callable(self.output) else self.output == "sigmoid"
        )

    def _allows_cross_entropy(self) -> bool:
        """Whether the cross-entropy, which takes the logits of sigmoids, fits the output units."""
        return not callable(self.output) and self.output_unit_interval is not False

    def takes_probabilities(self, cost: Any = "cross_entropy", **options: Any) -> bool:
        """Return whether ``fit`` with these options is known to accept only values in [0, 1].

        Parameters
        ----------
        cost : {"cross_entropy", "squared_error"} or callable
            The argument of ``fit``. Only the cross-entropy requires values in [0, 1].
        **options
            Further arguments of ``fit``. None of them matters.

        Returns
        -------
        bool
            False for a subclass with its own ``fit``, too.

        Raises
        ------
        ValueError, TypeError
            When ``fit`` would refuse the cost.

        Examples
        --------
        >>> from udl_pt import AutoEncoder
        >>> AutoEncoder(2).takes_probabilities()
        True
        >>> AutoEncoder(2).takes_probabilities(cost="squared_error")
        False
        """
        if type(self).fit is not AutoEncoder.fit:
            return False
        check_cost(cost, self._allows_cross_entropy(), self.dtype)
        return isinstance(cost, str) and cost == "cross_entropy"

    def _facts(self) -> tuple[Hashable, ...] | None:
        if self.corruption is not None or not (isinstance(self.hidden, str) and isinstance(self.output, str)):
            return None
        return UNITS[self.hidden], UNITS[self.output]

    def _saved_attributes(self) -> dict[str, Any]:
        own = super()._saved_attributes()
        for name in ("corruption", "hidden", "output"):
            value = own[name]
            is_function = isinstance(value, (*CODE, MissingFunction, partial))
            if callable(value) and not is_function:
                own[name] = MissingFunction(type(value).__name__)
        return own

    def _check_attributes(self, own: Attributes) -> None:
        own.options(AutoEncoder)
        super()._check_attributes(own)

    def _zeros(self, D: int) -> dict[str, np.ndarray]:
        return {"bh": np.zeros(self.M, self.dtype), "bo": np.zeros(D, self.dtype)}

    def _step(
        self,
        entry_cost: Callable[[Symbolic, Symbolic], Symbolic],
        scale: float,
        penalty: Penalty | None = None,
        optimiser: Callable[..., Updates] | None = None,
        kind: Kind | None = None,
    ) -> UpdateStep:
        X_in = pt.matrix("X_in", dtype=self.dtype)
        factor = pt.scalar("scale", dtype=self.dtype)

        def cost() -> tuple[Symbolic, Updates]:
            corrupted = X_in
            if self.corruption is not None:
                corrupted = pt.cast(self.corruption(X_in, RandomStreams(self.rng, self.dtype)), self.dtype)
            total = entry_cost(X_in, self.visible_input(self.forward_hidden(corrupted))).sum() * factor
            return with_penalty(total, penalty, self, X_in), []

        return make_step(
            optimiser,
            cost,
            [X_in],
            self.params,
            self.dparams,
            constants={factor: scale},
            dtype=self.dtype,
            backend=get_backend(self.backend),
            name=f"{self.title} train_op",
            kind=kind,
        )

    @classmethod
    def createFromArrays(cls, W: Any, bh: Any, bo: Any, an_id: Any = None, **options: Any) -> Self:
        """Build an auto-encoder from given parameters.

        Parameters
        ----------
        W : array_like of shape (D, M)
            Weights.
        bh : array_like of shape (M,)
            Biases of the hidden units.
        bo : array_like of shape (D,)
            Biases of the output.
        an_id : hashable, optional
            A name of your own, kept as ``id``.
        **options
            Arguments of the constructor, such as ``hidden="relu"``. Without a `dtype`, the model has `W`'s
            where that is float32 or float64, else float64.

        Returns
        -------
        AutoEncoder
            A model of the class whose method this is. It owns copies of the arrays.

        Raises
        ------
        ValueError, TypeError
            When the shapes do not fit together, a value is not a finite number, or an option is bad.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import AutoEncoder
        >>> ae = AutoEncoder.createFromArrays(W=np.eye(2), bh=[0, 0], bo=[1, -1])
        >>> ae.forward_hidden([[1, 0]]).round(3).tolist()
        [[0.731, 0.5]]
        >>> ae.backward([[0, 0]]).round(3).tolist()
        [[0.731, 0.269]]
        >>> relu = AutoEncoder.createFromArrays(np.eye(2), [0, 0], [0, 0], hidden="relu", output="linear")
        >>> relu.forward_output([[3, -1]]).tolist()
        [[3.0, 0.0]]
        """
        return cls._from_arrays(W, an_id, {"bh": (bh, 1), "bo": (bo, 0)}, options)
