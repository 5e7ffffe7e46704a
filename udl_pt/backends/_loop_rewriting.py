"""Rewriters that reach into a loop's own graph, where PyTensor's linkers omit some of theirs."""

from collections.abc import Callable
from typing import Any

from pytensor.graph.rewriting.basic import node_rewriter
from pytensor.scan.op import Scan

__all__ = ["inside_loops"]


def inside_loops(rewriter: Any, concerns: Callable[[Any], bool]) -> Any:
    """Return a rewriter of loops that applies `rewriter` inside them.

    Parameters
    ----------
    rewriter : GraphRewriter
        What to do to a loop's graph.
    concerns : callable
        Whether a node of that graph is one that `rewriter` would change; it must not be afterwards.

    Notes
    -----
    The old loop's graph stays as it was, it may be in other functions too.
    """

    @node_rewriter([Scan])  # type: ignore[untyped-decorator]
    def local_in_loop(fgraph: Any, node: Any) -> Any:
        if not any(concerns(inner) for inner in node.op.fgraph.apply_nodes):
            return None
        if hasattr(node.op, "clone_with_inner_graph"):  # since PyTensor 3.3 a loop's graph can't be changed
            inner_graph = node.op.fgraph.unfreeze()
            rewriter.rewrite(inner_graph)
            op = node.op.clone_with_inner_graph(inner_graph)
        else:
            op = node.op.clone()
            rewriter.rewrite(op.fgraph)
        return op(*node.inputs, return_list=True)

    return local_in_loop
