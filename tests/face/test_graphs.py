"""Loops, graphs, gradients and test values under Theano's names. Numbers are Theano 1.0.5's."""

import importlib
from collections import OrderedDict

import numpy as np
import pytensor
import pytest

# as udl_pt.theano.install does; pytest has filters of its own
pytestmark = pytest.mark.filterwarnings("ignore:Setting default_update is deprecated:DeprecationWarning")


@pytest.fixture(autouse=True)
def _quick(theano):
    with theano.change_flags(mode="FAST_COMPILE"):
        yield


@pytest.fixture
def T(theano):
    return theano.tensor


def value(theano, expression, **options):
    return theano.function([], expression, **options)()


def test_loops_return_updates_that_add(theano, T):
    n = theano.shared(0, "n")
    outputs, updates = theano.scan(lambda x: (x * x, {n: n + 1}), sequences=T.arange(4.0))
    assert isinstance(updates, theano.OrderedUpdates)
    m = theano.shared(1.0, "m")
    both = updates + {m: 2 * m}
    assert list(both) == [n, m]
    np.testing.assert_array_equal(value(theano, outputs, updates=both), [0, 1, 4, 9])
    assert (n.get_value(), m.get_value()) == (4, 2)


def test_map_reduce_and_folds(theano, T):
    x = T.as_tensor_variable(np.array([1.0, 2.0, 4.0]))
    start = T.constant(np.float64(10))
    assert value(theano, theano.map(lambda a: 3 * a, [x])[0]).tolist() == [3, 6, 12]
    assert value(theano, theano.reduce(lambda a, b: a + b, [x], start)[0]) == 17
    assert value(theano, theano.foldl(lambda a, b: b - a, [x], start)[0]) == 3
    assert value(theano, theano.foldl(lambda a, b: b / a, [x], start)[0]) == 1.25
    assert value(theano, theano.foldr(lambda a, b: 2 * b - a, [x], start)[0]) == 8 * 10 - 16 - 4 - 1 + 0


def test_until_ends_a_loop(theano, T):
    until = importlib.import_module("theano").scan_module.until
    x, _ = theano.scan(lambda x: (2 * x, until(x > 20)), outputs_info=T.constant(np.float64(1)), n_steps=100)
    assert value(theano, x).tolist() == [2, 4, 8, 16, 32, 64]


def test_the_condition_of_a_loop_draws_on_at_each_call(theano, T):
    streams = importlib.import_module("theano.tensor.shared_randomstreams").RandomStreams(3)
    until = importlib.import_module("theano").scan_module.until
    x, updates = theano.scan(
        lambda x: (x + 1, until(streams.uniform() > 0.8)), outputs_info=T.constant(np.float64(0)), n_steps=20
    )
    f, g = theano.function([], x), theano.function([], x, updates=updates)
    assert [len(f()) for _ in range(4)] == [3, 2, 1, 6]
    assert [len(g()) for _ in range(4)] == [5, 3, 2, 1]


def test_ordered_updates_refuse_other_keys_and_collisions(theano, T):
    a = theano.shared(1.0, "a")
    updates = theano.OrderedUpdates([(a, a + 1)])
    with pytest.raises(TypeError, match="must inherit from SharedVariable, got 'b'"):
        updates["b"] = a
    with pytest.raises(KeyError, match="Collision"):
        updates.update({a: a + 2})
    updates.update(OrderedDict([(a, updates[a])]))
    assert list(OrderedDict() + theano.OrderedUpdates() + updates) == [a]


def test_clone_replaces_variables(theano, T):
    x, y = T.dscalar("x"), T.dscalar("y")
    doubled = theano.clone(x + y, replace={y: 2 * x})
    assert theano.function([x], doubled)(3.0) == 9


def test_graphs_are_walked_under_theanos_names(theano, T):
    graph = theano.gof.graph
    x, y = T.dscalar("x"), T.dscalar("y")
    z = T.exp(x + y) + 1.0
    assert graph.inputs([z])[:2] == [x, y] or set(graph.inputs([z])) >= {x, y}
    assert {x, y, z} <= set(graph.variables([x, y], [z]))
    assert len(graph.ops([x, y], [z])) == len(graph.list_of_nodes([x, y], [z])) == 3
    assert [v.data for v in graph.orphans([x, y], [z])] == [1.0]
    assert graph.is_in_ancestors(z.owner, (x + y).owner) is False
    assert graph.is_in_ancestors(z.owner, z.owner.inputs[0].owner)
    assert graph.view_roots(x.dimshuffle("x")) == [x]


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "CVM", "NUMBA"])
def test_an_op_of_theanos_time_is_computed_and_differentiated(theano, T, mode):
    class Cube(theano.Op):
        __props__ = ()

        def make_node(self, x):
            x = T.as_tensor_variable(x)
            return theano.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = inputs[0] ** 3

        def infer_shape(self, node, shapes):
            return shapes

        def grad(self, inputs, gradients):
            return [3 * inputs[0] ** 2 * gradients[0]]

    x = T.dvector("x")
    f = theano.function([x], [Cube()(x), theano.grad(Cube()(x).sum(), x)], mode=mode)
    cube, gradient = f([1.0, 2.0])
    assert cube.tolist() == [1, 8]
    assert gradient.tolist() == [3, 12]


