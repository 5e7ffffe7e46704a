"""Convolutions and pooling."""

from . import error, kind, values


def _conv(theano, T, np, x_shape=(2, 2, 5, 6), w_shape=(3, 2, 3, 2), **keywords):
    x, w = T.tensor4("x"), T.tensor4("w")
    y = T.nnet.conv2d(x, w, **keywords)
    grads = T.grad((y**2).sum(), [x, w])
    return [kind(y), theano.function([x, w], [y, *grads])(values(theano, *x_shape), values(theano, *w_shape))]


def case_conv2d(theano, T, np):
    return _conv(theano, T, np)


def case_conv2d_full(theano, T, np):
    return _conv(theano, T, np, border_mode="full")


def case_conv2d_half(theano, T, np):
    return _conv(theano, T, np, w_shape=(3, 2, 3, 3), border_mode="half")


def case_conv2d_half_even_filters(theano, T, np):
    return _conv(theano, T, np, w_shape=(1, 2, 2, 4), border_mode="half")


def case_conv2d_padded_by_a_number(theano, T, np):
    return _conv(theano, T, np, border_mode=1)


def case_conv2d_padded_by_a_pair(theano, T, np):
    return _conv(theano, T, np, border_mode=(2, 1))


def case_conv2d_padded_unevenly(theano, T, np):
    return _conv(theano, T, np, border_mode=((2, 1), (0, 3)))


def case_conv2d_subsample(theano, T, np):
    return _conv(theano, T, np, subsample=(2, 2))


def case_conv2d_subsample_half(theano, T, np):
    return _conv(theano, T, np, w_shape=(2, 2, 3, 3), border_mode="half", subsample=(1, 2))


def case_conv2d_unflipped(theano, T, np):
    return _conv(theano, T, np, filter_flip=False, border_mode="full")


def case_conv2d_dilated(theano, T, np):
    return _conv(theano, T, np, filter_dilation=(2, 1))


def case_conv2d_groups(theano, T, np):
    return _conv(theano, T, np, x_shape=(2, 4, 4, 4), w_shape=(2, 2, 3, 3), num_groups=2)


def case_conv2d_shapes(theano, T, np):
    return _conv(theano, T, np, input_shape=(2, 2, 5, 6), filter_shape=(3, 2, 3, 2))


def case_conv2d_shapes_with_none(theano, T, np):
    return _conv(
        theano, T, np, input_shape=(None, 2, None, 6), filter_shape=(3, None, 3, 2), border_mode="half"
    )


def case_conv2d_image_shape(theano, T, np):
    return _conv(theano, T, np, image_shape=(2, 2, 5, 6), filter_shape=(3, 2, 3, 2))


def case_conv2d_one_channel(theano, T, np):
    return _conv(theano, T, np, x_shape=(1, 1, 4, 4), w_shape=(1, 1, 2, 2), input_shape=(1, 1, 4, 4))


def case_conv2d_keywords(theano, T, np):
    x, w = T.tensor4(), T.tensor4()
    y = T.nnet.conv2d(input=x, filters=w, border_mode="valid", subsample=(1, 1), input_shape=(1, 1, 3, 3))
    return theano.function([x, w], y)(values(theano, 1, 1, 3, 3), values(theano, 2, 1, 2, 2))


def case_conv2d_second_derivative(theano, T, np):
    x, w = T.tensor4(), T.tensor4()
    y = T.nnet.conv2d(x, w)
    gw = T.grad((y**2).sum(), w)
    g = T.grad((gw**2).sum(), x)
    return theano.function([x, w], g)(values(theano, 1, 1, 4, 4), values(theano, 1, 1, 2, 2))


def case_conv2d_errors(theano, T, np):
    x, w = T.tensor4(), T.tensor4()
    f = theano.function([x, w], T.nnet.conv2d(x, w))
    return [
        error(f, values(theano, 1, 3, 4, 4), values(theano, 1, 2, 2, 2)),
        error(T.nnet.conv2d, T.tensor3(), w),
        error(T.nnet.conv2d, x, w, border_mode="nothing"),
        error(T.nnet.conv2d, x, w, border_mode=-1),
        error(T.nnet.conv2d, x, w, subsample=(1,)),
        error(T.nnet.conv2d, x, w, input_shape=(1, 1), filter_shape=(1, 1, 1, 1)),
        error(T.nnet.conv2d, x, w, image_shape=(1, 1, 3, 3), input_shape=(1, 1, 3, 3)),
    ]


