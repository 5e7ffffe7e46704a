"""Compile a graph once, where a script compiles it again for other shared variables."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable
from pytensor.graph.op import HasInnerGraph
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors
from pytensor.scan.op import Scan

from udl_pt.backends._graphs import Graph
from udl_pt.backends._programs import settings

__all__ = ["compiled_once", "forget"]

KEPT = 64  # graphs; the one that was looked up longest ago goes first

_kept: list[tuple[Hashable, Graph, Any]] = []


def compiled_once(
    compile_: Callable[[Any, Any, Any, Any], Any],
    key: Hashable,
    inputs: Sequence[Variable],
    outputs: Any,
    updates: Sequence[tuple[SharedVariable, Any]],
    givens: Mapping[Variable, Any],
) -> Any:
    """Return a function of PyTensor's; copy the one of an equal graph, if there was one.

    Parameters
    ----------
    compile_ : callable
        Takes inputs, outputs, updates and givens; returns PyTensor's function.
    key : hashable
        What must be equal besides the graph.
    inputs, outputs, updates, givens
        The graph, as `pytensor.function` takes it.

    Returns
    -------
    Function
        It has the shared variables of this graph. What is kept has none of a script's values.
    """
    several = isinstance(outputs, list | tuple)
    results = list(outputs) if several else [] if outputs is None else [outputs]
    graph = _graph_of(inputs, results, updates, givens)
    if (
        graph is None
        or not graph.may_be_kept()
        or not _may_be_shared([*graph.outputs, *(new for _, new in graph.updates)])
    ):
        return compile_(inputs, outputs, updates, givens)
    full = key, settings(), graph.signature()
    for entry in reversed(_kept):
        kept_key, kept, function = entry
        if kept_key == full and graph.equals(kept):
            _kept.remove(entry)
            _kept.append(entry)
            break
    else:
        kept = graph.with_stand_ins()
        results = kept.outputs[0] if isinstance(outputs, Variable) else kept.outputs
        function = compile_(kept.inputs, results, kept.updates, {})
        if not set(kept.shared) <= {i.variable for i in function.maker.inputs}:
            return compile_(inputs, outputs, updates, givens)
        _kept.append((full, kept, function))
        del _kept[:-KEPT]
    copy = function.copy(swap=dict(zip(kept.shared, graph.shared, strict=True)))
    copy.profile = copy.profile or None  # PyTensor's copy has False, which debugprint doesn't take
    return copy


def forget() -> None:
    """Forget all graphs: the rewrites have changed."""
    _kept.clear()


def _may_be_shared(expressions: Sequence[Variable]) -> bool:
    """Return whether two functions may share the operations of a graph.

    An Op of the script's may have a state. A loop has one code for all functions, where threads would meet.
    """
    ops = [v.owner.op for v in ancestors(expressions) if v.owner is not None]
    return all(
        type(op).__module__.partition(".")[0] in ("pytensor", "udl_pt")
        and not isinstance(op, Scan)
        and (not isinstance(op, HasInnerGraph) or _may_be_shared(op.inner_outputs))
        for op in ops
    )


def _graph_of(
    inputs: Sequence[Variable],
    outputs: Sequence[Variable],
    updates: Sequence[tuple[SharedVariable, Any]],
    givens: Mapping[Variable, Any],
) -> Graph | None:
    """Return the graph with `givens` in their places; None where PyTensor itself must judge it."""
    expressions = [*outputs, *(new for _, new in updates)]
    replacements = [*givens, *givens.values()]
    if not all(isinstance(v, Variable) for v in [*inputs, *expressions, *replacements]):
        return None
    if not all(isinstance(p, SharedVariable) and p.type == new.type for p, new in updates):
        return None
    if any(old.type != new.type for old, new in givens.items()):
        return None
    if len(set(inputs)) < len(inputs) or any(isinstance(v, SharedVariable) or v in givens for v in inputs):
        return None
    replaced = clone_replace(expressions, replace=dict(givens)) if givens else expressions
    pairs = [(p, new) for (p, _), new in zip(updates, replaced[len(outputs) :], strict=True)]
    return Graph(inputs, replaced[: len(outputs)], pairs)
