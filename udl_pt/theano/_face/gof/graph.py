"""``theano.gof.graph``."""

from typing import TYPE_CHECKING

from pytensor.graph import traversal
from pytensor.graph.basic import equal_computations
from pytensor.graph.replace import clone_replace

from udl_pt.theano._names import fallback, public_names

_PLACES = (
    "pytensor.graph.traversal",
    "pytensor.graph.basic",
)
_RENAMED = {
    "io_connection_pattern": "pytensor.graph.op:io_connection_pattern",
}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, renamed=_RENAMED)


def is_same_graph(var1, var2, givens=None, debug=False):
    """Return whether two variables are computed in the same way, after the replacements of `givens`."""
    one, other = clone_replace([var1, var2], dict(givens or {}), rebuild_strict=False)
    return equal_computations([one], [other])


def inputs(variable_list, blockers=None):
    """Return the variables without an owner that the graph of these reads, those of first inputs first."""
    return [v for v in ancestors(variable_list, blockers) if v.owner is None]


def ancestors(variable_list, blockers=None):
    """Return these variables and what the graph of these reads: depth first, first inputs first."""
    blocked, found, waiting = set(blockers or ()), {}, list(variable_list)
    while waiting:
        variable = waiting.pop()
        if variable not in found:
            found[variable] = None
            if variable.owner is not None and variable not in blocked:
                waiting.extend(reversed(variable.owner.inputs))
    return list(found)


def variables(i, o):
    """Return the variables between inputs and outputs, both included."""
    return list(traversal.vars_between(i, o))


def orphans(i, o):
    """Return the variables between inputs and outputs that have no owner and are no inputs."""
    return list(traversal.orphans_between(i, o))


def ops(i, o):
    """Return the nodes between inputs and outputs."""
    return set(traversal.applys_between(i, o))


def list_of_nodes(inputs, outputs):
    """Return the nodes between inputs and outputs."""
    return list(traversal.applys_between(inputs, outputs))


def is_in_ancestors(l_node, f_node):
    """Return whether a node is among those that another one's inputs come from."""
    return f_node in traversal.apply_ancestors(l_node.outputs)


def view_roots(r):
    """Return the variables that `r` is a view of, at the end of the chain of views."""
    owner = r.owner
    places = getattr(owner.op, "view_map", {}).get(r.index) if owner is not None else None
    return [root for i in places for root in view_roots(owner.inputs[i])] if places else [r]


__all__ = public_names(globals(), _PLACES)
