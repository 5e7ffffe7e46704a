"""The one training loop: shuffles, batches, costs, callbacks. It knows no model.

The book's loop, for every model: each epoch shuffles the rows (on top of the shuffle before), cuts
``N // batch_sz`` batches and drops the rest. What is shuffled here is the rows' order, by the same draws
as ``sklearn.utils.shuffle``, so the data stay where they are, in their own dtype: only one batch at a time
is copied and cast.
"""

import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Variable

from udl_pt._support.exceptions import DivergenceError
from udl_pt._support.interrupts import deferring_signals, uninterrupted
from udl_pt.backends import Function
from udl_pt.symbolic.calling import in_chunks
from udl_pt.symbolic.random import HostGenerator
from udl_pt.training.rates import Rates

__all__ = [
    "MONITORS",
    "Progress",
    "Step",
    "cost_recorder",
    "monitored_rows",
    "notify",
    "sample_of_rows",
    "show_costs",
    "train",
]

MONITORS = ("epoch", "batch", None)
_LENGTHENING = ("learning_rate", "mu", "denoising", "adversarial")  # what makes steps too long


@dataclass
class Progress:
    """Where a training run is; what callbacks get.

    Attributes
    ----------
    stage : str
        What is being trained, such as ``"AutoEncoder(1000)"``.
    epoch, epochs, batch, n_batches : int
        Epochs and batches so far (counted from 1) and in all.
    cost : float or None
        The latest recorded cost.
    hyper : Rates, a mapping of str to float
        Learning rate and the like; a callback may change them for the steps to come. The names are fixed,
        and a value outside the limits of ``fit``'s argument is refused at once.
    stop : bool
        A callback sets it to end the training after this epoch (or batch).
    model : object
        What is being trained, itself.

    Notes
    -----
    On JAX the parameters are JAX's own arrays until the epoch is over: in ``on_batch``, read them with
    ``numpy.asarray(p.get_value())``.
    """

    stage: str
    epochs: int
    n_batches: int
    epoch: int = 0
    batch: int = 0
    cost: float | None = None
    hyper: Rates = field(default_factory=lambda: Rates("float64"))
    stop: bool = False
    model: Any = None

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse what no training would look at, such as a rate outside `hyper`, or another `hyper`."""
        known = [field.name for field in fields(self)]
        if name not in known:
            raise AttributeError(
                f"progress has no {name!r}, but {', '.join(known)}: the rates are in progress.hyper, such as "
                "progress.hyper['learning_rate'] = 0.1"
            )
        if name == "hyper" and vars(self).get(name, value) is not value:
            raise AttributeError(
                "progress.hyper can't be replaced: change its entries, such as "
                "progress.hyper['learning_rate'] = 0.1"
            )
        super().__setattr__(name, value)


class Step(Protocol):
    """What `train` needs of a model's step.

    Attributes
    ----------
    names : list of str
        Its parameters', for messages.
    rates : list of str
        Names of the rates that it takes after the batch, in this order.
    """

    names: list[str]
    rates: list[str]

    def __call__(self, *arguments: np.ndarray) -> np.ndarray:
        """Take a batch and rates, update, and say for each parameter whether its step was finite.

        If one wasn't, all parameters must be what they were.
        """

    def settle(self) -> None:
        """Make the parameters fit to be looked at from outside."""


@deferring_signals
def train(
    step: Step,
    data: Sequence[np.ndarray],
    *,
    epochs: int,
    batch_sz: int,
    generator: HostGenerator,
    hyper: Rates,
    dtype: str,
    stage: str,
    measure: Callable[[], float],
    model: Any = None,
    augment: Callable[[np.ndarray], np.ndarray] | None = None,
    monitor: str | None = "epoch",
    callbacks: Sequence[Callable[[Progress], Any]] = (),
) -> None:
    """Run `epochs` epochs of `step` over shuffled batches.

    Parameters
    ----------
    step : Step
        Called as ``step(*batch, *rates)``, with the rates whose names it declares.
    data : sequence of ndarray
        Arrays of the same number of rows; floating-point batches are cast to `dtype`.
    epochs, batch_sz : int
        Already checked.
    generator : numpy.random.Generator or numpy.random.RandomState
        Source of the shuffles.
    hyper : Rates
        At least the rates that `step` declares; `Progress.hyper`.
    dtype : str
        dtype of batches and scalars.
    stage : str
        What is trained; for messages and progress.
    measure : callable
        Records the cost and returns it; called as `monitor` says.
    model : object
        For `Progress.model`; nothing here looks into it.
    augment : callable, optional
        Changes the rows of the first array, cast to `dtype`, before each step.
    monitor : {"epoch", "batch", None}
        After each epoch, after each batch, or never.
    callbacks : sequence of callable
        ``callback(progress)`` after each epoch; see `notify` for what else a callback may have.

    Raises
    ------
    DivergenceError
        At the first step that isn't finite; names stage, epoch, batch and parameter. Also where the recorded
        cost isn't finite.

    Notes
    -----
    A step happens whole: an exception of a signal's handler, such as KeyboardInterrupt, waits for its end.
    """
    n = len(data[0])
    order = np.arange(n)
    progress = Progress(stage, epochs, n // batch_sz, hyper=hyper, model=model)
    try:
        notify(callbacks, "on_start", progress)
        for epoch in range(1, epochs + 1):
            if progress.stop:
                break
            progress.epoch = epoch
            # what sklearn.utils.shuffle does: it shuffles an arange and indexes with it
            shuffled = np.arange(n)
            generator.shuffle(shuffled)
            order = order[shuffled]
            for j in range(progress.n_batches):
                progress.batch = j + 1
                rows = order[j * batch_sz : (j + 1) * batch_sz]
                scalars = [np.asarray(progress.hyper[name], dtype) for name in step.rates]
                first, *others = (_cast(array[rows], dtype) for array in data)
                if augment is not None:
                    first = _cast(augment(first), dtype)
                finite = uninterrupted(step, first, *others, *scalars)
                if not finite.all():
                    raise _divergence(progress, step.names, finite)
                if monitor == "batch":
                    progress.cost = _finite(measure(), progress)
                notify(callbacks, "on_batch", progress)
                if progress.stop:
                    break
            if monitor == "epoch":
                progress.cost = _finite(measure(), progress)
            uninterrupted(step.settle)
            for callback in callbacks:
                callback(progress)
    finally:
        uninterrupted(step.settle)
    notify(callbacks, "on_end", progress)


def notify(callbacks: Iterable[Any], moment: str, *arguments: Any) -> None:
    """Call the method `moment` of those callbacks that have it.

    Parameters
    ----------
    callbacks : iterable of callable
        As given to `fit`.
    moment : {"on_check", "on_start", "on_batch", "on_end"}
        ``on_check(model, rates, records)`` before a fit changes anything, to refuse what can't be: the names
        of the rates that `Progress.hyper` will hold, and those of the model's lists that will get an entry an
        epoch. Then, with a `Progress`, before the first batch, after each batch, and after the last epoch.
    *arguments
        What the method gets.
    """
    for callback in callbacks:
        if hasattr(callback, moment):
            getattr(callback, moment)(*arguments)


def cost_recorder(
    costs: list[float],
    total: Callable[[Variable], Variable],
    X: np.ndarray,
    *,
    monitor: str | None,
    dtype: str,
    backend: str | None,
    name: str,
    divisor: float = 1.0,
    valid: tuple[np.ndarray, list[float]] | None = None,
) -> Callable[[], float]:
    """Make what measures a cost of the whole set, or once an epoch of `monitored_rows`, and writes it down.

    Parameters
    ----------
    costs : list of float
        Where to.
    total : callable
        Turns a matrix variable into the scalar sum of its rows' costs.
    X : ndarray of shape (N, D)
        The data.
    monitor : {"epoch", "batch", None}
        ``"batch"`` measures all rows.
    dtype, backend, name : str
        As the model's.
    divisor : float
        What a row's cost is divided by.
    valid : (ndarray, list of float), optional
        A validation set, of which all rows are measured, and where to write its cost down.
    """
    X_in = pt.matrix("X_in", dtype=dtype)
    cost_op = Function([X_in], total(X_in), backend=backend, name=name)
    rows = None if monitor == "batch" else monitored_rows(len(X))

    def mean(X: np.ndarray, rows: np.ndarray | None = None) -> float:
        N = len(X if rows is None else rows)
        return sum(float(cost_op(chunk)) for chunk in in_chunks(X, dtype, rows)) / (N * divisor)

    def measure() -> float:
        costs.append(mean(X, rows))
        if valid is not None:
            held_out, valid_costs = valid
            valid_costs.append(mean(held_out))
        return costs[-1]

    return measure


def monitored_rows(N: int) -> np.ndarray:
    """Return the rows whose cost is recorded once an epoch: a thirtieth of them by chance, but at least 250.

    Of less than 500 rows all. A cost takes two of the five matrix products of a step and many logarithms; so
    few rows keep it under 5% of an epoch.
    """
    every = max(1, min(30, N // 250))
    return sample_of_rows(N, -(-N // every))


def sample_of_rows(N: int, n: int) -> np.ndarray:
    """Draw `n` of `N` rows, all where there are less: the same in every call, in ascending order.

    The draw has a generator of its own, so that the models' draws keep their order. Every n-th row instead
    would be a sample of one class, where the classes come in turn.
    """
    return np.sort(np.random.default_rng(0).permutation(N)[:n])


def show_costs(costs: Sequence[float], title: str) -> None:
    """Show a curve of costs on the screen, for ``show_fig=True``."""
    # The one step up the floors: matplotlib is loaded only when a figure is asked for.
    importlib.import_module("udl_pt.plots").show_costs(costs, title)


def _cast(batch: np.ndarray, dtype: str) -> np.ndarray:
    return batch if batch.ndim == 1 else np.ascontiguousarray(batch, dtype)


def _finite(cost: float, progress: Progress) -> float:
    """Return the recorded cost, where it is finite."""
    if not np.isfinite(cost):
        raise DivergenceError(
            f"{progress.stage}: the recorded cost is {cost:g} in epoch {progress.epoch}, batch "
            f"{progress.batch}; the parameters are those after this batch: scale X, or train with a smaller "
            f"{_smaller(progress)}"
        )
    return cost


def _smaller(progress: Progress) -> str:
    return " or ".join(name for name in _LENGTHENING if name in progress.hyper)


def _divergence(progress: Progress, names: Sequence[str], finite: np.ndarray) -> DivergenceError:
    broken = [name for name, fine in zip(names, finite, strict=True) if not fine]
    rates = ", ".join(f"{name} {value:g}" for name, value in progress.hyper.items())
    return DivergenceError(
        f"{progress.stage}: the step of {', '.join(broken)} is not finite in epoch {progress.epoch}, "
        f"batch {progress.batch} ({rates}); the parameters are those before this step: "
        f"train with a smaller {_smaller(progress)}"
    )
