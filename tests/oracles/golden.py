"""The original Theano's numbers."""

from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).parents[1] / "golden"
ATOL = 1e-8


def golden(name):
    with np.load(GOLDEN / f"{name}.npz") as z:
        return dict(z)


def assert_golden(name, got):
    expected = golden(name)
    assert set(got) == set(expected)
    for key, value in expected.items():
        np.testing.assert_allclose(got[key], value, rtol=0, atol=ATOL, err_msg=f"{name}: {key}")
        assert isinstance(got[key], np.ndarray | list)
