"""What all estimators share: arguments, the check of the data, and the training of a model of the library."""

import copy
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.validation import check_is_fitted

from udl_pt._support.arguments import (
    check_callbacks,
    check_count,
    check_number,
    check_options,
    check_switches,
)
from udl_pt.estimators._stopping import Epochs, Stopping
from udl_pt.models._pretraining import takes_probabilities
from udl_pt.models._scikit import validated
from udl_pt.training._descriptions import described_model

__all__ = ["Estimator", "keep", "whole_or_not_at_all"]

FLOATS = (np.float64, np.float32)


def keep(arguments: Mapping[str, Any]) -> None:
    """Set the arguments of an estimator's constructor, its ``locals()``, as attributes, as they are."""
    own = dict(arguments)
    vars(own.pop("self")).update(own)


def whole_or_not_at_all(fit: Callable[..., Any]) -> Any:
    """Decorate a fit: it changes the estimator at its end. So an error leaves the earlier result."""

    @functools.wraps(fit)
    def fitted(self: Any, *arguments: Any, **options: Any) -> Any:
        draft = copy.copy(self)
        fit(draft, *arguments, **options)
        new = {name: value for name, value in vars(draft).items() if name.endswith("_")}
        old = [name for name in vars(self) if name.endswith("_") and name not in new]
        vars(self).update(new)
        for name in old:  # such as the names of features, where these data have none
            vars(self).pop(name, None)
        return self

    return fitted


