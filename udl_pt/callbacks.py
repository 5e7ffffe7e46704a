"""Callbacks for ``fit``: schedules, and averages of parameters.

A callback is called with a `udl_pt.training.Progress` after each epoch; its method ``on_batch``, where it has
one, after each batch. Writing one takes a few lines::

    def halve(progress):
        progress.hyper["learning_rate"] /= 2
"""

from typing import Any

import numpy as np

from udl_pt.training import Progress
from udl_pt.validation import check_count, check_number

__all__ = ["LinearDecay", "ParameterAverage"]


class LinearDecay:
    """Let the learning rate fall, batch by batch, in a straight line to zero at the end of training."""

    def __init__(self) -> None:
        self._first = 0.0

    def on_batch(self, progress: Progress) -> None:
        """Set the next batch's rate."""
        done = (progress.epoch - 1) * progress.n_batches + progress.batch
        if done == 1:
            self._first = progress.hyper["learning_rate"]
        progress.hyper["learning_rate"] = self._first * (1 - done / (progress.epochs * progress.n_batches))

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
