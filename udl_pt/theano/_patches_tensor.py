"""What Theano's variables and types do, and PyTensor's don't: changed while `install` holds.

``bool(x)`` is True but for comparisons. ``x.reshape(shape, ndim)`` takes `ndim` by its place. ``x.T`` has a
name. ``TensorType("float64", (0, 1))`` is that of a column, and prints as ``TensorType(float64, col)``.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from pytensor.link.c.params_type import ParamsType
from pytensor.scalar import basic as scalar
from pytensor.tensor.basic import get_scalar_constant_value
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.type import TensorType
from pytensor.tensor.variable import _tensor_py_operators as Operators

from udl_pt.theano import _patches_graph
from udl_pt.theano._elementwise import whole_arrays

__all__ = ["apply"]

_NAMES = {
    (): "scalar",
    (False,): "vector",
    (False, False): "matrix",
    (True, False): "row",
    (False, True): "col",
}
_COMPARISONS = (scalar.LT, scalar.LE, scalar.GT, scalar.GE)
_MOST_OPERANDS = 32
_ABSENT = object()

_reshape: Any = Operators.reshape
_init: Any = TensorType.__init__
_own_name: Any = TensorType.__str__
_elemwise: Any = Elemwise.perform
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


def _var(self: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    from udl_pt.theano._face.tensor._math import var

    return var(self, axis, ddof, keepdims, corrected)


def _std(self: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    from udl_pt.theano._face.tensor._math import std

    return std(self, axis, ddof, keepdims, corrected)


def _transpose(self: Any, *axes: Any) -> Any:
    """Return the tensor with its axes in another order, reversed by default; then it is named ``x.T``."""
    from udl_pt.theano._face.tensor._shapes import transpose  # it imports this package

    is_one = len(axes) == 1 and (axes[0] is None or isinstance(axes[0], list | tuple))
    return transpose(self, (axes[0] if is_one else axes) or None)


def _init_type(self: Any, dtype: Any, *args: Any, **keywords: Any) -> None:
    """Make a type; zeros and ones are a broadcast pattern, as Theano has them, but for ``shape=``."""
    pattern = args[0] if args else keywords.pop("broadcastable", None)
    if pattern is None:
        _init(self, dtype, **keywords)
        return
    if isinstance(pattern, Iterable):
        pattern = [*pattern]
        if not {type(flag) for flag in pattern} - {bool, int, np.bool_} and set(pattern) <= {0, 1}:
            pattern = [bool(flag) for flag in pattern]
    _init(self, dtype, pattern, *args[1:], **keywords)


def _clone_type(self: Any, dtype: Any = None, shape: Any = None, broadcastable: Any = None, **_: Any) -> Any:
    """Return the type with another dtype or broadcast pattern."""
    dtype = self.dtype if dtype is None else dtype
    if broadcastable is not None:
        return type(self)(dtype, broadcastable, name=self.name)
    return type(self)(dtype, shape=self.shape if shape is None else shape, name=self.name)


def _constant_value(self: Any) -> Any:
    """Return the constant that the variable always has."""
    return get_scalar_constant_value(self)


def _type_name(self: Any) -> str:
    """Return the type as Theano prints it."""
    pattern = tuple(self.broadcastable)
    shape = _NAMES.get(pattern) or (pattern if any(pattern) else f"{len(pattern)}D")
    return f"TensorType({self.dtype}, {shape})"


def _struct_name(self: Any) -> str:
    """Return the name of a struct in C, which PyTensor makes of its own names of types.

    It is in the code that is compiled. Another name would be other code for the same key of the cache.
    """
    types = (_own_name(t) if isinstance(t, TensorType) else str(t) for t in self.types)
    parts = (hashlib.sha256(",".join(names).encode()).hexdigest() for names in (self.fields, types))
    return "_".join(["_Params", *parts])


def _perform(self: Any, node: Any, inputs: Any, output_storage: Any) -> None:
    """Compute in Python, of whole arrays where that is possible; of more than 32 operands too."""
    dtypes = [output.dtype for output in node.outputs]
    result = whole_arrays(self.scalar_op, inputs, dtypes[0]) if inputs else None
    if result is None and len(node.inputs) + len(node.outputs) <= _MOST_OPERANDS:
        _elemwise(self, node, inputs, output_storage)
        return
    self._check_runtime_broadcast(node, inputs)
    if result is not None:
        results = [result]
    else:
        values = np.broadcast_arrays(*inputs)
        results = [np.empty(values[0].shape, dtype) for dtype in dtypes]
        for place in np.ndindex(values[0].shape):
            found = self.scalar_op.impl(*(value[place] for value in values))
            for result, number in zip(results, found if len(results) > 1 else [found], strict=True):
                result[place] = number
    for i, (result, storage) in enumerate(zip(results, output_storage, strict=True)):
        if i in self.inplace_pattern:
            inputs[self.inplace_pattern[i]][...] = result
        storage[0] = inputs[self.inplace_pattern[i]] if i in self.inplace_pattern else result


_CHANGES: dict[tuple[type, str], Any] = {
    (Operators, "__bool__"): _bool,
    (Operators, "reshape"): _reshape_by_place,
    (Operators, "choose"): _choose_out,
    (Operators, "var"): _var,
    (Operators, "std"): _std,
    (Operators, "get_scalar_constant_value"): _constant_value,
    (Operators, "T"): property(_transpose),
    (Operators, "transpose"): _transpose,
    (Elemwise, "perform"): _perform,
    (TensorType, "__init__"): _init_type,
    (TensorType, "clone"): _clone_type,
    (ParamsType, "generate_struct_name"): _struct_name,
    (TensorType, "__str__"): _type_name,
    (TensorType, "__repr__"): _type_name,
    **_patches_graph.CHANGES,
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
