"""Call symbolic methods on arrays, in chunks of rows.

So a whole data set can pass through a model without all of its hidden layers in memory at once.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytensor.tensor as pt

from udl_pt._support.arrays import check_matrix
from udl_pt._support.precision import check_result
from udl_pt.backends import Function
from udl_pt.symbolic.variables import Symbolic

__all__ = ["ArrayFunction", "in_chunks", "join_chunks"]

CHUNK = 1000  # rows


def in_chunks(X: Any, dtype: str, rows: np.ndarray | None = None) -> Any:
    """Yield `X`, or some of its rows, in C-ordered chunks of at most 1000 rows, cast to `dtype`.

    Parameters
    ----------
    X : ndarray or Rows of shape (N, D)
        The rows.
    dtype : str
        The dtype of the chunks.
    rows : ndarray of int, optional
        Indices of the rows to yield; by default all.

    Yields
    ------
    numpy.ndarray of shape (n, D)

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.symbolic.array_function import in_chunks
    >>> [chunk.shape for chunk in in_chunks(np.zeros((2500, 3)), "float32")]
    [(1000, 3), (1000, 3), (500, 3)]
    """
    for start in range(0, len(X if rows is None else rows), CHUNK):
        chunk = slice(start, start + CHUNK)
        yield np.ascontiguousarray(X[chunk if rows is None else rows[chunk]], dtype)


def join_chunks(chunks: Iterable[np.ndarray], n_rows: int) -> np.ndarray:
    """Return one array of the rows of all chunks. Only one chunk at a time is in memory besides it.

    Parameters
    ----------
    chunks : iterable of ndarray of shape (n, …)
        The rows; at least one chunk.
    n_rows : int
        The number of all rows.

    Returns
    -------
    numpy.ndarray of shape (n_rows, …)
        Of the first chunk's dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.symbolic.array_function import in_chunks, join_chunks
    >>> join_chunks((2 * chunk for chunk in in_chunks(np.ones((2500, 3)), "float32")), 2500).shape
    (2500, 3)
    """
    joined, start = None, 0
    for rows in chunks:
        if joined is None:
            joined = np.empty((n_rows, *rows.shape[1:]), rows.dtype)
        joined[start : start + len(rows)] = rows
        start += len(rows)
    assert joined is not None  # no caller has an empty X
    return joined


class ArrayFunction:
    """A model's symbolic method as a function of arrays, which is compiled at the first call.

    Parameters
    ----------
    graph : callable
        Takes a matrix variable, returns a variable with one row (or entry) per sample.
    dtype : str
        The model's dtype.
    n_features : int
        The number of columns that `graph` expects.
    unit_interval : bool
        Whether the input is read as probabilities; values outside [0, 1] are then an error.
    backend : {"numba", "c", "jax"}
        The backend that compiles the graph.
    name : str
        The method's name.
    argument : str
        The input's name in messages.
    finite : bool
        Whether a result that isn't finite is an error.

    Examples
    --------
    >>> from udl_pt.symbolic.array_function import ArrayFunction
    >>> options = {"dtype": "float64", "n_features": 2, "unit_interval": False, "backend": "jax"}
    >>> total = ArrayFunction(lambda X: X.sum(axis=1), name="total", **options)
    >>> total([[1.0, 2.0], [3.0, 4.0]]).tolist()
    [3.0, 7.0]
    """

    def __init__(
        self,
        graph: Callable[[Symbolic], Symbolic],
        *,
        dtype: str,
        n_features: int,
        unit_interval: bool,
        backend: str,
        name: str,
        argument: str = "X",
        finite: bool = False,
    ) -> None:
        x = pt.matrix("X", dtype=dtype)
        self.argument, self.finite = argument, finite
        self.dtype, self.n_features, self.unit_interval = dtype, n_features, unit_interval
        self._function = Function([x], graph(x), backend=backend, name=name)

    def __call__(self, X: Any) -> np.ndarray:
        """Compute the method for an array.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        numpy.ndarray of shape (n_samples, …)

        Raises
        ------
        TypeError, ValueError
            If `X` is not such a matrix, or has values outside [0, 1] where it is read as probabilities. Also
            if values are so large that a result that must be finite overflows.
        """
        X = check_matrix(
            X,
            self.argument,
            dtype=self.dtype,
            n_features=self.n_features,
            unit_interval=self.unit_interval,
        )
        if len(X) <= CHUNK:
            results = np.array(self._function(np.ascontiguousarray(X, self.dtype)), order="C")
        else:
            results = self._function.call_locked(self._of_chunks, X)  # another thread may train
        return check_result(results, X, self.argument) if self.finite else results

    def _of_chunks(self, X: np.ndarray) -> np.ndarray:
        return join_chunks(map(self._function, in_chunks(X, self.dtype)), len(X))
