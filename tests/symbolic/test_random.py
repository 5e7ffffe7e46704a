"""Streams: their distributions, their order, and that they go on."""

import copy
import gc
import itertools
import pickle

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.graph.replace import clone_replace
from pytensor.graph.utils import MissingInputError
from scipy import stats

from udl_pt import RBM, RandomStreams, momentum_updates
from udl_pt.backends import Function
from udl_pt.symbolic import _chains
from udl_pt.symbolic.chance import as_generator, derived
from udl_pt.symbolic.random import has_repeated_draws


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


FAST = {"mode": "FAST_COMPILE"}
SCANS_UPDATES = pytest.mark.filterwarnings("ignore:Scan return signature:DeprecationWarning")


def test_draws_on_the_same_inputs_follow_each_other_and_advance_by_themselves():
    streams = RandomStreams(np.random.RandomState(5))
    x, y = pt.matrices("xy")
    draws = [streams.uniform(x.shape), streams.uniform((x.shape[1],)), streams.uniform((2 * x).shape)]
    f = pytensor.function([x, y], draws, on_unused_input="ignore", **FAST)
    rs = np.random.RandomState(5)
    for _ in range(2):
        for got, shape in zip(f(np.ones((4, 3)), np.ones((1, 1))), [(4, 3), (3,), (4, 3)], strict=True):
            np.testing.assert_array_equal(got, rs.random_sample(shape))


@pytest.mark.parametrize("mode", ["FAST_COMPILE", pytest.param("NUMBA", marks=pytest.mark.core)])
def test_the_librarys_draws_and_those_of_ones_own_functions_take_turns(mode):
    streams = RandomStreams(0)
    own = pytensor.function([], streams.uniform((2,)), mode=mode)
    ours = Function([], RandomStreams(streams).uniform((2,)), backend="jax")
    got = [f() for f in (own, ours, own, ours, ours)]
    np.testing.assert_array_equal(np.concatenate(got), np.random.default_rng(0).random(10))


def test_any_number_of_functions_draw_from_one_stream_independently():
    rbm = RBM.createFromArrays(np.zeros((3, 400)), np.zeros(400), np.zeros(3))
    V, functions = np.ones((2, 3)), []
    for _ in range(4):
        v = pt.dmatrix("v")
        functions.append(pytensor.function([v], rbm.sample_h_given_v(v), updates=rbm.rng.updates(), **FAST))
    bits = np.array([f(V).ravel() for _ in range(2) for f in functions])
    assert abs(bits.mean(axis=1) - 0.5).max() < 5 * 0.5 / np.sqrt(800)
    apart = (bits[:, None] != bits[None]).mean(axis=2)[np.triu_indices(len(bits), 1)]
    assert abs(apart - 0.5).max() < 5 * 0.5 / np.sqrt(800)


def test_chains_of_draws_are_the_same_for_the_same_seed():
    def numbers(seed):
        streams, got = RandomStreams(seed), []
        for _ in range(3):
            x = pt.dvector("x")
            got.append(pytensor.function([x], streams.uniform(x.shape), **FAST)(np.ones(5)))
        return np.concatenate(got)

    np.testing.assert_array_equal(numbers(1), numbers(1))
    assert len(np.unique([numbers(1), numbers(2)])) == 30


@pytest.mark.parametrize(
    "streams_of",
    [
        lambda generator: [RandomStreams(generator) for _ in range(3)],
        lambda generator: [first := RandomStreams(generator), RandomStreams(first), copy.copy(first)],
    ],
)
@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
def test_streams_on_one_generator_draw_other_numbers_in_functions_of_ones_own(make, streams_of):
    generator, untouched = make(5), make(5)
    x, streams = pt.dvector("x"), streams_of(generator)
    draws = [s.uniform(shape) for shape in ((50,), x.shape) for s in streams]
    f = pytensor.function([x], draws, **FAST)
    got = np.array([f(np.zeros(50)) for _ in range(2)])
    assert len(np.unique(got)) == got.size == 600
    random = "random_sample" if make is np.random.RandomState else "random"
    np.testing.assert_array_equal(got[:, 0].ravel(), getattr(untouched, random)(100))
    np.testing.assert_array_equal(
        getattr(generator, random)(3), getattr(make(5), random)(3)
    )  # FAST_COMPILE draws from a copy


