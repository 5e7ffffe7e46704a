"""Sizes of random draws on JAX."""

from typing import Any

from pytensor.compile.mode import optdb
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.tensor.basic import MakeVector

__all__ = ["keep_sizes_as_tuples"]


def keep_sizes_as_tuples(op: type) -> None:
    """Keep the entries of a draw's size, the second input, apart for JAX: lengths of arrays stay numbers."""

    def size_as_tuple(fgraph: Any, node: Any) -> Any:
        from pytensor.link.jax.dispatch.shape import JAXShapeTuple

        first, size, *others = node.inputs
        if size.owner is None or not isinstance(size.owner.op, MakeVector):
            return False
        return node.clone_with_new_inputs([first, JAXShapeTuple()(*size.owner.inputs), *others]).outputs

    name = f"udl_pt_size_as_tuple_of_{op.__name__}"
    optdb.register(name, in2out(node_rewriter([op])(size_as_tuple), name=name), "jax", position=100)
