"""SNE and t-SNE: against scikit-learn's exact method, and what chapter 2 says of them."""

import importlib
import logging

import numpy as np
import psutil
import pytest
from on_backends import CORE_BACKENDS
from scipy.spatial.distance import squareform
from sklearn.manifold import TSNE as ReferenceTSNE
from sklearn.manifold import trustworthiness
from sklearn.manifold._t_sne import _gradient_descent, _kl_divergence
from sklearn.neighbors import KNeighborsClassifier

from udl_pt import PCA, TSNE, SymmetricSNE, joint_probabilities, load_mnist_subset, tsne_cost
from udl_pt._support.exceptions import DivergenceError
from udl_pt.datasets import donut, gaussian_clouds
from udl_pt.models._sne.affinities import gaussian_probabilities
from udl_pt.models._sne.objective import sne_cost


def one_neighbour_error(Y, labels):
    nearest = KNeighborsClassifier(2).fit(Y, labels).kneighbors(Y, return_distance=False)[:, 1]
    return np.mean(labels[nearest] != labels)


@pytest.fixture(scope="module")
def clouds():
    return gaussian_clouds(130, random_state=0)


@pytest.fixture(scope="module")
def embedded(clouds):
    tsne = TSNE(perplexity=10, max_iter=500, dtype="float64")
    tsne.fit_transform(clouds[0])
    return tsne


@pytest.mark.slow
def test_as_good_as_scikit_learns():
    """Of ten starts: where a descent ends depends on its start and on last bits, by 7% of the cost."""
    data = load_mnist_subset()
    X, labels = data.X[:200], data.Y[:200]
    makers = {
        "ours": lambda seed: TSNE(init="random", random_state=seed, dtype="float64"),
        "theirs": lambda seed: ReferenceTSNE(method="exact", init="random", random_state=seed),
    }
    found = {}
    for name, make in makers.items():
        runs = [make(seed) for seed in range(10)]
        maps = [run.fit_transform(X) for run in runs]
        found[name] = (
            np.array([run.kl_divergence_ for run in runs]),
            np.median([one_neighbour_error(Y, labels) for Y in maps]),
            np.median([trustworthiness(X, Y, n_neighbors=5) for Y in maps]),
        )
    (costs, error, trust), (their_costs, their_error, their_trust) = found["ours"], found["theirs"]
    standard_error = np.sqrt((costs.var(ddof=1) + their_costs.var(ddof=1)) / len(costs))
    assert costs.mean() < their_costs.mean() + 3 * standard_error
    assert error <= their_error + 0.02
    assert trust > their_trust - 0.005


@pytest.mark.parametrize("exaggeration", [1.0, 12.0])
def test_steps_are_those_of_scikit_learn(clouds, exaggeration):
    """With momentum, gains and exaggeration, on its own gradient."""
    X, _ = clouds
    P = joint_probabilities(X, 10)
    start = 1e-4 * np.random.RandomState(0).randn(130, 2)
    moved, _, _ = _gradient_descent(
        _kl_divergence,
        start.ravel(),
        it=0,
        max_iter=10,
        momentum=0.5 if exaggeration > 1 else 0.8,
        learning_rate=20.0,
        min_grad_norm=0,
        args=[exaggeration * squareform(P), 1, 130, 2],
        kwargs={"skip_num_points": 0},
    )
    ours = TSNE(
        perplexity=10,
        init="random",
        random_state=0,
        max_iter=10,
        exaggeration_iter=10 if exaggeration > 1 else 0,
        early_exaggeration=exaggeration,
        learning_rate=20.0,
        dtype="float64",
    )
    np.testing.assert_allclose(ours.fit_transform(X), moved.reshape(130, 2), rtol=1e-6, atol=1e-12)


def test_the_recorded_cost_is_the_cost_and_falls(clouds, embedded):
    P = joint_probabilities(clouds[0], 10)
    np.testing.assert_allclose(embedded.kl_divergence_, tsne_cost(P, embedded.embedding_), rtol=1e-10)
    assert len(embedded.costs) == 10
    assert embedded.costs[-1] == embedded.kl_divergence_
    after = embedded.costs[5:]
    assert after == sorted(after, reverse=True)


@pytest.mark.parametrize("model", [TSNE, SymmetricSNE])
@pytest.mark.parametrize("C", [1, 3])
def test_both_gradients_lead_to_the_same_place(clouds, model, C):
    options = {"perplexity": 10, "max_iter": 8, "exaggeration_iter": 4, "dtype": "float64"}
    analytic, autodiff = (model(C, gradient=g, **options) for g in ("analytic", "autodiff"))
    np.testing.assert_allclose(
        analytic.fit_transform(clouds[0]), autodiff.fit_transform(clouds[0]), rtol=1e-8, atol=1e-12
    )
    assert analytic.kl_divergence_ == pytest.approx(autodiff.kl_divergence_, rel=1e-10)


