"""Corrections of PyTensor's rewrites: two return wrong values, and one of Theano's is missing.

PyTensor's own modes stay as they are.
"""

import functools
from typing import Any

from pytensor.compile.mode import Mode, optdb
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from pytensor.scan.op import Scan
from pytensor.tensor import subtensor as indexing
from pytensor.tensor.math import add
from pytensor.tensor.rewriting import subtensor as rewriting
from pytensor.tensor.rewriting.special import local_logsoftmax

from udl_pt.backends._softmax_by_hand import softmax_by_hand

__all__ = ["FIRST", "loops_in", "usual_loop_mode", "with_rewrites"]

FIRST = 0.01  # place in the order of PyTensor's rewrites
# exp(x) / exp(x).sum(axis=1) becomes a softmax of rows without keepdims too; and in PyTensor 3.0
# zeros[i].inc(v) + x becomes x[i].inc(v) also where x is broadcast
_WRONG = "local_softmax_stabilize", "local_add_of_sparse_write"
_INCREMENTS = tuple(
    getattr(indexing, name)
    for name in ("IncSubtensor", "AdvancedIncSubtensor", "AdvancedIncSubtensor1")
    if hasattr(indexing, name)  # PyTensor 3.3 has one Op for all kinds of indices
)
_add_of_increments: Any = getattr(rewriting, "local_add_of_sparse_write", None)


@node_rewriter([add])  # type: ignore[untyped-decorator]
def add_of_increments(fgraph: Any, node: Any) -> Any:
    """Apply PyTensor's rewrite of ``zeros[i].inc(v) + x`` where nothing is broadcast."""
    pattern = node.outputs[0].type.broadcastable
    for v in node.inputs:
        if v.owner is not None and isinstance(v.owner.op, _INCREMENTS) and v.type.broadcastable != pattern:
            return None
    new = _add_of_increments.transform(fgraph, node)
    return new if new and new[0].type.broadcastable == pattern else None


# in the second phase, what stood between exponentials and their sum is gone
_ADDED: dict[str, Any] = {"udl_pt_softmax_by_hand": (softmax_by_hand, ("canonicalize", "specialize"))}
if _add_of_increments is not None:
    _ADDED["udl_pt_add_of_increments"] = (add_of_increments, ("canonicalize", "stabilize", "specialize"))
_ADDED_TO_QUICK: dict[str, Any] = {"udl_pt_log_of_softmax": (local_logsoftmax, ("canonicalize",))}
for _name, (_rewriter, _phases) in {**_ADDED, **_ADDED_TO_QUICK}.items():
    for _phase in _phases:
        # within a softmax, PyTensor excludes what would make a softmax of its own graph
        optdb[_phase].register(_name, _rewriter, "symbolic_op_recognition")


def _changed(query: RewriteDatabaseQuery) -> RewriteDatabaseQuery:
    usual, quick = "fast_run" in query.include, "fast_compile" in query.include
    return query.including(*(_ADDED if usual else _ADDED_TO_QUICK if quick else ())).excluding(*_WRONG)


def with_rewrites(mode: Mode) -> Mode:
    """Return a mode without PyTensor's wrong rewrites, and with correct ones if it rewrites at all."""
    if not isinstance(mode._optimizer, RewriteDatabaseQuery):
        return mode
    new = object.__new__(type(mode))  # a mode's own clone forgets NanGuardMode's settings
    vars(new).update(vars(mode))
    new._optimizer, new.provided_optimizer = _changed(mode._optimizer), _changed(mode.provided_optimizer)
    return new


@functools.cache
def usual_loop_mode() -> Mode:
    """Return the mode of loops on C: PyTensor's, with these rewrites."""
    return with_rewrites(Mode("cvm", "fast_run"))


def loops_in(mode: Mode) -> Any:
    """Return a rewriter by which PyTensor 3.0 compiles loops in this mode, unless a loop has its own.

    Since PyTensor 3.3, the mode of a function rewrites its loops too.
    """

    @node_rewriter([Scan])  # type: ignore[untyped-decorator]
    def local_mode_of_loop(fgraph: Any, node: Any) -> Any:
        op = node.op
        if (
            hasattr(op, "clone_with_inner_graph")
            or op.mode not in (None, usual_loop_mode())
            or op.mode is mode
        ):
            return None
        op = op.clone()
        op.mode = mode
        return op(*node.inputs, return_list=True)

    return dfs_rewriter(local_mode_of_loop)
