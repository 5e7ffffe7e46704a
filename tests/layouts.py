"""Arrays for tests of compiled code, in every way that a matrix can lie in memory."""

import numpy as np

FORMS = {
    "C": lambda a: np.ascontiguousarray(a),
    "F": lambda a: np.asfortranarray(a),
    "rows apart": lambda a: np.repeat(a, 2, axis=0)[::2],
    "columns apart": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "turned about": lambda a: np.ascontiguousarray(a[::-1, ::-1])[::-1, ::-1],
}


def made(shape, dtype="float64", seed=0):
    """Draw standard normal numbers."""
    return np.random.RandomState(seed).randn(*shape).astype(dtype)
