"""Names of ``theano.tensor`` against the original: indexing."""

import pytest
from tensor_cases import sampled
from tensor_check import check


@pytest.mark.parametrize(("case", "floatX"), sampled("indexing"))
def test_case(theano, case, floatX):
    check(theano, case, floatX)
