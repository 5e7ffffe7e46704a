"""Matrix products for PyTensor's Numba linker, done by BLAS in place.

PyTensor's own Numba mode omits its BLAS rewrites. So ``mu * v - lr * (x.T @ d)`` becomes a product into a new
matrix, two scaled copies of it and a subtraction. Once Numba knows the three Ops below, the rewrites can
stay. The same expression is then one ``gemm`` that accumulates into ``v``. Nothing of the size of the weights
is allocated or read twice.

The Ops are PyTensor's, and so is their meaning: ``Gemm`` is ``beta * z + alpha * x @ y``,
``Dot22`` is ``x @ y``, ``Dot22Scalar`` is ``alpha * x @ y``. The routines are those of the BLAS that NumPy
itself uses. It is the newer of the two that come with NumPy and SciPy, and so only one of them keeps threads.
If it can't be found, SciPy's is used.
"""

# Numba compiles these functions from their types at the call; annotations would say nothing.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, arg-type"

import contextlib
import ctypes

import llvmlite.binding
import numba
import numpy as np
from numba import types
from numba.extending import get_cython_function_address, overload
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key
from pytensor.link.numba.linker import NumbaLinker
from pytensor.tensor.blas import Dot22, Dot22Scalar, Gemm

from udl_pt.backends._internals import numpy_library

_KIND = {types.float32: "s", types.float64: "d"}
_PLAIN, _TRANSPOSED, _NEITHER = ord("n"), ord("t"), 0

# names of a routine in the BLAS of NumPy's wheels and in others; those with 64 count with 64 bits
_NAMES = "scipy_{}_64_", "{}_64_", "scipy_{}_", "{}_"
ROUTINES = tuple(kind + routine for routine in ("gemm", "axpy", "asum") for kind in "sd")


def find_blas():
    """Find where `ROUTINES` are, all in the BLAS that NumPy is linked to, else in SciPy's.

    Returns
    -------
    owner : {"NumPy", "SciPy"}
    integer : type
        The integer type of their arguments.
    addresses : dict of str to int
        One for each of `ROUTINES`.
    """
    with contextlib.suppress(ImportError, OSError):
        # a library's handle also finds the libraries that it is linked to
        library = ctypes.CDLL(numpy_library())
        for name in _NAMES:
            found = {routine: getattr(library, name.format(routine), None) for routine in ROUTINES}
            if all(found.values()):
                integer = np.int64 if "64" in name else np.int32
                return "NumPy", integer, {r: ctypes.cast(f, ctypes.c_void_p).value for r, f in found.items()}
    cython_blas = "scipy.linalg.cython_blas"
    return "SciPy", np.int32, {r: get_cython_function_address(cython_blas, r) for r in ROUTINES}


BLAS_OWNER, INTEGER, _addresses = find_blas()
# Compiled code that is kept on disk finds a routine by this name, wherever it lies in this process.
_SYMBOL = f"udl_pt_{{}}_{np.dtype(INTEGER).name}"
for _routine, _address in _addresses.items():
    llvmlite.binding.add_symbol(_SYMBOL.format(_routine), _address)
CACHE_VERSION = 8 if INTEGER is np.int64 else 9


def external(routine, dtype, result, *arguments):
    """Declare a routine for items of `dtype` to Numba."""
    return types.ExternalFunction(_SYMBOL.format(_KIND[dtype] + routine), result(*arguments))


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
    """Return `a` in a form that BLAS can read: itself, or a copy of a view with gaps or reversed axes."""
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
    form, size, item = (types.CPointer(t) for t in (types.uint8, numba.from_dtype(INTEGER), z.dtype))
    matrices = item, item, size, item, size, item, item, size
    xgemm = external("gemm", z.dtype, types.void, form, form, size, size, size, *matrices)

    def gemm(alpha, x, y, beta, z):
        if x.shape[1] != y.shape[0] or z.shape[0] != x.shape[0] or z.shape[1] != y.shape[1]:
            raise ValueError("matrix product: the shapes do not fit")
        if x.shape[1] == 0:  # BLAS leaves z alone then, and z may be memory never written to
            for i in range(z.shape[0]):  # `z[:] = ...` takes Numba seconds to compile
                for j in range(z.shape[1]):
                    z[i, j] = beta.item() * z[i, j] if beta.item() != 0 else 0
            return
        if z.size == 0:
            return
        left, right = _readable(x), _readable(y)
        form_left, step_left = _storage(left)
        form_right, step_right = _storage(right)
        # BLAS counts along columns, so it sees z.T <- beta * z.T + alpha * y.T @ x.T.
        forms = np.array((form_right, form_left), np.uint8)
        n = np.array((z.shape[1], z.shape[0], x.shape[1], step_right, step_left, z.shape[1]), INTEGER)
        xgemm(
            forms.ctypes, forms[1:].ctypes, n.ctypes, n[1:].ctypes, n[2:].ctypes,
            alpha.ctypes, right.ctypes, n[3:].ctypes, left.ctypes, n[4:].ctypes,
            beta.ctypes, z.ctypes, n[5:].ctypes,
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

    return gemm, CACHE_VERSION


@register_funcify_default_op_cache_key(Dot22)
def _funcify_dot22(op, **kwargs):
    @numba_njit
    def dot22(x, y):
        out = np.empty((x.shape[0], y.shape[1]), x.dtype)
        _gemm(np.ones((), x.dtype), x, y, np.zeros((), x.dtype), out)
        return out

    return dot22, CACHE_VERSION


@register_funcify_default_op_cache_key(Dot22Scalar)
def _funcify_dot22scalar(op, **kwargs):
    @numba_njit
    def dot22scalar(x, y, alpha):
        out = np.empty((x.shape[0], y.shape[1]), x.dtype)
        _gemm(alpha, x, y, np.zeros((), x.dtype), out)
        return out

    return dot22scalar, CACHE_VERSION
