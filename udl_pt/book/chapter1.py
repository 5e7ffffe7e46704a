"""Chapter 1: principal components of images, and the chapter's statements on them, measured."""

import time
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from udl_pt.book import _shared
from udl_pt.book._columns import of_images
from udl_pt.book._map_widgets import map_widget
from udl_pt.book._shared import Settings, percent
from udl_pt.book._widgets import Widget, curves
from udl_pt.book._words import Words, drawn, for_matplotlib, names_of, words_of
from udl_pt.book.report import Picture, Section, Table
from udl_pt.datasets import Dataset
from udl_pt.models.pca import PCA
from udl_pt.plots import plot_embeddings, plot_images, plot_variance
from udl_pt.training.metrics import error_rate

__all__ = ["section"]

REBUILT = (2, 10, 50, 200)  # components that digits are reconstructed from
KEPT = 50  # in the pipeline and against noise; at most half of the pixels, and fewer than images
NOISE = 0.5  # standard deviation, where pixels go from 0 to 1
TRAINED, SHOWN = 5000, 2000  # rows that the classifiers learn from, points in the scatter plot


def section(data: Dataset, settings: Settings) -> Section:
    """Compute the principal components of the data, and check the chapter's statements on them.

    Parameters
    ----------
    data : Dataset
        Training and test images. The components are computed in float64.
    settings : Settings
        Backend and seed.

    Returns
    -------
    Section

    Examples
    --------
    >>> from udl_pt.book import Settings, chapter1
    >>> from udl_pt.datasets import load_mnist_subset
    >>> data = load_mnist_subset()
    >>> data.X.shape
    (5000, 784)
    >>> section = chapter1.section(data, Settings(say=print))  # doctest: +SKIP
    PCA of 5,000 images of 784 pixels
    logistic regression on 784 pixels, and on 50 components
    >>> section.title  # doctest: +SKIP
    'Chapter 1: principal components analysis'
    """
    X = np.asarray(data.X, float)  # the statements are exact; float64 shows that best
    w = words_of(data)
    settings.say(f"PCA of {len(X):,} {w.sample}s of {X.shape[1]} {w.feature}s")
    start = time.perf_counter()
    pca = PCA().fit(X, backend=settings.backend)
    seconds = time.perf_counter() - start
    said = _statements(pca, X, w)
    pipeline: dict[str, Any] = {}
    if len(data.Y):
        settings.say(f"logistic regression on {X.shape[1]} {w.feature}s, and on {_kept(X)} components")
        pipeline = _pipeline(data, settings)
    noise = _against_noise(pca, data, settings)
    cumulative = np.cumsum(pca.explained_variance_ratio_)
    needed = int(np.searchsorted(cumulative, 0.95)) + 1
    two = 100 * cumulative[1]
    return Section(
        title="Chapter 1: principal components analysis",
        sentences=[
            "Z = (X − m)Q: the columns of Q are the eigenvectors of the covariance of the "
            f"{w.feature}s, those with the largest eigenvalues first. Nothing is learned step by step, and "
            "no label is seen.",
            f"Each eigenvalue is the variance of a column of Z. The first two columns have {two:.0f}% of the "
            f"{w.item}s' variance, and {needed} of the {X.shape[1]} have 95%. {len(X):,} {w.sample}s took "
            f"{seconds:.1f} seconds.",
            *_said_of_pipeline(pipeline, w),
        ],
        table=[["the chapter says", "measured"], *([text, value] for text, value in said)],
        pictures=[
            _scatter(pca, data),
            _variance(pca, needed, w),
            _rebuilt(pca, data),
            noise.pop("picture"),
            *([_comparison(pipeline, w)] if pipeline else []),
        ],
        results={
            "explained_variance_ratio": pca.explained_variance_ratio_[:200].tolist(),
            "components_for_95_percent": needed,
            "statements": dict(said),
            "pipeline": pipeline,
            "noise": noise,
            "seconds": round(seconds, 2),
        },
    )


