"""``config.compute_test_value``: each new variable gets a value, from those of its inputs."""

import contextlib
import functools
import warnings
from typing import Any

from pytensor.compile.builders import OpFromGraph, SymbolicOp
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.null_type import NullType
from pytensor.graph.op import HasInnerGraph, Op
from pytensor.scalar.basic import ScalarOp
from pytensor.scan.op import Scan

__all__ = ["NoTestValueError", "compute_where_possible", "get_test_value", "paused", "switch"]

_call = Op.__call__
_policy = "off"
_busy = False


class NoTestValueError(AttributeError):
    """A variable has no test value."""


def get_test_value(variable: Any) -> Any:
    """Return the test value of a variable; an AttributeError where it has none."""
    if not isinstance(variable, Variable):
        return variable
    if isinstance(variable, Constant):
        return variable.data
    if isinstance(variable, SharedVariable):
        return variable.get_value(borrow=True, return_internal_type=True)
    if not hasattr(variable.tag, "test_value") and variable.owner is not None:
        _compute(variable.owner)
    if hasattr(variable.tag, "test_value"):
        return variable.type.filter(variable.tag.test_value)
    raise NoTestValueError(f"{variable} has no test value: set {variable}.tag.test_value")


def _compute(node: Apply) -> None:
    storage = {v: [get_test_value(v)] for v in node.inputs} | {v: [None] for v in node.outputs}
    computed = {v: [v in node.inputs] for v in storage}
    # compiling rewrites an inner graph in its place, and then it may have no gradient
    op = node.op.clone() if isinstance(node.op, HasInnerGraph) else node.op
    op.prepare_node(node, storage_map=storage, compute_map=computed, impl="py")
    thunk = op.make_thunk(node, storage, computed, no_recycling=[], impl="py")
    thunk.inputs = [storage[v] for v in node.inputs]
    thunk.outputs = [storage[v] for v in node.outputs]
    thunk()
    for v in node.outputs:
        v.tag.test_value = storage[v][0]


def _call_and_compute(self: Op, *inputs: Any, **options: Any) -> Any:
    """Create a node as PyTensor does; then compute its test values."""
    global _busy
    # within the function of a loop, within another Op or its gradient, or within a value's computation
    if _busy or isinstance(self, ScalarOp):
        return _call(self, *inputs, **options)
    _busy = True
    try:
        result = _call(self, *inputs, **options)
        first = result[0] if isinstance(result, list | tuple) else result
        _compute(first.owner)
    except NoTestValueError as error:
        if _policy == "raise":
            raise ValueError(f"Cannot compute test value of {self}: {error}") from None
        if _policy == "warn":
            warnings.warn(f"Cannot compute test value of {self}: {error}", stacklevel=3)
    finally:
        _busy = False
    return result


@contextlib.contextmanager
def paused() -> Any:
    """Compute no test values in this context; the first variable that needs them computes them later."""
    global _busy
    before, _busy = _busy, True
    try:
        yield
    finally:
        _busy = before


def compute_where_possible(results: Any) -> None:
    """Compute test values of what was built in `paused`; not of what reads variables without a value."""
    if _policy == "off" or _busy:
        return
    with paused():
        for variable in results if isinstance(results, list | tuple) else [results]:
            if isinstance(variable, Variable) and not isinstance(variable.type, NullType | DisconnectedType):
                with contextlib.suppress(NoTestValueError):
                    get_test_value(variable)


def _paused_in(method: Any) -> Any:
    """Return a method that builds a graph of variables that have no test values."""

    @functools.wraps(method)
    def quiet(*args: Any, **kwargs: Any) -> Any:
        with paused():
            results = method(*args, **kwargs)
        compute_where_possible(results)
        return results

    return quiet


# of operations that consist of a graph
_INNER = [
    (owner, name, getattr(owner, name))
    for owner, name in [
        (SymbolicOp, "__init__"),
        *((owner, name) for owner in (OpFromGraph, Scan) for name in ("pullback", "pushforward")),
    ]
]


def switch(policy: str) -> None:
    """Begin to compute test values, or end it with ``"off"``."""
    global _policy
    _policy = policy
    is_off = policy == "off"
    Op.__call__ = _call if is_off else _call_and_compute
    for owner, name, method in _INNER:
        setattr(owner, name, method if is_off else _paused_in(method))
