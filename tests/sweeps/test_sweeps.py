"""Sweeps give the same bits whatever runs them, and lose nothing to kills."""

import csv
import errno
import fcntl
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError

import h5py
import numpy as np
import pytest
import zarr
from rich.console import Console
from sklearn.model_selection import KFold, StratifiedKFold
from threadpoolctl import threadpool_limits

from udl_pt import DNN, RBM, TSNE, AutoEncoder
from udl_pt._support.exceptions import DataError
from udl_pt.cli import main
from udl_pt.cli._sweep import _reporting, _seldom
from udl_pt.sweeps import Plan, _worker, run_sweep, running, summary
from udl_pt.sweeps._table import Table

RS = np.random.RandomState(0)
X, Y = RS.rand(60, 8).astype(np.float32), np.arange(60) % 3

# Functions that score a trial, for workers to import. `once` is true for the first caller of all processes.
SCORES = '''
import os, signal, time
from pathlib import Path
import threadpoolctl
import udl_pt.backends

FOLDER = Path(__file__).parent
built = None


def once(name):
    try:
        os.close(os.open(FOLDER / name, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def weight(model, X, Y):
    return float(model.W.get_value().sum())


def dies_once(model, X, Y):
    if model.M == 3 and once("died"):
        os.kill(os.getpid(), signal.SIGKILL)
    return weight(model, X, Y)


def dies(model, X, Y):
    os.kill(os.getpid(), signal.SIGKILL)


def waits(model, X, Y):
    if model.M == 4 and once("waiting"):
        time.sleep(600)
    return weight(model, X, Y)


def graphs(model, X, Y):
    """The number of graphs that this process has built since its first trial."""
    global built
    if built is None:
        built, init = [], udl_pt.backends.Function.__init__

        def counting(*arguments, **options):
            built.append(1)
            init(*arguments, **options)

        udl_pt.backends.Function.__init__ = counting
    return len(built)


def blas_threads(model, X, Y):
    """The number of BLAS threads of the second of two trials, after the first has ended."""
    if once("first"):
        wait_for("second")
    else:
        (FOLDER / "second").touch()
        wait_for("ended")
    pools = threadpoolctl.threadpool_info()
    return max(pool["num_threads"] for pool in pools if pool["user_api"] == "blas")


def wait_for(name):
    end = time.monotonic() + 300
    while not (FOLDER / name).exists():
        assert time.monotonic() < end


def at_a_time(model, X, Y):
    """The number of trials that the cluster has at this moment."""
    from distributed import get_client
    return sum(map(len, get_client().processing().values()))


def unread(model, X, Y):
    return type(X).__name__ == "Rows"


def fails_once(model, X, Y):
    if model.M == 3 and once("failed"):
        raise OSError("no such disk")
    return weight(model, X, Y)
'''


