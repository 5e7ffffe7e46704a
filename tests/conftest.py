"""What holds for all tests."""

import os
import signal
import tempfile

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

import jax
import numpy as np
import parity
import pytensor

from udl_pt import set_backend


def pytest_configure():
    """Hear Ctrl-C also in the background, where a shell ignores it for the tests and what they start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def rewriters_must_not_fail():
    """Raise where PyTensor would only log that one of its rewriters failed."""
    with pytensor.config.change_flags(on_opt_error="raise"):
        yield


@pytest.fixture(autouse=True, scope="session")
def no_temporary_file_stays():
    """Give the run a folder for temporary files: PyTensor leaves one for each function that it compiles."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", folder)
        patch.setenv("TMPDIR", folder)  # for the processes that tests start
        yield


@pytest.fixture(autouse=True, scope="session")
def jax_compiles_no_graph_twice(tmp_path_factory):
    """Let JAX find what it has compiled for another test."""
    jax.config.update("jax_compilation_cache_dir", str(tmp_path_factory.mktemp("jax")))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@pytest.fixture
def on_jax():
    """Compile with JAX what isn't told otherwise: where Numba takes long and isn't what is tested."""
    set_backend("jax")
    yield
    set_backend(None)


@pytest.fixture
def data():
    """Give images of three classes, 60 to train on and 30 to test on, with their labels."""
    rs = np.random.RandomState(0)
    X, Y = rs.rand(90, 10), np.arange(90) % 3
    X[np.arange(90), Y] += 1
    X /= 2
    return X[:60], Y[:60], X[60:], Y[60:]


@pytest.fixture(params=[pytest.param("numpy", marks=pytest.mark.core), "torch"])
def twins(request):
    """Give the eager twins of one kind; PyTorch's need not be installed where only the core tests run."""
    return parity.side(request.param)
