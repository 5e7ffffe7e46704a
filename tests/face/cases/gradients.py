"""Derivatives."""

from . import error, kind, values


def case_grad(theano, T, np):
    x, y = T.vectors("xy")
    gx, gy = T.grad((x * y**2).sum(), [x, y])
    single = T.grad(cost=(x**3).sum(), wrt=x)
    return [
        kind(gx),
        kind(single),
        theano.function([x, y], [gx, gy, single])(values(theano, 2), values(theano, 3)[1:]),
    ]


def case_grad_returns_what_wrt_is(theano, T, np):
    x = T.scalar()
    return [
        type(T.grad(x**2, [x])).__name__,
        type(T.grad(x**2, (x,))).__name__,
        type(T.grad(x**2, x)).__name__,
    ]


def case_grad_aliases(theano, T, np):
    return [theano.grad is T.grad, theano.gradient.grad is T.grad]


def case_grad_of_a_vector(theano, T, np):
    x = T.vector()
    return [error(T.grad, x**2, x), error(T.grad, 3, x), error(T.grad, None, x)]


def case_grad_disconnected(theano, T, np):
    x, y = T.scalars("xy")
    return [
        error(T.grad, x**2, y),
        error(T.grad, x**2, y, disconnected_inputs="raise"),
        theano.function([y], T.grad((x**2), y, disconnected_inputs="ignore"))(3),
        kind(T.grad(x**2, y, disconnected_inputs="warn")),
        error(T.grad, x**2, y, disconnected_inputs="nothing"),
    ]


def case_grad_return_disconnected(theano, T, np):
    x, y = T.scalars("xy")
    none = T.grad(x**2, y, disconnected_inputs="ignore", return_disconnected="None")
    other = T.grad(x**2, y, disconnected_inputs="ignore", return_disconnected="Disconnected")
    return [none is None, isinstance(other.type, theano.gradient.DisconnectedType)]


def case_grad_of_integers(theano, T, np):
    i, x = T.iscalar(), T.scalar()
    return [
        kind(T.grad(x * i, i)),
        error(T.grad, i**2, i),
        error(T.grad, (x > 0), x),
        theano.function([x, i], T.grad(x * i, i))(2, 3),
    ]


def case_grad_consider_constant(theano, T, np):
    x = T.scalar()
    y = x**2
    f = theano.function([x], [T.grad(x * y, x, consider_constant=[y]), T.grad(x * y, x)])
    return f(3)


def case_grad_known_grads(theano, T, np):
    x = T.vector()
    y = x**2
    g = T.grad(None, x, known_grads={y: T.ones_like(y) * 3})
    return theano.function([x], g)(values(theano, 2))


def case_grad_known_grads_with_cost(theano, T, np):
    from collections import OrderedDict

    x = T.vector()
    y, z = x**2, x**3
    g = T.grad(z.sum(), x, known_grads=OrderedDict([(y, T.ones_like(y))]))
    return theano.function([x], g)(values(theano, 2))


def case_grad_null_gradients(theano, T, np):
    x = T.vector()
    stream = T.shared_randomstreams.RandomStreams(1)
    draw = stream.binomial((2,), n=1, p=T.nnet.sigmoid(x))
    return [error(T.grad, draw.sum(), x), error(T.grad, draw.sum(), x, null_gradients="return")]


def case_grad_add_names(theano, T, np):
    x = T.scalar("x")
    cost = x**2
    cost.name = "cost"
    return [T.grad(cost, x).name, T.grad(cost, x, add_names=False).name]


def case_grad_through_shared(theano, T, np):
    w = theano.shared(values(theano, 2, 2), name="w")
    x = T.vector()
    g = T.grad(T.tanh(T.dot(x, w)).sum(), w)
    return [kind(g), theano.function([x], g)(values(theano, 2))]


def case_grad_twice(theano, T, np):
    x = T.scalar()
    g = T.grad(T.grad(x**4, x), x)
    return theano.function([x], [g, T.grad(T.grad(T.exp(x) * x, x), x)])(1.5)


def case_grad_at_kinks(theano, T, np):
    x, y = T.vectors("xy")
    a = np.asarray([-1, 0, 1], theano.config.floatX)
    b = np.asarray([-1, 0, 0], theano.config.floatX)
    costs = [
        abs(x),
        T.maximum(x, y),
        T.minimum(x, y),
        T.switch(x > y, x, y),
        T.sqr(x),
        T.sgn(x) * x,
        T.maximum(x, 0),
    ]
    return [theano.function([x, y], T.grad(c.sum() + 0 * y.sum(), x))(a, b) for c in costs]


