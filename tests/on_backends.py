"""The backends as parameters of tests: JAX compiles fastest, and ``make slow`` runs the others.

``make core`` runs what is of the core on JAX and on Numba. Of C, it has the golden numbers.
"""

import pytest

from udl_pt.backends import BACKENDS

SLOW, CORE = pytest.mark.slow, pytest.mark.core
ON_BACKENDS = [pytest.param(name, marks=[SLOW] * (name != "jax")) for name in BACKENDS]
CORE_BACKENDS = [
    pytest.param(name, marks={"jax": CORE, "numba": [CORE, SLOW], "c": SLOW}[name]) for name in BACKENDS
]
