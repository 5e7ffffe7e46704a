"""The vectorised sigmoid and softplus against SciPy's, and rows added in every layout."""

from itertools import chain

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.graph.fg import FunctionGraph
from pytensor.scan.op import Scan
from scipy.special import expit

from udl_pt.backends import Function, shared
from udl_pt.backends._numba.elemwise import AsRow, OnlyEntry, VectorSigmoid, VectorSoftplus

pytestmark = pytest.mark.core


def loops(function):
    return loops_of(function._compiled.maker.fgraph)


def loops_of(graph):
    """Return the classes of scalar operations of each loop over elements."""
    for node in graph.apply_nodes:
        scalar = getattr(node.op, "scalar_op", None)
        yield [type(n.op) for n in scalar.fgraph.apply_nodes] if hasattr(scalar, "fgraph") else [type(scalar)]


def scalar_ops(function):
    return chain.from_iterable(loops(function))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid_to_a_few_units_in_the_last_place(dtype):
    x = pt.matrix("x", dtype=dtype)
    f = Function([x], pt.sigmoid(x))
    X = np.concatenate([np.linspace(-80, 80, 100_001), np.random.RandomState(0).randn(10_000)])
    X = X.astype(dtype)[:, None]
    exact = expit(X.astype(np.longdouble))
    assert abs(f(X) / exact - 1).max() < 2.5 * np.finfo(dtype).eps
    assert VectorSigmoid in set(scalar_ops(f))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid_at_the_ends(dtype):
    x = pt.vector("x", dtype=dtype)
    X = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 0.0], dtype)
    got = Function([x], pt.sigmoid(x))(X)
    assert np.isnan(got[0])
    assert got.dtype == dtype
    np.testing.assert_allclose(got[1:], [1, 0, 1, 0, 0.5], rtol=0, atol=1e-37)
    assert (got[[2, 4]] >= np.finfo(dtype).tiny).all()  # denormal numbers would slow products down


def test_rows_in_every_layout():
    b = shared(np.arange(4.0), "b")
    x, c = pt.matrix("x"), pt.vector("c")
    f = Function([x, c], [x + b, pt.sigmoid(x + c[::2]), c.dimshuffle("x", 0) * 2], [(b, b + 1)])
    X, C = np.random.RandomState(0).randn(3, 4), np.random.RandomState(1).randn(16)[::2]
    for step in range(2):
        plain, squashed, row = f(X, C)
        np.testing.assert_allclose(plain, X + np.arange(4.0) + step, rtol=1e-14)
        np.testing.assert_allclose(squashed, expit(X + C[::2]), rtol=1e-13)
        np.testing.assert_array_equal(row, 2 * C[None, :])
    assert any(isinstance(node.op, AsRow) for node in f._compiled.maker.fgraph.apply_nodes)


def test_a_row_of_a_parameter_that_changes_in_the_same_step():
    """The update must not write into the bias before the row has been read."""
    b = shared(np.zeros(3), "b")
    x = pt.matrix("x")
    f = Function([x], (x + b).sum(), [(b, b + x.sum(axis=0))])
    assert [float(f(np.ones((2, 3)))) for _ in range(3)] == [6.0, 18.0, 30.0]


