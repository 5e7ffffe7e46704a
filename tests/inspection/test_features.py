"""What drives hidden units: closed forms, SciPy's minimisers, and a forward pass in NumPy."""

import copy

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from udl_pt import DBN, DNN, PCA, RBM, AutoEncoder
from udl_pt._support.exceptions import DivergenceError, NotFittedError
from udl_pt.inspection.features import first_layer_features, maximize, strongest_images

D, SIZES = 9, (6, 4)
X = np.random.RandomState(0).rand(40, D)


@pytest.fixture(scope="module")
def dbn():
    """Return a stack of weights large enough for units to differ in what they look for."""
    dbn = DBN(SIZES, random_state=0, dtype="float64").fit(X, 0, backend="jax")
    rs = np.random.RandomState(1)
    for layer in dbn.hidden_layers:
        for p in layer.forward_params:
            p.set_value(rs.randn(*p.get_value().shape))
    return dbn


def logits(dbn, x, layer):
    """Return a layer's logits, in NumPy."""
    for number, (W, b) in enumerate(
        [p.get_value() for p in layer.forward_params] for layer in dbn.hidden_layers
    ):
        a = x @ W + b
        if number == layer:
            return a
        x = expit(a)


def cost(dbn, x, layer, unit, objective):
    h = expit(logits(dbn, x, layer))
    off = np.log1p(-h).sum() - np.log1p(-h[unit]) if objective == "only" else 0
    return -np.log(h[unit]) - off


def test_the_first_layer_has_a_closed_form_that_no_direction_beats(dbn):
    best = first_layer_features(dbn)
    assert best.shape == (SIZES[0], D)
    np.testing.assert_allclose(np.linalg.norm(best, axis=1), 1)
    largest = np.diag(logits(dbn, best, 0))
    others = np.random.RandomState(2).randn(20_000, D)
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    assert (logits(dbn, others, 0) < largest).all()
    np.testing.assert_array_equal(first_layer_features(dbn.hidden_layers[0]), best)


def test_features_in_the_shape_of_images(dbn):
    first = first_layer_features(dbn)
    for shape in ((D, 1), (1, D)):
        np.testing.assert_array_equal(first_layer_features(dbn, shape), first.reshape(-1, *shape))
        made = maximize(dbn, 0, units=[0, 2], steps=2, image_shape=shape)
        np.testing.assert_array_equal(made, maximize(dbn, 0, units=[0, 2], steps=2).reshape(2, *shape))
        again = maximize(dbn, 0, units=[0, 2], steps=2, start=made)
        np.testing.assert_array_equal(
            again, maximize(dbn, 0, units=[0, 2], steps=2, start=made.reshape(2, D))
        )
        np.testing.assert_array_equal(
            strongest_images(dbn, 0, X.reshape(-1, *shape), 3), strongest_images(dbn, 0, X, 3)
        )
    for call in (
        lambda: first_layer_features(dbn, (D, 2)),
        lambda: maximize(dbn, 0, image_shape=(D, 2)),
    ):
        with pytest.raises(ValueError, match=rf"image_shape is \({D}, 2\)"):
            call()


def test_a_unit_without_weights_looks_for_nothing():
    ae = AutoEncoder.createFromArrays(np.zeros((3, 2)), np.zeros(2), np.zeros(3))
    np.testing.assert_array_equal(first_layer_features(ae), np.zeros((2, 3)))


def test_climbing_on_the_sphere_comes_to_the_closed_form(dbn):
    climbed = maximize(dbn, 0, objective="unit", constraint="unit norm", tol=0)
    np.testing.assert_allclose(climbed, first_layer_features(dbn), atol=1e-3)


def test_climbing_in_the_box_comes_to_the_pixels_that_pull_up(dbn):
    climbed = maximize(dbn, 0, objective="unit", constraint="box", tol=0)
    W = dbn.hidden_layers[0].W.get_value()
    np.testing.assert_allclose(climbed, (W.T > 0).astype(float), atol=1e-3)


