"""The backends as parameters of tests; C compiles slowest, and ``make slow`` runs most of its tests."""

import pytest

from udl_pt.backends import BACKENDS

BACKENDS_SLOW_C = [pytest.param(name, marks=[pytest.mark.slow] * (name == "c")) for name in BACKENDS]
CORE_BACKENDS = [  # of C, the core has the golden numbers
    pytest.param(name, marks=pytest.mark.slow if name == "c" else pytest.mark.core) for name in BACKENDS
]
