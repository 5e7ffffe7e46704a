"""Samples of a restricted Boltzmann machine: fantasies, and images whose missing pixels are filled in.

Both functions take PyTensor variables and return graphs, or take arrays and return arrays. (A reconstruction
is `RBM.forward_output`, a plain Gibbs chain `RBM.gibbs`.) What they compute from draws is a constant of
gradients, as the draws are.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, overload

import numpy as np
import pytensor.tensor as pt
from numpy.typing import ArrayLike
from pytensor.gradient import disconnected_grad
from pytensor.graph.basic import Variable

from udl_pt._support.arguments import check_count, check_counts, check_is
from udl_pt._support.arrays import as_array, check_form, check_matrix
from udl_pt._support.messages import shown
from udl_pt.backends import Function
from udl_pt.models._rbm.gibbs import blocks, clamped_chain, gibbs_chain, run_chain
from udl_pt.models.rbm import RBM
from udl_pt.symbolic.variables import Symbolic, SymbolicLike, check_variable

__all__ = ["complete", "fantasies"]


@overload
def fantasies(rbm: RBM, start: SymbolicLike, steps: Sequence[int] = ...) -> Symbolic: ...
@overload
def fantasies(rbm: RBM, start: int | ArrayLike, steps: Sequence[int] = ...) -> np.ndarray: ...
def fantasies(rbm: RBM, start: Any, steps: Sequence[int] = (1, 10, 100, 1000)) -> Any:
    """Run Gibbs chains, and record the visible units' means at chosen steps.

    Parameters
    ----------
    rbm : RBM
        The RBM. Its stream makes the draws.
    start : int, Variable or array_like of shape (N, D)
        Start of the chains: that many rows of random zeros and ones, or data.
    steps : sequence of int
        Numbers of the steps to record: ascending, at least 1.

    Returns
    -------
    Variable or numpy.ndarray of shape (len(steps), N, D)
        At each of these steps the visible units' means given the hidden units, ``P(v = 1 | h)``. A graph if
        `start` is a PyTensor variable, otherwise an array. Gradients take the graph as a constant.

    Raises
    ------
    ValueError, TypeError
        For steps that do not ascend from at least 1, and for data that do not fit.

    Examples
    --------
    In this RBM the one hidden unit switches both visible units on or off:

    >>> from udl_pt import RBM
    >>> from udl_pt.models.sampling import fantasies
    >>> rbm = RBM.createFromArrays([[200], [200]], c=[-200], b=[-100, -100])
    >>> fantasies(rbm, [[1, 1], [0, 0]], steps=(1, 10)).round(3).tolist()
    [[[1.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]]
    >>> fantasies(rbm, 5, steps=(1, 10, 100)).shape
    (3, 5, 2)
    """
    check_is(rbm, "rbm", RBM, "an RBM")
    counts = check_counts(steps, "steps")
    if not counts or any(a >= b for a, b in pairwise(counts)):
        raise ValueError(f"steps is {shown(steps)}, expected ascending numbers such as (1, 10, 100)")
    rbm._check_fitted("fantasies")
    if isinstance(start, Variable):
        check_variable(start, "start", n_features=rbm.n_features)
        pictures, V = [], start
        for before, step in pairwise([0, *counts]):
            V = _after(V, step - before - 1, lambda V, k: gibbs_chain(rbm, V, k, rbm.rng))
            V, mean = clamped_chain(rbm, V, pt.ones_like(V), 1, rbm.rng)
            pictures.append(mean)
        return disconnected_grad(pt.stack(pictures))
    picture = rbm.compiled("fantasies", _compile_clamped)
    if isinstance(start, int | np.integer) and not isinstance(start, bool):
        noise = rbm.rng.generator.random((check_count(start, "start"), rbm.n_features)) < 0.5
        start = noise.astype(rbm.dtype)
    V = check_matrix(
        start, "start", dtype=rbm.dtype, n_features=rbm.n_features, unit_interval=rbm.units.unit_interval
    )
    V, pictures = np.ascontiguousarray(V, rbm.dtype), []
    for before, step in pairwise([0, *counts]):
        V = _after(V, step - before - 1, lambda V, k: run_chain(rbm, V, k))
        V, mean = picture(V, np.ones_like(V), np.asarray(1))
        pictures.append(mean)
    return np.stack(pictures)


def _after(V: Any, k: int, run: Any) -> Any:
    return run(V, k) if k else V


@overload
def complete(rbm: RBM, X: SymbolicLike, missing: SymbolicLike | ArrayLike, steps: int = ...) -> Symbolic: ...
@overload
def complete(rbm: RBM, X: ArrayLike, missing: ArrayLike, steps: int = ...) -> np.ndarray: ...
def complete(rbm: RBM, X: Any, missing: Any, steps: int = 200) -> Any:
    """Fill in missing values by a Gibbs chain in which the known values are fixed.

    Parameters
    ----------
    rbm : RBM
        The RBM. Its stream makes the draws.
    X : Variable or array_like of shape (N, D)
        Data. In an array, an entry that is missing may hold anything, also NaN.
    missing : Variable or array_like of bool of shape (N, D) or (D,)
        True where a value is missing. A variable may also hold integers.
    steps : int
        Gibbs steps, at least 2. The first half is dropped, the second averaged.

    Returns
    -------
    Variable or numpy.ndarray of shape (N, D)
        `X` with the missing values replaced by estimates of their means given the known ones, ``E(v_i |
        known)``. A graph if `X` is a PyTensor variable, otherwise an array. Gradients take the estimates as
        constants.

    Raises
    ------
    ValueError, TypeError
        For masks of another shape or dtype, and for rows without a known value. A variable mask is checked as
        far as its type tells.

    Examples
    --------
    In this RBM both visible units have the same value:

    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.models.sampling import complete
    >>> rbm = RBM.createFromArrays([[200], [200]], c=[-200], b=[-100, -100])
    >>> complete(rbm, [[1, np.nan], [0, np.nan]], missing=[False, True]).round(3).tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """
    check_is(rbm, "rbm", RBM, "an RBM")
    steps = check_count(steps, "steps", at_least=2)
    first, second = steps // 2, steps - steps // 2
    rbm._check_fitted("complete")
    if isinstance(X, Variable):
        check_variable(X, n_features=rbm.n_features)
        missing = _check_mask_variable(missing, X, rbm.n_features)
        start = pt.switch(missing, rbm.units.mean(rbm.b), X)
        missing = missing + pt.zeros_like(X)
        state, _ = clamped_chain(rbm, start, missing, first, rbm.rng)
        _, sums = clamped_chain(rbm, state, missing, second, rbm.rng)
        return pt.switch(missing, disconnected_grad(sums / np.asarray(second, rbm.dtype)), X)
    chain = rbm.compiled("complete", _compile_clamped)
    X, gaps = _check_gaps(rbm, X, missing)
    mask, V = gaps.astype(rbm.dtype), X
    work = len(X) * (rbm.M + rbm.n_features)
    for k in blocks(first, work):
        V, _ = chain(V, mask, np.asarray(k))
    total = np.zeros(X.shape)
    for k in blocks(second, work):
        V, part = chain(V, mask, np.asarray(k))
        total += part
    return np.where(gaps, total / second, X).astype(rbm.dtype)


def _compile_clamped(model: Any, backend: str) -> Function:
    V, missing = pt.matrix("V", dtype=model.dtype), pt.matrix("missing", dtype=model.dtype)
    k = pt.lscalar("k")
    return Function([V, missing, k], clamped_chain(model, V, missing, k, model.rng), backend=backend)


def _check_gaps(rbm: RBM, X: Any, missing: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return `X` with the means at the missing places, and the mask in its shape."""
    from scipy.special import expit  # here: importing it takes a tenth of a second

    X = check_form(X)
    gaps = np.broadcast_to(_check_mask(missing, *X.shape), X.shape)
    if X.shape[1] == rbm.n_features:
        b = rbm.b.get_value()
        X = np.where(gaps, expit(b) if rbm.units.unit_interval else b, X)
    X = check_matrix(X, dtype=rbm.dtype, n_features=rbm.n_features, unit_interval=rbm.units.unit_interval)
    return np.ascontiguousarray(X, rbm.dtype), gaps


def _check_mask(missing: Any, N: int | None, D: int) -> np.ndarray:
    """Return a mask of shape (N, D) or (D,), of which no row is all True; N is None where it isn't known."""
    gaps = as_array(missing, "missing", "a mask", "True where a value is missing")
    if gaps.dtype != bool:
        found = f"has dtype {gaps.dtype}" if hasattr(missing, "dtype") else f"is {shown(missing)}"
        raise TypeError(f"missing {found}, expected bool: True where a value is missing")
    if not (gaps.shape[-1:] == (D,) and (gaps.ndim == 1 or (gaps.ndim == 2 and N in (None, len(gaps))))):
        raise ValueError(
            f"missing is {shown(missing)} (shape {gaps.shape}), expected that of X, {(N, D)}, or one value a "
            "column"
        )
    rows = np.flatnonzero(np.atleast_2d(gaps).all(axis=1))
    if len(rows):
        raise ValueError(f"missing is True in all of row {rows[0]}: to draw without data, use fantasies")
    return gaps


def _check_mask_variable(missing: Any, X: Symbolic, D: int) -> Symbolic:
    """Return a mask as a variable: of an array all is checked, of a variable what its type tells."""
    if not isinstance(missing, Variable):
        return pt.as_tensor_variable(_check_mask(missing, X.type.shape[0], D))
    kind, ndim = getattr(missing.type, "dtype", "none"), getattr(missing.type, "ndim", None)
    if not (kind == "bool" or "int" in kind):
        raise TypeError(f"missing is a variable of type {missing.type}, expected bool or integers")
    if ndim not in (1, 2) or missing.type.shape[-1] not in (None, D):
        raise ValueError(
            f"missing is a variable of type {missing.type}, expected a matrix of {D} columns, or one value a "
            "column"
        )
    return missing
