"""Draws that NumPy's legacy generator doesn't broadcast, or not in the order of Theano's draws."""

from collections.abc import Sequence

import numpy as np

__all__ = ["choice_helper", "multinomial_helper", "permutation_helper", "random_integers_helper"]


def common_shape(size: Sequence[int] | None, **shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of a draw, and refuse parameters that don't broadcast to it."""
    ndim = max(map(len, shapes.values())) if size is None else len(size)
    for name, shape in shapes.items():
        if len(shape) > ndim:
            raise ValueError(f"{name} has {len(shape)} dimensions, more than the size {size} has entries")
    if size is None:
        padded = [(1,) * (ndim - len(shape)) + shape for shape in shapes.values()]
        size = tuple(max(lengths) for lengths in zip(*padded, strict=True))
    out = tuple(map(int, size))
    for name, shape in shapes.items():
        if any(n not in (1, m) for n, m in zip(reversed(shape), reversed(out), strict=False)):
            raise ValueError(f"{name} of shape {shape} can't be broadcast to the shape {out}")
    return out


def random_integers_helper(
    random_state: np.random.RandomState, low: np.ndarray, high: np.ndarray, size: Sequence[int] | None
) -> np.ndarray:
    """Return integers from `low` to `high`, both included, in an array of floats as Theano's helper returns.

    Parameters
    ----------
    random_state : numpy.random.RandomState
        The generator.
    low, high : array of integers
        The bounds, of any shapes that broadcast to the size.
    size : sequence of int, or None
        The shape of the draw; None stands for the common shape of the bounds.
    """
    low, high = np.asarray(low), np.asarray(high)
    shape = common_shape(size, low=low.shape, high=high.shape)
    if low.size == high.size == 1:  # the same numbers as one by one
        return np.asarray(random_state.randint(int(low.item()), int(high.item()) + 1, shape), dtype="float64")
    bounds = zip(np.broadcast_to(low, shape).flat, np.broadcast_to(high, shape).flat, strict=True)
    drawn = [random_state.randint(int(a), int(b) + 1) for a, b in bounds]
    return np.array(drawn, dtype="float64").reshape(shape)


def choice_helper(
    random_state: np.random.RandomState,
    a: np.ndarray,
    replace: np.ndarray,
    p: np.ndarray,
    size: Sequence[int] | None,
) -> np.ndarray:
    """Return values drawn from `a`, with the probabilities `p`; an empty `p` stands for equal ones."""
    if np.ndim(a) > 1:
        raise ValueError(f"a must be a number or a vector, got {np.ndim(a)} dimensions")
    if np.ndim(p) != 1:
        raise ValueError(f"p must be a vector, got {np.ndim(p)} dimensions")
    values = int(a) if np.ndim(a) == 0 else a
    return random_state.choice(values, size, bool(replace), p if np.size(p) else None)


def permutation_helper(
    random_state: np.random.RandomState, n: np.ndarray, shape: Sequence[int] | None
) -> np.ndarray:
    """Return permutations of 0 to n - 1, as many as `shape` says; one if it is None."""
    assert np.shape(n) == (), f"n must be a number, got the shape {np.shape(n)}"
    shape = () if shape is None else tuple(shape)
    out = np.empty((*shape, int(n)), dtype="int64")
    for i in np.ndindex(*shape):
        out[i] = random_state.permutation(int(n))
    return out


def multinomial_helper(
    random_state: np.random.RandomState, n: np.ndarray, pvals: np.ndarray, size: Sequence[int] | None
) -> np.ndarray:
    """Return counts of `n` experiments, for each row of probabilities.

    Parameters
    ----------
    random_state : numpy.random.RandomState
        The generator.
    n : array of integers
        Numbers of experiments, broadcast to the size.
    pvals : array
        Probabilities in its last dimension; the other dimensions are broadcast to the size.
    size : sequence of int, or None
        The shape of the draw without the last dimension; None stands for that of `n` and `pvals`.
    """
    n, pvals = np.asarray(n), np.asarray(pvals)
    shape = common_shape(size, n=n.shape, pvals=pvals.shape[:-1])
    assert pvals.min() >= 0, f"probabilities can't be negative, got {pvals.min()}"
    out = np.empty((*shape, pvals.shape[-1]))
    numbers = np.broadcast_to(n, shape)
    rows = np.broadcast_to(pvals, (*shape, pvals.shape[-1]))
    for i in np.ndindex(*shape):
        row = rows[i]
        # rounding may take the sum above one, which NumPy refuses; the factor is Theano's
        if 1.0 < np.sum(row) < 1.0 + 1e-5 or row[-1] < 5e-5:
            row = row * (1.0 - 5e-5)
        assert np.sum(row) <= 1.0, f"probabilities sum to {np.sum(row)}"
        out[i] = random_state.multinomial(int(numbers[i]), row.astype("float64"))
    return out
