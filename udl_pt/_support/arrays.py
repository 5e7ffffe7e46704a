"""Validate arrays of numbers. Each error says what was received, what was expected and how to fix it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from udl_pt._support.messages import (
    advice_for_no_array,
    advice_for_numbers,
    no_probabilities,
    shown,
)
from udl_pt._support.warn import warn_user

__all__ = [
    "as_array",
    "check_form",
    "check_matrix",
    "check_real",
    "check_shape",
    "check_values",
    "check_weights",
    "column_moments",
    "warn_unless_standardised",
]

_ROWS = 256  # rows checked at a time: the second reading should find them in the cache
_REAL = "biuf"  # kinds of dtypes


def check_matrix(
    X: Any,
    name: str = "X",
    *,
    dtype: str,
    n_features: int | None = None,
    unit_interval: bool = False,
) -> np.ndarray:
    """Return `X` as a two-dimensional array of real, finite numbers, without copying an array.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        Array, memory map, list of lists or data frame of booleans, integers or floats.
    name : str
        What the messages call it.
    dtype : str
        The model's dtype: every value must be finite in it.
    n_features : int, optional
        The expected number of columns.
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
    """Return `X`, of shape (n_samples, n_features), after the checks of `check_matrix` that read no values.

    Raises
    ------
    TypeError, ValueError
        As `check_matrix`, but for values.
    """
    # All sparse classes have it, and a data frame may have a column of that name. Loading scipy.sparse to ask
    # takes a third of a second.
    if hasattr(type(X), "nnz"):
        raise TypeError(f"{name} is a sparse matrix, expected a dense array: pass {name}.toarray()")
    array = as_array(X, name, "a matrix of numbers (samples, features)", "its rows must have the same length")
    if array.dtype == object and _is_frame_of_numbers(X):  # such as of booleans and integers, or of gaps
        array = X.to_numpy(dtype=float, na_value=np.nan)
    check_real(array, X, name)
    if array.ndim == 0:
        raise ValueError(f"{name} is {shown(X)}, expected 2 dimensions (samples, features)")
    check_shape(array.shape, name, n_features)
    return array if array.flags.aligned else array.copy()


def check_shape(shape: tuple[int, ...], name: str = "X", n_features: int | None = None) -> None:
    """Raise a ValueError unless `shape` is that of a matrix with rows, of `n_features` columns if set."""
    if len(shape) != 2:
        one, many = "reshape(1, -1) for a single row", "flatten each sample to one row"
        way_out = {0: "pass a matrix", 1: one}.get(len(shape), many)
        raise ValueError(
            f"{name} has {len(shape)} dimension(s) and shape {shape}, "
            f"expected 2 (samples, features). Reshape your data: {way_out}"
        )
    if shape[1] == 0:
        raise ValueError(f"{name} is empty: 0 feature(s) (shape={shape}) while a minimum of 1 is required.")
    if 0 in shape:
        raise ValueError(f"{name} is empty (shape {shape}), expected at least one row and one column")
    if n_features is not None and shape[1] != n_features:
        raise ValueError(f"{name} has {shape[1]} features, expected {n_features}, as the model was made for")


def check_values(array: Any, name: str = "X", *, dtype: str, unit_interval: bool = False) -> None:
    """Check the values of `array`, of shape (n_samples, n_features), as `check_matrix` does, in one pass.

    It may be an array or `udl_pt._support.rows.Rows`.

    Raises
    ------
    ValueError
        For NaN, infinity, values too large for `dtype`, or values outside [0, 1].
    """
    low, high = _range(array, name)
    if max(-low, high) > float(np.finfo(dtype).max):
        raise ValueError(f"{name} has values from {low:g} to {high:g}, too large for {dtype}: scale it")
    if unit_interval and (low < 0 or high > 1):
        raise ValueError(no_probabilities(name, low, high, array.dtype))


def _range(array: Any, name: str) -> tuple[float, float]:
    """Smallest and largest value; minimum and maximum carry NaN and infinity along."""
    low, high = np.inf, -np.inf
    n = _ROWS if isinstance(array, np.ndarray) else 1000
    for start in range(0, len(array), n):
        rows = array[start : start + n]
        lowest, highest = rows.min(), rows.max()
        if not (np.isfinite(lowest) and np.isfinite(highest)):
            row, column = np.argwhere(~np.isfinite(rows))[0]
            raise ValueError(
                f"{name}[{start + row}, {column}] is {rows[row, column]}, expected finite numbers, "
                "neither NaN nor inf: drop or fill such rows"
            )
        low, high = min(low, float(lowest)), max(high, float(highest))
    return low, high


