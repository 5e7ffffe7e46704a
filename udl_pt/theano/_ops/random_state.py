"""Draws from a `numpy.random.RandomState`, the legacy generator, as a value of the graph."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from pytensor.compile.mode import optdb
from pytensor.compile.ops import register_view_op_c_code
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.gradient import grad_undefined
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.graph.type import Type
from pytensor.tensor.basic import as_tensor_variable, cast
from pytensor.tensor.exceptions import ShapeError

from udl_pt.theano._ops import _lazy
from udl_pt.theano._ops._jax_sizes import keep_sizes_as_tuples

__all__ = [
    "RandomFunction",
    "RandomStateSharedVariable",
    "RandomStateType",
    "copy_of",
    "random_state_shared",
    "random_state_type",
]


class _Ones(ISeedSequence):
    """Seeds a generator that is overwritten at once: NumPy's own seeds take longer than the copy."""

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> np.ndarray:
        """Return ones."""
        return np.ones(n_words, dtype)


def copy_of(state: np.random.RandomState) -> np.random.RandomState:
    """Return an independent generator in the same state; ``copy.copy`` shares the state in today's NumPy."""
    seeds: Any = _Ones()
    new = np.random.RandomState(np.random.MT19937(seeds))
    new.set_state(state.get_state(legacy=False))
    return new


class RandomStateType(Type[np.random.RandomState]):  # type: ignore[misc]
    """The type of variables whose value is a `numpy.random.RandomState`."""

    def __repr__(self) -> str:
        return "RandomStateType"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def filter(
        self, data: Any, strict: bool = False, allow_downcast: bool | None = None
    ) -> np.random.RandomState:
        """Return `data` if it is a RandomState."""
        if not self.is_valid_value(data, strict):
            raise TypeError(f"expected a numpy.random.RandomState, got {data!r} of {type(data)}")
        return data

    def is_valid_value(self, data: Any, strict: bool = True) -> bool:
        """Return whether `data` is a RandomState."""
        return type(data) is np.random.RandomState

    @staticmethod
    def values_eq(a: np.random.RandomState, b: np.random.RandomState) -> bool:
        """Return whether two generators draw the same numbers from now on."""
        _, keys, position, has_gauss, gauss = a.get_state()
        _, other_keys, other_position, other_has_gauss, other_gauss = b.get_state()
        return bool(
            (position, has_gauss) == (other_position, other_has_gauss)
            and np.array_equal(keys, other_keys)
            and (not has_gauss or gauss == other_gauss)
        )

    @staticmethod
    def may_share_memory(a: np.random.RandomState, b: np.random.RandomState) -> bool:
        """Return whether a draw from one generator changes the other."""
        return a is b or a._bit_generator is b._bit_generator

    def get_shape_info(self, obj: np.random.RandomState) -> None:
        """Return None: a generator has no shape."""

    def get_size(self, shape_info: None) -> int:
        """Return the bytes of a generator's state."""
        return 624 * 4 + 3 * 8


register_view_op_c_code(
    RandomStateType,
    "Py_XDECREF(%(oname)s); %(oname)s = %(iname)s; Py_XINCREF(%(oname)s);",
    1,
)

random_state_type = RandomStateType()