def case_grad_of_round_and_ceil(theano, T, np):
    x = T.vector()
    costs = [T.round(x), T.ceil(x), T.floor(x), T.trunc(x), T.sgn(x)]
    return [theano.function([x], T.grad((c * x).sum(), x))(values(theano, 3)) for c in costs]


def case_grad_of_elementary_functions(theano, T, np):
    x = T.vector()
    names = "exp log sqrt sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arctanh"
    names += " expm1 log1p erf inv log2 exp2 gammaln"
    a = np.asarray([0.2, 0.7], theano.config.floatX)
    grads = [T.grad(getattr(T, name)(x).sum(), x) for name in names.split()]
    return dict(zip(names.split(), theano.function([x], grads)(a)))


def case_grad_of_power(theano, T, np):
    x, y = T.vectors("xy")
    a, b = np.asarray([0, 2, 3], theano.config.floatX), np.asarray([2, 0, 1.5], theano.config.floatX)
    return theano.function([x, y], [*T.grad((x**y).sum(), [x, y]), T.grad((x**2).sum(), x)])(a, b)


def case_grad_of_division(theano, T, np):
    x, y = T.vectors("xy")
    return theano.function([x, y], T.grad((x / y).sum(), [x, y]))(values(theano, 2), values(theano, 3)[1:])


def case_grad_of_modulo(theano, T, np):
    x, y = T.vectors("xy")
    return theano.function([x, y], T.grad((x % y).sum(), [x, y]))(values(theano, 2), values(theano, 3)[1:])


def case_grad_of_broadcast(theano, T, np):
    m, v, s = T.matrix(), T.vector(), T.scalar()
    grads = T.grad(((m * v + s) ** 2).sum(), [m, v, s])
    return [kind(g) for g in grads] + theano.function([m, v, s], grads)(
        values(theano, 2, 2), values(theano, 2), 0.5
    )


def case_grad_of_reductions(theano, T, np):
    x = T.matrix()
    costs = [
        x.mean(),
        x.var(),
        x.std(),
        x.prod(),
        x.norm(2),
        T.max(x, axis=0).sum(),
        T.min(x),
        (x.sum(axis=1) ** 2).sum(),
    ]
    return theano.function([x], [T.grad(c, x) for c in costs])(values(theano, 2, 3))


def case_grad_of_shapes(theano, T, np):
    x = T.matrix()
    w = np.arange(6).reshape(3, 2)
    costs = [
        x.reshape((3, 2)) * w,
        x.T * w,
        x.dimshuffle(1, "x", 0)[:, 0] * w,
        T.concatenate([x, x]).reshape((6, 2))[1:4] * w,
        x.flatten()[::-1].reshape((3, 2)) * w,
    ]
    return theano.function([x], [T.grad(c.sum(), x) for c in costs])(values(theano, 2, 3))


def case_grad_of_dots(theano, T, np):
    m, v, t = T.matrix(), T.vector(), T.tensor3()
    cost = (
        (T.dot(m, v) ** 2).sum()
        + T.tensordot(t, m, axes=[[2], [0]]).sum()
        + (T.batched_dot(t, t.dimshuffle(0, 2, 1)) ** 2).sum()
    )
    return theano.function([m, v, t], T.grad(cost, [m, v, t]))(
        values(theano, 2, 2), values(theano, 2), values(theano, 2, 2, 2)
    )


def case_grad_of_casts(theano, T, np):
    x = T.fvector()
    return [
        kind(T.grad(T.cast(x, "float64").sum(), x)),
        theano.function([x], T.grad((T.cast(x, "float64") ** 2).sum(), x))(np.ones(2, "float32")),
    ]


def case_jacobian(theano, T, np):
    x = T.vector()
    j = T.jacobian(x**2 * x.sum(), x)
    return [kind(j), theano.function([x], j)(values(theano, 3)), theano.gradient.jacobian is T.jacobian]


def case_jacobian_of_many(theano, T, np):
    x, y = T.vectors("xy")
    js = theano.gradient.jacobian(x * y, [x, y])
    return [
        type(js).__name__,
        theano.function([x, y], js)(values(theano, 2), values(theano, 2)),
        error(T.jacobian, T.matrix(), x),
    ]


def case_hessian(theano, T, np):
    x = T.vector()
    h = T.hessian((x**3).sum() + x[0] * x[1], x)
    return [
        kind(h),
        theano.function([x], h)(values(theano, 2)),
        error(T.hessian, x, x),
        error(T.hessian, x.sum(), T.scalar()),
    ]


def case_rop_lop(theano, T, np):
    w, v, x = T.matrix(), T.matrix(), T.vector()
    u = T.vector()
    y = T.tanh(T.dot(x, w))
    return theano.function([w, v, x, u], [T.Rop(y, w, v), T.Lop(y, w, u)])(
        values(theano, 2, 2), values(theano, 2, 2), values(theano, 2), values(theano, 2)
    )


