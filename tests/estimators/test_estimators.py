"""The estimators against the library's models fitted directly, and scikit-learn's tools around them."""

import functools
import inspect
import subprocess
import sys

import numpy as np
import pandas as pd
import pytensor
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingRandomSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

import udl_pt
from udl_pt import DBN, DNN, PCA, RBM, AutoEncoder, DeepAutoEncoder, Ladder, adam_updates
from udl_pt.callbacks import Checkpoint
from udl_pt.estimators import (
    AutoEncoderTransformer,
    DBNTransformer,
    DeepAutoEncoderTransformer,
    DenoisingAutoEncoderTransformer,
    DNNClassifier,
    LadderClassifier,
    RBMTransformer,
)
from udl_pt.inspection.likelihood import pseudo_likelihood
from udl_pt.symbolic.corruption import masking

LAYER = {"batch_sz": 10}
STACK = LAYER | {"pretrain_options": LAYER}


@pytest.fixture(scope="module")
def labelled():
    """Three kinds of rows in [0, 1], and their labels 0 to 2."""
    rs = np.random.RandomState(0)
    Y = np.arange(60) % 3
    X = 0.2 * rs.rand(60, 6)
    X[np.arange(60), Y] += 0.7
    return X, Y


def weights(model):
    return [p.get_value() for p in model.params]


def assert_same(some, other):
    for a, b in zip(weights(some), weights(other), strict=True):
        np.testing.assert_array_equal(a, b)


DIRECT = {
    "auto-encoder": (
        AutoEncoderTransformer(3, epochs=3, random_state=0, **LAYER),
        lambda X: AutoEncoder(3, random_state=0).fit(X, epochs=3, **LAYER),
        lambda model, X: model.forward_hidden(X),
    ),
    "denoising": (
        DenoisingAutoEncoderTransformer(3, epochs=3, random_state=0, **LAYER),
        lambda X: AutoEncoder(3, corruption=masking(0.3), random_state=0).fit(X, epochs=3, **LAYER),
        lambda model, X: model.forward_hidden(X),
    ),
    "rbm": (
        RBMTransformer(3, epochs=2, mu=0.5, persistent=True, random_state=1, **LAYER),
        lambda X: RBM(3, random_state=1).fit(X, epochs=2, mu=0.5, persistent=True, **LAYER),
        lambda model, X: model.forward_hidden(X),
    ),
    "dbn": (
        DBNTransformer([4, 2], RBM, pretrain_epochs=2, pretrain_options=LAYER, random_state=0),
        lambda X: DBN([4, 2], RBM, random_state=0).fit(X, pretrain_epochs=2, pretrain_options=LAYER),
        lambda model, X: model.forward(X),
    ),
    "deep": (
        DeepAutoEncoderTransformer([4, 2], epochs=2, weight_decay=0.1, random_state=0, **STACK),
        lambda X: DeepAutoEncoder([4, 2], random_state=0).fit(X, epochs=2, weight_decay=0.1, **STACK),
        lambda model, X: model.encode(X),
    ),
}


@pytest.mark.parametrize("name", DIRECT)
def test_a_transformer_is_its_model(labelled, name):
    estimator, direct, encode = DIRECT[name]
    X = labelled[0]
    estimator, model = clone(estimator).fit(X), direct(X)
    assert_same(estimator.model_, model)
    np.testing.assert_array_equal(estimator.transform(X), encode(model, X))
    assert estimator.scaler_ is None


@pytest.mark.parametrize(
    ("estimator", "model"),
    [
        (DNNClassifier([4], epochs=3, dropout=0.2, random_state=0, **STACK), DNN([4], random_state=0)),
        (LadderClassifier([4], epochs=2, random_state=0, **LAYER), Ladder([4], random_state=0)),
    ],
)
def test_a_classifier_is_its_network_without_a_test_set(labelled, estimator, model):
    X, Y = labelled
    names = np.array(["red", "green", "blue"])
    options = {"dropout": 0.2, "epochs": 3, **STACK} if isinstance(model, DNN) else {"epochs": 2, **LAYER}
    classes, codes = np.unique(names[Y], return_inverse=True)
    model.fit(X, codes, **options)
    estimator.fit(X, names[Y])
    assert_same(estimator.model_, model)
    network = getattr(model, "dnn", model)
    np.testing.assert_array_equal(estimator.predict_proba(X), network.forward(X))
    np.testing.assert_array_equal(estimator.predict(X), classes[network.predict(X)])
    assert estimator.classes_.tolist() == ["blue", "green", "red"]
    assert model.costs == model.errors == []


