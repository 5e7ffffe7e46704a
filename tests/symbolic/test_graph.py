"""Corruption: what its draws are, and what its gradient is on average; directions of small gradients."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from on_backends import CORE_BACKENDS
from scipy import stats
from scipy.optimize import approx_fprime
from scipy.special import log_softmax, logsumexp, softmax

from udl_pt import AutoEncoder, RandomStreams
from udl_pt.backends import Function
from udl_pt.symbolic.corruption import gaussian, masking, salt_and_pepper
from udl_pt.symbolic.costs import log_odds_against
from udl_pt.symbolic.expressions import normalise_rows, rectified


def corrupted(corruption, X, seed=0):
    x, stream = pt.matrix("x", dtype=X.dtype), RandomStreams(seed)
    f = pytensor.function([x], corruption(x, stream), updates=stream.updates())
    first, second = f(X), f(X)
    assert first.dtype == X.dtype
    assert not np.array_equal(first, second)
    return first


@pytest.mark.core
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_masking_keeps_values_or_sets_them_to_zero(dtype):
    X = np.random.default_rng(0).uniform(0.1, 1, (200, 100)).astype(dtype)
    seen = corrupted(masking(0.3), X)
    kept = seen == X
    np.testing.assert_array_equal(seen[~kept], 0)
    assert stats.binomtest(int(kept.sum()), kept.size, 0.7).pvalue > 0.01
    # pixels are independent: rows keep as many as a binomial distribution says
    assert kept.sum(axis=1).var() == pytest.approx(100 * 0.7 * 0.3, rel=0.3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gaussian_noise_is_normal_and_of_its_standard_deviation(dtype):
    X = np.random.default_rng(0).uniform(0, 1, (100, 100)).astype(dtype)
    noise = (corrupted(gaussian(0.3), X) - X).ravel()
    assert stats.kstest(noise, stats.norm(0, 0.3).cdf).pvalue > 0.01


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_salt_and_pepper_are_alike_and_together_of_probability_p(dtype):
    X = np.full((200, 100), 0.5, dtype)
    seen = corrupted(salt_and_pepper(0.1), X)
    counts = [(seen == value).sum() for value in (0, 0.5, 1)]
    assert stats.chisquare(counts, np.array([0.05, 0.9, 0.05]) * X.size).pvalue > 0.01


def test_nothing_and_everything():
    X = np.random.default_rng(0).uniform(0.1, 0.9, (5, 4))
    x, stream = pt.matrix("x"), RandomStreams(0)
    for corruption, expected in [
        (masking(0), X),
        (masking(1), 0 * X),
        (gaussian(0), X),
        (salt_and_pepper(0), X),
    ]:
        np.testing.assert_array_equal(corruption(x, stream).eval({x: X}), expected)
    assert set(np.unique(salt_and_pepper(1)(x, stream).eval({x: X}))) <= {0.0, 1.0}


def test_the_mean_gradient_of_a_masked_linear_autoencoder_is_that_of_the_expected_cost():
    """E ||x - (m x)A||^2 = ||x - q xA||^2 + q (1 - q) sum_i x_i^2 ||A_i||^2 with A = WW' and q kept."""
    q, copies, rs = 0.7, 40_000, np.random.RandomState(0)
    row, W = rs.rand(5), 0.5 * rs.randn(5, 3)
    ae = AutoEncoder(3, hidden="linear", output="linear", random_state=0, dtype="float64")
    ae.fit(np.tile(row, (2, 1)), epochs=0, cost="squared_error")
    ae.W.set_value(W)
    x, stream = pt.matrix("x", dtype="float64"), RandomStreams(1)
    cost = ((x - ae.forward_output(masking(1 - q)(x, stream))) ** 2).sum() / copies
    slope = pytensor.grad(cost, ae.W)
    gradient = pytensor.function([x], slope, updates=stream.updates(), mode="FAST_COMPILE")
    drawn = np.array([gradient(np.tile(row, (copies, 1))) for _ in range(10)])

    def expected_cost(w, q=q):
        A = w.reshape(5, 3) @ w.reshape(5, 3).T
        return ((row - q * row @ A) ** 2).sum() + q * (1 - q) * (row**2 * (A**2).sum(axis=1)).sum()

    expected = approx_fprime(W.ravel(), expected_cost, 1e-7).reshape(5, 3)
    error = drawn.std(axis=0, ddof=1) / np.sqrt(len(drawn))
    assert (abs(drawn.mean(axis=0) - expected) < 4 * error + 1e-6).all()
    clean = approx_fprime(W.ravel(), expected_cost, 1e-7, 1.0).reshape(5, 3)
    assert abs(expected - clean).max() > 100 * error.max()


def foreign_mask(X, stream):
    _, drawn = pt.random.shared_rng(seed=0).bernoulli(0.5, size=X.shape)
    return X * drawn.astype(X.dtype)


def foreign_noise_in_a_loop(X, stream):
    rng = pt.random.shared_rng(seed=0)
    rows = pytensor.scan(lambda row: row + rng.normal(size=row.shape)[1], sequences=[X], return_updates=False)
    return rows.astype(X.dtype)