def _said_of_pipeline(pipeline: dict[str, Any], w: Words) -> list[str]:
    if not pipeline:
        return []
    return [
        f"A logistic regression on the first {pipeline['components']['columns']} columns of Z errs on "
        f"{percent(pipeline['components']['error'])} of the test {w.sample}s, and on all {w.feature}s on "
        f"{percent(pipeline['pixels']['error'])}."
    ]


def _kept(X: np.ndarray) -> int:
    return min(KEPT, int(X.shape[1]) // 2, len(X) - 1)


def _fewer(X: np.ndarray) -> list[int]:
    return [k for k in REBUILT if k < min(X.shape)]


def _statements(pca: PCA, X: np.ndarray, w: Words) -> list[tuple[str, str]]:
    V, e = pca.components_.T, pca.explained_variance_
    C = np.cov(X.T, bias=True)
    Z = pca.transform(X)
    C_Z = np.cov(Z.T, bias=True)
    off = C_Z - np.diag(e)
    fewer = _fewer(X)
    J = [PCA(k).fit(X).reconstruction_error(X) for k in fewer]
    dropped = [e[k:].sum() for k in fewer]
    correlated = np.corrcoef(X[:, X.std(axis=0) > 0].T)
    np.fill_diagonal(correlated, 0)
    varying = Z[:, e > e[0] * 1e-10]
    left = np.corrcoef(varying.T)
    np.fill_diagonal(left, 0)
    return [
        ("V is orthonormal: V'V = I", f"largest difference {abs(V.T @ V - np.eye(V.shape[1])).max():.0e}"),
        ("CV = VE", f"largest difference {abs(C @ V - V * e).max():.0e}"),
        ("the covariance of Z is E, diagonal", f"largest difference {abs(off).max():.0e}"),
        ("the eigenvalues are not below 0, in descending order", f"from {e[0]:.3g} to {max(e[-1], 0):.0e}"),
        (
            "PCA decorrelates",
            f"correlations of {w.feature}s up to {abs(correlated).max():.2f}, of columns of Z "
            f"{abs(left).max():.0e}",
        ),
        (
            f"J = ||X − X̂||² / N falls with K ({', '.join(map(str, fewer))})",
            ", ".join(f"{value:.2f}" for value in J),
        ),
        (
            "J is the sum of the eigenvalues that were dropped",
            f"largest difference {max(abs(a - b) for a, b in zip(J, dropped, strict=True)):.0e}",
        ),
    ]


def _pipeline(data: Dataset, settings: Settings) -> dict[str, Any]:
    """Fit PCA, train on the first columns of Z, and put new points through the same Q."""
    X, Y = data.X[:TRAINED], data.Y[:TRAINED]
    pca = PCA(_kept(X)).fit(X, backend=settings.backend)
    ways = {"pixels": (X, data.Xtest), "components": (pca.transform(X), pca.transform(data.Xtest))}
    found = {}
    for name, (train, test) in ways.items():
        start = time.perf_counter()
        classifier = LogisticRegression(max_iter=1000).fit(train, Y)
        found[name] = {
            "columns": train.shape[1],
            "error": error_rate(classifier.predict(test), data.Ytest),
            "training_error": error_rate(classifier.predict(train), Y),
            "seconds": round(time.perf_counter() - start, 2),
        }
    return found


def _comparison(pipeline: dict[str, Any], w: Words) -> Table:
    rows = [["logistic regression on", "columns", "test error", "training error", "seconds"]]
    names = {"pixels": f"{w.feature}s", "components": "the first columns of Z"}
    for name, way in pipeline.items():
        errors = percent(way["error"]), percent(way["training_error"])
        rows.append([names[name], str(way["columns"]), *errors, f"{way['seconds']:.1f}"])
    return Table(
        rows,
        f"The chapter's pipeline, on {TRAINED:,} training {w.sample}s at most: the test {w.sample}s go "
        f"through the Q of the training {w.sample}s. With fewer columns, a classifier can fit the noise "
        "less.",
    )


def _scatter(pca: PCA, data: Dataset) -> Widget:
    Z, w = pca.transform(data.X[:SHOWN])[:, :2], words_of(data)
    labels = data.Y[:SHOWN] if len(data.Y) else None
    names = names_of(data, range(len(data.label_names)))
    said = f"Each point is one of the {w.item}s" + (
        ", coloured by its label, which PCA did not see." if names else "."
    )
    if w.are_digits:
        said = (
            "Each point is a digit, coloured by its label, which PCA did not see. Ones and zeros lie apart; "
            "most others overlap: two directions are too few for ten digits."
        )
    title = "The first two principal components"
    picture = Picture("scatter", plot_embeddings({"": Z}, labels, title, for_matplotlib(names)), said)
    return map_widget(picture, {title: Z}, data.X[:SHOWN], labels, names, data)


def _variance(pca: PCA, needed: int, w: Words) -> Widget:
    title = f"The {w.item}s' variance, component by component"
    picture = Picture(
        "variance",
        plot_variance(pca.explained_variance_ratio_, 0.95, title),
        f"Shares of the whole variance, component by component (top), and added up (below): {needed} "
        "components have 95%.",
    )
    return curves(picture)


def _rebuilt(pca: PCA, data: Dataset) -> Picture | Table:
    first, w = _shared.first_of_each(data), words_of(data)
    title = f"Test {w.item}s reconstructed from K components"
    X = np.asarray(data.Xtest if data.image_shape is None else data.Xtest[first], float)
    Z = pca.transform(X)
    rows = {"original": X}
    for k in _fewer(data.X):
        rows[f"K = {k}"] = Z[:, :k] @ pca.components_[:k] + pca.mean_
    if data.image_shape is None:
        errors = [[name, f"{((X - made) ** 2).sum(axis=1).mean():.4f}"] for name, made in rows.items()]
        return Table([["components", f"squared error of a test {w.sample}"], *errors[1:]], f"{title}.")
    said = f"The more components, the nearer a reconstruction comes to its {w.item}."
    if w.are_digits:
        said = (
            "Two components show little more than a blurred mean, ten a shape, fifty a digit that can be "
            "read."
        )
    labels = _shared.labels_of(data, first)
    figure = plot_images(rows, for_matplotlib(labels), title, **drawn(data))
    return Picture("rebuilt", figure, said, of_images(rows, labels))


def _against_noise(pca: PCA, data: Dataset, settings: Settings) -> dict[str, Any]:
    first, w = _shared.first_of_each(data), words_of(data)
    clean = np.asarray(data.Xtest, float)
    noisy = clean + NOISE * np.random.default_rng(settings.seed).standard_normal(clean.shape)
    K = _kept(data.X)
    kept = pca.components_[:K]
    denoised = (noisy - pca.mean_) @ kept.T @ kept + pca.mean_
    before, after = (float(((x - clean) ** 2).mean()) for x in (noisy, denoised))
    rows = {"clean": clean[first], "noisy": noisy[first], "denoised": denoised[first]}
    title = f"Noise dropped with all but {K} columns"
    said = (
        f"Noise of standard deviation {NOISE} on each {w.feature} spreads evenly over all components; the "
        f"{w.item}s are in the first ones. Without the last columns of Z, the mean squared error "
        f"{'falls' if after < before else 'rises'} from {before:.3f} to {after:.3f}."
    )
    picture: Picture | Table
    if data.image_shape is None:
        errors = [["noisy", f"{before:.4f}"], ["denoised", f"{after:.4f}"]]
        picture = Table([[f"test {w.sample}s", f"mean squared error of a {w.feature}"], *errors], said)
    else:
        labels = _shared.labels_of(data, first)
        figure = plot_images(rows, for_matplotlib(labels), title, **drawn(data))
        picture = Picture("noise", figure, said, of_images(rows, labels))
    return {
        "standard_deviation": NOISE,
        "components": K,
        "squared_error_before": before,
        "squared_error_after": after,
        "picture": picture,
    }