@pytest.fixture
def folder(tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    (tmp_path / f"scores_{tmp_path.name}.py").write_text(SCORES)
    return tmp_path


def plan_of(folder, score=None, **changes):
    """Auto-encoders of three sizes; the score is a function of the folder's module."""
    own = {"data": {"X": "x.npy"}, "options": {"batch_sz": 10, "backend": "numba"}}
    own |= {"grid": {"M": [2, 3, 4], "learning_rate": [0.1, 0.2]}, "folds": 2}
    if score is not None:
        own["score"] = f"scores_{folder.name}:{score}"
    return Plan("AutoEncoder", folder=str(folder), **own | changes)


def results(folder):
    """What a sweep computed, by trial: scores and digests of the parameters."""
    with open(folder / "trials.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name not in ("worker", "seconds")]
    return sorted(tuple(row[name] for name in names) for row in rows)


def settings_of(plan, out, **options):
    return summary(run_sweep(plan, out, **options))


@pytest.fixture
def direct(folder):
    """The sweep in this process."""
    run_sweep(plan_of(folder), folder / "direct", jobs=1)
    return results(folder / "direct")


def test_a_trial_is_the_fit_that_a_user_would_write(folder, direct):
    expected = []
    for M in (2, 3, 4):
        for rate in (0.1, 0.2):
            for fold, (rows, held) in enumerate(KFold(2, shuffle=True, random_state=0).split(X)):
                ae = AutoEncoder(M, random_state=0)
                ae.fit(X[rows], rate, batch_sz=10, validation=X[held], backend="numba")
                expected.append((M, rate, fold, ae.valid_costs[-1]))
    found = [(int(M), float(rate), int(fold), float(score)) for _, fold, M, rate, score, *_ in direct]
    assert sorted(found) == sorted(expected)


def test_labels_are_in_each_fold_and_scores_are_errors(folder):
    options = {"hidden_layer_sizes": [4], "batch_sz": 10, "pretrain": False, "epochs": 3}
    data = {"X": "x.npy", "Y": "y.npy"}
    (best, *_) = settings_of(Plan("DNN", data, options, folds=3, folder=str(folder)), folder / "out", jobs=1)
    errors = []
    for rows, held in StratifiedKFold(3, shuffle=True, random_state=0).split(X, Y):
        dnn = DNN([4], random_state=0)
        dnn.fit(X[rows], Y[rows], batch_sz=10, pretrain=False, epochs=3, validation=(X[held], Y[held]))
        errors.append(dnn.valid_errors[-1])
    assert best["mean"] == pytest.approx(np.mean(errors), abs=1e-12)
    assert best["std"] == pytest.approx(np.std(errors), abs=1e-12)


def test_labels_of_any_kind(folder):
    np.save(folder / "y.npy", np.array(["b", "a", "c"])[Y])
    options = {"hidden_layer_sizes": [4], "batch_sz": 10, "pretrain": False}
    plan = Plan("DNN", {"X": "x.npy", "Y": "y.npy"}, options, folder=str(folder))
    (setting,) = settings_of(plan, folder / "out", jobs=1)
    assert 0 <= setting["mean"] <= 1


def test_without_folds_fit_holds_rows_out(folder):
    plan = plan_of(folder, grid={"M": [3]}, folds=None, seeds=[5])
    (setting,) = settings_of(plan, folder / "out", jobs=1)
    ae = AutoEncoder(3, random_state=5).fit(X, batch_sz=10, validation=0.1, backend="numba")
    assert setting["mean"] == ae.valid_costs[-1]


def test_patience_stops_a_trial_and_scores_its_best_epoch(folder):
    options = {"M": 3, "batch_sz": 10, "epochs": 50, "learning_rate": 50.0, "mu": 0.0}
    plan = Plan("AutoEncoder", {"X": "x.npy"}, options, folds=2, patience=2, folder=str(folder))
    (setting,) = settings_of(plan, folder / "out", jobs=1)
    found = []
    for rows, held in KFold(2, shuffle=True, random_state=0).split(X):
        ae = AutoEncoder(3, random_state=0)
        ae.fit(X[rows], 50.0, 0.0, epochs=50, batch_sz=10, validation=X[held])
        costs = ae.valid_costs
        best = [i for i in range(50) if costs[i] == min(costs[: i + 1])]  # epochs with a new best
        last = next((i for i, j in zip(best, [*best[1:], 99], strict=True) if j - i > 2), best[-1])
        found.append(costs[last])
    assert setting["mean"] == pytest.approx(np.mean(found), rel=1e-6)


def test_a_model_without_held_out_costs_is_scored_by_a_record(folder):
    options = {"perplexity": 5, "max_iter": 20}
    plan = Plan("TSNE", {"X": "x.npy"}, options, score="costs", seeds=[1, 2], folder=str(folder))
    (setting,) = settings_of(plan, folder / "out", jobs=1)
    costs = [TSNE(perplexity=5, max_iter=20, random_state=seed).fit(X).costs[-1] for seed in (1, 2)]
    assert setting["mean"] == pytest.approx(np.mean(costs), rel=1e-9)


@pytest.mark.parametrize("engine", ["processes", "threads"])
def test_engines_give_the_same_bits(folder, direct, engine):
    run_sweep(plan_of(folder), folder / "out", jobs=2, engine=engine)
    assert results(folder / "out") == direct
    assert (folder / "out" / "summary.csv").read_text() == (folder / "direct" / "summary.csv").read_text()


def test_later_fits_of_a_worker_build_no_graph(folder):
    plan = plan_of(folder, "graphs", seeds=[0, 1], folds=2)
    run_sweep(plan, folder / "out", jobs=2)
    assert {row[4] for row in results(folder / "out")} == {"0.0"}


def test_a_worker_that_dies_loses_nothing(folder):
    run_sweep(plan_of(folder, "weight"), folder / "direct", jobs=1)
    run_sweep(plan_of(folder, "dies_once"), folder / "out", jobs=2)
    assert (folder / "died").exists()
    assert results(folder / "out") == results(folder / "direct")


def test_workers_that_always_die_end_the_sweep(folder):
    with pytest.raises(
        RuntimeError, match=r"workers died 3 times, .* 12 are left, such as {'M': 2, 'learning"
    ):
        run_sweep(plan_of(folder, "dies"), folder / "out", jobs=2)


def test_a_thread_that_ends_leaves_the_others_their_blas_threads(folder):
    plan = plan_of(folder, "blas_threads", grid={"M": [2]})
    with threadpool_limits(3, "blas"):
        rows = run_sweep(
            plan,
            folder / "out",
            jobs=2,
            engine="threads",
            report=lambda rows: len(rows) == 1 and (folder / "ended").touch(),
        )
    assert [(row["score"], row["error"]) for row in rows] == 2 * [("1.0", "")]


def test_a_trial_that_fails_is_in_the_table_and_runs_again(folder, capsys):
    plan = plan_of(folder, "fails_once")
    settings = settings_of(plan, folder / "out", jobs=1)
    assert sum(setting["failed"] for setting in settings) == 1
    assert settings[-1]["failed"] == 1
    assert sum(row[-1] == "OSError: no such disk" for row in results(folder / "out")) == 1
    seen = []
    run_sweep(plan, folder / "out", jobs=1, report=lambda rows: seen.append(len(rows)))
    assert seen == [11, 12]
    run_sweep(plan_of(folder, "weight"), folder / "direct", jobs=1)
    assert results(folder / "out") == results(folder / "direct")


def test_a_trial_that_diverges_is_kept_as_such(folder):
    plan = plan_of(folder, grid={"M": [2], "learning_rate": [1.7e308, 0.1]}, options={"batch_sz": 10})
    settings = settings_of(plan, folder / "out", jobs=1)
    assert [(s["options"]["learning_rate"], s["failed"]) for s in settings] == [(0.1, 0), (1.7e308, 2)]
    seen = []
    run_sweep(plan, folder / "out", jobs=1, report=lambda rows: seen.append(len(rows)))
    assert seen == [4]
    assert sum(row[-1].startswith("DivergenceError: ") for row in results(folder / "out")) == 2


SWEEP = "import sys; from udl_pt.cli import run; run()"


def command(folder, out):
    arguments = ["sweep", str(folder / "plan.toml"), "--out", str(folder / out), "--jobs", "1"]
    return [sys.executable, "-c", SWEEP, *arguments]


def test_a_killed_sweep_goes_on(folder):
    text = f"""
        model = "AutoEncoder"
        folds = 2
        score = "scores_{folder.name}:%s"
        [data]
        X = "x.npy"
        [options]
        batch_sz = 10
        backend = "numba"
        [grid]
        M = [2, 3, 4]
    """
    (folder / "plan.toml").write_text(text % "waits")
    process = subprocess.Popen(command(folder, "out"), stdout=subprocess.DEVNULL)
    end = time.monotonic() + 300
    while not (folder / "waiting").exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = (folder / "out" / "trials.csv").read_bytes()
    assert before.count(b"\n") == 5  # the header, and the trials of two settings
    again = subprocess.run(command(folder, "out"), capture_output=True, text=True, check=True)
    assert (folder / "out" / "trials.csv").read_bytes().startswith(before)
    assert again.stdout.splitlines()[0].startswith("5 of 6: ")
    (folder / "plan.toml").write_text(text % "weight")
    subprocess.run(command(folder, "direct"), capture_output=True, check=True)
    assert results(folder / "out") == results(folder / "direct")


def test_a_fit_that_was_killed_goes_on_from_its_checkpoint(folder, monkeypatch):
    plan = plan_of(folder, options={"batch_sz": 10, "epochs": 6}, grid={"M": [3]}, folds=2)
    trial, epochs = plan.trials[0], []

    class Counting(_worker.Checkpoint):
        not_saved = (*_worker.Checkpoint.not_saved, "killing")
        killing = False

        def __init__(self, path):
            super().__init__(path, every_epochs=1)

        def __call__(self, progress):
            epochs.append(progress.epoch)
            if self.killing and progress.epoch == 4:
                raise KeyboardInterrupt

    monkeypatch.setattr(_worker, "Checkpoint", Counting)
    (folder / "checkpoints").mkdir()
    digest = running.open_data(plan.data, plan.folder).digest
    _, expected = _worker.run_trial(plan, trial, digest, folder / "checkpoints" / "a.ckpt")
    assert not list((folder / "checkpoints").iterdir())
    epochs.clear()
    monkeypatch.setattr(Counting, "killing", True)
    with pytest.raises(KeyboardInterrupt):
        _worker.run_trial(plan, trial, digest, folder / "checkpoints" / "b.ckpt")
    monkeypatch.setattr(Counting, "killing", False)
    epochs.append("killed")
    _, found = _worker.run_trial(plan, trial, digest, folder / "checkpoints" / "b.ckpt")
    assert epochs == [1, 2, 3, 4, "killed", 4, 5, 6]
    assert [found[name] for name in ("score", "parameters")] == [expected["score"], expected["parameters"]]
    assert not list((folder / "checkpoints").iterdir())


# --- data


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


# --- the table


def test_options_with_the_names_of_results_are_columns_of_their_own(folder):
    (folder / f"names_{folder.name}.py").write_text(
        "class Model:\n"
        "    def __init__(self, seed=0, fold=0, mean=0): self.seed, self.fold, self.mean = seed, fold, mean\n"
        "    def fit(self, X, epochs=1, score=0): self.costs = [0.5] * epochs\n"
    )
    grid = {"epochs": [1, 3], "seed": [5, 6], "fold": [7], "mean": [8], "score": [9]}
    model = f"names_{folder.name}:Model"
    plan = Plan(model, {"X": "x.npy"}, grid=grid, score="costs", folder=str(folder))
    run_sweep(plan, folder / "out", jobs=1)
    seen = []
    rows = run_sweep(plan, folder / "out", jobs=1, report=lambda rows: seen.append(len(rows)))
    assert seen == [4]
    assert sorted((row["param_epochs"], row["epochs"]) for row in rows) == 2 * [("1", "1")] + 2 * [("3", "3")]
    assert [setting["options"] for setting in summary(rows)] == [trial.options for trial in plan.trials]
    with open(folder / "out" / "summary.csv", newline="") as file:
        assert [(row["param_mean"], row["mean"]) for row in csv.DictReader(file)] == 4 * [("8", "0.5")]


def test_a_table_that_a_spreadsheet_wrote_is_read(folder):
    plan = plan_of(folder, grid={"M": [2, 3]})
    run_sweep(plan, folder / "out", jobs=1)
    file, whole = folder / "out" / "trials.csv", results(folder / "out")
    with open(file, newline="") as lines:
        rows = [dict(reversed(row.items())) for row in csv.DictReader(lines)]
    with open(file, "w", newline="", encoding="utf-8-sig") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    seen = []
    run_sweep(plan, folder / "out", jobs=1, report=lambda rows: seen.append(len(rows)))
    assert (seen, results(folder / "out")) == ([4], whole)


@pytest.mark.parametrize("takes", [0, 3])
def test_a_full_disk_is_named_and_leaves_a_table_that_goes_on(folder, takes, monkeypatch):
    plan, write, sizes = plan_of(folder, grid={"M": [2, 3]}), os.write, iter((1000, takes))

    def full(file, content):
        if (size := next(sizes, None)) is None or size == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, content[:size])

    with monkeypatch.context() as patch:
        patch.setattr("udl_pt.sweeps._table.os.write", full)
        with pytest.raises(OSError, match=r"trials.csv can't be written \(No space left on device\): repair"):
            run_sweep(plan, folder / "out", jobs=1)
    seen = []
    run_sweep(plan, folder / "out", jobs=1, report=lambda rows: seen.append(len(rows)))
    assert seen == [1, 2, 3, 4]
    run_sweep(plan, folder / "direct", jobs=1)
    assert results(folder / "out") == results(folder / "direct")


def test_a_folder_of_another_sweep_is_refused(folder):
    run_sweep(plan_of(folder, grid={"M": [2]}), folder / "out", jobs=1)
    before = {file.name: file.read_bytes() for file in (folder / "out").iterdir()}
    for changes, message in {
        "options": "has a sweep whose options is {'backend': 'numba', 'batch_sz': 10}, but this plan has {}",
        "folds": "has a sweep whose folds is 2, but this plan has None",
    }.items():
        changed = plan_of(folder, grid={"M": [2]}, **{changes: {"options": {}, "folds": None}[changes]})
        with pytest.raises(ValueError, match=re.escape(message)):
            run_sweep(changed, folder / "out", jobs=1)
    np.save(folder / "x.npy", X + np.float32(0.5))
    with pytest.raises(ValueError, match="has a sweep whose data digest is"):
        run_sweep(plan_of(folder, grid={"M": [2]}), folder / "out", jobs=1)
    assert {file.name: file.read_bytes() for file in (folder / "out").iterdir()} == before


def test_a_sweep_can_grow(folder):
    run_sweep(plan_of(folder, grid={"M": [2]}), folder / "out", jobs=1)
    seen = []
    more = plan_of(folder, grid={"M": [2, 3], "learning_rate": [0.5, 0.1]}, seeds=[0, 1])
    settings = settings_of(more, folder / "out", jobs=1, report=lambda rows: seen.append(len(rows)))
    assert (seen[0], seen[-1], len(settings)) == (2, 18, 5)
    with open(folder / "out" / "trials.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["param_learning_rate"] for row in rows[:2]] == ["", ""]


def test_a_line_that_a_kill_cut_off_is_dropped(folder):
    plan = plan_of(folder, grid={"M": [2, 3]})
    run_sweep(plan, folder / "out", jobs=1)
    file, whole = folder / "out" / "trials.csv", results(folder / "out")
    content = file.read_bytes()
    for cut in range(content.rindex(b"\n", 0, -1) + 2, len(content)):
        file.write_bytes(content[:cut])
        assert len(Table(file, ["M"]).rows) == 3
    run_sweep(plan, folder / "out", jobs=1)
    assert results(folder / "out") == whole


HEADER = b"seed,fold,score,epochs,seconds,parameters,worker,error\n"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\n",
        HEADER + b"1,2,x,,,,,\n",
        HEADER + 20 * b"," + b"\n",
        b"a,b\n1,2\n",
        b"seed,fold,score,epochs\nx,0,1,2\n",
        b'"\n',
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, content):
    (tmp_path / "trials.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"trials.csv is no table of a sweep.*: move it away"):
        Table(tmp_path / "trials.csv", [])


def test_two_sweeps_do_not_write_to_one_folder(folder):
    (folder / "out").mkdir()
    with (
        Table.opened(folder / "out" / "trials.csv", []),
        pytest.raises(BlockingIOError, match=r"another sweep writes to .*out: wait for its end"),
    ):
        run_sweep(plan_of(folder), folder / "out", jobs=1)


def test_lines_that_another_sweep_adds_last_are_not_lost(folder, monkeypatch):
    plan, out = plan_of(folder, grid={"M": [2, 3]}), folder / "out"
    run_sweep(plan, out, jobs=1)
    whole = (out / "trials.csv").read_bytes()
    (out / "trials.csv").write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    lock = fcntl.flock

    def locked_after_the_other(*arguments):
        (out / "trials.csv").write_bytes(whole)
        lock(*arguments)

    monkeypatch.setattr(fcntl, "flock", locked_after_the_other)
    seen = []
    run_sweep(plan, out, jobs=1, report=lambda rows: seen.append(len(rows)))
    assert seen == [4]
    assert (out / "trials.csv").read_bytes() == whole


def test_the_summary_does_not_depend_on_the_order():
    rows = [
        {"param_M": json.dumps(M), "seed": str(seed), "fold": "0", "score": repr(float(score)), "error": ""}
        for M in (1, 2)
        for seed, score in enumerate(RS.rand(20) * 10.0 ** RS.randint(-9, 9, 20))
    ]
    assert summary(rows) == summary(rows[::-1])
    first = summary(rows)[0]
    values = [float(row["score"]) for row in rows if row["param_M"] == json.dumps(first["options"]["M"])]
    np.testing.assert_allclose([first["mean"], first["std"]], [np.mean(values), np.std(values)], rtol=1e-12)


# --- Dask


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


def test_a_cluster_gives_the_same_bits(folder, direct, cluster):
    run_sweep(plan_of(folder), folder / "out", scheduler=cluster.scheduler_address)
    assert results(folder / "out") == direct
    with open(folder / "out" / "trials.csv", newline="") as file:
        workers = {row["worker"] for row in csv.DictReader(file)}
    assert len(workers) == 2
    assert all(int(worker.rpartition(":")[2]) != os.getpid() for worker in workers)


def test_later_fits_of_a_cluster_build_no_graph(folder, cluster):
    run_sweep(plan_of(folder, "graphs"), folder / "out", scheduler=cluster.scheduler_address)
    assert {row[4] for row in results(folder / "out")} == {"0.0"}


def test_a_worker_of_a_cluster_that_dies_loses_nothing(folder, cluster):
    run_sweep(plan_of(folder, "weight"), folder / "direct", jobs=1)
    run_sweep(plan_of(folder, "dies_once"), folder / "out", scheduler=cluster.scheduler_address)
    assert (folder / "died").exists()
    assert results(folder / "out") == results(folder / "direct")


def test_a_cluster_runs_as_many_trials_at_a_time_as_one_asks_for(folder, cluster):
    plan = plan_of(folder, "at_a_time")
    rows = run_sweep(plan, folder / "out", scheduler=cluster.scheduler_address, jobs=1)
    assert {row["score"] for row in rows} == {"1.0"}


def test_a_cluster_of_one_thread_runs_the_trials(folder):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as cluster:
        rows = run_sweep(plan_of(folder), folder / "out", scheduler=cluster.scheduler_address)
    assert [row["error"] for row in rows] == 12 * [""]
    assert all(int(row["worker"].rpartition(":")[2]) != os.getpid() for row in rows)


def test_a_scheduler_that_is_not_there_is_named(folder):
    dask = pytest.importorskip("dask")
    pytest.importorskip("distributed")
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(OSError, match=r"scheduler is 'tcp://127.0.0.1:9', but no Dask cluster answers \("),
    ):
        run_sweep(plan_of(folder), folder / "out", scheduler="tcp://127.0.0.1:9")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (CancelledError("connection-lost"), r"the Dask cluster has gone \(connection-lost\): run the same"),
        (
            ImportError("No module named 'udl_pt'"),
            r"a worker can't load a trial \(No module named 'udl_pt'\)",
        ),
    ],
)
def test_what_ends_a_cluster_is_named(folder, error, message, monkeypatch):
    class Parallel(running.joblib.Parallel):
        def __call__(self, calls):
            raise error

    monkeypatch.setattr(running.joblib, "Parallel", Parallel)
    with pytest.raises(RuntimeError, match=message):
        run_sweep(plan_of(folder), folder / "out", jobs=1)


