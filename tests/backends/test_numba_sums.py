"""Sums along rows in the loop that makes what is summed, against NumPy."""

import os
import subprocess
import sys

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from layouts import made
from pytensor.tensor.elemwise import Elemwise
from scipy import special

from udl_pt.backends import Function
from udl_pt.backends._numba.sums import RowSums

pytestmark = pytest.mark.core


def kinds(function):
    return [type(node.op) for node in function.operations()]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("made_in", [None, "float64"])
def test_all_that_is_made_of_pairs_is_summed_in_one_loop(dtype, made_in):
    P, a, b = pt.matrix("P", dtype=dtype), pt.vector("a", dtype=dtype), pt.vector("b", dtype=dtype)
    d = a[:, None] - b[None, :]
    w = pt.switch(P < 0, 0, 1 / (1 + d**2)).astype(dtype)
    sums = [x.sum(axis=1, acc_dtype=made_in or dtype) for x in (P * w * d, w * w * d, w)]
    f = Function([P, a, b], sums)
    values = made((7, 50), dtype), made((7,), dtype, 1), made((50,), dtype, 2)
    got = f(*values)
    assert kinds(f).count(RowSums) == 1
    assert not {Elemwise, pt.math.Sum} & set(kinds(f))
    p, x, y = (v.astype("longdouble") for v in values)
    d = x[:, None] - y
    w = np.where(p < 0, 0, 1 / (1 + d**2))
    for one, expected in zip(got, (p * w * d, w * w * d, w), strict=True):
        assert one.dtype == dtype
        bound = 8 * np.finfo(dtype).eps * abs(expected).sum(axis=1)
        assert (abs(one - expected.sum(axis=1)) <= bound).all()


def test_sums_in_float64_of_float32_keep_what_float32_would_lose():
    x, y = pt.fmatrices("x", "y")
    f = Function([x, y], (x * y).sum(axis=1))  # PyTensor sums float32 in float64
    X = np.full((1, 2**18), 2**-16, "float32")
    X[0, 0] = 2**24
    assert f(X, np.ones_like(X))[0] == np.float32(X.astype(float).sum()) != 2**24
    assert kinds(f).count(RowSums) == 1
    assert f(X, np.ones_like(X)).dtype == "float32"


@pytest.mark.parametrize("shapes", [((4, 5), (1, 5)), ((4, 1), (1, 5)), ((1, 5), (1, 5)), ((4, 5), (1, 1))])
def test_rows_and_columns_of_length_one(shapes):
    x, y = (pt.tensor(shape=[1 if n == 1 else None for n in shape]) for shape in shapes)
    f = Function([x, y], pt.exp(x + y).sum(axis=1))
    X, Y = made(shapes[0]), made(shapes[1], seed=1)
    np.testing.assert_allclose(f(X, Y), np.exp(X + Y).sum(axis=1), rtol=1e-14)
    assert RowSums in kinds(f)


def test_views_that_skip_and_turn_about():
    x, y = pt.dmatrix("x"), pt.dmatrix("y")
    f = Function([x, y], [(x * 3 + 1).sum(axis=1), (y * y + 1).sum(axis=1)])
    X, Y = made((4, 6), seed=1), made((6, 8))
    for a, b in ((X, Y), (X[::2, ::-1], Y.T), (np.asfortranarray(X), Y[::-1, ::3])):
        got = f(a, b)
        np.testing.assert_allclose(got[0], (a * 3 + 1).sum(axis=1), rtol=1e-13)
        np.testing.assert_allclose(got[1], (b * b + 1).sum(axis=1), rtol=1e-14)
    assert kinds(f).count(RowSums) == 2


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64"])
def test_integers_wrap_as_ever(dtype):
    x, y = pt.matrix("x", dtype=dtype), pt.dmatrix("y")
    X = np.full((2, 3), np.iinfo(dtype).max, dtype)
    whole, mixed = Function([x], (x + x).sum(axis=1)), Function([x, y], (x * y).sum(axis=1))
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(whole(X), (X + X).sum(axis=1))
    np.testing.assert_allclose(mixed(X, np.ones((2, 3))), X.astype(float).sum(axis=1), rtol=1e-14)
    assert RowSums not in kinds(whole)
    assert RowSums in kinds(mixed)


def test_a_result_that_numba_widens_is_narrowed_before_it_is_summed():
    x, n = pt.fmatrix("x"), pt.bmatrix("n")
    f = Function([x, n], (x * n).sum(axis=1))
    X, N = np.full((1, 3), np.float32(0.1)), np.full((1, 3), 3, "int8")
    assert f(X, N)[0] == np.float32((X * N).sum(axis=1, dtype=float)[0])
    assert RowSums in kinds(f)


