"""What the campaign on numbers compares with: formulas in ``numpy.longdouble``."""

from typing import NamedTuple

import numpy as np

__all__ = ["Spectrum", "joint", "sigmoid", "spectrum", "step_of_autoencoder", "step_of_classifier"]

Step = tuple[list[np.ndarray], list[np.ndarray], np.longdouble]  # gradients, their rounding, the cost


class Spectrum(NamedTuple):
    """What PCA should find, in ``numpy.longdouble``."""

    mean: np.ndarray
    variances: np.ndarray
    noise: np.ndarray  # the variance that rounding alone gives each component, at most
    total: np.longdouble


def spectrum(X: np.ndarray) -> Spectrum:
    wide, N = X.astype(np.longdouble), len(X)
    same = (X[0] == X).all(axis=0)
    mean = np.where(same, wide[0], wide.mean(axis=0))
    apart = wide - mean
    size = abs(apart).max()
    if size == 0:
        zeros = np.zeros(min(X.shape), np.longdouble)
        return Spectrum(mean, zeros, zeros, np.longdouble(0))
    _, s, V = np.linalg.svd((apart / size).astype(float), full_matrices=False)
    eps = np.longdouble(np.finfo(X.dtype).eps)
    columns = (np.where(same, 0, wide) / size).astype(float)
    rounding = np.linalg.norm(np.linalg.norm(columns, axis=0) * abs(V), axis=1) * eps
    rounding += len(s) * np.finfo(float).eps * s[0]
    scale = size * size / N
    return Spectrum(mean, s**2 * scale, rounding**2 * scale, (apart**2).sum() / N)


def joint(X: np.ndarray, perplexity: float) -> np.ndarray:
    """Compute p(i, j) by bisection, on differences in ``numpy.longdouble``."""
    wide, N = X.astype(np.longdouble), len(X)
    d = ((wide[:, None] - wide[None]) ** 2).sum(axis=2)
    d /= d.max()
    P = np.zeros((N, N), np.longdouble)
    target = np.log(np.clip(perplexity, 1, N - 1))
    for i in range(N):
        own = np.delete(d[i], i)
        own = own - own.min()
        low, high = np.longdouble(-4000), np.longdouble(4000)
        for _ in range(90):
            middle = (low + high) / 2
            p = np.exp(-own * np.exp(middle))
            p /= p.sum()
            wide_enough = -(p[p > 0] * np.log(p[p > 0])).sum() > target
            low, high = (middle, high) if wide_enough else (low, middle)
        P[i, np.arange(N) != i] = p
    return (P + P.T) / (2 * N)


def sigmoid(a: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-a))


def step_of_autoencoder(X: np.ndarray, params: list[np.ndarray]) -> Step:
    """Compute gradients of ``sum((X_hat - X)^2) / N``, what rounding may do to them, and the cost."""
    X, (W, bh, bo) = X.astype(np.longdouble), (p.astype(np.longdouble) for p in params)
    H = sigmoid(X @ W + bh)
    E = H @ W.T + bo - X
    dR = 2 * E / len(X)
    dA = (dR @ W) * H * (1 - H)
    rough, sizes = abs(dR) @ abs(W), abs(H @ W.T) + abs(X)
    dS = 2 * sizes / len(X)
    bounds = [
        (abs(X).T @ rough) + (dS.T @ H) + abs(X).T @ (dS @ abs(W)),
        rough.sum(axis=0) + (dS @ abs(W)).sum(axis=0),
        dS.sum(axis=0),
    ]
    return [dR.T @ H + X.T @ dA, dA.sum(axis=0), dR.sum(axis=0)], bounds, (E**2).sum()


def step_of_classifier(X: np.ndarray, Y: np.ndarray, params: list[np.ndarray]) -> Step:
    """Compute the gradients of the mean negative log-likelihood, their rounding, and the cost."""
    X, (W, b, W1, b1) = X.astype(np.longdouble), (p.astype(np.longdouble) for p in params)
    H = sigmoid(X @ W1 + b1)
    A = H @ W + b
    A = A - A.max(axis=1, keepdims=True)
    log_p = A - np.log(np.exp(A).sum(axis=1, keepdims=True))
    D = (np.exp(log_p) - np.eye(len(b))[Y]) / len(X)
    dA = (D @ W.T) * H * (1 - H)
    rough = abs(D) @ abs(W.T)
    grads = [H.T @ D, D.sum(axis=0), X.T @ dA, dA.sum(axis=0)]
    bounds = [H.T @ abs(D) + 1, abs(D).sum(axis=0) + 1, abs(X).T @ rough, rough.sum(axis=0)]
    return grads, bounds, -log_p[np.arange(len(X)), Y].mean()
