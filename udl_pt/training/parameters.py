"""Read and set the parameters of a model in training, for callbacks."""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt._support.messages import shown
from udl_pt.backends._locks import call_locked

__all__ = ["check_trained", "parameter_array", "set_parameters"]


def parameter_array(p: Any) -> np.ndarray:
    """Return a parameter's value as an array, without a copy.

    Parameters
    ----------
    p : SharedVariable, ndarray or torch.Tensor
        A parameter of a model or of its eager twin.

    Returns
    -------
    numpy.ndarray
        Of the parameter's shape and dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.training.parameters import parameter_array
    >>> rbm = RBM.createFromArrays(np.eye(2), np.zeros(2), np.zeros(2))
    >>> parameter_array(rbm.W).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return np.asarray(p.get_value(borrow=True) if isinstance(p, SharedVariable) else p)


def set_parameters(params: Sequence[Any], values: Sequence[np.ndarray]) -> None:
    """Set all parameters at once, as seen by other threads; none if there are no values.

    Parameters
    ----------
    params : sequence of SharedVariable, ndarray or torch.Tensor
        Parameters of a model or of its eager twin.
    values : sequence of ndarray
        Their new values, in the same order.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.training.parameters import set_parameters
    >>> rbm = RBM.createFromArrays(np.eye(2), np.zeros(2), np.zeros(2))
    >>> set_parameters([rbm.c, rbm.b], [np.ones(2), np.array([2.0, 3.0])])
    >>> rbm.b.get_value().tolist()
    [2.0, 3.0]
    """
    call_locked((p for p in params if isinstance(p, SharedVariable)), _set_values, params, values)


def _set_values(params: Sequence[Any], values: Sequence[np.ndarray]) -> None:
    for p, value in zip(params, values, strict=False):
        if isinstance(p, SharedVariable):
            p.set_value(value)
        else:
            np.asarray(p)[...] = value  # a tensor of PyTorch's lends its memory


def check_trained(model: Any, *, in_epochs: bool = False) -> None:
    """Raise unless the ``fit`` of `model` trains the model itself, not only its layers.

    Parameters
    ----------
    model : object
        The model.
    in_epochs : bool
        Whether it must be trained in epochs, unlike t-SNE.

    Raises
    ------
    TypeError
        For another model; the message names its class.

    Examples
    --------
    >>> from udl_pt import PCA, RBM
    >>> from udl_pt.training.parameters import check_trained
    >>> check_trained(RBM(2))
    >>> check_trained(PCA(2))
    Traceback (most recent call last):
        ...
    TypeError: model is a PCA, which isn't trained in epochs: expected one such as a DNN
    """
    fit = getattr(model, "fit", getattr(model, "fit_transform", None))
    if not callable(fit) or isinstance(model, type):
        raise TypeError(f"model is {shown(model)}, expected a model that can be trained, such as a DNN")
    names, kind = inspect.signature(fit).parameters, type(model).__name__
    passes_on = "callbacks" not in names and any(p.kind is p.VAR_KEYWORD for p in names.values())
    if "epochs" in names or passes_on:
        return
    if hasattr(model, "hidden_layers"):
        raise TypeError(f"model is a {kind}, whose layers are trained one by one: pass one of its layers")
    if in_epochs or "callbacks" not in names:
        raise TypeError(f"model is a {kind}, which isn't trained in epochs: expected one such as a DNN")
