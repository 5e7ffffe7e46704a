"""The doctor, on a healthy machine and on sick ones."""

import io
import os
import re
import subprocess
import sys

import pytest
from rich.console import Console

from udl_pt.backends import BACKENDS
from udl_pt.backends import _cache as compile_cache
from udl_pt.cli import _doctor as doctor
from udl_pt.cli import _main as cli


def shown():
    """What a user reads, a table a title."""
    console = Console(file=io.StringIO(), width=300)
    return {table.title: _text(console, table) for table in doctor.examine()}


def _text(console, table):
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def row(text, first):
    """The cells of the row that starts with `first`."""
    return next(
        cells for line in text.splitlines() if (cells := [c.strip() for c in line.split("│")])[0] == first
    )


@pytest.mark.core
def test_it_looks_at_everything(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    assert cli.main(["doctor"]) == 0
    printed = capsys.readouterr().out
    words = ("udl_pt", "pytensor", "openblas", "Compile cache", "embedded subset", "full MNIST", "Kaggle")
    for word in words:
        assert word in printed
    printed = printed.partition("Backends")[2]
    for name in BACKENDS:
        assert row(printed, name)[1] == "yes"
    assert "NumPy's" in row(printed, "numba")[2]
    assert re.search(r"\d thread", row(printed, "numba")[2])
    assert "thread count not reported" in row(printed, "jax")[2]
    for folder in compile_cache.cache_folders():
        assert row(printed, str(folder))[1].endswith("MB")


def test_a_missing_jax_is_shown_with_the_whole_way_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    _, works, _, advice = row(shown()["Backends"], "jax")
    assert works.startswith("no: ValueError: backend is 'jax', but JAX is not installed")
    assert advice == "pip install 'udl_pt[jax]'"


def test_a_c_backend_without_blas_is_said_to_be_slow(monkeypatch):
    monkeypatch.setattr(doctor, "blas_of_c", lambda: "")
    _, works, blas, advice = row(shown()["Backends"], "c")
    assert (works, blas) == ("yes", "none: products are slow")
    assert "libopenblas-dev" in advice


def pool(file, threads=3):
    return {
        "user_api": "blas",
        "internal_api": "openblas",
        "version": "0.3",
        "num_threads": threads,
        "filepath": file,
    }


OF_NUMPY = pool("/venv/lib/site-packages/numpy.libs/libscipy_openblas64_.so", 8)
OF_SCIPY = pool("/venv/lib/site-packages/scipy.libs/libscipy_openblas.so", 1)


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([pool("/usr/lib/libopenblasp-r0.3.so")], "-lblas: openblas 0.3, 3 threads"),
        ([], "-lblas: threads unknown"),
        ([pool("/usr/lib/libopenblasp-r0.3.so"), pool("/opt/lib/libblis.so")], "-lblas: threads unknown"),
    ],
)
def test_the_threads_are_those_of_the_library_that_the_backend_uses(others, said, monkeypatch):
    monkeypatch.setattr(doctor, "blas_of_c", lambda: "-lblas")
    monkeypatch.setattr(doctor, "threadpool_info", lambda: [OF_NUMPY, OF_SCIPY, *others])
    text = shown()["Backends"]
    assert row(text, "c")[2] == said
    assert row(text, "numba")[2] == "NumPy's, openblas 0.3, 8 threads"


def test_where_the_blas_of_numpy_is_not_found_the_threads_are_those_of_scipys(monkeypatch):
    monkeypatch.setattr(doctor, "blas_of_numba", lambda: "SciPy")
    monkeypatch.setattr(doctor, "threadpool_info", lambda: [OF_NUMPY, OF_SCIPY])
    assert row(shown()["Backends"], "numba")[2] == "SciPy's, openblas 0.3, 1 thread"


CHOSEN = "OPENBLAS_CORETYPE=Haswell chose them; without it they are the processor's own"


@pytest.mark.parametrize(("forced", "said"), [("Haswell", CHOSEN), (None, "-")])
def test_kernels_that_were_forced_upon_openblas_are_said(forced, said, monkeypatch):
    if forced is None:
        monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    else:
        monkeypatch.setenv("OPENBLAS_CORETYPE", forced)
    others = [pool("/lib/libmkl_rt.so") | {"internal_api": "mkl"}]
    monkeypatch.setattr(doctor, "threadpool_info", lambda: [OF_NUMPY | {"architecture": "Haswell"}, *others])
    text = shown()["BLAS and thread pools loaded now"]
    _, threads, kernels, _, advice = row(text, "openblas 0.3")
    assert (threads, kernels) == ("8", "Haswell")
    assert advice == said
    assert row(text, "mkl 0.3")[2:] == ["-", "libmkl_rt.so", "-"]