def test_an_l2_term_bounds_the_input(dbn):
    l2 = 0.05
    climbed = maximize(dbn, 0, [1, 5], objective="unit", l2=l2, tol=0)
    for x, unit in zip(climbed, (1, 5), strict=True):
        found = minimize(lambda x, j=unit: cost(dbn, x, 0, j, "unit") + l2 * x @ x, np.zeros(D), tol=1e-10)
        np.testing.assert_allclose(x, found.x, atol=5e-3)


@pytest.mark.parametrize("objective", ["only", "unit"])
def test_above_the_first_layer_it_comes_as_far_as_scipys_minimiser_from_the_same_start(dbn, objective):
    start = np.random.RandomState(3).rand(SIZES[1], D)
    climbed = maximize(dbn, 1, objective=objective, constraint="box", start=start, tol=0)
    assert ((climbed >= 0) & (climbed <= 1)).all()
    for unit, (x, x0) in enumerate(zip(climbed, start, strict=True)):
        found = minimize(lambda x, j=unit: cost(dbn, x, 1, j, objective), x0, bounds=[(0, 1)] * D)
        assert cost(dbn, x, 1, unit, objective) <= found.fun + 1e-3


def test_only_means_that_the_others_of_the_layer_are_off(dbn):
    own, others = {}, {}
    for objective in ("unit", "only"):
        h = expit(logits(dbn, maximize(dbn, -1, objective=objective, constraint="box"), 1))
        own[objective] = np.diag(h).mean()
        others[objective] = (h.sum() - np.trace(h)) / (h.size - len(h))
    assert own["unit"] > own["only"]
    assert others["unit"] > others["only"] + 0.05


def test_units_climb_independently_of_each_other(dbn):
    start = np.random.RandomState(4).rand(SIZES[1], D)
    together = maximize(dbn, 1, start=start, steps=100)
    for unit in range(SIZES[1]):
        alone = maximize(dbn, 1, unit, start=start[[unit]], steps=100)
        np.testing.assert_allclose(alone[0], together[unit], atol=1e-8)


def test_a_saturated_start_is_left(dbn):
    far = np.full((1, D), 60.0)  # all units of the first layer are within 1e-9 of 0 or 1
    climbed = maximize(dbn, 1, 2, start=far)
    assert cost(dbn, climbed[0], 1, 2, "only") < cost(dbn, far[0], 1, 2, "only") - 0.5


def test_a_climb_gives_the_same_images_each_time_and_leaves_the_global_generator_alone(dbn):
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    np.testing.assert_array_equal(maximize(dbn, 1, steps=20), maximize(dbn, 1, steps=20))
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    np.random.seed(0)
    start = np.random.randn(SIZES[1], D) / np.sqrt(SIZES[1] + D)
    np.testing.assert_array_equal(maximize(dbn, 1, steps=20, start=start), maximize(dbn, 1, steps=20))


@pytest.mark.core
@pytest.mark.parametrize(
    ("backend", "dtype"),
    [
        pytest.param("numba", "float64", marks=pytest.mark.slow),
        pytest.param("c", "float32", marks=pytest.mark.slow),
        ("jax", "float32"),
    ],
)
def test_backends_climb_alike(backend, dtype):
    rs = np.random.RandomState(6)
    arrays = [(rs.randn(D, 5), rs.randn(5), np.zeros(D)), (rs.randn(5, 3), rs.randn(3), np.zeros(5))]
    dbn = DBN([5, 3], RBM, dtype=dtype)
    dbn.hidden_layers = [RBM.createFromArrays(*(a.astype(dtype) for a in given)) for given in arrays]
    dbn.fit(X, keep_layers=True, backend=backend)
    start = rs.rand(3, D)
    expected = start.copy()
    for unit in range(3):  # a row at a time, gradients by differences
        x, v = start[unit].copy(), np.zeros(D)
        for _ in range(50):
            each = np.eye(D) * 1e-6
            g = np.array(
                [(cost(dbn, x + e, 1, unit, "only") - cost(dbn, x - e, 1, unit, "only")) / 2e-6 for e in each]
            )
            moved = np.clip(x + 0.9 * v - 0.1 * g / np.linalg.norm(g), 0, 1)
            x, v = moved, moved - x
        expected[unit] = x
    climbed = maximize(dbn, 1, start=start, constraint="box", steps=50)
    assert climbed.dtype == dtype
    np.testing.assert_allclose(climbed, expected, atol=1e-5 if dtype == "float64" else 2e-3)


