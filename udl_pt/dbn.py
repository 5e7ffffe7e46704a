"""Chapter 4: the deep belief network, layers trained one on top of the other without labels."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt

from udl_pt.autoencoder import AutoEncoder
from udl_pt.backend import Function, shared
from udl_pt.calling import symbolic_or_array
from udl_pt.fitting import one_fit_at_a_time
from udl_pt.graph import init_weights
from udl_pt.layer import Layer
from udl_pt.pretraining import Stack, pass_up
from udl_pt.random import RandomStreams
from udl_pt.rates import Rates
from udl_pt.rbm import RBM
from udl_pt.sampling import fantasies
from udl_pt.storage import read_arrays, write_arrays
from udl_pt.training import Progress, show_costs
from udl_pt.updates import momentum_updates
from udl_pt.validation import (
    DataError,
    DivergenceError,
    NotFittedError,
    check_count,
    check_matrix,
)

__all__ = ["DBN"]

FORMAT = "udl_pt DBN 1"


class DBN(Stack):
    """A stack of restricted Boltzmann machines or auto-encoders (chapter 4; Hinton, Osindero and Teh 2006).

    Made as `udl_pt.pretraining.Stack` says, of the layers' sizes, the `UnsupervisedModel`, and at will
    `corruption`, `random_state` and `dtype`.

    Attributes
    ----------
    hidden_layers : list of models
        One a hidden layer, from the input on.
    params : list of SharedVariable
        The layers' forward parameters.
    costs : list of float
        What `fit_to_input` recorded, once it was called.
    """

    @one_fit_at_a_time
    def fit(
        self,
        X: Any,
        pretrain_epochs: int | Sequence[int] = 1,
        *,
        pretrain_options: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        keep_layers: bool = False,
        monitor: str | None = "epoch",
        backend: str | None = None,
        callbacks: Sequence[Callable[[Progress], Any]] = (),
    ) -> "DBN":
        """Train layer by layer; each learns from what the one below gives.

        Parameters
        ----------
        X : array_like of shape (N, D)
            The first layer's data.
        pretrain_epochs : int or sequence of int
            Epochs for each layer.
        pretrain_options : mapping or sequence of mappings, optional
            Further arguments of the layers' ``fit``: the same for all, or one mapping a layer.
        keep_layers : bool
            Leave layers that have parameters already, loaded or trained before, as they are.
        monitor, backend, callbacks
            As of the layers' ``fit``.

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
        """
        X = check_matrix(X, dtype=self.dtype)
        pretrain, _ = self._pretraining(
            X,
            pretrain_epochs,
            pretrain_options,
            keep_layers=keep_layers,
            monitor=monitor,
            backend=backend,
            callbacks=callbacks,
        )
        pretrain(X)
        self._complete = True
        return self

    @symbolic_or_array
    def forward(self, X: Any) -> Any:
        """Pass data up through all layers.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)

        Returns
        -------
        Variable or numpy.ndarray of shape (N, M) with the last layer's M
            A graph where `X` is a PyTensor variable, else an array.
        """
        return self._up(X)

    def generate(self, start: Any, steps: Sequence[int] = (1, 10, 100, 1000)) -> np.ndarray:
        """Draw from the model: Gibbs steps in the top machine, then down through the layers.

        Parameters
        ----------
        start : int or array_like of shape (N, D)
            Where the top machine's chains start: at so many rows of noise, or at data passed up.
        steps : sequence of int
            After how many Gibbs steps to take a picture: ascending, at least 1.

        Returns
        -------
        numpy.ndarray of shape (len(steps), N, D)
            Means of the visible units; on the way down every layer passes on its means.

        Raises
        ------
        TypeError
            When the top layer isn't an RBM.
        """
        *below, top = self.hidden_layers
        self._check_fitted("generate")
        if not isinstance(top, RBM):
            raise TypeError(
                f"the top layer is of type {type(top).__name__}, and only an RBM has a distribution to draw "
                "from: DBN(sizes, UnsupervisedModel=RBM)"
            )
        if not isinstance(start, int | np.integer):
            for layer in below:
                start = layer.forward_hidden(start)
        pictures = fantasies(top, start, steps)
        flat = pictures.reshape(-1, pictures.shape[-1])
        for layer in reversed(below):
            flat = layer.backward(flat)
        return np.asarray(flat).reshape(*pictures.shape[:2], -1)

    def fit_to_input(
        self,
        k: int,
        learning_rate: float = 1.0,
        mu: float = 0.99,
        epochs: int = 1000,
        *,
        show_fig: bool = False,
    ) -> np.ndarray:
        """Find an input that drives unit `k` of the last layer, the author's way (chapter 5).

        From a start drawn by `udl_pt.graph.init_weights`, momentum steps make ``-log Z[0, k]`` small. What
        bounds the input, any other layer, and all units at once are in `udl_pt.features.maximize`.

        Parameters
        ----------
        k : int
            Which unit.
        learning_rate, mu : float
            Step size and momentum.
        epochs : int
            Steps.
        show_fig : bool
            Show the costs' curve at the end.

        Returns
        -------
        numpy.ndarray of shape (1, D)
            The input. `costs` has what it cost (nats) before each step.

        Raises
        ------
        ValueError, TypeError
            For bad input.
        DivergenceError
            When the cost isn't finite any more.
        """
        rates = Rates(self.dtype, learning_rate=learning_rate, mu=mu)
        epochs = check_count(epochs, "epochs", at_least=0)
        *below, top = self.hidden_layers
        if not all(hasattr(layer, "forward_params") for layer in self.hidden_layers):
            raise NotFittedError("this DBN has no parameters yet: call fit or load before fit_to_input")
        if check_count(k, "k", at_least=0) >= top.M:
            raise ValueError(f"k is {k}, but the last layer has units 0 to {top.M - 1}")
        if not (isinstance(top, Layer) and top.hidden_unit_interval):
            raise TypeError(
                f"the last layer is {type(top).__name__} without sigmoid units, whose log is the cost"
            )
        D = self.hidden_layers[0].forward_params[0].get_value(borrow=True).shape[0]
        X = shared(init_weights((1, D), self._generator, self.dtype), "X")
        dX = shared(np.zeros((1, D), self.dtype), "dX")
        cost = pt.softplus(-top.hidden_logits(pass_up(below, X))[0, k])  # -log of the sigmoid
        step = Function(
            [],
            cost,
            momentum_updates(cost, [X], rates["learning_rate"], rates["mu"], [dX]),
            backend=self.backend,
            name="fit_to_input",
        )
        costs: list[float] = []
        self.costs = costs  # another call, in another thread, has its own
        for epoch in range(1, epochs + 1):
            costs.append(float(step()))
            if not np.isfinite(costs[-1]):
                raise DivergenceError(
                    f"the cost of unit {k} is not finite in epoch {epoch}: take a smaller learning_rate or mu"
                )
        if show_fig:
            show_costs(costs, f"unit {k} of {self.title}")
        return np.asarray(X.get_value())

    def save(self, path: Any) -> None:
        """Write all layers into a safetensors file, with a digest; not their corruption, which is code.

        Parameters
        ----------
        path : path-like
            The file; one that is there is replaced.

        Raises
        ------
        TypeError
            When a layer is of another type than AutoEncoder and RBM.
        """
        self._check_fitted("save")
        arrays: dict[str, np.ndarray] = {}
        facts: list[dict[str, Any]] = []
        for number, layer in enumerate(self.hidden_layers, start=1):
            kind = type(layer).__name__
            if type(layer) not in (AutoEncoder, RBM):
                raise TypeError(f"layer {number} is of type {kind}, expected AutoEncoder or RBM")
            facts.append({"model": kind, "M": layer.M, "unit_interval": layer.unit_interval})
            if isinstance(layer, RBM):
                facts[-1] |= {"visible": layer.visible, "learn_variance": layer.learn_variance}
            else:
                facts[-1] |= {"hidden": layer.hidden, "output": layer.output}
            arrays |= {f"{number}.{p.name}": p.get_value() for p in layer.params}
        write_arrays(path, arrays, {"format": FORMAT, "dtype": self.dtype, "layers": facts})

    @staticmethod
    def load(path: Any) -> "DBN":
        """Read a network that `save` wrote; its streams of draws are seeded afresh.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        DBN

        Raises
        ------
        FileNotFoundError
            When there is no such file.
        DataError
            When it isn't such a file, or is damaged.
        """
        arrays, facts = read_arrays(path)
        if facts.get("format") != FORMAT:
            raise DataError(f"{path} holds {facts.get('format')!r}, expected {FORMAT!r}")
        dbn = DBN([layer["M"] for layer in facts["layers"]], dtype=facts["dtype"])
        dbn.hidden_layers = [
            _restored(layer, {n.split(".")[1]: a for n, a in arrays.items() if n.startswith(f"{number}.")})
            for number, layer in enumerate(facts["layers"], start=1)
        ]
        dbn.n_features = dbn.hidden_layers[0].n_features
        dbn._complete = True
        return dbn


def _restored(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Any:
    """Make a layer from what `DBN.save` wrote of it."""
    dtype = arrays["W"].dtype
    if facts["model"] == "RBM":
        rbm = RBM(
            facts["M"],
            visible=facts["visible"],
            learn_variance=facts["learn_variance"],
            rng=RandomStreams(),
            dtype=dtype,
        )
        rbm._set_params(**{name: arrays[name] for name in ("W", "c", "b", "z") if name in arrays})
        return rbm
    ae = AutoEncoder(
        facts["M"], hidden=facts.get("hidden", "sigmoid"), output=facts.get("output", "sigmoid"), dtype=dtype
    )
    ae._set_params(**{name: arrays[name] for name in ("W", "bh", "bo")})
    ae.unit_interval = facts["unit_interval"]
    return ae
