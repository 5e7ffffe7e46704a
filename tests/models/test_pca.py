"""PCA against scikit-learn, NumPy's covariance and everything that chapter 1 states."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from on_backends import CORE_BACKENDS
from sklearn.decomposition import PCA as ReferencePCA

from udl_pt import PCA
from udl_pt._support.exceptions import NotFittedError


def data(N=200, D=12, rank=None, seed=0):
    rs = np.random.RandomState(seed)
    X = rs.randn(N, rank or D) * np.linspace(1, 3, rank or D) @ rs.randn(rank or D, D)
    return X + rs.randn(D)


@pytest.fixture(scope="module")
def X():
    return data()


@pytest.fixture(scope="module")
def pca(X):
    return PCA().fit(X)


def test_V_is_orthonormal_and_CV_is_VE(X, pca):
    V, E = pca.components_.T, np.diag(pca.explained_variance_)
    C = np.cov(X.T, bias=True)
    np.testing.assert_allclose(V.T @ V, np.eye(12), atol=1e-12)
    np.testing.assert_allclose(C @ V, V @ E, atol=1e-10)


def test_the_covariance_of_Z_is_E_in_descending_order(X, pca):
    Z = pca.transform(X)
    np.testing.assert_allclose(np.cov(Z.T, bias=True), np.diag(pca.explained_variance_), atol=1e-10)
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-12)
    assert (np.diff(pca.explained_variance_) < 0).all()
    np.testing.assert_allclose(pca.explained_variance_ratio_.sum(), 1)


def test_J_is_the_sum_of_the_dropped_eigenvalues(X, pca):
    J = []
    for k in range(1, 13):
        truncated = PCA(k).fit(X)
        J.append(truncated.reconstruction_error(X))
        rebuilt = truncated.inverse_transform(truncated.transform(X))
        np.testing.assert_allclose(((X - rebuilt) ** 2).sum() / len(X), J[-1], atol=1e-10)
        np.testing.assert_allclose(J[-1], pca.explained_variance_[k:].sum(), atol=1e-10)
    assert (np.diff(J) < 0).all()


def test_dropping_the_last_columns_takes_noise_away():
    clean = data(500, 20, rank=3)
    noisy = clean + 0.5 * np.random.RandomState(1).randn(*clean.shape)
    pca = PCA(3).fit(noisy)
    denoised = pca.inverse_transform(pca.transform(noisy))
    assert ((denoised - clean) ** 2).mean() < 0.3 * ((noisy - clean) ** 2).mean()


@pytest.mark.parametrize(
    ("shape", "K"), [((200, 12), None), ((200, 12), 1), ((200, 40), 3), ((9, 30), None), ((9, 30), 4)]
)
@pytest.mark.parametrize("whiten", [False, True])
def test_the_same_as_scikit_learn(shape, K, whiten):
    X = data(*shape)
    if whiten and K is None and shape[0] < shape[1]:
        K = shape[0] - 1
    pca, reference = PCA(K, whiten=whiten).fit(X), ReferencePCA(K, whiten=whiten, svd_solver="full").fit(X)
    rows = np.abs(pca.components_).argmax(axis=1)
    assert (pca.components_[np.arange(len(rows)), rows] > 0).all()
    K = len(rows) - (shape[0] < shape[1] and K is None)  # of N rows, only N - 1 components have variance
    np.testing.assert_allclose(abs(pca.components_[:K]), abs(reference.components_[:K]), atol=1e-8)
    N = shape[0]
    np.testing.assert_allclose(
        pca.explained_variance_, reference.explained_variance_ * (N - 1) / N, atol=1e-9
    )
    np.testing.assert_allclose(pca.explained_variance_ratio_, reference.explained_variance_ratio_, atol=1e-10)
    scale = np.sqrt(N / (N - 1)) if whiten else 1
    Z, expected = pca.transform(X), reference.transform(X) * scale
    np.testing.assert_allclose(abs(Z[:, :K]), abs(expected[:, :K]), atol=1e-8)
    np.testing.assert_allclose(
        pca.inverse_transform(Z), reference.inverse_transform(reference.transform(X)), atol=1e-8
    )


def test_rank_deficient_data_and_a_constant_column():
    X = data(100, 8, rank=3)
    X[:, 5] = 7.0
    pca = PCA().fit(X)
    assert (pca.explained_variance_[3:] < 1e-10).all()
    assert (pca.explained_variance_ >= 0).all()
    np.testing.assert_allclose(pca.components_ @ pca.components_.T, np.eye(8), atol=1e-12)
    np.testing.assert_allclose(pca.inverse_transform(pca.transform(X)), X, atol=1e-10)
    with pytest.raises(ValueError, match=r"only 3 of 8 components have any variance: n_components=3"):
        PCA(whiten=True).fit(X)
    assert PCA(3, whiten=True).fit_transform(X).std(axis=0) == pytest.approx(1)


@pytest.mark.parametrize("backend", CORE_BACKENDS)
def test_symbolic_in_symbolic_out(X, backend):
    pca = PCA(2).fit(X, backend=backend)
    Z = pca.forward(X)
    expected = (X - X.mean(axis=0)) @ pca.components_.T
    np.testing.assert_allclose(Z, expected, atol=1e-10)
    assert type(Z) is np.ndarray
    x = pt.matrix("x", dtype="float64")
    length = pytensor.function([x], pytensor.grad((pca.forward(x) ** 2).sum(), x), mode="FAST_COMPILE")
    np.testing.assert_allclose(length(X), 2 * expected @ pca.components_, atol=1e-9)


def test_dtypes(X):
    single = PCA(3).fit(X.astype("float32"))
    assert {a.dtype for a in (single.components_, single.mean_, single.transform(X))} == {np.dtype("float32")}
    np.testing.assert_allclose(single.components_, PCA(3).fit(X).components_, atol=1e-4)
    whole = np.round(X).astype("int16")
    np.testing.assert_allclose(PCA(3).fit(whole).components_, PCA(3).fit(whole.astype(float)).components_)


def test_whitening_in_float32_of_many_rows():
    rs = np.random.RandomState(0)
    X = (rs.randn(50_000, 5) * [10, 1, 1, 1, 0.3]).astype("float32")
    assert PCA(whiten=True).fit_transform(X).std(axis=0) == pytest.approx(1, rel=1e-3)


def test_signs_of_entries_that_are_equal_but_for_rounding():
    X = np.random.RandomState(0).randn(100, 2) @ [[1, 0.5], [0.5, 1]]
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    for order in (slice(None), slice(None, None, -1), np.random.RandomState(1).permutation(100)):
        np.testing.assert_allclose(PCA().fit(X[order]).components_, np.array([[1, 1], [1, -1]]) / np.sqrt(2))


def test_large_means_and_what_is_too_large_or_too_small():
    X = data()
    np.testing.assert_allclose(PCA(2).fit(X + 1e6).components_, PCA(2).fit(X).components_, atol=1e-6)
    for shape in ((7, 3), (3, 7)):
        with pytest.raises(ValueError, match="all rows of X are the same"):
            PCA().fit(np.full(shape, 0.1))
    with pytest.raises(ValueError, match="whose squares are too large: scale it"):
        PCA().fit(X * 1e170)
    with pytest.raises(ValueError, match=r"variance, .*, is too small for float64: scale it"):
        PCA().fit(X * 1e-170)


@pytest.mark.parametrize("shape", [(1024, 10), (20_000, 50), (1000, 1100)])
def test_large_means_beside_a_small_variance_in_float32(shape):
    X = (1000.33 + 0.001 * np.random.RandomState(0).randn(*shape)).astype("float32")
    pca, mean = PCA(3).fit(X), X.mean(axis=0, dtype=float)
    singular = np.linalg.svd(X - mean, compute_uv=False)
    np.testing.assert_allclose(pca.mean_, mean, rtol=np.finfo("float32").eps / 2)
    np.testing.assert_allclose(pca.explained_variance_, singular[:3] ** 2 / len(X), rtol=1e-3)
    assert abs(pca.transform(X).mean(axis=0) / X.astype(float).std(axis=0).mean()).max() < 0.2
    assert pca.reconstruction_error(X) == pytest.approx((singular[3:] ** 2).sum() / len(X), rel=0.01)


@pytest.mark.parametrize("shape", [(300, 20), (20, 300)])
def test_means_that_float32_has_no_digits_for(shape):
    rs = np.random.RandomState(0)
    X = (3 * rs.randn(*shape) + 1.2e7 + 0.4 * rs.randn(shape[1])).astype("float32")
    exact = np.linalg.svd(X - X.mean(axis=0, dtype=float), compute_uv=False) ** 2 / len(X)
    np.testing.assert_allclose(PCA(5).fit(X).explained_variance_, exact[:5], rtol=1e-5)


@pytest.mark.parametrize("shape", [(5000, 20), (20, 30)])
def test_means_in_float32_are_those_in_float64_but_for_the_last_place(shape):
    X = np.random.RandomState(0).rand(*shape).astype("float32")
    np.testing.assert_array_max_ulp(PCA(2).fit(X).mean_, X.mean(axis=0, dtype=float).astype("float32"), 1)


@pytest.mark.parametrize("shape", [(1100, 20), (10, 20)])
def test_large_columns_in_float32_and_sums_that_overflow(shape):
    X = np.random.RandomState(0).randn(*shape).astype("float32")
    rest = np.delete(X, 1, axis=1).astype(float)
    others = np.linalg.svd(rest - rest.mean(axis=0), compute_uv=False)[:2] ** 2 / len(X)
    for constant in (1e17, 1e20, 1e30, 3e38):
        X[:, 1] = constant
        np.testing.assert_allclose(PCA(2).fit(X).explained_variance_, others, rtol=1e-5)
        with pytest.raises(ValueError, match="all rows of X are the same"):
            PCA(2).fit(np.full(shape, constant, "float32"))
    X[:, 1] = np.where(np.arange(len(X)) % 2, -3e38, 3e38)
    with pytest.raises(ValueError, match="whose squares are too large: scale it"):
        PCA(2).fit(X)
    X[3, 2] = -np.inf
    with pytest.raises(ValueError, match=r"X\[3, 2\] is -inf"):
        PCA(2).fit(X)


def test_what_varies_too_little_for_float32():
    with pytest.raises(ValueError, match=r"variance, .*, is too small for float32: scale it"):
        PCA().fit(data().astype("float32") * np.float32(1e-24))


def test_the_data_stay_as_they_are(X):
    before = X.copy()
    before.flags.writeable = False
    np.testing.assert_array_equal(PCA(2).fit_transform(before), PCA(2).fit_transform(X))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: PCA(0).fit(X), "n_components is 0, expected at least 1"),
        (lambda X: PCA(2.5).fit(X), "n_components is 2.5, expected an integer"),
        (lambda X: PCA(13).fit(X), "n_components is 13, but 200 rows of 12 features have at most 12"),
        (lambda X: PCA().fit(X[:1]), "X has 1 row"),
        (lambda X: PCA().fit(X[0]), r"X has 1 dimension\(s\)"),
        (lambda X: PCA().fit(np.ones((5, 3))), "all rows of X are the same"),
        (lambda X: PCA().fit(np.where(X[3, 4] == X, np.nan, X)), r"X\[3, 4\] is nan"),
        (lambda X: PCA(2).fit(X).transform(X[:, :5]), "X has 5 features, but PCA is expecting 12"),
        (lambda X: PCA(2).fit(X).inverse_transform(X), "Z has 12 features, expected 2"),
        (lambda X: PCA(2).fit(X).reconstruction_error(X[:, :5]), "X has 5 features, expected 12"),
        (lambda X: PCA(2).inverse_transform(X), "call fit before inverse_transform"),
        (lambda X: PCA(2).forward(X), "call fit"),
    ],
)
def test_bad_input(X, change, message):
    with pytest.raises((ValueError, TypeError, NotFittedError), match=message):
        change(X)


def test_a_failed_fit_changes_nothing(X):
    pca = PCA(2).fit(X)
    before = pca.components_.copy()
    with pytest.raises(ValueError, match="the same"):
        pca.fit(np.ones((5, 3)))
    np.testing.assert_array_equal(pca.components_, before)
    np.testing.assert_allclose(pca.transform(X[:3]), (X[:3] - X.mean(axis=0)) @ before.T)


@pytest.mark.parametrize(("dtype", "offset"), [("float64", 1e7), ("float32", 100.0)])
def test_means_that_are_large_beside_the_variance_cost_no_digits(dtype, offset):
    X = np.random.default_rng(0).normal(size=(300, 6)) * np.arange(1, 7)
    far = (X + offset).astype(dtype)
    expected = np.linalg.eigvalsh(np.cov((far.astype(float) - offset).T, bias=True))[::-1]
    np.testing.assert_allclose(PCA().fit(far).explained_variance_, expected, rtol=50 * np.finfo(dtype).eps)
