"""``theano.gof``: graphs, their nodes, and what rewrites them."""

from typing import TYPE_CHECKING

from udl_pt.theano._face.gof.opt import _RENAMED as _REWRITES
from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.graph.traversal",
    "pytensor.graph",
    "pytensor.graph.basic",
    "pytensor.graph.op",
    "pytensor.graph.fg",
    "pytensor.graph.type",
    "pytensor.graph.utils",
    "pytensor.graph.features",
    "pytensor.graph.rewriting.basic",
    "pytensor.graph.rewriting.db",
    "pytensor.link.basic",
    "pytensor.link.c.basic",
    "pytensor.link.vm",
    "pytensor.graph.destroyhandler",
    "pytensor.link.c.op",
    "pytensor.link.c.type",
    "pytensor.link.c.params_type",
    "pytensor.link.utils",
    "pytensor.link.c.cmodule",
)
_RENAMED = {
    **_REWRITES,
    "HideC": "pytensor.link.c.interface:HideC",
    "io_connection_pattern": "pytensor.graph.op:io_connection_pattern",
    "is_same_graph": "udl_pt.theano._face.gof.graph:is_same_graph",
    "PureOp": "pytensor.graph.op:Op",
    "PureType": "pytensor.graph.type:Type",
    "generic": "udl_pt.theano._face.gof.type:generic",
    "object2": "builtins:object",
    "FromFunctionLocalOptimizer": "udl_pt.theano._face.gof.opt:FromFunctionLocalOptimizer",
    "LocalOptimizer": "udl_pt.theano._face.gof.opt:LocalOptimizer",
    "local_optimizer": "udl_pt.theano._face.gof.opt:local_optimizer",
    "OpRemove": "udl_pt.theano._face.gof.opt:OpRemove",
    "WrapLinker": "udl_pt.theano._face.gof.link:WrapLinker",
    "WrapLinkerMany": "udl_pt.theano._face.gof.link:WrapLinkerMany",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


__all__ = public_names(globals(), _PLACES)
