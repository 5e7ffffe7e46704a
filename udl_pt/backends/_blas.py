"""Find the BLAS and the compiler of a backend."""

import contextlib
import ctypes
import functools
import importlib.util
import logging
import shlex
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytensor

from udl_pt._support.warn import warn_user
from udl_pt.backends._cache import prepare_cache

__all__ = ["blas_linked", "blas_of_c", "blas_of_numba", "compiler_of_c", "scipys_blas"]

# of BLAS, levels 1, 2 and 3; some are of real, some of complex numbers alone
ROUTINES = (
    *("rotg", "rotmg", "rot", "rotm", "swap", "scal", "copy", "axpy", "dot", "dotu", "dotc", "nrm2", "asum"),
    *("gemv", "gbmv", "hemv", "hbmv", "hpmv", "symv", "sbmv", "spmv", "trmv", "tbmv", "tpmv", "trsv", "tbsv"),
    *("tpsv", "ger", "geru", "gerc", "her", "hpr", "her2", "hpr2", "syr", "spr", "syr2", "spr2"),
    *("gemm", "symm", "hemm", "syrk", "herk", "syr2k", "her2k", "trmm", "trsm"),
)

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


@functools.cache
def scipys_blas() -> str:
    """Return the flags that link C code with the OpenBLAS in SciPy's wheel; empty where there is none.

    Its routines take 32-bit integers, as PyTensor's C code expects. Most versions have names of their own,
    such as ``scipy_sgemm_``. The flags then define the usual names as these.
    """
    package = importlib.util.find_spec("scipy")
    if sys.platform != "linux" or package is None or package.origin is None:
        return ""
    folder = Path(package.origin).parents[1] / "scipy.libs"
    for path in sorted(folder.glob("lib*openblas*.so")):
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        flags = f"-L{folder}", f"-l{path.stem.removeprefix('lib')}", f"-Wl,-rpath,{folder}"
        if hasattr(library, "sgemm_"):
            return shlex.join(flags)
        if hasattr(library, "scipy_sgemm_"):
            names = (f"{kind}{routine}_" for kind in "sdcz" for routine in ROUTINES)
            return shlex.join([*flags, *(f"-D{name}=scipy_{name}" for name in names)])
    return ""


@contextlib.contextmanager
def blas_linked(backend: str) -> Iterator[None]:
    """Link SciPy's BLAS on the C backend if PyTensor found none; warn once if there is neither.

    PyTensor's own warning of a missing BLAS is suppressed on all backends. The caller holds the lock of
    compiling, since ``blas__ldflags`` is another value meanwhile.
    """
    global _warned_about_blas
    flags = ""
    if backend == "c" and not _found_by_pytensor():
        flags = scipys_blas() if compiler_of_c() else ""
        if not flags and not _warned_about_blas:
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
            with pytensor.config.change_flags(blas__ldflags=flags) if flags else contextlib.nullcontext():
                yield
        finally:
            _logger.disabled = disabled


def _found_by_pytensor() -> str:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*BLAS.*", category=UserWarning)
        return str(pytensor.config.blas__ldflags)


def blas_of_c() -> str:
    """Name what the C backend links for matrix products: PyTensor's flags, ``"SciPy"``, or nothing."""
    return _found_by_pytensor() or ("SciPy" if compiler_of_c() and scipys_blas() else "")


def blas_of_numba() -> str:
    """Name whose BLAS the Numba backend calls: ``"NumPy"`` or ``"SciPy"``."""
    prepare_cache("numba")
    from udl_pt.backends._numba.blas import BLAS_OWNER

    return str(BLAS_OWNER)


def compiler_of_c() -> str:
    """Name the C++ compiler of the C backend; empty where there is none, and PyTensor runs in Python."""
    return str(pytensor.config.cxx)