@pytest.mark.filterwarnings("ignore:Setting default_update is deprecated:DeprecationWarning")
def test_corruptions_with_a_stream_of_ones_own_draw_anew():
    mine, rng = RandomStreams(3), pytensor.shared(np.random.default_rng(5))
    next_rng, noise = pt.random.normal(size=(2, 3), rng=rng, return_next_rng=True)
    rng.default_update = next_rng
    for corruption in (lambda X, stream: X + mine.normal(X.shape), lambda X, stream: X + noise):
        AutoEncoder(3, corruption=corruption)
        X = pt.dmatrix("X")
        f = Function([X], corruption(X, None), backend="numba", name="corrupted")
        assert abs(f(np.zeros((2, 3))) - f(np.zeros((2, 3)))).min() > 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AutoEncoder(3, corruption=foreign_noise_in_a_loop), "draws the same numbers for each batch"),
        (lambda: masking(1.5), "p is 1.5, expected a finite number from 0 to 1"),
        (lambda: gaussian(-0.1), "sd is -0.1"),
        (lambda: salt_and_pepper("some"), "p is 'some', expected a finite number"),
        (lambda: AutoEncoder(3, corruption=0.3), "corruption is 0.3, expected a function"),
        (
            lambda: AutoEncoder(3, corruption=masking),
            r"corruption is .*, expected a function .*masking\(0.3\)",
        ),
        (lambda: AutoEncoder(3, corruption=lambda X, stream: None), "expected a function .*it returns None"),
        (
            lambda: AutoEncoder(3, corruption=lambda X, stream: X.sum(axis=1)),
            "expected a function .*it returns",
        ),
        (
            lambda: AutoEncoder(3, corruption=foreign_mask),
            "which draws the same numbers for each batch",
        ),
        (
            lambda: AutoEncoder(3, corruption=lambda X, stream: foreign_mask(masking(0.3)(X, stream), None)),
            "its random state is never advanced",
        ),
        (lambda: AutoEncoder(3, hidden="tanh"), "hidden is 'tanh', expected one of .*'relu'"),
    ],
)
def test_bad_corruption_and_units(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_linear_outputs_have_no_cross_entropy():
    with pytest.raises(ValueError, match=r"cost is 'cross_entropy', but .* are not probabilities"):
        AutoEncoder(3, output="linear").fit(np.zeros((100, 4)))


@pytest.mark.parametrize("backend", CORE_BACKENDS)
def test_rectified_units_are_flat_up_to_zero_and_hide_nothing(backend):
    A = pt.matrix("A", dtype="float32")
    Z = rectified(A)
    function = Function([A], [Z, pytensor.grad(Z.sum(), A)], backend=backend)
    values = np.array([[-2, -0.0, 0, 3e-38, 3, np.inf, -np.inf, np.nan]], "float32")
    seen, slopes = function(values)
    assert seen.dtype == slopes.dtype == "float32"
    np.testing.assert_array_equal(seen, np.maximum(values, 0))
    np.testing.assert_array_equal(slopes[0, :-1], [0, 0, 0, 1, 1, 1, 0])


@pytest.mark.parametrize("backend", CORE_BACKENDS)
@pytest.mark.parametrize(("dtype", "tiny"), [("float32", 1e-36), ("float64", 1e-300)])
def test_rows_of_length_one_however_small_they_were(backend, dtype, tiny):
    rows = np.random.RandomState(0).randn(4, 6) * np.array([[1], [0], [tiny], [tiny**0.5]])
    kept = np.array([1, 0, 1, 1, 0, 1])
    G, mask = pt.matrix("G", dtype=dtype), pt.matrix("mask", dtype=dtype)
    dropped = G * mask / np.asarray(0.8, dtype)  # a product, which rewrites draw out of the quotient
    scaled = Function([G, mask], normalise_rows(dropped), backend=backend)
    seen = scaled(rows.astype(dtype), np.tile(kept, (4, 1)).astype(dtype))
    expected = kept * rows / [[1], [np.inf], [tiny], [tiny**0.5]]
    lengths = np.linalg.norm(expected, axis=1, keepdims=True)
    expected = np.divide(expected, lengths, out=np.zeros_like(expected), where=lengths > 0)
    np.testing.assert_allclose(seen, expected, rtol=0, atol=1e-6 if dtype == "float32" else 1e-14)


@pytest.mark.parametrize(("dtype", "largest"), [("float32", 80), ("float64", 700)])
def test_the_softplus_of_a_lead_is_a_cost_whose_gradient_keeps_its_direction(dtype, largest):
    logits = np.random.RandomState(0).randn(5, 4)
    labels = np.array([0, 1, 2, 3, 0], "int32")
    own = np.eye(4, dtype=bool)[labels]
    logits += own * np.array([[-5], [0], [5], [20], [largest]])
    A, T = pt.matrix("A", dtype=dtype), pt.ivector("T")
    J = pt.softplus(log_odds_against(T, A, 4))
    cost, gradient = Function([A, T], [J, pytensor.grad(J.sum(), A)], backend="jax")(
        logits.astype(dtype), labels
    )
    others = np.where(own, -np.inf, logits)
    against = logsumexp(others, axis=1) - logits[own]
    np.testing.assert_allclose(cost[:3], -log_softmax(logits, axis=1)[own][:3], rtol=1e-5)
    np.testing.assert_allclose(cost[3:], np.exp(against[3:]), rtol=1e-4)
    right = np.exp(-np.logaddexp(0, -against))[:, None] * np.where(own, -1, softmax(others, axis=1))
    np.testing.assert_allclose(gradient, right, rtol=1e-4)
