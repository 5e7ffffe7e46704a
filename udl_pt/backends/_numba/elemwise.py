"""Loops over elements that PyTensor's Numba linker leaves out of vector registers.

Three things keep a layer's ``sigmoid(Z + b)`` there at one number at a time, which costs a fifth of a
training step's matrix products:

- Numba calls the C library's ``exp`` for each number. The sigmoid below is plain arithmetic without a
  branch, so the compiler does 4 to 16 numbers at once. Its exponential is that of S. L. Moshier's Cephes
  library: ``exp(x) = 2**n exp(r)`` with ``|r| <= ln(2) / 2``. Here ``exp(r)`` is a polynomial (float32) or a
  quotient of two (float64). The sigmoid is exact to about two units in the last place.
- A bias that is added to each row becomes a view whose memory layout Numba doesn't know. So does the only
  entry of a stack of draws. `AsRow` and `OnlyEntry` are the same views with the layout known.
- PyTensor fuses elementwise operations into one loop. Of two sigmoids there the compiler inlines neither, and
  calls each for one number at a time. `one_per_loop` takes such loops apart.
"""

# Numba compiles these functions from their types at the call; annotations would say nothing.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, misc"

import hashlib

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.graph.traversal import ancestors
from pytensor.link.numba.dispatch.basic import (
    numba_njit,
    register_funcify_and_cache_key,
    register_funcify_default_op_cache_key,
)
from pytensor.scalar.basic import Composite, upgrade_to_float
from pytensor.scalar.math import Sigmoid, Softplus
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.math import Dot
from pytensor.tensor.rewriting.blas import local_dot_to_dot22
from pytensor.tensor.type import tensor

from udl_pt.backends._loop_rewriting import inside_loops

_CACHE_VERSION = 4


class VectorSigmoid(Sigmoid):
    """PyTensor's sigmoid, compiled to `_sigmoid32` or `_sigmoid64`."""


class VectorSoftplus(Softplus):
    """PyTensor's softplus, ``log(1 + exp(a))``, compiled to `_softplus32` or `_softplus64`."""


_VECTOR_OPS = {
    Sigmoid: VectorSigmoid(upgrade_to_float, name="sigmoid"),
    Softplus: VectorSoftplus(upgrade_to_float, name="softplus"),
}
_VECTOR_CLASSES = tuple(type(op) for op in _VECTOR_OPS.values())


@node_rewriter([Elemwise])
def _local_vector_op(fgraph, node):
    if not _vectorisable(node):
        return None
    return [Elemwise(_VECTOR_OPS[type(node.op.scalar_op)])(*node.inputs)]


class AsRow(Op):
    """A vector as a matrix of one row: ``x[None, :]``, a view."""

    __props__ = ()
    view_map = {0: [0]}  # noqa: RUF012, the name and form are PyTensor's

    def make_node(self, x):
        """Take a vector."""
        return Apply(self, [x], [tensor(dtype=x.type.dtype, shape=(1, *x.type.shape))])

    def perform(self, node, inputs, outputs):
        """Do it in NumPy."""
        outputs[0][0] = inputs[0][None, :]


class OnlyEntry(Op):
    """The one entry of an array whose first axis has length 1: ``x[0]``, a view."""

    __props__ = ()
    view_map = {0: [0]}  # noqa: RUF012

    def make_node(self, x):
        """Take an array of two dimensions or more."""
        return Apply(self, [x], [tensor(dtype=x.type.dtype, shape=x.type.shape[1:])])

    def perform(self, node, inputs, outputs):
        """Do it in NumPy."""
        (outputs[0][0],) = inputs[0]


@node_rewriter([DimShuffle])
def _local_as_row(fgraph, node):
    x, order = node.inputs[0], node.op.new_order
    if x.type.ndim == 1 and order == ("x", 0):  # a matrix may lose a dimension of length 1 on the way
        return [AsRow()(x)]
    if x.type.ndim > 1 and order == tuple(range(1, x.type.ndim)):
        return [OnlyEntry()(x)]
    return None


def _vectorisable(node):
    if not isinstance(node.op, Elemwise) or node.inputs[0].type.dtype not in ("float32", "float64"):
        return False
    return type(node.op.scalar_op) in _VECTOR_OPS


