"""The eager twins by themselves: the original Theano's numbers, finite differences, bad input, calls.

`test_parity.py` compares them with the symbolic models, `test_eager_embeddings.py` has PCA and both SNEs.
"""

import copy
import functools
import inspect
import pickle
import re
from types import SimpleNamespace

import numpy as np
import parity
import pytensor.tensor as pt
import pytest
from parity import value
from scipy.special import expit, log_expit, log_softmax, softmax, xlog1py, xlogy
from test_golden import GOLDEN, assert_golden, golden

import udl_pt
from udl_pt import eager
from udl_pt.backend import Function
from udl_pt.eager import dnn as eager_dnn
from udl_pt.eager.layer import softplus
from udl_pt.graph import gaussian, masking, salt_and_pepper
from udl_pt.random import RandomStreams
from udl_pt.validation import DivergenceError, NotFittedError

CORE = pytest.mark.core
X = np.random.RandomState(0).rand(40, 6)
Y = np.arange(40) % 4
BATCH = {"batch_sz": 10}
LABELLED = {"X": X, "Y": Y, "Xtest": X, "Ytest": Y} | BATCH


@pytest.fixture(params=[pytest.param("numpy", marks=CORE), "torch"])
def twins(request):
    """Give the models of one kind; PyTorch's need not be installed where only the core tests run."""
    return parity.side(request.param)


@pytest.fixture(scope="module")
def digits():
    with np.load(GOLDEN / "data.npz") as z:
        return z["X"] / 255, z["Y"], z["Xtest"] / 255, z["Ytest"]


def values(model, *names):
    return {name: value(getattr(model, name)) for name in names}


def tensor(array):
    import torch

    return torch.from_numpy(np.array(array))


# The original Theano's numbers


@pytest.mark.parametrize(
    ("name", "options"),
    [("autoencoder_book", {}), ("autoencoder_gentle", {"learning_rate": 0.05, "mu": 0.9, "epochs": 3})],
)
def test_golden_autoencoder(twins, name, options, digits):
    data, _, test, _ = digits
    np.random.seed(0)
    ae = twins.AutoEncoder(40).fit(data, batch_sz=100, monitor="batch", **options)
    got = values(ae, "W", "bh", "bo", "dW", "dbh", "dbo")
    assert_golden(name, got | {"costs": ae.costs, "hidden": ae.hidden_op(test[:20])})


def test_golden_rbm(twins, digits):
    data, _, test, _ = digits
    np.random.seed(0)
    rbm = twins.RBM(40, rng=np.random.RandomState(1)).fit(data, epochs=2, batch_sz=100, monitor="batch")
    got = values(rbm, "W", "c", "b") | {"costs": rbm.costs, "hidden": rbm.hidden_op(test[:20])}
    assert_golden("rbm", got | {"free_energy": rbm.free_energy((test > 0.5).astype(float))})


def golden_dnn(models, name, digits):
    """Train the network of a file of golden values, from the global generator."""
    np.random.seed(0)
    machine = functools.partial(models.RBM, rng=np.random.RandomState(1))
    dnn = models.DNN([40, 20], machine if name == "dnn_rbm" else models.AutoEncoder)
    dnn.fit(*digits, pretrain=name != "dnn_plain", epochs=3, batch_sz=100, monitor="batch")
    got = values(dnn, "W", "b") | {"costs": dnn.costs, "errors": dnn.errors}
    for i, layer in enumerate(dnn.hidden_layers):
        got |= dict(zip((f"hidden_W{i}", f"hidden_b{i}"), map(value, layer.forward_params), strict=True))
    return dnn, got


@pytest.mark.parametrize("name", ["dnn_pretrained", "dnn_plain", "dnn_rbm"])
def test_golden_dnn(twins, name, digits):
    dnn, got = golden_dnn(twins, name, digits)
    test, labels = digits[2:]
    # the original's gradient is that of the mean over ten images
    gradient = twins.input_gradient(dnn, test[:10], labels[:10]) / 10
    assert_golden(name, got | {"predictions": dnn.predict(test), "input_gradient": gradient})


@CORE
def test_golden_feature(digits):
    feature = golden("feature")
    dbn = eager.DBN([40, 20], eager.RBM)
    dbn.hidden_layers = golden_dnn(eager, "dnn_rbm", digits)[0].hidden_layers
    np.random.seed(0)
    image = dbn.fit_to_input(int(feature["unit"]), learning_rate=1.0, mu=0.9, epochs=50)
    given = {name: feature[name] for name in ("unit", "start")}
    assert_golden("feature", given | {"costs": dbn.costs, "image": image})


def test_an_int_as_random_state_is_the_global_seed_and_leaves_the_global_generator_alone(twins, digits):
    np.random.seed(123)
    before = np.random.get_state()[1].copy()
    ae = twins.AutoEncoder(40, random_state=0).fit(digits[0], batch_sz=100, monitor=None)
    np.testing.assert_allclose(value(ae.W), golden("autoencoder_book")["W"], rtol=0, atol=1e-8)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


# Gradients against finite differences of costs that are written here


def finite_differences(cost, arrays, h=1e-6):
    """Differentiate a cost of no arguments by the arrays that it reads."""
    gradients = [np.empty_like(array) for array in arrays]
    for array, gradient in zip(arrays, gradients, strict=True):
        for i in np.ndindex(array.shape):
            kept = array[i]
            array[i] = kept + h
            up = cost()
            array[i] = kept - h
            gradient[i] = (up - cost()) / (2 * h)
            array[i] = kept
    return gradients


def assert_gradients(got, cost, arrays):
    expected = finite_differences(cost, arrays)
    assert len(got) == len(expected)
    for g, e in zip(got, expected, strict=True):
        assert abs(e).max() > 1e-3
        np.testing.assert_allclose(value(g), e, rtol=0, atol=1e-8 * max(1, abs(e).max()))


def random_parameters(model):
    """Give all parameters random values, large enough that no gradient is tiny; hand back views of them."""
    chance, arrays = np.random.RandomState(1), [value(p) for p in model.params]
    for array in arrays:
        array[...] = chance.randn(*array.shape)
    return arrays


UNITS = {"sigmoid": expit, "linear": lambda a: a}


