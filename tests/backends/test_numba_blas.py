"""BLAS products in the Numba mode against NumPy's, for every way a matrix can lie in memory."""

import ctypes
import importlib
import itertools

import numpy as np
import pytensor.tensor as pt
import pytest
from layouts import FORMS

from udl_pt.backends import Function, shared
from udl_pt.backends._numba.blas import find_blas

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def product():
    x, y = pt.matrix("x"), pt.matrix("y")
    return Function([x, y], [x.dot(y), x.T.dot(x), 2.5 * x.dot(y)])


@pytest.mark.parametrize(("left", "right"), list(itertools.product(FORMS, FORMS)))
def test_products(product, left, right):
    rs = np.random.RandomState(0)
    X, Y = rs.randn(4, 3), rs.randn(3, 5)
    for got, expected in zip(
        product(FORMS[left](X), FORMS[right](Y)), [X @ Y, X.T @ X, 2.5 * X @ Y], strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-13)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 3, 5), (4, 1, 5), (4, 3, 1), (0, 3, 5), (4, 0, 5)])
def test_thin_and_empty_matrices(product, shape):
    m, k, n = shape
    X, Y = np.random.RandomState(0).randn(m, k), np.random.RandomState(1).randn(k, n)
    for got, expected in zip(product(X, Y), [X @ Y, X.T @ X, 2.5 * X @ Y], strict=True):
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=1e-13)


def test_shapes_that_do_not_fit_raise(product):
    with pytest.raises(ValueError, match="shape"):
        product(np.ones((2, 3)), np.ones((4, 2)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("owner", ["NumPy", "SciPy"])
def test_routine_that_is_found(owner, dtype, monkeypatch):
    if owner == "SciPy":

        def import_module(name):
            raise ImportError(name)

        monkeypatch.setattr(importlib, "import_module", import_module)
    who, integer, addresses = find_blas()
    assert who == owner
    rs = np.random.RandomState(0)
    X, Y, Z = (rs.randn(*shape).astype(dtype) for shape in [(4, 3), (3, 5), (4, 5)])
    expected = 2 * X @ Y + 3 * Z
    n, m, k = (ctypes.byref(np.ctypeslib.as_ctypes_type(integer)(size)) for size in (5, 4, 3))
    two, three = np.array(2, dtype), np.array(3, dtype)
    x, y, z, alpha, beta = (ctypes.c_void_p(array.ctypes.data) for array in (X, Y, Z, two, three))
    gemm = ctypes.CFUNCTYPE(None)(addresses["sgemm" if dtype == "float32" else "dgemm"])
    gemm(b"n", b"n", n, m, k, alpha, y, n, x, k, beta, z, n)  # it counts along columns: Z.T from Y.T and X.T
    np.testing.assert_allclose(Z, expected, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_momentum_is_one_accumulating_product_in_place(dtype):
    rs = np.random.RandomState(0)
    X, D, V = (rs.randn(*s).astype(dtype) for s in [(6, 4), (6, 3), (4, 3)])
    v = shared(V.copy(), "v")
    x, d = (pt.matrix(name, dtype=dtype) for name in "xd")
    mu, lr = (pt.scalar(name, dtype=dtype) for name in ("mu", "lr"))
    step = Function([x, d, mu, lr], [], [(v, mu * v - lr * x.T.dot(d))])
    memory = v.get_value(borrow=True)
    step(X, D, np.asarray(0.9, dtype), np.asarray(0.1, dtype))
    np.testing.assert_allclose(
        v.get_value(), 0.9 * V - 0.1 * X.T @ D, rtol=1e-5 if dtype == "float32" else 1e-12
    )
    ops = [str(node.op) for node in step._compiled.maker.fgraph.apply_nodes]
    assert any(op.startswith("Gemm{inplace}") for op in ops)
    assert v.get_value(borrow=True) is memory
