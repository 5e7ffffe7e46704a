"""A share of the campaign of signals; and that it finds what is wrong where the protection is taken away."""

import signal

import pytest
from campaigns import interrupted_fits, interrupts

from udl_pt.training import loop as training


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_no_fit_is_left_with_half_a_step(number, monkeypatch):
    shares = {name: case for name, case in interrupted_fits.CASES.items() if "eager" in name or name == "RBM"}
    shares["RBM"] = interrupted_fits.Case(shares["RBM"].make, shares["RBM"].fit, shares["RBM"].use, ("jax",))
    monkeypatch.setattr(interrupted_fits, "CASES", shares)
    interrupted_fits._undisturbed.cache_clear()
    assert [said for said in interrupted_fits.interrupts(number, 9, 0) if said is not None] == []


# the test below interrupts `reproduce`, too
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.exhaustive if name == "reproduce" else pytest.mark.slow)
        for name in interrupts.COMMANDS
    ],
)
def test_no_command_leaves_anything(name):
    assert list(interrupts.commands(name, signal.SIGTERM, 1, 0)) == [None]


def test_half_steps_are_found_where_steps_can_be_interrupted(monkeypatch):
    monkeypatch.setattr(training, "uninterrupted", lambda function, *arguments: function(*arguments))
    name = "eager AutoEncoder"
    monkeypatch.setattr(interrupted_fits, "CASES", {name: interrupted_fits.CASES[name]})
    interrupted_fits._undisturbed.cache_clear()
    tries = interrupted_fits.interrupts(signal.SIGINT, 200, 0)
    found = next(filter(None, tries), None)
    assert found is not None
    assert "half a step" in found or "no whole number of batches" in found


@pytest.mark.slow
def test_a_command_that_is_ended_leaves_nothing():
    assert list(interrupts.commands("reproduce", signal.SIGTERM, 2, 0)) == [None, None]


def test_files_and_processes_that_are_left_are_found(monkeypatch, tmp_path):
    monkeypatch.setattr(interrupts, "LINGERING", 1.0)
    monkeypatch.setattr(interrupts, "_undisturbed", lambda name: (tmp_path, 0.0))
    monkeypatch.setattr(
        interrupts,
        "PROGRAM",
        "import pathlib, subprocess, sys, tempfile, time\n"
        "pathlib.Path(sys.argv[-1]).mkdir(exist_ok=True)\n"
        "open(sys.argv[-1] + '/index.html', 'w').write('half')\n"
        "tempfile.mkdtemp()\n"
        "print('data', flush=True)\n"
        "time.sleep(0.1)\n",
    )
    (said,) = interrupts.commands("reproduce", signal.SIGTERM, 1, 0)
    assert "temporary files are left" in said
    kept = interrupts.PROGRAM.replace("tempfile.mkdtemp()\n", "")
    monkeypatch.setattr(interrupts, "PROGRAM", kept)
    (said,) = interrupts.commands("reproduce", signal.SIGTERM, 1, 0)
    assert "index.html is written by half" in said
    child = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(30)'], **dict.fromkeys("
    child += "('stdin', 'stdout', 'stderr'), subprocess.DEVNULL))\nprint("
    page = kept.replace("'half'", "'</html>\\n'").replace("print(", child, 1)
    monkeypatch.setattr(interrupts, "PROGRAM", page)
    (said,) = interrupts.commands("reproduce", signal.SIGTERM, 1, 0)
    assert "a process was left" in said