ARGUMENTS = {
    AutoEncoderTransformer: (AutoEncoder, {}),
    DenoisingAutoEncoderTransformer: (AutoEncoder, {"corruption"}),
    RBMTransformer: (RBM, {}),
    DBNTransformer: (DBN, {}),
    DeepAutoEncoderTransformer: (DeepAutoEncoder, {}),
    DNNClassifier: (DNN, {}),
    LadderClassifier: (Ladder, {}),
}
OF_DATA = {"X", "Y", "Xtest", "Ytest", "validation", "n_classes", "keep_layers", "sample_weight"}
OWN = {"rescale", "early_stopping", "validation_fraction", "n_iter_no_change", "tol"}


@pytest.mark.parametrize("estimator", ARGUMENTS)
def test_the_arguments_are_those_of_the_model_with_their_defaults(estimator):
    model, others = ARGUMENTS[estimator]
    own = {n: p.default for n, p in inspect.signature(estimator).parameters.items()}
    theirs = {}
    for function in (model, model.fit):
        for name, parameter in inspect.signature(function).parameters.items():
            if name not in OF_DATA | {"self"}:
                theirs["unsupervised_model" if name == "UnsupervisedModel" else name] = parameter.default
    assert set(own) - OWN == set(theirs)
    for name in set(theirs) - set(others):
        if theirs[name] is not inspect.Parameter.empty:  # sizes have no default in the library
            assert own[name] == theirs[name], name


def test_labels_of_any_kind(labelled):
    X, Y = labelled
    fit = functools.partial(
        DNNClassifier([8], learning_rate=0.1, mu=0.9, epochs=40, random_state=0, **STACK).fit, X
    )
    for labels in (np.array(["a", "b", "c"]), np.array([1, 5, 10]), np.array([-1.0, 0.0, 2.0])):
        dnn = fit(labels[Y])
        assert dnn.score(X, labels[Y]) == 1.0
        assert dnn.classes_.tolist() == labels.tolist()
    assert fit(Y > 0).predict(X).dtype == bool


def test_a_network_after_principal_components(labelled):
    X, Y = labelled
    pipeline = make_pipeline(PCA(4), DNNClassifier([8], learning_rate=0.1, mu=0.9, epochs=40, random_state=0))
    assert pipeline.fit(X, Y).score(X, Y) == 1.0
    scaler = pipeline[-1].scaler_
    np.testing.assert_array_equal(
        scaler.transform(X[:, :4]), MinMaxScaler(clip=True).fit(pipeline[0].transform(X)).transform(X[:, :4])
    )


def test_columns_of_a_table_and_names_of_results(labelled):
    X, Y = labelled
    table = pd.DataFrame(X, columns=list("abcdef"))
    columns = ColumnTransformer(
        [("code", AutoEncoderTransformer(2, random_state=0), ["a", "b", "c"]), ("pca", PCA(1), ["d", "e"])]
    ).set_output(transform="pandas")
    found = columns.fit_transform(table, Y)
    assert [*found.columns] == ["code__autoencodertransformer0", "code__autoencodertransformer1", "pca__pca0"]
    assert found.index.equals(table.index)
    pca = PCA(2).fit(table)
    assert pca.feature_names_in_.tolist() == list("abcdef")
    with pytest.raises(ValueError, match="feature names should match"):
        pca.transform(table[list("fedcba")])
    assert PCA(2).set_output(transform="pandas").fit_transform(table).columns.tolist() == ["pca0", "pca1"]


def test_searches_and_cross_validation(labelled):
    X, Y = labelled
    dnn = DNNClassifier([4], learning_rate=0.1, mu=0.9, pretrain=False, epochs=1, random_state=0, **LAYER)
    search = GridSearchCV(dnn, {"hidden_layer_sizes": [[4], [8]], "epochs": [1, 40]}, cv=2).fit(X, Y)
    assert search.best_params_["epochs"] == 40
    assert search.best_score_ > 0.9
    halving = HalvingRandomSearchCV(
        dnn,
        {"learning_rate": [0.01, 0.03, 0.1, 0.3]},
        resource="epochs",
        min_resources=5,
        max_resources=20,
        random_state=0,
        cv=2,
        n_candidates=4,
    ).fit(X, Y)
    assert set(halving.cv_results_["n_resources"]) == {5, 15}
    scores = cross_val_score(RBMTransformer(4, epochs=5, random_state=0, **LAYER), np.round(X), cv=3)
    assert len(scores) == 3
    assert (scores < 0).all()


