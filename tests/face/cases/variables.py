"""Constructors, constants, shared variables and configuration."""

from . import error, kind, values


def case_constructors(theano, T, np):
    names = "scalar vector row col matrix tensor3 tensor4 tensor5".split()
    return {name: kind(getattr(T, name)(name)) for name in names}


def case_constructors_of_dtypes(theano, T, np):
    names = [
        p + n for p in "bwilfdcz" for n in ("scalar", "vector", "row", "col", "matrix", "tensor3", "tensor4")
    ]
    return {name: kind(getattr(T, name)()) for name in names}


def case_constructors_plural(theano, T, np):
    x, y = T.matrices("x", "y")
    a, b, c = T.dscalars("a", "b", "c")
    i, j = T.ivectors(2)
    return [x.name, kind(y), c.name, kind(a), kind(i), [v.name for v in T.scalars("u", "v")]]


def case_constructor_dtype_keyword(theano, T, np):
    return [kind(T.matrix(dtype="int32")), kind(T.scalar(name="s", dtype="int64")), T.matrix(name="q").name]


def case_tensor_type(theano, T, np):
    t = T.TensorType("float32", (False, True))
    u = T.TensorType(dtype="int8", broadcastable=[True, False, False])
    return [kind(t("a")), kind(u()), t("a").name, t == T.TensorType("float32", [False, True]), t == u]


def case_tensor_type_truthy_pattern(theano, T, np):
    return kind(T.TensorType("float64", [0, 1])())


def case_type_attributes(theano, T, np):
    x = T.fmatrix()
    return [x.type.dtype, x.type.ndim, x.type == T.fmatrix, x.type == T.dmatrix, x.dtype]


def case_type_of_row_differs(theano, T, np):
    return [T.drow == T.dmatrix, T.drow().type == T.TensorType("float64", (True, False))]


def case_type_filter(theano, T, np):
    t = T.TensorType("float32", (False,))
    return [
        t.filter(np.ones(2, "float32")),
        error(t.filter, np.ones(2, "float64")),
        error(t.filter, np.ones((2, 2), "float32")),
        t.filter(np.arange(2, dtype="int8")),
        t.filter(np.ones(2, "float64"), allow_downcast=True),
        error(t.filter, [1.0], strict=True),
    ]


def case_type_values_eq_approx(theano, T, np):
    a = np.ones(3)
    return [bool(T.dvector.values_eq_approx(a, a + 1e-12)), bool(T.dvector.values_eq_approx(a, a + 1))]


def case_variable_classes(theano, T, np):
    x, s = T.vector(), theano.shared(np.ones(2))
    return [
        isinstance(x, T.TensorVariable),
        isinstance(x, theano.Variable),
        isinstance(x, T.Variable),
        isinstance(x, theano.gof.Variable),
        isinstance(s, T.TensorVariable),
        isinstance(s, theano.compile.SharedVariable),
        isinstance(T.constant(1), T.TensorConstant),
        isinstance(T.constant(1), theano.gof.Constant),
        isinstance(x + 1, T.TensorVariable),
        isinstance((x + 1).owner, theano.Apply),
        isinstance((x + 1).owner.op, theano.Op),
        isinstance((x + 1).owner.op, T.Elemwise),
        isinstance(x.type, T.TensorType),
    ]


def case_variable_names(theano, T, np):
    x = T.vector("x")
    y = x + 1
    y.name = "y"
    return [str(x), x.name, str(y), T.vector().name]


def case_variable_owner(theano, T, np):
    x, y = T.vectors("xy")
    z = x * y
    return [x.owner is None, z.owner.inputs[0] is x, z.owner.outputs[0] is z, z.index, len(z.owner.inputs)]


def case_truth_of_variable(theano, T, np):
    x = T.vector()
    return [bool(x) is True, error(bool, x > 0), error(bool, T.eq(x, 0))]


def case_len_and_iteration(theano, T, np):
    return [error(len, T.vector()), error(iter, T.vector()), error(list, T.scalar())]


