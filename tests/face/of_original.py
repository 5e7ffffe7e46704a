"""Compare `conv_cases` with what `make_conv.py` found with the original."""

import functools
from pathlib import Path

import numpy as np
import pytest

TOLERANCE = {"float32": 2e-5, "float64": 1e-12}


@functools.cache
def expected():
    with np.load(Path(__file__).parent / "conv.npz") as file:
        return dict(file)


def names(*groups):
    """Return the names of all cases of some groups, from the file."""
    found = {tuple(key.split("/")[:3]) for key in expected()}
    return [pytest.param(*name, id="-".join(name)) for name in sorted(found) if name[0] in groups]


def check(results, group, name, dtype):
    """Raise an error where arrays differ from the original's: in number, dtype, shape or value."""
    keys = [key for key in expected() if key.startswith(f"{group}/{name}/{dtype}/")]
    assert len(results) == len(keys) > 0
    for key, found in zip(keys, results, strict=True):
        right = expected()[key]
        assert found.dtype == right.dtype
        assert found.shape == right.shape
        if right.size:
            scale = max(1, np.abs(np.nan_to_num(right)).max())
            np.testing.assert_allclose(found / scale, right / scale, rtol=0, atol=TOLERANCE[dtype])
