"""Reading and setting parts of arrays."""

from . import error, kind, values


def case_slices(theano, T, np):
    x = T.matrix()
    outs = [
        x[0],
        x[1:],
        x[::-1],
        x[:, 0],
        x[:, 1:2],
        x[..., 0],
        x[-1],
        x[:-1],
        x[::2],
        x[0, 1],
        x[:, ::-1],
        x[1:, :2],
    ]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 3, 2))


def case_symbolic_slices(theano, T, np):
    x, i, j = T.vector(), T.iscalar(), T.lscalar()
    outs = [x[i], x[i:], x[:j], x[i:j], x[i * 2 : (i + 1) * 2], x[-j], x[i:j:2]]
    return [kind(out) for out in outs] + theano.function([x, i, j], outs)(values(theano, 6), 1, 4)


def case_newaxis(theano, T, np):
    v = T.vector()
    outs = [v[:, None], v[None, :], v[np.newaxis, :, np.newaxis], v[:, np.newaxis] * v]
    return (
        [kind(out) for out in outs] + theano.function([v], outs)(values(theano, 2)) + [error(lambda: v[None])]
    )


def case_index_beyond(theano, T, np):
    x, i = T.vector(), T.iscalar()
    f = theano.function([x, i], x[i])
    return [error(f, values(theano, 2), 2), error(f, values(theano, 2), -3), f(values(theano, 2), -2)]


def case_index_errors(theano, T, np):
    x = T.matrix()
    return [
        error(lambda: x[0, 0, 0]),
        error(lambda: x["a"]),
        error(lambda: x[0.5]),
        error(lambda: x[T.scalar()]),
    ]


def case_index_by_a_list(theano, T, np):
    x = T.matrix()
    outs = [x[[0, 2]], x[[1, 1, 0]], x[:, [1, 0]], x[[0, 1], [1, 0]], x[np.asarray([2, 0])]]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 3, 2))


def case_index_by_a_vector(theano, T, np):
    x, i, j = T.matrix(), T.ivector(), T.lvector()
    outs = [x[i], x[:, j], x[i, j], x[T.arange(i.shape[0]), j], x[i][:, j], x[i, 0]]
    return [kind(out) for out in outs] + theano.function([x, i, j], outs)(
        values(theano, 3, 2), [2, 0], [1, 0]
    )


def case_index_by_a_matrix(theano, T, np):
    x, m = T.matrix(), T.imatrix()
    outs = [x[m], x[m, 0], x[:, m], x[m.flatten()].reshape((2, 2, 2))]
    return [kind(out) for out in outs] + theano.function([x, m], outs)(values(theano, 3, 2), [[0, 1], [1, 0]])


def case_index_by_a_mask(theano, T, np):
    x = T.matrix()
    outs = [x[x > 0], x[T.nonzero(x > 0)], x[(x > 0).nonzero()]]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 2, 3))


def case_index_by_a_constant_mask(theano, T, np):
    x = T.vector()
    return theano.function([x], x[np.asarray([True, False, True])])(values(theano, 3))


def case_index_beyond_by_a_vector(theano, T, np):
    x, i = T.vector(), T.ivector()
    return error(theano.function([x, i], x[i]), values(theano, 2), [0, 5])


def case_log_likelihood_index(theano, T, np):
    p, y = T.matrix(), T.ivector()
    cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
    return theano.function([p, y], [cost, T.grad(cost, p)])(abs(values(theano, 2, 3)), [2, 0])


def case_set_subtensor(theano, T, np):
    x, v = T.matrix(), T.vector()
    outs = [
        T.set_subtensor(x[0], v),
        T.set_subtensor(x[:, 0], 0),
        T.set_subtensor(x[1:], 5.0),
        T.set_subtensor(x[0, 1], v[0]),
    ]
    return [kind(out) for out in outs] + theano.function([x, v], outs)(
        values(theano, 2, 2), values(theano, 2)[::-1]
    )


def case_inc_subtensor(theano, T, np):
    x, v = T.matrix(), T.vector()
    outs = [T.inc_subtensor(x[0], v), T.inc_subtensor(x[:, 1], 1), T.inc_subtensor(x[::2], -1)]
    return theano.function([x, v], outs)(values(theano, 3, 2), values(theano, 2))


def case_inc_subtensor_duplicates(theano, T, np):
    x, i = T.vector(), T.ivector()
    outs = [T.inc_subtensor(x[i], 1), T.set_subtensor(x[i], 7), T.inc_subtensor(x[[0, 0]], 2)]
    return theano.function([x, i], outs)(values(theano, 3), [1, 1, 0])


def case_inc_subtensor_pairs(theano, T, np):
    x, i, j = T.matrix(), T.ivector(), T.ivector()
    outs = [T.inc_subtensor(x[i, j], [1, 2, 3]), T.set_subtensor(x[i, j], 0), T.inc_subtensor(x[:, i], 1)]
    return theano.function([x, i, j], outs)(values(theano, 2, 2), [0, 0, 1], [1, 1, 0])


