"""theano.sparse and theano.typed_list."""

from . import error, kind, values


def _matrix(theano, format="csr"):
    import scipy.sparse

    a = values(theano, 3, 4)
    a[abs(a) < 1] = 0
    return getattr(scipy.sparse, format + "_matrix")(a)


def case_constructors(theano, T, np):
    from theano import sparse

    x, y = sparse.csr_matrix("x"), sparse.csc_matrix("y", dtype="float32")
    return [
        x.dtype,
        x.format,
        x.ndim,
        x.name,
        y.dtype,
        y.format,
        isinstance(x.type, sparse.SparseType),
        x.type == sparse.SparseType("csr", x.dtype),
    ]


def case_dense_and_back(theano, T, np):
    from theano import sparse

    x, m = sparse.csr_matrix("x"), T.matrix()
    dense = sparse.dense_from_sparse(x)
    back = sparse.csc_from_dense(m)
    return [
        kind(dense),
        back.format,
        theano.function([x], dense)(_matrix(theano)),
        theano.function([m], back)(_matrix(theano).toarray()).toarray(),
        theano.function([x], x.toarray())(_matrix(theano)),
    ]


def case_structured_dot(theano, T, np):
    from theano import sparse

    x, w = sparse.csr_matrix("x"), T.matrix()
    y = sparse.basic.structured_dot(x, w)
    return [kind(y), theano.function([x, w], [y, T.grad(y.sum(), w)])(_matrix(theano), values(theano, 4, 2))]


def case_dot(theano, T, np):
    from theano import sparse

    x, w = sparse.csr_matrix("x"), T.matrix()
    outs = [sparse.dot(x, w), sparse.dot(w.T, x.T), sparse.dot(x, w[:, 0:1])]
    return [kind(out) for out in outs] + theano.function([x, w], outs)(_matrix(theano), values(theano, 4, 2))


def case_stacks(theano, T, np):
    from theano import sparse

    x = sparse.csr_matrix("x")
    outs = [sparse.basic.hstack([x, x]), sparse.basic.vstack([x, x], format="csr")]
    return [out.format for out in outs] + [
        out.toarray() for out in theano.function([x], outs)(_matrix(theano))
    ]


def case_arithmetic(theano, T, np):
    from theano import sparse

    x = sparse.csr_matrix("x")
    outs = [x + x, sparse.mul(x, x), -x, x.T, sparse.sub(x, x)]
    return [out.format for out in outs] + [
        out.toarray() for out in theano.function([x], outs)(_matrix(theano))
    ]


def case_sums(theano, T, np):
    from theano import sparse

    x = sparse.csr_matrix("x")
    outs = [sparse.sp_sum(x), sparse.sp_sum(x, axis=0), sparse.sp_sum(x, axis=1), x.shape]
    return [kind(out) for out in outs] + theano.function([x], outs)(_matrix(theano))


def case_parts(theano, T, np):
    from theano import sparse

    x = sparse.csr_matrix("x")
    parts = sparse.csm_properties(x)
    again = sparse.CSR(*parts)
    return theano.function([x], [*parts, sparse.dense_from_sparse(again)])(_matrix(theano))


def case_as_sparse_variable(theano, T, np):
    from theano import sparse

    return [
        sparse.as_sparse_variable(_matrix(theano)).format,
        sparse.as_sparse_or_tensor_variable(np.ones(2)).ndim,
        error(sparse.as_sparse_variable, np.ones(2)),
    ]


def case_shared(theano, T, np):
    s = theano.shared(_matrix(theano), name="s")
    return [
        s.format,
        s.dtype,
        s.get_value().toarray(),
        theano.function([], theano.sparse.dense_from_sparse(s))(),
    ]


def case_slices(theano, T, np):
    from theano import sparse

    x = sparse.csr_matrix("x")
    outs = [x[0:2, 1:3], x[:2]]
    return [theano.function([x], sparse.dense_from_sparse(out))(_matrix(theano)) for out in outs] + [
        theano.function([x], x[1, 2])(_matrix(theano))
    ]


def case_elementwise_with_dense(theano, T, np):
    from theano import sparse

    x, m = sparse.csr_matrix("x"), T.matrix()
    a = _matrix(theano)
    return [
        theano.function([x, m], x + m)(a, a.toarray()),
        theano.function([x, m], x * m)(a, a.toarray()).toarray(),
    ]


def case_structured_functions(theano, T, np):
    from theano import sparse

    x = sparse.csr_matrix("x")
    outs = [
        sparse.structured_sigmoid(x),
        sparse.structured_exp(x),
        sparse.sqr(x),
        sparse.tanh(x),
        sparse.sgn(x),
        sparse.structured_maximum(x, 1.0),
    ]
    return [theano.function([x], out)(_matrix(theano)).toarray() for out in outs]


def case_square_diagonal(theano, T, np):
    from theano import sparse

    v = T.vector()
    return theano.function([v], sparse.dense_from_sparse(sparse.square_diagonal(v)))(values(theano, 3))


def case_typed_list(theano, T, np):
    import theano.typed_list as tl

    x, v = tl.TypedListType(T.dvector)("x"), T.dvector()
    out = tl.append(x, v)
    f = theano.function([x, v], [out, tl.length(out), out[0], tl.insert(x, np.int64(0), v)])
    return f([np.ones(2)], [3.0])


def case_typed_list_more(theano, T, np):
    import theano.typed_list as tl

    x, v = tl.TypedListType(T.dvector)("x"), T.dvector()
    a, b = np.asarray([1.0, 2]), np.asarray([3.0])
    return [
        theano.function([x], tl.reverse(x))([a, b]),
        theano.function([x, v], tl.remove(x, v))([a, b], a),
        theano.function([x], tl.extend(x, x))([a, b]),
        theano.function([x, v], tl.count(x, v))([a, b, a], a),
        theano.function([x, v], tl.index_(x, v))([a, b], b),
        theano.function([x], x[1])([a, b]),
        theano.function([x], x[0:1])([a, b]),
    ]


def case_typed_list_of_variables(theano, T, np):
    import theano.typed_list as tl

    a, b = T.dvectors("ab")
    out = tl.make_list([a, b])
    return [
        theano.function([a, b], out)([1.0], [2.0, 3.0]),
        tl.TypedListType(T.dvector) == tl.TypedListType(T.dvector),
        tl.TypedListType(T.dvector) == tl.TypedListType(T.fvector),
        error(tl.TypedListType, 3),
    ]
