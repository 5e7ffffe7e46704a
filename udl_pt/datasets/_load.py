"""One loader for data of every kind that the library reads."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_counts
from udl_pt._support.exceptions import DataError
from udl_pt._support.files import printable
from udl_pt._support.images import check_image_shape
from udl_pt._support.messages import shown
from udl_pt.datasets._dataset import Dataset
from udl_pt.datasets._files import COLUMNS
from udl_pt.datasets._idx_folders import idx_sets, read_idx_set, set_of_file
from udl_pt.datasets._image_folders import folders_in, read_image_folder
from udl_pt.datasets._mnist import as_path, getKaggleMNIST, load_mnist_subset
from udl_pt.datasets._numpy_files import ARRAYS, read_npy, read_npz
from udl_pt.datasets._tables import LABEL, has_header, read_parquet, read_table

__all__ = ["load_data"]

KINDS = (
    "an .npz or .npy file, a table (.csv, .csv.gz or .parquet), a folder of IDX files, a folder with a "
    "folder of images for each class, or one of the names 'digits' and 'olivetti'"
)


def load_data(path: Any = None, *, label: Any = None, image_shape: Any = None, resize: Any = None) -> Dataset:
    """Load data of one's own, or a set by its name: arrays, tables, images or IDX files.

    Parameters
    ----------
    path : path-like, optional
        One of these. The default is `load_mnist_subset`.

        - An ``.npz`` file with the array X, and Y, Xtest and Ytest if there are such. Or an ``.npy`` file of
          X alone. Pickled objects are refused.
        - A table of numbers with a column of labels: ``.csv`` or ``.csv.gz``, or ``.parquet`` with the extra
          ``udl_pt[parquet]``. A CSV in Kaggle's form of MNIST is read by `getKaggleMNIST`.
        - A folder of IDX files, plain or .gz, such as MNIST's, EMNIST's and Fashion-MNIST's. Where it has
          several sets, as EMNIST's has, pass one of the set's files.
        - A folder with a folder of images for each class, in any format that Pillow reads. Folders ``train``
          and ``test`` with such folders are the training and the test set.
        - ``"digits"``: scikit-learn's 1,797 digits of 8 x 8 pixels. ``"olivetti"``: the 400 Olivetti faces,
          which scikit-learn downloads at first use. (A folder of this name is ``"./digits"``.)
    label : str, optional
        Name of a table's column of labels; ``"label"`` by default.
    image_shape : sequence of int, optional
        ``(rows, columns)`` or ``(rows, columns, 3)``: the rows of a matrix or a table are images of this
        shape.
    resize : sequence of int, optional
        ``(rows, columns)`` to which the images of a folder are resized.

    Returns
    -------
    Dataset
        Where there is no test set, `Xtest` and `Ytest` have no rows; `Dataset.with_test_set` splits one off.
        Where there are no labels, `Y` and `Ytest` are empty.

    Raises
    ------
    FileNotFoundError
        When the file or folder does not exist, or the folder lacks a file.
    DataError
        When a file is damaged or not of the expected kind.
    ValueError, TypeError
        For an argument that doesn't fit.
    RuntimeError
        For Parquet without pyarrow.

    Notes
    -----
    Pixels are in [0, 1] afterwards. Bytes are divided by 255, and so are other whole numbers where
    `image_shape` says that they are pixels. Whole numbers that are 0 or 1 everywhere are kept. Floats are
    kept, and those of images must be in [0, 1]. The numbers of a table are kept as they are. Labels of any
    kind are encoded as 0 to K-1, in their order; `Dataset.label_names` has their names.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import load_data
    >>> load_data().source
    'MNIST subset embedded in udl_pt (5,000 + 1,000)'
    >>> np.savez("mine.npz", X=np.zeros((4, 2, 3), np.uint8), Y=["cat", "dog", "cat", "dog"])
    >>> data = load_data("mine.npz")
    >>> data.X.shape, data.image_shape, data.Y.tolist(), data.label_names
    ((4, 6), (2, 3), [0, 1, 0, 1], ('cat', 'dog'))
    """
    if label is not None and not isinstance(label, str):
        raise TypeError(f"label is {shown(label)}, expected the name of a column")
    size = None if resize is None else _check_resize(resize)
    shape = None if image_shape is None else check_image_shape(image_shape)
    if path is None:
        _only_for("tables", label=label)
        _only_for("folders of images", resize=resize)
        return _of_shape(load_mnist_subset(), shape)
    place = as_path(path)
    if isinstance(path, str) and path in NAMED:
        _only_for("tables", label=label)
        _only_for("folders of images", resize=resize)
        return _of_shape(NAMED[path](), shape)
    if not place.exists():
        raise FileNotFoundError(f"there is no {printable(place)}, expected {KINDS}")
    name = place.name.lower()
    if name.endswith((".csv", ".csv.gz", ".parquet")):
        _only_for("folders of images", resize=resize)
        return _load_table(place, label, shape)
    _only_for("tables", label=label)
    if place.is_dir():
        return _load_folder(place, shape, size)
    _only_for("folders of images", resize=resize)
    if name.endswith((".npz", ".npy")):
        arrays = read_npz(place) if name.endswith(".npz") else {"X": read_npy(place)}
        with _naming(place):
            return Dataset.from_arrays(
                *map(arrays.get, ARRAYS), image_shape=shape, source=_counted(place, arrays)
            )
    if files := set_of_file(place):
        return _of_shape(read_idx_set(files, place.parent), shape)
    raise DataError(f"{printable(place)} is a file of an unknown kind, expected {KINDS}")


def _load_table(file: Path, label: str | None, shape: tuple[int, ...] | None) -> Dataset:
    is_csv = not file.name.lower().endswith(".parquet")
    if is_csv and label in (None, LABEL) and shape in (None, (28, 28)) and has_header(file, COLUMNS):
        return getKaggleMNIST(file)
    X, labels = (read_table if is_csv else read_parquet)(file, LABEL if label is None else label)
    with _naming(file):
        return Dataset.from_arrays(X, labels, image_shape=shape, source=_counted(file, {"X": X}))


def _load_folder(place: Path, shape: tuple[int, ...] | None, size: tuple[int, int] | None) -> Dataset:
    if sets := idx_sets(place):
        _only_for("folders of images", resize=size)
        if len(sets) > 1:
            named = ", ".join(printable(next(iter(files.values())).name) for files in sets.values())
            raise DataError(
                f"{printable(place)} has {len(sets)} sets of IDX files: pass the path of one of a set's "
                f"files, such as {named}"
            )
        return _of_shape(read_idx_set(next(iter(sets.values())), place), shape)
    if not folders_in(place):
        raise FileNotFoundError(
            f"{printable(place)} has neither IDX files, such as train-images-idx3-ubyte.gz, nor folders of "
            "images, one for each class"
        )
    training, test = read_image_folder(place, size)
    with _naming(place):
        source = _counted(place, {"X": training[0], **({} if test is None else {"Xtest": test[0]})})
        return Dataset.from_arrays(*training, *(test or (None, None)), image_shape=shape, source=source)


def _counted(place: Path, arrays: dict[str, np.ndarray]) -> str:
    """Return the source as text: the name of its file or folder, and the numbers of rows."""
    counts = [f"{len(arrays[name]):,}" for name in ("X", "Xtest") if name in arrays and arrays[name].ndim]
    return f"{printable(place.resolve().name)} ({' + '.join(counts)})"


@contextlib.contextmanager
def _naming(place: Path) -> Iterator[None]:
    """Put the place's name before the message of an error."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise DataError(f"{printable(place)}: {error}") from error


