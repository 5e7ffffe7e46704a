"""The deep network beyond the golden values."""

import functools

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import log_loss
from sklearn.utils import shuffle

from udl_pt import DNN, AutoEncoder, DivergenceError
from udl_pt.symbolic.costs import cross_entropy
from udl_pt.training.rates import Rates
from udl_pt.training.records import classification_recorder
from udl_pt.training.run import Run

K = 3


FAST = {"batch_sz": 20, "pretrain_options": {"batch_sz": 20}}


def forward(dnn, X):
    for layer in dnn.hidden_layers:
        X = expit(X @ layer.W.get_value() + layer.bh.get_value())
    return softmax(X @ dnn.W.get_value() + dnn.b.get_value(), axis=1)


def test_forward_and_predict_are_symbolic_or_arrays(data):
    X = data[0]
    dnn = DNN([6, 5], random_state=0).fit(*data, **FAST)
    P = forward(dnn, X)
    np.testing.assert_allclose(dnn.forward(X), P, rtol=1e-10)
    np.testing.assert_array_equal(dnn.predict(X), P.argmax(axis=1))
    x = pt.matrix("x")
    np.testing.assert_allclose(dnn.forward(x).eval({x: X}, mode="JAX"), P, rtol=1e-10)
    np.testing.assert_array_equal(dnn.predict(x).eval({x: X}, mode="JAX"), P.argmax(axis=1))


def test_costs_and_errors_are_those_of_the_whole_test_set(data, monkeypatch):
    monkeypatch.setattr("udl_pt.symbolic.array_function.CHUNK", 7)
    dnn = DNN([6, 5], random_state=0).fit(*data, epochs=2, **FAST)
    P = forward(dnn, data[2])
    assert len(dnn.costs) == len(dnn.errors) == 2
    np.testing.assert_allclose(dnn.costs[-1], log_loss(data[3], P), rtol=1e-10)
    assert dnn.errors[-1] == np.mean(P.argmax(axis=1) != data[3])