def test_a_c_backend_without_a_compiler_does_not_work(monkeypatch):
    monkeypatch.setattr(doctor, "compiler_of_c", lambda: "")
    _, works, _, advice = row(shown()["Backends"], "c")
    assert works == "no: PyTensor found no C++ compiler and runs in Python"
    assert "g++" in advice


def test_one_broken_backend_does_not_hide_the_others(monkeypatch):
    healthy = doctor.Function

    def broken(inputs, outputs, backend):
        if backend == "numba":
            raise RuntimeError("llvm [core] is gone\nand more")
        return healthy(inputs, outputs, backend=backend)

    monkeypatch.setattr(doctor, "Function", broken)
    text = shown()["Backends"]
    assert row(text, "numba")[1] == "no: RuntimeError: llvm [core] is gone"
    assert row(text, "numba")[3] == "use another backend, and report this"
    assert row(text, "c")[1] == "yes"


@pytest.mark.parametrize(
    ("function", "title"),
    [
        ("versions", "Versions"),
        ("threadpool_info", "BLAS and thread pools loaded now"),
        ("cache_folders", "Compile cache"),
        ("describe_sources", "Data"),
    ],
)
def test_a_subject_that_cannot_be_looked_at_says_why(function, title, monkeypatch):
    def fails(*args):
        raise PermissionError("not for you")

    monkeypatch.setattr(doctor, function, fails)
    tables = shown()
    assert list(tables) == list(doctor.SUBJECTS)
    assert "PermissionError: not for you" in tables[title]
    assert row(tables["Backends"], "c")[1] == "yes"


def test_missing_data_come_with_a_way_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setenv("UDL_PT_DATA", str(tmp_path))
    monkeypatch.setenv("UDL_PT_CACHE", str(tmp_path))
    text = shown()["Data"]
    assert row(text, "embedded subset")[2:] == ["yes", "-"]
    assert row(text, "full MNIST")[1:3] == [str(tmp_path), "no"]
    assert "--data FOLDER" in row(text, "full MNIST")[3]
    assert "--data train.csv" in row(text, "Kaggle's CSV")[3]


def test_a_temporary_compile_cache_is_told(monkeypatch):
    monkeypatch.setattr(doctor, "why_temporary", lambda: "/home/x can't be written (Read-only file system)")
    for _, _, advice in list(doctor._cache())[1:]:
        assert advice.startswith(
            "this folder is temporary, since /home/x can't be written (Read-only file system)"
        )
        assert "PYTENSOR_FLAGS=base_compiledir=FOLDER" in advice


FIT = """
import numpy as np
from udl_pt import DNN, RBM
X, Y = np.random.RandomState(0).rand(60, 9), np.arange(60) % 4
for dtype in "float32", "float64":
    DNN([7, 8], random_state=0, dtype=dtype).fit(X, Y, X, Y, batch_sz=20, pretrain_options={"batch_sz": 20})
    network = DNN([3, 4, 5], UnsupervisedModel=RBM, random_state=0, dtype=dtype)
    network.fit(X, Y, X, Y, batch_sz=30, learning_rate=0.01, epochs=2, pretrain_options={"batch_sz": 30})
    network.predict(X)
"""


@pytest.mark.slow
def test_after_warming_no_fit_of_any_size_compiles(tmp_path):
    flags = f"{os.environ.get('PYTENSOR_FLAGS', '')},base_compiledir={tmp_path}".lstrip(",")
    environment = os.environ | {"PYTENSOR_FLAGS": flags, "UDL_PT_BACKEND": "numba"}

    def run(*words):
        done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout, {path.name for path in (tmp_path / "numba").iterdir()}

    said, kept = run("-m", "udl_pt", "doctor", "--warm")
    assert re.search(r"AutoEncoder and a DNN of 1 layer, float32, on numba: \d+\.\d s\n", said)
    assert len(said.splitlines()) == 12
    assert run("-c", FIT)[1] == kept != set()


def test_jax_has_nothing_to_warm(capsys):
    assert cli.main(["doctor", "--warm"]) == 0
    assert "JAX keeps nothing" in capsys.readouterr().out
