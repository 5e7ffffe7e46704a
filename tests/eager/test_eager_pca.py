"""The NumPy twin of PCA: scikit-learn, and the symbolic side."""

import numpy as np
import pytest
import sklearn.decomposition

import udl_pt.models._sne.objective
import udl_pt.models.pca
import udl_pt.models.tsne
from udl_pt._support.exceptions import NotFittedError
from udl_pt.eager import pca

PCAS = [pca.PCA, udl_pt.models.pca.PCA]
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


@pytest.mark.parametrize("side", [pca, udl_pt.models.pca])
def test_results_that_overflow_are_refused(side):
    X = np.random.default_rng(0).normal(size=(8, 3))
    plain, white = side.PCA(2).fit(X), side.PCA(2, whiten=True).fit(X * 1e10)
    extreme = np.array([[1.0, -1, 1]])
    for call in (plain.transform, plain.forward):
        with pytest.raises(
            ValueError, match=r"^X has values up to 1.7e\+308, too large for a result in float64"
        ):
            call(1.7e308 * extreme)
    expected = 1e307 * (extreme @ plain.components_.T)
    np.testing.assert_allclose(plain.transform(1e307 * extreme), expected, rtol=1e-12)
    with pytest.raises(ValueError, match=r"^Z has values up to 1e\+305, too large for a result in float64"):
        white.inverse_transform(np.full((1, 2), 1e305))
    single = side.PCA(2, whiten=True).fit((X * 1e10).astype("float32"))
    with pytest.raises(ValueError, match=r"^Z has values up to 1e\+30, too large for a result in float32"):
        single.inverse_transform(np.full((1, 2), 1e30))


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
        (lambda PCA, X: PCA(0).fit(X), "n_components is 0, expected at least 1"),
        (lambda PCA, X: PCA(2.5).fit(X), "n_components is 2.5, expected an integer"),
        (lambda PCA, X: PCA(13).fit(X), "n_components is 13, but 200 rows of 12 features have at most 12"),
        (lambda PCA, X: PCA().fit(X[:1]), "X has 1 row"),
        (lambda PCA, X: PCA().fit(X[0]), r"X has 1 dimension\(s\)"),
        (lambda PCA, X: PCA().fit(None), "X is None, expected a matrix of numbers"),
        (lambda PCA, X: PCA().fit(np.full((5, 3), 0.1)), "all rows of X are the same"),
        (lambda PCA, X: PCA().fit(np.full((3, 5), 0.1)), "all rows of X are the same"),
        (lambda PCA, X: PCA().fit(np.where(X[3, 4] == X, np.nan, X)), r"X\[3, 4\] is nan"),
        (lambda PCA, X: PCA().fit(X * 1e170), "whose squares are too large: scale it"),
        (lambda PCA, X: PCA().fit(X.astype("float32") * np.float32(1e30)), "whose squares are too large"),
        (lambda PCA, X: PCA().fit(X * 1e-170), "variance, .*, is too small for float64: scale it"),
        (lambda PCA, X: PCA(whiten=True).fit(np.c_[X, X]), "only 12 of 24 components have any variance"),
        (lambda PCA, X: PCA(whiten=True).fit(X[:9]), "only 8 of 9 components have any variance"),
        (
            lambda PCA, X: PCA(2).fit(X).transform(X[:, :5]),
            "X has 5 features, (but PCA is expecting|expected) 12",
        ),
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


def dependent(seed, N, dtype):
    A = np.random.default_rng(seed).normal(size=(N, 2)) + 2
    return np.c_[A, A.sum(axis=1)].astype(dtype)


@pytest.mark.parametrize(
    ("N", "dtype", "sets"),
    [(10, "float64", 2000), (50, "float64", 200), (100, "float64", 200), (10, "float32", 200)],
)
@pytest.mark.parametrize("PCA", PCAS)
def test_whitening_refuses_dependent_columns_always(PCA, N, dtype, sets):
    for seed in range(sets):
        with pytest.raises(ValueError, match="only 2 of 3 components have any variance: n_components=2"):
            PCA(whiten=True).fit(dependent(seed, N, dtype))