@pytest.mark.core
@pytest.mark.parametrize("reg", [0.0, 0.01])
def test_fine_tuning_equals_backpropagation_by_hand(data, reg):
    X, Y, *_ = data
    dnn = DNN([6], random_state=2).fit(
        *data, pretrain=False, learning_rate=0.3, mu=0.7, reg=reg, epochs=2, batch_sz=25
    )
    rs = np.random.RandomState(2)
    V, c = rs.randn(10, 6) / 4, np.zeros(6)
    W, b = rs.randn(6, K) / 3, np.zeros(K)
    params, velocities = [W, b, V, c], [0.0] * 4
    for _ in range(2):
        X, Y = shuffle(X, Y, random_state=rs)
        for j in range(60 // 25):
            x, t = X[j * 25 : (j + 1) * 25], np.eye(K)[Y[j * 25 : (j + 1) * 25]]
            W, b, V, c = params
            z = expit(x @ V + c)
            delta = (softmax(z @ W + b, axis=1) - t) / 25
            delta_h = delta @ W.T * z * (1 - z)
            gradients = [z.T @ delta, delta.sum(axis=0), x.T @ delta_h, delta_h.sum(axis=0)]
            velocities = [
                0.7 * v - 0.3 * (g + 2 * reg * p)
                for v, g, p in zip(velocities, gradients, params, strict=True)
            ]
            params = [p + v for p, v in zip(params, velocities, strict=True)]
    for got, value in zip(dnn.params, params, strict=True):
        np.testing.assert_allclose(got.get_value(), value, rtol=0, atol=1e-12)


def test_velocities_of_pretraining_carry_over(data):
    """One fine-tuning step at learning rate 0 moves the layers by mu times their last velocity."""
    dnn = DNN([6], random_state=0)
    dnn.fit(*data, epochs=0, **FAST)
    ae = dnn.hidden_layers[0]
    W, dW = ae.W.get_value(), ae.dW.get_value()
    assert abs(dW).max() > 0
    dnn = DNN([6], random_state=0)
    dnn.fit(*data, learning_rate=0, mu=0.5, **(FAST | {"batch_sz": 60}))
    np.testing.assert_allclose(dnn.hidden_layers[0].W.get_value(), W + 0.5 * dW, rtol=0, atol=1e-12)


def test_train_head_only_leaves_the_layers_alone(data):
    fixed = DNN([6, 5], random_state=0).fit(*data, epochs=0, **FAST)
    head = DNN([6, 5], random_state=0).fit(*data, epochs=2, train_head_only=True, **FAST)
    for a, b in zip(fixed.hidden_layers, head.hidden_layers, strict=True):
        np.testing.assert_array_equal(a.W.get_value(), b.W.get_value())
    assert not np.allclose(fixed.W.get_value(), head.W.get_value())


def test_it_learns(data):
    dnn = DNN([8], random_state=0).fit(
        *data, pretrain=False, learning_rate=0.3, mu=0.9, epochs=60, batch_sz=20
    )
    assert dnn.errors[-1] == 0


def test_one_layer_of_options_each_and_a_wrong_number_of_them(data):
    dnn = DNN([6, 5], random_state=0)
    dnn.fit(*data, batch_sz=20, pretrain_options=[{"batch_sz": 20, "epochs": 3}, {"batch_sz": 30}])
    assert [len(layer.costs) for layer in dnn.hidden_layers] == [3, 1]
    with pytest.raises(ValueError, match="pretrain_options has 1 entries, expected 2"):
        dnn.fit(*data, batch_sz=20, pretrain_options=[{}])


def test_partial_models_and_generators(data):
    model = functools.partial(AutoEncoder, rng=np.random.RandomState(1))
    a = DNN([6, 5], model, random_state=np.random.default_rng(4)).fit(*data, **FAST)
    b = DNN([6, 5], model, random_state=np.random.default_rng(4)).fit(*data, **FAST)
    np.testing.assert_array_equal(a.W.get_value(), b.W.get_value())


def test_divergence_names_the_layer(data):
    class Poison:
        def on_batch(self, progress):
            progress.hyper._values["learning_rate"] = np.inf  # past all checks

        def __call__(self, progress):
            pass

    with pytest.raises(
        DivergenceError, match=r"layer 1 of 2: AutoEncoder\(6\): the step of W, bh, bo .*batch 2"
    ):
        DNN([6, 5], random_state=0).fit(*data, callbacks=[Poison()], **FAST)
    with pytest.raises(DivergenceError, match=r"DNN\(\[6, 5\]\): the step of W of the logistic layer"):
        DNN([6, 5], random_state=0).fit(*data, pretrain=False, callbacks=[Poison()], **FAST)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_a_thousand_times_too_large_have_finite_costs_and_gradients(data, dtype):
    X, Y, Xtest, Ytest = data
    dnn = DNN([6, 5], random_state=0, dtype=dtype).fit(*data, epochs=0, **FAST)
    for p in dnn.params:
        p.set_value(1000 * p.get_value())
    before = [p.get_value() for p in dnn.params]
    assert max(abs(p).max() for p in before) > 100
    step = dnn._step(K, 1 / 60)
    scalars = [np.asarray(v, dtype) for v in (0.01, 0.9)]
    assert step(X.astype(dtype), Y.astype("int32"), *scalars).all()
    for p, dp in zip(dnn.params, dnn.dparams, strict=True):
        assert np.isfinite(p.get_value()).all()
        assert np.isfinite(dp.get_value()).all()
    options = {"epochs": 1, "batch_sz": 60, "monitor": "epoch", "callbacks": [], "backend": "jax"}
    run = Run.checked(X, Y, (Xtest, Ytest), dtype=dtype, rates=Rates(dtype), **options)
    assert np.isfinite(classification_recorder([], [], dnn.logits, run, name="test")()["cost"])


@pytest.mark.core
@pytest.mark.parametrize(("dtype", "floatX"), [("float32", "float64"), ("float64", "float32")])
def test_no_upcast_and_floatX_untouched(data, dtype, floatX):
    with pytensor.config.change_flags(floatX=floatX):
        dnn = DNN([6, 5], random_state=0, dtype=dtype).fit(*data, **FAST)
        steps = [
            dnn._step(K, 0.1, ["reg"]),
            dnn.hidden_layers[0]._step(cross_entropy, 0.1),
        ]
        ops = [step.function for step in steps]
        scalars = [np.asarray(0.1, dtype)] * 4
        X, Y = data[0].astype(dtype), data[1].astype("int32")
        ops[0](X, Y, *scalars)
        ops[1](X, *scalars[:3])
        assert pytensor.config.floatX == floatX
    wrong = {"float32", "float64"} - {dtype}
    for op in ops:
        for node in op._compiled.maker.fgraph.apply_nodes:
            for variable in [*node.inputs, *node.outputs]:
                assert getattr(variable.type, "dtype", None) not in wrong, node
    assert {p.get_value().dtype.name for p in dnn.params + dnn.dparams} == {dtype}
    assert dnn.forward(data[0]).dtype == dtype
    assert dnn.hidden_layers[0].hidden_op(data[0]).dtype == dtype


BAD_OPTIONS = [
    ({"batch_sz": 0}, "layer 2 of 2.*pretrain_options.*batch_sz is 0"),
    ({"batch_sz": 20, "cost": "hinge"}, "layer 2 of 2.*cost is 'hinge'"),
    ({"bogus": 1}, "layer 2 of 2.*bogus"),
    ({}, "layer 2 of 2.*pretrain_options.*batch_sz is 100, but there are only 60"),
    ({"batch_sz": 20, "callbacks": [3]}, r"callbacks is \[3\], expected a list of callables"),
]


@pytest.mark.parametrize(("bad", "message"), BAD_OPTIONS)
def test_bad_options_of_an_upper_layer_leave_all_as_it_was(data, bad, message):
    dnn = DNN([6, 5], random_state=0).fit(*data, **FAST)
    params, values = list(dnn.params), [p.get_value() for p in dnn.params]
    P = dnn.forward(data[0])
    with pytest.raises((ValueError, TypeError), match=message):
        dnn.fit(*data, batch_sz=20, pretrain_options=[{"batch_sz": 20}, bad])
    assert all(a is b for a, b in zip(dnn.params, params, strict=True))
    assert dnn.params[2] is dnn.hidden_layers[0].W
    for p, value in zip(dnn.params, values, strict=True):
        np.testing.assert_array_equal(p.get_value(), value)
    np.testing.assert_array_equal(dnn.forward(data[0]), P)
    x = pt.matrix("x")
    np.testing.assert_allclose(dnn.forward(x).eval({x: data[0]}), P, rtol=1e-10)


def test_a_network_whose_layer_diverges_has_no_parameters(data):
    class Poison:
        def on_batch(self, progress):
            if "(5)" in progress.stage:
                progress.hyper._values["learning_rate"] = np.inf  # past all checks

        def __call__(self, progress):
            pass

    dnn = DNN([6, 5], random_state=0).fit(*data, **FAST)
    with pytest.raises(DivergenceError, match="layer 2 of 2"):
        dnn.fit(*data, callbacks=[Poison()], **FAST)
    with pytest.raises(ValueError, match="no parameters yet"):
        dnn.forward(data[0])
    assert np.isfinite(dnn.hidden_layers[1].W.get_value()).all()


@pytest.mark.parametrize("options", ["ab", 3, [1, 2], {1: 2}, np.zeros(2)])
def test_pretrain_options_of_another_kind(data, options):
    with pytest.raises(TypeError, match=r"pretrain_options is .*expected a dict"):
        DNN([6, 5], random_state=0).fit(*data, batch_sz=20, pretrain_options=options)


def test_without_pretraining_options_do_nothing_and_any_number_is_fine(data):
    X, Y, Xtest, Ytest = data
    options = {"batch_sz": 20, "epochs": 3}
    dnn = DNN([6], random_state=0).fit(
        4 * X - 2, Y, 4 * Xtest - 2, Ytest, pretrain=False, batch_sz=20, pretrain_options=options
    )
    assert dnn.hidden_layers[0].costs == []
    assert dnn.predict(4 * X - 2).shape == (60,)
    with pytest.raises(ValueError, match=r"^X has values from .*expects \[0, 1\]"):
        DNN([6], random_state=0).fit(4 * X - 2, Y, Xtest, Ytest, **FAST)


class Lacks(AutoEncoder):
    """Loses a velocity that fine-tuning needs."""

    def fit(self, *args, **kwargs):
        super().fit(*args, **kwargs)
        del self.dW


class Listing(AutoEncoder):
    """Takes what the book's listing takes, and no more."""

    def __init__(self, M, an_id=None):
        super().__init__(M, an_id)

    def fit(self, X, learning_rate=0.5, mu=0.99, epochs=1, batch_sz=20, show_fig=False):
        return super().fit(X, learning_rate, mu, epochs, batch_sz, show_fig)


class NotCallable(AutoEncoder):
    """Has a number for a method."""

    fit = 3


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (None, "UnsupervisedModel is None, expected a class such as AutoEncoder"),
        (
            AutoEncoder(3),
            "UnsupervisedModel is <AutoEncoder.3., not fitted>, expected a class such as AutoEncoder",
        ),
        (NotCallable, "has no fit: a layer needs fit"),
        (Listing, "takes no random_state"),
        (Lacks, "layer 1 of 1.*after fit Lacks has no forward_dparams"),
    ],
)
def test_models_that_are_no_layers(data, model, message):
    with pytest.raises(TypeError, match=message):
        DNN([6], model, random_state=0).fit(*data, **FAST)


def test_a_model_with_the_listings_own_signature_is_a_layer(data):
    np.random.seed(3)
    expected = DNN([6]).fit(*data, **FAST).W.get_value()
    np.random.seed(3)
    np.testing.assert_array_equal(DNN([6], Listing).fit(*data, batch_sz=20).W.get_value(), expected)


@pytest.mark.parametrize("callbacks", [None, 3, [3]])
def test_callbacks_of_another_kind(data, callbacks):
    for model, arguments in ((AutoEncoder(4), data[:1]), (DNN([4]), data)):
        with pytest.raises(TypeError, match=r"callbacks is .*expected a list of callables"):
            model.fit(*arguments, batch_sz=20, callbacks=callbacks)
        assert not hasattr(model, "params")
