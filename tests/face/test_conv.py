"""Convolutions return the original's numbers, and refuse what it refuses."""

import importlib

import numpy as np
import pytensor
import pytest
from of_original import check, names

from udl_pt.theano._ops.conv import AbstractConv2d, AbstractConv3d


def case(theano, *name, mode="FAST_COMPILE"):
    return importlib.import_module("conv_cases").result(*name, mode=mode)


@pytest.mark.parametrize(("group", "name", "dtype"), names("conv2d", "conv3d"))
def test_convolution_and_derivatives_are_the_originals(theano, group, name, dtype):
    check(case(theano, group, name, dtype), group, name, dtype)


@pytest.mark.parametrize(("group", "name", "dtype"), names("old", "signal", "other"))
def test_other_convolutions_are_the_originals(theano, group, name, dtype):
    check(case(theano, group, name, dtype), group, name, dtype)


@pytest.mark.parametrize("mode", ["CVM", "NUMBA", "JAX"])
def test_backends_agree_with_the_original(theano, mode):
    check(case(theano, "conv2d", "stride-half", "float64", mode=mode), "conv2d", "stride-half", "float64")


@pytest.mark.parametrize(
    ("op", "shapes"),
    [
        (AbstractConv2d(border_mode=((1, 0), 2), subsample=(2, 1)), ((2, 4, 4, 5), (2, 4, 3, 2))),
        (AbstractConv2d(filter_dilation=(1, 2), num_groups=2), ((2, 4, 4, 5), (2, 2, 3, 2))),
        (AbstractConv3d(border_mode="half", subsample=(1, 2, 1)), ((1, 2, 3, 4, 3), (2, 2, 2, 2, 2))),
    ],
)
def test_gradients_are_those_of_finite_differences(op, shapes):
    rng = np.random.default_rng(1)
    pytensor.gradient.verify_grad(op, [rng.normal(size=s) for s in shapes], rng=rng, mode="FAST_COMPILE")


def function(theano, *arguments, **keywords):
    T = theano.tensor
    x, w = T.tensor4("x", "float64"), T.tensor4("w", "float64")
    y = importlib.import_module("theano.tensor.nnet._conv").conv2d(x, w, *arguments, **keywords)
    return theano.function([x, w], y, mode="FAST_COMPILE")


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (ValueError, {"border_mode": "same"}),
        (ValueError, {"border_mode": -1}),
        (ValueError, {"border_mode": [1, 1]}),
        (ValueError, {"border_mode": (1, 1, 1)}),
        (ValueError, {"subsample": (2,)}),
        (TypeError, {"subsample": 2}),
        (ValueError, {"num_groups": 0}),
        (ValueError, {"input_shape": (1, 1, 1, 1), "image_shape": (1, 1, 1, 1)}),
    ],
)
@pytest.mark.filterwarnings("ignore:The `image_shape`")
def test_options_that_mean_nothing_raise_an_error(theano, error, options):
    with pytest.raises(error):
        function(theano, **options)


@pytest.mark.parametrize(
    ("images", "filters", "options"),
    [
        ((2, 3, 6, 7), (4, 2, 2, 3), {}),
        ((2, 3, 6, 7), (4, 3, 8, 8), {}),
        ((2, 3, 6, 7), (4, 3, 2, 3), {"num_groups": 2}),
    ],
)
def test_arrays_that_do_not_fit_raise_an_error(theano, images, filters, options):
    f = function(theano, **options)
    with pytest.raises(ValueError, match=r"channels|larger"):
        f(np.ones(images), np.ones(filters))


@pytest.mark.parametrize(("images", "filters"), [((0, 3, 6, 7), (4, 3, 2, 3)), ((2, 0, 6, 7), (4, 0, 2, 3))])
def test_nothing_can_be_convolved(theano, images, filters):
    y = function(theano)(np.ones(images), np.ones(filters))
    assert y.shape == (images[0], 4, 5, 5)
    assert not y.any()


def test_a_wrong_shape_is_the_shape_as_in_the_original(theano):
    T = theano.tensor
    x, w = T.tensor4("x", "float64"), T.tensor4("w", "float64")
    y = importlib.import_module("theano.tensor.nnet._conv").conv2d(x, w, (2, 3, 9, 9), (4, 3, 5, 5))
    f = theano.function([x, w], y.shape, mode="CVM", on_unused_input="ignore")
    assert f(np.ones((2, 3, 6, 7)), np.ones((4, 3, 2, 3))).tolist() == [2, 4, 5, 5]


@pytest.mark.filterwarnings("ignore:theano.tensor.nnet.conv.conv2d is deprecated")
@pytest.mark.parametrize("mode", ["FAST_COMPILE", "NUMBA"])
def test_the_old_convolution_checks_given_shapes(theano, mode):
    T, old = theano.tensor, importlib.import_module("theano.tensor.nnet.conv")
    x, w = T.tensor4("x", "float64"), T.tensor4("w", "float64")
    f = theano.function([x, w], old.conv2d(x, w, (5, 3, 6, 7), (4, 3, 2, 3)), mode=mode)
    with pytest.raises(ValueError, match="hardcoded"):
        f(np.ones((2, 3, 6, 7)), np.ones((4, 3, 2, 3)))


def test_float32_images_and_float64_filters_need_a_cast(theano):
    T, convolutions = theano.tensor, importlib.import_module("theano.tensor.nnet._conv")
    with pytest.raises(TypeError, match="cast"):
        convolutions.conv2d(T.tensor4(dtype="float32"), T.tensor4(dtype="float64"))
    assert convolutions.conv2d(T.tensor4(dtype="float64"), T.tensor4(dtype="float32")).dtype == "float64"


def test_broadcast_patterns_are_the_originals(theano):
    T, convolutions = theano.tensor, importlib.import_module("theano.tensor.nnet._conv")
    ones = T.TensorType("float64", (True,) * 4)
    x, w = ones("x"), ones("w")
    y = convolutions.conv2d(x, w)
    assert y.broadcastable == (True, True, False, False)
    assert [g.broadcastable for g in T.grad(y.sum(), [x, w])] == [(True,) * 4] * 2
