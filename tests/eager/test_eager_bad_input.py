"""Bad input for the eager twins is refused, and changes nothing."""

import copy
import functools

import numpy as np
import parity
import pytest
from parity import value
from twins import BATCH, CORE, LABELLED, X, Y, fitted_once

import udl_pt
from udl_pt import eager
from udl_pt.symbolic.corruption import masking


def with_value(bad):
    array = X.copy()
    array[3, 2] = bad
    return array


def snapshot(model):
    """Return a model's arrays, and copies of what is in them, of its lists and its generators' states."""
    parts = [model, *getattr(model, "hidden_layers", [])]
    arrays = [p for part in parts for p in [*part.params, *part.dparams, getattr(part, "chains", None)]]
    streams = [part.rng.generator for part in parts if getattr(part, "rng", None) is not None]
    states = [generator.bit_generator.state for generator in streams]
    rest = [(part.costs, part.unit_interval, getattr(part, "cost", None)) for part in parts]
    weights = model._generator.get_state()
    return arrays, copy.deepcopy(
        [*map(value, filter(is_there, arrays)), str(states), str(rest), str(weights)]
    )


def is_there(array):
    return array is not None


BAD_X = [
    (X[0], r"X has 1 dimension\(s\) and shape \(6,\)"),
    (with_value(np.nan), r"X\[3, 2\] is nan, expected finite numbers"),
    (255 * X, r"expects \[0, 1\]: divide by 255\?"),
    (X - 0.5, r"expects \[0, 1\]: for standardised data use"),
    (X[:9], "batch_sz is 10, but there are only 9 samples"),
    (X.astype(str), "X has dtype <U"),
]
BAD_OPTIONS = [
    ({"epochs": -1}, "epochs is -1, expected at least 0"),
    ({"epochs": 1.5}, "epochs is 1.5, expected an integer"),
    ({"batch_sz": 0}, "batch_sz is 0, expected at least 1"),
    ({"learning_rate": np.nan}, "learning_rate is nan"),
    ({"mu": 2}, "mu is 2, expected a finite number from 0 to 1"),
    ({"monitor": "step"}, "monitor is 'step', expected one of 'epoch', 'batch', None"),
    ({"callbacks": [3]}, r"callbacks is \[3\], expected a list of callables"),
]
BAD_LABELS = [
    ({"Y": Y[:-1]}, "Y has 39 labels, expected 40"),
    ({"Y": 2 * Y}, "Y has the labels 0, 2, 4, 6, expected 0 ... 3 without gaps"),
    ({"Y": Y.astype(float)}, "Y has dtype float64, expected integer labels"),
    ({"Ytest": Y + 1}, "Ytest has the labels 4, unseen in training"),
    ({"Xtest": X[:, :5]}, "Xtest has 5 features, expected 6"),
    ({"Xtest": with_value(np.inf)}, r"Xtest\[3, 2\] is inf"),
    ({"reg": -1}, "reg is -1, expected a finite number of at least 0"),
    ({"pretrain_epochs": -1}, "pretrain_epochs is -1, expected at least 0"),
    ({"pretrain_epochs": [1]}, "pretrain_epochs has 1 entries, expected 2, one per layer"),
    ({"pretrain_options": {"batch_sz": 41}}, r"layer 1 of 2 \(see pretrain_options\): batch_sz is 41"),
    (
        {"pretrain_options": [BATCH, {"cost": "hinge"}]},
        r"layer 2 of 2 \(see pretrain_options\): cost is 'hinge'",
    ),
    ({"pretrain_options": {"speed": 3}}, "takes no argument 'speed'"),
    (
        {"Xtest": 255 * X, "pretrain_options": BATCH},
        r"Xtest has values from .*expects \[0, 1\]: divide by 255",
    ),
]
REFUSED = [
    *(("ae", lambda m, bad=bad: m.fit(bad, **BATCH), message) for bad, message in BAD_X),
    *(("rbm", lambda m, bad=bad: m.fit(bad, **BATCH), message) for bad, message in BAD_X),
    *(
        (
            "dnn",
            lambda m, bad=bad: m.fit(**LABELLED | {"X": bad, "Y": Y[: len(bad)]}, pretrain_options=BATCH),
            message,
        )
        for bad, message in BAD_X
        if np.ndim(bad) == 2
    ),
    *(("ae", lambda m, bad=bad: m.fit(X, **BATCH | bad), message) for bad, message in BAD_OPTIONS),
    *(("rbm", lambda m, bad=bad: m.fit(X, **BATCH | bad), message) for bad, message in BAD_OPTIONS),
    *(
        ("dnn", lambda m, bad=bad: m.fit(**LABELLED | bad), message)
        for bad, message in BAD_OPTIONS + BAD_LABELS
    ),
    ("ae", lambda m: m.fit(X, cost="hinge", **BATCH), "cost is 'hinge', expected one of 'cross_entropy'"),
    ("ae", lambda m: m.fit(X, cost_scale="sum", **BATCH), "cost_scale is 'sum'"),
    ("rbm", lambda m: m.fit(X, k=0, **BATCH), "k is 0, expected at least 1"),
    ("rbm", lambda m: m.fit(X, k=1.5, **BATCH), "k is 1.5, expected an integer"),
    (
        "rbm",
        lambda m: m.fit(X, n_chains=7, **BATCH),
        "n_chains is 7, but without persistent=True, each of the batch's 10 rows",
    ),
    ("rbm", lambda m: m.fit(X, n_chains=0, persistent=True, **BATCH), "n_chains is 0, expected at least 1"),
    ("rbm", lambda m: m.gibbs(X, 0), "k is 0, expected at least 1"),
    ("rbm", lambda m: m.gibbs(X[:, :5]), "V has 5 features, expected 6"),
    ("rbm", lambda m: m.sample_v_given_h(X), "H has 6 features, expected 3"),
    ("rbm", lambda m: m.free_energy(2 * X), r"expects \[0, 1\]"),
    ("ae", lambda m: m.hidden_op(X[:, :5]), "X has 5 features, expected 6"),
    ("ae", lambda m: m.forward_output(with_value(np.nan)), r"X\[3, 2\] is nan"),
    ("ae", lambda m: m.backward(X), "H has 6 features, expected 3"),
    ("ae", lambda m: m.backward(2 + X[:, :3]), r"expects \[0, 1\]"),
    ("dnn", lambda m: m.predict(X[0]), r"X has 1 dimension\(s\)"),
    ("dnn", lambda m: m.forward(255 * X), r"expects \[0, 1\]"),
    ("dnn", lambda m: eager.input_gradient(m, X[0], Y), r"X has 1 dimension\(s\)"),
    ("dnn", lambda m: eager.input_gradient(m, X, Y[:3]), "Y has 3 labels, expected 40"),
    ("dnn", lambda m: eager.input_gradient(m, X, Y + 1), "Y has the labels 4, unseen in training"),
    ("dnn", lambda m: eager.fast_gradient_sign(m, 255 * X, Y, 0.1), r"expects \[0, 1\]"),
    ("dnn", lambda m: eager.fast_gradient_sign(m, X, Y, -0.1), "epsilon is -0.1"),
]


