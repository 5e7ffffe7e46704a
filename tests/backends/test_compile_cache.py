"""The compile cache: damaged files are compiled again, and a folder that can't be used is replaced."""

import errno
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytensor
import pytest
from pytensor.link.numba import cache as pytensor_cache

from udl_pt.backends import _cache as compile_cache
from udl_pt.backends import _sealed_modules as sealed_modules
from udl_pt.backends._numba import cache as numba_cache

SUM = (
    "import sys, warnings, numpy as np, pytensor.tensor as pt; from udl_pt.backends import Function;"
    "warnings.filterwarnings('ignore', \"backend 'c' found no BLAS\");"
    "x = pt.vector('x', dtype='float64');"
    "print(Function([x], (2 * x).sum(), backend=sys.argv[1])(np.arange(4.0)))"
)
NumbasOwn = numba_cache.SealedCacheFile.__base__
NO_COMPILER = (
    "from numba.core import dispatcher; from pytensor.link.c.cmodule import GCC_compiler\n"
    "def fail(*arguments, **keywords): raise AssertionError('compiled')\n"
    "dispatcher._FunctionCompiler.compile = GCC_compiler.compile_str = fail\n"
)
needs_compiler = pytest.mark.skipif(not pytensor.config.cxx, reason="no C++ compiler, so nothing is cached")