def test_scores(labelled):
    X = labelled[0]
    ae = AutoEncoderTransformer(3, epochs=3, random_state=0, **LAYER).fit(X)
    rebuilt = ae.model_.forward_output(X)
    assert ae.score(X) == pytest.approx(-((X - rebuilt) ** 2).sum(axis=1).mean())
    np.testing.assert_array_equal(ae.inverse_transform(ae.transform(X)), rebuilt)
    rbm = RBMTransformer(3, epochs=3, random_state=0, **LAYER).fit(X)
    binary = (X > 0.5).astype(float)
    np.testing.assert_array_equal(rbm.score_samples(X), pseudo_likelihood(rbm.model_, binary))
    assert rbm.score(X) == pytest.approx(rbm.score_samples(X).mean())
    gaussian = RBMTransformer(3, visible="gaussian", random_state=0, **LAYER)
    standard = (X - X.mean(axis=0)) / X.std(axis=0)
    with pytest.raises(ValueError, match="of Bernoulli units, and the visible units are gaussian"):
        gaussian.fit(standard).score(standard)


def test_rows_outside_the_unit_interval(labelled):
    X = 10 * labelled[0] - 3
    ae = AutoEncoderTransformer(3, epochs=3, random_state=0, **LAYER).fit(X)
    scaled = MinMaxScaler(clip=True).fit_transform(X)
    assert_same(ae.model_, AutoEncoder(3, random_state=0).fit(scaled, epochs=3, **LAYER))
    rebuilt = MinMaxScaler().fit(X).inverse_transform(ae.model_.forward_output(scaled))
    np.testing.assert_allclose(ae.inverse_transform(ae.transform(X)), rebuilt)
    assert ae.score(X) == pytest.approx(-((X - rebuilt) ** 2).sum(axis=1).mean())
    ae.transform(2 * X)  # clipped
    with pytest.raises(ValueError, match=r"the model reads them as probabilities and expects \[0, 1\]"):
        AutoEncoderTransformer(3, rescale=False, **LAYER).fit(X)
    linear = AutoEncoderTransformer(3, cost="squared_error", output="linear", mu=0.5, **LAYER).fit(X)
    assert linear.scaler_ is None
    assert DNNClassifier([3], pretrain=False, **LAYER).fit(X, labelled[1]).scaler_ is None


def test_small_data_are_one_batch(labelled):
    X, Y = labelled
    few = DNNClassifier([3], random_state=0).fit(X[:9], Y[:9])
    whole = DNN([3], random_state=0)
    whole.fit(X[:9], Y[:9], batch_sz=9, pretrain_options={"batch_sz": 9})
    assert_same(few.model_, whole)


def of_mlp(scores, patience, tol):
    """Return after which epoch scikit-learn's MLP stops, and whose weights it keeps, as its code has it."""
    best, waited, kept = -np.inf, 0, 0
    for epoch, score in enumerate(scores, start=1):
        waited = waited + 1 if score < best + tol else 0
        if score > best:
            best, kept = score, epoch
        if waited > patience:
            return epoch, kept
    return len(scores), kept


def test_early_stopping_is_that_of_the_mlp(labelled):
    X, Y = labelled
    options = {"learning_rate": 0.05, "mu": 0.5, "epochs": 60, "pretrain": False, "random_state": 3, **LAYER}
    stopped = DNNClassifier(
        [6], early_stopping=True, validation_fraction=0.25, n_iter_no_change=4, **options
    ).fit(X, Y)
    rows, held = train_test_split(np.arange(60), test_size=0.25, random_state=3, stratify=Y)
    whole = DNN([6], random_state=3)
    del options["random_state"]
    whole.fit(X[rows], Y[rows], validation=(X[held], Y[held]), **options)
    scores = [1 - error for error in whole.valid_errors]
    last, best = of_mlp(scores, 4, 1e-4)
    assert last < 60
    assert stopped.n_iter_ == last
    assert stopped.validation_scores_ == scores[:last]
    assert stopped.best_validation_score_ == max(scores[:last])
    kept = DNN([6], random_state=3)
    kept.fit(X[rows], Y[rows], **options | {"epochs": best})
    assert_same(stopped.model_, kept)


def test_early_stopping_of_a_transformer(labelled):
    X = labelled[0]
    ae = AutoEncoderTransformer(
        3, mu=0.5, epochs=50, early_stopping=True, n_iter_no_change=3, tol=0.05, random_state=0, **LAYER
    ).fit(X)
    last, _ = of_mlp(ae.validation_scores_, 3, 0.05)
    assert ae.n_iter_ == len(ae.validation_scores_) == last < 50
    assert ae.validation_scores_ == [-cost for cost in ae.model_.valid_costs]


