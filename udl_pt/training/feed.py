"""The rows of `udl_pt.Batches`: checked, counted, and cut to the batches of a training."""

import contextlib
import io
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_count
from udl_pt._support.arrays import as_array, check_form, check_values
from udl_pt._support.labels import check_labels
from udl_pt._support.messages import shown
from udl_pt._support.rows import Rows, refuse_unserved
from udl_pt.symbolic.chance import HostGenerator
from udl_pt.training.batches import Batches, check_source, gives_batches

__all__ = ["Feed", "feed_of"]

ROWS = 1000  # at a time
MOST_CLASSES = np.iinfo(np.int32).max
Parts = tuple[np.ndarray, ...]  # rows, and their labels where they have some


def feed_of(
    X: Any, *, dtype: str, labelled: bool = False, unit_interval: bool = False, n_classes: Any = None
) -> "Feed | None":
    """Return the `Feed` of data that come batch by batch; None for other data.

    Parameters
    ----------
    X : Batches, callable, iterable or Feed
        The data.
    dtype : str
        The model's dtype, in which every value must be finite.
    labelled : bool
        Whether batches must have labels.
    unit_interval : bool
        Whether values must be in [0, 1].
    n_classes : int, optional
        Number of classes, where the labels may lack some.

    Returns
    -------
    Feed or None

    Raises
    ------
    TypeError, ValueError
        For bad batches; the message names the batch.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.training.feed import feed_of
    >>> feed = feed_of(lambda: iter([np.eye(3), np.eye(3)]), dtype="float64")
    >>> feed.shape, feed[2:5].tolist()
    ((6, 3), [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    >>> feed_of(np.eye(3), dtype="float64") is None
    True
    """
    refuse_unserved(X, "X")
    if hasattr(X, "__next__") and not isinstance(X, io.IOBase):
        raise TypeError(
            f"X is {shown(X)}, which can be read once only: pass the function that makes it, so that each "
            "epoch can begin anew"
        )
    if isinstance(X, Feed):
        X = X.batches
    elif not isinstance(X, Batches):
        if not gives_batches(X):
            return None
        check_source(X, "X")
        X = Batches(X)
    return Feed(X, dtype=dtype, labelled=labelled, unit_interval=unit_interval, n_classes=n_classes)


