"""Reports are written whole or not at all, and what they hold and are called can be shown."""

import contextlib
import fcntl
import json
import os
import resource
import signal
import stat
import subprocess
import sys
from collections import OrderedDict

import numpy as np
import pytest

from udl_pt._support import files
from udl_pt._support.files import as_json, folder_if_filled, printable, write_files
from udl_pt.book.report import Picture, Section, write_report
from udl_pt.cli import _compare as comparison_report
from udl_pt.comparison._compare import Comparison, Way

OLD = {"a.json": b"old a", "b.png": b"old b", "page.html": b"old page"}
NEW = {"a.json": b"new a", "c.png": b"new c", "page.html": b"new page"}


def seen(folder):
    """Return all that a folder holds: contents, and where links lead."""
    return {
        str(p.relative_to(folder)): os.readlink(p) if p.is_symlink() else p.is_file() and p.read_bytes()
        for p in folder.rglob("*")
    }


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "report"
    made.mkdir()
    for name, content in {**OLD, "mine.txt": b"mine"}.items():
        (made / name).write_bytes(content)
    return made


def failing(monkeypatch, module, name, at, error):
    """Make call number `at` of a function fail."""
    real, calls = getattr(module, name), []

    def function(*arguments, **options):
        calls.append(arguments)
        if len(calls) == at:
            raise error
        return real(*arguments, **options)

    monkeypatch.setattr(module, name, function)
    return calls


def test_files_replace_those_of_their_names_in_their_order(folder, monkeypatch):
    calls = failing(monkeypatch, os, "replace", 0, OSError)
    write_files(folder, NEW)
    assert seen(folder) == {"mine.txt": b"mine", "b.png": b"old b", **NEW}
    assert [os.path.basename(target) for _, target in calls] == list(NEW)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt])
@pytest.mark.parametrize(
    ("function", "at"), [("replace", 1), ("replace", 2), ("replace", 3), ("fsync", 1), ("fsync", 3)]
)
def test_a_failure_anywhere_leaves_all_as_it_was(folder, monkeypatch, function, at, error):
    before = seen(folder)
    failing(monkeypatch, os, function, at, error)
    with pytest.raises(type(error) if isinstance(error, OSError) else error):
        write_files(folder, NEW)
    assert seen(folder) == before


@pytest.fixture
def full_disk():
    """Refuse files of more than 100 bytes, as a full disk would."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_all_as_it_was(folder):
    before = seen(folder.parent)
    for place in (folder, folder.parent / "new" / "report"):
        with pytest.raises(OSError, match="File too large"):
            write_files(place, {**NEW, "page.html": bytes(101)})
        assert seen(folder.parent) == before


def test_planted_links_are_replaced_and_not_followed(folder, tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    for name in NEW:
        (folder / name).unlink(missing_ok=True)
    (folder / "a.json").symlink_to(victim)
    (folder / "c.png").symlink_to(tmp_path)  # a folder
    (folder / "page.html").symlink_to(tmp_path / "nowhere")
    before = seen(folder)
    with pytest.MonkeyPatch.context() as patch:
        failing(patch, os, "replace", 3, KeyboardInterrupt)
        with pytest.raises(KeyboardInterrupt):
            write_files(folder, NEW)
    assert seen(folder) == before
    write_files(folder, NEW)
    assert {name: (folder / name).read_bytes() for name in NEW} == NEW
    assert not any((folder / name).is_symlink() for name in NEW)
    assert victim.read_bytes() == b"precious"
    assert {p.name for p in tmp_path.iterdir()} == {"victim", "report"}


def test_a_folder_in_the_place_of_a_file_stays(folder):
    (folder / "c.png").mkdir()
    (folder / "c.png" / "mine").write_bytes(b"mine")
    before = seen(folder)
    with pytest.raises(OSError, match=r"c\.png"):
        write_files(folder, NEW)
    assert seen(folder) == before


def test_new_files_have_the_mode_that_others_get(folder):
    before = os.umask(0o027)
    try:
        write_files(folder, NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "c.png").stat().st_mode) == 0o640


def test_a_file_that_is_replaced_keeps_its_mode(folder):
    (folder / "a.json").chmod(0o600)
    (folder / "page.html").chmod(0o444)
    write_files(folder, NEW)
    modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in ("a.json", "page.html")}
    assert modes == {"a.json": 0o600, "page.html": 0o444}
    assert (folder / "page.html").read_bytes() == NEW["page.html"]


KILLED = """
import os, signal, sys
from pathlib import Path
from udl_pt._support.files import write_files

