"""Quick code computes whole arrays, with the numbers of PyTensor's functions of single elements."""

import functools
import time

import numpy as np
import pytest
from pytensor.scalar import basic as scalar
from pytensor.scalar import math

from udl_pt.theano._elementwise import whole_arrays

X = np.array([-np.inf, -40.0, -2.5, -0.5, -0.0, 0.0, 0.49999997, 0.5, 1.5, 20.0, 35.0, np.inf, np.nan])
OPS = [
    (scalar.add, 3),
    (scalar.mul, 4),
    (scalar.maximum, 3),
    (scalar.minimum, 3),
    (scalar.convert_to_float32, 1),
    (scalar.identity, 1),
    (scalar.second, 2),
    (scalar.clip, 3),
    (scalar.round_half_away_from_zero, 1),
    (math.softplus, 1),
    (math.log1mexp, 1),
]


@pytest.fixture
def T(theano):
    return theano.tensor


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("op", "n"), OPS, ids=lambda value: getattr(value, "name", None))
def test_whole_arrays_equal_single_elements(op, n, dtype):
    x = X.astype(dtype)
    inputs = [x, *(np.roll(x, 3 * i) for i in range(1, n))]
    with np.errstate(all="ignore"):
        of_one = op.impl if n < 3 or op is scalar.clip else lambda *values: functools.reduce(op.impl, values)
        each = [of_one(*values) for values in zip(*inputs, strict=True)]
    result = whole_arrays(op, inputs, "float32" if op is scalar.convert_to_float32 else dtype)
    assert not any(np.shares_memory(result, value) for value in inputs)
    np.testing.assert_allclose(
        result, np.array(each, result.dtype), rtol=4 * np.finfo(result.dtype).eps, atol=0
    )


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "bool"])
def test_casts_cut_off_the_fraction(theano, T, dtype):
    x = T.dvector()
    values = [0, 1.9, 3.5] if dtype == "uint8" else [-0.9, 1.9, 3.5]
    cast = theano.function([x], T.cast(x, dtype), mode="FAST_COMPILE")(values)
    expected = {"int8": [0, 1, 3], "uint8": [0, 1, 3], "int64": [0, 1, 3], "bool": [1, 1, 1]}
    assert cast.dtype == dtype
    assert cast.tolist() == expected[dtype]


def test_results_of_scalars_and_rows_have_their_shapes(theano, T):
    x, y, z = T.dscalar(), T.drow(), T.dcol()
    total = theano.function([x, y, z], [x + y + z, T.clip(x, 0, 1), T.second(y, x)], mode="FAST_COMPILE")
    whole, clipped, filled = total(2, [[1, 2]], [[10], [20]])
    assert whole.tolist() == [[13, 14], [23, 24]]
    assert (type(clipped), clipped.ndim, float(clipped)) == (np.ndarray, 0, 1)
    assert filled.tolist() == [[2, 2]]


def test_a_million_elements_take_no_second(theano, T):
    x = T.dvector()
    y = T.cast(T.clip(x + 2 * x + abs(x), 0, 1) + T.nnet.softplus(x), "float32")
    f = theano.function([x], y, mode="FAST_COMPILE")
    start = time.process_time()
    f(np.linspace(-1, 1, 1_000_000))
    assert time.process_time() - start < 1
