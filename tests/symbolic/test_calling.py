"""The rule for calling, for variables of all kinds; tests/contracts has it in subclasses."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.special import expit
from small_models import D, M, N, X, made

from udl_pt import DBN, DNN, PCA, RBM, AutoEncoder, DeepAutoEncoder, RandomStreams, sne_cost, tsne_cost
from udl_pt._support.exceptions import NotFittedError
from udl_pt.inspection.attacks import fast_gradient_sign
from udl_pt.inspection.likelihood import pseudo_likelihood
from udl_pt.models.sampling import complete, fantasies

rbm = made(RBM)
network = DNN([M], RBM, random_state=0, dtype="float64").fit(
    X, np.arange(N) % 2, X, np.arange(N) % 2, False, epochs=0
)
dbn = DBN([M], RBM, random_state=0, dtype="float64").fit(X, 0)
deep = DeepAutoEncoder([M], random_state=0, dtype="float64").fit(X, False, epochs=0)
pca = PCA(2).fit(X)
CALLS = {
    "forward_hidden": rbm.forward_hidden,
    "forward_output": rbm.forward_output,
    "free_energy": rbm.free_energy,
    "sample_h_given_v": rbm.sample_h_given_v,
    "gibbs": rbm.gibbs,
    "fantasies": lambda x: fantasies(rbm, x, (1, 2)),
    "complete": lambda x: complete(rbm, x, np.arange(D) == 0, steps=2),
    "pseudo-likelihood": lambda x: pseudo_likelihood(rbm, x),
    "predict": network.predict,
    "logits": network.logits,
    "an attack": lambda x: fast_gradient_sign(network, x, np.zeros(N, int), 0.1),
    "dbn": dbn.forward,
    "generate": lambda x: dbn.generate(x, (1, 2)),
    "deep": deep.forward,
    "pca": pca.transform,
}
BAD = [
    (pt.dvector(), ValueError, r"Vector.*expected a matrix.*\[None, :\] for a single row"),
    (pt.dscalar(), ValueError, "expected a matrix"),
    (pt.dtensor3(), ValueError, "expected a matrix.*flatten each sample"),
    (pt.zmatrix(), TypeError, "complex128, expected real numbers"),
    (pt.matrix(shape=(None, 4)), ValueError, r"of 4 columns, expected 5: declare it .*\(None, 5\)"),
    (pytensor.sparse.csr_matrix(dtype="float64"), TypeError, "expected a dense matrix.*dense_from_sparse"),
    (pt.random.rng(), TypeError, "expected a dense matrix"),
]


@pytest.mark.parametrize("name", CALLS)
def test_variables_are_checked_before_a_graph_is_built(name):
    for variable, error, message in BAD:
        with pytest.raises(error, match=message):
            CALLS[name](variable)
    for variable in (pt.fmatrix(), pt.lmatrix(), pt.bmatrix(), pt.matrix(shape=(None, D)), pt.constant(X)):
        if name != "an attack" or variable.type.dtype.startswith("float"):  # integers have no gradient
            assert CALLS[name](variable).type.ndim >= 1


@pytest.mark.parametrize("kind", [AutoEncoder, RBM])
def test_before_fit_a_variable_is_answered_as_an_array_is(kind):
    for argument in (X, pt.dmatrix()):
        with pytest.raises(NotFittedError, match="no parameters yet: call fit before forward_hidden"):
            kind(M).forward_hidden(argument)
    with pytest.raises(NotFittedError, match="before fantasies"):
        fantasies(RBM(M), pt.dmatrix())


def test_costs_of_embeddings_check_their_variables():
    P, Y = pt.dmatrix(), pt.dmatrix()
    for cost in (sne_cost, tsne_cost):
        assert cost(P, Y).type.ndim == 0
        with pytest.raises(ValueError, match="Y is a variable of type Vector"):
            cost(P, pt.dvector())
        with pytest.raises(ValueError, match="P is a variable of 3 columns, expected 4"):
            cost(pt.matrix(shape=(3, 3)), pt.matrix(shape=(4, 2)))


def test_a_network_dreams_in_a_graph_as_on_arrays():
    dbn = DBN([4, M], RBM, random_state=0, dtype="float64").fit(X, 0)
    below, top = dbn.hidden_layers
    r = np.random.default_rng(3)
    for layer in dbn.hidden_layers:
        for p in layer.params:
            p.set_value(r.normal(size=p.get_value().shape))
    rs = np.random.RandomState(4)
    top.rng = RandomStreams(rs)
    x = pt.dmatrix("x")
    f = pytensor.function([x], dbn.generate(x, (1,)), mode="FAST_COMPILE")
    pictures, rs = f(X), np.random.RandomState(4)
    H = expit(X @ below.W.get_value() + below.c.get_value())
    p = expit(H @ top.W.get_value() + top.c.get_value())
    top_means = (rs.random_sample((N, M)) < p) @ top.W.get_value().T + top.b.get_value()
    means = expit(expit(top_means) @ below.W.get_value().T + below.b.get_value())
    np.testing.assert_allclose(pictures, means[None], rtol=1e-10)
    assert dbn.generate(x, (1, 5)).type.ndim == dbn.generate(X, (1, 5)).ndim == 3
