"""What a fit of an estimator leaves: all of its result, or the result before."""

import functools
import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

import udl_pt
from udl_pt import RBM, TSNE, AutoEncoder
from udl_pt.estimators import (
    AutoEncoderTransformer,
    DBNTransformer,
    DeepAutoEncoderTransformer,
    DNNClassifier,
    LadderClassifier,
    RBMTransformer,
)
from udl_pt.symbolic.corruption import masking

LAYER = {"batch_sz": 10}
STACK = LAYER | {"pretrain_options": LAYER}
ESTIMATORS = [
    AutoEncoderTransformer(3, random_state=0, **LAYER),
    RBMTransformer(3, random_state=0, **LAYER),
    DBNTransformer([3, 2], pretrain_options=LAYER, random_state=0),
    DeepAutoEncoderTransformer([3, 2], random_state=0, **STACK),
    DNNClassifier([4], random_state=0, **STACK),
    LadderClassifier([4], random_state=0, **LAYER),
]


@pytest.fixture(scope="module")
def data():
    """Rows in [0, 1], and their labels 0 to 2."""
    return np.random.RandomState(0).rand(60, 6), np.arange(60) % 3


def answer(estimator, X):
    return getattr(estimator, "predict_proba", getattr(estimator, "transform", None))(X)


def interrupt(progress):
    raise KeyboardInterrupt


@pytest.mark.parametrize("estimator", ESTIMATORS[:-1], ids=lambda estimator: type(estimator).__name__)
def test_a_fit_that_fails_leaves_the_result_before(data, estimator):
    X, Y = data
    estimator = clone(estimator).fit(pd.DataFrame(X, columns=list("abcdef")), Y)
    before, found = dict(vars(estimator)), answer(estimator, pd.DataFrame(X, columns=list("abcdef")))
    for options, error in (
        ({"callbacks": [interrupt]}, KeyboardInterrupt),
        ({"callbacks": (), "monitor": "never"}, ValueError),
    ):
        with pytest.raises(error):
            estimator.set_params(**options).fit(X[:30, :4], np.array(["a", "b"])[Y[:30] % 2])
        assert {
            name: v for name, v in vars(estimator).items() if name.endswith("_")
        }.items() <= before.items()
        np.testing.assert_array_equal(answer(estimator, pd.DataFrame(X, columns=list("abcdef"))), found)
    estimator.set_params(monitor="epoch").fit(X[:, :4], Y)
    assert estimator.n_features_in_ == 4
    assert not hasattr(estimator, "feature_names_in_")


def test_a_first_fit_that_fails_leaves_nothing(data):
    dnn = DNNClassifier([4], callbacks=[interrupt], **STACK)
    for fit in (dnn.fit, dnn.partial_fit):
        with pytest.raises(KeyboardInterrupt):
            fit(*data)
        assert not [name for name in vars(dnn) if name.endswith("_")]


@pytest.mark.parametrize(
    ("estimator", "changed", "message"),
    [
        (
            ESTIMATORS[0],
            {"M": 7},
            r"train <AutoEncoder\(3\), fitted to 6 features> further, but",
        ),
        (ESTIMATORS[0], {"hidden": "relu"}, "those of <AutoEncoder.3, hidden='relu'"),
        (ESTIMATORS[3], {"hidden_layer_sizes": [3, 4]}, r"those of <DeepAutoEncoder\(\[3, 4\]"),
        (ESTIMATORS[4], {"hidden_layer_sizes": [7]}, r"^DNNClassifier is to train <DNN\(\[4\]\), fitted to"),
        (ESTIMATORS[4], {"dtype": "float32"}, "dtype='float32'"),
        (ESTIMATORS[4], {"unsupervised_model": RBM}, "UnsupervisedModel='RBM'"),
        (ESTIMATORS[4], {"unsupervised_model": functools.partial(AutoEncoder, hidden="relu")}, "set them"),
        (ESTIMATORS[4], {"corruption": masking(0.2)}, "call fit with warm_start=False"),
        (ESTIMATORS[5], {"noise": 0.5}, "noise=0.5"),
    ],
)
def test_training_goes_on_with_the_same_model_only(data, estimator, changed, message):
    X, Y = data
    estimator = clone(estimator).fit(X, Y).set_params(**changed)
    with pytest.raises(ValueError, match=message):
        estimator.partial_fit(X, Y)
    with pytest.raises(ValueError, match=message):
        estimator.set_params(warm_start=True).fit(X, Y)
    estimator.set_params(warm_start=False).fit(X, Y)


