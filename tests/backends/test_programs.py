"""Functions of equal graphs share compiled code, and the code keeps nothing of a model."""

import gc
import threading
import weakref

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.ops import wrap_py
from scipy.special import expit

from udl_pt import DBN, DNN, PCA, RBM, TSNE, AutoEncoder, DeepAutoEncoder, Ladder
from udl_pt.backends import BACKENDS, Function, shared
from udl_pt.backends import _programs as programs

X, Y = np.random.RandomState(0).rand(40, 6), np.arange(40) % 3
OPTIONS = {"batch_sz": 20, "epochs": 2}


@pytest.fixture(autouse=True)
def none_before():
    """Start without programs of other tests."""
    before, programs._programs[:] = programs._programs[:], []
    yield
    programs._programs[:] = before


def fit_layer(kind, M, D, backend, **options):
    layer = kind(M, random_state=M, rng=M)
    return layer.fit(X[:, :D], backend=backend, **OPTIONS, **options)


FITS = {
    "auto-encoder": lambda M, D, backend: fit_layer(AutoEncoder, M, D, backend),
    "machine": lambda M, D, backend: fit_layer(RBM, M, D, backend),
    "persistent": lambda M, D, backend: fit_layer(RBM, M, D, backend, persistent=True, k=2),
    "network": lambda M, D, backend: DNN([M], random_state=M).fit(
        X[:, :D], Y, X[:, :D], Y, backend=backend, pretrain_options={"batch_sz": 20}, **OPTIONS
    ),
}


@pytest.mark.parametrize(
    ("name", "backend"),
    [
        *((name, "jax") for name in FITS),
        ("persistent", "numba"),
        *(pytest.param(name, "numba", marks=pytest.mark.slow) for name in FITS if name != "persistent"),
        *(pytest.param(name, "c", marks=pytest.mark.slow) for name in FITS),
    ],
)
def test_a_fit_of_another_size_compiles_nothing_and_is_the_same_as_alone(name, backend, monkeypatch):
    FITS[name](3, 6, backend)
    compiled = []
    function = pytensor.function
    monkeypatch.setattr(pytensor, "function", lambda *a, **k: compiled.append(k) or function(*a, **k))
    after = FITS[name](2, 5, backend)
    assert compiled == []
    programs.clear_programs()
    alone = FITS[name](2, 5, backend)
    assert compiled
    for p, expected in zip(after.params, alone.params, strict=True):
        np.testing.assert_array_equal(p.get_value(), expected.get_value())
    assert after.costs == alone.costs


def test_jax_code_for_earlier_shapes_is_dropped_when_there_is_much(monkeypatch):
    monkeypatch.setattr(programs, "JAX_SHAPES", 3)
    programs.clear_programs()
    total = shared(np.zeros(()), "total")
    x = pt.dvector("x")
    sizes = []
    for n in range(1, 9):
        add = Function([x], x.sum(), [(total, total + x.sum())], backend="jax")
        assert add(np.ones(n)) == n
        (program,) = programs.kept_programs()
        sizes.append(program.function.vm.jit_fn._cache_size())
    assert sizes == [1, 2, 3, 4, 1, 2, 3, 4]
    assert total.get_value() == sum(range(1, 9))


def used_rbm(backend):
    rbm = FITS["persistent"](3, 6, backend)
    rbm.free_energy(X), rbm.sample_h_given_v(X)
    return rbm


def used_network(backend):
    network = FITS["network"](3, 6, backend)
    network.predict(X)
    return network


def used_pca(backend):
    pca = PCA(2).fit(X, backend=backend)
    pca.forward(X)
    return pca


def used_dbn(backend):
    options = {"pretrain_options": {"batch_sz": 20}, "backend": backend}
    dbn = DBN([4, 2], UnsupervisedModel=RBM, random_state=0).fit(X, **options)
    dbn.generate(2)
    return dbn


def used_deep_autoencoder(backend):
    deep = DeepAutoEncoder([4, 2], random_state=0).fit(X, pretrain=False, backend=backend, **OPTIONS)
    deep.forward(X)
    return deep


