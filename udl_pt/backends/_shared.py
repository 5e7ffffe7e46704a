"""Shared variables: the parameters of models, and what else a step updates."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.tensor.sharedvar import TensorSharedVariable

__all__ = ["FixedShape", "shared", "to_numpy"]


class FixedShape(TensorSharedVariable):  # type: ignore[misc]
    """A shared variable whose values keep the shape of the first.

    A model's parameters fit each other, its number of features, and its compiled functions.
    """

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Set the value.

        Parameters
        ----------
        new_value : array_like
            The value, of the same shape.
        borrow : bool
            Whether the variable uses the array itself, not a copy.

        Raises
        ------
        ValueError
            For another shape.
        TypeError
            For numbers that don't fit the dtype.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.backends import shared
        >>> W = shared(np.ones((2, 3)), "W")
        >>> W.set_value(np.zeros((2, 2)))
        Traceback (most recent call last):
            ...
        ValueError: W is set to values of shape (2, 2), expected (2, 3): fit sets parameters of another shape
        """
        shape, expected = np.shape(new_value), np.shape(self.get_value(borrow=True))
        if shape != expected:
            raise ValueError(
                f"{self.name} is set to values of shape {shape}, expected {expected}: fit sets parameters of "
                "another shape"
            )
        super().set_value(new_value, borrow=borrow)


def shared(value: np.ndarray, name: str | None) -> "FixedShape":
    """Create a shared variable of an array's own dtype.

    Parameters
    ----------
    value : numpy.ndarray
        The variable's first value. The variable uses the array itself, not a copy.
    name : str or None
        Name of the variable.

    Returns
    -------
    FixedShape
        The variable.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.backends import shared
    >>> W = shared(np.ones((2, 3), "float32"), "W")
    >>> W.dtype, W.get_value().shape
    ('float32', (2, 3))
    """
    value = np.asarray(value)
    kind = pt.TensorType(value.dtype, (None,) * value.ndim)
    return FixedShape(type=kind, value=value, strict=False, name=name)


def to_numpy(variables: Iterable[SharedVariable]) -> None:
    """Convert the values of shared variables back into writable NumPy arrays.

    Functions on JAX leave JAX's own arrays there.

    Parameters
    ----------
    variables : iterable of SharedVariable
        The variables. Values that are NumPy arrays already stay as they are.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.backends import Function, shared, to_numpy
    >>> n = shared(np.zeros(2), "n")
    >>> _ = Function([], [], [(n, n + 1)])()
    >>> to_numpy([n])
    >>> n.get_value(borrow=True).flags.writeable
    True
    """
    for variable in variables:
        value = variable.get_value(borrow=True, return_internal_type=True)
        if hasattr(value, "__array__") and not isinstance(value, np.ndarray):
            variable.set_value(_whole(value), borrow=True)


def _whole(value: Any) -> np.ndarray:
    """Return an array of JAX as NumPy's, also where other hosts hold parts of it."""
    if not (getattr(value, "is_fully_addressable", True) or value.is_fully_replicated):
        from jax.experimental.multihost_utils import process_allgather

        value = process_allgather(value, tiled=True)
    return np.array(value)
