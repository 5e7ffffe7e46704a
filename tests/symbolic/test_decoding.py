"""Generators in files: what restores them, and what is refused."""

import numpy as np
import pytest

from udl_pt.symbolic._decoding import _restored


class HalfBuilt:
    """As a model that is being read: even its repr fails."""

    def __repr__(self):
        raise AttributeError("no dtype yet")


@pytest.mark.parametrize("entropy", [7, [1, 2, 3], np.arange(3, dtype=np.uint32), (5, [6, 7])])
def test_a_generator_and_what_it_spawns_are_restored(entropy):
    bits = np.random.PCG64(np.random.SeedSequence(entropy, spawn_key=(3,)))
    bits.seed_seq.spawn(2)
    restored = _restored("PCG64", bits.state, (entropy, (3,), 4, 2))
    for one, other in ((restored, bits), (restored.seed_seq.spawn(1)[0], bits.seed_seq.spawn(1)[0])):
        draws = [np.random.default_rng(source).random(5) for source in (one, other)]
        np.testing.assert_array_equal(*draws)


@pytest.mark.parametrize(
    "seed",
    [
        (HalfBuilt(), (), 4, 0),
        ((HalfBuilt(),), (), 4, 0),
        (7, (HalfBuilt(),), 4, 0),
        (7.5, (), 4, 0),
        (7, (), 5, 0),
        (7, (), 4, -1),
        (-7, (), 4, 0),
        (7, ()),
        3,
    ],
)
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(ValueError, match="the seed of PCG64 is"):
        _restored("PCG64", np.random.PCG64(0).state, seed)