@pytest.mark.parametrize("backend", CORE_BACKENDS)
def test_backends_agree_in_both_dtypes(clouds, backend):
    expected = 1e-4 * PCA(2).fit_transform(clouds[0])
    expected /= expected[:, 0].std() / 1e-4
    Y = TSNE(perplexity=10, max_iter=0, dtype="float64").fit_transform(clouds[0], backend=backend)
    np.testing.assert_allclose(Y, expected, rtol=1e-10)
    options = {"perplexity": 10, "max_iter": 8}
    Y = TSNE(dtype="float64", **options).fit_transform(clouds[0], backend=backend)
    other = TSNE(dtype="float64", gradient="autodiff", **options).fit_transform(clouds[0], backend="jax")
    np.testing.assert_allclose(Y, other, rtol=1e-8, atol=1e-12)
    single = TSNE(dtype="float32", **options).fit_transform(clouds[0], backend=backend)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, Y, rtol=1e-3, atol=1e-3 * abs(Y).max())


def test_symmetric_sne_takes_the_books_s(clouds):
    X = clouds[0]
    sne = SymmetricSNE(s=2.0, max_iter=300, dtype="float64")
    Y = sne.fit_transform(X)
    np.testing.assert_allclose(sne.kl_divergence_, sne_cost(gaussian_probabilities(X, 2.0), Y), rtol=1e-10)
    assert sne.costs[-1] < 0.1 * sne_cost(gaussian_probabilities(X, 2.0), np.zeros((len(X), 2)))


def test_symmetric_sne_is_not_drawn_into_one_point(clouds):
    runs = {}
    for gradient in ("analytic", "autodiff"):
        sne = SymmetricSNE(perplexity=10, max_iter=250, gradient=gradient, dtype="float64")
        assert sne.fit_transform(clouds[0]).std() > 0.1
        runs[gradient] = sne.kl_divergence_
    assert runs["analytic"] == pytest.approx(runs["autodiff"], rel=0.05)
    small = SymmetricSNE(s=0.5, max_iter=200, dtype="float64")
    assert np.isfinite(small.fit_transform(10 * np.random.RandomState(0).randn(40, 3))).all()


def gap(Y, labels):
    """Distance to the nearest point of another cloud, by that to the farthest of one's own."""
    d = np.sqrt(((Y[:, None] - Y[None]) ** 2).sum(axis=2))
    same = labels[:, None] == labels[None]
    return np.median(np.where(same, np.inf, d).min(axis=1) / np.where(same, d, 0).max(axis=1))


def test_gaps_form_around_clusters_by_t_sne_and_crowds_by_sne(clouds, embedded):
    X, labels = clouds
    sne = SymmetricSNE(perplexity=10, max_iter=500, dtype="float64").fit_transform(X)
    assert gap(embedded.embedding_, labels) > 1.3 * gap(sne, labels)


def test_the_rings_of_the_donut_come_apart_as_pca_can_not_do():
    X, labels = donut(200, random_state=0)
    Y = TSNE(perplexity=15, max_iter=500, dtype="float32").fit_transform(X)
    assert one_neighbour_error(Y, labels) < 0.05


def test_seeds(clouds):
    def run(seed):
        return TSNE(perplexity=10, max_iter=5, init="random", random_state=seed).fit_transform(clouds[0])

    np.testing.assert_array_equal(run(1), run(1))
    assert not np.array_equal(run(1), run(2))
    np.testing.assert_array_equal(run(1), run(np.random.RandomState(1)))


def test_callbacks_see_each_iteration_and_stop(clouds):
    seen = []

    def callback(progress):
        seen.append((progress.epoch, progress.cost))
        progress.stop = progress.epoch == 60

    tsne = TSNE(perplexity=10)
    tsne.fit_transform(clouds[0], callbacks=[callback])
    assert [epoch for epoch, _ in seen] == list(range(1, 61))
    assert seen[48][1] is None
    assert seen[49][1] == tsne.costs[0]


def test_a_step_that_is_not_finite(clouds):
    tsne = TSNE(perplexity=10, learning_rate=1e300, init="random", random_state=0)
    with pytest.raises(DivergenceError, match=r"not finite in iteration \d+ \(learning_rate 1e\+300\)"):
        tsne.fit_transform(clouds[0])
    assert np.isfinite(tsne.embedding_).all()
    assert not hasattr(tsne, "kl_divergence_")


def test_no_transform(embedded, clouds):
    with pytest.raises(NotImplementedError, match=r"learns no function .* or use PCA"):
        embedded.transform(clouds[0])


