"""Layers under a network: trained one after the other, kept, loaded; each with options of its own."""

import copy
from functools import partial

import numpy as np
import pytest

from udl_pt import DBN, DNN, RBM, AutoEncoder, DeepAutoEncoder
from udl_pt._support.exceptions import NotFittedError
from udl_pt.symbolic.corruption import masking

FAST = {"batch_sz": 20, "pretrain_options": {"batch_sz": 20}}


@pytest.mark.parametrize("options", [{"pretrain_options": {"batch_sz": 20}}, {"keep_layers": True}])
def test_images_to_measure_on_have_the_scale_of_those_that_the_layers_learned(data, options):
    X, Y, Xtest, Ytest = data
    dnn = DNN([6, 5], random_state=0).fit(*data, **FAST)
    layers, state = [layer.W for layer in dnn.hidden_layers], dnn._generator.get_state()[1].copy()
    W = dnn.W.get_value()
    for bad, name in [
        ({"Xtest": 255 * Xtest}, "Xtest"),
        ({"validation": (Xtest - 1, Ytest)}, r"validation\[0\]"),
        ({"X": 255 * X, "Xtest": 255 * Xtest}, "X"),
    ]:
        with pytest.raises(ValueError, match=rf"^{name} has values from .*expects \[0, 1\]"):
            dnn.fit(
                **{"X": X, "Y": Y, "Xtest": Xtest, "Ytest": Ytest, "batch_sz": 20} | options | bad,
                callbacks=[pytest.fail],  # nothing is trained before
            )
        assert [layer.W for layer in dnn.hidden_layers] == layers
        np.testing.assert_array_equal(dnn._generator.get_state()[1], state)
        np.testing.assert_array_equal(dnn.W.get_value(), W)
    first = np.random.RandomState(0).permutation(60)[0]  # is held out
    mixed = X.copy()
    mixed[first] *= 255
    with pytest.raises(ValueError, match=r"^X \(held out\) has values from"):
        DNN([6], random_state=0).fit(
            mixed, Y, Xtest, Ytest, validation=1 / 60, batch_sz=20, pretrain_options={"batch_sz": 20}
        )
    free = DNN([6], random_state=0)  # without pretraining nothing is read as a probability
    free.fit(255 * X, Y, 255 * Xtest, Ytest, pretrain=False, batch_sz=20)


def test_layers_that_are_kept_are_not_trained_again(data):
    dbn = DBN([6, 5], random_state=0).fit(data[0], pretrain_options={"batch_sz": 20})
    before = [layer.W.get_value() for layer in dbn.hidden_layers]
    dnn = DNN([6, 5], random_state=1)
    dnn.hidden_layers = copy.deepcopy(dbn.hidden_layers)
    dnn.fit(*data, **FAST, epochs=0, keep_layers=True)
    for layer, W in zip(dnn.hidden_layers, before, strict=True):
        np.testing.assert_array_equal(layer.W.get_value(), W)
    # what has no parameters yet is trained, on what the kept layer gives
    dnn.hidden_layers = [dbn.hidden_layers[0], AutoEncoder(4, random_state=2)]
    dnn.fit(*data, **FAST, epochs=0, keep_layers=True)
    alone = AutoEncoder(4, random_state=2).fit(dbn.hidden_layers[0].hidden_op(data[0]), batch_sz=20)
    np.testing.assert_array_equal(dnn.hidden_layers[1].W.get_value(), alone.W.get_value())
    np.testing.assert_array_equal(dbn.hidden_layers[0].W.get_value(), before[0])
    # a kept layer that reads probabilities can't go on top of one that gives others
    below = AutoEncoder(6, hidden="linear", random_state=2)
    dnn.hidden_layers = [
        below,
        AutoEncoder(4, random_state=2).fit(np.random.RandomState(0).rand(60, 6), batch_sz=20),
    ]
    with pytest.raises(ValueError, match=r"layer 2 of 2 .* expects values in \[0, 1\], but layer 1 returns"):
        dnn.fit(*data, **FAST, epochs=0, keep_layers=True)
    dnn.hidden_layers = [AutoEncoder(7, random_state=0).fit(data[0], batch_sz=20), *dbn.hidden_layers[1:]]
    with pytest.raises(
        ValueError, match=r"layer 2 has float64 weights of shape \(6, 5\), expected .*\(7, 5\)"
    ):
        dnn.fit(*data, **FAST, keep_layers=True)
    single = DNN([6, 5], random_state=1, dtype="float32")
    single.hidden_layers = dbn.hidden_layers
    with pytest.raises(ValueError, match=r"layer 1 has float64 weights .*, expected float32"):
        single.fit(*data, **FAST, keep_layers=True)


