"""The arguments of one ``fit``, checked together before anything changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from udl_pt._support.arguments import check_callbacks, check_count, check_epochs, check_option, is_scalar
from udl_pt._support.arrays import check_matrix
from udl_pt._support.labels import check_test, check_training, check_weights
from udl_pt._support.messages import shown
from udl_pt._support.rows import check_rows
from udl_pt.backends import Devices, get_threads
from udl_pt.symbolic.chance import HostGenerator
from udl_pt.training.feed import feed_of
from udl_pt.training.held_out import Arrays, HeldOut
from udl_pt.training.progress import MONITORS, Progress, notify
from udl_pt.training.rates import Rates

__all__ = ["Run"]


@dataclass(frozen=True)
class Run:
    """Data and arguments of one training, for `udl_pt.training.loop.train`.

    Attributes
    ----------
    data : tuple of (ndarray or Rows)
        Rows of shape (N, D); where the model has labels, also labels of shape (N,), an array; where rows have
        weights, also these. Of batches a `udl_pt.training.feed.Feed` alone, which returns their labels too.
    test : tuple of (ndarray or Rows)
        Rows and labels of the test set; empty without one, and where the model has no labels.
    n_classes : int
        The number of classes; 0 where the model has no labels.
    devices : Devices or None
        The devices of JAX that share each batch's rows.
    held_out : HeldOut
        The validation set.
    rates : Rates
        Learning rate and the like, at the start.
    epochs, batch_sz : int
        Passes over the data, and rows per step.
    monitor : {"epoch", "batch", None}
        When to record costs.
    callbacks : tuple of callable
        Called with a `Progress` after each epoch; `udl_pt.training.progress.notify` lists further moments.
    dtype : {"float64", "float32"}
        The model's dtype.
    unit_interval : bool
        Whether training reads the rows as probabilities; false without epochs.
    backend : {"numba", "c", "jax", None}
        The model's backend; None for an eager twin.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.training.rates import Rates
    >>> from udl_pt.training.run import Run
    >>> rates = Rates("float64", learning_rate=0.1)
    >>> run = Run.checked(
    ...     np.zeros((10, 3)), dtype="float64", rates=rates, epochs=2, batch_sz=5, monitor=None, callbacks=[]
    ... )
    >>> run.data[0].shape, run.epochs, run.batch_sz, run.rates
    ((10, 3), 2, 5, {'learning_rate': 0.1})
    """

    data: Arrays
    held_out: HeldOut
    rates: Rates
    epochs: int
    batch_sz: int
    monitor: str | None
    callbacks: tuple[Callable[[Progress], Any], ...]
    dtype: str
    unit_interval: bool = False
    backend: str | None = None
    test: Arrays = ()
    n_classes: int = 0
    devices: Devices | None = None

    @classmethod
    def checked(
        cls,
        X: Any,
        Y: Any = None,
        test: tuple[Any, Any] | None = None,
        *,
        dtype: str,
        rates: Rates,
        epochs: Any,
        batch_sz: Any,
        n_classes: Any = None,
        sample_weight: Any = None,
        validation: Any = None,
        monitor: Any,
        callbacks: Any,
        unit_interval: bool = False,
        backend: str | None = None,
        devices: Any = None,
        stage: str = "training",
    ) -> "Run":
        """Check the arguments that the ``fit`` of every model takes.

        Parameters
        ----------
        X : array_like of shape (N, D), a source of rows, or batches
            The rows. An eager twin reads a source as a whole, and takes no batches. See
            `udl_pt._support.rows.check_rows` and `udl_pt.training.feed.feed_of`.
        Y : array_like of int of shape (N,), optional
            Labels of the rows, where the model has labels, and `X` has none. Each of 0 to K-1 must occur.
        test : (array_like, array_like), optional
            Rows of shape (N_test, D) and labels of the test set, where the model has labels. Both are None
            where there is no test set.
        dtype : {"float64", "float32"}
            The model's dtype.
        rates : Rates
            Learning rate and the like.
        epochs, batch_sz : int
            Passes over the data, and rows per step.
        n_classes : int, optional
            Number of classes, where the model has labels. Then `Y` need not hold all of them.
        sample_weight : array_like of shape (N,), optional
            Weights of the rows, where the model has labels.
        validation : None, float, array_like of shape (N_valid, D), or (array_like, array_like)
            None, a share of the training rows, or a validation set: rows, or a pair of rows and labels.
        monitor : {"epoch", "batch", None}
            When to record costs.
        callbacks : iterable of callable
            Functions called with a `Progress` after each epoch, or objects with methods such as ``on_start``.
        unit_interval : bool
            Whether training reads the rows as probabilities.
        backend : {"numba", "c", "jax", None}
            The model's backend; None for an eager twin.
        devices : None, int or sequence of jax.Device
            The devices of JAX that share each batch's rows.
        stage : str
            The name of the training in errors.

        Returns
        -------
        Run

        Raises
        ------
        TypeError, ValueError
            For bad input; the message names the argument, its value, and what was expected.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.training.rates import Rates
        >>> from udl_pt.training.run import Run
        >>> Run.checked(
        ...     np.zeros((10, 3)), dtype="float64", rates=Rates("float64", learning_rate=0.1), epochs=2,
        ...     batch_sz=50, monitor=None, callbacks=[]
        ... )
        Traceback (most recent call last):
            ...
        ValueError: batch_sz is 50, but there are only 10 samples: training would see no batch at all; ...
        """
        get_threads()  # refuses another value of the environment
        check_option(monitor, "monitor", MONITORS)
        callbacks = check_callbacks(callbacks)
        unit_interval = unit_interval and check_count(epochs, "epochs", at_least=0) > 0
        data: Arrays
        check = check_matrix if backend is None else check_rows
        feed = None
        if backend is not None:
            feed = feed_of(
                X, dtype=dtype, labelled=test is not None, unit_interval=unit_interval, n_classes=n_classes
            )
        if feed is not None:
            measures_rows = test is None and check_count(epochs, "epochs", at_least=0) > 0
            _check_beside_feed(Y, sample_weight, validation, monitor if measures_rows else None)
            data, n_classes = (feed,), feed.n_classes
        elif test is None:
            data, n_classes = (check(X, dtype=dtype, unit_interval=unit_interval),), 0
        else:
            X, Y, n_classes = check_training(X, Y, dtype, check, n_classes)
            data = X, Y
        if sample_weight is not None:
            data = (*data, check_weights(sample_weight, len(X), dtype))
        N, D = data[0].shape
        test_set = () if test is None else check_test(*test, dtype, D, n_classes, check)
        held_out = HeldOut.checked(
            validation,
            (N, D),
            dtype,
            n_classes=n_classes or None,
            unit_interval=unit_interval,
            check=check,
        )
        epochs, batch_sz = check_epochs(epochs, batch_sz, N - held_out.n_drawn, stage)
        return cls(
            data,
            held_out,
            rates,
            epochs,
            batch_sz,
            monitor,
            callbacks,
            dtype,
            unit_interval,
            backend,
            test_set,
            n_classes,
            Devices.checked(devices, backend, batch_sz),
        )

    @property
    def is_weighted(self) -> bool:
        """Whether the rows have weights."""
        return len(self.data) == 3

    def announce(self, model: Any, records: Sequence[str] = ("costs",)) -> None:
        """Call ``on_check`` of the callbacks, which may refuse the training before the model changes.

        Without epochs nothing is called.

        Parameters
        ----------
        model : object
            The model that will be trained.
        records : sequence of str
            Names of its lists that get an entry at each measurement, without those of the validation set. Of
            a model that has labels, they belong to the test set.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import AutoEncoder
        >>> from udl_pt.training.rates import Rates
        >>> from udl_pt.training.run import Run
        >>> class Inspector:
        ...     def on_check(self, model, rates, records):
        ...         print(type(model).__name__, list(rates), records)
        >>> run = Run.checked(
        ...     np.zeros((10, 3)), dtype="float64", rates=Rates("float64", learning_rate=0.1), epochs=1,
        ...     batch_sz=5, validation=0.2, monitor="epoch", callbacks=[Inspector()]
        ... )
        >>> run.announce(AutoEncoder(2))
        AutoEncoder ['learning_rate'] ['costs', 'valid_costs']
        """
        if self.epochs > 0:
            of_validation = [f"valid_{name}" for name in records] if self.held_out else []
            own = [] if self.n_classes and not self.test else records
            lists = [*own, *of_validation] if self.monitor == "epoch" else []
            notify(self.callbacks, "on_check", model, self.rates, lists)

    def split(self, generator: HostGenerator) -> tuple["Run", Arrays | None]:
        """Return the run on the training rows alone, and the validation set.

        Parameters
        ----------
        generator : numpy.random.Generator or numpy.random.RandomState
            Source of the draw, where `held_out` is a share of the rows.

        Returns
        -------
        run : Run
            The same run, whose `data` has no row of the validation set.
        validation : tuple of ndarray or None
            Rows of the validation set, and their labels where there are labels; None where there is none.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.training.rates import Rates
        >>> from udl_pt.training.run import Run
        >>> run = Run.checked(
        ...     np.zeros((10, 3)), dtype="float64", rates=Rates("float64", learning_rate=0.1), epochs=1,
        ...     batch_sz=4, validation=0.2, monitor=None, callbacks=[]
        ... )
        >>> run, (X_valid,) = run.split(np.random.default_rng(0))
        >>> run.data[0].shape, X_valid.shape
        ((8, 3), (2, 3))
        """
        data, valid = self.held_out.split(generator, *self.data)
        return replace(self, data=data), None if valid is None else valid[:2]


def _check_beside_feed(Y: Any, sample_weight: Any, validation: Any, monitor: Any) -> None:
    """Raise for arguments of a ``fit`` that don't go with data that come batch by batch."""
    if Y is not None:
        raise TypeError(
            f"Y is {shown(Y)}, but X comes batch by batch: let it return pairs (X, Y), with Y=None"
        )
    if sample_weight is not None:
        raise TypeError(
            f"sample_weight is {shown(sample_weight)}, but X comes batch by batch: omit it, or pass an array "
            "or a file of rows as X"
        )
    if validation is not None and is_scalar(validation):
        raise ValueError(
            f"validation is {shown(validation)}, a share, but X comes batch by batch: no rows of it can be "
            "held out, so pass the validation set"
        )
    if monitor == "batch":
        raise ValueError(
            "monitor is 'batch', which measures all rows after each batch, but X comes batch by batch: use "
            "'epoch' or None"
        )
