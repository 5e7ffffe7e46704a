"""Chapter 2: what symmetric SNE and t-SNE make small, and its gradient, as graphs.

Both compare the data's p(i, j) (`udl_pt.affinities`) with the embedding's ``q(i, j) = w_ij / Z``, where w
falls with the squared distance d of two points and ``Z = sum[k != m] w_km``:

- symmetric SNE: ``w = exp(-d)``, without a half, as in the book;
- t-SNE: ``w = 1 / (1 + d)``, Student's t-distribution.

The cost is ``KL(P || Q) = sum p log p - sum p log w + log Z`` (for P of sum 1), and with
``s = -d log w / dd`` (1, and ``1 / (1 + d)``) its gradient is
``dC/dyi = 4 sum_j (p_ij - q_ij) s_ij (yi - yj)``.

Everything is built from some rows of P: their points on one side, all points on the other. With all rows
that is the formula itself; `TSNE` takes block after block, so that what is made of the pairs stays in the
processor's cache, and nothing of the size N x N is ever written.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import disconnected_grad
from pytensor.graph.basic import Variable

from udl_pt.backend import Function, get_backend
from udl_pt.validation import check_matrix

__all__ = [
    "attraction",
    "energy",
    "gaussian",
    "gradient_of_sums",
    "pair_sums",
    "sne_cost",
    "sne_gradient",
    "student",
    "tsne_cost",
    "tsne_gradient",
    "width",
]

Kernel = Callable[[Variable], tuple[Variable, Variable | None, Variable]]


def gaussian(d: Variable) -> tuple[Variable, Variable | None, Variable]:
    """Give w, s and log w of symmetric SNE for squared distances `d`; None says that s is 1."""
    return pt.exp(-d), None, -d


def student(d: Variable) -> tuple[Variable, Variable | None, Variable]:
    """Give w, s and log w of t-SNE for squared distances `d`."""
    w = 1 / (1 + d)
    # NumPy's log is vectorised, its log1p is not; where it matters, PyTensor makes log1p of it
    return w, w, -pt.log(1 + d)


def sne_cost(P: Any, Y: Any) -> Any:
    """Give symmetric SNE's cost, the Kullback-Leibler divergence of Q from P (chapter 2).

    Parameters
    ----------
    P : Variable or array_like of shape (N, N)
        Joint probabilities: symmetric, zeros on the diagonal, sum 1.
    Y : Variable or array_like of shape (N, C)
        The embedding; points may coincide.

    Returns
    -------
    Variable or numpy.ndarray of shape ()
        In nats; a graph where `P` or `Y` is a PyTensor variable, else an array.

    Raises
    ------
    ValueError, TypeError
        For arrays that are no such probabilities, or don't fit together.
    """
    return _called("sne_cost", gaussian, _cost, P, Y)


def tsne_cost(P: Any, Y: Any) -> Any:
    """Give t-SNE's cost, the Kullback-Leibler divergence of Q from P (chapter 2).

    Parameters and results are those of `sne_cost`.
    """
    return _called("tsne_cost", student, _cost, P, Y)


def sne_gradient(P: Any, Y: Any) -> Any:
    """Give the gradient of `sne_cost` by Y in closed form, of shape (N, C).

    It is ``4 sum_j (p_ij - q_ij)(yi - yj)``. Parameters are those of `sne_cost`.
    """
    return _called("sne_gradient", gaussian, _gradient, P, Y)


def tsne_gradient(P: Any, Y: Any) -> Any:
    """Give the gradient of `tsne_cost` by Y in closed form, of shape (N, C).

    It is ``4 sum_j (p_ij - q_ij)(yi - yj) / (1 + ||yi - yj||^2)`` (van der Maaten and Hinton, JMLR 9 (2008),
    equation 5). Parameters are those of `sne_cost`.
    """
    return _called("tsne_gradient", student, _gradient, P, Y)


def _cost(kernel: Kernel, P: Variable, Y: Variable) -> Variable:
    entropy = pt.switch(pt.gt(P, 0), P * pt.log(pt.switch(pt.gt(P, 0), P, 1)), 0).sum()
    return entropy + energy(kernel, P, Y, 1)


def energy(kernel: Kernel, P: Variable, Y: Variable, exaggeration: Any) -> Variable:
    """Give the part of the cost that depends on Y; early exaggeration strengthens its attracting term."""
    numbers = pt.cumsum(pt.ones_like(Y[:, 0]))
    itself = pt.eq(numbers[:, None], numbers[None, :])
    log_w = kernel(_squared_distances(Y.T, Y.T))[2]
    others = pt.switch(itself, -np.inf, log_w)
    # where all points are far from each other, exp(log_w) is zero, and so would be what to divide by
    highest = disconnected_grad(others.max())
    log_Z = highest + pt.log(pt.exp(others - highest).sum())
    return log_Z - exaggeration * (P * log_w).sum()


def _gradient(kernel: Kernel, P: Variable, Y: Variable) -> Variable:
    others = pt.concatenate([Y, pt.ones_like(Y[:, 0])[:, None]], axis=1)
    attracting, repelling, weights = _block(kernel, P, Y.T, Y.T, others)
    return gradient_of_sums(attracting, repelling, weights[:, -1], Y, 1)


def gradient_of_sums(attracting: Any, repelling: Any, weights: Any, Y: Any, exaggeration: Any) -> Any:
    """Put the gradient together from sums over pairs; of variables a variable, of arrays an array.

    Parameters
    ----------
    attracting, repelling : Variable or ndarray of shape (N, C + 1)
        For each point the sums over all points of ``p s`` and of ``w s``, each times the other point (C
        columns) and alone. A point's own w, 1, cancels.
    weights : Variable or ndarray of shape (N,)
        The sums of w, a point's own among them.
    Y : Variable or ndarray of shape (N, C)
    exaggeration : float or scalar Variable
        What P is multiplied with.
    """
    attraction = attracting[:, -1][:, None] * Y - attracting[:, :-1]
    repulsion = repelling[:, -1][:, None] * Y - repelling[:, :-1]
    return 4 * (exaggeration * attraction - repulsion / (weights - 1).sum())


def width(C: int) -> int:
    """Say how many columns a point has in `pair_sums`: with 3, BLAS takes twice as long as with 8."""
    return max(8, C + 1)


@cache
def pair_sums(kernel: Kernel, C: int, dtype: str, backend: str) -> Function:
    """Compile the sums over pairs that a gradient needs, for some rows of P.

    Called with these rows of P (B, N), the coordinates of the points that they belong to (C, B), and the
    columns of all points (`width`, N): C coordinates, then zeros, then 1. Gives for each row the sums of
    ``p s``, ``w s`` and w, each times these columns, (B, `width`).
    """
    P, own = pt.matrix("P", dtype=dtype), pt.tensor("own", dtype=dtype, shape=(C, None))
    columns = pt.tensor("columns", dtype=dtype, shape=(width(C), None))
    sums = _block(kernel, P, own, columns[:C], columns.T)
    return Function([P, own, columns], list(sums), backend=backend, name="pair sums")


@cache
def attraction(kernel: Kernel, C: int, dtype: str) -> Function:
    """Make ``sum p log w`` of one block: its rows of P, its own points and all points, as of `pair_sums`.

    It is needed only now and then, so NumPy carries it out, which takes no time to compile.
    """
    P = pt.matrix("P", dtype=dtype)
    own, points = (pt.tensor(name, dtype=dtype, shape=(C, None)) for name in ("own", "points"))
    log_w = kernel(_squared_distances(own, points))[2]
    return Function([P, own, points], (P * log_w).sum(dtype="float64"), compiled=False, name="attraction")


def _squared_distances(own: Variable, points: Variable) -> Variable:
    """Give the squared distances of some points to all, (B, N), from their coordinates, (C, B) and (C, N)."""
    C = points.type.shape[0]
    if C is None:
        return ((own[:, :, None] - points[:, None, :]) ** 2).sum(axis=0)
    squares = [(own[c][:, None] - points[c][None, :]) ** 2 for c in range(C)]  # written out, it is one loop
    return squares[0] if C == 1 else pt.add(*squares)


def _block(
    kernel: Kernel, P: Variable, own: Variable, points: Variable, others: Variable
) -> tuple[Variable, Variable, Variable]:
    w, s, _ = kernel(_squared_distances(own, points))
    attracting, repelling = (P, w) if s is None else (P * s, w * s)
    # also the sums of w alone: a sum over an axis takes Numba seconds to compile, a third product none
    return attracting.dot(others), repelling.dot(others), w.dot(others)


@cache
def _compiled(
    name: str, kernel: Kernel, graph: Callable[..., Variable], C: int, dtype: str, backend: str
) -> Any:
    P, Y = pt.matrix("P", dtype=dtype), pt.tensor("Y", dtype=dtype, shape=(None, C))
    return Function([P, Y], graph(kernel, P, Y), backend=backend, name=name)


def _called(name: str, kernel: Kernel, graph: Callable[..., Variable], P: Any, Y: Any) -> Any:
    """Follow the rule for calling: variables in, variable out; arrays in, array out."""
    if isinstance(P, Variable) or isinstance(Y, Variable):
        return graph(kernel, pt.as_tensor_variable(P), pt.as_tensor_variable(Y))
    dtype = "float32" if getattr(Y, "dtype", None) == np.float32 else "float64"
    Y = check_matrix(Y, "Y", dtype=dtype)
    P = check_probabilities(P, len(Y))
    compiled = _compiled(name, kernel, graph, Y.shape[1], dtype, get_backend())
    return compiled(np.ascontiguousarray(P, dtype), np.ascontiguousarray(Y, dtype))


def check_probabilities(P: Any, N: int) -> np.ndarray:
    """Hand back `P` where it is a matrix of joint probabilities of `N` points."""
    array = check_matrix(P, "P", dtype="float64")
    if array.shape != (N, N):
        raise ValueError(f"P has shape {array.shape}, expected ({N}, {N}), as Y has {N} rows")
    total, eps = float(array.sum(dtype=float)), 1e-5 if array.dtype == np.float32 else 1e-8
    if array.min() < 0 or abs(total - 1) > eps:
        raise ValueError(
            f"P has a smallest value of {array.min():g} and the sum {total:.9g}, expected probabilities of "
            "sum 1: joint_probabilities(X) makes such a P"
        )
    apart = abs(array - array.T)
    if apart.max() > eps * array.max():
        i, j = np.unravel_index(apart.argmax(), array.shape)
        raise ValueError(
            f"P is not symmetric: P[{i}, {j}] is {array[i, j]:g}, P[{j}, {i}] is {array[j, i]:g}; take "
            "(P + P.T) / 2"
        )
    if array.diagonal().any():
        raise ValueError("P has values on its diagonal, but no point is its own neighbour: expected zeros")
    return array
