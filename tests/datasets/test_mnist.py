"""MNIST from all its places, and files that aren't what they say."""

import copy
import functools
import gzip
import hashlib
import http.server
import os
import pickle
import struct
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from udl_pt import getKaggleMNIST, load_mnist, load_mnist_subset
from udl_pt._support.exceptions import DataError
from udl_pt.datasets import Dataset, load_data
from udl_pt.datasets import _mnist as datasets
from udl_pt.datasets._mnist import describe_sources

NAMES = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
]
full = pytest.mark.skipif(
    "UDL_PT_DATA" not in os.environ, reason="UDL_PT_DATA names no folder with full MNIST"
)


def pixels(n, seed):
    return np.random.RandomState(seed).randint(0, 256, (n, 784)).astype(np.uint8)


TRAIN, TEST = pixels(7, 0), pixels(3, 1)
CONTENTS = {
    NAMES[0]: struct.pack(">IIII", 2051, 7, 28, 28) + TRAIN.tobytes(),
    NAMES[1]: struct.pack(">II", 2049, 7) + bytes([5, 0, 4, 1, 9, 2, 1]),
    NAMES[2]: struct.pack(">IIII", 2051, 3, 28, 28) + TEST.tobytes(),
    NAMES[3]: struct.pack(">II", 2049, 3) + bytes([7, 2, 1]),
}


