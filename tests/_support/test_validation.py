"""Bad input: each with the words its error must hold, each leaving the model as it was."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from udl_pt import DNN, AutoEncoder, error_rate
from udl_pt._support.arrays import check_matrix

RS = np.random.RandomState(0)
X = RS.rand(40, 6)
Y = np.arange(40) % 4


def with_value(value, dtype=float):
    bad = X.astype(dtype)
    bad[3, 2] = value
    return bad


BAD_X = [
    (X[0], r"X has 1 dimension\(s\) and shape \(6,\).*reshape\(1, -1\)"),
    (X.reshape(2, 20, 6), r"X has 3 dimension\(s\).*flatten"),
    (X[:0], r"X is empty \(shape \(0, 6\)\)"),
    (X[:, :0], "X is empty"),
    (X[:9], "batch_sz is 10, but there are only 9 samples"),
    (X.astype(complex), "X has dtype complex128, expected real numbers"),
    (X.astype(object), "X has dtype object"),
    (X.astype(str), "X has dtype <U"),
    ([[1.0, 2.0], [3.0]], "same length"),
    (with_value(np.nan), r"X\[3, 2\] is nan, expected finite numbers"),
    (with_value(-np.inf), r"X\[3, 2\] is -inf"),
    (scipy.sparse.csr_matrix(X), r"X is a sparse matrix.*toarray\(\)"),
    (scipy.sparse.coo_array(X), r"X is a sparse matrix.*toarray\(\)"),
    (np.ma.masked_equal(X, X[3, 2]), r"X is a masked array.*X\.filled\(…\).*mask of missing values"),
    (pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), r"X is .*select_dtypes"),
    (X * 255, r"expects \[0, 1\]: divide by 255\?"),
    (X - 0.5, r"expects \[0, 1\]: for standardised data use"),
]


@pytest.fixture(scope="module")
def ae():
    return AutoEncoder(3, random_state=0).fit(X, batch_sz=10, backend="jax")


@pytest.fixture(scope="module")
def dnn():
    return DNN([3], random_state=0).fit(
        X, Y, X, Y, batch_sz=10, pretrain_options={"batch_sz": 10}, backend="jax"
    )


def state(model):
    return [model.params, *[p.get_value() for p in model.params], list(model.costs), model.backend]


def assert_unchanged(model, before):
    after = state(model)
    assert all(a is b for a, b in zip(after[0], before[0], strict=True))
    for a, b in zip(after[1:], before[1:], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("bad", "message"), BAD_X)
def test_autoencoder_fit(ae, bad, message):
    before = state(ae)
    with pytest.raises((ValueError, TypeError), match=message):
        ae.fit(bad, batch_sz=10)
    assert_unchanged(ae, before)


@pytest.mark.parametrize(("bad", "message"), BAD_X)
def test_dnn_fit(dnn, bad, message):
    before, below = state(dnn), state(dnn.hidden_layers[0])
    rows = len(bad) if isinstance(bad, list | np.ndarray) else 40
    with pytest.raises((ValueError, TypeError), match=message):
        dnn.fit(bad, Y[:rows], X, Y, batch_sz=10, pretrain_options={"batch_sz": 10})
    assert_unchanged(dnn, before)
    assert_unchanged(dnn.hidden_layers[0], below)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"Y": Y[:-1]}, "Y has 39 labels, expected 40"),
        ({"Y": Y - 1}, "Y has the labels -1, 0, 1, 2, expected 0 ... 3 without gaps"),
        ({"Y": Y * 2}, "Y has the labels 0, 2, 4, 6, expected 0 ... 3 without gaps"),
        ({"Y": Y + 1}, "Y has the labels 1, 2, 3, 4"),
        ({"Y": Y.astype(float)}, "Y has dtype float64, expected integer labels"),
        ({"Y": Y.astype(str)}, "Y has dtype <U"),
        ({"Y": np.eye(4)[Y].astype(int)}, r"Y has shape \(40, 4\), expected one dimension"),
        ({"Y": [*Y[:-1], [0, 1]]}, "Y is .*expected .*one label per sample"),
        ({"Y": np.ma.masked_equal(Y, 3)}, r"Y is a masked array.*Y\.filled\(…\)"),
        ({"Ytest": Y + 3}, "Ytest has the labels 4, 5, 6, unseen in training, where 0 ... 3 were found"),
        ({"Ytest": Y - 2}, "Ytest has the labels -2, -1, 0, 1, expected labels from 0 on"),
        ({"Ytest": Y[:-2]}, "Ytest has 38 labels, expected 40"),
        ({"Xtest": X[:, :5]}, "Xtest has 5 features, expected 6"),
        ({"Xtest": with_value(np.nan)}, r"Xtest\[3, 2\] is nan"),
        ({"reg": -1}, "reg is -1, expected a finite number of at least 0"),
        ({"reg": "much"}, "reg is 'much', expected a finite number"),
        ({"reg": "0.1"}, "reg is '0.1', expected a finite number"),
        ({"max_norm": b"3"}, "max_norm is b'3', expected a finite number"),
        ({"reg": np.array("0.1")}, "reg is array.*, expected a finite number"),
        ({"reg": 10**400}, r"reg is 1000.*, expected a finite number"),
        ({"dropout": ("0.2", 0.5)}, "dropout is .'0.2', 0.5., expected the probability"),
        ({"pretrain_epochs": -1}, "pretrain_epochs is -1, expected at least 0"),
    ],
)
def test_dnn_fit_options(dnn, options, message):
    before = state(dnn)
    with pytest.raises((ValueError, TypeError), match=message):
        dnn.fit(**({"X": X, "Y": Y, "Xtest": X, "Ytest": Y, "batch_sz": 10} | options))
    assert_unchanged(dnn, before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_sz": 0}, "batch_sz is 0, expected at least 1"),
        ({"batch_sz": -5}, "batch_sz is -5"),
        ({"batch_sz": 10.0}, "batch_sz is 10.0, expected an integer"),
        ({"batch_sz": True}, "batch_sz is True, expected an integer"),
        ({"epochs": -1}, "epochs is -1, expected at least 0"),
        ({"learning_rate": np.nan}, "learning_rate is nan, expected a finite number"),
        ({"learning_rate": -0.1}, "learning_rate is -0.1"),
        ({"mu": 1.5}, "mu is 1.5, expected a finite number from 0 to 1"),
        ({"backend": "theano"}, "backend is 'theano', expected one of 'numba', 'c', 'jax'"),
        ({"monitor": "step"}, "monitor is 'step', expected one of 'epoch', 'batch', None"),
    ],
)
@pytest.mark.parametrize("kind", ["ae", "dnn"])
def test_options_of_both(kind, options, message, request):
    model = request.getfixturevalue(kind)
    before = state(model)
    data = (X,) if kind == "ae" else (X, Y, X, Y)
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(*data, **({"batch_sz": 10} | options))
    assert_unchanged(model, before)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"cost": "hinge"}, "cost is 'hinge'"), ({"cost_scale": "sum"}, "cost_scale is 'sum'")],
)
def test_options_of_the_autoencoder(ae, options, message):
    before = state(ae)
    with pytest.raises(ValueError, match=message):
        ae.fit(X, batch_sz=10, **options)
    assert_unchanged(ae, before)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (pd.DataFrame({"nnz": [0.5, 1], "_mask": [0.0, 1]}), [[0.5, 0], [1, 1]]),
        (pd.DataFrame({"a": [1, 2], "b": [True, False]}), [[1, 1], [2, 0]]),
        (pd.DataFrame({"a": [0.5, 2], "b": [True, False], "c": [1, 2]}), [[0.5, 1, 1], [2, 0, 2]]),
    ],
)
def test_frames_of_numbers(frame, expected):
    np.testing.assert_array_equal(check_matrix(frame, dtype="float64"), expected)


def test_a_masked_array_without_masked_values_has_nothing_to_lose():
    np.testing.assert_array_equal(check_matrix(np.ma.array(X), dtype="float64"), X)


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(float).max, reason="has no longer double")
@pytest.mark.parametrize("value", ["1e400", "-1e400"])
def test_values_that_only_a_long_double_holds(value):
    with pytest.raises(ValueError, match="too large for float64: scale it"):
        check_matrix(with_value(np.longdouble(value), np.longdouble), dtype="float64")


def test_outside_the_unit_interval_is_fine_for_squared_error():
    AutoEncoder(3, random_state=0).fit(X - 0.5, batch_sz=10, cost="squared_error")


@pytest.mark.parametrize("method", ["forward_hidden", "forward_output", "hidden_op"])
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (X[:, :5], "X has 5 features, expected 6"),
        (X[0], "1 dimension"),
        (X[:0], "empty"),
        (with_value(np.inf), "is inf"),
        (with_value(1e39), "too large for float32"),
    ],
)
def test_calls_with_arrays(method, bad, message):
    model = AutoEncoder.createFromArrays(RS.rand(6, 3).astype("float32"), np.zeros(3), np.zeros(6))
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(bad)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AutoEncoder(0), "M is 0, expected at least 1"),
        (lambda: AutoEncoder(-3), "M is -3"),
        (lambda: AutoEncoder(2.5), "M is 2.5, expected an integer"),
        (lambda: AutoEncoder(3, dtype="int32"), "dtype is int32, expected 'float32' or 'float64'"),
        (lambda: AutoEncoder(3, random_state="seed"), "random_state is 'seed'"),
        (lambda: AutoEncoder(3, random_state=-1), "random_state is -1"),
        (lambda: AutoEncoder(3, rng="seed"), "rng is 'seed'"),
        (lambda: DNN([]), "hidden_layer_sizes is empty"),
        (lambda: DNN(500), "hidden_layer_sizes is 500, expected a list"),
        (lambda: DNN([5, 0]), "M is 0"),
        (lambda: DNN([5], UnsupervisedModel=lambda M: object()), "has no fit, forward_hidden, hidden_op"),
        (lambda: AutoEncoder(3).hidden_op, "no parameters yet: call fit"),
        (lambda: AutoEncoder(3).forward_hidden(X), "no parameters yet: call fit"),
        (lambda: DNN([3]).predict(X), "no parameters yet: call fit"),
        (lambda: error_rate([1, 2], [1]), r"predictions p have shape \(2,\), targets t \(1,\)"),
        (lambda: error_rate([], []), "not empty"),
    ],
)
def test_constructors_and_early_calls(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_too_few_rows_are_fine_where_nothing_is_trained():
    assert AutoEncoder(3, random_state=0).fit(X, epochs=0, batch_sz=100).W.get_value().shape == (6, 3)
