"""Spread the rows of batches over several devices of JAX.

Each device holds all parameters, and computes its rows' part of each step. XLA adds the sums over rows up.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.messages import shown

__all__ = ["Devices", "put"]


class Devices:
    """Devices that share the rows of each batch.

    Parameters
    ----------
    devices : sequence of jax.Device
        The devices, in order.
    batch_sz : int
        Rows of a batch.

    Attributes
    ----------
    devices : list of jax.Device
        The devices.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.backends import Devices
    >>> devices = Devices.checked(1, "jax", batch_sz=4)
    >>> (X,) = devices.spread([np.ones((4, 3))])
    >>> tuple(X.sharding.spec)
    ('rows', None)
    """

    def __init__(self, devices: Sequence[Any], batch_sz: int) -> None:
        from jax.sharding import Mesh

        self.devices = list(devices)
        self._mesh, self._batch_sz = Mesh(np.array(self.devices), ("rows",)), batch_sz

    @classmethod
    def checked(cls, devices: Any, backend: str | None, batch_sz: int) -> "Devices | None":
        """Check the argument `devices` of a ``fit``.

        Parameters
        ----------
        devices : None, int or sequence of jax.Device
            None, the number of JAX's devices, or the devices.
        backend : str or None
            The training's backend.
        batch_sz : int
            Rows of a batch.

        Returns
        -------
        Devices or None
            None where `devices` is None.

        Raises
        ------
        TypeError, ValueError
            For anything else, for another backend than JAX, for more devices than there are, and for batches
            that can't be divided.

        Examples
        --------
        >>> from udl_pt.backends import Devices
        >>> Devices.checked(None, "numba", batch_sz=100) is None
        True
        >>> Devices.checked(2, "numba", batch_sz=100)
        Traceback (most recent call last):
            ...
        ValueError: devices is 2, but the backend is 'numba': pass backend="jax", or omit devices
        """
        if devices is None:
            return None
        if backend != "jax":
            raise ValueError(
                f"devices is {shown(devices)}, but the backend is {backend!r}: "
                'pass backend="jax", or omit devices'
            )
        chosen = _chosen(devices)
        n = len(chosen)
        if batch_sz % n:
            below, above = batch_sz // n * n, -(-batch_sz // n) * n
            fits = f"{below} or {above}" if below else f"{above}"
            raise ValueError(
                f"batch_sz is {batch_sz}, which {n} devices can't share evenly: "
                f"pass a multiple of {n}, such as {fits}"
            )
        return cls(chosen, batch_sz)

    def spread(self, arrays: Iterable[Any]) -> list[Any]:
        """Put arrays on the devices: each gets its part of the rows of a batch, and all of other arrays.

        Parameters
        ----------
        arrays : iterable of ndarray
            An axis as long as a batch is divided, the first if there are more.

        Returns
        -------
        list of jax.Array

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.backends import Devices
        >>> devices = Devices.checked(1, "jax", batch_sz=4)
        >>> [tuple(array.sharding.spec) for array in devices.spread([np.ones((2, 4)), np.ones(3)])]
        [(None, 'rows'), (None,)]
        """
        return [a if _is_jax(a) else self._put(a, self._batch_sz) for a in arrays]

    def place(self, variable: SharedVariable) -> None:
        """Put the value of a shared variable on all devices; a value of JAX is there already.

        Parameters
        ----------
        variable : SharedVariable
            Each device gets the whole value. Of persistent chains, whose ``tag.of_batch`` is true, it gets
            its part of the rows, if these can be divided.

        Examples
        --------
        >>> import numpy as np
        >>> from udl_pt.backends import Devices, shared
        >>> W = shared(np.ones((4, 3)), "W")
        >>> Devices.checked(1, "jax", batch_sz=4).place(W)
        >>> tuple(W.container.storage[0].sharding.spec)
        (None, None)
        """
        storage = variable.container.storage
        if isinstance(storage[0], np.ndarray):
            n_rows = len(storage[0]) if getattr(variable.tag, "of_batch", False) else -1
            storage[0] = self._put(storage[0], n_rows if n_rows % self._mesh.size == 0 else -1)

    def _put(self, array: Any, n_rows: int) -> Any:
        """Put an array on all devices; an axis of `n_rows` entries is divided."""
        import jax
        from jax.sharding import NamedSharding, PartitionSpec

        axes: list[str | None] = [None] * np.ndim(array)
        if n_rows in array.shape:
            axes[array.shape.index(n_rows)] = "rows"
        partition: Any = PartitionSpec
        sharding = NamedSharding(self._mesh, partition(*axes))
        if sharding.is_fully_addressable:
            return jax.device_put(array, sharding)
        return jax.make_array_from_callback(array.shape, sharding, array.__getitem__)  # of several hosts


def _is_jax(array: Any) -> bool:
    return hasattr(array, "sharding")


def put(arrays: Iterable[np.ndarray]) -> list[Any]:
    """Put arrays on JAX's first device.

    Parameters
    ----------
    arrays : iterable of ndarray
        The arrays.

    Returns
    -------
    list of jax.Array

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.backends._devices import put
    >>> [array.shape for array in put([np.ones(3)])]
    [(3,)]
    """
    import jax

    return [jax.device_put(array) for array in arrays]


def _chosen(devices: Any) -> list[Any]:
    import jax

    there = jax.devices()
    if isinstance(devices, int | np.integer) and not isinstance(devices, bool):
        if not 1 <= devices <= len(there):
            raise ValueError(f"devices is {shown(devices)}, but JAX has {len(there)}: pass 1 to {len(there)}")
        return list(there[:devices])
    is_list = isinstance(devices, list | tuple) and len(devices) > 0
    if not (is_list and all(isinstance(device, jax.Device) for device in devices)):
        raise TypeError(
            f"devices is {shown(devices)}, expected a number, or devices such as jax.devices() returns"
        )
    if len({d.id for d in devices}) < len(devices):
        raise ValueError(f"devices is {shown(devices)}, which has a device twice: pass each once")
    return list(devices)
