"""theano.tensor.nnet: activations, costs, normalisation."""

from . import error, kind, values


def case_softmax(theano, T, np):
    m, v = T.matrix(), T.vector()
    outs = [T.nnet.softmax(m), T.nnet.softmax(v), T.nnet.softmax(2 * m)]
    return [kind(out) for out in outs] + theano.function([m, v], outs)(
        values(theano, 2, 3), values(theano, 3)
    )


def case_softmax_errors(theano, T, np):
    return [
        error(T.nnet.softmax, T.tensor3()),
        error(T.nnet.softmax, T.scalar()),
        error(T.nnet.softmax, T.imatrix()),
    ]


def case_softmax_large_numbers(theano, T, np):
    m = T.matrix()
    a = np.asarray([[1000, 0, -1000], [900, 900, 0]], theano.config.floatX)
    return theano.function([m], [T.nnet.softmax(m), T.nnet.logsoftmax(m)])(a)


def case_softmax_gradient(theano, T, np):
    m, v = T.matrix(), T.vector()
    w = np.arange(6).reshape(2, 3)
    return theano.function(
        [m, v], [T.grad((T.nnet.softmax(m) * w).sum(), m), T.grad(T.nnet.softmax(v)[0, 0], v)]
    )(values(theano, 2, 3), values(theano, 3))


def case_softmax_with_bias(theano, T, np):
    m, b = T.matrix(), T.vector()
    out = T.nnet.softmax_with_bias(m, b)
    return [
        kind(out),
        theano.function([m, b], [out, *T.grad(out[0, 1], [m, b])])(values(theano, 2, 3), values(theano, 3)),
    ]


def case_softmax_graph_and_op(theano, T, np):
    m = T.matrix()
    return theano.function([m], [T.nnet.softmax_graph(m), T.nnet.softmax_op(m)])(values(theano, 2, 3))


def case_logsoftmax(theano, T, np):
    m = T.matrix()
    y = T.nnet.logsoftmax(m)
    return [
        kind(y),
        theano.function([m], [y, T.grad(y[0, 1], m)])(values(theano, 2, 3)),
        kind(T.nnet.logsoftmax(T.vector())),
    ]


def case_sigmoid(theano, T, np):
    x, i = T.vector(), T.ivector()
    y = T.nnet.sigmoid(x)
    a = np.asarray([-40, -1, 0, 2, 40], theano.config.floatX)
    return [
        kind(y),
        kind(T.nnet.sigmoid(i)),
        kind(T.nnet.sigmoid(T.bvector())),
        theano.function([x], [y, T.grad(y.sum(), x)])(a),
        theano.function([i], T.nnet.sigmoid(i))([1]),
    ]


def case_hard_and_fast_sigmoid(theano, T, np):
    x = T.vector()
    a = np.asarray([-4, -1, 0, 0.7, 3], theano.config.floatX)
    return theano.function([x], [T.nnet.hard_sigmoid(x), T.grad(T.nnet.hard_sigmoid(x).sum(), x)])(a)


def case_ultra_fast_sigmoid(theano, T, np):
    x = T.vector()
    return theano.function([x], T.nnet.ultra_fast_sigmoid(x))(values(theano, 5))


def case_softplus(theano, T, np):
    x = T.vector()
    y = T.nnet.softplus(x)
    a = np.asarray([-50, -1, 0, 2, 40], theano.config.floatX)
    return [kind(y), kind(T.nnet.softplus(T.ivector())), theano.function([x], [y, T.grad(y.sum(), x)])(a)]


def case_softsign(theano, T, np):
    from theano.sandbox.softsign import softsign

    x = T.vector()
    outs = [T.nnet.nnet.softsign(x), softsign(x), T.grad(softsign(x).sum(), x)]
    return theano.function([x], outs)(values(theano, 3))


def case_relu(theano, T, np):
    x = T.vector()
    y = T.nnet.relu(x)
    a = np.asarray([-1, -0.5, 0, 0.5, 2], theano.config.floatX)
    return [kind(y), theano.function([x], [y, T.grad(y.sum(), x)])(a)]


