"""Operations that are classes in Theano, and functions in PyTensor."""

from typing import Any

from pytensor.sparse.basic import square_diagonal
from pytensor.sparse.math import neg

__all__ = ["Neg", "SquareDiagonal"]


class Neg:
    """``Neg()(x)``: minus a sparse matrix."""

    def __call__(self, x: Any) -> Any:
        """Return the sparse matrix."""
        return neg(x)


class SquareDiagonal:
    """``SquareDiagonal()(v)``: the sparse matrix whose diagonal is `v`."""

    def __call__(self, diag: Any) -> Any:
        """Return the sparse matrix."""
        return square_diagonal(diag)
