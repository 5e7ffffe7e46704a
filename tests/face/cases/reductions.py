"""Sums, means, extremes, and what sorts or counts."""

from . import error, kind, values


def case_sum(theano, T, np):
    x = T.tensor3()
    outs = [
        T.sum(x),
        T.sum(x, axis=0),
        T.sum(x, axis=-1),
        T.sum(x, axis=(0, 2)),
        T.sum(x, axis=1, keepdims=True),
        x.sum(2),
    ]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 2, 3, 2))


def case_sum_of_a_list(theano, T, np):
    x, y = T.scalars("xy")
    return theano.function([x, y], [T.sum([x, y, x]), T.mean([x, y]), T.max([x, y])])(1, 2)


def case_sum_dtypes(theano, T, np):
    names = "bvector wvector ivector lvector fvector dvector cvector zvector".split()
    made = {name: getattr(T, name)() for name in names}
    return {name: [T.sum(x).dtype, T.prod(x).dtype, T.cumsum(x).dtype] for name, x in made.items()}


def case_sum_dtype_keywords(theano, T, np):
    x = T.fvector()
    outs = [T.sum(x, dtype="float64"), T.sum(x, acc_dtype="float64"), T.sum(T.cast(x, "int8"), dtype="int32")]
    return theano.function([x], outs)(np.asarray([1.5, 2.25], "float32"))


def case_mean_dtypes(theano, T, np):
    names = "bvector ivector lvector fvector dvector".split()
    return {name: [T.mean(getattr(T, name)()).dtype, T.var(getattr(T, name)()).dtype] for name in names}


def case_mean(theano, T, np):
    x = T.matrix()
    outs = [
        T.mean(x),
        T.mean(x, axis=0),
        T.mean(x, axis=[0, 1]),
        T.mean(x, 1, keepdims=True),
        T.mean(x, dtype="float64"),
    ]
    return theano.function([x], outs)(values(theano, 2, 3))


def case_mean_of_integers(theano, T, np):
    i = T.imatrix()
    return theano.function([i], [T.mean(i), T.mean(i, axis=0), T.mean(T.eq(i, 2)), i.mean(dtype="float32")])(
        [[1, 2], [2, 2]]
    )


def case_mean_of_nothing(theano, T, np):
    x = T.vector()
    return theano.function([x], [T.sum(x), T.prod(x), T.mean(x)])(values(theano, 0))


def case_var_std(theano, T, np):
    x = T.matrix()
    outs = [
        T.var(x),
        T.std(x),
        T.var(x, axis=0),
        T.std(x, axis=1, keepdims=True),
        T.var(x, ddof=1),
        T.std(x, ddof=1, axis=0),
    ]
    return theano.function([x], outs)(values(theano, 2, 3))


def case_var_corrected(theano, T, np):
    x = T.vector()
    return theano.function([x], [T.var(x, corrected=True), T.std(x, corrected=True)])(values(theano, 4))


def case_prod(theano, T, np):
    x, i = T.matrix(), T.ivector()
    return [
        theano.function([x], [T.prod(x), T.prod(x, axis=0), T.prod(x, axis=1, keepdims=True)])(
            values(theano, 2, 2)
        ),
        theano.function([i], [T.prod(i), i.prod(dtype="float32")])([2, 3]),
    ]


def case_prod_gradient_with_zeros(theano, T, np):
    x = T.matrix()
    a = np.asarray([[1, 2, 3], [0, 2, 3], [0, 0, 3]], theano.config.floatX)
    return theano.function([x], T.grad(T.prod(x, axis=1).sum(), x))(a)


def case_max_min(theano, T, np):
    x = T.tensor3()
    outs = [
        T.max(x),
        T.max(x, axis=1),
        T.min(x, axis=(0, 1)),
        T.max(x, axis=-1, keepdims=True),
        T.min(x),
        x.max(0),
    ]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 2, 2, 3))


def case_max_of_nan(theano, T, np):
    x = T.dvector()
    return theano.function([x], [T.max(x), T.min(x), T.argmax(x)])([1.0, np.nan, 2.0])


def case_max_gradient_at_ties(theano, T, np):
    x = T.vector()
    return theano.function([x], T.grad(T.max(x), x))(np.asarray([1, 1, 0], theano.config.floatX))


def case_max_and_argmax(theano, T, np):
    x = T.matrix()
    a, b = T.max_and_argmax(x, axis=1)
    c, d = T.max_and_argmax(x, axis=0, keepdims=True)
    return [kind(v) for v in (a, b, c, d)] + theano.function([x], [a, b, c, d])(values(theano, 2, 3))


