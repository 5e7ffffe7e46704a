"""Chapter 3's deep network, eager: pretrained greedily, fine-tuned by backpropagation written out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_switches
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt._support.interrupts import whole
from udl_pt._support.labels import check_training_and_test
from udl_pt.eager._beyond import check_beyond
from udl_pt.eager._layer import Array, MomentumStep, init_weights
from udl_pt.eager._stack import Stack
from udl_pt.training.loop import show_costs, train
from udl_pt.training.metrics import error_rate
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

__all__ = ["DNN"]

BEYOND = {
    "keep_layers": False,
    "validation": None,
    "dropout": 0.0,
    "max_norm": None,
    "adversarial": 0.0,
    "penalty": None,
    "optimiser": None,
    "frozen_layers": (),
    "augment": (),
    "backend": None,
}


def log_softmax(A: np.ndarray) -> np.ndarray:
    """Return ``a_k - log sum_j exp(a_j)`` of each row, less its largest entry, so that nothing overflows."""
    A = A - A.max(axis=1, keepdims=True)  # (n, K)
    return np.asarray(A - np.log(np.exp(A).sum(axis=1, keepdims=True)))


class DNN(Stack):
    """The twin of `udl_pt.DNN`: the same arguments, attributes, draws and numbers, on NumPy arrays.

    Made as `udl_pt.eager._stack.Stack` says.

    Attributes
    ----------
    hidden_layers : list of udl_pt.eager.AutoEncoder or udl_pt.eager.RBM
        From the input on.
    W, b, dW, db : ndarray
        The logistic layer, of shape (M, K) and (K,), and its velocities.
    params, dparams, costs, errors
        As of `udl_pt.DNN`.
    """

    names = ("W", "b")
    W: Array
    b: Array
    _head_only = False  # whether the last fit left the hidden layers alone

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int],
        UnsupervisedModel: Any = None,
        *,
        corruption: Any = None,
        random_state: Any = None,
        dtype: Any = None,
        **beyond: Any,
    ) -> None:
        check_beyond("DNN", beyond, {"rng": None})
        super().__init__(
            hidden_layer_sizes,
            UnsupervisedModel,
            corruption=corruption,
            random_state=random_state,
            dtype=dtype,
        )
        self.errors: list[float] = []

    @one_fit_at_a_time
    def fit(
        self,
        X: Any,
        Y: Any,
        Xtest: Any,
        Ytest: Any,
        pretrain: bool = True,
        learning_rate: float = 0.01,
        mu: float = 0.99,
        reg: float = 0.0,
        epochs: int = 1,
        batch_sz: int = 100,
        *,
        show_fig: bool = False,
        pretrain_epochs: int | Sequence[int] = 1,
        pretrain_options: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        train_head_only: bool = False,
        monitor: str | None = "epoch",
        callbacks: Sequence[Callable[[Progress], Any]] = (),
        **beyond: Any,
    ) -> "DNN":
        """Pretrain layer by layer, then train to predict the labels, as `udl_pt.DNN.fit`.

        Parameters
        ----------
        X, Xtest : array_like of shape (N, D) and (Ntest, D)
            Images to train on, and to measure `costs` and `errors` on.
        Y, Ytest : array_like of int of shape (N,) and (Ntest,)
            Their labels.
        pretrain, learning_rate, mu, reg, epochs, batch_sz, show_fig, monitor, callbacks
            As there.
        pretrain_epochs, pretrain_options, train_head_only
            As there.
        **beyond
            What it takes besides has no twin: only the defaults are taken.

        Returns
        -------
        DNN
            Itself.

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed.
        DivergenceError
            When a step isn't finite; the parameters are those before it.
        """
        check_beyond("DNN.fit", beyond, BEYOND)
        check_switches(pretrain=pretrain, train_head_only=train_head_only, show_fig=show_fig)
        X, Y, Xtest, Ytest, K = check_training_and_test(X, Y, Xtest, Ytest, self.dtype)
        run = Run.checked(
            X,
            Y,
            K,
            dtype=self.dtype,
            rates=Rates(self.dtype, learning_rate=learning_rate, mu=mu, reg=reg),
            epochs=epochs,
            batch_sz=batch_sz,
            monitor=monitor,
            callbacks=callbacks,
            stage="fine-tuning",
        )
        plan = self._check_pretraining(
            pretrain_epochs if pretrain else 0, pretrain_options if pretrain else None
        )
        run.announce(self, ("costs", "errors"))
        self._pretrain(run, *plan, {"Xtest": Xtest})
        self._set_head(init_weights((self.hidden_layers[-1].M, K), self._generator, self.dtype))
        self.costs, self.errors = [], []
        self._head_only = bool(train_head_only)
        if run.epochs > 0:
            n = 2 if train_head_only else len(self.params)
            step = MomentumStep(
                lambda X, Y, reg: self._gradients(X, Y, reg, 1 / run.batch_sz)[:n],
                self.params[:n],
                self.dparams[:n],
                self._names()[:n],
                rates=("reg",),
            )
            train(
                step,
                run,
                generator=self._generator,
                stage=self.title,
                measure=lambda: self._measure(Xtest, Ytest),
                model=self,
            )
        if show_fig:
            show_costs(self.costs, self.title)
        return self

    @whole
    def _set_head(self, W: Array) -> None:
        """Set the logistic layer."""
        self.W, self.b = self._param(W), self._param(np.zeros(W.shape[1], self.dtype))
        self.dW, self.db = self._param(np.zeros_like(W)), self._param(np.zeros(W.shape[1], self.dtype))
        self._complete = True

    @property
    def velocities(self) -> list[Any]:
        """Those of the matrices of weights that were trained last, from the input on."""
        trained = [] if self._head_only else self.hidden_layers
        return [*(layer.forward_dparams[0] for layer in trained), self.dW]

    def _names(self) -> list[str]:
        layers = enumerate(self.hidden_layers, start=1)
        names = [f"{name} of layer {number}" for number, layer in layers for name in layer.names[:2]]
        return ["W of the logistic layer", "b of the logistic layer", *names]

    def _logits(self, X: Any) -> Any:
        """Return ``A = Z_L W + b``."""
        return self._activations(X)[-1] @ self.W + self.b  # (N, K)

    def _probabilities(self, X: Any) -> Any:
        """Return ``p(k | x) = exp(a_k) / sum_j exp(a_j)``."""
        return np.exp(log_softmax(self._logits(X)))

    def _cost(self, X: Array, Y: Array) -> Array:
        """Return ``-sum_n log p(y_n | x_n)``."""
        return -log_softmax(self._logits(X))[np.arange(len(X)), Y].sum()

    def _deltas(self, X: Array, Y: Array) -> tuple[list[Array], list[Array]]:
        """Return the values Z_l of all layers, and ``D_l = dJ/dA_l``, first layer first, logistic layer last.

        J is the cost, summed over the rows. ``D = P - T`` at the top, with T the labels as rows of zeros and
        a one; below, ``D_l = (D_(l+1) W_(l+1)') s'(A_l)`` with ``s' = Z (1 - Z)``.
        """
        Z = self._activations(X)  # (n, M_l)
        P = np.exp(log_softmax(Z[-1] @ self.W + self.b))  # (n, K)
        T = np.eye(P.shape[1], dtype=P.dtype)[Y]  # (n, K)
        D, W = [P - T], self.W
        for layer, H in zip(reversed(self.hidden_layers), reversed(Z), strict=False):
            D.insert(0, D[0] @ W.T * layer._slope(H))  # (n, M_l)
            W = layer.W
        return Z, D

    def _gradients(self, X: Array, Y: Array, reg: float, scale: float) -> list[Array]:
        """Return the gradients of ``scale * J + reg * sum p^2`` by all parameters.

        ``dJ/dW_l = Z_(l-1)' D_l`` and ``dJ/db_l = sum D_l``, and of the squares ``2 reg p``. Those of the
        logistic layer come first.
        """
        Z, D = self._deltas(X, Y)
        gradients = [g for z, d in zip(Z, D, strict=True) for g in (scale * (z.T @ d), scale * d.sum(axis=0))]
        gradients = gradients[-2:] + gradients[:-2]
        if reg:
            gradients = [g + 2 * reg * p for g, p in zip(gradients, self.params, strict=True)]
        return gradients

    def _input_gradient(self, X: Array, Y: Array) -> Array:
        """Return ``dJ/dX = D_1 W_1'``, each row's own."""
        return self._deltas(X, Y)[1][0] @ self.hidden_layers[0].W.T  # (N, D)

    def _measure(self, X: Array, Y: Array) -> dict[str, float]:
        """Record mean cost and error rate."""
        A = self.logits(X)
        self.costs.append(-float(log_softmax(A)[np.arange(len(A)), Y].mean(dtype=float)))
        self.errors.append(error_rate(A.argmax(axis=1), Y))
        return {"cost": self.costs[-1]}

    def logits(self, X: Any) -> Any:
        """Return what the softmax is taken of, of shape (N, K)."""
        return self._called(self._logits, X)

    def forward(self, X: Any) -> Any:
        """Class probabilities, of shape (N, K)."""
        return self._called(self._probabilities, X)

    def predict(self, X: Any) -> Any:
        """Return the most probable class of each row, of shape (N,)."""
        return self._called(lambda X: self._logits(X).argmax(axis=1), X)
