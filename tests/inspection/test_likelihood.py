"""Partition functions and likelihoods against enumeration and quadrature in NumPy and SciPy."""

import itertools

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from on_backends import CORE_BACKENDS, ON_BACKENDS
from scipy.integrate import dblquad
from scipy.special import expit, logsumexp

from udl_pt import RBM, RandomStreams, load_mnist_subset
from udl_pt.inspection.likelihood import (
    ais,
    log_likelihood,
    log_partition,
    pseudo_likelihood,
    reverse_ais,
    stochastic_pseudo_likelihood,
)


def states(n):
    return np.array(list(itertools.product([0.0, 1.0], repeat=n)))


def machine(D, M, seed=0, scale=1.0, dtype=float):
    rs = np.random.RandomState(seed)
    W, c, b = scale * rs.randn(D, M), rs.randn(M), rs.randn(D)
    rbm = RBM.createFromArrays(W.astype(dtype), c, b)
    rbm.rng = RandomStreams(seed)
    return rbm, [p.get_value().astype(float) for p in rbm.params]


def log_joint(W, c, b):
    """``-E(v, h)`` of all states of both layers, (2**D, 2**M)."""
    V, H = states(len(b)), states(len(c))
    return V @ W @ H.T + (V @ b)[:, None] + H @ c


@pytest.mark.parametrize("backend", ON_BACKENDS)
@pytest.mark.parametrize(("D", "M", "dtype"), [(5, 7, float), (8, 3, float), (8, 3, np.float32)])
def test_log_partition_and_log_likelihood_equal_enumeration(backend, D, M, dtype):
    rbm, params = machine(D, M, dtype=dtype)
    rbm.backend = backend
    log_p = log_joint(*params)
    assert log_partition(rbm) == pytest.approx(logsumexp(log_p), rel=1e-12)
    expected = logsumexp(log_p, axis=1) - logsumexp(log_p)
    np.testing.assert_allclose(log_likelihood(rbm, states(D)), expected, rtol=1e-10)
    np.testing.assert_allclose(np.exp(log_likelihood(rbm, states(D))).sum(), 1, rtol=1e-10)


def test_log_partition_adds_up_parts(monkeypatch):
    rbm, params = machine(6, 9)
    monkeypatch.setattr("udl_pt.inspection.likelihood.STATES", 10)
    assert log_partition(rbm) == pytest.approx(logsumexp(log_joint(*params)), rel=1e-12)


@pytest.mark.parametrize("learned", [False, True])
def test_gaussian_partition_function_is_the_integral(learned):
    rs = np.random.RandomState(1)
    rbm = RBM(3, visible="gaussian", learn_variance=learned, random_state=0)
    rbm.fit(np.array([[1.0, -1.0], [-1.0, 1.0]]), epochs=0, batch_sz=2)
    W, c, b = rs.randn(2, 3), rs.randn(3), rs.randn(2)
    z = np.array([0.5, -0.7]) if learned else np.zeros(2)
    for p, value in zip(rbm.params, [W, c, b, z], strict=False):
        p.set_value(value)

    def density(y, x):
        v = np.array([x, y])
        return np.exp(-((v - b) ** 2 / (2 * np.exp(z))).sum()) * np.prod(1 + np.exp(c + (v / np.exp(z)) @ W))

    integral, error = dblquad(density, -15, 15, -15, 15, epsabs=1e-9, epsrel=1e-9)
    assert error < 1e-6 * integral
    assert log_partition(rbm) == pytest.approx(np.log(integral), abs=1e-6)
    v = rs.randn(1, 2)
    assert np.exp(log_likelihood(rbm, v)) == pytest.approx(density(v[0, 1], v[0, 0]) / integral, rel=1e-6)
    estimate = ais(rbm, n_chains=200, n_betas=200)
    assert abs(estimate.log_Z - np.log(integral)) < 4 * estimate.standard_error < 0.4


@pytest.mark.parametrize("backend", CORE_BACKENDS)
def test_ais_and_its_reverse_agree_with_enumeration(backend):
    rbm, params = machine(12, 8, seed=3, scale=1.5)
    rbm.backend = backend
    log_p = log_joint(*params)
    truth, p_v = logsumexp(log_p), np.exp(logsumexp(log_p, axis=1) - logsumexp(log_p))
    forward = ais(rbm, n_chains=500, n_betas=300)
    exact = states(12)[np.random.RandomState(0).choice(2**12, 500, p=p_v)]
    backward = reverse_ais(rbm, exact, n_betas=300)
    for estimate in (forward, backward):
        assert 0 < estimate.standard_error < 0.1
        assert abs(estimate.log_Z - truth) < 3 * estimate.standard_error
        assert estimate.low < truth < estimate.high


def test_few_steps_bracket_the_truth_in_the_mean():
    """By Jensen's inequality the forward estimate is low, and the reverse one from exact samples high."""
    rbm, params = machine(8, 6, seed=5, scale=3.0)
    log_p = log_joint(*params)
    p_v = np.exp(logsumexp(log_p, axis=1) - logsumexp(log_p))
    rs = np.random.RandomState(1)
    low = [ais(rbm, n_chains=2, n_betas=5).log_Z for _ in range(200)]
    high = [reverse_ais(rbm, states(8)[rs.choice(256, 2, p=p_v)], n_betas=5).log_Z for _ in range(200)]
    for values, sign in ((low, -1), (high, 1)):
        error = np.std(values) / np.sqrt(200)
        assert sign * (np.mean(values) - logsumexp(log_p)) > 3 * error


def test_base_rates_of_data_make_no_difference_to_the_truth():
    rbm, params = machine(10, 6, seed=2)
    X = (np.random.RandomState(0).rand(50, 10) < 0.2).astype(float)
    estimate = ais(rbm, X, n_chains=300, n_betas=300)
    assert abs(estimate.log_Z - logsumexp(log_joint(*params))) < 3 * estimate.standard_error < 0.2


