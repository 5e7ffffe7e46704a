"""Optimisers against their formulas in NumPy."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from udl_pt import momentum_updates, sgd_updates
from udl_pt.symbolic.updates import MomentumStep, all_or_nothing

A = np.diag([1.0, 4.0])


def quadratic(dtype="float64"):
    p = pytensor.shared(np.array([3.0, -2.0], dtype), name="p")
    return p, (p * pt.constant(A.astype(dtype)).dot(p)).sum() / 2


def test_sgd():
    p, cost = quadratic()
    pytensor.function([], [], updates=sgd_updates(cost, [p], learning_rate=0.1), mode="FAST_COMPILE")()
    np.testing.assert_allclose(p.get_value(), [2.7, -1.2])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_momentum_with_numbers_and_with_variables(dtype):
    expected, v = np.array([3.0, -2.0]), np.zeros(2)
    for _ in range(5):
        v = 0.9 * v - 0.1 * A @ expected
        expected = expected + v
    for symbolic in (False, True):
        p, cost = quadratic(dtype)
        rates = (pt.dscalar("lr"), pt.dscalar("mu")) if symbolic else (0.1, 0.9)
        updates = momentum_updates(cost, [p], *rates)
        inputs = list(rates) if symbolic else []
        step = pytensor.function(inputs, [], updates=updates, mode="FAST_COMPILE")
        for _ in range(5):
            step(*([0.1, 0.9] if symbolic else []))
        assert p.get_value().dtype == dtype
        np.testing.assert_allclose(p.get_value(), expected, rtol=1e-5 if dtype == "float32" else 1e-12)


def test_consider_constant():
    p = pytensor.shared(2.0)
    sample = p * 3
    cost = p * sample
    step = pytensor.function([], [], updates=sgd_updates(cost, [p], 0.1, consider_constant=[sample]))
    step()
    np.testing.assert_allclose(p.get_value(), 2 - 0.1 * 6)


@pytest.mark.parametrize("optimiser", [sgd_updates, momentum_updates])
def test_a_rate_that_only_float64_holds(optimiser):
    p, cost = quadratic()
    pytensor.function([], [], updates=optimiser(cost, [p], 1e300), mode="FAST_COMPILE")()
    np.testing.assert_allclose(p.get_value(), [-3e300, 8e300], rtol=1e-12)
    with pytest.raises(ValueError, match=r"learning_rate is 1e\+300, expected .*from -3.40282"):
        optimiser(*(lambda p, cost: (cost, [p]))(*quadratic("float32")), 1e300)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_all_or_nothing(bad):
    p, q = pytensor.shared(np.zeros(3), name="p"), pytensor.shared(np.ones(2), name="q")
    x = pt.vector("x")
    updates = momentum_updates((p * x).sum() + (q * q).sum(), [p, q], 0.1, 0.0)
    sums, updates = all_or_nothing(updates, [p, q])
    step = pytensor.function([x], sums, updates=updates, mode="FAST_COMPILE")
    np.testing.assert_array_equal(np.isfinite(step([1.0, bad, 1.0])), [False, True, False])
    np.testing.assert_array_equal(p.get_value(), 0)
    np.testing.assert_array_equal(q.get_value(), 1)


def test_all_or_nothing_moves_when_all_is_well():
    p = pytensor.shared(np.zeros(3), name="p")
    x = pt.vector("x")
    sums, updates = all_or_nothing(momentum_updates((p * x).sum(), [p], 0.5, 0.0), [p])
    np.testing.assert_allclose(pytensor.function([x], sums, updates=updates)([1.0, 2.0, 3.0]), [3.0, 3.0])
    np.testing.assert_array_equal(p.get_value(), [-0.5, -1.0, -1.5])


def test_steps_that_overflow_only_together_are_refused_and_reported():
    p, q = (pytensor.shared(np.zeros(1, "float32"), name=name) for name in "pq")
    dp, dq = (pytensor.shared(np.ones(1, "float32"), name=name) for name in "pq")
    x = pt.vector("x", dtype="float32")
    step = MomentumStep(
        (p * x + q * x).sum(), [x], [p, q], [dp, dq], dtype="float32", backend="numba", name="s"
    )
    scalars = [np.float32(-2e38), np.float32(0)]
    np.testing.assert_array_equal(step(np.ones(1, "float32"), *map(np.asarray, scalars)), [False, False])
    for variable in (p, q, dp, dq):
        np.testing.assert_array_equal(variable.get_value(), 0)
    scalars[0] = np.float32(-1e38)
    np.testing.assert_array_equal(step(np.ones(1, "float32"), *map(np.asarray, scalars)), [True, True])
    assert p.get_value() == np.float32(1e38)