def test_eval_compiles_as_theanos_function_does(theano, T):
    x = T.dscalar("x")
    assert (x + 1).eval({x: 2.0}) == 3
    assert (T.constant(2.0) * 3).eval() == 6


def test_constants_of_gradients(theano, T):
    x = T.dscalar("x")
    gradient = theano.gradient
    for constant in (gradient.disconnected_grad, gradient.consider_constant, gradient.zero_grad):
        assert theano.function([x], theano.grad(x * constant(x), x))(3.0) == 3
    assert theano.function([x], T.grad(x * x, x, consider_constant=[x * 1]))(3.0) == 6
    clipped = gradient.grad_clip(x, -1, 1)
    assert theano.function([x], theano.grad(clipped**2, x))(3.0) == 1


def test_rop_and_lop_are_products_with_the_jacobian(theano, T):
    W, x, v = T.dmatrix("W"), T.dvector("x"), T.dmatrix("v")
    y = T.dot(x, W)
    f = theano.function([W, v, x], theano.Rop(y, W, v))
    np.testing.assert_array_equal(f([[1, 1], [1, 1]], [[2, 2], [2, 2]], [0, 1]), [2, 2])
    u = T.dvector("u")
    g = theano.function([u, x], theano.Lop(y, W, u))
    np.testing.assert_array_equal(g([2, 2], [0, 1]), [[0, 0], [2, 2]])


def test_values_of_new_variables_are_computed_from_test_values(theano, T):
    x = T.dmatrix("x")
    with theano.change_flags(compute_test_value="raise"):
        with pytest.raises(ValueError, match=r"Cannot compute test value of .*x has no test value"):
            x + 1
        x.tag.test_value = np.ones((2, 3))
        assert (2 * x.sum()).tag.test_value == 12
        with pytest.raises(ValueError, match=r"mismatch|[Ss]hape"):
            T.dot(x, x)
        total, _ = theano.scan(
            lambda a, b: a.sum() + b, sequences=2 * x, outputs_info=T.constant(np.float64(0))
        )
        np.testing.assert_array_equal((total + 1).tag.test_value, [7, 13])
        assert theano.gof.op.get_test_value(x + 1).sum() == 12
    assert not hasattr((x + 1).tag, "test_value")


def test_missing_test_values_can_be_a_warning_or_nothing(theano, T):
    x = T.dscalar("x")
    with theano.change_flags(compute_test_value="warn"), pytest.warns(UserWarning, match="has no test value"):
        x + 1
    with theano.change_flags(compute_test_value="ignore"):
        assert not hasattr((x + 1).tag, "test_value")


def test_test_values_can_be_read_and_checked(theano, T):
    op, x, y = theano.gof.op, T.dvector("x"), T.dvector()
    x.tag.test_value = np.ones(2)
    assert list(op.get_debug_values(x)) == []
    with theano.change_flags(compute_test_value="warn"):
        (value,) = op.get_debug_values(x)
        assert value.tolist() == [1, 1]
        assert [len(pair) for pair in op.get_debug_values(x, x)] == [2]
        with pytest.warns(UserWarning, match="Argument 1 has no test value"):
            assert list(op.get_debug_values(x, y)) == []
        with pytest.warns(UserWarning, match="debug_assert failed"):
            op.debug_assert(False)
    with theano.change_flags(compute_test_value="raise"):
        with pytest.raises(AttributeError, match="Argument 0 has no test value"):
            op.get_debug_values(y)
        with pytest.raises(AssertionError, match="negative"):
            op.debug_assert(False, "negative")
        with pytest.raises(ValueError, match="negative"):
            op.debug_error_message("negative")
        op.debug_assert(True)


def test_a_rewrite_removes_an_operation(theano, T):
    class Same(theano.Op):
        __props__ = ()

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, outputs):
            raise NotImplementedError

    x = T.dscalar()
    graph = theano.gof.FunctionGraph([x], [Same()(x) + 1], clone=False)
    theano.gof.TopoOptimizer(theano.gof.OpRemove(Same())).rewrite(graph)
    assert [type(node.op) for node in graph.toposort()] == [T.Elemwise]


def test_the_compile_lock_is_taken_and_released(theano):
    lock = theano.gof.compilelock
    lock.get_lock()
    lock.release_lock()
    lock.release_lock()  # nothing is held
    with lock.lock_ctx(timeout=0.1):
        pass


