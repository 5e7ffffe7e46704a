"""Callbacks for ``fit``: schedules, early stopping, averages of parameters, what happens to them.

A callback is called with a `udl_pt.training.Progress` after each epoch; its method ``on_batch``, where it has
one, after each batch. Writing one takes a few lines::

    def halve(progress):
        progress.hyper["learning_rate"] /= 2
"""

from typing import Any

import numpy as np

from udl_pt.training import Progress
from udl_pt.validation import check_count, check_number

__all__ = ["EarlyStopping", "LinearDecay", "LinearSchedule", "ParameterAverage", "UpdateSizes"]


class LinearSchedule:
    """Let a rate change in a straight line, batch by batch, and then stay.

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
    """

    def __init__(
        self, name: str, last: float, *, first: float | None = None, epochs: float | None = None
    ) -> None:
        self.name, self.last = name, check_number(last, "last")
        self.first = None if first is None else check_number(first, "first")
        self.epochs = None if epochs is None else check_number(epochs, "epochs", at_least=0)
        self._from = 0.0

    def on_start(self, progress: Progress) -> None:
        """Set the first batch's rate."""
        if self.name not in progress.hyper:
            raise ValueError(
                f"there is no {self.name!r} in {progress.stage}, expected one of "
                f"{', '.join(map(repr, progress.hyper))}"
            )
        self._from = progress.hyper[self.name] if self.first is None else self.first
        progress.hyper[self.name] = self._from

    def on_batch(self, progress: Progress) -> None:
        """Set the next batch's rate."""
        done = progress.epoch - 1 + progress.batch / progress.n_batches
        whole = progress.epochs if self.epochs is None else self.epochs
        share = min(1.0, done / whole) if whole else 1.0
        progress.hyper[self.name] = self._from + share * (self.last - self._from)

    def __call__(self, progress: Progress) -> None:
        """Do nothing after an epoch."""


class LinearDecay(LinearSchedule):
    """Let the learning rate fall, batch by batch, in a straight line to zero at the end of training."""

    def __init__(self) -> None:
        super().__init__("learning_rate", 0.0)


class EarlyStopping:
    """Stop when an error hasn't fallen for some epochs, and put the best epoch's parameters back.

    Parameters
    ----------
    model : model with `params`
        What is trained.
    patience : int
        Epochs to wait for something better.
    watch : str
        The model's record to go by: ``"valid_errors"`` or ``"valid_costs"`` of a `DNN` with a validation
        set, ``"costs"`` of a single layer.

    Attributes
    ----------
    best_epoch : int
        The epoch whose parameters the model has after training, counted from 1.
    """

    def __init__(self, model: Any, patience: int = 10, watch: str = "valid_errors") -> None:
        if not hasattr(model, watch):
            raise ValueError(f"watch is {watch!r}, but this {type(model).__name__} keeps no such record")
        self._model, self.watch = model, watch
        self.patience = check_count(patience, "patience")
        self.best_epoch = 0
        self._best: list[np.ndarray] = []

    def __call__(self, progress: Progress) -> None:
        """Look at the latest record."""
        if progress.stage != self._model.title:  # a layer in pretraining
            return
        record = getattr(self._model, self.watch)
        if len(record) != progress.epoch:
            raise ValueError(
                f"{self.watch} has {len(record)} entries after {progress.epoch} epochs, expected one each: "
                "fit needs monitor='epoch', and for a validation set validation=0.1 or validation=(X, Y)"
            )
        if len(record) == 1 or record[-1] < record[self.best_epoch - 1]:
            self.best_epoch = progress.epoch
            self._best = [np.array(p.get_value(borrow=True)) for p in self._model.params]
        progress.stop = progress.stop or progress.epoch - self.best_epoch >= self.patience
        if progress.stop or progress.epoch == progress.epochs:
            for p, value in zip(self._model.params, self._best, strict=True):
                p.set_value(value)


class UpdateSizes:
    """Watch how far each layer's weights move: in a deep sigmoid network, the less the lower the layer.

    Parameters
    ----------
    model : model with `params` and `dparams`
        What is trained.
    every : int
        Batches from one look to the next.

    Attributes
    ----------
    sizes : list of list of float
        For each look the mean absolute update of each matrix of weights, in the order of the data's way up.
    """

    def __init__(self, model: Any, every: int = 1) -> None:
        self._model = model
        self.every = check_count(every, "every")
        self.sizes: list[list[float]] = []

    def on_batch(self, progress: Progress) -> None:
        """Look at the velocities, which are what was added to the parameters."""
        if progress.stage != self._model.title or progress.batch % self.every:
            return
        if progress.epoch == 1 and progress.batch == self.every:
            self.sizes = []
        head, *layers = [v for v in self._model.dparams if v.type.ndim == 2]
        updates = [np.asarray(v.get_value(borrow=True)) for v in (*layers, head)]
        self.sizes.append([float(abs(v).mean()) for v in updates])

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
        self._model = model
        self.decay = check_number(decay, "decay", at_least=0, at_most=1)
        self.every = check_count(every, "every")
        self.values: list[np.ndarray] = []
        self._looks = 0

    def on_batch(self, progress: Progress) -> None:
        """Take the present parameters in."""
        if progress.epoch == progress.batch == 1:
            self._looks = 0
        if progress.batch % self.every:
            return
        present = [np.asarray(p.get_value(borrow=True)) for p in self._model.params]
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
        for p, value in zip(self._model.params, self.values, strict=True):
            p.set_value(value)