def test_the_only_entry_of_a_stack_in_every_layout():
    stack = pt.tensor3("stack", shape=(1, None, None))
    x = pt.tensor3("x")
    f = Function([stack, x], [stack[0] * 2, pt.squeeze(x, 0) + 1])
    S, X = np.random.RandomState(0).randn(1, 3, 4), np.random.RandomState(1).randn(1, 4, 6)[:, ::-1, ::2]
    doubled, more = f(S, X)
    np.testing.assert_array_equal(doubled, 2 * S[0])
    np.testing.assert_array_equal(more, X[0] + 1)
    assert sum(isinstance(node.op, OnlyEntry) for node in f._compiled.maker.fgraph.apply_nodes) == 2
    with pytest.raises(ValueError, match="not of length 1"):
        f(S, np.zeros((2, 4, 3)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softplus_to_a_few_units_in_the_last_place_and_at_the_ends(dtype):
    x = pt.vector("x", dtype=dtype)
    f = Function([x], pt.softplus(x))
    X = np.concatenate([np.linspace(-80, 80, 100_001), np.random.RandomState(0).randn(10_000)]).astype(dtype)
    exact = np.logaddexp(0, X.astype(np.longdouble))
    assert abs(f(X) / exact - 1).max() < 4 * np.finfo(dtype).eps
    assert VectorSoftplus in set(scalar_ops(f))
    got = f(np.array([np.nan, np.inf, -np.inf, 1e30, -1e30], dtype))
    assert np.isnan(got[0])
    np.testing.assert_allclose(got[1:], [np.inf, 0, np.float32(1e30), 0], rtol=1e-6, atol=1e-37)


def test_fused_loops_have_one_sigmoid_each():
    x, y, (b, c) = *pt.matrices("x", "y"), pt.vectors("b", "c")
    inner, outer = pt.sigmoid(2 * x + b), pt.sigmoid(y * pt.sigmoid(x - c))
    f = Function([x, y, b, c], [inner * outer + y, inner, inner - pt.softplus(outer + 1)])
    rs = np.random.RandomState(0)
    X, Y, B, C = rs.randn(3, 4), rs.randn(3, 4), rs.randn(4), rs.randn(4)
    first, last = expit(2 * X + B), expit(Y * expit(X - C))
    expected = [first * last + Y, first, first - np.logaddexp(0, last + 1)]
    for got, values in zip(f(X, Y, B, C), expected, strict=True):
        np.testing.assert_allclose(got, values, rtol=1e-13)
    assert max(sum(op in (VectorSigmoid, VectorSoftplus) for op in loop) for loop in loops(f)) == 1
    assert max(len(n.inputs) for n in f._compiled.maker.fgraph.apply_nodes) <= 4  # none that isn't read
    both = Function([x, y, b], [inner, pt.sigmoid(y - b)])  # nothing is left for a last loop
    for got, values in zip(both(X, Y, B), [first, expit(Y - B)], strict=True):
        np.testing.assert_allclose(got, values, rtol=1e-13)
    summed = Function([x, y], (pt.sigmoid(x) * pt.sigmoid(y) + pt.sigmoid(x - y)).sum(axis=1))
    np.testing.assert_allclose(summed(X, Y), (expit(X) * expit(Y) + expit(X - Y)).sum(axis=1), rtol=1e-13)
    assert list(scalar_ops(summed)).count(VectorSigmoid) == 3  # taken apart first, then summed


def test_a_fused_loop_that_returns_a_softplus_and_its_parts():
    x = pt.dvector("x")
    outputs = [pt.log(1 - pt.sigmoid(x)), pt.log(pt.sigmoid(x)), pt.log(1 + pt.exp(x))]
    X = np.array([-40.0, 0, 40, 80])
    expected = [-np.logaddexp(0, X), -np.logaddexp(0, -X), np.logaddexp(0, X)]
    np.testing.assert_allclose(Function([x], outputs)(X), expected, rtol=1e-13)


def test_sigmoids_inside_a_loop_are_vectorised_and_the_users_graph_stays_as_it_was():
    x, steps = pt.matrix("x"), pt.lscalar("steps")
    y = pytensor.scan(pt.sigmoid, outputs_info=[x], n_steps=steps, return_updates=False)[-1]
    f = Function([x, steps], y)
    X = np.random.RandomState(0).randn(3, 4)
    np.testing.assert_allclose(f(X, np.asarray(3)), expit(expit(expit(X))), rtol=1e-14)

    def inner_ops(fgraph):
        loops = [node.op for node in fgraph.apply_nodes if isinstance(node.op, Scan)]
        return {type(getattr(n.op, "scalar_op", None)) for loop in loops for n in loop.fgraph.apply_nodes}

    assert VectorSigmoid in inner_ops(f._compiled.maker.fgraph)
    assert VectorSigmoid not in inner_ops(FunctionGraph([x, steps], [y], clone=True))


def test_fused_loops_inside_a_loop_have_one_sigmoid_each():
    x, steps = pt.matrix("x"), pt.lscalar("steps")

    def step(x):
        return pt.softplus(x) - pt.softplus(x * x) + pt.sigmoid(2 * x)

    y = pytensor.scan(step, outputs_info=[x], n_steps=steps, return_updates=False)[-1]
    f = Function([x, steps], y)
    X = expected = np.random.RandomState(0).randn(3, 4)
    for _ in range(3):
        expected = np.logaddexp(0, expected) - np.logaddexp(0, expected**2) + expit(2 * expected)
    np.testing.assert_allclose(f(X, np.asarray(3)), expected, rtol=1e-13)
    (scan,) = (n.op for n in f._compiled.maker.fgraph.apply_nodes if isinstance(n.op, Scan))
    kinds = [[op for op in loop if op in (VectorSigmoid, VectorSoftplus)] for loop in loops_of(scan.fgraph)]
    assert sorted(map(len, kinds))[-3:] == [1, 1, 1]


def test_a_matrix_that_loses_a_dimension_before_it_becomes_a_row():
    x, y = pt.matrix("x"), pt.vector("y")
    f = Function([x, y], pt.sigmoid(x + x.dot(y[:, None])[:, 0]))
    X, Y = np.random.RandomState(0).randn(3, 3), np.arange(3.0)
    np.testing.assert_allclose(f(X, Y), expit(X + X @ Y), rtol=1e-14)
