"""Layers of a user's own: what a network asks for, other units, other shapes of weights, nothing to train."""

import functools

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.special import expit, softmax

from udl_pt import DBN, DNN, RBM, AutoEncoder, DeepAutoEncoder, eager
from udl_pt.callbacks import UpdateSizes
from udl_pt.inspection.features import first_layer_features, maximize, strongest_images
from udl_pt.symbolic.calling import symbolic_or_array

FAST = {"batch_sz": 20}


class Plain:
    """A layer with no more than a network asks for: sigmoids of random projections."""

    def __init__(self, M):
        self.M, self.seen = M, []

    def fit(self, X, epochs=1):
        self.seen.append((type(X), X.dtype, X.shape, epochs))
        W = np.random.RandomState(self.M).randn(X.shape[1], self.M)
        self.W, self.dW = pytensor.shared(W, "W"), pytensor.shared(0 * W, "dW")
        self.forward_params, self.forward_dparams = [self.W], [self.dW]

    def forward_hidden(self, X):
        assert X.type.ndim == 2
        return pt.sigmoid(X.dot(self.W))

    def hidden_op(self, X):
        self.seen.append((type(X), X.dtype, X.shape))
        return expit(X @ self.W.get_value())


def test_a_network_asks_for_no_more_than_the_page_says(data):
    """One step, by backpropagation in NumPy."""
    X, Y, rate, sizes = *data[:2], 0.25, (4, 3)
    np.random.seed(0)
    dnn = DNN(sizes, Plain)
    dnn.fit(*data, learning_rate=rate, mu=0.0, batch_sz=60, monitor=None)
    W = np.random.RandomState(0).randn(3, 3) / np.sqrt(6)
    V1, V2 = np.random.RandomState(4).randn(10, 4), np.random.RandomState(3).randn(4, 3)
    H1 = expit(X @ V1)
    H2 = expit(H1 @ V2)
    delta = (softmax(H2 @ W, axis=1) - np.eye(3)[Y]) / 60
    delta2 = (delta @ W.T) * H2 * (1 - H2)
    delta1 = (delta2 @ V2.T) * H1 * (1 - H1)
    steps = H2.T @ delta, delta.sum(axis=0), X.T @ delta1, H1.T @ delta2
    for p, start, step in zip(dnn.params, (W, np.zeros(3), V1, V2), steps, strict=True):
        np.testing.assert_allclose(p.get_value(), start - rate * step, rtol=0, atol=1e-12)
    below, above = dnn.hidden_layers
    array, double = np.ndarray, np.dtype("float64")
    assert below.seen == [(array, double, (60, 10), 1), (array, double, (60, 10))]
    assert above.seen == [(array, double, (60, 4), 1)]


def test_the_first_layer_gets_the_data_in_their_own_dtype():
    X = np.random.RandomState(0).rand(6, 3).astype("float32")
    dbn = DBN([2], Plain).fit(X)
    assert dbn.hidden_layers[0].seen == [(np.ndarray, np.dtype("float32"), (6, 3), 1)]


class Everything(Plain):
    def __init__(self, M, *, corruption=None, random_state=None, dtype=None):
        super().__init__(M)
        self.made_with = corruption, random_state, dtype

    def fit(self, X, epochs=1, backend=None, monitor=None, callbacks=(), rate=None):
        super().fit(X, epochs)
        self.seen.append((backend, monitor, callbacks, rate))


class AnyKeywords(Plain):
    def fit(self, X, **options):
        super().fit(X, options["epochs"])
        self.seen.append(options)


def test_a_constructor_gets_the_keywords_that_the_network_has():
    generator = np.random.RandomState(0)
    for options, expected in (
        ({}, (None, None, None)),
        ({"corruption": [abs, None]}, (abs, None, None)),
        ({"random_state": generator, "dtype": "float32"}, (None, generator, "float32")),
    ):
        assert DNN([4, 3], Everything, **options).hidden_layers[0].made_with == expected
    for name, value in (("corruption", abs), ("random_state", 0), ("dtype", "float32")):
        with pytest.raises(TypeError, match=f"Plain.* takes no {name}"):
            DNN([4, 3], Plain, **{name: value})