@pytest.mark.parametrize("corruption", [None, masking(0.3)])
@pytest.mark.parametrize(
    ("cost", "hidden", "output"),
    [
        ("cross_entropy", "sigmoid", "sigmoid"),
        ("cross_entropy", "linear", "sigmoid"),
        ("squared_error", "sigmoid", "sigmoid"),
        ("squared_error", "linear", "sigmoid"),
        ("squared_error", "sigmoid", "linear"),
        ("squared_error", "linear", "linear"),
    ],
)
def test_gradients_of_the_autoencoder(twins, cost, hidden, output, corruption):
    ae = twins.AutoEncoder(3, corruption=corruption, hidden=hidden, output=output, random_state=0)
    ae.fit(X, learning_rate=0.01, cost=cost, **BATCH)
    W, bh, bo = arrays = random_parameters(ae)
    x = X[:7]
    kept = np.random.default_rng(5).random(x.shape) < 0.7 if corruption else np.ones(x.shape)

    def total(seen):
        B = UNITS[hidden](seen @ W + bh) @ W.T + bo
        if cost == "squared_error":
            return ((UNITS[output](B) - x) ** 2).sum()
        return -(x * log_expit(B) + (1 - x) * log_expit(-B)).sum()

    ae.rng = ae.Streams(5)
    assert_gradients(ae._gradients(x, 0.1), lambda: 0.1 * total(x * kept), arrays)
    assert float(ae._called(ae._cost, x)) == pytest.approx(total(x), rel=1e-12)


@pytest.mark.parametrize(("k", "n_chains"), [(1, None), (3, None), (1, 4), (2, 7)])
def test_gradients_of_the_rbm_with_its_sample_held(twins, k, n_chains):
    """Those of ``mean F(v0) - mean F(v1)``; the oracle makes the draws itself, hidden units first."""
    options = {} if n_chains is None else {"persistent": True, "n_chains": n_chains}
    rbm = twins.RBM(3, random_state=0).fit(X, k=k, **options, **BATCH)
    W, c, b = arrays = random_parameters(rbm)
    v0, uniform = X[:7], np.random.default_rng(5).random
    H = None if n_chains is None else value(rbm.chains).copy()
    v1 = v0
    for _ in range(k):
        u_h, u_v = uniform((len(v1 if H is None else H), 3)), uniform((len(v1 if H is None else H), 6))
        if H is None:
            v1 = (u_v < expit((u_h < expit(v1 @ W + c)) @ W.T + b)) * 1.0
        else:
            v1 = (u_v < expit(H @ W.T + b)) * 1.0
            H = (u_h < expit(v1 @ W + c)) * 1.0

    def F(v):
        return -v @ b - np.logaddexp(0, v @ W + c).sum(axis=1)

    rbm.rng = rbm.Streams(5)
    assert_gradients(rbm._gradients(v0, 1 / 7), lambda: F(v0).mean() - F(v1).mean(), arrays)
    if H is not None:
        np.testing.assert_array_equal(value(rbm.chains), H)
    np.testing.assert_allclose(rbm.free_energy(v0), F(v0), rtol=1e-12)
    v_hat = expit(expit(v0 @ W + c) @ W.T + b)
    expected = -(xlogy(v0, v_hat) + xlog1py(1 - v0, -v_hat)).sum()
    assert float(rbm._called(rbm._cost, v0)) == pytest.approx(expected, rel=1e-12)


def stack(models, sizes, kinds):
    """Give a DNN of fitted layers of several kinds, with views of its parameters."""
    makers = {
        "autoencoder": models.AutoEncoder,
        "linear": functools.partial(models.AutoEncoder, hidden="linear"),
        "rbm": models.RBM,
    }
    dnn = models.DNN(sizes, [makers[kind] for kind in kinds], random_state=0)
    dnn.fit(**LABELLED, pretrain=False, learning_rate=0.1, epochs=3)
    return dnn, random_parameters(dnn)


def up(x, forward, kinds):
    """Pass rows up through layers of ``[W, b, W, b, ...]``."""
    for W, b, kind in zip(forward[::2], forward[1::2], kinds, strict=True):
        x = UNITS["linear" if kind == "linear" else "sigmoid"](x @ W + b)
    return x


STACKS = pytest.mark.parametrize(
    ("sizes", "kinds"),
    [
        ([5], ["autoencoder"]),
        ([5, 3], ["rbm", "autoencoder"]),
        ([5, 4, 3], ["autoencoder", "linear", "autoencoder"]),
    ],
)


@pytest.mark.parametrize("reg", [0.0, 0.05])
@STACKS
def test_gradients_of_the_network(twins, sizes, kinds, reg):
    dnn, arrays = stack(twins, sizes, kinds)
    (W, b, *forward), x, y = arrays, X[:7], Y[:7]

    def mean_cost():
        return -log_softmax(up(x, forward, kinds) @ W + b, axis=1)[np.arange(7), y].mean()

    def cost():
        return mean_cost() + reg * sum((p**2).sum() for p in arrays)

    assert_gradients(dnn._gradients(x, y, reg, 1 / 7), cost, arrays)
    assert float(dnn._called(lambda x: dnn._cost(x, y), x)) == pytest.approx(7 * mean_cost(), rel=1e-12)


@STACKS
def test_the_input_gradient_and_the_fast_gradient_sign(twins, sizes, kinds):
    dnn, (W, b, *forward) = stack(twins, sizes, kinds)
    x, y = X[:7].copy(), Y[:7]

    def cost():
        return -log_softmax(up(x, forward, kinds) @ W + b, axis=1)[np.arange(7), y].sum()

    (expected,) = finite_differences(cost, [x])
    gradient = twins.input_gradient(dnn, x, y)
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-8)
    assert abs(expected).min() > 1e-8
    changed = twins.fast_gradient_sign(dnn, x, y, 0.25)
    np.testing.assert_allclose(changed, np.clip(x + 0.25 * np.sign(expected), 0, 1), rtol=1e-15)


@CORE
@STACKS
@pytest.mark.parametrize("k", [0, 2])
def test_the_gradient_of_a_unit_by_the_input(sizes, kinds, k):
    dnn, (_, _, *forward) = stack(eager, sizes, kinds)
    dbn = eager.DBN(sizes)
    dbn.hidden_layers = dnn.hidden_layers
    x, (*below, W, b) = np.random.RandomState(2).randn(1, 6), forward

    def cost():
        return -log_expit(up(x, below, kinds[:-1])[0] @ W[:, k] + b[k])

    assert_gradients([dbn._gradient_of_unit(x, k)], cost, [x])
    assert dbn._cost_of_unit(x, k) == pytest.approx(cost(), rel=1e-12)


# Stability


