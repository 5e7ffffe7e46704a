"""Expressions of ``theano.tensor`` that the original and the face both evaluate; each line is one case.

A case that begins with ``d`` is differentiated too: the gradient of its sum by the inputs that it uses.
This file and `evaluate` run on CPython 3.7 as well, since the original does.
"""

import warnings

import numpy as np

INPUTS = {
    "s": 0.7,
    "x": [0.5, -1.25, 2.0],
    "y": [2.0, 0.25, -0.5],
    "p": [0.25, 0.5, 0.125],
    "m": [[1.0, 2.5, -3.0], [0.5, -1.5, 4.0]],
    "n": [[0.25, -2.0, 1.0], [3.0, 0.75, -0.5]],
    "q": [[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]],
    "t": [[[1.0, 2.0], [3.0, -4.0], [0.5, 6.0]], [[-7.0, 8.0], [9.0, 0.0], [1.5, -2.5]]],
    "t4": [[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.5]]]],
    "r": [[1.5, -2.0, 0.25]],
    "c": [[2.0], [-3.0]],
}
WHOLE = {
    "i": 2,
    "iv": [2, 0, 1],
    "im": [[3, 1], [0, 2]],
    "b": [1, 0, 1],
    "w": [3, -2, 7],
}

SHAPES = """
T.stack(x, y)
T.stack([x, y], 1)
T.stack([x, y], axis=-1)
T.stack((s, s * 2))
T.stack(s, 1.5, 3)
T.stack([m, n], axis=1)
T.stack([x, y], axis=2)
T.stack(tensors=[x, y])
T.stack(x, m)
T.stack(x)
T.stack([iv, x])
T.stack()
T.stack([])
T.stack([x, y], axis=0, foo=1)
T.stack(x, y, axis=1)
T.stacklists([[s, s], [1.5, s]])
T.flatten(t)
T.flatten(t, 2)
T.flatten(t, outdim=2)
T.flatten(t, ndim=2)
T.flatten(t, ndim=2, outdim=2)
T.flatten(t, outdim=3)
T.flatten(m, 3)
T.flatten(m, 0)
T.flatten(s)
T.flatten(r, 2)
t.flatten(2)
t.flatten(ndim=2)
m.flatten()
t.ravel()
T.is_flat(x)
T.is_flat(m, outdim=2)
T.is_flat(m, ndim=1)
T.tile(x, 2)
T.tile(x, (2,))
T.tile(m, (2, 1))
T.tile(m, (2, 1), ndim=2)
T.tile(x, (2, 2), ndim=2)
T.tile(m, (2,), 3)
T.tile(x, [i])
T.tile(x, iv[:1], ndim=1)
T.tile(m, (2, 2, 1))
T.tile(m, 2, ndim=1)
T.tile(m, (1.5, 2))
T.addbroadcast(m[:1], 0)
T.addbroadcast(m, 0)
T.addbroadcast(m[:1], 0) + m
T.unbroadcast(r, 0)
T.unbroadcast(m, 1)
T.patternbroadcast(m[:, :1], (False, True))
T.patternbroadcast(r, (False, False))
T.Rebroadcast((0, True))(m[:1])
T.Rebroadcast((0, False), (1, False))(r)
T.addbroadcast(m, 5)
T.addbroadcast(x[:1])
d T.addbroadcast(m[:1], 0) * n
d T.unbroadcast(r, 0) * m[:1]
T.shape_padleft(x)
T.shape_padleft(x, 2)
T.shape_padleft(m, n_ones=1)
T.shape_padright(x)
T.shape_padright(m, 2)
T.shape_padaxis(m, 0)
T.shape_padaxis(m, 1)
T.shape_padaxis(m, -1)
T.shape_padaxis(m, axis=2)
T.shape_padaxis(m, 3)
T.horizontal_stack(m, n)
T.horizontal_stack(m, n, m)
T.vertical_stack(m, n)
T.vertical_stack(x, y)
T.horizontal_stack(m)
T.concatenate([x, y])
T.concatenate([m, n], axis=1)
T.concatenate((m, n), 0)
T.concatenate([m, n], axis=-1)
T.concatenate([x, iv])
T.concatenate([m, x])
T.concatenate([m, n], axis=2)
T.concatenate(m)
T.concatenate([c, m], axis=1)
T.concatenate([r, r], axis=0)
T.concatenate([s, s])
T.concatenate([x])
T.join(0, x, y)
T.join(1, m, n)
T.join(0, x)
T.join(-1, m, n)
T.join(i - 1, m, n)
T.split(x, [1, 2], 2)
T.split(x, splits_size=[1, 2], n_splits=2, axis=0)
T.split(m, [2, 1], 2, axis=1)
T.split(m, [2, 2], 2, axis=1)
T.roll(x, 1)
T.roll(x, -1)
T.roll(m, 1, axis=0)
T.roll(m, 2, axis=1)
T.roll(m, 1)
T.roll(m, i, axis=-1)
T.roll(x, 7)
T.transpose(m)
T.transpose(t, (2, 0, 1))
T.transpose(t, axes=[1, 0, 2])
m.T
t.T
m.transpose()
t.transpose(2, 0, 1)
t.transpose((2, 0, 1))
T.swapaxes(t, 0, 2)
T.swapaxes(m, 0, 1)
t.swapaxes(0, 1)
T.reshape(m, (3, 2))
T.reshape(m, [6])
T.reshape(m, (3, -1))
T.reshape(m, m.shape[::-1], ndim=2)
T.reshape(m, m.shape[::-1])
T.reshape(m, (2, 2))
T.reshape(m, (-1, -1))
T.reshape(x, (1, 3))
T.reshape(x, 3)
T.reshape(x, iv, ndim=3)
T.reshape(x, iv)
m.reshape((3, 2))
m.reshape([3, 2], ndim=2)
m.reshape((3, 2), 2)
m.reshape(3, 2)
m.reshape((1, -1))
m.reshape((s, 2))
m.dimshuffle(1, 0)
m.dimshuffle((1, 0))
m.dimshuffle([1, 'x', 0])
x.dimshuffle('x', 0)
r.dimshuffle(1)
m.dimshuffle(1)
m.dimshuffle(0, 0)
m.dimshuffle(0, 2)
r.dimshuffle('x', 1, 0)
T.squeeze(r)
T.squeeze(m)
T.squeeze(c.dimshuffle('x', 0, 1))
r.squeeze()
T.shape(m)
T.shape(s)
m.shape
m.shape[0]
x.size
m.size
m.ndim
m.dtype
m.broadcastable
r.broadcastable
s.broadcastable
r.T.broadcastable
(r + c).broadcastable
(m + r).broadcastable
m[0].broadcastable
m[:1].broadcastable
m[:, :1].broadcastable
m[0:1].broadcastable
m.sum(axis=0, keepdims=True).broadcastable
m.dimshuffle(0, 'x', 1).broadcastable
T.reshape(m, (1, 6)).broadcastable
T.alloc(0., 1, 3).broadcastable
T.zeros((1, 3)).broadcastable
T.ones((i, 1)).broadcastable
T.dot(r, q).broadcastable
T.outer(x, y).broadcastable
T.concatenate([r, m]).broadcastable
T.concatenate([r], axis=1).broadcastable
T.eye(1).broadcastable
T.repeat(r, 2, axis=0).broadcastable
T.repeat(r, 2, axis=1).broadcastable
T.switch(T.eq(r, 1), r, c).broadcastable
T.get_vector_length(T.as_tensor_variable([1, 2, 3]))
T.get_vector_length(m.shape)
T.get_vector_length(x)
T.get_vector_length(m)
T.specify_shape(m, (2, 3))
T.specify_shape(m, (2, 2))
len(m)
[v for v in m]
[v for v in T.stack([s, s])]
"""

