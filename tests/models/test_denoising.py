"""Denoising auto-encoders: what training sees, and what it is good for."""

import pickle

import numpy as np
import pytensor.tensor as pt
import pytest
from autoencoder_in_numpy import eager_autoencoder, images
from on_backends import CORE_BACKENDS
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.utils import shuffle

from udl_pt import AutoEncoder, load_mnist_subset
from udl_pt.symbolic.corruption import gaussian, masking, salt_and_pepper


@pytest.mark.parametrize("backend", CORE_BACKENDS)
def test_each_batch_is_corrupted_anew_and_its_clean_rows_are_the_target(backend):
    X, chance = images(), np.random.RandomState(5)
    ae = AutoEncoder(5, corruption=masking(0.3), rng=np.random.RandomState(5), random_state=3)
    ae.fit(X, learning_rate=0.2, mu=0.8, epochs=3, batch_sz=25, backend=backend)
    expected = eager_autoencoder(
        X, 5, 3, 0.2, 0.8, 3, 25, "cross_entropy", 60, lambda x: x * (chance.random_sample(x.shape) < 0.7)
    )
    for got, value in zip(ae.params, expected, strict=True):
        np.testing.assert_allclose(got.get_value(), value, rtol=0, atol=1e-12)
    W, bh, _ = expected
    np.testing.assert_allclose(ae.hidden_op(X), expit(X @ W + bh), rtol=1e-10)


@pytest.mark.parametrize("kind", ["gaussian", "salt and pepper"])
def test_training_sees_the_corruption_that_it_is_given(kind):
    X, chance = images(), np.random.RandomState(5)

    def with_salt_and_pepper(x):
        u = chance.random_sample(x.shape)
        return np.where(u < 0.1, 0, np.where(u >= 0.9, 1, x))

    corruption, in_numpy = {
        "gaussian": (gaussian(0.3), lambda x: x + 0.3 * np.random.Generator(bits).standard_normal(x.shape)),
        "salt and pepper": (salt_and_pepper(0.2), with_salt_and_pepper),
    }[kind]
    bits = chance._bit_generator  # which the stream reads by NumPy's newer methods: another normal
    ae = AutoEncoder(5, corruption=corruption, rng=np.random.RandomState(5), random_state=3)
    ae.fit(X, learning_rate=0.2, mu=0.8, epochs=2, batch_sz=25)
    expected = eager_autoencoder(X, 5, 3, 0.2, 0.8, 2, 25, "cross_entropy", 60, in_numpy)
    for got, value in zip(ae.params, expected, strict=True):
        np.testing.assert_allclose(got.get_value(), value, rtol=0, atol=1e-12)


def test_denoising_brings_the_cost_down():
    X = images(200)
    ae = AutoEncoder(20, corruption=masking(0.3), rng=0, random_state=0)
    ae.fit(X, learning_rate=0.5, mu=0.9, epochs=30, batch_sz=20, cost_scale="batch")
    assert ae.costs[-1] < 0.95 * ae.costs[0]


@pytest.mark.slow
def test_more_hidden_units_than_pixels_are_of_more_use_when_learned_from_masked_pixels():
    """An overcomplete code could copy its input; one that has to fill in gaps can't."""
    data = load_mnist_subset()
    X, Y = data.X[:2000], data.Y[:2000]
    errors = []
    for corruption in (None, masking(0.5)):
        ae = AutoEncoder(1000, corruption=corruption, random_state=0, dtype="float32")
        ae.fit(X, learning_rate=0.1, mu=0.9, epochs=20, batch_sz=20, cost_scale="batch", monitor=None)
        labels = LogisticRegression(max_iter=1000).fit(ae.hidden_op(X), Y)
        errors.append(1 - labels.score(ae.hidden_op(data.Xtest), data.Ytest))
    assert errors[1] < errors[0] - 0.01, errors


@pytest.mark.core
@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_same_seed_same_masks_on_every_backend(backend):
    """A mask multiplies each value by a Bernoulli draw of p; the oracle draws with NumPy, in order."""

    def masking(X, stream):
        return X * stream.binomial(X.shape, p=0.7, dtype=X.dtype)

    X = images()
    ae = AutoEncoder(5, corruption=masking, rng=np.random.RandomState(7), random_state=3)
    ae.fit(X, learning_rate=0.2, mu=0.0, batch_sz=30, backend=backend, monitor=None)

    rs, draws = np.random.RandomState(3), np.random.RandomState(7)
    W, bh, bo = rs.randn(12, 5) / np.sqrt(17), np.zeros(5), np.zeros(12)
    shuffled = shuffle(X, random_state=rs)
    for j in range(2):
        x = shuffled[j * 30 : j * 30 + 30]
        noisy = x * (draws.random_sample(x.shape) < 0.7)
        z = expit(noisy @ W + bh)
        delta_o = (expit(z @ W.T + bo) - x) / 60
        delta_h = delta_o @ W * z * (1 - z)
        W, bh, bo = (
            W - 0.2 * (noisy.T @ delta_h + delta_o.T @ z),
            bh - 0.2 * delta_h.sum(axis=0),
            bo - 0.2 * delta_o.sum(axis=0),
        )
    np.testing.assert_allclose(ae.W.get_value(), W, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ae.hidden_op(X), expit(X @ W + bh), rtol=1e-10)


def test_random_state_seeds_the_masks_too():
    def fit(seed):
        ae = AutoEncoder(4, corruption=lambda X, s: X * s.binomial(X.shape, p=0.5), random_state=seed)
        return ae.fit(images(), batch_sz=20).W.get_value()

    np.testing.assert_array_equal(fit(5), fit(5))
    assert not np.allclose(fit(5), fit(6))


def halved(X, stream):
    return X * stream.binomial(X.shape, p=0.5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_corruption_draws_in_the_models_dtype_and_pickles(dtype):
    ae = AutoEncoder(4, corruption=halved, random_state=0, dtype=dtype).fit(images(), batch_sz=20)
    assert ae.W.get_value().dtype == dtype
    twin = pickle.loads(pickle.dumps(ae))
    np.testing.assert_array_equal(twin.hidden_op(images()), ae.hidden_op(images()))
    assert twin.rng.generator.random() == ae.rng.generator.random()


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.random.RandomState(np.random.PCG64(0)),
        lambda: np.random.Generator(np.random.RandomState(0)._bit_generator),
        lambda: np.random.default_rng(0),
    ],
)
def test_generators_of_all_kinds(make):
    def fit():
        ae = AutoEncoder(4, corruption=halved, random_state=make()).fit(images(), batch_sz=20)
        return ae.W.get_value()

    np.testing.assert_array_equal(fit(), fit())


def test_a_corruption_that_changes_the_shape_is_refused_before_anything_changes():
    X = np.random.RandomState(0).rand(6, 3)
    ae = AutoEncoder(2, corruption=lambda V, stream: pt.concatenate([V[:, :1], V], axis=1)).fit(X, epochs=0)
    W = ae.W
    with pytest.raises(ValueError, match=r"corruption is .* a batch of shape \(2, 3\) into \(2, 4\)"):
        ae.fit(X, batch_sz=2)
    assert ae.W is W
