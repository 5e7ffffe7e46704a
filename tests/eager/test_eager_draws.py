"""The eager twins' draws, and corruptions that serve both sides."""

import numpy as np
import pytensor.tensor as pt
import pytest
from parity import value
from twins import BATCH, X

from udl_pt import AutoEncoder
from udl_pt.backends import Function
from udl_pt.symbolic.corruption import gaussian, masking, salt_and_pepper
from udl_pt.symbolic.random import RandomStreams


def evaluated(variables, *inputs):
    names, arrays = zip(*inputs, strict=True) if inputs else ((), ())
    return Function(list(names), list(variables), compiled=False)(*arrays)


DRAWS = {
    "uniform": lambda s: s.uniform((3, 4)),
    "uniform from low to high": lambda s: s.uniform((3, 4), -2.0, 5.0),
    "uniform of NumPy's numbers": lambda s: s.uniform((3, 4), np.float64(0.1), np.float64(0.7)),
    "uniform float32": lambda s: s.uniform((5,), 1.0, 3.0, dtype="float32"),
    "normal": lambda s: s.normal((2, 2, 2)),
    "normal of avg and std": lambda s: s.normal((3, 4), 3.0, np.float64(0.1)),
    "normal float64": lambda s: s.normal((4,), std=2.0, dtype="float64"),
    "binomial": lambda s: s.binomial((50,)),
    "binomial of p": lambda s: s.binomial((50,), p=0.9),
    "binomial float32": lambda s: s.binomial((50,), 1, 0.2, "float32"),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "make", [lambda: 7, lambda: np.random.RandomState(7), lambda: np.random.default_rng(7)]
)
def test_draws_are_those_of_the_symbolic_streams_in_the_same_order(twins, make, dtype):
    ours, theirs = twins.AutoEncoder.Streams(make(), dtype), RandomStreams(make(), dtype)
    got = [draw(ours) for draw in DRAWS.values()]
    for name, a, b in zip(DRAWS, got, evaluated(draw(theirs) for draw in DRAWS.values()), strict=True):
        assert value(a).dtype == b.dtype, name
        np.testing.assert_allclose(value(a), b, rtol=np.finfo(b.dtype).eps, err_msg=name)
        assert value(a).std() > 0
    assert ours.generator.random() == theirs.generator.random()
    binary = [value(a) for name, a in zip(DRAWS, got, strict=True) if "binomial" in name]
    for a, (share, within) in zip(binary, [(0.5, 0.25), (0.9, 0.15), (0.2, 0.2)], strict=True):
        assert set(a.ravel()) == {0, 1}
        assert abs(a.mean() - share) < within


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda s: s.normal((2,), std=1e300), r"std is 1e\+300, expected .* to 3.40282"),
        (lambda s: s.normal((2,), -1e300), r"avg is -1e\+300, expected"),
        (lambda s: s.uniform((2,), 0.0, 1e300), r"high - low is 1e\+300, expected"),
        (lambda s: s.uniform((2,), 1e300, 1e300), r"low is 1e\+300, expected"),
    ],
)
def test_numbers_that_a_draws_dtype_does_not_hold_are_refused(twins, draw, message):
    for stream in (twins.AutoEncoder.Streams(0, "float32"), RandomStreams(0, "float32")):
        with pytest.raises(ValueError, match=message):
            draw(stream)
    for kind in (twins.AutoEncoder, AutoEncoder):
        with pytest.raises(TypeError, match=r"corruption is .*std is 1e\+300, expected a finite number"):
            kind(2, dtype="float32", corruption=gaussian(1e300))
        kind(2, dtype="float32", corruption=gaussian(1e38))


def test_streams_share_generators_and_derive_from_them(twins):
    Streams = twins.AutoEncoder.Streams
    stream = Streams(0)
    assert Streams(stream).generator is stream.generator
    assert twins.RBM(3, rng=RandomStreams(stream.generator)).rng.generator is stream.generator
    with pytest.raises(ValueError, match="n is 2, expected 1"):
        stream.binomial((3,), n=2)
    with pytest.raises(TypeError, match="rng is 'seed'"):
        Streams("seed")


def tenfold(X, stream):
    return X * stream.uniform(X.shape, 0.0, 10.0, dtype=X.dtype)


def held_out(X, stream):
    return X * (stream.uniform(X.shape) < 0.7) + (X - 0.5) * stream.normal(X.shape, std=np.float64(0.1)) ** 2


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("corruption", [tenfold, held_out, masking(0.3), gaussian(0.2), salt_and_pepper(0.4)])
def test_a_corruption_of_operators_serves_both_sides(twins, corruption, dtype):
    ae = twins.AutoEncoder(3, corruption=corruption, rng=5, random_state=0, dtype=dtype)
    x = pt.matrix("x", dtype=dtype)
    data = X.astype(dtype)
    symbolic = corruption(x, RandomStreams(5, dtype)).astype(dtype)
    (expected,) = evaluated([symbolic], (x, data))
    got = value(ae._corrupted(ae._param(data.copy())))
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, rtol=1e-6 if dtype == "float32" else 1e-14, atol=1e-7)
    assert abs(got - data).max() > 0.1
    ae.fit(data, **BATCH)
    assert value(ae.W).dtype == dtype


@pytest.mark.parametrize(
    ("corruption", "message"),
    [
        (lambda X, stream: pt.clip(X, 0, 1), "written with operators and the stream's methods"),
        (lambda X, stream: X * RandomStreams(0).binomial(X.shape), "written with operators"),
        (lambda X, stream: X[:1], "of the same shape and dtype"),
        (lambda X, stream: stream.normal(X.shape, dtype="float32"), "of the same shape and dtype"),
        (lambda X, stream: None, "NoneType"),
        (lambda X: X, "called with these arguments, it raised: .* takes 1 positional argument"),
        (0.3, "corruption is 0.3, expected a function of an array and a stream"),
    ],
)
def test_a_corruption_that_gives_no_array_is_refused(twins, corruption, message):
    with pytest.raises(TypeError, match=message):
        twins.AutoEncoder(3, corruption=corruption)
