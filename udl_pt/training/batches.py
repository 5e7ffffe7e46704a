"""Data that come batch by batch, such as from a function or from PyTorch's DataLoader."""

import inspect
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np

from udl_pt._support.arguments import check_count
from udl_pt._support.messages import shown
from udl_pt._support.rows import WHOLE, Rows

__all__ = ["Batches", "check_source", "gives_batches"]


class Batches:
    """Batches of rows that are read anew in each epoch, for the argument `X` of a ``fit``.

    A ``fit`` takes the function or the iterable itself, too. This class adds a shuffle.

    Parameters
    ----------
    source : callable or iterable
        A function without arguments that returns an iterator, or an object such as PyTorch's DataLoader,
        which can be iterated again and again. A batch is an array of shape (n, D), or a pair (X, Y) with
        labels of shape (n,). Batches may differ in length: training cuts them anew.
    buffer : int
        The number of rows in the buffer that shuffles, which is in memory. It holds at least a batch. With 0,
        training takes the rows in their order.

    Notes
    -----
    For each batch, rows are drawn from the buffer, and the next rows take their places. So a row moves
    forward by at most `buffer` rows and a batch; it may move back by any number. Where rows are sorted by
    class, and a class has more rows than the buffer, batches have few classes, and steps favour the class
    that comes last. A buffer of all rows is a full shuffle. Its order is not that of an array, so the numbers
    differ.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import AutoEncoder, Batches
    >>> def read():
    ...     for start in range(4):  # such as from a file for each
    ...         yield np.repeat(np.eye(4)[start : start + 1], 10, axis=0)
    >>> AutoEncoder(2, random_state=0).fit(Batches(read, buffer=20), batch_sz=10)
    <AutoEncoder(2), fitted to 4 features>
    """

    def __init__(self, source: Any, *, buffer: int = 0) -> None:
        if isinstance(source, Batches) or not gives_batches(source):
            raise TypeError(
                f"source is {shown(source)}, expected a function that returns an iterator of batches, or an "
                "iterable such as a DataLoader"
            )
        check_source(source, "source")
        self.source, self.buffer = source, check_count(buffer, "buffer", at_least=0)

    def __repr__(self) -> str:
        """Return the call that made this."""
        return f"Batches({shown(self.source)}, buffer={self.buffer})"

    def __iter__(self) -> Iterator[Any]:
        """Begin to read the batches of an epoch."""
        batches = self.source() if callable(self.source) else self.source
        if not hasattr(batches, "__iter__") or hasattr(batches, "shape"):
            raise TypeError(
                f"X is {shown(self.source)}, which returns {shown(batches)}, expected an iterator of batches"
            )
        return iter(batches)


def check_source(source: Any, name: str) -> None:
    """Raise a TypeError where `source` is a function that needs arguments.

    Parameters
    ----------
    source : object
        A function or an iterable.
    name : str
        What the message calls it.

    Examples
    --------
    >>> from udl_pt.training.batches import check_source
    >>> check_source(abs, "X")
    Traceback (most recent call last):
        ...
    TypeError: X is <built-in function abs>, which needs arguments (missing a required argument: 'x'): ...
    """
    try:
        signature = inspect.signature(source) if callable(source) else None
    except ValueError:  # of a builtin that doesn't tell
        return
    try:
        if signature is not None:
            signature.bind()
    except TypeError as error:
        raise TypeError(
            f"{name} is {shown(source)}, which needs arguments ({error}): set them, with functools.partial"
        ) from None


def gives_batches(X: Any) -> bool:
    """Return whether an object is a function, or can be iterated again and again, and is no array or table.

    Parameters
    ----------
    X : object
        The data of a ``fit``.

    Returns
    -------
    bool

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.training.batches import gives_batches
    >>> gives_batches(lambda: iter([np.eye(3)])), gives_batches(np.eye(3))
    (True, False)
    """
    known = (type, Sequence, Mapping, Set, np.ndarray, Rows, bytearray, memoryview)
    if isinstance(X, known) or any(hasattr(X, name) for name in (*WHOLE, "__array__", "shape", "__next__")):
        return False
    return callable(X) or hasattr(X, "__iter__")
