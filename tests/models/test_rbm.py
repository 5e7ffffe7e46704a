"""The restricted Boltzmann machine against enumeration, the book's formulas and finite differences."""

import pickle

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.special import expit, logsumexp
from small_machines import FAST, images, joint, machine, states

from udl_pt import RBM, DivergenceError, RandomStreams
from udl_pt.backends import Function
from udl_pt.models._rbm.gibbs import clamped_chain, tempered_chain


def test_conditionals_and_free_energy_equal_enumeration():
    rbm, (W, c, b) = machine()
    V, H, P = states(4), states(3), joint(W, c, b)
    np.testing.assert_allclose(rbm.forward_hidden(V), P @ H / P.sum(axis=1, keepdims=True), rtol=1e-10)
    np.testing.assert_allclose(rbm.backward(H), P.T @ V / P.T.sum(axis=1, keepdims=True), rtol=1e-10)
    F = rbm.free_energy(V)
    np.testing.assert_allclose(np.exp(-F) / np.exp(-F).sum(), P.sum(axis=1), rtol=1e-10)
    np.testing.assert_allclose(rbm.forward_output(V), rbm.backward(rbm.forward_hidden(V)), rtol=1e-10)


@pytest.mark.parametrize("method", ["free_energy", "forward_hidden", "forward_output"])
def test_symbolic_in_symbolic_out(method):
    rbm, _ = machine()
    x = pt.dmatrix("x")
    graph = getattr(rbm, method)(x)
    assert isinstance(graph, pt.TensorVariable)
    np.testing.assert_allclose(graph.eval({x: states(4)}), getattr(rbm, method)(states(4)), rtol=1e-10)


def test_the_symbolic_gradient_is_the_books_formulas():
    """``v0.dot(p_h0.T) - v1.dot(p_h1.T)`` (chapter 4), against the gradient that is found automatically."""
    rbm, (W, c, _) = machine()
    rs = np.random.RandomState(1)
    x0, x1 = rs.rand(7, 4), (rs.rand(7, 4) < 0.5).astype(float)
    v0, v1 = pt.dmatrix("v0"), pt.dmatrix("v1")
    cost = rbm.free_energy(v0).mean() - rbm.free_energy(v1).mean()
    gradients = pytensor.function([v0, v1], pytensor.grad(cost, rbm.params, consider_constant=[v1]))(x0, x1)
    p0, p1 = expit(x0 @ W + c), expit(x1 @ W + c)
    expected = [-(x0.T @ p0 - x1.T @ p1) / 7, -(p0 - p1).mean(axis=0), -(x0 - x1).mean(axis=0)]
    for got, value in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(got, value, rtol=0, atol=1e-12)


def test_the_exact_gradient_of_the_likelihood_against_finite_differences():
    """The gradient of mean(F(data)) - E[F(v)] with the model's own P(v) is that of -log P(data)."""
    rbm, (W, c, b) = machine()
    X = states(4)[[1, 7, 12]]

    def cost(W, c, b):
        F = lambda V: -V @ b - np.logaddexp(0, V @ W + c).sum(axis=1)  # noqa: E731
        return F(X).mean() + logsumexp(-F(states(4)))

    x, all_v, p = pt.dmatrix(), pt.dmatrix(), pt.dvector()
    symbolic = rbm.free_energy(x).mean() - (p * rbm.free_energy(all_v)).sum()
    gradients = pytensor.function([x, all_v, p], pytensor.grad(symbolic, rbm.params))(
        X, states(4), joint(W, c, b).sum(axis=1)
    )
    for i, (value, gradient) in enumerate(zip((W, c, b), gradients, strict=True)):
        for index in np.ndindex(value.shape):
            step = np.zeros(value.shape)
            step[index] = 1e-6
            up, down = ([*(W, c, b)] for _ in range(2))
            up[i], down[i] = value + step, value - step
            np.testing.assert_allclose(gradient[index], (cost(*up) - cost(*down)) / 2e-6, atol=1e-8)


def test_draws_of_both_layers_follow_their_conditionals_in_stream_order():
    rbm, (W, c, b) = machine()
    rbm.rng = RandomStreams(np.random.RandomState(3))
    V, H, rs = states(4), states(3), np.random.RandomState(3)
    for _ in range(2):
        np.testing.assert_array_equal(rbm.sample_h_given_v(V), rs.random_sample((16, 3)) < expit(V @ W + c))
        np.testing.assert_array_equal(rbm.sample_v_given_h(H), rs.random_sample((8, 4)) < expit(H @ W.T + b))


