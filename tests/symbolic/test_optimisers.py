"""Optimisers against their formulas in NumPy and against PyTorch's, on a quadratic and on an auto-encoder."""

import functools

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from autoencoder_in_numpy import gradients
from on_backends import CORE_BACKENDS

from udl_pt import AutoEncoder, adam_updates, nesterov_updates, rmsprop_updates
from udl_pt.backends import shared
from udl_pt.symbolic.updates import UpdateStep

N_STEPS, D, M = 20, 6, 4
RATES = {
    nesterov_updates: {"learning_rate": 0.05, "mu": 0.8},
    rmsprop_updates: {"learning_rate": 0.02, "rho": 0.7, "epsilon": 1e-6},
    adam_updates: {"learning_rate": 0.05, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6},
}
OPTIMISERS = [pytest.param(optimiser, id=optimiser.__name__.split("_")[0]) for optimiser in RATES]


BATCHES = np.random.RandomState(0).rand(N_STEPS, 5, D)
START = (
    np.random.RandomState(1).randn(D, M),
    np.zeros(M),
    np.linspace(-1, 1, D),
    np.array([3.0, -2.0, 0.5, 0.1, 4.0, -1.0]),
)


def gradients_by_hand(params, x):
    """Of the cross-entropy of an auto-encoder, and of the quadratic ``|xp - 1|^2 / 2``."""
    *autoencoder, p = params
    return *gradients(autoencoder, x), x.T @ (x @ p - 1)


def gradients_by_pytorch(torch, params, x):
    W, bh, bo, p = params
    logits = torch.sigmoid(x @ W + bh) @ W.T + bo
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    (entropy + ((x @ p - 1) ** 2).sum() / 2).backward()


@functools.cache
def trained(optimiser, backend, dtype="float64"):
    """Return the parameters' values after `N_STEPS`, their variables, and the step."""
    *arrays, p = (value.astype(dtype) for value in START)
    ae, p, X = AutoEncoder.createFromArrays(*arrays), shared(p, "p"), pt.matrix("X", dtype=dtype)
    logits = ae.visible_input(ae.forward_hidden(X))
    cost = (pt.softplus(logits) - X * logits).sum() + ((X.dot(p) - 1) ** 2).sum() / 2
    params = [*ae.params, p]
    step = UpdateStep(optimiser, cost, [X], params, dtype=dtype, backend=backend, name="step")
    rates = [np.asarray(RATES[optimiser][name], dtype) for name in step.rates]
    for x in BATCHES.astype(dtype):
        assert step(x, *rates).all()
    step.settle()
    return [p.get_value() for p in params], params, step


def average(decay, history):
    """Return the sum of ``(1 - decay) decay^age h``."""
    return sum((1 - decay) * decay**age * h for age, h in enumerate(reversed(history)))


@functools.cache
def in_numpy(optimiser):
    """Closed forms: running means are sums over all gradients so far, and Nesterov's looks ahead."""
    rates, history = dict(RATES[optimiser]), []
    learning_rate = rates.pop("learning_rate")
    borders = np.cumsum([value.size for value in START])[:-1]

    def parts(theta):
        return [p.reshape(value.shape) for p, value in zip(np.split(theta, borders), START, strict=True)]

    def gradient(theta, x):
        return np.concatenate([g.ravel() for g in gradients_by_hand(parts(theta), x)])

    theta = np.concatenate([value.ravel() for value in START])
    v = np.zeros_like(theta)
    for t, x in enumerate(BATCHES, start=1):
        if optimiser is nesterov_updates:
            v = rates["mu"] * v - learning_rate * gradient(theta + rates["mu"] * v, x)
            theta = theta + v
            continue
        history.append(gradient(theta, x))
        squares = [g**2 for g in history]
        if optimiser is rmsprop_updates:
            mean, square = history[-1], average(rates["rho"], squares)
        else:
            mean = average(rates["beta1"], history) / (1 - rates["beta1"] ** t)
            square = average(rates["beta2"], squares) / (1 - rates["beta2"] ** t)
        theta = theta - learning_rate * mean / (np.sqrt(square) + rates["epsilon"])
    if optimiser is nesterov_updates:  # the library's parameters are those of the next gradient
        theta = theta + rates["mu"] * v
    return parts(theta)


@pytest.mark.parametrize("backend", CORE_BACKENDS)
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_the_formula(optimiser, backend):
    for value, expected in zip(trained(optimiser, backend)[0], in_numpy(optimiser), strict=True):
        np.testing.assert_allclose(value, expected, rtol=0, atol=1e-10)


