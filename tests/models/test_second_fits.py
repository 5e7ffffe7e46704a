"""A second fit of a kind of model builds no graph, and computes what it would compute alone."""

import gc
import itertools
import threading
import weakref
from functools import partial

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode

from udl_pt import DNN, RBM, AutoEncoder, RandomStreams, adam_updates
from udl_pt.backends import Function
from udl_pt.backends import _programs as programs
from udl_pt.models._rbm.units import BernoulliUnits
from udl_pt.symbolic.corruption import masking

X, Y = np.random.RandomState(0).rand(40, 6), np.arange(40) % 3
OPTIONS = {"batch_sz": 20, "epochs": 2, "monitor": None}


@pytest.fixture(autouse=True)
def none_before():
    """Start without programs of other tests."""
    before, programs._programs[:] = programs._programs[:], []
    yield
    programs._programs[:] = before


@pytest.fixture
def built(monkeypatch):
    """List the names of the functions whose graphs are built, and "gradient" for each gradient."""
    names, init, grad = [], Function.__init__, pytensor.grad

    def named(self, *arguments, name="function", **options):
        names.append(name)
        init(self, *arguments, name=name, **options)

    monkeypatch.setattr(Function, "__init__", named)
    monkeypatch.setattr(pytensor, "grad", lambda *a, **k: names.append("gradient") or grad(*a, **k))
    return names


def fit(kind, M=3, D=6, backend="jax", options=None, rows=X, **more):
    model = kind(M, random_state=M, **{"rng": M} | (options or {}))
    return model.fit(rows[:, :D], backend=backend, **OPTIONS | more)


def fit_network(M=3, D=6, backend="jax", options=None, **more):
    network = DNN([M, M + 1], random_state=M, **{"rng": M} | (options or {}))
    data = X[:, :D], Y, X[:, :D], Y
    return network.fit(*data, backend=backend, **{"pretrain": False, "mu": 0.5} | OPTIONS | more)


def fit_tied(tied, M=3, backend="jax"):
    """Train the upper of two layers of one size, whose weights may be those of the lower one."""
    network = DNN([M, M], random_state=M)
    network.fit(X[:, :M], Y, X[:, :M], Y, pretrain=False, epochs=0, backend=backend)
    if tied:
        network.hidden_layers[1].W = network.hidden_layers[0].W
    return network.fit(X[:, :M], Y, X[:, :M], Y, pretrain=False, keep_layers=True, backend=backend, **OPTIONS)


def numbers(model):
    """Return everything that a fit computes."""
    layers = getattr(model, "hidden_layers", [model])
    params = [p.get_value() for p in [*model.params, *model.dparams]]
    chains = [layer.chains for layer in layers if getattr(layer, "chains", None) is not None]
    state = model.rng.generator.bit_generator.state
    return [*params, *chains, model.costs, getattr(model, "errors", [])], state


def assert_same(one, other):
    (arrays, state), (expected, expected_state) = one, other
    assert state == expected_state
    for array, alone in zip(arrays, expected, strict=True):
        np.testing.assert_array_equal(array, alone)


