"""Compiled functions: inputs, outputs, updates, givens."""

from . import error, kind, values


def case_outputs(theano, T, np):
    x = T.scalar("x")
    out = [
        theano.function([x], 2 * x)(3),
        theano.function([x], [2 * x])(3),
        theano.function([x], [2 * x, x])(3),
    ]
    return [
        *out,
        type(out[0]).__name__,
        type(out[1]).__name__,
        error(theano.function, [x], []),
        theano.function([])(),
    ]


def case_outputs_dict(theano, T, np):
    x = T.scalar()
    f = theano.function([x], {"a": 2 * x, "b": x})
    out = f(3)
    return [out, sorted(out), type(out).__name__]


def case_outputs_dict_errors(theano, T, np):
    x = T.scalar()
    return [error(theano.function, [x], {1: x}), error(theano.function, [x], {"a": "text"})]


def case_output_subset(theano, T, np):
    x = T.scalar()
    f = theano.function([x], {"a": 2 * x, "b": x})
    g = theano.function([x], [2 * x, x**2, x])
    return [error(f, 3, output_subset=["a"]), g(3), g(4)[1]]


def case_outputs_borrow(theano, T, np):
    x = T.vector()
    f = theano.function([theano.In(x, borrow=True)], theano.Out(2 * x, borrow=True))
    return f(values(theano, 2))


def case_outputs_of_constants(theano, T, np):
    x = T.scalar()
    f = theano.function([x], [x, T.constant(3), x + 1], on_unused_input="ignore")
    return [f(1), error(theano.function, [x], "text"), error(theano.function, [x], [3.0])]


def case_inputs_keyword(theano, T, np):
    x, y = T.scalars("xy")
    f = theano.function(inputs=[x, y], outputs=x - y, name="difference")
    return [
        f(5, 3),
        f(x=5, y=3),
        f(5, y=3),
        f.name,
        error(f, 1),
        error(f, 1, 2, 3),
        error(f, 1, z=2),
        error(f, 1, 2, x=1),
    ]


def case_inputs_that_are_no_list(theano, T, np):
    x = T.scalar()
    return [error(theano.function, x, x), error(theano.function, [3], x), error(theano.function, (x,), x)]


def case_inputs_twice(theano, T, np):
    x = T.scalar()
    return [error(theano.function, [x, x], x), error(theano.function, [x, theano.shared(1.0)], x)]


def case_inputs_missing(theano, T, np):
    from theano.gof.fg import MissingInputError

    x, y = T.scalars("xy")
    return [
        error(theano.function, [x], x + y),
        MissingInputError.__name__,
        issubclass(MissingInputError, Exception),
    ]


def case_inputs_unused(theano, T, np):
    from theano.compile import UnusedInputError

    x, y = T.scalars("xy")
    return [
        error(theano.function, [x, y], x),
        theano.function([x, y], x, on_unused_input="ignore")(1, 2),
        theano.function([x, y], x, on_unused_input="warn")(1, 2),
        error(theano.function, [x, y], x, on_unused_input="nothing"),
        UnusedInputError.__name__,
    ]


def case_input_dtypes(theano, T, np):
    f, i, d = T.fvector(), T.ivector(), T.dvector()
    F, I, D = (theano.function([v], 2 * v) for v in (f, i, d))
    return [
        F([1, 2]),
        F(np.arange(2, dtype="int8")),
        error(F, np.ones(2)),
        error(F, [1.5, 2]),
        error(F, np.arange(2)),
        I([1, 2]),
        error(I, np.arange(2)),
        error(I, [1.5]),
        D(np.arange(2)),
        D(np.ones(2, "float32")),
        error(D, np.ones(2, complex)),
        error(D, np.ones((2, 2))),
        error(D, 1.0),
        error(D, "text"),
        error(D, None),
    ]