def test_fit_gets_the_keywords_that_it_takes(data):
    options = {"monitor": "batch", "callbacks": [print], "backend": "jax"}
    plain, every, free = DBN([4, 3, 2], [Plain, Everything, AnyKeywords]).hidden_layers
    dbn = DBN([4, 3, 2], Plain)
    dbn.hidden_layers = [plain, every, free]
    dbn.fit(data[0], [1, 2, 3], pretrain_options=[{}, {"rate": 5}, {"rate": 6}], **options)
    assert plain.seen[0][-1] == 1
    assert (every.seen[0][-1], every.seen[1]) == (2, ("jax", "batch", (print,), 5))
    rest = {"monitor": "batch", "callbacks": (print,), "backend": "jax"}
    assert free.seen[1] == {"epochs": 3, "rate": 6, **rest}
    with pytest.raises(TypeError, match=r"Plain.fit takes no rate; its arguments are X, epochs"):
        dbn.fit(data[0], pretrain_options={"rate": 5})
    DNN([4], lambda M: plain).fit(*data, pretrain=False, epochs=0)
    assert plain.seen[-1][-1] == 0  # without pretraining: set parameters, and don't train them


def test_hidden_op_gets_a_thousand_rows_at_most():
    X = np.random.RandomState(0).rand(2300, 3)
    chunks = [(np.ndarray, X.dtype, (n, 3)) for n in (1000, 1000, 300)]
    for on_disk in (False, True):
        dbn = DBN([2, 2], Plain).fit(X, pretrain_on_disk=on_disk)
        below, above = dbn.hidden_layers
        assert below.seen == [(np.ndarray, X.dtype, (2300, 3), 1), *chunks]
        assert above.seen == [(np.ndarray, X.dtype, (2300, 2), 1)]
        np.testing.assert_allclose(dbn.hidden_layers[0].hidden_op(X), expit(X @ below.W.get_value()))


@pytest.mark.parametrize(
    ("hidden_op", "error", "message"),
    [
        (lambda self, X: X[:, 0], ValueError, r"has 1 dimension\(s\) and shape \(60,\), expected 2"),
        (lambda self, X: X[1:, :4], ValueError, r"has shape \(59, 4\) for 60 rows, expected \(60, 4\)"),
        (lambda self, X: X[:, :3], ValueError, r"has shape \(60, 3\) for 60 rows, expected \(60, 4\)"),
        (lambda self, X: X[:, :4].astype(str), TypeError, r"has dtype <U\d+, expected real numbers"),
    ],
)
@pytest.mark.parametrize("on_disk", [False, True])
def test_what_hidden_op_returns_is_checked(data, hidden_op, error, message, on_disk):
    kind = type("Strange", (Plain,), {"hidden_op": hidden_op})
    with pytest.raises(error, match=rf"^layer 1 of 2 .*what hidden_op of Strange returns {message}"):
        DBN([4, 3], kind).fit(data[0], pretrain_on_disk=on_disk)


class WithoutEpochs(Plain):
    def fit(self, X):
        super().fit(X)


@pytest.mark.parametrize("name", ["fit", "forward_hidden", "hidden_op"])
def test_a_layer_without_a_method_is_refused_when_the_network_is_made(name):
    kind = type("Lacking", (Plain,), {name: None})
    with pytest.raises(TypeError, match=f"has no {name}: a layer needs fit, forward_hidden, hidden_op"):
        DNN([4], kind)