def test_each_operation_has_its_own_loop_on_disk(tmp_path):
    code = """if True:
        import numpy as np, pytensor.tensor as pt, warnings
        from udl_pt.backends import Function
        warnings.simplefilter("ignore")  # Numba's, about what can't be kept on disk
        x, X = pt.dmatrix("x"), np.full((2, 3), 1.5)
        for op in (pt.tri_gamma, pt.i0, pt.gamma, pt.exp, pt.sqrt):
            print(*Function([x], [op(x).sum(axis=1)])(X)[0])
    """
    flags = {**os.environ, "PYTENSOR_FLAGS": f"base_compiledir={tmp_path}"}
    for _ in range(2):  # compiled, then from the disk
        run = subprocess.run(
            [sys.executable, "-c", code], env=flags, capture_output=True, text=True, check=True
        )
        expected = [special.polygamma(1, 1.5), special.i0(1.5), special.gamma(1.5), np.exp(1.5), np.sqrt(1.5)]
        np.testing.assert_allclose(
            np.array(run.stdout.split(), float), np.repeat(expected, 2) * 3, rtol=1e-12
        )


def test_three_dimensions_are_left_alone():
    x, y = pt.tensor3("x"), pt.tensor3("y")
    f = Function([x, y], (x * y).sum(axis=1))
    X, Y = made((2, 3, 4)), made((2, 3, 4), seed=1)
    np.testing.assert_allclose(f(X, Y), (X * Y).sum(axis=1), rtol=1e-14)
    assert RowSums not in kinds(f)


@pytest.mark.parametrize(
    ("shapes", "expected"), [([3, None], 3), ([1, 1], 1), ([1, 3], 3), ([None, 1], None)]
)
def test_a_number_of_rows_that_is_known_stays_known(shapes, expected):
    x, y = (pt.tensor(dtype="float64", shape=(rows, None)) for rows in shapes)
    node = RowSums(pytensor.scalar.mul, (("float64", "float64"),)).make_node(x, y)
    assert node.outputs[0].type.shape == (expected,)


def test_no_columns_no_rows_and_what_is_not_finite():
    x, y = pt.matrices("x", "y")
    f = Function([x, y], (x * y).sum(axis=1))
    np.testing.assert_array_equal(f(np.ones((3, 0)), np.ones((3, 0))), np.zeros(3))
    assert f(np.ones((0, 3)), np.ones((0, 3))).shape == (0,)
    X = np.array([[np.nan, 1.0], [np.inf, 1.0], [np.inf, -np.inf], [1.0, 2.0]])
    np.testing.assert_array_equal(f(X, np.ones((4, 2))), [np.nan, np.inf, np.nan, 3.0])


@pytest.mark.parametrize("shape", [(3, 5), (4, 4), (1, 5), (4, 1)])
def test_shapes_that_do_not_fit(shape):
    x, y = pt.matrices("x", "y")
    f = Function([x, y], (x * y).sum(axis=1))
    f(made((4, 5)), made((4, 5)))
    assert RowSums in kinds(f)
    with pytest.raises(ValueError, match="do not fit"):
        f(made((4, 5)), made(shape))


USES = {
    "an output": lambda m: [m.sum(axis=1), m],
    "another sum": lambda m: [m.sum(axis=1), m.sum(axis=0)],
    "another axis": lambda m: [m.sum(axis=0)],
    "all": lambda m: [m.sum()],
}


@pytest.mark.parametrize("use", USES)
def test_a_matrix_of_further_use_is_written(use):
    x, y = pt.matrices("x", "y")
    f = Function([x, y], USES[use](pt.exp(x * y)))
    X, Y = made((3, 4)), made((3, 4), seed=1)
    for one, other in zip(f(X, Y), USES[use](np.exp(X * Y)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)
    assert RowSums not in kinds(f)


def test_where_numpy_carries_it_out():
    x, y = pt.fmatrix("x"), pt.frow("y")
    op = RowSums(pytensor.scalar.mul, (("float32", "float64"),))
    f = pytensor.function([x, y], op(x, y), mode=pytensor.compile.Mode("py", None))
    X, Y = np.full((2, 2**18), 2**-16, "float32"), np.ones((1, 2**18), "float32")
    X[:, 0] = 2**24
    got = f(X, Y)
    np.testing.assert_array_equal(got, X.astype(float).sum(axis=1).astype("float32"))
    assert got.dtype == "float32"
    assert got[0] != 2**24