@CORE
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_softplus_and_log_softmax_do_not_overflow(dtype):
    a = np.array([-1000, -50, -1, 0, 1, 50, 1000], dtype)
    got = softplus(a)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, np.logaddexp(0, a.astype(float)), rtol=4 * np.finfo(dtype).eps)
    A = np.array([[1000, 1000, -1000], [-1000, 0, 1000], [0.5, -1, 2], [-1000, -1000, -1000]], dtype)
    got = eager_dnn.log_softmax(A)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, log_softmax(A.astype(float), axis=1), rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_weights_a_thousand_times_too_large_have_finite_costs_and_gradients(twins, dtype):
    chance = np.random.RandomState(1)
    W, bias, out = (1000 * chance.randn(*shape).astype(dtype) for shape in [(6, 5), (5,), (6,)])
    x = X.astype(dtype)
    ae, rbm = (Model.createFromArrays(W, bias, out) for Model in (twins.AutoEncoder, twins.RBM))
    ae.cost, rbm.k = "cross_entropy", 1
    dnn = twins.DNN([5], random_state=0, dtype=dtype).fit(**LABELLED, pretrain=False, epochs=0)
    for p in dnn.params:
        p[...] = 1000 * (p + 1)
    costs = [ae._called(ae._cost, x), rbm._called(rbm._cost, x), dnn._called(lambda x: dnn._cost(x, Y), x)]
    gradients = [*ae._gradients(x, 1.0), *rbm._gradients(x, 1.0), *dnn._gradients(x, Y, 0.0, 1.0)]
    for result in [*costs, *gradients, rbm.free_energy(x), twins.input_gradient(dnn, x, Y)]:
        assert np.isfinite(value(result)).all()
        assert value(result).dtype == dtype


class Diary:
    """Keeps copies of the parameters after each batch, and lets the rate go to infinity where told."""

    def __init__(self, infinite_after=None):
        self.kept, self.infinite_after = [], infinite_after

    def on_batch(self, progress):
        self.kept.append([value(p).copy() for p in progress.model.params])
        if progress.batch == self.infinite_after:
            progress.hyper["learning_rate"] = np.inf

    def __call__(self, progress):
        pass


LINEAR = {"hidden": "linear", "output": "linear"}


@pytest.mark.parametrize(
    ("make", "fit", "diary", "message"),
    [
        (
            lambda models: models.AutoEncoder(3, random_state=0, **LINEAR),
            {"X": X, "learning_rate": 1e200, "cost": "squared_error"} | BATCH,
            Diary(),
            r"AutoEncoder\(3\): the step of W, bh, bo is not finite in epoch 1, batch 2 \(.*_rate 1e\+200",
        ),
        (
            lambda models: models.AutoEncoder(3, "mine", random_state=0),
            {"X": X} | BATCH,
            Diary(2),
            r"AutoEncoder\(3\) mine: the step of W, bh, bo is not finite in epoch 1, batch 3 \(.*_rate inf",
        ),
        (
            lambda models: models.RBM(3, random_state=0),
            {"X": X} | BATCH,
            Diary(2),
            r"RBM\(3\): the step of W, c, b is not finite in epoch 1, batch 3",
        ),
        (
            lambda models: models.DNN([3], random_state=0),
            LABELLED | {"learning_rate": 1e200, "reg": 0.1, "pretrain": False},
            Diary(),
            r"DNN\(\[3\]\): the step of W of the logistic layer, b of .*, W of layer 1, .* epoch 1, batch 2",
        ),
    ],
)
def test_a_step_that_is_not_finite_leaves_the_parameters_before_it(twins, make, fit, diary, message):
    model, diary = make(twins), copy.deepcopy(diary)
    with pytest.raises(DivergenceError, match=message):
        model.fit(**fit, callbacks=[diary])
    for p, before in zip(model.params, diary.kept[-1], strict=True):
        np.testing.assert_array_equal(value(p), before)
        assert np.isfinite(value(p)).all()
        assert not getattr(p, "requires_grad", False)
    for v in model.dparams:
        np.testing.assert_array_equal(value(v), 0)


def test_a_layer_that_diverges_is_named_and_leaves_the_network_without_parameters(twins):
    dnn = twins.DNN([4, 3], random_state=0).fit(**LABELLED, pretrain=False)
    options = [BATCH, BATCH | {"callbacks": [Diary(2)]}]
    with pytest.raises(DivergenceError, match=r"layer 2 of 2: AutoEncoder\(3\): the step of W"):
        dnn.fit(**LABELLED, pretrain_options=options)
    with pytest.raises(NotFittedError, match="no parameters yet"):
        dnn.predict(X)


@CORE
def test_an_input_that_is_driven_to_infinity():
    dbn = eager.DBN([4], random_state=0).fit(X, pretrain_options=BATCH)
    with pytest.raises(DivergenceError, match="the cost of unit 1 is not finite in epoch"):
        dbn.fit_to_input(1, learning_rate=1e308, mu=1.0, epochs=200)


# Draws


def evaluated(variables, *inputs):
    names, arrays = zip(*inputs, strict=True) if inputs else ((), ())
    return Function(list(names), list(variables), compiled=False)(*arrays)


DRAWS = {
    "uniform": lambda s: s.uniform((3, 4)),
    "uniform from low to high": lambda s: s.uniform((3, 4), -2.0, 5.0),
    "uniform of NumPy's numbers": lambda s: s.uniform((3, 4), np.float64(0.1), np.float64(0.7)),
    "uniform float32": lambda s: s.uniform((5,), 1.0, 3.0, dtype="float32"),
    "normal": lambda s: s.normal((2, 2, 2)),
    "normal of avg and std": lambda s: s.normal((3, 4), 3.0, np.float64(0.1)),
    "normal float64": lambda s: s.normal((4,), std=2.0, dtype="float64"),
    "binomial": lambda s: s.binomial((50,)),
    "binomial of p": lambda s: s.binomial((50,), p=0.9),
    "binomial float32": lambda s: s.binomial((50,), 1, 0.2, "float32"),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "make", [lambda: 7, lambda: np.random.RandomState(7), lambda: np.random.default_rng(7)]
)
def test_draws_are_those_of_the_symbolic_streams_in_the_same_order(twins, make, dtype):
    ours, theirs = twins.AutoEncoder.Streams(make(), dtype), RandomStreams(make(), dtype)
    got = [draw(ours) for draw in DRAWS.values()]
    for name, a, b in zip(DRAWS, got, evaluated(draw(theirs) for draw in DRAWS.values()), strict=True):
        assert value(a).dtype == b.dtype, name
        np.testing.assert_allclose(value(a), b, rtol=np.finfo(b.dtype).eps, err_msg=name)
        assert value(a).std() > 0
    assert ours.generator.random() == theirs.generator.random()
    binary = [value(a) for name, a in zip(DRAWS, got, strict=True) if "binomial" in name]
    for a, (share, within) in zip(binary, [(0.5, 0.25), (0.9, 0.15), (0.2, 0.2)], strict=True):
        assert set(a.ravel()) == {0, 1}
        assert abs(a.mean() - share) < within


