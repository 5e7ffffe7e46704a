"""Checks at the door: what comes in is named, what was expected, and what to do.

Every check runs before anything is changed, once per call. None of them copies the data.
"""

import operator
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

__all__ = [
    "DataError",
    "DivergenceError",
    "NotFittedError",
    "check_callbacks",
    "check_count",
    "check_dtype",
    "check_epochs",
    "check_form",
    "check_labels",
    "check_matrix",
    "check_number",
    "check_option",
    "check_sizes",
    "check_training_and_test",
    "check_values",
    "check_weights",
    "column_moments",
    "one_a_layer",
    "warn_unless_standardised",
]

_ROWS = 256  # rows looked at together: what is read twice should be in the cache
_REAL = "biuf"  # kinds of dtypes


class NotFittedError(ValueError, AttributeError):
    """The model has no parameters yet."""


class DataError(ValueError):
    """A file doesn't hold what it should."""


class DivergenceError(ValueError):
    """A training step was not finite; the parameters are those before it."""


def check_matrix(
    X: Any,
    name: str = "X",
    *,
    dtype: str,
    n_features: int | None = None,
    unit_interval: bool = False,
) -> np.ndarray:
    """Hand back `X` as a two-dimensional array of real, finite numbers, without copying an array.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        Array, memory map, list of lists or data frame of booleans, integers or floats.
    name : str
        What the messages call it.
    dtype : str
        The model's dtype: every value must be finite in it.
    n_features : int, optional
        The number of columns that is expected.
    unit_interval : bool
        Whether the values are read as probabilities and so must lie in [0, 1].

    Returns
    -------
    numpy.ndarray
        The same memory where `X` was an array, in its own dtype.

    Raises
    ------
    TypeError
        For sparse matrices, for masks that would be lost, and for what isn't real numbers.
    ValueError
        For another number of dimensions or features, no rows, NaN, infinity, or values outside [0, 1].
    """
    array = check_form(X, name, n_features=n_features)
    check_values(array, name, dtype=dtype, unit_interval=unit_interval)
    return array


def check_form(X: Any, name: str = "X", *, n_features: int | None = None) -> np.ndarray:
    """Hand back `X`, of shape (n_samples, n_features): of `check_matrix` what needs no look at the values.

    Raises
    ------
    TypeError, ValueError
        As `check_matrix`, but for values.
    """
    # All sparse classes have it (and a data frame may have a column of that name); loading scipy.sparse to
    # ask takes a third of a second.
    if hasattr(type(X), "nnz"):
        raise TypeError(f"{name} is a sparse matrix, expected a dense array: pass {name}.toarray()")
    array = _as_array(X, name, "matrix", "its rows must have the same length")
    if array.dtype == object and _is_frame_of_numbers(X):  # say of booleans and integers
        array = X.to_numpy(dtype=float)
    if array.dtype.kind not in _REAL:
        raise TypeError(
            f"{name} has dtype {array.dtype}, expected real numbers: convert it with {name}.astype(float)"
        )
    if array.ndim != 2:
        way_out = "reshape(1, -1) for a single row" if array.ndim == 1 else "flatten each sample to one row"
        raise ValueError(
            f"{name} has {array.ndim} dimension(s) and shape {array.shape}, "
            f"expected 2 (samples, features): {way_out}"
        )
    if 0 in array.shape:
        raise ValueError(f"{name} is empty (shape {array.shape}), expected at least one row and one column")
    if n_features is not None and array.shape[1] != n_features:
        raise ValueError(
            f"{name} has {array.shape[1]} features, expected {n_features}, as the model was made for"
        )
    return array


def check_values(array: np.ndarray, name: str = "X", *, dtype: str, unit_interval: bool = False) -> None:
    """Look at the values of `array`, of shape (n_samples, n_features), as `check_matrix` does: one pass.

    Raises
    ------
    ValueError
        For NaN, infinity, what is too large for `dtype`, or values outside [0, 1].
    """
    low, high = _range(array, name)
    if max(-low, high) > float(np.finfo(dtype).max):
        raise ValueError(f"{name} has values from {low:g} to {high:g}, too large for {dtype}: scale it")
    if unit_interval and (low < 0 or high > 1):
        raise ValueError(
            f"{name} has values from {low:g} to {high:g}, but the model reads them as probabilities "
            f"and expects [0, 1]: {'divide by 255?' if high > 1 else 'rescale them?'}"
        )


