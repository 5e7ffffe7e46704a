"""The original Theano's numbers, step for step, to 1e-8, on every backend."""

import functools

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from golden import ATOL, GOLDEN, assert_golden, golden

from udl_pt import DBN, DNN, RBM, AutoEncoder
from udl_pt.backends import BACKENDS

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def data():
    with np.load(GOLDEN / "data.npz") as z:
        return z["X"] / 255, z["Y"], z["Xtest"] / 255, z["Ytest"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("name", "options"),
    [("autoencoder_book", {}), ("autoencoder_gentle", {"learning_rate": 0.05, "mu": 0.9, "epochs": 3})],
)
def test_autoencoder(backend, name, options, data):
    X, _, Xtest, _ = data
    np.random.seed(0)
    ae = AutoEncoder(40).fit(X, batch_sz=100, monitor="batch", backend=backend, **options)
    got = {key: getattr(ae, key).get_value() for key in ("W", "bh", "bo", "dW", "dbh", "dbo")}
    assert_golden(name, got | {"costs": ae.costs, "hidden": ae.hidden_op(Xtest[:20])})


@pytest.mark.parametrize(
    ("name", "backend"),
    [
        *(("dnn_plain", backend) for backend in BACKENDS),
        ("dnn_pretrained", "numba"),
        ("dnn_pretrained", "jax"),
        pytest.param("dnn_pretrained", "c", marks=pytest.mark.slow),
    ],
)
def test_dnn(backend, name, data):
    X, Y, Xtest, Ytest = data
    np.random.seed(0)
    dnn = DNN([40, 20]).fit(
        X,
        Y,
        Xtest,
        Ytest,
        pretrain=name == "dnn_pretrained",
        epochs=3,
        batch_sz=100,
        monitor="batch",
        backend=backend,
    )
    got = {"W": dnn.W.get_value(), "b": dnn.b.get_value()}
    for i, layer in enumerate(dnn.hidden_layers):
        got |= {f"hidden_W{i}": layer.W.get_value(), f"hidden_b{i}": layer.bh.get_value()}
    got |= {"costs": dnn.costs, "errors": dnn.errors, "predictions": dnn.predict(Xtest)}
    got["input_gradient"] = input_gradient(dnn, Xtest[:10], Ytest[:10])
    assert_golden(name, got)


@pytest.mark.parametrize("backend", BACKENDS)
def test_rbm(backend, data):
    X, _, Xtest, _ = data
    np.random.seed(0)
    rbm = RBM(40, rng=np.random.RandomState(1))
    rbm.fit(X, epochs=2, batch_sz=100, monitor="batch", backend=backend)
    got = {key: getattr(rbm, key).get_value() for key in ("W", "c", "b")}
    got |= {"costs": rbm.costs, "hidden": rbm.hidden_op(Xtest[:20])}
    assert_golden("rbm", got | {"free_energy": rbm.free_energy((Xtest > 0.5).astype(float))})


@pytest.mark.parametrize("backend", BACKENDS)
def test_dnn_of_rbms(backend, data):
    np.random.seed(0)
    model = functools.partial(RBM, rng=np.random.RandomState(1))
    dnn = DNN([40, 20], UnsupervisedModel=model)
    dnn.fit(*data, epochs=3, batch_sz=100, monitor="batch", backend=backend)
    got = {"W": dnn.W.get_value(), "b": dnn.b.get_value()}
    for i, layer in enumerate(dnn.hidden_layers):
        got |= {f"hidden_W{i}": layer.W.get_value(), f"hidden_b{i}": layer.c.get_value()}
    got |= {"costs": dnn.costs, "errors": dnn.errors, "predictions": dnn.predict(data[2])}
    got["input_gradient"] = input_gradient(dnn, data[2][:10], data[3][:10])
    assert_golden("dnn_rbm", got)

    feature = golden("feature")
    dbn = DBN([40, 20], UnsupervisedModel=RBM)
    dbn.hidden_layers, dbn.backend = dnn.hidden_layers, backend
    np.random.seed(0)
    image = dbn.fit_to_input(int(feature["unit"]), learning_rate=1.0, mu=0.9, epochs=50)
    given = {name: feature[name] for name in ("unit", "start")}
    assert_golden("feature", given | {"costs": dbn.costs, "image": image})


def input_gradient(dnn, X, Y):
    """dJ/dX of the book's cost, composed from the model's symbolic probabilities."""
    x, t = pt.dmatrix("x"), pt.lvector("t")
    cost = -pt.mean(pt.log(dnn.forward(x)[pt.arange(t.shape[0]), t]))
    return pytensor.function([x, t], pytensor.grad(cost, x), mode="FAST_COMPILE")(X, Y.astype("int64"))


def test_an_int_as_random_state_is_the_global_seed_and_leaves_the_global_generator_alone(data):
    X = data[0]
    np.random.seed(123)
    before = np.random.get_state()[1].copy()
    ae = AutoEncoder(40, random_state=0).fit(X, batch_sz=100, monitor=None)
    np.testing.assert_allclose(ae.W.get_value(), golden("autoencoder_book")["W"], rtol=0, atol=ATOL)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
