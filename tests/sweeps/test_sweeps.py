"""Sweeps give the same bits whatever runs them, and lose nothing to kills."""

import os
import signal
import subprocess
import time

import numpy as np
import pytest
from sklearn.model_selection import KFold, StratifiedKFold
from small_sweeps import X, Y, command, plan_of, results, settings_of
from threadpoolctl import threadpool_limits

from udl_pt import DNN, TSNE, AutoEncoder
from udl_pt.sweeps import Plan, _worker, run_sweep, running


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


@pytest.mark.parametrize(
    "backend",
    [pytest.param("numba", marks=pytest.mark.slow), pytest.param("c", marks=pytest.mark.exhaustive)],
)
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
