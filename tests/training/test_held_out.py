"""Validation sets of models without labels: given, or drawn and held out."""

import numpy as np
import parity
import pytest
from parity import value
from scipy.special import expit, xlog1py, xlogy

from udl_pt import RBM, AutoEncoder, DeepAutoEncoder
from udl_pt.callbacks import EarlyStopping

X = np.random.RandomState(0).rand(60, 8)
VALID = np.random.RandomState(1).rand(13, 8)
FAST = {"epochs": 3, "batch_sz": 20, "learning_rate": 0.3}
MODELS = [
    pytest.param("numpy", "AutoEncoder", marks=pytest.mark.core),
    pytest.param("numpy", "RBM", marks=pytest.mark.core),
    ("torch", "AutoEncoder"),
    ("torch", "RBM"),
    ("symbolic", "AutoEncoder"),
    ("symbolic", "RBM"),
    ("symbolic", "DeepAutoEncoder"),
]


def make(side, name, random_state=0):
    model = getattr(parity.side(side), name)
    return (
        model([4], random_state=random_state)
        if name == "DeepAutoEncoder"
        else model(4, random_state=random_state)
    )


def params(model):
    return [value(p) for p in model.params]


def cross_entropy(model, name, X):
    if name == "DeepAutoEncoder":
        W, bh, V, bo = params(model)
        hidden = X @ W + bh
    else:
        W, bh, bo = params(model)
        V, hidden = W.T, expit(X @ W + bh)
    X_hat = expit(hidden @ V + bo)
    return -(xlogy(X, X_hat) + xlog1py(1 - X, -X_hat)).sum() / len(X)


@pytest.mark.parametrize(("side", "name"), MODELS)
def test_given_rows_are_measured_whenever_the_training_rows_are_and_change_nothing_else(side, name):
    def look(progress):
        expected.append(cross_entropy(progress.model, name, VALID))

    expected = []
    plain = make(side, name).fit(X, **FAST, pretrain_options={"batch_sz": 20}) if "Deep" in name else None
    plain = plain or make(side, name).fit(X, **FAST)
    more = {"pretrain_options": {"batch_sz": 20, "callbacks": []}} if "Deep" in name else {}

    def of_this(progress):
        if progress.model is model:
            look(progress)

    model = make(side, name)
    model.fit(X, **FAST, **more, validation=VALID.tolist(), callbacks=[of_this])
    np.testing.assert_allclose(model.valid_costs, expected, rtol=1e-9)
    assert len(expected) == 3
    assert (model.costs, plain.valid_costs) == (plain.costs, [])
    for p, q in zip(params(model), params(plain), strict=True):
        np.testing.assert_array_equal(p, q)
    model.fit(X, **FAST | {"epochs": 1}, **more, validation=VALID, monitor="batch")
    assert len(model.valid_costs) == len(model.costs) == 3
    model.fit(X, **FAST, **more)
    assert model.valid_costs == []


@pytest.mark.parametrize(("side", "name"), MODELS)
def test_a_share_is_drawn_before_the_weights_and_not_trained_on(side, name):
    more = {"pretrain_options": {"batch_sz": 10}} if "Deep" in name else {}
    held = make(side, name).fit(X, **FAST, **more, validation=0.25)
    chance = np.random.RandomState(0)
    order = chance.permutation(60)
    same = make(side, name, chance).fit(X[order[15:]], **FAST, **more, validation=X[order[:15]])
    for p, q in zip(params(held), params(same), strict=True):
        np.testing.assert_array_equal(p, q)
    assert (held.costs, held.valid_costs) == (same.costs, same.valid_costs)
    np.testing.assert_allclose(held.valid_costs[-1], cross_entropy(held, name, X[order[:15]]), rtol=1e-9)


@pytest.mark.parametrize(("side", "name"), MODELS)
def test_early_stopping_goes_by_the_validation_set_where_it_is_not_told_by_what(side, name):
    model = make(side, name)
    stop = EarlyStopping(model, patience=2)
    assert stop.watch == "valid_costs"
    more = {"pretrain_options": {"batch_sz": 20}} if "Deep" in name else {}
    with pytest.raises(
        ValueError, match=r"watches valid_costs, which this fit doesn't record .*validation=0.1"
    ):
        model.fit(X, **FAST, **more, callbacks=[stop])
    assert not hasattr(model, "params")
    # rows far from the training rows, which get worse as those get better
    model.fit(
        X / 2,
        **FAST | {"epochs": 60, "learning_rate": 3},
        **more,
        validation=(VALID + 3) / 4,
        callbacks=[stop],
    )
    assert stop.best_epoch == 1 + int(np.argmin(model.valid_costs))
    assert len(model.valid_costs) == stop.best_epoch + 2 < 60
    np.testing.assert_allclose(cross_entropy(model, name, (VALID + 3) / 4), min(model.valid_costs), rtol=1e-9)


@pytest.mark.parametrize(("side", "name"), MODELS)
@pytest.mark.parametrize(
    ("validation", "message"),
    [
        (0.001, "validation is 0.001, which is 0 of 60 rows"),
        (1.0, "validation is 1, which is 60 of 60 rows"),
        (-0.5, "validation is -0.5, expected a finite number from 0 to 1"),
        (0.9, "batch_sz is 20, but there are only 6 samples"),
        ("0.1", "validation is '0.1', expected a matrix of numbers"),
        (np.zeros((3, 7)), "validation has 7 features, expected 8"),
        (np.zeros(8), "validation has 1 dimension"),
        (2 * VALID, r"validation has values from .* expects \[0, 1\]"),
        (np.full((3, 8), np.nan), r"validation\[0, 0\] is nan"),
        (
            (VALID, np.zeros(13, int)),
            r"validation is a pair \(X, Y\), expected rows alone, .* no labels: pass X",
        ),
        ((VALID[0], VALID[:2]), "validation is .*, expected a matrix of numbers .*same length"),
    ],
)
def test_bad_validation_sets_change_nothing(side, name, validation, message):
    chance = np.random.RandomState(3)
    model, before = make(side, name, chance), chance.get_state()[1].copy()
    more = {"pretrain_options": {"batch_sz": 5}} if "Deep" in name else {}
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(X, **FAST, **more, validation=validation)
    assert not hasattr(model, "params")
    np.testing.assert_array_equal(chance.get_state()[1], before)


def test_rows_held_out_are_no_data_of_visible_biases_and_of_the_cost_scale():
    order = np.random.RandomState(0).permutation(60)
    rest = X[order[30:]]
    rbm = RBM(3, random_state=0).fit(X, epochs=0, visible_bias="data", validation=0.5)
    means = rest.mean(axis=0)
    np.testing.assert_allclose(rbm.b.get_value(), np.log(means / (1 - means)), rtol=0.1)
    chance = np.random.RandomState(0)
    chance.permutation(60)
    held = AutoEncoder(3, random_state=0).fit(X, batch_sz=10, validation=0.5)
    same = AutoEncoder(3, random_state=chance).fit(rest, batch_sz=10)
    np.testing.assert_array_equal(held.W.get_value(), same.W.get_value())


def test_layers_of_a_network_hold_rows_out_too():
    deep = DeepAutoEncoder([5, 4], random_state=0)
    deep.fit(X, epochs=0, pretrain_epochs=2, pretrain_options={"batch_sz": 20, "validation": 0.1})
    assert [len(layer.valid_costs) for layer in deep.hidden_layers] == [2, 2]
    assert deep.valid_costs == []
