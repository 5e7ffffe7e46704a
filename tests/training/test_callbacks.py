"""Schedules, averages, early stopping, sizes of updates, against their formulas."""

import importlib
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import xlog1py, xlogy

from udl_pt import DBN, DNN, PCA, RBM, TSNE, AutoEncoder, DeepAutoEncoder, SymmetricSNE, eager
from udl_pt.callbacks import EarlyStopping, LinearDecay, LinearSchedule, ParameterAverage, UpdateSizes
from udl_pt.training.parameters import parameter_array
from udl_pt.training.progress import Progress

X = np.random.RandomState(0).rand(60, 8)
FAST = {"batch_sz": 20, "pretrain_options": {"batch_sz": 20}}
PLAIN = {"pretrain": False, "learning_rate": 0.3, "mu": 0.7, "epochs": 2, "batch_sz": 20}


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
    with pytest.raises(ValueError, match="no average yet"):
        average.apply()
    with pytest.raises(ValueError, match="decay is 2"):
        ParameterAverage(RBM(3), decay=2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: EarlyStopping(DBN([2])), "model is a DBN, whose layers are trained one by one: pass one of"),
        (lambda: EarlyStopping(eager.DBN([2]), watch="costs"), "model is a DBN, whose layers are trained"),
        (lambda: ParameterAverage(DBN([2])), "model is a DBN, whose layers are trained one by one: pass one"),
        (lambda: LinearSchedule("mu", 0, model=DBN([2])), "model is a DBN, whose layers are trained one by"),
        (lambda: EarlyStopping(PCA()), "model is a PCA, which isn't trained in epochs: expected one"),
        (lambda: LinearDecay(PCA()), "model is a PCA, which isn't trained in epochs: expected one"),
        (lambda: EarlyStopping(eager.PCA()), "model is a PCA, which keeps no record that can be watched"),
        (lambda: EarlyStopping(TSNE(), watch="costs"), "model is a TSNE, which isn't trained in epochs"),
        (lambda: EarlyStopping(eager.TSNE(), watch="costs"), "model is a TSNE, which isn't trained in epo"),
        (lambda: ParameterAverage(SymmetricSNE()), "model is a SymmetricSNE, which isn't trained in epochs"),
        (lambda: EarlyStopping(DNN), "model is .*DNN.*, expected a model that can be trained"),
    ],
)
def test_what_is_not_trained_itself_is_refused(make, message):
    with pytest.raises(TypeError, match=message):
        make()


def test_models_that_are_trained_themselves_are_accepted():
    class Own(AutoEncoder):
        def fit(self, X, **options):
            return super().fit(X, **options)

    for model in (Own(3), DNN([3]), DeepAutoEncoder([3]), RBM(3), eager.DNN([3])):
        EarlyStopping(model, watch="costs")
        ParameterAverage(model)
    LinearSchedule("learning_rate", 1, model=TSNE())


@pytest.mark.torch
def test_twins_are_watched_and_changed_as_models_are():
    Y = np.arange(60) % 3
    seen = []
    for Model in (DNN, eager.DNN, importlib.import_module("udl_pt.eager.torch").DNN):
        model = Model([4], random_state=0, dtype="float64")
        stop = EarlyStopping(model, patience=2, watch="costs")
        sizes, average = UpdateSizes(model), ParameterAverage(model, decay=0.5, every=2)
        options = {"pretrain": False, "learning_rate": 3.0, "mu": 0.5, "epochs": 40, "batch_sz": 20}
        model.fit(X, Y, X, (Y + 1) % 3, **options, callbacks=[LinearDecay(), stop, sizes, average])
        best = [parameter_array(p).copy() for p in model.params]
        assert min(model.costs) < model.costs[-1]  # so that there is something to put back
        average.apply()
        averaged = [parameter_array(p).copy() for p in model.params]
        assert abs(averaged[0] - best[0]).max() > 1e-6
        seen.append([*best, *averaged, np.array(sizes.sizes), np.array([stop.best_epoch])])
    for others in seen[1:]:
        for one, other in zip(seen[0], others, strict=True):
            np.testing.assert_allclose(other, one, rtol=0, atol=1e-10)


