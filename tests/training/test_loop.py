"""The loop, with a step that only writes down what it gets; what its callbacks and its records see."""

import copy
import json
import pickle
from fractions import Fraction

import numpy as np
import parity
import pytest
from scipy.special import expit, xlog1py, xlogy
from sklearn.utils import shuffle

from udl_pt import AutoEncoder, DeepAutoEncoder, DivergenceError
from udl_pt.training.held_out import HeldOut
from udl_pt.training.loop import train
from udl_pt.training.progress import Progress
from udl_pt.training.rates import Rates
from udl_pt.training.records import monitored_rows
from udl_pt.training.run import Run
from udl_pt.training.schedules import LinearSchedule


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


def run(step, data, *, generator=None, model=None, **options):
    costs = []

    def measure():
        costs.append(len(step.calls))
        return {"cost": float(costs[-1])}

    defaults = {
        "held_out": HeldOut(),
        "rates": Rates("float32", learning_rate=0.5),
        "epochs": 2,
        "batch_sz": 4,
        "monitor": "epoch",
        "callbacks": (),
        "dtype": "float32",
    }
    train(
        step,
        Run(tuple(data), **(defaults | options)),
        generator=generator or np.random.RandomState(0),
        stage="Recorder",
        measure=measure,
        model=model,
    )
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


class Late:
    """Do something to the progress after the last batch, or in the last call of all."""

    def __init__(self, what, moment):
        self.what, self.moment = what, moment

    def on_batch(self, progress):
        if self.moment == "batch" and (progress.epoch, progress.batch) == (2, 2):
            self.what(progress)

    def __call__(self, progress):
        if self.moment == "epoch" and progress.epoch == 2:
            self.what(progress)


def replaced(progress):
    progress.hyper = {"learning_rate": 0.1, "mu": 0.5}


def misspelt(progress):
    progress.learning_rate = 0.1


@pytest.mark.parametrize("moment", ["batch", "epoch"])
@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        (lambda p: p.hyper.update(momentum=0.1), ValueError, "has no 'momentum'"),
        (lambda p: p.hyper.setdefault("scale", 0.1), ValueError, "has no 'scale'"),
        (lambda p: p.hyper.pop("mu"), TypeError, r"hyper\['mu'\] can't be removed: every step .* reads it"),
        (lambda p: p.hyper.popitem(), TypeError, "can't be removed"),
        (lambda p: p.hyper.clear(), TypeError, "can't be removed"),
        (
            lambda p: p.hyper.__setitem__("mu", 1.5),
            ValueError,
            r"progress.hyper\['mu'\] is 1.5, expected a finite number from 0 to 1",
        ),
        (lambda p: p.hyper.__setitem__("learning_rate", -1), ValueError, "'learning_rate'.* is -1, expected"),
        (lambda p: p.hyper.__setitem__("learning_rate", np.nan), ValueError, "is nan, expected a finite"),
        (lambda p: p.hyper.__setitem__("learning_rate", 1e39), ValueError, r"is 1e\+39, expected .*3.4"),
        (
            lambda p: p.hyper.__setitem__("learning_rate", "0.1"),
            TypeError,
            "is '0.1', expected a finite number",
        ),
        (
            misspelt,
            AttributeError,
            r"progress has no 'learning_rate'.*progress.hyper\['learning_rate'\] = 0.1",
        ),
        (replaced, AttributeError, "progress.hyper can't be set: set progress.stop, or an entry of"),
        (lambda p: setattr(p, "n_batches", 400), AttributeError, "progress.n_batches can't be set"),
        (lambda p: setattr(p, "epochs", 1), AttributeError, "progress.epochs can't be set"),
        (lambda p: setattr(p, "epoch", 0), AttributeError, "progress.epoch can't be set"),
        (lambda p: setattr(p, "stop", "no"), TypeError, "progress.stop is 'no', expected True or False"),
        (lambda p: delattr(p, "hyper"), AttributeError, "progress.hyper can't be deleted"),
    ],
)
def test_a_callback_that_changes_what_is_not_there_fails_at_once(what, error, message, moment):
    step = Recorder()
    step.rates = ["learning_rate", "mu"]
    with pytest.raises(error, match=message):
        run(
            step,
            [np.zeros((8, 1))],
            rates=Rates("float32", learning_rate=0.5, mu=0.9),
            callbacks=[Late(what, moment)],
        )