def case_input_scalars(theano, T, np):
    f, i, l, b = T.fscalar(), T.iscalar(), T.lscalar(), T.bscalar()
    F, I, L, B = (theano.function([v], 2 * v) for v in (f, i, l, b))
    return [
        F(1),
        error(F, 0.1),
        error(F, np.float64(0.1)),
        F(np.float32(0.1)),
        I(3),
        error(I, 3.0),
        error(I, 2**40),
        L(2**40),
        B(3),
        error(B, 300),
        error(I, np.int64(2)),
        L(np.int32(2)),
    ]


def case_input_floatx_scalars(theano, T, np):
    x = T.scalar()
    f = theano.function([x], x * 2)
    return [
        f(0.1),
        f(1),
        f(np.float32(0.5)),
        error(f, np.float64(0.1)),
        error(f, np.asarray(0.1)),
        error(f, [1.0]),
    ]


def case_input_downcast(theano, T, np):
    x = T.fvector()
    f = theano.function([x], 2 * x, allow_input_downcast=True)
    g = theano.function([theano.In(x, allow_downcast=True)], 2 * x)
    i = T.ivector()
    h = theano.function([i], i, allow_input_downcast=True)
    n = theano.function([x], x, allow_input_downcast=False)
    return [f(np.ones(2)), g([0.1, 0.2]), h(np.asarray([1.7, 2])), error(n, [0.5]), error(f, np.ones((2, 2)))]


def case_input_strict(theano, T, np):
    x = T.dvector()
    f = theano.function([theano.In(x, strict=True)], x)
    return [f(np.ones(2)), error(f, [1.0, 2.0]), error(f, np.ones(2, "float32"))]


def case_input_default(theano, T, np):
    x, y = T.scalars("xy")
    f = theano.function([x, theano.In(y, value=2)], x + y)
    return [f(1), f(1, 5), f(1, y=7), f(1)]


def case_input_default_names(theano, T, np):
    x, y, w = T.scalars("xyw")
    f = theano.function([x, theano.In(y, value=1), theano.In(w, value=2, name="weight")], (x + y) * w)
    return [f(33), f(33, 2), f(33, 0, 1), f(33, weight=1), f(33, weight=1, y=0), error(f, 33, w=1)]


def case_input_default_update(theano, T, np):
    x, s = T.scalars("xs")
    f = theano.function([x, theano.In(s, value=10.0, update=s + x)], s)
    return [f(1), f(2), f(3)]


def case_input_mutable(theano, T, np):
    x = T.vector()
    f = theano.function([theano.In(x, mutable=True)], x + 1)
    return f(values(theano, 2))


def case_param(theano, T, np):
    x, y = T.scalars("xy")
    f = theano.function([x, theano.Param(y, default=3)], x * y)
    return [f(2), f(2, 5), theano.Param is not None]


def case_pairs_as_inputs(theano, T, np):
    x, y = T.scalars("xy")
    return [error(theano.function, [(x, y)], x), error(theano.function, [x, (y, 2)], x + y)]


def case_function_indexing(theano, T, np):
    s = theano.shared(np.asarray(1.5, theano.config.floatX), name="s")
    x, y = T.scalars("xy")
    f = theano.function([x, theano.In(y, value=4)], x + y + s)
    return [f[y], f["y"], error(lambda: f["nothing"]), f.value[y] if hasattr(f, "value") else f[y], f[s]]


def case_function_copy(theano, T, np):
    s = theano.shared(np.asarray(1, theano.config.floatX))
    t = theano.shared(np.asarray(5, theano.config.floatX))
    x = T.scalar()
    f = theano.function([x], x + s, updates=[(s, s + 1)])
    g = f.copy(share_memory=True)
    h = f.copy(swap={s: t})
    k = f.copy(delete_updates=True)
    return [f(0), g(0), h(0), k(0), s.get_value(), t.get_value()]


