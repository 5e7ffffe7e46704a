"""Validation sets: rows that the user passes, or a drawn share of the training rows."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_number, is_scalar
from udl_pt._support.labels import check_labels
from udl_pt._support.messages import shown
from udl_pt._support.rows import select_rows
from udl_pt.symbolic.chance import HostGenerator

__all__ = ["HeldOut"]

Arrays = tuple[Any, ...]  # each an ndarray, or Rows


def _is_labelled(validation: Any) -> bool:
    """Return whether `validation` is a pair of a matrix and a vector."""
    if not (isinstance(validation, tuple | list) and len(validation) == 2):
        return False
    try:
        return [np.ndim(part) for part in validation] == [2, 1]
    except Exception:  # of rows of several lengths, say: that is found out later
        return False


@dataclass(frozen=True)
class HeldOut:
    """The validation set that the argument `validation` of a ``fit`` asks for; false where it asks for none.

    Attributes
    ----------
    given : tuple of (ndarray or Rows), or None
        The validation set that the user passed: rows alone, or rows and labels.
    n_drawn : int
        The number of training rows to hold out, where `validation` is a share; else 0.

    Examples
    --------
    >>> from udl_pt.training.held_out import HeldOut
    >>> HeldOut(n_drawn=5)
    HeldOut(given=None, n_drawn=5)
    >>> bool(HeldOut(n_drawn=5)), bool(HeldOut())
    (True, False)
    """

    given: Arrays | None = None
    n_drawn: int = 0

    def __bool__(self) -> bool:
        """Return whether there will be a validation set."""
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
        check: Callable[..., Any],
    ) -> "HeldOut":
        """Check the argument `validation` of a ``fit``.

        Parameters
        ----------
        validation : None, float, array_like of shape (N_valid, D), or (array_like, array_like)
            None, a share of the training rows, or a validation set: rows, or a pair of rows and labels.
        shape : (int, int)
            N and D of the training rows.
        dtype : str
            The model's dtype.
        n_classes : int, optional
            The number of classes, where rows have labels.
        unit_interval : bool
            Whether training reads the values as probabilities.
        check : callable
            Checks the rows: `check_rows`, or `check_matrix` where the model reads all of them at once.

        Returns
        -------
        HeldOut

        Raises
        ------
        TypeError, ValueError
            For anything else, and for a share that leaves no rows on one side.

        Examples
        --------
        >>> from udl_pt._support.arrays import check_matrix
        >>> from udl_pt.training.held_out import HeldOut
        >>> HeldOut.checked(0.1, (50, 3), "float64", check=check_matrix)
        HeldOut(given=None, n_drawn=5)
        >>> HeldOut.checked(0.001, (50, 3), "float64", check=check_matrix)
        Traceback (most recent call last):
            ...
        ValueError: validation is 0.001, which is 0 of 50 rows: expected a share that leaves rows on both ...
        """
        if validation is None:
            return cls()
        (N, D), labelled = shape, n_classes is not None
        rows = functools.partial(check, dtype=dtype, n_features=D, unit_interval=unit_interval)
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

    def split(self, generator: HostGenerator, *arrays: Any) -> tuple[Arrays, Arrays | None]:
        """Return the training set and the validation set; only a share needs a draw.

        Parameters
        ----------
        generator : numpy.random.Generator or numpy.random.RandomState
            Source of the draw.
        *arrays : ndarray or Rows
            The training rows, and their labels where they have some. Parts of arrays are copies. Parts of
            `Rows` are not read.

        Returns
        -------
        training : tuple of ndarray
            The rows to train on, and their labels.
        validation : tuple of ndarray or None
            The rows of the validation set, and their labels; None where there is none.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt._support.arrays import check_matrix
        >>> from udl_pt.training.held_out import HeldOut
        >>> X, Y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 2, 3])
        >>> (X_train, Y_train), (X_valid, Y_valid) = HeldOut(n_drawn=1).split(np.random.default_rng(0), X, Y)
        >>> X_train.shape, X_valid.shape
        ((3, 2), (1, 2))
        >>> sorted([*Y_train.tolist(), *Y_valid.tolist()])
        [0, 1, 2, 3]
        """
        if not self.n_drawn:
            return arrays, self.given
        held, rest = np.split(generator.permutation(len(arrays[0])), [self.n_drawn])
        training, validation = ([select_rows(array, rows) for array in arrays] for rows in (rest, held))
        return tuple(training), tuple(validation)
