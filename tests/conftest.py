"""What holds for all tests."""

import os

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

import pytensor


@pytest.fixture(autouse=True, scope="session")
def rewriters_must_not_fail():
    """Raise where PyTensor would only log that one of its rewriters failed."""
    with pytensor.config.change_flags(on_opt_error="raise"):
        yield
