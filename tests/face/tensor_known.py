"""Cases of `tensor_cases` whose outcome isn't the original's, and why."""

# An error in Theano, a value here.
MORE = """
T.reshape(m, m.shape[::-1])
T.zeros(i)
T.zeros_like(2)
T.ones_like([1., 2.])
T.mgrid[0:2]
T.identity(x)
T.drow.filter_variable(T.dmatrix())
T.conjugate(T.complex(x, y))
m.__matmul__(x)
m[:, None]
m[None]
T.take(m, iv, mode='wrap')
T.topk(x, 7, sorted=False).sort()
E.CumsumOp(axis=0)(m)
E.CumprodOp(axis=1)(m)
E.compress([0, 1], m, axis=0)
T.slinalg.eigvalsh(q, None)
T.utils.shape_of_variables(theano.gof.FunctionGraph([x], [x * 2], clone=False), {x: (4,)}) and 1
d nnet.prepend_0_to_each_row(m) ** 2
d nnet.bn.batch_normalization_train(m, x, y)[1]
"""
# Theano has no sorted top-k; here it is served, in descending order.
SORTED = """
T.topk(x, 2)
T.topk(x, -2)
T.topk(m, 2)
T.topk(m, 1, axis=0)
T.topk(m, 1, axis=None)
T.topk(x, 0)
T.topk(x, 7)
T.topk(m, 2, axis=2)
T.argtopk(x, 2)
T.argtopk(x, -1)
T.argtopk(m, 2, axis=-1, idx_dtype='int32')
T.argtopk(m, 1, axis=0)
T.topk_and_argtopk(m, 2)
T.topk_and_argtopk(x, 1)
T.topk(x, i)
T.topk(iv, 2)
"""
# PyTensor knows that a length is 1 where Theano doesn't.
LENGTHS = """
T.split(x, [1, 2], 2)
T.split(x, splits_size=[1, 2], n_splits=2, axis=0)
T.split(m, [2, 1], 2, axis=1)
T.eye(1).broadcastable
T.mgrid[0:1:0.5, 1:2]
T.Split(2)(x, 0, [1, 2])
T.Nonzero()(x)
"""
# Theano's NaN or inf; the right value here.
BETTER = """
T.Rop(x ** 2, x, y)
d -T.mean(T.log(nnet.softmax(m * 300))[T.arange(2), iv[:2]])
d T.log(nnet.softmax(m * 300))[T.arange(2), iv[:2]]
d -T.log(nnet.softmax(x * 400))[0, 1]
d T.log1p(-nnet.sigmoid(x * 40))
d T.log(T.sum(T.exp(m * 300)))
d T.log(T.exp(x * 400))
"""
# Equal to the last digits of float32, or exact where Theano cuts sigmoid off at 30.
ROUNDED = """
nnet.sigmoid(T.cast(iv, 'int8'))
nnet.sigmoid(2)
d T.log(1 - nnet.sigmoid(x * 40))
"""
# The sum of all logarithms of a softmax that a script writes with exp: here its gradient is NaN at overflow.
OVERFLOWN = """
d T.log(T.exp(m * 300) / T.exp(m * 300).sum(axis=1, keepdims=True))
"""
# Served by `udl_pt.theano._patches_tensor`, which these cases run without.
# Another error type, or another kind of the same answer.
OTHER = """
m.reshape(3, 2)
T.constant(1, name='k').name
T.cast(x, 'foo')
T.copy(x)
T.get_scalar_constant_value(T.constant([1, 1]))
isinstance(theano.shared(np.ones(2)), T.TensorVariable)
T.dmatrix.convert_variable(T.drow())
T.dmatrix.filter_variable(T.drow())
T.sum(m, axis=(0, 0))
T.take(x, iv + 1, mode='clip')
nnet.softmax(s)
"""
KNOWN = {
    case
    for group in (MORE, SORTED, LENGTHS, BETTER, ROUNDED, OVERFLOWN, OTHER)
    for case in group.strip().splitlines()
}
