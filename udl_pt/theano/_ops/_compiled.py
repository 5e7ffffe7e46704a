"""Numba's compiler for the kernels of this package, with a cache on disk where there is a place for one."""

from collections.abc import Callable
from typing import Any

import numba

__all__ = ["kernel"]


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function with Numba at its first call, and keep the machine code on disk."""
    try:
        return numba.njit(function, cache=True, nogil=True, error_model="numpy")
    except RuntimeError:  # neither the package's folder nor the user's cache can be written to
        return numba.njit(function, nogil=True, error_model="numpy")