@pytest.mark.parametrize("offset", [0, 1e6])
@pytest.mark.parametrize("PCA", PCAS)
def test_whitening_refuses_duplicates_beside_large_columns_and_large_means(PCA, offset):
    A = np.random.default_rng(0).normal(size=(500, 2)) * [1e6, 1e-3] + offset
    for X in (np.c_[A, A[:, 1]], np.c_[A, A[:, 1] / 3], np.c_[A, np.full(500, 1e9)]):
        with pytest.raises(ValueError, match="only 2 of 3 components have any variance"):
            PCA(whiten=True).fit(X)


@pytest.mark.parametrize("ratio", [1e-4, 1e-12, 1e-20])
@pytest.mark.parametrize("offset", [0, 3])
@pytest.mark.parametrize("PCA", PCAS)
def test_whitening_takes_small_variances_that_are_real(PCA, offset, ratio):
    signs = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])  # orthogonal
    Z = np.tile(signs[1:].T, (5, 1)) * np.sqrt([1, 0.5, ratio])  # three columns, centred, without correlation
    X = Z @ signs[1:, 1:] + offset
    expected = np.linalg.svd(Z @ signs[1:, 1:], compute_uv=False) ** 2 / 20
    pca = PCA(whiten=True).fit(X)
    np.testing.assert_allclose(pca.explained_variance_, expected, rtol=1e-4)
    np.testing.assert_allclose(pca.transform(X).std(axis=0), 1, rtol=1e-4)


@pytest.mark.parametrize(
    ("dtype", "powers"), [("float64", [-500, -300, 300, 500]), ("float32", [-60, -40, 40, 60])]
)
@pytest.mark.parametrize(("shape", "K"), [((40, 6), 6), ((5, 9), 4)])
@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("PCA", PCAS)
def test_a_power_of_two_changes_only_the_scale(PCA, whiten, shape, K, dtype, powers):
    X = np.random.RandomState(0).rand(*shape).astype(dtype)
    rtol = 1e-12 if dtype == "float64" else 1e-4
    plain = PCA(K, whiten=whiten).fit(X)
    for k in powers:
        scaled = PCA(K, whiten=whiten).fit(np.ldexp(X, k))
        np.testing.assert_allclose(
            scaled.explained_variance_ratio_, plain.explained_variance_ratio_, rtol=rtol
        )
        np.testing.assert_allclose(
            scaled.explained_variance_, np.ldexp(plain.explained_variance_, 2 * k), rtol=rtol
        )
        np.testing.assert_allclose(scaled.components_, plain.components_, atol=rtol)
        back = scaled.inverse_transform(scaled.transform(np.ldexp(X, k)))
        np.testing.assert_allclose(
            np.ldexp(back, -k), plain.inverse_transform(plain.transform(X)), atol=100 * rtol
        )


@pytest.mark.parametrize("PCA", PCAS)
def test_variances_that_the_dtype_cannot_hold_are_refused(PCA):
    X = np.random.RandomState(0).rand(40, 6)
    for tiny in ((X * 1e-22).astype("float32"), X * 1e-161):
        with pytest.raises(ValueError, match="varies so little that its variance"):
            PCA().fit(tiny)
    for large in ((X * 1e20).astype("float32"), X * 1e155):
        with pytest.raises(ValueError, match="whose squares are too large"):
            PCA().fit(large)
    with pytest.raises(ValueError, match=r"component 6 has a variance of .*, too small for float32"):
        PCA(whiten=True).fit((X * [1, 1, 1, 1, 1, 1e-2] * 3e-18).astype("float32"))
    with pytest.raises(ValueError, match="too far from the fitted components"):
        PCA(2).fit(X).reconstruction_error(X * 1e300)


@pytest.mark.parametrize("PCA", PCAS)
def test_a_constant_column_as_large_as_can_be(PCA):
    X = np.random.RandomState(0).randn(41, 3)
    expected = np.linalg.svd(X - X.mean(axis=0), compute_uv=False) ** 2 / 41
    for constant in (1 / 3, 1e30 / 3, 1e300 / 3):
        pca = PCA(3).fit(np.c_[X, np.full(41, constant)])
        np.testing.assert_allclose(pca.explained_variance_, expected, rtol=1e-10)
        assert pca.mean_[3] == pytest.approx(constant, rel=1e-15)
        PCA(3, whiten=True).fit(np.c_[X, np.full(41, constant)])
