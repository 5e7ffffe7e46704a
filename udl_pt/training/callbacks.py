"""Callbacks for ``fit``: schedules, early stopping, averages of parameters, what happens to them.

A callback is called with a `udl_pt.training.progress.Progress` after each epoch;
`udl_pt.training.progress.notify` lists the methods that it may have besides. Writing one takes a few lines::

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

__all__ = ["EarlyStopping", "LinearDecay", "LinearSchedule", "ParameterAverage", "UpdateSizes", "value_of"]


def value_of(p: Any) -> np.ndarray:
    """Return a parameter's value without a copy, of a model or of its eager twin."""
    return np.asarray(p.get_value(borrow=True) if isinstance(p, SharedVariable) else p)


def _replace(params: Sequence[Any], values: Sequence[np.ndarray]) -> None:
    """Set all parameters at once, as seen by other threads; none where there are no values."""
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
        raise TypeError(f"model is {shown(model)}, expected what is trained, such as a DNN")
    names, kind = inspect.signature(fit).parameters, type(model).__name__
    passes_on = "callbacks" not in names and any(p.kind is p.VAR_KEYWORD for p in names.values())
    if "epochs" in names or passes_on:
        return
    if hasattr(model, "hidden_layers"):
        raise TypeError(f"model is a {kind}, whose layers are trained one by one: pass one of its layers")
    if in_epochs or "callbacks" not in names:
        raise TypeError(f"model is a {kind}, which isn't trained in epochs: expected one such as a DNN")


class LinearSchedule:
    """Change a rate linearly, batch by batch, then keep it constant. Each training begins anew.

    Parameters
    ----------
    name : str
        Which one: ``"learning_rate"``, ``"mu"``, or another that `fit` hands to its steps.
    last : float
        Its value at the end.
    first : float, optional
        Its value before the first batch; what `fit` was told where not given.
    epochs : float, optional
        After how many epochs it gets there; at the end of training where not given.
    model : model, optional
        Whose rate; of all that are trained, layers in pretraining too, where not given.
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
        """Refuse a training without such a rate, or of a dtype that its values don't fit."""
        if not self._is_for(model):
            return
        if self.name not in rates:
            raise ValueError(
                f"a schedule's name is {self.name!r}, but {type(model).__name__} has only the rates "
                f"{', '.join(map(repr, rates))}: name one of them, or say whose it is with model="
            )
        self._check_values(model.dtype)

    def on_start(self, progress: Progress) -> None:
        """Set the first batch's rate."""
        if self._is_for(progress.model):
            self._from = progress.hyper[self.name] if self.first is None else self.first
            progress.hyper[self.name] = self._from

    def on_batch(self, progress: Progress) -> None:
        """Set the next batch's rate."""
        if self._is_for(progress.model):
            done = progress.epoch - 1 + progress.batch / progress.n_batches
            whole = progress.epochs if self.epochs is None else self.epochs
            share = min(1.0, done / whole) if whole else 1.0
            progress.hyper[self.name] = self._from + share * (self.last - self._from)

    def __call__(self, progress: Progress) -> None:
        """Do nothing after an epoch."""


class LinearDecay(LinearSchedule):
    """Decrease the learning rate linearly, batch by batch, to zero at the end of training."""

    def __init__(self, model: Any = None) -> None:
        super().__init__("learning_rate", 0.0, model=model)


