"""Chapter 4's deep belief network, eager: the stack without labels, and chapter 5's way back to an input."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import expit as s

from udl_pt._support.arguments import check_count, check_switches
from udl_pt._support.classes import own_constructor
from udl_pt._support.exceptions import DivergenceError, NotFittedError
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt.eager._beyond import check_beyond
from udl_pt.eager._layer import MomentumStep, init_weights, softplus
from udl_pt.eager._stack import Stack
from udl_pt.training.loop import show_costs
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

__all__ = ["DBN"]


@own_constructor
class DBN(Stack):
    """The twin of `udl_pt.DBN`: the same arguments, attributes, draws and numbers, on NumPy arrays.

    Made as `udl_pt.eager._stack.Stack` says.

    Attributes
    ----------
    hidden_layers, params, costs
        As of `udl_pt.DBN`.
    """

    @one_fit_at_a_time
    def fit(
        self,
        X: Any,
        pretrain_epochs: int | Sequence[int] = 1,
        *,
        pretrain_options: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        monitor: str | None = "epoch",
        callbacks: Sequence[Callable[[Progress], Any]] = (),
        **beyond: Any,
    ) -> "DBN":
        """Train layer by layer, as `udl_pt.DBN.fit`.

        Parameters
        ----------
        X : array_like of shape (N, D)
            The first layer's data.
        pretrain_epochs, pretrain_options, monitor, callbacks
            As there.
        **beyond
            What it takes besides has no twin: only the defaults are taken.

        Returns
        -------
        DBN
            Itself.

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed.
        DivergenceError
            When a layer's step isn't finite; the network has no parameters then.
        """
        check_beyond("DBN.fit", beyond, {"keep_layers": False, "backend": None})
        run = Run.checked(
            X,
            dtype=self.dtype,
            rates=Rates(self.dtype),
            epochs=0,
            batch_sz=1,
            monitor=monitor,
            callbacks=callbacks,
        )
        self._pretrain(run, *self._check_pretraining(pretrain_epochs, pretrain_options))
        self._complete = True
        return self

    def forward(self, X: Any) -> Any:
        """Pass data up through all layers, of shape (N, M)."""
        return self._called(lambda X: self._activations(X)[-1], X)

    def fit_to_input(
        self,
        k: int,
        learning_rate: float = 1.0,
        mu: float = 0.99,
        epochs: int = 1000,
        *,
        show_fig: bool = False,
    ) -> np.ndarray:
        """Find an input of shape (1, D) that drives unit `k`; see `udl_pt.DBN.fit_to_input`."""
        check_switches(show_fig=show_fig)
        rates = Rates(self.dtype, learning_rate=learning_rate, mu=mu)
        epochs = check_count(epochs, "epochs", at_least=0)
        self._check_settled("fit_to_input")
        if not all(hasattr(layer, "params") for layer in self.hidden_layers):
            raise NotFittedError("this DBN has no parameters yet: call fit before fit_to_input")
        M, D = self.hidden_layers[-1].M, len(self.hidden_layers[0].W)
        if check_count(k, "k", at_least=0) >= M:
            raise ValueError(f"k is {k}, but the last layer has units 0 to {M - 1}")
        if not self.hidden_layers[-1].hidden_unit_interval:
            raise TypeError("the last layer has no sigmoid units, and the cost is the log of a sigmoid")
        X = init_weights((1, D), self._generator, self.dtype)
        step = MomentumStep(lambda: [self._gradient_of_unit(X, k)], [X], [np.zeros_like(X)], ["X"])
        costs: list[float] = []
        self.costs = costs  # another call, in another thread, has its own
        for epoch in range(1, epochs + 1):
            with np.errstate(over="ignore", invalid="ignore"):  # what isn't finite is refused
                costs.append(self._cost_of_unit(X, k))
            if not (np.isfinite(costs[-1]) and step(rates["learning_rate"], rates["mu"]).all()):
                what = "step for" if np.isfinite(costs[-1]) else "cost of"
                raise DivergenceError(
                    f"the {what} unit {k} is not finite in epoch {epoch}: take a smaller learning_rate or mu"
                )
        if show_fig:
            show_costs(costs, f"unit {k} of {self.title}")
        return X

    def _logit_of_unit(self, Z: list[np.ndarray], k: int) -> np.ndarray:
        """Return ``a_k = Z_(L-1) w_k + b_k``, the last layer's."""
        W, b = self.hidden_layers[-1].forward_params
        return np.asarray(Z[-2] @ W[:, k] + b[k])  # (1,)

    def _cost_of_unit(self, X: np.ndarray, k: int) -> float:
        """Return ``J = -log s(a_k) = log(1 + exp(-a_k))``."""
        return float(softplus(-self._logit_of_unit(self._activations(X), k))[0])

    def _gradient_of_unit(self, X: np.ndarray, k: int) -> np.ndarray:
        """Start at ``dJ/da_k = -s(-a_k)``, and go down by ``dJ/dZ_(l-1) = (dJ/dZ_l s'(A_l)) W_l'``."""
        Z = self._activations(X)
        *below, top = self.hidden_layers
        dZ = -s(-self._logit_of_unit(Z, k))[:, None] * top.W[:, k]  # (1, M_(L-1))
        for layer, H in zip(reversed(below), reversed(Z[:-1]), strict=False):
            dZ = dZ * layer._slope(H) @ layer.W.T  # (1, M_(l-1))
        return np.asarray(dZ)
