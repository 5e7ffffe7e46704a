"""A parameter's step by BLAS, and the sum that looks whether it is finite, against NumPy."""

import ctypes
import itertools

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from layouts import FORMS, made

from udl_pt.backends import Function, shared
from udl_pt.backends._numba.blas import find_blas
from udl_pt.backends._numba.steps import AbsSum, AddWhere
from udl_pt.symbolic.steps import MomentumStep

pytestmark = pytest.mark.core


def ops(function, kind):
    return [node.op for node in function.operations() if isinstance(node.op, kind)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("of_p", "of_v"), list(itertools.product(FORMS, FORMS)))
def test_a_step_where_a_condition_holds(of_p, of_v, dtype):
    c, p, v = pt.scalar("c", dtype="bool"), pt.matrix("p", dtype=dtype), pt.matrix("v", dtype=dtype)
    f = Function([c, p, v], pt.switch(c, p + v, p))
    P, V = FORMS[of_p](made((4, 3), dtype)), FORMS[of_v](made((4, 3), dtype, 1))
    before = P.copy()
    np.testing.assert_array_equal(f(np.array(True), P, V), P + V)
    np.testing.assert_array_equal(f(np.array(False), P, V * np.nan), P)
    np.testing.assert_array_equal(P, before)  # the caller's
    assert ops(f, AddWhere)


def test_the_order_of_the_sum_does_not_matter():
    c, p, v = pt.scalar("c", dtype="bool"), pt.matrix("p"), pt.matrix("v")
    f = Function([c, p, v], pt.switch(c, v + p, p))
    P, V = made((4, 3)), made((4, 3), seed=1)
    np.testing.assert_array_equal(f(np.array(True), P, V), P + V)
    assert ops(f, AddWhere)


@pytest.mark.parametrize("case", ["otherwise another", "a row", "three terms", "also wanted", "each its own"])
def test_what_is_no_such_step_is_left_alone(case):
    c, p, v, w = pt.scalar("c", dtype="bool"), pt.matrix("p"), pt.matrix("v"), pt.matrix("w")
    row, each = pt.row("row"), pt.matrix("each", dtype="bool")
    P, V, W, R = made((4, 3)), made((4, 3), seed=1), made((4, 3), seed=2), made((1, 3), seed=3)
    C, E = np.array(True), made((4, 3), seed=4) > 0
    graph, expected = {
        "otherwise another": (pt.switch(c, p + v, w), P + V),
        "a row": (pt.switch(c, p + row, p), P + R),
        "three terms": (pt.switch(c, p + v + w, p), P + V + W),
        "also wanted": (pt.switch(c, p + v, p) * (p + v), (P + V) ** 2),
        "each its own": (pt.switch(each, p + v, p), np.where(E, P + V, P)),
    }[case]
    f = Function([c, p, v, w, row, each], graph)
    np.testing.assert_allclose(f(C, P, V, W, R, E), expected, rtol=1e-14)
    assert not ops(f, AddWhere)


def test_shapes_that_do_not_fit():
    c, p, v = pt.scalar("c", dtype="bool"), pt.matrix("p"), pt.matrix("v")
    f = Function([c, p, v], pt.switch(c, p + v, p))
    f(np.array(True), made((4, 3)), made((4, 3)))
    with pytest.raises(ValueError, match="do not fit"):
        f(np.array(True), made((4, 3)), made((1, 3)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", FORMS)
def test_the_sum_of_absolute_values(form, dtype):
    x = pt.matrix("x", dtype=dtype)
    f = Function([x], abs(x).sum(acc_dtype=dtype))
    X = FORMS[form](made((40, 30), dtype))
    assert abs(f(X) / abs(X.astype("longdouble")).sum() - 1) < (1e-5 if dtype == "float32" else 1e-13)
    assert f(X).dtype == dtype
    assert ops(f, AbsSum)
    for bad in (np.nan, np.inf, -np.inf):
        X[3, 4] = bad
        assert not np.isfinite(f(X))
    assert f(np.zeros((0, 3), dtype)) == 0


def test_sums_that_blas_has_no_routine_for_are_left_alone():
    x, y, v = pt.matrix("x"), pt.fmatrix("y"), pt.vector("v")
    f = Function([x, y, v], [abs(x).sum(axis=0), abs(y).sum(), abs(v).sum(), x.sum()])
    X, Y, V = made((4, 3)), made((4, 3), "float32"), made((5,))
    expected = [abs(X).sum(axis=0), abs(Y).sum(), abs(V).sum(), X.sum()]
    for one, other in zip(f(X, Y, V), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    assert not ops(f, AbsSum)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_training_step_moves_its_parameter_in_place(dtype):
    x, W = pt.matrix("x", dtype=dtype), shared(made((4, 3), dtype), "W")
    velocity = shared(np.zeros((4, 3), dtype), "dW")
    step = MomentumStep(
        (x.dot(W) ** 2).sum(), [x], [W], [velocity], dtype=dtype, backend="numba", name="step"
    )
    X, before, memory = made((6, 4), dtype, 1), W.get_value(), W.get_value(borrow=True)
    rates = np.asarray(0.01, dtype), np.asarray(0.9, dtype)
    assert step(X, *rates).all()
    gradient = 2 * X.T @ (X @ before)
    np.testing.assert_allclose(W.get_value(), before - 0.01 * gradient, rtol=1e-4)
    assert W.get_value(borrow=True) is memory
    assert [op.inplace for op in ops(step.function, AddWhere)] == [True]
    assert ops(step.function, AbsSum)
    moved = W.get_value()
    assert not step(X * np.asarray(np.inf, dtype), *rates).any()
    np.testing.assert_array_equal(W.get_value(), moved)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_in_numpy(dtype):
    c = pt.tensor("c", dtype="bool", shape=(1, 1))
    p, v = pt.matrix("p", dtype=dtype), pt.matrix("v", dtype=dtype)
    f = pytensor.function(
        [c, p, v], [AddWhere()(c, p, v), AbsSum()(v)], mode=pytensor.compile.Mode("py", None)
    )
    P, V = made((4, 3), dtype), made((4, 3), dtype, 1)
    moved, total = f(np.array([[True]]), P, V)
    np.testing.assert_array_equal(moved, P + V)
    np.testing.assert_allclose(total, abs(V).sum(), rtol=1e-6)
    assert (moved.dtype, total.dtype) == (dtype, dtype)
    np.testing.assert_array_equal(f(np.array([[False]]), P, V * np.nan)[0], P)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_routines_are_what_they_are_called(dtype):
    kind, item = ("s", ctypes.c_float) if dtype == "float32" else ("d", ctypes.c_double)
    X, Y, alpha = made((20,), dtype), made((20,), dtype, 1), np.array(2, dtype)
    _, integer, addresses = find_blas()
    n, one = (ctypes.byref(np.ctypeslib.as_ctypes_type(integer)(size)) for size in (20, 1))
    x, y, two = (ctypes.c_void_p(array.ctypes.data) for array in (X, Y, alpha))
    asum = ctypes.CFUNCTYPE(item)(addresses[kind + "asum"])
    np.testing.assert_allclose(asum(n, x, one), abs(X).sum(), rtol=1e-6)
    expected = Y + 2 * X
    axpy = ctypes.CFUNCTYPE(None)(addresses[kind + "axpy"])
    axpy(n, two, x, one, y, one)
    np.testing.assert_allclose(Y, expected, rtol=1e-6)
