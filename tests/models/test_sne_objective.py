"""Costs and gradients of SNE and t-SNE: the original Theano's numbers, finite differences, plain NumPy."""

from pathlib import Path

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from on_backends import CORE_BACKENDS
from scipy.optimize import approx_fprime
from scipy.spatial.distance import cdist
from scipy.special import rel_entr
from sne_by_scipy import cost_by_scipy, random_P

from udl_pt.backends import Function
from udl_pt.eager import tsne as eager_tsne
from udl_pt.models._sne import objective
from udl_pt.models._sne.gradients import Analytic
from udl_pt.models._sne.objective import sne_cost, sne_gradient, student, tsne_cost, tsne_gradient

COSTS = {"sne": (sne_cost, sne_gradient), "tsne": (tsne_cost, tsne_gradient)}
GOLDEN = Path(__file__).parents[1] / "golden" / "sne.npz"


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as z:
        return dict(z)


@pytest.mark.parametrize("backend", CORE_BACKENDS)
@pytest.mark.parametrize("name", COSTS)
def test_cost_and_both_gradients_are_the_originals(golden, name, backend):
    cost, gradient = COSTS[name]
    P, Y = pt.matrix("P", dtype="float64"), pt.matrix("Y", dtype="float64")
    C = cost(P, Y)
    f = Function([P, Y], [C, pytensor.grad(C, Y), gradient(P, Y)], backend=backend)
    got_cost, autodiff, analytic = f(golden["P"], golden["Y"])
    np.testing.assert_allclose(got_cost, golden[f"{name}_cost"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(autodiff, golden[f"{name}_gradient"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(analytic, golden[f"{name}_gradient"], rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", COSTS)
def test_arrays_in_arrays_out(golden, name):
    cost, gradient = COSTS[name]
    got = cost(golden["P"], golden["Y"]), gradient(golden["P"], golden["Y"])
    assert all(type(g) is np.ndarray for g in got)
    np.testing.assert_allclose(got[0], golden[f"{name}_cost"], atol=1e-10)
    np.testing.assert_allclose(got[1], golden[f"{name}_gradient"], atol=1e-10)
    single = gradient(golden["P"].tolist(), golden["Y"].astype("float32"))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, golden[f"{name}_gradient"], atol=1e-6)


@pytest.mark.parametrize("C", [1, 2, 3])
@pytest.mark.parametrize("name", COSTS)
def test_any_number_of_dimensions_and_finite_differences(name, C):
    cost, gradient = COSTS[name]
    P, Y = random_P(7), np.random.RandomState(1).randn(7, C)
    np.testing.assert_allclose(cost(P, Y), cost_by_scipy(name, P, Y), rtol=1e-12)
    numeric = approx_fprime(Y.ravel(), lambda y: cost_by_scipy(name, P, y.reshape(7, C)), 1e-7)
    np.testing.assert_allclose(gradient(P, Y).ravel(), numeric, atol=1e-6)


@pytest.mark.parametrize("name", COSTS)
def test_points_that_coincide_and_points_far_away(name):
    cost, gradient = COSTS[name]
    P, Y = random_P(6), np.random.RandomState(1).randn(6, 2)
    Y[3] = Y[0]
    np.testing.assert_allclose(cost(P, Y), cost_by_scipy(name, P, Y), rtol=1e-12)
    Y = pt.matrix("Y", dtype="float64")
    autodiff = Function([Y], pytensor.grad(cost(pt.constant(P), Y), Y), backend="jax")
    together, apart = np.zeros((6, 2)), 100.0 * np.arange(12).reshape(6, 2)
    np.testing.assert_allclose(cost(P, together), np.log(30) + rel_entr(P, np.ones_like(P)).sum())
    np.testing.assert_allclose(gradient(P, together), 0, atol=1e-15)
    np.testing.assert_allclose(autodiff(together), 0, atol=1e-15)
    assert np.isfinite(cost(P, apart))
    np.testing.assert_allclose(gradient(P, apart), autodiff(apart), rtol=1e-10)
    assert np.isfinite(autodiff(apart)).all()


def test_the_gradient_of_sne_where_log_w_is_large_beside_the_logarithm_of_the_sum():
    P, Y = random_P(6), 1e10 * np.random.RandomState(1).randn(6, 2)
    d = cdist(Y, Y)
    np.fill_diagonal(d, np.inf)
    Q = (d == d.min()) / 2  # only the two nearest points have a share
    expected = [4 * sum((P - Q)[i, j] * (Y[i] - Y[j]) for j in range(6)) for i in range(6)]
    np.testing.assert_allclose(sne_gradient(P, Y), expected, rtol=1e-10)


@pytest.mark.parametrize(("dtype", "scale"), [("float64", 1e155), ("float64", 1e308), ("float32", 1e20)])
@pytest.mark.parametrize("side", [objective, eager_tsne])
@pytest.mark.parametrize("name", ["sne_cost", "tsne_cost", "sne_gradient", "tsne_gradient"])
def test_points_whose_squared_distances_overflow_are_refused(side, name, dtype, scale):
    Y = scale * np.array([[-1.0, 0], [1, 0], [0, 1], [0, -1]])
    with pytest.raises(ValueError, match=f"Y has points that are .* too large for {dtype}: scale it"):
        getattr(side, name)((1 - np.eye(4)) / 12, Y.astype(dtype))
    assert np.isfinite(
        getattr(side, name)((1 - np.eye(4)) / 12, (Y / scale * scale**0.49).astype(dtype))
    ).all()


@pytest.mark.core
@pytest.mark.parametrize("scale", [1.0, 100.0, 1000.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_sums_over_pairs_lose_nothing_where_points_are_spread_out(scale, dtype):
    P, Y = random_P(6), scale * np.random.RandomState(1).randn(6, 2)
    descent = Analytic(student, P.astype(dtype), 2, "numba")
    expected = tsne_gradient(P, Y)
    got = descent.gradient(Y.astype(dtype), 1.0)
    np.testing.assert_allclose(got, expected, rtol=0, atol=abs(expected).max() * 40 * np.finfo(dtype).eps)
    np.testing.assert_allclose(descent.cost(Y.astype(dtype)), cost_by_scipy("tsne", P, Y), rtol=1e-5)


def test_an_array_of_what_are_no_probabilities_beside_a_variable():
    with pytest.raises(ValueError, match="expected probabilities of sum 1"):
        tsne_cost(7 * random_P(6), pt.matrix("Y"))
