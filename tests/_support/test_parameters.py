"""A model's attributes are the one place of its parameters, and no compiled function outlives them."""

import copy
import pickle

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.special import expit, log_softmax, softmax

from udl_pt import (
    DBN,
    DNN,
    PCA,
    RBM,
    AutoEncoder,
    DeepAutoEncoder,
    Ladder,
    RandomStreams,
    eager,
    sgd_updates,
)
from udl_pt._support.exceptions import NotFittedError
from udl_pt.backends import shared
from udl_pt.inspection._classifiers import LogitsFunction
from udl_pt.inspection.attacks import input_gradient

D, M, N = 4, 3, 6
X = np.random.default_rng(0).random((N, D))


def auto_encoder(seed=0, kind=AutoEncoder, M=M):
    r = np.random.default_rng(seed)
    return kind.createFromArrays(r.normal(size=(D, M)), r.normal(size=M), r.normal(size=D))


def encoded(X, W, b):
    return expit(X @ W.get_value() + b.get_value())


def compiled(model, method="forward_hidden"):
    """Return what the backend made of a method."""
    return model.array_function(method)._function._compiled


def test_a_replaced_weight_is_seen_by_arrays_graphs_and_lists():
    a, b = auto_encoder(1), auto_encoder(2)
    np.testing.assert_allclose(b.forward_hidden(X), encoded(X, b.W, b.bh), rtol=1e-12)
    b.W = a.W
    x = pt.matrix(dtype="float64")
    graph = pytensor.function([x], b.forward_hidden(x), mode="FAST_COMPILE")
    for values in (a.W.get_value(), np.ones((D, M))):
        a.W.set_value(values)
        np.testing.assert_allclose(b.forward_hidden(X), encoded(X, a.W, b.bh), rtol=1e-12)
        np.testing.assert_allclose(graph(X), b.forward_hidden(X), rtol=1e-12)
    assert b.params[0] is b.forward_params[0] is a.W
    assert b.dparams[0] is b.forward_dparams[0] is b.dW


CHANGES = {
    "__setitem__": (0, "W"),
    "__delitem__": (slice(1),),
    "append": (1,),
    "extend": ([1],),
    "insert": (0, 1),
    "pop": (),
    "remove": (1,),
    "clear": (),
    "sort": (),
    "reverse": (),
    "__iadd__": ([1],),
    "__imul__": (2,),
}


@pytest.mark.parametrize(
    "make",
    [
        auto_encoder,
        lambda: auto_encoder(kind=RBM),
        lambda: auto_encoder(kind=eager.RBM),
        lambda: DNN([M], random_state=0).fit(X, np.arange(N) % 2, X, np.arange(N) % 2, False, epochs=0),
        lambda: DeepAutoEncoder([M], random_state=0).fit(X, False, epochs=0),
    ],
)
@pytest.mark.parametrize("name", ["params", "dparams", "forward_params"])
def test_a_change_of_a_list_of_parameters_is_refused_instead_of_lost(make, name):
    model = make()
    if not hasattr(model, name):
        return
    before = list(getattr(model, name))
    for change, arguments in CHANGES.items():
        with pytest.raises(AttributeError, match=r"set these, as in model\..*W = .*list\(model\.params\)"):
            getattr(getattr(model, name), change)(*arguments)
    assert all(p is q for p, q in zip(getattr(model, name), before, strict=True))
    params = getattr(model, name)
    for own in (
        params[:],
        [*params],
        params + before,
        params.copy(),
        copy.copy(params),
        copy.deepcopy(params),
    ):
        assert type(own) is list
    assert type(pickle.loads(pickle.dumps(params))) is list


@pytest.mark.parametrize("tie", [lambda a, b: None, lambda a, b: setattr(b, "W", a.W)])
@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_a_value_that_is_set_is_seen_by_arrays_graphs_files_and_training(backend, tie, tmp_path):
    a, b = auto_encoder(1), auto_encoder(2)
    tie(a, b)
    x = pt.matrix(dtype="float64")
    graph = pytensor.function([x], b.forward_hidden(x), mode="FAST_COMPILE")
    b.backend = backend
    b.forward_hidden(X)
    for set_value in (
        b.W.set_value,
        b.params[0].set_value,
        lambda W: b.load_state_dict(b.state_dict() | {"W": W}),
    ):
        values = np.random.default_rng(7).normal(size=(D, M))
        set_value(values)
        expected = expit(X @ values + b.bh.get_value())
        for got in (b.forward_hidden(X), b.hidden_op(X), graph(X)):
            np.testing.assert_allclose(got, expected, rtol=1e-12)
        b.save(tmp_path / "model")
        np.testing.assert_array_equal(AutoEncoder.load(tmp_path / "model").W.get_value(), values)