def test_streams_share_generators_and_derive_from_them(twins):
    Streams = twins.AutoEncoder.Streams
    stream = Streams(0)
    assert Streams(stream).generator is stream.generator
    assert twins.RBM(3, rng=RandomStreams(stream.generator)).rng.generator is stream.generator
    chance = np.random.RandomState(3)
    expected = RandomStreams.beside(np.random.RandomState(3)).generator.random(4)
    np.testing.assert_array_equal(Streams.beside(chance, "float64").generator.random(4), expected)
    assert chance.random_sample() == np.random.RandomState(3).random_sample()
    with pytest.raises(ValueError, match="n is 2, expected 1"):
        stream.binomial((3,), n=2)
    with pytest.raises(TypeError, match="rng is 'seed'"):
        Streams("seed")


def tenfold(X, stream):
    return X * stream.uniform(X.shape, 0.0, 10.0, dtype=X.dtype)


def held_out(X, stream):
    return X * (stream.uniform(X.shape) < 0.7) + (X - 0.5) * stream.normal(X.shape, std=np.float64(0.1)) ** 2


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("corruption", [tenfold, held_out, masking(0.3), gaussian(0.2), salt_and_pepper(0.4)])
def test_a_corruption_of_operators_serves_both_sides(twins, corruption, dtype):
    ae = twins.AutoEncoder(3, corruption=corruption, rng=5, random_state=0, dtype=dtype)
    x = pt.matrix("x", dtype=dtype)
    data = X.astype(dtype)
    symbolic = corruption(x, RandomStreams(5, dtype)).astype(dtype)
    (expected,) = evaluated([symbolic], (x, data))
    got = value(ae._corrupted(ae._param(data.copy())))
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, rtol=1e-6 if dtype == "float32" else 1e-14, atol=1e-7)
    assert abs(got - data).max() > 0.1
    ae.fit(data, **BATCH)
    assert value(ae.W).dtype == dtype


@pytest.mark.parametrize(
    ("corruption", "message"),
    [
        (lambda X, stream: pt.clip(X, 0, 1), "written with operators and the stream's methods"),
        (lambda X, stream: X * RandomStreams(0).binomial(X.shape), "written with operators"),
        (lambda X, stream: X[:1], "of the same shape and dtype"),
        (lambda X, stream: stream.normal(X.shape, dtype="float32"), "of the same shape and dtype"),
        (lambda X, stream: None, "NoneType"),
        (lambda X: X, "called so, it says: .* takes 1 positional argument"),
        (0.3, "corruption is 0.3, expected a function of an array and a stream"),
    ],
)
def test_a_corruption_that_gives_no_array_is_refused(twins, corruption, message):
    with pytest.raises(TypeError, match=message):
        twins.AutoEncoder(3, corruption=corruption)


# Bad input


def with_value(bad):
    array = X.copy()
    array[3, 2] = bad
    return array


def fitted(models):
    """Give one of each model."""
    return SimpleNamespace(
        ae=models.AutoEncoder(3, random_state=0).fit(X, **BATCH),
        rbm=models.RBM(3, random_state=0).fit(X, persistent=True, **BATCH),
        dnn=models.DNN([4, 3], random_state=0).fit(**LABELLED, pretrain_options=BATCH),
    )


fitted_once = functools.cache(fitted)


def snapshot(model):
    """Give a model's arrays, and copies of what is in them, of its lists and its generators' states."""
    parts = [model, *getattr(model, "hidden_layers", [])]
    arrays = [p for part in parts for p in [*part.params, *part.dparams, getattr(part, "chains", None)]]
    streams = [part.rng.generator for part in parts if getattr(part, "rng", None) is not None]
    states = [generator.bit_generator.state for generator in streams]
    rest = [(part.costs, part.unit_interval, getattr(part, "cost", None)) for part in parts]
    weights = model._generator.get_state()
    return arrays, copy.deepcopy(
        [*map(value, filter(is_there, arrays)), str(states), str(rest), str(weights)]
    )


def is_there(array):
    return array is not None


