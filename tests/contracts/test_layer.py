"""Layers and augmentations of a user's own: other units, other shapes of weights, nothing to train."""

import functools

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from udl_pt import DBN, DNN, RBM, AutoEncoder, DeepAutoEncoder, eager
from udl_pt.callbacks import UpdateSizes
from udl_pt.inspection.augmentation import adversarial
from udl_pt.inspection.features import first_layer_features, strongest_images
from udl_pt.symbolic.calling import symbolic_or_array

FAST = {"batch_sz": 20}


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


def fainter(X, generator, model):
    return X * {"half": 0.5}[model]


def test_an_augmentation_may_have_a_keyword_that_is_called_model(data):
    dnn = DNN([3], random_state=0)
    dnn.fit(*data, **FAST, pretrain=False, augment=[functools.partial(fainter, model="half")])
    half = DNN([3], random_state=0)
    half.fit(*data, **FAST, pretrain=False, augment=[lambda X, generator: X / 2])
    np.testing.assert_array_equal(dnn.W.get_value(), half.W.get_value())
    with pytest.raises(ValueError, match=r"augment contains .* another network that has no parameters yet"):
        dnn.fit(*data, **FAST, augment=[adversarial(DNN([3]), 0.1)])
    with pytest.raises(TypeError, match=r"augment is .*expected functions augment\(X, generator\)"):
        dnn.fit(*data, **FAST, augment=[len])
    with pytest.raises(TypeError, match="returns dtype <U32, expected real numbers"):
        dnn.fit(*data, **FAST, augment=[lambda X, generator: X.astype(str)])
