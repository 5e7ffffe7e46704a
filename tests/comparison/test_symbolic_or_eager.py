"""What docs/symbolic_or_eager.md says of CD-1 on average, on a machine whose states can all be listed."""

import numpy as np
import pytest
from scipy.special import expit, softmax
from small_machines import states

D, M = 3, 2
V, H = states(D), states(M)
DATA = V[[1, 6]]


def unpacked(theta):
    return theta[: D * M].reshape(D, M), theta[D * M : D * M + M], theta[D * M + M :]


def minus_dF(theta, v):
    """``v p', p, v``, a row for each v."""
    W, c, _ = unpacked(theta)
    p = expit(v @ W + c)
    return np.hstack([(v[:, :, None] * p[:, None, :]).reshape(len(v), D * M), p, v])


def cd_1(theta):
    """The update, averaged over every h0 and v1."""
    W, c, b = unpacked(theta)
    P_h0 = softmax((DATA @ W + c) @ H.T, axis=1)  # of each row of data
    P_v1 = P_h0 @ softmax((H @ W.T + b) @ V.T, axis=1)
    return (minus_dF(theta, DATA) - P_v1 @ minus_dF(theta, V)).mean(axis=0)


def likelihood(theta):
    """The gradient of the data's mean log-likelihood."""
    W, c, b = unpacked(theta)
    P = softmax(V @ b + np.logaddexp(0, V @ W + c).sum(axis=1))
    return minus_dF(theta, DATA).mean(axis=0) - P @ minus_dF(theta, V)


@pytest.mark.parametrize("seed", range(3))
def test_cd_1_is_on_average_no_gradient_and_the_likelihoods_is(seed):
    """The derivatives of a gradient are a symmetric matrix."""
    theta = np.random.RandomState(seed).randn(D * M + M + D)
    apart = {}
    for update in (cd_1, likelihood):
        J = np.array([(update(theta + e) - update(theta - e)) / 2e-5 for e in 1e-5 * np.eye(len(theta))])
        apart[update] = abs(J - J.T).max() / abs(J).max()
    assert apart[likelihood] < 1e-9
    assert apart[cd_1] > 0.05
    assert abs(cd_1(theta) - likelihood(theta)).max() > 0.01