class RandomStateSharedVariable(SharedVariable):
    """A shared variable whose value is a `numpy.random.RandomState`."""

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """Return the generator, or an independent copy of it.

        Parameters
        ----------
        borrow : bool
            Return the generator that functions draw from.
        return_internal_type : bool
            Without effect; tensors on other devices need it.
        """
        value = self.container.value
        return value if borrow else copy_of(value)

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Replace the generator.

        Parameters
        ----------
        new_value : numpy.random.RandomState
            The generator.
        borrow : bool
            Let functions draw from `new_value` itself instead of from a copy.
        """
        self.container.value = new_value if borrow else copy_of(self.type.filter(new_value))


def random_state_shared(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
) -> RandomStateSharedVariable:
    """Return a shared variable for a `numpy.random.RandomState`.

    Parameters
    ----------
    value : numpy.random.RandomState
        The initial generator.
    name : str, optional
        The variable's name.
    strict, allow_downcast
        Without effect; `theano.shared` passes them.
    borrow : bool
        Let functions draw from `value` itself instead of from a copy.

    Raises
    ------
    TypeError
        If `value` isn't a RandomState.
    """
    value = random_state_type.filter(value)
    return RandomStateSharedVariable(
        type=random_state_type,
        value=value if borrow else copy_of(value),
        name=name,
        strict=strict,
        allow_downcast=allow_downcast,
    )


class RandomFunction(Op):  # type: ignore[misc]
    """Draw from a generator; the outputs are the generator after the draw, and the sample.

    Parameters
    ----------
    fn : str or callable
        The name of a method of RandomState, or a function of a RandomState, the arguments, and the size.
    outtype : Type
        The sample's type.
    inplace : bool
        Draw from the input itself instead of from a copy.
    ndim_added : int
        The sample has this many more dimensions than the size has entries.
    """

    __props__ = ("fn", "outtype", "inplace", "ndim_added")

    def __init__(self, fn: Any, outtype: Any, inplace: bool = False, ndim_added: int = 0) -> None:
        self.fn, self.outtype, self.inplace, self.ndim_added = fn, outtype, inplace, ndim_added
        if inplace:
            self.destroy_map = {0: [0]}

    @property
    def exec_fn(self) -> Callable[..., Any]:
        """The function that draws."""
        return getattr(np.random.RandomState, self.fn) if isinstance(self.fn, str) else self.fn

    def __str__(self) -> str:
        return f"RandomFunction{{{self.exec_fn.__name__}}}"

    def make_node(self, r: Any, shape: Any, *args: Any) -> Apply:
        """Return the node; an empty `shape` means the shape of the arguments.

        Parameters
        ----------
        r : Variable
            A generator.
        shape : vector of integers
            The sample's shape, without the dimensions that the draw adds.
        *args
            The distribution's parameters.
        """
        size = as_tensor_variable(shape, ndim=1)
        if isinstance(shape, tuple | list) and not shape:
            size = cast(size, "int64")
        assert size.type.ndim == 1, f"shape must be a vector, got {size.type}"
        assert size.type.dtype in ("int64", "int32"), f"shape must hold int64 or int32, got {size.type}"
        if not isinstance(r.type, RandomStateType):
            sys.stderr.write(f"WARNING: expected a RandomState to draw from, got {r.type}\n")
        args = tuple(as_tensor_variable(arg) for arg in args)
        return Apply(self, [r, size, *args], [r.type(), self.outtype()])

    def infer_shape(self, *args: Any) -> list[Any]:
        """Return the sample's shape where the size alone determines it."""
        node, _shapes = args[-2:]  # PyTensor before 3.3 passes the graph first
        size = node.inputs[1]
        data = getattr(size, "data", None)
        if self.ndim_added or (data is not None and len(data) == 0):
            raise ShapeError()
        return [None, [size[i] for i in range(node.outputs[1].type.ndim)]]

    def draw(self, state: np.random.RandomState, size: Any, args: Sequence[Any]) -> tuple[Any, np.ndarray]:
        """Return the generator after the draw, and the sample."""
        shape = tuple(map(int, size)) or None
        ndim = self.outtype.ndim
        if shape is not None and ndim != len(shape) + self.ndim_added:
            raise ValueError(
                f"Shape mismatch: a sample of {ndim} dimensions was declared, but the size {shape} "
                f"and {self.ndim_added} added dimensions ask for {len(shape) + self.ndim_added}"
            )
        if not self.inplace:
            state = copy_of(state)
        sample = np.asarray(self.exec_fn(state, *args, shape), order="C")
        if sample.dtype != self.outtype.dtype:
            sample = sample.astype(self.outtype.dtype)
        if shape is None and sample.ndim == 0:
            sample = sample.reshape((1,) * ndim)
        if sample.ndim != ndim:
            raise ValueError(
                f"Shape mismatch: a sample of {ndim} dimensions was declared, but the draw has the shape "
                f"{sample.shape}: pass size= or ndim="
            )
        drawn = sample.shape[: ndim - self.ndim_added]
        if shape is not None and shape != drawn:
            raise ValueError(f"Shape mismatch: the size is {shape}, but the draw's shape is {sample.shape}")
        return state, sample

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Any) -> None:
        """Draw."""
        state, size, *args = inputs
        output_storage[0][0], output_storage[1][0] = self.draw(state, size, args)

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Variable]:
        """Return undefined gradients: a draw has none."""
        return [
            grad_undefined(self, k, x, "No gradient is defined through raw random numbers")
            for k, x in enumerate(inputs)
        ]

    def pushforward(self, inputs: Any, outputs: Any, tangents: Any) -> list[None]:
        """Return no derivatives."""
        return [None for _ in outputs]


@node_rewriter([RandomFunction])  # type: ignore[untyped-decorator]
def random_make_inplace(fgraph: Any, node: Apply) -> Any:
    """Draw from the generator itself where nothing else reads it."""
    op = node.op
    if op.inplace:
        return False
    return RandomFunction(op.fn, op.outtype, True, op.ndim_added).make_node(*node.inputs).outputs


optdb.register(
    "udl_pt_random_make_inplace",
    in2out(random_make_inplace, ignore_newtrees=True),
    "fast_run",
    "inplace",
    position=99,
)
_lazy.import_when_compiled([RandomFunction], numba="random_numba", jax="random_jax")
keep_sizes_as_tuples(RandomFunction)
