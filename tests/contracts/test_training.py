"""What a user may write and pass to `fit`: costs, penalties, optimisers, corruptions, callbacks and more."""

from functools import partial

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from autoencoder_in_numpy import eager_autoencoder
from scipy.special import expit

from udl_pt import DNN, RBM, AutoEncoder, DeepAutoEncoder, Ladder, adam_updates, momentum_updates
from udl_pt._support.arguments import MOMENTS
from udl_pt.symbolic.updates import gradients_of
from udl_pt.training.loop import train
from udl_pt.training.rates import Rates
from udl_pt.training.run import Run

rs = np.random.RandomState(0)
X, Y = rs.rand(12, 4), np.arange(12) % 2
ROWS = rs.rand(60, 12)
ONE_STEP = {"epochs": 1, "batch_sz": 12, "monitor": None}


def values(model):
    return [p.get_value() for p in model.params]


def start(model):
    """Return the parameters that `fit` draws, without a step."""
    return values(model.fit(X, epochs=0))


def signs(gradients, params, learning_rate=0.125):
    """Move each parameter by the sign of its gradient."""
    return [(p, p - learning_rate * pt.sign(g)) for p, g in zip(params, gradients, strict=True)]


def test_an_optimiser_of_ones_own_takes_the_steps():
    before = start(AutoEncoder(3, random_state=0))
    after = values(AutoEncoder(3, random_state=0).fit(X, optimiser=signs, **ONE_STEP))
    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(abs(new - old), 0.125, rtol=1e-12)


def descent(cost, params, learning_rate=0.125):
    """Take a cost or its gradients."""
    gradients = gradients_of(cost, params)
    return [(p, p - learning_rate * g) for p, g in zip(params, gradients, strict=True)]


