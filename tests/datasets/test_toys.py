"""The toy data that chapter 2 is demonstrated on."""

import itertools

import numpy as np
import pytest

from udl_pt.datasets import _toys as datasets


def test_the_donut_is_two_rings():
    X, Y = datasets.donut(1000, random_state=0)
    radius = np.hypot(*X.T)
    assert (Y == 0).sum() == 500
    for ring, expected in enumerate([5, 10]):
        assert abs(radius[ring == Y].mean() - expected) < 0.2
        assert abs(radius[ring == Y].std() - 1) < 0.1
    assert abs(X.mean(axis=0)).max() < 0.6


def test_xor_clouds_have_labels_that_no_line_parts():
    X, Y = datasets.xor_clouds(400, random_state=0)
    np.testing.assert_array_equal(Y, np.logical_xor(*(X > 0.5).T))
    assert np.bincount(Y).tolist() == [200, 200]


def test_eight_clouds_at_the_corners_of_a_cube():
    X, Y = datasets.gaussian_clouds(800, random_state=0)
    centres = np.array([X[k == Y].mean(axis=0) for k in range(8)])
    assert {tuple(c) for c in np.rint(centres / 10).astype(int)} == set(itertools.product([0, 1], repeat=3))
    assert abs(X - centres[Y]).std() == pytest.approx(0.6, abs=0.05)


@pytest.mark.parametrize("make", [datasets.donut, datasets.xor_clouds, datasets.gaussian_clouds])
def test_toys_are_seeded_and_checked(make):
    np.testing.assert_array_equal(make(41, 3)[0], make(41, 3)[0])
    assert len(make(41, np.random.default_rng(0))[0]) == 41
    with pytest.raises(ValueError, match="N is 1, expected at least"):
        make(1)