def case_relu_slopes(theano, T, np):
    x, s = T.vector(), T.scalar()
    a = np.asarray([-1, 0, 2], theano.config.floatX)
    ys = [T.nnet.relu(x, 0.1), T.nnet.relu(x, alpha=s), T.nnet.relu(x, 1)]
    return [kind(y) for y in ys] + theano.function([x, s], ys + [T.grad(y.sum(), x) for y in ys[:2]])(a, 0.25)


def case_relu_of_integers(theano, T, np):
    i = T.ivector()
    return [kind(T.nnet.relu(i)), theano.function([i], T.nnet.relu(i))([-2, 0, 3])]


def case_elu_selu(theano, T, np):
    x = T.vector()
    a = np.asarray([-2, 0, 1], theano.config.floatX)
    ys = [T.nnet.elu(x), T.nnet.elu(x, 0.5), T.nnet.selu(x)]
    return [kind(y) for y in ys] + theano.function([x], ys + [T.grad(y.sum(), x) for y in ys])(a)


def case_binary_crossentropy(theano, T, np):
    p, t = T.matrix(), T.matrix()
    y = T.nnet.binary_crossentropy(output=T.nnet.sigmoid(p), target=t)
    a = np.asarray([[0, 1, 1]], theano.config.floatX)
    return [kind(y), theano.function([p, t], [y, T.grad(y.mean(), p)])(values(theano, 1, 3), a)]


def case_sigmoid_binary_crossentropy(theano, T, np):
    p, t = T.vector(), T.vector()
    y = T.nnet.sigmoid_binary_crossentropy(p, t)
    return theano.function([p, t], [y, T.grad(y.sum(), p)])(
        values(theano, 3) * 20, np.asarray([0, 1, 1], theano.config.floatX)
    )


def case_categorical_crossentropy_of_labels(theano, T, np):
    m, t = T.matrix(), T.ivector()
    y = T.nnet.categorical_crossentropy(T.nnet.softmax(m), t)
    return [kind(y), theano.function([m, t], [y, T.grad(y.mean(), m)])(values(theano, 3, 4), [0, 3, 1])]


def case_categorical_crossentropy_of_distributions(theano, T, np):
    m, t = T.matrix(), T.matrix()
    y = T.nnet.categorical_crossentropy(T.nnet.softmax(m), t)
    b = np.asarray([[0, 0.25, 0.75], [1, 0, 0]], theano.config.floatX)
    return [kind(y), theano.function([m, t], [y, T.grad(y.mean(), m)])(values(theano, 2, 3), b)]


def case_categorical_crossentropy_errors(theano, T, np):
    m = T.matrix()
    p = T.nnet.softmax(m)
    return [
        error(T.nnet.categorical_crossentropy, p, T.tensor3()),
        error(T.nnet.categorical_crossentropy, p, T.vector()),
    ]


def case_crossentropy_categorical_1hot(theano, T, np):
    p, t = T.matrix(), T.ivector()
    y = T.nnet.crossentropy_categorical_1hot(p, t)
    f = theano.function([p, t], [y, T.grad(y.sum(), p)])
    return [kind(y), f(abs(values(theano, 2, 3)), [1, 0]), error(f, abs(values(theano, 2, 3)), [1, 7])]


def case_crossentropy_softmax_1hot(theano, T, np):
    m, b, t = T.matrix(), T.vector(), T.ivector()
    one = T.nnet.crossentropy_softmax_1hot(m, t)
    two = T.nnet.crossentropy_softmax_1hot_with_bias(m, b, t)
    outs = [*one, *two, *T.grad(two[0].mean(), [m, b])]
    return [kind(out) for out in outs] + theano.function([m, b, t], outs)(
        values(theano, 2, 3), values(theano, 3), [2, 0]
    )


def case_crossentropy_softmax_max_and_argmax(theano, T, np):
    m, b, t = T.matrix(), T.vector(), T.ivector()
    outs = [
        *T.nnet.crossentropy_softmax_max_and_argmax_1hot_with_bias(m, b, t),
        *T.nnet.crossentropy_softmax_argmax_1hot_with_bias(m, b, t),
    ]
    return theano.function([m, b, t], outs)(values(theano, 2, 3), values(theano, 3), [2, 0])


