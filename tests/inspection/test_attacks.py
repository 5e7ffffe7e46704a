"""Attacks against finite differences, NumPy written by hand, and another library on the same weights."""

import warnings

import jax
import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from on_backends import ON_BACKENDS
from scipy.special import log_softmax, softmax

from udl_pt import DNN
from udl_pt._support.exceptions import NotFittedError
from udl_pt.backends import Function
from udl_pt.inspection._classifiers import LogitsFunction
from udl_pt.inspection.attacks import (
    fast_gradient_sign,
    gradient_step,
    input_gradient,
    outcome,
    projected_gradient,
    random_noise,
    smallest_change,
)

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Please import .* from the .scipy", DeprecationWarning)
    import foolbox

D, K, N = 12, 4, 30
rs = np.random.RandomState(0)
W1, b1, W2, b2 = 2 * rs.randn(D, 7), rs.randn(7), 2 * rs.randn(7, K), rs.randn(K)
X = rs.rand(N, D)
TOLERANCE = {"float64": 1e-10, "float32": 1e-4}


def logits(x):
    """Return the network's logits, in NumPy."""
    return 1 / (1 + np.exp(-(x @ W1 + b1))) @ W2 + b2


Y = logits(X).argmax(axis=1)
Y[:3] = (Y[:3] + 1) % K  # three images that the network takes for something else


def symbolic(x):
    """Return them as a graph."""
    W1_, b1_, W2_, b2_ = (w.astype(x.dtype) for w in (W1, b1, W2, b2))
    return pt.sigmoid(x.dot(W1_) + b1_).dot(W2_) + b2_


def network(backend="jax", dtype="float64"):
    """Return a DNN of these weights."""
    dnn = DNN([7], random_state=0, dtype=dtype)
    labels = np.arange(N) % K
    dnn.fit(X, labels, X, labels, pretrain=False, epochs=0, batch_sz=N, backend=backend)
    for p, value in zip(dnn.params, (W2, b2, W1, b1), strict=True):
        p.set_value(value.astype(dtype))
    return dnn


@pytest.fixture(scope="module")
def dnn():
    return network()


def gradient(x, y, sign=1):
    """Return the gradient of an image's cost, by hand."""
    H = 1 / (1 + np.exp(-(x @ W1 + b1)))
    dL = softmax(H @ W2 + b2, axis=1) - np.eye(K)[y]
    return sign * (dL @ W2.T * H * (1 - H)) @ W1.T


def test_the_gradient_is_that_of_finite_differences(dnn):
    def cost(x):
        return -log_softmax(logits(x), axis=1)[np.arange(N), Y]

    each = [(cost(X + 1e-6 * e) - cost(X - 1e-6 * e)) / 2e-6 for e in np.eye(D)]
    np.testing.assert_allclose(input_gradient(dnn, X, Y), np.array(each).T, atol=1e-7)


def all_attacks(dnn, x, y):
    """Return what all attacks make of arrays, or of variables."""
    return {
        "gradient": input_gradient(dnn, x, y),
        "step": gradient_step(dnn, x, y, 0.3),
        "sign": fast_gradient_sign(dnn, x, y, 0.1),
        "toward": fast_gradient_sign(dnn, x, y, 0.1, target=(y + 2) % K),
        "linf": projected_gradient(dnn, x, y, 0.2, norm="linf", steps=5),
        "l2": projected_gradient(dnn, x, y, 0.2, norm="l2", steps=5),
    }


def assert_attacks(got, dtype):
    g, toward = gradient(X, Y), gradient(X, (Y + 2) % K, -1)
    expected = {
        "gradient": g,
        "step": np.clip(X + 0.3 * g / np.linalg.norm(g, axis=1, keepdims=True), 0, 1),
        "sign": np.clip(X + 0.1 * np.sign(g), 0, 1),
        "toward": np.clip(X + 0.1 * np.sign(toward), 0, 1),
    }
    for norm in ("linf", "l2"):
        Z = X.copy()
        for _ in range(5):
            up = gradient(Z, Y)
            up = np.sign(up) if norm == "linf" else up / np.linalg.norm(up, axis=1, keepdims=True)
            change = Z + 0.5 * 0.2 * up - X
            if norm == "linf":
                change = np.clip(change, -0.2, 0.2)
            else:
                change *= np.minimum(1, 0.2 / np.linalg.norm(change, axis=1, keepdims=True))
            Z = np.clip(X + change, 0, 1)
        expected[norm] = Z
    for name, value in expected.items():
        assert got[name].dtype == dtype
        np.testing.assert_allclose(got[name], value, atol=TOLERANCE[dtype], err_msg=name)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_every_attack_is_what_it_says(dtype):
    assert_attacks(all_attacks(network(dtype=dtype), X, Y), dtype)


