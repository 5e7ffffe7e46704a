"""``config.compute_test_value``: each new variable gets a value, from those of its inputs."""

import contextlib
import warnings
from typing import Any

from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.op import Op
from pytensor.scan.op import Scan

__all__ = ["get_test_value", "switch"]

_call, _gradient_of_loop = Op.__call__, Scan.pullback
_policy = "off"
_busy = False


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
    raise AttributeError(f"{variable} has no test value: set {variable}.tag.test_value")


def _compute(node: Apply) -> None:
    outputs = node.outputs
    if isinstance(
        node.op, Scan
    ):  # compiling its steps changes the Op's graph, of which a gradient may be taken
        node = node.op.clone().make_node(*node.inputs)
    storage = {v: [get_test_value(v)] for v in node.inputs} | {v: [None] for v in node.outputs}
    computed = {v: [v in node.inputs] for v in storage}
    node.op.prepare_node(node, storage_map=storage, compute_map=computed, impl="py")
    thunk = node.op.make_thunk(node, storage, computed, no_recycling=[], impl="py")
    thunk.inputs = [storage[v] for v in node.inputs]
    thunk.outputs = [storage[v] for v in node.outputs]
    thunk()
    for v, computed_v in zip(outputs, node.outputs, strict=True):
        v.tag.test_value = storage[computed_v][0]


def _call_and_compute(self: Op, *inputs: Any, **options: Any) -> Any:
    """Create a node as PyTensor does; then compute its test values."""
    global _busy
    result = _call(self, *inputs, **options)
    if _busy:  # within the function of a loop, or within a value's computation
        return result
    first = result[0] if isinstance(result, list | tuple) else result
    _busy = True
    try:
        _compute(first.owner)
    except AttributeError as error:
        if "has no test value" not in str(error):
            raise
        if _policy == "raise":
            raise AttributeError(f"Cannot compute test value of {self}: {error}") from None
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


def switch(policy: str) -> None:
    """Begin to compute test values, or end it with ``"off"``."""
    global _policy
    _policy = policy
    Op.__call__ = _call if policy == "off" else _call_and_compute
    Scan.pullback = _gradient_of_loop if policy == "off" else _gradient_without_values


def _gradient_without_values(self: Scan, *args: Any) -> Any:
    """Build a loop's gradient, whose variables are within the loop and have no values."""
    with paused():
        return _gradient_of_loop(self, *args)
