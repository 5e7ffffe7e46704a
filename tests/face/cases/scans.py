"""Loops."""

from . import error, kind, values


def case_scan_power(theano, T, np):
    x, n = T.vector("A"), T.iscalar("k")
    result, updates = theano.scan(
        fn=lambda prior, a: prior * a, outputs_info=T.ones_like(x), non_sequences=x, n_steps=n
    )
    f = theano.function([x, n], result[-1], updates=updates)
    return [kind(result), f(values(theano, 3), 2), len(updates), type(updates).__name__]


def case_scan_polynomial(theano, T, np):
    c, x = T.vector("c"), T.scalar("x")
    parts, updates = theano.scan(
        fn=lambda a, power, free: a * free**power,
        outputs_info=None,
        sequences=[c, T.arange(10)],
        non_sequences=x,
    )
    return [len(updates), theano.function([c, x], [parts, parts.sum()])(values(theano, 3), 1.5)]


def case_scan_accumulates(theano, T, np):
    x = T.vector()
    out, _ = theano.scan(lambda v, s: s + v, sequences=x, outputs_info=np.asarray(0, theano.config.floatX))
    return [kind(out), theano.function([x], [out, T.grad(out[-1] ** 2, x)])(values(theano, 4))]


def case_scan_initial_python_numbers(theano, T, np):
    x = T.dvector()
    out, _ = theano.scan(lambda v, s: T.cast(s + v, "float64"), sequences=x, outputs_info=[np.float64(0)])
    return [
        theano.function([x], out)([1.0, 2.0]),
        error(theano.scan, lambda v, s: s + v, sequences=x, outputs_info=[0]),
    ]


def case_scan_dtype_errors(theano, T, np):
    x = T.fvector()
    return [
        error(theano.scan, lambda v, s: T.cast(s + v, "float64"), sequences=x, outputs_info=T.fscalar()),
        error(theano.scan, lambda v, s: s + v, sequences=T.dvector(), outputs_info=T.iscalar()),
        error(theano.scan, lambda v, s: T.stack([s, v]), sequences=x, outputs_info=T.fscalar()),
    ]


def case_scan_single_step_is_a_row(theano, T, np):
    x = T.vector()
    out, _ = theano.scan(lambda s: 2 * s, outputs_info=x, n_steps=1)
    return [kind(out), theano.function([x], out)(values(theano, 2))]


def case_scan_no_sequence(theano, T, np):
    out, _ = theano.scan(
        lambda a, b: [b, a + b], outputs_info=[T.constant(np.int64(0)), T.constant(np.int64(1))], n_steps=8
    )
    return [type(out).__name__, [kind(v) for v in out], theano.function([], out)()]


def case_scan_returns(theano, T, np):
    x = T.vector()
    one, _ = theano.scan(lambda v: v + 1, sequences=[x])
    listed, _ = theano.scan(lambda v: [v + 1], sequences=[x], return_list=True)
    two, _ = theano.scan(lambda v: (v + 1, v * 2), sequences=[x])
    return [
        type(one).__name__,
        type(listed).__name__,
        type(two).__name__,
        theano.function([x], [one, *listed, *two])(values(theano, 2)),
    ]


def case_scan_many_outputs(theano, T, np):
    x = T.matrix()
    (a, b, c), _ = theano.scan(
        lambda r, s: (s + r.sum(), r * 2, r.max()),
        sequences=x,
        outputs_info=[np.asarray(0, theano.config.floatX), None, None],
    )
    return [[kind(v) for v in (a, b, c)], theano.function([x], [a, b, c])(values(theano, 3, 2))]


def case_scan_taps(theano, T, np):
    x, init = T.vector(), T.vector()
    out, _ = theano.scan(
        lambda v, a, b: v + a * b, sequences=x, outputs_info=[{"initial": init, "taps": [-2, -1]}]
    )
    return [
        theano.function([x, init], out)(values(theano, 3), values(theano, 2)),
        theano.function([x, init], T.grad(out.sum(), [x, init]))(values(theano, 3), values(theano, 2)),
    ]


def case_scan_sequence_taps(theano, T, np):
    x = T.vector()
    out, _ = theano.scan(lambda a, b, c: a + 2 * b + 3 * c, sequences=dict(input=x, taps=[-1, 0, 2]))
    return theano.function([x], out)(values(theano, 6))


def case_scan_taps_errors(theano, T, np):
    x = T.vector()
    return [
        error(theano.scan, lambda a: a, outputs_info=[{"initial": x, "taps": [0]}], n_steps=2),
        error(theano.scan, lambda a: a, outputs_info=[{"taps": [-2]}], n_steps=2),
        error(theano.scan, lambda a: a),
        error(theano.scan, lambda a: a, sequences=x, nothing=1),
    ]


