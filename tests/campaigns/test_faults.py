"""The program that runs the campaigns keeps the results that there are, whatever happens."""

import json
import sys
from types import SimpleNamespace

import faults
import pytest
from campaigns import Campaign

TABLE = {"campaign": "right", "tries": 3, "failures": []}


def right(tries, seed):
    yield from [None] * tries


def raises(tries, seed):
    yield None
    yield "a failure with \x1b"
    raise ZeroDivisionError("mine")


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Return what runs campaigns, and returns the status and the rows that were written."""

    def call(place="table.json", **modules):
        monkeypatch.setattr(faults, "MODULES", tuple(modules))
        for name, campaigns in modules.items():
            monkeypatch.setitem(sys.modules, f"campaigns.{name}", SimpleNamespace(CAMPAIGNS=campaigns))
        monkeypatch.setattr(sys, "argv", ["faults.py", "--json", str(tmp_path / place)])
        return faults.main()

    return call


def rows(tmp_path):
    written = json.loads((tmp_path / "table.json").read_text())["numbers"]["rows"]
    return [{name: row[name] for name in ("campaign", "tries", "failures")} for row in written]


def test_an_error_in_a_campaign_is_its_failure_and_the_others_go_on(run, tmp_path, capsys):
    assert run(first=[Campaign("raises", 9, raises)], second=[Campaign("right", 3, right)]) == 1
    first, second = rows(tmp_path)
    assert second == TABLE
    assert (first["tries"], first["failures"][0]) == (3, "a failure with \x1b")
    assert first["failures"][1].startswith("the campaign ended with ZeroDivisionError: mine (")
    shown = capsys.readouterr().out
    assert r"a failure with \x1b" in shown
    assert "ZeroDivisionError: mine" in shown


def test_a_module_that_can_not_be_imported_is_a_failure(run, tmp_path):
    assert run(nowhere=None, second=[Campaign("right", 3, right)]) == 1
    first, second = rows(tmp_path)
    assert (first["campaign"], first["tries"], second) == ("nowhere", 1, TABLE)
    assert "TypeError" in first["failures"][0]


def test_what_there_is_was_written_when_somebody_ends_the_run(run, tmp_path):
    def interrupted(tries, seed):
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        run(first=[Campaign("right", 3, right)], second=[Campaign("interrupted", 3, interrupted)])
    assert rows(tmp_path) == [TABLE]


@pytest.mark.parametrize("place", ["folder", "nowhere/table.json", "other.json"])
def test_a_place_that_can_not_be_written_is_refused_before_anything_is_run(place, run, tmp_path, capsys):
    def never(tries, seed):
        raise AssertionError

    (tmp_path / "folder").mkdir()
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(SystemExit) as caught:
        run(place, first=[Campaign("never", 1, never)])
    assert caught.value.code == 2
    assert f"argument --json: {tmp_path / place} " in capsys.readouterr().err


def test_an_older_table_stays_until_there_is_a_newer_one(run, tmp_path):
    def ended(tries, seed):
        assert (tmp_path / "table.json").read_text() == '{"goal": "old"}'
        yield None

    (tmp_path / "table.json").write_text('{"goal": "old"}')
    assert run(first=[Campaign("looks", 1, ended)]) == 0
    assert rows(tmp_path) == [{"campaign": "looks", "tries": 1, "failures": []}]
