"""Files of arrays: how they are written, what is refused, and what is left behind."""

import fcntl
import json
import os
import resource
import stat
import time
import tracemalloc

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save

from udl_pt._support import storage
from udl_pt._support.exceptions import DataError
from udl_pt._support.storage import read_arrays, replace_file, write_arrays

ARRAYS = {"a": np.arange(6.0).reshape(2, 3), "b": np.ones(4, "float32")}
KINDS = ["bool", "float16", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))]
FACTS = {"text": "é", "numbers": [1, 2.5, None, True]}


def accept(facts, forms):
    """Take whatever a file holds."""


def leftover(folder, target, number="0123456789abcdef"):
    """Make the file that a killed save of `target` leaves; `number` is the random part of its name."""
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage.os, "replace", lambda old, new: seen.append(old))
        replace_file(folder / target, b"cut")
    name = folder / f"{os.path.basename(seen[0])[: -len('.part') - len(number)]}{number}.part"
    os.rename(seen[0], name)
    return name


def test_what_was_written_is_read_by_others_and_by_the_library(tmp_path):
    path = tmp_path / "file.st"
    write_arrays(path, ARRAYS, FACTS)
    arrays, facts = read_arrays(path, accept)
    by_others = load_file(path)
    assert facts == FACTS
    assert arrays.keys() == by_others.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        for found in (arrays[name], by_others[name]):
            assert found.dtype == array.dtype
            np.testing.assert_array_equal(found, array)
        assert arrays[name].flags.owndata
        assert arrays[name].flags.writeable
    with safe_open(path, framework="numpy") as file:
        assert json.loads(file.metadata()["facts"]) == FACTS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(), (0, 3), (2,)])
def test_arrays_of_other_kinds_and_of_no_elements_are_read_as_they_were(kind, shape, tmp_path):
    array = np.ones(shape, kind)
    write_arrays(tmp_path / "file.st", {"a": array, "b": np.zeros(1)}, {})
    found = read_arrays(tmp_path / "file.st", accept)[0]["a"]
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        (None, TypeError, "path is None, expected the name of a file, such as 'model.st'"),
        (5, TypeError, "path is 5, expected the name"),
        ("", ValueError, "path is '', expected the name"),
        ("a\0b", ValueError, "path is 'a.*b', expected the name"),
        (b"", ValueError, "path is b'', expected the name"),
        (".", IsADirectoryError, r"This is a folder, expected a file.*: '\.'"),
        ("new/", IsADirectoryError, "This is a folder, expected a file.*: 'new/'"),
        ("nowhere/m.st", FileNotFoundError, "No such file or directory: 'nowhere/m.st'"),
        ("file/m.st", NotADirectoryError, "Not a directory: 'file/m.st'"),
        ("pipe", OSError, "This is not a regular file.*: 'pipe'"),
        ("loop", OSError, "'loop'"),
        ("n" * 300, OSError, "too long: 'n"),
    ],
)
def test_a_bad_path_is_refused_and_nothing_is_left(path, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(error, match=message):
        write_arrays(path, ARRAYS, FACTS)
    assert sorted(os.listdir()) == ["file", "loop", "pipe"]
    with pytest.raises(error, match=message):
        read_arrays(path, accept)


def test_paths_may_be_bytes_and_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in (b"m.st", "m.st", os.fsencode(tmp_path / "n\xff.st"), "n" * 255):
        write_arrays(path, ARRAYS, FACTS)
        np.testing.assert_array_equal(read_arrays(path, accept)[0]["a"], ARRAYS["a"])


def test_a_new_file_has_the_umasks_mode_and_a_replaced_one_keeps_its_own(tmp_path):
    before = os.umask(0o027)
    try:
        replace_file(tmp_path / "new", b"1")
        for mode in (0o664, 0o600, 0o444):
            (tmp_path / "old").write_bytes(b"")
            (tmp_path / "old").chmod(mode)
            replace_file(tmp_path / "old", b"2")
            assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == mode
            (tmp_path / "old").unlink()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there/file")
    for content in (b"first", b"second"):  # a link to nothing, too
        replace_file(tmp_path / "link", content)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "there" / "file").read_bytes() == content
    assert os.listdir(tmp_path / "there") == ["file"]


def test_files_of_the_users_own_stay(tmp_path):
    own = [".n.st.part", "n.st.part", "n.st.tmp", ".tmp123", ".udl_pt", ".udl_pt-0123456789abcdef.part"]
    for name in own:
        (tmp_path / name).write_text("mine")
    replace_file(tmp_path / "n.st", b"1")
    assert sorted(os.listdir(tmp_path)) == sorted([*own, "n.st"])
    assert {(tmp_path / name).read_text() for name in own} == {"mine"}


def test_what_a_kill_left_is_removed_by_the_next_save_of_that_path_alone(tmp_path):
    mine, of_another = leftover(tmp_path, "n.st"), leftover(tmp_path, "m.st")
    replace_file(tmp_path / "n.st", b"1")
    assert not mine.exists()
    assert of_another.exists()
    with open(leftover(tmp_path, "n.st"), "rb") as alive:  # another writer's
        fcntl.flock(alive, fcntl.LOCK_EX)
        replace_file(tmp_path / "n.st", b"2")
        assert mine.exists()
    replace_file(tmp_path / "n.st", b"3")
    assert sorted(os.listdir(tmp_path)) == sorted(["n.st", of_another.name])
    assert (tmp_path / "n.st").read_bytes() == b"3"


