"""Early stopping in the meaning of scikit-learn's MLPClassifier."""

from typing import Any

import numpy as np

from udl_pt.training.early_stopping import EarlyStopping
from udl_pt.training.parameters import parameter_array
from udl_pt.training.progress import Progress

__all__ = ["Epochs", "Stopping"]


class Epochs:
    """A callback that counts the epochs of a model's training."""

    observes_only = True
    count = 0

    def __init__(self, model: Any) -> None:
        self._model = model

    def __call__(self, progress: Progress) -> None:
        """Note the latest epoch."""
        if progress.model is self._model:
            self.count = progress.epoch


class Stopping(EarlyStopping):
    """Stop after more than `patience` epochs in a row whose score is not `tol` above the best before.

    The parameters are then those of the best score, as in scikit-learn's MLPClassifier.

    Parameters
    ----------
    model : model
        The trained model.
    patience : int
        Number of epochs, scikit-learn's `n_iter_no_change`.
    tol : float
        What counts as an improvement.
    watch : str
        The model's record, such as ``"valid_errors"``.

    Attributes
    ----------
    scores : list of float
        The score after each epoch: the accuracy, or minus the cost.
    """

    def __init__(self, model: Any, patience: int, tol: float, watch: str) -> None:
        super().__init__(model, patience, watch)
        self._tol, self.scores = tol, list[float]()
        self._offset = 1.0 if watch == "valid_errors" else 0.0
        self._waited = 0

    def on_start(self, progress: Progress) -> None:
        """Forget an earlier training."""
        super().on_start(progress)
        if progress.model is self._model:
            self.scores, self._waited = [], 0

    def __call__(self, progress: Progress) -> None:
        """Compare the latest score with the best."""
        if progress.model is not self._model:
            return
        best, score = max(self.scores, default=-np.inf), self._offset - self._latest()
        self.scores.append(score)
        self._waited = self._waited + 1 if score < best + self._tol else 0
        if score > best:
            self.best_epoch = progress.epoch
            self._best = [parameter_array(p).copy() for p in self._state()]
        progress.stop = progress.stop or self._waited > self.patience
