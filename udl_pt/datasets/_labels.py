"""Encode labels of any kind as 0 to K-1, and keep their names."""

from typing import Any

import numpy as np

from udl_pt._support.arrays import as_array
from udl_pt._support.exceptions import DataError
from udl_pt._support.messages import shown

__all__ = ["encode"]

NO_LABELS = np.zeros(0, np.int64)


def encode(Y: Any, Ytest: Any, n: int, n_test: int) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Encode the labels of the training and the test set as 0 to K-1, in the labels' order.

    Parameters
    ----------
    Y, Ytest : array_like of shape (n,) and (n_test,), or None
        Whole numbers, booleans or text. Both or neither; `Ytest` is None where there is no test set.
    n, n_test : int
        Numbers of rows.

    Returns
    -------
    Y, Ytest : ndarray of int64
        Codes; empty where there are no labels.
    names : tuple of str
        The labels' names, by their codes.

    Raises
    ------
    DataError
        When a set has no labels and the other has, when they don't fit, and for labels that only the test set
        has.
    """
    if Y is None and Ytest is None:
        return NO_LABELS, NO_LABELS, ()
    for name, other, labels, rows in (("Y", "Ytest", Y, n), ("Ytest", "Y", Ytest, n_test)):
        if rows and labels is None:
            raise DataError(f"there are labels {other} but no {name}: add {name}, or leave {other} out")
    values = _labels(Y, "Y", n)
    test_values = values[:0] if Ytest is None else _labels(Ytest, "Ytest", n_test)
    if (values.dtype.kind == "U") != (test_values.dtype.kind == "U"):
        raise DataError(
            f"Y has dtype {values.dtype}, but Ytest {test_values.dtype}: write both as numbers, or as text"
        )
    names, codes = np.unique(values, return_inverse=True)
    unseen = np.setdiff1d(test_values, names)
    if len(unseen):
        raise DataError(
            f"Ytest has the label {unseen[0]}, which no training row has: leave such rows out, or add some "
            "to the training set"
        )
    return codes.astype(np.int64), np.searchsorted(names, test_values), tuple(map(str, names.tolist()))


def _labels(Y: Any, name: str, n: int) -> np.ndarray:
    """Return labels as a vector of whole numbers, booleans or text."""
    labels = as_array(Y, name, "a vector of labels", "pass one label per row")
    if labels.ndim != 1:
        way_out = ": for rows of zeros and a one, pass .argmax(axis=1)" if labels.ndim == 2 else ""
        raise DataError(f"{name} has shape {labels.shape}, expected ({n},), one label for each row{way_out}")
    if len(labels) != n:
        raise DataError(f"{name} has {len(labels)} labels, expected {n}, one for each row")
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "backslashreplace")
    if labels.dtype.kind == "O" and all(isinstance(label, str) for label in labels):
        labels = labels.astype(str)
    if labels.dtype.kind == "f":
        wrong = labels[~(np.isfinite(labels) & (labels == np.rint(labels)) & (abs(labels) < 2**53))]
        if len(wrong):
            raise DataError(f"{name} has the value {wrong[0]:g}, expected labels: whole numbers or text")
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "biuU":
        raise DataError(f"{name} is {shown(labels)}, expected labels: whole numbers or text")
    return labels
