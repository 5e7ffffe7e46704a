"""``theano.tests.unittest_tools``."""

from typing import TYPE_CHECKING

import numpy as np
from pytensor import gradient

from udl_pt.theano._config import config
from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.gradient",)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)


def fetch_seed(pseed=None):
    """Return the seed of tests: the argument, or the setting ``unittests.rseed``."""
    seed = pseed or config.unittests.rseed
    return None if seed == "random" else int(seed)


def seed_rng(pseed=None):
    """Seed NumPy's global generator; return the seed."""
    seed = fetch_seed(pseed)
    np.random.seed(seed)
    return seed


def verify_grad(op, pt, n_tests=2, rng=None, *args, **kwargs):
    """Compare a gradient with finite differences."""
    rng = np.random.RandomState(fetch_seed()) if rng is None else rng
    gradient.verify_grad(op, pt, n_tests, rng, *args, **kwargs)


def assert_allclose(expected, value, rtol=None, atol=None):
    """Raise an AssertionError unless two arrays are close."""
    is_double = all(str(np.asarray(x).dtype) in ("float64", "complex128") for x in (expected, value))
    tolerance = 1e-5 if is_double else 1e-4
    np.testing.assert_allclose(value, expected, rtol=rtol or tolerance, atol=atol or tolerance)


class InferShapeTester:
    """The base of Theano's own tests of shapes; scripts only import it."""


__all__ = public_names(globals(), _PLACES)
