"""Folders of sweeps."""

import numpy as np
import pytest
from small_sweeps import SCORES, X, Y, plan_of, results

from udl_pt.sweeps import run_sweep


@pytest.fixture
def folder(tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    (tmp_path / f"scores_{tmp_path.name}.py").write_text(SCORES)
    return tmp_path


@pytest.fixture
def direct(folder):
    """The sweep in this process."""
    run_sweep(plan_of(folder), folder / "direct", jobs=1)
    return results(folder / "direct")