def used_ladder(backend):
    return Ladder([3], random_state=0).fit(X, Y, X, Y, backend=backend, **OPTIONS)


def used_tsne(backend):
    tsne = TSNE(1, perplexity=5.0, gradient="autodiff", max_iter=5, random_state=0)
    tsne.fit_transform(X, backend=backend)
    return tsne


USES = (used_rbm, used_network, used_pca, used_dbn, used_deep_autoencoder, used_ladder, used_tsne)


@pytest.mark.parametrize(
    ("used", "backend"),
    [
        *((used, "jax") for used in USES),
        (used_rbm, "numba"),
        pytest.param(used_network, "numba", marks=pytest.mark.slow),
        *(pytest.param(used, "c", marks=pytest.mark.slow) for used in (used_rbm, used_network)),
    ],
)
def test_nothing_of_a_model_outlives_it(used, backend):
    model = used(backend)
    parameters = [] if used is used_tsne else list(model.params)
    arrays = [p.get_value(borrow=True) for p in parameters] or [model.embedding_]
    dead = [weakref.ref(x) for x in [model, *parameters, *arrays]]
    del model, parameters, arrays
    gc.collect()
    assert [ref() for ref in dead] == [None] * len(dead)


@pytest.mark.parametrize("backend", BACKENDS)
def test_threads_that_call_at_once_compute_as_alone(backend):
    models = [AutoEncoder.createFromArrays(i + X[:6, :3], X[6, :3], X[7]) for i in range(4)]
    for model in models:
        model.backend = backend
    got, start = {}, threading.Barrier(len(models))

    def use(i):
        start.wait()
        got[i] = [models[i].forward_hidden(X) for _ in range(20)]

    threads = [threading.Thread(target=use, args=(i,)) for i in range(len(models))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(programs._programs) == 1
    for i, model in enumerate(models):
        expected = expit(X @ model.W.get_value() + model.bh.get_value())
        for result in got[i]:
            np.testing.assert_allclose(result, expected, rtol=1e-12)


x = pt.dvector("x")
a, b = shared(np.ones(2), "a"), shared(np.full(2, 2.0), "b")
PAIRS = {
    "another constant": (([x], 2 * x), ([x], 3 * x)),
    "another operation": (([x], x + x), ([x], x * x)),
    "another input": (([x, z := pt.dvector("z")], x - z), ([z, x], x - z)),
    "another update": (([x], x, [(a, a + x)]), ([x], x, [(a, a - x)])),
    "no update": (([x], a + x, [(a, a + x)]), ([x], a + x)),
    "another variable updated": (([x], a + b, [(a, x)]), ([x], a + b, [(b, x)])),
    "one variable for two": (([x], a + b + x), ([x], a + a + x)),
    "two outputs": (([x], [x, 2 * x]), ([x], [2 * x, x])),
}


@pytest.mark.parametrize("name", PAIRS)
def test_graphs_that_compute_other_things_share_nothing(name):
    results = []
    for one in (PAIRS[name], PAIRS[name][::-1]):
        programs.clear_programs()
        for inputs, outputs, *updates in one:
            a.set_value(np.ones(2))
            b.set_value(np.full(2, 2.0))
            f = Function(inputs, outputs, *updates, compiled=False)
            result = f(*(np.array([1.0, 5.0]) * (i + 1) for i in range(len(inputs))))
            results.append(np.concatenate([*np.atleast_2d(result), a.get_value(), b.get_value()]))
    first, second, second_again, first_again = results
    np.testing.assert_array_equal(first, first_again)
    np.testing.assert_array_equal(second, second_again)
    assert not np.array_equal(first, second)


def computed(graph, *arguments, **options):
    f = Function([x], graph, compiled=False, **options)
    return f(*arguments or [np.ones(2)])


def test_an_array_in_a_graph_may_change_before_the_next_function():
    A = np.eye(2)
    np.testing.assert_array_equal(computed(x.dot(A)), [1, 1])
    A[:] = 10
    np.testing.assert_array_equal(computed(x.dot(A)), [20, 20])


def test_an_array_in_a_loop_may_change_before_the_next_function():
    A, values = np.array([1.0, 2.0]), pt.dmatrix("values")

    def looped():
        graph = pytensor.scan(lambda v: v * A, sequences=[values], return_updates=False)
        return Function([values], graph, compiled=False)(np.ones((1, 2)))

    np.testing.assert_array_equal(looped(), [[1, 2]])
    A[:] = [2, 1]
    np.testing.assert_array_equal(looped(), [[2, 1]])


def test_another_copy_computes_as_the_first():
    T = np.array([[1.0, 2.0], [3.0, 4.0]])
    f = Function([z := pt.dmatrix("z")], z.dot(T), compiled=False)
    np.testing.assert_array_equal(f(np.eye(2)), [[1, 2], [3, 4]])
    T[:] = 0
    assert f._program.take() is not None  # as if another thread used it
    np.testing.assert_array_equal(f(np.eye(2)), [[1, 2], [3, 4]])


def test_zero_and_minus_zero_are_different_constants():
    results = [computed(pt.true_div(x, zero)) for zero in (0.0, -0.0, np.zeros(2), -np.zeros(2))]
    np.testing.assert_array_equal(results, [[np.inf] * 2, [-np.inf] * 2] * 2)


def test_a_penalty_whose_array_changes_is_compiled_anew():
    T = np.zeros((4, 4))

    def fit():
        ae = AutoEncoder(2, random_state=0)
        ae.fit(
            X[:, :4], batch_sz=20, learning_rate=0.01, backend="jax",
            penalty=lambda model, X: ((model.W.dot(model.W.T) - T) ** 2).sum(),
        )  # fmt: skip
        return ae.W.get_value()

    first, again = fit(), fit()
    np.testing.assert_array_equal(again, first)
    T[:] = 3 * np.eye(4)
    changed = fit()
    programs.clear_programs()
    np.testing.assert_array_equal(changed, fit())
    assert not np.array_equal(changed, first)


def test_default_updates_of_shared_variables_happen():
    n = shared(np.array(0.0), "n")
    n._default_update = n + 1
    f = Function([], n * 2, compiled=False)
    assert [float(f()) for _ in range(3)] == [0, 2, 4]


def test_other_settings_of_pytensor_compile_anew():
    with pytensor.config.change_flags(floatX="float32"):
        computed(2 * x)
    computed(2 * x)
    assert len(programs._programs) == 2


def test_a_failed_call_leaves_the_program_and_the_variables_as_they_were():
    W = shared(np.ones((2, 3)), "W")
    x = pt.dmatrix("x")
    f = Function([x], x.dot(W).sum(), [(W, W + x.sum())], backend="c")
    assert f(np.ones((1, 2))) == 6
    with pytest.raises(ValueError, match=r"[Ss]hape"):
        f(np.ones((1, 5)))
    np.testing.assert_array_equal(W.get_value(), np.full((2, 3), 3.0))
    assert f(np.ones((1, 2))) == 18


def test_what_may_be_large_or_is_one_models_own_is_not_kept():
    rng = pytensor.shared(np.random.default_rng(0))
    large = np.ones(2**17 + 1)

    @wrap_py(itypes=[pt.dvector], otypes=[pt.dvector])
    def doubled(values):
        return 2 * values

    computed(doubled(x))
    for outputs in (
        pt.random.normal(size=(2,), rng=rng, return_next_rng=True)[1],
        (pt.as_tensor(large) * x[0]).sum(),
    ):
        Function([x], outputs, compiled=False)(np.ones(2))
    assert programs._programs == []


def test_the_program_that_was_looked_up_longest_ago_goes_first(monkeypatch):
    monkeypatch.setattr(programs, "KEPT", 2)
    kept = []
    for factor in (2, 3, 2, 4):
        Function([x], factor * x, compiled=False)(np.ones(2))
        kept.append(list(programs._programs))
    assert kept[2] == kept[1][::-1]
    assert kept[3][0] is kept[2][1]
    assert len(kept[3]) == 2
