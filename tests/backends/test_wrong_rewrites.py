"""PyTensor's rewrites that return wrong values, in the modes of this library. The numbers are NumPy's."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.scan import scan

from udl_pt.backends._modes import make_mode, wide_jax

pytestmark = pytest.mark.core
BACKENDS = ["numba", "c", "jax"]


def computed(x, expression, value, backend):
    function = pytensor.function([x], expression, mode=make_mode(backend))
    with wide_jax(backend):
        return np.asarray(function(value))


@pytest.mark.parametrize("backend", BACKENDS)
def test_exponentials_divided_along_the_other_axis_are_no_softmax(backend):
    x = pt.dmatrix("x")
    value = np.array([[1.0, 2.0], [3.0, 4.5]])
    expected = np.exp(value) / np.exp(value).sum(axis=1)
    got = computed(x, pt.exp(x) / pt.exp(x).sum(axis=1), value, backend)
    np.testing.assert_allclose(got, expected, rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_exponentials_divided_in_a_loop_are_no_softmax_either(backend):
    x, value = pt.dmatrix("x"), np.array([[1.0, 2.0], [3.0, 4.5]])
    steps = scan(lambda a: pt.exp(a) / pt.exp(a).sum(axis=1), outputs_info=x, n_steps=2, return_updates=False)
    expected = value
    for _ in range(2):
        expected = np.exp(expected) / np.exp(expected).sum(axis=1)
    np.testing.assert_allclose(computed(x, steps[-1], value, backend), expected, rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_increment_of_zeros_is_added_to_what_is_broadcast(backend):
    x = pt.dmatrix("x")
    value = np.array([[1.0, 2.0], [3.0, 4.0]])
    total = pt.inc_subtensor(pt.zeros_like(x)[:, 0], 1.0) + x.sum(axis=1, keepdims=True)
    np.testing.assert_array_equal(computed(x, total, value, backend), [[4, 3], [8, 7]])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_softmax_written_by_hand_does_not_overflow(backend):
    x = pt.dmatrix("x")
    by_hand = pt.exp(x) / pt.exp(x).sum(axis=1, keepdims=True)
    got = computed(x, by_hand, np.array([[1000.0, 1.0], [710.0, 710.0]]), backend)
    np.testing.assert_allclose(got, [[1, 0], [0.5, 0.5]], rtol=1e-12)
