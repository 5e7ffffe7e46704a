"""`udl_pt.compare` and ``udl-pt compare``: every way of the same training, side by side."""

import functools
import io
import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import udl_pt
from udl_pt import DBN, DNN, RBM, AutoEncoder
from udl_pt.backends import _choice as choice
from udl_pt.backends import _locks as locks
from udl_pt.backends import get_backend
from udl_pt.cli import _compare as comparison_report
from udl_pt.cli import _main as cli
from udl_pt.comparison import _code as comparison_code
from udl_pt.comparison import _compare as comparison
from udl_pt.comparison import _figures as comparison_plots
from udl_pt.comparison._compare import Comparison, Way, compare
from udl_pt.symbolic.corruption import masking

RS = np.random.RandomState(0)
DATA = RS.rand(120, 20), np.arange(120) % 3


def small(model, **options):
    """JAX needs no minute to compile, nor an empty cache to begin with."""
    given = {"backends": ["jax"], "twins": ["numpy", "torch"], "steps": 12, "data": DATA, "batch_sz": 20}
    return compare(model, **given | {"dtype": "float64"} | options)


@pytest.fixture(scope="module")
def seen():
    return small("rbm", sizes=[7], fit={"k": 2})


@pytest.mark.torch
def test_all_ways_take_the_same_steps(seen):
    assert [way.name for way in seen.ways] == ["jax", "numpy", "torch"]
    assert (seen.model, seen.steps, seen.reference) == ("RBM(7), float64", 12, "numpy")
    for way in seen.ways:
        assert list(way.differences) == [1, 2, 5, 10, 12]
        assert max(way.differences.values()) < 1e-12
        assert len(way.ms) == 11
        assert min(way.ms) > 0
        assert 0 < way.import_cold < way.cold
        assert 0 < way.import_warm < way.warm
        assert way.peak_memory > 2e7  # no Python with NumPy is smaller


@pytest.mark.torch
@pytest.mark.slow
def test_differences_are_those_of_the_parameters():
    """The same models trained here, of which one got another start."""
    seen = small(
        AutoEncoder(6, corruption=masking(0.3), dtype="float64"), backends=[], twins=["numpy", "torch"]
    )
    assert seen.ways[1].differences[12] < 1e-12
    apart = small("autoencoder", sizes=[6], backends=["jax"], twins=["numpy"], dtype="float32")
    assert 1e-12 < apart.ways[0].differences[12] < 1e-5


def test_a_network_of_a_model_is_not_pretrained():
    seen = small(DNN([5, 4], dtype="float64"), twins=["numpy"])
    assert seen.model == "DNN(5, 4), float64"
    assert max(seen.ways[0].differences.values()) < 1e-12


def test_compiling_pays_where_the_lines_meet():
    compiled, eager = Way("numba", 1, 1, 21.0, 3.0, [2.0] * 5), Way("numpy", 1, 1, 1.0, 1.0, [4.0, 4.0, 9.0])
    # 3 + 2 * 1000 / 1000 = 1 + 4 * 1000 / 1000, after the first step
    assert compiled.break_even_steps(eager, cold=False) == pytest.approx(1001)
    assert compiled.break_even_steps(eager, cold=True) == pytest.approx(10_001)
    assert eager.break_even_steps(compiled, cold=True) == np.inf
    same, torch = Way("c", 1, 1, 0.5, 0.5, [4.0]), Way("torch", 1, 1, 9.0, 9.0, [1.0])
    assert (same.break_even_steps(eager, cold=True), eager.break_even_steps(same, cold=True)) == (1, np.inf)
    assert Comparison("a", 2, "numpy", [torch, eager], {}).baseline is eager
    assert Way("jax", 0.1, 0.1, 0.5, 0.5, [2.0]).break_even_steps(eager, cold=True) == 1