CREATION = """
T.alloc(s, 2, 3)
T.alloc(x, 2, 3)
T.alloc(0, 3)
T.alloc(np.float32(0), 2, i)
T.alloc(m, 2)
T.alloc(1., 2.)
T.alloc(x, 3, 2)
T.fill(m, 3)
T.fill(m, s)
T.fill(x, iv)
T.second(m, 1.5)
T.zeros(3)
T.zeros((2, 2))
T.zeros((2, i), dtype='int32')
T.zeros(x.shape)
T.zeros(m.shape)
T.zeros(i)
T.zeros([2])
T.ones(3)
T.ones((2, i))
T.ones((2, 2), dtype='int8')
T.zeros_like(m)
T.zeros_like(m, dtype='int32')
T.zeros_like(iv)
T.zeros_like(2)
T.ones_like(iv)
T.ones_like(m, 'float32')
T.ones_like([1., 2.])
x.zeros_like()
x.ones_like()
T.eye(3)
T.eye(2, 3)
T.eye(3, k=1)
T.eye(2, 3, 1, 'int32')
T.eye(i)
T.identity_like(q)
T.identity_like(x)
T.tri(3)
T.tri(2, 3)
T.tri(3, k=-1)
T.tri(3, dtype='int32')
T.tril(q)
T.tril(q, -1)
T.triu(q)
T.triu(q, 1)
T.triu(m, k=1)
T.arange(5)
T.arange(1, 5)
T.arange(1, 6, 2)
T.arange(0.5, 3)
T.arange(5.)
T.arange(i)
T.arange(s * 5)
T.arange(x.shape[0])
T.arange(3, dtype='float32')
T.arange(3, dtype='int8')
T.arange(0, 1, 0.25)
T.arange(5, 1, -1)
T.arange(T.cast(i, 'int8'))
T.arange(np.int32(3))
T.arange(np.float32(3))
T.arange(x)
T.mgrid[0:2, 0:3]
T.mgrid[0:2]
T.ogrid[0:2, 0:3]
T.mgrid[0:1:0.5, 1:2]
T.diag(x)
T.diag(x, 1)
T.diag(x, k=-1)
T.diag(q)
T.diag(q, 1)
T.diag(m, k=-1)
T.diag(t)
T.diag(iv)
T.diagonal(q)
T.diagonal(q, 1)
T.diagonal(t, 0, 0, 2)
T.diagonal(t, axis1=1, axis2=2)
T.diagonal(t, offset=1)
q.diagonal()
t.diagonal(1, 0, 1)
T.ExtractDiag()(q)
T.ExtractDiag(1)(q)
T.ExtractDiag(offset=0, axis1=0, axis2=1, view=False)(t)
T.AllocDiag()(x)
T.AllocDiag(offset=1)(x)
T.AllocDiag()(m)
T.nlinalg.alloc_diag(x)
T.nlinalg.AllocDiag()(x)
T.constant(1)
T.constant(1.)
T.constant(1.1)
T.constant(300)
T.constant(100000)
T.constant(True)
T.constant([1, 2])
T.constant([1., 2.])
T.constant(np.float32(1))
T.constant(np.arange(3))
T.constant([1, 2], dtype='float32')
T.constant(1, dtype='int64')
T.constant(1, ndim=1)
T.constant([1, 2], ndim=2)
T.constant([1, 2], ndim=0)
T.constant([[1, 2]], name='k', ndim=3)
T.constant(1, name='k').name
T.constant(x)
T.constant('a')
T.constant(np.ones((1, 3))).broadcastable
T.as_tensor_variable(3)
T.as_tensor_variable(3.25)
T.as_tensor_variable(3.1)
T.as_tensor_variable([1, 2])
T.as_tensor_variable([1., 2.])
T.as_tensor_variable([s, 1])
T.as_tensor_variable([s, s])
T.as_tensor_variable([x, y])
T.as_tensor_variable([[s, 1.], [2., s]])
T.as_tensor_variable((1, s))
T.as_tensor_variable(x, ndim=2)
T.as_tensor_variable(x, ndim=2).broadcastable
T.as_tensor_variable(r, ndim=1)
T.as_tensor_variable(m, ndim=1)
T.as_tensor_variable(np.float32(1.5))
T.as_tensor_variable(np.arange(4).reshape(2, 2), name='nm').name
T.as_tensor_variable(x, name='other').name
T.as_tensor_variable('a')
T.as_tensor_variable(None)
T.as_tensor_variable(True)
T.as_tensor_variable([True, False])
T.as_tensor_variable({'a': 1})
T.as_tensor(m)
T.cast(x, 'int32')
T.cast(x, 'float32')
T.cast(i, 'float64')
T.cast(1, 'float32')
T.cast(x, 'floatX')
T.cast(x, 'bool')
T.cast(x, 'complex128')
T.cast(T.cast(x, 'complex128'), 'float64')
T.cast(x, 'foo')
x.astype('int8')
x.astype('floatX')
iv.astype(theano.config.floatX)
T.tensor_copy(x)
T.copy(x)
x.copy()
T.identity(x)
T.get_scalar_constant_value(T.constant(3))
T.get_scalar_constant_value(T.constant(2) * 3)
T.get_scalar_constant_value(s)
T.get_scalar_constant_value(T.constant([1, 2]))
T.get_scalar_constant_value(T.constant([1, 1]))
T.get_scalar_constant_value(T.zeros((2, 2)))
T.get_scalar_constant_value(T.alloc(4., 3, 2))
T.get_scalar_constant_value(np.array(3))
T.get_scalar_constant_value(7)
T.get_scalar_constant_value(T.stack([1, 2])[1])
T.get_scalar_constant_value(T.cast(T.constant(3.7), 'int32'))
T.extract_constant(T.constant(3))
T.extract_constant(s).name
T.basic.get_scalar_constant_value(T.constant(3))
T.scalar_from_tensor(s).type.ndim
T.tensor_from_scalar(T.scalar_from_tensor(s))
T.numpy_scalar(np.array(2.))
"""