def case_argmax(theano, T, np):
    x = T.matrix()
    outs = [
        T.argmax(x),
        T.argmax(x, axis=1),
        T.argmax(x, axis=0, keepdims=True),
        T.argmax(x, axis=[0, 1]),
        T.argmin(x, axis=1),
    ]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 2, 3))


def case_argmax_at_ties(theano, T, np):
    x = T.ivector()
    return theano.function([x], [T.argmax(x), T.argmin(x), x.argmax(), x.argmin()])([1, 3, 3, 1])


def case_argmax_errors(theano, T, np):
    return [
        error(T.argmax, T.vector(), axis=1),
        error(T.max, T.matrix(), axis=2),
        error(T.sum, T.vector(), axis=3),
    ]


def case_axis_errors(theano, T, np):
    return [
        error(T.sum, T.vector(), axis="a"),
        error(T.sum, T.vector(), axis=0.5),
        error(T.mean, T.matrix(), axis=-3),
    ]


def case_all_any(theano, T, np):
    x = T.matrix()
    b = x > 0
    outs = [T.all(b), T.any(b), T.all(b, axis=0), T.any(b, axis=1, keepdims=True), b.all(), b.any(axis=0)]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 2, 3))


def case_keepdims_patterns(theano, T, np):
    x = T.tensor3()
    reduced = [T.sum, T.prod, T.mean, T.max, T.min, T.argmax, T.var, T.std]
    return [kind(f(x, axis=1, keepdims=True)) for f in reduced] + [kind(f(x, axis=1)) for f in reduced]


def case_norms(theano, T, np):
    x = T.matrix()
    return theano.function([x], [x.norm(2), x.norm(1), x.norm(2, axis=0), x.norm(3, axis=1)])(
        values(theano, 2, 3)
    )


def case_ptp(theano, T, np):
    x = T.matrix()
    return theano.function([x], [T.ptp(x), T.ptp(x, axis=0)])(values(theano, 2, 3))


def case_cumsum_cumprod(theano, T, np):
    x = T.matrix()
    outs = [T.cumsum(x), T.cumsum(x, axis=0), T.cumprod(x, axis=1), x.cumsum(1), T.extra_ops.cumprod(x)]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 2, 3))


def case_sort(theano, T, np):
    x = T.matrix()
    outs = [
        T.sort(x),
        T.sort(x, axis=0),
        T.sort(x, axis=None),
        T.argsort(x),
        T.argsort(x, axis=0),
        x.sort(),
        x.argsort(1),
    ]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 3, 2))


def case_sort_gradient(theano, T, np):
    x = T.matrix()
    w = np.arange(6).reshape(3, 2)
    return theano.function([x], T.grad((T.sort(x, axis=0) * w).sum(), x))(values(theano, 3, 2))


def case_argsort_stable(theano, T, np):
    x = T.ivector()
    return theano.function([x], [T.argsort(x, kind="mergesort"), T.sort(x, kind="heapsort")])([2, 1, 2, 1])


def case_topk(theano, T, np):
    x = T.vector()
    top, where = T.topk_and_argtopk(x, 2, sorted=False)
    f = theano.function(
        [x],
        [
            T.sort(T.topk(x, 3, sorted=False)),
            T.sort(T.argtopk(x, 2, sorted=False)),
            T.sort(T.topk(x, -2, sorted=False)),
            T.sort(top),
            T.sort(where),
        ],
    )
    return f(values(theano, 6))


def case_topk_options(theano, T, np):
    x = T.matrix()
    top, where = T.topk_and_argtopk(x, 1, axis=0, sorted=False, idx_dtype="int32")
    return [
        kind(top),
        kind(where),
        theano.function([x], [top, where])(values(theano, 3, 2)),
        error(T.topk, x, 1),
    ]


def case_bincount(theano, T, np):
    i, w = T.ivector(), T.vector()
    outs = [T.bincount(i), T.extra_ops.bincount(i, minlength=6), T.bincount(i, weights=w)]
    return theano.function([i, w], outs)([0, 2, 2, 1], values(theano, 4))


def case_unique(theano, T, np):
    i = T.ivector()
    outs = [T.extra_ops.Unique()(i), *T.extra_ops.Unique(True, True, True)(i)]
    return theano.function([i], outs)([3, 1, 3, 2])


