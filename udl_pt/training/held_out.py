"""Validation sets: rows that are given, or a share of the training rows that is drawn and held out."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_number, is_scalar
from udl_pt._support.arrays import check_matrix
from udl_pt._support.labels import check_labels
from udl_pt._support.messages import shown
from udl_pt.symbolic.random import HostGenerator

__all__ = ["HeldOut"]

Arrays = tuple[np.ndarray, ...]


def _is_labelled(validation: Any) -> bool:
    """Whether it is a pair of a matrix and a vector."""
    if not (isinstance(validation, tuple | list) and len(validation) == 2):
        return False
    try:
        return [np.ndim(part) for part in validation] == [2, 1]
    except Exception:  # of rows of several lengths, say: that is found out later
        return False


@dataclass(frozen=True)
class HeldOut:
    """What the argument `validation` of a ``fit`` asks for; false where there is no validation set.

    Attributes
    ----------
    given : tuple of ndarray or None
        The validation set, rows alone or rows and labels, where it was given.
    n_drawn : int
        How many of the training rows shall be one, where a share was given; else 0.
    """

    given: Arrays | None = None
    n_drawn: int = 0

    def __bool__(self) -> bool:
        """Whether there will be a validation set."""
        return self.given is not None or self.n_drawn > 0

    @classmethod
    def checked(
        cls,
        validation: Any,
        shape: tuple[int, int],
        dtype: str,
        *,
        n_classes: int | None = None,
        unit_interval: bool = False,
    ) -> "HeldOut":
        """Check the argument `validation`.

        Parameters
        ----------
        validation : None, float, array_like of shape (N_valid, D), or (array_like, array_like)
            None, a share of the training rows, or a validation set: rows, with labels a pair.
        shape : (int, int)
            N and D of the training rows.
        dtype : str
            The model's.
        n_classes : int, optional
            Where rows have labels, how many classes there are.
        unit_interval : bool
            Whether the values are read as probabilities.

        Raises
        ------
        TypeError, ValueError
            For anything else, and for a share that leaves no rows on one side.
        """
        if validation is None:
            return cls()
        (N, D), labelled = shape, n_classes is not None
        rows = functools.partial(check_matrix, dtype=dtype, n_features=D, unit_interval=unit_interval)
        if labelled and isinstance(validation, list | tuple) and len(validation) == 2:
            X = rows(validation[0], "validation[0]")
            Y = check_labels(validation[1], "validation[1]", n_samples=len(X), n_classes=n_classes)
            return cls((X, Y))
        if not is_scalar(validation):
            if labelled:
                raise TypeError(
                    f"validation is {shown(validation)}, expected a share such as 0.1, or a pair (X, Y)"
                )
            if _is_labelled(validation):
                raise TypeError(
                    "validation is a pair (X, Y), expected rows alone, since this fit reads no labels: pass X"
                )
            return cls((rows(validation, "validation"),))
        share = check_number(validation, "validation", at_least=0, at_most=1)
        n_drawn = round(share * N)
        if not 0 < n_drawn < N:
            raise ValueError(
                f"validation is {share:g}, which is {n_drawn} of {N} rows: expected a share that leaves rows "
                "on both sides, such as 0.1"
            )
        return cls(None, n_drawn)

    def split(self, generator: HostGenerator, *arrays: np.ndarray) -> tuple[Arrays, Arrays | None]:
        """Return what to train on, and the validation set; only where a share was given something is drawn.

        Parameters
        ----------
        generator : numpy.random.Generator or numpy.random.RandomState
            Source of the draw.
        *arrays : ndarray
            The training rows, and their labels where they have some; parts of them are copies.
        """
        if not self.n_drawn:
            return arrays, self.given
        held, rest = np.split(generator.permutation(len(arrays[0])), [self.n_drawn])
        return tuple(array[rest] for array in arrays), tuple(array[held] for array in arrays)
