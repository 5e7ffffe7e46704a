"""What the classifiers share."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets

from udl_pt._support.labels import check_weights
from udl_pt._support.messages import shown
from udl_pt.estimators._base import Estimator, whole_or_not_at_all

__all__ = ["Classifier"]

FEW = 10  # epochs, which leave a network that nearly guesses, where the data are few


class Classifier(ClassifierMixin, Estimator):  # type: ignore[misc]
    """An estimator of classes, whose labels may be of any kind."""

    watched = "valid_errors"
    classes_: np.ndarray

    @whole_or_not_at_all
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
        return self._fit(X, y)

    def _fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        goes_on = bool(self.warm_start) and hasattr(self, "model_")
        X, y, classes = self._labelled(X, y, goes_on=goes_on)
        if goes_on and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start of {type(self).__name__} is True, and y has the classes "
                f"{shown(classes.tolist())}, but those of the fit before are "
                f"{shown(self.classes_.tolist())}: pass warm_start=False"
            )
        self.classes_ = classes
        weights = None if sample_weight is None else check_weights(sample_weight, len(X), "float64")
        return self._train(X, _places(y, classes), weights, goes_on=goes_on)

    @whole_or_not_at_all
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
        return self._partial_fit(X, y, classes)

    def _partial_fit(self, X: Any, y: Any, classes: Any, sample_weight: Any = None) -> Self:
        self._refuse_early_stopping()
        goes_on = hasattr(self, "model_")
        X, y, present = self._labelled(X, y, goes_on=goes_on)
        known = present if classes is None else _sorted(classes, "classes")
        if goes_on:
            if classes is not None and not np.array_equal(known, self.classes_):
                raise ValueError(
                    f"classes is {shown(known.tolist())}, but in the first call of partial_fit it was "
                    f"{shown(self.classes_.tolist())}: pass the same, or none"
                )
            known = self.classes_
        names = set(known.tolist())
        unknown = [label for label in present.tolist() if label not in names]
        if unknown:
            raise ValueError(
                f"y has the labels {shown(unknown)}, which are not in classes, {shown(known.tolist())}: pass "
                "all labels as classes in the first call of partial_fit"
            )
        self.classes_ = known
        return self._train(X, _places(y, known), sample_weight, goes_on=goes_on, once=True)

    def _labelled(self, X: Any, y: Any, *, goes_on: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the checked data of a fit, their labels, and the different labels in their order."""
        X, y = self._data(X, y, goes_on=goes_on)
        labels = _sorted(y, "y")
        check_classification_targets(y)
        return X, y, labels

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
        return isinstance(self.epochs, int | np.integer) and bool(self.epochs < FEW)  # fit checks them


def _sorted(labels: Any, name: str) -> np.ndarray:
    """Return the different labels in their order."""
    try:
        return np.unique(labels)
    except TypeError as error:
        raise TypeError(
            f"{name} has labels of kinds that can't be sorted together ({error}): make them all text or all "
            "numbers"
        ) from error


def _places(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the place of each label in `classes`; text and numbers are never equal."""
    places = {label: place for place, label in enumerate(classes.tolist())}
    return np.array([places[label] for label in y.tolist()])
