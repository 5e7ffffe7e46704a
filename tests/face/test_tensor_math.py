"""Names of ``theano.tensor`` against the original: math, reductions."""

import pytest
from tensor_cases import sampled
from tensor_check import check


@pytest.mark.parametrize(("case", "floatX"), sampled("math", "reductions"))
def test_case(theano, case, floatX):
    check(theano, case, floatX)
