"""Callbacks for ``fit``: schedules of rates, early stopping, averages of parameters, sizes of updates.

A callback is called with a `udl_pt.training.progress.Progress` after each epoch. It may also have methods
that are called at other moments; `udl_pt.training.progress.notify` lists them. Writing one takes a few
lines::

    def halve(progress):
        progress.hyper["learning_rate"] /= 2
"""

import inspect
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.arguments import check_count, check_is, check_number
from udl_pt._support.messages import shown
from udl_pt.backends._locks import call_locked
from udl_pt.training.progress import Progress
from udl_pt.training.rates import check_rate

__all__ = [
    "EarlyStopping",
    "LinearDecay",
    "LinearSchedule",
    "ParameterAverage",
    "UpdateSizes",
    "parameter_array",
]


def parameter_array(p: Any) -> np.ndarray:
    """Return a parameter's value as an array, without a copy.

    Parameters
    ----------
    p : SharedVariable, ndarray or torch.Tensor
        A parameter of a model or of its eager twin.

    Returns
    -------
    numpy.ndarray
        Of the parameter's shape and dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.training.callbacks import parameter_array
    >>> rbm = RBM.createFromArrays(np.eye(2), np.zeros(2), np.zeros(2))
    >>> parameter_array(rbm.W).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return np.asarray(p.get_value(borrow=True) if isinstance(p, SharedVariable) else p)


def _replace(params: Sequence[Any], values: Sequence[np.ndarray]) -> None:
    """Set all parameters at once, as seen by other threads; none if there are no values."""
    call_locked((p for p in params if isinstance(p, SharedVariable)), _set_values, params, values)


def _set_values(params: Sequence[Any], values: Sequence[np.ndarray]) -> None:
    for p, value in zip(params, values, strict=False):
        if isinstance(p, SharedVariable):
            p.set_value(value)
        else:
            np.asarray(p)[...] = value  # a tensor of PyTorch's lends its memory


def _check_model(model: Any, *, in_epochs: bool = False) -> None:
    """Raise unless `model` is trained itself: in steps, or in epochs of these."""
    fit = getattr(model, "fit", getattr(model, "fit_transform", None))
    if not callable(fit) or isinstance(model, type):
        raise TypeError(f"model is {shown(model)}, expected a model that can be trained, such as a DNN")
    names, kind = inspect.signature(fit).parameters, type(model).__name__
    passes_on = "callbacks" not in names and any(p.kind is p.VAR_KEYWORD for p in names.values())
    if "epochs" in names or passes_on:
        return
    if hasattr(model, "hidden_layers"):
        raise TypeError(f"model is a {kind}, whose layers are trained one by one: pass one of its layers")
    if in_epochs or "callbacks" not in names:
        raise TypeError(f"model is a {kind}, which isn't trained in epochs: expected one such as a DNN")


class LinearSchedule:
    """Change a rate linearly, batch by batch, then keep it constant.

    Each training starts the schedule again.

    Parameters
    ----------
    name : str
        The rate: ``"learning_rate"``, ``"mu"``, or another that `fit` passes to its steps.
    last : float
        Its value at the end.
    first : float, optional
        Its value at the first batch; by default the value passed to `fit`.
    epochs : float, optional
        The number of epochs after which it reaches `last`; by default all epochs of the training.
    model : model, optional
        The model whose rate changes. By default the rate of every trained model changes, layers in
        pretraining included.

    Raises
    ------
    TypeError, ValueError
        If a value is not a number or is outside the limits of its rate.

    Examples
    --------
    Warm up for two epochs:

    >>> import numpy as np
    >>> from udl_pt import AutoEncoder
    >>> from udl_pt.callbacks import LinearSchedule
    >>> warm_up = LinearSchedule("learning_rate", 0.4, first=0.0, epochs=2)
    >>> rates = []
    >>> def record(progress):
    ...     rates.append(progress.hyper["learning_rate"])
    >>> _ = AutoEncoder(2, random_state=0).fit(np.eye(4), epochs=3, batch_sz=2, callbacks=[warm_up, record])
    >>> rates
    [0.2, 0.4, 0.4]
    """

    def __init__(
        self,
        name: str,
        last: float,
        *,
        first: float | None = None,
        epochs: float | None = None,
        model: Any = None,
    ) -> None:
        check_is(name, "name", str, "the name of a rate, such as 'learning_rate'")
        if model is not None:
            _check_model(model)
        self.name, self.last, self.first = name, last, first
        self._check_values("float64")
        self.epochs = None if epochs is None else check_number(epochs, "epochs", at_least=0)
        self._model, self._from = model, 0.0

    def _is_for(self, model: Any) -> bool:
        return self._model is None or model is self._model

    def _check_values(self, dtype: str) -> None:
        """Turn both values into floats that the rate may have in `dtype`."""
        self.last = check_rate(self.last, self.name, dtype, f"last of the schedule of {self.name!r}")
        if self.first is not None:
            self.first = check_rate(self.first, self.name, dtype, f"first of the schedule of {self.name!r}")

    def on_check(self, model: Any, rates: Collection[str], records: Collection[str]) -> None:
        """Raise unless the training has such a rate, and its dtype fits the values.

        Parameters
        ----------
        model : model
            The model that will be trained.
        rates : collection of str
            The names of its rates.
        records : collection of str
            The names of its records; not used.

        Raises
        ------
        ValueError
            If the training has no rate of this name, or a value of the schedule doesn't fit the model's
            dtype.

        Examples
        --------
        >>> from udl_pt import RBM
        >>> from udl_pt.callbacks import LinearSchedule
        >>> LinearSchedule("momentum", 0.9).on_check(RBM(2), ["learning_rate", "mu"], ["costs"])
        Traceback (most recent call last):
            ...
        ValueError: a schedule's name is 'momentum', but RBM has only the rates 'learning_rate', 'mu': ...
        """
        if not self._is_for(model):
            return
        if self.name not in rates:
            raise ValueError(
                f"a schedule's name is {self.name!r}, but {type(model).__name__} has only the rates "
                f"{', '.join(map(repr, rates))}: choose one, or pass the model that has this rate as model="
            )
        self._check_values(model.dtype)

    def on_start(self, progress: Progress) -> None:
        """Set the rate of the first batch.

        Parameters
        ----------
        progress : Progress
            The training; its ``hyper`` changes.

        Examples
        --------
        >>> from udl_pt.callbacks import LinearSchedule
        >>> from udl_pt.training.progress import Progress
        >>> from udl_pt.training.rates import Rates
        >>> progress = Progress("RBM(2)", epochs=1, n_batches=4, hyper=Rates("float64", mu=0.9))
        >>> LinearSchedule("mu", 0.9, first=0.5).on_start(progress)
        >>> progress.hyper["mu"]
        0.5
        """
        if self._is_for(progress.model):
            self._from = progress.hyper[self.name] if self.first is None else self.first
            progress.hyper[self.name] = self._from

    def on_batch(self, progress: Progress) -> None:
        """Set the rate of the next batch.

        Parameters
        ----------
        progress : Progress
            The training after a batch; its ``hyper`` changes.

        Examples
        --------
        >>> from udl_pt.callbacks import LinearSchedule
        >>> from udl_pt.training.progress import Progress
        >>> from udl_pt.training.rates import Rates
        >>> progress = Progress("RBM(2)", epochs=1, n_batches=4, hyper=Rates("float64", learning_rate=1.0))
        >>> schedule = LinearSchedule("learning_rate", 0.0)
        >>> schedule.on_start(progress)
        >>> progress.advance(epoch=1, batch=1)  # the first of four batches is done
        >>> schedule.on_batch(progress)
        >>> progress.hyper["learning_rate"]
        0.75
        """
        if self._is_for(progress.model):
            done = progress.epoch - 1 + progress.batch / progress.n_batches
            whole = progress.epochs if self.epochs is None else self.epochs
            share = min(1.0, done / whole) if whole else 1.0
            progress.hyper[self.name] = self._from + share * (self.last - self._from)

    def __call__(self, progress: Progress) -> None:
        """Do nothing after an epoch."""


class LinearDecay(LinearSchedule):
    """Decrease the learning rate linearly, batch by batch, to zero at the end of training.

    Parameters
    ----------
    model : model, optional
        The model whose learning rate decreases. By default the rates of all trained models decrease, layers
        in pretraining included.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import AutoEncoder
    >>> from udl_pt.callbacks import LinearDecay
    >>> rates = []
    >>> def record(progress):
    ...     rates.append(progress.hyper["learning_rate"])
    >>> ae = AutoEncoder(2, random_state=0)
    >>> _ = ae.fit(np.eye(4), learning_rate=0.5, epochs=2, batch_sz=2, callbacks=[LinearDecay(), record])
    >>> rates
    [0.25, 0.0]
    """

    def __init__(self, model: Any = None) -> None:
        super().__init__("learning_rate", 0.0, model=model)


class EarlyStopping:
    """Stop a training whose error has not fallen for some epochs, and restore the best epoch's parameters.

    Parameters
    ----------
    model : model with `params` and `dparams`
        The trained model itself. The training of another model continues as if there were no early stopping.
    patience : int
        Epochs to wait for an improvement.
    watch : str, optional
        The model's record to watch. By default ``"valid_errors"`` if the model records them, else
        ``"valid_costs"``. Models have these records:

        - a `DNN`: ``"valid_errors"`` or ``"valid_costs"`` with a validation set, and ``"errors"`` or
          ``"costs"`` of the test set;
        - a layer or a `DeepAutoEncoder`: ``"valid_costs"`` with a validation set, and ``"costs"`` of the
          training rows;
        - a `Ladder`: ``"errors"`` or ``"costs"`` of its test set, which is then a validation set.

    Attributes
    ----------
    best_epoch : int
        The epoch whose parameters the model has after training, counted from 1.

    Raises
    ------
    TypeError
        If `model` is not trained in epochs, or keeps no record.
    ValueError
        If the model has no record of this name, or nothing to watch by default.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import AutoEncoder
    >>> from udl_pt.callbacks import EarlyStopping
    >>> ae = AutoEncoder(2, random_state=0)
    >>> stopping = EarlyStopping(ae, patience=2)
    >>> _ = ae.fit(np.eye(4), epochs=60, batch_sz=3, validation=0.25, callbacks=[stopping])
    >>> np.round(ae.valid_costs, 2).tolist()
    [3.06, 2.97, 3.14, 3.52]
    >>> stopping.best_epoch
    2
    """

    def __init__(self, model: Any, patience: int = 10, watch: str | None = None) -> None:
        _check_model(model, in_epochs=True)
        records = [name for name in vars(model) if name.endswith(("costs", "errors"))]
        if not records:
            raise TypeError(f"model is a {type(model).__name__}, which keeps no record that can be watched")
        listed = ", ".join(map(repr, records))
        if watch is None:
            watch = next((name for name in ("valid_errors", "valid_costs") if name in records), None)
            if watch is None:
                raise ValueError(
                    f"{type(model).__name__} has no validation set to watch: pass watch=, one of its records "
                    f"{listed}"
                )
        if not (isinstance(watch, str) and watch in records):
            raise ValueError(
                f"watch is {shown(watch)}, expected one of the records of this {type(model).__name__}: "
                f"{listed}"
            )
        self._model, self.watch = model, watch
        self.patience = check_count(patience, "patience")
        self.best_epoch = 0
        self._least = np.inf
        self._best: list[np.ndarray] = []

    def _state(self) -> list[Any]:
        """Return parameters and velocities, from which a later training may continue."""
        return [*self._model.params, *self._model.dparams]

    def on_check(self, model: Any, rates: Collection[str], records: Collection[str]) -> None:
        """Raise if a training of the model doesn't keep the watched record.

        Parameters
        ----------
        model : model
            The model that will be trained.
        rates : collection of str
            The names of its rates; not used.
        records : collection of str
            The names of its lists that get one entry per epoch.

        Raises
        ------
        ValueError
            If the watched record is not among them.

        Examples
        --------
        >>> from udl_pt import AutoEncoder
        >>> from udl_pt.callbacks import EarlyStopping
        >>> ae = AutoEncoder(2)
        >>> EarlyStopping(ae, watch="valid_costs").on_check(ae, ["learning_rate"], ["costs"])
        Traceback (most recent call last):
            ...
        ValueError: early stopping watches valid_costs, which this fit doesn't record after each epoch: ...
        """
        if model is self._model and self.watch not in records:
            raise ValueError(
                f"early stopping watches {self.watch}, which this fit doesn't record after each epoch: pass "
                "monitor='epoch'. A record of a validation set also needs validation=0.1 or the like"
            )

    def on_start(self, progress: Progress) -> None:
        """Reset what an earlier training left.

        Parameters
        ----------
        progress : Progress
            The training.

        Examples
        --------
        >>> from udl_pt import AutoEncoder
        >>> from udl_pt.callbacks import EarlyStopping
        >>> from udl_pt.training.progress import Progress
        >>> ae = AutoEncoder(2)
        >>> stopping = EarlyStopping(ae)
        >>> stopping.best_epoch = 7
        >>> stopping.on_start(Progress("AutoEncoder(2)", epochs=10, n_batches=1, model=ae))
        >>> stopping.best_epoch
        0
        """
        if progress.model is self._model:
            self.best_epoch, self._least, self._best = 0, np.inf, []

    def __call__(self, progress: Progress) -> None:
        """Compare the latest record with the best; stop after `patience` epochs without an improvement."""
        if progress.model is not self._model:
            return
        latest = getattr(self._model, self.watch)[-1]
        if latest < self._least or not self._best:
            self.best_epoch, self._least = progress.epoch, float(np.fmin(latest, np.inf))  # not NaN
            self._best = [parameter_array(p).copy() for p in self._state()]
        if progress.epoch - self.best_epoch >= self.patience:
            progress.stop = True

    def on_end(self, progress: Progress) -> None:
        """Restore the best epoch's parameters and velocities.

        Parameters
        ----------
        progress : Progress
            The training.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import AutoEncoder
        >>> from udl_pt.callbacks import EarlyStopping
        >>> from udl_pt.training.progress import Progress
        >>> ae = AutoEncoder.createFromArrays(np.eye(2), np.zeros(2), np.zeros(2))
        >>> stopping = EarlyStopping(ae, watch="costs")
        >>> progress = Progress("AutoEncoder(2)", epochs=2, n_batches=1, epoch=1, model=ae)
        >>> ae.costs = [0.5]
        >>> stopping(progress)  # after epoch 1, the best so far
        >>> ae.W.set_value(np.zeros((2, 2)))  # what a worse epoch might leave
        >>> stopping.on_end(progress)
        >>> ae.W.get_value().tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        """
        if progress.model is self._model:
            _replace(self._state(), self._best)


class UpdateSizes:
    """Record the mean size of each layer's weight updates. In a deep sigmoid network, lower layers move less.

    Parameters
    ----------
    model : DNN or DeepAutoEncoder
        The trained network.
    every : int
        The number of batches from one record to the next.

    Attributes
    ----------
    sizes : list of list of float
        For each record the mean absolute update of each trained weight matrix, from the input on. What
        `max_norm` cuts off is not counted.

    Raises
    ------
    TypeError
        If `model` has no `velocities`, as a single layer.

    Notes
    -----
    Updates are read from the velocities of the book's momentum. Another `optimiser` leaves these as they
    were, so the sizes are then no updates.

    Examples
    --------
    Three matrices in two batches:

    >>> import numpy as np
    >>> from udl_pt import DNN
    >>> from udl_pt.callbacks import UpdateSizes
    >>> dnn = DNN([3, 2], random_state=0)
    >>> watch = UpdateSizes(dnn)
    >>> X, Y = np.eye(4), np.array([0, 1, 0, 1])
    >>> _ = dnn.fit(X, Y, X, Y, pretrain=False, batch_sz=2, callbacks=[watch])
    >>> np.shape(watch.sizes)
    (2, 3)
    >>> watch.sizes[0][0] < watch.sizes[0][1] < watch.sizes[0][2]
    True
    """

    def __init__(self, model: Any, every: int = 1) -> None:
        if not hasattr(type(model), "velocities"):
            raise TypeError(f"model is {shown(model)}, expected a DNN or a DeepAutoEncoder")
        self._model = model
        self.every = check_count(every, "every")
        self.sizes: list[list[float]] = []
        self._batches = 0

    def on_start(self, progress: Progress) -> None:
        """Clear what an earlier training recorded.

        Parameters
        ----------
        progress : Progress
            The training.

        Examples
        --------
        >>> from udl_pt import DNN
        >>> from udl_pt.callbacks import UpdateSizes
        >>> from udl_pt.training.progress import Progress
        >>> dnn = DNN([3, 2])
        >>> watch = UpdateSizes(dnn)
        >>> watch.sizes = [[0.5, 0.2, 0.1]]
        >>> watch.on_start(Progress("DNN([3, 2])", epochs=1, n_batches=1, model=dnn))
        >>> watch.sizes
        []
        """
        if progress.model is self._model:
            self.sizes, self._batches = [], 0

    def on_batch(self, progress: Progress) -> None:
        """Record the sizes of the velocities, which the step added to the parameters.

        Parameters
        ----------
        progress : Progress
            The training after a batch.

        Examples
        --------
        Four batches, of which every second is recorded:

        >>> import numpy as np
        >>> from udl_pt import DNN
        >>> from udl_pt.callbacks import UpdateSizes
        >>> dnn = DNN([2], random_state=0)
        >>> watch = UpdateSizes(dnn, every=2)
        >>> X, Y = np.eye(4), np.array([0, 1, 0, 1])
        >>> _ = dnn.fit(X, Y, X, Y, pretrain=False, batch_sz=1, callbacks=[watch])
        >>> len(watch.sizes)
        2
        """
        if progress.model is not self._model:
            return
        self._batches += 1
        if self._batches % self.every == 0:
            steps = [parameter_array(v) for v in self._model.velocities]
            self.sizes.append([float(abs(v).mean()) for v in steps])

    def __call__(self, progress: Progress) -> None:
        """Do nothing after an epoch."""


class ParameterAverage:
    """Keep a running average of a model's parameters (Polyak and Juditsky 1992), for use after training.

    The noise of single steps averages out. Averaging raises the likelihood of a Boltzmann machine
    considerably.

    Parameters
    ----------
    model : model with `params`
        The trained model.
    decay : float
        The share of the old average that an update keeps, from 0 to 1. The first updates have equal weight.
    every : int
        The number of batches from one update to the next, counted within an epoch.

    Attributes
    ----------
    values : list of ndarray
        The averages, in the order of the model's `params`; empty before the first update.

    Raises
    ------
    TypeError, ValueError
        If `model` is not trained in epochs, or a number is outside its limits.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.callbacks import ParameterAverage
    >>> rbm = RBM(2, random_state=0)
    >>> average = ParameterAverage(rbm, every=1)
    >>> _ = rbm.fit(np.eye(4), epochs=2, batch_sz=2, callbacks=[average])
    >>> np.array_equal(rbm.W.get_value(), average.values[0])
    False
    >>> average.apply()
    >>> np.array_equal(rbm.W.get_value(), average.values[0])
    True
    """

    def __init__(self, model: Any, decay: float = 0.9995, every: int = 10) -> None:
        _check_model(model, in_epochs=True)
        self._model = model
        self.decay = check_number(decay, "decay", at_least=0, at_most=1)
        self.every = check_count(every, "every")
        self.values: list[np.ndarray] = []
        self._looks = 0

    def on_start(self, progress: Progress) -> None:
        """Start a new average; the old values remain until the next update.

        Parameters
        ----------
        progress : Progress
            The training.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> from udl_pt.callbacks import ParameterAverage
        >>> from udl_pt.training.progress import Progress
        >>> rbm = RBM.createFromArrays(np.eye(2), np.zeros(2), np.zeros(2))
        >>> average = ParameterAverage(rbm, every=1)
        >>> progress = Progress("RBM(2)", epochs=1, n_batches=1, model=rbm)
        >>> average.on_batch(progress)
        >>> average.on_start(progress)  # forgets that update
        >>> rbm.W.set_value(np.ones((2, 2)))
        >>> average.on_batch(progress)
        >>> average.values[0].tolist()
        [[1.0, 1.0], [1.0, 1.0]]
        """
        if progress.model is self._model:
            self._looks = 0

    def on_batch(self, progress: Progress) -> None:
        """Update the averages with the present parameters, after every `every` batches.

        Parameters
        ----------
        progress : Progress
            The training after a batch.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> from udl_pt.callbacks import ParameterAverage
        >>> from udl_pt.training.progress import Progress
        >>> rbm = RBM.createFromArrays(np.eye(2), np.zeros(2), np.zeros(2))
        >>> average = ParameterAverage(rbm, every=1)
        >>> progress = Progress("RBM(2)", epochs=1, n_batches=2, model=rbm)
        >>> average.on_batch(progress)
        >>> rbm.W.set_value(np.zeros((2, 2)))
        >>> average.on_batch(progress)
        >>> average.values[0].tolist()
        [[0.5, 0.0], [0.0, 0.5]]
        """
        if progress.model is not self._model or progress.batch % self.every:
            return
        present = [parameter_array(p) for p in self._model.params]
        if self._looks == 0:
            self.values = [p.copy() for p in present]
        self._looks += 1
        for value, p in zip(self.values, present, strict=True):
            value += max(1 - self.decay, 1 / self._looks) * (p - value)

    def __call__(self, progress: Progress) -> None:
        """Do nothing after an epoch."""

    def apply(self) -> None:
        """Replace the model's parameters by their averages.

        Raises
        ------
        ValueError
            If there is no average, since `fit` had fewer than `every` batches per epoch.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> from udl_pt.callbacks import ParameterAverage
        >>> rbm = RBM(2, random_state=0)
        >>> average = ParameterAverage(rbm, every=10)
        >>> _ = rbm.fit(np.eye(4), batch_sz=2, callbacks=[average])  # two batches
        >>> average.apply()
        Traceback (most recent call last):
            ...
        ValueError: no average yet: fit had fewer than 10 batches per epoch; pass a smaller `every`
        """
        if not self._looks:
            raise ValueError(
                f"no average yet: fit had fewer than {self.every} batches per epoch; pass a smaller `every`"
            )
        _replace(self._model.params, self.values)
