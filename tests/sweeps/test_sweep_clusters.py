"""Sweeps on a cluster of Dask."""

import csv
import os
from concurrent.futures import CancelledError

import pytest
from small_sweeps import plan_of, results

from udl_pt.sweeps import run_sweep, running


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
