"""Compile a graph once, where a script compiles it again for other shared variables."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable
from pytensor.graph.replace import clone_replace

from udl_pt.backends._graphs import Graph
from udl_pt.backends._programs import settings

__all__ = ["compiled_once"]

KEPT = 64  # graphs; the one that was looked up longest ago goes first

_kept: list[tuple[Hashable, Graph, Any]] = []


def compiled_once(
    compile_: Callable[[], Any],
    key: Hashable,
    inputs: Sequence[Variable],
    outputs: Sequence[Variable],
    updates: Sequence[tuple[SharedVariable, Any]],
    givens: Mapping[Variable, Any],
) -> Any:
    """Return a function of PyTensor's; copy the one of an equal graph, if there was one.

    Parameters
    ----------
    compile_ : callable
        Compiles the function.
    key : hashable
        What must be equal besides the graph.
    inputs, outputs, updates, givens
        The graph, as `pytensor.function` takes it.

    Returns
    -------
    Function
        It has the shared variables of this graph. What is kept has none of a script's values.
    """
    graph = _graph_of(inputs, outputs, updates, givens)
    if graph is None or not graph.may_be_kept():
        return compile_()
    full = key, settings(), graph.signature()
    for entry in reversed(_kept):
        kept_key, kept, function = entry
        if kept_key == full and graph.equals(kept):
            _kept.remove(entry)
            _kept.append(entry)
            return function.copy(swap=dict(zip(kept.shared, graph.shared, strict=True)))
    function = compile_()
    kept = graph.with_stand_ins()
    swap = dict(zip(graph.shared, kept.shared, strict=True))
    read = {i.variable for i in function.maker.inputs}
    if set(swap) <= read:
        _kept.append((full, kept, function.copy(swap=swap)))
        del _kept[:-KEPT]
    return function


def _graph_of(
    inputs: Sequence[Variable],
    outputs: Sequence[Variable],
    updates: Sequence[tuple[SharedVariable, Any]],
    givens: Mapping[Variable, Any],
) -> Graph | None:
    """Return the graph with `givens` in their places; None where something in it is no variable."""
    expressions = [*outputs, *(new for _, new in updates)]
    replacements = [*givens, *givens.values()]
    if not all(isinstance(v, Variable) for v in [*inputs, *expressions, *replacements]):
        return None
    if not all(isinstance(p, SharedVariable) and p.type == new.type for p, new in updates):
        return None
    if any(old.type != new.type for old, new in givens.items()):
        return None
    replaced = clone_replace(expressions, replace=dict(givens)) if givens else expressions
    pairs = [(p, new) for (p, _), new in zip(updates, replaced[len(outputs) :], strict=True)]
    return Graph(inputs, replaced[: len(outputs)], pairs)