# PyTensor's linker leaves the BLAS rewrites out of loops, so their products become Dot22 here.
_in_loop = inside_loops(
    dfs_rewriter(_local_vector_op, _local_as_row, local_dot_to_dot22),
    lambda node: _vectorisable(node) or isinstance(node.op, Dot),
)
# sigmoids, softplus and rows in vector registers, inside loops too
vectorise = dfs_rewriter(_local_vector_op, _local_as_row, _in_loop)


@node_rewriter([Elemwise])
def _local_one_per_loop(fgraph, node):
    """Move each sigmoid and softplus of a fused loop to a loop of its own."""
    if not isinstance(node.op.scalar_op, Composite):
        return None
    fused = node.op.scalar_op.fgraph
    # PyTensor may name a node several times
    calls = dict.fromkeys(n for n in fused.toposort() if isinstance(n.op, _VECTOR_CLASSES))
    if len(calls) < 2:
        return None
    known = dict(zip(fused.inputs, node.inputs, strict=True))

    def loop(outputs):
        inputs = [x for x in ancestors(outputs, blockers=known) if x in known]
        return Elemwise(Composite(inputs, outputs))(*[known[x] for x in inputs], return_list=True)

    for call in calls:
        known[call.outputs[0]] = loop(call.outputs)[0]
    rest = [x for x in fused.outputs if x not in known]
    if rest:
        known |= zip(rest, loop(rest), strict=True)
    return [known[x] for x in fused.outputs]


one_per_loop = dfs_rewriter(_local_one_per_loop)


@register_funcify_default_op_cache_key(AsRow)
def _funcify_as_row(op, **kwargs):
    @numba_njit
    def as_row(x):
        return np.ascontiguousarray(x).reshape((1, x.size))

    return as_row, _CACHE_VERSION


@register_funcify_default_op_cache_key(OnlyEntry)
def _funcify_only_entry(op, **kwargs):
    @numba_njit
    def only_entry(x):
        if len(x) != 1:
            raise ValueError("the first axis is not of length 1")
        return np.ascontiguousarray(x)[0]

    return only_entry, _CACHE_VERSION


@intrinsic
def _bits(typingctx, x):
    """Read a float's bits as an integer of its size."""
    integer = {types.float32: types.int32, types.float64: types.int64}[x]

    def codegen(context, builder, signature, args):
        return builder.bitcast(args[0], ir.IntType(integer.bitwidth))

    return integer(x), codegen


@intrinsic
def _from_bits(typingctx, n):
    """Read an integer's bits as a float of its size."""
    real = {types.int32: types.float32, types.int64: types.float64}[n]

    def codegen(context, builder, signature, args):
        return builder.bitcast(args[0], context.get_value_type(real))

    return real(n), codegen


# Adding 1.5 * 2**mantissa_bits rounds to an integer and leaves it in the lowest bits. Of fastmath only
# "contract" is allowed here, a product and a sum in one instruction. The rest would cancel that addition and
# merge the two parts of ln(2). The error model is NumPy's: Python's tests each divisor for zero. Such a
# branch keeps the loop out of vector registers, as does a loop over more than a few coefficients.

_F = np.float32
_LOG2E_32, _MAGIC_32 = _F(1.44269504088896341), _F(1.5 * 2**23)
_LN2_HIGH_32, _LN2_LOW_32 = _F(0.693359375), _F(-2.12194440e-4)
_P32 = tuple(
    _F(c)
    for c in (
        1.9875691500e-4,
        1.3981999507e-3,
        8.3334519073e-3,
        4.1665795894e-2,
        1.6666665459e-1,
        5.0000001201e-1,
    )
)
_ONE_32, _LARGEST_32 = _F(1), _F(87)  # exp(87) is finite, and one over it not yet denormal


@numba.njit(fastmath={"contract"}, error_model="numpy")
def _exp32(x):
    """Exponential of a number between -87 and 87."""
    shifted = x * _LOG2E_32 + _MAGIC_32
    n = shifted - _MAGIC_32
    r = x - n * _LN2_HIGH_32 - n * _LN2_LOW_32
    p = _P32[0]
    p = p * r + _P32[1]
    p = p * r + _P32[2]
    p = p * r + _P32[3]
    p = p * r + _P32[4]
    p = p * r + _P32[5]
    p = p * (r * r) + r + _ONE_32
    return p * _from_bits(np.int32((_bits(shifted) << np.int32(23)) + np.int32(127 << 23)))


