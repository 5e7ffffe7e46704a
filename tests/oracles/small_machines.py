"""Small machines, and all their states, for the tests of restricted Boltzmann machines."""

import itertools

import numpy as np
from scipy.special import logsumexp

from udl_pt import RBM, RandomStreams

FAST = {"backend": "jax", "monitor": None}  # compiles soonest; what depends on backends is in test_golden


def states(n):
    return np.array(list(itertools.product([0.0, 1.0], repeat=n)))


def machine(D=4, M=3, seed=0, scale=1.0):
    rs = np.random.RandomState(seed)
    rbm = RBM.createFromArrays(scale * rs.randn(D, M), rs.randn(M), rs.randn(D))
    rbm.rng, rbm.backend = RandomStreams(seed), "jax"
    return rbm, tuple(p.get_value() for p in rbm.params)


def joint(W, c, b):
    """P(v, h) of all states, (2**D, 2**M)."""
    V, H = states(len(b)), states(len(c))
    log_p = V @ W @ H.T + (V @ b)[:, None] + H @ c
    return np.exp(log_p - logsumexp(log_p))


def images(n=60, d=12, seed=0):
    return np.random.RandomState(seed).rand(n, d)