@pytest.mark.parametrize(
    ("backend", "dtype"),
    [
        pytest.param("numba", "float64", marks=pytest.mark.slow),
        pytest.param("c", "float32", marks=pytest.mark.exhaustive),
        ("jax", "float32"),
    ],
)
def test_every_attack_is_a_graph_for_every_backend(backend, dtype):
    """In one function, since each takes seconds to compile."""
    x, y = pt.matrix("x", dtype=dtype), pt.ivector("y")
    graphs = all_attacks(network(backend, dtype), x, y)
    function = Function([x, y], list(graphs.values()), backend=backend)
    got = function(X.astype(dtype), Y.astype("int32"))
    assert_attacks(dict(zip(graphs, got, strict=True)), dtype)


@pytest.mark.parametrize("shape", [(3, 4), (2, 2, 3)])
def test_images_keep_their_shape(dnn, shape):
    images = X.reshape(N, *shape)
    for name, changed in all_attacks(dnn, images, Y).items():
        assert changed.shape == images.shape, name
        np.testing.assert_array_equal(changed.reshape(N, D), all_attacks(dnn, X, Y)[name])
    at_random = projected_gradient(dnn, images, Y, 0.1, random_state=0, steps=2)
    np.testing.assert_array_equal(
        at_random.reshape(N, D), projected_gradient(dnn, X, Y, 0.1, random_state=0, steps=2)
    )
    changed, sizes = smallest_change(dnn, images, Y, steps=2, rounds=2)
    expected = smallest_change(dnn, X, Y, steps=2, rounds=2)
    np.testing.assert_array_equal(changed.reshape(N, D), expected[0])
    np.testing.assert_array_equal(sizes, expected[1])
    noisy = random_noise(images, 0.1)
    np.testing.assert_array_equal(noisy.reshape(N, D), random_noise(X, 0.1))
    assert outcome(dnn, images, Y, noisy).linf == outcome(dnn, X, Y, random_noise(X, 0.1)).linf
    with pytest.raises(ValueError, match=r"X has (12|6) features"):
        fast_gradient_sign(dnn, images[:, :, :2] if len(shape) == 2 else images[:, :1], Y, 0.1)


def test_any_function_with_logits_and_any_graph_of_images_will_do(dnn):
    np.testing.assert_allclose(
        fast_gradient_sign(symbolic, X, Y, 0.1), fast_gradient_sign(dnn, X, Y, 0.1), atol=1e-12
    )
    assert fast_gradient_sign(symbolic, X.astype("float32"), Y, 0.1).dtype == "float32"
    x, y, epsilon = pt.dmatrix("x"), pt.ivector("y"), pt.dscalar("epsilon")
    attacks = {
        "sign": fast_gradient_sign(symbolic, x, y, epsilon),
        "toward 2": fast_gradient_sign(symbolic, x, y, epsilon, target=2),
        "projected": projected_gradient(dnn, x, y, epsilon, steps=4, norm="l2"),
        "each": gradient_step(dnn, x, y, np.linspace(0, 1, N)),
    }
    function = Function([x, y, epsilon], list(attacks.values()), backend="jax")
    got = dict(zip(attacks, function(X, Y.astype("int32"), np.array(0.1)), strict=True))
    other = Y != 2
    np.testing.assert_allclose(got["sign"], fast_gradient_sign(dnn, X, Y, 0.1))
    np.testing.assert_allclose(
        got["toward 2"][other], fast_gradient_sign(dnn, X[other], Y[other], 0.1, target=2)
    )
    np.testing.assert_allclose(got["projected"], projected_gradient(dnn, X, Y, 0.1, steps=4, norm="l2"))
    np.testing.assert_allclose(got["each"], gradient_step(dnn, X, Y, np.linspace(0, 1, N)))


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_another_library_finds_the_same_images(dnn, norm):
    jnp = jax.numpy

    def model(x):
        weights = [jnp.asarray(w, "float32") for w in (W1, b1, W2, b2)]
        return jax.nn.sigmoid(x @ weights[0] + weights[1]) @ weights[2] + weights[3]

    theirs = foolbox.JAXModel(model, bounds=(0, 1))
    images, labels = jnp.asarray(X, "float32"), jnp.asarray(Y)
    fast = {"linf": foolbox.attacks.FGSM, "l2": foolbox.attacks.FGM}[norm](random_start=False)
    many = {"linf": foolbox.attacks.LinfPGD, "l2": foolbox.attacks.L2PGD}[norm]
    many = many(rel_stepsize=0.1, steps=20, random_start=False)
    ours32 = network(dtype="float32")
    for attack, ours in (
        (fast, fast_gradient_sign if norm == "linf" else gradient_step),
        (many, lambda *given: projected_gradient(*given, norm=norm, steps=20, rel_step=0.1)),
    ):
        _, expected, _ = attack(theirs, images, labels, epsilons=0.15)
        np.testing.assert_allclose(ours(ours32, X, Y, 0.15), np.asarray(expected), atol=1e-5)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_what_is_changed_stays_in_the_ball_and_in_the_box(dnn, norm):
    epsilon = np.linspace(0, 0.4, N)
    for random_state in (None, 3):
        changed = projected_gradient(dnn, X, Y, epsilon, norm=norm, random_state=random_state)
        assert ((changed >= 0) & (changed <= 1)).all()
        change = changed - X
        size = abs(change).max(axis=1) if norm == "linf" else np.linalg.norm(change, axis=1)
        assert (size <= epsilon + 1e-12).all()
        np.testing.assert_array_equal(changed[0], X[0])
        assert size[-1] > 0.3


