"""What Theano's variables and types do, and PyTensor's don't: changed while `install` holds.

``bool(x)`` is True but for comparisons. ``x.reshape(shape, ndim)`` takes `ndim` by its place. Types print as
``TensorType(float64, matrix)``.
"""

from collections.abc import Callable
from typing import Any

from pytensor.scalar import basic as scalar
from pytensor.tensor.basic import get_scalar_constant_value
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.type import TensorType
from pytensor.tensor.variable import _tensor_py_operators as Operators

__all__ = ["apply"]

_NAMES = {
    (): "scalar",
    (False,): "vector",
    (False, False): "matrix",
    (True, False): "row",
    (False, True): "col",
}
_COMPARISONS = (scalar.LT, scalar.LE, scalar.GT, scalar.GE)
_ABSENT = object()

_reshape: Any = Operators.reshape
_choose: Any = Operators.choose


def _bool(self: Any) -> bool:
    """Return True; a comparison has no truth value, so that ``a < b < c`` is a TypeError."""
    op = getattr(self.owner, "op", None)
    if isinstance(op, Elemwise) and isinstance(op.scalar_op, _COMPARISONS):
        raise TypeError("a comparison of variables has no truth value: use T.switch, T.and_ or theano.ifelse")
    return True


def _reshape_by_place(self: Any, shape: Any, ndim: int | None = None) -> Any:
    """Return the tensor in another shape; `ndim` is its length where that is symbolic."""
    return _reshape(self, shape, ndim=ndim)


def _choose_out(self: Any, choices: Any, out: None = None, mode: str = "raise") -> Any:
    """Return ``choices[self[i]][i]`` for each i."""
    return _choose(self, choices, mode=mode)


def _constant_value(self: Any) -> Any:
    """Return the constant that the variable always has."""
    return get_scalar_constant_value(self)


def _type_name(self: Any) -> str:
    """Return the type as Theano prints it."""
    pattern = tuple(self.broadcastable)
    shape = _NAMES.get(pattern) or (pattern if any(pattern) else f"{len(pattern)}D")
    return f"TensorType({self.dtype}, {shape})"


_CHANGES: dict[tuple[type, str], Any] = {
    (Operators, "__bool__"): _bool,
    (Operators, "reshape"): _reshape_by_place,
    (Operators, "choose"): _choose_out,
    (Operators, "get_scalar_constant_value"): _constant_value,
    (TensorType, "__str__"): _type_name,
    (TensorType, "__repr__"): _type_name,
}


def apply() -> Callable[[], None]:
    """Make the changes; return a function that undoes them."""
    before = {(owner, name): vars(owner).get(name, _ABSENT) for owner, name in _CHANGES}
    for (owner, name), function in _CHANGES.items():
        setattr(owner, name, function)

    def undo() -> None:
        for (owner, name), function in before.items():
            if function is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, function)

    return undo
