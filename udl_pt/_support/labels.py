"""Validate class labels."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_count
from udl_pt._support.arrays import as_array, check_matrix, check_real
from udl_pt._support.messages import (
    shown,
)

__all__ = ["check_labels", "check_test", "check_training", "check_weights"]


def check_training(
    X: Any, Y: Any, dtype: str, check: Callable[..., Any] = check_matrix, n_classes: Any = None
) -> tuple[Any, np.ndarray, int]:
    """Return images and labels to train on, (N, D) and (N,), and K.

    Images are checked by `check`: `check_matrix` or `check_rows`. Without `n_classes`, each of 0 to K-1 must
    occur in `Y`.

    Raises
    ------
    TypeError, ValueError
        As `check_matrix` and `check_labels`.
    """
    X = check(X, dtype=dtype)
    K = None if n_classes is None else check_count(n_classes, "n_classes")
    Y = check_labels(Y, "Y", n_samples=len(X), n_classes=K, given=True)
    return X, Y, K or int(Y.max()) + 1


def check_test(
    Xtest: Any, Ytest: Any, dtype: str, n_features: int, n_classes: int, check: Callable[..., Any]
) -> tuple[()] | tuple[Any, np.ndarray]:
    """Return images and labels to measure, (Ntest, D) and (Ntest,); nothing where both are None."""
    if Xtest is None and Ytest is None:
        return ()
    for (name, missing), (other, given) in itertools.permutations([("Xtest", Xtest), ("Ytest", Ytest)]):
        if missing is None:
            raise TypeError(f"{name} is None, but {other} is {shown(given)}: pass both, or neither")
    Xtest = check(Xtest, "Xtest", dtype=dtype, n_features=n_features)
    return Xtest, check_labels(Ytest, "Ytest", n_samples=len(Xtest), n_classes=n_classes)


def check_labels(
    Y: Any, name: str, *, n_samples: int, n_classes: int | None = None, given: bool = False
) -> np.ndarray:
    """Return labels 0 to K-1 as an int32 vector.

    Parameters
    ----------
    Y : array_like of int of shape (n_samples,)
        Class labels.
    name : str
        What the messages call it.
    n_samples : int
        The number of rows the labels belong to.
    n_classes : int, optional
        If set, `Y` may hold only labels below it. Otherwise each of 0 to ``max(Y)`` must occur.
    given : bool
        Whether the user passed `n_classes`; else it was found in the training labels.

    Returns
    -------
    numpy.ndarray of int32 of shape (n_samples,)

    Raises
    ------
    TypeError
        When the labels aren't integers, or masked.
    ValueError
        When their number or range doesn't fit; the message says which labels were found.
    """
    labels = as_array(Y, name, "a vector of labels", "pass one label per sample")
    if labels.ndim == 0:
        raise TypeError(f"{name} is {shown(Y)}, expected a vector of {n_samples} labels, one per sample")
    if labels.dtype.kind not in "iu":
        found = f"has dtype {labels.dtype}" if hasattr(Y, "dtype") else f"is {shown(Y)}"
        raise TypeError(
            f"{name} {found}, expected integer labels 0 ... K-1: "
            "encode classes with numpy.unique(…, return_inverse=True)"
        )
    if labels.ndim != 1:
        way_out = ", such as the largest entry's number, .argmax(axis=1)" if labels.ndim == 2 else ""
        raise ValueError(
            f"{name} has shape {labels.shape}, expected one dimension: one label per sample{way_out}"
        )
    if len(labels) != n_samples:
        raise ValueError(f"{name} has {len(labels)} labels, expected {n_samples}, one for each row")
    present = np.unique(labels)
    if n_classes is None:
        if not np.array_equal(present, np.arange(len(present))):
            raise ValueError(
                f"{name} has the labels {_listed(present)}, expected 0 ... {len(present) - 1} without gaps: "
                "renumber them with numpy.unique(…, return_inverse=True)"
            )
    elif present[0] < 0:
        raise ValueError(
            f"{name} has the labels {_listed(present)}, expected labels from 0 on: "
            "renumber them with numpy.unique(…, return_inverse=True)"
        )
    elif present[-1] >= n_classes:
        others = _listed(present[present >= n_classes])
        if given:
            raise ValueError(
                f"{name} has the labels {others}, but n_classes is {n_classes}, which allows 0 to "
                f"{n_classes - 1}"
            )
        raise ValueError(
            f"{name} has the labels {others}, unseen in training, "
            f"where 0 ... {n_classes - 1} were found: leave those samples out or train with them"
        )
    return labels.astype(np.int32)


def check_weights(weights: Any, n_samples: int, dtype: str) -> np.ndarray:
    """Return the weights of rows, of a fit's `sample_weight`, times a power of two that brings them below 1.

    Raises
    ------
    TypeError, ValueError
        Unless there is one finite number of at least 0 for each row, and one of them is above 0.
    """
    name = "sample_weight"
    array = as_array(weights, name, "a vector of weights", "pass one weight per row")
    check_real(array, weights, name)
    if array.shape != (n_samples,):
        raise ValueError(f"{name} has shape {array.shape}, expected ({n_samples},): one weight for each row")
    array = array.astype(float)
    wrong = ~(np.isfinite(array) & (array >= 0))
    if wrong.any():
        i = wrong.argmax()
        raise ValueError(f"{name}[{i}] is {array[i]:g}, expected finite weights of at least 0")
    if not array.any():
        raise ValueError(f"{name} is zero for all rows, expected weights above 0 for those that count")
    array = np.ldexp(array, -np.frexp(array.max())[1])
    return np.where(array < np.finfo(dtype).tiny, 0, array).astype(dtype)


def _listed(labels: np.ndarray) -> str:
    return ", ".join(str(label) for label in labels[:12]) + (", …" if len(labels) > 12 else "")
