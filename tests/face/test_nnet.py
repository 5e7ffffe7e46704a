"""Names of ``theano.tensor.nnet`` against the original, and what its optimiser makes stable."""

import numpy as np
import pytest
from pytensor.compile.mode import Mode
from tensor_cases import sampled
from tensor_check import check


@pytest.mark.parametrize(("case", "floatX"), sampled("nnet"))
def test_case(theano, case, floatX):
    check(theano, case, floatX)


@pytest.mark.parametrize(("case", "floatX"), sampled("stable"))
def test_rewrites_keep_values_and_gradients_finite(theano, case, floatX):
    check(theano, case, floatX, mode=Mode("py", "fast_run"))


@pytest.mark.parametrize("mode", ["CVM", pytest.param("NUMBA", marks=pytest.mark.exhaustive)])
def test_costs_of_saturated_probabilities(theano, mode):
    """Closed forms: the cost of class 0 at logits (0, 900) is 900, of 1 - sigmoid(900) it is 900."""
    T = theano.tensor
    x, y = T.dmatrix(), T.lvector()
    cost = -T.mean(T.log(T.nnet.softmax(x))[T.arange(y.shape[0]), y])
    rows = T.nnet.categorical_crossentropy(T.nnet.softmax(x), y).mean()
    sigmoid = T.log(1 - T.nnet.sigmoid(x)).sum()
    softplus = T.log(1 + T.exp(x)).sum()
    f = theano.function([x, y], [cost, rows, T.grad(cost, x), T.grad(rows, x), sigmoid, softplus], mode=mode)
    values = f([[0.0, 900.0]], [0])
    wanted = [900, 900, [[-1, 1]], [[-1, 1]], -900 - np.log(2), 900 + np.log(2)]
    for value, number in zip(values, wanted, strict=True):
        np.testing.assert_allclose(value, number)


def test_the_gradient_of_a_cost_is_finite_where_another_class_has_probability_0(theano):
    T = theano.tensor
    p, y = T.dmatrix(), T.lvector()
    gradient = T.grad(T.nnet.crossentropy_categorical_1hot(p, y).sum(), p)
    f = theano.function([p, y], gradient, mode="FAST_COMPILE")
    np.testing.assert_allclose(f([[0.2, 0.8], [1.0, 0.0]], [1, 0]), [[0, -1.25], [-1, 0]])
