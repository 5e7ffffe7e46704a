"""theano.function: default values, state, outputs by name, and values by name. Numbers are Theano 1.0.5's."""

import pickle
from collections import OrderedDict

import numpy as np
import pytensor
import pytest
from pytensor.link.vm import VMLinker

# as udl_pt.theano.install does; pytest has filters of its own
pytestmark = pytest.mark.filterwarnings("ignore:Setting default_update is deprecated:DeprecationWarning")


@pytest.fixture(autouse=True)
def _quick(theano, monkeypatch):
    monkeypatch.setenv("UDL_PT_BACKEND", "c")
    with theano.change_flags(mode="FAST_COMPILE"):
        yield


@pytest.fixture
def T(theano):
    return theano.tensor


def test_a_dict_of_outputs_returns_a_dict(theano, T):
    x = T.dvector("x")
    f = theano.function([x], {"total": x.sum(), "double": 2 * x})
    found = f([1.0, 2.0])
    assert sorted(found) == ["double", "total"]
    assert found["total"] == 3
    np.testing.assert_array_equal(found["double"], [2, 4])
    assert list(f([1.0], output_subset=["total"])) == ["total"]


def test_keys_of_outputs_must_be_texts(theano, T):
    x = T.dscalar("x")
    with pytest.raises(AssertionError, match=r"must be strings, got \[1\]"):
        theano.function([x], {1: x})


def test_default_values_are_taken_where_a_call_passes_none(theano, T):
    x, y, z = T.dscalars("x", "y", "z") if hasattr(T, "dscalars") else (T.dscalar(n) for n in "xyz")
    f = theano.function([x, theano.In(y, value=2.0), theano.In(z, value=10.0, name="other")], x + y + z)
    assert f(1.0) == 13
    assert f(1.0, 3.0) == 14
    assert f(1.0, other=0.0) == 3
    assert f(1.0, y=5.0) == 16
    assert f[y] == 2
    f[y] = 4.0
    assert f(1.0) == 15
    with pytest.raises(TypeError, match="Missing required input: x"):
        f()
    with pytest.raises(TypeError, match="got 4 arguments, and the function has 3 inputs"):
        f(1.0, 2.0, 3.0, 4.0)


def test_a_pair_and_param_set_default_values_too(theano, T):
    x, y = T.dscalar("x"), T.dscalar("y")
    assert theano.function([x, (y, 2.0)], x * y)(3.0) == 6
    with pytest.warns(UserWarning, match="The Param class is deprecated"):
        old = theano.Param(y, default=4.0)
    assert theano.function([x, old], x * y)(3.0) == 12


def test_an_input_with_an_update_is_a_state_of_the_function(theano, T):
    x, total = T.dscalar("x"), T.dscalar("total")
    f = theano.function([x, theano.In(total, value=0.0, update=total + x)], 2 * total)
    assert [float(f(v)) for v in (1.0, 2.0, 3.0)] == [0, 2, 6]
    assert f[total] == f["total"] == 6
    f[total] = 100.0
    assert f(1.0) == 200
    assert f(1.0, total=5.0) == 10
    assert f[total] == 6


def test_shared_variables_are_found_by_variable_and_by_name(theano, T):
    W = theano.shared(np.arange(3.0), "W")
    x = T.dscalar("x")
    f = theano.function([x], (x * W).sum(), updates=[(W, W + x)])
    assert W in f
    assert "W" in f
    assert "V" not in f
    assert f(2.0) == 6
    np.testing.assert_array_equal(f[W], [2, 3, 4])
    f["W"] = np.ones(2)
    np.testing.assert_array_equal(W.get_value(), [1, 1])
    assert f.value[W].tolist() == [1, 1]


@pytest.mark.parametrize("kind", [dict, OrderedDict, list, lambda pairs: [list(p) for p in pairs]])
def test_updates_and_givens_are_dicts_or_lists_of_pairs(theano, T, kind):
    a, x, y = theano.shared(1.0, "a"), T.dscalar("x"), T.dscalar("y")
    f = theano.function([y], x + a, updates=kind([(a, 2 * a)]), givens=kind([(x, y * y)]))
    assert f(3.0) == 10
    assert f(3.0) == 11


def test_inputs_that_are_no_list_raise_theanos_error(theano, T):
    x = T.dscalar("x")
    with pytest.raises(Exception, match="should be contained in a list"):
        theano.function(x, x)
    with pytest.raises(TypeError, match="Unknown parameter type"):
        theano.function([1.0], x)


