"""Files that claim what they don't hold: refused at once, in little memory, whatever they would unpack to."""

import gzip
import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest

from udl_pt._support.exceptions import DataError
from udl_pt.datasets import _files as mnist_files
from udl_pt.datasets._files import read_csv, read_idx

HEADER = ",".join(["label", *(f"pixel{i}" for i in range(784))]) + "\n"
ROW = ",".join(["7", *(str(i % 256) for i in range(784))]) + "\n"
MANY = 2**32 - 1
MB = 2**20


def idx(n, held=None):
    """Announce `n` images and hold as many, or others."""
    return struct.pack(">IIII", 2051, n, 28, 28) + bytes(784 * (n if held is None else held))


def refused_in_little_memory(read, file, message, most=8 * MB):
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=message):
            read(file)
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def images(file):
    return read_idx(file, "train-images-idx3-ubyte")


def bomb(head, size):
    """Pack `head` and zeros up to `size` bytes, without holding them."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(head), *(packer.compress(bytes(MB)) for _ in range(size // MB)), packer.flush()]
    return b"".join(parts)


@pytest.mark.parametrize(
    ("announced", "message"),
    [
        (3, "trailing bytes: at least 2353 bytes"),
        (MANY, r"cut off: at most \d+ bytes of data, expected 336725"),
    ],
)
def test_a_gzip_bomb_is_unpacked_only_as_far_as_its_header_announces(tmp_path, announced, message):
    file = tmp_path / "bomb.gz"
    file.write_bytes(bomb(idx(announced, held=0), 200 * MB))
    refused_in_little_memory(images, file, message, most=MB)


def test_a_sparse_file_is_compared_with_its_header_before_it_is_read(tmp_path):
    file = tmp_path / "sparse"
    file.write_bytes(idx(3))
    with file.open("r+b") as stream:
        stream.truncate(10 * 2**30)
    refused_in_little_memory(images, file, "trailing bytes: at least 10737418224 bytes of data", most=MB)
    file.write_bytes(idx(MANY, held=2))
    refused_in_little_memory(images, file, "cut off: at most 1568 bytes of data", most=MB)


def test_gzip_files_of_several_members_are_one(tmp_path):
    content = struct.pack(">II", 2049, 6) + bytes([1, 2, 3, 4, 5, 6])
    file = tmp_path / "labels.gz"
    file.write_bytes(gzip.compress(content[:5]) + gzip.compress(b"") + gzip.compress(content[5:]))
    assert read_idx(file, "train-labels-idx1-ubyte").tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed + b"junk",
        lambda packed: packed + bytes(9),
        lambda packed: packed[:-1],
        lambda packed: packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:],  # the checksum
        lambda packed: packed[:-1] + bytes([packed[-1] ^ 1]),  # the length
    ],
)
def test_a_gzip_file_is_whole_to_its_last_byte(tmp_path, damage):
    file = tmp_path / "images.gz"
    file.write_bytes(damage(gzip.compress(idx(2))))
    with pytest.raises(DataError, match=r"images\.gz is not a complete gzip file"):
        images(file)


def test_a_packed_file_may_be_much_larger_than_a_block(tmp_path):
    pixels = np.random.RandomState(0).randint(0, 256, (300, 784)).astype(np.uint8)
    file = tmp_path / "images.gz"
    file.write_bytes(gzip.compress(struct.pack(">IIII", 2051, 300, 28, 28) + pixels.tobytes()))
    np.testing.assert_array_equal(images(file), pixels)


def write(file, *parts):
    with (gzip.open if file.suffix == ".gz" else io.open)(file, "wb") as stream:
        for part in parts:
            stream.write(part.encode("latin1"))
    return file


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["0," * 10 * MB], "more than 10000 characters in its header"),
        ([HEADER, "0," * 10 * MB], "more than 10000 characters in row 1"),
        ([HEADER, ROW, "\0" * 10 * MB], "more than 10000 characters in row 2"),
        ([HEADER, ROW, "\n" * 10 * MB], "nothing in row 2"),
        ([HEADER, ROW * 15, "1\n" * MB], "1 columns in row 16, expected 785"),
        ([HEADER, ROW * 15, f"\x1b[2J{ROW}"], r"in row 16, label is '\\x1b\[2J7'"),
        ([HEADER, ROW, ROW.replace("7", "7" * 30)], r"in row 2, label is '7777777\d+...\d+77'"),
        ([HEADER, ROW * 11, ROW.replace("17", "256", 1)], "the pixel 256 in row 12"),
        ([HEADER, ROW, ROW.replace("7", "\xb2")], "in row 2, label is "),
        ([HEADER, ROW, ROW.replace("7", "7\x0b")], r"in row 2, label is '7\\x0b'"),
        ([HEADER, ROW, ROW.replace("7", "7\0")], r"in row 2, label is '7\\x00'"),
        ([HEADER, ROW, ROW.replace("7,", '"7",', 1)], "in row 2, label is '\"7\"'"),
        ([HEADER, ROW, ROW.replace("7,", "7e0,", 1)], "in row 2, label is '7e0'"),
        ([HEADER, ROW, ROW.replace("7,", "7.0,", 1)], "in row 2, label is '7.0'"),
        (["\xef\xbb\xbf", HEADER, ROW], "has a header of 785 columns from '...label'"),
        (["PK\3\4" * 100], r"has a header of 1 columns from 'PK\\x03\\x04"),
    ],
)
def test_csv_files_are_refused_at_the_first_row_that_is_wrong(tmp_path, suffix, parts, message, monkeypatch):
    monkeypatch.setattr(mnist_files, "ROWS", 10)
    file = write(tmp_path / f"train.csv{suffix}", *parts)
    refused_in_little_memory(read_csv, file, rf"train\.csv{suffix} .*{message}", most=20 * MB)


def test_a_packed_csv_is_unpacked_up_to_a_bound(tmp_path, monkeypatch):
    file = write(tmp_path / "train.csv.gz", HEADER, ROW * 20)
    assert len(read_csv(file)[0]) == 20
    monkeypatch.setattr(mnist_files, "UNPACKED", len(HEADER + ROW * 20) - 1)
    with pytest.raises(DataError, match=r"unpacks to more than \d+ bytes: unpack it and pass the plain CSV"):
        read_csv(file)
    assert len(read_csv(write(tmp_path / "train.csv", HEADER, ROW * 20))[0]) == 20  # is there already


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_ends_of_lines_of_all_systems(tmp_path, end):
    rows = ROW + ROW.replace("7", "3", 1) + ROW.rstrip()
    labels, pixels = read_csv(write(tmp_path / "train.csv", (HEADER + rows).replace("\n", end)))
    assert labels.tolist() == [7, 3, 7]
    np.testing.assert_array_equal(pixels, [np.arange(784) % 256] * 3)


def test_numbers_of_many_digits_that_are_small(tmp_path):
    row = ROW.replace("7,", f"{'0' * 40}7,", 1).replace("10,", " +10\t,", 1)
    labels, pixels = read_csv(write(tmp_path / "train.csv", HEADER, row))
    assert labels.tolist() == [7]
    assert pixels[0, :12].tolist() == list(range(12))
