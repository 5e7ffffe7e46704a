"""The NumPy twin of PCA: scikit-learn, and the symbolic side."""

import numpy as np
import pytest
import sklearn.decomposition

import udl_pt.neighbours
import udl_pt.pca
import udl_pt.tsne
from udl_pt.eager import pca
from udl_pt.validation import NotFittedError

PCAS = [pca.PCA, udl_pt.pca.PCA]
TOLERANCE = {"float64": 1e-10, "float32": 1e-4}


@pytest.fixture(scope="module")
def X():
    rs = np.random.RandomState(0)
    return rs.randn(200, 12) * np.linspace(1, 3, 12) @ rs.randn(12, 12) + rs.randn(12)


@pytest.mark.parametrize(
    ("shape", "K"), [((200, 12), None), ((200, 12), 1), ((200, 40), 3), ((9, 30), None), ((9, 30), 4)]
)
@pytest.mark.parametrize("whiten", [False, True])
def test_pca_is_scikit_learns_up_to_signs(shape, K, whiten):
    N, D = shape
    rs = np.random.RandomState(0)
    X = rs.randn(N, D) * np.linspace(1, 3, D) @ rs.randn(D, D) + rs.randn(D)
    if whiten and K is None and N < D:
        K = N - 1
    eager = pca.PCA(K, whiten=whiten).fit(X)
    reference = sklearn.decomposition.PCA(K, whiten=whiten, svd_solver="full").fit(X)
    K = len(eager.components_) - (N < D and K is None)  # of N rows, only N - 1 components have variance
    np.testing.assert_allclose(abs(eager.components_[:K]), abs(reference.components_[:K]), atol=1e-8)
    np.testing.assert_allclose(
        eager.explained_variance_, reference.explained_variance_ * (N - 1) / N, rtol=1e-10, atol=1e-9
    )
    np.testing.assert_allclose(
        eager.explained_variance_ratio_, reference.explained_variance_ratio_, atol=1e-10
    )
    scale = np.sqrt(N / (N - 1)) if whiten else 1
    Z, expected = eager.transform(X), reference.transform(X)
    np.testing.assert_allclose(abs(Z[:, :K]), abs(expected[:, :K]) * scale, atol=1e-8)
    np.testing.assert_allclose(eager.inverse_transform(Z), reference.inverse_transform(expected), atol=1e-8)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize(("rows", "K"), [(200, None), (200, 3), (9, 4)])
def test_pca_is_the_symbolic_one_with_its_signs(X, rows, K, whiten, dtype):
    X = X[:rows].astype(dtype)
    eager, symbolic = (PCA(K, whiten=whiten).fit(X) for PCA in PCAS)
    tolerance = 10 * TOLERANCE[dtype]
    for name in ("components_", "explained_variance_", "explained_variance_ratio_", "mean_"):
        ours, theirs = getattr(eager, name), getattr(symbolic, name)
        assert ours.dtype == theirs.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    for ours, theirs in zip(eager.params, symbolic.params, strict=True):
        assert type(ours) is np.ndarray
        np.testing.assert_allclose(ours, theirs.get_value(), rtol=tolerance, atol=tolerance)
    for name in ("n_components", "whiten", "n_samples_", "n_features", "dtype"):
        assert getattr(eager, name) == getattr(symbolic, name)
    Z = eager.transform(X)
    assert Z.dtype == dtype
    np.testing.assert_allclose(Z, symbolic.transform(X), rtol=tolerance, atol=tolerance * abs(Z).max())
    back = eager.inverse_transform(Z)
    np.testing.assert_allclose(
        back, symbolic.inverse_transform(Z), rtol=tolerance, atol=tolerance * abs(back).max()
    )
    assert eager.reconstruction_error(X) == pytest.approx(
        symbolic.reconstruction_error(X), rel=tolerance, abs=tolerance
    )


