"""The data of a sweep, which each process opens by itself."""

import functools
import json
import os
import socket
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold

from udl_pt._support.exceptions import DataError
from udl_pt._support.files import printable
from udl_pt._support.messages import shown
from udl_pt._support.rows import rows_unread, select_rows
from udl_pt.datasets import load_data
from udl_pt.datasets._load import NAMED
from udl_pt.sweeps._values import resolved
from udl_pt.training._descriptions import described

__all__ = ["Data", "open_data", "open_once", "parts"]


class Data(NamedTuple):
    """Rows, their labels where there are such, and a digest of both."""

    X: Any
    Y: np.ndarray | None
    digest: str


def open_data(where: Mapping[str, Any], folder: str) -> Data:
    """Open data as a plan's `data` says. Names of files are relative to the folder."""
    found = dict(where)
    X: Any
    if "X" not in found:
        place = found.pop("place", None)
        is_name = place is None or place in NAMED
        loaded = load_data(place if is_name else os.path.join(folder, place), **found)
        X, Y = loaded.X, loaded.Y if len(loaded.Y) else None
    else:
        source = _array(found["X"], "X", folder)
        Y = np.asarray(_array(found["Y"], "Y", folder)) if "Y" in found else None
        X = rows_unread(source)
        if X is None:
            X = np.asarray(source)
        if Y is not None and Y.shape != (len(X),):
            raise DataError(f"Y of data has shape {Y.shape}, expected ({len(X)},), a label for each row of X")
        if X.ndim != 2:
            raise DataError(f"X of data has {X.ndim} dimensions, expected 2: rows and columns")
        if Y is not None:  # labels of any kind become 0, 1, ...
            if Y.dtype.kind == "f" and np.isnan(Y).any():
                raise DataError("Y of data has NaN, expected a label for each row of X: leave these rows out")
            Y = np.unique(Y, return_inverse=True)[1]
    return Data(X, Y, described((X, Y)))


def open_once(where: Mapping[str, Any], folder: str, digest: str) -> Data:
    """Open the data of this digest, once in a process.

    Raises
    ------
    DataError
        When the data have another digest.
    """
    return _opened(json.dumps(where, sort_keys=True), folder, digest)


@functools.lru_cache(maxsize=1)
def _opened(where: str, folder: str, digest: str) -> Data:
    data = open_data(json.loads(where), folder)
    if data.digest != digest:
        raise DataError(f"the data of {socket.gethostname()} differ from those that the sweep began with")
    return data


def _array(value: Any, name: str, folder: str) -> Any:
    if isinstance(value, Mapping):
        return resolved(value)
    if not isinstance(value, str):
        raise TypeError(f"{name} of data is {shown(value)}, expected an .npy file, or a table with call")
    try:
        return np.load(os.path.join(folder, value), mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise DataError(f"{printable(value)} is no .npy file of numbers or texts: {error}") from error


def parts(data: Data, fold: int, n_folds: int) -> tuple[Data, Data]:
    """Return the rows to train on, and those of a fold; rows of a file stay unread."""
    if n_folds > len(data.X):
        raise ValueError(f"folds is {n_folds}, but the data have {len(data.X)} rows")
    splitter = (KFold if data.Y is None else StratifiedKFold)(n_folds, shuffle=True, random_state=0)
    zeros = np.zeros(len(data.X))
    rows = list(splitter.split(zeros, data.Y))[fold]
    training, held = (
        Data(select_rows(data.X, part), None if data.Y is None else data.Y[part], "") for part in rows
    )
    return training, held