def case_conv2d_patterns(theano, T, np):
    x = T.TensorType(theano.config.floatX, (True, False, False, False))()
    w = T.TensorType(theano.config.floatX, (True, False, False, False))()
    return [
        kind(T.nnet.conv2d(x, w)),
        kind(T.nnet.conv2d(x, T.tensor4())),
        kind(T.nnet.conv2d(T.ftensor4(), T.ftensor4())),
    ]


def case_conv2d_of_images_as_rows(theano, T, np):
    x = T.matrix()
    w = theano.shared(values(theano, 2, 1, 3, 3))
    b = theano.shared(values(theano, 2))
    y = T.tanh(T.nnet.conv2d(x.reshape((3, 1, 6, 6)), w) + b.dimshuffle("x", 0, "x", "x"))
    z = T.signal.pool.pool_2d(y, ws=(2, 2), ignore_border=True)
    cost = z.flatten(2).sum()
    return theano.function([x], [z, *T.grad(cost, [w, b])])(values(theano, 3, 36))


def case_conv_of_the_old_module(theano, T, np):
    x, w = T.tensor4(), T.tensor4()
    ys = [
        T.nnet.conv.conv2d(x, w),
        T.nnet.conv.conv2d(x, w, border_mode="full"),
        T.nnet.conv.conv2d(
            input=x, filters=w, image_shape=(2, 1, 4, 4), filter_shape=(2, 1, 2, 2), subsample=(2, 2)
        ),
    ]
    return [kind(y) for y in ys] + theano.function([x, w], ys)(
        values(theano, 2, 1, 4, 4), values(theano, 2, 1, 2, 2)
    )


def case_signal_conv2d(theano, T, np):
    x, w, t = T.matrix(), T.matrix(), T.tensor3()
    from theano.tensor.signal import conv

    ys = [conv.conv2d(x, w), conv.conv2d(t, w), conv.conv2d(x, w, border_mode="full")]
    return [kind(y) for y in ys] + theano.function([x, w, t], ys)(
        values(theano, 4, 4), values(theano, 2, 3), values(theano, 2, 4, 4)
    )


def case_conv3d(theano, T, np):
    t5 = T.TensorType(theano.config.floatX, (False,) * 5)
    x, w = t5("x"), t5("w")
    y = T.nnet.conv3d(x, w)
    half = T.nnet.conv3d(x, w, border_mode="half", subsample=(1, 2, 1), filter_flip=False)
    outs = [y, half, *T.grad((y**2).sum(), [x, w])]
    return [
        kind(y),
        theano.function([x, w], outs)(values(theano, 1, 2, 3, 4, 3), values(theano, 2, 2, 2, 2, 2)),
    ]


def case_conv3d2d(theano, T, np):
    from theano.tensor.nnet.conv3d2d import conv3d

    t5 = T.TensorType(theano.config.floatX, (False,) * 5)
    x, w = t5("x"), t5("w")
    y = conv3d(x, w, signals_shape=(1, 3, 2, 4, 4), filters_shape=(2, 2, 2, 3, 3))
    return theano.function([x, w], y)(values(theano, 1, 3, 2, 4, 4), values(theano, 2, 2, 2, 3, 3))


def case_conv2d_grad_wrt_inputs(theano, T, np):
    g, w = T.tensor4(), T.tensor4()
    y = T.nnet.abstract_conv.conv2d_grad_wrt_inputs(
        g, w, (1, 2, 5, 5), (3, 2, 3, 3), border_mode="half", subsample=(2, 2)
    )
    return [
        kind(y),
        theano.function([g, w], [y, *T.grad((y**2).sum(), [g, w])])(
            values(theano, 1, 3, 3, 3), values(theano, 3, 2, 3, 3)
        ),
    ]


def case_conv2d_grad_wrt_weights(theano, T, np):
    x, g = T.tensor4(), T.tensor4()
    y = T.nnet.abstract_conv.conv2d_grad_wrt_weights(
        x, g, (3, 2, 3, 3), (1, 2, 5, 5), border_mode=(1, 1), filter_flip=False
    )
    return [kind(y), theano.function([x, g], y)(values(theano, 1, 2, 5, 5), values(theano, 1, 3, 5, 5))]


def case_conv2d_transpose(theano, T, np):
    x, w = T.tensor4(), T.tensor4()
    y = T.nnet.conv2d_transpose(x, w, output_shape=(1, 2, 7, 7), input_dilation=(2, 2))
    return [kind(y), theano.function([x, w], y)(values(theano, 1, 3, 3, 3), values(theano, 3, 2, 3, 3))]


