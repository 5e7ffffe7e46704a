"""The backends as parameters of tests that are of the core on Numba and on JAX.

C takes longest to compile: of it the core has the golden numbers, and little else.
"""

import pytest

from udl_pt.backends import BACKENDS

CORE_BACKENDS = [pytest.param(name, marks=[] if name == "c" else pytest.mark.core) for name in BACKENDS]
# where a graph is so large that C takes a minute to compile it
CORE_BACKENDS_SLOW_C = [
    pytest.param(name, marks=pytest.mark.slow if name == "c" else pytest.mark.core) for name in BACKENDS
]
