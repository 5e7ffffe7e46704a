"""What the estimators share that turn rows into hidden values."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted

from udl_pt.estimators._base import FLOATS, Estimator, whole_or_not_at_all
from udl_pt.models._scikit import validated

__all__ = ["AutoEncoding", "Encoder"]


class Encoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Estimator):  # type: ignore[misc]
    """An estimator whose `transform` returns hidden values."""

    @whole_or_not_at_all
    def fit(self, X: Any, y: Any = None) -> Self:
        """Train the model on rows.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows.
        y : None
            Not used. Pipelines pass it.

        Returns
        -------
        estimator
            Itself.
        """
        goes_on = bool(self.warm_start) and hasattr(self, "model_")
        return self._train(self._data(X, goes_on=goes_on), goes_on=goes_on)

    @whole_or_not_at_all
    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Train the model for one epoch on further rows.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows.
        y : None
            Not used. Pipelines pass it.

        Returns
        -------
        estimator
            Itself.
        """
        self._refuse_early_stopping()
        goes_on = hasattr(self, "model_")
        return self._train(self._data(X, goes_on=goes_on), goes_on=goes_on, once=True)

    def transform(self, X: Any) -> np.ndarray:
        """Return the hidden values of rows.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows.

        Returns
        -------
        numpy.ndarray of shape (N, M)
        """
        return self._encoded(self._rows(X))

    def _encoded(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self.model_.forward_hidden(X))

    @property
    def _n_features_out(self) -> int:
        return int(getattr(self.model_, "hidden_layers", [self.model_])[-1].M)


class AutoEncoding(Encoder):
    """An encoder that can decode, and whose score is minus its reconstruction error."""

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return the rows that belong to hidden values.

        Parameters
        ----------
        X : array_like of shape (N, M)
            Hidden values, as `transform` returns them.

        Returns
        -------
        numpy.ndarray of shape (N, D)
            Rows, in the units of the data.
        """
        check_is_fitted(self, "model_")
        return self._rebuilt(check_array(X, dtype=FLOATS, estimator=self))

    def score(self, X: Any, y: Any = None) -> float:
        """Return minus the mean squared distance of a row from its reconstruction.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows.
        y : None
            Not used. Pipelines pass it.

        Returns
        -------
        float
            In the units of the data, squared. The higher the better.
        """
        check_is_fitted(self, "model_")
        X = validated(self, X, reset=False, dtype=FLOATS)
        rebuilt = self._rebuilt(self._encoded(self._scaled(X)))
        return -float(((X - rebuilt) ** 2).sum(axis=1, dtype=float).mean())

    def _rebuilt(self, Z: np.ndarray) -> np.ndarray:
        """Return the rows of hidden values, in the units of the data."""
        rows = np.asarray(self._decoded(Z))
        return rows if self.scaler_ is None else np.asarray(self.scaler_.inverse_transform(rows))

    def _decoded(self, Z: np.ndarray) -> np.ndarray:
        return np.asarray(self.model_.backward(Z))
