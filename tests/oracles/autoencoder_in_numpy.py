"""The auto-encoder of chapter 3 in NumPy: an oracle that shares no code with the library."""

import numpy as np
from scipy.special import expit
from sklearn.utils import shuffle


def images(n=60, d=12, seed=0):
    return np.random.RandomState(seed).rand(n, d)


def gradients(params, x, cost="cross_entropy", divisor=1, seen=None):
    """The gradients of the summed cost of the rows `x`, by hand; `seen` is what the encoder sees of them."""
    W, bh, bo = params
    seen = x if seen is None else seen
    z = expit(seen @ W + bh)
    y = expit(z @ W.T + bo)
    delta_o = y - x if cost == "cross_entropy" else 2 * (y - x) * y * (1 - y)
    delta_o = delta_o / divisor
    delta_h = delta_o @ W * z * (1 - z)
    return seen.T @ delta_h + delta_o.T @ z, delta_h.sum(axis=0), delta_o.sum(axis=0)


def eager_autoencoder(X, M, seed, learning_rate, mu, epochs, batch_sz, cost, divisor, corrupt=lambda x: x):
    """The listing in NumPy."""
    rs = np.random.RandomState(seed)
    N, D = X.shape
    W = rs.randn(D, M) / np.sqrt(D + M)
    bh, bo = np.zeros(M), np.zeros(D)
    dW, dbh, dbo = 0.0, 0.0, 0.0
    for _ in range(epochs):
        X = shuffle(X, random_state=rs)
        for j in range(N // batch_sz):
            x = X[j * batch_sz : (j + 1) * batch_sz]
            gW, gbh, gbo = gradients((W, bh, bo), x, cost, divisor, corrupt(x))
            dW = mu * dW - learning_rate * gW
            dbh = mu * dbh - learning_rate * gbh
            dbo = mu * dbo - learning_rate * gbo
            W, bh, bo = W + dW, bh + dbh, bo + dbo
    return W, bh, bo
