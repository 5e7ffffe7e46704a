"""Choose a backend and a dtype."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytensor

from udl_pt._support.arguments import check_dtype
from udl_pt._support.messages import shown
from udl_pt.backends._locks import refuse_forked_jax

__all__ = ["BACKENDS", "ENVIRONMENT", "float_dtype", "get_backend", "installed_backend", "set_backend"]

BACKENDS = ("numba", "c", "jax")


ENVIRONMENT = "UDL_PT_BACKEND"


_chosen: str | None = None


def set_backend(name: str | None) -> None:
    """Set the backend for all models that aren't told another one.

    Parameters
    ----------
    name : {"numba", "c", "jax"} or None
        None goes back to the environment's ``UDL_PT_BACKEND``, else ``"numba"``.

    Raises
    ------
    ValueError
        For any other name.
    RuntimeError
        For ``"jax"`` in a process that was forked after JAX had started.
    """
    global _chosen
    _chosen = None if name is None else get_backend(name)


def get_backend(name: str | None = None) -> str:
    """Resolve `name`: itself, else what `set_backend` set, else the environment's, else ``"numba"``."""
    name = installed_backend(name)
    if name == "jax":
        refuse_forked_jax()
    return name


def installed_backend(name: str | None = None) -> str:
    """Resolve `name` as `get_backend`, for use in another process: here JAX might hang, after a fork."""
    source = "backend"
    if name is None:
        name = _chosen
    if name is None:
        name, source = os.environ.get(ENVIRONMENT) or "numba", f"the environment's {ENVIRONMENT}"
    if not isinstance(name, str) or name not in BACKENDS:
        raise ValueError(f"{source} is {shown(name)}, expected one of {', '.join(map(repr, BACKENDS))}")
    if name == "jax":
        try:
            with contextlib.nullcontext() if "jax" in sys.modules else _global_generator_kept():
                import jax  # noqa: F401
        except ImportError as error:
            raise ValueError(
                "backend is 'jax', but JAX is not installed: pip install 'udl_pt[jax]', or use 'numba'"
            ) from error
    return name


def float_dtype(dtype: Any = None) -> str:
    """Resolve `dtype`: ``"float32"`` or ``"float64"``; None is PyTensor's floatX, as in Theano."""
    return str(pytensor.config.floatX) if dtype is None else check_dtype(dtype)


@contextlib.contextmanager
def _global_generator_kept() -> Iterator[None]:
    """Keep NumPy's global generator where it is: importing JAX draws from it, and the book's order counts.

    Only around the import, since what other threads draw meanwhile will be drawn again.
    """
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)
