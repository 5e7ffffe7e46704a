"""Draws from rows of probabilities with given uniform numbers, as Ops."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.scalar.basic import as_scalar
from pytensor.tensor.basic import as_tensor_variable, tensor_from_scalar, zeros_like
from pytensor.tensor.type import TensorType, discrete_dtypes

from udl_pt.theano._ops import _lazy

__all__ = ["ChoiceFromUniform", "MultinomialFromUniform", "MultinomialWOReplacementFromUniform"]


class MultinomialFromUniform(Op):  # type: ignore[misc]
    """Counts of outcomes, for each row of probabilities.

    Parameters
    ----------
    odtype : str
        The dtype of the counts; ``"auto"`` stands for that of the probabilities.
    """

    __props__: tuple[str, ...] = ("odtype",)
    automatic: str | None = None

    def __init__(self, odtype: str) -> None:
        self.odtype = odtype

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.odtype}}}"

    def make_node(self, pvals: Any, unis: Any, n: Any = 1) -> Apply:
        """Return the node.

        Parameters
        ----------
        pvals : matrix
            A row for each distribution.
        unis : vector
            Uniform numbers: those of all rows' first draws, then those of the second draws, and so on.
        n : integer
            Number of draws for each row.
        """
        pvals, unis = as_tensor_variable(pvals), as_tensor_variable(unis)
        if pvals.ndim != 2:
            raise NotImplementedError(f"pvals must be a matrix, got {pvals.ndim} dimensions", pvals.ndim)
        if unis.ndim != 1:
            raise NotImplementedError(f"unis must be a vector, got {unis.ndim} dimensions", unis.ndim)
        dtype = (self.automatic or pvals.dtype) if self.odtype == "auto" else self.odtype
        shape = tuple(1 if b else None for b in pvals.type.broadcastable)
        return Apply(self, [pvals, unis, as_scalar(n)], [TensorType(dtype, shape=shape)()])

    def infer_shape(self, *args: Any) -> list[Any]:
        """Return the probabilities' shape."""
        _node, shapes = args[-2:]  # PyTensor before 3.3 passes the graph first
        return [shapes[0]]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Variable]:
        """Return zeros."""
        floatX = pytensor.config.floatX
        tensors = [*inputs[:2], tensor_from_scalar(inputs[2])]
        zeros = [zeros_like(x, dtype=floatX if x.dtype in discrete_dtypes else None) for x in tensors]
        zeros[2] = as_scalar(zeros[2])
        return zeros

    def checked(self, pvals: np.ndarray, unis: np.ndarray, n: Any) -> int:
        """Return the number of draws, after a check of the number of uniform numbers."""
        n = int(n)  # of as few bits as it needs
        if unis.shape[0] != pvals.shape[0] * n:
            raise ValueError(
                f"unis.shape[0] != pvals.shape[0] * n: {unis.shape[0]} uniform numbers, "
                f"{pvals.shape[0]} rows, {n} draws"
            )
        return n

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Any) -> None:
        """Count."""
        from udl_pt.theano._ops.multinomial_kernel import count

        pvals, unis, n = inputs
        out = np.zeros(pvals.shape, dtype=node.outputs[0].dtype)
        count(pvals, unis, self.checked(pvals, unis, n), out)
        output_storage[0][0] = out


class ChoiceFromUniform(MultinomialFromUniform):
    """Outcomes drawn from each row of probabilities, without replacement by default.

    Parameters
    ----------
    odtype : str
        The dtype of the outcomes; ``"auto"`` stands for int64.
    replace : bool
        Whether an outcome may be drawn again.
    """

    __props__ = ("odtype", "replace")
    automatic = "int64"

    def __init__(self, odtype: str, replace: bool = False) -> None:
        super().__init__(odtype)
        self.replace = replace

    def infer_shape(self, *args: Any) -> list[Any]:
        """Return the number of rows, and that of draws."""
        node, shapes = args[-2:]  # PyTensor before 3.3 passes the graph first
        return [(shapes[0][0], tensor_from_scalar(node.inputs[2]))]

    def checked(self, pvals: np.ndarray, unis: np.ndarray, n: Any) -> int:
        """Return the number of draws, after checks of it and of the number of uniform numbers."""
        if n > pvals.shape[1]:
            raise ValueError(
                f"Cannot sample without replacement n samples bigger than the size of the distribution: "
                f"{n} draws from {pvals.shape[1]} outcomes"
            )
        return super().checked(pvals, unis, n)

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Any) -> None:
        """Draw."""
        from udl_pt.theano._ops.multinomial_kernel import choose

        pvals, unis, n = inputs
        n = self.checked(pvals, unis, n)
        out = np.full((pvals.shape[0], n), -1, dtype=node.outputs[0].dtype)
        choose(pvals.copy(), unis, n, self.replace, out)
        output_storage[0][0] = out


class MultinomialWOReplacementFromUniform(ChoiceFromUniform):
    """The former name of ChoiceFromUniform."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            "MultinomialWOReplacementFromUniform is deprecated: use ChoiceFromUniform",
            DeprecationWarning,
            stacklevel=2,
        )
        super().__init__(*args, **kwargs)


_lazy.import_when_compiled(
    [MultinomialFromUniform, ChoiceFromUniform, MultinomialWOReplacementFromUniform],
    numba="multinomial_numba",
    jax="multinomial_jax",
)
