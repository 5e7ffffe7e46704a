"""Names inside other packages that this library uses, in one place.

These names are private or undocumented, so a release of their package may change them. Each function below
says which name it uses and why. A test tries each one alone, so its failure says which one changed. The same
test lists the classes of PyTensor and Numba that the library extends, with the methods it relies on.

Numba and JAX are imported only by the functions that need them.
"""

import atexit
import contextlib
import importlib
import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytensor
from pytensor import configdefaults
from pytensor.compile import sharedvalue
from pytensor.link import utils as link_utils
from pytensor.link.c import cmodule

__all__ = [
    "C_EXTENSIONS",
    "bit_generator",
    "drop_jax_shapes",
    "forget_numba_registries",
    "global_generator",
    "jax_has_started",
    "keep_in_thread",
    "module_cache",
    "modules_folder",
    "numba_environment",
    "numba_folder",
    "numba_intrinsics",
    "numpy_library",
    "reads_compile_cache",
    "release_locks",
    "replace_module_cache",
    "replace_numba_cache_file",
    "replace_numba_library",
    "replace_setting",
    "run_exit_functions",
    "scan_context",
    "set_numba_environment",
    "set_numba_folder",
    "source_without_file",
]

NUMBA_CACHE = "pytensor.link.numba.cache"

C_EXTENSIONS = {"cutils_ext": "pytensor.link.c.cutils", "lazylinker_ext": "pytensor.link.c.cvm"}
"""PyTensor: the extensions of the C linker, and the modules that compile and import them.

Each extension has a folder of its name in the compile cache. Its files are checked before it is imported.
"""


def global_generator() -> np.random.RandomState:
    """Return the generator behind ``np.random.rand`` and the other functions of ``np.random``.

    NumPy: ``np.random.mtrand._rand``. The book draws from it; NumPy has no public name for the object.
    """
    return np.random.mtrand._rand


def bit_generator(generator: np.random.RandomState) -> Any:
    """Return the bit generator that a legacy generator reads.

    NumPy: ``RandomState._bit_generator``. A ``np.random.Generator`` on it continues the same sequence.
    """
    return generator._bit_generator


def numpy_library() -> str:
    """Return the path of NumPy's compiled core.

    NumPy: ``numpy._core._multiarray_umath``. This library is linked to NumPy's BLAS, so BLAS's routines are
    found in it.

    Raises
    ------
    ImportError
        Where NumPy has no such module.
    """
    return str(importlib.import_module("numpy._core._multiarray_umath").__file__)


def run_exit_functions() -> None:
    """Call the functions registered with ``atexit``; ``os._exit`` would omit them.

    Python: ``atexit._run_exitfuncs``.
    """
    atexit._run_exitfuncs()


def scan_context() -> list[Any] | None:
    """Return a list while ``pytensor.scan`` calls its function, the same list during one call; else None.

    PyTensor: ``sharedvalue.__SHARED_CONTEXT__``. Draws within a loop need a random state of their own.
    """
    context: list[Any] | None = sharedvalue.__SHARED_CONTEXT__
    return context


class _NoFile:
    """What compiling a source needs of a temporary file: its name."""

    name = "<source of PyTensor>"

    def __init__(self, **options: Any) -> None:
        pass

    def __enter__(self) -> "_NoFile":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def write(self, source: bytes) -> None:
        """Drop the source; the compiled function has it as ``__source__``."""


@contextlib.contextmanager
def source_without_file() -> Iterator[None]:
    """Compile PyTensor's generated source without a temporary file.

    PyTensor: ``link.utils.NamedTemporaryFile``. On JAX, each compiled function would leave a file with its
    source in the folder of temporary files for ever.
    """
    before = link_utils.NamedTemporaryFile
    link_utils.NamedTemporaryFile = _NoFile
    try:
        yield
    finally:
        link_utils.NamedTemporaryFile = before


def modules_folder() -> Path:
    """Return PyTensor's folder of C modules, without making it as ``pytensor.config.compiledir`` does.

    PyTensor: ``config._config_var_dict``, ``ConfigParam.val`` and ``configdefaults._default_compiledir``. The
    folder's name is needed where the folder can't be made.
    """
    value = getattr(pytensor.config._config_var_dict["compiledir"], "val", None)
    return Path(value or configdefaults._default_compiledir())