def _range(array: np.ndarray, name: str) -> tuple[float, float]:
    """Smallest and largest value; minimum and maximum carry NaN and infinity along."""
    low, high = np.inf, -np.inf
    for start in range(0, len(array), _ROWS):
        rows = array[start : start + _ROWS]
        lowest, highest = rows.min(), rows.max()
        if not (np.isfinite(lowest) and np.isfinite(highest)):
            row, column = np.argwhere(~np.isfinite(rows))[0]
            raise ValueError(
                f"{name}[{start + row}, {column}] is {rows[row, column]}, expected finite numbers: "
                "drop or fill such rows"
            )
        low, high = min(low, float(lowest)), max(high, float(highest))
    return low, high


def _is_frame_of_numbers(X: Any) -> bool:
    return hasattr(X, "columns") and all(getattr(dtype, "kind", "O") in _REAL for dtype in X.dtypes)


def _as_array(value: Any, name: str, what: str, expected: str) -> np.ndarray:
    """Make an array of `value` unless that is impossible or loses the mask of a masked array."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise TypeError(
            f"{name} is a masked array, whose mask would be lost: fill it, {name}.filled(…), or keep "
            f"{name}.mask apart, as a mask of missing values"
        )
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} is no {what} ({error}): {expected}") from error


def column_moments(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give mean and variance of each column, in float64, without a copy of `X`."""
    mean, square = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for start in range(0, len(X), _ROWS):
        mean += X[start : start + _ROWS].sum(axis=0, dtype=float)
    mean /= len(X)
    for start in range(0, len(X), _ROWS):
        square += ((X[start : start + _ROWS] - mean) ** 2).sum(axis=0)
    return mean, square / len(X)


def warn_unless_standardised(mean: np.ndarray, variance: np.ndarray) -> None:
    """Warn of columns whose mean is far from 0 or whose variance, where they vary at all, is far from 1."""
    varying = variance[variance > 0] if (variance > 0).any() else variance
    if abs(mean).max() > 0.3 or varying.min() < 0.5 or varying.max() > 2:
        warnings.warn(
            f"X has means from {mean.min():.3g} to {mean.max():.3g} and variances from "
            f"{varying.min():.3g} to {varying.max():.3g}, but Gaussian units expect 0 and 1: "
            "standardise the columns, (X - X.mean(axis=0)) / X.std(axis=0), 1 where they don't vary",
            stacklevel=4,  # fit has a decorator
        )


def check_training_and_test(
    X: Any, Y: Any, Xtest: Any, Ytest: Any, dtype: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]:
    """Hand back images and labels to train on and to measure, (N, D), (N,), (Ntest, D), (Ntest,), and K.

    Raises
    ------
    TypeError, ValueError
        As `check_matrix` and `check_labels`; each of 0 to K-1 must occur in `Y`.
    """
    X = check_matrix(X, dtype=dtype)
    Xtest = check_matrix(Xtest, "Xtest", dtype=dtype, n_features=X.shape[1])
    Y = check_labels(Y, "Y", n_samples=len(X))
    K = int(Y.max()) + 1
    return X, Y, Xtest, check_labels(Ytest, "Ytest", n_samples=len(Xtest), n_classes=K), K


