"""Graphs of convolution, pooling and neighbourhoods, built by the original Theano and by udl_pt.theano alike.

Runs under Python 2.7 and 3.7 too: `make_conv.py` computes these with the original.
"""
# ruff: noqa: B905, RUF005  as these need a newer Python

import warnings

import numpy as np
import theano
import theano.tensor as T
from theano.tensor.nnet import abstract_conv
from theano.tensor.nnet import conv as old
from theano.tensor.nnet.neighbours import images2neibs, neibs2images
from theano.tensor.signal import conv as signal
from theano.tensor.signal import pool

try:
    from theano.tensor.nnet import conv2d, conv2d_transpose
except ImportError:
    from theano.tensor.nnet._conv import conv2d, conv2d_transpose


def values(seed, *shapes):
    rng = np.random.RandomState(seed)
    return [rng.uniform(-1, 1, shape) for shape in shapes]


def derivatives(y, inputs, seed):
    """The output, its gradients, and the gradients of a quadratic form of these."""
    first = T.grad((y * T.sin(y + T.cast(seed, y.dtype))).sum(), inputs)
    second = T.grad(sum((g * g).sum() for g in first), inputs)
    return [y] + first + second


def compute(inputs, outputs, arrays, mode):
    function = theano.function(inputs, outputs, mode=mode, on_unused_input="ignore")
    return function(*[np.asarray(a, v.dtype) for v, a in zip(inputs, arrays)])


CONV2D = {
    "valid": {},
    "full": {"border_mode": "full"},
    "half": {"border_mode": "half"},
    "one": {"border_mode": 1},
    "two": {"border_mode": (1, 2)},
    "uneven": {"border_mode": ((0, 2), (2, 1))},
    "mixed": {"border_mode": (1, (0, 2))},
    "stride": {"subsample": (2, 2)},
    "stride-full": {"subsample": (3, 2), "border_mode": "full"},
    "stride-half": {"subsample": (2, 1), "border_mode": "half", "filter_flip": False},
    "correlation": {"filter_flip": False},
    "dilation": {"filter_dilation": (2, 1)},
    "dilation-half": {"filter_dilation": (2, 3), "border_mode": "half"},
    "dilation-stride-full": {"filter_dilation": (1, 2), "border_mode": "full", "subsample": (2, 3)},
    "groups": {"num_groups": 2},
    "groups-stride": {"num_groups": 2, "subsample": (2, 2), "border_mode": (2, 0), "filter_flip": False},
    "shapes": {"input_shape": (3, 4, 8, 9), "filter_shape": (6, 4, 3, 4)},
    "some-shapes": {
        "input_shape": (None, 4, None, 9),
        "filter_shape": (6, None, None, None),
        "border_mode": "full",
    },
    "unshared": {"unshared": True},
    "unshared-stride": {"unshared": True, "subsample": (2, 3), "border_mode": (1, 1), "filter_flip": False},
    "unshared-groups": {"unshared": True, "num_groups": 2, "filter_dilation": (2, 1)},
}
CONV3D = {
    "valid": {},
    "full": {"border_mode": "full"},
    "half": {"border_mode": "half"},
    "three": {"border_mode": (1, 0, 2)},
    "stride": {"subsample": (1, 2, 3), "border_mode": 1},
    "correlation": {"filter_flip": False},
    "dilation": {"filter_dilation": (2, 1, 1), "border_mode": "half"},
    "groups": {"num_groups": 2},
    "shapes": {"input_shape": (2, 2, 5, 6, 4), "filter_shape": (4, 2, 2, 3, 2)},
}
POOL2D = {
    "plain": {"ws": (2, 2), "ignore_border": True},
    "border": {"ws": (2, 2), "ignore_border": False},
    "oblong": {"ws": (3, 2), "ignore_border": True},
    "overlap": {"ws": (3, 2), "stride": (1, 1), "ignore_border": True},
    "overlap-border": {"ws": (3, 4), "stride": (2, 3), "ignore_border": False},
    "gaps": {"ws": (2, 1), "stride": (3, 2), "ignore_border": False},
    "gaps-ignore": {"ws": (2, 1), "stride": (3, 2), "ignore_border": True},
    "pad": {"ws": (3, 3), "stride": (2, 2), "pad": (1, 2), "ignore_border": True},
    "large": {"ws": (9, 9), "ignore_border": False},
}
POOL3D = {
    "plain": {"ws": (2, 2, 2), "ignore_border": True},
    "overlap-border": {"ws": (2, 3, 2), "stride": (1, 2, 1), "ignore_border": False},
    "pad": {"ws": (3, 2, 2), "stride": (2, 2, 1), "pad": (1, 1, 0), "ignore_border": True},
}
MODES = "max", "sum", "average_inc_pad", "average_exc_pad"
NEIBS = {
    "valid": ((4, 6), (2, 3), None),
    "ignore_borders": ((5, 7), (2, 3), None),
    "half": ((5, 7), (3, 3), (2, 3)),
    "full": ((5, 7), (2, 2), (5, 7)),
    "wrap_centered": ((5, 7), (3, 5), (2, 2)),
}