@pytest.fixture(autouse=True)
def nowhere_else(monkeypatch, tmp_path_factory, request):
    if "full" not in request.node.name:
        monkeypatch.delenv("UDL_PT_DATA", raising=False)
    monkeypatch.setenv("UDL_PT_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def folder(tmp_path):
    for i, (name, content) in enumerate(CONTENTS.items()):
        if i % 2:
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (tmp_path / name).write_bytes(content)
    return tmp_path


def assert_read(data):
    assert data.X.dtype == data.Xtest.dtype == np.float64
    np.testing.assert_array_equal(data.X, TRAIN / 255)
    np.testing.assert_array_equal(data.Xtest, TEST / 255)
    np.testing.assert_array_equal(data.Y, [5, 0, 4, 1, 9, 2, 1])
    np.testing.assert_array_equal(data.Ytest, [7, 2, 1])


def test_idx_files_plain_and_gz(folder, monkeypatch):
    assert_read(load_mnist(folder))
    assert_read(load_data(str(folder)))
    monkeypatch.setenv("UDL_PT_DATA", str(folder))
    assert_read(load_mnist())


def test_the_spelling_with_a_dot(folder):
    (folder / NAMES[0]).rename(folder / "train-images.idx3-ubyte")
    assert_read(load_mnist(folder))


def test_embedded_subset():
    X, Y, Xtest, Ytest = data = load_mnist_subset()
    assert X.shape == (5000, 784)
    assert Xtest.shape == (1000, 784)
    for images in (X, Xtest):
        assert images.dtype == np.float64
        np.testing.assert_array_equal(images, np.rint(images * 255) / 255)
    assert (X.min(), X.max()) == (0, 1)
    np.testing.assert_array_equal(np.bincount(Y), [500] * 10)
    np.testing.assert_array_equal(np.bincount(Ytest), [100] * 10)
    np.testing.assert_array_equal(Y[:10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])  # as MNIST begins
    assert "subset" in data.source
    assert load_data().source == data.source


@pytest.mark.parametrize(
    "again",
    [
        copy.copy,
        copy.deepcopy,
        Dataset._replace,
        *(lambda d, p=p: pickle.loads(pickle.dumps(d, p)) for p in (2, 5)),
    ],
)
def test_copies_and_pickles(again):
    data = Dataset(TRAIN, [5, 0, 4, 1, 9, 2, 1], TEST, [7, 2, 1], "made up")
    copied = again(data)
    assert type(copied) is Dataset
    assert copied.source == "made up"
    assert_read(copied)


def test_replaced_arrays_are_taken_as_they_are():
    data = Dataset(TRAIN, [5, 0, 4, 1, 9, 2, 1], TEST, [7, 2, 1], "made up")
    X = data.X.astype(np.float32)
    replaced = data._replace(X=X)
    assert replaced.X is X
    assert replaced.Xtest is data.Xtest
    assert replaced.source == "made up"


def test_an_altered_subset_is_refused(monkeypatch):
    monkeypatch.setattr(datasets, "SUBSET_SHA256", "0" * 64)
    with pytest.raises(DataError, match="expected 0000"):
        load_mnist_subset()


@full
def test_full_mnist_and_the_subset_made_from_it_anew(tmp_path):
    data = load_mnist()
    contents = struct.pack(">IIII", 2051, 60000, 28, 28) + np.rint(data.X * 255).astype(np.uint8).tobytes()
    assert hashlib.md5(contents).hexdigest() == "6bbc9ace898e44ae57da46a324031adb"
    contents = struct.pack(">II", 2049, 10000) + data.Ytest.astype(np.uint8).tobytes()
    assert hashlib.md5(contents).hexdigest() == "27ae3e4e09519cfbb04c329615203637"
    sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
    try:
        import make_mnist_subset
    finally:
        sys.path.pop(0)
    rows, digest = make_mnist_subset.main(os.environ["UDL_PT_DATA"], tmp_path / "subset")
    subset = load_mnist_subset()
    np.testing.assert_array_equal(rows[:5000, 0], subset.Y)
    np.testing.assert_array_equal(rows[5000:, 1:], np.rint(subset.Xtest * 255))
    assert digest == datasets.SUBSET_SHA256


def replaced(name, content):
    def damage(folder):
        for file in folder.glob(f"{name}*"):
            file.unlink()
        (folder / name).write_bytes(content)

    return damage


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            replaced(NAMES[0], CONTENTS[NAMES[0]][:-1]),
            "was cut off: at most 5487 bytes of data, expected 5488 for 7 images",
        ),
        (replaced(NAMES[0], CONTENTS[NAMES[0]] + b"\0"), "has trailing bytes: at least 5489 bytes of data"),
        (replaced(NAMES[0], b"\0\0"), "has 2 bytes, too few for the header"),
        (replaced(NAMES[0], b""), "has 0 bytes"),
        (
            replaced(NAMES[0], CONTENTS[NAMES[1]] * 9),
            "magic number 2049 .that is a file of labels., expected 2051",
        ),
        (
            replaced(NAMES[1], CONTENTS[NAMES[0]]),
            "magic number 2051 .that is a file of images., expected 2049",
        ),
        (replaced(NAMES[0], b"P5 28 28 255 etc etc"), "magic number .*, expected 2051"),
        (replaced(NAMES[0], struct.pack(">IIII", 2051, 7, 28, 14) + bytes(2744)), "images of 28 x 14 pixels"),
        (replaced(NAMES[0], CONTENTS[NAMES[2]]), "has 3 images, but .* has 7 labels"),
        (
            replaced(NAMES[1], struct.pack(">II", 2049, 7) + bytes([10] * 7)),
            "has the label 10, expected digits",
        ),
        (replaced(NAMES[1], struct.pack(">II", 2049, 0)), "is empty: its header announces 0 labels"),
        (replaced(f"{NAMES[1]}.gz", CONTENTS[NAMES[1]]), "is not a complete gzip file"),
        (replaced(f"{NAMES[1]}.gz", gzip.compress(CONTENTS[NAMES[1]])[:-6]), "is not a complete gzip file"),
        (
            replaced(f"{NAMES[1]}.gz", gzip.compress(CONTENTS[NAMES[1]])[:-8] + b"rot!" * 2),
            "is not a complete gzip file",
        ),
    ],
)
def test_damaged_idx_files(folder, damage, message):
    damage(folder)
    with pytest.raises(DataError, match=message):
        load_mnist(folder)


def test_a_folder_without_the_files_is_an_error_and_nothing_else_is_tried(folder, monkeypatch):
    (folder / NAMES[2]).unlink()
    monkeypatch.setattr(datasets, "_download", lambda name: pytest.fail("downloaded"))
    for call in (lambda: load_mnist(folder), load_mnist):
        monkeypatch.setenv("UDL_PT_DATA", str(folder))
        with pytest.raises(FileNotFoundError, match=r"has no t10k-images-idx3-ubyte .*UDL_PT_DATA"):
            call()


@pytest.mark.parametrize("load", [load_mnist, getKaggleMNIST, load_data])
def test_an_empty_path_is_refused_and_nothing_else_is_tried(load, folder, monkeypatch):
    monkeypatch.setattr(datasets, "_download", lambda name: pytest.fail("downloaded"))
    monkeypatch.setenv("UDL_PT_DATA", str(folder))
    with pytest.raises(FileNotFoundError, match="path is '', expected a folder"):
        load("")