def test_a_function_and_its_shared_variables_are_pickled(theano, T):
    W, x, n = theano.shared(np.ones(2), "W"), T.dscalar("x"), T.lscalar("n")
    f = theano.function([x, theano.In(n, value=0, update=n + 1)], (x * W).sum(), updates=[(W, 2 * W)])
    f(1.0)
    g = pickle.loads(pickle.dumps(f))
    assert g(1.0) == 4
    assert g["n"] == 2
    assert f(1.0) == 4  # the original's are its own


def test_copy_swaps_shared_variables(theano, T):
    a, b = theano.shared(1.0, "a"), theano.shared(10.0, "b")
    f = theano.function([], 2 * a)
    assert f.copy(swap={a: b})() == [20]  # a list, as in Theano
    assert f() == 2


def test_names_and_graphs_of_pytensors_function_are_there(theano, T):
    x = T.dscalar("x")
    f = theano.function([x], x + 1, name="plus")
    assert f.name == "plus"
    assert [v.name for v in f.maker.fgraph.inputs] == ["x"]
    f.trust_input = True
    assert f._fn.trust_input
    assert f.fn is f._fn.vm
    with pytest.raises(AttributeError):
        f.nothing  # noqa: B018


def test_no_default_updates_leaves_these_variables_as_they_are(theano, T):
    a, b = theano.shared(0.0, "a"), theano.shared(0.0, "b")
    a.default_update, b.default_update = a + 1, b + 1
    theano.function([], a + b)()
    assert (a.get_value(), b.get_value()) == (1, 1)
    theano.function([], a + b, no_default_updates=[a])()
    assert (a.get_value(), b.get_value()) == (1, 2)
    theano.function([], a + b, no_default_updates=True)()
    assert (a.get_value(), b.get_value()) == (1, 2)


@pytest.mark.parametrize("backend", ["numba", "c", "jax"])
def test_results_are_numpys_arrays_on_every_backend(theano, T, backend):
    import udl_pt

    udl_pt.set_backend(backend)
    try:
        W, x = theano.shared(np.ones((2, 2)), "W"), T.dmatrix("x")
        f = theano.function([x], [T.dot(x, W), x.sum()], updates=[(W, 2 * W)], mode="FAST_RUN")
        for factor in (1, 2):
            product, total = f([[1.0, 2.0]])
            assert type(product) is type(total) is np.ndarray
            np.testing.assert_array_equal(product, factor * np.array([[3, 3]]))
        W.get_value(borrow=True)[0, 0] = 5  # writable
        assert type(W.get_value(borrow=True)) is np.ndarray
    finally:
        udl_pt.set_backend(None)


def test_importing_theano_leaves_pytensor_as_it_was(theano):
    assert pytensor.config.mode == "Mode"
    assert pytensor.config.floatX == "float64"


def steps(theano, T, n):
    """Return the states after n steps of a small network, and its function."""
    x, W = T.dmatrix("x"), theano.shared(np.linspace(-1, 1, 6).reshape(3, 2), "W")
    cost = T.mean(T.tanh(T.dot(x, W)) ** 2)
    f = theano.function([x], cost, updates=[(W, W - 0.5 * T.grad(cost, W))], mode="FAST_RUN")
    X = np.arange(12.0).reshape(4, 3) / 6
    return [float(f(X)) for _ in range(n)], W.get_value(), f


@pytest.mark.parametrize("backend", ["numba", "c"])
def test_quick_code_is_replaced_by_fast_code_that_goes_on(theano, T, backend, monkeypatch):
    import udl_pt
    from udl_pt.theano import _code

    udl_pt.set_backend(backend)
    try:
        quick, W, f = steps(theano, T, 6)
        assert f._code._is_quick
        monkeypatch.setattr(_code, "PATIENCE", 0.0)
        fast, V, g = steps(theano, T, 6)
        assert not g._code._is_quick
        np.testing.assert_allclose(quick, fast, rtol=1e-12)
        np.testing.assert_allclose(W, V, rtol=1e-12)
        f.trust_input = True
        f(np.ones((1, 3)))  # replaces its code, which keeps the attribute
        assert not f._code._is_quick
        assert f._fn.trust_input
    finally:
        udl_pt.set_backend(None)


def test_loops_and_modes_of_a_name_start_with_their_own_code(theano, T):
    x = T.dvector("x")
    total = theano.scan(lambda a, b: a + b, sequences=x, outputs_info=T.constant(np.float64(0)))[0]
    assert not theano.function([x], total, mode="FAST_RUN")._code._is_quick
    assert not theano.function([x], x, mode="CVM")._code._is_quick
    assert not theano.function([x], x, mode="FAST_COMPILE")._code._is_quick