class Estimator(BaseEstimator):  # type: ignore[misc]
    """An estimator that trains a model of the library.

    Attributes
    ----------
    model_class : type
        The model's class. Arguments of the estimator that its constructor or its ``fit`` has are passed on.
    watched : str
        The model's record that is the score of early stopping.
    least_rows : int
        The number of rows that training needs.
    """

    model_class: Any
    watched = "valid_costs"
    least_rows = 1
    rescale = False
    early_stopping = False
    model_: Any
    scaler_: Any
    n_iter_: int

    def _options(self, function: Any) -> dict[str, Any]:
        """Return those of the estimator's arguments that a function takes."""
        given = vars(self).copy()  # a subclass may fix some of them, which are no arguments of it
        if "unsupervised_model" in given:
            given["UnsupervisedModel"] = given["unsupervised_model"]
        return {name: given[name] for name in inspect.signature(function).parameters if name in given}

    def _data(self, X: Any, *labels: Any, goes_on: bool) -> Any:
        """Return the checked data of a fit."""
        least = self.least_rows
        return validated(self, X, *labels, reset=not goes_on, dtype=FLOATS, ensure_min_samples=least)

    def _rows(self, X: Any) -> np.ndarray:
        """Return checked rows, as the trained model reads them."""
        check_is_fitted(self, "model_")
        return self._scaled(validated(self, X, reset=False, dtype=FLOATS))

    def _scaled(self, X: np.ndarray) -> np.ndarray:
        """Return rows in the range that the trained model reads, if `rescale` is true."""
        if self.scaler_ is not None:
            return np.asarray(self.scaler_.transform(X))
        clips = self.rescale and getattr(self.model_, "unit_interval", False) and not _in_unit_interval(X)
        return np.clip(X, 0, 1) if clips else X

    def _refuse_early_stopping(self) -> None:
        if self.early_stopping:
            raise ValueError(
                f"early_stopping of {type(self).__name__} is True, and partial_fit is one epoch on rows of "
                "which none are held out: pass early_stopping=False, or call fit"
            )

    def _train(
        self, X: Any, Y: Any = None, weights: Any = None, *, goes_on: bool, once: bool = False
    ) -> Self:
        """Train a new model, or the present one further, and keep it; `once` is one epoch."""
        check_switches(rescale=self.rescale, early_stopping=self.early_stopping)
        model = self.model_class(**self._options(self.model_class))
        if goes_on:
            self._check_alike(model)
            model = self.model_
        options = self._options(model.fit) | {"warm_start": goes_on}
        if once:
            options["epochs" if "epochs" in options else "pretrain_epochs"] = 1
        counter = Epochs(model)
        callbacks, stopping, valid = [*check_callbacks(self.callbacks), counter], None, None
        rescales = self.rescale and not _in_unit_interval(X) and self._reads_probabilities(model)
        if self.early_stopping:
            stopping = self._stopping(model)
            callbacks.append(stopping)
            rows, held = self._split(len(X), Y)
            valid = [X[held], None if Y is None else Y[held]]
            X, Y, weights = (None if array is None else array[rows] for array in (X, Y, weights))
        if not goes_on:
            self.model_, self.scaler_ = model, MinMaxScaler(clip=True).fit(X) if rescales else None
        X = self._scaled(X)
        if valid is not None:
            Xvalid, Yvalid = valid
            Xvalid = self._scaled(Xvalid)
            options["validation"] = Xvalid if Y is None else (Xvalid, Yvalid)
        _fit_batches(model, options, len(X))
        if Y is not None:
            options |= {"Y": Y, "n_classes": len(self.classes_)}
        if weights is not None:
            options["sample_weight"] = weights
        model.fit(X, **options | {"callbacks": callbacks})

        if "epochs" in options:
            self.n_iter_ = counter.count + (self.n_iter_ if goes_on else 0)
        if stopping is not None:
            self.validation_scores_ = stopping.scores
            self.best_validation_score_ = max(stopping.scores, default=None)
        return self

    def _check_alike(self, model: Any) -> None:
        """Raise unless a model that the arguments describe is like the one that is trained further."""

        def parts(model: Any) -> list[str]:
            layers = getattr(model, "hidden_layers", ())
            return [described_model(part, generators=False) for part in (model, *layers)]

        if parts(model) != parts(self.model_):
            raise ValueError(
                f"{type(self).__name__} is to train {self.model_!r} further, but its arguments are now those "
                f"of {model!r}: set them back, or call fit with warm_start=False"
            )

    def _stopping(self, model: Any) -> Stopping:
        patience = check_count(self.n_iter_no_change, "n_iter_no_change")
        return Stopping(model, patience, check_number(self.tol, "tol", at_least=0), self.watched)

    def _split(self, N: int, Y: Any) -> list[np.ndarray]:
        """Draw the rows to train on, and those to hold out, of each class its share, as scikit-learn does."""
        share = check_number(self.validation_fraction, "validation_fraction", above=0, below=1)
        state = self.random_state
        if isinstance(state, np.random.Generator):  # which scikit-learn doesn't take
            state = int(state.integers(2**32))
        try:
            return list(train_test_split(np.arange(N), test_size=share, random_state=state, stratify=Y))
        except ValueError as error:
            raise ValueError(
                f"early_stopping of {type(self).__name__} is True, but validation_fraction {share:g} of "
                f"{N} rows can't be held out: {error}"
            ) from error

    def _reads_probabilities(self, model: Any) -> bool:
        """Return whether a model, or the first layer of a network, reads values as probabilities."""
        options = self._options(model.fit)
        if not hasattr(model, "hidden_layers"):
            return bool(model.unit_interval or model.takes_probabilities(**options))
        if options.get("cost") == "cross_entropy":
            return True
        first, *_ = model.hidden_layers
        own, *_ = check_options(self.pretrain_options, len(model.hidden_layers))
        epochs = int(bool(options.get("pretrain", True)))
        return bool(getattr(first, "unit_interval", False)) or takes_probabilities(
            first, epochs, own, keep=False
        )


def _in_unit_interval(X: np.ndarray) -> bool:
    return bool(X.min() >= 0 and X.max() <= 1)


def _fit_batches(model: Any, options: dict[str, Any], N: int) -> None:
    """Make batches of all rows where there are fewer than the batches have, in pretraining too."""
    if "batch_sz" in options:
        options["batch_sz"] = _at_most(options["batch_sz"], N)
    if "pretrain_options" in options:
        layers = model.hidden_layers
        each = [dict(own) for own in check_options(options["pretrain_options"], len(layers))]
        for layer, own in zip(layers, each, strict=True):
            argument = inspect.signature(layer.fit).parameters.get("batch_sz")
            if argument is not None:
                own["batch_sz"] = _at_most(own.get("batch_sz", argument.default), N)
        options["pretrain_options"] = each


def _at_most(size: Any, N: int) -> Any:
    """Return a number of rows of at most N; the model refuses what is no number."""
    return min(size, N) if isinstance(size, int | np.integer) and not isinstance(size, bool) else size
