"""Import the code that runs Ops of ours on Numba or JAX when a function with such an Op is compiled there."""

import importlib
from typing import Any

from pytensor.compile.mode import optdb
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import in2out, node_rewriter

__all__ = ["import_when_compiled"]

_BEFORE_SPECIALISED = 48.9  # after what makes graphs canonical, before what chooses Ops


def import_when_compiled(ops: list[type[Op]], **modules: str) -> None:
    """Import a module before a function with one of these Ops is compiled; the import takes a second or more.

    Parameters
    ----------
    ops : list of classes
    **modules : str
        For ``numba`` and ``jax`` the module of this package that registers the Ops' code.
    """
    for backend, module in modules.items():

        def imports(fgraph: Any, node: Any, module: str = module) -> bool:
            importlib.import_module(f"udl_pt.theano._ops.{module}")
            return False

        name = f"udl_pt_import_{module}_for_{ops[0].__name__}"
        imports.__name__ = name
        optdb.register(name, in2out(node_rewriter(ops)(imports), name=name), backend, position=_BEFORE_SPECIALISED)
