"""Random numbers of theano.sandbox.rng_mrg, bit for bit."""

from . import error, kind, values


def _stream(seed=42, **keywords):
    from theano.sandbox.rng_mrg import MRG_RandomStreams

    return MRG_RandomStreams(seed, **keywords)


def _draws(theano, name, *args, **keywords):
    out = getattr(_stream(), name)(*args, **keywords)
    f = theano.function([], out)
    return [kind(out), f(), f()]


def case_uniform(theano, T, np):
    return _draws(theano, "uniform", (2,))


def case_uniform_float64(theano, T, np):
    return _draws(theano, "uniform", (3,), dtype="float64")


def case_uniform_shapes(theano, T, np):
    return [
        _draws(theano, "uniform", (2, 3)),
        _draws(theano, "uniform", (1,)),
        _draws(theano, "uniform", size=(2, 1, 2)),
    ]


def case_uniform_between(theano, T, np):
    return _draws(theano, "uniform", size=(4,), low=-1.0, high=3.0)


def case_uniform_of_many(theano, T, np):
    out = _stream().uniform((300, 100))
    f = theano.function([], out)
    f()
    a = f()
    return [a[0, :5], a[-1, -5:], a[::60, 7]]


def case_nstreams(theano, T, np):
    return [_draws(theano, "uniform", (7,), nstreams=3), _draws(theano, "uniform", (7,), nstreams=1)]


def case_normal(theano, T, np):
    return [_draws(theano, "normal", (4,)), _draws(theano, "normal", (2, 3))]


def case_normal_odd(theano, T, np):
    return _draws(theano, "normal", (5,))


def case_normal_parameters(theano, T, np):
    return _draws(theano, "normal", size=(4,), avg=5.0, std=0.5)


def case_normal_of_arrays(theano, T, np):
    v = T.vector()
    out = _stream().normal(size=v.shape, avg=v, std=2.0, ndim=1)
    return [kind(out), theano.function([v], out)(values(theano, 4))]


def case_truncated_normal(theano, T, np):
    return _draws(theano, "truncated_normal", (6,))


def case_binomial(theano, T, np):
    return [
        _draws(theano, "binomial", (8,), p=0.4),
        _draws(theano, "binomial", size=(2, 3), n=1, p=0.5, dtype="float32"),
    ]


def case_binomial_of_probabilities(theano, T, np):
    p = T.matrix()
    out = _stream(7).binomial(size=p.shape, n=1, p=p, dtype=theano.config.floatX)
    f = theano.function([p], out)
    a = abs(values(theano, 2, 3)) / 2
    return [kind(out), f(a), f(a)]


def case_binomial_of_more(theano, T, np):
    return error(_stream().binomial, (2,), n=3, p=0.5)


def case_multinomial(theano, T, np):
    m = T.matrix()
    out = _stream().multinomial(n=1, pvals=m)
    a = np.asarray([[0.2, 0.3, 0.5], [0.9, 0.05, 0.05], [0, 0, 1]], theano.config.floatX)
    f = theano.function([m], out)
    return [kind(out), f(a), f(a)]


def case_multinomial_of_more(theano, T, np):
    m = T.matrix()
    f = theano.function([m], _stream().multinomial(n=6, pvals=m, dtype="int32"))
    return f(np.asarray([[0.2, 0.3, 0.5], [0.9, 0.05, 0.05]], theano.config.floatX))


def case_multinomial_errors(theano, T, np):
    stream = _stream()
    return [
        error(stream.multinomial, n=1, pvals=T.vector()),
        error(stream.multinomial),
        error(stream.multinomial, (2,), 1, T.matrix(), 3),
    ]


def case_choice(theano, T, np):
    m = T.matrix()
    out = _stream().choice(size=2, a=None, replace=False, p=m)
    f = theano.function([m], out)
    a = np.asarray([[0.2, 0.3, 0.5], [0.4, 0.3, 0.3]], theano.config.floatX)
    return [kind(out), f(a), f(a)]


def case_choice_errors(theano, T, np):
    stream = _stream()
    return [error(stream.choice, 1, None, False), error(stream.choice, 1, 3, True, T.matrix())]