def test_layers_of_rectified_units_rebuild_rectified_units(data):
    first, later = (partial(AutoEncoder, hidden="relu", output=output) for output in ("sigmoid", "relu"))
    options = {"batch_sz": 20, "learning_rate": 0.01}
    dnn = DNN([6, 5], [first, later], random_state=0)
    others = r"layer 2 of 2 .* in \[0, 1\], but layer 1 returns others. .*cost='squared_error'"
    forgotten = "layer 2 of 2 .* cost is 'cross_entropy', but the output units are not probabilities"
    for models, message in [
        ([first, later], forgotten),
        ([first, first], others),
        ([first, RBM], others),
        ([first, AutoEncoder], others),
    ]:
        other = DNN([6, 5], models)
        with pytest.raises(ValueError, match=message):
            other.fit(*data, batch_sz=20, pretrain_options=options)
        assert not hasattr(other.hidden_layers[0], "params")
        other.fit(*data, batch_sz=20, epochs=0, pretrain_options=[options, {"epochs": 0, "batch_sz": 20}])
    dnn.fit(*data, batch_sz=20, pretrain_options=[options, options | {"cost": "squared_error"}])
    W, b, W1, b1, W2, b2 = (p.get_value() for p in dnn.params)
    H = (data[0] @ W1 + b1).clip(0)
    np.testing.assert_allclose(dnn.logits(data[0]), (H @ W2 + b2).clip(0) @ W + b, rtol=1e-9)
    assert 0.1 < (H > 0).mean() < 0.9
    dnn.fit(*data, batch_sz=20, epochs=0, keep_layers=True)  # what is kept has its cost behind it
    np.testing.assert_array_equal(dnn.hidden_layers[1].W.get_value(), W2)


class Squares(AutoEncoder):
    """A layer with a fit of its own, which takes any numbers."""

    def fit(self, X, *, epochs=1, monitor="epoch", backend=None, callbacks=()):
        return super().fit(X, 0.01, 0.9, epochs, 20, cost="squared_error", monitor=monitor, backend=backend)


class Foreign:
    """A layer of another kind, which reads probabilities."""

    def __init__(self, M, **options):
        self.M, self._layer = M, AutoEncoder(M, **options)

    def fit(self, X, epochs=1):
        self._layer.fit(X, epochs=epochs, batch_sz=20)
        self.forward_params, self.forward_dparams = self._layer.forward_params, self._layer.forward_dparams
        self.unit_interval = True

    def forward_hidden(self, X):
        return self._layer.forward_hidden(X)

    hidden_op = forward_hidden


def test_of_layers_of_ones_own_nothing_is_known_before_their_fit(data):
    X, Y, Xtest, Ytest = data
    linear = partial(Squares, hidden="linear", output="linear")
    dnn = DNN([6, 5], linear, random_state=0).fit(4 * X - 2, Y, 4 * Xtest - 2, Ytest, batch_sz=20)
    assert [len(layer.costs) for layer in dnn.hidden_layers] == [1, 1]
    with pytest.raises(ValueError, match=r"^Xtest has values from .*expects \[0, 1\]"):
        DNN([6], Foreign, random_state=0).fit(X, Y, 255 * Xtest, Ytest, batch_sz=20)
    with pytest.raises(TypeError, match=r"layer 1 of 1 .*epochs is array.*expected an integer"):
        DNN([6]).fit(*data, batch_sz=20, pretrain_options={"epochs": np.array([1, 2]), "batch_sz": 20})