@pytest.mark.parametrize("name", ["M", "forward_params", "forward_dparams"])
def test_a_layer_without_an_attribute_after_fit_is_refused(data, name):
    def fit(self, X, epochs=1):
        Plain.fit(self, X, epochs)
        delattr(self, name)

    dbn = DBN([4], type("Lacking", (Plain,), {"fit": fit}))
    with pytest.raises(TypeError, match=f"after fit Lacking has no {name}"):
        dbn.fit(data[0])


def test_a_fit_without_epochs_is_refused(data):
    with pytest.raises(TypeError, match=r"layer 1 of 1 .*unexpected keyword argument 'epochs'"):
        DBN([4], WithoutEpochs).fit(data[0])


class Probabilities(Plain):
    unit_interval = True


class Single(Plain):
    dtype = "float32"


class Secretive(Plain):
    @property
    def hidden_unit_interval(self):
        raise AssertionError("networks read it of auto-encoders and machines alone")


def test_what_a_layer_may_say_of_itself(data):
    X, Y, Xtest, Ytest = data
    with pytest.raises(ValueError, match=r"^Xtest has values from .*expects \[0, 1\]"):
        DNN([4], Probabilities).fit(X, Y, 2 * Xtest, Ytest, epochs=0)
    dbn = DBN([4], Probabilities).fit(X)
    with pytest.raises(ValueError, match=r"X has values from .*expects \[0, 1\]"):
        dbn.forward(2 * X)
    with pytest.raises(ValueError, match=r"X has values from .*expects \[0, 1\]"):
        dbn.fit(2 * X, keep_layers=True)
    with pytest.raises(ValueError, match="dtype of layer 1 is float32, and the network's float64"):
        DBN([4], Single)
    DBN([4, 3], [Secretive, AutoEncoder]).fit(X, pretrain_options=[{}, FAST])


class WithBackward(Plain):
    def forward_hidden(self, X):
        return pt.sigmoid(X.dot(self.W)) if hasattr(X, "type") else self.hidden_op(X)

    def backward(self, H):
        return -H.dot(self.W.T if hasattr(H, "type") else self.W.get_value().T)


def test_a_network_generates_through_layers_that_go_backward(data):
    """The machine on top copies: its means are 1 where the layer below is above 1/2."""
    X = data[0]
    dbn = DBN([4, 4], [WithBackward, RBM])
    dbn.hidden_layers[0].fit(X)
    dbn.hidden_layers[1] = RBM.createFromArrays(1e6 * np.eye(4), c=[-5e5] * 4, b=[-5e5] * 4)
    dbn.fit(X, keep_layers=True)
    W = dbn.hidden_layers[0].W.get_value()
    expected = -((X @ W > 0) @ W.T)
    x = pt.dmatrix("x")
    symbolic = pytensor.function([x], dbn.generate(x, [1]), mode="FAST_COMPILE")
    for pictures in (dbn.generate(X, [1]), symbolic(X)):
        np.testing.assert_allclose(pictures[0], expected, rtol=1e-12)


class WithLogits(Plain):
    def hidden_logits(self, X):
        return X.dot(self.W)


class Sigmoids(WithLogits):
    hidden_unit_interval = True


@pytest.mark.parametrize("kind", [Plain, WithLogits])
def test_features_are_those_of_layers_that_say_what_their_units_are(data, kind):
    dbn = DBN([4], kind).fit(data[0])
    for look in (lambda: maximize(dbn, 0), lambda: strongest_images(dbn, 0, data[0])):
        with pytest.raises(
            TypeError, match=f"hidden layer 0 is {kind.__name__}, whose activations have no known maximum"
        ):
            look()


