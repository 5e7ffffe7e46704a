"""What a user may write and pass to `fit`: costs, penalties, activations, optimisers, callbacks."""

from functools import partial

import numpy as np
import pytensor.tensor as pt
import pytest

from udl_pt import DNN, RBM, AutoEncoder, DeepAutoEncoder, Ladder, adam_updates, momentum_updates

rs = np.random.RandomState(0)
X, Y = rs.rand(12, 4), np.arange(12) % 2
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


def test_a_callback_has_only_the_moments_that_it_needs():
    class Batches:
        def __init__(self):
            self.count = 0

        def on_batch(self, progress):
            self.count += 1

    batches = Batches()
    AutoEncoder(3).fit(X, epochs=2, batch_sz=6, callbacks=[batches])
    assert batches.count == 4
    with pytest.raises(TypeError, match=r"callbacks is .*, expected a list of callables"):
        AutoEncoder(3).fit(X, callbacks=[object()])


def test_layers_are_frozen_one_by_one():
    options = {"pretrain": False, **ONE_STEP}
    before = DNN([3, 4, 2], random_state=0).fit(X, Y, X, Y, **options | {"epochs": 0})
    start_values = values(before)
    after = values(DNN([3, 4, 2], random_state=0).fit(X, Y, X, Y, frozen_layers=[0, 2], **options))
    moved = [not np.array_equal(old, new) for old, new in zip(start_values, after, strict=True)]
    assert moved == [True, True, False, False, True, True, False, False]
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
