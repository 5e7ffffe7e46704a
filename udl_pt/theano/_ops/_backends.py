"""Import the code that runs an Op of ours on Numba or JAX when a function with this Op is compiled there."""

import importlib
from typing import Any

from pytensor.compile.mode import optdb
from pytensor.graph.rewriting.basic import in2out, node_rewriter

__all__ = ["register"]


def register(op: type, numba: str = "random_numba", jax: str = "random_jax") -> None:
    """Import a module before a function that uses `op` is compiled.

    Parameters
    ----------
    op : type
        The class of the Op.
    numba, jax : str
        The modules of this package that register the Op's code. Importing them takes a second or more.
    """
    for backend, module in (("numba", numba), ("jax", jax)):

        def imports(fgraph: Any, node: Any, module: str = module) -> bool:
            importlib.import_module(f"udl_pt.theano._ops.{module}")
            return False

        name = f"udl_pt_import_{module}_for_{op.__name__}"
        imports.__name__ = name
        optdb.register(name, in2out(node_rewriter([op])(imports), name=name), backend, position=48.9)