def test_error_bars_are_those_of_the_mean_weight():
    rbm, _ = machine(6, 4)
    e = ais(rbm, n_chains=50, n_betas=10)
    w = np.exp(e.log_weights)
    base = 4 * np.log(2) + np.logaddexp(0, rbm.b.get_value()).sum()
    error = w.std(ddof=1) / np.sqrt(50)
    np.testing.assert_allclose(e.log_Z, np.log(w.mean()) + base, rtol=1e-12)
    np.testing.assert_allclose(e.standard_error, error / w.mean(), rtol=1e-12)
    np.testing.assert_allclose(e.high, np.log(w.mean() + 3 * error) + base, rtol=1e-12)


def flips(W, c, b, X):
    """``log P(x_i | others)`` of each row and unit, from the conditional's definition."""
    free = lambda V: -V @ b - np.logaddexp(0, V @ W + c).sum(axis=-1)  # noqa: E731
    out = np.empty(X.shape)
    for i in range(X.shape[1]):
        one, zero = X.copy(), X.copy()
        one[:, i], zero[:, i] = 1, 0
        p = expit(free(zero) - free(one))
        out[:, i] = np.log(np.where(X[:, i] == 1, p, 1 - p))
    return out


@pytest.mark.parametrize("backend", ON_BACKENDS)
def test_pseudo_likelihood(backend):
    rbm, params = machine(7, 5)
    rbm.backend = backend
    X = states(7)[::3]
    expected = flips(*params, X)
    np.testing.assert_allclose(pseudo_likelihood(rbm, X), expected.sum(axis=1), rtol=1e-9)
    draws = np.mean([stochastic_pseudo_likelihood(rbm, X) for _ in range(3000)], axis=0)
    error = 7 * expected.std(axis=1) / np.sqrt(3000)
    assert (abs(draws - expected.sum(axis=1)) < 5 * error + 1e-12).all()


def test_pseudo_likelihood_of_a_variable_is_a_graph():
    rbm, params = machine(7, 5)
    V = pt.dmatrix("V")
    value = pytensor.function([V], pseudo_likelihood(rbm, V), mode="JAX")(states(7))
    np.testing.assert_allclose(value, flips(*params, states(7)).sum(axis=1), rtol=1e-9)


def with_nan():
    rbm, _ = machine(6, 4)
    W = rbm.W.get_value()
    W[2, 1] = np.nan
    rbm.W.set_value(W)
    return rbm


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: log_partition(machine(30, 26)[0]),
            r"26 units, at most 25.*6.7e\+07 states.*hours.*ais\(rbm\)",
        ),
        (
            lambda: log_likelihood(machine(6, 4)[0], np.full((2, 6), 0.3)),
            r"X\[0, 0\] is 0.3, but.*binary.*X > 0.5",
        ),
        (lambda: pseudo_likelihood(machine(6, 4)[0], np.full((2, 6), 0.3)), "binary"),
        (lambda: log_likelihood(machine(6, 4)[0], np.full((2, 6), 255)), "divide by 255"),
        (lambda: log_likelihood(machine(6, 4)[0], np.ones((2, 5))), "X has 5 features, expected 6"),
        (lambda: log_likelihood(RBM(3), np.ones((2, 5))), "no parameters yet"),
        (lambda: ais(RBM(3)), "no parameters yet"),
        (lambda: ais(with_nan()), "W has 1 values that are NaN or infinite"),
        (lambda: log_partition(with_nan()), "W has 1 values that are NaN"),
        (lambda: ais(machine(6, 4)[0], n_chains=1), "n_chains is 1, expected at least 2"),
        (lambda: ais(machine(6, 4)[0], n_betas=0), "n_betas is 0, expected at least 3"),
        (lambda: reverse_ais(machine(6, 4)[0], np.full((5, 6), 0.5)), r"samples\[0, 0\] is 0.5"),
        (lambda: reverse_ais(machine(6, 4)[0], np.ones((1, 6))), "number of samples is 1"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_gaussian_units_have_no_pseudo_likelihood():
    rbm = RBM(3, visible="gaussian", random_state=0).fit(
        np.array([[1.0, -1.0], [-1.0, 1.0]]), epochs=0, batch_sz=2
    )
    with pytest.raises(ValueError, match="Bernoulli units, and the visible units are gaussian"):
        pseudo_likelihood(rbm, np.eye(2))


MACHINES = [
    (15, {"persistent": True}),
    (15, {}),
    (16, {"persistent": True}),
    (16, {"k": 5}),
    (17, {}),
    (17, {"persistent": True, "centring": True}),
    (18, {"k": 5}),
    (18, {"persistent": True}),
    (19, {"persistent": True, "centring": True}),
    (20, {"persistent": True}),
]


@pytest.mark.parametrize(
    ("seed", "M", "options"),
    [
        pytest.param(i, *machine, marks=pytest.mark.slow if i < 3 else pytest.mark.exhaustive)
        for i, machine in enumerate(MACHINES)
    ],
)
def test_annealing_agrees_with_enumeration_on_machines_trained_on_mnist(seed, M, options):
    grey = load_mnist_subset().X
    X = (np.random.default_rng(1).random(grey.shape) < grey).astype("float32")
    rbm = RBM(M, random_state=seed, dtype="float32")
    rbm.fit(X, epochs=10, learning_rate=0.05, visible_bias="data", monitor=None, **options)
    estimate = ais(rbm, X, n_chains=100, n_betas=10_000)
    distance = abs(estimate.log_Z - log_partition(rbm))
    assert distance < 3 * estimate.standard_error
    assert distance < 0.1
