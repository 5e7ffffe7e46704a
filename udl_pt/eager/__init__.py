"""The book's models written out in NumPy: the same constructors, `fit` and attributes, gradients by hand.

Each is the twin of the class or function of the same name in `udl_pt`: it makes the same draws in the same
order, so that either is an oracle for the other. What the library adds to the book on the symbolic side
(backends, Gaussian units, tempering, dropout, ...) has no twin: such arguments are taken as they are by
default, else refused.
`udl_pt.eager.torch` has the same for PyTorch.
"""

from udl_pt.eager.attacks import fast_gradient_sign, input_gradient
from udl_pt.eager.autoencoder import AutoEncoder
from udl_pt.eager.dbn import DBN
from udl_pt.eager.dnn import DNN
from udl_pt.eager.pca import PCA
from udl_pt.eager.rbm import RBM
from udl_pt.eager.tsne import TSNE, SymmetricSNE, sne_cost, sne_gradient, tsne_cost, tsne_gradient

__all__ = [
    "DBN",
    "DNN",
    "PCA",
    "RBM",
    "TSNE",
    "AutoEncoder",
    "SymmetricSNE",
    "fast_gradient_sign",
    "input_gradient",
    "sne_cost",
    "sne_gradient",
    "tsne_cost",
    "tsne_gradient",
]
