"""Measurements of chapter 6: networks under attack."""

from dataclasses import dataclass

import numpy as np

from udl_pt.inspection.attacks import (
    Outcome,
    fast_gradient_sign,
    outcome,
    projected_gradient,
    random_noise,
    smallest_change,
)
from udl_pt.models.dnn import DNN

__all__ = ["AttackOutcomes", "attack", "targeted_rates"]

EPSILON = 0.1  # a pixel's change, in the pictures and in hardening
EPSILONS = (0.0, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25)
STEPS = 40
SIGN, MANY, NOISE = "fast gradient sign", f"{STEPS} steps", "random noise"


@dataclass
class AttackOutcomes:
    """The outcomes of all attacks on one network.

    Attributes
    ----------
    outcomes : dict of str to list of Outcome
        For each attack, one outcome for each of `EPSILONS`.
    median_change : float
        Half of the images are tricked if each pixel may change by this much.
    """

    outcomes: dict[str, list[Outcome]]
    median_change: float

    def errors(self, way: str) -> list[float]:
        """Return the error rates under an attack, one for each of `EPSILONS`."""
        return [came.error_after for came in self.outcomes[way]]

    def at(self, way: str, epsilon: float) -> Outcome:
        """Return the outcome of an attack with one of `EPSILONS`."""
        return self.outcomes[way][EPSILONS.index(epsilon)]


def attack(dnn: DNN, X: np.ndarray, Y: np.ndarray, seed: int) -> AttackOutcomes:
    """Attack a network in three ways, with perturbations of every size.

    Parameters
    ----------
    dnn : DNN
        A fitted network.
    X : ndarray of shape (N, D)
        Images. The smallest perturbation that tricks the network is searched for the first 100.
    Y : ndarray of int of shape (N,)
        Labels of the images.
    seed : int
        Seed of the random noise.

    Returns
    -------
    AttackOutcomes
    """
    outcomes: dict[str, list[Outcome]] = {SIGN: [], MANY: [], NOISE: []}
    for epsilon in EPSILONS:
        attacks = {
            SIGN: fast_gradient_sign(dnn, X, Y, epsilon),
            MANY: projected_gradient(dnn, X, Y, epsilon, steps=STEPS),
            NOISE: random_noise(X, epsilon, random_state=seed),
        }
        for name, changed in attacks.items():
            outcomes[name].append(outcome(dnn, X, Y, changed))
    sizes = smallest_change(dnn, X[:100], Y[:100], steps=10, rounds=10)[1]
    return AttackOutcomes(outcomes, float(np.median(sizes)))


def targeted_rates(dnn: DNN, X: np.ndarray, Y: np.ndarray, classes: int) -> list[float]:
    """Return the share of the other classes' images that an attack turns into each of the first `classes`.

    Parameters
    ----------
    dnn : DNN
        A fitted network.
    X : ndarray of shape (N, D)
        Images.
    Y : ndarray of int of shape (N,)
        Labels of the images.
    classes : int
        Number of classes that the attack aims at.

    Returns
    -------
    list of float
    """
    rates = []
    for target in range(classes):
        other = target != Y
        changed = projected_gradient(dnn, X[other], Y[other], EPSILON, steps=STEPS, target=target)
        rates.append(outcome(dnn, X[other], Y[other], changed, target=target).success_rate)
    return rates
