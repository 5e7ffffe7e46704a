"""``theano.gof.opt``."""

import functools
from typing import TYPE_CHECKING

from pytensor.graph.rewriting.basic import FromFunctionNodeRewriter, NodeRewriter, node_rewriter

from udl_pt.theano._names import fallback, public_names
from udl_pt.theano._old_ops import n_arguments

_PLACES = (
    "pytensor.graph.rewriting.basic",
    "pytensor.graph.rewriting.utils",
    "pytensor.graph.rewriting.db",
)
_RENAMED = {
    "Optimizer": "pytensor.graph.rewriting.basic:GraphRewriter",
    "PatternSub": "pytensor.graph.rewriting.basic:PatternNodeRewriter",
    "OpSub": "pytensor.graph.rewriting.basic:SubstitutionNodeRewriter",
    "SeqOptimizer": "pytensor.graph.rewriting.basic:SequentialGraphRewriter",
    "EquilibriumOptimizer": "pytensor.graph.rewriting.basic:EquilibriumGraphRewriter",
    "TopoOptimizer": "pytensor.graph.rewriting.basic:WalkingGraphRewriter",
    "LocalOptGroup": "pytensor.graph.rewriting.basic:SequentialNodeRewriter",
    "optimizer": "pytensor.graph.rewriting.basic:graph_rewriter",
    "FromFunctionOptimizer": "pytensor.graph.rewriting.basic:FromFunctionGraphRewriter",
    "DB": "pytensor.graph.rewriting.db:RewriteDatabase",
    "Query": "pytensor.graph.rewriting.db:RewriteDatabaseQuery",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


class LocalOptimizer(NodeRewriter):
    """Changes nodes; ``transform`` of a script's class takes the node alone."""

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        transform = vars(cls).get("transform")
        if n_arguments(transform) == 2:

            @functools.wraps(transform)
            def with_graph(self, fgraph, node=None, enforce_tracks=True):
                return transform(self, fgraph if node is None else node)

            cls.transform = with_graph


class FromFunctionLocalOptimizer(FromFunctionNodeRewriter):
    """Changes nodes by a function that takes the node alone."""

    def __init__(self, fn, tracks=None, requirements=()):
        takes_graph = n_arguments(fn) == 2
        super().__init__(fn if takes_graph else lambda fgraph, node: fn(node), tracks, requirements)

    def transform(self, fgraph, node=None, enforce_tracks=True):
        """Return what replaces the outputs of a node, or False."""
        graph, node = (None, fgraph) if node is None else (fgraph, node)
        return super().transform(graph, node, enforce_tracks)


def local_optimizer(tracks, inplace=False, requirements=()):
    """Make an optimiser of the function behind this decorator, for nodes of these operations."""

    def decorator(f):
        needed = node_rewriter(tracks, inplace, requirements)(f).requirements
        made = FromFunctionLocalOptimizer(f, tracks, needed)
        made.__name__ = f.__name__
        return made

    return decorator


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
