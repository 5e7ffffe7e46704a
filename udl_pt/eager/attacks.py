"""Chapter 6, eager: dJ/dX by backpropagation down to the input, and the fast gradient sign."""

from collections.abc import Callable
from typing import Any

from udl_pt._support.arguments import check_is, check_number
from udl_pt._support.labels import check_labels
from udl_pt.eager.dnn import DNN

__all__ = ["fast_gradient_sign", "input_gradient"]


def input_gradient(model: DNN, X: Any, Y: Any) -> Any:
    """Return dJ/dX: in what direction to change each image so that the network errs more on its label.

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
        Each image's own gradient, as of `udl_pt.inspection.attacks.input_gradient`.
    """
    return _carried_out(lambda X, gradient: gradient, model, X, Y)


def fast_gradient_sign(model: DNN, X: Any, Y: Any, epsilon: float) -> Any:
    """Change every pixel by `epsilon` as the gradient says, and stay in [0, 1] (Goodfellow et al. 2014).

    ``X + epsilon sign(dJ/dX)``; parameters as of `input_gradient`.
    """
    epsilon = check_number(epsilon, "epsilon", at_least=0)
    return _carried_out(lambda X, gradient: (X + epsilon * model._sign(gradient)).clip(0, 1), model, X, Y)


def _carried_out(attack: Callable[[Any, Any], Any], model: DNN, X: Any, Y: Any) -> Any:
    """Call an attack with images in [0, 1] and their gradient, once labels are checked too."""
    check_is(model, "model", DNN, "a udl_pt.eager.DNN")

    def formula(X: Any) -> Any:
        labels = check_labels(Y, "Y", n_samples=len(X), n_classes=len(model.b))
        return attack(X, model._input_gradient(X, labels))

    return model._called(formula, X, unit_interval=True)