def run(backend, cache, code=SUM, start=()):
    return subprocess.run(
        [*start, sys.executable, "-c", code, backend],
        env=os.environ | {"PYTENSOR_FLAGS": f"base_compiledir={cache}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def assert_works(result, warning=""):
    """It prints the sum and, if `warning`, exactly one warning that begins so."""
    assert result.returncode == 0, result.stderr
    assert result.stdout == "12.0\n"
    if warning:
        assert result.stderr.count("UserWarning") == 1, result.stderr
        assert f"UserWarning: {warning}" in result.stderr
        assert "set PYTENSOR_FLAGS=base_compiledir=FOLDER" in result.stderr
    else:
        assert result.stderr == ""


# --- Numba's files


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of PyTensor's Numba cache, empty, and files in it sealed."""
    monkeypatch.setattr(pytensor_cache, "NUMBA_CACHE_PATH", tmp_path)
    monkeypatch.setattr(numba_cache, "_report", lambda folder, error: pytest.fail(str(error)), raising=False)
    return tmp_path


def sealed(folder):
    return numba_cache.SealedCacheFile(str(folder), "f", 0)


def every_damage(content):
    """Each bit flipped, each shorter length, and other bytes."""
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)
    yield from (content[:length] for length in range(len(content)))
    yield from (b"\x93garbage", bytes(len(content)), content + b"\0")


@pytest.mark.core
@pytest.mark.parametrize("which", ["index", "data"])
def test_no_damage_to_a_file_of_numba_gives_another_value(folder, which):
    sealed(folder).save("key", [1.5, "two"])
    assert sealed(folder).load("key") == [1.5, "two"]
    (file,) = folder.glob("*.nbi" if which == "index" else "*.nbc")
    whole = file.read_bytes()
    plain = NumbasOwn(str(folder), "f", 0)
    unnoticed = 0
    for damage in every_damage(whole):
        file.write_bytes(damage)
        assert sealed(folder).load("key") is None
        try:
            unnoticed += plain.load("key") not in (None, [1.5, "two"])
        except Exception:
            continue
    file.write_bytes(whole)
    assert plain.load("key") == [1.5, "two"]  # Numba alone reads them, too
    assert which == "index" or unnoticed > 0  # and takes some damaged ones
    file.unlink()
    assert sealed(folder).load("key") is None
    sealed(folder).save("key", 3)
    assert sealed(folder).load("key") == 3


SAVE = """
import sys
from pathlib import Path
from pytensor.link.numba import cache as pytensor_cache
from udl_pt.backends._numba import cache as numba_cache
folder, process = Path(sys.argv[1]), sys.argv[2]
pytensor_cache.NUMBA_CACHE_PATH = folder
(folder / process).touch()
while len(list(folder.glob("process *"))) < 3:
    pass
for i in range(50):
    numba_cache.SealedCacheFile(str(folder), "f", 0).save((process, i), i)
"""


def test_processes_that_share_an_index_lose_no_entry(folder):
    names = [f"process {k}" for k in range(3)]
    processes = [subprocess.Popen([sys.executable, "-c", SAVE, str(folder), name]) for name in names]
    assert [process.wait(timeout=300) for process in processes] == [0, 0, 0]
    index = sealed(folder)
    assert [index.load((name, i)) for name in names for i in range(50)] == 3 * list(range(50))


def test_a_file_without_a_digest_is_not_loaded(folder):
    NumbasOwn(str(folder), "f", 0).save("key", 5)
    assert sealed(folder).load("key") is None


def test_other_folders_are_numbas_own(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    sealed(other).save("key", 5)
    assert not any(numba_cache.MARK in file.read_bytes() for file in other.iterdir())
    assert sealed(other).load("key") == 5


@pytest.mark.core
def test_two_processes_that_write_one_index_at_once_never_mix_their_data(folder, monkeypatch):
    """The second process writes index and data while the first is between the two."""
    first, second = sealed(folder), sealed(folder)
    load = first._load_index

    def load_and_be_overtaken():
        found = load()
        second.save("b", "B")
        return found

    monkeypatch.setattr(first, "_load_index", load_and_be_overtaken)
    first.save("a", "A")
    assert sealed(folder).load("a") == "A"
    assert sealed(folder).load("b") in (None, "B")


@pytest.mark.core
def test_a_disk_that_becomes_full_is_reported_and_leaves_nothing(folder, monkeypatch):
    reported = []
    monkeypatch.setattr(numba_cache, "_report", lambda *arguments: reported.append(arguments))

    def no_space(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(numba_cache, "_sealed", no_space)
    sealed(folder).save("key", 5)
    assert [(place, error.errno) for place, error in reported] == [(folder, errno.ENOSPC)]
    assert [file.name for file in folder.iterdir()] == [".lock"]


def test_a_process_that_stopped_as_it_wrote_delays_others_a_second_at_most(folder, monkeypatch):
    waited = []
    monkeypatch.setattr(numba_cache.time, "sleep", waited.append)
    with numba_cache._locked(folder):
        sealed(folder).save("key", 5)
    assert sum(waited) == pytest.approx(1)
    assert sealed(folder).load("key") == 5


# --- C's folders


@pytest.mark.core
def test_no_damage_to_a_folder_of_c_goes_unnoticed(tmp_path):
    files = {"__init__.py": b"", "m.so": b"\x7fELF code", "key.pkl": pickle.dumps({"key"})}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert not sealed_modules._is_intact(tmp_path)
    sealed_modules._seal(tmp_path)
    assert sealed_modules._is_intact(tmp_path)
    assert {entry.name for entry in tmp_path.iterdir()} == {*files, "udl_pt.sha256"}
    for file in list(tmp_path.iterdir()):
        whole = file.read_bytes()
        for damage in [*every_damage(whole), whole + b"more"]:
            file.write_bytes(damage)
            assert damage == whole or not sealed_modules._is_intact(tmp_path)
        file.unlink()
        assert not sealed_modules._is_intact(tmp_path)
        file.write_bytes(whole)
        assert sealed_modules._is_intact(tmp_path)
    (tmp_path / "another.so").write_bytes(b"")
    assert not sealed_modules._is_intact(tmp_path)


# --- whole programs


@pytest.fixture(scope="module", params=[pytest.param("c", marks=needs_compiler), "numba"])
def full(request, tmp_path_factory):
    """A backend, and a cache with what it compiled."""
    folder = tmp_path_factory.mktemp("cache")
    assert_works(run(request.param, folder))
    return request.param, folder


@pytest.mark.core
def test_a_cache_whose_files_are_all_damaged_is_mended(full, tmp_path):
    backend, folder = full
    cache = tmp_path / "cache"
    shutil.copytree(folder, cache)
    kinds = (".nbi", ".nbc", ".so", ".py", ".pkl")
    files = [f for f in cache.rglob("*") if f.suffix in kinds]
    assert files
    for file in files:
        content = file.read_bytes()
        middle = len(content) // 2
        file.write_bytes(content[:middle] + b"\xff" + content[middle + 1 :])
    assert_works(run(backend, cache))
    assert_works(run(backend, cache))


@pytest.mark.core
def test_a_full_cache_is_used(full, tmp_path):
    """Compiling would fail."""
    backend, folder = full
    cache = tmp_path / "cache"
    shutil.copytree(folder, cache)
    assert_works(run(backend, cache, NO_COMPILER + SUM))


@pytest.mark.core
@pytest.mark.parametrize("backend", [pytest.param("c", marks=needs_compiler), "numba", "jax"])
def test_a_folder_that_cannot_be_made_is_replaced_with_one_warning(backend, tmp_path):
    cache = tmp_path / "file"
    cache.touch()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    code = f"import tempfile; tempfile.tempdir = {str(temporary)!r}\n{SUM}"
    result = run(backend, cache, code)
    assert_works(result, "" if backend == "jax" else f"{cache} can't be written (")
    assert not list(temporary.glob("udl_pt-compiled-*"))


def _can_mount():
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(command, check=False).returncode == 0


@pytest.mark.skipif(not _can_mount(), reason="needs a mount of its own")
def test_a_full_cache_on_a_read_only_disk_is_used_with_one_warning(full, tmp_path):
    backend, folder = full
    cache = tmp_path / "cache"
    shutil.copytree(folder, cache)
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    result = run(backend, cache, NO_COMPILER + SUM, ["unshare", "-rm", "sh", "-c", mount, str(cache)])
    assert_works(result, f"{cache} can't be written (")


@pytest.mark.core
def test_where_no_folder_can_be_written_the_error_names_both_and_the_way_out(tmp_path):
    cache = tmp_path / "file"
    cache.touch()
    code = (
        "import tempfile\n"
        "def mkdtemp(*a, **k): raise OSError(28, 'No space left on device', '/somewhere')\n"
        "tempfile.mkdtemp = mkdtemp\n" + SUM
    )
    result = run("numba", cache, code)
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith(f"OSError: [Errno 28] compiled code can be kept neither in {cache} (Not a dir")
    assert "nor in a temporary folder (No space left on device): set PYTENSOR_FLAGS=" in last


INTERRUPTED = """
import signal, sys, warnings
import numpy as np, pytensor.tensor as pt
from filelock import FileLock
import pytensor
from udl_pt.backends import Function

if sys.argv[1] == "numba":
    import udl_pt.backends._numba.blas  # not what is interrupted
else:
    import setuptools  # which PyTensor needs for C
warnings.filterwarnings("ignore", "backend 'c' found no BLAS")
x = pt.vector("x", dtype="float64")
f = Function([x], (2 * x).sum(), backend=sys.argv[1])
signal.signal(signal.SIGALRM, signal.default_int_handler)
interrupts, seconds = 0, 0.1
while True:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        result = f(np.arange(4.0))
        signal.setitimer(signal.ITIMER_REAL, 0)
        break
    except KeyboardInterrupt:
        interrupts += 1
        seconds *= 1.7
        with FileLock(pytensor.config.compiledir / ".lock", timeout=0):  # is free
            pass
assert interrupts
print(result)
"""


@pytest.mark.parametrize("backend", [pytest.param("c", marks=needs_compiler), "numba"])
def test_an_interrupt_while_compiling_leaves_locks_and_cache_usable(backend, tmp_path):
    result = run(backend, tmp_path, INTERRUPTED)  # Python may write of interrupts that it had to ignore
    assert (result.returncode, result.stdout) == (0, "12.0\n"), result.stderr
    assert_works(run(backend, tmp_path))


def test_clearing_spares_the_lock_of_other_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(compile_cache, "cache_folders", lambda: [tmp_path])
    monkeypatch.setattr(compile_cache, "forget_modules", lambda: None)
    (tmp_path / ".lock").touch()
    (tmp_path / "tmpx").mkdir()
    (tmp_path / "f.nbc").touch()
    compile_cache.clear_cache()
    assert [entry.name for entry in Path(tmp_path).iterdir()] == [".lock"]
