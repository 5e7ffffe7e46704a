"""Machine code only for functions whose address is asked for: those that Python calls.

Numba links all functions that a function calls into its module, then optimises the whole. It also optimises
each of them alone, and compiles it to machine code that nothing runs. Here a function remains as it was
linked until its address is asked for. A first compilation then takes 40% less time.
"""

import functools
from typing import Any

import numba  # noqa: F401  whole before its parts, which may be there if an import was interrupted
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

from udl_pt._support.interrupts import uninterrupted, uninterruptible
from udl_pt.backends._internals import (
    numba_environment,
    numba_intrinsics,
    replace_numba_library,
    set_numba_environment,
)

__all__ = ["LazyLibrary", "use_lazy_libraries"]

ENVIRONMENT = "_ZN08NumbaEnv"  # how names of variables begin that hold a function's globals


class LazyLibrary(JITCodeLibrary):  # type: ignore[misc]
    """The module of a function and of those that it calls."""

    _is_ready = False

    # An interrupt between LLVM's taking a module and llvmlite's noting that would free the module twice.

    def add_llvm_module(self, ll_module: Any) -> None:
        """Link a module into this one; an interrupt waits."""
        uninterrupted(super().add_llvm_module, ll_module)

    def finalize(self) -> None:
        """Link the modules of all functions that this one calls; an interrupt waits."""
        uninterrupted(super().finalize)

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        uninterrupted(self._finalize_or_wait)

    def _finalize_or_wait(self) -> None:
        if self._object_caching_enabled and self._compiled_object:  # machine code of the cache
            super()._finalize_final_module()
            self._is_ready = True
        else:
            self._finalize_dynamic_globals()
            self._verify_declare_only_symbols()
            self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """Return the address of a function; 0 where there is none of this name."""
        self._ensure_finalized()
        if not self._is_ready and self._defines(name):
            uninterrupted(self._compile)
        return int(super().get_pointer_to_function(name))

    def _defines(self, name: str) -> bool:
        try:
            return not self._final_module.get_function(name).is_declaration
        except NameError:
            return False

    def _compile(self) -> None:
        with global_compiler_lock:
            if self._is_ready:  # another thread was first
                return
            super()._optimize_final_module()
            self._final_module.verify()
            self._dynamic_globals.clear()  # fewer are left
            super()._finalize_final_module()
            for variable in self._final_module.global_variables:
                if variable.name.startswith(ENVIRONMENT):
                    environment = numba_environment(variable.name)
                    if environment is not None:
                        set_numba_environment(variable.name, environment)
            self._is_ready = True

    def serialize_using_object_code(self) -> Any:
        """Return what the cache keeps: machine code only where there is some.

        There is none where an interrupt came when LLVM passed it on: Python ignores exceptions there.
        """
        if self._is_ready and self._compiled_object:
            return super().serialize_using_object_code()
        return self.serialize_using_bitcode()


def use_lazy_libraries() -> None:
    """Set `LazyLibrary` as the class of what Numba compiles in this process from now on."""
    uninterrupted(_load_whole_numba)
    replace_numba_library(LazyLibrary)


@functools.cache
def _load_whole_numba() -> None:
    """Import what Numba imports while it compiles, and let interrupts wait where Numba changes its tables.

    After an interrupt in the middle of a module, its next import would fail. What an interrupted reading has
    taken from a registry would be lost. A function whose types alone are known would stay without code.
    """
    import numba.core.boxing  # noqa: F401

    for context in (cpu_target.typing_context, cpu_target.target_context):
        context.refresh()
        kind = type(context)
        kind.refresh = uninterruptible(kind.refresh)
    intrinsics = numba_intrinsics()
    intrinsics.generic = uninterruptible(intrinsics.generic)