def case_abstract_conv_grad_inputs_op(theano, T, np):
    g, w = T.tensor4(), T.tensor4()
    op = T.nnet.abstract_conv.AbstractConv2d_gradInputs(
        imshp=(None, None, None, None),
        kshp=(3, 2, 3, 3),
        subsample=(2, 2),
        border_mode="half",
        filter_flip=False,
    )
    y = op(w, g, (6, 6))
    return [kind(y), theano.function([g, w], y)(values(theano, 1, 3, 3, 3), values(theano, 3, 2, 3, 3))]


def case_abstract_conv3d_grad_inputs_op(theano, T, np):
    t5 = T.TensorType(theano.config.floatX, (False,) * 5)
    g, w = t5(), t5()
    op = T.nnet.abstract_conv.AbstractConv3d_gradInputs(
        imshp=None, kshp=None, subsample=(1, 1, 1), border_mode="valid", filter_flip=True
    )
    return theano.function([g, w], op(w, g, (3, 3, 3)))(
        values(theano, 1, 1, 2, 2, 2), values(theano, 1, 1, 2, 2, 2)
    )


def case_conv_output_shapes(theano, T, np):
    f = T.nnet.abstract_conv.get_conv_output_shape
    return [
        f((2, 3, 8, 9), (4, 3, 3, 2), m, s)
        for m, s in (("valid", (1, 1)), ("half", (2, 1)), ("full", (1, 2)), (1, (1, 1)), ((0, 2), (2, 2)))
    ] + [f((None, 3, None, 9), (4, 3, 3, 2), "valid", (1, 1), (2, 2))]


def case_causal_and_separable_convolution(theano, T, np):
    x3, w3 = T.tensor3(), T.tensor3()
    causal = T.nnet.abstract_conv.causal_conv1d(x3, w3, (2, 1, 3), input_shape=(1, 1, 5))
    x, d, p = T.tensor4(), T.tensor4(), T.tensor4()
    parts = T.nnet.abstract_conv.separable_conv2d(x, d, p, num_channels=2)
    return [
        theano.function([x3, w3], causal)(values(theano, 1, 1, 5), values(theano, 2, 1, 3)),
        theano.function([x, d, p], parts)(
            values(theano, 1, 2, 4, 4), values(theano, 2, 1, 2, 2), values(theano, 3, 2, 1, 1)
        ),
    ]


def case_bilinear_upsampling(theano, T, np):
    from theano.tensor.nnet.abstract_conv import bilinear_kernel_1D, bilinear_kernel_2D, bilinear_upsampling

    x = T.tensor4()
    y = bilinear_upsampling(x, ratio=2, batch_size=1, num_input_channels=1)
    return [
        theano.function([x], y)(values(theano, 1, 1, 3, 3)),
        bilinear_kernel_2D(2).eval(),
        bilinear_kernel_1D(3, normalize=False).eval(),
    ]


def _pool(theano, T, np, shape=(1, 2, 5, 6), **keywords):
    x = T.tensor4()
    y = T.signal.pool.pool_2d(x, **keywords)
    return [kind(y), theano.function([x], [y, T.grad((y**2).sum(), x)])(values(theano, *shape))]


def case_pool_2d(theano, T, np):
    return _pool(theano, T, np, ws=(2, 2), ignore_border=True)


def case_pool_2d_with_border(theano, T, np):
    return _pool(theano, T, np, ws=(2, 2), ignore_border=False)


def case_pool_2d_modes(theano, T, np):
    modes = "max sum average_inc_pad average_exc_pad".split()
    return {mode: _pool(theano, T, np, ws=(2, 3), ignore_border=True, mode=mode) for mode in modes}


def case_pool_2d_modes_with_border(theano, T, np):
    modes = "max sum average_inc_pad average_exc_pad".split()
    return {mode: _pool(theano, T, np, ws=(2, 4), ignore_border=False, mode=mode) for mode in modes}


def case_pool_2d_strides(theano, T, np):
    return [_pool(theano, T, np, ws=(3, 3), stride=(1, 2), ignore_border=ignore) for ignore in (True, False)]


def case_pool_2d_strides_wider_than_windows(theano, T, np):
    return [_pool(theano, T, np, ws=(1, 2), stride=(2, 3), ignore_border=ignore) for ignore in (True, False)]


def case_pool_2d_padding(theano, T, np):
    return {
        mode: _pool(theano, T, np, ws=(3, 3), stride=(2, 2), pad=(1, 1), ignore_border=True, mode=mode)
        for mode in ("max", "average_inc_pad")
    }


def case_pool_2d_padding_left_out_of_the_average(theano, T, np):
    x = T.tensor4()
    y = T.signal.pool.pool_2d(x, (3, 3), True, (2, 2), (1, 1), "average_exc_pad")
    return theano.function([x], y)(values(theano, 1, 2, 5, 6))