def test_draws_in_a_function_of_ones_own():
    rbm, (W, c, _) = machine()
    rbm.rng = RandomStreams(np.random.RandomState(3))
    rbm.sample_h_given_v(states(4)[:2])  # the library's own draws don't get into the user's graph
    x = pt.dmatrix("x")
    sample = pytensor.function([x], rbm.sample_h_given_v(x), updates=rbm.rng.updates(), mode="NUMBA")
    V = states(4)
    draws = np.mean([sample(V) for _ in range(4000)], axis=0)
    assert abs(draws - expit(V @ W + c)).max() < 5 * 0.5 / np.sqrt(4000)


def test_gibbs_chains_converge_to_the_distribution():
    rbm, (W, c, b) = machine(scale=0.7)
    V = rbm.gibbs(np.zeros((20_000, 4)), k=25)
    counts = np.bincount((V @ 2 ** np.arange(3, -1, -1)).astype(int), minlength=16) / 20_000
    P = joint(W, c, b).sum(axis=1)
    assert abs(counts - P).max() < 5 * np.sqrt(P.max() / 20_000)
    with pytest.raises(ValueError, match="k is 0, expected at least 1"):
        rbm.gibbs(np.zeros((1, 4)), k=0)


@pytest.mark.parametrize("k", [1, 3])
def test_gibbs_chains_draw_hidden_then_visible_units_in_step_order(k, monkeypatch):
    monkeypatch.setattr("udl_pt.models._rbm.gibbs.BLOCK", 8 * 2 * (3 + 4) * 16)  # two steps a call
    rbm, (W, c, b) = machine()
    rbm.rng = RandomStreams(np.random.RandomState(3))
    V, rs = states(4), np.random.RandomState(3)
    got = rbm.gibbs(V, k)
    for _ in range(k):
        H = (rs.random_sample((16, 3)) < expit(V @ W + c)).astype(float)
        V = (rs.random_sample((16, 4)) < expit(H @ W.T + b)).astype(float)
    np.testing.assert_array_equal(got, V)
    x = pt.dmatrix("x")
    assert isinstance(rbm.gibbs(x, k), pt.TensorVariable)


def test_tempered_chains_keep_the_distribution():
    """Started at exact samples of each temperature, the first still has the model's own after 5 steps."""
    rbm, (W, c, b) = machine(scale=3.0)
    betas, n, rs = np.array([1.0, 0.5, 0.0]), 4000, np.random.RandomState(0)
    H0 = []
    for beta in betas:
        p = joint(beta * W, beta * c, beta * b).sum(axis=0)
        H0.append(states(3)[rs.choice(8, n, p=p)])
    H = pt.dmatrix("H")
    V_out, H_out = tempered_chain(rbm, H, betas, 5, RandomStreams(0), n)
    V, H1 = Function([H], [V_out, H_out], backend="jax")(np.concatenate(H0))
    P = joint(W, c, b)
    for seen, p, base in ((V, P.sum(axis=1), 4), (H1[:n], P.sum(axis=0), 3)):
        counts = np.bincount((seen @ 2 ** np.arange(base - 1, -1, -1)).astype(int), minlength=2**base) / n
        assert abs(counts - p).max() < 5 * np.sqrt(p.max() / n)
    for place, beta in enumerate(betas):
        p = joint(beta * W, beta * c, beta * b).sum(axis=0)
        counts = np.bincount((H1[place * n : (place + 1) * n] @ [4, 2, 1]).astype(int), minlength=8) / n
        assert abs(counts - p).max() < 5 * np.sqrt(p.max() / n)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("dtype", ["int64", "int8", "float32"])
def test_a_gibbs_chain_of_a_variable_of_another_dtype(dtype, k):
    rbm, (W, c, b) = machine()
    rbm.rng, rs = RandomStreams(np.random.RandomState(3)), np.random.RandomState(3)
    x = pt.matrix("x", dtype=dtype)
    got = Function([x], rbm.gibbs(x, k), backend="jax")(states(4).astype(dtype))
    V = states(4)
    for _ in range(k):
        H = (rs.random_sample((16, 3)) < expit(V @ W + c)).astype(float)
        V = (rs.random_sample((16, 4)) < expit(H @ W.T + b)).astype(float)
    np.testing.assert_array_equal(got, V)
    assert got.dtype == np.float64


def test_tempered_chains_reach_a_mode_that_gibbs_steps_do_not():
    """Two far modes, all ones and all zeros; chains start in one of them."""
    W = np.full((8, 8), 3.0)
    rbm = RBM.createFromArrays(W, np.full(8, -12.0), np.full(8, -12.0))
    rbm.backend, rbm.rng = "jax", RandomStreams(0)
    n, betas = 200, np.linspace(1, 0, 12)
    assert rbm.gibbs(np.zeros((n, 8)), 200).mean() < 0.05
    H = pt.dmatrix("H")
    chain = Function([H], tempered_chain(rbm, H, betas, 200, RandomStreams(0), n)[0], backend="jax")
    assert 0.4 < chain(np.zeros((len(betas) * n, 8))).mean() < 0.6


