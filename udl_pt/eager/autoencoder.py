"""Chapter 3's auto-encoder, eager: ``X -> Z = s(XW + bh) -> X_hat = s(ZW' + bo)``, its gradient by hand."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from scipy.special import expit as s

from udl_pt._support.arguments import check_count, check_option, check_switches
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt._support.messages import shown
from udl_pt.eager._beyond import check_beyond
from udl_pt.eager._layer import Array, Layer, softplus
from udl_pt.training.loop import show_costs
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

__all__ = ["AutoEncoder"]

# each kind of unit's derivative, as a function of what the unit gives
SLOPES: dict[str, Callable[[Array], Any]] = {
    "sigmoid": lambda Z: Z * (1 - Z),
    "linear": lambda Z: 1,
    "relu": lambda Z: Z > 0,
}


class AutoEncoder(Layer):
    """The twin of `udl_pt.AutoEncoder`: the same arguments, attributes, draws and numbers, on NumPy arrays.

    Parameters
    ----------
    M, an_id, hidden, output, rng, random_state
        As of `udl_pt.AutoEncoder`.
    corruption : callable, optional
        As there, of arrays: ``corruption(X, stream)``. What is written with operators and the stream's
        methods alone, such as `udl_pt.symbolic.corruption.masking`, serves both.
    dtype : {"float64", "float32"}, optional
        float64 where not given.

    Attributes
    ----------
    W, bh, bo, dW, dbh, dbo : ndarray
        Weights of shape (D, M), biases of shape (M,) and (D,), and their velocities.
    params, dparams, forward_params, forward_dparams, costs, valid_costs
        As of `udl_pt.AutoEncoder`.
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
        """Whether the hidden units' values are in [0, 1], as of `udl_pt.AutoEncoder`."""
        return self._in_unit_interval(known=self.hidden == "sigmoid")

    def takes_probabilities(self, cost: str = "cross_entropy", **options: Any) -> bool:
        """Whether ``fit`` with these options is known to take values in [0, 1] only."""
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
        """Draw new weights and train them to reconstruct `X`, as `udl_pt.AutoEncoder.fit`.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows to reconstruct, in [0, 1] under the cross-entropy.
        learning_rate, mu, epochs, batch_sz, show_fig, cost, cost_scale, validation, monitor, callbacks
            As there.
        **beyond
            There is no backend here: only the default is taken.

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
        check_beyond("AutoEncoder.fit", beyond, {"backend": None, "penalty": None, "optimiser": None})
        check_switches(show_fig=show_fig)
        check_option(cost, "cost", ("cross_entropy", "squared_error"))
        check_option(cost_scale, "cost_scale", ("dataset", "batch", "element"))
        trains = check_count(epochs, "epochs", at_least=0) > 0
        if cost == "cross_entropy" and self.output != "sigmoid" and trains:
            raise ValueError(
                "cost is 'cross_entropy', but the output units give no probabilities: cost='squared_error', "
                "or sigmoid output units"
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

        ``dJ/dB = X_hat - X`` of the cross-entropy, ``2 (X_hat - X) s'(B)`` of the squared error, times scale;
        ``dJ/dA = dJ/dB W s'(A)``; W has a part in both ways, ``dJ/dW = X' dJ/dA + (dJ/dB)' Z``.
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
            seen, error = None, f"called so, it says: {cause}"
        if type(seen) is not type(X) or seen.shape != X.shape or seen.dtype != X.dtype:
            raise TypeError(
                f"corruption is {shown(corruption)}, expected a function of an array and a stream that "
                "returns an array of the same shape and dtype, written with operators and the stream's "
                f"methods; {error}"
            )

    @classmethod
    def createFromArrays(cls, W: Any, bh: Any, bo: Any, an_id: Any = None) -> "AutoEncoder":
        """Make an auto-encoder that owns copies of parameters, of shape (D, M), (M,) and (D,)."""
        ae: AutoEncoder = cls._from_arrays(W, bh, bo, an_id)
        return ae
