"""Parameters as a plain dict of arrays, to and from other libraries."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.arrays import as_array, check_real
from udl_pt._support.messages import shown
from udl_pt.backends._locks import read_together
from udl_pt.training.parameters import set_parameters

__all__ = ["Weights", "rows_of"]


class Weights:
    """The base of all models that are trained by steps: `state_dict` and `load_state_dict`."""

    dtype: str

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return copies of the parameters, by name.

        Returns
        -------
        dict of str to numpy.ndarray
            For a layer ``W`` and its biases. For a network also those of its layers, such as
            ``hidden_layers.0.W``. Velocities and records are not in it; see `save`.

        Raises
        ------
        NotFittedError
            When there are no parameters yet.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import DBN
        >>> dbn = DBN([3], random_state=0).fit(np.eye(4), pretrain_options={"batch_sz": 2})
        >>> {name: array.shape for name, array in dbn.state_dict().items()}
        {'hidden_layers.0.W': (4, 3), 'hidden_layers.0.bh': (3,), 'hidden_layers.0.bo': (4,)}
        """

        def held() -> list[SharedVariable]:
            self._check_fitted("state_dict")
            return list(self._weights().values())

        def read() -> dict[str, np.ndarray]:
            return {name: np.array(p.get_value(borrow=True)) for name, p in self._weights().items()}

        return read_together(held, read)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set the parameters from arrays.

        A model that has parameters keeps its velocities. One without gets velocities of zero, and as many
        visible units as the first matrix has rows.

        Parameters
        ----------
        state : mapping of str to array_like
            All names of `state_dict`. Arrays of NumPy, PyTorch or JAX, of the same shapes.

        Raises
        ------
        ValueError, TypeError
            When a name is missing or unknown, when a shape is another one, or for numbers that are not real
            and finite. Nothing is changed.
        NotFittedError
            For a `Ladder` without parameters: call ``fit(..., epochs=0)`` before.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt import RBM
        >>> rbm = RBM(2, dtype="float64")
        >>> rbm.load_state_dict({"W": np.eye(2), "c": [0, 0], "b": [100, -100]})
        >>> rbm.backward([[1, 0]]).round(3).tolist()
        [[1.0, 0.0]]
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"state is {shown(state)}, expected a mapping from names to arrays")
        arrays = {name: _checked(value, str(name), self.dtype) for name, value in state.items()}
        fresh: Any = self
        if not fresh.is_fitted:
            fresh = copy.deepcopy(self)
            fresh._begin_weights(arrays)
        _check_names(fresh._weights(), arrays)
        if fresh is not self:
            self._begin_weights(arrays)
        variables = self._weights()
        set_parameters(list(variables.values()), [arrays[name] for name in variables])

    def _check_fitted(self, before: str) -> None:
        raise NotImplementedError

    def _weights(self) -> dict[str, SharedVariable]:
        """Return the parameters by their names in `state_dict`."""
        raise NotImplementedError

    def _begin_weights(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Set parameters and velocities of zero, with as many visible units as a matrix has rows."""
        raise NotImplementedError


def rows_of(arrays: Mapping[str, np.ndarray], name: str, columns: int) -> int:
    """Return the rows of a matrix; raise unless it has that many columns."""
    if name not in arrays:
        raise ValueError(f"state has no {name!r}, and the model has no parameters yet")
    shape = arrays[name].shape
    if len(shape) != 2 or shape[1] != columns or not shape[0]:
        raise ValueError(f"{name} has shape {shape}, expected a matrix of {columns} columns")
    return int(shape[0])


def _checked(value: Any, name: str, dtype: str) -> np.ndarray:
    array = as_array(value, name, "an array of numbers", "pass a NumPy array")
    check_real(array, value, name)
    with np.errstate(over="ignore", invalid="ignore"):  # what becomes infinite is refused
        array = np.array(array, dtype)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} has NaN, infinity, or numbers that are too large for {dtype}")
    return array


def _check_names(variables: Mapping[str, SharedVariable], arrays: Mapping[str, np.ndarray]) -> None:
    expected = ", ".join(map(repr, variables))
    for name in variables:
        if name not in arrays:
            raise ValueError(f"state has no {name!r}, expected {expected}")
    for name in arrays:
        if name not in variables:
            raise ValueError(f"state has an unknown {name!r}, expected {expected}")
    for name, p in variables.items():
        shape = p.get_value(borrow=True).shape
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has shape {arrays[name].shape}, expected {shape}")