def test_rates_are_a_mapping_of_fixed_names():
    rates = Rates("float64", learning_rate=0.5, unless_zero={"reg": 0, "adversarial": 0.25})
    assert dict(rates) == {"learning_rate": 0.5, "adversarial": 0.25} == rates == rates.copy()
    assert rates | {"x": 1} == {"learning_rate": 0.5, "adversarial": 0.25, "x": 1}
    assert {"x": 1, "adversarial": 2} | rates == {"x": 1, "learning_rate": 0.5, "adversarial": 0.25}
    assert json.loads(json.dumps(rates.copy())) == {"learning_rate": 0.5, "adversarial": 0.25}
    assert ("reg" in rates, rates.get("reg", 7), len(rates)) == (False, 7, 2)
    assert repr(rates) == "{'learning_rate': 0.5, 'adversarial': 0.25}"
    for other in (copy.deepcopy(rates), pickle.loads(pickle.dumps(rates))):
        other["adversarial"] = 1
        assert rates["adversarial"] == 0.25
    assert rates.pop("lr", 7) == 7
    for use in (lambda: rates["lr"], lambda: rates.pop("lr"), lambda: rates.__delitem__("lr")):
        with pytest.raises(
            KeyError, match=r"progress.hyper has no 'lr'; it has 'learning_rate', 'adversarial'"
        ):
            use()
    with pytest.raises(TypeError, match=r"'adversarial'.* can't be removed"):
        rates.pop("adversarial")
    with pytest.raises(ValueError, match=r"sparsity_target is 1.5, expected .* from 0 to 1"):
        Rates("float64", sparsity_target=1.5)
    with pytest.raises(ValueError, match="reg is -1"):
        Rates("float64", unless_zero={"reg": -1})
    progress = Progress("a model", 1, 1)
    progress.stop = True
    assert copy.copy(progress) == progress


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (1e-46, "float32", "1e-46, which is 0 in float32: expected 0 or at least 1.4013e-45"),
        (np.float64(1e-46), "float32", "1e-46, which is 0 in float32"),
        (Fraction(1, 10**400), "float64", ".*, which is 0 in float64: expected 0 or at least 4.94066e-324"),
    ],
)
def test_a_rate_that_would_be_rounded_to_zero_is_refused(value, dtype, text):
    with np.errstate(all="raise"):
        for name in ("learning_rate", "mu"):
            with pytest.raises(ValueError, match=f"{name} is {text}"):
                Rates(dtype, **{name: value})
        rates = Rates(dtype, learning_rate=0, mu=1e-45 if dtype == "float32" else 5e-324)
        with pytest.raises(ValueError, match=rf"progress.hyper\['mu'\] is {text}"):
            rates["mu"] = value
        rates["mu"] = 0
        assert rates == {"learning_rate": 0, "mu": 0}
        with pytest.raises(ValueError, match=f"first of the schedule of 'mu' is {text}"):
            LinearSchedule("mu", 0.9, first=value).on_check(AutoEncoder(3, dtype=dtype), ["mu"], [])


SIDES = [pytest.param("numpy", marks=pytest.mark.core), "torch", "symbolic"]


@pytest.mark.parametrize("name", SIDES)
def test_the_rates_of_all_models_are_arguments_of_fit(name):
    def look(progress):
        seen[type(progress.model).__name__] = set(progress.hyper)

    models, seen = parity.side(name), {}
    X, Y, more = (
        np.random.RandomState(0).rand(20, 4),
        np.arange(20) % 2,
        {"batch_sz": 10, "callbacks": [look]},
    )
    models.AutoEncoder(3).fit(X, **more)
    models.RBM(3).fit(X, **more)
    models.DNN([3]).fit(X, Y, X, Y, pretrain=False, reg=0.1, **more)
    if name == "symbolic":
        models.Ladder([3]).fit(X, Y, X, Y, **more)
        models.DeepAutoEncoder([3]).fit(X, pretrain=False, weight_decay=0.1, **more)
        assert seen.pop("Ladder") == {"learning_rate", "mu", "denoising"}
        assert seen.pop("DeepAutoEncoder") == {"learning_rate", "mu", "weight_decay"}
        models.RBM(3).fit(X, weight_decay=0.1, sparsity_target=0.2, **more)
        penalties = {"weight_decay", "sparsity_target", "sparsity_cost"}
        assert seen["RBM"] == {"learning_rate", "mu"} | penalties
        seen["RBM"] -= penalties
    plain = {"learning_rate", "mu"}
    assert seen == {"AutoEncoder": plain, "RBM": plain, "DNN": plain | {"reg"}}


def in_turn(N, classes=10):
    """Return rows whose classes come in turn: every class is brighter than the one before."""
    brightness = np.arange(classes)[np.arange(N) % classes] / classes
    return np.random.RandomState(0).rand(N, 6) * brightness[:, None]


def cross_entropies(X, W, bh, bo):
    X_hat = expit(expit(X @ W + bh) @ W.T + bo)
    return -(xlogy(X, X_hat) + xlog1py(1 - X, -X_hat)).sum(axis=1)


@pytest.mark.parametrize("N", [2500, 5000, 7500, 10_000])
@pytest.mark.parametrize("name", SIDES)
def test_the_recorded_cost_is_that_of_all_classes(name, N):
    X = in_turn(N)
    ae = parity.side(name).AutoEncoder(4, random_state=0)
    ae.fit(X, learning_rate=0.3, mu=0, cost_scale="batch")
    each = cross_entropies(X, *map(parity.value, ae.params))
    error = each.std() / np.sqrt(len(monitored_rows(N)))
    assert abs(ae.costs[0] - each.mean()) < 4 * error
    assert abs(each[::10].mean() - each.mean()) > 20 * error  # of a single class


def test_the_recorded_cost_of_a_deep_auto_encoder_is_that_of_all_classes():
    X = in_turn(5000)
    deep = DeepAutoEncoder([2], random_state=0).fit(X, pretrain=False, learning_rate=0.3, mu=0)
    X_hat = deep.forward(X)
    each = -(xlogy(X, X_hat) + xlog1py(1 - X, -X_hat)).sum(axis=1)
    error = each.std() / np.sqrt(len(monitored_rows(5000)))
    assert abs(deep.costs[0] - each.mean()) < 4 * error < abs(each[::10].mean() - each.mean())


@pytest.mark.parametrize(
    ("N", "n"), [(1, 1), (499, 499), (500, 250), (750, 250), (2500, 250), (7500, 250), (60_000, 2000)]
)
def test_rows_to_measure_are_drawn_alike_in_every_call_and_leave_other_draws_alone(N, n):
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    rows = monitored_rows(N)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    np.testing.assert_array_equal(rows, monitored_rows(N))
    assert len(rows) == n == len(set(rows))
    assert (np.diff(rows) > 0).all()
    assert 0 <= rows[0] <= rows[-1] < N
    if N >= 500:  # of each period a fair share, whatever the order of the rows
        for period in (2, 3, 5, 7, 10, 30):
            counts = np.bincount(rows % period, minlength=period)
            assert abs(counts - n / period).max() < 4.5 * np.sqrt(n / period)