def test_features_of_a_layer_of_ones_own(data):
    X = data[0]
    dbn = DBN([4, 3], [Sigmoids, AutoEncoder]).fit(X, pretrain_options=[{}, FAST])
    W = dbn.hidden_layers[0].W.get_value()
    best = (W / np.linalg.norm(W, axis=0)).T
    np.testing.assert_allclose(first_layer_features(dbn), best, rtol=1e-12)
    climbed = maximize(dbn, 0, objective="unit", constraint="unit norm", tol=0)
    np.testing.assert_allclose(climbed, best, atol=1e-3)
    np.testing.assert_array_equal(strongest_images(dbn, 0, X, 3), np.argsort(-(X @ W), axis=0)[:3].T)
    V, b = (p.get_value() for p in dbn.hidden_layers[1].forward_params)
    order = np.argsort(-(expit(X @ W) @ V + b), axis=0)[:2].T
    np.testing.assert_array_equal(strongest_images(dbn, 1, X, 2), order)
    with pytest.raises(TypeError, match=r"model is .*Sigmoids.*, expected an AutoEncoder, RBM, DBN, DNN or"):
        maximize(dbn.hidden_layers[0], 0)


class Renamed(AutoEncoder):
    pass


@pytest.mark.parametrize("kind", [Renamed, functools.partial(AutoEncoder, hidden=pt.tanh)])
def test_a_file_holds_layers_of_derived_classes_and_with_other_units(data, tmp_path, kind):
    dbn = DBN([4], kind, random_state=0).fit(data[0], 0)
    dbn.save(tmp_path / "dbn.st")
    loaded = DBN.load(tmp_path / "dbn.st")
    assert type(loaded.hidden_layers[0]) is type(dbn.hidden_layers[0])
    np.testing.assert_array_equal(loaded.forward(data[0]), dbn.forward(data[0]))


def test_a_file_holds_no_layers_of_other_kinds(data, tmp_path):
    dbn = DBN([4, 3], [Sigmoids, AutoEncoder]).fit(data[0], pretrain_options=[{}, FAST])
    with pytest.raises(TypeError, match="layer 1 is of type Sigmoids, expected AutoEncoder or RBM, or"):
        dbn.save(tmp_path / "dbn.st")
    assert list(tmp_path.iterdir()) == []


def test_a_deep_auto_encoder_unrolls_subclasses(data):
    deep = DeepAutoEncoder([4, 3], Renamed, random_state=0).fit(data[0], pretrain=False, epochs=0)
    W1, b1, W2, b2, V2, c2, V1, c1 = (p.get_value() for p in deep.params)
    np.testing.assert_array_equal(V1, W1.T)
    H = expit((expit(data[0] @ W1 + b1) @ W2 + b2) @ V2 + c2)
    np.testing.assert_allclose(deep.forward(data[0]), expit(H @ V1 + c1), rtol=1e-10)
    with pytest.raises(TypeError, match="layer 1 is of type Plain, expected AutoEncoder or RBM"):
        DeepAutoEncoder([4, 3], Plain)


class Tanh(AutoEncoder):
    def hidden_mean(self, A):
        return pt.tanh(A)


class TanhBothWays(Tanh):
    def visible_mean(self, A):
        return pt.tanh(A)


class Twice(AutoEncoder):
    @symbolic_or_array
    def forward_hidden(self, X):
        return 2 * super().forward_hidden(X)


class Clipped(AutoEncoder):
    def hidden_mean(self, A):
        return pt.clip(A, 0, 1)


class Weighed(AutoEncoder):
    @symbolic_or_array
    def forward_hidden(self, X):
        return self.weight * super().forward_hidden(X)  # an attribute that is there later


class Declared(Twice):
    @property
    def hidden_unit_interval(self):
        return True


@pytest.mark.parametrize(
    ("kind", "hidden", "output"),
    [
        (Tanh, False, True),
        (TanhBothWays, False, False),
        (Twice, False, True),
        (Clipped, True, True),
        (Weighed, None, True),
        (Declared, True, True),
        (AutoEncoder, True, True),
        (functools.partial(AutoEncoder, hidden="relu", output="linear"), False, False),
        (RBM, True, True),
        (functools.partial(RBM, visible="gaussian", learn_variance=True), True, False),
    ],
)
def test_whether_values_lie_in_the_unit_interval_follows_what_a_subclass_overrides(kind, hidden, output):
    layer = kind(3, random_state=0)
    state = layer._generator.get_state()[1].copy()
    assert layer.hidden_unit_interval is hidden
    assert layer.output_unit_interval is output
    assert not hasattr(layer, "params")  # found out on a copy
    np.testing.assert_array_equal(layer._generator.get_state()[1], state)