class EarlyStopping:
    """Stop when an error hasn't fallen for some epochs; after training the model is that of its best epoch.

    Parameters
    ----------
    model : model with `params` and `dparams`
        What is trained, itself: another model's training goes on as if there were no early stopping.
    patience : int
        Epochs to wait for something better.
    watch : str, optional
        The model's record to go by: ``"valid_errors"`` or ``"valid_costs"`` of a `DNN` with a validation
        set, ``"valid_costs"`` of a layer or of a `DeepAutoEncoder` with one, or their ``"costs"``, which are
        those of the training rows; ``"errors"`` or ``"costs"`` of a `Ladder`, whose test set is then a
        validation set. Where not given, ``"valid_errors"`` if the model records them, else
        ``"valid_costs"``.

    Attributes
    ----------
    best_epoch : int
        The epoch whose parameters the model has after training, counted from 1.
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
        """Return parameters and velocities: what training goes on from, in a network's fine-tuning say."""
        return [*self._model.params, *self._model.dparams]

    def on_check(self, model: Any, rates: Collection[str], records: Collection[str]) -> None:
        """Refuse a training that doesn't keep the record."""
        if model is self._model and self.watch not in records:
            raise ValueError(
                f"early stopping watches {self.watch}, which this fit doesn't record after each epoch: it "
                "needs monitor='epoch', and valid_… a validation set such as validation=0.1"
            )

    def on_start(self, progress: Progress) -> None:
        """Forget an earlier training."""
        if progress.model is self._model:
            self.best_epoch, self._least, self._best = 0, np.inf, []

    def __call__(self, progress: Progress) -> None:
        """Look at the latest record."""
        if progress.model is not self._model:
            return
        latest = getattr(self._model, self.watch)[-1]
        if latest < self._least or not self._best:
            self.best_epoch, self._least = progress.epoch, float(np.fmin(latest, np.inf))  # not NaN
            self._best = [value_of(p).copy() for p in self._state()]
        if progress.epoch - self.best_epoch >= self.patience:
            progress.stop = True

    def on_end(self, progress: Progress) -> None:
        """Put the best epoch's parameters and velocities back."""
        if progress.model is self._model:
            _replace(self._state(), self._best)


class UpdateSizes:
    """Watch how far each layer's weights move: in a deep sigmoid network, the less the lower the layer.

    Parameters
    ----------
    model : DNN or DeepAutoEncoder
        What is trained.
    every : int
        Batches from one look to the next.

    Attributes
    ----------
    sizes : list of list of float
        For each look the mean absolute update of each matrix of weights that is trained, in the order of
        the data's way through the network; what `max_norm` cuts off is not counted.
    """

    def __init__(self, model: Any, every: int = 1) -> None:
        if not hasattr(type(model), "velocities"):
            raise TypeError(f"model is {shown(model)}, expected a DNN or a DeepAutoEncoder")
        self._model = model
        self.every = check_count(every, "every")
        self.sizes: list[list[float]] = []
        self._batches = 0

    def on_start(self, progress: Progress) -> None:
        """Forget an earlier training."""
        if progress.model is self._model:
            self.sizes, self._batches = [], 0

    def on_batch(self, progress: Progress) -> None:
        """Look at the velocities, which the step added to the parameters."""
        if progress.model is not self._model:
            return
        self._batches += 1
        if self._batches % self.every == 0:
            steps = [value_of(v) for v in self._model.velocities]
            self.sizes.append([float(abs(v).mean()) for v in steps])

    def __call__(self, progress: Progress) -> None:
        """Do nothing after an epoch."""


class ParameterAverage:
    """Keep a running average of a model's parameters (Polyak and Juditsky 1992), for use after training.

    The noise of single steps averages out, which the likelihood of a Boltzmann machine gains much from.

    Parameters
    ----------
    model : model with `params`
        What is trained.
    decay : float
        The share of the average that a look keeps. The first looks count alike.
    every : int
        Batches from one look to the next.
    """

    def __init__(self, model: Any, decay: float = 0.9995, every: int = 10) -> None:
        _check_model(model, in_epochs=True)
        self._model = model
        self.decay = check_number(decay, "decay", at_least=0, at_most=1)
        self.every = check_count(every, "every")
        self.values: list[np.ndarray] = []
        self._looks = 0

    def on_start(self, progress: Progress) -> None:
        """Forget an earlier training."""
        if progress.model is self._model:
            self._looks = 0

    def on_batch(self, progress: Progress) -> None:
        """Take the present parameters in."""
        if progress.model is not self._model or progress.batch % self.every:
            return
        present = [value_of(p) for p in self._model.params]
        if self._looks == 0:
            self.values = [p.copy() for p in present]
        self._looks += 1
        for value, p in zip(self.values, present, strict=True):
            value += max(1 - self.decay, 1 / self._looks) * (p - value)

    def __call__(self, progress: Progress) -> None:
        """Do nothing after an epoch."""

    def apply(self) -> None:
        """Put the averages into the model."""
        if not self._looks:
            raise ValueError(f"nothing was averaged: fit had less than {self.every} batches an epoch")
        _replace(self._model.params, self.values)
