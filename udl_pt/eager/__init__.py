"""The book's models in NumPy, with the constructors, `fit` and attributes of `udl_pt` and gradients by hand.

Each is the twin of the class or function of the same name in `udl_pt`. It makes the same draws in the same
order, so each serves as an oracle for the other. The library's additions to the book (backends, Gaussian
units, tempering, dropout, ...) have no twin. A twin accepts such an argument at its default and refuses any
other value. `udl_pt.eager.torch` has auto-encoder, RBM and DNN in PyTorch.
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
