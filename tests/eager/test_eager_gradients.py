"""The eager twins' gradients, against finite differences of costs that are written here."""

import numpy as np
import pytest
from parity import value
from scipy.special import expit, log_expit, log_softmax, xlog1py, xlogy
from twins import BATCH, CORE, UNITS, X, Y, random_parameters, stack, up

from udl_pt import eager
from udl_pt.symbolic.corruption import masking


def finite_differences(cost, arrays, h=1e-6):
    """Differentiate a cost of no arguments by the arrays that it reads."""
    gradients = [np.empty_like(array) for array in arrays]
    for array, gradient in zip(arrays, gradients, strict=True):
        for i in np.ndindex(array.shape):
            kept = array[i]
            array[i] = kept + h
            up = cost()
            array[i] = kept - h
            gradient[i] = (up - cost()) / (2 * h)
            array[i] = kept
    return gradients


def assert_gradients(got, cost, arrays):
    expected = finite_differences(cost, arrays)
    assert len(got) == len(expected)
    for g, e in zip(got, expected, strict=True):
        assert abs(e).max() > 1e-3
        np.testing.assert_allclose(value(g), e, rtol=0, atol=1e-8 * max(1, abs(e).max()))


@pytest.mark.parametrize("corruption", [None, masking(0.3)])
@pytest.mark.parametrize(
    ("cost", "hidden", "output"),
    [
        ("cross_entropy", "sigmoid", "sigmoid"),
        ("cross_entropy", "linear", "sigmoid"),
        ("squared_error", "sigmoid", "sigmoid"),
        ("squared_error", "linear", "sigmoid"),
        ("squared_error", "sigmoid", "linear"),
        ("squared_error", "linear", "linear"),
        ("cross_entropy", "relu", "sigmoid"),
        ("squared_error", "relu", "relu"),
    ],
)
def test_gradients_of_the_autoencoder(twins, cost, hidden, output, corruption):
    ae = twins.AutoEncoder(3, corruption=corruption, hidden=hidden, output=output, random_state=0)
    ae.fit(X, learning_rate=0.01, cost=cost, **BATCH)
    W, bh, bo = arrays = random_parameters(ae)
    x = X[:7]
    kept = np.random.default_rng(5).random(x.shape) < 0.7 if corruption else np.ones(x.shape)

    def total(seen):
        B = UNITS[hidden](seen @ W + bh) @ W.T + bo
        if cost == "squared_error":
            return ((UNITS[output](B) - x) ** 2).sum()
        return -(x * log_expit(B) + (1 - x) * log_expit(-B)).sum()

    ae.rng = ae.Streams(5)
    assert_gradients(ae._gradients(x, 0.1), lambda: 0.1 * total(x * kept), arrays)
    assert float(ae._called(ae._cost, x)) == pytest.approx(total(x), rel=1e-12)


@pytest.mark.parametrize(("k", "n_chains"), [(1, None), (3, None), (1, 4), (2, 7)])
def test_gradients_of_the_rbm_with_its_sample_held(twins, k, n_chains):
    """Those of ``mean F(v0) - mean F(v1)``; the oracle makes the draws itself, hidden units first."""
    options = {} if n_chains is None else {"persistent": True, "n_chains": n_chains}
    rbm = twins.RBM(3, random_state=0).fit(X, k=k, **options, **BATCH)
    W, c, b = arrays = random_parameters(rbm)
    v0, uniform = X[:7], np.random.default_rng(5).random
    H = None if n_chains is None else value(rbm.chains).copy()
    v1 = v0
    for _ in range(k):
        u_h, u_v = uniform((len(v1 if H is None else H), 3)), uniform((len(v1 if H is None else H), 6))
        if H is None:
            v1 = (u_v < expit((u_h < expit(v1 @ W + c)) @ W.T + b)) * 1.0
        else:
            v1 = (u_v < expit(H @ W.T + b)) * 1.0
            H = (u_h < expit(v1 @ W + c)) * 1.0

    def F(v):
        return -v @ b - np.logaddexp(0, v @ W + c).sum(axis=1)

    rbm.rng = rbm.Streams(5)
    assert_gradients(rbm._gradients(v0, 1 / 7), lambda: F(v0).mean() - F(v1).mean(), arrays)
    if H is not None:
        np.testing.assert_array_equal(value(rbm.chains), H)
    np.testing.assert_allclose(rbm.free_energy(v0), F(v0), rtol=1e-12)
    v_hat = expit(expit(v0 @ W + c) @ W.T + b)
    expected = -(xlogy(v0, v_hat) + xlog1py(1 - v0, -v_hat)).sum()
    assert float(rbm._called(rbm._cost, v0)) == pytest.approx(expected, rel=1e-12)


STACKS = pytest.mark.parametrize(
    ("sizes", "kinds"),
    [
        ([5], ["autoencoder"]),
        ([5, 3], ["rbm", "autoencoder"]),
        ([5, 4, 3], ["autoencoder", "linear", "autoencoder"]),
        ([5, 4, 3], ["relu", "relu", "autoencoder"]),
    ],
)


@pytest.mark.parametrize("reg", [0.0, 0.05])
@STACKS
def test_gradients_of_the_network(twins, sizes, kinds, reg):
    dnn, arrays = stack(twins, sizes, kinds)
    (W, b, *forward), x, y = arrays, X[:7], Y[:7]

    def mean_cost():
        return -log_softmax(up(x, forward, kinds) @ W + b, axis=1)[np.arange(7), y].mean()

    def cost():
        return mean_cost() + reg * sum((p**2).sum() for p in arrays)

    assert_gradients(dnn._gradients(x, y, reg, 1 / 7), cost, arrays)
    assert float(dnn._called(lambda x: dnn._cost(x, y), x)) == pytest.approx(7 * mean_cost(), rel=1e-12)


@STACKS
def test_the_input_gradient_and_the_fast_gradient_sign(twins, sizes, kinds):
    dnn, (W, b, *forward) = stack(twins, sizes, kinds)
    x, y = X[:7].copy(), Y[:7]

    def cost():
        return -log_softmax(up(x, forward, kinds) @ W + b, axis=1)[np.arange(7), y].sum()

    (expected,) = finite_differences(cost, [x])
    gradient = twins.input_gradient(dnn, x, y)
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-8)
    assert abs(expected).min() > 1e-8
    changed = twins.fast_gradient_sign(dnn, x, y, 0.25)
    np.testing.assert_allclose(changed, np.clip(x + 0.25 * np.sign(expected), 0, 1), rtol=1e-15)


@CORE
@STACKS
@pytest.mark.parametrize("k", [0, 2])
def test_the_gradient_of_a_unit_by_the_input(sizes, kinds, k):
    dnn, (_, _, *forward) = stack(eager, sizes, kinds)
    dbn = eager.DBN(sizes)
    dbn.hidden_layers = dnn.hidden_layers
    x, (*below, W, b) = np.random.RandomState(2).randn(1, 6), forward

    def cost():
        return -log_expit(up(x, below, kinds[:-1])[0] @ W[:, k] + b[k])

    assert_gradients([dbn._gradient_of_unit(x, k)], cost, [x])
    assert dbn._cost_of_unit(x, k) == pytest.approx(cost(), rel=1e-12)