def test_a_random_start_is_reproducible_and_fills_the_ball(dnn):
    one, two = (projected_gradient(dnn, X, Y, 0.2, steps=1, rel_step=0.0, random_state=s) for s in (1, 2))
    np.testing.assert_array_equal(
        one, projected_gradient(dnn, X, Y, 0.2, steps=1, rel_step=0.0, random_state=1)
    )
    assert not np.allclose(one, two)
    middle = np.full((4000, 2), 0.5)
    far = projected_gradient(
        lambda x: x, middle, np.zeros(4000, int), 0.2, norm="l2", steps=1, rel_step=0.0, random_state=0
    )
    radius = np.linalg.norm(far - 0.5, axis=1) / 0.2
    np.testing.assert_allclose(np.mean(radius < 0.5), 0.25, atol=0.03)  # a quarter of a disc's area


@pytest.mark.parametrize(("norm", "steps"), [("linf", 1), ("l2", 1), ("linf", 20)])
def test_the_smallest_change_of_a_linear_model_is_the_distance_to_the_boundary(norm, steps):
    w = np.array([0.3, -0.2, 0.1, 0.4])

    def model(x):
        score = x.dot(w)
        return pt.stack([pt.zeros_like(score), score - 0.3], axis=1)

    images = 0.5 + 0.1 * np.random.RandomState(1).rand(20, 4)
    score = images @ w - 0.3
    labels = (score > 0).astype(int)
    changed, size = smallest_change(model, images, labels, norm=norm, steps=steps, rounds=20)
    expected = abs(score) / (abs(w).sum() if norm == "linf" else np.linalg.norm(w))
    np.testing.assert_allclose(size, expected, atol=1e-3)
    assert ((changed @ w - 0.3 > 0).astype(int) != labels).all()


def test_the_smallest_change_leaves_what_is_wrong_already_and_what_cannot_be_changed(dnn):
    changed, size = smallest_change(dnn, X, Y)
    np.testing.assert_array_equal(size[:3], 0)
    np.testing.assert_array_equal(changed[:3], X[:3])
    found = np.isfinite(size)
    assert (dnn.predict(changed[found]) != Y[found]).all()
    np.testing.assert_allclose(abs(changed[found] - X[found]).max(axis=1), size[found])
    none, infinite = smallest_change(lambda x: pt.stack([x[:, 0] + 9, x[:, 0]], axis=1), X, np.zeros(N, int))
    assert np.isinf(infinite).all()
    np.testing.assert_array_equal(none, X)


def test_an_attack_does_more_than_noise_of_the_same_size(dnn):
    attack = outcome(dnn, X, Y, fast_gradient_sign(dnn, X, Y, 0.1))
    noise = outcome(dnn, X, Y, random_noise(X, 0.1))
    assert attack.success_rate > noise.success_rate + 0.3