def check_labels(Y: Any, name: str, *, n_samples: int, n_classes: int | None = None) -> np.ndarray:
    """Hand back labels 0 to K-1 as an int32 vector.

    Parameters
    ----------
    Y : array_like of int of shape (n_samples,)
        Class labels.
    name : str
        What the messages call it.
    n_samples : int
        The number of rows the labels belong to.
    n_classes : int, optional
        Where given, `Y` may hold only labels below it; else each of 0 to ``max(Y)`` must occur.

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
    labels = _as_array(Y, name, "vector", "expected one label a sample")
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"{name} has dtype {labels.dtype}, expected integer labels 0 ... K-1: "
            "encode classes with numpy.unique(…, return_inverse=True)"
        )
    if labels.ndim != 1:
        raise ValueError(f"{name} has shape {labels.shape}, expected one dimension: one label a sample")
    if len(labels) != n_samples:
        raise ValueError(f"{name} has {len(labels)} labels, expected {n_samples}, one for each row")
    found = np.unique(labels)
    if n_classes is None:
        if not np.array_equal(found, np.arange(len(found))):
            raise ValueError(
                f"{name} has the labels {_listed(found)}, expected 0 ... {len(found) - 1} without gaps: "
                "renumber them with numpy.unique(…, return_inverse=True)"
            )
    elif found[0] < 0 or found[-1] >= n_classes:
        unseen = found[(found < 0) | (found >= n_classes)]
        raise ValueError(
            f"{name} has the labels {_listed(unseen)}, unseen in training, "
            f"where 0 ... {n_classes - 1} were found: leave those samples out or train with them"
        )
    return labels.astype(np.int32)


def _listed(labels: np.ndarray) -> str:
    return ", ".join(str(label) for label in labels[:12]) + (", …" if len(labels) > 12 else "")


def check_count(value: Any, name: str, *, at_least: int = 1) -> int:
    """Hand back `value` as an int of at least `at_least`."""
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}, expected an integer of at least {at_least}") from None
    if count < at_least:
        raise ValueError(f"{name} is {count}, expected at least {at_least}")
    return count


def check_number(value: Any, name: str, *, at_least: float = -np.inf, at_most: float = np.inf) -> float:
    """Hand back `value` as a finite float between two limits."""
    try:
        if np.asarray(value).dtype.kind in "SUb":
            raise TypeError("float would read text, or True, as a number")
        number = float(value)
    except OverflowError:
        number = np.inf
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {value!r}, expected a number") from None
    if not (np.isfinite(number) and at_least <= number <= at_most):
        raise ValueError(f"{name} is {number:g}, expected a finite number from {at_least:g} to {at_most:g}")
    return number


def check_option(value: Any, name: str, options: Sequence[Any]) -> None:
    """Raise unless `value` is one of `options`."""
    if value not in options:
        raise ValueError(f"{name} is {value!r}, expected one of {', '.join(map(repr, options))}")


def check_callbacks(callbacks: Any) -> tuple[Any, ...]:
    """Hand back the callables of a list (or the like)."""
    checked = tuple(callbacks) if isinstance(callbacks, Iterable) else (None,)
    if not all(callable(callback) for callback in checked):
        raise TypeError(f"callbacks is {callbacks!r}, expected a list of callables, such as [print]")
    return checked


def check_epochs(epochs: Any, batch_sz: Any, n_samples: int, what: str = "training") -> tuple[int, int]:
    """Hand back both as ints; with fewer rows than a batch the listing trains on nothing, silently."""
    epochs = check_count(epochs, "epochs", at_least=0)
    batch_sz = check_count(batch_sz, "batch_sz")
    if epochs and n_samples < batch_sz:
        raise ValueError(
            f"batch_sz is {batch_sz}, but there are only {n_samples} samples: {what} would see no batch at "
            f"all; give a batch_sz of at most {n_samples}"
        )
    return epochs, batch_sz


def check_dtype(dtype: Any) -> str:
    """Hand back the name of `dtype`, ``"float32"`` or ``"float64"``."""
    try:
        name = str(np.dtype(dtype).name)
    except TypeError:
        name = repr(dtype)
    if name not in ("float32", "float64"):
        raise ValueError(f"dtype is {name}, expected 'float32' or 'float64'")
    return name


def check_sizes(hidden_layer_sizes: Any) -> list[Any]:
    """Hand back a list of at least one size."""
    try:
        sizes = list(hidden_layer_sizes)
    except TypeError:
        raise TypeError(
            f"hidden_layer_sizes is {hidden_layer_sizes!r}, expected a list such as [1000, 500]"
        ) from None
    if not sizes:
        raise ValueError("hidden_layer_sizes is empty, expected at least one layer, such as [500]")
    return sizes


def one_a_layer(value: Any, name: str, n_layers: int) -> list[Any]:
    """Hand back one entry a layer: those of a list (or the like), or the same for all."""
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        return [value] * n_layers
    if len(value) != n_layers:
        raise ValueError(f"{name} has {len(value)} entries, expected {n_layers}, one a layer")
    return list(value)


def check_weights(W: Any, **biases: tuple[Any, int]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Copy given parameters: a matrix, and for each bias the axis of the matrix whose length it has.

    Returns
    -------
    W : numpy.ndarray
        In its own dtype where that is float32 or float64, else float64.
    biases : list of numpy.ndarray
        Of the same dtype.
    """
    dtype = "float32" if getattr(W, "dtype", None) == np.float32 else "float64"
    W = np.array(check_matrix(W, "W", dtype=dtype), dtype=dtype, order="C")
    checked = []
    for name, (bias, axis) in biases.items():
        array = np.array(bias, dtype=dtype)
        if array.shape != (W.shape[axis],) or not np.isfinite(array).all():
            raise ValueError(
                f"{name} has shape {array.shape}, expected {W.shape[axis]} finite numbers, "
                f"as W has shape {W.shape}"
            )
        checked.append(array)
    return W, checked
