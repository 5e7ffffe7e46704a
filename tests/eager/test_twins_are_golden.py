"""The eager twins: the original Theano's numbers, and steps and weights that are too large."""

import copy
import functools

import numpy as np
import pytest
from golden import GOLDEN, assert_golden, golden
from parity import value
from scipy.special import log_softmax
from twins import BATCH, CORE, LABELLED, X, Y, values

from udl_pt import eager
from udl_pt._support.exceptions import DivergenceError, NotFittedError
from udl_pt.eager import dnn as eager_dnn
from udl_pt.eager._layer import softplus


@pytest.fixture(scope="module")
def digits():
    with np.load(GOLDEN / "data.npz") as z:
        return z["X"] / 255, z["Y"], z["Xtest"] / 255, z["Ytest"]


# The original Theano's numbers


@pytest.mark.parametrize(
    ("name", "options"),
    [("autoencoder_book", {}), ("autoencoder_gentle", {"learning_rate": 0.05, "mu": 0.9, "epochs": 3})],
)
def test_golden_autoencoder(twins, name, options, digits):
    data, _, test, _ = digits
    np.random.seed(0)
    ae = twins.AutoEncoder(40).fit(data, batch_sz=100, monitor="batch", **options)
    got = values(ae, "W", "bh", "bo", "dW", "dbh", "dbo")
    assert_golden(name, got | {"costs": ae.costs, "hidden": ae.hidden_op(test[:20])})


def test_golden_rbm(twins, digits):
    data, _, test, _ = digits
    np.random.seed(0)
    rbm = twins.RBM(40, rng=np.random.RandomState(1)).fit(data, epochs=2, batch_sz=100, monitor="batch")
    got = values(rbm, "W", "c", "b") | {"costs": rbm.costs, "hidden": rbm.hidden_op(test[:20])}
    assert_golden("rbm", got | {"free_energy": rbm.free_energy((test > 0.5).astype(float))})


def golden_dnn(models, name, digits):
    """Train the network of a file of golden values, from the global generator."""
    np.random.seed(0)
    machine = functools.partial(models.RBM, rng=np.random.RandomState(1))
    dnn = models.DNN([40, 20], machine if name == "dnn_rbm" else models.AutoEncoder)
    dnn.fit(*digits, pretrain=name != "dnn_plain", epochs=3, batch_sz=100, monitor="batch")
    got = values(dnn, "W", "b") | {"costs": dnn.costs, "errors": dnn.errors}
    for i, layer in enumerate(dnn.hidden_layers):
        got |= dict(zip((f"hidden_W{i}", f"hidden_b{i}"), map(value, layer.forward_params), strict=True))
    return dnn, got


@pytest.mark.parametrize("name", ["dnn_pretrained", "dnn_plain", "dnn_rbm"])
def test_golden_dnn(twins, name, digits):
    dnn, got = golden_dnn(twins, name, digits)
    test, labels = digits[2:]
    # the original's gradient is that of the mean over ten images
    gradient = twins.input_gradient(dnn, test[:10], labels[:10]) / 10
    assert_golden(name, got | {"predictions": dnn.predict(test), "input_gradient": gradient})


@CORE
def test_golden_feature(digits):
    feature = golden("feature")
    dbn = eager.DBN([40, 20], eager.RBM)
    dbn.hidden_layers = golden_dnn(eager, "dnn_rbm", digits)[0].hidden_layers
    np.random.seed(0)
    image = dbn.fit_to_input(int(feature["unit"]), learning_rate=1.0, mu=0.9, epochs=50)
    given = {name: feature[name] for name in ("unit", "start")}
    assert_golden("feature", given | {"costs": dbn.costs, "image": image})


def test_an_int_as_random_state_is_the_global_seed_and_leaves_the_global_generator_alone(twins, digits):
    np.random.seed(123)
    before = np.random.get_state()[1].copy()
    ae = twins.AutoEncoder(40, random_state=0).fit(digits[0], batch_sz=100, monitor=None)
    np.testing.assert_allclose(value(ae.W), golden("autoencoder_book")["W"], rtol=0, atol=1e-8)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


# Stability


