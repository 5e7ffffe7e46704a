"""What Theano's own tests ask of ``theano.tensor`` and its neighbours; the numbers are the original's."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal


@pytest.fixture
def T(theano):
    """The module ``theano.tensor``; graphs compile fast."""
    theano.config.mode = "FAST_COMPILE"
    yield theano.tensor
    theano.config.mode = "Mode"


def test_an_operation_in_place_overwrites_its_first_argument(theano, T):
    from theano.tensor import inplace

    x, y = T.dmatrices("x", "y")
    f = theano.function([x, y], inplace.add_inplace(x, y), accept_inplace=True)
    a, b = np.ones((2, 2)), np.full((2, 2), 3.0)
    assert_array_equal(f(a, b), np.full((2, 2), 4.0))
    assert_array_equal(a, np.full((2, 2), 4.0))


@pytest.mark.parametrize("name", ["exp_inplace", "abs__inplace", "inv_inplace", "fill_inplace"])
def test_a_graph_with_an_operation_in_place_must_be_asked_for(theano, T, name):
    from theano.tensor import inplace

    x = T.dvector("x")
    inputs = [x * 2, x] if name == "fill_inplace" else [x * 2]
    with pytest.raises(TypeError, match="must not contain inplace operations"):
        theano.function([x], getattr(inplace, name)(*inputs))


def test_an_operation_in_place_keeps_the_first_dtype(theano, T):
    from theano.tensor import inplace

    assert inplace.add_inplace(T.fmatrix(), T.dmatrix()).dtype == "float32"
    assert inplace.exp_inplace(T.imatrix()).dtype == "int32"
    with pytest.raises(TypeError):
        inplace.lt_inplace(T.dmatrix(), T.dmatrix())
    with pytest.raises(AttributeError, match="Theano has none either"):
        inplace.dot_inplace  # noqa: B018


def test_special_functions_in_place(theano, T):
    from theano.tensor import inplace

    x = T.dvector("x")
    outputs = [inplace.chi2sf_inplace(x, 3.0), T.chi2sf(x, 3)]
    assert_allclose(
        theano.function([x], outputs[0], accept_inplace=True)([1.0, 2.0]), [0.80125196, 0.5724067]
    )
    assert_allclose(theano.function([x], outputs[1])([1.0, 2.0]), [0.80125196, 0.5724067])
    bessel = theano.function([x], inplace.iv_inplace(x, [1.0, 2.0]), accept_inplace=True)
    assert_allclose(bessel([1.0, 2.0]), [0.5651591, 0.68894845])


def test_a_star_import_brings_what_the_module_imports(theano, T):
    names = {}
    exec("from theano.tensor import *", names)
    assert names["np"] is np
    assert names["theano"] is theano
    assert names["config"] is theano.config
    assert {"xrange", "izip", "sys", "warnings", "gof", "compile", "printing"} <= set(names)
    names = {}
    exec("from theano.tensor.nnet import *", names)
    assert "np" not in names
    names = {}
    exec("from theano.tensor.inplace import *", names)
    assert "add_inplace" in names


def test_rop_is_0_where_there_is_no_way(theano, T):
    v, w = theano.shared(np.ones(3)), T.dvector("w")
    cost = T.dot(T.arange(3.0).reshape([1, 3]), v).sum()
    for output in (T.grad(cost, v), T.fill(v, 3.0), T.ones_like(v), theano.gradient.disconnected_grad(v) * 2):
        assert_array_equal(T.Rop(output, v, v).eval(), np.zeros(3))
    assert_array_equal(T.Rop(w * 2, v, v).eval({w: [1.0, 2.0]}), np.zeros(2))
    assert_array_equal(T.Rop(T.grad((v**2).sum(), v), v, v).eval(), np.full(3, 2.0))
    assert T.Rop(w, v, v, "ignore", "none") is None
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.Rop(w, v, v)


def test_rop_of_an_operation_without_derivative_is_a_value_error(theano, T):
    class Copied(theano.Op):
        __props__ = ()

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = inputs[0]

        def grad(self, inputs, gradients):
            return [theano.gradient.grad_undefined(self, 0, inputs[0])]

    x, v = T.dvectors("x", "v")
    with pytest.raises(ValueError, match="needs a derivative"):
        T.Rop(Copied()(x) ** 2, x, v)


def test_grad_needs_a_variable(T):
    with pytest.raises(TypeError, match="got 'weights'"):
        T.grad(T.dscalar() * 2, "weights")


def test_fourier(theano, T):
    from theano.tensor.fourier import fft

    a, axis = T.dmatrix("a"), T.iscalar("axis")
    values = np.arange(12.0).reshape(3, 4) ** 1.5
    expected = {(2, 1): 78.3606797749979, (6, 0): 742.3369654590501, (None, None): 254.8932476143453}
    for (n, where), number in expected.items():
        y = fft(a, n, where)
        assert y.dtype == "complex128"
        assert_allclose(np.abs(y.eval({a: values})).sum(), number)
    y = fft(a, 16, axis)
    assert_allclose(np.abs(y.eval({a: values, axis: 0})).sum(), 1979.69988520575)
    assert_array_equal(y.shape.eval({a: values, axis: 0}), [16, 4])


@pytest.mark.parametrize("arguments", [(None, 5), (0, 0), (1.5, 0), (3, 0.5)])
def test_fourier_refuses(T, arguments):
    from theano.tensor.fourier import fft

    with pytest.raises(TypeError, match="must be"):
        fft(T.dmatrix(), *arguments)


def test_qr_as_numpy_has_it(T):
    a = T.dmatrix("a")
    value = np.array([[4.0, 1, 2], [1, 3, 0], [2, 0, 5]])
    h, tau = (part.eval({a: value}) for part in T.nlinalg.qr(a, "raw"))
    assert_allclose(tau, [1.8728715609439694, 1.9771135990910123, 0.0], atol=1e-14)
    assert_allclose(h[0], [-4.58257569495584, 0.11651513899116801, 0.23303027798233603])


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [
        ("float16", "float16", "float32"),
        ("int8", "uint8", "float32"),
        ("float32", "int8", "float32"),
        ("int64", "float32", "float64"),
    ],
)
def test_dtype_of_a_solution(theano, T, left, right, result):
    A, b = T.matrix(dtype=left), T.matrix(dtype=right)
    x = T.slinalg.solve(A, b)
    assert x.dtype == result
    assert x.eval({A: np.eye(2, dtype=left), b: np.ones((2, 1), right)}).dtype == result


def test_linear_algebra_of_other_arguments(T):
    a = T.dmatrix("a")
    value = np.array([[4.0, 1, 2], [1, 3, 0], [2, 0, 5]])
    w = T.slinalg.eigvalsh(a, T.type_other.NoneConst).eval({a: value})
    assert_allclose(w, [1.85489731, 3.4760236, 6.66907909])
    with pytest.raises(ValueError, match="not 'fro'"):
        T.nlinalg.norm(T.dvector(), "fro")
    with pytest.raises(TypeError, match="takes a vector"):
        T.nlinalg.alloc_diag(a)


def test_unique_of_an_axis(T):
    values = np.array([[1, 1, 2], [3, 3, 4]])
    found, where = T.extra_ops.Unique(True, axis=-1)(values)
    assert_array_equal(found.eval(), [[1, 2], [3, 4]])
    assert_array_equal(where.eval(), [0, 2])
    assert isinstance(found.owner.op, T.extra_ops.Unique.__base__)
    with pytest.raises(RuntimeError, match="axis 2 doesn't exist"):
        T.extra_ops.Unique(axis=2)(values)


def test_unravel_index_of_unknown_axes(T):
    shape = T.ivector("shape")
    found = T.unravel_index(np.array([3, 5]), shape, ndim=2)
    assert_array_equal([part.eval({shape: [2, 3]}) for part in found], [[1, 1], [0, 2]])
    with pytest.raises(ValueError, match="Length"):
        T.unravel_index(np.array([3, 5]), shape)
    with pytest.raises(ValueError, match="ndim=3"):
        T.unravel_index(np.array([3, 5]), (2, 3), ndim=3)


def test_a_value_that_does_not_fit_a_broadcastable_part(T):
    c, v = T.dcol("c"), T.dvector("v")
    for operation, expected in ((T.set_subtensor, [[3.0], [3.0]]), (T.inc_subtensor, [[4.0], [5.0]])):
        graph = operation(c[:], v)
        assert_array_equal(graph.eval({c: [[1.0], [2.0]], v: [3.0]}), expected)
        with pytest.raises(ValueError, match="must be 1"):
            graph.eval({c: [[1.0], [2.0]], v: [3.0, 4.0]})


def test_the_largest_of_integers_that_have_no_negative(T):
    x = T.bvector("x")
    values = np.array([0, -128, 127, 5, -1], dtype="int8")
    assert sorted(T.topk(x, 2).eval({x: values})) == [5, 127]
    assert sorted(T.argtopk(x, -2).eval({x: values})) == [1, 4]
    y = T.vector("y", dtype="uint8")
    assert sorted(T.topk(y, 2).eval({y: np.array([0, 255, 1, 3], dtype="uint8")})) == [3, 255]


def test_sorting(T):
    from theano.tensor.sort import ArgSortOp, SortOp

    a, axis = T.dmatrix("a"), T.dscalar("axis")
    values = [[3.0, 1.0], [2.0, 4.0]]
    assert_array_equal(T.sort(a, axis).eval({a: values, axis: 0}), [[2, 1], [3, 4]])
    assert_array_equal(T.argsort(a, axis, "mergesort").eval({a: values, axis: 1}), [[1, 0], [0, 1]])
    gradient = T.grad((T.sort(a, axis) * [[1.0, 2.0], [3.0, 4.0]]).sum(), a)
    assert_array_equal(gradient.eval({a: values, axis: -2}), [[3, 2], [1, 4]])
    with pytest.raises(ValueError, match="has 2 axes"):
        T.sort(a, axis).eval({a: values, axis: 2})
    assert SortOp("mergesort", []) == SortOp("mergesort", []) != SortOp("quicksort", [])
    assert ArgSortOp("mergesort", []) != ArgSortOp("quicksort", [])


def test_axes_of_maxima(T):
    x = T.dmatrix("x")
    values = [[1.0, 3.0], [2.0, 0.0]]
    for axis in (T.constant(1), -1, np.array([1]), (1, 1)):
        found = [f(x, axis).eval({x: values}) for f in (T.max, T.min, T.argmax, T.argmin)]
        assert_array_equal(found, [[3, 2], [1, 0], [1, 0], [0, 1]])
    found = [f(x, T.type_other.NoneConst).eval({x: values}) for f in (T.max, T.min, T.argmax, T.argmin)]
    assert found == [3, 0, 1, 3]
    with pytest.raises(ValueError, match="axis 2 doesn't exist"):
        T.max(x, 2)
    with pytest.raises(TypeError, match="symbolic"):
        T.argmax(x, T.iscalar())


def test_shapes_that_are_specified(T):
    x, shape = T.dmatrix("x"), T.ivector("shape")
    assert_array_equal(T.specify_shape(x, shape).eval({x: [[1.0, 3.0]], shape: [1, 2]}), [[1, 3]])
    for wrong in ([1], [2, 2], [1, 2, 1]):
        with pytest.raises(AssertionError):
            T.SpecifyShape()(x, shape).eval({x: [[1.0, 3.0]], shape: wrong})
    with pytest.raises(AssertionError, match="2 axes"):
        T.specify_shape(x, (1,))
    with pytest.raises(AssertionError):
        T.specify_shape(x, (2, 2)).eval({x: [[1.0, 3.0]]})
    assert isinstance(T.specify_shape(x, (2, 2)).owner.op, T.SpecifyShape)


def test_tile_refuses_more_numbers_than_axes(T):
    v, reps = T.dvector("v"), T.ivector("reps")
    graph = T.tile(v, reps, 2)
    assert_array_equal(graph.eval({v: [1.0, 3.0], reps: [2]}), [[1, 3, 1, 3]])
    assert_array_equal(graph.eval({v: [1.0, 3.0], reps: [2, 1]}), [[1, 3], [1, 3]])
    with pytest.raises(AssertionError, match="must not exceed ndim=2"):
        graph.eval({v: [1.0, 3.0], reps: [1, 2, 3]})


def test_names_of_transposed_tensors(T):
    x, v = T.dmatrix("x"), T.dvector("v")
    assert [x.T.name, T.transpose(x).name, x.transpose().name, v.T.name, v.name] == ["x.T"] * 3 + ["v.T", "v"]
    assert x.transpose(1, 0).name is T.transpose(x, (1, 0)).name is T.dmatrix().T.name is None
    assert_array_equal(x.transpose((1, 0)).eval({x: [[1.0, 2.0]]}), [[1], [2]])
    assert_array_equal(x.T.eval({x: [[1.0, 2.0]]}), [[1], [2]])


def test_stack_of_single_arguments_warns(T):
    with pytest.warns(DeprecationWarning, match="write stack"):
        T.stack(T.dscalar(), T.dscalar())


def test_broadcast_patterns_of_zeros_and_ones(T):
    assert T.TensorType("float64", (0, 1)).broadcastable == (False, True)
    assert T.TensorType(dtype="float64", broadcastable=[0, 1]) == T.dcol
    x = T.tensor("float64", (0, 1))
    assert x.broadcastable == (False, True)
    assert_array_equal((x * 2).eval({x: [[1.0], [2.0], [3.0]]}), [[2], [4], [6]])


def test_one_number_of_an_array(T):
    assert T.get_scalar_constant_value(np.array(6)) == 6
    assert T.get_scalar_constant_value(np.array([6])).shape == (1,)
    with pytest.raises(T.basic.EmptyConstantError):
        T.get_scalar_constant_value(np.array([]))
    with pytest.raises(T.basic.NotScalarConstantError):
        T.get_scalar_constant_value(np.array([6, 6]))


def test_products_of_other_axes(T):
    product = T.basic._dot
    v, m = T.dvector("v"), T.dmatrix("m")
    assert product(v, v).ndim == 0
    assert product(m, v).ndim == 1
    for left, right in ((T.dscalar(), v), (v, T.dtensor3()), (T.dtensor3(), m)):
        with pytest.raises(TypeError, match="takes vectors and matrices"):
            product(left, right)


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
def test_more_than_32_operands(theano, mode):
    T = theano.tensor
    variables = [T.dvector() for _ in range(40)]
    f = theano.function(variables, [sum(variables[1:], variables[0]), T.mul(*variables)], mode=mode)
    total, product = f(*[np.full(2, 1.0 + i / 100) for i in range(40)])
    assert_allclose(total, [47.8, 47.8])
    assert_allclose(product, [np.prod(1 + np.arange(40) / 100)] * 2)


def test_memory_that_is_shared(theano):
    from theano.misc.may_share_memory import may_share_memory

    a = np.zeros(4)
    assert may_share_memory(a, a[1:])
    assert not may_share_memory(a[:2], a[2:])
    assert may_share_memory(a, 3, raise_other_type=False) is False
    with pytest.raises(TypeError, match="takes arrays"):
        may_share_memory(a, 3)


def test_outputs_of_an_apply_node(theano, T):
    class Two(theano.Op):
        default_output = 2

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type(), x.type()])

    class One(Two):
        default_output = 1

    x = T.dvector()
    assert T.as_tensor_variable(node := One().make_node(x)) is node.outputs[1]
    with pytest.raises(AttributeError, match="2 is the default"):
        T.as_tensor_variable(Two().make_node(x))
