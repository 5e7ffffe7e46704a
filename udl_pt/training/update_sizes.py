"""A callback that records how far each layer's weights move."""

from typing import Any

from udl_pt._support.arguments import check_count
from udl_pt._support.messages import shown
from udl_pt.training.parameters import parameter_array
from udl_pt.training.progress import Progress

__all__ = ["UpdateSizes"]


class UpdateSizes:
    """Record the mean size of each layer's weight updates. In a deep sigmoid network, lower layers move less.

    Parameters
    ----------
    model : DNN or DeepAutoEncoder
        The trained network.
    every : int
        The number of batches from one record to the next.

    Attributes
    ----------
    sizes : list of list of float
        For each record the mean absolute update of each trained weight matrix, from the input on. What
        `max_norm` cuts off is not counted.

    Raises
    ------
    TypeError
        If `model` has no `velocities`, as a single layer.

    Notes
    -----
    Updates are read from the velocities of the book's momentum. Another `optimiser` leaves these as they
    were, so the sizes are then no updates.

    Examples
    --------
    Three matrices in two batches:

    >>> import numpy as np
    >>> from udl_pt import DNN
    >>> from udl_pt.callbacks import UpdateSizes
    >>> dnn = DNN([3, 2], random_state=0)
    >>> watch = UpdateSizes(dnn)
    >>> X, Y = np.eye(4), np.array([0, 1, 0, 1])
    >>> _ = dnn.fit(X, Y, X, Y, pretrain=False, batch_sz=2, callbacks=[watch])
    >>> np.shape(watch.sizes)
    (2, 3)
    >>> watch.sizes[0][0] < watch.sizes[0][1] < watch.sizes[0][2]
    True
    """

    def __init__(self, model: Any, every: int = 1) -> None:
        if not hasattr(type(model), "velocities"):
            raise TypeError(f"model is {shown(model)}, expected a DNN or a DeepAutoEncoder")
        self._model = model
        self.every = check_count(every, "every")
        self.sizes: list[list[float]] = []
        self._batches = 0

    def on_start(self, progress: Progress) -> None:
        """Clear what an earlier training recorded.

        Parameters
        ----------
        progress : Progress
            The training.

        Examples
        --------
        >>> from udl_pt import DNN
        >>> from udl_pt.callbacks import UpdateSizes
        >>> from udl_pt.training.progress import Progress
        >>> dnn = DNN([3, 2])
        >>> watch = UpdateSizes(dnn)
        >>> watch.sizes = [[0.5, 0.2, 0.1]]
        >>> watch.on_start(Progress("DNN([3, 2])", epochs=1, n_batches=1, model=dnn))
        >>> watch.sizes
        []
        """
        if progress.model is self._model:
            self.sizes, self._batches = [], 0

    def on_batch(self, progress: Progress) -> None:
        """Record the sizes of the velocities, which the step added to the parameters.

        Parameters
        ----------
        progress : Progress
            The training after a batch.

        Examples
        --------
        Four batches, of which every second is recorded:

        >>> import numpy as np
        >>> from udl_pt import DNN
        >>> from udl_pt.callbacks import UpdateSizes
        >>> dnn = DNN([2], random_state=0)
        >>> watch = UpdateSizes(dnn, every=2)
        >>> X, Y = np.eye(4), np.array([0, 1, 0, 1])
        >>> _ = dnn.fit(X, Y, X, Y, pretrain=False, batch_sz=1, callbacks=[watch])
        >>> len(watch.sizes)
        2
        """
        if progress.model is not self._model:
            return
        self._batches += 1
        if self._batches % self.every == 0:
            steps = [parameter_array(v) for v in self._model.velocities]
            self.sizes.append([float(abs(v).mean()) for v in steps])

    def __call__(self, progress: Progress) -> None:
        """Do nothing after an epoch."""