BAD_X = [
    (X[0], r"X has 1 dimension\(s\) and shape \(6,\)"),
    (with_value(np.nan), r"X\[3, 2\] is nan, expected finite numbers"),
    (255 * X, r"expects \[0, 1\]: divide by 255\?"),
    (X - 0.5, r"expects \[0, 1\]: rescale them\?"),
    (X[:9], "batch_sz is 10, but there are only 9 samples"),
    (X.astype(str), "X has dtype <U"),
]
BAD_OPTIONS = [
    ({"epochs": -1}, "epochs is -1, expected at least 0"),
    ({"epochs": 1.5}, "epochs is 1.5, expected an integer"),
    ({"batch_sz": 0}, "batch_sz is 0, expected at least 1"),
    ({"learning_rate": np.nan}, "learning_rate is nan"),
    ({"mu": 2}, "mu is 2, expected a finite number from 0 to 1"),
    ({"monitor": "step"}, "monitor is 'step', expected one of 'epoch', 'batch', None"),
    ({"callbacks": [3]}, r"callbacks is \[3\], expected a list of callables"),
]
BAD_LABELS = [
    ({"Y": Y[:-1]}, "Y has 39 labels, expected 40"),
    ({"Y": 2 * Y}, "Y has the labels 0, 2, 4, 6, expected 0 ... 3 without gaps"),
    ({"Y": Y.astype(float)}, "Y has dtype float64, expected integer labels"),
    ({"Ytest": Y + 1}, "Ytest has the labels 4, unseen in training"),
    ({"Xtest": X[:, :5]}, "Xtest has 5 features, expected 6"),
    ({"Xtest": with_value(np.inf)}, r"Xtest\[3, 2\] is inf"),
    ({"reg": -1}, "reg is -1, expected a finite number from 0"),
    ({"pretrain_epochs": -1}, "pretrain_epochs is -1, expected at least 0"),
    ({"pretrain_epochs": [1]}, "pretrain_epochs has 1 entries, expected 2, one a layer"),
    ({"pretrain_options": {"batch_sz": 41}}, r"layer 1 of 2 \(see pretrain_options\): batch_sz is 41"),
    (
        {"pretrain_options": [BATCH, {"cost": "hinge"}]},
        r"layer 2 of 2 \(see pretrain_options\): cost is 'hinge'",
    ),
    ({"pretrain_options": {"speed": 3}}, "takes no argument 'speed'"),
]
REFUSED = [
    *(("ae", lambda m, bad=bad: m.fit(bad, **BATCH), message) for bad, message in BAD_X),
    *(("rbm", lambda m, bad=bad: m.fit(bad, **BATCH), message) for bad, message in BAD_X),
    *(
        (
            "dnn",
            lambda m, bad=bad: m.fit(**LABELLED | {"X": bad, "Y": Y[: len(bad)]}, pretrain_options=BATCH),
            message,
        )
        for bad, message in BAD_X
        if np.ndim(bad) == 2
    ),
    *(("ae", lambda m, bad=bad: m.fit(X, **BATCH | bad), message) for bad, message in BAD_OPTIONS),
    *(("rbm", lambda m, bad=bad: m.fit(X, **BATCH | bad), message) for bad, message in BAD_OPTIONS),
    *(
        ("dnn", lambda m, bad=bad: m.fit(**LABELLED | bad), message)
        for bad, message in BAD_OPTIONS + BAD_LABELS
    ),
    ("ae", lambda m: m.fit(X, cost="hinge", **BATCH), "cost is 'hinge', expected one of 'cross_entropy'"),
    ("ae", lambda m: m.fit(X, cost_scale="sum", **BATCH), "cost_scale is 'sum'"),
    ("rbm", lambda m: m.fit(X, k=0, **BATCH), "k is 0, expected at least 1"),
    ("rbm", lambda m: m.fit(X, k=1.5, **BATCH), "k is 1.5, expected an integer"),
    (
        "rbm",
        lambda m: m.fit(X, n_chains=7, **BATCH),
        "n_chains is 7, but chains that start at a batch's 10 rows",
    ),
    ("rbm", lambda m: m.fit(X, n_chains=0, persistent=True, **BATCH), "n_chains is 0, expected at least 1"),
    ("rbm", lambda m: m.gibbs(X, 0), "k is 0, expected at least 1"),
    ("rbm", lambda m: m.gibbs(X[:, :5]), "X has 5 features, expected 6"),
    ("rbm", lambda m: m.sample_v_given_h(X), "X has 6 features, expected 3"),
    ("rbm", lambda m: m.free_energy(2 * X), r"expects \[0, 1\]"),
    ("ae", lambda m: m.hidden_op(X[:, :5]), "X has 5 features, expected 6"),
    ("ae", lambda m: m.forward_output(with_value(np.nan)), r"X\[3, 2\] is nan"),
    ("ae", lambda m: m.backward(X), "X has 6 features, expected 3"),
    ("ae", lambda m: m.backward(2 + X[:, :3]), r"expects \[0, 1\]"),
    ("dnn", lambda m: m.predict(X[0]), r"X has 1 dimension\(s\)"),
    ("dnn", lambda m: m.forward(255 * X), r"expects \[0, 1\]"),
    ("dnn", lambda m: eager.input_gradient(m, X[0], Y), r"X has 1 dimension\(s\)"),
    ("dnn", lambda m: eager.input_gradient(m, X, Y[:3]), "Y has 3 labels, expected 40"),
    ("dnn", lambda m: eager.input_gradient(m, X, Y + 1), "Y has the labels 4, unseen in training"),
    ("dnn", lambda m: eager.fast_gradient_sign(m, 255 * X, Y, 0.1), r"expects \[0, 1\]"),
    ("dnn", lambda m: eager.fast_gradient_sign(m, X, Y, -0.1), "epsilon is -0.1"),
]


@pytest.mark.parametrize(("kind", "call", "message"), REFUSED)
def test_bad_input_is_refused_and_changes_nothing(twins, kind, call, message):
    model = getattr(fitted_once(twins), kind)
    arrays, before = snapshot(model)
    with pytest.raises((ValueError, TypeError), match=message):
        call(model)
    after_arrays, after = snapshot(model)
    assert all(a is b for a, b in zip(arrays, after_arrays, strict=True))
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m: m.AutoEncoder(0), "M is 0, expected at least 1"),
        (lambda m: m.RBM(2.5), "M is 2.5, expected an integer"),
        (lambda m: m.AutoEncoder(3, hidden="tanh"), "hidden is 'tanh', expected one of 'sigmoid', 'linear'"),
        (lambda m: m.AutoEncoder(3, output="tanh"), "output is 'tanh'"),
        (lambda m: m.AutoEncoder(3, dtype="int32"), "dtype is int32, expected 'float32' or 'float64'"),
        (lambda m: m.RBM(3, dtype="single precision"), "dtype is 'single precision', expected"),
        (lambda m: m.RBM(3, random_state="seed"), "random_state is 'seed'"),
        (lambda m: m.RBM(3, rng="seed"), "rng is 'seed'"),
        (
            lambda m: m.AutoEncoder(3, output="linear").fit(X, **BATCH),
            "cost is 'cross_entropy', but the output",
        ),
        (lambda m: m.AutoEncoder(3).forward_hidden(X), "no parameters yet: call fit"),
        (lambda m: m.AutoEncoder(3).hidden_op(X), "no parameters yet: call fit"),
        (lambda m: m.RBM(3).gibbs(X), "no parameters yet: call fit"),
        (lambda m: m.DNN([3]).predict(X), "no parameters yet: call fit"),
        (lambda m: eager.input_gradient(m.DNN([3]), X, Y), "no parameters yet: call fit"),
        (lambda m: eager.fast_gradient_sign(m.DNN([3]), X, Y, 0.1), "no parameters yet: call fit"),
        (lambda m: m.DNN([]), "hidden_layer_sizes is empty"),
        (lambda m: m.DNN(500), "hidden_layer_sizes is 500, expected a list"),
        (lambda m: m.DNN([5, 0]), "M is 0"),
        (lambda m: m.DNN([5, 4], [m.RBM]), "UnsupervisedModel has 1 entries, expected 2"),
        (
            lambda m: m.DNN([5], udl_pt.AutoEncoder),
            "layer of type .*udl_pt.autoencoder.AutoEncoder.*expected",
        ),
        (lambda m: m.DNN([5], udl_pt.RBM), "makes a layer of type .*udl_pt.rbm.RBM"),
        (lambda m: m.DNN([5], "AutoEncoder"), "layer of type .*str"),
        (lambda m: m.DNN([5], m.RBM, corruption=masking(0.3)), "takes no argument 'corruption'"),
        (
            lambda m: m.AutoEncoder.createFromArrays(X, np.zeros(5), np.zeros(40)),
            r"bh has shape \(5,\), expected 6",
        ),
        (
            lambda m: m.RBM.createFromArrays(X, np.zeros(6), np.full(40, np.nan)),
            "b has shape .* finite numbers",
        ),
        (lambda m: m.RBM.createFromArrays(X[0], np.zeros(6), np.zeros(40)), r"W has 1 dimension\(s\)"),
    ],
)
def test_constructors_and_early_calls(twins, make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make(twins)


def test_layers_of_the_other_kind_of_twin_are_refused():
    numpy, torch = parity.side("numpy"), parity.side("torch")
    for dnn, layer in [(numpy.DNN, torch.RBM), (torch.DNN, numpy.RBM), (numpy.DBN, torch.AutoEncoder)]:
        with pytest.raises(TypeError, match="makes a layer of type"):
            dnn([4], layer)


@CORE
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda dbn: dbn.fit(255 * X, pretrain_options=BATCH), "layer 1 of 1 .*divide by 255"),
        (lambda dbn: dbn.fit(X, -1), "pretrain_epochs is -1"),
        (lambda dbn: dbn.fit(X, monitor="step"), "monitor is 'step'"),
        (lambda dbn: dbn.forward(X[:, :5]), "X has 5 features, expected 6"),
        (lambda dbn: dbn.fit_to_input(3), "k is 3, but the last layer has units 0 to 2"),
        (lambda dbn: dbn.fit_to_input(-1), "k is -1"),
        (lambda dbn: dbn.fit_to_input(0, mu=2), "mu is 2"),
        (lambda dbn: dbn.fit_to_input(0, epochs=-1), "epochs is -1"),
        (lambda dbn: eager.DBN([3]).fit_to_input(0), "no parameters yet: call fit"),
        (lambda dbn: eager.DBN([3]).forward(X), "no parameters yet: call fit"),
    ],
)
def test_the_deep_belief_network_refuses_bad_input(call, message):
    dbn = eager.DBN([3], random_state=0).fit(X, pretrain_options=BATCH)
    params, kept = list(dbn.params), copy.deepcopy(dbn.params)
    with pytest.raises((ValueError, TypeError), match=message):
        call(dbn)
    for a, b, c in zip(dbn.params, params, kept, strict=True):
        assert a is b
        np.testing.assert_array_equal(a, c)