def test_warm_start_goes_on(labelled):
    X, Y = labelled
    options = {"learning_rate": 0.05, "mu": 0.5, "random_state": 0, **STACK}
    dnn = DNNClassifier([4], epochs=2, warm_start=True, **options).fit(X, Y).fit(X, Y)
    model = DNN([4], random_state=0)
    for _ in range(2):
        model.fit(X, Y, learning_rate=0.05, mu=0.5, epochs=2, warm_start=True, **STACK)
    assert_same(dnn.model_, model)
    assert dnn.n_iter_ == 4
    with pytest.raises(
        ValueError, match=r"warm_start of DNNClassifier is True, and y has the classes \[0, 1\]"
    ):
        dnn.fit(X, Y % 2)


@pytest.mark.parametrize(("kind", "model"), [(DNNClassifier, DNN), (LadderClassifier, Ladder)])
def test_partial_fit_of_batches_that_lack_classes(labelled, kind, model):
    X, Y = labelled
    labels = np.array(["x", "y", "z"])[Y]
    options = STACK if kind is DNNClassifier else LAYER
    classifier, network = kind([4], random_state=0, **options), model([4], random_state=0)
    for rows in np.split(np.argsort(Y[:30], kind="stable"), 3):  # of one class each
        classifier.partial_fit(X[rows], labels[rows], classes=["x", "y", "z"])
        network.fit(X[rows], Y[rows], n_classes=3, epochs=1, warm_start=True, **options)
    assert_same(classifier.model_, network)
    assert classifier.n_iter_ == 3
    assert classifier.predict_proba(X).shape == (60, 3)
    with pytest.raises(ValueError, match=r"y has the labels \['w'\], which are not in classes"):
        classifier.partial_fit(X[:3], ["x", "w", "y"])
    with pytest.raises(ValueError, match=r"classes is \['x', 'y'\], but in the first call"):
        classifier.partial_fit(X[:3], ["x", "x", "y"], classes=["x", "y"])
    with pytest.raises(ValueError, match=rf"early_stopping of {kind.__name__} is True, and partial_fit"):
        clone(classifier).set_params(early_stopping=True).partial_fit(X, labels)


@pytest.mark.parametrize(
    "estimator",
    [
        AutoEncoderTransformer(3, mu=0.5, random_state=0),
        RBMTransformer(3, random_state=0),
        DBNTransformer([3, 2], random_state=0),
        DeepAutoEncoderTransformer([3, 2], random_state=0),
    ],
)
def test_partial_fit_of_transformers(labelled, estimator):
    X = labelled[0]
    first = weights(estimator.partial_fit(X[:20]).model_)
    second = weights(estimator.partial_fit(X[20:]).model_)
    assert any((a != b).any() for a, b in zip(first, second, strict=True))


def test_options_that_are_functions_and_files(labelled, tmp_path):
    X, Y = labelled
    path = tmp_path / "checkpoint"
    options = {"optimiser": functools.partial(adam_updates, learning_rate=0.01), "epochs": 4, "resume": path}
    dnn = DNNClassifier([4], random_state=0, callbacks=[Checkpoint(path)], **options, **STACK)
    assert dnn.fit(X, Y).n_iter_ == 4
    again = clone(dnn).fit(X, Y)  # all of it is in the file
    assert_same(again.model_, dnn.model_)


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (DNNClassifier([4], epochs=-1), ValueError, "epochs is -1"),
        (DNNClassifier([0]), ValueError, "hidden_layer_sizes"),
        (DNNClassifier([4], callbacks=None), TypeError, "callbacks is None"),
        (DNNClassifier([4], rescale="yes"), TypeError, "rescale is 'yes', expected True or False"),
        (DNNClassifier([4], early_stopping="no"), TypeError, "early_stopping is 'no', expected True or"),
        (
            DNNClassifier([4], early_stopping=True, monitor=None),
            ValueError,
            "early stopping watches valid_err",
        ),
        (DNNClassifier([4], early_stopping=True, n_iter_no_change=0), ValueError, "n_iter_no_change is 0"),
        (DNNClassifier([4], early_stopping=True, tol=-1), ValueError, "tol is -1"),
        (
            DNNClassifier([4], early_stopping=True, validation_fraction=1),
            ValueError,
            "validation_fraction is 1",
        ),
        (DNNClassifier([4], pretrain_options={"speed": 1}), TypeError, "takes no speed"),
        (DNNClassifier([4], batch_sz="all"), TypeError, "batch_sz is 'all'"),
        (LadderClassifier([4], batch_sz=1), ValueError, "batch_sz is 1"),
    ],
)
def test_bad_arguments_are_errors_of_fit(labelled, estimator, error, message):
    with pytest.raises(error, match=message):
        estimator.fit(*labelled)
    assert not hasattr(estimator, "model_")


