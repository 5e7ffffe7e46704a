"""Chapter 3: the auto-encoder with tied weights, ``X -> Z = s(XW + bh) -> X_hat = s(ZW' + bo)``."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Variable

from udl_pt.backend import float_dtype, get_backend, shared
from udl_pt.calling import ArrayFunction, Callables, symbolic_or_array
from udl_pt.graph import cross_entropy, init_weights, squared_error
from udl_pt.random import RandomStreams, as_generator
from udl_pt.training import MONITORS, Progress, cost_recorder, show_costs, train
from udl_pt.updates import MomentumStep
from udl_pt.validation import (
    check_callbacks,
    check_count,
    check_epochs,
    check_matrix,
    check_number,
    check_option,
    check_weights,
)

__all__ = ["AutoEncoder"]

COSTS = {"cross_entropy": cross_entropy, "squared_error": squared_error}
COST_SCALES = ("dataset", "batch", "element")


class AutoEncoder(Callables):
    """One auto-encoder with sigmoid units and tied weights (chapter 3).

    Parameters
    ----------
    M : int
        Number of hidden units.
    an_id : hashable, optional
        A name of the reader's own; the listing uses ``self.id`` and never sets it.
    corruption : callable, optional
        ``corruption(X, stream)`` turns a batch's variable and a `RandomStreams` into the corrupted batch
        that is encoded in training (denoising auto-encoder); the clean batch remains the target.
    rng : None, int, RandomStreams, numpy.random.Generator or numpy.random.RandomState
        The stream of the corruption's draws. None derives it from `random_state` where that is given,
        else seeds it afresh.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles. None is NumPy's global legacy generator, in the book's order.
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
        What ``fit`` recorded.
    """

    def __init__(
        self,
        M: int,
        an_id: Any = None,
        *,
        corruption: Callable[[Variable, RandomStreams], Variable] | None = None,
        rng: Any = None,
        random_state: Any = None,
        dtype: Any = None,
    ) -> None:
        self.M = check_count(M, "M")
        self.id = an_id
        self.corruption = corruption
        self.dtype = float_dtype(dtype)
        self.costs: list[float] = []
        self._generator = as_generator(random_state)
        self._own_chance = random_state is not None
        self.rng: Any = None if rng is None else RandomStreams(rng)

    def fit(
        self,
        X: Any,
        learning_rate: float = 0.5,
        mu: float = 0.99,
        epochs: int = 1,
        batch_sz: int = 100,
        show_fig: bool = False,
        *,
        cost: str = "cross_entropy",
        cost_scale: str = "dataset",
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
        cost : {"cross_entropy", "squared_error"}
            What is made small, summed over a row.
        cost_scale : {"dataset", "batch", "element"}
            What the batch's sum is divided by: N, its rows, or its rows times D.
        monitor : {"epoch", "batch", None}
            ``"batch"`` records the cost over the whole set after every batch, as in the book (slow);
            ``"epoch"`` one cost an epoch, over a part of it; None records nothing.
        backend : {"numba", "c", "jax"}, optional
            See `udl_pt.set_backend`.
        callbacks : sequence of callable
            Each gets a `udl_pt.training.Progress` after every epoch.

        Returns
        -------
        AutoEncoder
            Itself.

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed.
        DivergenceError
            When a step isn't finite; the parameters are those before it.
        """
        check_option(cost, "cost", list(COSTS))
        check_option(cost_scale, "cost_scale", COST_SCALES)
        check_option(monitor, "monitor", MONITORS)
        hyper = {
            "learning_rate": check_number(learning_rate, "learning_rate", at_least=0),
            "mu": check_number(mu, "mu", at_least=0, at_most=1),
        }
        backend = get_backend(backend)
        check_callbacks(callbacks)
        # without training, as under a network that isn't pretrained, nothing is read as a probability
        unit_interval = cost == "cross_entropy" and check_count(epochs, "epochs", at_least=0) > 0
        X = check_matrix(X, dtype=self.dtype, unit_interval=unit_interval)
        N, D = X.shape
        epochs, batch_sz = check_epochs(epochs, batch_sz, N)
        self.backend, self.unit_interval = backend, unit_interval
        self._set_params(
            init_weights((D, self.M), self._generator, self.dtype),
            np.zeros(self.M, self.dtype),
            np.zeros(D, self.dtype),
        )
        self.costs = []
        if self.rng is None:
            self.rng = RandomStreams.beside(self._generator) if self._own_chance else RandomStreams()
        if epochs > 0:
            hyper["scale"] = 1 / {"dataset": N, "batch": batch_sz, "element": batch_sz * D}[cost_scale]
            train(
                self._step(COSTS[cost]),
                [X],
                epochs=epochs,
                batch_sz=batch_sz,
                generator=self._generator,
                hyper=hyper,
                dtype=self.dtype,
                stage=self._title(),
                measure=cost_recorder(
                    self.costs,
                    lambda x: COSTS[cost](x, self._logits(x)).sum(),
                    X,
                    monitor=monitor,
                    dtype=self.dtype,
                    backend=backend,
                    name=f"{self._title()} cost_op",
                    divisor=D if cost_scale == "element" else 1,
                ),
                monitor=monitor,
                callbacks=callbacks,
            )
        if show_fig:
            show_costs(self.costs, self._title())
        return self

    def _step(self, cost: Callable[[Variable, Variable], Variable]) -> MomentumStep:
        X_in = pt.matrix("X_in", dtype=self.dtype)
        scale = pt.scalar("scale", dtype=self.dtype)
        corrupted = (
            X_in if self.corruption is None else self.corruption(X_in, RandomStreams(self.rng, self.dtype))
        )
        return MomentumStep(
            cost(X_in, self._logits(corrupted)).sum() * scale,
            [X_in],
            self.params,
            self.dparams,
            scalars=[scale],
            dtype=self.dtype,
            backend=get_backend(self.backend),
            name=f"{self._title()} train_op",
        )

    def _title(self) -> str:
        return f"AutoEncoder({self.M})" + ("" if self.id is None else f" {self.id}")

    def _set_params(self, W: np.ndarray, bh: np.ndarray, bo: np.ndarray) -> None:
        """Make the shared variables anew, velocities at zero."""
        self.n_features = len(W)
        self.W, self.bh, self.bo = self.params = [
            shared(value, name) for value, name in [(W, "W"), (bh, "bh"), (bo, "bo")]
        ]
        self.dW, self.dbh, self.dbo = self.dparams = [
            shared(np.zeros_like(value), name) for value, name in [(W, "dW"), (bh, "dbh"), (bo, "dbo")]
        ]
        self.forward_params = [self.W, self.bh]
        self.forward_dparams = [self.dW, self.dbh]

    @property
    def hidden_op(self) -> ArrayFunction:
        """The compiled `forward_hidden`: arrays in, arrays out."""
        return self.array_function("forward_hidden")

    @symbolic_or_array
    def forward_hidden(self, X: Any) -> Any:
        """Encode: ``Z = s(XW + bh)``.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)

        Returns
        -------
        Variable or numpy.ndarray of shape (N, M)
            A graph where `X` is a PyTensor variable, else an array.
        """
        return pt.sigmoid(X.dot(self.W) + self.bh)

    @symbolic_or_array
    def forward_output(self, X: Any) -> Any:
        """Reconstruct: ``X_hat = s(ZW' + bo)``.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)

        Returns
        -------
        Variable or numpy.ndarray of shape (N, D)
            A graph where `X` is a PyTensor variable, else an array.
        """
        return self.backward(self.forward_hidden(X))

    @partial(symbolic_or_array, takes_hidden=True)
    def backward(self, Z: Any) -> Any:
        """Decode: ``s(ZW' + bo)``.

        Parameters
        ----------
        Z : Variable or array_like of shape (N, M)

        Returns
        -------
        Variable or numpy.ndarray of shape (N, D)
            A graph where `Z` is a PyTensor variable, else an array.
        """
        return pt.sigmoid(Z.dot(self.W.T) + self.bo)

    def _logits(self, X: Variable) -> Variable:
        return self.forward_hidden(X).dot(self.W.T) + self.bo

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
        ae._set_params(W, bh, bo)
        return ae