def test_values_of_another_shape_are_refused_where_they_are_set(tmp_path):
    model = auto_encoder()
    model.save(tmp_path / "model")
    for one in (
        model,
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
        AutoEncoder.load(tmp_path / "model"),
    ):
        before = one.W.get_value()
        for bad in (np.ones((D + 1, M)), np.ones((D, M - 1)), np.ones(M), 0.0, [[1.0]]):
            with pytest.raises(
                ValueError, match=r"W is set to values of shape .*, expected \(4, 3\): fit sets"
            ):
                one.W.set_value(bad)
        np.testing.assert_array_equal(one.W.get_value(), before)
        one.W.set_value([[1, 2, 3]] * D)
        np.testing.assert_array_equal(one.W.get_value(), [[1, 2, 3]] * D)


@pytest.mark.parametrize("kind", [AutoEncoder, RBM, eager.AutoEncoder, eager.RBM])
def test_a_parameter_that_fit_trains_is_set_by_its_values_alone(kind):
    model = kind(M, random_state=0, dtype="float64")
    refused, changed = [], []

    def replace(progress):
        values = np.zeros((D, M))
        for name in ("W", "dW"):
            with pytest.raises(
                RuntimeError, match=rf"{name} of {kind.__name__} is set while fit trains .*model\.{name}"
            ):
                setattr(model, name, shared(values, name) if hasattr(model.W, "set_value") else values)
            refused.append(name)
        if hasattr(model.W, "set_value"):
            model.W.set_value(values)
        else:
            model.W[...] = values
        changed.append(model.W)

    model.fit(X, learning_rate=1e-9, epochs=2, batch_sz=3, callbacks=[replace])
    assert refused == ["W", "dW"] * 2
    assert changed[0] is changed[1] is model.W
    np.testing.assert_allclose(model.forward_hidden(X), 0.5, atol=1e-8)
    model.W = shared(np.ones((D, M)), "W") if hasattr(model.W, "set_value") else np.ones((D, M))


class Drawn(AutoEncoder):
    def fit(self, X, epochs=1):
        super().fit(X, epochs=0)
        self.W = shared(np.ones((X.shape[1], self.M)), "W")


def test_a_layers_own_fit_sets_its_parameters_in_a_network_too():
    network = DBN([M], Drawn, random_state=0, dtype="float64").fit(X, 1)
    np.testing.assert_array_equal(network.hidden_layers[0].W.get_value(), np.ones((D, M)))


def test_two_networks_with_one_matrix_are_trained_together_and_stay_tied(tmp_path):
    Y = np.arange(N) % 2
    first, second = (
        DNN([M], random_state=seed, dtype="float64").fit(X, Y, X, Y, False, epochs=0) for seed in (0, 1)
    )
    second.hidden_layers[0].W = first.hidden_layers[0].W
    for network in (first, second):
        before = [n.logits(X) for n in (first, second)]
        network.fit(X, Y, X, Y, epochs=1, batch_sz=3, keep_layers=True)
        W = first.hidden_layers[0].W
        assert second.hidden_layers[0].W is W
        for n, old in zip((first, second), before, strict=True):
            layer = n.hidden_layers[0]
            expected = encoded(X, W, layer.bh) @ n.W.get_value() + n.b.get_value()
            np.testing.assert_allclose(n.logits(X), expected, rtol=1e-12)
            assert not np.allclose(old, expected)
    pair = [first, second]
    for one, other in (copy.deepcopy(pair), pickle.loads(pickle.dumps(pair)), [copy.copy(n) for n in pair]):
        assert one.hidden_layers[0].W is other.hidden_layers[0].W


@pytest.mark.parametrize("kind", [AutoEncoder, RBM])
def test_a_step_of_ones_own_moves_both_of_two_tied_layers(kind):
    a, b = auto_encoder(1, kind), auto_encoder(2, kind)
    b.W, W = a.W, a.W.get_value()
    a.forward_hidden(X), b.forward_hidden(X)
    x = pt.matrix(dtype="float64")
    cost = a.forward_hidden(x).sum()
    pytensor.function([x], [], updates=sgd_updates(cost, a.params[:1], 0.1), mode="FAST_COMPILE")(X)
    p = expit(X @ W + a.params[1].get_value())
    np.testing.assert_allclose(b.W.get_value(), W - 0.1 * X.T @ (p * (1 - p)), rtol=1e-12)
    for model in (a, b):
        np.testing.assert_allclose(model.forward_hidden(X), encoded(X, b.W, model.params[1]), rtol=1e-12)


