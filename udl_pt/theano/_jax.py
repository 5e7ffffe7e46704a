"""PyTensor's code for JAX, with sizes computed while JAX compiles, and dtypes as the graph states them.

While JAX compiles, lengths of arrays are numbers. PyTensor's own code turns what a graph computes from them
into arrays of JAX, whose values are unknown then. Here NumPy computes it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from pytensor.compile.mode import Mode
from pytensor.graph.basic import Apply, Variable
from pytensor.link.jax.dispatch import jax_funcify, jax_typify
from pytensor.link.jax.linker import JAXLinker
from pytensor.link.utils import fgraph_to_python
from pytensor.raise_op import CheckAndRaise
from pytensor.scalar.basic import ScalarOp, ScalarType
from pytensor.tensor import basic, elemwise, subtensor
from pytensor.tensor.random.type import RandomType
from pytensor.tensor.shape import Reshape, Shape, Shape_i, SpecifyShape
from pytensor.tensor.type import TensorType, discrete_dtypes

__all__ = ["SizesJAXLinker", "with_sizes"]

SMALL = 100  # elements of what NumPy computes
_OF_SIZES = (
    ScalarOp,
    elemwise.Elemwise,
    elemwise.CAReduce,
    elemwise.DimShuffle,
    basic.MakeVector,
    basic.Join,
    basic.ScalarFromTensor,
    basic.TensorFromScalar,
    Shape,
    Shape_i,
    Reshape,
    SpecifyShape,
    subtensor.Subtensor,
    subtensor.IncSubtensor,
    CheckAndRaise,
)


class SizesJAXLinker(JAXLinker):  # type: ignore[misc]  # PyTensor has no types here
    """PyTensor's linker for JAX; NumPy computes sizes, and results have the dtypes of their variables."""

    def fgraph_convert(self, fgraph: Any, input_storage: Any, storage_map: Any, **kwargs: Any) -> Any:
        """Return a graph as a function for JAX."""
        if any(isinstance(v.type, RandomType) for v in fgraph.inputs):  # of PyTensor's own streams
            return super().fgraph_convert(fgraph, input_storage, storage_map, **kwargs)
        self.scalar_shape_inputs = ()
        function = fgraph_to_python(
            fgraph,
            _converted,
            type_conversion_fn=_constant,
            fgraph_name="udl_pt_graph",
            input_storage=input_storage,
            storage_map=storage_map,
            **kwargs,
        )
        outputs = list(fgraph.outputs)

        def typed(*inputs: Any) -> tuple[Any, ...]:
            return tuple(map(_typed, outputs, function(*inputs) or ()))

        return typed


def with_sizes(mode: Mode) -> Mode:
    """Return a mode for JAX with this linker."""
    return Mode(SizesJAXLinker(), mode.provided_optimizer)


def _is_known(value: Any) -> bool:
    """Return whether a value is a number or an array of NumPy's, not one of JAX's."""
    if isinstance(value, tuple | list):
        return all(map(_is_known, value))
    return isinstance(value, bool | int | float | np.generic | np.ndarray)


def _constant(value: Any, **kwargs: Any) -> Any:
    """Return a constant: sizes and numbers stay NumPy's."""
    if isinstance(value, np.ndarray) and (
        value.ndim == 0 or (value.dtype.kind in "biu" and value.size <= SMALL)
    ):
        return value
    return jax_typify(value, **kwargs)


def _typed(variable: Variable, value: Any) -> Any:
    """Return a value in the dtype of its variable."""
    if not isinstance(variable.type, TensorType | ScalarType):
        return value
    if _is_known(value):
        array = np.asarray(value, variable.type.dtype)
        return array if isinstance(variable.type, TensorType) else array[()]
    if getattr(value, "dtype", variable.type.dtype) != variable.type.dtype:
        return value.astype(variable.type.dtype)
    return value


def _is_size(variable: Variable) -> bool:
    """Return whether a variable may be a length or a vector of lengths."""
    if isinstance(variable.type, ScalarType):
        return True
    return isinstance(variable.type, TensorType) and (
        variable.ndim == 0 or (variable.ndim == 1 and variable.type.dtype in discrete_dtypes)
    )


