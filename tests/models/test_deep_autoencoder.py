"""The deep auto-encoder, against NumPy."""

import copy
import pickle
from functools import partial

import numpy as np
import pytensor.tensor as pt
import pytest
from on_backends import CORE_BACKENDS
from scipy.special import expit
from sklearn.utils import shuffle

from udl_pt import PCA, RBM, AutoEncoder, DeepAutoEncoder, DivergenceError
from udl_pt.callbacks import UpdateSizes
from udl_pt.symbolic.corruption import masking

X = np.random.RandomState(0).rand(60, 10)
FAST = {"batch_sz": 20, "pretrain_options": {"batch_sz": 20}}


def rebuilt(params, X, n=2):
    """The network in NumPy: sigmoids but for the code; all that its units give, the rows themselves first."""
    values = [X]
    for i in range(2 * n):
        a = values[-1] @ params[2 * i] + params[2 * i + 1]
        values.append(a if i == n - 1 else expit(a))
    return values


def by_hand(params, X, *, learning_rate, mu, epochs, batch_sz, cost, weight_decay, rs):
    """Backpropagation of the unrolled network in NumPy."""
    velocities = [0 * p for p in params]
    for _ in range(epochs):
        X = shuffle(X, random_state=rs)
        for j in range(len(X) // batch_sz):
            x = X[j * batch_sz : (j + 1) * batch_sz]
            values = rebuilt(params, x)
            y, gradients = values[-1], []
            delta = (y - x if cost == "cross_entropy" else 2 * (y - x) * y * (1 - y)) / batch_sz
            for i in reversed(range(4)):
                gradients = [values[i].T @ delta, delta.sum(axis=0), *gradients]
                delta = delta @ params[2 * i].T
                if i != 2:  # the code is linear
                    delta = delta * values[i] * (1 - values[i])
            for i in (0, 2, 4, 6):
                gradients[i] = gradients[i] + weight_decay * params[i]
            velocities = [mu * v - learning_rate * g for v, g in zip(velocities, gradients, strict=True)]
            params = [p + v for p, v in zip(params, velocities, strict=True)]
    return params


@pytest.mark.parametrize("backend", CORE_BACKENDS)
@pytest.mark.parametrize(("cost", "weight_decay"), [("cross_entropy", 0.0), ("squared_error", 0.02)])
def test_fine_tuning_equals_backpropagation_by_hand(backend, cost, weight_decay):
    options = {"learning_rate": 0.1, "mu": 0.7, "epochs": 2, "batch_sz": 20}
    options |= {"cost": cost, "weight_decay": weight_decay}
    start = DeepAutoEncoder([6, 3], random_state=4).fit(X, pretrain_options={"batch_sz": 20}, epochs=0)
    params = [p.get_value() for p in start.params]
    deep = DeepAutoEncoder([6, 3], random_state=4)
    deep.fit(X, **options, pretrain_options={"batch_sz": 20}, backend=backend)
    expected = by_hand(params, X, **options, rs=start._generator)
    for got, value in zip(deep.params, expected, strict=True):
        np.testing.assert_allclose(got.get_value(), value, rtol=0, atol=1e-12)
    _, _, code, _, output = rebuilt(expected, X)
    np.testing.assert_allclose(deep.encode(X), code, rtol=1e-9)
    np.testing.assert_allclose(deep.decode(code), output, rtol=1e-9)
    np.testing.assert_allclose(deep.forward(X), output, rtol=1e-9)
    np.testing.assert_allclose(deep.reconstruction_error(X), ((X - output) ** 2).sum() / 60, rtol=1e-9)
    if cost == "squared_error":  # what is recorded is without the weights
        np.testing.assert_allclose(deep.costs[-1], deep.reconstruction_error(X), rtol=1e-9)


def test_unrolled_it_gives_what_the_layers_give():
    for model in (AutoEncoder, RBM):
        deep = DeepAutoEncoder([6, 3], model, random_state=0).fit(X, **FAST, epochs=0)
        first, code = deep.hidden_layers
        assert isinstance(first, model)
        assert (code.hidden, code.output) == ("linear", "sigmoid")
        down = first.backward(code.backward(code.hidden_op(first.hidden_op(X))))
        np.testing.assert_allclose(deep.forward(X), down, rtol=1e-10)
        # the decoder's are copies
        codes, before = deep.encode(X), deep.forward(X)
        for layer in (first, code):
            for p in layer.params:
                p.set_value(p.get_value() + 9)
        np.testing.assert_array_equal(deep.decode(codes), before)
        assert not np.allclose(deep.encode(X), codes)  # the encoder's are the layers' own


def test_symbolic_in_symbolic_out():
    deep = DeepAutoEncoder([6, 3], random_state=0).fit(X, **FAST, epochs=0)
    x, z = pt.matrix("x"), pt.matrix("z")
    np.testing.assert_allclose(deep.encode(x).eval({x: X}), deep.encode(X), rtol=1e-10)
    np.testing.assert_allclose(deep.forward(x).eval({x: X}), deep.forward(X), rtol=1e-10)
    Z = 5 * np.random.RandomState(1).randn(7, 3)  # any numbers are codes
    np.testing.assert_allclose(deep.decode(z).eval({z: Z}), deep.decode(Z), rtol=1e-10)


def test_it_rebuilds_better_than_principal_components():
    t = np.random.RandomState(0).uniform(-1, 1, 400)
    curve = 0.5 + 0.4 * np.column_stack([np.sin(3 * t + i) for i in range(8)])
    deep = DeepAutoEncoder([20, 1], random_state=0)
    deep.fit(curve, learning_rate=0.05, epochs=400, batch_sz=50, pretrain_epochs=20, cost="squared_error")
    assert deep.reconstruction_error(curve) < 0.3 * PCA(1).fit(curve).reconstruction_error(curve)


def test_it_is_repeated_by_a_seed_and_can_be_copied():
    make = lambda: DeepAutoEncoder([6, 3], corruption=masking(0.3), random_state=0).fit(X, **FAST)  # noqa: E731
    deep = make()
    for twin in (make(), copy.deepcopy(deep), pickle.loads(pickle.dumps(deep))):
        np.testing.assert_array_equal(twin.forward(X), deep.forward(X))


@pytest.mark.parametrize("backend", [pytest.param("numba", marks=pytest.mark.slow), "jax"])
def test_no_upcast(backend):
    deep = DeepAutoEncoder([4, 2], dtype="float32").fit(X, **FAST, weight_decay=0.1, backend=backend)
    assert {p.get_value().dtype.name for p in deep.params + deep.dparams} == {"float32"}
    assert deep.forward(X).dtype == "float32"


def test_linear_outputs_rebuild_any_numbers_by_squared_error():
    far = 3 * X - 1
    linear = [partial(AutoEncoder, output="linear")]
    gaussian = partial(RBM, visible="gaussian")
    standard = (X - X.mean(axis=0)) / X.std(axis=0)
    for model, data, options in [(linear, far, {"cost": "squared_error"}), (gaussian, standard, {})]:
        deep = DeepAutoEncoder([6, 3], model, random_state=0)
        with pytest.raises(ValueError, match=r"cost is 'cross_entropy', but .* are not probabilities"):
            deep.fit(data, **FAST)
        layers = [{"batch_sz": 20, "learning_rate": 0.01, **options}, {"batch_sz": 20}]
        deep.fit(data, batch_sz=20, epochs=20, pretrain_options=layers, cost="squared_error")
        W1, b1, W2, b2, V2, c2, V1, c1 = (p.get_value() for p in deep.params)
        output = expit((expit(data @ W1 + b1) @ W2 + b2) @ V2 + c2) @ V1 + c1
        np.testing.assert_allclose(deep.forward(data), output, rtol=1e-9)
        np.testing.assert_allclose(deep.costs[-1], ((data - output) ** 2).sum() / 60, rtol=1e-9)
        np.testing.assert_allclose(deep.reconstruction_error(data), deep.costs[-1], rtol=1e-9)


class Doubled(AutoEncoder):
    hidden_unit_interval = False

    def hidden_mean(self, A):
        return 2 * pt.tanh(A)


@pytest.mark.parametrize(
    ("below", "units", "output", "back"),
    [
        (partial(AutoEncoder, hidden="linear"), lambda a: a, "linear", lambda a: a),
        (partial(AutoEncoder, hidden="relu"), lambda a: a.clip(0), "relu", lambda a: a.clip(0)),
        (Doubled, lambda a: 2 * np.tanh(a), "linear", lambda a: a),
    ],
)
def test_a_code_on_units_of_other_kinds_rebuilds_them(below, units, output, back):
    deep = DeepAutoEncoder([6, 3], below, random_state=0)
    options = [{"batch_sz": 20}, {"batch_sz": 20, "cost": "squared_error", "learning_rate": 0.01}]
    deep.fit(X, batch_sz=20, epochs=0, pretrain_options=options)
    first, code = deep.hidden_layers
    assert code.output == output
    W, b, bo, V, c, co = (p.get_value() for layer in (first, code) for p in layer.params)
    Z = units(X @ W + b) @ V + c
    np.testing.assert_allclose(deep.forward(X), expit(back(Z @ V.T + co) @ W.T + bo), rtol=1e-9)


def test_only_the_code_is_corrupted_where_the_layers_below_are_machines():
    deep = DeepAutoEncoder([6, 3], RBM, corruption=[None, masking(0.3)], random_state=0).fit(X, **FAST)
    assert deep.hidden_layers[1].corruption is not None


def test_sizes_of_updates_go_from_the_input_to_the_code_and_back():
    deep = DeepAutoEncoder([6, 3], random_state=0)
    sizes = UpdateSizes(deep)
    deep.fit(X, batch_sz=60, pretrain_options={"batch_sz": 20}, learning_rate=0.1, callbacks=[sizes])
    start = DeepAutoEncoder([6, 3], random_state=0).fit(X, pretrain_options={"batch_sz": 20}, epochs=0)
    moved = [
        abs(a.get_value() - b.get_value()).mean() for a, b in zip(deep.params, start.params, strict=True)
    ]
    np.testing.assert_allclose(sizes.sizes, [moved[::2]], rtol=1e-8)


def test_divergence_names_the_decoders_layer():
    deep = DeepAutoEncoder([6, 3], random_state=0)
    with pytest.raises(DivergenceError, match=r"DeepAutoEncoder\(\[6, 3\]\): the step of .*V of layer 1"):
        deep.fit(X, **FAST, learning_rate=1e308)


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        (lambda deep: deep.fit(X + 1, **FAST), "divide by the largest value"),
        (lambda deep: deep.fit(X, **FAST, cost="hinge"), "cost is 'hinge'"),
        (
            lambda deep: deep.fit(X, **FAST, weight_decay=-0.1),
            "weight_decay is -0.1, expected a finite number of at least 0",
        ),
        (lambda deep: deep.fit(X, batch_sz=61), "batch_sz is 61, but there are only 60"),
        (lambda deep: deep.fit(X, **FAST, pretrain_epochs=[1]), "pretrain_epochs has 1 entries, expected 2"),
        (lambda deep: deep.encode(X[:, 1:]), "X has 9 features, expected 10"),
        (lambda deep: deep.decode(X), "10 features, expected 3"),
    ],
)
def test_bad_input_leaves_it_as_it_was(fit, message):
    deep = DeepAutoEncoder([6, 3], random_state=0).fit(X, **FAST)
    before = deep.forward(X)
    with pytest.raises((ValueError, TypeError), match=message):
        fit(deep)
    np.testing.assert_array_equal(deep.forward(X), before)


def test_layers_that_cannot_be_unrolled():
    class Own:
        def __init__(self, M):
            self.M = M

        def fit(self, X):
            pass

        forward_hidden = hidden_op = fit

    with pytest.raises(TypeError, match="layer 1 is of type Own, expected AutoEncoder or RBM"):
        DeepAutoEncoder([6, 3], Own)
    with pytest.raises(ValueError, match="no parameters yet"):
        DeepAutoEncoder([6, 3]).encode(X)


def test_without_training_nothing_is_read_as_a_probability():
    X = np.random.RandomState(0).randn(6, 3)
    deep = DeepAutoEncoder([2, 2]).fit(X, pretrain=False, epochs=0)
    assert deep.costs == []
    assert not deep.unit_interval