def case_scan_backwards(theano, T, np):
    x = T.vector()
    out, _ = theano.scan(
        lambda v, s: s * 0.5 + v, sequences=x, outputs_info=T.zeros_like(x[0]), go_backwards=True
    )
    return theano.function([x], [out, T.grad(out[-1], x)])(values(theano, 4))


def case_scan_n_steps(theano, T, np):
    x, n = T.vector(), T.lscalar()
    out, _ = theano.scan(lambda v: v * 2, sequences=x, n_steps=n)
    back, _ = theano.scan(lambda v: v * 2, sequences=x, n_steps=2)
    f = theano.function([x, n], [out, back])
    return [f(values(theano, 4), 3), error(f, values(theano, 2), 3)]


def case_scan_n_steps_zero(theano, T, np):
    x, n = T.vector(), T.lscalar()
    out, _ = theano.scan(lambda s: s * 2, outputs_info=x, n_steps=n)
    f = theano.function([x, n], out)
    return [error(f, values(theano, 2), 0), f(values(theano, 2), 1)]


def case_scan_sequences_of_unequal_length(theano, T, np):
    x, y = T.vectors("xy")
    out, _ = theano.scan(lambda a, b: a * b, sequences=[x, y])
    return theano.function([x, y], out)(values(theano, 4), values(theano, 2))


def case_scan_truncate_gradient(theano, T, np):
    x, w = T.vector(), T.scalar()
    out, _ = theano.scan(
        lambda v, s, w: T.tanh(s * w + v),
        sequences=x,
        outputs_info=T.zeros_like(x[0]),
        non_sequences=w,
        truncate_gradient=2,
    )
    return theano.function([x, w], T.grad(out[-1], [x, w]))(values(theano, 5), 0.5)


def case_scan_until(theano, T, np):
    limit = T.scalar()
    out, _ = theano.scan(
        lambda p, m: (p * 2, theano.scan_module.until(p * 2 > m)),
        outputs_info=T.constant(np.asarray(1, theano.config.floatX)),
        non_sequences=limit,
        n_steps=100,
    )
    return [kind(out), theano.function([limit], out)(45)]


def case_scan_until_with_updates(theano, T, np):
    limit = T.scalar()
    count = theano.shared(np.asarray(0, theano.config.floatX))

    def step(p, m):
        return p * 3, {count: count + 1}, theano.scan_module.until(p > m)

    out, updates = theano.scan(
        step, outputs_info=T.constant(np.asarray(1, theano.config.floatX)), non_sequences=limit, n_steps=50
    )
    return [theano.function([limit], out, updates=updates)(20), count.get_value()]


def case_scan_updates_as_list_and_dict(theano, T, np):
    a, b = theano.shared(1), theano.shared(1)
    _, first = theano.scan(lambda: {a: a * 2}, n_steps=5)
    values_, second = theano.scan(lambda: (b + 1, [(b, b + 2)]), n_steps=4)
    f = theano.function([], values_, updates=first + second)
    return [f(), a.get_value(), b.get_value(), len(first + second)]


def case_scan_updates_type(theano, T, np):
    a = theano.shared(1.0)
    _, updates = theano.scan(lambda: {a: a * 2}, n_steps=3)
    more = updates + {theano.shared(2.0): T.dscalar()}
    collision = error(updates.update, {a: updates[a] + 1})
    theano.function([], [], updates=updates)()
    return [
        type(updates).__name__,
        len(more),
        collision,
        a.get_value(),
        isinstance(updates, theano.OrderedUpdates),
    ]


def case_scan_shared_in_the_body(theano, T, np):
    w = theano.shared(values(theano, 2, 2))
    x = T.matrix()
    out, _ = theano.scan(
        lambda v, h: T.tanh(T.dot(v, w) + h), sequences=x, outputs_info=T.zeros((2,), theano.config.floatX)
    )
    return theano.function([x], [out, T.grad(out.sum(), w)])(values(theano, 3, 2))


def case_scan_strict(theano, T, np):
    w = theano.shared(values(theano, 2))
    x = T.matrix()
    good, _ = theano.scan(lambda v, w: v * w, sequences=x, non_sequences=[w], strict=True)
    return [
        theano.function([x], good)(values(theano, 2, 2)),
        error(theano.scan, lambda v: v * w, sequences=x, strict=True),
    ]


