"""Random numbers of shared_randomstreams and raw_random, bit for bit."""

from . import error, kind, values


def _draws(theano, T, np, name, *args, **keywords):
    stream = T.shared_randomstreams.RandomStreams(234)
    out = getattr(stream, name)(*args, **keywords)
    f = theano.function([], out)
    return [kind(out), f(), f()]


def case_uniform(theano, T, np):
    return _draws(theano, T, np, "uniform", (2, 3))


def case_uniform_between(theano, T, np):
    return _draws(theano, T, np, "uniform", size=(3,), low=-1.0, high=2.0)


def case_normal(theano, T, np):
    return _draws(theano, T, np, "normal", (2, 3))


def case_normal_parameters(theano, T, np):
    return _draws(theano, T, np, "normal", size=(4,), avg=1.0, std=0.5)


def case_binomial(theano, T, np):
    return _draws(theano, T, np, "binomial", size=(6,), n=1, p=0.3)


def case_binomial_of_more(theano, T, np):
    return _draws(theano, T, np, "binomial", (6,), 10, 0.3)


def case_binomial_of_probabilities(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(7)
    p = T.matrix()
    out = stream.binomial(size=p.shape, n=1, p=p, dtype=theano.config.floatX)
    f = theano.function([p], out)
    a = abs(values(theano, 2, 3)) / 2
    return [kind(out), f(a), f(a)]


def case_binomial_without_size(theano, T, np):
    p = T.vector()
    stream = T.shared_randomstreams.RandomStreams(7)
    out = stream.binomial(p=p)
    return [kind(out), theano.function([p], out)(np.asarray([0.2, 0.5, 0.9], theano.config.floatX))]


def case_random_integers(theano, T, np):
    return _draws(theano, T, np, "random_integers", (5,), 0, 9)


def case_random_integers_default(theano, T, np):
    return _draws(theano, T, np, "random_integers", (5,))


def case_choice(theano, T, np):
    return [
        _draws(theano, T, np, "choice", (4,), 5),
        _draws(theano, T, np, "choice", (3,), [2, 5, 7], True, [0.2, 0.3, 0.5]),
    ]


def case_choice_without_replacement(theano, T, np):
    return _draws(theano, T, np, "choice", (4,), 6, False)


def case_poisson(theano, T, np):
    return _draws(theano, T, np, "poisson", (5,), lam=3.0)


def case_multinomial(theano, T, np):
    return _draws(theano, T, np, "multinomial", (2,), 5, [0.2, 0.3, 0.5])


def case_multinomial_default(theano, T, np):
    return _draws(theano, T, np, "multinomial", (2,), 1, [0.5, 0.5], ndim=1, dtype="int64")


def case_permutation(theano, T, np):
    return [_draws(theano, T, np, "permutation", (), 5), _draws(theano, T, np, "permutation", (2,), 4)]


def case_shuffle_row_elements(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(234)
    m = T.matrix()
    f = theano.function([m], stream.shuffle_row_elements(m))
    return [f(values(theano, 2, 3)), f(values(theano, 2, 3))]


def case_scalar_draws(theano, T, np):
    return [_draws(theano, T, np, "uniform"), _draws(theano, T, np, "normal", ())]


def case_symbolic_size(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(3)
    x, n = T.matrix(), T.lscalar()
    outs = [stream.normal(x.shape), stream.uniform((n, 2)), stream.uniform(size=x.shape, ndim=2)]
    return [kind(out) for out in outs] + theano.function([x, n], outs)(values(theano, 2, 2), 3)


def case_parameters_broadcast(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(3)
    v, m = T.vector(), T.matrix()
    outs = [stream.normal(avg=v, std=1.0), stream.uniform(low=v, high=m), stream.normal((2, 2), avg=v)]
    return [kind(out) for out in outs] + theano.function([v, m], outs)(
        values(theano, 2), values(theano, 2, 2) + 5
    )


def case_dtypes(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(3)
    made = [
        stream.uniform((2,), dtype="float32"),
        stream.normal((2,), dtype="float64"),
        stream.binomial((2,), dtype="int32"),
        stream.binomial((2,), dtype="float32"),
        stream.uniform((2,)),
        stream.random_integers((2,), dtype="int8"),
    ]
    return [kind(v) for v in made] + theano.function([], made)()


def case_many_streams_of_one_seed(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(seed=42)
    a, b, c = stream.uniform((2,)), stream.uniform((2,)), stream.normal((2,))
    f = theano.function([], [a, b, c])
    return [f(), f()]


def case_one_draw_used_twice(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(1)
    a = stream.uniform((2,))
    return theano.function([], [a, a + 0, a - a])()


def case_updates(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(1)
    a = stream.uniform((2,))
    f = theano.function([], a)
    g = theano.function([], a, no_default_updates=True)
    h = theano.function([], a, updates=[a.update])
    return [f(), g(), g(), h(), f(), len(stream.updates()), len(a.update)]


def case_seed(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(1)
    a, b = stream.uniform((2,)), stream.normal((2,))
    f = theano.function([], [a, b])
    first = f()
    stream.seed(99)
    second = f()
    stream.seed(1)
    third = f()
    stream.seed()
    return [first, second, third, f()]


def case_set_state_of_one_draw(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(1)
    a = stream.uniform((2,))
    f = theano.function([], a)
    state = a.rng.get_value(borrow=True)
    state.seed(89234)
    a.rng.set_value(state, borrow=True)
    return [f(), np.random.RandomState(89234).uniform(size=2).astype(theano.config.floatX)]


def case_get_state(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(1)
    a = stream.uniform((2,))
    f = theano.function([], a)
    before = a.rng.get_value().get_state()
    first = f()
    state = np.random.RandomState()
    state.set_state(before)
    a.rng.set_value(state)
    return [before[0], before[1][:4], before[2], first, f(), type(a.rng.get_value()).__name__]


def case_item_of_stream(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(1)
    a = stream.uniform((2,))
    f = theano.function([], a)
    stream[a.rng].seed(5) if hasattr(stream, "__getitem__") else a.rng.get_value(borrow=True).seed(5)
    return f().shape


def case_state_updates(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(1)
    a, b = stream.uniform((2,)), stream.normal(())
    return [
        len(stream.state_updates),
        stream.state_updates[0][0] is a.rng,
        stream.state_updates[1][1].type == b.rng.type,
    ]


def case_shared_random_state(theano, T, np):
    from theano.tensor.shared_randomstreams import RandomStateSharedVariable

    state = theano.shared(np.random.RandomState(5))
    return [isinstance(state, RandomStateSharedVariable), state.get_value().uniform(size=2)]


def case_raw_random(theano, T, np):
    from theano.tensor import raw_random as raw

    r = raw.random_state_type()
    new, out = raw.uniform(r, (2,), 0.0, 2.0)
    newer, out2 = raw.normal(new, (2,), avg=1.0)
    f = theano.function(
        [theano.In(r, value=np.random.RandomState(55), update=newer, mutable=True)], [out, out2]
    )
    return [kind(out), f(), f()]


def case_raw_random_more(theano, T, np):
    from theano.tensor import raw_random as raw

    r = raw.random_state_type()
    outs = [
        raw.binomial(r, (4,), n=3, p=0.5)[1],
        raw.random_integers(r, (4,), 1, 6)[1],
        raw.permutation(r, n=5)[1],
        raw.poisson(r, (3,), lam=2.0)[1],
        raw.choice(r, (3,), 5)[1],
        raw.multinomial(r, (2,), 3, [0.5, 0.5])[1],
    ]
    f = theano.function([r], outs)
    return [kind(out) for out in outs] + f(np.random.RandomState(3))


def case_raw_random_helper(theano, T, np):
    from theano.tensor.raw_random import RandomFunction, random_state_type

    r = random_state_type()
    op = RandomFunction("uniform", T.dvector)
    out = op(r, (3,), 0.0, 1.0)[1]
    return [kind(out), theano.function([r], out)(np.random.RandomState(8))]


def case_errors(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(1)
    return [
        error(stream.uniform, "a"),
        error(stream.normal, (2,), ndim=3),
        error(stream.binomial, (2,), 1, 0.5, dtype="nothing"),
        error(T.shared_randomstreams.RandomStreams, "a"),
        error(stream.uniform, (2.5,)),
    ]


def case_dropout(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(np.random.RandomState(4).randint(999999))
    x = T.matrix()
    mask = stream.binomial(n=1, p=0.5, size=x.shape)
    out = x * T.cast(mask, theano.config.floatX)
    f = theano.function([x], [out, T.grad(out.sum(), x)])
    return [f(values(theano, 3, 4)), f(values(theano, 3, 4))]


def case_default_instance_seed(theano, T, np):
    first, second = (T.shared_randomstreams.RandomStreams(seed=n) for n in (2**30, 0))
    return [theano.function([], s.uniform((2,)))() for s in (first, second)]


def case_monte_carlo(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(11)
    x, y = stream.uniform((1000,)), stream.uniform((1000,))
    return theano.function([], 4 * T.mean(T.cast(x**2 + y**2 < 1, theano.config.floatX)))()


def case_gradient_of_reparametrised_normal(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(11)
    m, s = T.vector(), T.vector()
    z = m + T.nnet.softplus(s) * stream.normal(m.shape)
    return theano.function([m, s], [z, *T.grad((z**2).sum(), [m, s])])(values(theano, 3), values(theano, 3))


def case_normal_of_arrays(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(11)
    out = stream.normal(size=(2, 2), avg=np.asarray([0.0, 10.0]), std=np.asarray([[1.0], [0.1]]), ndim=2)
    return [kind(out), theano.function([], out)()]
