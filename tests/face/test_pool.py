"""Pooling returns the original's numbers, and refuses what it refuses."""

import importlib
import warnings

import numpy as np
import pytensor
import pytest
from of_original import check, names

from udl_pt.theano._ops.pool import MaxPoolGrad, Pool


def case(theano, *name, mode="FAST_COMPILE"):
    return importlib.import_module("conv_cases").result(*name, mode=mode)


@pytest.mark.parametrize(("group", "name", "dtype"), names("pool", "shape"))
def test_pooling_and_derivatives_are_the_originals(theano, group, name, dtype):
    check(case(theano, group, name, dtype), group, name, dtype)


@pytest.mark.parametrize("mode", ["CVM", "NUMBA", "JAX"])
@pytest.mark.parametrize("name", ["2_pad_max", "2_overlap-border_average_exc_pad"])
def test_backends_agree_with_the_original(theano, name, mode):
    check(case(theano, "pool", name, "float64", mode=mode), "pool", name, "float64")


@pytest.mark.parametrize("kind", ["max", "sum", "average_inc_pad", "average_exc_pad"])
def test_gradients_are_those_of_finite_differences(kind):
    rng = np.random.default_rng(2)
    x = rng.permutation(60).reshape(2, 5, 6) / 10.0
    op = Pool(True, kind)
    pytensor.gradient.verify_grad(
        lambda x: op(x, (3, 2), (2, 2), (1, 1)), [x], rng=rng, mode="FAST_COMPILE", eps=1e-4
    )


def test_second_derivatives_are_those_of_finite_differences():
    rng = np.random.default_rng(3)
    x = rng.permutation(30).reshape(5, 6) / 10.0
    z = Pool(True)(x, (2, 2)).eval(mode="FAST_COMPILE")
    pytensor.gradient.verify_grad(
        lambda gz: MaxPoolGrad(True)(x, z, gz, (2, 2)),
        [rng.normal(size=z.shape)],
        rng=rng,
        mode="FAST_COMPILE",
    )


def test_all_equal_maxima_take_the_gradient(theano):
    T, pool = theano.tensor, importlib.import_module("theano.tensor.signal.pool")
    x = T.tensor4("x", "float64")
    g = T.grad(pool.pool_2d(x, (2, 2), ignore_border=False).sum(), x)
    f = theano.function([x], g, mode="FAST_COMPILE")
    found = f(np.array([[[[1.0, 1, 0], [1, 1, 2], [0, 0, 0]]]]))  # the original's answer follows
    assert found.tolist() == [[[[1, 1, 0], [1, 1, 1], [1, 1, 1]]]]


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (ValueError, {}),
        (ValueError, {"ws": (2, 2), "mode": "avg"}),
        (ValueError, {"ws": (2, 2), "ds": (2, 2)}),
        (NotImplementedError, {"ws": (2, 2), "pad": (1, 1), "ignore_border": False}),
        (NotImplementedError, {"ws": (2, 2), "pad": (2, 2)}),
        (AssertionError, {"ws": 2}),
        (TypeError, {"ws": (2.0, 2.0)}),
    ],
)
def test_options_that_mean_nothing_raise_an_error(theano, error, options):
    pool = importlib.import_module("theano.tensor.signal.pool")
    with pytest.raises(error):
        pool.pool_2d(theano.tensor.tensor4(), **{"ignore_border": True, **options})


@pytest.mark.parametrize(
    ("ws", "pad", "ignore_border"),
    [((2, 2), (1, 1), False), ((2, 2, 2), (0, 0, 0), True), ((2, 2), (3, 3), True)],
)
def test_values_that_mean_nothing_raise_an_error(theano, ws, pad, ignore_border):
    T, pool = theano.tensor, importlib.import_module("theano.tensor.signal.pool")
    x, windows, zeros = T.matrix(dtype="float64"), T.lvector(), T.lvector()
    y = pool.pool_2d(x, windows, pad=zeros, ignore_border=ignore_border)
    with pytest.raises(ValueError, match=r"pad|ws"):
        theano.function([x, windows, zeros], y, mode="FAST_COMPILE")(np.ones((4, 4)), ws, pad)


def test_old_names_mean_the_same_and_warn(theano):
    T, pool = theano.tensor, importlib.import_module("theano.tensor.signal.pool")
    downsample = importlib.import_module("theano.tensor.signal.downsample")
    x = T.matrix(dtype="float64")
    with pytest.warns(UserWarning, match="'ds'"):
        ys = [pool.pool_2d(x, ds=(2, 2), ignore_border=True)]
    with pytest.warns(UserWarning, match="ignore_border"):
        ys.append(pool.pool_2d(x, (2, 2))[:2, :2])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ys.append(downsample.max_pool_2d(x, (2, 2), ignore_border=True))
        ys.append(downsample.DownsampleFactorMax((2, 2), ignore_border=True)(x))
    first, *others = theano.function([x], ys, mode="FAST_COMPILE")(np.arange(25.0).reshape(5, 5))
    assert first.tolist() == [[6, 8], [16, 18]]
    assert all(other.tolist() == first.tolist() for other in others)


def test_shapes_are_the_originals(theano):
    shape = importlib.import_module("theano.tensor.signal.pool").Pool.out_shape
    assert list(shape((1, 1, 7, 7), (3, 2), False, (2, 2))) == [1, 1, 3, 4]
    assert list(shape((1, 1, 7, 7), (3, 2), True)) == [1, 1, 2, 3]
    assert list(shape((1, 1, 3, 3), (9, 9), True)) == [1, 1, 0, 0]
