"""scikit-learn's own checks of estimators, on the backend that compiles new sizes fastest."""

import sys

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from udl_pt import PCA, TSNE, SymmetricSNE
from udl_pt.estimators import (
    AutoEncoderTransformer,
    DBNTransformer,
    DeepAutoEncoderTransformer,
    DenoisingAutoEncoderTransformer,
    DNNClassifier,
    LadderClassifier,
    RBMTransformer,
)

pytestmark = pytest.mark.core  # with the lowest and the newest scikit-learn

FEW = {"perplexity": 2, "max_iter": 20}
ESTIMATORS = [
    PCA(),
    PCA(2, whiten=True),
    TSNE(**FEW),
    SymmetricSNE(**FEW),
    TSNE(metric="cosine", **FEW),
    TSNE(metric="precomputed", init="random", **FEW),
    AutoEncoderTransformer(2),
    DenoisingAutoEncoderTransformer(2, cost="squared_error"),
    DeepAutoEncoderTransformer([3, 2]),
    RBMTransformer(2),
    DBNTransformer([3, 2]),
    DNNClassifier([10], learning_rate=0.1, mu=0.9, epochs=60, batch_sz=20),
]
DEFAULTS = [  # which has networks of the book's sizes
    AutoEncoderTransformer(),
    DenoisingAutoEncoderTransformer(),
    DeepAutoEncoderTransformer(),
    RBMTransformer(),
    DBNTransformer(),
    DNNClassifier(),
]
# each new size of a ladder is a new graph, which takes seconds to compile
LADDERS = [LadderClassifier([10], epochs=10, batch_sz=20)]


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_accepts(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(DEFAULTS + LADDERS)
def test_scikit_learn_accepts_the_defaults_and_ladders(estimator, check):
    check(estimator)


def test_all_estimators_are_checked():
    module = sys.modules["udl_pt.estimators"]
    checked = {type(estimator).__name__ for estimator in ESTIMATORS + LADDERS}
    assert checked >= {*module.__all__, "PCA", "TSNE", "SymmetricSNE"}
