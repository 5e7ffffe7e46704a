"""Arithmetic, comparisons, casts and functions of single elements."""

from . import error, kind, values


def _apply(theano, T, np, names, low=None, high=None):
    x = T.matrix()
    a = values(theano, 2, 3)
    if low is not None:
        a = (low + (high - low) * (a + 2) / 4).astype(theano.config.floatX)
    return dict(zip(names, theano.function([x], [getattr(T, name)(x) for name in names])(a)))


def case_functions_of_all_numbers(theano, T, np):
    names = "abs_ neg exp exp2 expm1 sin cos tan sinh cosh tanh arctan arcsinh"
    names += " sqr square sgn floor ceil trunc erf erfc"
    return _apply(theano, T, np, names.split())


def case_functions_of_positive_numbers(theano, T, np):
    names = "log log2 log10 log1p sqrt inv gamma gammaln psi arccosh".split()
    return _apply(theano, T, np, names, 1.1, 4)


def case_functions_of_small_numbers(theano, T, np):
    return _apply(theano, T, np, "arcsin arccos arctanh erfinv erfcinv deg2rad rad2deg".split(), 0.1, 0.9)


def case_bessel_and_chi2(theano, T, np):
    x = T.vector()
    a = np.asarray([0.5, 1.0, 2.5], theano.config.floatX)
    return theano.function([x], [T.j0(x), T.j1(x), T.i0(x), T.i1(x), T.chi2sf(x, 3)])(a)


def case_functions_of_integers(theano, T, np):
    i = T.ivector()
    names = "abs_ neg sqr sgn exp sqrt sin log tanh floor ceil inv".split()
    return [{name: kind(getattr(T, name)(i)) for name in names}, error(T.round, i)]


def case_functions_of_small_integers(theano, T, np):
    return [
        T.exp(T.bvector()).dtype,
        T.sqrt(T.wvector()).dtype,
        T.exp(T.lvector()).dtype,
        T.sqr(T.bvector()).dtype,
    ]


def case_round(theano, T, np):
    x = T.vector()
    a = np.asarray([-1.5, -0.5, 0.5, 1.5, 2.5, 2.6], theano.config.floatX)
    modes = [T.round(x), T.round(x, mode="half_to_even"), T.round(x, mode="half_away_from_zero"), T.iround(x)]
    return theano.function([x], modes)(a)


def case_sign_of_zero(theano, T, np):
    x = T.vector()
    return theano.function([x], [T.sgn(x), abs(x), -x])(np.asarray([-2, 0, 3], theano.config.floatX))


