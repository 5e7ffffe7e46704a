"""Rows in a temporary file: what is read, what stays behind, what an error says."""

import errno
import os
import subprocess
import sys
import tempfile
import tracemalloc

import numpy as np
import pytest

from udl_pt._support.arrays import check_matrix
from udl_pt._support.on_disk import check_room, write_rows

WRITE_AND_WAIT = """
import sys
import numpy as np
from udl_pt._support.on_disk import write_rows
rows = write_rows(np.ones((1000, 10)) for _ in range(3))
print(rows.shape, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the temporary folder, which is empty."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", ">f4", "uint8", "bool"])
def test_what_is_read_is_what_was_written(folder, dtype):
    X = (np.random.default_rng(0).random((25, 6)) * 7).astype(dtype)
    read = write_rows(X[start : start + 10] for start in range(0, 25, 10))
    assert (type(read), read.dtype, read.flags.writeable) == (np.ndarray, X.dtype, False)
    np.testing.assert_array_equal(read, X)


def test_chunks_have_any_order_in_memory_and_the_first_ones_dtype(folder):
    X = np.random.default_rng(0).random((20, 6))
    read = write_rows([X[:10].astype("float32"), np.asfortranarray(X[10:])])
    np.testing.assert_array_equal(read, X.astype("float32"))


def test_its_values_are_checked_without_loading_all_of_them(folder):
    read = write_rows(np.ones((1000, 100)) for _ in range(20))  # 16 MB
    tracemalloc.start()
    try:
        assert np.shares_memory(check_matrix(read, dtype="float64", unit_interval=True), read)
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(os.name != "posix", reason="elsewhere an open file has a name")
def test_a_killed_process_leaves_no_file(tmp_path):
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", WRITE_AND_WAIT]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, text=True, **pipes) as child:
        assert child.stdout.readline() == "(3000, 10)\n"
        child.kill()
    assert list(tmp_path.iterdir()) == []


def test_without_room_the_error_names_the_folder_and_the_bytes(folder):
    check_room(1)
    message = f"{folder}.* for {2**62:,} bytes.* TMPDIR .* omit pretrain_on_disk"
    with pytest.raises(OSError, match=message) as caught:
        check_room(2**62)
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.parametrize("use", [lambda: check_room(0), lambda: write_rows([np.ones((1, 1))])])
def test_a_folder_that_is_not_there_is_named(folder, monkeypatch, use):
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "gone"))
    with pytest.raises(FileNotFoundError, match=r"a temporary file in .*gone .*TMPDIR"):
        use()


def test_a_disk_that_takes_only_a_part_of_the_last_chunk_is_an_error(folder):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match=f"a temporary file in {folder} ") as caught:
            write_rows(np.ones((10, 10)) for _ in range(2))  # 1,600 bytes
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.errno == errno.EFBIG


def test_an_error_of_the_rows_own_code_comes_through_as_it_is(folder):
    def rows():
        yield np.ones((10, 2))
        raise PermissionError("of the layer")

    with pytest.raises(PermissionError, match=r"^of the layer$"):
        write_rows(rows())
