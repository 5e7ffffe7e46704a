"""Small programs, as Theano's tutorial and its users wrote them."""

from . import error, values


def case_copies_return_lists(theano, T, np):
    x = T.scalar("x")
    s = theano.shared(np.asarray(1, theano.config.floatX), "s")
    t = theano.shared(np.asarray(5, theano.config.floatX), "t")
    one = theano.function([x], x * s)
    named = theano.function([x], {"a": x * s, "b": x})
    added = theano.function([x], [], updates=[(s, s + x)])
    still = added.copy(delete_updates=True)
    return [
        one(2),
        one.copy()(2),
        one.copy(swap={s: t})(2),
        named.copy()(2),
        added.copy()(2),
        s.get_value(),
        still(2),
        s.get_value(),
    ]


def case_inputs_with_updates_as_tuples(theano, T, np):
    a, b, c = T.scalar(), T.scalar(), T.scalar()
    f = theano.function([a, b, ((c, c + a + b), 10.0)], [])
    before = f.value[c]
    f(1, 2)
    g = theano.function([a, ("subtrahend", b)], a - b)
    h = theano.function([a, ("state", (c, c * 2), 1.0)], a + c)
    return [
        before,
        f[c],
        g(1, subtrahend=2.0),
        h(1),
        h(1),
        h["state"],
        error(theano.function, [a, (b, c)], a),
        error(theano.function, [a, ()], a),
    ]


def case_draws_made_outside_of_a_loop(theano, T, np):
    X, W = T.matrix("X"), T.matrix("W")
    streams = T.shared_randomstreams.RandomStreams(1234)
    out = []
    for size in [W[1].shape, (2,)]:
        mask = streams.binomial(size=size)
        y, updates = theano.scan(lambda v, mask=mask: T.tanh(T.dot(v, W)) * mask, sequences=X)
        f = theano.function([X, W], y, updates=updates)
        out += [
            len(updates),
            f(values(theano, 4, 2), values(theano, 2, 2)),
            f(np.ones_like(values(theano, 3, 2)), values(theano, 2, 2)),
        ]
    fixed, updates = theano.scan(lambda v, m: v + m, sequences=X, non_sequences=streams.uniform((2,)))
    return [*out, len(updates), theano.function([X], fixed, updates=updates)(values(theano, 3, 2))]


def case_mrg_draws_made_outside_of_a_loop(theano, T, np):
    from theano.sandbox.rng_mrg import MRG_RandomStreams

    mask = MRG_RandomStreams(3).binomial((3,), p=0.5, dtype=theano.config.floatX)
    total, updates = theano.scan(
        lambda t, s: s + mask * t, [T.arange(4, dtype=theano.config.floatX)], [T.zeros((3,))]
    )
    f = theano.function([], total, updates=updates, allow_input_downcast=True)
    return [f(), f()]


def case_monitor_mode(theano, T, np):
    x = T.vector("x")
    seen = []

    def before(i, node, fn):
        seen.append([i, len(fn.inputs)])

    def after(i, node, fn):
        seen.append(np.asarray(fn.outputs[0][0]))

    mode = theano.compile.MonitorMode(pre_func=before, post_func=after, optimizer=None)
    mode = mode.excluding("fusion")
    f = theano.function([x], [T.exp(x) * x], mode=mode)
    g = theano.function(
        [x], T.log(x), mode=theano.compile.MonitorMode(post_func=theano.compile.monitormode.detect_nan)
    )
    return [f(values(theano, 3)), seen, g(values(theano, 3) ** 2)]


def case_op_without_a_class(theano, T, np):
    from theano import gof

    times = gof.Op()

    def make_node(x, y):
        return gof.Apply(times, [x, y], [T.scalar()])

    def perform(node, inputs, output_storage):
        output_storage[0][0] = np.asarray(inputs[0] * inputs[1])

    times.make_node, times.perform = make_node, perform
    x, y = T.scalars("xy")
    return theano.function([x, y], times(x, y))(3, 4)


def case_debugprint_takes_functions(theano, T, np):
    x = T.vector("x")
    f = theano.function([x], [T.exp(x) * x, x.sum()])
    texts = [
        theano.printing.debugprint(f, file="str"),
        theano.printing.debugprint([x, T.exp(x)], file="str", ids="int"),
        theano.printing.debugprint(T.exp(x), -1, True, "str"),
    ]
    return ["x [id" in text for text in texts]


def case_test_values_of_networks(theano, T, np):
    x, labels = T.matrix("x"), T.ivector("labels")
    x.tag.test_value, labels.tag.test_value = values(theano, 2, 3), np.array([0, 1], "int32")
    W = theano.shared(values(theano, 3, 2), "W")
    with theano.configparser.change_flags(compute_test_value="raise"):
        p = T.nnet.softmax(T.dot(x, W))
        cost = -T.mean(T.log(p)[T.arange(labels.shape[0]), labels])
        gradient = T.grad(cost, W)
        h, _ = theano.scan(
            lambda x_t, h, W: T.tanh(x_t.dot(W) + h),
            sequences=x,
            outputs_info=T.zeros_like(W[0]),
            non_sequences=W,
        )
        through_time = T.grad(h.sum(), W)
        missing = error(lambda: T.matrix("y") + 1)
    found = [v.tag.test_value for v in (p, cost, gradient, h, through_time)]
    return [*found, missing, theano.function([x], through_time)(values(theano, 2, 3))]


def case_gradients_of_an_op_from_a_graph(theano, T, np):
    x, y = T.scalars("xy")
    out = []
    for options in [
        {},
        {"inline": True},
        {"grad_overrides": lambda inputs, gradients: [gradients[0] * 100, inputs[0] * 7]},
        {"grad_overrides": ["default", lambda inputs, gradients: gradients[0] * 9]},
        {"lop_overrides": lambda inputs, outputs, gradients: [outputs[0], gradients[0]]},
        {"rop_overrides": lambda inputs, points: [points[0] * 11]},
    ]:
        op = theano.OpFromGraph([x, y], [x * y], **options)
        out += [theano.function([x, y], [op(x, y), *T.grad(op(x, y), [x, y])])(2, 5)]
    rop = T.Rop(op(x, y), [x, y], [T.ones_like(x), T.ones_like(y)])
    return [*out, theano.function([x, y], rop, on_unused_input="ignore")(2, 5)]


def case_verify_grad_of_an_op_in_python(theano, T, np):
    class Triple(theano.Op):
        __props__ = ()

        def make_node(self, x):
            x = T.as_tensor_variable(x)
            return theano.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = inputs[0] * 3

        def grad(self, inputs, output_gradients):
            return [output_gradients[0] * 3]

    class Wrong(Triple):
        def grad(self, inputs, output_gradients):
            return [output_gradients[0] * 4]

    rng = np.random.RandomState(1)
    point = [values(theano, 2, 2)]
    return [
        error(theano.gradient.verify_grad, Triple(), point, rng=rng),
        error(T.verify_grad, Wrong(), point, rng=rng)[:6],
    ]


def case_numbers_too_large_for_an_input(theano, T, np):
    i, b = T.iscalar(), T.bscalar()
    return [error(theano.function([i], i + 1), 2**40), error(theano.function([b], b), 300)]


def case_flags_of_modules(theano, T, np):
    return [T.config is theano.config, theano.printing.pydot_imported in (True, False)]
