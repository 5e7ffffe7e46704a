"""``theano.gof.opt``."""

from typing import TYPE_CHECKING

from pytensor.graph.rewriting.basic import NodeRewriter

from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.graph.rewriting.basic",
    "pytensor.graph.rewriting.utils",
    "pytensor.graph.rewriting.db",
)
_RENAMED = {
    "Optimizer": "pytensor.graph.rewriting.basic:GraphRewriter",
    "LocalOptimizer": "pytensor.graph.rewriting.basic:NodeRewriter",
    "PatternSub": "pytensor.graph.rewriting.basic:PatternNodeRewriter",
    "OpSub": "pytensor.graph.rewriting.basic:SubstitutionNodeRewriter",
    "SeqOptimizer": "pytensor.graph.rewriting.basic:SequentialGraphRewriter",
    "EquilibriumOptimizer": "pytensor.graph.rewriting.basic:EquilibriumGraphRewriter",
    "TopoOptimizer": "pytensor.graph.rewriting.basic:WalkingGraphRewriter",
    "LocalOptGroup": "pytensor.graph.rewriting.basic:SequentialNodeRewriter",
    "optimizer": "pytensor.graph.rewriting.basic:graph_rewriter",
    "local_optimizer": "pytensor.graph.rewriting.basic:node_rewriter",
    "FromFunctionOptimizer": "pytensor.graph.rewriting.basic:FromFunctionGraphRewriter",
    "FromFunctionLocalOptimizer": "pytensor.graph.rewriting.basic:FromFunctionNodeRewriter",
    "DB": "pytensor.graph.rewriting.db:RewriteDatabase",
    "Query": "pytensor.graph.rewriting.db:RewriteDatabaseQuery",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


class OpRemove(NodeRewriter):
    """Replaces the outputs of an operation by its inputs."""

    def __init__(self, op):
        super().__init__()
        self.op = op

    def tracks(self):
        """Return the operations whose nodes are passed to `transform`."""
        return [self.op]

    def transform(self, fgraph, node, enforce_tracks=True):
        """Return the inputs of a node of this operation."""
        return node.inputs if node.op == self.op else False

    def __str__(self):
        return f"{self.op}(x) -> x"


__all__ = public_names(globals(), _PLACES)
