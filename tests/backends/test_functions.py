"""Backends, locks, and what is said about BLAS."""

import importlib
import logging
import os
import signal
import subprocess
import sys
import threading
import types
import warnings

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.special import expit

from udl_pt import AutoEncoder, set_backend
from udl_pt.backends import BACKENDS, Function, float_dtype, get_backend, shared, to_numpy
from udl_pt.backends import _cache as compile_cache
from udl_pt.backends._blas import blas_linked, scipys_blas


@pytest.fixture(autouse=True)
def default_backend(monkeypatch):
    monkeypatch.delenv("UDL_PT_BACKEND", raising=False)
    yield
    set_backend(None)


def test_default_environment_and_set_backend(monkeypatch):
    assert get_backend() == "numba"
    monkeypatch.setenv("UDL_PT_BACKEND", "jax")
    assert get_backend() == "jax"
    set_backend("c")
    assert get_backend() == "c"
    assert get_backend("numba") == "numba"


@pytest.mark.parametrize("name", ["theano", "", 3])
def test_unknown_backends_are_refused_before_anything_changes(name, monkeypatch):
    with pytest.raises(ValueError, match="expected one of 'numba', 'c', 'jax'"):
        set_backend(name)
    assert get_backend() == "numba"
    monkeypatch.setenv("UDL_PT_BACKEND", "tpu")
    with pytest.raises(ValueError, match="UDL_PT_BACKEND is 'tpu'"):
        get_backend()


def test_jax_missing_names_the_way_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ValueError, match=r"pip install 'udl_pt\[jax\]'"):
        get_backend("jax")


@pytest.mark.parametrize("dtype", ["float16", int, "complex128", "number"])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(ValueError, match="expected 'float32' or 'float64'"):
        float_dtype(dtype)


@pytest.mark.core
@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numpy_arrays_in_and_out_and_in_the_shared_variables(name, dtype):
    x, p = pt.matrix("x", dtype=dtype), shared(np.ones((3, 2), dtype), "p")
    f = Function([x], [x.dot(p), x.sum()], [(p, p + 1)], backend=name)
    X = np.arange(6, dtype=dtype).reshape(2, 3)
    product, total = f(X)
    np.testing.assert_array_equal(product, X @ np.ones((3, 2)))
    assert total == 15
    to_numpy([p])
    for value in (product, total, p.get_value(borrow=True)):
        assert type(value) is np.ndarray
        assert value.dtype == dtype
    p.get_value(borrow=True)[0, 0] = 5  # writable
    np.testing.assert_array_equal(f(X)[0], X @ np.array([[5, 2], [2, 2], [2, 2]]))


@pytest.mark.core
@pytest.mark.parametrize("name", BACKENDS)
def test_eight_threads_a_thousand_calls_each(name):
    rs = np.random.RandomState(0)
    W = rs.randn(7, 5)
    ae = AutoEncoder.createFromArrays(W, np.zeros(5), np.zeros(7))
    ae.backend = name
    wrong = []

    def work(seed):
        X = np.random.RandomState(seed).rand(3, 7)
        expected = expit(X @ W)
        for _ in range(1000):
            try:
                got = ae.forward_hidden(X)
                fine = np.allclose(got, expected, rtol=1e-12, atol=0)
            except Exception as error:
                fine, got = False, error
            if not fine:
                wrong.append(got)
                return

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_training_and_predicting_at_once_never_shows_half_a_step():
    """The update sets every element of p to the same value; a reader must never see two values."""
    p = shared(np.zeros((200, 200)), "p")
    x = pt.matrix("x")
    train = Function([x], x.sum(), [(p, p + 1 + 0 * x.sum())])
    read = Function([x], [(p + 0 * x.sum()).min(), (p + 0 * x.sum()).max()])
    one = np.ones((1, 1))
    train(one)
    read(one)
    trainer = threading.Thread(target=lambda: [train(one) for _ in range(500)])
    trainer.start()
    pairs = [read(one) for _ in range(500)]
    trainer.join()
    assert all(low == high for low, high in pairs)
    np.testing.assert_array_equal(p.get_value(), 501)


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


FIT = (
    "import numpy as np; from udl_pt import AutoEncoder;"
    "ae = AutoEncoder(3, random_state=0).fit(np.eye(8), batch_sz=4, monitor=None, backend={!r});"
    "print(ae.W.get_value().sum())"
)


@pytest.mark.core
def test_importing_and_fitting_on_numba_is_silent():
    result = run(FIT.format("numba"))
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""


