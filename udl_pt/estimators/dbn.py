"""The stack of RBMs or auto-encoders of chapter 4 as a transformer."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from udl_pt.estimators._base import keep
from udl_pt.estimators._encoder import Encoder
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.models.dbn import DBN

__all__ = ["DBNTransformer"]


class DBNTransformer(Encoder):
    """A stack of RBMs or auto-encoders, `udl_pt.DBN`, that turns rows into hidden values of the last layer.

    Parameters
    ----------
    hidden_layer_sizes, unsupervised_model, corruption, random_state, dtype
        Arguments of `udl_pt.DBN`, where `unsupervised_model` is called `UnsupervisedModel`.
    pretrain_epochs, pretrain_options, pretrain_on_disk, monitor, backend, callbacks, warm_start, resume, \
verbose
        Arguments of its ``fit``. A batch has all rows where there are fewer than its `batch_sz`.
    rescale : bool
        Whether columns are mapped to [0, 1] if the first layer reads them as probabilities, and the rows of
        ``fit`` leave [0, 1]. Later rows are clipped to the columns' ranges in ``fit``, or else to [0, 1].
        With False such rows are an error.

    Attributes
    ----------
    model_ : DBN
        The trained model.
    scaler_ : sklearn.preprocessing.MinMaxScaler or None
        What maps rows to [0, 1], where that is needed.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.estimators import DBNTransformer
    >>> X = np.repeat(np.eye(4), 5, axis=0)
    >>> dbn = DBNTransformer([3, 2], RBM, pretrain_epochs=2, random_state=0)
    >>> dbn.fit_transform(X).shape
    (20, 2)
    """

    model_class = DBN

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (1000, 750, 500),
        unsupervised_model: Any = AutoEncoder,
        *,
        corruption: Any = None,
        random_state: Any = None,
        dtype: Any = None,
        pretrain_epochs: int | Sequence[int] = 1,
        pretrain_options: Any = None,
        pretrain_on_disk: bool = False,
        monitor: str | None = "epoch",
        backend: str | None = None,
        callbacks: Any = (),
        warm_start: bool = False,
        resume: Any = None,
        verbose: bool = False,
        rescale: bool = True,
    ) -> None:
        keep(locals())

    def _encoded(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self.model_.forward(X))