def test_tied_layers_of_one_network_stay_tied_in_copies_and_files(tmp_path):
    network = DBN([D, D], random_state=0, dtype="float64").fit(X, 0)
    network.hidden_layers[1].W = network.hidden_layers[0].W
    network.save(tmp_path / "tied")
    for twin in (
        copy.copy(network),
        copy.deepcopy(network),
        pickle.loads(pickle.dumps(network)),
        DBN.load(tmp_path / "tied"),
    ):
        first, second = twin.hidden_layers
        assert first.W is second.W
        second.W.set_value(np.zeros((D, D)))
        np.testing.assert_allclose(first.forward_hidden(X), np.tile(expit(first.bh.get_value()), (N, 1)))


def test_two_layers_share_weights_in_fine_tuning_and_keep_them_in_a_file(tmp_path):
    dbn = DBN([D, D], random_state=0).fit(X, 0)
    first, second = dbn.hidden_layers
    second.W = first.W
    dbn.save(tmp_path / "tied")
    for layer in DBN.load(tmp_path / "tied").hidden_layers:
        np.testing.assert_array_equal(layer.W.get_value(), first.W.get_value())

    Y = np.arange(N) % 2
    dnn = DNN([D, D], random_state=0)
    dnn.hidden_layers = dbn.hidden_layers
    dnn.fit(X, Y, X, Y, epochs=0, keep_layers=True)
    W, head, bias = first.W.get_value(), dnn.W.get_value(), dnn.b.get_value()

    def cost(W):
        return -log_softmax(expit(expit(X @ W) @ W) @ head + bias, axis=1)[np.arange(N), Y].mean()

    dnn._step(2, 1 / N)(X, Y.astype("int32"), *map(np.asarray, (0.1, 0.0)))
    assert second.W is first.W
    step = 1e-6 * np.eye(D * D).reshape(-1, D, D)
    gradient = np.array([cost(W + e) - cost(W - e) for e in step]).reshape(D, D) / 2e-6
    np.testing.assert_allclose(first.W.get_value(), W - 0.1 * gradient, rtol=1e-7)


def test_tied_layers_of_a_deep_auto_encoder_are_trained_once():
    deep = DeepAutoEncoder([D, D], random_state=0).fit(X, False, epochs=0)
    deep.hidden_layers[1].W = deep.hidden_layers[0].W
    deep.fit(X, epochs=2, batch_sz=3, keep_layers=True, weight_decay=0.1)
    assert deep.params[0] is deep.params[2] is deep.hidden_layers[1].W
    assert np.isfinite(deep.params[0].get_value()).all()


def test_a_network_has_the_parameters_of_the_layers_that_it_holds():
    dnn = DNN([M], random_state=0).fit(X, np.arange(N) % 2, X, np.arange(N) % 2, False, epochs=0)
    dnn.forward(X)
    other = auto_encoder(7)
    dnn.hidden_layers[0] = other
    assert [p is q for p, q in zip(dnn.params, [dnn.W, dnn.b, other.W, other.bh], strict=True)] == [True] * 4
    np.testing.assert_allclose(
        dnn.logits(X), encoded(X, other.W, other.bh) @ dnn.W.get_value() + dnn.b.get_value(), rtol=1e-12
    )
    other.unit_interval = True
    with pytest.raises(ValueError, match=r"expects \[0, 1\]"):
        dnn.logits(X + 1)


class Cooled(AutoEncoder):
    temperature = 1.0
    factors = ()

    def hidden_logits(self, V):
        return super().hidden_logits(V) / self.temperature * np.prod(self.factors)


