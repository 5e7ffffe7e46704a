"""Choose a backend and a dtype."""

import importlib
import os
import sys
from typing import Any

import numpy as np
import pytensor

from udl_pt._support.arguments import check_dtype
from udl_pt._support.interrupts import uninterrupted
from udl_pt._support.messages import shown
from udl_pt.backends._locks import refuse_forked_jax

__all__ = [
    "BACKENDS",
    "ENVIRONMENT",
    "chosen_backend",
    "float_dtype",
    "get_backend",
    "installed_backend",
    "set_backend",
    "set_choice",
]

BACKENDS = ("numba", "c", "jax")


ENVIRONMENT = "UDL_PT_BACKEND"


_chosen: str | None = None


def set_backend(name: str | None) -> None:
    """Set the default backend of all models.

    Parameters
    ----------
    name : {"numba", "c", "jax"} or None
        None returns to the environment's ``UDL_PT_BACKEND``, or to ``"numba"`` where that is not set.

    Raises
    ------
    ValueError
        For any other name, and for "jax" where JAX is not installed.
    RuntimeError
        For ``"jax"`` in a process that was forked after JAX had started.

    Examples
    --------
    >>> from udl_pt import set_backend
    >>> from udl_pt.backends import get_backend
    >>> set_backend("c")
    >>> get_backend()
    'c'
    >>> set_backend(None)  # the default again
    """
    global _chosen
    _chosen = None if name is None else get_backend(name)


def get_backend(name: str | None = None) -> str:
    """Return the backend that a name stands for, after checking that it can be used.

    Parameters
    ----------
    name : {"numba", "c", "jax"} or None
        None stands for the choice of `udl_pt.set_backend`, else for the environment's ``UDL_PT_BACKEND``,
        else for ``"numba"``.

    Returns
    -------
    str
        ``"numba"``, ``"c"`` or ``"jax"``.

    Raises
    ------
    ValueError
        For any other name, and for "jax" where JAX is not installed.
    RuntimeError
        For ``"jax"`` in a process that was forked after JAX had started.

    Examples
    --------
    >>> from udl_pt.backends import BACKENDS, get_backend
    >>> get_backend("c")
    'c'
    >>> get_backend() in BACKENDS
    True
    """
    name = installed_backend(name)
    if name == "jax":
        refuse_forked_jax()
    return name


def set_choice() -> str | None:
    """Return what `set_backend` has set; the environment doesn't count."""
    return _chosen


def chosen_backend() -> str | None:
    """Return the backend that `set_backend` or the environment chose; None where neither did."""
    return get_backend() if _chosen or os.environ.get(ENVIRONMENT) else None


def installed_backend(name: str | None = None) -> str:
    """Return the backend that a name stands for, for use in another process.

    Unlike `get_backend` it allows "jax" after a fork, where JAX might hang in this process.
    """
    source = "backend"
    if name is None:
        name = _chosen
    if name is None:
        name, source = os.environ.get(ENVIRONMENT) or "numba", f"the environment's {ENVIRONMENT}"
    if not isinstance(name, str) or name not in BACKENDS:
        raise ValueError(f"{source} is {shown(name)}, expected one of {', '.join(map(repr, BACKENDS))}")
    if name == "jax" and sys.modules.get("jax") is None:
        try:
            uninterrupted(_import_jax)  # an exception within may end the process by SIGSEGV
        except ImportError as error:
            raise ValueError(
                "backend is 'jax', but JAX is not installed: pip install 'udl_pt[jax]', or use 'numba'"
            ) from error
    return name


def float_dtype(dtype: Any = None) -> str:
    """Return the name of a dtype of floating-point numbers.

    Parameters
    ----------
    dtype : {"float64", "float32"}, numpy.dtype or None
        None stands for PyTensor's floatX, as in Theano.

    Returns
    -------
    str
        ``"float64"`` or ``"float32"``.

    Raises
    ------
    ValueError
        For any other dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.backends import float_dtype
    >>> float_dtype(np.float32)
    'float32'
    >>> float_dtype() in ("float32", "float64")
    True
    """
    return str(pytensor.config.floatX) if dtype is None else check_dtype(dtype)


def _import_jax() -> None:
    """Import JAX, which draws from NumPy's global generator: keep its state, as the book's order counts.

    Numbers that other threads draw meanwhile are drawn again.
    """
    state = np.random.get_state()
    try:
        importlib.import_module("jax")
    finally:
        np.random.set_state(state)
