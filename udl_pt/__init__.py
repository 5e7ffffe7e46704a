"""The code of *Unsupervised Deep Learning in Python*, on PyTensor.

`PCA`, `TSNE`, `SymmetricSNE`, `compare`, `load_data` and the modules `callbacks`, `eager` and `estimators`
are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from udl_pt._support.exceptions import DataError, DivergenceError, NotFittedError
from udl_pt._version import __version__
from udl_pt.backends import set_backend, set_threads
from udl_pt.datasets import getKaggleMNIST, load_mnist, load_mnist_subset
from udl_pt.models._saved import load
from udl_pt.models._sne.affinities import joint_probabilities
from udl_pt.models._sne.objective import sne_cost, tsne_cost
from udl_pt.models.autoencoder import AutoEncoder
from udl_pt.models.dbn import DBN
from udl_pt.models.deep_autoencoder import DeepAutoEncoder
from udl_pt.models.dnn import DNN
from udl_pt.models.ladder import Ladder
from udl_pt.models.rbm import RBM
from udl_pt.symbolic.random import RandomStreams
from udl_pt.symbolic.updates import (
    adam_updates,
    momentum_updates,
    nesterov_updates,
    rmsprop_updates,
    sgd_updates,
)
from udl_pt.symbolic.weights import init_weights
from udl_pt.training.batches import Batches
from udl_pt.training.metrics import error_rate

if TYPE_CHECKING:
    from udl_pt import callbacks, eager, estimators
    from udl_pt.comparison import Comparison, compare
    from udl_pt.datasets import load_data
    from udl_pt.models.pca import PCA
    from udl_pt.models.tsne import TSNE, SymmetricSNE

__all__ = [
    "DBN",
    "DNN",
    "PCA",
    "RBM",
    "TSNE",
    "AutoEncoder",
    "Batches",
    "Comparison",
    "DataError",
    "DeepAutoEncoder",
    "DivergenceError",
    "Ladder",
    "NotFittedError",
    "RandomStreams",
    "SymmetricSNE",
    "__version__",
    "adam_updates",
    "callbacks",
    "compare",
    "eager",
    "error_rate",
    "estimators",
    "getKaggleMNIST",
    "init_weights",
    "joint_probabilities",
    "load",
    "load_data",
    "load_mnist",
    "load_mnist_subset",
    "momentum_updates",
    "nesterov_updates",
    "rmsprop_updates",
    "set_backend",
    "set_threads",
    "sgd_updates",
    "sne_cost",
    "tsne_cost",
]

_LOADED_WHEN_USED = {
    "Comparison": "comparison",
    "compare": "comparison",
    "load_data": "datasets",
    "PCA": "models.pca",
    "TSNE": "models.tsne",
    "SymmetricSNE": "models.tsne",
    "callbacks": "",
    "eager": "",
    "estimators": "",
}


def __getattr__(name: str) -> Any:
    if name not in _LOADED_WHEN_USED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = _LOADED_WHEN_USED[name]
    if not package:
        return import_module(f"{__name__}.{name}")
    value = getattr(import_module(f"{__name__}.{package}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