def test_early_stopping_puts_the_best_epoch_back(data):
    class Wreck:
        """From the fifth epoch on, steps that only do harm."""

        def on_batch(self, progress):
            if progress.epoch >= 5:
                progress.hyper["learning_rate"] = 300.0

        def __call__(self, progress):
            seen.append(dnn.W.get_value())

    seen = []
    dnn = DNN([6], random_state=0)
    stop = EarlyStopping(dnn, patience=3, watch="valid_costs")
    options = PLAIN | {"epochs": 50, "mu": 0.0}
    dnn.fit(*data, **options, validation=data[2:], callbacks=[Wreck(), stop])
    best = int(np.argmin(dnn.valid_costs)) + 1
    assert stop.best_epoch == best
    assert len(dnn.valid_costs) == best + 3 < 50
    np.testing.assert_array_equal(dnn.W.get_value(), seen[best - 1])
    dnn.fit(
        *data, **options | {"epochs": 2}, validation=data[2:], callbacks=[stop]
    )  # a second fit starts anew
    assert stop.best_epoch == int(np.argmin(dnn.valid_costs)) + 1 <= 2


def test_early_stopping_may_watch_a_function_of_the_model(data):
    def distance(model):
        return abs(np.log(np.abs(model.W.get_value()).mean() / target))

    ae, norms = AutoEncoder(4, random_state=0), []
    plain = AutoEncoder(4, random_state=0)
    options = {"batch_sz": 20, "mu": 0.0, "epochs": 12}
    plain.fit(data[0], **options, callbacks=[lambda p: norms.append(np.abs(p.model.W.get_value()).mean())])
    target = norms[4]
    stop = EarlyStopping(ae, patience=3, watch=distance)
    ae.fit(data[0], **options, monitor=None, callbacks=[stop])
    assert stop.best_epoch == 1 + int(np.argmin(np.abs(np.log(np.array(norms) / target)))) == 5
    assert np.abs(ae.W.get_value()).mean() == target
    with pytest.raises(TypeError, match=r"watch returned 'good', expected a number, the lower the better"):
        ae.fit(data[0], **options, callbacks=[EarlyStopping(ae, watch=lambda model: "good")])


def test_early_stopping_leaves_pretraining_alone_and_watches_a_layer_too(data):
    dnn = DNN([6], random_state=0)
    stop = EarlyStopping(dnn, patience=1)
    dnn.fit(*data, **FAST, pretrain_epochs=4, validation=0.2, callbacks=[stop])
    assert len(dnn.hidden_layers[0].costs) == 4
    ae = AutoEncoder(4, random_state=0)
    stop = EarlyStopping(ae, patience=2, watch="costs")
    options = {"learning_rate": 5, "mu": 0.5, "batch_sz": 20, "cost_scale": "batch"}
    ae.fit(data[0], **options, epochs=40, callbacks=[stop])
    assert len(ae.costs) == stop.best_epoch + 2 < 40
    same = AutoEncoder(4, random_state=0).fit(data[0], **options, epochs=stop.best_epoch)
    for got, value in zip([*ae.params, *ae.dparams], [*same.params, *same.dparams], strict=True):
        np.testing.assert_array_equal(got.get_value(), value.get_value())  # velocities, too, are that epoch's


def test_schedules_reach_their_values_and_stay():
    class Recorder:
        def on_batch(self, progress):
            seen.append(progress.hyper["mu"])

        def __call__(self, progress):
            pass

    seen = []
    X = np.random.RandomState(0).rand(40, 6)
    schedule = LinearSchedule("mu", 0.9, first=0.5, epochs=2)
    AutoEncoder(3, random_state=0).fit(X, epochs=3, batch_sz=20, callbacks=[Recorder(), schedule])
    np.testing.assert_allclose(seen, [0.5, 0.6, 0.7, 0.8, 0.9, 0.9], rtol=1e-12)
    with pytest.raises(
        ValueError, match="name is 'momentum', but AutoEncoder has only the rates 'learning_rate', 'mu'"
    ):
        AutoEncoder(3).fit(X, batch_sz=20, callbacks=[LinearSchedule("momentum", 0.9)])


@pytest.mark.parametrize("backend", [pytest.param("numba", marks=pytest.mark.slow), "jax"])
def test_sizes_of_updates_are_those_of_the_weights_steps(data, backend):
    weights = []

    class Recorder:
        def on_start(self, progress):
            self.on_batch(progress)

        def on_batch(self, progress):
            params = [dnn.params[i].get_value() for i in (2, 4, 0)] if hasattr(dnn, "params") else []
            weights.append([np.array(p) for p in params])

        def __call__(self, progress):
            pass

    dnn = DNN([6, 5], random_state=0)
    sizes, seldom = UpdateSizes(dnn), UpdateSizes(dnn, every=4)
    dnn.fit(*data, **PLAIN, callbacks=[Recorder(), sizes, seldom], backend=backend)
    expected = [
        [abs(b - a).mean() for a, b in zip(before, after, strict=True)] for before, after in pairwise(weights)
    ]
    np.testing.assert_allclose(sizes.sizes, expected, rtol=1e-8)
    np.testing.assert_allclose(seldom.sizes, expected[3::4], rtol=1e-8)  # epochs have three batches
    weights.clear()
    dnn.fit(*data, **FAST, epochs=2, train_head_only=True, callbacks=[Recorder(), sizes], backend=backend)
    heads = [w[2] for w in weights if w]  # what no step moves isn't counted
    np.testing.assert_allclose(sizes.sizes, [[abs(b - a).mean()] for a, b in pairwise(heads)][-6:], rtol=1e-8)