def case_constant_dtypes(theano, T, np):
    given = [1, 1.0, 300, 70000, 2**40, -1, True, np.float64(1), np.float32(2), np.int64(3), [1, 2], [1.0, 2]]
    return [T.constant(value).dtype for value in given]


def case_constant_arrays(theano, T, np):
    c = T.constant(np.ones((1, 3)))
    return [kind(c), c.data, kind(T.constant([[1], [2]])), T.constant(2.5).data]


def case_constant_keywords(theano, T, np):
    c = T.constant(3, name="three", dtype="float32")
    return [c.name, kind(c), error(T.constant, 3.0, ndim=2), kind(T.constant(1, dtype="int64"))]


def case_constant_value(theano, T, np):
    return [T.constant(np.arange(3)).value, T.get_scalar_constant_value(T.constant(4))]


def case_as_tensor_variable(theano, T, np):
    x = T.vector()
    return [
        T.as_tensor_variable(x) is x,
        kind(T.as_tensor_variable([1, 2])),
        kind(T.as_tensor_variable(1.5)),
        kind(T.as_tensor_variable(np.ones((2, 1)))),
        kind(T.as_tensor_variable([x, x])),
        error(T.as_tensor_variable, "text"),
    ]


def case_as_tensor_variable_ndim(theano, T, np):
    return [kind(T.as_tensor_variable(T.vector(), ndim=2)), error(T.as_tensor_variable, T.matrix(), ndim=1)]


def case_as_tensor_symbol(theano, T, np):
    return [kind(T.as_tensor(np.arange(3))), kind(theano.tensor.as_tensor_variable(3))]


def case_shared(theano, T, np):
    s = theano.shared(values(theano, 2, 3), name="s")
    return [kind(s), s.name, s.get_value(), s.get_value(borrow=True), str(s)]


def case_shared_kinds(theano, T, np):
    given = [1, 1.5, np.float32(2), np.int8(3), np.ones((1, 2)), np.arange(3), True]
    return [kind(theano.shared(value)) for value in given if value is not True]


def case_shared_broadcastable(theano, T, np):
    one = theano.shared(np.ones((1, 3)), broadcastable=(True, False))
    return [kind(one), kind(theano.shared(np.ones((1, 3))))]


def case_shared_set_value(theano, T, np):
    s = theano.shared(values(theano, 2))
    s.set_value(values(theano, 5))
    kept = s.get_value()
    return [kept, error(s.set_value, np.ones((2, 2))), error(s.set_value, "text")]


def case_shared_set_value_downcast(theano, T, np):
    s = theano.shared(np.ones(2, "float32"))
    return [error(s.set_value, np.ones(2)), error(s.set_value, np.arange(2, dtype="int8")), s.get_value()]


def case_shared_copies(theano, T, np):
    a = np.zeros(2)
    s, t = theano.shared(a), theano.shared(a, borrow=True)
    a[0] = 7
    return [s.get_value(), t.get_value()]


def case_shared_get_value_is_a_copy(theano, T, np):
    s = theano.shared(np.zeros(2))
    s.get_value()[0] = 5
    first = s.get_value()
    s.get_value(borrow=True)[0] = 5
    return [first, s.get_value()]


def case_shared_strict(theano, T, np):
    return [
        error(theano.shared, np.ones(2), strict=True),
        theano.shared(value=3.0, name="v").get_value(),
        error(theano.shared, T.vector()),
    ]


def case_shared_of_a_list(theano, T, np):
    s = theano.shared([1, 2])
    return [type(s).__name__, s.get_value()]


def case_shared_eval(theano, T, np):
    s = theano.shared(values(theano, 3))
    return [(2 * s).eval(), s.sum().eval()]


def case_shared_item(theano, T, np):
    s = theano.shared(values(theano, 3, 2))
    return [s[1].eval(), s.T.eval(), s.shape.eval()]


