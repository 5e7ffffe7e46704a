"""The stack: what goes up, what comes down, and what is written to a file."""

import functools

import numpy as np
import pytensor.tensor as pt
import pytest
from safetensors.numpy import load_file, save_file
from scipy.special import expit

from udl_pt import DBN, RBM, AutoEncoder
from udl_pt.validation import DataError

X = np.random.RandomState(0).rand(60, 8)
FAST = {"backend": "jax", "pretrain_options": {"batch_sz": 20}}


@pytest.fixture(scope="module")
def dbn():
    return DBN([6, 4], RBM, random_state=0).fit(X, 2, **FAST)


def test_each_layer_learns_from_the_one_below():
    dbn = DBN([6, 4], RBM, random_state=np.random.RandomState(3)).fit(X, 2, **FAST)
    rs = np.random.RandomState(3)
    first = RBM(6, random_state=rs).fit(X, epochs=2, batch_sz=20, backend="jax")
    second = RBM(4, random_state=rs).fit(first.hidden_op(X), epochs=2, batch_sz=20, backend="jax")
    for layer, expected in zip(dbn.hidden_layers, (first, second), strict=True):
        np.testing.assert_array_equal(layer.W.get_value(), expected.W.get_value())


@pytest.mark.parametrize("model", [AutoEncoder, RBM])
def test_forward_is_symbolic_or_an_array(model):
    dbn = DBN([6, 4], model, random_state=0).fit(X, **FAST)
    Z = X
    for layer in dbn.hidden_layers:
        W, bias = (p.get_value() for p in layer.forward_params)
        Z = expit(Z @ W + bias)
    np.testing.assert_allclose(dbn.forward(X), Z, rtol=1e-10)
    x = pt.dmatrix("x")
    np.testing.assert_allclose(dbn.forward(x).eval({x: X}), Z, rtol=1e-10)


def test_generated_pictures_come_down_from_the_top_machine(dbn):
    below, top = dbn.hidden_layers
    pictures = dbn.generate(400, (1, 30))
    assert pictures.shape == (2, 400, 8)
    assert ((pictures > 0) & (pictures < 1)).all()
    # the top machine's means, by a long chain of its own, passed down one by one
    W, b = below.W.get_value(), below.b.get_value()
    V = top.gibbs(np.zeros((4000, 6)), 50)
    H = expit(V @ top.W.get_value() + top.c.get_value())
    expected = expit(expit(H @ top.W.get_value().T + top.b.get_value()) @ W.T + b).mean(axis=0)
    np.testing.assert_allclose(pictures[1].mean(axis=0), expected, atol=0.02)
    assert dbn.generate(X[:3], (2,)).shape == (1, 3, 8)


def test_only_a_machine_on_top_generates():
    with pytest.raises(TypeError, match=r"top layer is of type AutoEncoder.*UnsupervisedModel=RBM"):
        DBN([6, 4], random_state=0).fit(X, **FAST).generate(3)


@pytest.mark.parametrize(
    "model",
    [
        AutoEncoder,
        RBM,
        lambda M, **options: AutoEncoder(M, hidden="relu", **options),
        functools.partial(RBM, visible="gaussian", learn_variance=True),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_was_saved_is_loaded(model, dtype, tmp_path):
    data = (X - X.mean(axis=0)) / X.std(axis=0) if isinstance(model, functools.partial) else X
    dbn = DBN([6], model, random_state=0, dtype=dtype).fit(data, **FAST)
    dbn.save(tmp_path / "dbn")
    twin = DBN.load(tmp_path / "dbn")
    assert [p.name for p in tmp_path.iterdir()] == ["dbn"]
    assert (twin.dtype, type(twin.hidden_layers[0])) == (dtype, type(dbn.hidden_layers[0]))
    for a, b in zip(dbn.hidden_layers[0].params, twin.hidden_layers[0].params, strict=True):
        np.testing.assert_array_equal(a.get_value(), b.get_value())
        assert a.name == b.name
        assert b.get_value().dtype == dtype
    twin.backend = "jax"
    np.testing.assert_array_equal(twin.forward(data), dbn.forward(data))


def test_a_loaded_stack_generates(dbn, tmp_path):
    dbn.save(tmp_path / "dbn")
    twin = DBN.load(tmp_path / "dbn")
    twin.backend = twin.hidden_layers[0].backend = twin.hidden_layers[1].backend = "jax"
    assert twin.generate(3, (5,)).shape == (1, 3, 8)


def damaged(path):
    content = path.read_bytes()
    flipped = bytearray(content)
    flipped[-3] ^= 1
    yield "cut", content[:-10], "no whole safetensors file"
    yield "empty", b"", "no whole safetensors file"
    yield "another kind", b"PK\x03\x04" * 40, "no whole safetensors file"
    yield "one bit", bytes(flipped), "was altered"


def test_damaged_files_are_errors(dbn, tmp_path):
    dbn.save(tmp_path / "dbn")
    for name, content, message in list(damaged(tmp_path / "dbn")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=message):
            DBN.load(tmp_path / name)
    save_file(load_file(tmp_path / "dbn"), tmp_path / "foreign")
    with pytest.raises(DataError, match="not one that udl_pt wrote"):
        DBN.load(tmp_path / "foreign")
    with pytest.raises(FileNotFoundError, match="no file"):
        DBN.load(tmp_path / "nowhere")


def test_bad_input(dbn, tmp_path):
    class Mine(RBM):
        pass

    params = list(dbn.params)
    for options, message in [
        ({"pretrain_epochs": -1}, "pretrain_epochs is -1"),
        ({"X": 255 * X}, "divide by 255"),
        ({"monitor": "step"}, "monitor is 'step'"),
        ({"pretrain_options": [{}]}, "pretrain_options has 1 entries, expected 2"),
        ({"callbacks": 3}, "callbacks is 3"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            dbn.fit(**({"X": X} | FAST | options))
    assert all(a is b for a, b in zip(dbn.params, params, strict=True))
    with pytest.raises(ValueError, match="no parameters yet"):
        DBN([3]).save(tmp_path / "x")
    with pytest.raises(ValueError, match="no parameters yet"):
        DBN([3], RBM).generate(3)
    with pytest.raises(ValueError, match="no parameters yet"):
        DBN([3]).forward(X)
    with pytest.raises(TypeError, match="layer 1 is of type Mine, expected AutoEncoder or RBM"):
        DBN([3], Mine, random_state=0).fit(X, **FAST).save(tmp_path / "x")
