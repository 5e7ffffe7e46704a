"""Toy data of chapter 2: a donut, XOR clouds, eight clouds in space."""

from typing import Any

import numpy as np

from udl_pt._support.arguments import check_count
from udl_pt.symbolic.chance import as_generator

__all__ = ["donut", "gaussian_clouds", "xor_clouds"]


def donut(N: int = 400, random_state: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """Draw two concentric rings in the plane, of radius 5 and 10, with noise of variance 1.

    No straight line separates them, and no linear map makes them linearly separable (chapter 2's case against
    PCA).

    Parameters
    ----------
    N : int
        Number of points, at least 2; half of them in each ring.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of the noise. An int is a seed. None is NumPy's global legacy generator.

    Returns
    -------
    X : ndarray of shape (N, 2)
        Points.
    Y : ndarray of int64 of shape (N,)
        0 in the inner ring, 1 in the outer.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.datasets import donut
    >>> X, Y = donut(1000, random_state=0)
    >>> radius = np.linalg.norm(X, axis=1)
    >>> [int(radius[Y == ring].mean().round()) for ring in (0, 1)]
    [5, 10]
    """
    N, generator = check_count(N, "N", at_least=2), as_generator(random_state)
    Y = (np.arange(N) >= N // 2).astype(np.int64)
    radius = 5.0 * (1 + Y) + generator.standard_normal(N)
    angle = generator.uniform(0, 2 * np.pi, N)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), Y


def xor_clouds(N: int = 400, random_state: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """Draw four clouds at the corners of the unit square; opposite corners have the same label.

    Parameters
    ----------
    N : int
        Number of points, at least 4; a quarter of them in each cloud.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of the noise, of standard deviation 0.1. An int is a seed. None is NumPy's global legacy
        generator.

    Returns
    -------
    X : ndarray of shape (N, 2)
        Points, cloud after cloud.
    Y : ndarray of int64 of shape (N,)
        0 around (0, 0) and (1, 1), 1 around (0, 1) and (1, 0).

    Examples
    --------
    >>> from udl_pt.datasets import xor_clouds
    >>> X, Y = xor_clouds(400, random_state=0)
    >>> X.reshape(4, 100, 2).mean(axis=1).round().astype(int).tolist()  # of each cloud
    [[0, 0], [1, 1], [0, 1], [1, 0]]
    >>> Y[::100].tolist()
    [0, 0, 1, 1]
    """
    N, generator = check_count(N, "N", at_least=4), as_generator(random_state)
    cloud = np.arange(N) * 4 // N
    corners = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    return corners[cloud] + 0.1 * generator.standard_normal((N, 2)), (cloud >= 2).astype(np.int64)


def gaussian_clouds(N: int = 400, random_state: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """Draw eight clouds of variance 1 in space, around the corners of a cube of side 10.

    Parameters
    ----------
    N : int
        Number of points, at least 8; an eighth of them in each cloud.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of the noise. An int is a seed. None is NumPy's global legacy generator.

    Returns
    -------
    X : ndarray of shape (N, 3)
        Points, cloud after cloud.
    Y : ndarray of int64 of shape (N,)
        The cloud, 0 to 7.

    Examples
    --------
    >>> from udl_pt.datasets import gaussian_clouds
    >>> X, Y = gaussian_clouds(800, random_state=0)
    >>> X.shape, Y[::100].tolist()
    ((800, 3), [0, 1, 2, 3, 4, 5, 6, 7])
    >>> X[Y == 7].mean(axis=0).round().tolist()
    [10.0, 10.0, 10.0]
    """
    N, generator = check_count(N, "N", at_least=8), as_generator(random_state)
    cloud = np.arange(N) * 8 // N
    corners = 10.0 * ((cloud[:, None] >> np.arange(3)) & 1)
    return corners + generator.standard_normal((N, 3)), cloud.astype(np.int64)