@CORE
def test_linear_units_have_no_log_to_drive():
    linear = functools.partial(eager.AutoEncoder, hidden="linear")
    dbn = eager.DBN([3], linear, random_state=0).fit(X, pretrain_options=BATCH | {"learning_rate": 0.01})
    with pytest.raises(TypeError, match="the last layer has linear units"):
        dbn.fit_to_input(0)


def test_too_few_rows_are_fine_where_nothing_is_trained(twins):
    ae = twins.AutoEncoder(3, output="linear", random_state=0).fit(255 * X, epochs=0)
    assert value(ae.W).shape == (6, 3)
    assert ae.costs == []


# How they are called


def book(model, hidden):
    """Give the parameters as arrays, and what the formulas make of X: hidden units, and these passed back."""
    W, c, b = map(value, model.params)
    H = UNITS[hidden](X @ W + c)
    return W, c, b, H, expit(H @ W.T + b)


@pytest.mark.parametrize("hidden", ["sigmoid", "linear"])
def test_the_autoencoders_methods(twins, hidden):
    ae = twins.AutoEncoder(3, hidden=hidden, random_state=0).fit(X, learning_rate=0.05, **BATCH)
    *_, H, X_hat = book(ae, hidden)
    for got, expected in [
        (ae.forward_hidden(X), H),
        (ae.hidden_op(X), H),
        (ae.forward_output(X), X_hat),
        (ae.backward(H), X_hat),  # of linear units these may be any numbers
    ]:
        assert type(got) is np.ndarray
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_the_machines_methods_draw_from_its_stream_in_order(twins):
    rbm = twins.RBM(3, random_state=0, rng=np.random.default_rng(3)).fit(
        X, persistent=True, n_chains=7, **BATCH
    )
    W, c, b, P, X_hat = book(rbm, "sigmoid")
    np.testing.assert_allclose(rbm.hidden_op(X), P, rtol=1e-12)
    np.testing.assert_allclose(rbm.forward_output(X), X_hat, rtol=1e-12)
    np.testing.assert_allclose(rbm.backward(P), X_hat, rtol=1e-12)
    assert value(rbm.chains).shape == (7, 3)
    assert set(value(rbm.chains).ravel()) <= {0, 1}
    uniform = copy.deepcopy(rbm.rng.generator).random
    H = (uniform((40, 3)) < P) * 1.0
    np.testing.assert_array_equal(rbm.sample_h_given_v(X), H)
    np.testing.assert_array_equal(rbm.sample_v_given_h(H), uniform((40, 6)) < X_hat_of(H, W, b))
    V = X
    for _ in range(4):
        H, for_v = uniform((40, 3)) < expit(V @ W + c), uniform((40, 6))
        V = (for_v < X_hat_of(H, W, b)) * 1.0
    got = rbm.gibbs(X, 4)
    assert type(got) is np.ndarray
    np.testing.assert_array_equal(got, V)


def X_hat_of(H, W, b):
    return expit(H @ W.T + b)


def test_the_networks_methods(twins):
    dnn, (W, b, *forward) = stack(twins, [5, 3], ["rbm", "autoencoder"])
    A = up(X, forward, ["rbm", "autoencoder"]) @ W + b
    np.testing.assert_allclose(dnn.logits(X), A, rtol=1e-11)
    np.testing.assert_allclose(dnn.forward(X), softmax(A, axis=1), rtol=1e-11)
    np.testing.assert_array_equal(dnn.predict(X), A.argmax(axis=1))
    assert dnn.velocities[-1] is dnn.dW


@CORE
def test_the_deep_belief_network_passes_up():
    dbn = eager.DBN([5, 3], [eager.RBM, eager.AutoEncoder], random_state=0).fit(X, 2, pretrain_options=BATCH)
    np.testing.assert_allclose(dbn.forward(X), up(X, dbn.params, ["rbm", "autoencoder"]), rtol=1e-12)
    assert [len(layer.costs) for layer in dbn.hidden_layers] == [2, 2]


