"""``theano.gof.link``."""

from typing import TYPE_CHECKING, Any

from pytensor.link.basic import WrapLinker as _WrapLinker

from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.link.basic",
    "pytensor.link.utils",
)


class _Wrapper:
    """A function that runs a node, with the arguments that PyTensor passes."""

    def __init__(self, run: Any) -> None:
        self.run = run

    def __call__(self, fgraph: Any, i: int, node: Any, *thunks: Any) -> None:
        self.run(i, node, *thunks)


class WrapLinker(_WrapLinker):
    """Runs each node by ``wrapper(i, node, *thunks)``, with a thunk of each linker."""

    def __init__(self, linkers, wrapper):
        super().__init__(linkers, wrapper if isinstance(wrapper, _Wrapper) else _Wrapper(wrapper))


def WrapLinkerMany(linkers, wrappers):
    """Return a `WrapLinker` that calls several functions for each node."""

    def wrapper(*args):
        for run in wrappers:
            run(*args)

    return WrapLinker(linkers, wrapper)


if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)

__all__ = public_names(globals(), _PLACES)
