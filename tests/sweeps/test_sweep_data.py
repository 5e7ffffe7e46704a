"""The data of sweeps, which each process reads by itself."""

import re

import h5py
import numpy as np
import pytest
import zarr
from sklearn.model_selection import KFold
from small_sweeps import X, Y, plan_of, results, settings_of

from udl_pt import AutoEncoder
from udl_pt._support.exceptions import DataError
from udl_pt.sweeps import Plan, _worker, run_sweep, running


@pytest.fixture
def sources(folder):
    """Files of the same rows, and what a plan says to read them by rows."""
    array = zarr.create_array(str(folder / "x.zarr"), shape=X.shape, chunks=(7, 8), dtype=X.dtype)
    array[:] = X
    with h5py.File(folder / "x.h5", "w") as file:
        file["rows"] = X
    module = f"sources_{folder.name}"
    text = f"import h5py\ndef rows(): return h5py.File({str(folder / 'x.h5')!r})['rows']\n"
    (folder / f"{module}.py").write_text(text)
    return {
        "npy": "x.npy",
        "zarr": {"call": "zarr:open_array", "store": str(folder / "x.zarr"), "mode": "r"},
        "hdf5": {"call": f"{module}:rows"},
    }


@pytest.mark.parametrize("kind", ["npy", "zarr", "hdf5"])
def test_rows_of_files_stay_in_their_files(folder, sources, kind):
    data = {"X": sources[kind]}
    settings = settings_of(plan_of(folder, "unread", data=data, grid={"M": [2]}), folder / "rows", jobs=2)
    assert [(setting["mean"], setting["failed"]) for setting in settings] == [(1.0, 0)]


@pytest.mark.parametrize("kind", ["zarr", "hdf5"])
def test_rows_of_files_give_the_same_bits(folder, sources, direct, kind):
    run_sweep(plan_of(folder, data={"X": sources[kind]}), folder / "out", jobs=1)
    assert results(folder / "out") == direct


def test_a_worker_with_other_data_refuses_them(folder):
    plan = plan_of(folder)
    _, result = _worker.run_trial(plan, plan.trials[0], "another digest", folder / "a.ckpt")
    assert result["error"].startswith("DataError: the data of ")


def test_data_that_changed_are_read_again(folder):
    plan = plan_of(folder, grid={"M": [2]}, options={"batch_sz": 10, "backend": "numba"})
    for k, jobs in enumerate((1, 2)):
        np.save(folder / "x.npy", X)
        run_sweep(plan, folder / f"first {k}", jobs=jobs)
        (folder / "x.npy").unlink()
        np.save(folder / "x.npy", X[:40])
        run_sweep(plan, folder / f"second {k}", jobs=jobs)
    assert results(folder / "first 0") == results(folder / "first 1")
    assert results(folder / "second 0") == results(folder / "second 1")
    costs = []
    for rows, held in KFold(2, shuffle=True, random_state=0).split(X[:40]):
        ae = AutoEncoder(2, random_state=0).fit(X[rows], batch_sz=10, validation=X[held], backend="numba")
        costs.append(ae.valid_costs[-1])
    assert sorted(float(row[3]) for row in results(folder / "second 0")) == sorted(costs)


def test_a_worker_of_another_version_refuses_a_trial(folder):
    plan = plan_of(folder)
    digest = running.open_data(plan.data, plan.folder).digest
    _, result = _worker.run_trial(plan, plan.trials[0], digest, folder / "a.ckpt", "0.0")
    assert re.fullmatch(r"RuntimeError: .* has udl_pt .*, expected 0\.0", result["error"])


def test_a_worker_without_the_folder_of_the_sweep_makes_none(folder):
    plan = plan_of(folder)
    digest = running.open_data(plan.data, plan.folder).digest
    _, result = _worker.run_trial(plan, plan.trials[0], digest, folder / "elsewhere" / "a.ckpt")
    assert (result["error"], (folder / "elsewhere").exists()) == ("", False)


WRONG = {
    "labels that are missing": (
        {"data": {"X": "x.npy", "Y": "nan.npy"}},
        {},
        DataError,
        "Y of data has NaN, expected a label for each row of X",
    ),
    "no file": ({"data": {"X": "z.npy"}}, {}, FileNotFoundError, "z.npy"),
    "no array": ({"data": {"X": "plan.txt"}}, {}, DataError, "plan.txt is no .npy file"),
    "no text": ({"data": {"X": 3}}, {}, TypeError, "X of data is 3, expected an .npy file"),
    "a vector": ({"data": {"X": "y.npy"}}, {}, DataError, "X of data has 1 dimensions, expected 2"),
    "labels": (
        {"data": {"X": "x.npy", "Y": "few.npy"}},
        {},
        DataError,
        "Y of data has shape (3,), expected (60,)",
    ),
    "folds": ({"folds": 61}, {}, ValueError, "folds is 61, but the data have 60 rows"),
    "jobs": ({}, {"jobs": 0}, ValueError, "jobs is 0"),
    "engine": (
        {},
        {"engine": "dask"},
        ValueError,
        "engine is 'dask', expected one of 'processes', 'threads'",
    ),
}


@pytest.mark.parametrize(("change", "options", "kind", "message"), WRONG.values(), ids=list(WRONG))
def test_a_mistake_is_named_before_the_folder_is_made(folder, change, options, kind, message):
    (folder / "plan.txt").write_text("no array")
    np.save(folder / "few.npy", Y[:3])
    np.save(folder / "nan.npy", np.full(60, np.nan))
    with pytest.raises(kind, match=re.escape(message)):
        run_sweep(plan_of(folder, **change), folder / "out", **{"jobs": 1} | options)
    assert not (folder / "out").exists()


def test_a_network_needs_labels(folder):
    plan = Plan("DNN", {"X": "x.npy"}, {"hidden_layer_sizes": [3]}, folder=str(folder))
    with pytest.raises(ValueError, match="the data have no labels, but DNN needs them"):
        run_sweep(plan, folder / "out", jobs=1)


SCORE = {
    "none": ("records_{}:none", {}, "TypeError: score records_{}:none returned None, expected a number"),
    "text": ("records_{}:text", {}, "TypeError: score records_{}:text returned '0.5', expected a number"),
    "array": ("records_{}:array", {}, "TypeError: score records_{}:array returned array([1, 2])"),
    "exit": ("records_{}:leaves", {}, "SystemExit: 3"),
    "no epochs": (
        None,
        {"epochs": 0},
        "ValueError: score is 'valid_costs', but the trained AutoEncoder has no",
    ),
    "no record": ("valid_cost", {}, "ValueError: score is 'valid_cost', but the trained AutoEncoder has no"),
    "a matrix": ("W", {}, "ValueError: score is 'W', but the trained AutoEncoder has no"),
}


@pytest.mark.parametrize(("score", "options", "message"), SCORE.values(), ids=list(SCORE))
def test_a_score_that_is_no_number_is_the_error_of_its_trial(folder, score, options, message):
    (folder / f"records_{folder.name}.py").write_text(
        "import sys, numpy as np\n"
        "def none(*_): pass\n"
        "def text(*_): return '0.5'\n"
        "def array(*_): return np.array([1, 2])\n"
        "def leaves(*_): sys.exit(3)\n"
    )
    options = {"M": 2, "batch_sz": 10, "backend": "numba"} | options
    data, score = {"X": "x.npy"}, score and score.format(folder.name)
    plan = Plan("AutoEncoder", data, options, score=score, folder=str(folder))
    (row,) = run_sweep(plan, folder / "out", jobs=1)
    assert row["error"].startswith(message.format(folder.name))
    assert row["score"] == ""
