"""The ladder network after chapter 3 as a classifier."""

from collections.abc import Sequence
from typing import Any

from udl_pt.estimators._base import keep
from udl_pt.estimators._classifier import Classifier
from udl_pt.models.ladder import Ladder

__all__ = ["LadderClassifier"]


class LadderClassifier(Classifier):
    """A ladder network, `udl_pt.Ladder`, that predicts labels of any kind.

    Parameters
    ----------
    hidden_layer_sizes, noise, rng, random_state, dtype
        Arguments of `udl_pt.Ladder`.
    learning_rate, mu, denoising, epochs, batch_sz, optimiser, monitor, backend, callbacks, warm_start, \
resume, verbose
        Arguments of its ``fit``. A batch has all rows where there are fewer than `batch_sz`.
    rescale : bool
        Whether columns are mapped to [0, 1] if the rows of ``fit`` leave [0, 1]: training needs values about
        as large as 1. Later rows are clipped to the columns' ranges in ``fit``.
    early_stopping : bool
        Whether a share of the rows is held out, and training ends when their accuracy no longer grows. The
        best parameters are kept.
    validation_fraction : float
        That share, of each class.
    n_iter_no_change : int
        Training ends after more than this number of epochs in a row without an improvement.
    tol : float
        Least improvement.

    Attributes
    ----------
    classes_ : numpy.ndarray of shape (K,)
        The labels.
    model_ : Ladder
        The trained network. Its `dnn` predicts indices of `classes_`.
    scaler_ : sklearn.preprocessing.MinMaxScaler or None
        What maps rows to [0, 1], where that is needed.
    n_iter_ : int
        Number of epochs.
    validation_scores_, best_validation_score_ : list of float, and float
        Accuracy on the rows held out after each epoch, and the best; with early stopping only.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.estimators import LadderClassifier
    >>> X, y = np.repeat(np.eye(2), 10, axis=0), np.repeat(["left", "right"], 10)
    >>> ladder = LadderClassifier([4], epochs=20, batch_sz=10, random_state=0).fit(X, y)
    >>> ladder.predict([[1, 0], [0, 1]]).tolist()
    ['left', 'right']
    """

    model_class = Ladder
    least_rows = 2  # a single row has no variance

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (1000, 500, 250),
        noise: float = 0.3,
        *,
        rng: Any = None,
        random_state: Any = None,
        dtype: Any = None,
        learning_rate: float = 0.1,
        mu: float = 0.9,
        denoising: float = 1.0,
        epochs: int = 1,
        batch_sz: int = 100,
        optimiser: Any = None,
        monitor: str | None = "epoch",
        backend: str | None = None,
        callbacks: Any = (),
        warm_start: bool = False,
        resume: Any = None,
        verbose: bool = False,
        rescale: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
    ) -> None:
        keep(locals())

    def _reads_probabilities(self, model: Any) -> bool:
        return True

    def _network(self) -> Any:
        return self.model_.dnn
