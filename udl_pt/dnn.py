"""Chapter 3: a deep network, greedily pretrained and then fine-tuned with a logistic layer on top."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Variable

from udl_pt.autoencoder import AutoEncoder
from udl_pt.backend import Function, get_backend, shared
from udl_pt.calling import in_chunks, symbolic_or_array
from udl_pt.graph import categorical_cross_entropy, init_weights
from udl_pt.metrics import error_rate
from udl_pt.pretraining import Stack
from udl_pt.training import MONITORS, Progress, show_costs, train
from udl_pt.updates import MomentumStep
from udl_pt.validation import (
    check_callbacks,
    check_count,
    check_epochs,
    check_labels,
    check_matrix,
    check_number,
    check_option,
)

__all__ = ["DNN"]


class DNN(Stack):
    """A deep network of sigmoid layers with a softmax on top (chapter 3).

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Hidden units of each layer, such as the book's ``[1000, 750, 500]``.
    UnsupervisedModel : callable
        Makes a layer from its size: `AutoEncoder`, or a `functools.partial` with further arguments.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles for all layers. None is NumPy's global legacy generator.
    dtype : {"float64", "float32"}, optional
        PyTensor's floatX where not given.

    Attributes
    ----------
    hidden_layers : list of models
        One a hidden layer, from the input on.
    W, b : SharedVariable of shape (M, K) and (K,)
        The logistic layer, with velocities `dW` and `db`.
    params, dparams : list of SharedVariable
        ``[W, b]`` and the layers' forward parameters, and their velocities.
    costs, errors : list of float
        Mean negative log-likelihood (nats) and error rate on the test set, as recorded in ``fit``.
    """

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int],
        UnsupervisedModel: Callable[..., Any] = AutoEncoder,
        *,
        random_state: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(hidden_layer_sizes, UnsupervisedModel, random_state=random_state, dtype=dtype)
        self.costs: list[float] = []
        self.errors: list[float] = []

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
        pretrain_epochs: int = 1,
        pretrain_options: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        train_head_only: bool = False,
        monitor: str | None = "epoch",
        backend: str | None = None,
        callbacks: Sequence[Callable[[Progress], Any]] = (),
    ) -> "DNN":
        """Pretrain layer by layer, then train the whole network to predict the labels.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Training images, in [0, 1] where the layers read them as probabilities.
        Y : array_like of int of shape (N,)
            Their labels; each of 0 to K-1 must occur.
        Xtest, Ytest : array_like of shape (Ntest, D) and (Ntest,)
            What `costs` and `errors` are measured on.
        pretrain : bool
            Whether to pretrain. Pretraining takes the layers' own defaults for learning rate, momentum and
            batch size; its velocities carry over into fine-tuning, as in the listing.
        learning_rate, mu : float
            Step size and momentum of fine-tuning.
        reg : float
            Weight of the parameters' squared magnitude in the cost. The listing has 0.1 in its signature
            and doesn't use it; 0 gives its numbers.
        epochs, batch_sz : int
            Passes over the data in fine-tuning, and rows a step.
        show_fig : bool
            Show the costs' curve at the end.
        pretrain_epochs : int
            Epochs for each layer.
        pretrain_options : mapping or sequence of mappings, optional
            Further arguments of the layers' ``fit``: the same for all, or one mapping a layer.
        train_head_only : bool
            Leave the hidden layers as pretraining made them; train the logistic layer alone.
        monitor : {"epoch", "batch", None}
            When to measure the test set.
        backend : {"numba", "c", "jax"}, optional
            See `udl_pt.set_backend`.
        callbacks : sequence of callable
            Each gets a `udl_pt.training.Progress` after every epoch, in pretraining too.

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
        check_option(monitor, "monitor", MONITORS)
        hyper = {
            "learning_rate": check_number(learning_rate, "learning_rate", at_least=0),
            "mu": check_number(mu, "mu", at_least=0, at_most=1),
        }
        reg = check_number(reg, "reg", at_least=0)
        backend = get_backend(backend)
        X = check_matrix(X, dtype=self.dtype)
        N, D = X.shape
        Xtest = check_matrix(Xtest, "Xtest", dtype=self.dtype, n_features=D)
        Y = check_labels(Y, "Y", n_samples=N)
        K = int(Y.max()) + 1
        Ytest = check_labels(Ytest, "Ytest", n_samples=len(Xtest), n_classes=K)
        epochs, batch_sz = check_epochs(epochs, batch_sz, N, "fine-tuning")
        pretrain_epochs = check_count(pretrain_epochs, "pretrain_epochs", at_least=0)
        check_callbacks(callbacks)

        todo = (pretrain_epochs, pretrain_options) if pretrain else (0, None)
        self._pretrain(X, *todo, backend, monitor=monitor, callbacks=callbacks)
        self._set_params(init_weights((self.hidden_layers[-1].M, K), self._generator, self.dtype))
        self.costs, self.errors = [], []
        if epochs > 0:
            hyper["scale"] = 1 / batch_sz
            if reg > 0:
                hyper["reg"] = reg
            train(
                self._step(K, 2 if train_head_only else len(self.params), reg > 0),
                [X, Y],
                epochs=epochs,
                batch_sz=batch_sz,
                generator=self._generator,
                hyper=hyper,
                dtype=self.dtype,
                stage=self._title(),
                measure=self._measure(Xtest, Ytest, K),
                monitor=monitor,
                callbacks=callbacks,
            )
        if show_fig:
            show_costs(self.costs, self._title())
        return self

    def _title(self) -> str:
        return f"DNN({[layer.M for layer in self.hidden_layers]})"

    def _set_params(self, W: np.ndarray) -> None:
        """Make the logistic layer anew and gather the layers' parameters."""
        b = np.zeros(W.shape[1], self.dtype)
        self.W, self.b = shared(W, "W"), shared(b, "b")
        self.dW, self.db = shared(np.zeros_like(W), "dW"), shared(np.zeros_like(b), "db")
        self.params = [self.W, self.b, *self._forward_params()]
        self.dparams = [self.dW, self.db] + [v for layer in self.hidden_layers for v in layer.forward_dparams]

    def _step(self, K: int, n_params: int, regularised: bool) -> MomentumStep:
        X_in, targets = pt.matrix("X_in", dtype=self.dtype), pt.ivector("targets")
        scale = pt.scalar("scale", dtype=self.dtype)  # one over the batch's rows: JAX can't divide by a shape
        cost = categorical_cross_entropy(targets, self._logits(X_in), K).sum() * scale
        scalars = [scale]
        if regularised:
            scalars.append(pt.scalar("reg", dtype=self.dtype))
            cost += scalars[1] * pt.add(*[(p * p).sum() for p in self.params[:n_params]])
        return MomentumStep(
            cost,
            [X_in, targets],
            self.params[:n_params],
            self.dparams[:n_params],
            scalars=scalars,
            dtype=self.dtype,
            backend=get_backend(self.backend),
            name=f"{self._title()} train_op",
            names=self._names()[:n_params],
        )

    def _names(self) -> list[str]:
        names = ["W of the logistic layer", "b of the logistic layer"]
        for number, layer in enumerate(self.hidden_layers, start=1):
            names += [f"{p.name} of layer {number}" for p in layer.forward_params]
        return names

    def _measure(self, Xtest: np.ndarray, Ytest: np.ndarray, K: int) -> Callable[[], float]:
        """Record cost and error on the test set."""
        X_in, targets = pt.matrix("X_in", dtype=self.dtype), pt.ivector("targets")
        logits = self._logits(X_in)
        cost_predict_op = Function(
            [X_in, targets],
            [categorical_cross_entropy(targets, logits, K).sum(), logits.argmax(axis=1)],
            backend=self.backend,
            name=f"{self._title()} cost_predict_op",
        )

        def measure() -> float:
            total = 0.0
            predictions: list[np.ndarray] = []
            for chunk in in_chunks(Xtest, self.dtype):
                start = sum(len(p) for p in predictions)
                cost, prediction = cost_predict_op(chunk, Ytest[start : start + len(chunk)])
                total += float(cost)
                predictions.append(prediction)
            self.costs.append(total / len(Xtest))
            self.errors.append(error_rate(np.concatenate(predictions), Ytest))
            return self.costs[-1]

        return measure

    def _logits(self, X: Variable) -> Variable:
        return self._up(X).dot(self.W) + self.b

    @symbolic_or_array
    def forward(self, X: Any) -> Any:
        """Class probabilities: the softmax of the last layer.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)

        Returns
        -------
        Variable or numpy.ndarray of shape (N, K)
            A graph where `X` is a PyTensor variable, else an array.
        """
        return pt.special.softmax(self._logits(X), axis=-1)

    @symbolic_or_array
    def predict(self, X: Any) -> Any:
        """Give the most probable class of each row.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)

        Returns
        -------
        Variable or numpy.ndarray of int of shape (N,)
            A graph where `X` is a PyTensor variable, else an array.
        """
        return pt.argmax(self._logits(X), axis=1)
