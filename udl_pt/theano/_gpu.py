"""Names of Theano's GPU back-ends."""

import importlib
from collections.abc import Callable
from typing import Any, NoReturn

from udl_pt.theano._finder import FACE, NAME
from udl_pt.theano._names import is_module

__all__ = ["no_gpu"]


def no_gpu(module: str) -> Callable[[str], Any]:
    """Return a module's ``__getattr__``: a submodule, or else a function that raises an error.

    So a script can import names that it uses only where a probe has found a GPU.
    """

    def get(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        face = f"{FACE}{module.removeprefix(NAME)}.{name}"
        if is_module(face):
            return importlib.import_module(face)

        def missing(*args: Any, **kwargs: Any) -> NoReturn:
            raise NotImplementedError(
                f"{module}.{name} needs a GPU back-end, and udl_pt.theano computes on the CPU: "
                "use the function of theano.tensor"
            )

        missing.__name__ = missing.__qualname__ = name
        return missing

    return get
