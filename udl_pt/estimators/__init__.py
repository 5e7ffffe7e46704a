"""The models as scikit-learn's transformers and classifiers, for pipelines, searches and cross-validation.

Each estimator has the arguments of a model's constructor and of its ``fit``, with the same names and
defaults. After ``fit`` its `model_` is the trained model. `udl_pt.PCA`, `udl_pt.TSNE` and
`udl_pt.SymmetricSNE` are scikit-learn's estimators themselves. See ``docs/scikit_learn.md``.
"""

from udl_pt.estimators.autoencoder import AutoEncoderTransformer, DenoisingAutoEncoderTransformer
from udl_pt.estimators.dbn import DBNTransformer
from udl_pt.estimators.deep_autoencoder import DeepAutoEncoderTransformer
from udl_pt.estimators.dnn import DNNClassifier
from udl_pt.estimators.ladder import LadderClassifier
from udl_pt.estimators.rbm import RBMTransformer

__all__ = [
    "AutoEncoderTransformer",
    "DBNTransformer",
    "DNNClassifier",
    "DeepAutoEncoderTransformer",
    "DenoisingAutoEncoderTransformer",
    "LadderClassifier",
    "RBMTransformer",
]
