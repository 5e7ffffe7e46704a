"""Data that are read by rows, and never as a whole: files, arrays in chunks, tables.

None of the packages that make such data is imported here. A class is known by its name and its package's.
"""

import copy
import math
import mmap
from collections.abc import Callable
from typing import Any

import numpy as np

from udl_pt._support.arrays import as_array, check_form, check_matrix, check_shape, check_values
from udl_pt._support.messages import shown

__all__ = ["WHOLE", "Rows", "check_rows", "refuse_unserved", "rows_unread", "select_rows"]

Selection = slice | np.ndarray  # consecutive rows, or indices in ascending order, none of them twice
Reader = Callable[[Any, Selection], Any]

# What NumPy reads in place, or what must come from another device first: it is no source of rows.
WHOLE = ("__array_interface__", "__array_struct__", "__dlpack__", "__cuda_array_interface__", "nnz")

TABLES = {("polars", "DataFrame"), ("pyarrow", "Table"), ("pyarrow", "RecordBatch")}  # and those with iloc
CONVERTED = 500e6  # bytes in float64 up to which a table is converted as a whole, which is faster

REFUSED = {
    ("dask", "DataFrame"): "pass an array of known length, {name}.to_dask_array(lengths=True)",
    ("dask", "Bag"): "join its items, numpy.stack({name}.compute())",
    ("h5py", "File"): "pass one of its datasets, such as {name}['images']",
    ("h5py", "Group"): "pass one of its datasets, such as {name}['images']",
    ("polars", "LazyFrame"): "read it first, {name}.collect()",
    ("pyarrow", "Dataset"): "read it first, {name}.to_table(), or train on lambda: {name}.to_batches()",
    ("pyarrow", "ParquetDataset"): "read it first, {name}.read()",
    ("pyarrow", "ParquetFile"): "read it first, {name}.read(), or train on lambda: {name}.iter_batches()",
    ("pyarrow", "_RecordBatchFileReader"): "read it first, {name}.read_all()",
    ("pyarrow", "RecordBatchReader"): "read it first, {name}.read_all()",
    ("pyarrow", "Scanner"): "read it first, {name}.to_table(), or train on lambda: {name}.to_batches()",
    ("torch", "Dataset"): "pass a loader of batches, torch.utils.data.DataLoader({name}, batch_size=100)",
    ("zarr", "Group"): "pass one of its arrays, such as {name}['images']",
}


class Rows:
    """Rows of a source, which are read when they are indexed.

    The library reads them as it reads an array: ``len(rows)``, ``rows.shape``, ``rows[start:stop]`` and
    ``rows[indices]``. Both of the latter return an array. `numpy.asarray` reads all rows. A chunk of the
    source that has more rows than a slice stays in memory for the next slices.

    Parameters
    ----------
    source : object
        The source.
    read : callable
        ``read(source, selection)`` returns rows of the source as something that NumPy can convert.
    shape : (int, int)
        The source's shape.
    name : str
        What messages call it.
    """

    ndim = 2

    def __init__(self, source: Any, read: Reader, shape: tuple[int, int], name: str) -> None:
        self._source, self._read, self._name, self.shape = source, read, name, shape
        self._index: np.ndarray | None = None  # the source's rows that these are, if not all
        self._chunk = _rows_of_chunk(source)
        self._latest = 0, np.empty((0, shape[1]))  # rows of a chunk, and the number of the first one
        first = self[:1].dtype
        is_known = first.kind == "f" or hasattr(source, "dtype")  # else other rows may not be of integers
        self.dtype = first if is_known else np.dtype(float)

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def __getitem__(self, rows: Selection) -> np.ndarray:
        """Read rows: a slice of consecutive ones, or those of an array of indices."""
        if self._index is not None:
            rows = self._index[rows]
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(self))
            return self._consecutive(start, stop)
        ascending, places = np.unique(rows, return_inverse=True)
        array = self._array(ascending, len(ascending))
        return array if np.array_equal(ascending, rows) else array[places]

    def _consecutive(self, start: int, stop: int) -> np.ndarray:
        first, latest = self._latest
        if not first <= start <= stop <= first + len(latest):
            end = min(start + self._chunk, len(self))
            if end <= stop:
                return self._array(slice(start, stop), stop - start)
            first, latest = self._latest = start, self._array(slice(start, end), end - start)
        return latest[start - first : stop - first].copy()

    def _array(self, selection: Selection, n: int) -> np.ndarray:
        array = check_form(self._read(self._source, selection), self._name, n_features=self.shape[1])
        if len(array) != n:
            raise ValueError(
                f"{self._name} returns {len(array)} rows for {n} indices, expected one row for each"
            )
        return array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Return all rows as one array; it shares memory with a memory map."""
        array = self[:]
        return array if dtype is None else array.astype(dtype, copy=False)

    def select(self, rows: np.ndarray) -> "Rows":
        """Return the rows of these indices, unread."""
        some = copy.copy(self)
        some._index = rows if self._index is None else self._index[rows]
        some.shape = (len(rows), self.shape[1])
        return some


def check_rows(
    X: Any,
    name: str = "X",
    *,
    dtype: str,
    n_features: int | None = None,
    unit_interval: bool = False,
) -> Any:
    """Return `X` as `check_matrix` does, or as `Rows` where it can be read by rows.

    All values are read once, some rows at a time.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features), or a source of rows
        A source is a memory map, a dataset of h5py, an array of Zarr or Dask, a table of pandas, Polars or
        Arrow, or another object that has a `shape` and takes arrays of row indices.
    name, dtype, n_features, unit_interval
        As in `check_matrix`.

    Returns
    -------
    numpy.ndarray or Rows

    Raises
    ------
    TypeError, ValueError
        As `check_matrix`; also for a source that can't be read by rows.
    """
    rows = rows_unread(X, name)
    if rows is None:
        return check_matrix(X, name, dtype=dtype, n_features=n_features, unit_interval=unit_interval)
    check_shape(rows.shape, name, n_features)
    check_values(rows, name, dtype=dtype, unit_interval=unit_interval)
    return rows


def rows_unread(X: Any, name: str = "X") -> Rows | None:
    """Return `Rows` of a source; None where `X` is read as a whole.

    Raises
    ------
    TypeError, ValueError
        For a source that can't be read by rows. The message names its class and the way out.
    """
    if isinstance(X, Rows):
        return X
    refuse_unserved(X, name)
    shape = getattr(X, "shape", None)
    read = _reader(X)
    if read is None or not isinstance(shape, tuple):
        return None
    if not all(isinstance(n, int | np.integer) for n in shape):
        way_out = f": call {name}.compute_chunk_sizes() first" if read is _read_dask else ""
        raise ValueError(f"{name} has shape {shape}, expected whole numbers{way_out}")
    check_shape(shape, name)
    if read is _read_indices and not _takes_indices(X, name):
        return None
    return Rows(X, read, (int(shape[0]), int(shape[1])), name)


def refuse_unserved(X: Any, name: str) -> None:
    """Raise an error for data of a known class that can't be read by rows; it says the way out."""
    if ("h5py", "Dataset") in _kinds(X) and not X:
        raise ValueError(f"{name} is a dataset of a closed file: keep the file open until fit returns")
    for kind in _kinds(X):
        if kind in REFUSED:
            raise TypeError(
                f"{name} is a {kind[1]} of {kind[0]}, expected a matrix of numbers (samples, features): "
                f"{REFUSED[kind].format(name=name)}"
            )