@pytest.mark.torch
def test_the_numbers_can_be_written_and_the_pictures_drawn(seen, tmp_path):
    numbers, times, differences = comparison_report.write(seen, tmp_path / "new")
    written = json.loads(numbers.read_text())
    assert written["ways"][0]["differences"]["12"] == seen.ways[0].differences[12]
    assert written["ways"][0]["ms_median"] == pytest.approx(np.median(seen.ways[0].ms))
    assert "break_even_steps_cold" in written["ways"][0]
    assert times.stat().st_size > 10_000
    assert differences.stat().st_size > 5_000


def test_the_picture_of_times_has_the_break_even_points():
    ways = [Way("numba", 1, 1, 21.0, 3.0, [2.0]), Way("numpy", 1, 1, 1.0, 1.0, [4.0])]
    figure = comparison_plots.plot_times(Comparison("a", 10, "numpy", ways, {}))
    figure.savefig(io.BytesIO(), format="png")
    for panel, n in zip(figure.axes, (10_001, 1001), strict=True):
        dots = [line for line in panel.lines if line.get_marker() == "o"]
        assert [line.get_xdata()[0] for line in dots] == pytest.approx([n])
        numba, numpy = (line for line in panel.lines if line.get_marker() == "None")
        at = [np.interp(n, line.get_xdata(), line.get_ydata()) for line in (numba, numpy)]
        assert at == pytest.approx([dots[0].get_ydata()[0]] * 2, rel=1e-3)


class Mine(AutoEncoder):
    """A class of a user's own."""


class Strict(AutoEncoder):
    def fit(self, X, epochs=1, batch_sz=10, backend=None):
        return super().fit(X, epochs=epochs, batch_sz=batch_sz, backend=backend)


def local_class(module=__name__):
    class Local(AutoEncoder):
        pass

    Local.__module__ = module
    return Local