def case_multinomial_wo_replacement(theano, T, np):
    m = T.matrix()
    out = _stream().multinomial_wo_replacement(n=2, pvals=m)
    a = np.asarray([[0.2, 0.3, 0.5], [0.4, 0.3, 0.3]], theano.config.floatX)
    return [kind(out), theano.function([m], out)(a)]


def case_two_draws(theano, T, np):
    stream = _stream()
    a, b, c = stream.uniform((2,)), stream.uniform((2,)), stream.normal((2,))
    f = theano.function([], [a, b, c])
    return [f(), f()]


def case_symbolic_size(theano, T, np):
    x, n = T.matrix(), T.lscalar()
    stream = _stream()
    outs = [stream.uniform(x.shape), stream.normal((n, 2)), stream.uniform((n,), nstreams=2)]
    return [kind(out) for out in outs] + theano.function([x, n], outs)(values(theano, 2, 2), 3)


def case_seeds(theano, T, np):
    seeds = [1, 12345, 2**30, [1, 2, 3, 4, 5, 6]]
    return [theano.function([], _stream(seed).uniform((2,)))() for seed in seeds]


def case_seed_errors(theano, T, np):
    return [
        error(_stream, 0),
        error(_stream, "a"),
        error(_stream, [1, 2]),
        error(_stream, [0, 0, 0, 1, 1, 1]),
        error(_stream, 2**40),
        error(_stream, np.int64(5)),
    ]


def case_reseed(theano, T, np):
    stream = _stream(3)
    f = theano.function([], stream.uniform((2,)))
    first = f()
    stream.seed(3)
    again = f()
    stream.seed(9)
    return [first, again, f()]


def case_states(theano, T, np):
    stream = _stream()
    out = stream.uniform((2,))
    state = stream.state_updates[0][0]
    before = state.get_value()
    f = theano.function([], out)
    first = f()
    after = state.get_value()
    state.set_value(before)
    return [before, first, after, f(), stream.rstate, kind(state), hasattr(out, "update")]


def case_updates(theano, T, np):
    stream = _stream()
    out = stream.uniform((2,))
    g = theano.function([], out, no_default_updates=True)
    f = theano.function([], out)
    return [g(), g(), f(), f(), len(stream.updates()), [len(update) for update in stream.state_updates]]


def case_size_errors(theano, T, np):
    stream = _stream()
    return [
        error(stream.uniform, (0,)),
        error(stream.uniform, (-2,)),
        error(stream.uniform, (2,), ndim=2),
        error(stream.uniform, 3),
        error(stream.normal, (2, -1)),
    ]


def case_dtypes(theano, T, np):
    stream = _stream()
    made = [
        stream.uniform((2,)),
        stream.uniform((2,), dtype="float32"),
        stream.normal((2,)),
        stream.binomial((2,)),
        stream.binomial((2,), dtype="int8"),
        stream.multinomial(pvals=T.fmatrix()),
    ]
    return [v.dtype for v in made]


def case_integer_parameters(theano, T, np):
    return [_draws(theano, "uniform", (2,), 0, 10), _draws(theano, "normal", (2,), 0, 1)]


def case_dropout(theano, T, np):
    x = T.matrix()
    stream = _stream(np.random.RandomState(4).randint(999999))
    out = T.switch(stream.binomial(size=x.shape, p=0.5), x, 0)
    f = theano.function([x], [out, T.grad(out.sum(), x)])
    return [f(values(theano, 3, 4)), f(values(theano, 3, 4))]


def case_guess_n_streams(theano, T, np):
    from theano.sandbox.rng_mrg import guess_n_streams

    return [guess_n_streams((2, 3), warn=False), guess_n_streams((300, 1000), warn=False)]


def case_gradient_of_a_draw(theano, T, np):
    v = T.vector()
    out = v * _stream().normal(v.shape)
    return theano.function([v], T.grad(out.sum(), v))(values(theano, 3))


def case_skip_ahead(theano, T, np):
    from theano.sandbox.rng_mrg import ff_2p72, ff_2p134

    start = [12345] * 6
    return [[int(n) for n in ff_2p134(start)], [int(n) for n in ff_2p72(start)]]
