"""Where a training run is, and how callbacks learn of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from udl_pt._support.arguments import check_switch
from udl_pt.training.rates import Rates

__all__ = ["MONITORS", "Progress", "notify"]

MONITORS = ("epoch", "batch", None)


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
        A callback sets it to end the training after this epoch (or batch). No other attribute can be set.
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
        """Set `stop`; refuse everything else, which no training would look at."""
        known = [field.name for field in fields(self)]
        if name not in known:
            raise AttributeError(
                f"progress has no {name!r}, but {', '.join(known)}: the rates are in progress.hyper, such as "
                "progress.hyper['learning_rate'] = 0.1"
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
        """Refuse: the training reads every attribute."""
        raise AttributeError(f"progress.{name} can't be deleted")

    def advance(self, **values: Any) -> None:
        """Set where the run is; for the loop that trains, not for callbacks."""
        vars(self).update(values)


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
