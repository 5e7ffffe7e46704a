"""Training and test data, with what is known of them: the images' shape, the labels' names, the source."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from udl_pt._support.arguments import check_number
from udl_pt._support.arrays import as_array, check_real, check_values
from udl_pt._support.exceptions import DataError
from udl_pt._support.images import check_image_shape
from udl_pt.datasets._labels import encode
from udl_pt.symbolic.chance import as_generator

__all__ = ["Dataset"]

BYTE = 255  # the brightest pixel of a byte


class _Arrays(NamedTuple):
    X: np.ndarray
    Y: np.ndarray
    Xtest: np.ndarray
    Ytest: np.ndarray


class Dataset(_Arrays):
    """Training and test data, which unpack as ``X, Y, Xtest, Ytest``.

    The constructor is for digits in MNIST's form. `Dataset.from_arrays` takes data of any other form.

    Parameters
    ----------
    pixels, test_pixels : ndarray of shape (N, D) and (Ntest, D)
        Pixels from 0 to 255. They are divided by 255.
    Y, Ytest : array_like of int of shape (N,) and (Ntest,)
        Digits.
    source : str
        Where the data are from.

    Attributes
    ----------
    X, Xtest : ndarray of float of shape (N, D) and (Ntest, D)
        Pixels in [0, 1], one row for each image, or the rows of a table. `Xtest` has no rows where there is
        no test set.
    Y, Ytest : ndarray of int64 of shape (N,) and (Ntest,)
        Labels from 0 to K-1. Both are empty where there are no labels.
    source : str
        Where the data are from.
    image_shape : tuple of int, or None
        ``(rows, columns)`` or ``(rows, columns, 3)``; None where the rows are not known to be images.
    label_names : tuple of str
        The label that is encoded as 0, the one that is encoded as 1, and so on.
    noun : str
        The word for a row: ``"digit"``, ``"face"``, ``"image"`` or ``"row"``.
    ink : bool
        Whether 0 is the paper and 1 is the ink, as in MNIST. Otherwise 0 is black and 1 is white.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.datasets import Dataset
    >>> data = Dataset(np.array([[0, 51, 255]]), [7], np.array([[255, 0, 0]]), [1], "by hand")
    >>> X, Y, Xtest, Ytest = data
    >>> X.tolist(), Y.tolist()
    ([[0.0, 0.2, 1.0]], [7])
    >>> data.source
    'by hand'
    """

    source: str
    image_shape: tuple[int, ...] | None
    label_names: tuple[str, ...]
    noun: str
    ink: bool

    def __new__(
        cls, pixels: np.ndarray, Y: Any, test_pixels: np.ndarray, Ytest: Any, source: str
    ) -> "Dataset":
        """Scale 0 ... 255 to [0, 1]."""
        X, Xtest = (np.divide(p, BYTE, dtype=np.float64) for p in (pixels, test_pixels))
        digits, test_digits = np.asarray(Y, np.int64), np.asarray(Ytest, np.int64)
        K = int(max(digits.max(initial=-1), test_digits.max(initial=-1))) + 1
        side = math.isqrt(X.shape[1])
        self = super().__new__(cls, X, digits, Xtest, test_digits)
        self.source = source
        self.image_shape = (side, side) if side**2 == X.shape[1] else None
        self.label_names = tuple(map(str, range(K)))
        self.noun, self.ink = "digit", True
        return self

    @classmethod
    def from_arrays(
        cls,
        X: Any,
        Y: Any = None,
        Xtest: Any = None,
        Ytest: Any = None,
        *,
        image_shape: Any = None,
        source: str = "arrays",
        noun: str | None = None,
        ink: bool = False,
    ) -> "Dataset":
        """Make a data set from arrays of any kind: scale pixels to [0, 1], and encode labels.

        Parameters
        ----------
        X, Xtest : array_like of shape (N, D), (N, rows, columns) or (N, rows, columns, 3)
            Images, or the rows of a table.
        Y, Ytest : array_like of shape (N,) and (Ntest,), optional
            Labels: whole numbers, booleans or text.
        image_shape : sequence of int, optional
            ``(rows, columns)`` or ``(rows, columns, 3)``. By default the arrays tell it, and rows of D values
            are no images.
        source : str
            Where the data are from.
        noun : str, optional
            The word for a row, in reports. By default ``"image"`` or ``"row"``.
        ink : bool
            Whether 0 is the paper and 1 is the ink.

        Returns
        -------
        Dataset

        Raises
        ------
        ValueError, TypeError
            For values that are not finite numbers, floats of images outside [0, 1], shapes that don't fit,
            and labels that are no labels.

        Notes
        -----
        Bytes (uint8) are divided by 255; so are other whole numbers, if they are pixels of images. Whole
        numbers that are 0 or 1 everywhere are kept. Floats are kept. Those of images must be in [0, 1].

        Examples
        --------
        Two images of 1 x 3 pixels:

        >>> import numpy as np
        >>> from udl_pt.datasets import Dataset
        >>> pixels = np.array([[[0, 51, 255]], [[255, 0, 0]]], np.uint8)
        >>> data = Dataset.from_arrays(pixels, ["dog", "cat"])
        >>> data.X.tolist(), data.image_shape
        ([[0.0, 0.2, 1.0], [1.0, 0.0, 0.0]], (1, 3))
        >>> data.Y.tolist(), data.label_names
        ([1, 0], ('cat', 'dog'))
        """
        arrays = {"X": _array(X, "X")}
        if Xtest is not None:
            arrays["Xtest"] = _array(Xtest, "Xtest")
        shape = _common_shape(arrays, image_shape)
        rows = {name: array.reshape(len(array), -1) for name, array in arrays.items()}
        scaled = _scaled(rows, is_image=shape is not None)
        n_test = len(rows["Xtest"]) if Xtest is not None else 0
        codes, test_codes, names = encode(Y, Ytest, len(rows["X"]), n_test)
        self = super().__new__(cls, scaled["X"], codes, scaled.get("Xtest", scaled["X"][:0]), test_codes)
        self.source, self.image_shape, self.label_names = source, shape, names
        self.noun, self.ink = noun or ("row" if shape is None else "image"), ink
        return self

    def with_test_set(self, share: float = 0.2, random_state: Any = 0) -> "Dataset":
        """Return a data set whose test rows are split off from the training rows.

        Each class loses the same share of its rows, and at least one. A class of one row keeps it.

        Parameters
        ----------
        share : float
            Share of the rows, above 0 and below 1.
        random_state : None, int, numpy.random.Generator or numpy.random.RandomState
            Source of the choice; the default 0 makes the same choice each time.

        Returns
        -------
        Dataset
            All rows keep their order.

        Raises
        ------
        ValueError
            If there is a test set already, and if no class has two rows.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.datasets import Dataset
        >>> data = Dataset.from_arrays(np.eye(10), np.repeat(["no", "yes"], 5)).with_test_set()
        >>> data.Y.tolist(), data.Ytest.tolist()
        ([0, 0, 0, 0, 1, 1, 1, 1], [0, 1])
        """
        share = check_number(share, "share", above=0, below=1)
        if len(self.Xtest):
            raise ValueError(f"there is a test set of {len(self.Xtest)} rows already")
        N = len(self.X)
        order = np.asarray(as_generator(random_state).permutation(N))
        labels = self.Y if len(self.Y) else np.zeros(N, np.int64)
        tested = np.zeros(N, bool)
        for label in np.unique(labels):
            rows = order[labels[order] == label]
            tested[rows[: min(len(rows) - 1, max(1, round(share * len(rows))))]] = True
        if not tested.any():
            raise ValueError("no class has two rows, so no test set can be split off: add rows")
        X, Xtest = self.X[~tested], self.X[tested]
        Y, Ytest = (self.Y[~tested], self.Y[tested]) if len(self.Y) else (self.Y, self.Ytest)
        return self._replace(X=X, Y=Y, Xtest=Xtest, Ytest=Ytest)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy the arrays as they are: they are scaled already."""
        return self._make, (tuple(self),), vars(self)

    def _replace(self, **arrays: Any) -> "Dataset":
        """Return the same with other arrays, which are not scaled."""
        replaced = super()._replace(**arrays)
        vars(replaced).update(vars(self))
        return replaced

    __replace__ = _replace  # for copy.replace, of Python 3.13


