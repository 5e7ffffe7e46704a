"""Gradient descent and momentum against their formulas, the guard, and steps of any optimiser."""

import doctest
import functools

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from udl_pt import adam_updates, momentum_updates, rmsprop_updates, sgd_updates
from udl_pt.symbolic import _step, updates
from udl_pt.symbolic._step import apply_if_finite
from udl_pt.symbolic.steps import MomentumStep
from udl_pt.symbolic.updates import UpdateStep, rates_of

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
def test_a_step_that_is_not_finite_changes_nothing(bad):
    p, q = pytensor.shared(np.zeros(3), name="p"), pytensor.shared(np.ones(2), name="q")
    x = pt.vector("x")
    updates = momentum_updates((p * x).sum() + (q * q).sum(), [p, q], 0.1, 0.0)
    sums, updates = apply_if_finite(updates, [p, q])
    step = pytensor.function([x], sums, updates=updates, mode="FAST_COMPILE")
    np.testing.assert_array_equal(np.isfinite(step([1.0, bad, 1.0])), [False, True, False])
    for variable, _ in updates:
        np.testing.assert_array_equal(variable.get_value(), 1 if variable is q else 0)


def test_a_finite_step_is_applied():
    p, v = pytensor.shared(np.zeros(3), name="p"), pytensor.shared(np.zeros(3))
    x = pt.vector("x")
    sums, updates = apply_if_finite(momentum_updates((p * x).sum(), [p], 0.5, 0.0, [v]), [p], unguarded=[v])
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


def make_step(optimiser, dtype="float64", **options):
    """A step of two parameters whose gradients are a batch and ones."""
    p, q = (pytensor.shared(np.zeros(2, dtype), name=name) for name in "pq")
    x = pt.vector("x", dtype=dtype)
    cost = (p * x).sum() + q.sum()
    return UpdateStep(optimiser, cost, [x], [p, q], dtype=dtype, backend="jax", name="step", **options), (
        p,
        q,
    )


def test_a_step_passes_rates_by_name_and_scalars_after_them():
    seen = {}

    def optimiser(gradients, params, learning_rate=0.1, power=2, *, signs=False, noise=None, **others):
        seen.update(rates=(learning_rate.name, power.name), signs=signs, noise=noise, others=others)
        return [(p, p - learning_rate * power * g) for p, g in zip(params, gradients, strict=True)]

    weight, factor = pt.dscalar("weight"), pt.dscalar("factor")
    p, x = pytensor.shared(np.zeros(2), name="p"), pt.dvector("x")
    step = UpdateStep(
        optimiser,
        (p * x).sum() * weight * factor,
        [x],
        [p],
        scalars=[weight],
        constants={factor: 10},
        dtype="float64",
        backend="jax",
        name="step",
    )
    assert seen == {"rates": ("learning_rate", "power"), "signs": False, "noise": None, "others": {}}
    assert (step.rates, step.names, step.optimiser_state) == (["learning_rate", "power", "weight"], ["p"], [])
    assert step(np.array([1.0, 2.0]), *map(np.asarray, (0.5, 3.0, 7.0))).all()
    step.settle()
    np.testing.assert_allclose(p.get_value(), [-0.5 * 3 * 7 * 10, -0.5 * 3 * 7 * 10 * 2])


def test_state_that_overflows_is_refused_though_the_step_is_finite():
    step, (p, q) = make_step(rmsprop_updates, "float32")
    rates = [np.asarray(rate, "float32") for rate in rates_of(rmsprop_updates).values()]
    np.testing.assert_array_equal(step(np.full(2, 1e25, "float32"), *rates), [False, False])
    for variable in (p, q, *step.optimiser_state):
        np.testing.assert_array_equal(variable.get_value(), 0)
    np.testing.assert_array_equal(step(np.full(2, 1e15, "float32"), *rates), [True, True])
    assert (p.get_value() < 0).all()


def test_rates_are_the_parameters_with_numbers_as_defaults():
    betas = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    assert rates_of(adam_updates) == {"learning_rate": 0.001, **betas}
    fixed = functools.partial(adam_updates, learning_rate=np.float32(0.5), beta1=0)
    assert rates_of(fixed) == {"learning_rate": 0.5, **betas, "beta1": 0}
    assert list(rates_of(sgd_updates)) == ["learning_rate"]


@pytest.mark.parametrize(
    ("optimiser", "words"),
    [
        ("adam", "optimiser is 'adam', expected a function"),
        (lambda cost, params, rate: [], "'rate' of <lambda> has no default"),
        (
            lambda cost, params: [(p, p * np.float32(1)) for p in params[:1]],
            "<lambda> returned no update of q",
        ),
        (
            lambda cost, params: [(p, p * pt.dscalar()) for p in params],
            "returned float64 for p, which is float32",
        ),
        (lambda cost, params, reg=0.1: [], "the cost and <lambda> both have a rate 'reg'"),
        (functools.partial(lambda cost, params, reg=0.1: [], reg=1), "the cost and <lambda> both have"),
    ],
)
def test_what_is_no_optimiser_is_refused(optimiser, words):
    with pytest.raises((TypeError, ValueError), match=words):
        make_step(optimiser, "float32", scalars=[pt.fscalar("reg")])


@pytest.mark.parametrize("module", [_step, updates])
def test_examples(module):
    failed, tried = doctest.testmod(module)
    assert tried > 5
    assert failed == 0
