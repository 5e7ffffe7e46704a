"""Samples are constants of gradients: contrastive divergence of one's own needs no `consider_constant`."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.gradient import DisconnectedInputError
from scipy.special import expit

from udl_pt import RBM, RandomStreams
from udl_pt.backends import Function
from udl_pt.models._rbm.gibbs import persistent_chain, tempered_chain
from udl_pt.models.sampling import complete

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


SAMPLERS = {
    "by hand": lambda rbm, v: rbm.sample_v_given_h(rbm.sample_h_given_v(v)),
    "one step": lambda rbm, v: rbm.gibbs(v),
    "a loop": lambda rbm, v: rbm.gibbs(v, k=3),
    "persistent": persistent,
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
    V1, *got = Function([v0], [v1, *gradients], backend="jax")(X)
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
    filled = complete(rbm, v, np.arange(D) == 0, steps=2)
    assert pytensor.grad(filled.sum(), rbm.b).type.ndim == 1