def case_negative_log_likelihood(theano, T, np):
    x, y = T.matrix("x"), T.ivector("y")
    w, b = theano.shared(values(theano, 3, 4), name="W"), theano.shared(values(theano, 4), name="b")
    p = T.nnet.softmax(T.dot(x, w) + b)
    cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
    wrong = T.mean(T.neq(T.argmax(p, axis=1), y))
    return [
        kind(cost),
        kind(wrong),
        theano.function([x, y], [cost, wrong, *T.grad(cost, [w, b])])(values(theano, 3, 3), [0, 3, 1]),
    ]


def case_prepend(theano, T, np):
    m, s = T.matrix(), T.scalar()
    outs = [
        T.nnet.prepend_0_to_each_row(m),
        T.nnet.prepend_1_to_each_row(m),
        T.nnet.prepend_scalar_to_each_row(s, m),
    ]
    return theano.function([m, s], outs)(values(theano, 2, 2), 5)


def case_h_softmax(theano, T, np):
    x, t = T.matrix(), T.ivector()
    w1, b1, w2, b2 = (theano.shared(values(theano, *s)) for s in ((3, 2), (2,), (2, 3, 2), (2, 2)))
    out = T.nnet.h_softmax(x, 2, 4, 2, 2, w1, b1, w2, b2, t)
    every = T.nnet.h_softmax(x, 2, 4, 2, 2, w1, b1, w2, b2)
    return [
        kind(out),
        kind(every),
        theano.function([x, t], [out, every, T.grad(T.log(out).sum(), x)])(values(theano, 2, 3), [3, 1]),
    ]


def case_confusion_matrix(theano, T, np):
    a, p = T.lvector(), T.lvector()
    return theano.function([a, p], T.nnet.confusion_matrix(a, p))([2, 0, 2, 2, 0, 1], [0, 0, 2, 2, 0, 2])


def case_batch_normalization(theano, T, np):
    x, g, b, m, s = T.matrix(), T.vector(), T.vector(), T.vector(), T.vector()
    outs = [T.nnet.bn.batch_normalization(x, g, b, m, s, mode=mode) for mode in ("low_mem", "high_mem")]
    v = values(theano, 3)
    return theano.function([x, g, b, m, s], [*outs, T.grad((outs[0] ** 2).sum(), x)])(
        values(theano, 2, 3), v, v + 1, v, abs(v)
    )


def case_batch_normalization_train(theano, T, np):
    x, g, b = T.matrix(), T.vector(), T.vector()
    outs = T.nnet.bn.batch_normalization_train(x, g, b)
    w = values(theano, 4, 3)
    grads = T.grad((outs[0] * w).sum(), [x, g, b])
    return [kind(out) for out in outs] + theano.function([x, g, b], [*outs, *grads])(
        values(theano, 4, 3)[::-1], values(theano, 3), values(theano, 3)
    )


def case_batch_normalization_train_running(theano, T, np):
    x, g, b, m, v = T.matrix(), T.vector(), T.vector(), T.vector(), T.vector()
    outs = T.nnet.bn.batch_normalization_train(x, g, b, "per-activation", 1e-3, 0.2, m, v)
    a = values(theano, 3)
    return [len(outs), theano.function([x, g, b, m, v], outs)(values(theano, 4, 3), a, a, a, abs(a))]


def case_batch_normalization_train_spatial(theano, T, np):
    x = T.tensor4()
    g, b = T.vector(), T.vector()
    gg, bb = g.dimshuffle("x", 0, "x", "x"), b.dimshuffle("x", 0, "x", "x")
    outs = T.nnet.bn.batch_normalization_train(x, gg, bb, axes="spatial")
    grads = T.grad((outs[0] ** 2 * values(theano, 2, 3, 2, 2)).sum(), [x, g, b])
    return [kind(out) for out in outs] + theano.function([x, g, b], [*outs, *grads])(
        values(theano, 2, 3, 2, 2), values(theano, 3), values(theano, 3)
    )


