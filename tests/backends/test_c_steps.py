"""The check of a training step on C: the sum of absolute values, by one operation."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from udl_pt import AutoEncoder
from udl_pt.backends import Function
from udl_pt.backends._abs_sum import AbsSum
from udl_pt.symbolic.costs import cross_entropy


def layouts(x):
    """Return the same matrix in several memory layouts."""
    wide = np.repeat(np.repeat(x, 2, axis=0), 3, axis=1)
    return [x, np.asfortranarray(x), wide[::2, ::3], x[::-1, ::-1].copy()[::-1, ::-1]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_is_the_sum_in_every_layout_and_of_every_size(dtype):
    x = pt.matrix("x", dtype=dtype)
    f = Function([x], abs(x).sum(acc_dtype=dtype), backend="c")
    numbers = np.random.RandomState(0).randn(40, 40).astype(dtype)
    for shape in [(0, 3), (1, 1), (3, 5), (4, 4), (1, 17), (31, 1), (40, 40)]:
        matrix = numbers[: shape[0], : shape[1]].copy()
        for array in layouts(matrix):
            got = f(array)
            assert (got.dtype, got.shape) == (dtype, ())
            np.testing.assert_allclose(got, abs(matrix.astype(float)).sum(), rtol=1e-5)
    assert [type(node.op) for node in f.operations()] == [AbsSum]


@pytest.mark.parametrize("place", [0, 16, 33])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_makes_the_sum_so(place, value):
    x = pt.dmatrix("x")
    f = Function([x], abs(x).sum(), backend="c")
    matrix = np.ones((2, 17))
    matrix.flat[place] = value
    assert np.array_equal(f(matrix), abs(value), equal_nan=True)


def test_a_training_step_uses_it():
    ae = AutoEncoder(3, random_state=0).fit(np.eye(8), batch_sz=4, epochs=0, backend="c")
    step = ae._step(cross_entropy, 0.1)
    step(np.eye(8), np.asarray(0.1), np.asarray(0.9))
    assert any(isinstance(node.op, AbsSum) for node in step.function.operations())


def test_it_is_the_same_without_a_compiler():
    x = pt.fmatrix("x")
    f = pytensor.function([x], AbsSum()(x), mode=pytensor.compile.Mode("py", None))
    assert f(np.array([[-1.5, 2.0]], "float32")) == np.float32(3.5)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers_between_real_ones(dtype):
    x = pt.dvector("x")
    f = Function([x], abs(pt.cast(2 * x, dtype)) + pt.imag(pt.cast(x, dtype) * 1j), backend="c")
    np.testing.assert_allclose(f(np.array([1.0, -2.0])), [3.0, 2.0])
