"""The deep network of chapter 3 as a classifier."""

from collections.abc import Sequence
from typing import Any, Self

from udl_pt.estimators._base import keep, whole_or_not_at_all
from udl_pt.estimators._classifier import Classifier
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.models.dnn import DNN

__all__ = ["DNNClassifier"]


class DNNClassifier(Classifier):
    """A deep network, `udl_pt.DNN`, pretrained layer by layer, that predicts labels of any kind.

    Parameters
    ----------
    hidden_layer_sizes, unsupervised_model, corruption, rng, random_state, dtype
        Arguments of `udl_pt.DNN`, where `unsupervised_model` is called `UnsupervisedModel`.
    pretrain, learning_rate, mu, reg, epochs, batch_sz, show_fig, pretrain_epochs, pretrain_options, \
pretrain_on_disk, train_head_only, frozen_layers, optimiser, dropout, max_norm, adversarial, penalty, \
augment, monitor, backend, devices, callbacks, warm_start, resume, verbose
        Arguments of its ``fit``. A batch has all rows where there are fewer than `batch_sz`.
    rescale : bool
        Whether columns are mapped to [0, 1] if the first layer reads them as probabilities, and the rows of
        ``fit`` leave [0, 1]. Later rows are clipped to the columns' ranges in ``fit``, or else to [0, 1].
        With False such rows are an error.
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
    model_ : DNN
        The trained network, which predicts indices of `classes_`.
    scaler_ : sklearn.preprocessing.MinMaxScaler or None
        What maps rows to [0, 1], where that is needed.
    n_iter_ : int
        Number of epochs of fine-tuning.
    validation_scores_, best_validation_score_ : list of float, and float
        Accuracy on the rows held out after each epoch, and the best; with early stopping only.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.estimators import DNNClassifier
    >>> X, y = np.repeat(np.eye(2), 10, axis=0), np.repeat(["left", "right"], 10)
    >>> dnn = DNNClassifier([4], learning_rate=0.5, epochs=20, batch_sz=5, random_state=0).fit(X, y)
    >>> dnn.predict([[1, 0], [0, 1]]).tolist()
    ['left', 'right']
    >>> dnn.score(X, y)
    1.0
    """

    model_class = DNN

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (1000, 750, 500),
        unsupervised_model: Any = AutoEncoder,
        *,
        corruption: Any = None,
        rng: Any = None,
        random_state: Any = None,
        dtype: Any = None,
        pretrain: bool = True,
        learning_rate: float = 0.01,
        mu: float = 0.99,
        reg: float = 0.0,
        epochs: int = 1,
        batch_sz: int = 100,
        show_fig: bool = False,
        pretrain_epochs: int | Sequence[int] = 1,
        pretrain_options: Any = None,
        pretrain_on_disk: bool = False,
        train_head_only: bool = False,
        frozen_layers: Sequence[int] = (),
        optimiser: Any = None,
        dropout: float | tuple[float, float] = 0.0,
        max_norm: float | None = None,
        adversarial: float = 0.0,
        penalty: Any = None,
        augment: Any = (),
        monitor: str | None = "epoch",
        backend: str | None = None,
        devices: Any = None,
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

    @whole_or_not_at_all
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the network on rows and their labels.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows.
        y : array_like of shape (N,)
            Labels: numbers, text, or what else can be sorted.
        sample_weight : array_like of shape (N,), optional
            Weights of the rows in fine-tuning, at least 0, see `udl_pt.DNN.fit`. Pretraining and the rows
            held out for early stopping have no weights.

        Returns
        -------
        estimator
            Itself.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.estimators import DNNClassifier
        >>> X, y = np.repeat(np.eye(2), 10, axis=0), np.tile(["doubtful", "certain"], 10)
        >>> dnn = DNNClassifier([4], learning_rate=0.5, epochs=20, batch_sz=5, random_state=0)
        >>> dnn.fit(X, y, sample_weight=np.where(y == "certain", 1, 0.1)).predict(np.eye(2)).tolist()
        ['certain', 'certain']
        """
        return self._fit(X, y, sample_weight)

    @whole_or_not_at_all
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train the network for one epoch on further rows.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows.
        y : array_like of shape (N,)
            Their labels.
        classes : array_like, optional
            All labels that there will be. The first call needs them, unless `y` has them all.
        sample_weight : array_like of shape (N,), optional
            Weights of the rows, as in `fit`.

        Returns
        -------
        estimator
            Itself.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.estimators import DNNClassifier
        >>> X, y = np.repeat(np.eye(2), 10, axis=0), np.repeat(["left", "right"], 10)
        >>> dnn = DNNClassifier([4], random_state=0).partial_fit(X[:10], y[:10], classes=["left", "right"])
        >>> dnn.partial_fit(X[10:], y[10:], sample_weight=np.ones(10)).n_iter_
        2
        """
        return self._partial_fit(X, y, classes, sample_weight)