@pytest.mark.core
@pytest.mark.parametrize(
    ("optimiser", "backend"),
    [
        pytest.param(adam_updates, "numba", marks=pytest.mark.slow),
        *((optimiser, "jax") for optimiser in RATES),
    ],  # C refuses another dtype
)
def test_float32_stays_float32(optimiser, backend):
    values, _, step = trained(optimiser, backend, "float32")
    assert {v.get_value().dtype for v in step.optimiser_state} == {np.dtype("float32")}
    for value, expected in zip(values, in_numpy(optimiser), strict=True):
        assert value.dtype == "float32"
        np.testing.assert_allclose(value, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("backend", CORE_BACKENDS)
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_step_that_is_not_finite_changes_neither_parameters_nor_state(optimiser, backend):
    _, params, step = trained(optimiser, backend)
    variables = [*params, *step.optimiser_state]
    before = [v.get_value() for v in variables]
    x = BATCHES[0].copy()
    x[1, 2] = np.nan
    rates = [np.asarray(RATES[optimiser][name]) for name in step.rates]
    assert not step(x, *rates).any()
    step.settle()
    for v, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(v.get_value(), value)
    assert step(BATCHES[0], *rates).all()


@pytest.mark.parametrize("floatX", ["float32", "float64"])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_each_parameter_and_its_state_keep_their_dtype(optimiser, floatX):
    with pytensor.config.change_flags(floatX=floatX):
        params = [pytensor.shared(np.ones(2, dtype)) for dtype in ("float32", "float64")]
        cost = sum((p**2).sum() for p in params)
        rate = pt.dscalar("learning_rate")
        updates = optimiser(cost, params, rate, **{k: v for k, v in RATES[optimiser].items() if k[0] != "l"})
        step = pytensor.function([rate], [], updates=updates, mode="FAST_COMPILE")
        step(0.1)
    assert [p.get_value().dtype for p in params] == ["float32", "float64"]
    state = [v.get_value().dtype for v, _ in updates[2:] if v.ndim]
    assert state == ["float32", "float64"] * (len(state) // 2)
    np.testing.assert_allclose(params[0].get_value(), params[1].get_value(), rtol=1e-6)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_equals_pytorch(optimiser):
    torch = pytest.importorskip("torch")
    rates = RATES[optimiser]
    params = [torch.tensor(value, requires_grad=True) for value in START]
    lr, eps = rates["learning_rate"], rates.get("epsilon")
    if optimiser is nesterov_updates:
        other = torch.optim.SGD(params, lr=lr, momentum=rates["mu"], nesterov=True)
    elif optimiser is rmsprop_updates:
        other = torch.optim.RMSprop(params, lr=lr, alpha=rates["rho"], eps=eps)
    else:
        other = torch.optim.Adam(params, lr=lr, betas=(rates["beta1"], rates["beta2"]), eps=eps)
    for x in BATCHES:
        other.zero_grad()
        gradients_by_pytorch(torch, params, torch.tensor(x))
        other.step()
    for value, expected in zip(trained(optimiser, "numba")[0], params, strict=True):
        np.testing.assert_allclose(value, expected.detach().numpy(), rtol=0, atol=1e-10)


def test_the_defaults_are_pytorchs():
    torch = pytest.importorskip("torch")
    p, twin = pytensor.shared(np.array([3.0, -2.0])), torch.tensor([3.0, -2.0], dtype=torch.float64)
    twin.requires_grad = True
    step = pytensor.function([], [], updates=adam_updates((p**4).sum(), [p]), mode="FAST_COMPILE")
    other = torch.optim.Adam([twin])
    for _ in range(N_STEPS):
        step()
        other.zero_grad()
        (twin**4).sum().backward()
        other.step()
    np.testing.assert_allclose(p.get_value(), twin.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_takes_gradients_and_constants(optimiser):
    def first_step(*, from_gradients):
        p = pytensor.shared(np.array([1.0, -3.0]))
        sample = p**2
        cost, options = (p * sample).sum(), {"consider_constant": [sample]}
        if from_gradients:
            cost, options = [p**2], {}
        pytensor.function([], [], updates=optimiser(cost, [p], 0.1, **options), mode="FAST_COMPILE")()
        return p.get_value()

    np.testing.assert_allclose(first_step(from_gradients=True), first_step(from_gradients=False))
    assert (first_step(from_gradients=True) != [1.0, -3.0]).all()


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_gradient_of_zero_moves_nothing(optimiser):
    p = pytensor.shared(np.array([1.0, -3.0]))
    step = pytensor.function([], [], updates=optimiser([pt.zeros(2)], [p]), mode="FAST_COMPILE")
    step()
    np.testing.assert_array_equal(p.get_value(), [1.0, -3.0])


def test_adams_first_step_is_the_learning_rate_in_float32_too():
    """With its default decays: a correction that loses digits shows here."""
    p = pytensor.shared(np.ones(3, "float32"))
    g = pt.constant(np.array([1e-3, 1.0, 1e3], "float32"))
    step = pytensor.function([], [], updates=adam_updates([g], [p], 0.25, epsilon=0), mode="FAST_COMPILE")
    for t in (1, 2, 3):
        step()
        np.testing.assert_allclose(p.get_value(), 1 - 0.25 * t, atol=3e-7)