def test_strongest_images_are_those_with_the_largest_activations(dbn):
    many = np.random.RandomState(7).rand(2500, D)  # more than a chunk
    a = logits(dbn, many, 1)
    np.testing.assert_array_equal(strongest_images(dbn, 1, many, 5), np.argsort(-a, axis=0)[:5].T)
    np.testing.assert_array_equal(
        strongest_images(dbn, 0, many, 1), logits(dbn, many, 0).argmax(axis=0)[:, None]
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: maximize(m, 2), ValueError, "layer is 2, but there are 2 hidden layers, 0 to 1"),
        (lambda m: maximize(m, -3), ValueError, "layer is -3, expected at least -2"),
        (lambda m: maximize(m, "top"), TypeError, "layer is 'top', expected an integer"),
        (lambda m: maximize(m, 1, 4), ValueError, "units has 4, .*hidden layer 1 has units 0 to 3"),
        (
            lambda m: maximize(m, 1, [0, -1]),
            ValueError,
            r"units is \[0, -1\], .*one is -1, expected at least 0",
        ),
        (lambda m: maximize(m, 1, 0.5), TypeError, "units is .*0.5"),
        (lambda m: maximize(m, 1, []), ValueError, "units is empty"),
        (
            lambda m: maximize(m, 1, objective="all"),
            ValueError,
            "objective is 'all', expected one of 'only', 'unit'",
        ),
        (
            lambda m: maximize(m, 1, constraint="cube"),
            ValueError,
            "constraint is 'cube', expected one of None",
        ),
        (
            lambda m: maximize(m, 1, 0, start=X),
            ValueError,
            "start has 40 rows, expected one for each of 1 units",
        ),
        (lambda m: maximize(m, 1, 0, start=X[:1, 1:]), ValueError, "start has 8 features, expected 9"),
        (lambda m: maximize(m, 1, l2=-1), ValueError, "l2 is -1"),
        (lambda m: maximize(m, 1, mu=2), ValueError, "mu is 2"),
        (lambda m: maximize(m, 1, steps=0), ValueError, "steps is 0"),
        (lambda m: strongest_images(m, 1, X, 41), ValueError, "n is 41, but there are only 40 images"),
        (lambda m: strongest_images(m, 1, X[:, 1:]), ValueError, "X has 8 features, expected 9"),
        (lambda m: first_layer_features(DBN([3])), NotFittedError, "DBN has no parameters yet"),
        (lambda m: maximize(np.ones(3), 0), TypeError, "expected an AutoEncoder, RBM, DBN, DNN"),
        (lambda m: m.fit_to_input(4), ValueError, "k is 4, but the last layer has units 0 to 3"),
        (lambda m: m.fit_to_input(-1), ValueError, "k is -1"),
        (lambda m: m.fit_to_input(0, mu=1.5), ValueError, "mu is 1.5"),
        (lambda m: m.fit_to_input(0, "fast"), TypeError, "learning_rate is 'fast'"),
        (
            lambda m: first_layer_features(PCA(2).fit(X)),
            TypeError,
            "model is a PCA, which has no hidden layers",
        ),
        (lambda m: DBN([3]).fit_to_input(0), NotFittedError, "DBN has no parameters yet"),
    ],
)
def test_bad_input(dbn, call, error, message):
    state = dbn._generator.get_state()[1].copy()
    with pytest.raises(error, match=message):
        call(dbn)
    np.testing.assert_array_equal(dbn._generator.get_state()[1], state)


