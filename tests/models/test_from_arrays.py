"""Layers built from arrays: the constructor's options, the class, the stream of draws, and bad input."""

import numpy as np
import pytest
from parity import value
from scipy.special import expit

from udl_pt import RBM, AutoEncoder, RandomStreams, eager, load
from udl_pt.symbolic.corruption import masking

D, M = 4, 3
r = np.random.default_rng(0)
W, HIDDEN, VISIBLE, Z = r.normal(size=(D, M)), r.normal(size=M), r.normal(size=D), r.normal(size=D)
X = r.random((5, D))
LAYERS = [AutoEncoder, RBM, eager.AutoEncoder, eager.RBM]


def test_activations_of_ones_own_choice():
    ae = AutoEncoder.createFromArrays(W, HIDDEN, VISIBLE, "mine", hidden="relu", output="linear")
    expected = np.maximum(X @ W + HIDDEN, 0)
    np.testing.assert_allclose(ae.forward_hidden(X), expected, rtol=1e-12)
    np.testing.assert_allclose(ae.forward_output(X), expected @ W.T + VISIBLE, rtol=1e-12)
    assert ae.id == "mine"
    twin = eager.AutoEncoder.createFromArrays(W, HIDDEN, VISIBLE, hidden="relu", output="linear")
    np.testing.assert_allclose(twin.forward_output(X), expected @ W.T + VISIBLE, rtol=1e-12)


@pytest.mark.parametrize("z", [None, Z])
def test_gaussian_units_and_their_variances(z, tmp_path):
    rbm = RBM.createFromArrays(W, HIDDEN, VISIBLE, visible="gaussian", learn_variance=True, z=z)
    variance = np.ones(D) if z is None else np.exp(z)
    np.testing.assert_allclose(rbm.forward_hidden(X), expit(X / variance @ W + HIDDEN), rtol=1e-12)
    assert [p.name for p in rbm.params] == ["W", "c", "b", "z"]
    rbm.save(tmp_path / "rbm")
    np.testing.assert_array_equal(load(tmp_path / "rbm").forward_hidden(X), rbm.forward_hidden(X))
    plain = RBM.createFromArrays(W, HIDDEN, VISIBLE, visible="gaussian")
    np.testing.assert_allclose(plain.backward([[1, 0, 1]]), [W[:, 0] + W[:, 2] + VISIBLE], rtol=1e-12)


@pytest.mark.parametrize("kind", LAYERS)
def test_a_subclass_builds_its_own(kind):
    class Own(kind):
        pass

    assert type(Own.createFromArrays(W, HIDDEN, VISIBLE)) is Own


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("given", ["float64", "float32"])
@pytest.mark.parametrize("dtype", [None, "float64", np.float32])
def test_the_dtype_is_that_of_the_matrix_unless_another_is_asked_for(kind, given, dtype):
    layer = kind.createFromArrays(W.astype(given), HIDDEN, VISIBLE, dtype=dtype)
    expected = np.dtype(dtype or given)
    assert layer.dtype == expected
    assert {value(p).dtype for p in layer.params} == {expected}
    np.testing.assert_array_equal(value(layer.W), W.astype(given).astype(expected))


@pytest.mark.parametrize("kind", LAYERS)
def test_the_stream_of_draws(kind):
    def drawn(**options):
        return kind.createFromArrays(W, HIDDEN, VISIBLE, **options).rng.generator.random(3)

    expected = np.random.default_rng(3).random(3)
    np.testing.assert_array_equal(drawn(rng=3), expected)
    np.testing.assert_array_equal(drawn(rng=np.random.default_rng(3)), expected)
    np.testing.assert_array_equal(drawn(rng=RandomStreams(3)), expected)
    np.testing.assert_array_equal(drawn(random_state=3), drawn(random_state=3))
    assert not np.array_equal(drawn(random_state=3), drawn(random_state=4))
    np.random.seed(0)
    before = str(np.random.get_state())
    assert not np.array_equal(drawn(), drawn())
    assert str(np.random.get_state()) == before


@pytest.mark.parametrize("kind", [AutoEncoder, eager.AutoEncoder])
def test_a_later_fit_is_that_of_a_model_with_the_same_options(kind):
    options = {"corruption": masking(0.5), "random_state": 7, "dtype": "float64"}
    models = kind.createFromArrays(W, HIDDEN, VISIBLE, **options), kind(M, **options)
    first, second = ([value(p) for p in m.fit(X, epochs=2, batch_sz=2).params] for m in models)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", LAYERS)
def test_bad_arrays_and_options_are_refused(kind):
    for options, error in (
        ({"dtype": "float16"}, r"dtype is .*float16"),
        ({"random_state": -1}, "random_state is -1"),
        ({"rng": "a"}, "rng is 'a'"),
        ({"hiden": "relu"}, "hiden"),
        ({"M": 3}, "M"),
    ):
        with pytest.raises((TypeError, ValueError), match=error):
            kind.createFromArrays(W, HIDDEN, VISIBLE, **options)
    with pytest.raises(ValueError, match="expected 3 finite numbers"):
        kind.createFromArrays(W, VISIBLE, VISIBLE)
    with pytest.raises(ValueError, match="float32"):
        kind.createFromArrays(W * 1e300, HIDDEN, VISIBLE, dtype="float32")


def test_variances_that_are_not_learned_are_refused():
    with pytest.raises(ValueError, match=r"z is not a parameter of this RBM, which has W, c, b: omit it"):
        RBM.createFromArrays(W, HIDDEN, VISIBLE, visible="gaussian", z=Z)
    with pytest.raises(ValueError, match=r"z is .* which the eager RBM\.createFromArrays does not support"):
        eager.RBM.createFromArrays(W, HIDDEN, VISIBLE, z=Z)
    with pytest.raises(ValueError, match="z has shape"):
        RBM.createFromArrays(W, HIDDEN, VISIBLE, visible="gaussian", learn_variance=True, z=HIDDEN)