def _of_shape(data: Dataset, shape: tuple[int, ...] | None) -> Dataset:
    if shape not in (None, data.image_shape):
        raise ValueError(f"image_shape is {shape}, but {data.source} has images of {data.image_shape}")
    return data


def _check_resize(resize: Any) -> tuple[int, int]:
    try:
        rows, columns = check_counts(resize, "resize")
    except (TypeError, ValueError) as error:
        kind = ValueError if isinstance(error, ValueError) else TypeError
        raise kind(f"resize is {shown(resize)}, expected (rows, columns)") from None
    return rows, columns


def _only_for(kind: str, **argument: Any) -> None:
    (name, value), *_ = argument.items()
    if value is not None:
        raise ValueError(f"{name} is {shown(value)}, but it is for {kind} alone: leave it out")


def _load_digits() -> Dataset:
    from sklearn.datasets import load_digits

    digits = load_digits()
    source = f"scikit-learn's digits ({len(digits.data):,})"
    return Dataset.from_arrays(digits.images / 16, digits.target, source=source, noun="digit", ink=True)


def _load_olivetti() -> Dataset:
    from sklearn.datasets import fetch_olivetti_faces, get_data_home

    try:
        faces = fetch_olivetti_faces()
    except OSError as error:
        raise FileNotFoundError(
            f"the Olivetti faces are not in {printable(get_data_home())} and could not be downloaded "
            f"({printable(error)}): connect to the network and try again, or copy the file olivetti_py3.pkz "
            "of another computer there"
        ) from error
    source = f"the Olivetti faces ({len(faces.images)})"
    return Dataset.from_arrays(faces.images, faces.target, source=source, noun="face")


NAMED: dict[str, Callable[[], Dataset]] = {"digits": _load_digits, "olivetti": _load_olivetti}
