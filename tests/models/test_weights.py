"""Parameters as plain dicts of arrays."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit

from udl_pt import DBN, DNN, RBM, AutoEncoder, DeepAutoEncoder, Ladder, NotFittedError

rs = np.random.RandomState(0)
X, Y = rs.rand(12, 4), np.arange(12) % 3
FAST = {"batch_sz": 6}
PRETRAINED = {"batch_sz": 6, "pretrain_options": FAST}
W, V, U = rs.normal(size=(4, 3)), rs.normal(size=(3, 2)), rs.normal(size=(2, 5))
b, c, d = rs.normal(size=3), rs.normal(size=2), rs.normal(size=5)
NETWORK = {
    "hidden_layers.0.W": W,
    "hidden_layers.0.bh": b,
    "hidden_layers.0.bo": np.zeros(4),
    "hidden_layers.1.W": V,
    "hidden_layers.1.bh": c,
    "hidden_layers.1.bo": np.zeros(3),
}
HEAD = {"W": U, "b": d}
FITTED = {
    "auto-encoder": lambda seed: AutoEncoder(3, random_state=seed).fit(X, **FAST),
    "variances": lambda seed: RBM(3, visible="gaussian", learn_variance=True, random_state=seed).fit(
        (X - X.mean(axis=0)) / X.std(axis=0), **FAST
    ),
    "dbn": lambda seed: DBN([3, 2], RBM, random_state=seed).fit(X, pretrain_options=FAST),
    "dnn": lambda seed: DNN([3], random_state=seed).fit(X, Y, X, Y, **PRETRAINED),
    "deep": lambda seed: DeepAutoEncoder([3, 2], random_state=seed).fit(X, **PRETRAINED),
    "ladder": lambda seed: Ladder([3], random_state=seed).fit(X, Y, X, Y, **FAST),
}


@pytest.mark.parametrize("make", FITTED.values(), ids=FITTED)
def test_all_parameters_go_to_another_model_and_are_copies(make):
    model, other = make(0), make(1)
    state = model.state_dict()
    before = [p.get_value() for p in model.params]
    other.load_state_dict(state)
    for array in state.values():
        array += 1
    for p, q, value in zip(model.params, other.params, before, strict=True):
        np.testing.assert_array_equal(p.get_value(), value)
        np.testing.assert_array_equal(q.get_value(), value)
    assert model.state_dict().keys() == state.keys()
    velocities = [v.get_value() for v in other.dparams]
    for v, w in zip(make(1).dparams, velocities, strict=True):
        np.testing.assert_array_equal(v.get_value(), w)


def test_a_ladders_classifier_goes_with_it():
    ladder, other = FITTED["ladder"](0), FITTED["ladder"](1)
    other.load_state_dict(ladder.state_dict())
    np.testing.assert_array_equal(other.dnn.logits(X), ladder.dnn.logits(X))


@pytest.mark.parametrize("convert", [np.asarray, jnp.asarray, np.ndarray.tolist])
def test_a_new_model_takes_its_shapes_from_the_arrays(convert):
    dnn = DNN([3, 2], dtype="float64")
    state = {name: convert(array) for name, array in {**HEAD, **NETWORK}.items()}
    dnn.load_state_dict(state)
    U1, V1, W1, b1, c1, d1 = (np.asarray(convert(array), "float64") for array in (U, V, W, b, c, d))
    logits = expit(expit(X @ W1 + b1) @ V1 + c1) @ U1 + d1
    np.testing.assert_allclose(dnn.logits(X), logits, rtol=1e-10)
    assert all(not v.get_value().any() for v in dnn.dparams)
    assert dnn.n_features == 4


@pytest.mark.torch
def test_tensors_of_pytorch_are_taken():
    import torch

    layer = torch.nn.Linear(4, 3, dtype=torch.float64)
    ae = AutoEncoder(3, dtype="float64")
    ae.load_state_dict({"W": layer.weight.T, "bh": layer.bias, "bo": torch.zeros(4)})
    expected = torch.sigmoid(layer(torch.from_numpy(X))).detach().numpy()
    np.testing.assert_allclose(ae.forward_hidden(X), expected, rtol=1e-12)


def test_a_new_deep_auto_encoder_and_a_new_dbn():
    dbn = DBN([3, 2], dtype="float64")
    dbn.load_state_dict(NETWORK)
    np.testing.assert_allclose(dbn.forward(X), expit(expit(X @ W + b) @ V + c), rtol=1e-10)
    deep = DeepAutoEncoder([3, 2], dtype="float64")
    decoder = {"decoder.0.V": V.T, "decoder.0.bo": b, "decoder.1.V": W.T, "decoder.1.bo": np.ones(4)}
    deep.load_state_dict(NETWORK | decoder)
    codes = expit(X @ W + b) @ V + c
    np.testing.assert_allclose(deep.encode(X), codes, rtol=1e-10)
    np.testing.assert_allclose(deep.forward(X), expit(expit(codes @ V.T + b) @ W.T + 1), rtol=1e-10)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"W": W[:, :2]}, ValueError, r"W has shape \(4, 2\), expected \(4, 3\)"),
        ({"bh": b[:2]}, ValueError, r"bh has shape \(2,\), expected \(3,\)"),
        ({"bo": [np.nan] * 4}, ValueError, "bo has NaN, infinity, or numbers that are too large for float32"),
        ({"bo": [1e300] * 4}, ValueError, "bo has NaN, infinity"),
        ({"bo": ["x"] * 4}, TypeError, "bo is .*, expected real numbers"),
        ({"bo": None}, TypeError, "bo is None, expected an array of numbers"),
        ({"c": b}, ValueError, "state has an unknown 'c', expected 'W', 'bh', 'bo'"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_changed(change, error, message):
    right = {"W": W, "bh": b, "bo": np.zeros(4)}
    ae = AutoEncoder(3, random_state=0, dtype="float32").fit(X, **FAST)
    before = ae.state_dict()
    with pytest.raises(error, match=message):
        ae.load_state_dict(right | change)
    for name, array in ae.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_what_does_not_fit_leaves_a_new_model_new():
    dnn = DNN([3, 2])
    for state, message in [
        ({}, "state has no 'W', and the model has no parameters yet"),
        (NETWORK, "state has no 'W', expected 'W', 'b', 'hidden_layers.0.W'"),
        (
            {"W": U, "b": d, **NETWORK, "hidden_layers.1.W": V.T},
            r"W has shape \(2, 3\), expected a matrix of 2",
        ),
        (
            {"W": U, "b": d, **NETWORK, "hidden_layers.1.W": np.ones((4, 2))},
            r"has shape \(3,\), expected \(4,\)",
        ),
    ]:
        with pytest.raises(ValueError, match=message):
            dnn.load_state_dict(state)
        assert not dnn.is_fitted
        assert not any(layer.is_fitted for layer in dnn.hidden_layers)
    with pytest.raises(TypeError, match="state is 3, expected a mapping"):
        dnn.load_state_dict(3)
    with pytest.raises(NotFittedError, match="before state_dict"):
        dnn.state_dict()
    with pytest.raises(NotFittedError, match="before load_state_dict"):
        Ladder([3]).load_state_dict({})
