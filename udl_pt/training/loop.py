"""The one training loop: shuffles, batches, costs, callbacks. It knows no model.

The book's loop, for every model: each epoch shuffles the rows (on top of the shuffle before), cuts
``N // batch_sz`` batches and drops the rest. What is shuffled here is the rows' order, by the same draws
as ``sklearn.utils.shuffle``, so the data stay where they are, in their own dtype: only one batch at a time
is copied and cast.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pytensor.tensor as pt

from udl_pt._support.exceptions import DivergenceError
from udl_pt._support.interrupts import deferring_signals, uninterrupted
from udl_pt.backends import Function
from udl_pt.symbolic.calling import in_chunks
from udl_pt.symbolic.random import HostGenerator
from udl_pt.symbolic.variables import Symbolic
from udl_pt.training.progress import Progress, notify
from udl_pt.training.run import Run

__all__ = [
    "Step",
    "cost_recorder",
    "monitored_rows",
    "sample_of_rows",
    "show_costs",
    "train",
]

_LENGTHENING = ("learning_rate", "mu", "denoising", "adversarial")  # what makes steps too long


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
    run: Run,
    *,
    generator: HostGenerator,
    stage: str,
    measure: Callable[[], Mapping[str, float]],
    model: Any = None,
    augment: Callable[[np.ndarray], np.ndarray] | None = None,
) -> None:
    """Run the epochs of `step` over shuffled batches.

    Parameters
    ----------
    step : Step
        Called as ``step(*batch, *rates)``, with the rates whose names it declares.
    run : udl_pt.training.run.Run
        Data and arguments; `Run.rates` has at least the rates that `step` declares. Floating-point batches
        are cast to its dtype.
    generator : numpy.random.Generator or numpy.random.RandomState
        Source of the shuffles.
    stage : str
        What is trained; for messages and progress.
    measure : callable
        Records costs and returns them by name, the one for `Progress.cost` first; called as `Run.monitor`
        says.
    model : object
        For `Progress.model`; nothing here looks into it.
    augment : callable, optional
        Changes the rows of the first array, cast to the dtype, before each step.

    Raises
    ------
    DivergenceError
        At the first step that isn't finite; names stage, epoch, batch and parameter. Also where a recorded
        cost isn't finite.

    Notes
    -----
    A step happens whole: an exception of a signal's handler, such as KeyboardInterrupt, waits for its end.
    """
    n, batch_sz, dtype, callbacks = len(run.data[0]), run.batch_sz, run.dtype, run.callbacks
    order = np.arange(n)
    progress = Progress(stage, run.epochs, n // batch_sz, hyper=run.rates, model=model)
    try:
        notify(callbacks, "on_start", progress)
        for epoch in range(1, run.epochs + 1):
            if progress.stop:
                break
            progress.advance(epoch=epoch)
            # what sklearn.utils.shuffle does: it shuffles an arange and indexes with it
            shuffled = np.arange(n)
            generator.shuffle(shuffled)
            order = order[shuffled]
            for j in range(progress.n_batches):
                progress.advance(batch=j + 1)
                rows = order[j * batch_sz : (j + 1) * batch_sz]
                scalars = [np.asarray(progress.hyper[name], dtype) for name in step.rates]
                first, *others = (_cast(array[rows], dtype) for array in run.data)
                if augment is not None:
                    first = _cast(augment(first), dtype)
                finite = uninterrupted(step, first, *others, *scalars)
                if not finite.all():
                    raise _divergence(progress, step.names, finite)
                if run.monitor == "batch":
                    progress.advance(cost=_finite(measure(), progress))
                notify(callbacks, "on_batch", progress)
                if progress.stop:
                    break
            if run.monitor == "epoch":
                progress.advance(cost=_finite(measure(), progress))
            uninterrupted(step.settle)
            for callback in filter(callable, callbacks):
                callback(progress)
    finally:
        uninterrupted(step.settle)
    notify(callbacks, "on_end", progress)


def cost_recorder(
    costs: list[float],
    total: Callable[[Symbolic], Symbolic],
    run: Run,
    *,
    name: str,
    divisor: float = 1.0,
    valid: tuple[np.ndarray, list[float]] | None = None,
) -> Callable[[], dict[str, float]]:
    """Make a function that measures the cost of the training rows and appends it to a list.

    Parameters
    ----------
    costs : list of float
        The list.
    total : callable
        Turns a matrix variable into the scalar sum of its rows' costs.
    run : udl_pt.training.run.Run
        The training. With the monitor ``"batch"`` all rows are measured, else `monitored_rows`.
    name : str
        What tracebacks call the compiled cost.
    divisor : float
        What a row's cost is divided by.
    valid : (ndarray, list of float), optional
        A validation set, of which all rows are measured, and the list for its cost.
    """
    X, dtype = run.data[0], run.dtype
    X_in = pt.matrix("X_in", dtype=dtype)
    cost_op = Function([X_in], total(X_in), backend=run.backend, name=name)
    rows = None if run.monitor == "batch" else monitored_rows(len(X))

    def mean(X: np.ndarray, rows: np.ndarray | None = None) -> float:
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


def _finite(costs: Mapping[str, float], progress: Progress) -> float:
    """Return the first of the recorded costs, where all are finite."""
    for name, cost in costs.items():
        if not np.isfinite(cost):
            raise DivergenceError(
                f"{progress.stage}: the recorded {name} is {cost:g} in epoch {progress.epoch}, batch "
                f"{progress.batch}; the parameters are those after this batch: scale X, or train with a "
                f"smaller {_smaller(progress)}"
            )
    return next(iter(costs.values()))


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