def test_arguments_that_the_twins_lack_leave_them_out():
    seen = compare("rbm", ["jax"], steps=2, data=DATA, batch_sz=20, sizes=[4], fit={"weight_decay": 0.1})
    assert [way.name for way in seen.ways] == ["jax"]
    assert "the eager RBM.fit has no weight_decay" in seen.left_out["numpy"]


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("pca", {}, "model is 'pca', expected one of 'autoencoder', 'rbm', 'dnn'"),
        (DBN([3]), {}, "expected 'autoencoder', 'rbm', 'dnn', or an AutoEncoder, an RBM or a DNN"),
        (
            RBM(3, visible="gaussian"),
            {},
            "the eager RBM has no gaussian units",
        ),
        ("rbm", {"fit": {"weight_decay": 0.1}}, "the eager RBM.fit has no weight_decay"),
        (DNN([3], functools.partial(AutoEncoder, hidden="relu")), {}, "a layer has relu units"),
        (DNN([3], functools.partial(RBM, visible="gaussian")), {}, "a layer has gaussian visible units"),
        (Mine(3), {}, "Mine is not one of the library's classes, and the eager twins have only those"),
        (DNN([3], Mine), {}, "a layer is of the class Mine"),
        (Mine(3, dtype="float32"), {"twins": []}, "dtype is float64, but the model is of float32"),
        (Mine(3), {"twins": [], "theano": "x"}, "theano is x, which doesn't start"),
        (Strict(3), {"twins": []}, "Strict.fit takes no callbacks, monitor, which"),
        (local_class()(3), {"twins": []}, "which other processes can't import"),
        (local_class("__main__")(3), {"twins": []}, "Local is defined in the script that runs"),
        ("rbm", {"steps": 1}, "steps is 1, expected at least 2"),
        (
            "rbm",
            {"backends": ["cuda"]},
            "backends is ['cuda'], expected a list of some of 'numba', 'c'",
        ),
        (
            "rbm",
            {"twins": ["tensorflow"]},
            "twins is ['tensorflow'], expected a list of some of 'numpy'",
        ),
        ("rbm", {"backends": [], "twins": []}, "at least one way"),
        ("rbm", {"batch_sz": 121}, "batch_sz is 121, but there are only 120 samples"),
        ("rbm", {"data": (255 * DATA[0], DATA[1])}, "divide by 255"),
        ("rbm", {"data": (DATA[0], DATA[1][:5])}, "Y has 5 labels"),
        ("rbm", {"sizes": [0]}, "sizes is [0], expected a list of integers"),
        ("rbm", {"sizes": 5}, "sizes is 5, expected a list of integers"),
        ("rbm", {"backends": "numba"}, "backends is 'numba', expected a list of some of 'numba', 'c', 'jax'"),
        ("rbm", {"backends": [["c"]]}, "backends is [['c']], expected a list of"),
        ("rbm", {"twins": "numpy"}, "twins is 'numpy', expected a list of some of 'numpy', 'torch'"),
        ("rbm", {"data": DATA[:1]}, "data is (array("),
        (
            "rbm",
            {"data": DATA[0]},
            "data is an array of shape (120, 20) and dtype float64, expected (X, Y",
        ),
        (
            "rbm",
            {"data": DATA[0][:2]},
            "data is an array of shape (2, 20) and dtype float64, expected (X, Y",
        ),
        ("rbm", {"say": None}, "say is None, expected a function that takes a line of text, such as print"),
        ("rbm", {"fit": [1]}, "fit is [1], expected a dict of arguments of fit, such as {'k': 3}"),
        ("rbm", {"fit": []}, "fit is [], expected a dict"),
        ("rbm", {"fit": {1: 2}}, "fit is {1: 2}, expected a dict"),
        ("rbm", {"sizes": [7, 5]}, "has one layer"),
        (AutoEncoder(3), {"sizes": [7]}, "omit sizes"),
        ("rbm", {"seed": None}, "seed is None, expected an integer"),
        ("rbm", {"fit": {"k": 0}}, "k is 0"),
        ("rbm", {"fit": {"learning_rte": 1}}, "RBM.fit takes no argument 'learning_rte'"),
        ("rbm", {"fit": {"batch_sz": 1000}}, "fit has batch_sz, which compare sets itself"),
        ("dnn", {"fit": {"pretrain": True}}, "fit has pretrain"),
        ("rbm", {"fit": {"learning_rate": [1]}}, "fit has learning_rate=[1]"),
        (AutoEncoder(3, output="linear"), {}, "output units are not probabilities"),
        (AutoEncoder(3, corruption=lambda X, stream: X), {}, "make it a function of a module"),
        ("rbm", {"dtype": "float16"}, "dtype is float16"),
        ("rbm", {"theano": "/no/such/python"}, "which doesn't start"),
        ("rbm", {"theano": sys.executable}, "install theano==1.0.5"),
        ("rbm", {"theano": "false"}, "it says nothing"),
        ("rbm", {"theano": "true"}, "it says nothing"),
    ],
)
def test_bad_input_is_refused_before_anything_is_started(model, options, message, monkeypatch):
    monkeypatch.setattr(udl_pt.comparison._processes.Process, "__init__", None)
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        small(model, **{"twins": ["numpy"]} | options)


def test_jax_takes_part_in_a_fork_since_its_process_is_a_new_one(monkeypatch):
    """Here JAX would hang, after it was started in the parent; the default backend makes no difference."""
    monkeypatch.setattr(locks, "_forked_after_jax", True)
    with pytest.raises(RuntimeError, match="JAX was started before this process was forked"):
        get_backend("jax")
    monkeypatch.setattr(choice, "_chosen", "jax")
    assert comparison._ways(None, [], "") == (["numba", "c", "jax"], {})
    seen = compare(Mine(3, dtype="float64"), ["jax"], steps=2, data=DATA, batch_sz=20)
    assert [way.name for way in seen.ways] == ["jax"]


def noisy(X, stream):
    sys.stdout.write("a line of no protocol\n")
    return masking(0.3)(X, stream)