def case_batch_normalization_test(theano, T, np):
    x, g, b, m, v = T.matrix(), T.vector(), T.vector(), T.vector(), T.vector()
    out = T.nnet.bn.batch_normalization_test(x, g, b, m, v, epsilon=1e-3)
    a = values(theano, 3)
    grads = T.grad((out**2).sum(), [x, g, b, m, v])
    return [kind(out), theano.function([x, g, b, m, v], [out, *grads])(values(theano, 2, 3), a, a, a, abs(a))]


def case_batch_normalization_errors(theano, T, np):
    train = T.nnet.bn.batch_normalization_train
    x, v = T.matrix(), T.vector()
    return [
        error(train, x, v, v, axes="nothing"),
        error(train, x, v, v, epsilon=1e-9),
        error(train, x, v, v, running_mean=v, running_var=None),
        error(train, x, T.matrix(), T.matrix()),
        error(train, x, v, v, axes=(0, 0)),
    ]


def case_images2neibs(theano, T, np):
    x = T.tensor4()
    from theano.tensor.nnet.neighbours import images2neibs as f

    outs = [
        f(x, (2, 2)),
        f(x, neib_shape=(2, 2), neib_step=(1, 1)),
        f(x, (3, 2), (1, 2), mode="ignore_borders"),
        f(x, (3, 3), mode="ignore_borders"),
    ]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 1, 2, 4, 4))


def case_images2neibs_wrap_and_half(theano, T, np):
    x = T.tensor4()
    from theano.tensor.nnet.neighbours import images2neibs as f

    outs = [
        f(x, (3, 3), (1, 1), mode="wrap_centered"),
        f(x, (3, 3), (1, 1), mode="half"),
        f(x, (2, 2), (1, 1), mode="full"),
    ]
    return theano.function([x], outs)(values(theano, 1, 1, 3, 3))


def case_images2neibs_gradient(theano, T, np):
    x = T.tensor4()
    from theano.tensor.nnet.neighbours import images2neibs

    y = images2neibs(x, (2, 2), (2, 2))
    return theano.function([x], T.grad((y**2 * values(theano, 4, 4)).sum(), x))(values(theano, 1, 1, 4, 4))


def case_images2neibs_errors(theano, T, np):
    x = T.tensor4()
    from theano.tensor.nnet.neighbours import images2neibs as f

    return [
        error(theano.function([x], f(x, (3, 3))), values(theano, 1, 1, 4, 4)),
        error(f, T.matrix(), (2, 2)),
        error(f, x, (2, 2), mode="nothing"),
    ]


def case_neibs2images(theano, T, np):
    import theano.tensor.nnet.neighbours as n

    x = T.tensor4()
    return theano.function([x], n.neibs2images(n.images2neibs(x, (2, 2)), (2, 2), (1, 2, 4, 4)))(
        values(theano, 1, 2, 4, 4)
    )


def case_nnet_module_paths(theano, T, np):
    import theano.tensor.nnet as nnet
    from theano.tensor.nnet import nnet as inner
    from theano.tensor.nnet import sigm

    return [
        nnet.relu is inner.relu,
        sigm.sigmoid is nnet.sigmoid,
        T.nnet is nnet,
        nnet.softmax is inner.softmax,
    ]


def case_deep_network_gradient(theano, T, np):
    x, y = T.matrix(), T.ivector()
    params, h = [], x
    for n_in, n_out, f in ((3, 4, T.tanh), (4, 4, T.nnet.relu), (4, 3, T.nnet.softmax)):
        w, b = theano.shared(values(theano, n_in, n_out)), theano.shared(values(theano, n_out))
        params += [w, b]
        h = f(T.dot(h, w) + b)
    cost = T.nnet.categorical_crossentropy(h, y).mean() + 0.001 * sum((p**2).sum() for p in params)
    return theano.function([x, y], [cost, *T.grad(cost, params)])(values(theano, 5, 3), [0, 1, 2, 2, 0])