def case_rop_of_lists(theano, T, np):
    x, y, p, q = T.vectors("xypq")
    out = T.Rop([x * y, x + y], [x, y], [p, q])
    a = values(theano, 2)
    return [type(out).__name__, theano.function([x, y, p, q], out)(a, a + 1, a, a)]


def case_rop_errors(theano, T, np):
    x, m = T.vector(), T.matrix()
    return [error(T.Rop, x**2, x, m), error(T.Rop, x**2, [x], [x, x])]


def case_disconnected_and_zero_grad(theano, T, np):
    from theano.gradient import consider_constant, disconnected_grad, zero_grad

    x = T.scalar()
    outs = [
        T.grad(x * disconnected_grad(x), x),
        T.grad(x * zero_grad(x), x),
        T.grad(x * consider_constant(x), x),
    ]
    return [theano.function([x], outs)(3), error(T.grad, disconnected_grad(x), x)]


def case_grad_clip(theano, T, np):
    x = T.scalar()
    y = theano.gradient.grad_clip(x, -1, 1) ** 2
    return [theano.function([x], [y, T.grad(y, x)])(3), theano.function([x], T.grad(y, x))(0.25)]


def case_grad_scale(theano, T, np):
    x = T.scalar()
    y = theano.gradient.grad_scale(x, -2) ** 2
    return theano.function([x], [y, T.grad(y, x)])(3)


def case_grad_undefined(theano, T, np):
    from theano.gradient import grad_not_implemented, grad_undefined

    x = T.scalar()
    return [type(grad_undefined(x, 0, x).type).__name__, type(grad_not_implemented(x, 0, x).type).__name__]


def case_subgraph_grad(theano, T, np):
    x, w1, w2 = T.vector(), theano.shared(values(theano, 2, 2)), theano.shared(values(theano, 2, 2)[::-1])
    h = T.tanh(T.dot(x, w1))
    cost = (T.dot(h, w2) ** 2).sum()
    grads, upper = theano.subgraph_grad(wrt=[w2], end=[h], cost=cost)
    return theano.function([x], [*grads, *upper])(values(theano, 2))


def case_verify_grad(theano, T, np):
    rng = np.random.RandomState(3)
    point = [rng.uniform(0.2, 1, size=(2, 2)).astype(theano.config.floatX)]
    T.verify_grad(lambda x: T.tanh(x).sum(), point, rng=rng)
    bad = lambda x: theano.gradient.grad_scale(x, 2).sum()  # noqa: E731
    return error(theano.gradient.verify_grad, bad, point, rng=rng)


def case_errors_are_classes(theano, T, np):
    from theano.gof.null_type import NullType
    from theano.gradient import DisconnectedInputError, DisconnectedType, NullTypeGradError, numeric_grad

    x = np.ones(2)
    return [
        issubclass(DisconnectedInputError, ValueError),
        issubclass(NullTypeGradError, TypeError),
        type(DisconnectedType()).__name__,
        type(NullType()).__name__,
        numeric_grad(lambda a: (a**2).sum(), x).gf[0].round(4),
    ]


def case_forced_forward(theano, T, np):
    class Square(theano.Op):
        __props__ = ()

        def make_node(self, x):
            x = T.as_tensor_variable(x)
            return theano.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, outputs):
            outputs[0][0] = inputs[0] ** 2

        def grad(self, inputs, gradients):
            return [gradients[0] * 2 * inputs[0] * 10]

    x = T.vector()
    y = Square()(x)
    return theano.function([x], [y, T.grad(y.sum(), x)])(values(theano, 2))


def case_optimiser_step(theano, T, np):
    w, b = (
        theano.shared(values(theano, 3), name="w"),
        theano.shared(np.asarray(0, theano.config.floatX), name="b"),
    )
    x, y = T.matrix(), T.vector()
    p = 1 / (1 + T.exp(-T.dot(x, w) - b))
    cost = (-y * T.log(p) - (1 - y) * T.log(1 - p)).mean() + 0.01 * (w**2).sum()
    gw, gb = T.grad(cost, [w, b])
    rate = np.asarray(0.1, theano.config.floatX)
    f = theano.function(
        [x, y],
        [p > 0.5, cost],
        updates=((w, w - rate * T.cast(gw, w.dtype)), (b, b - rate * T.cast(gb, w.dtype))),
        allow_input_downcast=True,
    )
    for _ in range(3):
        out = f(values(theano, 4, 3), [0, 1, 1, 0])
    return [*out, w.get_value(), b.get_value()]