TYPES = """
T.tensor('float64', (False, True))
T.tensor(dtype='int32', broadcastable=(False,), name='k')
T.tensor('float32', [False, False], name='k').name
T.TensorType('float64', (False, True))()
T.TensorType('float32', (False,) * 2)('k').name
T.TensorType(dtype='float32', broadcastable=[True, False])('k')
T.TensorType('float64', (False, False)) == T.dmatrix
T.TensorType('float64', (True, False)) == T.drow
T.TensorType('float64', ()).ndim
T.TensorType('foo', ())
T.TensorType('floatX', (False,))()
T.TensorType('float64', (False,)).broadcastable
T.TensorType('float64', (False,)).clone(dtype='int8')()
T.TensorType('float64', (False,)).clone(broadcastable=(True, False))()
T.TensorType('float64', (0, 1)).broadcastable
T.TensorType('float64', (1, 1)).broadcastable
T.dmatrix.filter([[1., 2.]])
T.fmatrix.filter(np.ones((1, 2)))
T.fvector.filter(np.ones(2), allow_downcast=True)
T.dmatrix.filter(np.ones(2))
T.dvector.filter(np.ones(2, 'int32'))
T.scalar('k').name
T.scalar(dtype='int32')
T.vector('k', 'int8')
T.matrix()
T.tensor3()
T.tensor4()
T.tensor5()
T.tensor6()
T.tensor7()
T.row()
T.col()
T.scalar(name='k', dtype='float32').dtype
T.vectors('k', 'l')
T.vectors(2)
T.matrices(3)
T.matrices('a', 'b')[1].name
T.dmatrices('a', 'b')
T.fvectors('a', 'b')
T.ivectors(2)
T.lscalars('a', 'b')
T.scalars('a', 'b', 'c')
T.dscalars(2)
T.rows(2)
T.cols('a', 'b')
T.tensor3s('a', 'b')
T.ftensor4s('a', 'b')
T.dtensor5s(2)
T.vectors('ab')
T.vectors()
T.dscalar()
T.fscalar()
T.bscalar()
T.wscalar()
T.iscalar()
T.lscalar()
T.cscalar()
T.zscalar()
T.dvector()
T.fvector()
T.bvector()
T.wvector()
T.ivector()
T.lvector()
T.cvector()
T.zvector()
T.dmatrix()
T.imatrix()
T.lmatrix()
T.bmatrix()
T.zmatrix()
T.frow()
T.icol()
T.ftensor3()
T.ltensor4()
T.ftensor5()
T.ztensor5()
T.dtensor6()
T.btensor7()
T.dmatrix
T.dmatrix.ndim
T.dmatrix.dtype
str(T.dmatrix)
str(T.ivector)
str(T.drow)
T.TensorVariable is type(x)
isinstance(x, T.TensorVariable)
isinstance(x, T.Variable)
isinstance(T.constant(1.), T.TensorConstant)
isinstance(T.constant(1.), T.Constant)
isinstance(x.type, T.TensorType)
isinstance(theano.shared(np.ones(2)), T.sharedvar.TensorSharedVariable)
isinstance(theano.shared(np.ones(2)), T.TensorVariable)
isinstance(theano.shared(np.ones(2)), T.sharedvar.SharedVariable)
theano.shared(2.).type
theano.shared(np.ones((1, 3))).broadcastable
x.clone().name
x.type.values_eq_approx(np.ones(2), np.ones(2) + 1e-14)
x.type.values_eq(np.ones(2), np.ones(2))
x.type.is_valid_value(np.ones(2, theano.config.floatX))
x.type.is_valid_value(np.ones((2, 2)))
T.float_dtypes
T.int_dtypes
T.uint_dtypes
T.complex_dtypes
T.discrete_dtypes
T.continuous_dtypes
T.all_dtypes
T.integer_dtypes
len(T.float_types)
len(T.int_types)
T.float64_atol
T.float32_rtol
x.type.convert_variable(r)
T.dmatrix.convert_variable(T.drow())
T.drow.filter_variable(T.dmatrix())
T.dvector.filter_variable(T.fvector())
T.dmatrix.filter_variable(T.drow())
"""

MATH = """
T.abs_(x)
abs(x)
T.abs_(iv - 1)
T.abs_(T.cast(x, 'complex64'))
T.inv(x)
T.inv(iv + 1)
T.inv(2)
d T.inv(x)
T.sgn(x)
T.sgn(iv - 1)
T.sqr(x)
T.sqr(iv)
T.square(x)
T.neq(x, y)
T.neq(iv, 1)
T.neg(x)
T.neg(b > 0)
T.sqrt(p)
T.sqrt(iv)
T.exp(iv)
T.exp2(x)
T.expm1(x)
T.log(p)
T.log2(p)
T.log10(p)
T.log1p(p)
T.ceil(x)
T.ceil(iv)
T.floor(x)
T.trunc(x)
T.round(x)
T.round(x * 2)
T.round(x * 2, mode='half_away_from_zero')
T.round(x * 2, mode='half_to_even')
T.round(x, 'foo')
T.iround(x * 2)
T.iround(x * 2, mode='half_away_from_zero')
x.round()
x.round(mode='half_away_from_zero')
x.trunc()
T.clip(x, -1, 1)
T.clip(x, y, 1)
T.clip(iv, 0, 1)
T.clip(iv, 0.5, 1.5)
x.clip(-1, 1)
T.clip(x, 1, 0)
d T.clip(x, -1, 0.5)
d T.maximum(x, 0.5)
d T.minimum(x, y)
d abs(x - 0.5)
d T.sgn(x)
T.maximum(x, y)
T.maximum(iv, 1)
T.maximum(iv, x)
T.minimum(x, 1)
T.largest(x, y)
T.largest(x, y, 1)
T.largest(s, 1.)
T.smallest(x, y)
T.smallest(x, y, p)
T.smallest(s, 0.)
T.largest(x)
T.power(x, 2)
T.power(x, -1)
T.pow(x, y + 2.5)
T.pow(iv, 2)
T.pow(2, iv)
x ** 2
2 ** x
iv ** 2
iv ** 0.5
T.pow(p, 0.5)
T.add(x, y, p)
T.mul(x, y, p)
T.sub(x, y)
T.true_div(iv, 2)
T.int_div(iv, 2)
T.floor_div(w, 2)
T.int_div(x, 2)
T.mod(w, 3)
T.mod(x, 2)
T.mod_check(w, 3)
w % 3
w // 2
w / 2
x // y
x % y
T.divmod(w, 2)
divmod(w, 2)
T.div_proxy(w, 2)
T.ceil_intdiv(w, 2)
T.intdiv(w, 2)
T.eq(x, 0.5)
T.lt(x, y)
T.le(x, y)
T.gt(x, y)
T.ge(x, y)
x > 0
x >= y
x < 0
T.and_(b, iv)
T.or_(b, iv)
T.xor(b, iv)
T.invert(iv)
T.invert(x > 0)
~(x > 0)
(x > 0) & (y > 0)
(x > 0) | (y > 0)
T.bitwise_and(b, iv)
T.bitwise_or(b, iv)
T.bitwise_xor(b, iv)
T.bitwise_not(iv)
T.and_(x, y)
T.switch(x > 0, x, y)
T.switch(b, x, 0)
T.switch(b, 1, 0)
T.where(x > 0, x, y)
T.switch(x > 0, 1., 0.)
T.switch(x > 0, iv, s)
d T.switch(x > 0, x * x, y)
T.isnan(x / 0)
T.isnan(iv)
T.isinf(x / 0)
T.isinf(iv)
T.isclose(x, x + 1e-9)
T.isclose(x, y)
T.allclose(x, x)
T.allclose(x, y, rtol=1e-5, atol=10)
T.erf(x)
T.erfc(x)
T.erfcx(x)
T.erfinv(p)
T.erfcinv(p)
T.gamma(p)
T.gammaln(p)
T.psi(p)
T.tri_gamma(p)
T.chi2sf(p, 2.)
T.j0(x)
T.j1(x)
T.jv(1., p)
T.i0(x)
T.i1(x)
T.iv(1., p)
T.sin(x)
T.cos(x)
T.tan(x)
T.arcsin(p)
T.arccos(p)
T.arctan(x)
T.arctan2(x, y)
T.sinh(x)
T.cosh(x)
T.tanh(x)
T.arcsinh(x)
T.arccosh(p + 1)
T.arctanh(p)
T.deg2rad(x)
T.rad2deg(x)
T.conj(T.complex(x, y))
T.real(T.complex(x, y))
T.imag(T.complex(x, y))
T.angle(T.complex(x, y))
T.complex(x, y)
T.complex_from_polar(p, x)
T.real(x)
T.imag(x)
T.conj(x)
T.conjugate(T.complex(x, y))
T.complex(x, y).real
T.complex(x, y).imag
x.real
x.imag
T.complex(x, y).conj()
T.xlogx.xlogx(p)
T.xlogx.xlogx(p * 0)
T.xlogx.xlogy0(p, x + 2)
T.xlogx.xlogy0(p * 0, x * 0)
d T.xlogx.xlogx(p)
T.outer(x, y)
T.outer(m, x)
T.dot(x, y)
T.dot(m, x)
T.dot(m, n.T)
T.dot(x, s)
T.dot(t, x[:2])
T.dot(m, t)
T.dot(x, t)
T.dot(t, t.T)
T.dot(m, iv)
T.dot(iv, iv)
m.dot(x)
m.__matmul__(x)
d T.dot(m, x)
T.tensordot(m, n)
T.tensordot(m, n, axes=2)
T.tensordot(m, n, axes=1)
T.tensordot(m, n.T, 1)
T.tensordot(m, n, axes=[[0], [0]])
T.tensordot(m, n, axes=(1, 1))
T.tensordot(t, m, axes=[[1], [1]])
T.tensordot(t, t, axes=[(0, 1), (0, 1)])
T.tensordot(m, n, axes=0)
T.tensordot(m, n, axes=[[0, 1], [0]])
T.tensordot(m, n, axes=[0, 5])
T.batched_dot(t, t.dimshuffle(0, 2, 1))
T.batched_dot(m, n)
T.batched_dot(m, t)
T.batched_dot(t, m[:, :2])
T.batched_dot(x, y)
T.batched_dot(x, m.T)
T.batched_dot(t4, t4)
d T.batched_dot(t, m[:, :2])
T.batched_tensordot(t, t, axes=[[1], [1]])
T.batched_tensordot(t, m, axes=[[1], [1]])
T.batched_tensordot(t, t, axes=1)
T.cov(m)
T.cov(x)
T.cov(m, n)
T.cov(m, rowvar=False)
T.cov(m, bias=True)
T.cov(m, ddof=0)
-x
+x
1 - x
1 / x
1. / iv
x + iv
x * 2
iv * 2.
iv + 1
iv + 0.5
b * x
(x > 0) * 1
1 - (x > 0)
(x > 0) + (y > 0)
2 * T.cast(x, 'float32')
np.float32(2) * x
np.float64(2) * T.cast(x, 'float32')
T.cast(x, 'float32') + iv
T.cast(iv, 'int8') + T.cast(b, 'int16')
T.cast(iv, 'uint8') - T.cast(b, 'int8')
T.mean(T.cast(iv, 'int8'))
T.sum(T.cast(iv, 'int8'))
T.sum(x > 0)
T.prod(T.cast(iv, 'int8'))
T.cumsum(T.cast(iv, 'int8'))
"""

