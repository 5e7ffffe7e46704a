"""Steps of a training compute with zeros in the place of subnormal numbers."""

import platform

import numpy as np
import pytest

from udl_pt import AutoEncoder, eager
from udl_pt.backends import flushing_subnormals

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="for x86-64 alone")

LEAST = np.finfo(np.float32).tiny  # of the normal numbers
X = np.full((20, 8), 0.5)


def halves():
    """Halve normal numbers, and double subnormal ones."""
    return np.full(8, LEAST) / np.float32(2), np.full(8, LEAST.view(np.int32) - 1, np.int32).view(
        np.float32
    ) * 2


def test_results_and_operands_are_flushed_in_the_function_alone():
    flushed = flushing_subnormals(halves)
    assert all(array.all() for array in flushed())  # the first call may compile
    for array in flushed():
        np.testing.assert_array_equal(array, 0)
    assert all(array.all() for array in halves())


def test_an_error_ends_it():
    def fail(fails):
        if fails:
            assert not any(array.any() for array in halves())
            raise ZeroDivisionError

    flushed = flushing_subnormals(fail)
    flushed(False)
    with pytest.raises(ZeroDivisionError):
        flushed(True)
    assert all(array.all() for array in halves())


def test_arguments_and_results_pass():
    assert flushing_subnormals(lambda a, b: a - b)(5, 3) == 2


@pytest.mark.parametrize("backend", ["numba", "c", "jax"])
def test_a_velocity_that_fades_becomes_zero(backend):
    ae = AutoEncoder(3, random_state=0, dtype="float32").fit(X, epochs=0, backend=backend)
    seen = []

    def see(progress):
        seen.append([v.get_value() for v in ae.dparams])
        assert all(array.all() for array in halves())

    for velocity in ae.dparams:
        velocity.set_value(np.full_like(velocity.get_value(), LEAST))
    options = {"learning_rate": 0, "mu": 0.5, "batch_sz": 20, "monitor": None, "warm_start": True}
    ae.fit(X, epochs=2, callbacks=[see], backend=backend, **options)
    for velocity in seen[1]:
        np.testing.assert_array_equal(velocity, 0)


def test_a_twin_computes_so_too():
    ae = eager.AutoEncoder(3, random_state=0, dtype="float32")
    ae.fit(X, epochs=2, batch_sz=20, learning_rate=1e-38, mu=0.0, monitor=None)
    assert not any(v.any() for v in ae.dparams)


def test_costs_are_measured_so_too(monkeypatch):
    seen = []

    def recorder(*args, **options):
        def record():
            seen.append([bool(array.any()) for array in halves()])
            return {"cost": 1.0}

        return record

    monkeypatch.setattr("udl_pt.models._layer.cost_recorder", recorder)
    monkeypatch.setenv("UDL_PT_BACKEND", "numba")
    AutoEncoder(3, random_state=0).fit(X, epochs=2, batch_sz=20)
    assert seen == [[True, True], [False, False]]
