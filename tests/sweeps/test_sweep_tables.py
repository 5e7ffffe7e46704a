"""The table of a sweep."""

import csv
import errno
import fcntl
import json
import os
import re

import numpy as np
import pytest
from small_sweeps import RS, X, plan_of, results, settings_of

from udl_pt._support.exceptions import DataError
from udl_pt.sweeps import Plan, run_sweep, summary
from udl_pt.sweeps._table import Table


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
