"""Chapter 2: cost and gradient of an embedding on arrays, as `SymmetricSNE` and `TSNE` descend them."""

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt

from udl_pt.backends import Function
from udl_pt.models._sne.objective import Kernel, attraction, energy, pair_sums

__all__ = ["Analytic", "Autodiff"]

ROWS = 256  # of P in a block, and of what is computed from them: 2 MB for 1,000 points in float64


class Analytic:
    """Cost and gradient in closed form, in blocks of rows.

    Parameters
    ----------
    kernel : Kernel
        Function from squared distances to w, of which q is made; see `udl_pt.models._sne.objective`.
    P : ndarray of shape (N, N)
        Joint probabilities. The array is kept, and its diagonal set to -1.
    C : int
        Dimensions of the embedding.
    backend : {"numba", "c", "jax"}
        Backend that compiles the sums over pairs.
    """

    def __init__(self, kernel: Kernel, P: np.ndarray, C: int, backend: str) -> None:
        dtype = str(P.dtype)
        self._P = P
        self._blocks = [slice(start, start + ROWS) for start in range(0, len(P), ROWS)]
        self._sums = pair_sums(kernel, C, dtype, backend)
        self._attraction = attraction(kernel, C, dtype)
        self._entropy = sum(_negative_entropy(P[rows]) for rows in self._blocks)
        np.fill_diagonal(P, -1)  # so that a point knows itself

    def _of_blocks(self, function: Function, Y: np.ndarray) -> list[Any]:
        points = np.ascontiguousarray(Y.T)
        own = (np.ascontiguousarray(points[:, rows]) for rows in self._blocks)
        return [function(self._P[rows], o, points) for rows, o in zip(self._blocks, own, strict=True)]

    def _of_pairs(self, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """Return the attracting and the repelling sums, each of shape (N, C), and Z."""
        sums = np.concatenate(self._of_blocks(self._sums, Y), axis=1)
        attracting, repelling = np.split(sums[:-1].T, 2, axis=1)
        return attracting, repelling, float(sums[-1].sum(dtype=float))

    def gradient(self, Y: np.ndarray, exaggeration: float) -> np.ndarray:
        """Return the cost's gradient by `Y`, both of shape (N, C), with P multiplied by `exaggeration`."""
        attracting, repelling, Z = self._of_pairs(Y)
        gradient: np.ndarray = 4 * (exaggeration * attracting - repelling / Z)
        return gradient

    def cost(self, Y: np.ndarray) -> float:
        """Return the Kullback-Leibler divergence, in nats."""
        Z = self._of_pairs(Y)[2]
        return self._entropy - float(sum(self._of_blocks(self._attraction, Y))) + float(np.log(Z))


class Autodiff:
    """Cost as a graph, and PyTensor's derivative of it.

    Parameters
    ----------
    kernel : Kernel
        Function from squared distances to w, of which q is made; see `udl_pt.models._sne.objective`.
    P : ndarray of shape (N, N)
        Joint probabilities. The array is kept.
    C : int
        Dimensions of the embedding.
    backend : {"numba", "c", "jax"}
        Backend that compiles both.
    """

    def __init__(self, kernel: Kernel, P: np.ndarray, C: int, backend: str) -> None:
        self._P, dtype = P, str(P.dtype)
        P_in, Y, exaggeration = (
            pt.matrix("P", dtype=dtype),
            pt.tensor("Y", dtype=dtype, shape=(None, C)),
            pt.scalar("exaggeration", dtype=dtype),
        )
        gradient = pytensor.grad(energy(kernel, P_in, Y, exaggeration), Y)
        self._gradient = Function([P_in, Y, exaggeration], gradient, backend=backend, name="SNE gradient")
        self._energy = Function([P_in, Y], energy(kernel, P_in, Y, 1), backend=backend, name="SNE energy")
        self._entropy = _negative_entropy(self._P)

    def gradient(self, Y: np.ndarray, exaggeration: float) -> np.ndarray:
        """Return the cost's gradient by `Y`, both of shape (N, C), with P multiplied by `exaggeration`."""
        gradient: np.ndarray = self._gradient(self._P, Y, np.asarray(exaggeration, Y.dtype))
        return gradient

    def cost(self, Y: np.ndarray) -> float:
        """Return the Kullback-Leibler divergence, in nats."""
        return self._entropy + float(self._energy(self._P, Y))


def _negative_entropy(P: np.ndarray) -> float:
    """Sum ``p log p`` over the entries, in nats."""
    from scipy.special import xlogy  # here: importing it takes a tenth of a second

    return float(xlogy(P, P).sum(dtype=float))