REDUCTIONS = """
T.sum(m)
T.sum(m, 0)
T.sum(m, axis=1)
T.sum(m, axis=-1)
T.sum(t, axis=(0, 2))
T.sum(t, axis=[0, 1])
T.sum(m, axis=0, keepdims=True)
T.sum(m, dtype='float32')
T.sum(iv, dtype='float64')
T.sum(iv, acc_dtype='float64')
T.sum(m, axis=2)
T.sum(m, axis=(0, 0))
T.sum(m, axis=[])
T.sum(m, axis=())
T.sum([x, y])
T.sum(s)
m.sum()
m.sum(0)
m.sum(axis=1, keepdims=True)
m.sum(axis=1, dtype='float32', acc_dtype='float64')
T.prod(m)
T.prod(m, axis=0)
T.prod(m, axis=1, keepdims=True, no_zeros_in_input=True)
m.prod(axis=1)
d T.prod(m * (m > 0), axis=1)
T.mean(m)
T.mean(m, 0)
T.mean(m, axis=(0, 1))
T.mean(m, axis=1, keepdims=True)
T.mean(iv)
T.mean(iv, dtype='float32')
T.mean(m, acc_dtype='float64')
T.mean(m, dtype='float32')
T.mean(m, op=True)
T.mean(m > 0)
T.mean(T.eq(iv, 1))
T.mean(m, axis=2)
m.mean()
m.mean(axis=0, dtype='float64')
m.mean(axis=1, keepdims=True, acc_dtype='float64')
iv.mean()
T.var(m)
T.var(m, axis=0)
T.var(m, axis=1, ddof=1)
T.var(m, axis=1, corrected=True)
T.var(m, axis=(0, 1), keepdims=True)
T.var(iv)
m.var(axis=0)
m.var(ddof=1)
T.std(m)
T.std(m, axis=0)
T.std(m, axis=1, keepdims=True, ddof=1)
m.std()
m.std(axis=1, keepdims=True)
d T.std(m, axis=1)
d T.var(m, axis=0)
T.max(m)
T.max(m, axis=0)
T.max(m, axis=-1)
T.max(m, axis=1, keepdims=True)
T.max(t, axis=(0, 2))
T.max(iv)
T.max(x > 0)
T.max([1, 2, 3])
T.max(m, axis=5)
m.max()
m.max(axis=0)
m.max(axis=1, keepdims=True)
T.min(m)
T.min(m, axis=0, keepdims=True)
T.min(iv)
T.min(T.cast(iv, 'uint8'))
T.min(x > 0)
m.min(axis=1)
d T.max(m, axis=1)
d T.max(T.maximum(m, 2), axis=0)
d T.min(m)
T.argmax(m)
T.argmax(m, axis=0)
T.argmax(m, axis=1, keepdims=True)
T.argmax(m, axis=None, keepdims=True)
T.argmax(t, axis=-1)
T.argmax(t, axis=(0, 1))
T.argmax(m, axis=3)
m.argmax()
m.argmax(axis=1)
m.argmax(1, keepdims=True)
T.argmin(m)
T.argmin(m, axis=1)
m.argmin(axis=0)
T.max_and_argmax(m)
T.max_and_argmax(m, axis=1)
T.max_and_argmax(m, 0, keepdims=True)
T.max_and_argmax(t, axis=[0, 1])
T.MaxAndArgmax([1])(m)
T.all(m > 0)
T.all(m > -10, axis=0)
T.any(m > 0, axis=1, keepdims=True)
T.any(b)
(m > 0).all()
(m > 0).any(axis=0)
T.all(x)
T.ptp(m)
T.ptp(m, 0)
T.ptp(m, axis=1)
m.ptp()
m.ptp(axis=1)
m.norm(1)
m.norm(2)
m.norm(2, axis=0)
m.norm(0)
m.norm(1, axis=1, keepdims=True)
m.norm(np.inf)
m.norm(3, axis=1)
d m.norm(2, axis=1)
T.makeKeepDims(m, m.sum(0), 0)
T.makeKeepDims(m, m.sum(), None)
x.cumsum()
m.cumsum(axis=1)
m.cumprod()
m.nonzero()
m.nonzero(return_matrix=True)
x.nonzero_values()
x.sort()
m.sort(axis=0)
x.argsort()
x.take(iv)
m.take(iv, axis=1)
x.repeat(2)
x.searchsorted(0.)
iv.choose([x, y, p])
x.fill(2)
x.compress(b)
"""