def case_operators(theano, T, np):
    x, y = T.vectors("xy")
    outs = [x + y, x - y, x * y, x / y, x // y, x % y, x**2, abs(x), -x, 1 - x, 2 / y, 3 // y, 2.0**x, 1 + x]
    return theano.function([x, y], outs)(values(theano, 4), values(theano, 5)[1:])


def case_operators_of_integers(theano, T, np):
    x, y = T.ivectors("xy")
    outs = [
        x + y,
        x - y,
        x * y,
        x / y,
        x // y,
        x % y,
        x**2,
        abs(x),
        -x,
        1 - x,
        T.true_div(x, y),
        T.int_div(x, y),
    ]
    return theano.function([x, y], outs)([7, -7, 7, -7], [2, 2, -2, -2])


def case_operators_of_bits(theano, T, np):
    x, y = T.lvectors("xy")
    outs = [x & y, x | y, x ^ y, ~x, T.and_(x, y), T.or_(x, y), T.xor(x, y), T.invert(x), T.bitwise_and(x, y)]
    return theano.function([x, y], outs)([0, 1, 6, -1], [3, 1, 5, 8])


def case_remainders_of_negatives(theano, T, np):
    x, y = T.vectors("xy")
    a = np.asarray([7, -7, 7, -7.5], theano.config.floatX)
    b = np.asarray([2, 2, -2, -2], theano.config.floatX)
    return theano.function([x, y], [x % y, x // y, T.mod(x, y), T.floor_div(x, y)])(a, b)


def case_division_dtypes(theano, T, np):
    pairs = [
        ("b", "b"),
        ("w", "b"),
        ("i", "i"),
        ("l", "l"),
        ("f", "b"),
        ("f", "i"),
        ("f", "l"),
        ("d", "f"),
        ("i", "f"),
    ]
    return {a + b: (getattr(T, a + "vector")() / getattr(T, b + "vector")()).dtype for a, b in pairs}


def case_sum_dtypes(theano, T, np):
    letters = "bwilfdcz"
    return {
        a + b: (getattr(T, a + "scalar")() + getattr(T, b + "vector")()).dtype
        for a in letters
        for b in letters
    }


def case_power_dtypes(theano, T, np):
    letters = "bwilfd"
    return {
        a + b: (getattr(T, a + "vector")() ** getattr(T, b + "scalar")()).dtype
        for a in letters
        for b in letters
    }


def case_python_numbers_with_variables(theano, T, np):
    f, d, i, b = T.fvector(), T.dvector(), T.ivector(), T.bvector()
    made = [
        2 * f,
        1.5 + f,
        0.1 * f,
        f**2,
        2.0**f,
        2 * i,
        1.5 * i,
        i / 2,
        b + 1,
        b + 300,
        b * 1.5,
        d + 1,
        i**2,
        f / 3,
    ]
    return [variable.dtype for variable in made]


def case_numpy_numbers_with_variables(theano, T, np):
    f, i = T.fvector(), T.ivector()
    made = [
        f * np.float64(0.1),
        f * np.float32(0.1),
        i + np.int64(1),
        f + np.int64(1),
        f * np.ones(2),
        i * np.ones(2),
    ]
    return [variable.dtype for variable in made]


def case_numpy_on_the_left(theano, T, np):
    x = T.vector()
    y = np.float64(0.5) * x
    z = np.asarray([1.0, 2.0]) - x
    return [kind(y), kind(z), theano.function([x], [y, z])(values(theano, 2))]


def case_comparisons(theano, T, np):
    x, y = T.vectors("xy")
    outs = [
        T.lt(x, y),
        T.le(x, y),
        T.gt(x, y),
        T.ge(x, y),
        T.eq(x, y),
        T.neq(x, y),
        x < y,
        x <= y,
        x > y,
        x >= y,
    ]
    a = np.asarray([1, 2, 3], theano.config.floatX)
    return theano.function([x, y], outs)(a, a[::-1].copy())


def case_arithmetic_of_comparisons(theano, T, np):
    x = T.vector()
    b = T.gt(x, 0)
    made = [b * x, b + b, 1 - b, b * 1, b * 1.0, T.sum(b), T.mean(b), b * b, ~b, b & b, b | b, T.xor(b, b)]
    return [
        [kind(v) for v in made],
        theano.function([x], made)(values(theano, 3)),
        error(lambda: -b),
        error(lambda: b - b),
    ]


def case_equality_is_of_objects(theano, T, np):
    x, y = T.vectors("xy")
    return [x == x, x == y, x != y, len({x, y, x})]


def case_isnan_isinf(theano, T, np):
    x = T.vector()
    a = np.asarray([1, np.nan, np.inf, -np.inf], theano.config.floatX)
    return theano.function([x], [T.isnan(x), T.isinf(x)])(a) + [kind(T.isnan(T.ivector()))]


def case_isclose_allclose(theano, T, np):
    x, y = T.dvectors("xy")
    outs = [
        T.isclose(x, y),
        T.allclose(x, y),
        T.isclose(x, y, atol=0.2),
        T.allclose(x, y, rtol=0.5, equal_nan=True),
    ]
    return theano.function([x, y], outs)([1.0, 2, np.nan, np.inf], [1.0, 2.1, np.nan, np.inf])


def case_switch(theano, T, np):
    x, y = T.vectors("xy")
    outs = [T.switch(x > 0, x, y), T.where(x < 0, 0, 1), T.switch(T.lt(x, y), 1.0, 0), T.switch(1, x, y)]
    return [kind(out) for out in outs] + theano.function([x, y], outs)(
        values(theano, 4), values(theano, 5)[1:]
    )


def case_switch_tuples(theano, T, np):
    x = T.vector()
    return theano.function([x], T.switch((1, 0), (x[0], x[1]), (x[2], x[3])))(values(theano, 4))


def case_maximum_minimum(theano, T, np):
    x, y = T.vectors("xy")
    outs = [
        T.maximum(x, y),
        T.minimum(x, y),
        T.maximum(x, 0),
        T.minimum(x, 0.5),
        T.largest(x, y),
        T.smallest(x, y),
    ]
    return [kind(out) for out in outs] + theano.function([x, y], outs)(
        values(theano, 4), values(theano, 5)[1:]
    )


def case_maximum_of_nan(theano, T, np):
    x, y = T.dvectors("xy")
    return theano.function([x, y], [T.maximum(x, y), T.minimum(x, y)])(
        [np.nan, 1, np.nan], [1, np.nan, np.nan]
    )


def case_clip(theano, T, np):
    x, i = T.vector(), T.ivector()
    return [
        theano.function([x], [T.clip(x, -0.5, 0.5), x.clip(0, 1)])(values(theano, 4)),
        theano.function([i], T.clip(i, 0, 2))([-3, 1, 9]),
        kind(T.clip(i, 0.5, 1.5)),
    ]


def case_clip_gradient(theano, T, np):
    x = T.vector()
    a = np.asarray([-1, -0.5, 0, 0.5, 2], theano.config.floatX)
    return theano.function([x], T.grad(T.clip(x, -0.5, 0.5).sum(), x))(a)


def case_cast(theano, T, np):
    x = T.dvector()
    names = "int8 int32 int64 float32 float64 uint8 bool complex64 floatX".split()
    outs = [T.cast(x, name) for name in names] + [x.astype("int16"), T.cast(x, dtype="float32")]
    return theano.function([x], outs)([0.0, 1.7, -2.9 + 3, 100.2])


def case_cast_of_numbers(theano, T, np):
    return [
        kind(T.cast(2, "float32")),
        kind(T.cast(0.5, theano.config.floatX)),
        error(T.cast, T.zvector(), "float64"),
    ]


def case_cast_same_dtype_is_the_variable(theano, T, np):
    x = T.fvector()
    return [T.cast(x, "float32") is x, error(T.cast, x, "float99")]


def case_add_of_many(theano, T, np):
    x, y, z = T.vectors("xyz")
    a = values(theano, 2)
    return theano.function([x, y, z], [T.add(x, y, z), T.mul(x, y, z), T.sub(x, y), T.pow(abs(x), y)])(
        a, a, a
    )


def case_in_place_operators(theano, T, np):
    x = T.vector("x")
    y = x
    y += 1
    y *= 2
    return [y is x, theano.function([x], y)(values(theano, 2))]


def case_complex_numbers(theano, T, np):
    z = T.zvector()
    outs = [T.real(z), T.imag(z), T.conj(z), abs(z), z.real, z.imag, z.conj(), T.angle(z), z * z]
    return theano.function([z], outs)([1 + 2j, -0.5j, 3])


def case_complex_from_parts(theano, T, np):
    x, y = T.dvectors("xy")
    return theano.function([x, y], [T.complex(x, y), T.complex_from_polar(abs(x), y)])([1.0, 2], [3.0, 0.5])


def case_broadcast_of_rows_and_columns(theano, T, np):
    m, v, r, c = T.matrix(), T.vector(), T.row(), T.col()
    outs = [m + v, m * r, m + c, r + c, m + v.dimshuffle(0, "x")]
    given = [values(theano, 2, 2), values(theano, 2), values(theano, 1, 2), values(theano, 2, 1)]
    return [kind(out) for out in outs] + theano.function([m, v, r, c], outs)(*given)


def case_broadcast_of_unmarked_ones_is_refused(theano, T, np):
    x, y = T.matrices("xy")
    f = theano.function([x, y], x + y)
    return [
        error(f, values(theano, 1, 3), values(theano, 2, 3)),
        error(f, values(theano, 2, 3), values(theano, 2, 2)),
    ]


def case_method_arithmetic(theano, T, np):
    x = T.vector()
    made = [x.dot(x), x.sum(), x.mean(), x.std(), x.var(), x.max(), x.min(), x.prod(), x.norm(2), x.norm(1)]
    return theano.function([x], made)(values(theano, 4))


def case_method_functions(theano, T, np):
    x = abs(T.vector())
    made = [x.sqrt(), x.exp(), x.log(), x.sin(), x.tanh(), x.ceil(), x.floor(), x.round(), x.log1p()]
    root = theano.gof.graph.inputs([x])[0]
    return theano.function([root], made)(values(theano, 4))


def case_floor_div_and_mod_of_python_numbers(theano, T, np):
    x = T.ivector()
    return theano.function([x], [x // 2, x % 3, 7 // x, 7 % x, x / 2])([1, 2, -3])


def case_division_by_zero(theano, T, np):
    x = T.vector()
    a = np.asarray([0, 1, -1], theano.config.floatX)
    return theano.function([x], [1 / x, x / 0.0, T.log(x), T.sqrt(x), T.inv(x)])(a)


def case_xlogx(theano, T, np):
    from theano.tensor.xlogx import xlogx, xlogy0

    x = T.vector()
    return theano.function([x], [xlogx(x), xlogy0(x, x + 1)])(np.asarray([0, 1, 2.5], theano.config.floatX))


def case_scalar_upcast(theano, T, np):
    from theano.scalar import upcast

    return [
        upcast("float32", "int64"),
        upcast("int8", "uint8"),
        upcast("float32", "int16"),
        upcast("bool", "int8"),
    ]


def case_scalar_identity(theano, T, np):
    from theano.scalar import identity

    x = T.vector()
    return theano.function([x], T.Elemwise(identity)(x))(values(theano, 2))


def case_scalar_loops(theano, T, np):
    x, y = theano.scalar.floats("xy")
    composed = T.Elemwise(theano.scalar.Composite([x, y], [x + y * x]))
    a, b = T.fvectors("ab")
    return theano.function([a, b], composed(a, b))(np.ones(2, "float32"), np.arange(2, dtype="float32"))


def case_elemwise_of_an_op(theano, T, np):
    x, y = T.vectors("xy")
    op = T.Elemwise(theano.scalar.add)
    return [
        kind(op(x, y)),
        theano.function([x, y], op(x, y))(values(theano, 2), values(theano, 2)),
        error(op),
    ]
