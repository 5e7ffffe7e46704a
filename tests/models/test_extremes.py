"""Numbers that leave a dtype's range: rates, recorded costs, squares of the data."""

import numpy as np
import pytest

import udl_pt
import udl_pt.eager
from udl_pt import DNN, RBM, AutoEncoder, DeepAutoEncoder, DivergenceError, Ladder
from udl_pt._support.arrays import column_moments
from udl_pt.backends import shared
from udl_pt.inspection.features import maximize
from udl_pt.training.parameters import parameter_array

X = np.random.RandomState(0).rand(12, 4)
Y = np.arange(12) % 2
SETS = (X, Y, X, Y)
QUICK = {"dtype": "float32", "random_state": 0}


def fit(model, *data, **options):
    return lambda **rate: model.fit(*data, batch_sz=6, **options, **rate)


FITS = {
    "AutoEncoder": (lambda: fit(AutoEncoder(2, **QUICK), X), ["learning_rate"]),
    "RBM": (
        lambda: fit(RBM(2, **QUICK), X, sparsity_target=0.1),
        ["learning_rate", "weight_decay", "sparsity_cost"],
    ),
    "DNN": (lambda: fit(DNN([2], **QUICK), *SETS), ["learning_rate", "reg", "adversarial"]),
    "DeepAutoEncoder": (lambda: fit(DeepAutoEncoder([2], **QUICK), X), ["learning_rate", "weight_decay"]),
    "Ladder": (lambda: fit(Ladder([2], **QUICK), *SETS), ["learning_rate", "denoising"]),
    "eager AutoEncoder": (lambda: fit(udl_pt.eager.AutoEncoder(2, **QUICK), X), ["learning_rate"]),
    "eager RBM": (lambda: fit(udl_pt.eager.RBM(2, **QUICK), X), ["learning_rate"]),
    "eager DNN": (lambda: fit(udl_pt.eager.DNN([2], **QUICK), *SETS), ["learning_rate", "reg"]),
}


RATES = [(name, rate) for name, (_, rates) in FITS.items() for rate in rates]


@pytest.mark.parametrize(("name", "rate"), RATES)
def test_a_rate_above_the_dtypes_range_is_refused_by_name(name, rate):
    with pytest.raises(ValueError, match=rf"^{rate} is 1e\+300, expected") as caught:
        FITS[name][0]()(**{rate: 1e300})
    assert not isinstance(caught.value, DivergenceError)


def test_rates_of_searches_for_inputs_are_refused_too():
    dnn = DNN([2], **QUICK).fit(*SETS, pretrain=False, epochs=0)
    for rate in ("learning_rate", "l2"):
        with pytest.raises(ValueError, match=rf"^{rate} is 1e\+300, expected"):
            maximize(dnn, 0, **{rate: 1e300})
    for side in (udl_pt, udl_pt.eager):
        dbn = side.DBN([2], side.RBM, **QUICK).fit(X, 0)
        with pytest.raises(ValueError, match=r"^learning_rate is 1e\+300, expected"):
            dbn.fit_to_input(0, learning_rate=1e300)
        with pytest.raises(TypeError, match=r"^DBN\.__init__\(\) got an unexpected"):
            side.DBN([2], metric="precomputed")


@pytest.mark.parametrize("side", [udl_pt, udl_pt.eager], ids=lambda side: side.__name__)
def test_the_last_step_towards_an_input_is_checked(side):
    V = (np.random.default_rng(0).normal(size=(8, 3)) > 0).astype(float)
    dbn = side.DBN([2], dtype="float64", random_state=3).fit(V, 0)
    W = parameter_array(dbn.hidden_layers[0].W) * 5000
    dbn.hidden_layers[0].W = shared(W, "W") if side is udl_pt else W
    assert np.isfinite(dbn.fit_to_input(0, learning_rate=1e300, epochs=1)).all()
    with pytest.raises(DivergenceError, match="the step for unit 0 is not finite in epoch 1: use a smaller"):
        dbn.fit_to_input(0, learning_rate=1e308, epochs=1)


@pytest.mark.parametrize("side", [udl_pt, udl_pt.eager], ids=lambda side: side.__name__)
@pytest.mark.parametrize(("monitor", "batch"), [("epoch", 2), ("batch", 1)])
def test_a_recorded_cost_that_is_not_finite_ends_the_training(side, monitor, batch):
    ae = side.AutoEncoder(2, **QUICK)
    message = rf"^AutoEncoder\(2\): the recorded cost is inf in epoch 1, batch {batch}; .*: scale X, or use"
    with pytest.raises(DivergenceError, match=message):
        ae.fit(X * 1e30, learning_rate=0, epochs=2, batch_sz=6, cost="squared_error", monitor=monitor)


@pytest.mark.parametrize("side", [udl_pt, udl_pt.eager], ids=lambda side: side.__name__)
def test_so_does_a_validation_cost(side):
    ae = side.AutoEncoder(2, **QUICK)
    with pytest.raises(DivergenceError, match=r"the recorded validation cost is inf in epoch 1, batch 2"):
        ae.fit(X, validation=X * 1e30, epochs=2, batch_sz=6, cost="squared_error")


@pytest.mark.filterwarnings("ignore:X has means from")
def test_a_refused_fit_leaves_the_generator_where_it_was():
    generator = np.random.default_rng(3)
    rbm = RBM(2, visible="gaussian", random_state=generator, dtype="float64")
    with pytest.raises(ValueError, match="whose squares are too large"):
        rbm.fit(X * 1e200, batch_sz=2, validation=0.25)
    assert generator.random() == np.random.default_rng(3).random()


@pytest.mark.filterwarnings("ignore:X has means from")
def test_gaussian_units_refuse_data_whose_squares_overflow():
    for scale in (1e160, 1e200, 1e307):
        with pytest.raises(ValueError, match=r"^X has values up to .*, whose squares are too large"):
            RBM(2, visible="gaussian", random_state=0, dtype="float64").fit(X * scale, batch_sz=6)
    with pytest.raises(ValueError, match="whose squares are too large"):
        column_moments(np.full((300, 2), 1.5e308))


def test_moments_are_numpys_up_to_the_edge():
    for scale in (1e-150, 1.0, 1e150):
        mean, variance = column_moments(X * scale)
        np.testing.assert_allclose(mean, (X * scale).mean(axis=0), rtol=1e-14)
        np.testing.assert_allclose(variance, X.var(axis=0) * scale**2, rtol=1e-13)