auto_encoder, machine = partial(fit, AutoEncoder), partial(fit, RBM)
gaussian = partial(fit, RBM, learning_rate=0.01, rows=(X - X.mean(axis=0)) / X.std(axis=0))
RECORDED = {
    "auto-encoder": auto_encoder,
    "squared error": partial(auto_encoder, cost="squared_error"),
    "rectified": partial(auto_encoder, options={"hidden": "relu"}),
    "linear output": partial(auto_encoder, options={"output": "linear"}, cost="squared_error"),
    "machine": machine,
    "persistent": partial(machine, persistent=True),
    "gaussian": partial(gaussian, options={"visible": "gaussian"}),
    "learned variances": partial(gaussian, options={"visible": "gaussian", "learn_variance": True}),
    "network": fit_network,
    "rectified layers": partial(
        fit_network, options={"UnsupervisedModel": partial(AutoEncoder, hidden="relu")}
    ),
}
VARIANTS = {
    **{f"{name}, recorded": partial(fit, monitor="epoch") for name, fit in RECORDED.items()},
    **RECORDED,
    "float32": partial(auto_encoder, options={"dtype": "float32"}),
    "linear hidden": partial(auto_encoder, options={"hidden": "linear"}),
    "cost of a batch": partial(auto_encoder, cost_scale="batch"),
    "cost of an element": partial(auto_encoder, cost_scale="element"),
    "machine in float32": partial(machine, options={"dtype": "float32"}),
    "two steps": partial(machine, k=2),
    "five chains": partial(machine, persistent=True, n_chains=5),
    "two persistent steps": partial(machine, persistent=True, k=2),
    "two temperatures": partial(machine, persistent=True, n_temperatures=2),
    "three temperatures": partial(machine, persistent=True, n_temperatures=3),
    "weight decay": partial(machine, weight_decay=0.1),
    "sparse": partial(machine, sparsity_target=0.1),
    "sparse and decaying": partial(machine, sparsity_target=0.1, weight_decay=0.1),
    "centred": partial(machine, centring=True),
    "binary": partial(machine, binarize=True),
    "bias of the data": partial(machine, visible_bias="data"),
    "momentum": partial(machine, mu=0.5),
    "network in float32": partial(fit_network, options={"dtype": "float32"}),
    "network of machines": partial(fit_network, options={"UnsupervisedModel": RBM}),
    "mixed layers": partial(fit_network, options={"UnsupervisedModel": [AutoEncoder, RBM]}),
    "regularised": partial(fit_network, reg=0.1),
    "adversarial": partial(fit_network, adversarial=0.1),
    "dropout": partial(fit_network, dropout=0.5),
    "less dropout": partial(fit_network, dropout=0.25),
    "dropout of pixels": partial(fit_network, dropout=(0.5, 0.0)),
    "one layer frozen": partial(fit_network, frozen_layers=[0]),
    "the other layer frozen": partial(fit_network, frozen_layers=[1]),
    "head only": partial(fit_network, train_head_only=True),
    "short columns": partial(fit_network, max_norm=0.5),
    "longer columns": partial(fit_network, max_norm=0.75),
    "untied": partial(fit_tied, False),
    "tied": partial(fit_tied, True),
}


AGAIN = ["auto-encoder, recorded", "persistent, recorded", "binary", "network, recorded"]
# Numba and C compile long, and which graphs are built depends little on the backend
REST = pytest.mark.exhaustive


@pytest.mark.parametrize(
    ("name", "backend"),
    [
        *((name, "jax") for name in AGAIN),
        ("auto-encoder, recorded", "numba"),
        *(pytest.param(name, "numba", marks=REST) for name in AGAIN[1:]),
        *(pytest.param(name, "c", marks=REST) for name in AGAIN),
    ],
)
def test_a_second_fit_builds_no_graph(name, backend, built):
    VARIANTS[name](backend=backend)
    assert "gradient" in built
    built.clear()
    VARIANTS[name](M=2, D=5, backend=backend)
    assert [n for n in built if "forward_hidden" not in n] == []  # which passes rows to an upper layer
    programs.clear_programs()
    VARIANTS[name](M=2, D=5, backend=backend)
    assert "gradient" in built


@pytest.fixture
def without_compiler(monkeypatch):
    """Compute each operation by NumPy: which fits share a graph doesn't depend on the compiler."""
    monkeypatch.setattr(Function, "_mode", lambda self: Mode("py", "fast_compile"))


@pytest.mark.slow
def test_each_variant_computes_as_alone_after_all_others(without_compiler):
    alone = {}
    for name, variant in VARIANTS.items():
        programs.clear_programs()
        alone[name] = numbers(variant(M=2, backend="c"))
    for variant in VARIANTS.values():
        variant(M=3, backend="c")
    for name, variant in VARIANTS.items():
        assert_same(numbers(variant(M=2, backend="c")), alone[name])
    results = {name: np.concatenate([np.ravel(a) for a in alone[name][0]]) for name in VARIANTS}
    for one, other in itertools.combinations(VARIANTS, 2):
        same_forward = {one, other} <= {"network", "network of machines", "mixed layers"}
        assert np.array_equal(results[one], results[other]) == same_forward, (one, other)


class Doubled(AutoEncoder):
    def hidden_mean(self, A):
        return 2 * super().hidden_mean(A)


class OfClass:
    """Replace a method of a class while a model is fitted."""

    def __init__(self, owner, name, method, variant):
        self.change, self.variant = (owner, name, method), variant

    def __call__(self):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(*self.change)
            return self.variant()


def of_object(name, value, kind=AutoEncoder):
    """Replace an attribute of one model before it is fitted."""
    model = kind(3, random_state=3, rng=3)
    setattr(model, name, value)
    return model.fit(X, backend="jax", **OPTIONS)


def foreign_layers():
    return fit_network(options={"UnsupervisedModel": Doubled})


class Opposite(BernoulliUnits):
    def scaled(self, V, z):
        return 1 - V


