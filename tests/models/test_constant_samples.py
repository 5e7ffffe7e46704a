"""Samples are constants of gradients: contrastive divergence of one's own needs no `consider_constant`."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.gradient import DisconnectedInputError
from scipy.special import expit

from udl_pt import DBN, RBM, AutoEncoder, RandomStreams
from udl_pt.backends import Function
from udl_pt.models._rbm.gibbs import persistent_chain, tempered_chain
from udl_pt.models.sampling import complete, fantasies

D, M, N = 5, 4, 8
KINDS = {
    "bernoulli": {},
    "gaussian": {"visible": "gaussian"},
    "learned variance": {"visible": "gaussian", "learn_variance": True},
}


def machine(kind):
    rbm, r = RBM(M, rng=1, dtype="float64", **KINDS[kind]), np.random.default_rng(0)
    rbm.fit(np.zeros((N, D)), epochs=0)
    for p in rbm.params:
        p.set_value(0.7 * r.normal(size=p.get_value().shape))
    return rbm, r.random((N, D))


def slope(rbm, V):
    """Return the derivatives of the mean free energy of `V` by W, c, b and z, in closed form."""
    W, c, b, *z = (p.get_value() for p in rbm.params)
    variance = np.exp(z[0]) if z else 1.0
    p = expit(V / variance @ W + c)
    by_b = -V if rbm.visible == "bernoulli" else (b - V) / variance
    by_z = [-((V - b) ** 2) / (2 * variance) + V / variance * (p @ W.T)] if z else []
    return [-(V / variance).T @ p / len(V), *(d.mean(axis=0) for d in (-p, by_b, *by_z))]


def persistent(rbm, v):
    H = pytensor.shared(np.ones((N, M)))
    return persistent_chain(rbm, H, 2, rbm.rng, N)[0]


def tempered(rbm, v):
    H = pytensor.shared(np.ones((2 * N, M)))
    return tempered_chain(rbm, H, np.array([1.0, 0.0]), 2, rbm.rng, N)[0]


def generated(rbm, v):
    bottom, network = AutoEncoder.createFromArrays(np.eye(D), np.zeros(D), np.zeros(D)), DBN([D, M])
    network.hidden_layers = [bottom, rbm]
    network.fit(np.zeros((N, D)), 0, keep_layers=True)
    return network.generate(v, steps=(1, 2))[1]


SAMPLERS = {
    "by hand": lambda rbm, v: rbm.sample_v_given_h(rbm.sample_h_given_v(v)),
    "one step": lambda rbm, v: rbm.gibbs(v),
    "a loop": lambda rbm, v: rbm.gibbs(v, k=3),
    "persistent": persistent,
    "fantasies": lambda rbm, v: fantasies(rbm, v, steps=(1, 3))[1],
    "completed": lambda rbm, v: complete(rbm, 0 * v, np.arange(D) > 0, steps=2),
    "generated": generated,
}


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_of_contrastive_divergence_is_that_of_its_closed_form(kind, sampler, told):
    rbm, X = machine(kind)
    v0 = pt.dmatrix("v0")
    v1 = SAMPLERS[sampler](rbm, v0)
    cost = rbm.free_energy(v0).mean() - rbm.free_energy(v1).mean()
    gradients = pytensor.grad(cost, rbm.params, consider_constant=[v1] if told else None)
    backend = "numba" if sampler == "generated" else "jax"
    V1, *got = Function([v0], [v1, *gradients], backend=backend)(X)
    for gradient, data, sample in zip(got, slope(rbm, X), slope(rbm, V1), strict=True):
        np.testing.assert_allclose(gradient, data - sample, rtol=1e-10, atol=1e-12)


def test_tempered_chains_are_constants_too():
    rbm, _ = machine("bernoulli")
    V1 = tempered(rbm, None)
    gradients = pytensor.grad(rbm.free_energy(V1).mean(), rbm.params)
    sample, *got = Function([], [V1, *gradients], backend="jax")()
    for gradient, expected in zip(got, slope(rbm, sample), strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_cost_of_samples_alone_has_no_gradient_and_says_so(kind, sampler):
    rbm, _ = machine(kind)
    with pytest.raises(DisconnectedInputError):
        pytensor.grad(SAMPLERS[sampler](rbm, pt.dmatrix("v")).sum(), rbm.W)


def test_the_means_of_hidden_units_given_a_sample_still_have_gradients():
    rbm, X = machine("gaussian")
    rbm.rng = RandomStreams(np.random.RandomState(0))
    v = pt.dmatrix("v")
    H = rbm.sample_h_given_v(v)
    drawn, gradient = Function([v], [H, pytensor.grad(rbm.backward(H).sum(), rbm.W)], backend="jax")(X)
    np.testing.assert_allclose(gradient, np.tile(drawn.sum(axis=0), (D, 1)), rtol=1e-12)


def test_the_known_values_of_a_completion_still_have_gradients():
    rbm, _ = machine("gaussian")
    v = pt.dmatrix("v")
    gradient = pytensor.grad(complete(rbm, v, np.arange(D) < 2, steps=2).sum(), v)
    np.testing.assert_array_equal(
        Function([v], gradient)(np.ones((N, D))), np.tile(np.arange(D) >= 2, (N, 1))
    )


@pytest.mark.parametrize("kind", ["gaussian", "learned variance"])
def test_a_draw_of_ones_own_from_the_models_stream_has_gradients(kind):
    rbm, X = machine(kind)
    rbm.rng = RandomStreams(np.random.RandomState(0))
    H = pt.dmatrix("H")
    mean = rbm.visible_input(H)
    noise = rbm.rng.normal(mean.shape, dtype=rbm.dtype)
    V = mean + (noise if rbm.z is None else noise * pt.exp(rbm.z / 2))
    drawn, *gradients = Function([H], [V, *pytensor.grad((V**2).sum(), [rbm.W, rbm.b])], backend="jax")(
        X[:, :M]
    )
    np.testing.assert_allclose(gradients[0], 2 * drawn.T @ X[:, :M], rtol=1e-12)
    np.testing.assert_allclose(gradients[1], 2 * drawn.sum(axis=0), rtol=1e-12)