@pytest.mark.core
def test_without_a_blas_c_says_so_once():
    code = (
        "import warnings, numpy as np; from udl_pt import AutoEncoder; from udl_pt.backends import _blas\n"
        "_blas.scipys_blas = lambda: ''\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    for _ in range(2):\n"
        "        AutoEncoder(3).fit(np.eye(8), batch_sz=4, monitor=None, backend='c')\n"
        "print(len(caught), caught[0].message)"
    )
    result = run(code, PYTENSOR_FLAGS="blas__ldflags=")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("1 backend 'c' found no BLAS to link")
    assert "libopenblas-dev" in result.stdout
    assert result.stderr == ""


def test_c_links_the_blas_of_scipy_where_pytensor_finds_none(tmp_path):
    if not scipys_blas():
        pytest.skip("SciPy's wheel has no OpenBLAS here")
    result = run(FIT.format("c"), PYTENSOR_FLAGS=f"blas__ldflags=,base_compiledir={tmp_path}")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    linked = [b"openblas" in module.read_bytes() for module in tmp_path.rglob("*.so")]
    assert any(linked)


def test_where_scipy_has_no_blas_there_are_no_flags(monkeypatch, tmp_path):
    origin = tmp_path / "scipy" / "__init__.py"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: types.SimpleNamespace(origin=str(origin)))
    assert scipys_blas.__wrapped__() == ""
    (tmp_path / "scipy.libs").mkdir()
    (tmp_path / "scipy.libs" / "libscipy_openblas.so").write_bytes(b"no library")
    assert scipys_blas.__wrapped__() == ""


def test_without_a_compiler_c_says_so():
    result = run(FIT.format("c"), PYTENSOR_FLAGS="cxx=,blas__ldflags=")
    assert result.returncode != 0
    assert "found no C++ compiler and runs in Python" in result.stderr


def test_only_errors_from_reading_the_cache_clear_it(monkeypatch):
    monkeypatch.setattr(compile_cache, "clear_cache", lambda: pytest.fail("cleared"))
    x = pt.matrix("x")
    f = Function([x], x.dot(np.ones((3, 2))))
    with pytest.raises(ValueError, match="shape"):
        f(np.ones((2, 4)))


def test_an_interrupt_waits_while_jax_is_imported(monkeypatch):
    seen = []

    def import_module(name):
        signal.raise_signal(signal.SIGINT)
        seen.append(name)

    monkeypatch.delitem(sys.modules, "jax", raising=False)
    monkeypatch.setattr(importlib, "import_module", import_module)
    with pytest.raises(KeyboardInterrupt):
        get_backend("jax")
    assert seen == ["jax"]


def test_the_global_generator_stays_where_it_is():
    code = (
        "import numpy as np; np.random.seed(0); before = np.random.get_state()[2]\n"
        "from udl_pt.backends import get_backend, Function; import pytensor.tensor as pt\n"
        "x = pt.vector(); Function([x], x + 1, backend='jax')(np.ones(2))\n"
        "assert np.random.get_state()[2] == before"
    )
    result = run(code)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", BACKENDS)
def test_what_others_draw_while_a_function_is_made_and_compiled_is_not_drawn_again(name, monkeypatch):
    """Another thread's draw, played by one in the midst of the first call."""
    get_backend(name)  # importing JAX is the exception
    np.random.seed(0)
    monkeypatch.setattr(Function, "_first", lambda self, arguments: [np.random.random_sample(1)])
    monkeypatch.setattr(np.random, "set_state", lambda state: pytest.fail("put back"))
    x = pt.vector("x")
    during = Function([x], x + 1, backend=name)(np.ones(2))
    expected = np.random.RandomState(0).random_sample(2)
    np.testing.assert_array_equal([during[0], np.random.random_sample()], expected)


@pytest.mark.parametrize("compiled", [True, False])
def test_numbers_that_overflow_warn_on_no_backend(compiled):
    """NumPy computes products for C where no BLAS is linked, and everything that isn't compiled."""
    x = pt.matrix("x", dtype="float64")
    f = Function([x], [x.dot(x), pt.exp(x)], backend="c" if compiled else None, compiled=compiled)
    X = np.array([[1e300, np.inf], [-np.inf, 1e300]])
    with pytensor.config.change_flags(blas__ldflags=""), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="backend 'c' found no")
        product, _ = f(X)
    np.testing.assert_array_equal(np.isfinite(product), False)


@pytest.mark.parametrize("backend", BACKENDS)
def test_compiling_waits_for_no_lock_of_logging(backend):
    """Before Python 3.13, Ctrl-C within a call of logging may leave its lock taken by the main thread."""

    def enter_and_leave():
        with blas_linked(backend):
            pass

    enter_and_leave()  # imports what it needs, which calls logging
    compiling = threading.Thread(target=enter_and_leave)
    with logging._lock:
        compiling.start()
        compiling.join(20)
        waits = compiling.is_alive()
    compiling.join()
    assert not waits