# Downloads, from a server of the test's own


def published(monkeypatch):
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()}
    monkeypatch.setattr(datasets, "CONTENTS", digests)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A folder served as the second mirror; the first refuses connections."""
    served = tmp_path / "served"
    served.mkdir()
    digests = {}
    published(monkeypatch)
    for name, content in CONTENTS.items():
        packed = gzip.compress(content)
        (served / f"{name}.gz").write_bytes(packed)
        digests[name] = hashlib.sha256(packed).hexdigest()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=served))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(datasets, "DIGESTS", digests)
    address = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setattr(datasets, "MIRRORS", ("http://127.0.0.1:9/", address))
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def test_download_goes_to_the_next_mirror_and_into_the_cache(mirror):
    assert_read(load_mnist())
    for file in mirror.iterdir():
        file.unlink()
    assert_read(load_mnist())  # from the cache


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-9], lambda b: b[:20] + b"!" + b[21:]], ids=["truncated", "altered"]
)
def test_a_damaged_download_is_refused_and_not_kept(mirror, damage):
    file = mirror / f"{NAMES[1]}.gz"
    good = file.read_bytes()
    file.write_bytes(damage(good))
    with pytest.raises(FileNotFoundError, match=r"hash.*Pass the folder.*UDL_PT_DATA.*cache.*network"):
        load_mnist()
    assert not (Path(os.environ["UDL_PT_CACHE"]) / file.name).exists()
    file.write_bytes(good)
    assert_read(load_mnist())


def cached():
    return Path(os.environ["UDL_PT_CACHE"])


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_published_files_in_the_cache_are_read_however_they_are_packed(suffix, monkeypatch):
    monkeypatch.setattr(datasets, "_download", lambda name: pytest.fail("downloaded"))
    published(monkeypatch)
    for name, content in CONTENTS.items():
        (cached() / f"{name}{suffix}").write_bytes(gzip.compress(content, 1) if suffix else content)
    assert_read(load_mnist())
    assert {what: there for what, _, there in describe_sources()}["full MNIST, cache"]


OTHERS = struct.pack(">II", 2049, 7) + bytes([3] * 7)  # a whole file, but not the published one


def test_a_plain_file_in_the_cache_that_is_not_the_published_one_is_not_used(mirror):
    for spelling in (NAMES[1], NAMES[1].replace("-idx", ".idx")):
        (cached() / spelling).write_bytes(OTHERS)
    assert not {what: there for what, _, there in describe_sources()}["full MNIST, cache"]
    assert_read(load_mnist())  # a download
    for file in mirror.iterdir():
        file.unlink()
    assert_read(load_mnist())  # the .gz beside it
    (cached() / f"{NAMES[1]}.gz").unlink()
    with pytest.raises(FileNotFoundError, match=rf"{cached() / NAMES[1]}, .* is not the published file"):
        load_mnist()


@full
def test_full_mnist_has_the_digests_that_the_cache_is_checked_by():
    """Its MD5 sums are known from elsewhere."""
    known = {
        NAMES[0]: "6bbc9ace898e44ae57da46a324031adb",
        NAMES[1]: "a25bea736e30d166cdddb491f175f624",
        NAMES[2]: "2646ac647ad5339dbf082846283269ea",
        NAMES[3]: "27ae3e4e09519cfbb04c329615203637",
    }
    for name, md5 in known.items():
        content = gzip.decompress(Path(os.environ["UDL_PT_DATA"], f"{name}.gz").read_bytes())
        assert hashlib.md5(content).hexdigest() == md5
        assert hashlib.sha256(content).hexdigest() == datasets.CONTENTS[name]


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: gzip.compress(OTHERS)], ids=["cut", "other"])
def test_a_cached_file_that_is_not_the_published_one_is_fetched_again(mirror, damage):
    load_mnist()
    file = cached() / f"{NAMES[1]}.gz"
    good = file.read_bytes()
    file.write_bytes(damage(good))
    assert not {what: there for what, _, there in describe_sources()}["full MNIST, cache"]
    assert_read(load_mnist())
    assert file.read_bytes() == good
    file.write_bytes(damage(good))
    (mirror / file.name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{file} is not the published file \(delete it\)"):
        load_mnist()
