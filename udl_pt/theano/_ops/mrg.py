"""The generator MRG31k3p as Ops, and its streams, which lie 2**72 numbers apart."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pytensor.compile.mode import optdb
from pytensor.gradient import grad_undefined
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.tensor.basic import (
    as_tensor_variable,
    get_underlying_scalar_constant_value,
    get_vector_length,
)
from pytensor.tensor.exceptions import NotScalarConstantError
from pytensor.tensor.type import TensorType

from udl_pt.theano._ops import _lazy
from udl_pt.theano._ops._jax_sizes import keep_sizes_as_tuples

__all__ = [
    "M1",
    "M2",
    "MASK2",
    "MASK12",
    "MASK13",
    "MULT2",
    "NORM",
    "A1p72",
    "A1p134",
    "A2p72",
    "A2p134",
    "DotModulo",
    "conversion",
    "ff_2p72",
    "ff_2p134",
    "matVecModM",
    "mrg_random_make_inplace",
    "mrg_uniform",
    "mrg_uniform_base",
    "multMatVect",
    "streams_from",
]

M1 = np.asarray(np.int32(2**31 - 1))
M2 = np.asarray(np.int32(2**31 - 21069))
MASK12, MASK13, MASK2, MULT2 = np.int32(511), np.int32(16777215), np.int32(65535), np.int32(21069)
NORM = 4.656612873077392578125e-10  # 2**-31

# The two recursions' matrices to the powers 2**72 and 2**134, modulo M1 and M2
A1p72 = np.array(
    [
        [1516919229, 758510237, 499121365],
        [1884998244, 1516919229, 335398200],
        [601897748, 1884998244, 358115744],
    ]
)
A2p72 = np.array(
    [
        [1228857673, 1496414766, 954677935],
        [1133297478, 1407477216, 1496414766],
        [2002613992, 1639496704, 1407477216],
    ]
)
A1p134 = np.array(
    [
        [1702500920, 1849582496, 1656874625],
        [828554832, 1702500920, 1512419905],
        [1143731069, 828554832, 102237247],
    ]
)
A2p134 = np.array(
    [
        [796789021, 1464208080, 607337906],
        [1241679051, 1431130166, 1464208080],
        [1401213391, 1178684362, 1431130166],
    ]
)


def product(a: np.ndarray, b: np.ndarray, m: Any) -> np.ndarray:
    """Return ``a @ b`` modulo `m`, for entries below 2**31: no intermediate result exceeds 64 bits."""
    return ((a[..., :, :, None] * b[..., None, :, :].astype("int64")) % m).sum(-2) % m


def matVecModM(A: np.ndarray, s: np.ndarray, m: Any) -> np.ndarray:
    """Return the matrix `A` times the vector `s`, modulo `m`."""
    return product(A, np.asarray(s)[:, None], np.int64(m))[:, 0].astype("int32")


def multMatVect(v: np.ndarray, A: np.ndarray, m1: Any, B: np.ndarray, m2: Any) -> np.ndarray:
    """Return the first half of `v` times `A` modulo `m1`, and the second half times `B` modulo `m2`."""
    return np.concatenate([matVecModM(A, v[:3], m1), matVecModM(B, v[3:], m2)])


def ff_2p134(rstate: np.ndarray) -> np.ndarray:
    """Return the state 2**134 numbers later."""
    return multMatVect(rstate, A1p134, M1, A2p134, M2)


def ff_2p72(rstate: np.ndarray) -> np.ndarray:
    """Return the state 2**72 numbers later."""
    return multMatVect(rstate, A1p72, M1, A2p72, M2)


def streams_from(rstate: np.ndarray, n: int) -> np.ndarray:
    """Return `n` states, each 2**72 numbers after the one before; the first is `rstate`."""
    states = np.empty((n, 6), dtype="int32")
    states[0] = rstate
    known, a, b = 1, A1p72, A2p72
    m1, m2 = np.int64(M1), np.int64(M2)
    while known < n:  # a and b move a state by as many streams as are known
        new = slice(known, min(2 * known, n))
        old = states[: new.stop - known]
        states[new, :3] = product(old[:, :3], a.T, m1)
        states[new, 3:] = product(old[:, 3:], b.T, m2)
        known, a, b = new.stop, product(a, a, m1), product(b, b, m2)
    return states


class DotModulo(Op):  # type: ignore[misc]
    """``A s`` modulo m and ``A2 s2`` modulo m2, one after the other in a vector."""

    __props__ = ()

    def make_node(self, *inputs: Any) -> Apply:
        """Return the node with the inputs A, s, m, A2, s2, m2."""
        variables = [as_tensor_variable(x) for x in inputs]
        return Apply(self, variables, [TensorType(variables[1].dtype, shape=(None,))()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Any) -> None:
        """Compute both products."""
        a, s, m, b, t, n = inputs
        output_storage[0][0] = np.concatenate([matVecModM(a, s, m), matVecModM(b, t, n)])


def conversion(dtype: str) -> tuple[int, int, Any]:
    """Return the mask, the offset and the factor that turn integers of 31 bits into numbers of a dtype."""
    if dtype == "float16":
        return 0x7FFF, 1, float(np.float16(3.0458e-05))
    if dtype == "float32":
        return -1, 0, np.float32(4.6566126e-10)
    return -1, 0, NORM


class mrg_uniform_base(Op):  # type: ignore[misc]
    """Draws from the uniform distribution; the outputs are the streams afterwards, and the sample.

    Parameters
    ----------
    output_type : TensorType
        The sample's type.
    inplace : bool
        Move the input's streams themselves instead of a copy.
    """

    __props__ = ("output_type", "inplace")

    def __init__(self, output_type: TensorType, inplace: bool = False) -> None:
        self.output_type, self.inplace = output_type, inplace
        if inplace:
            self.destroy_map = {0: [0]}

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.output_type},{'inplace' if self.inplace else 'no_inplace'}}}"

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Variable]:
        """Return undefined gradients: a draw has none."""
        return [
            grad_undefined(self, k, x, "No gradient is defined through random sampling")
            for k, x in enumerate(inputs)
        ]

    def pushforward(self, inputs: Any, outputs: Any, tangents: Any) -> list[None]:
        """Return no derivatives."""
        return [None for _ in outputs]


class mrg_uniform(mrg_uniform_base):
    """Draws from the uniform distribution on the processor."""

    @classmethod
    def new(cls, rstate: Any, ndim: int | None, dtype: str, size: Any) -> list[Variable]:
        """Return the next streams and a sample.

        Parameters
        ----------
        rstate : matrix of int32
            The streams.
        ndim : int or None
            The number of entries of `size`, where it leaves that open.
        dtype : str
            The sample's dtype, one of real numbers.
        size : sequence or vector of integers
            The sample's shape.
        """
        size = as_tensor_variable(size)
        ndim = get_vector_length(size) if ndim is None else ndim
        return cls(TensorType(dtype, shape=(None,) * ndim))(rstate, size)

    def make_node(self, rstate: Any, size: Any) -> Apply:
        """Return the node; lengths that are known to be one broadcast."""
        rstate, size = as_tensor_variable(rstate), as_tensor_variable(size)
        shape = []
        for i in range(self.output_type.ndim):
            try:
                length = get_underlying_scalar_constant_value(size[i])
            except NotScalarConstantError:
                length = None
            shape.append(1 if length == 1 else None)
        out = TensorType(self.output_type.dtype, shape=tuple(shape))()
        return Apply(self, [rstate, size], [rstate.type(), out])

    def infer_shape(self, *args: Any) -> list[Any]:
        """Return the shapes of the streams and of the sample."""
        node, shapes = args[-2:]  # PyTensor before 3.3 passes the graph first
        size = node.inputs[1]
        return [shapes[0], tuple(size[i] for i in range(self.output_type.ndim))]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Any) -> None:
        """Draw."""
        from udl_pt.theano._ops.mrg_kernel import fill

        rstate, size = inputs
        if len(size) != self.output_type.ndim:
            raise ValueError(f"size must have {self.output_type.ndim} entries, got {size}")
        n = int(np.prod(size, dtype="int64"))
        if n > int(M1):
            raise ValueError(f"one draw has at most {M1} numbers, got the size {size}")
        if rstate.dtype != "int32" or rstate.ndim != 2 or rstate.shape[1] != 6:
            raise ValueError(f"rstate must be an (n, 6) array of int32, got {rstate.dtype}, {rstate.shape}")
        rstate = rstate if self.inplace and rstate.flags.c_contiguous else rstate.copy(order="C")
        dtype = self.output_type.dtype
        numbers = np.empty(n, dtype="float64" if dtype == "float16" else dtype)
        fill(rstate, numbers, *conversion(dtype))
        output_storage[0][0] = rstate
        output_storage[1][0] = numbers.astype(dtype, copy=False).reshape(tuple(size))


@node_rewriter([mrg_uniform])  # type: ignore[untyped-decorator]
def mrg_random_make_inplace(fgraph: Any, node: Apply) -> Any:
    """Move the streams themselves where nothing else reads them."""
    op = node.op
    return False if op.inplace else type(op)(op.output_type, inplace=True)(*node.inputs, return_list=True)


optdb.register(
    "udl_pt_random_make_inplace_mrg",
    in2out(mrg_random_make_inplace, ignore_newtrees=True),
    "fast_run",
    "inplace",
    position=99,
)


_lazy.import_when_compiled([mrg_uniform], numba="mrg_numba", jax="mrg_jax")
keep_sizes_as_tuples(mrg_uniform)
