"""Programs that draw random numbers, for Theano and for its names on PyTensor: each returns arrays by name.

`make_random.py` runs them with the original Theano, and `test_random.py` with ours.
"""

import numpy as np

PROGRAMS = {}


def program(*seeds):
    """Enter a function of theano, a seed and a compilation mode as a program for each seed."""

    def enter(function):
        for seed in seeds:
            PROGRAMS[function.__name__ + " " + str(seed)] = (function, seed)
        return function

    return enter


def drawn(theano, draws, mode, calls=2, inputs=(), values=()):
    """Return each draw's numbers in a few calls, one below the other, of a function of all draws."""
    names = sorted(draws)
    f = theano.function(list(inputs), [draws[name] for name in names], mode=mode)
    results = [f(*values) for _ in range(calls)]
    return {name: np.stack([numbers[i] for numbers in results]) for i, name in enumerate(names)}


def state_numbers(state):
    """Return some numbers of a RandomState that tell it from others."""
    _, keys, position, has_gauss, gauss = state.get_state()
    return np.array([keys[0], keys[300], keys[623], position, has_gauss, gauss], dtype="float64")


@program(0, 7, 234, 2**30 - 1)
def legacy_floats(theano, seed, mode):
    s = theano.tensor.shared_randomstreams.RandomStreams(seed)
    f32, f64 = (np.array([[0.5], [2.0]], dtype=dtype) for dtype in ("float32", "float64"))
    return drawn(
        theano,
        {
            "uniform": s.uniform((2, 3)),
            "uniform of bounds": s.uniform((4,), -2, 0.1),
            "uniform float32 bounds": s.uniform(low=f32, high=[3, 4, 5]),
            "uniform float64 bounds": s.uniform(low=f64, high=5.5),
            "uniform -1": s.uniform((3, -1, 2), low=f32),
            "uniform float32": s.uniform((3,), dtype="float32"),
            "uniform of one": s.uniform((2, 1)),
            "uniform scalar": s.uniform(),
            "normal odd": s.normal((3,)),
            "normal": s.normal((2, 2), 3.5, 0.25),
            "normal of vectors": s.normal(avg=[1.0, 20.0], std=f64),
            "normal float32": s.normal((5,), dtype="float32"),
        },
        mode,
        calls=3,
    )


@program(1, 42, 9999)
def legacy_integers(theano, seed, mode):
    s = theano.tensor.shared_randomstreams.RandomStreams(seed)
    return drawn(
        theano,
        {
            "binomial": s.binomial((7,)),
            "binomial of 20": s.binomial((2, 3), n=20, p=0.3),
            "binomial of 1000": s.binomial((5,), 1000, 0.7),
            "binomial of vectors": s.binomial(n=[1, 50, 500], p=[[0.25], [0.5]]),
            "binomial floats": s.binomial((4,), 1, 0.9, dtype="float32"),
            "integers": s.random_integers((9,)),
            "integers of bounds": s.random_integers((3, 3), -5, 100),
            "integers to 127": s.random_integers((5,), 120, 127),
            "integers far": s.random_integers((3,), 0, 2**40),
            "integers of vectors": s.random_integers(low=[0, 10, 1000], high=[[20000], [2000]]),
            "integers int8": s.random_integers((4,), 0, 9, dtype="int8"),
            "poisson": s.poisson((6,), lam=2.5),
            "poisson of 100": s.poisson((2, 2), 100.0),
        },
        mode,
    )


@program(3, 31415)
def legacy_sets(theano, seed, mode):
    s = theano.tensor.shared_randomstreams.RandomStreams(seed)
    x = theano.tensor.as_tensor_variable(np.arange(12.0).reshape(3, 4))
    return drawn(
        theano,
        {
            "choice": s.choice((6,), 9),
            "choice of values": s.choice((3, 2), [2, 4, 8, 16]),
            "choice without replacement": s.choice((4,), 6, False),
            "choice with probabilities": s.choice((5,), 3, True, [0.2, 0.3, 0.5]),
            "choice of one": s.choice((), 1000),
            "permutation": s.permutation(n=8),
            "permutations": s.permutation((2, 2), 5),
            "multinomial": s.multinomial((3,), 10, [0.2, 0.3, 0.5]),
            "multinomial of rows": s.multinomial(n=[4, 9], pvals=[[0.25, 0.75], [1.0, 0.0]]),
            "multinomial of one": s.multinomial((4,), 1, [0.1] * 10),
            "multinomial default": s.multinomial((2, 2)),
            "shuffled": s.shuffle_row_elements(x),
        },
        mode,
    )


