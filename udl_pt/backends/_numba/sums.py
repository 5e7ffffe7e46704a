"""Sums over a matrix that is never written, for PyTensor's Numba linker.

``(X * Y).sum(axis=1)`` is two loops there: one writes the products, another reads them. Where all results of
an elementwise operation are summed along the rows, as for the pairs of t-SNE, `RowSums` does both in one
loop. Nothing but the sums leaves the processor's registers.
"""

# Numba compiles these functions from their types at the call; annotations would say nothing.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, misc"

from hashlib import sha256
from typing import Any

import numpy as np
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.link.numba.cache import compile_numba_function_src
from pytensor.link.numba.dispatch.basic import (
    numba_funcify_and_cache_key,
    numba_njit,
    register_funcify_and_cache_key,
)
from pytensor.scalar.basic import get_scalar_type
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.math import Sum
from pytensor.tensor.type import vector

_CACHE_VERSION = 2


class RowSums(Op):
    """Sums along the rows of what a scalar operation makes of matrices.

    Parameters
    ----------
    scalar_op : ScalarOp
        The scalar operation on the entries.
    dtypes : tuple of (str, str)
        For each sum its dtype, and that of the accumulator.
    """

    __props__ = ("dtypes", "scalar_op")

    def __init__(self, scalar_op, dtypes):
        self.scalar_op, self.dtypes = scalar_op, dtypes

    def make_node(self, *inputs):
        """Take the matrices, some of which may have one row or one column."""
        lengths = {x.type.shape[0] for x in inputs}
        rows = 1 if lengths == {1} else next(iter(lengths - {1, None}), None)
        return Apply(self, list(inputs), [vector(dtype=dtype, shape=(rows,)) for dtype, _ in self.dtypes])

    def perform(self, node, inputs, outputs):
        """Do it in NumPy, and write the matrices."""
        elemwise = Elemwise(self.scalar_op).make_node(*node.inputs)
        made: list[list[Any]] = [[None] for _ in outputs]
        elemwise.op.perform(elemwise, inputs, made)
        for output, (matrix,), (dtype, made_in) in zip(outputs, made, self.dtypes, strict=True):
            output[0] = matrix.sum(axis=1, dtype=made_in).astype(dtype)


@node_rewriter([Elemwise])
def _local_row_sums(fgraph, node):
    """Join an elementwise operation with sums, if these are the only use of all its results."""
    clients = [fgraph.clients[output] for output in node.outputs]
    if node.outputs[0].type.ndim != 2 or any(len(each) != 1 for each in clients):
        return None
    if any(output.type.dtype not in ("float32", "float64") for output in node.outputs):
        return None
    sums = [each[0][0] for each in clients]
    if any(not isinstance(one.op, Sum) or one.op.axis != (1,) for one in sums):
        return None
    op = RowSums(node.op.scalar_op, tuple((one.outputs[0].type.dtype, one.op.acc_dtype) for one in sums))
    return dict(zip((one.outputs[0] for one in sums), op(*node.inputs, return_list=True), strict=True))


sum_along_rows = dfs_rewriter(_local_row_sums)


@register_funcify_and_cache_key(RowSums)
def _funcify_row_sums(op, node, **kwargs):
    scalars = op.scalar_op.make_node(*(get_scalar_type(x.type.dtype)() for x in node.inputs))
    scalar_fn, scalar_key = numba_funcify_and_cache_key(op.scalar_op, node=scalars, **kwargs)
    indices = [
        ["0" if one else index for one, index in zip(x.type.broadcastable, "ij", strict=True)]
        for x in node.inputs
    ]
    source = _source(indices, [y.type.dtype for y in scalars.outputs], op.dtypes)
    key = None  # where PyTensor can't keep the scalar operation on disk
    if scalar_key is not None:
        key = sha256(f"{source} {scalar_key} {_CACHE_VERSION}".encode()).hexdigest()
    scope = {"np": np, "scalar_fn": scalar_fn}
    return numba_njit(compile_numba_function_src(source, "row_sums", scope, cache_key=key)), key


def _source(indices, made, dtypes):
    """Write the loop: inputs ``x0, ...``, results ``y0, ...``, sums of a row ``t0, ...``, all ``sums0, ...``.

    Numba widens some results, so each is cast to the operation's declared dtype.
    """
    inputs, outputs = range(len(indices)), range(len(dtypes))
    entries = ", ".join(f"x{k}[{i}, {j}]" for k, (i, j) in enumerate(indices))
    rows, columns = (
        [f"x{k}.shape[{axis}]" for k in inputs if indices[k][axis] != "0"] or ["1"] for axis in (0, 1)
    )
    return "\n".join(
        [
            f"def row_sums({', '.join(f'x{k}' for k in inputs)}):",
            f"    rows, columns = {rows[0]}, {columns[0]}",
            f"    if {' or '.join(f'{n} != rows' for n in rows)}:",
            "        raise ValueError('sums along rows: the numbers of rows do not fit')",
            f"    if {' or '.join(f'{n} != columns' for n in columns)}:",
            "        raise ValueError('sums along rows: the numbers of columns do not fit')",
            *(f"    sums{k} = np.empty(rows, np.{dtypes[k][0]})" for k in outputs),
            "    for i in range(rows):",
            *(f"        t{k} = np.{dtypes[k][1]}(0)" for k in outputs),
            "        for j in range(columns):",
            f"            {', '.join(f'y{k}' for k in outputs)} = scalar_fn({entries})",
            *(f"            t{k} += np.{made[k]}(y{k})" for k in outputs),
            *(f"        sums{k}[i] = t{k}" for k in outputs),
            f"    return {', '.join(f'sums{k}' for k in outputs)}",
        ]
    )