def test_linear_units_have_no_largest_value():
    ae = AutoEncoder(3, hidden="linear", random_state=0).fit(X, epochs=0, backend="jax")
    with pytest.raises(TypeError, match=r"hidden layer 0 is AutoEncoder\(3\), .*of sigmoid units"):
        maximize(ae, 0)
    dbn = DBN([3], lambda M, **options: AutoEncoder(M, hidden="linear", **options), random_state=0)
    with pytest.raises(TypeError, match="without sigmoid units"):
        dbn.fit(X, 0, backend="jax").fit_to_input(0)


def test_parameters_that_are_not_numbers_are_named():
    ae = AutoEncoder.createFromArrays(np.ones((3, 2)), np.zeros(2), np.zeros(3))
    ae.bh.set_value(np.array([0, np.nan]))
    with pytest.raises(
        ValueError, match=r"costs of 2 units \(such as 0\) of hidden layer 0 are not finite at the start"
    ):
        maximize(ae, 0, objective="unit")


def test_the_authors_way_lowers_its_cost_and_stops_when_it_is_lost(dbn):
    dbn = copy.deepcopy(dbn)
    image = dbn.fit_to_input(2, learning_rate=0.5, epochs=200)
    assert image.shape == (1, D)
    assert len(dbn.costs) == 200
    assert cost(dbn, image[0], 1, 2, "unit") < dbn.costs[-1] < dbn.costs[0]
    dbn.hidden_layers[1].bh.set_value(np.full(4, np.nan))
    with pytest.raises(DivergenceError, match="unit 2 is not finite in epoch 1:"):
        dbn.fit_to_input(2, epochs=3)


def test_a_networks_features_follow_its_parameters(data):
    dnn = DNN([5, 4], random_state=0).fit(*data, pretrain=False, batch_sz=20, backend="jax")
    before = maximize(dnn, 1, steps=50)
    dnn.fit(*data, pretrain=False, batch_sz=20, learning_rate=1.0, epochs=5, backend="jax")
    assert not np.allclose(maximize(dnn, 1, steps=50), before)


def test_the_closed_form_of_a_machine_that_has_learned_variances():
    rbm = RBM(4, visible="gaussian", learn_variance=True, random_state=0)
    rbm.fit((X - X.mean(axis=0)) / X.std(axis=0), batch_sz=20, backend="jax")
    rbm.z.set_value(np.linspace(-2, 2, D))
    best = first_layer_features(rbm)
    W = rbm.W.get_value() / np.exp(rbm.z.get_value())[:, None]
    np.testing.assert_allclose(best, (W / np.linalg.norm(W, axis=0)).T)
    others = np.random.RandomState(2).randn(20_000, D)
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    assert (rbm.forward_hidden(others) < np.diag(rbm.forward_hidden(best))).all()


def test_a_climb_never_ends_below_its_start(dbn):
    start = maximize(dbn, 1, constraint="box", tol=0)
    for steps, rate in ((1, 5.0), (10, 0.1), (60, 1.0)):
        climbed = maximize(dbn, 1, constraint="box", start=start, steps=steps, learning_rate=rate)
        for unit in range(SIZES[1]):
            assert cost(dbn, climbed[unit], 1, unit, "only") <= cost(dbn, start[unit], 1, unit, "only") + 1e-9


def test_layers_that_replace_others_are_the_ones_looked_at(dbn):
    other = copy.deepcopy(dbn)
    maximize(other, 0, steps=1)
    other.hidden_layers[0] = copy.deepcopy(other.hidden_layers[0])
    W = np.random.default_rng(0).normal(size=other.hidden_layers[0].W.get_value().shape)
    other.hidden_layers[0].W.set_value(W)
    np.testing.assert_allclose(
        first_layer_features(other), W.T / np.linalg.norm(W, axis=0)[:, None], rtol=1e-12
    )
    start = np.zeros((1, len(W)))
    climbed = maximize(other, 0, 0, objective="unit", start=start, steps=1, learning_rate=1.0, mu=0.0)
    np.testing.assert_allclose(climbed[0], W[:, 0] / np.linalg.norm(W[:, 0]), rtol=1e-9)
