"""Units of a restricted Boltzmann machine: hidden ones are Bernoulli units, visible ones also Gaussian.

Each kind of visible units defines how its units enter the energy, how they are drawn given the hidden
units, and which cost compares data with their reconstruction. `a` is the units' input from the hidden units,
``HW' + b``. `z` is the logarithm of the variances, or None where it is zero.

A drawn unit is a constant of every gradient: contrastive divergence doesn't differentiate its samples.
"""

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import disconnected_grad

from udl_pt._support.classes import remember_methods
from udl_pt.symbolic.costs import cross_entropy, squared_error
from udl_pt.symbolic.variables import Symbolic

__all__ = ["VISIBLE_UNITS", "BernoulliUnits", "GaussianUnits", "VisibleUnits", "bernoulli"]


def bernoulli(uniform: Symbolic, a: Symbolic) -> Symbolic:
    """Draw ones with probability ``sigmoid(a)``: ``uniform < sigmoid(a)``, in `a`'s dtype."""
    return disconnected_grad(pt.lt(uniform, pt.sigmoid(a)).astype(a.dtype))


@remember_methods
class BernoulliUnits:
    """Units that are 0 or 1; data in between are read as probabilities (chapter 4)."""

    noise = "uniform"
    unit_interval = True

    def energy(self, V: Symbolic, b: Symbolic, z: Symbolic | None) -> Symbolic:
        """Return the energy's part of each row of `V` alone: ``-Vb``."""
        return -V.dot(b)

    def scaled(self, V: Symbolic, z: Symbolic | None) -> Symbolic:
        """Return the values that the hidden units see: `V` itself."""
        return V

    def log_normaliser(self, a: Symbolic, b: Symbolic, z: Symbolic | None) -> Symbolic:
        """Return the logarithm of the sum of ``exp(-energy)`` over all v, for each row of `a`."""
        return pt.softplus(a).sum(axis=1)

    def mean(self, a: Symbolic) -> Symbolic:
        """Return ``P(v = 1 | h)``."""
        return pt.sigmoid(a)

    def draw(self, noise: Symbolic, a: Symbolic, z: Symbolic | None) -> Symbolic:
        """Turn uniform noise into a sample."""
        return bernoulli(noise, a)

    def cost(self, X: Symbolic, a: Symbolic) -> Symbolic:
        """Return the cross-entropy of `X` and its reconstruction, element by element, in nats."""
        return cross_entropy(X, a)

    def bias(self, mean: np.ndarray, n: int) -> np.ndarray:
        """Return the log odds of the data's means, from `n` rows and half a row each of ones and zeros."""
        p = (mean * n + 0.5) / (n + 1)
        return np.asarray(np.log(p) - np.log1p(-p))


@remember_methods
class GaussianUnits:
    """Real-valued units with noise of variance ``exp(z)`` (Cho, Ilin and Raiko, ICANN 2011).

    ``E(v, h) = sum_i (v_i - b_i)^2 / (2 s_i^2) - sum_ij v_i / s_i^2 W_ij h_j - sum_j c_j h_j``. So ``v_i``
    given the hidden units is normal around ``a_i`` with variance ``s_i^2 = exp(z_i)``.
    """

    noise = "normal"
    unit_interval = False

    def energy(self, V: Symbolic, b: Symbolic, z: Symbolic | None) -> Symbolic:
        """Return the energy's part of each row of `V` alone: half its squared distance from `b`."""
        return self.scaled((V - b) ** 2, z).sum(axis=1) / np.asarray(2, V.dtype)

    def scaled(self, V: Symbolic, z: Symbolic | None) -> Symbolic:
        """Return the values that the hidden units see: `V` divided by the variances."""
        return V if z is None else V * pt.exp(-z)

    def log_normaliser(self, a: Symbolic, b: Symbolic, z: Symbolic | None) -> Symbolic:
        """Return the logarithm of the integral of ``exp(-energy)`` over all v, for each row of `a`."""
        half = np.asarray(0.5, a.dtype)
        log_variance = np.asarray(np.log(2 * np.pi), a.dtype) + (pt.zeros_like(b) if z is None else z)
        return (self.scaled(a**2 - b**2, z) + log_variance).sum(axis=1) * half

    def mean(self, a: Symbolic) -> Symbolic:
        """Return ``E(v | h)``."""
        return a

    def draw(self, noise: Symbolic, a: Symbolic, z: Symbolic | None) -> Symbolic:
        """Turn standard normal noise into a sample."""
        drawn = a + (noise if z is None else noise * pt.exp(z / np.asarray(2, z.dtype)))
        return disconnected_grad(drawn)

    def cost(self, X: Symbolic, a: Symbolic) -> Symbolic:
        """Return the squared error of `X` and its reconstruction, element by element."""
        return squared_error(X, a)

    def bias(self, mean: np.ndarray, n: int) -> np.ndarray:
        """Return the data's means."""
        return mean


VisibleUnits = BernoulliUnits | GaussianUnits
VISIBLE_UNITS: dict[str, VisibleUnits] = {"bernoulli": BernoulliUnits(), "gaussian": GaussianUnits()}
