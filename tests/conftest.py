"""What holds for all tests."""

import gc
import importlib.util
import itertools
import os
import signal
import tempfile

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

import jax
import numpy as np
import parity
import pytensor
from pytensor.compile.mode import Mode
from pytensor.graph.rewriting.db import RewriteDatabaseQuery

from udl_pt.backends import BACKENDS

DESELECTED = pytest.StashKey[int]()
# all rewrites but those that fuse operations, which Python would compute number by number
BY_NUMPY = Mode("py", RewriteDatabaseQuery(include=["fast_run"], exclude=["fusion"]))


def pytest_addoption(parser):
    """Add the option of `make quick`."""
    parser.addoption(
        "--backend", choices=BACKENDS, help="deselect tests of other backends, compile on this one"
    )


def pytest_configure(config):
    """Hear Ctrl-C also in the background, where a shell ignores it for the tests and what they start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.stash[DESELECTED] = 0
    gc.set_threshold(100_000, 50, 50)  # graphs are millions of objects; the default takes a tenth of the time
    pytensor.config.traceback__limit = 0  # traces of where variables were created: a tenth of the time
    # JAX compiles fastest; tests of a backend name it, or their module does
    os.environ["UDL_PT_BACKEND"] = config.getoption("--backend") or "jax"


def of_backend(path):
    """Return the second word of a module's name, such as that of test_numba_blas.py."""
    return path.stem.split("_")[1]


def parameters(item):
    """Return the values of a test's parameters that are text."""
    values = getattr(getattr(item, "callspec", None), "params", {}).values()
    return {value for value in values if isinstance(value, str)}


def pytest_collection_modifyitems(config, items):
    """Skip tests that need PyTorch where it is not installed, and deselect tests that ``--backend`` excludes.

    A test needs PyTorch if it has the marker ``torch``, or if one of its parameters is "torch". It belongs
    to a backend if one of its parameters, or the second word of its module's name, is the backend's name.
    """
    torch = importlib.util.find_spec("torch") is not None
    backend = config.getoption("--backend")
    others = set(BACKENDS) - {backend} if backend else set()
    unwanted = {item for item in items if others & {*parameters(item), of_backend(item.path)}}
    items[:] = [item for item in items if item not in unwanted]
    config.hook.pytest_deselected(items=list(unwanted))
    for item in items:
        if not torch and (item.get_closest_marker("torch") or "torch" in parameters(item)):
            item.add_marker(pytest.mark.skip(reason="PyTorch is not installed (make torch)"))


def pytest_deselected(items):
    """Count the deselected tests for the summary."""
    if items:
        items[0].config.stash[DESELECTED] += len(items)


def pytest_sessionfinish(session):
    """Send the count from a worker of xdist to the main process, which writes the summary."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["deselected"] = session.config.stash[DESELECTED]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Receive the count; all workers select the same tests."""
    node.config.stash[DESELECTED] = getattr(node, "workeroutput", {}).get("deselected", 0)


def pytest_terminal_summary(terminalreporter, config):
    """Write how many tests were deselected, and by which options."""
    if count := config.stash[DESELECTED]:
        backend = config.getoption("--backend")
        options = f"-m {config.option.markexpr!r}" + (f" --backend {backend}" if backend else "")
        terminalreporter.write_line(f"DESELECTED [{count}] by {options}")


@pytest.fixture(autouse=True, scope="session")
def rewriters_must_not_fail():
    """Raise where PyTensor would only log that one of its rewriters failed."""
    with pytensor.config.change_flags(on_opt_error="raise"):
        yield


@pytest.fixture(autouse=True, scope="session")
def no_temporary_file_stays():
    """Keep temporary files in a folder of this run: PyTensor leaves one for each function of its JAX mode."""
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


@pytest.fixture(autouse=True)
def generators_without_a_seed_are_seeded(monkeypatch):
    """Seed the generators that the library seeds afresh: each test draws the same numbers in each run."""
    default_rng, numbers = np.random.default_rng, itertools.count()

    def seeded(seed=None):
        return default_rng([24, next(numbers)] if seed is None else seed)

    monkeypatch.setattr(np.random, "default_rng", seeded)


@pytest.fixture(autouse=True)
def _functions_of_users_are_not_compiled(request):
    """Compute users' functions by NumPy, except in tests of Numba.

    The default mode is PyTensor's own for Numba, and takes seconds for each function. Theano's face has a
    default of its own.
    """
    is_of_numba = "numba" in {*parameters(request.node), of_backend(request.path)}
    if is_of_numba or request.path.parent.name == "face":
        yield
    else:
        with pytensor.config.change_flags(mode=BY_NUMPY):
            yield


@pytest.fixture(autouse=True, scope="module")
def _on_the_backend_of_the_module(request):
    with pytest.MonkeyPatch.context() as patch:
        if of_backend(request.path) in BACKENDS:
            patch.setenv("UDL_PT_BACKEND", of_backend(request.path))
        yield


@pytest.fixture(autouse=True, scope="module")
def what_a_module_leaves_is_frozen():
    """Hide what a module leaves from the garbage collector, which would visit millions of objects again."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture
def data():
    """Return images of three classes, 60 to train on and 30 to test on, with their labels."""
    rs = np.random.RandomState(0)
    X, Y = rs.rand(90, 10), np.arange(90) % 3
    X[np.arange(90), Y] += 1
    X /= 2
    return X[:60], Y[:60], X[60:], Y[60:]


@pytest.fixture(params=[pytest.param("numpy", marks=pytest.mark.core), "torch"])
def twins(request):
    """Return the eager twins of one kind; PyTorch's need not be installed where only the core tests run."""
    return parity.side(request.param)
