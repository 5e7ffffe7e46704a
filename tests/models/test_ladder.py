"""The ladder network, against NumPy and finite differences."""

import copy
import threading

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from on_backends import CORE_BACKENDS
from scipy.special import expit, log_softmax, softmax
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.utils import shuffle

from udl_pt import DNN, AutoEncoder, DivergenceError, Ladder
from udl_pt._support.exceptions import NotFittedError
from udl_pt.callbacks import EarlyStopping, LinearDecay, ParameterAverage, UpdateSizes

SIZES = [10, 5, 4, 3]  # of the data's pixels, two layers, and classes
K = 3


def standardised(A):
    return (A - A.mean(axis=0)) / np.sqrt(A.var(axis=0) + 1e-6)


def rebuilt(z, u, a):
    """The paper's denoising function."""
    mean = a[0] * expit(a[1] * u + a[2]) + a[3] * u + a[4]
    return (z - mean) * (a[5] * expit(a[6] * u + a[7]) + a[8] * u + a[9]) + mean


def passed(params, X, noise):
    """What the network makes of a batch and of the noise on its pixels and layers: logits, rebuilt pixels."""
    W, V, b, (g,), a = params[:3], params[3:6], params[6:9], params[9:10], params[10:]
    z = [X + noise[0]]
    h = z[0]
    for k in range(3):
        z.append(standardised(h @ W[k]) + noise[k + 1])
        h = np.maximum(0, z[-1] + b[k])
    logits = g * (z[-1] + b[-1])
    u = standardised(softmax(logits, axis=1))
    for k in (3, 2, 1):
        u = standardised(rebuilt(z[k], u, a[k]) @ V[k - 1])
    return logits, rebuilt(z[0], u, a[0])


def cost(params, X, Y, noise, denoising):
    logits, image = passed(params, X, noise)
    error = ((image - X) ** 2).sum()
    return (denoising * error - log_softmax(logits, axis=1)[range(len(X)), Y].sum()) / len(X)


def gradients(params, *batch, step=1e-6):
    """Central differences."""
    result = [np.empty_like(p) for p in params]
    for p, gradient in zip(params, result, strict=True):
        for i in np.ndindex(p.shape):
            kept, values = p[i], []
            for p[i] in (kept + step, kept - step):
                values.append(cost(params, *batch))
            p[i], gradient[i] = kept, (values[0] - values[1]) / (2 * step)
    return result


def drawn(rs):
    pairs = [(10, 5), (5, 4), (4, 3)]
    params = [rs.randn(*pair) / np.sqrt(sum(pair)) for pair in pairs]
    params += [rs.randn(*pair[::-1]) / np.sqrt(sum(pair)) for pair in pairs]
    params += [np.zeros(M) for M in SIZES[1:]] + [np.ones(K)]
    a = np.zeros((10, 1))
    a[[1, 6]] = 1
    return params + [a.repeat(M, axis=1) for M in SIZES]


def fitted(data, *, noise=0.3, dtype="float64", **options):
    options = {"learning_rate": 0.2, "mu": 0.7, "denoising": 0.5, "batch_sz": 20} | options
    return Ladder([5, 4], noise, rng=5, random_state=0, dtype=dtype).fit(*data, **options)


