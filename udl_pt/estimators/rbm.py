"""The restricted Boltzmann machine of chapter 4 as a transformer."""

from typing import Any

import numpy as np

from udl_pt.estimators._base import keep
from udl_pt.estimators._encoder import AutoEncoding
from udl_pt.inspection.likelihood import pseudo_likelihood
from udl_pt.models.rbm import RBM

__all__ = ["RBMTransformer"]


class RBMTransformer(AutoEncoding):
    """A restricted Boltzmann machine, `udl_pt.RBM`, that turns rows into means of its hidden units.

    Parameters
    ----------
    M, an_id, visible, learn_variance, rng, random_state, dtype
        Arguments of `udl_pt.RBM`.
    learning_rate, epochs, batch_sz, show_fig, mu, k, persistent, n_chains, n_temperatures, weight_decay, \
sparsity_target, sparsity_cost, centring, visible_bias, binarize, penalty, optimiser, monitor, backend, \
devices, callbacks, warm_start, resume, verbose
        Arguments of its ``fit``. A batch has all rows where there are fewer than `batch_sz`.
    rescale : bool
        Whether columns are mapped to [0, 1] if visible units are Bernoulli units, and the rows of ``fit``
        leave [0, 1]. Later rows are clipped to the columns' ranges in ``fit``, or else to [0, 1]. With False
        such rows are an error.
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
    model_ : RBM
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
    >>> from udl_pt.estimators import RBMTransformer
    >>> X = np.repeat(np.eye(4), 10, axis=0)
    >>> rbm = RBMTransformer(8, epochs=50, batch_sz=10, random_state=0)
    >>> rbm.fit_transform(X).shape
    (40, 8)
    >>> bool(rbm.score(X) > 4 * np.log(0.5))  # better than a guess of each unit
    True
    """

    model_class = RBM

    def __init__(
        self,
        M: int = 300,
        an_id: Any = None,
        *,
        visible: str = "bernoulli",
        learn_variance: bool = False,
        rng: Any = None,
        random_state: Any = None,
        dtype: Any = None,
        learning_rate: float = 0.1,
        epochs: int = 1,
        batch_sz: int = 100,
        show_fig: bool = False,
        mu: float = 0.0,
        k: int = 1,
        persistent: bool = False,
        n_chains: int | None = None,
        n_temperatures: int = 1,
        weight_decay: float = 0.0,
        sparsity_target: float | None = None,
        sparsity_cost: float = 0.1,
        centring: bool = False,
        visible_bias: str = "zeros",
        binarize: bool = False,
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

    def score_samples(self, X: Any) -> np.ndarray:
        """Return the log pseudo-likelihood of rows, of which values above 1/2 count as 1, others as 0.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows.

        Returns
        -------
        numpy.ndarray of shape (N,)
            In nats; see `udl_pt.inspection.likelihood.pseudo_likelihood`.

        Raises
        ------
        ValueError
            For Gaussian visible units, whose pseudo-likelihood has no closed form.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.estimators import RBMTransformer
        >>> X = np.repeat(np.eye(4), 10, axis=0)
        >>> rbm = RBMTransformer(8, epochs=50, batch_sz=10, random_state=0).fit(X)
        >>> rare, usual = rbm.score_samples([[1, 1, 1, 1], [1, 0, 0, 0]])
        >>> bool(rare < usual)
        True
        """
        return np.asarray(pseudo_likelihood(self.model_, self._binary(self._rows(X))))

    def score(self, X: Any, y: Any = None) -> float:
        """Return the mean log pseudo-likelihood of rows, as `score_samples` computes it.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows.
        y : None
            Not used. Pipelines pass it.

        Returns
        -------
        float
            In nats. The higher the better.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.estimators import RBMTransformer
        >>> X = np.repeat(np.eye(4), 10, axis=0)
        >>> rbm = RBMTransformer(8, epochs=50, batch_sz=10, random_state=0).fit(X)
        >>> bool(np.isclose(rbm.score(X), rbm.score_samples(X).mean()))
        True
        """
        return float(self.score_samples(X).mean())

    def _binary(self, X: np.ndarray) -> np.ndarray:
        return (X > 0.5).astype(X.dtype) if self.visible == "bernoulli" else X
