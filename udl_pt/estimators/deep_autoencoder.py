"""The deep auto-encoder of chapter 3 as a transformer."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from udl_pt.estimators._base import keep
from udl_pt.estimators._encoder import AutoEncoding
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.models.deep_autoencoder import DeepAutoEncoder

__all__ = ["DeepAutoEncoderTransformer"]


class DeepAutoEncoderTransformer(AutoEncoding):
    """A deep auto-encoder, `udl_pt.DeepAutoEncoder`, that turns rows into codes.

    Parameters
    ----------
    hidden_layer_sizes, unsupervised_model, corruption, random_state, dtype
        Arguments of `udl_pt.DeepAutoEncoder`, where `unsupervised_model` is called `UnsupervisedModel`.
    pretrain, learning_rate, mu, epochs, batch_sz, show_fig, pretrain_epochs, pretrain_options, \
pretrain_on_disk, cost, penalty, weight_decay, optimiser, monitor, backend, callbacks, warm_start, resume, \
verbose
        Arguments of its ``fit``. A batch has all rows where there are fewer than `batch_sz`.
    rescale : bool
        Whether columns are mapped to [0, 1] if a cost needs probabilities, and the rows of ``fit`` leave
        [0, 1]. Later rows are clipped to the columns' ranges in ``fit``, or else to [0, 1]. With False such
        rows are an error.
    early_stopping : bool
        Whether a share of the rows is held out, and training ends when their cost no longer falls. The
        best parameters are kept.
    validation_fraction : float
        That share.
    n_iter_no_change : int
        Training ends after more than this number of epochs in a row without an improvement.
    tol : float
        Least improvement.

    Attributes
    ----------
    model_ : DeepAutoEncoder
        The trained model.
    scaler_ : sklearn.preprocessing.MinMaxScaler or None
        What maps rows to [0, 1], where that is needed.
    n_iter_ : int
        Number of epochs of fine-tuning.
    validation_scores_, best_validation_score_ : list of float, and float
        Minus the cost of the rows held out after each epoch, and the best; with early stopping only.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.estimators import DeepAutoEncoderTransformer
    >>> X = np.repeat(np.eye(4), 5, axis=0)
    >>> deep = DeepAutoEncoderTransformer([3, 2], epochs=5, random_state=0).fit(X)
    >>> codes = deep.transform(X)
    >>> codes.shape, deep.inverse_transform(codes).shape
    ((20, 2), (20, 4))
    """

    model_class = DeepAutoEncoder

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (1000, 500, 250, 30),
        unsupervised_model: Any = AutoEncoder,
        *,
        corruption: Any = None,
        random_state: Any = None,
        dtype: Any = None,
        pretrain: bool = True,
        learning_rate: float = 0.001,
        mu: float = 0.9,
        epochs: int = 1,
        batch_sz: int = 100,
        show_fig: bool = False,
        pretrain_epochs: int | Sequence[int] = 1,
        pretrain_options: Any = None,
        pretrain_on_disk: bool = False,
        cost: Any = "cross_entropy",
        penalty: Any = None,
        weight_decay: float = 0.0,
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

    def _encoded(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self.model_.encode(X))

    def _decoded(self, Z: np.ndarray) -> np.ndarray:
        return np.asarray(self.model_.decode(Z))
