"""After chapter 3: a stack of denoising auto-encoders and a classifier that learn at the same time.

A ladder network (Rasmus, Berglund, Honkala, Valpola and Raiko, NIPS 2015). Noise is added to the pixels and
to each layer on the way up to the labels. On the way down the image is reconstructed: each layer from its own
noisy values and from the layer above. So the layers above can drop details, and keep what distinguishes the
digits. Where each layer is trained to reconstruct its whole input, it must keep every detail.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.fitting import being_fitted, one_fit_at_a_time
from udl_pt._support.interrupts import uninterrupted, uninterruptible
from udl_pt._support.parameters import Computed, Parameters
from udl_pt._support.rows import Rows, check_rows
from udl_pt.backends import float_dtype, get_backend, shared
from udl_pt.backends._locks import read_together
from udl_pt.models._attributes import Attributes
from udl_pt.models._saved import Saved
from udl_pt.models._warm_start import goes_on
from udl_pt.models._weights import Weights
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.models.dnn import DNN
from udl_pt.symbolic.array_function import in_chunks
from udl_pt.symbolic.chance import Chance, WithChance
from udl_pt.symbolic.costs import categorical_cross_entropy, squared_error
from udl_pt.symbolic.expressions import rectified
from udl_pt.symbolic.random import RandomStreams
from udl_pt.symbolic.steps import checked_rates, make_step
from udl_pt.symbolic.updates import Updates, UpdateStep
from udl_pt.symbolic.variables import Symbolic
from udl_pt.symbolic.weights import init_weights
from udl_pt.training._resumable import resumable
from udl_pt.training.feed import Feed
from udl_pt.training.held_out import Arrays
from udl_pt.training.loop import train
from udl_pt.training.parameters import set_parameters
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates, check_rate
from udl_pt.training.records import classification_recorder, sample_of_rows
from udl_pt.training.run import Run

__all__ = ["Ladder"]

TINY = 1e-6  # added to a variance before its root is taken
MONITORED = 10_000  # rows at most that an epoch's means and variances are of
Chunks = Callable[[], Iterable[np.ndarray]]  # of rows, read anew at each call


class Ladder(WithChance, Parameters, Saved, Weights):
    """A ladder network of rectified units, which `fit` turns into an ordinary `DNN`.

    Source: Rasmus, Berglund, Honkala, Valpola and Raiko, NIPS 2015. Each unit is standardised over the batch
    (Ioffe and Szegedy, ICML 2015). In the `DNN` its mean and standard deviation over all training rows are
    part of weights and biases: ``ladder.dnn.predict(X)``. Of the paper's costs it has those of the labels and
    of the pixels, not those of the layers between.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Number of hidden units of each layer, from the input on.
    noise : float
        Standard deviation of the normal noise. It is added to the pixels, in their units, and to all other
        units, in units of their own standard deviation.
    rng : None, int, RandomStreams, numpy.random.Generator or numpy.random.RandomState
        Stream of the noise. An int restarts the stream in each fit. None derives the stream from
        `random_state` where that is given, and otherwise seeds it afresh.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of weights and shuffles. An int restarts the draws in each fit. None is NumPy's global legacy
        generator.
    dtype : {"float64", "float32"}, optional
        Dtype of parameters and results. The default is PyTensor's floatX.

    Attributes
    ----------
    dnn : DNN
        Classifier without noise, of layers ``AutoEncoder(M, hidden="relu")`` that reconstruct nothing. Each
        ``fit`` creates a new one. Its parameters are set when costs are recorded and when ``fit`` ends; see
        `fold`.
    W, V : list of SharedVariable of shape (D, M) and (M, D)
        Weights of the encoder (up) and of the decoder (down), from the input on.
    b, g : list of SharedVariable of shape (M,), and SharedVariable of shape (K,)
        Biases of the encoder, and scale of the logits.
    a : list of SharedVariable of shape (10, D) or (10, M)
        Parameters of the denoising functions that reconstruct the layers, the pixels first.
    params, dparams : list of SharedVariable
        All W, V, b, g and a, and their velocities.
    costs, errors : list of float
        Mean negative log-likelihood (nats) and error rate of `dnn` on the test set, as recorded in ``fit``.
        Means and standard deviations are then those of at most 10,000 rows, drawn once, the same in every
        ``fit``.
    valid_costs, valid_errors : list of float
        The same for the validation set, if there is one.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import Ladder
    >>> X, Y = np.repeat(np.eye(2), 10, axis=0), np.repeat([0, 1], 10)
    >>> ladder = Ladder([4], random_state=0).fit(X, Y, X, Y, epochs=20, batch_sz=10)
    >>> ladder.dnn
    <DNN([4]), fitted to 2 features>
    >>> ladder.dnn.predict([[1, 0], [0, 1]]).tolist()
    [0, 1]
    """

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int],
        noise: float = 0.3,
        *,
        rng: Any = None,
        random_state: Any = None,
        dtype: Any = None,
    ) -> None:
        self.dtype = float_dtype(dtype)
        self.noise = check_rate(noise, "noise", self.dtype)
        self._chance = Chance(random_state)
        self._make_stream(rng, RandomStreams)
        self._start(hidden_layer_sizes, None)

    names = ("W", "V", "b", "g", "a")

    @Computed
    def params(self) -> list[SharedVariable]:
        """Return all W, V, b, g and a, in a new list."""
        self._check_fitted("its parameters are read")
        return [*self.W, *self.V, *self.b, self.g, *self.a]

    @Computed
    def dparams(self) -> list[SharedVariable]:
        """Return the velocities of `params`, in the same order."""
        self._check_fitted("its velocities are read")
        return list(self._velocities)

    def _check_attributes(self, own: Attributes) -> None:
        dnn = own.take("dnn", lambda value: isinstance(value, DNN), "a DNN")
        own.options(Ladder, hidden_layer_sizes=[layer.M for layer in dnn.hidden_layers])
        own.chance()
        if "valid_costs" not in vars(self):  # of a file before there was a validation set
            self.valid_costs, self.valid_errors = dnn.valid_costs, dnn.valid_errors
        own.records("costs", "errors", "valid_costs", "valid_errors")
        sizes = [dnn.n_features, *(layer.M for layer in dnn.hidden_layers), dnn.b.get_value().size]
        pairs: list[tuple[int, ...]] = list(itertools.pairwise(sizes))
        W, V, b = pairs, [pair[::-1] for pair in pairs], [(M,) for M in sizes[1:]]
        g, a = (sizes[-1],), [(10, M) for M in sizes]
        for name, shapes in (("W", W), ("V", V), ("b", b), ("a", a), ("_velocities", [*W, *V, *b, g, *a])):
            own.variables(name, shapes)
        own.parameters({"g": g}, velocities=False)

    def _weights(self) -> dict[str, SharedVariable]:
        lists = {name: getattr(self, name) for name in ("W", "V", "b", "a")}
        own = {f"{name}.{i}": p for name, params in lists.items() for i, p in enumerate(params)}
        return own | {"g": self.g} | {f"dnn.{name}": p for name, p in self.dnn._weights().items()}

    def _begin_weights(self, arrays: Mapping[str, np.ndarray]) -> None:
        self._check_fitted("load_state_dict")

    @property
    def title(self) -> str:
        """Name of the network in progress and errors."""
        return f"{type(self).__name__}({[layer.M for layer in self.dnn.hidden_layers]})"

    def _layers(self) -> list[Any]:
        return list(self.dnn.hidden_layers)

    def _start(self, sizes: Sequence[int], backend: str | None) -> None:
        """Create a new classifier without parameters, and clear the records."""
        layer = partial(AutoEncoder, hidden="relu")
        self.dnn = DNN(sizes, layer, random_state=self._chance.own, dtype=self.dtype)
        self._set_backend(backend)
        self.costs, self.errors = self.dnn.costs, self.dnn.errors
        self.valid_costs, self.valid_errors = self.dnn.valid_costs, self.dnn.valid_errors

    def _set_backend(self, backend: str | None) -> None:
        for model in (self.dnn, *self.dnn.hidden_layers):
            model.backend = backend

    @one_fit_at_a_time
    @resumable
    def fit(
        self,
        X: Any,
        Y: Any,
        Xtest: Any = None,
        Ytest: Any = None,
        learning_rate: float = 0.1,
        mu: float = 0.9,
        denoising: float = 1.0,
        epochs: int = 1,
        batch_sz: int = 100,
        *,
        optimiser: Callable[..., Updates] | None = None,
        n_classes: int | None = None,
        validation: float | tuple[Any, Any] | None = None,
        monitor: str | None = "epoch",
        backend: str | None = None,
        callbacks: Sequence[Callable[[Progress], Any]] = (),
        warm_start: bool = False,
        resume: Any = None,
        verbose: bool = False,
    ) -> "Ladder":
        """Draw new weights and train them to predict the labels and to reconstruct the images.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Training images, of values about as large as 1, such as pixels in [0, 1]. Their squared error is
            summed over the pixels, and `noise` has their unit. For files, tables and batches see
            ``docs/large_data.md``.
        Y : array_like of int of shape (N,)
            Labels of the training images. Each of 0 to K-1 must occur, unless `n_classes` is given. None for
            batches that have labels.
        Xtest, Ytest : array_like of shape (Ntest, D) and (Ntest,), optional
            Test set, on which `costs` and `errors` are measured. Without one they stay empty.
        learning_rate, mu : float
            Step size and momentum.
        denoising : float
            Weight of the squared error of the reconstructed image in the cost. The negative log-likelihood of
            the label has weight 1.
        epochs, batch_sz : int
            Passes over the data, and rows per step, at least 2.
        optimiser : callable, optional
            Replacement for the book's momentum, such as `udl_pt.adam_updates`. It brings its own rates:
            ``functools.partial(adam_updates, learning_rate=0.01)``. Then omit `learning_rate` and `mu`.
        n_classes : int, optional
            K, the number of classes, where some may not occur in `Y`. By default it is found in `Y`.
        validation : float or (array_like, array_like), optional
            Validation set, a pair of images and labels: `valid_costs` and `valid_errors` are measured on it,
            and `udl_pt.callbacks.EarlyStopping` reads them. A float is the share of `X` that is drawn and
            held out for that, which copies the rest.
        monitor : {"epoch", "batch", None}
            When to measure these sets: after every epoch, after every batch, or never.
        backend : {"numba", "c", "jax"}, optional
            Backend of the training. The default is the choice of `udl_pt.set_backend`.
        callbacks : sequence of callable
            Each is called with a `udl_pt.training.progress.Progress` after every epoch. `udl_pt.callbacks`
            has some.
        warm_start : bool
            Whether training goes on from the present parameters, where there are some, instead of new ones.
            The velocities, records and generators go on, too.
        resume : path-like, optional
            A file of `udl_pt.callbacks.Checkpoint`, from which this fit goes on. Where there is none, it
            starts anew.
        verbose : bool
            Whether to show progress, as `udl_pt.callbacks.ProgressBar` does.

        Returns
        -------
        Ladder
            Itself.

        Raises
        ------
        ValueError, TypeError
            For bad input, before anything is changed.
        RuntimeError
            While another thread fits it, and in a callback of its own ``fit``.
        DivergenceError
            When a step is not finite: the parameters are those before it. Also when a recorded cost is not
            finite.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import Ladder
        >>> X, Y = np.repeat(np.eye(2), 10, axis=0), np.repeat([0, 1], 10)
        >>> ladder = Ladder([4], random_state=0).fit(X, Y, X, Y, epochs=20, batch_sz=10)
        >>> len(ladder.costs), ladder.errors[-1]
        (20, 0.0)
        """
        rates = checked_rates(optimiser, Ladder.fit, self.dtype, learning_rate=learning_rate, mu=mu)
        run = Run.checked(
            X,
            Y,
            (Xtest, Ytest),
            dtype=self.dtype,
            rates=Rates(self.dtype, **rates, denoising=denoising),
            epochs=epochs,
            batch_sz=batch_sz,
            n_classes=n_classes,
            validation=validation,
            monitor=monitor,
            callbacks=callbacks,
            backend=get_backend(backend),
            stage="the ladder's training",
        )
        if run.epochs > 0 and run.batch_sz < 2:
            raise ValueError(f"batch_sz is {batch_sz}, expected at least 2: a single row has no variance")
        D, sizes = run.data[0].shape[1], [layer.M for layer in self.dnn.hidden_layers]
        K, own = run.n_classes, {}
        if self.is_fitted:
            own = {"features": (self.dnn.n_features, D), "classes": (self.g.get_value().size, K)}
        warm = goes_on(self, warm_start, validation, **own)
        run.announce(self, ("costs", "errors"))
        if warm:
            self._set_backend(run.backend)
        else:
            self._start(sizes, run.backend)
            self._chance.restart()
        run, valid = run.split(self._generator)
        if not warm:
            self._set_params([D, *sizes, K])
        if run.epochs > 0:
            X = run.data[0]
            monitored = X.first(MONITORED) if isinstance(X, Feed) else X[sample_of_rows(len(X), MONITORED)]
            training = partial(self._train, run, valid, optimiser, monitored)
            try:
                being_fitted(self.dnn, self.dnn.hidden_layers, training)
            except BaseException:  # such as where a step wasn't finite, or somebody interrupts
                uninterrupted(self._fold, monitored)
                raise
        self._fold(run.data[0])
        return self

    def _train(
        self,
        run: Run,
        valid: Arrays | None,
        optimiser: Callable[..., Updates] | None,
        monitored: np.ndarray,
    ) -> None:
        record = classification_recorder(
            self.costs,
            self.errors,
            self.dnn.logits,
            run,
            name=f"{self.title} cost_predict_op",
            valid=None if valid is None else (valid, self.valid_costs, self.valid_errors),
        )

        def measure() -> dict[str, float]:
            self._fold(monitored)
            return record()

        step = self._step(str(run.backend), 1 / run.batch_sz, optimiser)
        train(step, run, generator=self._generator, stage=self.title, measure=measure, model=self)

    def fold(self, X: Any) -> None:
        """Set the parameters of `dnn` from the present parameters of the ladder.

        It is needed after these have changed outside of `fit`, as by
        `udl_pt.callbacks.ParameterAverage.apply`. The former parameters of `dnn` are lost, fine-tuned or not.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Training images, over which the units' means and standard deviations are taken.

        Raises
        ------
        NotFittedError, ValueError, TypeError
            Before ``fit``, and for bad input.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import Ladder
        >>> X, Y = np.repeat(np.eye(2), 10, axis=0), np.repeat([0, 1], 10)
        >>> ladder = Ladder([4], random_state=0).fit(X, Y, X, Y, epochs=0)
        >>> ladder.b[-1].set_value(np.array([0.0, 100.0]))  # prefer class 1 always
        >>> ladder.fold(X)
        >>> ladder.dnn.predict([[1, 0], [0, 1]]).tolist()
        [1, 1]
        """
        self._check_fitted("fold")
        self._fold(check_rows(X, dtype=self.dtype, n_features=self.a[0].get_value(borrow=True).shape[1]))

    @uninterruptible
    def _set_params(self, sizes: Sequence[int]) -> None:
        """Draw the weights; all else starts at 0, but `g` and the slopes within the sigmoids of `a` at 1."""
        pairs, generator = list(itertools.pairwise(sizes)), self._generator

        def each(letter: str, values: Sequence[np.ndarray]) -> list[SharedVariable]:
            return [shared(value, f"{letter} of layer {k}") for k, value in enumerate(values, start=1)]

        self.W = each("W", [init_weights(pair, generator, self.dtype) for pair in pairs])
        self.V = each("V", [init_weights(pair[::-1], generator, self.dtype) for pair in pairs])
        self.b = each("b", [np.zeros(M, self.dtype) for M in sizes[1:]])
        self.g = shared(np.ones(sizes[-1], self.dtype), "g")
        start = np.array([0, 1, 0, 0, 0, 0, 1, 0, 0, 0], self.dtype)[:, None]
        self.a = [shared(np.tile(start, M), f"a of layer {k}") for k, M in enumerate(sizes)]
        self._velocities = [
            shared(np.zeros_like(p.get_value(borrow=True)), f"d{p.name}") for p in self.params
        ]
        self._start_stream()
        for layer, (D, M) in zip(self.dnn.hidden_layers, pairs, strict=False):
            W, bh, bo = (np.zeros(shape, self.dtype) for shape in ((D, M), M, D))
            layer._set_params(W=W, bh=bh, bo=bo)
        self.dnn._set_params(np.zeros(pairs[-1], self.dtype))
        self.dnn.n_features = sizes[0]

    def _cost(self, X: Symbolic, targets: Symbolic, denoising: Symbolic, scale: Symbolic) -> Symbolic:
        """Return the mean cost of a batch's rows, with noise; `scale` is one over their number."""
        stream = RandomStreams(self.rng, self.dtype)

        def noisy(Z: Symbolic, M: int) -> Symbolic:
            return Z + np.asarray(self.noise, self.dtype) * stream.normal((X.shape[0], M), dtype=self.dtype)

        sizes = [a.get_value(borrow=True).shape[1] for a in self.a]
        H = noisy(X, sizes[0])
        Z = [H]  # of each layer, noisy, before bias and activation
        for W, b, M in zip(self.W, self.b, sizes[1:], strict=True):
            Z.append(noisy(_standardised(H.dot(W), scale), M))
            H = rectified(Z[-1] + b)
        logits = self.g * (Z[-1] + self.b[-1])

        U = _standardised(pt.special.softmax(logits, axis=-1), scale)
        for a, V, z in zip(self.a[:0:-1], self.V[::-1], Z[:0:-1], strict=True):
            U = _standardised(_rebuilt(z, U, a).dot(V), scale)
        error = squared_error(X, _rebuilt(Z[0], U, self.a[0])).sum()
        return (categorical_cross_entropy(targets, logits, sizes[-1]).sum() + denoising * error) * scale

    def _step(
        self, backend: str, scale: float, optimiser: Callable[..., Updates] | None = None
    ) -> UpdateStep:
        X, targets = pt.matrix("X", dtype=self.dtype), pt.ivector("targets")
        denoising, factor = (pt.scalar(name, dtype=self.dtype) for name in ("denoising", "scale"))
        return make_step(
            optimiser,
            self._cost(X, targets, denoising, factor),
            [X, targets],
            self.params,
            self.dparams,
            scalars=[denoising],
            constants={factor: scale},
            dtype=self.dtype,
            backend=backend,
            name=f"{self.title} train_op",
        )

    @np.errstate(over="ignore", invalid="ignore")  # weights are huge where the next step wasn't finite
    def _fold(self, X: Any) -> None:
        """Set the parameters of `dnn` from the weights and from the units' means and variances over rows."""

        def held() -> list[Any]:
            dnn = self.dnn
            return [dnn, *dnn.params, *self.W, *self.b, self.g]

        def read() -> tuple[list[Any], ...]:
            head, layers = self.dnn.params[:2], self.dnn.params[2:]
            Ws, bs = ([np.array(p.get_value(borrow=True)) for p in params] for params in (self.W, self.b))
            return [*layers, *head], Ws, bs, [1.0] * (len(Ws) - 1) + [np.array(self.g.get_value(borrow=True))]

        folded, Ws, bs, gains = read_together(held, read)  # another thread may train
        H: Chunks = partial(in_chunks, X, self.dtype)
        first, values = X[:1].astype(self.dtype), list[np.ndarray]()
        for W, b, gain in zip(Ws, bs, gains, strict=True):
            # without `first`, rows that are all alike leave rounding
            A = _each(H, lambda rows, first=first, W=W: (rows - first) @ W, keep=not isinstance(X, Rows))
            mean = sum(a.sum(axis=0, dtype=float) for a in A()) / len(X)
            variance = sum(((a - mean) ** 2).sum(axis=0) for a in A()) / len(X)
            factor = gain * (variance > 0) / np.sqrt(variance + TINY)
            shift = gain * b - mean * factor
            values.append(W * factor.astype(self.dtype))
            values.append((shift - (first.astype(float) @ W)[0] * factor).astype(self.dtype))
            f, s = factor.astype(self.dtype), shift.astype(self.dtype)
            H = _each(A, lambda a, f=f, s=s: np.maximum(0, a * f + s), keep=False)
            first = np.maximum(0, s)[None]  # whose `a` is 0
        uninterrupted(set_parameters, folded, values)


def _each(chunks: Chunks, function: Callable[..., np.ndarray], *, keep: bool) -> Chunks:
    """Return the results of `function` for all chunks: kept in memory, or computed at each reading."""
    if keep:
        kept = [function(chunk) for chunk in chunks()]
        return lambda: kept
    return lambda: map(function, chunks())


def _standardised(A: Symbolic, scale: Any) -> Symbolic:
    """Standardise each column to mean 0 and variance 1; `scale` is one over the rows."""
    A = A - A.sum(axis=0, keepdims=True) * scale
    variance = (A * A).sum(axis=0, keepdims=True) * scale
    return A / pt.sqrt(variance + np.asarray(TINY, A.dtype))


def _rebuilt(Z: Symbolic, U: Symbolic, a: Symbolic) -> Symbolic:
    """Estimate clean values from noisy ones and from the layer above: the paper's denoising function.

    Optimal for normal values with normal noise. The result lies between `Z` and the mean predicted from `U`.
    """
    mean = a[0] * pt.sigmoid(a[1] * U + a[2]) + a[3] * U + a[4]
    share = a[5] * pt.sigmoid(a[6] * U + a[7]) + a[8] * U + a[9]
    return (Z - mean) * share + mean