@numba.njit(fastmath={"contract"}, error_model="numpy")
def _sigmoid32(a):
    x = -a
    x = _LARGEST_32 if x > _LARGEST_32 else x  # written so that NaN stays NaN
    x = -_LARGEST_32 if x < -_LARGEST_32 else x
    return _ONE_32 / (_ONE_32 + _exp32(x))


# log(1 + t) is 2 artanh(s) with s = t / (2 + t), at most a third where t is at most 1.

_ARTANH_32 = tuple(_F(2 / (2 * i + 1)) for i in range(8))


@numba.njit(fastmath={"contract"}, error_model="numpy")
def _series(z, c):
    """Sum of c[i] z**i over eight terms."""
    return ((((((c[7] * z + c[6]) * z + c[5]) * z + c[4]) * z + c[3]) * z + c[2]) * z + c[1]) * z + c[0]


@numba.njit(fastmath={"contract"}, error_model="numpy")
def _softplus32(a):
    x = abs(a)
    x = _LARGEST_32 if x > _LARGEST_32 else x
    t = _exp32(-x)
    s = t / (_F(2) + t)
    z = s * s
    return (a if a > _F(0) else _F(0)) + s * _series(z, _ARTANH_32)


_LOG2E_64, _MAGIC_64 = 1.4426950408889634073599, 1.5 * 2.0**52
_LN2_HIGH_64, _LN2_LOW_64 = 6.93145751953125e-1, 1.42860682030941723212e-6
_P64 = (1.26177193074810590878e-4, 3.02994407707441961300e-2, 9.99999999999999999910e-1)
_Q64 = (
    3.00198505138664455042e-6,
    2.52448340349684104192e-3,
    2.27265548208155028766e-1,
    2.00000000000000000009e0,
)
_LARGEST_64 = 708.0


@numba.njit(fastmath={"contract"}, error_model="numpy")
def _exp64(x):
    """Exponential of a number between -708 and 708, as two factors of a quotient: above and below."""
    shifted = x * _LOG2E_64 + _MAGIC_64
    n = shifted - _MAGIC_64
    r = x - n * _LN2_HIGH_64 - n * _LN2_LOW_64
    z = r * r
    p = r * ((_P64[0] * z + _P64[1]) * z + _P64[2])
    q = ((_Q64[0] * z + _Q64[1]) * z + _Q64[2]) * z + _Q64[3]
    # exp(r) is 1 + 2 p / (q - p)
    return (q + p) * _from_bits((_bits(shifted) << np.int64(52)) + np.int64(1023 << 52)), q - p


@numba.njit(fastmath={"contract"}, error_model="numpy")
def _sigmoid64(a):
    x = -a
    x = _LARGEST_64 if x > _LARGEST_64 else x
    x = -_LARGEST_64 if x < -_LARGEST_64 else x
    above, below = _exp64(x)
    return below / (below + above)  # one division only


_ARTANH_64 = tuple(2 / (2 * i + 1) for i in range(8))
_ARTANH_64_REST = tuple(2 / (2 * i + 1) for i in range(8, 16))


@numba.njit(fastmath={"contract"}, error_model="numpy")
def _softplus64(a):
    x = abs(a)
    x = _LARGEST_64 if x > _LARGEST_64 else x
    above, below = _exp64(-x)
    s = above / (2 * below + above)
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    p = _series(z, _ARTANH_64_REST) * (z4 * z4) + _series(z, _ARTANH_64)
    return (a if a > 0.0 else 0.0) + s * p


_COMPILED = {
    (VectorSigmoid, "float32"): _sigmoid32,
    (VectorSigmoid, "float64"): _sigmoid64,
    (VectorSoftplus, "float32"): _softplus32,
    (VectorSoftplus, "float64"): _softplus64,
}


@register_funcify_and_cache_key(VectorSoftplus)
@register_funcify_and_cache_key(VectorSigmoid)
def _funcify_vector_op(op, node, **kwargs):
    kind, dtype = type(op), node.inputs[0].type.dtype
    key = hashlib.sha256(f"{kind} {dtype} {_CACHE_VERSION}".encode()).hexdigest()
    return _COMPILED[kind, dtype], key
