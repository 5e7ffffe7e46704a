"""IDX and CSV files that were damaged or made up: each is loaded as it is, or refused.

Every try writes a file, reads it by `udl_pt` and by a short strict reader of this module, and compares. A try
fails when values differ, when one of the two loads what the other refuses, when anything but a `DataError` is
raised (a `FileNotFoundError` where there is no file), or when it takes over a second of CPU time or 100 MB
more than the process had.
"""

import csv
import gzip
import re
import resource
import struct
import tempfile
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from campaigns import Campaign
from udl_pt import load_mnist
from udl_pt._support.exceptions import DataError
from udl_pt.datasets import _files as mnist_files
from udl_pt.datasets import load_data

__all__ = ["CAMPAIGNS"]

SECONDS, MEMORY = 1.0, 100 * 2**20
NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
COLUMNS = ["label", *(f"pixel{i}" for i in range(784))]
LONGEST = 10_000  # characters of a row that are read; the library's documented bound
MISSING = "missing"
Values = list[np.ndarray] | str | None  # what a file holds; or that it must be refused, or isn't there


def verdict(what: str, file: Path, call: Callable[[], list[np.ndarray]], expected: Values) -> str | None:
    """Return None where `call` behaves as it should, else a sentence."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + MEMORY, limits[1]))
    start, found, problem = time.process_time(), None, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = call()
    except FileNotFoundError as error:
        problem = None if expected == MISSING else f"raised {error!r}"
    except DataError as error:
        if expected is not None:
            problem = f"was refused: {error}"
        elif file.name not in str(error):
            problem = f"was refused in words that don't name it: {error}"
    except Exception as error:
        problem = f"raised {error!r}"
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
    took = time.process_time() - start
    if took > SECONDS:
        problem = f"took {took:.1f} s"
    elif found is not None and not isinstance(expected, list):
        problem = "was loaded"
    elif found is not None and not all(map(np.array_equal, found, expected)):
        problem = "was loaded with other values than it holds"
    return problem and f"{file.name}, {what}: {problem}"


# Damage to any bytes


def flipped(rng: Any, content: bytes, other: bytes) -> bytes:
    """Flip a bit, or a few."""
    made = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        made[rng.integers(len(made))] ^= 1 << int(rng.integers(8))
    return bytes(made)


def cut(rng: Any, content: bytes, other: bytes) -> bytes:
    """Cut the end off, mostly little of it."""
    return content[: -int(rng.integers(1, rng.choice([3, 20, len(content)])))]


def appended(rng: Any, content: bytes, other: bytes) -> bytes:
    """Append junk, zeros, line ends, or a file."""
    return content + (rng.bytes(5), bytes(8), b"\n" * 3, b" ", other, content)[rng.integers(6)]


def spliced(rng: Any, content: bytes, other: bytes) -> bytes:
    """Go on with another file, or with another place of the same."""
    there = (content, other)[rng.integers(2)]
    return content[: rng.integers(len(content))] + there[rng.integers(len(there)) :]


def overwritten(rng: Any, content: bytes, other: bytes) -> bytes:
    """Write some bytes over others, or between them."""
    at, n = int(rng.integers(len(content))), int(rng.integers(1, 9))
    return content[:at] + rng.bytes(n) + content[at + n * int(rng.integers(2)) :]


def untouched(rng: Any, content: bytes, other: bytes) -> bytes:
    """Leave the file as it is."""
    return content


DAMAGES = (flipped, cut, appended, spliced, overwritten, untouched)


def unpacked(content: bytes) -> bytes | None:
    """Return what a gzip file holds; None where a member isn't whole, or anything else follows."""
    held = b""
    try:
        while True:
            member = zlib.decompressobj(wbits=31)
            held += member.decompress(content)
            if not member.eof:
                return None
            if not (content := member.unused_data):
                return held
    except zlib.error:
        return None


def packed(rng: Any, content: bytes) -> bytes:
    """Pack at any level, in one member or two."""
    at = int(rng.integers(1, max(2, len(content)))) if rng.random() < 0.1 else len(content)
    parts = [part for part in (content[:at], content[at:]) if part] or [content]
    return b"".join(gzip.compress(part, int(rng.integers(10)), mtime=0) for part in parts)


# IDX


def idx(values: np.ndarray) -> bytes:
    """Write images or labels in MNIST's form."""
    n = len(values)
    header = struct.pack(">II", 2049, n) if values.ndim == 1 else struct.pack(">IIII", 2051, n, 28, 28)
    return header + values.tobytes()


def idx_says(content: bytes, images: bool) -> np.ndarray | None:
    """Read an IDX file strictly."""
    magic, length = (2051, 16) if images else (2049, 8)
    if len(content) <= length:
        return None
    found, n, *sides = struct.unpack(f">{length // 4}I", content[:length])
    if found != magic or sides not in ([], [28, 28]) or len(content) != length + n * (784 if images else 1):
        return None
    if not images and max(content[length:]) > 9:
        return None
    return np.array(list(content[length:])).reshape((n, 784) if images else n)


