"""The NumPy twins of both SNEs: Theano's numbers, SciPy, the symbolic side step for step."""

from pathlib import Path

import numpy as np
import psutil
import pytest
from sne_by_scipy import cost_by_scipy, random_P

import udl_pt.models._sne.objective
import udl_pt.models.pca
import udl_pt.models.tsne
from udl_pt._support.exceptions import DivergenceError
from udl_pt.datasets import gaussian_clouds
from udl_pt.eager import tsne as sne
from udl_pt.models._sne.affinities import joint_probabilities

GOLDEN = Path(__file__).parents[1] / "golden" / "sne.npz"
SIDES = [sne, udl_pt.models.tsne]
METHODS = ["SymmetricSNE", "TSNE"]
KINDS = ["sne", "tsne"]
TOLERANCE = {"float64": 1e-10, "float32": 1e-4}


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as z:
        return dict(z)


@pytest.fixture(scope="module")
def clouds():
    return gaussian_clouds(130, random_state=0)[0]


def cost_and_gradient(kind, side=sne):
    return getattr(side, f"{kind}_cost"), getattr(side, f"{kind}_gradient")


def central_differences(f, Y, h=1e-5):
    gradient = np.empty_like(Y)
    for i in np.ndindex(Y.shape):
        up, down = Y.copy(), Y.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


# Cost and gradient


