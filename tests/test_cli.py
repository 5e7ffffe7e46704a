"""The command line, as a user meets it."""

import gzip
import json
import os
import struct
import subprocess
import sys

import numpy as np
import pytest

from udl_pt import __version__, backend, cli
from udl_pt.doctor import examine


@pytest.fixture
def folder(tmp_path):
    """A small set in MNIST's form."""
    rs = np.random.RandomState(0)
    for name, n in (("train", 300), ("t10k", 50)):
        images, labels = rs.randint(0, 256, (n, 784)).astype(np.uint8), (np.arange(n) % 10).astype(np.uint8)
        header = struct.pack(">IIII", 2051, n, 28, 28)
        (tmp_path / f"{name}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        packed = gzip.compress(struct.pack(">II", 2049, n) + labels.tobytes())
        (tmp_path / f"{name}-labels-idx1-ubyte.gz").write_bytes(packed)
    return tmp_path


def test_reproduce_writes_the_report_and_ends_by_naming_it(folder, capsys):
    out = folder / "out"
    options = ["--sizes", "8", "5", "--epochs", "1", "--dtype", "float64", "--seed", "3"]
    assert cli.main(["reproduce", "3", "--data", str(folder), "--out", str(out), *options]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == f"The report is in {out / 'index.html'}"
    results = json.loads((out / "results.json").read_text())
    assert results["data"] == "MNIST, IDX files (300 + 50)"
    assert (results["seed"], results["dtype"], results["backend"]) == (3, "float64", "numba")
    assert results["chapters"]["3"]["sizes"] == [8, 5]
    assert results["chapters"]["3"]["epochs"] == {"pretrained": 1, "not pretrained": 1}
    assert str(folder) not in (out / "results.json").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["9"], "there is no chapter 9 here yet, expected one of 3"),
        (["--backend", "theano"], "backend is 'theano'"),
        (["--data", "nowhere"], "nowhere has no train-images"),
        (["--data", "nowhere.csv"], "no nowhere.csv"),
        (["--epochs", "0"], "epochs is 0, expected at least 1"),
        (["--sizes", "8", "0"], "M is 0"),
        (["--dtype", "float16"], "dtype is float16"),
        (["--seed", "-1"], "random_state is -1"),
    ],
)
def test_bad_input_is_explained_in_a_line(arguments, message, capsys, tmp_path):
    assert cli.main(["reproduce", "--out", str(tmp_path / "out"), *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert not (tmp_path / "out").exists()


def test_interruption(monkeypatch, capsys):
    def interrupt(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "load_data", interrupt)
    assert cli.main(["reproduce"]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_version_and_module():
    command = [sys.executable, "-m", "udl_pt", "--version"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert result.stdout.strip() == f"udl-pt {__version__}"


@pytest.mark.core
@pytest.mark.filterwarnings("ignore:backend 'c' found no BLAS:UserWarning")
def test_the_doctor_looks_at_everything(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    assert cli.main(["doctor"]) == 0
    printed = capsys.readouterr().out
    for word in (
        "pytensor",
        "numba",
        "jax",
        "openblas",
        "Compile cache",
        "embedded subset",
        "full MNIST",
        "Kaggle",
    ):
        assert word in printed
    for name in backend.BACKENDS:
        assert any(line.replace("│", " ").split()[:2] == [name, "yes"] for line in printed.splitlines())


@pytest.mark.filterwarnings("ignore:backend 'c' found no BLAS:UserWarning")
def test_the_doctor_shows_what_does_not_work(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    monkeypatch.setattr("udl_pt.doctor.blas_of_c", lambda: "")
    _, backends, *_ = examine()
    cells = dict(
        zip(
            list(backends.columns[0].cells),
            zip(*[c.cells for c in backends.columns[1:]], strict=True),
            strict=True,
        )
    )
    works, _, advice = cells["jax"]
    assert works.startswith("no: ValueError: backend is 'jax', but JAX is not installed")
    assert "udl_pt[jax]" in advice
    assert cells["c"][1] == "none: products are slow"
    assert "libopenblas-dev" in cells["c"][2]