def case_function_attributes(theano, T, np):
    x = T.scalar("x")
    f = theano.function([x], x + 1, name="f")
    f(1)
    return [
        f.name,
        len(f.maker.fgraph.inputs),
        len(f.maker.fgraph.outputs),
        len(f.maker.fgraph.toposort()),
        f.n_returned_outputs if hasattr(f, "n_returned_outputs") else 1,
        callable(f.fn),
    ]


def case_function_profile(theano, T, np):
    x = T.scalar()
    return [theano.function([x], x, profile=False)(1), theano.function([x], 2 * x, mode="FAST_COMPILE")(1)]


def case_function_pickled(theano, T, np):
    import pickle

    x = T.vector()
    s = theano.shared(values(theano, 2))
    f = pickle.loads(pickle.dumps(theano.function([x], x + s, updates=[(s, s + 1)])))
    return [f(values(theano, 2)), f(values(theano, 2)), s.get_value()]


def case_function_no_outputs_with_updates(theano, T, np):
    s = theano.shared(np.asarray(1, theano.config.floatX))
    f = theano.function([], [], updates=[(s, s * 2)])
    return [f(), s.get_value()]


def case_updates(theano, T, np):
    from collections import OrderedDict

    x = T.scalar()
    s, t = (theano.shared(np.asarray(1, theano.config.floatX)) for _ in range(2))
    new = T.cast(x, theano.config.floatX)
    kinds = [
        [(s, s + new)],
        ((s, s + new),),
        OrderedDict([(s, s + new)]),
        [[s, s + new], [t, t + s]],
        {s: new},
    ]
    return [[theano.function([x], s, updates=updates)(2), s.get_value(), t.get_value()] for updates in kinds]


def case_updates_are_simultaneous(theano, T, np):
    a, b = theano.shared(np.asarray(1.0)), theano.shared(np.asarray(2.0))
    out = theano.function([], a + b, updates=[(a, b), (b, a)])()
    return [out, a.get_value(), b.get_value()]


def case_updates_errors(theano, T, np):
    x = T.scalar()
    s = theano.shared(np.ones(2, "float32"))
    i = theano.shared(1)
    return [
        error(theano.function, [], [], updates=[(s, s), (s, 2 * s)]),
        error(theano.function, [x], x, updates=[(x, x)]),
        error(theano.function, [], [], updates=[(s, T.dvector())]),
        error(theano.function, [], [], updates=[(s, s * np.ones(2))]),
        error(theano.function, [], [], updates=[(s, s.sum())]),
        error(theano.function, [], [], updates=[(i, i + 0.5)]),
        error(theano.function, [], [], updates=[s, s]),
    ]


def case_updates_of_floats_by_integers(theano, T, np):
    s = theano.shared(np.ones(2, "float32"))
    draw = T.shared_randomstreams.RandomStreams(1).binomial((2,))
    return [error(theano.function, [], [], updates=[(s, s + draw)]), (s + draw).dtype]


def case_updates_to_a_row(theano, T, np):
    s = theano.shared(np.ones((1, 2)))
    r = T.drow()
    theano.function([r], [], updates=[(s, T.unbroadcast(r, 0))])([[3.0, 4.0]])
    return [s.get_value(), error(theano.function, [r], [], updates=[(s, r)])]


def case_updates_ordered(theano, T, np):
    u = theano.OrderedUpdates()
    s, t = theano.shared(1.0), theano.shared(2.0)
    u[s] = s + 1
    v = u + {t: t + 1}
    theano.function([], [], updates=v)()
    return [
        len(u),
        len(v),
        s.get_value(),
        t.get_value(),
        error(u.__setitem__, T.scalar(), 1),
        error(lambda: u + 3),
    ]


def case_updates_ordered_conflict(theano, T, np):
    s = theano.shared(1.0)
    u, v = theano.OrderedUpdates(), theano.OrderedUpdates()
    u[s], v[s] = s + 1, s + 2
    return error(lambda: u + v)