def test_layers_that_are_loaded_are_kept_and_called_on_the_fits_backend(data, tmp_path):
    dbn = DBN([6, 5], random_state=0).fit(data[0], pretrain_options={"batch_sz": 20})
    dbn.save(tmp_path / "dbn")
    dnn = DNN([6, 5, 4], random_state=1)
    dnn.hidden_layers[:2] = DBN.load(tmp_path / "dbn").hidden_layers
    dnn.fit(*data, **FAST, epochs=0, keep_layers=True, backend="jax")
    for layer, saved in zip(dnn.hidden_layers[:2], dbn.hidden_layers, strict=True):
        np.testing.assert_array_equal(layer.W.get_value(), saved.W.get_value())
    assert [layer.backend for layer in dnn.hidden_layers] == ["jax"] * 3
    H = dbn.hidden_layers[1].hidden_op(dbn.hidden_layers[0].hidden_op(data[0]))
    alone = AutoEncoder(4, random_state=1).fit(H, batch_sz=20, backend="jax")
    np.testing.assert_allclose(dnn.hidden_layers[2].W.get_value(), alone.W.get_value(), atol=1e-12)


def test_each_layer_has_its_own_corruption_epochs_and_rate(data):
    dnn = DNN([6, 5], corruption=[masking(0.3), None], random_state=0)
    options = [{"batch_sz": 20, "learning_rate": 0.2}, {"batch_sz": 30, "learning_rate": 0.1}]
    dnn.fit(*data, batch_sz=20, epochs=0, pretrain_epochs=[3, 1], pretrain_options=options)
    first, second = dnn.hidden_layers
    assert (len(first.costs), len(second.costs)) == (3, 1)
    assert second.corruption is None
    generator = np.random.RandomState(0)
    alone = AutoEncoder(6, corruption=masking(0.3), random_state=generator)
    alone.fit(data[0], epochs=3, **options[0])
    np.testing.assert_array_equal(first.W.get_value(), alone.W.get_value())
    alone = AutoEncoder(5, random_state=generator).fit(first.hidden_op(data[0]), epochs=1, **options[1])
    np.testing.assert_array_equal(second.W.get_value(), alone.W.get_value())
    alike = DNN([6, 5], corruption=masking(0.3))
    assert all(layer.corruption is not None for layer in alike.hidden_layers)


def test_a_misspelt_option_of_an_upper_layer_is_found_before_the_first_is_trained(data):
    class Counted(AutoEncoder):
        def fit(self, X, learning_rate=0.5, epochs=1, batch_sz=20):
            fits.append(self.M)

    fits = []
    with pytest.raises(
        TypeError, match=r"layer 2 of 2.*Counted.fit takes no rate; its arguments are X, learning_rate"
    ):
        DNN([6, 5], Counted).fit(*data, batch_sz=20, pretrain_options=[{}, {"rate": 0.1}])
    assert fits == []


def test_a_network_is_called_from_callbacks_of_its_fine_tuning_but_not_of_pretraining(data, twins):
    def networks():
        yield DNN([6, 5], random_state=0), data
        yield DeepAutoEncoder([6, 5], random_state=0), data[:1]
        yield twins.DNN([6, 5], random_state=0), data

    def look(progress):
        if progress.model is network:
            done.append(len(network.forward(data[0])))
        else:
            with pytest.raises(NotFittedError, match="is being fitted, layer by layer: wait for"):
                network.forward(data[0])
            refused.append(progress.stage)

    for network, rows in networks():
        for _ in range(2):
            refused, done = [], []
            network.fit(*rows, **FAST, callbacks=[look])
            assert (len(refused), done) == (2, [60])


def test_an_interrupted_twin_has_no_parameters(data, twins):
    def interrupt(progress):
        if progress.model is dnn.hidden_layers[1]:
            raise KeyboardInterrupt

    dnn = twins.DNN([6, 5], random_state=0).fit(*data, **FAST)
    with pytest.raises(KeyboardInterrupt):
        dnn.fit(*data, **FAST, callbacks=[interrupt])
    with pytest.raises(NotFittedError, match="no parameters yet"):
        dnn.forward(data[0])
    assert dnn.fit(*data, **FAST).forward(data[0]).shape == (30 + 30, 3)
