"""``theano.tensor.nlinalg``: linear algebra that NumPy computes."""

from typing import TYPE_CHECKING, Any

import pytensor.tensor as pt
from pytensor.raise_op import CheckAndRaise
from pytensor.tensor import linalg

from udl_pt.theano._face.tensor._creation import ExtractDiag, as_tensor_variable
from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.tensor.linalg",)
_MISSING = {"EighGrad": "it is the gradient's internal Op: take the gradient of eigh"}

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES, _MISSING)


class _Call:
    """A class of Theano's that PyTensor has as a function: ``MatrixInverse()(x)``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args, self.kwargs = args, kwargs

    def __repr__(self) -> str:
        return type(self).__name__

    def __str__(self) -> str:
        return type(self).__name__


class MatrixInverse(_Call):
    """``MatrixInverse()(x)``: the inverse of a matrix."""

    def __call__(self, x: Any) -> Any:
        """Return the inverse."""
        return linalg.inv(_matrix(x))


class MatrixPinv(_Call):
    """``MatrixPinv()(x)``: the pseudo-inverse of a matrix."""

    def __call__(self, x: Any) -> Any:
        """Return the pseudo-inverse."""
        return linalg.pinv(_matrix(x))


class Det(_Call):
    """``Det()(x)``: the determinant of a matrix."""

    def __call__(self, x: Any) -> Any:
        """Return the determinant."""
        return linalg.det(_matrix(x))


class Eig(_Call):
    """``Eig()(x)``: eigenvalues and right eigenvectors."""

    def __call__(self, x: Any) -> Any:
        """Return the list of the two."""
        x = _matrix(x)
        values, vectors = linalg.eig(x)
        if "complex" in x.dtype:
            return [values, vectors]
        real = CheckAndRaise(ValueError, "eig: the eigenvalues are complex; cast the matrix to complex first")
        is_real = pt.eq(pt.imag(values), 0).all()
        return [real(pt.real(part), is_real).astype(x.dtype) for part in (values, vectors)]


class Eigh(_Call):
    """``Eigh(UPLO)(x)``: eigenvalues and eigenvectors of a symmetric matrix."""

    def __call__(self, x: Any) -> Any:
        """Return the list of the two."""
        return eigh(x, *self.args, **self.kwargs)


class SVD(_Call):
    """``SVD(full_matrices, compute_uv)(x)``: the singular value decomposition."""

    def __call__(self, x: Any) -> Any:
        """Return the list U, S, V, or S alone."""
        return svd(x, *self.args, **self.kwargs)


class QRFull(_Call):
    """``QRFull(mode)(x)``: the QR decomposition, both matrices."""

    def __call__(self, x: Any) -> Any:
        """Return the list Q, R."""
        return qr(x, *self.args, **self.kwargs)


QRIncomplete = QRFull


class lstsq(_Call):
    """``lstsq()(x, y, rcond)``: a least-squares solution, residuals, rank, singular values."""

    def __call__(self, x: Any, y: Any, rcond: Any) -> Any:
        """Return the list of the four."""
        x, y, rcond = map(as_tensor_variable, (x, y, rcond))
        found = linalg.lstsq(x, y if y.ndim > 1 else y[:, None], rcond)  # its solution is a matrix
        return [found[0] if y.ndim > 1 else found[0][:, 0], found[1], found[2].astype("int64"), found[3]]


class AllocDiag(_Call):
    """``AllocDiag()(x)``: the matrix with a vector on its diagonal; `theano.tensor.AllocDiag` takes more."""

    def __call__(self, x: Any) -> Any:
        """Return the matrix."""
        x = as_tensor_variable(x)
        if x.ndim != 1:
            raise TypeError(f"AllocDiag takes a vector, and {x} has {x.ndim} axes")
        return pt.diag(x)


def _matrix(x: Any) -> Any:
    x = as_tensor_variable(x)
    assert x.ndim == 2, f"a matrix is needed, and {x} has {x.ndim} axes"
    return x


matrix_inverse, pinv, det, eig = MatrixInverse(), MatrixPinv(), Det(), Eig()
alloc_diag, extract_diag = AllocDiag(), ExtractDiag()


def eigh(a: Any, UPLO: str = "L") -> Any:
    """Return the eigenvalues and the eigenvectors of a symmetric matrix, of which one triangle is read."""
    return list(linalg.eigh(_matrix(a), lower=UPLO == "L", driver="evd"))


def svd(a: Any, full_matrices: Any = 1, compute_uv: Any = 1) -> Any:
    """Return U, S and V of a matrix, or S alone."""
    found = linalg.svd(_matrix(a), full_matrices=bool(full_matrices), compute_uv=bool(compute_uv))
    return list(found) if compute_uv else found


def qr(a: Any, mode: str = "reduced") -> Any:
    """Return Q and R; R alone where the mode is ``"r"``, reflectors and factors where it is ``"raw"``."""
    modes = {"reduced": "economic", "complete": "full", "r": "r", "full": "economic", "raw": "raw"}
    found = linalg.qr(_matrix(a), mode=modes[mode])
    if mode == "raw":  # as NumPy has it: transposed, and without R
        return [found[0].T, found[1]]
    return found if mode == "r" else list(found)


def diag(x: Any) -> Any:
    """Return a vector's diagonal matrix, or a matrix' diagonal."""
    x = as_tensor_variable(x)
    if x.ndim not in (1, 2):
        raise TypeError(f"diag takes a vector or a matrix, and {x} has {x.ndim} axes")
    return pt.diag(x)


def matrix_power(M: Any, n: int) -> Any:
    """Return a matrix multiplied by itself n times."""
    result: Any = 1
    for _ in range(n):
        result = pt.dot(result, M)
    return result


def norm(x: Any, ord: Any) -> Any:
    """Return the norm of a vector or a matrix; of a matrix None, "fro", "inf", "-inf", 1 and -1."""
    x = as_tensor_variable(x)
    if x.ndim == 0:
        raise ValueError(f"norm takes a vector or a matrix, and {x} is a scalar")
    if x.ndim > 2:
        raise NotImplementedError(f"norm takes a vector or a matrix, and {x} has {x.ndim} axes")
    if ord is None or (x.ndim == 2 and ord == "fro"):
        return pt.sum(pt.abs(x**2)) ** 0.5
    if x.ndim == 2 and ord not in ("inf", "-inf", 1, -1):
        raise ValueError(f'norm of a matrix takes None, "fro", "inf", "-inf", 1 or -1, not {ord!r}')
    if x.ndim == 1 and ord == 0:
        return x[x.nonzero()].shape[0]
    if x.ndim == 1 and ord not in ("inf", "-inf"):
        if isinstance(ord, str):
            raise ValueError(f'norm of a vector takes None, "inf", "-inf" or a number, not {ord!r}')
        return pt.sum(pt.abs(x**ord)) ** (1.0 / ord)
    lengths = pt.abs(x) if x.ndim == 1 else pt.sum(pt.abs(x), axis=1 if isinstance(ord, str) else 0)
    return pt.min(lengths) if ord in ("-inf", -1) else pt.max(lengths)


__all__ = public_names(globals(), _PLACES)
