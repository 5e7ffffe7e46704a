"""A callback that averages a model's parameters over the steps of its training."""

from typing import Any

import numpy as np

from udl_pt._support.arguments import check_count, check_number
from udl_pt.training.parameters import check_trained, parameter_array, set_parameters
from udl_pt.training.progress import Progress

__all__ = ["ParameterAverage"]


class ParameterAverage:
    """Keep a running average of a model's parameters (Polyak and Juditsky 1992), for use after training.

    The noise of single steps averages out. Averaging raises the likelihood of a Boltzmann machine
    considerably.

    Parameters
    ----------
    model : model with `params`
        The trained model.
    decay : float
        The share of the old average that an update keeps, from 0 to 1. The first updates have equal weight.
    every : int
        The number of batches from one update to the next, counted within an epoch.

    Attributes
    ----------
    values : list of ndarray
        The averages, in the order of the model's `params`; empty before the first update.

    Raises
    ------
    TypeError, ValueError
        If `model` is not trained in epochs, or a number is outside its limits.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.callbacks import ParameterAverage
    >>> rbm = RBM(2, random_state=0)
    >>> average = ParameterAverage(rbm, every=1)
    >>> _ = rbm.fit(np.eye(4), epochs=2, batch_sz=2, callbacks=[average])
    >>> np.array_equal(rbm.W.get_value(), average.values[0])
    False
    >>> average.apply()
    >>> np.array_equal(rbm.W.get_value(), average.values[0])
    True
    """

    def __init__(self, model: Any, decay: float = 0.9995, every: int = 10) -> None:
        check_trained(model, in_epochs=True)
        self._model = model
        self.decay = check_number(decay, "decay", at_least=0, at_most=1)
        self.every = check_count(every, "every")
        self.values: list[np.ndarray] = []
        self._looks = 0

    def on_start(self, progress: Progress) -> None:
        """Start a new average; the old values remain until the next update.

        Parameters
        ----------
        progress : Progress
            The training.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> from udl_pt.callbacks import ParameterAverage
        >>> from udl_pt.training.progress import Progress
        >>> rbm = RBM.createFromArrays(np.eye(2), np.zeros(2), np.zeros(2))
        >>> average = ParameterAverage(rbm, every=1)
        >>> progress = Progress("RBM(2)", epochs=1, n_batches=1, model=rbm)
        >>> average.on_batch(progress)
        >>> average.on_start(progress)  # forgets that update
        >>> rbm.W.set_value(np.ones((2, 2)))
        >>> average.on_batch(progress)
        >>> average.values[0].tolist()
        [[1.0, 1.0], [1.0, 1.0]]
        """
        if progress.model is self._model:
            self._looks = 0

    def on_batch(self, progress: Progress) -> None:
        """Update the averages with the present parameters, after every `every` batches.

        Parameters
        ----------
        progress : Progress
            The training after a batch.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> from udl_pt.callbacks import ParameterAverage
        >>> from udl_pt.training.progress import Progress
        >>> rbm = RBM.createFromArrays(np.eye(2), np.zeros(2), np.zeros(2))
        >>> average = ParameterAverage(rbm, every=1)
        >>> progress = Progress("RBM(2)", epochs=1, n_batches=2, model=rbm)
        >>> average.on_batch(progress)
        >>> rbm.W.set_value(np.zeros((2, 2)))
        >>> average.on_batch(progress)
        >>> average.values[0].tolist()
        [[0.5, 0.0], [0.0, 0.5]]
        """
        if progress.model is not self._model or progress.batch % self.every:
            return
        present = [parameter_array(p) for p in self._model.params]
        if self._looks == 0:
            self.values = [p.copy() for p in present]
        self._looks += 1
        for value, p in zip(self.values, present, strict=True):
            value += max(1 - self.decay, 1 / self._looks) * (p - value)

    def __call__(self, progress: Progress) -> None:
        """Do nothing after an epoch."""

    def apply(self) -> None:
        """Replace the model's parameters by their averages.

        Raises
        ------
        ValueError
            If there is no average, since `fit` had fewer than `every` batches per epoch.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> from udl_pt.callbacks import ParameterAverage
        >>> rbm = RBM(2, random_state=0)
        >>> average = ParameterAverage(rbm, every=10)
        >>> _ = rbm.fit(np.eye(4), batch_sz=2, callbacks=[average])  # two batches
        >>> average.apply()
        Traceback (most recent call last):
            ...
        ValueError: no average yet: fit had fewer than 10 batches per epoch; pass a smaller `every`
        """
        if not self._looks:
            raise ValueError(
                f"no average yet: fit had fewer than {self.every} batches per epoch; pass a smaller `every`"
            )
        set_parameters(self._model.params, self.values)
