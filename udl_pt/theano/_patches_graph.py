"""What Theano's graphs and rewrites do, and PyTensor's don't: changed while `install` holds.

A variable of a function's graph knows its `fgraph` and its `clients`, a node its `fgraph`. An optimiser has
``optimize``. ``optdb.register`` takes the position by its place. ``config.print_test_value`` is obeyed.
"""

import contextlib
from typing import Any
from weakref import WeakSet

from pytensor.graph.basic import Apply, Variable
from pytensor.graph.fg import FunctionGraph, Output
from pytensor.graph.rewriting.basic import GraphRewriter
from pytensor.graph.rewriting.db import RewriteDatabase, SequenceDB

from udl_pt.theano._config import config
from udl_pt.theano._reuse import forget
from udl_pt.theano._test_values import get_test_value

__all__ = ["CHANGES"]

_graphs: "WeakSet[FunctionGraph]" = WeakSet()

_init: Any = FunctionGraph.__init__
_register: Any = SequenceDB.register
_register_anywhere: Any = RewriteDatabase.register
_repr: Any = Variable.__repr__


def _init_graph(self: Any, *args: Any, **options: Any) -> None:
    """Make a graph; its variables and nodes find it."""
    _init(self, *args, **options)
    _graphs.add(self)


def _graph_of(self: Any) -> FunctionGraph:
    """Return the graph that a variable or a node is part of."""
    for graph in list(_graphs):
        if self in (graph.apply_nodes if isinstance(self, Apply) else graph.clients):
            return graph
    raise AttributeError(f"{self} is part of no FunctionGraph")


def _clients(self: Any) -> list[tuple[Any, int]]:
    """Return the nodes that read a variable, each with the input's number; ``"output"`` for an output."""
    return [
        ("output", node.op.idx) if isinstance(node.op, Output) else (node, i)
        for node, i in _graph_of(self).clients[self]
    ]


def _optimize(self: Any, fgraph: Any, *args: Any, **options: Any) -> Any:
    """Add what the optimiser requires to a graph; then apply it."""
    return self.rewrite(fgraph, *args, **options)


def _register_by_place(self: Any, name: Any, obj: Any, *tags: Any, **options: Any) -> Any:
    """Register an optimiser: ``register(name, optimiser, position, *tags)``."""
    if tags and (tags[0] == "last" or isinstance(tags[0], int | float)):
        options["position"], tags = tags[0], tags[1:]
    return _register(self, name, obj, *tags, **options)


def _register_and_forget(self: Any, *args: Any, **options: Any) -> Any:
    """Register an optimiser; graphs that were compiled before are compiled again."""
    forget()
    return _register_anywhere(self, *args, **options)


def _repr_with_test_value(self: Any, firstPass: bool = True) -> str:
    """Return the name; with ``config.print_test_value`` the test value too."""
    lines = [_repr(self)]
    has_value = self.owner is None or hasattr(self.tag, "test_value")
    if config.print_test_value and firstPass and has_value:
        with contextlib.suppress(AttributeError):
            lines.append(repr(get_test_value(self)))
    return "\n".join(lines)


CHANGES: dict[tuple[type, str], Any] = {
    (FunctionGraph, "__init__"): _init_graph,
    (Variable, "fgraph"): property(_graph_of),
    (Variable, "clients"): property(_clients),
    (Apply, "fgraph"): property(_graph_of),
    (GraphRewriter, "optimize"): _optimize,
    (SequenceDB, "register"): _register_by_place,
    (RewriteDatabase, "register"): _register_and_forget,
    (Variable, "__repr__"): _repr_with_test_value,
}
