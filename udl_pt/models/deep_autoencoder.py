"""Chapter 3: the deep auto-encoder, greedily pretrained, unrolled, and fine-tuned to reconstruct its input.

``X -> ... -> code -> ... -> X_hat`` (Hinton and Salakhutdinov, Reducing the dimensionality of data with
neural networks, Science 313 (2006)).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, overload

import numpy as np
import pytensor.tensor as pt
from numpy.typing import ArrayLike
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.arguments import check_count, check_sizes, check_switches, per_layer
from udl_pt._support.arrays import check_matrix
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt._support.interrupts import uninterruptible
from udl_pt._support.parameters import Computed, once
from udl_pt.backends import get_backend, shared
from udl_pt.models._attributes import Attributes
from udl_pt.models._stack import Stack, check_classes
from udl_pt.models._warm_start import goes_on
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.symbolic.array_function import in_chunks
from udl_pt.symbolic.calling import symbolic_or_array
from udl_pt.symbolic.corruption import Corruption
from udl_pt.symbolic.costs import Cost, Penalty, check_cost, check_penalty, reconstruction_cost, with_penalty
from udl_pt.symbolic.steps import checked_rates, make_step
from udl_pt.symbolic.updates import Updates, UpdateStep
from udl_pt.symbolic.variables import Symbolic, SymbolicLike
from udl_pt.training._resumable import resumable
from udl_pt.training.loop import show_costs, train
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.records import cost_recorder
from udl_pt.training.run import Run

__all__ = ["DeepAutoEncoder"]

UNROLLED = "which can be unrolled into a decoder"


class DeepAutoEncoder(Stack):
    """A stack of auto-encoders or RBMs, unrolled into an encoder and a decoder (chapter 3).

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Number of hidden units of each layer, from the input on. The last size is that of the code. The
        paper's network is ``[1000, 500, 250, 30]``.
    UnsupervisedModel : callable or sequence of callable
        Creates a layer below the code from its size: `AutoEncoder`, `RBM`, or a `functools.partial` of one
        with further arguments. It is the same for all these layers, or a sequence has one for each. The code
        is always an `AutoEncoder` with linear hidden units, unless other layers are assigned and kept.
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
        One for each size, from the input on. The encoder's parameters are theirs.
    params, dparams : list of SharedVariable
        The encoder's weights and biases from the input on, the decoder's from the code on; and their
        velocities. The decoder's weights start as transposed copies of the encoder's, and are trained
        separately.
    costs, valid_costs : list of float
        Costs that `fit` recorded in fine-tuning, and the same for the validation set, if there is one.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import DeepAutoEncoder
    >>> X = np.repeat(np.eye(4), 5, axis=0)
    >>> dae = DeepAutoEncoder([3, 2], random_state=0)
    >>> dae.fit(X, epochs=2, batch_sz=5, pretrain_options={"batch_sz": 5})
    <DeepAutoEncoder([3, 2]), fitted to 4 features>
    >>> dae.encode(X).shape
    (20, 2)
    >>> dae.forward(X).shape
    (20, 4)
    """

    _compares_probabilities = False

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int],
        UnsupervisedModel: Callable[..., Any] | Sequence[Callable[..., Any]] = AutoEncoder,
        *,
        corruption: Corruption | Sequence[Corruption | None] | None = None,
        random_state: Any = None,
        dtype: Any = None,
    ) -> None:
        sizes = check_sizes(hidden_layer_sizes)
        below = per_layer(UnsupervisedModel, "UnsupervisedModel of the layers below the code", len(sizes) - 1)
        models = [*below, partial(AutoEncoder, hidden="linear")]
        super().__init__(sizes, models, corruption=corruption, random_state=random_state, dtype=dtype)
        *rest, code = self.hidden_layers
        check_classes(rest, UNROLLED)
        if rest and not rest[-1].hidden_unit_interval:
            code.output = "relu" if getattr(rest[-1], "hidden", "") == "relu" else "linear"
        self.costs: list[float] = []
        self.valid_costs: list[float] = []

    @property
    def unit_interval(self) -> bool:  # type: ignore[override]
        """Whether arrays are read as probabilities, by the first layer or by the cost of ``fit``."""
        return super().unit_interval or self._compares_probabilities

    @property
    def M(self) -> int:
        """Number of units of the code."""
        return int(self.hidden_layers[-1].M)

    @property
    def hidden_unit_interval(self) -> bool | None:
        """Whether codes are in [0, 1]: False, since they may be any numbers."""
        return False

    @one_fit_at_a_time
    @resumable
    def fit(
        self,
        X: Any,
        pretrain: bool = True,
        learning_rate: float = 0.001,
        mu: float = 0.9,
        epochs: int = 1,
        batch_sz: int = 100,
        *,
        show_fig: bool = False,
        pretrain_epochs: int | Sequence[int] = 1,
        pretrain_options: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        keep_layers: bool = False,
        pretrain_on_disk: bool = False,
        cost: str | Cost = "cross_entropy",
        penalty: Penalty | None = None,
        weight_decay: float = 0.0,
        optimiser: Callable[..., Updates] | None = None,
        validation: Any = None,
        monitor: str | None = "epoch",
        backend: str | None = None,
        callbacks: Sequence[Callable[[Progress], Any]] = (),
        warm_start: bool = False,
        resume: Any = None,
        verbose: bool = False,
    ) -> "DeepAutoEncoder":
        """Pretrain layer by layer, unroll, then train the whole network to reconstruct `X`.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows to reconstruct, in [0, 1] under the cross-entropy. For files, tables and batches see
            ``docs/large_data.md``.
        pretrain : bool
            Whether to pretrain, with the layers' own defaults for arguments that `pretrain_options` does not
            set.
        learning_rate, mu : float
            Step size and momentum of fine-tuning. The cost is the mean over the rows of the batch.
        epochs, batch_sz : int
            Passes over the data in fine-tuning, and rows per step.
        show_fig : bool
            Show the curve of the costs at the end.
        pretrain_epochs : int or sequence of int
            Epochs of pretraining: the same for all layers, or one number for each layer.
        pretrain_options : mapping or sequence of mappings, optional
            Further arguments of the layers' ``fit``: the same for all layers, or one mapping for each layer.
        keep_layers : bool
            Whether layers that have parameters already, loaded or trained before, are neither drawn nor
            pretrained. The decoder starts from their transposes in any case.
        pretrain_on_disk : bool
            Whether to keep the inputs of the layers above the first in temporary files instead of in memory.
            The numbers stay the same. Set the environment variable TMPDIR to another folder if the usual one
            is in memory itself (tmpfs).
        cost : {"cross_entropy", "squared_error"} or callable
            Cost of an entry in fine-tuning, summed over a row. The cross-entropy is for a first layer whose
            visible units are sigmoids. A callable takes the symbolic matrices X and X_hat, and returns a
            matrix.
        penalty : callable, optional
            ``penalty(model, X)`` returns a scalar that is added to the cost of a batch X. Both are symbolic.
            `costs` do not include it.
        weight_decay : float
            Weight of half the squared weights in that cost. `costs` do not include it.
        optimiser : callable, optional
            Replacement for the book's momentum, such as `udl_pt.adam_updates`. It brings its own rates:
            ``functools.partial(adam_updates, learning_rate=0.01)``. Then omit `learning_rate` and `mu`.
        validation : float or array_like of shape (N_valid, D), optional
            Validation set: `valid_costs` are measured on it, and `udl_pt.callbacks.EarlyStopping` reads them.
            A float is the share of `X` that is drawn and held out for that, from pretraining too. This copies
            the rest.
        monitor : {"epoch", "batch", None}
            When to record the cost. ``"batch"`` measures the whole set after every batch (slow). ``"epoch"``
            measures a random thirtieth of the rows once an epoch, but at least 250, the same in all epochs.
            None records nothing. Of a validation set all rows are measured.
        backend : {"numba", "c", "jax"}, optional
            Backend of the training. The default is the choice of `udl_pt.set_backend`.
        callbacks : sequence of callable
            Each is called with a `udl_pt.training.progress.Progress` after every epoch, in pretraining too.
            `udl_pt.callbacks` has some.
        warm_start : bool
            Whether training goes on from the present parameters, where there are some, instead of new ones.
            The layers are not pretrained then. The velocities, records and generators go on, too.
        resume : path-like, optional
            A file of `udl_pt.callbacks.Checkpoint`, from which this fit goes on. Where there is none, it
            starts anew.
        verbose : bool
            Whether to show progress, as `udl_pt.callbacks.ProgressBar` does.

        Returns
        -------
        DeepAutoEncoder
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
            When a step of fine-tuning is not finite: the parameters are those before it. When a step of
            pretraining is not finite: the network has no parameters then. Also when a recorded cost is not
            finite.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import DeepAutoEncoder
        >>> X = np.repeat(np.eye(4), 5, axis=0)
        >>> dae = DeepAutoEncoder([3, 2], random_state=0)
        >>> dae = dae.fit(X, learning_rate=0.05, epochs=30, batch_sz=5, pretrain_options={"batch_sz": 5})
        >>> dae.costs[-1] < dae.costs[0]
        True
        """
        check_switches(show_fig=show_fig)
        check_classes(self.hidden_layers, UNROLLED)
        trains = check_count(epochs, "epochs", at_least=0) > 0
        check_cost(cost, self._allows_cross_entropy() or not trains, self.dtype)
        optional = {"weight_decay": weight_decay}
        rates = checked_rates(optimiser, DeepAutoEncoder.fit, self.dtype, learning_rate=learning_rate, mu=mu)
        run = Run.checked(
            X,
            dtype=self.dtype,
            rates=Rates(self.dtype, **rates, unless_zero=optional),
            epochs=epochs,
            batch_sz=batch_sz,
            validation=validation,
            monitor=monitor,
            callbacks=callbacks,
            unit_interval=isinstance(cost, str) and cost == "cross_entropy",
            backend=get_backend(backend),
            stage="fine-tuning",
        )
        check_penalty(penalty, lambda: self._probe(run.data[0].shape[1]), self.dtype)
        warm = goes_on(self, warm_start, validation)
        plan = self._check_pretraining(
            run,
            pretrain_epochs,
            pretrain_options,
            pretrain=pretrain,
            keep_layers=keep_layers,
            pretrain_on_disk=pretrain_on_disk,
            warm=warm,
        )
        run.announce(self)
        run, valid = self._pretrain(run, plan, warm=warm)
        self._compares_probabilities = run.unit_interval
        if warm:
            self._complete = True
        else:
            self._unroll()
            self.costs, self.valid_costs = [], []
        if trains:
            measure = cost_recorder(
                self.costs,
                lambda x: self._cost(x, cost).sum(),
                run,
                name=f"{self.title} cost_op",
                valid=None if valid is None else (valid[0], self.valid_costs),
            )
            step = self._step(cost, 1 / run.batch_sz, run.rates, penalty, optimiser)
            train(step, run, generator=self._generator, stage=self.title, measure=measure, model=self)
        if show_fig:
            show_costs(self.costs, self.title)
        return self

    def _check_attributes(self, own: Attributes) -> None:
        super()._check_attributes(own)
        own.records("costs", "valid_costs")
        own.one_of("_compares_probabilities", (True, False), optional=True)
        sizes = [(layer.M, layer.n_features) for layer in self.hidden_layers]
        decoder = [((M, D), (D,)) for M, D in reversed(sizes)]
        own.variables("_decoder", decoder)
        encoder = [shape for M, D in sizes for shape in ((D, M), (M,))]
        own.variables("_velocities", encoder + [shape for pair in decoder for shape in pair])

    def _weights(self) -> dict[str, SharedVariable]:
        decoder = enumerate(self._decoder)
        return super()._weights() | {
            f"decoder.{i}.{name}": p for i, pair in decoder for name, p in zip(("V", "bo"), pair, strict=True)
        }

    def _begin_weights(self, arrays: Mapping[str, np.ndarray]) -> None:
        super()._begin_weights(arrays)
        self._unroll()

    @uninterruptible
    def _unroll(self) -> None:
        """Copy the layers' weights and visible biases, top first, into a decoder."""
        self._decoder: list[tuple[SharedVariable, SharedVariable]] = []
        for number, layer in reversed(list(enumerate(self.hidden_layers, start=1))):
            W, _, bias = (p.get_value() for p in layer.params[:3])
            self._decoder.append(
                (
                    shared(np.ascontiguousarray(W.T), f"V of layer {number}"),
                    shared(bias, f"bo of layer {number}"),
                )
            )
        self._complete = True
        self._velocities = [
            shared(np.zeros_like(p.get_value(borrow=True)), f"d{p.name}") for p in self.params
        ]

    @Computed
    def params(self) -> list[SharedVariable]:
        """Return the parameters of the encoder and of the decoder, in a new list."""
        return [*self._gathered("", "forward_params"), *(p for pair in self._decoder for p in pair)]

    @Computed
    def dparams(self) -> list[SharedVariable]:
        """Return the velocities of `params`, in the same order."""
        self._check_fitted("its velocities are read")
        return list(self._velocities)

    @property
    def velocities(self) -> list[SharedVariable]:
        """Velocities of the weight matrices, from the input to the code and back."""
        return list(self.dparams[::2])

    def _probe(self, D: int) -> "DeepAutoEncoder | None":
        probe = super()._probe(D)
        if isinstance(probe, DeepAutoEncoder):
            probe._unroll()
            return probe
        return None

    def _allows_cross_entropy(self) -> bool:
        first = self.hidden_layers[0]
        return not callable(getattr(first, "output", "")) and first.output_unit_interval is not False

    def _step(
        self,
        name: str | Cost,
        scale: float,
        rates: Collection[str] = (),
        penalty: Penalty | None = None,
        optimiser: Callable[..., Updates] | None = None,
    ) -> UpdateStep:
        X_in, factor = pt.matrix("X_in", dtype=self.dtype), pt.scalar("scale", dtype=self.dtype)
        cost, scalars = self._cost(X_in, name).sum() * factor, []
        if "weight_decay" in rates:
            weight_decay = pt.scalar("weight_decay", dtype=self.dtype)
            scalars.append(weight_decay)
            squares = pt.add(*[(W**2).sum() for W in once(self.params[::2])[0]])
            cost += weight_decay * squares / np.asarray(2, self.dtype)
        names = self._forward_names() + [str(p.name) for pair in self._decoder for p in pair]
        params, dparams, names = once(self.params, self.dparams, names)
        return make_step(
            optimiser,
            with_penalty(cost, penalty, self, X_in),
            [X_in],
            params,
            dparams,
            scalars=scalars,
            constants={factor: scale},
            dtype=self.dtype,
            backend=get_backend(self.backend),
            name=f"{self.title} train_op",
            names=names,
        )

    def _cost(self, X: Symbolic, name: str | Cost) -> Symbolic:
        """Return the cost of each entry of `X`."""
        return reconstruction_cost(name, self.hidden_layers[0].visible_mean)(X, self._down(self._up(X)))

    def _down(self, H: Symbolic) -> Symbolic:
        """Pass codes down through the decoder, to the input of the first layer's visible units."""
        for (V, bias), layer in zip(self._decoder, reversed(self.hidden_layers), strict=True):
            A = H.dot(V) + bias
            H = layer.visible_mean(A)
        return A

    @overload
    def encode(self, X: SymbolicLike) -> Symbolic: ...
    @overload
    def encode(self, X: ArrayLike) -> np.ndarray: ...
    @symbolic_or_array
    def encode(self, X: Any) -> Any:
        """Encode the data: return their codes.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)
            Data.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, M)
            Codes. A graph if `X` is a PyTensor variable, otherwise an array.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import DeepAutoEncoder
        >>> dae = DeepAutoEncoder([1], random_state=0).fit(np.eye(2), pretrain=False, epochs=0)
        >>> W, bh, V, bo = dae.params
        >>> W.set_value(np.array([[1.0], [-1.0]]))
        >>> dae.encode([[1, 0], [0, 1]]).tolist()
        [[1.0], [-1.0]]
        """
        return self._up(X)

    @overload
    def decode(self, Z: SymbolicLike) -> Symbolic: ...
    @overload
    def decode(self, Z: ArrayLike) -> np.ndarray: ...
    @partial(symbolic_or_array, takes_hidden=True)
    def decode(self, Z: Any) -> Any:
        """Decode codes: return the reconstructions that belong to them.

        Parameters
        ----------
        Z : Variable or array_like of shape (N, M)
            Codes.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, D)
            Reconstructions. A graph if `Z` is a PyTensor variable, otherwise an array.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import DeepAutoEncoder
        >>> dae = DeepAutoEncoder([1], random_state=0).fit(np.eye(2), pretrain=False, epochs=0)
        >>> W, bh, V, bo = dae.params
        >>> V.set_value(np.array([[1.0, -1.0]]))
        >>> dae.decode([[0], [1]]).round(3).tolist()
        [[0.5, 0.5], [0.731, 0.269]]
        """
        return self.hidden_layers[0].visible_mean(self._down(Z))

    @overload
    def forward(self, X: SymbolicLike) -> Symbolic: ...
    @overload
    def forward(self, X: ArrayLike) -> np.ndarray: ...
    @symbolic_or_array
    def forward(self, X: Any) -> Any:
        """Reconstruct the data: encode them and decode the codes.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)
            Data.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, D)
            Reconstructions. A graph if `X` is a PyTensor variable, otherwise an array.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import DeepAutoEncoder
        >>> dae = DeepAutoEncoder([1], random_state=0).fit(np.eye(2), pretrain=False, epochs=0)
        >>> W, bh, V, bo = dae.params
        >>> W.set_value(np.array([[1.0], [-1.0]]))
        >>> V.set_value(np.array([[10.0, -10.0]]))
        >>> dae.forward([[1, 0], [0, 1]]).round(3).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        """
        return self.decode(self.encode(X))

    def reconstruction_error(self, X: Any) -> float:
        """Return ``||X - X_hat||^2 / N``, the mean squared distance of a row from its reconstruction.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Data.

        Returns
        -------
        float
            In the data's units, squared. It can be compared with `PCA.reconstruction_error`.

        Examples
        --------
        Without weights, all values are reconstructed as 0.5, at a squared distance of 0.25 each:

        >>> import numpy as np
        >>> from udl_pt import DeepAutoEncoder
        >>> dae = DeepAutoEncoder([1], random_state=0).fit(np.eye(2), pretrain=False, epochs=0)
        >>> W, bh, V, bo = dae.params
        >>> V.set_value(np.zeros((1, 2)))
        >>> round(dae.reconstruction_error(np.eye(2)), 3)
        0.5
        """
        X = check_matrix(X, dtype=self.dtype)  # the rest `forward` looks at
        errors = ((chunk - self.forward(chunk)) ** 2 for chunk in in_chunks(X, self.dtype))
        return sum(float(error.sum(dtype=np.float64)) for error in errors) / len(X)