def wrong_idx(rng: Any, content: bytes, other: bytes) -> bytes:
    """Make a file with a header of any numbers, or none, by hand."""
    number = rng.choice([0, 1, 2, 3, 4, 5, 27, 28, 784, 2049, 2051, 2**16, 2**31 - 1, 2**31, 2**32 - 1])
    field = int(rng.integers(4)) * 4
    made = content[:field] + struct.pack(">I", number) + content[field + 4 :]
    n = int(rng.integers(7))
    whole = idx(rng.integers(0, 12, n).astype("u1")), idx(rng.integers(0, 256, (n, 784)).astype("u1"))
    return (made, made, b"", content[:8], content[:16], other, *whole)[rng.integers(8)]


def idx_files(gz: bool, tries: int, seed: int) -> Iterator[str | None]:
    """Load sets of four files of which one was damaged."""
    rng = np.random.default_rng([seed, gz])
    pixels = rng.integers(0, 256, (7, 784)) * (rng.random((7, 784)) < 0.2)
    whole = [pixels[:4], np.array([5, 0, 4, 9]), pixels[4:], np.array([7, 2, 1])]
    contents = [idx(values.astype("u1")) for values in whole]
    suffix = ".gz" if gz else ""
    for n in range(tries):
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder, name + suffix) for name in NAMES]
            for file, content in zip(files, contents, strict=True):
                file.write_bytes(gzip.compress(content, 1, mtime=0) if gz else content)
            at = n % 4
            damage = (*DAMAGES, wrong_idx, wrong_idx)[rng.integers(8)]
            made, other = contents[at], contents[rng.integers(4)]
            if gz and damage is not wrong_idx and rng.random() < 0.7:  # else what was packed is damaged
                made = damage(rng, packed(rng, made), packed(rng, other))
            else:
                made = damage(rng, made, other)
                made = packed(rng, made) if gz and rng.random() < 0.9 else made
            files[at].write_bytes(made)
            held = unpacked(made) if gz else made
            says = None if held is None else idx_says(held, images=at % 2 == 0)
            expected: Values = None
            if says is not None and len(says) == len(whole[at]):
                expected = [*whole[:at], says, *whole[at + 1 :]]
            if rng.random() < 0.01:
                files[at].unlink()
                expected = MISSING
            yield verdict(f"try {n}, {damage.__name__}", files[at], partial(loaded, folder), expected)


def loaded(folder: str) -> list[np.ndarray]:
    """Load MNIST from a folder."""
    X, Y, Xtest, Ytest = load_mnist(folder)
    return [X * 255, Y, Xtest * 255, Ytest]


# CSV

CELLS = ("", " ", "300", "-1", "10", "2.5", "2.0", "1e2", "nan", "inf", "0x10", "1_0", '"5"', "'5'", "#5")
CELLS += ("5#", "5\0", "\0", "5 5", "+5", "-0", " 5 ", "\t5", "007", "5\x0b", "\x1c5", "5;5", "--5", "+ 5")
CELLS += ("\xb2", "\xa05", "5\x85", "9" * 18, "9" * 19, "9" * 400, "0" * 30 + "5", "0" * 12_000, "5\r", "5\n")
HEADERS = (b"\xef\xbb\xbf", b" ", b"\n", b"#", b'"', b"\0", b"x,")


def csv_says(content: bytes) -> list[np.ndarray] | None:
    """Read Kaggle's table strictly."""
    lines = re.split("\r\n|\r|\n", content.decode("latin1"))
    while lines and not lines[-1].strip(" \t"):
        lines.pop()
    if len(lines) < 2 or max(map(len, lines)) > LONGEST or lines[0].strip(" \t") != ",".join(COLUMNS):
        return None
    rows = list(csv.reader(lines[1:], quoting=csv.QUOTE_NONE))
    for cells in rows:
        if len(cells) != 785 or not all(re.fullmatch("[ \t]*[+-]?[0-9]+[ \t]*", cell) for cell in cells):
            return None
    table = [[int(cell) for cell in cells] for cells in rows]
    if any(row[0] not in range(10) or not 0 <= min(row[1:]) <= max(row[1:]) <= 255 for row in table):
        return None
    return [np.array([row[0] for row in table]), np.array([row[1:] for row in table])]


