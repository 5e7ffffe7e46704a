"""The RBMs of chapter 4, and their likelihoods."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from udl_pt.book._shared import Settings, Stopwatch
from udl_pt.datasets import Dataset
from udl_pt.inspection.likelihood import (
    Estimate,
    ais,
    log_likelihood,
    log_partition,
    pseudo_likelihood,
    reverse_ais,
)
from udl_pt.models.rbm import RBM
from udl_pt.training.averaging import ParameterAverage
from udl_pt.training.schedules import LinearDecay

__all__ = ["BETAS", "CHAINS", "FEW", "LONG", "MeasuredRBM"]

FEW = 15  # hidden units, few enough to sum over all their states
MACHINE: dict[str, Any] = {
    "learning_rate": 0.1,
    "batch_sz": 100,
    "centring": True,
    "visible_bias": "data",
    "binarize": True,
}
AVERAGE = 0.995  # decay of the parameters' average
CHAINS, BETAS, LONG = 100, 1000, 500  # annealing: chains, temperatures; Gibbs steps before the reverse one


@dataclass
class MeasuredRBM:
    """An RBM and its measurements in nats.

    Attributes
    ----------
    M : int
        Number of hidden units.
    options : dict
        Arguments of ``fit`` besides those in `MACHINE`.
    rbm : RBM
        The trained RBM; its parameters are averages over the last steps.
    log_Z : dict of str to Estimate or float
        Logarithms of the partition function: ``"exact"`` with 15 hidden units, ``"ais"`` and ``"reverse"``.
    log_likelihoods : dict of str to float
        Mean log-likelihood of a test image by each of these.
    pseudo, cross_entropy : float
        Mean pseudo-likelihood and cross-entropy of the same images.
    seconds : float
        Seconds of training.
    """

    M: int
    options: dict[str, Any]
    rbm: RBM = field(init=False)
    log_Z: dict[str, Estimate | float] = field(default_factory=dict)
    log_likelihoods: dict[str, float] = field(default_factory=dict)
    pseudo: float = 0.0
    cross_entropy: float = 0.0
    seconds: float = 0.0

    def train(self, data: Dataset, settings: Settings, epochs: int) -> None:
        """Train the RBM with a falling learning rate, and average its parameters.

        Parameters
        ----------
        data : Dataset
            Training images.
        settings : Settings
            Backend, dtype, seed and callbacks.
        epochs : int
            Number of epochs.
        """
        self.rbm, watch = RBM(self.M, **settings.made()), Stopwatch()
        average = ParameterAverage(self.rbm, decay=AVERAGE, every=1)
        self.rbm.fit(
            data.X,
            epochs=epochs,
            **MACHINE,
            **self.options,
            **settings.fitting(LinearDecay(), average, watch),
        )
        average.apply()
        self.seconds = watch.seconds()["whole"]

    def evaluate(self, data: Dataset, tested: np.ndarray) -> None:
        """Compute the RBM's partition function and likelihoods.

        Parameters
        ----------
        data : Dataset
            Training images, for the annealing.
        tested : ndarray of shape (Ntest, D)
            Binary test images.
        """
        rbm = self.rbm
        if self.M == FEW:
            self.log_Z["exact"] = log_partition(rbm)
        self.log_Z["ais"] = ais(rbm, data.X, n_chains=CHAINS, n_betas=BETAS)
        start = np.asarray(rbm.rng.generator.random(data.X[:CHAINS].shape) < data.X[:CHAINS], float)
        self.log_Z["reverse"] = reverse_ais(rbm, rbm.gibbs(start, LONG), data.X, n_betas=BETAS)
        unnormalised = float(log_likelihood(rbm, tested, 0.0).mean())
        self.log_likelihoods = {way: unnormalised - _middle(Z) for way, Z in self.log_Z.items()}
        self.pseudo = float(pseudo_likelihood(rbm, tested).mean())
        self.cross_entropy = _cross_entropy(tested, rbm.forward_output(tested))

    def results(self) -> dict[str, Any]:
        """Return the measurements for `results.json`."""
        return {
            "hidden": self.M,
            "options": {**MACHINE, **self.options},
            "costs": self.rbm.costs,
            "seconds": self.seconds,
            "log_Z": {way: _middle(Z) for way, Z in self.log_Z.items()},
            "standard_errors": {
                way: Z.standard_error for way, Z in self.log_Z.items() if isinstance(Z, Estimate)
            },
            "test_log_likelihood": self.log_likelihoods,
            "test_pseudo_likelihood": self.pseudo,
            "test_cross_entropy": self.cross_entropy,
        }


def _middle(Z: Estimate | float) -> float:
    return Z.log_Z if isinstance(Z, Estimate) else Z


def _cross_entropy(X: np.ndarray, X_hat: np.ndarray) -> float:
    p = np.clip(X_hat, 1e-7, 1 - 1e-7)
    return float(-(X * np.log(p) + (1 - X) * np.log(1 - p)).sum(axis=1).mean())
