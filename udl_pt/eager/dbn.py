"""Chapter 4's deep belief network, eager, and chapter 5's search for an input that drives a unit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import expit as s

from udl_pt._support.arguments import check_count, check_switches
from udl_pt._support.classes import own_constructor
from udl_pt._support.exceptions import DivergenceError, NotFittedError
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt._support.refusals import check_unit
from udl_pt.eager._beyond import FIT, check_beyond
from udl_pt.eager._layer import MomentumStep, init_weights, softplus
from udl_pt.eager._stack import Stack
from udl_pt.training.loop import show_costs
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

__all__ = ["DBN"]


@own_constructor
class DBN(Stack):
    """Stack of RBMs or auto-encoders on NumPy arrays, the twin of `udl_pt.DBN` (chapter 4).

    Draws and numbers are those of the symbolic class.

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

    Attributes
    ----------
    hidden_layers : list of udl_pt.eager.AutoEncoder or udl_pt.eager.RBM
        The layers, from the input on.
    params : list of numpy.ndarray
        The layers' weights and hidden biases.
    costs : list of float
        Costs that `fit_to_input` recorded, in nats.

    References
    ----------
    Hinton, Osindero and Teh, A Fast Learning Algorithm for Deep Belief Nets, 2006.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.eager import DBN, RBM
    >>> X = np.tile(np.eye(3), (4, 1))  # 12 rows
    >>> dbn = DBN([2, 1], UnsupervisedModel=RBM, random_state=0).fit(X, pretrain_options={"batch_sz": 4})
    >>> [p.shape for p in dbn.params]  # W and c of each layer
    [(3, 2), (2,), (2, 1), (1,)]
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
        """Train the layers one after the other, each on the hidden values of the one below.

        Parameters
        ----------
        X : array_like of shape (N, D)
            The first layer's data.
        pretrain_epochs : int or sequence of int
            Passes over the data for each layer: one number for all, or one for each.
        pretrain_options : mapping or sequence of mappings, optional
            Further arguments of the layers' ``fit``, such as ``{"batch_sz": 50}``: one mapping for all
            layers, or one for each.
        monitor : {"epoch", "batch", None}
            When each layer records its cost: once an epoch, after every batch, or never.
        callbacks : sequence of callable
            Each receives a `udl_pt.training.progress.Progress` after every epoch of a layer.
        **beyond
            Arguments of `udl_pt.DBN.fit` without a twin, such as `keep_layers`, at their defaults.

        Returns
        -------
        DBN
            Itself.

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed.
        RuntimeError
            While another thread fits it or a layer of it, and in a callback of such a ``fit``.
        DivergenceError
            When a layer's step isn't finite; the network has no parameters then.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.eager import DBN
        >>> X = np.tile(np.eye(3), (4, 1))  # 12 rows
        >>> dbn = DBN([2, 1], random_state=0)
        >>> dbn = dbn.fit(X, pretrain_epochs=[3, 5], pretrain_options={"batch_sz": 4})
        >>> [len(layer.costs) for layer in dbn.hidden_layers]
        [3, 5]
        """
        check_beyond("DBN.fit", beyond, {"keep_layers": False, "pretrain_on_disk": False} | FIT)
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
        """Encode data through all layers, the values of one being the input of the next.

        Parameters
        ----------
        X : array_like of shape (N, D)
            The first layer's data.

        Returns
        -------
        numpy.ndarray of shape (N, M)
            The last layer's hidden values.

        Raises
        ------
        ValueError, TypeError
            For bad input, and before `fit`.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.eager import DBN
        >>> X = np.tile(np.eye(3), (4, 1))  # 12 rows
        >>> dbn = DBN([2, 1], random_state=0).fit(X, pretrain_options={"batch_sz": 4})
        >>> below, top = dbn.hidden_layers
        >>> bool(np.allclose(dbn.forward(X), top.forward_hidden(below.forward_hidden(X))))
        True
        """
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
        """Find an input that drives unit `k` of the last layer, by gradient descent (chapter 5).

        The start is drawn as initial weights are. Then momentum steps reduce ``J = -log Z[0, k]``, with Z the
        last layer's hidden values.

        Parameters
        ----------
        k : int
            Number of the unit, from 0.
        learning_rate, mu : float
            Step size and momentum.
        epochs : int
            Number of steps.
        show_fig : bool
            Show the curve of the costs at the end.

        Returns
        -------
        numpy.ndarray of shape (1, D)
            The input. `costs` holds J (nats) before each step.

        Raises
        ------
        ValueError, TypeError
            For bad input, before `fit`, and for a last layer without sigmoid units.
        DivergenceError
            When the cost or a step isn't finite.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.eager import DBN, AutoEncoder
        >>> dbn = DBN([1], random_state=0)
        >>> dbn.hidden_layers = [AutoEncoder.createFromArrays([[1.0], [-2.0]], bh=[0.0], bo=[0.0, 0.0])]
        >>> X = dbn.fit_to_input(0, epochs=50)
        >>> np.sign(X).tolist(), round(dbn.costs[-1], 3)  # the signs of the unit's weights
        ([[1.0, -1.0]], 0.0)
        """
        check_switches(show_fig=show_fig)
        rates = Rates(self.dtype, learning_rate=learning_rate, mu=mu)
        epochs = check_count(epochs, "epochs", at_least=0)
        self._check_settled("fit_to_input")
        if not all(hasattr(layer, "params") for layer in self.hidden_layers):
            raise NotFittedError("this DBN has no parameters yet: call fit before fit_to_input")
        M, D = self.hidden_layers[-1].M, len(self.hidden_layers[0].W)
        check_unit(k, M)
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
                    f"the {what} unit {k} is not finite in epoch {epoch}: use a smaller learning_rate or mu"
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
        """Return dJ/dX: from ``dJ/da_k = -s(-a_k)`` down by ``dJ/dZ_(l-1) = (dJ/dZ_l s'(A_l)) W_l'``."""
        Z = self._activations(X)
        *below, top = self.hidden_layers
        dZ = -s(-self._logit_of_unit(Z, k))[:, None] * top.W[:, k]  # (1, M_(L-1))
        for layer, H in zip(reversed(below), reversed(Z[:-1]), strict=False):
            dZ = dZ * layer._slope(H) @ layer.W.T  # (1, M_(l-1))
        return np.asarray(dZ)
