"""Errors of the library."""

__all__ = ["DataError", "DivergenceError", "NotFittedError"]


class NotFittedError(ValueError, AttributeError):
    """Raised when a model has no parameters yet.

    It is a ValueError and an AttributeError, as scikit-learn's error of this name.

    Examples
    --------
    >>> from udl_pt import RBM, NotFittedError
    >>> try:
    ...     RBM(2).forward_hidden([[0, 1]])
    ... except NotFittedError as error:
    ...     print(error)
    this RBM has no parameters yet: call fit before forward_hidden
    """


class DataError(ValueError):
    """Raised when a file is damaged, or holds other data than expected.

    It is a ValueError.

    Examples
    --------
    >>> from pathlib import Path
    >>> from udl_pt import DBN, DataError
    >>> _ = Path("notes.txt").write_text("These are notes, and not the layers of a network.")
    >>> try:
    ...     DBN.load("notes.txt")
    ... except DataError as error:
    ...     print(error)
    notes.txt ...
    """


class DivergenceError(ValueError):
    """Raised when a step of training or a recorded cost is not finite.

    When a step is not finite, the parameters are those before it. It is a ValueError.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import AutoEncoder, DivergenceError
    >>> ae = AutoEncoder(1, output="linear", random_state=0)
    >>> try:
    ...     ae.fit(np.eye(2), learning_rate=1e300, epochs=5, batch_sz=1, cost="squared_error")
    ... except DivergenceError as error:
    ...     print(error)
    AutoEncoder(1): the step of ... is not finite in epoch ...
    >>> bool(np.isfinite(ae.W.get_value()).all())
    True
    """
