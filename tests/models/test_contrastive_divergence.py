"""Contrastive divergence and its kin, against NumPy, the exact gradient, and bars and stripes."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.special import expit, logsumexp, xlog1py, xlogy
from sklearn.utils import shuffle
from small_machines import FAST, images, machine, states

from udl_pt import RBM
from udl_pt.backends import Function
from udl_pt.models._rbm.contrastive_divergence import centred_gradient


def eager_cd(X, M, seed, draws, *, rate, mu, k, epochs, batch_sz, decay=0.0, target=None, centring=False):
    """CD-k in NumPy with the book's formulas."""
    rs, u = np.random.RandomState(seed), np.random.RandomState(draws)
    N, D = X.shape
    W, c, b = rs.randn(D, M) / np.sqrt(D + M), np.zeros(M), np.zeros(D)
    velocities, middle, mean = [0.0] * 3, np.full(M, 0.5), X.mean(axis=0)
    for _ in range(epochs):
        X = shuffle(X, random_state=rs)
        for j in range(N // batch_sz):
            v0 = v = X[j * batch_sz : (j + 1) * batch_sz]
            for _ in range(k):
                h = (u.random_sample((batch_sz, M)) < expit(v @ W + c)).astype(float)
                v = (u.random_sample((batch_sz, D)) < expit(h @ W.T + b)).astype(float)
            p0, p1 = expit(v0 @ W + c), expit(v @ W + c)
            q = p0.mean(axis=0)
            dc, db = p1.mean(axis=0) - q, (v - v0).mean(axis=0)
            dW = (v.T @ p1 - v0.T @ p0) / batch_sz + decay * W
            if target is not None:
                delta = 2 * 0.3 * (q - target) * p0 * (1 - p0) / batch_sz
                dc, dW = dc + delta.sum(axis=0), dW + v0.T @ delta
            if centring:
                dW = dW - np.outer(mean, dc) - np.outer(db, middle)
                dc, db = dc - mean @ dW, db - dW @ middle
                middle = middle + 0.01 * (q - middle)
            gradients = [dW, dc, db]
            velocities = [mu * v - rate * g for v, g in zip(velocities, gradients, strict=True)]
            W, c, b = (p + v for p, v in zip((W, c, b), velocities, strict=True))
    return W, c, b


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"k": 3}, {"k": 3}),
        ({"mu": 0.8}, {"mu": 0.8}),
        ({"weight_decay": 0.1}, {"decay": 0.1}),
        ({"sparsity_target": 0.2, "sparsity_cost": 0.3}, {"target": 0.2}),
        ({"centring": True}, {"centring": True}),
    ],
)
def test_equals_contrastive_divergence_in_numpy(ours, theirs):
    X = images()
    rbm = RBM(5, rng=np.random.RandomState(7), random_state=3)
    rbm.fit(X, learning_rate=0.3, epochs=3, batch_sz=25, **ours, **FAST)
    settings = {"rate": 0.3, "mu": 0.0, "k": 1, "epochs": 3, "batch_sz": 25} | theirs
    for got, value in zip(rbm.params, eager_cd(X, 5, 3, 7, **settings), strict=True):
        np.testing.assert_allclose(got.get_value(), value, rtol=0, atol=1e-12)
    assert all((dp.get_value() == 0).all() for dp in rbm.dparams)


def test_centring_changes_coordinates_not_the_model():
    """A small step along the centred gradient moves the machine as one along that of its centred form."""
    rbm, (W, c, b) = machine()
    rs = np.random.RandomState(0)
    m, q = rs.rand(4), rs.rand(3)
    V0, V1 = states(4)[[1, 3, 8]], states(4)[[0, 15]]

    def energy_form(W, c, b):  # of E = -(v-m)'W(h-q) - (v-m)'b - (h-q)'c, in the plain parameters
        return W, c - m @ W, b - W @ q

    def cost(W, c, b):
        W, c, b = energy_form(W, c, b)
        F = lambda V: -V @ b - np.logaddexp(0, V @ W + c).sum(axis=1)  # noqa: E731
        return F(V0).mean() - F(V1).mean()

    start = [W, c + m @ W, b + W @ q]  # the same machine in centred coordinates
    gradients = []
    for i, value in enumerate(start):
        gradient = np.zeros(value.shape)
        for index in np.ndindex(value.shape):
            step = np.zeros(value.shape)
            step[index] = 1e-6
            up, down = list(start), list(start)
            up[i], down[i] = value + step, value - step
            gradient[index] = (cost(*up) - cost(*down)) / 2e-6
        gradients.append(gradient)
    moved = energy_form(*(p - 1e-4 * g for p, g in zip(start, gradients, strict=True)))

    v0, v1 = pt.dmatrix(), pt.dmatrix()
    centred = centred_gradient(rbm, (v0, v1), (1 / 3, 1 / 2), (m, pt.as_tensor_variable(q)))
    got = pytensor.function([v0, v1], centred)(V0, V1)
    for p, g, expected in zip((W, c, b), got, moved, strict=True):
        np.testing.assert_allclose(p - 1e-4 * g, expected, rtol=0, atol=1e-7)