def test_other_inputs_than_those_that_a_graph_was_built_of():
    rbm = RBM.createFromArrays(np.zeros((3, 40)), np.zeros(40), np.zeros(3))
    rbm.rng, rs = RandomStreams(np.random.RandomState(5)), np.random.RandomState(5)
    v, w, h = pt.dmatrices("vwh")
    hidden = rbm.sample_h_given_v(v)
    rbm.sample_v_given_h(hidden)
    f = pytensor.function([w], hidden, givens={v: w}, **FAST)
    for _ in range(2):
        np.testing.assert_array_equal(f(np.ones((2, 3))), rs.random_sample((2, 40)) < 0.5)
    g = pytensor.function([h], rbm.sample_v_given_h(h), **FAST)
    assert not np.array_equal(*(g(np.ones((20, 40))) for _ in range(2)))


def test_models_with_the_same_stream_draw_other_numbers():
    streams, v = RandomStreams(0), pt.dmatrix("v")
    models = [RBM(5, rng=streams, random_state=0, dtype="float64").fit(np.ones((2, 40)), epochs=0)] * 2
    models[1] = copy.copy(models[0])
    models += [RBM(5, rng=streams, random_state=0, dtype="float64").fit(np.ones((2, 40)), epochs=0)]
    draws = pytensor.function([v], [m.rng.uniform(v.shape) for m in models], **FAST)(np.zeros((2, 40)))
    assert len(np.unique(draws)) == 240


def test_what_is_known_of_a_generators_streams_goes_with_the_generator():
    gc.collect()
    before = len(_chains._chains)
    streams = RandomStreams(np.random.RandomState(5))
    streams.uniform((2,))
    assert len(_chains._chains) == before + 1
    del streams
    gc.collect()
    assert len(_chains._chains) == before


@SCANS_UPDATES
@pytest.mark.parametrize("mode", ["FAST_COMPILE", pytest.param("NUMBA", marks=pytest.mark.core)])
@pytest.mark.parametrize("size", [lambda row: row.shape, lambda row: (3,)])
def test_draws_in_a_scan_differ_between_steps_and_calls_and_leave_later_functions_alone(mode, size):
    streams = RandomStreams(0)
    x = pt.dmatrix("x")
    before = pytensor.function([x], streams.uniform(x.shape), mode=mode)
    steps, updates = pytensor.scan(lambda row: row + streams.uniform(size(row)), x)
    looped = pytensor.function([x], steps, updates=updates, mode=mode)
    y = pt.dmatrix("y")
    after = [pytensor.function([v], streams.uniform(v.shape), mode=mode) for v in (x, y)]
    zeros = np.zeros((50, 3))
    got = np.concatenate([f(zeros) for f in (before, looped, looped, *after, *after)])
    assert len(np.unique(got)) == got.size
    assert stats.kstest(got.ravel(), stats.uniform().cdf).pvalue > 0.01


def scanned(streams, x, **options):
    return pytensor.scan(lambda row: row + streams.uniform(row.shape), x, **options)


@SCANS_UPDATES
@pytest.mark.parametrize("mode", ["FAST_COMPILE", pytest.param("NUMBA", marks=pytest.mark.core)])
def test_a_function_of_a_scans_draws_is_refused_without_updates_that_advance_them(mode):
    streams, x = RandomStreams(0), pt.dmatrix("x")
    steps, updates = scanned(streams, x)
    for outputs in (steps, [x.sum(), steps + streams.uniform(x.shape)]):
        with pytest.raises(MissingInputError, match=r"updates of draws in a pytensor\.scan.*updates=updates"):
            pytensor.function([x], outputs, mode=mode)
    assert has_repeated_draws(steps)
    own, scans = streams.updates(steps), dict(updates)
    assert [(v, scans[v]) for v, _ in own] == own
    f = pytensor.function([x], steps, updates=own, mode=mode)
    got = np.array([f(np.zeros((50, 3))) for _ in range(3)])
    assert len(np.unique(got)) == got.size == 450
    assert stats.kstest(got.ravel(), stats.uniform().cdf).pvalue > 0.01