def wrong_csv(rng: Any, content: bytes, other: bytes) -> bytes:
    """Write a cell, a header, or rows, by hand."""
    lines = content.split(b"\n")
    at = int(rng.integers(1, len(lines)))
    cells = lines[at].split(b",")
    match rng.integers(6):
        case 0:
            lines[0] = HEADERS[rng.integers(len(HEADERS))] + lines[0]
        case 1:
            lines.insert(at, (b"", b"  ", b"# by hand", b",,", lines[0])[rng.integers(5)])
        case 2:
            lines[at] = b",".join([*cells, b"5"] if rng.integers(2) else cells[1:])
        case _:
            cells[rng.integers(len(cells))] = CELLS[rng.integers(len(CELLS))].encode("latin1")
            lines[at] = b",".join(cells)
    return b"\n".join(lines)


def csv_files(tries: int, seed: int) -> Iterator[str | None]:
    """Read tables of which half are gzipped; each hundredth is as long as Kaggle's needs to be."""
    rng = np.random.default_rng([seed, 2])
    for n in range(tries):
        long = n % 100 == 99
        rows = int(rng.integers(1001, 1004)) if long else int(rng.integers(1, 5))
        table = rng.integers(0, 256, (rows, 785)) * (rng.random((rows, 785)) < 0.2)
        table[:, 0] %= 10
        text = "\n".join([",".join(COLUMNS), *(",".join(map(str, row)) for row in table.tolist())])
        content = text.encode() + b"\n" * int(rng.integers(3))
        damage = (*DAMAGES, wrong_csv, wrong_csv)[rng.integers(8)]
        gz = rng.random() < 0.5
        made = content
        if gz and damage is not wrong_csv and rng.random() < 0.5:
            made = damage(rng, packed(rng, content), packed(rng, content[::-1]))
        else:
            end = (b"\n", b"\n", b"\r\n", b"\r")[rng.integers(4)]
            made = damage(rng, content, content[::-1]).replace(b"\n", end)
            made = packed(rng, made) if gz else made
        held = unpacked(made) if gz else made
        expected: Values = None if held is None else csv_says(held)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, ("a.csv", "A.CSV")[n % 2] + ".gz" * gz)
            file.write_bytes(made)
            call = partial(mnist_files.read_csv, file)
            if long:
                call = partial(shuffled, file)
                if isinstance(expected, list):
                    order = np.arange(len(expected[0]))
                    np.random.RandomState(5).shuffle(order)
                    expected = [values[order] for values in expected] if len(order) > 1000 else None
            yield verdict(f"try {n}, {damage.__name__}", file, call, expected)


def shuffled(file: Path) -> list[np.ndarray]:
    """Load Kaggle's file as a user does."""
    np.random.seed(5)
    data = load_data(file)
    return [np.concatenate([data.Y, data.Ytest]), np.concatenate([data.X, data.Xtest]) * 255]


# Files that announce, or unpack to, more than anybody has


def bomb(head: bytes, filling: bytes, times: int) -> bytes:
    """Pack `head`, then `filling` again and again, without doing that."""
    packer = zlib.compressobj(9, wbits=31)
    start = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(filling) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + again * times + packer.flush()


def huge_files(tries: int, seed: int) -> Iterator[str | None]:
    """Read bombs, sparse files, and headers of absurd numbers; none may be loaded."""
    rng = np.random.default_rng([seed, 3])
    header = ",".join(COLUMNS).encode() + b"\n"
    row = b",".join([b"0"] * 785) + b"\n"
    for n in range(tries):
        announced = int(rng.choice([1, 1000, 2**31, 2**32 - 1]))
        times = int(rng.integers(300, 10_000))  # megabytes
        filling = (b"\0", b"0,", b"\n", b" ", b"1\n", b"0" * 9_000 + b",\n")[rng.integers(6)]
        filling *= 2**20 // len(filling)
        with tempfile.TemporaryDirectory() as folder:
            images, table = Path(folder, NAMES[0]), Path(folder, "a.csv")
            head = struct.pack(">IIII", 2051, announced, 28, 28)
            start = header + row * int(rng.integers(3))
            file, content = (
                (images.with_suffix(".gz"), bomb(head, bytes(2**20), times)),
                (images, head + bytes(int(rng.integers(784)))),
                (images, head),
                (table.with_suffix(".csv.gz"), bomb(start * int(rng.integers(2)), filling, times)),
                (table, start + filling * 100),
                (table, start),
            )[n % 6]
            file.write_bytes(content)
            if n % 6 in (2, 5):
                with file.open("r+b") as stream:
                    stream.truncate(times * 2**20)
            read = partial(mnist_files.read_idx, file, NAMES[0])
            call = partial(mnist_files.read_csv, file) if n % 6 > 2 else read
            yield verdict(f"try {n}, huge", file, call, None)


CAMPAIGNS = [
    Campaign("IDX files, plain, damaged or made up", 10_000, partial(idx_files, False)),
    Campaign("IDX files, gzipped, damaged or made up", 10_000, partial(idx_files, True)),
    Campaign("CSV files, plain and gzipped, damaged or made up", 10_000, csv_files),
    Campaign("data files that announce or unpack to gigabytes", 300, huge_files),
]
