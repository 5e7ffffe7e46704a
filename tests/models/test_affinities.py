"""The data's p(i, j): perplexities, closed forms and scikit-learn's."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist, squareform
from scipy.special import entr
from sklearn.manifold._t_sne import _joint_probabilities

from udl_pt.models._sne.affinities import (
    _conditional,
    fill_joint,
    gaussian_probabilities,
    joint_probabilities,
    points,
)


@pytest.fixture(scope="module")
def X():
    return np.random.RandomState(0).randn(150, 5) * [1, 2, 3, 4, 5] + 100


def is_joint(P):
    return P.min() >= 0 and not P.diagonal().any() and np.array_equal(P, P.T) and abs(P.sum() - 1) < 1e-12


@pytest.mark.parametrize("perplexity", [2, 5.5, 30, 120])
def test_joint_probabilities_are_scikit_learns(X, perplexity):
    P = joint_probabilities(X, perplexity)
    assert is_joint(P)
    d = cdist(X, X, "sqeuclidean").astype("float32")
    expected = squareform(_joint_probabilities(d, perplexity, 0))
    # theirs meets the perplexity's logarithm to 1e-5
    np.testing.assert_allclose(P, expected, rtol=1e-4, atol=1e-5 * P.max())


def test_each_point_meets_the_perplexity(X):
    d = cdist(X, X, "sqeuclidean")
    np.fill_diagonal(d, np.inf)
    for perplexity in (1.5, 30, 148):
        conditional = _conditional(d, np.log(perplexity))
        np.testing.assert_allclose(np.exp(entr(conditional).sum(axis=1)), perplexity, rtol=1e-8)
        np.testing.assert_allclose(conditional.sum(axis=1), 1)


def test_all_alike_far_apart_and_the_limits_of_the_perplexity():
    corners = np.eye(6)
    for perplexity in (0.5, 3, 5, 5.9):
        P = joint_probabilities(corners, perplexity)
        np.testing.assert_allclose(P[~np.eye(6, dtype=bool)], 1 / 30)
    line = np.array([[0.0], [1], [10], [11]])
    np.testing.assert_allclose(joint_probabilities(line, 1)[0], [0, 0.25, 0, 0], atol=1e-9)


def test_duplicates_are_each_others_neighbours():
    X = np.vstack([np.zeros((5, 2)), [[100.0, 0], [101, 0], [102, 0]]])
    P = joint_probabilities(X, 2)
    assert is_joint(P)
    np.testing.assert_allclose(P[0, 1:5], 1 / 4 / 8, rtol=1e-8)
    near = np.vstack([np.zeros((3, 2)), [[1e-6, 0], [2e-6, 0], [5, 5], [6, 6]]])
    assert is_joint(joint_probabilities(near, 3.5))


@pytest.mark.parametrize(("spread", "apart"), [(1e-4, 1e4), (1e-2, 1e5), (1.0, 10.0)])
def test_tight_clusters_far_apart_keep_their_digits(spread, apart):
    X = spread * np.random.RandomState(0).randn(20, 2)
    X[10:] += apart
    d = cdist(X, X, "sqeuclidean")
    np.fill_diagonal(d, np.inf)
    conditional = _conditional(d, np.log(5))
    np.testing.assert_allclose(joint_probabilities(X, 5), (conditional + conditional.T) / 40, atol=1e-8)


def test_float32_is_filled_in_place(X):
    P = np.empty((150, 150), "float32")
    fill_joint(P, points(X), 10)
    np.testing.assert_allclose(P, joint_probabilities(X, 10), rtol=1e-5, atol=1e-10)


def test_many_blocks(monkeypatch, X):
    whole = joint_probabilities(X, 10), gaussian_probabilities(X, 2.0)
    monkeypatch.setattr("udl_pt.models._sne.affinities.ENTRIES", 1000)
    np.testing.assert_allclose(joint_probabilities(X, 10), whole[0], rtol=1e-12)
    np.testing.assert_allclose(gaussian_probabilities(X, 2.0), whole[1], rtol=1e-12)


@pytest.mark.parametrize("s", [0.01, 1.0, 30.0])
def test_the_books_gaussian_with_one_s(X, s):
    P = gaussian_probabilities(X[:20], s)
    assert is_joint(P)
    d = cdist(X[:20], X[:20], "sqeuclidean")
    i, j = np.nonzero(P > 1e-250)
    log_ratio = np.log(P[i, j]) - np.log(P[i[0], j[0]])
    np.testing.assert_allclose(log_ratio, (d[i[0], j[0]] - d[i, j]) / (2 * s * s), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda X: joint_probabilities(X, 150), "perplexity is 150, expected above 0 and below the number"),
        (lambda X: joint_probabilities(X, 0), "perplexity is 0, expected a finite number above 0"),
        (lambda X: joint_probabilities(X, -3), "perplexity is -3"),
        (lambda X: joint_probabilities(X, np.nan), "perplexity is nan"),
        (lambda X: joint_probabilities(X[:3], 2), "X has 3 rows, expected at least 4"),
        (lambda X: joint_probabilities(np.ones((9, 2)), 2), "all rows of X are the same"),
        (lambda X: joint_probabilities(np.where(X[2, 1] == X, np.inf, X), 2), r"X\[2, 1\] is inf"),
        (lambda X: gaussian_probabilities(X, 0), "s is 0, expected above 0"),
        (lambda X: joint_probabilities(np.r_[X, 1e150 + X[:1]], 3), "differ by less than 1e-138 of its ran"),
        (lambda X: joint_probabilities(X, "300"), "perplexity is '300', expected a finite number"),
    ],
)
def test_bad_input(X, call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(X)


@pytest.mark.parametrize("k", [-1000, -520, -300, 300, 510, 1010])
def test_p_is_the_same_at_every_scale(X, k):
    X = X[:30] - 90
    assert np.array_equal(joint_probabilities(np.ldexp(X, k), 5), joint_probabilities(X, 5))
    of_scaled = gaussian_probabilities(np.ldexp(X, k), np.ldexp(2.0, k))
    assert np.array_equal(of_scaled, gaussian_probabilities(X, 2.0))


def test_values_from_the_smallest_to_the_largest():
    corners = np.array([[-1.0, 0], [1, 0], [0, 1], [0, -1], [0.5, 0.5]]) * np.finfo(float).max
    P = joint_probabilities(corners, 2)
    assert is_joint(P)
    np.testing.assert_allclose(P, joint_probabilities(corners / np.finfo(float).max, 2), atol=1e-12)
    far = gaussian_probabilities(np.array([[0.0], [1], [3], [6]]) * 1e200, 1.0)  # only the nearest two
    assert far[0, 1] == far[1, 0] == 0.5
    near = gaussian_probabilities(np.array([[0.0], [1], [3], [6]]) * 1e-200, 1.0)  # all alike
    np.testing.assert_allclose(near[~np.eye(4, dtype=bool)], 1 / 12)


@pytest.mark.parametrize(("scale", "s"), [(1e-10, 1e300), (1e-2, 1.7e308), (1e-300, 1.0)])
def test_a_huge_s_makes_all_pairs_alike(scale, s):
    P = gaussian_probabilities(scale * np.random.RandomState(0).randn(8, 3), s)
    np.testing.assert_allclose(P, (1 - np.eye(8)) / 56, rtol=1e-14)


def test_an_outlier_and_a_huge_constant_column_take_no_digits_from_the_others():
    rs = np.random.RandomState(0)
    X = rs.randn(30, 3)
    with_constant = np.c_[X, np.full(30, 1e300)]
    np.testing.assert_allclose(joint_probabilities(with_constant, 5), joint_probabilities(X, 5), atol=1e-9)
    P = joint_probabilities(np.r_[X, [[1e100, 0, 0]]], 5)
    # the outlier is nobody's neighbour, and all others are as near to it as each other
    expected = joint_probabilities(X, 5) * 30 / 31
    np.testing.assert_allclose(P[:30, :30], expected, atol=1e-9)
    np.testing.assert_allclose(P[30, :30], 1 / 30 / 62, atol=1e-9)
