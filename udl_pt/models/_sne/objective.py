"""Chapter 2: the cost of symmetric SNE and t-SNE, and its gradient, as graphs.

Both compare the data's p(i, j) (`udl_pt.models._sne.affinities`) with the embedding's ``q(i, j) = w_ij / Z``.
The weight w falls with the squared distance d of two points, and ``Z = sum[k != m] w_km``:

- symmetric SNE: ``w = exp(-d)``, without a half, as in the book;
- t-SNE: ``w = 1 / (1 + d)``, Student's t-distribution.

The cost is ``KL(P || Q) = sum p log p - sum p log w + log Z`` (for P of sum 1). With ``s = -d log w / dd``
(1, and ``1 / (1 + d)``) its gradient is ``dC/dyi = 4 sum_j (p_ij - q_ij) s_ij (yi - yj)``.

The public functions are these formulas. A descent takes the gradient from sums over pairs instead
(`pair_sums`), for one block of rows of P after the other. So the arrays of a block's pairs stay in the
processor's cache, and nothing of the size N x N is ever written.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, overload

import numpy as np
import pytensor.tensor as pt
from numpy.typing import ArrayLike
from pytensor.gradient import disconnected_grad
from pytensor.graph.basic import Variable

from udl_pt.backends import Function, get_backend
from udl_pt.models._sne.affinities import check_embedding, check_probabilities
from udl_pt.symbolic.variables import Symbolic, SymbolicLike, check_variable

__all__ = [
    "attraction",
    "energy",
    "gaussian",
    "pair_sums",
    "sne_cost",
    "sne_gradient",
    "student",
    "tsne_cost",
    "tsne_gradient",
]

Kernel = Callable[[Symbolic], tuple[Symbolic, Symbolic | None, Symbolic]]


def gaussian(d: Symbolic) -> tuple[Symbolic, Symbolic | None, Symbolic]:
    """Return w, s and log w of symmetric SNE for squared distances: ``w = exp(-d)``.

    The cost has ``q(i, j) = w_ij / sum w``. The factor ``s = -d log w / dd`` scales the forces of the
    gradient.

    Parameters
    ----------
    d : Variable
        Squared distances of points of the embedding.

    Returns
    -------
    w : Variable
        ``exp(-d)``.
    s : None
        Stands for 1.
    log_w : Variable
        ``-d``.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> from udl_pt import SymmetricSNE
    >>> w, s, log_w = SymmetricSNE.kernel(pt.as_tensor([0.0, 1.0]))
    >>> w.eval().round(3).tolist()
    [1.0, 0.368]
    >>> s is None
    True
    """
    return pt.exp(-d), None, -d


def student(d: Symbolic) -> tuple[Symbolic, Symbolic | None, Symbolic]:
    """Return w, s and log w of t-SNE for squared distances: ``w = 1 / (1 + d)``.

    The cost has ``q(i, j) = w_ij / sum w``. The factor ``s = -d log w / dd`` scales the forces of the
    gradient.

    Parameters
    ----------
    d : Variable
        Squared distances of points of the embedding.

    Returns
    -------
    w, s : Variable
        Both ``1 / (1 + d)``.
    log_w : Variable
        ``-log(1 + d)``.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> from udl_pt import TSNE
    >>> w, s, log_w = TSNE.kernel(pt.as_tensor([0.0, 1.0, 3.0]))
    >>> w.eval().tolist()
    [1.0, 0.5, 0.25]
    """
    w: Any = 1 / (1 + d)
    # NumPy's log is vectorised, its log1p is not; where it matters, PyTensor makes log1p of it
    return w, w, -pt.log(1 + d)


@overload
def sne_cost(P: SymbolicLike, Y: SymbolicLike | ArrayLike) -> Symbolic: ...
@overload
def sne_cost(P: ArrayLike, Y: SymbolicLike) -> Symbolic: ...
@overload
def sne_cost(P: ArrayLike, Y: ArrayLike) -> np.ndarray: ...
def sne_cost(P: Any, Y: Any) -> Any:
    """Return symmetric SNE's cost, the Kullback-Leibler divergence ``KL(P || Q)`` (chapter 2).

    Q has ``q(i, j) = exp(-||yi - yj||^2) / sum[k != m] exp(-||yk - ym||^2)``.

    Parameters
    ----------
    P : Variable or array_like of shape (N, N)
        Joint probabilities: symmetric, zeros on the diagonal, sum 1.
    Y : Variable or array_like of shape (N, C)
        The embedding. Points may coincide.

    Returns
    -------
    Variable or numpy.ndarray of shape ()
        The divergence in nats, at least 0. A graph if `P` or `Y` is a PyTensor variable, otherwise an array.

    Raises
    ------
    ValueError, TypeError
        For arrays that are not joint probabilities, or do not fit together. For squared distances that are
        too large for Y's dtype.

    Examples
    --------
    All pairs are equally probable. Then all distances in the embedding should be equal:

    >>> import numpy as np
    >>> from udl_pt import sne_cost
    >>> P = (1 - np.eye(3)) / 6
    >>> bool(sne_cost(P, np.eye(3)) < 1e-9)
    True
    >>> round(float(sne_cost(P, [[0], [0], [1]])), 3)
    0.119
    """
    return _called("sne_cost", gaussian, _cost, P, Y)


@overload
def tsne_cost(P: SymbolicLike, Y: SymbolicLike | ArrayLike) -> Symbolic: ...
@overload
def tsne_cost(P: ArrayLike, Y: SymbolicLike) -> Symbolic: ...
@overload
def tsne_cost(P: ArrayLike, Y: ArrayLike) -> np.ndarray: ...
def tsne_cost(P: Any, Y: Any) -> Any:
    """Return t-SNE's cost, the Kullback-Leibler divergence ``KL(P || Q)`` (chapter 2).

    Q has ``q(i, j) = w_ij / sum[k != m] w_km`` with ``w_ij = 1 / (1 + ||yi - yj||^2)``.

    Parameters
    ----------
    P : Variable or array_like of shape (N, N)
        Joint probabilities: symmetric, zeros on the diagonal, sum 1.
    Y : Variable or array_like of shape (N, C)
        The embedding. Points may coincide.

    Returns
    -------
    Variable or numpy.ndarray of shape ()
        The divergence in nats, at least 0. A graph if `P` or `Y` is a PyTensor variable, otherwise an array.

    Raises
    ------
    ValueError, TypeError
        For arrays that are not joint probabilities, or do not fit together. For squared distances that are
        too large for Y's dtype.

    Examples
    --------
    All pairs are equally probable. Then all distances in the embedding should be equal:

    >>> import numpy as np
    >>> from udl_pt import tsne_cost
    >>> P = (1 - np.eye(3)) / 6
    >>> bool(tsne_cost(P, np.eye(3)) < 1e-9)
    True
    >>> round(float(tsne_cost(P, [[0], [0], [1]])), 3)
    0.057
    """
    return _called("tsne_cost", student, _cost, P, Y)


@overload
def sne_gradient(P: SymbolicLike, Y: SymbolicLike | ArrayLike) -> Symbolic: ...
@overload
def sne_gradient(P: ArrayLike, Y: SymbolicLike) -> Symbolic: ...
@overload
def sne_gradient(P: ArrayLike, Y: ArrayLike) -> np.ndarray: ...
def sne_gradient(P: Any, Y: Any) -> Any:
    """Return the gradient of symmetric SNE's cost by Y in closed form.

    It is ``4 sum_j (p_ij - q_ij)(yi - yj)``.

    Parameters
    ----------
    P : Variable or array_like of shape (N, N)
        Joint probabilities: symmetric, zeros on the diagonal, sum 1.
    Y : Variable or array_like of shape (N, C)
        The embedding. Points may coincide.

    Returns
    -------
    Variable or numpy.ndarray of shape (N, C)
        The gradient. A graph if `P` or `Y` is a PyTensor variable, otherwise an array.

    Raises
    ------
    ValueError, TypeError
        For arrays that are not joint probabilities, or do not fit together. For squared distances that are
        too large for Y's dtype.
    """
    return _called("sne_gradient", gaussian, _gradient, P, Y)


@overload
def tsne_gradient(P: SymbolicLike, Y: SymbolicLike | ArrayLike) -> Symbolic: ...
@overload
def tsne_gradient(P: ArrayLike, Y: SymbolicLike) -> Symbolic: ...
@overload
def tsne_gradient(P: ArrayLike, Y: ArrayLike) -> np.ndarray: ...
def tsne_gradient(P: Any, Y: Any) -> Any:
    """Return the gradient of t-SNE's cost by Y in closed form.

    It is ``4 sum_j (p_ij - q_ij)(yi - yj) / (1 + ||yi - yj||^2)`` (van der Maaten and Hinton, JMLR 9 (2008),
    equation 5).

    Parameters
    ----------
    P : Variable or array_like of shape (N, N)
        Joint probabilities: symmetric, zeros on the diagonal, sum 1.
    Y : Variable or array_like of shape (N, C)
        The embedding. Points may coincide.

    Returns
    -------
    Variable or numpy.ndarray of shape (N, C)
        The gradient. A graph if `P` or `Y` is a PyTensor variable, otherwise an array.

    Raises
    ------
    ValueError, TypeError
        For arrays that are not joint probabilities, or do not fit together. For squared distances that are
        too large for Y's dtype.
    """
    return _called("tsne_gradient", student, _gradient, P, Y)


def _cost(kernel: Kernel, P: Symbolic, Y: Symbolic) -> Symbolic:
    entropy = pt.switch(pt.gt(P, 0), P * pt.log(pt.switch(pt.gt(P, 0), P, 1)), 0).sum()
    return entropy + energy(kernel, P, Y, 1)


def energy(kernel: Kernel, P: Symbolic, Y: Symbolic, exaggeration: Any) -> Symbolic:
    """Return the part of the cost that depends on Y; early exaggeration strengthens its attracting term."""
    log_w = kernel(_squared_distances(Y.T, Y.T))[2]
    return _log_sum_exp(_others(log_w, Y)) - exaggeration * (P * log_w).sum()


def _gradient(kernel: Kernel, P: Symbolic, Y: Symbolic) -> Symbolic:
    _, s, log_w = kernel(_squared_distances(Y.T, Y.T))
    others = _others(log_w, Y)
    others -= others.max()  # first: beside a large log w, the logarithm of the sum would be lost
    Q = pt.exp(others - pt.log(pt.exp(others).sum()))
    force = P - Q if s is None else (P - Q) * s
    return 4 * (force.sum(axis=1)[:, None] * Y - force.dot(Y))


def _others(log_w: Symbolic, Y: Symbolic) -> Symbolic:
    """Set log w to minus infinity where a point meets itself, in a way that every backend can compile."""
    numbers = pt.cumsum(pt.ones_like(Y[:, 0]))
    return pt.switch(pt.eq(numbers[:, None], numbers[None, :]), -np.inf, log_w)


def _log_sum_exp(x: Symbolic) -> Symbolic:
    """Return log Z; where all points are far from each other, w itself would be zero."""
    highest = disconnected_grad(x.max())
    return highest + pt.log(pt.exp(x - highest).sum())


@cache
def pair_sums(kernel: Kernel, C: int, dtype: str, backend: str) -> Function:
    """Compile the sums over pairs that a gradient needs, for some rows of P.

    The function takes these rows of P, of shape (B, N), with -1 where a point meets itself. It also takes the
    coordinates of their points, (C, B), and of all points, (C, N). It returns 2C + 1 vectors, with one entry
    per row: the sums over all others. C vectors are of ``p s (yi - yj)``, C of ``w s (yi - yj)``, and one is
    of w.
    """
    P, own, points = _inputs(C, dtype)
    w, s, _ = kernel(_squared_distances(own, points))
    # the -1 in P marks the point itself, so no further array is needed
    w = pt.switch(P < 0, pt.zeros_like(w), w)
    p = pt.maximum(P, pt.zeros_like(P))
    attracting, repelling = (p, w) if s is None else (p * s, w * s)
    sums = _sums_on_numba if backend == "numba" else _sums_by_products
    return Function(
        [P, own, points], sums(attracting, repelling, w, own, points), backend=backend, name="pair sums"
    )


def _sums_on_numba(
    attracting: Symbolic, repelling: Symbolic, w: Symbolic, own: Symbolic, points: Symbolic
) -> list[Symbolic]:
    """Write the sums down as they are: on Numba they become one loop, and no matrix is written."""
    differences = _differences(own, points)
    terms = [factor * difference for factor in (attracting, repelling) for difference in differences]
    return [term.sum(axis=1, acc_dtype=w.dtype) for term in (*terms, w)]


def _sums_by_products(
    attracting: Symbolic, repelling: Symbolic, w: Symbolic, own: Symbolic, points: Symbolic
) -> list[Symbolic]:
    """Take the sums from products with the points' coordinates and with ones: the fastest way elsewhere."""
    C = own.type.shape[0]
    ones = pt.ones_like(points[:1])
    # with 3 columns, BLAS takes twice as long as with 8
    columns = pt.concatenate([points, ones, *[pt.zeros_like(ones)] * (7 - C)]).T
    *by_points, of_w = (factor.dot(columns) for factor in (attracting, repelling, w))
    return [own[c] * sums[:, C] - sums[:, c] for sums in by_points for c in range(C)] + [of_w[:, C]]


