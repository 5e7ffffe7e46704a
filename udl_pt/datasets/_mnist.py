"""MNIST: embedded subset, IDX files, downloads with digests, and Kaggle's CSV.

Every loader returns a `Dataset`: images as float64 in [0, 1], shape (N, 784), labels as int64, and their
source. No loader falls back to other data by itself.
"""

import contextlib
import hashlib
import lzma
import os
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from udl_pt._support.exceptions import DataError
from udl_pt._support.files import printable
from udl_pt._support.messages import shown
from udl_pt.datasets._dataset import Dataset
from udl_pt.datasets._files import read_csv, read_idx

ENVIRONMENT, CACHE_ENVIRONMENT = "UDL_PT_DATA", "UDL_PT_CACHE"
N_KAGGLE_TEST = 1000

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

DIGESTS = {  # SHA-256 of the published .gz files
    "train-images-idx3-ubyte": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}

CONTENTS = {  # SHA-256 of what these unpack to
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = DIGESTS

SUBSET = "mnist_subset.xz"
SUBSET_SHA256 = "d2a6db38d88e5e2af64ca26536e0960c0b25fdd2bb655c85e0fab70a9aace144"
SUBSET_SIZES = (5000, 1000)


def load_mnist_subset() -> Dataset:
    """Load the embedded part of MNIST: 5,000 training and 1,000 test images, equally many of each digit.

    Returns
    -------
    Dataset
        The first 500 images of each digit in MNIST's training set and the first 100 of each in its test set,
        in MNIST's order. Y. LeCun, C. Cortes, C. J. C. Burges; CC BY-SA 3.0.

    Raises
    ------
    DataError
        When the installed file was altered.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import load_mnist_subset
    >>> X, Y, Xtest, Ytest = load_mnist_subset()
    >>> X.shape, Xtest.shape
    ((5000, 784), (1000, 784))
    >>> np.bincount(Ytest).tolist()
    [100, 100, 100, 100, 100, 100, 100, 100, 100, 100]
    """
    packed = resources.files("udl_pt.datasets.data").joinpath(SUBSET).read_bytes()
    found = hashlib.sha256(packed).hexdigest()
    if found != SUBSET_SHA256:
        raise DataError(f"{SUBSET} has SHA-256 {found}, expected {SUBSET_SHA256}: install udl_pt again")
    rows = np.frombuffer(lzma.decompress(packed), np.uint8).reshape(sum(SUBSET_SIZES), 785)
    train, test = np.split(rows, [SUBSET_SIZES[0]])
    return Dataset(
        train[:, 1:], train[:, 0], test[:, 1:], test[:, 0], "MNIST subset embedded in udl_pt (5,000 + 1,000)"
    )


def load_mnist(path: Any = None) -> Dataset:
    """Load full MNIST, 60,000 training and 10,000 test images, from its four IDX files, plain or .gz.

    Parameters
    ----------
    path : path-like, optional
        Folder of the files. The default is the environment's ``UDL_PT_DATA``, and else the cache. Files that
        the cache lacks are downloaded into it from the published mirrors, and checked against their digests.

    Returns
    -------
    Dataset
        Images and labels, in the files' order.

    Raises
    ------
    FileNotFoundError
        When the files are in none of these places. The message names all four ways to provide them.
    DataError
        When a file of the folder is damaged or not of the kind that its name tells, or the path is a file.
        (The cache is different: a file there that is not the published one is downloaded again.)

    Examples
    --------
    Two images each, in the format of the published files:

    >>> from pathlib import Path
    >>> import numpy as np
    >>> from udl_pt import load_mnist
    >>> for part in ("train", "t10k"):
    ...     images = np.array([2051, 2, 28, 28], ">u4").tobytes() + bytes(2 * 28 * 28)
    ...     labels = np.array([2049, 2], ">u4").tobytes() + bytes([3, 7])
    ...     _ = Path(f"{part}-images-idx3-ubyte").write_bytes(images)
    ...     _ = Path(f"{part}-labels-idx1-ubyte").write_bytes(labels)
    >>> X, Y, Xtest, Ytest = load_mnist(".")
    >>> X.shape, Y.tolist()
    ((2, 784), [3, 7])
    """
    folder = _place(path)
    if folder is not None:
        return _read_folder(folder)
    arrays = {}
    for name in DIGESTS:
        cached = _read_cached(name)
        arrays[name] = read_idx(_download(name), name, CONTENTS[name]) if cached is None else cached
    return _dataset(arrays)


def getKaggleMNIST(path: Any = None) -> Dataset:
    """Load Kaggle's ``train.csv`` as the book does: shuffled, the last 1,000 rows are the test set.

    The shuffle draws from NumPy's global generator.

    Parameters
    ----------
    path : path-like, optional
        The file, plain or .gz, or a folder with ``train.csv``. The default is ``train.csv`` in the
        environment's ``UDL_PT_DATA``, and else in the current folder.

    Returns
    -------
    Dataset
        Unpacks as the book's ``Xtrain, Ytrain, Xtest, Ytest``.

    Raises
    ------
    FileNotFoundError
        When the file does not exist.
    DataError
        When it does not have Kaggle's form: a header ``label,pixel0,…,pixel783``, then one row of integers
        per image. Also for at most 1,000 images, and when a .gz unpacks to more than 268 MB (Kaggle's file
        has 77 MB).

    Examples
    --------
    A table of 1,003 black images of a seven, in Kaggle's form:

    >>> import numpy as np
    >>> from udl_pt import getKaggleMNIST
    >>> header = ",".join(["label", *(f"pixel{i}" for i in range(784))])
    >>> table = np.zeros((1003, 785), int)
    >>> table[:, 0] = 7
    >>> np.savetxt("train.csv", table, "%d", ",", header=header, comments="")
    >>> X, Y, Xtest, Ytest = getKaggleMNIST("train.csv")
    >>> X.shape, Xtest.shape, Y.tolist()
    ((3, 784), (1000, 784), [7, 7, 7])
    """
    place = _place(path) or Path()
    file = place / "train.csv" if place.is_dir() else place
    shown = printable(file)
    if not file.is_file():
        raise FileNotFoundError(
            f"no {shown}: pass the path of Kaggle's train.csv (from the competition Digit Recognizer), "
            f"or set {ENVIRONMENT} to its folder"
        )
    labels, pixels = read_csv(file)
    if len(labels) <= N_KAGGLE_TEST:
        raise DataError(
            f"{shown} has {len(labels)} rows, expected more than {N_KAGGLE_TEST}, which are the test set"
        )
    order = np.arange(len(labels))
    np.random.shuffle(order)  # the draws of sklearn.utils.shuffle
    pixels, labels = pixels[order], labels[order]
    split = len(labels) - N_KAGGLE_TEST
    source = f"Kaggle's CSV, {printable(file.name)}"
    return Dataset(pixels[:split], labels[:split], pixels[split:], labels[split:], source)


def describe_sources() -> list[tuple[str, str, bool]]:
    """List the sources of data: the kind of each, its place, and whether it is there."""
    folder = os.environ.get(ENVIRONMENT)
    return [
        (
            "embedded subset",
            f"udl_pt/datasets/data/{SUBSET}",
            resources.files("udl_pt.datasets.data").joinpath(SUBSET).is_file(),
        ),
        (
            "full MNIST",
            folder or f"${ENVIRONMENT} is not set",
            bool(folder) and all(any(_found(Path(folder or ""), name)) for name in DIGESTS),
        ),
        ("full MNIST, cache", str(_cache()), all(_read_cached(name) is not None for name in DIGESTS)),
        ("Kaggle's CSV", f"{folder or '.'}/train.csv", Path(folder or ".", "train.csv").is_file()),
    ]


def _place(path: Any) -> Path | None:
    """Return where to look: the path, else the environment's; None if neither is set."""
    place = path if path is not None else os.environ.get(ENVIRONMENT) or None
    return None if place is None else as_path(place)


def as_path(path: Any) -> Path:
    """Return the path of a file or a folder, which need not be there.

    Raises
    ------
    TypeError
        For anything but a name.
    FileNotFoundError
        For an empty name.
    """
    try:
        name = os.fsdecode(path)
    except TypeError:
        raise TypeError(f"path is {shown(path)}, expected the name of a folder or a file") from None
    if not name:
        raise FileNotFoundError("path is '', expected a folder or a file: name it, or omit it")
    return Path(name)


def _cache() -> Path:
    import pooch  # here, since loading it takes a fifth of a second and most runs don't need it

    return Path(os.environ.get(CACHE_ENVIRONMENT) or pooch.os_cache("udl_pt"))


def _download(name: str) -> Path:
    """Fetch a file into the cache from the first mirror that has it, undamaged."""
    import pooch

    failures = []
    level = pooch.get_logger().level
    pooch.get_logger().setLevel("ERROR")
    try:
        for mirror in MIRRORS:
            try:
                digest = f"sha256:{DIGESTS[name]}"
                return Path(pooch.retrieve(f"{mirror}{name}.gz", digest, f"{name}.gz", _cache()))
            except (OSError, ValueError) as error:  # no connection; another digest
                failures.append(f"{mirror}: {str(error).splitlines()[0]}")
    finally:
        pooch.get_logger().setLevel(level)
    altered = ", ".join(map(printable, _found(_cache(), name)))
    state = f"{altered} is not the published file (delete it)" if altered else "full MNIST was not found"
    raise FileNotFoundError(
        f"{state} and {name}.gz could not be downloaded ({'; '.join(failures)}). Pass the folder of the IDX "
        f"files, set {ENVIRONMENT} to it, or put them into the cache {_cache()}. Or connect to the network "
        "and try again. load_mnist_subset() needs no files"
    )


def _found(folder: Path, name: str) -> Iterator[Path]:
    """Find a file of the set, plain and .gz, under its usual spellings."""
    for spelling in (name, name.replace("-idx", ".idx")):
        for file in (folder / spelling, folder / f"{spelling}.gz"):
            if file.is_file():
                yield file


def _read_cached(name: str) -> np.ndarray | None:
    """Read a file of the set from the cache: the first that is the published one; None if there is none."""
    for file in _found(_cache(), name):
        with contextlib.suppress(DataError):
            return read_idx(file, name, CONTENTS[name])
    return None


def _read_folder(folder: Path) -> Dataset:
    shown = printable(folder)
    if not folder.is_dir():
        expected = "expected a folder with MNIST's four IDX files (load_data reads more kinds)"
        if folder.exists():
            raise DataError(f"{shown} is a file, {expected}")
        raise FileNotFoundError(f"there is no {shown}, {expected}")
    files = {name: next(_found(folder, name), None) for name in DIGESTS}
    missing = [name for name, file in files.items() if file is None]
    if missing:
        raise FileNotFoundError(
            f"{shown} has no {', '.join(missing)} (plain or .gz): pass the folder with MNIST's four IDX "
            f"files, or set {ENVIRONMENT} to it. Omit both to use the cache {_cache()} or a download"
        )
    arrays = {name: read_idx(file, name) for name, file in files.items() if file is not None}
    for images, labels in ((TRAIN_IMAGES, TRAIN_LABELS), (TEST_IMAGES, TEST_LABELS)):
        if len(arrays[images]) != len(arrays[labels]):
            shown = printable(f"{files[images]} has {len(arrays[images])} images, but {files[labels]}")
            raise DataError(f"{shown} has {len(arrays[labels])} labels: the two files do not belong together")
    return _dataset(arrays)


def _dataset(arrays: Mapping[str, np.ndarray]) -> Dataset:
    return Dataset(
        arrays[TRAIN_IMAGES],
        arrays[TRAIN_LABELS],
        arrays[TEST_IMAGES],
        arrays[TEST_LABELS],
        f"MNIST, IDX files ({len(arrays[TRAIN_LABELS]):,} + {len(arrays[TEST_LABELS]):,})",
    )