INDEXING = """
m[0]
m[-1, 1]
m[:, 1]
m[:, ::-1]
m[::2]
m[i - 1]
m[0:i]
m[:, None]
m[None]
m[..., 0]
m[0, ...]
m[iv[:2] - 1]
m[:, iv]
m[[0, 1], [1, 2]]
m[(0, 1), (1, 2)]
m[[1, 0]]
m[T.arange(2), iv[:2]]
m[T.arange(2), [0, 2]]
t[:, iv, 0]
t[0, :, [0, 1]]
t[[0, 1], :, [1, 0]]
t[:, [[0, 1], [1, 2]]]
m[m > 0]
m[x > 0]
m[:, x > 0]
x[x > 0]
x[(x > 0).nonzero()]
m[(m > 0).nonzero()]
x[np.array([True, False, True])]
x[[True, False, True]]
x[True]
x[b]
m[0, 0, 0]
m[0.5]
m[s]
m['a']
x[5]
x[2:100]
x[-2:]
x[i:]
x[::i]
m[im[0, 1]]
x[im]
x[iv.dimshuffle('x', 0)]
x[T.cast(iv, 'int8')]
x[T.cast(iv, 'uint8')]
x[T.cast(iv, 'float32')]
x[iv][0]
m.take(iv)
T.take(m, iv, axis=1)
T.take(x, im)
T.take(m, iv)
T.take(m, 1, axis=0)
T.take(m, iv, mode='wrap')
T.take(x, iv + 1, mode='clip')
T.take(x, iv + 3)
T.set_subtensor(x[0], 9)
T.set_subtensor(x[1:], 0)
T.set_subtensor(x[1:], y[1:])
T.set_subtensor(m[:, 0], s)
T.set_subtensor(m[0], x)
T.set_subtensor(m[iv[:2] - 1], 1)
T.set_subtensor(m[:, iv], x)
T.set_subtensor(m[T.arange(2), iv[:2]], 5.)
T.set_subtensor(m[m > 0], 0)
T.set_subtensor(x[x < 0], 0)
T.set_subtensor(x[(x < 0).nonzero()], 0)
T.set_subtensor(m[0], m)
T.set_subtensor(x, y)
T.set_subtensor(x[:], y)
T.set_subtensor(iv[0], 1.5)
T.set_subtensor(x[0], T.cast(1, 'int64'))
T.set_subtensor(m.T[0], 1)
T.set_subtensor(m.flatten()[0], 1)
T.set_subtensor(m[0].dimshuffle('x', 0), r)
T.set_subtensor(m[:, :2].T, 1)
T.set_subtensor(m[0:1].flatten(), x)
T.set_subtensor(x[0:2], y)
T.inc_subtensor(x[0], 9)
T.inc_subtensor(x[iv], 1)
T.inc_subtensor(x[[0, 0, 1]], 1)
T.inc_subtensor(x[[0, 0, 1]], y)
T.set_subtensor(x[[0, 0, 1]], y)
T.inc_subtensor(m[:, iv], n)
T.inc_subtensor(m[[0, 0]], 1)
T.inc_subtensor(m[:, 1], x[:2])
T.inc_subtensor(m[:1], x)
T.inc_subtensor(m[T.arange(2), iv[:2]], x[:2])
T.inc_subtensor(m[m > 0], 1)
T.inc_subtensor(x, y)
T.inc_subtensor(x[:2], y[:2], set_instead_of_inc=True)
d T.set_subtensor(x[0], s)
d T.inc_subtensor(x[iv], y) ** 2
d m[:, iv] ** 2
d m[T.arange(2), iv[:2]] * 3
d m[m > 0]
d x[x > 0] ** 2
d m[0] * m[1]
d T.set_subtensor(m[:, iv], y) ** 2
d T.set_subtensor(m[:, 0], s) ** 2
T.nonzero(m)
T.nonzero(m > 0)
T.nonzero(m, return_matrix=True)
T.nonzero(x - 0.5)
T.nonzero(s)
T.flatnonzero(m - 1)
T.flatnonzero(x - 0.5)
T.nonzero_values(m - 1)
T.permute_row_elements(x, iv)
T.permute_row_elements(m, iv)
T.permute_row_elements(m, iv, inverse=1)
T.permute_row_elements(m, iv, True)
T.inverse_permutation(iv)
T.choose(iv, [x, y, p])
T.choose(iv, (x, y, p), mode='wrap')
T.choose(iv - 1, [x, y], mode='clip')
T.choose(iv, [x, y])
T.choose(iv, m.T)
T.sort(x)
T.sort(m, axis=0)
T.sort(m, axis=None)
T.sort(m)
T.sort(m, -1, 'mergesort')
T.sort(m, kind='heapsort')
T.argsort(x)
T.argsort(m, axis=0)
T.argsort(m, axis=None)
T.argsort(m, -1, 'quicksort')
d T.sort(x) * y
d T.sort(m, axis=0) * n
T.topk(x, 2)
T.topk(x, 2, sorted=False).sort()
T.topk(x, -2)
T.topk(x, -2, sorted=False).sort()
T.topk(m, 2)
T.topk(m, 2, sorted=False).sort()
T.topk(m, 1, axis=0)
T.topk(m, 1, axis=0, sorted=False).sort()
T.topk(m, 1, axis=None)
T.topk(m, 1, axis=None, sorted=False).sort()
T.topk(x, 0)
T.topk(x, 0, sorted=False).sort()
T.topk(x, 7)
T.topk(x, 7, sorted=False).sort()
T.topk(m, 2, axis=2)
T.topk(m, 2, axis=2, sorted=False).sort()
T.argtopk(x, 2)
T.argtopk(x, 2, sorted=False).sort()
T.argtopk(x, -1)
T.argtopk(x, -1, sorted=False)
T.argtopk(m, 2, axis=-1, idx_dtype='int32')
T.argtopk(m, 2, axis=-1, idx_dtype='int32', sorted=False).sort()
T.argtopk(m, 1, axis=0)
T.argtopk(m, 1, axis=0, sorted=False)
T.topk_and_argtopk(m, 2)
T.topk_and_argtopk(m, 1, sorted=False)
T.topk_and_argtopk(x, 1)
T.topk_and_argtopk(x, 1, sorted=False)
T.topk(x, i)
T.topk(x, i, sorted=False).sort()
T.topk(iv, 2)
T.topk(iv, 2, sorted=False).sort()
T.topk(x, 2, sorted=False).sort()
d (T.topk(x, 2, sorted=False) ** 2).sum()
d (T.topk(m, 2, axis=1, sorted=False) ** 2).sum()
"""

