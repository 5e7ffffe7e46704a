"""Making, reshaping, joining and broadcasting arrays."""

from . import error, kind, values


def case_zeros_ones(theano, T, np):
    n = T.iscalar()
    outs = [
        T.zeros((2, 3)),
        T.ones((n, 2)),
        T.zeros((n,)),
        T.ones(2, dtype="int32"),
        T.zeros((1, n)),
        T.zeros((2,), "float32"),
    ]
    return [kind(out) for out in outs] + theano.function([n], outs)(2) + [error(T.zeros, n)]


def case_zeros_ones_like(theano, T, np):
    x, r, i = T.matrix(), T.row(), T.ivector()
    outs = [
        T.zeros_like(x),
        T.ones_like(r),
        T.ones_like(i),
        T.zeros_like(i, dtype="float32"),
        T.ones_like(x, dtype="int64"),
    ]
    return [kind(out) for out in outs] + theano.function([x, r, i], outs)(
        values(theano, 2, 1), values(theano, 1, 2), [1, 2]
    )


def case_zeros_like_methods(theano, T, np):
    x = T.matrix()
    return theano.function([x], [x.zeros_like(), x.ones_like(), x.zeros_like(dtype="int8")])(
        values(theano, 1, 2)
    )


def case_eye_identity(theano, T, np):
    n = T.iscalar()
    outs = [T.eye(n), T.eye(2, 3), T.eye(3, 3, 1), T.eye(2, dtype="int32"), T.identity_like(T.eye(n))]
    return [kind(out) for out in outs] + theano.function([n], outs)(2)


def case_alloc(theano, T, np):
    x, n = T.vector(), T.iscalar()
    outs = [T.alloc(x, n, 2), T.alloc(0.0, 2, n), T.alloc(np.float32(1), 1, n), T.alloc(x[0], 3)]
    return [kind(out) for out in outs] + theano.function([x, n], outs)(values(theano, 2), 2)


def case_fill(theano, T, np):
    x, s = T.matrix(), T.scalar()
    return theano.function([x, s], [T.fill(x, s), T.second(x, s), T.fill(x, 1), x.fill(2)])(
        values(theano, 2, 2), 0.5
    )


def case_arange(theano, T, np):
    n, x = T.iscalar(), T.scalar()
    outs = [
        T.arange(n),
        T.arange(1, n),
        T.arange(0, n, 2),
        T.arange(n, dtype="float32"),
        T.arange(x),
        T.arange(3.0),
        T.arange(0, 1, 0.25),
    ]
    return [kind(out) for out in outs] + theano.function([n, x], outs)(5, 3)


def case_arange_dtypes(theano, T, np):
    made = [
        T.arange(T.bscalar()),
        T.arange(T.lscalar()),
        T.arange(T.fscalar()),
        T.arange(T.iscalar(), T.dscalar()),
        T.arange(2),
    ]
    return [v.dtype for v in made]


def case_mgrid_ogrid(theano, T, np):
    return [v.eval() for v in T.mgrid[0:2, 0:3]] + [v.eval() for v in T.ogrid[0:2, 0:4:2]]


def case_choose(theano, T, np):
    i, m = T.ivector(), T.matrix()
    f = theano.function([i, m], [T.choose(i, m), i.choose(m), T.choose(i, m, mode="wrap")])
    return [f([0, 1], values(theano, 2, 2)), error(f, [0, 5], values(theano, 2, 2))]


def case_reshape(theano, T, np):
    x, n = T.matrix(), T.iscalar()
    outs = [
        T.reshape(x, (3, 2)),
        x.reshape((6,)),
        x.reshape((n, -1)),
        x.reshape((-1,)),
        T.reshape(x, (1, 6)),
        x.reshape((n, 2, 1)),
        x.reshape([2, 3]),
    ]
    return [kind(out) for out in outs] + theano.function([x, n], outs)(values(theano, 2, 3), 3)


def case_reshape_by_a_vector(theano, T, np):
    x, s = T.matrix(), T.lvector()
    out = x.reshape(s, ndim=2)
    return [kind(out), theano.function([x, s], out)(values(theano, 2, 3), [3, 2]), error(x.reshape, s)]


def case_reshape_arguments(theano, T, np):
    x = T.matrix()
    return [
        error(x.reshape, 6),
        error(x.reshape, 3, 2),
        error(x.reshape, (2, "a")),
        error(T.reshape, x, (2, 3), ndim=3),
    ]


def case_reshape_wrong_size(theano, T, np):
    x = T.matrix()
    return error(theano.function([x], x.reshape((4, 2))), values(theano, 2, 3))


