"""What the classifiers share."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets

from udl_pt._support.messages import shown
from udl_pt.estimators._base import Estimator

__all__ = ["Classifier"]

FEW = 10  # epochs, which leave a network that nearly guesses, where the data are few


class Classifier(ClassifierMixin, Estimator):  # type: ignore[misc]
    """An estimator of classes, whose labels may be of any kind."""

    watched = "valid_errors"
    classes_: np.ndarray

    def fit(self, X: Any, y: Any) -> Self:
        """Train the network on rows and their labels.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows.
        y : array_like of shape (N,)
            Labels: numbers, text, or what else can be sorted.

        Returns
        -------
        estimator
            Itself.
        """
        goes_on = bool(self.warm_start) and hasattr(self, "model_")
        X, y = self._data(X, y, goes_on=goes_on)
        check_classification_targets(y)
        classes, Y = np.unique(y, return_inverse=True)
        if goes_on and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start of {type(self).__name__} is True, and y has the classes "
                f"{shown(classes.tolist())}, but those of the fit before are "
                f"{shown(self.classes_.tolist())}: pass warm_start=False"
            )
        self.classes_ = classes
        return self._train(X, Y, goes_on=goes_on)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Train the network for one epoch on further rows.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows.
        y : array_like of shape (N,)
            Their labels.
        classes : array_like, optional
            All labels that there will be. The first call needs them, unless `y` has them all.

        Returns
        -------
        estimator
            Itself.
        """
        self._refuse_early_stopping()
        goes_on = hasattr(self, "model_")
        X, y = self._data(X, y, goes_on=goes_on)
        check_classification_targets(y)
        known = np.unique(y if classes is None else classes)
        if goes_on:
            if classes is not None and not np.array_equal(known, self.classes_):
                raise ValueError(
                    f"classes is {shown(known.tolist())}, but in the first call of partial_fit it was "
                    f"{shown(self.classes_.tolist())}: pass the same, or none"
                )
            known = self.classes_
        unknown = np.setdiff1d(y, known)
        if len(unknown):
            raise ValueError(
                f"y has the labels {shown(unknown.tolist())}, which are not in classes, "
                f"{shown(known.tolist())}: pass all labels as classes in the first call of partial_fit"
            )
        self.classes_ = known
        return self._train(X, np.searchsorted(known, y), goes_on=goes_on, once=True)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows.

        Returns
        -------
        numpy.ndarray of shape (N, K)
            In the order of `classes_`. Each row has sum 1.
        """
        rows = self._rows(X)
        return np.asarray(self._network().forward(rows))

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable label of each row.

        Parameters
        ----------
        X : array_like of shape (N, D)
            Rows.

        Returns
        -------
        numpy.ndarray of shape (N,)
        """
        rows = self._rows(X)
        return np.asarray(self.classes_[self._network().predict(rows)])

    def _network(self) -> Any:
        return self.model_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = self._has_few_epochs()
        return tags

    def _more_tags(self) -> dict[str, Any]:  # before scikit-learn 1.6
        return {"poor_score": self._has_few_epochs()}

    def _has_few_epochs(self) -> bool:
        return bool(self.epochs < FEW)
