"""The modes in which ``theano.function`` compiles: Theano's names, on a backend of udl_pt's."""

import contextlib
import functools
import warnings
from collections.abc import Iterator
from typing import Any

import pytensor
from pytensor.compile.mode import Mode, get_mode
from pytensor.scan.op import Scan

from udl_pt.backends._blas import blas_linked
from udl_pt.backends._cache import prepare_cache
from udl_pt.backends._choice import chosen_backend
from udl_pt.backends._locks import compile_lock
from udl_pt.backends._modes import correct_numba, make_mode
from udl_pt.backends._rewrites import usual_loop_mode, with_rewrites
from udl_pt.theano._config import config

__all__ = ["backend_of", "compiling", "default_backend", "is_usual", "loop_mode", "mode_instead", "mode_of"]

_QUICK = {"FAST_COMPILE", "fast_compile"}
_DEFAULT = {"Mode", "FAST_RUN", "fast_run", "ProfileMode", "PROFILE_MODE"}
_DEBUG = {"DebugMode", "DEBUG_MODE"}


def default_backend() -> str:
    """Return the backend that was chosen; C where none was and there is a compiler, else Numba.

    C compiles each operation once for all functions and scripts, as Theano did.
    """
    return chosen_backend() or ("c" if pytensor.config.cxx else "numba")


def mode_of(mode: Any = None) -> Mode:
    """Return PyTensor's mode for what a script passes as ``mode=``."""
    if mode is None:
        mode = config.mode
        if mode == "Mode" and config.optimizer in ("fast_compile", "None"):
            mode = "FAST_COMPILE"
    if mode in _DEBUG:
        from pytensor.compile.debug.debugmode import DebugMode

        return DebugMode(check_c_code=bool(pytensor.config.cxx))
    if isinstance(mode, str) and mode in _QUICK:
        return with_rewrites(get_mode("FAST_COMPILE"))
    chosen = make_mode(default_backend()) if isinstance(mode, str) and mode in _DEFAULT else get_mode(mode)
    if backend_of(chosen) == "jax":
        from udl_pt.theano._jax import with_sizes

        chosen = with_sizes(chosen)
    elif backend_of(chosen) == "numba":
        correct_numba()  # for PyTensor's own mode too
    return with_rewrites(chosen)


def mode_instead() -> Mode:
    """Return the mode of functions that JAX can't compile."""
    return with_rewrites(make_mode("c" if pytensor.config.cxx else "numba"))


def loop_mode(mode: Any = None) -> Mode | None:
    """Return the mode of a loop's steps: what the script passes, or one for all loops, as settings say."""
    if hasattr(Scan, "clone_with_inner_graph"):  # since PyTensor 3.3 a loop has its function's mode
        return mode
    is_quick = config.mode in _QUICK or config.optimizer in ("fast_compile", "None")
    return mode or (_quick_loop_mode() if is_quick else usual_loop_mode())


@functools.cache
def _quick_loop_mode() -> Mode:
    return with_rewrites(get_mode("FAST_COMPILE"))


def is_usual(mode: Any = None) -> bool:
    """Return whether a mode is Theano's usual one, on C or Numba: its name, or none."""
    usual = mode is None and config.mode in _DEFAULT and config.optimizer not in ("fast_compile", "None")
    return (usual or (isinstance(mode, str) and mode in _DEFAULT)) and default_backend() != "jax"


def backend_of(mode: Mode) -> str:
    """Return the backend whose compiler and cache a mode uses."""
    linker = type(mode.linker).__name__
    return "numba" if "Numba" in linker else "jax" if "JAX" in linker else "c"


@contextlib.contextmanager
def compiling(backend: str) -> Iterator[None]:
    """Compile within this context: one function at a time, with a BLAS, and a compile cache that works."""
    with compile_lock.lock, blas_linked(backend):
        if backend != "jax":
            prepare_cache(backend)
        with warnings.catch_warnings():  # of operations of the script's own
            warnings.filterwarnings("ignore", "Numba will use object mode", UserWarning)
            warnings.filterwarnings("ignore", ".*specifies no C code cache version", UserWarning)
            # a check that JAX can't make
            warnings.filterwarnings("ignore", "Skipping .*y_i value out of bounds", UserWarning)
            yield
