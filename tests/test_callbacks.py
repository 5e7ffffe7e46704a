"""Schedules and averages, against their formulas."""

import importlib

import numpy as np
import pytest

from udl_pt import DNN, RBM, eager
from udl_pt.callbacks import EarlyStopping, LinearDecay, ParameterAverage, UpdateSizes, value_of
from udl_pt.training import Progress

X = np.random.RandomState(0).rand(60, 8)


class Recorder:
    """Keeps rates and parameters after each batch."""

    def __init__(self, model):
        self.model, self.rates, self.params = model, [], []

    def on_batch(self, progress):
        self.rates.append(progress.hyper["learning_rate"])
        self.params.append([np.array(p.get_value()) for p in self.model.params])

    def __call__(self, progress):
        pass


def test_the_rate_falls_in_a_line_to_zero_in_every_fit():
    rbm = RBM(3, random_state=0)
    decay = LinearDecay()
    for _ in range(2):
        seen = Recorder(rbm)
        rbm.fit(X, learning_rate=0.5, epochs=2, batch_sz=20, callbacks=[decay, seen], backend="jax")
        np.testing.assert_allclose(seen.rates, 0.5 * (1 - np.arange(1, 7) / 6), atol=1e-15)


@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_the_average_is_that_of_the_parameters_looked_at(backend):
    rbm = RBM(3, random_state=0)
    seen, average = Recorder(rbm), ParameterAverage(rbm, decay=0.6, every=2)
    rbm.fit(X, epochs=3, batch_sz=15, callbacks=[seen, average], backend=backend, monitor=None)
    looked_at = [seen.params[i] for i in (1, 3, 5, 7, 9, 11)]
    expected = looked_at[0]
    for n, params in enumerate(looked_at[1:], start=2):
        rate = max(0.4, 1 / n)
        expected = [(1 - rate) * a + rate * p for a, p in zip(expected, params, strict=True)]
    average.apply()
    for p, value in zip(rbm.params, expected, strict=True):
        np.testing.assert_allclose(p.get_value(), value, rtol=1e-12)


def test_an_average_of_nothing_is_an_error():
    average = ParameterAverage(RBM(3), every=100)
    average.on_batch(Progress("RBM", 1, 1, epoch=1, batch=1))
    with pytest.raises(ValueError, match="nothing was averaged"):
        average.apply()
    with pytest.raises(ValueError, match="decay is 2"):
        ParameterAverage(RBM(3), decay=2)


def test_twins_are_watched_and_changed_as_models_are():
    Y = np.arange(60) % 3
    seen = []
    for Model in (DNN, eager.DNN, importlib.import_module("udl_pt.eager.torch").DNN):
        model = Model([4], random_state=0, dtype="float64")
        stop = EarlyStopping(model, patience=2, watch="costs")
        sizes, average = UpdateSizes(model), ParameterAverage(model, decay=0.5, every=2)
        options = {"pretrain": False, "learning_rate": 3.0, "mu": 0.5, "epochs": 40, "batch_sz": 20}
        model.fit(X, Y, X, (Y + 1) % 3, **options, callbacks=[LinearDecay(), stop, sizes, average])
        best = [value_of(p).copy() for p in model.params]
        assert min(model.costs) < model.costs[-1]  # so that there is something to put back
        average.apply()
        averaged = [value_of(p).copy() for p in model.params]
        assert abs(averaged[0] - best[0]).max() > 1e-6
        seen.append([*best, *averaged, np.array(sizes.sizes), np.array([stop.best_epoch])])
    for others in seen[1:]:
        for one, other in zip(seen[0], others, strict=True):
            np.testing.assert_allclose(other, one, rtol=0, atol=1e-10)
