"""Chapter 3: a deep network, greedily pretrained and then fine-tuned with a logistic layer on top."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, overload

import numpy as np
import pytensor.tensor as pt
from numpy.typing import ArrayLike
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.arguments import check_switches
from udl_pt._support.classes import is_as_written, remember_methods
from udl_pt._support.fitting import one_fit_at_a_time
from udl_pt._support.interrupts import uninterruptible
from udl_pt._support.parameters import once
from udl_pt.backends import Kind, get_backend, shared
from udl_pt.models._attributes import Attributes
from udl_pt.models._fine_tuning import FineTuning, adversarial_cost, with_dropout
from udl_pt.models._layer import Layer
from udl_pt.models._stack import Stack
from udl_pt.models._warm_start import goes_on
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.symbolic.calling import symbolic_or_array
from udl_pt.symbolic.corruption import Corruption
from udl_pt.symbolic.costs import (
    Penalty,
    categorical_cross_entropy,
    class_numbers,
    log_odds_against,
    weighted_mean,
    with_penalty,
)
from udl_pt.symbolic.random import RandomStreams
from udl_pt.symbolic.steps import checked_rates, make_step
from udl_pt.symbolic.updates import Updates, UpdateStep
from udl_pt.symbolic.variables import Symbolic, SymbolicLike
from udl_pt.symbolic.weights import init_weights
from udl_pt.training._resumable import resumable
from udl_pt.training.loop import show_costs, train
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.records import classification_recorder
from udl_pt.training.run import Run

__all__ = ["DNN"]


@remember_methods
class DNN(Stack):
    """A deep network of pretrained layers with a softmax on top (chapter 3).

    With a corruption it is a stacked denoising auto-encoder (Vincent et al., JMLR 2010).

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
    rng : None, int, RandomStreams, numpy.random.Generator or numpy.random.RandomState
        Stream of dropout's masks. An int restarts the stream in each fit. None derives the stream from
        `random_state` where that is given, and otherwise seeds it afresh.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles of all layers. An int restarts the draws in each fit. None is NumPy's
        global legacy generator.
    dtype : {"float64", "float32"}, optional
        Dtype of parameters and results. The default is PyTensor's floatX.

    Attributes
    ----------
    hidden_layers : list of models
        One for each size, from the input on.
    W, b : SharedVariable of shape (M, K) and (K,)
        Weights and biases of the logistic layer, with velocities `dW` and `db`.
    params, dparams : list of SharedVariable
        ``[W, b]`` and the layers' weights and hidden biases, and their velocities.
    costs, errors : list of float
        Mean negative log-likelihood (nats) and error rate on the test set, as recorded in ``fit``.
    valid_costs, valid_errors : list of float
        The same for the validation set, if there is one.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import DNN
    >>> X, Y = np.repeat(np.eye(2), 10, axis=0), np.repeat([0, 1], 10)
    >>> dnn = DNN([4], random_state=0)
    >>> dnn.fit(X, Y, X, Y, learning_rate=0.5, epochs=20, batch_sz=5, pretrain_options={"batch_sz": 5})
    <DNN([4]), fitted to 2 features>
    >>> dnn.predict([[1, 0], [0, 1]]).tolist()
    [0, 1]
    """

    names = ("W", "b")
    W: SharedVariable
    b: SharedVariable
    dW: SharedVariable
    db: SharedVariable
    _frozen: frozenset[int] = frozenset()  # the hidden layers that the last fit left alone

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int],
        UnsupervisedModel: Callable[..., Any] | Sequence[Callable[..., Any]] = AutoEncoder,
        *,
        corruption: Corruption | Sequence[Corruption | None] | None = None,
        rng: Any = None,
        random_state: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            UnsupervisedModel,
            corruption=corruption,
            random_state=random_state,
            dtype=dtype,
        )
        self._make_stream(rng, RandomStreams)
        self.costs: list[float] = []
        self.errors: list[float] = []
        self.valid_costs: list[float] = []
        self.valid_errors: list[float] = []

    def _check_attributes(self, own: Attributes) -> None:
        super()._check_attributes(own)
        own.records("costs", "errors", "valid_costs", "valid_errors")
        own.take("_frozen", self._are_layers, "numbers of hidden layers", optional=True)
        K = own.take("b", lambda b: isinstance(b, SharedVariable), "a shared variable").get_value(borrow=True)
        own.parameters({"W": (self.hidden_layers[-1].M, K.size), "b": (K.size,)})

    def _begin_weights(self, arrays: Mapping[str, np.ndarray]) -> None:
        super()._begin_weights(arrays)
        self._set_params(np.zeros((self.hidden_layers[-1].M, np.size(arrays.get("b", 0))), self.dtype))

    def _are_layers(self, numbers: Any) -> bool:
        known = set(range(len(self.hidden_layers)))
        return type(numbers) is frozenset and all(type(n) is int for n in numbers) and numbers <= known

    @one_fit_at_a_time
    @resumable
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
        keep_layers: bool = False,
        pretrain_on_disk: bool = False,
        train_head_only: bool = False,
        frozen_layers: Sequence[int] = (),
        optimiser: Callable[..., Updates] | None = None,
        n_classes: int | None = None,
        sample_weight: Any = None,
        validation: float | tuple[Any, Any] | None = None,
        dropout: float | tuple[float, float] = 0.0,
        max_norm: float | None = None,
        adversarial: float = 0.0,
        penalty: Penalty | None = None,
        augment: Sequence[Callable[[np.ndarray, Any], np.ndarray]] = (),
        monitor: str | None = "epoch",
        backend: str | None = None,
        devices: Any = None,
        callbacks: Sequence[Callable[[Progress], Any]] = (),
        warm_start: bool = False,
        resume: Any = None,
        verbose: bool = False,
    ) -> "DNN":
        """Pretrain layer by layer, then train the whole network to predict the labels.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Training images, in [0, 1] where the layers read them as probabilities. For files, tables and
            batches see ``docs/large_data.md``.
        Y : array_like of int of shape (N,)
            Labels of the training images. Each of 0 to K-1 must occur, unless `n_classes` is given. None for
            batches that have labels.
        Xtest, Ytest : array_like of shape (Ntest, D) and (Ntest,), optional
            Test set, on which `costs` and `errors` are measured. Without one they stay empty.
        pretrain : bool
            Whether to pretrain. Pretraining uses the layers' own defaults for learning rate, momentum and
            batch size. Its velocities carry over into fine-tuning, as in the listing.
        learning_rate, mu : float
            Step size and momentum of fine-tuning.
        reg : float
            Weight of the squared magnitude of the trained parameters in the cost. The listing has 0.1 in its
            signature and does not use it; 0 reproduces its numbers.
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
            pretrained: ``dnn.hidden_layers = copy.deepcopy(dbn.hidden_layers)``. Fine-tuning continues from
            their parameters and velocities.
        pretrain_on_disk : bool
            Whether to keep the inputs of the layers above the first in temporary files instead of in memory.
            The numbers stay the same. Set the environment variable TMPDIR to another folder if the usual one
            is in memory itself (tmpfs).
        train_head_only : bool
            Whether to train the logistic layer alone. The hidden layers then stay as pretraining left them.
        frozen_layers : sequence of int
            Indices of `hidden_layers` that stay as pretraining left them, while the others are trained.
        optimiser : callable, optional
            Replacement for the book's momentum, such as `udl_pt.adam_updates`. It brings its own rates:
            ``functools.partial(adam_updates, learning_rate=0.01)``. Then omit `learning_rate` and `mu`.
        n_classes : int, optional
            K, the number of classes, where some may not occur in `Y`. By default it is found in `Y`.
        sample_weight : array_like of shape (N,), optional
            Weights of the training rows in fine-tuning, at least 0. The cost of a step is the weighted mean
            of its batch, ``sum(w * nll) / sum(w)``, or 0 where all weights of the batch are 0. Pretraining
            and the recorded costs have no weights. Data that come batch by batch can't have any.
        validation : float or (array_like, array_like), optional
            Validation set, a pair of images and labels: `valid_costs` and `valid_errors` are measured on it,
            and `udl_pt.callbacks.EarlyStopping` reads them. A float is the share of `X` that is drawn and
            held out for that, from pretraining too. This copies the rest.
        dropout : float or (float, float)
            Probability that a hidden unit is omitted from a training step (Srivastava et al., JMLR 2014). A
            pair holds the probabilities of a pixel and of a hidden unit. The remaining values are divided by
            one minus the probability.
        max_norm : float, optional
            Largest length of a unit's vector of incoming weights. Longer ones are shortened to it after each
            step.
        adversarial : float
            Distance (Euclidean) by which images are moved along the gradient of their own cost. A step's cost
            is then the mean of two costs: that of the images and that of the moved images (Goodfellow et al.,
            ICLR 2015). The use of the Euclidean length is that of Miyato et al., ICLR 2016. Pixels may leave
            [0, 1], and masks are drawn anew. A step takes about twice as long, and even longer with
            `train_head_only`. With 0 nothing is moved.
        penalty : callable, optional
            ``penalty(model, X)`` returns a scalar that is added to the cost of a batch of images X. Both are
            symbolic. `costs` do not include it.
        augment : sequence of callable
            Changes of each batch's images in fine-tuning, one after the other: ``augment(X, generator)``
            returns the changed images. `udl_pt.inspection.augmentation` has some. The network's own generator
            is the source of their draws.
        monitor : {"epoch", "batch", None}
            When to measure these sets: after every epoch, after every batch, or never.
        backend : {"numba", "c", "jax"}, optional
            Backend of the training. The default is the choice of `udl_pt.set_backend`.
        devices : int or sequence of jax.Device, optional
            How many of JAX's devices, or which ones, share the rows of each batch; see ``docs/devices.md``.
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
        DNN
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
        >>> from udl_pt import DNN
        >>> X, Y = np.repeat(np.eye(2), 10, axis=0), np.repeat([0, 1], 10)
        >>> dnn = DNN([4], random_state=0)
        >>> dnn = dnn.fit(
        ...     X, Y, X, Y, learning_rate=0.5, epochs=20, batch_sz=5, pretrain_options={"batch_sz": 5}
        ... )
        >>> len(dnn.costs), dnn.errors[-1]
        (20, 0.0)
        """
        check_switches(train_head_only=train_head_only, show_fig=show_fig)
        optional = {"reg": reg, "adversarial": adversarial}
        rates = checked_rates(optimiser, DNN.fit, self.dtype, learning_rate=learning_rate, mu=mu)
        run = Run.checked(
            X,
            Y,
            (Xtest, Ytest),
            dtype=self.dtype,
            rates=Rates(self.dtype, **rates, unless_zero=optional),
            epochs=epochs,
            batch_sz=batch_sz,
            n_classes=n_classes,
            sample_weight=sample_weight,
            validation=validation,
            monitor=monitor,
            callbacks=callbacks,
            backend=get_backend(backend),
            devices=devices,
            stage="fine-tuning",
        )
        tuning = FineTuning.checked(
            self,
            run,
            dropout=dropout,
            max_norm=max_norm,
            frozen_layers=range(len(self.hidden_layers)) if train_head_only else frozen_layers,
            penalty=penalty,
            optimiser=optimiser,
            augment=augment,
        )
        K = run.n_classes
        own = {"classes": (self.b.get_value(borrow=True).size, K)} if self.is_fitted else {}
        warm = goes_on(self, warm_start, validation, **own)
        plan = self._check_pretraining(
            run,
            pretrain_epochs,
            pretrain_options,
            pretrain=pretrain,
            keep_layers=keep_layers,
            pretrain_on_disk=pretrain_on_disk,
            warm=warm,
        )
        run.announce(self, ("costs", "errors"))
        run, valid = self._pretrain(run, plan, warm=warm)
        if warm:
            self._complete = True
        else:
            self._set_params(init_weights((self.hidden_layers[-1].M, K), self._generator, self.dtype))
            self._start_stream()
            self.costs, self.errors, self.valid_costs, self.valid_errors = [], [], [], []
        self._frozen = tuning.frozen
        if run.epochs > 0:
            measure = classification_recorder(
                self.costs,
                self.errors,
                self.logits,
                run,
                name=f"{self.title} cost_predict_op",
                valid=None if valid is None else (valid, self.valid_costs, self.valid_errors),
                kind=self._kind("cost_predict_op"),
            )
            step = self._step(K, 1 / run.batch_sz, run.rates, tuning, weighted=run.is_weighted)
            train(
                step,
                run,
                generator=self._generator,
                stage=self.title,
                measure=measure,
                model=self,
                augment=tuning.augment,
            )
        if show_fig:
            show_costs(self.costs, self.title)
        return self

    @uninterruptible
    def _set_params(self, W: np.ndarray) -> None:
        """Set a new logistic layer."""
        b = np.zeros(W.shape[1], self.dtype)
        self._replace(
            W=shared(W, "W"),
            b=shared(b, "b"),
            dW=shared(np.zeros_like(W), "dW"),
            db=shared(np.zeros_like(b), "db"),
            _complete=True,
        )

    def _step(
        self,
        K: int,
        scale: float,
        rates: Collection[str] = (),
        tuning: FineTuning | None = None,
        *,
        weighted: bool = False,
    ) -> UpdateStep:
        """Compile a step of fine-tuning.

        `rates` may name "reg" and "adversarial". `scale` is one over the batch's rows, by which JAX couldn't
        divide: it would be a shape. If `weighted`, the step takes weights of the rows after their labels.
        """
        tuning = tuning or FineTuning()
        X_in, targets = pt.matrix("X_in", dtype=self.dtype), pt.ivector("targets")
        regularised, adversarial = "reg" in rates, "adversarial" in rates
        factor, weights = pt.scalar("scale", dtype=self.dtype), pt.vector("weights", dtype=self.dtype)
        reg, size = (pt.scalar(name, dtype=self.dtype) for name in ("reg", "adversarial"))
        classes, stream = class_numbers(K), RandomStreams(self.rng, self.dtype)
        params, dparams, names = once(*self._trained(tuning.frozen))
        drops = tuning.dropout != (0.0, 0.0)

        def cost() -> tuple[Symbolic, Updates]:
            logits_of: Callable[[Symbolic], Symbolic] = self.logits
            if drops:
                logits_of = with_dropout(self, X_in.shape[0], stream, *tuning.dropout)

            def cost_of(X: Symbolic) -> Symbolic:
                logits = logits_of(X)
                if adversarial:  # the same number, but no gradient loses its direction
                    costs = pt.softplus(log_odds_against(targets, logits, classes))
                else:
                    costs = categorical_cross_entropy(targets, logits, classes)
                return weighted_mean(costs, weights) if weighted else costs.sum() * factor

            total = adversarial_cost(cost_of, X_in, size) if adversarial else cost_of(X_in)
            if regularised:
                total += reg * pt.add(*[(p * p).sum() for p in params])
            return with_penalty(total, tuning.penalty, self, X_in), []

        # dropout's masks have sizes of their own
        sizes = [self.n_features, *(layer.M for layer in self.hidden_layers)] if drops else []
        options = (regularised, adversarial, weighted, tuning.dropout, tuning.max_norm, tuning.frozen, *sizes)
        return make_step(
            tuning.optimiser,
            cost,
            [X_in, targets, weights] if weighted else [X_in, targets],
            params,
            dparams,
            scalars=[rate for rate, used in ((reg, regularised), (size, adversarial)) if used],
            constants={} if weighted else {factor: scale},
            dtype=self.dtype,
            backend=get_backend(self.backend),
            name=f"{self.title} train_op",
            names=names,
            max_norm=tuning.max_norm,
            kind=self._kind(
                "train_op", *options, tuning.penalty, tuning.optimiser, more=[classes], stream=stream
            ),
        )

    def _kind(self, *options: Any, more: Sequence[SharedVariable] = (), stream: Any = None) -> Kind | None:
        """Return the kind of one of the network's graphs; None where something of the user's shapes it."""
        layers = self.hidden_layers
        forms = [layer._form() if isinstance(layer, Layer) else None for layer in layers]
        if not is_as_written(self) or None in forms or any(map(callable, options)):
            return None
        own = [self.W, self.b, self.dW, self.db]
        variables = [v for layer in layers for v in (*layer.params, *layer.forward_dparams)]
        key = type(self), self.dtype, tuple(self.names), tuple(forms), options
        return Kind(key, (*own, *variables, *more), stream)

    def _probe_of(self, D: int, K: int) -> "DNN | None":
        probe = self._probe(D)
        if isinstance(probe, DNN):
            probe._set_params(np.zeros((self.hidden_layers[-1].M, K), self.dtype))
            probe.rng = RandomStreams(0)
            return probe
        return None

    def _trained(
        self, frozen: Collection[int]
    ) -> tuple[list[SharedVariable], list[SharedVariable], list[str]]:
        """Return the parameters that are trained, their velocities, and their names for messages."""
        params, dparams = [self.W, self.b], [self.dW, self.db]
        names = ["W of the logistic layer", "b of the logistic layer"]
        for index, layer in enumerate(self.hidden_layers):
            if index not in frozen:
                params += layer.forward_params
                dparams += layer.forward_dparams
                names += [f"{p.name} of layer {index + 1}" for p in layer.forward_params]
        return params, dparams, names

    @property
    def velocities(self) -> list[SharedVariable]:
        """Velocities of the weight matrices that were trained last, from the input on."""
        layers = [layer for i, layer in enumerate(self.hidden_layers) if i not in self._frozen]
        below = [v for layer in layers for v in layer.forward_dparams if v.type.ndim > 1]
        return [*below, self.dW]

    @overload
    def logits(self, X: SymbolicLike) -> Symbolic: ...
    @overload
    def logits(self, X: ArrayLike) -> np.ndarray: ...
    @symbolic_or_array
    def logits(self, X: Any) -> Any:
        """Return the logits, the input of the softmax: the last layer's ``ZW + b``.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)
            Images.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, K)
            Logits of the K classes. A graph if `X` is a PyTensor variable, otherwise an array.

        Examples
        --------
        With ``W = 0`` the logits are the biases:

        >>> import numpy as np
        >>> from udl_pt import DNN
        >>> X, Y = np.eye(2), [0, 1]
        >>> dnn = DNN([3], random_state=0).fit(X, Y, X, Y, pretrain=False, epochs=0)
        >>> dnn.W.set_value(np.zeros((3, 2)))
        >>> dnn.b.set_value(np.array([1.0, 0.0]))
        >>> dnn.logits(X).tolist()
        [[1.0, 0.0], [1.0, 0.0]]
        """
        return self._up(X).dot(self.W) + self.b

    @overload
    def forward(self, X: SymbolicLike) -> Symbolic: ...
    @overload
    def forward(self, X: ArrayLike) -> np.ndarray: ...
    @symbolic_or_array
    def forward(self, X: Any) -> Any:
        """Return the probabilities of the classes: the softmax of the logits.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)
            Images.

        Returns
        -------
        Variable or numpy.ndarray of shape (N, K)
            Probabilities of the K classes; each row has sum 1. A graph if `X` is a PyTensor variable,
            otherwise an array.

        Examples
        --------
        With ``W = 0`` the logits are the biases:

        >>> import numpy as np
        >>> from udl_pt import DNN
        >>> X, Y = np.eye(2), [0, 1]
        >>> dnn = DNN([3], random_state=0).fit(X, Y, X, Y, pretrain=False, epochs=0)
        >>> dnn.W.set_value(np.zeros((3, 2)))
        >>> dnn.b.set_value(np.array([1.0, 0.0]))
        >>> dnn.forward([[1, 0]]).round(3).tolist()
        [[0.731, 0.269]]
        """
        return pt.special.softmax(self.logits(X), axis=-1)

    @overload
    def predict(self, X: SymbolicLike) -> Symbolic: ...
    @overload
    def predict(self, X: ArrayLike) -> np.ndarray: ...
    @symbolic_or_array
    def predict(self, X: Any) -> Any:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : Variable or array_like of shape (N, D)
            Images.

        Returns
        -------
        Variable or numpy.ndarray of int of shape (N,)
            Classes, 0 to K-1. A graph if `X` is a PyTensor variable, otherwise an array.

        Examples
        --------
        With ``W = 0`` the logits are the biases:

        >>> import numpy as np
        >>> from udl_pt import DNN
        >>> X, Y = np.eye(2), [0, 1]
        >>> dnn = DNN([3], random_state=0).fit(X, Y, X, Y, pretrain=False, epochs=0)
        >>> dnn.W.set_value(np.zeros((3, 2)))
        >>> dnn.b.set_value(np.array([0.0, 1.0]))
        >>> dnn.predict(X).tolist()
        [1, 1]
        """
        return pt.argmax(self.logits(X), axis=1)
