"""Sums, maxima and argmax of vectors and matrices on Numba, against NumPy and exact sums."""

import math

import numpy as np
import pytensor.tensor as pt
import pytest
from layouts import FORMS, made

from udl_pt.backends import Function

pytestmark = pytest.mark.core


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("within", ["float64", None])
def test_sums_of_a_matrix_however_it_lies(axis, dtype, within):
    x = pt.matrix("x", dtype=dtype)
    f = Function([x], x.sum(axis=axis, acc_dtype=within or dtype))
    X = made((7, 30), dtype)
    exact = {None: [X.ravel()], 0: X.T, 1: X}[axis]
    expected = np.reshape([math.fsum(row) for row in exact], X.sum(axis=axis).shape)
    eps = np.finfo(within or dtype).eps * 30 * 7 + np.finfo(dtype).eps
    bound = eps * np.reshape([abs(row).sum() for row in exact], expected.shape)
    for form in FORMS.values():
        got = f(form(X))
        assert (got.dtype, got.shape) == (X.dtype, expected.shape)
        assert (abs(got - expected) <= bound).all()


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_maxima_and_places_of_maxima(axis):
    x = pt.dmatrix("x")
    f = Function([x], [x.max(axis=axis), x.argmax(axis=axis)])
    X = made((6, 9))
    X[2, 3] = X[2, 7] = X[4, 3] = 9.0  # the first place counts
    X[5] = -np.inf
    for form in FORMS.values():
        largest, place = f(form(X))
        np.testing.assert_array_equal(largest, X.max(axis=axis))
        np.testing.assert_array_equal(place, X.argmax(axis=axis))
        assert place.dtype == "int64"


def test_the_place_of_the_first_nan_is_that_of_the_largest():
    x = pt.fmatrix("x")
    X = np.array([[1, np.nan, 5, np.nan], [np.nan, 2, 3, 4], [0, 1, 2, np.nan]], "float32")
    np.testing.assert_array_equal(Function([x], x.argmax(axis=1))(X), X.argmax(axis=1))


@pytest.mark.parametrize("ndim", [1, 2, 3, 4])
def test_maxima_and_minima_of_nan_are_nan(ndim):
    x = pt.tensor("x", dtype="float64", shape=(None,) * ndim)
    X = made((2, 3, 4, 5)[-ndim:])
    X[(..., 1, 2)[-min(ndim, 3) :]] = np.nan
    axes = [None, ndim - 1, *([] if ndim < 3 else [(0, 2)])]
    got = Function([x], [reduced for axis in axes for reduced in (x.max(axis=axis), x.min(axis=axis))])(X)
    expected = [numbers for axis in axes for numbers in (X.max(axis=axis), X.min(axis=axis))]
    assert (np.isnan(expected[0]) and not np.isnan(expected[-1]).all()) or ndim == 1
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_no_elements_have_no_largest():
    v, x = pt.dvector("v"), pt.dtensor3("x")
    f, g = Function([v], v.max()), Function([x], x.min(axis=1))
    with pytest.raises(ValueError, match="no elements"):
        f(np.zeros(0))
    with pytest.raises(ValueError, match="no elements"):
        g(np.zeros((2, 0, 3)))
    assert g(np.zeros((0, 0, 3))).shape == (0, 3)


def test_vectors_and_what_is_empty():
    v, x = pt.dvector("v"), pt.dmatrix("x")
    f, total = Function([v], [v.sum(), v.max()]), Function([v], v.sum())
    V = made((11,))
    for values in (V, V[::-2]):
        np.testing.assert_allclose(f(values), [math.fsum(values), max(values)], rtol=1e-14)
    assert total(V[:0]) == 0
    sums = Function([x], [x.sum(), x.sum(axis=0), x.sum(axis=1)])
    for shape in ((0, 3), (3, 0), (1, 3), (3, 1)):
        X = made(shape)
        for got, expected in zip(sums(X), (X.sum(), X.sum(axis=0), X.sum(axis=1)), strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-14)
    with pytest.raises(ValueError, match="argmax of an empty sequence"):
        Function([x], x.argmax(axis=1))(np.empty((2, 0)))


def test_other_sums_are_those_of_pytensor():
    n, t = pt.imatrix("n"), pt.dtensor3("t")
    N, T = np.arange(6, dtype="int32").reshape(2, 3), made((2, 3, 4))
    assert Function([n], n.sum(axis=0))(N).tolist() == [3, 5, 7]
    assert Function([n], [n.max(), n.argmax(axis=1).sum()])(N) == [5, 4]
    np.testing.assert_allclose(Function([t], t.sum(axis=(0, 2)))(T), T.sum(axis=(0, 2)), rtol=1e-13)