def case_reshape_of_shape(theano, T, np):
    x = T.tensor3()
    out = x.reshape((x.shape[0] * x.shape[1], x.shape[2]))
    return [kind(out), theano.function([x], [out, out.reshape(x.shape)])(values(theano, 2, 2, 2))]


def case_flatten(theano, T, np):
    x = T.tensor3()
    outs = [
        T.flatten(x),
        x.flatten(),
        x.flatten(2),
        T.flatten(x, 2),
        T.flatten(x, ndim=2),
        x.flatten(ndim=1),
        x.flatten(3),
    ]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 2, 3, 2))


def case_flatten_outdim(theano, T, np):
    x = T.tensor3()
    outs = [T.flatten(x, outdim=2), T.flatten(x, outdim=1)]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 2, 3, 2))


def case_flatten_errors(theano, T, np):
    return [error(T.flatten, T.matrix(), 3), error(T.flatten, T.matrix(), 0)]


def case_dimshuffle(theano, T, np):
    x = T.matrix()
    outs = [
        x.dimshuffle(1, 0),
        x.dimshuffle(0, "x", 1),
        x.dimshuffle("x", 0, 1),
        x.dimshuffle([1, "x", 0]),
        x.T,
    ]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 2, 3))


def case_dimshuffle_drops(theano, T, np):
    c = T.col()
    out = c.dimshuffle(0)
    return [kind(out), theano.function([c], out)(values(theano, 3, 1)), error(T.matrix().dimshuffle, 0)]


def case_dimshuffle_errors(theano, T, np):
    x = T.matrix()
    return [error(x.dimshuffle, 0, 0, 1), error(x.dimshuffle, 0, 1, 2), error(x.dimshuffle, 0, "y", 1)]


def case_transpose(theano, T, np):
    x = T.tensor3()
    outs = [
        T.transpose(x),
        x.transpose(),
        x.transpose(1, 0, 2),
        x.transpose((2, 0, 1)),
        T.transpose(x, (0, 2, 1)),
        x.swapaxes(0, 2),
    ]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 2, 3, 1))


def case_moveaxis_and_rollaxis(theano, T, np):
    x = T.tensor3()
    out = T.swapaxes(x, 0, 1)
    return [
        kind(out),
        theano.function([x], [out, T.roll(x, 1, axis=2), T.roll(x, -1)])(values(theano, 2, 1, 3)),
    ]


def case_shape_padding(theano, T, np):
    x = T.matrix()
    outs = [
        T.shape_padleft(x),
        T.shape_padright(x),
        T.shape_padleft(x, 2),
        T.shape_padright(x, n_ones=2),
        T.shape_padaxis(x, 1),
        T.shape_padaxis(x, -1),
    ]
    return [kind(out) for out in outs]


def case_shape(theano, T, np):
    x = T.matrix()
    outs = [x.shape, x.shape[0], T.shape(x)[1], x.size, x.shape[-1], T.prod(x.shape)]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 2, 3)) + [x.ndim]


def case_shape_unpacked(theano, T, np):
    x = T.matrix()
    return [error(lambda: tuple(x.shape)), kind(x.shape[0] * 2.0), kind(x.shape[0] / 2)]


def case_concatenate(theano, T, np):
    x, y = T.matrices("xy")
    outs = [
        T.concatenate([x, y]),
        T.concatenate((x, y), axis=1),
        T.concatenate([x, y], -1),
        T.join(0, x, y),
        T.join(1, x, y, x),
    ]
    return [kind(out) for out in outs] + theano.function([x, y], outs)(
        values(theano, 2, 2), values(theano, 2, 2)[::-1]
    )


def case_concatenate_dtypes(theano, T, np):
    return [
        kind(T.concatenate([T.ivector(), T.fvector()])),
        kind(T.concatenate([T.row(), T.row()], axis=0)),
        kind(T.concatenate([T.col(), T.col()], 0)),
    ]


def case_concatenate_with_constants(theano, T, np):
    x = T.vector()
    outs = [
        T.concatenate([x, [1, 2]]),
        T.concatenate([x, np.zeros(1)]),
        T.concatenate([T.ones_like(x)[:1], x]),
    ]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 2))


def case_concatenate_errors(theano, T, np):
    x, y = T.matrices("xy")
    f = theano.function([x, y], T.concatenate([x, y], axis=0))
    return [
        error(f, values(theano, 2, 2), values(theano, 2, 3)),
        error(T.concatenate, [x, T.vector()]),
        error(T.concatenate, x, y),
        error(T.join, 0),
        error(T.concatenate, [x, y], axis=2),
    ]