@program(5, 1234)
def legacy_states(theano, seed, mode):
    s = theano.tensor.shared_randomstreams.RandomStreams(seed)
    u, z = s.uniform((2,)), s.normal((3,))
    f = theano.function([], [u, z], mode=mode)
    results = {"first": np.concatenate(f()), "second": np.concatenate(f())}
    results["state"] = state_numbers(z.rng.get_value())
    s.seed(seed + 1)
    results["seeded anew"] = np.concatenate(f())
    s.seed()
    results["seeded as at first"] = np.concatenate(f())
    z.rng.set_value(u.rng.get_value())
    results["same state"] = np.concatenate(f())
    s[u.rng] = np.random.RandomState(3)
    results["own state"] = np.concatenate(f())
    results["own state afterwards"] = state_numbers(s[u.rng])
    g = theano.function([], u, no_default_updates=True, mode=mode)
    results["without updates"] = np.stack([g(), g()])
    h = theano.function([], z, updates=s.updates(), mode=mode)
    results["all updates"] = np.concatenate([h(), h(), f()[0]])
    return results


@program(11)
def legacy_symbolic(theano, seed, mode):
    T, floatX = theano.tensor, theano.config.floatX
    s = T.shared_randomstreams.RandomStreams(seed)
    n, v, p = T.iscalar(), T.lvector(), T.matrix()
    return drawn(
        theano,
        {
            "number": s.uniform((n, 2)),
            "vector": s.normal(v, ndim=2),
            "shape": s.binomial(p.shape, 1, p),
            "shape, floatX": s.binomial(size=p.shape, n=1, p=p, dtype=floatX),
            "vectors": s.multinomial(size=(n,), n=3, pvals=[0.5, 0.25, 0.25]),
            "permutation": s.permutation((2,), n=n),
        },
        mode,
        inputs=[n, v, p],
        values=[3, [2, 2], np.array([[0.25, 0.75, 0.5]], dtype=floatX)],
    )


@program(17, 2468)
def legacy_scan(theano, seed, mode):
    T, floatX = theano.tensor, theano.config.floatX
    s = T.shared_randomstreams.RandomStreams(seed)
    w = theano.shared(np.linspace(-1, 1, 6).reshape(2, 3).astype(floatX))

    def sigmoid(x):
        return T.cast(0.5 + 0.5 * T.tanh(0.5 * x), floatX)

    def gibbs(v):
        h = s.binomial(size=(2, 2), n=1, p=sigmoid(T.dot(v, w.T)), dtype=floatX)
        return s.binomial(size=v.shape, n=1, p=sigmoid(T.dot(h, w)), dtype=floatX)

    v = T.matrix()
    chain, updates = theano.scan(gibbs, outputs_info=[v], n_steps=4)
    f = theano.function([v], chain, updates=updates, mode=mode)
    start = np.ones((2, 3), dtype=floatX)
    noise, noise_updates = theano.scan(lambda: s.normal((2,)), n_steps=3)
    g = theano.function([], noise, updates=noise_updates, mode=mode)
    return {"chain": np.stack([f(start), f(start)]), "noise": np.stack([g(), g()])}


@program(21, 22)
def legacy_raw(theano, seed, mode):
    T = theano.tensor
    raw = T.raw_random
    state = raw.random_state_type()
    next_state, x = raw.normal(state, (3,))
    next_state, y = raw.random_integers(next_state, (4,), 1, 6)
    next_state, z = raw.RandomFunction("lognormal", T.dvector)(next_state, (2,), 0.0, 1.0)
    f = theano.function([state], [next_state, x, y, z], mode=mode)
    given = np.random.RandomState(seed)
    after, *numbers = f(given)
    again, *more = f(after)
    return {
        "x": np.stack([numbers[0], more[0]]),
        "y": np.stack([numbers[1], more[1]]),
        "z": np.stack([numbers[2], more[2]]),
        "given": state_numbers(given),
        "after": state_numbers(again),
    }


