"""Sets of IDX files: MNIST, and EMNIST and Fashion-MNIST, whose format is the same, of images of any size."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from udl_pt._support.exceptions import DataError
from udl_pt._support.files import printable
from udl_pt.datasets._dataset import Dataset
from udl_pt.datasets._files import read_idx
from udl_pt.datasets._mnist import CONTENTS, TEST_LABELS

__all__ = ["idx_sets", "read_idx_set", "set_of_file"]

# such as emnist-letters-train-images-idx3-ubyte.gz; some write a dot before idx
NAME = re.compile(r"(?P<set>.*?)(?P<part>train|t10k|test)-(?P<kind>images|labels)[-.]idx[13]-ubyte(\.gz)?")
TEST_PARTS = ("t10k", "test")

Files = dict[tuple[str, str], Path]  # by part ("train" or "test") and kind ("images" or "labels")


def _named(folder: Path) -> Iterator[tuple[Path, re.Match[str]]]:
    for file in sorted(folder.iterdir()):  # a plain file comes before its .gz
        if (found := NAME.fullmatch(file.name)) and file.is_file():
            yield file, found


def idx_sets(folder: Path) -> dict[str, Files]:
    """Return the sets of IDX files in a folder, by the beginning that their names share."""
    sets: dict[str, Files] = {}
    for file, found in _named(folder):
        part = "test" if found["part"] in TEST_PARTS else "train"
        sets.setdefault(found["set"], {}).setdefault((part, found["kind"]), file)
    return sets


def set_of_file(file: Path) -> Files | None:
    """Return the set that an IDX file belongs to; None if its name is of no such file."""
    found = NAME.fullmatch(file.name)
    return idx_sets(file.parent)[found["set"]] if found and file.is_file() else None


def read_idx_set(files: Files, place: Path) -> Dataset:
    """Read a set of IDX files.

    Parameters
    ----------
    files : dict
        The set's files; without those of the test set there is none.
    place : pathlib.Path
        The folder, for messages.

    Returns
    -------
    Dataset
        EMNIST's images are turned as MNIST's: its files have them columns first. In MNIST's form (28 x 28
        pixels, a test set, labels up to 9), labels keep their numbers.

    Raises
    ------
    FileNotFoundError
        When a part lacks its images or labels.
    DataError
        When a file is damaged, or the parts don't fit together.
    """
    arrays: dict[tuple[str, str], np.ndarray] = {}
    parts = ["train", *(["test"] if any(part == "test" for part, _ in files) else [])]
    for part in parts:
        for kind in ("images", "labels"):
            if (part, kind) not in files:
                there = ", ".join(printable(file.name) for file in files.values())
                raise FileNotFoundError(
                    f"{printable(place)} has {there}, but no {kind} of the {part} set: add its IDX file, "
                    "plain or .gz"
                )
            arrays[part, kind] = read_idx(files[part, kind], kind, any_size=True)
        counts = [len(arrays[part, kind]) for kind in ("images", "labels")]
        if counts[0] != counts[1]:
            shown = printable(f"{files[part, 'images']} has {counts[0]} images, but {files[part, 'labels']}")
            raise DataError(f"{shown} has {counts[1]} labels: the two files do not belong together")
    X, Y = arrays["train", "images"], arrays["train", "labels"]
    Xtest, Ytest = arrays.get(("test", "images")), arrays.get(("test", "labels"))
    if Xtest is not None and Xtest.shape[1:] != X.shape[1:]:
        sizes = [" x ".join(map(str, images.shape[1:])) for images in (X, Xtest)]
        raise DataError(
            f"{printable(place)} has training images of {sizes[0]} pixels, but test images of {sizes[1]}"
        )
    if files["train", "images"].name.startswith("emnist"):
        X, Xtest = X.transpose(0, 2, 1), None if Xtest is None else Xtest.transpose(0, 2, 1)
    counted = f"{len(Y):,}" + ("" if Ytest is None else f" + {len(Ytest):,}")
    is_mnist = Ytest is not None and _is_mnist(Ytest)
    name = "MNIST, IDX files" if is_mnist else f"IDX files in {printable(place.resolve().name)}"
    noun = "digit" if is_mnist else "image"
    about: dict[str, Any] = {"source": f"{name} ({counted})", "noun": noun, "ink": True}
    if Ytest is None or X.shape[1:] != (28, 28) or max(Y.max(), Ytest.max()) > 9:
        return Dataset.from_arrays(X, Y, Xtest, Ytest, **about)
    data = Dataset.from_arrays(X, None, Xtest, None, **about)._replace(
        Y=Y.astype(np.int64), Ytest=Ytest.astype(np.int64)
    )
    data.label_names = tuple(map(str, range(10)))  # also of digits that no image shows
    return data


def _is_mnist(Ytest: np.ndarray) -> bool:
    """Whether test labels are MNIST's: Fashion-MNIST's files have the same names and sizes."""
    header = np.array([2049, len(Ytest)], ">u4").tobytes()
    return hashlib.sha256(header + Ytest.tobytes()).hexdigest() == CONTENTS[TEST_LABELS]
