"""Tables with a named column of labels: CSV, plain or gzipped, and Parquet."""

import csv
import io
import itertools
import math
import re
import reprlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from udl_pt._support.exceptions import DataError
from udl_pt._support.files import printable
from udl_pt.datasets._files import ROWS, UNPACKED, csv_rows, is_packed, opened

__all__ = ["LABEL", "Table", "has_header", "read_parquet", "read_table"]

LABEL = "label"  # the column of labels, if none is named
LONGEST = 10_000_000  # characters of a row
LISTED = 12  # columns that a message lists
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
INTEGER = re.compile(r"[-+]?[0-9]{1,18}")

Table = tuple[np.ndarray, np.ndarray]  # numbers of shape (N, D), labels of shape (N,)


def has_header(file: Path, columns: Sequence[str]) -> bool:
    """Whether a CSV's first row holds these columns."""
    with opened(file) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace")
        row = text.readline(LONGEST)
    return row.strip(" \t\n").split(",") == list(columns)


def read_table(file: Path, label: str) -> Table:
    """Read a CSV of numbers with a column of labels, plain or gzipped.

    Parameters
    ----------
    file : pathlib.Path
        The file, in UTF-8. Its first row names the columns; commas separate them.
    label : str
        Name of the column of labels.

    Returns
    -------
    X : ndarray of shape (N, D)
        Whole numbers (int64) if all are, else float64.
    labels : ndarray of shape (N,)
        Whole numbers if all are, else text.

    Raises
    ------
    DataError
        For an unknown column, a row of another length, and cells that are no numbers.
    """
    shown = printable(file)
    blocks, labels, done = [], [], 0
    try:
        with opened(file) as stream:
            text = io.TextIOWrapper(stream, encoding="utf-8-sig")
            most = UNPACKED if is_packed(file) else math.inf
            rows = csv_rows(text, shown, most, LONGEST, "a row of a table")
            names = [name.strip() for name in next(csv.reader([next(rows, "")]), [])]
            place = _place_of(label, names, shown)
            while block := list(itertools.islice(rows, ROWS)):
                numbers, texts = _fast(block, place, len(names)) or _slow(block, place, names, done, shown)
                blocks.append(numbers)
                labels += texts
                done += len(block)
    except UnicodeDecodeError as error:
        raise DataError(f"{shown} is not text in UTF-8: save it again as such") from error
    except csv.Error as error:
        raise DataError(f"{shown} is no CSV after row {done} ({error})") from error
    if not done:
        raise DataError(f"{shown} has a header but no rows")
    X = np.concatenate(blocks)
    with np.errstate(invalid="ignore"):
        if (abs(X).max() < 2**53) and (np.rint(X) == X).all():
            X = X.astype(np.int64)
    return X, _as_labels(labels)