def test_an_operation_without_python_code_gets_fast_code(theano, T):
    class OnlyC(theano.Op):
        __props__ = ()

        def make_node(self, x):
            return theano.Apply(self, [T.as_tensor_variable(x)], [T.dscalar()])

        def c_code(self, node, name, inputs, outputs, sub):
            return f"""
                Py_XDECREF({outputs[0]});
                npy_intp dims[1] = {{0}};
                {outputs[0]} = (PyArrayObject*) PyArray_ZEROS(0, dims, NPY_DOUBLE, 0);
                *(double*) PyArray_DATA({outputs[0]}) = 2 * *(double*) PyArray_DATA({inputs[0]});
            """

    import udl_pt

    udl_pt.set_backend("c")
    try:
        x = T.dscalar("x")
        assert theano.function([x], OnlyC()(x) + 1, mode="FAST_RUN")(4.0) == 9
    finally:
        udl_pt.set_backend(None)


@pytest.mark.parametrize("backend", ["numba", "c"])
def test_an_equal_graph_of_other_shared_variables_is_compiled_once(theano, T, backend, monkeypatch):
    import udl_pt
    from udl_pt.theano import _code, _reuse

    monkeypatch.setattr(_code, "PATIENCE", 0.0)
    monkeypatch.setattr(_reuse, "_kept", [])
    compiled = []
    function = pytensor.function
    monkeypatch.setattr(pytensor, "function", lambda *a, **k: compiled.append(k) or function(*a, **k))

    def model(n, factor):
        W, X = theano.shared(np.full(n, 1.0), "W"), theano.shared(np.arange(2.0 * n).reshape(2, n), "X")
        i, x = T.lscalar("i"), T.dvector("x")
        cost = factor * T.sum(W * x)
        f = theano.function([i], cost, updates=[(W, W + x)], givens={x: X[i]}, name=f"f{n}")
        return f, W

    udl_pt.set_backend(backend)
    try:
        with theano.change_flags(mode="Mode"):
            f, W = model(3, 2.0)
            assert (f(1), f(0)) == (24, 2 * (0 + 5 + 12))
            n = len(compiled)
            g, V = model(2, 2.0)
            assert (g(1), g(0)) == (10, 8)
            assert len(compiled) == n
            assert V.get_value().tolist() == [3, 5]
            assert W.get_value().tolist() == [4, 6, 8]  # the first one's are its own
            assert g["W"].tolist() == [3, 5]
            h, _ = model(2, 3.0)
            assert h(1) == 15
            assert len(compiled) == n + 2  # quick and fast code
    finally:
        udl_pt.set_backend(None)


def test_an_expression_among_the_inputs_hides_what_it_is_made_of(theano, T):
    for factor in (1.0, 2.0):
        W, v, x = theano.shared(np.full((2, 3), factor)), theano.shared(np.ones(3)), T.dmatrix()
        hidden = T.nnet.sigmoid(T.dot(x, W))
        known = T.grad(T.dot(hidden, v).sum(), hidden)
        slope = theano.function([x, known], T.grad(None, W, known_grads={hidden: known}), mode="FAST_RUN")
        rows = slope(np.ones((4, 2)), np.arange(12.0).reshape(4, 3))
        expected = {1.0: [1.88988454, 2.30985888, 2.72983322], 2.0: [0.31792871, 0.38857954, 0.45923036]}
        np.testing.assert_allclose(rows, [expected[factor]] * 2, rtol=1e-8)  # made with Theano
        assert theano.function([hidden], T.dot(hidden, v), mode="FAST_RUN")([[1, 2, 3]]) == 6


def test_equal_graphs_of_other_names_keep_their_names(theano, T):
    def doubled(name):
        x, W = T.dscalar(name), theano.shared(2.0, "W")
        return theano.function([x], x * W, mode="FAST_RUN")

    assert doubled("x")(x=3.0) == 6
    assert doubled("y")(y=3.0) == 6