USERS = {
    "subclass": (partial(fit, Doubled), auto_encoder),
    "method of the class": (
        OfClass(AutoEncoder, "hidden_mean", lambda self, A: pt.tanh(A), auto_encoder),
        auto_encoder,
    ),
    "method of the base": (
        OfClass(
            AutoEncoder.__mro__[1], "forward_hidden", lambda self, X: self.hidden_logits(X), auto_encoder
        ),
        auto_encoder,
    ),
    "method of the object": (partial(of_object, "hidden_mean", pt.tanh), auto_encoder),
    "method of the units": (
        OfClass(BernoulliUnits, "scaled", lambda self, V, z: 1 - V, machine),
        machine,
    ),
    "units of the object": (partial(of_object, "units", Opposite(), RBM), machine),
    "activation": (partial(auto_encoder, options={"hidden": pt.tanh}), auto_encoder),
    "corruption": (partial(auto_encoder, options={"corruption": masking(0.5)}), auto_encoder),
    "cost": (partial(auto_encoder, cost=lambda X, Z: abs(X - Z)), auto_encoder),
    "penalty": (partial(auto_encoder, penalty=lambda ae, X: (ae.W**2).sum()), auto_encoder),
    "optimiser": (partial(auto_encoder, optimiser=adam_updates), auto_encoder),
    "penalty of a machine": (partial(machine, penalty=lambda rbm, V: (rbm.W**2).sum()), machine),
    "penalty of a network": (partial(fit_network, penalty=lambda dnn, X: (dnn.W**2).sum()), fit_network),
    "layers of a network": (foreign_layers, fit_network),
    "logits of a network": (
        OfClass(DNN, "logits", lambda self, X: 2 * self._up(X).dot(self.W) + self.b, fit_network),
        fit_network,
    ),
}


@pytest.mark.parametrize("name", USERS)
def test_what_a_user_changes_is_trained(without_compiler, name):
    changed, plain = USERS[name]
    alone = numbers(changed())
    programs.clear_programs()
    before = numbers(plain())
    assert_same(numbers(changed()), alone)
    assert not np.array_equal(alone[0][0], before[0][0])
    assert_same(numbers(plain()), before)


@pytest.mark.parametrize("name", ["auto-encoder", "persistent", "binary", "learned variances", "dropout"])
def test_no_model_outlives_its_fits(name):
    dead = []
    for _ in range(2):
        model = VARIANTS[name]()
        parameters = [*model.params, *model.dparams]
        arrays = [p.get_value(borrow=True) for p in parameters]
        dead += map(weakref.ref, [model, model.rng, *parameters, *arrays])
        del model, parameters, arrays
    gc.collect()
    assert [ref() for ref in dead] == [None] * len(dead)


@pytest.mark.parametrize("name", ["auto-encoder", "two persistent steps", "binary"])
def test_later_graphs_of_a_user_draw_the_same(without_compiler, name):
    drawn = []
    for _ in range(2):
        streams = RandomStreams(5)
        model = VARIANTS[name](options={"rng": streams})
        follower = RandomStreams(model.rng, "float64").uniform((3,))
        drawn.append(pytensor.function([], [follower, streams.uniform((2,))], mode="FAST_COMPILE")())
    for first, second in zip(*drawn, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", ["machine", "persistent", "binary", "dropout"])
@pytest.mark.parametrize("first", [True, False])
def test_a_users_earlier_draw_is_a_part_of_the_kind(without_compiler, name, first):
    def drawn(user_draws):
        streams = RandomStreams(5)
        if user_draws:
            streams.uniform((2,))
        model = VARIANTS[name](options={"rng": streams})
        followers = [RandomStreams(model.rng, "float64").uniform((3,)) for _ in range(2)]
        return pytensor.function([], followers, mode="FAST_COMPILE")()

    drawn(not first)  # leaves a template
    after = drawn(first)
    programs.clear_programs()
    np.testing.assert_array_equal(after, drawn(first))


def test_another_setting_of_pytensor_builds_the_graph_again(without_compiler, built):
    for floatX, builds in (("float64", True), ("float32", True), ("float32", False), ("float64", False)):
        built.clear()
        with pytensor.config.change_flags(floatX=floatX):
            auto_encoder(options={"dtype": "float64"})
        assert ("gradient" in built) == builds


@pytest.mark.parametrize("name", ["persistent", "network"])
def test_threads_that_fit_at_once_compute_as_alone(name):
    expected = [numbers(VARIANTS[name](M=M)) for M in (2, 3, 4)]
    got, start = {}, threading.Barrier(3)

    def use(M):
        start.wait()
        got[M] = numbers(VARIANTS[name](M=M))

    threads = [threading.Thread(target=use, args=(M,)) for M in (2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for M, alone in zip((2, 3, 4), expected, strict=True):
        assert_same(got[M], alone)