def test_clamped_chains_hold_what_is_known_and_average_to_the_conditional():
    rbm, (W, c, b) = machine()
    V, missing = pt.dmatrix("V"), pt.dmatrix("missing")
    chain = Function([V, missing], clamped_chain(rbm, V, missing, 40, RandomStreams(0)), backend="jax")
    known = np.tile([1.0, 0.0, 0.0, 1.0], (4000, 1))
    mask = np.tile([0.0, 1.0, 1.0, 0.0], (4000, 1))
    last, _ = chain(known, mask)
    np.testing.assert_array_equal(last[:, [0, 3]], known[:, [0, 3]])
    all_v, P = states(4), joint(W, c, b).sum(axis=1)
    fits = (all_v[:, 0] == 1) & (all_v[:, 3] == 1)
    expected = P[fits] @ all_v[fits] / P[fits].sum()
    assert abs(last.mean(axis=0) - expected).max() < 5 * 0.5 / np.sqrt(4000)


def standardised(n=300, d=6):
    X = np.random.RandomState(0).randn(n, d) @ np.random.RandomState(1).randn(d, d)
    return (X - X.mean(axis=0)) / X.std(axis=0)


@pytest.mark.parametrize("learned", [False, True])
def test_gaussian_units(learned):
    rbm = RBM(4, visible="gaussian", learn_variance=learned, random_state=0)
    rbm.fit(standardised(), epochs=20, batch_sz=50, backend="jax")
    values = [p.get_value() for p in rbm.params]
    W, c, b, z = values if learned else [*values, np.zeros(6)]
    assert (abs(z).max() > 0) == learned
    V, H = standardised()[:5], states(4)
    np.testing.assert_allclose(rbm.forward_hidden(V), expit(V / np.exp(z) @ W + c), rtol=1e-9)
    expected = ((V - b) ** 2 / (2 * np.exp(z))).sum(axis=1) - np.logaddexp(0, V / np.exp(z) @ W + c).sum(
        axis=1
    )
    np.testing.assert_allclose(rbm.free_energy(V), expected, rtol=1e-9)
    np.testing.assert_allclose(rbm.backward(H), H @ W.T + b, rtol=1e-9)
    draws = rbm.sample_v_given_h(np.tile(H[5], (20_000, 1)))
    np.testing.assert_allclose(draws.mean(axis=0), H[5] @ W.T + b, atol=5 / np.sqrt(20_000))
    np.testing.assert_allclose(draws.var(axis=0), np.exp(z), rtol=0.06)
    error = ((standardised() - rbm.forward_output(standardised())) ** 2).sum() / 300
    assert rbm.costs[-1] == pytest.approx(error, rel=1e-9)


def test_a_gaussian_machine_at_the_default_learning_rate_learns_and_does_not_explode():
    """Three hundred columns that are one and the same: the steepest data there can be."""
    X = np.repeat(np.random.RandomState(0).randn(2000, 1), 300, axis=1)
    X = (X - X.mean()) / X.std()
    rbm = RBM(20, visible="gaussian", random_state=0).fit(X, epochs=10, backend="jax")
    assert rbm.costs[-1] < 0.6 * 300
    noise = RBM(20, visible="gaussian", random_state=0)
    with pytest.raises(DivergenceError, match=r"RBM\(20\): the step of .*use a smaller learning_rate"):
        noise.fit(standardised(2000), learning_rate=1e200, epochs=10, **FAST)
    assert all(np.isfinite(p.get_value()).all() for p in noise.params)


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (standardised() + 2, r"means from 2 to 2 and variances from 1 to 1"),
        (3 * standardised(), r"means from .* and variances from 9 to 9"),
        (images(), r"means from 0\.4.* to 0\.5.* and variances from 0\.0"),
    ],
)
def test_gaussian_units_warn_of_data_that_are_not_standardised_at_the_users_line(X, words):
    with pytest.warns(UserWarning, match=words) as warned:
        RBM(4, visible="gaussian", random_state=0).fit(X, epochs=1, batch_sz=50, **FAST)
    assert [warning.filename for warning in warned] == [__file__]


def test_columns_that_do_not_vary_are_fine():
    X = standardised()
    X[:, 2] = 0
    RBM(4, visible="gaussian", random_state=0).fit(X, batch_sz=50, **FAST)


