"""The sum of a matrix's absolute values as one operation.

At its end, a training step checks with it that all values are finite
(`udl_pt.symbolic._step.apply_if_finite`). PyTensor's own loop adds one value after the other. On C, the
operation here adds to sixteen sums at once, which the compiler keeps in vector registers. On Numba, BLAS
computes it.
"""

from typing import Any

import numpy as np
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.link.c.op import COp
from pytensor.scalar.basic import Abs
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.math import Sum

__all__ = ["FLOATS", "AbsSum", "abs_sum", "is_elemwise"]

FLOATS = ("float32", "float64")

_CODE = """
{
    PyArrayObject* flat = %(x)s;
    if (PyArray_ISONESEGMENT(flat)) {
        Py_INCREF(flat);
    } else {
        flat = PyArray_GETCONTIGUOUS(flat);
        if (flat == NULL) { %(fail)s; }
    }
    const npy_%(dtype)s* values = (const npy_%(dtype)s*) PyArray_DATA(flat);
    const npy_intp n = PyArray_SIZE(flat);
    npy_%(dtype)s parts[16] = {0};
    npy_intp i = 0;
    for (; i + 16 <= n; i += 16)
        for (int j = 0; j < 16; ++j)
            parts[j] += %(fabs)s(values[i + j]);
    for (int j = 0; i < n; ++i, ++j)
        parts[j] += %(fabs)s(values[i]);
    for (int j = 1; j < 16; ++j)
        parts[0] += parts[j];
    Py_DECREF(flat);
    Py_XDECREF(%(sum)s);
    %(sum)s = (PyArrayObject*) PyArray_EMPTY(0, NULL, %(typenum)s, 0);
    if (%(sum)s == NULL) { %(fail)s; }
    *(npy_%(dtype)s*) PyArray_DATA(%(sum)s) = parts[0];
}
"""


class AbsSum(COp):  # type: ignore[misc]
    """The sum of a matrix's absolute values, in the matrix's dtype."""

    __props__ = ()

    def make_node(self, x: Variable) -> Apply:
        """Take a matrix."""
        return Apply(self, [x], [x.type.clone(shape=())()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Compute it in NumPy."""
        outputs[0][0] = np.asarray(abs(inputs[0]).sum())

    def c_code(self, node: Apply, name: str, inputs: Any, outputs: Any, sub: dict[str, str]) -> str:
        """Return C code that computes it."""
        dtype = node.inputs[0].type.dtype
        names = {"x": inputs[0], "sum": outputs[0], "dtype": dtype, "fail": sub["fail"]}
        kinds = {"fabs": "fabsf" if dtype == "float32" else "fabs", "typenum": f"NPY_{dtype.upper()}"}
        return _CODE % (names | kinds)

    def c_headers(self, **options: Any) -> list[str]:
        """Return the header of `fabs`."""
        return ["<math.h>"]

    def c_code_cache_version(self) -> tuple[int]:
        """Return the version of the C code."""
        return (1,)


def is_elemwise(variable: Variable, scalar_op: type) -> bool:
    """Return whether a variable is the result of this operation on each entry."""
    node = variable.owner
    return node is not None and isinstance(node.op, Elemwise) and isinstance(node.op.scalar_op, scalar_op)


@node_rewriter([Sum])  # type: ignore[untyped-decorator]
def _local_abs_sum(fgraph: Any, node: Apply) -> list[Variable] | None:
    (x,) = node.inputs
    out = node.outputs[0].type
    if node.op.axis is not None or not is_elemwise(x, Abs) or x.type.ndim != 2:
        return None
    (inner,) = x.owner.inputs
    if inner.type.dtype != out.dtype or out.dtype != node.op.acc_dtype or out.dtype not in FLOATS:
        return None
    return [AbsSum()(inner)]


abs_sum = dfs_rewriter(_local_abs_sum)
