"""Indices beyond an array raise an error on Numba, as in NumPy."""

import numpy as np
import pytensor.tensor as pt
import pytest

from udl_pt.backends import Function

pytestmark = pytest.mark.core
X = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize("wrong", [[0, 4], [-5, 1]])
def test_vectors_of_indices(wrong):
    x, i, j = pt.dmatrix("x"), pt.lvector("i"), pt.ivector("j")
    read = Function([x, i, j], x[i, j])
    written = Function([x, i, j], pt.inc_subtensor(x[i, j], 1.0))
    rows, columns = np.array([2, -3]), np.array([-1, 0], "int32")
    np.testing.assert_array_equal(read(X, rows, columns), [11, 0])
    expected = X.copy()
    expected[rows, columns] += 1
    np.testing.assert_array_equal(written(X, rows, columns), expected)
    for f in (read, written):
        with pytest.raises(IndexError):
            f(X, rows, np.array(wrong, "int32"))


def test_vectors_beside_slices_and_numbers():
    x, i, j = pt.dtensor3("x"), pt.lmatrix("i"), pt.lscalar("j")
    f = Function([x, i, j], x[1:, i, j])
    Y, rows = np.arange(24.0).reshape(2, 3, 4), np.array([[0, -1], [2, 1]])
    np.testing.assert_array_equal(f(Y, rows, np.asarray(3)), Y[1:, rows, 3])
    with pytest.raises(IndexError):
        f(Y, rows, np.asarray(4))
    with pytest.raises(IndexError):
        f(Y, rows + 1, np.asarray(0))
