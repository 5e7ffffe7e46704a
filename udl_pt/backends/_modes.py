"""PyTensor's modes: linkers and rewrites of each backend."""

import contextlib
from typing import Any

from pytensor.compile.mode import Mode, get_mode
from pytensor.graph.basic import Variable
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from pytensor.tensor.math import Sum

from udl_pt.backends._abs_sum import abs_sum
from udl_pt.backends._complex_apart import complex_apart
from udl_pt.backends._locks import refuse_forked_jax
from udl_pt.backends._loop_rewriting import inside_loops
from udl_pt.backends._rewrites import FIRST, loops_in, usual_loop_mode, with_rewrites

__all__ = ["AFTER_SPECIALIZE", "correct_numba", "make_mode", "wide_jax"]

# places in the order of PyTensor's rewrites
AFTER_SPECIALIZE, BEFORE_FUSION, AFTER_FUSION, IN_PLACE = 2.1, 48.9, 49.2, 50.3


def correct_numba() -> None:
    """Replace PyTensor's functions for Numba that read beyond arrays or lose NaN, in the whole process."""
    import udl_pt.backends._numba.indexing
    import udl_pt.backends._numba.reductions  # noqa: F401  both register functions with PyTensor


def make_mode(backend: str) -> Mode:
    """Return the mode of a backend."""
    if backend == "numba":
        correct_numba()
        from udl_pt.backends._numba.blas import BlasNumbaLinker
        from udl_pt.backends._numba.elemwise import one_per_loop, vectorise
        from udl_pt.backends._numba.steps import add_where, in_place
        from udl_pt.backends._numba.sums import sum_along_rows

        in_loops = with_rewrites(get_mode("NUMBA")).register((one_per_loop, AFTER_FUSION))
        mode = Mode(BlasNumbaLinker(), RewriteDatabaseQuery(include=["fast_run", "numba"]))
        mode = mode.register(
            (loops_in(in_loops), FIRST),
            (vectorise, BEFORE_FUSION),
            (add_where, BEFORE_FUSION),
            (abs_sum, BEFORE_FUSION),
            (one_per_loop, AFTER_FUSION),
            (sum_along_rows, AFTER_FUSION + 0.1),  # of loops that have been taken apart
            (in_place, IN_PLACE),
        )
    elif backend == "jax":
        sums = node_rewriter([Sum])(_sum_in_its_own_dtype)
        sums = dfs_rewriter(sums, inside_loops(dfs_rewriter(sums), _has_wider_sum))
        in_loops = with_rewrites(get_mode("JAX"))
        mode = get_mode("JAX").register((loops_in(in_loops), FIRST), (sums, AFTER_SPECIALIZE))
    else:
        mode = get_mode("CVM").register(
            (loops_in(usual_loop_mode()), FIRST),
            (abs_sum, BEFORE_FUSION),
            (complex_apart, AFTER_FUSION),
        )
    return with_rewrites(mode)


def _has_wider_sum(node: Any) -> bool:
    return isinstance(node.op, Sum) and node.op.acc_dtype != node.outputs[0].type.dtype


def _sum_in_its_own_dtype(fgraph: Any, node: Any) -> list[Variable] | None:
    """Replace a sum of float32 by one accumulated in float32: else PyTensor's JAX sum returns float64."""
    if not _has_wider_sum(node):
        return None
    dtype = node.outputs[0].type.dtype
    return [Sum(axis=node.op.axis, dtype=dtype, acc_dtype=dtype)(node.inputs[0])]


def wide_jax(backend: str) -> contextlib.AbstractContextManager[Any]:
    """Return a context in which JAX keeps float64 and int64 as they are, whatever floatX is."""
    if backend != "jax":
        return contextlib.nullcontext()
    refuse_forked_jax()
    import jax

    context: contextlib.AbstractContextManager[Any] = jax.enable_x64(True)
    return context