def test_an_optimiser_takes_gradients_in_fit_and_a_cost_elsewhere():
    seen = []

    def recorded(cost, params, learning_rate=0.125):
        seen.append(cost)
        return descent(cost, params, learning_rate)

    before = start(AutoEncoder(3, random_state=0))
    inside = AutoEncoder(3, random_state=0)
    inside.fit(X, cost="squared_error", cost_scale="batch", optimiser=recorded, **ONE_STEP)
    assert all(isinstance(gradients, list) for gradients in seen)
    outside, x = AutoEncoder(3, random_state=0).fit(X, epochs=0), pt.dmatrix("x")
    cost = ((x - outside.forward_output(x)) ** 2).sum() / 12
    updates = descent(cost, outside.params)
    pytensor.function([x], [], updates=updates, mode="FAST_COMPILE")(X)
    W, bh, bo = before
    Z = expit(X @ W + bh)
    X_hat = expit(Z @ W.T + bo)
    delta = 2 * (X_hat - X) * X_hat * (1 - X_hat) / 12
    below = delta @ W * Z * (1 - Z)
    expected = X.T @ below + delta.T @ Z, below.sum(axis=0), delta.sum(axis=0)
    for model in (inside, outside):
        for old, new, step in zip(before, values(model), expected, strict=True):
            np.testing.assert_allclose(new, old - step / 8, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "make",
    [
        lambda **o: AutoEncoder(3, random_state=0).fit(X, **o),
        lambda **o: RBM(3, random_state=0).fit(X, **o),
        lambda **o: DeepAutoEncoder([3], random_state=0).fit(X, pretrain=False, **o),
        lambda **o: DNN([3], random_state=0).fit(X, Y, X, Y, pretrain=False, **o),
        pytest.param(lambda **o: Ladder([3], random_state=0).fit(X, Y, X, Y, **o), marks=pytest.mark.slow),
    ],
    ids=["AutoEncoder", "RBM", "DeepAutoEncoder", "DNN", "Ladder"],
)
def test_every_model_takes_an_optimiser(make):
    options = {"epochs": 2, "batch_sz": 6, "monitor": None}
    own = make(optimiser=partial(momentum_updates, learning_rate=0.25, mu=0.5), **options)
    plain = make(learning_rate=0.25, mu=0.5, **options)
    for a, b in zip(values(own), values(plain), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


def test_rates_of_an_optimiser_are_those_that_callbacks_see():
    seen = []
    ae = AutoEncoder(3)
    ae.fit(X, optimiser=adam_updates, callbacks=[lambda p: seen.append(dict(p.hyper))], **ONE_STEP)
    assert seen == [{"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"optimiser": "adam"}, TypeError, "optimiser is 'adam', expected a function such as"),
        (
            {"optimiser": adam_updates, "mu": 0.5},
            ValueError,
            "mu is 0.5, but the optimiser has its own rates",
        ),
        ({"optimiser": lambda g, p, rate=0.1: []}, ValueError, "returned no update of p: return a pair"),
        ({"optimiser": lambda g, p, rate: []}, TypeError, "the parameter 'rate' of .* has no default"),
        ({"penalty": 0.5}, TypeError, r"penalty is 0.5, expected a function penalty\(model, X\)"),
        ({"cost": "hinge"}, ValueError, "cost is 'hinge', expected one of"),
    ],
)
def test_wrong_ones_are_refused_before_anything_changes(options, error, message):
    ae = AutoEncoder(3, random_state=0).fit(X, epochs=0)
    W = ae.W
    with pytest.raises(error, match=message):
        ae.fit(X, **options, **ONE_STEP)
    assert ae.W is W


def test_a_cost_of_ones_own_equals_the_named_one():
    options = {"epochs": 2, "batch_sz": 6}
    own = AutoEncoder(3, random_state=0).fit(X, cost=lambda x, y: (x - y) ** 2, **options)
    named = AutoEncoder(3, random_state=0).fit(X, cost="squared_error", **options)
    for a, b in zip(values(own), values(named), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)
    np.testing.assert_allclose(own.costs, named.costs, rtol=1e-13)


def test_a_deep_auto_encoder_takes_a_cost_of_ones_own():
    """One step, by backpropagation in NumPy."""
    options = {"pretrain": False, "mu": 0.0, "learning_rate": 0.5}
    deep = DeepAutoEncoder([3], random_state=0)
    W, b, V, c = values(deep.fit(X, epochs=0, **options))
    deep = DeepAutoEncoder([3], random_state=0).fit(
        X, cost=lambda x, y: 2 * abs(x - y), **options, **ONE_STEP | {"monitor": "epoch"}
    )
    Z = X @ W + b
    X_hat = expit(Z @ V + c)
    delta = 2 * np.sign(X_hat - X) * X_hat * (1 - X_hat) / 12
    steps = X.T @ delta @ V.T, (delta @ V.T).sum(axis=0), Z.T @ delta, delta.sum(axis=0)
    for p, old, step in zip(values(deep), (W, b, V, c), steps, strict=True):
        np.testing.assert_allclose(p, old - step / 2, rtol=0, atol=1e-12)
    np.testing.assert_allclose(deep.costs, 2 * abs(X - deep.forward(X)).sum(axis=1).mean(), rtol=1e-12)


def test_a_cost_of_ones_own_needs_no_probabilities():
    ae = AutoEncoder(3, random_state=0).fit(10 * X, cost=lambda x, y: abs(x - y), **ONE_STEP)
    assert np.isfinite(ae.W.get_value()).all()


@pytest.mark.parametrize(
    ("model", "fit"),
    [
        (partial(AutoEncoder, 3), lambda m, **o: m.fit(X, mu=0.0, **o)),
        (partial(RBM, 3), lambda m, **o: m.fit(X, **o)),
        (partial(DeepAutoEncoder, [3]), lambda m, **o: m.fit(X, pretrain=False, mu=0.0, **o)),
        (partial(DNN, [3]), lambda m, **o: m.fit(X, Y, X, Y, pretrain=False, mu=0.0, **o)),
    ],
    ids=["AutoEncoder", "RBM", "DeepAutoEncoder", "DNN"],
)
def test_a_penalty_adds_its_gradient_to_the_step(model, fit):
    """Half the squared weights have the weights themselves as gradient."""

    def penalty(m, x):
        return 3 * (m.params[0] ** 2).sum() / 2

    rate, seeds = 0.125, {"random_state": 0, "dtype": "float64"}
    first = fit(model(**seeds), epochs=0).params[0].get_value()
    plain, with_it = (
        fit(model(**seeds), learning_rate=rate, penalty=p, **ONE_STEP).params[0].get_value()
        for p in (None, penalty)
    )
    np.testing.assert_allclose(with_it, plain - rate * 3 * first, rtol=0, atol=1e-12)


def test_a_penalty_that_is_no_scalar_of_the_dtype_is_refused():
    ae = AutoEncoder(3, dtype="float32")
    with pytest.raises(TypeError, match=r"penalty .* returns .*, expected a scalar of dtype float32: sum it"):
        ae.fit(X, penalty=lambda m, x: abs(m.W), **ONE_STEP)
    with pytest.raises(TypeError, match="expected a scalar of dtype float32"):
        ae.fit(X, penalty=lambda m, x: abs(m.W).sum() * np.float64(0.1), **ONE_STEP)


def test_activations_of_ones_own():
    ae = AutoEncoder(3, hidden=pt.tanh, output=lambda a: pt.tanh(a) / 2, random_state=0, dtype="float64")
    ae.fit(X, cost="squared_error", **ONE_STEP)
    W, bh, bo = values(ae)
    H = np.tanh(X @ W + bh)
    np.testing.assert_allclose(ae.forward_hidden(X), H, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ae.forward_output(X), np.tanh(H @ W.T + bo) / 2, rtol=0, atol=1e-12)
    assert ae.hidden_unit_interval is False
    assert AutoEncoder(3, hidden=lambda a: pt.clip(a, 0, 1)).hidden_unit_interval is True
    with pytest.raises(ValueError, match="cost is 'cross_entropy', but the output units"):
        ae.fit(X)
    with pytest.raises(TypeError, match=r"hidden is .*, expected a function of a matrix variable"):
        AutoEncoder(3, hidden=np.size)


def tenfold(X, stream):
    return X * stream.uniform(X.shape, 0.0, 10.0, dtype=X.dtype)


def test_a_corruption_of_ones_own_is_what_the_encoder_sees():
    chance = np.random.RandomState(5)
    ae = AutoEncoder(5, corruption=tenfold, rng=np.random.RandomState(5), random_state=3)
    ae.fit(ROWS, learning_rate=0.2, mu=0.8, epochs=2, batch_sz=25)

    def in_numpy(x):
        return x * (10 * chance.random_sample(x.shape))

    expected = eager_autoencoder(ROWS, 5, 3, 0.2, 0.8, 2, 25, "cross_entropy", 60, in_numpy)
    for got, value in zip(values(ae), expected, strict=True):
        np.testing.assert_allclose(got, value, rtol=0, atol=1e-12)


def test_a_network_corrupts_what_its_layers_encode_in_pretraining():
    labels = np.arange(60) % 2
    first = {"learning_rate": 0.2, "mu": 0.8, "epochs": 2, "batch_sz": 25}
    dnn = DNN([5, 4], corruption=[lambda X, stream: X / 2, None], random_state=3)
    dnn.fit(ROWS, labels, ROWS, labels, epochs=0, pretrain_options=[first, {"epochs": 0}])
    expected = eager_autoencoder(ROWS, 5, 3, 0.2, 0.8, 2, 25, "cross_entropy", 60, lambda x: x / 2)
    below, above = dnn.hidden_layers
    for got, value in zip(values(below), expected, strict=True):
        np.testing.assert_allclose(got, value, rtol=0, atol=1e-12)
    assert above.corruption is None
    assert [layer.corruption for layer in DNN([5, 4], corruption=tenfold).hidden_layers] == [tenfold] * 2


CALLS = {"on_check": 1, "on_start": 1, "on_batch": 4, "__call__": 2, "on_end": 1}


@pytest.mark.parametrize("moment", CALLS)
def test_a_callback_has_only_the_moments_that_it_needs(moment):
    seen = []
    callback = type("Callback", (), {moment: lambda self, *arguments: seen.append(arguments)})()
    ae = AutoEncoder(3)
    ae.fit(X, epochs=2, batch_sz=6, callbacks=[callback])
    assert len(seen) == CALLS[moment]
    if moment == "on_check":
        ((model, rates, records),) = seen
        assert model is ae
        assert (list(rates), records) == (["learning_rate", "mu"], ["costs"])
    else:
        assert {progress.model for (progress,) in seen} == {ae}


def test_the_moments_are_those_of_the_page_and_other_objects_are_refused():
    assert set(MOMENTS) | {"__call__"} == {*CALLS, "on_error", "on_resume"}  # these: tests/training
    with pytest.raises(TypeError, match=r"callbacks is .*, expected a list of callables"):
        AutoEncoder(3).fit(X, callbacks=[object()])


def test_an_error_in_on_check_comes_before_the_model_changes():
    class Strict:
        def on_check(self, model, rates, records):
            raise ValueError("not this one")

    ae = AutoEncoder(3, random_state=0).fit(X, epochs=0)
    W = ae.W
    with pytest.raises(ValueError, match="not this one"):
        ae.fit(X, callbacks=[Strict()], **ONE_STEP)
    assert ae.W is W


def test_moments_come_in_their_order():
    order = []
    kind = {name: lambda self, *arguments, name=name: order.append(name) for name in CALLS}
    AutoEncoder(3).fit(X, epochs=2, batch_sz=6, callbacks=[type("Callback", (), kind)()])
    epoch = ["on_batch", "on_batch", "__call__"]
    assert order == ["on_check", "on_start", *epoch, *epoch, "on_end"]


class Recorder:
    """A step of one's own, which keeps the rates that it gets."""

    names = ("W",)

    def __init__(self, *rates):
        self.rates, self.seen = list(rates), []

    def __call__(self, x, *rates):
        self.seen.append([float(rate) for rate in rates])
        return np.array([True])

    def settle(self):
        pass


def trained(step, *callbacks, **rates):
    run = Run.checked(
        X,
        dtype="float64",
        rates=Rates("float64", **rates),
        epochs=2,
        batch_sz=12,
        monitor=None,
        callbacks=callbacks,
    )
    train(step, run, generator=np.random.RandomState(0), stage="a step", measure=dict)
    return step.seen


def test_a_step_gets_the_rates_that_it_names_whatever_their_order():
    def change(progress):
        progress.hyper |= {"mu": 0.25, "learning_rate": 3}
        progress.hyper.update(mu=progress.hyper["mu"] / 2)

    for rates in (
        {"learning_rate": 0.5, "reg": 0.75, "mu": 0.9},
        {"mu": 0.9, "learning_rate": 0.5, "reg": 0.75},
    ):
        assert trained(Recorder("mu", "reg", "learning_rate"), change, **rates) == [
            [0.9, 0.75, 0.5],
            [0.125, 0.75, 3],
        ]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda hyper: hyper.update(lr=0.1), ValueError, "has no 'lr'; it has 'learning_rate', 'mu'"),
        (lambda hyper: hyper["lr"], KeyError, "has no 'lr'; it has 'learning_rate', 'mu'"),
        (lambda hyper: hyper.pop("mu"), TypeError, r"hyper\['mu'\] can't be removed"),
        (lambda hyper: hyper.update(mu=1.5), ValueError, r"hyper\['mu'\] is 1.5, expected .* from 0 to 1"),
    ],
)
def test_an_unknown_rate_and_one_that_is_removed_are_errors(change, error, message):
    with pytest.raises(error, match=message):
        AutoEncoder(3).fit(X, callbacks=[lambda progress: change(progress.hyper)], **ONE_STEP)