@SCANS_UPDATES
def test_a_scan_within_a_scan_passes_its_updates_on():
    streams, x = RandomStreams(0), pt.dmatrix("x")
    steps, _ = pytensor.scan(lambda row: scanned(streams, pt.stack([row, row]))[0], x)
    for updates in ([], streams.updates(steps)):
        with pytest.raises(MissingInputError, match="Pass those that scan returned"):
            pytensor.function([x], steps, updates=updates, **FAST)
    steps, _ = pytensor.scan(lambda row: scanned(streams, pt.stack([row, row])), x)
    f = pytensor.function([x], steps, updates=streams.updates(steps), **FAST)
    got = np.array([f(np.zeros((4, 3))) for _ in range(2)])
    assert len(np.unique(got)) == got.size == 48


@SCANS_UPDATES
def test_a_draw_that_has_left_its_scan_is_refused():
    streams, x, left = RandomStreams(0), pt.dmatrix("x"), []

    def step(row):
        left.append(streams.uniform((3,)))
        return row + left[0]

    pytensor.scan(step, x)
    with pytest.raises(
        ValueError, match=r"made in a pytensor\.scan: return it from the function of the scan"
    ):
        streams.updates(left[0])
    with pytest.raises(MissingInputError, match="draw before the scan"):
        pytensor.function([], left[0], **FAST)


def test_gradients_pass_through_a_scan_of_draws_that_were_made_before():
    streams, W, x = RandomStreams(np.random.RandomState(0)), pytensor.shared(np.full(3, 2.0)), pt.dmatrix("x")
    noise = streams.uniform(x.shape)
    steps = pytensor.scan(
        lambda row, u, h: h * W * u + row, [x, noise], outputs_info=pt.zeros(3), return_updates=False
    )
    f = pytensor.function([x], pytensor.grad(steps.sum(), W), **FAST)
    rs = np.random.RandomState(0)
    for _ in range(2):
        h, slope, total = np.zeros(3), np.zeros(3), np.zeros(3)
        for u in rs.random_sample((4, 3)):
            h, slope = h * 2 * u + 1, (h + 2 * slope) * u
            total += slope
        np.testing.assert_allclose(f(np.ones((4, 3))), total, rtol=1e-12)


def test_updates_of_a_copied_graph_and_of_an_input_in_its_middle():
    x, y = pt.dmatrices("xy")
    doubled = 2 * x
    streams, rs = RandomStreams(np.random.RandomState(5)), np.random.RandomState(5)
    first, second = streams.uniform(x.shape), streams.normal((x.shape[1],))
    copied = clone_replace([first, second], {x: y})
    with pytest.raises(MissingInputError):
        pytensor.function([y], copied, **FAST)
    f = pytensor.function([y], copied, updates=streams.updates(copied), **FAST)
    for _ in range(2):
        uniform, normal = f(np.ones((4, 3)))
        np.testing.assert_array_equal(uniform, rs.random_sample((4, 3)))
        np.testing.assert_allclose(normal, np.random.Generator(rs._bit_generator).standard_normal(3))
    draw, other = streams.uniform(doubled.shape), streams.uniform(x.shape)
    with pytest.raises(MissingInputError):
        pytensor.function([doubled], draw, **FAST)
    g = pytensor.function([doubled], draw, updates=streams.updates(draw), **FAST)
    assert len(np.unique([g(np.ones((4, 3))) for _ in range(3)])) == 36
    with pytest.raises(ValueError, match=r"two draws of the same random numbers.*draw anew"):
        streams.updates([other, clone_replace(other, {x: y})])


