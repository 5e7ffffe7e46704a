"""Chapter 5: features of hidden units, read from the inputs that drive them most.

The first layer has a closed form (`first_layer_features`). Above it "we return to our old friend gradient
descent", with the derivative taken with respect to the input instead of the weights (`maximize`).
`strongest_images` finds the real images that drive a unit most.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt

from udl_pt._support.arguments import check_count, check_number, check_option
from udl_pt._support.arrays import check_matrix
from udl_pt._support.images import as_rows, check_image_shape
from udl_pt._support.messages import shown
from udl_pt.backends import Function
from udl_pt.models._pretraining import pass_up
from udl_pt.models.rbm import RBM
from udl_pt.symbolic.array_function import in_chunks
from udl_pt.symbolic.calling import SymbolicModel
from udl_pt.symbolic.chance import as_generator
from udl_pt.symbolic.costs import cross_entropy
from udl_pt.symbolic.expressions import clip_to_unit_interval, normalise_rows
from udl_pt.symbolic.loops import loop
from udl_pt.symbolic.variables import Symbolic
from udl_pt.symbolic.weights import init_weights
from udl_pt.training.rates import Rates, check_rate

__all__ = ["first_layer_features", "maximize", "strongest_images"]

OBJECTIVES = ("only", "unit")
CONSTRAINTS = (None, "unit norm", "box")
LOOK = 50  # steps between two looks at the costs
FINEST = 1000  # the share of the first step size at which a climb is over


def first_layer_features(model: Any, image_shape: Sequence[int] | None = None) -> np.ndarray:
    """Return the input of norm 1 that drives each unit of the first hidden layer most, in closed form.

    Parameters
    ----------
    model : AutoEncoder, RBM, DBN, DNN or DeepAutoEncoder
        A trained layer, or a network with `hidden_layers`.
    image_shape : sequence of int, optional
        ``(rows, columns)`` or ``(rows, columns, 3)``: the result has the shape (M, rows, columns[, 3]).

    Returns
    -------
    numpy.ndarray of shape (M, D)
        One row for each unit, ``W[:, j] / ||W[:, j]||``. Where an RBM has learned the visible units'
        variances, W is divided by them. A row is zero where all weights of a unit are zero.

    Raises
    ------
    ValueError, TypeError
        For a model without parameters, and for one without such a first layer.

    Notes
    -----
    Unit j is largest where its logit ``w'x + b`` is. With a Lagrange multiplier for ``x'x = 1``,
    ``d/dx (w'x + b - l (x'x - 1)) = w - 2 l x = 0``. So x is proportional to w; see docs/features.md.

    Examples
    --------
    >>> from udl_pt import AutoEncoder
    >>> from udl_pt.inspection.features import first_layer_features
    >>> ae = AutoEncoder.createFromArrays([[3.0, -4.0], [4.0, 3.0]], bh=[0.0, 0.0], bo=[0.0, 0.0])
    >>> first_layer_features(ae).round(3).tolist()
    [[0.6, 0.8], [-0.8, 0.6]]
    """
    first = _fitted_layers(model, "first_layer_features")[0]
    shape = [p.type.ndim for p in first.forward_params[:1]]
    if shape != [2]:
        raise TypeError(
            f"the first hidden layer is of type {type(first).__name__}, whose first parameter is not a "
            "matrix of weights: use strongest_images, or maximize above it"
        )
    W = first.forward_params[0].get_value().T
    if isinstance(first, RBM):  # whose visible units may reach W scaled
        W = first.units.scaled(pt.as_tensor(W), first.z).eval()
    length = np.linalg.norm(W, axis=1, keepdims=True)
    return _as_images(np.asarray(W / np.where(length > 0, length, 1)), image_shape)


def _as_images(rows: np.ndarray, image_shape: Sequence[int] | None) -> np.ndarray:
    if image_shape is None:
        return rows
    return rows.reshape(-1, *check_image_shape(image_shape, rows.shape[1]))


def maximize(
    model: Any,
    layer: int,
    units: int | Sequence[int] | None = None,
    *,
    objective: str = "only",
    constraint: str | None = None,
    start: Any = None,
    learning_rate: float = 0.1,
    mu: float = 0.9,
    l2: float = 0.0,
    steps: int = 1000,
    tol: float = 1e-3,
    random_state: Any = 0,
    image_shape: Sequence[int] | None = None,
) -> np.ndarray:
    """Find the inputs that drive hidden units most, by gradient descent on the input (chapter 5).

    It treats all units at once, each with a cost and a step size of its own.

    Parameters
    ----------
    model : AutoEncoder, RBM, DBN, DNN or DeepAutoEncoder
        A trained layer, or a network with `hidden_layers`.
    layer : int
        Index of the hidden layer, from 0 at the input or from -1 at the end. Its units must be sigmoids.
    units : int or sequence of int, optional
        Indices of the layer's units; all by default.
    objective : {"only", "unit"}
        ``"only"``: the unit is to be 1 and all others of its layer 0; the cost is the cross-entropy with that
        pattern. ``"unit"``: the cost is ``-log h_j``, and the other units don't matter.
    constraint : {None, "unit norm", "box"}
        Set of allowed inputs: all (the author's way), the sphere of norm 1, or the box [0, 1], where images
        are. Each step ends with a projection onto it.
    start : array_like of shape (units, D), optional
        Inputs to start from. By default they are drawn as initial weights are.
    learning_rate, mu : float
        Length of a step, and momentum.
    l2 : float
        Weight of the input's squared norm in the cost.
    steps : int
        Largest number of steps.
    tol : float
        Least decrease of a unit's cost (nats) in 50 steps. With less, the unit's step size is halved; below a
        thousandth of `learning_rate` its descent ends.
    random_state : None, int, numpy.random.Generator or numpy.random.RandomState
        Source of the start; the default 0 returns the same inputs each time.
    image_shape : sequence of int, optional
        ``(rows, columns)`` or ``(rows, columns, 3)``: the result has the shape (units, rows, columns[, 3]).

    Returns
    -------
    numpy.ndarray of shape (units, D)
        One input for each unit.

    Raises
    ------
    ValueError, TypeError
        For bad input, and for a model without parameters or with parameters that aren't finite.

    Notes
    -----
    One function is compiled for a layer, an objective and a constraint, with 50 steps inside it. Each row's
    gradient is scaled to length one. Far from the data the units below are saturated, and the gradient's own
    length is next to nothing there. A projection changes the velocity as it changes the step. A row whose
    cost has risen returns to its best input so far.

    Examples
    --------
    >>> from udl_pt import AutoEncoder
    >>> from udl_pt.inspection.features import maximize
    >>> ae = AutoEncoder.createFromArrays([[3.0, -4.0], [4.0, 3.0]], bh=[0.0, 0.0], bo=[0.0, 0.0])
    >>> best = maximize(ae, 0, objective="unit", constraint="unit norm", tol=0.0)
    >>> best.round(2).tolist()  # as first_layer_features(ae)
    [[0.6, 0.8], [-0.8, 0.6]]
    >>> maximize(ae, 0, units=0, objective="unit", constraint="box").round(2).tolist()
    [[1.0, 1.0]]
    """
    check_option(objective, "objective", OBJECTIVES)
    check_option(constraint, "constraint", CONSTRAINTS)
    depth, target = _check_layer(model, layer)
    if image_shape is not None:
        check_image_shape(image_shape, model.n_features)
    rates = Rates(model.dtype, learning_rate=learning_rate, mu=mu)
    l2 = check_rate(l2, "l2", model.dtype)
    steps, tol = check_count(steps, "steps"), check_number(tol, "tol", at_least=0)
    chosen = _check_units(units, target.M, depth)
    if start is None:
        X = init_weights((len(chosen), model.n_features), as_generator(random_state), model.dtype)
    else:
        X = check_matrix(as_rows(start), "start", dtype=model.dtype, n_features=model.n_features)
        if len(X) != len(chosen):
            raise ValueError(f"start has {len(X)} rows, expected one for each of {len(chosen)} units")
    pattern = np.zeros((len(chosen), target.M), model.dtype)
    pattern[np.arange(len(chosen)), chosen] = 1

    climb = _climbing(model, depth, objective, constraint)
    V = np.zeros(X.shape, model.dtype)
    rate = np.full((len(chosen), 1), rates["learning_rate"], model.dtype)
    scalars = [np.asarray(scalar, model.dtype) for scalar in (rates["mu"], l2)]
    best, V, costs = climb(X.astype(model.dtype), V, pattern, 0 * rate[None], *scalars)  # a step of no length
    if not np.isfinite(costs).all():
        lost = chosen[~np.isfinite(costs)]
        raise ValueError(
            f"the costs of {len(lost)} units (such as {lost[0]}) of hidden layer {depth} are not finite at "
            "the start: check its parameters for NaN and infinity"
        )
    X = best
    for done in range(0, steps, LOOK):
        each = np.broadcast_to(rate, (min(LOOK, steps - done), *rate.shape)).copy()
        X, V, latest = climb(X, V, pattern, each, *scalars)
        fell, rose = latest < costs - tol, ~(latest < costs)[:, None]
        best, costs = np.where(rose, best, X), np.fmin(costs, latest)
        X, V = np.where(rose, best, X), np.where(rose, 0, V)
        rate = np.where(fell[:, None], rate, rate / 2)
        over = rate < rates["learning_rate"] / FINEST
        rate, V = np.where(over, 0, rate), np.where(over, 0, V)
        if over.all():
            break
    return _as_images(np.asarray(best), image_shape)


def _climbing(model: Any, depth: int, objective: str, constraint: str | None) -> Any:
    """Return the compiled function that takes one step for each row of learning rates."""

    def make(model: Any, backend: str) -> Function:
        dtype = model.dtype

        def cost(X: Symbolic, pattern: Symbolic) -> Symbolic:
            """Return one cost for each row."""
            each = cross_entropy(pattern, _logits(model, depth, X))
            return (each if objective == "only" else each * pattern).sum(axis=1)

        def step(rate: Symbolic, X: Symbolic, V: Symbolic, *constants: Symbolic) -> tuple[Symbolic, ...]:
            pattern, mu, l2 = constants
            gradient = pytensor.grad((cost(X, pattern) + l2 * (X * X).sum(axis=1)).sum(), X)
            V = mu * V - rate * normalise_rows(gradient)
            moved = _projected(X + V, constraint)
            return moved, (V if constraint is None else moved - X)

        X, V, pattern = (pt.matrix(name, dtype=dtype) for name in ("X", "V", "pattern"))
        rates = pt.tensor("learning_rates", shape=(None, None, 1), dtype=dtype)
        mu, l2 = pt.scalar("mu", dtype=dtype), pt.scalar("l2", dtype=dtype)
        moved, velocity = loop(step, [rates], [X, V], constants=[pattern, mu, l2])
        costs = cost(moved, pattern) + l2 * (moved * moved).sum(axis=1)
        return Function(
            [X, V, pattern, rates, mu, l2], [moved, velocity, costs], backend=backend, name="maximize"
        )

    return model.compiled(f"maximize {depth} {objective} {constraint}", make)


def _projected(X: Symbolic, constraint: str | None) -> Symbolic:
    if constraint == "box":
        return clip_to_unit_interval(X)
    if constraint == "unit norm":
        return normalise_rows(X)
    return X


def strongest_images(model: Any, layer: int, X: Any, n: int = 9) -> np.ndarray:
    """Find the images that drive each unit of a hidden layer most.

    Parameters
    ----------
    model : AutoEncoder, RBM, DBN, DNN or DeepAutoEncoder
        A trained layer, or a network with `hidden_layers`.
    layer : int
        Index of the hidden layer, from 0 at the input or from -1 at the end. Its units must be sigmoids.
    X : array_like of shape (N, D), (N, rows, columns) or (N, rows, columns, 3)
        The images to choose from.
    n : int
        Number of images for each unit, at most N.

    Returns
    -------
    numpy.ndarray of int of shape (M, n)
        Indices of rows of `X`, one line for each unit, the strongest image first.

    Raises
    ------
    ValueError, TypeError
        For bad input, and for a model without parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import AutoEncoder
    >>> from udl_pt.inspection.features import strongest_images
    >>> ae = AutoEncoder.createFromArrays(np.eye(2), bh=np.zeros(2), bo=np.zeros(2))  # unit j sees pixel j
    >>> X = [[0.1, 0.9], [0.8, 0.2], [0.5, 0.5]]
    >>> strongest_images(ae, 0, X, n=2).tolist()
    [[1, 2], [0, 2]]
    """
    depth, target = _check_layer(model, layer)
    X = check_matrix(
        as_rows(X), dtype=model.dtype, n_features=model.n_features, unit_interval=model.unit_interval
    )
    if check_count(n, "n") > len(X):
        raise ValueError(f"n is {n}, but there are only {len(X)} images")

    def make(model: Any, backend: str) -> Function:
        x = pt.matrix("X", dtype=model.dtype)
        return Function([x], _logits(model, depth, x), backend=backend, name="hidden_logits")

    logits = model.compiled(f"hidden_logits {depth}", make)  # sigmoids of many images are 1 alike
    kept = np.empty((target.M, 0), model.dtype)
    rows = np.empty((target.M, 0), np.intp)
    start = 0
    for chunk in in_chunks(X, model.dtype):
        kept = np.hstack([kept, logits(chunk).T])
        rows = np.hstack([rows, np.tile(np.arange(start, start + len(chunk)), (len(rows), 1))])
        order = np.argsort(-kept, axis=1, kind="stable")[:, :n]
        kept, rows = np.take_along_axis(kept, order, axis=1), np.take_along_axis(rows, order, axis=1)
        start += len(chunk)
    return rows


def _layers(model: Any) -> Sequence[Any]:
    return getattr(model, "hidden_layers", None) or [model]


def _logits(model: Any, depth: int, X: Symbolic) -> Symbolic:
    """Return the logits of a hidden layer's units; symbolic."""
    *below, target = _layers(model)[: depth + 1]
    return target.hidden_logits(pass_up(below, X))


def _fitted_layers(model: Any, name: str) -> Sequence[Any]:
    if not isinstance(model, SymbolicModel):
        raise TypeError(f"model is {shown(model)}, expected an AutoEncoder, RBM, DBN, DNN or DeepAutoEncoder")
    model._check_fitted(name)
    layers = _layers(model)
    if not all(hasattr(layer, "forward_params") for layer in layers):
        raise TypeError(f"model is a {type(model).__name__}, which has no hidden layers")
    return layers


def _check_layer(model: Any, layer: Any) -> tuple[int, Any]:
    """Return a layer's number, counted from 0, and the layer."""
    layers = _fitted_layers(model, "looking at its features")
    number = check_count(layer, "layer", at_least=-len(layers))
    if number >= len(layers):
        raise ValueError(
            f"layer is {number}, but there are {len(layers)} hidden layers, 0 to {len(layers) - 1} from the "
            "input on"
        )
    number %= len(layers)
    target = layers[number]
    if not hasattr(target, "hidden_logits") or not getattr(target, "hidden_unit_interval", None):
        raise TypeError(
            f"hidden layer {number} is {getattr(target, 'title', type(target).__name__)}, whose activations "
            "have no known maximum: choose a layer of sigmoid units"
        )
    return number, target


def _check_units(units: Any, M: int, layer: int) -> np.ndarray:
    if units is None:
        return np.arange(M)
    if not isinstance(units, Sequence | np.ndarray | range) or isinstance(units, str | bytes):
        units = [units]
    try:
        chosen = [check_count(unit, "one", at_least=0) for unit in np.atleast_1d(units)]
    except Exception as error:  # also of what is in the list
        kind = ValueError if isinstance(error, ValueError) else TypeError
        raise kind(f"units is {shown(units)}, expected numbers of units; {error}") from None
    for unit in chosen:
        if unit >= M:
            raise ValueError(
                f"units has {unit}, which is unknown: hidden layer {layer} has units 0 to {M - 1}"
            )
    if not chosen:
        raise ValueError("units is empty, expected numbers of units, or None for all")
    return np.array(chosen)