def test_costs_once_an_epoch_are_those_of_evenly_spaced_rows(twins):
    data = np.random.RandomState(1).rand(600, 6)
    ae = twins.AutoEncoder(3, random_state=0).fit(data, epochs=3)
    x_hat = ae.forward_output(data[::2])
    expected = -(xlogy(data[::2], x_hat) + xlog1py(1 - data[::2], -x_hat)).sum() / 300
    assert len(ae.costs) == 3
    assert ae.costs[-1] == pytest.approx(expected, rel=1e-12)
    assert twins.RBM(3, random_state=0).fit(data, monitor=None).costs == []


@pytest.mark.parametrize(("name", "biases"), [("AutoEncoder", ("bh", "bo")), ("RBM", ("c", "b"))])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_create_from_arrays_sets_everything_and_owns_copies(twins, name, biases, dtype):
    chance = np.random.RandomState(1)
    arrays = {"W": X.astype(dtype)} | {
        b: chance.randn(n).astype(dtype) for b, n in zip(biases, (6, 40), strict=True)
    }
    kept = copy.deepcopy(arrays)
    model = getattr(twins, name).createFromArrays(**arrays, an_id="mine")
    for array in arrays.values():
        array += 1
    assert (model.M, model.n_features, model.id, model.dtype) == (6, 40, "mine", dtype)
    for attribute, array in kept.items():
        np.testing.assert_array_equal(value(getattr(model, attribute)), array)
        np.testing.assert_array_equal(value(getattr(model, f"d{attribute}")), np.zeros_like(array))
    assert all(a is b for a, b in zip(model.forward_params, model.params[:2], strict=True))
    Z = model.hidden_op(np.eye(40))
    assert Z.dtype == dtype
    np.testing.assert_allclose(
        Z, expit(kept["W"] + kept[biases[0]]), rtol=1e-5 if dtype == "float32" else 1e-12
    )


@pytest.mark.parametrize("form", ["list", "float32", "fortran", "read-only", "backwards", "memmap"])
def test_many_forms_of_the_same_numbers(twins, form, tmp_path):
    data = X.astype("float32").astype(float)
    forms = {
        "list": data.tolist(),
        "float32": data.astype("float32"),
        "fortran": np.asfortranarray(data),
        "read-only": data.copy(),
        "backwards": data[::-1, ::-1].copy()[::-1, ::-1],
        "memmap": np.memmap(tmp_path / "X", dtype=float, shape=data.shape, mode="w+"),
    }
    forms["read-only"].flags.writeable = False
    forms["memmap"][:] = data
    forms["memmap"].flush()
    forms["memmap"] = np.memmap(tmp_path / "X", dtype=float, shape=data.shape, mode="r")
    for Model in (twins.AutoEncoder, twins.RBM):
        expected = Model(4, random_state=0).fit(data, **BATCH)
        got = Model(4, random_state=0).fit(forms[form], **BATCH)
        np.testing.assert_array_equal(value(got.W), value(expected.W))
        np.testing.assert_array_equal(got.hidden_op(forms[form]), expected.hidden_op(data))
    dnn = twins.DNN([4], random_state=0).fit(forms[form], Y.tolist(), forms[form], Y, pretrain=False, **BATCH)
    assert type(twins.fast_gradient_sign(dnn, forms[form], Y.tolist(), 0.1)) is np.ndarray


def test_copies_and_pickles_work_on_their_own(twins):
    for model in vars(fitted(twins)).values():
        method = "logits" if hasattr(model, "logits") else "hidden_op"
        before = getattr(model, method)(X)
        for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            np.testing.assert_array_equal(getattr(other, method)(X), before)
            for p in other.params:
                p *= 0
            assert not np.allclose(getattr(other, method)(X), before)
        np.testing.assert_array_equal(getattr(model, method)(X), before)


@CORE
def test_show_fig_shows_the_costs(monkeypatch):
    shown = []
    monkeypatch.setattr("udl_pt.plots.show_costs", lambda costs, title: shown.append((list(costs), title)))
    ae = eager.AutoEncoder(3, random_state=0).fit(X, show_fig=True, **BATCH)
    rbm = eager.RBM(3, random_state=0).fit(X, show_fig=True, **BATCH)
    dnn = eager.DNN([3], random_state=0).fit(**LABELLED, pretrain=False, show_fig=True)
    dbn = eager.DBN([3], random_state=0).fit(X, pretrain_options=BATCH)
    dbn.fit_to_input(1, epochs=5, show_fig=True)
    titles = ["AutoEncoder(3)", "RBM(3)", "DNN([3])", "unit 1 of DBN([3])"]
    assert shown == list(zip([ae.costs, rbm.costs, dnn.costs, dbn.costs], titles, strict=True))


# The same face


CLASSES = ["AutoEncoder", "RBM", "DNN", "DBN", "PCA", "SymmetricSNE", "TSNE"]
NO_TWIN = {"z", "valid_costs", "valid_errors"}  # of Gaussian units and of validation sets


def documented_attributes(cls):
    section = inspect.getdoc(cls).split("Attributes\n----------\n")[1]
    names = re.findall(r"^([\w, ]+) : ", section, re.MULTILINE)
    return {name.strip() for line in names for name in line.split(",")}


def trained(name):
    models = fitted_once(parity.side("numpy"))
    return {
        "AutoEncoder": lambda: models.ae,
        "RBM": lambda: models.rbm,
        "DNN": lambda: models.dnn,
        "DBN": lambda: eager.DBN([3], random_state=0).fit(X, pretrain_options=BATCH),
        "PCA": lambda: eager.PCA().fit(X),
    }[name]()


@CORE
@pytest.mark.parametrize("name", ["AutoEncoder", "RBM", "DNN", "DBN", "PCA"])
def test_what_the_symbolic_class_documents_is_there_after_fit(name):
    attributes = documented_attributes(getattr(udl_pt, name))
    assert len(attributes) >= 3
    model = trained(name)
    assert {attribute for attribute in attributes if not hasattr(model, attribute)} <= NO_TWIN


