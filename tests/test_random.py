"""Streams: their distributions, their order, and that they go on."""

import pickle

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy import stats

from udl_pt import RandomStreams
from udl_pt.backend import Function
from udl_pt.random import as_generator


@pytest.mark.core
@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_two_draws_come_in_step_order_from_a_legacy_generator(backend):
    streams = RandomStreams(np.random.RandomState(5))
    x = pt.matrix("x")
    first = streams.uniform((x.shape[0], 3))
    second = streams.uniform(x.shape)
    f = Function([x], [second, first], backend=backend)
    rs = np.random.RandomState(5)
    for _ in range(2):
        b, a = f(np.ones((4, 2)))
        np.testing.assert_array_equal(a, rs.random_sample((4, 3)))
        np.testing.assert_array_equal(b, rs.random_sample((4, 2)))


@pytest.mark.core
@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_a_generator_gives_its_random_and_a_bernoulli_draw_is_uniform_below_p(backend):
    streams = RandomStreams(np.random.default_rng(5))
    f = Function([], streams.binomial((50, 2), p=0.3, dtype="float32"), backend=backend)
    g = np.random.default_rng(5)
    for _ in range(2):
        draw = f()
        assert draw.dtype == np.float32
        np.testing.assert_array_equal(draw, g.random((50, 2)).astype(np.float32) < np.float32(0.3))


def test_the_same_stream_in_a_function_of_ones_own():
    streams = RandomStreams(np.random.RandomState(5))
    draw = streams.binomial((4, 3), p=0.5)
    f = pytensor.function([], draw, updates=streams.updates())
    rs = np.random.RandomState(5)
    for _ in range(2):
        np.testing.assert_array_equal(f(), rs.random_sample((4, 3)) < 0.5)


@pytest.mark.parametrize(
    ("draw", "distribution"),
    [
        (lambda s: s.uniform((4000,), low=-2.0, high=3.0), stats.uniform(-2, 5)),
        (lambda s: s.normal((4000,), avg=1.0, std=2.0), stats.norm(1, 2)),
        (lambda s: s.normal((4000,)), stats.norm()),
    ],
)
def test_distributions(draw, distribution):
    sample = Function([], draw(RandomStreams(0)))()
    assert stats.kstest(sample, distribution.cdf).pvalue > 0.01


def test_only_bernoulli_draws():
    with pytest.raises(ValueError, match="n is 3, expected 1"):
        RandomStreams(0).binomial((2,), n=3)


def test_a_stream_beside_a_generator_does_not_draw_from_it_and_follows_its_state():
    for make in (np.random.RandomState, np.random.default_rng):
        generator, twin = make(3), make(3)
        a = RandomStreams.beside(generator).generator.random(3)
        np.testing.assert_array_equal(RandomStreams.beside(twin).generator.random(3), a)
        assert generator.standard_normal() == twin.standard_normal()
        assert not np.array_equal(RandomStreams.beside(generator).generator.random(3), a)


def test_unseeded_streams_differ_and_leave_the_global_generator_alone():
    np.random.seed(0)
    before = np.random.get_state()[2]
    assert RandomStreams().generator.random() != RandomStreams().generator.random()
    assert np.random.get_state()[2] == before


def test_as_generator():
    assert as_generator(7).randn() == np.random.RandomState(7).randn()
    np.random.seed(7)
    assert as_generator(None).randn() == np.random.RandomState(7).randn()
    g = np.random.default_rng(0)
    assert as_generator(g) is g


@pytest.mark.core
@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_draws_of_a_loop_come_in_step_order(backend):
    streams = RandomStreams(np.random.RandomState(5))
    steps = pt.lscalar("steps")
    a, b = streams.loop_draws(steps, [("uniform", (4, 3)), ("normal", (2,))], "float64")
    f = Function([steps], [a, b], backend=backend)
    g = np.random.Generator(np.random.RandomState(5)._bit_generator)
    for k in (3, 1):
        got_a, got_b = f(np.asarray(k))
        for step in range(k):
            np.testing.assert_array_equal(got_a[step], g.random((4, 3)))
            np.testing.assert_array_equal(got_b[step], g.standard_normal(2))


def test_a_streams_own_dtype():
    assert RandomStreams(0, "float32").uniform((2,)).dtype == "float32"
    assert RandomStreams(0, "float32").binomial((2,)).dtype == "float32"
    assert RandomStreams(0, "float32").normal((2,), dtype="float64").dtype == "float64"


def test_a_stream_pickles_with_its_generators_state():
    streams = RandomStreams(np.random.RandomState(3))
    streams.uniform(pt.matrix().shape)
    streams.generator.random()
    twin = pickle.loads(pickle.dumps(streams))
    assert twin.generator.random() == streams.generator.random()