def _converted(op: Any, node: Apply, **kwargs: Any) -> Callable[..., Any]:
    """Return an operation as a function for JAX; NumPy computes where all inputs are known."""
    try:
        ours = next((_OURS[cls] for cls in type(op).__mro__ if cls in _OURS), None)
        traced = jax_funcify(op, node=node, **kwargs) if ours is None else ours(op, node)
    except Exception as error:  # it may not be needed: raise it when it is called
        traced = _raising(error)
    by_numpy = isinstance(op, _OF_SIZES) and all(map(_is_size, node.outputs))
    if by_numpy:
        op.prepare_node(node, None, None, "py")

    def function(*inputs: Any) -> Any:
        if by_numpy and all(_is_known(v) and np.size(v) <= SMALL for v in inputs):
            return _computed(node, inputs)
        first, *others = inputs
        if isinstance(first, np.ndarray):  # the array whose methods PyTensor's code calls
            first = jnp.asarray(first) if first.ndim or isinstance(op, subtensor.IncSubtensor) else first
        results = traced(first, *others)
        if len(node.outputs) > 1:
            return tuple(map(_typed, node.outputs, results))
        return _typed(node.outputs[0], results)

    return function


def _computed(node: Apply, inputs: Sequence[Any]) -> Any:
    """Return what NumPy computes."""
    storage: list[list[Any]] = [[None] for _ in node.outputs]
    node.op.perform(node, [_typed(v, x) for v, x in zip(node.inputs, inputs, strict=True)], storage)
    results = [_typed(v, cell[0]) for v, cell in zip(node.outputs, storage, strict=True)]
    return results if len(results) > 1 else results[0]


def _raising(error: Exception) -> Callable[..., Any]:
    def refuse(*inputs: Any) -> Any:
        raise error

    return refuse


def _arange(op: Any, node: Apply) -> Callable[..., Any]:
    def arange(*limits: Any) -> Any:
        if not _is_known(limits):
            raise NotImplementedError("JAX needs the limits of arange as numbers, and they depend on values")
        found = np.arange(*limits, dtype=op.dtype)
        return found if found.size <= SMALL else jnp.asarray(found)

    return arange


def _reshape(op: Any, node: Apply) -> Callable[..., Any]:
    def reshape(x: Any, lengths: Any) -> Any:
        if not _is_known(lengths):
            raise NotImplementedError("JAX needs the shape of reshape as numbers, and it depends on values")
        return jnp.reshape(x, tuple(int(n) for n in lengths))

    return reshape


def _write(op: Any, node: Apply) -> Callable[..., Any]:
    usual = jax_funcify(op, node=node)

    def write(x: Any, y: Any, *given: Any) -> Any:
        indices = subtensor.indices_from_subtensor(given, op.idx_list)
        if all(map(_is_whole, indices, x.shape)):  # jaxlib 0.10 ends the process for zeros[:n].inc(y)[::-1]
            y = jnp.broadcast_to(y, x.shape)
            return y if op.set_instead_of_inc else x + y
        return usual(x, y, *given)

    return write


def _is_whole(index: Any, length: int) -> bool:
    """Return whether an index is a slice that selects all elements in their order."""
    if not isinstance(index, slice) or not all(
        v is None or _is_known(v) for v in (index.start, index.stop, index.step)
    ):
        return False
    return range(*index.indices(length)) == range(length)


def _check(op: Any, node: Apply) -> Callable[..., Any]:
    def check(x: Any, *conditions: Any) -> Any:
        if not all(np.all(condition) for condition in conditions if _is_known(condition)):
            raise op.exc_type(op.msg)
        return x  # JAX can't raise errors of values

    return check


def _elemwise(op: Any, node: Apply) -> Callable[..., Any]:
    usual = jax_funcify(op, node=node)
    dtype = node.outputs[0].type.dtype
    if dtype in discrete_dtypes or any(v.type.dtype not in discrete_dtypes for v in node.inputs):
        return usual
    # functions of small integers are float32 in JAX
    return lambda *inputs: usual(*(jnp.asarray(v, dtype) for v in inputs))


_OURS: dict[type, Callable[[Any, Apply], Callable[..., Any]]] = {
    basic.ARange: _arange,
    Reshape: _reshape,
    subtensor.IncSubtensor: _write,
    elemwise.Elemwise: _elemwise,
    CheckAndRaise: _check,
}
