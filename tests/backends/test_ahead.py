"""Draws that are made ahead change no number, and no generator."""

import numpy as np
import pytest

from udl_pt import RBM, AutoEncoder, RandomStreams
from udl_pt.backends import Function
from udl_pt.backends._ahead import Ahead
from udl_pt.symbolic.corruption import masking

X = np.random.default_rng(0).random((60, 8))


class Redrawing:
    """A generator's draws, and how often they were made."""

    def __init__(self):
        self.calls = 0

    def __call__(self, source):
        self.calls += 1
        return [source.random(5)]


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.Philox, np.random.SFC64, np.random.PCG64DXSM])
def test_the_next_call_takes_what_it_would_draw(bits):
    generator, ahead, draw = np.random.Generator(bits(1)), Ahead(), Redrawing()
    expected = np.random.Generator(bits(1)).random((3, 5))
    for row in expected:
        ahead.prepare(generator, [5], draw)
        (drawn,) = ahead.take(generator, [5])
        np.testing.assert_array_equal(drawn, row)
    assert draw.calls == 3
    after = np.random.Generator(bits(1))
    after.random((3, 5))
    assert generator.random() == after.random()


def test_what_does_not_fit_is_drawn_anew():
    generator, ahead = np.random.default_rng(1), Ahead()
    ahead.prepare(generator, [5], Redrawing())
    assert ahead.take(generator, [6]) is None
    ahead.prepare(generator, [5], Redrawing())
    assert ahead.take(np.random.default_rng(1), [5]) is None
    ahead.prepare(generator, [5], Redrawing())
    generator.random()
    assert ahead.take(generator, [5]) is None
    assert ahead.take(generator, [5]) is None
    twister = np.random.Generator(np.random.MT19937(1))
    ahead.prepare(twister, [5], Redrawing())
    assert ahead.take(twister, [5]) is None


FITS = {
    "auto-encoder": lambda **o: AutoEncoder(4, random_state=0, rng=1, corruption=masking(0.3), **o),
    "RBM": lambda **o: RBM(4, random_state=0, rng=1, **o),
}


@pytest.mark.parametrize("kind", FITS)
def test_a_training_on_jax_draws_as_on_numba(kind):
    def fitted(backend):
        model = FITS[kind]()

        class Drawing:
            def on_batch(self, progress):
                if progress.batch == 2:
                    drawn.append(model.rng.generator.random())

        drawn = []
        model.fit(X, epochs=3, batch_sz=20, backend=backend, callbacks=[Drawing()])
        return model.state_dict(), drawn, model.rng.generator.random()

    (jax, drawn, last), (numba, *expected) = fitted("jax"), fitted("numba")
    assert [drawn, last] == expected
    for name, array in jax.items():
        np.testing.assert_allclose(array, numba[name], rtol=0, atol=1e-12)


def test_a_step_on_jax_takes_the_draws_that_were_made_ahead(monkeypatch):
    taken = []
    original = Ahead.take

    def take(self, generator, sizes):
        arrays = original(self, generator, sizes)
        taken.append(arrays is not None and all(type(a).__module__.startswith("jax") for a in arrays))
        return arrays

    monkeypatch.setattr(Ahead, "take", take)
    FITS["RBM"]().fit(X, batch_sz=10, backend="jax", monitor=None)
    assert taken == [False, True, True, True, True, True]


def test_other_functions_draw_when_they_are_called():
    streams = RandomStreams(0)
    f = Function([], streams.uniform((3,)), backend="jax")
    f()
    assert f._ahead.take(streams.generator, [3]) is None
