"""Chapter 6, eager: dJ/dX by backpropagation down to the input, and the fast gradient sign."""

from typing import Any

import numpy as np

from udl_pt.eager.dnn import DNN
from udl_pt.validation import check_labels, check_number

__all__ = ["fast_gradient_sign", "input_gradient"]


def input_gradient(model: DNN, X: Any, Y: Any) -> Any:
    """Give dJ/dX: in what direction to change each image so that the network errs more on its label.

    Parameters
    ----------
    model : udl_pt.eager.DNN
    X : array_like of shape (N, D)
        Images.
    Y : array_like of int of shape (N,)
        Their labels.

    Returns
    -------
    ndarray of shape (N, D)
        Each image's own gradient, as of `udl_pt.adversarial.input_gradient`.
    """
    Y = check_labels(Y, "Y", n_samples=len(X), n_classes=len(model.b))
    return model._called(lambda X: model._input_gradient(X, Y), X)


def fast_gradient_sign(model: DNN, X: Any, Y: Any, epsilon: float) -> Any:
    """Change every pixel by `epsilon` as the gradient says, and stay in [0, 1] (Goodfellow et al. 2014).

    ``X + epsilon sign(dJ/dX)``; parameters as of `input_gradient`.
    """
    epsilon = check_number(epsilon, "epsilon", at_least=0)
    X = np.asarray(X, model.dtype)
    return np.clip(X + epsilon * np.sign(input_gradient(model, X, Y)), 0, 1)
