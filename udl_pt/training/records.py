"""Measure costs and error rates during training, and record them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytensor.tensor as pt

from udl_pt.backends import Function, Kind
from udl_pt.symbolic.array_function import in_chunks
from udl_pt.symbolic.costs import categorical_cross_entropy, class_numbers
from udl_pt.symbolic.variables import Symbolic
from udl_pt.training.feed import Feed
from udl_pt.training.held_out import Arrays
from udl_pt.training.metrics import error_rate
from udl_pt.training.run import Run

MONITORED = 1000  # rows at most of data that come batch by batch

__all__ = ["classification_recorder", "cost_recorder", "monitored_rows", "sample_of_rows"]


def cost_recorder(
    costs: list[float],
    total: Callable[[Symbolic], Symbolic],
    run: Run,
    *,
    name: str,
    divisor: float = 1.0,
    valid: tuple[Any, list[float]] | None = None,
    kind: Kind | None = None,
) -> Callable[[], dict[str, float]]:
    """Return a function that measures the cost of the training rows and appends it to a list.

    Parameters
    ----------
    costs : list of float
        The list.
    total : callable
        Turns a matrix variable into the scalar sum of its rows' costs.
    run : udl_pt.training.run.Run
        The training. With the monitor ``"batch"`` all rows are measured. Else a thirtieth of them is, but at
        least 250 rows or all: see `monitored_rows`. Of data that come batch by batch, the first 1000 are
        measured. With None nothing is measured, and no graph is built.
    name : str
        The compiled cost's name in tracebacks.
    divisor : float
        A row's cost is divided by this number.
    valid : (ndarray or Rows, list of float), optional
        A validation set, of which all rows are measured, and the list for its cost.
    kind : udl_pt.backends.Kind, optional
        The kind of the cost's graph. `total` is called only for the first of a kind.

    Returns
    -------
    callable
        Takes nothing and returns a dict: ``"cost"`` and, with a validation set, ``"validation cost"``.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.training.records import cost_recorder
    >>> from udl_pt.training.rates import Rates
    >>> from udl_pt.training.run import Run
    >>> X = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> run = Run.checked(
    ...     X, dtype="float64", rates=Rates("float64"), epochs=1, batch_sz=1, monitor="epoch", callbacks=[]
    ... )
    >>> costs = []
    >>> measure = cost_recorder(costs, lambda X: X.sum(), run, name="sum")
    >>> measure()
    {'cost': 5.0}
    >>> costs
    [5.0]
    """
    if run.monitor is None:
        return lambda: {}
    X, dtype = run.data[0], run.dtype
    rows = None if run.monitor == "batch" else monitored_rows(len(X))
    if isinstance(X, Feed):  # the first rows, which are read once
        X, rows = X.first(MONITORED), None

    def build() -> Any:
        X_in = pt.matrix("X_in", dtype=dtype)
        return [X_in], total(X_in), []

    cost_op = Function.of_kind(kind, build, backend=run.backend, name=name)

    def mean(X: Any, rows: np.ndarray | None = None) -> float:
        N = len(X if rows is None else rows)
        return sum(float(cost_op(chunk)) for chunk in in_chunks(X, dtype, rows)) / (N * divisor)

    def measure() -> dict[str, float]:
        costs.append(mean(X, rows))
        if valid is None:
            return {"cost": costs[-1]}
        held_out, valid_costs = valid
        valid_costs.append(mean(held_out))
        return {"cost": costs[-1], "validation cost": valid_costs[-1]}

    return measure


def classification_recorder(
    costs: list[float],
    errors: list[float],
    logits: Callable[[Symbolic], Symbolic],
    run: Run,
    *,
    name: str,
    valid: tuple[Arrays, list[float], list[float]] | None = None,
    kind: Kind | None = None,
) -> Callable[[], dict[str, float]]:
    """Return a function that measures cost and error rate of the test set and appends them to lists.

    The cost is the mean negative log-likelihood of the labels, in nats. Without a test set, the validation
    set alone is measured.

    Parameters
    ----------
    costs, errors : list of float
        The lists.
    logits : callable
        Turns a matrix variable into the logits of its rows, of shape (N, K).
    run : udl_pt.training.run.Run
        The training. With the monitor None, and without a test or validation set, nothing is measured, and no
        graph is built.
    name : str
        The compiled function's name in tracebacks.
    valid : (tuple of ndarray, list of float, list of float), optional
        A validation set, rows and labels, and the lists for its cost and error.
    kind : udl_pt.backends.Kind, optional
        The kind of the graph of `logits`, which is called only for the first of a kind.

    Returns
    -------
    callable
        Takes nothing and returns a dict: ``"cost"`` with a test set, ``"validation cost"`` with a validation
        set.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.training.rates import Rates
    >>> from udl_pt.training.records import classification_recorder
    >>> from udl_pt.training.run import Run
    >>> X, Y = np.eye(2), [0, 1]
    >>> run = Run.checked(
    ...     X, Y, (X, Y), dtype="float64", rates=Rates("float64"), epochs=1, batch_sz=1, monitor="epoch",
    ...     callbacks=[]
    ... )
    >>> costs, errors = [], []
    >>> measure = classification_recorder(costs, errors, lambda X: 2.0 * X, run, name="test")
    >>> round(measure()["cost"], 3), errors
    (0.127, [0.0])
    """
    measured = {"cost": (run.test, costs, errors)} if run.test else {}
    if valid is not None:
        measured["validation cost"] = valid
    if run.monitor is None or not measured:
        return lambda: {}
    classes = class_numbers(run.n_classes)

    def build() -> Any:
        X_in, targets = pt.matrix("X_in", dtype=run.dtype), pt.ivector("targets")
        scores = logits(X_in)
        cost = categorical_cross_entropy(targets, scores, classes).sum()
        return [X_in, targets], [cost, scores.argmax(axis=1)], []

    if kind is not None:
        kind = replace(kind, variables=(*kind.variables, classes))
    cost_predict_op = Function.of_kind(kind, build, backend=run.backend, name=name)

    def record(X: Any, Y: np.ndarray, costs: list[float], errors: list[float]) -> None:
        total = 0.0
        predictions: list[np.ndarray] = []
        for chunk in in_chunks(X, run.dtype):
            start = sum(len(p) for p in predictions)
            cost, prediction = cost_predict_op(chunk, Y[start : start + len(chunk)])
            total += float(cost)
            predictions.append(prediction)
        costs.append(total / len(X))
        errors.append(error_rate(np.concatenate(predictions), Y))

    def measure() -> dict[str, float]:
        for (X, Y), own_costs, own_errors in measured.values():
            record(X, Y, own_costs, own_errors)
        return {name: own_costs[-1] for name, (_, own_costs, _) in measured.items()}

    return measure


def monitored_rows(N: int) -> np.ndarray:
    """Return the rows whose cost is recorded once an epoch: a random thirtieth of them, but at least 250.

    Of fewer than 500 rows all are recorded. A cost takes two of the five matrix products of a step and many
    logarithms. So few rows keep it under 5% of an epoch.

    Parameters
    ----------
    N : int
        The number of training rows.

    Returns
    -------
    numpy.ndarray of int
        Their indices in ascending order, the same in every call.

    Examples
    --------
    >>> from udl_pt.training.records import monitored_rows
    >>> [len(monitored_rows(N)) for N in (100, 1000, 60000)]
    [100, 250, 2000]
    """
    every = max(1, min(30, N // 250))
    return sample_of_rows(N, -(-N // every))


def sample_of_rows(N: int, n: int) -> np.ndarray:
    """Draw `n` of `N` rows, or all where there are fewer; each call returns the same ones.

    The draw has a generator of its own, so the models' draws keep their order. Taking every n-th row instead
    could sample a single class, where the classes alternate.

    Parameters
    ----------
    N : int
        The number of rows.
    n : int
        The size of the sample.

    Returns
    -------
    numpy.ndarray of int
        Indices from 0 to ``N - 1``, in ascending order.

    Examples
    --------
    >>> from udl_pt.training.records import sample_of_rows
    >>> len(sample_of_rows(1000, 10))
    10
    >>> sample_of_rows(3, 10).tolist()
    [0, 1, 2]
    """
    return np.sort(np.random.default_rng(0).permutation(N)[:n])
