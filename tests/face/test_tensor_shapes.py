"""Names of ``theano.tensor`` against the original: shapes, creation, types."""

import pytest
from tensor_cases import sampled
from tensor_check import check


@pytest.mark.parametrize(("case", "floatX"), sampled("shapes", "creation", "types"))
def test_case(theano, case, floatX):
    check(theano, case, floatX)