@pytest.mark.parametrize("kind", KINDS)
def test_cost_and_gradient_are_the_originals(golden, kind):
    cost, gradient = cost_and_gradient(kind)
    P, Y = golden["P"], golden["Y"]
    np.testing.assert_allclose(cost(P, Y), golden[f"{kind}_cost"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(gradient(P, Y), golden[f"{kind}_gradient"], rtol=0, atol=1e-12)
    Y = Y.astype("float32")
    assert cost(P, Y).dtype == gradient(P, Y).dtype == np.float32
    np.testing.assert_allclose(cost(P.astype("float32"), Y), golden[f"{kind}_cost"], rtol=1e-6)
    np.testing.assert_allclose(gradient(P.tolist(), Y), golden[f"{kind}_gradient"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("C", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_is_that_of_finite_differences(kind, C):
    cost, gradient = cost_and_gradient(kind)
    P, Y = random_P(7), np.random.RandomState(1).randn(7, C)
    np.testing.assert_allclose(cost(P, Y), cost_by_scipy(kind, P, Y), rtol=1e-12)
    numeric = central_differences(lambda Y: cost_by_scipy(kind, P, Y), Y)
    np.testing.assert_allclose(gradient(P, Y), numeric, rtol=0, atol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["coincide", "together", "apart"])
def test_both_sides_agree_where_points_coincide_and_where_they_are_far_away(kind, place):
    P, Y = random_P(6), np.random.RandomState(1).randn(6, 2)
    P[0, 1] = P[1, 0] = 0
    P /= P.sum()
    if place == "coincide":
        Y[3] = Y[0]
    else:
        Y = np.zeros((6, 2)) if place == "together" else 100.0 * np.arange(12).reshape(6, 2)
    for ours, theirs in zip(
        cost_and_gradient(kind), cost_and_gradient(kind, udl_pt.models._sne.objective), strict=True
    ):
        np.testing.assert_allclose(ours(P, Y), theirs(P, Y), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("side", [sne, udl_pt.models._sne.objective])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda P, Y: (P[:5], Y), r"P has shape \(5, 6\), expected \(6, 6\), as Y has 6 rows"),
        (lambda P, Y: (P * 2, Y), r"the sum 2, expected probabilities of sum 1"),
        (lambda P, Y: (P - 0.02 * (1 - np.eye(6)) + 0.1 * np.eye(6), Y), "smallest value of -"),
        (lambda P, Y: (P + 1e-3 * (np.eye(6, k=1) - np.eye(6, k=-1)), Y), r"P is not symmetric: P\["),
        (lambda P, Y: ((P + np.eye(6) / 6) / 2, Y), "on its diagonal"),
        (lambda P, Y: (np.where(P[0, 1] == P, np.nan, P), Y), r"P\[0, 1\] is nan"),
        (lambda P, Y: (P, Y[:, 0]), r"Y has 1 dimension\(s\)"),
        (lambda P, Y: (P, Y * np.inf), r"Y\[0, 0\] is"),
    ],
)
def test_both_sides_refuse_what_are_no_probabilities(side, change, message):
    P, Y = change(random_P(6), np.random.RandomState(1).randn(6, 2))
    for kind in KINDS:
        for function in cost_and_gradient(kind, side):
            with pytest.raises(ValueError, match=message):
                function(P, Y)


# The descent


def run(side, method, X, C=2, callbacks=(), **options):
    """Embed; also give the points after each iteration."""
    path = []
    model = getattr(side, method)(C, **options)
    model.fit_transform(X, callbacks=[*callbacks, lambda progress: path.append(model.embedding_)])
    return model, np.array(path)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("TSNE", {}),
        ("TSNE", {"init": "random", "random_state": 3}),
        ("SymmetricSNE", {}),
        ("SymmetricSNE", {"early_exaggeration": 2.0}),
        ("SymmetricSNE", {"s": 2.0}),
    ],
)
def test_a_hundred_iterations_on_both_sides(clouds, method, options, dtype):
    """Over the end of the exaggeration; in steps that are small enough for last bits not to grow."""
    options = {"perplexity": 10, "max_iter": 100, "exaggeration_iter": 40, "dtype": dtype, **options}
    rate = {"float64": 1.0, "float32": 0.3}[dtype]
    (eager, path), (symbolic, expected) = (
        run(side, method, clouds, learning_rate=rate, **options) for side in SIDES
    )
    tolerance = TOLERANCE[dtype]
    assert len(path) == 100
    assert eager.embedding_.dtype == dtype
    assert eager.embedding_.std() > 0.1
    np.testing.assert_allclose(path, expected, rtol=0, atol=tolerance)
    np.testing.assert_allclose(eager.costs, symbolic.costs, rtol=0, atol=tolerance)
    assert len(eager.costs) == 2
    assert eager.kl_divergence_ == pytest.approx(symbolic.kl_divergence_, rel=0, abs=tolerance)
    assert eager.kl_divergence_ == eager.costs[-1]


@pytest.mark.parametrize("C", [1, 2, 3])
@pytest.mark.parametrize("method", METHODS)
def test_the_defaults_are_the_same(clouds, method, C):
    """In few iterations: after fifty, even two gradients of the symbolic side are elsewhere."""
    (eager, path), (symbolic, expected) = (
        run(side, method, clouds, C, max_iter=8, dtype="float64") for side in SIDES
    )
    np.testing.assert_allclose(path, expected, rtol=0, atol=1e-10)
    np.testing.assert_allclose(eager.costs, symbolic.costs, rtol=0, atol=1e-10)
    shared = {name for name in vars(symbolic) if name[0] != "_"} - {"n_features_in_"}
    settings = {name for name in shared if isinstance(getattr(symbolic, name), int | float | str | None)}
    assert settings >= {"perplexity", "learning_rate", "early_exaggeration", "exaggeration_iter", "init"}
    assert {name: getattr(eager, name) for name in settings - {"kl_divergence_"}} == {
        name: getattr(symbolic, name) for name in settings - {"kl_divergence_"}
    }


def test_the_recorded_cost_is_the_cost(clouds):
    tsne = sne.TSNE(perplexity=10, max_iter=70, exaggeration_iter=20)
    Y = tsne.fit_transform(clouds)
    assert Y is tsne.embedding_
    assert len(tsne.costs) == 2
    assert tsne.costs[1] < tsne.costs[0]
    expected = cost_by_scipy("tsne", joint_probabilities(clouds, 10), Y)
    np.testing.assert_allclose(tsne.kl_divergence_, expected, rtol=1e-12)


class Recorder:
    """Halve the learning rate from the third iteration on, stop in the sixth, and note what is called."""

    def __init__(self):
        self.seen = []

    def on_check(self, model, rates, records):
        self.seen.append(("check", rates, records))

    def on_start(self, progress):
        self.seen.append(("start", progress.epoch, progress.epochs, progress.hyper["learning_rate"]))

    def on_batch(self, progress):
        self.seen.append(("batch", progress.epoch, progress.batch, progress.n_batches))

    def on_end(self, progress):
        self.seen.append(("end", progress.epoch, progress.stage, progress.cost))

    def __call__(self, progress):
        self.seen.append(("called", progress.epoch))
        if progress.epoch == 2:
            progress.hyper["learning_rate"] /= 2
        progress.stop = progress.epoch == 6


@pytest.mark.parametrize("method", METHODS)
def test_callbacks_are_called_change_the_rate_and_stop_as_there(clouds, method):
    recorders = Recorder(), Recorder()
    (eager, path), (symbolic, expected) = (
        run(side, method, clouds, perplexity=10, dtype="float64", callbacks=[recorder])
        for side, recorder in zip(SIDES, recorders, strict=True)
    )
    assert recorders[0].seen == recorders[1].seen
    assert len(path) == 6
    np.testing.assert_allclose(path, expected, rtol=0, atol=1e-10)
    assert (eager.costs, symbolic.costs) == ([], [])
    assert eager.kl_divergence_ == pytest.approx(symbolic.kl_divergence_, abs=1e-10)


@pytest.mark.parametrize(("dtype", "rate"), [("float64", 1e160), ("float32", 1e25)])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("side", SIDES)
def test_a_cost_that_is_not_finite(side, method, dtype, rate):
    X = np.random.RandomState(0).randn(8, 3)
    model = getattr(side, method)(perplexity=2, learning_rate=rate, max_iter=1, dtype=dtype)
    message = r"\(2\): the cost is not finite in iteration 1 \(learning_rate 1e\+(160|25)\)"
    with pytest.raises(DivergenceError, match=message + "; embedding_ is that before this step"):
        model.fit_transform(X)
    assert model.costs == []
    assert abs(model.embedding_).max() < 1e-3  # the start
    model.max_iter = 5
    with pytest.raises(DivergenceError, match=message + ": use a smaller learning_rate"):
        model.fit_transform(X, callbacks=[lambda progress: setattr(progress, "stop", True)])
    assert not hasattr(model, "kl_divergence_")


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("method", METHODS)
def test_a_step_that_is_not_finite(clouds, method, dtype):
    model = getattr(sne, method)(perplexity=10, init="random", random_state=0, max_iter=1, dtype=dtype)
    model.fit_transform(clouds)
    model.learning_rate, model.max_iter = 1e300 if dtype == "float64" else 1e38, 5
    with pytest.raises(DivergenceError, match=r"not finite in iteration \d+ \(learning_rate 1e\+3(00|8)\)"):
        model.fit_transform(clouds)
    assert np.isfinite(model.embedding_).all()
    assert not hasattr(model, "kl_divergence_")


@pytest.mark.parametrize("method", METHODS)
def test_too_little_memory_is_refused_before_the_start(clouds, method, monkeypatch):
    model = getattr(sne, method)(perplexity=10, max_iter=1)
    before = model.fit_transform(clouds)
    assert model.memory(10_000) == 9 * 10_000**2 * 8
    memory = psutil.virtual_memory()._replace(available=1000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    with pytest.raises(MemoryError, match=rf"for 130 points, .* or use udl_pt\.{method}"):
        model.fit_transform(clouds)
    assert model.embedding_ is before


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("method", METHODS)
def test_no_transform(side, method, clouds):
    with pytest.raises(NotImplementedError, match=r"learns no function.* or use PCA"):
        getattr(side, method)().transform(clouds)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda SNE, X: SNE(0).fit_transform(X), "n_components is 0"),
        (
            lambda SNE, X: SNE(perplexity="many").fit_transform(X),
            "perplexity is 'many', expected a finite number",
        ),
        (
            lambda SNE, X: SNE(learning_rate="fast").fit_transform(X),
            "learning_rate is 'fast', expected a finite number",
        ),
        (lambda SNE, X: SNE(learning_rate=-1).fit_transform(X), "learning_rate is -1"),
        (lambda SNE, X: SNE(max_iter=-1).fit_transform(X), "max_iter is -1"),
        (lambda SNE, X: SNE(gradient="numeric").fit_transform(X), "gradient is 'numeric', expected"),
        (lambda SNE, X: SNE(early_exaggeration=0.5).fit_transform(X), "early_exaggeration is 0.5"),
        (
            lambda SNE, X: SNE(exaggeration_iter=2.5).fit_transform(X),
            "exaggeration_iter is 2.5, expected an integer",
        ),
        (lambda SNE, X: SNE(init="zeros").fit_transform(X), "init is 'zeros'"),
        (lambda SNE, X: SNE(random_state=-1).fit_transform(X), "random_state is -1"),
        (
            lambda SNE, X: SNE(dtype="int32").fit_transform(X),
            "dtype is int32, expected 'float32' or 'float64'",
        ),
        (
            lambda SNE, X: SNE(dtype="single precision").fit_transform(X),
            "dtype is 'single precision', expected",
        ),
        (lambda SNE, X: SNE(perplexity=130).fit_transform(X), "perplexity is 130, expected above 0 and"),
        (
            lambda SNE, X: SNE(perplexity=0).fit_transform(X),
            "perplexity is 0, expected a finite number above 0",
        ),
        (lambda SNE, X: SNE(perplexity=2).fit_transform(X[:3]), "X has 3 rows, expected at least 4"),
        (lambda SNE, X: SNE().fit_transform(np.ones((50, 2))), "all rows of X are the same"),
        (lambda SNE, X: SNE().fit_transform(np.where(X[1, 2] == X, np.nan, X)), r"X\[1, 2\] is nan"),
        (lambda SNE, X: SNE().fit_transform(X[:, 0]), r"X has 1 dimension\(s\)"),
        (lambda SNE, X: SNE().fit_transform(np.r_[X, 1e150 + X[:1]]), "X has points that differ by less"),
        (lambda SNE, X: SNE().fit_transform(None), "X is None, expected"),
        (lambda SNE, X: SNE(4).fit_transform(X), "n_components is 4, but 130 rows of 3 features"),
        (lambda SNE, X: SNE().fit_transform(X, callbacks=[3]), "callbacks is"),
    ],
)
def test_both_sides_refuse_bad_input(clouds, side, method, call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(getattr(side, method), clouds)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: sne.TSNE(gradient="autodiff").fit_transform(np.eye(5)),
            "gradient is 'autodiff', expected one of 'analytic'",
        ),
        (
            lambda: sne.SymmetricSNE(gradient="autodiff").fit_transform(np.eye(5)),
            "expected one of 'analytic'",
        ),
        (
            lambda: sne.TSNE(method="fft").fit_transform(np.eye(5)),
            "method is 'fft', expected one of 'auto', 'exact'",
        ),
        (
            lambda: sne.TSNE(method="barnes_hut").fit_transform(np.eye(5)),
            "method is 'barnes_hut', expected one of 'auto', 'exact'",
        ),
        (lambda: sne.SymmetricSNE(s=-1).fit_transform(np.eye(5)), "s is -1, expected above 0"),
        (
            lambda: sne.SymmetricSNE(s="wide").fit_transform(np.eye(5)),
            "s is 'wide', expected a finite number",
        ),
    ],
)
def test_what_only_the_symbolic_side_has_is_refused_with_the_way_there(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


@pytest.mark.parametrize("side", SIDES, ids=lambda side: side.__name__)
@pytest.mark.parametrize(
    ("method", "options"), [("TSNE", {}), ("SymmetricSNE", {}), ("SymmetricSNE", {"s": 0.5})]
)
def test_the_embedding_is_the_same_at_every_scale(clouds, side, method, options):
    def embedded(k):
        spread = {name: np.ldexp(s, k) for name, s in options.items()}
        SNE = getattr(side, method)(2, perplexity=5, max_iter=20, dtype="float64", **spread)
        return SNE.fit_transform(np.ldexp(clouds[:20], k))

    for k in (-900, -500, 500, 900):
        np.testing.assert_array_equal(embedded(k), embedded(0))


@pytest.mark.parametrize("side", SIDES, ids=lambda side: side.__name__)
@pytest.mark.parametrize("method", METHODS)
def test_errors_name_the_class_and_rates_fit_the_dtype(side, method):
    SNE = getattr(side, method)
    with pytest.raises(TypeError, match=rf"^{method}\.__init__\(\) got an unexpected .* 'distance'"):
        SNE(distance="cosine")
    for rate in ("learning_rate", "early_exaggeration"):
        with pytest.raises(ValueError, match=rf"^{rate} is 1e\+300, expected"):
            SNE(dtype="float32", **{rate: 1e300}).fit_transform(np.eye(5))
        options = {"perplexity": 2, "max_iter": 0, "init": "random", rate: 1e300}
        SNE(dtype="float64", **options).fit_transform(np.eye(5))
