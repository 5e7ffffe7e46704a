"""Chapter 3's auto-encoder, eager: ``X -> Z = s(XW + bh) -> X_hat = s(ZW' + bo)``, its gradient by hand."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import expit as s

from udl_pt._support.arguments import check_count, check_option, check_switches
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt._support.messages import shown
from udl_pt._support.refusals import no_cross_entropy
from udl_pt.eager._beyond import FIT, check_beyond
from udl_pt.eager._layer import Array, Layer, softplus
from udl_pt.training.loop import show_costs
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

__all__ = ["AutoEncoder"]

# each kind of unit's derivative, as a function of the unit's value
SLOPES: dict[str, Callable[[Array], Any]] = {
    "sigmoid": lambda Z: Z * (1 - Z),
    "linear": lambda Z: 1,
    "relu": lambda Z: Z > 0,
}


class AutoEncoder(Layer):
    """Auto-encoder with tied weights on NumPy arrays, the twin of `udl_pt.AutoEncoder` (chapter 3).

    It encodes ``Z = s(XW + bh)`` and decodes ``X_hat = s(ZW' + bo)``. Draws and numbers are those of the
    symbolic class.

    Parameters
    ----------
    M : int
        Number of hidden units.
    an_id : hashable, optional
        A name of your own, kept as ``id``.
    corruption : callable, optional
        ``corruption(X, stream)`` returns the corrupted batch, which training encodes (denoising
        auto-encoder). The clean batch remains the target. A function of operators and the stream's methods
        alone, such as `udl_pt.symbolic.corruption.masking`, serves both twins.
    hidden, output : {"sigmoid", "linear", "relu"}
        Activation of the hidden and of the output units; "relu" is ``max(a, 0)``.
    rng : None, int, RandomStreams, numpy.random.Generator or numpy.random.RandomState
        Source of the corruption's draws. An int restarts at each fit. None derives the draws from
        `random_state` where that is given; otherwise they are seeded afresh.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles. An int restarts at each fit; None is NumPy's global legacy generator.
    dtype : {"float64", "float32"}, optional
        Dtype of the parameters, float64 by default.

    Attributes
    ----------
    W : numpy.ndarray of shape (D, M)
        Weights.
    bh, bo : numpy.ndarray of shape (M,) and (D,)
        Biases of the hidden and of the output units.
    dW, dbh, dbo : numpy.ndarray
        Their velocities.
    params, dparams : list of numpy.ndarray
        ``[W, bh, bo]``, and their velocities.
    forward_params, forward_dparams : list of numpy.ndarray
        ``[W, bh]``, which a deep network trains further, and their velocities.
    costs : list of float
        Costs that `fit` recorded, of rows reconstructed without corruption.
    valid_costs : list of float
        Costs of the validation set, where there is one.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.eager import AutoEncoder
    >>> X = np.tile(np.eye(2), (6, 1))
    >>> ae = AutoEncoder(1, random_state=0).fit(X, epochs=30, batch_sz=4)
    >>> ae.W.shape, len(ae.costs)
    ((2, 1), 30)
    >>> ae.forward_output([[1, 0], [0, 1]]).round(1).tolist()  # one hidden unit tells the two rows apart
    [[1.0, 0.0], [0.0, 1.0]]
    """

    names = ("W", "bh", "bo")
    units: ClassVar = {"sigmoid": s, "linear": lambda A: A, "relu": lambda A: np.maximum(A, 0)}
    bh: Array
    bo: Array

    def __init__(
        self,
        M: int,
        an_id: Any = None,
        *,
        corruption: Callable[[Any, Any], Any] | None = None,
        hidden: str = "sigmoid",
        output: str = "sigmoid",
        rng: Any = None,
        random_state: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(M, an_id, rng=rng, random_state=random_state, dtype=dtype)
        check_option(hidden, "hidden", list(SLOPES))
        check_option(output, "output", list(SLOPES))
        self.corruption, self.hidden, self.output = corruption, hidden, output
        if corruption is not None:
            self._check_corruption(corruption)

    @property
    def hidden_unit_interval(self) -> bool | None:
        """Whether the hidden units' values are in [0, 1]; None where that isn't known."""
        return self._in_unit_interval(known=self.hidden == "sigmoid")

    def takes_probabilities(self, cost: str = "cross_entropy", **options: Any) -> bool:
        """Return whether ``fit`` with these options is known to accept only values in [0, 1].

        Parameters
        ----------
        cost : {"cross_entropy", "squared_error"}
            The cost; the cross-entropy reads values as probabilities.
        **options
            Further arguments for ``fit``; they don't matter here.

        Returns
        -------
        bool
            False for a subclass with a ``fit`` of its own.

        Examples
        --------
        >>> from udl_pt.eager import AutoEncoder
        >>> ae = AutoEncoder(2)
        >>> ae.takes_probabilities(), ae.takes_probabilities(cost="squared_error")
        (True, False)
        """
        return type(self).fit is AutoEncoder.fit and cost == "cross_entropy"

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
        cost: str = "cross_entropy",
        cost_scale: str = "dataset",
        validation: Any = None,
        monitor: str | None = "epoch",
        callbacks: Sequence[Callable[[Progress], Any]] = (),
        **beyond: Any,
    ) -> "AutoEncoder":
        """Draw new weights and train them to reconstruct `X`, by gradient descent with momentum.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows to reconstruct, in [0, 1] under the cross-entropy.
        learning_rate, mu : float
            Step size and momentum.
        epochs, batch_sz : int
            Passes over the data, and rows per step. Each epoch drops the rest of ``N / batch_sz``.
        show_fig : bool
            Show the curve of the costs at the end.
        cost : {"cross_entropy", "squared_error"}
            Cost of an entry, summed over a row. The cross-entropy requires sigmoid output units.
        cost_scale : {"dataset", "batch", "element"}
            Divisor of a batch's summed cost: N, the batch's rows, or its rows times D.
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
            Arguments of `udl_pt.AutoEncoder.fit` without a twin (`backend`, `penalty`, `optimiser`), at
            their defaults.

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

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.eager import AutoEncoder
        >>> X = np.tile(np.eye(2), (6, 1))
        >>> ae = AutoEncoder(1, random_state=0).fit(X, epochs=30, batch_sz=4)
        >>> [round(ae.costs[0], 1), round(ae.costs[-1], 1)]  # nats a row, after the first and the last epoch
        [1.4, 0.0]
        """
        check_beyond("AutoEncoder.fit", beyond, FIT | {"devices": None, "penalty": None, "optimiser": None})
        check_switches(show_fig=show_fig)
        check_option(cost, "cost", ("cross_entropy", "squared_error"))
        check_option(cost_scale, "cost_scale", ("dataset", "batch", "element"))
        trains = check_count(epochs, "epochs", at_least=0) > 0
        if cost == "cross_entropy" and self.output != "sigmoid" and trains:
            raise no_cross_entropy()
        run = Run.checked(
            X,
            dtype=self.dtype,
            rates=Rates(self.dtype, learning_rate=learning_rate, mu=mu),
            epochs=epochs,
            batch_sz=batch_sz,
            validation=validation,
            monitor=monitor,
            callbacks=callbacks,
            unit_interval=cost == "cross_entropy",
        )
        run, valid = self._start(run)
        N, D = run.data[0].shape
        self.cost = cost
        scale = 1 / {"dataset": N, "batch": run.batch_sz, "element": run.batch_sz * D}[cost_scale]
        self._train(run, valid, self.dparams, scale, D if cost_scale == "element" else 1)
        if show_fig:
            show_costs(self.costs, self.title)
        return self

    def _corrupted(self, X: Any) -> Any:
        return X if self.corruption is None else self.corruption(X, self.rng)

    def _encode(self, X: Array) -> Array:
        """Return ``Z = s(A)`` with ``A = XW + bh``."""
        return self.units[self.hidden](X @ self.W + self.bh)  # (N, M)

    def _visible_input(self, Z: Array) -> Array:
        """Return ``B = ZW' + bo``."""
        return Z @ self.W.T + self.bo  # (N, D)

    def _decode(self, Z: Array) -> Array:
        """Return ``X_hat = s(B)``."""
        return self.units[self.output](self._visible_input(Z))

    def _cost(self, X: Array) -> Array:
        """Return the cross-entropy ``sum[log(1 + exp b) - x b]``, or ``sum (x_hat - x)^2``.

        The first is ``-sum[x log x_hat + (1 - x) log(1 - x_hat)]``.
        """
        Z = self._encode(X)
        if self.cost == "squared_error":
            return ((self._decode(Z) - X) ** 2).sum()
        B = self._visible_input(Z)
        return (softplus(B) - X * B).sum()

    def _gradients(self, X: Array, scale: float) -> list[Array]:
        """Return the gradients of ``J = scale * cost`` by W, bh and bo, of a batch of n rows.

        ``dJ/dB`` is ``X_hat - X`` for the cross-entropy, ``2 (X_hat - X) s'(B)`` for the squared error, times
        scale. ``dJ/dA = dJ/dB W s'(A)``. W is in both the encoder and the decoder:
        ``dJ/dW = X' dJ/dA + (dJ/dB)' Z``.
        """
        noisy = self._corrupted(X)  # (n, D)
        Z = self._encode(noisy)  # (n, M)
        X_hat = self._decode(Z)  # (n, D)
        dB = scale * (X_hat - X)  # (n, D)
        if self.cost == "squared_error":
            dB *= 2 * SLOPES[self.output](X_hat)
        dA = dB @ self.W * self._slope(Z)  # (n, M)
        return [noisy.T @ dA + dB.T @ Z, dA.sum(axis=0), dB.sum(axis=0)]

    def _slope(self, Z: Array) -> Any:
        """Return ``s'(A)``, such as ``Z (1 - Z)`` of sigmoids."""
        return SLOPES[self.hidden](Z)

    def _check_corruption(self, corruption: Callable[[Any, Any], Any]) -> None:
        """Raise unless `corruption` turns an array and a stream into an array."""
        X = self._param(np.ones((2, 3), self.dtype))
        try:
            seen = corruption(X, self.Streams(0, self.dtype))
            error = f"it made {type(seen).__name__} of an array"
        except Exception as cause:  # whatever it is, it is the function's
            seen, error = None, f"called with these arguments, it raised: {cause}"
        if type(seen) is not type(X) or seen.shape != X.shape or seen.dtype != X.dtype:
            raise TypeError(
                f"corruption is {shown(corruption)}, expected a function of an array and a stream, written "
                "with operators and the stream's methods. It must return an array of the same shape and "
                f"dtype; {error}"
            )

    @classmethod
    def createFromArrays(cls, W: Any, bh: Any, bo: Any, an_id: Any = None, **options: Any) -> Self:
        """Create an auto-encoder from given parameters, which it copies.

        Parameters
        ----------
        W : array_like of shape (D, M)
            Weights.
        bh : array_like of shape (M,)
            Biases of the hidden units.
        bo : array_like of shape (D,)
            Biases of the output units.
        an_id : hashable, optional
            A name of your own, kept as ``id``.
        **options
            Arguments of the constructor, such as ``hidden="relu"``. Without a `dtype`, float32 stays
            float32, and any other dtype becomes float64.

        Returns
        -------
        AutoEncoder
            A model of the class whose method this is.

        Raises
        ------
        ValueError, TypeError
            For bad input.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.eager import AutoEncoder
        >>> ae = AutoEncoder.createFromArrays(np.eye(2), bh=np.zeros(2), bo=np.zeros(2))
        >>> ae.forward_hidden([[0, 1]]).round(3).tolist()  # sigmoid of 0 and 1
        [[0.5, 0.731]]
        """
        return cls._from_arrays(W, bh, bo, an_id, options)
