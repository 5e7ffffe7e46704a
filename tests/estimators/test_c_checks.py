"""scikit-learn's own checks of estimators, on the backend that compiles new sizes fastest."""

import sys
from contextlib import nullcontext

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
from udl_pt.models import _scikit

# The newest scikit-learn needs no other interpreter: `make test` and `make slow` have it.
pytestmark = [pytest.mark.core] if _scikit.validate_data is None else []  # before scikit-learn 1.6

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
    DNNClassifier([10], pretrain=False, learning_rate=0.5, mu=0.9, epochs=100, batch_sz=1000),
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


# A row of weight 0 takes a place in a batch, and its copies take several: so other rows share a step than
# without it. And pretraining has no weights. In one batch of all rows, without pretraining, both checks pass.
OF_ONE_BATCH = ("check_sample_weight_equivalence_on_dense_data", "check_sample_weights_invariance")
OF_MORE_EPOCHS = "check_classifiers_classes"  # it asks that each class is predicted


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_accepts(estimator, check):
    fails = isinstance(estimator, DNNClassifier) and estimator.pretrain
    fails &= check.func.__name__ in OF_ONE_BATCH and check.keywords.get("kind") != "ones"
    with pytest.raises(AssertionError, match="is not equivalent to") if fails else nullcontext():
        check(estimator)


@pytest.mark.exhaustive
@parametrize_with_checks(LADDERS)
def test_scikit_learn_accepts_ladders(estimator, check):
    test_scikit_learn_accepts(estimator, check)


@pytest.mark.slow
@parametrize_with_checks(DEFAULTS)
def test_scikit_learn_accepts_the_defaults(estimator, check):
    if isinstance(estimator, DNNClassifier) and check.func.__name__ == OF_MORE_EPOCHS:
        pytest.skip("after one epoch, the default, a network may predict one class alone")
    test_scikit_learn_accepts(estimator, check)


def test_all_estimators_are_checked():
    module = sys.modules["udl_pt.estimators"]
    checked = {type(estimator).__name__ for estimator in ESTIMATORS + LADDERS}
    assert checked >= {*module.__all__, "PCA", "TSNE", "SymmetricSNE"}
