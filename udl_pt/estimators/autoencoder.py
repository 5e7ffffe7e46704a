"""The auto-encoders of chapter 3 as transformers."""

from typing import Any

from udl_pt._support.classes import own_constructor
from udl_pt.estimators._base import keep
from udl_pt.estimators._encoder import AutoEncoding
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.symbolic.corruption import masking

__all__ = ["AutoEncoderTransformer", "DenoisingAutoEncoderTransformer"]

MASKING = masking(0.3)


class AutoEncoderTransformer(AutoEncoding):
    """An auto-encoder, `udl_pt.AutoEncoder`, that turns rows into hidden values.

    Parameters
    ----------
    M, an_id, corruption, hidden, output, rng, random_state, dtype
        Arguments of `udl_pt.AutoEncoder`.
    learning_rate, mu, epochs, batch_sz, show_fig, cost, cost_scale, penalty, optimiser, monitor, backend, \
devices, callbacks, warm_start, resume, verbose
        Arguments of its ``fit``. A batch has all rows where there are fewer than `batch_sz`.
    rescale : bool
        Whether columns are mapped to [0, 1] if the cost needs probabilities, and the rows of ``fit`` leave
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
    model_ : AutoEncoder
        The trained model.
    scaler_ : sklearn.preprocessing.MinMaxScaler or None
        What maps rows to [0, 1], where that is needed.
    n_iter_ : int
        Number of epochs.
    validation_scores_, best_validation_score_ : list of float, and float
        Minus the cost of the rows held out after each epoch, and the best; with early stopping only.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.estimators import AutoEncoderTransformer
    >>> X = np.repeat(np.eye(4), 10, axis=0)
    >>> ae = AutoEncoderTransformer(2, epochs=50, batch_sz=10, random_state=0)
    >>> ae.fit_transform(X).shape
    (40, 2)
    >>> ae.score(X) > -0.75  # minus the squared distance from the mean row
    True
    """

    model_class = AutoEncoder

    def __init__(
        self,
        M: int = 300,
        an_id: Any = None,
        *,
        corruption: Any = None,
        hidden: Any = "sigmoid",
        output: Any = "sigmoid",
        rng: Any = None,
        random_state: Any = None,
        dtype: Any = None,
        learning_rate: float = 0.5,
        mu: float = 0.99,
        epochs: int = 1,
        batch_sz: int = 100,
        show_fig: bool = False,
        cost: Any = "cross_entropy",
        cost_scale: str = "dataset",
        penalty: Any = None,
        optimiser: Any = None,
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


@own_constructor
class DenoisingAutoEncoderTransformer(AutoEncoderTransformer):
    """An auto-encoder that learns to repair corrupted rows, and turns whole ones into hidden values.

    Its arguments and attributes are those of `AutoEncoderTransformer`. By default, 30% of the values are
    set to 0 in training (Vincent et al., JMLR 2010).

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.estimators import DenoisingAutoEncoderTransformer
    >>> X = np.repeat(np.eye(4), 10, axis=0)
    >>> dae = DenoisingAutoEncoderTransformer(2, epochs=5, batch_sz=10, random_state=0)
    >>> dae.fit_transform(X).shape
    (40, 2)
    """


_constructor: Any = DenoisingAutoEncoderTransformer.__init__
_constructor.__kwdefaults__ = {**_constructor.__kwdefaults__, "corruption": MASKING}