def _is_frame_of_numbers(X: Any) -> bool:
    return hasattr(X, "iloc") and all(getattr(dtype, "kind", "O") in _REAL for dtype in X.dtypes)


def as_array(value: Any, name: str, what: str, expected: str) -> np.ndarray:
    """Convert `value` to an array; refuse objects that hold no data, and masks, which would be lost.

    Parameters
    ----------
    value : array_like
        A tensor that requires a gradient is detached.
    name, what, expected : str
        Its name, the expected kind of value, and the advice where its rows differ in length.
    """
    if type(value) is np.ndarray:
        return value
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise TypeError(
            f"{name} is a masked array, whose mask would be lost: fill it, {name}.filled(…), or keep "
            f"{name}.mask apart, as a mask of missing values"
        )
    if (advice := advice_for_no_array(value, name)) is not None:
        raise TypeError(f"{name} is {shown(value)}, expected {what}: {advice}")
    if getattr(value, "requires_grad", False) and hasattr(value, "detach"):
        value = value.detach()
    try:
        return np.asarray(value)
    except Exception as error:  # such as that of a tensor on another device
        kind = ValueError if isinstance(error, ValueError) else TypeError
        cause = expected if isinstance(value, Sequence) else f"NumPy can't read it ({error})"
        raise kind(f"{name} is {shown(value)}, expected {what}: {cause}") from error


def check_real(array: np.ndarray, value: Any, name: str) -> None:
    """Raise unless `array`, which was made of `value`, holds booleans, integers or floats."""
    if array.dtype.kind not in _REAL:
        found = f"has dtype {array.dtype}" if hasattr(value, "dtype") else f"is {shown(value)}"
        raise TypeError(f"{name} {found}, expected real numbers: {advice_for_numbers(array, value, name)}")


def column_moments(X: Any) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean and variance of each column, in float64, without a copy of `X`, an array or `Rows`.

    Raises
    ------
    ValueError
        Where a variance is too large for float64.
    """
    mean, square = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):  # refused below
        for start in range(0, len(X), _ROWS):
            mean += X[start : start + _ROWS].sum(axis=0, dtype=float)
        mean /= len(X)
        for start in range(0, len(X), _ROWS):
            square += ((X[start : start + _ROWS] - mean) ** 2).sum(axis=0)
    if not np.isfinite(square).all():
        largest = max(map(abs, _range(X, "X")))
        raise ValueError(f"X has values up to {largest:g}, whose squares are too large: scale it")
    return mean, square / len(X)


def warn_unless_standardised(mean: np.ndarray, variance: np.ndarray) -> None:
    """Warn of columns whose mean is far from 0 or whose variance, where they vary at all, is far from 1."""
    varying = variance[variance > 0] if (variance > 0).any() else variance
    if abs(mean).max() > 0.3 or varying.min() < 0.5 or varying.max() > 2:
        warn_user(
            f"X has means from {mean.min():.3g} to {mean.max():.3g} and variances from "
            f"{varying.min():.3g} to {varying.max():.3g}, but Gaussian units expect mean 0 and variance 1. "
            "Standardise: (X - X.mean(axis=0)) / X.std(axis=0), with 1 for constant columns"
        )


def check_weights(
    W: Any, dtype: str | None = None, **biases: tuple[Any, int]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Copy given parameters: a matrix, and for each bias the axis of the matrix whose length it has.

    Parameters
    ----------
    W : array_like of shape (D, M)
        The matrix.
    dtype : {"float64", "float32"}, optional
        Dtype of the copies. The default is W's own where that is float32 or float64, else float64.
    **biases
        Pairs of a vector and its axis.

    Returns
    -------
    W : numpy.ndarray
    biases : list of numpy.ndarray
        Of the same dtype.
    """
    if dtype is None:
        dtype = "float32" if getattr(W, "dtype", None) == np.float32 else "float64"
    W = np.array(check_matrix(W, "W", dtype=dtype), dtype=dtype, order="C")
    checked = []
    for name, (bias, axis) in biases.items():
        array = as_array(bias, name, "a vector of numbers", "pass one number per unit")
        check_real(array, bias, name)
        if array.ndim == 0:
            raise ValueError(f"{name} is {shown(bias)}, expected a vector of {W.shape[axis]} numbers")
        with np.errstate(over="ignore", invalid="ignore"):  # what becomes infinite is refused
            array = np.array(array, dtype=dtype)
        if array.shape != (W.shape[axis],) or not np.isfinite(array).all():
            raise ValueError(
                f"{name} has shape {array.shape}, expected {W.shape[axis]} finite numbers, "
                f"as W has shape {W.shape}"
            )
        checked.append(array)
    return W, checked
