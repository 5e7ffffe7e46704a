"""Cases in the optimised mode, on the backends that compile: what rewrites must save, and training steps."""

from . import error, values


def case_stable_log_of_one_minus_sigmoid(theano, T, np):
    x = T.vector()
    a = np.asarray([-40, 0, 40, 80], theano.config.floatX)
    return theano.function(
        [x], [T.log(1 - T.nnet.sigmoid(x)), T.log(T.nnet.sigmoid(x)), T.log(1 + T.exp(x))]
    )(a)


def case_stable_crossentropy(theano, T, np):
    m, y = T.matrix(), T.ivector()
    cost = -T.mean(T.log(T.nnet.softmax(m))[T.arange(y.shape[0]), y])
    return theano.function([m, y], [cost, T.grad(cost, m)])(
        np.asarray([[0, 900], [3, -2]], theano.config.floatX), [0, 1]
    )


def case_stable_binary_crossentropy(theano, T, np):
    x, t = T.vector(), T.vector()
    cost = T.nnet.binary_crossentropy(T.nnet.sigmoid(x), t)
    a = np.asarray([-30, 0.5, 30], theano.config.floatX)
    return theano.function([x, t], [cost, T.grad(cost.sum(), x)])(
        a, np.asarray([1, 0, 0], theano.config.floatX)
    )


def case_logistic_regression(theano, T, np):
    x, y = T.matrix(), T.ivector()
    w, b = theano.shared(values(theano, 4, 3)), theano.shared(values(theano, 3))
    p = T.nnet.softmax(T.dot(x, w) + b)
    cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
    rate = np.asarray(0.1, theano.config.floatX)
    f = theano.function([x, y], cost, updates=[(q, q - rate * T.grad(cost, q)) for q in (w, b)])
    return [f(values(theano, 5, 4), [0, 1, 2, 1, 0]) for _ in range(3)] + [w.get_value(), b.get_value()]


def case_relu_at_zero(theano, T, np):
    x = T.vector()
    return theano.function([x], T.grad(T.nnet.relu(x).sum(), x))(np.asarray([-1, 0, 1], theano.config.floatX))


def case_conv_and_pool(theano, T, np):
    x, w = T.tensor4(), T.tensor4()
    from theano.tensor.signal import pool

    y = pool.pool_2d(T.nnet.conv2d(x, w, border_mode="half"), (2, 2), ignore_border=False)
    return theano.function([x, w], [y, *T.grad((y**2).sum(), [x, w])])(
        values(theano, 2, 2, 5, 4), values(theano, 3, 2, 3, 3)
    )


def case_recurrent_network(theano, T, np):
    x = T.matrix()
    w = theano.shared(values(theano, 2, 2))
    h, _ = theano.scan(
        lambda v, h: T.tanh(T.dot(v, w) + T.dot(h, w)),
        sequences=x,
        outputs_info=T.zeros((2,), theano.config.floatX),
    )
    return theano.function([x], [h, T.grad(h[-1].sum(), w)])(values(theano, 4, 2))


def case_random_streams(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(5)
    f = theano.function([], [stream.uniform((3,)), stream.normal((2,)), stream.binomial((4,), 1, 0.5)])
    return [f(), f()]


def case_mrg_streams(theano, T, np):
    from theano.sandbox.rng_mrg import MRG_RandomStreams

    stream = MRG_RandomStreams(5)
    f = theano.function([], [stream.uniform((3,)), stream.normal((4,)), stream.binomial((4,), p=0.5)])
    return [f(), f()]


def case_contrastive_divergence(theano, T, np):
    stream = T.shared_randomstreams.RandomStreams(3)
    w = theano.shared(values(theano, 4, 3))
    v = T.matrix()
    h = stream.binomial(size=(2, 3), n=1, p=T.nnet.sigmoid(T.dot(v, w)), dtype=theano.config.floatX)
    u = stream.binomial(size=(2, 4), n=1, p=T.nnet.sigmoid(T.dot(h, w.T)), dtype=theano.config.floatX)
    energy = lambda v: -T.sum(T.nnet.softplus(T.dot(v, w)), axis=1)  # noqa: E731
    cost = T.mean(energy(v)) - T.mean(energy(u))
    g = T.grad(cost, w, consider_constant=[u])
    f = theano.function([v], cost, updates=[(w, w - np.asarray(0.1, theano.config.floatX) * g)])
    a = np.asarray([[1, 0, 1, 0], [0, 1, 1, 1]], theano.config.floatX)
    return [f(a), f(a), w.get_value()]


def case_batch_normalization(theano, T, np):
    x, g, b = T.matrix(), T.vector(), T.vector()
    out, mean, invstd = T.nnet.bn.batch_normalization_train(x, g, b)
    return theano.function([x, g, b], [out, mean, invstd, T.grad((out**2 * x).sum(), x)])(
        values(theano, 4, 3), values(theano, 3), values(theano, 3)
    )


def case_neighbours(theano, T, np):
    x = T.tensor4()
    from theano.tensor.nnet.neighbours import images2neibs

    y = images2neibs(x, (2, 2), (1, 1))
    return theano.function([x], [y, T.grad((y**2).sum(), x)])(values(theano, 1, 1, 3, 3))


def case_pool_2d_padding_left_out_of_the_average(theano, T, np):
    x = T.tensor4()
    from theano.tensor.signal import pool

    y = pool.pool_2d(x, (3, 3), True, (2, 2), (1, 1), "average_exc_pad")
    gradient = theano.function([x], T.grad((y**2).sum(), x))
    return [theano.function([x], y)(values(theano, 1, 2, 5, 6)), error(gradient, values(theano, 1, 2, 5, 6))]
