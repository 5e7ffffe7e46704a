"""Chapter 4: the deep belief network, layers trained one on top of the other without labels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, overload

import numpy as np
import pytensor.tensor as pt
from numpy.typing import ArrayLike
from pytensor.gradient import disconnected_grad
from pytensor.graph.basic import Variable

from udl_pt._support.arguments import check_count, check_switches
from udl_pt._support.classes import own_constructor
from udl_pt._support.exceptions import DivergenceError, NotFittedError
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt._support.refusals import check_unit
from udl_pt.backends import Function, get_backend, shared
from udl_pt.models._attributes import Attributes
from udl_pt.models._dbn_files import FORMATS, check, restored_layers
from udl_pt.models._layer import Layer
from udl_pt.models._pretraining import pass_up
from udl_pt.models._saved import OLD_FORMATS, OldFormat
from udl_pt.models._stack import Stack
from udl_pt.models._warm_start import goes_on
from udl_pt.models.rbm import RBM
from udl_pt.models.sampling import fantasies
from udl_pt.symbolic._step import apply_if_finite
from udl_pt.symbolic.calling import symbolic_or_array
from udl_pt.symbolic.updates import momentum_updates
from udl_pt.symbolic.variables import Symbolic, SymbolicLike, check_variable
from udl_pt.symbolic.weights import init_weights
from udl_pt.training._resumable import resumable
from udl_pt.training.loop import show_costs
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

__all__ = ["DBN"]


@own_constructor
class DBN(Stack):
    """A stack of restricted Boltzmann machines or auto-encoders (chapter 4; Hinton, Osindero and Teh 2006).

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Number of hidden units of each layer, from the input on, such as the book's ``[1000, 750, 500]``.
    UnsupervisedModel : callable or sequence of callable
        Creates a layer from its size: `AutoEncoder`, `RBM`, or a `functools.partial` of one with further
        arguments. It is the same for all layers, or a sequence has one for each layer.
    corruption : callable or None, or a sequence of them
        ``corruption(X, stream)`` returns the corrupted batch that a layer encodes in pretraining, such as
        ``udl_pt.symbolic.corruption.masking(0.3)``. It is the same for all layers, or a sequence has one for
        each layer.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles of all layers. An int restarts the draws in each fit. None is NumPy's
        global legacy generator.
    dtype : {"float64", "float32"}, optional
        Dtype of parameters and results. The default is PyTensor's floatX.

    Attributes
    ----------
    hidden_layers : list of models
        One for each size, from the input on.
    params : list of SharedVariable
        Weights and hidden biases of the layers, from the input on.
    costs : list of float
        Costs that `fit_to_input` recorded, once it was called.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import DBN, RBM
    >>> X = np.repeat(np.eye(4), 5, axis=0)
    >>> dbn = DBN([3, 2], UnsupervisedModel=RBM, random_state=0)
    >>> dbn.fit(X, pretrain_epochs=2, pretrain_options={"batch_sz": 5})
    <DBN([3, 2], UnsupervisedModel='RBM'), fitted to 4 features>
    >>> dbn.forward(X).shape
    (20, 2)
    """

    @one_fit_at_a_time
    @resumable
    def fit(
        self,
        X: Any,
        pretrain_epochs: int | Sequence[int] = 1,
        *,
        pretrain_options: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        keep_layers: bool = False,
        pretrain_on_disk: bool = False,
        monitor: str | None = "epoch",
        backend: str | None = None,
        callbacks: Sequence[Callable[[Progress], Any]] = (),
        warm_start: bool = False,
        resume: Any = None,
        verbose: bool = False,
    ) -> "DBN":
        """Train layer by layer: each layer learns from the hidden values of the one below.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Data of the first layer. For files, tables and batches see ``docs/large_data.md``.
        pretrain_epochs : int or sequence of int
            Epochs: the same for all layers, or one number for each layer.
        pretrain_options : mapping or sequence of mappings, optional
            Further arguments of the layers' ``fit``: the same for all layers, or one mapping for each layer.
        keep_layers : bool
            Whether layers that have parameters already, loaded or trained before, stay as they are.
        pretrain_on_disk : bool
            Whether to keep the inputs of the layers above the first in temporary files instead of in memory.
            The numbers stay the same. Set the environment variable TMPDIR to another folder if the usual one
            is in memory itself (tmpfs).
        monitor : {"epoch", "batch", None}
            When the layers record their costs: after every epoch, after every batch, or never.
        backend : {"numba", "c", "jax"}, optional
            Backend of the training. The default is the choice of `udl_pt.set_backend`.
        callbacks : sequence of callable
            Each is called with a `udl_pt.training.progress.Progress` after every epoch of every layer.
            `udl_pt.callbacks` has some.
        warm_start : bool
            Whether training goes on from the present parameters, where there are some, instead of new ones.
            Each layer goes on, from the first one up.
        resume : path-like, optional
            A file of `udl_pt.callbacks.Checkpoint`, from which this fit goes on. Where there is none, it
            starts anew.
        verbose : bool
            Whether to show progress, as `udl_pt.callbacks.ProgressBar` does.

        Returns
        -------
        DBN
            Itself.

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed.
        OSError
            When `pretrain_on_disk` is True, and a temporary file can't be written. The network is as it was.
        RuntimeError
            While another thread fits it or a layer of it, and in a callback of such a ``fit``.
        DivergenceError
            When a layer's step or recorded cost is not finite. The network has no parameters then.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import DBN, RBM
        >>> X = np.repeat(np.eye(4), 5, axis=0)
        >>> dbn = DBN([3, 2], UnsupervisedModel=RBM, random_state=0)
        >>> dbn = dbn.fit(X, pretrain_epochs=[2, 1], pretrain_options={"batch_sz": 5})
        >>> [layer.W.get_value().shape for layer in dbn.hidden_layers]
        [(4, 3), (3, 2)]
        >>> [len(layer.costs) for layer in dbn.hidden_layers]
        [2, 1]
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
        warm = goes_on(self, warm_start)
        plan = self._check_pretraining(
            run,
            pretrain_epochs,
            pretrain_options,
            keep_layers=keep_layers,
            pretrain_on_disk=pretrain_on_disk,
        )
        if warm and not keep_layers:
            self._check_kept(run.data[0], "warm_start")
            plan = replace(
                plan, options=self._check_options([{"warm_start": True, **own} for own in plan.options])
            )
        self._pretrain(run, plan, warm=warm)
        self._complete = True
        return self

    @overload
    def forward(self, X: SymbolicLike) -> Symbolic: ...
    @overload
    def forward(self, X: ArrayLike) -> np.ndarray: ...
    @symbolic_or_array
    def forward(self, X: Any) -> Any:
        """Encode the data: pass them up through all layers.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)
            Data.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, M)
            Hidden values of the last layer, which has M units. A graph if `X` is a PyTensor variable,
            otherwise an array.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import DBN, RBM
        >>> dbn = DBN([2, 1], UnsupervisedModel=RBM)
        >>> dbn.hidden_layers = [
        ...     RBM.createFromArrays(200 * np.eye(2), c=[-100, -100], b=[0, 0]),  # copies its input
        ...     RBM.createFromArrays([[1], [-1]], c=[0], b=[0, 0]),
        ... ]
        >>> dbn.fit(np.eye(2), keep_layers=True).forward([[1, 1], [1, 0]]).round(3).tolist()
        [[0.5], [0.731]]
        """
        return self._up(X)

    @overload
    def generate(self, start: SymbolicLike, steps: Sequence[int] = ...) -> Symbolic: ...
    @overload
    def generate(self, start: int | ArrayLike, steps: Sequence[int] = ...) -> np.ndarray: ...
    def generate(self, start: Any, steps: Sequence[int] = (1, 10, 100, 1000)) -> Any:
        """Draw from the model: run Gibbs steps in the top RBM, then pass the result down.

        On the way down, each layer passes on its means.

        Parameters
        ----------
        start : int, Variable or array_like of shape (N, D)
            Start of the top RBM's chains: that many rows of random zeros and ones, or data, which are
            passed up through the other layers.
        steps : sequence of int
            Numbers of the Gibbs steps to record: ascending, at least 1.

        Returns
        -------
        Variable or numpy.ndarray of shape (len(steps), N, D)
            Means of the visible units. A graph if `start` is a PyTensor variable, otherwise an array.
            Gradients take the graph as a constant.

        Raises
        ------
        TypeError
            When the top layer is not an RBM, or for arguments of another type.
        ValueError
            For steps that do not ascend from at least 1, and for data that do not fit.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import DBN, RBM
        >>> X = np.repeat(np.eye(4), 5, axis=0)
        >>> dbn = DBN([3, 2], UnsupervisedModel=RBM, random_state=0)
        >>> dbn = dbn.fit(X, pretrain_options={"batch_sz": 5})
        >>> dbn.generate(6, steps=(1, 10)).shape
        (2, 6, 4)
        """
        *below, top = self.hidden_layers
        self._check_fitted("generate")
        if not isinstance(top, RBM):
            raise TypeError(
                f"the top layer is of type {type(top).__name__}, and only an RBM has a distribution to draw "
                "from: create it as DBN(sizes, UnsupervisedModel=RBM)"
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
        if isinstance(flat, Variable):
            flat = disconnected_grad(flat)
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
        """Find an input that activates unit `k` of the last layer, by the author's method (chapter 5).

        The start is drawn by `udl_pt.init_weights`. Momentum steps then reduce ``-log Z[0, k]``.
        `udl_pt.inspection.features.maximize` can bound the input, and takes any layer and all units at once.

        Parameters
        ----------
        k : int
            Index of the unit.
        learning_rate, mu : float
            Step size and momentum.
        epochs : int
            Number of steps.
        show_fig : bool
            Show the curve of the costs at the end.

        Returns
        -------
        numpy.ndarray of shape (1, D)
            The input. `costs` holds the cost (nats) before each step.

        Raises
        ------
        ValueError, TypeError
            For bad input, and for a last layer without sigmoid units.
        NotFittedError
            When the network has no parameters yet.
        DivergenceError
            When the cost or a step is not finite.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import DBN, RBM
        >>> dbn = DBN([2], UnsupervisedModel=RBM, random_state=0)
        >>> dbn.hidden_layers = [RBM.createFromArrays(np.eye(2), c=[0, 0], b=[0, 0])]
        >>> x = dbn.fit(np.eye(2), keep_layers=True).fit_to_input(0, epochs=50)
        >>> x.shape, int(x.argmax())  # the first pixel activates the first unit
        ((1, 2), 0)
        >>> round(dbn.costs[-1], 3)
        0.0
        """
        check_switches(show_fig=show_fig)
        rates = Rates(self.dtype, learning_rate=learning_rate, mu=mu)
        epochs = check_count(epochs, "epochs", at_least=0)
        *below, top = self.hidden_layers
        self._check_settled("fit_to_input")
        if not all(hasattr(layer, "forward_params") for layer in self.hidden_layers):
            raise NotFittedError("this DBN has no parameters yet: call fit or load before fit_to_input")
        check_unit(k, top.M)
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
                    f"the {what} unit {k} is not finite in epoch {epoch}: use a smaller learning_rate or mu"
                )
        if show_fig:
            show_costs(costs, f"unit {k} of {self.title}")
        return np.asarray(X.get_value())

    def _check_attributes(self, own: Attributes) -> None:
        super()._check_attributes(own)
        own.take("costs", lambda costs: type(costs) is list, "a list of floats", optional=True)


def _from_layers(arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> DBN:
    """Return the network of a file of an earlier format, which holds its layers."""
    layers = restored_layers(arrays, facts)
    dbn = DBN([layer.M for layer in layers], dtype=facts["dtype"])
    dbn.hidden_layers = layers
    dbn.n_features = layers[0].n_features
    dbn._complete = True
    return dbn


OLD_FORMATS.update(dict.fromkeys(FORMATS, OldFormat(check, _from_layers)))