def filters(shape, options, regions=()):
    """The shape of filters for groups, and of unshared filters."""
    shape = (shape[0], shape[1] // options.get("num_groups", 1)) + shape[2:]
    return shape[:1] + (tuple(regions) + shape[1:] if options.get("unshared") else shape[1:])


def conv2d_case(name, dtype, mode):
    options = CONV2D[name]
    image, kernel = (3, 4, 8, 9), (6, 4, 3, 4)
    regions = ()
    if options.get("unshared"):
        keys = ("border_mode", "valid"), ("subsample", (1, 1)), ("filter_dilation", (1, 1))
        rest = [options.get(key, default) for key, default in keys]
        regions = abstract_conv.get_conv_output_shape(image, kernel, *rest)[2:]
    kernel = filters(kernel, options, regions)
    x, w = T.TensorType(dtype, (False,) * 4)("x"), T.TensorType(dtype, (False,) * len(kernel))("w")
    y = conv2d(x, w, **options)
    return compute([x, w], derivatives(y, [x, w], 1), values(1, image, kernel), mode)


def conv3d_case(name, dtype, mode):
    options = CONV3D[name]
    kernel = filters((4, 2, 2, 3, 2), options)
    x, w = (T.TensorType(dtype, (False,) * 5)(n) for n in "xw")
    y = abstract_conv.conv3d(x, w, **options)
    return compute([x, w], derivatives(y, [x, w], 2), values(2, (2, 2, 5, 6, 4), kernel), mode)


def old_case(name, dtype, mode):
    options = {"valid": {}, "full": {"border_mode": "full"}}.get(name, {})
    if name == "shapes":
        options = {
            "image_shape": (3, 4, 8, 9),
            "filter_shape": (6, 4, 3, 4),
            "unroll_kern": 2,
            "unroll_batch": 3,
        }
    x, w = (T.TensorType(dtype, (False,) * 4)(n) for n in "xw")
    if name == "stride":
        y = [old.conv2d(x, w, subsample=(2, 3))]
    else:
        y = derivatives(old.conv2d(x, w, **options), [x, w], 1)
    return compute([x, w], y, values(3, (3, 4, 8, 9), (6, 4, 3, 4)), mode)


def signal_case(name, dtype, mode):
    one, other, border = name.split("-")
    x, w = (T.TensorType(dtype, (False,) * int(n))("x") for n in (one, other))
    y = signal.conv2d(x, w, border_mode=border)
    return compute(
        [x, w], derivatives(y, [x, w], 1), values(4, (2, 5, 6)[-x.ndim :], (3, 2, 4)[-w.ndim :]), mode
    )


def other_case(name, dtype, mode):
    x, w, v = (T.TensorType(dtype, (False,) * 4)(n) for n in "xwv")
    arrays = values(5, (2, 3, 5, 6), (6, 1, 2, 3), (4, 6, 1, 1))
    if name == "transpose":
        y = conv2d_transpose(x, w, (2, 4, 11, 14), border_mode=(1, 1), input_dilation=(2, 2))
        arrays[:2] = values(6, (2, 3, 6, 7), (3, 4, 3, 4))
    elif name == "transpose-symbolic":
        y = conv2d_transpose(
            x, w, (None, None, v.shape[2], v.shape[3]), input_dilation=(2, 3), filter_flip=False
        )
        arrays = values(6, (2, 3, 3, 2), (3, 4, 2, 3), (1, 1, 6, 8))
    elif name == "grad-inputs":
        y = abstract_conv.conv2d_grad_wrt_inputs(x, w, (2, 4, 6, 7), (3, 4, 3, 4), "half")
        arrays = values(7, (2, 3, 6, 8), (3, 4, 3, 4), (1, 1, 1, 1))
    elif name == "grad-weights":
        y = abstract_conv.conv2d_grad_wrt_weights(
            x, w, (3, 4, 2, 3), subsample=(2, 1), filter_dilation=(1, 2)
        )
        arrays = values(7, (2, 4, 7, 8), (2, 3, 3, 4), (1, 1, 1, 1))
    elif name == "separable":
        y = abstract_conv.separable_conv2d(x, w, v, 3, subsample=(1, 2), border_mode="half")
        return compute([x, w, v], derivatives(y, [x, w, v], 1), arrays, mode)
    elif name == "causal":
        x, w = (T.TensorType(dtype, (False,) * 3)(n) for n in "xw")
        y = abstract_conv.causal_conv1d(x, w, (4, 3, 3), filter_dilation=2)
        arrays = values(8, (2, 3, 9), (4, 3, 3), (1, 1, 1, 1))
    elif name.startswith("up"):
        ratio, one = {"up2": (2, True), "up3": (3, True), "up2-2d": (2, False), "up3-2d": (3, False)}[name]
        y = abstract_conv.bilinear_upsampling(x, ratio, use_1D_kernel=one)
        return compute([x], [y.astype(dtype)], arrays[:1], mode)
    else:
        ratio = {"frac": (5, 2), "frac-two": ((4, 3), (7, 2))}[name]
        y = abstract_conv.bilinear_upsampling(x, frac_ratio=ratio, use_1D_kernel=False)
        return compute([x], [y.astype(dtype)], arrays[:1], mode)
    return compute([x, w, v], derivatives(y, [x, w], 1), arrays, mode)


def pool_case(name, dtype, mode):
    axes, options, kind = name.split("_", 2)
    function, options = (pool.pool_2d, POOL2D[options]) if axes == "2" else (pool.pool_3d, POOL3D[options])
    shape = (2, 3, 7, 8) if axes == "2" else (2, 2, 5, 6, 4)
    x = T.TensorType(dtype, (False,) * len(shape))("x")
    y = function(x, mode=kind, **options)
    with_pad = kind == "average_exc_pad" and "pad" in options  # the original has no gradient of this
    (array,) = values(9, shape)
    return compute([x], [y] if with_pad else derivatives(y, [x], 1), [np.round(array, 1)], mode)


def shape_case(name, dtype, mode):
    """Images of other dimensions, integers, not-a-numbers and ties."""
    (array,) = values(10, (6, 7))
    if name == "matrix":
        x = T.matrix(dtype=dtype)
        y = derivatives(pool.pool_2d(x, (2, 3), ignore_border=False), [x], 1)
    elif name == "cube":
        x, array = T.TensorType(dtype, (False,) * 3)(), array.reshape((2, 3, 7))
        y = derivatives(pool.pool_2d(x, (2, 2), ignore_border=True), [x], 1)
    elif name == "line":
        x = T.matrix(dtype=dtype)
        y = derivatives(pool.Pool(ignore_border=True, mode="max", ndim=1)(x, (3,), (2,), (1,)), [x], 1)
    elif name == "integers":
        x = T.matrix(dtype=dtype)
        n = T.cast(x * 10, "int32")
        y = [pool.pool_2d(n, (2, 2), ignore_border=False, mode=kind) for kind in MODES]
    elif name == "nan":
        x = T.matrix(dtype=dtype)
        array[0, 0] = array[2, 3] = np.nan
        y = [pool.pool_2d(x, (2, 2), ignore_border=True)]
    elif name == "ties":
        x, array = T.matrix(dtype=dtype), np.maximum(np.round(array), 0)
        y = derivatives(pool.pool_2d(x, (3, 2), ignore_border=True, stride=(1, 1)), [x], 1)
    elif name == "same-size":
        x, array = T.TensorType(dtype, (False,) * 4)(), array.reshape((1, 1, 6, 7)).round(1)
        y = derivatives(pool.max_pool_2d_same_size(x, (2, 2)), [x], 1)
    elif name == "small":
        x = T.matrix(dtype=dtype)
        y = [pool.pool_2d(x, (9, 2), ignore_border=True)]
    else:
        x, windows = T.matrix(dtype=dtype), T.lvector()
        y = pool.pool_2d(x, windows, stride=windows - 1, pad=windows - 2, ignore_border=True)
        return compute([x, windows], derivatives(y, [x], 1), [array, np.array([3, 3])], mode)
    return compute([x], y, [array], mode)


def neibs_case(name, dtype, mode):
    x = T.TensorType(dtype, (False,) * 4)()
    if name == "overlap":
        y = images2neibs(x, (2, 3), (1, 2))
        return compute([x], [y] + T.grad((y**2).sum(), [x]), values(12, (2, 2, 5, 7)), mode)
    back, kind = name.startswith("back-"), name.replace("back-", "")
    size, shape, step = NEIBS[kind]
    y = images2neibs(x, shape, step, kind)
    if back:
        y = neibs2images(y, shape, x.shape, kind)
    without = "half", "full", "wrap_centered", "back-ignore_borders"  # a gradient in the original
    gradient = [] if name in without else T.grad((y**3).sum(), [x])
    return compute([x], [y] + gradient, values(11, (2, 2) + size), mode)


GROUPS = {
    "conv2d": (conv2d_case, list(CONV2D)),
    "conv3d": (conv3d_case, list(CONV3D)),
    "old": (old_case, ["valid", "full", "shapes", "stride"]),
    "signal": (signal_case, [a + "-" + b + "-" + c for a in "23" for b in "23" for c in ("valid", "full")]),
    "other": (
        other_case,
        ["transpose", "transpose-symbolic", "grad-inputs", "grad-weights", "separable", "causal"]
        + ["up2", "up3", "up2-2d", "up3-2d", "frac", "frac-two"],
    ),
    "pool": (
        pool_case,
        [axes + "_" + o + "_" + m for axes, d in (("2", POOL2D), ("3", POOL3D)) for o in d for m in MODES],
    ),
    "shape": (
        shape_case,
        ["matrix", "cube", "line", "integers", "nan", "ties", "same-size", "small", "symbolic"],
    ),
    "neibs": (neibs_case, list(NEIBS) + ["overlap", "back-valid", "back-ignore_borders"]),
}
# All in float64, and of each group every third in float32 too: a case takes the original seconds to compile.
NAMES = [
    (group, name, dtype)
    for group in sorted(GROUPS)
    for i, name in enumerate(GROUPS[group][1])
    for dtype in ("float64", "float32")
    if dtype == "float64" or i % 3 == 0
]


def result(group, name, dtype, mode=None):
    """The arrays of one case."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return GROUPS[group][0](name, dtype, mode)
