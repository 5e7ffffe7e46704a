"""The loop, with a step that only writes down what it gets."""

import numpy as np
import pytest
from sklearn.utils import shuffle

from udl_pt import DivergenceError
from udl_pt.rates import Rates
from udl_pt.training import train


class Recorder:
    """A step that keeps its batches and is finite until call `broken`."""

    def __init__(self, broken=None):
        self.names, self.rates = ["W", "b"], ["learning_rate"]
        self.calls, self.settled, self.broken = [], 0, broken

    def __call__(self, *arguments):
        self.calls.append(arguments)
        return np.array([len(self.calls) != self.broken, True])

    def settle(self):
        self.settled += 1


def run(step, data, **options):
    costs = []

    def measure():
        costs.append(len(step.calls))
        return float(costs[-1])

    defaults = {
        "epochs": 2,
        "batch_sz": 4,
        "generator": np.random.RandomState(0),
        "hyper": Rates("float32", learning_rate=0.5),
        "dtype": "float32",
        "stage": "Recorder",
        "measure": measure,
    }
    train(step, data, **(defaults | options))
    return costs


@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
def test_batches_are_those_of_repeated_shuffles_and_the_rest_is_dropped(make):
    X, Y = np.arange(22.0).reshape(11, 2), np.arange(11)
    step = Recorder()
    run(step, [X, Y], generator=make(0))
    generator = make(0)
    expected = []
    for _ in range(2):
        order = np.arange(11)
        generator.shuffle(order)
        X, Y = X[order], Y[order]
        expected += [(X[j : j + 4], Y[j : j + 4]) for j in (0, 4)]
    assert len(step.calls) == 4
    for (x, y, rate), (ex, ey) in zip(step.calls, expected, strict=True):
        np.testing.assert_array_equal(x, ex)
        np.testing.assert_array_equal(y, ey)
        assert x.dtype == rate.dtype == np.float32
        assert y.dtype == np.int64


def test_legacy_shuffles_are_scikit_learns():
    X = np.arange(8.0).reshape(8, 1)
    step = Recorder()
    run(step, [X], epochs=1)
    expected = shuffle(X, random_state=np.random.RandomState(0))
    np.testing.assert_array_equal(np.concatenate([call[0] for call in step.calls]), expected)


@pytest.mark.parametrize(("monitor", "costs"), [("batch", [1, 2, 3, 4]), ("epoch", [2, 4]), (None, [])])
def test_monitor(monitor, costs):
    assert run(Recorder(), [np.zeros((8, 1))], monitor=monitor) == costs


def test_callbacks_change_hyper_parameters_and_stop():
    class Callback:
        def __init__(self):
            self.batches = []

        def on_batch(self, progress):
            self.batches.append((progress.epoch, progress.batch, progress.n_batches))

        def __call__(self, progress):
            progress.hyper["learning_rate"] /= 2
            progress.stop = progress.epoch == 2

    step, callback = Recorder(), Callback()
    run(step, [np.zeros((8, 1))], epochs=9, callbacks=[callback])
    assert [float(call[-1]) for call in step.calls] == [0.5, 0.5, 0.25, 0.25]
    assert callback.batches == [(1, 1, 2), (1, 2, 2), (2, 1, 2), (2, 2, 2)]


def test_divergence_names_stage_epoch_batch_and_parameter_and_settles():
    step = Recorder(broken=4)
    with pytest.raises(DivergenceError, match=r"Recorder: the step of W is not finite in epoch 2, batch 2"):
        run(step, [np.zeros((8, 1))])
    assert len(step.calls) == 4
    assert step.settled == 2


def test_integers_are_cast_and_memory_maps_are_read_in_place(tmp_path):
    file = np.memmap(tmp_path / "X", dtype=np.uint8, shape=(8, 2), mode="w+")
    file[:] = np.arange(16).reshape(8, 2)
    step = Recorder()
    run(step, [file], epochs=1)
    assert sorted(np.concatenate([c[0] for c in step.calls]).ravel()) == list(range(16))
    assert type(step.calls[0][0]) is np.ndarray