def test_persistent_chains_are_kept_and_start_from_noise():
    rbm = RBM(5, random_state=0).fit(images(), epochs=2, batch_sz=20, persistent=True, n_chains=7, **FAST)
    assert rbm.chains.shape == (7, 5)
    assert set(np.unique(rbm.chains)) <= {0.0, 1.0}
    assert rbm.sample_v_given_h(rbm.chains).shape == (7, 12)
    tempered = {"persistent": True, "n_chains": 7, "n_temperatures": 4}
    rbm = RBM(5, random_state=0).fit(images(), epochs=2, batch_sz=20, **tempered, **FAST)
    assert rbm.chains.shape == (7, 5)
    assert RBM(5, random_state=0).fit(images(), batch_sz=20, **FAST).chains is None


def test_binarize_draws_each_batch_anew():
    X = np.full((20, 6), 0.5)
    rbm = RBM(3, rng=np.random.RandomState(7), random_state=3)
    rbm.fit(X, 0.3, batch_sz=20, binarize=True, **FAST)
    rs, u = np.random.RandomState(3), np.random.RandomState(7)
    W = rs.randn(6, 3) / 3
    v0 = (u.random_sample((20, 6)) < 0.5).astype(float)
    h = (u.random_sample((20, 3)) < expit(v0 @ W)).astype(float)
    v1 = (u.random_sample((20, 6)) < expit(h @ W.T)).astype(float)
    expected = W + 0.3 * (v0.T @ expit(v0 @ W) - v1.T @ expit(v1 @ W)) / 20
    np.testing.assert_allclose(rbm.W.get_value(), expected, rtol=0, atol=1e-12)


def test_visible_biases_from_the_data():
    X = (images(500) < np.linspace(0.1, 0.9, 12)).astype(float)
    rbm = RBM(3, random_state=0).fit(X, epochs=0, visible_bias="data", **FAST)
    np.testing.assert_allclose(expit(rbm.b.get_value()), X.mean(axis=0), atol=0.002)
    rbm = RBM(3, random_state=0).fit(np.zeros((50, 4)), epochs=0, visible_bias="data", **FAST)
    assert np.isfinite(rbm.b.get_value()).all()


def test_the_cross_entropy_falls_under_contrastive_divergence():
    """The book's claim."""
    rs = np.random.RandomState(0)
    X = (rs.rand(600, 4) < 0.5)[:, [0, 0, 1, 1, 2, 2, 3, 3]].astype(float)
    rbm = RBM(8, random_state=0).fit(X, epochs=40, batch_sz=50, backend="jax")
    assert len(rbm.costs) == 40
    assert rbm.costs[-1] < 0.8 * rbm.costs[0]
    measured = X[np.sort(np.random.default_rng(0).permutation(600)[:300])]  # once an epoch
    X_hat = rbm.forward_output(measured)
    expected = -(xlogy(measured, X_hat) + xlog1py(1 - measured, -X_hat)).sum() / 300
    assert rbm.costs[-1] == pytest.approx(expected, rel=1e-9)


BARS = np.array(
    [np.tile(row, (3, 1)).ravel() for row in states(3)]
    + [np.tile(row, (3, 1)).T.ravel() for row in states(3)[1:-1]]
)  # bars and stripes, 3 x 3: 14 images


def exact_log_likelihood(rbm):
    W, c, b = (p.get_value() for p in rbm.params)
    F = lambda V: -V @ b - np.logaddexp(0, V @ W + c).sum(axis=1)  # noqa: E731
    return -F(BARS).mean() - logsumexp(-F(states(9)))


@pytest.mark.slow
def test_bars_and_stripes_exact_gradient_then_persistent_then_cd1():
    """The exact gradient comes within 0.15 nat of the data's entropy; PCD less close, CD-1 less still."""
    exact, pcd, cd = [], [], []
    X = np.tile(BARS, (5, 1))
    for seed in range(10):
        rbm = RBM(12, random_state=seed).fit(BARS, epochs=0, batch_sz=1, **FAST)
        exact.append(train_exactly(rbm))
        options = {"learning_rate": 0.1, "epochs": 1500, "batch_sz": 70, **FAST}
        cd.append(exact_log_likelihood(RBM(12, random_state=seed).fit(X, **options)))
        options |= {"persistent": True, "n_chains": 70}
        pcd.append(exact_log_likelihood(RBM(12, random_state=seed).fit(X, **options)))
    entropy = np.log(len(BARS))
    assert np.mean(exact) > -entropy - 0.15
    assert np.mean(exact) > np.mean(pcd) > np.mean(cd)


def train_exactly(rbm, steps=1500, rate=0.1, mu=0.9):
    """Momentum on the exact gradient of the log-likelihood, symbolic, with the sum over all images."""
    from udl_pt import momentum_updates

    data, all_v = pt.as_tensor_variable(BARS), pt.as_tensor_variable(states(9))
    F = -rbm.free_energy(all_v)
    cost = rbm.free_energy(data).mean() + F.max() + pt.log(pt.exp(F - F.max()).sum())
    step = Function([], cost, momentum_updates(cost, rbm.params, rate, mu), backend="jax")
    for _ in range(steps):
        step()
    for p in rbm.params:
        p.set_value(np.array(p.get_value()))
    return exact_log_likelihood(rbm)
