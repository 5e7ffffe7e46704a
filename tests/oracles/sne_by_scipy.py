"""SNE's and t-SNE's cost by SciPy, and probabilities to try it on; for the tests of both sides."""

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import rel_entr


def random_P(N, seed=0):
    P = np.random.RandomState(seed).rand(N, N)
    P = P + P.T
    np.fill_diagonal(P, 0)
    return P / P.sum()


def cost_by_scipy(kind, P, Y):
    d = cdist(Y, Y, "sqeuclidean")
    w = np.exp(-d) if kind == "sne" else 1 / (1 + d)
    np.fill_diagonal(w, 0)
    return rel_entr(P, w / w.sum()).sum()