@pytest.mark.parametrize("backend", CORE_BACKENDS)
def test_steps_equal_finite_differences_of_the_cost_in_numpy(data, backend):
    rs, chance = np.random.RandomState(0), np.random.default_rng(5)
    params = drawn(rs)
    velocities = [0 * p for p in params]
    X, Y = data[:2]
    for _ in range(2):
        X, Y = shuffle(X, Y, random_state=rs)
        for j in range(3):
            batch = slice(20 * j, 20 * j + 20)
            noise = [0.3 * chance.standard_normal((20, M)) for M in SIZES]
            steps = gradients(params, X[batch], Y[batch], noise, 0.5)
            velocities = [0.7 * v - 0.2 * g for v, g in zip(velocities, steps, strict=True)]
            params = [p + v for p, v in zip(params, velocities, strict=True)]
    ladder = fitted(data, epochs=2, backend=backend)
    assert len(ladder.params) == len(params) == 14
    for p, expected in zip(ladder.params, params, strict=True):
        np.testing.assert_allclose(p.get_value(), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.core
@pytest.mark.parametrize("monitor", ["epoch", None])
def test_the_network_is_the_ladder_without_noise_all_rows_a_batch(data, monitor):
    ladder = fitted(data, epochs=3, monitor=monitor)
    params = [p.get_value() for p in ladder.params]
    logits, _ = passed(params, data[0], [0] * 4)
    np.testing.assert_allclose(ladder.dnn.logits(data[0]), logits, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(ladder.dnn.predict(data[0]), logits.argmax(axis=1))
    assert len(ladder.errors) == len(ladder.costs) == (3 if monitor else 0)
    if monitor:
        np.testing.assert_allclose(
            ladder.costs[-1], log_loss(data[3], ladder.dnn.forward(data[2])), rtol=1e-9
        )


def test_the_network_is_an_ordinary_one(data):
    dnn = fitted(data).dnn
    assert type(dnn) is DNN
    assert [(type(layer), layer.hidden, layer.M) for layer in dnn.hidden_layers] == [
        (AutoEncoder, "relu", 5),
        (AutoEncoder, "relu", 4),
    ]
    x = pt.dmatrix()
    np.testing.assert_array_equal(pytensor.function([x], dnn.predict(x))(data[2]), dnn.predict(data[2]))
    before = dnn.hidden_layers[0].W.get_value()
    dnn.fit(*data, keep_layers=True, batch_sz=20, epochs=0)
    np.testing.assert_array_equal(dnn.hidden_layers[0].W.get_value(), before)


def test_a_fold_that_meets_the_start_of_a_fit_mixes_no_parameters(data):
    """Another thread begins a fit while `fold` reads: the network of the fit before stays as it was."""

    def read(**options):
        value = get_value(**options)
        del W.get_value
        fit.start()
        fit.join()
        return value

    ladder = fitted(data, epochs=1)
    dnn, W = ladder.dnn, ladder.W[0]
    ladder.fold(data[0])
    before = dnn.logits(data[2])
    fit = threading.Thread(target=ladder.fit, args=data, kwargs={"learning_rate": 0.5, "batch_sz": 20})
    get_value = W.get_value
    W.get_value = read
    ladder.fold(data[0])
    np.testing.assert_array_equal(dnn.logits(data[2]), before)
    assert ladder.dnn is not dnn
    params = [p.get_value() for p in ladder.params]
    logits, _ = passed(params, data[0], [0] * 4)
    np.testing.assert_allclose(ladder.dnn.logits(data[0]), logits, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
def test_it_learns_digits_and_to_rebuild_them():
    X, Y = load_digits(return_X_y=True)
    X = X / 16
    ladder = Ladder([60, 30], random_state=0, dtype="float64")
    ladder.fit(X[:1000], Y[:1000], X[1000:], Y[1000:], epochs=30, batch_sz=50, callbacks=[LinearDecay()])
    assert ladder.errors[-1] < 0.06

    rs = np.random.RandomState(0)
    noise = [0.3 * rs.randn(797, M) for M in (64, 60, 30, 10)]
    _, image = passed([p.get_value() for p in ladder.params], X[1000:], noise)
    # With nothing from above, a pixel is rebuilt by a function of the noisy one: here the means in ten bins.
    noisy, pixelwise = X[1000:] + noise[0], 0.0
    for x, z in zip(X[1000:].T, noisy.T, strict=True):
        bins = np.digitize(z, np.quantile(z, np.linspace(0, 1, 11)[1:-1]))
        pixelwise += sum(((x[bins == k] - x[bins == k].mean()) ** 2).sum() for k in range(10))
    assert ((image - X[1000:]) ** 2).sum() < 0.8 * pixelwise


@pytest.mark.parametrize("dtype", [pytest.param("float32", marks=pytest.mark.slow), "float64"])
def test_its_own_dtype_whatever_the_datas(data, dtype):
    X, Y, Xtest, Ytest = data
    ladder = fitted((X.astype("float32"), Y, Xtest, Ytest), dtype=dtype)
    assert {p.get_value().dtype.name for p in [*ladder.params, *ladder.dparams, *ladder.dnn.params]} == {
        dtype
    }


@pytest.mark.slow
def test_a_seed_repeats_all_and_noise_has_its_own(data):
    def run(**arguments):
        ladder = Ladder([5, 4], dtype="float64", **arguments).fit(*data, epochs=2, batch_sz=20)
        return ladder.costs, [p.get_value() for p in ladder.params]

    (first, params), (again, others) = run(random_state=3), run(random_state=3)
    assert first == again
    for p, other in zip(params, others, strict=True):
        np.testing.assert_array_equal(p, other)
    assert run(random_state=3, rng=1)[0] != first
    assert run(random_state=3, noise=0.0)[0] != first


@pytest.mark.slow
def test_another_fit_starts_anew_on_other_data(data):
    X, Y, Xtest, Ytest = data
    ladder = fitted(data)
    ladder.dnn.fit(*data, pretrain_epochs=[1, 0], pretrain_options={"batch_sz": 20}, epochs=0)
    assert ladder.dnn.unit_interval  # it reads probabilities from now on
    ladder.fit(5 * X[:, :7], Y % 2, 5 * Xtest[:, :7], Ytest % 2, epochs=2, batch_sz=20, backend="jax")
    assert ladder.dnn.logits(5 * Xtest[:, :7]).shape == (30, 2)
    assert len(ladder.errors) == 2
    assert {model.backend for model in (ladder.dnn, *ladder.dnn.hidden_layers)} == {"jax"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_sz": 20, "denoising": -1.0}, "denoising is -1"),
        ({"batch_sz": 20, "learning_rate": float("nan")}, "learning_rate is nan"),
        ({"batch_sz": 1}, "batch_sz is 1, expected at least 2: a single row has no variance"),
        ({"batch_sz": 20, "denoising": 1e39}, r"denoising is 1e\+39"),
        ({"batch_sz": 61}, "batch_sz is 61"),
        ({"batch_sz": 20, "monitor": "hour"}, "monitor is 'hour'"),
        ({"batch_sz": 20, "backend": "cobol"}, "'cobol'"),
    ],
)
def test_bad_options_leave_the_ladder_as_it_was(data, options, message):
    ladder = fitted(data, dtype="float32", epochs=0)  # nothing is compiled
    before, costs = [p.get_value() for p in [*ladder.params, *ladder.dnn.params]], ladder.costs
    chance = copy.deepcopy((ladder._generator, ladder.rng.generator))
    with pytest.raises(ValueError, match=message):
        ladder.fit(*data, **options)
    assert ladder.costs is costs
    for generator, same in zip((ladder._generator, ladder.rng.generator), chance, strict=True):
        assert generator.uniform() == same.uniform()
    for p, value in zip([*ladder.params, *ladder.dnn.params], before, strict=True):
        np.testing.assert_array_equal(p.get_value(), value)


def test_bad_constructors_and_data(data):
    with pytest.raises(NotFittedError, match="this Ladder has no parameters yet: call fit before fold"):
        Ladder([5]).fold(data[0])
    with pytest.raises(ValueError, match=r"noise is -0\.1"):
        Ladder([5], -0.1)
    with pytest.raises(ValueError, match="hidden_layer_sizes is empty"):
        Ladder([])
    with pytest.raises(ValueError, match="Xtest has 9 "):
        Ladder([5]).fit(data[0], data[1], data[2][:, 1:], data[3])
    with pytest.raises(ValueError, match=r"Y has the labels 1, 2, 3"):
        Ladder([5]).fit(data[0], data[1] + 1, data[2], data[3])


def test_a_step_that_is_not_finite_leaves_ladder_and_network_before_it(data):
    ladder = Ladder([5, 4], random_state=0, dtype="float64")

    class Leap:
        def on_batch(self, progress):
            if progress.epoch == 2:
                progress.hyper["learning_rate"] = 1e308

        def __call__(self, progress):
            pass

    with pytest.raises(
        DivergenceError, match=r"Ladder\(\[5, 4\]\): the step of .*W of layer 1.* epoch 2, batch 2"
    ):
        ladder.fit(*data, batch_sz=20, epochs=3, callbacks=[Leap()])
    params = [p.get_value() for p in ladder.params]
    again = Ladder([5, 4], random_state=0, dtype="float64")

    class Stop:
        def on_batch(self, progress):
            progress.stop = progress.epoch == 2

        def __call__(self, progress):
            pass

    again.fit(*data, batch_sz=20, epochs=3, callbacks=[Stop()])
    for p, expected in zip(again.params, params, strict=True):
        np.testing.assert_array_equal(p.get_value(), expected)
    logits, _ = passed(params, data[0], [0] * 4)
    np.testing.assert_allclose(ladder.dnn.logits(data[0]), logits, rtol=1e-9)


def test_data_too_large_to_rebuild_diverge_and_say_which_numbers_to_lower(data):
    X = 1e4 + data[0]
    with pytest.raises(DivergenceError, match="smaller learning_rate or mu or denoising"):
        Ladder([5, 4], random_state=0, dtype="float64").fit(X, data[1], X, data[1], epochs=5, batch_sz=20)


def test_callbacks(data):
    ladder = Ladder([5, 4], 0.0, random_state=0, dtype="float64")
    stopping = EarlyStopping(ladder, patience=1, watch="costs")
    ladder.fit(*data, denoising=0.0, epochs=300, batch_sz=20, callbacks=[stopping])
    assert len(ladder.costs) == stopping.best_epoch + 1
    cost = log_loss(data[3], ladder.dnn.forward(data[2]))
    np.testing.assert_allclose(cost, ladder.costs[stopping.best_epoch - 1], rtol=1e-9)
    with pytest.raises(TypeError, match=r"model is <Ladder.*expected a DNN"):
        UpdateSizes(ladder)


def test_averages_of_the_parameters_become_the_network_when_it_is_folded_anew(data):
    ladder = Ladder([5, 4], random_state=0, dtype="float64")
    average = ParameterAverage(ladder, every=1)
    ladder.fit(*data, epochs=3, batch_sz=20, callbacks=[average])
    average.apply()
    ladder.fold(data[0])
    logits, _ = passed(average.values, data[0], [0] * 4)
    np.testing.assert_allclose(ladder.dnn.logits(data[0]), logits, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
def test_an_epochs_record_takes_means_over_some_rows_of_all_classes(monkeypatch):
    """Also where every second row, or every tenth, is of the same class."""
    monkeypatch.setattr("udl_pt.models.ladder.MONITORED", 100)
    rs, Y = np.random.RandomState(0), np.arange(200) % 2
    X = rs.rand(200, 10) + 0.5 * Y[:, None]
    ladder = Ladder([5, 4], random_state=0, dtype="float64").fit(X, Y, X, Y, epochs=20, batch_sz=20)
    cost = log_loss(Y, ladder.dnn.forward(X))  # of all rows' means
    assert ladder.costs[-1] != pytest.approx(cost, rel=1e-6)
    assert ladder.costs[-1] == pytest.approx(cost, abs=0.02)
    assert ladder.errors[-1] == pytest.approx((ladder.dnn.predict(X) != Y).mean(), abs=0.02)


@pytest.mark.parametrize("dtype", [pytest.param("float32", marks=pytest.mark.slow), "float64"])
@pytest.mark.parametrize("size", [0, 1, 255])
def test_units_without_variance_give_their_bias(data, dtype, size):
    """Rounding isn't taken for variance, which would be scaled up by 1,000 in each layer."""
    X = np.tile(size * data[0][:1], (60, 1))
    ladder = Ladder([20, 10], random_state=0, dtype=dtype).fit(*data, batch_sz=20)
    ladder.fold(X)
    expected = ladder.g.get_value() * ladder.b[-1].get_value()
    np.testing.assert_allclose(ladder.dnn.logits(X), np.tile(expected, (60, 1)), rtol=1e-4, atol=1e-6)