def case_join_symbolic_axis(theano, T, np):
    x, y, a = T.matrix(), T.matrix(), T.iscalar()
    out = T.join(a, x, y)
    f = theano.function([a, x, y], out)
    return [
        kind(out),
        f(0, values(theano, 2, 2), values(theano, 1, 2)),
        f(1, values(theano, 2, 2), values(theano, 2, 1)),
    ]


def case_stack_list(theano, T, np):
    x, y = T.vectors("xy")
    outs = [T.stack([x, y]), T.stack((x, y), axis=1), T.stack([x, y], axis=-1), T.stack([x, y, x], 0)]
    return [kind(out) for out in outs] + theano.function([x, y], outs)(
        values(theano, 2), values(theano, 3)[1:]
    )


def case_stack_arguments(theano, T, np):
    x, y = T.vectors("xy")
    out = T.stack(x, y)
    return [kind(out), theano.function([x, y], out)(values(theano, 2), values(theano, 3)[1:])]


def case_stack_scalars(theano, T, np):
    x, y = T.scalars("xy")
    outs = [T.stack([x, y]), T.stack(x, y, x), T.stack([x, 1, 2.5]), T.as_tensor_variable([x, y])]
    return [kind(out) for out in outs] + theano.function([x, y], outs)(1, 2)


def case_stack_errors(theano, T, np):
    return [
        error(T.stack),
        error(T.stack, [T.vector(), T.matrix()]),
        error(T.stack, [T.vector(), T.vector()], axis=3),
    ]


def case_stacklists(theano, T, np):
    a, b = T.scalars("ab")
    out = T.stacklists([[a, b], [b, a]])
    return [kind(out), theano.function([a, b], out)(1, 2)]


def case_horizontal_vertical_stack(theano, T, np):
    x, y = T.matrices("xy")
    return theano.function([x, y], [T.horizontal_stack(x, y), T.vertical_stack(x, y)])(
        values(theano, 2, 2), values(theano, 2, 2)
    )


def case_split(theano, T, np):
    x = T.vector()
    parts = T.split(x, [1, 2, 1], 3)
    parts2 = T.split(T.stack([x, x]), splits_size=[1, 3], n_splits=2, axis=1)
    return [kind(p) for p in parts] + theano.function([x], [*parts, *parts2])(values(theano, 4))


def case_split_errors(theano, T, np):
    x = T.vector()
    return error(theano.function([x], T.split(x, [1, 2], 2)), values(theano, 4))


def case_tile(theano, T, np):
    x, v, n = T.matrix(), T.vector(), T.iscalar()
    outs = [
        T.tile(x, (2, 1)),
        T.tile(v, 2),
        T.tile(v, (2,)),
        T.tile(x, (n, 2)),
        T.tile(v, (2, 2)),
        T.tile(x, (2, 1, 1)),
    ]
    return [kind(out) for out in outs] + theano.function([x, v, n], outs)(
        values(theano, 1, 2), values(theano, 2), 2
    )


def case_tile_ndim(theano, T, np):
    v = T.vector()
    out = T.tile(v, (2, 1), ndim=2)
    return [
        kind(out),
        theano.function([v], out)(values(theano, 2)),
        error(T.tile, v, (2, 1), ndim=1),
        error(T.tile, v, "a"),
    ]


def case_repeat(theano, T, np):
    x, n = T.matrix(), T.iscalar()
    outs = [
        T.repeat(x, 2),
        T.repeat(x, 2, axis=0),
        x.repeat(2, axis=1),
        T.extra_ops.repeat(x, n, axis=0),
        T.repeat(x, [1, 2], axis=1),
    ]
    return [kind(out) for out in outs] + theano.function([x, n], outs)(values(theano, 2, 2), 3)


def case_repeat_gradient(theano, T, np):
    x = T.matrix()
    w = np.arange(12).reshape(3, 4)
    return theano.function([x], T.grad((T.repeat(x, 2, axis=1) * w).sum(), x))(values(theano, 3, 2))


def case_addbroadcast(theano, T, np):
    x, m = T.matrix(), T.matrix()
    y = T.addbroadcast(x, 0)
    f = theano.function([x, m], y + m)
    return [
        kind(y),
        f(values(theano, 1, 2), values(theano, 2, 2)),
        error(f, values(theano, 2, 2), values(theano, 2, 2)),
    ]


def case_addbroadcast_axes(theano, T, np):
    x = T.tensor3()
    return [kind(T.addbroadcast(x, 0, 2)), kind(T.addbroadcast(x, 1)), error(T.addbroadcast, x, 3)]