@pytest.mark.parametrize("kind", [Tanh, Twice, Weighed])
def test_codes_of_other_units_are_decoded(data, kind):
    layer = kind(3, random_state=0)
    layer.weight = 3.0
    H = 3 * layer.fit(data[0], **FAST).forward_hidden(data[0])
    assert H.min() < 0 or H.max() > 1
    W, bo = layer.W.get_value(), layer.bo.get_value()
    np.testing.assert_allclose(layer.backward(H), 1 / (1 + np.exp(-(H @ W.T + bo))), rtol=1e-10)


def test_a_stack_of_other_units_is_refused_before_it_trains_and_the_way_out_works(data):
    for kind in (Tanh, Twice):
        dnn = DNN([4, 3], kind, random_state=0)
        with pytest.raises(ValueError, match=r"layer 2 of 2 .*cost='squared_error'.*hidden_unit_interval"):
            dnn.fit(*data, **FAST, pretrain_options=FAST)
        assert not hasattr(dnn.hidden_layers[0], "params")
    with pytest.raises(ValueError, match=r"layer 1 of 2 .*the output units are not probabilities"):
        DNN([4, 3], TanhBothWays).fit(*data, **FAST, pretrain_options=FAST)
    squared = FAST | {"cost": "squared_error", "learning_rate": 0.01}
    dnn = DNN([4, 3], [Tanh, TanhBothWays], random_state=0)
    dnn.fit(*data, **FAST, pretrain_options=[FAST, squared])
    W, b, W1, b1, W2, b2 = (p.get_value() for p in dnn.params)
    logits = np.tanh(np.tanh(data[0] @ W1 + b1) @ W2 + b2) @ W + b
    np.testing.assert_allclose(dnn.logits(data[0]), logits, rtol=1e-9)
    DNN([4, 3], Clipped, random_state=0).fit(*data, **FAST, pretrain_options=FAST)
    with pytest.raises(TypeError, match="without sigmoid units"):
        DBN([3], Tanh, random_state=0).fit(data[0], pretrain_options=FAST).fit_to_input(0)


class EagerTanh(eager.AutoEncoder):
    def _encode(self, X):
        return np.tanh(X @ self.W + self.bh)

    def _slope(self, Z):
        return 1 - Z**2


class EagerTwice(eager.AutoEncoder):
    def forward_hidden(self, X):
        return 2 * super().forward_hidden(X)


@pytest.mark.parametrize("kind", [EagerTanh, EagerTwice])
def test_the_twins_know_their_subclasses_units(data, kind):
    layer = kind(3, random_state=0).fit(data[0], **FAST)
    assert layer.hidden_unit_interval is False
    H = layer.forward_hidden(data[0])
    np.testing.assert_allclose(layer.backward(H), 1 / (1 + np.exp(-(H @ layer.W.T + layer.bo))), rtol=1e-10)
    dnn = eager.DNN([4, 3], kind)
    with pytest.raises(ValueError, match=r"layer 2 of 2 .*cost='squared_error'.*hidden_unit_interval"):
        dnn.fit(*data, **FAST, pretrain_options=FAST)
    assert not hasattr(dnn.hidden_layers[0], "params")


@pytest.mark.parametrize("hidden", ["linear", "relu"])
def test_the_twins_refuse_other_units_below_probabilities_before_they_train(data, twins, hidden):
    dnn = twins.DNN([4, 3], functools.partial(twins.AutoEncoder, hidden=hidden))
    with pytest.raises(
        ValueError, match=r"layer 2 of 2 .*expects values in \[0, 1\], but layer 1 returns others"
    ):
        dnn.fit(*data, **FAST, pretrain_options=FAST)
    assert not hasattr(dnn.hidden_layers[0], "params")
    dnn.fit(*data, **FAST, pretrain=False)


