"""Callbacks that change a rate during training, such as the learning rate."""

from collections.abc import Collection
from typing import Any

from udl_pt._support.arguments import check_is, check_number
from udl_pt.training.parameters import check_trained
from udl_pt.training.progress import Progress
from udl_pt.training.rates import check_rate

__all__ = ["LinearDecay", "LinearSchedule"]


class LinearSchedule:
    """Change a rate linearly, batch by batch, then keep it constant.

    Each training starts the schedule again.

    Parameters
    ----------
    name : str
        The rate: ``"learning_rate"``, ``"mu"``, or another that `fit` passes to its steps.
    last : float
        Its value at the end.
    first : float, optional
        Its value at the first batch; by default the value passed to `fit`.
    epochs : float, optional
        The number of epochs after which it reaches `last`; by default all epochs of the training.
    model : model, optional
        The model whose rate changes. By default the rate of every trained model changes, layers in
        pretraining included.

    Raises
    ------
    TypeError, ValueError
        If a value is not a number or is outside the limits of its rate.

    Examples
    --------
    Warm up for two epochs:

    >>> import numpy as np
    >>> from udl_pt import AutoEncoder
    >>> from udl_pt.callbacks import LinearSchedule
    >>> warm_up = LinearSchedule("learning_rate", 0.4, first=0.0, epochs=2)
    >>> rates = []
    >>> def record(progress):
    ...     rates.append(progress.hyper["learning_rate"])
    >>> _ = AutoEncoder(2, random_state=0).fit(np.eye(4), epochs=3, batch_sz=2, callbacks=[warm_up, record])
    >>> rates
    [0.2, 0.4, 0.4]
    """

    def __init__(
        self,
        name: str,
        last: float,
        *,
        first: float | None = None,
        epochs: float | None = None,
        model: Any = None,
    ) -> None:
        check_is(name, "name", str, "the name of a rate, such as 'learning_rate'")
        if model is not None:
            check_trained(model)
        self.name, self.last, self.first = name, last, first
        self._check_values("float64")
        self.epochs = None if epochs is None else check_number(epochs, "epochs", at_least=0)
        self._model, self._from = model, 0.0

    def _is_for(self, model: Any) -> bool:
        return self._model is None or model is self._model

    def _check_values(self, dtype: str) -> None:
        """Turn both values into floats that the rate may have in `dtype`."""
        self.last = check_rate(self.last, self.name, dtype, f"last of the schedule of {self.name!r}")
        if self.first is not None:
            self.first = check_rate(self.first, self.name, dtype, f"first of the schedule of {self.name!r}")

    def on_check(self, model: Any, rates: Collection[str], records: Collection[str]) -> None:
        """Raise unless the training has such a rate, and its dtype fits the values.

        Parameters
        ----------
        model : model
            The model that will be trained.
        rates : collection of str
            The names of its rates.
        records : collection of str
            The names of its records; not used.

        Raises
        ------
        ValueError
            If the training has no rate of this name, or a value of the schedule doesn't fit the model's
            dtype.

        Examples
        --------
        >>> from udl_pt import RBM
        >>> from udl_pt.callbacks import LinearSchedule
        >>> LinearSchedule("momentum", 0.9).on_check(RBM(2), ["learning_rate", "mu"], ["costs"])
        Traceback (most recent call last):
            ...
        ValueError: a schedule's name is 'momentum', but RBM has only the rates 'learning_rate', 'mu': ...
        """
        if not self._is_for(model):
            return
        if self.name not in rates:
            raise ValueError(
                f"a schedule's name is {self.name!r}, but {type(model).__name__} has only the rates "
                f"{', '.join(map(repr, rates))}: choose one, or pass the model that has this rate as model="
            )
        self._check_values(model.dtype)

    def on_start(self, progress: Progress) -> None:
        """Set the rate of the first batch.

        Parameters
        ----------
        progress : Progress
            The training; its ``hyper`` changes.

        Examples
        --------
        >>> from udl_pt.callbacks import LinearSchedule
        >>> from udl_pt.training.progress import Progress
        >>> from udl_pt.training.rates import Rates
        >>> progress = Progress("RBM(2)", epochs=1, n_batches=4, hyper=Rates("float64", mu=0.9))
        >>> LinearSchedule("mu", 0.9, first=0.5).on_start(progress)
        >>> progress.hyper["mu"]
        0.5
        """
        if self._is_for(progress.model):
            self._from = progress.hyper[self.name] if self.first is None else self.first
            progress.hyper[self.name] = self._from

    def on_batch(self, progress: Progress) -> None:
        """Set the rate of the next batch.

        Parameters
        ----------
        progress : Progress
            The training after a batch; its ``hyper`` changes.

        Examples
        --------
        >>> from udl_pt.callbacks import LinearSchedule
        >>> from udl_pt.training.progress import Progress
        >>> from udl_pt.training.rates import Rates
        >>> progress = Progress("RBM(2)", epochs=1, n_batches=4, hyper=Rates("float64", learning_rate=1.0))
        >>> schedule = LinearSchedule("learning_rate", 0.0)
        >>> schedule.on_start(progress)
        >>> progress.advance(epoch=1, batch=1)  # the first of four batches is done
        >>> schedule.on_batch(progress)
        >>> progress.hyper["learning_rate"]
        0.75
        """
        if self._is_for(progress.model):
            done = progress.epoch - 1 + progress.batch / progress.n_batches
            whole = progress.epochs if self.epochs is None else self.epochs
            share = min(1.0, done / whole) if whole else 1.0
            progress.hyper[self.name] = self._from + share * (self.last - self._from)

    def __call__(self, progress: Progress) -> None:
        """Do nothing after an epoch."""


class LinearDecay(LinearSchedule):
    """Decrease the learning rate linearly, batch by batch, to zero at the end of training.

    Parameters
    ----------
    model : model, optional
        The model whose learning rate decreases. By default the rates of all trained models decrease, layers
        in pretraining included.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import AutoEncoder
    >>> from udl_pt.callbacks import LinearDecay
    >>> rates = []
    >>> def record(progress):
    ...     rates.append(progress.hyper["learning_rate"])
    >>> ae = AutoEncoder(2, random_state=0)
    >>> _ = ae.fit(np.eye(4), learning_rate=0.5, epochs=2, batch_sz=2, callbacks=[LinearDecay(), record])
    >>> rates
    [0.25, 0.0]
    """

    def __init__(self, model: Any = None) -> None:
        super().__init__("learning_rate", 0.0, model=model)
