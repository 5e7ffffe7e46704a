"""What makes PCA and the embeddings estimators of scikit-learn, whose module it loads: half a second."""

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import sklearn.exceptions
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin

from udl_pt._support.exceptions import NotFittedError
from udl_pt._support.messages import shown
from udl_pt._support.representation import Described
from udl_pt.models._attributes import Attributes

try:
    from sklearn.utils.validation import validate_data
except ImportError:  # before 1.6
    validate_data = None

__all__ = ["Kept", "Scikit", "UnfittedError", "as_numbers", "validated"]


def validated(estimator: Any, *data: Any, **options: Any) -> Any:
    """Return checked data by scikit-learn's `validate_data`, which was a method before 1.6."""
    if validate_data is None:
        return estimator._validate_data(*data, **options)
    return validate_data(estimator, *data, **options)


class ComplexDataError(TypeError, ValueError):
    """Raised for complex numbers: scikit-learn expects a ValueError, and the library raises a TypeError."""


class UnfittedError(NotFittedError, sklearn.exceptions.NotFittedError):  # type: ignore[misc]
    """The library's error of this kind, and scikit-learn's."""


def as_numbers(X: Any) -> Any:
    """Return data whose objects, if it holds such, are numbers; complex ones are an error."""
    kind = getattr(getattr(X, "dtype", None), "kind", None)
    if kind == "c":
        raise ComplexDataError(
            f"Complex data not supported: X has dtype {X.dtype}, expected real numbers: take their real "
            "part, X.real, or their size, abs(X)"
        )
    if kind != "O":
        return X
    try:
        return X.astype(float)
    except (TypeError, ValueError) as error:
        raise type(error)(f"X has dtype object, expected real numbers: {error}") from error


class Kept:
    """A public attribute of a fitted model, which is kept under a private name.

    scikit-learn lets a fit set only attributes whose names begin or end with an underscore.
    """

    def __init__(self, default: Any = AttributeError) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, model: Any, owner: type | None = None) -> Any:
        if model is None:
            return self
        value = vars(model).get(f"_{self._name}", self._default)
        if value is AttributeError:
            raise AttributeError(f"this {type(model).__name__} has no {self._name} yet: call fit before")
        return value

    def __set__(self, model: Any, value: Any) -> None:
        vars(model)[f"_{self._name}"] = value


class Scikit(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The contract of scikit-learn's transformers.

    Attributes
    ----------
    kept : tuple of str
        Names of the class's attributes that are `Kept`.
    """

    kept: tuple[str, ...] = ()
    __repr__ = Described.__repr__

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the arguments of the constructor, as they were passed.

        Parameters
        ----------
        deep : bool
            Not used: no argument is an estimator.

        Returns
        -------
        dict of str to object
        """
        return {name: vars(self)[name] for name in inspect.signature(type(self)).parameters}

    def _keep_features(self, X: Any) -> None:
        """Keep the number and the names of the features of a fit, as the estimators of scikit-learn do."""
        if validate_data is None:
            self._check_feature_names(X, reset=True)
            self._check_n_features(X, reset=True)
        else:
            validate_data(self, X, reset=True, skip_check_array=True)

    def _check_features(self, X: Any) -> None:
        """Raise unless data have as many features as those of the fit, and warn of other names."""
        if validate_data is None:
            self._check_feature_names(X, reset=False)
            self._check_n_features(X, reset=False)
        else:
            validate_data(self, X, reset=False, skip_check_array=True)

    def _check_fitted(self, before: str) -> None:
        try:
            super()._check_fitted(before)
        except NotFittedError as error:
            raise UnfittedError(str(error)) from None

    def _saved_attributes(self) -> dict[str, Any]:
        private = {f"_{name}": name for name in self.kept}
        saved = {private.get(name, name): value for name, value in super()._saved_attributes().items()}
        saved.pop("_metadata_request", None)  # scikit-learn's, an object of a class of its own
        if "feature_names_in_" in vars(self):
            saved["feature_names_in_"] = tuple(map(str, self.feature_names_in_))
        return saved

    def _restore(self, attributes: Mapping[str, Any]) -> None:
        own = {f"_{name}" if name in self.kept else name: value for name, value in attributes.items()}
        names = own.get("feature_names_in_")
        if isinstance(names, tuple):
            own["feature_names_in_"] = np.array(names, dtype=object)
        self.__dict__.update(own)

    def _check_features_in(self, own: Attributes, D: int | None = None) -> None:
        """Check the number and the names of the features that a file holds, if it does."""

        def fits(n: Any) -> bool:
            return type(n) is int and n > 0 and D in (None, n)

        def are_names(names: Any) -> bool:
            n = vars(self).get("n_features_in_")
            return type(names) is tuple and len(names) == n and all(type(name) is str for name in names)

        own.take("n_features_in_", fits, shown(D) if D else "an integer of at least 1", optional=True)
        own.take("feature_names_in_", are_names, "a name for each feature", optional=True)