def case_scan_non_sequences(theano, T, np):
    x, a, b = T.vector(), T.scalar(), T.vector()
    out, _ = theano.scan(lambda v, a, b, c: v * a + b.sum() + c, sequences=x, non_sequences=[a, b, 3])
    return theano.function([x, a, b], out)(values(theano, 2), 2, values(theano, 2))


def case_scan_nested(theano, T, np):
    m = T.matrix()

    def outer(row, total):
        inner, _ = theano.scan(lambda v, s: s + v**2, sequences=row, outputs_info=T.zeros_like(row[0]))
        return total + inner[-1]

    out, _ = theano.scan(outer, sequences=m, outputs_info=T.zeros_like(m[0, 0]))
    return theano.function([m], [out, T.grad(out[-1], m)])(values(theano, 2, 3))


def case_scan_recurrent_network(theano, T, np):
    u, h0 = T.matrix("u"), T.vector("h0")
    w_in, w, w_out = (theano.shared(values(theano, *s)) for s in ((2, 3), (3, 3), (3, 1)))

    def step(u_t, h, w_in, w, w_out):
        h = T.tanh(T.dot(u_t, w_in) + T.dot(h, w))
        return h, T.dot(h, w_out)

    (h, y), _ = theano.scan(step, sequences=u, outputs_info=[h0, None], non_sequences=[w_in, w, w_out])
    cost = ((y - 1) ** 2).mean()
    return theano.function([u, h0], [h, y, *T.grad(cost, [w_in, w, w_out, h0])])(
        values(theano, 4, 2), values(theano, 3)
    )


def case_scan_softmax_of_vectors(theano, T, np):
    x = T.matrix()
    y, _ = theano.scan(lambda v: T.nnet.softmax(v), sequences=x)
    return [kind(y), theano.function([x], [y[:, 0, :], T.argmax(y[:, 0, :], axis=1)])(values(theano, 2, 3))]