def case_shared_clone(theano, T, np):
    s = theano.shared(np.zeros(2), name="s")
    t = s.clone()
    t.set_value(np.ones(2))
    return [s.get_value(), t.name]


def case_shared_zero(theano, T, np):
    s = theano.shared(values(theano, 2))
    s.zero()
    return s.get_value()


def case_shared_arithmetic_types(theano, T, np):
    s = theano.shared(np.asarray(0.5, dtype=theano.config.floatX))
    return [kind(s * 2), kind(s * 0.1), kind(s + np.arange(3)), kind(s * np.float64(0.1))]


def case_config_values(theano, T, np):
    config = theano.config
    return [config.floatX, config.device, config.compute_test_value, config.warn_float64, config.int_division]


def case_config_set(theano, T, np):
    before = theano.config.optimizer
    theano.config.optimizer = "fast_compile"
    changed = theano.config.optimizer
    theano.config.optimizer = before
    theano.config.exception_verbosity = "high"
    theano.config.exception_verbosity = "low"
    return [changed]


def case_config_warn(theano, T, np):
    theano.config.warn.subtensor_merge_bug = False
    theano.config.warn.sum_div_dimshuffle_bug = False
    return theano.config.warn.subtensor_merge_bug


def case_config_device_late(theano, T, np):
    return [error(setattr, theano.config, "device", "cpu"), error(setattr, theano.config, "device", "gpu")]


def case_config_unknown(theano, T, np):
    return [
        error(getattr, theano.config, "nothing_of_this_name"),
        error(setattr, theano.config, "floatX", "int7"),
    ]


def case_config_change_flags(theano, T, np):
    from theano.configparser import change_flags

    with change_flags(floatX="float32"):
        inside = T.matrix().dtype
    return [inside, T.matrix().dtype]


def case_config_floatx_is_read_late(theano, T, np):
    before = theano.config.floatX
    try:
        theano.config.floatX = "float32"
        return [T.matrix().dtype, T.scalar().dtype, T.ones(2).dtype, T.cast(1, "floatX").dtype]
    finally:
        theano.config.floatX = before


def case_version(theano, T, np):
    return [theano.__version__.split(".")[0], theano.version.version.split(".")[0]]


def case_no_gpu(theano, T, np):
    import theano.gpuarray

    return [theano.config.device.startswith("gpu"), theano.gpuarray.pygpu_activated]


def case_test_values(theano, T, np):
    before = theano.config.compute_test_value
    theano.config.compute_test_value = "raise"
    try:
        x = T.vector("x")
        x.tag.test_value = values(theano, 3)
        y = (2 * x).sum()
        return [y.tag.test_value, error(lambda: T.vector() + 1)]
    finally:
        theano.config.compute_test_value = before


def case_test_values_of_wrong_shape(theano, T, np):
    before = theano.config.compute_test_value
    theano.config.compute_test_value = "raise"
    try:
        x, y = T.matrices("xy")
        x.tag.test_value = values(theano, 2, 3)
        y.tag.test_value = values(theano, 2, 3)
        return error(T.dot, x, y)
    finally:
        theano.config.compute_test_value = before


def case_test_values_of_shared(theano, T, np):
    before = theano.config.compute_test_value
    theano.config.compute_test_value = "raise"
    try:
        s = theano.shared(values(theano, 2, 3))
        return [T.tanh(s).tag.test_value, T.dot(s, s.T).tag.test_value.shape]
    finally:
        theano.config.compute_test_value = before


def case_test_values_off(theano, T, np):
    x = T.vector()
    x.tag.test_value = np.ones(2)
    return hasattr((x + 1).tag, "test_value")


def case_pickled_variables(theano, T, np):
    import pickle

    s = theano.shared(values(theano, 2), name="s")
    t = pickle.loads(pickle.dumps(s, -1))
    x, y = pickle.loads(pickle.dumps((T.matrix("x"), T.ivector())))
    return [t.get_value(), t.name, kind(x), x.name, kind(y)]