def replace_setting(name: str, value: Any) -> None:
    """Set one of PyTensor's settings, also one that may be set only once.

    PyTensor: ``config._config_var_dict`` and ``ConfigParam.val``. A setting without ``val`` counts as not set
    yet.
    """
    vars(pytensor.config._config_var_dict[name]).pop("val", None)
    setattr(pytensor.config, name, value)


class _OfThreads:
    """One of PyTensor's settings. In a block of ``change_flags``, its value holds in that thread alone."""

    def __init__(self, setting: Any) -> None:
        self.setting, self.local = setting, threading.local()

    def __get__(self, config: Any, owner: type | None = None) -> Any:
        if config is None:
            return self
        try:
            return self.local.value
        except AttributeError:
            return self.setting.__get__(config, owner)

    def __set__(self, config: Any, value: Any) -> None:
        if hasattr(self.local, "value"):  # within a block, which ends with the value before it
            self.set_in_thread(config, value)
        else:
            self.setting.__set__(config, value)

    def set_in_thread(self, config: Any, value: Any) -> None:
        """Set the value of this thread; with that of all threads, it has none of its own."""
        value = self.setting.apply(value)
        self.setting.validate(value)
        vars(self.local).pop("value", None)
        if value != self.setting.__get__(config, type(config)):
            self.local.value = value


class _InBlocks:
    """The same setting, as ``change_flags`` reads and changes it."""

    def __init__(self, of_threads: _OfThreads) -> None:
        self._of_threads = of_threads

    def __get__(self, config: Any, owner: type | None = None) -> Any:
        return self if config is None else self._of_threads.__get__(config, owner)

    def __set__(self, config: Any, value: Any) -> None:
        self._of_threads.set_in_thread(config, value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of_threads.setting, name)

    def __str__(self) -> str:
        return str(self._of_threads.setting)


def keep_in_thread(name: str) -> None:
    """Make a block of ``change_flags`` change one of PyTensor's settings in its own thread alone.

    PyTensor: ``change_flags`` finds settings in ``config._config_var_dict``, all others on the class of
    ``config``. ``infer_static_shape`` turns ``cxx`` off while an expression is built. With two threads that
    build expressions, it was off in other threads too, and stayed off.
    """
    config = pytensor.config
    if isinstance(config._config_var_dict[name], _InBlocks):
        return
    of_threads = _OfThreads(config._config_var_dict[name])
    setattr(type(config), name, of_threads)
    config._config_var_dict[name] = _InBlocks(of_threads)


def module_cache() -> Any:
    """Return PyTensor's list of compiled C modules; None before the first one is compiled.

    PyTensor: ``cmodule._module_cache``.
    """
    return cmodule._module_cache


def replace_module_cache(cache: Any) -> None:
    """Replace PyTensor's list of C modules; with None, it creates a new one at the next compilation.

    PyTensor: ``cmodule._module_cache`` and ``ModuleCache._on_atexit``, which PyTensor runs when the process
    ends.
    """
    if cmodule._module_cache is not None:
        atexit.unregister(cmodule._module_cache._on_atexit)
    cmodule._module_cache = cache
    if cache is not None:
        atexit.register(cache._on_atexit)


def numba_folder() -> Path:
    """Return the folder where PyTensor keeps what Numba compiled.

    PyTensor: ``pytensor.link.numba.cache.NUMBA_CACHE_PATH``.
    """
    return Path(importlib.import_module(NUMBA_CACHE).NUMBA_CACHE_PATH)


def set_numba_folder(folder: Path) -> None:
    """Change the folder where PyTensor keeps what Numba compiled.

    PyTensor: ``pytensor.link.numba.cache.NUMBA_CACHE_PATH``. It is read from ``pytensor.config`` once, when
    that module is imported. Before, this function does nothing.
    """
    if NUMBA_CACHE in sys.modules:
        vars(sys.modules[NUMBA_CACHE])["NUMBA_CACHE_PATH"] = folder


def replace_numba_cache_file(file_class: type) -> None:
    """Set the class through which Numba reads and writes its compile cache.

    Numba: ``numba.core.caching.IndexDataCacheFile``, which Numba looks up whenever it opens a function's
    files.
    """
    from numba.core import caching

    caching.IndexDataCacheFile = file_class


