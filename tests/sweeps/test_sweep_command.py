"""The command ``udl-pt sweep``."""

import csv
import io
import re

import pytest
from rich.console import Console
from small_sweeps import X, plan_of

from udl_pt import RBM
from udl_pt.cli import main
from udl_pt.cli._sweep import _reporting, _seldom
from udl_pt.sweeps import run_sweep


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
