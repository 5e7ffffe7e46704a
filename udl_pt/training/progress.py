"""The state of a training run, and the calls of its callbacks."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from udl_pt._support.arguments import check_switch
from udl_pt.training.rates import Rates

__all__ = ["MONITORS", "Progress", "latest_records", "notify", "notifying"]

MONITORS = ("epoch", "batch", None)


@dataclass
class Progress:
    """The state of a training run, which callbacks receive.

    Attributes
    ----------
    stage : str
        The name of the training, such as ``"AutoEncoder(1000)"``.
    epoch, epochs, batch, n_batches : int
        Present epoch and number of epochs, present batch and number of batches per epoch; counted from 1.
    cost : float or None
        The latest recorded cost.
    hyper : Rates, a mapping of str to float
        Learning rate and the like; a callback may change them for the steps to come. The names are fixed. A
        value outside the limits of ``fit``'s argument is an error at once.
    stop : bool
        A callback sets it to end the training after this epoch (or batch). No other attribute can be set.
    model : object
        The trained model itself.

    Notes
    -----
    On JAX the parameters are JAX's own arrays until the epoch is over: in ``on_batch``, read them with
    ``numpy.asarray(p.get_value())``.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import AutoEncoder
    >>> def report(progress):
    ...     print(progress.stage, progress.epoch, "of", progress.epochs)
    ...     progress.stop = progress.epoch == 2
    >>> _ = AutoEncoder(2, random_state=0).fit(np.eye(4), epochs=5, batch_sz=2, callbacks=[report])
    AutoEncoder(2) 1 of 5
    AutoEncoder(2) 2 of 5
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
        """Set `stop`; raise for any other attribute, which no training would read."""
        known = [field.name for field in fields(self)]
        if name not in known:
            raise AttributeError(
                f"progress has no {name!r}; it has {', '.join(known)}. The rates are in progress.hyper, such "
                "as progress.hyper['learning_rate'] = 0.1"
            )
        if name in vars(self) and vars(self)[name] is not value:  # `progress.hyper |= …` assigns it again
            if name != "stop":
                raise AttributeError(
                    f"progress.{name} can't be set: set progress.stop, or an entry of progress.hyper, such "
                    "as progress.hyper['learning_rate'] = 0.1"
                )
            value = check_switch(value, "progress.stop")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        """Raise an error: the training reads every attribute."""
        raise AttributeError(f"progress.{name} can't be deleted")

    def advance(self, **values: Any) -> None:
        """Set the state of the run; only the training loop may call it.

        Parameters
        ----------
        **values
            New values of attributes, such as ``epoch=2``.

        Examples
        --------
        >>> from udl_pt.training.progress import Progress
        >>> progress = Progress("RBM(2)", epochs=3, n_batches=10)
        >>> progress.advance(epoch=2, batch=5)
        >>> progress.epoch, progress.batch
        (2, 5)
        """
        vars(self).update(values)


def latest_records(progress: Progress) -> dict[str, float]:
    """Return the latest entries of the model's records, such as ``valid_costs``, by name, without the costs.

    Parameters
    ----------
    progress : Progress
        The training.

    Returns
    -------
    dict of str to float

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.training.progress import latest_records
    >>> def report(progress):
    ...     print(list(latest_records(progress)))
    >>> _ = RBM(2).fit(np.eye(4), batch_sz=3, validation=0.25, callbacks=[report])
    ['valid_costs']
    """
    records = {n: v for n, v in vars(progress.model or progress).items() if n.endswith(("costs", "errors"))}
    return {name: values[-1] for name, values in records.items() if values and name.strip("_") != "costs"}


def notify(callbacks: Iterable[Any], moment: str, *arguments: Any) -> None:
    """Call the method `moment` of those callbacks that have it.

    Parameters
    ----------
    callbacks : iterable of callable
        The callbacks passed to `fit`.
    moment : {"on_check", "on_start", "on_resume", "on_batch", "on_end", "on_error"}
        ``on_check(model, rates, records)`` is called before a fit changes anything; it may raise an error.
        `rates` are the names of the rates that `Progress.hyper` will hold. `records` are the names of the
        model's lists that will get one entry per epoch. The others get a `Progress`: ``on_start`` before the
        first batch, ``on_batch`` after each batch, ``on_end`` after the last epoch, and ``on_error`` where
        an error or an interrupt ends the training. ``on_resume`` follows ``on_start`` where a checkpoint has
        been restored, the attributes of the callbacks included.
    *arguments
        The arguments of the method.

    Examples
    --------
    >>> from udl_pt.training.progress import Progress, notify
    >>> class Greeter:
    ...     def on_start(self, progress):
    ...         print("start of", progress.stage)
    >>> notify([Greeter(), print], "on_start", Progress("RBM(2)", epochs=1, n_batches=1))
    start of RBM(2)
    """
    for callback in callbacks:
        if hasattr(callback, moment):
            getattr(callback, moment)(*arguments)


@contextmanager
def notifying(callbacks: Iterable[Any], progress: Progress) -> Iterator[None]:
    """Call ``on_start`` before a block, and ``on_end`` after it, or ``on_error`` where an error ends it.

    Parameters
    ----------
    callbacks : iterable of callable
        The callbacks passed to `fit`.
    progress : Progress
        The training.

    Examples
    --------
    >>> from udl_pt.training.progress import Progress, notifying
    >>> class Diary:
    ...     def on_start(self, progress):
    ...         print("start of", progress.stage)
    ...     def on_error(self, progress):
    ...         print("error in epoch", progress.epoch)
    >>> progress = Progress("RBM(2)", epochs=3, n_batches=1)
    >>> try:
    ...     with notifying([Diary()], progress):
    ...         progress.advance(epoch=2)
    ...         raise ValueError
    ... except ValueError:
    ...     pass
    start of RBM(2)
    error in epoch 2
    """
    try:
        notify(callbacks, "on_start", progress)
        yield
    except BaseException:
        notify(callbacks, "on_error", progress)
        raise
    notify(callbacks, "on_end", progress)