def test_a_rate_that_a_step_names_and_nobody_sets_is_an_error():
    with pytest.raises(KeyError, match=r"progress.hyper has no 'mu'; it has 'learning_rate'"):
        trained(Recorder("learning_rate", "mu"), learning_rate=0.5)


def test_layers_are_frozen_one_by_one():
    options = {"pretrain": False, **ONE_STEP}
    before = DNN([3, 4, 2], random_state=0).fit(X, Y, X, Y, **options | {"epochs": 0})
    start_values = values(before)
    after = values(DNN([3, 4, 2], random_state=0).fit(X, Y, X, Y, frozen_layers=[0, 2], **options))
    moved = [not np.array_equal(old, new) for old, new in zip(start_values, after, strict=True)]
    assert moved == [True, True, False, False, True, True, False, False]
    head = values(DNN([3, 4, 2], random_state=0).fit(X, Y, X, Y, train_head_only=True, **options))
    moved = [not np.array_equal(old, new) for old, new in zip(start_values, head, strict=True)]
    assert moved == [True, True, *[False] * 6]
    with pytest.raises(ValueError, match=r"frozen_layers is \[3\], but there are 3 layers: expected indices"):
        before.fit(X, Y, X, Y, frozen_layers=[3], **options)
    with pytest.raises(TypeError, match=r"frozen_layers is .* expected a list of integers"):
        before.fit(X, Y, X, Y, frozen_layers=np.ones((0, 4)), **options)


def test_an_optimiser_that_diverges_changes_no_parameter():
    def bad(gradients, params, learning_rate=1.0):
        return [(p, p + g * np.asarray(np.inf, p.dtype)) for p, g in zip(params, gradients, strict=True)]

    ae = AutoEncoder(3, random_state=0)
    before = start(ae)
    with pytest.raises(ValueError, match="the step of W, bh, bo is not finite"):
        ae.fit(X, optimiser=bad, **ONE_STEP)
    for old, new in zip(before, values(ae), strict=True):
        np.testing.assert_array_equal(old, new)