def test_six_is_part_of_compat(theano):
    from theano.compat import ifilter, six
    from theano.compat.six.moves import reduce, xrange

    assert list(ifilter(None, xrange(3))) == [1, 2]
    assert reduce(max, [1, 3, 2]) == 3
    assert isinstance("a", six.string_types)
    assert six.moves.xrange is xrange
    with pytest.raises(AttributeError, match="nothing"):
        six.nothing  # noqa: B018


@pytest.mark.parametrize("linkers", [1, 2])
def test_a_wrapped_linker_calls_a_function_for_each_node(theano, T, linkers):
    seen = []

    def run(i, node, *thunks):
        for thunk in thunks:
            thunk()
        seen.append((i, len(thunks), thunks[-1].outputs[0][0].tolist()))

    x, gof = T.dvector(), theano.gof
    linker = gof.WrapLinkerMany([gof.PerformLinker() for _ in range(linkers)], [run])
    f = theano.function([x], T.exp(x).sum(), mode=theano.Mode(linker, optimizer=None))
    assert f([0, 1]) == 1 + np.e
    assert seen == [(0, linkers, [1, np.e]), (1, linkers, 1 + np.e)]
    assert gof.vm.VM_Linker().use_cloop is False


def test_classes_are_pytensors_own(theano, T):
    assert theano.Variable is pytensor.graph.basic.Variable
    assert theano.gof.Apply is theano.Apply is pytensor.graph.basic.Apply
    assert isinstance(T.dvector(), T.TensorVariable)
    assert T.TensorVariable is pytensor.tensor.variable.TensorVariable


@pytest.mark.parametrize(
    "module",
    [
        "compile.nanguardmode compile.debugmode compile.monitormode compile.profiling compile.sharedvalue",
        "compile.mode compile.pfunc",
        "compile.function compile.function_module compile.io compile.ops compile.builders",
        "gof gof.opt gof.toolbox gof.utils gof.fg gof.op gof.type gof.link gof.vm gof.cmodule gof.null_type",
        "compat compat.python2x compat.six compat.six.moves gof.compilelock",
        "misc misc.safe_asarray misc.pkl_utils misc.strutil scan_module.scan_utils",
        "sparse sparse.basic sparse.type typed_list scalar scalar.basic tests.unittest_tools printing ifelse",
        "gpuarray gpuarray.dnn gpuarray.basic_ops sandbox.gpuarray sandbox.gpuarray.dnn",
        "sandbox.cuda sandbox.cuda.dnn sandbox.cuda.basic_ops",
        "configdefaults configparser updates gradient raise_op version",
    ],
)
def test_modules_are_imported_under_theanos_names(theano, module):
    for name in module.split():
        found = importlib.import_module(f"theano.{name}")
        assert found.__name__ == f"udl_pt.theano._face.{name}"
        for public in found.__all__ if hasattr(found, "__all__") else ():
            assert getattr(found, public, None) is not None or public in vars(found), public


def test_a_module_that_theano_lacks_is_an_import_error(theano):
    with pytest.raises(ModuleNotFoundError, match=r"udl_pt.theano has no module 'theano.nothing'"):
        importlib.import_module("theano.nothing")
    with pytest.raises(AttributeError, match=r"theano.nothing isn't served"):
        theano.nothing  # noqa: B018


def test_probes_for_a_gpu_answer_no(theano):
    from theano.gpuarray import fft
    from theano.gpuarray.dnn import dnn_present  # noqa: F401
    from theano.sandbox import cuda
    from theano.sandbox.cuda import dnn
    from theano.sandbox.cuda.basic_ops import GpuFromHost, gpu_contiguous

    assert not cuda.cuda_enabled
    assert not cuda.cuda_available
    assert not dnn.dnn_available()
    assert not theano.gpuarray.pygpu_activated
    x = theano.tensor.dvector()
    assert gpu_contiguous(x) is x
    with pytest.raises(NotImplementedError, match=r"theano.gpuarray.fft.curfft needs a GPU back-end"):
        fft.curfft(x)
    with pytest.raises(NotImplementedError, match="GpuFromHost needs a GPU back-end"):
        GpuFromHost()
    with pytest.raises(RuntimeError, match="there is no GPU back-end"):
        cuda.use("gpu0")


def test_arrays_are_written_into_a_zip_file_beside_the_pickle(theano, tmp_path):
    from theano.misc.pkl_utils import dump, load

    variables = theano.shared(np.arange(3.0), "a"), theano.shared(np.ones(2), "a"), np.zeros(4)
    path = tmp_path / "model.zip"
    with open(path, "wb") as file:
        dump(variables, file)
    assert sorted(np.load(path).files) == ["a", "a_2", "array_0", "pkl"]
    with open(path, "rb") as file:
        a, b, c = load(file)
    assert a.get_value().tolist() == [0, 1, 2]
    assert b.get_value().tolist() == [1, 1]
    assert c.tolist() == [0, 0, 0, 0]