@program(42, 12345, 2**31 - 21070, (1, 2, 3, 4, 5, 6))
def mrg_uniforms(theano, seed, mode):
    s = theano.sandbox.rng_mrg.MRG_RandomStreams(seed)
    return drawn(
        theano,
        {
            "two": s.uniform((2,)),
            "seven": s.uniform((7,)),
            "matrix": s.uniform((5, 8), -1, 3),
            "bounds": s.uniform((2, 3), [0, 1, 2], [[10], [20]]),
            "one stream": s.uniform((9,), nstreams=1),
            "float32": s.uniform((6,), dtype="float32"),
            "float64": s.uniform((6,), dtype="float64"),
            "of one": s.uniform((3, 1)),
            "NumPy's integers": s.uniform((np.int64(2), np.int64(2))),
            "binomial": s.binomial((3, 4), p=0.3),
            "binomial of a vector": s.binomial((3,), 1, [0.1, 0.5, 0.9], dtype="float32"),
        },
        mode,
        calls=3,
    )


@program(7, 1000)
def mrg_normals(theano, seed, mode):
    s = theano.sandbox.rng_mrg.MRG_RandomStreams(seed)
    return drawn(
        theano,
        {
            "even": s.normal((4,)),
            "odd": s.normal((3, 3), 2, 0.5),
            "number": s.normal(5),
            "vectors": s.normal([2, 2], [1.0, 5.0], [[0.5], [2.0]]),
            "float32": s.normal((3,), dtype="float32"),
            "few streams": s.normal((8,), nstreams=3),
            "truncated at two deviations": s.normal((30,), truncate=True),
            "truncated": s.truncated_normal((21,), 1.0, 3.0),
        },
        mode,
    )


@program(2, 77)
def mrg_sets(theano, seed, mode):
    s = theano.sandbox.rng_mrg.MRG_RandomStreams(seed)
    p = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1], [0, 0, 1, 0]], dtype=theano.config.floatX)
    q = np.array([[0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25]], dtype=theano.config.floatX)
    return drawn(
        theano,
        {
            "multinomial": s.multinomial(pvals=p),
            "multinomial of 40": s.multinomial(n=40, pvals=p),
            "multinomial floats": s.multinomial(pvals=p, dtype="float32"),
            "choice": s.choice(replace=False, p=p),
            "choice of three": s.choice(size=3, replace=False, p=q),
            "choice of all": s.choice(size=4, replace=False, p=q, dtype="int32"),
        },
        mode,
        calls=4,
    )


@program(8, 123)
def mrg_states(theano, seed, mode):
    s = theano.sandbox.rng_mrg.MRG_RandomStreams(seed)
    u, b = s.uniform((4,)), s.binomial((30,), p=0.5)
    f = theano.function([], [u, b], mode=mode)
    results = {"first": np.concatenate(f()), "second": np.concatenate(f())}
    results["states"] = np.concatenate([state.get_value() for state, _, _, _ in s.updates()])
    results["next"] = s.rstate
    s.seed(seed + 1)
    results["seeded anew"] = np.concatenate(f())
    s.seed()
    results["seeded as at first"] = np.concatenate(f())
    results["streams"] = s.get_substream_rstates(9, "float32")
    results["next but one"] = s.rstate
    state = s.updates()[0][0]
    state.set_value(results["streams"][:4])
    results["own state"] = np.concatenate(f())
    return results


@program(19)
def mrg_symbolic(theano, seed, mode):
    T, floatX = theano.tensor, theano.config.floatX
    s = theano.sandbox.rng_mrg.MRG_RandomStreams(seed)
    n, p = T.iscalar(), T.matrix()
    results = drawn(
        theano,
        {
            "number": s.uniform((n, 2)),
            "shape": s.binomial(p.shape, 1, p),
            "shape, floatX": s.binomial(size=p.shape, n=1, p=p, dtype=floatX),
            "normal": s.normal(p.shape, avg=p, std=0.1),
            "multinomial": s.multinomial(pvals=p),
        },
        mode,
        inputs=[n, p],
        values=[3, np.array([[0.25, 0.25, 0.5]], dtype=floatX)],
    )
    chain, updates = theano.scan(
        lambda x: T.cast(s.binomial(x.shape, 1, x), floatX) * 0.5 + s.uniform(x.shape) * 0.5,
        outputs_info=[p],
        n_steps=3,
    )
    f = theano.function([p], T.cast(chain, floatX), updates=updates, mode=mode)
    half = np.full((2, 2), 0.5, dtype=floatX)
    results["chain"] = np.stack([f(half), f(half)])
    return results