def test_J_is_the_sum_of_the_dropped_eigenvalues(X):
    variances = np.linalg.eigvalsh(np.cov(X.T, bias=True))[::-1]
    for K in (1, 5, 12):
        for whiten in (False, True):
            error = pca.PCA(K, whiten=whiten).fit(X).reconstruction_error(X)
            assert error == pytest.approx(variances[K:].sum(), rel=1e-10, abs=1e-10)


def test_signs_of_entries_that_are_equal_but_for_rounding():
    X = np.random.RandomState(0).randn(100, 2) @ [[1, 0.5], [0.5, 1]]
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    for order in (slice(None), slice(None, None, -1), np.random.RandomState(1).permutation(100)):
        components = pca.PCA().fit(X[order]).components_
        np.testing.assert_allclose(components, np.array([[1, 1], [1, -1]]) / np.sqrt(2))


def test_integers_are_float64(X):
    whole = np.round(X).astype("int16")
    assert pca.PCA().fit(whole).dtype == "float64"
    np.testing.assert_array_equal(
        pca.PCA().fit_transform(whole), pca.PCA().fit_transform(whole.astype(float))
    )


@pytest.mark.parametrize("PCA", PCAS)
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda PCA, X: PCA(0), "n_components is 0, expected at least 1"),
        (lambda PCA, X: PCA(2.5), "n_components is 2.5, expected an integer"),
        (lambda PCA, X: PCA(13).fit(X), "n_components is 13, but 200 rows of 12 features have at most 12"),
        (lambda PCA, X: PCA().fit(X[:1]), "X has 1 row"),
        (lambda PCA, X: PCA().fit(X[0]), r"X has 1 dimension\(s\)"),
        (lambda PCA, X: PCA().fit(None), "X has dtype object, expected real numbers"),
        (lambda PCA, X: PCA().fit(np.full((5, 3), 0.1)), "all rows of X are the same"),
        (lambda PCA, X: PCA().fit(np.full((3, 5), 0.1)), "all rows of X are the same"),
        (lambda PCA, X: PCA().fit(np.where(X[3, 4] == X, np.nan, X)), r"X\[3, 4\] is nan"),
        (lambda PCA, X: PCA().fit(X * 1e170), "whose squares are too large: scale it"),
        (lambda PCA, X: PCA().fit(X.astype("float32") * np.float32(1e30)), "whose squares are too large"),
        (lambda PCA, X: PCA().fit(X * 1e-170), "variance is 0 in float64: scale it"),
        (lambda PCA, X: PCA(whiten=True).fit(np.c_[X, X]), "only 12 of 24 components have any variance"),
        (lambda PCA, X: PCA(whiten=True).fit(X[:9]), "only 8 of 9 components have any variance"),
        (lambda PCA, X: PCA(2).fit(X).transform(X[:, :5]), "X has 5 features, expected 12"),
        (lambda PCA, X: PCA(2).fit(X).inverse_transform(X), "Z has 12 features, expected 2"),
        (lambda PCA, X: PCA(2).fit(X).reconstruction_error(X[:, :5]), "X has 5 features, expected 12"),
        (lambda PCA, X: PCA(2).forward(X), "call fit"),
        (lambda PCA, X: PCA(2).inverse_transform(X), "call fit before inverse_transform"),
        (lambda PCA, X: PCA(2).reconstruction_error(X), "call fit before reconstruction_error"),
    ],
)
def test_both_pcas_refuse_bad_input(X, PCA, call, message):
    with pytest.raises((ValueError, TypeError, NotFittedError), match=message):
        call(PCA, X)


def test_a_refused_fit_changes_nothing_and_no_fit_changes_the_data(X):
    frozen = X.copy()
    frozen.flags.writeable = False
    fitted = pca.PCA(2).fit(frozen)
    before = {name: np.copy(value) for name, value in vars(fitted).items() if name != "params"}
    for bad in (np.ones((5, 3)), X[:, :1], X * 1e170):
        with pytest.raises(ValueError, match=r"same|at most 1 comp|too large"):
            fitted.fit(bad)
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(fitted, name), value)
    np.testing.assert_allclose(fitted.transform(frozen), (X - X.mean(axis=0)) @ fitted.components_.T)