EXTRA = """
T.cumsum(x)
T.cumsum(m)
T.cumsum(m, axis=0)
T.cumsum(m, axis=-1)
T.cumsum(m, axis=3)
T.cumprod(x)
T.cumprod(m, axis=1)
T.cumprod(iv + 1)
E.cumsum(x, 0)
E.CumOp(0, 'add')(m)
E.CumOp(axis=1, mode='mul')(m)
E.CumsumOp(axis=0)(m)
E.CumprodOp(axis=1)(m)
d T.cumprod(m, axis=1)
d T.cumsum(m, axis=1) * n
E.diff(x)
E.diff(x, n=2)
E.diff(m, axis=0)
E.diff(m, 1, 1)
E.diff(m, n=2, axis=-1)
E.DiffOp(n=1, axis=0)(m)
T.DiffOp()(m)
d E.diff(x) ** 2
T.bincount(iv)
T.bincount(iv, weights=x)
T.bincount(iv, minlength=5)
T.bincount(iv, x, 4)
T.bincount(iv, assert_nonneg=True)
T.bincount(m)
T.repeat(x, 2)
T.repeat(m, 2)
T.repeat(m, 2, axis=0)
T.repeat(m, iv, axis=1)
T.repeat(x, i)
T.repeat(x, x)
T.repeat(m, repeats=[1, 2], axis=0)
E.repeat(m, 2, axis=1)
E.RepeatOp(axis=0)(m, 2)
E.RepeatOp()(m, 2)
d T.repeat(m, 2, axis=0) ** 2
d T.repeat(m, 2) ** 2
E.squeeze(r)
E.compress(b, x)
E.compress([0, 1], m, axis=0)
E.compress(b, m, 1)
T.fill_diagonal(q, 9)
T.fill_diagonal(m, s)
T.fill_diagonal(x, 1)
T.fill_diagonal_offset(q, 9., 1)
T.fill_diagonal_offset(q, 9., -1)
T.fill_diagonal_offset(m, 9., 1)
d T.fill_diagonal(q, s) ** 2
d T.fill_diagonal_offset(q, s, 1) ** 2
E.to_one_hot(iv, 4)
E.to_one_hot(iv, 3, dtype='int32')
E.to_one_hot(iv, i + 1)
E.to_one_hot(iv, 3, 'float32')
E.Unique()(x)
E.Unique()(iv % 2)
E.Unique(True)(iv % 2)
E.Unique(True, True, True)(iv % 2)
E.Unique(return_inverse=True)(iv % 2)
E.Unique(axis=0)(im)
E.searchsorted(x.sort(), 0.)
E.searchsorted(x.sort(), y)
E.searchsorted(x.sort(), y, side='right')
E.searchsorted(x, y, sorter=x.argsort())
E.searchsorted(x, y, side='foo')
T.unravel_index(iv, (2, 2))
T.unravel_index(iv, m.shape)
T.unravel_index(4, (2, 3))
T.unravel_index(iv, (2, 2), order='F')
T.unravel_index(iv, m.shape, ndim=2)
T.ravel_multi_index((iv % 2, iv % 2), (2, 2))
T.ravel_multi_index((iv, iv), (2, 2), mode='clip')
T.ravel_multi_index((iv % 2, iv), (2, 3), 'wrap', 'F')
T.bartlett(5)
T.bartlett(i)
E.bartlett(1)
E.cpu_contiguous(m.T)
E.CpuContiguous()(m)
T.batched_dot(t, t.dimshuffle(0, 2, 1)).broadcastable
T.nlinalg.matrix_inverse(q)
T.nlinalg.MatrixInverse()(q)
T.nlinalg.pinv(q)
T.nlinalg.pinv(m)
T.nlinalg.MatrixPinv()(m)
T.nlinalg.det(q)
T.nlinalg.Det()(q)
T.nlinalg.trace(q)
T.nlinalg.trace(m)
T.nlinalg.diag(x)
T.nlinalg.diag(q)
T.nlinalg.diag(t)
T.nlinalg.extract_diag(q)
T.nlinalg.ExtractDiag()(q)
T.nlinalg.matrix_dot(q, q, q)
T.nlinalg.matrix_dot(q)
T.nlinalg.matrix_power(q, 3)
T.nlinalg.matrix_power(q, 0)
T.nlinalg.norm(x, 2)
T.nlinalg.norm(x, 1)
T.nlinalg.norm(x, 'inf')
T.nlinalg.norm(x, '-inf')
T.nlinalg.norm(x, 0)
T.nlinalg.norm(x, 3)
T.nlinalg.norm(x, None)
T.nlinalg.norm(q, 'fro')
T.nlinalg.norm(q, 'inf')
T.nlinalg.norm(q, '-inf')
T.nlinalg.norm(q, 1)
T.nlinalg.norm(q, -1)
T.nlinalg.norm(q, 2)
T.nlinalg.norm(q, None)
T.nlinalg.norm(q, 5)
T.nlinalg.norm(t, None)
abs(T.nlinalg.eigh(q)[1])
abs(T.nlinalg.eigh(q, 'U')[1])
T.nlinalg.eigh(q)[0]
T.nlinalg.eig(q)[0]
T.nlinalg.svd(q)[1]
T.nlinalg.svd(m, 0)[1]
T.nlinalg.svd(m, full_matrices=0, compute_uv=0)
T.nlinalg.svd(m, 1, 1)[0].broadcastable
abs(T.nlinalg.qr(q)[0])
abs(T.nlinalg.qr(q, mode='r'))
abs(T.nlinalg.qr(q, 'reduced')[1])
abs(T.nlinalg.qr(q, 'complete')[1])
abs(T.nlinalg.qr(m.T, 'complete')[0])
T.nlinalg.QRFull('reduced')(q)[1].ndim
T.nlinalg.lstsq()(q, x, 1e-7)
T.nlinalg.tensorinv(q.reshape((3, 3)), 1)
T.nlinalg.tensorsolve(q, x)
T.nlinalg.TensorInv(ind=1)(q)
d T.nlinalg.matrix_inverse(q)
d T.nlinalg.det(q)
d T.nlinalg.trace(q) ** 2
d T.nlinalg.pinv(q)
d T.log(T.nlinalg.det(q))
d T.nlinalg.eigh(q)[0] ** 2
T.slinalg.cholesky(q)
T.slinalg.Cholesky()(q)
T.slinalg.Cholesky(lower=False)(q)
T.slinalg.Cholesky(on_error='nan')(-q)
T.slinalg.cholesky(-q)
T.slinalg.solve(q, x)
T.slinalg.solve(q, m.T)
T.slinalg.Solve()(q, x)
T.slinalg.Solve(A_structure='lower_triangular', lower=True)(T.tril(q), x)
T.slinalg.Solve(A_structure='upper_triangular')(T.triu(q), x)
T.slinalg.Solve('symmetric')(q, x)
T.slinalg.solve_lower_triangular(T.tril(q), x)
T.slinalg.solve_lower_triangular(q, x)
T.slinalg.solve_upper_triangular(T.triu(q), x)
T.slinalg.solve_upper_triangular(q, m.T)
T.slinalg.solve_symmetric(q, x)
T.slinalg.expm(q * 0.1)
T.slinalg.Expm()(q * 0.1)
T.slinalg.eigvalsh(q, T.eye(3))
T.slinalg.eigvalsh(q, None)
T.slinalg.Eigvalsh()(q, T.eye(3))
T.slinalg.kron(m, n)
T.slinalg.kron(x, y)
T.slinalg.kron(s, m)
d T.slinalg.cholesky(q)
d T.slinalg.solve(q, x) ** 2
d T.slinalg.solve_lower_triangular(T.tril(q), x) ** 2
d T.slinalg.expm(q * 0.1)
d T.slinalg.kron(m, n)
T.fft.rfft(T.stack([x, y]))
T.fft.rfft(m, norm='ortho')
T.fft.rfft(m, norm='no_norm')
T.fft.rfft(t, 'ortho')
T.fft.irfft(T.fft.rfft(m, norm='ortho'), norm='ortho', is_odd=True)
T.fft.irfft(T.fft.rfft(m), is_odd=True)
T.fft.irfft(T.fft.rfft(t))
T.fft.rfft(x)
d T.fft.rfft(m) ** 2
d T.fft.irfft(T.fft.rfft(t)) ** 2
T.inplace.exp_inplace(x * 2)
T.inplace.add_inplace(x * 2, y)
T.inplace.neg_inplace(x * 2)
T.inplace.sqr_inplace(x * 2)
T.inplace.abs__inplace(x * 2)
T.inplace.transpose_inplace(m * 2)
T.inplace.inv_inplace(x * 2)
T.utils.shape_of_variables(theano.gof.FunctionGraph([x], [x * 2], clone=False), {x: (4,)}) and 1
T.Mean(0)(m)
T.Flatten(2)(t)
T.Tile(ndim=2)(m, [2, 1])
T.Reshape(2)(m, [3, 2])
T.Join()(0, x, y)
T.Split(2)(x, 0, [1, 2])
T.Eye('int32')(2, 2, 0)
T.Tri('int32')(2, 2, 0)
T.Dot()(m, x)
T.Alloc()(s, 2)
T.ARange('int64')(0, 3, 1)
T.Nonzero()(x)
T.Argmax(axis=[1])(m)
T.Shape()(m)
T.ScalarFromTensor()(s).ndim if hasattr(T.ScalarFromTensor()(s), 'ndim') else 0
T.PermuteRowElements()(m, iv, 0)
T.Choose('raise')(iv, T.stack([x, y, p]))
T.Default()(x, y)
T.default(x, y)
T.Elemwise(theano.scalar.add)(x, y)
T.elemwise.Elemwise(theano.scalar.mul)(x, y)
T.elemwise.Sum(axis=0)(m)
T.elemwise.Sum(axis=[0, 1])(m)
T.elemwise.Prod(axis=0)(m)
T.elemwise.CAReduce(theano.scalar.add, axis=0)(m)
T.elemwise.CAReduce(theano.scalar.maximum, axis=[1])(m)
T.elemwise.CAReduceDtype(theano.scalar.add, axis=0, dtype='float64')(m)
T.elemwise.All()(m > 0)
T.elemwise.Any(axis=0)(m > 0)
T.elemwise.DimShuffle((False, False), (1, 0))(m)
T.DimShuffle([False, False], ['x', 1, 0], inplace=True)(m)
T.DimShuffle((True, False), (1,))(r)
T.opt.MakeVector('float64')(s, s).ndim
T.blas.batched_dot(t, t.dimshuffle(0, 2, 1))
T.grad(T.sum(x ** 2), x)
T.grad((x ** 2).sum(), [x, y], disconnected_inputs='ignore')
T.grad(x ** 2, x)
T.jacobian(x ** 2, x)
T.hessian((x ** 3).sum(), x)
T.Rop(x ** 2, x, y)
T.Lop(x ** 2, x, y)
T.grad((T.consider_constant(x) * x).sum(), x)
"""

