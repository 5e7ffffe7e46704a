"""Steps of a training compute with zeros in the place of subnormal numbers."""

import platform

import numpy as np
import pytest

from udl_pt import AutoEncoder, eager
from udl_pt.backends import flushing_subnormals
from udl_pt.callbacks import Checkpoint

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="for x86-64 alone")

LEAST = np.finfo(np.float32).tiny  # of the normal numbers
X = np.full((20, 8), 0.5)


def halves():
    """Halve normal numbers, and double subnormal ones."""
    return np.full(8, LEAST) / np.float32(2), np.full(8, LEAST.view(np.int32) - 1, np.int32).view(
        np.float32
    ) * 2


def test_results_and_operands_are_flushed_in_the_function_alone():
    for array in flushing_subnormals(halves)():
        np.testing.assert_array_equal(array, 0)
    assert all(array.all() for array in halves())


def test_an_error_ends_it():
    def fail():
        assert not any(array.any() for array in halves())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        flushing_subnormals(fail)()
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
    ae.fit(X, callbacks=[see], backend=backend, **options)
    for velocity in seen[0]:
        np.testing.assert_array_equal(velocity, 0)


def test_a_twin_computes_so_too():
    ae = eager.AutoEncoder(3, random_state=0, dtype="float32")
    ae.fit(X, epochs=1, batch_sz=20, learning_rate=1e-38, mu=0.0, monitor=None)
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
    AutoEncoder(3, random_state=0).fit(X, batch_sz=20)
    assert seen == [[False, False]]


@pytest.mark.parametrize("backend", ["numba", "c"])
def test_the_first_step_after_a_resumption_flushes_too(backend, tmp_path):
    class Stop:
        observes_only = True

        def on_batch(self, progress):
            if progress.batch == 3:
                raise KeyboardInterrupt

    def fit(*callbacks, **options):
        ae = AutoEncoder(3, random_state=0, dtype="float32")
        rates = {"learning_rate": 1e-38, "mu": 0.0}
        ae.fit(X[:15], batch_sz=5, monitor=None, backend=backend, callbacks=callbacks, **rates, **options)
        return [v.get_value() for v in ae.dparams]

    path = tmp_path / "ae.ckpt"
    with pytest.raises(KeyboardInterrupt):
        fit(Checkpoint(path, every_batches=1), Stop())
    for whole, resumed in zip(fit(), fit(resume=path), strict=True):
        np.testing.assert_array_equal(resumed, whole)
        np.testing.assert_array_equal(whole, 0)
