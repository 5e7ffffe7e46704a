"""The code of *Unsupervised Deep Learning in Python*, on PyTensor."""

from udl_pt.affinities import joint_probabilities
from udl_pt.autoencoder import AutoEncoder
from udl_pt.backend import set_backend
from udl_pt.comparison import Comparison, compare
from udl_pt.datasets import getKaggleMNIST, load_mnist, load_mnist_subset
from udl_pt.dbn import DBN
from udl_pt.deep import DeepAutoEncoder
from udl_pt.dnn import DNN
from udl_pt.graph import init_weights
from udl_pt.ladder import Ladder
from udl_pt.metrics import error_rate
from udl_pt.neighbours import sne_cost, tsne_cost
from udl_pt.pca import PCA
from udl_pt.random import RandomStreams
from udl_pt.rbm import RBM
from udl_pt.tsne import TSNE, SymmetricSNE
from udl_pt.updates import momentum_updates, sgd_updates
from udl_pt.validation import DivergenceError
from udl_pt.version import __version__

__all__ = [
    "DBN",
    "DNN",
    "PCA",
    "RBM",
    "TSNE",
    "AutoEncoder",
    "Comparison",
    "DeepAutoEncoder",
    "DivergenceError",
    "Ladder",
    "RandomStreams",
    "SymmetricSNE",
    "__version__",
    "compare",
    "error_rate",
    "getKaggleMNIST",
    "init_weights",
    "joint_probabilities",
    "load_mnist",
    "load_mnist_subset",
    "momentum_updates",
    "set_backend",
    "sgd_updates",
    "sne_cost",
    "tsne_cost",
]
