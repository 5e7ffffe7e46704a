"""Operations that a script defines with Theano's methods: ``infer_shape``, ``grad`` and ``R_op``."""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from pytensor.gradient import DisconnectedType
from pytensor.graph.op import Op
from pytensor.link.c.op import COp

__all__ = ["adapt", "defines_r_op", "is_r_op", "n_arguments", "no_perform"]


def adapt(cls: type) -> None:
    """Make an Op's methods callable as PyTensor calls them."""
    own = vars(cls)
    if "c_code" in own and Op in cls.__bases__:  # in Theano, any Op could have C code
        cls.__bases__ = tuple(COp if base is Op else base for base in cls.__bases__)
    if getattr(getattr(cls, "perform", None), "__isabstractmethod__", False):
        cls.perform = no_perform  # type: ignore[attr-defined]
    if n_arguments(own.get("infer_shape")) == 3:
        cls.infer_shape = _without_graph(own["infer_shape"])  # type: ignore[attr-defined]
    if "pullback" not in own:
        if "L_op" in own:
            cls.pullback = _pullback_of_l_op  # type: ignore[attr-defined]
        elif "grad" in own:
            cls.pullback = _pullback_of_grad  # type: ignore[attr-defined]
    if "R_op" in own and "pushforward" not in own:
        cls.pushforward = _pushforward_of_r_op  # type: ignore[attr-defined]


def is_r_op(op: Op) -> bool:
    """Return whether a script's class has written the Op's ``R_op``."""
    return getattr(type(op), "pushforward", None) is _pushforward_of_r_op


def defines_r_op(op: Op) -> bool:
    """Return whether a script has written the Op's ``R_op``, in its class or for a graph."""
    return is_r_op(op) or getattr(op, "pushforward_overrides", None) is not None


def no_perform(self: Any, node: Any, inputs: Any, output_storage: Any, params: Any = None) -> None:
    """Raise an error: the Op has C code alone."""
    raise NotImplementedError(f"{self} has no code in Python: it defines no perform")


def n_arguments(method: Any) -> int | None:
    """Return how many arguments a method takes, itself included; None where that is open."""
    if not inspect.isfunction(method):
        return None
    kinds = [p.kind for p in inspect.signature(method).parameters.values()]
    is_open = any(kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD) for kind in kinds)
    return None if is_open else len(kinds)


def _without_graph(infer_shape: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(infer_shape)
    def with_graph(self: Any, fgraph: Any, node: Any, shapes: Any) -> Any:
        return infer_shape(self, node, shapes)

    return with_graph


def _pullback_of_grad(self: Any, inputs: Sequence[Any], outputs: Any, cotangents: Sequence[Any]) -> Any:
    return self.grad(inputs, cotangents)


def _pullback_of_l_op(
    self: Any, inputs: Sequence[Any], outputs: Sequence[Any], cotangents: Sequence[Any]
) -> Any:
    return self.L_op(inputs, outputs, cotangents)


def _pushforward_of_r_op(self: Any, inputs: Sequence[Any], outputs: Sequence[Any], tangents: Any) -> Any:
    points = [None if isinstance(t.type, DisconnectedType) else t for t in tangents]
    found = self.R_op(inputs, points)
    return [DisconnectedType()() if new is None else new for new in found]
