"""A callback that stops a training, and restores the best epoch's parameters."""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_count, is_scalar
from udl_pt._support.messages import shown
from udl_pt.training.parameters import check_trained, parameter_array, set_parameters
from udl_pt.training.progress import Progress

__all__ = ["EarlyStopping"]


class EarlyStopping:
    """Stop a training whose error has not fallen for some epochs, and restore the best epoch's parameters.

    Parameters
    ----------
    model : model with `params` and `dparams`
        The trained model itself. The training of another model continues as if there were no early stopping.
    patience : int
        Epochs to wait for an improvement.
    watch : str or callable, optional
        The model's record to watch, or a function ``watch(model)`` that returns a number after each epoch,
        the lower the better. By default ``"valid_errors"`` if the model records them, else
        ``"valid_costs"``. Models have these records:

        - a `DNN` or a `Ladder`: ``"valid_errors"`` or ``"valid_costs"`` with a validation set, and
          ``"errors"`` or ``"costs"`` of the test set;
        - a layer or a `DeepAutoEncoder`: ``"valid_costs"`` with a validation set, and ``"costs"`` of the
          training rows.

    Attributes
    ----------
    best_epoch : int
        The epoch whose parameters the model has after training, counted from 1.

    Raises
    ------
    TypeError
        If `model` is not trained in epochs, or keeps no record.
    ValueError
        If the model has no record of this name, or nothing to watch by default.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import AutoEncoder
    >>> from udl_pt.callbacks import EarlyStopping
    >>> ae = AutoEncoder(2, random_state=0)
    >>> stopping = EarlyStopping(ae, patience=2)
    >>> _ = ae.fit(np.eye(4), epochs=60, batch_sz=3, validation=0.25, callbacks=[stopping])
    >>> np.round(ae.valid_costs, 2).tolist()
    [3.06, 2.97, 3.14, 3.52]
    >>> stopping.best_epoch
    2
    """

    def __init__(
        self, model: Any, patience: int = 10, watch: str | Callable[[Any], Any] | None = None
    ) -> None:
        check_trained(model, in_epochs=True)
        records = [name for name in vars(model) if name.endswith(("costs", "errors"))]
        if not records:
            raise TypeError(f"model is a {type(model).__name__}, which keeps no record that can be watched")
        listed = ", ".join(map(repr, records))
        if watch is None:
            watch = next((name for name in ("valid_errors", "valid_costs") if name in records), None)
            if watch is None:
                raise ValueError(
                    f"{type(model).__name__} has no validation set to watch: pass watch=, one of its records "
                    f"{listed}"
                )
        if not (callable(watch) or (isinstance(watch, str) and watch in records)):
            raise ValueError(
                f"watch is {shown(watch)}, expected one of the records of this {type(model).__name__}: "
                f"{listed}"
            )
        self._model, self.watch = model, watch
        self.patience = check_count(patience, "patience")
        self.best_epoch = 0
        self._least = np.inf
        self._best: list[np.ndarray] = []

    def _state(self) -> list[Any]:
        """Return parameters and velocities, from which a later training may continue."""
        return [*self._model.params, *self._model.dparams]

    def on_check(self, model: Any, rates: Collection[str], records: Collection[str]) -> None:
        """Raise if a training of the model doesn't keep the watched record.

        Parameters
        ----------
        model : model
            The model that will be trained.
        rates : collection of str
            The names of its rates; not used.
        records : collection of str
            The names of its lists that get one entry per epoch.

        Raises
        ------
        ValueError
            If the watched record is not among them.

        Examples
        --------
        >>> from udl_pt import AutoEncoder
        >>> from udl_pt.callbacks import EarlyStopping
        >>> ae = AutoEncoder(2)
        >>> EarlyStopping(ae, watch="valid_costs").on_check(ae, ["learning_rate"], ["costs"])
        Traceback (most recent call last):
            ...
        ValueError: early stopping watches valid_costs, which this fit doesn't record after each epoch: ...
        """
        if model is self._model and isinstance(self.watch, str) and self.watch not in records:
            raise ValueError(
                f"early stopping watches {self.watch}, which this fit doesn't record after each epoch: pass "
                "monitor='epoch'. A record of a validation set also needs validation=0.1 or the like"
            )

    def on_start(self, progress: Progress) -> None:
        """Reset what an earlier training left.

        Parameters
        ----------
        progress : Progress
            The training.

        Examples
        --------
        >>> from udl_pt import AutoEncoder
        >>> from udl_pt.callbacks import EarlyStopping
        >>> from udl_pt.training.progress import Progress
        >>> ae = AutoEncoder(2)
        >>> stopping = EarlyStopping(ae)
        >>> stopping.best_epoch = 7
        >>> stopping.on_start(Progress("AutoEncoder(2)", epochs=10, n_batches=1, model=ae))
        >>> stopping.best_epoch
        0
        """
        if progress.model is self._model:
            self.best_epoch, self._least, self._best = 0, np.inf, []

    def __call__(self, progress: Progress) -> None:
        """Compare the latest record with the best; stop after `patience` epochs without an improvement."""
        if progress.model is not self._model:
            return
        latest = self._latest()
        if latest < self._least or not self._best:
            self.best_epoch, self._least = progress.epoch, float(np.fmin(latest, np.inf))  # not NaN
            self._best = [parameter_array(p).copy() for p in self._state()]
        if progress.epoch - self.best_epoch >= self.patience:
            progress.stop = True

    def _latest(self) -> float:
        if isinstance(self.watch, str):
            return float(getattr(self._model, self.watch)[-1])
        value = self.watch(self._model)
        if not is_scalar(value):
            raise TypeError(f"watch returned {shown(value)}, expected a number, the lower the better")
        return float(value)

    def on_end(self, progress: Progress) -> None:
        """Restore the best epoch's parameters and velocities.

        Parameters
        ----------
        progress : Progress
            The training.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import AutoEncoder
        >>> from udl_pt.callbacks import EarlyStopping
        >>> from udl_pt.training.progress import Progress
        >>> ae = AutoEncoder.createFromArrays(np.eye(2), np.zeros(2), np.zeros(2))
        >>> stopping = EarlyStopping(ae, watch="costs")
        >>> progress = Progress("AutoEncoder(2)", epochs=2, n_batches=1, epoch=1, model=ae)
        >>> ae.costs = [0.5]
        >>> stopping(progress)  # after epoch 1, the best so far
        >>> ae.W.set_value(np.zeros((2, 2)))  # what a worse epoch might leave
        >>> stopping.on_end(progress)
        >>> ae.W.get_value().tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        """
        if progress.model is self._model:
            set_parameters(self._state(), self._best)