def test_weights_of_samples(labelled):
    X, Y = labelled
    names, w = np.array(["x", "y", "z"])[Y], np.random.RandomState(0).rand(60)
    dnn = DNNClassifier([4], random_state=0, epochs=2, **STACK).fit(X, names, sample_weight=w)
    model = DNN([4], random_state=0).fit(X, Y, epochs=2, sample_weight=w, **STACK)
    assert_same(dnn.model_, model)
    dnn.partial_fit(X[:30], names[:30], sample_weight=list(w[:30]))
    model.fit(X[:30], Y[:30], n_classes=3, warm_start=True, sample_weight=w[:30], **STACK)
    assert_same(dnn.model_, model)
    assert dnn.score(X, names, sample_weight=w) == pytest.approx(w[dnn.predict(X) == names].sum() / w.sum())
    stopped = clone(dnn).set_params(early_stopping=True).fit(X, names, sample_weight=w)
    rows, held = train_test_split(np.arange(60), test_size=0.1, random_state=0, stratify=Y)
    model = DNN([4], random_state=0)
    options = STACK | {"sample_weight": w[rows], "validation": (X[held], Y[held])}
    best = 1 + np.argmax(stopped.validation_scores_)
    assert_same(stopped.model_, model.fit(X[rows], Y[rows], n_classes=3, epochs=best, **options))
    with pytest.raises(ValueError, match=r"sample_weight has shape \(59,\), expected \(60,\)"):
        dnn.fit(X, names, sample_weight=w[1:])
    with pytest.raises(TypeError, match="sample_weight"):
        LadderClassifier([4]).fit(X, names, sample_weight=w)


@pytest.mark.filterwarnings("ignore:The SAMME.R algorithm:FutureWarning")  # of scikit-learn before 1.6
def test_ensembles_that_weigh_rows(labelled):
    X, Y = labelled
    dnn = DNNClassifier([8], learning_rate=0.1, mu=0.9, epochs=40, random_state=0, **STACK)
    assert AdaBoostClassifier(dnn, n_estimators=2, random_state=0).fit(X, Y).score(X, Y) == 1.0
    assert BaggingClassifier(dnn, n_estimators=2, random_state=0).fit(X, Y).score(X, Y) == 1.0


def test_unfitted_models_raise_the_errors_of_both_libraries(labelled):
    for error in (NotFittedError, udl_pt.NotFittedError):
        for model in (PCA(), udl_pt.TSNE()):
            with pytest.raises(error):
                model._check_fitted("transform")
    with pytest.raises(NotFittedError):
        DNNClassifier().predict(labelled[0])


def test_importing_the_library_does_not_load_scikit_learn():
    code = "import sys, udl_pt; assert 'sklearn' not in sys.modules; udl_pt.estimators.DNNClassifier"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names_of_features_are_saved(labelled, tmp_path):
    table = pd.DataFrame(labelled[0], columns=list("abcdef"))
    for model in (PCA(2), udl_pt.TSNE(perplexity=5, max_iter=5)):
        model.fit(table).save(tmp_path / "model")
        loaded = udl_pt.load(tmp_path / "model")
        assert loaded.feature_names_in_.tolist() == list("abcdef")
        assert loaded.n_features_in_ == 6
        assert loaded.get_feature_names_out().tolist() == model.get_feature_names_out().tolist()


def test_parameters_of_principal_components_are_attributes_as_those_of_other_models(labelled):
    pca = PCA(2).fit(labelled[0])
    assert [p.name for p in pca.params] == ["Q", "m"]
    with pytest.raises(
        ValueError, match=r"Q of PCA is set to a shared variable of shape \(2, 6\), expected \(6, 2\)"
    ):
        pca.Q = pytensor.shared(pca.components_)
    pca.Q = pytensor.shared(2 * pca.components_.T)
    np.testing.assert_allclose(pca.transform(labelled[0]), 2 * PCA(2).fit_transform(labelled[0]))
    with pytest.raises(AttributeError, match="this PCA has no Q yet"):
        _ = PCA().Q
