"""Names of ``theano.tensor`` against the original: extra."""

import pytest
from tensor_cases import sampled
from tensor_check import check


@pytest.mark.parametrize(("case", "floatX"), sampled("extra"))
def test_case(theano, case, floatX):
    check(theano, case, floatX)