class Feed(Rows):
    """The rows of `Batches`, which are read forward.

    Making one reads all batches, checks them, and counts their rows. A slice that starts before the end of
    the last one begins to read anew. So a loop over consecutive slices reads the data once.

    Parameters
    ----------
    batches : Batches
        The batches.
    dtype, labelled, unit_interval, n_classes
        As in `feed_of`.

    Attributes
    ----------
    batches : Batches
        The batches.
    shape : (int, int)
        Rows and columns.
    n_classes : int
        The number of classes; 0 where labels are not read.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.training.batches import Batches
    >>> from udl_pt.training.feed import Feed
    >>> Feed(Batches(lambda: iter([np.eye(3), np.eye(3)])), dtype="float64").shape
    (6, 3)
    """

    def __init__(
        self,
        batches: Batches,
        *,
        dtype: str,
        labelled: bool = False,
        unit_interval: bool = False,
        n_classes: Any = None,
    ) -> None:
        self.batches, self._labelled = batches, labelled
        self._check: dict[str, Any] = {"dtype": dtype, "unit_interval": unit_interval}
        self._width: int | None = None
        self.n_classes = 0 if n_classes is None else check_count(n_classes, "n_classes")
        n_rows, classes = 0, np.empty(0, int)
        self.dtype = np.dtype(dtype)
        for X, *Y in self.parts():
            self._width = X.shape[1]
            n_rows += len(X)
            classes = np.unique(np.concatenate([classes, *Y]))
        if not n_rows:
            raise ValueError(
                f"X is {shown(batches.source)}, which returned no batch: expected at least one, in each epoch"
            )
        if labelled and not self.n_classes:
            self.n_classes = len(check_labels(classes, "Y", n_samples=len(classes)))
        self.shape = (n_rows, X.shape[1])
        self._stream, self._position = _Stream(self.parts()), 0  # which reads nothing before it is asked

    def parts(self) -> Generator[Parts, None, None]:
        """Read the batches as they come, and check them.

        Yields
        ------
        tuple of ndarray
            Rows, and labels where they are read.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.training.feed import feed_of
        >>> feed = feed_of(lambda: iter([(np.eye(2), [0, 1])]), dtype="float64", labelled=True)
        >>> [(X.shape, Y.tolist()) for X, Y in feed.parts()]
        [((2, 2), [0, 1])]
        """
        batches = iter(self.batches)
        try:
            for number, batch in enumerate(batches, start=1):
                X, Y = _split(batch, f"batch {number} of X")
                if not _is_empty(X):
                    yield self._checked(X, Y, f"batch {number} of X")
        finally:  # a reader may have a file open
            if hasattr(batches, "close"):
                batches.close()

    def _checked(self, X: Any, Y: Any, name: str) -> Parts:
        if self._labelled and Y is None:
            raise TypeError(f"{name} is {shown(X)}, expected a pair (X, Y) of rows and labels")
        X = check_form(X, name, n_features=self._width)
        check_values(X, name, **self._check)
        X = X.astype(self.dtype, copy=False)  # batches may differ
        if not self._labelled:
            return (X,)
        n_classes = self.n_classes or MOST_CLASSES  # unknown in the first reading
        return X, check_labels(Y, f"Y of {name}", n_samples=len(X), n_classes=n_classes)

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Read rows: a slice of consecutive ones."""
        start, stop, _ = rows.indices(len(self))
        if start < self._position:
            self._stream.close()
            self._stream, self._position = _Stream(self.parts()), 0
        while self._position < start:
            self._take(min(ROWS, start - self._position))
        return self._take(stop - start)

    def _take(self, n: int) -> np.ndarray:
        self._position += n
        rows = self._stream.take(n, self._position)[0]
        if self._position == len(self):
            self._stream.close()
        return rows

    def first(self, n: int) -> np.ndarray:
        """Read the first `n` rows, or all where there are fewer, and end the reading.

        Parameters
        ----------
        n : int
            The number of rows.

        Returns
        -------
        ndarray of shape (n, D)

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.training.feed import feed_of
        >>> feed_of(lambda: iter([np.eye(3)]), dtype="float64").first(1).tolist()
        [[1.0, 0.0, 0.0]]
        """
        n = min(n, len(self))
        with contextlib.closing(_Stream(self.parts())) as stream:
            return np.array(stream.take(n, n)[0])  # the source may use its memory again

    def seed(self, generator: HostGenerator) -> np.ndarray:
        """Draw the seed of an epoch's shuffle; without a buffer nothing is drawn.

        Parameters
        ----------
        generator : numpy.random.Generator or numpy.random.RandomState
            Source of the draw.

        Returns
        -------
        ndarray of uint8
            The seed, empty without a buffer.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.training.batches import Batches
        >>> from udl_pt.training.feed import feed_of
        >>> feed = feed_of(Batches(lambda: iter([np.eye(3)]), buffer=2), dtype="float64")
        >>> len(feed.seed(np.random.default_rng(0)))
        16
        """
        return np.frombuffer(generator.bytes(16) if self.batches.buffer else b"", np.uint8)

    def epoch(self, batch_sz: int, seed: np.ndarray, skip: int = 0) -> Iterator[Parts]:
        """Yield the batches of one epoch, each of `batch_sz` rows; what is left over is dropped.

        Parameters
        ----------
        batch_sz : int
            Rows per batch.
        seed : ndarray of uint8
            Seed of the shuffle, as `seed` draws it.
        skip : int
            The number of batches to leave out at the beginning.

        Yields
        ------
        tuple of ndarray
            Rows, and labels where they are read.

        Raises
        ------
        ValueError
            When the epoch has fewer rows than its batches need.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.training.feed import feed_of
        >>> feed = feed_of(lambda: iter([np.eye(3), np.eye(3)]), dtype="float64")
        >>> [X.tolist() for (X,) in feed.epoch(2, seed=[], skip=2)]
        [[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]
        """
        n_batches, buffer = len(self) // batch_sz, min(self.batches.buffer, len(self))
        stream = _Stream(self.parts())
        with contextlib.closing(stream):
            if buffer > 1:
                batches = self._shuffled(stream, batch_sz, max(buffer, batch_sz), seed)
            else:
                batches = (stream.take(batch_sz, (j + 1) * batch_sz) for j in range(n_batches))
            for j, parts in enumerate(batches):
                if j >= skip:
                    yield parts

    def _shuffled(self, stream: "_Stream", batch_sz: int, buffer: int, seed: np.ndarray) -> Iterator[Parts]:
        """Yield batches of rows that a buffer has shuffled."""
        generator = np.random.default_rng(list(seed))
        held = stream.fill(buffer, buffer + batch_sz)
        read = buffer
        while read + batch_sz <= len(self):
            read += batch_sz
            new = stream.take(batch_sz, read)
            places = generator.choice(buffer, batch_sz, replace=False)
            yield tuple(array[places] for array in held)
            for array, rows in zip(held, new, strict=True):
                array[places] = rows
        n_left = buffer + len(self) - read
        for array, rows in zip(held, stream.take(len(self) - read, len(self)), strict=False):
            array[buffer:n_left] = rows
        order = generator.permutation(n_left)
        for start in range(0, n_left - batch_sz + 1, batch_sz):
            yield tuple(array[order[start : start + batch_sz]] for array in held)


class _Stream:
    """Rows of an iterator of batches, in pieces of any length."""

    def __init__(self, batches: Generator[Parts, None, None]) -> None:
        self._batches = batches
        self._left: list[Parts] = []  # batches that are read, but not taken

    def take(self, n: int, until: int) -> Parts:
        """Return the next `n` rows, the last of which is the one of number `until`."""
        found, missing = [], n
        while missing > 0:
            parts = self._left.pop() if self._left else next(self._batches, None)
            if parts is None:
                raise ValueError(
                    f"X ended before row {until:,}, but had more rows in the first reading: return the same "
                    "number of rows in each epoch"
                )
            if len(parts[0]) > missing:
                self._left.append(tuple(array[missing:] for array in parts))
            found.append(tuple(array[:missing] for array in parts))
            missing -= len(found[-1][0])
            if missing:  # the next batch may be written to the same memory
                found[-1] = tuple(map(np.array, found[-1]))
        return found[0] if len(found) == 1 else tuple(map(np.concatenate, zip(*found, strict=True)))

    def fill(self, n: int, capacity: int) -> Parts:
        """Return arrays of `capacity` rows, of which the first `n` are the next ones."""
        filled: Parts = ()
        for start in range(0, n, ROWS):
            parts = self.take(min(ROWS, n - start), min(start + ROWS, n))
            filled = filled or tuple(np.empty((capacity, *part.shape[1:]), part.dtype) for part in parts)
            for array, part in zip(filled, parts, strict=True):
                array[start : start + len(part)] = part
        return filled

    def close(self) -> None:
        """End the reading."""
        self._batches.close()


def _split(batch: Any, name: str) -> tuple[Any, Any]:
    """Return the rows of a batch and its labels, None where it has none."""
    if isinstance(batch, Mapping):
        raise TypeError(f"{name} is {shown(batch)}, expected rows, or a pair (X, Y) of rows and labels")
    if not (isinstance(batch, tuple | list) and batch and _dimensions(batch[0], name) > 1):
        return batch, None
    if len(batch) > 2:
        raise TypeError(
            f"{name} has {len(batch)} entries, expected rows, or a pair (X, Y) of rows and labels"
        )
    return batch[0], (batch[1] if len(batch) == 2 else None)


def _dimensions(first: Any, name: str) -> int:
    """Return the dimensions of a batch's first entry: of rows two or more, of a row one."""
    shape = getattr(first, "shape", None)
    if isinstance(shape, tuple):
        return len(shape)
    return as_array(first, name, "rows", "its rows must have the same length").ndim


def _is_empty(X: Any) -> bool:
    shape = getattr(X, "shape", None)
    return shape[:1] == (0,) if isinstance(shape, tuple) else isinstance(X, list | tuple) and not X
