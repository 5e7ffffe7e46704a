"""Find the BLAS and the compiler of a backend."""

import contextlib
import logging
import warnings
from collections.abc import Iterator

import pytensor

from udl_pt._support.warn import warn_user
from udl_pt.backends._cache import prepare_cache

__all__ = ["blas_of_c", "blas_of_numba", "compiler_of_c", "quiet_about_blas"]

_warned_about_blas = False
_logger = logging.getLogger("pytensor.tensor.blas")

_SLOW_C = (
    "backend 'c' found no BLAS to link: its steps take 2 to 4 times as long. Use 'numba', or "
    "install one (Debian: libopenblas-dev) and set PYTENSOR_FLAGS=blas__ldflags=-lopenblas"
)


_NO_C = (
    "backend 'c' found no C++ compiler and runs in Python, many times slower: use 'numba', or install one "
    "(Debian: g++)"
)


@contextlib.contextmanager
def quiet_about_blas(backend: str) -> Iterator[None]:
    """Suppress PyTensor's own warning of a missing BLAS; warn once, and only where it matters."""
    global _warned_about_blas
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*BLAS.*", category=UserWarning)
        links_blas = backend != "c" or bool(pytensor.config.blas__ldflags)
    if not links_blas and not _warned_about_blas:
        _warned_about_blas = True
        warn_user(_SLOW_C if compiler_of_c() else _NO_C)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*BLAS.*", category=UserWarning)
        # about shapes that fit, which JAX checks itself when it traces a function
        warnings.filterwarnings("ignore", message="Skipping Assert.*JAX tracing", category=UserWarning)
        # Call nothing of logging: before Python 3.13 an interrupt there may leave its lock taken for good.
        disabled = _logger.disabled
        try:
            _logger.disabled = True
            yield
        finally:
            _logger.disabled = disabled


def blas_of_c() -> str:
    """Name what the C backend links for matrix products; empty where there is none."""
    with quiet_about_blas("numba"):
        return str(pytensor.config.blas__ldflags)


def blas_of_numba() -> str:
    """Name whose BLAS the Numba backend calls: ``"NumPy"`` or ``"SciPy"``."""
    prepare_cache("numba")
    from udl_pt.backends._numba.blas import BLAS_OWNER

    return str(BLAS_OWNER)


def compiler_of_c() -> str:
    """Name the C++ compiler of the C backend; empty where there is none, and PyTensor runs in Python."""
    return str(pytensor.config.cxx)