def _array(X: Any, name: str) -> np.ndarray:
    array = as_array(X, name, "rows of numbers, or images", "its rows must have the same length")
    check_real(array, X, name)
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    if array.ndim == 4 and array.shape[3] != 3:
        last = ": move the colours to the end, X.transpose(0, 2, 3, 1)" if array.shape[1] in (1, 3) else ""
        raise DataError(
            f"{name} has shape {array.shape}, expected (N, rows, columns, 3) for images in colours{last}"
        )
    if array.ndim not in (2, 3, 4):
        raise DataError(
            f"{name} has shape {array.shape}, expected (N, columns), (N, rows, columns) or "
            "(N, rows, columns, 3)"
        )
    if 0 in array.shape:
        raise DataError(f"{name} is empty (shape {array.shape}), expected at least one row and one column")
    return array


def _common_shape(arrays: Mapping[str, np.ndarray], image_shape: Any) -> tuple[int, ...] | None:
    """Return the images' shape, which all arrays must have; None if nothing tells it."""
    X = arrays["X"]
    for name, array in arrays.items():
        if array.shape[1:] != X.shape[1:]:
            raise DataError(f"{name} has shape {array.shape}, but X {X.shape}: rows must be alike")
    own = X.shape[1:] if X.ndim > 2 else None
    if image_shape is None:
        return own
    shape = check_image_shape(image_shape, math.prod(X.shape[1:]))
    if own not in (None, shape):
        raise ValueError(f"image_shape is {shape}, but the images have the shape {own}")
    return shape


def _scaled(rows: Mapping[str, np.ndarray], is_image: bool) -> dict[str, np.ndarray]:
    """Return float rows: pixels in [0, 1], a table's numbers as they are."""
    kinds = {array.dtype.kind == "f" for array in rows.values()}
    if len(kinds) > 1:
        found = ", but ".join(f"{name} has dtype {array.dtype}" for name, array in rows.items())
        raise DataError(f"{found}: save both as bytes, or both as floats, which are not scaled alike")
    for name, array in rows.items():
        check_values(array, name, dtype="float64")
    low = min(array.min() for array in rows.values())
    high = max(array.max() for array in rows.values())
    bytes_ = all(array.dtype == np.uint8 for array in rows.values())
    if kinds == {True}:
        if is_image and (low < 0 or high > 1):
            advice = "divide by 255?" if 1 < high <= BYTE and low >= 0 else "scale them"
            raise DataError(f"pixels are floats from {low:g} to {high:g}, expected [0, 1]: {advice}")
        dtype = np.result_type(*rows.values())
        kept = dtype if dtype in (np.float32, np.float64) else np.float64
        return {name: np.ascontiguousarray(array, kept) for name, array in rows.items()}
    if not (is_image or bytes_) or (low >= 0 and high <= 1):
        return {name: np.ascontiguousarray(array, np.float64) for name, array in rows.items()}
    if low < 0 or high > BYTE:
        raise DataError(f"pixels are whole numbers from {low} to {high}, expected 0 to 255: scale them")
    return {name: np.divide(array, BYTE, dtype=np.float64) for name, array in rows.items()}