def case_set_subtensor_by_a_mask(theano, T, np):
    x = T.matrix()
    outs = [
        T.set_subtensor(x[x < 0], 0),
        T.set_subtensor(x[T.nonzero(x > 1)], 9),
        T.inc_subtensor(x[(x > 0).nonzero()], 1),
    ]
    return theano.function([x], outs)(values(theano, 2, 3))


def case_set_subtensor_dtype(theano, T, np):
    x = T.fvector()
    return [
        error(T.set_subtensor, x[0], T.dscalar()),
        error(T.set_subtensor, x[:1], np.ones(1)),
        kind(T.set_subtensor(x[0], 1)),
    ]


def case_set_subtensor_errors(theano, T, np):
    x = T.vector()
    return [
        error(T.set_subtensor, x, 1),
        error(T.set_subtensor, x[0], T.vector()),
        error(theano.function([x], T.set_subtensor(x[:2], x)), values(theano, 3)),
        error(x.__setitem__, 0, 1) if hasattr(x, "__setitem__") else "raises TypeError",
    ]


def case_set_subtensor_of_a_shared(theano, T, np):
    s = theano.shared(values(theano, 3))
    f = theano.function([], s.sum(), updates=[(s, T.set_subtensor(s[1:], 0))])
    return [f(), s.get_value(), s[0].eval()]


def case_set_subtensor_gradient(theano, T, np):
    x, v = T.vector(), T.vector()
    y = T.set_subtensor(x[1:], v)
    return theano.function([x, v], T.grad((y**2).sum(), [x, v]))(values(theano, 3), values(theano, 2))


def case_inc_subtensor_gradient(theano, T, np):
    x, i, v = T.vector(), T.ivector(), T.vector()
    y = T.inc_subtensor(x[i], v)
    return theano.function([x, i, v], T.grad((y**2).sum(), [x, v]))(
        values(theano, 3), [1, 1], values(theano, 2)
    )


def case_subtensor_gradient(theano, T, np):
    x, i = T.matrix(), T.ivector()
    cost = (x[i] ** 2).sum() + x[0, 1] + x[::-1, 0][1]
    return theano.function([x, i], T.grad(cost, x))(values(theano, 3, 2), [1, 1])


def case_inplace_and_tolerate(theano, T, np):
    x = T.vector()
    out = T.inc_subtensor(x[1:], [1.0], tolerate_inplace_aliasing=False, inplace=False)
    return theano.function([x], out)(values(theano, 2))


def case_boolean_index_errors(theano, T, np):
    x = T.vector()
    f = theano.function([x], x[np.asarray([True, False])])
    return error(f, values(theano, 3))


def case_subtensor_of_shape_one(theano, T, np):
    x, r = T.matrix(), T.row()
    return [kind(x[:1]), kind(r[:1]), kind(r[0:1, :]), kind(x[0:1].dimshuffle(1, 0)), kind(r[::-1])]


def case_advanced_with_newaxis(theano, T, np):
    x, i = T.matrix(), T.ivector()
    outs = [x[i, None], x[i, :, None], x[None, i]]
    return [kind(out) for out in outs] + theano.function([x, i], outs)(values(theano, 2, 2), [1, 0])


def case_tensor3_advanced(theano, T, np):
    x, i = T.tensor3(), T.ivector()
    outs = [x[:, i], x[i, :, i], x[:, i, i], x[0, i], x[i, 0, :]]
    return [kind(out) for out in outs] + theano.function([x, i], outs)(values(theano, 2, 2, 2), [1, 0])


def case_index_types(theano, T, np):
    x = T.vector()
    i8, u8, l = T.bscalar(), T.scalar(dtype="uint8"), T.lscalar()
    return [
        kind(x[i8]),
        kind(x[u8]),
        kind(x[l]),
        kind(x[np.int64(1)]),
        kind(x[T.bvector()]),
        kind(x[T.constant(1)]),
    ]


def case_subtensor_classes(theano, T, np):
    from theano.tensor import subtensor

    x, i = T.matrix(), T.ivector()
    return [
        isinstance(x[0].owner.op, subtensor.Subtensor),
        isinstance(x[i].owner.op, subtensor.AdvancedSubtensor1),
        isinstance(T.set_subtensor(x[0], 1).owner.op, subtensor.IncSubtensor),
        isinstance(T.inc_subtensor(x[i], 1).owner.op, subtensor.AdvancedIncSubtensor1),
    ]


def case_embedding_step(theano, T, np):
    table = theano.shared(values(theano, 4, 2))
    words = T.ivector()
    cost = T.tanh(table[words]).sum()
    subset = table[words]
    cost2 = T.tanh(subset).sum()
    update = T.inc_subtensor(subset, -0.1 * T.grad(cost2, subset))
    update = T.cast(update, theano.config.floatX)
    f = theano.function([words], [cost, T.grad(cost, table)], updates=[(table, update)])
    return [*f([0, 2, 2]), table.get_value()]