def case_scan_random(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(7)
    p = T.vector()
    out, updates = theano.scan(
        lambda s: stream.binomial(s.shape, n=1, p=0.5 * s + 0.25, dtype=theano.config.floatX),
        outputs_info=p,
        n_steps=3,
    )
    f = theano.function([p], out, updates=updates)
    return [f(np.ones(4, theano.config.floatX)), f(np.zeros(4, theano.config.floatX)), len(updates)]


def case_scan_random_without_passing_updates(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(7)
    out, updates = theano.scan(lambda: stream.uniform((2,)), n_steps=2)
    f = theano.function([], out)
    g = theano.function([], out, updates=updates)
    return [len(updates), f(), g(), g()]


def case_scan_mrg(theano, T, np):
    from theano.sandbox.rng_mrg import MRG_RandomStreams

    stream = MRG_RandomStreams(5)
    out, updates = theano.scan(
        lambda s: s + stream.normal((2,)), outputs_info=T.zeros((2,), theano.config.floatX), n_steps=3
    )
    f = theano.function([], out, updates=updates)
    return [f(), f(), len(updates)]


def case_gibbs_chain(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(123)
    w = theano.shared(values(theano, 4, 3))
    v = T.matrix()

    def step(v):
        h_mean = T.nnet.sigmoid(T.dot(v, w))
        h = stream.binomial(size=h_mean.shape, n=1, p=h_mean, dtype=theano.config.floatX)
        v_mean = T.nnet.sigmoid(T.dot(h, w.T))
        return [h, v_mean, stream.binomial(size=v_mean.shape, n=1, p=v_mean, dtype=theano.config.floatX)]

    (h, v_mean, v_out), updates = theano.scan(step, outputs_info=[None, None, v], n_steps=3)
    end = v_out[-1]
    cost = T.mean(T.sum(T.dot(v, w) ** 2, axis=1)) - T.mean(T.sum(T.dot(end, w) ** 2, axis=1))
    g = T.grad(cost, w, consider_constant=[end])
    f = theano.function([v], [h, v_mean, v_out, g], updates=updates)
    a = np.asarray([[1, 0, 1, 0], [0, 1, 1, 1]], theano.config.floatX)
    return [f(a), f(a)]


def case_map(theano, T, np):
    x = T.vector()
    out, updates = theano.map(lambda v: v**2, x)
    back, _ = theano.map(lambda v, k: v * k, sequences=[x], non_sequences=2, go_backwards=True)
    return [theano.function([x], [out, back])(values(theano, 3)), len(updates)]


def case_reduce(theano, T, np):
    x = T.vector()
    out, _ = theano.reduce(lambda v, s: s + v, x, T.zeros_like(x[0]))
    return [kind(out), theano.function([x], out)(values(theano, 3))]


def case_foldl_foldr(theano, T, np):
    x = T.vector()
    left, _ = theano.foldl(lambda v, s: s * 0.5 + v, x, T.zeros_like(x[0]))
    right, _ = theano.foldr(lambda v, s: s * 0.5 + v, x, T.zeros_like(x[0]))
    return [kind(left), theano.function([x], [left, right])(values(theano, 3))]


def case_scan_checkpoints(theano, T, np):
    x = T.vector()
    out, _ = theano.scan_checkpoints(
        fn=lambda prior, a: prior * a,
        outputs_info=[T.ones_like(x)],
        non_sequences=[x],
        n_steps=6,
        save_every_N=2,
    )
    return [kind(out), theano.function([x], [out[-1], T.grad(out[-1].sum(), x)])(values(theano, 3))]


def case_scan_module_names(theano, T, np):
    from theano.scan_module import foldl, foldr, map, reduce, scan, until
    from theano.scan_module.scan_utils import until as same

    return [
        scan is theano.scan,
        foldl is theano.foldl,
        foldr is theano.foldr,
        map is theano.map,
        reduce is theano.reduce,
        until is same,
    ]


def case_scan_gradient_twice(theano, T, np):
    x = T.scalar()
    out, _ = theano.scan(lambda s, x: s * x, outputs_info=T.ones_like(x), non_sequences=x, n_steps=4)
    return theano.function([x], [T.grad(out[-1], x), T.grad(T.grad(out[-1], x), x)])(1.5)


def case_scan_jacobian_by_hand(theano, T, np):
    x = T.vector()
    y = x**2 * x[0]
    j, updates = theano.scan(
        lambda i, y, x: T.grad(y[i], x), sequences=T.arange(y.shape[0]), non_sequences=[y, x]
    )
    return theano.function([x], j, updates=updates)(values(theano, 3))


def case_scan_set_positions(theano, T, np):
    where, what = T.imatrix(), T.vector()
    model = T.matrix()
    out, _ = theano.scan(
        lambda p, v, m: T.set_subtensor(T.zeros_like(m)[p[0], p[1]], v),
        sequences=[where, what],
        non_sequences=model,
    )
    return theano.function([where, what, model], out)(
        [[0, 0], [1, 1]], values(theano, 2), values(theano, 2, 2)
    )


def case_scan_integers(theano, T, np):
    n = T.lscalar()
    out, _ = theano.scan(lambda i, s: s + i, sequences=T.arange(n), outputs_info=T.constant(np.int64(0)))
    return [kind(out), theano.function([n], out)(5)]


def case_scan_matrix_sequence_of_a_shared(theano, T, np):
    data = theano.shared(values(theano, 3, 2))
    out, _ = theano.scan(lambda r: T.dot(r, r), sequences=data)
    return theano.function([], out)()


def case_scan_mode_and_name(theano, T, np):
    x = T.vector()
    out, _ = theano.scan(lambda v: v + 1, sequences=x, name="loop", mode="FAST_COMPILE", profile=False)
    return [theano.function([x], out)(values(theano, 2)), out.owner is not None]


def case_scan_lstm_style(theano, T, np):
    x = T.matrix()
    w = theano.shared(values(theano, 2, 8))
    u = theano.shared(values(theano, 2, 8)[::-1])

    def step(x_t, h, c):
        z = T.dot(x_t, w) + T.dot(h, u)
        i, f, o, g = T.nnet.sigmoid(z[:2]), T.nnet.sigmoid(z[2:4]), T.nnet.sigmoid(z[4:6]), T.tanh(z[6:])
        c = f * c + i * g
        return o * T.tanh(c), c

    zero = T.zeros((2,), dtype=theano.config.floatX)
    (h, c), _ = theano.scan(step, sequences=x, outputs_info=[zero, zero])
    return theano.function([x], [h, c, T.grad(h[-1].sum(), w)])(values(theano, 3, 2))


def case_scan_viterbi_style(theano, T, np):
    start, move, emit = T.vector(), T.matrix(), T.matrix()
    seen = T.ivector()

    def step(o, before):
        scores = before.dimshuffle(0, "x") * move
        return T.max(scores, axis=0) * emit[:, o], T.argmax(scores, axis=0)

    (best, back), _ = theano.scan(step, sequences=seen[1:], outputs_info=[start * emit[:, seen[0]], None])
    f = theano.function([start, move, emit, seen], [best, back])
    return f(abs(values(theano, 2)), abs(values(theano, 2, 2)), abs(values(theano, 2, 3)), [0, 2, 1])
