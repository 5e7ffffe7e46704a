"""Subclasses: their methods take arrays and variables, and training calls those that the page names."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.special import expit
from small_models import D, M, N, W, X, b, c, made

from udl_pt import DBN, DNN, PCA, RBM, AutoEncoder, DeepAutoEncoder, RandomStreams
from udl_pt.models.sampling import complete, fantasies
from udl_pt.symbolic.calling import symbolic_or_array

PAGE = (Path(__file__).parents[2] / "docs" / "own_models.md").read_text(encoding="utf-8")


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
    model, H = made(Mine), np.random.default_rng(1).random((N, M))
    for got in both(model.backward, H):
        np.testing.assert_allclose(got, 1 - expit(H / 2 @ W.T + b), rtol=1e-12)
    assert (Mine.backward.__doc__, Mine.backward.__name__) == ("Decode, and more.", "backward")
    with pytest.raises(ValueError, match="5 features, expected 3"):
        model.backward(X)


class Compared(Mine):
    def plain(self, X):
        return super(Mine, self).forward_hidden(X)


def test_super_of_an_array_is_the_method_of_the_base():
    model = made(Compared)
    for got in both(model.plain, X):
        np.testing.assert_allclose(got, expit(X @ W + c), rtol=1e-12)
    for got in both(model.forward_hidden, X):
        np.testing.assert_allclose(got, 2 * expit(X @ W + c), rtol=1e-12)


class Machine(RBM):
    def free_energy(self, V):
        return super().free_energy(V) + 1

    def sample_h_given_v(self, V):
        return 1 - super().sample_h_given_v(V)

    def gibbs(self, V, k=1):
        return 1 - super().gibbs(V, k)


class Mirrored(PCA):
    def transform(self, X):
        return -super().transform(X)


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


def test_principal_components_of_a_subclass():
    pca = Mirrored(2).fit(X)
    for got in both(pca.transform, X):
        np.testing.assert_allclose(got, (X.mean(axis=0) - X) @ pca.components_.T, atol=1e-12)


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


class Refusing(RBM):
    """Draws in other methods than those that the chains call."""

    def sample_h_given_v(self, V):
        raise AssertionError("no chain calls it")

    sample_v_given_h = visible_mean = backward = sample_h_given_v


class AllOn(RBM):
    def hidden_logits(self, V):
        return 0 * super().hidden_logits(V) + 1000


class AllOff(RBM):
    def visible_input(self, H):
        return 0 * super().visible_input(H) - 1000


def chains(rbm, V):
    """Return what each kind of chain draws, of binary machines whose visible units are certain."""
    missing = np.arange(V.shape[1]) == 0
    return rbm.gibbs(V), fantasies(rbm, V, [2])[0], complete(rbm, V, missing, 2)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(RBM, np.eye(2)), (Refusing, np.eye(2)), (AllOn, np.ones((2, 2))), (AllOff, np.zeros((2, 2)))],
)
def test_chains_draw_from_the_logits_of_a_subclass(kind, expected):
    """The machine copies its hidden units, and each of them one visible unit."""
    rbm, V = kind(2, random_state=0).fit(np.eye(2), batch_sz=2), np.eye(2)
    for p, value in zip(rbm.params, (4000 * np.eye(2), [-2000] * 2, [-2000] * 2), strict=True):
        p.set_value(np.array(value, float))
    gibbs, fantasy, completed = chains(rbm, V)
    np.testing.assert_array_equal(gibbs, expected)
    np.testing.assert_array_equal(fantasy, expected)
    np.testing.assert_array_equal(completed[:, 0], [1, 1] if kind is AllOn else [0, 0])  # from 0, the mean


def observed(kind, seen):
    """Return a subclass that overrides all public methods but `fit`, and notes which are called."""

    def noting(name):
        def method(self, *arguments, **options):
            seen.add(name)
            return getattr(super(cls, self), name)(*arguments, **options)

        method.__signature__ = inspect.signature(getattr(kind, name))
        return method

    names = {n for n in dir(kind) if n[0] != "_" and inspect.isfunction(inspect.getattr_static(kind, n))}
    known = {n: property(lambda self: True) for n in ("hidden_unit_interval", "output_unit_interval")}
    cls = type(kind.__name__, (kind,), {n: noting(n) for n in names - {"fit"} - NO_MATHEMATICS} | known)
    return cls


NO_MATHEMATICS = {"array_function", "compiled", "takes_probabilities", "createFromArrays"}
LABELS = np.arange(N) % 2
FITS = {
    AutoEncoder: [{"cost": "squared_error"}],
    RBM: [{"sparsity_target": 0.1}],
    DNN: [{}, {"dropout": 0.5}],
    DeepAutoEncoder: [{"cost": "squared_error"}],
}


@pytest.mark.parametrize("kind", FITS)
def test_training_calls_the_methods_that_the_page_names(kind):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{kind.__name__}` |"))
    own, of_layers = (set(re.findall(r"`(\w+)`", cell)) for cell in row.split("|")[2:4])
    for options in FITS[kind]:
        seen, in_layers = set(), set()
        if kind in (AutoEncoder, RBM):
            observed(kind, seen)(M, random_state=0).fit(X, batch_sz=N, **options)
        else:
            model = observed(kind, seen)([M, 2], observed(AutoEncoder, in_layers), random_state=0)
            data = (X, LABELS, X, LABELS) if kind is DNN else (X,)
            model.fit(*data, pretrain=False, batch_sz=N, **options)
        assert seen == own
        assert in_layers - {"hidden_logits", "hidden_mean"} == of_layers  # these are forward_hidden's
