"""`udl_pt.compare` and ``udl-pt compare``: every way of the same training, side by side."""

import io
import json
import os
import re
import sys

import numpy as np
import pytest

import udl_pt
from udl_pt import DNN, RBM, AutoEncoder, cli, comparison_code, comparison_plots, comparison_report
from udl_pt.comparison import Comparison, Way, compare
from udl_pt.graph import masking

RS = np.random.RandomState(0)
DATA = RS.rand(120, 20), np.arange(120) % 3


def small(model, **options):
    """JAX needs no minute to compile, nor an empty cache to begin with."""
    given = {"backends": ["jax"], "twins": ["numpy", "torch"], "steps": 12, "data": DATA, "batch_sz": 20}
    return compare(model, **given | {"dtype": "float64"} | options)


@pytest.fixture(scope="module")
def comparison():
    return small("rbm", sizes=[7], fit={"k": 2})


def test_all_ways_take_the_same_steps(comparison):
    assert [way.name for way in comparison.ways] == ["jax", "numpy", "torch"]
    assert (comparison.model, comparison.steps, comparison.reference) == ("RBM(7), float64", 12, "numpy")
    for way in comparison.ways:
        assert list(way.differences) == [1, 2, 5, 10, 12]
        assert max(way.differences.values()) < 1e-12
        assert len(way.ms) == 11
        assert min(way.ms) > 0
        assert 0 < way.import_cold < way.cold
        assert 0 < way.import_warm < way.warm
        assert way.peak_memory > 2e7  # no Python with NumPy is smaller


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
    assert compiled.pays_after(eager, cold=False) == pytest.approx(1001)  # 3 + 2 * 1000 / 1000 = 1 + 4 ...
    assert compiled.pays_after(eager, cold=True) == pytest.approx(10_001)
    assert eager.pays_after(compiled, cold=True) == np.inf
    same, torch = Way("c", 1, 1, 0.5, 0.5, [4.0]), Way("torch", 1, 1, 9.0, 9.0, [1.0])
    assert (same.pays_after(eager, cold=True), eager.pays_after(same, cold=True)) == (1, np.inf)
    assert Comparison("a", 2, "numpy", [torch, eager], {}).baseline is eager
    assert Way("jax", 0.1, 0.1, 0.5, 0.5, [2.0]).pays_after(eager, cold=True) == 1


def test_the_numbers_can_be_written_and_the_pictures_drawn(comparison, tmp_path):
    numbers, times, differences = comparison_report.write(comparison, tmp_path / "new")
    written = json.loads(numbers.read_text())
    assert written["ways"][0]["differences"]["12"] == comparison.ways[0].differences[12]
    assert written["ways"][0]["ms_median"] == pytest.approx(np.median(comparison.ways[0].ms))
    assert "pays_after_cold" in written["ways"][0]
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


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("pca", {}, "model is 'pca', expected one of 'autoencoder', 'rbm', 'dnn'"),
        (RBM(3, visible="gaussian"), {}, "others are not compared"),
        ("rbm", {"steps": 1}, "steps is 1, expected at least 2"),
        ("rbm", {"backends": ["cuda"]}, "backend is 'cuda'"),
        ("rbm", {"twins": ["tensorflow"]}, "twins is 'tensorflow'"),
        ("rbm", {"backends": [], "twins": []}, "at least one way"),
        ("rbm", {"batch_sz": 121}, "batch_sz is 121, but there are only 120 samples"),
        ("rbm", {"data": (255 * DATA[0], DATA[1])}, "divide by 255"),
        ("rbm", {"data": (DATA[0], DATA[1][:5])}, "Y has 5 labels"),
        ("rbm", {"sizes": [0]}, "sizes is 0, expected at least 1"),
        ("rbm", {"sizes": [7, 5]}, "has one layer"),
        (AutoEncoder(3), {"sizes": [7]}, "leave sizes away"),
        ("rbm", {"seed": None}, "seed is None, expected an integer"),
        ("rbm", {"fit": {"k": 0}}, "k is 0"),
        ("rbm", {"fit": {"learning_rte": 1}}, "RBM.fit takes no argument 'learning_rte'"),
        ("rbm", {"fit": {"batch_sz": 1000}}, "fit has batch_sz, which compare sets itself"),
        ("dnn", {"fit": {"pretrain": True}}, "fit has pretrain"),
        ("rbm", {"fit": {"learning_rate": [1]}}, "fit has learning_rate=[1]"),
        (AutoEncoder(3, output="linear"), {}, "output units give no probabilities"),
        (AutoEncoder(3, corruption=lambda X, stream: X), {}, "make it a function of a module"),
        ("rbm", {"dtype": "float16"}, "dtype is float16"),
        ("rbm", {"theano": "/no/such/python"}, "which doesn't start"),
        ("rbm", {"theano": sys.executable}, "install theano==1.0.5"),
        ("rbm", {"theano": "false"}, "it says nothing"),
        ("rbm", {"theano": "true"}, "it says nothing"),
    ],
)
def test_bad_input_is_refused_before_anything_is_started(model, options, message, monkeypatch):
    monkeypatch.setattr(udl_pt.comparison_processes.Process, "__init__", None)
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        small(model, **options)


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
    monkeypatch.setattr(udl_pt.comparison_processes, "sys", type("Sys", (), {"executable": "false"}))
    with pytest.raises(RuntimeError, match="numpy ended with status 1"):
        small("rbm", sizes=[3], backends=[], twins=["numpy"])


@pytest.mark.parametrize("kind", ["autoencoder", "rbm", "dnn"])
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
