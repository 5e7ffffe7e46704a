"""Matrix products for PyTensor's Numba linker, done by BLAS in place.

PyTensor's own Numba mode leaves its BLAS rewrites out, so ``mu * v - lr * (x.T @ d)`` becomes
a product into a new matrix, two scaled copies of it and a subtraction. With the three Ops below
known to Numba, the rewrites can stay in, and the same expression is one ``gemm`` that accumulates
into ``v``: nothing of the size of the weights is allocated or read twice.

The Ops are PyTensor's, and so is their meaning: ``Gemm`` is ``beta * z + alpha * x @ y``,
``Dot22`` is ``x @ y``, ``Dot22Scalar`` is ``alpha * x @ y``. The routine called is the one that
Numba itself calls for ``numpy.dot``: SciPy's BLAS.
"""

# Numba compiles these functions from their types at the call; annotations would say nothing.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import numba
import numpy as np
from numba.core import types
from numba.extending import overload
from numba.np.linalg import _BLAS, ensure_blas
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key
from pytensor.link.numba.linker import NumbaLinker
from pytensor.tensor.blas import Dot22, Dot22Scalar, Gemm

_KIND = {types.float32: ord("s"), types.float64: ord("d")}
_PLAIN, _TRANSPOSED, _NEITHER = ord("n"), ord("t"), 0
_CACHE_VERSION = 3


class BlasNumbaLinker(NumbaLinker):  # type: ignore[misc]
    """PyTensor's Numba linker, without its aversion to the BLAS rewrites."""

    incompatible_rewrites = (
        *(name for name in NumbaLinker.incompatible_rewrites if name != "BlasOpt"),
        "c_blas",
        "local_gemm_to_gemv",
    )


@numba.njit
def _storage(a):
    """How BLAS can read the matrix `a`, and the step in items from one row (or column) to the next."""
    rows, cols = a.shape
    step_row, step_col = a.strides[0] // a.itemsize, a.strides[1] // a.itemsize
    if (cols <= 1 or step_col == 1) and (rows <= 1 or step_row >= max(cols, 1)):
        return _PLAIN, max(step_row if rows > 1 else cols, 1)
    if (rows <= 1 or step_row == 1) and (cols <= 1 or step_col >= max(rows, 1)):
        return _TRANSPOSED, max(step_col if cols > 1 else rows, 1)
    return _NEITHER, 0


def _readable(a):
    """Give `a` in a form that BLAS can read: itself, or a copy of a view that skips or turns about."""
    raise NotImplementedError


@overload(_readable)
def _overload_readable(a):
    if a.layout in "CF":
        return lambda a: a
    return lambda a: a if _storage(a)[0] != _NEITHER else a.copy()


def _gemm(alpha, x, y, beta, z):
    """``z <- beta * z + alpha * x @ y`` for a C-ordered `z`."""
    raise NotImplementedError


@overload(_gemm)
def _overload_gemm(alpha, x, y, beta, z):
    ensure_blas()
    kind = _KIND[z.dtype]
    xxgemm = _BLAS.numba_xxgemm(z.dtype)

    def gemm(alpha, x, y, beta, z):
        if x.shape[1] != y.shape[0] or z.shape[0] != x.shape[0] or z.shape[1] != y.shape[1]:
            raise ValueError("matrix product: the shapes do not fit")
        if x.shape[1] == 0:  # BLAS leaves z alone then, and z may be memory never written to
            if beta.item() == 0:
                z[:] = 0
            else:
                z[:] = beta.item() * z
            return
        if z.size == 0:
            return
        left, right = _readable(x), _readable(y)
        form_left, step_left = _storage(left)
        form_right, step_right = _storage(right)
        # BLAS counts along columns, so it sees z.T <- beta * z.T + alpha * y.T @ x.T.
        xxgemm(
            kind, form_right, form_left, z.shape[1], z.shape[0], x.shape[1],
            alpha.ctypes, right.ctypes, step_right, left.ctypes, step_left,
            beta.ctypes, z.ctypes, z.shape[1],
        )  # fmt: skip

    return gemm


@register_funcify_default_op_cache_key(Gemm)
def _funcify_gemm(op, **kwargs):
    inplace = op.inplace

    @numba_njit
    def gemm(z, alpha, x, y, beta):
        out = z if inplace and z.flags.c_contiguous else np.ascontiguousarray(z).copy()
        _gemm(alpha, x, y, beta, out)
        return out

    return gemm, _CACHE_VERSION


@register_funcify_default_op_cache_key(Dot22)
def _funcify_dot22(op, **kwargs):
    @numba_njit
    def dot22(x, y):
        out = np.empty((x.shape[0], y.shape[1]), x.dtype)
        _gemm(np.ones((), x.dtype), x, y, np.zeros((), x.dtype), out)
        return out

    return dot22, _CACHE_VERSION


@register_funcify_default_op_cache_key(Dot22Scalar)
def _funcify_dot22scalar(op, **kwargs):
    @numba_njit
    def dot22scalar(x, y, alpha):
        out = np.empty((x.shape[0], y.shape[1]), x.dtype)
        _gemm(alpha, x, y, np.zeros((), x.dtype), out)
        return out

    return dot22scalar, _CACHE_VERSION
