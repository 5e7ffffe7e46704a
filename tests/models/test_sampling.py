"""Fantasies and completions against enumeration."""

import itertools

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from on_backends import ON_BACKENDS
from scipy.special import expit, logsumexp

from udl_pt import RBM, RandomStreams
from udl_pt.backends import Function
from udl_pt.models.sampling import complete, fantasies

STATES = np.array(list(itertools.product([0.0, 1.0], repeat=5)))


def machine(backend="jax"):
    rs = np.random.RandomState(0)
    rbm = RBM.createFromArrays(rs.randn(5, 4), rs.randn(4), rs.randn(5))
    rbm.rng, rbm.backend = RandomStreams(np.random.RandomState(1)), backend
    W, c, b = (p.get_value() for p in rbm.params)
    log_p = STATES @ b + np.logaddexp(0, STATES @ W + c).sum(axis=1)
    return rbm, (W, c, b), np.exp(log_p - logsumexp(log_p))


@pytest.mark.parametrize("backend", ON_BACKENDS)
def test_pictures_are_the_means_at_the_chosen_steps(backend, monkeypatch):
    monkeypatch.setattr("udl_pt.models._rbm.gibbs.BLOCK", 8 * 2 * 9 * 32)  # two steps a call
    rbm, (W, c, b), _ = machine(backend)
    pictures = fantasies(rbm, STATES, steps=(1, 2, 6))
    V, rs, expected = STATES, np.random.RandomState(1), []
    for step in range(1, 7):
        H = (rs.random_sample((32, 4)) < expit(V @ W + c)).astype(float)
        mean = expit(H @ W.T + b)
        V = (rs.random_sample((32, 5)) < mean).astype(float)
        if step in (1, 2, 6):
            expected.append(mean)
    np.testing.assert_allclose(pictures, expected, rtol=1e-10)


def test_fantasies_from_noise_have_the_models_means():
    rbm, _, P = machine()
    pictures = fantasies(rbm, 5000, steps=(60,))
    assert pictures.shape == (1, 5000, 5)
    np.testing.assert_allclose(pictures[0].mean(axis=0), P @ STATES, atol=0.03)


def test_fantasies_of_a_variable_are_a_graph():
    rbm, (W, c, b), _ = machine()
    x = pt.dmatrix("x")
    f = pytensor.function([x], fantasies(rbm, x, (1, 3)), updates=rbm.rng.updates())
    first, third = f(np.tile(STATES[9], (4000, 1)))
    p_h = expit(STATES[9] @ W + c)
    H = np.array(list(itertools.product([0.0, 1.0], repeat=4)))
    weights = np.prod(np.where(H == 1, p_h, 1 - p_h), axis=1)
    np.testing.assert_allclose(first.mean(axis=0), weights @ expit(H @ W.T + b), atol=0.05)
    assert third.shape == first.shape == (4000, 5)


MISSING = np.array([False, True, True, False, False])


@pytest.mark.parametrize("backend", ON_BACKENDS)
def test_completions_are_the_conditional_means(backend):
    rbm, _, P = machine(backend)
    X = STATES[:, :].copy()
    got = complete(rbm, np.where(MISSING, np.nan, X), MISSING, steps=4000)
    for row, x in zip(got, X, strict=True):
        fits = (STATES[:, ~MISSING] == x[~MISSING]).all(axis=1)
        expected = P[fits] @ STATES[fits] / P[fits].sum()
        np.testing.assert_allclose(row, expected, atol=0.06)
        np.testing.assert_array_equal(row[~MISSING], x[~MISSING])


def test_completions_of_a_variable_are_a_graph_and_take_a_mask_a_row():
    rbm, _, P = machine()
    x, m = pt.dmatrix("x"), pt.bmatrix("m")
    completed = complete(rbm, x, m, steps=100)
    f = pytensor.function([x, m], completed, updates=rbm.rng.updates(), mode="NUMBA")
    masks = np.tile(MISSING, (32, 1))
    masks[1] = ~MISSING
    got = f(STATES, masks.astype("int8"))
    np.testing.assert_array_equal(got[~masks], STATES[~masks])
    fits = (STATES[:, MISSING] == STATES[1][MISSING]).all(axis=1)
    np.testing.assert_allclose(got[1], P[fits] @ STATES[fits] / P[fits].sum(), atol=0.25)


