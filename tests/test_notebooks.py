"""The notebooks: their cells run from top to bottom, and hold no outputs."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[1] / "examples"


def cells_of(name):
    return json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]


def test_every_notebook_has_its_test():
    assert [path.name for path in NOTEBOOKS.glob("*.ipynb")] == ["scikit_learn.ipynb"]


@pytest.mark.parametrize("backend", ["numba"])  # as users run it; others compile longer than it trains
def test_scikit_learn(monkeypatch, capsys, backend):
    monkeypatch.setenv("UDL_PT_BACKEND", backend)
    found = {}
    for cell in cells_of("scikit_learn.ipynb"):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
            exec("".join(cell["source"]), found)
    assert found["search"].best_score_ > 0.8
    assert found["search"].score(found["X_test"], found["y_test"]) > 0.8
    assert 10 < found["stopped"].n_iter_ < 200
    by_components = [float(line.split()[1]) for line in capsys.readouterr().out.splitlines()[:3]]
    assert by_components[1] == max(by_components)  # as its prose says
    assert found["ae"].score(found["X_test"]) > -40
