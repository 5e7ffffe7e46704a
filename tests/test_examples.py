"""The examples, run small."""

import ast
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from small_examples import SMALL, copy_examples, resized

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


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    """Run examples where they may write pictures."""
    monkeypatch.chdir(tmp_path)


def run(name, **values):
    """Run an example with other values of its settings, and return its variables."""
    variables = {"__name__": "__main__"}
    source = resized((EXAMPLES / f"{name}.py").read_text(encoding="utf-8"), **values)
    exec(compile(source, name, "exec"), variables)
    return SimpleNamespace(**variables)


def pictures():
    """Return the names of the pictures that were written."""
    paths = sorted(Path.cwd().iterdir())
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    return [path.name for path in paths]


def test_every_example_has_its_test():
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_ch")}
    assert {p.stem for p in EXAMPLES.glob("*.py")} == tested == SMALL.keys()


def test_the_gallery_changes_settings_only(tmp_path):
    copy_examples(tmp_path)
    for name, values in SMALL.items():
        book, small = (
            [ast.unparse(statement) for statement in ast.parse(path.read_text(encoding="utf-8")).body]
            for path in (EXAMPLES / f"{name}.py", tmp_path / f"{name}.py")
        )
        changed = [line for line in small if line not in book]
        targets = {line.partition(" = ")[0] for line in changed}
        replaced = [line for line in book if line not in small and line.partition(" = ")[0] not in targets]
        assert replaced == ["import sys"] * ("place" in targets)
        settings = {}
        exec("\n".join(changed), settings)
        assert {key: settings[key] for key in values} == values
        assert "sys" not in "".join(small)  # in a notebook, the arguments are Jupyter's


def test_values_of_unknown_settings_are_refused():
    with pytest.raises(ValueError, match="sets no steps at its top"):
        resized("N, K = 1, 2\n", N=3, steps=4)
    assert resized('N, K = 1, 2\na, b = 3, "c"\n', K=(5, 6)) == 'N, K = 1, (5, 6)\na, b = 3, "c"\n'


def test_ch1_pca(capsys):
    found = run("ch1_pca", K=40, N=1000)
    assert found.error < 0.2
    assert pictures() == ["ch1_scatter.png", "ch1_variance.png"]
    assert f"columns: {found.error:.1%}" in capsys.readouterr().out


@pytest.mark.slow
def test_ch2_tsne():
    found = run("ch2_tsne", N=100, perplexity=10.0, steps=150)
    assert found.costs[-1] < 0.5 * found.costs[0]
    assert 0 < found.tsne.kl_divergence_ < found.costs[-1] + 0.2
    assert pictures() == ["ch2_tsne.png"]


def test_ch3_autoencoder(capsys):
    ae = run("ch3_autoencoder", M=20, epochs=2).ae
    assert ae.costs[1] < ae.costs[0]
    assert pictures() == ["ch3_autoencoder.png"]
    assert f"epoch 2: cost {ae.costs[-1]:.1f}" in capsys.readouterr().out


def test_ch3_dnn(capsys):
    found = run("ch3_dnn", sizes=[100, 50], epochs=(6, 1))
    assert found.dnn.errors[-1] < 0.5
    assert len(found.plain.errors) == 1
    assert f"{found.dnn.errors[-1]:.1%} at the end" in capsys.readouterr().out


def test_ch3_grid_search(capsys):
    found = run("ch3_grid_search", sizes=[[50]], epochs=40, N=400, K=20)
    assert len(found.search.cv_results_["params"]) == 4
    assert found.error < 0.3
    assert f"best choice: {found.error:.1%}" in capsys.readouterr().out


@ALSO_ON_NUMBA
def test_ch3_fine_tuning(capsys):
    found = run("ch3_fine_tuning", sizes=[60], epochs=6)
    plain, dnn, stop = found.plain, found.dnn, found.stop
    assert len(plain.errors) == 6
    assert dnn.errors[-1] < 0.3
    assert dnn.valid_errors[stop.best_epoch - 1] == min(dnn.valid_errors)
    assert f"listing, test error: {plain.errors[-1]:.1%}" in capsys.readouterr().out


@pytest.mark.slow
def test_ch3_ladder(capsys):
    found = run("ch3_ladder", sizes=[100, 50], epochs=6)
    assert found.ladder.errors[-1] < 0.12
    assert len(found.labels_only.errors) == 6
    printed = capsys.readouterr().out
    for errors in (found.labels_only.errors, found.ladder.errors):
        assert f"{errors[0]:.1%} after 1 epoch, {errors[-1]:.1%} at the end" in printed


@ALSO_ON_NUMBA
def test_ch3_compose():
    """The error falls, and the penalty holds the contraction below what it is without one."""
    last = []
    for strength in (0.0, 1.0):
        history = run("ch3_compose", N=500, M=20, steps=40, strength=strength).history
        assert history[-1][0] < history[0][0]
        last.append(history[-1])
    assert last[1][1] < 0.9 * last[0][1]


@ALSO_ON_NUMBA
def test_ch4_rbm(capsys):
    rbm = run("ch4_rbm", M=20, epochs=2, steps=(1, 3)).rbm
    assert rbm.costs[1] < rbm.costs[0]
    assert pictures() == ["ch4_fantasies.png", "ch4_filters.png"]
    assert f"epoch 2: cost {rbm.costs[-1]:.1f}" in capsys.readouterr().out


def test_ch4_dnn(capsys):
    dnn = run("ch4_dnn", sizes=[100, 50], epochs=6).dnn
    assert dnn.errors[-1] < 0.5
    assert f"{dnn.errors[-1]:.1%} at the end" in capsys.readouterr().out


def test_ch3_denoising(capsys):
    dnn = run("ch3_denoising", sizes=[100, 50], epochs=6).dnn
    assert dnn.errors[-1] < 0.5
    assert f"{dnn.errors[-1]:.1%} at the end" in capsys.readouterr().out


def test_ch3_deep_autoencoder(capsys):
    deep = run("ch3_deep_autoencoder", sizes=[100, 2], epochs=3).deep
    assert deep.costs[2] < deep.costs[0]
    assert pictures() == ["ch3_deep_autoencoder.png"]
    assert "squared error of a test image" in capsys.readouterr().out


@ALSO_ON_NUMBA
def test_ch5_features(capsys):
    found = run("ch5_features", sizes=[60, 30], epochs=2, steps=100)
    assert found.features.shape == (30, 784)
    assert found.features.min() >= 0
    assert found.dbn.costs[-1] < found.dbn.costs[0]
    assert pictures() == ["ch5_features.png", "ch5_filters.png"]
    assert f"to {found.dbn.costs[-1]:.2g}" in capsys.readouterr().out


@pytest.mark.slow
def test_ch6_tricking(capsys):
    found = run("ch6_tricking", sizes=[60], epochs=8)
    Xtest, Ytest = load_mnist_subset()[2:]
    assert found.dnn.errors[-1] < 0.3
    assert abs(found.tricked - Xtest[:200]).max() < 0.1 + 1e-6
    error = np.mean(found.dnn.predict(found.tricked) != Ytest[:200])
    assert error > found.dnn.errors[-1] + 0.3
    assert f"error after one step: {error:.1%}" in capsys.readouterr().out
    assert pictures() == ["ch6_tricks.png"]