def replace_numba_library(library_class: type) -> None:
    """Set the class of the modules that Numba compiles, and set environments only where there is a place.

    Numba: ``numba.core.registry.cpu_target``, ``_library_class``, ``_engine`` and ``set_env`` of its code
    generator. A module that isn't compiled yet has no place for the environments of its functions.
    """
    from numba.core.registry import cpu_target

    codegen = cpu_target.target_context.codegen()
    codegen._library_class = library_class
    codegen.set_env = set_numba_environment


def set_numba_environment(name: str, environment: Any) -> None:
    """Set a function's environment, the globals that its machine code reads, where this code is there.

    Numba: ``numba.core.registry.cpu_target``, and ``_engine`` and ``set_env`` of its code generator.
    """
    from numba.core.registry import cpu_target

    codegen = cpu_target.target_context.codegen()
    if codegen._engine.is_symbol_defined(name):
        type(codegen).set_env(codegen, name, environment)


def numba_environment(name: str) -> Any:
    """Return the environment of a function; None where there is none of this name.

    Numba: ``numba.core.environment.lookup_environment``.
    """
    from numba.core.environment import lookup_environment

    return lookup_environment(name)


def forget_numba_registries() -> None:
    """Clear Numba's record of the tables of functions that it has read, so that it reads them again.

    Numba: ``numba.core.registry.cpu_target``, ``_registries`` of its two contexts, ``globals`` of a registry,
    and ``_lookup_global`` and ``_remove_global`` of the typing context. Numba reads each entry of a table
    once. It loses those that it was reading when an interrupt came.
    """
    from numba.core.registry import cpu_target

    typing = cpu_target.typing_context
    registries = list(typing._registries)
    for context in (typing, cpu_target.target_context):
        context._registries.clear()
    for registry in registries:
        for value, _ in registry.globals:  # Numba refuses to read some of these twice
            if typing._lookup_global(value) is not None:
                typing._remove_global(value)


def numba_intrinsics() -> Any:
    """Return the class with which Numba finds the types and the code of its intrinsic functions.

    Numba: ``numba.core.typing.templates._IntrinsicTemplate``. Its method ``generic`` first keeps a function's
    types, then its code. After an interrupt between the two, the code would be missing for ever.
    """
    from numba.core.typing.templates import _IntrinsicTemplate

    return _IntrinsicTemplate


def release_locks() -> None:
    """Release what this thread still holds of the locks of logging, llvmlite and Numba, after an interrupt.

    logging: ``_lock``. llvmlite: ``binding.ffi.lib._lock._lock``. Numba:
    ``core.compiler_lock.global_compiler_lock._lock``. Python functions take them, and an interrupt may come
    there when a lock is taken and no ``with`` knows of it. Any other thread would then wait for ever.
    """
    locks = [logging._lock]  # type: ignore[attr-defined]
    if "llvmlite.binding.ffi" in sys.modules:
        locks.append(sys.modules["llvmlite.binding.ffi"].lib._lock._lock)
    if "numba.core.compiler_lock" in sys.modules:
        locks.append(sys.modules["numba.core.compiler_lock"].global_compiler_lock._lock)
    for lock in locks:
        while lock._is_owned():
            lock.release()


def reads_compile_cache(filename: str, function: str) -> bool:
    """Return whether a function of PyTensor or Numba reads files of the compile cache.

    Numba and PyTensor: the files ``numba/core/caching.py`` and ``pytensor/link/c/cmodule.py``, and the names
    of their functions. A damaged file can cause any exception, so its traceback is the only sign.
    """
    files = (os.path.join("numba", "core", "caching.py"), os.path.join("link", "c", "cmodule.py"))
    return filename.endswith(files) and function.startswith(("load", "_load", "_get_module"))


def jax_has_started() -> bool:
    """Return whether JAX has started a backend in this process; JAX is not imported for it.

    JAX: ``jax._src.xla_bridge._backends``. JAX's public functions would start the backend.
    """
    bridge = sys.modules.get("jax._src.xla_bridge")
    return bool(getattr(bridge, "_backends", False))


def drop_jax_shapes(function: Any, most: int) -> None:
    """Drop what JAX compiled for a function, if it did so for more than `most` combinations of shapes.

    PyTensor: ``vm.jit_fn`` of a compiled function. JAX: ``_cache_size`` of a jitted function. JAX would keep
    its compiled code for ever. Other backends have none, nor do functions of which an input is a shape.
    """
    jitted: Any = getattr(function.vm, "jit_fn", None)
    if hasattr(jitted, "_cache_size") and jitted._cache_size() > most:
        jitted.clear_cache()
