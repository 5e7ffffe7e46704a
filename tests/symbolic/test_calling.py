"""The rule for calling, in subclasses and for variables of all kinds."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.special import expit

from udl_pt import DBN, DNN, PCA, RBM, AutoEncoder, DeepAutoEncoder, RandomStreams, sne_cost, tsne_cost
from udl_pt._support.exceptions import NotFittedError
from udl_pt.inspection.attacks import fast_gradient_sign
from udl_pt.inspection.likelihood import pseudo_likelihood
from udl_pt.models.sampling import complete, fantasies
from udl_pt.symbolic.calling import symbolic_or_array

D, M, N = 5, 3, 6
r = np.random.default_rng(0)
W, c, b = r.normal(size=(D, M)), r.normal(size=M), r.normal(size=D)
X = r.random((N, D))


def made(kind):
    """Return a model of a class with the parameters W, c and b."""
    model = kind(M, dtype="float64", random_state=0).fit(X, epochs=0)
    for p, value in zip(model.params, (W, c, b), strict=True):
        p.set_value(value)
    return model


def both(call, array, **inputs):
    """Return what a method gives for an array, and its graph for a variable."""
    x = pt.dmatrix("x")
    return call(array, **inputs), pytensor.function([x], call(x, **inputs), mode="FAST_COMPILE")(array)


class Twice:
    """A mixin that knows nothing of the rule."""

    def forward_hidden(self, X):
        return 2 * super().forward_hidden(X)


class Mine(AutoEncoder):
    def forward_hidden(self, X):
        return 2 * super().forward_hidden(X)

    def backward(self, H):
        """Decode, and more."""
        return 1 - super().backward(H / 2)


class Mixed(Twice, AutoEncoder):
    pass


class OfBoth(Twice, Mine):
    pass


class Decorated(AutoEncoder):
    @symbolic_or_array
    def forward_hidden(self, X):
        return 2 * super().forward_hidden(X)


class Bare(AutoEncoder):
    forward_hidden = lambda self, X: 2 * self.hidden_mean(self.hidden_logits(X))  # noqa: E731


@pytest.mark.parametrize(("kind", "factor"), [(Mine, 2), (Mixed, 2), (OfBoth, 4), (Decorated, 2), (Bare, 2)])
def test_a_method_that_overrides_follows_the_rule(kind, factor):
    model = made(kind)
    for got in (*both(model.forward_hidden, X), model.hidden_op(X)):
        np.testing.assert_allclose(got, factor * expit(X @ W + c), rtol=1e-12)
    network = DBN([M], kind, random_state=0, dtype="float64").fit(X, 0)
    network.hidden_layers[0] = model
    np.testing.assert_allclose(network.forward(X), factor * expit(X @ W + c), rtol=1e-12)


def test_overridden_decoders_take_hidden_units():
    model, H = made(Mine), r.random((N, M))
    for got in both(model.backward, H):
        np.testing.assert_allclose(got, 1 - expit(H / 2 @ W.T + b), rtol=1e-12)
    assert (Mine.backward.__doc__, Mine.backward.__name__) == ("Decode, and more.", "backward")
    with pytest.raises(ValueError, match="5 features, expected 3"):
        model.backward(X)


class Machine(RBM):
    def free_energy(self, V):
        return super().free_energy(V) + 1

    def sample_h_given_v(self, V):
        return 1 - super().sample_h_given_v(V)

    def gibbs(self, V, k=1):
        return 1 - super().gibbs(V, k)


class Dreaming(DBN):
    def generate(self, start, steps=(1,)):
        return 1 - super().generate(start, steps)


def test_methods_of_a_machine_can_be_overridden():
    model = made(Machine)
    energy = -X @ b - np.logaddexp(0, X @ W + c).sum(axis=1)
    for got in both(model.free_energy, X):
        np.testing.assert_allclose(got, energy + 1, rtol=1e-12)
    V = (X > 0.5).astype(float)
    for method in ("sample_h_given_v", "gibbs"):
        model.rng = RandomStreams(np.random.RandomState(1))
        own, rs = made(RBM), np.random.RandomState(1)
        own.rng = RandomStreams(rs)
        np.testing.assert_array_equal(getattr(model, method)(V), 1 - getattr(own, method)(V))
        assert getattr(model, method)(pt.dmatrix()).type.ndim == 2
    dbn = Dreaming([M], RBM, random_state=0, dtype="float64").fit(X, 0)
    assert dbn.generate(X).shape == (1, N, D)
    assert dbn.generate(pt.dmatrix()).type.ndim == 3


def test_further_arguments_are_for_variables():
    class Warm(AutoEncoder):
        def forward_hidden(self, X, temperature=1.0):
            return super().forward_hidden(X / temperature)

    model, x = made(Warm), pt.dmatrix("x")
    np.testing.assert_allclose(model.forward_hidden(x, 2.0).eval({x: X}), expit(X / 2 @ W + c), rtol=1e-12)
    np.testing.assert_allclose(model.forward_hidden(X), expit(X @ W + c), rtol=1e-12)
    with pytest.raises(TypeError, match=r"forward_hidden of an array takes no further arguments.*attributes"):
        model.forward_hidden(X, temperature=2.0)


@pytest.mark.parametrize("method", [lambda self: None, lambda self, X, Y: X, lambda self, *, X: X])
def test_a_method_that_does_not_take_a_matrix_is_refused_when_the_class_is_made(method):
    with pytest.raises(TypeError, match=r"Bad.forward_hidden takes \(self.*\), expected \(self, X\)"):
        type("Bad", (AutoEncoder,), {"forward_hidden": method})


def test_other_attributes_of_a_class_are_left_alone():
    class Odd(AutoEncoder):
        forward_hidden = property(lambda self: "mine")
        backward = staticmethod(len)

    assert Odd(M).forward_hidden == "mine"
    assert Odd(M).backward([1, 2]) == 2


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