@CORE
@pytest.mark.parametrize("name", CLASSES)
def test_arguments_have_the_same_names_order_and_defaults(name):
    """All that the symbolic method takes: what has no twin as it is by default, else it is refused."""
    ours, theirs = getattr(eager, name), getattr(udl_pt, name)
    methods = [n for n in dir(ours) if hasattr(theirs, n) and callable(getattr(ours, n))]
    methods = [n for n in methods if not n.startswith("_")] + ["__init__"]
    assert {"fit", "fit_transform"} & set(methods)
    for method in methods:
        of_ours, of_theirs = (
            {n: p for n, p in inspect.signature(getattr(cls, method)).parameters.items() if n != "self"}
            for cls in (ours, theirs)
        )
        takes_beyond = of_ours.pop("beyond", None) is not None
        beyond = {n: p.default for n, p in of_theirs.items() if n not in of_ours}
        assert takes_beyond == bool(beyond), method
        assert list(of_ours) == [n for n in of_theirs if n in of_ours], method
        for n in of_ours:
            if n == "UnsupervisedModel":  # each its own
                continue
            a, b = of_ours[n], of_theirs[n]
            assert (a.kind, a.default) == (b.kind, b.default), (method, n)
        if beyond:
            call = called_small(name, method)
            call(**beyond)
            for n, default in beyond.items():
                other = "jax" if n == "backend" else "other" if isinstance(default, str) else 7
                with pytest.raises(ValueError, match=f"{n} is .* has no twin of that"):
                    call(**{n: other})
            with pytest.raises(TypeError, match="takes no argument 'nonsense'"):
                call(nonsense=1)


def called_small(name, method):
    """Give a method of a new twin with what it needs."""
    of = {
        "AutoEncoder": lambda **o: eager.AutoEncoder(3, **o),
        "RBM": lambda **o: eager.RBM(3, **o),
        "DNN": lambda **o: eager.DNN([3], **o),
        "DBN": lambda **o: eager.DBN([3], **o),
        "PCA": lambda **o: eager.PCA(2, **o),
        "SymmetricSNE": lambda **o: eager.SymmetricSNE(perplexity=3, max_iter=1, **o),
        "TSNE": lambda **o: eager.TSNE(perplexity=3, max_iter=1, **o),
    }[name]
    if method == "__init__":
        return of
    fit = {"DNN": LABELLED | {"pretrain": False}, "DBN": {"X": X, "pretrain_epochs": 0}}.get(name, {"X": X})
    if name in ("AutoEncoder", "RBM"):
        fit |= BATCH
    return functools.partial(getattr(of(), method), **fit)


def test_the_torch_twins_take_what_the_numpy_twins_take():
    torch = parity.side("torch")
    for name in ("AutoEncoder", "RBM", "DNN"):
        ours, theirs = getattr(torch, name), getattr(eager, name)
        for method in ("__init__", "fit"):
            assert inspect.signature(getattr(ours, method)) == inspect.signature(getattr(theirs, method))


# PyTorch


def test_tensors_in_tensors_out_and_arrays_in_arrays_out():
    twins = parity.side("torch")
    models = fitted(twins)
    H = expit(X[:, :3])
    calls = [
        *((getattr(models.ae, name), X) for name in ("forward_hidden", "hidden_op", "forward_output")),
        *((getattr(models.rbm, name), X) for name in ("forward_hidden", "free_energy", "sample_h_given_v")),
        (models.ae.backward, H),
        (models.rbm.sample_v_given_h, np.round(H)),
        (functools.partial(models.rbm.gibbs, k=3), np.round(X)),
        *((getattr(models.dnn, name), X) for name in ("logits", "forward", "predict")),
        (lambda x: twins.input_gradient(models.dnn, x, Y), X),
        (lambda x: twins.fast_gradient_sign(models.dnn, x, Y, 0.1), X),
    ]
    for call, argument in calls:
        generator = models.rbm.rng.generator
        state = generator.bit_generator.state
        array = call(argument)
        generator.bit_generator.state = state
        result = call(tensor(argument))
        assert type(array) is np.ndarray
        assert type(result) is type(tensor(argument))
        assert not result.requires_grad
        np.testing.assert_array_equal(value(result), array)


def test_what_is_given_tensors_can_be_differentiated():
    twins = parity.side("torch")
    models = fitted(twins)
    W, bh, _ = map(value, models.ae.params)
    x = tensor(X).requires_grad_(True)
    models.ae.forward_hidden(x).sum().backward()
    Z = expit(X @ W + bh)
    np.testing.assert_allclose(x.grad, Z * (1 - Z) @ W.T, rtol=1e-10)

    x = tensor(X).requires_grad_(True)
    models.rbm.free_energy(x).sum().backward()
    W, c, b = map(value, models.rbm.params)
    np.testing.assert_allclose(x.grad, -b - expit(X @ W + c) @ W.T, rtol=1e-10)

    x = tensor(X).requires_grad_(True)
    models.dnn._cost(x, Y).backward()
    np.testing.assert_allclose(x.grad, twins.input_gradient(models.dnn, X, Y), rtol=1e-10, atol=1e-15)
    assert all(p.grad is None for p in models.dnn.params)


def test_parameters_ask_for_gradients_only_within_a_step():
    twins = parity.side("torch")
    asked, broken = [], []

    class Watch:
        def on_batch(self, progress):
            asked.append([p.requires_grad for p in progress.model.params])

        def __call__(self, progress):
            pass

    def corruption(X, stream):
        broken.append(ae.W.requires_grad if hasattr(ae, "W") else None)
        if len(broken) == 3:
            raise RuntimeError("broken")
        return X

    dnn = twins.DNN([4], random_state=0).fit(**LABELLED, pretrain_options=BATCH, callbacks=[Watch()])
    assert len(asked) == 8
    assert not any(map(any, asked))
    x = dnn._param(X[:3].copy())
    with pytest.raises(IndexError):
        dnn._gradients(value(x), Y[:3] + 100, 0.0, 1.0)
    assert not any(p.requires_grad for p in dnn.params)

    ae = SimpleNamespace()
    ae = twins.AutoEncoder(3, corruption=corruption, random_state=0)
    with pytest.raises(RuntimeError, match="broken"):
        ae.fit(X, **BATCH)
    assert not any(p.requires_grad for p in ae.params)


def test_a_step_is_followed_though_the_caller_wants_no_gradients():
    import torch

    models = parity.side("torch")
    with torch.no_grad():
        inside = fitted(models)
    for a, b in zip(vars(inside).values(), vars(fitted(models)).values(), strict=True):
        np.testing.assert_array_equal(value(a.W), value(b.W))


def test_a_model_without_parameters_refuses_tensors():
    for name in ("AutoEncoder", "RBM"):
        with pytest.raises(NotFittedError, match="no parameters yet"):
            getattr(parity.side("torch"), name)(3).forward_hidden(tensor(X))
