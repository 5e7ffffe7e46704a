"""The campaign of damaged data files: a share of it, and that it finds readers that are not strict."""

import gzip
import zlib

import numpy as np
import pytest
from campaigns import data_files

from udl_pt._support.exceptions import DataError
from udl_pt.datasets import _files as mnist_files
from udl_pt.datasets import _mnist as datasets

PLAIN, PACKED, CSV, HUGE = data_files.CAMPAIGNS


def failures(campaign, tries, seed=0):
    results = list(campaign.run(tries, seed))
    assert len(results) == tries
    return [result for result in results if result is not None]


@pytest.mark.parametrize(("campaign", "tries"), [(PLAIN, 80), (PACKED, 80), (CSV, 101), (HUGE, 6)])
def test_no_try_fails(campaign, tries):
    assert failures(campaign, tries) == []


def test_what_is_tried_depends_on_the_seed_alone(monkeypatch):
    def tried(seed):
        seen = []
        with monkeypatch.context() as patch:
            patch.setattr(
                data_files, "verdict", lambda what, file, *_: seen.append((what, file.read_bytes()))
            )
            list(CSV.run(5, seed))
        return seen

    assert tried(1) == tried(1) != tried(2)


# Negative controls: readers with one fault each


def trusting(file, name):
    """Take whatever bytes there are, without the packed file's checksum."""
    content = file.read_bytes()
    if file.suffix == ".gz":
        content = zlib.decompressobj(wbits=31).decompress(content)
    length = 16 if "images" in name else 8
    array = np.frombuffer(content, np.uint8, offset=length)
    return array[: len(array) // 784 * 784].reshape(-1, 784) if "images" in name else array


def unchecked(file, name):
    """Read strictly, but for the packed file's checksum."""
    plain = file.with_suffix(".plain")
    try:
        plain.write_bytes(zlib.decompressobj(-15).decompress(file.read_bytes()[10:]))
        return mnist_files.read_idx(plain, name)
    except (zlib.error, DataError) as error:
        raise DataError(f"{file.name}: {error}") from error


def greedy(file, name=""):
    """Unpack all before anything is checked."""
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    raise DataError(f"{file.name} has {len(content)} bytes")


def lenient(file):
    """Read a table as NumPy does by default."""
    try:
        table = np.genfromtxt(file, delimiter=",", skip_header=1, dtype=float, ndmin=2)
    except Exception as error:
        raise DataError(f"{file.name}: {error}") from error
    return table[:, 0].astype(int), table[:, 1:].astype(int)


def loud(file, *_):
    raise KeyError(file.name)


def silent(file, *_):
    raise DataError("something is wrong")


@pytest.mark.parametrize("campaign", [PLAIN, PACKED])
@pytest.mark.parametrize(("reader", "symptom"), [(trusting, "was loaded"), (loud, "raised KeyError")])
def test_idx_readers_that_are_not_strict_are_found(campaign, reader, symptom, monkeypatch):
    monkeypatch.setattr(datasets, "read_idx", reader)
    assert sum(symptom in failure for failure in failures(campaign, 40)) > 5


def test_a_reader_that_ignores_the_checksum_is_found(monkeypatch):
    monkeypatch.setattr(datasets, "read_idx", unchecked)
    assert any("was loaded" in failure for failure in failures(PACKED, 150))


@pytest.mark.parametrize(
    ("reader", "symptom"),
    [(lenient, "was loaded"), (loud, "raised KeyError"), (silent, "words that don't name it")],
)
def test_csv_readers_that_are_not_strict_are_found(reader, symptom, monkeypatch):
    monkeypatch.setattr(mnist_files, "read_csv", reader)
    assert any(symptom in failure for failure in failures(CSV, 40))


def test_readers_that_take_too_much_memory_are_found(monkeypatch):
    monkeypatch.setattr(mnist_files, "read_idx", greedy)
    monkeypatch.setattr(mnist_files, "read_csv", greedy)
    assert any("MemoryError" in failure for failure in failures(HUGE, 6))


def test_readers_that_refuse_whole_files_or_take_long_are_found(monkeypatch):
    monkeypatch.setattr(mnist_files, "read_csv", silent)
    assert any("was refused" in failure for failure in failures(CSV, 40))
    monkeypatch.setattr(data_files, "SECONDS", 0)
    assert all("took" in failure for failure in failures(CSV, 3))