def test_what_a_subclass_computes_with_is_seen_when_it_is_assigned_anew():
    model = Cooled(M, random_state=0).fit(X, epochs=0)
    before = model.forward_hidden(X)
    model.temperature = 2.0
    np.testing.assert_allclose(model.forward_hidden(X), expit(X @ model.W.get_value() / 2), rtol=1e-12)
    model.temperature = 1.0
    np.testing.assert_array_equal(model.forward_hidden(X), before)
    model.factors = [3.0]
    model.forward_hidden(X)
    model.factors[0] = 5.0
    np.testing.assert_allclose(model.forward_hidden(X), expit(X @ model.W.get_value() * 5), rtol=1e-12)
    network = DBN([M], Cooled, random_state=0).fit(X, 0)
    network.forward(X)
    network.hidden_layers[0].temperature = 0.5
    np.testing.assert_allclose(
        network.forward(X), expit(X @ network.hidden_layers[0].W.get_value() * 2), rtol=1e-12
    )


def test_what_the_graph_does_not_depend_on_compiles_nothing_anew():
    rbm = auto_encoder(kind=RBM)
    rbm.sample_h_given_v(X)
    before = compiled(rbm, "sample_h_given_v")
    rbm.id, rbm.note, rbm.costs = "mine", {"a": 1}, [1.0]
    rbm.W.set_value(np.zeros((D, M)))
    rbm.rng = RandomStreams(np.random.RandomState(3))
    drawn = rbm.sample_h_given_v(X)
    assert compiled(rbm, "sample_h_given_v") is before
    uniform = np.random.RandomState(3).random_sample((N, M))
    np.testing.assert_array_equal(drawn, uniform < expit(rbm.c.get_value()))


class Student(AutoEncoder):
    teacher = None

    def hidden_logits(self, V):
        self.latest = super().hidden_logits(self.teacher.forward_hidden(V))
        return self.latest


def test_another_model_that_an_attribute_holds_is_seen_when_it_is_fitted_again():
    student = Student(M, random_state=0, dtype="float64")
    student.teacher = AutoEncoder(D, random_state=1, dtype="float64").fit(X, epochs=0)
    student.fit(X, epochs=0)
    for epochs in (0, 2):
        teacher = student.teacher.fit(X, epochs=epochs, batch_sz=2)
        expected = encoded(encoded(X, teacher.W, teacher.bh), student.W, student.bh)
        np.testing.assert_allclose(student.forward_hidden(X), expected, rtol=1e-12)
    function = student.array_function("forward_hidden")
    assert student.array_function("forward_hidden") is function  # what building sets is no change
    before = compiled(student)
    auto_encoder()
    student.forward_hidden(X)
    assert compiled(student) is before
    del student.teacher
    with pytest.raises(AttributeError, match="forward_hidden"):  # of None
        student.forward_hidden(X)


def test_another_model_that_a_closure_holds_is_seen_when_it_is_fitted_again():
    teacher = AutoEncoder(M, random_state=0, dtype="float64").fit(X, epochs=0)
    model, Y = LogitsFunction(lambda x: teacher.hidden_logits(x), "float64", D), np.arange(N) % M
    for epochs in (0, 2):
        W, bh = (p.get_value() for p in teacher.fit(X, epochs=epochs, batch_sz=2).forward_params)
        p = softmax(X @ W + bh, axis=1)
        np.testing.assert_allclose(model.forward(X), p, rtol=1e-12)
        np.testing.assert_allclose(input_gradient(model, X, Y), (p - np.eye(M)[Y]) @ W.T, atol=1e-12)


class Foreign:
    """A layer that knows nothing of the library."""

    M, id, costs, factor = D, None, (), 2.0

    def fit(self, X, epochs):
        self.forward_params, self.forward_dparams = [], []
        return self

    def forward_hidden(self, X):
        return X * self.factor

    def hidden_op(self, X):
        return np.asarray(X) * self.factor


def test_an_attribute_of_a_layer_of_another_kind_is_seen():
    network = DBN([D], lambda *arguments, **named: Foreign(), random_state=0).fit(X, 1)
    np.testing.assert_array_equal(network.forward(X), 2 * X)
    network.hidden_layers[0].factor = 3.0
    np.testing.assert_array_equal(network.forward(X), 3 * X)


