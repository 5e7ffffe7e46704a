"""``theano.gof.opt``."""

from typing import TYPE_CHECKING

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


__all__ = public_names(globals(), _PLACES)