@cache
def attraction(kernel: Kernel, C: int, dtype: str) -> Function:
    """Compile ``sum p log w`` over some rows of P; of a point and itself, log w is 0.

    It is called as `pair_sums`. It is needed only now and then, so NumPy computes it, which takes no time to
    compile.
    """
    P, own, points = _inputs(C, dtype)
    log_w = kernel(_squared_distances(own, points))[2]
    total = (P * log_w).sum(dtype="float64")
    return Function([P, own, points], total, compiled=False, name="attraction")


def _inputs(C: int, dtype: str) -> tuple[Symbolic, Symbolic, Symbolic]:
    own, points = (pt.tensor(name, dtype=dtype, shape=(C, None)) for name in ("own", "points"))
    return pt.matrix("P", dtype=dtype), own, points


def _differences(own: Symbolic, points: Symbolic) -> list[Symbolic]:
    return [own[c][:, None] - points[c][None, :] for c in range(own.type.shape[0])]


def _squared_distances(own: Symbolic, points: Symbolic) -> Symbolic:
    """Return the squared distances of points to all, (B, N), from coordinates (C, B) and (C, N)."""
    if points.type.shape[0] is None:
        return ((own[:, :, None] - points[:, None, :]) ** 2).sum(axis=0)
    squares = [difference**2 for difference in _differences(own, points)]  # written out, it is one loop
    return squares[0] if len(squares) == 1 else pt.add(*squares)


@cache
def _compiled(
    name: str, kernel: Kernel, graph: Callable[..., Symbolic], C: int, dtype: str, backend: str
) -> Any:
    P, Y = pt.matrix("P", dtype=dtype), pt.tensor("Y", dtype=dtype, shape=(None, C))
    return Function([P, Y], graph(kernel, P, Y), backend=backend, name=name)


def _called(name: str, kernel: Kernel, graph: Callable[..., Symbolic], P: Any, Y: Any) -> Any:
    """Follow the rule for calling: variables in, variable out; arrays in, array out."""
    if isinstance(P, Variable) or isinstance(Y, Variable):
        if not isinstance(P, Variable):
            P = check_probabilities(P, len(P))
        P, Y = pt.as_tensor_variable(P), pt.as_tensor_variable(Y)
        check_variable(Y, "Y")
        check_variable(P, "P", n_features=Y.type.shape[0])
        return graph(kernel, P, Y)
    P, Y = check_embedding(P, Y)
    return _compiled(name, kernel, graph, Y.shape[1], str(Y.dtype), get_backend())(P, Y)
