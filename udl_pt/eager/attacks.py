"""Chapter 6, eager: dJ/dX by backpropagation down to the input, and the fast gradient sign method."""

from collections.abc import Callable
from typing import Any

from udl_pt._support.arguments import check_is, check_number
from udl_pt._support.labels import check_labels
from udl_pt.eager.dnn import DNN

__all__ = ["fast_gradient_sign", "input_gradient"]


def input_gradient(model: DNN, X: Any, Y: Any) -> Any:
    """Return dJ/dX, the direction in which each image's cost grows fastest (chapter 6).

    J is the negative log-likelihood of an image's label, in nats.

    Parameters
    ----------
    model : udl_pt.eager.DNN or udl_pt.eager.torch.DNN
        A trained network.
    X : array_like of shape (N, D)
        Images, in [0, 1]. A PyTorch network also takes a tensor, whose values aren't checked.
    Y : array_like of int of shape (N,)
        Their labels.

    Returns
    -------
    numpy.ndarray or torch.Tensor of shape (N, D)
        Each image's own gradient; the gradient of the batch's mean cost is an N-th of it.

    Raises
    ------
    ValueError, TypeError
        For bad input, and for a network without parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.eager import DNN, input_gradient
    >>> X, Y = np.tile(np.eye(2), (6, 1)), np.tile([0, 1], 6)  # class 0 is [1, 0], class 1 is [0, 1]
    >>> dnn = DNN([2], random_state=0)
    >>> dnn = dnn.fit(X, Y, X, Y, pretrain=False, learning_rate=0.5, mu=0.9, epochs=30, batch_sz=4)
    >>> np.sign(input_gradient(dnn, [[1, 0]], [0])).tolist()  # less of pixel 0, more of pixel 1
    [[-1.0, 1.0]]
    """
    return _run_attack(lambda X, gradient: gradient, model, X, Y)


def fast_gradient_sign(model: DNN, X: Any, Y: Any, epsilon: float) -> Any:
    """Compute ``X + epsilon sign(dJ/dX)``, clipped to [0, 1]: the fast gradient sign method (chapter 6).

    J is the negative log-likelihood of an image's label.

    Parameters
    ----------
    model : udl_pt.eager.DNN or udl_pt.eager.torch.DNN
        A trained network.
    X : array_like of shape (N, D)
        Images, in [0, 1]. A PyTorch network also takes a tensor, whose values aren't checked.
    Y : array_like of int of shape (N,)
        Their labels.
    epsilon : float
        Change of each pixel, at least 0.

    Returns
    -------
    numpy.ndarray or torch.Tensor of shape (N, D)
        The changed images, a tensor where `X` is one.

    Raises
    ------
    ValueError, TypeError
        For bad input, and for a network without parameters.

    References
    ----------
    Goodfellow, Shlens and Szegedy, Explaining and Harnessing Adversarial Examples, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt.eager import DNN, fast_gradient_sign
    >>> X, Y = np.tile(np.eye(2), (6, 1)), np.tile([0, 1], 6)  # class 0 is [1, 0], class 1 is [0, 1]
    >>> dnn = DNN([2], random_state=0)
    >>> dnn = dnn.fit(X, Y, X, Y, pretrain=False, learning_rate=0.5, mu=0.9, epochs=30, batch_sz=4)
    >>> fast_gradient_sign(dnn, [[1, 0]], [0], epsilon=0.75).tolist()
    [[0.25, 0.75]]
    """
    epsilon = check_number(epsilon, "epsilon", at_least=0)
    return _run_attack(lambda X, gradient: (X + epsilon * model._sign(gradient)).clip(0, 1), model, X, Y)


def _run_attack(attack: Callable[[Any, Any], Any], model: DNN, X: Any, Y: Any) -> Any:
    """Check model, images and labels, and call an attack with the images and their gradient."""
    check_is(model, "model", DNN, "a udl_pt.eager.DNN")

    def formula(X: Any) -> Any:
        labels = check_labels(Y, "Y", n_samples=len(X), n_classes=len(model.b))
        return attack(X, model._input_gradient(X, labels))

    return model._called(formula, X, unit_interval=True)