@CORE
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_softplus_and_log_softmax_do_not_overflow(dtype):
    a = np.array([-1000, -50, -1, 0, 1, 50, 1000], dtype)
    got = softplus(a)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, np.logaddexp(0, a.astype(float)), rtol=4 * np.finfo(dtype).eps)
    A = np.array([[1000, 1000, -1000], [-1000, 0, 1000], [0.5, -1, 2], [-1000, -1000, -1000]], dtype)
    got = eager_dnn.log_softmax(A)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, log_softmax(A.astype(float), axis=1), rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_weights_a_thousand_times_too_large_have_finite_costs_and_gradients(twins, dtype):
    chance = np.random.RandomState(1)
    W, bias, out = (1000 * chance.randn(*shape).astype(dtype) for shape in [(6, 5), (5,), (6,)])
    x = X.astype(dtype)
    ae, rbm = (Model.createFromArrays(W, bias, out) for Model in (twins.AutoEncoder, twins.RBM))
    ae.cost, rbm.k = "cross_entropy", 1
    dnn = twins.DNN([5], random_state=0, dtype=dtype).fit(**LABELLED, pretrain=False, epochs=0)
    for p in dnn.params:
        p[...] = 1000 * (p + 1)
    costs = [ae._called(ae._cost, x), rbm._called(rbm._cost, x), dnn._called(lambda x: dnn._cost(x, Y), x)]
    gradients = [*ae._gradients(x, 1.0), *rbm._gradients(x, 1.0), *dnn._gradients(x, Y, 0.0, 1.0)]
    for result in [*costs, *gradients, rbm.free_energy(x), twins.input_gradient(dnn, x, Y)]:
        assert np.isfinite(value(result)).all()
        assert value(result).dtype == dtype


class Diary:
    """Keeps copies of the parameters after each batch, and lets the rate go to infinity where told."""

    def __init__(self, infinite_after=None):
        self.kept, self.infinite_after = [], infinite_after

    def on_batch(self, progress):
        self.kept.append([value(p).copy() for p in progress.model.params])
        if progress.batch == self.infinite_after:
            progress.hyper._values["learning_rate"] = np.inf  # past all checks

    def __call__(self, progress):
        pass


LINEAR = {"hidden": "linear", "output": "linear"}


@pytest.mark.parametrize(
    ("make", "fit", "diary", "message"),
    [
        (
            lambda models: models.AutoEncoder(3, random_state=0, **LINEAR),
            {"X": X, "learning_rate": 1e200, "cost": "squared_error"} | BATCH,
            Diary(),
            r"AutoEncoder\(3\): the step of W, bh, bo is not finite in epoch 1, batch 2 \(.*_rate 1e\+200",
        ),
        (
            lambda models: models.AutoEncoder(3, "mine", random_state=0),
            {"X": X} | BATCH,
            Diary(2),
            r"AutoEncoder\(3\) mine: the step of W, bh, bo is not finite in epoch 1, batch 3 \(.*_rate inf",
        ),
        (
            lambda models: models.RBM(3, random_state=0),
            {"X": X} | BATCH,
            Diary(2),
            r"RBM\(3\): the step of W, c, b is not finite in epoch 1, batch 3",
        ),
        (
            lambda models: models.DNN([3], random_state=0),
            LABELLED | {"learning_rate": 1e200, "reg": 0.1, "pretrain": False},
            Diary(),
            r"DNN\(\[3\]\): the step of W of the logistic layer, b of .*, W of layer 1, .* epoch 1, batch 2",
        ),
    ],
)
def test_a_step_that_is_not_finite_leaves_the_parameters_before_it(twins, make, fit, diary, message):
    model, diary = make(twins), copy.deepcopy(diary)
    with pytest.raises(DivergenceError, match=message):
        model.fit(**fit, callbacks=[diary])
    for p, before in zip(model.params, diary.kept[-1], strict=True):
        np.testing.assert_array_equal(value(p), before)
        assert np.isfinite(value(p)).all()
        assert not getattr(p, "requires_grad", False)
    for v in model.dparams:
        np.testing.assert_array_equal(value(v), 0)


def test_a_layer_that_diverges_is_named_and_leaves_the_network_without_parameters(twins):
    dnn = twins.DNN([4, 3], random_state=0).fit(**LABELLED, pretrain=False)
    options = [BATCH, BATCH | {"callbacks": [Diary(2)]}]
    with pytest.raises(DivergenceError, match=r"layer 2 of 2: AutoEncoder\(3\): the step of W"):
        dnn.fit(**LABELLED, pretrain_options=options)
    with pytest.raises(NotFittedError, match="no parameters yet"):
        dnn.predict(X)


@CORE
def test_an_input_that_is_driven_to_infinity():
    dbn = eager.DBN([4], random_state=0).fit(X, pretrain_options=BATCH)
    with pytest.raises(DivergenceError, match="the step for unit 1 is not finite in epoch"):
        dbn.fit_to_input(1, learning_rate=1e308, mu=1.0, epochs=200)