# --- the command


def test_the_command_shows_a_line_for_each_trial_and_the_best_settings(folder, capsys):
    (folder / "plan.toml").write_text(
        'model = "RBM"\n[data]\nX = "x.npy"\n[options]\nbatch_sz = 10\n[grid]\nM = [2, 3]\n'
    )
    assert main(["sweep", str(folder / "plan.toml"), "--out", str(folder / "out"), "--jobs", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1 of 2: M 2, seed 0, fold 0, score ")
    assert lines[1].startswith("2 of 2: M 3, seed 0, fold 0, score ")
    assert lines[2].strip() == "RBM: 2 of 2 trials"
    assert " ".join(" ".join(lines[3:-2]).split()).endswith("mean of valid_costs, the lower the better")
    assert lines[-2:] == [str(folder / "out" / "trials.csv"), str(folder / "out" / "summary.csv")]
    costs = [RBM(M, random_state=0).fit(X, batch_sz=10, validation=0.1).valid_costs[-1] for M in (2, 3)]
    with open(folder / "out" / "summary.csv", newline="") as file:
        assert [(row["param_M"], float(row["mean"])) for row in csv.DictReader(file)] == sorted(
            zip("23", costs, strict=True), key=lambda one: one[1]
        )


def test_the_command_names_trials_that_failed(folder, capsys):
    (folder / "plan.toml").write_text(
        'model = "RBM"\n[data]\nX = "x.npy"\n[options]\nM = 3\n[grid]\nbatch_sz = [10, 1000]\n'
    )
    assert main(["sweep", str(folder / "plan.toml"), "--out", str(folder / "out"), "--jobs", "1"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("udl-pt: 1 of 2 trials failed, the first with ValueError: batch_sz is 1000")
    assert error.endswith("the same command runs them again\n")


def test_a_table_that_takes_long_is_shown_seldom():
    now, shown = 0.0, []

    def show(rows):
        nonlocal now
        shown.append(rows)
        now += 1.0

    show_seldom = _seldom(show, lambda: now)
    for rows in range(100):
        show_seldom(rows)
        now += 0.5
    assert shown == [0, 18, 36, 54, 72, 90]  # a second each, nine seconds apart


def test_a_terminal_shows_the_best_settings(folder):
    console = Console(file=io.StringIO(), force_terminal=True, width=60)
    plan = plan_of(folder, grid={"M": [2], "epochs": [1, 2]})
    rows = run_sweep(plan, folder / "out", jobs=1)
    with _reporting(console, plan, 4) as report:
        report(rows[:2])
    said = console.file.getvalue()
    assert "AutoEncoder: 2 of 4 trials" in said
    assert re.search("M.*epochs.*mean.*std", said)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--out", "plan.txt"],
            "udl-pt: --out plan.txt: plan.txt is a file, expected a folder, or a new name",
        ),
        (["--out", ""], "udl-pt: --out is '', expected a folder"),
        (["--jobs", "0"], "udl-pt: jobs is 0"),
        (["--engine", "x"], "udl-pt: engine is 'x', expected one of 'processes', 'threads'"),
    ],
)
def test_the_command_names_mistakes(folder, arguments, message, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "plan.txt").touch()
    (folder / "plan.toml").write_text('model = "RBM"\n[data]\nX = "x.npy"\n[options]\nM = 2\n')
    assert main(["sweep", str(folder / "plan.toml"), *arguments]) == 2
    assert capsys.readouterr().err.startswith(message)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["numba", "c"])
def test_workers_fill_one_empty_cache_together(folder, backend):
    (folder / "plan.toml").write_text(f"""
        model = "AutoEncoder"
        seeds = [0, 1]
        folds = 2
        [data]
        X = "x.npy"
        [options]
        batch_sz = 10
        backend = "{backend}"
        [grid]
        M = [2, 3]
    """)
    environment = os.environ | {"PYTENSOR_FLAGS": f"base_compiledir={folder / 'cache'}"}
    arguments = [*command(folder, "cold")[:-1], "2"]
    cold = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
    assert (cold.returncode, cold.stderr) == (0, "")
    warm = subprocess.run(
        command(folder, "warm"), env=environment, capture_output=True, text=True, check=False
    )
    assert (warm.returncode, warm.stderr) == (0, "")
    assert results(folder / "cold") == results(folder / "warm")