def read_parquet(file: Path, label: str) -> Table:
    """Read a Parquet file of numbers with a column of labels.

    Parameters
    ----------
    file : pathlib.Path
        The file.
    label : str
        Name of the column of labels.

    Returns
    -------
    X : ndarray of shape (N, D)
        Whole numbers (int64) if all columns are, else float64.
    labels : ndarray of shape (N,)
        Whole numbers if all are, else text.

    Raises
    ------
    DataError
        For a damaged file, an unknown column, missing values, and columns that are no numbers.
    RuntimeError
        If pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise RuntimeError(
            "Parquet files need pyarrow, which is not installed: pip install 'udl_pt[parquet]', or save the "
            "table as CSV"
        ) from error
    shown = printable(file)
    try:
        table = parquet.ParquetFile(file).read()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{shown} is no Parquet file that pyarrow reads: {printable(error)}") from error
    names = table.column_names
    place = _place_of(label, names, shown)
    if not table.num_rows:
        raise DataError(f"{shown} has columns but no rows")
    for name, column in zip(names, table.columns, strict=True):
        if column.null_count:
            _refuse(shown, np.flatnonzero(column.is_null().to_numpy())[0] + 1, name, "empty")
    kinds = pyarrow.types
    columns = []
    for name, column in zip(names, table.columns, strict=True):
        if name == names[place]:
            continue
        is_number = (kinds.is_integer, kinds.is_floating, kinds.is_boolean)
        if not any(check(column.type) for check in is_number):
            raise DataError(
                f"{shown} has {column.type} in the column {_quoted(name)}, expected numbers: leave it "
                "out, or encode it"
            )
        columns.append(column.to_numpy())
    X = np.column_stack(columns)
    X = X.astype(np.int64 if X.dtype.kind in "biu" else np.float64)
    _check_finite(X, [name for name in names if name != names[place]], 0, shown)
    return X, _as_labels([str(value) for value in table.column(place).to_pylist()])


def _place_of(label: str, names: Sequence[str], shown: str) -> int:
    """Return the number of the column of labels, after a check of all names."""
    listed = ", ".join(map(_quoted, names[:LISTED])) + (", …" if len(names) > LISTED else "")
    for number, name in enumerate(names, 1):
        if not name.strip() or name.startswith("__index_level_"):
            called = _quoted(name) if name.strip() else "no name"
            raise DataError(
                f"{shown}: column {number} of {len(names)} has {called}: name it, or leave it out if it is "
                "an index (pandas: index=False)"
            )
    if names.count(label) != 1:
        found = f"{names.count(label)} columns" if label in names else "no column"
        hint = "" if len(names) > 1 else ". Separate columns by commas"
        raise DataError(
            f"{shown} has {found} {_quoted(label)}, expected one of labels. Its columns are {listed}{hint}: "
            "pass the name as label"
        )
    if len(names) < 2:
        raise DataError(f"{shown} has labels alone, expected further columns, of numbers")
    return names.index(label)


def _fast(rows: list[str], place: int, n_columns: int) -> tuple[np.ndarray, list[str]] | None:
    """Convert rows without quotes; None where that fails."""
    if any(row.count(",") != n_columns - 1 or '"' in row for row in rows):
        return None
    columns = [number for number in range(n_columns) if number != place]
    try:
        numbers = np.loadtxt(rows, float, delimiter=",", ndmin=2, comments=None, usecols=columns)
    except ValueError:
        return None
    texts = [row.split(",")[place].strip() for row in rows]
    return (numbers, texts) if np.isfinite(numbers).all() and all(texts) else None


def _slow(
    rows: list[str], place: int, names: Sequence[str], before: int, shown: str
) -> tuple[np.ndarray, list[str]]:
    """Convert rows with quotes, and find the wrong cell."""
    numbers, texts = [], []
    for n, cells in enumerate(csv.reader(rows), before + 1):
        if len(cells) != len(names):
            raise DataError(f"{shown} has {len(cells)} columns in row {n}, expected {len(names)}")
        cells = [cell.strip() for cell in cells]
        for name, cell in zip(names, cells, strict=True):
            if not cell:
                _refuse(shown, n, name, "empty")
            if name != names[place] and not NUMBER.fullmatch(cell):
                _refuse(shown, n, name, reprlib.repr(cell))
        texts.append(cells.pop(place))
        numbers.append([float(cell) for cell in cells])
    X = np.array(numbers)
    _check_finite(X, [name for name in names if name != names[place]], before, shown)
    return X, texts


def _check_finite(X: np.ndarray, names: Sequence[str], before: int, shown: str) -> None:
    bad = np.argwhere(~np.isfinite(X))
    if len(bad):
        row, column = bad[0]
        _refuse(shown, before + row + 1, names[column], f"{X[row, column]:g}")


def _refuse(shown: str, row: int, name: str, found: str) -> NoReturn:
    raise DataError(
        f"{shown} is not a table of numbers: in row {row}, {_quoted(name)} is {found}: fill or drop such "
        "rows, or leave the column out"
    )


def _as_labels(texts: list[str]) -> np.ndarray:
    """Return labels as whole numbers if all are, so that 10 comes after 9; else as text."""
    labels: Any = [int(text) for text in texts] if all(map(INTEGER.fullmatch, texts)) else texts
    return np.array(labels)


def _quoted(name: str) -> str:
    return reprlib.repr(printable(name))
