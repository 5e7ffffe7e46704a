"""Distances of SNE and t-SNE other than Euclidean ones: SciPy's, and the library's own path."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist, squareform
from sklearn.base import clone

import udl_pt
from udl_pt import TSNE, SymmetricSNE, eager, load

X = np.random.RandomState(0).rand(40, 4)
SIDES = pytest.mark.parametrize("side", [udl_pt, eager], ids=["symbolic", "eager"])
NAMES = pytest.mark.parametrize("name", ["TSNE", "SymmetricSNE"])


def embedded(side, name, data, **options):
    options = {"max_iter": 20, "init": "random", "random_state": 0, "dtype": "float64", **options}
    model = getattr(side, name)(2, perplexity=5, **options)
    return model.fit_transform(data)


@SIDES
@NAMES
@pytest.mark.parametrize("scale", [1.0, 1e200, 1e-200])
def test_euclidean_distances_that_were_computed_before(side, name, scale):
    found = embedded(side, name, scale * cdist(X, X), metric="precomputed")
    np.testing.assert_allclose(found, embedded(side, name, X), rtol=1e-6)


@SIDES
def test_one_width_in_the_units_of_the_distances(side):
    options = {"s": 0.3}
    found = embedded(side, "SymmetricSNE", cdist(X, X), metric="precomputed", **options)
    np.testing.assert_allclose(found, embedded(side, "SymmetricSNE", X, **options), rtol=1e-6)


@SIDES
@pytest.mark.parametrize(
    ("metric", "params", "of_scipy"),
    [
        ("manhattan", None, {"metric": "cityblock"}),
        ("cosine", None, {"metric": "cosine"}),
        ("minkowski", {"p": 3}, {"metric": "minkowski", "p": 3}),
        (lambda a, b: abs(a - b).max(), None, {"metric": "chebyshev"}),
    ],
    ids=["manhattan", "cosine", "minkowski", "function"],
)
def test_metrics_are_those_of_scipy(side, metric, params, of_scipy):
    distances = cdist(X, X, **of_scipy)
    expected = embedded(side, "TSNE", distances, metric="precomputed")
    np.testing.assert_allclose(
        embedded(side, "TSNE", X, metric=metric, metric_params=params), expected, rtol=1e-6
    )
    principal = embedded(side, "TSNE", X, metric=metric, metric_params=params, init="pca")
    assert not np.allclose(principal, expected)


def test_a_metric_is_saved_and_cloned(tmp_path):
    tsne = TSNE(perplexity=5, max_iter=20, metric="minkowski", metric_params={"p": 3}, random_state=0).fit(X)
    tsne.save(tmp_path / "tsne")
    loaded = load(tmp_path / "tsne")
    assert loaded.get_params() == {**tsne.get_params(), "dtype": "float64"}
    np.testing.assert_array_equal(clone(loaded).fit_transform(X), tsne.embedding_)


@SIDES
@NAMES
@pytest.mark.parametrize(
    ("options", "data", "message"),
    [
        ({"metric": "near"}, X, "metric of {name} is 'near', expected one of 'braycurtis', .*'euclidean'"),
        ({"metric": 3}, X, "metric of {name} is 3, expected one of"),
        (
            {"metric": "cosine", "metric_params": {"p": 3}},
            X,
            "metric of {name} is 'cosine', which fails on X",
        ),
        ({"metric": "minkowski", "metric_params": 3}, X, "metric_params of {name} is 3, expected a dict"),
        ({"metric_params": {"p": 3}}, X, "metric_params of {name} is .* 'euclidean', which has none"),
        (
            {"metric": "precomputed", "init": "pca"},
            cdist(X, X),
            "init of {name} is 'pca', but metric is 'pre",
        ),
        ({"metric": "precomputed"}, X, r"X has shape \(40, 4\), but metric of {name} is 'precomputed'"),
        ({"metric": "precomputed"}, -cdist(X, X), "Negative values in data: X has values from -"),
        ({"metric": "precomputed"}, np.zeros((9, 9)), "all distances of X are 0"),
        ({"metric": "precomputed"}, squareform(np.full(6, np.nan)), "expected finite numbers, neither NaN"),
        ({"metric": lambda a, b: np.nan}, X, "metric of {name}, .*, has values that are not finite"),
        ({"metric": lambda a, b: 1 / 0}, X, "metric of {name} is .*, which fails on X: division by zero"),
    ],
)
def test_errors_name_the_class_and_the_argument(side, name, options, data, message):
    with pytest.raises((ValueError, TypeError), match=message.format(name=name)):
        embedded(side, name, data, **options)


def test_memory_counts_the_distances():
    assert TSNE(metric="cosine").memory(100) - TSNE().memory(100) == 2 * 8 * 100**2


def test_opentsne_takes_euclidean_distances_only():
    with pytest.raises(ValueError, match="takes one or two dimensions, Euclidean distances"):
        TSNE(perplexity=5, method="fft", metric="cosine").fit(X)


@pytest.mark.parametrize("model", [TSNE, SymmetricSNE])
def test_an_embedding_has_no_transform_that_scikit_learn_could_call(model):
    assert not hasattr(model(), "transform")
    with pytest.raises(NotImplementedError, match=f"{model.__name__} has no transform"):
        model().transform(X)