def _kinds(X: Any) -> list[tuple[str, str]]:
    """Return the names of the package and of the class, also for the classes that it is derived from."""
    return [(cls.__module__.partition(".")[0], cls.__name__) for cls in type(X).__mro__]


def select_rows(X: Any, rows: np.ndarray) -> Any:
    """Return rows of an array as a copy, or of `Rows` unread."""
    return X.select(rows) if isinstance(X, Rows) else X[rows]


def _reader(X: Any) -> Reader | None:
    """Return the function that reads rows of a source; None where there is none."""
    if isinstance(X, np.ndarray):
        return _read_map if X.ndim == 2 and _is_mapped(X) else None
    kinds, is_frame = _kinds(X), hasattr(X, "iloc") and getattr(X, "ndim", 0) == 2
    if (is_frame or not TABLES.isdisjoint(kinds)) and 8 * math.prod(X.shape) <= CONVERTED:
        return None
    for kind in kinds:
        if kind in READERS:
            return READERS[kind]
    if is_frame:
        return lambda X, rows: X.iloc[rows]
    if any(hasattr(X, name) for name in WHOLE) or not hasattr(type(X), "__getitem__"):
        return None
    return _read_indices


def _is_mapped(array: Any) -> bool:
    """Whether the memory of an array is a file's; one with a mask must be read as a whole."""
    if isinstance(array, np.ma.MaskedArray):
        return False
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array, mmap.mmap)


def _takes_indices(X: Any, name: str) -> bool:
    """Whether indices select rows; an object that NumPy can't read as a whole must take them."""
    indices, cause = np.unique([0, X.shape[0] - 1]), None
    expected = (len(indices), X.shape[1])
    try:
        seen = as_array(X[indices], name, "rows", "").shape
        found = f"that of {name}[numpy.array({indices.tolist()})] is {seen}, expected {expected}"
    except (OSError, MemoryError):  # it would fail with other indices, too
        raise
    except Exception as error:  # whatever it is, it is the source's
        seen, found, cause = (), f"{name}[numpy.array({indices.tolist()})] fails ({error})", error
    if seen != expected and not hasattr(X, "__array__"):
        raise TypeError(
            f"{name} is {shown(X)}, but {found}: its __getitem__ must take an array of row indices. Or write "
            "its rows to a numpy.memmap"
        ) from cause
    return seen == expected


def _rows_of_chunk(X: Any) -> int:
    """Return how many rows a chunk of a source has at most; 0 where it has no chunks."""
    chunks = getattr(X, "chunks", None)
    rows = chunks[0] if isinstance(chunks, tuple) and chunks else 0
    if isinstance(rows, tuple):  # of Dask
        rows = max(rows, default=0)
    return rows if isinstance(rows, int) else 0


def _read_indices(X: Any, rows: Selection) -> Any:
    return X[np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows]


def _read_map(X: np.ndarray, rows: Selection) -> Any:
    return np.asarray(X)[rows]


def _read_selection(X: Any, rows: Selection) -> Any:
    return X[rows]


def _read_zarr(X: Any, rows: Selection) -> Any:
    return X[rows] if isinstance(rows, slice) else X.oindex[rows]


def _read_dask(X: Any, rows: Selection) -> Any:
    return X[rows].compute()


def _read_arrow(X: Any, rows: Selection) -> Any:
    return X.slice(rows.start, rows.stop - rows.start) if isinstance(rows, slice) else X.take(rows)


READERS: dict[tuple[str, str], Reader] = {
    ("dask", "Array"): _read_dask,
    ("h5py", "Dataset"): _read_selection,
    ("polars", "DataFrame"): _read_selection,
    ("pyarrow", "Table"): _read_arrow,
    ("pyarrow", "RecordBatch"): _read_arrow,
    ("zarr", "Array"): _read_zarr,
}
