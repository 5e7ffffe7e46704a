"""Names that Theano 1.0.5 has no longer: the original runs ``modern_...``, with its name for the same."""

from . import kind, values


def case_max_pool_2d(theano, T, np):
    from theano.tensor.signal.downsample import max_pool_2d

    return _pooled(theano, T, max_pool_2d)


def modern_max_pool_2d(theano, T, np):
    return _pooled(theano, T, T.signal.pool.pool_2d)


def _pooled(theano, T, pool):
    x = T.tensor4()
    y = pool(x, (2, 2), ignore_border=True)
    z = pool(input=x, ds=(2, 2), ignore_border=False)
    return [kind(y), theano.function([x], [y, z, T.grad(y.sum(), x)])(values(theano, 1, 2, 5, 4))]


def case_downsample_module(theano, T, np):
    from theano.tensor.signal import downsample

    return _pooled(theano, T, downsample.max_pool_2d)


modern_downsample_module = modern_max_pool_2d


def case_max_pool_2d_border_default(theano, T, np):
    from theano.tensor.signal import downsample

    return _border(theano, T, lambda x: downsample.max_pool_2d(x, (2, 2)))


def modern_max_pool_2d_border_default(theano, T, np):
    return _border(theano, T, lambda x: T.signal.pool.pool_2d(x, (2, 2), ignore_border=False))


def _border(theano, T, pool):
    x = T.tensor4()
    return theano.function([x], pool(x))(values(theano, 1, 1, 5, 5))


def case_python2x(theano, T, np):
    from theano.compat.python2x import OrderedDict

    return _ordered(theano, OrderedDict)


def modern_python2x(theano, T, np):
    from collections import OrderedDict

    return _ordered(theano, OrderedDict)


def _ordered(theano, ordered):
    s = theano.shared(1.0)
    theano.function([], [], updates=ordered([(s, s + 1)]))()
    return [list(ordered([("b", 1), ("a", 2)])), s.get_value()]


def case_sandbox_conv(theano, T, np):
    from theano.sandbox.cuda import cuda_available, cuda_enabled

    return [bool(cuda_enabled), bool(cuda_available)]


def modern_sandbox_conv(theano, T, np):
    return [False, False]


def case_dnn_probe(theano, T, np):
    from theano.sandbox.cuda.dnn import dnn_available

    return bool(dnn_available())


def modern_dnn_probe(theano, T, np):
    return False


def case_gpuarray_probe(theano, T, np):
    import theano.sandbox.gpuarray

    return bool(theano.sandbox.gpuarray.pygpu_activated)


def modern_gpuarray_probe(theano, T, np):
    return False


def case_gpu_contiguous(theano, T, np):
    from theano.sandbox.cuda.basic_ops import gpu_contiguous

    return callable(gpu_contiguous)


def modern_gpu_contiguous(theano, T, np):
    return True