def test_an_op_with_a_state_of_its_own_is_not_shared(theano, T):
    class Noise(theano.Op):
        __props__ = ("seed",)

        def __init__(self, seed):
            self.seed, self.rng = seed, np.random.RandomState(seed)

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = inputs[0] + self.rng.rand()

    x = T.dvector("x")
    first, second = (theano.function([x], Noise(3)(x), mode="FAST_RUN")([0.0]) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_what_a_script_changes_after_compiling_does_not_reach_fast_code(theano, T):
    x, W = T.dvector("x"), theano.shared(0.0, "W")
    outputs = [x + 1.5 + W]
    f = theano.function([x], outputs, mode="FAST_RUN")
    f([1.0])
    outputs.append(2 * x)
    W.default_update = W + 1
    f._code.make_fast()
    assert [f([1.0])[0].tolist() for _ in range(2)] == [[2.5], [2.5]]
    assert W.get_value() == 0


def test_default_updates_go_on_in_fast_code(theano, T):
    n = theano.shared(0, "n")
    n.default_update = n + 1
    f = theano.function([], n, mode="FAST_RUN")
    f()
    n.default_update = n + 100
    f._code.make_fast()
    assert [int(f()) for _ in range(2)] == [1, 2]


def test_a_copy_has_states_of_its_own(theano, T):
    x, s = T.dscalar("x"), T.dscalar("s")
    f = theano.function([x, theano.In(s, value=1.0, update=s + x)], s, mode="FAST_RUN")
    f(5.0)
    g = f.copy()
    assert (g[s], f[s]) == (1, 6)
    assert [float(g(2.0)[0]), float(f(0.0)), float(g(0.0)[0])] == [1, 6, 3]
    again = pickle.loads(pickle.dumps(g))
    assert again(0.0) == [3]
    c, d = theano.shared(1.0, "c"), theano.shared(10.0, "d")
    h = theano.function([x, theano.In(s, value=c, update=s + x)], 1 * s, mode="FAST_RUN").copy(swap={c: d})
    assert h(1.0, s=50.0) == [50]
    assert (h[s], d.get_value(), c.get_value()) == (51, 51, 1)


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_numbers_out_of_range_are_cast_as_c_casts_them(theano, T, mode):
    x = T.dvector("x")
    f = theano.function([x], T.cast(x, "uint8"), mode=mode)
    assert f([300.0, 255.9]).tolist() == [44, 255]


def test_calls_on_c_leave_the_compile_lock_to_other_threads(theano, T):
    import threading

    from udl_pt.backends._locks import compile_lock

    free = []

    def look():
        free.append(compile_lock.lock.acquire(blocking=False))
        compile_lock.lock.release()

    @theano.compile.ops.wrap_py(itypes=[T.dscalar], otypes=[T.dscalar])
    def watched(x):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        return x

    x = T.dscalar("x")
    theano.function([x], watched(x), mode="FAST_RUN")(1.0)
    assert free == [True]


def test_a_function_inside_an_operation_is_compiled_on_the_scripts_backend(theano, T):
    x = T.dvector("x")
    op = theano.OpFromGraph([x], [3 * x])
    f = theano.function([x], op(x), mode=pytensor.compile.Mode("py"))
    assert f([1.0, 2.0]).tolist() == [3, 6]
    assert isinstance(op.fn.maker.linker, VMLinker)


def test_an_equal_function_has_its_own_name_and_inputs(theano, T):
    x, y = T.dvector("x"), T.dvector("x")
    f = theano.function([x], 11 * x, mode="FAST_RUN", name="f")
    g = theano.function([y], 11 * y, mode="FAST_RUN", name="g")
    assert (f.name, g.name) == ("f", "g")
    assert x in f
    assert y in g


def test_nothing_of_a_script_is_kept_alive(theano, T, monkeypatch):
    import gc
    import weakref

    from udl_pt.theano import _reuse

    monkeypatch.setattr(_reuse, "_kept", [])
    W = theano.shared(np.ones(3), "W")
    f = theano.function([], 2 * W, mode="FAST_RUN")
    f()
    dead = weakref.ref(W.get_value(borrow=True))
    del W, f
    gc.collect()
    assert dead() is None


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_inputs_that_are_wrong_are_refused_in_every_mode(theano, T, mode):
    x, y = T.dscalar("x"), T.dscalar("y")
    with pytest.raises(theano.compile.UnusedInputError):
        theano.function([x, x], 3 * x, mode=mode)
    with pytest.raises(TypeError, match="shared variable"):
        theano.function([x, theano.shared(1.0)], 3 * x, mode=mode)
    with pytest.raises(RuntimeError):
        theano.function([x, y], 3 * x, givens={x: y}, mode=mode, on_unused_input="ignore")


def test_functions_of_the_usual_mode_are_printed(theano, T):
    x, W = T.dvector("x"), theano.shared(np.ones(2), "W")
    f = theano.function([x], x * W, mode="FAST_RUN")
    for printed in (f, f.copy()):
        assert "W [id" in theano.printing.debugprint(printed, file="str")