def case_pool_2d_windows_of_one_number(theano, T, np):
    return error(_pool, theano, T, np, ws=2, ignore_border=True)


def case_pool_2d_old_keywords(theano, T, np):
    return _pool(theano, T, np, ds=(2, 2), st=(1, 1), padding=(1, 0), ignore_border=True)


def case_pool_2d_positional(theano, T, np):
    x = T.tensor4()
    y = T.signal.pool.pool_2d(x, (2, 2), True)
    return theano.function([x], y)(values(theano, 1, 1, 4, 4))


def case_pool_2d_ties(theano, T, np):
    x = T.tensor4()
    y = T.signal.pool.pool_2d(x, (2, 2), ignore_border=True)
    return theano.function([x], T.grad(y.sum(), x))(np.ones((1, 1, 4, 4), theano.config.floatX))


def case_pool_2d_of_matrices(theano, T, np):
    x, t = T.matrix(), T.tensor3()
    f = T.signal.pool.pool_2d
    outs = [f(x, (2, 2), ignore_border=True), f(t, (2, 2), ignore_border=False)]
    return [kind(out) for out in outs] + theano.function([x, t], outs)(
        values(theano, 4, 4), values(theano, 2, 3, 3)
    )


def case_pool_2d_errors(theano, T, np):
    f, x = T.signal.pool.pool_2d, T.tensor4()
    return [
        error(f, T.vector(), (2, 2), ignore_border=True),
        error(f, x, (2, 2), ignore_border=True, mode="nothing"),
        error(f, x, (2, 2), ignore_border=False, pad=(1, 1)),
        error(f, x, (2, 2), ignore_border=True, pad=(2, 2)),
        error(f, x),
        error(f, x, ws=(2, 2), ds=(2, 2)),
    ]


def case_pool_2d_second_derivative(theano, T, np):
    x = T.tensor4()
    y = T.signal.pool.pool_2d(x**2, (2, 2), ignore_border=True)
    g = T.grad((y**2).sum(), x)
    return theano.function([x], T.grad(g.sum(), x))(values(theano, 1, 1, 4, 4))


def case_pool_3d(theano, T, np):
    x = T.TensorType(theano.config.floatX, (False,) * 5)()
    outs = [
        T.signal.pool.pool_3d(x, ws=(2, 2, 2), ignore_border=ignore, mode=mode)
        for ignore in (True, False)
        for mode in ("max", "average_exc_pad")
    ]
    return [
        kind(outs[0]),
        theano.function([x], [*outs, T.grad((outs[0] ** 2).sum(), x)])(values(theano, 1, 1, 3, 4, 5)),
    ]


def case_pool_3d_strides_and_padding(theano, T, np):
    x = T.TensorType(theano.config.floatX, (False,) * 5)()
    y = T.signal.pool.pool_3d(x, ws=(2, 2, 2), stride=(1, 2, 1), pad=(1, 1, 0), ignore_border=True)
    return theano.function([x], [y, T.grad((y**2).sum(), x)])(values(theano, 1, 1, 3, 4, 3))


def case_pool_classes(theano, T, np):
    pool = T.signal.pool
    x = T.tensor4()
    return [
        pool.Pool.out_shape((1, 1, 5, 6), (2, 2), ignore_border=False),
        pool.Pool.out_shape((5, 6), (2, 2), ignore_border=True, stride=(1, 1)),
        theano.function([x], pool.Pool(ndim=2, ignore_border=True)(x, (2, 2)))(values(theano, 1, 1, 4, 4)),
    ]


def case_max_pool_same_size(theano, T, np):
    x = T.tensor4()
    return theano.function([x], T.signal.pool.max_pool_2d_same_size(x, (2, 2)))(values(theano, 1, 1, 4, 4))


def case_lenet_layer_step(theano, T, np):
    x, y = T.tensor4(), T.ivector()
    w, v = theano.shared(values(theano, 2, 1, 3, 3)), theano.shared(values(theano, 8, 3))
    h = T.nnet.relu(T.nnet.conv2d(x, w, input_shape=(2, 1, 6, 6), filter_shape=(2, 1, 3, 3)))
    h = T.signal.pool.pool_2d(h, (2, 2), ignore_border=True).flatten(2)
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(h, v)), y).mean()
    rate = np.asarray(0.1, theano.config.floatX)
    f = theano.function(
        [x, y], cost, updates=[(p, p - rate * g) for p, g in zip([w, v], T.grad(cost, [w, v]))]
    )
    return [
        f(values(theano, 2, 1, 6, 6), [0, 2]),
        f(values(theano, 2, 1, 6, 6), [0, 2]),
        w.get_value(),
        v.get_value(),
    ]
