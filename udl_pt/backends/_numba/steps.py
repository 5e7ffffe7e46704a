"""A parameter's step on Numba, by BLAS, which has threads.

At its end, a training step checks that all values are finite, and then adds ``v`` to each parameter
(`udl_pt.symbolic._step.apply_if_finite`). Numba's loops do both with one thread, at the pace at which one
core reads memory. BLAS has routines for both: asum, the sum of absolute values, and axpy, which adds in
place.
"""

# Numba compiles these functions from their types at the call; annotations would say nothing.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, misc, arg-type"

import numba
import numpy as np
from numba import types
from numba.extending import overload
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key
from pytensor.scalar.basic import Add, Switch
from pytensor.tensor.elemwise import Elemwise

from udl_pt.backends._abs_sum import FLOATS, AbsSum, is_elemwise
from udl_pt.backends._numba.blas import CACHE_VERSION, INTEGER, external


class AddWhere(Op):
    """``y + x`` where the one condition holds, else `y`, whatever `x` is."""

    __props__ = ("inplace",)

    def __init__(self, inplace=False):
        self.inplace = inplace
        if inplace:
            self.destroy_map = {0: [1]}

    def make_node(self, condition, y, x):
        """Take a condition of shape (1, 1) and two matrices of the same shape."""
        return Apply(self, [condition, y, x], [y.type()])

    def perform(self, node, inputs, outputs):
        """Do it in NumPy."""
        condition, y, x = inputs
        outputs[0][0] = y if self.inplace else y.copy()
        if condition.item():
            outputs[0][0] += x


@node_rewriter([Elemwise])
def _local_add_where(fgraph, node):
    if not isinstance(node.op.scalar_op, Switch):
        return None
    condition, moved, y = node.inputs
    if not (all(condition.type.broadcastable) and is_elemwise(moved, Add) and len(moved.owner.inputs) == 2):
        return None
    a, b = moved.owner.inputs
    x = b if a is y else a if b is y else None
    if x is None or y.type.ndim != 2 or y.type.dtype not in FLOATS or x.type.dtype != y.type.dtype:
        return None
    if any(y.type.broadcastable) or any(x.type.broadcastable) or len(fgraph.clients[moved]) > 1:
        return None
    return [AddWhere()(condition, y, x)]


@node_rewriter([AddWhere])
def _local_inplace(fgraph, node):
    return None if node.op.inplace else [AddWhere(inplace=True)(*node.inputs)]


add_where = dfs_rewriter(_local_add_where)
in_place = dfs_rewriter(_local_inplace)


def _asum(x):
    raise NotImplementedError


@overload(_asum)
def _overload_asum(x):
    size, item = (types.CPointer(t) for t in (numba.from_dtype(INTEGER), x.dtype))
    xasum = external("asum", x.dtype, x.dtype, size, item, size)

    def asum(x):
        n = np.array((x.size, 1), INTEGER)
        return xasum(n.ctypes, x.ctypes, n[1:].ctypes)

    return asum


def _axpy(x, y):
    """``y += x`` for two C-ordered matrices."""
    raise NotImplementedError


@overload(_axpy)
def _overload_axpy(x, y):
    size, item = (types.CPointer(t) for t in (numba.from_dtype(INTEGER), x.dtype))
    xaxpy = external("axpy", x.dtype, types.void, size, item, item, size, item, size)

    def axpy(x, y):
        n = np.array((x.size, 1), INTEGER)
        xaxpy(n.ctypes, np.ones((), x.dtype).ctypes, x.ctypes, n[1:].ctypes, y.ctypes, n[1:].ctypes)

    return axpy


@register_funcify_default_op_cache_key(AddWhere)
def _funcify_add_where(op, **kwargs):
    inplace = op.inplace

    @numba_njit
    def add_where(condition, y, x):
        if x.shape != y.shape:
            raise ValueError("sum of matrices: the shapes do not fit")
        out = y if inplace and y.flags.c_contiguous else np.ascontiguousarray(y).copy()
        if condition[0, 0]:
            _axpy(np.ascontiguousarray(x), out)
        return out

    return add_where, CACHE_VERSION


@register_funcify_default_op_cache_key(AbsSum)
def _funcify_abs_sum(op, **kwargs):
    @numba_njit
    def abs_sum(x):
        return np.asarray(_asum(np.ascontiguousarray(x)))

    return abs_sum, CACHE_VERSION