@pytest.mark.parametrize("dtype", ["int64", "float32"])
def test_completions_of_a_variable_of_another_dtype(dtype):
    rbm, _, _ = machine()
    x = pt.matrix("x", dtype=dtype)
    f = Function([x], complete(rbm, x, MISSING, steps=5), backend="jax")
    got = f(STATES.astype(dtype))
    np.testing.assert_array_equal(got[:, ~MISSING], STATES[:, ~MISSING])
    assert ((got[:, MISSING] > 0) & (got[:, MISSING] < 1)).all()
    assert fantasies(rbm, x, (1, 3)).type.dtype == "float64"


def test_missing_pixels_of_a_machine_that_is_sure_of_them():
    rbm = RBM.createFromArrays(np.zeros((3, 2)), np.zeros(2), [-800.0, 800.0, 0.0])
    rbm.backend = "jax"
    X = np.array([[1.0, 0, 1], [0, 0, 0]])
    got = complete(rbm, X, np.array([True, True, False]), steps=2)
    np.testing.assert_array_equal(got, [[0, 1, 1], [0, 1, 0]])


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (
            np.array([True]),
            r"missing is .* \(shape \(1,\)\), expected that of X, \(None, 5\), or one value a col",
        ),
        (MISSING[:4], r"\(shape \(4,\)\), expected"),
        (np.ones(5, bool), "missing is True in all of row 0: to draw without data, use fantasies"),
        (np.array([MISSING, np.ones(5, bool)]), "missing is True in all of row 1"),
        ([0.5, 0, 0, 0, 0], r"missing is \[0.5, .*expected bool: True where a value is missing"),
        (None, "missing is None, expected a mask"),
        (pt.dvector(), r"missing is a variable of type Vector\(float64.*expected bool or integers"),
        (pt.tensor3(dtype="bool"), "expected a matrix of 5 columns, or one value a column"),
        (pt.tensor(dtype="bool", shape=(4,)), "expected a matrix of 5 columns"),
    ],
)
def test_bad_masks_beside_a_variable(missing, message):
    with pytest.raises((ValueError, TypeError), match=message):
        complete(machine()[0], pt.dmatrix(), missing)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda r: complete(r, STATES, MISSING[:4]),
            r"missing is .* \(shape \(4,\)\), expected that of X, \(32, 5\)",
        ),
        (lambda r: complete(r, STATES, MISSING.astype(float)), "missing has dtype float64, expected bool"),
        (lambda r: complete(r, STATES, np.ones((32, 5), bool)), "missing is True in all of row 0.*fantasies"),
        (lambda r: complete(r, STATES * np.nan, MISSING), r"X\[0, 0\] is nan"),
        (lambda r: complete(r, STATES[:, :4], MISSING[:4]), "4 features, expected 5"),
        (lambda r: complete(r, 3 * STATES, MISSING), "expects"),
        (lambda r: complete(r, STATES, MISSING, steps=1), "steps is 1, expected at least 2"),
        (lambda r: fantasies(r, 3, steps=()), "expected ascending"),
        (lambda r: fantasies(r, 3, steps=(5, 5)), "expected ascending"),
        (
            lambda r: fantasies(r, 3, steps=(0, 5)),
            r"steps is \(0, 5\), expected a list of integers.*at least 1",
        ),
        (lambda r: fantasies(r, 0), "start is 0"),
        (lambda r: fantasies(r, STATES[:, :4]), "4 features"),
        (lambda r: fantasies(RBM(3), 4), "no parameters yet"),
        (lambda r: complete(RBM(3), STATES, MISSING), "no parameters yet"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(machine()[0])