def test_copies_share_nothing_and_stay_what_they_are():
    a = auto_encoder()
    a.forward_hidden(X)
    for b in (copy.deepcopy(a), pickle.loads(pickle.dumps(a))):
        a.W.set_value(np.zeros((D, M)))
        assert not np.allclose(b.forward_hidden(X), a.forward_hidden(X))
        assert b.params[0] is b.W is not a.W


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.ones((D, M)), r"W of AutoEncoder is set to .*ndarray.*expected a shared.*model\.W\.set_value"),
        (pt.matrix(dtype="float64"), "expected a shared variable"),
        (None, "expected a shared variable"),
        (shared(np.ones((D, M), "float32"), "W"), "float32.*expected dtype float64 and 2 dimensions"),
        (shared(np.ones(D), "W"), "expected dtype float64 and 2 dimensions"),
        (pytensor.shared(np.random.default_rng(0)), "expected dtype float64"),
    ],
)
def test_only_shared_variables_of_the_models_kind_are_parameters(value, message):
    model = auto_encoder()
    before = model.W
    for name in ("W", "dW"):
        with pytest.raises(TypeError, match=message.replace("W", name)):
            setattr(model, name, value)
    assert model.W is before


def test_a_weight_of_another_shape_is_refused_where_it_is_set():
    model, other = auto_encoder(), AutoEncoder(M, random_state=0, dtype="float64").fit(X[:, 1:], epochs=0)
    before = model.W
    with pytest.raises(ValueError, match=r"W of AutoEncoder is .* of shape \(3, 3\), expected \(4, 3\): fit"):
        model.W = other.W
    with pytest.raises(ValueError, match=r"dbo of AutoEncoder is .* of shape \(3,\), expected \(4,\)"):
        model.dbo = other.dbo
    assert model.W is before
    pca = PCA(2).fit(X)
    assert pca.fit(X[:, 1:]).forward(X[:, 1:]).shape == (N, 2)
    network = DNN([M], random_state=0)
    for K in (2, 3):
        network.fit(X, np.arange(N) % K, X, np.arange(N) % K, False, epochs=0)
        assert network.logits(X).shape == (N, K)


@pytest.mark.parametrize(
    "make",
    [
        lambda: AutoEncoder(M),
        lambda: RBM(M),
        lambda: PCA(),
        lambda: DBN([M]),
        lambda: DNN([M]),
        lambda: DeepAutoEncoder([M]),
        lambda: Ladder([M]),
        lambda: eager.AutoEncoder(M),
        lambda: eager.RBM(M),
        lambda: eager.PCA(),
        lambda: eager.DBN([M]),
        lambda: eager.DNN([M]),
    ],
)
def test_lists_of_parameters_are_read_only_and_there_after_a_fit(make):
    model = make()
    lists = ["params", "dparams", "forward_params", "forward_dparams"]
    lists = [name for name in lists if hasattr(type(model), name)]
    for name in lists:
        assert not hasattr(model, name)
        with pytest.raises(NotFittedError, match=f"{type(model).__name__} has no parameters yet: call fit"):
            getattr(model, name)
        with pytest.raises(AttributeError, match=r"computed from its attributes \(.*\): set these, as in"):
            setattr(model, name, [])


def test_a_machine_with_learned_variances_has_one_parameter_more():
    rbm = RBM(M, visible="gaussian", learn_variance=True, random_state=0).fit(X, epochs=0)
    assert [p.name for p in rbm.params] == ["W", "c", "b", "z"]
    assert [p.name for p in rbm.dparams] == ["dW", "dc", "db", "dz"]
    plain = RBM(M, visible="gaussian", random_state=0).fit(X, epochs=0)
    assert [p.name for p in plain.params] == ["W", "c", "b"]


@pytest.mark.parametrize(
    ("set_to", "error", "message"),
    [
        (np.ones((D, M), "float32"), TypeError, "dtype float32, expected .*float64"),
        ([[1.0] * M] * D, TypeError, "list.* of dtype None, expected .*ndarray"),
        (np.ones((D, M + 1)), ValueError, r"shape \(4, 4\), expected \(4, 3\): fit sets"),
    ],
)
def test_a_twins_parameter_of_another_kind_is_refused(set_to, error, message):
    twin = auto_encoder(kind=eager.AutoEncoder)
    before = twin.W
    for name in ("W", "dW"):
        with pytest.raises(error, match=f"{name} of AutoEncoder is set to .*{message}"):
            setattr(twin, name, set_to)
    assert twin.W is before


def test_a_twins_replaced_weight_is_in_its_lists_and_calls():
    network = eager.DNN([M], random_state=0).fit(X, np.arange(N) % 2, X, np.arange(N) % 2, False, epochs=0)
    layer, W = network.hidden_layers[0], np.full((D, M), 0.5)
    layer.W = W
    assert layer.params[0] is layer.forward_params[0] is network.params[2] is W
    np.testing.assert_allclose(network.logits(X), expit(X @ W) @ network.W + network.b, rtol=1e-12)