def test_the_same_arguments_in_other_words_go_on(data):
    X, Y = data
    dnn = DNNClassifier([4], corruption=masking(0.2), warm_start=True, **STACK).fit(X, Y)
    copy = pickle.loads(pickle.dumps(dnn))
    copy.set_params(hidden_layer_sizes=(4,), corruption=masking(0.2), dtype="float64", random_state=1)
    assert copy.fit(X, Y).n_iter_ == 2


class Fixed(DNNClassifier):
    """A classifier with arguments of its own."""

    def __init__(self, size=4, *, extra=None):
        super().__init__([size], **STACK)
        self.size, self.extra = size, extra


def test_a_subclass_has_arguments_of_its_own(data):
    fixed = clone(Fixed(5, extra="more")).fit(*data)
    assert fixed.get_params() == {"size": 5, "extra": "more"}
    assert fixed.model_.hidden_layers[0].M == 5


@pytest.mark.parametrize("epochs", ["all", None, np.array([1, 2])])
def test_wrong_epochs_are_named(data, epochs):
    with pytest.raises(TypeError, match=r"epochs is .*, expected an integer of at least 0"):
        DNNClassifier([4], epochs=epochs).fit(*data)


def test_labels_that_are_not_comparable(data):
    X, Y = data
    mixed = np.array(["a", 1, None], object)
    for fit in (DNNClassifier([4]).fit, DNNClassifier([4]).partial_fit):
        with pytest.raises(TypeError, match="y has labels of kinds that can't be sorted together"):
            fit(X, mixed[Y])
    with pytest.raises(TypeError, match="classes has labels of kinds that can't be sorted together"):
        DNNClassifier([4]).partial_fit(X, Y, classes=mixed)
    # sorted as text, "10" comes before "2"
    with pytest.raises(ValueError, match=r"y has the labels \['0', '1', '2'\], which are not in classes"):
        DNNClassifier([4]).partial_fit(X, Y.astype(str), classes=range(12))
    assert DNNClassifier([4]).partial_fit(X, Y, classes=[2.0, 0.0, 1.0]).classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize("rows", [1, 9])
def test_too_few_rows_to_hold_out(data, rows):
    X, Y = data
    with pytest.raises(
        ValueError, match=f"early_stopping of DNN.* validation_fraction 0.1 of {rows} rows can't"
    ):
        DNNClassifier([4], early_stopping=True).fit(X[:rows], Y[:rows])


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_later_rows_are_clipped_to_the_range_of_the_model(data, estimator):
    X, Y = data
    estimator = clone(estimator).fit(X, Y)
    assert estimator.scaler_ is None
    if not isinstance(estimator, LadderClassifier):  # which reads all numbers
        later = 1.5 * X - 0.2
        np.testing.assert_array_equal(answer(estimator, later), answer(estimator, np.clip(later, 0, 1)))
        exact = clone(estimator).set_params(rescale=False).fit(X, Y)
        with pytest.raises(ValueError, match="the model reads them as probabilities"):
            answer(exact, later)
        estimator.partial_fit(later, Y)


def test_folds_that_leave_the_range_of_training(data):
    X, Y = np.random.RandomState(1).randn(60, 6), data[1]
    folds = make_pipeline(MinMaxScaler(), AutoEncoderTransformer(3, **LAYER), DNNClassifier([4], **STACK))
    assert np.isfinite(cross_val_score(folds, X, Y, cv=3)).all()


def test_a_validation_row_that_leaves_the_range_of_training(data):
    X = np.vstack([data[0], np.full(6, 2.0)])
    for seed in range(20):
        ae = AutoEncoderTransformer(3, early_stopping=True, random_state=seed, **LAYER).fit(X)
        assert isinstance(ae.scaler_, MinMaxScaler)


def test_points_move_on_in_as_many_dimensions(data):
    X = data[0]
    tsne = TSNE(perplexity=5, max_iter=5, dtype="float64").fit(X)
    with pytest.raises(ValueError, match="embedding_ has 2 dimensions, but n_components is 3: set it back"):
        tsne.set_params(n_components=3).fit(X, warm_start=True)
    assert tsne.embedding_.shape == (60, 2)
    assert (
        tsne.set_params(n_components=2, dtype="float32").fit(X, warm_start=True).embedding_.dtype == "float32"
    )


def test_a_request_of_metadata_is_not_saved(data, tmp_path):
    with sklearn.config_context(enable_metadata_routing=True):
        tsne = TSNE(perplexity=5, max_iter=5).set_fit_request(callbacks=True).fit(data[0])
    tsne.save(tmp_path / "model")
    np.testing.assert_array_equal(udl_pt.load(tmp_path / "model").embedding_, tsne.embedding_)
