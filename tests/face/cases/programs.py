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