def test_updates_are_those_of_the_draws_in_the_outputs():
    streams, other = RandomStreams(0), RandomStreams(1)
    x = pt.dvector("x")
    first, last = streams.uniform(x.shape), streams.uniform(x.shape)
    ((state, new),) = streams.updates([first])
    ((same, newer),) = streams.updates((first, last + other.uniform(x.shape)))
    assert state is same
    assert new is not newer
    assert streams.updates(x) == other.updates(first) == []
    fresh = streams.uniform(x.shape)
    assert streams.updates(fresh)[0][0] is not state
    for bad in (3, "x", [x, 1], {x: x}):
        with pytest.raises(TypeError, match=r"outputs is .*expected a variable or a list of variables"):
            streams.updates(bad)


@pytest.mark.parametrize("asks", [True, False])
def test_a_cell_of_a_notebook_runs_again_and_draws_new_numbers_that_can_be_reproduced(asks):
    v = pt.dmatrix("v")  # in a cell before

    def notebook():
        rbm = RBM.createFromArrays(np.zeros((3, 20)), np.zeros(20), np.zeros(3), rng=7)
        own, drawn = RandomStreams(8), []

        def cell():
            x = pt.dmatrix("x")
            noisy = v + own.uniform(v.shape)
            for inputs, output in (
                ([v], rbm.sample_h_given_v(v)),
                ([x], rbm.gibbs(x, k=2)),
                ([v], noisy),
                ([], own.normal((4,))),
            ):
                streams = rbm.rng if output.type.ndim == 2 and output is not noisy else own
                f = pytensor.function(
                    inputs, output, updates=streams.updates(output) if asks else [], mode="NUMBA"
                )
                drawn.append([f(*[np.zeros((20, 3))] * len(inputs)) for _ in range(2)])

        cell()
        cell()
        return drawn

    drawn, again = notebook(), notebook()
    for calls, same in zip(drawn, again, strict=True):
        np.testing.assert_array_equal(calls, same)
    for first, second in zip(drawn[:4], drawn[4:], strict=True):
        calls = [*first, *second]
        assert not any(np.array_equal(a, b) for a, b in itertools.combinations(calls, 2))


@SCANS_UPDATES
def test_a_scan_of_one_step_needs_no_updates():
    streams, x = RandomStreams(np.random.RandomState(0)), pt.dmatrix("x")
    steps, updates = pytensor.scan(lambda row: row + streams.uniform(row.shape), x, n_steps=1)
    f, rs = pytensor.function([x], steps, updates=updates, **FAST), np.random.RandomState(0)
    for _ in range(2):
        np.testing.assert_array_equal(f(np.zeros((4, 3))), rs.random_sample((1, 3)))


def test_updates_can_be_added_to_those_of_an_optimiser_and_to_a_scans():
    streams, W = RandomStreams(np.random.RandomState(1)), pytensor.shared(np.zeros(3), "W")
    cost = (W * streams.uniform((3,))).sum()
    step = pytensor.function([], cost, updates=momentum_updates(cost, [W], 1.0, 0.0) + streams.updates())
    step()
    np.testing.assert_allclose(W.get_value(), -np.random.RandomState(1).random_sample(3), rtol=1e-12)
    assert {W: W} | dict(streams.updates()) == {W: W}


def test_only_draws_that_no_one_advances_are_stuck():
    x, state = pt.dmatrix("x"), pt.random.shared_rng(seed=0)
    assert has_repeated_draws(x + state.uniform(size=x.shape)[1])
    assert not has_repeated_draws(x + RandomStreams(0).uniform(x.shape))


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


def test_a_derived_generator_follows_the_state_and_does_not_draw_from_it():
    for make in (np.random.RandomState, np.random.default_rng):
        generator, twin = make(3), make(3)
        a = derived(generator).random(3)
        np.testing.assert_array_equal(derived(twin).random(3), a)
        assert generator.standard_normal() == twin.standard_normal()
        assert not np.array_equal(derived(generator).random(3), a)


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
