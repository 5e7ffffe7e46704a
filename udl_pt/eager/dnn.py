"""Chapter 3's deep network, eager: pretrained greedily, fine-tuned by backpropagation written out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_switches
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt._support.interrupts import uninterruptible
from udl_pt.eager._beyond import FIT, check_beyond
from udl_pt.eager._layer import Array, MomentumStep, init_weights
from udl_pt.eager._stack import Stack
from udl_pt.training.loop import show_costs, train
from udl_pt.training.metrics import error_rate
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

__all__ = ["DNN"]

BEYOND = FIT | {
    "devices": None,
    "keep_layers": False,
    "pretrain_on_disk": False,
    "n_classes": None,
    "sample_weight": None,
    "validation": None,
    "dropout": 0.0,
    "max_norm": None,
    "adversarial": 0.0,
    "penalty": None,
    "optimiser": None,
    "frozen_layers": (),
    "augment": (),
}


def log_softmax(A: np.ndarray) -> np.ndarray:
    """Return ``a_k - log sum_j exp(a_j)`` of each row; its largest entry is subtracted against overflow."""
    A = A - A.max(axis=1, keepdims=True)  # (n, K)
    return np.asarray(A - np.log(np.exp(A).sum(axis=1, keepdims=True)))


class DNN(Stack):
    """Deep network of pretrained layers with a softmax on top, the twin of `udl_pt.DNN` (chapter 3).

    Its parameters are NumPy arrays. Draws and numbers are those of the symbolic class.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Number of hidden units of each layer, from the input on.
    UnsupervisedModel : callable or sequence of callable, optional
        Creates a layer from its size: `udl_pt.eager.AutoEncoder` (the default), `udl_pt.eager.RBM`, or a
        `functools.partial` of one with further arguments. One for all layers, or one for each.
    corruption : callable or None, or a sequence of them
        ``corruption(X, stream)`` returns a layer's input corrupted, in pretraining only. One for all layers,
        or one for each.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles for all layers. An int restarts at each fit; None is NumPy's global
        legacy generator.
    dtype : {"float64", "float32"}, optional
        Dtype of the parameters, float64 by default.
    **beyond
        The argument `rng` of `udl_pt.DNN`, at its default None: there is no dropout here.

    Attributes
    ----------
    hidden_layers : list of udl_pt.eager.AutoEncoder or udl_pt.eager.RBM
        The layers, from the input on.
    W, b : numpy.ndarray of shape (M, K) and (K,)
        The logistic layer.
    dW, db : numpy.ndarray
        Its velocities.
    params, dparams : list of numpy.ndarray
        ``[W, b]`` and the layers' weights and hidden biases, and the velocities of all.
    costs, errors : list of float
        Mean negative log-likelihood (nats) and error rate on the test set, as `fit` recorded them.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.eager import DNN
    >>> X, Y = np.tile(np.eye(2), (6, 1)), np.tile([0, 1], 6)  # class 0 is [1, 0], class 1 is [0, 1]
    >>> dnn = DNN([2], random_state=0)
    >>> dnn = dnn.fit(X, Y, X, Y, pretrain=False, learning_rate=0.5, mu=0.9, epochs=30, batch_sz=4)
    >>> dnn.predict([[0.9, 0.1], [0.2, 0.8]]).tolist(), dnn.errors[-1]
    ([0, 1], 0.0)
    """

    names = ("W", "b")
    W: Array
    b: Array
    dW: Array
    db: Array
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
        Xtest: Any = None,
        Ytest: Any = None,
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
        """Pretrain layer by layer, then train the whole network to predict the labels.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Training images, in [0, 1] where the layers read them as probabilities.
        Y : array_like of int of shape (N,)
            Their labels; each of 0 to K-1 must occur.
        Xtest, Ytest : array_like of shape (Ntest, D) and (Ntest,), optional
            Images and labels to measure `costs` and `errors` on. Without them both stay empty.
        pretrain : bool
            Whether to pretrain the layers, with their own default rates and batch size. Otherwise only their
            weights are drawn.
        learning_rate, mu : float
            Step size and momentum of fine-tuning.
        reg : float
            Weight of the trained parameters' summed squares in the cost.
        epochs, batch_sz : int
            Passes over the data in fine-tuning, and rows per step.
        show_fig : bool
            Show the curve of the costs at the end.
        pretrain_epochs : int or sequence of int
            Passes over the data for each layer: one number for all, or one for each.
        pretrain_options : mapping or sequence of mappings, optional
            Further arguments of the layers' ``fit``, such as ``{"batch_sz": 50}``: one mapping for all
            layers, or one for each.
        train_head_only : bool
            Train only the logistic layer, and keep the hidden layers as pretraining left them.
        monitor : {"epoch", "batch", None}
            When to measure the test set: once an epoch, after every batch, or never.
        callbacks : sequence of callable
            Each receives a `udl_pt.training.progress.Progress` after every epoch, in pretraining too.
        **beyond
            Arguments of `udl_pt.DNN.fit` without a twin, such as `dropout`, at their defaults.

        Returns
        -------
        DNN
            Itself.

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed.
        RuntimeError
            While another thread fits it or a layer of it, and in a callback of such a ``fit``.
        DivergenceError
            When a step isn't finite; the parameters are those before it.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.eager import DNN
        >>> X, Y = np.tile(np.eye(2), (6, 1)), np.tile([0, 1], 6)
        >>> dnn = DNN([2, 2], random_state=0)
        >>> options = {"batch_sz": 4}
        >>> dnn = dnn.fit(X, Y, X, Y, epochs=3, batch_sz=4, pretrain_epochs=2, pretrain_options=options)
        >>> [len(layer.costs) for layer in dnn.hidden_layers], len(dnn.errors)
        ([2, 2], 3)
        """
        check_beyond("DNN.fit", beyond, BEYOND)
        check_switches(pretrain=pretrain, train_head_only=train_head_only, show_fig=show_fig)
        run = Run.checked(
            X,
            Y,
            (Xtest, Ytest),
            dtype=self.dtype,
            rates=Rates(self.dtype, learning_rate=learning_rate, mu=mu, unless_zero={"reg": reg}),
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
        self._pretrain(run, *plan)
        self._set_head(init_weights((self.hidden_layers[-1].M, run.n_classes), self._generator, self.dtype))
        self.costs, self.errors = [], []
        self._head_only = bool(train_head_only)
        if run.epochs > 0:
            n = 2 if train_head_only else len(self.params)
            step = MomentumStep(
                lambda X, Y, reg=0.0: self._gradients(X, Y, reg, 1 / run.batch_sz)[:n],
                self.params[:n],
                self.dparams[:n],
                self._names()[:n],
                rates=[name for name in run.rates if name == "reg"],
            )
            train(
                step,
                run,
                generator=self._generator,
                stage=self.title,
                measure=lambda: self._measure(*run.test) if run.test else {},
                model=self,
            )
        if show_fig:
            show_costs(self.costs, self.title)
        return self

    @uninterruptible
    def _set_head(self, W: Array) -> None:
        """Set the logistic layer."""
        self._replace(W=W, b=np.zeros(W.shape[1], self.dtype))
        self._complete = True

    @property
    def velocities(self) -> list[Any]:
        """Velocities of the weight matrices that the last fit trained, from the input on."""
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

        J is the cost, summed over the rows. At the top ``D = P - T``, with T the one-hot labels. Below,
        ``D_l = (D_(l+1) W_(l+1)') s'(A_l)`` with ``s' = Z (1 - Z)``.
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
        """Return the logits: the logistic layer's values, of which the softmax yields probabilities.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Images.

        Returns
        -------
        numpy.ndarray of shape (N, K)

        Raises
        ------
        ValueError, TypeError
            For bad input, and before `fit`.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.eager import DNN
        >>> X, Y = np.tile(np.eye(2), (6, 1)), np.tile([0, 1], 6)  # class 0 is [1, 0], class 1 is [0, 1]
        >>> dnn = DNN([2], random_state=0)
        >>> dnn = dnn.fit(X, Y, X, Y, pretrain=False, learning_rate=0.5, mu=0.9, epochs=30, batch_sz=4)
        >>> A = dnn.logits([[1, 0]])
        >>> bool(np.allclose(dnn.forward([[1, 0]]), np.exp(A) / np.exp(A).sum()))
        True
        """
        return self._called(self._logits, X)

    def forward(self, X: Any) -> Any:
        """Compute the class probabilities of each row, the softmax of its logits.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Images.

        Returns
        -------
        numpy.ndarray of shape (N, K)
            Rows of sum 1.

        Raises
        ------
        ValueError, TypeError
            For bad input, and before `fit`.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.eager import DNN
        >>> X, Y = np.tile(np.eye(2), (6, 1)), np.tile([0, 1], 6)  # class 0 is [1, 0], class 1 is [0, 1]
        >>> dnn = DNN([2], random_state=0)
        >>> dnn = dnn.fit(X, Y, X, Y, pretrain=False, learning_rate=0.5, mu=0.9, epochs=30, batch_sz=4)
        >>> dnn.forward([[1, 0], [0, 1]]).round(2).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        """
        return self._called(self._probabilities, X)

    def predict(self, X: Any) -> Any:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Images.

        Returns
        -------
        numpy.ndarray of int of shape (N,)

        Raises
        ------
        ValueError, TypeError
            For bad input, and before `fit`.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.eager import DNN
        >>> X, Y = np.tile(np.eye(2), (6, 1)), np.tile([0, 1], 6)  # class 0 is [1, 0], class 1 is [0, 1]
        >>> dnn = DNN([2], random_state=0)
        >>> dnn = dnn.fit(X, Y, X, Y, pretrain=False, learning_rate=0.5, mu=0.9, epochs=30, batch_sz=4)
        >>> dnn.predict([[0.9, 0.1], [0.2, 0.8]]).tolist()
        [0, 1]
        """
        return self._called(lambda X: self._logits(X).argmax(axis=1), X)