def case_unbroadcast(theano, T, np):
    r = T.row()
    u = T.unbroadcast(r, 0)
    return [kind(u), kind(T.unbroadcast(T.ones((1, 1)), 0, 1)), theano.function([r], u)(values(theano, 1, 2))]


def case_patternbroadcast(theano, T, np):
    x, c = T.matrix(), T.col()
    outs = [T.patternbroadcast(x, (True, False)), T.patternbroadcast(c, [False, False])]
    return [kind(out) for out in outs] + [theano.function([c], outs[1])(values(theano, 2, 1))]


def case_rebroadcast(theano, T, np):
    x = T.matrix()
    y = T.Rebroadcast((0, True), (1, False))(x)
    return [
        kind(y),
        theano.function([x], y)(values(theano, 1, 2)),
        error(theano.function([x], y), values(theano, 2, 2)),
    ]


def case_addbroadcast_gradient(theano, T, np):
    x, m = T.matrix(), T.matrix()
    g = T.grad((T.addbroadcast(x, 0) * m).sum(), x)
    return [kind(g), theano.function([x, m], g)(values(theano, 1, 2), values(theano, 2, 2))]


def case_set_value_of_a_row_that_is_not_broadcastable(theano, T, np):
    b = theano.shared(values(theano, 1, 2))
    x = T.matrix()
    return error(theano.function([x], x + b), values(theano, 3, 2))


def case_diag(theano, T, np):
    x, v = T.matrix(), T.vector()
    outs = [T.diag(x), T.diag(v), T.diagonal(x), T.nlinalg.diag(v), T.diagonal(x, offset=1), x.diagonal()]
    return [kind(out) for out in outs] + theano.function([x, v], outs)(
        values(theano, 2, 2), values(theano, 2)
    )


def case_fill_diagonal(theano, T, np):
    x, s = T.matrix(), T.scalar()
    outs = [T.fill_diagonal(x, s), T.extra_ops.fill_diagonal_offset(x, s, 1)]
    return theano.function([x, s], outs)(values(theano, 3, 3), 9)


def case_tri(theano, T, np):
    x = T.matrix()
    return theano.function([x], [T.tri(3, 4, 1), T.tri(2), T.tril(x), T.triu(x, 1), T.tri(2, dtype="int32")])(
        values(theano, 3, 3)
    )


def case_to_one_hot(theano, T, np):
    y = T.ivector()
    outs = [T.extra_ops.to_one_hot(y, 4), T.extra_ops.to_one_hot(y, 4, dtype="int32")]
    return [kind(out) for out in outs] + theano.function([y], outs)([0, 3, 1])


def case_copies(theano, T, np):
    x = T.vector("x")
    return [T.tensor_copy(x) is x, x.copy() is x, theano.function([x], x.copy())(values(theano, 2))]


def case_ravel_and_take(theano, T, np):
    x, i = T.matrix(), T.ivector()
    outs = [
        x.ravel(),
        T.take(x, i),
        T.take(x, i, axis=1),
        x.take(i, axis=0),
        T.take(x, 1, axis=0),
        T.take(x, i, axis=0, mode="clip"),
    ]
    return [kind(out) for out in outs] + theano.function([x, i], outs)(values(theano, 2, 3), [1, 0])


def case_unravel_index(theano, T, np):
    i = T.lvector()
    outs = [*T.unravel_index(i, (2, 3)), T.ravel_multi_index((i % 2, i % 3), (2, 3))]
    return theano.function([i], outs)([0, 4, 5])


def case_meshgrid_by_hand(theano, T, np):
    x, y = T.vectors("xy")
    gx, gy = T.tile(x, (y.shape[0], 1)), T.tile(y, (x.shape[0], 1)).T
    return theano.function([x, y], [gx, gy])(values(theano, 2), values(theano, 3))


def case_ones_like_times_a_scalar(theano, T, np):
    x, m = T.scalar(), T.matrix()
    y = T.ones_like(m) * x
    return [kind(y), theano.function([x, m], y)(3, values(theano, 2, 1))]


def case_extract_constant(theano, T, np):
    return [
        T.extract_constant(T.constant(3)),
        T.get_vector_length(T.stack([T.scalar(), T.scalar()])),
        T.get_vector_length([1, 2, 3]),
    ]


def case_get_scalar_constant_value(theano, T, np):
    return [T.get_scalar_constant_value(T.zeros(())), error(T.get_scalar_constant_value, T.scalar())]
