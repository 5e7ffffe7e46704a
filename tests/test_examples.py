"""The examples, run small."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from udl_pt import load_mnist_subset

EXAMPLES = Path(__file__).parents[1] / "examples"


SLOW, REST = pytest.mark.slow, pytest.mark.exhaustive
BOTH = ["jax", pytest.param("numba", marks=SLOW)]
ALSO_ON_NUMBA = pytest.mark.parametrize("_on_backend", BOTH, indirect=True)


@pytest.fixture(autouse=True, params=["jax", pytest.param("numba", marks=REST)])
def _on_backend(request, monkeypatch):
    monkeypatch.setenv("UDL_PT_BACKEND", request.param)


@pytest.fixture(autouse=True)
def _functions_of_users_are_not_compiled():
    """Run examples as users do, in PyTensor's default mode."""


def load(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_example_has_its_test():
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_ch")}
    assert {p.stem for p in EXAMPLES.glob("*.py")} == tested


def test_ch1_pca(tmp_path, capsys):
    error = load("ch1_pca").main(K=40, N=1000, folder=tmp_path)
    assert error < 0.2
    assert {p.name for p in tmp_path.iterdir()} == {"ch1_scatter.png", "ch1_variance.png"}
    assert str(error) in capsys.readouterr().out


@pytest.mark.slow
def test_ch2_tsne(tmp_path):
    np.random.seed(0)
    costs, kl = load("ch2_tsne").main(N=100, perplexity=10.0, steps=150, picture=tmp_path / "picture.png")
    assert costs[-1] < 0.5 * costs[0]
    assert 0 < kl < costs[-1] + 0.2
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_ch3_autoencoder(tmp_path, capsys):
    np.random.seed(0)
    ae = load("ch3_autoencoder").main(M=20, epochs=2, picture=tmp_path / "picture.png")
    assert ae.costs[1] < ae.costs[0]
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert f"cost: {ae.costs[-1]}" in capsys.readouterr().out


def test_ch3_dnn(capsys):
    np.random.seed(0)
    dnn, plain = load("ch3_dnn").main(sizes=[100, 50], epochs=(6, 1))
    assert dnn.errors[-1] < 0.5
    assert len(plain.errors) == 1
    assert str(dnn.errors) in capsys.readouterr().out


def test_ch3_grid_search(capsys):
    search, error = load("ch3_grid_search").main(sizes=[[50]], epochs=40, N=400, K=20)
    assert len(search.cv_results_["params"]) == 4
    assert error < 0.3
    assert str(error) in capsys.readouterr().out


@ALSO_ON_NUMBA
def test_ch3_fine_tuning(capsys):
    plain, dnn, stop = load("ch3_fine_tuning").main(sizes=[60], epochs=6)
    assert len(plain.errors) == 6
    assert dnn.errors[-1] < 0.3
    assert dnn.valid_errors[stop.best_epoch - 1] == min(dnn.valid_errors)
    assert str(plain.errors[-1]) in capsys.readouterr().out


@pytest.mark.slow
def test_ch3_ladder(capsys):
    labels_only, ladder = load("ch3_ladder").main(sizes=[100, 50], epochs=6)
    assert ladder.errors[-1] < 0.12
    assert len(labels_only.errors) == 6
    printed = capsys.readouterr().out
    assert str(labels_only.errors) in printed
    assert str(ladder.errors) in printed


@ALSO_ON_NUMBA
def test_ch3_compose():
    """The error falls, and the penalty holds the contraction below what it is without one."""
    last = []
    for strength in (0.0, 1.0):
        np.random.seed(0)
        history = load("ch3_compose").main(N=500, M=20, steps=40, strength=strength)
        assert history[-1][0] < history[0][0]
        last.append(history[-1])
    assert last[1][1] < 0.9 * last[0][1]


@ALSO_ON_NUMBA
def test_ch4_rbm(tmp_path, capsys):
    np.random.seed(0)
    rbm = load("ch4_rbm").main(M=20, epochs=2, steps=(1, 3), folder=tmp_path)
    assert rbm.costs[1] < rbm.costs[0]
    assert {p.name for p in tmp_path.iterdir()} == {"ch4_filters.png", "ch4_fantasies.png"}
    assert f"cost: {rbm.costs[-1]}" in capsys.readouterr().out


def test_ch4_dnn(capsys):
    np.random.seed(0)
    dnn = load("ch4_dnn").main(sizes=[100, 50], epochs=6)
    assert dnn.errors[-1] < 0.5
    assert str(dnn.errors) in capsys.readouterr().out


def test_ch3_denoising(capsys):
    np.random.seed(0)
    dnn = load("ch3_denoising").main(sizes=[100, 50], epochs=6)
    assert dnn.errors[-1] < 0.5
    assert str(dnn.errors) in capsys.readouterr().out


def test_ch3_deep_autoencoder(tmp_path, capsys):
    np.random.seed(0)
    deep = load("ch3_deep_autoencoder").main(sizes=[100, 2], epochs=3, picture=tmp_path / "picture.png")
    assert deep.costs[2] < deep.costs[0]
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert "squared error of a test image" in capsys.readouterr().out


@ALSO_ON_NUMBA
def test_ch5_features(tmp_path, capsys):
    np.random.seed(0)
    dbn, features = load("ch5_features").main(sizes=[60, 30], epochs=2, steps=100, folder=tmp_path)
    assert features.shape == (30, 784)
    assert features.min() >= 0
    assert dbn.costs[-1] < dbn.costs[0]
    assert {p.name for p in tmp_path.iterdir()} == {"ch5_features.png", "ch5_filters.png"}
    assert f"to {dbn.costs[-1]}" in capsys.readouterr().out


@pytest.mark.slow
def test_ch6_tricking(tmp_path, capsys):
    np.random.seed(0)
    dnn, _, tricked = load("ch6_tricking").main(sizes=[60], epochs=8, picture=tmp_path / "picture.png")
    Xtest, Ytest = load_mnist_subset()[2:]
    assert dnn.errors[-1] < 0.3
    assert abs(tricked - Xtest[:200]).max() < 0.1 + 1e-6
    error = np.mean(dnn.predict(tricked) != Ytest[:200])
    assert error > dnn.errors[-1] + 0.3
    assert f"errors after one step: {error}" in capsys.readouterr().out
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
