"""A graph is built once for each kind, and only where a function of the same kind needs no other."""

import gc
import warnings
import weakref

import numpy as np
import pytensor.tensor as pt
import pytest

from udl_pt import RandomStreams
from udl_pt.backends import Function, Kind, shared
from udl_pt.backends import _programs as programs
from udl_pt.backends import _templates as templates


@pytest.fixture(autouse=True)
def none_before(monkeypatch):
    """Start without programs and templates of other tests."""
    monkeypatch.setattr(programs, "_programs", [])
    monkeypatch.setattr(templates, "_templates", {})


class Adder:
    """Make functions that add to shared variables, and count the graphs."""

    def __init__(self, key="adder"):
        self.key, self.n_built = key, 0

    def __call__(self, *totals, also=(), known=True):
        def build():
            self.n_built += 1
            x = pt.dvector("x")
            return [x], x.sum(), [(t, t + (x + sum(also)).astype(t.dtype)) for t in dict.fromkeys(totals)]

        return Function.of_kind(Kind(self.key, totals) if known else None, build, backend="jax")


def zeros(n=2, dtype="float64"):
    return shared(np.zeros(n, dtype), "total")


def test_functions_of_a_kind_update_their_own_variables():
    adder = Adder()
    first, second = zeros(2), zeros(3)
    for total in (first, second, first):
        f = adder(total)
        assert f.updated == [total]
        with pytest.raises(RuntimeError, match="compiled when it is first called"):
            f.operations()
        assert float(f(np.ones(len(total.get_value())))) == len(total.get_value())
        assert f.operations()
    assert adder.n_built == 1
    assert first.get_value().tolist() == [2.0, 2.0]
    assert second.get_value().tolist() == [1.0, 1.0, 1.0]


def updating():
    total = zeros()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        total.default_update = total + 1
    return total


def test_no_kind_is_built_each_time():
    adder = Adder()
    for _ in range(2):
        adder(zeros(), known=False)(np.ones(2))
    assert adder.n_built == 2


@pytest.mark.parametrize(
    "totals", [lambda: [zeros(dtype="float32")], lambda: [zeros()] * 2, lambda: [updating()]]
)
def test_variables_of_another_type_or_tied_are_another_kind(totals):
    adder = Adder()
    adder(zeros(), zeros())(np.ones(2))
    adder(zeros())(np.ones(2))
    assert adder.n_built == 2
    adder(*totals())(np.ones(2))
    assert adder.n_built == 3


def test_a_variable_that_the_kind_does_not_name_is_not_taken_for_another():
    adder = Adder()
    for value in (1.0, 2.0):
        total, own = zeros(), shared(np.full(2, value), "own")
        adder(total, also=[own])(np.ones(2))
        assert total.get_value().tolist() == [1 + value] * 2
    assert adder.n_built == 2


def test_a_function_that_failed_is_no_template():
    adder = Adder()
    with pytest.raises(Exception, match=r"shape|broadcast"):
        adder(zeros(2))(np.ones(3))
    adder(zeros(2))(np.ones(2))
    assert adder.n_built == 2


def test_a_template_goes_with_its_program(monkeypatch):
    monkeypatch.setattr(templates, "KEPT", 2)
    monkeypatch.setattr(programs, "KEPT", 2)
    one, two, three = (Adder(key) for key in ("one", "two", "three"))
    for adder in (one, two, three):  # they share a program
        adder(zeros())(np.ones(2))
    assert len(templates._templates) == 2
    three(zeros())
    one(zeros())
    assert (one.n_built, three.n_built) == (2, 1)
    programs.clear_programs()
    three(zeros())
    assert three.n_built == 2


def draws(stream, shape_of, total):
    """Return a function whose draws have the shape of ``shape_of(x, stream)``."""

    def build():
        x = pt.dvector("x")
        draw = stream.uniform(shape_of(x, stream).shape)
        return [x], draw + 0 * total.sum(), []

    return Function.of_kind(Kind("draws", (total,), stream), build, backend="jax")


@pytest.mark.parametrize(
    ("shape_of", "n_draws"),
    [(lambda x, stream: x, 1), (lambda x, stream: stream.uniform(x.shape) < x, 2)],
    ids=["of an input", "of another draw"],
)
def test_draws_come_from_the_stream_of_the_function(shape_of, n_draws):
    for seed, n in ((0, 2), (1, 3), (2, 4)):
        f = draws(RandomStreams(RandomStreams(seed)), shape_of, zeros())
        generator = np.random.default_rng(seed)
        for _ in range(2):
            expected = generator.random((n_draws, n))[-1]
            np.testing.assert_array_equal(f(np.ones(n)), expected)


def test_a_stream_that_the_kind_does_not_name_is_not_taken_for_another():
    for seed in (0, 1):
        own = RandomStreams(RandomStreams(seed))

        def build(own=own):
            x = pt.dvector("x")
            return [x], own.uniform(x.shape), []

        f = Function.of_kind(Kind("own", (), RandomStreams(9)), build, backend="jax")
        np.testing.assert_array_equal(f(np.ones(2)), np.random.default_rng(seed).random(2))


def test_a_template_keeps_no_variable_and_no_stream():
    dead = []
    for _ in range(2):
        stream, total = RandomStreams(0), zeros()
        f = draws(stream, lambda x, stream: x, total)
        f(np.ones(2))
        dead += map(weakref.ref, [stream, total, f])
        del stream, total, f
    gc.collect()
    assert len(templates._templates) == 1
    assert [ref() for ref in dead] == [None] * len(dead)