def case_default_update(theano, T, np):
    s = theano.shared(np.asarray(1.0))
    s.default_update = s + 1
    x = T.dscalar()
    f, g = theano.function([x], x + s), theano.function([x], x + s, no_default_updates=True)
    h = theano.function([x], x + s, no_default_updates=[s])
    k = theano.function([x], x + s, updates=[(s, s * 10)])
    return [f(0), g(0), h(0), k(0), s.get_value()]


def case_givens(theano, T, np):
    x, y = T.vectors("xy")
    z = (2 * x).sum()
    s = theano.shared(values(theano, 4))
    i = T.lscalar()
    return [
        theano.function([y], z, givens={x: y + 1})(values(theano, 2)),
        theano.function([i], z, givens=[(x, s[i : i + 2])])(1),
        theano.function([], z, givens={x: s})(),
        theano.function([i], z, givens={x: s[i * 2 : (i + 1) * 2]})(1),
    ]


def case_givens_of_constants(theano, T, np):
    x, y = T.scalar(), T.scalar()
    return theano.function([x], x + y, givens={y: np.asarray(3, theano.config.floatX)})(1)


def case_givens_of_shared(theano, T, np):
    a, b = theano.shared(np.asarray(1.0)), theano.shared(np.asarray(5.0))
    return [theano.function([], a * 2, givens={a: b})(), theano.function([], a * 2, givens=[(a, a + 1)])()]


def case_givens_errors(theano, T, np):
    x, v = T.fscalar(), T.dvector()
    return [
        error(theano.function, [], x, givens={x: T.constant(np.float64(1))}),
        error(theano.function, [], 2 * v, givens={v: T.constant(np.ones((2, 2)))}),
        error(theano.function, [v], v, givens=[v]),
    ]


def case_givens_between_inputs(theano, T, np):
    x, y = T.dscalars("xy")
    return [error(theano.function, [x], x + y, givens={x: y}), theano.function([y], x**2, givens={x: y})(3)]


def case_mode_names(theano, T, np):
    x = T.scalar()
    from theano.compile.mode import get_default_mode, get_mode

    return [
        theano.function([x], x + 1, mode=theano.Mode(linker="py", optimizer="fast_compile"))(1),
        theano.function([x], x + 1, mode=get_mode("FAST_COMPILE"))(1),
        theano.function([x], x + 1, mode=get_default_mode())(1),
        error(theano.function, [x], x, mode="NOTHING"),
    ]


def case_mode_excluding(theano, T, np):
    x = T.scalar()
    mode = theano.compile.mode.get_mode("FAST_COMPILE").excluding("fusion").including("canonicalize")
    return theano.function([x], x + 1, mode=mode)(2)


def case_eval(theano, T, np):
    x, y = T.scalars("xy")
    return [
        (x + y).eval({x: 1, y: 2}),
        T.constant(3).eval(),
        error((x + y).eval, {x: 1}),
        error((x + y).eval, 3),
    ]


def case_eval_of_arrays(theano, T, np):
    x = T.matrix()
    return [(x.T).eval({x: values(theano, 2, 3)}), T.arange(3).eval()]


def case_clone(theano, T, np):
    x, y, z = T.vector("x"), T.vector("y"), T.vector("z")
    out = theano.clone(x + y, replace={x: 2 * z})
    outs = theano.clone([x + y, x * y], replace={x: z})
    return [
        theano.function([y, z], out)(values(theano, 2), values(theano, 2)),
        type(outs).__name__,
        len(outs),
    ]


def case_clone_copies_inputs(theano, T, np):
    x = T.vector("x")
    y = x + 1
    a, b = theano.clone(y, share_inputs=True), theano.clone(y, share_inputs=False)
    roots = theano.gof.graph.inputs
    return [a is y, roots([a])[0] is x, roots([b])[0] is x]