real, calls = os.replace, []

def replace(source, target):
    if calls:
        os.kill(os.getpid(), signal.SIGKILL)
    calls.append(target)
    real(source, target)

os.replace = replace
write_files(Path(sys.argv[1]), eval(sys.argv[2]))
"""


def killed(folder):
    """Run a process that is killed after it has moved one of the new files into place."""
    ended = subprocess.run([sys.executable, "-c", KILLED, str(folder), repr(NEW)])
    assert ended.returncode == -signal.SIGKILL


def test_the_next_report_removes_what_a_kill_left_and_nothing_of_the_users_or_of_another_writers(folder):
    own = [".new-abc", ".udl_pt-files-x.part", ".udl_pt-files-0123456789abcdef", ".udl_pt"]
    for name in own:
        (folder / name).mkdir()
    (folder / f".udl_pt-files-{'0' * 16}.part").write_bytes(b"a file")
    (folder / f".udl_pt-files-{'1' * 16}.part").symlink_to(".udl_pt")
    before = set(os.listdir(folder))
    killed(folder)
    assert (folder / "a.json").read_bytes() == b"new a"  # as the docstring says: some are new,
    assert (folder / "page.html").read_bytes() == b"old page"  # and others old
    (left,) = set(os.listdir(folder)) - before
    assert len(list((folder / left).rglob("*.html"))) == 2
    alive = os.open(folder / left, os.O_RDONLY)
    fcntl.flock(alive, fcntl.LOCK_EX)
    write_files(folder, NEW)
    assert set(os.listdir(folder)) == {*before, "c.png", left}
    assert len(list((folder / left).rglob("*.html"))) == 2
    os.close(alive)
    write_files(folder, NEW)
    assert set(os.listdir(folder)) == {*before, "c.png"}


@pytest.mark.parametrize("at", ["before it is opened", "before it is locked"])
def test_a_folder_that_a_cleaner_took_before_it_was_locked_is_made_anew(folder, monkeypatch, at):
    real, taken = os.open if at == "before it is opened" else fcntl.flock, []

    def late(place, *arguments, **options):
        if not taken:
            (found,) = (p for p in folder.iterdir() if p.suffix == ".part")
            found.rmdir()
            taken.append(found)
        return real(place, *arguments, **options)

    monkeypatch.setattr(*((os, "open") if at == "before it is opened" else (fcntl, "flock")), late)
    write_files(folder, NEW)
    assert taken
    assert seen(folder) == {"mine.txt": b"mine", "b.png": b"old b", **NEW}


def test_without_locks_files_are_written_and_nothing_is_removed(folder, monkeypatch):
    killed(folder)
    before = set(os.listdir(folder))
    monkeypatch.setattr(files, "fcntl", None)
    write_files(folder, NEW)
    assert set(os.listdir(folder)) == before | {"c.png"}


def test_folders_that_were_made_and_stay_empty_go_again(tmp_path):
    with folder_if_filled(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").is_dir()
    assert list(tmp_path.iterdir()) == []
    with contextlib.suppress(ZeroDivisionError), folder_if_filled(tmp_path / "a" / "b"):
        (tmp_path / "a" / "mine").touch()
        raise ZeroDivisionError
    assert seen(tmp_path) == {"a": False, "a/mine": b""}


def strictly(text):
    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


def test_numbers_of_numpy_are_numbers_in_json():
    facts = {
        "f4": np.float32(1.5),
        "f8": np.float64(0.1),
        "f16": [np.longdouble(1), np.array([0.25, 2], np.longdouble), np.longdouble("nan")],
        "i8": np.int64(-3),
        "u1": np.uint8(255),
        "yes": np.bool_(True),
        "text": np.str_("a"),
        "array": np.arange(4, dtype="f4").reshape(2, 2),
        "list": [np.float32(0.25), (1, None, True)],
        "ordered": OrderedDict(b=1),
        np.int64(7): {8: "eight"},
        "not numbers": [np.nan, -np.inf, np.float32("inf"), {"deep": float("nan")}, np.array([np.nan, 1])],
        "huge": 10**30,
        "name": "\udcff\x1b",
    }
    assert strictly(as_json(facts, 1).decode("ascii")) == {
        "f4": 1.5,
        "f8": 0.1,
        "f16": [1, [0.25, 2], None],
        "i8": -3,
        "u1": 255,
        "yes": True,
        "text": "a",
        "array": [[0, 1], [2, 3]],
        "list": [0.25, [1, None, True]],
        "ordered": {"b": 1},
        "7": {"8": "eight"},
        "not numbers": [None, None, None, {"deep": None}, [None, 1]],
        "huge": 10**30,
        "name": "\udcff\x1b",
    }


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"a": [1, {"b": {2}}]}, r"\['a'\]\[1\]\['b'\] is \{2\}, which JSON can't hold: expected a number"),
        ({"a": 1j}, r"\['a'\] is 1j"),
        ({"a": np.complex64(1j)}, r"\['a'\] is 1j"),
        ({"a": b"bytes"}, r"\['a'\] is b'bytes'"),
        ({"a": {(1, 2): 3}}, r"\['a'\] has the key \(1, 2\), expected a string or an int"),
        ({"a": np.clongdouble(1j)}, r"\['a'\] is "),
        ({None: 3}, "results has the key None"),
        ({"a": {1: 2, "1": 3}}, r"\['a'\] has the keys 1 and '1', which are both '1' in JSON"),
        ({np.int64(1): 2, "1": 3}, "results has the keys 1 and '1'"),
        ({"true": 2, True: 3}, "results has the keys 'true' and True"),
    ],
)
def test_what_json_cannot_hold_is_named(facts, message):
    with pytest.raises((TypeError, ValueError), match=message):
        as_json(facts, 1)


def test_names_are_shown_without_what_a_terminal_obeys():
    assert printable("Zürich 数字.csv") == "Zürich 数字.csv"
    assert printable(os.fsdecode(b"\xff\x1b[2J.csv")) == r"\udcff\x1b[2J.csv"
    assert printable("a\r\n\x07\x9b\u202e\u2028") == r"a\r\n\x07\x9b\u202e\u2028"


# The two reports


class Failing:
    """A figure that can't be drawn."""

    def savefig(self, *arguments, **options):
        raise MemoryError("no figure")