def test_memory_is_said_and_refused_before_the_start(clouds, monkeypatch, caplog):
    tsne = TSNE(perplexity=10, max_iter=1, method="exact", dtype="float32")
    with caplog.at_level(logging.INFO):
        tsne.fit_transform(clouds[0])
    assert "130 points needs 0.00 GB" in caplog.text
    assert TSNE(dtype="float64").memory(10_000) == 1.2e9
    assert TSNE(dtype="float64", gradient="autodiff").memory(10_000) > 4e9
    memory = psutil.virtual_memory()._replace(available=1000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    before = tsne.embedding_
    with pytest.raises(MemoryError, match=r"needs 0.0 GB for 130 points, .*method='fft'"):
        tsne.fit_transform(clouds[0])
    with pytest.raises(MemoryError, match="embed a sample"):
        SymmetricSNE(perplexity=10).fit_transform(clouds[0])
    assert tsne.embedding_ is before


@pytest.mark.slow
def test_many_points_go_through_opentsne(clouds, monkeypatch):
    X, labels = clouds
    pytest.importorskip("openTSNE")
    monkeypatch.setattr("udl_pt.models.tsne.LARGE", 100)
    tsne = TSNE(perplexity=10, max_iter=500, random_state=0, dtype="float32")
    Y = tsne.fit_transform(X)
    assert Y.shape == (130, 2)
    assert Y.dtype == np.float32
    assert one_neighbour_error(Y, labels) < 0.02
    assert 0 < tsne.kl_divergence_ < 1


def test_without_opentsne_the_way_out_is_said(clouds, monkeypatch):
    def import_module(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", import_module)
    with pytest.raises(ValueError, match=r"pip install 'udl_pt\[tsne\]', embed a sample"):
        TSNE(perplexity=10, method="fft").fit_transform(clouds[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda X: TSNE(0).fit_transform(X), "n_components is 0"),
        (
            lambda X: TSNE(perplexity="many").fit_transform(X),
            "perplexity is 'many', expected a finite number",
        ),
        (
            lambda X: TSNE(learning_rate="fast").fit_transform(X),
            "learning_rate is 'fast', expected a finite number",
        ),
        (lambda X: TSNE(learning_rate=-1).fit_transform(X), "learning_rate is -1"),
        (lambda X: TSNE(gradient="numeric").fit_transform(X), "gradient is 'numeric', expected one of"),
        (lambda X: TSNE(method="barnes_hut").fit_transform(X), "method is 'barnes_hut', expected one of"),
        (lambda X: TSNE(init="zeros").fit_transform(X), "init is 'zeros'"),
        (lambda X: TSNE(max_iter=-1).fit_transform(X), "max_iter is -1"),
        (lambda X: TSNE(early_exaggeration=0.5).fit_transform(X), "early_exaggeration is 0.5"),
        (lambda X: TSNE(perplexity=130).fit_transform(X), "perplexity is 130, expected above 0 and below"),
        (lambda X: TSNE(perplexity=0).fit_transform(X), "perplexity is 0, expected a finite number above 0"),
        (lambda X: TSNE(perplexity=2).fit_transform(X[:3]), "X has 3 rows, expected at least 4"),
        (lambda X: TSNE().fit_transform(np.ones((50, 2))), "all rows of X are the same"),
        (lambda X: TSNE().fit_transform(np.where(X[1, 2] == X, np.nan, X)), r"X\[1, 2\] is nan"),
        (lambda X: TSNE().fit_transform(X[:, 0]), r"X has 1 dimension\(s\)"),
        (lambda X: TSNE().fit_transform(None), "X"),
        (lambda X: TSNE(4).fit_transform(X), "n_components is 4, but 130 rows of 3 features"),
        (lambda X: TSNE().fit_transform(X, callbacks=[3]), "callbacks is"),
        (lambda X: TSNE().fit_transform(X, backend="torch"), "backend is 'torch'"),
        (lambda X: TSNE(method="fft").fit_transform(X, callbacks=[print]), "neither callbacks nor"),
        (lambda X: TSNE(3, method="fft").fit_transform(X), "one or two dimensions"),
        (
            lambda X: TSNE(method="fft", learning_rate=1e307).fit_transform(X),
            r"learning_rate is 1e\+307, expected a finite number of at most 1e\+100",
        ),
        (lambda X: TSNE(method="fft", gradient="autodiff").fit_transform(X), "nor gradient='autodiff'"),
        (lambda X: TSNE(method="fft").fit_transform(X, backend="torch"), "backend is 'torch'"),
        (lambda X: SymmetricSNE(s=-1).fit_transform(X), "s is -1, expected above 0"),
    ],
)
def test_bad_input(clouds, call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(clouds[0])


def test_duplicates_stay_together(clouds):
    X = np.vstack([clouds[0], clouds[0][:1]])
    Y = TSNE(perplexity=10, max_iter=300, dtype="float64").fit_transform(X)
    assert np.linalg.norm(Y[0] - Y[-1]) < 0.05 * Y.std()