def case_clone_strict(theano, T, np):
    x, y = T.fvector(), T.dvector()
    return [
        error(theano.clone, 2 * x, replace={x: y}),
        error(theano.clone, 2 * x, replace={x: y}, strict=False),
    ]


def case_graph_functions(theano, T, np):
    from theano.gof import graph

    x, y = T.vectors("xy")
    z = T.tanh(x + y).sum()
    return [
        [v.name for v in graph.inputs([z])],
        len(list(graph.ancestors([z]))),
        graph.io_toposort([x, y], [z])[0].inputs[0] is x,
        len(graph.variables([x, y], [z])),
        graph.is_same_graph(x + y, x + y),
        graph.is_same_graph(x + y, y + x),
    ]


def case_graph_inputs_with_constants(theano, T, np):
    x = T.vector("x")
    s = theano.shared(1.0, name="s")
    found = theano.gof.graph.inputs([x * s + 3])
    return sorted(type(v).__name__ for v in found if v.name)


def case_pp(theano, T, np):
    x, y = T.scalar("x"), T.scalar("y")
    return [
        theano.pp(x + y),
        theano.pp(x**2),
        theano.pp(-x),
        theano.printing.pp(T.dot(T.matrix("A"), T.matrix("B"))),
        theano.pp(T.exp(x) * y),
    ]


def case_debugprint(theano, T, np):
    x = T.scalar("x")
    text = theano.printing.debugprint(x**2 + 1, file="str")
    return [type(text).__name__, "x" in text, "Elemwise" in text]


def case_print_op(theano, T, np):
    x = T.vector()
    y = theano.printing.Print("", attrs=())(x)
    return [
        kind(y),
        theano.function([x], 2 * y)(values(theano, 2)),
        theano.function([x], T.grad((y**2).sum(), x))(values(theano, 2)),
    ]


def case_ifelse(theano, T, np):
    from theano.ifelse import ifelse

    c, x, y = T.iscalar(), T.vector(), T.vector()
    f = theano.function([c, x, y], ifelse(c, x, 2 * y))
    g = theano.function([c, x, y], ifelse(T.gt(c, 2), [x, y], [y, x]))
    a, b = values(theano, 2), values(theano, 3)
    return [f(1, a, b), f(0, a, b), g(3, a, b), g(1, a, b)]


def case_ifelse_gradient(theano, T, np):
    from theano.ifelse import ifelse

    c, x = T.scalar(), T.vector()
    y = ifelse(c > 0, (x**2).sum(), x.sum())
    f = theano.function([c, x], T.grad(y, x))
    return [f(1, values(theano, 2)), f(-1, values(theano, 2)), kind(y)]


def case_ifelse_errors(theano, T, np):
    from theano.ifelse import ifelse

    x, i = T.fvector(), T.ivector()
    return [
        error(ifelse, T.iscalar(), x, i),
        error(ifelse, T.iscalar(), [x], [x, x]),
        kind(ifelse(T.iscalar(), T.dvector(), T.dvector())),
    ]


def case_ifelse_is_lazy(theano, T, np):
    from theano.ifelse import ifelse

    x = T.vector()
    y = ifelse(T.gt(x.shape[0], 2), x[2], x[0])
    return theano.function([x], y)(values(theano, 1))


def case_assert_op(theano, T, np):
    x = T.vector()
    y = T.opt.Assert("must be positive")(x, T.all(x > 0))
    f = theano.function([x], 2 * y)
    return [f(abs(values(theano, 2))), error(f, -abs(values(theano, 2)))]


def case_as_op(theano, T, np):
    from theano.compile.ops import as_op

    @as_op(itypes=[T.dvector, T.dscalar], otypes=[T.dvector])
    def scaled(a, b):
        return a * b

    x, s = T.dvector(), T.dscalar()
    return [theano.function([x, s], scaled(x, s))([1.0, 2.0], 3.0), error(scaled, T.ivector(), s)]


