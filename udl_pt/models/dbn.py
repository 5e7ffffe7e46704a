"""Chapter 4: the deep belief network, layers trained one on top of the other without labels."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

import numpy as np
import pytensor.tensor as pt
from numpy.typing import ArrayLike
from pytensor.graph.basic import Variable

from udl_pt._support.arguments import check_count, check_switches
from udl_pt._support.classes import own_constructor
from udl_pt._support.exceptions import DivergenceError, NotFittedError
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt.backends import Function, get_backend, shared
from udl_pt.models._dbn_files import read_layers, write_layers
from udl_pt.models._layer import Layer
from udl_pt.models._pretraining import pass_up
from udl_pt.models._stack import Stack
from udl_pt.models.rbm import RBM
from udl_pt.models.sampling import fantasies
from udl_pt.symbolic._step import apply_if_finite
from udl_pt.symbolic.calling import symbolic_or_array
from udl_pt.symbolic.updates import momentum_updates
from udl_pt.symbolic.variables import Symbolic, SymbolicLike, check_variable
from udl_pt.symbolic.weights import init_weights
from udl_pt.training.loop import show_costs
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

__all__ = ["DBN"]


@own_constructor
class DBN(Stack):
    """A stack of restricted Boltzmann machines or auto-encoders (chapter 4; Hinton, Osindero and Teh 2006).

    The constructor is `udl_pt.models._stack.Stack`'s: the layers' sizes, the `UnsupervisedModel`, and
    optionally `corruption`, `random_state` and `dtype`.

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
        run = Run.checked(
            X,
            dtype=self.dtype,
            rates=Rates(self.dtype),
            epochs=0,
            batch_sz=1,
            monitor=monitor,
            callbacks=callbacks,
            backend=get_backend(backend),
        )
        plan = self._check_pretraining(run, pretrain_epochs, pretrain_options, keep_layers=keep_layers)
        self._pretrain(run, plan)
        self._complete = True
        return self

    @overload
    def forward(self, X: SymbolicLike) -> Symbolic: ...
    @overload
    def forward(self, X: ArrayLike) -> np.ndarray: ...
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

    @overload
    def generate(self, start: SymbolicLike, steps: Sequence[int] = ...) -> Symbolic: ...
    @overload
    def generate(self, start: int | ArrayLike, steps: Sequence[int] = ...) -> np.ndarray: ...
    def generate(self, start: Any, steps: Sequence[int] = (1, 10, 100, 1000)) -> Any:
        """Draw from the model: Gibbs steps in the top machine, then down through the layers.

        Parameters
        ----------
        start : int, Variable or array_like of shape (N, D)
            Where the top machine's chains start: at so many rows of noise, or at data passed up.
        steps : sequence of int
            After how many Gibbs steps to take a picture: ascending, at least 1.

        Returns
        -------
        Variable or numpy.ndarray of shape (len(steps), N, D)
            Means of the visible units; on the way down every layer passes on its means. A graph where `start`
            is a PyTensor variable, else an array.

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
        if isinstance(start, Variable):
            check_variable(start, "start", n_features=self.n_features)
        if not isinstance(start, int | np.integer):
            for layer in below:
                start = layer.forward_hidden(start)
        pictures = fantasies(top, start, steps)
        flat = pictures.reshape((-1, top.n_features))
        for layer in reversed(below):
            flat = layer.backward(flat)
        return flat.reshape((pictures.shape[0], pictures.shape[1], -1))

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

        From a start drawn by `udl_pt.symbolic.weights.init_weights`, momentum steps make ``-log Z[0, k]``
        small. What bounds the input, any other layer, and all units at once are in
        `udl_pt.inspection.features.maximize`.

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
            When the cost or a step isn't finite.
        """
        check_switches(show_fig=show_fig)
        rates = Rates(self.dtype, learning_rate=learning_rate, mu=mu)
        epochs = check_count(epochs, "epochs", at_least=0)
        *below, top = self.hidden_layers
        self._check_settled("fit_to_input")
        if not all(hasattr(layer, "forward_params") for layer in self.hidden_layers):
            raise NotFittedError("this DBN has no parameters yet: call fit or load before fit_to_input")
        if check_count(k, "k", at_least=0) >= top.M:
            raise ValueError(f"k is {k}, but the last layer has units 0 to {top.M - 1}")
        if not (isinstance(top, Layer) and top.hidden_unit_interval):
            raise TypeError(
                f"the last layer is {type(top).__name__} without sigmoid units, whose log is the cost"
            )
        D = self.hidden_layers[0].n_features if isinstance(self.hidden_layers[0], Layer) else self.n_features
        X = shared(init_weights((1, D), self._generator, self.dtype), "X")
        dX = shared(np.zeros((1, D), self.dtype), "dX")
        cost = pt.softplus(-top.hidden_logits(pass_up(below, X))[0, k])  # -log of the sigmoid
        updates = momentum_updates(cost, [X], rates["learning_rate"], rates["mu"], [dX])
        sums, updates = apply_if_finite(updates, [X], unguarded=[dX])
        step = Function([], [cost, sums], updates, backend=self.backend, name="fit_to_input")
        costs: list[float] = []
        self.costs = costs  # another call, in another thread, has its own
        for epoch in range(1, epochs + 1):
            J, sums_of_step = step()
            costs.append(float(J))
            if not (np.isfinite(J) and np.isfinite(sums_of_step).all()):
                what = "step for" if np.isfinite(J) else "cost of"
                raise DivergenceError(
                    f"the {what} unit {k} is not finite in epoch {epoch}: take a smaller learning_rate or mu"
                )
        if show_fig:
            show_costs(costs, f"unit {k} of {self.title}")
        return np.asarray(X.get_value())

    def save(self, path: Any) -> None:
        """Write all layers into a safetensors file, with a digest.

        The file holds each layer's size, kinds of units and `id` (text or an integer), its parameters and
        velocities, its `costs`, `valid_costs` and `chains`. All are of one moment, also while another thread
        begins a fit. It does not hold a layer's corruption, which is code, the
        generators of draws, the backend, or the `costs` of `fit_to_input`. A variable that two layers share
        is stored twice.

        Parameters
        ----------
        path : path-like
            The file. One that is there is replaced and keeps its mode; through a symbolic link, the file
            that it points to. Whatever happens, the file is the old or the new one, whole.

        Raises
        ------
        TypeError
            When a layer is of another type than AutoEncoder and RBM, or `path` is no path.
        ValueError
            When a layer holds NaN or infinity, or the layers don't fit on top of each other.
        NotFittedError
            When there are no parameters yet, or the layers are in pretraining.
        OSError
            When the file can't be written.
        """
        write_layers(path, self)

    @staticmethod
    def load(path: Any) -> "DBN":
        """Read a network that `save` wrote.

        Its draws are seeded afresh, and it runs on the default backend. Files of earlier formats
        are read too. The first held no velocities, which are zero then; the second held no `valid_costs`.

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
        IsADirectoryError
            When it is a folder.
        OSError
            When it can't be read.
        DataError
            When it isn't such a file, is damaged, or holds what doesn't fit together.
        """
        layers, dtype = read_layers(path)
        dbn = DBN([layer.M for layer in layers], dtype=dtype)
        dbn.hidden_layers = layers
        dbn.n_features = layers[0].n_features
        dbn._complete = True
        return dbn
