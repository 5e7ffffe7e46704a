"""Flush subnormal numbers to zero in the steps of a training.

Where units saturate, gradients may become subnormal: smaller than 1.2e-38 in float32. Processors compute with
such numbers up to a hundred times more slowly. JAX flushes them itself.
"""

import ctypes
import functools
import platform
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

__all__ = ["flushing_subnormals"]

R = TypeVar("R")
FLUSH = 0x8040  # bits of MXCSR: results that are subnormal become 0, and so do operands


class _Environment(ctypes.Structure):
    """``fenv_t`` of the GNU C library on x86-64."""

    _fields_ = (("x87", 7 * ctypes.c_uint32), ("mxcsr", ctypes.c_uint32))


def flushing_subnormals(function: Callable[..., R]) -> Callable[..., R]:
    """Return a function that calls another one while the present thread flushes subnormal numbers to zero.

    It is for this thread alone. On other systems than Linux on x86-64 it is the function itself. Threads of a
    BLAS library compute their part without it.

    Parameters
    ----------
    function : callable
        The function to call.

    Returns
    -------
    callable

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.backends import flushing_subnormals
    >>> least = np.finfo(np.float32).tiny
    >>> flushing_subnormals(lambda: least / 2)() in (0, least / 2), bool(least / 2 > 0)
    (True, True)
    """
    library = _mathematics()
    if library is None:
        return function
    for dtype in (np.float32, np.float64):
        np.finfo(dtype)  # NumPy keeps it; under the flush it would warn of a least number of 0
    usual, flushed = _Environment(), _Environment()
    for environment in (usual, flushed):
        library.fegetenv(ctypes.byref(environment))
    flushed.mxcsr |= FLUSH
    set_to, before, during = library.fesetenv, ctypes.byref(usual), ctypes.byref(flushed)

    def flushing(*args: Any) -> R:
        set_to(during)
        try:
            return function(*args)
        finally:
            set_to(before)

    return flushing


@functools.cache
def _mathematics() -> ctypes.CDLL | None:
    """Return the C library's mathematics where its environment is known; else None."""
    if sys.platform != "linux" or platform.machine() != "x86_64" or platform.libc_ver()[0] != "glibc":
        return None
    return ctypes.CDLL("libm.so.6")