def case_op_from_graph(theano, T, np):
    x, y = T.vectors("xy")
    op = theano.OpFromGraph([x, y], [x * y + 1])
    a, b = T.vectors("ab")
    out = op(a, b)
    return theano.function([a, b], [out, *T.grad(out.sum(), [a, b])])(values(theano, 2), values(theano, 2))


def case_op_of_the_time(theano, T, np):
    class Double(theano.gof.Op):
        def __eq__(self, other):
            return type(self) is type(other)

        def __hash__(self):
            return hash(type(self))

        def make_node(self, x):
            x = theano.tensor.as_tensor_variable(x)
            return theano.gof.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, output_storage):
            (x,) = inputs
            (z,) = output_storage
            z[0] = x * 2

        def infer_shape(self, node, i0_shapes):
            return i0_shapes

        def grad(self, inputs, output_grads):
            return [output_grads[0] * 2]

        def R_op(self, inputs, eval_points):
            return [eval_points[0] * 2]

    x, v = T.matrix(), T.matrix()
    y = Double()(x)
    outs = [y, y.shape, T.grad((y**2).sum(), x), T.Rop(y, x, v)]
    return theano.function([x, v], outs)(values(theano, 2, 2), values(theano, 2, 2))


def case_op_itypes_otypes(theano, T, np):
    class Axpb(theano.Op):
        __props__ = ("a", "b")
        itypes = [T.dmatrix]
        otypes = [T.dmatrix]

        def __init__(self, a, b):
            self.a, self.b = a, b
            super().__init__()

        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = self.a * inputs[0] + self.b

        def grad(self, inputs, output_grads):
            return [self.a * output_grads[0]]

    x = T.dmatrix()
    y = Axpb(4.0, 1)(x)
    equal = [Axpb(1, 2) == Axpb(1, 2), Axpb(1, 2) == Axpb(1, 3)]
    return [equal, theano.function([x], [y, T.grad(y.sum(), x)])([[1.0, 2.0]])]


def case_runtime_errors(theano, T, np):
    x, y = T.vectors("xy")
    f = theano.function([x, y], x * y)
    return [
        error(f, values(theano, 2), values(theano, 3)),
        error(theano.function([x], T.dot(x, y), givens={y: x[1:]}), values(theano, 3)),
    ]


def case_not_implemented_comparison(theano, T, np):
    x = T.vector()
    return [
        error(lambda: x < "a"),
        error(lambda: x + "a"),
        error(lambda: x + None),
        error(lambda: x + [1]),
        error(lambda: [1] * x),
    ]


def case_function_with_no_inputs(theano, T, np):
    s = theano.shared(values(theano, 3))
    return [
        theano.function([], s.sum())(),
        theano.function([], T.arange(3))(),
        theano.function([], [s, 2 * s])(),
    ]


def case_function_without_arguments(theano, T, np):
    return [error(theano.function), error(theano.function, outputs=T.scalar())]


def case_fixed_point_loop(theano, T, np):
    x = theano.shared(np.asarray(1, theano.config.floatX))
    f = theano.function([], x, updates=[(x, T.cast((x + 2 / x) / 2, theano.config.floatX))])
    for _ in range(6):
        f()
    return x.get_value()


def case_nan_guard_and_monitor_modes(theano, T, np):
    from theano.compile.nanguardmode import NanGuardMode

    x = T.vector()
    f = theano.function(
        [x], T.log(x), mode=NanGuardMode(nan_is_error=True, inf_is_error=True, big_is_error=False)
    )
    return [f(abs(values(theano, 2))), error(f, -abs(values(theano, 2)))]


def case_monitor_mode(theano, T, np):
    from theano.compile.monitormode import MonitorMode

    seen = []
    x = T.vector()
    mode = MonitorMode(post_func=lambda i, node, fn: seen.append(i))
    out = theano.function([x], 2 * x + 1, mode=mode)(values(theano, 2))
    return [out, len(seen) > 0]
