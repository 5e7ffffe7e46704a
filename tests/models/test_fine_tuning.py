"""Fine-tuning beyond the listing: dropout, max-norm, moved images, validation."""

from functools import partial

import numpy as np
import pytest
from on_backends import CORE_BACKENDS
from pytensor.tensor.math import Dot
from scipy.special import expit, softmax
from sklearn.metrics import log_loss
from sklearn.utils import shuffle

from udl_pt import DNN, RBM, AutoEncoder, DivergenceError
from udl_pt.callbacks import EarlyStopping, LinearSchedule, UpdateSizes
from udl_pt.models._fine_tuning import FineTuning
from udl_pt.symbolic.corruption import masking

K = 3


FAST = {"batch_sz": 20, "pretrain_options": {"batch_sz": 20}}
PLAIN = {"pretrain": False, "learning_rate": 0.3, "mu": 0.7, "epochs": 2, "batch_sz": 20}


def by_hand(
    X,
    Y,
    dropout,
    *,
    max_norm=np.inf,
    adversarial=0.0,
    reg=0.0,
    factor=1.0,
    seed,
    stream,
    learning_rate=0.3,
    mu=0.7,
    M=6,
):
    """Backpropagation in NumPy, with dropout's masks, moved images, and the cut after the step.

    `factor` multiplies the logits.
    """
    rs, chance, batch_sz = np.random.RandomState(seed), np.random.RandomState(stream), 20
    W1 = rs.randn(10, M) / np.sqrt(10 + M)
    W2 = rs.randn(M, K) / np.sqrt(M + K)
    params = [W2, np.zeros(K), W1, np.zeros(M)]
    velocities = [0 * p for p in params]

    def mask(shape, p):
        return (chance.random_sample(shape) < 1 - p) / (1 - p)

    def backpropagated(x, y):
        W2, b2, W1, b1 = params
        pixels = mask(x.shape, dropout[0])
        h = expit((x * pixels) @ W1 + b1)
        units = mask(h.shape, dropout[1])
        delta2 = factor * (softmax(factor * ((h * units) @ W2 + b2), axis=1) - y) / batch_sz
        delta1 = (delta2 @ W2.T) * units * h * (1 - h)
        of_params = (h * units).T @ delta2, delta2.sum(axis=0), (x * pixels).T @ delta1, delta1.sum(axis=0)
        return of_params, (delta1 @ W1.T) * pixels

    for _ in range(2):
        X, Y = shuffle(X, Y, random_state=rs)
        for j in range(len(X) // batch_sz):
            x, y = X[j * batch_sz : (j + 1) * batch_sz], np.eye(K)[Y[j * batch_sz : (j + 1) * batch_sz]]
            gradients, of_x = backpropagated(x, y)
            if adversarial:
                x = x + adversarial * of_x / np.linalg.norm(of_x, axis=1, keepdims=True)
                gradients = [(g + h) / 2 for g, h in zip(gradients, backpropagated(x, y)[0], strict=True)]
            gradients = [g + 2 * reg * p for g, p in zip(gradients, params, strict=True)]
            velocities = [mu * v - learning_rate * g for v, g in zip(velocities, gradients, strict=True)]
            params = [p + v for p, v in zip(params, velocities, strict=True)]
            params = [
                p * np.minimum(1, max_norm / np.linalg.norm(p, axis=0)) if p.ndim == 2 else p for p in params
            ]
    return params


@pytest.mark.parametrize("backend", CORE_BACKENDS)
def test_dropout_and_max_norm_equal_backpropagation_by_hand(data, backend):
    dnn = DNN([6], rng=np.random.RandomState(7), random_state=2)
    dnn.fit(*data, **PLAIN, dropout=(0.2, 0.5), max_norm=0.9, backend=backend)
    expected = by_hand(*data[:2], (0.2, 0.5), max_norm=0.9, seed=2, stream=7)
    norms = [np.linalg.norm(p, axis=0) for p in expected if p.ndim == 2]
    assert all(((n > 0.89).any() and (n < 0.89).any()) for n in norms[1:])  # some are cut, some aren't
    for got, value in zip(dnn.params, expected, strict=True):
        np.testing.assert_allclose(got.get_value(), value, rtol=0, atol=1e-12)
    W2, b2, W1, b1 = expected
    P = softmax(expit(data[2] @ W1 + b1) @ W2 + b2, axis=1)  # nothing is left out in forward
    np.testing.assert_allclose(dnn.forward(data[2]), P, rtol=1e-10)
    np.testing.assert_allclose(dnn.costs[-1], log_loss(data[3], P), rtol=1e-10)


@pytest.mark.parametrize("backend", CORE_BACKENDS)
def test_the_cost_of_moved_images_equals_backpropagation_by_hand(data, backend):
    dnn = DNN([6], rng=np.random.RandomState(7), random_state=2)
    dnn.fit(*data, **PLAIN, dropout=(0.2, 0.5), adversarial=0.8, reg=0.02, backend=backend)
    expected = by_hand(*data[:2], (0.2, 0.5), adversarial=0.8, reg=0.02, seed=2, stream=7)
    for got, value in zip(dnn.params, expected, strict=True):
        np.testing.assert_allclose(got.get_value(), value, rtol=0, atol=1e-12)


def test_how_far_images_are_moved_is_a_rate_and_head_only_moves_them_too(data):
    def trained(**options):
        return DNN([6], random_state=0, dtype="float32").fit(*data, **PLAIN, **options).W.get_value()

    nowhere = LinearSchedule("adversarial", 0.0, first=0.0)
    still = trained(adversarial=0.8, callbacks=[nowhere])
    assert still.dtype == np.float32
    np.testing.assert_allclose(still, trained(), rtol=0, atol=1e-6)
    head = trained(train_head_only=True)
    assert abs(trained(train_head_only=True, adversarial=0.8) - head).max() > 1e-3


def test_moved_images_take_the_products_of_a_second_step_and_one(data):
    dnn = DNN([6, 5], random_state=0).fit(*data, **PLAIN)

    def products(**rates):
        step = dnn._step(K, 1 / 20, rates, FineTuning((0.2, 0.5)))
        step(data[0][:20], data[1][:20].astype("int32"), 0.1, 0.9, *rates.values())
        return sum(isinstance(node.op, Dot) for node in step.function.operations())

    assert products() == 8  # three up, two down, three of the weights
    assert products(adversarial=0.5) == 2 * 8 + 1


def test_an_image_without_a_gradient_stays_where_it_is(data):
    options = PLAIN | {"dropout": (0.5, 0.5), "epochs": 20}  # now and then both units are left out
    dnn = DNN([2], random_state=0).fit(*data, **options, adversarial=1.0)
    assert np.isfinite(dnn.costs).all()
    alone = DNN([2], random_state=0).fit(data[0], 0 * data[1], data[2], 0 * data[3], **options, adversarial=1)
    np.testing.assert_array_equal(alone.costs, 0)  # a single class, of which the network is always sure


def test_images_whose_label_is_certain_are_moved_against_it_too(data):
    dnn = DNN([6], random_state=0).fit(*data, **PLAIN)
    dnn.W.set_value(1000 * dnn.W.get_value())
    X, W2, b2, W1, b1 = data[0], *(p.get_value() for p in dnn.params)

    def hidden_and_logits(x):
        h = expit(x @ W1 + b1)
        return h, h @ W2 + b2

    labels = hidden_and_logits(X)[1].argmax(axis=1)
    gaps = np.diff(np.sort(hidden_and_logits(X)[1], axis=1))[:, -1]
    x, labels = X[gaps > 40][:20], labels[gaps > 40][:20].astype("int32")
    own = np.eye(K, dtype=bool)[labels]
    assert len(x) == 20
    h, a = hidden_and_logits(x)
    against = softmax(np.where(own, -np.inf, a), axis=1) - own  # of the log-odds
    direction = ((against @ W2.T) * h * (1 - h)) @ W1.T
    moved = x + 3 * direction / np.linalg.norm(direction, axis=1, keepdims=True)
    h, a = hidden_and_logits(moved)
    delta = (softmax(a, axis=1) - own) / 20
    assert abs(delta).max() > 0.01
    step = dnn._step(K, 1 / 20, ["adversarial"], FineTuning(frozen=frozenset([0])))
    step(x, labels, 1.0, 0.0, 3.0)
    np.testing.assert_allclose(dnn.W.get_value(), W2 - h.T @ delta / 2, rtol=0, atol=1e-9)


def test_a_subclass_with_logits_of_its_own_learns_by_them(data):
    class Cold(DNN):
        def logits(self, X):
            return 3 * super().logits(X)

    for dropout in (0.0, 0.0), (0.2, 0.5):
        cold = Cold([6], rng=np.random.RandomState(7), random_state=2).fit(*data, **PLAIN, dropout=dropout)
        expected = by_hand(*data[:2], dropout, factor=3, seed=2, stream=7)
        for got, value in zip(cold.params, expected, strict=True):
            np.testing.assert_allclose(got.get_value(), value, rtol=0, atol=1e-12)


def test_the_masks_of_dropout_are_repeated_by_a_seed_and_differ_without_one(data):
    def weights(**options):
        return DNN([6], **options).fit(*data, **PLAIN, dropout=0.5).W.get_value()

    np.testing.assert_array_equal(weights(random_state=0), weights(random_state=0))
    assert not np.array_equal(weights(random_state=0), weights(random_state=0, rng=1))
    np.random.seed(0)
    state = DNN([6]).fit(*data, **PLAIN)._generator.get_state()[1]
    np.random.seed(0)
    np.testing.assert_array_equal(DNN([6]).fit(*data, **PLAIN, dropout=0.5)._generator.get_state()[1], state)


def test_a_validation_set_is_measured_and_not_trained_on(data):
    X, Y, Xtest, Ytest = data
    plain = DNN([6], random_state=0).fit(*data, **PLAIN)
    given = DNN([6], random_state=0).fit(*data, **PLAIN, validation=(Xtest, Ytest))
    np.testing.assert_array_equal(given.W.get_value(), plain.W.get_value())
    assert given.valid_errors == given.errors
    assert given.valid_costs == given.costs
    assert plain.valid_errors == []
    held = DNN([6], random_state=0).fit(*data, **PLAIN, validation=0.5)
    order = np.random.RandomState(0).permutation(60)
    valid, rest = order[:30], order[30:]
    state = np.random.RandomState(0)
    state.permutation(60)
    same = DNN([6], random_state=state).fit(X[rest], Y[rest], X[valid], Y[valid], **PLAIN)
    np.testing.assert_array_equal(held.W.get_value(), same.W.get_value())
    np.testing.assert_allclose(held.valid_costs, same.costs, rtol=1e-12)
    assert len(held.valid_errors) == len(held.errors) == 2


BAD = [
    ({"dropout": 1.0}, "dropout is 1.0, expected probabilities from 0 to below 1"),
    ({"dropout": (0.2, -0.1)}, r"dropout is \(0.2, -0.1\), expected probabilities"),
    ({"dropout": (0.1, 0.2, 0.3)}, r"dropout is \(0.1, 0.2, 0.3\), expected .* a pair"),
    ({"max_norm": 0}, "max_norm is 0"),
    ({"max_norm": np.inf}, "max_norm is inf"),
    ({"adversarial": -0.1}, "adversarial is -0.1, expected a finite number of at least 0"),
    ({"adversarial": np.inf}, "adversarial is inf"),
    ({"adversarial": (0.1, 0.2)}, r"adversarial is \(0.1, 0.2\), expected a finite number"),
    ({"adversarial": True}, "adversarial is True, expected a finite number"),
    ({"validation": 0.1, "pretrain_options": {}}, "layer 1 of 1.*batch_sz is 100, but there are only 54"),
    ({"validation": np.ones(3)}, r"validation is array.*, expected a share such as 0.1, or a pair \(X, Y\)"),
    (
        {"pretrain_options": {"bach_sz": 3}},
        "layer 1 of 1.*AutoEncoder.fit takes no bach_sz; its arguments are X, learning_r",
    ),
    (
        {"callbacks": [LinearSchedule("momentum", 0.5)]},
        "name is 'momentum', but DNN has only the rates 'learning_rate', 'mu'",
    ),
    ({"callbacks": [LinearSchedule("mu", 0.5), 3]}, "expected a list of callables"),
    ({"validation": 0.001}, "validation is 0.001, which is 0 of 60 rows"),
    ({"validation": 1.0}, "validation is 1, which is 60 of 60 rows"),
    ({"validation": 0.9}, "batch_sz is 20, but there are only 6 samples"),
    ({"validation": (np.zeros((3, 9)), [0, 1, 2])}, r"validation\[0\] has 9 features, expected 10"),
    ({"validation": (np.zeros((3, 10)), [0, 1, 7])}, r"validation\[1\] has the labels 7, unseen in training"),
    ({"pretrain_epochs": [1, 2]}, "pretrain_epochs has 2 entries, expected 1, one per layer"),
    ({"pretrain_epochs": [-1]}, "pretrain_epochs is -1"),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_options_leave_the_network_as_it_was(data, options, message):
    dnn = DNN([6], random_state=0).fit(*data, **FAST)
    params, values = dnn.params, [p.get_value() for p in dnn.params]
    state = dnn._generator.get_state()[1].copy()
    with pytest.raises((ValueError, TypeError), match=message):
        dnn.fit(*data, **FAST | options)
    assert all(a is b for a, b in zip(dnn.params, params, strict=True))
    for p, value in zip(dnn.params, values, strict=True):
        np.testing.assert_array_equal(p.get_value(), value)
    np.testing.assert_array_equal(dnn._generator.get_state()[1], state)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DNN([6, 5], corruption=[masking(0.3)]), "corruption has 1 entries, expected 2, one per"),
        (lambda: DNN([6], RBM, corruption=masking(0.3)), "takes no corruption"),
        (lambda: DNN([6], corruption=0.3), "corruption is 0.3, expected a function"),
        (lambda: DNN([6], partial(AutoEncoder, corruption=masking(0.3)), rng="x"), "rng is 'x'"),
        (lambda: DNN([6], lambda M: AutoEncoder(M, dtype="float32")), "dtype of layer 1 is float32"),
        (lambda: UpdateSizes(AutoEncoder(3)), r"model is .*AutoEncoder.*, expected a DNN"),
        (
            lambda: LinearSchedule("mu", 1.5),
            "schedule of 'mu' is 1.5, expected a finite number from 0 to 1",
        ),
        (
            lambda: EarlyStopping(AutoEncoder(3), watch="valid_errors"),
            "watch is 'valid_errors', expected one of the records of this AutoEncoder: 'costs'",
        ),
    ],
)
def test_bad_constructors(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_a_step_that_is_refused_cuts_no_weights(data):
    dnn = DNN([6], random_state=0).fit(*data, **PLAIN)
    before = [p.get_value() for p in dnn.params[2:]]
    with pytest.raises(DivergenceError):
        dnn.fit(*data, **PLAIN | {"learning_rate": 1e308}, reg=100, keep_layers=True, max_norm=0.01)
    for p, value in zip(dnn.params[2:], before, strict=True):
        np.testing.assert_array_equal(p.get_value(), value)


def test_kept_layers_read_their_input_as_before(data):
    dnn = DNN([6], random_state=0).fit(*data, **FAST)
    with pytest.raises(ValueError, match="divide by 255"):
        dnn.fit(255 * data[0], *data[1:], **FAST, keep_layers=True)