def test_create_from_arrays_gives_an_rbm_that_owns_copies():
    rs = np.random.RandomState(0)
    W, c, b = rs.randn(6, 3), rs.randn(3), rs.randn(6)
    rbm = RBM.createFromArrays(W, c, b, an_id="mine")
    assert type(rbm) is RBM
    assert (rbm.M, rbm.id) == (3, "mine")
    kept = W.copy()
    W += 1
    np.testing.assert_array_equal(rbm.W.get_value(), kept)
    assert rbm.forward_params == [rbm.W, rbm.c]
    assert [d.get_value().shape for d in rbm.dparams] == [(6, 3), (3,), (6,)]
    rbm.backend = "jax"
    twin = pickle.loads(pickle.dumps(rbm))
    np.testing.assert_array_equal(twin.hidden_op(np.eye(6)), rbm.hidden_op(np.eye(6)))
    with pytest.raises(ValueError, match="c has shape"):
        RBM.createFromArrays(kept, b, c)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k is 0, expected at least 1"),
        ({"k": 1.5}, "k is 1.5, expected an integer"),
        ({"n_chains": 7}, "n_chains is 7, but without persistent=True, each of the batch's 20 rows"),
        ({"n_temperatures": 3}, "n_temperatures is 3, but only persistent chains"),
        ({"persistent": True, "n_chains": 0}, "n_chains is 0"),
        ({"mu": 1.5}, "mu is 1.5"),
        ({"weight_decay": -1}, "weight_decay is -1"),
        ({"sparsity_target": 2}, "sparsity_target is 2"),
        ({"visible_bias": "ones"}, "visible_bias is 'ones', expected one of 'zeros', 'data'"),
        ({"X": 255 * images()}, r"expects \[0, 1\]: divide by 255"),
        ({"X": images() - 0.5}, "for standardised data use"),
        ({"X": images()[:10]}, "batch_sz is 20, but there are only 10"),
        ({"callbacks": 3}, "callbacks is 3"),
    ],
)
def test_bad_options_leave_the_machine_as_it_was(options, message):
    rbm = RBM(4, random_state=0).fit(images(), batch_sz=20, **FAST)
    params, values = list(rbm.params), [p.get_value() for p in rbm.params]
    with pytest.raises((ValueError, TypeError), match=message):
        rbm.fit(**({"X": images(), "batch_sz": 20} | FAST | options))
    for p, old, value in zip(rbm.params, params, values, strict=True):
        assert p is old
        np.testing.assert_array_equal(p.get_value(), value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RBM(0), "M is 0"),
        (lambda: RBM(3, visible="softmax"), "visible is 'softmax', expected one of 'bernoulli', 'gaussian'"),
        (lambda: RBM(3, learn_variance=True), "learn_variance is True, but bernoulli units"),
        (lambda: RBM(3).free_energy(images()), "no parameters yet"),
        (lambda: RBM(3).gibbs(images()), "no parameters yet"),
        (lambda: machine()[0].sample_v_given_h(states(4)), "4 features, expected 3"),
        (lambda: machine()[0].free_energy(2 * states(4)), r"expects \[0, 1\]"),
        (
            lambda: RBM(3, visible="gaussian").fit(standardised(), binarize=True),
            "binarize is True, but gaussian units",
        ),
        (
            lambda: RBM(3, visible="gaussian").fit(standardised(), persistent=True, n_temperatures=2),
            "n_temperatures is 2, but gaussian units",
        ),
    ],
)
def test_bad_constructions_and_calls(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_a_step_that_is_not_finite_leaves_the_parameters_before_it():
    class Poison:
        def on_batch(self, progress):
            if progress.batch == 2:
                self.kept = [np.array(p.get_value()) for p in rbm.params]
                progress.hyper._values["learning_rate"] = np.inf  # past all checks

        def __call__(self, progress):
            pass

    rbm, poison = RBM(5, random_state=0), Poison()
    with pytest.raises(DivergenceError, match=r"RBM\(5\): the step of .* epoch 1, batch 3"):
        rbm.fit(images(), batch_sz=10, callbacks=[poison], persistent=True, **FAST)
    for p, value in zip(rbm.params, poison.kept, strict=True):
        np.testing.assert_array_equal(p.get_value(), value)
        assert type(p.get_value()) is np.ndarray
    assert type(rbm.chains) is np.ndarray


@pytest.mark.core
def test_no_upcast():
    rbm = RBM(4, random_state=0, dtype="float32")
    options = {"k": 2, "persistent": True, "centring": True, "weight_decay": 0.1, "sparsity_target": 0.1}
    rbm.fit(images().astype("float32"), batch_sz=20, binarize=True, mu=0.5, **options)
    assert {p.get_value().dtype.name for p in rbm.params} == {"float32"}
    assert rbm.chains.dtype == "float32"
    assert rbm.gibbs(images(), 3).dtype == "float32"
    assert rbm.free_energy(images()).dtype == "float32"