def test_a_link_in_place_of_a_leftover_is_not_followed(tmp_path):
    name = leftover(tmp_path, "n.st")
    name.unlink()
    (tmp_path / "precious").write_bytes(b"1")
    name.symlink_to("precious")
    replace_file(tmp_path / "n.st", b"2")
    assert (tmp_path / "precious").read_bytes() == b"1"


def test_a_file_that_a_cleaner_took_before_it_was_locked_is_made_anew(tmp_path, monkeypatch):
    flock, taken = fcntl.flock, []

    def late(file, how):
        if not taken and how == fcntl.LOCK_EX:
            taken.append(file.name)
            os.unlink(file.name)
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    replace_file(tmp_path / "n.st", b"1")
    assert taken
    assert (tmp_path / "n.st").read_bytes() == b"1"
    assert os.listdir(tmp_path) == ["n.st"]


@pytest.mark.parametrize("step", ["open", "fsync", "chmod", "replace"])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_after_any_error_the_old_file_is_there_and_nothing_else(step, error, tmp_path, monkeypatch):
    replace_file(tmp_path / "n.st", b"old")
    there = os.listdir("/proc/self/fd")

    def fail(*arguments, **named):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(storage.os, step, fail)
        with pytest.raises(type(error)) as caught:
            replace_file(tmp_path / "n.st", b"new")
    if isinstance(error, OSError):
        assert str(caught.value) == f"[Errno 28] No space left on device: '{tmp_path / 'n.st'}'"
    assert (tmp_path / "n.st").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["n.st"]
    assert len(os.listdir("/proc/self/fd")) == len(there)


def test_a_file_that_must_not_grow_is_an_error_of_the_system(tmp_path):
    write_arrays(tmp_path / "n.st", ARRAYS, FACTS)
    before, limits = (tmp_path / "n.st").read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match=r"File too large: .*n\.st"):
            write_arrays(tmp_path / "n.st", {"a": np.zeros(1000)}, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (tmp_path / "n.st").read_bytes() == before
    assert os.listdir(tmp_path) == ["n.st"]


def test_contents_reach_the_disk_before_the_name(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            storage.os, name, lambda *a, name=name, real=real: (calls.append(name), real(*a))[1]
        )
    replace_file(tmp_path / "n.st", b"1")
    assert calls == ["fsync", "replace", "fsync"]  # file, name, folder


@pytest.mark.parametrize(
    ("arrays", "facts", "message"),
    [
        ({"a": np.array([1, np.nan])}, {}, r"array 'a' is nan at \[1\], expected finite numbers"),
        ({"a": np.array([[1, -np.inf]], "f4")}, {}, r"array 'a' is -inf at \[0, 1\], expected finite"),
        ({"a": np.array(["x"])}, {}, r"array 'a' is str32 of shape \(1,\), expected integers, booleans or"),
        ({"a": np.zeros((1,) * 9)}, {}, "expected integers, booleans or floats of at most 8 dimensions"),
        ({}, {"a": np.nan}, "not JSON compliant"),
        ({}, {"a": "a" * (1 << 20)}, "header would have 1,048,.* bytes, expected at most 1,048,576: shorten"),
        ({str(i): np.ones(1) for i in range(20_000)}, {}, "expected at most 1,048,576: save fewer arrays"),
    ],
)
def test_what_could_not_be_read_is_not_written(arrays, facts, message, tmp_path):
    with pytest.raises((ValueError, TypeError), match=message):
        write_arrays(tmp_path / "n.st", arrays, facts)
    assert os.listdir(tmp_path) == []


def test_facts_are_checked_before_any_array_is_read(tmp_path):
    write_arrays(tmp_path / "n.st", ARRAYS, FACTS)
    content = (tmp_path / "n.st").read_bytes()
    (tmp_path / "n.st").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    def refuse(facts, forms):
        assert facts == FACTS
        assert forms == {"a": ("float64", (2, 3)), "b": ("float32", (4,))}
        raise ValueError("no good")

    with pytest.raises(DataError, match=r"n\.st can't be loaded: no good; save the model again"):
        read_arrays(tmp_path / "n.st", refuse)
    with pytest.raises(DataError, match=r"n\.st can't be loaded: it was altered, its digest"):
        read_arrays(tmp_path / "n.st", accept)


def test_a_huge_file_is_refused_without_being_read(tmp_path):
    path = tmp_path / "n.st"
    write_arrays(path, ARRAYS, FACTS)
    tracemalloc.start()
    start = time.process_time()
    try:
        for content in (path.read_bytes(), b"", (1 << 31).to_bytes(8, "little")):
            path.write_bytes(content)
            os.truncate(path, 1 << 31)
            with pytest.raises(DataError, match="not a complete safetensors file"):
                read_arrays(path, accept)
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()
    assert time.process_time() - start < 5  # 2 GB would take longer
    path.unlink()


def memory(action):
    """Return how many bytes an action takes at most."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_reading_takes_the_files_size_and_writing_what_safetensors_takes(tmp_path):
    """Writing is compared with safetensors alone, whose older versions copy each array once more."""
    arrays, path = {"a": np.random.default_rng(0).random((1000, 1000))}, tmp_path / "n.st"
    size = arrays["a"].nbytes
    assert memory(lambda: write_arrays(path, arrays, {})) < memory(lambda: save(arrays)) + 0.6 * size
    assert memory(lambda: read_arrays(path, accept)) < 1.6 * size


def test_without_locks_nothing_is_locked_and_the_file_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "fcntl", None)
    left = tmp_path / "n.st"
    replace_file(left, b"1")
    replace_file(left, b"2")
    assert left.read_bytes() == b"2"
    assert os.listdir(tmp_path) == ["n.st"]