def test_outcome_counts(dnn):
    changed = X.copy()
    changed[:, 0] = 1 - changed[:, 0]
    got = outcome(dnn, X, Y, changed)
    p, q = softmax(logits(X), axis=1), softmax(logits(changed), axis=1)
    right = p.argmax(axis=1) == Y
    assert right.sum() == N - 3
    assert got.error_before == 3 / N
    assert got.error_after == np.mean(q.argmax(axis=1) != Y)
    assert got.success_rate == np.mean(q.argmax(axis=1)[right] != Y[right])
    np.testing.assert_allclose(
        [got.confidence_before, got.confidence_after], [p.max(1).mean(), q.max(1).mean()]
    )
    np.testing.assert_array_equal(got.seen_after, q.argmax(axis=1))
    np.testing.assert_allclose(got.linf, abs(changed - X).max(axis=1).mean())
    np.testing.assert_allclose(got.l2, np.linalg.norm(changed - X, axis=1).mean())
    target = (Y + 1) % K
    assert outcome(dnn, X, Y, changed, target=target).success_rate == np.mean(q.argmax(axis=1) == target)


def test_noise_is_as_large_as_it_says():
    middle = np.full((5, D), 0.5)
    np.testing.assert_allclose(abs(random_noise(middle, 0.2) - 0.5), 0.2)
    np.testing.assert_allclose(np.linalg.norm(random_noise(middle, 0.2, norm="l2") - 0.5, axis=1), 0.2)
    np.testing.assert_array_equal(random_noise(X, 0.2), random_noise(X, 0.2))
    assert random_noise(np.ones((2, 3), int), 0.5).dtype == pytensor.config.floatX


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda m: fast_gradient_sign(m, X, Y, -0.1),
            ValueError,
            "epsilon is -0.1, expected a finite number of at",
        ),
        (
            lambda m: fast_gradient_sign(m, X, Y, [0.1, 0.2]),
            ValueError,
            r"epsilon has shape \(2,\), expected a number or",
        ),
        (lambda m: gradient_step(m, X, Y, np.inf), ValueError, "size is inf"),
        (lambda m: fast_gradient_sign(m, X + 1, Y, 0.1), ValueError, r"expects \[0, 1\]"),
        (lambda m: fast_gradient_sign(m, X[:, 1:], Y, 0.1), ValueError, "X has 11 features, expected 12"),
        (lambda m: fast_gradient_sign(m, X, Y + K, 0.1), ValueError, "Y has the labels 4, 5, 6, unseen"),
        (
            lambda m: fast_gradient_sign(symbolic, X, Y - 1, 0.1),
            ValueError,
            "Y has the labels -1, .*expected labels from 0 on",
        ),
        (lambda m: fast_gradient_sign(m, X, Y[1:], 0.1), ValueError, "Y has 29 labels, expected 30"),
        (
            lambda m: fast_gradient_sign(m, X, Y, 0.1, target=Y),
            ValueError,
            "target of image 0 is ., which is its label",
        ),
        (lambda m: fast_gradient_sign(m, X, Y, 0.1, target=9), ValueError, "target has the labels 9, unseen"),
        (
            lambda m: fast_gradient_sign(m, X, Y, 0.1, target=0.5),
            TypeError,
            "target is 0.5, expected a vector",
        ),
        (lambda m: fast_gradient_sign(m, X, Y, 1e39), ValueError, "epsilon is 1e.39, expected at most 3.46"),
        (lambda m: fast_gradient_sign(m, X, Y, "some"), TypeError, "epsilon is 'some', expected a number"),
        (
            lambda m: fast_gradient_sign(m, X, Y, np.full(X.shape, 0.1)),
            ValueError,
            r"epsilon has shape \(30, 12\)",
        ),
        (lambda m: fast_gradient_sign(m, pt.dmatrix(), Y, -0.1), ValueError, "epsilon is -0.1"),
        (
            lambda m: fast_gradient_sign(m, pt.dvector(), Y, 0.1),
            ValueError,
            "expected a matrix",
        ),
        (
            lambda m: fast_gradient_sign(5, pt.dmatrix(), Y, 0.1),
            TypeError,
            "model is 5, expected a DNN, or a function",
        ),
        (lambda m: fast_gradient_sign(DNN([3]), pt.dmatrix(), Y, 0.1), NotFittedError, "no parameters yet"),
        (lambda m: projected_gradient(m, pt.dmatrix(), Y, 0.1, random_state=0), TypeError, "is for arrays"),
        (lambda m: fast_gradient_sign(lambda x: 3, X, Y, 0.1), TypeError, "returns logits, .*; it returns 3"),
        (lambda m: fast_gradient_sign(lambda x: x.sum(axis=1), X, Y, 0.1), TypeError, "it returns"),
        (lambda m: fast_gradient_sign(DNN, X, Y, 0.1), TypeError, "called with these arguments, it raised"),
        (lambda m: projected_gradient(m, X, Y, 0.1, norm="l1"), ValueError, "norm is 'l1', expected one of"),
        (lambda m: projected_gradient(m, X, Y, 0.1, steps=0), ValueError, "steps is 0, expected at least 1"),
        (lambda m: projected_gradient(m, X, Y, 0.1, rel_step=-1), ValueError, "rel_step is -1"),
        (lambda m: smallest_change(m, X, Y, rounds=0), ValueError, "rounds is 0"),
        (lambda m: outcome(m, X, Y, X[1:]), ValueError, "changed has 29 images, expected those of X, 30"),
        (lambda m: outcome(m, X, Y, X - 1), ValueError, r"changed has values.*expects \[0, 1\]"),
        (lambda m: random_noise(X, 0.1, norm="l3"), ValueError, "norm is 'l3'"),
        (
            lambda m: fast_gradient_sign(W1, X, Y, 0.1),
            TypeError,
            "expected a DNN, or a function of a matrix",
        ),
        (lambda m: fast_gradient_sign(DNN([3]), X, Y, 0.1), NotFittedError, "DNN has no parameters yet"),
    ],
)
def test_bad_input(dnn, call, error, message):
    with pytest.raises(error, match=message):
        call(dnn)


