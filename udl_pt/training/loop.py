"""The one training loop: shuffles, batches, costs, callbacks. It knows no model.

It is the book's loop, for every model. Each epoch shuffles the rows, on top of the shuffle before. It cuts
``N // batch_sz`` batches and drops the rest. Only the order of the rows is shuffled, by the same draws as
``sklearn.utils.shuffle``. So the data keep their place and their dtype, and only one batch at a time is
copied and cast.
"""

import contextlib
import copy
import importlib
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Protocol, cast

import numpy as np

from udl_pt._support.exceptions import DivergenceError
from udl_pt._support.interrupts import deferring_signals, uninterrupted
from udl_pt.backends import faster_threads, flushing_subnormals
from udl_pt.symbolic.chance import HostGenerator
from udl_pt.training._resuming import entered
from udl_pt.training.feed import Feed
from udl_pt.training.progress import Progress, notify, notifying
from udl_pt.training.run import Run

__all__ = ["Step", "show_costs", "train"]

_LENGTHENING = ("learning_rate", "mu", "denoising", "adversarial")  # what makes steps too long


class Step(Protocol):
    """The protocol of a model's training step, as `train` calls it.

    Attributes
    ----------
    names : list of str
        Names of the step's parameters, for messages.
    rates : list of str
        Names of the rates that the step takes after the batch, in this order.

    Examples
    --------
    A step that moves a number towards the mean of each batch:

    >>> import numpy as np
    >>> class MeanStep:
    ...     names, rates, m = ["m"], ["learning_rate"], 0.0
    ...     def __call__(self, X, learning_rate):
    ...         self.m += float(learning_rate * (X.mean() - self.m))
    ...         return np.array([np.isfinite(self.m)])
    ...     def settle(self):
    ...         pass
    >>> step = MeanStep()
    >>> step(np.ones((2, 3)), 0.5).tolist(), step.m
    ([True], 0.5)
    """

    names: list[str]
    rates: list[str]

    def __call__(self, *arguments: np.ndarray) -> np.ndarray:
        """Update the parameters from a batch and rates; return for each whether its step was finite.

        If one wasn't, all parameters must keep their old values.
        """

    def settle(self) -> None:
        """Turn the parameters' values into NumPy arrays, so that code outside the step can read them.

        Examples
        --------
        A step on JAX leaves JAX's arrays in the shared variables until then:

        >>> import numpy as np, pytensor
        >>> import pytensor.tensor as pt
        >>> from udl_pt.symbolic.steps import MomentumStep
        >>> x = pt.vector("x", dtype="float64")
        >>> p, v = pytensor.shared(np.ones(2), name="p"), pytensor.shared(np.zeros(2), name="v")
        >>> step = MomentumStep((p * x).sum(), [x], [p], [v], dtype="float64", backend="jax", name="step")
        >>> _ = step(np.ones(2), np.asarray(0.5), np.asarray(0.9))
        >>> step.settle()
        >>> p.get_value(borrow=True).tolist(), type(p.get_value(borrow=True)).__name__
        ([0.5, 0.5], 'ndarray')
        """


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
        Called as ``step(*batch, *rates)``, with the rates whose names it declares. It updates the parameters
        and returns a vector of bool: whether the step of each was finite.
    run : udl_pt.training.run.Run
        Data and arguments. `Run.rates` has at least the rates that `step` declares. Floating-point batches
        are cast to `Run.dtype`.
    generator : numpy.random.Generator or numpy.random.RandomState
        Source of the shuffles.
    stage : str
        The name of the training, for messages and progress.
    measure : callable
        Records costs and returns them by name, the one for `Progress.cost` first. It is called after each
        epoch or each batch, as `Run.monitor` says.
    model : object
        The value of `Progress.model`; the loop does not use it.
    augment : callable, optional
        Changes the rows of the first array, cast to the dtype, before each step.

    Raises
    ------
    DivergenceError
        At the first step that isn't finite; the message names stage, epoch, batch and parameter. Also when a
        recorded cost isn't finite.

    Notes
    -----
    A step is never cut in two. An exception of a signal's handler, such as KeyboardInterrupt, waits for its
    end.

    Examples
    --------
    A step that moves a number towards the mean of each batch, by half of the distance:

    >>> import numpy as np
    >>> from udl_pt.training.loop import train
    >>> from udl_pt.training.rates import Rates
    >>> from udl_pt.training.run import Run
    >>> class MeanStep:
    ...     names, rates, m = ["m"], ["learning_rate"], 0.0
    ...     def __call__(self, X, learning_rate):
    ...         self.m += float(learning_rate * (X.mean() - self.m))
    ...         return np.array([np.isfinite(self.m)])
    ...     def settle(self):
    ...         pass
    >>> rates = Rates("float64", learning_rate=0.5)
    >>> run = Run.checked(
    ...     np.ones((4, 3)), dtype="float64", rates=rates, epochs=1, batch_sz=2, monitor=None, callbacks=[]
    ... )
    >>> step = MeanStep()
    >>> train(step, run, generator=np.random.default_rng(0), stage="mean", measure=dict)
    >>> step.m
    0.75
    """
    dtype, callbacks, n_batches = run.dtype, run.callbacks, len(run.data[0]) // run.batch_sz
    progress = Progress(stage, run.epochs, n_batches, hyper=copy.copy(run.rates), model=model)
    with entered(model, step, progress, callbacks) as training, contextlib.ExitStack() as at_end:
        if training.is_over:
            return
        at_end.enter_context(notifying(callbacks, progress))
        at_end.callback(uninterrupted, step.settle)
        if run.devices is not None:
            cast(Any, step).spread(run.devices)  # only compiled steps are on JAX
        step_op: Callable[..., np.ndarray] = step
        if run.backend != "jax":  # which flushes them itself
            step_op, measure = flushing_subnormals(step), flushing_subnormals(measure)
        timed_step = uninterrupted(at_end.enter_context, faster_threads(step_op, run.backend))
        # a resumed training starts within an epoch, after some of its batches
        start = training.resume() or {"order": _first_order(run), "epoch": 1, "batches": 0}
        order, done = start["order"], start["batches"]
        for epoch in range(start["epoch"], run.epochs + 1):
            if not done:
                if progress.stop:
                    break
                progress.advance(epoch=epoch)
                order = _shuffled(run, order, generator)
            with contextlib.closing(_batches(run, order, done)) as batches:
                for j in range(done, progress.n_batches):
                    if progress.stop:
                        break
                    progress.advance(batch=j + 1)
                    scalars = [np.asarray(progress.hyper[name], dtype) for name in step.rates]
                    first, *others = (_cast(array, dtype) for array in next(batches))
                    if augment is not None:
                        first = _cast(augment(first), dtype)
                    finite = uninterrupted(timed_step, first, *others, *scalars)
                    if not finite.all():
                        raise _divergence(progress, step.names, finite)
                    if run.monitor == "batch":
                        progress.advance(cost=_finite(measure(), progress))
                    notify(callbacks, "on_batch", progress)
                    training.after("batch", order=order, epoch=epoch, batches=j + 1)
            done = 0
            if run.monitor == "epoch":
                progress.advance(cost=_finite(measure(), progress))
            uninterrupted(step.settle)
            for callback in filter(callable, callbacks):
                callback(progress)
            training.after("epoch", order=order, epoch=epoch + 1, batches=0)


def show_costs(costs: Sequence[float], title: str) -> None:
    """Show a curve of costs on the screen, for ``show_fig=True``.

    Parameters
    ----------
    costs : sequence of float
        Costs of the recorded steps.
    title : str
        Title of the figure.

    Examples
    --------
    >>> from udl_pt.training.loop import show_costs
    >>> show_costs([3.0, 2.0, 1.5], "An auto-encoder")  # doctest: +SKIP
    """
    # matplotlib is loaded only when a figure is asked for.
    importlib.import_module("udl_pt.plots").show_costs(costs, title)


def _first_order(run: Run) -> np.ndarray:
    return np.arange(0 if isinstance(run.data[0], Feed) else len(run.data[0]))


def _shuffled(run: Run, order: np.ndarray, generator: HostGenerator) -> np.ndarray:
    """Return the order of the next epoch's rows; of data that come batch by batch the seed of the buffer."""
    if isinstance(run.data[0], Feed):
        return run.data[0].seed(generator)
    # what sklearn.utils.shuffle does: it shuffles an arange and indexes with it
    shuffled = np.arange(len(order))
    generator.shuffle(shuffled)
    return order[shuffled]