class Convolved:
    """A layer whose weights have three dimensions: 4 units, each the sum over 5 pairs of values."""

    def __init__(self, M, D=10, frozen=False, dtype="float64"):
        self.M = M
        values = np.random.RandomState(0).randn(D // 2, 2, M)
        self.F = pytensor.shared(values.astype(dtype), name="F")
        self.forward_params = [] if frozen else [self.F]
        self.forward_dparams = [] if frozen else [pytensor.shared(np.zeros_like(values), name="dF")]

    def fit(self, X, **options):
        raise AssertionError("it is kept")

    def forward_hidden(self, X):
        return pt.sigmoid((X.reshape((X.shape[0], *self.F.shape[:2], 1)) * self.F).sum(axis=(1, 2)))

    def hidden_op(self, X):
        F = self.F.get_value()
        return 1 / (1 + np.exp(-np.einsum("nij,ijm->nm", X.reshape(len(X), *F.shape[:2]), F)))


@pytest.mark.parametrize("frozen", [False, True])
def test_kept_layers_may_have_weights_of_any_shape_or_none(data, frozen):
    X = data[0]
    own = Convolved(4, frozen=frozen)
    before = own.F.get_value()
    dnn = DNN([4, 3], random_state=0)
    dnn.hidden_layers[0] = own
    sizes = UpdateSizes(dnn)
    dnn.fit(*data, **FAST, pretrain_options=FAST, keep_layers=True, callbacks=[sizes])
    assert len(dnn.params) == (4 if frozen else 5)
    assert len(sizes.sizes[0]) == (2 if frozen else 3)  # matrices, and more than that
    assert (own.F.get_value() == before).all() == frozen
    H = own.hidden_op(X)
    W, b, *_, W2, b2 = (p.get_value() for p in dnn.params)
    H = 1 / (1 + np.exp(-(H @ W2 + b2)))
    np.testing.assert_allclose(dnn.logits(X), H @ W + b, rtol=1e-9)
    assert strongest_images(dnn, 1, X, 2).shape == (3, 2)
    with pytest.raises(TypeError, match=r"first hidden layer is of type Convolved.*not a matrix"):
        first_layer_features(dnn)

    dbn = DBN([4, 3], random_state=0)
    dbn.hidden_layers[0] = own
    dbn.fit(X, pretrain_options=FAST, keep_layers=True)
    assert dbn.fit_to_input(1, epochs=2).shape == (1, 10)
    with pytest.raises(TypeError, match="layer 1 is of type Convolved"):
        dbn.save("nowhere")
    deep = DeepAutoEncoder([4, 3], random_state=0)
    deep.hidden_layers[0] = own
    with pytest.raises(TypeError, match="layer 1 is of type Convolved, expected AutoEncoder or RBM"):
        deep.fit(X, **FAST, keep_layers=True)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (Convolved(4, D=8), r"layer 1 has a hidden_op that fails on an array of shape \(1, 10\)"),
        (Convolved(4, dtype="float32"), r"layer 1 has float32 parameters, expected float64"),
    ],
)
def test_kept_layers_of_ones_own_that_do_not_fit_are_refused(data, own, message):
    dnn = DNN([4, 3], random_state=0)
    dnn.hidden_layers[0] = own
    with pytest.raises(ValueError, match=message):
        dnn.fit(*data, **FAST, keep_layers=True)
    assert not hasattr(dnn.hidden_layers[1], "params")
    own = Convolved(4)
    own.M = 5
    dnn.hidden_layers[0] = own
    with pytest.raises(ValueError, match=r"hidden_op that makes shape \(1, 4\) .*expected .*\(10, 5\)"):
        dnn.fit(*data, **FAST, keep_layers=True)