def test_bad_input_does_not_move_the_generator(dnn):
    generator = np.random.RandomState(0)
    before = generator.get_state()[1].copy()
    with pytest.raises(ValueError, match="unseen"):
        projected_gradient(dnn, X, Y + K, 0.1, random_state=generator)
    np.testing.assert_array_equal(generator.get_state()[1], before)


@pytest.mark.parametrize("backend", ON_BACKENDS)
def test_a_network_too_sure_of_itself_is_tricked_all_the_same(backend):
    """Where a probability rounds to one, the gradient of J is zero, but not that of the odds."""
    sure = network(backend, "float32")
    for p in sure.params[:2]:
        p.set_value(np.float32(1000) * p.get_value())
    right = logits(X).argmax(axis=1) == Y
    assert (input_gradient(sure, X[right], Y[right]) == 0).all(axis=1).mean() > 0.5
    L = 1000 * logits(X)
    best = np.where(np.eye(K)[Y] == 1, -np.inf, L)
    # of logits so large the odds are those of the best other class against the label
    H = 1 / (1 + np.exp(-(X @ W1 + b1)))
    against = np.eye(K)[best.argmax(axis=1)] - np.eye(K)[Y]
    clear = np.sort(best, axis=1)[:, -1] - np.sort(best, axis=1)[:, -2] > 50
    expected = np.clip(X + 0.1 * np.sign((against @ W2.T * H * (1 - H)) @ W1.T), 0, 1)
    np.testing.assert_allclose(fast_gradient_sign(sure, X, Y, 0.1)[clear], expected[clear], atol=1e-6)
    assert clear.sum() > 20


def test_a_function_of_logits_is_compiled_once_where_it_is_kept():
    model = LogitsFunction(symbolic, "float64", D)
    np.testing.assert_array_equal(
        fast_gradient_sign(model, X, Y, 0.1), fast_gradient_sign(symbolic, X, Y, 0.1)
    )
    kept = dict(model._compiled)
    fast_gradient_sign(model, X, Y, 0.2)
    assert model._compiled == kept


def test_the_smallest_change_is_found_below_radii_at_which_the_attack_fails():
    """The label's logit dips in a narrow valley: steps as long as the largest radii jump over it."""

    def model(x):
        valley = pt.exp(-(((x[:, 0] - 0.62) / 0.02) ** 2))
        slope = 0.1 * (x[:, 0] - 0.5)
        return pt.stack([pt.zeros_like(valley), valley + slope - 0.5], axis=1)

    images = np.full((1, 1), 0.5)
    _, size = smallest_change(model, images, np.zeros(1, int), steps=4, rounds=14)
    edge = 0.62 - 0.02 * np.sqrt(-np.log(0.5)) - 0.5
    assert edge - 0.01 < size[0] < 0.2