def test_what_a_model_prints_and_reads_does_no_harm(monkeypatch, tmp_path):
    (tmp_path / "json.py").write_text("raise ImportError")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))
    monkeypatch.setenv("PYTENSOR_FLAGS", f"compiledir={tmp_path / 'own'}")
    monkeypatch.setattr(noisy, "__module__", "test_comparison")
    monkeypatch.setitem(sys.modules, "test_comparison", sys.modules[__name__])
    model = AutoEncoder(4, hidden="linear", output="linear", corruption=noisy, dtype="float64")
    seen = small(model, data=(DATA[0] - 0.5, DATA[1]), twins=["numpy"], fit={"cost": "squared_error"})
    assert max(max(way.differences.values()) for way in seen.ways) < 1e-12
    assert not (tmp_path / "own").exists()


def test_a_process_that_fails_says_what_it_said(monkeypatch):
    monkeypatch.setattr(udl_pt.comparison._processes, "sys", type("Sys", (), {"executable": "false"}))
    with pytest.raises(RuntimeError, match="numpy ended with status 1"):
        small("rbm", sizes=[3], backends=[], twins=["numpy"])


@pytest.mark.parametrize(
    "kind", ["autoencoder", *(pytest.param(name, marks=pytest.mark.slow) for name in ("rbm", "dnn"))]
)
def test_the_code_of_a_step_stands_beside_its_graph(kind, capsys):
    rows = comparison_code.operations_of_step(kind, "numba")
    products = {name: count for name, count, what in rows if what.startswith("matrix product")}
    # those of the forward passes and of the deltas; those of the gradients go into the velocities in place
    assert products["Gemm"] >= {"autoencoder": 2, "rbm": 2, "dnn": 3}[kind]
    assert "in place" in next(what for name, _, what in rows if name == "Gemm")
    assert sum(products.values()) == {"autoencoder": 5, "rbm": 7, "dnn": 8}[kind]
    assert any("fused of" in what and "sigmoid" in what for _, _, what in rows)
    assert cli.main(["compare", "--show", kind, "--backends", "numba"]) == 0
    printed = capsys.readouterr().out
    assert "Gemm" in printed
    assert {"autoencoder": "noisy.T @ dA", "rbm": "v1.T @ p1", "dnn": "P - T"}[kind] in printed


def test_the_command_line_compares(tmp_path, capsys):
    out = tmp_path / "out"
    options = ["--sizes", "7", "--steps", "4", "--backends", "jax", "--twins", "numpy", "--out", str(out)]
    assert cli.main(["compare", "rbm", *options]) == 0
    printed = capsys.readouterr().out
    assert "MNIST subset embedded in udl_pt" in printed
    assert "RBM(7), float32, 4 steps" in printed
    assert str(out / "times.png") in printed
    assert json.loads((out / "comparison.json").read_text())["steps"] == 4


@pytest.mark.slow
@pytest.mark.skipif("UDL_PT_THEANO" not in os.environ, reason="UDL_PT_THEANO names no Python with Theano")
@pytest.mark.parametrize(("kind", "sizes"), [("autoencoder", [7]), ("rbm", [7]), ("dnn", [7, 5])])
def test_the_original_takes_the_same_steps(kind, sizes):
    seen = small(kind, sizes=sizes, steps=100, theano=os.environ["UDL_PT_THEANO"])
    assert seen.reference == "theano"
    assert max(max(way.differences.values()) for way in seen.ways) < 1e-10


COMPARING = """
import numpy as np, sys, udl_pt
X = np.random.RandomState(0).rand(40, 6)
say = lambda line: print(line, flush=True)
udl_pt.compare("rbm", ["jax"], ["numpy"], 10**6, sizes=[4], data=(X, np.arange(40) % 2), batch_sz=4, say=say)
"""


def started(command, folder):
    """Start a process in a session of its own, whose temporary files go to a folder."""
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )


def survivors(group, seconds=20.0):
    """Wait until a group of processes is gone; return whether some remain."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_a_comparison_that_is_ended_leaves_no_process(number, tmp_path):
    process = started([sys.executable, "-c", COMPARING], tmp_path)
    with process:
        for line in process.stdout:
            if "steps to go" in line:
                break
        process.send_signal(number)
        try:
            process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode != 0
    assert not survivors(process.pid)
    assert (list(tmp_path.iterdir()) == []) == (number == signal.SIGINT)  # nobody cleans up after SIGKILL
