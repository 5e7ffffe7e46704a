"""``theano.tensor.slinalg``: linear algebra that SciPy computes."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pytensor.tensor as pt
import scipy.linalg
from pytensor.raise_op import CheckAndRaise
from pytensor.tensor import linalg
from pytensor.tensor.type_other import NoneTypeT

from udl_pt.theano._face.tensor._creation import as_tensor_variable
from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.tensor.linalg",)
_INTERNAL = "it is the gradient's internal Op: take the gradient with theano.grad"
_MISSING = dict.fromkeys(("CholeskyGrad", "EigvalshGrad", "ExpmGrad"), _INTERNAL)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, _MISSING)

MATRIX_STRUCTURES = (
    "general",
    "symmetric",
    "lower_triangular",
    "upper_triangular",
    "hermitian",
    "banded",
    "diagonal",
    "toeplitz",
)


class Cholesky:
    """``Cholesky(lower, on_error)(x)``: the Cholesky factor of a positive definite matrix.

    Parameters
    ----------
    lower : bool
        Whether the factor is the lower or the upper one.
    on_error : str
        "raise" for a LinAlgError where the matrix isn't positive definite, "nan" for a factor of NaN.
    """

    def __init__(self, lower: bool = True, on_error: str = "raise") -> None:
        if on_error not in ("raise", "nan"):
            raise ValueError(f'on_error must be "raise" or "nan", not {on_error!r}')
        self.lower, self.on_error = lower, on_error

    def __call__(self, x: Any) -> Any:
        """Return the factor."""
        x = as_tensor_variable(x)
        assert x.ndim == 2, f"Cholesky takes a matrix, and {x} has {x.ndim} axes"
        factor = linalg.cholesky(x, lower=self.lower, on_error="nan")
        if self.on_error == "nan":
            return factor
        check = CheckAndRaise(np.linalg.LinAlgError, "the matrix isn't positive definite")
        return check(factor, ~pt.isnan(factor).any())


class Solve:
    """``Solve(A_structure, lower)(A, b)``: the solution x of A x = b.

    Parameters
    ----------
    A_structure : str
        "lower_triangular" and "upper_triangular" read one triangle; the others solve in general.
    lower, overwrite_A, overwrite_b : bool
        Accepted, and without effect.
    """

    def __init__(
        self,
        A_structure: str = "general",
        lower: bool = False,
        overwrite_A: bool = False,
        overwrite_b: bool = False,
    ) -> None:
        if A_structure not in MATRIX_STRUCTURES:
            raise ValueError(f"A_structure must be one of {MATRIX_STRUCTURES}, not {A_structure!r}")
        self.A_structure, self.lower = A_structure, lower

    def __call__(self, A: Any, b: Any) -> Any:
        """Return the solution."""
        A, b = as_tensor_variable(A), as_tensor_variable(b)
        assert A.ndim == 2, f"A must be a matrix, and {A} has {A.ndim} axes"
        assert b.ndim in (1, 2), f"b must be a vector or a matrix, and {b} has {b.ndim} axes"
        _, dtype, _ = scipy.linalg.blas.find_best_blas_type([np.empty(1, A.dtype), np.empty(1, b.dtype)])
        A, b = A.astype(dtype), b.astype(dtype)
        if "triangular" in self.A_structure:
            return linalg.solve_triangular(A, b, lower=self.A_structure == "lower_triangular", b_ndim=b.ndim)
        return linalg.solve(A, b, b_ndim=b.ndim)


class Expm:
    """``Expm()(x)``: the exponential of a matrix."""

    def __call__(self, A: Any) -> Any:
        """Return the exponential."""
        return linalg.expm(as_tensor_variable(A))


class Eigvalsh:
    """``Eigvalsh(lower)(a, b)``: the eigenvalues of a symmetric problem a v = w b v."""

    def __init__(self, lower: bool = True) -> None:
        self.lower = lower

    def __call__(self, a: Any, b: Any) -> Any:
        """Return the eigenvalues; those of `a` alone where `b` is None."""
        if isinstance(getattr(b, "type", None), NoneTypeT):
            b = None
        return linalg.eigvalsh(a, b, lower=self.lower)


cholesky, expm, solve = Cholesky(), Expm(), Solve()
solve_lower_triangular = Solve(A_structure="lower_triangular", lower=True)
solve_upper_triangular = Solve(A_structure="upper_triangular", lower=False)
solve_symmetric = Solve(A_structure="symmetric")


def eigvalsh(a: Any, b: Any, lower: bool = True) -> Any:
    """Return the eigenvalues of a symmetric problem a v = w b v."""
    return Eigvalsh(lower)(a, b)


def kron(a: Any, b: Any) -> Any:
    """Return the Kronecker product as `scipy.linalg.kron` has it; of two vectors it isn't defined."""
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.ndim + b.ndim <= 2:
        raise TypeError(f"kron needs more than two axes together, and got {a.ndim} and {b.ndim}")
    if a.ndim == b.ndim == 2:
        return linalg.kron(a, b)
    outer = pt.outer(a, b).reshape(pt.join(0, a.shape, b.shape), ndim=a.ndim + b.ndim)
    if outer.ndim == 3:
        return outer.dimshuffle(1, 0, 2).flatten()
    mixed = outer.dimshuffle(0, 2, 1, *range(3, outer.ndim))
    lengths = outer.shape
    return mixed.reshape(
        (lengths[0] * lengths[2], lengths[1] * lengths[3], *(lengths[i] for i in range(4, outer.ndim)))
    )


__all__ = public_names(globals(), _PLACES)