def case_searchsorted(theano, T, np):
    x, v = T.vectors("xv")
    from theano.tensor.extra_ops import searchsorted

    outs = [searchsorted(x, v), searchsorted(x, v, side="right")]
    return theano.function([x, v], outs)(
        np.asarray([1, 2, 3], theano.config.floatX), np.asarray([0, 2, 9], theano.config.floatX)
    )


def case_diff(theano, T, np):
    x = T.matrix()
    return theano.function([x], [T.extra_ops.diff(x), T.extra_ops.diff(x, n=2, axis=0)])(values(theano, 3, 3))


def case_squeeze_and_compress(theano, T, np):
    x = T.row()
    m = T.matrix()
    return [
        kind(T.extra_ops.squeeze(x)),
        theano.function([m], T.extra_ops.compress(np.asarray([0, 1, 1]), m, axis=0))(values(theano, 3, 2)),
    ]


def case_nonzero(theano, T, np):
    x = T.matrix()
    a = np.asarray([[0, 1], [2, 0]], theano.config.floatX)
    return theano.function(
        [x],
        [
            *T.nonzero(x),
            *x.nonzero(),
            T.flatnonzero(x),
            T.nonzero_values(x),
            T.nonzero(x, return_matrix=True),
        ],
    )(a)


def case_dot(theano, T, np):
    m, v, t = T.matrix(), T.vector(), T.tensor3()
    outs = [T.dot(m, m.T), T.dot(m, v), T.dot(v, v), m.dot(v), T.dot(t, v), T.dot(m.T, m)]
    return [kind(out) for out in outs] + theano.function([m, v, t], outs)(
        values(theano, 2, 3), values(theano, 3), values(theano, 2, 2, 3)
    )


def case_dot_errors(theano, T, np):
    m = T.matrix()
    f = theano.function([m], T.dot(m, m))
    return [error(f, values(theano, 2, 3)), error(T.dot, m, "a")]


def case_dot_dtypes(theano, T, np):
    pairs = ["fd", "if", "ii", "ld", "lf", "bf"]
    return {p: T.dot(getattr(T, p[0] + "matrix")(), getattr(T, p[1] + "vector")()).dtype for p in pairs}


def case_dot_of_scalars(theano, T, np):
    x, m = T.scalar(), T.matrix()
    return theano.function([x, m], [T.dot(x, m), T.dot(x, x)])(2, values(theano, 2, 2))


def case_tensordot(theano, T, np):
    a, b = T.tensor3("a"), T.tensor3("b")
    outs = [
        T.tensordot(a, b, 1),
        T.tensordot(a, b, axes=[[0, 1], [1, 0]]),
        T.tensordot(a, b, axes=[1, 0]),
        T.tensordot(a, a, 3),
    ]
    return [kind(out) for out in outs] + theano.function([a, b], outs)(
        values(theano, 2, 2, 2), values(theano, 2, 2, 2)[::-1]
    )


def case_batched_dot(theano, T, np):
    a, b, m = T.tensor3("a"), T.tensor3("b"), T.matrix()
    outs = [T.batched_dot(a, b), T.batched_dot(a, m), T.batched_tensordot(a, b, axes=[1, 1])]
    return [kind(out) for out in outs] + theano.function([a, b, m], outs)(
        values(theano, 2, 2, 2), values(theano, 2, 2, 2), values(theano, 2, 2)
    )


def case_outer_inner(theano, T, np):
    x, y = T.vectors("xy")
    return theano.function([x, y], [T.outer(x, y), T.nlinalg.trace(T.outer(x, x))])(
        values(theano, 2), values(theano, 3)
    )


def case_matmul_operator(theano, T, np):
    m = T.matrix()
    return theano.function([m], m.__matmul__(m.T) if hasattr(m, "__matmul__") else T.dot(m, m.T))(
        values(theano, 2, 3)
    )


def case_percentile_like(theano, T, np):
    x = T.matrix()
    middle = T.sort(x, axis=0)[1]
    return theano.function([x], [middle, T.grad(middle.sum(), x)])(values(theano, 3, 2))


def case_logsumexp_by_hand(theano, T, np):
    x = T.matrix()
    m = T.max(x, axis=1, keepdims=True)
    y = T.log(T.sum(T.exp(x - m), axis=1, keepdims=True)) + m
    return [kind(y), theano.function([x], [y, T.grad(y.sum(), x)])(values(theano, 2, 3))]