NNET = """
d nnet.softmax(m) ** 2
d nnet.softmax(x) ** 2
nnet.softmax(t)
nnet.softmax(iv)
nnet.softmax(s)
nnet.softmax(r)
nnet.softmax([x, y])
nnet.softmax_op(m)
nnet.Softmax()(x)
d nnet.logsoftmax(m) ** 2
nnet.logsoftmax(x)
nnet.logsoftmax(t)
nnet.LogSoftmax()(m)
nnet.softmax_graph(t)
d nnet.softmax_graph(m) ** 2
d nnet.softmax_with_bias(m, y) ** 2
nnet.softmax_with_bias(x, y)
nnet.softmax_with_bias(m, iv)
d nnet.sigmoid(x)
nnet.sigmoid(iv)
nnet.sigmoid(T.cast(iv, 'int8'))
nnet.sigmoid(2)
d nnet.hard_sigmoid(x * 3)
nnet.hard_sigmoid(iv)
nnet.ultra_fast_sigmoid(x * 3)
nnet.ultra_fast_sigmoid(w)
d nnet.softplus(x)
nnet.softplus(iv)
d nnet.relu(x)
d nnet.relu(x - 0.5)
d nnet.relu(x, 0.1)
d nnet.relu(x - 0.5, alpha=0.1)
d nnet.relu(x, s)
nnet.relu(iv)
nnet.relu(iv, 0.1)
nnet.relu(x, 1)
nnet.relu(T.cast(x, 'float32'), np.float32(0.1))
nnet.relu(T.cast(x, 'float32'), 0.1)
d nnet.elu(x)
d nnet.elu(x, 0.5)
d nnet.elu(x - 0.5)
nnet.elu(iv)
d nnet.selu(x)
nnet.selu(T.cast(x, 'float32'))
nnet.nnet.softsign(x)
d nnet.softsign(x)
nnet.softsign(iv)
d nnet.softsign(x - 0.5)
d nnet.binary_crossentropy(p, b)
nnet.binary_crossentropy(p, p)
nnet.binary_crossentropy(p, 1)
d nnet.sigmoid_binary_crossentropy(x, p)
d nnet.sigmoid_binary_crossentropy(x - 0.5, p)
nnet.sigmoid_binary_crossentropy(x, b)
nnet.sigmoid_binary_crossentropy(x * 500, p)
d nnet.categorical_crossentropy(nnet.softmax(m), nnet.softmax(n))
d nnet.categorical_crossentropy(nnet.softmax(m), iv[:2])
nnet.categorical_crossentropy(nnet.softmax(m), T.cast(iv[:2], 'int32'))
nnet.categorical_crossentropy(nnet.softmax(m), T.cast(iv[:2], 'int8'))
nnet.categorical_crossentropy(nnet.softmax(m), p[:2])
nnet.categorical_crossentropy(nnet.softmax(m), s)
nnet.categorical_crossentropy(p, p)
nnet.categorical_crossentropy(p, s)
nnet.categorical_crossentropy(abs(t), abs(t))
nnet.categorical_crossentropy(m, t)
nnet.crossentropy_categorical_1hot(nnet.softmax(m), iv[:2])
d nnet.crossentropy_softmax_1hot(m, iv[:2])[0]
nnet.crossentropy_softmax_1hot(m, iv[:2])
nnet.crossentropy_softmax_1hot(x, iv)
nnet.crossentropy_softmax_1hot(m, x)
d nnet.crossentropy_softmax_1hot_with_bias(m, y, iv[:2])[0] ** 2
d nnet.crossentropy_softmax_1hot_with_bias(m, y, iv[:2])[1] ** 2
nnet.crossentropy_softmax_argmax_1hot_with_bias(m, y, iv[:2])
nnet.crossentropy_softmax_argmax_1hot_with_bias(m, y, T.cast(iv[:2], 'int8'))
nnet.crossentropy_softmax_max_and_argmax_1hot(m, iv[:2])
nnet.crossentropy_softmax_max_and_argmax_1hot_with_bias(m, y, iv[:2])
d nnet.prepend_0_to_each_row(m) ** 2
nnet.prepend_1_to_each_row(m)
d nnet.prepend_scalar_to_each_row(1.5, m) ** 2
nnet.prepend_0_to_each_row(x)
nnet.confusion_matrix(iv, b)
nnet.confusion_matrix(x, y)
nnet.confusion_matrix(m, y)
nnet.h_softmax(m, 2, 5, 3, 2, q, x, t4[0, 0, 0, 0] * T.ones((3, 3, 2)), T.ones((3, 2)))
d nnet.h_softmax(m, 2, 5, 3, 2, q, x, T.tile(m[:1].T, (3, 1, 1)).repeat(2, axis=2), m.T) ** 2
d nnet.h_softmax(m, 2, 5, 3, 2, q, x, T.tile(m[:1].T, (3, 1, 1)).repeat(2, axis=2), m.T, iv[:2] + 2) ** 2
d nnet.batch_normalization(m, x, y, p, p + 1)
d nnet.batch_normalization(m, x, y, p, p + 1, mode='high_mem')
nnet.batch_normalization(m, x, y, p, p + 1, mode='foo')
d nnet.bn.batch_normalization_train(m, x, y)[0] ** 2
nnet.bn.batch_normalization_train(m, x, y)
nnet.bn.batch_normalization_train(m, x, y, axes=(0,), epsilon=1e-3)
nnet.bn.batch_normalization_train(m, x, y, 'per-activation', 1e-4, 0.2, p, p)
nnet.bn.batch_normalization_train(m, x, y, running_average_factor=s, running_mean=p, running_var=p)
nnet.bn.batch_normalization_train(m, x, y, running_mean=p)
nnet.bn.batch_normalization_train(m, x, y, epsilon=1e-6)
nnet.bn.batch_normalization_train(m, s, s, axes=(0, 1))
nnet.bn.batch_normalization_train(m, r, r)
nnet.bn.batch_normalization_train(m, r[:, :], r + 1, running_mean=r, running_var=abs(r))
nnet.bn.batch_normalization_train(m, x, s)
nnet.bn.batch_normalization_train(m, x, y, axes='foo')
nnet.bn.batch_normalization_train(m, x, y, axes=())
nnet.bn.batch_normalization_train(m, x, y, axes=(2,))
nnet.bn.batch_normalization_train(t, x, y, axes='spatial')
nnet.bn.batch_normalization_train(t, x, y, axes=(0, 2), running_mean=x, running_var=p)
d nnet.bn.batch_normalization_train(t, x, y, axes='spatial')[0] ** 3
nnet.bn.batch_normalization_train(t, t[0], t[1])
nnet.bn.batch_normalization_train(t4, x[:2], y[:2], 'spatial')
d nnet.bn.batch_normalization_train(m, x, y)[1]
d nnet.bn.batch_normalization_test(m, x, y, p, p) ** 2
nnet.bn.batch_normalization_test(t, x, y, x, p, axes='spatial')
nnet.bn.batch_normalization_test(m, r, r, r, abs(r), epsilon=1e-2)
nnet.bn.batch_normalization_test(m, x, y, p, s)
nnet.bn.batch_normalization_test(m, x, y, p, p, epsilon=1e-6)
d nnet.blocksparse.sparse_block_dot(t4.repeat(2, axis=0), t[:, :1], im[:, :1] * 0, m.T[:2, :2], im[:, :1] % 2)
nnet.blocksparse.sparse_block_outer(T.zeros((2, 2, 2, 2)), t[:, :1], t[:, 1:2], im[:, :1] % 2, im[:, :1] % 2)
nnet.ctc_available() if hasattr(nnet, 'ctc_available') else False
"""