@pytest.mark.parametrize(
    ("section", "error"),
    [
        (Section("Bad", [], results={"x": object()}), TypeError),
        (Section("Bad", [], pictures=[Picture("x", Failing(), "Look.")]), MemoryError),
        (Section("Bad", [], pictures=[None]), AttributeError),
        (Section("Bad", ["x" * 100]), OSError),
    ],
)
@pytest.mark.usefixtures("full_disk")
def test_a_report_that_fails_leaves_the_old_one(tmp_path, section, error):
    for name in ("index.html", "results.json", "chapter3_x.png"):
        (tmp_path / name).write_bytes(b"old")
    before = seen(tmp_path)
    with pytest.raises(error):
        write_report({"3": section}, tmp_path, {})
    assert seen(tmp_path) == before


def test_a_report_holds_numbers_of_numpy_and_names_that_are_no_text(tmp_path):
    section = Section("Fine", [], results={"cost": np.float32(0.5), "lost": np.float32("nan")})
    page = write_report({"3": section}, tmp_path, {"data": "\udcff.csv", "seed": np.int64(3)})
    results = strictly((tmp_path / "results.json").read_text())
    assert results["chapters"] == {"3": {"cost": 0.5, "lost": None}}
    assert (results["seed"], results["data"]) == (3, "\udcff.csv")
    assert r"<dd>\udcff.csv</dd>" in page.read_text("utf-8")
    assert seen(tmp_path).keys() == {"index.html", "results.json"}


def comparison(cold=2.0):
    ways = [Way("numba", 1, 1, cold, 1.5, [2.0, 3.0], 1, {1: np.nan, 2: 0.5})]
    return Comparison("RBM(7)", 2, "numba", ways, {})


def test_a_comparison_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    for path in comparison_report.write(comparison(), tmp_path):
        assert path.stat().st_size > 100
    written = strictly((tmp_path / "comparison.json").read_text())
    assert written["ways"][0]["differences"] == {"1": None, "2": 0.5}
    before = seen(tmp_path)
    for module, name in ((comparison_report, "plot_differences"), (files.os, "fsync")):
        with monkeypatch.context() as patch:
            failing(patch, module, name, 1, OSError(28, "No space left on device"))
            with pytest.raises(OSError, match="No space"):
                comparison_report.write(comparison(cold=9.0), tmp_path)
        assert seen(tmp_path) == before
    assert (
        comparison_report.write(comparison(cold=9.0), tmp_path)[0].read_bytes() != before["comparison.json"]
    )
    assert seen(tmp_path).keys() == {*comparison_report.FILES}