def _batches(run: Run, order: np.ndarray, done: int) -> Generator[tuple[np.ndarray, ...], None, None]:
    """Yield an epoch's batches from number `done` on: rows, and their labels where there are some."""
    if isinstance(run.data[0], Feed):
        yield from run.data[0].epoch(run.batch_sz, order, skip=done)
        return
    for start in range(done * run.batch_sz, len(order), run.batch_sz):
        rows = order[start : start + run.batch_sz]
        yield tuple(array[rows] for array in run.data)


def _cast(batch: np.ndarray, dtype: str) -> np.ndarray:
    return batch if batch.ndim == 1 else np.ascontiguousarray(batch, dtype)


def _finite(costs: Mapping[str, float], progress: Progress) -> float | None:
    """Return the first of the recorded costs, where all are finite; None where nothing was measured."""
    for name, cost in costs.items():
        if not np.isfinite(cost):
            raise DivergenceError(
                f"{progress.stage}: the recorded {name} is {cost:g} in epoch {progress.epoch}, batch "
                f"{progress.batch}; the parameters are those after this batch: scale X, or use a smaller "
                f"{_smaller(progress)}"
            )
    return next(iter(costs.values()), None)


def _smaller(progress: Progress) -> str:
    return " or ".join(name for name in _LENGTHENING if name in progress.hyper)


def _divergence(progress: Progress, names: Sequence[str], finite: np.ndarray) -> DivergenceError:
    broken = [name for name, fine in zip(names, finite, strict=True) if not fine]
    rates = ", ".join(f"{name} {value:g}" for name, value in progress.hyper.items())
    return DivergenceError(
        f"{progress.stage}: the step of {', '.join(broken)} is not finite in epoch {progress.epoch}, "
        f"batch {progress.batch} ({rates}); the parameters are those before this step: "
        f"use a smaller {_smaller(progress)}"
    )