STABLE = """
d T.log(nnet.softmax(m * 300))
d -T.mean(T.log(nnet.softmax(m * 300))[T.arange(2), iv[:2]])
d -T.mean(T.log(nnet.softmax(m * 300))[T.arange(iv[:2].shape[0]), iv[:2]])
d T.log(nnet.softmax(m * 300))[T.arange(2), iv[:2]]
d nnet.categorical_crossentropy(nnet.softmax(m * 300), iv[:2])
d nnet.categorical_crossentropy(nnet.softmax(m * 300), iv[:2]).mean()
d nnet.categorical_crossentropy(nnet.softmax(m * 300), (n > 0) * 1.)
d nnet.categorical_crossentropy(nnet.softmax(m), (n > 0) * 1.).mean()
d nnet.categorical_crossentropy(nnet.softmax(T.dot(m, q) * 100 + y), iv[:2]).mean()
d nnet.categorical_crossentropy(nnet.softmax_with_bias(m * 300, y), iv[:2])
d nnet.crossentropy_softmax_1hot(m * 300, iv[:2])[0]
d nnet.crossentropy_softmax_argmax_1hot_with_bias(m * 300, y, iv[:2])[0]
d T.log(nnet.softmax(x * 400))
d -T.log(nnet.softmax(x * 400))[0, 1]
d -T.sum(T.log(nnet.softmax(m * 300)) * nnet.softmax(n))
d nnet.logsoftmax(m * 300)
d T.log(1 - nnet.sigmoid(x * 40))
d T.log(nnet.sigmoid(x * 400))
d T.log(1. - nnet.sigmoid(x * 20))
d T.log1p(-nnet.sigmoid(x * 40))
d T.log(1 + T.exp(x * 400))
d T.log1p(T.exp(x * 400))
d nnet.softplus(x * 400)
d nnet.sigmoid(x * 400)
d nnet.binary_crossentropy(nnet.sigmoid(x * 300), p)
d nnet.binary_crossentropy(nnet.sigmoid(x * 300), b)
d nnet.binary_crossentropy(nnet.sigmoid(m * 200), (n > 0) * 1.).mean()
d -T.mean(T.sum(p * T.log(nnet.sigmoid(x * 100)) + (1 - p) * T.log(1 - nnet.sigmoid(x * 100))))
d -(b * T.log(nnet.sigmoid(x * 100)) + (1 - b) * T.log(1 - nnet.sigmoid(x * 100))).sum()
d nnet.sigmoid_binary_crossentropy(x * 300, p)
d T.log(T.sum(T.exp(m * 300), axis=1))
d T.log(T.sum(T.exp(m * 300)))
d T.log(T.exp(x).sum())
d T.sum(T.log(1 + T.exp(T.dot(m, q) * 100 + y)))
d nnet.relu(T.dot(m, q) - 2)
d T.sqrt(T.sum(x ** 2))
d T.exp(m) / T.exp(m).sum(axis=1, keepdims=True)
d T.exp(m) / T.sum(T.exp(m), axis=1).dimshuffle(0, 'x')
d T.exp(m * 300) / T.sum(T.exp(m * 300), axis=1).dimshuffle(0, 'x')
d T.exp(m * 300) / T.exp(m * 300).sum(axis=1, keepdims=True)
d T.log(T.exp(m * 300) / T.exp(m * 300).sum(axis=1, keepdims=True))
d 1 / (1 + T.exp(-x * 400))
d T.log(1 / (1 + T.exp(-x * 400)))
d T.tanh(x * 400)
d T.log(T.exp(x * 400))
d x * T.log(x * 0 + 1e-30)
d T.prod(m, axis=1)
d (m ** 2).sum() / (m ** 2).sum()
"""

GROUPS = {
    "shapes": SHAPES,
    "creation": CREATION,
    "types": TYPES,
    "math": MATH,
    "reductions": REDUCTIONS,
    "indexing": INDEXING,
    "extra": EXTRA,
    "nnet": NNET,
    "stable": STABLE,
}


def cases(group):
    """Return the lines of a group."""
    return [line for line in GROUPS[group].strip().splitlines() if line]


def sampled(*groups):
    """Return (case, floatX) of groups: each case in float64, each fourth in float32."""
    every = [(case, "float64") for group in groups for case in cases(group)]
    return every + [(case, "float32") for group in groups for case in cases(group)[::4]]


def _describe(value, names, theano, compile_):
    """Return what a value of a case is, as JSON can hold it."""
    if isinstance(value, theano.Variable):
        kind = {"dtype": value.dtype, "broadcastable": [bool(b) for b in value.broadcastable]}
        if any(v.name not in names for v in roots(value)):
            return kind
        return dict(kind, value=_plain(compile_(value)))
    if isinstance(value, (list, tuple)):
        return [_describe(v, names, theano, compile_) for v in value]
    if isinstance(value, np.ndarray):
        return {"dtype": str(value.dtype), "value": _plain(value)}
    if isinstance(value, (np.generic, bool, int, float, complex, str)):
        return _plain(np.asarray(value)) if not isinstance(value, str) else value
    return str(value)


def roots(variable):
    """Return the inputs of a variable's graph, in the order in which they are found."""
    found, todo, seen = [], [variable], set()
    while todo:
        v = todo.pop()
        if id(v) in seen:
            continue
        seen.add(id(v))
        if v.owner is not None:
            todo.extend(reversed(v.owner.inputs))
        elif not hasattr(v, "data") and not hasattr(v, "get_value"):
            found.append(v)
    return found


def _plain(value):
    value = np.asarray(value)
    if value.dtype.kind == "c":
        return [value.real.tolist(), value.imag.tolist()]
    return value.tolist()


def evaluate(case, theano, mode=None):
    """Return a case's outcome: types and values, or the exception's name."""
    T = theano.tensor
    from importlib import import_module

    for name in (
        "nlinalg",
        "slinalg",
        "fft",
        "extra_ops",
        "inplace",
        "utils",
        "xlogx",
        "opt",
        "blas",
        "nnet.bn",
        "nnet.blocksparse",
    ):
        import_module(T.__name__ + "." + name)
    floatX = theano.config.floatX
    variables, values = {}, {}
    for name, value in INPUTS.items():
        array = np.asarray(value, dtype=floatX)
        kind = {"r": T.row, "c": T.col}.get(
            name, [T.scalar, T.vector, T.matrix, T.tensor3, T.tensor4][array.ndim]
        )
        variables[name], values[name] = kind(name), array
    for name, value in WHOLE.items():
        array = np.asarray(value, dtype="int64")
        variables[name] = [T.lscalar, T.lvector, T.lmatrix][array.ndim](name)
        values[name] = array

    def compile_(outputs):
        names = sorted(variables)
        f = theano.function([variables[k] for k in names], outputs, on_unused_input="ignore", mode=mode)
        return f(*[values[k] for k in names])

    space = dict(variables, T=T, theano=theano, np=np, E=import_module(T.__name__ + ".extra_ops"))
    space["nnet"] = import_module(T.__name__ + ".nnet")
    differentiate, code = case.startswith("d "), case[2:] if case.startswith("d ") else case
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = eval(code, space)
            out = [_describe(result, set(variables), theano, compile_)]
            if differentiate:
                cost = (
                    result
                    if result.ndim == 0
                    else (abs(result) if "complex" in result.dtype else result).sum()
                )
                used = [variables[k] for k in INPUTS if k in code.replace("T.", "").replace("exp", "")]
                within = {id(v) for v in roots(cost)}
                wrt = [v for v in used if id(v) in within]
                out += [_describe(g, set(variables), theano, compile_) for g in T.grad(cost, wrt)]
            return out
    except Exception as error:
        return f"{type(error).__name__}"