@pytest.mark.parametrize(("kind", "call", "message"), REFUSED)
def test_bad_input_is_refused_and_changes_nothing(twins, kind, call, message):
    model = getattr(fitted_once(twins), kind)
    arrays, before = snapshot(model)
    with pytest.raises((ValueError, TypeError), match=message):
        call(model)
    after_arrays, after = snapshot(model)
    assert all(a is b for a, b in zip(arrays, after_arrays, strict=True))
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m: m.AutoEncoder(0), "M is 0, expected at least 1"),
        (lambda m: m.RBM(2.5), "M is 2.5, expected an integer"),
        (lambda m: m.AutoEncoder(3, hidden="tanh"), "hidden is 'tanh', expected one of 'sigmoid', 'linear'"),
        (lambda m: m.AutoEncoder(3, output="tanh"), "output is 'tanh'"),
        (lambda m: m.AutoEncoder(3, dtype="int32"), "dtype is int32, expected 'float32' or 'float64'"),
        (lambda m: m.RBM(3, dtype="single precision"), "dtype is 'single precision', expected"),
        (lambda m: m.RBM(3, random_state="seed"), "random_state is 'seed'"),
        (lambda m: m.RBM(3, rng="seed"), "rng is 'seed'"),
        (
            lambda m: m.AutoEncoder(3, output="linear").fit(X, **BATCH),
            "cost is 'cross_entropy', but the output",
        ),
        (lambda m: m.AutoEncoder(3).forward_hidden(X), "no parameters yet: call fit"),
        (lambda m: m.AutoEncoder(3).hidden_op(X), "no parameters yet: call fit"),
        (lambda m: m.RBM(3).gibbs(X), "no parameters yet: call fit"),
        (lambda m: m.DNN([3]).predict(X), "no parameters yet: call fit"),
        (lambda m: eager.input_gradient(m.DNN([3]), X, Y), "no parameters yet: call fit"),
        (lambda m: eager.fast_gradient_sign(m.DNN([3]), X, Y, 0.1), "no parameters yet: call fit"),
        (lambda m: m.DNN([]), "hidden_layer_sizes is empty"),
        (lambda m: m.DNN(500), "hidden_layer_sizes is 500, expected a list"),
        (lambda m: m.DNN([5, 0]), "M is 0"),
        (lambda m: m.DNN([5, 4], [m.RBM]), "UnsupervisedModel has 1 entries, expected 2"),
        (
            lambda m: m.DNN([5], udl_pt.AutoEncoder),
            "layer of type .*udl_pt.models.autoencoder.AutoEncoder.*expected",
        ),
        (lambda m: m.DNN([5], udl_pt.RBM), "makes a layer of type .*udl_pt.models.rbm.RBM"),
        (lambda m: m.DNN([5], "AutoEncoder"), "layer of type .*str"),
        (lambda m: m.DNN([5], m.RBM, corruption=masking(0.3)), "takes no argument 'corruption'"),
        (
            lambda m: m.AutoEncoder.createFromArrays(X, np.zeros(5), np.zeros(40)),
            r"bh has shape \(5,\), expected 6",
        ),
        (
            lambda m: m.RBM.createFromArrays(X, np.zeros(6), np.full(40, np.nan)),
            "b has shape .* finite numbers",
        ),
        (lambda m: m.RBM.createFromArrays(X[0], np.zeros(6), np.zeros(40)), r"W has 1 dimension\(s\)"),
    ],
)
def test_constructors_and_early_calls(twins, make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make(twins)


@pytest.mark.torch
def test_layers_of_the_other_kind_of_twin_are_refused():
    numpy, torch = parity.side("numpy"), parity.side("torch")
    for dnn, layer in [(numpy.DNN, torch.RBM), (torch.DNN, numpy.RBM), (numpy.DBN, torch.AutoEncoder)]:
        with pytest.raises(TypeError, match="makes a layer of type"):
            dnn([4], layer)


@CORE
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda dbn: dbn.fit(255 * X, pretrain_options=BATCH), "layer 1 of 1 .*divide by 255"),
        (lambda dbn: dbn.fit(X, -1), "pretrain_epochs is -1"),
        (lambda dbn: dbn.fit(X, monitor="step"), "monitor is 'step'"),
        (lambda dbn: dbn.forward(X[:, :5]), "X has 5 features, expected 6"),
        (lambda dbn: dbn.fit_to_input(3), "k is 3, but the last layer has units 0 to 2"),
        (lambda dbn: dbn.fit_to_input(-1), "k is -1"),
        (lambda dbn: dbn.fit_to_input(0, mu=2), "mu is 2"),
        (lambda dbn: dbn.fit_to_input(0, epochs=-1), "epochs is -1"),
        (lambda dbn: eager.DBN([3]).fit_to_input(0), "no parameters yet: call fit"),
        (lambda dbn: eager.DBN([3]).forward(X), "no parameters yet: call fit"),
    ],
)
def test_the_deep_belief_network_refuses_bad_input(call, message):
    dbn = eager.DBN([3], random_state=0).fit(X, pretrain_options=BATCH)
    params, kept = list(dbn.params), copy.deepcopy(dbn.params)
    with pytest.raises((ValueError, TypeError), match=message):
        call(dbn)
    for a, b, c in zip(dbn.params, params, kept, strict=True):
        assert a is b
        np.testing.assert_array_equal(a, c)


@CORE
def test_linear_units_have_no_log_to_drive():
    linear = functools.partial(eager.AutoEncoder, hidden="linear")
    dbn = eager.DBN([3], linear, random_state=0).fit(X, pretrain_options=BATCH | {"learning_rate": 0.01})
    with pytest.raises(TypeError, match="the last layer has no sigmoid units"):
        dbn.fit_to_input(0)


def test_too_few_rows_are_fine_where_nothing_is_trained(twins):
    ae = twins.AutoEncoder(3, output="linear", random_state=0).fit(255 * X, epochs=0)
    assert value(ae.W).shape == (6, 3)
    assert ae.costs == []
