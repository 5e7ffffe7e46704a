"""Validate symbolic variables before a graph is built of them."""

from typing import Any

from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable
from pytensor.tensor.type import DenseTensorType
from pytensor.tensor.variable import TensorVariable

from udl_pt._support.messages import shown

__all__ = ["Symbolic", "SymbolicLike", "check_returns_matrix", "check_variable"]

# In type hints: what graphs return, and what they take. Compare numpy.ndarray and ArrayLike.
Symbolic = TensorVariable[Any, Any]  # type: ignore[type-arg]  # while mypy skips PyTensor
SymbolicLike = Symbolic | SharedVariable


def check_variable(X: Variable, name: str = "X", *, n_features: Any = None) -> None:
    """Raise unless a variable is a matrix of real numbers with as many columns as expected.

    Parameters
    ----------
    X : Variable
        Any integers, booleans or floats; a graph computes with them as PyTensor does.
    name : str
        The variable's name in messages.
    n_features : int, optional
        The expected number of columns. It is compared where the variable's type has a number of columns.

    Raises
    ------
    TypeError
        For variables of another kind or of complex numbers.
    ValueError
        For another number of dimensions or columns.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.variables import check_variable
    >>> check_variable(pt.matrix("X"), n_features=784)
    >>> check_variable(pt.matrix("X", shape=(None, 10)), n_features=784)
    Traceback (most recent call last):
        ...
    ValueError: X is a variable of 10 columns, expected 784: declare it as pt.matrix() ...
    """
    if not isinstance(X.type, DenseTensorType):
        raise TypeError(
            f"{name} is a variable of type {X.type}, expected a dense matrix such as pt.matrix(): "
            "pytensor.sparse.dense_from_sparse makes one of a sparse one"
        )
    if X.type.numpy_dtype.kind not in "biuf":
        raise TypeError(f"{name} is a variable of dtype {X.type.dtype}, expected real numbers: {name}.real?")
    if X.type.ndim != 2:
        way_out = (
            f"{name}[None, :] for a single row" if X.type.ndim == 1 else "flatten each sample to one row"
        )
        raise ValueError(
            f"{name} is a variable of type {X.type}, expected a matrix (samples, features): {way_out}"
        )
    columns = X.type.shape[1]
    if n_features is not None and columns not in (None, n_features):
        raise ValueError(
            f"{name} is a variable of {columns} columns, expected {n_features}: declare it as pt.matrix() "
            f"or with shape (None, {n_features})"
        )


def check_returns_matrix(function: Any, name: str, expected: str, *arguments: Any) -> Variable:
    """Return the matrix variable that a call of `function` returns; raise if it returns anything else.

    Parameters
    ----------
    function : callable
        The function to call.
    name : str
        Its name in messages.
    expected : str
        The expectation, for the error message.
    *arguments
        Its arguments.

    Returns
    -------
    Variable
        The matrix that it returned.

    Raises
    ------
    TypeError
        If the call fails, or doesn't return a matrix variable.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.variables import check_returns_matrix
    >>> check_returns_matrix(pt.tanh, "hidden", "a function of a matrix", pt.matrix("A")).ndim
    2
    >>> check_returns_matrix(pt.sum, "hidden", "a function of a matrix", pt.matrix("A"))
    Traceback (most recent call last):
        ...
    TypeError: hidden is <function sum...>, expected a function of a matrix; it returns ...
    """
    try:
        seen = function(*arguments)
        error = f"it returns {shown(seen)}"
    except Exception as cause:  # whatever it is, it is the function's
        seen, error = None, f"called with these arguments, it raised: {cause}"
    if not isinstance(seen, Variable) or getattr(seen.type, "ndim", None) != 2:
        raise TypeError(f"{name} is {shown(function)}, expected {expected}; {error}")
    return seen