@pytest.mark.parametrize("options", [{}, {"validation": 0.2, "monitor": None}])
def test_early_stopping_without_its_record_is_refused_before_anything_is_trained(data, options):
    dnn = DNN([6], random_state=0)
    with pytest.raises(
        ValueError, match=r"watches valid_errors, which this fit doesn't record .*validation=0.1"
    ):
        dnn.fit(*data, **FAST, callbacks=[EarlyStopping(dnn)], **options)
    assert not hasattr(dnn.hidden_layers[0], "params")


def test_a_schedule_that_cannot_be_leaves_a_layer_as_it_was(data):
    ae = AutoEncoder(4, random_state=0).fit(data[0], batch_sz=20)
    W = ae.W.get_value()
    with pytest.raises(ValueError, match="has only the rates"):
        ae.fit(data[0], batch_sz=20, callbacks=[LinearSchedule("reg", 0.0)])
    np.testing.assert_array_equal(ae.W.get_value(), W)
    assert len(ae.costs) == 1


def test_a_schedule_of_the_networks_own_rate_leaves_its_layers_alone(data):
    class Recorder:
        def on_batch(self, progress):
            seen.append((progress.stage[:3], progress.hyper.get("reg")))

        def __call__(self, progress):
            pass

    seen = []
    dnn = DNN([6], random_state=0)
    schedule = LinearSchedule("reg", 0.0, model=dnn)
    dnn.fit(*data, **FAST, reg=0.3, callbacks=[Recorder(), schedule])
    assert [name for name, _ in seen] == ["Aut"] * 3 + ["DNN"] * 3
    np.testing.assert_allclose([reg for name, reg in seen if name == "DNN"], [0.3, 0.2, 0.1], rtol=1e-12)


def test_the_best_epoch_comes_back_whoever_stops_the_training(data):
    def stop(progress):
        progress.stop = progress.epoch == 4

    ae = AutoEncoder(4, random_state=0)
    early = EarlyStopping(ae, patience=30, watch="costs")
    ae.fit(
        data[0], learning_rate=5, epochs=40, batch_sz=20, cost_scale="batch", mu=0, callbacks=[early, stop]
    )
    assert len(ae.costs) == 4
    assert early.best_epoch == 1 + int(np.argmin(ae.costs)) < 4
    X, X_hat = data[0], ae.forward_output(data[0])
    cost = -(xlogy(X, X_hat) + xlog1py(1 - X, -X_hat)).sum() / len(X)
    np.testing.assert_allclose(cost, min(ae.costs), rtol=1e-10)


def test_callbacks_know_their_model_among_others_of_the_same_size(data):
    dnn = DNN([4, 4], random_state=0)
    first, second = dnn.hidden_layers
    early = EarlyStopping(first, patience=99, watch="costs")
    average = ParameterAverage(second, every=1)
    dnn.fit(
        *data, batch_sz=20, pretrain_epochs=[5, 3], pretrain_options={"batch_sz": 20, "callbacks": [early]}
    )
    assert 1 <= early.best_epoch <= 5
    dnn.fit(*data, **FAST, callbacks=iter([average]))
    assert average._looks == 3
    assert average.values[0].shape == (4, 4)


def test_a_training_that_is_stopped_before_it_starts(data):
    class Never:
        def on_start(self, progress):
            progress.stop = True

        def __call__(self, progress):
            raise AssertionError

    ae = AutoEncoder(4, random_state=0).fit(data[0], batch_sz=20, callbacks=[Never()])
    np.testing.assert_array_equal(ae.W.get_value(), np.random.RandomState(0).randn(10, 4) / np.sqrt(14))
    assert ae.costs == []


@pytest.mark.parametrize("model", [eager.DNN([2])])
def test_early_stopping_asks_what_to_watch_where_there_is_no_validation_set(model):
    with pytest.raises(
        ValueError, match=rf"^{type(model).__name__} .*: pass watch=, one of .*'costs', 'errors'"
    ):
        EarlyStopping(model)
    assert EarlyStopping(model, watch="errors").watch == "errors"
